// What is sent to Google and what the test server answers is held against Google's discovery documents in every test:
// here the check itself is seen to bite.
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/sheets_in_process.h"

using namespace zmig;
using namespace zmig::test;

namespace {

// A service that writes down what others would end on.
struct Watched {
  Watched() {
    id = service.create("T");
    service.on_complaint = [this](const std::string& what) { complaints.push_back(what); };
  }
  std::string send(const std::string& requests) {
    const auto api = service.connect();
    const auto answer =
        api->call({"POST", "/v4/spreadsheets/" + id + ":batchUpdate", "{\"requests\":[" + requests + "]}", true});
    return answer ? std::to_string(answer->status) : answer.error().zm;
  }
  SheetsInProcess service;
  std::string id;
  std::vector<std::string> complaints;
};

const std::string kGood = R"({"addSheet":{"properties":{"title":"S"}}})";

}  // namespace

TEST_CASE("gsheet: a request that the discovery document does not allow is a complaint, whatever else is wrong") {
  for (const char* bad : {R"({"addSheet":{"properties":{"title":null}}})",         // null
                          R"({"addSheet":{"properties":{"index":"1"}}})",          // text for a number
                          R"({"addSheet":{"properties":{"hidden":"true"}}})",      // text for a boolean
                          R"({"addSheet":{"properties":{"titel":"S"}}})",          // no such member
                          R"({"addSheet":{"properties":{"sheetType":"ROUND"}}})",  // no such value
                          R"({"updateCells":{"rows":{},"fields":"*"}})",           // one for a list
                          R"({"addSheet":{},"deleteSheet":{"sheetId":9}})"}) {     // two kinds in one
    INFO(bad);
    Watched watched;
    CHECK(watched.send(bad) == "ZM0492");
    REQUIRE(watched.complaints.size() == 1);
    CHECK(watched.complaints[0].rfind("request of sheets.spreadsheets.batchUpdate: Invalid ", 0) == 0);
  }
  Watched watched;
  CHECK(watched.send(kGood) == "200");
  CHECK(watched.send(R"({"deleteSheet":{"sheetId":9}})") == "ZM0492");  // refused, but well formed
  CHECK(watched.complaints.empty());
}

TEST_CASE("gsheet: an answer of the server that the discovery document does not allow is a complaint") {
  Watched watched;
  watched.service.spoil_next_answer = true;
  CHECK(watched.send(kGood) == "ZM0410");  // never passed on as if it were good
  REQUIRE(watched.complaints.size() == 1);
  CHECK(watched.complaints[0].find("answer of sheets.spreadsheets.batchUpdate: Invalid JSON payload received. Unknown "
                                   "name \"noSuchMember\"") == 0);
}

TEST_CASE("gsheet: a field mask that names nothing there is a complaint") {
  Watched watched;
  const auto answer =
      watched.service.connect()->call({"GET", "/v4/spreadsheets/" + watched.id + "?fields=sheet", "", false});
  CHECK_FALSE(answer.has_value());
  REQUIRE(watched.complaints.size() == 1);
  CHECK(watched.complaints[0].rfind("request of sheets.spreadsheets.get: Request contains an invalid argument.", 0) ==
        0);
}
