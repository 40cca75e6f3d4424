#pragma once
// A small workbook with everything that targets treat differently, and ways to look at one. For the tests of targets.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <zmig/target.h>

#include "targets/memory/memory_target.h"

namespace zmig::test {

inline Value words(std::string utf8) { return Text{std::move(utf8)}; }
inline Value amount(double value) { return Number{value}; }
inline Cell cell(Value value) { return Cell{std::move(value), {}, {}}; }

inline Column make_column(std::string id, std::string header, Type type = {}, bool managed = true) {
  Column column;
  column.id = std::move(id);
  column.header = std::move(header);
  column.type = std::move(type);
  column.managed = managed;
  return column;
}

/// Orders: key, enum with a retired value, numbers, date, check box, notes, a foreign column; blank rows inside and
/// below.
inline Workbook orders() {
  Workbook book;
  book.schema.enums.push_back(
      {"Estado", {{"NUEVO", "recién llegado", true}, {"LISTO", {}, true}, {"VIEJO", {}, false}}});
  Sheet sheet;
  sheet.id = "sorders00000";
  sheet.title = "Pedidos";
  sheet.columns = {make_column("ccode0000000", "Código"),
                   make_column("cstate000000", "Estado", {TypeKind::enumeration, 0, "Estado"}),
                   make_column("ccount000000", "Cantidad", {TypeKind::integer, 0, {}}),
                   make_column("cprice000000", "Precio", {TypeKind::decimal, 2, {}}),
                   make_column("cdate0000000", "Fecha", {TypeKind::date, 0, {}}),
                   make_column("cdone0000000", "Hecho", {TypeKind::boolean, 0, {}}),
                   make_column("cnote0000000", "Nota"),
                   make_column("~Ajena", "Ajena", {}, false)};
  sheet.columns[1].allowed = {Allowed::Kind::list, {"NUEVO", "LISTO"}, "Estado", {}, {}, true};
  sheet.columns[5].allowed = {Allowed::Kind::checkbox, {}, {}, {}, {}, true};
  sheet.columns[0].rules.unique = true;
  sheet.rules.keep_order = true;
  Sheet other;
  other.id = "sclient00000";
  other.title = "Clientes";
  other.columns = {make_column("cname0000000", "Nombre"), make_column("cmail0000000", "Correo")};
  book.schema.sheets = {sheet, other};
  book.schema.locale = "es-CL";

  SheetCells& cells = book.cells[sheet.id];
  const auto add = [&](std::vector<Value> values) {
    const std::size_t row = cells.add_row(cells.free_handle());
    for (std::size_t i = 0; i < values.size(); ++i) cells.put(sheet.columns[i].id, row, cell(std::move(values[i])));
  };
  add({words("P-1"), words("NUEVO"), amount(3), amount(10.5), Date{46153}, Boolean{true}, words("primera"),
       words("x")});
  add({words("P-2"), words("VIEJO"), Blank{}, amount(0), Blank{}, Boolean{false}, Blank{}, words("007")});
  add({});
  add({words("P-3"), Blank{}, amount(-7), Blank{}, Date{46154}, Boolean{false}, words(" \u00a0"), Blank{}});
  add({Blank{}, Blank{}, Blank{}, Blank{}, Blank{}, Boolean{false}, words("\u200b "), Blank{}});
  add({Blank{}, Blank{}, Blank{}, Blank{}, Blank{}, Blank{}, Blank{}, words("sola")});
  add({});
  add({});
  SheetCells& clients = book.cells[other.id];
  for (const char* name : {"Ana", "Benito"})
    clients.put("cname0000000", clients.add_row(clients.free_handle()), cell(words(name)));
  return book;
}

/// Every cell, as text that a person can compare: "Pedidos!3 Estado" -> "text LISTO".
inline std::map<std::string, std::string> seen(CellView& view) {
  std::map<std::string, std::string> all;
  for (const Sheet& sheet : view.schema().sheets) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    const Status scanned = view.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      const std::string at = sheet.title + "!" + std::to_string(row.row.number);
      all[at] = "row";
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Cell& now = row.cells[i];
        if (now == Cell{}) continue;
        std::string shown = std::string(kind_of(now.value)) + " " + to_text(now.value);
        if (!now.formula.empty()) shown += " =" + now.formula;
        if (!now.format.empty()) shown += " as " + now.format;
        all[at + " " + std::to_string(i) + " " + sheet.columns[i].header] = std::move(shown);
      }
      return ok();
    });
    if (!scanned) all[sheet.title] = "scan failed: " + scanned.error().message;
  }
  return all;
}

/// The rows of a sheet as a run refers to them, with the cells of the columns.
struct SeenRow {
  RowRef row;
  std::vector<Cell> cells;
};
inline std::vector<SeenRow> rows_of(CellView& view, const std::string& sheet_id,
                                    const std::vector<std::string>& columns) {
  std::vector<SeenRow> rows;
  static_cast<void>(view.scan(sheet_id, columns, [&](const RowView& row) -> Status {
    rows.push_back({row.row, {row.cells.begin(), row.cells.end()}});
    return ok();
  }));
  return rows;
}

}  // namespace zmig::test
