// Columns and rows of a workbook on disk that are inserted, removed and moved through a commit.
#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/crafted_book.h"
#include "support/temp_folder.h"
#include "targets/xlsx/xlsx_target.h"

using namespace zmig;
using namespace zmig::test;

namespace {

class Book {
 public:
  explicit Book(const BookParts& parts = crafted_book()) { write_book(path(), parts); }
  [[nodiscard]] std::string path() const { return folder_.at("Libro.xlsx"); }

  /// "" or the refusal.
  std::string commit(const std::vector<Change>& changes, const TargetOptions& options = {}) {
    auto target = XlsxTarget::open(path(), options);
    if (!target) return target.error().message;
    if (const auto schema = (*target)->inspect(); !schema) return schema.error().message;
    const std::vector<Part> batch{{changes, std::nullopt}};
    auto writer = (*target)->open_writer({});
    if (!writer) return writer.error().zm + " " + writer.error().message;
    const auto staged = (*writer)->stage(batch);
    if (!staged) return staged.error().zm + " " + staged.error().message + " @ " + staged.error().place;
    const auto done = (*writer)->commit(batch, *staged);
    return done ? std::string() : done.error().zm + " " + done.error().message;
  }
  Schema schema() {
    auto target = XlsxTarget::open(path(), {});
    REQUIRE(target.has_value());
    auto schema = (*target)->inspect();
    REQUIRE(schema.has_value());
    return *std::move(schema);
  }
  [[nodiscard]] std::string bytes() const { return folder_.read("Libro.xlsx"); }
  std::string part(const std::string& name) const {
    const auto zip = xlsx::ZipReader::open(path());
    REQUIRE(zip.has_value());
    const xlsx::ZipEntry* entry = zip->find(name);
    REQUIRE(entry != nullptr);
    const auto text = zip->read(*entry);
    REQUIRE(text.has_value());
    return *text;
  }
  void check_holds(const std::string& name, const std::vector<std::string>& wanted) const {
    const std::string text = part(name);
    for (const std::string& piece : wanted) {
      INFO(name << "\n" << text);
      CHECK(text.find(piece) != std::string::npos);
    }
  }
  /// Headers of a sheet, `|` between them.
  std::string headers(std::size_t sheet = 0) {
    std::string out;
    const Schema live = schema();
    for (const Column& column : live.sheets.at(sheet).columns) out += (out.empty() ? "" : "|") + column.header;
    return out;
  }
  std::string sheet_id(std::size_t sheet = 0) { return schema().sheets.at(sheet).id; }
  std::string column_id(const std::string& header, std::size_t sheet = 0) {
    const Schema live = schema();
    for (const Column& column : live.sheets.at(sheet).columns) {
      if (column.header == header) return column.id;
    }
    FAIL("no column " << header);
    return {};
  }

 private:
  TempFolder folder_;
};

Column new_column(const std::string& header) {
  Column column;
  column.id = "cnew00000000";
  column.header = header;
  return column;
}

}  // namespace

TEST_CASE("xlsx commit: a column inserted between others, and everything follows") {
  Book book;
  CHECK(book.headers() == "id|nombre|monto|doble|nota|extra|");
  const Place behind{Place::Kind::after, book.column_id("nombre")};
  REQUIRE(book.commit({change::InsertColumn{book.sheet_id(), new_column("nueva"), behind}}).empty());
  CHECK(book.headers() == "id|nombre|nueva|monto|doble|nota|extra|");
  book.check_holds("xl/worksheets/sheet1.xml",
                   {">nueva<", "<f t=\"shared\" ref=\"E2:E5\" si=\"0\">D2*2</f>", "<mergeCell ref=\"D8:E8\"/>"});
  book.check_holds("xl/worksheets/sheet2.xml", {"<f>SUM(Datos!D2:D5)</f><v>140</v>"});
  book.check_holds("xl/charts/chart1.xml", {"Datos!$D$2:$D$5<"});
  book.check_holds("xl/workbook.xml", {">Datos!$D$2:$D$5<"});
}

TEST_CASE("xlsx commit: columns come and go in one batch, with cells in between") {
  Book book;
  const std::string sheet = book.sheet_id();
  const Column fresh = new_column("nueva");
  const std::vector<Change> changes{
      change::InsertColumn{sheet, fresh, {Place::Kind::first, {}}},
      change::FillEmpty{{sheet, fresh.id}, Text{"x"}, {fresh.id}},
      change::MoveColumn{{sheet, fresh.id}, {Place::Kind::after, book.column_id("id")}},
  };
  REQUIRE(book.commit(changes).empty());
  CHECK(book.headers() == "id|nueva|nombre|monto|doble|nota|extra|");
  book.check_holds("xl/worksheets/sheet1.xml",
                   {"<c r=\"A2\"><v>2</v></c><c r=\"B2\" t=\"inlineStr\"><is><t>x</t></is></c><c r=\"C2\"",
                    "<f>SUM(A2:E5)-SUM(D2:D5)</f>"});
}

TEST_CASE("xlsx commit: a column that something needs stays, and the file with it") {
  Book book;
  const std::string before = book.bytes();
  CHECK(book.commit({change::DeleteColumn{{book.sheet_id(), book.column_id("doble")}}}) ==
        "ZM0319 a column of \"Datos\" is still used by Datos!F2 (\"SUM(C2:C5*D2:D5)\") and 6 more @ Datos!F2");
  CHECK(book.bytes() == before);
  REQUIRE(book.commit({change::DeleteColumn{{book.sheet_id(), book.column_id("id")}}}).empty());
  CHECK(book.headers() == "nombre|monto|doble|nota|extra|");
  book.check_holds("xl/worksheets/sheet2.xml", {"<f>SUM(Datos!B2:B5)</f>"});
}

TEST_CASE("xlsx commit: rows come and go in the middle") {
  Book book;
  const std::string sheet = book.sheet_id();
  source::Run run;
  run.columns = {book.column_id("id")};
  run.rows = {{{3, 3, {}}, {Cell{Number{3}, {}, {}, {}}}}};
  const std::string refused = book.commit({change::DeleteRows{sheet, run}});
  INFO(refused);
  REQUIRE(refused.empty());
  book.check_holds("xl/worksheets/sheet1.xml", {"<f t=\"shared\" ref=\"D2:D4\" si=\"0\">C2*2</f>",
                                                "<mergeCell ref=\"C7:D7\"/>", "<c r=\"A3\"><v>4</v></c>"});
  book.check_holds("xl/worksheets/sheet2.xml", {"<f>SUM(Datos!C2:C4)</f>"});
  book.check_holds("xl/tables/table1.xml", {"ref=\"D19:F21\""});
  source::Run back;
  back.columns = {book.column_id("id")};
  back.rows = {{{3, 0, {}}, {Cell{Number{3}, {}, {}, {}}}}};
  REQUIRE(book.commit({change::InsertRows{sheet, back}}).empty());
  book.check_holds("xl/worksheets/sheet1.xml",
                   {"ref=\"D2:D5\" si=\"0\">C2*2</f>", "<mergeCell ref=\"C8:D8\"/>", "<c r=\"A4\"><v>4</v></c>"});
  book.check_holds("xl/tables/table1.xml", {"ref=\"D20:F22\""});
}

TEST_CASE("xlsx commit: a title that formulas and charts say") {
  Book book;
  REQUIRE(book.commit({change::SetTitle{book.sheet_id(), "Mis datos"}}).empty());
  CHECK(book.schema().sheets.at(0).title == "Mis datos");
  book.check_holds("xl/worksheets/sheet2.xml", {"<f>SUM('Mis datos'!C2:C5)</f>"});
  book.check_holds("xl/charts/chart1.xml", {"'Mis datos'!$C$2:$C$5<"});
}

TEST_CASE("xlsx commit: formulas that name cells as text keep columns from going elsewhere") {
  BookParts parts = crafted_book();
  std::string& sheet = parts.sheets[1].second;
  sheet.insert(sheet.find("</row></sheetData>"), "<c r=\"C3\"><f>INDIRECT(\"Datos!C2\")</f><v>20</v></c>");
  Book book(parts);
  const std::string before = book.bytes();
  const Place behind{Place::Kind::after, book.column_id("id")};
  CHECK(
      book.commit({change::InsertColumn{book.sheet_id(), new_column("nueva"), behind}}) ==
      "ZM0439 cells are named in a way that cannot follow when they go elsewhere: Resumen!C3 (INDIRECT) @ Resumen!C3");
  CHECK(book.bytes() == before);
  // Somebody looked at the list and goes on: it stays as it is, everything else follows.
  TargetOptions accepted;
  accepted.accept_unfollowed = true;
  REQUIRE(book.commit({change::InsertColumn{book.sheet_id(), new_column("nueva"), behind}}, accepted).empty());
  book.check_holds("xl/worksheets/sheet2.xml", {"<f>INDIRECT(\"Datos!C2\")</f>", "<f>SUM(Datos!D2:D5)</f>"});
}

TEST_CASE("xlsx dry run: what follows is counted by part and change, what cannot is listed, nothing is written") {
  BookParts parts = crafted_book();
  std::string& sheet = parts.sheets[1].second;
  sheet.insert(sheet.find("</row></sheetData>"), "<c r=\"C3\"><f>INDIRECT(\"Datos!C2\")</f><v>20</v></c>");
  Book book(parts);
  const std::string before = book.bytes();
  auto target = XlsxTarget::open(book.path(), {});
  REQUIRE(target.has_value());
  REQUIRE((*target)->inspect().has_value());
  const Place behind{Place::Kind::after, book.column_id("nombre")};
  const std::vector<Change> changes{change::SetFrozen{book.sheet_id(), false},
                                    change::InsertColumn{book.sheet_id(), new_column("nueva"), behind}};
  const auto foreseen = (*target)->foresee(changes);
  REQUIRE(foreseen.has_value());
  std::string said;
  for (const FollowedPart& one : foreseen->follows) {
    said += std::to_string(one.change) + " " + one.part + ":";
    for (const auto& [kind, count] : one.kinds) said += " " + kind + " " + std::to_string(count);
    said += "\n";
  }
  CHECK(said ==
        "1 xl/charts/chart1.xml: formulas 2\n"
        "1 xl/comments1.xml: notes 1\n"
        "1 xl/drawings/drawing1.xml: drawings 2\n"
        "1 xl/drawings/vml1.vml: drawings 1\n"
        "1 xl/pivotCache/pivotCacheDefinition1.xml: pivots 1\n"
        "1 xl/tables/table1.xml: filters 1 tables 1\n"
        "1 xl/workbook.xml: names 3\n"
        "1 xl/worksheets/sheet1.xml: filters 1 rules 3 extent 1 formulas 6 links 2 merges 1\n"
        "1 xl/worksheets/sheet2.xml: formulas 2\n");
  CHECK(foreseen->unfollowed == std::vector<UnfollowedPlace>{{1, "Resumen!C3", "INDIRECT(\"Datos!C2\")", "INDIRECT"}});
  CHECK_FALSE(foreseen->accepted);
  CHECK((*target)->preflight(changes).error().zm == "ZM0439");
  CHECK(book.bytes() == before);
}
