// The control plane: faults, log, clock, state, settings, somebody else's edits. Faults never hit it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime.h"
#include "state.h"

namespace sheets_server {

namespace {

HttpResponse json_response(int status, const Json& body) {
  HttpResponse out;
  out.status = status;
  out.body = print(body, true);
  return out;
}

ApiError no_call(const std::string& call) {
  ApiError error = not_found();
  error.message = fmt::format("no control call {}", call);
  return error;
}

}  // namespace

Refusal Runtime::reset(const Json& body) {
  static constexpr std::array<const char*, 7> kParts = {"state", "faults", "log",  "counters",
                                                        "clock", "tokens", "quota"};
  const Json& what = member(body, "what");
  for (const Json& part : what)
    if (std::find(kParts.begin(), kParts.end(), part) == kParts.end())
      return invalid(fmt::format("no part {} to reset", part.dump()));
  const auto wants = [&what](const char* name) {
    return what.empty() || std::find(what.begin(), what.end(), name) != what.end();
  };
  World& world = service_.world();
  Quota& quota = service_.quota();
  if (wants("state")) {
    world.files.clear();
    world.deviations.clear();
    world.complaints.clear();
  }
  if (wants("faults")) {
    rules_.clear();
    stale_reads_ = 0;
  }
  if (wants("log")) log_.clear();
  if (wants("counters")) quota.counters = {};
  if (wants("quota")) {
    auto counters = quota.counters;
    quota.reset();
    quota.counters = std::move(counters);
  }
  if (wants("clock")) world.clock = ServerClock(options_.clock_start_ms, options_.clock_step);
  if (wants("tokens")) service_.auth().reset();
  return {};
}

Refusal Runtime::set_clock(const Json& body, Json& answer) {
  ServerClock& clock = service_.world().clock;
  for (const char* name : {"set", "setMs"}) {
    const Json* wanted = find(body, name);
    std::int64_t ms = 0;
    if (wanted == nullptr) continue;
    if (!parse_time(*wanted, ms)) return invalid(fmt::format("{} is no time: {}", name, wanted->dump()));
    clock.set(ms);
  }
  if (const Json* by = find(body, "advanceMs")) {
    if (!by->is_number_integer()) return invalid("advanceMs is a whole number");
    clock.advance(by->get<std::int64_t>());
  }
  answer["now"] = time_text(clock.now());
  answer["nowMs"] = clock.now();
  return {};
}

Refusal Runtime::new_file(const Json& body, Json& answer) {
  World& world = service_.world();
  const std::string id = text_of(body, "id");
  if (!id.empty() && world.file(id) != nullptr) return invalid(fmt::format("there is a file {} already", id));
  File& file = world.create(text_of(body, "title", "Untitled"), text_of(body, "mimeType", kSpreadsheetMime),
                            text_of(body, "owner", Caller{}.email));
  if (!id.empty()) world.set_id(file, id);
  file.forbidden = flag(body, "forbidden");
  file.office = flag(body, "office");
  answer["id"] = file.id;
  return {};
}

Refusal Runtime::state_call(const std::string& call, const Json& body, Json& answer) {
  World& world = service_.world();
  if (call == "GET /state") {
    answer = dump_world(world);
  } else if (call == "PUT /state") {
    return load_world(body, world);
  } else if (call == "POST /state/save") {
    if (state_file.empty()) return invalid("no --state file was named");
    if (const std::string bad = save_state(); !bad.empty()) return invalid(bad);
  } else if (call.rfind("GET /state/", 0) == 0) {
    const File* file = world.file(call.substr(11));
    if (file == nullptr) return not_found();
    answer = dump_file(*file);
  } else if (call.rfind("PUT /state/", 0) == 0) {
    return load_file(body, call.substr(11), world);
  } else {
    return no_call(call);
  }
  return {};
}

Refusal Runtime::control_call(const std::string& call, const Json& body, Json& answer) {
  if (call.find(" /state") != std::string::npos) return state_call(call, body, answer);
  if (call == "GET /health") {
    answer["ok"] = true;
  } else if (call == "GET /version") {
    answer["name"] = "zmig-sheets-server";
    answer["version"] = ZMIG_SHEETS_SERVER_VERSION;
    answer["requestKinds"] = service_.world().kinds.size();
  } else if (call == "POST /faults") {
    SHEETS_TRY(parse_rules(body, rules_));
    stale_reads_ = 0;
    answer["rules"] = rules_.size();
  } else if (call == "GET /faults") {
    Json list = Json::array();
    for (const FaultRule& rule : rules_) list.push_back(rule.to_json());
    answer["rules"] = std::move(list);
  } else if (call == "DELETE /faults") {
    rules_.clear();
    stale_reads_ = 0;
  } else if (call == "GET /counters") {
    answer = service_.quota().counters.to_json();
  } else if (call == "POST /reset") {
    return reset(body);
  } else if (call == "POST /clock") {
    return set_clock(body, answer);
  } else if (call == "POST /edit") {
    return service_.edit(text_of(body, "spreadsheetId"), text_of(body, "as", "human@example.com"),
                         member(body, "requests"));
  } else if (call == "POST /files") {
    return new_file(body, answer);
  } else if (call == "GET /settings") {
    answer = show_settings();
  } else if (call == "PUT /settings") {
    SHEETS_TRY(change_settings(body));
    answer = show_settings();
  } else if (call == "GET /complaints") {
    answer["complaints"] = service_.world().complaints;
  } else if (call == "GET /deviations") {
    answer["rules"] = service_.world().deviations;
  } else {
    return no_call(call);
  }
  return {};
}

HttpResponse Runtime::control(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (request.method == "GET" && path == "/log") {
    const Route where = route(request.method, request.target);
    const auto since = static_cast<std::size_t>(std::max(std::atoi(query_value(where.query, "since").c_str()), 0));
    HttpResponse out;
    out.content_type = "application/x-ndjson";
    for (std::size_t n = since; n < log_.size(); ++n) out.body += log_[n].to_json().dump() + "\n";
    return out;
  }
  const Json body = request.body.empty() ? object() : Json::parse(request.body, nullptr, false);
  Json answer = object();
  const Refusal refusal = body.is_discarded() ? Refusal(invalid("the body is not JSON"))
                                              : control_call(request.method + " " + path, body, answer);
  if (refusal) return json_response(refusal->code, error_body(*refusal, false));
  return json_response(200, answer);
}

std::string Runtime::load_state() {
  std::ifstream in(state_file);
  if (state_file.empty() || !in) return {};
  std::ostringstream text;
  text << in.rdbuf();
  const Refusal refusal = load_world(Json::parse(text.str(), nullptr, false), service_.world());
  return refusal ? fmt::format("{}: {}", state_file, refusal->message) : std::string{};
}

std::string Runtime::save_state() {
  if (state_file.empty()) return {};
  // aside and renamed: a stop in the middle leaves the old one
  const std::string aside = state_file + ".new";
  {
    std::ofstream out(aside, std::ios::trunc);
    out << print(dump_world(service_.world()), false);
    if (!out.flush()) return fmt::format("cannot write {}", aside);
  }
  std::error_code error;
  std::filesystem::rename(aside, state_file, error);
  return error ? fmt::format("cannot write {}: {}", state_file, error.message()) : std::string{};
}

}  // namespace sheets_server
