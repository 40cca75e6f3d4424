#include "targets/xlsx/shift_book.h"

#include <string>

#include "support/catch.h"
#include "support/crafted_book.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::xlsx;

namespace {

using Kind = ShiftStep::Kind;

/// Every piece of `wanted` stands in the part.
void check_holds(const PartsInMemory& book, const std::string& part, const std::vector<std::string>& wanted) {
  const auto found = book.now.find(part);
  REQUIRE(found != book.now.end());
  for (const std::string& piece : wanted) {
    INFO(part << "\n" << found->second);
    CHECK(found->second.find(piece) != std::string::npos);
  }
}

std::string refusal(const Result<FollowReport>& result) {
  return result ? std::string("done") : result.error().zm + " " + result.error().message + " @ " + result.error().place;
}

}  // namespace

TEST_CASE("insert test: all kinds of dependants follow a column that is inserted in front of theirs") {
  PartsInMemory book(parts_of(crafted_book()));
  const PartsInMemory before = book;
  const auto report = shift_book(
      book.ports(), {"Datos", 1, {{Kind::insert, 2, 1, 0, {"nueva"}}}, ShiftAxis::columns, {}, false, {}, false});
  REQUIRE(refusal(report) == "done");
  check_holds(
      book, "xl/worksheets/sheet1.xml",
      {"<dimension ref=\"A1:H22\"/>", "xSplit=\"2\" ySplit=\"1\" topLeftCell=\"C2\"",
       "<selection pane=\"bottomRight\" activeCell=\"E3\" sqref=\"E3\"/>",
       "<col min=\"1\" max=\"3\" width=\"9\" customWidth=\"1\"/><col min=\"4\" max=\"4\" width=\"20\" "
       "customWidth=\"1\"/>"
       "<col min=\"5\" max=\"7\" width=\"14\" customWidth=\"1\"/>",
       "<row r=\"1\" spans=\"1:7\">", "<c r=\"D1\" t=\"inlineStr\"><is><t>monto</t></is></c>",
       "<c r=\"E2\"><f t=\"shared\" ref=\"E2:E5\" si=\"0\">D2*2</f><v>40</v></c>",
       "<c r=\"E3\"><f t=\"shared\" si=\"0\"/><v>60</v></c>",
       "<c r=\"G2\"><f t=\"array\" ref=\"G2\">SUM(D2:D5*E2:E5)</f><v>10800</v></c>",
       "<c r=\"H9\"><f>SUM(A2:E5)-SUM(D2:D5)</f><v>294</v></c>", "<f>SUM(Tarifas[x])</f>",
       "<autoFilter ref=\"A1:G5\"><filterColumn colId=\"4\">", "<mergeCell ref=\"D8:E8\"/>",
       "<conditionalFormatting sqref=\"D2:E5\">", "<formula>D2&gt;$G$2</formula>",
       "sqref=\"F2:F5\"><formula1>$D$2:$D$5<", "<hyperlink ref=\"D10\" location=\"Datos!E2\" display=\"enlace\"/>",
       "<xm:f>Datos!D2:E2</xm:f><xm:sqref>H2</xm:sqref>"});
  check_holds(book, "xl/worksheets/sheet2.xml",
              {"<f>SUM(Datos!D2:D5)</f><v>140</v>", "<f>Datos!$E$2</f><v>40</v>", "<f>SUM(Montos)</f>"});
  check_holds(book, "xl/workbook.xml", {">Datos!$A$1:$G$5<", ">Datos!$A$1:$G$22<", ">Datos!$D$2:$D$5<"});
  check_holds(book, "xl/tables/table1.xml", {"ref=\"E20:G22\" totalsRowShown", "<autoFilter ref=\"E20:G22\"/>"});
  check_holds(book, "xl/comments1.xml", {"<comment ref=\"E2\""});
  check_holds(book, "xl/drawings/vml1.vml",
              {"<x:Anchor>5, 15, 0, 2, 7, 15, 4, 16</x:Anchor>", "<x:Column>4</x:Column>"});
  check_holds(book, "xl/drawings/drawing1.xml", {"<xdr:col>9</xdr:col>", "<xdr:col>14</xdr:col>"});
  check_holds(book, "xl/charts/chart1.xml", {"Datos!$D$1<", "Datos!$B$2:$B$5<", "Datos!$D$2:$D$5<"});
  check_holds(book, "xl/pivotCache/pivotCacheDefinition1.xml", {"ref=\"A1:E5\" sheet=\"Datos\""});
  check_holds(book, "xl/calcChain.xml",
              {"<c r=\"E2\" i=\"1\"/><c r=\"E3\"/><c r=\"E4\"/><c r=\"E5\"/><c r=\"A2\" i=\"2\"/><c r=\"G2\""});
  // And nothing else was touched.
  CHECK(book.why.size() == 10);
  for (const auto& [part, bytes] : book.now) {
    if (!book.why.contains(part)) CHECK(bytes == before.now.at(part));
  }
  std::string counts;
  for (const auto& [what, count] : report->counts) counts += what + " " + std::to_string(count) + ", ";
  CHECK(counts ==
        "anchor 3, autoFilter 2, comment 1, conditionalFormatting 1, dataValidation 1, dimension 1, f 8, formula 1, "
        "formula1 1, hyperlink 2, merge 1, name 3, sqref 1, table 1, worksheetSource 1, ");
  CHECK(report->lost.empty());
  // And back: byte for byte, widths included.
  const auto back =
      shift_book(book.ports(), {"Datos", 1, {{Kind::remove, 2, 1, 0, {}}}, ShiftAxis::columns, {}, false, {}, false});
  REQUIRE(refusal(back) == "done");
  for (const auto& [part, bytes] : before.now) {
    INFO(part);
    if (part == "xl/drawings/vml1.vml") continue;
    CHECK(book.now.at(part) == bytes);
  }
}

TEST_CASE("insert test: a dry run says the same and puts nothing") {
  PartsInMemory book(parts_of(crafted_book()));
  const SheetOperation operation{"Datos", 1,    {{Kind::insert, 2, 1, 0, {"nueva"}}}, ShiftAxis::columns, {}, false,
                                 {},      false};
  const auto dry = dry_shift(book.ports(), operation);
  REQUIRE(dry.has_value());
  CHECK(book.why.empty());
  const auto done = shift_book(book.ports(), operation);
  REQUIRE(done.has_value());
  CHECK(dry->lines == done->lines);
  CHECK(dry->lines.front() == FollowLine{"Datos!A1:G22", "dimension", "A1:G22", "A1:H22"});
}

TEST_CASE("a column goes only when nothing needs it, and then what is its own goes with it") {
  PartsInMemory book(parts_of(crafted_book()));
  const PartsInMemory before = book;
  // doble (D): F2, both sheets, a link and the table, whose column x stands there, refer to it.
  CHECK(refusal(shift_book(book.ports(),
                           {"Datos", 1, {{Kind::remove, 3, 1, 0, {}}}, ShiftAxis::columns, {}, false, {}, false})) ==
        "ZM0319 a column of \"Datos\" is still used by Datos!F2 (\"SUM(C2:C5*D2:D5)\") and 6 more @ Datos!F2");
  CHECK(book.now == before.now);
  // id (A): nothing but ranges.
  const auto report =
      shift_book(book.ports(), {"Datos", 1, {{Kind::remove, 0, 1, 0, {}}}, ShiftAxis::columns, {}, false, {}, false});
  REQUIRE(refusal(report) == "done");
  check_holds(book, "xl/worksheets/sheet1.xml",
              {"<autoFilter ref=\"A1:E5\"><filterColumn colId=\"2\">", "<f>SUM(A2:C5)-SUM(B2:B5)</f>", "xSplit=\"1\""});
  check_holds(book, "xl/pivotCache/pivotCacheDefinition1.xml", {"ref=\"A1:C5\" sheet=\"Datos\""});
}

TEST_CASE("a column that moves takes what refers to it along") {
  PartsInMemory book(parts_of(crafted_book()));
  // nota (E) in front of C, and the table, which would be torn, refuses.
  CHECK(refusal(shift_book(book.ports(),
                           {"Datos", 1, {{Kind::move, 4, 1, 2, {}}}, ShiftAxis::columns, {}, false, {}, false}))
            .starts_with("ZM0436 part \"xl/tables/table1.xml\": a column would leave table \"Tarifas\""));
  const auto report =
      shift_book(book.ports(), {"Datos", 1, {{Kind::move, 0, 1, 2, {}}}, ShiftAxis::columns, {}, false, {}, false});
  REQUIRE(refusal(report) == "done");
  check_holds(
      book, "xl/worksheets/sheet1.xml",
      {"<c r=\"A1\" t=\"inlineStr\"><is><t>nombre</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>id</t></is></c>"});
}

TEST_CASE("a sheet is retitled, and everything says its new title") {
  PartsInMemory book(parts_of(crafted_book()));
  const auto report = shift_book(book.ports(), {"Datos", 1, {}, ShiftAxis::columns, "Mis datos", false, {}, false});
  REQUIRE(refusal(report) == "done");
  check_holds(book, "xl/workbook.xml",
              {"<sheet name=\"Mis datos\"", ">'Mis datos'!$A$1:$F$5<", ">'Mis datos'!$C$2:$C$5<"});
  check_holds(book, "xl/worksheets/sheet1.xml", {"location=\"'Mis datos'!D2\"", "<xm:f>'Mis datos'!C2:D2</xm:f>"});
  check_holds(book, "xl/worksheets/sheet2.xml", {"<f>SUM('Mis datos'!C2:C5)</f>", "<f>'Mis datos'!$D$2</f>"});
  check_holds(book, "xl/charts/chart1.xml", {"'Mis datos'!$C$2:$C$5<"});
  check_holds(book, "xl/pivotCache/pivotCacheDefinition1.xml", {"sheet=\"Mis datos\""});
  for (const auto& [part, bytes] : book.now) {
    INFO(part);
    CHECK(bytes.find("Datos!") == std::string::npos);
  }
}

TEST_CASE("a sheet goes only when nothing refers to it") {
  PartsInMemory book(parts_of(crafted_book()));
  const auto used = shift_book(book.ports(), {"Datos", 1, {}, ShiftAxis::columns, {}, true, {}, false});
  REQUIRE(!used.has_value());
  CHECK(used.error().zm == "ZM0319");
  CHECK(refusal(dry_shift(book.ports(), {"Resumen", 1, {}, ShiftAxis::columns, {}, true, {}, false})) == "done");
}

TEST_CASE("the header of a table is renamed where structured references say it") {
  PartsInMemory book(parts_of(crafted_book()));
  const auto report =
      shift_book(book.ports(), {"Datos", 20, {}, ShiftAxis::columns, {}, false, {{3, "neto [x]"}}, false});
  REQUIRE(refusal(report) == "done");
  check_holds(book, "xl/worksheets/sheet1.xml",
              {"<f>SUM(Tarifas[neto '[x']])</f>", "<f>Tarifas[[#This Row],[neto '[x']]]+2</f>"});
  check_holds(
      book, "xl/tables/table1.xml",
      {"<tableColumn id=\"1\" name=\"neto [x]\"/>", "<calculatedColumnFormula>Tarifas[[#This Row],[neto '[x']]]+2<"});
}

TEST_CASE("what hangs on the sheet and is not known, and what cannot follow") {
  PartsInMemory book(parts_of(crafted_book()));
  std::string& links = book.now["xl/worksheets/_rels/sheet1.xml.rels"];
  links.insert(links.find("</Relationships>"),
               "<Relationship Id=\"rId9\" Type=\"http://example.com/future\" Target=\"../future.xml\"/>");
  CHECK(refusal(dry_shift(book.ports(),
                          {"Datos", 1, {{Kind::insert, 2, 1, 0, {}}}, ShiftAxis::columns, {}, false, {}, false})) ==
        "ZM0439 part \"xl/future.xml\" (future) hangs on the sheet, and may hold references @ Datos");
  PartsInMemory text(parts_of(crafted_book()));
  std::string& sheet = text.now["xl/worksheets/sheet2.xml"];
  sheet.insert(sheet.find("</row></sheetData>"), "<c r=\"C3\"><f>INDIRECT(\"Datos!C2\")</f></c>");
  const auto report =
      dry_shift(text.ports(), {"Datos", 1, {{Kind::insert, 2, 1, 0, {}}}, ShiftAxis::columns, {}, false, {}, false});
  REQUIRE(report.has_value());
  CHECK(report->unfollowed == std::vector<FollowLine>{{"Resumen!C3", "f", "INDIRECT(\"Datos!C2\")", "INDIRECT"}});
}

TEST_CASE("the chain of calculation goes when its last cell does, with its type and its relationship") {
  PartsInMemory book(parts_of(crafted_book()));
  book.now["xl/calcChain.xml"] =
      "<calcChain xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><c r=\"A2\" "
      "i=\"1\"/></calcChain>";
  REQUIRE(refusal(shift_book(book.ports(),
                             {"Datos", 1, {{Kind::remove, 0, 1, 0, {}}}, ShiftAxis::columns, {}, false, {}, false})) ==
          "done");
  CHECK(!book.now.contains("xl/calcChain.xml"));
  CHECK(book.now["[Content_Types].xml"].find("calcChain") == std::string::npos);
  CHECK(book.now["xl/_rels/workbook.xml.rels"].find("calcChain") == std::string::npos);
}
