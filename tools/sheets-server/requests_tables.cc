// Tables.
#include <fmt/format.h>

#include <algorithm>

#include "a1.h"
#include "batch.h"
#include "number_format.h"

namespace sheets_server {

namespace {

bool typed(const Json& column) {
  const std::string type = text_of(column, "columnType");
  return !type.empty() && type != "COLUMN_TYPE_UNSPECIFIED";
}

Json colour_style(double red, double green, double blue) {
  return Json{{"rgbColor", Json{{"red", red}, {"green", green}, {"blue", blue}}}};
}

Json default_rows() {
  Json out = object();
  out["headerColorStyle"] = colour_style(0.20784314, 0.40784314, 0.32941177);
  out["firstBandColorStyle"] = colour_style(1, 1, 1);
  out["secondBandColorStyle"] = colour_style(0.9647059, 0.972549, 0.9764706);
  normalise_colours(out, false);
  return out;
}

Refusal check_columns(const Json& columns, int width) {
  for (const Json& column : columns) {
    const std::string type = text_of(column, "columnType");
    const bool rule = column.contains("dataValidationRule");
    if (type == "DROPDOWN" && !rule) return invalid("Condition must be set for dropdown column type.");
    if (type != "DROPDOWN" && rule) return invalid("Cannot set condition for non-dropdown column type.");
    const int index = int_of(column, "columnIndex");
    if (index < 0 || index >= width)
      return invalid(fmt::format("No column with index {} in the table [zmig-sheets-server]", index));
  }
  return {};
}

std::string header(const Context& context, const Sheet& sheet, int row, int column) {
  const Cell* cell = sheet.cell(row, column);
  return cell == nullptr ? std::string{}
                         : format_value(cell->effective(), number_format(*cell),
                                        locale_of(text_of(context.book.properties, "locale")));
}

// Columns that are typed keep names in their header cells; typing a column BOOLEAN makes its cells boolean.
Json full_columns(Context& context, Sheet& sheet, const Range& range, const Json& given) {
  Json out = Json::array();
  int unnamed = 0;
  for (int c = range.column0; c < range.column1; ++c) {
    Json column = object();
    for (const Json& wanted : given)
      if (range.column0 + int_of(wanted, "columnIndex") == c) column = wanted;
    std::string name = text_of(column, "columnName");
    const bool sent = !name.empty();
    if (!sent && typed(column)) name = fmt::format("Column {}", ++unnamed);
    if (name.empty()) name = header(context, sheet, range.row0, c);
    if (name.empty()) name = fmt::format("Column {}", c - range.column0 + 1);
    sheet.put(range.row0, c, Value::of(name));
    Json full = object();
    if (c > range.column0) full["columnIndex"] = c - range.column0;
    full["columnName"] = name;
    for (const auto& [key, value] : column.items())
      if (key != "columnIndex" && key != "columnName") full[key] = value;
    if (text_of(column, "columnType") == "BOOLEAN") {
      for (int r = range.row0 + 1; r < range.row1; ++r) {
        const Cell* cell = sheet.cell(r, c);
        if (cell == nullptr || cell->effective().kind != Value::Kind::boolean)
          sheet.edit_cell(r, c).entered = Value::of(false);
      }
    }
    out.push_back(std::move(full));
  }
  return out;
}

struct Found {
  Sheet* sheet = nullptr;
  std::size_t index = 0;
};

Found find_table(Spreadsheet& book, const std::string& id) {
  for (Cow<Sheet>& shared : book.sheets)
    for (std::size_t n = 0; n < shared->layer(Layer::table).size(); ++n)
      if (shared->layer(Layer::table)[n].id == id) return {&shared.edit(), n};
  return {};
}

std::string free_name(const Spreadsheet& book) {
  for (int n = 1;; ++n) {
    std::string name = fmt::format("Table{}", n);
    const bool taken = std::any_of(book.sheets.begin(), book.sheets.end(), [&name](const Cow<Sheet>& s) {
      return std::any_of(s->layer(Layer::table).begin(), s->layer(Layer::table).end(),
                         [&name](const RangeObject& t) { return text_of(t.body, "name") == name; });
    });
    if (!taken) return name;
  }
}

}  // namespace

namespace requests {

Refusal add_table(Context& context, const Json& body) {
  const Json& given = member(body, "table");
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(given, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  SHEETS_TRY(check_columns(member(given, "columnProperties"), range.cells.column1 - range.cells.column0));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  for (const RangeObject& other : sheet.layer(Layer::table))
    if (other.ranges.front().meets(range.cells)) return invalid("A table may not overlap another [zmig-sheets-server]");
  RangeObject table{given.contains("tableId") ? text_of(given, "tableId") : std::to_string(context.ids.number()),
                    {range.cells},
                    object()};
  if (find_table(context.book, table.id).sheet != nullptr)
    return invalid(fmt::format("A table with id {} already exists [zmig-sheets-server]", table.id));
  table.body["name"] = given.contains("name") ? text_of(given, "name") : free_name(context.book);
  Json rows = given.contains("rowsProperties") ? member(given, "rowsProperties") : default_rows();
  normalise_colours(rows, false);
  table.body["rowsProperties"] = rows;
  table.body["columnProperties"] = full_columns(context, sheet, range.cells, member(given, "columnProperties"));
  if (range.cells.row0 == 0 && sheet.frozen(Axis::rows) == 0) sheet.set_frozen(Axis::rows, 1);
  context.reply["table"] = render_object(Layer::table, table, range.sheet);
  sheet.layer(Layer::table).push_back(std::move(table));
  return {};
}

Refusal update_table(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "Table", mask));
  const Json& given = member(body, "table");
  const Found found = find_table(context.book, text_of(given, "tableId"));
  if (found.sheet == nullptr) return invalid(fmt::format("No table with id: {}", text_of(given, "tableId")));
  RangeObject table = found.sheet->layer(Layer::table)[found.index];
  Json wanted = render_object(Layer::table, table, found.sheet->id);
  write_masked(wanted, given, mask);
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(wanted, "range"), context.book, range));
  if (range.sheet != found.sheet->id) return invalid("A table stays on its sheet [zmig-sheets-server]");
  SHEETS_TRY(context.may_edit(range));
  if (mask.wants("columnProperties")) {
    // the list is replaced as a whole
    for (const Json& column : member(given, "columnProperties"))
      if (text_of(column, "columnName").empty()) return invalid("Table header row cell must have a value.");
    SHEETS_TRY(check_columns(member(given, "columnProperties"), range.cells.column1 - range.cells.column0));
  }
  table.ranges = {range.cells};
  table.body["name"] = text_of(wanted, "name");
  Json rows = member(wanted, "rowsProperties");
  normalise_colours(rows, false);
  table.body["rowsProperties"] = rows;
  table.body["columnProperties"] = full_columns(context, *found.sheet, range.cells, member(wanted, "columnProperties"));
  found.sheet->layer(Layer::table)[found.index] = std::move(table);
  return {};
}

Refusal delete_table(Context& context, const Json& body) {
  const std::string id = text_of(body, "tableId");
  const Found found = find_table(context.book, id);
  if (found.sheet == nullptr) return invalid(fmt::format("No table with id: {}", id));
  const Range range = found.sheet->layer(Layer::table)[found.index].ranges.front();
  SHEETS_TRY(context.may_edit({found.sheet->id, range}));
  auto& tables = found.sheet->layer(Layer::table);
  tables.erase(tables.begin() + static_cast<std::ptrdiff_t>(found.index));
  // its cells go, and silently the conditional formats over it
  for (int r = range.row0; r < std::min(range.row1, count(found.sheet->rows)); ++r)
    for (int c = range.column0; c < std::min(range.column1, count(*found.sheet->rows[at(r)])); ++c)
      found.sheet->edit_cell(r, c) = Cell{};
  auto& rules = found.sheet->layer(Layer::conditional);
  rules.erase(std::remove_if(rules.begin(), rules.end(),
                             [&range](const RangeObject& rule) {
                               return std::all_of(rule.ranges.begin(), rule.ranges.end(),
                                                  [&range](const Range& r) { return range.covers(r); });
                             }),
              rules.end());
  return {};
}

}  // namespace requests

}  // namespace sheets_server
