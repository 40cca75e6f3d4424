#pragma once
// The test server in the process, on loopback, and the wire to it. The clock stands still until somebody sleeps; both
// sides have the same. The server refuses every request that does not fit the discovery document.

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "http_front.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"
#include "targets/gsheet/wire.h"

namespace zmig::test {

inline const std::string kMail = "zmig@project.iam.gserviceaccount.com";

/// A key is slow to make: one for all cases.
inline const std::string& private_key() {
  static const std::string key = sheets_server::new_rsa_key();
  return key;
}

class WireBench {
 public:
  WireBench() : runtime_(options()), front_(runtime_, front_options()) {
    runtime_.service().auth().mode = sheets_server::AuthMode::keys;
    runtime_.service().world().settings.strict_requests = true;
    runtime_.service().world().settings.check_answers = true;
    runtime_.service().auth().add_key(sheets_server::Json::parse(key_text()));
    id_ = runtime_.service().world().create("Operaciones", sheets_server::kSpreadsheetMime, kMail).id;
    REQUIRE(front_.start() == "");
    origin_ = "http://127.0.0.1:" + std::to_string(front_.port());
    options_.endpoint = origin_;
    options_.request_timeout = std::chrono::milliseconds(20'000);
    options_.credentials = GsheetOptions::Credentials::file;
    options_.credentials_name = write_file("key.json", key_text());
    options_.log = [this](const std::string& line) { log_.push_back(line); };
    options_.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
  }

  /// Nothing that was sent or answered was beside the discovery documents.
  ~WireBench() { CHECK(runtime_.service().world().complaints == std::vector<std::string>()); }
  /// What was, of which the case knows.
  std::vector<std::string> taken_complaints() { return std::exchange(runtime_.service().world().complaints, {}); }
  WireBench(const WireBench&) = delete;
  WireBench& operator=(const WireBench&) = delete;

  static std::string key_text(const std::string& email = kMail) {
    sheets_server::Json key = {{"type", "service_account"},      {"project_id", "project"},
                               {"private_key_id", "0123456789"}, {"private_key", private_key()},
                               {"client_email", email},          {"token_uri", "https://oauth2.googleapis.com/token"}};
    return key.dump();
  }
  /// Readable by nobody else.
  std::string write_file(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_.at(name);
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }

  /// Of one wire: made when first asked for.
  gsheet::Wire& wire() {
    if (!wire_) {
      auto made = gsheet::connect_wire(options_, ports_.ports, id_, nullptr);
      REQUIRE(made.has_value());
      wire_ = std::move(*made);
    }
    return *wire_;
  }
  Result<gsheet::Answer> read() {
    return wire().call({"GET", "/v4/spreadsheets/" + id_ + "?fields=spreadsheetId", "", false});
  }
  Result<gsheet::Answer> write() { return write_to(id_); }
  Result<gsheet::Answer> write_to(const std::string& id) {
    return wire().call({"POST", "/v4/spreadsheets/" + id + ":batchUpdate",
                        R"({"requests":[{"addSheet":{"properties":{"title":"S"}}}]})", true});
  }
  /// Both clocks go on.
  void advance(std::chrono::milliseconds by) {
    ports_.clock.advance(by);
    sheets_server::HttpRequest request{"POST", "/clock"};
    request.body = "{\"setMs\":" + std::to_string(ports_.clock.now().time_since_epoch().count()) + "}";
    REQUIRE(runtime_.control(request).status == 200);
  }
  void faults(const std::string& rules) {
    sheets_server::HttpRequest request{"POST", "/faults"};
    request.body = rules;
    REQUIRE(runtime_.control(request).status == 200);
  }
  /// Lines of the server's log whose op is this one.
  std::size_t sent(const std::string& op) {
    const std::string all = runtime_.control({"GET", "/log?since=0"}).body;
    std::size_t count = 0;
    for (std::size_t at = all.find("\"op\":\"" + op + "\""); at != std::string::npos;
         at = all.find("\"op\":\"" + op + "\"", at + 1))
      ++count;
    return count;
  }
  std::size_t commits() {
    const auto& by = runtime_.service().quota().counters.commits_by_spreadsheet;
    return by.contains(id_) ? static_cast<std::size_t>(by.at(id_)) : 0;
  }
  std::chrono::milliseconds slept() { return ports_.clock.monotonic() - begun_; }

  static sheets_server::Options options() {
    sheets_server::Options out;
    out.clock_start_ms = FakeClock().now().time_since_epoch().count();
    out.clock_step = true;
    return out;
  }
  static sheets_server::FrontOptions front_options() {
    sheets_server::FrontOptions out;
    out.port = 0;
    out.control_port = -1;
    return out;
  }

  TempFolder folder_;
  FakePorts ports_;
  std::chrono::milliseconds begun_ = ports_.clock.monotonic();
  std::map<std::string, std::string> variables_;
  std::vector<std::string> log_;
  GsheetOptions options_;
  std::string id_, origin_;
  sheets_server::Runtime runtime_;
  std::unique_ptr<gsheet::Wire> wire_;
  sheets_server::Front front_;
};

}  // namespace zmig::test
