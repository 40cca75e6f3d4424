#pragma once
/// One request in, one answer out: route, authorisation, quota, checks, method, log. No sockets, one call at a time.

#include <functional>
#include <string>

#include "auth.h"
#include "quota.h"
#include "world.h"

namespace sheets_server {

struct Options {
  std::uint64_t seed = 1;
  std::int64_t clock_start_ms = 0;
  bool clock_step = false;
};

/// What happened to one request; a line of the log.
struct Exchange {
  std::int64_t number = 0;
  std::int64_t time_ms = 0;
  std::string client = {};
  std::string method = {};
  std::string path = {};
  std::string op = {};
  std::vector<std::string> kinds = {};  ///< of a batchUpdate
  int status = 0;
  std::string phase = {};  ///< of the fault that hit it
  std::string action = {};
  bool committed = false;
  std::string spreadsheet = {};
  std::int64_t changes_before = 0;
  std::int64_t changes_after = 0;
  std::string body_sha256 = {};
  std::vector<int> metadata_ids = {};  ///< of the entries that the request creates
  Json body = nullptr;                 ///< of a batchUpdate, parsed; used up by the call

  Json to_json() const;
};

/// Does the method change something? By its discovery name.
bool is_write(const std::string& op);

class Service {
 public:
  explicit Service(const Options& options);

  /// How a fault bends the handling of one request.
  struct Bend {
    bool stale = false;                ///< reads answer from before the last commit
    bool internal_on_invalid = false;  ///< 500 instead of 400
    bool unknown_fields = false;
    bool empty_read = false;  ///< no cells
    bool no_sheets = false;   ///< no `sheets`
    bool partial_list = false;
    bool broken_answer = false;  ///< for tests of the check of answers: one member too many
  };
  /// `exchange` may have been described before.
  HttpResponse handle(const HttpRequest& request, const Bend& bend, Exchange& exchange);
  /// What a line of the log says of a request before it is handled.
  void describe(const HttpRequest& request, Exchange& exchange) const;
  HttpResponse handle(const HttpRequest& request);
  /// Somebody else's batch: outside quota, faults and log.
  Refusal edit(const std::string& spreadsheet, const std::string& email, const Json& requests);

  World& world() { return world_; }
  Auth& auth() { return auth_; }
  Quota& quota() { return quota_; }
  const Discovery& discovery() const { return world_.discovery; }
  /// What the answer of a method must look like ("Spreadsheet"), or empty.
  std::string response_schema(const std::string& op) const;

 private:
  Refusal check_query(const Route& route, const Method& method, Call& call) const;
  Refusal check_body(const Route& route, const Method& method, const HttpRequest& request, Exchange& exchange,
                     Call& call) const;
  Refusal checked_answer(const Call& call, const Method& method);
  Refusal run(const Route& route, const HttpRequest& request, const Bend& bend, Exchange& exchange,
              HttpResponse& response);
  Refusal who(const Route& route, const HttpRequest& request, Caller& caller) const;
  HttpResponse refused(const ApiError& error, const Route& route, const Bend& bend) const;

  World world_;
  Auth auth_;
  Quota quota_;
};

}  // namespace sheets_server
