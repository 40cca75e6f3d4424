#include "support/shop_book.h"

#include <map>

#include "support/samples.h"

namespace zmig::test {
namespace {

using Row = std::map<std::string, Value>;

/// Rows by sheet title. The last two rows are blank, one in between is too: none of them is a data row.
std::map<std::string, std::vector<Row>> rows_for(const std::string& name) {
  const auto t = [](const char* text) { return Value(Text{text}); };
  const auto n = [](double number) { return Value(Number{number}); };
  std::map<std::string, std::vector<Row>> rows;
  rows["Pedidos"] = {{{"Pedido", t("P-1")},
                      {"Cliente", t("11")},
                      {"Fecha", Date{46000}},
                      {"Estado", t("Nuevo")},
                      {"Cantidad", n(1)},
                      {"Peso", n(1.5)},
                      {"Urgente", Boolean{true}}},
                     {{"Pedido", t("P-2")},
                      {"Cliente", t("12")},
                      {"Fecha", Date{46031}},
                      {"Estado", t("Pagado")},
                      {"Cantidad", n(0)},
                      {"Notas", t("ñandú, \"dos\"")},
                      {"Urgente", Boolean{false}}},
                     {},
                     {{"Pedido", t("P-3")},
                      {"Cliente", t("13")},
                      {"Estado", t("Perdido")},
                      {"Cantidad", n(7)},
                      {"Peso", n(0.25)},
                      {"Notas", t("=1+1")}},
                     {{"Pedido", t("P-4")},
                      {"Cliente", t("14")},
                      {"Fecha", Date{46200}},
                      {"Estado", t("Nuevo")},
                      {"Cantidad", n(2)},
                      {"Peso", n(3)},
                      {"Notas", t(" ")}},
                     {},
                     {}};
  rows["Clientes"] = {{{"Código", t("C-1")},
                       {"Nombre", t("Luis")},
                       {"Teléfono", t("007")},
                       {"Alta", DateTime{std::int64_t{46000} * 86'400'000 + 3'600'000}}},
                      {{"Código", t("C-9")}, {"Nombre", t("Eva")}},
                      {}};
  rows["Borrador"] = {{{"Texto", t("uno")}, {"Peso", t("1,5")}}, {{"Texto", t("dos")}}};
  if (name == "change_type: to enum")
    for (auto& row : rows["Pedidos"])
      if (row.contains("Cliente")) row["Cliente"] = t("Alta");
  return rows;
}

}  // namespace

std::vector<Change> changes_that_build(const Schema& before, const std::string& name) {
  std::vector<Change> changes;
  for (const auto& named : before.enums) changes.emplace_back(change::SetEnum{named.name, named.values, {}});
  const auto rows = rows_for(name);
  const auto add_sheet = [&](const Sheet& sheet) {
    auto bare = sheet;
    bare.columns.clear();
    bare.frozen = bare.hidden = false;
    bare.protection.reset();
    changes.emplace_back(change::InsertSheet{bare, {}});
    for (const auto& column : sheet.columns) {
      Column plain;
      plain.id = column.id;
      plain.header = column.header;
      plain.type = column.type;
      plain.format = column.format;
      const Scope at{sheet.id, column.id};
      changes.emplace_back(change::InsertColumn{sheet.id, plain, {}});
      if (!(column.rules == ColumnRules{})) changes.emplace_back(change::SetRules{at, column.rules});
      if (column.note) changes.emplace_back(change::SetNote{at, column.note});
      if (column.allowed.kind != Allowed::Kind::none) changes.emplace_back(change::SetAllowed{at, column.allowed});
      if (column.hidden) changes.emplace_back(change::SetHidden{at, true});
      if (column.protection) changes.emplace_back(change::SetProtection{at, column.protection});
    }
    if (sheet.frozen) changes.emplace_back(change::SetFrozen{sheet.id, true});
    const auto found = rows.find(sheet.title);
    if (found == rows.end()) return;
    source::Run run;
    for (const auto& column : sheet.columns) run.columns.push_back(column.id);
    std::uint64_t number = sheet.header_row;
    for (const auto& values : found->second) {
      source::Row row;
      row.row.number = ++number;
      for (const auto& column : sheet.columns) {
        const auto value = values.find(column.header);
        row.cells.push_back(Cell{value == values.end() ? Value(Blank{}) : value->second, {}, {}});
      }
      run.rows.push_back(std::move(row));
    }
    changes.emplace_back(change::InsertRows{sheet.id, std::move(run)});
  };
  for (const auto& sheet : before.sheets) add_sheet(sheet);
  // What the adopting samples find: a foreign sheet, a foreign column.
  if (name == "adopt_sheet") {
    Sheet foreign;
    foreign.id = "s00000000aaa";
    foreign.title = "Sucursales";
    add_sheet(foreign);
    changes.emplace_back(change::Untrack{{foreign.id, ""}});
  }
  if (name == "adopt_column") {
    const auto* sheet = before.sheet_titled("Pedidos");
    Column foreign;
    foreign.id = "c00000000aaa";
    foreign.header = "Color";
    foreign.note = "by hand";
    changes.emplace_back(change::InsertColumn{
        sheet->id, Column{foreign.id, foreign.header, true, {}, {}, {}, false, {}, {}, {}, {}}, {}});
    changes.emplace_back(change::SetNote{{sheet->id, foreign.id}, foreign.note});
    changes.emplace_back(
        change::SetAllowed{{sheet->id, foreign.id}, allowed_for({TypeKind::enumeration, 0, "Estado"}, false, before)});
    changes.emplace_back(change::Untrack{{sheet->id, foreign.id}});
  }
  return changes;
}

}  // namespace zmig::test
