#include "values.h"

#include <fmt/format.h>

#include <algorithm>

#include "batch.h"
#include "entry.h"
#include "number_format.h"

namespace sheets_server {

namespace {

Json shown(const Cell& cell, const Rendering& how, const Locale& locale) {
  if (cell.entered.kind == Value::Kind::none) return "";
  const Value& value = cell.effective();
  const Json* format = number_format(cell);
  if (how.value == "FORMATTED_VALUE") return format_value(value, format, locale);
  if (how.value == "FORMULA" && cell.entered.kind == Value::Kind::formula) return cell.entered.text;
  switch (value.kind) {
    case Value::Kind::number:
      if (how.date == "FORMATTED_STRING" && is_date_format(format)) return format_value(value, format, locale);
      return number(value.number);
    case Value::Kind::boolean: return value.boolean;
    case Value::Kind::none: return "";
    case Value::Kind::text:
    case Value::Kind::error:
    case Value::Kind::formula: break;
  }
  return value.text;
}

bool blank(const Json& value) { return value.is_string() && value.get_ref<const std::string&>().empty(); }

void drop_tail(Json& row) {
  while (!row.empty() && blank(row.back())) row.erase(row.size() - 1);
}

// The array by rows; short rows stay short.
std::vector<std::vector<Json>> by_rows(const Json& values, bool by_columns) {
  std::vector<std::vector<Json>> out;
  if (!by_columns) {
    for (const Json& row : values) out.emplace_back(row.begin(), row.end());
    return out;
  }
  int column = 0;
  for (const Json& items : values) {
    int row = 0;
    for (const Json& item : items) {
      if (row >= count(out)) out.resize(at(row) + 1);
      out[at(row)].resize(std::max(out[at(row)].size(), at(column) + 1), nullptr);
      out[at(row)][at(column)] = item;
      ++row;
    }
    ++column;
  }
  return out;
}

int widest(const std::vector<std::vector<Json>>& rows) {
  std::size_t out = 0;
  for (const auto& row : rows) out = std::max(out, row.size());
  return static_cast<int>(out);
}

Refusal put_value(Context& context, Sheet& sheet, int row, int column, const Json& value, bool parsed, int year) {
  if (value.is_boolean()) {
    sheet.put(row, column, Value::of(value.get<bool>()));
  } else if (value.is_number()) {
    sheet.put(row, column, Value::of(value.get<double>()));
  } else if (value.is_string()) {
    const auto text = value.get<std::string>();
    SHEETS_TRY(check_text(context, text));
    if (!parsed) {
      sheet.put(row, column, text.empty() ? Value{} : Value::of(text));
      return {};
    }
    Entry entry = parse_entry(text, locale_of(text_of(context.book.properties, "locale")), year);
    sheet.put(row, column, std::move(entry.value));
    if (!entry.format.is_null()) {
      Cell& cell = sheet.edit_cell(row, column);
      Json format = cell.format ? *cell.format : object();
      format["numberFormat"] = entry.format;
      cell.set_format(format);
    }
  } else {
    return invalid(fmt::format("Invalid values[{}][{}]: {} {}", row, column,
                               value.is_array() ? "list_value" : "struct_value", value.dump()));
  }
  return {};
}

int year_of(std::int64_t now_ms) {
  const std::string text = format_value(Value::of(serial_of_time(now_ms)), nullptr, Locale{});
  const Json format{{"type", "DATE"}, {"pattern", "yyyy"}};
  return std::atoi(format_value(Value::of(std::stod(text)), &format, Locale{}).c_str());
}

// Makes the grid large enough for a write that begins inside it.
Refusal grow(Context& context, int sheet_id, int rows, int columns, const char* rule) {
  const Sheet& sheet = *context.book.sheet(sheet_id);
  if (rows <= sheet.row_count && columns <= sheet.column_count) return {};
  if (rule != nullptr) SHEETS_TRY(context.rests_on(rule));
  const int high = std::max(rows, sheet.row_count);
  const int wide = std::max(columns, sheet.column_count);
  SHEETS_TRY(check_growth(context, sheet, high, wide));
  Sheet& edited = *context.book.edit_sheet(sheet_id);
  edited.row_count = high;
  edited.column_count = wide;
  return {};
}

Refusal write_array(Context& context, int sheet_id, int row0, int column0, const Json& body, const Writing& writing,
                    Json& answer, Written& written) {
  const auto rows = by_rows(member(body, "values"), text_of(body, "majorDimension") == "COLUMNS");
  const Range area{row0, row0 + std::max(count(rows), 1), column0, column0 + std::max(widest(rows), 1)};
  SHEETS_TRY(context.may_edit({sheet_id, area}));
  Sheet& sheet = *context.book.edit_sheet(sheet_id);
  const int year = year_of(context.now_ms);
  Written here;
  for (int r = 0; r < count(rows); ++r) {
    for (int c = 0; c < count(rows[at(r)]); ++c) {
      const Json& value = rows[at(r)][at(c)];
      if (value.is_null()) continue;
      SHEETS_TRY(put_value(context, sheet, row0 + r, column0 + c, value, writing.input == "USER_ENTERED", year));
      here.rows.insert({sheet_id, row0 + r});
      here.columns.insert({sheet_id, column0 + c});
      ++here.cells;
    }
  }
  recalculate_now(context);
  answer["updatedRange"] = a1(sheet.title, area);
  if (here.cells > 0) {
    answer["updatedRows"] = count(here.rows);
    answer["updatedColumns"] = count(here.columns);
    answer["updatedCells"] = here.cells;
    written.sheets.insert(sheet_id);
  }
  if (writing.include_values) answer["updatedData"] = value_range(context.book, {sheet_id, area}, writing.response);
  written.cells += here.cells;
  written.rows.merge(here.rows);
  written.columns.merge(here.columns);
  return {};
}

bool filled(const Sheet& sheet, int row, int column) {
  const Cell* cell = sheet.cell(row, column);
  return cell != nullptr && cell->entered.kind != Value::Kind::none;
}

// The block of filled cells around one: grown while a neighbour, also across a corner, is filled.
Range block_around(const Sheet& sheet, int row, int column) {
  Range b{row, row + 1, column, column + 1};
  const auto any = [&sheet](int r0, int r1, int c0, int c1) {
    for (int r = std::max(r0, 0); r < std::min(r1, count(sheet.rows)); ++r)
      for (int c = std::max(c0, 0); c < c1; ++c)
        if (filled(sheet, r, c)) return true;
    return false;
  };
  for (bool grew = true; grew;) {
    grew = false;
    if (b.row0 > 0 && any(b.row0 - 1, b.row0, b.column0 - 1, b.column1 + 1)) --b.row0, grew = true;
    if (any(b.row1, b.row1 + 1, b.column0 - 1, b.column1 + 1)) ++b.row1, grew = true;
    if (b.column0 > 0 && any(b.row0, b.row1, b.column0 - 1, b.column0)) --b.column0, grew = true;
    if (any(b.row0, b.row1, b.column1, b.column1 + 1)) ++b.column1, grew = true;
  }
  return b;
}

// The table that an append goes to; false: none.
bool find_block(const Sheet& sheet, const NamedPlace& place, Range& block) {
  if (place.is_sheet) {  // the last one
    const Range used = sheet.used();
    for (int r = used.row1 - 1; r >= 0; --r) {
      for (int c = 0; c < used.column1; ++c) {
        if (!filled(sheet, r, c)) continue;
        block = block_around(sheet, r, c);
        return true;
      }
    }
    return false;
  }
  const Range& asked = place.cells;
  const bool one = asked.row1 - asked.row0 == 1 && asked.column1 - asked.column0 == 1;
  if (one && !filled(sheet, asked.row0, asked.column0)) return false;
  for (int r = asked.row0; r < std::min(asked.row1, count(sheet.rows)); ++r) {
    for (int c = asked.column0; c < asked.column1; ++c) {
      if (!filled(sheet, r, c)) continue;
      block = block_around(sheet, r, c);
      return true;
    }
  }
  return false;
}

}  // namespace

Json value_range(const Spreadsheet& book, const GridRange& range, const Rendering& how) {
  const Sheet& sheet = *book.sheet(range.sheet);
  const Locale locale = locale_of(text_of(book.properties, "locale"));
  const Range& r = range.cells;
  Json values = Json::array();
  const int outer = how.by_columns ? r.column1 - r.column0 : std::min(r.row1, count(sheet.rows)) - r.row0;
  for (int i = 0; i < outer; ++i) {
    Json line = Json::array();
    if (how.by_columns) {
      for (int row = r.row0; row < std::min(r.row1, count(sheet.rows)); ++row) {
        const Cell* cell = sheet.cell(row, r.column0 + i);
        line.push_back(cell != nullptr ? shown(*cell, how, locale) : Json(""));
      }
    } else {
      const Row& cells = *sheet.rows[at(r.row0 + i)];
      for (int column = r.column0; column < std::min(r.column1, count(cells)); ++column)
        line.push_back(shown(cells[at(column)], how, locale));
    }
    drop_tail(line);
    values.push_back(std::move(line));
  }
  while (!values.empty() && values.back().empty()) values.erase(values.size() - 1);
  Json out = object();
  out["range"] = a1(sheet.title, r);
  out["majorDimension"] = how.by_columns ? "COLUMNS" : "ROWS";
  if (!values.empty()) out["values"] = std::move(values);
  return out;
}

Refusal check_input_option(const std::string& option) {
  if (option.empty() || option == "INPUT_VALUE_OPTION_UNSPECIFIED")
    return invalid("'valueInputOption' is required but not specified");
  return {};
}

Refusal update_values(Context& context, const NamedPlace& place, const Json& body, const Writing& writing, Json& answer,
                      Written& written) {
  const bool by_columns = text_of(body, "majorDimension") == "COLUMNS";
  const auto rows = by_rows(member(body, "values"), by_columns);
  const Sheet& sheet = *context.book.sheet(place.sheet);
  const int high = count(rows);
  const int wide = widest(rows);
  const Range& r = place.cells;
  if (!place.open && (high > r.row1 - r.row0 || wide > r.column1 - r.column0)) {
    const bool row = high > r.row1 - r.row0;
    return invalid(fmt::format("Requested writing within range [{}], but tried writing to {} [{}]", a1(sheet.title, r),
                               row ? "row" : "column", row ? std::to_string(r.row1 + 1) : column_letters(r.column1)));
  }
  SHEETS_TRY(grow(context, place.sheet, r.row0 + high, r.column0 + wide, "updateGrowsGrid"));
  return write_array(context, place.sheet, r.row0, r.column0, body, writing, answer, written);
}

Refusal append_values(Context& context, const NamedPlace& place, const Json& body, const Writing& writing,
                      bool insert_rows, Json& answer) {
  const auto rows = by_rows(member(body, "values"), text_of(body, "majorDimension") == "COLUMNS");
  const Sheet& sheet = *context.book.sheet(place.sheet);
  Range block;
  int row0 = place.cells.row0;
  int column0 = place.cells.column0;
  if (find_block(sheet, place, block)) {
    answer["tableRange"] = a1(sheet.title, block);
    row0 = block.row1;
    column0 = block.column0;
    if (insert_rows && row0 < sheet.row_count && count(rows) > 0) {
      Json batch = Json::array();
      Json range{
          {"sheetId", place.sheet}, {"dimension", "ROWS"}, {"startIndex", row0}, {"endIndex", row0 + count(rows)}};
      batch.push_back(Json{{"insertDimension", Json{{"range", range}, {"inheritFromBefore", true}}}});
      Json replies;
      SHEETS_TRY(apply_requests(context, request_kinds(), batch, replies));
    }
  }
  SHEETS_TRY(grow(context, place.sheet, row0 + count(rows), column0 + widest(rows), nullptr));
  Json updates = object();
  updates["spreadsheetId"] = context.book.id;
  Written written;
  SHEETS_TRY(write_array(context, place.sheet, row0, column0, body, writing, updates, written));
  answer["updates"] = std::move(updates);
  return {};
}

Refusal clear_values(Context& context, const GridRange& range) {
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  for (int r = range.cells.row0; r < std::min(range.cells.row1, count(sheet.rows)); ++r)
    for (int c = range.cells.column0; c < std::min(range.cells.column1, count(*sheet.rows[at(r)])); ++c)
      if (sheet.cell(r, c)->entered.kind != Value::Kind::none) sheet.put(r, c, {});
  recalculate_now(context);
  return {};
}

}  // namespace sheets_server
