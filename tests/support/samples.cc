// Longer than other files: the samples of one language belong side by side, and the generator draws on the same
// builders.

#include "support/samples.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

namespace zmig::test {
namespace {

static_assert(std::variant_size_v<Operation> == 36,
              "a new operation needs a sample here, and a branch in the generator");

const std::string kMigration = "0003_shop";

Type type(TypeKind kind) { return {kind, 0, {}}; }
Type enum_type(std::string name) { return {TypeKind::enumeration, 0, std::move(name)}; }

std::string padded(std::size_t number) {
  std::string out = std::to_string(number);
  return std::string(11 - out.size(), '0') + out;
}

/// Headers of the shop, in order; the position gives the id.
struct Named {
  std::string title;
  std::vector<std::string> headers;
};
const std::vector<Named>& names() {
  static const std::vector<Named> all{
      {"Pedidos", {"Pedido", "Cliente", "Fecha", "Estado", "Cantidad", "Peso", "Notas", "Urgente"}},
      {"Clientes", {"Código", "Nombre", "Teléfono", "Alta"}},
      {"Borrador", {"Texto", "Peso"}}};
  return all;
}

Column made(const std::string& title, const std::string& header, Type of) {
  Column out;
  out.id = shop_id(title, header);
  out.header = header;
  out.type = std::move(of);
  return out;
}

Column fresh(const std::string& header, Type of) {
  Column out;
  out.id = "cff" + padded(header.size()).substr(2);
  out.header = header;
  out.type = std::move(of);
  return out;
}

Column pedidos(const std::string& header) {
  return *column_by_id(*shop().sheet(shop_id("Pedidos")), shop_id("Pedidos", header));
}

NamedPlace last() { return {}; }
NamedPlace first() { return {{Place::Kind::first, {}}, {}}; }
NamedPlace after(const std::string& title, const std::string& header) {
  return {{Place::Kind::after, shop_id(title, header)}, header};
}
NamedPlace before(const std::string& title, const std::string& header) {
  return {{Place::Kind::before, shop_id(title, header)}, header};
}

Expr lit(Value value) { return Expr{expr::Literal{std::move(value)}}; }
Expr text(const std::string& value) { return lit(Text{value}); }
Expr number(double value) { return lit(Number{value}); }
Expr cell(const std::string& title, const std::string& header) {
  return Expr{expr::CellRef{shop_id(title, header), header}};
}
Expr binary(BinaryOp what, Expr left, Expr right) {
  return Expr{expr::Binary{what, ExprBox(std::move(left)), ExprBox(std::move(right))}};
}
Expr call(const std::string& function, std::vector<ExprBox> arguments) {
  return Expr{expr::Call{function, std::move(arguments)}};
}

std::string in_sheet(const std::string& title, const std::string& line) {
  return "in sheet \"" + title + "\" {\n  " + line + "\n}\n";
}
std::string in_pedidos(const std::string& line) { return in_sheet("Pedidos", line); }
std::string in_estado(const std::string& line) { return "in enum \"Estado\" {\n  " + line + "\n}\n"; }

/// Without a sheet or column: what a restore brings back.
Schema without(const std::string& title) {
  Schema out = shop();
  erase_if(out.sheets, [&](const Sheet& sheet) { return sheet.title == title; });
  return out;
}
Schema without(const std::string& title, const std::string& header) {
  Schema out = shop();
  erase_if(out.sheet(shop_id(title))->columns, [&](const Column& column) { return column.header == header; });
  return out;
}
/// With one column changed.
template <class Edit>
Schema with(const std::string& title, const std::string& header, Edit edit) {
  Schema out = shop();
  edit(*column_by_id(*out.sheet(shop_id(title)), shop_id(title, header)));
  return out;
}

using Out = std::vector<Sample>;

void sheets(Out& out) {
  const SheetRef branches{"sff000000001", "Sucursales"};
  out.push_back({"create_sheet", shop(),
                 op::CreateSheet{branches, {{Place::Kind::after, shop_id("Clientes")}, "Clientes"}},
                 "create sheet \"Sucursales\" after \"Clientes\" {\n}\n"});
  out.push_back({"adopt_sheet", shop(), op::AdoptSheet{branches}, "adopt sheet \"Sucursales\" {\n}\n"});
  out.push_back({"forget_sheet", shop(), op::ForgetSheet{shop_sheet("Borrador")}, "forget sheet \"Borrador\"\n"});
  out.push_back({"rename_sheet", shop(), op::RenameSheet{shop_sheet("Pedidos"), "Ordenes"},
                 "rename sheet \"Pedidos\" to \"Ordenes\"\n"});
  out.push_back({"drop_sheet", shop(), op::DropSheet{shop_sheet("Borrador"), false}, "drop sheet \"Borrador\"\n"});
  out.push_back({"drop_sheet: discarding", shop(), op::DropSheet{shop_sheet("Borrador"), true},
                 "drop sheet \"Borrador\" discarding data\n"});
  const Schema whole = shop();
  out.push_back({"restore_sheet", without("Borrador"),
                 op::RestoreSheet{*whole.sheet(shop_id("Borrador")), 2, kMigration}, "restore sheet \"Borrador\"\n"});
  out.push_back({"freeze_header", shop(), op::FreezeHeader{shop_sheet("Pedidos"), true}, in_pedidos("freeze header")});
  out.push_back({"freeze_header: off", shop(), op::FreezeHeader{shop_sheet("Borrador"), false},
                 in_sheet("Borrador", "unfreeze header")});
}

void columns(Out& out) {
  Column shift = fresh("Turno", type(TypeKind::text));
  shift.rules.fallback = Text{"DIA"};
  shift.note = "Shift that starts the work";
  out.push_back(
      {"add_column", shop(), op::AddColumn{shop_sheet("Pedidos"), shift, after("Pedidos", "Estado")},
       in_pedidos("add column \"Turno\" text after \"Estado\" default \"DIA\" note \"Shift that starts the work\"")});
  Column weight = fresh("Peso_Kg", {TypeKind::decimal, 2, {}});
  weight.format = "0.000";
  weight.rules.aliases = {"Kilos"};
  weight.rules.required = true;
  weight.hidden = true;
  weight.rules.fallback = Number{0.5};
  out.push_back({"add_column: first", shop(), op::AddColumn{shop_sheet("Pedidos"), weight, first()},
                 in_pedidos("add column \"Peso_Kg\" decimal(2) first default 0.5 format \"0.000\" alias \"Kilos\" "
                            "required hidden")});
  Column state = fresh("Anterior", enum_type("Estado"));
  state.rules.lenient = true;
  state.protection = Editors{{"ana@example.org"}};
  out.push_back(
      {"add_column: enum", shop(), op::AddColumn{shop_sheet("Clientes"), state, last()},
       in_sheet("Clientes", "add column \"Anterior\" enum \"Estado\" lenient protected except \"ana@example.org\"")});
  Column seen = fresh("Visto", type(TypeKind::boolean));
  seen.rules.deprecated = Deprecation{"Urgente"};
  seen.rules.blank_means = "nobody looked";
  out.push_back(
      {"add_column: deprecated", shop(), op::AddColumn{shop_sheet("Pedidos"), seen, before("Pedidos", "Notas")},
       in_pedidos(
           "add column \"Visto\" boolean before \"Notas\" deprecated use \"Urgente\" blank means \"nobody looked\"")});
  Column colour = fresh("Color", enum_type("Estado"));
  colour.note = "by hand";
  out.push_back({"adopt_column", shop(), op::AdoptColumn{shop_sheet("Pedidos"), colour},
                 in_pedidos("adopt column \"Color\" enum \"Estado\" note \"by hand\"")});
  out.push_back({"forget_column", shop(), op::ForgetColumn{shop_column("Pedidos", "Estado")},
                 in_pedidos("forget column \"Estado\"")});
  out.push_back({"rename_column", shop(), op::RenameColumn{shop_column("Clientes", "Teléfono"), "Fono"},
                 in_sheet("Clientes", "rename column \"Teléfono\" to \"Fono\"")});
  out.push_back({"move_column", shop(), op::MoveColumn{shop_column("Pedidos", "Peso"), after("Pedidos", "Pedido")},
                 in_pedidos("move column \"Peso\" after \"Pedido\"")});
  out.push_back({"move_column: first", shop(), op::MoveColumn{shop_column("Pedidos", "Urgente"), first()},
                 in_pedidos("move column \"Urgente\" first")});
  out.push_back({"move_column: last", shop(), op::MoveColumn{shop_column("Pedidos", "Pedido"), last()},
                 in_pedidos("move column \"Pedido\" last")});
  out.push_back({"retire_column", shop(), op::RetireColumn{shop_column("Pedidos", "Notas"), "Cliente"},
                 in_pedidos("retire column \"Notas\" use \"Cliente\"")});
  out.push_back({"retire_column: alone", shop(), op::RetireColumn{shop_column("Pedidos", "Peso"), ""},
                 in_pedidos("retire column \"Peso\"")});
  out.push_back({"drop_column", shop(), op::DropColumn{shop_column("Pedidos", "Estado"), false, {}},
                 in_pedidos("drop column \"Estado\"")});
  out.push_back({"drop_column: first", shop(), op::DropColumn{shop_column("Pedidos", "Pedido"), false, {}},
                 in_pedidos("drop column \"Pedido\"")});
  out.push_back({"drop_column: discarding", shop(), op::DropColumn{shop_column("Pedidos", "Peso"), true, {}},
                 in_pedidos("drop column \"Peso\" discarding data")});
  out.push_back({"drop_column: undo", shop(), op::DropColumn{shop_column("Pedidos", "Cantidad"), false, number(1)},
                 in_pedidos("drop column \"Cantidad\" undo with 1")});
  out.push_back({"restore_column", without("Pedidos", "Notas"),
                 op::RestoreColumn{shop_sheet("Pedidos"), pedidos("Notas"), after("Pedidos", "Peso"), kMigration},
                 in_pedidos("restore column \"Notas\"")});
  out.push_back({"restore_column: enum", without("Pedidos", "Estado"),
                 op::RestoreColumn{shop_sheet("Pedidos"), pedidos("Estado"), after("Pedidos", "Fecha"), kMigration},
                 in_pedidos("restore column \"Estado\"")});
}

void properties(Out& out) {
  const auto at = [](const std::string& header) { return shop_column("Pedidos", header); };
  out.push_back({"set_default", shop(), op::SetDefault{at("Peso"), Number{1.5}},
                 in_pedidos("change column \"Peso\" default 1.5")});
  out.push_back({"set_default: none", shop(), op::SetDefault{at("Cantidad"), {}},
                 in_pedidos("change column \"Cantidad\" no default")});
  out.push_back({"set_note", shop(), op::SetNote{at("Estado"), "See the list"},
                 in_pedidos("change column \"Estado\" note \"See the list\"")});
  out.push_back(
      {"set_note: none", shop(), op::SetNote{at("Notas"), {}}, in_pedidos("change column \"Notas\" no note")});
  const Schema retired = with("Pedidos", "Notas", [](Column& column) {
    column.rules.deprecated = Deprecation{"Cliente"};
    column.note = "deprecated, use Cliente\nSales writes here";
  });
  out.push_back({"set_note: deprecated", retired, op::SetNote{at("Notas"), "Nobody writes here"},
                 in_pedidos("change column \"Notas\" note \"Nobody writes here\"")});
  out.push_back({"set_format", shop(), op::SetFormat{at("Peso"), "#,##0.0"},
                 in_pedidos("change column \"Peso\" format \"#,##0.0\"")});
  out.push_back(
      {"set_format: none", shop(), op::SetFormat{at("Fecha"), {}}, in_pedidos("change column \"Fecha\" no format")});
  out.push_back({"set_alias", shop(), op::SetAlias{at("Pedido"), {"Orden", "N° Pedido"}},
                 in_pedidos("change column \"Pedido\" alias \"Orden\", \"N° Pedido\"")});
  out.push_back({"set_alias: none", shop(), op::SetAlias{shop_column("Clientes", "Teléfono"), {}},
                 in_sheet("Clientes", "change column \"Teléfono\" no alias")});
  out.push_back({"set_flag: required", shop(), op::SetFlag{at("Cliente"), Flag::required, true},
                 in_pedidos("change column \"Cliente\" required")});
  out.push_back({"set_flag: unique", shop(), op::SetFlag{at("Cliente"), Flag::unique, true},
                 in_pedidos("change column \"Cliente\" unique")});
  out.push_back({"set_flag: not key", shop(), op::SetFlag{at("Pedido"), Flag::key, false},
                 in_pedidos("change column \"Pedido\" not key")});
  out.push_back({"set_flag: lenient", shop(), op::SetFlag{at("Estado"), Flag::lenient, true},
                 in_pedidos("change column \"Estado\" lenient")});
  out.push_back({"set_hidden", shop(), op::SetHidden{at("Peso"), true}, in_pedidos("change column \"Peso\" hidden")});
  out.push_back({"set_hidden: off", with("Pedidos", "Peso", [](Column& column) { column.hidden = true; }),
                 op::SetHidden{at("Peso"), false}, in_pedidos("change column \"Peso\" not hidden")});
  out.push_back({"set_protected", shop(),
                 op::SetProtected{at("Peso"), Editors{{"ana@example.org", "luis@example.org"}}},
                 in_pedidos("change column \"Peso\" protected except \"ana@example.org\", \"luis@example.org\"")});
  out.push_back({"set_protected: off", with("Pedidos", "Peso", [](Column& column) { column.protection = Editors{}; }),
                 op::SetProtected{at("Peso"), {}}, in_pedidos("change column \"Peso\" not protected")});
  out.push_back({"set_deprecated", shop(), op::SetDeprecated{at("Notas"), Deprecation{"Cliente"}},
                 in_pedidos("change column \"Notas\" deprecated use \"Cliente\"")});
  out.push_back({"set_deprecated: off", retired, op::SetDeprecated{at("Notas"), {}},
                 in_pedidos("change column \"Notas\" not deprecated")});
  out.push_back({"set_meaning", shop(), op::SetMeaning{at("Peso"), "not weighed yet"},
                 in_pedidos("change column \"Peso\" blank means \"not weighed yet\"")});
  out.push_back({"set_meaning: none", with("Pedidos", "Peso", [](Column& column) { column.rules.blank_means = "?"; }),
                 op::SetMeaning{at("Peso"), {}}, in_pedidos("change column \"Peso\" no blank meaning")});
}

void types(Out& out) {
  const auto at = [](const std::string& header) { return shop_column("Pedidos", header); };
  out.push_back({"change_type: widens", shop(), op::ChangeType{at("Cantidad"), type(TypeKind::number), {}, {}},
                 in_pedidos("change column \"Cantidad\" type number")});
  out.push_back({"change_type: to text", shop(), op::ChangeType{at("Cantidad"), type(TypeKind::text), {}, {}},
                 in_pedidos("change column \"Cantidad\" type text")});
  out.push_back({"change_type: loses format", shop(), op::ChangeType{at("Fecha"), type(TypeKind::text), {}, {}},
                 in_pedidos("change column \"Fecha\" type text")});
  out.push_back({"change_type: datetime", shop(), op::ChangeType{at("Fecha"), type(TypeKind::datetime), {}, {}},
                 in_pedidos("change column \"Fecha\" type datetime")});
  out.push_back({"change_type: to enum", shop(), op::ChangeType{at("Cliente"), enum_type("Prioridad"), {}, {}},
                 in_pedidos("change column \"Cliente\" type enum \"Prioridad\"")});
  out.push_back({"change_type: from enum", shop(), op::ChangeType{at("Estado"), type(TypeKind::text), {}, {}},
                 in_pedidos("change column \"Estado\" type text")});
  out.push_back({"change_type: boolean to text", shop(), op::ChangeType{at("Urgente"), type(TypeKind::text), {}, {}},
                 in_pedidos("change column \"Urgente\" type text")});
  out.push_back(
      {"change_type: using", shop(),
       op::ChangeType{at("Cliente"), type(TypeKind::integer), call("integer", {cell("Pedidos", "Cliente")}), {}},
       in_pedidos("change column \"Cliente\" type integer using integer([Cliente])")});
  out.push_back({"change_type: undo", shop(),
                 op::ChangeType{at("Peso"), type(TypeKind::integer),
                                call("round", {cell("Pedidos", "Peso"), number(0)}), cell("Pedidos", "Peso")},
                 in_pedidos("change column \"Peso\" type integer using round([Peso], 0) undo with [Peso]")});
}

void cells(Out& out) {
  const auto at = [](const std::string& header) { return shop_column("Pedidos", header); };
  const Expr is_open = binary(BinaryOp::equal, cell("Pedidos", "Estado"), text("Nuevo"));
  out.push_back({"fill_column", shop(), op::FillColumn{at("Notas"), text("sin notas"), {}, Otherwise::stop, {}},
                 in_pedidos("fill column \"Notas\" with \"sin notas\"")});
  out.push_back({"fill_column: formula", shop(),
                 op::FillColumn{at("Notas"), binary(BinaryOp::concat, cell("Pedidos", "Pedido"), text("!")), is_open,
                                Otherwise::keep, Expecting{Expecting::Kind::at_least, 0}},
                 in_pedidos("fill column \"Notas\" with [Pedido] & \"!\" where [Estado] = \"Nuevo\" otherwise keep "
                            "expecting at least 0 rows")});
  out.push_back({"set_column", shop(),
                 op::SetColumn{at("Estado"),
                               text("Pagado"),
                               binary(BinaryOp::equal, cell("Pedidos", "Pedido"), text("P-1")),
                               Otherwise::stop,
                               Expecting{Expecting::Kind::exactly, 1},
                               {}},
                 in_pedidos("set column \"Estado\" to \"Pagado\" where [Pedido] = \"P-1\" expecting 1 row")});
  out.push_back(
      {"set_column: undo", shop(),
       op::SetColumn{at("Peso"),
                     binary(BinaryOp::multiply, cell("Pedidos", "Peso"), number(1000)),
                     is_open,
                     Otherwise::stop,
                     {},
                     binary(BinaryOp::divide, cell("Pedidos", "Peso"), number(1000))},
       in_pedidos("set column \"Peso\" to [Peso] * 1000 where [Estado] = \"Nuevo\" undo with [Peso] / 1000")});
  out.push_back({"restore_values", shop(), op::RestoreValues{at("Estado"), kMigration},
                 in_pedidos("restore values of column \"Estado\"")});
  out.push_back({"restore_format", shop(), op::RestoreFormat{at("Fecha"), "DD-MM-YYYY", kMigration},
                 in_pedidos("restore format of column \"Fecha\"")});
  out.push_back({"add_rows", shop(),
                 op::AddRows{shop_sheet("Clientes"),
                             {shop_column("Clientes", "Código")},
                             {shop_column("Clientes", "Código"), shop_column("Clientes", "Nombre")},
                             {{Text{"C-1"}, Text{"Ana"}}, {Text{"C-2"}, Blank{}}}},
                 "in sheet \"Clientes\" {\n  add rows by \"Código\" {\n    columns \"Código\", \"Nombre\"\n    row "
                 "\"C-1\", \"Ana\"\n    row \"C-2\", blank\n  }\n}\n"});
  out.push_back({"restore_rows", shop(), op::RestoreRows{shop_sheet("Clientes"), kMigration},
                 in_sheet("Clientes", "restore rows")});
}

void enums(Out& out) {
  out.push_back({"create_enum", shop(), op::CreateEnum{"Zona"}, "create enum \"Zona\" {\n}\n"});
  out.push_back({"drop_enum", shop(), op::DropEnum{"Prioridad"}, "drop enum \"Prioridad\"\n"});
  out.push_back({"add_value", shop(),
                 op::AddValue{"Estado", "Devuelto", {Place::Kind::after, "Entregado"}, "came back"},
                 in_estado("add value \"Devuelto\" after \"Entregado\" note \"came back\"")});
  out.push_back(
      {"add_value: last", shop(), op::AddValue{"Estado", "Devuelto", {}, {}}, in_estado("add value \"Devuelto\"")});
  out.push_back({"add_value: offered again", shop(), op::AddValue{"Estado", "Perdido", {Place::Kind::first, {}}, {}},
                 in_estado("add value \"Perdido\" first")});
  out.push_back({"rename_value", shop(), op::RenameValue{"Estado", "Nuevo", "Abierto"},
                 in_estado("rename value \"Nuevo\" to \"Abierto\"")});
  out.push_back(
      {"retire_value", shop(), op::RetireValue{"Estado", "Entregado", {}}, in_estado("retire value \"Entregado\"")});
  out.push_back({"retire_value: replaced", shop(), op::RetireValue{"Estado", "Nuevo", "Pagado"},
                 in_estado("retire value \"Nuevo\" replace with \"Pagado\"")});
  out.push_back({"retire_value: first", shop(), op::RetireValue{"Prioridad", "Baja", {}},
                 "in enum \"Prioridad\" {\n  retire value \"Baja\"\n}\n"});
}

// --- random sequences

class Generator {
 public:
  Generator(std::uint64_t seed, Schema schema) : random_(seed), schema_(std::move(schema)) {}

  std::vector<Operation> run(std::size_t n) {
    for (std::size_t tries = 0; out_.size() < n && tries < 60 * n + 60; ++tries) step();
    if (out_.size() > n) out_.resize(n);
    return out_;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  /// Takes the operation if it is valid here.
  bool take(Operation operation) {
    Result<Schema> next = replayed({operation}, schema_);
    if (!next) return false;
    schema_ = std::move(next).value();
    out_.push_back(std::move(operation));
    return true;
  }

  const Sheet* any_sheet() {
    std::vector<const Sheet*> managed;
    for (const Sheet& sheet : schema_.sheets) {
      if (sheet.managed) managed.push_back(&sheet);
    }
    return managed.empty() ? nullptr : managed[below(managed.size())];
  }
  static SheetRef ref(const Sheet& sheet) { return {sheet.id, sheet.title}; }
  static ColumnRef ref(const Sheet& sheet, const Column& column) { return {ref(sheet), column.id, column.header}; }

  const Column* any_column(const Sheet& sheet) {
    std::vector<const Column*> managed;
    for (const Column& column : sheet.columns) {
      if (column.managed) managed.push_back(&column);
    }
    return managed.empty() ? nullptr : managed[below(managed.size())];
  }
  const Enum* any_enum() { return schema_.enums.empty() ? nullptr : &schema_.enums[below(schema_.enums.size())]; }

  /// Few names, so that headers come back on other columns.
  std::string any_header() {
    static const std::vector<std::string> kHeaders{"A", "B", "Ñandú", "Peso", "Notas", "PLANO N°", "x / y"};
    return kHeaders[below(kHeaders.size())];
  }
  std::string any_text() { return std::string(1, static_cast<char>('a' + below(6))); }
  std::string next_id(char prefix) { return prefix + ("e" + padded(++made_).substr(1)); }

  /// The header of another column, or none.
  std::string any_successor(const Sheet& sheet, const std::string& self) {
    const Column* other = any_column(sheet);
    return chance(2) || other == nullptr || other->id == self ? std::string() : other->header;
  }

  NamedPlace any_place(const Sheet& sheet, const std::string& self) {
    const Column* beside = any_column(sheet);
    if (chance(3) || beside == nullptr || beside->id == self) return chance(2) ? NamedPlace{} : first();
    return {{chance(2) ? Place::Kind::after : Place::Kind::before, beside->id}, beside->header};
  }

  Type any_type() {
    const std::size_t kind = below(6);
    if (kind == 0 && !schema_.enums.empty()) return enum_type(any_enum()->name);
    if (kind == 1) return type(TypeKind::boolean);
    if (kind == 2) return type(TypeKind::date);
    if (kind == 3) return {TypeKind::decimal, static_cast<int>(below(4)), {}};
    return type(kind == 4 ? TypeKind::integer : TypeKind::text);
  }
  std::optional<Value> any_default(const Type& of) {
    if (chance(2)) return std::nullopt;
    if (of.kind == TypeKind::boolean) return Value(Boolean{true});
    if (of.kind == TypeKind::date) return Value(Date{46048});
    if (is_numeric(of)) return Value(Number{static_cast<double>(below(9))});
    if (of.kind != TypeKind::enumeration) return Value(Text{any_text()});
    const Enum* named = schema_.find_enum(of.of);
    if (named == nullptr || named->values.empty()) return std::nullopt;
    return Value(Text{named->values[below(named->values.size())].text});
  }

  std::optional<std::string> any_format(const Type& of) {
    if (chance(2)) return std::nullopt;
    if (is_numeric(of)) return "0.0";
    return of.kind == TypeKind::date ? std::optional<std::string>("YYYY-MM-DD") : std::nullopt;
  }

  Column any_definition(const Sheet& sheet) {
    Column out;
    out.id = next_id('c');
    out.header = any_header();
    out.type = any_type();
    out.rules.fallback = any_default(out.type);
    if (chance(3)) out.note = "note " + any_text();
    if (chance(4)) out.hidden = true;
    if (chance(4)) out.protection = Editors{{any_text() + "@example.org"}};
    if (chance(5)) out.rules.deprecated = Deprecation{any_successor(sheet, {})};
    if (chance(4)) out.rules.aliases = {any_text()};
    if (out.type.kind == TypeKind::enumeration) out.rules.lenient = chance(2);
    if (out.type.kind == TypeKind::date && chance(2)) out.format = "DD-MM-YYYY";
    return out;
  }

  void step() {
    const std::size_t kind = below(10);
    if (kind < 2) return sheet_step();
    if (kind < 4) return enum_step();
    const Sheet* sheet = any_sheet();
    if (sheet == nullptr) return;
    const Column* column = any_column(*sheet);
    if (column == nullptr || kind == 4) {
      take(op::AddColumn{ref(*sheet), any_definition(*sheet), any_place(*sheet, {})});
      return;
    }
    if (kind < 8) return shape_step(*sheet, *column);
    fact_step(*sheet, *column);
  }

  void sheet_step() {
    const Sheet* sheet = any_sheet();
    switch (below(5)) {
      case 0: take(op::CreateSheet{{next_id('s'), "Hoja " + any_text()}, chance(2) ? first() : last()}); return;
      case 1:
        if (sheet != nullptr) take(op::RenameSheet{ref(*sheet), "Hoja " + any_text()});
        return;
      case 2:
        if (sheet != nullptr && chance(3)) take(op::DropSheet{ref(*sheet), false});
        return;
      case 3:
        if (sheet != nullptr) take(op::FreezeHeader{ref(*sheet), chance(2)});
        return;
      default: break;
    }
    if (sheet == nullptr) return;
    const Column* column = any_column(*sheet);
    if (column == nullptr || !is_textual(column->type) || column->type.kind == TypeKind::enumeration) return;
    take(op::AddRows{ref(*sheet), {ref(*sheet, *column)}, {ref(*sheet, *column)}, {{Text{any_text()}}}});
  }

  void enum_step() {
    const Enum* named = any_enum();
    if (named == nullptr || chance(8)) {
      take(op::CreateEnum{"Lista " + any_text()});
      return;
    }
    const std::string name = named->name;
    const std::string value = named->values.empty() ? any_text() : named->values[below(named->values.size())].text;
    switch (below(5)) {
      case 0: take(op::DropEnum{name}); return;
      case 1: take(op::RenameValue{name, value, any_text()}); return;
      case 2: take(op::RetireValue{name, value, {}}); return;
      case 3:
        take(op::RetireValue{name, value, named->values.empty() ? any_text() : named->values.front().text});
        return;
      default: break;
    }
    Place place;
    if (!named->values.empty() && chance(2)) place = {chance(2) ? Place::Kind::after : Place::Kind::before, value};
    take(op::AddValue{name, chance(3) ? value : any_text(), place,
                      chance(3) ? std::optional<std::string>("n") : std::nullopt});
  }

  void shape_step(const Sheet& sheet, const Column& column) {
    const ColumnRef at = ref(sheet, column);
    switch (below(8)) {
      case 0:
      case 1: take(op::RenameColumn{at, any_header()}); return;
      case 2: take(op::MoveColumn{at, any_place(sheet, column.id)}); return;
      case 3: take(op::DropColumn{at, false, {}}); return;
      case 4: take(op::DropColumn{at, false, Expr{expr::Literal{Blank{}}}}); return;
      case 5: take(op::RetireColumn{at, any_successor(sheet, column.id)}); return;
      case 6: take(op::ChangeType{at, chance(2) ? type(TypeKind::text) : any_type(), {}, {}}); return;
      default: break;
    }
    // Forgotten and taken up again: what stands between two such columns has no place that the language could name.
    Column claim = column;
    claim.allowed = {};
    if (take(op::ForgetColumn{at})) take(op::AdoptColumn{at.sheet, std::move(claim)});
  }

  void fact_step(const Sheet& sheet, const Column& column) {
    const ColumnRef at = ref(sheet, column);
    switch (below(11)) {
      case 0: take(op::SetDefault{at, any_default(column.type)}); return;
      case 1:
        take(op::SetNote{at, chance(2) ? std::optional<std::string>("note " + any_text()) : std::nullopt});
        return;
      case 2: take(op::SetFormat{at, any_format(column.type)}); return;
      case 3:
        take(op::SetAlias{at, chance(2) ? std::vector<std::string>{any_text()} : std::vector<std::string>{}});
        return;
      case 4:
        take(op::SetFlag{at, static_cast<Flag>(below(column.type.kind == TypeKind::enumeration ? 4 : 3)), chance(2)});
        return;
      case 5: take(op::SetHidden{at, chance(2)}); return;
      case 6: take(op::SetProtected{at, chance(2) ? std::optional<Editors>(Editors{}) : std::nullopt}); return;
      case 7:
        take(op::SetDeprecated{
            at, chance(2) ? std::optional<Deprecation>(Deprecation{any_successor(sheet, column.id)}) : std::nullopt});
        return;
      case 8: take(op::SetMeaning{at, chance(2) ? std::optional<std::string>("nothing") : std::nullopt}); return;
      case 9:
        take(op::FillColumn{at, lit(any_default(column.type).value_or(Value(Blank{}))), {}, Otherwise::stop, {}});
        return;
      default: break;
    }
    take(op::SetColumn{at, lit(Blank{}), {}, Otherwise::stop, {}, {}});
  }

  std::mt19937_64 random_;
  Schema schema_;
  std::vector<Operation> out_;
  std::size_t made_ = 0;
};

}  // namespace

std::string shop_id(const std::string& title) {
  for (std::size_t i = 0; i < names().size(); ++i) {
    if (names()[i].title == title) return "s" + padded(i + 1);
  }
  ZMIG_ASSERT(false, "the shop has such a sheet");
  return {};
}

std::string shop_id(const std::string& title, const std::string& header) {
  for (std::size_t i = 0; i < names().size(); ++i) {
    if (names()[i].title != title) continue;
    const auto& headers = names()[i].headers;
    const auto found = std::find(headers.begin(), headers.end(), header);
    ZMIG_ASSERT(found != headers.end(), "the sheet has such a column");
    return "c" + padded(100 * (i + 1) + static_cast<std::size_t>(found - headers.begin()) + 1);
  }
  ZMIG_ASSERT(false, "the shop has such a sheet");
  return {};
}

SheetRef shop_sheet(const std::string& title) { return {shop_id(title), title}; }
ColumnRef shop_column(const std::string& title, const std::string& header) {
  return {shop_sheet(title), shop_id(title, header), header};
}

Schema shop() {
  Schema out;
  out.locale = "es-CL";
  out.time_zone = "America/Santiago";
  out.enums = {{"Estado",
                {{"Nuevo", {}, true},
                 {"Pagado", "money is there", true},
                 {"Entregado", {}, true},
                 {"Perdido", {}, false},
                 {"Anulado", {}, true}}},
               {"Prioridad", {{"Baja", {}, true}, {"Alta", "answered within a day", true}, {"Urgente", {}, false}}}};
  for (const Named& named : names()) {
    Sheet sheet;
    sheet.id = shop_id(named.title);
    sheet.title = named.title;
    for (const std::string& header : named.headers)
      sheet.columns.push_back(made(named.title, header, type(TypeKind::text)));
    out.sheets.push_back(std::move(sheet));
  }
  out.sheet(shop_id("Borrador"))->frozen = true;
  const auto at = [&](const std::string& title, const std::string& header) -> Column& {
    return *column_by_id(*out.sheet(shop_id(title)), shop_id(title, header));
  };
  at("Pedidos", "Pedido").rules.key = true;
  at("Pedidos", "Fecha").type = type(TypeKind::date);
  at("Pedidos", "Fecha").format = "DD-MM-YYYY";
  at("Pedidos", "Estado").type = enum_type("Estado");
  at("Pedidos", "Estado").allowed = allowed_for(enum_type("Estado"), false, out);
  at("Pedidos", "Estado").rules.fallback = Text{"Nuevo"};
  at("Pedidos", "Cantidad").type = type(TypeKind::integer);
  at("Pedidos", "Cantidad").rules.fallback = Number{0};
  at("Pedidos", "Peso").type = type(TypeKind::number);
  at("Pedidos", "Notas").note = "Sales writes here";
  at("Pedidos", "Urgente").type = type(TypeKind::boolean);
  at("Pedidos", "Urgente").allowed = allowed_for(type(TypeKind::boolean), false, out);
  at("Clientes", "Código").rules.key = true;
  at("Clientes", "Teléfono").rules.aliases = {"Fono", "Tel. cliente"};
  at("Clientes", "Alta").type = type(TypeKind::datetime);
  return out;
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = [] {
    Out out;
    sheets(out);
    columns(out);
    properties(out);
    types(out);
    cells(out);
    enums(out);
    std::set<std::size_t> covered;
    for (const Sample& sample : out) covered.insert(sample.operation.index());
    ZMIG_ASSERT(covered.size() == std::variant_size_v<Operation>, "every operation has a sample");
    return out;
  }();
  return all;
}

std::vector<Operation> random_operations(std::uint64_t seed, Schema before, std::size_t n) {
  return Generator(seed, std::move(before)).run(n);
}

Result<Schema> replayed(const std::vector<Operation>& operations, Schema before) {
  for (const Operation& operation : operations) {
    ZMIG_TRY(const std::vector<Change> changes, lower(operation, before));
    for (const Change& change : changes) ZMIG_CHECK_OK(apply_to(change, before));
  }
  return before;
}

Schema by_offer(Schema schema) {
  erase_if(schema.sheets, [](const Sheet& sheet) { return !sheet.managed; });
  for (Sheet& sheet : schema.sheets) erase_if(sheet.columns, [](const Column& column) { return !column.managed; });
  for (Enum& named : schema.enums) {
    std::erase_if(named.values, [](const EnumValue& value) { return !value.offered; });
    for (EnumValue& value : named.values) value.note.reset();
  }
  std::sort(schema.enums.begin(), schema.enums.end(), [](const Enum& a, const Enum& b) { return a.name < b.name; });
  return schema;
}

}  // namespace zmig::test
