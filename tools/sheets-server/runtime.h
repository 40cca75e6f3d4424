#pragma once
/// The server without sockets: faults around the service, the log, the control plane. The front asks `begin`, waits as
/// told, then `finish`, and writes the answer as the plan says.

#include <cstdint>
#include <mutex>
#include <regex>
#include <string>
#include <vector>

#include "service.h"

namespace sheets_server {

/// A fault rule: what it hits and what it does.
struct FaultRule {
  std::string method = {};        ///< HTTP method, or empty
  std::string path_regex = {};    ///< or empty
  std::string op = {};            ///< discovery name, or empty
  std::string request_kind = {};  ///< of a batchUpdate, or empty
  std::int64_t nth = 1;           ///< the first match that is hit
  std::int64_t times = 1;         ///< how many from there on; 0: for ever
  std::string phase = "before";   ///< accept, before, after, body
  std::string action;
  Json parameters = Json::object();
  std::int64_t seen = 0;
  std::int64_t hit = 0;

  Json to_json() const;
};

/// How one request is answered on the wire.
struct Plan {
  Exchange exchange = {};
  Service::Bend bend = {};
  HttpResponse response = {};
  bool answered = false;      ///< a fault answers; nothing is applied
  bool duplicate = false;     ///< apply twice
  std::int64_t late_ms = -1;  ///< answer now, apply after that long
  std::int64_t wait_before_ms = 0;
  std::int64_t wait_after_ms = 0;
  std::int64_t truncate = -1;  ///< bytes of the body that are sent
  std::int64_t bytes_per_second = 0;
  bool hang = false;
  bool reset = false;
  bool close = false;
  // the same, once the request was applied
  std::vector<std::size_t> after = {};
};

class Runtime {
 public:
  explicit Runtime(const Options& options) : service_(options), options_(options) {}

  Plan begin(const HttpRequest& request);
  void finish(Plan& plan, const HttpRequest& request);
  /// A request that a `late` fault put off.
  void apply_late(const HttpRequest& request);
  /// The control plane.
  HttpResponse control(const HttpRequest& request);

  Service& service() { return service_; }
  std::int64_t latency_ms = 0;
  std::string log_file = {};

 private:
  Refusal read_rules(const Json& body);
  std::vector<std::size_t> matching(const HttpRequest& request, const std::string& op,
                                    const std::vector<std::string>& kinds);
  void before(Plan& plan, const FaultRule& rule);
  void after(Plan& plan, const FaultRule& rule);
  void record(Exchange& exchange);
  Refusal control_call(const HttpRequest& request, Json& answer);
  Refusal reset(const Json& body);

  std::mutex mutex_;
  Service service_;
  Options options_;
  std::vector<FaultRule> rules_;
  std::vector<Exchange> log_;
};

}  // namespace sheets_server
