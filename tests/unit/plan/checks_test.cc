#include "plan_builders.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// Judges one check on a workbook.
struct Bench {
  TableCells before = workbook();
  TableCells now = workbook();
  Schema replayed = baseline();
  std::string id = "require";
  CheckWorld world{before, now, replayed};

  Bench() { world.migration = "0001_x"; }
  CheckResult judge(Check check) {
    Result<CheckResult> out = judge_check(line(std::move(check)), id, world);
    if (!out) FAIL(out.error().message);
    return *std::move(out);
  }
  Outcome outcome(Check check) { return judge(std::move(check)).outcome; }
};

const check::SheetCount kThree{"Operaciones", {Expecting::Kind::exactly, 3}, check::Counted::columns};
Expr is_tag(const char* value) { return binary(col("tag", "TAG"), BinaryOp::equal, lit(text(value))); }
Expr is_filled(const char* id) { return Expr{expr::IsBlank{col(id, id), true}}; }

}  // namespace

TEST_CASE("check: sheet exists, is missing") {
  Bench bench;
  CHECK(bench.outcome(check::SheetExists{"Operaciones", true}) == Outcome::passed);
  CHECK(bench.outcome(check::SheetExists{"Otra", false}) == Outcome::passed);
  CHECK(bench.outcome(check::SheetExists{"Otra", true}) == Outcome::failed);
}

TEST_CASE("check: number of columns and rows") {
  Bench bench;
  CHECK(bench.outcome(kThree) == Outcome::passed);
  CHECK(bench.outcome(check::SheetCount{"Operaciones", {Expecting::Kind::at_least, 3}, check::Counted::rows}) ==
        Outcome::passed);
  CHECK(bench.outcome(check::SheetCount{"Operaciones", {Expecting::Kind::at_most, 2}, check::Counted::rows}) ==
        Outcome::failed);
  CHECK(bench.outcome(check::SheetCount{"Otra", {}, check::Counted::rows}) == Outcome::not_run);
  Column theirs = column("~x", "Turno");
  theirs.managed = false;
  bench.now.schema().sheets[0].columns.push_back(theirs);
  const CheckResult wider = bench.judge(kThree);
  CHECK(wider.outcome == Outcome::failed);
  CHECK(wider.observed == "4: A to D, the last one \"Turno\"");
}

TEST_CASE("a false require says what is there (message 23)") {
  Bench bench;
  const CheckLine require =
      line(check::SheetCount{"Operaciones", {Expecting::Kind::exactly, 65}, check::Counted::columns});
  const CheckResult result = bench.judge(require.check);
  Diagnostic expected;
  expected.code = "ZM0304";
  expected.message = "this `require` is false";
  expected.primary = {Span{}, {}, "Operaciones has 3: A to C, the last one \"Estado\""};
  expected.notes = {"nothing was written"};
  CHECK(check_diagnostic(require, result, "ZM0304") == expected);
}

TEST_CASE("a false ensure says what is predicted (message 24)") {
  Bench bench;
  bench.id = "ensure";
  bench.world.predicting = true;
  bench.world.deltas["Operaciones"].inserted = 1;
  REQUIRE(bench.now.take(change::InsertColumn{"s1", column("n", "Nota"), {}}));
  const CheckLine ensure =
      line(check::SheetCount{"Operaciones", {Expecting::Kind::exactly, 68}, check::Counted::columns});
  Diagnostic expected;
  expected.code = "ZM0308";
  expected.message = "this `ensure` will be false";
  expected.primary = {Span{}, {}, "predicted: 4 (3 now, 1 added here)"};
  expected.notes = {"found while planning; nothing was written"};
  CHECK(check_diagnostic(ensure, bench.judge(ensure.check), "ZM0308") == expected);
}

TEST_CASE("check: gained counts managed columns, and the live width has to follow") {
  Bench bench;
  const check::SheetDelta gained{"Operaciones", true, 2, check::Counted::columns};
  CHECK(bench.outcome(gained) == Outcome::failed);
  // One inserted, one adopted: the width grew by one.
  Column theirs = column("~Turno", "Turno");
  theirs.managed = false;
  bench.before.schema().sheets[0].columns.push_back(theirs);
  theirs.managed = true;
  theirs.id = "t";
  bench.now.schema().sheets[0].columns.push_back(theirs);
  bench.now.schema().sheets[0].columns.push_back(column("n", "Nota"));
  bench.world.deltas["Operaciones"] = {1, 0, 1, 0, 0, 0};
  CHECK(bench.outcome(gained) == Outcome::passed);
  // Somebody adds a column of their own meanwhile.
  Column other = column("~x", "Otra");
  other.managed = false;
  bench.now.schema().sheets[0].columns.push_back(other);
  CHECK(bench.outcome(gained) == Outcome::failed);
}

TEST_CASE("check: gained and lost rows") {
  Bench bench;
  bench.now.rows("s1").push_back({{"tag", cell(text("A-9"))}});
  CHECK(bench.outcome(check::SheetDelta{"Operaciones", true, 1, check::Counted::rows}) == Outcome::passed);
  CHECK(bench.outcome(check::SheetDelta{"Operaciones", false, 1, check::Counted::rows}) == Outcome::failed);
}

TEST_CASE("check: otherwise unchanged needs its proof") {
  Bench bench;
  const check::SheetUnchanged unchanged{kOps};
  CHECK(bench.outcome(unchanged) == Outcome::not_run);
  bench.world.untouched = true;
  CHECK(bench.outcome(unchanged) == Outcome::passed);
  bench.world.untouched = false;
  CHECK(bench.outcome(unchanged) == Outcome::failed);
  bench.world.untouched.reset();
  bench.world.predicting = true;
  CHECK(bench.outcome(unchanged) == Outcome::passed);
}

TEST_CASE("check: column exists, is missing") {
  Bench bench;
  CHECK(bench.outcome(check::ColumnExists{"Operaciones", "TAG", true}) == Outcome::passed);
  CHECK(bench.outcome(check::ColumnExists{"Operaciones", "Otra", true}) == Outcome::failed);
  CHECK(bench.outcome(check::ColumnExists{"Otra", "TAG", false}) == Outcome::passed);
}

TEST_CASE("check: blank, filled, unique name the cells at fault") {
  Bench bench;
  const CheckResult filled = bench.judge(check::ColumnIs{at("peso", "Peso"), check::ColumnFact::filled});
  CHECK(filled.outcome == Outcome::failed);
  CHECK(filled.examined == 3);
  CHECK(filled.offending == std::vector<std::string>{"Operaciones!B3"});
  CHECK(filled.observed == "1 of 3 rows is blank");
  CHECK(bench.outcome(check::ColumnIs{at("tag", "TAG"), check::ColumnFact::filled}) == Outcome::passed);
  CHECK(bench.outcome(check::ColumnIs{at("tag", "TAG"), check::ColumnFact::unique}) == Outcome::passed);
  bench.now.at("s1", 5, "tag") = cell(text("A-1"));
  CHECK(bench.judge(check::ColumnIs{at("tag", "TAG"), check::ColumnFact::unique}).offending ==
        std::vector<std::string>{"Operaciones!A5"});
  CHECK(bench.judge(check::ColumnIs{at("estado", "Estado"), check::ColumnFact::blank}).offending_count == 2);
  CHECK(bench.outcome(check::ColumnIs{at("gone", "Gone"), check::ColumnFact::blank}) == Outcome::not_run);
}

TEST_CASE("check: has type looks at the declaration and at every filled cell") {
  Bench bench;
  const check::ColumnHasType type{at("peso", "Peso"), type_of(TypeKind::number)};
  CHECK(bench.outcome(type) == Outcome::passed);
  bench.now.at("s1", 2, "peso") = cell(text("diez"));
  CHECK(bench.judge(type).offending == std::vector<std::string>{"Operaciones!B2"});
  CHECK(bench.judge(check::ColumnHasType{at("peso", "Peso"), type_of(TypeKind::date)}).observed ==
        "it is declared number");
}

TEST_CASE("check: enums in the replay and in the live lists") {
  Bench bench;
  bench.replayed.enums.push_back({"Estado", {{"A", {}, true}, {"B", {}, false}}});
  CHECK(bench.outcome(check::EnumExists{"Estado", true}) == Outcome::passed);
  CHECK(bench.outcome(check::EnumExists{"Otro", true}) == Outcome::failed);
  CHECK(bench.outcome(check::EnumValue{"Estado", "A", true}) == Outcome::passed);
  CHECK(bench.outcome(check::EnumValue{"Estado", "B", true}) == Outcome::failed);
  CHECK(bench.outcome(check::EnumValue{"Estado", "B", false}) == Outcome::passed);
  CHECK(bench.outcome(check::EnumValue{"Otro", "B", true}) == Outcome::not_run);
  Column& bound = bench.now.schema().sheets[0].columns[2];
  bound.type.kind = TypeKind::enumeration;
  bound.type.of = "Estado";
  bound.allowed.kind = Allowed::Kind::list;
  bound.allowed.values = {"C"};
  CHECK(bench.judge(check::EnumValue{"Estado", "A", true}).offending == std::vector<std::string>{"Operaciones!C1"});
}

TEST_CASE("check: every row, no row") {
  Bench bench;
  const CheckResult every = bench.judge(check::Rows{kOps, check::Quantifier::every, 0, {}, is_filled("estado")});
  CHECK(every.outcome == Outcome::failed);
  CHECK(every.offending == std::vector<std::string>{"Operaciones!C5"});
  CHECK(bench.outcome(check::Rows{kOps, check::Quantifier::every, 0, is_tag("A-1"), is_filled("estado")}) ==
        Outcome::passed);
  CHECK(bench.outcome(check::Rows{kOps, check::Quantifier::no, 0, {}, is_tag("A-7")}) == Outcome::passed);
  CHECK(bench.judge(check::Rows{kOps, check::Quantifier::no, 0, {}, is_tag("A-2")}).offending ==
        std::vector<std::string>{"Operaciones!A3"});
  const CheckResult none =
      bench.judge(check::Rows{kOps, check::Quantifier::every, 0, is_tag("A-7"), is_filled("estado")});
  CHECK(none.outcome == Outcome::passed);
  CHECK(none.observed == "0 rows looked at");
}

TEST_CASE("a fault in a check is never a yes") {
  Bench bench;
  bench.now.at("s1", 2, "peso") = cell(text("diez"));
  const Expr light = binary(col("peso", "Peso"), BinaryOp::less, lit(number(100)));
  CHECK(bench
            .judge(check::Rows{
                kOps, check::Quantifier::no, 0, {}, binary(col("peso", "Peso"), BinaryOp::greater, lit(number(100)))})
            .offending_count == 1);
  CHECK(bench.judge(check::Rows{kOps, check::Quantifier::every, 0, is_tag("A-1"), light}).offending_count == 1);
}

TEST_CASE("check: sample rows come in the order of a hash, the same each time") {
  Bench bench;
  const check::Rows sample{kOps, check::Quantifier::sample, 2, {}, is_filled("estado")};
  const CheckResult first = bench.judge(sample);
  CHECK(first.examined == 2);
  CHECK(first.scope == "sample");
  CHECK(bench.judge(sample) == first);
  CHECK(bench.judge(check::Rows{kOps, check::Quantifier::sample, 10, {}, is_filled("tag")}).examined == 3);
  CHECK(bench.outcome(check::Rows{kOps, check::Quantifier::sample, 2, is_tag("A-7"), is_filled("tag")}) ==
        Outcome::not_run);
}

TEST_CASE("check: migration applied, and long enough ago") {
  Bench bench;
  bench.world.at = some_time();
  AppliedMigration applied;
  applied.number = 1;
  applied.slug = "x";
  applied.at = some_time() - std::chrono::hours(24 * 10);
  bench.world.applied = {applied};
  CHECK(bench.outcome(check::MigrationApplied{"0001_x", {}}) == Outcome::passed);
  CHECK(bench.outcome(check::MigrationApplied{"0002_y", {}}) == Outcome::failed);
  CHECK(bench.outcome(check::MigrationApplied{"0001_x", std::chrono::hours(24 * 14)}) == Outcome::failed);
  CHECK(bench.outcome(check::MigrationApplied{"0001_x", std::chrono::hours(24 * 10)}) == Outcome::passed);
}

TEST_CASE("check: backup is a promise while planning, and a fact afterwards") {
  Bench bench;
  CHECK(bench.outcome(check::Backup{}) == Outcome::failed);
  bench.world.predicting = true;
  CHECK(bench.outcome(check::Backup{}) == Outcome::passed);
  bench.world.predicting = false;
  bench.world.backup = true;
  CHECK(bench.outcome(check::Backup{}) == Outcome::passed);
}

TEST_CASE("check: atomic") {
  Bench bench;
  CHECK(bench.outcome(check::Atomic{}) == Outcome::passed);
  bench.world.atomic = false;
  const CheckLine require = line(check::Atomic{});
  CHECK(check_diagnostic(require, bench.judge(require.check), "ZM0304").code == "ZM0305");
}

TEST_CASE("could not look is a failure of its own kind") {
  Bench bench;
  const CheckLine require = line(check::SheetCount{"Otra", {}, check::Counted::rows});
  const Diagnostic finding = check_diagnostic(require, bench.judge(require.check), "ZM0304");
  CHECK(finding.code == "ZM0902");
  CHECK(finding.primary.text == "there is no sheet \"Otra\"");
}

TEST_CASE("contradicting totals are found without a workbook (message 22)") {
  Replayed replayed;
  replayed.before = baseline();
  Script& script = replayed.migration.script;
  script.operations = {add(column("a", "A")), add(column("b", "B")), add(column("c", "C"))};
  script.lines = {Span{0, 50, 60}, Span{0, 61, 70}, Span{0, 71, 80}};
  script.requires_ = {line(check::SheetCount{"Operaciones", {Expecting::Kind::exactly, 5}, check::Counted::columns})};
  script.requires_[0].span = Span{0, 10, 20};
  script.ensures = {line(check::SheetCount{"Operaciones", {Expecting::Kind::exactly, 8}, check::Counted::columns})};
  script.ensures[0].span = Span{0, 90, 99};
  const Result<Schema> after = replay_operations(script.operations, replayed.before);
  REQUIRE(after);
  replayed.after = *after;
  Diagnostics out;
  derived_shape_findings(replayed, out);
  Diagnostic expected;
  expected.code = "ZM1905";
  expected.message = "these lines cannot all be true";
  expected.primary = {Span{0, 90, 99}, {}, "3 + 3 is 6"};
  expected.secondary = {{Span{0, 10, 20}, {}, "the baseline has 3"},
                        {Span{0, 50, 60}, {}, "this and 2 more below: +3"}};
  expected.help = "`ensure sheet \"Operaciones\" gained 3 columns` stays true when people add columns of their own";
  CHECK(out.all() == std::vector<Diagnostic>{expected});

  script.requires_ = {line(kThree)};
  script.ensures = {line(check::SheetCount{"Operaciones", {Expecting::Kind::at_least, 8}, check::Counted::columns})};
  Diagnostics none;
  derived_shape_findings(replayed, none);
  CHECK(none.empty());
}
