#include "targets/sqlite/sqlite_objects.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::sqlite_workbook;

TEST_CASE("statements are the same when only blanks, comments, quotes of names and the case of words differ") {
  CHECK(same_statement("CREATE INDEX i ON T(a)", "create  index \"i\" /* x */ on [T] ( `A` )", {}));
  CHECK_FALSE(same_statement("CREATE INDEX i ON T(a)", "CREATE INDEX i ON T(b)", {}));
  CHECK_FALSE(same_statement("CREATE VIEW v AS SELECT 'a'", "CREATE VIEW v AS SELECT 'A'", {}));
  CHECK_FALSE(same_statement("CREATE VIEW v AS SELECT 'a'", "CREATE VIEW v AS SELECT \"a\"", {}));
  // What a migration renamed since is the same thing under another name.
  CHECK(same_statement("CREATE INDEX i ON T(\"Orden\")", "CREATE INDEX i ON T(Pedido)", {{"Orden", "Pedido"}}));
  CHECK_FALSE(same_statement("CREATE INDEX i ON T(\"Orden\")", "CREATE INDEX i ON T(Pedido)", {{"Otro", "Pedido"}}));
}

TEST_CASE("only what makes a table, an index, a trigger or a view, or drops one of the last three, is an order") {
  const auto told = [](std::string_view text) {
    const auto order = native_order(text);
    return order ? (order->drop ? "-" : "+") + order->kind + " " + order->name : std::string("none");
  };
  CHECK(told("CREATE UNIQUE INDEX \"por Pedido\" ON t(a)") == "+index por Pedido");
  CHECK(told("create trigger if not exists main.T1 insert on t begin select 1; end") == "+trigger T1");
  CHECK(told("CREATE VIEW [v w](a) AS SELECT 1") == "+view v w");
  CHECK(told("CREATE TABLE \"a\"\"b\"(x)") == "+table a\"b");
  CHECK(told("DROP view v") == "-view v");
  CHECK(told("DROP trigger t") == "-trigger t");
  CHECK(told("DROP view a\"b; c") == "-view a\"b; c");  // an order, and no SQL that could say more
  CHECK(told("DROP VIEW v") == "none");
  CHECK(told("DROP table t") == "none");
  CHECK(told("DROP TABLE t") == "none");
  CHECK(told("DELETE FROM t") == "none");
  CHECK(told("ATTACH 'x' AS y") == "none");
  CHECK(told("CREATE TEMP TRIGGER t INSERT ON t BEGIN SELECT 1; END") == "none");
  CHECK(told("CREATE VIRTUAL TABLE t USING fts5(x)") == "none");
  CHECK(told("") == "none");
  CHECK(told("CREATE INDEX") == "none");
}

TEST_CASE("an object is made once, replaced when it is another one, and never by a text that does something else") {
  sqlite::Database db = *sqlite::Database::open(":memory:", sqlite::Mode::create, 0);
  REQUIRE(db.exec("CREATE TABLE t(a, b)").has_value());
  const auto make = [&](const std::string& text) { return make_native(db, *native_order(text), text); };
  const auto text_of = [&](const std::string& name) {
    auto rows = *db.prepare("SELECT sql FROM main.sqlite_schema WHERE name = ?1");
    rows.bind(1, name);
    return *rows.step() ? std::string(rows.text(0)) : std::string();
  };
  REQUIRE(make("CREATE INDEX i ON t(a)").has_value());
  REQUIRE(make("CREATE INDEX i ON t(a)").has_value());
  REQUIRE(make("CREATE INDEX i ON t(b)").has_value());
  CHECK(text_of("i") == "CREATE INDEX i ON t(b)");
  const auto missing = make("CREATE INDEX j ON t(c)");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().zm == "ZM0302");
  // A second statement behind the first is not run.
  CHECK_FALSE(make("CREATE INDEX k ON t(a); DROP TABLE t").has_value());
  CHECK(text_of("t") == "CREATE TABLE t(a, b)");
  REQUIRE(db.exec("INSERT INTO t VALUES (1, 1), (1, 2)").has_value());
  const auto twice = make("CREATE UNIQUE INDEX u ON t(a)");
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().message.find("index \"u\" cannot be made again") == 0);
}
