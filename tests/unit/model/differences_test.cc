#include <functional>
#include <string>
#include <vector>

#include <zmig/schema.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

using Kind = Difference::Kind;
using Found = std::vector<Difference>;

Schema expected() {
  Schema schema;
  Column weight = column("c2", "Peso", of_kind(TypeKind::decimal, 2));
  weight.format = "0.00";
  schema.sheets = {sheet("s1", "Operaciones", {column("c1", "Id", of_kind(TypeKind::integer)), weight})};
  return schema;
}

Found visible(const std::function<void(Schema& live)>& edit) {
  Schema live = expected();
  edit(live);
  return visible_differences(expected(), live);
}

Found all(const std::function<void(Schema& live)>& edit) {
  Schema live = expected();
  edit(live);
  return all_differences(expected(), live);
}

Column& weight(Schema& schema) { return schema.sheets[0].columns[1]; }

}  // namespace

TEST_CASE("equal schemas have no difference") {
  CHECK(visible_differences(expected(), expected()).empty());
  CHECK(all_differences(expected(), expected()).empty());
}

TEST_CASE("a sheet that is missing, renamed, hidden, frozen or protected is a difference") {
  CHECK(visible([](Schema& live) { live.sheets.clear(); }) ==
        Found{{Kind::sheet_missing, "s1", "", "Operaciones", "\"Operaciones\"", "none"}});
  CHECK(visible([](Schema& live) { live.sheets[0].title = "Op"; }) ==
        Found{{Kind::sheet_title, "s1", "", "Op", "\"Operaciones\"", "\"Op\""}});
  CHECK(all([](Schema& live) { live.sheets[0].hidden = true; }) ==
        Found{{Kind::sheet_hidden, "s1", "", "Operaciones", "no", "yes"}});
  CHECK(all([](Schema& live) { live.sheets[0].frozen = true; }) ==
        Found{{Kind::sheet_frozen, "s1", "", "Operaciones", "no", "yes"}});
  CHECK(all([](Schema& live) { live.sheets[0].protection = Editors{{"a@example.org"}}; }) ==
        Found{{Kind::protection, "s1", "", "Operaciones", "not protected", "protected except a@example.org"}});
}

TEST_CASE("a fact that is not declared is nobody's drift, a declared one is") {
  // What people add, and what an adopted column brought along.
  CHECK(visible([](Schema& live) {
          live.sheets[0].hidden = live.sheets[0].frozen = true;
          live.sheets[0].protection = Editors{};
          weight(live).note = "kg";
          weight(live).hidden = true;
          weight(live).protection = Editors{};
          weight(live).allowed.kind = Allowed::Kind::list;
        }).empty());
  Schema declared = expected();
  declared.sheets[0].hidden = declared.sheets[0].frozen = true;
  declared.sheets[0].protection = Editors{};
  weight(declared).note = "kg";
  weight(declared).hidden = true;
  weight(declared).protection = Editors{};
  weight(declared).allowed.kind = Allowed::Kind::checkbox;
  std::vector<Kind> kinds;
  for (const Difference& difference : visible_differences(declared, expected())) kinds.push_back(difference.kind);
  CHECK(kinds == std::vector<Kind>{Kind::sheet_hidden, Kind::sheet_frozen, Kind::protection, Kind::note, Kind::hidden,
                                   Kind::protection, Kind::allowed});
}

TEST_CASE("a column that is missing is a difference, and a namesake is pointed at") {
  CHECK(visible([](Schema& live) { live.sheets[0].columns.pop_back(); }) ==
        Found{{Kind::column_missing, "s1", "c2", "Operaciones", "\"Peso\"", "none"}});
  CHECK(visible([](Schema& live) { weight(live) = foreign("~Peso", "Peso"); }) ==
        Found{{Kind::column_missing, "s1", "c2", "Operaciones!B1", "\"Peso\"", "another column of this header"}});
}

TEST_CASE("each visible fact of a column is compared") {
  const std::string where = "Operaciones!B1";
  CHECK(visible([](Schema& live) { weight(live).header = "Kilos"; }) ==
        Found{{Kind::header, "s1", "c2", where, "\"Peso\"", "\"Kilos\""}});
  CHECK(visible([](Schema& live) { weight(live).type = {}; }) ==
        Found{{Kind::type, "s1", "c2", where, "decimal(2)", "text"}});
  CHECK(visible([](Schema& live) { weight(live).format = "0.0"; }) ==
        Found{{Kind::format, "s1", "c2", where, "\"0.00\"", "\"0.0\""}});
  CHECK(all([](Schema& live) { weight(live).note = "kg"; }) ==
        Found{{Kind::note, "s1", "c2", where, "none", "\"kg\""}});
  CHECK(all([](Schema& live) { weight(live).hidden = true; }) == Found{{Kind::hidden, "s1", "c2", where, "no", "yes"}});
  CHECK(all([](Schema& live) { weight(live).protection = Editors{}; }) ==
        Found{{Kind::protection, "s1", "c2", where, "not protected", "protected"}});
  CHECK(all([](Schema& live) {
          weight(live).allowed.kind = Allowed::Kind::list;
          weight(live).allowed.values = {"A", "B"};
          weight(live).allowed.strict = false;
        }) == Found{{Kind::allowed, "s1", "c2", where, "any value", "one of A, B, warning only"}});
  CHECK(visible([](Schema& live) {
          weight(live).computed = Computed{"[Id]", false};
        }) == Found{{Kind::computed, "s1", "c2", where, "not computed", "[Id]"}});
}

TEST_CASE("two live columns under one managed header are a difference, naming both cells") {
  CHECK(visible([](Schema& live) { live.sheets[0].columns.push_back(foreign("~Peso", " Peso ")); }) ==
        Found{{Kind::duplicate_header, "s1", "c2", "Operaciones!C1", "\"Peso\" once",
               "Operaciones!B1 and Operaciones!C1"}});
}

TEST_CASE("what is not declared, not visible or somebody else's is no difference") {
  CHECK(visible([](Schema& live) { live.sheets[0].columns[0].format = "0.0"; }).empty());
  CHECK(visible([](Schema& live) { weight(live).header = " Peso\xC2\xA0"; }).empty());
  CHECK(visible([](Schema& live) { weight(live).rules.required = true; }).empty());
  CHECK(visible([](Schema& live) { live.sheets[0].columns.push_back(foreign("~Color", "Color")); }).empty());
  CHECK(visible([](Schema& live) { std::swap(live.sheets[0].columns[0], live.sheets[0].columns[1]); }).empty());
  CHECK(visible([](Schema& live) {
          live.sheets.push_back(sheet("~Notas", "Notas"));
          live.sheets[1].managed = false;
        }).empty());
  CHECK(visible([](Schema& live) {
          weight(live).managed = false;
          weight(live).type = {};
        }).empty());
  CHECK(visible([](Schema& live) { weight(live).format = std::nullopt; }).empty());
}

TEST_CASE("the name of an enum is not visible on the cells") {
  Schema one = expected();
  weight(one).allowed.kind = Allowed::Kind::list;
  weight(one).allowed.values = {"A"};
  Schema other = one;
  weight(one).allowed.enum_name = "E";
  CHECK(visible_differences(one, other).empty());
}

TEST_CASE("foreign things of the expected state are not looked for") {
  Schema state = expected();
  state.sheets[0].columns.push_back(foreign("~Color", "Color"));
  state.sheets.push_back(sheet("~Notas", "Notas"));
  state.sheets[1].managed = false;
  CHECK(visible_differences(state, expected()).empty());
}

TEST_CASE("a live thing that carries an id which the state does not know is a difference") {
  CHECK(visible([](Schema& live) { live.sheets[0].columns.push_back(column("c9", "Nuevo")); }) ==
        Found{{Kind::foreign, "s1", "c9", "Operaciones!C1", "none", "\"Nuevo\""}});
  CHECK(visible([](Schema& live) { live.sheets.push_back(sheet("s9", "Nueva")); }) ==
        Found{{Kind::foreign, "s9", "", "Nueva", "none", "\"Nueva\""}});
}

TEST_CASE("all differences include order, foreign things and formats that nobody declared") {
  CHECK(all([](Schema& live) { std::swap(live.sheets[0].columns[0], live.sheets[0].columns[1]); }) ==
        Found{{Kind::order, "s1", "", "Operaciones", "Id, Peso", "Peso, Id"}});
  CHECK(all([](Schema& live) { live.sheets[0].columns.push_back(foreign("~Color", "Color")); }) ==
        Found{{Kind::foreign, "s1", "~Color", "Operaciones!C1", "none", "\"Color\""}});
  CHECK(all([](Schema& live) { live.sheets.push_back(sheet("~Notas", "Notas")); }) ==
        Found{{Kind::foreign, "~Notas", "", "Notas", "none", "\"Notas\""}});
  CHECK(all([](Schema& live) { live.sheets[0].columns[0].format = "0.0"; }) ==
        Found{{Kind::format, "s1", "c1", "Operaciones!A1", "\"0\"", "\"0.0\""}});
  CHECK(all([](Schema& live) { live.sheets[0].columns.pop_back(); }) ==
        Found{{Kind::column_missing, "s1", "c2", "Operaciones", "\"Peso\"", "none"}});
  CHECK(all([](Schema& live) { live.sheets.clear(); }) ==
        Found{{Kind::sheet_missing, "s1", "", "Operaciones", "\"Operaciones\"", "none"}});
  CHECK(all([](Schema& live) { weight(live).note = "kg"; }) ==
        Found{{Kind::note, "s1", "c2", "Operaciones!B1", "none", "\"kg\""}});
}

TEST_CASE("the order of sheets is part of all differences") {
  Schema two = expected();
  two.sheets.push_back(sheet("s2", "Estados"));
  Schema turned = two;
  std::swap(turned.sheets[0], turned.sheets[1]);
  CHECK(all_differences(two, turned) ==
        Found{{Kind::order, "", "", "", "Operaciones, Estados", "Estados, Operaciones"}});
  CHECK(visible_differences(two, turned).empty());
}

TEST_CASE("a foreign column keeps its facts, but its guessed type is no difference") {
  Schema before = expected();
  before.sheets[0].columns.push_back(foreign("~Color", "Color"));
  Schema after = before;
  after.sheets[0].columns[2].type = of_kind(TypeKind::integer);
  CHECK(all_differences(before, after).empty());
  after.sheets[0].columns[2].note = "n";
  CHECK(all_differences(before, after) == Found{{Kind::note, "s1", "~Color", "Operaciones!C1", "none", "\"n\""}});
}
