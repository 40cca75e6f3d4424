// The table of language.md 4.6: satisfied, completed, conflict, with the messages of 13.4.

#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/fake_cells.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

using State = Judgement::State;

const std::string kOrders = shop_id("Pedidos");

Column foreign(const std::string& header, const std::string& suffix = {}) {
  Column out;
  out.id = "~" + header + suffix;
  out.header = header;
  out.managed = false;
  return out;
}

/// The shop with more columns at the right end of Pedidos (I, J, ...).
Schema orders_with(std::vector<Column> columns) {
  Schema out = shop();
  for (Column& column : columns) out.sheet(kOrders)->columns.push_back(std::move(column));
  return out;
}

op::AddColumn adds(const std::string& header, Type type) {
  op::AddColumn out;
  out.sheet = shop_sheet("Pedidos");
  out.column.id = "cff000000001";
  out.column.header = header;
  out.column.type = std::move(type);
  return out;
}

Judgement judged(const Operation& operation, FakeCells& cells, const Schema& before = shop()) {
  const Result<Judgement> answer = judge(operation, before, LiveView{cells.schema(), cells});
  if (!answer) FAIL(answer.error().message);
  return *answer;
}

Diagnostic error(std::string code, std::string message, std::string cell, std::vector<std::string> notes,
                 std::optional<std::string> help) {
  Diagnostic out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.primary.cell = std::move(cell);
  out.notes = std::move(notes);
  out.notes.emplace_back("nothing was written");
  out.help = std::move(help);
  return out;
}

/// State and codes, for cases whose wording another case asserts.
std::string outline(const Judgement& answer) {
  std::string out = answer.state == State::satisfied ? "satisfied"
                    : answer.state == State::pending ? "pending"
                                                     : "conflict";
  for (const Diagnostic& finding : answer.findings) out += " " + finding.code;
  return out;
}

std::vector<Value> texts(const std::vector<std::string>& values) {
  std::vector<Value> out;
  out.reserve(values.size());
  for (const std::string& value : values) out.push_back(value.empty() ? Value(Blank{}) : Value(Text{value}));
  return out;
}

const Type kText{TypeKind::text, 0, {}};
const Type kInteger{TypeKind::integer, 0, {}};
const Type kEstado{TypeKind::enumeration, 0, "Estado"};

}  // namespace

// --- add column

TEST_CASE("add column is pending where no header looks like it") {
  FakeCells cells(shop());
  CHECK(judged(adds("Ocupado_Por", kText), cells).state == State::pending);
  CHECK(judged(adds("Ocupado_Por", kText), cells).replaced == false);
  CHECK(cells.scans() == 0);
}

TEST_CASE("add column adopts a column that fits, and says so") {
  FakeCells cells(orders_with({foreign("Ocupado_Por")}));
  cells.column(kOrders, "~Ocupado_Por", texts({"Ana", "", "Luis"}));
  const op::AddColumn operation = adds("Ocupado_Por", kText);
  Judgement expected;
  expected.state = State::satisfied;
  expected.instead = {op::AdoptColumn{operation.sheet, operation.column}};
  expected.replaced = true;
  expected.where = "Pedidos!I1";
  const Judgement answer = judged(operation, cells);
  CHECK(answer.state == expected.state);
  CHECK(answer.instead == expected.instead);
  CHECK(answer.replaced);
  CHECK(answer.where == expected.where);
  CHECK(answer.completed.empty());
  Diagnostic found =
      error("ZM0329", "\"Ocupado_Por\" is already in \"Pedidos\" and fits: adopted", "Pedidos!I1", {}, {});
  found.severity = Severity::info;
  found.notes = {"Pedidos!I1, 2 filled cells, all text; `down` will leave it where it is"};
  CHECK(answer.findings == std::vector<Diagnostic>{found});
  CHECK(cells.scans() == 1);
}

TEST_CASE("add column refuses cells that do not read as the type, with their addresses") {
  FakeCells cells(orders_with({foreign("version")}));
  cells.column(kOrders, "~version", texts({"a3f1-0001", "b2", "c3", "d4"}));
  const Judgement answer = judged(adds("version", kInteger), cells);
  CHECK(answer.state == State::conflict);
  CHECK(answer.instead ==
        std::vector<Operation>{op::AdoptColumn{shop_sheet("Pedidos"), adds("version", kInteger).column}});
  CHECK(answer.findings ==
        std::vector<Diagnostic>{error(
            "ZM0315", "\"version\" is already in \"Pedidos\", and its cells are no integers", "Pedidos!I1",
            {"Pedidos!I1, made by no migration; 4 cells, all text such as \"a3f1-0001\" (I2, I3, I4 …)"},
            "if it is the same column, say what it is: `adopt column \"version\" text`; if not, choose another name")});
}

TEST_CASE("add column counts the cells that do not fit among those that do") {
  FakeCells cells(orders_with({foreign("version")}));
  cells.column(kOrders, "~version", {Number{1}, Text{"x"}, Number{2.5}, Blank{}, Number{3}});
  const Judgement answer = judged(adds("version", kInteger), cells);
  REQUIRE(answer.findings.size() == 1);
  CHECK(answer.findings[0].message == "\"version\" is already in \"Pedidos\", and 2 of its cells are no integers");
  CHECK(answer.findings[0].notes[0] ==
        "Pedidos!I1, made by no migration; 2 cells, 1 number, 1 text; such as \"x\" (I3, I4)");
}

TEST_CASE("numbers stored as text fit where the target holds nothing but text") {
  FakeCells cells(orders_with({foreign("version")}), true);
  cells.column(kOrders, "~version", texts({"1", "20"}));
  CHECK(outline(judged(adds("version", kInteger), cells)) == "satisfied ZM0329");
}

TEST_CASE("add column refuses values outside the enum; lenient accepts them") {
  FakeCells cells(orders_with({foreign("Anterior")}));
  cells.column(kOrders, "~Anterior", texts({"Nuevo", "Perdido", "Roto"}));
  op::AddColumn operation = adds("Anterior", kEstado);
  const Judgement answer = judged(operation, cells);
  CHECK(answer.findings ==
        std::vector<Diagnostic>{
            error("ZM0316", "\"Anterior\" is already in \"Pedidos\", and 1 cell holds no value of enum \"Estado\"",
                  "Pedidos!I1", {"Pedidos!I4 \"Roto\""},
                  "add the values to the enum, correct the cells, or declare the column `lenient`")});
  operation.column.rules.lenient = true;
  CHECK(outline(judged(operation, cells)) == "pending ZM0329");
}

TEST_CASE("a column without a rule gets the list of its enum with the claim") {
  FakeCells cells(orders_with({foreign("Anterior")}));
  const op::AddColumn operation = adds("Anterior", kEstado);
  const Judgement answer = judged(operation, cells);
  CHECK(answer.state == State::pending);
  CHECK(answer.completed == std::vector<std::string>{"allowed values"});
  CHECK(answer.instead == std::vector<Operation>{op::AdoptColumn{operation.sheet, operation.column}});
  const auto changes = lower(answer.instead[0], shop());
  REQUIRE(changes);
  CHECK((*changes)[1] ==
        Change(change::SetAllowed{{kOrders, operation.column.id}, allowed_for(kEstado, false, shop())}));
}

TEST_CASE("another rule on the cells is a conflict") {
  Column column = foreign("Anterior");
  column.allowed = Allowed{Allowed::Kind::list, {"A", "B"}, {}, {}, {}, true};
  FakeCells cells(orders_with({column}));
  const Judgement answer = judged(adds("Anterior", kEstado), cells);
  CHECK(outline(answer) == "conflict ZM0302");
  CHECK(answer.findings[0].notes[0] == "Pedidos!I1 allows the list \"A\", \"B\"");
}

TEST_CASE("a look-alike is named with its code points and never used") {
  FakeCells cells(orders_with({foreign("ocupado por")}));
  const Judgement answer = judged(adds("Ocupado_Por", kText), cells);
  REQUIRE(answer.findings.size() == 1);
  CHECK(answer.state == State::conflict);
  CHECK(answer.instead.empty());
  CHECK(answer.findings[0].code == "ZM0311");
  CHECK(answer.findings[0].message == "\"Pedidos\" has no column \"Ocupado_Por\", but one that looks like it");
  CHECK(answer.findings[0].notes[0].starts_with("Pedidos!I1 is \"ocupado por\" ("));
  CHECK(answer.findings[0].help == "write \"ocupado por\"");
}

TEST_CASE("a header that is there twice names both cells") {
  FakeCells cells(orders_with({foreign("Color"), foreign("Color", "#2")}));
  CHECK(judged(adds("Color", kText), cells).findings ==
        std::vector<Diagnostic>{error("ZM0312", "\"Color\" is in \"Pedidos\" 2 times", "Pedidos!I1",
                                      {"Pedidos!I1 · Pedidos!J1 hold the same header"},
                                      "give one of them another name, or remove it")});
}

TEST_CASE("a managed column of the same header is a conflict") {
  Column column = foreign("Color");
  column.id = "c99999999999";
  column.managed = true;
  FakeCells cells(orders_with({column}));
  CHECK(outline(judged(adds("Color", kText), cells)) == "conflict ZM0302");
}

TEST_CASE("a column that carries the id of the line is the one that the line made") {
  Column column = foreign("Color");
  column.id = adds("Color", kText).column.id;
  column.managed = true;
  FakeCells cells(orders_with({column}));
  const Judgement answer = judged(adds("Color", kText), cells);
  CHECK(outline(answer) == "satisfied");
  CHECK((answer.replaced && answer.instead.empty()));
}

TEST_CASE("add column completes what is missing: note, default, format, hidden, protection") {
  FakeCells cells(orders_with({foreign("Turno")}));
  cells.column(kOrders, shop_id("Pedidos", "Pedido"), texts({"P-1", "P-2", "", "P-4"}))
      .column(kOrders, "~Turno", {Number{1}, Blank{}, Blank{}, Number{2}});
  op::AddColumn operation = adds("Turno", kInteger);
  operation.column.note = "Shift";
  operation.column.rules.fallback = Number{0};
  operation.column.rules.required = true;
  operation.column.format = "0";
  operation.column.hidden = true;
  operation.column.protection = Editors{{"ana@example.org"}};
  const Judgement answer = judged(operation, cells);
  CHECK(answer.state == State::pending);
  CHECK(answer.completed == std::vector<std::string>{"format", "note", "default", "hidden state", "protection"});
  const ColumnRef at{operation.sheet, operation.column.id, "Turno"};
  Column claim = operation.column;
  claim.note.reset();
  claim.format.reset();
  claim.hidden = false;
  claim.protection.reset();
  CHECK(answer.instead == std::vector<Operation>{
                              op::AdoptColumn{operation.sheet, claim}, op::SetFormat{at, "0"}, op::SetNote{at, "Shift"},
                              op::FillColumn{at, Expr{expr::Literal{Number{0}}}, {}, Otherwise::stop, {}},
                              op::SetHidden{at, true}, op::SetProtected{at, Editors{{"ana@example.org"}}}});
  const Result<Schema> after = replayed(answer.instead, cells.schema());
  REQUIRE(after);
  Column completed = *column_by_id(*after->sheet(kOrders), operation.column.id);
  CHECK(completed == operation.column);
}

TEST_CASE("what is different is never replaced") {
  Column column = foreign("Turno");
  column.note = "old";
  column.format = "D/M/YYYY";
  column.protection = Editors{};
  FakeCells cells(orders_with({column}));
  cells.column(kOrders, "~Turno", {Date{46000}, Date{46000}});
  op::AddColumn operation = adds("Turno", {TypeKind::date, 0, {}});
  operation.column.note = "new";
  operation.column.format = "DD-MM-YYYY";
  operation.column.rules.unique = true;
  operation.column.protection = Editors{{"ana@example.org"}};
  const Judgement answer = judged(operation, cells);
  CHECK(outline(answer) == "conflict ZM0302 ZM0302 ZM0317 ZM0302");
  CHECK(answer.findings[0].message == "\"Turno\" is already in \"Pedidos\", shown as D/M/YYYY");
  CHECK(answer.findings[1].notes[0] == "Pedidos!I1 has the note \"old\"");
  CHECK(answer.findings[2].notes[0] == "Pedidos!I3 2025-12-09");
}

TEST_CASE("required without a default refuses blanks of data rows only") {
  FakeCells cells(orders_with({foreign("Turno")}));
  op::AddColumn operation = adds("Turno", kText);
  operation.column.rules.required = true;
  cells.column(kOrders, shop_id("Pedidos", "Pedido"), texts({"P-1", ""})).column(kOrders, "~Turno", texts({"DIA", ""}));
  CHECK(outline(judged(operation, cells)) == "satisfied ZM0329");
  cells.column(kOrders, shop_id("Pedidos", "Pedido"), texts({"P-1", "P-2"}));
  const Judgement answer = judged(operation, cells);
  CHECK(outline(answer) == "conflict ZM0318");
  CHECK(answer.findings[0].notes[0] == "blank: Pedidos!I3");
}

TEST_CASE("add column needs its sheet and its neighbour") {
  Schema live = shop();
  live.sheets.erase(live.sheets.begin());
  FakeCells without(live);
  CHECK(judged(adds("X", kText), without).findings ==
        std::vector<Diagnostic>{error("ZM0313", "no sheet \"Pedidos\" in the workbook", "", {}, {})});
  FakeCells cells(shop());
  op::AddColumn operation = adds("X", kText);
  operation.place = {{Place::Kind::after, "c99999999999"}, "Vendedor"};
  CHECK(judged(operation, cells).findings ==
        std::vector<Diagnostic>{
            error("ZM0314", "no column \"Vendedor\" in \"Pedidos\" to stand beside", "Pedidos", {}, {})});
}

// --- adopt column

TEST_CASE("adopt column checks its claims and completes nothing") {
  FakeCells cells(orders_with({foreign("Color")}));
  op::AdoptColumn operation{shop_sheet("Pedidos"), adds("Color", kText).column};
  CHECK(outline(judged(operation, cells)) == "pending");
  operation.column.note = "by hand";
  const Judgement answer = judged(operation, cells);
  CHECK(outline(answer) == "conflict ZM0302");
  CHECK(answer.findings[0].message == "\"Color\" is already in \"Pedidos\", without the note that this line claims");
  operation.column.header = "color";
  CHECK(outline(judged(operation, cells)) == "conflict ZM0311");
  operation.column.header = "Forma";
  CHECK(outline(judged(operation, cells)) == "conflict ZM0314");
}

// --- rename, move, retire, drop

TEST_CASE("rename column is satisfied by id, and refuses both, neither, and a foreign namesake") {
  const op::RenameColumn operation{shop_column("Pedidos", "Notas"), "Comentarios"};
  FakeCells before(shop());
  CHECK(outline(judged(operation, before)) == "pending");
  CHECK(judged(operation, before).where == "Pedidos!G1");

  FakeCells done(shop());
  column_by_id(*done.schema().sheet(kOrders), operation.at.id)->header = "Comentarios";
  const Judgement satisfied = judged(operation, done);
  CHECK(outline(satisfied) == "satisfied");
  CHECK((satisfied.replaced && satisfied.instead.empty()));

  FakeCells both(orders_with({foreign("Comentarios")}));
  CHECK(judged(operation, both).findings ==
        std::vector<Diagnostic>{error("ZM0302", "\"Notas\" and \"Comentarios\" are both in \"Pedidos\"", "Pedidos!I1",
                                      {"Pedidos!G1 is \"Notas\", Pedidos!I1 is \"Comentarios\""},
                                      "choose another name, or remove the other column")});

  Schema neither = shop();
  erase_if(neither.sheet(kOrders)->columns, [&](const Column& column) { return column.id == operation.at.id; });
  FakeCells gone(neither);
  CHECK(outline(judged(operation, gone)) == "conflict ZM0314");
  neither.sheet(kOrders)->columns.push_back(foreign("Comentarios"));
  FakeCells suggested(neither);
  CHECK(outline(judged(operation, suggested)) == "conflict ZM0302");

  FakeCells person(shop());
  column_by_id(*person.schema().sheet(kOrders), operation.at.id)->header = "Apuntes";
  CHECK(outline(judged(operation, person)) == "conflict ZM0302");
  FakeCells alike(orders_with({foreign("COMENTARIOS")}));
  CHECK(outline(judged(operation, alike)) == "conflict ZM0311");
}

TEST_CASE("move column is satisfied by its neighbour") {
  FakeCells cells(shop());
  const auto moves = [](Place::Kind kind, const std::string& beside) {
    return op::MoveColumn{shop_column("Pedidos", "Cliente"),
                          {{kind, beside.empty() ? "" : shop_id("Pedidos", beside)}, beside}};
  };
  CHECK(outline(judged(moves(Place::Kind::after, "Pedido"), cells)) == "satisfied");
  CHECK(outline(judged(moves(Place::Kind::before, "Fecha"), cells)) == "satisfied");
  CHECK(outline(judged(moves(Place::Kind::first, ""), cells)) == "pending");
  CHECK(outline(judged(moves(Place::Kind::last, ""), cells)) == "pending");
}

TEST_CASE("drop column is satisfied when id and header are gone, and refuses a foreign namesake") {
  const op::DropColumn operation{shop_column("Pedidos", "Notas"), false, {}};
  FakeCells there(shop());
  CHECK(outline(judged(operation, there)) == "pending");
  Schema live = shop();
  erase_if(live.sheet(kOrders)->columns, [&](const Column& column) { return column.id == operation.at.id; });
  FakeCells gone(live);
  CHECK(outline(judged(operation, gone)) == "satisfied");
  live.sheet(kOrders)->columns.push_back(foreign("Notas"));
  FakeCells namesake(live);
  CHECK(judged(operation, namesake).findings ==
        std::vector<Diagnostic>{
            error("ZM0302", "\"Notas\" is in \"Pedidos\", but it is not the column that this line drops", "Pedidos!H1",
                  {"Pedidos!H1 is a column that zmig does not manage"}, "adopt it first, or remove it by hand")});
}

TEST_CASE("a retired column is recorded by the line itself") {
  const op::RetireColumn operation{shop_column("Pedidos", "Notas"), "Cliente"};
  FakeCells cells(shop());
  CHECK(outline(judged(operation, cells)) == "pending");
  Column& column = *column_by_id(*cells.schema().sheet(kOrders), operation.at.id);
  column.hidden = true;
  column.note = "deprecated, use Cliente\nSales writes here";
  CHECK(judged(operation, cells).instead == std::vector<Operation>{operation});
}

// --- properties

TEST_CASE("visible facts are satisfied, pending or a conflict by what stands there") {
  const op::SetNote operation{shop_column("Pedidos", "Notas"), "New"};
  FakeCells cells(shop());
  Column& column = *column_by_id(*cells.schema().sheet(kOrders), operation.at.id);
  CHECK(outline(judged(operation, cells)) == "pending");
  column.note = "New";
  CHECK(outline(judged(operation, cells)) == "satisfied");
  column.note = "a person was here";
  CHECK(judged(operation, cells).findings[0].message == "\"Notas\" of \"Pedidos\" has another note");
  CHECK(judged(operation, cells).findings[0].notes[0] == "Pedidos!G1: \"a person was here\"");
  column.hidden = true;
  CHECK(outline(judged(op::SetHidden{operation.at, true}, cells)) == "satisfied");
  CHECK(outline(judged(op::SetHidden{operation.at, false}, cells)) == "pending");
  CHECK(outline(judged(op::SetProtected{operation.at, Editors{}}, cells)) == "pending");
  column.protection = Editors{{"luis@example.org"}};
  CHECK(outline(judged(op::SetProtected{operation.at, Editors{}}, cells)) == "conflict ZM0302");
  CHECK(outline(judged(op::FreezeHeader{shop_sheet("Borrador"), true}, cells)) == "satisfied");
}

TEST_CASE("formats are the same if their translations are") {
  const op::SetFormat operation{shop_column("Pedidos", "Fecha"), "YYYY-MM-DD"};
  FakeCells cells(shop());
  Column& column = *column_by_id(*cells.schema().sheet(kOrders), operation.at.id);
  CHECK(outline(judged(operation, cells)) == "pending");
  column.format = "YYYY-MM-DD";
  CHECK(outline(judged(operation, cells)) == "satisfied");
  column.format = "D/M";
  CHECK(outline(judged(operation, cells)) == "conflict ZM0302");
  column.format.reset();
  CHECK(outline(judged(operation, cells)) == "pending");
}

TEST_CASE("required, unique and strict again look at the cells; letting go does not") {
  FakeCells cells(shop());
  const ColumnRef client = shop_column("Pedidos", "Cliente");
  cells.column(kOrders, shop_id("Pedidos", "Pedido"), texts({"P-1", "P-2", "P-3"}))
      .column(kOrders, client.id, texts({"Ana", "", "Ana"}));
  CHECK(judged(op::SetFlag{client, Flag::required, true}, cells).findings ==
        std::vector<Diagnostic>{error("ZM0318", "\"Cliente\" of \"Pedidos\" cannot be required: 1 cell is blank",
                                      "Pedidos!B1", {"Pedidos!B3 blank"}, "fill them on a line above")});
  CHECK(judged(op::SetFlag{client, Flag::unique, true}, cells).findings[0].notes[0] == "Pedidos!B4 \"Ana\"");
  CHECK(outline(judged(op::SetFlag{client, Flag::key, true}, cells)) == "conflict ZM0318 ZM0317");
  const std::size_t scans = cells.scans();
  CHECK(outline(judged(op::SetFlag{client, Flag::unique, false}, cells)) == "pending");
  CHECK(cells.scans() == scans);
  cells.column(kOrders, shop_id("Pedidos", "Estado"), texts({"Nuevo", "Roto"}));
  CHECK(outline(judged(op::SetFlag{shop_column("Pedidos", "Estado"), Flag::lenient, false}, cells)) ==
        "conflict ZM0316");
}

TEST_CASE("change type finds values outside the enum and cells that do not widen") {
  FakeCells cells(shop());
  const op::ChangeType operation{shop_column("Pedidos", "Cliente"), kEstado, {}, {}};
  cells.column(kOrders, operation.at.id, texts({"Nuevo", "Ana", "Luis"}));
  CHECK(
      judged(operation, cells).findings ==
      std::vector<Diagnostic>{error("ZM0316", "2 cells of \"Cliente\" in \"Pedidos\" hold no value of enum \"Estado\"",
                                    "Pedidos!B1", {"Pedidos!B3 \"Ana\" · B4 \"Luis\""},
                                    "add the values to the enum, correct the cells, or declare the column `lenient`")});
  cells.column(kOrders, operation.at.id, texts({"Nuevo", "Pagado", "Perdido"}));
  CHECK(outline(judged(operation, cells)) == "pending");
  const op::ChangeType widens{shop_column("Pedidos", "Cantidad"), {TypeKind::number, 0, {}}, {}, {}};
  cells.column(kOrders, widens.at.id, {Number{1}, Text{"two"}});
  CHECK(outline(judged(widens, cells)) == "conflict ZM0315");
}

// --- cells and rows

TEST_CASE("fill column is satisfied when nothing is left to fill") {
  FakeCells cells(shop());
  const ColumnRef notes = shop_column("Pedidos", "Notas");
  const Expr order{expr::CellRef{shop_id("Pedidos", "Pedido"), "Pedido"}};
  const op::FillColumn operation{notes, order, {}, Otherwise::stop, {}};
  cells.column(kOrders, shop_id("Pedidos", "Pedido"), texts({"P-1", "", "P-3"}))
      .column(kOrders, notes.id, texts({"x", "", "y"}));
  CHECK(outline(judged(operation, cells)) == "satisfied");
  cells.column(kOrders, notes.id, texts({"x", "", ""}));
  CHECK(outline(judged(operation, cells)) == "pending");
  // A condition that matches no row is for the planner to refuse.
  op::FillColumn nowhere = operation;
  nowhere.where = Expr{expr::Binary{BinaryOp::equal, order, Expr{expr::Literal{Text{"P-9"}}}}};
  CHECK(outline(judged(nowhere, cells)) == "pending");
}

TEST_CASE("set column is satisfied when equal, and never when it reads itself") {
  FakeCells cells(shop());
  const ColumnRef amount = shop_column("Pedidos", "Cantidad");
  const Expr itself{expr::CellRef{amount.id, "Cantidad"}};
  op::SetColumn operation{amount, Expr{expr::Literal{Number{8}}}, {}, Otherwise::stop, {}, {}};
  cells.column(kOrders, shop_id("Pedidos", "Pedido"), texts({"P-1", "P-2"}))
      .column(kOrders, amount.id, {Number{8}, Number{8}});
  CHECK(outline(judged(operation, cells)) == "satisfied");
  operation.expecting = Expecting{Expecting::Kind::exactly, 3};
  CHECK(outline(judged(operation, cells)) == "pending");
  operation.expecting.reset();
  operation.to = itself;
  CHECK(outline(judged(operation, cells)) == "pending");
  operation.to = Expr{expr::Literal{Number{9}}};
  CHECK(outline(judged(operation, cells)) == "pending");
}

TEST_CASE("add rows is satisfied when all rows are there, and refuses a doubled key") {
  FakeCells cells(shop());
  const std::string clients = shop_id("Clientes");
  const op::AddRows operation{shop_sheet("Clientes"),
                              {shop_column("Clientes", "Código")},
                              {shop_column("Clientes", "Código"), shop_column("Clientes", "Nombre")},
                              {{Text{"C-1"}, Text{"Ana"}}, {Text{"C-2"}, Blank{}}}};
  const std::string code = shop_id("Clientes", "Código");
  const std::string name = shop_id("Clientes", "Nombre");
  CHECK(outline(judged(operation, cells)) == "pending");
  cells.column(clients, code, texts({"C-2", "C-3", "C-1"})).column(clients, name, texts({"", "Eva", "Ana"}));
  CHECK(outline(judged(operation, cells)) == "satisfied");
  cells.column(clients, name, texts({"Luis", "Eva", "Ana"}));
  CHECK(outline(judged(operation, cells)) == "pending");
  cells.column(clients, code, texts({"C-2", "C-3", "C-1", "C-2"}));
  const Judgement answer = judged(operation, cells);
  CHECK(outline(answer) == "conflict ZM0317");
  CHECK(answer.findings[0].notes[0] == "Clientes!A5 \"C-2\"");
}

// --- enums

TEST_CASE("add value looks at the live lists of the bound columns") {
  FakeCells cells(shop());
  const op::AddValue operation{"Estado", "Devuelto", {}, {}};
  Allowed& live = column_by_id(*cells.schema().sheet(kOrders), shop_id("Pedidos", "Estado"))->allowed;
  CHECK(outline(judged(operation, cells)) == "pending");
  live.values.emplace_back("Devuelto");
  CHECK(judged(operation, cells).instead == std::vector<Operation>{operation});
  live.values = {"Otra", "cosa"};
  const Judgement answer = judged(operation, cells);
  CHECK(outline(answer) == "conflict ZM0302");
  CHECK(answer.findings[0].notes[0] ==
        "it allows \"Otra\", \"cosa\": neither the old nor the new values of enum \"Estado\"");
}

TEST_CASE("rename and retire value look at lists and cells") {
  FakeCells cells(shop());
  const std::string state = shop_id("Pedidos", "Estado");
  Allowed& live = column_by_id(*cells.schema().sheet(kOrders), state)->allowed;
  const op::RenameValue renames{"Estado", "Nuevo", "Abierto"};
  const op::RetireValue retires{"Estado", "Nuevo", "Pagado"};
  CHECK(outline(judged(renames, cells)) == "pending");
  CHECK(outline(judged(retires, cells)) == "pending");
  live.values = {"Abierto", "Pagado", "Entregado", "Anulado"};
  CHECK(outline(judged(renames, cells)) == "satisfied");
  CHECK(outline(judged(retires, cells)) == "satisfied");
  cells.column(kOrders, state, texts({"Pagado", "Nuevo"}));
  CHECK(outline(judged(renames, cells)) == "pending");
  CHECK(outline(judged(retires, cells)) == "pending");
  CHECK(outline(judged(op::RetireValue{"Estado", "Nuevo", {}}, cells)) == "satisfied");
  live.values = {"Nuevo", "Abierto"};
  CHECK(outline(judged(renames, cells)) == "conflict ZM0302");
}

// --- sheets

TEST_CASE("create sheet adopts a sheet of its title whose headers belong to its body") {
  Schema live = shop();
  Sheet found;
  found.id = "~Sucursales";
  found.title = "Sucursales";
  found.managed = false;
  found.columns = {foreign("Codigo")};
  live.sheets.push_back(found);
  FakeCells cells(live);
  const op::CreateSheet operation{{"sff000000001", "Sucursales"}, {}};
  const Judgement answer = judged(operation, cells);
  CHECK(outline(answer) == "satisfied ZM0329");
  CHECK(answer.instead == std::vector<Operation>{op::AdoptSheet{operation.sheet}});
  op::AddColumn code = adds("Codigo", kText);
  code.sheet = operation.sheet;
  CHECK(other_headers(operation, {operation, code}, live) == std::nullopt);
  const std::optional<Diagnostic> others = other_headers(operation, {operation}, live);
  REQUIRE(others);
  CHECK(*others == error("ZM0302", "sheet \"Sucursales\" is already there, with columns that this line does not create",
                         "Sucursales!A1", {"Sucursales!A1 \"Codigo\""},
                         "if it is the same sheet, write `adopt sheet \"Sucursales\"`; if not, choose another title"));
  CHECK(outline(judged(op::CreateSheet{{"sff000000001", "SUCURSALES"}, {}}, cells)) == "conflict ZM0311");
  CHECK(outline(judged(op::CreateSheet{{"sff000000001", "Pedidos"}, {}}, cells)) == "conflict ZM0302");
}

TEST_CASE("sheets are adopted, renamed and dropped by what is live") {
  FakeCells cells(shop());
  CHECK(outline(judged(op::AdoptSheet{{"sff000000001", "Sucursales"}}, cells)) == "conflict ZM0313");
  CHECK(outline(judged(op::AdoptSheet{{"sff000000001", "clientes"}}, cells)) == "conflict ZM0311");
  CHECK(outline(judged(op::RenameSheet{shop_sheet("Pedidos"), "Ordenes"}, cells)) == "pending");
  CHECK(outline(judged(op::RenameSheet{shop_sheet("Pedidos"), "Clientes"}, cells)) == "conflict ZM0302");
  CHECK(outline(judged(op::DropSheet{shop_sheet("Borrador"), false}, cells)) == "pending");
  cells.schema().sheet(kOrders)->title = "Ordenes";
  CHECK(outline(judged(op::RenameSheet{shop_sheet("Pedidos"), "Ordenes"}, cells)) == "satisfied");
  cells.schema().sheets.pop_back();
  CHECK(outline(judged(op::DropSheet{shop_sheet("Borrador"), false}, cells)) == "satisfied");
  CHECK(outline(judged(op::ForgetSheet{shop_sheet("Borrador")}, cells)) == "satisfied");
}

TEST_CASE("no sample is in conflict with the workbook that it was made for") {
  for (const Sample& sample : samples()) {
    INFO(sample.name);
    FakeCells cells(sample.before);
    const bool adopts = std::holds_alternative<op::AdoptColumn>(sample.operation) ||
                        std::holds_alternative<op::AdoptSheet>(sample.operation);
    CHECK((judged(sample.operation, cells, sample.before).state == State::conflict) == adopts);
  }
}
