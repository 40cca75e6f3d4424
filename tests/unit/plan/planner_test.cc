#include "plan_builders.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Plan up(Project& project, CellView& live, std::optional<std::uint32_t> to = {}) {
  Result<Plan> plan = plan_up(project.input(live), to);
  if (!plan) FAIL(plan.error().message);
  return *std::move(plan);
}
Plan down(Project& project, CellView& live, std::uint32_t to = 0, bool allow_loss = false) {
  PlanInput input = project.input(live);
  input.allow_loss = allow_loss;
  Result<Plan> plan = plan_down(input, to);
  if (!plan) FAIL(plan.error().message);
  return *std::move(plan);
}

std::vector<std::string> sentences(const PlannedMigration& migration) {
  std::vector<std::string> out;
  for (const PlannedOperation& one : migration.operations) {
    const char* sign = one.state == OpState::satisfied ? "= " : one.state == OpState::conflict ? "! " : "+ ";
    out.push_back(sign + one.subject + " " + one.where + (one.note.empty() ? "" : ": " + one.note));
  }
  return out;
}

/// The founding migration, on the small workbook.
Script occupation() {
  Column date = column("f", "Fecha_Ocupacion", TypeKind::date);
  date.format = "DD-MM-YYYY";
  Column version = column("v", "version", TypeKind::integer);
  version.rules.fallback = number(0);
  version.note = "Optimistic-lock token";
  Script script;
  script.requires_ = {line(check::Backup{}),
                      line(check::SheetCount{"Operaciones", {Expecting::Kind::at_least, 3}, check::Counted::columns})};
  script.operations = {add(column("o", "Ocupado_Por")), add(date), add(version)};
  script.ensures = {
      line(check::SheetDelta{"Operaciones", true, 3, check::Counted::columns}), line(check::SheetUnchanged{kOps}),
      line(check::Rows{kOps, check::Quantifier::no, 0, {}, Expr{expr::IsBlank{col("v", "version"), false}}})};
  return script;
}

/// Ocupado_Por typed by hand, with two cells filled.
TableCells with_typed_column(Value first) {
  Schema schema = baseline();
  Column theirs = column("~Ocupado_Por", "Ocupado_Por");
  theirs.managed = false;
  schema.sheets[0].columns.push_back(theirs);
  TableCells cells = workbook(schema);
  cells.at("s1", 2, "~Ocupado_Por") = cell(std::move(first));
  cells.at("s1", 3, "~Ocupado_Por") = cell(text("Ana"));
  return cells;
}

}  // namespace

TEST_CASE("up plans the founding migration") {
  Project project;
  project.file("occupation", occupation());
  TableCells live = workbook();
  const Plan plan = up(project, live);
  CHECK(told(plan.diagnostics).empty());
  REQUIRE(plan.migrations.size() == 1);
  const PlannedMigration& one = plan.migrations[0];
  CHECK(sentences(one) ==
        std::vector<std::string>{"+ Operaciones.Ocupado_Por Operaciones!D1",
                                 "+ Operaciones.Fecha_Ocupacion Operaciones!E1: format DD-MM-YYYY",
                                 "+ Operaciones.version Operaciones!F1: default 0 into 3 rows, note"});
  CHECK(one.widths == std::vector<Width>{{"Operaciones", 3, 6}});
  CHECK(one.wants_backup);
  CHECK(one.fidelity == Fidelity::exact);
  CHECK(one.adopted.empty());
  CHECK(one.after == project.replayed[0].after);
  CHECK(plan.from == 0);
  CHECK(plan.to == 1);
  CHECK(plan.guarantee == "atomic");
  CHECK(plan.cost == Cost{3, 1, 1, 0, 1});
  CHECK(one.down_text ==
        "zmig 1 down of \"0001_occupation\"\ngenerated from " + project.history.files[0].checksum +
            "\nrequire migration \"0001_occupation\" applied\ndrop column Operaciones.version, captured first\n"
            "drop column Operaciones.Fecha_Ocupacion, captured first\ndrop column Operaciones.Ocupado_Por, captured "
            "first\n"
            "ensure sheet \"Operaciones\" lost 3 columns\nensure sheet \"Operaciones\" is otherwise unchanged\n");
  for (const CheckResult& result : one.ensures) CHECK(result.outcome == Outcome::passed);
}

TEST_CASE("a plan is the same each time, and another when the workbook's schema is") {
  Project project;
  project.file("occupation", occupation());
  TableCells live = workbook();
  const std::string first = up(project, live).fingerprint;
  CHECK(up(project, live).fingerprint == first);
  live.schema().sheets[0].columns[0].note = "x";
  CHECK(up(project, live).fingerprint != first);
}

TEST_CASE("the prediction is what the target then shows, and a second up does nothing") {
  Project project;
  project.file("occupation", occupation());
  TableCells live = workbook();
  const Plan plan = up(project, live);
  run_on(live, plan, project);
  CHECK(visible_differences(plan.migrations[0].after, live.schema()).empty());
  CHECK(live.values("s1", "v") == std::vector<Value>{number(0), number(0), Blank{}, number(0)});
  project.applied(1);
  const Plan again = up(project, live);
  CHECK(again.migrations.empty());
  CHECK(told(again.diagnostics).empty());
}

TEST_CASE("a column that is there already is adopted, and the way back forgets it (17.2)") {
  Project project;
  project.file("occupation", occupation());
  TableCells live = with_typed_column(text("Luis"));
  const Plan plan = up(project, live);
  CHECK(told(plan.diagnostics).empty());
  REQUIRE(plan.migrations.size() == 1);
  CHECK(sentences(plan.migrations[0]).front() ==
        "= Operaciones.Ocupado_Por Operaciones!D1: already there, 2 cells filled, all text: adopt");
  CHECK(plan.migrations[0].widths == std::vector<Width>{{"Operaciones", 4, 6}});
  REQUIRE(plan.migrations[0].adopted.size() == 1);
  CHECK(plan.migrations[0].adopted[0].operation == 0);
  CHECK(plan.migrations[0].down_text.find("forget column Operaciones.Ocupado_Por") != std::string::npos);
  CHECK(plan.migrations[0].down_text.find("ensure sheet \"Operaciones\" lost 3 columns") != std::string::npos);

  SECTION("and down leaves it where it was, also without the stored text") {
    const std::vector<Value> typed = live.values("s1", "~Ocupado_Por");
    run_on(live, plan, project);
    project.applied(1);
    project.stamp.applied[0].adopted = plan.migrations[0].adopted;
    const Plan back = down(project, live);
    CHECK(told(back.diagnostics).empty());
    CHECK(back.migrations[0].down_text == plan.migrations[0].down_text);
    run_on(live, back, project);
    CHECK(live.values("s1", "~Ocupado_Por") == typed);
    CHECK(live.schema().sheets[0].columns.size() == 4);
  }
}

TEST_CASE("what does not fit is a conflict, and the plan still lists everything") {
  Script script = occupation();
  std::get<op::AddColumn>(script.operations[0]).column.type.kind = TypeKind::integer;
  Project project;
  project.file("occupation", script);
  project.file("more", Script{{}, {add(column("m", "Mas"))}, {}, {}, {}});
  TableCells live = with_typed_column(text("a3f1"));
  const Plan plan = up(project, live);
  REQUIRE(plan.migrations.size() == 2);
  CHECK(plan.migrations[0].operations[0].state == OpState::conflict);
  CHECK(plan.migrations[0].operations[2].state == OpState::pending);
  CHECK(plan.migrations[1].operations[0].state == OpState::pending);
  CHECK(
      told(plan.diagnostics) ==
      std::vector<std::string>{"ZM0315 \"Ocupado_Por\" is already in \"Operaciones\", and its cells are no integers"});
  CHECK(plan.diagnostics.all()[0].primary.span == Span{0, 1, 2});
  CHECK(plan.diagnostics.all()[0].primary.cell == "Operaciones!D1");
}

TEST_CASE("a thing that two lines touch is never adopted") {
  Project project;
  project.file("again", Script{{}, {add(column("c", "C")), op::RenameColumn{at("c", "C"), "Ocupado_Por"}}, {}, {}, {}});
  TableCells live = with_typed_column(text("Luis"));
  const Plan plan = up(project, live);
  CHECK(plan.diagnostics.has_errors());
  CHECK(plan.migrations[0].operations[1].state == OpState::conflict);
  CHECK(plan.migrations[0].adopted.empty());
}

TEST_CASE("pending migrations are planned over each other") {
  Project project;
  project.file("one", Script{{},
                             {add(column("n", "Nota")),
                              op::FillColumn{at("n", "Nota"), lit(text("x")), {}, Otherwise::stop, {}}},
                             {},
                             {},
                             {}});
  Script second;
  second.requires_ = {line(check::ColumnIs{at("n", "Nota"), check::ColumnFact::filled})};
  second.operations = {op::SetColumn{at("n", "Nota"),
                                     lit(text("y")),
                                     binary(col("n", "Nota"), BinaryOp::equal, lit(text("x"))),
                                     Otherwise::stop,
                                     {},
                                     {}}};
  project.file("two", second);
  TableCells live = workbook();
  const Plan plan = up(project, live);
  CHECK(told(plan.diagnostics).empty());
  REQUIRE(plan.migrations.size() == 2);
  CHECK(plan.migrations[1].operations[0].cells == 3);
  CHECK(up(project, live, 1).migrations.size() == 1);
}

TEST_CASE("false guards refuse, before and after") {
  Project project;
  Script script = occupation();
  script.requires_.push_back(
      line(check::SheetCount{"Operaciones", {Expecting::Kind::exactly, 65}, check::Counted::columns}));
  script.ensures.push_back(
      line(check::SheetCount{"Operaciones", {Expecting::Kind::exactly, 68}, check::Counted::columns}));
  project.file("papers", script);
  TableCells live = workbook();
  CHECK(told(up(project, live).diagnostics) ==
        std::vector<std::string>{"ZM0304 this `require` is false", "ZM0308 this `ensure` will be false"});
}

TEST_CASE("ensures about rows see the workbook before") {
  Project project;
  Script script;
  script.operations = {op::AddRows{kOps,
                                   {at("tag", "TAG")},
                                   {at("tag", "TAG"), at("estado", "Estado")},
                                   {{text("A-1"), text("X")}, {text("A-7"), text("Y")}}}};
  script.ensures = {line(check::SheetDelta{"Operaciones", true, 1, check::Counted::rows})};
  project.file("rows", script);
  TableCells live = workbook();
  const Plan plan = up(project, live);
  CHECK(told(plan.diagnostics).empty());
  const auto before = everything(live);
  run_on(live, plan, project);
  CHECK(live.values("s1", "tag") == std::vector<Value>{text("A-1"), text("A-2"), Blank{}, text("A-4"), text("A-7")});
  CHECK(live.values("s1", "estado")[0] == text("X"));
  project.applied(1);
  const Plan back = down(project, live);
  CHECK(told(back.diagnostics).empty());
  run_on(live, back, project);
  CHECK(everything(live) == before);
}

TEST_CASE("down undoes what up did, cells included") {
  Project project;
  Script script;
  script.operations = {op::DropColumn{at("estado", "Estado"), false, {}},
                       op::SetColumn{at("peso", "Peso"),
                                     binary(col("peso", "Peso"), BinaryOp::multiply, lit(number(1000))),
                                     {},
                                     Otherwise::stop,
                                     {},
                                     {}},
                       op::RenameColumn{at("peso", "Peso"), "Gramos"}, add(column("n", "Nota")),
                       op::FillColumn{at("n", "Nota"), lit(text("x")), {}, Otherwise::stop, {}}};
  script.ensures = {line(check::SheetUnchanged{kOps})};
  project.file("many", script);
  TableCells live = workbook();
  const auto before = everything(live);
  const Schema schema = live.schema();
  const Plan plan = up(project, live);
  CHECK(told(plan.diagnostics).empty());
  CHECK(plan.migrations[0].fidelity == Fidelity::needs_capture);
  run_on(live, plan, project);
  CHECK(live.values("s1", "peso") == std::vector<Value>{number(10000), Blank{}, Blank{}, number(30000)});
  project.applied(1);

  SECTION("from the text that was stored") {
    PlanInput input = project.input(live);
    input.stored_downs["0001_many"] = plan.migrations[0].down_text;
    const Result<Plan> back = plan_down(input, 0);
    REQUIRE(back);
    CHECK(told(back->diagnostics).empty());
    run_on(live, *back, project);
    CHECK(live.schema() == schema);
    CHECK(everything(live) == before);
  }
  SECTION("derived anew, with a row that a person added and a cell that one edited") {
    live.rows("s1").insert(live.rows("s1").begin(), TableCells::Row{{"tag", cell(text("A-0"))}});
    live.at("s1", 6, "peso") = cell(number(7));
    const Plan back = down(project, live);
    CHECK(told(back.diagnostics) ==
          std::vector<std::string>{"ZM0507 1 cell of \"Peso\" was edited after 0001 was applied, and stays"});
    CHECK(back.migrations[0].kept == std::vector<KeptEdit>{{"Operaciones!B6", "30", "7"}});
    run_on(live, back, project);
    CHECK(live.values("s1", "estado") ==
          std::vector<Value>{Blank{}, text("DISPONIBLE"), text("OCUPADO"), Blank{}, Blank{}});
    CHECK(live.values("s1", "peso") == std::vector<Value>{Blank{}, number(10), Blank{}, Blank{}, number(7)});
  }
}

TEST_CASE("values that people entered in a column that goes need consent") {
  Project project;
  project.file("occupation", occupation());
  TableCells live = workbook();
  run_on(live, up(project, live), project);
  project.applied(1);
  live.at("s1", 2, "f") = cell(Date{46153});
  live.at("s1", 3, "v") = cell(number(4));
  const Plan refused = down(project, live);
  CHECK(told(refused.diagnostics) ==
        std::vector<std::string>{"ZM0506 undoing \"0001_occupation\" removes 2 values that people entered"});
  CHECK(refused.migrations[0].lost == 2);
  const Plan accepted = down(project, live, 0, true);
  CHECK_FALSE(accepted.diagnostics.has_errors());
  run_on(live, accepted, project);
  CHECK(live.schema() == baseline());
}

TEST_CASE("what has no way back is refused") {
  Project project;
  Migration migration =
      project.file("drop", Script{{}, {op::DropColumn{at("estado", "Estado"), true, {}}}, {}, {}, {}});
  TableCells live = workbook();
  const Plan plan = up(project, live);
  CHECK(plan.migrations[0].fidelity == Fidelity::irreversible);
  CHECK(plan.migrations[0].captures.empty());
  run_on(live, plan, project);
  project.applied(1);
  CHECK(told(down(project, live).diagnostics) == std::vector<std::string>{"ZM0505 \"0001_drop\" cannot be undone"});
}

TEST_CASE("down goes back to a position, newest first") {
  Project project;
  project.file("one", Script{{}, {add(column("a", "A"))}, {}, {}, {}});
  project.file("two", Script{{}, {add(column("b", "B"))}, {}, {}, {}});
  project.file("three", Script{{}, {add(column("c", "C"))}, {}, {}, {}});
  TableCells live = workbook();
  run_on(live, up(project, live), project);
  project.applied(3);
  const Plan plan = down(project, live, 1);
  REQUIRE(plan.migrations.size() == 2);
  CHECK(plan.migrations[0].name == "0003_three");
  CHECK(plan.migrations[1].name == "0002_two");
  run_on(live, plan, project);
  CHECK(live.schema() == project.replayed[0].after);
  project.applied(1);
  CHECK(plan_down(project.input(live), 7).error().code == Errc::not_found);
}

TEST_CASE("the author's own way back is the one that runs") {
  Project project;
  Script own;
  own.operations = {op::RenameColumn{at("n", "Nota"), "X"}, op::DropColumn{at("n", "X"), false, {}}};
  project.file("own", Script{{}, {add(column("n", "Nota"))}, {}, {}, {}}, own);
  TableCells live = workbook();
  const Plan plan = up(project, live);
  CHECK(plan.migrations[0].down_text.find("rename column Operaciones.Nota to X") != std::string::npos);
}

TEST_CASE("a way back that does not bind is found while planning") {
  Project project;
  project.codec.forgets_what_it_prints = true;
  project.file("one", Script{{}, {add(column("a", "A"))}, {}, {}, {}});
  TableCells live = workbook();
  CHECK(told(up(project, live).diagnostics) ==
        std::vector<std::string>{
            "ZM9901 the way back that zmig derived for \"0001_one\" does not bind: ZM0003 unknown word"});
}

TEST_CASE("drift that no pending line explains refuses; drift that one explains does not") {
  Project project;
  project.file("one", Script{{}, {add(column("a", "A"))}, {}, {}, {}});
  project.applied(1);
  TableCells live = workbook(project.replayed[0].after);
  live.schema().sheets[0].columns[1].header = "Kilos";
  SECTION("unexplained") {
    const Plan plan = up(project, live);
    CHECK(told(plan.diagnostics) == std::vector<std::string>{"ZM0301 the live workbook is not what its history says"});
    CHECK(plan.position.drift.worst == Drift::Class::breaking);
    PlanInput input = project.input(live);
    input.allow_drift = true;
    CHECK_FALSE(plan_up(input, {})->diagnostics.has_errors());
  }
  SECTION("the next migration renames it so") {
    project.file("two", Script{{}, {op::RenameColumn{at("peso", "Peso"), "Kilos"}}, {}, {}, {}});
    const Plan plan = up(project, live);
    CHECK(told(plan.diagnostics).empty());
    CHECK(plan.migrations[0].operations[0].state == OpState::satisfied);
  }
}

TEST_CASE("the stamp is compared with the files") {
  Project project;
  project.file("one", Script{{}, {add(column("a", "A"))}, {}, {}, {}});
  project.file("two", Script{{}, {add(column("b", "B"))}, {}, {}, {}});
  project.applied(2);
  TableCells live = workbook(project.replayed[1].after);
  const auto rechain = [&] {
    project.stamp.chain_hash = empty_chain();
    for (const AppliedMigration& one : project.stamp.applied)
      project.stamp.chain_hash = chain_hash(project.stamp.chain_hash, one.number, one.slug, one.hash);
  };
  SECTION("agreement") { CHECK(told(up(project, live).diagnostics).empty()); }
  SECTION("edited") {
    project.stamp.applied[0].hash = "sha256:other";
    rechain();
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0202 0001_one.zmig was changed after it was applied"});
  }
  SECTION("another branch") {
    project.stamp.applied[1].slug = "dos";
    rechain();
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0207 number 0002 is \"0002_two\" here, and \"0002_dos\" in the workbook"});
  }
  SECTION("ahead") {
    project.history.files.pop_back();
    project.replayed.pop_back();
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0204 the workbook is at 0002, the files end at 0001: 0002_two is not here"});
  }
  SECTION("missing") {
    project.history.files.erase(project.history.files.begin());
    project.replayed.erase(project.replayed.begin());
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0203 \"0001_one\" is applied, but its file is gone"});
  }
  SECTION("a gap, which may be filled") {
    project.stamp.applied.erase(project.stamp.applied.begin());
    rechain();
    REQUIRE(live.take(change::DeleteColumn{{"s1", "a"}}));
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0201 \"0001_one\" is not applied, although a later one is"});
    PlanInput input = project.input(live);
    input.out_of_order = true;
    const Result<Plan> plan = plan_up(input, {});
    REQUIRE(plan);
    CHECK(told(plan->diagnostics).empty());
    REQUIRE(plan->migrations.size() == 1);
    CHECK(plan->migrations[0].name == "0001_one");
  }
  SECTION("a list that does not match its chain") {
    project.stamp.chain_hash = empty_chain();
    CHECK(told(up(project, live).diagnostics).front().starts_with("ZM0603"));
  }
  SECTION("no stamp, but ids") {
    project.stamped = false;
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0602 the workbook carries zmig's ids, but its stamp is gone"});
  }
}

TEST_CASE("a workbook without a stamp has to be the baseline, and somebody has to say so") {
  Project project;
  project.stamped = false;
  project.file("occupation", occupation());
  Schema foreign = baseline();
  foreign.sheets[0].managed = false;
  foreign.sheets[0].id = "~Operaciones";
  for (Column& one : foreign.sheets[0].columns) {
    one.managed = false;
    one.id = "~" + one.header;
    one.type = type_of(TypeKind::text);
  }
  TableCells live(foreign);
  live.column("~Operaciones", "~TAG", {text("A-1"), text("A-2")});
  SECTION("refused") {
    CHECK(told(up(project, live).diagnostics) ==
          std::vector<std::string>{"ZM0208 this workbook was never taken over by zmig"});
  }
  SECTION("accepted") {
    PlanInput input = project.input(live);
    input.accept_baseline = true;
    const Result<Plan> plan = plan_up(input, {});
    REQUIRE(plan);
    CHECK(told(plan->diagnostics).empty());
    CHECK(plan->migrations[0].operations[2].note == "default 0 into 2 rows, note");
  }
  SECTION("another workbook") {
    live.schema().sheets[0].columns[1].header = "Kilos";
    const Plan plan = up(project, live);
    CHECK(told(plan.diagnostics) ==
          std::vector<std::string>{"ZM0301 this workbook is not the one that schemas/0000_baseline.json describes"});
    CHECK(plan.diagnostics.all()[0].notes.front() == "\"Operaciones\" has no column \"Peso\"");
  }
  SECTION("an empty workbook without a baseline starts at 0") {
    Project fresh{std::nullopt};
    fresh.stamped = false;
    fresh.file("first", Script{{}, {op::CreateSheet{{"s9", "Nueva"}, {}}}, {}, {}, {}});
    TableCells empty{Schema{}};
    const Plan plan = up(fresh, empty);
    CHECK(told(plan.diagnostics).empty());
    REQUIRE(plan.migrations.size() == 1);
    CHECK(plan.migrations[0].fidelity == Fidelity::exact);
  }
}

TEST_CASE("the JSON of a plan has the members that callers rely on") {
  Project project;
  project.file("occupation", occupation());
  TableCells live = workbook();
  const Plan plan = up(project, live);
  const std::string json = plan_to_json(plan);
  CHECK(json.find(R"("direction":"up")") != std::string::npos);
  CHECK(json.find(R"("from":0)") != std::string::npos);
  CHECK(json.find(R"("note":"default 0 into 3 rows, note")") != std::string::npos);
  CHECK(json.find(R"("width":[{"after":6,"before":3,"sheet":"Operaciones"}])") != std::string::npos);
  CHECK(json.find(R"("fingerprint":")" + plan.fingerprint + "\"") != std::string::npos);
  CHECK(plan_to_json(up(project, live)) == json);
}
