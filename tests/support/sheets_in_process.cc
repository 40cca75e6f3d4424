#include "support/sheets_in_process.h"

#include "service.h"

namespace zmig::test {

using sheets_server::Json;

struct SheetsInProcess::Server {
  Server() : service(options()) { service.quota().mode = sheets_server::QuotaMode::off; }
  static sheets_server::Options options() {
    sheets_server::Options out;
    out.seed = 7;
    out.clock_start_ms = 1'760'000'000'000;
    out.clock_step = true;
    return out;
  }
  sheets_server::Service service;
};

struct SheetsInProcess::Saved {
  sheets_server::File file;
};

class InProcessApi final : public gsheet::Api {
 public:
  explicit InProcessApi(SheetsInProcess& world) : world_(world) {}
  Result<gsheet::Answer> call(const gsheet::Request& request) override {
    ++(request.writes ? calls_.writes : calls_.reads);
    auto answer = world_.handle(request);
    if (answer) calls_.bytes_in += answer->body.size();
    calls_.bytes_out += request.body.size();
    return answer;
  }
  [[nodiscard]] gsheet::Calls calls() const override { return calls_; }
  [[nodiscard]] std::string account() const override { return world_.account; }

 private:
  SheetsInProcess& world_;
  gsheet::Calls calls_;
};

namespace {

sheets_server::HttpRequest to_server(const gsheet::Request& request) {
  sheets_server::HttpRequest out{request.method, request.path};
  out.body = request.body;
  out.authorization = "Bearer t";
  return out;
}

Error failed(Errc code, const char* zm, std::string message, bool unknown) {
  Error error = make_error(code, zm, std::move(message));
  if (unknown) error.effect = Effect::unknown;
  return error;
}

}  // namespace

SheetsInProcess::SheetsInProcess() : server_(std::make_unique<Server>()) {}
SheetsInProcess::~SheetsInProcess() = default;

std::string SheetsInProcess::create(const std::string& title) {
  gsheet::Request request;
  request.method = "POST";
  request.path = "/v4/spreadsheets";
  request.body = Json{{"properties", Json{{"title", title}}}}.dump();
  sheets_server::Exchange exchange;
  const auto response = server_->service.handle(to_server(request), {}, exchange);
  std::string id = sheets_server::text_of(Json::parse(response.body, nullptr, false), "spreadsheetId");
  account = server_->service.world().file(id)->owner;
  return id;
}

std::unique_ptr<gsheet::Api> SheetsInProcess::connect() { return std::make_unique<InProcessApi>(*this); }

std::string SheetsInProcess::edit(const std::string& id, const std::string& requests) {
  const auto refused = server_->service.edit(id, account, Json::parse(requests, nullptr, false));
  return refused ? refused->message : std::string();
}

std::string SheetsInProcess::get(const std::string& target) {
  sheets_server::HttpRequest request{"GET", target};
  request.authorization = "Bearer t";
  return server_->service.handle(request).body;
}

std::string SheetsInProcess::values(const std::string& id, const std::string& range) {
  std::string path = "/v4/spreadsheets/" + id + "/values/";
  for (const char c : range) path += c == ' ' ? std::string("%20") : std::string(1, c);
  return sheets_server::member(Json::parse(get(path + "?valueRenderOption=FORMULA"), nullptr, false), "values").dump();
}

void SheetsInProcess::set_knob(const std::string& name, const std::string& value) {
  static_cast<void>(server_->service.world().settings.set_knob(name, value));
}
void SheetsInProcess::set_limit(const std::string& name, std::int64_t value) {
  static_cast<void>(server_->service.world().settings.set_limit(name, value));
}

std::shared_ptr<SheetsInProcess::Saved> SheetsInProcess::save(const std::string& id) {
  return std::make_shared<Saved>(Saved{*server_->service.world().file(id)});
}
void SheetsInProcess::restore(const std::string& id, const Saved& saved) {
  *server_->service.world().file(id) = saved.file;
}

Result<gsheet::Answer> SheetsInProcess::handle(const gsheet::Request& request) {
  const Trouble now = trouble ? trouble(log.size(), request) : Trouble::none;
  log.push_back({request.writes, false, 0, {}, request.path, request.body});
  Call& line = log.back();
  switch (now) {
    case Trouble::refused_before: return failed(Errc::transient, "ZM0404", "the service is away", false);
    case Trouble::lost_before: return failed(Errc::transient, "ZM0410", "no answer came", request.writes);
    case Trouble::forbidden: return failed(Errc::denied, "ZM0406", "no access", false);
    case Trouble::quota: return failed(Errc::busy, "ZM0405", "the quota is spent", false);
    default: break;
  }
  sheets_server::Service::Bend bend;
  bend.stale = now == Trouble::stale_read && !request.writes;
  bend.empty_read = now == Trouble::empty_read && !request.writes;
  sheets_server::Exchange exchange;
  auto response = server_->service.handle(to_server(request), bend, exchange);
  line.committed = exchange.committed;
  line.metadata_ids = exchange.metadata_ids;
  if (now == Trouble::twice) {
    sheets_server::Exchange again;
    response = server_->service.handle(to_server(request), bend, again);
  }
  line.status = response.status;
  if (now == Trouble::lost_after) return failed(Errc::transient, "ZM0410", "no answer came", request.writes);
  if (!checked && response.status < 300) return gsheet::Answer{response.status, std::move(response.body)};
  const Json body = Json::parse(response.body, nullptr, false);
  if (response.status == 204) return gsheet::Answer{response.status, {}};
  if (response.status < 300) {
    const std::string op = sheets_server::route(request.method, request.path).op;
    Json copy = body;
    const auto refused =
        server_->service.discovery().check(copy, server_->service.response_schema(op), sheets_server::Reading::answer);
    if (refused && complaint.empty()) complaint = "answer: " + refused->message;
    if (now == Trouble::garbled_after) return gsheet::Answer{200, "<html>it worked</html>"};
    if (now == Trouble::truncated_after) return gsheet::Answer{200, response.body.substr(0, response.body.size() / 2)};
    return gsheet::Answer{response.status, response.body};
  }
  const Json& error = sheets_server::member(body, "error");
  const std::string message = sheets_server::text_of(error, "message");
  if (response.status == 400 && message.find("Invalid JSON payload") != std::string::npos && complaint.empty())
    complaint = "request: " + message + " in " + request.body.substr(0, 400);
  if (response.status == 404) return failed(Errc::not_found, "ZM0487", "Google: " + message, false);
  if (response.status == 403) return failed(Errc::denied, "ZM0406", "Google: " + message, false);
  if (response.status == 429) return failed(Errc::busy, "ZM0405", "Google: " + message, false);
  if (response.status >= 500) return failed(Errc::transient, "ZM0410", "Google: " + message, request.writes);
  return failed(Errc::conflict, "ZM0492", "Google refuses the request: " + message, false);
}

}  // namespace zmig::test
