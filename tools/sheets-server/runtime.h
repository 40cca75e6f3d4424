#pragma once
/// The server without sockets: faults around the service, the log, the control plane. The front asks `begin`, waits as
/// told, then `finish`, and writes the answer as the plan says.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "faults.h"
#include "service.h"

namespace sheets_server {

/// How one request is answered.
struct Plan {
  Exchange exchange = {};
  Service::Bend bend = {};
  HttpResponse response = {};
  Wire wire = {};
  bool answered = false;        ///< a fault answers; nothing is applied
  bool duplicate = false;       ///< apply twice
  bool second_answers = false;  ///< of the two, the second's answer is sent
  std::int64_t late_ms = -1;    ///< apply it (again) after that long
  std::int64_t wait_before_ms = 0;
  std::int64_t wait_after_ms = 0;
  std::vector<FaultRule> after = {};  ///< those that act once the request was applied
};

class Runtime {
 public:
  explicit Runtime(const Options& options) : service_(options), options_(options) {}

  /// What happens to a request before it is read; nullopt: nothing.
  std::optional<Plan> accept();
  Plan begin(const HttpRequest& request);
  void finish(Plan& plan, const HttpRequest& request);
  /// A request that a `late` fault put off.
  void apply_late(const HttpRequest& request);
  /// The control plane.
  HttpResponse control(const HttpRequest& request);

  Service& service() { return service_; }
  /// For who looks at the service while a front answers requests: until this goes, none is.
  std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }
  std::int64_t latency_ms = 0;
  std::string log_file = {};
  std::string state_file = {};

  /// Reads the state file, if one is named and it exists; what is wrong with it, or empty.
  std::string load_state();
  /// Writes it, if one is named; what went wrong, or empty.
  std::string save_state();

 private:
  std::vector<FaultRule> matching(const Exchange& exchange);
  void before(Plan& plan, const FaultRule& rule, const HttpRequest& request);
  void after(Plan& plan, const FaultRule& rule, const HttpRequest& request);
  /// Faults of tokens, quota and other people, which act on the server and not on an answer. False: it is none.
  bool act(const FaultRule& rule, const HttpRequest& request, Exchange& exchange);
  void handle(Plan& plan, const HttpRequest& request);
  void record(Exchange& exchange);
  Refusal control_call(const std::string& call, const Json& body, Json& answer);
  Refusal state_call(const std::string& call, const Json& body, Json& answer);
  Refusal set_clock(const Json& body, Json& answer);
  Refusal change_settings(const Json& body);
  Json show_settings();
  Refusal new_file(const Json& body, Json& answer);
  Refusal reset(const Json& body);

  std::mutex mutex_;
  Service service_;
  Options options_;
  std::vector<FaultRule> rules_;
  std::vector<Exchange> log_;
  std::int64_t stale_reads_ = 0;  ///< reads to come that answer from before the last commit
};

}  // namespace sheets_server
