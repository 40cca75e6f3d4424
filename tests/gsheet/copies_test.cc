// Backups that Google keeps: hidden copies of sheets and a copy of the document, made, compared, found and taken away.
#include <algorithm>

#include <fmt/format.h>

#include "gsheet/desk.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kName = "Planta_0001_backup_20260126_181500";

/// "Title hidden" of every sheet, in order.
std::vector<std::string> sheets_of(Desk& desk, const std::string& id) {
  const std::string all =
      desk.service.get("/v4/spreadsheets/" + id + "?prettyPrint=false&fields=sheets(properties(title,hidden))");
  std::vector<std::string> found;
  for (std::size_t at = all.find("\"title\":\""); at != std::string::npos; at = all.find("\"title\":\"", at + 1)) {
    const std::size_t from = at + 9, end = all.find('"', from), next = all.find("\"title\"", end);
    const bool hidden =
        all.substr(end, next == std::string::npos ? next : next - end).find("hidden") != std::string::npos;
    found.push_back(all.substr(from, end - from) + (hidden ? " (hidden)" : ""));
  }
  return found;
}

}  // namespace

TEST_CASE("gsheet copies: a sheet copy is a hidden sheet that nothing of zmig sees but its own kind") {
  Desk desk;
  auto target = desk.open();
  const auto before = target->inspect();
  REQUIRE(before.has_value());
  const auto hashes = *target->column_hashes(kOrders, {});
  const auto kept = target->keep_copy({"sheet-copy", kName, "", {kOrders, "sgone0000000"}});
  if (!kept) FAIL(told(kept.error()));
  CHECK(kept->sheets == 1);
  CHECK(kept->location.starts_with("gsheet:" + desk.id() + "#gid="));
  const auto shown = sheets_of(desk, desk.id());
  CHECK(shown.back() == "Pedidos " + kName + " (hidden)");
  CHECK(desk.service.values(desk.id(), "'Pedidos " + kName + "'!A1:H9") ==
        desk.service.values(desk.id(), "Pedidos!A1:H9"));
  CHECK(desk.commits() == 1);
  auto again = desk.open();
  CHECK(*again->inspect() == *before);
  CHECK(*again->column_hashes(kOrders, {}) == hashes);
  CHECK(*again->has_copy(kept->location));
}

TEST_CASE("gsheet copies: a copy made while a writer is open does not stand in its way, and an edit still does") {
  const bool edited = GENERATE(false, true);
  CAPTURE(edited);
  Desk desk;
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  auto writer = target->open_writer({"test", std::chrono::milliseconds(100)});
  REQUIRE(writer.has_value());
  if (edited)
    desk.edit(fmt::format(
        R"([{{"updateCells":{{"start":{{"sheetId":{},"rowIndex":1,"columnIndex":6}},"rows":[{{"values":[{{"userEnteredValue":{{"stringValue":"mía"}}}}]}}],"fields":"userEnteredValue"}}}}])",
        desk.sheet_id("Pedidos")));
  REQUIRE(target->keep_copy({"sheet-copy", kName, "", {kOrders}}).has_value());
  const std::vector<Part> batch{{{version(), zeros()}, Stamp{1, "one"}}};
  const auto staged = (*writer)->stage(batch);
  REQUIRE(staged.has_value());
  const auto done = (*writer)->commit(batch, *staged);
  CHECK(done.has_value() == !edited);
  if (!done) CHECK(done.error().zm == "ZM0303");
  CHECK(desk.commits() == (edited ? 1 : 2));
}

TEST_CASE("gsheet copies: a batch of copies that is lost or repeated is made once") {
  const Trouble trouble = GENERATE(Trouble::lost_before, Trouble::lost_after, Trouble::garbled_after, Trouble::twice);
  CAPTURE(static_cast<int>(trouble));
  Desk desk;
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  bool hit = false;
  desk.service.trouble = [&](std::size_t, const gsheet::Request& request) {
    return request.writes && !std::exchange(hit, true) ? trouble : Trouble::none;
  };
  const auto kept = target->keep_copy({"sheet-copy", kName, "", {kOrders}});
  desk.service.trouble = nullptr;
  // The answer to the second of two says that it was there: then nobody relies on it.
  CHECK(kept.has_value() == (trouble != Trouble::twice));
  const auto shown = sheets_of(desk, desk.id());
  CHECK(std::count_if(shown.begin(), shown.end(), [](const auto& one) { return one.starts_with("Pedidos "); }) == 1);
}

TEST_CASE("gsheet copies: only what bears the mark of a copy is taken away") {
  Desk desk;
  auto target = desk.open();
  const auto kept = target->keep_copy({"sheet-copy", kName, "", {kOrders}});
  REQUIRE(kept.has_value());
  const std::size_t sheets = sheets_of(desk, desk.id()).size();
  REQUIRE(target->drop_copy("gsheet:" + desk.id() + "#gid=" + desk.sheet_id("Clientes")).has_value());
  REQUIRE(target->drop_copy("gsheet:" + desk.id()).has_value());
  REQUIRE(target->drop_copy("Clientes").has_value());
  CHECK(sheets_of(desk, desk.id()).size() == sheets);
  REQUIRE(target->drop_copy(kept->location).has_value());
  CHECK(sheets_of(desk, desk.id()).size() == sheets - 1);
  CHECK_FALSE(*desk.open()->has_copy(kept->location));
  CHECK(target->drop_copy(kept->location).has_value());
}

TEST_CASE("gsheet copies: a spreadsheet that would grow beyond what Google takes is not copied into itself") {
  Desk desk;
  desk.edit(
      R"([{"addSheet":{"properties":{"title":"Grande","gridProperties":{"rowCount":99000,"columnCount":100}}}}])");
  desk.edit(fmt::format(R"([{{"appendDimension":{{"sheetId":{},"dimension":"ROWS","length":3000}}}}])",
                        desk.sheet_id("Pedidos")));
  const auto refused = desk.open()->keep_copy({"sheet-copy", kName, "", {kOrders}});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0413");
  CHECK(desk.commits() == 0);
}

TEST_CASE("gsheet copies: a copy in Drive is read back and compared") {
  Desk desk;
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  const auto kept = target->keep_copy({"service-copy", kName, "", {kOrders}});
  if (!kept) FAIL(told(kept.error()));
  const std::string copy = kept->location.substr(7);
  CHECK(kept->location.starts_with("gsheet:"));
  CHECK(copy != desk.id());
  CHECK(kept->sheets == sheets_of(desk, desk.id()).size());
  CHECK(desk.service.get("/drive/v3/files/" + copy + "?fields=name").find(kName) != std::string::npos);
  CHECK(*target->has_copy(kept->location));
  REQUIRE(target->drop_copy(kept->location).has_value());
  CHECK_FALSE(*target->has_copy(kept->location));
  // In the bin: somebody may have gone on in it.
  CHECK(desk.service.get("/drive/v3/files/" + copy + "?prettyPrint=false&fields=name,trashed") ==
        "{\"name\":\"" + kName + "\",\"trashed\":true}\n");
  CHECK(sheets_of(desk, copy) == sheets_of(desk, desk.id()));
  CHECK(target->drop_copy(kept->location).has_value());
  // The spreadsheet itself is as it was, for a writer too.
  CHECK(commit(*target, {version()}, Stamp{1, "one"}).has_value());
}

TEST_CASE("gsheet copies: Drive is told the folder, however it is written") {
  for (const char* folder :
       {"0AFolderId_-", "drive:0AFolderId_-", "https://drive.google.com/drive/folders/0AFolderId_-?x=1"})
    CHECK(*gsheet::folder_id(folder) == "0AFolderId_-");
  CHECK(gsheet::folder_id("two words").error().zm == "ZM0702");
  Desk desk;
  const auto kept = desk.open()->keep_copy({"service-copy", kName, "drive:0AFolderId", {}});
  const auto copied = std::find_if(desk.service.log.begin(), desk.service.log.end(),
                                   [](const auto& call) { return call.path.find("/copy?") != std::string::npos; });
  REQUIRE(copied != desk.service.log.end());
  CHECK(copied->body == R"({"name":")" + kName + R"(","parents":["0AFolderId"]})");
  CHECK(copied->path.find("supportsAllDrives=true") != std::string::npos);
}

TEST_CASE("gsheet copies: a copy in Drive whose answer is lost is looked for by its name, and never asked for twice") {
  const Trouble trouble = GENERATE(Trouble::lost_before, Trouble::lost_after, Trouble::garbled_after);
  CAPTURE(static_cast<int>(trouble));
  Desk desk;
  auto target = desk.open();
  desk.service.trouble = [&](std::size_t, const gsheet::Request& request) {
    return request.path.find("/copy?") != std::string::npos ? trouble : Trouble::none;
  };
  const auto kept = target->keep_copy({"service-copy", kName, "", {}});
  desk.service.trouble = nullptr;
  CHECK(kept.has_value() == (trouble != Trouble::lost_before));
  if (!kept) CHECK(kept.error().message.find("nobody can say whether Drive made the copy") == 0);
  CHECK(std::count_if(desk.service.log.begin(), desk.service.log.end(),
                      [](const auto& call) { return call.path.find("/copy?") != std::string::npos; }) == 1);
}

TEST_CASE("gsheet copies: a copy that is not what was copied is no backup, and does not stay") {
  Desk desk;
  auto target = desk.open();
  bool typed = false;
  desk.service.trouble = [&](std::size_t, const gsheet::Request& request) {
    // Somebody types between the copy and the comparison.
    if (request.path.find("/copy?") == std::string::npos && !request.writes && !std::exchange(typed, true))
      desk.edit(fmt::format(
          R"([{{"updateCells":{{"start":{{"sheetId":{},"rowIndex":1,"columnIndex":6}},"rows":[{{"values":[{{"userEnteredValue":{{"stringValue":"mía"}}}}]}}],"fields":"userEnteredValue"}}}}])",
          desk.sheet_id("Pedidos")));
    return Trouble::none;
  };
  const auto kept = target->keep_copy({"service-copy", kName, "", {}});
  desk.service.trouble = nullptr;
  REQUIRE(!kept.has_value());
  CHECK(kept.error().message == "the copy of \"Pedidos\" is not what it was made of");
  CHECK(desk.service.get("/drive/v3/files?prettyPrint=false&fields=files(name,trashed)")
            .find("{\"name\":\"" + kName + "\",\"trashed\":true}") != std::string::npos);
}

TEST_CASE("gsheet copies: a mode that Google has not is refused by name") {
  Desk desk;
  const auto refused = desk.open()->keep_copy({"export", kName, "", {}});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0325");
  CHECK(desk.service.log.empty());
}
