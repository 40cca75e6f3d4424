// Real sockets on loopback: what a client sees when an answer goes wrong.
#include "http_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "bench.h"

using namespace sheets_server;

namespace {

struct Seen {
  std::string text;
  int error = 0;  ///< errno of the last read, 0 at the end
};

Seen talk(int port, const std::string& method, const std::string& target, const std::string& body) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string request = method + " " + target +
                              " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nConnection: close\r\nContent-Type: "
                              "application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  REQUIRE(send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  Seen out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0) out.error = errno;
    if (got <= 0) break;
    out.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(fd);
  return out;
}

}  // namespace

TEST_CASE("sheets-server: over sockets an answer comes whole, torn, reset or not at all, as the rules say") {
  Runtime runtime(Bench::options());
  const std::string id = runtime.service().world().create("T", kSpreadsheetMime, Caller{}.email).id;
  FrontOptions options;
  options.port = options.control_port = 0;
  Front front(runtime, options);
  REQUIRE(front.start().empty());
  const std::string target = "/v4/spreadsheets/" + id;
  const Seen whole = talk(front.port(), "GET", target, "");
  CHECK(whole.text.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(whole.text.find("Server: ESF\r\n") != std::string::npos);
  CHECK(whole.text.substr(whole.text.size() - 3) == "\n}\n");

  talk(front.control_port(), "POST", "/faults", R"({"phase":"body","action":"truncate","n":10})");
  const Seen torn = talk(front.port(), "GET", target, "");
  CHECK(torn.text.substr(torn.text.find("\r\n\r\n") + 4).size() == 10);

  talk(front.control_port(), "POST", "/faults", R"({"phase":"before","action":"reset"})");
  const Seen reset = talk(front.port(), "GET", target, "");
  CHECK(reset.text.empty());
  CHECK(reset.error == ECONNRESET);

  talk(front.control_port(), "POST", "/faults", R"({"phase":"before","action":"close"})");
  const Seen closed = talk(front.port(), "GET", target, "");
  CHECK(closed.text.empty());
  CHECK(closed.error == 0);

  const Seen log = talk(front.control_port(), "GET", "/log?since=3", "");
  CHECK(log.text.find("\"action\":\"close\"") != std::string::npos);
  front.stop();
}
