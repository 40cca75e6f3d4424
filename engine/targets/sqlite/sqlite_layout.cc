#include "targets/sqlite/sqlite_layout.h"

#include <fmt/format.h>

#include "base/text.h"
#include "targets/sqlite/sqlite_definition.h"

namespace zmig::sqlite_workbook {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool contains_word(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return upper(a) == upper(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool starts_with_name(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_name(text.substr(0, prefix.size()), prefix);
}

/// True when the single primary key column of this type stands for the rowid: then SQLite keeps no index for it.
Result<bool> is_rowid_alias(sqlite::Database& db, const Table& table) {
  ZMIG_TRY(sqlite::Statement indexes, db.prepare(fmt::format("SELECT 1 FROM pragma_index_list({}) WHERE origin = 'pk'",
                                                             sqlite::literal(table.name))));
  ZMIG_TRY(const bool indexed, indexes.step());
  return !indexed;
}

Status find_address(sqlite::Database& db, Table& table) {
  table.rowid.clear();
  table.key.clear();
  if (table.view || table.without_rowid) return ok();
  const TableColumn* key = nullptr;
  std::size_t keys = 0;
  for (const TableColumn& column : table.columns) {
    if (!column.primary_key) continue;
    key = &column;
    ++keys;
  }
  if (keys == 1 && same_name(key->declared, "INTEGER")) {
    ZMIG_TRY(const bool alias, is_rowid_alias(db, table));
    if (alias) table.key = key->name;
  }
  for (const std::string_view alias : {"rowid", "_rowid_", "oid"}) {
    const bool hidden = std::any_of(table.columns.begin(), table.columns.end(),
                                    [&](const TableColumn& column) { return same_name(column.name, alias); });
    if (hidden) continue;
    table.rowid = alias;
    return ok();
  }
  if (!table.key.empty()) table.rowid = sqlite::identifier(table.key);
  return ok();
}

}  // namespace

std::string Table::order_by() const {
  if (!rowid.empty()) return " ORDER BY " + rowid;
  std::vector<std::string> names;
  for (const std::string& column : order) names.push_back(sqlite::identifier(column));
  return names.empty() ? std::string() : " ORDER BY " + join(names, ", ");
}

std::size_t Layout::index_of(std::string_view sheet_id) const {
  const auto found = std::find_if(schema.sheets.begin(), schema.sheets.end(),
                                  [&](const Sheet& sheet) { return sheet.id == sheet_id; });
  return static_cast<std::size_t>(found - schema.sheets.begin());
}

Table* Layout::table(std::string_view sheet_id) {
  const std::size_t index0 = index_of(sheet_id);
  return index0 < tables.size() ? &tables[index0] : nullptr;
}

const Table* Layout::table(std::string_view sheet_id) const {
  const std::size_t index0 = index_of(sheet_id);
  return index0 < tables.size() ? &tables[index0] : nullptr;
}

TableColumn* Layout::column(std::string_view sheet_id, std::string_view column_id) {
  const std::size_t index0 = index_of(sheet_id);
  if (index0 >= tables.size()) return nullptr;
  const std::size_t at = column_index(schema.sheets[index0], column_id);
  return at < tables[index0].columns.size() ? &tables[index0].columns[at] : nullptr;
}

Affinity affinity_of(std::string_view declared, bool strict) {
  if (strict && same_name(declared, "ANY")) return Affinity::none;
  if (contains_word(declared, "INT")) return Affinity::integer;
  if (contains_word(declared, "CHAR") || contains_word(declared, "CLOB") || contains_word(declared, "TEXT"))
    return Affinity::text;
  if (declared.empty() || contains_word(declared, "BLOB")) return Affinity::none;
  if (contains_word(declared, "REAL") || contains_word(declared, "FLOA") || contains_word(declared, "DOUB"))
    return Affinity::real;
  return Affinity::numeric;
}

std::string folded_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = upper(c);
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return upper(x) == upper(y); });
}

Status read_columns(sqlite::Database& db, Table& table) {
  table.columns.clear();
  table.order.clear();
  table.placeholder = false;
  std::vector<std::pair<std::int64_t, std::string>> keys;
  auto prepared = db.prepare(fmt::format("PRAGMA table_xinfo({})", sqlite::identifier(table.name)));
  // A view that no longer works has no columns to show; it is a sheet without any.
  if (!prepared && table.view) return ok();
  if (!prepared) return std::move(prepared).error();
  sqlite::Statement& rows = *prepared;
  for (;;) {
    auto row = rows.step();
    if (!row && table.view) return ok();
    if (!row) return std::move(row).error();
    if (!*row) break;
    TableColumn column;
    column.cid = static_cast<int>(rows.integer(0));
    column.name = rows.text(1);
    column.declared = rows.text(2);
    column.affinity = affinity_of(column.declared, table.strict);
    column.primary_key = rows.integer(5) > 0;
    const std::int64_t hidden = rows.integer(6);
    if (column.primary_key) keys.emplace_back(rows.integer(5), column.name);
    if (column.name == kPlaceholder) {
      table.placeholder = true;
      continue;
    }
    if (hidden == 1) continue;
    if (hidden > 1) column.generated = generated_expression(table.sql, column.name);
    if (table.view) column.generated = "view";  // its cells follow the tables under it
    table.columns.push_back(std::move(column));
  }
  std::sort(keys.begin(), keys.end());
  for (auto& [number, name] : keys) {
    if (table.without_rowid) table.order.push_back(std::move(name));
  }
  return find_address(db, table);
}

Result<std::vector<Table>> read_tables(sqlite::Database& db) {
  std::vector<Table> tables;
  ZMIG_TRY(sqlite::Statement rows,
           db.prepare("SELECT name, type, coalesce(sql, '') FROM main.sqlite_schema WHERE type IN ('table', 'view') "
                      "ORDER BY rowid"));
  // One by one: a list of all stumbles over a view that no longer works.
  ZMIG_TRY(sqlite::Statement kinds,
           db.prepare("SELECT wr, strict, type FROM pragma_table_list(?1) WHERE schema = 'main' COLLATE NOCASE"));
  for (;;) {
    ZMIG_TRY(const bool there, rows.step());
    if (!there) break;
    Table table;
    table.name = rows.text(0);
    if (starts_with_name(table.name, "sqlite_") || starts_with_name(table.name, kOwnPrefix)) continue;
    table.view = rows.text(1) == "view";
    table.sql = rows.text(2);
    if (!table.view) {
      kinds.bind(1, table.name);
      ZMIG_TRY(const bool listed, kinds.step());
      const bool ordinary = listed && kinds.text(2) == "table";
      table.without_rowid = listed && kinds.integer(0) != 0;
      table.strict = listed && kinds.integer(1) != 0;
      kinds.reset();
      if (!ordinary) continue;  // virtual, or the shadow of one
    }
    tables.push_back(std::move(table));
  }
  for (Table& table : tables) ZMIG_CHECK_OK(read_columns(db, table));
  return tables;
}

}  // namespace zmig::sqlite_workbook
