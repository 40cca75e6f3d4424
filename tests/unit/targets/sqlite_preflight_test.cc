// What SQLite would refuse comes with the plan: tried on a copy of the schema in memory, the file untouched. And a
// damaged file is not written to.

#include <fstream>

#include "sqlite_support.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const Type kText = [] {
  Type type;
  type.kind = TypeKind::text;
  return type;
}();

struct Shop {
  TempFolder folder;
  std::string path = folder.at("shop.db");
  explicit Shop(const std::string& sql, const TargetOptions& options = {}) : options_(options) {
    run_sql(path, sql);
    auto target = open_workbook(path);
    REQUIRE(commit(*target, claims("Pedidos", {{"Pedido", kText}, {"Estado", kText}})));
  }
  /// "ok", or what would be refused; the file is the same afterwards.
  std::string tried(const std::vector<Change>& changes) {
    const std::string before = folder.read("shop.db");
    auto target = open_workbook(path, options_);
    const Status done = target->preflight(changes);
    CHECK((folder.read("shop.db") == before));
    return done ? "ok" : done.error().zm + " " + done.error().message;
  }

 private:
  TargetOptions options_;
};

const std::string kTable =
    "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT, \"Estado\" TEXT);"
    "INSERT INTO \"Pedidos\" VALUES ('P-1', 'LIBRE'), ('P-2', NULL);";
const Scope kEstado{"sPedidos", "cEstado"};

change::InsertColumn column_named(const std::string& header) {
  change::InsertColumn insert;
  insert.sheet = "sPedidos";
  insert.column = make_column("c" + header, header, kText);
  return insert;
}

}  // namespace

TEST_CASE("what can be done is not refused beforehand") {
  Shop shop(kTable);
  CHECK(shop.tried({column_named("Zona"), change::FillEmpty{{"sPedidos", "cZona"}, Text{"SUR"}, {}},
                    change::SetHeader{kEstado, "Situacion"}, change::DeleteColumn{kEstado}}) == "ok");
}

TEST_CASE("a column that a view uses cannot be dropped, and the plan says so") {
  Shop shop(kTable + "CREATE VIEW v_open AS SELECT \"Estado\" FROM \"Pedidos\";");
  CHECK(shop.tried({change::DeleteColumn{kEstado}}) == "ZM0476 \"Estado\" is used by view \"v_open\"");
  CHECK(shop.tried({column_named("Zona")}) == "ok");
}

TEST_CASE("a broken view blocks a rename, and the plan says so") {
  Shop shop(kTable + "CREATE VIEW v_old AS SELECT gone FROM nowhere;");
  CHECK(shop.tried({change::SetHeader{kEstado, "Situacion"}}).starts_with("ZM0476 \"Estado\": "));
}

TEST_CASE("somebody's trigger that a default would fire is found beforehand, unless it may") {
  const std::string trigger =
      "CREATE TABLE log(x); CREATE TRIGGER t_audit AFTER UPDATE ON \"Pedidos\" BEGIN INSERT INTO "
      "log VALUES(1); END;";
  Shop shop(kTable + trigger);
  const std::vector<Change> fill{column_named("Zona"), change::FillEmpty{{"sPedidos", "cZona"}, Text{"SUR"}, {}}};
  CHECK(shop.tried(fill) == "ZM0477 trigger \"t_audit\" would fire for 2 rows");
  CHECK(shop.tried({column_named("Zona")}) == "ok");
  TargetOptions fire;
  fire.fire_triggers = true;
  Shop free(kTable + trigger, fire);
  CHECK(free.tried(fill) == "ok");
}

TEST_CASE("rows that cannot be addressed take no values, and a filled column of theirs does not go") {
  Shop shop(
      "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT PRIMARY KEY, \"Estado\" TEXT) WITHOUT ROWID;"
      "INSERT INTO \"Pedidos\" VALUES ('P-1', 'LIBRE');");
  CHECK(shop.tried({change::DeleteColumn{kEstado}}).starts_with("ZM0479 "));
  CHECK(shop.tried({column_named("Zona"), change::FillEmpty{{"sPedidos", "cZona"}, Text{"SUR"}, {}}})
            .starts_with("ZM0479 "));
}

TEST_CASE("one column too many is counted beforehand") {
  std::string many = "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT, \"Estado\" TEXT";
  for (int i = 0; i < 1998; ++i) many += ", c" + std::to_string(i);
  Shop shop(many + ");");
  CHECK(shop.tried({column_named("Zona")}) == "ZM0474 2 000 columns, limit 2 000");
}

TEST_CASE("two headers that are one name in SQLite are refused beforehand") {
  Shop shop(kTable);
  CHECK(shop.tried({column_named("ESTADO")}).starts_with("ZM0475 "));
}

TEST_CASE("virtual tables with their shadows do not hide what would be refused") {
  Shop shop(kTable +
            "CREATE VIRTUAL TABLE words USING fts5(w); CREATE VIRTUAL TABLE area USING rtree(id, x0, x1);"
            "CREATE VIEW v_open AS SELECT \"Estado\" FROM \"Pedidos\";");
  CHECK(shop.tried({column_named("Zona")}) == "ok");
  CHECK(shop.tried({change::DeleteColumn{kEstado}}) == "ZM0476 \"Estado\" is used by view \"v_open\"");
}

TEST_CASE("a view that is a managed sheet and would show another column is found beforehand") {
  Shop shop(kTable + "CREATE VIEW \"Abiertos\" AS SELECT \"Pedido\", \"Estado\" FROM \"Pedidos\";");
  {
    auto target = open_workbook(shop.path);
    const Sheet view = *target->schema().sheet_titled("Abiertos", true);
    Sheet bare = view;
    bare.id = "sAbiertos";
    bare.managed = true;
    bare.columns.clear();
    std::vector<Change> made{change::Track{{"sAbiertos", {}}, bare}};
    for (Column column : view.columns) {
      column.id = "v" + column.header;
      column.managed = true;
      made.push_back(change::Track{{"sAbiertos", column.id}, column});
    }
    CHECK(told(commit(*target, made)) == "done");
  }
  CHECK(shop.tried({change::SetHeader{kEstado, "Situacion"}})
            .starts_with("ZM0476 view \"Abiertos\" would change with it: expected "));
  CHECK(shop.tried({column_named("Zona")}) == "ok");
  CHECK(shop.tried({change::SetHeader{{"sPedidos", "cPedido"}, "Pedido"}}) == "ok");
}

TEST_CASE("rows that would refer to nothing are counted beforehand in a large workbook as well") {
  Shop shop(
      "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT UNIQUE, \"Estado\" TEXT);"
      "INSERT INTO \"Pedidos\" VALUES ('P-1', 'LIBRE'), ('P-2', NULL);"
      "CREATE TABLE \"Lineas\" (\"Linea\" TEXT, \"De\" TEXT REFERENCES \"Pedidos\"(\"Pedido\"));"
      "INSERT INTO \"Lineas\" VALUES ('1', 'P-1'), ('2', 'P-2'), ('3', NULL);"
      "CREATE TABLE \"Fotos\" (\"Bytes\");"
      "INSERT INTO \"Fotos\" VALUES (zeroblob(65 * 1024 * 1024))");
  const auto target = open_workbook(shop.path);
  const std::vector<Change> drop{change::DeleteSheet{"sPedidos"}}, rename{change::SetHeader{kEstado, "Situacion"}};
  const Status refused = target->preflight(drop);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().zm == "ZM0319");
  CHECK(refused.error().message == "2 rows would refer to nothing (foreign keys)");
  CHECK(target->preflight(rename).has_value());
}

TEST_CASE("rows that would refer to nothing are counted beforehand, from the rows themselves") {
  const std::string child = "CREATE TABLE \"Lineas\" (\"Linea\" TEXT, \"De\" TEXT REFERENCES \"Pedidos\"(\"Pedido\"));";
  const std::string parent =
      "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT UNIQUE, \"Estado\" TEXT);"
      "INSERT INTO \"Pedidos\" VALUES ('P-1', 'LIBRE'), ('P-2', NULL);";
  const change::DeleteSheet drop{"sPedidos"};
  {
    Shop shop(parent + child + "INSERT INTO \"Lineas\" VALUES ('1', 'P-1'), ('2', 'P-2'), ('3', NULL);");
    CHECK(shop.tried({drop}) == "ZM0319 2 rows would refer to nothing (foreign keys)");
    CHECK(shop.tried({column_named("Zona")}) == "ok");
  }
  Shop nobody(parent + child + "INSERT INTO \"Lineas\" VALUES ('3', NULL);");
  CHECK(nobody.tried({drop}) == "ok");
  // One that was broken before is none of ours.
  Shop before(parent + child + "INSERT INTO \"Lineas\" VALUES ('4', 'P-9');");
  CHECK(before.tried({column_named("Zona")}) == "ok");
}

TEST_CASE("S9 a damaged workbook is found by quick_check before the first write") {
  std::string rows = "BEGIN;";
  for (int i = 0; i < 400; ++i) rows += "INSERT INTO \"Pedidos\" VALUES ('P-" + std::to_string(i) + "', 'LIBRE');";
  Shop shop(kTable + rows + "COMMIT; CREATE INDEX by_pedido ON \"Pedidos\"(\"Pedido\");");
  auto target = open_workbook(shop.path);
  // An index page of zeros: the schema can be read, the table too.
  const auto root = query(shop.path, "SELECT rootpage FROM sqlite_schema WHERE name = 'by_pedido'");
  REQUIRE(root.size() == 1);
  const auto page = std::stoll(root.front().substr(2));
  std::fstream file(shop.path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp((page - 1) * 4096);
  const std::string zeros(4096, '\0');
  file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
  file.close();
  const std::string before = shop.folder.read("shop.db");
  target = open_workbook(shop.path);
  const auto writer = target->open_writer({"test", std::chrono::milliseconds(50)});
  REQUIRE_FALSE(writer.has_value());
  CHECK(writer.error().zm == "ZM0470");
  CHECK(writer.error().code == Errc::corrupt);
  CHECK((shop.folder.read("shop.db") == before));
}
