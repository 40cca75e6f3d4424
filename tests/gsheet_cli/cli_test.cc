// The real command against the test server: each way in which Google says no has its own exit code, and no key or token
// gets into anything that the command prints or keeps.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <sys/stat.h>
#include <sys/wait.h>

#include "crypto.h"
#include "http_front.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;

namespace {

namespace fs = std::filesystem;
using sheets_server::Json;

const std::string kMail = "zmig@project.iam.gserviceaccount.com";

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct Shown {
  std::string text;
  int exit = 0;
};

/// A project whose environment is a spreadsheet of the server in this process.
class Office {
 public:
  Office() : runtime_(sheets_server::Options{}), front_(runtime_, front_options()) {
    runtime_.service().auth().mode = sheets_server::AuthMode::keys;
    runtime_.service().world().settings.strict_requests = true;
    runtime_.service().world().settings.check_answers = true;
    key_["private_key"] = sheets_server::new_rsa_key();
    runtime_.service().auth().add_key(key_);
    id_ = runtime_.service().world().create("Operaciones", sheets_server::kSpreadsheetMime, kMail).id;
    REQUIRE(front_.start().empty());
    write_key(key_);
    write_config("");
    fs::create_directories(folder_.at("migrations"));
  }

  /// Nothing that was sent or answered was beside the discovery documents.
  ~Office() { CHECK(runtime_.service().world().complaints == std::vector<std::string>()); }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;

  void write_key(const Json& key, mode_t mode = 0600) const {
    folder_.write("key.json", key.dump());
    REQUIRE(::chmod(folder_.at("key.json").c_str(), mode) == 0);
  }
  void write_config(const std::string& more, const std::string& endpoint = {},
                    const std::string& credentials = "{ file = \"key.json\" }") const {
    folder_.write("zmig.toml", "[zmig]\nformat = 1\n\n[env.prod]\ntarget = \"gsheet:" + id_ +
                                   "\"\ncredentials = " + credentials + "\n" + more + "\n[gsheet]\nendpoint = \"" +
                                   (endpoint.empty() ? "http://127.0.0.1:" + std::to_string(front_.port()) : endpoint) +
                                   "\"\n");
  }
  /// A sheet with something in it, taken over, and one migration that waits.
  void take_over() {
    const auto refused = runtime_.service().edit(
        id_, kMail,
        Json::parse(R"([{"updateCells":{"start":{"sheetId":0,"rowIndex":0,"columnIndex":0},"fields":"userEnteredValue",
          "rows":[{"values":[{"userEnteredValue":{"stringValue":"Código"}},{"userEnteredValue":{"stringValue":"Lote"}}]},
                  {"values":[{"userEnteredValue":{"stringValue":"A-1"}},{"userEnteredValue":{"numberValue":7}}]}]}}])"));
    REQUIRE(!refused);
    const Shown taken = zmig("baseline --env prod --yes");
    INFO(taken.text);
    REQUIRE(taken.exit == 0);
    folder_.write("migrations/0001_version.zmig",
                  "zmig 1\n\ndescription \"version\"\n\nin sheet \"Sheet1\" {\n  add column \"version\" integer "
                  "default 0\n}\n");
  }
  [[nodiscard]] std::int64_t commits() { return runtime_.service().quota().counters.commits_by_spreadsheet[id_]; }
  void faults(const std::string& rules) {
    sheets_server::HttpRequest request{"POST", "/faults"};
    request.body = rules;
    REQUIRE(runtime_.control(request).status == 200);
  }

  /// All that it prints, on both streams.
  Shown zmig(const std::string& arguments, const std::string& variables = {}) {
    const std::string command = "cd '" + folder_.path() + "' && HOME='" + folder_.path() + "' NO_COLOR=1 " + variables +
                                "timeout 60 '" + ZMIG_BINARY + "' " + arguments + " 2>&1 < /dev/null";
    FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    Shown shown;
    std::array<char, 4096> part{};
    for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
      shown.text.append(part.data(), got);
    const int status = ::pclose(pipe);
    shown.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    all_ += shown.text;
    return shown;
  }

  /// Everything that was printed so far, and every file of the project but the key.
  [[nodiscard]] std::string everything() const {
    std::string out = all_;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
      if (entry.is_regular_file() && entry.path().filename() != "key.json") out += bytes_of(entry.path());
    return out;
  }

  static sheets_server::FrontOptions front_options() {
    sheets_server::FrontOptions options;
    options.port = 0;
    options.control_port = -1;
    return options;
  }

  Json key_ = {{"type", "service_account"},
               {"project_id", "project"},
               {"private_key_id", "0123456789"},
               {"client_email", kMail},
               {"token_uri", "https://oauth2.googleapis.com/token"}};
  test::TempFolder folder_;
  std::string id_, all_;
  sheets_server::Runtime runtime_;
  sheets_server::Front front_;
};

}  // namespace

TEST_CASE("gsheet command: doctor says what the credentials may do, and changes nothing") {
  Office office;
  const Shown shown =
      office.zmig("doctor --only credentials --only write --only metadata --only share --only copy --only quota");
  INFO(shown.text);
  CHECK(shown.exit == 0);
  CHECK(shown.text.find("credentials  " + kMail + ", from file ") != std::string::npos);
  CHECK(shown.text.find("write        allowed") != std::string::npos);
  CHECK(shown.text.find("metadata     can be read, so the stamp is seen") != std::string::npos);
  CHECK(shown.text.find("quota        55 reads and 55 writes a minute, of 60 each") != std::string::npos);
  CHECK(office.runtime_.service().quota().counters.commits_by_spreadsheet.empty());
}

TEST_CASE("gsheet command: each way to be refused has its own code and exit code") {
  struct Case {
    const char* name;
    const char* code;
    int exit;
  };
  const Case at = GENERATE(values<Case>({{"wrong key", "ZM0483", 77},
                                         {"key that others can read", "ZM0482", 78},
                                         {"clock", "ZM0484", 77},
                                         {"not shared", "ZM0485", 77},
                                         {"no api", "ZM0486", 77},
                                         {"wrong id", "ZM0487", 69},
                                         {"endpoint", "ZM0488", 78},
                                         {"quota", "ZM0405", 69},
                                         {"page", "ZM0493", 69},
                                         {"nothing", "ZM0493", 69},
                                         {"revoked", "ZM0483", 77},
                                         {"bare token", "ZM0483", 77},
                                         {"away", "ZM0410", 75}}));
  INFO(at.name);
  Office office;
  const std::string name = at.name;
  const std::string wait = "quota = { max_wait = \"500ms\" }\n";
  if (name == "wrong key") {
    Json other = office.key_;
    other["private_key"] = sheets_server::new_rsa_key();
    office.write_key(other);
  } else if (name == "key that others can read") {
    office.write_key(office.key_, 0644);
  } else if (name == "clock") {
    office.faults(R"({"match":{"op":"token","times":0},"action":"clockSkew","s":7800})");
  } else if (name == "not shared") {
    office.id_ = office.runtime_.service().world().create("x", sheets_server::kSpreadsheetMime, "eva@example.com").id;
    office.write_config("");
  } else if (name == "no api") {
    office.faults(R"({"match":{"pathRegex":"^/v4","times":0},"action":"status","error":"serviceDisabled"})");
  } else if (name == "wrong id") {
    office.id_ = "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    office.write_config("");
  } else if (name == "endpoint") {
    office.write_config("", "https://sheets.example.com");
  } else if (name == "quota") {
    office.write_config(wait);
    office.faults(R"({"match":{"pathRegex":"^/v4","times":0},"action":"status","status":429})");
  } else if (name == "nothing") {
    office.write_config(wait);
    office.faults(
        R"({"match":{"pathRegex":"^/v4","times":0},"phase":"after","action":"status","status":200,"body":"empty"})");
  } else if (name == "revoked") {
    office.faults(R"({"match":{"op":"token","times":0},"action":"tokenRevoke"})");
  } else if (name == "bare token") {
    office.folder_.write("token", "ya29.c.this-one-was-good-once-long-ago");
    REQUIRE(::chmod(office.folder_.at("token").c_str(), 0600) == 0);
    office.write_config("", {}, "{ command = [\"cat\", \"token\"] }");
  } else if (name == "page") {
    office.write_config(wait);
    office.faults(
        R"({"match":{"pathRegex":"^/v4","times":0},"phase":"after","action":"status","status":200,"body":"html"})");
  } else {
    office.write_config(wait);
    office.faults(R"({"match":{"pathRegex":"^/v4","times":0},"action":"status","status":503})");
  }
  const Shown shown = office.zmig("inspect --env prod");
  INFO(shown.text);
  CHECK(shown.exit == at.exit);
  CHECK(shown.text.find(std::string("error[") + at.code + "]") != std::string::npos);
  // Who reads it knows what to do.
  const std::map<std::string, std::string> says{{"clock", "2 h"}, {"not shared", kMail}, {"wrong key", kMail}};
  if (const auto found = says.find(name); found != says.end())
    CHECK(shown.text.find(found->second) != std::string::npos);
}

TEST_CASE("gsheet command: a library that is missing is named, with how to get it") {
  Office office;
  fs::create_directories(office.folder_.at("lib"));
  office.folder_.write("lib/libcurl.so.4", "no library");
  const Shown shown = office.zmig("inspect --env prod", "LD_LIBRARY_PATH='" + office.folder_.at("lib") + "' ");
  INFO(shown.text);
  CHECK(shown.exit == 69);
  CHECK(shown.text.find("error[ZM0496]") != std::string::npos);
  CHECK(shown.text.find("apt-get install libcurl4") != std::string::npos);
}

TEST_CASE("gsheet command: the spreadsheet is called by its title, and another one than was expected is refused") {
  Office office;
  office.take_over();
  const Shown right = office.zmig("status --env prod");
  INFO(right.text);
  CHECK(right.text.find("\"Operaciones\"") != std::string::npos);
  office.write_config("expect_title = \"Operaciones\"\n");
  CHECK(office.zmig("status --env prod").exit == 0);
  office.write_config("expect_title = \"Inventario\"\n");
  const Shown wrong = office.zmig("status --env prod");
  INFO(wrong.text);
  CHECK(wrong.text.find("error[ZM0408]: the workbook is called \"Operaciones\", \"Inventario\" was expected") !=
        std::string::npos);
}

TEST_CASE("gsheet command: an Office file is refused by name before anything of it is changed") {
  Office office;
  office.runtime_.service().world().file(office.id_)->office = true;
  const Shown shown = office.zmig("baseline --env prod --yes");
  INFO(shown.text);
  CHECK(shown.exit == 69);
  CHECK(shown.text.find("error[ZM0494]") != std::string::npos);
  CHECK(office.commits() == 0);
}

TEST_CASE("gsheet command: quota that is spent says when to come back, and the same command goes on") {
  Office office;
  office.take_over();
  const std::int64_t before = office.commits();
  office.write_config("quota = { max_wait = \"500ms\" }\n");
  office.faults(R"({"match":{"op":"sheets.spreadsheets.batchUpdate","times":0},"action":"status","status":429})");
  const Shown spent = office.zmig("up --env prod --yes");
  INFO(spent.text);
  CHECK(spent.exit == 69);
  CHECK(spent.text.find("error[ZM0405]") != std::string::npos);
  CHECK(spent.text.find("come back after 20") != std::string::npos);
  CHECK(office.commits() == before);
  office.faults("[]");
  const Shown done = office.zmig("up --env prod --yes");
  INFO(done.text);
  CHECK(done.exit == 0);
  CHECK(office.commits() == before + 1);
}

TEST_CASE("gsheet command: a proxy that sends everything twice, and answers that nobody has seen, change nothing") {
  Office office;
  office.faults(R"([{"match":{"times":0},"action":"duplicate"},
                    {"match":{"pathRegex":"^/v4","times":0},"action":"unknownFields"}])");
  office.take_over();
  const Shown done = office.zmig("up --env prod --yes");
  INFO(done.text);
  CHECK(done.exit == 0);
  CHECK(office.zmig("status --env prod --check").exit == 0);
  const std::int64_t after = office.commits();
  CHECK(office.zmig("up --env prod --yes").exit == 0);
  CHECK(office.commits() == after);
}

TEST_CASE("gsheet command: a number that somebody else took a moment before the write is planned around") {
  Office office;
  office.take_over();
  const std::int64_t before = office.commits();
  // Between the last look and the batch: the next number of the stamp.
  office.faults(
      R"({"match":{"op":"sheets.spreadsheets.batchUpdate"},"phase":"before","action":"concurrentEdit","requests":[
          {"createDeveloperMetadata":{"developerMetadata":{"metadataId":1509949442,"metadataKey":"zmig.stamp",
           "metadataValue":"theirs","visibility":"DOCUMENT","location":{"spreadsheet":true}}}}]})");
  const Shown done = office.zmig("up --env prod --yes");
  INFO(done.text);
  CHECK(done.exit == 0);
  CHECK(office.commits() == before + 1);
  CHECK(office.zmig("status --env prod --check").exit == 0);
}

TEST_CASE("gsheet command: copies that Google keeps are made beside the backup, listed, and are never what counts") {
  Office office;
  office.take_over();
  office.write_config(
      "backup = { modes = [\"sheet-copy\", \"cells\", \"service-copy\"], keep = \"0s\" }\nrollback_window "
      "= \"0s\"\n");
  SECTION("all of them") {
    const Shown done = office.zmig("up --env prod --yes");
    INFO(done.text);
    CHECK(done.exit == 0);
    CHECK(done.text.find("backup    b1  ") != std::string::npos);
    CHECK(done.text.find("copy      b2  sheet-copy   gsheet:" + office.id_ + "#gid=") != std::string::npos);
    CHECK(done.text.find("copy      b3  service-copy   gsheet:") != std::string::npos);
    const Shown list = office.zmig("backup list --env prod");
    INFO(list.text);
    CHECK(list.text.find("sheet-copy") != std::string::npos);
    CHECK(list.text.find("kept by the service") != std::string::npos);
    CHECK(office.zmig("backup verify --env prod").exit == 0);
    const Shown refused = office.zmig("restore b3 --env prod --yes");
    INFO(refused.text);
    CHECK(refused.exit == 66);
    const Shown pruned = office.zmig("backup prune --env prod --yes");
    INFO(pruned.text);
    CHECK(pruned.exit == 0);
    CHECK(pruned.text.find("pruned    b3") != std::string::npos);
    CHECK(pruned.text.find("pruned    b2") != std::string::npos);
    CHECK(office.zmig("status --env prod --check").exit == 0);
  }
  SECTION("where Drive has no room for a service account") {
    REQUIRE(office.runtime_.service().world().settings.set_knob("serviceAccountStorage", "zero"));
    const Shown done = office.zmig("up --env prod --yes");
    INFO(done.text);
    CHECK(done.exit == 0);
    CHECK(done.text.find("warning[ZM0509]") != std::string::npos);
    CHECK(done.text.find("no service-copy beside b1: ZM0491") != std::string::npos);
    CHECK(done.text.find("shared drive") != std::string::npos);
    CHECK(office.zmig("status --env prod --check").exit == 0);
  }
}

TEST_CASE("gsheet command: what the configuration asks for and this release has not is refused by name") {
  const std::string key =
      GENERATE("concurrency = \"guarded\"", "concurrency = \"server\"", "scan = \"structure\"", "tables = true");
  Office office;
  office.write_config("gsheet = { " + key + " }\n");
  const Shown shown = office.zmig("inspect --env prod");
  INFO(shown.text);
  CHECK(shown.exit == 78);
  CHECK(shown.text.find("error[ZM0702]") != std::string::npos);
  CHECK(shown.text.find("`" + key.substr(0, key.find(' ')) + "` of [gsheet]") != std::string::npos);
}

TEST_CASE("gsheet command: no key and no token in anything that is printed or kept") {
  Office office;
  office.write_config("[env.prod.log]\nlevel = \"trace\"\n");
  office.take_over();
  // The service repeats what it was sent, where it says no.
  office.zmig("doctor --env prod --debug");
  office.zmig("inspect --env prod --debug");
  office.zmig("baseline --env prod --yes --debug");
  office.zmig("status --env prod --debug --json");
  office.zmig("up --env prod --yes --debug");
  office.zmig("backup create --env prod --mode service-copy --debug");
  const std::string all = office.everything();
  CHECK(all.find("google  GET /v4/spreadsheets/" + office.id_) != std::string::npos);  // the wire log was on
  const std::string pem = office.key_["private_key"].get<std::string>();
  CHECK(all.find(pem.substr(40, 40)) == std::string::npos);
  CHECK(all.find("PRIVATE KEY") == std::string::npos);
  CHECK(all.find("ya29.") == std::string::npos);
  CHECK(all.find("Bearer ") == std::string::npos);
  CHECK(all.find("assertion=") == std::string::npos);
}
