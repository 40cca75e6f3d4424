// The error table of the specification, row by row: code, status, and the text where it was recorded or measured.
#include <string>
#include <vector>

#include "bench.h"

using namespace sheets_server;

namespace {

std::string told(const Bench::Answer& answer) {
  const Json& error = member(answer.body, "error");
  return std::to_string(answer.status) + " " + text_of(error, "status") + " " + text_of(error, "message");
}

std::string bad(const std::string& text) { return "400 INVALID_ARGUMENT " + text; }

struct Case {
  const char* request;  ///< of a batch, or the batch before the last '|' and the request that is refused after it
  const char* refusal;  ///< after "Invalid requests[0].kind: "
};

}  // namespace

TEST_CASE("sheets-server: refusals of calls have code, status and text of the table") {
  Bench bench;
  const std::string id = bench.create();
  const std::string base = "/v4/spreadsheets/" + id;
  World& world = bench.service.world();
  File& closed = world.create("closed", kSpreadsheetMime, "somebody@example.com");
  closed.forbidden = true;
  File& office = world.create("office", kSpreadsheetMime, Caller{}.email);
  office.office = true;
  CHECK(told(bench.call("GET", "/v4/spreadsheets/none")) == "404 NOT_FOUND Requested entity was not found.");
  CHECK(told(bench.call("GET", "/v4/spreadsheets/" + world.files[1].id)) ==
        "403 PERMISSION_DENIED The caller does not have permission");
  CHECK(told(bench.batch_text(world.files[2].id, R"({"addSheet":{}})")) ==
        "400 FAILED_PRECONDITION This operation is not supported for this document. The document must not be an Office "
        "file.");
  CHECK(told(bench.call("GET", base + "/values/Nowhere!A1")) == bad("Unable to parse range: Nowhere!A1"));
  CHECK(told(bench.call("GET", base + "/values/AAAA1")) == bad("Unable to parse range: AAAA1"));
  CHECK(told(bench.call("GET", base + "/values/A5000:B5001")) ==
        bad("Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26"));
  CHECK(told(bench.call("GET", base + "/values/ZZZ1")) ==
        bad("Range (Sheet1!ZZZ1) exceeds grid limits. Max rows: 1000, max columns: 26"));
  CHECK(told(bench.send("PUT", base + "/values/A1?valueInputOption=RAW", R"({"range":"B1","values":[[1]]})")) ==
        bad("Request range[A1] does not match value's range[B1]"));
  CHECK(told(bench.send("POST", base + ":batchUpdate", R"({"requests":[]})")) ==
        bad("Must specify at least one request."));
  CHECK(told(bench.send("POST", base + ":batchUpdate", R"({"requests":[{"addSheet":{},"deleteSheet":{}}]})")) ==
        bad("Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot set 'deleteSheet'"));
  CHECK(told(bench.send("POST", base + ":batchUpdate", R"({"requests":[{"x":{}}]})")) ==
        bad("Invalid JSON payload received. Unknown name \"x\" at 'requests[0]': Cannot find field."));
  CHECK(told(bench.batch_text(id, R"({"deleteSheet":{"sheetId":0,"x":1}})")) ==
        bad("Invalid JSON payload received. Unknown name \"x\" at 'requests[0].delete_sheet': Cannot find field."));
  // the type is checked before the range is looked at
  CHECK(told(bench.send("PUT", base + "/values/Nowhere!A1?valueInputOption=RAW", R"({"values":"X"})")) ==
        bad("Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"X\""));
  const auto fields = bench.call("GET", base + "?fields=joe");
  CHECK(told(fields) == bad("Request contains an invalid argument."));
  CHECK(fields.body["error"]["details"][0]["fieldViolations"][0] ==
        Json{{"field", "joe"},
             {"description", "Error expanding 'fields' parameter. Cannot find matching fields for path 'joe'."}});
  bench.token.clear();
  CHECK(told(bench.call("GET", base)).find("401 UNAUTHENTICATED Request had invalid authentication credentials.") == 0);
}

TEST_CASE("sheets-server: a quota that is spent tells which, with the details that clients read") {
  Bench bench;
  const std::string id = bench.create();
  bench.service.quota().mode = QuotaMode::fixed;
  for (auto& [name, limit] : bench.service.quota().limits) limit = 0;
  const auto read = bench.call("GET", "/v4/spreadsheets/" + id);
  const Json info = read.body["error"]["details"][0];
  CHECK(read.body["error"]["status"] == "RESOURCE_EXHAUSTED");
  CHECK(info["reason"] == "RATE_LIMIT_EXCEEDED");
  CHECK(info["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser");
  CHECK(info["metadata"]["quota_metric"] == "sheets.googleapis.com/read_requests");
  const auto write = bench.batch_text(id, R"({"addSheet":{}})");
  CHECK(write.status == 429);
  CHECK(write.body["error"]["details"][0]["metadata"]["quota_limit"] == "WriteRequestsPerMinutePerUser");
  const Json drive = bench.call("GET", "/drive/v3/files").body["error"];
  CHECK(drive["code"] == 403);
  CHECK(drive["errors"][0]["domain"] == "usageLimits");
  CHECK(drive["errors"][0]["reason"] == "userRateLimitExceeded");
}

TEST_CASE("sheets-server: Drive says what is missing, where, and without a status") {
  Bench bench;
  const Json error = bench.call("GET", "/drive/v3/files/none").body["error"];
  CHECK(error["code"] == 404);
  CHECK_FALSE(error.contains("status"));
  CHECK(error["errors"][0] == Json{{"message", "File not found: none."},
                                   {"domain", "global"},
                                   {"reason", "notFound"},
                                   {"location", "fileId"},
                                   {"locationType", "parameter"}});
  CHECK(bench.call("GET", "/drive/v3/files?q=size+%3E+1").body["error"]["message"] == "Invalid Value");
}

TEST_CASE("sheets-server: an API key reads what everybody may read, and writes nothing") {
  Bench bench;
  const std::string id = bench.create();
  const auto by_key = [&](const char* method, const std::string& target) {
    HttpRequest request{method, target + "?key=AIza"};
    return bench.service.handle(request).status;
  };
  CHECK(by_key("GET", "/v4/spreadsheets/" + id) == 403);
  bench.call("POST", "/drive/v3/files/" + id + "/permissions", Json{{"type", "anyone"}, {"role", "reader"}});
  CHECK(by_key("GET", "/v4/spreadsheets/" + id) == 200);
  CHECK(by_key("POST", "/v4/spreadsheets/" + id + ":batchUpdate") == 401);
}

TEST_CASE("sheets-server: refusals of requests have the text of the table behind the index and the kind") {
  const Case rows[] = {
      {R"({"updateSheetProperties":{"properties":{"sheetId":0},"fields":""}})",
       "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"},
      {R"({"updateSheetProperties":{"properties":{"sheetId":0,"hidden":true},"fields":"hidden"}})",
       "You can't hide all the sheets in a document."},
      {R"({"updateSheetProperties":{"properties":{"sheetId":0,"tabColor":{"red":1}},"fields":"*"}})",
       "The sheet name cannot be empty."},
      {R"({"updateSheetProperties":{"properties":{"sheetId":9,"title":"x"},"fields":"title"}})", "No grid with id: 9"},
      {R"({"deleteSheet":{"sheetId":0}})", "You can't remove all the sheets in a document."},
      {R"({"findReplace":{"find":"a","replacement":"b"}})", "Set exactly one of range, sheetId or allSheets."},
      {R"({"deleteTable":{"tableId":"7"}})", "No table with id: 7"},
      {R"({"updateProtectedRange":{"protectedRange":{"protectedRangeId":7},"fields":"description"}})",
       "No protected range with id: 7"},
      {R"({"addNamedRange":{"namedRange":{"name":"A1","range":{"sheetId":0}}}})",
       "The name given to this range is invalid"},
      {R"({"addNamedRange":{"namedRange":{"name":"a b","range":{"sheetId":0}}}})",
       "The name given to this range is invalid"},
      {R"({"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"ROWS","startIndex":0,"endIndex":2}}}}})",
       "DimensionRange must represent a single row or column"},
      {R"({"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"ROWS"}}}}})",
       "DimensionRange must specify both a startIndex and an endIndex"},
      {R"({"insertDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":1000,"endIndex":1001}}})",
       "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false."},
      {R"({"insertDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":1001,"endIndex":1002}}})",
       "range.startIndex is larger than current grid size (1000)"},
      {R"({"deleteDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":0,"endIndex":1000}}})",
       "Sorry, it is not possible to delete all non-frozen rows."},
      {R"({"appendDimension":{"sheetId":0,"dimension":"COLUMNS","length":20000}})",
       "This action would increase the number of cells in the workbook above the limit of 10000000 cells."},
      {R"j({"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":10,"columnCount":18279}},"fields":"gridProperties(rowCount,columnCount)"}})j",
       "This action would increase the number of columns in the sheet above the limit of 18278 columns"},
      {R"({"updateCells":{"start":{"sheetId":0,"columnIndex":25},"rows":[{"values":[{},{}]}],"fields":"userEnteredValue"}})",
       "Attempting to write column: 26, beyond the last requested column of: 25"},
      {R"({"addTable":{"table":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,"endColumnIndex":2},"columnProperties":[{"columnIndex":0,"columnType":"DROPDOWN"}]}}})",
       "Condition must be set for dropdown column type."},
      {R"({"addTable":{"table":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,"endColumnIndex":2},"columnProperties":[{"columnIndex":0,"columnType":"DOUBLE","dataValidationRule":{"condition":{"type":"ONE_OF_LIST","values":[{"userEnteredValue":"a"}]}}}]}}})",
       "Cannot set condition for non-dropdown column type."},
      {R"({"addTable":{"table":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,"endColumnIndex":2},"columnProperties":[{"columnIndex":0,"columnType":"DOUBLE"}]}}}|{"setDataValidation":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":2,"startColumnIndex":0,"endColumnIndex":1},"rule":{"condition":{"type":"BLANK"}}}})",
       "This operation is not allowed on cells in typed columns"}};
  for (const Case& row : rows) {
    INFO(row.request);
    Bench bench;
    const std::string id = bench.create();
    std::string request = row.request;
    if (const std::size_t bar = request.find('|'); bar != std::string::npos) {
      REQUIRE(bench.batch_text(id, request.substr(0, bar)).status == 200);
      request.erase(0, bar + 1);
    }
    const std::string kind = request.substr(2, request.find('"', 2) - 2);
    CHECK(told(bench.batch_text(id, request)) == bad("Invalid requests[0]." + kind + ": " + row.refusal));
    // nothing of it stays
    CHECK(bench.service.world().file(id)->changes <= 1);
  }
}

TEST_CASE("sheets-server: a lookup of the spreadsheet that asks for what intersects it is refused") {
  Bench bench;
  const std::string id = bench.create();
  const auto answer = bench.send(
      "POST", "/v4/spreadsheets/" + id + "/developerMetadata:search",
      R"({"dataFilters":[{"developerMetadataLookup":{"metadataLocation":{"spreadsheet":true},"locationMatchingStrategy":"INTERSECTING_LOCATION"}}]})");
  CHECK(answer.status == 400);
  CHECK(Bench::message(answer).find(
            "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was specified as "
            "INTERSECTING") != std::string::npos);
}

TEST_CASE("sheets-server: limits can be made small, and each is tripped") {
  Bench bench;
  const std::string id = bench.create();
  Settings& settings = bench.service.world().settings;
  settings.set_limit("requests", 1);
  CHECK(Bench::message(bench.batch_text(id, R"({"addSheet":{}},{"addSheet":{}})")) ==
        "Cannot exceed 1 requests in a single batch.");
  settings.set_limit("requests", 100);
  settings.set_limit("cells", 26000);
  CHECK(Bench::message(bench.batch_text(id, R"({"addSheet":{}})")) ==
        "Invalid requests[0].addSheet: This action would increase the number of cells in the workbook above the limit "
        "of 26000 cells.");
  settings.set_limit("characters", 3);
  CHECK(Bench::message(bench.put(id, "A1", R"([["four"]])")) ==
        "Your input contains more than the maximum of 3 characters in a single cell.");
  settings.set_limit("title", 2);
  CHECK(Bench::message(
            bench.batch_text(
                id, R"({"updateSheetProperties":{"properties":{"sheetId":0,"title":"abc"},"fields":"title"}})"))
            .find("The sheet name must not be longer than 2 characters") != std::string::npos);
  settings.set_limit("metadata", 4);
  CHECK(
      Bench::message(
          bench.batch_text(
              id,
              R"({"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"key","metadataValue":"va","visibility":"DOCUMENT","location":{"spreadsheet":true}}}})"))
          .find("Developer metadata would take 5 characters, more than 4") != std::string::npos);
  settings.set_limit("columns", 30);
  settings.set_limit("cells", 10000000);
  CHECK(Bench::message(bench.batch_text(id, R"({"appendDimension":{"sheetId":0,"dimension":"COLUMNS","length":5}})"))
            .find("above the limit of 30 columns") != std::string::npos);
  settings.set_limit("exportBytes", 1);
  bench.put(id, "A1", R"([["abc"]])");
  settings.set_limit("characters", 50000);
  bench.put(id, "A1", R"([["abc"]])");
  CHECK(Bench::message(bench.call("GET", "/drive/v3/files/" + id + "/export?mimeType=text/csv")) ==
        "This file is too large to be exported.");
}

TEST_CASE(
    "sheets-server: a newer discovery document brings members, enum values and kinds that the tables do not know") {
  Bench bench;
  const std::string id = bench.create();
  const char* request = R"({"deleteSheet":{"sheetId":7,"future":[true],"mode":"B"}})";
  CHECK(
      told(bench.batch_text(id, request)) ==
      bad("Invalid JSON payload received. Unknown name \"future\" at 'requests[0].delete_sheet': Cannot find field."));
  Discovery& discovery = bench.service.world().discovery;
  const Json document = Json::parse(R"({"name":"sheets","schemas":{
    "DeleteSheetRequest":{"properties":{"sheetId":{"type":"integer","format":"int32"},
      "future":{"type":"array","items":{"type":"boolean"}},"mode":{"type":"string","enum":["A","B"]}}}},
    "resources":{"spreadsheets":{"methods":{"get":{"id":"sheets.spreadsheets.get","httpMethod":"GET","response":{"$ref":"Spreadsheet"},
      "scopes":["https://www.googleapis.com/auth/spreadsheets"],"parameters":{"spreadsheetId":{"type":"string"},"shiny":{"type":"boolean"}}}}}}})");
  REQUIRE(discovery.learn(document));
  CHECK(told(bench.batch_text(id, request)) == bad("Invalid requests[0].deleteSheet: No grid with id: 7"));
  CHECK(bench.batch_text(id, R"({"deleteSheet":{"sheetId":7,"mode":"C"}})").body.dump().find("(TYPE_ENUM)") !=
        std::string::npos);
  CHECK(bench.call("GET", "/v4/spreadsheets/" + id + "?shiny=true").status == 200);
  CHECK(bench.call("GET", "/v4/spreadsheets/" + id + "?ranges=A1").status == 400);
  CHECK_FALSE(discovery.learn(Json{{"name", "docs"}, {"schemas", object()}}));
  CHECK_FALSE(discovery.learn(Json::array()));
}
