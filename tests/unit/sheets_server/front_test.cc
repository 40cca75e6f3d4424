// Real sockets on loopback: what a client sees when an answer goes wrong, and TLS.
#include "http_front.h"

#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "bench.h"
#include "crypto.h"
#include "wire.h"

using namespace sheets_server;

namespace {

std::string inflated(const std::string& text) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(1U << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int end = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return end == Z_STREAM_END ? out : "torn";
}

// A desk behind two ports.
class Stand {
 public:
  explicit Stand(FrontOptions options = {}) : front(desk.runtime, with_free_ports(std::move(options))) {
    REQUIRE(front.start().empty());
  }
  static FrontOptions with_free_ports(FrontOptions options) {
    options.port = options.control_port = 0;
    return options;
  }
  Seen get(const std::string& headers = "", int wait_ms = 10000) {
    return talk(front.port(), "GET", target(), "", headers, nullptr, wait_ms);
  }
  Seen write() { return talk(front.port(), "POST", desk.batch_path(), desk.stamp().body); }
  std::string target() const { return "/v4/spreadsheets/" + desk.id; }
  void faults(const std::string& rules) {
    REQUIRE(talk(front.control_port(), "POST", "/faults", rules).status() == 200);
  }

  Desk desk;
  Front front;
};

// Certificates in files of their own.
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("sheets-tls-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("sheets-server: an answer looks as Google's does: chunked, compressed when asked for, its headers") {
  Stand stand;
  const Seen whole = stand.get();
  CHECK(whole.head.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  for (const char* header :
       {"Content-Type: application/json; charset=UTF-8", "Vary: Origin", "Vary: X-Origin", "Vary: Referer",
        "Cache-Control: private", "X-Content-Type-Options: nosniff", "X-Frame-Options: SAMEORIGIN",
        "X-XSS-Protection: 0", "Server: ESF", "Transfer-Encoding: chunked"}) {
    INFO(header);
    CHECK(whole.head.find(std::string("\r\n") + header + "\r\n") != std::string::npos);
  }
  CHECK(whole.ended);
  CHECK(whole.body.substr(whole.body.size() - 3) == "\n}\n");
  const Seen packed = stand.get("Accept-Encoding: gzip, deflate\r\n");
  CHECK(packed.head.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos);
  CHECK(packed.ended);
  CHECK(inflated(packed.body) == whole.body);
  const Seen gone = talk(stand.front.port(), "DELETE", "/drive/v3/files/" + stand.desk.id, "");
  CHECK(gone.status() == 204);
  CHECK(gone.head.find("\r\nContent-Length: 0\r\n") != std::string::npos);
  CHECK(gone.head.find("\r\nContent-Type: text/html\r\n") != std::string::npos);
}

TEST_CASE("sheets-server: over sockets an answer comes torn, in each framing") {
  Stand stand;
  const std::string whole = stand.get().body;
  stand.faults(R"({"action":"truncate","n":10})");
  const Seen length = stand.get();
  CHECK(length.head.find("\r\nContent-Length: " + std::to_string(whole.size()) + "\r\n") != std::string::npos);
  CHECK(length.body == whole.substr(0, 10));
  CHECK_FALSE(length.ended);

  stand.faults(R"({"action":"truncate","variant":"chunked"})");
  const Seen chunks = stand.get();
  CHECK(chunks.body == whole.substr(0, whole.size() / 2));
  CHECK_FALSE(chunks.ended);
  stand.faults(R"({"action":"truncate","variant":"chunked","n":1000000})");
  const Seen last = stand.get();  // every byte, but not the chunk that says that it was all
  CHECK(last.body == whole);
  CHECK_FALSE(last.ended);

  stand.faults(R"({"action":"truncate","variant":"gzip"})");
  const Seen packed = stand.get("Accept-Encoding: gzip\r\n");
  CHECK(packed.head.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos);
  CHECK(inflated(packed.body) == "torn");
}

TEST_CASE("sheets-server: over sockets a connection is reset, closed or left silent, before or after the commit") {
  struct Row {
    const char* rule;
    int error;
    bool head;
    std::int64_t commits;
  };
  const Row rows[] = {{R"({"phase":"accept","action":"reset"})", ECONNRESET, false, 0},
                      {R"({"action":"reset"})", ECONNRESET, false, 0},
                      {R"({"phase":"after","action":"reset"})", ECONNRESET, false, 1},
                      {R"({"phase":"accept","action":"close"})", 0, false, 0},
                      {R"({"action":"close"})", 0, false, 0},
                      {R"({"phase":"after","action":"close"})", 0, false, 1},
                      {R"({"phase":"body","action":"close","n":3})", 0, true, 1}};
  for (const Row& row : rows) {
    INFO(row.rule);
    Stand stand;
    stand.faults(row.rule);
    const Seen seen = stand.write();
    CHECK(seen.head.empty() == !row.head);
    // a connection that is closed with bytes still unread in it is reset by the system
    if (std::string(row.rule).find("accept") == std::string::npos) CHECK(seen.error == row.error);
    CHECK(seen.body == (row.head ? "{\n " : ""));
    CHECK(stand.desk.changes() == row.commits);
    CHECK(stand.write().status() == (row.commits == 1 ? 400 : 200));
  }
}

TEST_CASE("sheets-server: a hang holds one client, until it goes, and nobody else") {
  Stand stand;
  stand.faults(R"({"phase":"after","action":"hang","match":{"times":50}})");
  for (int n = 0; n < 50; ++n) CHECK(stand.get("", 20).head.empty());
  CHECK(stand.get().status() == 200);
  CHECK(stand.desk.log().size() == 51);
}

TEST_CASE("sheets-server: a late request arrives after its 504, a pause lies in the middle of a body") {
  Stand stand;
  stand.faults(R"([{"action":"late","ms":30},{"match":{"nth":2},"phase":"body","action":"delay","ms":40}])");
  CHECK(stand.write().status() == 504);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(stand.get().ended);
  const auto lasted = std::chrono::steady_clock::now() - begin;
  CHECK(lasted >= std::chrono::milliseconds(40));
  // bounded: the late one takes its 30 ms
  for (int n = 0; n < 500 && stand.desk.changes() == 0; ++n) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(stand.desk.changes() == 1);
}

TEST_CASE("sheets-server: through TLS a client that verifies gets in with the server's own CA, and no other way") {
  const Folder folder;
  const auto good = new_certificates({"sheets.googleapis.com", "www.googleapis.com"});
  const auto other = new_certificates({"sheets.googleapis.com"});
  const auto old = new_certificates({"sheets.googleapis.com"}, -1);
  REQUIRE((good && other && old));
  const auto stand_with = [&folder](const std::string& name, const Certificates& made) {
    FrontOptions options;
    options.cert_file = folder.put(name + ".pem", made.cert_pem);
    options.key_file = folder.put(name + ".key", made.key_pem);
    return options;
  };
  Stand stand(stand_with("good", *good));
  const Tls trusted{folder.put("ca.pem", good->ca_pem), "sheets.googleapis.com"};
  const auto ask = [](Stand& of, const Tls& tls) { return talk(of.front.port(), "GET", of.target(), "", "", &tls); };
  const Seen whole = ask(stand, trusted);
  CHECK(whole.tls.empty());
  CHECK(whole.status() == 200);
  CHECK(whole.ended);
  CHECK(ask(stand, {trusted.ca_file, "www.googleapis.com"}).status() == 200);
  CHECK(ask(stand, {trusted.ca_file, "oauth2.googleapis.com"}).tls == "hostname mismatch");
  CHECK(ask(stand, {folder.put("other.pem", other->ca_pem), "sheets.googleapis.com"}).tls ==
        "certificate signature failure");
  Stand expired(stand_with("old", *old));
  CHECK(ask(expired, {folder.put("old-ca.pem", old->ca_pem), "sheets.googleapis.com"}).tls ==
        "certificate has expired");
  // faults hit TLS connections too
  stand.faults(R"([{"phase":"body","action":"truncate","n":10},{"match":{"nth":2},"action":"reset"}])");
  CHECK(ask(stand, trusted).body.size() == 10);
  CHECK(ask(stand, trusted).head.empty());
  CHECK(ask(stand, trusted).status() == 200);
}

TEST_CASE("sheets-server: a certificate that cannot be read is said at the start") {
  FrontOptions options;
  options.cert_file = "/nowhere/srv.pem";
  options.key_file = "/nowhere/srv.key";
  Desk desk;
  Front front(desk.runtime, Stand::with_free_ports(options));
  CHECK(front.start() == "cannot read the certificate or its key");
}
