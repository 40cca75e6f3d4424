#pragma once
// One HTTP exchange. The port is what tests of pace and authorisation replace; the real one is libcurl, loaded when the
// first exchange is made.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig::gsheet {

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::string_view body;             ///< lives until send() returns
  std::vector<std::string> headers;  ///< "Name: value"
  std::string ca_file;               ///< empty: those of the system
  bool fresh = false;                ///< a connection of its own: a reused one that died sends again by itself
  bool compressed = true;            ///< the answer may be
  bool link_local = false;           ///< the address may be a link-local one (metadata server)
  std::chrono::milliseconds connect_timeout{10'000}, timeout{200'000};
  const std::function<bool()>* give_up = nullptr;  ///< polled; true: break off
};

/// Why there is no answer.
enum class Trouble {
  none,
  not_sent,   ///< no byte of the request went out
  untrusted,  ///< the certificate, or the address itself; nothing went out
  broken,     ///< something went out, and no whole answer came back
};

struct HttpReply {
  Trouble trouble = Trouble::none;
  std::string why;  ///< of the trouble: "operation timed out"
  int status = 0;
  std::string body, content_type, date, retry_after, location;
  std::uint64_t bytes_out = 0, bytes_in = 0;
  bool gave_up = false;  ///< broken off because the caller wanted it
};

class Http {
 public:
  virtual ~Http() = default;
  virtual HttpReply send(const HttpCall& call) = 0;
};

/// libcurl. ZM0496 when it is not installed.
Result<std::unique_ptr<Http>> make_http();

}  // namespace zmig::gsheet
