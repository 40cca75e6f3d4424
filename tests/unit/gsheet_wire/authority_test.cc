// Credentials and tokens against the test server's token endpoint, which verifies signatures.
#include "targets/gsheet/endpoint.h"
#include "targets/gsheet/sign.h"
#include "wire_bench.h"

using namespace zmig;
using namespace zmig::test;
using std::chrono::milliseconds;

namespace {

using Credentials = GsheetOptions::Credentials;

std::string user_file(const std::string& refresh = "1//refresh-canary-5150") {
  sheets_server::Json file = {{"type", "authorized_user"},
                              {"client_id", "client-1"},
                              {"client_secret", "secret-canary-4711"},
                              {"refresh_token", refresh},
                              {"quota_project_id", "billing-7"}};
  return file.dump();
}

/// What is said when nothing can be opened at all.
Error refused(WireBench& bench) {
  auto made = gsheet::connect_wire(bench.options_, bench.ports_.ports, bench.id_, nullptr);
  REQUIRE_FALSE(made.has_value());
  return made.error();
}
Error failed(WireBench& bench) {
  const auto answer = bench.read();
  REQUIRE_FALSE(answer.has_value());
  return answer.error();
}

/// Keeps what was sent, and gives answers that were put in.
class FakeHttp final : public gsheet::Http {
 public:
  explicit FakeHttp(std::vector<gsheet::HttpReply> replies) : replies_(std::move(replies)) {}
  gsheet::HttpReply send(const gsheet::HttpCall& call) override {
    sent.push_back(call.method + " " + call.url);
    for (const std::string& header : call.headers) sent.back() += " | " + header;
    if (next_ < replies_.size()) return replies_[next_++];
    gsheet::HttpReply nobody;
    nobody.trouble = gsheet::Trouble::not_sent;
    nobody.why = "Couldn't resolve host name";
    return nobody;
  }
  std::vector<std::string> sent;

 private:
  std::vector<gsheet::HttpReply> replies_;
  std::size_t next_ = 0;
};
gsheet::HttpReply answers(std::string body, int status = 200) {
  gsheet::HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

}  // namespace

TEST_CASE("gsheet authority: base64url has no padding and no characters of its own") {
  CHECK(gsheet::base64url("") == "");
  CHECK(gsheet::base64url("f") == "Zg");
  CHECK(gsheet::base64url("fo") == "Zm8");
  CHECK(gsheet::base64url("foo") == "Zm9v");
  CHECK(gsheet::base64url("\xfb\xff\xfe") == "-__-");
}

TEST_CASE("gsheet authority: a signature is the one of the key") {
  const auto signature = gsheet::sign_rs256(private_key(), "header.claims");
  REQUIRE(signature.has_value());
  CHECK(sheets_server::verify_rs256(private_key(), "header.claims", *signature));
  CHECK_FALSE(sheets_server::verify_rs256(private_key(), "header.claimz", *signature));
  CHECK(gsheet::sign_rs256("-----BEGIN PRIVATE KEY-----\nAAAA\n", "x").error().zm == "ZM0482");
}

TEST_CASE("gsheet authority: a token is asked for anew five minutes before it ends") {
  WireBench bench;
  REQUIRE(bench.read().has_value());
  bench.advance(milliseconds(3'298'000));
  REQUIRE(bench.read().has_value());
  CHECK(bench.sent("token") == 1);
  bench.advance(milliseconds(2'000));
  REQUIRE(bench.read().has_value());
  CHECK(bench.sent("token") == 2);
}

TEST_CASE("gsheet authority: a token that expires on the way is replaced once, and the same bytes are sent again") {
  WireBench bench;
  REQUIRE(bench.read().has_value());
  bench.faults(R"({"match":{"op":"sheets.spreadsheets.batchUpdate"},"phase":"before","action":"tokenExpire"})");
  REQUIRE(bench.write().has_value());
  CHECK(bench.sent("token") == 2);
  CHECK(bench.commits() == 1);
  CHECK(bench.wire().calls().writes == 2);
}

TEST_CASE("gsheet authority: a key that is no longer the account's is named with the account") {
  WireBench bench;
  auto key = sheets_server::Json::parse(WireBench::key_text());
  key["private_key"] = sheets_server::new_rsa_key();
  bench.options_.credentials_name = bench.write_file("old.json", key.dump());
  const Error error = failed(bench);
  CHECK(error.code == Errc::denied);
  CHECK(error.zm == "ZM0483");
  CHECK(error.message == "the key of " + kMail + " is not the right one: Invalid JWT Signature.");
  CHECK(error.help == "the key was deleted or replaced; make a new key for the account and use that file");
  CHECK(bench.sent("token") == 1);
}

TEST_CASE("gsheet authority: an account that Google does not know") {
  WireBench bench;
  bench.options_.credentials_name =
      bench.write_file("gone.json", WireBench::key_text("gone@project.iam.gserviceaccount.com"));
  CHECK(failed(bench).message ==
        "Google gives no token to gone@project.iam.gserviceaccount.com: Invalid grant: account not found");
}

TEST_CASE("gsheet authority: a revoked token cannot be had again") {
  WireBench bench;
  REQUIRE(bench.read().has_value());
  bench.faults(R"({"match":{"op":"sheets.spreadsheets.get"},"phase":"before","action":"tokenRevoke"})");
  const Error error = failed(bench);
  CHECK(error.zm == "ZM0483");
  CHECK(error.message == "Google does not know " + kMail + " any more: Token has been expired or revoked.");
}

TEST_CASE("gsheet authority: a clock that is off is told by how much") {
  const std::int64_t seconds = GENERATE(-3660, 5000, 3 * 86'400);
  WireBench bench;
  bench.faults(R"({"match":{"pathRegex":"/token"},"phase":"before","action":"clockSkew","s":)" +
               std::to_string(seconds) + "}");
  const Error error = failed(bench);
  CHECK(error.zm == "ZM0484");
  CHECK(error.message == (seconds < 0         ? "the clock of this machine is 61 minutes ahead"
                          : seconds < 100'000 ? "the clock of this machine is 83 minutes behind"
                                              : "the clock of this machine is 3 days behind"));
  CHECK(error.help == "set the clock (`timedatectl set-ntp true`); tokens are refused until then");
  CHECK(bench.sent("token") == 1);
}

TEST_CASE("gsheet authority: a token endpoint that is away is asked again") {
  WireBench bench;
  bench.options_.max_wait = milliseconds(10'000);
  bench.faults(R"({"match":{"pathRegex":"/token"},"phase":"before","action":"tokenEndpointDown"})");
  const Error error = failed(bench);
  CHECK(error.zm == "ZM0410");
  CHECK(error.message == "no token comes from 127.0.0.1 (503)");
  CHECK(bench.sent("token") >= 3);
  CHECK(bench.slept() <= milliseconds(10'000));
}

TEST_CASE("gsheet authority: a logged-in person's file is refreshed with the quota project as a header") {
  WireBench bench;
  bench.runtime_.service().auth().add_key(sheets_server::Json::parse(user_file()));
  bench.options_.credentials_name = bench.write_file("adc.json", user_file());
  auto& file = bench.runtime_.service().world().create("mine", sheets_server::kSpreadsheetMime, "user@example.com");
  bench.id_ = file.id;
  CHECK(bench.read().has_value());
  CHECK(bench.wire().authority().quota_project() == "billing-7");
  CHECK(bench.wire().account().empty());

  bench.wire_.reset();
  bench.options_.credentials_name = bench.write_file("old.json", user_file("1//another"));
  const Error error = failed(bench);
  CHECK(error.zm == "ZM0483");
  CHECK(error.help == "log in again with `gcloud auth application-default login`, or take a new key");
}

TEST_CASE("gsheet authority: places are looked at in their order") {
  WireBench bench;
  bench.runtime_.service().auth().mode = sheets_server::AuthMode::any;
  bench.options_.credentials = Credentials::standard;
  const std::string config = bench.folder_.at("gcloud");
  std::filesystem::create_directories(config);
  bench.write_file("gcloud/application_default_credentials.json", WireBench::key_text());
  const auto found = [&] {
    const auto credentials = gsheet::find_credentials(bench.options_);
    return credentials.has_value() ? credentials->found_in : credentials.error().message;
  };
  CHECK(found() == "the metadata server");
  bench.variables_["CLOUDSDK_CONFIG"] = config;
  CHECK(found() == "file " + config + "/application_default_credentials.json");
  bench.variables_["GOOGLE_APPLICATION_CREDENTIALS"] = bench.options_.credentials_name;
  CHECK(found() == "file " + bench.options_.credentials_name);
  bench.variables_["CLOUDSDK_AUTH_ACCESS_TOKEN"] = "any:b@example.com";
  CHECK(found() == "the variable CLOUDSDK_AUTH_ACCESS_TOKEN");
  bench.variables_["GOOGLE_OAUTH_ACCESS_TOKEN"] = "any:a@example.com";
  CHECK(found() == "the variable GOOGLE_OAUTH_ACCESS_TOKEN");
}

TEST_CASE("gsheet authority: a plain token is used as it is, and a 401 is final") {
  WireBench bench;
  bench.options_.credentials = Credentials::env;
  bench.options_.credentials_name = "MY_TOKEN";
  bench.variables_["MY_TOKEN"] = "ya29.canary-token-0815";
  const Error error = failed(bench);
  CHECK(error.zm == "ZM0483");
  CHECK(error.message == "Google does not accept the token from the variable MY_TOKEN: it has expired, or was revoked");
  CHECK(bench.wire().calls().reads == 1);
  CHECK(bench.sent("token") == 0);
}

TEST_CASE("gsheet authority: a variable may hold a path or the file itself; a command prints a key or a token") {
  WireBench bench;
  bench.options_.credentials = Credentials::env;
  bench.variables_["MY_KEY"] = bench.options_.credentials_name;
  bench.options_.credentials_name = "MY_KEY";
  CHECK(bench.read().has_value());
  bench.wire_.reset();
  bench.variables_["MY_KEY"] = WireBench::key_text();
  CHECK(bench.read().has_value());
  bench.wire_.reset();
  bench.options_.credentials = Credentials::command;
  bench.options_.credentials_command = {"cat", bench.folder_.at("key.json")};
  CHECK(bench.read().has_value());
}

TEST_CASE("gsheet authority: credentials that cannot be used are refused by name, before anything is sent") {
  struct Case {
    std::string text, why;
  };
  const Case at = GENERATE(values<Case>({
      {"nothing", "not a key file of Google"},
      {"{}", "it has no `type`"},
      {R"({"type":"external_account"})", "the type \"external_account\" is not supported"},
      {R"({"type":"impersonated_service_account"})", "the type \"impersonated_service_account\" is not supported"},
      {R"({"type":"robot"})", "the type \"robot\" is not known"},
      {R"({"type":"service_account","client_email":"a@b"})", "`private_key` or `client_email` is missing"},
      {R"({"type":"authorized_user","client_id":"a"})", "`client_id`, `client_secret` or `refresh_token` is missing"},
  }));
  WireBench bench;
  bench.options_.credentials_name = bench.write_file("bad.json", at.text);
  const Error error = refused(bench);
  CHECK(error.code == Errc::denied);
  CHECK(error.zm == "ZM0482");
  CHECK(error.message == "the credentials in file " + bench.options_.credentials_name + " cannot be used: " + at.why);
}

TEST_CASE("gsheet authority: a key file that others can read is refused, and one that is not there") {
  WireBench bench;
  bench.options_.credentials_name = bench.write_file("open.json", WireBench::key_text(), 0640);
  const Error open = refused(bench);
  CHECK(open.message == "the credentials file \"" + bench.options_.credentials_name + "\" can be read by others");
  CHECK(open.help == "chmod 600 \"" + bench.options_.credentials_name + "\"");
  bench.options_.credentials_name = bench.folder_.at("none.json");
  CHECK(refused(bench).message == "the credentials file \"" + bench.options_.credentials_name + "\" does not exist");
  bench.options_.credentials = Credentials::env;
  bench.options_.credentials_name = "UNSET";
  CHECK(refused(bench).message == "the variable UNSET is not set");
  bench.options_.credentials = Credentials::command;
  bench.options_.credentials_command = {"false"};
  CHECK(refused(bench).message == "the credentials command \"false\" failed");
  bench.options_.credentials_command = {bench.folder_.at("no-such-program")};
  CHECK(refused(bench).zm == "ZM0482");
}

TEST_CASE("gsheet authority: the token of a key file is asked for at Google or loopback only") {
  WireBench bench;
  auto key = sheets_server::Json::parse(WireBench::key_text());
  key["token_uri"] = GENERATE(as<std::string>(), "https://evil.example.com/token", "http://oauth2.googleapis.com/token",
                              "https://oauth2.googleapis.com.evil.example/token", "https://user@oauth2.googleapis.com/",
                              "file:///etc/passwd");
  bench.options_.credentials_name = bench.write_file("bad.json", key.dump());
  CHECK(refused(bench).zm == "ZM0488");
}

TEST_CASE("gsheet endpoint: Google over TLS, loopback, and what is listed") {
  const std::vector<std::string> none;
  CHECK(gsheet::check_endpoint("http://127.0.0.1:8910", none).value() == "http://127.0.0.1:8910");
  CHECK(gsheet::check_endpoint("http://[::1]:8910/", none).value() == "http://[::1]:8910");
  CHECK(gsheet::check_endpoint("https://localhost", none).value() == "https://localhost");
  CHECK(gsheet::check_endpoint("https://sheets.googleapis.com", none).value() == "https://sheets.googleapis.com");
  CHECK(gsheet::check_endpoint("https://proxy.example.com:444", {"proxy.example.com"}).value() ==
        "https://proxy.example.com:444");
  for (const char* bad :
       {"https://sheets.example.com", "http://sheets.googleapis.com", "http://proxy.example.com", "ftp://127.0.0.1",
        "127.0.0.1:8910", "https://169.254.169.254", "https://metadata.google.internal", "https://[fe80::1]",
        "https://user:pw@sheets.googleapis.com", "https://sheets.googleapis.com/path", "https://", "https://a b",
        "https://127.0.0.1.example.com", "http://127.0.0.1:port"}) {
    INFO(bad);
    const auto refused_address = gsheet::check_endpoint(bad, {"proxy.example.com", "169.254.169.254"});
    REQUIRE_FALSE(refused_address.has_value());
    CHECK(refused_address.error().zm == "ZM0488");
    CHECK(refused_address.error().message.find("pw") == std::string::npos);
  }
}

TEST_CASE("gsheet authority: the metadata server is asked in its way, for a second, and is no error of its own") {
  WireBench bench;
  bench.options_.credentials = Credentials::standard;
  bench.options_.endpoint.clear();
  const auto connect = [&](std::vector<gsheet::HttpReply> replies) {
    auto http = std::make_unique<FakeHttp>(std::move(replies));
    FakeHttp* fake = http.get();
    bench.wire_ =
        std::move(gsheet::connect_wire(bench.options_, bench.ports_.ports, bench.id_, std::move(http)).value());
    return fake;
  };
  FakeHttp* fake =
      connect({answers(R"({"access_token":"ya29.machine","expires_in":3599,"token_type":"Bearer"})"), answers("{}")});
  REQUIRE(bench.read().has_value());
  REQUIRE(fake->sent.size() == 2);
  CHECK(fake->sent[0] ==
        "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token | "
        "Metadata-Flavor: Google");
  CHECK(fake->sent[1] == "GET https://sheets.googleapis.com/v4/spreadsheets/" + bench.id_ +
                             "?fields=spreadsheetId | Authorization: Bearer ya29.machine");
  connect({});
  const Error error = failed(bench);
  CHECK(error.zm == "ZM0482");
  CHECK(error.message == "no credentials were found");
  CHECK(bench.slept() == milliseconds(0));
}

TEST_CASE("gsheet authority: commands that only read get a token that cannot write") {
  WireBench bench;
  bench.options_.read_only = true;
  CHECK(bench.read().has_value());
  const auto answer = bench.wire().call({"GET", "/drive/v3/files/" + bench.id_ + "?fields=id", "", false});
  CHECK(answer.has_value());
  CHECK(bench.sent("token") == 2);  // one for sheets, one for Drive
}

TEST_CASE("gsheet authority: no key and no token is in any error or line of the log") {
  WireBench bench;
  bench.options_.credentials = Credentials::env;
  bench.options_.credentials_name = "MY_TOKEN";
  const std::string token = "canary-token-8472-xyz";
  bench.variables_["MY_TOKEN"] = token;
  bench.options_.max_wait = milliseconds(3000);
  bench.runtime_.service().auth().mode = sheets_server::AuthMode::any;
  bench.id_ = bench.runtime_.service().world().create("T", sheets_server::kSpreadsheetMime, "caller@example.com").id;
  // A service that repeats everything it was given.
  for (const int status : {400, 401, 403, 404, 409, 429, 500, 503}) {
    bench.faults(R"({"match":{"times":0},"phase":"before","action":"status","status":)" + std::to_string(status) +
                 R"(,"message":"you sent Bearer )" + token + R"( and ya29.another-one and canary"})");
    for (const auto& answer : {bench.read(), bench.write()}) {
      REQUIRE_FALSE(answer.has_value());
      for (const std::string& text : {answer.error().message, answer.error().help, answer.error().place}) {
        CHECK(text.find(token) == std::string::npos);
        CHECK(text.find("another-one") == std::string::npos);
      }
    }
  }
  CHECK(bench.log_.size() > 16);
  for (const std::string& line : bench.log_) CHECK(line.find("canary") == std::string::npos);
}
