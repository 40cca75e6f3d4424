#include "embedded.h"

#include <algorithm>

#include "shift.h"

namespace sheets_server {

namespace {

// What is left of a list of GridRanges.
void change_list(Json& list, const std::function<bool(Json&)>& change) {
  Json kept = Json::array();
  for (Json& item : list)
    if (change(item)) kept.push_back(std::move(item));
  list = std::move(kept);
}

bool reads_nothing(const Json& item, const char* part) {
  const Json* range = find(member(item, part), "sourceRange");
  return range != nullptr && member(*range, "sources").empty();
}

bool remap_json(Json& range, Axis axis, const Remap& remap) {
  const char* low = axis == Axis::rows ? "startRowIndex" : "startColumnIndex";
  const char* high = axis == Axis::rows ? "endRowIndex" : "endColumnIndex";
  int from = int_of(range, low);
  int to = int_of(range, high);
  if (!remap.span(from, to)) return false;
  range[low] = from;
  range[high] = to;
  return true;
}

bool inside(const Json& range, Axis axis, int across_from, int across_to) {
  const char* low = axis == Axis::rows ? "startColumnIndex" : "startRowIndex";
  const char* high = axis == Axis::rows ? "endColumnIndex" : "endRowIndex";
  return int_of(range, low) >= across_from && int_of(range, high) <= across_to;
}

bool has_spec(const Sheet& sheet) { return !sheet.embedded.empty() || !sheet.source.is_null(); }

// The one column that a slicer filters follows.
void remap_slicer(Embedded& slicer, int sheet, Axis axis, const Remap& remap) {
  const Json before = member(member(slicer.body, "spec"), "dataRange");
  if (int_of(before, "sheetId") != sheet || axis != Axis::columns) return;
  if (!slicer.body["spec"].contains("columnIndex")) return;
  const int column = remap.index(int_of(before, "startColumnIndex") + int_of(slicer.body["spec"], "columnIndex"));
  Json after = before;
  if (column < 0 || !remap_json(after, axis, remap))
    slicer.body["spec"].erase("columnIndex");
  else
    slicer.body["spec"]["columnIndex"] = column - int_of(after, "startColumnIndex");
}

// `change` over the ranges of every object and data source of the book; slicers without a table go.
void change_all(Spreadsheet& book, const std::function<bool(Json&)>& change) {
  for (Cow<Sheet>& shared : book.sheets) {
    if (!has_spec(*shared)) continue;
    Sheet& sheet = shared.edit();
    for (Embedded& e : sheet.embedded) each_grid_range(e.body, change);
    sheet.embedded.erase(std::remove_if(sheet.embedded.begin(), sheet.embedded.end(),
                                        [](const Embedded& e) {
                                          return e.kind == Embedded::Kind::slicer &&
                                                 !member(e.body, "spec").contains("dataRange");
                                        }),
                         sheet.embedded.end());
    if (!sheet.source.is_null()) each_grid_range(sheet.source["dataSource"], change);
  }
}

}  // namespace

void each_grid_range(Json& spec, const std::function<bool(Json&)>& change) {
  if (spec.is_array())
    for (Json& item : spec) each_grid_range(item, change);
  if (!spec.is_object()) return;
  for (const char* one : {"dataRange", "range"})
    if (spec.contains(one) && !change(spec[one])) spec.erase(one);
  for (auto& [name, value] : spec.items()) {
    if (name == "dataRange" || name == "range") continue;
    if (name == "sources") {
      change_list(value, change);
      continue;
    }
    const bool lines = (name == "series" || name == "domains") && value.is_array();
    if (!lines) {
      each_grid_range(value, change);
      continue;
    }
    const char* part = name == "series" ? "series" : "domain";
    Json kept = Json::array();
    for (Json& item : value) {
      const bool read_nothing = reads_nothing(item, part);
      each_grid_range(item, change);
      if (read_nothing || !reads_nothing(item, part)) kept.push_back(std::move(item));
    }
    value = std::move(kept);
  }
}

Json render_position(const Embedded& embedded, int sheet) {
  if (embedded.alone) return Json{{"sheetId", sheet}};
  Json anchor = object();
  if (sheet != 0) anchor["sheetId"] = sheet;
  if (embedded.row != 0) anchor["rowIndex"] = embedded.row;
  if (embedded.column != 0) anchor["columnIndex"] = embedded.column;
  Json overlay = object();
  overlay["anchorCell"] = std::move(anchor);
  for (const auto& [name, value] : embedded.overlay.items()) overlay[name] = value;
  return Json{{"overlayPosition", std::move(overlay)}};
}

Json render_embedded(const Embedded& embedded, int sheet) {
  Json out = object();
  out[embedded.kind == Embedded::Kind::chart ? "chartId" : "slicerId"] = embedded.id;
  if (const Json* spec = find(embedded.body, "spec")) out["spec"] = *spec;
  out["position"] = render_position(embedded, sheet);
  if (const Json* border = find(embedded.body, "border")) out["border"] = *border;
  return out;
}

FoundEmbedded find_embedded(Spreadsheet& book, int id) {
  for (Cow<Sheet>& shared : book.sheets) {
    for (std::size_t n = 0; n < shared->embedded.size(); ++n) {
      if (shared->embedded[n].id != id) continue;
      Sheet& sheet = shared.edit();
      return {&sheet, &sheet.embedded[n]};
    }
  }
  return {};
}

void remap_embedded(Spreadsheet& book, int sheet_id, Axis axis, const Remap& remap) {
  for (Cow<Sheet>& shared : book.sheets) {
    if (shared->embedded.empty()) continue;
    Sheet& sheet = shared.edit();
    for (Embedded& e : sheet.embedded) {
      if (e.kind == Embedded::Kind::slicer) remap_slicer(e, sheet_id, axis, remap);
      if (sheet.id != sheet_id || e.alone) continue;
      int& anchor = axis == Axis::rows ? e.row : e.column;
      int to = anchor + 1;
      remap.span(anchor, to);
      anchor = std::clamp(anchor, 0, std::max(sheet.size(axis) - 1, 0));
    }
  }
  change_all(book, [&](Json& range) { return int_of(range, "sheetId") != sheet_id || remap_json(range, axis, remap); });
}

void remap_embedded_cells(Spreadsheet& book, int sheet_id, Axis axis, int across_from, int across_to,
                          const Remap& remap) {
  change_all(book, [&](Json& range) {
    return int_of(range, "sheetId") != sheet_id || !inside(range, axis, across_from, across_to) ||
           remap_json(range, axis, remap);
  });
}

void drop_embedded_ranges(Spreadsheet& book, int sheet_id) {
  change_all(book, [sheet_id](Json& range) { return int_of(range, "sheetId") != sheet_id; });
}

void repoint_embedded(Sheet& copy, int original, const Spreadsheet& book) {
  for (Embedded& e : copy.embedded) {
    each_grid_range(e.body, [&](Json& range) {
      const int id = int_of(range, "sheetId");
      if (id != original) return book.sheet(id) != nullptr;
      range.erase("sheetId");
      Json now = object();
      if (copy.id != 0) now["sheetId"] = copy.id;
      now.update(range);
      range = std::move(now);
      return true;
    });
  }
}

}  // namespace sheets_server
