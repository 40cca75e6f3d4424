// Requests about rows and columns.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "a1.h"
#include "batch.h"
#include "number_format.h"
#include "shift.h"
#include "text.h"

namespace sheets_server {

namespace {

std::size_t slot(Axis axis) { return static_cast<std::size_t>(axis); }

GridRange band(const Sheet& sheet, Axis axis, int from, int to) {
  if (axis == Axis::rows) return {sheet.id, {from, to, 0, sheet.column_count}};
  return {sheet.id, {0, sheet.row_count, from, to}};
}

// Cells of new rows or columns take format and validation of their neighbour.
Refusal inherit(Context& context, Sheet& sheet, Axis axis, int from, int to, int neighbour) {
  const int across = axis == Axis::rows ? sheet.column_count : count(sheet.rows);
  bool asked = false;
  for (int n = 0; n < across; ++n) {
    const Cell* model = axis == Axis::rows ? sheet.cell(neighbour, n) : sheet.cell(n, neighbour);
    const bool validated = model != nullptr && model->extra && !model->extra->validation.is_null();
    if (model == nullptr || (!model->format && !validated)) continue;
    if (!asked) SHEETS_TRY(context.rests_on("insertInherits"));
    asked = true;
    if (context.settings.knob("insertInherits") == "no") return {};
    const auto format = model->format;
    const Json validation = validated ? model->extra->validation : Json(nullptr);
    for (int i = from; i < to; ++i) {
      Cell& cell = axis == Axis::rows ? sheet.edit_cell(i, n) : sheet.edit_cell(n, i);
      cell.format = format;
      if (validated) cell.set_validation(validation);
    }
  }
  return {};
}

// Groups from the depth of each index: one group for each run at or above each depth.
void regroup(Sheet& sheet, Axis axis, const std::vector<int>& depth) {
  auto& groups = sheet.groups[slot(axis)];
  const std::vector<Group> before = groups;
  groups.clear();
  const int deepest = depth.empty() ? 0 : *std::max_element(depth.begin(), depth.end());
  for (int d = 1; d <= deepest; ++d) {
    for (int n = 0; n < count(depth); ++n) {
      if (depth[at(n)] < d) continue;
      Group g{n, n, d, false};
      while (g.end < count(depth) && depth[at(g.end)] >= d) ++g.end;
      n = g.end;
      g.collapsed = std::any_of(before.begin(), before.end(), [&g](const Group& b) {
        return b.collapsed && b.start == g.start && b.end == g.end && b.depth == g.depth;
      });
      groups.push_back(g);
    }
  }
}

Refusal change_group(Context& context, const Json& body, int by, const char* list) {
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, member(body, "range"), span));
  const auto [id, axis, from, end] = span;
  Sheet& sheet = *context.book.edit_sheet(id);
  const int to = std::min(end, sheet.size(axis));
  std::vector<int> depth(at(sheet.size(axis)), 0);
  for (const Group& g : sheet.groups[slot(axis)])
    for (int n = g.start; n < g.end; ++n) ++depth[at(n)];
  for (int n = from; n < to; ++n) {
    if (by < 0 && depth[at(n)] == 0) return invalid("No group at the range [zmig-sheets-server]");
    depth[at(n)] += by;
    if (depth[at(n)] > 8) return invalid("A group can be at most 8 levels deep [zmig-sheets-server]");
  }
  regroup(sheet, axis, depth);
  Json groups = render_groups(sheet, axis);
  if (groups.empty())
    context.reply = Json::array();  // shown as an empty reply
  else
    context.reply[list] = std::move(groups);
  if (by > 0)
    sheet.other["gridProperties"][axis == Axis::rows ? "rowGroupControlAfter" : "columnGroupControlAfter"] = true;
  return {};
}

}  // namespace

namespace requests {

Refusal insert_dimension(Context& context, const Json& body) {
  const Json& range = member(body, "range");
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, range, span));
  const auto [id, axis, from, to] = span;
  Sheet& sheet = *context.book.edit_sheet(id);
  const bool before = flag(body, "inheritFromBefore");
  const int size = sheet.size(axis);
  if (before && from == 0) return invalid("Cannot insert with inheritFromBefore at index 0 [zmig-sheets-server]");
  if (from > size) return invalid(fmt::format("range.startIndex is larger than current grid size ({})", size));
  if (from == size && !before)
    return invalid(
        fmt::format("range.startIndex must be less than the grid size ({}) if inheritFromBefore is false.", size));
  const int more = to - from;
  SHEETS_TRY(check_growth(context, sheet, sheet.row_count + (axis == Axis::rows ? more : 0),
                          sheet.column_count + (axis == Axis::columns ? more : 0)));
  if (from < size) SHEETS_TRY(context.may_edit(band(sheet, axis, from, from + 1)));
  remap_dimension(context.book, id, axis, Remap::insertion(from, more));
  const int neighbour = before ? from - 1 : to;
  auto& dimensions = sheet.dimensions[slot(axis)];
  if (const auto it = dimensions.find(neighbour); it != dimensions.end() && it->second.pixels >= 0)
    for (int n = from; n < to; ++n) dimensions[n].pixels = dimensions[neighbour].pixels;
  return inherit(context, sheet, axis, from, to, neighbour);
}

Refusal append_dimension(Context& context, const Json& body) {
  if (body.contains("tableId")) return not_implemented("appendDimension of a table");
  const int id = int_of(body, "sheetId");
  Sheet* sheet = context.book.edit_grid(id);
  if (sheet == nullptr) return no_grid(id);
  const std::string dimension = text_of(body, "dimension");
  if (dimension != "ROWS" && dimension != "COLUMNS") return invalid("No dimension was specified.");
  const Axis axis = dimension == "ROWS" ? Axis::rows : Axis::columns;
  const int length = int_of(body, "length");
  if (length < 1) return invalid("length must be positive [zmig-sheets-server]");
  SHEETS_TRY(check_growth(context, *sheet, sheet->row_count + (axis == Axis::rows ? length : 0),
                          sheet->column_count + (axis == Axis::columns ? length : 0)));
  sheet->set_size(axis, sheet->size(axis) + length);
  return {};
}

Refusal delete_dimension(Context& context, const Json& body) {
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, member(body, "range"), span));
  const auto [id, axis, from, to] = span;
  const Sheet& sheet = *context.book.sheet(id);
  const char* one = axis == Axis::rows ? "row" : "column";
  const int size = sheet.size(axis);
  if (to > size) {
    return invalid(fmt::format(
        "Cannot delete a {0} that doesn't exist. Tried to delete {0} index {1} but there are only {2} {0}s.", one,
        std::max(from, size), size));
  }
  const int frozen = sheet.frozen(axis);
  if (to - from == size || (from <= frozen && to == size))
    return invalid(fmt::format("Sorry, it is not possible to delete all non-frozen {}s.", one));
  SHEETS_TRY(context.may_edit(band(sheet, axis, from, to)));
  remap_dimension(context.book, id, axis, Remap::deletion(from, to));
  return {};
}

Refusal move_dimension(Context& context, const Json& body) {
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, member(body, "source"), span));
  const auto [id, axis, from, to] = span;
  const Sheet& sheet = *context.book.sheet(id);
  const int destination = int_of(body, "destinationIndex");
  if (to > sheet.size(axis) || destination > sheet.size(axis) || destination < 0)
    return invalid("source and destinationIndex must lie inside the grid [zmig-sheets-server]");
  if (destination >= from && destination <= to) return {};  // onto itself
  for (const RangeObject& merge : sheet.layer(Layer::merge)) {
    const Range& r = merge.ranges.front();
    const int low = axis == Axis::rows ? r.row0 : r.column0;
    const int high = axis == Axis::rows ? r.row1 : r.column1;
    const auto cuts = [&](int place) { return place > low && place < high; };
    if (cuts(from) || cuts(to) || cuts(destination))
      return invalid("Cannot move a part of a merged cell [zmig-sheets-server]");
  }
  SHEETS_TRY(context.may_edit(band(sheet, axis, from, to)));
  remap_dimension(context.book, id, axis, Remap::moving(from, to, destination));
  return {};
}

Refusal update_dimension_properties(Context& context, const Json& body) {
  if (body.contains("dataSourceSheetRange")) return not_implemented("a data source sheet");
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, member(body, "range"), span));
  const auto [id, axis, from, to] = span;
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "DimensionProperties", mask));
  Sheet& sheet = *context.book.edit_sheet(id);
  if (to > sheet.size(axis)) return invalid("range.endIndex is beyond the grid [zmig-sheets-server]");
  const Json& given = member(body, "properties");
  for (int n = from; n < to; ++n) {
    DimensionProps& props = sheet.dimensions[slot(axis)][n];
    if (mask.wants("hiddenByUser")) props.hidden = flag(given, "hiddenByUser");
    if (mask.wants("pixelSize")) props.pixels = int_of(given, "pixelSize", -1);
  }
  return {};
}

Refusal auto_resize(Context& context, const Json& body) {
  if (!body.contains("dimensions")) return not_implemented("autoResizeDimensions of a data source sheet");
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, member(body, "dimensions"), span));
  const auto [id, axis, from, to] = span;
  Sheet& sheet = *context.book.edit_sheet(id);
  if (axis == Axis::rows) return {};
  const Locale locale = locale_of(text_of(context.book.properties, "locale"));
  for (int c = from; c < std::min(to, sheet.column_count); ++c) {
    std::int64_t widest = 0;
    for (int r = 0; r < count(sheet.rows); ++r)
      if (const Cell* cell = sheet.cell(r, c))
        widest = std::max(widest, characters(format_value(cell->effective(), number_format(*cell), locale)));
    if (widest > 0)
      sheet.dimensions[slot(axis)][c].pixels = static_cast<int>(std::lround(8.49 * static_cast<double>(widest)));
  }
  return {};
}

Refusal add_group(Context& context, const Json& body) { return change_group(context, body, 1, "dimensionGroups"); }

Refusal delete_group(Context& context, const Json& body) { return change_group(context, body, -1, "dimensionGroups"); }

Refusal update_group(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "DimensionGroup", mask));
  const Json& given = member(body, "dimensionGroup");
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, member(given, "range"), span));
  const auto [id, axis, from, to] = span;
  Sheet& sheet = *context.book.edit_sheet(id);
  for (Group& g : sheet.groups[slot(axis)]) {
    if (g.start != from || g.end != to || g.depth != int_of(given, "depth")) continue;
    if (mask.wants("collapsed")) g.collapsed = flag(given, "collapsed");
    return {};
  }
  return invalid("No group with that range and depth [zmig-sheets-server]");
}

}  // namespace requests

}  // namespace sheets_server
