#include "state.h"

#include <fmt/format.h>

#include <utility>

namespace sheets_server {

namespace {

constexpr int kVersion = 1;

// ---- out ----

Json value_out(const Value& value) {
  switch (value.kind) {
    case Value::Kind::none: return nullptr;
    case Value::Kind::number: return number(value.number);
    case Value::Kind::text: return value.text;
    case Value::Kind::boolean: return value.boolean;
    case Value::Kind::error: return Json{{"error", value.text}};
    case Value::Kind::formula: return Json{{"formula", value.text}};
  }
  return nullptr;
}

// A bare value where there is nothing else.
Json cell_out(const Cell& cell) {
  Json value = value_out(cell.entered);
  if (!cell.result && !cell.format && !cell.extra && !value.is_object()) return value;
  Json out = object();
  out["value"] = std::move(value);
  if (cell.result) out["result"] = value_out(*cell.result);
  if (cell.format) out["format"] = *cell.format;
  if (cell.extra) {
    if (!cell.extra->note.empty()) out["note"] = cell.extra->note;
    if (!cell.extra->validation.is_null()) out["validation"] = cell.extra->validation;
    if (!cell.extra->other.empty()) out["other"] = cell.extra->other;
  }
  return out;
}

Json range_out(const Range& r) { return Json::array({r.row0, r.row1, r.column0, r.column1}); }

Json object_out(const RangeObject& o) {
  Json ranges = Json::array();
  for (const Range& r : o.ranges) ranges.push_back(range_out(r));
  return Json{{"id", o.id}, {"ranges", std::move(ranges)}, {"body", o.body}};
}

Json dimensions_out(const std::map<int, DimensionProps>& all) {
  Json out = Json::array();
  for (const auto& [index, p] : all) out.push_back(Json::array({index, p.pixels, p.hidden}));
  return out;
}

Json groups_out(const std::vector<Group>& all) {
  Json out = Json::array();
  for (const Group& g : all) out.push_back(Json::array({g.start, g.end, g.depth, g.collapsed}));
  return out;
}

Json embedded_out(const std::vector<Embedded>& all) {
  Json out = Json::array();
  for (const Embedded& e : all) {
    Json item = Json{{"slicer", e.kind == Embedded::Kind::slicer}, {"id", e.id}, {"body", e.body}, {"alone", e.alone}};
    item["anchor"] = Json::array({e.row, e.column});
    item["overlay"] = e.overlay;
    out.push_back(std::move(item));
  }
  return out;
}

Json sheet_out(const Sheet& sheet) {
  Json rows = Json::array();
  for (const Cow<Row>& row : sheet.rows) {
    Json cells = Json::array();
    for (const Cell& cell : *row) cells.push_back(cell_out(cell));
    rows.push_back(std::move(cells));
  }
  Json layers = Json::array();
  for (const auto& layer : sheet.layers) {
    Json objects = Json::array();
    for (const RangeObject& o : layer) objects.push_back(object_out(o));
    layers.push_back(std::move(objects));
  }
  Json out = Json{{"sheetId", sheet.id},
                  {"title", sheet.title},
                  {"rowCount", sheet.row_count},
                  {"columnCount", sheet.column_count},
                  {"other", sheet.other},
                  {"rowProperties", dimensions_out(sheet.dimensions[0])},
                  {"columnProperties", dimensions_out(sheet.dimensions[1])},
                  {"rowGroups", groups_out(sheet.groups[0])},
                  {"columnGroups", groups_out(sheet.groups[1])},
                  {"layers", std::move(layers)}};
  if (!sheet.is_grid()) out["type"] = sheet.type;
  if (!sheet.embedded.empty()) out["embedded"] = embedded_out(sheet.embedded);
  if (!sheet.source.is_null()) out["source"] = sheet.source;
  out["rows"] = std::move(rows);
  return out;
}

Json book_out(const Spreadsheet& book) {
  Json sheets = Json::array();
  for (const Cow<Sheet>& sheet : book.sheets) sheets.push_back(sheet_out(*sheet));
  Json named = Json::array();
  for (const NamedRange& n : book.named)
    named.push_back(
        Json{{"id", n.id}, {"name", n.name}, {"sheetId", n.range.sheet}, {"range", range_out(n.range.cells)}});
  Json metadata = Json::array();
  for (const Metadata& m : book.metadata) {
    Json item = Json{{"id", m.id}, {"key", m.key}};
    if (m.has_value) item["value"] = m.value;
    item["visibility"] = m.visibility;
    item["project"] = m.project;
    item["at"] = static_cast<int>(m.at);
    item["sheetId"] = m.sheet;
    item["index"] = m.index;
    metadata.push_back(std::move(item));
  }
  return Json{{"properties", book.properties},
              {"namedRanges", std::move(named)},
              {"developerMetadata", std::move(metadata)},
              {"sheets", std::move(sheets)}};
}

// ---- in: what is missing or of another type throws, and the two functions at the end catch it ----

template <class T>
T get(const Json& json, const char* name) {
  return json.at(name).get<T>();
}

Value value_in(const Json& json) {
  if (json.is_number()) return Value::of(json.get<double>());
  if (json.is_string()) return Value::of(json.get<std::string>());
  if (json.is_boolean()) return Value::of(json.get<bool>());
  if (json.contains("formula")) return Value::formula(get<std::string>(json, "formula"));
  if (json.contains("error")) return Value::error(get<std::string>(json, "error"));
  return {};
}

Cell cell_in(const Json& json) {
  Cell cell;
  if (!json.is_object()) {
    cell.entered = value_in(json);
    return cell;
  }
  cell.entered = value_in(json.at("value"));
  if (json.contains("result")) cell.result = std::make_shared<const Value>(value_in(json.at("result")));
  if (json.contains("format")) cell.set_format(json.at("format"));
  CellExtra extra;
  extra.note = text_of(json, "note");
  if (const Json* rule = find(json, "validation")) extra.validation = *rule;
  extra.other = member(json, "other");
  if (!extra.note.empty() || !extra.validation.is_null() || !extra.other.empty())
    cell.extra = std::make_shared<const CellExtra>(std::move(extra));
  return cell;
}

Range range_in(const Json& json) {
  return {json.at(0).get<int>(), json.at(1).get<int>(), json.at(2).get<int>(), json.at(3).get<int>()};
}

RangeObject object_in(const Json& json) {
  RangeObject out;
  out.id = get<std::string>(json, "id");
  for (const Json& r : json.at("ranges")) out.ranges.push_back(range_in(r));
  out.body = json.at("body");
  return out;
}

std::map<int, DimensionProps> dimensions_in(const Json& json) {
  std::map<int, DimensionProps> out;
  for (const Json& item : json) out[item.at(0).get<int>()] = {item.at(1).get<int>(), item.at(2).get<bool>()};
  return out;
}

std::vector<Group> groups_in(const Json& json) {
  std::vector<Group> out;
  out.reserve(json.size());
  for (const Json& item : json)
    out.push_back({item.at(0).get<int>(), item.at(1).get<int>(), item.at(2).get<int>(), item.at(3).get<bool>()});
  return out;
}

// Of states before there were such things there is nothing to read.
void extras_in(const Json& json, Sheet& sheet) {
  sheet.type = text_of(json, "type", "GRID");
  if (const Json* source = find(json, "source")) sheet.source = *source;
  for (const Json& item : member(json, "embedded")) {
    Embedded e;
    e.kind = get<bool>(item, "slicer") ? Embedded::Kind::slicer : Embedded::Kind::chart;
    e.id = get<int>(item, "id");
    e.body = item.at("body");
    e.alone = get<bool>(item, "alone");
    e.row = item.at("anchor").at(0).get<int>();
    e.column = item.at("anchor").at(1).get<int>();
    e.overlay = item.at("overlay");
    sheet.embedded.push_back(std::move(e));
  }
}

Sheet sheet_in(const Json& json) {
  Sheet sheet;
  sheet.id = get<int>(json, "sheetId");
  sheet.title = get<std::string>(json, "title");
  sheet.row_count = get<int>(json, "rowCount");
  sheet.column_count = get<int>(json, "columnCount");
  sheet.other = json.at("other");
  sheet.dimensions = {dimensions_in(json.at("rowProperties")), dimensions_in(json.at("columnProperties"))};
  sheet.groups = {groups_in(json.at("rowGroups")), groups_in(json.at("columnGroups"))};
  extras_in(json, sheet);
  for (std::size_t n = 0; n < kLayers; ++n)
    for (const Json& item : json.at("layers").at(n)) sheet.layers.at(n).push_back(object_in(item));
  for (const Json& cells : json.at("rows")) {
    Row row;
    row.reserve(cells.size());
    for (const Json& cell : cells) {
      row.push_back(cell_in(cell));
      sheet.has_formulas = sheet.has_formulas || row.back().entered.kind == Value::Kind::formula;
    }
    sheet.rows.emplace_back(std::move(row));
  }
  return sheet;
}

Spreadsheet book_in(const Json& json, const std::string& id) {
  Spreadsheet book;
  book.id = id;
  book.properties = json.at("properties");
  for (const Json& item : json.at("namedRanges"))
    book.named.push_back({get<std::string>(item, "id"),
                          get<std::string>(item, "name"),
                          {get<int>(item, "sheetId"), range_in(item.at("range"))}});
  for (const Json& item : json.at("developerMetadata")) {
    Metadata m;
    m.id = get<int>(item, "id");
    m.key = get<std::string>(item, "key");
    m.has_value = item.contains("value");
    m.value = text_of(item, "value");
    m.visibility = get<std::string>(item, "visibility");
    m.project = get<std::string>(item, "project");
    m.at = static_cast<Metadata::At>(get<int>(item, "at"));
    m.sheet = get<int>(item, "sheetId");
    m.index = get<int>(item, "index");
    book.metadata.push_back(std::move(m));
  }
  for (const Json& item : json.at("sheets")) book.sheets.emplace_back(sheet_in(item));
  return book;
}

File file_in(const Json& json, const std::string& id) {
  File out;
  out.id = id.empty() ? get<std::string>(json, "id") : id;
  out.name = get<std::string>(json, "name");
  out.mime = get<std::string>(json, "mimeType");
  out.owner = get<std::string>(json, "owner");
  out.parents = get<std::vector<std::string>>(json, "parents");
  out.trashed = get<bool>(json, "trashed");
  out.forbidden = get<bool>(json, "forbidden");
  out.office = get<bool>(json, "office");
  out.created = get<std::int64_t>(json, "created");
  out.modified = get<std::int64_t>(json, "modified");
  out.sequence = get<std::int64_t>(json, "sequence");
  out.changes = get<std::int64_t>(json, "changes");
  out.version = get<std::int64_t>(json, "version");
  out.committed_ms = get<std::int64_t>(json, "committed");
  out.unsettled = get<std::int64_t>(json, "unsettled");
  out.permissions = json.at("permissions");
  if (const Json* book = find(json, "spreadsheet"))
    out.book = std::make_shared<const Spreadsheet>(book_in(*book, out.id));
  return out;
}

Refusal unreadable(const char* why) { return invalid(fmt::format("this is not a state of this server: {}", why)); }

}  // namespace

Json dump_file(const File& file) {
  Json out = Json{{"id", file.id},
                  {"name", file.name},
                  {"mimeType", file.mime},
                  {"owner", file.owner},
                  {"parents", file.parents},
                  {"trashed", file.trashed},
                  {"forbidden", file.forbidden},
                  {"office", file.office},
                  {"created", file.created},
                  {"modified", file.modified},
                  {"sequence", file.sequence},
                  {"changes", file.changes},
                  {"version", file.version},
                  {"committed", file.committed_ms},
                  {"unsettled", file.unsettled},
                  {"permissions", file.permissions}};
  if (file.book) out["spreadsheet"] = book_out(*file.book);
  return out;
}

Json dump_world(const World& world) {
  Json files = Json::array();
  for (const File& file : world.files) files.push_back(dump_file(file));
  return Json{
      {"version", kVersion}, {"sequence", world.sequence}, {"ids", world.ids.state()}, {"files", std::move(files)}};
}

Refusal load_world(const Json& json, World& world) {
  try {
    if (get<int>(json, "version") != kVersion) return unreadable("another version");
    const auto sequence = get<std::int64_t>(json, "sequence");
    const auto ids = get<std::string>(json, "ids");
    std::vector<File> files;
    files.reserve(json.at("files").size());
    for (const Json& file : json.at("files")) files.push_back(file_in(file, {}));
    if (!world.ids.restore(ids)) return unreadable("ids");
    world.sequence = sequence;
    world.files = std::move(files);
  } catch (const Json::exception& e) { return unreadable(e.what()); }
  return {};
}

Refusal load_file(const Json& json, const std::string& id, World& world) {
  try {
    File loaded = file_in(json, id);
    if (File* there = world.file(id))
      *there = std::move(loaded);
    else
      world.files.push_back(std::move(loaded));
  } catch (const Json::exception& e) { return unreadable(e.what()); }
  return {};
}

}  // namespace sheets_server
