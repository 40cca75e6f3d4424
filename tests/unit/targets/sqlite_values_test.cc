#include "targets/sqlite/sqlite_values.h"

#include <zmig/cells.h>

#include "targets/sqlite/sqlite_cells.h"
#include "targets/sqlite/sqlite_commit.h"
#include "unit/targets/sqlite_support.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::sqlite_workbook;

namespace {

Result<Stored> stored(const Value& value, Type type, std::string declared) {
  TableColumn column;
  column.name = "Codigo";
  column.declared = std::move(declared);
  column.affinity = affinity_of(column.declared, false);
  return encode(value, make_column("c", "Codigo", std::move(type)), column, "T!A2");
}

}  // namespace

TEST_CASE("affinities follow the words of the declaration") {
  CHECK(affinity_of("BIGINT", false) == Affinity::integer);
  CHECK(affinity_of("varchar(20)", false) == Affinity::text);
  CHECK(affinity_of("DATETIME", false) == Affinity::numeric);
  CHECK(affinity_of("DOUBLE", false) == Affinity::real);
  CHECK(affinity_of("", false) == Affinity::none);
  CHECK(affinity_of("ANY", true) == Affinity::none);
  CHECK(affinity_of("ANY", false) == Affinity::numeric);
}

TEST_CASE("what SQLite turns into a number is told apart as SQLite does it") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(n NUMERIC)");
  auto db = sqlite::Database::open(folder.at("a.db"), sqlite::Mode::read_write, 100);
  auto insert = db->prepare("INSERT INTO t VALUES(?1)");
  for (const char* text :
       {"7",     "007",     " 7 ", "+1", "-1.5", "1.",  ".5",  ".",     "1e5", "1e",  "e5",
        "0x10",  "1_000",   "1,5", "",   " ",    "--1", "1 2", "\t3\n", "Inf", "nan", "12345678901234567890",
        "1e999", "5 \u00a0"}) {
    CAPTURE(text);
    insert->bind(1, std::string_view(text));
    REQUIRE(insert->run().has_value());
    auto type = db->prepare("SELECT typeof(n) FROM t ORDER BY rowid DESC LIMIT 1");
    REQUIRE(type->step().has_value());
    CHECK((type->text(0) != "text") == looks_numeric(text));
  }
}

TEST_CASE("a value that would be stored as another one is refused with both forms") {
  const auto refused = stored(words("007"), {TypeKind::text, 0, {}}, "INTEGER");
  REQUIRE(!refused.has_value());
  CHECK(refused.error() == make_error(Errc::conflict, "ZM0478",
                                      "the text \"007\" would be stored as a number in \"Codigo INTEGER\"",
                                      "give the column a type that holds it", "T!A2"));
  CHECK(stored(amount(7), {TypeKind::text, 0, {}}, "TEXT").error().zm == "ZM0478");
}

TEST_CASE("values are bound so that they come back as they were") {
  const auto datum = [](const Value& value, TypeKind kind, const std::string& declared) {
    return stored(value, {kind, 2, {}}, declared)->datum;
  };
  CHECK(datum(amount(7), TypeKind::integer, "INTEGER") == sqlite::Datum(std::int64_t{7}));
  CHECK(datum(amount(7), TypeKind::number, "REAL") == sqlite::Datum(7.0));
  CHECK(datum(amount(7), TypeKind::number, "") == sqlite::Datum(7.0));
  CHECK(datum(amount(7), TypeKind::integer, "") == sqlite::Datum(std::int64_t{7}));
  CHECK(datum(amount(7.5), TypeKind::decimal, "TEXT") == sqlite::Datum(std::string("7.50")));
  CHECK(datum(Boolean{true}, TypeKind::boolean, "INTEGER") == sqlite::Datum(std::int64_t{1}));
  CHECK(datum(Date{46153}, TypeKind::date, "TEXT") == sqlite::Datum(std::string("2026-05-11")));
  CHECK(datum(Blank{}, TypeKind::date, "TEXT") == sqlite::Datum());
  CHECK(datum(words("9007199254740993"), TypeKind::integer, "INTEGER") ==
        sqlite::Datum(std::int64_t{9007199254740993}));
  CHECK(stored(Date{46153}, {TypeKind::text, 0, {}}, "")->needs_kind);
  CHECK(stored(CellError{"#N/A"}, {TypeKind::text, 0, {}}, "TEXT")->needs_kind);
  CHECK_FALSE(stored(CellError{"#N/A"}, {TypeKind::number, 0, {}}, "REAL")->needs_kind);
}

TEST_CASE("the SQL for data rows agrees with counts_as_data on every kind of cell") {
  const TempFolder folder;
  run_sql(folder.at("a.db"),
          "CREATE TABLE t(k INTEGER PRIMARY KEY, p, f, b); "
          "INSERT INTO t(p) VALUES(NULL),(''),(' "
          "'),('x'),(0),(0.0),(1),(x''),(x'00'),(char(160)),(char(8203)),(char(65279)),(char(12288,32,9)),"
          "(char(8205)),(char(8232)),(char(8288)),(char(6158)),(char(0)),(char(32,0)),(char(0,65)),('FALSE'),('false'),"
          "(' false'),"
          "(char(102,97,108,383,101)),('TRUE'),(char(133)),(char(173)),(char(8206)),(char(847)),(char(10240)),(char("
          "65440)); "
          "UPDATE t SET f = p, b = p");
  const auto opened = open_workbook(folder.at("a.db"));
  auto db = sqlite::Database::open(folder.at("a.db"), sqlite::Mode::read_only, 100);
  for (const char* header : {"p", "f", "b"}) {
    auto layout_db = sqlite::Database::open(folder.at("a.db"), sqlite::Mode::read_only, 100);
    Sheet sheet = opened->schema().sheets.at(0);
    auto tables = read_tables(*layout_db);
    Table table = tables->at(0);
    for (Column& column : sheet.columns) {
      if (column.header == "f") column.allowed.kind = Allowed::Kind::checkbox;
      if (column.header == "b") {
        column.allowed.kind = Allowed::Kind::checkbox;
        column.type.kind = TypeKind::boolean;
      }
    }
    const Column* asked = column_by_header(sheet, header, true);
    REQUIRE(asked != nullptr);
    const std::size_t at = column_index(sheet, asked->id);
    const std::vector<std::string> counted{asked->id};
    std::vector<std::int64_t> sql, judged;
    auto told = RowCursor::open(*db, table, {}, data_row_condition(sheet, table, counted));
    REQUIRE(told.has_value());
    for (auto there = told->next(); there && *there; there = told->next()) {
      if (told->holds()) sql.push_back(told->rowid());
    }
    auto cells = CellCursor::open(*db, sheet, table, {at});
    REQUIRE(cells.has_value());
    for (auto there = cells->next(); there && *there; there = cells->next()) {
      if (counts_as_data(cells->cells()[0], sheet.columns[at])) judged.push_back(cells->rowid());
    }
    CAPTURE(header);
    CHECK(sql == judged);
    CHECK(judged.size() > 5);
  }
}
