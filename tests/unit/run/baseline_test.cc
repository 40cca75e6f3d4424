#include "run/baseline.h"
#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// Types as guessed, by header; a column that no type holds stays foreign and is not among them.
std::map<std::string, std::string> guesses(Workbook book) {
  World world(std::move(book));
  std::map<std::string, std::string> out;
  for (const GuessedType& guess : world.take_over().guessed) out[guess.column] = guess.type;
  return out;
}

Workbook one_column(const std::string& header, std::vector<Cell> cells, bool text_source) {
  Workbook book;
  std::vector<std::vector<Cell>> rows;
  rows.reserve(cells.size());
  for (Cell& cell : cells) rows.push_back({std::move(cell)});
  add_sheet(book, "S", {header}, rows);
  book.text_source = text_source;
  return book;
}

std::string guess(std::vector<Cell> cells, bool text_source = false) {
  const auto found = guesses(one_column("H", std::move(cells), text_source));
  return found.contains("S.H") ? found.at("S.H") : "foreign";
}

std::vector<std::string> findings(const BaselineReport& report, Severity severity) {
  std::vector<std::string> out;
  for (const Diagnostic& diagnostic : report.diagnostics.all()) {
    if (diagnostic.severity == severity) out.push_back(diagnostic.code + " " + diagnostic.primary.cell);
  }
  return out;
}

}  // namespace

TEST_CASE("the guessed type is the narrowest that reads every filled cell") {
  CHECK(guess({number(1), {}, number(2)}) == "integer");
  CHECK(guess({number(1), number(2.5)}) == "number");
  CHECK(guess({Cell{Boolean{true}, {}, {}}, {}}) == "boolean");
  CHECK(guess({date(2026, 1, 26), date(2026, 1, 27)}) == "date");
  CHECK(guess({Cell{DateTime{3600000}, {}, {}}}) == "datetime");
  CHECK(guess({Cell{Time{3600000}, {}, {}}}) == "time");
  CHECK(guess({text("a"), number(1)}) == "foreign");
  CHECK(guess({{}, {}}) == "text");
  CHECK(guess({Cell{CellError{"#N/A"}, {}, {}}}) == "foreign");
  CHECK(guess({text("12")}) == "text");
}

TEST_CASE("where numbers are stored as text, text that spells one counts, leading zeros never") {
  CHECK(guess({text("12"), text("-7")}, true) == "integer");
  CHECK(guess({text("12.5"), text("7")}, true) == "number");
  CHECK(guess({text("00123"), text("7")}, true) == "text");
  CHECK(guess({text("0045")}, true) == "text");
  CHECK(guess({text("TRUE"), text("FALSE")}, true) == "boolean");
  CHECK(guess({text("26-01-2026")}, true) == "date");
  CHECK(guess({text("x"), text("7")}, true) == "text");
}

TEST_CASE("a column that a formula computes stays foreign, also where no result of it is stored") {
  CHECK(guess({number(1), Cell{number(2).value, "=A2*2", {}}}) == "foreign");
  CHECK(guess({number(1), Cell{Blank{}, "=A2*2", {}}}) == "foreign");
  CHECK(guess({Cell{Blank{}, "=1+1", {}}, {}}) == "foreign");
}

TEST_CASE("baseline writes ids and the stamp, and not one cell") {
  World world;
  std::map<std::string, std::vector<std::string>> before;
  for (const Sheet& sheet : world.target.schema().sheets)
    before[sheet.title] = must(world.target.column_hashes(sheet.id, {}));
  const BaselineReport report = world.take_over();
  CHECK(report.exit_code == 0);
  CHECK(report.proved);
  CHECK(report.position == 0);
  CHECK(report.guessed.size() == 5);
  for (const Sheet& sheet : world.target.schema().sheets) {
    CHECK(sheet.managed);
    CHECK(must(world.target.column_hashes(sheet.id, {})) == before[sheet.title]);
  }
  CHECK(visible_differences(report.schema, world.target.schema()).empty());
  const StampEntry stamp = *must(current_stamp(must(world.target.stamps())));
  CHECK(stamp.event == "baseline");
  CHECK(stamp.number == 1);
  CHECK(stamp.position == 0);
  CHECK(stamp.applied.empty());
  CHECK(stamp.lineage == "original");
  const Run run = world.runs().front();
  CHECK(run.verb == "baseline");
  CHECK(run.state == RunState::applied);
  CHECK(run.verified == true);
  CHECK(must(world.ledger->target_at("memory:")) == stamp.target_id);
  world.load();
  CHECK(must(world.migrator().status()).state == "current");
}

TEST_CASE("a workbook that has a stamp is not taken over again") {
  World world;
  world.take_over();
  world.load();
  const Workbook before = world.target.snapshot();
  const BaselineReport report = must(world.migrator().baseline({}));
  CHECK(report.exit_code == 8);
  CHECK(world.target.snapshot() == before);
}

TEST_CASE("protected sheets stay foreign") {
  World world;
  world.options.protected_sheets = {"Metadata"};
  const BaselineReport report = world.take_over();
  CHECK(report.exit_code == 0);
  CHECK(world.target.schema().sheet_titled("Metadata") == nullptr);
  CHECK(world.target.schema().sheet_titled("Operaciones") != nullptr);
}

TEST_CASE("only the named sheets are taken over, and a sheet that is not there is said") {
  World world;
  BaselineOptions how;
  how.sheets = {"Metadata"};
  CHECK(world.take_over(how).exit_code == 0);
  CHECK(world.target.schema().sheet_titled("Operaciones") == nullptr);
  World other;
  how.sheets = {"Nada"};
  const BaselineReport refused = other.take_over(how);
  CHECK(refused.exit_code == 3);
  CHECK(findings(refused, Severity::error) == std::vector<std::string>{"ZM0313 Nada"});
  CHECK(must(other.target.stamps()).empty());
}

TEST_CASE("equal and look-alike headers are refused with both cells, blank ones are listed and stay foreign") {
  Workbook book;
  add_sheet(book, "S", {"Peso", "Fecha", "Peso ", "FECHA", ""}, {{number(1), {}, {}, {}, text("x")}});
  World world(std::move(book));
  const BaselineReport report = world.take_over();
  CHECK(report.exit_code == 3);
  CHECK(findings(report, Severity::error) == std::vector<std::string>{"ZM0312 S!C1", "ZM0311 S!D1"});
  CHECK(findings(report, Severity::info) == std::vector<std::string>{"ZM1405 S!E1"});
  CHECK(must(world.target.stamps()).empty());
  CHECK(world.runs().empty());
}

TEST_CASE("--managed leaves columns out, and its types are taken as declared") {
  Workbook book;
  add_sheet(book, "S", {"Peso", "Peso_", "Nota"}, {{number(1), {}, {}}});
  World world(std::move(book));
  Schema managed;
  Sheet sheet;
  sheet.title = "S";
  Column column;
  column.header = "Peso";
  column.type.kind = TypeKind::number;
  sheet.columns = {column};
  managed.sheets = {sheet};
  BaselineOptions how;
  how.managed = managed;
  const BaselineReport report = world.take_over(how);
  CHECK(report.exit_code == 0);
  const Sheet& live = *world.target.schema().sheet_titled("S");
  CHECK(live.columns[0].managed);
  CHECK(live.columns[0].type.kind == TypeKind::number);
  CHECK(live.columns[0].id == report.schema.sheets[0].columns[0].id);
  CHECK_FALSE(live.columns[1].managed);
}

TEST_CASE("--check and --dry-run write nothing") {
  World world;
  BaselineOptions how;
  SECTION("check") { how.check_only = true; }
  SECTION("dry run") { how.dry_run = true; }
  world.load();
  const Workbook before = world.target.snapshot();
  const BaselineReport report = must(world.migrator().baseline(how));
  CHECK(report.exit_code == 0);
  CHECK(report.proved);
  CHECK(world.target.snapshot() == before);
  CHECK(must(world.ledger->events(0)).empty());
}

TEST_CASE("--check against the stored baseline is exit 3 when a header differs") {
  World world;
  world.take_over();
  world.load();
  BaselineOptions how;
  how.check_only = true;
  CHECK(must(world.migrator().baseline(how)).exit_code == 0);
  Workbook book = world.target.snapshot();
  book.schema.sheets[0].columns[1].header = "Peso_Kg";
  world.target = MemoryTarget(std::move(book), "taller");
  const BaselineReport report = must(world.migrator().baseline(how));
  CHECK(report.exit_code == 3);
  REQUIRE(report.differences.size() == 1);
  CHECK(report.differences[0].where == "Operaciones!B1");
}

TEST_CASE("--at records a position that the workbook provably has") {
  // A workbook that somebody migrated by hand.
  World model;
  model.take_over();
  model.write_migration("0001_v3_occupation_columns", kFounding);
  model.load();
  REQUIRE(model.up().exit_code == 0);
  Workbook by_hand;
  for (const Sheet& sheet : model.target.schema().sheets) {
    std::vector<std::vector<Cell>> rows;
    std::vector<std::string> headers = model.headers(sheet.title);
    for (const std::string& header : headers) {
      const auto cells = model.column(sheet.title, header);
      rows.resize(cells.size());
      for (std::size_t r = 0; r < cells.size(); ++r) rows[r].push_back(cells[r]);
    }
    add_sheet(by_hand, sheet.title, headers, rows);
  }
  for (std::size_t c = 0; c < by_hand.schema.sheets[0].columns.size(); ++c) {
    by_hand.schema.sheets[0].columns[c].note = model.target.schema().sheets[0].columns[c].note;
    by_hand.schema.sheets[0].columns[c].format = model.target.schema().sheets[0].columns[c].format;
  }
  World world(by_hand);
  std::filesystem::create_directories(world.folder.at("schemas"));
  world.folder.write("schemas/0000_baseline.json", model.folder.read("schemas/0000_baseline.json"));
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.load();
  BaselineOptions how;
  how.at = 1;
  SECTION("it is so") {
    const BaselineReport report = must(world.migrator().baseline(how));
    for (const Difference& difference : report.differences)
      WARN(difference.where << " " << difference.expected << " " << difference.observed);
    CHECK(report.exit_code == 0);
    CHECK(report.position == 1);
    CHECK(world.up().up_to_date);
    CHECK(must(world.migrator().status()).state == "current");
  }
  SECTION("a cell of another type") {
    by_hand.cells["~Operaciones"].put("~version", 0, text("x"));
    world.target = MemoryTarget(by_hand, "taller");
    const BaselineReport report = must(world.migrator().baseline(how));
    CHECK(report.exit_code == 3);
    CHECK_FALSE(report.proved);
    CHECK(must(world.target.stamps()).empty());
  }
  SECTION("a position that no file knows") {
    how.at = 7;
    CHECK(must(world.migrator().baseline(how)).exit_code == 8);
  }
}

TEST_CASE("--copy gives a copy a target id and a history of its own") {
  World world;
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.load();
  REQUIRE(world.up().exit_code == 0);
  const std::string original = must(current_stamp(must(world.target.stamps())))->target_id;
  Workbook book = world.target.snapshot();
  StampEntry copied = must(stamp_from_json(book.stamps.back().entry));
  copied.event = "copy";
  copied.number += 1;
  copied.run = "copy-run";
  copied.lineage = "copy of " + original + " at 0001";
  book.stamps.push_back({copied.number, stamp_to_json(copied)});
  world.target = MemoryTarget(book, "taller");
  world.ledger = must(open_memory_ledger(world.fakes.ports));
  CHECK(world.up().error->zm == "ZM0407");
  CHECK(must(world.migrator().status()).state == "copy");
  BaselineOptions how;
  CHECK(must(world.migrator().baseline(how)).exit_code == 8);
  how.copy = true;
  const BaselineReport report = must(world.migrator().baseline(how));
  CHECK(report.exit_code == 0);
  const StampEntry stamp = *must(current_stamp(must(world.target.stamps())));
  CHECK(stamp.target_id != original);
  CHECK(stamp.lineage == "copy of " + original + " at 0001");
  CHECK(stamp.position == 1);
  CHECK(must(world.migrator().status()).state == "current");
  CHECK(world.up().up_to_date);
}

TEST_CASE("a --copy that died in front of its commit is closed by the next one") {
  World world;
  world.take_over();
  world.load();
  const std::string original = must(current_stamp(must(world.target.stamps())))->target_id;
  BaselineOptions how;
  how.copy = true;
  for (const char* const call : {"target.stage", "target.commit"}) {
    INFO(call);
    die_at(world, call, Blow::before, [&] {
      FaultyTarget target(world.target, world.fuse);
      FaultyLedger ledger(*world.ledger, world.fuse);
      Migrator dying(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports, world.recorder,
                     world.options);
      CHECK_FALSE(dying.baseline(how).has_value());
    });
    const Run left = world.runs().front();
    CHECK(left.verb == "baseline");
    CHECK(left.state < RunState::applied);
    CHECK(left.target_id != original);
  }
  const std::size_t before = world.runs().size();
  REQUIRE(must(world.migrator().baseline(how)).exit_code == 0);
  const auto runs = world.runs();
  REQUIRE(runs.size() == before + 1);
  for (std::size_t i = 1; i + 1 < runs.size(); ++i) {
    CHECK(runs[i].state == RunState::aborted);
    CHECK(runs[i].finished.has_value());
  }
  CHECK(runs.front().state == RunState::applied);
  CHECK(runs.back().state == RunState::applied);
  CHECK(must(current_stamp(must(world.target.stamps())))->run == runs.front().uid);
}

TEST_CASE("a baseline that died half-way is finished or begun anew by the next one") {
  for (std::size_t k = 1; k < 60; ++k) {
    for (const Blow blow : {Blow::before, Blow::after}) {
      World world;
      world.load();
      world.fuse.at = k;
      world.fuse.blow = blow;
      world.fuse.lasting = Lasting::for_good;
      {
        FaultyTarget target(world.target, world.fuse);
        FaultyLedger ledger(*world.ledger, world.fuse);
        Migrator faulty(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports, world.recorder,
                        world.options);
        const auto first = faulty.baseline({});
        if (first.has_value() && !world.fuse.dead) return;
      }
      INFO("call " << k << " " << world.fuse.log[k - 1]);
      const BaselineReport again = world.take_over();
      CHECK(again.exit_code == 0);
      world.load();
      CHECK(must(world.target.stamps()).size() == 1);
      CHECK(must(world.migrator().status()).state == "current");
    }
  }
  FAIL("the baseline makes more calls than this test looks at");
}
