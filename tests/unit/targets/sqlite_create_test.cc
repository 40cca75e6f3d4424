#include "support/fake_ports.h"
#include "targets/csv/csv_target.h"
#include "unit/targets/sqlite_support.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Result<std::vector<CopiedSheet>> copy_to(const std::string& path, CellView& from,
                                         const std::vector<std::string>& sheets = {},
                                         const std::vector<Stamp>& stamps = {}) {
  FakePorts fake;
  return create_sqlite(path, {}, fake.ports, from, sheets, stamps);
}

}  // namespace

TEST_CASE("a copy of the sample workbook has every cell, every row and every header") {
  FakePorts fake;
  const TempFolder folder;
  const auto csv = CsvTarget::open(std::string(ZMIG_TEST_DATA) + "/zeues-v21/csv", {}, *fake.files);
  REQUIRE(csv.has_value());
  REQUIRE((*csv)->inspect().has_value());
  const auto copied = copy_to(folder.at("book.db"), **csv, {}, {{1, "{\"event\":\"copy\"}"}});
  if (!copied) FAIL(copied.error().message << " " << copied.error().place);
  CHECK(copied->size() == 7);
  for (const CopiedSheet& sheet : *copied) CHECK(sheet.losses.empty());
  CHECK(folder.names() == std::vector<std::string>{"book.db"});
  const auto target = open_workbook(folder.at("book.db"));
  CHECK(target->schema() == (*csv)->schema());
  CHECK(seen(*target) == seen(**csv));
  CHECK(*target->stamps() == std::vector<Stamp>{{1, "{\"event\":\"copy\"}"}});
  CHECK(query(folder.at("book.db"), "PRAGMA application_id") == std::vector<std::string>{"i:2053990759"});
  CHECK(query(folder.at("book.db"), "PRAGMA journal_mode") == std::vector<std::string>{"t:delete"});
  // Text of a csv is text here, whatever it looks like.
  CHECK(query(folder.at("book.db"), "SELECT DISTINCT typeof(id) FROM Operaciones ORDER BY 1") ==
        std::vector<std::string>{"t:null", "t:text"});
}

TEST_CASE("a copy keeps headers that SQLite cannot tell apart, blank ones, and titles it reserves") {
  const TempFolder folder;
  Workbook book;
  Sheet sheet;
  sheet.title = "sqlite_stat";
  sheet.managed = false;
  sheet.header_row = 3;
  for (const char* header : {"FECHA", "fecha", "", "", "rowid", "Fecha~2"})
    sheet.columns.push_back(make_column({}, header, {}, false));
  book.schema.sheets.push_back(sheet);
  MemoryTarget from(book);
  const auto copied = copy_to(folder.at("a.db"), from);
  if (!copied) FAIL(copied.error().message);
  const auto target = open_workbook(folder.at("a.db"));
  CHECK(target->schema() == from.schema());
  CHECK(query(folder.at("a.db"), "SELECT name FROM pragma_table_info('sheet~sqlite_stat')") ==
        std::vector<std::string>{"t:FECHA", "t:fecha~2", "t:", "t:~2", "t:rowid", "t:Fecha~2~2"});
}

TEST_CASE(
    "a copy holds every kind of cell in foreign columns, formulas and formats, and says what no longer computes") {
  const TempFolder folder;
  Workbook book;
  Sheet sheet;
  sheet.id = "~T";
  sheet.title = "T";
  sheet.managed = false;
  sheet.columns.push_back(make_column("~a", "a", {}, false));
  book.schema.sheets.push_back(sheet);
  SheetCells& cells = book.cells["~T"];
  const std::vector<Cell> all{cell(words("x")),         cell(words("007")),
                              cell(amount(7)),          cell(amount(-0.25)),
                              cell(Boolean{false}),     cell(Date{46153}),
                              cell(Time{41628000}),     cell(DateTime{3987657228123}),
                              cell(CellError{"#N/A"}),  {},
                              {amount(3), "A1+1", {}},  {Blank{}, "\"\"", {}},
                              {Date{1}, {}, "D/M/YYYY"}};
  for (const Cell& one : all) cells.put("~a", cells.add_row(cells.free_handle()), one);
  MemoryTarget from(book);
  const auto copied = copy_to(folder.at("a.db"), from);
  if (!copied) FAIL(copied.error().message);
  CHECK(seen(*open_workbook(folder.at("a.db"))) == seen(from));
  CHECK(copied->front().losses == std::vector<Loss>{{"T", "formula", 2, {"A12", "A13"}}});
}

TEST_CASE("a managed column whose values do not fit gets no declared type, and that is said") {
  const TempFolder folder;
  Workbook book = orders();
  book.cells["sorders00000"].put("ccount000000", 1, cell(words("007")));
  MemoryTarget from(book);
  const auto copied = copy_to(folder.at("a.db"), from);
  if (!copied) FAIL(copied.error().message);
  CHECK(copied->front().losses == std::vector<Loss>{{"Pedidos", "type", 1, {"C3"}}});
  CHECK(seen(*open_workbook(folder.at("a.db"))) == seen(from));
  CHECK(query(folder.at("a.db"), "SELECT type FROM pragma_table_info('Pedidos')") ==
        std::vector<std::string>{"t:TEXT", "t:TEXT", "t:", "t:REAL", "t:TEXT", "t:INTEGER", "t:TEXT", "t:"});
}

TEST_CASE("a copy of chosen sheets has those only") {
  const TempFolder folder;
  MemoryTarget from(orders());
  REQUIRE(copy_to(folder.at("a.db"), from, {"sclient00000"}).has_value());
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(target->schema().sheets.size() == 1);
  CHECK(target->schema().sheets[0] == orders().schema.sheets[1]);
}

TEST_CASE("a copy never writes over a workbook, and leaves nothing behind when it fails") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a)");
  const std::string before = folder.read("a.db");
  MemoryTarget from(orders());
  const auto refused = copy_to(folder.at("a.db"), from);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == Errc::denied);
  CHECK(refused.error().zm == "ZM0704");
  CHECK(folder.read("a.db") == before);
  folder.write("empty.db", "");
  CHECK(copy_to(folder.at("empty.db"), from).has_value());
  Workbook wide;
  Sheet sheet;
  sheet.title = "W";
  sheet.managed = false;
  for (int i = 0; i < 2001; ++i) sheet.columns.push_back(make_column({}, "c" + std::to_string(i), {}, false));
  wide.schema.sheets.push_back(sheet);
  MemoryTarget too_wide(wide);
  const auto limit = copy_to(folder.at("w.db"), too_wide);
  REQUIRE(!limit.has_value());
  CHECK(limit.error().zm == "ZM0474");
  CHECK(folder.names() == std::vector<std::string>{"a.db", "empty.db"});
}
