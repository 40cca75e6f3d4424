// The wire against the test server: what it sends, how often, and what it says when things go wrong.
#include "wire_bench.h"

using namespace zmig;
using namespace zmig::test;
using std::chrono::milliseconds;

namespace {

const std::string kGet = "sheets.spreadsheets.get";
const std::string kBatch = "sheets.spreadsheets.batchUpdate";

std::string fault(const std::string& op, const std::string& rest) {
  return R"({"match":{"op":")" + op + R"("},)" + rest + "}";
}
std::string always(const std::string& op, const std::string& rest) {
  return R"({"match":{"op":")" + op + R"(","times":0},)" + rest + "}";
}

struct Told {
  Errc code;
  std::string zm, message, help;
  Effect effect;
  bool operator==(const Told&) const = default;
};
Told told(const Result<gsheet::Answer>& answer) {
  REQUIRE_FALSE(answer.has_value());
  const Error& error = answer.error();
  return {error.code, error.zm, error.message, error.help, error.effect};
}
std::ostream& operator<<(std::ostream& out, const Told& t) {
  return out << t.zm << " | " << t.message << " | " << t.help << " | "
             << (t.effect == Effect::unknown ? "unknown" : "none");
}

}  // namespace

TEST_CASE("gsheet wire: a read and a write cost one call each, and one token") {
  WireBench bench;
  REQUIRE(bench.read().has_value());
  REQUIRE(bench.write().has_value());
  CHECK(bench.sent("token") == 1);
  CHECK(bench.sent(kGet) == 1);
  CHECK(bench.sent(kBatch) == 1);
  CHECK(bench.commits() == 1);
  const gsheet::Calls calls = bench.wire().calls();
  CHECK(calls.reads == 1);
  CHECK(calls.writes == 1);
  CHECK(calls.retries == 0);
  CHECK(bench.wire().account() == kMail);
  CHECK(bench.slept() == milliseconds(0));
}

TEST_CASE("gsheet wire: what may be repeated is repeated until it works, and costs only time") {
  const std::string how =
      GENERATE(as<std::string>(), R"("phase":"before","action":"status","status":429)",
               R"("phase":"before","action":"status","status":403,"details":[{"reason":"RATE_LIMIT_EXCEEDED"}])");
  WireBench bench;
  bench.faults(R"([{"match":{"op":")" + kBatch + R"(","times":2},)" + how + "}]");
  INFO(how);
  REQUIRE(bench.write().has_value());
  CHECK(bench.sent(kBatch) == 3);
  CHECK(bench.commits() == 1);
  CHECK(bench.wire().calls().writes == 3);
  CHECK(bench.wire().calls().retries == 2);
  CHECK(bench.slept() >= milliseconds(3000));
  CHECK(bench.slept() <= milliseconds(5000));
}

TEST_CASE("gsheet wire: a read is asked again whatever became of it") {
  const std::string how = GENERATE(
      as<std::string>(), R"("phase":"before","action":"status","status":500)",
      R"("phase":"before","action":"status","status":502)", R"("phase":"before","action":"status","status":503)",
      R"("phase":"before","action":"status","status":503,"body":"empty")",
      R"("phase":"before","action":"status","status":504)", R"("phase":"before","action":"status","status":408)",
      R"("phase":"before","action":"reset")", R"("phase":"before","action":"close")",
      R"("phase":"body","action":"truncate","n":10)",
      R"("phase":"after","action":"status","status":200,"body":"garbage")",
      R"("phase":"after","action":"status","status":200,"body":"html")",
      R"("phase":"after","action":"status","status":200,"body":"empty")");
  WireBench bench;
  bench.faults(fault(kGet, how));
  INFO(how);
  const auto answer = bench.read();
  INFO((answer.has_value() ? "" : answer.error().message));
  REQUIRE(answer.has_value());
  // On a connection that was used before, libcurl repeats a read by itself.
  CHECK(bench.sent(kGet) == 2);
  CHECK((bench.slept() >= milliseconds(1000)) == (bench.wire().calls().reads == 2));
}

TEST_CASE("gsheet wire: a write without a whole answer is never sent again, and says that nobody knows") {
  struct Case {
    std::string how;
    std::size_t commits;
  };
  const Case at = GENERATE(values<Case>({{R"("phase":"before","action":"status","status":500)", 0},
                                         {R"("phase":"after","action":"status","status":500)", 1},
                                         {R"("phase":"after","action":"status","status":502)", 1},
                                         {R"("phase":"after","action":"status","status":503)", 1},
                                         {R"("phase":"after","action":"status","status":504)", 1},
                                         {R"("phase":"after","action":"status","status":408)", 1},
                                         {R"("phase":"after","action":"reset")", 1},
                                         {R"("phase":"after","action":"close")", 1},
                                         {R"("phase":"body","action":"truncate","n":3)", 1},
                                         {R"("phase":"after","action":"status","status":200,"body":"garbage")", 1},
                                         {R"("phase":"after","action":"status","status":200,"body":"empty")", 1},
                                         {R"("phase":"before","action":"redirect")", 0}}));
  WireBench bench;
  bench.faults(fault(kBatch, at.how));
  INFO(at.how);
  const auto answer = bench.write();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().effect == Effect::unknown);
  CHECK(answer.error().zm == "ZM0403");
  CHECK(bench.wire().calls().writes == 1);
  CHECK(bench.sent(kBatch) == 1);
  CHECK(bench.commits() == at.commits);
  CHECK(bench.slept() == milliseconds(0));
}

TEST_CASE("gsheet wire: a server that hangs costs the time limit and no more") {
  WireBench bench;
  bench.options_.request_timeout = milliseconds(150);
  bench.faults(fault(kBatch, R"("phase":"after","action":"hang")"));
  REQUIRE(bench.wire().call({"GET", "/v4/spreadsheets/" + bench.id_ + "?fields=spreadsheetId", "", false}).has_value());
  const auto answer = bench.write();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().effect == Effect::unknown);
  CHECK(answer.error().message.starts_with("no whole answer came: Operation timed out after "));
  CHECK(bench.commits() == 1);
}

TEST_CASE("gsheet wire: what the service refuses for good has its own message, and is asked once") {
  struct Case {
    std::string how;
    Told told;
  };
  const Case at = GENERATE(values<Case>({
      {R"("phase":"before","action":"status","status":403)",
       {Errc::denied, "ZM0485",
        kMail + " has no right to change the spreadsheet \"ID\": The caller does not have permission",
        "share the spreadsheet with " + kMail + ", as editor if zmig is to write", Effect::none}},
      {R"("phase":"before","action":"status","status":403,"message":"Google Sheets API has not been used in project 7 before or it is disabled.","details":[{"reason":"SERVICE_DISABLED","metadata":{"activationUrl":"https://console.developers.google.com/x"}}])",
       {Errc::denied, "ZM0486",
        "the Google Sheets API is not switched on: Google Sheets API has not been used in project 7 before or it is "
        "disabled.",
        "switch it on: https://console.developers.google.com/x", Effect::none}},
      {R"("phase":"before","action":"status","error":"scopeInsufficient")",
       {Errc::denied, "ZM0495", "the credentials from file KEY do not cover writing to spreadsheets",
        "make the token with the scope https://www.googleapis.com/auth/spreadsheets", Effect::none}},
      {R"("phase":"before","action":"status","status":403,"body":"html")",
       {Errc::denied, "ZM0493", "somebody on the way to Google refuses the call (403, and no answer of Google)",
        "look at proxies and firewalls between this machine and googleapis.com", Effect::none}},
      {R"("phase":"before","action":"status","status":400,"message":"Invalid requests[3].updateCells: No grid with id: 7")",
       {Errc::conflict, "ZM0492", "Google refuses the request: Invalid requests[3].updateCells: No grid with id: 7",
        "nothing was written; the same request is not sent again", Effect::none}},
      {R"("phase":"before","action":"status","status":409)",
       {Errc::conflict, "ZM0492", "Google refuses the request: The operation was aborted.",
        "nothing was written; the same request is not sent again", Effect::none}},
      {R"("phase":"before","action":"status","status":413,"body":"html")",
       {Errc::conflict, "ZM0492", "the request was refused (413), and the answer is not Google's",
        "look at what is between this machine and googleapis.com; nothing was written", Effect::none}},
      {R"("phase":"before","action":"status","status":404)",
       {Errc::not_found, "ZM0487", "there is no spreadsheet \"ID\": Requested entity was not found.",
        "compare the id with the address in the browser; it may also not be shared with " + kMail, Effect::none}},
  }));
  WireBench bench;
  bench.faults(fault(kBatch, at.how));
  Told wanted = at.told;
  const auto fill = [](std::string& text, const std::string& what, const std::string& with) {
    if (const auto found = text.find(what); found != std::string::npos) text.replace(found, what.size(), with);
  };
  fill(wanted.message, "\"ID\"", "\"" + bench.id_ + "\"");
  fill(wanted.message, "KEY", bench.options_.credentials_name);
  CHECK(told(bench.write()) == wanted);
  CHECK(bench.wire().calls().writes == 1);
  CHECK(bench.slept() == milliseconds(0));
}

TEST_CASE("gsheet wire: the request that Google names is the place of the error") {
  WireBench bench;
  const auto answer = bench.wire().call({"POST", "/v4/spreadsheets/" + bench.id_ + ":batchUpdate",
                                         R"({"requests":[{"deleteSheet":{"sheetId":77}}]})", true});
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message == "Google refuses the request: Invalid requests[0].deleteSheet: No grid with id: 77");
  CHECK(answer.error().place == "requests[0].deleteSheet");
}

TEST_CASE("gsheet wire: the test server refuses a request that the discovery document does not know") {
  WireBench bench;
  const auto answer = bench.wire().call({"POST", "/v4/spreadsheets/" + bench.id_ + ":batchUpdate",
                                         R"({"requests":[{"deleteSheet":{"sheetId":"0","nonsense":1}}]})", true});
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().zm == "ZM0492");
  CHECK(bench.taken_complaints() ==
        std::vector<std::string>{"request of sheets.spreadsheets.batchUpdate: Invalid value at "
                                 "'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"0\""});
}

TEST_CASE("gsheet wire: an Office file is named as one") {
  WireBench bench;
  auto& file = bench.runtime_.service().world().create("old.xlsx", sheets_server::kSpreadsheetMime, kMail);
  file.office = true;
  const auto answer = bench.write_to(file.id);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().zm == "ZM0494");
  CHECK(answer.error().code == Errc::unsupported);
}

TEST_CASE("gsheet wire: a copy that Drive has no room for is asked for once") {
  WireBench bench;
  REQUIRE(bench.runtime_.service().world().settings.set_knob("serviceAccountStorage", "zero"));
  const auto answer = bench.wire().call(
      {"POST", "/drive/v3/files/" + bench.id_ + "/copy?supportsAllDrives=true&fields=id", R"({"name":"copy"})", true});
  CHECK(told(answer) ==
        Told{Errc::denied, "ZM0491",
             "Drive keeps no copy for " + kMail + ": The user's Drive storage quota has been exceeded.",
             "name a folder on a shared drive as `folder` of backup; the backup of the cells needs no Drive",
             Effect::none});
  CHECK(bench.sent("drive.files.copy") == 1);
  CHECK(bench.slept() == milliseconds(0));
}

TEST_CASE("gsheet wire: a spreadsheet that is not there is asked for twice, five seconds apart") {
  WireBench bench;
  const auto answer =
      bench.wire().call({"GET", "/v4/spreadsheets/1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?fields=spreadsheetId", "", false});
  CHECK(told(answer).zm == "ZM0487");
  CHECK(bench.sent(kGet) == 2);
  CHECK(bench.slept() == milliseconds(5000));
}

TEST_CASE("gsheet wire: a spreadsheet of somebody else says who must be given access") {
  WireBench bench;
  auto& file = bench.runtime_.service().world().create("theirs", sheets_server::kSpreadsheetMime, "other@example.com");
  bench.id_ = file.id;
  CHECK(told(bench.read()) ==
        Told{Errc::denied, "ZM0485",
             kMail + " has no access to the spreadsheet \"" + file.id + "\": The caller does not have permission",
             "share the spreadsheet with " + kMail + ", as editor if zmig is to write", Effect::none});
}

TEST_CASE("gsheet wire: quota that stays spent ends the wait, and says when to come back") {
  WireBench bench;
  bench.faults(always(kGet, R"("phase":"before","action":"status","status":429)"));
  const auto answer = bench.read();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Errc::busy);
  CHECK(answer.error().zm == "ZM0405");
  CHECK(answer.error().message == "Google's quota of \"Read requests per minute per user\" (60) is spent");
  CHECK(answer.error().help.starts_with("come back after 2026-01-26T18:2"));
  CHECK(answer.error().retry_after.value_or(milliseconds(0)) >= milliseconds(60'000));
  CHECK(bench.slept() <= milliseconds(600'000));
  CHECK(bench.slept() >= milliseconds(500'000));
}

TEST_CASE("gsheet wire: the real quota of the server is never reached at the configured pace") {
  WireBench bench;
  for (int i = 0; i < 130; ++i) {
    bench.advance(milliseconds(0));  // the server's clock follows what the wire has waited
    REQUIRE(bench.read().has_value());
  }
  CHECK(bench.wire().calls().retries == 0);
  CHECK(bench.slept() >= milliseconds(120'000));
  CHECK(bench.slept() <= milliseconds(121'000));
}

TEST_CASE("gsheet wire: Retry-After is honoured, in seconds and as a date") {
  const std::string when = GENERATE(as<std::string>(), "90", "\"Mon, 26 Jan 2026 18:16:30 GMT\"");
  WireBench bench;
  bench.faults(fault(kBatch, R"("phase":"before","action":"retryAfter","status":429,)" +
                                 std::string(when.front() == '"' ? "\"date\":" : "\"s\":") + when));
  REQUIRE(bench.write().has_value());
  CHECK(bench.slept() == milliseconds(90'000));
}

TEST_CASE("gsheet wire: a Retry-After beyond what the run may wait ends it at once") {
  WireBench bench;
  bench.faults(fault(kBatch, R"("phase":"before","action":"retryAfter","status":429,"s":1800)"));
  const auto answer = bench.write();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().help.starts_with("come back after 2026-01-26T18:45:00Z;"));
  CHECK(answer.error().retry_after == milliseconds(1'800'000));
  CHECK(bench.slept() == milliseconds(0));
}

TEST_CASE("gsheet wire: a pace and a budget of the run are kept") {
  WireBench bench;
  bench.options_.max_rps = 2;
  bench.options_.budget = 3;
  for (int i = 0; i < 3; ++i) REQUIRE(bench.read().has_value());
  CHECK(bench.slept() == milliseconds(1000));
  CHECK(told(bench.read()) == Told{Errc::busy, "ZM0405", "the budget of 3 calls is spent",
                                   "the same command goes on where it stopped; --budget allows more", Effect::none});
  CHECK(bench.sent(kGet) == 3);
}

TEST_CASE("gsheet wire: somebody who asks for a stop does not wait for the service") {
  WireBench bench;
  int looks = 0;
  bench.options_.stop_requested = [&looks] { return ++looks > 4; };
  bench.faults(always(kGet, R"("phase":"before","action":"status","status":503)"));
  const auto answer = bench.read();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message == "stopped on request, while waiting for Google");
  CHECK(answer.error().effect == Effect::none);
  CHECK(bench.slept() <= milliseconds(1000));
}

TEST_CASE("gsheet wire: nobody listens there") {
  WireBench bench;
  bench.options_.endpoint = "http://127.0.0.1:1";
  bench.options_.max_wait = milliseconds(4000);
  const auto answer = bench.write();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().zm == "ZM0410");
  CHECK(answer.error().effect == Effect::none);
  CHECK(bench.slept() >= milliseconds(1000));
}

TEST_CASE("gsheet wire: a redirect is not followed with credentials") {
  WireBench other;
  WireBench bench;
  bench.faults(
      fault(kGet, R"("phase":"before","action":"redirect","to":")" + other.origin_ + R"(/v4/spreadsheets/x")"));
  CHECK(told(bench.read()) == Told{Errc::unsupported, "ZM0493",
                                   "the answer leads elsewhere (302), and credentials follow nothing",
                                   "look at proxies between this machine and googleapis.com", Effect::none});
  CHECK(other.runtime_.control({"GET", "/log?since=0"}).body.empty());
}

TEST_CASE("gsheet wire: members that no client has seen are no news") {
  WireBench bench;
  bench.faults(always(kGet, R"("phase":"before","action":"unknownFields")"));
  CHECK(bench.read().has_value());
}

TEST_CASE("gsheet wire: the log has method, address without values, outcome and sizes") {
  WireBench bench;
  REQUIRE(bench.wire()
              .call({"GET", "/v4/spreadsheets/" + bench.id_ + "?fields=spreadsheetId&ranges=Sheet1%21A1", "", false})
              .has_value());
  REQUIRE(bench.log_.size() == 1);
  CHECK(bench.log_[0].starts_with("GET /v4/spreadsheets/" + bench.id_ + "?fields&ranges 200 out=0 in="));
  CHECK(bench.log_[0].ends_with(" ms=0 attempt=1"));
}

TEST_CASE("gsheet wire: TLS is verified, with the authority that the configuration names") {
  WireBench bench;
  const auto call = [&](const sheets_server::Certificates& cert, const std::string& ca_pem) {
    auto front_options = WireBench::front_options();
    front_options.cert_file = bench.write_file("srv.pem", cert.cert_pem);
    front_options.key_file = bench.write_file("srv.key", cert.key_pem);
    sheets_server::Front front(bench.runtime_, front_options);
    REQUIRE(front.start().empty());
    bench.options_.endpoint = "https://localhost:" + std::to_string(front.port());
    bench.options_.ca_file = ca_pem.empty() ? "" : bench.write_file("ca.pem", ca_pem);
    bench.wire_.reset();
    auto answer = bench.read();
    bench.wire_.reset();
    return answer;
  };
  const auto good = sheets_server::new_certificates({"localhost"});
  const auto other = sheets_server::new_certificates({"sheets.googleapis.com"});
  REQUIRE(good.has_value());
  REQUIRE(other.has_value());
  CHECK(call(*good, good->ca_pem).has_value());
  CHECK(told(call(*good, other->ca_pem)).zm == "ZM0490");   // signed by somebody else
  CHECK(told(call(*good, "")).zm == "ZM0490");              // not known to this machine
  CHECK(told(call(*other, other->ca_pem)).zm == "ZM0490");  // another name
  CHECK(told(call(*good, "no certificate")).zm == "ZM0490");
  CHECK(bench.slept() == milliseconds(0));
}
