#include "targets/sqlite/sqlite_guards.h"

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::sqlite_workbook {
namespace {

constexpr std::string_view kOwnList = "_zmig_list_";

std::vector<std::string> offered(const Enum& one) {
  std::vector<std::string> texts;
  for (const EnumValue& value : one.values) {
    if (value.offered) texts.push_back(value.text);
  }
  return texts;
}

/// The enum whose offered values are the list, else a list of the column's own.
std::string list_name(const Schema& schema, const Column& column) {
  const Enum* one = column.allowed.enum_name.empty() ? nullptr : schema.find_enum(column.allowed.enum_name);
  if (one != nullptr && offered(*one) == column.allowed.values) return one->name;
  return std::string(kOwnList) + column.id;
}

bool is_guarded(const Column& column) {
  return column.managed && column.allowed.kind == Allowed::Kind::list && column.allowed.strict && !column.rules.lenient;
}

std::string message(const Sheet& sheet, const Column& column, std::string_view what) {
  return sqlite::literal(fmt::format("{}.{}: {}", sheet.title, column.header, what));
}

/// Trigger pair: on insert, and on update of the column when it changes.
void add_pair(std::map<std::string, std::string>& guards, const std::string& name, const Table& table,
              const std::string& column, const std::string& condition, const std::string& text) {
  const std::string on = table.quoted_name();
  guards[name + "_i"] = fmt::format("CREATE TRIGGER {} BEFORE INSERT ON {} WHEN {} BEGIN SELECT RAISE(ABORT, {}); END",
                                    sqlite::identifier(name + "_i"), on, condition, text);
  guards[name + "_u"] = fmt::format(
      "CREATE TRIGGER {} BEFORE UPDATE OF {} ON {} WHEN NEW.{} COLLATE BINARY IS NOT OLD.{} AND {} BEGIN SELECT "
      "RAISE(ABORT, {}); END",
      sqlite::identifier(name + "_u"), column, on, column, column, condition, text);
}

void add_list_guard(std::map<std::string, std::string>& guards, const Layout& layout, std::size_t s, std::size_t c) {
  const Column& column = layout.schema.sheets[s].columns[c];
  const std::string name = sqlite::identifier(layout.tables[s].columns[c].name);
  const std::string list = list_name(layout.schema, column);
  const bool is_enum = !list.starts_with(kOwnList);
  const std::string condition = fmt::format(
      "NEW.{0} IS NOT NULL AND NEW.{0} <> '' AND NOT EXISTS (SELECT 1 FROM _zmig_enum_value WHERE enum = {1} AND value "
      "= NEW.{0} COLLATE "
      "BINARY AND offered)",
      name, sqlite::literal(list));
  const std::string what =
      is_enum ? "value is not registered in enum " + list : std::string("value is not in the list of allowed values");
  add_pair(guards, "_zmig_enum_" + column.id, layout.tables[s], name, condition,
           message(layout.schema.sheets[s], column, what));
}

/// Only in a row with something in another managed column: a blank row stays possible.
void add_required_guard(std::map<std::string, std::string>& guards, const Layout& layout, std::size_t s,
                        std::size_t c) {
  const Sheet& sheet = layout.schema.sheets[s];
  const Table& table = layout.tables[s];
  const std::string name = sqlite::identifier(table.columns[c].name);
  std::string others;
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    if (i == c || !sheet.columns[i].managed || !table.columns[i].generated.empty()) continue;
    others +=
        fmt::format("{}coalesce(NEW.{}, '')", others.empty() ? "" : " || ", sqlite::identifier(table.columns[i].name));
  }
  if (others.empty()) return;
  const std::string condition = fmt::format("coalesce(NEW.{}, '') = '' AND ({}) <> ''", name, others);
  add_pair(guards, "_zmig_required_" + sheet.columns[c].id, table, name, condition,
           message(sheet, sheet.columns[c], "a value is required"));
}

std::string unique_index(const std::string& name, const Table& table, const std::vector<std::string>& columns) {
  std::vector<std::string> keys, filled;
  for (const std::string& column : columns) {
    keys.push_back(column + " COLLATE BINARY");
    filled.push_back(fmt::format("{0} IS NOT NULL AND {0} <> ''", column));
  }
  return fmt::format("CREATE UNIQUE INDEX {} ON {}({}) WHERE {}", sqlite::identifier(name), table.quoted_name(),
                     join(keys, ", "), join(filled, " AND "));
}

void add_unique_sets(std::map<std::string, std::string>& guards, const Layout& layout, std::size_t s) {
  const Sheet& sheet = layout.schema.sheets[s];
  std::size_t number = 0;
  for (const auto* sets : {&sheet.rules.keys, &sheet.rules.uniques}) {
    for (const std::vector<std::string>& set : *sets) {
      std::vector<std::string> names;
      for (const std::string& id : set) {
        const std::size_t at = column_index(sheet, id);
        if (at < sheet.columns.size()) names.push_back(sqlite::identifier(layout.tables[s].columns[at].name));
      }
      const std::string name = fmt::format("_zmig_unique_{}_{}", sheet.id, ++number);
      if (names.size() == set.size()) guards[name] = unique_index(name, layout.tables[s], names);
    }
  }
}

struct Guard {
  std::string name, type, sql;
};

Result<std::vector<Guard>> existing_guards(sqlite::Database& db, const Table* on) {
  std::vector<Guard> guards;
  std::string sql =
      "SELECT name, type, coalesce(sql, '') FROM main.sqlite_schema WHERE type IN ('trigger', 'index') "
      "AND name LIKE '\\_zmig\\_%' ESCAPE '\\'";
  if (on != nullptr) sql += " AND tbl_name = " + sqlite::literal(on->name) + " COLLATE NOCASE";
  ZMIG_TRY(sqlite::Statement rows, db.prepare(sql));
  for (;;) {
    ZMIG_TRY(const bool there, rows.step());
    if (!there) return guards;
    guards.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2))});
  }
}

Status drop(sqlite::Database& db, const Guard& guard) {
  return db.exec(
      fmt::format("DROP {} {}", guard.type == "index" ? "INDEX" : "TRIGGER", sqlite::identifier(guard.name)));
}

}  // namespace

std::vector<std::vector<sqlite::Datum>> own_lists(const Schema& schema) {
  std::vector<std::vector<sqlite::Datum>> rows;
  for (const Sheet& sheet : schema.sheets) {
    for (const Column& column : sheet.columns) {
      if (!is_guarded(column)) continue;
      const std::string name = list_name(schema, column);
      if (!name.starts_with(kOwnList)) continue;
      for (std::size_t i = 0; i < column.allowed.values.size(); ++i) {
        rows.push_back(
            {name, column.allowed.values[i], static_cast<std::int64_t>(i), std::int64_t{1}, sqlite::Datum()});
      }
    }
  }
  return rows;
}

std::map<std::string, std::string> wanted_guards(const Layout& layout) {
  std::map<std::string, std::string> guards;
  for (std::size_t s = 0; s < layout.tables.size(); ++s) {
    const Sheet& sheet = layout.schema.sheets[s];
    if (!sheet.managed || layout.tables[s].view) continue;
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
      const Column& column = sheet.columns[c];
      if (!column.managed || !layout.tables[s].columns[c].generated.empty()) continue;
      if (is_guarded(column)) add_list_guard(guards, layout, s, c);
      if (column.rules.required || column.rules.key) add_required_guard(guards, layout, s, c);
      if (!column.rules.unique && !column.rules.key) continue;
      const std::string name = "_zmig_unique_" + column.id;
      guards[name] = unique_index(name, layout.tables[s], {sqlite::identifier(layout.tables[s].columns[c].name)});
    }
    add_unique_sets(guards, layout, s);
  }
  return guards;
}

Status check_guards(sqlite::Database& db, Layout& layout) {
  std::map<std::string, std::string> there;
  ZMIG_TRY(const std::vector<Guard> guards, existing_guards(db, nullptr));
  for (const Guard& guard : guards) there[guard.name] = guard.sql;
  const std::map<std::string, std::string> wanted = wanted_guards(layout);
  const auto stands = [&](const std::string& name) {
    const auto asked = wanted.find(name);
    const auto found = there.find(name);
    return asked == wanted.end() || (found != there.end() && found->second == asked->second);
  };
  for (Sheet& sheet : layout.schema.sheets) {
    for (Column& column : sheet.columns) {
      const std::string name = "_zmig_enum_" + column.id;
      if (is_guarded(column) && !(stands(name + "_i") && stands(name + "_u"))) column.allowed = {};
    }
  }
  return ok();
}

Status drop_guards(sqlite::Database& db, const Table& table) {
  ZMIG_TRY(const std::vector<Guard> guards, existing_guards(db, &table));
  for (const Guard& guard : guards) ZMIG_CHECK_OK(drop(db, guard));
  return ok();
}

Status sync_guards(sqlite::Database& db, const Layout& layout, const std::map<std::string, std::string>& asked) {
  std::map<std::string, std::string> wanted = wanted_guards(layout);
  ZMIG_TRY(const std::vector<Guard> guards, existing_guards(db, nullptr));
  for (const Guard& guard : guards) {
    const auto same = wanted.find(guard.name);
    if (same != wanted.end() && same->second == guard.sql) {
      wanted.erase(same);
    } else {
      ZMIG_CHECK_OK(drop(db, guard));
    }
  }
  for (const auto& [name, sql] : wanted) {
    Status created = db.exec(sql);
    if (created) continue;
    if (created.error().code == Errc::conflict && asked.contains(name)) continue;
    if (created.error().code != Errc::conflict) return created;
    return make_error(Errc::conflict, "ZM0317",
                      fmt::format("a unique rule does not hold: {}", created.error().message));
  }
  return ok();
}

}  // namespace zmig::sqlite_workbook
