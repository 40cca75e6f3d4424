// Requests about charts and slicers. Texts of refusals were seen by others at the real service, as far as they do not
// end in [zmig-sheets-server].
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "a1.h"
#include "batch.h"
#include "embedded.h"

namespace sheets_server {

namespace {

constexpr const char* kRule = "embeddedObjects";

// ---- what is in them ----

constexpr std::array kChartKinds = {"basicChart",     "pieChart",       "bubbleChart",  "candlestickChart", "orgChart",
                                    "histogramChart", "waterfallChart", "treemapChart", "scorecardChart"};

ApiError internal_error() {
  ApiError error;
  error.code = 500;
  error.status = "INTERNAL";
  error.message = "Internal error encountered.";
  return error;
}

bool line_like(const Json& range) {
  return int_of(range, "endRowIndex") - int_of(range, "startRowIndex") == 1 ||
         int_of(range, "endColumnIndex") - int_of(range, "startColumnIndex") == 1;
}

// Every range in it must be one of the book; they are written out in full.
Refusal resolve_ranges(const Context& context, Json& spec) {
  Refusal refused;
  each_grid_range(spec, [&](Json& json) {
    GridRange range;
    Refusal here = resolve_grid_range(json, context.book, range);
    if (!here)
      json = to_json(range);
    else if (!refused)
      refused = std::move(here);
    return true;
  });
  return refused;
}

// All sources of one ChartSourceRange are rows, or all are columns.
Refusal check_sources(const Json& value) {
  if (value.is_array())
    for (const Json& item : value) SHEETS_TRY(check_sources(item));
  if (!value.is_object()) return {};
  for (const auto& [name, item] : value.items()) {
    if (name != "sources") {
      SHEETS_TRY(check_sources(item));
      continue;
    }
    const auto flat = [&item = item](const char* low, const char* high) {
      return std::all_of(item.begin(), item.end(),
                         [&](const Json& r) { return int_of(r, high) - int_of(r, low) == 1; });
    };
    if (!std::all_of(item.begin(), item.end(), line_like) ||
        (!flat("startRowIndex", "endRowIndex") && !flat("startColumnIndex", "endColumnIndex")))
      return invalid("ChartSourceRange ranges require all rows or all columns to have length of 1");
  }
  return {};
}

Refusal read_chart_spec(const Context& context, const Json* given, Json& out) {
  if (given == nullptr) return invalid("no chart spec");
  const auto kinds = std::count_if(kChartKinds.begin(), kChartKinds.end(),
                                   [given](const char* kind) { return given->contains(kind); });
  if (kinds == 0)  // as it is spelt there
    return invalid(
        "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart must be set on "
        "chartSpec.");
  if (kinds > 1) return invalid("A chartSpec is of one kind [zmig-sheets-server]");
  if (given->contains("dataSourceChartProperties")) return not_implemented("a chart of a data source");
  if (const Json* basic = find(*given, "basicChart");
      basic != nullptr && member(*basic, "domains").empty() && member(*basic, "series").empty())
    return internal_error();
  out = *given;
  SHEETS_TRY(resolve_ranges(context, out));
  SHEETS_TRY(check_sources(out));
  normalise_colours(out);
  return {};
}

Refusal read_slicer_spec(const Context& context, const Json& given, Json& out) {
  if (!given.contains("dataRange")) return invalid("no data range");
  out = given;
  SHEETS_TRY(resolve_ranges(context, out));
  const Json& range = member(out, "dataRange");
  const int width = int_of(range, "endColumnIndex") - int_of(range, "startColumnIndex");
  if (const int column = int_of(out, "columnIndex"); column < 0 || column >= width)
    return invalid("Slicer column must be within range bounds");
  normalise_colours(out);
  return {};
}

// ---- where they are ----

// Puts `moved` where the position says: over a cell, or on a new sheet of its own. Its sheet, by id.
Refusal place_at(Context& context, const Json& position, Embedded& moved, int& sheet) {
  const bool over = position.contains("overlayPosition");
  const bool own = position.contains("sheetId") || flag(position, "newSheet");
  if (!over && !own)
    return invalid("One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set");
  if (over && own) return invalid("An embedded object has one position [zmig-sheets-server]");
  moved.alone = own;
  if (own) {
    if (moved.kind == Embedded::Kind::slicer)
      return invalid("A slicer can only be put on a sheet that exists [zmig-sheets-server]");
    const int id = int_of(position, "sheetId", -1);
    if (position.contains("sheetId") && id < 0)
      return invalid("position.sheetId must not be negative [zmig-sheets-server]");
    if (context.book.sheet(id) != nullptr)
      return invalid(
          fmt::format("Cannot add chart to new sheet with ID: {}, a sheet with that ID already exists.", id));
    sheet = add_gridless_sheet(context, "OBJECT", id, "Chart").id;
    moved.row = moved.column = 0;
    moved.overlay = object();
    return {};
  }
  const Json& overlay = member(position, "overlayPosition");
  const Json& anchor = member(overlay, "anchorCell");
  sheet = int_of(anchor, "sheetId");
  const Sheet* grid = context.book.grid(sheet);
  if (grid == nullptr) return no_grid(sheet);
  moved.row = int_of(anchor, "rowIndex");
  moved.column = int_of(anchor, "columnIndex");
  if (!grid->whole().contains(moved.row, moved.column))
    return invalid("anchorCell must be a cell of the grid [zmig-sheets-server]");
  moved.overlay = object();
  for (const char* offset : {"offsetXPixels", "offsetYPixels"}) {
    if (int_of(overlay, offset) < 0) return invalid("Offsets must not be negative [zmig-sheets-server]");
    if (int_of(overlay, offset) != 0) moved.overlay[offset] = int_of(overlay, offset);
  }
  const auto size = [&overlay](const char* name, int otherwise) {
    const int given = int_of(overlay, name);
    return given == 0 ? otherwise : given;
  };
  moved.overlay["widthPixels"] = size("widthPixels", 600);
  moved.overlay["heightPixels"] = size("heightPixels", 371);
  if (int_of(moved.overlay, "widthPixels") < 0 || int_of(moved.overlay, "heightPixels") < 0)
    return invalid("A size must be positive [zmig-sheets-server]");
  return {};
}

Refusal take_id(Context& context, const Json& given, const char* name, int& id) {
  id = int_of(given, name);
  if (id < 0) return invalid("The id of an embedded object must be positive [zmig-sheets-server]");
  if (id != 0 && find_embedded(context.book, id).embedded != nullptr)
    return invalid(fmt::format("An embedded object with id {} already exists [zmig-sheets-server]", id));
  while (id == 0 || find_embedded(context.book, id).embedded != nullptr) id = context.ids.number();
  return {};
}

ApiError none_with(const char* what, int id) { return invalid(fmt::format("No {} with id: {}", what, id)); }

Refusal find_kind(Context& context, int id, Embedded::Kind kind, FoundEmbedded& found) {
  SHEETS_TRY(context.rests_on(kRule));
  found = find_embedded(context.book, id);
  if (found.embedded != nullptr && found.embedded->kind == kind) return {};
  return none_with(kind == Embedded::Kind::chart ? "chart" : "slicer", id);
}

void take_away(Sheet& sheet, int id) {
  auto& all = sheet.embedded;
  all.erase(std::remove_if(all.begin(), all.end(), [id](const Embedded& e) { return e.id == id; }), all.end());
}

}  // namespace

namespace requests {

Refusal add_chart(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  const Json& given = member(body, "chart");
  Embedded made;
  SHEETS_TRY(take_id(context, given, "chartId", made.id));
  SHEETS_TRY(read_chart_spec(context, find(given, "spec"), made.body["spec"]));
  if (const Json* border = find(given, "border")) {
    made.body["border"] = *border;
    normalise_colours(made.body["border"]);
  }
  int sheet = 0;
  SHEETS_TRY(place_at(context, member(given, "position"), made, sheet));
  context.reply["chart"] = render_embedded(made, sheet);
  context.book.edit_sheet(sheet)->embedded.push_back(std::move(made));
  return {};
}

Refusal update_chart_spec(Context& context, const Json& body) {
  FoundEmbedded found;
  SHEETS_TRY(find_kind(context, int_of(body, "chartId"), Embedded::Kind::chart, found));
  Json spec;
  SHEETS_TRY(read_chart_spec(context, find(body, "spec"), spec));
  found.embedded->body["spec"] = std::move(spec);
  return {};
}

Refusal add_slicer(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  const Json& given = member(body, "slicer");
  Embedded made;
  made.kind = Embedded::Kind::slicer;
  SHEETS_TRY(take_id(context, given, "slicerId", made.id));
  SHEETS_TRY(read_slicer_spec(context, member(given, "spec"), made.body["spec"]));
  int sheet = 0;
  SHEETS_TRY(place_at(context, member(given, "position"), made, sheet));
  context.reply["slicer"] = render_embedded(made, sheet);
  context.book.edit_sheet(sheet)->embedded.push_back(std::move(made));
  return {};
}

Refusal update_slicer_spec(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "SlicerSpec", mask));
  FoundEmbedded found;
  SHEETS_TRY(find_kind(context, int_of(body, "slicerId"), Embedded::Kind::slicer, found));
  Json wanted = found.embedded->body["spec"];
  write_with_twins(wanted, member(body, "spec"), mask);
  SHEETS_TRY(read_slicer_spec(context, wanted, found.embedded->body["spec"]));
  return {};
}

Refusal delete_embedded(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  const int id = int_of(body, "objectId");
  const FoundEmbedded found = find_embedded(context.book, id);
  if (found.embedded == nullptr) return none_with("embedded object", id);
  if (found.embedded->alone) return remove_sheet(context, found.sheet->id);
  take_away(*found.sheet, id);
  return {};
}

Refusal move_embedded(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  const int id = int_of(body, "objectId");
  const FoundEmbedded found = find_embedded(context.book, id);
  if (found.embedded == nullptr) return none_with("embedded object", id);
  Json position = member(body, "newPosition");
  if (const Json* overlay = find(position, "overlayPosition")) {
    Mask mask;
    SHEETS_TRY(body_mask(context, body, "OverlayPosition", mask));
    Json wanted = member(render_position(*found.embedded, found.sheet->id), "overlayPosition");
    write_masked(wanted, *overlay, mask);
    position["overlayPosition"] = std::move(wanted);
  }
  Embedded moved = *found.embedded;
  const bool alone_before = moved.alone;
  const int from = found.sheet->id;
  int to = 0;
  SHEETS_TRY(place_at(context, position, moved, to));
  take_away(*context.book.edit_sheet(from), id);
  context.reply["position"] = render_position(moved, to);
  context.book.edit_sheet(to)->embedded.push_back(std::move(moved));
  return alone_before ? remove_sheet(context, from) : Refusal();
}

Refusal update_border(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "EmbeddedObjectBorder", mask));
  SHEETS_TRY(context.rests_on(kRule));
  const int id = int_of(body, "objectId");
  const FoundEmbedded found = find_embedded(context.book, id);
  if (found.embedded == nullptr) return none_with("embedded object", id);
  if (found.embedded->kind == Embedded::Kind::slicer) return invalid("A slicer has no border [zmig-sheets-server]");
  Json border = member(found.embedded->body, "border");
  write_with_twins(border, member(body, "border"), mask);
  if (border.empty())
    found.embedded->body.erase("border");
  else
    found.embedded->body["border"] = std::move(border);
  return {};
}

}  // namespace requests

}  // namespace sheets_server
