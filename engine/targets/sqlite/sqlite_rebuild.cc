// The rebuild of a table: the definition is edited as text, the rows are copied with their rowids, and nothing that
// refers to the table notices (xlsx-csv.md 6.5). With legacy_alter_table the final rename leaves the text of views and
// triggers alone, so they need not be dropped.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"

namespace zmig::sqlite_workbook {
namespace {

constexpr std::string_view kNewTable = "_zmig_rebuild";

struct SchemaObject {
  std::string type, name, table, sql;
};

Result<std::vector<SchemaObject>> schema_objects(sqlite::Database& db) {
  std::vector<SchemaObject> found;
  ZMIG_TRY(sqlite::Statement rows,
           db.prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema ORDER BY rowid"));
  for (;;) {
    ZMIG_TRY(const bool there, rows.step());
    if (!there) return found;
    found.push_back(
        {std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)), std::string(rows.text(3))});
  }
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return same_name(one, name); });
}

Result<std::string> new_definition(const Table& table, const Rebuild& plan) {
  ZMIG_TRY(Definition definition, split_definition(table.sql));
  std::erase_if(definition.parts,
                [&](const DefinitionPart& part) { return !part.column.empty() && is_among(plan.drop, part.column); });
  for (const auto& [name, declared] : plan.retype) {
    for (DefinitionPart& part : definition.parts) {
      if (!same_name(part.column, name)) continue;
      part.text.replace(part.name_end, part.type_end - part.name_end, declared.empty() ? "" : " " + declared);
    }
  }
  if (plan.reorder) {
    // Columns as the sheet has them; constraints of the table behind them, as SQL wants it.
    const auto place = [&](const DefinitionPart& part) {
      const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                      [&](const TableColumn& column) { return same_name(column.name, part.column); });
      return part.column.empty() ? table.columns.size() : static_cast<std::size_t>(found - table.columns.begin());
    };
    std::stable_sort(definition.parts.begin(), definition.parts.end(),
                     [&](const DefinitionPart& a, const DefinitionPart& b) { return place(a) < place(b); });
  }
  const bool any_column = std::any_of(definition.parts.begin(), definition.parts.end(),
                                      [](const DefinitionPart& part) { return !part.column.empty(); });
  if (!any_column)
    definition.parts.insert(definition.parts.begin(),
                            DefinitionPart{std::string(kPlaceholder), std::string(kPlaceholder), 0, 0});
  return join_definition(kNewTable, definition);
}

/// All cells of the columns that stay, old against new.
Status prove_copy(sqlite::Database& db, const Table& table, const std::vector<std::size_t>& same) {
  Table copy = table;
  copy.name = kNewTable;
  ZMIG_TRY(RowCursor old_rows, RowCursor::open(db, table, same));
  ZMIG_TRY(RowCursor new_rows, RowCursor::open(db, copy, same));
  const Error lost =
      make_error(Errc::io, "", fmt::format("rebuilding {}: the copy differs from the table", quoted(table.name)));
  for (;;) {
    ZMIG_TRY(const bool old_row, old_rows.next());
    ZMIG_TRY(const bool new_row, new_rows.next());
    if (old_row != new_row) return lost;
    if (!old_row) return ok();
    if (old_rows.rowid() != new_rows.rowid()) return lost;
    for (std::size_t i = 0; i < same.size(); ++i) {
      const Raw a = old_rows.raw(i);
      const Raw b = new_rows.raw(i);
      if (a.type != b.type || a.integer != b.integer || a.real != b.real || a.text != b.text) return lost;
    }
  }
}

Status copy_rows(sqlite::Database& db, const Table& table, const Rebuild& plan) {
  std::vector<std::string> names;
  std::vector<std::size_t> same;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& column = table.columns[i];
    if (is_among(plan.drop, column.name)) continue;
    const bool retyped = std::any_of(plan.retype.begin(), plan.retype.end(),
                                     [&](const auto& one) { return same_name(one.first, column.name); });
    if (!retyped) same.push_back(i);
    if (column.generated.empty()) names.push_back(sqlite::identifier(column.name));
  }
  const bool has_key_column = !table.key.empty() && !is_among(plan.drop, table.key);
  if (!table.rowid.empty() && !has_key_column) names.insert(names.begin(), table.rowid);
  if (names.empty()) names.emplace_back(kPlaceholder);
  const std::string list = join(names, ", ");
  ZMIG_CHECK_OK(db.exec(fmt::format("INSERT INTO {}({}) SELECT {} FROM main.{}{}", kNewTable, list, list,
                                    table.quoted_name(), table.order_by())));
  if (table.rowid == sqlite::identifier(table.key)) return ok();  // addressed by the key alone: it is among the columns
  return prove_copy(db, table, same);
}

Result<std::optional<std::int64_t>> saved_sequence(sqlite::Database& db, const Table& table) {
  ZMIG_TRY(sqlite::Statement there, db.prepare("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'"));
  ZMIG_TRY(const bool has, there.step());
  if (!has) return std::optional<std::int64_t>();
  ZMIG_TRY(sqlite::Statement sequence, db.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?1"));
  sequence.bind(1, table.name);
  ZMIG_TRY(const bool found, sequence.step());
  return found ? std::optional(sequence.integer(0)) : std::optional<std::int64_t>();
}

Status swap_tables(sqlite::Database& db, const Table& table) {
  ZMIG_CHECK_OK(db.exec("PRAGMA legacy_alter_table=ON"));
  Status swapped =
      db.exec(fmt::format("DROP TABLE main.{0}; ALTER TABLE {1} RENAME TO {0}", table.quoted_name(), kNewTable));
  ZMIG_CHECK_OK(db.exec("PRAGMA legacy_alter_table=OFF"));
  return swapped;
}

}  // namespace

Result<std::vector<std::string>> users_of_columns(sqlite::Database& db, const Table& table,
                                                  const std::vector<std::string>& columns) {
  std::vector<std::string> users;
  ZMIG_TRY(const std::vector<SchemaObject> objects, schema_objects(db));
  std::set<std::string, std::less<>> lower;
  for (const std::string& column : columns) lower.insert(small_letters(column));
  const auto mentioned_in = [&](std::string_view sql) { return mentions_any(sql, lower); };
  for (const SchemaObject& object : objects) {
    if (object.name.starts_with(kOwnPrefix)) continue;
    const bool on_table = same_name(object.table, table.name);
    if (object.type == "table") {
      if (on_table || !mentions_name(object.sql, "REFERENCES") || !mentions_name(object.sql, table.name)) continue;
      ZMIG_TRY(sqlite::Statement keys,
               db.prepare(fmt::format("SELECT \"table\", coalesce(\"to\", '') FROM pragma_foreign_key_list({})",
                                      sqlite::literal(object.name))));
      for (;;) {
        ZMIG_TRY(const bool there, keys.step());
        if (!there) break;
        if (same_name(keys.text(0), table.name) && is_among(columns, keys.text(1)))
          users.push_back("a foreign key of " + quoted(object.name));
      }
      continue;
    }
    const bool about = on_table || mentions_name(object.sql, table.name);
    if (about && mentioned_in(object.sql)) users.push_back(object.type + " " + quoted(object.name));
  }
  const auto definition = split_definition(table.sql);
  if (!definition) return users;
  for (const DefinitionPart& part : definition->parts) {
    const bool goes = lower.contains(small_letters(part.column));
    if (part.column.empty() ? mentioned_in(part.text) : !goes && mentioned_in(part.text.substr(part.name_end))) {
      users.push_back(part.column.empty() ? std::string("a constraint of the table") : "column " + quoted(part.column));
    }
  }
  return users;
}

Status refresh_table(sqlite::Database& db, Table& table) {
  ZMIG_TRY(
      sqlite::Statement sql,
      db.prepare("SELECT sql FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')"));
  sql.bind(1, table.name);
  ZMIG_TRY(const bool there, sql.step());
  ZMIG_ASSERT(there, "a table of the layout is a table of the database");
  table.sql = sql.text(0);
  sql.reset();
  std::vector<TableColumn> ordered = std::move(table.columns);
  ZMIG_CHECK_OK(read_columns(db, table));
  for (TableColumn& column : ordered) {
    for (const TableColumn& fresh : table.columns) {
      if (same_name(fresh.name, column.name)) column = fresh;
    }
  }
  table.columns = std::move(ordered);
  return ok();
}

Status rebuild_table(sqlite::Database& db, Table& table, const Rebuild& plan) {
  auto sql = new_definition(table, plan);
  if (!sql) {
    sql.error().place = table.name;
    return std::move(sql).error();
  }
  ZMIG_TRY(const std::vector<SchemaObject> objects, schema_objects(db));
  ZMIG_TRY(const std::optional<std::int64_t> sequence, saved_sequence(db, table));
  ZMIG_CHECK_OK(db.exec(*sql));
  ZMIG_CHECK_OK(copy_rows(db, table, plan));
  ZMIG_CHECK_OK(swap_tables(db, table));
  if (sequence) {
    ZMIG_TRY(sqlite::Statement restore, db.prepare("UPDATE sqlite_sequence SET seq = ?1 WHERE name = ?2"));
    restore.bind(1, *sequence).bind(2, table.name);
    ZMIG_CHECK_OK(restore.run());
  }
  for (const SchemaObject& object : objects) {
    const bool went = same_name(object.table, table.name) && (object.type == "index" || object.type == "trigger") &&
                      !object.sql.empty();
    if (went) ZMIG_CHECK_OK(db.exec(object.sql));
  }
  std::erase_if(table.columns, [&](const TableColumn& column) { return is_among(plan.drop, column.name); });
  return refresh_table(db, table);
}

}  // namespace zmig::sqlite_workbook
