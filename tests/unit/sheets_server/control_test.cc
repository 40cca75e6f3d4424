// The control plane: state, settings, clock, files.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench.h"
#include "state.h"

using namespace sheets_server;

namespace {

// Something of everything that is kept.
void fill(Desk& desk) {
  const std::string base = "/v4/spreadsheets/" + desk.id;
  desk.ask("PUT", base + "/values/A1:C3?valueInputOption=USER_ENTERED",
           R"j({"values":[["x","=B2*2",true],[1.5,"2020-01-01","=1/0"],["","'7","=FUTURE(1)"]]
})j");
  ;
  const Plan plan = desk.ask("POST", desk.batch_path(), R"({"requests":[
    {"mergeCells":{"range":{"sheetId":0,"startRowIndex":5,"endRowIndex":7,"startColumnIndex":0,"endColumnIndex":2}}},
    {"addNamedRange":{"namedRange":{"name":"n","range":{"sheetId":0,"startRowIndex":0,"endRowIndex":2}}}},
    {"addProtectedRange":{"protectedRange":{"range":{"sheetId":0,"startColumnIndex":3},"warningOnly":true}}},
    {"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0}],"booleanRule":{"condition":{"type":"BLANK"},"format":{}}},"index":0}},
    {"addTable":{"table":{"name":"t","range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,"endColumnIndex":3}}}},
    {"addDimensionGroup":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":3}}},
    {"updateDimensionProperties":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":1,"endIndex":2},"properties":{"hiddenByUser":true},"fields":"hiddenByUser"}},
    {"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","metadataValue":"v","visibility":"PROJECT","location":{"dimensionRange":{"sheetId":0,"dimension":"COLUMNS","startIndex":1,"endIndex":2}}}}},
    {"setDataValidation":{"range":{"sheetId":0,"startRowIndex":9,"endRowIndex":10,"startColumnIndex":0,"endColumnIndex":1},"rule":{"condition":{"type":"ONE_OF_LIST","values":[{"userEnteredValue":"a"}]}}}},
    {"updateCells":{"start":{"sheetId":0,"rowIndex":9,"columnIndex":1},"rows":[{"values":[{"note":"hello","userEnteredFormat":{"textFormat":{"bold":true}}}]}],"fields":"note,userEnteredFormat.textFormat.bold"}},
    {"addSheet":{"properties":{"title":"Second","tabColor":{"red":1}}}}]})");
  REQUIRE(plan.response.status == 200);
}

std::string shown(Desk& desk) {
  return desk.ask("GET", "/v4/spreadsheets/" + desk.id + "?includeGridData=true").response.body;
}

}  // namespace

TEST_CASE("sheets-server: the state goes out as JSON and comes back whole; a dump of a loaded dump is the same text") {
  Desk desk;
  fill(desk);
  const std::string before = shown(desk);
  const Json dump = desk.control("GET", "/state");
  CHECK(before.find("\"note\": \"hello\"") != std::string::npos);

  Desk other;
  other.control("PUT", "/state", dump.dump());
  REQUIRE(other.status == 200);
  CHECK(other.control("GET", "/state").dump() == dump.dump());
  other.id = desk.id;
  CHECK(shown(other) == before);
  // the ids to come are the same too
  const std::string add = R"({"requests":[{"addSheet":{}}]})";
  CHECK(other.ask("POST", other.batch_path(), add).response.body ==
        desk.ask("POST", desk.batch_path(), add).response.body);
}

TEST_CASE("sheets-server: one file's state goes out and replaces or adds a file") {
  Desk desk;
  fill(desk);
  const Json one = desk.control("GET", "/state/" + desk.id);
  const std::string before = shown(desk);
  desk.ask("POST", "/v4/spreadsheets/" + desk.id + "/values/A1:Z9:clear");
  CHECK(shown(desk) != before);
  desk.control("PUT", "/state/" + desk.id, one.dump());
  CHECK(shown(desk) == before);
  desk.control("PUT", "/state/elsewhere", one.dump());
  CHECK(desk.runtime.service().world().file("elsewhere")->book->id == "elsewhere");
  desk.control("GET", "/state/none");
  CHECK(desk.status == 404);
}

TEST_CASE("sheets-server: what is no state is refused by name, and nothing is lost") {
  Desk desk;
  for (const char* text :
       {"{}", "[]", R"({"version":2,"files":[]})", R"({"version":1,"sequence":0,"ids":"x","files":[]})",
        R"({"version":1,"sequence":0,"ids":"1","files":[{"id":5}]})"}) {
    INFO(text);
    const Json answer = desk.control("PUT", "/state", text);
    CHECK(desk.status == 400);
    CHECK(text_of(member(answer, "error"), "message").find("this is not a state of this server: ") == 0);
    CHECK(desk.runtime.service().world().file(desk.id) != nullptr);
  }
}

TEST_CASE("sheets-server: the state file is read at the start and written on demand") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("sheets-state-" + std::to_string(getpid()) + ".json")).string();
  Desk desk;
  desk.control("POST", "/state/save");
  CHECK(desk.status == 400);
  desk.runtime.state_file = path;
  CHECK(desk.runtime.load_state().empty());  // there is none yet
  fill(desk);
  desk.control("POST", "/state/save");
  REQUIRE(desk.status == 200);
  Desk other;
  other.runtime.state_file = path;
  REQUIRE(other.runtime.load_state().empty());
  CHECK(other.control("GET", "/state") == desk.control("GET", "/state"));
  std::ofstream(path) << "{";
  CHECK(other.runtime.load_state().find(path + ": this is not a state of this server") == 0);
  std::filesystem::remove(path);
}

TEST_CASE("sheets-server: settings change while it runs, all or nothing") {
  Desk desk;
  const Json changed = desk.control(
      "PUT", "/settings",
      R"({"knobs":{"rangesHide":"outside","driveLag":5},"limits":{"cells":30000},"quota":"bucket","quotaLimits":{"readsPerUser":7},
          "quotaWindowMs":1000,"strictUnverified":true,"strictUnverifiedExcept":["rangesHide"],"strictRequests":true,"latencyMs":3,"expiresIn":60})");
  REQUIRE(desk.status == 200);
  CHECK(changed["knobs"]["rangesHide"] == "outside");
  CHECK(changed["knobs"]["driveLag"] == "5");
  CHECK(changed["limits"]["cells"] == 30000);
  CHECK(changed["quota"] == "bucket");
  CHECK(changed["quotaLimits"]["readsPerUser"] == 7);
  CHECK(changed["quotaWindowMs"] == 1000);
  CHECK(changed["strictUnverified"] == true);
  CHECK(changed["strictUnverifiedExcept"] == Json::array({"rangesHide"}));
  CHECK(changed["strictRequests"] == true);
  CHECK(changed["latencyMs"] == 3);
  CHECK(changed["expiresIn"] == 60);
  for (const char* wrong : {R"({"latencyMs":9,"knobs":{"rangesHide":"x"}})", R"({"latencyMs":9,"surprise":1})",
                            R"({"latencyMs":9,"quota":"none"})", R"({"latencyMs":9,"limits":{"x":1}})"}) {
    INFO(wrong);
    desk.control("PUT", "/settings", wrong);
    CHECK(desk.status == 400);
    CHECK(desk.control("GET", "/settings") == changed);
  }
  desk.control("PUT", "/settings", R"({"behaviour":"B"})");
  CHECK(desk.control("GET", "/settings")["knobs"]["duplicateMetadataId"] == "accept");
}

TEST_CASE("sheets-server: the clock is set by time or by number, and moved") {
  Desk desk;
  CHECK(desk.control("POST", "/clock", R"({"set":"2026-11-20T10:00:00.250Z"})")["now"] == "2026-11-20T10:00:00.250Z");
  CHECK(desk.control("POST", "/clock", R"({"advanceMs":1750})")["now"] == "2026-11-20T10:00:02.000Z");
  CHECK(desk.control("POST", "/clock", R"({"set":1760000000000})")["nowMs"] == 1760000000000);
  for (const char* wrong : {R"({"set":"yesterday"})", R"({"set":"2026-02-30T00:00:00Z"})", R"({"advanceMs":"1"})"}) {
    INFO(wrong);
    desk.control("POST", "/clock", wrong);
    CHECK(desk.status == 400);
  }
}

TEST_CASE("sheets-server: files are made that nobody may see, or that Office owns") {
  Desk desk;
  desk.control("POST", "/files", R"({"id":"secret","title":"S","forbidden":true})");
  CHECK(desk.ask("GET", "/v4/spreadsheets/secret").response.status == 403);
  desk.control("POST", "/files", R"({"id":"office","office":true})");
  CHECK(desk.ask("GET", "/v4/spreadsheets/office").response.status == 200);
  const Plan refused = desk.ask("POST", "/v4/spreadsheets/office:batchUpdate", R"({"requests":[{"addSheet":{}}]})");
  CHECK(Json::parse(refused.response.body)["error"]["status"] == "FAILED_PRECONDITION");
  desk.control("POST", "/files", R"({"id":"office"})");
  CHECK(desk.status == 400);
}

TEST_CASE("sheets-server: the control port names what it does not know") {
  Desk desk;
  CHECK(text_of(member(desk.control("GET", "/nothing"), "error"), "message") == "no control call GET /nothing");
  CHECK(desk.status == 404);
  CHECK(text_of(member(desk.control("POST", "/reset", R"({"what":["all"]})"), "error"), "message") ==
        "no part \"all\" to reset");
  CHECK(text_of(member(desk.control("POST", "/faults", "{"), "error"), "message") == "the body is not JSON");
  CHECK(desk.control("GET", "/health")["ok"] == true);
  CHECK(desk.control("GET", "/version")["name"] == "zmig-sheets-server");
}

TEST_CASE("sheets-server: Drive shows edits of cells after a while") {
  Desk desk;
  desk.write();
  const auto version = [&] {
    return Json::parse(desk.ask("GET", "/drive/v3/files/" + desk.id + "?fields=version").response.body)["version"];
  };
  CHECK(version() == "1");
  desk.control("POST", "/clock", R"({"advanceMs":60000})");
  CHECK(version() == "2");
}
