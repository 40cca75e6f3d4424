#pragma once
// What a database holds besides tables as sheets: indexes, triggers, views, and how somebody else declared a table.
// Told to backups, made anew by a restore. Not installed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/target.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// Those of other people: tables that zmig did not make, views, indexes, triggers, in this order.
Result<std::vector<NativeObject>> native_objects(sqlite::Database& db, const Layout& layout);
/// Token by token: blanks, comments, quotes around names and the case of words say nothing; `renamed`: names of `a` and
/// what they are called in `b`.
bool same_statement(std::string_view a, std::string_view b, const Target::Renamed& renamed);

/// The text of a change::Native, taken apart.
struct NativeOrder {
  bool drop = false;
  std::string kind, name;  ///< "table", "index", "trigger", "view"
};
/// None: it is neither CREATE TABLE, INDEX, TRIGGER or VIEW, nor the order "DROP index NAME" (trigger, view), in which
/// the name stands as it is.
std::optional<NativeOrder> native_order(std::string_view text);
/// Makes the object of that text, in place of another one of its kind and name; nothing when it is there.
Status make_native(sqlite::Database& db, const NativeOrder& order, const std::string& text);

}  // namespace zmig::sqlite_workbook
