// The checks right after a write: each has a workbook that breaks only it, and fails alone, with the cell.

#include "run/proof.h"
#include "run/run_json.h"
#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Written {
  World world;
  run::Proof proof;
  std::string uid;
  std::uint64_t number = 0;

  Written() {
    world.take_over();
    world.write_migration("0001_founding", kFounding);
    world.load();
    REQUIRE(world.up().exit_code == 0);
    const Run run = world.runs().front();
    uid = run.uid;
    number = run.stamp_number;
    for (const LedgerEvent& event : must(world.ledger->events(run.id))) {
      if (event.kind == "batch.sent") proof = must(run::proof_from_json(event.json));
    }
  }

  /// What fails when `break_it` was done to the workbook between write and proof.
  std::vector<CheckResult> failing(const std::function<void(Workbook&, Sheet&)>& break_it) {
    Workbook book = world.target.snapshot();
    break_it(book, *book.schema.sheet(book.schema.sheet_titled("Operaciones", true)->id));
    world.target = MemoryTarget(std::move(book), "taller");
    run::Context context{world.history, world.replayed,    world.target,   *world.ledger,
                         *world.codec,  world.fakes.ports, world.recorder, world.options};
    const run::Look look = must(run::look_at(context));
    const std::vector<CheckLine> no_lines;
    const run::ProofInput input{proof, world.replayed.front().after, no_lines, nullptr, uid, number, "0001_founding",
                                true};
    std::vector<CheckResult> failed = must(run::prove(context, look, std::span(&input, 1), proof)).front();
    std::erase_if(failed, [](const CheckResult& check) { return check.outcome == Outcome::passed; });
    return failed;
  }
};

const Column& column(const Sheet& sheet, const std::string& header) {
  const Column* found = column_by_header(sheet, header, true);
  REQUIRE(found != nullptr);
  return *found;
}

void expect_only(const std::vector<CheckResult>& failed, const std::string& id, const std::string& place) {
  REQUIRE(failed.size() == 1);
  CHECK(failed.front().id == id);
  CHECK(failed.front().outcome == Outcome::failed);
  CHECK(failed.front().offending == std::vector<std::string>{place});
}

}  // namespace

TEST_CASE("right after a write nothing fails") {
  Written written;
  CHECK(written.failing([](Workbook&, Sheet&) {}).empty());
}

TEST_CASE("fill fails on one default that is another value, over all rows") {
  Written written;
  const auto failed = written.failing(
      [](Workbook& book, Sheet& sheet) { book.cells[sheet.id].put(column(sheet, "version").id, 3, number(1)); });
  expect_only(failed, "fill", "Operaciones!F1");  // the ledger keeps one digest a column, so the column is named
}

TEST_CASE("fill fails on a default in a row that is no data row") {
  Written written;
  const auto failed = written.failing(
      [](Workbook& book, Sheet& sheet) { book.cells[sheet.id].put(column(sheet, "version").id, 2, number(0)); });
  expect_only(failed, "fill", "Operaciones!F1");
}

TEST_CASE("empty fails on one cell in a column that was created blank") {
  Written written;
  const auto failed = written.failing([](Workbook& book, Sheet& sheet) {
    book.cells[sheet.id].put(column(sheet, "Ocupado_Por").id, 1, text("MR(94)"));
  });
  // The ledger keeps one digest a column: every row of it is named.
  REQUIRE(failed.size() == 1);
  CHECK(failed.front().id == "empty");
  CHECK(failed.front().outcome == Outcome::failed);
  CHECK(failed.front().offending == std::vector<std::string>{"Operaciones!D2", "Operaciones!D3", "Operaciones!D4",
                                                             "Operaciones!D5", "Operaciones!D6", "Operaciones!D7"});
}

TEST_CASE("untouched fails when a cell that the plan did not name is another one") {
  Written written;
  const auto failed = written.failing(
      [](Workbook& book, Sheet& sheet) { book.cells[sheet.id].put(column(sheet, "Peso").id, 0, number(11)); });
  expect_only(failed, "untouched", "Operaciones!B1");
}

TEST_CASE("foreign fails when a thing that is not ours came or went") {
  Written written;
  const auto failed = written.failing([](Workbook& book, Sheet&) { add_sheet(book, "Extra", {"x"}, {}); });
  expect_only(failed, "foreign", "Extra");
}

TEST_CASE("stamp fails when the newest entry is not this run's") {
  Written written;
  written.uid = "another";
  const auto failed = written.failing([](Workbook&, Sheet&) {});
  REQUIRE(failed.size() == 1);
  CHECK(failed.front().id == "stamp");
}

TEST_CASE("what is expected of a default or of blank cells takes memory by its changes, not by the rows") {
  run::RowNumbers numbers;
  for (std::uint64_t row = 0; row < 1'000'000; ++row) numbers.add(row == 500 ? 2 : 1);
  CHECK(numbers.rows() == 1'000'000);
  CHECK(numbers.stretches().size() == 3);

  World world;
  world.take_over();
  world.write_migration("0001_founding", kFounding);
  world.load();
  REQUIRE(must(world.target.inspect()).sheets.size() > 0);
  const Schema schema = world.target.schema();
  const Sheet* sheet = schema.sheet_titled("Operaciones", true);
  PlannedMigration planned;
  Column added;
  added.id = "c00000000new";
  added.header = "nuevo";
  for (const Change& change : std::vector<Change>{
           change::InsertColumn{sheet->id, added, {}},
           change::FillEmpty{{sheet->id, added.id}, Text{"x"}, {added.id}},
       })
    planned.steps.push_back({change, 0});
  const std::vector<run::Proof> proofs = must(run::predict(world.target, std::span(&planned, 1)));
  REQUIRE(proofs.front().predicted.size() == 1);
  CHECK(proofs.front().predicted.front().rows.rows() == must(world.target.row_count(sheet->id)));
  CHECK(proofs.front().predicted.front().rows.stretches().size() == 4);  // data rows and blank ones, in turn
  const auto ours = [&](const run::UntouchedColumn& column) { return column.sheet == sheet->id; };
  const auto& untouched = proofs.front().untouched;
  CHECK(std::count_if(untouched.begin(), untouched.end(), ours) == static_cast<long>(sheet->columns.size()));

  // Hashes that are known already are taken, and no column is hashed again.
  run::StoredHashes stored;
  stored[sheet->id] = std::vector<std::string>(sheet->columns.size(), "xxh128:known");
  const std::vector<run::Proof> known = must(run::predict(world.target, std::span(&planned, 1), &stored));
  for (const run::UntouchedColumn& column : known.front().untouched)
    CHECK((column.sheet != sheet->id || column.hash == "xxh128:known"));
}
