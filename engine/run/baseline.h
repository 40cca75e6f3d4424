#pragma once
// Taking an existing workbook under management (cli.md 9.14): ids and stamp are the only things written. Private to
// engine/run/.

#include "run/context.h"

namespace zmig::run {

Result<BaselineReport> take_baseline(Context& context, const BaselineOptions& options);

/// The claims that a workbook still lacks: ids outlive a stamp that somebody took away.
std::vector<Change> missing_claims(const Schema& state, const Schema& live);

/// What an `up` that takes over has decided already; empty members: to be decided.
struct BaselineTarget {
  std::string target_id;
  std::uint64_t deployment = 0;
  std::string backup;
  std::string event = "baseline";
  std::optional<CowList<AppliedMigration>> applied = std::nullopt;  ///< none: everything up to the position
  bool as_it_is = false;  ///< the workbook is known to differ; claims that find nothing are left out
};
/// Records `state` at `position` through the staged commit: run, claims, stamp. The workbook must have been inspected
/// under `writer`'s lease.
Status record_baseline(Context& context, const Look& look, std::unique_ptr<Writer> writer, const Schema& state,
                       std::uint32_t position, bool copy, const BaselineTarget& decided = {});

/// The type of each column that is not blank: the narrowest one that reads every filled cell (language.md 6.3), text
/// when none does.
struct Guess {
  std::string sheet, column;  ///< ids
  Type type;
  std::optional<std::string> format;  ///< where text spells dates in another way than the implied one
  std::uint64_t filled = 0;
  bool fits = true;            ///< false: cells of several kinds, which no type holds
  std::uint64_t formulas = 0;  ///< cells that are computed
};
Result<std::vector<Guess>> guess_types(CellView& live, const Sheet& sheet);

}  // namespace zmig::run
