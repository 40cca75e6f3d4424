#include <zmig/cells.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/text.h"
#include "model/names.h"
#include "model/numbers.h"
#include "model/unicode.h"

namespace zmig {
namespace {

bool is_unchecked_box(const Value& value, const Column& column) {
  if (column.allowed.kind != Allowed::Kind::checkbox) return false;
  if (const auto* boolean = std::get_if<Boolean>(&value)) return !boolean->value;
  const auto* text = std::get_if<Text>(&value);
  return text != nullptr && fold_case(text->utf8) == "false";
}

// `<tag><length>:<bytes>`: no two lists of such pieces read alike.
void append_framed(std::string& out, char tag, std::string_view bytes) {
  out += tag;
  out += std::to_string(bytes.size());
  out += ':';
  out += bytes;
}

void append_value(std::string& out, const Value& value) {
  constexpr std::array<char, std::variant_size_v<Value>> kTags = {'-', 't', 'n', 'b', 'd', 'h', 'm', 'e'};
  const char tag = kTags.at(value.index());
  if (is_blank(value)) {
    out += tag;
  } else {
    append_framed(out, tag, to_text(value));
  }
}

const Column* key_column(const Sheet& sheet) {
  const auto key = std::find_if(sheet.columns.begin(), sheet.columns.end(),
                                [](const Column& column) { return column.managed && column.rules.key; });
  return key == sheet.columns.end() ? nullptr : &*key;
}

bool has_key(const Sheet& sheet) { return key_column(sheet) != nullptr || !sheet.rules.keys.empty(); }

// A cached result may change at the next recalculation, and a format with a look: neither makes another row.
std::string hashed_row(std::span<const Cell> cells) {
  std::string bytes;
  for (const Cell& cell : cells) {
    if (cell.formula.empty()) {
      append_value(bytes, cell.value);
    } else {
      append_framed(bytes, 'f', cell.formula);
    }
  }
  return "h:" + sha256_hex(bytes).substr(0, 16);
}

}  // namespace

bool counts_as_data(const Cell& cell, const Column& column) {
  if (is_blank(cell.value) || !cell.formula.empty()) return false;
  if (const auto* text = std::get_if<Text>(&cell.value); text != nullptr && trim_blanks(text->utf8).empty())
    return false;
  return !is_unchecked_box(cell.value, column);
}

Status CellView::scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                             std::span<const std::string> wanted, const JudgedSink& sink) {
  const Sheet* sheet = schema().sheet(sheet_id);
  if (sheet == nullptr) return scan(sheet_id, wanted, [&](const RowView& row) { return sink(row, false); });
  // The wanted cells first, so that what the sink gets is the beginning of what is read.
  std::vector<std::string> ids(wanted.begin(), wanted.end());
  std::vector<std::pair<std::size_t, Column>> judged;  // where the cell is; a copy, since a schema may move
  for (const std::string& id : counted) {
    const Column* column = column_by_id(*sheet, id);
    if (column == nullptr) continue;
    const auto at = static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
    if (at == ids.size()) ids.push_back(id);
    judged.emplace_back(at, *column);
  }
  return scan(sheet_id, ids, [&](const RowView& row) {
    const bool data = std::any_of(judged.begin(), judged.end(),
                                  [&](const auto& one) { return counts_as_data(row.cells[one.first], one.second); });
    return sink(RowView{row.row, row.cells.first(wanted.size())}, data);
  });
}

std::vector<std::string> data_row_columns(const Sheet& sheet, std::span<const std::string> not_counted) {
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) {
    if (is_blank_header(column.header)) continue;
    if (std::find(not_counted.begin(), not_counted.end(), column.id) == not_counted.end()) ids.push_back(column.id);
  }
  return ids;
}

std::vector<std::string> identity_columns(const Sheet& sheet) {
  if (const Column* key = key_column(sheet)) return {key->id};
  if (!sheet.rules.keys.empty()) return sheet.rules.keys.front();
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) {
    if (column.managed && !column.computed.has_value()) ids.push_back(column.id);
  }
  return ids;
}

std::string row_identity(const Sheet& sheet, std::span<const Cell> cells) {
  const bool complete =
      !cells.empty() && std::none_of(cells.begin(), cells.end(), [](const Cell& cell) { return is_blank(cell.value); });
  if (!has_key(sheet) || !complete) return hashed_row(cells);
  if (cells.size() == 1) return to_text(cells.front().value);
  std::vector<std::string> parts;
  for (const Cell& cell : cells) parts.push_back(zmig::quoted(to_text(cell.value)));
  return join(parts, ", ");
}

std::string cell_bytes(const Cell& cell) {
  std::string bytes;
  append_value(bytes, cell.value);
  if (!cell.formula.empty()) append_framed(bytes, 'f', cell.formula);
  if (!cell.format.empty()) append_framed(bytes, 'l', cell.format);
  bytes += '\n';
  return bytes;
}

}  // namespace zmig
