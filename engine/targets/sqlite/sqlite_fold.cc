// Folding (xlsx-csv.md 6.5): added columns wait until something needs them, and are then carried out as one edit a
// table, whatever their number and however many migrations they come from. After each ALTER TABLE SQLite reads its
// whole schema again, so that a thousand of them cost a thousand schemas; one edit of the saved definition costs one.
//
// What may wait: new columns, constants in them, and changes of the catalogue alone. They commute, because a new column
// is blank until its constant comes, and a constant goes into data rows only, so that no row becomes a data row by it.
// Everything else is carried out after what waits.
#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"

namespace zmig::sqlite_workbook {
namespace {

/// From so many added columns on the saved definition is edited.
constexpr std::size_t kWorthAnEdit = 3;

template <class... Alternatives>
bool is_one_of(const Change& change) {
  return (std::holds_alternative<Alternatives>(change) || ...);
}

/// Changes that leave tables and cells alone.
bool is_catalogue_only(const Change& change) {
  return is_one_of<change::SetRules, change::SetAllowed, change::SetNote, change::SetHidden, change::SetFrozen,
                   change::SetProtection, change::SetEnum, change::Track, change::Untrack>(change);
}

/// The column that a change of the catalogue is about.
Scope column_of(const Change& change) {
  if (const auto* c = std::get_if<change::SetRules>(&change)) return c->scope;
  if (const auto* c = std::get_if<change::SetAllowed>(&change)) return c->at;
  if (const auto* c = std::get_if<change::SetNote>(&change)) return c->at;
  if (const auto* c = std::get_if<change::SetHidden>(&change)) return c->scope;
  if (const auto* c = std::get_if<change::SetProtection>(&change)) return c->scope;
  if (const auto* c = std::get_if<change::FillEmpty>(&change)) return c->at;
  return {};
}

/// Behind the last definition of a column, where ALTER TABLE puts a new one as well.
Result<std::string> with_columns(std::string_view table, std::string_view sql, std::span<const TableColumn> added) {
  ZMIG_TRY(Definition definition, split_definition(sql));
  auto at = definition.parts.end();
  while (at != definition.parts.begin() && std::prev(at)->column.empty()) --at;
  std::vector<DefinitionPart> parts;
  for (const TableColumn& column : added) {
    DefinitionPart part;
    part.text = " " + sqlite::identifier(column.name);
    if (!column.declared.empty()) part.text += " " + column.declared;
    parts.push_back(std::move(part));
  }
  definition.parts.insert(at, std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  return join_definition(table, definition);
}

using Named = std::vector<std::pair<std::string, std::string>>;  // name, declared type

Result<Named> columns_of(sqlite::Database& db, const std::string& table) {
  Named out;
  ZMIG_TRY(sqlite::Statement rows, db.prepare(fmt::format("PRAGMA table_xinfo({})", sqlite::identifier(table))));
  for (;;) {
    ZMIG_TRY(const bool there, rows.step());
    if (!there) return out;
    out.emplace_back(rows.text(1), rows.text(2));
  }
}

/// Whether SQLite reads from the new text what it reads from the old one, and the new columns.
Result<bool> reads_as_wanted(sqlite::Database& db, sqlite::Database& scratch, const Table& table,
                             const std::string& sql, std::span<const TableColumn> added) {
  ZMIG_TRY(Named wanted, columns_of(db, table.name));
  for (const TableColumn& column : added) wanted.emplace_back(column.name, column.declared);
  if (const Status made = scratch.exec(sql); !made) {
    if (!sqlite::says_no(made.error())) return made.error();
    return false;
  }
  ZMIG_TRY(const Named found, columns_of(scratch, table.name));
  return found == wanted;
}

Result<std::int64_t> schema_version(sqlite::Database& db) {
  ZMIG_TRY(sqlite::Statement version, db.prepare("PRAGMA main.schema_version"));
  ZMIG_TRY([[maybe_unused]] const bool there, version.step());
  return version.integer(0);
}

}  // namespace

/// Carries out what waits when `change` does not commute with it.
Status Commit::make_room_for(const Change& change) {
  const bool catalogue = is_catalogue_only(change);
  if (!std::holds_alternative<change::DeleteColumn>(change) && !catalogue) ZMIG_CHECK_OK(flush_deletes());
  if (adds_.empty()) return ok();
  const auto waits = [&](const Scope& at) {
    const auto columns = adds_.find(at.sheet);
    const TableColumn* column = columns == adds_.end() ? nullptr : layout_.column(at.sheet, at.column);
    return column != nullptr && std::any_of(columns->second.begin(), columns->second.end(),
                                            [&](const TableColumn& one) { return one.name == column->name; });
  };
  // A rule of another column may change which rows are data rows, so the constants come before it.
  if (catalogue && (fills_.empty() || waits(column_of(change)))) return ok();
  if (is_one_of<change::InsertColumn, change::InsertSheet>(change)) return ok();
  if (std::holds_alternative<change::FillEmpty>(change) && waits(column_of(change))) return ok();
  return flush_adds();
}

/// Whether the change waits now. (A new column does so in insert_column().)
Result<bool> Commit::fold(const Change& change) {
  const auto* fill = std::get_if<change::FillEmpty>(&change);
  if (fill == nullptr || adds_.empty()) return false;
  ZMIG_CHECK_OK(apply_live(change, layout_.schema, "sqlite"));
  fills_.push_back(*fill);
  return true;
}

Status Commit::flush_adds() {
  if (adds_.empty()) return ok();
  std::size_t count = 0;
  for (const auto& [sheet_id, columns] : adds_) count += columns.size();
  if (count >= kWorthAnEdit) {
    ZMIG_CHECK_OK(edit_definitions());
  } else {
    for (const auto& [sheet_id, columns] : adds_) ZMIG_CHECK_OK(add_one_by_one(*layout_.table(sheet_id), columns));
  }
  for (const auto& [sheet_id, columns] : adds_) ZMIG_CHECK_OK(check_edited(*layout_.table(sheet_id), columns));
  adds_.clear();
  for (const change::FillEmpty& fill : std::exchange(fills_, {})) ZMIG_CHECK_OK(fill_empty(fill));
  return ok();
}

Status Commit::add_one_by_one(const Table& table, std::span<const TableColumn> columns) {
  for (const TableColumn& column : columns) {
    ZMIG_CHECK_OK(db_.exec(fmt::format("ALTER TABLE main.{} ADD COLUMN {} {}", table.quoted_name(),
                                       sqlite::identifier(column.name), column.declared)));
  }
  return ok();
}

/// The saved definitions of all tables in question, edited as text. What the text of a table does not allow is done one
/// by one.
Status Commit::edit_definitions() {
  ZMIG_TRY(sqlite::Database scratch, sqlite::Database::open(":memory:", sqlite::Mode::create, 0));
  std::vector<std::pair<std::string, std::string>> edits;  // table, definition
  bool first = true;
  for (const auto& [sheet_id, columns] : adds_) {
    Table& table = *layout_.table(sheet_id);
    std::span<const TableColumn> left = columns;
    if (std::exchange(first, false)) {
      // One by ALTER TABLE, which also raises the format of the file where it is too old for short rows.
      ZMIG_CHECK_OK(add_one_by_one(table, left.first(1)));
      ZMIG_CHECK_OK(refresh_table(db_, table));
      left = left.subspan(1);
    }
    auto sql = with_columns(table.name, table.sql, left);
    bool good = sql.has_value();
    if (good) { ZMIG_TRY(good, reads_as_wanted(db_, scratch, table, *sql, left)); }
    if (good) {
      edits.emplace_back(table.name, *std::move(sql));
    } else {
      ZMIG_CHECK_OK(add_one_by_one(table, left));
    }
  }
  if (edits.empty()) return ok();
  ZMIG_TRY(const std::int64_t version, schema_version(db_));
  ZMIG_CHECK_OK(db_.allow_schema_edit(true));
  const auto edit = [&]() -> Status {
    ZMIG_TRY(sqlite::Statement update,
             db_.prepare("UPDATE main.sqlite_schema SET sql = ?2 WHERE type = 'table' AND name = ?1"));
    for (const auto& [table, sql] : edits) {
      update.bind(1, table).bind(2, sql);
      ZMIG_CHECK_OK(update.run());
      if (db_.changes() != 1)
        return make_error(Errc::corrupt, "ZM0470", fmt::format("{} is not in the schema once", quoted(table)));
    }
    // Other connections, and this one, notice that their picture of the schema is old.
    return db_.exec(fmt::format("PRAGMA main.schema_version={}", version + 1));
  };
  Status edited = edit();
  Status closed = db_.allow_schema_edit(false);
  return edited.has_value() ? closed : edited;
}

/// The table as SQLite reads it now has the new columns, and its rows are read with them.
Status Commit::check_edited(Table& table, std::span<const TableColumn> added) {
  ZMIG_CHECK_OK(refresh_table(db_, table));
  ZMIG_TRY(const Named found, columns_of(db_, table.name));
  const bool all =
      found.size() >= added.size() &&
      std::equal(added.begin(), added.end(), found.end() - static_cast<std::ptrdiff_t>(added.size()),
                 [](const TableColumn& a, const auto& b) { return a.name == b.first && a.declared == b.second; });
  if (!all) {
    return make_error(Errc::conflict, "ZM0901",
                      fmt::format("the columns that were added to {} do not stand at its end", quoted(table.name)));
  }
  if (table.rowid.empty()) return ok();
  for (const std::string_view order : {"ASC", "DESC"}) {
    ZMIG_CHECK_OK(
        db_.exec(fmt::format("SELECT * FROM main.{} ORDER BY {} {} LIMIT 1", table.quoted_name(), table.rowid, order)));
  }
  return ok();
}

}  // namespace zmig::sqlite_workbook
