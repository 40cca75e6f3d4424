// GET and PUT /settings: knobs, limits, quotas and modes while the server runs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "runtime.h"

namespace sheets_server {

namespace {

constexpr std::array<const char*, 3> kQuotaModes = {"fixed", "bucket", "off"};

// Everything that PUT /settings may change, as a copy: it is taken over when all of it was understood.
struct Draft {
  Settings settings;
  Quota quota;
  std::int64_t latency_ms = 0;
  std::int64_t expires_in = 0;
};

bool read_amount(const Json& json, std::int64_t& out) {
  if (!json.is_number_integer() || json.get<std::int64_t>() < 0) return false;
  out = json.get<std::int64_t>();
  return true;
}

bool read_flag(const Json& json, bool& out) {
  if (json.is_boolean()) out = json.get<bool>();
  return json.is_boolean();
}

bool read_knobs(Draft& to, const Json& json) {
  for (const auto& [name, value] : json.items())
    if (!to.settings.set_knob(name, value.is_string() ? value.get<std::string>() : value.dump())) return false;
  return json.is_object();
}

template <class Limits>
bool read_limits(Limits& to, const Json& json) {
  for (const auto& [name, value] : json.items())
    if (!value.is_number_integer() || !to.set_limit(name, value.template get<std::int64_t>())) return false;
  return json.is_object();
}

bool read_mode(Draft& to, const Json& json) {
  const auto* const mode = std::find(kQuotaModes.begin(), kQuotaModes.end(), json);
  if (mode == kQuotaModes.end()) return false;
  to.quota.mode = static_cast<QuotaMode>(mode - kQuotaModes.begin());
  return true;
}

bool read_exceptions(Draft& to, const Json& json) {
  if (!json.is_array()) return false;
  to.settings.excepted.clear();
  for (const Json& rule : json) {
    if (!rule.is_string()) return false;
    to.settings.excepted.insert(rule.get<std::string>());
  }
  return true;
}

using Reader = bool (*)(Draft&, const Json&);

const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> kReaders = {
      {"behaviour",
       [](Draft& to, const Json& v) { return v.is_string() && to.settings.set_behaviour(v.get<std::string>()); }},
      {"knobs", read_knobs},
      {"limits", [](Draft& to, const Json& v) { return read_limits(to.settings, v); }},
      {"quota", read_mode},
      {"quotaLimits", [](Draft& to, const Json& v) { return read_limits(to.quota, v); }},
      {"quotaWindowMs",
       [](Draft& to, const Json& v) { return read_amount(v, to.quota.window_ms) && to.quota.window_ms > 0; }},
      {"strictUnverified", [](Draft& to, const Json& v) { return read_flag(v, to.settings.strict_unverified); }},
      {"strictUnverifiedExcept", read_exceptions},
      {"strictRequests", [](Draft& to, const Json& v) { return read_flag(v, to.settings.strict_requests); }},
      {"checkAnswers", [](Draft& to, const Json& v) { return read_flag(v, to.settings.check_answers); }},
      {"latencyMs", [](Draft& to, const Json& v) { return read_amount(v, to.latency_ms); }},
      {"expiresIn", [](Draft& to, const Json& v) { return read_amount(v, to.expires_in); }}};
  return kReaders;
}

template <class Value>
Json as_json(const std::map<std::string, Value>& all) {
  Json out = object();
  for (const auto& [name, value] : all) out[name] = value;
  return out;
}

}  // namespace

Json Runtime::show_settings() {
  const Settings& settings = service_.world().settings;
  const Quota& quota = service_.quota();
  return Json{{"knobs", as_json(settings.knobs)},
              {"limits", as_json(settings.limits)},
              {"quota", kQuotaModes.at(static_cast<std::size_t>(quota.mode))},
              {"quotaLimits", as_json(quota.limits)},
              {"quotaWindowMs", quota.window_ms},
              {"strictUnverified", settings.strict_unverified},
              {"strictUnverifiedExcept", settings.excepted},
              {"strictRequests", settings.strict_requests},
              {"checkAnswers", settings.check_answers},
              {"latencyMs", latency_ms},
              {"expiresIn", service_.auth().expires_in}};
}

Refusal Runtime::change_settings(const Json& body) {
  Draft draft{service_.world().settings, service_.quota(), latency_ms, service_.auth().expires_in};
  for (const auto& [name, value] : body.items()) {
    const auto reader = readers().find(name);
    if (reader == readers().end()) return invalid(fmt::format("no setting \"{}\"", name));
    if (!reader->second(draft, value)) return invalid(fmt::format("{} cannot be {}", name, value.dump()));
  }
  service_.world().settings = std::move(draft.settings);
  service_.quota() = std::move(draft.quota);
  service_.auth().expires_in = draft.expires_in;
  latency_ms = draft.latency_ms;
  return {};
}

}  // namespace sheets_server
