#pragma once
/// Fault rules: what they hit, what they do, and the answers that they invent.

#include <cstdint>
#include <string>
#include <vector>

#include "http.h"
#include "refusal.h"

namespace sheets_server {

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
  /// Counts one match; true: this is one that is hit.
  bool strikes();
  std::int64_t parameter(const char* name, std::int64_t otherwise) const;
};

/// One rule or a list of them. Refused: unknown members, actions, phases, a phase that the action does not know.
Refusal parse_rules(const Json& body, std::vector<FaultRule>& out);

/// The answer of `status` and `retryAfter`: in the shape of the service that `op` belongs to.
HttpResponse invented_answer(const Json& parameters, const std::string& op, bool write);

/// How one answer goes out.
struct Wire {
  enum class End : std::uint8_t { whole, hang, reset, close };
  enum class Framing : std::uint8_t { automatic, length, chunked };
  End end = End::whole;
  bool silent = false;        ///< it ends before a byte was sent
  std::int64_t cut = -1;      ///< bytes of the body that are sent before the end; -1: half of it
  std::int64_t pause_ms = 0;  ///< in the middle of the body
  std::int64_t bytes_per_second = 0;
  Framing framing = Framing::automatic;
  bool gzip = false;  ///< compressed, whether it was asked for or not

  /// hang, reset, close: before a byte was sent, or in the middle of the body.
  void break_off(const std::string& action, bool in_body, std::int64_t bytes);
};

}  // namespace sheets_server
