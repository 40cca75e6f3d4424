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

class Watch::Passing {
 public:
  Passing(Watch& watch, const std::string& sheet_id) : watch_(watch), sheet_id_(sheet_id) {
    const auto known = watch.known_.find(sheet_id);
    if (known != watch.known_.end()) total_ = known->second;
  }
  Status row() {
    if (++rows_ % kStride != 0) return ok();
    ZMIG_CHECK_OK(watch_.check_stop());
    // Rows may have come since they were counted.
    watch_.tell(sheet_id_, rows_, rows_ <= total_ ? total_ : 0);
    return ok();
  }
  /// It was read to the end.
  void done() { watch_.known_[sheet_id_] = rows_; }

 private:
  Watch& watch_;
  const std::string& sheet_id_;
  std::uint64_t rows_ = 0, total_ = 0;
};

Status Watch::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  Passing passing(*this, sheet_id);
  const Status scanned = target_.scan(sheet_id, column_ids, [&](const RowView& row) -> Status {
    ZMIG_CHECK_OK(passing.row());
    return sink(row);
  });
  ZMIG_CHECK_OK(scanned);
  passing.done();
  return ok();
}

Status Watch::scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                          std::span<const std::string> wanted, const JudgedSink& sink) {
  Passing passing(*this, sheet_id);
  const Status scanned = target_.scan_judged(sheet_id, counted, wanted, [&](const RowView& row, bool data) -> Status {
    ZMIG_CHECK_OK(passing.row());
    return sink(row, data);
  });
  ZMIG_CHECK_OK(scanned);
  passing.done();
  return ok();
}

Result<std::vector<std::string>> Watch::scan_hashed(const std::string& sheet_id, const CellReadSink& sink) {
  Passing passing(*this, sheet_id);
  ZMIG_TRY(auto hashes,
           target_.scan_hashed(sheet_id, [&](const RowRef& row, std::span<const CellRead> cells) -> Status {
             ZMIG_CHECK_OK(passing.row());
             return sink(row, cells);
           }));
  passing.done();
  return hashes;
}

}  // namespace zmig::run
