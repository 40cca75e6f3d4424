#include "run/sample.h"

#include <algorithm>

#include <fmt/format.h>

namespace zmig::run {
namespace {

/// SplitMix64: one line, the same rows on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  /// Below `end`; good enough for choosing rows.
  std::uint64_t below(std::uint64_t end) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return (mixed ^ (mixed >> 31U)) % end;
  }

 private:
  std::uint64_t state_;
};

}  // namespace

double chance_to_miss(std::uint64_t rows, std::uint64_t of) {
  if (of == 0 || rows >= of) return 0;
  const std::uint64_t faulty = (of + 99) / 100;
  double missed = 1;
  for (std::uint64_t i = 0; i < faulty; ++i) {
    if (rows + i >= of) return 0;
    missed *= static_cast<double>(of - rows - i) / static_cast<double>(of - i);
  }
  return missed;
}

Result<std::unique_ptr<SampledView>> SampledView::of(Target& base, std::uint64_t rows, std::uint64_t seed) {
  std::unique_ptr<SampledView> view(new SampledView(base, rows));
  std::uint64_t most = 0;
  for (const Sheet& sheet : base.schema().sheets) {
    ZMIG_TRY(const std::uint64_t count, base.row_count(sheet.id));
    view->counts_[sheet.id] = count;
    most = std::max(most, count);
  }
  view->facts_ = {std::min(rows, most), most, seed, chance_to_miss(rows, most)};
  return view;
}

std::string SampledView::scope() const { return fmt::format("sample {} of {}", facts_.rows, facts_.of); }

Status SampledView::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  const auto known = counts_.find(sheet_id);
  std::uint64_t left = known == counts_.end() ? 0 : known->second;
  std::uint64_t wanted = std::min(rows_, left);
  Dice dice(facts_.seed);
  return base_.scan(sheet_id, column_ids, [&](const RowView& row) -> Status {
    // Each row with the chance that the ones still wanted leave it: exactly `wanted` are taken.
    const bool taken = left > 0 && wanted > 0 && dice.below(left) < wanted;
    if (left > 0) --left;
    if (!taken) return ok();
    --wanted;
    return sink(row);
  });
}

}  // namespace zmig::run
