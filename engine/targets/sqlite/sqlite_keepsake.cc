#include "targets/sqlite/sqlite_keepsake.h"

#include <fmt/format.h>

namespace zmig::sqlite_workbook {
namespace {

Status store(sqlite::Database& db, const std::string& key, const std::string& value) {
  ZMIG_TRY(sqlite::Statement insert, db.prepare("INSERT OR REPLACE INTO _zmig_meta VALUES(?1, ?2)"));
  insert.bind(1, key).bind(2, value);
  return insert.run();
}

Result<std::optional<std::string>> stored(sqlite::Database& db, const std::string& key) {
  ZMIG_TRY(sqlite::Statement found, db.prepare("SELECT value FROM _zmig_meta WHERE key = ?1"));
  found.bind(1, key);
  ZMIG_TRY(const bool there, found.step());
  return there ? std::optional(std::string(found.text(0))) : std::optional<std::string>();
}

std::string declared_key(std::string_view column_id, const Type& type) {
  return fmt::format("declared {} {}", column_id, to_string(type));
}

std::string table_key(std::string_view sheet_id, std::string_view part) {
  return fmt::format("table {} {}", sheet_id, part);
}

Status forget_table(sqlite::Database& db, std::string_view sheet_id) {
  const std::string first = table_key(sheet_id, "");
  ZMIG_TRY(sqlite::Statement remove, db.prepare("DELETE FROM _zmig_meta WHERE substr(key, 1, ?2) = ?1"));
  remove.bind(1, first).bind(2, static_cast<std::int64_t>(first.size()));
  return remove.run();
}

}  // namespace

Status keep_declared(sqlite::Database& db, const Column& column, std::string_view declared) {
  if (column.id.empty()) return ok();
  return store(db, declared_key(column.id, column.type), std::string(declared));
}

Result<std::optional<std::string>> kept_declared(sqlite::Database& db, std::string_view column_id, const Type& type) {
  return stored(db, declared_key(column_id, type));
}

Status keep_table(sqlite::Database& db, std::string_view sheet_id, const Table& table) {
  ZMIG_CHECK_OK(forget_table(db, sheet_id));
  ZMIG_CHECK_OK(store(db, table_key(sheet_id, "name"), table.name));
  ZMIG_CHECK_OK(store(db, table_key(sheet_id, "owned"), table.owned ? "1" : "0"));
  ZMIG_CHECK_OK(store(db, table_key(sheet_id, "sql"), table.sql));
  ZMIG_TRY(sqlite::Statement around,
           db.prepare("SELECT sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND "
                      "tbl_name = ?1 COLLATE NOCASE AND name NOT LIKE '\\_zmig\\_%' ESCAPE '\\' ORDER BY rowid"));
  around.bind(1, table.name);
  for (int number = 0;; ++number) {
    ZMIG_TRY(const bool there, around.step());
    if (!there) return ok();
    ZMIG_CHECK_OK(store(db, table_key(sheet_id, fmt::format("around {:04}", number)), std::string(around.text(0))));
  }
}

Result<std::optional<KeptTable>> take_kept_table(sqlite::Database& db, std::string_view sheet_id) {
  ZMIG_TRY(const auto name, stored(db, table_key(sheet_id, "name")));
  if (!name) return std::optional<KeptTable>();
  KeptTable kept;
  kept.name = *name;
  ZMIG_TRY(const auto owned, stored(db, table_key(sheet_id, "owned")));
  kept.owned = owned == std::optional<std::string>("1");
  ZMIG_TRY(const auto sql, stored(db, table_key(sheet_id, "sql")));
  kept.sql = sql.value_or("");
  const std::string first = table_key(sheet_id, "around ");
  {
    ZMIG_TRY(sqlite::Statement around,
             db.prepare("SELECT value FROM _zmig_meta WHERE substr(key, 1, ?2) = ?1 ORDER BY key"));
    around.bind(1, first).bind(2, static_cast<std::int64_t>(first.size()));
    for (;;) {
      ZMIG_TRY(const bool there, around.step());
      if (!there) break;
      kept.around.emplace_back(around.text(0));
    }
  }
  ZMIG_CHECK_OK(forget_table(db, sheet_id));
  return std::optional(std::move(kept));
}

}  // namespace zmig::sqlite_workbook
