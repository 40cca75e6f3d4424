// The two documents of a csv folder come from a place that others write to: what is no manifest or journal of this
// zmig is refused by name, and no name in them leads out of the folder.
#include "targets/csv/csv_manifest.h"

#include "support/catch.h"
#include "support/workbooks.h"

using namespace zmig;
using namespace zmig::csv;
using namespace zmig::test;
using namespace std::string_literals;

namespace {

Journal journal() {
  Journal one;
  one.forward = false;
  one.entries = {{"T.csv", ".zmig/stage/0001", Print{5, "aa", 7, 9}, Print{6, "bb", 8, 10}},
                 {"N.csv", ".zmig/stage/0002", std::nullopt, Print{1, "cc", 2, 3}},
                 {std::string(kManifest), ".zmig/stage/0003", Print{1, "dd", 4, 5}, std::nullopt}};
  return one;
}
Manifest manifest() {
  Manifest one;
  one.stamps = {{1, "entry"}};
  ManifestFile file{"T.csv", "st0000000000", {"ca", ""}, {}, 5, "aa"};
  file.remembered.emplace_back(1, make_column("cb", "b", {TypeKind::integer, 0, {}}, false));
  Sheet sheet;
  sheet.id = "st0000000000";
  sheet.title = "T";
  file.remembered_sheet = sheet;
  one.files = {file};
  return one;
}

std::string said(const Result<Journal>& read) { return read ? "read" : read.error().zm; }
std::string said(const Result<Manifest>& read) { return read ? "read" : read.error().zm; }

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  INFO(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a journal and a manifest come back as they were written") {
  CHECK(journal_from_json(journal_to_json(journal()), "j").value() == journal());
  const auto read = manifest_from_json(manifest_to_json(manifest()), "m");
  REQUIRE(read.has_value());
  CHECK(read->files == manifest().files);
  CHECK(read->stamps == manifest().stamps);
}

TEST_CASE("what is no document of ours is ZM0468, what is a newer one ZM0481") {
  const std::string text = journal_to_json(journal()), whole = manifest_to_json(manifest());
  for (const char* none : {"", "no JSON", "[]", "7", "{}", "{\"zmig_csv_journal\": \"1\", \"zmig_csv\": 1.5}"}) {
    INFO(none);
    CHECK(said(journal_from_json(none, "j")) == "ZM0468");
    CHECK(said(manifest_from_json(none, "m")) == "ZM0468");
  }
  CHECK(said(journal_from_json(changed(text, "\"zmig_csv_journal\": 1", "\"zmig_csv_journal\": 2"), "j")) == "ZM0481");
  CHECK(said(manifest_from_json(changed(whole, "\"zmig_csv\": 1", "\"zmig_csv\": 2"), "m")) == "ZM0481");
  CHECK(said(journal_from_json(changed(text, "\"entries\"", "\"others\""), "j")) == "ZM0468");
  CHECK(said(manifest_from_json(changed(whole, "\"catalogue\": {", "\"catalogue\": 7, \"x\": {"), "m")) != "read");
  CHECK(said(manifest_from_json(changed(whole, "\"column\": {", "\"column\": {\"id\": 7}, \"x\": {"), "m")) != "read");
  CHECK(said(manifest_from_json(changed(whole, "\"remembered_sheet\": {", "\"remembered_sheet\": {}, \"x\": {"),
                                "m")) != "read");
}

TEST_CASE("no name in a journal or a manifest leads out of the folder") {
  const std::string text = journal_to_json(journal()), whole = manifest_to_json(manifest());
  for (const char* name : {"", ".", "..", "../T.csv", "/etc/passwd", "a/T.csv", "T\\u0000.csv", ".zmig/lock"}) {
    INFO(name);
    const std::string quoted = "\"" + std::string(name) + "\"";
    CHECK(said(journal_from_json(changed(text, "\"T.csv\"", quoted), "j")) == "ZM0468");
    CHECK(said(manifest_from_json(changed(whole, "\"T.csv\"", quoted), "m")) == "ZM0468");
  }
  for (const char* name :
       {"T.csv", "", ".zmig/stage/", ".zmig/stage/..", ".zmig/stage/../../T.csv", "/.zmig/stage/1"}) {
    INFO(name);
    CHECK(said(journal_from_json(changed(text, "\".zmig/stage/0001\"", "\"" + std::string(name) + "\""), "j")) ==
          "ZM0468");
  }
}
