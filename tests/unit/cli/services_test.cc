// What a service is told: every key of the file, variable and flag that is about services, one after the other.
#include "services.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::cli;
using Where = GsheetOptions::Credentials;

namespace {

struct Told {
  Result<GsheetOptions> options;
  std::string findings;
};

Told told(const std::string& toml, const Globals& globals = {}, const Variables& variables = {}) {
  const test::TempFolder folder;
  const std::string file = folder.write("zmig.toml", toml);
  SourceMap sources;
  Diagnostics out;
  Config config = load_config(file, folder.path(), sources, out);
  std::string findings;
  for (const auto& one : out.all()) findings += one.code + " " + one.message + "\n";
  config.root = "/project";
  const auto env = config.environments.find("prod");
  return {gsheet_options(config, env == config.environments.end() ? nullptr : &env->second, globals, variables),
          findings};
}

GsheetOptions options(const std::string& env, const std::string& top = {}, const Globals& globals = {},
                      const Variables& variables = {}) {
  Told all = told("[zmig]\nformat = 1\n" + top + "\n[env.prod]\ntarget = \"memory:\"\n" + env, globals, variables);
  CHECK(all.findings == "");
  REQUIRE(all.options.has_value());
  return std::move(*all.options);
}

}  // namespace

TEST_CASE("what nobody says of a service is the default") {
  const GsheetOptions plain = options("");
  CHECK(plain.credentials == Where::standard);
  CHECK(plain.endpoint.empty());
  CHECK(plain.endpoint_allow.empty());
  CHECK(plain.ca_file.empty());
  CHECK(plain.subject.empty());
  CHECK(plain.concurrency == "optimistic");
  CHECK(plain.scan == "sheet");
  CHECK(plain.batch_bytes == 2'000'000);
  CHECK_FALSE(plain.tables);
  CHECK(plain.reads_per_minute == 55);
  CHECK(plain.writes_per_minute == 55);
  CHECK(plain.max_rps == 0);
  CHECK(plain.budget == 0);
  CHECK(plain.max_wait == std::chrono::minutes(10));
  CHECK(plain.connect_timeout == std::chrono::seconds(10));
  CHECK(plain.request_timeout == std::chrono::seconds(200));
}

TEST_CASE("credentials are named in five ways, and files count from the folder of the configuration") {
  CHECK(options("credentials = \"default\"\n").credentials == Where::standard);
  const auto path = options("credentials = \"secrets/key.json\"\n");
  CHECK(path.credentials == Where::file);
  CHECK(path.credentials_name == "/project/secrets/key.json");
  const auto file = options("credentials = { file = \"/etc/key.json\" }\n");
  CHECK(file.credentials == Where::file);
  CHECK(file.credentials_name == "/etc/key.json");
  const auto variable = options("credentials = { env = \"MY_KEY\" }\n");
  CHECK(variable.credentials == Where::env);
  CHECK(variable.credentials_name == "MY_KEY");
  const auto command = options("credentials = { command = [\"pass\", \"show\", \"zmig\"] }\n");
  CHECK(command.credentials == Where::command);
  CHECK(command.credentials_command == std::vector<std::string>{"pass", "show", "zmig"});
}

TEST_CASE("a key or token in the place of its name is refused") {
  for (const char* bad :
       {"\"ya29.canary-token\"", "{ env = \"ya29.canary-token\" }", "{ file = \"-----BEGIN PRIVATE KEY-----\" }"}) {
    const Told all =
        told("[zmig]\nformat = 1\n[env.prod]\ntarget = \"memory:\"\ncredentials = " + std::string(bad) + "\n");
    CHECK(all.findings.starts_with("ZM0707 "));
    CHECK(all.findings.find("canary") == std::string::npos);
  }
  for (const char* bad : {"7", "{}", "{ file = 7 }", "{ command = [] }", "{ file = \"a\", env = \"b\" }"}) {
    INFO(bad);
    const Told all =
        told("[zmig]\nformat = 1\n[env.prod]\ntarget = \"memory:\"\ncredentials = " + std::string(bad) + "\n");
    CHECK((all.findings.starts_with("ZM0702 ") || bad == std::string("{ command = [] }")));
    REQUIRE(all.options.has_value());
    CHECK(all.options->credentials == Where::standard);
  }
}

TEST_CASE("a backup always has the cells, and only copies that this release can make") {
  CHECK(options("backup = { modes = [\"service-copy\", \"cells\"], folder = \"drive:0AFolder\" }\n").copy_folder ==
        "drive:0AFolder");
  for (const auto& [modes, says] : std::vector<std::pair<std::string, std::string>>{
           {"[\"service-copy\"]", "a list is not a value for \"env.prod.backup.modes\""},
           {"[]", "a list is not a value"},
           {"\"cells\"", "\"cells\" is not a value"},
           {"[\"cells\", \"export\"]", "a list is not a value"},
           {"[\"cells\", 7]", "7 is not a value"}}) {
    INFO(modes);
    const Told all = told("[zmig]\nformat = 1\n[env.prod]\ntarget = \"memory:\"\nbackup = { modes = " + modes + " }\n");
    CHECK(all.findings.starts_with("ZM0702 " + says));
  }
}

TEST_CASE("keys of an environment are stronger than [gsheet], variables than both") {
  const std::string top =
      "[gsheet]\nendpoint = \"https://a.googleapis.com\"\nendpoint_allow = [\"a.example\"]\nca_file = \"ca.pem\"\n"
      "subject = \"ana@example.com\"\nbatch_bytes = 5000\nconcurrency = \"guarded\"\nscan = \"workbook\"\ntables = "
      "true\n";
  const auto all = options("", top);
  CHECK(all.endpoint == "https://a.googleapis.com");
  CHECK(all.endpoint_allow == std::vector<std::string>{"a.example"});
  CHECK(all.ca_file == "/project/ca.pem");
  CHECK(all.subject == "ana@example.com");
  CHECK(all.batch_bytes == 5000);
  CHECK(all.concurrency == "guarded");
  CHECK(all.scan == "workbook");
  CHECK(all.tables);

  const std::string own =
      "gsheet = { endpoint = \"http://127.0.0.1:1\", endpoint_allow = [], ca_file = \"/own.pem\", subject = "
      "\"eva@example.com\", "
      "batch_bytes = 6000, concurrency = \"server\", scan = \"structure\", tables = false }\n";
  const auto mine = options(own, top);
  CHECK(mine.endpoint == "http://127.0.0.1:1");
  CHECK(mine.endpoint_allow.empty());
  CHECK(mine.ca_file == "/own.pem");
  CHECK(mine.subject == "eva@example.com");
  CHECK(mine.batch_bytes == 6000);
  CHECK(mine.concurrency == "server");
  CHECK(mine.scan == "structure");
  CHECK_FALSE(mine.tables);

  Variables variables;
  variables.values = {{"ZMIG_GSHEET_ENDPOINT", "http://127.0.0.1:2"},
                      {"ZMIG_GSHEET_ENDPOINT_ALLOW", "b.example,c.example"},
                      {"ZMIG_GSHEET_CA_FILE", "/other.pem"},
                      {"ZMIG_GSHEET_SUBJECT", "leo@example.com"},
                      {"ZMIG_GSHEET_BATCH_BYTES", "7000"},
                      {"ZMIG_GSHEET_CONCURRENCY", "optimistic"},
                      {"ZMIG_GSHEET_SCAN", "sheet"},
                      {"ZMIG_GSHEET_TABLES", "true"}};
  const auto typed = options(own, top, {}, variables);
  CHECK(typed.endpoint == "http://127.0.0.1:2");
  CHECK(typed.endpoint_allow == std::vector<std::string>{"b.example", "c.example"});
  CHECK(typed.ca_file == "/other.pem");
  CHECK(typed.subject == "leo@example.com");
  CHECK(typed.batch_bytes == 7000);
  CHECK(typed.concurrency == "optimistic");
  CHECK(typed.scan == "sheet");
  CHECK(typed.tables);
}

TEST_CASE("a variable that holds no value for its key is an error that names it") {
  for (const char* name :
       {"ZMIG_GSHEET_BATCH_BYTES", "ZMIG_GSHEET_CONCURRENCY", "ZMIG_GSHEET_SCAN", "ZMIG_GSHEET_TABLES"}) {
    Variables variables;
    variables.values[name] = "many";
    const Told all = told("[zmig]\nformat = 1\n", {}, variables);
    REQUIRE_FALSE(all.options.has_value());
    CHECK(all.options.error().zm == "ZM0702");
    CHECK(all.options.error().message == "\"many\" is not a value for " + std::string(name));
  }
}

TEST_CASE("pace, ceiling and time limits come from the environment, and flags are stronger") {
  const std::string keys =
      "connect_timeout = \"3s\"\nrequest_timeout = \"30s\"\n"
      "quota = { reads_per_minute = 20, writes_per_minute = 10, calls_per_run = 40, max_wait = \"2m\" }\n";
  const auto slow = options(keys);
  CHECK(slow.reads_per_minute == 20);
  CHECK(slow.writes_per_minute == 10);
  CHECK(slow.budget == 40);
  CHECK(slow.max_wait == std::chrono::minutes(2));
  CHECK(slow.connect_timeout == std::chrono::seconds(3));
  CHECK(slow.request_timeout == std::chrono::seconds(30));
  Globals globals;
  globals.budget = 7;
  globals.max_rps = 2;
  globals.credentials = "here.json";
  globals.timeout = std::chrono::seconds(50);
  const auto flags = options(keys + "credentials = \"there.json\"\n", "", globals);
  CHECK(flags.budget == 7);
  CHECK(flags.max_rps == 2);
  CHECK(flags.max_wait == std::chrono::seconds(50));
  CHECK(flags.credentials_name == "here.json");  // typed, so it counts from here
  Variables variables;
  variables.values["ZMIG_GOOGLE_CREDENTIALS_FILE"] = "/var/key.json";
  CHECK(options("credentials = \"there.json\"\n", "", {}, variables).credentials_name == "/var/key.json");
}

TEST_CASE("numbers out of range, and keys that are none, are found where they stand") {
  CHECK(told("[zmig]\nformat = 1\n[env.prod]\ntarget = \"memory:\"\nquota = { reads_per_minute = 0 }\n").findings ==
        "ZM0702 0 is not a value for \"env.prod.quota.reads_per_minute\"\n");
  CHECK(told("[zmig]\nformat = 1\n[gsheet]\nendpont = \"x\"\n").findings == "ZM0701 unknown key \"gsheet.endpont\"\n");
  CHECK(told("[zmig]\nformat = 1\n[gsheet]\nscan = \"all\"\n").findings ==
        "ZM0702 \"all\" is not a value for \"gsheet.scan\"\n");
}
