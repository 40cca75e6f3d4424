// Developer metadata: requests and lookups.
#include <fmt/format.h>

#include <algorithm>

#include "a1.h"
#include "batch.h"
#include "metadata.h"
#include "text.h"

namespace sheets_server {

namespace {

Refusal read_location(const Context& context, const Json& location, Metadata& out) {
  const int set = static_cast<int>(location.contains("spreadsheet")) + static_cast<int>(location.contains("sheetId")) +
                  static_cast<int>(location.contains("dimensionRange"));
  if (set != 1) return invalid("DeveloperMetadata.location must name exactly one place [zmig-sheets-server]");
  if (location.contains("spreadsheet")) {
    if (!flag(location, "spreadsheet"))
      return invalid("DeveloperMetadata.location.spreadsheet must be true [zmig-sheets-server]");
    out.at = Metadata::At::spreadsheet;
    out.sheet = out.index = 0;
    return {};
  }
  if (location.contains("sheetId")) {
    out.at = Metadata::At::sheet;
    out.sheet = int_of(location, "sheetId");
    out.index = 0;
    return context.book.sheet(out.sheet) == nullptr ? Refusal(no_grid(out.sheet)) : Refusal();
  }
  const Json& range = member(location, "dimensionRange");
  if (!range.contains("startIndex") || !range.contains("endIndex"))
    return invalid("DimensionRange must specify both a startIndex and an endIndex");
  DimensionSpan span;
  SHEETS_TRY(dimension_range(context, range, span));
  const auto [sheet, axis, from, to] = span;
  if (to - from != 1) return invalid("DimensionRange must represent a single row or column");
  if (to > context.book.sheet(sheet)->size(axis))
    return invalid("DimensionRange is beyond the grid [zmig-sheets-server]");
  out.sheet = sheet;
  out.at = axis == Axis::rows ? Metadata::At::row : Metadata::At::column;
  out.index = from;
  return {};
}

// Keys and values of the spreadsheet, and of each sheet.
Refusal check_size(Context& context, const Metadata& entry) {
  const bool whole = entry.at == Metadata::At::spreadsheet;
  std::int64_t used = 0;
  for (const Metadata& m : context.book.metadata)
    if (whole ? m.at == Metadata::At::spreadsheet : m.at != Metadata::At::spreadsheet && m.sheet == entry.sheet)
      used += characters(m.key) + characters(m.value);
  const std::int64_t most = context.settings.limit("metadata");
  if (used <= most) return {};
  SHEETS_TRY(context.rests_on("metadataLimit"));
  return invalid(
      fmt::format("Developer metadata would take {} characters, more than {} [zmig-sheets-server]", used, most));
}

Refusal check_entry(const Metadata& m) {
  if (m.key.empty()) return invalid("Developer metadata must have a metadataKey [zmig-sheets-server]");
  if (m.visibility != "DOCUMENT" && m.visibility != "PROJECT")
    return invalid("Developer metadata must have a visibility [zmig-sheets-server]");
  return {};
}

Refusal check_duplicate(Context& context, Metadata& entry, bool& ignored) {
  const auto& all = context.book.metadata;
  const auto it = std::find_if(all.begin(), all.end(), [&](const Metadata& m) { return m.id == entry.id; });
  if (it == all.end()) return {};
  const bool other_scope =
      it->visibility != entry.visibility || (entry.visibility == "PROJECT" && it->project != entry.project);
  if (other_scope) {
    SHEETS_TRY(context.rests_on("metadataIdScope"));
    if (context.settings.knob("metadataIdScope") == "visibility") return {};
  }
  SHEETS_TRY(context.rests_on("duplicateMetadataId"));
  const std::string& choice = context.settings.knob("duplicateMetadataId");
  if (choice == "accept") return {};
  if (choice == "renumber") {
    entry.id = context.ids.number();
    return {};
  }
  ignored = choice == "ignore";
  if (ignored) return {};
  return invalid(fmt::format(
      "Cannot add developer metadata with ID [{}] because developer metadata with that ID already exists.", entry.id));
}

const char* location_type(Metadata::At level) {
  switch (level) {
    case Metadata::At::spreadsheet: return "SPREADSHEET";
    case Metadata::At::sheet: return "SHEET";
    case Metadata::At::row: return "ROW";
    case Metadata::At::column: return "COLUMN";
  }
  return "";
}

// Where a lookup looks: a sheet, or rows or columns of one.
struct Place {
  bool spreadsheet = false;
  bool whole_sheet = false;
  DimensionSpan span = {};  ///< of a whole sheet only the sheet
};

bool at_place(const Metadata& m, const Place& place, bool exact) {
  if (place.spreadsheet) return m.at == Metadata::At::spreadsheet;
  if (m.at == Metadata::At::spreadsheet || m.sheet != place.span.sheet) return false;
  if (place.whole_sheet) return exact ? m.at == Metadata::At::sheet : true;
  if (m.at == Metadata::At::sheet) return !exact;
  const Metadata::At level = place.span.axis == Axis::rows ? Metadata::At::row : Metadata::At::column;
  if (m.at != level) return !exact;  // a row crosses every column
  const auto& [sheet, axis, from, to] = place.span;
  return exact ? to - from == 1 && m.index == from : m.index >= from && m.index < to;
}

Refusal read_place(const Context& context, const Json& location, Place& out) {
  if (location.contains("spreadsheet")) {
    out.spreadsheet = true;
    return {};
  }
  if (location.contains("sheetId")) {
    out.whole_sheet = true;
    out.span.sheet = int_of(location, "sheetId");
    return context.book.sheet(out.span.sheet) == nullptr ? Refusal(no_grid(out.span.sheet)) : Refusal();
  }
  return dimension_range(context, member(location, "dimensionRange"), out.span);
}

Refusal by_lookup(const Context& context, const Json& lookup, std::vector<bool>& hit) {
  const Json* location = find(lookup, "metadataLocation");
  const std::string strategy = text_of(lookup, "locationMatchingStrategy");
  Place place;
  if (location != nullptr) {
    SHEETS_TRY(read_place(context, *location, place));
    if (place.spreadsheet && strategy == "INTERSECTING_LOCATION")
      return invalid(
          "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was specified as INTERSECTING");
  }
  const bool exact = strategy != "INTERSECTING_LOCATION";
  const std::string type = text_of(lookup, "locationType");
  for (std::size_t n = 0; n < hit.size(); ++n) {
    const Metadata& m = context.book.metadata[n];
    if (!sees(m, context.caller.project)) continue;
    if (lookup.contains("metadataId") && m.id != int_of(lookup, "metadataId")) continue;
    if (lookup.contains("metadataKey") && m.key != text_of(lookup, "metadataKey")) continue;
    if (lookup.contains("metadataValue") && m.value != text_of(lookup, "metadataValue")) continue;
    if (lookup.contains("visibility") && m.visibility != text_of(lookup, "visibility")) continue;
    if (!type.empty() && type != "DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED" && type != location_type(m.at))
      continue;
    if (location != nullptr && !at_place(m, place, exact)) continue;
    hit[n] = true;
  }
  return {};
}

}  // namespace

namespace requests {

Refusal create_metadata(Context& context, const Json& body) {
  const Json& given = member(body, "developerMetadata");
  Metadata entry;
  entry.id = int_of(given, "metadataId");
  entry.key = text_of(given, "metadataKey");
  entry.value = text_of(given, "metadataValue");
  entry.has_value = given.contains("metadataValue");
  entry.visibility = text_of(given, "visibility");
  entry.project = context.caller.project;
  SHEETS_TRY(check_entry(entry));
  SHEETS_TRY(read_location(context, member(given, "location"), entry));
  if (given.contains("metadataId") && entry.id <= 0) return invalid("metadataId must be positive [zmig-sheets-server]");
  if (entry.id == 0) entry.id = context.ids.number();
  bool ignored = false;
  SHEETS_TRY(check_duplicate(context, entry, ignored));
  context.reply["developerMetadata"] = render_metadata(entry);
  if (ignored) return {};
  context.book.metadata.push_back(entry);
  return check_size(context, entry);
}

Refusal update_metadata(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "DeveloperMetadata", mask));
  const Json& given = member(body, "developerMetadata");
  std::vector<std::size_t> found;
  SHEETS_TRY(find_metadata(context, member(body, "dataFilters"), found));
  if (found.empty()) {
    SHEETS_TRY(context.rests_on("updateMetadataNoMatch"));
    if (context.settings.knob("updateMetadataNoMatch") == "refuse")
      return invalid("No developer metadata matches the filters [zmig-sheets-server]");
  }
  Json changed = Json::array();
  for (const std::size_t n : found) {
    Metadata entry = context.book.metadata[n];
    if (mask.wants("metadataKey")) entry.key = text_of(given, "metadataKey");
    if (mask.wants("metadataValue")) {
      entry.value = text_of(given, "metadataValue");
      entry.has_value = given.contains("metadataValue");
    }
    if (mask.wants("visibility")) entry.visibility = text_of(given, "visibility");
    if (mask.wants("location")) SHEETS_TRY(read_location(context, member(given, "location"), entry));
    SHEETS_TRY(check_entry(entry));
    context.book.metadata[n] = entry;
    SHEETS_TRY(check_size(context, entry));
    changed.push_back(render_metadata(entry));
  }
  if (changed.empty())
    context.reply = Json::array();
  else
    context.reply["developerMetadata"] = std::move(changed);
  return {};
}

Refusal delete_metadata(Context& context, const Json& body) {
  std::vector<std::size_t> found;
  SHEETS_TRY(find_metadata(context, Json::array({member(body, "dataFilter")}), found));
  if (found.empty()) {
    SHEETS_TRY(context.rests_on("deleteMetadataNoMatch"));
    if (context.settings.knob("deleteMetadataNoMatch") == "refuse")
      return invalid("No developer metadata matches the filter [zmig-sheets-server]");
    context.reply = Json::array();
    return {};
  }
  Json gone = Json::array();
  for (auto n = found.rbegin(); n != found.rend(); ++n) {
    gone.insert(gone.begin(), render_metadata(context.book.metadata[*n]));
    context.book.metadata.erase(context.book.metadata.begin() + static_cast<std::ptrdiff_t>(*n));
  }
  context.reply["deletedDeveloperMetadata"] = std::move(gone);
  return {};
}

}  // namespace requests

Refusal find_metadata(const Context& context, const Json& filters, std::vector<std::size_t>& out) {
  std::vector<bool> hit(context.book.metadata.size(), false);
  for (const Json& filter : filters) {
    if (const Json* lookup = find(filter, "developerMetadataLookup")) {
      SHEETS_TRY(by_lookup(context, *lookup, hit));
      continue;
    }
    // a range: what lies on its rows, columns and sheet
    std::vector<GridRange> ranges;
    SHEETS_TRY(filtered_ranges(context, filter, ranges));
    for (const GridRange& range : ranges) {
      for (std::size_t n = 0; n < hit.size(); ++n) {
        const Metadata& m = context.book.metadata[n];
        if (m.at == Metadata::At::spreadsheet || m.sheet != range.sheet || !sees(m, context.caller.project)) continue;
        const bool whole = range.cells == context.book.sheet(range.sheet)->whole();
        const bool row = m.at == Metadata::At::row && m.index >= range.cells.row0 && m.index < range.cells.row1;
        const bool column =
            m.at == Metadata::At::column && m.index >= range.cells.column0 && m.index < range.cells.column1;
        if (row || column || (m.at == Metadata::At::sheet && whole)) hit[n] = true;
      }
    }
  }
  for (std::size_t n = 0; n < hit.size(); ++n)
    if (hit[n]) out.push_back(n);
  return {};
}

Refusal filtered_ranges(const Context& context, const Json& filter, std::vector<GridRange>& out) {
  if (filter.contains("a1Range")) {
    NamedPlace place;
    SHEETS_TRY(resolve_range(text_of(filter, "a1Range"), context.book, place));
    out.push_back({place.sheet, place.cells});
    return {};
  }
  if (filter.contains("gridRange")) {
    GridRange range;
    SHEETS_TRY(resolve_grid_range(member(filter, "gridRange"), context.book, range));
    out.push_back(range);
    return {};
  }
  std::vector<std::size_t> found;
  if (!filter.contains("developerMetadataLookup"))
    return invalid("Must specify one of developerMetadataLookup, a1Range or gridRange [zmig-sheets-server]");
  SHEETS_TRY(find_metadata(context, Json::array({filter}), found));
  for (const std::size_t n : found) {
    const Metadata& m = context.book.metadata[n];
    if (m.at == Metadata::At::spreadsheet) {
      for (const Cow<Sheet>& s : context.book.sheets) out.push_back({s->id, s->whole()});
      continue;
    }
    Range cells = context.book.sheet(m.sheet)->whole();
    if (m.at == Metadata::At::row) cells.row0 = m.index, cells.row1 = m.index + 1;
    if (m.at == Metadata::At::column) cells.column0 = m.index, cells.column1 = m.index + 1;
    out.push_back({m.sheet, cells});
  }
  return {};
}

}  // namespace sheets_server
