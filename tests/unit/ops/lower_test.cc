// The changes of each family, in their order, and what is refused offline.

#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

using Changes = std::vector<Change>;

const std::string kOrders = shop_id("Pedidos");
const Type kText{TypeKind::text, 0, {}};
const Type kInteger{TypeKind::integer, 0, {}};
const Type kEstado{TypeKind::enumeration, 0, "Estado"};

Scope scope(const std::string& header) { return {kOrders, shop_id("Pedidos", header)}; }
ColumnRef at(const std::string& header) { return shop_column("Pedidos", header); }
Expr lit(Value value) { return Expr{expr::Literal{std::move(value)}}; }
Expr cell(const std::string& header) { return Expr{expr::CellRef{shop_id("Pedidos", header), header}}; }
Expr call(const std::string& function, std::vector<ExprBox> arguments) {
  return Expr{expr::Call{function, std::move(arguments)}};
}

Changes lowered(const Operation& operation, const Schema& before = shop()) {
  const Result<Changes> changes = lower(operation, before);
  if (!changes) FAIL(changes.error().zm << " " << changes.error().message);
  return *changes;
}

Reversal inverted(const Operation& operation, const Schema& before = shop()) {
  const Result<Reversal> back = invert(operation, before);
  if (!back) FAIL(back.error().message);
  return *back;
}

/// "ZM0102 column ... already exists"
std::string refused(const Operation& operation, const Schema& before = shop()) {
  const Result<Changes> changes = lower(operation, before);
  return changes ? "nothing" : changes.error().zm + " " + changes.error().message;
}

std::vector<std::string> kinds(const Changes& changes) {
  std::vector<std::string> out;
  for (const Change& change : changes) out.emplace_back(name_of(change));
  return out;
}
using Kinds = std::vector<std::string>;

Column defined(const std::string& header, Type type) {
  Column out;
  out.id = "cff000000001";
  out.header = header;
  out.type = std::move(type);
  return out;
}

/// The type change among the lines of a way back.
op::ChangeType type_change(const Reversal& back) {
  for (const Operation& operation : back.ops) {
    if (const auto* found = std::get_if<op::ChangeType>(&operation)) return *found;
  }
  FAIL("the way back changes no type");
  return {};
}

const Column& column_of(const Schema& schema, const std::string& header) {
  return *column_by_id(*schema.sheet(kOrders), shop_id("Pedidos", header));
}
Column& column_of(Schema& schema, const std::string& header) {
  return *column_by_id(*schema.sheet(kOrders), shop_id("Pedidos", header));
}

}  // namespace

TEST_CASE("add column inserts the bare column, then its facts in order, then the default") {
  Column column = defined("Turno", kEstado);
  column.format = "@";
  column.note = "Shift";
  column.hidden = true;
  column.protection = Editors{};
  column.rules.fallback = Text{"Nuevo"};
  column.rules.required = true;
  Column bare = defined("Turno", kEstado);
  bare.format = "@";
  const Scope here{kOrders, column.id};
  CHECK(lowered(op::AddColumn{shop_sheet("Pedidos"), column, {{Place::Kind::first, {}}, {}}}) ==
        Changes{change::InsertColumn{kOrders, bare, {Place::Kind::first, {}}}, change::SetRules{here, column.rules},
                change::SetNote{here, "Shift"}, change::SetAllowed{here, allowed_for(kEstado, false, shop())},
                change::SetHidden{here, true}, change::SetProtection{here, Editors{}},
                change::FillEmpty{here, Text{"Nuevo"}, {}}});
}

TEST_CASE("add column without properties is one change") {
  CHECK(kinds(lowered(op::AddColumn{shop_sheet("Pedidos"), defined("Turno", kText), {}})) == Kinds{"insert_column"});
}

TEST_CASE("a default takes the type of its column before it is remembered and filled in") {
  Column column = defined("Visto", {TypeKind::datetime, 0, {}});
  column.rules.fallback = Date{46048};
  const Changes changes = lowered(op::AddColumn{shop_sheet("Pedidos"), column, {}});
  const Value moment = DateTime{46048LL * 86'400'000};
  CHECK(std::get<change::FillEmpty>(changes.back()).value == moment);
  CHECK(std::get<ColumnRules>(std::get<change::SetRules>(changes[1]).rules).fallback == moment);
}

TEST_CASE("add column refuses taken headers, values that do not fit and unknown neighbours") {
  const auto adds = [](Column column, NamedPlace place = {}) {
    return op::AddColumn{shop_sheet("Pedidos"), std::move(column), std::move(place)};
  };
  CHECK(refused(adds(defined(" Notas ", kText))) == "ZM0102 column \"Notas\" already exists in sheet \"Pedidos\"");
  Column version = defined("version", kInteger);
  version.rules.fallback = Text{"0"};
  CHECK(refused(adds(version)) == "ZM0104 the default of \"version\" is a text, the column holds integers");
  Column state = defined("Otro", kEstado);
  state.rules.fallback = Text{"Roto"};
  CHECK(refused(adds(state)) == "ZM0104 the default of \"Otro\" is \"Roto\", which is no value of enum \"Estado\"");
  CHECK(refused(adds(defined("x", {TypeKind::enumeration, 0, "Zona"}))) == "ZM0101 no enum \"Zona\" at this line");
  CHECK(refused(adds(defined("x", kText), {{Place::Kind::after, "c99999999999"}, "Vendedor"})) ==
        "ZM0101 no column \"Vendedor\" in \"Pedidos\" at this line");
  op::AddColumn elsewhere = adds(defined("x", kText));
  elsewhere.sheet = {"s99999999999", "Otra"};
  CHECK(refused(elsewhere) == "ZM0101 no sheet \"Otra\" at this line");
}

TEST_CASE("adopt column claims the rule of its type; a column that the replay does not know gets it set") {
  Column column = defined("Color", kEstado);
  Column claimed = column;
  claimed.allowed = allowed_for(kEstado, false, shop());
  const Scope here{kOrders, column.id};
  CHECK(lowered(op::AdoptColumn{shop_sheet("Pedidos"), column}) ==
        Changes{change::Track{here, claimed}, change::SetAllowed{here, claimed.allowed}});
  CHECK(refused(op::AdoptColumn{shop_sheet("Pedidos"), defined("Notas", kText)}) ==
        "ZM0102 column \"Notas\" of \"Pedidos\" is managed already");
}

TEST_CASE("retire column marks, hides and puts a line in front of the note") {
  ColumnRules rules;
  rules.deprecated = Deprecation{"Cliente"};
  CHECK(lowered(op::RetireColumn{at("Notas"), "Cliente"}) ==
        Changes{change::SetRules{scope("Notas"), rules}, change::SetHidden{scope("Notas"), true},
                change::SetNote{scope("Notas"), "deprecated, use Cliente\nSales writes here"}});
  CHECK(inverted(op::RetireColumn{at("Notas"), "Cliente"}) ==
        Reversal{{op::SetHidden{at("Notas"), false}, op::SetDeprecated{at("Notas"), {}}}, Fidelity::exact});
}

TEST_CASE("the line of a deprecation changes with it, and outlives another note") {
  const Result<Schema> deprecated = replayed({op::SetDeprecated{at("Notas"), Deprecation{}}}, shop());
  REQUIRE(deprecated);
  CHECK(column_of(*deprecated, "Notas").note == "deprecated\nSales writes here");
  const Result<Schema> successor =
      replayed({op::SetDeprecated{at("Notas"), Deprecation{"Peso"}}, op::SetNote{at("Notas"), "n"}}, *deprecated);
  REQUIRE(successor);
  CHECK(column_of(*successor, "Notas").note == "deprecated, use Peso\nn");
  const Result<Schema> bare = replayed({op::SetNote{at("Notas"), {}}}, *successor);
  REQUIRE(bare);
  CHECK(column_of(*bare, "Notas").note == "deprecated, use Peso");
  const Result<Schema> gone = replayed({op::SetDeprecated{at("Notas"), {}}}, *bare);
  REQUIRE(gone);
  CHECK(column_of(*gone, "Notas").note == std::nullopt);
}

TEST_CASE("drop column comes back by capture, by formula, or not at all") {
  const Column notes = column_of(shop(), "Notas");
  const NamedPlace place{{Place::Kind::after, shop_id("Pedidos", "Peso")}, "Peso"};
  CHECK(inverted(op::DropColumn{at("Notas"), false, {}}) ==
        Reversal{{op::RestoreColumn{shop_sheet("Pedidos"), notes, place, {}}}, Fidelity::needs_capture});
  CHECK(inverted(op::DropColumn{at("Notas"), true, {}}) == Reversal{{}, Fidelity::irreversible});

  Column amount = column_of(shop(), "Cantidad");
  amount.rules.fallback.reset();
  const NamedPlace after_state{{Place::Kind::after, shop_id("Pedidos", "Estado")}, "Estado"};
  CHECK(inverted(op::DropColumn{at("Cantidad"), false, lit(Number{1})}) ==
        Reversal{{op::AddColumn{shop_sheet("Pedidos"), amount, after_state},
                  op::FillColumn{at("Cantidad"), lit(Number{1}), {}, Otherwise::keep, {}},
                  op::SetDefault{at("Cantidad"), Number{0}}},
                 Fidelity::lossy});
}

TEST_CASE("drop column is refused while something of the replay uses it") {
  Schema before = shop();
  before.sheet(kOrders)->rules.uniques = {{shop_id("Pedidos", "Cliente"), shop_id("Pedidos", "Fecha")}};
  CHECK(refused(op::DropColumn{at("Fecha"), false, {}}, before) ==
        "ZM0112 column \"Fecha\" is still used by a unique set of sheet \"Pedidos\"");
  CHECK(refused(op::ForgetColumn{at("Fecha")}, before) ==
        "ZM0112 column \"Fecha\" is still used by a unique set of sheet \"Pedidos\"");
  CHECK(refused(op::DropEnum{"Estado"}) ==
        "ZM0112 enum \"Estado\" is still used by column \"Estado\" of sheet \"Pedidos\"");
}

TEST_CASE("restore column inserts, sets the facts and takes the cells from the capture") {
  const Column state = column_of(shop(), "Estado");
  Schema before = shop();
  erase_if(before.sheet(kOrders)->columns, [&](const Column& column) { return column.id == state.id; });
  Column bare = defined("Estado", kEstado);
  bare.id = state.id;
  CHECK(lowered(op::RestoreColumn{shop_sheet("Pedidos"), state, {{Place::Kind::first, {}}, {}}, "0003_x"}, before) ==
        Changes{change::InsertColumn{kOrders, bare, {Place::Kind::first, {}}},
                change::SetRules{scope("Estado"), state.rules}, change::SetAllowed{scope("Estado"), state.allowed},
                change::RestoreCells{scope("Estado"), change::Restore::both, source::Captured{"0003_x"}}});
}

TEST_CASE("move column comes back beside the neighbour that it had") {
  const auto back = [](const std::string& header) {
    return std::get<op::MoveColumn>(inverted(op::MoveColumn{at(header), {}}).ops.at(0)).place;
  };
  CHECK(back("Peso") == NamedPlace{{Place::Kind::after, shop_id("Pedidos", "Cantidad")}, "Cantidad"});
  CHECK(back("Pedido") == NamedPlace{{Place::Kind::first, {}}, {}});
  CHECK(refused(op::MoveColumn{at("Peso"), {{Place::Kind::after, shop_id("Pedidos", "Peso")}, "Peso"}}) ==
        "ZM0101 \"Peso\" cannot stand beside itself");
}

TEST_CASE("beside a foreign column, the place is told by a managed neighbour") {
  Schema before = shop();
  column_of(before, "Cliente").managed = false;
  const auto back = [&](const std::string& header) {
    return std::get<op::MoveColumn>(inverted(op::MoveColumn{at(header), {}}, before).ops.at(0)).place;
  };
  CHECK(back("Fecha") == NamedPlace{{Place::Kind::before, shop_id("Pedidos", "Estado")}, "Estado"});
}

TEST_CASE("a rename is refused where the header is taken") {
  CHECK(refused(op::RenameColumn{at("Notas"), "Peso"}) == "ZM0102 column \"Peso\" already exists in sheet \"Pedidos\"");
  CHECK(refused(op::RenameSheet{shop_sheet("Pedidos"), "CLIENTES"}) == "ZM0102 sheet \"Clientes\" already exists");
  CHECK(lowered(op::RenameColumn{at("Notas"), "Notas "}) == Changes{change::SetHeader{scope("Notas"), "Notas "}});
}

TEST_CASE("restore sheet brings columns, facts and rows in one list") {
  const Schema whole = shop();
  Schema before = shop();
  before.sheets.pop_back();
  CHECK(kinds(lowered(op::RestoreSheet{*whole.sheet(shop_id("Borrador")), 2, "0003_x"}, before)) ==
        Kinds{"insert_sheet", "insert_column", "insert_column", "set_frozen", "insert_rows"});
}

TEST_CASE("no workbook is left with hidden sheets only, but the only sheet of all may go") {
  Schema single = shop();
  single.sheets.resize(1);
  CHECK(refused(op::DropSheet{shop_sheet("Pedidos"), false}, single) == "nothing");
  Schema one = shop();
  for (Sheet& sheet : one.sheets) sheet.hidden = sheet.title != "Pedidos";
  CHECK(refused(op::DropSheet{shop_sheet("Pedidos"), false}, one) ==
        "ZM0324 \"Pedidos\" is the last visible sheet of the workbook");
}

// --- types

TEST_CASE("widening converts filled cells; anything else asks for a formula") {
  source::Formula cells;
  cells.value = call("text", {cell("Cantidad")});
  cells.filled_only = true;
  ColumnRules rules = column_of(shop(), "Cantidad").rules;
  rules.fallback = Text{"0"};
  CHECK(lowered(op::ChangeType{at("Cantidad"), kText, {}, {}}) ==
        Changes{change::Retype{scope("Cantidad"), kText, std::nullopt, cells},
                change::SetRules{scope("Cantidad"), rules}});
  CHECK(refused(op::ChangeType{at("Peso"), kInteger, {}, {}}) ==
        "ZM0105 column \"Peso\" cannot become integer by itself: its cells are numbers");
  CHECK(refused(op::ChangeType{at("Fecha"), {TypeKind::decimal, 2, {}}, {}, {}}) ==
        "ZM0105 column \"Fecha\" cannot become decimal(2) by itself: its cells are dates");
  CHECK(refused(op::ChangeType{at("Cantidad"), {TypeKind::boolean, 0, {}}, cell("Urgente"), {}}) ==
        "ZM0104 the default of \"Cantidad\" is a number, the column holds booleans");
}

TEST_CASE("what widens, and what does not") {
  struct Row {
    Type from, to;
    bool widens;
  };
  const Type number{TypeKind::number, 0, {}};
  const Type decimal2{TypeKind::decimal, 2, {}};
  const Type decimal4{TypeKind::decimal, 4, {}};
  const Type date{TypeKind::date, 0, {}};
  const Type datetime{TypeKind::datetime, 0, {}};
  const Type boolean{TypeKind::boolean, 0, {}};
  const std::vector<Row> rows{{kInteger, decimal2, true},  {kInteger, number, true},
                              {decimal2, number, true},    {decimal2, decimal4, true},
                              {decimal4, decimal2, false}, {number, decimal2, false},
                              {decimal2, kInteger, false}, {date, datetime, true},
                              {datetime, date, false},     {boolean, kText, true},
                              {kText, boolean, false},     {kText, kEstado, true},
                              {kEstado, kText, true},      {kText, kInteger, false},
                              {date, number, false},       {number, {TypeKind::percent, 0, {}}, false}};
  for (const Row& row : rows) {
    INFO(to_string(row.from) << " -> " << to_string(row.to));
    Schema before = shop();
    column_of(before, "Notas").type = row.from;
    CHECK(lower(op::ChangeType{at("Notas"), row.to, {}, {}}, before).has_value() == row.widens);
  }
}

TEST_CASE("a type goes back by a formula where one gives every cell back") {
  const auto back = [](const std::string& header, const Type& to) {
    return inverted(op::ChangeType{at(header), to, {}, {}});
  };
  CHECK(back("Peso", kText) ==
        Reversal{{op::ChangeType{at("Peso"), {TypeKind::number, 0, {}}, call("number", {cell("Peso")}), {}}},
                 Fidelity::exact});
  CHECK(back("Estado", kText) == Reversal{{op::ChangeType{at("Estado"), kEstado, {}, {}}}, Fidelity::exact});
  CHECK(back("Fecha", kText) == Reversal{{op::ChangeType{at("Fecha"),
                                                         {TypeKind::date, 0, {}},
                                                         call("parse_date", {cell("Fecha"), lit(Text{"YYYY-MM-DD"})}),
                                                         {}},
                                          op::SetFormat{at("Fecha"), "DD-MM-YYYY"}},
                                         Fidelity::exact});
}

TEST_CASE("a computed type goes back by capture, cells first; or by its own formula") {
  op::ChangeType operation{at("Cliente"), kInteger, call("integer", {cell("Cliente")}), {}};
  CHECK(inverted(operation) == Reversal{{op::RestoreValues{at("Cliente"), {}},
                                         op::ChangeType{at("Cliente"), kText, call("raw", {cell("Cliente")}), {}}},
                                        Fidelity::needs_capture});
  operation.undo = call("text", {cell("Cliente")});
  CHECK(inverted(operation) == Reversal{{op::ChangeType{at("Cliente"), kText, operation.undo, {}}}, Fidelity::lossy});
}

TEST_CASE("the formulas of a way back type-check against the column that they find") {
  const Schema before = shop();
  for (const std::string header : {"Cantidad", "Peso", "Fecha", "Urgente", "Estado"}) {
    INFO(header);
    const Operation widened = op::ChangeType{at(header), kText, {}, {}};
    const Result<Schema> after = replayed({widened}, before);
    REQUIRE(after);
    const op::ChangeType again = type_change(inverted(widened));
    if (!again.with) continue;
    const auto column = [&](const std::string& id) { return column_by_id(*after->sheet(kOrders), id); };
    const auto type = type_of(*again.with, column);
    if (!type) FAIL(type.error().message);
  }
}

TEST_CASE("a default that the new type changes goes first and comes back last") {
  CHECK(inverted(op::ChangeType{at("Cantidad"), kText, {}, {}}) ==
        Reversal{{op::SetDefault{at("Cantidad"), {}},
                  op::ChangeType{at("Cantidad"), kInteger, call("integer", {cell("Cantidad")}), {}},
                  op::SetDefault{at("Cantidad"), Number{0}}},
                 Fidelity::exact});
}

TEST_CASE("what text made of a value, the formula of the way back reads") {
  const std::vector<std::pair<std::string, Value>> cases{{"Cantidad", Number{42}},
                                                         {"Peso", Number{1234.5}},
                                                         {"Fecha", Date{46048}},
                                                         {"Urgente", Boolean{true}},
                                                         {"Urgente", Boolean{false}}};
  for (const auto& one : cases) {
    const std::string& header = one.first;
    const Value& value = one.second;
    INFO(header);
    const Schema before = shop();
    const Operation widened = op::ChangeType{at(header), kText, {}, {}};
    const Changes changes = lowered(widened);
    const Expr there = std::get<source::Formula>(std::get<change::Retype>(changes[0]).cells).value;
    const Expr back = type_change(inverted(widened)).with.value();
    const auto under = [&](const Expr& formula, const Schema& schema, const Value& stored) {
      const Cell seen{stored, {}, {}};
      RowContext row;
      row.cell = [&](const std::string&) -> const Cell& { return seen; };
      row.column = [&](const std::string&) -> const Column& { return column_of(schema, header); };
      return evaluate(formula, row);
    };
    const Result<Schema> after = replayed({widened}, before);
    REQUIRE(after);
    const Evaluated text = under(there, before, value);
    REQUIRE(std::holds_alternative<Value>(text));
    const Evaluated again = under(back, *after, std::get<Value>(text));
    REQUIRE(std::holds_alternative<Value>(again));
    CHECK(write_as(std::get<Value>(again), column_of(before, header).type) == Evaluated(value));
  }
}

// --- cells and rows

TEST_CASE("a constant fills by FillEmpty, a formula or a condition by WriteCells") {
  CHECK(lowered(op::FillColumn{at("Notas"), lit(Text{"x"}), {}, Otherwise::stop, {}}) ==
        Changes{change::FillEmpty{scope("Notas"), Text{"x"}, {}}});
  const Expr minus{expr::Unary{UnaryOp::minus, ExprBox(lit(Number{2}))}};
  CHECK(lowered(op::FillColumn{at("Cantidad"), minus, {}, Otherwise::stop, {}}) ==
        Changes{change::FillEmpty{scope("Cantidad"), Number{-2}, {}}});
  source::Formula cells{cell("Pedido"), {}, Otherwise::keep, {}};
  cells.only_blank = true;
  CHECK(lowered(op::FillColumn{at("Notas"), cell("Pedido"), {}, Otherwise::keep, {}}) ==
        Changes{change::WriteCells{scope("Notas"), cells}});
  CHECK(refused(op::FillColumn{at("Cantidad"), lit(Text{"x"}), {}, Otherwise::stop, {}}) ==
        "ZM0104 the value for \"Cantidad\" is a text, the column holds integers");
}

TEST_CASE("set column with undo goes back in the same rows, unless its condition reads the column itself") {
  const Expr condition{expr::Binary{BinaryOp::equal, cell("Estado"), lit(Text{"Nuevo"})}};
  op::SetColumn operation{
      at("Peso"), lit(Number{1}), condition, Otherwise::stop, Expecting{Expecting::Kind::exactly, 1}, lit(Number{2})};
  CHECK(inverted(operation) ==
        Reversal{
            {op::SetColumn{
                at("Peso"), lit(Number{2}), condition, Otherwise::keep, Expecting{Expecting::Kind::at_least, 0}, {}}},
            Fidelity::lossy});
  operation.where = Expr{expr::IsBlank{ExprBox(cell("Peso")), false}};
  CHECK(inverted(operation) == Reversal{{op::RestoreValues{at("Peso"), {}}}, Fidelity::needs_capture});
}

TEST_CASE("add rows writes existing rows column by column, then inserts with the defaults of the other columns") {
  const op::AddRows operation{
      shop_sheet("Pedidos"), {at("Pedido")}, {at("Pedido"), at("Peso")}, {{Text{"P-1"}, Number{2}}}};
  const source::Rows rows{{shop_id("Pedidos", "Pedido")},
                          {shop_id("Pedidos", "Pedido"), shop_id("Pedidos", "Peso")},
                          {{Text{"P-1"}, Number{2}}}};
  source::Rows whole = rows;
  whole.columns.push_back(shop_id("Pedidos", "Estado"));
  whole.columns.push_back(shop_id("Pedidos", "Cantidad"));
  whole.rows[0].push_back(Text{"Nuevo"});
  whole.rows[0].push_back(Number{0});
  CHECK(lowered(operation) == Changes{change::WriteCells{scope("Peso"), rows}, change::InsertRows{kOrders, whole}});
}

TEST_CASE("add rows refuses doubled keys and values that do not fit") {
  op::AddRows operation{shop_sheet("Pedidos"),
                        {at("Pedido")},
                        {at("Pedido"), at("Cantidad")},
                        {{Text{"P-1"}, Number{2}}, {Text{"P-1"}, Number{3}}}};
  CHECK(refused(operation) == "ZM0317 two rows have the key \"P-1\"");
  operation.rows[1] = {Text{"P-2"}, Number{2.5}};
  CHECK(refused(operation) == "ZM0104 a value for \"Cantidad\" is a number, the column holds integers");
  operation.rows[1] = {Text{"P-2"}};
  CHECK(refused(operation) == "ZM0104 a row has 1 value for 2 columns");
}

TEST_CASE("restore rows deletes, inserts and restores what a capture may hold") {
  CHECK(kinds(lowered(op::RestoreRows{shop_sheet("Borrador"), "0003_x"})) ==
        Kinds{"delete_rows", "insert_rows", "restore_cells", "restore_cells"});
}

// --- enums

TEST_CASE("add value sets the enum and the list of every bound column") {
  const std::vector<EnumValue> values{{"Nuevo", {}, true},     {"Pagado", "money is there", true},
                                      {"Devuelto", "n", true}, {"Entregado", {}, true},
                                      {"Perdido", {}, false},  {"Anulado", {}, true}};
  Allowed rule = column_of(shop(), "Estado").allowed;
  rule.values = {"Nuevo", "Pagado", "Devuelto", "Entregado", "Anulado"};
  CHECK(lowered(op::AddValue{"Estado", "Devuelto", {Place::Kind::before, "Entregado"}, "n"}) ==
        Changes{change::SetEnum{"Estado", values, {}}, change::SetAllowed{scope("Estado"), rule}});
  CHECK(refused(op::AddValue{"Estado", "Pagado", {}, {}}) == "ZM0102 value \"Pagado\" is already in enum \"Estado\"");
  CHECK(refused(op::AddValue{"Estado", "x", {Place::Kind::after, "Pagdo"}, {}}) ==
        "ZM0101 no value \"Pagdo\" in enum \"Estado\" at this line");
}

TEST_CASE("a retired value is offered again at the place of the line, with its note") {
  const Changes changes = lowered(op::AddValue{"Prioridad", "Urgente", {Place::Kind::first, {}}, {}});
  CHECK(changes ==
        Changes{change::SetEnum{
            "Prioridad",
            std::vector<EnumValue>{{"Urgente", {}, true}, {"Baja", {}, true}, {"Alta", "answered within a day", true}},
            {}}});
}

TEST_CASE("rename value rewrites list, default and cells, and does not mind when no cell holds it") {
  const Changes changes = lowered(op::RenameValue{"Estado", "Nuevo", "Abierto"});
  CHECK(kinds(changes) == Kinds{"set_enum", "set_allowed", "set_rules", "write_cells"});
  source::Formula cells;
  cells.value = lit(Text{"Abierto"});
  cells.where = Expr{expr::Binary{BinaryOp::equal, cell("Estado"), lit(Text{"Nuevo"})}};
  cells.expecting = Expecting{Expecting::Kind::at_least, 0};
  CHECK(changes.back() == Change(change::WriteCells{scope("Estado"), cells}));
  CHECK(refused(op::RenameValue{"Estado", "Nuevo", "Perdido"}) ==
        "ZM0102 value \"Perdido\" is already in enum \"Estado\"");
}

TEST_CASE("retire value comes back at its place, with its default and cells where they were replaced") {
  CHECK(inverted(op::RetireValue{"Estado", "Pagado", {}}) ==
        Reversal{{op::AddValue{"Estado", "Pagado", {Place::Kind::after, "Nuevo"}, "money is there"}}, Fidelity::exact});
  CHECK(inverted(op::RetireValue{"Estado", "Nuevo", "Pagado"}) ==
        Reversal{{op::AddValue{"Estado", "Nuevo", {Place::Kind::first, {}}, {}},
                  op::SetDefault{at("Estado"), Text{"Nuevo"}}, op::RestoreValues{at("Estado"), {}}},
                 Fidelity::needs_capture});
  CHECK(refused(op::RetireValue{"Estado", "Nuevo", "Perdido"}) ==
        "ZM0101 no value \"Perdido\" in enum \"Estado\" at this line");
}

TEST_CASE("a dropped enum comes back with its retired values and notes") {
  const Reversal back = inverted(op::DropEnum{"Prioridad"});
  const Result<Schema> dropped = replayed({op::DropEnum{"Prioridad"}}, shop());
  REQUIRE(dropped);
  CHECK(dropped->find_enum("Prioridad") == nullptr);
  const Result<Schema> again = replayed(back.ops, *dropped);
  REQUIRE(again);
  CHECK(*again == shop());
}

TEST_CASE("what changes nothing needs no way back") {
  CHECK(inverted(op::SetHidden{at("Notas"), false}) == Reversal{});
  CHECK(inverted(op::SetNote{at("Notas"), "Sales writes here"}) == Reversal{});
  CHECK(inverted(op::FreezeHeader{shop_sheet("Borrador"), true}) == Reversal{});
}
