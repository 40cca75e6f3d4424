// Requests that carry cells from one place to another.
#include <fmt/format.h>

#include <algorithm>

#include "a1.h"
#include "batch.h"
#include "entry.h"
#include "references.h"
#include "shift.h"

namespace sheets_server {

namespace {

// A block of cells, as it was before it is written elsewhere.
std::vector<Row> taken(const Sheet& sheet, const Range& range) {
  std::vector<Row> out;
  for (int r = range.row0; r < range.row1; ++r) {
    Row row;
    for (int c = range.column0; c < range.column1; ++c)
      row.push_back(sheet.cell(r, c) != nullptr ? *sheet.cell(r, c) : Cell{});
    out.push_back(std::move(row));
  }
  return out;
}

void paste_cell(Sheet& sheet, int row, int column, const Cell& from, const std::string& type, int rows, int columns,
                bool keep_references) {
  const bool values =
      type == "PASTE_NORMAL" || type == "PASTE_VALUES" || type == "PASTE_FORMULA" || type == "PASTE_NO_BORDERS";
  const bool formats = type == "PASTE_NORMAL" || type == "PASTE_FORMAT" || type == "PASTE_NO_BORDERS";
  const bool validation = type == "PASTE_NORMAL" || type == "PASTE_DATA_VALIDATION" || type == "PASTE_NO_BORDERS";
  if (from.empty() && sheet.cell(row, column) == nullptr) return;
  Cell& to = sheet.edit_cell(row, column);
  if (values) {
    Value value = type == "PASTE_VALUES" ? from.effective() : from.entered;
    if (value.kind == Value::Kind::formula && !keep_references) value.text = advanced(value.text, rows, columns);
    sheet.has_formulas = sheet.has_formulas || value.kind == Value::Kind::formula;
    to.entered = std::move(value);
    to.result.reset();
  }
  if (formats) {
    Json format = from.format ? *from.format : object();
    if (type == "PASTE_NO_BORDERS") format.erase("borders");
    to.set_format(format);
  }
  if (type == "PASTE_NORMAL")
    to.extra = from.extra;
  else if (validation)
    to.set_validation(from.extra ? from.extra->validation : Json(nullptr));
}

void paste_merges(Sheet& from, const Range& source, Sheet& to, int rows, int columns) {
  std::vector<RangeObject> copies;
  for (const RangeObject& m : from.layer(Layer::merge)) {
    if (!source.covers(m.ranges.front())) continue;
    Range r = m.ranges.front();
    r = {r.row0 + rows, r.row1 + rows, r.column0 + columns, r.column1 + columns};
    copies.push_back({{}, {r}, object()});
  }
  auto& merges = to.layer(Layer::merge);
  for (const RangeObject& copy : copies) {
    merges.erase(std::remove_if(merges.begin(), merges.end(),
                                [&](const RangeObject& m) { return m.ranges.front().meets(copy.ranges.front()); }),
                 merges.end());
    merges.push_back(copy);
  }
}

Refusal shift_axis(const Json& body, Axis& axis) {
  const std::string dimension = text_of(body, "shiftDimension");
  if (dimension != "ROWS" && dimension != "COLUMNS") return invalid("No dimension was specified.");
  axis = dimension == "ROWS" ? Axis::rows : Axis::columns;
  return {};
}

Refusal shift_range(Context& context, const Json& body, bool insert) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  Axis axis = Axis::rows;
  SHEETS_TRY(shift_axis(body, axis));
  const Range& r = range.cells;
  const Sheet& sheet = *context.book.sheet(range.sheet);
  const Range touched = axis == Axis::rows ? Range{r.row0, sheet.row_count, r.column0, r.column1}
                                           : Range{r.row0, r.row1, r.column0, sheet.column_count};
  SHEETS_TRY(context.may_edit({range.sheet, touched}));
  for (const RangeObject& m : sheet.layer(Layer::merge))
    if (touched.meets(m.ranges.front()) && !touched.covers(m.ranges.front()))
      return invalid("Cannot shift a part of a merged cell [zmig-sheets-server]");
  const int from = axis == Axis::rows ? r.row0 : r.column0;
  const int to = axis == Axis::rows ? r.row1 : r.column1;
  remap_cells(context.book, range.sheet, axis, axis == Axis::rows ? r.column0 : r.row0,
              axis == Axis::rows ? r.column1 : r.row1,
              insert ? Remap::insertion(from, to - from) : Remap::deletion(from, to));
  return {};
}

}  // namespace

namespace requests {

Refusal copy_paste(Context& context, const Json& body) {
  GridRange source;
  GridRange target;
  SHEETS_TRY(resolve_grid_range(member(body, "source"), context.book, source));
  SHEETS_TRY(resolve_grid_range(member(body, "destination"), context.book, target));
  const std::string type = text_of(body, "pasteType", "PASTE_NORMAL");
  if (type == "PASTE_CONDITIONAL_FORMATTING") return not_implemented("copyPaste of conditional formatting");
  const bool turned = text_of(body, "pasteOrientation") == "TRANSPOSE";
  const std::vector<Row> block = taken(*context.book.sheet(source.sheet), source.cells);
  const int high = turned ? count(block.front()) : count(block);
  const int wide = turned ? count(block) : count(block.front());
  // the block is repeated as often as it fits whole, and once where the destination is smaller
  const int down = std::max((target.cells.row1 - target.cells.row0) / high, 1);
  const int across = std::max((target.cells.column1 - target.cells.column0) / wide, 1);
  Sheet& sheet = *context.book.edit_sheet(target.sheet);
  const Range written{target.cells.row0, target.cells.row0 + down * high, target.cells.column0,
                      target.cells.column0 + across * wide};
  SHEETS_TRY(context.may_edit({target.sheet, written}));
  const int rows = std::max(sheet.row_count, written.row1);
  const int columns = std::max(sheet.column_count, written.column1);
  SHEETS_TRY(check_growth(context, sheet, rows, columns));
  sheet.row_count = rows;
  sheet.column_count = columns;
  for (int r = written.row0; r < written.row1; ++r) {
    for (int c = written.column0; c < written.column1; ++c) {
      const int i = (r - written.row0) % high;
      const int j = (c - written.column0) % wide;
      const int from_row = turned ? j : i;
      const int from_column = turned ? i : j;
      paste_cell(sheet, r, c, block[at(from_row)][at(from_column)], type, r - source.cells.row0 - from_row,
                 c - source.cells.column0 - from_column, false);
    }
  }
  if (type == "PASTE_NORMAL" && !turned) {
    Sheet& from = *context.book.edit_sheet(source.sheet);
    for (int i = 0; i < down; ++i)
      for (int j = 0; j < across; ++j)
        paste_merges(from, source.cells, sheet, written.row0 + i * high - source.cells.row0,
                     written.column0 + j * wide - source.cells.column0);
  }
  return {};
}

Refusal cut_paste(Context& context, const Json& body) {
  GridRange source;
  GridRange target;
  SHEETS_TRY(resolve_grid_range(member(body, "source"), context.book, source));
  SHEETS_TRY(resolve_coordinate(member(body, "destination"), context.book, target));
  SHEETS_TRY(context.may_edit(source));
  const std::string type = text_of(body, "pasteType", "PASTE_NORMAL");
  Sheet& from = *context.book.edit_sheet(source.sheet);
  const std::vector<Row> block = taken(from, source.cells);
  const int rows = target.cells.row0 - source.cells.row0;
  const int columns = target.cells.column0 - source.cells.column0;
  const Range written{target.cells.row0, target.cells.row0 + count(block), target.cells.column0,
                      target.cells.column0 + count(block.front())};
  SHEETS_TRY(context.may_edit({target.sheet, written}));
  for (int r = source.cells.row0; r < source.cells.row1; ++r)
    for (int c = source.cells.column0; c < source.cells.column1; ++c)
      if (from.cell(r, c) != nullptr) paste_cell(from, r, c, Cell{}, type, 0, 0, true);
  Sheet& sheet = *context.book.edit_sheet(target.sheet);
  const int high = std::max(sheet.row_count, written.row1);
  const int wide = std::max(sheet.column_count, written.column1);
  SHEETS_TRY(check_growth(context, sheet, high, wide));
  sheet.row_count = high;
  sheet.column_count = wide;
  for (int r = 0; r < count(block); ++r)
    for (int c = 0; c < count(block[at(r)]); ++c)
      paste_cell(sheet, written.row0 + r, written.column0 + c, block[at(r)][at(c)], type, 0, 0, true);
  if (type == "PASTE_NORMAL") {
    paste_merges(from, source.cells, sheet, rows, columns);
    if (rows != 0 || columns != 0 || source.sheet != target.sheet) {
      auto& merges = from.layer(Layer::merge);
      merges.erase(std::remove_if(merges.begin(), merges.end(),
                                  [&](const RangeObject& m) {
                                    return source.cells.covers(m.ranges.front()) &&
                                           !(source.sheet == target.sheet && written.covers(m.ranges.front()));
                                  }),
                   merges.end());
    }
  }
  return {};
}

Refusal paste_data(Context& context, const Json& body) {
  GridRange start;
  SHEETS_TRY(resolve_coordinate(member(body, "coordinate"), context.book, start));
  if (flag(body, "html")) return not_implemented("pasteData of HTML");
  const std::string delimiter = text_of(body, "delimiter");
  if (delimiter.empty()) return invalid("Set exactly one of html or delimiter [zmig-sheets-server]");
  const std::string data = text_of(body, "data");
  Sheet& sheet = *context.book.edit_sheet(start.sheet);
  const Locale locale = locale_of(text_of(context.book.properties, "locale"));
  int row = start.cells.row0;
  std::size_t from = 0;
  while (from < data.size()) {
    const std::size_t end = std::min(data.find('\n', from), data.size());
    const std::string line = data.substr(from, end - from);
    int column = start.cells.column0;
    std::size_t place = 0;
    while (place <= line.size()) {
      const std::size_t stop = std::min(line.find(delimiter, place), line.size());
      if (row >= sheet.row_count || column >= sheet.column_count)
        return invalid("The data does not fit the grid [zmig-sheets-server]");
      SHEETS_TRY(context.may_edit({start.sheet, {row, row + 1, column, column + 1}}));
      Entry entry = parse_entry(line.substr(place, stop - place), locale, 2026);
      sheet.put(row, column, std::move(entry.value));
      ++column;
      place = stop + delimiter.size();
    }
    ++row;
    from = end + 1;
  }
  return {};
}

Refusal insert_range(Context& context, const Json& body) { return shift_range(context, body, true); }

Refusal delete_range(Context& context, const Json& body) { return shift_range(context, body, false); }

}  // namespace requests

}  // namespace sheets_server
