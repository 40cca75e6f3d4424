#include "references.h"

#include <cctype>

#include "a1.h"

namespace sheets_server {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool word(char c) {
  return letter(c) || digit(c) || c == '_' || c == '.' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

bool read_corner(const std::string& text, std::size_t& place, Corner& out) {
  std::size_t n = place;
  const auto here = [&] { return n < text.size() ? text[n] : '\0'; };
  bool fixed = here() == '$';
  if (fixed) ++n;
  const std::size_t letters = n;
  while (letter(here())) ++n;
  if (n - letters > 3) return false;
  if (n > letters) {
    out.column = 0;
    for (std::size_t i = letters; i < n; ++i)
      out.column = out.column * 26 + (std::toupper(static_cast<unsigned char>(text[i])) - 'A' + 1);
    --out.column;
    out.column_fixed = fixed;
    fixed = here() == '$';
    if (fixed) ++n;
  }
  const std::size_t digits = n;
  while (digit(here())) ++n;
  if (n - digits > 8) return false;
  if (n > digits) {
    out.row = std::stoi(text.substr(digits, n - digits)) - 1;
    out.row_fixed = fixed;
    if (out.row < 0) return false;
  } else if (fixed) {
    return false;
  }
  if (n == place || (out.row < 0 && out.column < 0)) return false;
  place = n;
  return true;
}

bool read_title(const std::string& text, std::size_t& place, std::string& title) {
  std::size_t n = place;
  if (n < text.size() && text[n] == '\'') {
    for (++n; n < text.size(); ++n) {
      if (text[n] != '\'') {
        title += text[n];
      } else if (n + 1 < text.size() && text[n + 1] == '\'') {
        title += text[n++];
      } else {
        break;
      }
    }
    ++n;
  } else {
    while (n < text.size() && word(text[n])) title += text[n++];
  }
  if (title.empty() || n >= text.size() || text[n] != '!') return false;
  place = n + 1;
  return true;
}

std::string corner_text(const Corner& c) {
  std::string out;
  if (c.column >= 0) out += (c.column_fixed ? "$" : "") + column_letters(c.column);
  if (c.row >= 0) out += (c.row_fixed ? "$" : "") + std::to_string(c.row + 1);
  return out;
}

bool advance(Corner& c, int rows, int columns) {
  if (c.row >= 0 && !c.row_fixed)
    c.row += rows;
  else
    rows = 0;
  if (c.column >= 0 && !c.column_fixed)
    c.column += columns;
  else
    columns = 0;
  return (rows == 0 || c.row >= 0) && (columns == 0 || c.column >= 0);
}

}  // namespace

std::optional<Reference> read_reference(const std::string& formula, std::size_t& place) {
  Reference out;
  std::size_t n = place;
  out.has_title = read_title(formula, n, out.title);
  if (!out.has_title) {
    out.title.clear();
    n = place;
  }
  if (!read_corner(formula, n, out.first)) return std::nullopt;
  std::size_t behind = n;
  if (behind < formula.size() && formula[behind] == ':') {
    Corner last;
    std::size_t after = behind + 1;
    if (read_corner(formula, after, last)) {
      out.is_range = true;
      out.last = last;
      behind = after;
    }
  }
  if (!out.is_range) {
    if (out.first.row < 0 || out.first.column < 0) return std::nullopt;
    out.last = out.first;
  }
  if (behind < formula.size() && (word(formula[behind]) || formula[behind] == '(' || formula[behind] == '!'))
    return std::nullopt;
  place = behind;
  return out;
}

std::string to_text(const Reference& reference) {
  std::string out;
  if (reference.has_title) out += quoted_title(reference.title) + "!";
  out += corner_text(reference.first);
  if (reference.is_range) out += ":" + corner_text(reference.last);
  return out;
}

std::string rewrite_references(const std::string& formula,
                               const std::function<std::optional<std::string>(const Reference&)>& change) {
  std::string out;
  std::size_t n = 0;
  while (n < formula.size()) {
    const char c = formula[n];
    if (c == '"') {
      const std::size_t end = formula.find('"', n + 1);
      const std::size_t stop = end == std::string::npos ? formula.size() : end + 1;
      out.append(formula, n, stop - n);
      n = stop;
      continue;
    }
    const std::size_t start = n;
    if (word(c) || c == '$' || c == '\'') {
      if (const auto reference = read_reference(formula, n)) {
        const auto text = change(*reference);
        out += text ? *text : formula.substr(start, n - start);
        continue;
      }
      if (c == '\'') {
        const std::size_t end = formula.find('\'', n + 1);
        n = end == std::string::npos ? formula.size() : end + 1;
      } else {
        ++n;
        while (n < formula.size() && word(formula[n])) ++n;
      }
      out.append(formula, start, n - start);
      continue;
    }
    out += c;
    ++n;
  }
  return out;
}

std::string advanced(const std::string& formula, int rows, int columns) {
  return rewrite_references(formula, [&](const Reference& given) -> std::optional<std::string> {
    Reference moved = given;
    if (!advance(moved.first, rows, columns) || !advance(moved.last, rows, columns)) return "#REF!";
    return to_text(moved);
  });
}

}  // namespace sheets_server
