#pragma once
// `ci --offline`: a workbook for a pull request that may not see the real one. The structure is that of the files
// before the first migration that the base does not have, the rows are made up.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <zmig/cells.h>
#include <zmig/target.h>

#include "stage.h"

namespace zmig::cli {

constexpr std::uint64_t kMadeUpRows = 20;

/// The made-up workbook as a file of its own, taken under management at the migration `at`, and the ledger that knows
/// it. Nothing of the project's own ledger and workbook is opened.
struct MadeUp {
  std::unique_ptr<Scratch> scratch;
  std::unique_ptr<Target> target;
  std::unique_ptr<Ledger> ledger;
};
Result<MadeUp> make_up(Session& session, std::uint32_t at);

/// What stands in row `row` (from 0) of a column: the default, else of its type, allowed, and different in every row
/// where it has to be.
Value made_up_value(const Schema& schema, const Column& column, std::uint64_t row);

}  // namespace zmig::cli
