#pragma once
// From one live schema to another by changes: the structural half of a restore. Pure. Not installed.

#include <string>
#include <vector>

#include <zmig/change.h>
#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

/// What a restore leaves beyond the backup: columns and sheets that people added since.
struct KeptThings {
  std::vector<Scope> columns;  ///< ids in the live schema; a sheet's when `column` is empty
};
/// The schema to reach: `backup`, with the foreign columns and sheets of `live` that it does not know when `keep`.
Schema restored_schema(const Schema& live, const Schema& backup, bool keep, KeptThings& kept);

struct Way {
  /// In the order in which they apply. A Retype carries no cells yet: whoever has them names every row.
  std::vector<Change> changes;
  /// Index of the first change that is about facts alone (formats, notes, rules): before it every column stands there
  /// under its type, and cells still read by the formats that `from` gives them.
  std::size_t facts = 0;
  /// Columns and sheets that are new or gone by the changes, and columns under another type (ids of the goal).
  std::vector<Scope> inserted, deleted, retyped;
  /// The id in `from` of a column of the goal that was there all the time, by ids of the goal.
  std::vector<std::pair<Scope, Scope>> renamed;  ///< goal, from (only where they differ)
};
/// Leads from `from` to `to`, things recognised by id, else by norm(title) or norm(header) where one of the two is
/// foreign. What no change can do (header rows), and the order of sheets, stay as they are. An error: a change does not
/// apply.
Result<Way> way_to(const Schema& from, const Schema& to);

}  // namespace zmig
