#pragma once
/// A client of a few lines over real sockets, plain or TLS: it shows what came, byte by byte.

#include <string>

namespace sheets_server {

/// What one exchange looked like from outside.
struct Seen {
  std::string head;      ///< status line and headers
  std::string body;      ///< chunks joined, not decompressed
  bool ended = false;    ///< the last chunk, or all of Content-Length, arrived
  int error = 0;         ///< errno of the last read, 0 at the end
  std::string tls = {};  ///< why the handshake failed, or empty
  int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
};

struct Tls {
  std::string ca_file;
  std::string host;
};

/// Sends one request and reads until the other side closes, or for at most `wait_ms`.
Seen talk(int port, const std::string& method, const std::string& target, const std::string& body,
          const std::string& headers = "", const Tls* tls = nullptr, int wait_ms = 10000);

}  // namespace sheets_server
