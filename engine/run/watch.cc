#include "run/watch.h"

namespace zmig::run {

void Watch::on(const Event& event) {
  if (std::holds_alternative<event::BatchSent>(event)) sent_ = true;
  // The proof ends with the stage that follows the commit, whatever its outcome.
  if (const auto* finished = std::get_if<event::StageFinished>(&event); finished != nullptr)
    sent_ = sent_ && finished->name == "apply";
  observer_.on(event);
}

Status Watch::check_stop() const {
  if (sent_ || !stop_requested_ || !stop_requested_()) return ok();
  return make_error(Errc::transient, "ZM0410", "stopped on request", "the same command goes on");
}

void Watch::tell(const std::string& sheet_id, std::uint64_t rows, std::uint64_t total) const {
  const Sheet* sheet = target_.schema().sheet(sheet_id);
  observer_.on(event::StageProgress{rows, total, "rows of " + (sheet == nullptr ? sheet_id : sheet->title)});
}

Status Watch::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  const auto known = known_.find(sheet_id);
  const std::uint64_t total = known == known_.end() ? 0 : known->second;
  std::uint64_t rows = 0;
  const Status scanned = target_.scan(sheet_id, column_ids, [&](const RowView& row) -> Status {
    if (++rows % kStride == 0) {
      ZMIG_CHECK_OK(check_stop());
      // Rows may have come since they were counted.
      tell(sheet_id, rows, rows <= total ? total : 0);
    }
    return sink(row);
  });
  ZMIG_CHECK_OK(scanned);
  known_[sheet_id] = rows;
  return ok();
}

}  // namespace zmig::run
