// Faults without sockets: what is applied, what is answered, what the log says. Their look on the wire: front_test.cc.
#include <string>

#include "bench.h"

using namespace sheets_server;

TEST_CASE("sheets-server: a fault before answers and commits nothing, one after commits and lies; the log tells") {
  struct Row {
    const char* rule;
    int status;  ///< in the log; 0: nothing was sent
    std::int64_t commits;
    Wire::End end;
  };
  using End = Wire::End;
  const Row rows[] = {
      {R"({"match":{"requestKind":"createDeveloperMetadata"},"action":"status","status":503})", 503, 0, End::whole},
      {R"({"match":{"op":"sheets.spreadsheets.batchUpdate"},"phase":"after","action":"status","status":500})", 500, 1,
       End::whole},
      {R"({"action":"reset"})", 0, 0, End::reset},
      {R"({"phase":"after","action":"reset"})", 0, 1, End::reset},
      {R"({"phase":"body","action":"reset"})", 200, 1, End::reset},
      {R"({"action":"hang"})", 0, 0, End::hang},
      {R"({"phase":"after","action":"hang"})", 0, 1, End::hang},
      {R"({"phase":"body","action":"hang"})", 200, 1, End::hang},
      {R"({"action":"close"})", 0, 0, End::close},
      {R"({"phase":"after","action":"close"})", 0, 1, End::close},
      {R"({"phase":"body","action":"close"})", 200, 1, End::close},
      {R"({"action":"truncate"})", 200, 1, End::close},
      {R"({"action":"redirect","to":"http://127.0.0.1:1/"})", 302, 0, End::whole},
      {R"({"phase":"after","action":"redirect"})", 302, 1, End::whole},
      {R"({"action":"retryAfter","s":7})", 503, 0, End::whole},
      {R"({"phase":"after","action":"retryAfter","status":429})", 429, 1, End::whole},
      {R"({"action":"duplicate"})", 200, 1, End::whole},
      {R"({"action":"late","ms":5})", 504, 0, End::whole},
      {R"({"action":"delay","ms":5})", 200, 1, End::whole},
      {R"({"phase":"after","action":"delay","ms":5})", 200, 1, End::whole},
      {R"({"action":"slow"})", 200, 1, End::whole},
      {R"({"match":{"nth":2},"action":"status"})", 200, 1, End::whole},
      {R"({"match":{"method":"GET"},"action":"status"})", 200, 1, End::whole},
      {R"({"match":{"pathRegex":"batchUpdate$"},"action":"status","status":404})", 404, 0, End::whole}};
  for (const Row& row : rows) {
    INFO(row.rule);
    Desk desk;
    desk.faults(row.rule);
    const Plan plan = desk.write();
    CHECK(plan.wire.end == row.end);
    CHECK(plan.wire.silent == (row.status == 0));
    CHECK(desk.file().changes == row.commits);
    CHECK(desk.commits() == row.commits);
    const Json line = desk.log().front();
    CHECK(line["status"] == row.status);
    CHECK(line["op"] == "sheets.spreadsheets.batchUpdate");
    CHECK(line["kinds"] == Json::array({"createDeveloperMetadata"}));
    CHECK(line["metadataIds"] == Json::array({5000001}));
    CHECK(text_of(line, "bodySha256").size() == 64);
  }
}

TEST_CASE("sheets-server: every status of the list comes with the text of its service") {
  const auto answer = [](const std::string& parameters, const char* target) {
    Desk desk;
    desk.faults(R"({"action":"status",)" + parameters + "}");
    return desk.ask("GET", target).response;
  };
  const auto message = [&](const std::string& parameters, const char* target = "/v4/spreadsheets/x") {
    const HttpResponse response = answer(parameters, target);
    return std::to_string(response.status) + " " +
           text_of(member(Json::parse(response.body, nullptr, false), "error"), "message");
  };
  CHECK(message(R"("status":400)") == "400 Request contains an invalid argument.");
  CHECK(message(R"("status":401)").find("401 Request had invalid authentication credentials. Expected OAuth 2") == 0);
  CHECK(message(R"("status":403)") == "403 The caller does not have permission");
  CHECK(message(R"("status":404)") == "404 Requested entity was not found.");
  CHECK(message(R"("status":408)") == "408 The request timed out.");
  CHECK(message(R"("status":409)") == "409 The operation was aborted.");
  CHECK(message(R"("status":413)") == "413 Request entity too large.");
  CHECK(message(R"("status":429)").find("429 Quota exceeded for quota metric 'Read requests' and limit") == 0);
  CHECK(message(R"("status":500)") == "500 Internal error encountered.");
  CHECK(message(R"("status":503)") == "503 The service is currently unavailable.");
  CHECK(answer(R"("status":502)", "/v4/spreadsheets/x").content_type == "text/html; charset=UTF-8");
  CHECK(answer(R"("status":504)", "/v4/spreadsheets/x").body.find("<!DOCTYPE html>") == 0);
  CHECK(answer(R"("status":500,"body":"empty")", "/v4/spreadsheets/x").body.empty());
  CHECK(Json::parse(answer(R"("status":500,"body":"garbage")", "/v4/spreadsheets/x").body, nullptr, false)
            .is_discarded());
  CHECK(message(R"("error":"serviceDisabled")").find("403 Google Sheets API has not been used in project 1") == 0);
  CHECK(message(R"("error":"scopeInsufficient")") == "403 Request had insufficient authentication scopes.");
  CHECK(message(R"("error":"officeFile")") ==
        "400 This operation is not supported for this document. The document must not be an Office file.");
  CHECK(message(R"("status":400,"message":"mine")") == "400 mine");
  const Json drive = Json::parse(answer(R"("error":"storageQuotaExceeded")", "/drive/v3/files/x").body)["error"];
  CHECK(drive["errors"][0]["reason"] == "storageQuotaExceeded");
  CHECK(drive["errors"][0]["domain"] == "usageLimits");
}

TEST_CASE("sheets-server: a token endpoint that fails speaks OAuth") {
  Desk desk;
  desk.faults(
      R"([{"match":{"op":"token"},"action":"status","status":400,"error":"invalid_grant","message":"Token has been expired or revoked."},
          {"match":{"op":"token","nth":2},"action":"status","status":503}])");
  CHECK(Json::parse(desk.ask("POST", "/token").response.body) ==
        Json{{"error", "invalid_grant"}, {"error_description", "Token has been expired or revoked."}});
  CHECK(Json::parse(desk.ask("POST", "/token").response.body)["error"] == "internal_failure");
}

TEST_CASE("sheets-server: a rule that could do nothing is refused, and the rules before it stay") {
  Desk desk;
  desk.faults(R"({"action":"reset"})");
  const auto refused = [&](const std::string& rule) {
    return text_of(member(desk.control("POST", "/faults", rule), "error"), "message");
  };
  CHECK(refused(R"({"action":"explode"})") == "no action \"explode\"");
  CHECK(refused(R"({"action":"truncate","phase":"before"})") == "truncate knows the phases body, not \"before\"");
  CHECK(refused(R"({"action":"status","code":500})") == "status has no parameter \"code\"");
  CHECK(refused(R"({"action":"status","body":"xml"})") == "body of status is one of json, html, empty, garbage");
  CHECK(refused(R"({"action":"delay","ms":"5"})") == "ms of delay is a whole number that is not negative");
  CHECK(refused(R"({"action":"reset","match":{"n":1}})") == "no member \"n\" of match");
  CHECK(refused(R"({"action":"reset","match":{"nth":0}})") == "nth counts from 1, times from 0");
  CHECK(refused(R"({"action":"reset","match":{"pathRegex":"("}})") == "pathRegex is no regular expression");
  CHECK(refused(R"({"action":"reset","phase":"accept","match":{"op":"token"}})") ==
        "phase accept comes before the request is read: match may only have nth and times");
  CHECK(refused("[1]") == "a rule is an object");
  CHECK(desk.control("GET", "/faults")["rules"].size() == 1);
  // what GET shows can be put back
  desk.faults(desk.control("GET", "/faults")["rules"].dump());
  desk.control("DELETE", "/faults");
  CHECK(desk.control("GET", "/faults")["rules"].empty());
}

TEST_CASE("sheets-server: nth and times choose the requests that a rule hits, and the rule counts them") {
  Desk desk;
  desk.faults(R"({"match":{"nth":2,"times":2,"method":"GET"},"action":"status","status":500})");
  std::vector<int> statuses;
  for (int n = 0; n < 5; ++n) statuses.push_back(desk.read().response.status);
  CHECK(statuses == std::vector<int>{200, 500, 500, 200, 200});
  const Json rule = desk.control("GET", "/faults")["rules"][0];
  CHECK(rule["seen"] == 5);
  CHECK(rule["hit"] == 2);
}

TEST_CASE("sheets-server: a repeated request lands once; either of the two answers may be the one that comes") {
  Desk desk;
  desk.faults(R"({"action":"duplicate","answer":"second"})");
  const Plan plan = desk.write();
  CHECK(plan.response.status == 400);
  CHECK(desk.file().changes == 1);
  const auto log = desk.log();
  REQUIRE(log.size() == 2);
  CHECK(log[0]["committed"] == true);
  CHECK(log[0]["status"] == 200);
  CHECK(log[1]["committed"] == false);
  CHECK(log[1]["status"] == 400);
  CHECK(log[1]["bodySha256"] == log[0]["bodySha256"]);
}

TEST_CASE("sheets-server: a late request lands once, and its original after it is refused") {
  Desk desk;
  desk.faults(R"({"phase":"before","action":"late","ms":5})");
  const Plan plan = desk.write();
  CHECK(plan.response.status == 504);
  CHECK(plan.late_ms == 5);
  desk.runtime.apply_late(desk.stamp());
  CHECK(desk.write().response.status == 400);
  CHECK(desk.file().changes == 1);
}

TEST_CASE("sheets-server: a late duplicate of a request that was answered is refused") {
  Desk desk;
  desk.faults(R"({"phase":"after","action":"late","ms":5})");
  const Plan plan = desk.write();
  CHECK(plan.response.status == 200);
  CHECK(plan.late_ms == 5);
  desk.runtime.apply_late(desk.stamp());
  const auto log = desk.log();
  CHECK(log[1]["status"] == 400);
  CHECK(log[1]["action"] == "late");
  CHECK(desk.commits() == 1);
}

TEST_CASE("sheets-server: somebody's edit comes between, before a request or after it, outside the quota") {
  const std::string edit =
      R"("action":"concurrentEdit","requests":[{"updateSheetProperties":{"properties":{"sheetId":0,"title":"Theirs"},"fields":"title"}}]})";
  for (const char* phase : {"before", "after"}) {
    INFO(phase);
    Desk desk;
    desk.faults(std::string(R"({"phase":")") + phase + "\"," + edit);
    const Plan plan = desk.read();
    const bool seen = plan.response.body.find("Theirs") != std::string::npos;
    CHECK(seen == (std::string(phase) == "before"));
    CHECK(desk.file().book->sheets.front()->title == "Theirs");
    CHECK(desk.file().changes == 1);
    CHECK(desk.commits() == 0);  // not this client's
    CHECK(desk.log().front()["action"] == "concurrentEdit");
  }
}

TEST_CASE("sheets-server: an edit that is refused says so in the log") {
  Desk desk;
  desk.faults(R"({"action":"concurrentEdit","requests":[{"deleteSheet":{"sheetId":7}}]})");
  desk.read();
  CHECK(text_of(desk.log().front(), "action").find("concurrentEdit refused: Invalid requests[0].deleteSheet") == 0);
}

TEST_CASE("sheets-server: stale reads answer from before the last commit, as many as were asked for") {
  Desk desk;
  desk.faults(R"({"match":{"op":"sheets.spreadsheets.batchUpdate"},"phase":"after","action":"staleRead","n":2})");
  desk.write();
  const auto sees = [&] { return desk.read().response.body.find("5000001") != std::string::npos; };
  CHECK_FALSE(sees());
  CHECK_FALSE(sees());
  CHECK(sees());
  desk.faults(R"({"action":"staleRead"})");
  CHECK_FALSE(sees());
  CHECK(sees());
}

TEST_CASE("sheets-server: a token can expire, be revoked, or be minted by nobody") {
  Desk desk;
  desk.faults(R"({"match":{"nth":2},"action":"tokenExpire"})");
  CHECK(desk.read().response.status == 200);
  CHECK(desk.read().response.status == 401);
  CHECK(desk.read().response.status == 401);
  desk.control("POST", "/reset", R"({"what":["tokens"]})");
  CHECK(desk.read().response.status == 200);

  const std::string refresh = "grant_type=refresh_token&refresh_token=r&client_id=c&client_secret=s";
  desk.faults(R"({"action":"tokenRevoke"})");
  CHECK(desk.read().response.status == 401);
  CHECK(Json::parse(desk.ask("POST", "/token", refresh).response.body)["error"] == "invalid_grant");
  desk.control("POST", "/reset", R"({"what":["tokens","faults"]})");
  desk.faults(R"({"action":"tokenEndpointDown"})");
  CHECK(desk.ask("POST", "/token", refresh).response.status == 503);
  CHECK(desk.read().response.status == 200);
  desk.control("POST", "/reset", R"({"what":["tokens","faults"]})");
  CHECK(desk.ask("POST", "/token", refresh).response.status == 200);
}

TEST_CASE("sheets-server: a quota is spent beforehand, all of it or as much as the rule says") {
  Desk desk;
  desk.runtime.service().quota().mode = QuotaMode::fixed;
  desk.faults(R"({"action":"quota","used":58})");
  CHECK(desk.read().response.status == 200);
  CHECK(desk.read().response.status == 200);
  CHECK(desk.read().response.status == 429);
  desk.control("POST", "/reset", R"({"what":["quota"]})");
  CHECK(desk.read().response.status == 200);
  desk.faults(R"({"action":"quota"})");
  CHECK(desk.read().response.status == 429);
  desk.control("POST", "/clock", R"({"advanceMs":60000})");
  CHECK(desk.read().response.status == 200);
}

TEST_CASE("sheets-server: answers bend: unknown members, no cells, no sheets, small pages, 500 for 400") {
  Desk desk;
  desk.ask("PUT", "/v4/spreadsheets/" + desk.id + "/values/A1?valueInputOption=RAW", R"({"values":[["x"]]})");
  const std::string cells = "/v4/spreadsheets/" + desk.id + "/values/A1";
  const auto body = [](const Plan& plan) { return Json::parse(plan.response.body); };
  desk.faults(R"({"action":"emptyRead"})");
  CHECK_FALSE(body(desk.ask("GET", cells)).contains("values"));
  CHECK(body(desk.ask("GET", cells))["values"] == Json::array({Json::array({"x"})}));

  desk.faults(R"({"action":"emptyRead","what":"sheets"})");
  CHECK_FALSE(body(desk.read()).contains("sheets"));

  desk.faults(R"({"action":"unknownFields"})");
  const Json strange = body(desk.read());
  CHECK(strange["properties"]["autoRecalc"] == "FUTURE_INTERVAL");
  CHECK(strange["sheets"][0]["properties"]["gridProperties"]["futureMember"]["kind"] == "FUTURE_VALUE");
  CHECK(strange["sheets"][0]["properties"]["title"] == "Sheet1");

  desk.runtime.service().world().create("U", kSpreadsheetMime, Caller{}.email);
  desk.faults(R"({"action":"partialList"})");
  const Json page = body(desk.ask("GET", "/drive/v3/files"));
  CHECK(page["files"].size() == 1);
  CHECK(page["nextPageToken"] == "1");

  desk.faults(R"({"action":"internalOnInvalid"})");
  CHECK(desk.ask("POST", desk.batch_path(), R"({"requests":[]})").response.status == 500);
  CHECK(desk.ask("POST", desk.batch_path(), R"({"requests":[]})").response.status == 400);
}

TEST_CASE("sheets-server: the endpoint's clock can be off, and says so in Google's words") {
  Desk desk;
  desk.faults(R"({"action":"clockSkew","s":3600})");
  desk.read();
  CHECK(desk.runtime.service().auth().skew_ms == 3600000);
}

TEST_CASE("sheets-server: rules of phase accept count requests before they are read") {
  Desk desk;
  desk.faults(
      R"([{"phase":"accept","match":{"nth":2},"action":"reset"},{"phase":"accept","match":{"nth":3},"action":"delay","ms":4}])");
  CHECK_FALSE(desk.runtime.accept().has_value());
  const auto reset = desk.runtime.accept();
  REQUIRE(reset.has_value());
  CHECK(reset->wire.end == Wire::End::reset);
  CHECK(reset->wire.silent);
  const auto delay = desk.runtime.accept();
  REQUIRE(delay.has_value());
  CHECK(delay->wait_before_ms == 4);
  CHECK_FALSE(delay->wire.silent);
  CHECK(desk.log().size() == 2);
  CHECK(desk.log().front()["phase"] == "accept");
}
