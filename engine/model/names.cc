#include "model/names.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <zmig/header_norm.h>

#include "model/unicode.h"

namespace zmig {
namespace {

// Text that norm() gives back unchanged: printable ASCII without blanks at the ends or two in a row.
bool is_plain(std::string_view text) {
  bool blank_before = true;
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
    if (c == ' ' && blank_before) return false;
    blank_before = c == ' ';
  }
  return text.empty() || text.back() != ' ';
}

/// Signs that norm() keeps where they are: at an end of a text, two of them tell it from the other. (At the front, a
/// mark that follows may be joined to them, but never so that another sign could be what it was joined to.)
bool is_sign(char c) { return c > ' ' && c <= '~'; }
bool differ_at_once(char a, char b) { return a != b && is_sign(a) && is_sign(b); }

}  // namespace

bool same_header(std::string_view a, std::string_view b) {
  const bool ends = !a.empty() && !b.empty();
  if (ends && (differ_at_once(a.front(), b.front()) || differ_at_once(a.back(), b.back()))) return false;
  if (a == b) return true;
  if (!ends) return norm(a) == norm(b);
  if (is_plain(a) && is_plain(b)) return false;
  return norm(a) == norm(b);
}

bool same_title_without_case(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (is_plain(a) && is_plain(b)) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
  }
  return fold_case(norm(a)) == fold_case(norm(b));
}

bool is_blank_header(std::string_view header) { return header.empty() || (!is_plain(header) && norm(header).empty()); }

std::string provisional_id(std::string_view name, std::size_t nth) {
  std::string id = "~" + norm(name);
  if (nth > 1) id += "#" + std::to_string(nth);
  return id;
}

void renumber_foreign_columns(Sheet& sheet, std::string_view header) {
  std::size_t nth = 0;
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const Column& column = std::as_const(sheet).columns[i];
    if (!column.managed && same_header(column.header, header)) sheet.columns[i].id = provisional_id(header, ++nth);
  }
}

void renumber_foreign_sheets(Schema& schema, std::string_view title) {
  std::size_t nth = 0;
  for (std::size_t i = 0; i < schema.sheets.size(); ++i) {
    const Sheet& sheet = std::as_const(schema).sheets[i];
    if (!sheet.managed && same_header(sheet.title, title)) schema.sheets[i].id = provisional_id(title, ++nth);
  }
}

}  // namespace zmig
