// zmig-sheets-server: a Google Sheets and Drive server for tests.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto.h"
#include "http_front.h"

namespace {

using namespace sheets_server;

struct Arguments {
  FrontOptions front;
  std::string control = "0";
  bool allow_remote = false;
  bool tls = false;
  std::uint64_t seed = 1;
  std::string clock;
  std::string clock_mode = "run";
  std::string auth = "any";
  std::vector<std::string> keys;
  std::string quota = "fixed";
  std::vector<std::string> limits;
  std::vector<std::string> knobs;
  std::string behaviour;
  std::string strict;
  bool strict_requests = false;
  bool check_answers = false;
  std::int64_t latency_ms = 0;
  std::vector<std::string> spreadsheets;
  std::vector<std::string> forbidden;
  std::vector<std::string> office;
  std::vector<std::string> documents;
  std::string state_file;
  bool ready = false;
  std::string log_file;
};

int wrong(const std::string& text) {
  fmt::print(stderr, "zmig-sheets-server: {}\n", text);
  return 2;
}

std::string file_text(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Written for the owner's eyes only.
bool write_private(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return close(file) == 0 && whole;
}

bool split(const std::string& text, std::string& name, std::string& value) {
  const std::size_t sign = text.find('=');
  name = text.substr(0, sign);
  value = sign == std::string::npos ? "" : text.substr(sign + 1);
  return sign != std::string::npos;
}

// What is wrong with the arguments, or empty.
std::string configure(Runtime& runtime, const Arguments& given) {
  Settings& settings = runtime.service().world().settings;
  if (!given.behaviour.empty() && !settings.set_behaviour(given.behaviour)) return "--behaviour is A, B, AB or C";
  std::string name;
  std::string value;
  for (const std::string& knob : given.knobs)
    if (!split(knob, name, value) || !settings.set_knob(name, value)) return "no knob or value " + knob;
  for (const std::string& limit : given.limits)
    if (!split(limit, name, value) || value.empty() || value.find_first_not_of("0123456789") != std::string::npos ||
        value.size() > 18 ||
        (!settings.set_limit(name, std::stoll(value)) && !runtime.service().quota().set_limit(name, std::stoll(value))))
      return "no limit or value " + limit;
  settings.strict_requests = given.strict_requests;
  settings.check_answers = given.check_answers;
  if (!given.strict.empty()) {
    settings.strict_unverified = true;
    std::istringstream names(given.strict);
    while (std::getline(names, name, ',')) settings.excepted.insert(name);
  }
  runtime.latency_ms = given.latency_ms;
  runtime.log_file = given.log_file;
  Auth& auth = runtime.service().auth();
  auth.mode = given.auth == "keys" ? AuthMode::keys : AuthMode::any;
  runtime.service().quota().mode = given.quota == "off"      ? QuotaMode::off
                                   : given.quota == "bucket" ? QuotaMode::bucket
                                                             : QuotaMode::fixed;
  for (const std::string& path : given.keys)
    if (!auth.add_key(Json::parse(file_text(path), nullptr, false))) return "not a key file: " + path;
  World& world = runtime.service().world();
  for (const std::string& path : given.documents)
    if (!world.discovery.learn(Json::parse(file_text(path), nullptr, false)))
      return "not a discovery document of Sheets or Drive: " + path;
  const std::vector<std::string> owners =
      auth.emails().empty() ? std::vector<std::string>{Caller{}.email} : auth.emails();
  runtime.state_file = given.state_file;
  if (std::string bad = runtime.load_state(); !bad.empty()) return bad;
  for (const std::string& title : given.spreadsheets)
    for (const std::string& owner : owners) world.create(title, kSpreadsheetMime, owner);
  for (const std::string& id : given.forbidden) {
    File& file = world.create("forbidden", kSpreadsheetMime, "somebody@example.com");
    World::set_id(file, id);
    file.forbidden = true;
  }
  for (const std::string& id : given.office) {
    File& file = world.create("office", kSpreadsheetMime, owners.front());
    World::set_id(file, id);
    file.office = true;
  }
  return {};
}

// Until SIGTERM or SIGINT, or until a pipe on standard input is closed.
void wait_for_end(const sigset_t& signals) {
  struct stat input {};
  bool piped = fstat(STDIN_FILENO, &input) == 0 && S_ISFIFO(input.st_mode);
  for (;;) {
    const timespec slice{0, 200000000};
    if (sigtimedwait(&signals, nullptr, &slice) > 0) return;
    if (!piped) continue;
    pollfd entry{STDIN_FILENO, POLLIN, 0};
    if (poll(&entry, 1, 0) <= 0) continue;
    char ignored[256];
    if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return;
  }
}

int serve(Arguments given) {
  const bool loopback =
      given.front.address == "127.0.0.1" || given.front.address == "::1" || given.front.address == "localhost";
  if (!loopback && !given.allow_remote)
    return wrong("--listen " + given.front.address + " is not loopback; it needs --allow-remote");
  if (given.tls == given.front.cert_file.empty()) return wrong("--tls, --cert and --key go together");
  if (given.control == "off")
    given.front.control_port = -1;
  else if (given.control.find_first_not_of("0123456789") != std::string::npos || given.control.empty() ||
           given.control.size() > 5)
    return wrong("--control-port is a number or off");
  else
    given.front.control_port = std::stoi(given.control);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  options.seed = given.seed;
  if (!given.clock.empty() && !parse_time(given.clock, options.clock_start_ms))
    return wrong("--clock is a time such as 2026-11-20T10:00:00Z, or ms since 1970: " + given.clock);
  options.clock_step = given.clock_mode == "step";
  Runtime runtime(options);
  if (const std::string bad = configure(runtime, given); !bad.empty()) return wrong(bad);
  Front front(runtime, given.front);
  if (const std::string bad = front.start(); !bad.empty()) return wrong(bad);
  const std::string scheme = given.tls ? "https" : "http";
  Json ready = object();
  ready["api"] = fmt::format("{}://{}:{}", scheme, given.front.address, front.port());
  if (given.front.control_port >= 0)
    ready["control"] = fmt::format("http://{}:{}", given.front.address, front.control_port());
  ready["pid"] = static_cast<int>(getpid());
  if (!given.spreadsheets.empty()) {
    Json ids = Json::array();
    for (const File& file : runtime.service().world().files)
      if (file.mime == kSpreadsheetMime) ids.push_back(file.id);
    ready["spreadsheets"] = std::move(ids);
  }
  fmt::print("{}\n", given.ready ? ready.dump() : "listening on " + ready["api"].get<std::string>());
  std::fflush(stdout);
  wait_for_end(signals);
  front.stop();
  const std::string bad = runtime.save_state();
  return bad.empty() ? 0 : wrong(bad);
}

int make_key(const std::string& out, const std::string& email, const std::string& token_uri) {
  const std::string pem = new_rsa_key();
  if (pem.empty()) return wrong("no key could be made");
  Json key = object();
  key["type"] = "service_account";
  key["project_id"] = "zmig-test";
  key["private_key_id"] = sha256_hex(pem).substr(0, 40);
  key["private_key"] = pem;
  key["client_email"] = email;
  key["client_id"] = "100000000000000000001";
  key["auth_uri"] = "https://accounts.google.com/o/oauth2/auth";
  key["token_uri"] = token_uri;
  return write_private(out, print(key, true)) ? 0 : wrong("cannot write " + out);
}

int make_cert(const std::string& folder, std::vector<std::string> hosts, int days) {
  if (hosts.empty()) hosts = {"sheets.googleapis.com", "www.googleapis.com", "oauth2.googleapis.com", "localhost"};
  const auto made = new_certificates(hosts, days);
  if (!made) return wrong("no certificate could be made");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const bool written = write_private(folder + "/ca.pem", made->ca_pem) &&
                       write_private(folder + "/srv.pem", made->cert_pem) &&
                       write_private(folder + "/srv.key", made->key_pem);
  return written ? 0 : wrong("cannot write into " + folder);
}

int run(int argc, char** argv) {
  Arguments given;
  CLI::App app{"A Google Sheets and Drive server for tests: docs/sheets-server.md"};
  app.add_option("--port", given.front.port, "API port; 0 picks one")->check(CLI::Range(0, 65535));
  app.add_option("--control-port", given.control, "port of the control plane; 0 picks one, off: none");
  app.add_option("--listen", given.front.address, "address to listen on; other than loopback needs --allow-remote");
  app.add_flag("--allow-remote", given.allow_remote, "listen on another address than loopback");
  app.add_flag("--tls", given.tls, "TLS on the API port");
  app.add_option("--cert", given.front.cert_file, "certificate (PEM)");
  app.add_option("--tls-key,--key-file", given.front.key_file, "key of the certificate (PEM)");
  app.add_option("--seed", given.seed, "fixes every id drawn");
  app.add_option("--clock", given.clock, "start time (2026-11-20T10:00:00Z, or ms since 1970); without: now");
  app.add_option("--clock-mode", given.clock_mode, "run, or step: 1 ms a request")
      ->check(CLI::IsMember({"run", "step"}));
  app.add_option("--auth", given.auth, "any bearer token, or those minted for keys")
      ->check(CLI::IsMember({"any", "keys"}));
  app.add_option("--key", given.keys, "service-account or authorized_user file to accept");
  app.add_option("--quota", given.quota, "fixed windows, bucket, off")
      ->check(CLI::IsMember({"fixed", "bucket", "off"}));
  app.add_option("--limit", given.limits, "NAME=VALUE");
  app.add_option("--knob", given.knobs, "NAME=VALUE, see DEVIATIONS.md");
  app.add_option("--behaviour", given.behaviour, "A, B, AB or C");
  CLI::Option* strict =
      app.add_option("--strict-unverified", given.strict, "refuse what rests on an unverified choice, except for these")
          ->expected(0, 1);
  app.add_flag("--strict-requests", given.strict_requests, "refuse null, and text for numbers");
  app.add_flag("--check-answers", given.check_answers,
               "check every answer against the discovery document; one that does not fit is a 500");
  app.add_option("--latency", given.latency_ms, "ms added to every answer");
  app.add_option("--with-spreadsheet", given.spreadsheets, "one more file, owned by each key");
  app.add_option("--forbidden", given.forbidden, "id of a file that answers 403");
  app.add_option("--office", given.office, "id of an Office file: it can be read, writes are refused");
  app.add_option("--discovery", given.documents, "a newer discovery document of Sheets or Drive to check against");
  app.add_option("--state", given.state_file, "file that is read at the start, if it is there, and written at the end");
  app.add_flag("--ready", given.ready, "one JSON line on standard output once it listens");
  app.add_option("--log", given.log_file, "file of JSON lines, one for each exchange");
  app.add_subcommand("serve", "the default");
  std::string out;
  std::string email = "zmig-test@zmig-test.iam.gserviceaccount.com";
  std::string token_uri = "https://oauth2.googleapis.com/token";
  CLI::App* key = app.add_subcommand("make-key", "a throw-away service-account key");
  key->add_option("--out", out, "file")->required();
  key->add_option("--email", email, "client_email");
  key->add_option("--token-uri", token_uri, "token_uri");
  CLI::App* cert = app.add_subcommand("make-cert", "a CA and a certificate for the Google host names");
  cert->add_option("--out", out, "folder")->required();
  std::vector<std::string> hosts;
  int days = 30;
  cert->add_option("--host", hosts, "host name instead of Google's (repeatable)");
  cert->add_option("--days", days, "how long it is good; negative: it ended that long ago")
      ->check(CLI::Range(-3650, 3650));
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? 0 : 2; }
  if (key->parsed()) return make_key(out, email, token_uri);
  if (cert->parsed()) return make_cert(out, std::move(hosts), days);
  if (strict->count() > 0 && given.strict.empty()) given.strict = ",";
  return serve(std::move(given));
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
