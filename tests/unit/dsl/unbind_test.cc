// Law L3: what is printed binds to the operations that it was printed from, and the print is canonical.

#include "bind_support.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

const std::string kName = "0003_shop";

bool is_restore(const Operation& operation) { return name_of(operation).starts_with("restore_"); }

Migration of(std::vector<Operation> operations) {
  Migration out;
  out.name = kName;
  out.script.operations = std::move(operations);
  for (const Operation& operation : out.script.operations) {
    if (is_restore(operation)) out.down_of = kName;
    const auto* column = std::get_if<op::DropColumn>(&operation);
    const auto* whole = std::get_if<op::DropSheet>(&operation);
    if ((column != nullptr && column->discard) || (whole != nullptr && whole->discard)) out.irreversible = "it must go";
  }
  return out;
}

std::string head(const Migration& migration) {
  if (!migration.down_of.empty()) return "zmig 1 down of \"" + migration.down_of + "\"\n\n";
  return migration.irreversible ? "zmig 1\n\nirreversible because \"it must go\"\n\n" : "zmig 1\n\n";
}

/// New things get the ids of the file; everything else has to be equal.
struct TakeId {
  Operation& from;
  void operator()(op::CreateSheet& o) const { o.sheet.id = std::get<op::CreateSheet>(from).sheet.id; }
  void operator()(op::AdoptSheet& o) const { o.sheet.id = std::get<op::AdoptSheet>(from).sheet.id; }
  void operator()(op::AddColumn& o) const { o.column.id = std::get<op::AddColumn>(from).column.id; }
  void operator()(op::AdoptColumn& o) const { o.column.id = std::get<op::AdoptColumn>(from).column.id; }
  template <class Other>
  void operator()(Other&) const {}
};

Migration parsed(const std::string& text, const Schema& before, const Schema& undone, Diagnostics& found) {
  BindContext context;
  context.name = kName;
  context.before = &before;
  context.undone_before = &undone;
  context.earlier = {"0001_first", "0002_second"};
  return make_codec()->parse({kName + ".zmig", text}, 0, context, found);
}

std::string messages(const Diagnostics& found, const std::string& text) {
  SourceMap sources;
  sources.add({kName + ".zmig", text});
  std::string out;
  for (const Diagnostic& one : found.all()) out += render(one, sources);
  return out;
}

}  // namespace

TEST_CASE("every sample prints as its text, and its text binds to it") {
  const Schema whole = test::shop();
  for (const test::Sample& sample : test::samples()) {
    INFO(sample.name);
    Migration wanted = of({sample.operation});
    const std::string text = make_codec()->print(wanted);
    Diagnostics found;
    CHECK(text == make_codec()->format({"sample", head(wanted) + sample.text}, 0, found));
    Migration back = parsed(text, sample.before, whole, found);
    CHECK(messages(found, text) == "");
    REQUIRE(back.script.operations.size() == 1);
    REQUIRE(back.script.operations[0].index() == sample.operation.index());
    std::visit(TakeId{wanted.script.operations[0]}, back.script.operations[0]);
    CHECK(back.script.operations[0] == sample.operation);
  }
}

TEST_CASE("random sequences bind to as many operations, and to the same print") {
  const auto codec = make_codec();
  std::size_t operations = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const Schema before = test::shop();
    Migration wanted = of(test::random_operations(seed, before, 20));
    wanted.down_of = kName;  // in a down, a name may stand for a column that is not back yet
    const std::string text = codec->print(wanted);
    Diagnostics found;
    const Migration back = parsed(text, before, Schema{}, found);
    CHECK(messages(found, text) == "");
    CHECK(codec->print(back) == text);
    REQUIRE(back.script.operations.size() == wanted.script.operations.size());
    for (std::size_t i = 0; i < back.script.operations.size(); ++i) {
      CHECK(describe(back.script.operations[i]) == describe(wanted.script.operations[i]));
    }
    operations += back.script.operations.size();
    Diagnostics layout;
    CHECK(codec->format({"down", text}, 0, layout) == text);
  }
  CHECK(operations > 600);
}

TEST_CASE("a reversal prints and binds to itself") {
  // What a migration drops comes back as it was: definitions, ids and places from the schema before.
  const Schema before = test::shop();
  const std::vector<Operation> forward{op::DropColumn{test::shop_column("Pedidos", "Notas"), false, {}},
                                       op::DropColumn{test::shop_column("Pedidos", "Cantidad"), false, {}},
                                       op::DropColumn{test::shop_column("Pedidos", "Peso"), false, {}},
                                       op::DropColumn{test::shop_column("Pedidos", "Pedido"), false, {}},
                                       op::DropSheet{test::shop_sheet("Borrador"), false}};
  Schema at = before;
  Migration down;
  down.name = kName;
  down.down_of = kName;
  for (const Operation& operation : forward) {
    const auto back = invert(operation, at);
    REQUIRE(back.has_value());
    down.script.operations.insert(down.script.operations.begin(), back->ops.begin(), back->ops.end());
    at = after(at, {operation});
  }
  for (Operation& operation : down.script.operations) {  // the planner names the migration
    if (auto* column = std::get_if<op::RestoreColumn>(&operation)) column->migration = kName;
    if (auto* sheet = std::get_if<op::RestoreSheet>(&operation)) sheet->migration = kName;
  }
  const std::string text = make_codec()->print(down);
  CHECK(text ==
        "zmig 1 down of \"0003_shop\"\n\nrestore sheet \"Borrador\"\n\nin sheet \"Pedidos\" {\n  restore column "
        "\"Pedido\"\n"
        "  restore column \"Peso\"\n  restore column \"Cantidad\"\n  restore column \"Notas\"\n}\n");
  Diagnostics found;
  const Migration back = parsed(text, at, before, found);
  CHECK(messages(found, text) == "");
  CHECK(back == down);
  CHECK(test::by_offer(after(at, back.script.operations)) == test::by_offer(before));
}

TEST_CASE("neighbouring lines share a block, properties of one column a line") {
  const ColumnRef notes = in_pedidos("cNotas", "Notas internas");
  const ColumnRef weight = in_pedidos("cPeso", "Peso");
  Migration migration;
  migration.script.operations = {op::SetHidden{notes, false},
                                 op::SetDeprecated{notes, {}},
                                 op::SetNote{weight, "a"},
                                 op::SetNote{weight, {}},
                                 op::SetHidden{weight, true},
                                 op::SetFormat{weight, "0.0"},
                                 op::RenameSheet{pedidos(), "Ordenes"},
                                 op::SetNote{{{"sPedidos", "Ordenes"}, "cPeso", "Peso"}, "b"}};
  CHECK(make_codec()->print(migration) == R"(zmig 1

in sheet "Pedidos" {
  change column "Notas internas" not hidden not deprecated
  change column "Peso" note "a"
  change column "Peso" no note
  change column "Peso" hidden
  change column "Peso" format "0.0"
}

rename sheet "Pedidos" to "Ordenes"

in sheet "Ordenes" {
  change column "Peso" note "b"
}
)");
}

TEST_CASE("a new sheet and a new enum hold the lines that add to them") {
  const SheetRef fresh{derived_id('s', "0003_demo", 1), "Sucursales"};
  Column code = column(derived_id('c', "0003_demo", 2), "Codigo");
  code.rules.key = true;
  const ColumnRef at{fresh, code.id, "Codigo"};
  Migration migration;
  migration.name = "0003_demo";
  migration.script.operations = {op::CreateSheet{fresh, {{Place::Kind::after, "sPedidos"}, "Pedidos"}},
                                 op::AddColumn{fresh, code, {}},
                                 op::AddRows{fresh, {at}, {at}, {{Value(Text{"STG"})}, {Value(Text{"TAL"})}}},
                                 op::FreezeHeader{fresh, true},
                                 op::SetNote{at, "two letters"},
                                 op::CreateEnum{"Prioridad"},
                                 op::AddValue{"Prioridad", "Alta", {}, "answered within a day"},
                                 op::AddValue{"Estado", "Cerrado", {Place::Kind::first, {}}, {}}};
  const std::string text = make_codec()->print(migration);
  CHECK(text == R"(zmig 1

create sheet "Sucursales" after "Pedidos" {
  add column "Codigo" text key
  add rows by "Codigo" {
    columns "Codigo"
    row "STG"
    row "TAL"
  }
  freeze header
}

in sheet "Sucursales" {
  change column "Codigo" note "two letters"
}

create enum "Prioridad" {
  add value "Alta" note "answered within a day"
}

in enum "Estado" {
  add value "Cerrado" first
}
)");
  const Bound back = bind_text(text, shop());
  CHECK(back.said() == "");
  CHECK(back.migration == migration);
}

TEST_CASE("every check prints and binds to itself") {
  const ColumnRef city = in_pedidos("cCiudad", "Ciudad");
  const Expr blank = Expr{expr::IsBlank{cell("cPeso", "Peso"), false}};
  Migration migration;
  migration.name = "0003_demo";
  migration.script.requires_ = {{check::MigrationApplied{"0001_first", {}}, {}, {}, {}},
                                {check::MigrationApplied{"0002_second", std::chrono::hours(14 * 24)}, {}, {}, {}},
                                {check::MigrationApplied{"0002_second", std::chrono::hours(5)}, {}, {}, {}},
                                {check::Backup{}, {}, {}, {}},
                                {check::Backup{"Clientes"}, "it is small", {}, {}},
                                {check::Atomic{}, {}, {}, {}}};
  using Kind = Expecting::Kind;
  migration.script.ensures = {
      {check::SheetExists{"Resumen", false}, {}, {}, {}},
      {check::SheetExists{"Pedidos", true}, {}, {}, {}},
      {check::SheetUnchanged{pedidos()}, {}, {}, {}},
      {check::SheetCount{"Pedidos", {Kind::exactly, 11}, check::Counted::columns}, {}, {}, {}},
      {check::SheetCount{"Pedidos", {Kind::at_most, 1}, check::Counted::rows}, {}, {}, {}},
      {check::SheetDelta{"Pedidos", false, 1, check::Counted::columns}, {}, {}, {}},
      {check::SheetDelta{"Pedidos", true, 2, check::Counted::rows}, {}, {}, {}},
      {check::ColumnExists{"Pedidos", "Nada", false}, {}, {}, {}},
      {check::ColumnIs{city, check::ColumnFact::blank}, {}, {}, {}},
      {check::ColumnIs{city, check::ColumnFact::filled}, {}, {}, {}},
      {check::ColumnIs{city, check::ColumnFact::unique}, "one each", {}, {}},
      {check::ColumnHasType{in_pedidos("cEstado", "Estado"), {TypeKind::enumeration, 0, "Estado"}}, {}, {}, {}},
      {check::EnumExists{"Zona", false}, {}, {}, {}},
      {check::EnumValue{"Estado", "Nuevo", true}, {}, {}, {}},
      {check::EnumValue{"Estado", "Viejo", false}, {}, {}, {}},
      {check::Rows{pedidos(), check::Quantifier::every, 0, blank, blank}, {}, {}, {}},
      {check::Rows{pedidos(), check::Quantifier::no, 0, {}, blank}, {}, {}, {}},
      {check::Rows{pedidos(), check::Quantifier::sample, 10, blank, blank}, {}, {}, {}}};
  const std::string text = make_codec()->print(migration);
  const Bound back = bind_text(text, shop());
  CHECK(back.said() == "");
  CHECK(back.migration == migration);
}

TEST_CASE("headings print in canonical order and bind to themselves") {
  Migration migration;
  migration.name = "0003_demo";
  migration.description = "a \"quoted\" word";
  migration.author = "Ana";
  migration.tags = {"v3.0", "phase-1"};
  migration.depends = {"0001_first", "0002_second"};
  migration.keep_undo = std::chrono::hours(36);
  migration.irreversible = "personal data";
  migration.allows = {{"ZM1101", "agreed"}, {"ZM1103", "exported"}};
  migration.script.operations = {op::DropColumn{in_pedidos("cNotas", "Notas internas"), true, {}}};
  const std::string text = make_codec()->print(migration);
  CHECK(text == R"(zmig 1

description "a \"quoted\" word"
author "Ana"
tags "v3.0", "phase-1"
depends on "0001_first", "0002_second"
keep undo data for 36 hours
irreversible because "personal data"
allow ZM1101 because "agreed"
allow ZM1103 because "exported"

in sheet "Pedidos" {
  drop column "Notas internas" discarding data
}
)");
  const Bound back = bind_text(text, shop());
  CHECK(back.said() == "");
  CHECK(back.migration == migration);
}

TEST_CASE("formulas keep the parentheses that they need, and no other") {
  for (const std::string formula : {"-[Horas]",
                                    "-([Horas] + 1)",
                                    "[Horas] - ([Horas] - 1)",
                                    "[Horas] - [Horas] - 1",
                                    "([Horas] + 1) * 2",
                                    "[Horas] * (2 + 1)",
                                    "length([Ciudad] & \"x\")",
                                    "min([Horas], 2, 3)",
                                    "when [Pagado] then 1 else 2",
                                    "1 + (when [Pagado] then 1 else 2)",
                                    "when [Ciudad] = \"a\" or ([Pagado] and not [Pagado]) then 1 else 2",
                                    "when not ([Pagado] or [Pagado]) then 1 else 2",
                                    "when [Ciudad] & \"x\" = \"ax\" then 1 else 2",
                                    "when [Ciudad] is one of (\"a\", \"b\") then 1 else 2",
                                    "when [Ciudad] matches \"a*\" then 1 else 2",
                                    "when ([Ciudad] = \"a\") = true then 1 else 2",
                                    "when [Ciudad] is not blank then 1 else 2",
                                    "when ([Horas] > 1) is blank then 1 else 2",
                                    "coalesce([Horas], 0)",
                                    "integer(left([Ciudad], 2))",
                                    "days_between([Fecha de entrega], 2026-01-26)",
                                    "blank",
                                    "round(1.5, 0)"}) {
    const std::string text = "zmig 1\n\nin sheet \"Pedidos\" {\n  set column \"Horas\" to " + formula + "\n}\n";
    INFO(formula);
    const Bound bound = bind_text(text, shop());
    CHECK(bound.said() == "");
    CHECK(make_codec()->print(bound.migration) == text);
  }
}
