#include "targets/sqlite/sqlite_definition.h"

#include "support/catch.h"

using namespace zmig;
using namespace zmig::sqlite_workbook;

namespace {

std::vector<std::string> columns_of(std::string_view sql) {
  const auto definition = split_definition(sql);
  std::vector<std::string> names;
  if (!definition) return names;
  for (const DefinitionPart& part : definition->parts) names.push_back(part.column);
  return names;
}

}  // namespace

TEST_CASE("a definition splits at its top-level commas only") {
  const std::string sql =
      "CREATE TABLE \"a, (b\" (id INTEGER PRIMARY KEY, \"x,y\" DECIMAL(10, 2) DEFAULT (1 + (2)), [z \"] TEXT CHECK (z "
      "IN ('a,)', 'b')), -- note, (\n"
      " `q` /* , */ TEXT, CONSTRAINT k UNIQUE (id, `q`), FOREIGN KEY (q) REFERENCES t(a)) WITHOUT ROWID, STRICT";
  CHECK(columns_of(sql) == std::vector<std::string>{"id", "x,y", "z \"", "q", "", ""});
  CHECK(split_definition(sql)->tail == " WITHOUT ROWID, STRICT");
}

TEST_CASE("a definition is put together with its bytes") {
  const auto definition = split_definition("CREATE TABLE t (a TEXT COLLATE NOCASE, -- why\n b  INTEGER)STRICT");
  REQUIRE(definition.has_value());
  CHECK(join_definition("new \"t\"", *definition) ==
        "CREATE TABLE \"new \"\"t\"\"\"(a TEXT COLLATE NOCASE, -- why\n b  INTEGER)STRICT");
}

TEST_CASE("a comment at the end of a definition does not swallow what follows") {
  auto definition = split_definition("CREATE TABLE t (a TEXT -- the first\n, b INTEGER -- the last\n)");
  REQUIRE(definition.has_value());
  definition->parts.erase(definition->parts.begin());
  CHECK(columns_of(join_definition("t", *definition)) == std::vector<std::string>{"b"});
}

TEST_CASE("the declared type ends where the constraints begin") {
  const auto definition =
      split_definition("CREATE TABLE t(a VARCHAR(20) NOT NULL, b, c UNSIGNED BIG INT DEFAULT 3, d PRIMARY KEY)");
  REQUIRE(definition.has_value());
  std::vector<std::string> types;
  for (const DefinitionPart& part : definition->parts)
    types.push_back(part.text.substr(part.name_end, part.type_end - part.name_end));
  CHECK(types == std::vector<std::string>{" VARCHAR(20)", "", " UNSIGNED BIG INT", ""});
}

TEST_CASE("names are found as words and quoted identifiers, not inside strings and comments") {
  CHECK(mentions_name("SELECT estado FROM t", "Estado"));
  CHECK(mentions_name("SELECT \"Esta do\" FROM t", "esta do"));
  CHECK_FALSE(mentions_name("SELECT 'estado' /* estado */ -- estado", "estado"));
  CHECK_FALSE(mentions_name("SELECT estado2 FROM t", "estado"));
}

TEST_CASE("the event of a trigger is read from its text") {
  CHECK(trigger_event("CREATE TRIGGER \"insert\" AFTER DELETE ON t BEGIN SELECT 1; END")->kind ==
        TriggerEvent::Kind::remove);
  CHECK(trigger_event("CREATE TRIGGER IF NOT EXISTS main.x INSERT ON t BEGIN SELECT 1; END")->kind ==
        TriggerEvent::Kind::insert);
  const auto update = trigger_event("create trigger x before update of a, \"b c\" on t begin select 1; end");
  REQUIRE(update.has_value());
  CHECK(update->kind == TriggerEvent::Kind::update);
  CHECK(update->columns == std::vector<std::string>{"a", "b c"});
}

TEST_CASE("the expression of a generated column is found in the definition") {
  CHECK(generated_expression("CREATE TABLE t(a INTEGER, b INTEGER GENERATED ALWAYS AS (a * (2 + 1)) STORED)", "B") ==
        "a * (2 + 1)");
}
