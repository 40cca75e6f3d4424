// Sheets and columns of a commit.
#include <algorithm>
#include <cctype>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"
#include "targets/sqlite/sqlite_keepsake.h"
#include "targets/sqlite/sqlite_objects.h"
#include "targets/sqlite/sqlite_values.h"

namespace zmig::sqlite_workbook {
namespace {

Status check_name(std::string_view name) {
  if (name.find('\0') == std::string_view::npos) return ok();
  return make_error(Errc::invalid_input, "ZM0475",
                    fmt::format("{} holds a NUL byte and cannot be a name in SQLite", quoted(name)));
}

Status check_column_name(const Sheet& sheet, const Table& table, const std::string& name, std::size_t except) {
  ZMIG_CHECK_OK(check_name(name));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i == except || !same_name(table.columns[i].name, name)) continue;
    return make_error(
        Errc::conflict, "ZM0475",
        fmt::format("{} and {} are one column name in SQLite", quoted(table.columns[i].name), quoted(name)),
        fmt::format("rename {} first, or take it out: SQLite tells names apart without case",
                    quoted(table.columns[i].name)),
        sheet.title);
  }
  return ok();
}

Status check_not_view(const Sheet& sheet, const Table& table) {
  if (!table.view) return ok();
  return make_error(Errc::conflict, "ZM0473",
                    fmt::format("{} is a view; it has no columns to change", quoted(sheet.title)),
                    "change the table that it shows, or `forget sheet` the view");
}

Status rename_notes(sqlite::Database& db, std::string_view set, std::string_view where, const std::string& to,
                    const std::string& table, const std::string& column) {
  ZMIG_TRY(sqlite::Statement rename, db.prepare(fmt::format("UPDATE _zmig_cell SET {} WHERE {}", set, where)));
  rename.bind(1, to).bind(2, table);
  if (!column.empty()) rename.bind(3, column);
  return rename.run();
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

/// A view that writes the column as "name" without its table. SQLite would drop the column under it: what no column
/// answers to in double quotes counts as a text there, and the view would show the name in every row.
Result<std::string> quoted_user(sqlite::Database& db, const Table& table, const std::string& column) {
  const std::string wanted = lower_ascii(sqlite::identifier(column));
  ZMIG_TRY(sqlite::Statement views, db.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'view'"));
  for (;;) {
    ZMIG_TRY(const bool there, views.step());
    if (!there) return std::string();
    if (views.text(0).starts_with(kOwnPrefix) || !mentions_name(views.text(1), table.name)) continue;
    if (lower_ascii(views.text(1)).find(wanted) != std::string::npos) return "view " + quoted(views.text(0));
  }
}

/// Whether the text has this name as a word, in whatever quotes: `content='Pedidos'` of a full-text index is a literal.
bool has_word(std::string_view lower_text, std::string_view lower_name) {
  const auto part_of_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c < 0;
  };
  for (std::size_t at = 0; (at = lower_text.find(lower_name, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + lower_name.size();
    if ((at == 0 || !part_of_word(lower_text[at - 1])) && (end == lower_text.size() || !part_of_word(lower_text[end])))
      return true;
  }
  return false;
}

/// A virtual table that is made from this one (`content=` of a full-text index) finds it and its columns by name, and
/// SQLite does not rename them there. Empty `columns`: the table as a whole.
Status check_no_virtual_user(sqlite::Database& db, const Sheet& sheet, const Table& table,
                             const std::vector<std::string>& columns) {
  ZMIG_TRY(sqlite::Statement virtuals,
           db.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL %'"));
  for (;;) {
    ZMIG_TRY(const bool there, virtuals.step());
    if (!there) return ok();
    const std::string text = lower_ascii(virtuals.text(1));
    if (!has_word(text, lower_ascii(table.name))) continue;
    const auto used = std::find_if(columns.begin(), columns.end(),
                                   [&](const std::string& column) { return has_word(text, lower_ascii(column)); });
    if (!columns.empty() && used == columns.end()) continue;
    Error refused = in_use({}, sheet.title, {});
    refused.message = fmt::format("{} is used by virtual table {}", quoted(columns.empty() ? table.name : *used),
                                  quoted(virtuals.text(0)));
    return refused;
  }
}

/// One statement and no other.
Status run_one(sqlite::Database& db, const std::string& sql) {
  ZMIG_TRY(sqlite::Statement one, db.prepare(sql));
  return one.run();
}

template <class Thing>
void insert_at(std::vector<Thing>& things, std::size_t at, Thing thing) {
  things.insert(things.begin() + static_cast<std::ptrdiff_t>(at), std::move(thing));
}

template <class Thing>
void erase_at(std::vector<Thing>& things, std::size_t at) {
  things.erase(things.begin() + static_cast<std::ptrdiff_t>(at));
}

Result<bool> any_row(sqlite::Database& db, const Table& table, const std::string& condition) {
  ZMIG_TRY(sqlite::Statement found,
           db.prepare(fmt::format("SELECT 1 FROM main.{} WHERE {} LIMIT 1", table.quoted_name(), condition)));
  return found.step();
}

}  // namespace

Status check_captured_whole(sqlite::Database& db, const Sheet& sheet, const Table& table, const TableColumn& column) {
  if (!column.generated.empty()) return ok();
  const std::string name = sqlite::identifier(column.name);
  const auto any = [&](const std::string& condition) { return any_row(db, table, condition); };
  ZMIG_TRY(const bool bytes, any(fmt::format("typeof({}) = 'blob'", name)));
  if (bytes) {
    return make_error(Errc::conflict, "ZM0478",
                      fmt::format("{} holds bytes that are no text and could not be put back", quoted(column.name)),
                      "empty these cells with a program of your own, or leave the column", sheet.title);
  }
  if (!table.rowid.empty()) return ok();
  ZMIG_TRY(const bool filled, any(fmt::format("{0} IS NOT NULL AND +{0} <> ''", name)));
  if (!filled) return ok();
  return make_error(
      Errc::conflict, "ZM0479",
      fmt::format("the cells of {} could not be put back: rows of {} cannot be addressed ({})", quoted(column.name),
                  quoted(table.name), table.without_rowid ? "WITHOUT ROWID" : "rowid, oid, _rowid_ are columns"),
      {}, sheet.title);
}

Status check_captured_whole(sqlite::Database& db, const Sheet& sheet, const Table& table,
                            std::span<const TableColumn> columns) {
  if (columns.size() > 1 && !table.rowid.empty()) {
    std::string condition = "0";
    for (const TableColumn& column : columns) {
      if (column.generated.empty())
        condition += fmt::format(" OR typeof({}) = 'blob'", sqlite::identifier(column.name));
    }
    // An expression of SQLite may be 1000 deep.
    if (columns.size() < 900) {
      ZMIG_TRY(const bool bytes, any_row(db, table, condition));
      if (!bytes) return ok();
    }
  }
  for (const TableColumn& column : columns) ZMIG_CHECK_OK(check_captured_whole(db, sheet, table, column));
  return ok();
}

Error in_use(const Error& error, const std::string& sheet, const std::string& column) {
  if (!sqlite::says_no(error)) return error;
  Error refused = error;
  refused.code = Errc::conflict;
  refused.zm = "ZM0476";
  refused.place = sheet;
  refused.message = column.empty() ? error.message : fmt::format("{}: {}", quoted(column), error.message);
  refused.help = "drop or change it first";
  return refused;
}

Result<std::string> Commit::free_table_name(const std::string& title) {
  ZMIG_CHECK_OK(check_name(title));
  const std::string lower = title.substr(0, 7);
  const bool reserved = same_name(lower, "sqlite_") || same_name(title.substr(0, kOwnPrefix.size()), kOwnPrefix);
  const std::string base = reserved ? "sheet~" + title : title;
  ZMIG_TRY(sqlite::Statement taken,
           db_.prepare("SELECT 1 FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type <> 'trigger'"));
  for (int number = 1;; ++number) {
    std::string name = number == 1 ? base : fmt::format("{}~{}", base, number);
    taken.bind(1, name);
    ZMIG_TRY(const bool there, taken.step());
    taken.reset();
    if (!there) return name;
  }
}

Status Commit::insert_sheet(const change::InsertSheet& c) {
  ZMIG_TRY(std::string name, free_table_name(c.sheet.title));
  ZMIG_TRY(const bool as_it_was, bring_table_back(c.sheet.id, name));
  if (as_it_was) return ok();
  Table table;
  table.name = std::move(name);
  table.owned = true;
  table.strict = options_.sqlite_strict;
  ZMIG_CHECK_OK(db_.exec(fmt::format("CREATE TABLE {}({}{}", table.quoted_name(), kPlaceholder,
                                     options_.sqlite_strict ? " ANY) STRICT" : ")")));
  ZMIG_CHECK_OK(refresh_table(db_, table));
  insert_at(layout_.tables, layout_.index_of(c.sheet.id), std::move(table));
  return ok();
}

/// A dropped table that comes back gets the definition that it had, as long as the sheet has the same columns again.
Result<bool> Commit::bring_table_back(const std::string& sheet_id, const std::string& name) {
  ZMIG_TRY(auto kept, take_kept_table(db_, sheet_id));
  const auto given = definitions_.find(name);
  if (given != definitions_.end()) kept = KeptTable{name, given->second, false, {}};  // a backup knows it best
  if (!kept || kept->name != name) return false;
  Table table;
  table.name = name;
  table.owned = kept->owned;
  // The text comes out of the workbook, or of a backup: it makes this table, or nothing at all.
  const auto order = native_order(kept->sql);
  if (!order || order->drop || order->kind != "table" || !same_name(order->name, name)) return false;
  ZMIG_CHECK_OK(db_.exec("SAVEPOINT _zmig_back"));
  const Status made = run_one(db_, kept->sql);
  if (!made && !sqlite::says_no(made.error())) return made.error();
  bool same = made.has_value();
  if (same) {
    ZMIG_CHECK_OK(refresh_table(db_, table));
    ZMIG_CHECK_OK(read_columns(db_, table));
  }
  std::vector<std::string> wanted;
  for (const Change& one : to_come_) {
    const auto* column = std::get_if<change::InsertColumn>(&one);
    if (column != nullptr && column->sheet == sheet_id) wanted.push_back(column->column.header);
  }
  same = same && wanted.size() == table.columns.size() && !table.rowid.empty();
  for (const std::string& header : wanted) {
    same = same && std::any_of(table.columns.begin(), table.columns.end(),
                               [&](const TableColumn& column) { return column.name == header; });
  }
  if (!same) {
    ZMIG_CHECK_OK(db_.exec("ROLLBACK TO _zmig_back; RELEASE _zmig_back"));
    return false;
  }
  ZMIG_CHECK_OK(db_.exec("RELEASE _zmig_back"));
  table.columns.clear();  // they are attached one by one
  brought_back_.insert(sheet_id);
  around_.insert(around_.end(), kept->around.begin(), kept->around.end());
  insert_at(layout_.tables, layout_.index_of(sheet_id), std::move(table));
  return true;
}

Status Commit::delete_sheet(const change::DeleteSheet& c) {
  // The schema has lost it already: the table is the one whose sheet is no longer there.
  const std::size_t at = layout_.index_of(c.sheet);
  const Table table = layout_.tables[at];
  const Sheet& sheet = layout_.schema.sheets[at];
  ZMIG_CHECK_OK(check_not_view(sheet, table));
  ZMIG_CHECK_OK(check_no_virtual_user(db_, sheet, table, {}));
  for (const TableColumn& column : table.columns) ZMIG_CHECK_OK(check_captured_whole(db_, sheet, table, column));
  if (!table.placeholder) ZMIG_CHECK_OK(keep_table(db_, c.sheet, table));
  ZMIG_CHECK_OK(apply_live(c, layout_.schema, "sqlite"));
  erase_at(layout_.tables, at);
  ZMIG_TRY(sqlite::Statement notes, db_.prepare("DELETE FROM _zmig_cell WHERE sheet = ?1"));
  notes.bind(1, table.name);
  ZMIG_CHECK_OK(notes.run());
  return db_.exec("DROP TABLE main." + table.quoted_name());
}

Status Commit::set_title(const change::SetTitle& c) {
  Table& table = *layout_.table(c.sheet);
  ZMIG_CHECK_OK(check_not_view(*layout_.schema.sheet(c.sheet), table));
  if (table.name == c.title) return ok();
  ZMIG_CHECK_OK(check_no_virtual_user(db_, *layout_.schema.sheet(c.sheet), table, {}));
  const std::string from = table.quoted_name();
  std::string to = c.title;
  if (same_name(table.name, c.title)) {
    // SQLite finds the table itself under the new name; it takes the way over a third one.
    ZMIG_CHECK_OK(db_.exec(fmt::format("ALTER TABLE main.{} RENAME TO _zmig_rename", from)));
    Status renamed = db_.exec(fmt::format("ALTER TABLE main._zmig_rename RENAME TO {}", sqlite::identifier(to)));
    if (!renamed) return in_use(renamed.error(), c.title, {});
  } else {
    ZMIG_TRY(to, free_table_name(c.title));
    Status renamed = db_.exec(fmt::format("ALTER TABLE main.{} RENAME TO {}", from, sqlite::identifier(to)));
    if (!renamed) return in_use(renamed.error(), c.title, {});
  }
  ZMIG_CHECK_OK(rename_notes(db_, "sheet = ?1", "sheet = ?2", to, table.name, {}));
  table.name = to;
  return refresh_table(db_, table);
}

Status Commit::insert_column(const change::InsertColumn& c) {
  Sheet& sheet = *layout_.schema.sheet(c.sheet);
  Table& table = *layout_.table(c.sheet);
  ZMIG_CHECK_OK(check_not_view(sheet, table));
  ZMIG_CHECK_OK(check_column_name(sheet, table, c.column.header, table.columns.size()));
  TableColumn column;
  column.name = c.column.header;
  if (brought_back_.contains(c.sheet)) {
    ZMIG_TRY(sqlite::Statement there, db_.prepare("SELECT 1 FROM pragma_table_xinfo(?1) WHERE name = ?2"));
    there.bind(1, table.name).bind(2, column.name);
    ZMIG_TRY(const bool stands, there.step());
    there.reset();
    if (stands) {
      const std::size_t at = column_index(sheet, c.column.id);
      insert_at(table.columns, at, std::move(column));
      ZMIG_CHECK_OK(refresh_table(db_, table));
      const std::string& generated = table.columns[at].generated;
      if (!generated.empty()) sheet.columns[at].computed = Computed{generated, true};
      return ok();
    }
  }
  const std::size_t physical = table.columns.size() + (table.placeholder ? 1 : 0);
  const auto limit = static_cast<std::size_t>(db_.column_limit());
  if (physical + 1 > limit) {
    return make_error(Errc::conflict, "ZM0474",
                      fmt::format("{}, limit {}", counted(physical, "column", "columns"), grouped(limit)), {},
                      sheet.title);
  }
  ZMIG_TRY(const auto kept, kept_declared(db_, c.column.id, c.column.type));
  const std::string declared = kept.value_or(std::string(declared_for(c.column.type)));
  column.declared = declared;
  adds_[c.sheet].push_back(column);
  insert_at(table.columns, column_index(sheet, c.column.id), std::move(column));
  return ok();
}

Status Commit::delete_column(const change::DeleteColumn& c) {
  Table& table = *layout_.table(c.at.sheet);
  ZMIG_CHECK_OK(check_not_view(*layout_.schema.sheet(c.at.sheet), table));
  const Sheet& sheet = *layout_.schema.sheet(c.at.sheet);
  const std::size_t at = column_index(sheet, c.at.column);
  ZMIG_CHECK_OK(keep_declared(db_, sheet.columns[at], table.columns[at].declared));
  ZMIG_CHECK_OK(apply_live(c, layout_.schema, "sqlite"));
  deletes_[c.at.sheet].push_back(table.columns[at]);
  erase_at(table.columns, at);
  return ok();
}

/// SQLite would drop the column under a trigger `UPDATE OF` it, which then never fires again without anybody having
/// said so.
Status Commit::check_watched(const Table& table, const std::string& sheet, const std::vector<std::string>& columns) {
  ZMIG_TRY(
      sqlite::Statement triggers,
      db_.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE"));
  triggers.bind(1, table.name);
  for (;;) {
    ZMIG_TRY(const bool there, triggers.step());
    if (!there) return ok();
    const std::optional<TriggerEvent> event = trigger_event(triggers.text(1));
    if (!event || triggers.text(0).starts_with(kOwnPrefix)) continue;
    for (const std::string& watched : event->columns) {
      for (const std::string& column : columns) {
        if (!same_name(watched, column)) continue;
        Error refused = in_use({}, sheet, column);
        refused.message = fmt::format("{} is used by trigger {}", quoted(column), quoted(triggers.text(0)));
        return refused;
      }
    }
  }
}

Status Commit::flush_deletes() {
  const auto pending = std::exchange(deletes_, {});
  for (const auto& [sheet_id, columns] : pending) ZMIG_CHECK_OK(delete_columns_of(sheet_id, columns));
  return ok();
}

Status Commit::delete_columns_of(const std::string& sheet_id, const std::vector<TableColumn>& gone) {
  Table& table = *layout_.table(sheet_id);
  const Sheet& sheet = *std::as_const(layout_.schema).sheet(sheet_id);
  ZMIG_CHECK_OK(check_captured_whole(db_, sheet, table, gone));
  const std::vector<TableColumn> kept = table.columns;
  table.columns.insert(table.columns.end(), gone.begin(), gone.end());
  Rebuild plan;
  ZMIG_TRY(sqlite::Statement notes, db_.prepare("DELETE FROM _zmig_cell WHERE sheet = ?1 AND column = ?2"));
  for (const TableColumn& column : gone) {
    plan.drop.push_back(column.name);
    notes.bind(1, table.name).bind(2, column.name);
    ZMIG_CHECK_OK(notes.run());
  }
  ZMIG_CHECK_OK(check_watched(table, sheet.title, plan.drop));
  ZMIG_CHECK_OK(check_no_virtual_user(db_, sheet, table, plan.drop));
  ZMIG_TRY(const std::vector<std::string> users, users_of_columns(db_, table, plan.drop));
  for (const std::string& name : plan.drop) {
    ZMIG_TRY(const std::string user, quoted_user(db_, table, name));
    if (user.empty()) continue;
    Error refused = in_use({}, sheet.title, name);
    refused.message = fmt::format("{} is used by {}", quoted(name), user);
    return refused;
  }
  // Somebody else may need them: SQLite knows for certain, one by one.
  if (!users.empty() || plan.drop.size() == 1) {
    bool all = !kept.empty();
    for (const std::string& name : plan.drop) {
      if (!all) break;
      Status dropped =
          db_.exec(fmt::format("ALTER TABLE main.{} DROP COLUMN {}", table.quoted_name(), sqlite::identifier(name)));
      if (dropped) continue;
      if (!sqlite::says_no(dropped.error())) return dropped;
      if (!users.empty()) {
        Error refused = in_use(dropped.error(), sheet.title, name);
        refused.message = fmt::format("{} is used by {}", quoted(name), join(users, ", "));
        return refused;
      }
      all = false;
    }
    if (all) {
      table.columns = kept;
      return refresh_table(db_, table);
    }
  }
  return rebuild_table(db_, table, plan);
}

Status Commit::tidy_placeholder(Table& table) {
  if (!table.placeholder || table.columns.empty()) return ok();
  Status dropped = db_.exec(fmt::format("ALTER TABLE main.{} DROP COLUMN {}", table.quoted_name(), kPlaceholder));
  if (dropped) return refresh_table(db_, table);
  if (!sqlite::says_no(dropped.error())) return dropped;
  return rebuild_table(db_, table, Rebuild{{std::string(kPlaceholder)}, {}});
}

Status Commit::move_column(const change::MoveColumn& c) {
  if (c.at.column.empty()) {
    const std::size_t sheet = layout_.index_of(c.at.sheet);
    ZMIG_CHECK_OK(apply_live(c, layout_.schema, "sqlite"));
    Table moved = std::move(layout_.tables[sheet]);
    erase_at(layout_.tables, sheet);
    insert_at(layout_.tables, layout_.index_of(c.at.sheet), std::move(moved));
    return ok();
  }
  Table& table = *layout_.table(c.at.sheet);
  const std::size_t from = column_index(*layout_.schema.sheet(c.at.sheet), c.at.column);
  ZMIG_CHECK_OK(apply_live(c, layout_.schema, "sqlite"));
  TableColumn column = table.columns[from];
  erase_at(table.columns, from);
  insert_at(table.columns, column_index(*layout_.schema.sheet(c.at.sheet), c.at.column), std::move(column));
  return ok();
}

Status Commit::set_header(const change::SetHeader& c) {
  ZMIG_TRY(const Spot at, spot(c.at));
  ZMIG_CHECK_OK(check_not_view(at.sheet, at.table));
  TableColumn& column = at.table.columns[at.column];
  if (column.name == c.header) return ok();
  ZMIG_CHECK_OK(check_column_name(at.sheet, at.table, c.header, at.column));
  ZMIG_CHECK_OK(check_no_virtual_user(db_, at.sheet, at.table, {column.name}));
  Status renamed = db_.exec(fmt::format("ALTER TABLE main.{} RENAME COLUMN {} TO {}", at.table.quoted_name(),
                                        sqlite::identifier(column.name), sqlite::identifier(c.header)));
  if (!renamed) return in_use(renamed.error(), at.sheet.title, column.name);
  ZMIG_CHECK_OK(rename_notes(db_, "column = ?1", "sheet = ?2 AND column = ?3", c.header, at.table.name, column.name));
  column.name = c.header;
  return refresh_table(db_, at.table);
}

}  // namespace zmig::sqlite_workbook
