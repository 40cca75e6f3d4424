// The 17 methods of Sheets v4, over the model.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "a1.h"
#include "embedded.h"
#include "metadata.h"
#include "values.h"
#include "world.h"

namespace sheets_server {

namespace {

// One method, on the spreadsheet of its call; those that change it get a copy, which is committed after them.
using Operation = Refusal (*)(Call&, Context&);

Refusal open(Call& call, bool write, File*& file) {
  file = call.world.file(call.in_path("spreadsheetId"));
  if (file == nullptr || (!file->book && !file->forbidden)) return not_found();
  if (!call.world.may_read(*file, call.caller) || (write && !call.world.may_write(*file, call.caller)))
    return no_permission();
  if (write && file->office) {
    ApiError error =
        invalid("This operation is not supported for this document. The document must not be an Office file.");
    error.status = "FAILED_PRECONDITION";
    return error;
  }
  return {};
}

const Spreadsheet& seen(const Call& call, const File& file) {
  if (!file.before) return *file.book;
  const std::int64_t lag = call.world.settings.number("readLag");
  return call.stale || call.world.clock.now() < file.committed_ms + lag ? *file.before : *file.book;
}

Refusal look(Call& call, Operation at_it) {
  File* file = nullptr;
  SHEETS_TRY(open(call, false, file));
  Spreadsheet book = seen(call, *file);
  Context context = context_on(call, *file, book);
  return at_it(call, context);
}

Refusal change(Call& call, Operation what) {
  File* file = nullptr;
  SHEETS_TRY(open(call, true, file));
  Spreadsheet book = *file->book;
  Context context = context_on(call, *file, book);
  call.answer["spreadsheetId"] = book.id;
  SHEETS_TRY(what(call, context));
  call.world.commit(*file, std::move(book));
  call.committed = file->id;
  return {};
}

// A range of the call. By its exact title; where only the case differs, the knob a1TitleCase decides.
Refusal find_range(Call& call, const std::string& text, const Spreadsheet& book, NamedPlace& out) {
  Refusal refused = resolve_range(text, book, out);
  NamedPlace other;
  if (!refused || resolve_range(text, book, other, TitleCase::ignore)) return refused;
  SHEETS_TRY(call.rests_on("a1TitleCase"));
  if (call.world.settings.knob("a1TitleCase") == "exact") return refused;
  out = other;
  return {};
}

View view_of(const Call& call, const std::string& owner) {
  View view;
  view.email = call.caller.email;
  view.project = call.caller.project;
  view.owner = owner;
  view.sees_metadata = !call.read_only_scope || call.world.settings.knob("readOnlySeesMetadata") == "yes";
  return view;
}

bool shows_metadata(const Mask* mask) {
  if (mask == nullptr || mask->wants("developerMetadata")) return true;
  const Mask* sheets = mask->below("sheets");
  return sheets != nullptr && (sheets->wants("developerMetadata") || sheets->wants("data"));
}

// Before a spreadsheet is shown: the choices that the answer rests on.
Refusal choices_of(Call& call, const Spreadsheet& book, const View& view) {
  if (call.read_only_scope && !book.metadata.empty() && shows_metadata(view.mask))
    SHEETS_TRY(call.rests_on("readOnlySeesMetadata"));
  if (!view.by_ranges) return {};
  bool outside = false;
  for (const Cow<Sheet>& sheet : book.sheets) {
    for (const auto& layer : sheet->layers)
      for (const RangeObject& o : layer)
        for (const GridRange& r : view.ranges)
          outside = outside ||
                    (r.sheet == sheet->id &&
                     std::none_of(o.ranges.begin(), o.ranges.end(), [&r](const Range& x) { return x.meets(r.cells); }));
  }
  const bool level = std::any_of(book.metadata.begin(), book.metadata.end(),
                                 [](const Metadata& m) { return m.at == Metadata::At::spreadsheet; });
  return outside || level || !book.named.empty() ? call.rests_on("rangesHide") : Refusal();
}

Json shown_with_ranges(Call& call, const Spreadsheet& book, View view) {
  const bool hide = view.by_ranges && call.world.settings.knob("rangesHide") == "outside";
  if (!hide) return render_spreadsheet(book, view);
  Spreadsheet part = book;
  part.named.clear();
  auto& all = part.metadata;
  all.erase(std::remove_if(all.begin(), all.end(), [](const Metadata& m) { return m.at == Metadata::At::spreadsheet; }),
            all.end());
  for (Cow<Sheet>& sheet : part.sheets) {
    for (auto& layer : sheet.edit().layers)
      layer.erase(std::remove_if(layer.begin(), layer.end(),
                                 [&](const RangeObject& o) {
                                   return std::none_of(o.ranges.begin(), o.ranges.end(), [&](const Range& x) {
                                     return std::any_of(
                                         view.ranges.begin(), view.ranges.end(),
                                         [&](const GridRange& r) { return r.sheet == sheet->id && x.meets(r.cells); });
                                   });
                                 }),
                  layer.end());
  }
  return render_spreadsheet(part, view);
}

Refusal get(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  View view = view_of(call, context.owner);
  view.mask = call.has_mask ? &call.mask : nullptr;
  view.grid_data = call.flag_parameter("includeGridData");
  for (const auto& [name, value] : call.route.query) {
    if (name != "ranges") continue;
    NamedPlace place;
    SHEETS_TRY(find_range(call, value, book, place));
    view.by_ranges = true;
    view.ranges.push_back({place.sheet, place.cells});
  }
  SHEETS_TRY(choices_of(call, book, view));
  call.answer = shown_with_ranges(call, book, view);
  return {};
}

Refusal get_by_data_filter(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  View view = view_of(call, context.owner);
  view.mask = call.has_mask ? &call.mask : nullptr;
  view.grid_data = flag(call.body, "includeGridData");
  for (const Json& filter : member(call.body, "dataFilters")) {
    view.by_ranges = true;
    SHEETS_TRY(filtered_ranges(context, filter, view.ranges));
  }
  SHEETS_TRY(choices_of(call, book, view));
  call.answer = shown_with_ranges(call, book, view);
  return {};
}

Refusal create(Call& call) {
  const Json& given = call.body;
  const std::string title = text_of(member(given, "properties"), "title", "Untitled spreadsheet");
  Spreadsheet book = new_spreadsheet(call.world.ids.spreadsheet(), title);
  File file;
  file.owner = call.caller.email;
  Context context = context_on(call, file, book);
  for (const char* name : {"locale", "timeZone", "autoRecalc"})
    if (const Json* value = find(member(given, "properties"), name)) book.properties[name] = *value;
  const Json& sheets = member(given, "sheets");
  if (!sheets.empty()) {
    // the sheets that were sent, instead of the first one
    Json requests = Json::array();
    for (const Json& sheet : sheets) {
      Json add = object();
      add["properties"] = member(sheet, "properties");
      if (!add["properties"].contains("title"))
        add["properties"]["title"] = fmt::format("Sheet{}", count(requests) + 1);
      requests.push_back(Json{{"addSheet", add}});
    }
    book.sheets.clear();
    Json replies;
    SHEETS_TRY(apply_requests(context, call.world.kinds, requests, replies));
    Json cells = Json::array();
    for (int n = 0; n < count(sheets); ++n) {
      const int id = book.sheets[at(n)]->id;
      for (const Json& grid : member(sheets[at(n)], "data")) {
        Json update = object();
        update["rows"] = member(grid, "rowData");
        update["fields"] = "*";
        update["start"] =
            Json{{"sheetId", id}, {"rowIndex", int_of(grid, "startRow")}, {"columnIndex", int_of(grid, "startColumn")}};
        if (!update["rows"].empty()) cells.push_back(Json{{"updateCells", update}});
      }
    }
    if (!cells.empty()) SHEETS_TRY(apply_requests(context, call.world.kinds, cells, replies));
  }
  for (const char* name : {"namedRanges", "developerMetadata"}) {
    for (const Json& item : member(given, name)) {
      const bool named = std::string_view(name) == "namedRanges";
      Json body = object();
      body[named ? "namedRange" : "developerMetadata"] = item;
      Json replies;
      SHEETS_TRY(apply_requests(context, call.world.kinds,
                                Json::array({Json{{named ? "addNamedRange" : "createDeveloperMetadata", body}}}),
                                replies));
    }
  }
  File& made = call.world.create(title, kSpreadsheetMime, call.caller.email);
  made.id = book.id;
  made.book = std::make_shared<const Spreadsheet>(std::move(book));
  call.committed = made.id;
  View view = view_of(call, made.owner);
  view.mask = call.has_mask ? &call.mask : nullptr;
  call.answer = render_spreadsheet(*made.book, view);
  return {};
}

Refusal batch_update(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  Json replies;
  SHEETS_TRY(apply_requests(context, call.world.kinds, member(call.body, "requests"), replies));
  call.answer["replies"] = std::move(replies);
  if (flag(call.body, "includeSpreadsheetInResponse")) {
    View view = view_of(call, context.owner);
    const Mask* below = call.has_mask ? call.mask.below("updatedSpreadsheet") : nullptr;
    view.mask = below;
    view.grid_data = flag(call.body, "responseIncludeGridData");
    for (const Json& text : member(call.body, "responseRanges")) {
      NamedPlace place;
      SHEETS_TRY(find_range(call, text.get<std::string>(), book, place));
      view.by_ranges = true;
      view.ranges.push_back({place.sheet, place.cells});
    }
    if (!call.has_mask || below != nullptr) call.answer["updatedSpreadsheet"] = render_spreadsheet(book, view);
  }
  return {};
}

Refusal copy_to(Call& call, Context& from) {
  const int id = std::atoi(call.in_path("sheetId").c_str());
  const Sheet* source = from.book.sheet(id);
  if (source == nullptr) return invalid(fmt::format("The sheet id {} was not found [zmig-sheets-server]", id));
  if (source->type == "DATA_SOURCE") return not_implemented("copyTo of a data source sheet");
  if (!source->embedded.empty()) SHEETS_TRY(from.rests_on("embeddedObjects"));
  File* target = call.world.file(text_of(call.body, "destinationSpreadsheetId"));
  if (target == nullptr || !target->book) return not_found();
  if (!call.world.may_write(*target, call.caller)) return no_permission();
  Spreadsheet book = *target->book;
  Context context = context_on(call, *target, book);
  Sheet copy = copied_sheet(context, *source);
  copy.id = call.world.ids.number();
  copy.title = free_title(book, "Copy of " + source->title);
  repoint_embedded(copy, id, book);
  const Sheet nothing{copy.id, copy.title, 0, 0};
  SHEETS_TRY(check_growth(context, nothing, copy.row_count, copy.column_count));
  call.answer = render_properties(copy, count(book.sheets));
  book.sheets.emplace_back(std::move(copy));
  recalculate_now(context);
  call.world.commit(*target, std::move(book));
  call.committed = target->id;
  return {};
}

Refusal metadata_get(Call& call, Context& context) {
  const int id = std::atoi(call.in_path("metadataId").c_str());
  for (const Metadata& m : context.book.metadata) {
    if (m.id != id || !sees(m, call.caller.project)) continue;
    call.answer = render_metadata(m);
    return {};
  }
  ApiError error = not_found();
  error.message = fmt::format("No developer metadata with id: {} [zmig-sheets-server]", id);
  return error;
}

Refusal metadata_search(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  std::vector<std::size_t> found;
  SHEETS_TRY(find_metadata(context, member(call.body, "dataFilters"), found));
  Json list = Json::array();
  for (const std::size_t n : found)
    list.push_back(Json{{"developerMetadata", render_metadata(book.metadata[n])},
                        {"dataFilters", member(call.body, "dataFilters")}});
  if (!list.empty()) call.answer["matchedDeveloperMetadata"] = std::move(list);
  return {};
}

// ---- values ----

// The ranges of a filter that have cells: sheets without a grid have none.
Refusal filtered_cells(const Context& context, const Json& filter, std::vector<GridRange>& out) {
  SHEETS_TRY(filtered_ranges(context, filter, out));
  out.erase(std::remove_if(out.begin(), out.end(),
                           [&context](const GridRange& r) { return context.book.grid(r.sheet) == nullptr; }),
            out.end());
  return {};
}

Rendering rendering(const std::string& dimension, const std::string& value, const std::string& date) {
  Rendering out;
  out.by_columns = dimension == "COLUMNS";
  if (!value.empty()) out.value = value;
  if (!date.empty()) out.date = date;
  return out;
}

Rendering rendering_of(const Call& call) {
  return rendering(call.parameter("majorDimension"), call.parameter("valueRenderOption"),
                   call.parameter("dateTimeRenderOption"));
}

Writing writing_of(const Call& call) {
  return {call.parameter("valueInputOption"), call.flag_parameter("includeValuesInResponse"),
          rendering("", call.parameter("responseValueRenderOption"), call.parameter("responseDateTimeRenderOption"))};
}

Writing writing_of_body(const Json& body) {
  return {text_of(body, "valueInputOption"), flag(body, "includeValuesInResponse"),
          rendering("", text_of(body, "responseValueRenderOption"), text_of(body, "responseDateTimeRenderOption"))};
}

Refusal values_get(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  NamedPlace place;
  SHEETS_TRY(find_range(call, call.in_path("range"), book, place));
  call.answer = value_range(book, {place.sheet, place.cells}, rendering_of(call));
  return {};
}

Refusal values_batch_get(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  Json list = Json::array();
  for (const auto& [name, value] : call.route.query) {
    if (name != "ranges") continue;
    NamedPlace place;
    SHEETS_TRY(find_range(call, value, book, place));
    list.push_back(value_range(book, {place.sheet, place.cells}, rendering_of(call)));
  }
  call.answer["spreadsheetId"] = book.id;
  if (!list.empty()) call.answer["valueRanges"] = std::move(list);
  return {};
}

Refusal values_batch_get_by_filter(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  const Rendering how = rendering(text_of(call.body, "majorDimension"), text_of(call.body, "valueRenderOption"),
                                  text_of(call.body, "dateTimeRenderOption"));
  Json list = Json::array();
  for (const Json& filter : member(call.body, "dataFilters")) {
    std::vector<GridRange> ranges;
    SHEETS_TRY(filtered_cells(context, filter, ranges));
    for (const GridRange& range : ranges)
      list.push_back(Json{{"valueRange", value_range(book, range, how)}, {"dataFilters", Json::array({filter})}});
  }
  call.answer["spreadsheetId"] = book.id;
  if (!list.empty()) call.answer["valueRanges"] = std::move(list);
  return {};
}

Refusal same_range(const Call& call, const Spreadsheet& book, const NamedPlace& place) {
  const std::string in_body = text_of(call.body, "range");
  if (in_body.empty()) return {};
  NamedPlace other;
  Refusal refused = resolve_range(in_body, book, other);
  if (!refused && other.sheet == place.sheet && other.cells == place.cells) return {};
  return invalid(fmt::format("Request range[{}] does not match value's range[{}]", call.in_path("range"), in_body));
}

Refusal values_update(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  const Writing writing = writing_of(call);
  SHEETS_TRY(check_input_option(writing.input));
  NamedPlace place;
  SHEETS_TRY(find_range(call, call.in_path("range"), book, place));
  SHEETS_TRY(same_range(call, book, place));
  Written written;
  SHEETS_TRY(update_values(context, place, call.body, writing, call.answer, written));
  return {};
}

Refusal values_append(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  const Writing writing = writing_of(call);
  SHEETS_TRY(check_input_option(writing.input));
  NamedPlace place;
  SHEETS_TRY(find_range(call, call.in_path("range"), book, place));
  SHEETS_TRY(append_values(context, place, call.body, writing, call.parameter("insertDataOption") == "INSERT_ROWS",
                           call.answer));
  return {};
}

Refusal values_clear(Call& call, Context& context) {
  const Spreadsheet& book = context.book;
  NamedPlace place;
  SHEETS_TRY(find_range(call, call.in_path("range"), book, place));
  SHEETS_TRY(clear_values(context, {place.sheet, place.cells}));
  call.answer["clearedRange"] = a1(book.sheet(place.sheet)->title, place.cells);
  return {};
}

Refusal batch_clear(Call& call, Context& context, bool by_filter) {
  const Spreadsheet& book = context.book;
  std::vector<GridRange> ranges;
  for (const Json& filter : member(call.body, "dataFilters"))
    if (by_filter) SHEETS_TRY(filtered_cells(context, filter, ranges));
  for (const Json& text : member(call.body, "ranges")) {
    NamedPlace place;
    SHEETS_TRY(find_range(call, text.get<std::string>(), book, place));
    ranges.push_back({place.sheet, place.cells});
  }
  Json cleared = Json::array();
  for (const GridRange& range : ranges) {
    SHEETS_TRY(clear_values(context, range));
    cleared.push_back(a1(book.sheet(range.sheet)->title, range.cells));
  }
  if (!cleared.empty()) call.answer["clearedRanges"] = std::move(cleared);
  return {};
}

Refusal values_batch_clear(Call& call, Context& context) { return batch_clear(call, context, false); }
Refusal values_batch_clear_by_filter(Call& call, Context& context) { return batch_clear(call, context, true); }

Refusal numbered(const Refusal& refused, int index) {
  if (refused->code != 400) return refused;
  ApiError error = *refused;
  error.message = fmt::format("Invalid data[{}]: {}", index, error.message);
  return error;
}

Refusal batch_write(Call& call, Context& context, bool by_filter) {
  const Spreadsheet& book = context.book;
  const Writing writing = writing_of_body(call.body);
  SHEETS_TRY(check_input_option(writing.input));
  Written written;
  Json responses = Json::array();
  int index = 0;
  for (const Json& data : member(call.body, "data")) {
    std::vector<NamedPlace> places;
    if (by_filter) {
      std::vector<GridRange> ranges;
      if (const Refusal refused = filtered_cells(context, member(data, "dataFilter"), ranges))
        return numbered(refused, index);
      for (const GridRange& r : ranges) places.push_back({r.sheet, r.cells, false, false});
    } else {
      NamedPlace place;
      if (const Refusal refused = find_range(call, text_of(data, "range"), book, place))
        return numbered(refused, index);
      places.push_back(place);
    }
    for (const NamedPlace& place : places) {
      Json answer = object();
      if (!by_filter) answer["spreadsheetId"] = book.id;
      if (const Refusal refused = update_values(context, place, data, writing, answer, written))
        return numbered(refused, index);
      if (by_filter) answer["dataFilter"] = member(data, "dataFilter");
      responses.push_back(std::move(answer));
    }
    ++index;
  }
  const auto total = [&call](const char* name, int value) {
    if (value > 0) call.answer[name] = value;
  };
  total("totalUpdatedRows", count(written.rows));
  total("totalUpdatedColumns", count(written.columns));
  total("totalUpdatedCells", written.cells);
  total("totalUpdatedSheets", count(written.sheets));
  if (!responses.empty()) call.answer["responses"] = std::move(responses);
  return {};
}

Refusal values_batch_update(Call& call, Context& context) { return batch_write(call, context, false); }
Refusal values_batch_update_by_filter(Call& call, Context& context) { return batch_write(call, context, true); }

}  // namespace

Json whole_spreadsheet(Call& call, const File& file, const Spreadsheet& book) {
  return render_spreadsheet(book, view_of(call, file.owner));
}

Refusal sheets_method(Call& call) {
  struct Entry {
    Refusal (*how)(Call&, Operation);
    Operation what;
  };
  static const std::map<std::string, Entry> kMethods = {
      {"get", {look, get}},
      {"getByDataFilter", {look, get_by_data_filter}},
      {"batchUpdate", {change, batch_update}},
      {"values.get", {look, values_get}},
      {"values.update", {change, values_update}},
      {"values.append", {change, values_append}},
      {"values.clear", {change, values_clear}},
      {"values.batchGet", {look, values_batch_get}},
      {"values.batchUpdate", {change, values_batch_update}},
      {"values.batchClear", {change, values_batch_clear}},
      {"values.batchGetByDataFilter", {look, values_batch_get_by_filter}},
      {"values.batchUpdateByDataFilter", {change, values_batch_update_by_filter}},
      {"values.batchClearByDataFilter", {change, values_batch_clear_by_filter}},
      {"developerMetadata.get", {look, metadata_get}},
      {"developerMetadata.search", {look, metadata_search}},
      {"sheets.copyTo", {look, copy_to}},
  };
  const std::string name = call.route.op.substr(std::string_view("sheets.spreadsheets.").size());
  if (name == "create") return create(call);
  const auto it = kMethods.find(name);
  return it == kMethods.end() ? Refusal(not_implemented(call.route.op)) : it->second.how(call, it->second.what);
}

}  // namespace sheets_server
