#include "render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "embedded.h"
#include "number_format.h"
#include "rows.h"

namespace sheets_server {

namespace {

bool ends_with(const std::string& text, std::string_view tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

// backgroundColor and the like, not rgbColor, not themeColor.
bool has_twin(const std::string& name) {
  return (ends_with(name, "Color") || name == "color") && name != "rgbColor" && name != "themeColor";
}

Json quantised(const Json& colour) {
  Json out = object();
  for (const char* channel : {"red", "green", "blue"}) {
    const Json* given = find(colour, channel);
    if (given == nullptr || !given->is_number()) continue;
    const double cut = std::floor(std::clamp(given->get<double>(), 0.0, 1.0) * 255 + 1e-4);
    if (cut <= 0) continue;
    out[channel] = number(std::strtod(fmt::format("{}", static_cast<float>(cut) / 255.0F).c_str(), nullptr));
  }
  if (const Json* alpha = find(colour, "alpha")) out["alpha"] = *alpha;
  return out;
}

Json dimension_range(int sheet, Axis axis, int from, int to) {
  Json out = object();
  if (sheet != 0) out["sheetId"] = sheet;
  out["dimension"] = axis == Axis::rows ? "ROWS" : "COLUMNS";
  out["startIndex"] = from;
  out["endIndex"] = to;
  return out;
}

const char* layer_member(Layer layer) {
  switch (layer) {
    case Layer::merge: return "merges";
    case Layer::conditional: return "conditionalFormats";
    case Layer::protection: return "protectedRanges";
    case Layer::basic_filter: return "basicFilter";
    case Layer::filter_view: return "filterViews";
    case Layer::banding: return "bandedRanges";
    case Layer::table: return "tables";
  }
  return "";
}

const char* id_member(Layer layer) {
  switch (layer) {
    case Layer::protection: return "protectedRangeId";
    case Layer::filter_view: return "filterViewId";
    case Layer::banding: return "bandedRangeId";
    case Layer::table: return "tableId";
    case Layer::merge:
    case Layer::conditional:
    case Layer::basic_filter: break;
  }
  return nullptr;
}

Json metadata_list(const Spreadsheet& book, const View& view, Metadata::At level, int sheet, int index) {
  Json out = Json::array();
  if (!view.sees_metadata) return out;
  for (const Metadata& m : book.metadata)
    if (m.at == level && m.sheet == sheet && m.index == index && sees(m, view.project))
      out.push_back(render_metadata(m));
  return out;
}

Json render_dimensions(const Spreadsheet& book, const Sheet& sheet, Axis axis, int from, int to, const View& view) {
  Json out = Json::array();
  const auto& known = sheet.dimensions[static_cast<std::size_t>(axis)];
  for (int n = from; n < to; ++n) {
    const auto it = known.find(n);
    const DimensionProps props = it == known.end() ? DimensionProps{} : it->second;
    Json item = object();
    if (props.hidden) item["hiddenByUser"] = true;
    item["pixelSize"] = props.pixels >= 0 ? props.pixels : axis == Axis::rows ? 21 : 100;
    if (!book.metadata.empty()) {
      Json list = metadata_list(book, view, axis == Axis::rows ? Metadata::At::row : Metadata::At::column, sheet.id, n);
      if (!list.empty()) item["developerMetadata"] = std::move(list);
    }
    out.push_back(std::move(item));
  }
  return out;
}

Json render_grid(const Spreadsheet& book, const Sheet& sheet, const Range& range, const Mask& mask, const View& view) {
  Json out = object();
  if (range.row0 > 0) out["startRow"] = range.row0;
  if (range.column0 > 0) out["startColumn"] = range.column0;
  if (const Mask* rows_mask = mask.below("rowData")) {
    Json rows = rows_json(sheet, range, locale_of(text_of(book.properties, "locale")), *rows_mask);
    if (!rows.is_null()) out["rowData"] = std::move(rows);
  }
  if (mask.wants("rowMetadata"))
    out["rowMetadata"] = render_dimensions(book, sheet, Axis::rows, range.row0, range.row1, view);
  if (mask.wants("columnMetadata"))
    out["columnMetadata"] = render_dimensions(book, sheet, Axis::columns, range.column0, range.column1, view);
  prune(out, mask);
  return out;
}

// A table with rows of its own colours shows as a banded range too.
Json table_banding(const RangeObject& table, int sheet) {
  Json out = object();
  out["bandedRangeId"] = std::atoi(table.id.c_str());
  out["range"] = to_json({sheet, table.ranges.front()});
  Json rows = member(table.body, "rowsProperties");
  normalise_colours(rows);
  out["rowProperties"] = std::move(rows);
  out["bandedRangeReference"] = table.id;
  return out;
}

Json render_layer(const Sheet& sheet, Layer layer, const View& view) {
  Json out = Json::array();
  for (const RangeObject& object_here : sheet.layer(layer)) {
    Json item = render_object(layer, object_here, sheet.id);
    if (layer == Layer::protection) {
      const bool mine = may_edit_protected(object_here, view.email, view.owner);
      item.erase("requestingUserCanEdit");
      item.erase("editors");
      if (mine) item["requestingUserCanEdit"] = true;
      if (mine) item["editors"] = member(object_here.body, "editors");
    }
    out.push_back(std::move(item));
  }
  if (layer == Layer::banding)
    for (const RangeObject& table : sheet.layer(Layer::table)) out.push_back(table_banding(table, sheet.id));
  return out;
}

Json render_sheet(const Spreadsheet& book, const Sheet& sheet, int index, const View& view, const Mask& mask) {
  Json out = object();
  if (mask.wants("properties")) out["properties"] = render_properties(sheet, index);
  const Mask* data_mask = mask.below("data");
  if (data_mask != nullptr && sheet.is_grid() && (view.mask != nullptr || view.grid_data)) {
    Json data = Json::array();
    if (!view.by_ranges) data.push_back(render_grid(book, sheet, sheet.whole(), *data_mask, view));
    for (const GridRange& r : view.ranges)
      if (r.sheet == sheet.id) data.push_back(render_grid(book, sheet, r.cells, *data_mask, view));
    if (!data.empty()) out["data"] = std::move(data);
  }
  const auto put_layer = [&](Layer layer) {
    const char* name = layer_member(layer);
    if (!mask.wants(name)) return;
    Json list = render_layer(sheet, layer, view);
    if (!list.empty()) out[name] = layer == Layer::basic_filter ? list.front() : list;
  };
  const auto put_embedded = [&](const char* name, Embedded::Kind kind) {
    if (!mask.wants(name)) return;
    Json list = Json::array();
    for (const Embedded& e : sheet.embedded)
      if (e.kind == kind) list.push_back(render_embedded(e, sheet.id));
    if (!list.empty()) out[name] = std::move(list);
  };
  for (const Layer layer :
       {Layer::merge, Layer::conditional, Layer::filter_view, Layer::protection, Layer::basic_filter})
    put_layer(layer);
  put_embedded("charts", Embedded::Kind::chart);
  put_layer(Layer::banding);
  if (mask.wants("developerMetadata")) {
    Json list = metadata_list(book, view, Metadata::At::sheet, sheet.id, 0);
    if (!list.empty()) out["developerMetadata"] = std::move(list);
  }
  for (const Axis axis : {Axis::rows, Axis::columns}) {
    const char* name = axis == Axis::rows ? "rowGroups" : "columnGroups";
    if (!mask.wants(name)) continue;
    Json list = render_groups(sheet, axis);
    if (!list.empty()) out[name] = std::move(list);
  }
  put_embedded("slicers", Embedded::Kind::slicer);
  put_layer(Layer::table);
  return out;
}

}  // namespace

Json render_properties(const Sheet& sheet, int index) {
  Json out = object();
  out["sheetId"] = sheet.id;
  out["title"] = sheet.title;
  out["index"] = index;
  out["sheetType"] = sheet.type;
  if (sheet.type != "OBJECT") {
    Json grid = object();
    grid["rowCount"] = sheet.row_count;
    grid["columnCount"] = sheet.column_count;
    for (const auto& [name, value] : member(sheet.other, "gridProperties").items()) grid[name] = value;
    out["gridProperties"] = std::move(grid);
  }
  for (const char* name : {"hidden", "tabColor", "rightToLeft", "tabColorStyle"})
    if (const Json* value = find(sheet.other, name)) out[name] = *value;
  if (!sheet.source.is_null()) {
    Json source = object();
    source["dataSourceId"] = text_of(member(sheet.source, "dataSource"), "dataSourceId");
    source["dataExecutionStatus"] = member(sheet.source, "status");
    out["dataSourceSheetProperties"] = std::move(source);
  }
  return out;
}

bool sees(const Metadata& m, const std::string& project) { return m.visibility != "PROJECT" || m.project == project; }

Json render_metadata(const Metadata& m) {
  Json location = object();
  switch (m.at) {
    case Metadata::At::spreadsheet:
      location["locationType"] = "SPREADSHEET";
      location["spreadsheet"] = true;
      break;
    case Metadata::At::sheet:
      location["locationType"] = "SHEET";
      location["sheetId"] = m.sheet;
      break;
    case Metadata::At::row:
    case Metadata::At::column: {
      const Axis axis = m.at == Metadata::At::row ? Axis::rows : Axis::columns;
      location["locationType"] = axis == Axis::rows ? "ROW" : "COLUMN";
      location["dimensionRange"] = dimension_range(m.sheet, axis, m.index, m.index + 1);
    }
  }
  Json out = object();
  out["metadataId"] = m.id;
  out["metadataKey"] = m.key;
  if (m.has_value && !m.value.empty()) out["metadataValue"] = m.value;
  out["location"] = std::move(location);
  out["visibility"] = m.visibility;
  return out;
}

Json render_named_range(const NamedRange& n) {
  return Json{{"namedRangeId", n.id}, {"name", n.name}, {"range", to_json(n.range)}};
}

bool may_edit_protected(const RangeObject& object_here, const std::string& email, const std::string& owner) {
  if (email == owner || owner.empty()) return true;
  const Json& users = member(member(object_here.body, "editors"), "users");
  return std::any_of(users.begin(), users.end(), [&email](const Json& user) { return user == email; });
}

Json render_object(Layer layer, const RangeObject& object_here, int sheet) {
  if (layer == Layer::merge) return to_json({sheet, object_here.ranges.front()});
  Json out = object();
  const char* id = id_member(layer);
  if (id != nullptr) {
    if (layer == Layer::table)
      out[id] = object_here.id;
    else
      out[id] = std::atoi(object_here.id.c_str());
  }
  if (layer == Layer::conditional) {
    Json ranges = Json::array();
    for (const Range& r : object_here.ranges) ranges.push_back(to_json({sheet, r}));
    out["ranges"] = std::move(ranges);
  } else {
    for (const char* name : {"name", "title"})
      if (const Json* value = find(object_here.body, name)) out[name] = *value;
    if (!object_here.ranges.empty()) out["range"] = to_json({sheet, object_here.ranges.front()});
  }
  for (const auto& [name, value] : object_here.body.items()) out[name] = value;
  return out;
}

Json render_groups(const Sheet& sheet, Axis axis) {
  Json out = Json::array();
  for (const Group& g : sheet.groups[static_cast<std::size_t>(axis)]) {
    Json item = object();
    item["range"] = dimension_range(sheet.id, axis, g.start, g.end);
    item["depth"] = g.depth;
    if (g.collapsed) item["collapsed"] = true;
    out.push_back(std::move(item));
  }
  return out;
}

Json render_spreadsheet(const Spreadsheet& book, const View& view) {
  static const Mask kAll{true, {}};
  const Mask& mask = view.mask != nullptr ? *view.mask : kAll;
  Json out = object();
  if (mask.wants("spreadsheetId")) out["spreadsheetId"] = book.id;
  if (mask.wants("properties")) {
    Json properties = book.properties;
    properties["defaultFormat"] = default_format();
    properties["spreadsheetTheme"] = default_theme();
    out["properties"] = std::move(properties);
  }
  if (const Mask* sheet_mask = mask.below("sheets")) {
    Json sheets = Json::array();
    for (int n = 0; n < count(book.sheets); ++n) {
      const Sheet& sheet = *book.sheets[at(n)];
      const bool met = std::any_of(view.ranges.begin(), view.ranges.end(),
                                   [&sheet](const GridRange& r) { return r.sheet == sheet.id; });
      if (!view.by_ranges || met) sheets.push_back(render_sheet(book, sheet, n, view, *sheet_mask));
    }
    if (!sheets.empty()) out["sheets"] = std::move(sheets);
  }
  if (mask.wants("namedRanges") && !book.named.empty()) {
    Json list = Json::array();
    for (const NamedRange& n : book.named) list.push_back(render_named_range(n));
    out["namedRanges"] = std::move(list);
  }
  if (mask.wants("spreadsheetUrl"))
    out["spreadsheetUrl"] = "https://docs.google.com/spreadsheets/d/" + book.id + "/edit";
  if (mask.wants("developerMetadata")) {
    Json list = metadata_list(book, view, Metadata::At::spreadsheet, 0, 0);
    if (!list.empty()) out["developerMetadata"] = std::move(list);
  }
  if (mask.wants("dataSources")) {
    Json list = Json::array();
    for (const Cow<Sheet>& sheet : book.sheets)
      if (!sheet->source.is_null()) list.push_back(member(sheet->source, "dataSource"));
    if (!list.empty()) out["dataSources"] = std::move(list);
  }
  prune(out, mask);
  return out;
}

void normalise_colours(Json& value, bool twins) {
  if (value.is_array()) {
    for (Json& item : value) normalise_colours(item, twins);
    return;
  }
  if (!value.is_object()) return;
  std::vector<std::string> names;
  names.reserve(value.size());
  for (const auto& [name, item] : value.items()) names.push_back(name);
  for (const std::string& name : names) {
    if (!value.contains(name)) continue;  // erased with its twin
    if (ends_with(name, "ColorStyle") || name == "colorStyle") {
      const std::string plain = name.substr(0, name.size() - 5);
      if (value[name].empty()) {
        value.erase(name);
        value.erase(plain);
      } else if (const Json* rgb = find(value[name], "rgbColor")) {
        const Json colour = quantised(*rgb);
        value[name]["rgbColor"] = colour;
        if (twins) value[plain] = colour;
      }
    } else if (has_twin(name) && value[name].is_object()) {
      if (value.contains(name + "Style")) continue;  // the style decides
      const Json colour = quantised(value[name]);
      value[name] = colour;
      if (twins) value[name + "Style"] = Json{{"rgbColor", colour}};
    } else {
      normalise_colours(value[name], twins);
    }
  }
}

void write_with_twins(Json& target, const Json& source, const Mask& mask) {
  if (!mask.all && target.is_object()) {
    for (const auto& [name, below] : mask.children) {
      if (has_twin(name)) target.erase(name + "Style");
      if (ends_with(name, "Style") && has_twin(name.substr(0, name.size() - 5)))
        target.erase(name.substr(0, name.size() - 5));
    }
  }
  if (mask.all) {
    target = source;
  } else {
    for (const auto& [name, below] : mask.children) {
      Mask one;
      one.children.emplace_back(name, below);
      if (!below.all && target.contains(name) && target[name].is_object()) {
        write_with_twins(target[name], member(source, name.c_str()), below);
        if (target[name].empty()) target.erase(name);
      } else {
        write_masked(target, source, one);
      }
    }
  }
  normalise_colours(target);
}

}  // namespace sheets_server
