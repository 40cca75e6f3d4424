#pragma once
/// A server in the process: every answer is checked against the discovery document.

#include <sstream>
#include <string>
#include <vector>

#include "runtime.h"
#include "service.h"
#include "support/catch.h"

namespace sheets_server {

class Bench {
 public:
  Bench() : service(options()) {
    service.quota().mode = QuotaMode::off;
    service.world().settings.check_answers = true;
  }

  struct Answer {
    int status = 0;
    Json body;
    std::string text;
  };

  Answer call(const std::string& method, const std::string& target, const Json& body = nullptr) {
    return send(method, target, body.is_null() ? "" : body.dump());
  }
  Answer send(const std::string& method, const std::string& target, const std::string& body) {
    HttpRequest request{method, target};
    request.body = body;
    request.authorization = "Bearer " + token;
    const HttpResponse response = service.handle(request);
    Answer out{response.status, Json::parse(response.body, nullptr, false), response.body};
    INFO(target << " " << response.body);
    for (const std::string& complaint : service.world().complaints) CHECK(complaint.rfind("request ", 0) == 0);
    return out;
  }
  /// A new spreadsheet; its id.
  std::string create() {
    return text_of(call("POST", "/v4/spreadsheets", Json{{"properties", Json{{"title", "T"}}}}).body, "spreadsheetId");
  }
  Answer batch(const std::string& id, const Json& requests) {
    Json body = object();
    body["requests"] = requests;
    return call("POST", "/v4/spreadsheets/" + id + ":batchUpdate", body);
  }
  Answer batch_text(const std::string& id, const std::string& requests) {
    return send("POST", "/v4/spreadsheets/" + id + ":batchUpdate", "{\"requests\":[" + requests + "]}");
  }
  Answer put(const std::string& id, const std::string& range, const std::string& values,
             const char* input = "USER_ENTERED") {
    return send("PUT", "/v4/spreadsheets/" + id + "/values/" + range + "?valueInputOption=" + input,
                "{\"values\":" + values + "}");
  }
  std::string values(const std::string& id, const std::string& range, const std::string& query = "") {
    return member(call("GET", "/v4/spreadsheets/" + id + "/values/" + range + query).body, "values").dump();
  }
  static std::string message(const Answer& answer) { return text_of(member(answer.body, "error"), "message"); }

  static Options options() {
    Options out;
    out.seed = 3;
    out.clock_start_ms = 1760000000000;
    out.clock_step = true;
    return out;
  }

  Service service;
  std::string token = "t";
};

/// A server with its faults and its control plane, without sockets, and one spreadsheet in it.
class Desk {
 public:
  Desk() : runtime(Bench::options()) {
    runtime.service().quota().mode = QuotaMode::off;
    runtime.service().world().settings.check_answers = true;
    id = runtime.service().world().create("T", kSpreadsheetMime, Caller{}.email).id;
  }

  /// One exchange; waits are not waited for, a late request is applied by `runtime.apply_late`.
  Plan ask(const std::string& method, const std::string& target, const std::string& body = "") {
    const HttpRequest sent = request(method, target, body);
    Plan plan = runtime.begin(sent);
    runtime.finish(plan, sent);
    return plan;
  }
  static HttpRequest request(const std::string& method, const std::string& target, const std::string& body = "") {
    HttpRequest out{method, target};
    out.body = body;
    out.authorization = "Bearer t";
    return out;
  }
  /// A batch that can be applied once only.
  HttpRequest stamp() const { return request("POST", batch_path(), kStamp); }
  Plan write() { return ask("POST", batch_path(), kStamp); }
  Plan read() { return ask("GET", "/v4/spreadsheets/" + id); }
  std::string batch_path() const { return "/v4/spreadsheets/" + id + ":batchUpdate"; }

  Json control(const std::string& method, const std::string& target, const std::string& body = "") {
    const HttpResponse response = runtime.control(request(method, target, body));
    status = response.status;
    return Json::parse(response.body, nullptr, false);
  }
  /// Rules that must be accepted.
  void faults(const std::string& rules) {
    control("POST", "/faults", rules);
    REQUIRE(status == 200);
  }
  std::vector<Json> log() {
    std::vector<Json> out;
    std::istringstream lines(runtime.control(request("GET", "/log")).body);
    std::string line;
    while (std::getline(lines, line)) out.push_back(Json::parse(line));
    return out;
  }
  std::int64_t commits() {
    std::int64_t out = 0;
    for (const Json& line : log()) out += flag(line, "committed") ? 1 : 0;
    return out;
  }
  const File& file() { return *runtime.service().world().file(id); }
  /// Commits of the spreadsheet, also while the threads of a front are at work.
  std::int64_t changes() {
    const auto held = runtime.hold();
    return file().changes;
  }

  Runtime runtime;
  std::string id;
  int status = 0;  ///< of the last control call

 private:
  static constexpr const char* kStamp =
      R"({"requests":[{"createDeveloperMetadata":{"developerMetadata":{"metadataId":5000001,"metadataKey":"k","visibility":"DOCUMENT","location":{"spreadsheet":true}}}}]})";
};

}  // namespace sheets_server
