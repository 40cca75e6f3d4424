// rowData is written as text, past the tree of the answer: it must read as if it had not been.
#include <string>

#include "bench.h"
#include "rows.h"

using namespace sheets_server;

namespace {

// Every kind of cell, blanks between them and behind them.
std::string rich(Bench& bench) {
  const std::string id = bench.create();
  bench.put(
      id, "A1",
      R"([["plain","quo\"te","back\\slash","tab\there","línea \u0001",1,-2.5,1e300,0.1],[],[null,null,true,"=1/0","=B9"],["$3.50","2025-01-30","[","}",",",":"]])");
  bench.batch_text(
      id,
      R"({"updateCells":{"start":{"sheetId":0,"rowIndex":5,"columnIndex":2},"rows":[{"values":[{"note":"n \"q\"","userEnteredFormat":{"backgroundColor":{"red":0.5},"textFormat":{"bold":true}}},{"textFormatRuns":[{"startIndex":0}]}]}],"fields":"note,userEnteredFormat,textFormatRuns"}},
      {"setDataValidation":{"range":{"sheetId":0,"startRowIndex":6,"endRowIndex":8,"startColumnIndex":0,"endColumnIndex":1},"rule":{"condition":{"type":"ONE_OF_LIST","values":[{"userEnteredValue":"a,b"}]},"strict":true}}},
      {"addSheet":{"properties":{"title":"Empty"}}})");
  return id;
}

}  // namespace

TEST_CASE("sheets-server: rows that are written as text are laid out as the rest of the answer") {
  Bench bench;
  const std::string id = rich(bench);
  for (const char* query :
       {"includeGridData=true", "fields=*", "fields=sheets.data.rowData", "fields=sheets(data(rowData(values(note))))",
        "fields=sheets.data.rowData.values(userEnteredValue,userEnteredFormat(numberFormat),dataValidation)",
        "fields=sheets.data(startRow,rowData.values(userEnteredValue.numberValue,effectiveValue))",
        "fields=sheets.data.rowData.values(formattedValue,dataValidation.strict,effectiveFormat.padding)",
        "fields=sheets.data.rowData.values.textFormatRuns,sheets.properties.title", "fields=sheets.data.columnMetadata",
        "ranges=Sheet1!A1:C3&ranges=Sheet1!B4:Z9&ranges=Empty&fields=sheets.data(startColumn,rowData)"}) {
    INFO(query);
    const auto pretty = bench.call("GET", "/v4/spreadsheets/" + id + "?" + query);
    REQUIRE(pretty.status == 200);
    CHECK(pretty.text == pretty.body.dump(2) + "\n");
    const auto line = bench.call("GET", "/v4/spreadsheets/" + id + "?prettyPrint=false&" + query);
    CHECK(line.body == pretty.body);
    CHECK(line.text == line.body.dump() + "\n");
  }
  CHECK(
      bench.call("GET", "/v4/spreadsheets/" + id + "?fields=sheets.data.rowData.values.userEnteredValue")
          .body["sheets"][0]["data"][0]["rowData"]
          .dump() ==
      R"([{"values":[{"userEnteredValue":{"stringValue":"plain"}},{"userEnteredValue":{"stringValue":"quo\"te"}},{"userEnteredValue":{"stringValue":"back\\slash"}},{"userEnteredValue":{"stringValue":"tab\there"}},{"userEnteredValue":{"stringValue":"línea \u0001"}},{"userEnteredValue":{"numberValue":1}},{"userEnteredValue":{"numberValue":-2.5}},{"userEnteredValue":{"numberValue":1e+300}},{"userEnteredValue":{"numberValue":0.1}}]},{},{"values":[{},{},{"userEnteredValue":{"boolValue":true}},{"userEnteredValue":{"formulaValue":"=1/0"}},{"userEnteredValue":{"formulaValue":"=B9"}}]},{"values":[{"userEnteredValue":{"numberValue":3.5}},{"userEnteredValue":{"numberValue":45687}},{"userEnteredValue":{"stringValue":"["}},{"userEnteredValue":{"stringValue":"}"}},{"userEnteredValue":{"stringValue":","}},{"userEnteredValue":{"stringValue":":"}}]}])");
}

TEST_CASE("sheets-server: the answer of a batch shows its rows as a get does") {
  Bench bench;
  const std::string id = rich(bench);
  const auto batch = bench.send(
      "POST", "/v4/spreadsheets/" + id + ":batchUpdate",
      R"({"requests":[{"addSheet":{"properties":{"title":"S","sheetId":9}}}],"includeSpreadsheetInResponse":true,"responseIncludeGridData":true})");
  CHECK(batch.text == batch.body.dump(2) + "\n");
  CHECK(batch.body["updatedSpreadsheet"] == bench.call("GET", "/v4/spreadsheets/" + id + "?includeGridData=true").body);
}
