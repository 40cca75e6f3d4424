// The core examples of the language, section 17, against hand-made schemas; downs; what lines mean.

#include "bind_support.h"

using namespace zmig;
using namespace zmig::dsl;

TEST_CASE("17.1: a way back drops what the migration added") {
  Schema before;
  before.sheets.push_back(sheet("sOp", "Operaciones", {column("cTag", "TAG_SPOOL")}));
  Schema now = before;
  for (const char* header : {"Ocupado_Por", "Fecha_Ocupacion", "version"}) {
    now.sheets[0].columns.push_back(column("c" + std::string(header), header));
  }
  const Bound bound = bind_down(R"(zmig 1 down of "0001_v3_occupation_columns"

generated from "sha256:6f1c"

require migration "0001_v3_occupation_columns" applied

in sheet "Operaciones" {
  drop column "version"
  drop column "Fecha_Ocupacion"
  forget column "Ocupado_Por"
}

ensure sheet "Operaciones" lost 3 columns
ensure sheet "Operaciones" is otherwise unchanged
)",
                                now, before, "0001_v3_occupation_columns");
  CHECK(bound.said() == "");
  const SheetRef op{"sOp", "Operaciones"};
  Migration wanted;
  wanted.name = wanted.down_of = "0001_v3_occupation_columns";
  wanted.generated_from = "sha256:6f1c";
  wanted.script.requires_ = {{check::MigrationApplied{"0001_v3_occupation_columns", {}}, {}, {}, {}}};
  wanted.script.operations = {op::DropColumn{{op, "cversion", "version"}, false, {}},
                              op::DropColumn{{op, "cFecha_Ocupacion", "Fecha_Ocupacion"}, false, {}},
                              op::ForgetColumn{{op, "cOcupado_Por", "Ocupado_Por"}}};
  wanted.script.ensures = {{check::SheetDelta{"Operaciones", false, 3, check::Counted::columns}, {}, {}, {}},
                           {check::SheetUnchanged{op}, {}, {}, {}}};
  CHECK(bound.migration == wanted);
}

TEST_CASE("17.4: taking over a sheet") {
  const Bound bound = bind_text(R"(zmig 1

create enum "Tipo de cliente" {
  add value "Persona"
  add value "Empresa"
}

adopt sheet "Proveedores" {
  adopt column "Código" text
  adopt column "Teléfono" text alias "Fono", "Tel. cliente"
  adopt column "Tipo" enum "Tipo de cliente" lenient
  add column "Alta" date format "DD-MM-YYYY" blank means "before 2024"
}

ensure sheet "Proveedores" gained 4 columns
ensure sheet "Proveedores" is otherwise unchanged
)",
                                shop());
  CHECK(bound.said() == "");
  const std::string name = "0003_demo";
  const SheetRef at{derived_id('s', name, 4), "Proveedores"};
  Column phone = column(derived_id('c', name, 6), "Teléfono");
  phone.rules.aliases = {"Fono", "Tel. cliente"};
  Column kind = column(derived_id('c', name, 7), "Tipo", {TypeKind::enumeration, 0, "Tipo de cliente"});
  kind.rules.lenient = true;
  Column since = column(derived_id('c', name, 8), "Alta", {TypeKind::date, 0, {}});
  since.format = "DD-MM-YYYY";
  since.rules.blank_means = "before 2024";
  const std::vector<Operation> wanted{op::CreateEnum{"Tipo de cliente"},
                                      op::AddValue{"Tipo de cliente", "Persona", {}, {}},
                                      op::AddValue{"Tipo de cliente", "Empresa", {}, {}},
                                      op::AdoptSheet{at},
                                      op::AdoptColumn{at, column(derived_id('c', name, 5), "Código")},
                                      op::AdoptColumn{at, phone},
                                      op::AdoptColumn{at, kind},
                                      op::AddColumn{at, since, {}}};
  CHECK(bound.migration.script.operations == wanted);
}

TEST_CASE("17.5: after a rename the new name holds, in formulas and properties") {
  const Bound bound = bind_text(R"(zmig 1
allow ZM1301 because "all readers resolve headers through the exported contract"
in sheet "Pedidos" {
  rename column "Tel. cliente" to "Teléfono"
  change column "Teléfono" alias "Tel. cliente"
  fill column "Cliente" with [Teléfono]
}
ensure column "Tel. cliente" of "Pedidos" is missing
)",
                                shop());
  CHECK(bound.said() == "");
  const std::vector<Operation> wanted{
      op::RenameColumn{in_pedidos("cTel", "Tel. cliente"), "Teléfono"},
      op::SetAlias{in_pedidos("cTel", "Teléfono"), {"Tel. cliente"}},
      op::FillColumn{in_pedidos("cCliente", "Cliente"), cell("cTel", "Teléfono"), {}, Otherwise::stop, {}}};
  CHECK(bound.migration.script.operations == wanted);
  CHECK(bound.migration.allows ==
        std::vector<Allow>{{"ZM1301", "all readers resolve headers through the exported contract"}});
}

TEST_CASE("17.7: retiring values, and the way back with its one capture") {
  const Bound bound = bind_text(R"(zmig 1
in enum "Estado" {
  add value "Cancelado" after "Entregado"
  retire value "Anulado" replace with "Cancelado"
  retire value "Perdido"
}
ensure no row of "Pedidos" has [Estado] = "Anulado"
ensure enum "Estado" lacks value "Perdido"
)",
                                shop());
  CHECK(bound.said() == "");
  const std::vector<Operation> forward{op::AddValue{"Estado", "Cancelado", {Place::Kind::after, "Entregado"}, {}},
                                       op::RetireValue{"Estado", "Anulado", "Cancelado"},
                                       op::RetireValue{"Estado", "Perdido", {}}};
  REQUIRE(bound.migration.script.operations == forward);
  const Bound back = bind_down(R"(zmig 1 down of "0007_estado"

in enum "Estado" {
  add value "Perdido" after "Entregado"
  add value "Anulado" after "Perdido"
}

in sheet "Pedidos" {
  restore values of column "Estado"
}

in enum "Estado" {
  retire value "Cancelado"
}
)",
                               after(shop(), forward), shop(), "0007_estado");
  CHECK(back.said() == "");
  const std::vector<Operation> wanted{op::AddValue{"Estado", "Perdido", {Place::Kind::after, "Entregado"}, {}},
                                      op::AddValue{"Estado", "Anulado", {Place::Kind::after, "Perdido"}, {}},
                                      op::RestoreValues{in_pedidos("cEstado", "Estado"), "0007_estado"},
                                      op::RetireValue{"Estado", "Cancelado", {}}};
  CHECK(back.migration.script.operations == wanted);
}

TEST_CASE("17.9: expand and contract") {
  const Bound expand = bind_text(R"(zmig 1
in sheet "Pedidos" {
  add column "Peso_Kg" decimal(2)
  fill column "Peso_Kg" with (
    when [Unidad] = "t" then number([Peso]) * 1000
    when [Unidad] = "g" then number([Peso]) / 1000
    else number([Peso])
  )
  change column "Peso" deprecated use "Peso_Kg"
}
ensure no row of "Pedidos" where [Peso] is not blank has [Peso_Kg] is blank
)",
                                 [] {
                                   Schema out = shop();
                                   column_by_id(out.sheets[0], "cPeso")->type = {};
                                   return out;
                                 }());
  CHECK(expand.said() == "");
  REQUIRE(expand.migration.script.operations.size() == 3);
  const std::string id = derived_id('c', "0003_demo", 1);
  const Expr weight = Expr{expr::Call{"number", {cell("cPeso", "Peso")}}};
  const auto unit = [](const char* name) { return binary(BinaryOp::equal, cell("cUnidad", "Unidad"), text(name)); };
  expr::When when;
  when.branches.emplace_back(unit("t"), binary(BinaryOp::multiply, weight, number(1000)));
  when.branches.emplace_back(unit("g"), binary(BinaryOp::divide, weight, number(1000)));
  when.otherwise = weight;
  CHECK(expand.migration.script.operations[1] ==
        Operation(op::FillColumn{in_pedidos(id, "Peso_Kg"), Expr{when}, {}, Otherwise::stop, {}}));
  CHECK(expand.migration.script.operations[2] ==
        Operation(op::SetDeprecated{in_pedidos("cPeso", "Peso"), Deprecation{"Peso_Kg"}}));

  const Bound contract = bind_text(R"(zmig 1
depends on "0002_second"
keep undo data for 4 weeks
require migration "0002_second" applied at least 14 days ago
in sheet "Pedidos" {
  drop column "Horas" undo with integer([Notas internas])
  drop column "Unidad" undo with "kg"
}
)",
                                   shop());
  CHECK(contract.said() == "");
  const std::vector<Operation> wanted{op::DropColumn{in_pedidos("cHoras", "Horas"), false,
                                                     Expr{expr::Call{"integer", {cell("cNotas", "Notas internas")}}}},
                                      op::DropColumn{in_pedidos("cUnidad", "Unidad"), false, text("kg")}};
  CHECK(contract.migration.script.operations == wanted);
  CHECK(contract.migration.keep_undo == std::chrono::hours(28 * 24));
}

TEST_CASE("17.11: a dropped column comes back with definition, id and place") {
  const Schema before = shop();
  const Schema now = after(before, {op::DropColumn{in_pedidos("cNotas", "Notas internas"), false, {}}});
  const Bound back =
      bind_down("zmig 1 down of \"0013_notas\"\nin sheet \"Pedidos\" {\n  restore column \"Notas internas\"\n}\n", now,
                before, "0013_notas");
  CHECK(back.said() == "");
  const std::vector<Operation> wanted{op::RestoreColumn{pedidos(),
                                                        *column_by_id(before.sheets[0], "cNotas"),
                                                        {{Place::Kind::after, "cTel"}, "Tel. cliente"},
                                                        "0013_notas"}};
  CHECK(back.migration.script.operations == wanted);
}

TEST_CASE("17.12: a down block of one's own takes the ids of what was there") {
  const Bound bound = bind_text(R"(zmig 1
in sheet "Clientes" {
  add column "Dirección" text
  fill column "Dirección" with [Calle] & ", " & [Numero]
  drop column "Calle"
  drop column "Numero"
}
down {
  in sheet "Clientes" {
    add column "Calle" text before "Dirección"
    add column "Numero" text after "Calle"
    fill column "Calle" with before([Dirección], ", ")
    fill column "Numero" with after([Dirección], ", ")
    drop column "Dirección"
  }
  ensure sheet "Clientes" gained 1 column
}
)",
                                shop());
  CHECK(bound.said() == "");
  REQUIRE(bound.migration.down.has_value());
  const SheetRef at{"sClientes", "Clientes"};
  const std::string address = derived_id('c', "0003_demo", 1);
  const auto call = [&](const char* name) { return Expr{expr::Call{name, {cell(address, "Dirección"), text(", ")}}}; };
  const std::vector<Operation> wanted{
      op::AddColumn{at, column("cCalle", "Calle"), {{Place::Kind::before, address}, "Dirección"}},
      op::AddColumn{at, column("cNumero", "Numero"), {{Place::Kind::after, "cCalle"}, "Calle"}},
      op::FillColumn{{at, "cCalle", "Calle"}, call("before"), {}, Otherwise::stop, {}},
      op::FillColumn{{at, "cNumero", "Numero"}, call("after"), {}, Otherwise::stop, {}},
      op::DropColumn{{at, address, "Dirección"}, false, {}}};
  CHECK(bound.migration.down->operations == wanted);
}

TEST_CASE("cells: clauses, spans and conversions") {
  const std::string written = in_pedidos(
      "  set column \"Peso\" to [Peso] * 1000 where [Unidad] = \"t\" otherwise keep expecting at most 5 rows undo with "
      "[Peso] / 1000\n"
      "  add rows by \"Pedido\" {\n    columns \"Pedido\", \"Horas\", \"Fecha de entrega\", \"Pagado\", \"Estado\"\n"
      "    row \"P-1\", -2, 2026-01-26, true, \"Nuevo\"\n    row \"P-2\", blank, blank, false, blank\n  }");
  const Bound bound = bind_text(written, shop());
  CHECK(bound.said() == "");
  const Expr weight = cell("cPeso", "Peso");
  const auto at = [](const char* id, const char* header) { return in_pedidos(id, header); };
  const std::vector<Operation> wanted{
      op::SetColumn{at("cPeso", "Peso"), binary(BinaryOp::multiply, weight, number(1000)),
                    binary(BinaryOp::equal, cell("cUnidad", "Unidad"), text("t")), Otherwise::keep,
                    Expecting{Expecting::Kind::at_most, 5}, binary(BinaryOp::divide, weight, number(1000))},
      op::AddRows{pedidos(),
                  {at("cPedido", "Pedido")},
                  {at("cPedido", "Pedido"), at("cHoras", "Horas"), at("cFecha", "Fecha de entrega"),
                   at("cPago", "Pagado"), at("cEstado", "Estado")},
                  {{Text{"P-1"}, Number{-2}, Date{46048}, Boolean{true}, Text{"Nuevo"}},
                   {Text{"P-2"}, Blank{}, Blank{}, Boolean{false}, Blank{}}}}};
  CHECK(bound.migration.script.operations == wanted);
  const Span where = bound.migration.script.spans[0];
  CHECK(written.substr(where.begin, where.end - where.begin) == "where [Unidad] = \"t\"");
}

TEST_CASE("`$migration` is the name of the file") {
  const Bound bound = bind_text(
      in_pedidos("add column \"Origen\" text default $migration\nfill column \"Ciudad\" with $migration"), shop());
  CHECK(bound.said() == "");
  Column origin = column(derived_id('c', "0003_demo", 1), "Origen");
  origin.rules.fallback = Value(Text{"0003_demo"});
  const std::vector<Operation> wanted{
      op::AddColumn{pedidos(), origin, {}},
      op::FillColumn{in_pedidos("cCiudad", "Ciudad"), Expr{expr::Variable{"migration"}}, {}, Otherwise::stop, {}}};
  CHECK(bound.migration.script.operations == wanted);
}

TEST_CASE("headers are found as people see them") {
  const Bound bound = bind_text(in_pedidos("change column \" Tel.   cliente\" hidden"), shop());
  CHECK(bound.said() == "");
  CHECK(bound.migration.script.operations ==
        std::vector<Operation>{op::SetHidden{in_pedidos("cTel", "Tel. cliente"), true}});
}
