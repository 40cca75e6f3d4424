#include "support/sheets_in_process.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service.h"

namespace zmig::test {

using sheets_server::Json;

struct SheetsInProcess::Server {
  Server() : service(options()) { service.quota().mode = sheets_server::QuotaMode::off; }
  /// One exchange, in which nothing may be that the discovery documents do not allow.
  sheets_server::HttpResponse handle(SheetsInProcess& world, const sheets_server::HttpRequest& request,
                                     const sheets_server::Service::Bend& bend, sheets_server::Exchange& exchange) {
    service.world().settings.strict_requests = world.checked;
    service.world().settings.check_answers = world.checked;
    sheets_server::Service::Bend bent = bend;
    bent.broken_answer = std::exchange(world.spoil_next_answer, false);
    auto response = service.handle(request, bent, exchange);
    const auto& complaints = service.world().complaints;
    if (!complaints.empty() && world.complaint.empty()) {
      world.complaint =
          complaints.front() + " in " + request.method + " " + request.target + " " + request.body.substr(0, 400);
      world.on_complaint(world.complaint);
    }
    return response;
  }
  static sheets_server::Options options() {
    sheets_server::Options out;
    out.seed = 7;
    out.clock_start_ms = 1'760'000'000'000;
    out.clock_step = true;
    return out;
  }
  sheets_server::Service service;

  /// The same reading of the same state has the same answer, checked once: a run reads it again and again.
  struct Read {
    std::string path;
    std::shared_ptr<const sheets_server::Spreadsheet> book;
    std::string body;
  };
  std::deque<Read> reads;
  [[nodiscard]] std::shared_ptr<const sheets_server::Spreadsheet> book_of(const std::string& path) {
    constexpr std::string_view kBefore = "/v4/spreadsheets/";
    if (!path.starts_with(kBefore)) return nullptr;
    const std::string rest = path.substr(kBefore.size());
    const sheets_server::File* const file = service.world().file(rest.substr(0, rest.find_first_of("/?:")));
    return file == nullptr ? nullptr : file->book;
  }
  [[nodiscard]] const Read* known(const std::string& path) {
    const auto book = book_of(path);
    if (book == nullptr) return nullptr;
    const auto found =
        std::find_if(reads.begin(), reads.end(), [&](const Read& one) { return one.book == book && one.path == path; });
    return found == reads.end() ? nullptr : &*found;
  }
  void remember(const std::string& path, const std::string& body) {
    constexpr std::size_t kMost = 4;
    if (reads.size() == kMost) reads.pop_front();
    reads.push_back({path, book_of(path), body});
  }
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

// Texts and numbers on a socket between two processes of one program: lengths in the order of this machine.

bool put_bytes(int socket, const void* from, std::size_t size) {
  const char* at = static_cast<const char*>(from);
  while (size > 0) {
    const ::ssize_t sent = ::send(socket, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}
bool get_bytes(int socket, void* to, std::size_t size) {
  char* at = static_cast<char*>(to);
  while (size > 0) {
    const ::ssize_t got = ::recv(socket, at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}
bool tell(int socket, const std::string& text) {
  const std::uint64_t size = text.size();
  return put_bytes(socket, &size, sizeof size) && put_bytes(socket, text.data(), text.size());
}
bool hear(int socket, std::string& text) {
  std::uint64_t size = 0;
  if (!get_bytes(socket, &size, sizeof size)) return false;
  text.assign(size, '\0');
  return get_bytes(socket, text.data(), text.size());
}
bool tell(int socket, std::int64_t number) { return put_bytes(socket, &number, sizeof number); }
bool hear(int socket, std::int64_t& number) { return get_bytes(socket, &number, sizeof number); }

/// The other side of SheetsInProcess::serve.
class SocketApi final : public gsheet::Api {
 public:
  SocketApi(int socket, std::string account) : socket_(socket), account_(std::move(account)) {}
  Result<gsheet::Answer> call(const gsheet::Request& request) override {
    ++(request.writes ? calls_.writes : calls_.reads);
    gsheet::Answer answer;
    Error error;
    std::int64_t fine = 0, status = 0, code = 0, effect = 0;
    const bool whole = tell(socket_, request.method) && tell(socket_, request.path) && tell(socket_, request.body) &&
                       tell(socket_, std::int64_t{request.writes}) && hear(socket_, fine) && hear(socket_, status) &&
                       hear(socket_, answer.body) && hear(socket_, code) && hear(socket_, effect) &&
                       hear(socket_, error.zm) && hear(socket_, error.message);
    if (!whole) ::_exit(125);  // the service is gone, and with it the test
    answer.status = static_cast<int>(status);
    if (fine != 0) return answer;
    error.code = static_cast<Errc>(code);
    error.effect = static_cast<Effect>(effect);
    return error;
  }
  [[nodiscard]] gsheet::Calls calls() const override { return calls_; }
  [[nodiscard]] std::string account() const override { return account_; }

 private:
  int socket_;
  std::string account_;
  gsheet::Calls calls_;
};

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

SheetsInProcess::SheetsInProcess() : server_(std::make_unique<Server>()) {
  on_complaint = [](const std::string& what) {
    std::fprintf(stderr, "the discovery document does not allow this %s\n", what.c_str());
    std::abort();
  };
}
SheetsInProcess::~SheetsInProcess() = default;

std::string SheetsInProcess::create(const std::string& title) {
  gsheet::Request request;
  request.method = "POST";
  request.path = "/v4/spreadsheets";
  request.body = Json{{"properties", Json{{"title", title}}}}.dump();
  sheets_server::Exchange exchange;
  const auto response = server_->handle(*this, to_server(request), {}, exchange);
  std::string id = sheets_server::text_of(Json::parse(response.body, nullptr, false), "spreadsheetId");
  account = server_->service.world().file(id)->owner;
  return id;
}

std::unique_ptr<gsheet::Api> SheetsInProcess::connect() {
  if (socket_ >= 0) return std::make_unique<SocketApi>(socket_, account);
  return std::make_unique<InProcessApi>(*this);
}

bool SheetsInProcess::serve(int socket, std::chrono::milliseconds patience) {
  for (;;) {
    ::pollfd entry{socket, POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    gsheet::Request request;
    std::int64_t writes = 0;
    if (!hear(socket, request.method) || !hear(socket, request.path) || !hear(socket, request.body) ||
        !hear(socket, writes))
      return true;
    request.writes = writes != 0;
    const auto answer = handle(request);
    const Error none;
    const Error& error = answer ? none : answer.error();
    // Who died meanwhile hears nothing; what he asked for has happened.
    static_cast<void>(
        tell(socket, std::int64_t{answer.has_value()}) && tell(socket, std::int64_t{answer ? answer->status : 0}) &&
        tell(socket, answer ? answer->body : std::string()) && tell(socket, static_cast<std::int64_t>(error.code)) &&
        tell(socket, static_cast<std::int64_t>(error.effect)) && tell(socket, error.zm) && tell(socket, error.message));
  }
}

std::string SheetsInProcess::edit(const std::string& id, const std::string& requests) {
  const auto refused = server_->service.edit(id, account, Json::parse(requests, nullptr, false));
  return refused ? refused->message : std::string();
}

std::string SheetsInProcess::type(const std::string& id, const std::string& sheet, const std::string& header, int below,
                                  int number) {
  const Json all = Json::parse(get("/v4/spreadsheets/" + id + "?fields=sheets(properties(sheetId,title))"));
  const Json headers = Json::parse(get("/v4/spreadsheets/" + id + "/values/" + sheet + "!1:1"));
  for (const Json& one : all["sheets"]) {
    if (one["properties"]["title"] != sheet) continue;
    const Json& row = headers["values"][0];
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (row[column] != header) continue;
      return edit(
          id,
          Json::array({Json{{"updateCells",
                             {{"start",
                               {{"sheetId", sheets_server::int_of(one["properties"], "sheetId")},
                                {"rowIndex", below},
                                {"columnIndex", column}}},
                              {"fields", "userEnteredValue"},
                              {"rows", Json::array({{{"values", Json::array({{{"userEnteredValue",
                                                                               {{"numberValue", number}}}}})}}})}}}}})
              .dump());
    }
  }
  return "there is no such cell";
}

std::string SheetsInProcess::get(const std::string& target) {
  sheets_server::HttpRequest request{"GET", target};
  request.authorization = "Bearer t";
  sheets_server::Exchange exchange;
  return server_->handle(*this, request, {}, exchange).body;
}

std::string SheetsInProcess::values(const std::string& id, const std::string& range) {
  std::string path = "/v4/spreadsheets/" + id + "/values/";
  for (const char c : range) path += c == ' ' ? std::string("%20") : std::string(1, c);
  return sheets_server::member(Json::parse(get(path + "?valueRenderOption=FORMULA"), nullptr, false), "values").dump();
}

void SheetsInProcess::set_knob(const std::string& name, const std::string& value) {
  server_->reads.clear();
  static_cast<void>(server_->service.world().settings.set_knob(name, value));
}
void SheetsInProcess::set_limit(const std::string& name, std::int64_t value) {
  server_->reads.clear();
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
  const bool plain = now == Trouble::none && !request.writes && request.method == "GET";
  if (const Server::Read* before = plain ? server_->known(request.path) : nullptr; before != nullptr) {
    line.status = 200;
    return gsheet::Answer{200, before->body};
  }
  sheets_server::Service::Bend bend;
  bend.stale = now == Trouble::stale_read && !request.writes;
  bend.empty_read = now == Trouble::empty_read && !request.writes;
  sheets_server::Exchange exchange;
  auto response = server_->handle(*this, to_server(request), bend, exchange);
  line.committed = exchange.committed;
  line.metadata_ids = exchange.metadata_ids;
  if (now == Trouble::twice) {
    sheets_server::Exchange again;
    response = server_->handle(*this, to_server(request), bend, again);
  }
  line.status = response.status;
  if (now == Trouble::lost_after) return failed(Errc::transient, "ZM0410", "no answer came", request.writes);
  if (response.status == 204) return gsheet::Answer{response.status, {}};
  if (response.status < 300) {
    if (now == Trouble::garbled_after) return gsheet::Answer{200, "<html>it worked</html>"};
    if (now == Trouble::truncated_after) return gsheet::Answer{200, response.body.substr(0, response.body.size() / 2)};
    if (plain && checked) server_->remember(request.path, response.body);
    return gsheet::Answer{response.status, std::move(response.body)};
  }
  const Json body = Json::parse(response.body, nullptr, false);
  const Json& error = sheets_server::member(body, "error");
  const std::string message = sheets_server::text_of(error, "message");
  if (response.status == 404) return failed(Errc::not_found, "ZM0487", "Google: " + message, false);
  if (response.status == 403) return failed(Errc::denied, "ZM0406", "Google: " + message, false);
  if (response.status == 429) return failed(Errc::busy, "ZM0405", "Google: " + message, false);
  if (response.status >= 500) return failed(Errc::transient, "ZM0410", "Google: " + message, request.writes);
  return failed(Errc::conflict, "ZM0492", "Google refuses the request: " + message, false);
}

}  // namespace zmig::test
