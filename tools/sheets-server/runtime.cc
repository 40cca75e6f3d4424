#include "runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

namespace sheets_server {

namespace {

std::vector<std::string> kinds_of(const HttpRequest& request) {
  std::vector<std::string> out;
  const Json body = Json::parse(request.body, nullptr, false);
  for (const Json& item : member(body, "requests"))
    if (item.is_object() && !item.empty()) out.push_back(item.begin().key());
  return out;
}

// An answer that a fault invents.
HttpResponse invented(const Json& parameters, bool drive) {
  ApiError error;
  error.code = int_of(parameters, "status", 500);
  struct Known {
    int code;
    const char* status;
    const char* text;
  };
  static constexpr Known kKnown[] = {
      {400, "INVALID_ARGUMENT", "Request contains an invalid argument."},
      {401, "UNAUTHENTICATED", "Request had invalid authentication credentials."},
      {403, "PERMISSION_DENIED", "The caller does not have permission"},
      {404, "NOT_FOUND", "Requested entity was not found."},
      {408, "DEADLINE_EXCEEDED", "The request timed out."},
      {409, "ABORTED", "The operation was aborted."},
      {413, "INVALID_ARGUMENT", "Request entity too large."},
      {429, "RESOURCE_EXHAUSTED",
       "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' of service "
       "'sheets.googleapis.com' for consumer 'project_number:1'."},
      {500, "INTERNAL", "Internal error encountered."},
      {502, "UNAVAILABLE", "Bad gateway."},
      {503, "UNAVAILABLE", "The service is currently unavailable."},
      {504, "DEADLINE_EXCEEDED", "The request timed out."}};
  for (const Known& known : kKnown) {
    if (known.code != error.code) continue;
    error.status = known.status;
    error.message = known.text;
  }
  HttpResponse out;
  out.status = error.code;
  const bool html_by_itself = error.code == 502 || error.code == 504;  // Google's front end, not the API
  const std::string body = text_of(parameters, "body", html_by_itself ? "html" : "json");
  if (body == "html") {
    out.content_type = "text/html; charset=UTF-8";
    out.body =
        fmt::format("<!DOCTYPE html>\n<html lang=en>\n  <title>Error {0} (Server Error)!!1</title>\n  <p><b>{0}.</b>\n",
                    error.code);
  } else if (body == "garbage") {
    out.body = "{\"spreadsheetId\": \"\x01\xff";
  } else if (body == "json") {
    out.body = print(error_body(error, drive), true);
  }
  if (const Json* wait = find(parameters, "retryAfter"))
    out.headers.emplace_back("Retry-After", wait->is_string() ? wait->get<std::string>() : wait->dump());
  return out;
}

const std::set<std::string>& actions() {
  static const std::set<std::string> kActions = {"status",
                                                 "delay",
                                                 "hang",
                                                 "reset",
                                                 "close",
                                                 "truncate",
                                                 "slow",
                                                 "duplicate",
                                                 "late",
                                                 "staleRead",
                                                 "tokenExpire",
                                                 "tokenRevoke",
                                                 "tokenEndpointDown",
                                                 "clockSkew",
                                                 "quota",
                                                 "concurrentEdit",
                                                 "unknownFields",
                                                 "partialList",
                                                 "internalOnInvalid",
                                                 "retryAfter",
                                                 "emptyRead",
                                                 "redirect"};
  return kActions;
}

HttpResponse json_response(int status, const Json& body) {
  HttpResponse out;
  out.status = status;
  out.body = print(body, true);
  return out;
}

}  // namespace

Json FaultRule::to_json() const {
  Json match = object();
  if (!method.empty()) match["method"] = method;
  if (!path_regex.empty()) match["pathRegex"] = path_regex;
  if (!op.empty()) match["op"] = op;
  if (!request_kind.empty()) match["requestKind"] = request_kind;
  match["nth"] = nth;
  match["times"] = times;
  Json out = parameters;
  out["match"] = std::move(match);
  out["phase"] = phase;
  out["action"] = action;
  out["seen"] = seen;
  out["hit"] = hit;
  return out;
}

Refusal Runtime::read_rules(const Json& body) {
  const Json list = body.is_array() ? body : Json::array({body});
  std::vector<FaultRule> rules;
  for (const Json& item : list) {
    if (!item.is_object()) return invalid("a rule is an object");
    FaultRule rule;
    const Json& match = member(item, "match");
    rule.method = text_of(match, "method");
    rule.path_regex = text_of(match, "pathRegex");
    rule.op = text_of(match, "op");
    rule.request_kind = text_of(match, "requestKind");
    rule.nth = int_of(match, "nth", 1);
    rule.times = int_of(match, "times", 1);
    rule.phase = text_of(item, "phase", "before");
    rule.action = text_of(item, "action");
    rule.parameters = item;
    for (const char* name : {"match", "phase", "action"}) rule.parameters.erase(name);
    if (actions().count(rule.action) == 0) return invalid(fmt::format("no action \"{}\"", rule.action));
    if (rule.phase != "accept" && rule.phase != "before" && rule.phase != "after" && rule.phase != "body")
      return invalid(fmt::format("no phase \"{}\"", rule.phase));
    try {
      const std::regex probe(rule.path_regex);
    } catch (const std::regex_error&) { return invalid("pathRegex is no regular expression"); }
    rules.push_back(std::move(rule));
  }
  rules_ = std::move(rules);
  return {};
}

std::vector<std::size_t> Runtime::matching(const HttpRequest& request, const std::string& op,
                                           const std::vector<std::string>& kinds) {
  std::vector<std::size_t> out;
  const std::string path = request.target.substr(0, request.target.find('?'));
  for (std::size_t n = 0; n < rules_.size(); ++n) {
    FaultRule& rule = rules_[n];
    if (!rule.method.empty() && rule.method != request.method) continue;
    if (!rule.op.empty() && rule.op != op) continue;
    if (!rule.request_kind.empty() && std::find(kinds.begin(), kinds.end(), rule.request_kind) == kinds.end()) continue;
    if (!rule.path_regex.empty() && !std::regex_search(path, std::regex(rule.path_regex))) continue;
    ++rule.seen;
    if (rule.seen < rule.nth || (rule.times != 0 && rule.seen >= rule.nth + rule.times)) continue;
    ++rule.hit;
    out.push_back(n);
  }
  return out;
}

void Runtime::before(Plan& plan, const FaultRule& rule) {
  const std::string& what = rule.action;
  plan.exchange.phase = rule.phase;
  plan.exchange.action = what;
  const bool drive = plan.exchange.op.rfind("drive", 0) == 0;
  if (what == "status" || what == "retryAfter") {
    Json parameters = rule.parameters;
    if (what == "retryAfter") {
      parameters["retryAfter"] = parameters.contains("date") ? parameters["date"]
                                 : parameters.contains("s")  ? parameters["s"]
                                                             : Json(1);
      if (!parameters.contains("status")) parameters["status"] = 503;
    }
    plan.response = invented(parameters, drive);
    plan.answered = true;
  } else if (what == "redirect") {
    plan.response = {};
    plan.response.status = 302;
    plan.response.headers.emplace_back("Location", text_of(rule.parameters, "to", "http://127.0.0.1:9/"));
    plan.answered = true;
  } else if (what == "delay") {
    plan.wait_before_ms += int_of(rule.parameters, "ms");
  } else if (what == "hang" || what == "reset" || what == "close") {
    plan.answered = true;
    (what == "hang" ? plan.hang : what == "reset" ? plan.reset : plan.close) = true;
  } else if (what == "duplicate") {
    plan.duplicate = true;
  } else if (what == "late") {
    plan.late_ms = int_of(rule.parameters, "ms");
    plan.response = invented(Json{{"status", 504}}, drive);
    plan.answered = true;
  } else if (what == "staleRead") {
    plan.bend.stale = true;
  } else if (what == "unknownFields") {
    plan.bend.unknown_fields = true;
  } else if (what == "partialList") {
    plan.bend.partial_list = true;
  } else if (what == "internalOnInvalid") {
    plan.bend.internal_on_invalid = true;
  } else if (what == "emptyRead") {
    plan.bend.empty_read = true;
  } else if (what == "tokenExpire") {
    service_.auth().expire_all();
  } else if (what == "tokenRevoke") {
    service_.auth().revoke();
  } else if (what == "tokenEndpointDown") {
    service_.auth().endpoint_down = true;
  } else if (what == "clockSkew") {
    service_.auth().skew_ms = static_cast<std::int64_t>(int_of(rule.parameters, "s")) * 1000;
  }
}

void Runtime::after(Plan& plan, const FaultRule& rule) {
  const std::string& what = rule.action;
  plan.exchange.phase = rule.phase;
  plan.exchange.action = what;
  if (what == "status") plan.response = invented(rule.parameters, plan.exchange.op.rfind("drive", 0) == 0);
  if (what == "delay") plan.wait_after_ms += int_of(rule.parameters, "ms");
  if (what == "hang") plan.hang = true;
  if (what == "reset") plan.reset = true;
  if (what == "close") plan.close = true;
  if (what == "truncate") plan.truncate = int_of(rule.parameters, "n");
  if (what == "slow") plan.bytes_per_second = std::max(int_of(rule.parameters, "bytesPerSecond", 1), 1);
}

Plan Runtime::begin(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  Plan plan;
  const Route where = route(request.method, request.target);
  plan.exchange.op = where.op;
  plan.wait_before_ms = latency_ms;
  for (const std::size_t n :
       matching(request, where.op, rules_.empty() ? std::vector<std::string>{} : kinds_of(request))) {
    const FaultRule rule = rules_[n];
    if (rule.phase == "after" || rule.phase == "body") {
      plan.after.push_back(n);
      continue;
    }
    if (rule.action == "concurrentEdit") {
      const auto id = where.path.find("spreadsheetId");
      if (id != where.path.end()) {
        const Refusal refusal = service_.edit(id->second, text_of(rule.parameters, "as", "human@example.com"),
                                              member(rule.parameters, "requests"));
        plan.exchange.action = refusal ? "concurrentEdit refused: " + refusal->message : "concurrentEdit";
        plan.exchange.phase = rule.phase;
      }
      continue;
    }
    if (rule.action == "quota") {
      Caller caller;
      if (!service_.auth().check(request.authorization, service_.world().clock.now(), caller))
        service_.quota().spend(caller, service_.world().clock.now());
    }
    before(plan, rule);
  }
  return plan;
}

void Runtime::record(Exchange& exchange) {
  exchange.number = count(log_) + 1;
  if (!log_file.empty()) std::ofstream(log_file, std::ios::app) << exchange.to_json().dump() << '\n';
  log_.push_back(exchange);
}

void Runtime::finish(Plan& plan, const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  if (plan.answered) {
    plan.exchange.time_ms = service_.world().clock.now();
    plan.exchange.client = request.client;
    plan.exchange.method = request.method;
    plan.exchange.path = request.target.substr(0, request.target.find('?'));
    plan.exchange.status = plan.response.status;
    record(plan.exchange);
    return;
  }
  const std::string phase = plan.exchange.phase;
  const std::string action = plan.exchange.action;
  plan.response = service_.handle(request, plan.bend, plan.exchange);
  for (const std::size_t n : plan.after)
    if (n < rules_.size()) after(plan, rules_[n]);
  plan.exchange.status = plan.response.status;
  record(plan.exchange);
  if (!plan.duplicate) return;
  Exchange again;
  again.phase = phase;
  again.action = action;
  service_.handle(request, plan.bend, again);
  record(again);
}

void Runtime::apply_late(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  Exchange exchange;
  exchange.phase = "before";
  exchange.action = "late";
  service_.handle(request, {}, exchange);
  record(exchange);
}

Refusal Runtime::reset(const Json& body) {
  const Json& what = member(body, "what");
  const auto wants = [&what](const char* name) {
    return what.empty() || std::find(what.begin(), what.end(), name) != what.end();
  };
  World& world = service_.world();
  if (wants("state")) {
    world.files.clear();
    world.deviations.clear();
  }
  if (wants("faults")) rules_.clear();
  if (wants("log")) log_.clear();
  if (wants("counters")) service_.quota().counters = {};
  if (wants("quota")) {
    const auto counters = service_.quota().counters;
    service_.quota().reset();
    service_.quota().counters = counters;
  }
  if (wants("clock")) world.clock = ServerClock(options_.clock_start_ms, options_.clock_step);
  if (wants("tokens")) service_.auth().reset();
  return {};
}

Refusal Runtime::control_call(const HttpRequest& request, Json& answer) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string call = request.method + " " + path;
  const Json body = request.body.empty() ? object() : Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) return invalid("the body is not JSON");
  if (call == "GET /health") {
    answer["ok"] = true;
  } else if (call == "GET /version") {
    answer["name"] = "zmig-sheets-server";
  } else if (call == "POST /faults") {
    SHEETS_TRY(read_rules(body));
    answer["rules"] = rules_.size();
  } else if (call == "GET /faults") {
    Json list = Json::array();
    for (const FaultRule& rule : rules_) list.push_back(rule.to_json());
    answer["rules"] = std::move(list);
  } else if (call == "DELETE /faults") {
    rules_.clear();
  } else if (call == "GET /counters") {
    answer = service_.quota().counters.to_json();
  } else if (call == "POST /reset") {
    return reset(body);
  } else if (call == "POST /clock") {
    ServerClock& clock = service_.world().clock;
    if (const Json* by = find(body, "advanceMs")) clock.advance(by->is_number() ? by->get<std::int64_t>() : 0);
    if (const Json* to = find(body, "setMs")) clock.set(to->is_number() ? to->get<std::int64_t>() : 0);
    answer["now"] = time_text(clock.now());
  } else if (call == "POST /edit") {
    return service_.edit(text_of(body, "spreadsheetId"), text_of(body, "as", "human@example.com"),
                         member(body, "requests"));
  } else if (call == "GET /deviations") {
    answer["rules"] = service_.world().deviations;
  } else {
    return not_implemented("the control call " + call);
  }
  return {};
}

HttpResponse Runtime::control(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const Route where = route(request.method, request.target);
  if (request.method == "GET" && request.target.rfind("/log", 0) == 0) {
    const auto since = static_cast<std::size_t>(std::max(std::atoi(query_value(where.query, "since").c_str()), 0));
    HttpResponse out;
    out.content_type = "application/x-ndjson";
    for (std::size_t n = since; n < log_.size(); ++n) out.body += log_[n].to_json().dump() + "\n";
    return out;
  }
  Json answer = object();
  if (const Refusal refusal = control_call(request, answer))
    return json_response(refusal->code, error_body(*refusal, false));
  return json_response(200, answer);
}

}  // namespace sheets_server
