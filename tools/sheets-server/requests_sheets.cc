// Requests about the spreadsheet and its sheets.
#include <fmt/format.h>

#include <algorithm>

#include "a1.h"
#include "batch.h"
#include "embedded.h"
#include "shift.h"
#include "text.h"

namespace sheets_server {

bool title_taken(const Context& context, const std::string& title, int except_sheet) {
  const bool exact = context.settings.knob("titleCase") == "exact";
  return std::any_of(context.book.sheets.begin(), context.book.sheets.end(), [&](const Cow<Sheet>& s) {
    return s->id != except_sheet && (exact ? s->title == title : lower(s->title) == lower(title));
  });
}

std::string free_title(const Spreadsheet& book, const std::string& wanted) {
  std::string title = wanted;
  for (int n = 2; book.sheet_by_title(title) != nullptr; ++n) title = fmt::format("{} {}", wanted, n);
  return title;
}

Sheet copied_sheet(Context& context, const Sheet& source) {
  Sheet copy = source;
  for (const Layer layer : {Layer::protection, Layer::filter_view, Layer::banding, Layer::table})
    for (RangeObject& item : copy.layer(layer)) item.id = std::to_string(context.ids.number());
  for (Embedded& item : copy.embedded) item.id = context.ids.number();
  copy.other.erase("hidden");
  return copy;
}

Sheet& add_gridless_sheet(Context& context, const char* type, int id, const std::string& prefix) {
  Sheet sheet;
  sheet.type = type;
  sheet.row_count = sheet.column_count = 0;
  sheet.id = id;
  while (sheet.id < 0 || context.book.sheet(sheet.id) != nullptr) sheet.id = context.ids.number();
  int number_free = 1;
  while (title_taken(context, fmt::format("{}{}", prefix, number_free), -1)) ++number_free;
  sheet.title = fmt::format("{}{}", prefix, number_free);
  context.book.sheets.emplace_back(std::move(sheet));
  return context.book.sheets.back().edit();
}

Refusal remove_sheet(Context& context, int id) {
  Spreadsheet& book = context.book;
  const int index = book.index_of(id);
  if (index < 0) return no_grid(id);
  if (book.sheets.size() == 1) return invalid("You can't remove all the sheets in a document.");
  const std::string title = book.sheets[at(index)]->title;
  book.sheets.erase(book.sheets.begin() + index);
  if (std::all_of(book.sheets.begin(), book.sheets.end(), [](const Cow<Sheet>& s) { return flag(s->other, "hidden"); }))
    return invalid("You can't remove all the visible sheets in a document.");
  auto& named = book.named;
  named.erase(std::remove_if(named.begin(), named.end(), [id](const NamedRange& n) { return n.range.sheet == id; }),
              named.end());
  auto& metadata = book.metadata;
  metadata.erase(std::remove_if(metadata.begin(), metadata.end(),
                                [id](const Metadata& m) { return m.at != Metadata::At::spreadsheet && m.sheet == id; }),
                 metadata.end());
  drop_in_formulas(book, title);
  drop_embedded_ranges(book, id);
  return {};
}

namespace {

Refusal check_title(Context& context, const std::string& title, int sheet) {
  if (title.empty()) return invalid("The sheet name cannot be empty.");
  if (characters(title) > context.settings.limit("title")) {
    SHEETS_TRY(context.rests_on("titleLength"));
    return invalid(fmt::format("The sheet name must not be longer than {} characters [zmig-sheets-server]",
                               context.settings.limit("title")));
  }
  const auto& all = context.book.sheets;
  const auto other = [&](const auto& same) {
    return std::any_of(all.begin(), all.end(), [&](const Cow<Sheet>& s) { return s->id != sheet && same(s->title); });
  };
  const bool exactly = other([&](const std::string& t) { return t == title; });
  if (!exactly && !other([&](const std::string& t) { return lower(t) == lower(title); })) return {};
  SHEETS_TRY(context.rests_on(exactly ? "duplicateSheetTitle" : "titleCase"));
  if (!exactly && context.settings.knob("titleCase") == "exact") return {};
  if (context.settings.knob("duplicateSheetTitle") == "accept") return {};
  return invalid(fmt::format("A sheet with the name \"{}\" already exists. Please enter another name.", title));
}

// The members that are absent when they are false or 0 go; the rest of SheetProperties is kept as it is.
Json kept_properties(Json properties) {
  for (const char* own : {"sheetId", "title", "index", "sheetType", "dataSourceSheetProperties"}) properties.erase(own);
  Json grid = member(properties, "gridProperties");
  grid.erase("rowCount");
  grid.erase("columnCount");
  Json kept = object();
  for (const auto& [name, value] : grid.items())
    if (!(value.is_boolean() && !value.get<bool>()) && !(value.is_number() && value == 0)) kept[name] = value;
  properties.erase("gridProperties");
  if (!kept.empty()) properties["gridProperties"] = kept;
  for (const char* name : {"hidden", "rightToLeft"})
    if (!flag(properties, name)) properties.erase(name);
  return properties;
}

Refusal resize(Context& context, Sheet& sheet, int rows, int columns) {
  if (rows < 1 || columns < 1)
    return invalid("gridProperties.rowCount and columnCount must be at least 1 [zmig-sheets-server]");
  SHEETS_TRY(check_growth(context, sheet, rows, columns));
  for (const Axis axis : {Axis::rows, Axis::columns}) {
    const int wanted = axis == Axis::rows ? rows : columns;
    if (wanted < sheet.size(axis)) {
      remap_dimension(context.book, sheet.id, axis, Remap::deletion(wanted, sheet.size(axis)));
    } else {
      sheet.set_size(axis, wanted);
    }
  }
  return {};
}

Refusal check_frozen(const Sheet& sheet) {
  for (const Axis axis : {Axis::rows, Axis::columns}) {
    const char* name = axis == Axis::rows ? "rows" : "columns";
    if (sheet.frozen(axis) < sheet.size(axis)) continue;
    if (sheet.frozen(axis) == 0) continue;
    return invalid(fmt::format("You can't freeze all visible {} on the sheet.", name));
  }
  for (const RangeObject& merge : sheet.layer(Layer::merge)) {
    const Range& r = merge.ranges.front();
    const int rows = sheet.frozen(Axis::rows);
    const int columns = sheet.frozen(Axis::columns);
    if ((rows > r.row0 && rows < r.row1) || (columns > r.column0 && columns < r.column1))
      return invalid("You can't freeze columns or rows which contain only part of a merged cell.");
  }
  return {};
}

Refusal all_hidden(const Context& context) {
  const auto& all = context.book.sheets;
  if (std::all_of(all.begin(), all.end(), [](const Cow<Sheet>& s) { return flag(s->other, "hidden"); }))
    return invalid("You can't hide all the sheets in a document.");
  return {};
}

void move_sheet(Spreadsheet& book, int from, int wanted) {
  // the place counts before the sheet is taken out
  const int place = std::clamp(wanted > from ? wanted - 1 : wanted, 0, count(book.sheets) - 1);
  Cow<Sheet> sheet = book.sheets[at(from)];
  book.sheets.erase(book.sheets.begin() + from);
  book.sheets.insert(book.sheets.begin() + place, std::move(sheet));
}

}  // namespace

namespace requests {

Refusal update_spreadsheet_properties(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "SpreadsheetProperties", mask));
  Json properties = context.book.properties;
  write_with_twins(properties, member(body, "properties"), mask);
  if (text_of(properties, "title").empty())
    return invalid("The spreadsheet title cannot be empty [zmig-sheets-server]");
  for (const char* blob : {"defaultFormat", "spreadsheetTheme"}) {
    if (mask.all || !mask.wants(blob)) continue;
    return not_implemented(std::string("updateSpreadsheetProperties of ") + blob);
  }
  properties.erase("defaultFormat");
  properties.erase("spreadsheetTheme");
  for (const char* name : {"locale", "autoRecalc", "timeZone"})
    if (!properties.contains(name)) properties[name] = context.book.properties[name];
  context.book.properties = std::move(properties);
  return {};
}

Refusal update_sheet_properties(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "SheetProperties", mask));
  const Json& given = member(body, "properties");
  const int id = int_of(given, "sheetId");
  const int index = context.book.index_of(id);
  if (index < 0) return no_grid(id);
  Json wanted = render_properties(*context.book.sheets[at(index)], index);
  write_with_twins(wanted, given, mask);
  if (mask.wants("title")) SHEETS_TRY(check_title(context, text_of(wanted, "title"), id));
  Sheet& sheet = *context.book.edit_sheet(id);
  const std::string old_title = sheet.title;
  if (mask.wants("title")) sheet.title = text_of(wanted, "title");
  const Json& grid = member(wanted, "gridProperties");
  if (!sheet.is_grid() && mask.wants("gridProperties") && given.contains("gridProperties"))
    return invalid("A sheet that is no grid has no grid properties [zmig-sheets-server]");
  if (sheet.is_grid() && mask.wants("gridProperties"))
    SHEETS_TRY(resize(context, sheet, int_of(grid, "rowCount"), int_of(grid, "columnCount")));
  sheet.other = kept_properties(wanted);
  SHEETS_TRY(check_frozen(sheet));
  SHEETS_TRY(all_hidden(context));
  if (sheet.title != old_title) {
    const std::string title = sheet.title;
    rename_in_formulas(context.book, old_title, title);
  }
  if (mask.wants("index")) move_sheet(context.book, index, int_of(given, "index"));
  return {};
}

Refusal add_sheet(Context& context, const Json& body) {
  const Json& given = member(body, "properties");
  const std::string type = text_of(given, "sheetType", "GRID");
  if (type != "GRID" && type != "SHEET_TYPE_UNSPECIFIED") return not_implemented("addSheet of type " + type);
  Sheet sheet;
  if (const Json* wanted = find(given, "sheetId")) {
    sheet.id = wanted->get<int>();
    if (sheet.id < 0) return invalid("addSheet.properties.sheetId must not be negative [zmig-sheets-server]");
    if (context.book.sheet(sheet.id) != nullptr) {
      SHEETS_TRY(context.rests_on("duplicateSheetId"));
      if (context.settings.knob("duplicateSheetId") == "refuse")
        return invalid(fmt::format("Sheet with id {} already exists", sheet.id));
      sheet.id = context.ids.number();
    }
  } else {
    do sheet.id = context.ids.number();
    while (context.book.sheet(sheet.id) != nullptr);
  }
  int number_free = count(context.book.sheets) + 1;
  while (title_taken(context, fmt::format("Sheet{}", number_free), -1)) ++number_free;
  sheet.title = given.contains("title") ? text_of(given, "title") : fmt::format("Sheet{}", number_free);
  SHEETS_TRY(check_title(context, sheet.title, -1));
  const Json& grid = member(given, "gridProperties");
  Json normal = given;
  normalise_colours(normal);
  sheet.other = kept_properties(normal);
  const int rows = int_of(grid, "rowCount", 1000);
  const int columns = int_of(grid, "columnCount", 26);
  if (rows < 1 || columns < 1)
    return invalid("gridProperties.rowCount and columnCount must be at least 1 [zmig-sheets-server]");
  sheet.row_count = sheet.column_count = 0;
  SHEETS_TRY(check_growth(context, sheet, rows, columns));
  sheet.row_count = rows;
  sheet.column_count = columns;
  SHEETS_TRY(check_frozen(sheet));
  const int index = std::clamp(int_of(given, "index", count(context.book.sheets)), 0, count(context.book.sheets));
  Json properties = render_properties(sheet, index);
  context.book.sheets.insert(context.book.sheets.begin() + index, Cow<Sheet>(std::move(sheet)));
  context.reply["properties"] = std::move(properties);
  return {};
}

Refusal delete_sheet(Context& context, const Json& body) {
  const Spreadsheet& book = context.book;
  const int id = int_of(body, "sheetId");
  const int index = book.index_of(id);
  if (index < 0) return no_grid(id);
  SHEETS_TRY(context.may_edit({id, book.sheets[at(index)]->whole()}));
  if (book.sheets[at(index)]->type == "DATA_SOURCE") SHEETS_TRY(context.rests_on("dataSources"));
  return remove_sheet(context, id);
}

Refusal duplicate_sheet(Context& context, const Json& body) {
  Spreadsheet& book = context.book;
  const int id = int_of(body, "sourceSheetId");
  const Sheet* source = book.sheet(id);
  if (source == nullptr) return no_grid(id);
  if (source->type == "DATA_SOURCE") return not_implemented("duplicateSheet of a data source sheet");
  if (!source->embedded.empty()) SHEETS_TRY(context.rests_on("embeddedObjects"));
  Sheet copy = copied_sheet(context, *source);
  copy.id = int_of(body, "newSheetId", context.ids.number());
  if (book.sheet(copy.id) != nullptr) {
    SHEETS_TRY(context.rests_on("duplicateSheetId"));
    if (context.settings.knob("duplicateSheetId") == "refuse")
      return invalid(fmt::format("Sheet with id {} already exists", copy.id));
    copy.id = context.ids.number();
  }
  copy.title =
      body.contains("newSheetName") ? text_of(body, "newSheetName") : free_title(book, "Copy of " + source->title);
  SHEETS_TRY(check_title(context, copy.title, -1));
  const Sheet empty{copy.id, copy.title, 0, 0};
  SHEETS_TRY(check_growth(context, empty, copy.row_count, copy.column_count));
  const bool has_metadata = std::any_of(book.metadata.begin(), book.metadata.end(), [id](const Metadata& m) {
    return m.at != Metadata::At::spreadsheet && m.sheet == id;
  });
  if (has_metadata) {
    SHEETS_TRY(context.rests_on("copyColumnMetadata"));
    if (context.settings.knob("copyColumnMetadata") == "yes") {
      std::vector<Metadata> copies;
      for (const Metadata& m : book.metadata)
        if (m.at != Metadata::At::spreadsheet && m.sheet == id) copies.push_back(m);
      for (Metadata& m : copies) {
        m.id = context.ids.number();
        m.sheet = copy.id;
        book.metadata.push_back(m);
      }
    }
  }
  repoint_embedded(copy, id, book);
  // left out, the copy comes first
  const int index = std::clamp(int_of(body, "insertSheetIndex"), 0, count(book.sheets));
  context.reply["properties"] = render_properties(copy, index);
  book.sheets.insert(book.sheets.begin() + index, Cow<Sheet>(std::move(copy)));
  return {};
}

}  // namespace requests

}  // namespace sheets_server
