#pragma once
// Which backups may go (reliability.md 9): older than `keep`, and a newer good one is there, and no open run or window
// needs it, and the clock is sane. Pure. Private to engine/run/.

#include <string>
#include <vector>

#include <zmig/backups.h>

namespace zmig::run {

struct RetentionFacts {
  std::vector<BackupRow> rows;  ///< newest first
  std::vector<bool> good;       ///< parallel: a file, verified once, and there
  std::vector<Run> runs;        ///< of the target, all
  UtcTime now{};
};

/// Why the clock cannot be believed; empty: it can.
std::string clock_fault(const RetentionFacts& facts);
/// Parallel to the rows: what keeps each; empty: it may go.
std::vector<std::vector<std::string>> reasons_to_keep(const RetentionFacts& facts, const Retention& retention);

}  // namespace zmig::run
