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
