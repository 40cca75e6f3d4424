#pragma once
// zmig's own tables in the database: stamp and catalogue (xlsx-csv.md 6.2). Not installed.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>
#include <zmig/schema.h>
#include <zmig/target.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// A row of a meta table as it is stored, key first; "" and NULL are different.
using MetaRow = std::vector<sqlite::Datum>;

struct Catalogue {
  bool present = false;
  std::map<std::string, std::string> meta;         ///< _zmig_meta
  std::map<std::string, MetaRow> sheets, columns;  ///< by id
  std::vector<MetaRow> enum_values;
};

/// Columns of the meta rows, in their order.
namespace sheet_row {
enum : std::size_t { id, title, table_name, position, owned, state, extra };
}
namespace column_row {
enum : std::size_t {
  id,
  sheet,
  header,
  column_name,
  cid,
  position,
  type,
  fallback,
  format,
  enum_name,
  lenient,
  content,
  formula,
  extra
};
}
namespace enum_row {
enum : std::size_t { name, value, position, offered, note };
}

Result<bool> has_meta(sqlite::Database& db);
/// ZM0481 when it was written by a newer zmig or does not parse; never "no catalogue".
Result<Catalogue> read_catalogue(sqlite::Database& db);
/// Tables and catalogue put together: the live schema.
Result<Layout> read_layout(sqlite::Database& db);

Status create_meta(sqlite::Database& db, bool owned);
/// Makes the stored catalogue say what `layout` says; only rows that differ are written.
Status write_catalogue(sqlite::Database& db, const Layout& layout);

/// Somebody may have taken the table of stamps away: then there is no stamp, and it is made again with the next one.
Status ensure_stamp_table(sqlite::Database& db);
Result<std::vector<Stamp>> read_stamps(sqlite::Database& db);
/// ZM0603 when the number is used already.
Status insert_stamp(sqlite::Database& db, const Stamp& stamp);

}  // namespace zmig::sqlite_workbook
