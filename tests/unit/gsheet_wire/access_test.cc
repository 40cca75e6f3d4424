// What `doctor` is told of a spreadsheet, and that asking changes nothing there.
#include "wire_bench.h"

using namespace zmig;
using namespace zmig::test;

namespace {

std::vector<std::string> examined(WireBench& bench) {
  std::vector<std::string> lines;
  for (const AccessCheck& check : gsheet::examine_access(bench.id_, bench.options_, bench.ports_.ports)) {
    const char* const word = check.outcome == AccessCheck::Outcome::ok        ? "ok"
                             : check.outcome == AccessCheck::Outcome::warning ? "warning"
                             : check.outcome == AccessCheck::Outcome::failed  ? "failed"
                                                                              : "not run";
    lines.push_back(std::string(word) + " " + check.id + ": " + check.message);
  }
  return lines;
}

}  // namespace

TEST_CASE(
    "gsheet access: an account that owns the spreadsheet may do everything, but a service account has no storage") {
  WireBench bench;
  REQUIRE(bench.runtime_.service().world().settings.set_knob("serviceAccountStorage", "zero"));
  CHECK(examined(bench) ==
        std::vector<std::string>{"ok credentials: " + kMail + ", from file " + bench.options_.credentials_name,
                                 "ok reach: the spreadsheet answers", "ok read: allowed",
                                 "ok clock: agrees with the service", "ok share: allowed",
                                 "warning copy: a copy would belong to the service account, which owns no storage",
                                 "ok write: allowed", "ok metadata: can be read, so the stamp is seen",
                                 "ok quota: 55 reads and 55 writes a minute, of 60 each"});
  CHECK(bench.commits() == 0);
}

TEST_CASE("gsheet access: a reader is told that he may not write, and with whom to share") {
  WireBench bench;
  auto& file = bench.runtime_.service().world().create("theirs", sheets_server::kSpreadsheetMime, "other@example.com");
  file.permissions.push_back({{"type", "user"}, {"role", "reader"}, {"emailAddress", kMail}});
  bench.id_ = file.id;
  const auto lines = examined(bench);
  REQUIRE(lines.size() == 9);
  CHECK(lines[4] == "warning share: this account may not share the spreadsheet");
  CHECK(lines[6] == "failed write: ZM0485: this account may read the spreadsheet, not change it");
  CHECK(bench.commits() == 0);
}

TEST_CASE("gsheet access: without Drive an empty batch tells who may write") {
  WireBench bench;
  const auto off = [&](const std::string& more) {
    bench.faults(
        R"([{"match":{"pathRegex":"^/drive","times":0},"phase":"before","action":"status","status":403,)"
        R"("message":"Google Drive API has not been used in project 7 before or it is disabled.","error":"serviceDisabled"})" +
        more + "]");
  };
  off("");
  const auto may = examined(bench);
  REQUIRE(may.size() == 9);
  CHECK(may[5] ==
        "warning copy: not known: the Google Drive API is not switched on: Google Drive API has not been "
        "used in project 7 before or it is disabled.");
  CHECK(may[6] == "ok write: allowed, as far as an empty batch can tell");
  auto& file = bench.runtime_.service().world().create("theirs", sheets_server::kSpreadsheetMime, "other@example.com");
  file.permissions.push_back({{"type", "user"}, {"role", "reader"}, {"emailAddress", kMail}});
  bench.id_ = file.id;
  off("");
  CHECK(examined(bench)[6] == "failed write: ZM0485: " + kMail + " has no right to change the spreadsheet \"" +
                                  bench.id_ + "\": The caller does not have permission");
  CHECK(bench.commits() == 0);
}

TEST_CASE("gsheet access: what cannot be asked is not run") {
  WireBench bench;
  bench.options_.credentials_name = bench.folder_.at("none.json");
  auto lines = examined(bench);
  REQUIRE(lines.size() == 9);
  CHECK(lines[0] ==
        "failed credentials: ZM0482: the credentials file \"" + bench.options_.credentials_name + "\" does not exist");
  CHECK(lines[1] == "not run clock: `credentials` did not pass");

  WireBench wrong;
  wrong.id_ = "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  lines = examined(wrong);
  REQUIRE(lines.size() == 8);
  CHECK(lines[1] ==
        "failed reach: ZM0487: there is no spreadsheet \"1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": Requested "
        "entity was not found.");
}

TEST_CASE("gsheet access: a clock that is off and a pace that is too high are warned of") {
  WireBench bench;
  bench.options_.writes_per_minute = 300;
  bench.faults(R"({"match":{"pathRegex":"/token"},"phase":"before","action":"clockSkew","s":400})");
  const auto lines = examined(bench);
  REQUIRE(lines.size() == 9);
  CHECK(lines[3] == "warning clock: this machine is 7 minutes behind");
  CHECK(lines[8] == "warning quota: 300 calls a minute are configured, Google gives 60 to a user");
}
