#pragma once
// Triggers and indexes that make the rules of managed columns hold for every program that writes with SQL
// (xlsx-csv.md 6.6). What ought to be there follows from the schema; a commit makes it so, inspect compares. Not
// installed.

#include <map>
#include <string>
#include <vector>

#include <zmig/result.h>
#include <zmig/schema.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// Rows of _zmig_enum_value for lists that are no enum of the workbook.
std::vector<std::vector<sqlite::Datum>> own_lists(const Schema& schema);

/// Name -> SQL of every guard that the managed columns of the layout ask for.
std::map<std::string, std::string> wanted_guards(const Layout& layout);

/// A list whose guards are missing or altered does not stand any more: the column's `allowed` becomes none.
Status check_guards(sqlite::Database& db, Layout& layout);

/// Takes the guards of one table away, so that its cells and its definition may change; sync_guards puts them back.
Status drop_guards(sqlite::Database& db, const Table& table);
/// Creates what is missing, replaces what differs, drops what nobody asks for. ZM0317 when a new unique rule does not
/// hold; one that was `asked` before is left out instead (the data broke it meanwhile; verify reports it).
Status sync_guards(sqlite::Database& db, const Layout& layout, const std::map<std::string, std::string>& asked);

}  // namespace zmig::sqlite_workbook
