#include "targets/gsheet/wire.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/endpoint.h"

namespace zmig::gsheet {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{200};       ///< how often somebody who waits looks whether he should stop
constexpr milliseconds kAskAgain{5000};  ///< before a 404 is believed
constexpr std::string_view kSheets = "https://sheets.googleapis.com";
constexpr std::string_view kDrive = "https://www.googleapis.com";

bool is_drive(const Request& request) { return request.path.starts_with("/drive"); }

Scope scope_of(const Request& request, bool read_only) {
  const bool get = request.method == "GET";
  if (is_drive(request)) return get ? Scope::drive_read : Scope::drive;
  // Read-only tokens cover get, values.get and values.batchGet, nothing else.
  return read_only && get ? Scope::sheets_read : Scope::sheets;
}

/// "/v4/spreadsheets/ID?fields&ranges": values of parameters may hold titles and ranges.
std::string without_values(std::string_view path) {
  const std::size_t question = std::min(path.find('?'), path.size());
  std::string out(path.substr(0, question));
  bool value = false;
  for (const char c : path.substr(question)) {
    value = c == '=' || (value && c != '&');
    if (!value) out += c;
  }
  return out;
}

}  // namespace

Wire::Wire(GsheetOptions options, Ports& ports, std::unique_ptr<Http> http, Credentials credentials,
           std::string spreadsheet_id)
    : options_(std::move(options)),
      ports_(ports),
      spreadsheet_(std::move(spreadsheet_id)),
      http_(std::move(http)),
      authority_(options_, ports, *http_, std::move(credentials)),
      pace_(options_.reads_per_minute, options_.writes_per_minute, options_.max_rps) {}

Error Wire::told(Error error) const {
  error.message = authority_.scrub(error.message);
  error.help = authority_.scrub(error.help);
  error.place = authority_.scrub(error.place);
  return error;
}

Status Wire::wait(milliseconds time) {
  for (;;) {
    if (options_.stop_requested && options_.stop_requested())
      return make_error(Errc::transient, "ZM0410", "stopped on request, while waiting for Google",
                        "the same command goes on");
    if (time <= milliseconds(0)) return ok();
    const milliseconds slice = std::min(time, kLook);
    ports_.clock.sleep(slice);
    time -= slice;
  }
}

Status Wire::wait_for_turn(const Request& request, const Attempt& attempt) {
  for (;;) {
    const milliseconds now = ports_.clock.monotonic();
    const milliseconds turn = pace_.wait_for(request.writes, now);
    if (turn <= milliseconds(0)) return wait(milliseconds(0));
    if (now - attempt.begun + turn > options_.max_wait) {
      const Error paced =
          make_error(Errc::busy, "ZM0405", "the pace of this run leaves no call for longer than it may wait");
      return out_of_quota(paced, turn, ports_.clock.now());
    }
    ZMIG_CHECK_OK(wait(turn));
  }
}

Status Wire::count(const Request& request) {
  if (options_.budget > 0 && calls_.reads + calls_.writes >= options_.budget)
    return make_error(Errc::busy, "ZM0405",
                      fmt::format("the budget of {} is spent", counted(options_.budget, "call", "calls")),
                      "the same command goes on where it stopped; --budget allows more");
  ++(request.writes ? calls_.writes : calls_.reads);
  pace_.went(request.writes, ports_.clock.monotonic());
  return ok();
}

HttpReply Wire::send(const Request& request, std::string_view token) {
  HttpCall call;
  call.method = request.method;
  call.url = options_.endpoint.empty() ? std::string(is_drive(request) ? kDrive : kSheets) : options_.endpoint;
  call.url += request.path;
  call.body = request.body;
  call.headers.reserve(4);
  call.headers.push_back("Authorization: Bearer " + std::string(token));
  if (!request.body.empty()) call.headers.emplace_back("Content-Type: application/json; charset=utf-8");
  if (const std::string project = authority_.quota_project(); !project.empty())
    call.headers.push_back("X-Goog-User-Project: " + project);
  call.ca_file = options_.ca_file;
  call.fresh = request.writes;
  // Plain http is for loopback only, where packing takes longer than sending.
  call.compressed = !request.large || !options_.endpoint.starts_with("http://");
  call.connect_timeout = options_.connect_timeout;
  call.timeout = options_.request_timeout;
  // A write that was begun is waited for: breaking it off would only make doubt.
  call.give_up = request.writes ? nullptr : &options_.stop_requested;
  HttpReply reply = http_->send(call);
  wipe(call.headers.front());
  return reply;
}

void Wire::log(const Request& request, const HttpReply& reply, milliseconds took, unsigned attempt) {
  if (!options_.log) return;
  const std::string answer =
      reply.trouble == Trouble::none ? fmt::format("{}", reply.status) : "no answer: " + reply.why;
  options_.log(authority_.scrub(
      printable(fmt::format("{} {} {} out={} in={} ms={} attempt={}", request.method, without_values(request.path),
                            answer, reply.bytes_out, reply.bytes_in, took.count(), attempt))));
}

Outcome Wire::once(const Request& request, const Attempt& attempt, Answer& answer, Scope& scope) {
  Asked asked;
  asked.writes = request.writes;
  asked.account = authority_.account();
  asked.found_in = authority_.credentials().found_in;
  asked.spreadsheet = spreadsheet_;
  asked.drive = is_drive(request);
  asked.now = ports_.clock.now();
  scope = scope_of(request, options_.read_only);
  Authority::Bearer bearer = authority_.bearer(scope, asked);
  if (bearer.outcome.kind != Class::fine) return std::move(bearer.outcome);
  if (Status counted_in = count(request); !counted_in) return {Class::final, std::move(counted_in).error()};
  const milliseconds before = ports_.clock.monotonic();
  HttpReply reply = send(request, bearer.token);
  calls_.bytes_out += reply.bytes_out;
  calls_.bytes_in += reply.bytes_in;
  authority_.look_at_date(reply);
  log(request, reply, ports_.clock.monotonic() - before, attempt.number);
  asked.now = ports_.clock.now();
  Outcome outcome = judge(reply, asked);
  if (reply.gave_up)
    return {Class::final, make_error(Errc::transient, "ZM0410", "stopped on request, while waiting for Google",
                                     "the same command goes on")};
  if (outcome.kind == Class::fine) answer = {reply.status, std::move(reply.body)};
  return outcome;
}

Status Wire::wait_before_next(const Outcome& outcome, Attempt& attempt) {
  if (outcome.overloaded) pace_.slow_down();
  const milliseconds pause =
      std::max(back_off(attempt.tries, ports_.random), outcome.come_back.value_or(milliseconds(0)));
  ++attempt.tries;
  const milliseconds spent = ports_.clock.monotonic() - attempt.begun;
  if (spent + pause > options_.max_wait) {
    // A quota of a minute is whole again after a minute at the latest.
    const milliseconds wait = std::max(pause, outcome.quota ? milliseconds(60'000) : milliseconds(0));
    return outcome.quota ? out_of_quota(outcome.error, wait, ports_.clock.now()) : outcome.error;
  }
  return wait(pause);
}

Result<Answer> Wire::call(const Request& request) {
  Attempt attempt;
  attempt.begun = ports_.clock.monotonic();
  for (;; ++attempt.number) {
    if (Status turn = wait_for_turn(request, attempt); !turn) return told(std::move(turn).error());
    if (attempt.number > 1) ++calls_.retries;
    Answer answer;
    Scope scope = Scope::sheets;
    const Outcome outcome = once(request, attempt, answer, scope);
    switch (outcome.kind) {
      case Class::fine: return answer;
      case Class::final:
      case Class::unknown: return told(outcome.error);
      case Class::unauthorised:
        if (attempt.renewed || !authority_.renew(scope)) return told(outcome.error);
        attempt.renewed = true;
        break;
      case Class::absent:
        if (attempt.asked_again) return told(outcome.error);
        attempt.asked_again = true;
        if (Status waited = wait(kAskAgain); !waited) return told(std::move(waited).error());
        break;
      case Class::again:
        if (Status waited = wait_before_next(outcome, attempt); !waited) return told(std::move(waited).error());
        break;
    }
  }
}

Result<std::unique_ptr<Wire>> connect_wire(const GsheetOptions& options, Ports& ports,
                                           const std::string& spreadsheet_id, std::unique_ptr<Http> http) {
  GsheetOptions own = options;
  if (!own.endpoint.empty()) { ZMIG_TRY(own.endpoint, check_endpoint(own.endpoint, own.endpoint_allow)); }
  ZMIG_TRY(Credentials credentials, find_credentials(own));
  if (http == nullptr) { ZMIG_TRY(http, make_http()); }
  return std::make_unique<Wire>(std::move(own), ports, std::move(http), std::move(credentials), spreadsheet_id);
}

Result<std::unique_ptr<Api>> connect_api(const GsheetOptions& options, Ports& ports,
                                         const std::string& spreadsheet_id) {
  ZMIG_TRY(auto wire, connect_wire(options, ports, spreadsheet_id, nullptr));
  return std::unique_ptr<Api>(std::move(wire));
}

}  // namespace zmig::gsheet
