#pragma once
// Hand-made schemas and short ways to bind a text against them.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/dsl.h>
#include <zmig/text.h>

#include "support/catch.h"

namespace zmig::dsl {

inline Column column(std::string id, std::string header, Type type = {}) {
  Column out;
  out.id = std::move(id);
  out.header = std::move(header);
  out.type = std::move(type);
  return out;
}

inline Sheet sheet(std::string id, std::string title, std::vector<Column> columns) {
  Sheet out;
  out.id = std::move(id);
  out.title = std::move(title);
  out.columns = std::move(columns);
  return out;
}

/// The workbook of the examples: two sheets of a shop, one enum.
inline Schema shop() {
  Schema out;
  out.enums.push_back(
      {"Estado", {{"Nuevo", {}, true}, {"Entregado", {}, true}, {"Anulado", {}, true}, {"Perdido", {}, true}}});
  Column status = column("cEstado", "Estado", {TypeKind::enumeration, 0, "Estado"});
  status.allowed = allowed_for(status.type, false, out);
  out.sheets.push_back(sheet(
      "sPedidos", "Pedidos",
      {column("cPedido", "Pedido"), column("cCliente", "Cliente"), column("cCiudad", "Ciudad"),
       column("cPeso", "Peso", {TypeKind::decimal, 2, {}}), column("cUnidad", "Unidad"),
       column("cHoras", "Horas", {TypeKind::integer, 0, {}}),
       column("cFecha", "Fecha de entrega", {TypeKind::date, 0, {}}), std::move(status), column("cTel", "Tel. cliente"),
       column("cNotas", "Notas internas"), column("cPago", "Pagado", {TypeKind::boolean, 0, {}})}));
  out.sheets.push_back(
      sheet("sClientes", "Clientes",
            {column("cNombre", "Nombre completo"), column("cCalle", "Calle"), column("cNumero", "Numero")}));
  Sheet foreign = sheet("~Borrador", "Borrador", {});
  foreign.managed = false;
  out.sheets.push_back(std::move(foreign));
  return out;
}

/// The schema after a migration, as replay makes it.
inline Schema after(Schema schema, const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    const auto changes = lower(operation, schema);
    REQUIRE(changes.has_value());
    for (const Change& change : *changes) REQUIRE(apply_to(change, schema).has_value());
  }
  return schema;
}

struct Bound {
  Migration migration;
  Diagnostics found;
  SourceMap sources;
  /// Everything that was said, as people see it.
  [[nodiscard]] std::string said() const {
    std::string out;
    for (const Diagnostic& one : found.all()) out += render(one, sources);
    return out;
  }
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const Diagnostic& one : found.all()) out.push_back(one.code);
    return out;
  }
};

inline Bound bind_text(std::string text, const Schema& before, std::string name = "0003_demo") {
  Bound out;
  const SourceFile file{name + ".zmig", std::move(text)};
  const std::uint32_t number = out.sources.add(file);
  BindContext context;
  context.name = std::move(name);
  context.before = &before;
  context.earlier = {"0001_first", "0002_second"};
  context.protected_sheets = {"Param"};
  out.migration = make_codec()->parse(file, number, context, out.found);
  return out;
}

inline Bound bind_down(std::string text, const Schema& before, const Schema& undone_before,
                       std::string name = "0003_demo") {
  Bound out;
  const SourceFile file{"down of " + name, std::move(text)};
  const std::uint32_t number = out.sources.add(file);
  BindContext context;
  context.name = std::move(name);
  context.before = &before;
  context.undone_before = &undone_before;
  out.migration = make_codec()->parse(file, number, context, out.found);
  return out;
}

/// `lines` inside `in sheet "Pedidos" { }`, after the first line `zmig 1`.
inline std::string in_pedidos(const std::string& lines) { return "zmig 1\nin sheet \"Pedidos\" {\n" + lines + "\n}\n"; }

inline SheetRef pedidos() { return {"sPedidos", "Pedidos"}; }
inline ColumnRef in_pedidos(std::string id, std::string header) {
  return {pedidos(), std::move(id), std::move(header)};
}

inline Expr cell(std::string id, std::string header) { return Expr{expr::CellRef{std::move(id), std::move(header)}}; }
inline Expr text(std::string value) { return Expr{expr::Literal{Text{std::move(value)}}}; }
inline Expr number(double value) { return Expr{expr::Literal{Number{value}}}; }
inline Expr binary(BinaryOp op, Expr left, Expr right) {
  return Expr{expr::Binary{op, std::move(left), std::move(right)}};
}

}  // namespace zmig::dsl
