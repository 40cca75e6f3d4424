#pragma once
// What SQLite would refuse, found before anything is written: the structure of a plan tried out on a copy of the schema
// in memory, and the file itself looked over before the first write. Not installed.

#include <span>

#include <zmig/target.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// `db` is open for reading, `live` is its layout. ZM0473 to ZM0477 and ZM0479 as the commit would say them; anything
/// else is left to it.
Status preflight(sqlite::Database& db, const Layout& live, const TargetOptions& options,
                 std::span<const Change> changes);

/// `PRAGMA quick_check` over the whole file up to 64 MiB; over zmig's own tables alone in a larger one, whose other
/// tables the backup has just read to the last cell. ZM0470 with what was found.
Status check_file(sqlite::Database& db);

}  // namespace zmig::sqlite_workbook
