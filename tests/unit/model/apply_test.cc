#include <algorithm>
#include <string>
#include <vector>

#include <zmig/change.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

// Two managed sheets and a foreign one; a foreign column among the managed ones.
Schema start() {
  Schema schema;
  Column weight = column("c2", "Peso", of_kind(TypeKind::decimal, 2));
  weight.note = "kg";
  schema.sheets = {sheet("s1", "Operaciones",
                         {column("c1", "Id", of_kind(TypeKind::integer)), weight, foreign("~Color", "Color"),
                          column("c3", "Turno")}),
                   sheet("s2", "Estados", {column("k1", "Codigo"), column("k2", "Nombre")}),
                   sheet("~Notas", "Notas", {foreign("~Texto", "Texto")})};
  schema.sheets[2].managed = false;
  schema.sheets[1].columns[0].rules.key = true;
  schema.enums = {{"Turnos", {{"DIA", std::nullopt, true}}}, {"Libre", {}}};
  return schema;
}

Schema applied(const Change& change, Schema schema = start()) {
  const Status status = apply_to(change, schema);
  INFO(name_of(change));
  REQUIRE(status.has_value());
  return schema;
}

/// The code and message of the refusal, which leaves the schema as it was.
std::string refused(const Change& change, const Schema& before = start()) {
  Schema schema = before;
  const Status status = apply_to(change, schema);
  CHECK(schema == before);
  return status.has_value() ? "done" : status.error().zm + " " + status.error().message;
}

Place after(std::string id) { return {Place::Kind::after, std::move(id)}; }
Place before(std::string id) { return {Place::Kind::before, std::move(id)}; }

std::vector<std::string> ids(const Sheet& of) {
  std::vector<std::string> found;
  for (const Column& one : of.columns) found.push_back(one.id);
  return found;
}

std::vector<std::string> sheet_ids(const Schema& schema) {
  std::vector<std::string> found;
  for (const Sheet& one : schema.sheets) found.push_back(one.id);
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("insert_sheet puts a sheet at its place") {
  CHECK(sheet_ids(applied(change::InsertSheet{sheet("s9", "Nueva"), {}})) == Texts{"s1", "s2", "~Notas", "s9"});
  CHECK(sheet_ids(applied(change::InsertSheet{sheet("s9", "Nueva"), {Place::Kind::first, ""}})) ==
        Texts{"s9", "s1", "s2", "~Notas"});
  CHECK(sheet_ids(applied(change::InsertSheet{sheet("s9", "Nueva"), after("s1")})) ==
        Texts{"s1", "s9", "s2", "~Notas"});
  CHECK(sheet_ids(applied(change::InsertSheet{sheet("s9", "Nueva"), before("s1")})) ==
        Texts{"s9", "s1", "s2", "~Notas"});
  CHECK(*applied(change::InsertSheet{sheet("s9", "Nueva"), {}}).sheet("s9") == sheet("s9", "Nueva"));
}

TEST_CASE("insert_sheet refuses a taken title, whatever its case, and a known id") {
  CHECK(refused(change::InsertSheet{sheet("s9", " OPERACIONES "), {}}) ==
        "ZM0102 sheet \"Operaciones\" already exists");
  CHECK(refused(change::InsertSheet{sheet("s9", "notas"), {}}) == "ZM0102 sheet \"Notas\" already exists");
  CHECK(refused(change::InsertSheet{sheet("s1", "Nueva"), {}}) == "ZM0102 sheet with the id \"s1\" already exists");
  CHECK(refused(change::InsertSheet{sheet("s9", "  "), {}}) == "ZM0122 a sheet needs a title that is not blank");
  CHECK(refused(change::InsertSheet{sheet("s9", "Nueva"), after("s8")}) ==
        "ZM0101 no neighbouring sheet with the id \"s8\"");
  CHECK(refused(change::InsertSheet{sheet("s9", "Nueva", {column("c9", "A")}), {}}) ==
        "ZM0107 a new sheet gets its columns one by one");
}

TEST_CASE("copy_sheet copies with new ids, without keys, behind the original") {
  Schema schema = start();
  schema.sheets[1].rules.keys = {{"k1", "k2"}};
  schema.sheets[1].rules.uniques = {{"k1", "k2"}};
  const Schema copied = applied(change::CopySheet{"s2", "s9", "Estados 2", {{"k1", "n1"}, {"k2", "n2"}}}, schema);
  CHECK(sheet_ids(copied) == Texts{"s1", "s2", "s9", "~Notas"});
  Sheet expected = sheet("s9", "Estados 2", {column("n1", "Codigo"), column("n2", "Nombre")});
  expected.rules.uniques = {{"n1", "n2"}};
  CHECK(*copied.sheet("s9") == expected);
  CHECK(refused(change::CopySheet{"s2", "s9", "estados", {}}) == "ZM0102 sheet \"Estados\" already exists");
  CHECK(refused(change::CopySheet{"s2", "s9", "Otra", {{"k1", "n1"}}}) ==
        "ZM0107 the copy of column \"Nombre\" has no id");
  CHECK(refused(change::CopySheet{"s8", "s9", "Otra", {}}) == "ZM0101 no sheet with the id \"s8\"");
}

TEST_CASE("delete_sheet takes the sheet with its ranges") {
  Schema schema = start();
  schema.ranges = {{"Codigos", "s2", "k1", "k1"}, {"Pesos", "s1", "c2", "c2"}};
  const Schema left = applied(change::DeleteSheet{"s2"}, schema);
  CHECK(sheet_ids(left) == Texts{"s1", "~Notas"});
  CHECK(left.ranges == std::vector<NamedRange>{{"Pesos", "s1", "c2", "c2"}});
}

TEST_CASE("delete_sheet refuses the last visible sheet and one that others refer to") {
  Schema schema = start();
  schema.sheets[1].hidden = schema.sheets[2].hidden = true;
  CHECK(refused(change::DeleteSheet{"s1"}, schema) ==
        "ZM0324 \"Operaciones\" is the last visible sheet of the workbook");
  CHECK(sheet_ids(applied(change::DeleteSheet{"s2"}, schema)) == Texts{"s1", "~Notas"});
  schema = start();
  schema.sheets[0].columns[3].type = of_kind(TypeKind::reference, 0, "s2");
  CHECK(refused(change::DeleteSheet{"s2"}, schema) ==
        "ZM0112 sheet \"Estados\" is still used by column \"Turno\" of sheet \"Operaciones\"");
  CHECK(refused(change::DeleteSheet{"s8"}) == "ZM0101 no sheet with the id \"s8\"");
}

TEST_CASE("set_title renames, also by case alone") {
  CHECK(applied(change::SetTitle{"s1", "operaciones"}).sheet("s1")->title == "operaciones");
  CHECK(refused(change::SetTitle{"s1", "ESTADOS"}) == "ZM0102 sheet \"Estados\" already exists");
  CHECK(refused(change::SetTitle{"s1", ""}) == "ZM0122 a sheet needs a title that is not blank");
}

TEST_CASE("insert_column puts a column at its place; last is right of the foreign ones") {
  const Column added = column("c9", "Nuevo", of_kind(TypeKind::date));
  const auto place = [&](Place where) {
    return ids(*applied(change::InsertColumn{"s1", added, std::move(where)}).sheet("s1"));
  };
  CHECK(place({}) == Texts{"c1", "c2", "~Color", "c3", "c9"});
  CHECK(place({Place::Kind::first, ""}) == Texts{"c9", "c1", "c2", "~Color", "c3"});
  CHECK(place(after("~Color")) == Texts{"c1", "c2", "~Color", "c9", "c3"});
  CHECK(place(before("c2")) == Texts{"c1", "c9", "c2", "~Color", "c3"});
  CHECK(*column_by_id(*applied(change::InsertColumn{"s1", added, {}}).sheet("s1"), "c9") == added);
}

TEST_CASE("insert_column refuses a header that is taken, by a foreign column too") {
  CHECK(refused(change::InsertColumn{"s1", column("c9", " Peso"), {}}) ==
        "ZM0102 column \"Peso\" already exists in sheet \"Operaciones\"");
  CHECK(refused(change::InsertColumn{"s1", column("c9", "Color"), {}}) ==
        "ZM0102 column \"Color\" already exists in sheet \"Operaciones\"");
  CHECK(refused(change::InsertColumn{"s1", column("c1", "Nuevo"), {}}) ==
        "ZM0102 column with the id \"c1\" already exists");
  CHECK(refused(change::InsertColumn{"s1", column("c9", " "), {}}) ==
        "ZM0122 a column needs a header that is not blank");
  CHECK(refused(change::InsertColumn{"s1", column("c9", "Nuevo"), after("k1")}) ==
        "ZM0101 no neighbouring column with the id \"k1\"");
  CHECK(refused(change::InsertColumn{"s8", column("c9", "Nuevo"), {}}) == "ZM0101 no sheet with the id \"s8\"");
  CHECK(ids(*applied(change::InsertColumn{"s1", column("c9", "peso"), {}}).sheet("s1")).size() == 5);
}

TEST_CASE("delete_column takes the column") {
  CHECK(ids(*applied(change::DeleteColumn{{"s1", "c2"}}).sheet("s1")) == Texts{"c1", "~Color", "c3"});
  CHECK(refused(change::DeleteColumn{{"s1", "c8"}}) == "ZM0101 no column with the id \"c8\" in sheet \"Operaciones\"");
}

TEST_CASE("delete_column refuses what rules, ranges, references and formulas still use") {
  const Change drop = change::DeleteColumn{{"s1", "c2"}};
  const std::string used = "ZM0112 column \"Peso\" is still used by ";
  Schema schema = start();
  schema.sheets[0].rules.keys = {{"c1", "c2"}};
  CHECK(refused(drop, schema) == used + "a key of sheet \"Operaciones\"");
  schema = start();
  schema.sheets[0].rules.uniques = {{"c2", "c3"}};
  CHECK(refused(drop, schema) == used + "a unique set of sheet \"Operaciones\"");
  schema = start();
  schema.sheets[0].rules.checks = {{"no negativo", "[ Peso ] >= 0"}};
  CHECK(refused(drop, schema) == used + "check \"no negativo\"");
  schema = start();
  schema.ranges = {{"Pesos", "s1", "c1", "c2"}};
  CHECK(refused(drop, schema) == used + "range \"Pesos\"");
  schema = start();
  schema.sheets[1].columns[1].allowed.kind = Allowed::Kind::column;
  schema.sheets[1].columns[1].allowed.sheet = "s1";
  schema.sheets[1].columns[1].allowed.column = "c2";
  CHECK(refused(drop, schema) == used + "column \"Nombre\" of sheet \"Estados\"");
  schema = start();
  schema.sheets[0].columns[3].computed = Computed{"text([Peso])", false};
  CHECK(refused(drop, schema) == used + "column \"Turno\" of sheet \"Operaciones\"");
  schema = start();
  schema.sheets[0].columns[3].type = of_kind(TypeKind::reference, 0, "s2");
  CHECK(refused(change::DeleteColumn{{"s2", "k1"}}, schema) ==
        "ZM0112 column \"Codigo\" is still used by column \"Turno\" of sheet \"Operaciones\"");
  CHECK(ids(*applied(change::DeleteColumn{{"s2", "k2"}}, schema).sheet("s2")) == Texts{"k1"});
}

TEST_CASE("a text in quotes is no reference to a column") {
  Schema schema = start();
  schema.sheets[0].rules.checks = {{"a", "[Turno] <> \"[Peso] \\\" [Peso]\" and [Pe]]so] = 1"}};
  CHECK(ids(*applied(change::DeleteColumn{{"s1", "c2"}}, schema).sheet("s1")) == Texts{"c1", "~Color", "c3"});
}

TEST_CASE("move_column changes the order only") {
  const auto place = [&](Place where) {
    return ids(*applied(change::MoveColumn{{"s1", "c3"}, std::move(where)}).sheet("s1"));
  };
  CHECK(place({Place::Kind::first, ""}) == Texts{"c3", "c1", "c2", "~Color"});
  CHECK(place(after("c1")) == Texts{"c1", "c3", "c2", "~Color"});
  CHECK(place(before("c1")) == Texts{"c3", "c1", "c2", "~Color"});
  CHECK(place({}) == Texts{"c1", "c2", "~Color", "c3"});
  CHECK(refused(change::MoveColumn{{"s1", "c3"}, after("c3")}) == "ZM0107 a column has no place beside itself");
  CHECK(refused(change::MoveColumn{{"s1", ""}, after("s1")}) == "ZM0107 a sheet has no place beside itself");
  CHECK(refused(change::MoveColumn{{"s9", ""}, {}}) == "ZM0101 no sheet with the id \"s9\"");
  CHECK(refused(change::MoveColumn{{"s1", "c3"}, after("c8")}) == "ZM0101 no neighbouring column with the id \"c8\"");
}

TEST_CASE("set_header renames, and formulas of the sheet follow") {
  Schema schema = start();
  schema.sheets[0].rules.checks = {{"a", "[Peso] >= 0 and [Turno] <> \"[Peso]\""}};
  schema.sheets[0].columns[3].computed = Computed{"text([Peso])", false};
  const Schema renamed = applied(change::SetHeader{{"s1", "c2"}, "Peso [kg]"}, schema);
  CHECK(renamed.sheets[0].columns[1].header == "Peso [kg]");
  CHECK(renamed.sheets[0].rules.checks == std::vector<CheckRule>{{"a", "[Peso [kg]]] >= 0 and [Turno] <> \"[Peso]\""}});
  CHECK(renamed.sheets[0].columns[3].computed == Computed{"text([Peso [kg]]])", false});
  CHECK(refused(change::SetHeader{{"s1", "c2"}, "Id"}) ==
        "ZM0102 column \"Id\" already exists in sheet \"Operaciones\"");
  CHECK(refused(change::SetHeader{{"s1", "c2"}, "Color"}) ==
        "ZM0102 column \"Color\" already exists in sheet \"Operaciones\"");
  CHECK(applied(change::SetHeader{{"s1", "c2"}, "PESO"}).sheets[0].columns[1].header == "PESO");
}

TEST_CASE("each appearance change sets its one fact") {
  Schema expected = start();
  Column& weight = expected.sheets[0].columns[1];
  weight.type = of_kind(TypeKind::number);
  weight.format = "0.0";
  CHECK(applied(change::Retype{{"s1", "c2"}, of_kind(TypeKind::number), "0.0", {}}) == expected);
  expected = start();
  expected.sheets[0].columns[1].format = "0.000";
  CHECK(applied(change::SetFormat{{"s1", "c2"}, "0.000"}) == expected);
  expected = start();
  expected.sheets[0].columns[1].note = std::nullopt;
  CHECK(applied(change::SetNote{{"s1", "c2"}, std::nullopt}) == expected);
  expected = start();
  Allowed box;
  box.kind = Allowed::Kind::checkbox;
  expected.sheets[0].columns[1].allowed = box;
  CHECK(applied(change::SetAllowed{{"s1", "c2"}, box}) == expected);
  expected = start();
  expected.sheets[0].columns[1].computed = Computed{"[Id]", false};
  CHECK(applied(change::SetComputed{{"s1", "c2"}, Computed{"[Id]", false}, {}}) == expected);
  expected = start();
  expected.sheets[0].columns[1].hidden = true;
  CHECK(applied(change::SetHidden{{"s1", "c2"}, true}) == expected);
  expected = start();
  expected.sheets[0].columns[1].protection = Editors{{"a@example.org"}};
  CHECK(applied(change::SetProtection{{"s1", "c2"}, Editors{{"a@example.org"}}}) == expected);
  expected = start();
  expected.sheets[0].hidden = expected.sheets[0].frozen = true;
  expected.sheets[0].protection = Editors{};
  Schema done = applied(change::SetHidden{{"s1", ""}, true});
  done = applied(change::SetFrozen{"s1", true}, done);
  CHECK(applied(change::SetProtection{{"s1", ""}, Editors{}}, done) == expected);
}

TEST_CASE("the last visible sheet cannot be hidden") {
  Schema schema = start();
  schema.sheets[1].hidden = schema.sheets[2].hidden = true;
  CHECK(refused(change::SetHidden{{"s1", ""}, true}, schema) ==
        "ZM0324 \"Operaciones\" is the last visible sheet of the workbook");
  CHECK_FALSE(applied(change::SetHidden{{"s2", ""}, false}, schema).sheet("s2")->hidden);
}

TEST_CASE("changes of cells and rows leave the schema alone, but want their column") {
  for (const Change& change :
       std::vector<Change>{change::FillEmpty{{"s1", "c2"}, number(0), {}}, change::WriteCells{{"s1", "c2"}, {}},
                           change::RestoreCells{{"s1", "c2"}, change::Restore::both, {}},
                           change::InsertRows{"s1", source::Rows{{"c1"}, {"c1", "c2"}, {}}},
                           change::DeleteRows{"s1", source::Run{{"c1"}, {}, {}}}, change::Native{"csv", "x"}}) {
    CHECK(applied(change) == start());
  }
  const std::string none = "ZM0101 no column with the id \"c8\" in sheet \"Operaciones\"";
  CHECK(refused(change::FillEmpty{{"s1", "c8"}, number(0), {}}) == none);
  CHECK(refused(change::WriteCells{{"s1", "c8"}, {}}) == none);
  CHECK(refused(change::RestoreCells{{"s1", "c8"}, change::Restore::values, {}}) == none);
  CHECK(refused(change::InsertRows{"s1", source::Rows{{"c1"}, {"c8"}, {}}}) == none);
  CHECK(refused(change::DeleteRows{"s8", {}}) == "ZM0101 no sheet with the id \"s8\"");
}

TEST_CASE("every change refuses a thing that is not there") {
  const std::string no_column = "ZM0101 no column with the id \"c8\" in sheet \"Operaciones\"";
  const Scope at{"s1", "c8"};
  for (const Change& change :
       std::vector<Change>{change::DeleteColumn{at}, change::MoveColumn{at, {}}, change::SetHeader{at, "X"},
                           change::Retype{at, {}, {}, {}}, change::SetComputed{at, {}, {}}, change::SetFormat{at, {}},
                           change::SetNote{at, {}}, change::SetAllowed{at, {}}, change::SetHidden{at, true},
                           change::SetProtection{at, {}}, change::Untrack{at}, change::SetRules{at, ColumnRules{}}}) {
    INFO(name_of(change));
    CHECK(refused(change) == no_column);
  }
  for (const Change& change : std::vector<Change>{
           change::DeleteSheet{"s8"}, change::SetTitle{"s8", "X"}, change::SetHidden{{"s8", ""}, true},
           change::SetFrozen{"s8", true}, change::SetProtection{{"s8", ""}, {}}, change::Untrack{{"s8", ""}},
           change::SetRules{{"s8", ""}, SheetRules{}}, change::Track{{"s8", "c9"}, column("c9", "X")}}) {
    INFO(name_of(change));
    CHECK(refused(change) == "ZM0101 no sheet with the id \"s8\"");
  }
}

TEST_CASE("ranges are set, replaced, renamed and removed") {
  const NamedRange pesos{"Pesos", "s1", "c1", "c2"};
  Schema schema = applied(change::SetRange{"Pesos", pesos});
  CHECK(schema.ranges == std::vector<NamedRange>{pesos});
  schema = applied(change::SetRange{"Pesos", NamedRange{"", "s2", "k1", "k2"}}, schema);
  CHECK(schema.ranges == std::vector<NamedRange>{{"Pesos", "s2", "k1", "k2"}});
  schema = applied(change::RenameRange{"Pesos", "Codigos"}, schema);
  CHECK(schema.ranges == std::vector<NamedRange>{{"Codigos", "s2", "k1", "k2"}});
  CHECK(applied(change::SetRange{"Codigos", std::nullopt}, schema).ranges.empty());
  CHECK(refused(change::SetRange{"Nada", std::nullopt}) == "ZM0101 no range \"Nada\"");
  CHECK(refused(change::RenameRange{"Nada", "X"}) == "ZM0101 no range \"Nada\"");
  CHECK(refused(change::SetRange{"R", NamedRange{"R", "s1", "c2", "c1"}}) ==
        "ZM0107 the last column of range \"R\" stands left of its first");
  schema = applied(change::SetRange{"R", pesos}, schema);
  CHECK(refused(change::RenameRange{"R", "Codigos"}, schema) == "ZM0102 range \"Codigos\" already exists");
}

TEST_CASE("track finds the foreign column, gives it its id and rules, and leaves what people see") {
  Schema schema = start();
  Column& colour = schema.sheets[0].columns[2];
  colour.note = "seen";
  colour.format = "@";
  colour.hidden = true;
  colour.allowed.kind = Allowed::Kind::list;
  Column claim = column("c9", " Color ", of_kind(TypeKind::enumeration, 0, "Turnos"));
  claim.rules.required = true;
  claim.note = "claimed";
  Column expected = colour;
  expected.id = "c9";
  expected.managed = true;
  expected.type = claim.type;
  expected.rules = claim.rules;
  CHECK(applied(change::Track{{"s1", "c9"}, claim}, schema).sheets[0].columns[2] == expected);
  claim.format = "0";
  expected.format = "0";
  CHECK(applied(change::Track{{"s1", "c9"}, claim}, schema).sheets[0].columns[2] == expected);
}

TEST_CASE("track adds in a replay what is not known there") {
  Column claim = column("c9", "Observaciones");
  claim.note = "n";
  const Schema schema = applied(change::Track{{"s1", "c9"}, claim});
  CHECK(ids(*schema.sheet("s1")) == Texts{"c1", "c2", "~Color", "c3", "c9"});
  CHECK(*column_by_id(*schema.sheet("s1"), "c9") == claim);
}

TEST_CASE("track refuses what is managed, and a header that is there twice") {
  CHECK(refused(change::Track{{"s1", "c9"}, column("c9", "Peso")}) == "ZM0102 managed column \"Peso\" already exists");
  CHECK(refused(change::Track{{"s1", "c1"}, column("c1", "Id")}) == "ZM0102 managed column \"Id\" already exists");
  CHECK(refused(change::Track{{"s9", ""}, sheet("s9", "Estados")}) ==
        "ZM0102 managed sheet \"Estados\" already exists");
  CHECK(refused(change::Track{{"s2", ""}, sheet("s2", "Estados")}) ==
        "ZM0102 managed sheet \"Estados\" already exists");
  CHECK(refused(change::Track{{"s1", "c9"}, sheet("s9", "X")}) == "ZM0107 a column cannot be claimed as a sheet");
  Schema schema = start();
  schema.sheets[0].columns.push_back(foreign("~Color#2", "Color"));
  CHECK(refused(change::Track{{"s1", "c9"}, column("c9", "Color")}, schema) == "ZM0312 \"Color\" is there twice");
}

TEST_CASE("track takes a sheet with the columns found in it, which stay foreign") {
  Sheet claim = sheet("s9", "Notas", {column("c9", "claimed")});
  claim.rules.keep_order = true;
  Sheet expected = start().sheets[2];
  expected.id = "s9";
  expected.managed = true;
  expected.rules.keep_order = true;
  CHECK(applied(change::Track{{"s9", ""}, claim}).sheets[2] == expected);
  const Schema replay = applied(change::Track{{"s9", ""}, claim}, Schema{});
  expected.columns.clear();
  CHECK(replay.sheets == std::vector<Sheet>{expected});
}

TEST_CASE("untrack leaves the column where it is, foreign and without rules") {
  Schema schema = start();
  schema.sheets[0].columns[1].rules.required = true;
  Column expected = schema.sheets[0].columns[1];
  expected.id = "~Peso";
  expected.managed = false;
  expected.rules = {};
  const Schema after_it = applied(change::Untrack{{"s1", "c2"}}, schema);
  CHECK(ids(*after_it.sheet("s1")) == Texts{"c1", "~Peso", "~Color", "c3"});
  CHECK(after_it.sheets[0].columns[1] == expected);
  schema.sheets[0].rules.keys = {{"c1", "c2"}};
  CHECK(refused(change::Untrack{{"s1", "c2"}}, schema) ==
        "ZM0112 column \"Peso\" is still used by a key of sheet \"Operaciones\"");
}

TEST_CASE("foreign columns of one header are numbered from the left") {
  Schema schema = start();
  schema.sheets[0].columns.push_back(foreign("~Peso", "Peso"));
  const Schema after_it = applied(change::Untrack{{"s1", "c2"}}, schema);
  CHECK(ids(*after_it.sheet("s1")) == Texts{"c1", "~Peso", "~Color", "c3", "~Peso#2"});
}

TEST_CASE("untrack of a sheet makes it and all its columns foreign") {
  Schema schema = start();
  schema.sheets[0].rules.keys = {{"c1", "c2"}};
  const Schema after_it = applied(change::Untrack{{"s1", ""}}, schema);
  CHECK(sheet_ids(after_it) == Texts{"~Operaciones", "s2", "~Notas"});
  CHECK_FALSE(after_it.sheets[0].managed);
  CHECK(after_it.sheets[0].rules == SheetRules{});
  CHECK(ids(after_it.sheets[0]) == Texts{"~Id", "~Peso", "~Color", "~Turno"});
  CHECK(std::none_of(after_it.sheets[0].columns.begin(), after_it.sheets[0].columns.end(),
                     [](const Column& one) { return one.managed; }));
  schema.ranges = {{"Pesos", "s1", "c1", "c2"}};
  CHECK(refused(change::Untrack{{"s1", ""}}, schema) ==
        "ZM0112 sheet \"Operaciones\" is still used by range \"Pesos\"");
}

TEST_CASE("track undoes untrack") {
  const Schema before_it = start();
  const Column weight = before_it.sheets[0].columns[1];
  CHECK(applied(change::Track{{"s1", "c2"}, weight}, applied(change::Untrack{{"s1", "c2"}})) == before_it);
}

TEST_CASE("set_rules sets the rules of a column or of a sheet") {
  ColumnRules rules;
  rules.required = true;
  CHECK(applied(change::SetRules{{"s1", "c2"}, rules}).sheets[0].columns[1].rules == rules);
  SheetRules of_sheet;
  of_sheet.keys = {{"c1", "c2"}};
  CHECK(applied(change::SetRules{{"s1", ""}, of_sheet}).sheets[0].rules == of_sheet);
  CHECK(refused(change::SetRules{{"s1", "c1"}, of_sheet}) == "ZM0107 rules of a sheet do not fit a column");
  of_sheet.uniques = {{"c1", "c8"}};
  CHECK(refused(change::SetRules{{"s1", ""}, of_sheet}) ==
        "ZM0101 no column with the id \"c8\" in sheet \"Operaciones\"");
}

TEST_CASE("enums are created at their position, changed and removed") {
  const std::vector<EnumValue> values = {{"A", "n", true}};
  CHECK(applied(change::SetEnum{"Nuevo", values, std::nullopt}).enums.back() == Enum{"Nuevo", values});
  CHECK(applied(change::SetEnum{"Nuevo", values, 0}).enums.front() == Enum{"Nuevo", values});
  CHECK(applied(change::SetEnum{"Nuevo", values, 99}).enums.back() == Enum{"Nuevo", values});
  CHECK(applied(change::SetEnum{"Turnos", values, 1}).enums.front() == Enum{"Turnos", values});
  CHECK(applied(change::SetEnum{"Libre", std::nullopt, std::nullopt}).enums == std::vector<Enum>{start().enums[0]});
  CHECK(refused(change::SetEnum{"Nada", std::nullopt, std::nullopt}) == "ZM0101 no enum \"Nada\"");
  CHECK(refused(change::SetEnum{"E", std::vector<EnumValue>{{"A", {}, true}, {"A", {}, false}}, std::nullopt}) ==
        "ZM0102 value \"A\" already exists");
}

TEST_CASE("an enum that a column has as its type is not removed, and its name follows") {
  Schema schema = start();
  Column& shift = schema.sheets[0].columns[3];
  shift.type = of_kind(TypeKind::enumeration, 0, "Turnos");
  shift.allowed = allowed_for(shift.type, false, schema);
  CHECK(refused(change::SetEnum{"Turnos", std::nullopt, std::nullopt}, schema) ==
        "ZM0112 enum \"Turnos\" is still used by column \"Turno\" of sheet \"Operaciones\"");
  const Schema renamed = applied(change::RenameEnum{"Turnos", "Jornadas"}, schema);
  CHECK(renamed.enums[0].name == "Jornadas");
  CHECK(renamed.sheets[0].columns[3].type.of == "Jornadas");
  CHECK(renamed.sheets[0].columns[3].allowed.enum_name == "Jornadas");
  CHECK(refused(change::RenameEnum{"Turnos", "Libre"}, schema) == "ZM0102 enum \"Libre\" already exists");
  CHECK(refused(change::RenameEnum{"Nada", "X"}, schema) == "ZM0101 no enum \"Nada\"");
}
