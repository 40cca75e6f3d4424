#include "faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

#include "quota.h"

namespace sheets_server {

namespace {

// An action, the phases that it knows (the first is the default) and its parameters.
struct Action {
  const char* name;
  std::vector<std::string> phases;
  std::vector<std::string> parameters;
};

const std::vector<Action>& actions() {
  static const std::vector<Action> kActions = {
      {"status", {"before", "after"}, {"status", "body", "retryAfter", "error", "message", "details"}},
      {"delay", {"before", "accept", "after", "body"}, {"ms"}},
      {"hang", {"before", "accept", "after", "body"}, {"n"}},
      {"reset", {"before", "accept", "after", "body"}, {"n"}},
      {"close", {"before", "accept", "after", "body"}, {"n"}},
      {"truncate", {"body"}, {"n", "variant"}},
      {"slow", {"body"}, {"bytesPerSecond"}},
      {"duplicate", {"before"}, {"answer"}},
      {"late", {"before", "after"}, {"ms"}},
      {"staleRead", {"before", "after"}, {"n"}},
      {"tokenExpire", {"before", "after"}, {}},
      {"tokenRevoke", {"before", "after"}, {}},
      {"tokenEndpointDown", {"before", "after"}, {}},
      {"clockSkew", {"before", "after"}, {"s"}},
      {"quota", {"before", "after"}, {"used"}},
      {"concurrentEdit", {"before", "after"}, {"as", "requests", "spreadsheetId"}},
      {"unknownFields", {"before"}, {}},
      {"partialList", {"before"}, {}},
      {"internalOnInvalid", {"before"}, {}},
      {"retryAfter", {"before", "after"}, {"s", "date", "status", "body"}},
      {"emptyRead", {"before"}, {"what"}},
      {"redirect", {"before", "after"}, {"to", "status"}}};
  return kActions;
}

template <class List>
bool has(const List& list, const std::string& word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// Values that a parameter may have, where these are few.
Refusal check_words(const FaultRule& rule) {
  struct Words {
    const char* action;
    const char* name;
    std::vector<std::string> allowed;
  };
  static const std::vector<Words> kWords = {{"status", "body", {"json", "html", "empty", "garbage"}},
                                            {"retryAfter", "body", {"json", "html", "empty", "garbage"}},
                                            {"truncate", "variant", {"length", "chunked", "gzip"}},
                                            {"duplicate", "answer", {"first", "second"}},
                                            {"emptyRead", "what", {"cells", "sheets"}}};
  for (const Words& words : kWords) {
    const Json* value = find(rule.parameters, words.name);
    if (rule.action != words.action || value == nullptr) continue;
    if (!value->is_string() || !has(words.allowed, value->get<std::string>()))
      return invalid(fmt::format("{} of {} is one of {}", words.name, rule.action, fmt::join(words.allowed, ", ")));
  }
  for (const char* name : {"ms", "n", "bytesPerSecond", "used"})
    if (const Json* value = find(rule.parameters, name);
        value != nullptr && (!value->is_number_integer() || value->get<std::int64_t>() < 0))
      return invalid(fmt::format("{} of {} is a whole number that is not negative", name, rule.action));
  return {};
}

Refusal parse_match(const Json& match, FaultRule& rule) {
  static constexpr std::array<const char*, 6> kNames = {"method", "pathRegex", "op", "requestKind", "nth", "times"};
  for (const auto& [name, value] : match.items())
    if (!has(kNames, name)) return invalid(fmt::format("no member \"{}\" of match", name));
  rule.method = text_of(match, "method");
  rule.path_regex = text_of(match, "pathRegex");
  rule.op = text_of(match, "op");
  rule.request_kind = text_of(match, "requestKind");
  rule.nth = int_of(match, "nth", 1);
  rule.times = int_of(match, "times", 1);
  if (rule.nth < 1 || rule.times < 0) return invalid("nth counts from 1, times from 0");
  try {
    const std::regex probe(rule.path_regex);
  } catch (const std::regex_error&) { return invalid("pathRegex is no regular expression"); }
  return {};
}

Refusal parse_rule(const Json& item, FaultRule& rule) {
  if (!item.is_object()) return invalid("a rule is an object");
  SHEETS_TRY(parse_match(member(item, "match"), rule));
  rule.action = text_of(item, "action");
  rule.parameters = item;
  for (const char* name : {"match", "phase", "action"}) rule.parameters.erase(name);
  const auto& all = actions();
  const auto action = std::find_if(all.begin(), all.end(), [&rule](const Action& a) { return rule.action == a.name; });
  if (action == all.end()) return invalid(fmt::format("no action \"{}\"", rule.action));
  rule.phase = text_of(item, "phase", action->phases.front());
  if (!has(action->phases, rule.phase))
    return invalid(
        fmt::format("{} knows the phases {}, not \"{}\"", rule.action, fmt::join(action->phases, ", "), rule.phase));
  for (const auto& [name, value] : rule.parameters.items())
    if (!has(action->parameters, name)) return invalid(fmt::format("{} has no parameter \"{}\"", rule.action, name));
  const bool looks = !(rule.method + rule.path_regex + rule.op + rule.request_kind).empty();
  if (rule.phase == "accept" && looks)
    return invalid("phase accept comes before the request is read: match may only have nth and times");
  return check_words(rule);
}

// What the API itself says with this code, or what `error` names.
struct Known {
  const char* name;
  int code;
  const char* status;
  const char* text;
  const char* reason;
  const char* domain;
};
constexpr Known kKnown[] = {
    {"serviceDisabled", 403, "PERMISSION_DENIED",
     "Google Sheets API has not been used in project 1 before or it is disabled. Enable it by visiting "
     "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=1 then retry. If you "
     "enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
     "SERVICE_DISABLED", "googleapis.com"},
    {"scopeInsufficient", 403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.",
     "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com"},
    {"storageQuotaExceeded", 403, "PERMISSION_DENIED", "The user's Drive storage quota has been exceeded.",
     "storageQuotaExceeded", "usageLimits"},
    {"userRateLimitExceeded", 403, "PERMISSION_DENIED", "User Rate Limit Exceeded", "userRateLimitExceeded",
     "usageLimits"},
    {"rateLimitExceeded", 403, "PERMISSION_DENIED", "Rate Limit Exceeded", "rateLimitExceeded", "usageLimits"},
    {"officeFile", 400, "FAILED_PRECONDITION",
     "This operation is not supported for this document. The document must not be an Office file.",
     "failedPrecondition", "global"},
    {"", 400, "INVALID_ARGUMENT", "Request contains an invalid argument.", "badRequest", "global"},
    {"", 401, "UNAUTHENTICATED",
     "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
     "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
     "authError", "global"},
    {"", 403, "PERMISSION_DENIED", "The caller does not have permission", "insufficientFilePermissions", "global"},
    {"", 404, "NOT_FOUND", "Requested entity was not found.", "notFound", "global"},
    {"", 408, "DEADLINE_EXCEEDED", "The request timed out.", "deadlineExceeded", "global"},
    {"", 409, "ABORTED", "The operation was aborted.", "aborted", "global"},
    {"", 413, "INVALID_ARGUMENT", "Request entity too large.", "uploadTooLarge", "global"},
    {"", 500, "INTERNAL", "Internal error encountered.", "internalError", "global"},
    {"", 502, "UNAVAILABLE", "Bad gateway.", "backendError", "global"},
    {"", 503, "UNAVAILABLE", "The service is currently unavailable.", "backendError", "global"},
    {"", 504, "DEADLINE_EXCEEDED", "The request timed out.", "deadlineExceeded", "global"}};

ApiError known_error(const Json& parameters, bool drive, bool write) {
  const std::string name = text_of(parameters, "error");
  const int code = int_of(parameters, "status", 500);
  if (name.empty() && code == 429 && !drive) return quota_error("1", write, true, 60);
  ApiError error;
  error.code = code;
  error.status = "UNKNOWN";
  for (const Known& known : kKnown) {
    if (name.empty() ? known.code != code || *known.name != '\0' : name != known.name) continue;
    error.code = parameters.contains("status") ? code : known.code;
    error.status = known.status;
    error.message = known.text;
    error.reason = known.reason;
    error.domain = known.domain;
    if (!drive && error.domain == "googleapis.com")
      error.details = Json::array({Json{
          {"@type", "type.googleapis.com/google.rpc.ErrorInfo"}, {"reason", error.reason}, {"domain", error.domain}}});
    break;
  }
  error.message = text_of(parameters, "message", error.message);
  if (const Json* details = find(parameters, "details")) error.details = *details;
  return error;
}

// The token endpoint speaks OAuth.
Json oauth_body(const Json& parameters, int code) {
  const char* usual = code == 400   ? "invalid_grant"
                      : code == 401 ? "invalid_client"
                      : code == 403 ? "access_denied"
                      : code == 429 ? "rate_limit_exceeded"
                                    : "internal_failure";
  const char* text = code == 400   ? "Bad Request"
                     : code == 401 ? "The OAuth client was not found."
                     : code == 403 ? "Account restricted"
                     : code == 429 ? "Rate Limit Exceeded"
                                   : "Backend Error";
  return Json{{"error", text_of(parameters, "error", usual)},
              {"error_description", text_of(parameters, "message", text)}};
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
  Json out = object();
  out["match"] = std::move(match);
  out["phase"] = phase;
  out["action"] = action;
  for (const auto& [name, value] : parameters.items()) out[name] = value;
  out["seen"] = seen;
  out["hit"] = hit;
  return out;
}

bool FaultRule::strikes() {
  ++seen;
  if (seen < nth || (times != 0 && seen >= nth + times)) return false;
  ++hit;
  return true;
}

std::int64_t FaultRule::parameter(const char* name, std::int64_t otherwise) const {
  const Json* value = find(parameters, name);
  return value != nullptr && value->is_number() ? value->get<std::int64_t>() : otherwise;
}

Refusal parse_rules(const Json& body, std::vector<FaultRule>& out) {
  const Json list = body.is_array() ? body : Json::array({body});
  std::vector<FaultRule> rules(list.size());
  for (std::size_t n = 0; n < list.size(); ++n) {
    Json item = list[n];
    // counters that GET /faults shows may come back
    if (item.is_object())
      for (const char* name : {"seen", "hit"}) item.erase(name);
    SHEETS_TRY(parse_rule(item, rules[n]));
  }
  out = std::move(rules);
  return {};
}

HttpResponse invented_answer(const Json& parameters, const std::string& op, bool write) {
  const bool drive = op.rfind("drive", 0) == 0;
  const bool oauth = op == "token";
  const ApiError error =
      known_error(oauth ? Json{{"status", int_of(parameters, "status", 500)}} : parameters, drive, write);
  HttpResponse out;
  out.status = error.code;
  const bool html_by_itself = !oauth && (error.code == 502 || error.code == 504);  // the front end, not the API
  const std::string body = text_of(parameters, "body", html_by_itself ? "html" : "json");
  if (body == "html") {
    out.content_type = "text/html; charset=UTF-8";
    out.body =
        fmt::format("<!DOCTYPE html>\n<html lang=en>\n  <title>Error {0} (Server Error)!!1</title>\n  <p><b>{0}.</b>\n",
                    error.code);
  } else if (body == "garbage") {
    out.body = "{\"spreadsheetId\": \"\x01\xff";
  } else if (body == "json") {
    out.body = print(oauth ? oauth_body(parameters, error.code) : error_body(error, drive), true);
  }
  if (const Json* wait = find(parameters, "retryAfter"))
    out.headers.emplace_back("Retry-After", wait->is_string() ? wait->get<std::string>() : wait->dump());
  return out;
}

void Wire::break_off(const std::string& action, bool in_body, std::int64_t bytes) {
  end = action == "hang" ? End::hang : action == "reset" ? End::reset : End::close;
  silent = !in_body;
  cut = bytes;
}

}  // namespace sheets_server
