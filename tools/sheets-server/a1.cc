#include "a1.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "text.h"

namespace sheets_server {

namespace {

constexpr int kMaxColumns = 18278;

// One corner: letters and digits, either may be missing; -1 for what is.
struct Corner {
  int row = -1;
  int column = -1;
};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::optional<int> to_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 8) return std::nullopt;
  int out = 0;
  for (const char c : digits) out = out * 10 + (c - '0');
  return out;
}

std::optional<Corner> a1_corner(std::string_view text) {
  Corner out;
  std::size_t n = 0;
  if (n < text.size() && text[n] == '$') ++n;
  const std::size_t letters = n;
  while (n < text.size() && letter(text[n])) ++n;
  if (n - letters > 3) return std::nullopt;
  if (n > letters) {
    int column = 0;
    for (std::size_t i = letters; i < n; ++i)
      column = column * 26 + (std::toupper(static_cast<unsigned char>(text[i])) - 'A' + 1);
    out.column = column - 1;
    if (n < text.size() && text[n] == '$') ++n;
  }
  const std::size_t digits = n;
  while (n < text.size() && digit(text[n])) ++n;
  if (n != text.size()) return std::nullopt;
  if (n > digits) {
    const auto row = to_number(text.substr(digits));
    if (!row || *row == 0) return std::nullopt;
    out.row = *row - 1;
  }
  if (out.row < 0 && out.column < 0) return std::nullopt;
  return out;
}

std::optional<Corner> r1c1_corner(std::string_view text) {
  if (text.size() < 4 || (text[0] != 'R' && text[0] != 'r')) return std::nullopt;
  const std::size_t c = text.find_first_of("Cc", 1);
  if (c == std::string_view::npos) return std::nullopt;
  const std::string_view row = text.substr(1, c - 1);
  const std::string_view column = text.substr(c + 1);
  if (!std::all_of(row.begin(), row.end(), digit) || !std::all_of(column.begin(), column.end(), digit))
    return std::nullopt;
  const auto r = to_number(row);
  const auto k = to_number(column);
  if (!r || !k || *r == 0 || *k == 0) return std::nullopt;
  return Corner{*r - 1, *k - 1};
}

void side(int a, int b, bool both, int& low, int& high) {
  if (a < 0 && b < 0) return;
  if (!both) {
    low = a;
    high = a + 1;
  } else if (a < 0 || b < 0) {
    low = std::max(a, b);  // A1:B: from there on
  } else {
    low = std::min(a, b);
    high = std::max(a, b) + 1;
  }
}

ApiError unparsable(const std::string& text) { return invalid("Unable to parse range: " + text); }

// Splits 'Title'!cells and Title!cells; false when a quote does not close.
bool split_title(const std::string& text, std::string& title, std::string& cells, bool& has_title, bool& quoted) {
  has_title = quoted = false;
  if (!text.empty() && text[0] == '\'') {
    quoted = true;
    for (std::size_t n = 1; n < text.size(); ++n) {
      if (text[n] != '\'') {
        title += text[n];
      } else if (n + 1 < text.size() && text[n + 1] == '\'') {
        title += '\'';
        ++n;
      } else {
        has_title = true;
        if (n + 1 == text.size()) return true;
        if (text[n + 1] != '!') return false;
        cells = text.substr(n + 2);
        return !cells.empty();
      }
    }
    return false;
  }
  const std::size_t mark = text.rfind('!');
  if (mark == std::string::npos) {
    cells = text;
    return true;
  }
  has_title = true;
  title = text.substr(0, mark);
  cells = text.substr(mark + 1);
  return !title.empty() && !cells.empty();
}

Refusal place_of(const Sheet& sheet, const OpenRange& open, NamedPlace& out) {
  Range r{std::max(open.row0, 0), open.row1 < 0 ? sheet.row_count : open.row1, std::max(open.column0, 0),
          open.column1 < 0 ? sheet.column_count : open.column1};
  if (r.row0 >= sheet.row_count || r.column0 >= sheet.column_count) {
    return invalid(fmt::format("Range ({}) exceeds grid limits. Max rows: {}, max columns: {}", a1(sheet.title, r),
                               sheet.row_count, sheet.column_count));
  }
  const bool one = r.row1 == r.row0 + 1 && r.column1 == r.column0 + 1;
  out.open = one || open.row1 < 0 || open.column1 < 0;
  r.row1 = std::min(r.row1, sheet.row_count);
  r.column1 = std::min(r.column1, sheet.column_count);
  out.sheet = sheet.id;
  out.cells = r;
  return {};
}

const Sheet* sheet_called(const Spreadsheet& book, const std::string& title, TitleCase titles) {
  const Sheet* exactly = book.sheet_by_title(title);
  if (exactly != nullptr || titles == TitleCase::exact) return exactly;
  for (const Cow<Sheet>& sheet : book.sheets)
    if (lower(sheet->title) == lower(title)) return &*sheet;
  return nullptr;
}

}  // namespace

std::string column_letters(int column) {
  std::string out;
  for (int n = column + 1; n > 0; n = (n - 1) / 26) out.insert(out.begin(), static_cast<char>('A' + (n - 1) % 26));
  return out;
}

std::optional<OpenRange> parse_cells(std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool both = colon != std::string_view::npos;
  const std::string_view first = text.substr(0, colon);
  const std::string_view second = both ? text.substr(colon + 1) : std::string_view{};
  auto a = r1c1_corner(first);
  auto b = both ? r1c1_corner(second) : a;
  if (!a || !b) {
    a = a1_corner(first);
    b = both ? a1_corner(second) : a;
  }
  if (!a || !b) return std::nullopt;
  if (!both && (a->row < 0 || a->column < 0)) return std::nullopt;  // a bare "A" or "1" is no range
  OpenRange out;
  side(a->row, b->row, both, out.row0, out.row1);
  side(a->column, b->column, both, out.column0, out.column1);
  if (out.column0 >= kMaxColumns) return std::nullopt;
  return out;
}

Refusal resolve_range(const std::string& text, const Spreadsheet& book, NamedPlace& out, TitleCase titles) {
  std::string title;
  std::string cells;
  bool has_title = false;
  bool quoted = false;
  if (!split_title(text, title, cells, has_title, quoted)) return unparsable(text);
  if (has_title) {
    const Sheet* sheet = sheet_called(book, title, titles);
    if (sheet == nullptr || !sheet->is_grid()) return unparsable(text);
    if (cells.empty()) {
      out = {sheet->id, sheet->whole(), true, true};
      return {};
    }
    const auto open = parse_cells(cells);
    if (!open) return unparsable(text);
    return place_of(*sheet, *open, out);
  }
  for (const NamedRange& named : book.named) {
    if (named.name != text) continue;
    out = {named.range.sheet, named.range.cells, false, false};
    return {};
  }
  if (const auto open = parse_cells(text); open && !book.sheets.empty() && book.sheets.front()->is_grid())
    return place_of(*book.sheets.front(), *open, out);
  if (const Sheet* sheet = sheet_called(book, text, titles); sheet != nullptr && sheet->is_grid()) {
    out = {sheet->id, sheet->whole(), true, true};
    return {};
  }
  return unparsable(text);
}

std::string quoted_title(const std::string& title) {
  const bool plain = !title.empty() &&
                     std::all_of(title.begin(), title.end(), [](char c) { return letter(c) || digit(c) || c == '_'; });
  if (plain && !parse_cells(title)) return title;
  std::string out = "'";
  for (const char c : title) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string a1(const std::string& title, const Range& r) {
  std::string first = fmt::format("{}!{}{}", quoted_title(title), column_letters(r.column0), r.row0 + 1);
  if (r.row1 <= r.row0 + 1 && r.column1 <= r.column0 + 1) return first;
  return fmt::format("{}:{}{}", first, column_letters(r.column1 - 1), r.row1);
}

ApiError no_grid(int sheet) { return invalid(fmt::format("No grid with id: {}", sheet)); }

Refusal resolve_grid_range(const Json& json, const Spreadsheet& book, GridRange& out) {
  const int id = int_of(json, "sheetId");
  const Sheet* sheet = book.grid(id);
  if (sheet == nullptr) return no_grid(id);
  out.sheet = id;
  out.cells = {int_of(json, "startRowIndex", 0), int_of(json, "endRowIndex", sheet->row_count),
               int_of(json, "startColumnIndex", 0), int_of(json, "endColumnIndex", sheet->column_count)};
  const Range& r = out.cells;
  if (r.row0 < 0 || r.column0 < 0) return invalid("GridRange.startIndex must not be negative [zmig-sheets-server]");
  if (r.row1 > sheet->row_count || r.column1 > sheet->column_count || r.row0 > sheet->row_count ||
      r.column0 > sheet->column_count) {
    return invalid(fmt::format("Range ({}) exceeds grid limits. Max rows: {}, max columns: {}", a1(sheet->title, r),
                               sheet->row_count, sheet->column_count));
  }
  if (r.row0 >= r.row1 || r.column0 >= r.column1)
    return invalid(fmt::format("GridRange of sheet {} is empty [zmig-sheets-server]", id));
  return {};
}

Refusal resolve_coordinate(const Json& json, const Spreadsheet& book, GridRange& out) {
  const int id = int_of(json, "sheetId");
  const Sheet* sheet = book.grid(id);
  if (sheet == nullptr) return no_grid(id);
  const int row = int_of(json, "rowIndex");
  const int column = int_of(json, "columnIndex");
  out = {id, {row, row + 1, column, column + 1}};
  if (column >= sheet->column_count)
    return invalid(fmt::format("Attempting to write column: {}, beyond the last requested column of: {}", column,
                               sheet->column_count - 1));
  if (row >= sheet->row_count)
    return invalid(
        fmt::format("Attempting to write row: {}, beyond the last requested row of: {}", row, sheet->row_count - 1));
  if (row < 0 || column < 0) return invalid("GridCoordinate must not be negative [zmig-sheets-server]");
  return {};
}

}  // namespace sheets_server
