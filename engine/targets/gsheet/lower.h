#pragma once
// Changes to requests: pure. Structure is sent change by change, in order, with a running model of the grid; cells,
// formats, rules and all other facts once at the end, as the difference between what stood there and what the changes
// mean (targets/memory is the meaning). Not installed.

#include <cstdint>
#include <span>
#include <string>

#include <zmig/target.h>

#include "targets/gsheet/snapshot.h"

namespace zmig::gsheet {

struct Lowered {
  std::string body;  ///< of the batchUpdate; empty: there is nothing to write
  CommitReport report;
  std::int64_t first_stamp_id = 0;  ///< metadata id of the first entry; 0: the batch carries none
  std::string first_stamp_value;
};

/// `account`: who writes, kept among the editors of what is protected. Refused: what the changes themselves refuse
/// (ZM0303, ZM0315, ...), a stamp number that is used (ZM0603), limits (ZM0413), protections of others (ZM0414), merged
/// cells in the way (ZM0415), the last visible sheet (ZM0324).
Result<Lowered> lower(const Snapshot& now, std::span<const Part> batch, const std::string& account);

/// The same for a spreadsheet that holds nothing: it becomes `wanted`; the sheets that it has go. `batch`: stamps only.
Result<Lowered> lower_filling(const Snapshot& now, Workbook wanted, std::span<const Part> batch,
                              const std::string& account);

}  // namespace zmig::gsheet
