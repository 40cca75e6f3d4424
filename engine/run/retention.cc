#include "run/retention.h"

#include <algorithm>

#include <fmt/format.h>

#include "run/copies.h"
#include "run/run_json.h"

namespace zmig::run {
namespace {

constexpr auto kLongestPause = std::chrono::hours(24 * 30);

bool is_open(const Run& run) { return run.state < RunState::applied; }

/// The backup that a run was made with, or that it puts back.
bool needs(const Run& run, std::uint64_t backup) {
  if (run.backup == fmt::format("b{}", backup)) return true;
  if (run.verb != "restore") return false;
  const auto how = restore_from_json(run.plan_json);
  return how.has_value() && how.value().backup == backup;
}

}  // namespace

std::string clock_fault(const RetentionFacts& facts) {
  std::optional<UtcTime> last;
  const auto seen = [&](UtcTime at) { last = last ? std::max(*last, at) : at; };
  for (const Run& run : facts.runs) {
    seen(run.started);
    if (run.finished) seen(*run.finished);
  }
  for (const BackupRow& row : facts.rows) seen(row.created);
  if (!last) return {};
  if (facts.now + std::chrono::minutes(1) < *last)
    return fmt::format("the clock says {}, but the ledger has an entry of {}", format_utc(facts.now),
                       format_utc(*last));
  if (facts.now - *last > kLongestPause)
    return fmt::format("the clock says {}, more than 30 days after the last entry of the ledger ({})",
                       format_utc(facts.now), format_utc(*last));
  return {};
}

namespace {

/// The backup of the cells that a copy was made with: it bears the same title.
std::uint64_t made_with(const BackupRow& copy, const std::vector<BackupRow>& rows) {
  const auto main = std::find_if(rows.begin(), rows.end(), [&](const BackupRow& one) {
    return !is_kept_copy(one) && one.title == copy.title && one.created == copy.created;
  });
  return main == rows.end() ? copy.id : main->id;
}

}  // namespace

std::vector<std::vector<std::string>> reasons_to_keep(const RetentionFacts& facts, const Retention& retention) {
  std::vector<std::vector<std::string>> reasons(facts.rows.size());
  std::size_t newer_good = 0;
  for (std::size_t i = 0; i < facts.rows.size(); ++i) {
    const BackupRow& row = facts.rows[i];
    std::vector<std::string>& why = reasons[i];
    const bool copy = is_kept_copy(row);
    const std::uint64_t needed = copy ? made_with(row, facts.rows) : row.id;
    if (copy) {
      // Nothing relies on it; it goes with its time.
    } else if (facts.good[i] && newer_good < std::max<std::size_t>(retention.keep_last, 1)) {
      why.push_back(newer_good == 0 ? "the newest one" : fmt::format("one of the newest {}", retention.keep_last));
    } else if (newer_good == 0) {
      why.emplace_back("no newer verified one");
    }
    if (facts.now < row.created + retention.keep)
      why.push_back(fmt::format("kept until {}", format_utc(row.created + retention.keep)));
    for (const Run& run : facts.runs) {
      if (run.mode != RunMode::real || !needs(run, needed)) continue;
      if (is_open(run)) why.push_back(fmt::format("r{} is open and needs it", run.id));
      if (run.state == RunState::applied && run.undo_until && facts.now <= *run.undo_until)
        why.push_back(fmt::format("the window of r{} is open until {}", run.id, format_utc(*run.undo_until)));
    }
    if (facts.good[i]) ++newer_good;
  }
  return reasons;
}

}  // namespace zmig::run
