#include "batch.h"

#include <fmt/format.h>

#include "a1.h"
#include "formula.h"
#include "number_format.h"
#include "references.h"
#include "text.h"

namespace sheets_server {

RequestKinds request_kinds() {
  return {
      {"updateSpreadsheetProperties", requests::update_spreadsheet_properties},
      {"updateSheetProperties", requests::update_sheet_properties},
      {"addSheet", requests::add_sheet},
      {"deleteSheet", requests::delete_sheet},
      {"duplicateSheet", requests::duplicate_sheet},
      {"insertDimension", requests::insert_dimension},
      {"appendDimension", requests::append_dimension},
      {"deleteDimension", requests::delete_dimension},
      {"moveDimension", requests::move_dimension},
      {"updateDimensionProperties", requests::update_dimension_properties},
      {"autoResizeDimensions", requests::auto_resize},
      {"addDimensionGroup", requests::add_group},
      {"deleteDimensionGroup", requests::delete_group},
      {"updateDimensionGroup", requests::update_group},
      {"updateCells", requests::update_cells},
      {"appendCells", requests::append_cells},
      {"repeatCell", requests::repeat_cell},
      {"setDataValidation", requests::set_data_validation},
      {"mergeCells", requests::merge_cells},
      {"unmergeCells", requests::unmerge_cells},
      {"updateBorders", requests::update_borders},
      {"copyPaste", requests::copy_paste},
      {"cutPaste", requests::cut_paste},
      {"pasteData", requests::paste_data},
      {"insertRange", requests::insert_range},
      {"deleteRange", requests::delete_range},
      {"sortRange", requests::sort_range},
      {"findReplace", requests::find_replace},
      {"trimWhitespace", requests::trim_whitespace},
      {"deleteDuplicates", requests::delete_duplicates},
      {"textToColumns", requests::text_to_columns},
      {"randomizeRange", requests::randomize_range},
      {"addNamedRange", requests::add_named_range},
      {"updateNamedRange", requests::update_named_range},
      {"deleteNamedRange", requests::delete_named_range},
      {"addProtectedRange", requests::add_protected_range},
      {"updateProtectedRange", requests::update_protected_range},
      {"deleteProtectedRange", requests::delete_protected_range},
      {"setBasicFilter", requests::set_basic_filter},
      {"clearBasicFilter", requests::clear_basic_filter},
      {"addFilterView", requests::add_filter_view},
      {"updateFilterView", requests::update_filter_view},
      {"deleteFilterView", requests::delete_filter_view},
      {"duplicateFilterView", requests::duplicate_filter_view},
      {"addBanding", requests::add_banding},
      {"updateBanding", requests::update_banding},
      {"deleteBanding", requests::delete_banding},
      {"addConditionalFormatRule", requests::add_rule},
      {"updateConditionalFormatRule", requests::update_rule},
      {"deleteConditionalFormatRule", requests::delete_rule},
      {"addTable", requests::add_table},
      {"updateTable", requests::update_table},
      {"deleteTable", requests::delete_table},
      {"createDeveloperMetadata", requests::create_metadata},
      {"updateDeveloperMetadata", requests::update_metadata},
      {"deleteDeveloperMetadata", requests::delete_metadata},
      {"addChart", requests::add_chart},
      {"updateChartSpec", requests::update_chart_spec},
      {"addSlicer", requests::add_slicer},
      {"updateSlicerSpec", requests::update_slicer_spec},
      {"deleteEmbeddedObject", requests::delete_embedded},
      {"updateEmbeddedObjectPosition", requests::move_embedded},
      {"updateEmbeddedObjectBorder", requests::update_border},
      {"addDataSource", requests::add_source},
      {"updateDataSource", requests::update_source},
      {"deleteDataSource", requests::delete_source},
      {"refreshDataSource", requests::refresh},
      {"cancelDataSourceRefresh", requests::cancel},
      {"autoFill", requests::auto_fill},
  };
}

void recalculate_now(Context& context) {
  for (const std::string& what : recalculate(context.book, serial_of_time(context.now_ms)))
    if (context.deviations != nullptr) context.deviations->insert("formula " + what);
}

Refusal apply_requests(Context& context, const RequestKinds& kinds, const Json& requests, Json& replies) {
  if (!requests.is_array() || requests.empty()) return invalid("Must specify at least one request.");
  if (count(requests) > context.settings.limit("requests"))
    return invalid(fmt::format("Cannot exceed {} requests in a single batch.", context.settings.limit("requests")));
  replies = Json::array();
  const bool each = context.settings.knob("recalcInBatch") == "yes";
  int index = 0;
  for (const Json& request : requests) {
    if (request.empty()) return invalid(fmt::format("requests[{}]: No request set.", index));
    const std::string kind = request.begin().key();
    const auto handler = kinds.find(kind);
    if (handler == kinds.end()) return not_implemented("the request " + kind);
    context.reply = object();
    if (Refusal refused = handler->second(context, request.begin().value())) {
      if (refused->code != 400) return refused;
      ApiError error = *refused;
      error.message = fmt::format("Invalid requests[{}].{}: {}", index, kind, error.message);
      return error;
    }
    if (each) recalculate_now(context);
    Json reply = object();
    if (context.reply.is_array())
      reply[kind] = object();  // a reply without members, but there
    else if (!context.reply.empty())
      reply[kind] = std::move(context.reply);
    replies.push_back(std::move(reply));
    ++index;
  }
  if (!each) recalculate_now(context);
  return {};
}

Refusal body_mask(const Context& context, const Json& body, const char* schema, Mask& out) {
  return parse_body_mask(body, schema, context.discovery, out);
}

Refusal dimension_range(const Context& context, const Json& json, DimensionSpan& out) {
  out.sheet = int_of(json, "sheetId");
  const Sheet* found = context.book.grid(out.sheet);
  if (found == nullptr) return no_grid(out.sheet);
  const std::string dimension = text_of(json, "dimension");
  if (dimension != "ROWS" && dimension != "COLUMNS") return invalid("No dimension was specified.");
  out.axis = dimension == "ROWS" ? Axis::rows : Axis::columns;
  out.from = int_of(json, "startIndex", 0);
  out.to = int_of(json, "endIndex", found->size(out.axis));
  if (out.from < 0 || out.to <= out.from)
    return invalid(fmt::format("range.endIndex[{}] must be after range.startIndex[{}]", out.to, out.from));
  return {};
}

Refusal check_growth(const Context& context, const Sheet& sheet, int rows, int columns) {
  std::int64_t cells = 0;
  for (const Cow<Sheet>& s : context.book.sheets)
    if (s->id != sheet.id) cells += static_cast<std::int64_t>(s->row_count) * s->column_count;
  const std::int64_t most = context.settings.limit("cells");
  const auto too_many = [&](std::int64_t r, std::int64_t c) { return cells + r * c > most; };
  // rows are applied and checked before columns
  if (too_many(rows, sheet.column_count) || too_many(rows, columns))
    return invalid(fmt::format(
        "This action would increase the number of cells in the workbook above the limit of {} cells.", most));
  if (columns > context.settings.limit("columns"))
    return invalid(
        fmt::format("This action would increase the number of columns in the sheet above the limit of {} columns",
                    context.settings.limit("columns")));
  return {};
}

Refusal check_text(const Context& context, const std::string& text) {
  const std::int64_t most = context.settings.limit("characters");
  if (static_cast<std::int64_t>(text.size()) <= most || characters(text) <= most) return {};
  return invalid(fmt::format("Your input contains more than the maximum of {} characters in a single cell.", most));
}

namespace {

Refusal check_strict(Context& context, const Sheet& sheet, int row, int column, const Value& value) {
  const Cell* cell = sheet.cell(row, column);
  if (cell == nullptr || !cell->extra || !flag(cell->extra->validation, "strict") || value.kind == Value::Kind::none)
    return {};
  const Json& condition = member(cell->extra->validation, "condition");
  if (text_of(condition, "type") != "ONE_OF_LIST") return {};
  const std::string shown = format_value(value, nullptr, Locale{});
  for (const Json& allowed : member(condition, "values"))
    if (text_of(allowed, "userEnteredValue") == shown) return {};
  SHEETS_TRY(context.rests_on("strictValidation"));
  if (context.settings.knob("strictValidation") == "no") return {};
  return invalid(
      "The data that you entered in a cell violates the data validation rules set on this cell [zmig-sheets-server]");
}

}  // namespace

Refusal write_cell(Context& context, Sheet& sheet, int row, int column, const Json& data, const Mask& mask,
                   int formula_rows, int formula_columns) {
  if (mask.wants("pivotTable") && data.contains("pivotTable")) return not_implemented("a pivot table");
  if (mask.wants("dataSourceTable") && data.contains("dataSourceTable")) return not_implemented("a data source table");
  if (const Mask* below = mask.below("userEnteredValue"); below != nullptr) {
    Value value = value_of(member(data, "userEnteredValue"));
    SHEETS_TRY(check_text(context, value.text));
    if (value.kind == Value::Kind::formula) {
      if (value.text.empty() || value.text[0] != '=') value.text.insert(0, "=");
      if (formula_rows != 0 || formula_columns != 0) value.text = advanced(value.text, formula_rows, formula_columns);
    }
    SHEETS_TRY(check_strict(context, sheet, row, column, value));
    sheet.put(row, column, std::move(value));
  }
  if (const Mask* below = mask.below("userEnteredFormat")) {
    const Cell* cell = sheet.cell(row, column);
    Json format = cell != nullptr && cell->format ? *cell->format : object();
    write_with_twins(format, member(data, "userEnteredFormat"), *below);
    if (cell != nullptr || !format.empty()) sheet.edit_cell(row, column).set_format(format);
  }
  if (mask.wants("note")) {
    const std::string note = text_of(data, "note");
    if (sheet.cell(row, column) != nullptr || !note.empty()) sheet.edit_cell(row, column).set_note(note);
  }
  if (mask.wants("dataValidation")) {
    const Json* rule = find(data, "dataValidation");
    if (sheet.cell(row, column) != nullptr || rule != nullptr)
      sheet.edit_cell(row, column).set_validation(rule != nullptr ? *rule : Json(nullptr));
  }
  for (const char* name : {"textFormatRuns", "chipRuns"}) {
    if (!mask.wants(name)) continue;
    const Json* value = find(data, name);
    if (value == nullptr && (sheet.cell(row, column) == nullptr || !sheet.cell(row, column)->extra)) continue;
    Cell& cell = sheet.edit_cell(row, column);
    CellExtra extra = cell.extra ? *cell.extra : CellExtra{};
    if (value != nullptr)
      extra.other[name] = *value;
    else
      extra.other.erase(name);
    cell.extra = std::make_shared<const CellExtra>(std::move(extra));
  }
  return {};
}

}  // namespace sheets_server
