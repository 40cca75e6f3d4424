// For each check there is a workbook that breaks only it, and it fails alone.

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kRules = R"(zmig 1

description "Rules for every check"

create enum "Estado" {
  add value "LIBRE"
  add value "OCUPADO"
}

in sheet "Operaciones" {
  add column "Codigo" text unique
  add column "Estado" enum "Estado"
  add column "version" integer default 0 required
  add column "Fecha" date format "DD-MM-YYYY"
}

ensure no row of "Operaciones" has [version] is blank
ensure every row of "Operaciones" has [version] < 100
)";

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_rules", kRules);
  world.load();
  const Report report = world.up();
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
}

struct Mutant {
  Workbook book;
  explicit Mutant(World& world) : book(world.target.snapshot()) {}
  Sheet& sheet() { return *book.schema.sheet(book.schema.sheet_titled("Operaciones", true)->id); }
  Column& column(const std::string& header) {
    for (Column& one : sheet().columns) {
      if (one.header == header) return one;
    }
    FAIL("no column " << header);
    return sheet().columns.front();
  }
  void put(const std::string& header, std::size_t row, Cell cell) {
    book.cells[sheet().id].put(column(header).id, row, std::move(cell));
  }
};

VerifyReport verify(World& world, const VerifyOptions& options = {}) { return must(world.migrator().verify(options)); }

void expect_only(World& world, const Mutant& mutant, const std::string& id, const std::string& place) {
  world.target = MemoryTarget(mutant.book, "taller");
  const VerifyReport report = verify(world);
  INFO(id);
  CHECK(report.exit_code == 5);
  CHECK(report.verdict == "failed");
  CHECK(failed_ids(report.checks) == std::vector<std::string>{id});
  if (place.empty()) return;
  for (const CheckResult& check : report.checks) {
    if (check.outcome == Outcome::failed) CHECK(check.offending == std::vector<std::string>{place});
  }
}

}  // namespace

TEST_CASE("after up every check passes, and the verification is recorded") {
  World world;
  prepare(world);
  const VerifyReport report = verify(world);
  for (const Diagnostic& diagnostic : report.diagnostics.all()) WARN(diagnostic.message);
  CHECK(report.exit_code == 0);
  CHECK(report.verdict == "passed");
  CHECK(report.at == 1);
  CHECK(report.failed == 0);
  CHECK(report.not_run == 0);
  CHECK(report.passed == report.checks.size());
  std::vector<std::string> ids;
  for (const CheckResult& check : report.checks) ids.push_back(check.id);
  CHECK(ids == std::vector<std::string>{"stamp", "headers", "width", "order", "identity", "types", "formats", "nature",
                                        "allowed", "required", "unique", "fill", "empty", "untouched", "foreign",
                                        "ensure", "ensure"});
  CHECK(report.recorded_as == 1U);
  const auto row = must(world.ledger->last_verification(world.runs().front().target_id));
  REQUIRE(row.has_value());
  CHECK(row->passed == report.passed);
  CHECK(row->position == 1);
}

TEST_CASE("not migrated is not green") {
  World world;
  SECTION("no stamp at all") {
    world.load();
    const VerifyReport report = verify(world);
    CHECK(report.exit_code == 5);
    CHECK(report.passed == 0);
    CHECK_FALSE(report.recorded_as.has_value());
  }
  SECTION("only the baseline") {
    world.take_over();
    world.load();
    const VerifyReport report = verify(world);
    CHECK(report.exit_code == 5);
    CHECK(failed_ids(report.checks) == std::vector<std::string>{"stamp"});
  }
}

TEST_CASE("each check has a workbook that breaks only it") {
  World world;
  prepare(world);
  Mutant mutant(world);
  SECTION("headers") {
    mutant.column("Peso").header = "Peso_Kg";
    expect_only(world, mutant, "headers", "Operaciones!B1");
  }
  SECTION("headers: a column is gone") {
    erase_if(mutant.sheet().columns, [](const Column& column) { return column.header == "Nota"; });
    world.target = MemoryTarget(mutant.book, "taller");
    const VerifyReport report = verify(world);
    CHECK(failed_ids(report.checks) == std::vector<std::string>{"headers", "width", "types"});
    for (const CheckResult& check : report.checks) {
      if (check.id == "types" && check.outcome != Outcome::passed)
        CHECK(check.not_run_because == "column id is missing");
    }
  }
  SECTION("width: a managed column that no file knows") {
    Column stranger;
    stranger.id = "cstranger";
    stranger.header = "Extra";
    mutant.sheet().columns.push_back(stranger);
    expect_only(world, mutant, "width", "Operaciones!H1");
  }
  SECTION("identity: a header twice") {
    Column twin;
    twin.header = "Peso";
    twin.managed = false;
    twin.id = "~Peso";
    mutant.sheet().columns.push_back(twin);
    expect_only(world, mutant, "identity", "Operaciones!H1");
  }
  SECTION("types") {
    mutant.put("version", 0, text("seven"));
    world.target = MemoryTarget(mutant.book, "taller");
    const VerifyReport report = verify(world);
    // A formula over that cell has no answer either.
    CHECK(failed_ids(report.checks).front() == "types");
  }
  SECTION("types of a column that nothing else speaks of") {
    mutant.put("Fecha", 0, text("yesterday"));
    expect_only(world, mutant, "types", "Operaciones!G2");
  }
  SECTION("formats") {
    mutant.column("Fecha").format = "D/M/YYYY";
    expect_only(world, mutant, "formats", "Operaciones!G1");
  }
  SECTION("nature") {
    mutant.put("Peso", 1, Cell{Number{20.5}, "A3*2", {}});
    expect_only(world, mutant, "nature", "Operaciones!B3");
  }
  SECTION("allowed: the list") {
    mutant.column("Estado").allowed.values.pop_back();
    expect_only(world, mutant, "allowed", "Operaciones!E1");
  }
  SECTION("allowed: a cell") {
    mutant.put("Estado", 1, text("PERDIDO"));
    expect_only(world, mutant, "allowed", "Operaciones!E3");
  }
  SECTION("unique") {
    mutant.put("Codigo", 0, text("X-1"));
    mutant.put("Codigo", 3, text("X-1"));
    expect_only(world, mutant, "unique", "Operaciones!D5");
  }
  SECTION("ensure") {
    mutant.put("version", 0, number(100));
    expect_only(world, mutant, "ensure", "Operaciones!F2");
  }
  SECTION("stamp") {
    StampEntry entry = must(stamp_from_json(mutant.book.stamps.back().entry));
    entry.chain_hash = empty_chain();
    mutant.book.stamps.back().entry = stamp_to_json(entry);
    world.target = MemoryTarget(mutant.book, "taller");
    const VerifyReport report = verify(world);
    CHECK(report.exit_code == 8);
    CHECK(failed_ids(report.checks) == std::vector<std::string>{"stamp"});
  }
}

TEST_CASE("required fails on a blank in a data row") {
  World world;
  world.take_over();
  world.write_migration("0001_required",
                        "zmig 1\n\ndescription \"r\"\n\nin sheet \"Operaciones\" {\n  add column \"version\" integer "
                        "default 0 required\n}\n");
  world.load();
  REQUIRE(world.up().exit_code == 0);
  Mutant mutant(world);
  mutant.put("version", 1, Cell{});
  expect_only(world, mutant, "required", "Operaciones!D3");
}

TEST_CASE("order fails when columns were moved that keep their order, and foreign ones where they are forbidden") {
  World world;
  prepare(world);
  Mutant mutant(world);
  SECTION("moved freely: no rule, no finding") {
    std::swap(mutant.sheet().columns[0], mutant.sheet().columns[1]);
    world.target = MemoryTarget(mutant.book, "taller");
    CHECK(verify(world).exit_code == 0);
  }
  SECTION("a rule") {
    // No statement of this release declares the rule, so the state gets it by hand.
    for (Replayed& replayed : world.replayed) replayed.after.sheets[0].rules.keep_order = true;
    std::swap(mutant.sheet().columns[0], mutant.sheet().columns[1]);
    expect_only(world, mutant, "order", "Operaciones!A1");
  }
}

TEST_CASE("a write that was not proved is reported by verify later, with its reason") {
  World world;
  prepare(world);
  world.ledger = must(open_memory_ledger(world.fakes.ports));
  REQUIRE(world.up().up_to_date);  // the history comes back from the stamp, the proofs do not
  const VerifyReport report = verify(world);
  CHECK(report.exit_code == 5);
  CHECK(report.not_run == 4);
  CHECK(failed_ids(report.checks) == std::vector<std::string>{"fill", "empty", "untouched", "foreign"});
  VerifyOptions skip;
  skip.allow_skip = {"fill", "empty", "untouched", "foreign"};
  CHECK(verify(world, skip).exit_code == 0);
}

TEST_CASE("verify --untouched notices what changed since the last write") {
  World world;
  prepare(world);
  VerifyOptions options;
  options.untouched = true;
  CHECK(verify(world, options).exit_code == 0);
  Mutant mutant(world);
  mutant.put("Nota", 0, text("edited"));
  world.target = MemoryTarget(mutant.book, "taller");
  CHECK(verify(world).exit_code == 0);
  const VerifyReport report = verify(world, options);
  CHECK(report.exit_code == 5);
  CHECK(failed_ids(report.checks) == std::vector<std::string>{"untouched"});
}

TEST_CASE("verify --only looks at what was asked for; an unknown check is refused") {
  World world;
  prepare(world);
  VerifyOptions options;
  options.only = {"types", "unique"};
  const VerifyReport report = verify(world, options);
  CHECK(report.checks.size() == 2);
  CHECK(report.verdict == "passed");
  options.only = {"typos"};
  const auto refused = world.migrator().verify(options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().zm == "ZM0703");
}

TEST_CASE("verdict, summary and exit code follow from the list") {
  World world;
  prepare(world);
  Mutant mutant(world);
  mutant.put("Fecha", 0, text("yesterday"));
  mutant.column("Peso").header = "Peso_Kg";
  world.target = MemoryTarget(mutant.book, "taller");
  VerifyOptions options;
  options.record = false;
  const VerifyReport report = verify(world, options);
  std::size_t passed = 0, failed = 0, not_run = 0;
  for (const CheckResult& check : report.checks) {
    ++(check.outcome == Outcome::passed ? passed : check.outcome == Outcome::failed ? failed : not_run);
    if (check.outcome == Outcome::not_run) CHECK_FALSE(check.not_run_because.empty());
  }
  CHECK(report.passed == passed);
  CHECK(report.failed == failed);
  CHECK(report.not_run == not_run);
  CHECK(report.verdict == "failed");
  CHECK(report.exit_code == 5);
  CHECK_FALSE(report.recorded_as.has_value());
}
