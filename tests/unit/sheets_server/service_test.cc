#include <string>

#include "bench.h"
#include "crypto.h"
#include "text.h"

using namespace sheets_server;

TEST_CASE("sheets-server: values come back trimmed, with inner gaps, in every rendering") {
  Bench bench;
  const std::string id = bench.create();
  const auto written =
      bench.put(id, "'Sheet1'!A1:D4", R"([["=4/2","2020-01-01","",""],["","","",""],["x",null,0.5,""]])");
  CHECK(written.body["updatedRange"] == "Sheet1!A1:D3");
  CHECK(written.body["updatedCells"] == 11);
  CHECK(bench.values(id, "Sheet1") == R"([["2","2020-01-01"],[],["x","","0.5"]])");
  CHECK(bench.values(id, "Sheet1", "?valueRenderOption=UNFORMATTED_VALUE") == R"([[2,43831],[],["x","",0.5]])");
  CHECK(bench.values(id, "Sheet1", "?valueRenderOption=FORMULA") == R"([["=4/2",43831],[],["x","",0.5]])");
  CHECK(bench.values(id, "Sheet1", "?majorDimension=COLUMNS") == R"([["2","","x"],["2020-01-01"],["","","0.5"]])");
}

TEST_CASE("sheets-server: a batch of values counts rows and columns over the union") {
  Bench bench;
  const std::string id = bench.create();
  const auto answer = bench.send(
      "POST", "/v4/spreadsheets/" + id + "/values:batchUpdate",
      R"({"valueInputOption":"RAW","data":[{"range":"A1:D1","values":[[1,2,3,4]]},{"range":"A4:D4","values":[[1,2,3,4]]}]})");
  CHECK(answer.body["totalUpdatedRows"] == 2);
  CHECK(answer.body["totalUpdatedColumns"] == 4);
  CHECK(answer.body["totalUpdatedCells"] == 8);
  CHECK(answer.body["totalUpdatedSheets"] == 1);
}

TEST_CASE("sheets-server: refusals of calls say what Google says") {
  Bench bench;
  const std::string id = bench.create();
  const std::string base = "/v4/spreadsheets/" + id;
  CHECK(bench.call("GET", "/v4/spreadsheets/test").text ==
        "{\n  \"error\": {\n    \"code\": 404,\n    \"message\": \"Requested entity was not found.\",\n    \"status\": "
        "\"NOT_FOUND\"\n  }\n}\n");
  CHECK(Bench::message(bench.put(id, "A1:B1", "[[1,2,3]]")) ==
        "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]");
  CHECK(Bench::message(bench.put(id, "A1:B1", "[[1],[2]]")) ==
        "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]");
  CHECK(Bench::message(bench.put(id, "A1", "\"A1:D4\"")) ==
        "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"A1:D4\"");
  CHECK(Bench::message(bench.call("GET", base + "?x=1")) ==
        "Invalid JSON payload received. Unknown name \"x\": Cannot bind query parameter. Field 'x' could not be found "
        "in request message.");
  CHECK(Bench::message(bench.put(id, "A1", "[[\"" + std::string(50001, 'a') + "\"]]")) ==
        "Your input contains more than the maximum of 50000 characters in a single cell.");
  CHECK(bench.put(id, "A1", "[[\"" + std::string(50000, 'a') + "\"]]").status == 200);
  CHECK(bench.call("GET", "/nowhere").text.find("<!DOCTYPE html>") == 0);
  CHECK(Bench::message(bench.call("GET", "/drive/v3/files/none")) == "File not found: none.");
  CHECK(bench.call("GET", "/drive/v3/files?q=size%3D1").status == 400);
}

TEST_CASE("sheets-server: the quota of a minute is spent and comes back") {
  Bench bench;
  const std::string id = bench.create();
  bench.service.quota().mode = QuotaMode::fixed;
  bench.service.quota().limits["readsPerUser"] = 2;
  CHECK(bench.call("GET", "/v4/spreadsheets/" + id).status == 200);
  CHECK(bench.call("GET", "/v4/spreadsheets/" + id).status == 200);
  const auto spent = bench.call("GET", "/v4/spreadsheets/" + id);
  CHECK(spent.status == 429);
  CHECK(Bench::message(spent) ==
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of service "
        "'sheets.googleapis.com' for consumer 'project_number:1'.");
  bench.service.world().clock.advance(60000);
  CHECK(bench.call("GET", "/v4/spreadsheets/" + id).status == 200);
}

TEST_CASE("sheets-server: a token costs a signature that holds, and opens what its scope opens") {
  Bench bench;
  const std::string pem = new_rsa_key();
  Auth& auth = bench.service.auth();
  auth.mode = AuthMode::keys;
  const Json key{{"type", "service_account"},
                 {"project_id", "p"},
                 {"client_email", "sa@p.iam.gserviceaccount.com"},
                 {"private_key", pem},
                 {"token_uri", "https://oauth2.googleapis.com/token"}};
  REQUIRE(auth.add_key(key));
  const std::int64_t now = bench.service.world().clock.now() / 1000;
  const auto ask = [&](const std::string& signer, std::int64_t issued, const char* scope) {
    const Json claims{{"iss", "sa@p.iam.gserviceaccount.com"},
                      {"scope", scope},
                      {"aud", "https://oauth2.googleapis.com/token"},
                      {"iat", issued},
                      {"exp", issued + 3600}};
    const std::string text = base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(claims.dump());
    HttpRequest request{"POST", "/token"};
    request.body = "grant_type=" + percent_encoded("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                   "&assertion=" + text + "." + base64url(sign_rs256(signer, text));
    return Json::parse(bench.service.handle(request).body);
  };
  const char* read_only = "https://www.googleapis.com/auth/spreadsheets.readonly";
  CHECK(text_of(ask(new_rsa_key(), now, read_only), "error_description") == "Invalid JWT Signature.");
  CHECK(text_of(ask(pem, now - 7200, read_only), "error_description")
            .find("Invalid JWT: Token must be a short-lived token") == 0);
  CHECK(text_of(ask(pem, now, "x"), "error") == "invalid_scope");
  CHECK(bench.call("POST", "/v4/spreadsheets", object()).status == 401);
  bench.token = text_of(ask(pem, now, read_only), "access_token");
  const auto small = bench.call("POST", "/v4/spreadsheets", object());
  CHECK(small.status == 403);
  CHECK(Bench::message(small) == "Request had insufficient authentication scopes.");
  bench.token = text_of(ask(pem, now, "https://www.googleapis.com/auth/spreadsheets"), "access_token");
  CHECK(bench.call("POST", "/v4/spreadsheets", object()).status == 200);
  bench.service.world().clock.advance(3600 * 1000);
  CHECK(bench.call("POST", "/v4/spreadsheets", object()).status == 401);
}

TEST_CASE("sheets-server: paths take slashes before the colon, bind verbs to the last one and decode once") {
  CHECK(route("POST", "/v4/spreadsheets/x/:batchUpdate").op == "sheets.spreadsheets.batchUpdate");
  CHECK(route("GET", "/v4/spreadsheets/x/").op == "sheets.spreadsheets.get");
  const Route append = route("POST", "/v4/spreadsheets/x/values/%27a%2Fb%3Aappend%27%21A1:append");
  CHECK(append.op == "sheets.spreadsheets.values.append");
  CHECK(append.path.at("range") == "'a/b:append'!A1");
  CHECK(route("GET", "/v4/spreadsheets/x/values/a+b?ranges=a+b&pageToken=").query == Query{{"ranges", "a b"}});
  CHECK(route("GET", "/v4/spreadsheets/x/values/a+b").path.at("range") == "a+b");
}

TEST_CASE("sheets-server: the same seed and clock give the same bytes") {
  const auto talk = [] {
    Bench bench;
    const std::string id = bench.create();
    bench.batch_text(id, R"({"addSheet":{}},{"addNamedRange":{"namedRange":{"name":"n","range":{"sheetId":0}}}})");
    return bench.call("GET", "/v4/spreadsheets/" + id).text +
           bench.call("GET", "/drive/v3/files/" + id + "?fields=*").text;
  };
  CHECK(talk() == talk());
}

TEST_CASE("sheets-server: Drive lists newest first, copies keep sheets, CSV goes in and out") {
  Bench bench;
  const std::string id = bench.create();
  const std::string other = bench.create();
  const Json list =
      bench
          .call("GET",
                "/drive/v3/files?q=mimeType+%3D+%27application%2Fvnd.google-apps.spreadsheet%27&pageSize=1&fields=*")
          .body;
  CHECK(list["files"][0]["id"] == other);
  CHECK(list["nextPageToken"] == "1");
  bench.send("PUT", "/upload/drive/v2/files/" + id + "?uploadType=media&convert=True", "a,\"b,\"\"c\"\n1,2\n");
  CHECK(bench.send("GET", "/drive/v3/files/" + id + "/export?mimeType=text/csv", "").text == "a,\"b,\"\"c\"\r\n1,2");
  const Json copy = bench.call("POST", "/drive/v3/files/" + id + "/copy", object()).body;
  CHECK(copy["name"] == "Copy of T");
  CHECK(bench.values(text_of(copy, "id"), "A1:B2") == R"([["a","b,\"c"],["1","2"]])");
}
