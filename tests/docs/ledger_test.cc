// docs/ledger.md describes every column of every table of the ledger, and nothing else.
#include <map>

#include "base/sqlite.h"
#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

using Tables = std::map<std::string, std::set<std::string>>;

/// The tables as SQLite understands the schema in the sources.
Tables tables_of_schema() {
  const auto source = docs::read(docs::source_dir() / "engine" / "ledger" / "ledger_schema.h");
  const auto begin = source.find("R\"sql(") + 6;
  const auto end = source.find(")sql\"", begin);
  auto db = sqlite::Database::open(":memory:", sqlite::Mode::create, 0);
  REQUIRE(db.has_value());
  REQUIRE(db->exec(source.substr(begin, end - begin)).has_value());
  auto columns = db->prepare(
      "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name "
      "NOT LIKE 'sqlite%'");
  REQUIRE(columns.has_value());
  Tables tables;
  for (;;) {
    const auto more = columns->step();
    REQUIRE(more.has_value());
    if (!*more) return tables;
    tables[std::string(columns->text(0))].insert(std::string(columns->text(1)));
  }
}

Tables tables_of_page() {
  Tables tables;
  std::string table;
  for (const auto& line : docs::lines_of(docs::section(docs::read_doc("ledger.md"), "Ledger"))) {
    if (line.starts_with("### ")) table = line.substr(4);
    if (table.empty() || !line.starts_with("| `")) continue;
    for (const auto& name : docs::all_matches(line.substr(0, line.find(" | ")), "`([a-z_0-9]+)`"))
      tables[table].insert(name);
  }
  return tables;
}

}  // namespace

TEST_CASE("ledger.md has every column of every table") {
  const auto tables = tables_of_schema();
  CHECK(tables.size() >= 9);
  CHECK(tables_of_page() == tables);
}

TEST_CASE("ledger.md has every key of the stamp") {
  const auto page = docs::section(docs::read_doc("ledger.md"), "Stamp");
  const auto source = docs::read(docs::source_dir() / "engine" / "plan" / "stamp_json.cc");
  const auto keys = docs::all_matches(source, "(?:\\{|key\\()\"([a-z_]+)\"");
  CHECK(keys.size() >= 18);
  for (const auto& key : keys) {
    CAPTURE(key);
    CHECK((page.find("`" + key + "`") != std::string::npos || page.find("`" + key + "[]`") != std::string::npos ||
           page.find("`" + key + "[]`,") != std::string::npos || page.find("." + key + "[]") != std::string::npos));
  }
}
