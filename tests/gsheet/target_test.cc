// The target gsheet against the server in this process: what is read, what is sent, and what became of it.
#include "targets/gsheet/gsheet_target.h"

#include <algorithm>

#include <fmt/format.h>

#include "gsheet/desk.h"
#include "targets/gsheet/lower.h"

using namespace zmig;
using namespace zmig::test;

TEST_CASE("gsheet: the id is cut out of the address of the document") {
  const std::string id = "1AbCdEfGhIjKlMnOpQrStUvWxYz_-0123456789abcd";
  CHECK(*spreadsheet_id(id) == id);
  CHECK(*spreadsheet_id("https://docs.google.com/spreadsheets/d/" + id + "/edit?gid=0#gid=0") == id);
  CHECK(*spreadsheet_id("https://docs.google.com/spreadsheets/d/" + id) == id);
  for (const char* wrong : {"short", "1AbCdEfGhIjKlMnOpQrStUvWxYz%20", "https://example.org/d/x"}) {
    const auto refused = spreadsheet_id(wrong);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().zm == "ZM0703");
  }
}

TEST_CASE("gsheet: what people typed is read typed, from one reading") {
  Desk desk(false);
  desk.edit(
      R"([{"updateCells":{"start":{"sheetId":0,"rowIndex":0,"columnIndex":0},"fields":"userEnteredValue,userEnteredFormat.numberFormat,note","rows":[
    {"values":[{"userEnteredValue":{"stringValue":"Código"},"note":"único"},{"userEnteredValue":{"stringValue":"Fecha"}},{"userEnteredValue":{"stringValue":"Total"}},{"userEnteredValue":{"stringValue":"Hecho"}}]},
    {"values":[{"userEnteredValue":{"stringValue":"007"}},{"userEnteredValue":{"numberValue":46153},"userEnteredFormat":{"numberFormat":{"type":"DATE","pattern":"dd-mm-yyyy"}}},{"userEnteredValue":{"formulaValue":"=1+2"}},{"userEnteredValue":{"boolValue":true}}]},
    {"values":[{"userEnteredValue":{"stringValue":"=1+1"}},{"userEnteredValue":{"numberValue":46154.5},"userEnteredFormat":{"numberFormat":{"type":"DATE","pattern":"dd-mm-yyyy"}}},{"userEnteredValue":{"formulaValue":"=1/0"}},{}]}]}}])");
  auto target = desk.open();
  const auto schema = target->inspect();
  REQUIRE(schema.has_value());
  REQUIRE(schema->sheets.size() == 1);
  const Sheet& sheet = std::as_const(*schema).sheets[0];
  CHECK_FALSE(sheet.managed);
  REQUIRE(sheet.columns.size() == 4);
  CHECK(sheet.columns[0].note == "único");
  CHECK(sheet.columns[1].format == "DD-MM-YYYY");
  const auto rows = rows_of(*target, sheet.id, {"~Código", "~Fecha", "~Total", "~Hecho"});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].cells ==
        std::vector<Cell>{cell(words("007")), cell(Date{46153}), {amount(3), "1+2", {}}, cell(Boolean{true})});
  CHECK(rows[1].cells == std::vector<Cell>{cell(words("=1+1")),
                                           cell(DateTime{std::int64_t{46154} * 86'400'000 + 43'200'000}),
                                           {CellError{"#DIV/0!"}, "1/0", {}},
                                           cell(Blank{})});
  CHECK(target->stamps()->empty());
  CHECK(*target->row_count(sheet.id) == 2);
  CHECK(target->column_hashes(sheet.id, {})->size() == 4);
  CHECK(desk.count(false) == 1);
  CHECK(desk.count(true) == 0);
}

TEST_CASE("gsheet: a migration is one look, one guard, one write and one look back") {
  Desk desk;
  auto target = desk.open();
  const auto done = commit(*target, {version(), zeros()}, Stamp{1, "one"});
  if (!done) FAIL(told(done.error()));
  CHECK(target->stamps()->size() == 1);
  CHECK(target->schema().sheet(kOrders)->columns.size() == 9);
  CHECK(desk.count(false) == 3);
  CHECK(desk.count(true) == 1);
  CHECK(desk.commits() == 1);
  // Nothing of what is sent can end in somebody's cells by chance.
  for (const auto& call : desk.service.log) {
    for (const char* never : {"USER_ENTERED", "appendCells", ":append", "/values", "\"fields\":\"*\""})
      CHECK(call.body.find(never) == std::string::npos);
  }
}

TEST_CASE("gsheet: columns are found by their id, wherever people put them and whatever they call them") {
  Desk desk;
  const std::string sheet = desk.sheet_id("Pedidos");
  desk.edit(fmt::format(
      R"([{{"moveDimension":{{"source":{{"sheetId":{0},"dimension":"COLUMNS","startIndex":0,"endIndex":1}},"destinationIndex":4}}}},
          {{"insertDimension":{{"range":{{"sheetId":{0},"dimension":"COLUMNS","startIndex":1,"endIndex":2}},"inheritFromBefore":true}}}},
          {{"updateCells":{{"start":{{"sheetId":{0},"rowIndex":0,"columnIndex":0}},"rows":[{{"values":[{{"userEnteredValue":{{"stringValue":"Situación"}}}}]}}],"fields":"userEnteredValue"}}}}])",
      sheet));
  auto target = desk.open();
  const auto live = target->inspect();
  REQUIRE(live.has_value());
  const Sheet& now = *live->sheet(kOrders);
  CHECK(column_index(now, "cstate000000") == 0);
  CHECK(column_by_id(now, "cstate000000")->header == "Situación");
  CHECK(column_index(now, "ccode0000000") == 4);
  CHECK_FALSE(now.columns[1].managed);
  // And it is written where it stands.
  const auto rows = rows_of(*target, kOrders, {"ccode0000000"});
  source::Run run;
  run.edits.push_back({rows[0].row, rows[0].cells[0], cell(words("P-100"))});
  REQUIRE(commit(*target, {change::WriteCells{{kOrders, "ccode0000000"}, run}}).has_value());
  CHECK(desk.service.values(desk.id(), "Pedidos!E1:E2") == R"([["Código"],["P-100"]])");
}

TEST_CASE("gsheet: a column that somebody copied, id included, is asked about and not guessed") {
  Desk desk;
  const std::string sheet = desk.sheet_id("Clientes");
  desk.edit(fmt::format(
      R"([{{"createDeveloperMetadata":{{"developerMetadata":{{"metadataKey":"zmig.column","metadataValue":"cname0000000","visibility":"DOCUMENT","location":{{"dimensionRange":{{"sheetId":{0},"dimension":"COLUMNS","startIndex":2,"endIndex":3}}}}}}}}}},
          {{"updateCells":{{"start":{{"sheetId":{0},"rowIndex":0,"columnIndex":2}},"rows":[{{"values":[{{"userEnteredValue":{{"stringValue":"Nombre"}}}}]}}],"fields":"userEnteredValue"}}}}])",
      sheet));
  const auto refused = desk.open()->inspect();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0412");
  CHECK(refused.error().place == "Clientes");
}

TEST_CASE("gsheet: formulas of other columns follow when one is inserted, and do not count as changed") {
  Desk desk;
  const std::string sheet = desk.sheet_id("Pedidos");
  desk.edit(fmt::format(
      R"([{{"updateCells":{{"start":{{"sheetId":{},"rowIndex":1,"columnIndex":7}},"rows":[{{"values":[{{"userEnteredValue":{{"formulaValue":"=C2*2"}}}}]}}],"fields":"userEnteredValue"}}}}])",
      sheet));
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  const auto before = target->column_hashes(kOrders, {});
  change::InsertColumn first = version();
  first.place = {Place::Kind::first, {}};
  REQUIRE(commit(*target, {first}).has_value());
  CHECK(desk.service.values(desk.id(), "Pedidos!I2") == R"([["=D2*2"]])");
  const auto after = target->column_hashes(kOrders, {});
  REQUIRE(before->size() == 8);
  REQUIRE(after->size() == 9);
  for (std::size_t i = 0; i < before->size(); ++i) CHECK((*before)[i] == (*after)[i + 1]);
}

TEST_CASE("gsheet: what a person does between the plan and the write stops the write") {
  Desk desk;
  const std::string sheet = desk.sheet_id("Pedidos");
  const std::vector<std::pair<std::string, std::string>> edits{
      {R"([{{"updateCells":{{"start":{{"sheetId":{},"rowIndex":1,"columnIndex":6}},"rows":[{{"values":[{{"userEnteredValue":{{"stringValue":"mía"}}}}]}}],"fields":"userEnteredValue"}}}}])",
       "Pedidos!G2"},
      {R"([{{"insertDimension":{{"range":{{"sheetId":{},"dimension":"ROWS","startIndex":2,"endIndex":3}},"inheritFromBefore":true}}}}])",
       "Pedidos"},
      {R"([{{"moveDimension":{{"source":{{"sheetId":{},"dimension":"COLUMNS","startIndex":0,"endIndex":1}},"destinationIndex":3}}}}])",
       "Pedidos"},
      {R"([{{"updateSheetProperties":{{"properties":{{"sheetId":{},"title":"Órdenes"}},"fields":"title"}}}}])",
       "sheets"},
      {R"([{{"setDataValidation":{{"range":{{"sheetId":{},"startRowIndex":1,"endRowIndex":20,"startColumnIndex":0,"endColumnIndex":1}},"rule":{{"condition":{{"type":"BOOLEAN"}}}}}}}}])",
       "Pedidos"}};
  for (const auto& [requests, place] : edits) {
    CAPTURE(place, requests);
    const auto saved = desk.service.save(desk.id());
    auto target = desk.open();
    REQUIRE(target->inspect().has_value());
    const std::string before = desk.service.values(desk.id(), "Clientes!A1:B9");
    auto writer = target->open_writer({"test", std::chrono::milliseconds(100)});
    REQUIRE(writer.has_value());
    const std::vector<Part> batch{{{version(), zeros()}, Stamp{1, "one"}}};
    const auto staged = (*writer)->stage(batch);
    REQUIRE(staged.has_value());
    desk.edit(fmt::format(fmt::runtime(requests), sheet));
    const auto refused = (*writer)->commit(batch, *staged);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().zm == "ZM0303");
    CHECK(refused.error().effect == Effect::none);
    CHECK(refused.error().place.find(place) != std::string::npos);
    CHECK(desk.open()->stamps()->empty());
    CHECK(desk.commits() == 0);
    desk.service.restore(desk.id(), *saved);
  }
}

TEST_CASE("gsheet: an answer that is lost is settled by the stamp, and nothing is applied twice") {
  const Trouble trouble = GENERATE(Trouble::lost_before, Trouble::lost_after, Trouble::garbled_after,
                                   Trouble::truncated_after, Trouble::twice);
  const std::size_t times = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{9});
  CAPTURE(static_cast<int>(trouble), times);
  Desk desk;
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  std::size_t hit = 0;
  desk.service.trouble = [&](std::size_t, const gsheet::Request& request) {
    return request.writes && hit++ < times ? trouble : Trouble::none;
  };
  const auto done = commit(*target, {version(), zeros()}, Stamp{1, "one"});
  desk.service.trouble = nullptr;
  const bool landed = trouble != Trouble::lost_before || times < 4;
  auto look = desk.open();
  const auto stamps = look->stamps();
  REQUIRE(stamps.has_value());
  if (landed) {
    if (!done) FAIL(told(done.error()));
    CHECK(*stamps == std::vector<Stamp>{{1, "one"}});
  } else {
    REQUIRE(!done.has_value());
    CHECK(stamps->empty());
    // Nobody can say: every batch and every burning of its number was lost. The next one finds nothing in its way.
    CHECK(done.error().effect == Effect::unknown);
    const auto next = commit(*look, {version(), zeros()}, Stamp{1, "one"});
    if (!next) FAIL(told(next.error()));
  }
  CHECK(desk.open()->inspect()->sheet(kOrders)->columns.size() == 9);
  CHECK(desk.commits() == 1);
}

TEST_CASE("gsheet: a batch whose state moved on is burnt before it is called lost") {
  Desk desk;
  const std::string sheet = desk.sheet_id("Pedidos");
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  std::string late;
  desk.service.trouble = [&](std::size_t, const gsheet::Request& request) {
    if (!request.writes || !late.empty()) return Trouble::none;
    late = request.body;
    // The batch hangs somewhere, and somebody types.
    desk.edit(fmt::format(
        R"([{{"updateCells":{{"start":{{"sheetId":{},"rowIndex":1,"columnIndex":6}},"rows":[{{"values":[{{"userEnteredValue":{{"stringValue":"mía"}}}}]}}],"fields":"userEnteredValue"}}}}])",
        sheet));
    return Trouble::lost_before;
  };
  const auto refused = commit(*target, {version(), zeros()}, Stamp{1, "one"});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().effect == Effect::none);
  CHECK(refused.error().zm == "ZM0410");
  // Now it arrives after all: its number is taken.
  CHECK(desk.service.edit(desk.id(), late.substr(late.find('['), late.rfind(']') - late.find('[') + 1))
            .find("already exists") != std::string::npos);
  auto again = desk.open();
  CHECK(again->stamps()->empty());
  REQUIRE(commit(*again, {version(), zeros()}, Stamp{1, "one"}).has_value());
  CHECK(again->stamps()->size() == 1);
  CHECK(desk.service.values(desk.id(), "Pedidos!G2") == R"([["mía"]])");
}

TEST_CASE("gsheet: of two runners with one plan one writes, the other is told") {
  Desk desk;
  auto one = desk.open();
  auto other = desk.open();
  REQUIRE(one->inspect().has_value());
  REQUIRE(other->inspect().has_value());
  auto writer = one->open_writer({"one", std::chrono::milliseconds(10)});
  REQUIRE(writer.has_value());
  const std::vector<Part> batch{{{version()}, Stamp{1, "one"}}};
  const auto staged = (*writer)->stage(batch);
  REQUIRE(staged.has_value());
  REQUIRE(commit(*other, {version()}, Stamp{1, "other"}).has_value());
  const auto refused = (*writer)->commit(batch, *staged);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0603");
  CHECK(refused.error().effect == Effect::none);
  CHECK(*desk.open()->stamps() == std::vector<Stamp>{{1, "other"}});
}

TEST_CASE("gsheet: a copy of the spreadsheet never believes the history of the original") {
  Desk desk;
  REQUIRE(commit(*desk.open(), {version()}, Stamp{1, "one"}).has_value());
  // What a copy that keeps metadata looks like: the entry names another spreadsheet.
  desk.edit(R"([{"updateDeveloperMetadata":{"dataFilters":[{"developerMetadataLookup":{"metadataKey":"zmig.stamp"}}],
    "developerMetadata":{"metadataValue":"1 0000000000000000 abcdefabcdef"},"fields":"metadataValue"}}])");
  auto copy = desk.open();
  CHECK(copy->stamps()->empty());
  REQUIRE(commit(*copy, {}, Stamp{1, "copy"}).has_value());
  CHECK(*desk.open()->stamps() == std::vector<Stamp>{{1, "copy"}});
}

TEST_CASE("gsheet: a stamp that was tampered with is no stamp and no silence") {
  Desk desk;
  REQUIRE(commit(*desk.open(), {version()}, Stamp{1, "one"}).has_value());
  const std::string own = desk.sheet_id("_zmig");
  desk.edit(fmt::format(
      R"([{{"findReplace":{{"find":"one","replacement":"two","sheetId":{},"matchEntireCell":true}}}}])", own));
  const auto refused = desk.open()->stamps();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0603");
  CHECK(refused.error().code == Errc::corrupt);
}

TEST_CASE("gsheet: an empty answer for a managed sheet is asked again and never believed") {
  Desk desk;
  std::size_t left = 1;
  desk.service.trouble = [&](std::size_t, const gsheet::Request&) {
    return left > 0 && left-- > 0 ? Trouble::empty_read : Trouble::none;
  };
  CHECK(desk.open()->inspect().has_value());
  left = 99;
  const auto refused = desk.open()->inspect();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0416");
  CHECK(desk.count(true) == 0);
}

TEST_CASE("gsheet: what cannot be done is refused by name, before anything is sent") {
  Desk desk;
  auto refusal = [&](std::vector<Change> changes) {
    auto target = desk.open();
    REQUIRE(target->inspect().has_value());
    const Status possible = target->preflight(changes);
    REQUIRE(!possible.has_value());
    const auto refused = commit(*target, std::move(changes), Stamp{1, "one"});
    REQUIRE(!refused.has_value());
    CHECK(refused.error() == possible.error());
    CHECK(refused.error().effect == Effect::none);
    CHECK(desk.count(true) == 0);
    return refused.error();
  };
  const std::string sheet = desk.sheet_id("Pedidos");
  CHECK(refusal({change::SetTitle{kOrders, std::string(101, 'x')}}).zm == "ZM0413");
  CHECK(refusal({change::SetTitle{kOrders, "_ZMIG"}}).zm == "ZM0413");
  CHECK(refusal({change::SetAllowed{{kOrders, "cnote0000000"}, {Allowed::Kind::list, {"=A1"}, {}, {}, {}, true}}}).zm ==
        "ZM0325");
  CHECK(refusal({change::SetHidden{{kOrders, {}}, true}, change::SetHidden{{"sclient00000", {}}, true}}).zm ==
        "ZM0324");
  source::Run run;
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  const auto seen_rows = rows_of(*target, kOrders, {"cnote0000000"});
  run.edits.push_back({seen_rows[0].row, seen_rows[0].cells[0], cell(words(std::string(50'001, 'x')))});
  const Error longer = refusal({change::WriteCells{{kOrders, "cnote0000000"}, run}});
  CHECK(longer.zm == "ZM0413");
  CHECK(longer.place == "Pedidos!G2");
  desk.edit(fmt::format(
      R"([{{"mergeCells":{{"range":{{"sheetId":{},"startRowIndex":1,"endRowIndex":2,"startColumnIndex":3,"endColumnIndex":5}},"mergeType":"MERGE_ALL"}}}}])",
      sheet));
  CHECK(refusal({change::MoveColumn{{kOrders, "cprice000000"}, {Place::Kind::first, {}}}}).zm == "ZM0415");
}

TEST_CASE("gsheet: a protected range of somebody else is named, with who may ask for it") {
  Desk desk;
  desk.edit(fmt::format(
      R"([{{"addProtectedRange":{{"protectedRange":{{"range":{{"sheetId":{},"startRowIndex":0,"endRowIndex":1,"startColumnIndex":0,"endColumnIndex":2}},"description":"Cabecera de Eva","editors":{{"users":["eva@example.com"]}}}}}}}}])",
      desk.sheet_id("Pedidos")));
  std::string answer =
      desk.service.get("/v4/spreadsheets/" + desk.id() + "?fields=" + gsheet::percent_encoded(gsheet::read_mask()));
  const std::string may = "\"requestingUserCanEdit\": true";
  const std::size_t at = answer.find(may);
  REQUIRE(at != std::string::npos);
  const auto refusal = [&](const std::string& json, const Change& change) {
    const auto raw = gsheet::parse_book(json);
    REQUIRE(raw.has_value());
    const auto seen = gsheet::understand(*raw, {});
    REQUIRE(seen.has_value());
    const auto lowered = gsheet::lower(*seen, std::vector<Part>{{{change}, std::nullopt}}, "zmig@example.com");
    return lowered ? std::string() : lowered.error().zm + " " + lowered.error().message + "; " + lowered.error().help;
  };
  const Change header = change::SetHeader{{kOrders, "ccode0000000"}, "Clave"};
  CHECK(refusal(answer, header).empty());
  answer.replace(at, may.size(), "\"requestingUserCanEdit\": false");
  CHECK(refusal(answer, header) ==
        "ZM0414 the protected range \"Cabecera de Eva\" of \"Pedidos\" forbids it; ask its owner to let "
        "zmig@example.com edit it");
  CHECK(refusal(answer, change::SetHeader{{kOrders, "cnote0000000"}, "Notas"}).empty());
}

TEST_CASE("gsheet: metadata that Google would not take is counted before anything is sent") {
  Desk desk;
  desk.edit(fmt::format(
      R"([{{"createDeveloperMetadata":{{"developerMetadata":{{"metadataKey":"theirs","metadataValue":"{}","visibility":"DOCUMENT","location":{{"sheetId":{}}}}}}}}}])",
      std::string(29'700, 'x'), desk.sheet_id("Pedidos")));
  auto target = desk.open();
  REQUIRE(target->inspect().has_value());
  std::vector<Change> many;
  for (int i = 0; i < 12; ++i) {
    change::InsertColumn one = version();
    one.column.id = fmt::format("cx{:010}", i);
    one.column.header = fmt::format("versión {}", i);
    many.emplace_back(one);
  }
  const auto refused = commit(*target, std::move(many), Stamp{1, "one"});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0413");
  CHECK(refused.error().message.find("characters of metadata") != std::string::npos);
  CHECK(desk.count(true) == 0);
}
