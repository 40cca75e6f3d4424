#include <string>
#include <vector>

#include <zmig/schema.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

TEST_CASE("ids are derived from migration and statement, not from text that people see") {
  // The first 11 hexadecimal digits of SHA-256 of "0001_v3_occupation_columns#3" and "...#3.2".
  CHECK(derived_id('c', "0001_v3_occupation_columns", 3).size() == 12);
  CHECK(derived_id('c', "0001_v3_occupation_columns", 3).substr(1) ==
        derived_id('s', "0001_v3_occupation_columns", 3).substr(1));
  CHECK(derived_id('c', "0001_v3_occupation_columns", 3, 1) == derived_id('c', "0001_v3_occupation_columns", 3));
  CHECK(derived_id('c', "0001_v3_occupation_columns", 3, 2) != derived_id('c', "0001_v3_occupation_columns", 3));
  CHECK(derived_id('c', "0001_v3_occupation_columns", 3) == "cc3be57d9e41");
  CHECK(derived_id('c', "0001_v3_occupation_columns", 3, 2) == "cd764657122f");
}

TEST_CASE("sheets and columns are found by id, and by norm of their title or header") {
  Schema schema;
  schema.sheets = {sheet("s1", " Operaciones ", {column("c1", "Ocupado  Por"), foreign("~Color", "Color")}),
                   sheet("~Notas", "Notas")};
  schema.sheets[1].managed = false;
  CHECK(schema.sheet("s1") == &schema.sheets[0]);
  CHECK(schema.sheet("s9") == nullptr);
  CHECK(schema.sheet_titled("Operaciones") == &schema.sheets[0]);
  CHECK(schema.sheet_titled("operaciones") == nullptr);
  CHECK(schema.sheet_titled("Notas") == nullptr);
  CHECK(schema.sheet_titled("Notas", true) == &schema.sheets[1]);
  const Sheet& found = schema.sheets[0];
  CHECK(column_by_id(found, "c1") == &found.columns[0]);
  CHECK(column_by_header(found, "Ocupado\xC2\xA0Por") == &found.columns[0]);
  CHECK(column_by_header(found, "Color") == nullptr);
  CHECK(column_by_header(found, "Color", true) == &found.columns[1]);
  CHECK(column_index(found, "~Color") == 1);
  CHECK(column_index(found, "nobody") == 2);
}

TEST_CASE("a managed column wins over a foreign one of the same header") {
  const Sheet found = sheet("s1", "S", {foreign("~A", "A"), column("c1", "A")});
  CHECK(column_by_header(found, "A", true) == &found.columns[1]);
}

TEST_CASE("the header cell of column 64 is BL") {
  std::vector<Column> columns;
  for (int i = 0; i < 64; ++i) columns.push_back(column("c" + std::to_string(i), "H" + std::to_string(i)));
  Sheet wide = sheet("s1", "Operaciones", columns);
  CHECK(letters_of(wide, "c63") == "BL");
  CHECK(header_cell(wide, "c63") == "Operaciones!BL1");
  wide.header_row = 3;
  CHECK(header_cell(wide, "c0") == "Operaciones!A3");
  CHECK(header_cell(wide, "gone") == "Operaciones");
  CHECK(letters_of(wide, "gone").empty());
}

TEST_CASE("a type asks for the rule that its values need") {
  Schema schema;
  schema.enums = {
      {"Turnos", {{"DIA", std::nullopt, true}, {"TARDE", std::nullopt, false}, {"NOCHE", std::nullopt, true}}}};
  schema.sheets = {sheet("s1", "Estados", {column("c1", "Codigo"), column("c2", "Nombre")})};
  schema.sheets[0].columns[0].rules.key = true;

  Allowed list;
  list.kind = Allowed::Kind::list;
  list.values = {"DIA", "NOCHE"};
  list.enum_name = "Turnos";
  CHECK(allowed_for(of_kind(TypeKind::enumeration, 0, "Turnos"), false, schema) == list);
  list.strict = false;
  CHECK(allowed_for(of_kind(TypeKind::enumeration, 0, "Turnos"), true, schema) == list);

  Allowed keys;
  keys.kind = Allowed::Kind::column;
  keys.sheet = "s1";
  keys.column = "c1";
  CHECK(allowed_for(of_kind(TypeKind::reference, 0, "s1"), false, schema) == keys);

  Allowed box;
  box.kind = Allowed::Kind::checkbox;
  CHECK(allowed_for(of_kind(TypeKind::boolean), false, schema) == box);
  CHECK(allowed_for(of_kind(TypeKind::text), false, schema) == Allowed{});
  CHECK(allowed_for(of_kind(TypeKind::enumeration, 0, "Nobody"), false, schema) == Allowed{});
  CHECK(allowed_for(of_kind(TypeKind::reference, 0, "s9"), false, schema) == Allowed{});
}
