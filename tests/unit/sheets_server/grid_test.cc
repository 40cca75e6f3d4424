#include <string>

#include "a1.h"
#include "bench.h"
#include "entry.h"
#include "formula.h"
#include "mask.h"
#include "number_format.h"
#include "references.h"
#include "shift.h"
#include "support/catch.h"

using namespace sheets_server;

TEST_CASE("sheets-server: titles are quoted unless they are plain words that are no cells") {
  CHECK(quoted_title("Sheet1") == "Sheet1");
  CHECK(quoted_title("wksht_test") == "wksht_test");
  CHECK(quoted_title("D3") == "'D3'");
  CHECK(quoted_title("it's") == "'it''s'");
  CHECK(a1("Sheet1", {0, 1, 0, 1}) == "Sheet1!A1");
  CHECK(a1("My sheet", {1, 10, 0, 27}) == "'My sheet'!A2:AA10");
}

TEST_CASE("sheets-server: ranges resolve, clamp to the grid and are refused outside it") {
  const Spreadsheet book = new_spreadsheet("id", "T");
  const auto text = [&book](const std::string& range) {
    NamedPlace place;
    const Refusal refusal = resolve_range(range, book, place);
    return refusal ? refusal->message : a1("Sheet1", place.cells);
  };
  CHECK(text("Sheet1!A1:1") == "Sheet1!A1:Z1");
  CHECK(text("Sheet1") == "Sheet1!A1:Z1000");
  CHECK(text("'Sheet1'!A1:A") == "Sheet1!A1:A1000");
  CHECK(text("D4:A1") == "Sheet1!A1:D4");
  CHECK(text("Sheet1!R2C3") == "Sheet1!C2");
  CHECK(text("Sheet1!A999:B2000") == "Sheet1!A999:B1000");
  CHECK(text("Sheet1!AAAA1") == "Unable to parse range: Sheet1!AAAA1");
  CHECK(text("Nowhere!A1") == "Unable to parse range: Nowhere!A1");
  CHECK(text("Sheet1!A5000:B5001") ==
        "Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26");
}

TEST_CASE("sheets-server: what is typed becomes what Google makes of it") {
  const auto shown = [](const std::string& typed, const char* locale = "en_US") {
    const Entry entry = parse_entry(typed, locale_of(locale), 2026);
    return extended_value(entry.value).dump() + (entry.format.is_null() ? "" : " " + text_of(entry.format, "type"));
  };
  CHECK(shown("$100.15") == R"({"numberValue":100.15} CURRENCY)");
  CHECK(shown("007") == R"({"numberValue":7})");
  CHECK(shown("'0123") == R"({"stringValue":"0123"})");
  CHECK(shown("+123") == R"({"numberValue":123})");
  CHECK(shown("2,000,000.01") == R"({"numberValue":2000000.01} NUMBER)");
  CHECK(shown("2,00") == R"({"stringValue":"2,00"})");
  CHECK(shown("50%") == R"({"numberValue":0.5} PERCENT)");
  CHECK(shown("1-2") == R"({"numberValue":46024} DATE)");
  CHECK(shown("2020-01-01") == R"({"numberValue":43831} DATE)");
  CHECK(shown("2020-02-30") == R"({"stringValue":"2020-02-30"})");
  CHECK(shown("true") == R"({"boolValue":true})");
  CHECK(shown("= 1 / 1024") == R"({"formulaValue":"= 1 / 1024"})");
  CHECK(shown("3_1_0") == R"({"stringValue":"3_1_0"})");
  CHECK(shown("1.234,5", "de_DE") == R"({"numberValue":1234.5} NUMBER)");
  CHECK(shown("31.12.2025", "de_DE") == R"({"numberValue":46022} DATE)");
  CHECK(shown("12:30") == R"({"numberValue":0.5208333333333334} TIME)");
}

TEST_CASE("sheets-server: numbers and dates are shown by their patterns") {
  const auto shown = [](double number_given, const char* type, const char* pattern) {
    const Json format{{"type", type}, {"pattern", pattern}};
    return format_value(Value::of(number_given), &format, Locale{});
  };
  CHECK(format_value(Value::of(1.0 / 1024), nullptr, Locale{}) == "0.0009765625");
  CHECK(format_value(Value::of(1.0 / 3), nullptr, Locale{}) == "0.3333333333");
  CHECK(format_value(Value::of(53.0), nullptr, Locale{}) == "53");
  CHECK(shown(2000000.01, "NUMBER", "#,##0.00") == "2,000,000.01");
  CHECK(shown(-1234.5, "NUMBER", "#,##0.0") == "-1,234.5");
  CHECK(shown(0.125, "PERCENT", "0.0%") == "12.5%");
  CHECK(shown(7, "NUMBER", "000") == "007");
  CHECK(shown(43831, "DATE", "yyyy-mm-dd") == "2020-01-01");
  CHECK(shown(43831.5, "DATE_TIME", "yyyy-mm-dd h:mm:ss") == "2020-01-01 12:00:00");
  CHECK(shown(0.75, "TIME", "h:mm am/pm") == "6:00 PM");
  CHECK(shown(100.15, "CURRENCY", "$#,##0.00") == "$100.15");
}

TEST_CASE("sheets-server: copied formulas advance, fixed parts stay, texts are left alone") {
  CHECK(advanced("=A1+$B$2&\"A1\"&SUM(C1:C)", 1, 1) == "=B2+$B$2&\"A1\"&SUM(D2:D)");
  CHECK(advanced("='My sheet'!A1", 0, 2) == "='My sheet'!C1");
  CHECK(advanced("=A1", -1, 0) == "=#REF!");
  CHECK(advanced("=LOG10(2)", 5, 5) == "=LOG10(2)");
}

TEST_CASE("sheets-server: formulas are computed, circles and unknown functions are named") {
  Spreadsheet book = new_spreadsheet("id", "T");
  Sheet& sheet = book.sheets.front().edit();
  sheet.put(0, 0, Value::of(2.0));
  sheet.put(1, 0, Value::of(3.0));
  sheet.put(0, 1, Value::formula("=SUM(A1:A2)*2"));
  sheet.put(1, 1, Value::formula("=IF(B1>9,\"many\",\"few\")&\"!\""));
  sheet.put(2, 1, Value::formula("=1/0"));
  sheet.put(3, 1, Value::formula("=B4"));
  sheet.put(4, 1, Value::formula("=VLOOKUP(1,A:B,2)"));
  CHECK(recalculate(book, 45000.5) == std::set<std::string>{"VLOOKUP"});
  const Sheet& done = *book.sheets.front();
  CHECK(done.cell(0, 1)->effective() == Value::of(10.0));
  CHECK(done.cell(1, 1)->effective() == Value::of(std::string("many!")));
  CHECK(done.cell(2, 1)->effective() == Value::error("#DIV/0!"));
  CHECK(done.cell(3, 1)->effective() == Value::error("#REF!"));
}

TEST_CASE("sheets-server: every object follows an insertion, a deletion and a move, by place") {
  struct Row {
    const char* what;
    Remap remap;
    int from, to;  ///< what becomes of columns 3 to 5 (half open 3..6); 0, 0: gone
  };
  const Row rows[] = {
      {"insert before", Remap::insertion(1, 2), 5, 8},      {"insert at start", Remap::insertion(3, 2), 5, 8},
      {"insert inside", Remap::insertion(4, 2), 3, 8},      {"insert at end", Remap::insertion(6, 2), 3, 6},
      {"insert after", Remap::insertion(8, 2), 3, 6},       {"delete before", Remap::deletion(0, 2), 1, 4},
      {"delete over start", Remap::deletion(2, 4), 2, 4},   {"delete inside", Remap::deletion(4, 5), 3, 5},
      {"delete over end", Remap::deletion(5, 7), 3, 5},     {"delete all of it", Remap::deletion(3, 6), 0, 0},
      {"delete after", Remap::deletion(6, 8), 3, 6},        {"move it along", Remap::moving(3, 6, 10), 7, 10},
      {"move others over it", Remap::moving(0, 2, 8), 1, 4}};
  for (const Row& row : rows) {
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      INFO(row.what << " layer " << layer);
      Spreadsheet book = new_spreadsheet("id", "T");
      Sheet& sheet = book.sheets.front().edit();
      sheet.layers[layer].push_back({"7", {{0, 2, 3, 6}}, Json::object()});
      book.named.push_back({"1", "N", {0, {0, 2, 3, 6}}});
      book.metadata.push_back({9, "k", "", false, "DOCUMENT", "", Metadata::At::column, 0, 3});
      sheet.put(0, 3, Value::of(std::string("first")));
      sheet.put(9, 0, Value::formula("=SUM(D1:F2)"));
      remap_dimension(book, 0, Axis::columns, row.remap);
      const bool gone = row.from == row.to;
      const auto& objects = book.sheets.front()->layers[layer];
      REQUIRE(objects.size() == (gone ? 0U : 1U));
      REQUIRE(book.named.size() == (gone ? 0U : 1U));
      if (!gone) {
        CHECK(objects[0].ranges[0] == Range{0, 2, row.from, row.to});
        CHECK(book.named[0].range.cells == Range{0, 2, row.from, row.to});
      }
      const int first = row.remap.index(3);
      REQUIRE(book.metadata.size() == (first < 0 ? 0U : 1U));
      if (first >= 0) {
        CHECK(book.metadata[0].index == first);
        CHECK(book.sheets.front()->cell(0, first)->entered == Value::of(std::string("first")));
      }
      const Cell* formula = book.sheets.front()->cell(9, std::max(row.remap.index(0), 0));
      if (row.remap.index(0) < 0 || formula == nullptr) continue;
      CHECK(formula->entered.text ==
            (gone ? "=SUM(#REF!)" : "=SUM(" + column_letters(row.from) + "1:" + column_letters(row.to - 1) + "2)"));
    }
  }
}

TEST_CASE("sheets-server: a field mask reads groups, dots and slashes, and names what it does not know") {
  const Discovery discovery;
  Mask mask;
  CHECK_FALSE(static_cast<bool>(
      parse_mask("sheets(properties/title,data.rowData.values(note)),namedRanges", "Spreadsheet", discovery, mask)));
  Json value = Json::parse(
      R"({"spreadsheetId":"x","namedRanges":[],"sheets":[{"properties":{"title":"a","index":0},"data":[{"rowData":[{"values":[{"note":"n","hyperlink":"h"}]}]}]}]})");
  prune(value, mask);
  CHECK(
      value.dump() ==
      R"({"namedRanges":[],"sheets":[{"properties":{"title":"a"},"data":[{"rowData":[{"values":[{"note":"n"}]}]}]}]})");
  Mask bad;
  const Refusal refusal = parse_mask("joe", "Spreadsheet", discovery, bad);
  REQUIRE(static_cast<bool>(refusal));
  CHECK(refusal->message == "Request contains an invalid argument.");
  CHECK(refusal->details[0]["fieldViolations"][0]["description"] ==
        "Error expanding 'fields' parameter. Cannot find matching fields for path 'joe'.");
}

TEST_CASE("sheets-server: an answer in one line says what one that is laid out says") {
  Bench bench;
  const std::string id = bench.create();
  bench.put(id, "A1:D2", R"([["=1+2","ñandú \"x\"","1,5%",true],["",12.25,"2026-01-26","a\\b"]])");
  bench.put(id, "A4:B4", R"([["=1/0",-3]])");
  bench.put(id, "H9", R"([["far away"]])");
  REQUIRE(bench
              .batch_text(id, R"({"updateCells":{"start":{"sheetId":0,"rowIndex":5,"columnIndex":1},"fields":"note",
                                  "rows":[{"values":[{"note":"a note"}]}]}},
                                 {"setDataValidation":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,
                                  "startColumnIndex":2,"endColumnIndex":4},"rule":{"strict":true,"showCustomUi":true,
                                  "condition":{"type":"ONE_OF_LIST","values":[{"userEnteredValue":"x"}]}}}},
                                 {"repeatCell":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":7,
                                  "startColumnIndex":5,"endColumnIndex":6},"fields":"userEnteredFormat",
                                  "cell":{"userEnteredFormat":{"textFormat":{"bold":true}}}}})")
              .status == 200);
  for (const char* fields :
       {"*", "sheets", "sheets(data(rowData))", "sheets.data.rowData.values.userEnteredValue",
        "sheets(data(startRow,rowData(values(userEnteredValue,effectiveValue,userEnteredFormat(numberFormat),"
        "dataValidation(condition,strict),note))))",
        "sheets(data(rowData(values(userEnteredValue.stringValue,note))))",
        "sheets(data(rowData(values(formattedValue,effectiveFormat))))", "sheets(data(rowMetadata))",
        "sheets(data(rowData(values(userEnteredFormat))))"}) {
    for (const char* more : {"", "&ranges=B2:C5&ranges=A1:H20", "&ranges=K3:L4"}) {
      CAPTURE(fields, more);
      const std::string target = "/v4/spreadsheets/" + id + "?fields=" + fields + more;
      const auto laid_out = bench.call("GET", target);
      const auto one_line = bench.call("GET", target + "&prettyPrint=false");
      REQUIRE(laid_out.status == 200);
      CHECK(one_line.body == laid_out.body);
      CHECK(one_line.text == print(laid_out.body, false));
    }
  }
}
