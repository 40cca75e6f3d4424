#pragma once
/// A server in the process: every answer is checked against the discovery document.

#include <string>

#include "service.h"
#include "support/catch.h"

namespace sheets_server {

class Bench {
 public:
  Bench() : service(options()) { service.quota().mode = QuotaMode::off; }

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
    const std::string op = route(method, target).op;
    if (response.status < 300 && !out.body.is_discarded() && op != "drive2.upload") {
      Json copy = out.body;
      const Refusal refusal = service.discovery().check(copy, service.response_schema(op), Reading::answer);
      INFO(target << " " << (refusal ? refusal->message : "") << " " << response.body);
      CHECK_FALSE(static_cast<bool>(refusal));
    }
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

}  // namespace sheets_server
