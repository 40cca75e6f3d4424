// Requests that write cells.
#include <fmt/format.h>

#include <algorithm>

#include "a1.h"
#include "batch.h"

namespace sheets_server {

namespace {

Refusal beyond(const Sheet& sheet, int rows, int columns) {
  if (columns > sheet.column_count)
    return invalid(fmt::format("Attempting to write column: {}, beyond the last requested column of: {}",
                               sheet.column_count, sheet.column_count - 1));
  if (rows > sheet.row_count)
    return invalid(fmt::format("Attempting to write row: {}, beyond the last requested row of: {}", sheet.row_count,
                               sheet.row_count - 1));
  return {};
}

int widest(const Json& rows) {
  int out = 0;
  for (const Json& row : rows) out = std::max(out, count(member(row, "values")));
  return out;
}

// Formulas of a table's header are refused by Google's tables: the name is written instead.
Refusal write_block(Context& context, Sheet& sheet, int row0, int column0, const Json& rows, const Mask& mask) {
  int r = row0;
  for (const Json& row : rows) {
    int c = column0;
    for (const Json& data : member(row, "values")) SHEETS_TRY(write_cell(context, sheet, r, c++, data, mask));
    ++r;
  }
  return {};
}

bool crosses_frozen(const Sheet& sheet, const Range& r) {
  const int rows = sheet.frozen(Axis::rows);
  const int columns = sheet.frozen(Axis::columns);
  return (rows > r.row0 && rows < r.row1) || (columns > r.column0 && columns < r.column1);
}

// The range of the request, free of merges; one that it only meets is refused.
Refusal without_merges(Context& context, const Json& body, GridRange& range) {
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  auto& merges = context.book.edit_sheet(range.sheet)->layer(Layer::merge);
  for (const RangeObject& m : merges)
    if (range.cells.meets(m.ranges.front()) && !range.cells.covers(m.ranges.front()))
      return invalid("You must select all cells in a merged range to merge or unmerge them.");
  merges.erase(std::remove_if(merges.begin(), merges.end(),
                              [&](const RangeObject& m) { return range.cells.covers(m.ranges.front()); }),
               merges.end());
  return {};
}

void set_border(Cell& cell, const char* side, const Json& border) {
  Json format = cell.format ? *cell.format : object();
  Json borders = member(format, "borders");
  if (text_of(border, "style") == "NONE")
    borders.erase(side);
  else
    borders[side] = border;
  if (borders.empty())
    format.erase("borders");
  else
    format["borders"] = borders;
  normalise_colours(format);
  cell.set_format(format);
}

}  // namespace

namespace requests {

Refusal update_cells(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "CellData", mask));
  const Json& rows = member(body, "rows");
  GridRange range;
  const bool by_start = body.contains("start");
  if (by_start == body.contains("range")) return invalid("Set exactly one of start or range [zmig-sheets-server]");
  if (by_start) {
    SHEETS_TRY(resolve_coordinate(member(body, "start"), context.book, range));
    const Sheet& sheet = *context.book.sheet(range.sheet);
    range.cells.row1 = range.cells.row0 + count(rows);
    range.cells.column1 = range.cells.column0 + widest(rows);
    SHEETS_TRY(beyond(sheet, range.cells.row1, range.cells.column1));
  } else {
    SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
    if (count(rows) > range.cells.row1 - range.cells.row0)
      return invalid(fmt::format("Attempting to write row: {}, beyond the last requested row of: {}", range.cells.row1,
                                 range.cells.row1 - 1));
    if (widest(rows) > range.cells.column1 - range.cells.column0)
      return invalid(fmt::format("Attempting to write column: {}, beyond the last requested column of: {}",
                                 range.cells.column1, range.cells.column1 - 1));
  }
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  if (!by_start) {  // what `rows` does not cover is cleared
    const Json nothing = object();
    for (int r = range.cells.row0; r < std::min(range.cells.row1, count(sheet.rows)); ++r) {
      const int given =
          r - range.cells.row0 < count(rows) ? count(member(rows[at(r - range.cells.row0)], "values")) : 0;
      for (int c = range.cells.column0 + given; c < std::min(range.cells.column1, count(*sheet.rows[at(r)])); ++c)
        SHEETS_TRY(write_cell(context, sheet, r, c, nothing, mask));
    }
  }
  return write_block(context, sheet, range.cells.row0, range.cells.column0, rows, mask);
}

Refusal append_cells(Context& context, const Json& body) {
  if (body.contains("tableId")) return not_implemented("appendCells to a table");
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "CellData", mask));
  const int id = int_of(body, "sheetId");
  Sheet* sheet = context.book.edit_grid(id);
  if (sheet == nullptr) return no_grid(id);
  const Json& rows = member(body, "rows");
  const int row0 = sheet->used().row1;
  const int rows_wanted = std::max(sheet->row_count, row0 + count(rows));
  const int columns_wanted = std::max(sheet->column_count, widest(rows));
  SHEETS_TRY(check_growth(context, *sheet, rows_wanted, columns_wanted));
  SHEETS_TRY(context.may_edit({id, {row0, row0 + count(rows), 0, widest(rows)}}));
  sheet->row_count = rows_wanted;
  sheet->column_count = columns_wanted;
  return write_block(context, *sheet, row0, 0, rows, mask);
}

Refusal repeat_cell(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "CellData", mask));
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  const Json& cell = member(body, "cell");
  for (int r = range.cells.row0; r < range.cells.row1; ++r)
    for (int c = range.cells.column0; c < range.cells.column1; ++c)
      SHEETS_TRY(write_cell(context, sheet, r, c, cell, mask, r - range.cells.row0, c - range.cells.column0));
  return {};
}

Refusal set_data_validation(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  for (const RangeObject& table : sheet.layer(Layer::table)) {
    const Range& t = table.ranges.front();
    for (const Json& column : member(table.body, "columnProperties")) {
      const std::string type = text_of(column, "columnType");
      const int c = t.column0 + int_of(column, "columnIndex");
      if (!type.empty() && type != "COLUMN_TYPE_UNSPECIFIED" && range.cells.meets({t.row0 + 1, t.row1, c, c + 1}))
        return invalid("This operation is not allowed on cells in typed columns");
    }
  }
  const Json* rule = find(body, "rule");
  for (int r = range.cells.row0; r < range.cells.row1; ++r)
    for (int c = range.cells.column0; c < range.cells.column1; ++c)
      if (rule != nullptr || sheet.cell(r, c) != nullptr)
        sheet.edit_cell(r, c).set_validation(rule != nullptr ? *rule : Json(nullptr));
  return {};
}

Refusal merge_cells(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(without_merges(context, body, range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  const std::string type = text_of(body, "mergeType", "MERGE_ALL");
  auto& merges = sheet.layer(Layer::merge);
  std::vector<Range> made;
  const Range& all = range.cells;
  if (type == "MERGE_ROWS") {
    for (int r = all.row0; r < all.row1; ++r) made.push_back({r, r + 1, all.column0, all.column1});
  } else if (type == "MERGE_COLUMNS") {
    for (int c = all.column0; c < all.column1; ++c) made.push_back({all.row0, all.row1, c, c + 1});
  } else {
    made.push_back(all);
  }
  for (const Range& m : made) {
    if (m.row1 - m.row0 == 1 && m.column1 - m.column0 == 1) continue;
    if (crosses_frozen(sheet, m)) return invalid("You can't merge frozen and non-frozen cells [zmig-sheets-server]");
    merges.push_back({{}, {m}, object()});
    // only the first cell keeps its value
    for (int r = m.row0; r < std::min(m.row1, count(sheet.rows)); ++r)
      for (int c = m.column0; c < std::min(m.column1, count(*sheet.rows[at(r)])); ++c)
        if (r != m.row0 || c != m.column0) sheet.put(r, c, {});
  }
  return {};
}

Refusal unmerge_cells(Context& context, const Json& body) {
  GridRange range;
  return without_merges(context, body, range);
}

Refusal update_borders(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  const Range& all = range.cells;
  const auto draw = [&](const char* given, const char* side, const Range& cells) {
    const Json* border = find(body, given);
    if (border == nullptr) return;
    for (int r = cells.row0; r < cells.row1; ++r)
      for (int c = cells.column0; c < cells.column1; ++c) set_border(sheet.edit_cell(r, c), side, *border);
  };
  draw("top", "top", {all.row0, all.row0 + 1, all.column0, all.column1});
  draw("bottom", "bottom", {all.row1 - 1, all.row1, all.column0, all.column1});
  draw("left", "left", {all.row0, all.row1, all.column0, all.column0 + 1});
  draw("right", "right", {all.row0, all.row1, all.column1 - 1, all.column1});
  draw("innerHorizontal", "bottom", {all.row0, all.row1 - 1, all.column0, all.column1});
  draw("innerVertical", "right", {all.row0, all.row1, all.column0, all.column1 - 1});
  return {};
}

}  // namespace requests

}  // namespace sheets_server
