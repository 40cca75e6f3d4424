#include <string>

#include "bench.h"

using namespace sheets_server;

TEST_CASE("sheets-server: a batch is applied whole or not at all") {
  Bench bench;
  const std::string id = bench.create();
  const auto refused = bench.batch_text(
      id,
      R"({"updateCells":{"start":{"sheetId":0,"rowIndex":0,"columnIndex":0},"rows":[{"values":[{"userEnteredValue":{"numberValue":1}}]}],"fields":"userEnteredValue"}},
    {"deleteSheet":{"sheetId":99}})");
  CHECK(refused.status == 400);
  CHECK(Bench::message(refused) == "Invalid requests[1].deleteSheet: No grid with id: 99");
  CHECK(bench.values(id, "A1") == "{}");
  CHECK(bench.service.world().file(id)->changes == 0);
}

TEST_CASE("sheets-server: a developer metadata id is created once, and the whole second batch is refused") {
  Bench bench;
  const std::string id = bench.create();
  const std::string stamp =
      R"({"createDeveloperMetadata":{"developerMetadata":{"metadataId":1509949441,"metadataKey":"zmig.stamp","metadataValue":"v","visibility":"DOCUMENT","location":{"spreadsheet":true}}}})";
  const std::string column = R"({"appendDimension":{"sheetId":0,"dimension":"COLUMNS","length":1}})";
  const auto first = bench.batch_text(id, stamp + "," + column);
  CHECK(
      first.body["replies"][0].dump() ==
      R"({"createDeveloperMetadata":{"developerMetadata":{"metadataId":1509949441,"metadataKey":"zmig.stamp","metadataValue":"v","location":{"locationType":"SPREADSHEET","spreadsheet":true},"visibility":"DOCUMENT"}}})");
  const auto second = bench.batch_text(id, stamp + "," + column);
  CHECK(second.status == 400);
  CHECK(Bench::message(second) ==
        "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [1509949441] because "
        "developer metadata with that ID already exists.");
  const auto seen =
      bench.call("GET", "/v4/spreadsheets/" + id +
                            "?fields=sheets.properties.gridProperties.columnCount,developerMetadata.metadataId");
  CHECK(
      seen.body.dump() ==
      R"({"sheets":[{"properties":{"gridProperties":{"columnCount":27}}}],"developerMetadata":[{"metadataId":1509949441}]})");
}

TEST_CASE("sheets-server: column metadata moves with its column and dies with it") {
  Bench bench;
  const std::string id = bench.create();
  const std::string put =
      R"({"createDeveloperMetadata":{"developerMetadata":{"metadataId":5000001,"metadataKey":"k","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"COLUMNS","startIndex":2,"endIndex":3}}}}})";
  const std::string insert =
      R"({"insertDimension":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":1,"endIndex":3}}})";
  CHECK(bench.batch_text(id, put + "," + insert).status == 200);
  const auto found = bench.send("POST", "/v4/spreadsheets/" + id + "/developerMetadata:search",
                                R"({"dataFilters":[{"developerMetadataLookup":{"metadataId":5000001}}]})");
  CHECK(found.body["matchedDeveloperMetadata"][0]["developerMetadata"]["location"]["dimensionRange"]["startIndex"] ==
        4);
  CHECK(bench
            .batch_text(
                id, R"({"deleteDimension":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":4,"endIndex":5}}})")
            .status == 200);
  CHECK(bench
            .send("POST", "/v4/spreadsheets/" + id + "/developerMetadata:search",
                  R"({"dataFilters":[{"developerMetadataLookup":{}}]})")
            .text == "{}\n");
}

TEST_CASE("sheets-server: refusals of requests say what Google says") {
  Bench bench;
  const std::string id = bench.create();
  struct Row {
    const char* request;
    const char* message;
  };
  const Row rows[] = {
      {R"({"updateSheetProperties":{"properties":{"sheetId":0,"tabColorStyle":{"rgbColor":{"red":1}}},"fields":"*"}})",
       "Invalid requests[0].updateSheetProperties: The sheet name cannot be empty."},
      {R"({"updateSheetProperties":{"properties":{"sheetId":0,"title":"x"}}})",
       "Invalid requests[0].updateSheetProperties: At least one field must be listed in 'fields'. (Use '*' to indicate "
       "all fields.)"},
      {R"({"updateSheetProperties":{"properties":{"sheetId":0,"hidden":true},"fields":"hidden"}})",
       "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a document."},
      {R"({"deleteSheet":{"sheetId":0}})",
       "Invalid requests[0].deleteSheet: You can't remove all the sheets in a document."},
      {R"({"addSheet":{"properties":{"title":"Sheet1"}}})",
       "Invalid requests[0].addSheet: A sheet with the name \"Sheet1\" already exists. Please enter another name."},
      {R"({"addSheet":{"properties":{"sheetId":0}}})", "Invalid requests[0].addSheet: Sheet with id 0 already exists"},
      {R"({"insertDimension":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":26,"endIndex":27}}})",
       "Invalid requests[0].insertDimension: range.startIndex must be less than the grid size (26) if "
       "inheritFromBefore is false."},
      {R"({"insertDimension":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":27,"endIndex":28},"inheritFromBefore":true}})",
       "Invalid requests[0].insertDimension: range.startIndex is larger than current grid size (26)"},
      {R"({"updateCells":{"start":{"sheetId":0,"columnIndex":26},"rows":[],"fields":"note"}})",
       "Invalid requests[0].updateCells: Attempting to write column: 26, beyond the last requested column of: 25"},
      {R"({"appendDimension":{"sheetId":0,"dimension":"ROWS","length":9999999}})",
       "Invalid requests[0].appendDimension: This action would increase the number of cells in the workbook above the "
       "limit of 10000000 cells."},
      {R"({"findReplace":{"find":"a","replacement":"b"}})",
       "Invalid requests[0].findReplace: Set exactly one of range, sheetId or allSheets."},
      {R"({"addNamedRange":{"namedRange":{"name":"A1","range":{"sheetId":0}}}})",
       "Invalid requests[0].addNamedRange: The name given to this range is invalid"},
      {R"({"deleteProtectedRange":{"protectedRangeId":7}})",
       "Invalid requests[0].deleteProtectedRange: No protected range with id: 7"},
      {R"({"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","visibility":"DOCUMENT","location":{"dimensionRange":{"dimension":"ROWS","startIndex":0,"endIndex":2}}}}})",
       "Invalid requests[0].createDeveloperMetadata: DimensionRange must represent a single row or column"},
      {R"({"addTable":{"table":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":2,"startColumnIndex":0,"endColumnIndex":2},"columnProperties":[{"columnType":"DROPDOWN"}]}}})",
       "Invalid requests[0].addTable: Condition must be set for dropdown column type."},
      {R"({"deleteSheet":{"sheetId":0,"x":1}})",
       "Invalid JSON payload received. Unknown name \"x\" at 'requests[0].delete_sheet': Cannot find field."},
      {R"({"x":{}})", "Invalid JSON payload received. Unknown name \"x\" at 'requests[0]': Cannot find field."},
      {R"({"deleteSheet":{"sheetId":1},"addSheet":{}})",
       "Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot set 'addSheet'"},
  };
  for (const Row& row : rows) {
    INFO(row.request);
    const auto answer = bench.batch_text(id, row.request);
    CHECK(answer.status == 400);
    CHECK(Bench::message(answer) == row.message);
  }
  CHECK(Bench::message(bench.batch_text(id, "")) == "Must specify at least one request.");
  CHECK(bench.batch_text(id, R"({"addChart":{"chart":{}}})").status == 501);
}

TEST_CASE("sheets-server: updateCells with a range clears what the rows do not cover, with a start it does not") {
  Bench bench;
  const std::string id = bench.create();
  bench.put(id, "A1", R"([["a","b"],["c","d"]])");
  const std::string rows =
      R"("rows":[{"values":[{"userEnteredValue":{"stringValue":"x"}}]}],"fields":"userEnteredValue")";
  bench.batch_text(id, R"({"updateCells":{"start":{"sheetId":0},)" + rows + "}}");
  CHECK(bench.values(id, "A1:B2") == R"([["x","b"],["c","d"]])");
  bench.batch_text(id, R"({"updateCells":{"range":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2},)" + rows + "}}");
  CHECK(bench.values(id, "A1:B2") == R"([["x"]])");
}

TEST_CASE("sheets-server: protection lets the owner and the editors pass, others get 400") {
  Bench bench;
  const std::string id = bench.create();
  bench.call("POST", "/drive/v3/files/" + id + "/permissions",
             Json{{"type", "user"}, {"role", "writer"}, {"emailAddress", "bob@example.com"}});
  bench.batch_text(
      id,
      R"({"addProtectedRange":{"protectedRange":{"range":{"sheetId":0,"endRowIndex":1,"endColumnIndex":1},"editors":{"users":[]}}}})");
  CHECK(bench.put(id, "A1", "[[1]]").status == 200);
  bench.token = "any:bob@example.com";
  const auto refused = bench.put(id, "A1", "[[2]]");
  CHECK(refused.status == 400);
  CHECK(Bench::message(refused) ==
        "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection "
        "if you need to edit.");
  CHECK(bench.put(id, "B1", "[[2]]").status == 200);
}

TEST_CASE("sheets-server: duplicateSheet without a place comes first, and titles stay free") {
  Bench bench;
  const std::string id = bench.create();
  const auto made =
      bench.batch_text(id, R"({"duplicateSheet":{"sourceSheetId":0}},{"duplicateSheet":{"sourceSheetId":0}})");
  CHECK(made.body["replies"][0]["duplicateSheet"]["properties"]["index"] == 0);
  CHECK(made.body["replies"][1]["duplicateSheet"]["properties"]["title"] == "Copy of Sheet1 2");
}

TEST_CASE("sheets-server: a table takes its names from the header, freezes row 1 and shows as a banded range") {
  Bench bench;
  const std::string id = bench.create();
  bench.put(id, "A1", R"([["One","Two"],[1,2]])");
  const auto made =
      bench.batch_text(id, R"({"addTable":{"table":{"range":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2}}}})");
  const Json& table = made.body["replies"][0]["addTable"]["table"];
  CHECK(table["name"] == "Table1");
  CHECK(table["columnProperties"].dump() == R"([{"columnName":"One"},{"columnIndex":1,"columnName":"Two"}])");
  const auto seen = bench.call("GET", "/v4/spreadsheets/" + id);
  CHECK(seen.body["sheets"][0]["properties"]["gridProperties"]["frozenRowCount"] == 1);
  CHECK(seen.body["sheets"][0]["bandedRanges"][0]["bandedRangeReference"] == table["tableId"]);
}

TEST_CASE("sheets-server: strict mode refuses an answer that rests on a choice nobody verified") {
  Bench bench;
  const std::string id = bench.create();
  const std::string remove =
      R"({"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":{"metadataId":77}}}})";
  CHECK(bench.batch_text(id, remove).body["replies"].dump() == R"([{"deleteDeveloperMetadata":{}}])");
  CHECK(bench.service.world().deviations == std::set<std::string>{"deleteMetadataNoMatch"});
  bench.service.world().settings.strict_unverified = true;
  CHECK(bench.batch_text(id, remove).status == 501);
  bench.service.world().settings.excepted.insert("deleteMetadataNoMatch");
  CHECK(bench.batch_text(id, remove).status == 200);
}
