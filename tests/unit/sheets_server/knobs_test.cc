// The choices of DEVIATIONS.md: each turned both ways, named by strict mode, and let pass where it is excepted.
#include <fstream>
#include <sstream>
#include <string>

#include "bench.h"

using namespace sheets_server;

namespace {

// What a client sees of one choice, as a short text.
using Look = std::string (*)(Bench&, const std::string& id);

struct Choice {
  const char* rule;
  const char* other;  ///< a value that is not the default
  const char* by_default;
  const char* turned;
  Look look;
  const char* also = "";  ///< a second choice that the answer rests on
};

std::string told(const Bench::Answer& answer) {
  return answer.status == 200 ? "200" : std::to_string(answer.status) + " " + Bench::message(answer);
}

constexpr const char* kEntry =
    R"({"createDeveloperMetadata":{"developerMetadata":{"metadataId":77,"metadataKey":"k","visibility":"DOCUMENT","location":{"spreadsheet":true}}}})";
constexpr const char* kColumnEntry =
    R"({"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"c","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"COLUMNS","startIndex":0,"endIndex":1}}}}})";
constexpr const char* kName =
    R"({"addNamedRange":{"namedRange":{"namedRangeId":"5","name":"n","range":{"sheetId":0}}}})";

// Entries of developer metadata that a search finds.
std::string entries(Bench& bench, const std::string& id) {
  const auto answer = bench.send("POST", "/v4/spreadsheets/" + id + "/developerMetadata:search",
                                 R"({"dataFilters":[{"developerMetadataLookup":{}}]})");
  return std::to_string(member(answer.body, "matchedDeveloperMetadata").size());
}

std::string copies(Bench& bench, const std::string& id) {
  bench.batch_text(id, kEntry);
  const auto copy = bench.call("POST", "/drive/v3/files/" + id + "/copy", object());
  return copy.status == 200 ? entries(bench, text_of(copy.body, "id")) : told(copy);
}
std::string deletes_nothing(Bench& bench, const std::string& id) {
  return told(bench.batch_text(
      id, R"({"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":{"metadataId":9}}}})"));
}
std::string updates_nothing(Bench& bench, const std::string& id) {
  return told(bench.batch_text(
      id,
      R"({"updateDeveloperMetadata":{"dataFilters":[{"developerMetadataLookup":{"metadataId":9}}],"developerMetadata":{"metadataValue":"v"},"fields":"metadataValue"}})"));
}
std::string twice(Bench& bench, const std::string& id) {
  bench.batch_text(id, kEntry);
  const auto second = bench.batch_text(id, kEntry);
  return second.status == 200 ? entries(bench, id) : told(second);
}
std::string other_visibility(Bench& bench, const std::string& id) {
  bench.batch_text(id, kEntry);
  std::string mine = kEntry;
  mine.replace(mine.find("DOCUMENT"), 8, "PROJECT");
  return told(bench.batch_text(id, mine));
}
std::string same_name(Bench& bench, const std::string& id) {
  bench.batch_text(id, kName);
  return told(bench.batch_text(id, R"({"addNamedRange":{"namedRange":{"name":"n","range":{"sheetId":0}}}})"));
}
std::string name_again(Bench& bench, const std::string& id) {
  bench.batch_text(id, kName);
  bench.batch_text(id, R"({"deleteNamedRange":{"namedRangeId":"5"}})");
  const std::string first = told(bench.batch_text(id, kName));
  bench.batch_text(id, R"({"addSheet":{}})");
  return first + ", " + told(bench.batch_text(id, kName));
}
std::string same_title(Bench& bench, const std::string& id) {
  return told(bench.batch_text(id, R"({"addSheet":{"properties":{"title":"Sheet1"}}})"));
}
std::string title_case(Bench& bench, const std::string& id) {
  return told(bench.batch_text(id, R"({"addSheet":{"properties":{"title":"SHEET1"}}})"));
}
std::string same_sheet_id(Bench& bench, const std::string& id) {
  return told(bench.batch_text(id, R"({"addSheet":{"properties":{"sheetId":0}}})"));
}
std::string same_protection(Bench& bench, const std::string& id) {
  const char* request = R"({"addProtectedRange":{"protectedRange":{"protectedRangeId":6,"range":{"sheetId":0}}}})";
  bench.batch_text(id, request);
  return told(bench.batch_text(id, request));
}
std::string no_protection(Bench& bench, const std::string& id) {
  return told(bench.batch_text(id, R"({"deleteProtectedRange":{"protectedRangeId":6}})"));
}
std::string no_name(Bench& bench, const std::string& id) {
  return told(bench.batch_text(id, R"({"deleteNamedRange":{"namedRangeId":"6"}})"));
}
std::string title_in_a1(Bench& bench, const std::string& id) {
  return told(bench.call("GET", "/v4/spreadsheets/" + id + "/values/SHEET1!A1"));
}
std::string strict_list(Bench& bench, const std::string& id) {
  bench.batch_text(
      id,
      R"({"setDataValidation":{"range":{"sheetId":0},"rule":{"condition":{"type":"ONE_OF_LIST","values":[{"userEnteredValue":"a"}]},"strict":true}}})");
  return told(bench.batch_text(
      id,
      R"({"updateCells":{"start":{"sheetId":0},"rows":[{"values":[{"userEnteredValue":{"stringValue":"b"}}]}],"fields":"userEnteredValue"}})"));
}
std::string read_only(Bench& bench, const std::string& id) {
  bench.batch_text(id, kEntry);
  bench.token = "any:caller@example.com:spreadsheets.readonly";
  const auto answer = bench.call("GET", "/v4/spreadsheets/" + id);
  return answer.status == 200 ? answer.body.contains("developerMetadata") ? "seen" : "hidden" : told(answer);
}
std::string inherits(Bench& bench, const std::string& id) {
  bench.batch_text(
      id,
      R"({"updateCells":{"start":{"sheetId":0},"rows":[{"values":[{"userEnteredFormat":{"textFormat":{"bold":true}}}]}],"fields":"userEnteredFormat"}})");
  const auto inserted = bench.batch_text(
      id,
      R"({"insertDimension":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":1,"endIndex":2},"inheritFromBefore":true}})");
  if (inserted.status != 200) return told(inserted);
  const auto shown = bench.call("GET", "/v4/spreadsheets/" + id + "?ranges=B1&fields=sheets.data.rowData");
  return shown.text.find("bold") != std::string::npos ? "bold" : "plain";
}
std::string duplicated_column(Bench& bench, const std::string& id) {
  bench.batch_text(id, kColumnEntry);
  const auto copied = bench.batch_text(id, R"({"duplicateSheet":{"sourceSheetId":0}})");
  return copied.status == 200 ? entries(bench, id) : told(copied);
}
std::string storage(Bench& bench, const std::string&) {
  bench.token = "any:sa@p.iam.gserviceaccount.com";
  return told(bench.call("POST", "/drive/v3/files", Json{{"name", "f"}, {"mimeType", kSpreadsheetMime}}));
}
std::string outside_ranges(Bench& bench, const std::string& id) {
  bench.batch_text(id, kEntry);
  const auto answer = bench.call("GET", "/v4/spreadsheets/" + id + "?ranges=A1");
  return answer.status == 200 ? answer.body.contains("developerMetadata") ? "seen" : "hidden" : told(answer);
}

constexpr const char* kTaken =
    "400 Invalid requests[0].addNamedRange: Cannot add named range with name: n, a named range with that name already "
    "exists.";

const Choice kChoices[] = {
    {"copyKeepsDeveloperMetadata", "no", "1", "0", copies},
    {"deleteMetadataNoMatch", "refuse", "200",
     "400 Invalid requests[0].deleteDeveloperMetadata: No developer metadata matches the filter [zmig-sheets-server]",
     deletes_nothing},
    {"updateMetadataNoMatch", "accept",
     "400 Invalid requests[0].updateDeveloperMetadata: No developer metadata matches the filters [zmig-sheets-server]",
     "200", updates_nothing},
    {"metadataIdScope", "visibility",
     "400 Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [77] because developer "
     "metadata with that ID already exists.",
     "200", other_visibility, "duplicateMetadataId"},
    {"duplicateMetadataId", "accept",
     "400 Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [77] because developer "
     "metadata with that ID already exists.",
     "2", twice},
    {"duplicateNamedRange", "accept", kTaken, "200", same_name},
    {"duplicateSheetTitle", "accept",
     "400 Invalid requests[0].addSheet: A sheet with the name \"Sheet1\" already exists. Please enter another name.",
     "200", same_title},
    {"titleCase", "exact",
     "400 Invalid requests[0].addSheet: A sheet with the name \"SHEET1\" already exists. Please enter another name.",
     "200", title_case},
    {"duplicateSheetId", "accept", "400 Invalid requests[0].addSheet: Sheet with id 0 already exists", "200",
     same_sheet_id},
    {"duplicateProtectedRange", "accept",
     "400 Invalid requests[0].addProtectedRange: A protected range with id 6 already exists [zmig-sheets-server]",
     "200", same_protection},
    {"missingProtectedRange", "accept", "400 Invalid requests[0].deleteProtectedRange: No protected range with id: 6",
     "200", no_protection},
    {"missingNamedRange", "accept", "400 Invalid requests[0].deleteNamedRange: No named range with id: 6", "200",
     no_name},
    {"a1TitleCase", "ignore", "400 Unable to parse range: SHEET1!A1", "200", title_in_a1},
    {"strictValidation", "yes", "200",
     "400 Invalid requests[0].updateCells: The data that you entered in a cell violates the data validation rules set "
     "on this cell [zmig-sheets-server]",
     strict_list},
    {"readOnlySeesMetadata", "no", "seen", "hidden", read_only},
    {"insertInherits", "no", "bold", "plain", inherits},
    {"copyColumnMetadata", "yes", "1", "2", duplicated_column},
    {"serviceAccountStorage", "zero", "200", "403 The user's Drive storage quota has been exceeded.", storage},
    {"rangesHide", "outside", "seen", "hidden", outside_ranges}};

}  // namespace

TEST_CASE("sheets-server: every choice turns, strict mode names it, and an exception lets it pass") {
  for (const Choice& choice : kChoices) {
    INFO(choice.rule);
    const auto seen = [&choice](const char* value, bool strict, bool excepted) {
      Bench bench;
      const std::string id = bench.create();
      Settings& settings = bench.service.world().settings;
      if (value != nullptr) CHECK(settings.set_knob(choice.rule, value));
      settings.strict_unverified = strict;
      if (excepted) settings.excepted = {choice.rule, choice.also};
      std::string out = choice.look(bench, id);
      if (!strict) CHECK(bench.service.world().deviations.count(choice.rule) == 1);
      return out;
    };
    CHECK(seen(nullptr, false, false) == choice.by_default);
    CHECK(seen(choice.other, false, false) == choice.turned);
    const std::string refused = std::string("501 [zmig-sheets-server] the unverified choice ") + choice.rule +
                                " is not implemented here, see DEVIATIONS.md";
    CHECK(seen(nullptr, true, false) == refused);
    CHECK(seen(choice.other, true, false) == refused);
    CHECK(seen(nullptr, true, true) == choice.by_default);
  }
}

TEST_CASE("sheets-server: a name of a range that was deleted is free at once, or so many calls later") {
  const auto seen = [](const char* lag, bool strict) {
    Bench bench;
    const std::string id = bench.create();
    bench.service.world().settings.set_knob("namedRangeLag", lag);
    bench.service.world().settings.strict_unverified = strict;
    return name_again(bench, id);
  };
  CHECK(seen("0", false).find("200, 400") == 0);  // the second one is a duplicate then
  CHECK(seen("1", false) == std::string(kTaken) + ", 200");
  CHECK(seen("0", true).find("501 [zmig-sheets-server] the unverified choice namedRangeLag") == 0);
  // inside one batch nothing rests on it
  Bench bench;
  const std::string id = bench.create();
  bench.service.world().settings.strict_unverified = true;
  bench.batch_text(id, kName);
  CHECK(bench.batch_text(id, std::string(R"({"deleteNamedRange":{"namedRangeId":"5"}},)") + kName).status == 200);
}

TEST_CASE("sheets-server: a duplicate id of metadata can be drawn anew or dropped") {
  const auto seen = [](const char* value) {
    Bench bench;
    const std::string id = bench.create();
    bench.service.world().settings.set_knob("duplicateMetadataId", value);
    return twice(bench, id);
  };
  CHECK(seen("renumber") == "2");
  CHECK(seen("ignore") == "1");
}

TEST_CASE("sheets-server: reads lag behind a commit when they are told to") {
  Desk desk;
  desk.control("PUT", "/settings", R"({"knobs":{"readLag":1000}})");
  desk.write();
  CHECK(desk.read().response.body.find("5000001") == std::string::npos);
  desk.control("POST", "/clock", R"({"advanceMs":1000})");
  CHECK(desk.read().response.body.find("5000001") != std::string::npos);
}

TEST_CASE("sheets-server: every knob is a row of DEVIATIONS.md, and every kind it does not do is named there") {
  std::ifstream in(ZMIG_SOURCE_DIR "/tools/sheets-server/DEVIATIONS.md");
  std::ostringstream text;
  text << in.rdbuf();
  Bench bench;
  for (const auto& [knob, value] : bench.service.world().settings.knobs) {
    INFO(knob);
    CHECK(text.str().find("`" + knob + "`") != std::string::npos);
  }
  int missing = 0;
  int done = 0;
  for (const std::string& kind : bench.service.discovery().members("Request")) {
    const bool there = bench.service.world().kinds.count(kind) > 0;
    ++(there ? done : missing);
    INFO(kind);
    const bool named =
        text.str().find("Requests: ") != std::string::npos && (text.str().find(" " + kind + ",") != std::string::npos ||
                                                               text.str().find(" " + kind + " ") != std::string::npos);
    CHECK(named == !there);
    if (there) continue;
    const auto answer = bench.batch_text(bench.create(), "{\"" + kind + "\":{}}");
    CHECK(told(answer) ==
          "501 [zmig-sheets-server] the request " + kind + " is not implemented here, see DEVIATIONS.md");
  }
  CHECK(done == 69);
  CHECK(missing == 0);
}
