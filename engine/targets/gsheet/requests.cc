#include "targets/gsheet/requests.h"

#include <charconv>

#include "targets/gsheet/formats.h"
#include "targets/gsheet/snapshot.h"

namespace zmig::gsheet {
namespace {

std::string shortest(double number) {
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

}  // namespace

JsonText& Requests::begin(std::string_view kind) {
  ++count_;
  return json_.open('{').key(kind).open('{');
}

void Requests::end() { json_.close('}').close('}'); }

std::string Requests::body() && {
  json_.close(']');
  return "{\"requests\":" + json_.take() + "}";
}

// --- Metadata --------------------------------------------------------------------------------------------------------

void Requests::create_stamp(std::int64_t id, std::string_view value) {
  metadata_[-1] += static_cast<std::int64_t>(kStampKey.size() + value.size());
  JsonText& json = begin("createDeveloperMetadata").key("developerMetadata").open('{');
  json.key("metadataId").number(id).key("metadataKey").text(kStampKey).key("metadataValue").text(value);
  json.key("visibility").text("DOCUMENT").key("location").open('{').key("spreadsheet").flag(true).close('}').close('}');
  end();
}

void Requests::create_tag(std::string_view key, std::string_view value, std::int64_t sheet) {
  metadata_[sheet] += static_cast<std::int64_t>(key.size() + value.size());
  JsonText& json = begin("createDeveloperMetadata").key("developerMetadata").open('{');
  json.key("metadataKey").text(key).key("metadataValue").text(value).key("visibility").text("DOCUMENT");
  json.key("location").open('{').key("sheetId").number(sheet).close('}').close('}');
  end();
}

void Requests::create_tag(std::string_view key, std::string_view value, std::int64_t sheet, std::int64_t column) {
  metadata_[sheet] += static_cast<std::int64_t>(key.size() + value.size());
  JsonText& json = begin("createDeveloperMetadata").key("developerMetadata").open('{');
  json.key("metadataKey").text(key).key("metadataValue").text(value).key("visibility").text("DOCUMENT");
  json.key("location").open('{').key("dimensionRange");
  dimension(sheet, Axis::columns, column, 1);
  json.close('}').close('}');
  end();
}

void Requests::update_tag(std::int64_t id, std::string_view value) {
  JsonText& json = begin("updateDeveloperMetadata").key("dataFilters").open('[').open('{');
  json.key("developerMetadataLookup").open('{').key("metadataId").number(id).close('}').close('}').close(']');
  json.key("developerMetadata").open('{').key("metadataValue").text(value).close('}');
  json.key("fields").text("metadataValue");
  end();
}

void Requests::delete_metadata(std::int64_t id) {
  JsonText& json = begin("deleteDeveloperMetadata").key("dataFilter").open('{');
  json.key("developerMetadataLookup").open('{').key("metadataId").number(id).close('}').close('}');
  end();
}

// --- Sheets ----------------------------------------------------------------------------------------------------------

void Requests::add_sheet(std::int64_t id, std::string_view title, std::size_t index, std::int64_t rows,
                         std::int64_t columns, bool hidden) {
  JsonText& json = begin("addSheet").key("properties").open('{');
  json.key("sheetId").number(id).key("title").text(title).key("index").number(index);
  if (hidden) json.key("hidden").flag(true);
  json.key("gridProperties").open('{').key("rowCount").number(rows).key("columnCount").number(columns).close('}');
  json.close('}');
  end();
}

void Requests::duplicate_sheet(std::int64_t source, std::int64_t id, std::size_t index, std::string_view title) {
  // Without an index it would be the first sheet.
  JsonText& json = begin("duplicateSheet").key("sourceSheetId").number(source).key("insertSheetIndex").number(index);
  json.key("newSheetId").number(id).key("newSheetName").text(title);
  end();
}

void Requests::delete_sheet(std::int64_t id) {
  begin("deleteSheet").key("sheetId").number(id);
  end();
}

void Requests::properties(std::int64_t id) {
  begin("updateSheetProperties").key("properties").open('{').key("sheetId").number(id);
}

void Requests::set_title(std::int64_t id, std::string_view title) {
  properties(id);
  json_.key("title").text(title).close('}').key("fields").text("title");
  end();
}

void Requests::move_sheet(std::int64_t id, std::size_t index) {
  properties(id);
  json_.key("index").number(index).close('}').key("fields").text("index");
  end();
}

void Requests::hide_sheet(std::int64_t id, bool hidden) {
  properties(id);
  json_.key("hidden").flag(hidden).close('}').key("fields").text("hidden");
  end();
}

void Requests::freeze(std::int64_t id, std::int64_t rows) {
  properties(id);
  json_.key("gridProperties").open('{').key("frozenRowCount").number(rows).close('}').close('}');
  json_.key("fields").text("gridProperties.frozenRowCount");
  end();
}

// --- Rows and columns ------------------------------------------------------------------------------------------------

void Requests::dimension(std::int64_t sheet, Axis axis, std::int64_t from, std::int64_t count) {
  json_.open('{').key("sheetId").number(sheet).key("dimension").text(axis == Axis::rows ? "ROWS" : "COLUMNS");
  json_.key("startIndex").number(from).key("endIndex").number(from + count).close('}');
}

void Requests::insert(std::int64_t sheet, Axis axis, std::int64_t from, std::int64_t count, bool inherit_from_before) {
  begin("insertDimension").key("range");
  dimension(sheet, axis, from, count);
  json_.key("inheritFromBefore").flag(inherit_from_before);
  end();
}

void Requests::append(std::int64_t sheet, Axis axis, std::int64_t count) {
  begin("appendDimension").key("sheetId").number(sheet);
  json_.key("dimension").text(axis == Axis::rows ? "ROWS" : "COLUMNS").key("length").number(count);
  end();
}

void Requests::remove(std::int64_t sheet, Axis axis, std::int64_t from, std::int64_t count) {
  begin("deleteDimension").key("range");
  dimension(sheet, axis, from, count);
  end();
}

void Requests::move_column(std::int64_t sheet, std::int64_t from, std::int64_t to) {
  begin("moveDimension").key("source");
  dimension(sheet, Axis::columns, from, 1);
  json_.key("destinationIndex").number(to);
  end();
}

void Requests::hide_column(std::int64_t sheet, std::int64_t column, bool hidden) {
  begin("updateDimensionProperties").key("range");
  dimension(sheet, Axis::columns, column, 1);
  json_.key("properties").open('{').key("hiddenByUser").flag(hidden).close('}').key("fields").text("hiddenByUser");
  end();
}

// --- Cells -----------------------------------------------------------------------------------------------------------

void Requests::put_range(const RawRange& range) {
  json_.open('{').key("sheetId").number(range.sheet).key("startRowIndex").number(range.row0);
  json_.key("endRowIndex").number(range.row1).key("startColumnIndex").number(range.column0);
  json_.key("endColumnIndex").number(range.column1).close('}');
}

std::string_view Requests::mask(const CellData& cell) {
  if (!cell.writes_format) return "userEnteredValue";
  return cell.writes_value ? "userEnteredValue,userEnteredFormat.numberFormat" : "userEnteredFormat.numberFormat";
}

void Requests::put_cell(const CellData& cell) {
  json_.open('{');
  if (cell.writes_value && (!is_blank(cell.value) || !cell.formula.empty())) {
    json_.key("userEnteredValue").open('{');
    if (!cell.formula.empty()) {
      json_.key("formulaValue").text("=" + cell.formula);
    } else if (const auto* words = std::get_if<Text>(&cell.value)) {
      json_.key("stringValue").text(words->utf8);
    } else if (const auto* boolean = std::get_if<Boolean>(&cell.value)) {
      json_.key("boolValue").flag(boolean->value);
    } else {
      json_.key("numberValue").raw(shortest(serial_of(cell.value)));
    }
    json_.close('}');
  }
  if (cell.writes_format && cell.format != RawFormat{}) {
    json_.key("userEnteredFormat").open('{').key("numberFormat").open('{').key("type").text(cell.format.type);
    if (!cell.format.pattern.empty()) json_.key("pattern").text(cell.format.pattern);
    json_.close('}').close('}');
  }
  json_.close('}');
}

void Requests::repeat(const RawRange& range, const CellData& cell) {
  begin("repeatCell").key("range");
  put_range(range);
  json_.key("cell");
  put_cell(cell);
  json_.key("fields").text(mask(cell));
  end();
}

void Requests::write_column(std::int64_t sheet, std::int64_t row, std::int64_t column,
                            const std::vector<CellData>& cells) {
  begin("updateCells").key("start").open('{').key("sheetId").number(sheet);
  json_.key("rowIndex").number(row).key("columnIndex").number(column).close('}').key("rows").open('[');
  for (const CellData& one : cells) {
    json_.open('{').key("values").open('[');
    put_cell(one);
    json_.close(']').close('}');
  }
  json_.close(']').key("fields").text(mask(cells.front()));
  end();
}

void Requests::write_row(const RawRange& range, const std::vector<std::string>& texts) {
  begin("updateCells").key("range");
  put_range(range);
  json_.key("rows").open('[').open('{').key("values").open('[');
  for (const std::string& text : texts) {
    json_.open('{').key("userEnteredValue").open('{').key("stringValue").text(text).close('}').close('}');
  }
  json_.close(']').close('}').close(']').key("fields").text("userEnteredValue");
  end();
}

void Requests::set_note(std::int64_t sheet, std::int64_t row, std::int64_t column, const std::string& note) {
  begin("updateCells").key("start").open('{').key("sheetId").number(sheet);
  json_.key("rowIndex").number(row).key("columnIndex").number(column).close('}');
  json_.key("rows").open('[').open('{').key("values").open('[').open('{');
  if (!note.empty()) json_.key("note").text(note);
  json_.close('}').close(']').close('}').close(']').key("fields").text("note");
  end();
}

void Requests::put_rule(const RawRule& rule) {
  json_.open('{').key("condition").open('{').key("type").text(rule.kind);
  if (!rule.values.empty()) {
    json_.key("values").open('[');
    for (const std::string& value : rule.values) json_.open('{').key("userEnteredValue").text(value).close('}');
    json_.close(']');
  }
  json_.close('}').key("strict").flag(rule.strict).key("showCustomUi").flag(true).close('}');
}

void Requests::set_rule(const RawRange& range, const RawRule& rule, bool by_cells) {
  begin(by_cells ? "repeatCell" : "setDataValidation").key("range");
  put_range(range);
  if (by_cells) {
    json_.key("cell").open('{');
    if (!rule.kind.empty()) {
      json_.key("dataValidation");
      put_rule(rule);
    }
    json_.close('}').key("fields").text("dataValidation");
  } else if (!rule.kind.empty()) {
    json_.key("rule");
    put_rule(rule);
  }
  end();
}

// --- Protection ------------------------------------------------------------------------------------------------------

void Requests::add_protection(std::int64_t sheet, std::int64_t column, std::string_view description,
                              const std::vector<std::string>& users) {
  JsonText& json = begin("addProtectedRange").key("protectedRange").open('{');
  // A whole column or sheet, however many rows it gets.
  json.key("range").open('{').key("sheetId").number(sheet);
  if (column >= 0) json.key("startColumnIndex").number(column).key("endColumnIndex").number(column + 1);
  json.close('}').key("description").text(description);
  json.key("editors").open('{').key("users").texts(users).close('}').close('}');
  end();
}

void Requests::update_protection(std::int64_t id, const std::vector<std::string>& users) {
  JsonText& json = begin("updateProtectedRange").key("protectedRange").open('{').key("protectedRangeId").number(id);
  json.key("editors").open('{').key("users").texts(users).close('}').close('}').key("fields").text("editors");
  end();
}

void Requests::delete_protection(std::int64_t id) {
  begin("deleteProtectedRange").key("protectedRangeId").number(id);
  end();
}

}  // namespace zmig::gsheet
