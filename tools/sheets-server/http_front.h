#pragma once
/// Sockets: HTTP/1.1, with TLS or without, and answers that go wrong on purpose.

#include <memory>
#include <string>

#include "runtime.h"

namespace sheets_server {

struct FrontOptions {
  std::string address = "127.0.0.1";
  int port = 8910;             ///< 0 picks one
  int control_port = 0;        ///< 0 picks one, -1: none
  std::string cert_file = {};  ///< TLS when set
  std::string key_file = {};
};

/// The API port and the control port of a runtime.
class Front {
 public:
  Front(Runtime& runtime, FrontOptions options);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  /// Binds and serves in threads of its own; what went wrong, or empty.
  std::string start();
  void stop();
  int port() const;
  int control_port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sheets_server
