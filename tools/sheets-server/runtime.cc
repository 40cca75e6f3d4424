// A request on its way: the rules that hit it, before and after it is applied, and its line in the log.
#include "runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <regex>

namespace sheets_server {

namespace {

void note(Exchange& exchange, const FaultRule& rule, const std::string& what = {}) {
  const auto add = [](std::string& to, const std::string& word) {
    if (!to.empty()) to += '+';
    to += word;
  };
  add(exchange.phase, rule.phase);
  add(exchange.action, what.empty() ? rule.action : what);
}

HttpResponse redirection(const FaultRule& rule) {
  HttpResponse out;
  out.status = static_cast<int>(rule.parameter("status", 302));
  out.headers.emplace_back("Location", text_of(rule.parameters, "to", "http://127.0.0.1:9/"));
  return out;
}

// status, retryAfter, redirect: the answer instead of the service's; false: the rule is none of these.
bool answer_of(const FaultRule& rule, const Exchange& exchange, HttpResponse& out) {
  if (rule.action == "redirect") {
    out = redirection(rule);
    return true;
  }
  if (rule.action != "status" && rule.action != "retryAfter") return false;
  Json parameters = rule.parameters;
  if (rule.action == "retryAfter") {
    const Json* wait = find(parameters, parameters.contains("date") ? "date" : "s");
    parameters["retryAfter"] = wait != nullptr ? *wait : Json(1);
    if (!parameters.contains("status")) parameters["status"] = 503;
  }
  out = invented_answer(parameters, exchange.op, is_write(exchange.op));
  return true;
}

bool breaks_off(const FaultRule& rule) {
  return rule.action == "hang" || rule.action == "reset" || rule.action == "close";
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_ms) {
  static constexpr std::array kDays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string text = time_text(unix_ms);  // 1994-11-06T08:49:37.000Z
  const auto day = static_cast<std::size_t>(unix_ms / 86400000 % 7);
  const auto month = static_cast<std::size_t>(std::atoi(text.substr(5, 2).c_str()) - 1);
  return fmt::format("{}, {} {} {} {} GMT", kDays[day], text.substr(8, 2), kMonths[month], text.substr(0, 4),
                     text.substr(11, 8));
}

bool is_sheets_read(const std::string& op) { return op.rfind("sheets.", 0) == 0 && !is_write(op); }

}  // namespace

std::vector<FaultRule> Runtime::matching(const Exchange& exchange) {
  std::vector<FaultRule> out;
  for (FaultRule& rule : rules_) {
    if (rule.phase == "accept") continue;
    if (!rule.method.empty() && rule.method != exchange.method) continue;
    if (!rule.op.empty() && rule.op != exchange.op) continue;
    if (!rule.request_kind.empty() &&
        std::find(exchange.kinds.begin(), exchange.kinds.end(), rule.request_kind) == exchange.kinds.end())
      continue;
    if (!rule.path_regex.empty() && !std::regex_search(exchange.path, std::regex(rule.path_regex))) continue;
    if (rule.strikes()) out.push_back(rule);
  }
  return out;
}

bool Runtime::act(const FaultRule& rule, const HttpRequest& request, Exchange& exchange) {
  const std::string& what = rule.action;
  World& world = service_.world();
  if (what == "tokenExpire") {
    service_.auth().expire(request.authorization);
  } else if (what == "tokenRevoke") {
    service_.auth().revoke();
  } else if (what == "tokenEndpointDown") {
    service_.auth().endpoint_down = true;
  } else if (what == "clockSkew") {
    service_.auth().skew_ms = rule.parameter("s", 0) * 1000;
  } else if (what == "quota") {
    Caller caller;
    if (!service_.auth().check(request.authorization, world.clock.now(), caller))
      service_.quota().spend(caller, world.clock.now(), rule.parameter("used", -1));
  } else if (what == "concurrentEdit") {
    const Refusal refusal =
        service_.edit(text_of(rule.parameters, "spreadsheetId", exchange.spreadsheet),
                      text_of(rule.parameters, "as", "human@example.com"), member(rule.parameters, "requests"));
    note(exchange, rule, refusal ? "concurrentEdit refused: " + refusal->message : what);
    return true;
  } else {
    return false;
  }
  note(exchange, rule);
  return true;
}

void Runtime::before(Plan& plan, const FaultRule& rule, const HttpRequest& request) {
  if (act(rule, request, plan.exchange)) return;
  const std::string& what = rule.action;
  note(plan.exchange, rule);
  plan.answered = plan.answered || answer_of(rule, plan.exchange, plan.response);
  if (what == "delay") {
    plan.wait_before_ms += rule.parameter("ms", 0);
  } else if (breaks_off(rule)) {
    plan.wire.break_off(what, false, -1);
    plan.answered = true;
  } else if (what == "duplicate") {
    plan.duplicate = true;
    plan.second_answers = text_of(rule.parameters, "answer", "first") == "second";
  } else if (what == "late") {
    plan.late_ms = rule.parameter("ms", 0);
    plan.response = invented_answer(Json{{"status", 504}}, plan.exchange.op, true);
    plan.answered = true;
  } else if (what == "staleRead") {
    stale_reads_ += rule.parameter("n", 1);
  } else if (what == "unknownFields") {
    plan.bend.unknown_fields = true;
  } else if (what == "partialList") {
    plan.bend.partial_list = true;
  } else if (what == "internalOnInvalid") {
    plan.bend.internal_on_invalid = true;
  } else if (what == "emptyRead") {
    (text_of(rule.parameters, "what", "cells") == "sheets" ? plan.bend.no_sheets : plan.bend.empty_read) = true;
  }
}

void Runtime::after(Plan& plan, const FaultRule& rule, const HttpRequest& request) {
  if (act(rule, request, plan.exchange)) return;
  const std::string& what = rule.action;
  const bool in_body = rule.phase == "body";
  note(plan.exchange, rule);
  if (answer_of(rule, plan.exchange, plan.response)) return;
  if (what == "delay") (in_body ? plan.wire.pause_ms : plan.wait_after_ms) += rule.parameter("ms", 0);
  if (breaks_off(rule)) plan.wire.break_off(what, in_body, rule.parameter("n", -1));
  if (what == "late") plan.late_ms = rule.parameter("ms", 0);
  if (what == "staleRead") stale_reads_ += rule.parameter("n", 1);
  if (what == "slow") plan.wire.bytes_per_second = std::max<std::int64_t>(rule.parameter("bytesPerSecond", 1), 1);
  if (what == "truncate") {
    const std::string variant = text_of(rule.parameters, "variant", "length");
    plan.wire.break_off("close", true, rule.parameter("n", -1));
    plan.wire.framing = variant == "chunked" ? Wire::Framing::chunked : Wire::Framing::length;
    plan.wire.gzip = variant == "gzip";
  }
}

std::optional<Plan> Runtime::accept() {
  const std::lock_guard lock(mutex_);
  std::optional<Plan> plan;
  for (FaultRule& rule : rules_) {
    if (rule.phase != "accept" || !rule.strikes()) continue;
    if (!plan) plan.emplace();
    note(plan->exchange, rule);
    if (breaks_off(rule)) plan->wire.break_off(rule.action, false, -1);
    if (rule.action == "delay") plan->wait_before_ms += rule.parameter("ms", 0);
  }
  if (plan) {
    plan->exchange.time_ms = service_.world().clock.now();
    record(plan->exchange);
  }
  return plan;
}

Plan Runtime::begin(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  Plan plan;
  service_.describe(request, plan.exchange);
  plan.wait_before_ms = latency_ms;
  for (const FaultRule& rule : matching(plan.exchange)) {
    if (rule.phase == "before")
      before(plan, rule, request);
    else
      plan.after.push_back(rule);
  }
  if (!plan.answered && stale_reads_ > 0 && is_sheets_read(plan.exchange.op)) {
    --stale_reads_;
    plan.bend.stale = true;
  }
  return plan;
}

void Runtime::record(Exchange& exchange) {
  exchange.number = count(log_) + 1;
  exchange.body = nullptr;
  if (!log_file.empty()) std::ofstream(log_file, std::ios::app) << exchange.to_json().dump() << '\n';
  log_.push_back(exchange);
}

void Runtime::finish(Plan& plan, const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  handle(plan, request);
  // Like Google's front end on every answer; the clock of the token endpoint is the one that a fault sets wrong.
  plan.response.headers.emplace_back("Date", http_date(service_.world().clock.now() + service_.auth().skew_ms));
}

void Runtime::handle(Plan& plan, const HttpRequest& request) {
  if (!plan.answered) {
    plan.response = service_.handle(request, plan.bend, plan.exchange);
    for (const FaultRule& rule : plan.after) after(plan, rule, request);
  } else {
    plan.exchange.time_ms = service_.world().clock.now();
  }
  plan.exchange.status = plan.wire.silent ? 0 : plan.response.status;
  const std::string phase = plan.exchange.phase;
  const std::string action = plan.exchange.action;
  record(plan.exchange);
  if (!plan.duplicate || plan.answered) return;
  Exchange again;
  again.phase = phase;
  again.action = action;
  HttpResponse second = service_.handle(request, plan.bend, again);
  record(again);
  if (plan.second_answers) plan.response = std::move(second);
}

void Runtime::apply_late(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  Exchange exchange;
  exchange.phase = "late";
  exchange.action = "late";
  service_.handle(request, {}, exchange);
  record(exchange);
}

}  // namespace sheets_server
