#pragma once
// What a capture cannot hold: how somebody else's database declared a column or a table that goes. Kept in _zmig_meta
// until the way back asks for it, so that a restored cell meets the affinity that it came from. Not installed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>
#include <zmig/schema.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// The declared type of the column under this type of ours.
Status keep_declared(sqlite::Database& db, const Column& column, std::string_view declared);
/// None when nothing was kept, or it was kept under another type.
Result<std::optional<std::string>> kept_declared(sqlite::Database& db, std::string_view column_id, const Type& type);

struct KeptTable {
  std::string name, sql;
  bool owned = false;
  std::vector<std::string> around;  ///< indexes and triggers of the table
};
Status keep_table(sqlite::Database& db, std::string_view sheet_id, const Table& table);
/// Takes it out: the next drop keeps anew.
Result<std::optional<KeptTable>> take_kept_table(sqlite::Database& db, std::string_view sheet_id);

}  // namespace zmig::sqlite_workbook
