#include "targets/xlsx/refs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/formula_tokens.h"

namespace zmig::xlsx {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '$' || c == '\\' || c == '?' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Shifter {
 public:
  Shifter(std::string_view formula, std::int64_t columns, std::int64_t rows)
      : formula_(formula), columns_(columns), rows_(rows) {}

  std::string run() {
    while (at_ < formula_.size()) next();
    return std::move(out_);
  }

 private:
  void next() {
    const char c = formula_[at_];
    if (c == '"' || c == '\'') return quoted_part(c);
    if (c == '[') return brackets();
    if (c == '#') return error();
    if (is_digit(c) || c == '.') return number();
    if (is_word(c)) return word();
    out_ += c;
    ++at_;
  }

  void copy_to(std::size_t end) {
    out_ += formula_.substr(at_, end - at_);
    at_ = end;
  }

  void quoted_part(char quote) {
    std::size_t end = at_ + 1;
    for (; end < formula_.size(); ++end) {
      if (formula_[end] != quote) continue;
      if (end + 1 < formula_.size() && formula_[end + 1] == quote)
        ++end;
      else
        break;
    }
    copy_to(std::min(end + 1, formula_.size()));
  }

  void brackets() {
    std::size_t end = at_, depth = 0;
    for (; end < formula_.size(); ++end) {
      if (formula_[end] == '\'')
        ++end;  // the next sign stands for itself
      else if (formula_[end] == '[')
        ++depth;
      else if (formula_[end] == ']' && --depth == 0)
        break;
    }
    copy_to(std::min(end + 1, formula_.size()));
  }

  void error() {
    std::size_t end = at_ + 1;
    while (end < formula_.size() && (is_letter(formula_[end]) || is_digit(formula_[end]) || formula_[end] == '/'))
      ++end;
    if (end > at_ + 1 && end < formula_.size() && (formula_[end] == '!' || formula_[end] == '?')) ++end;
    copy_to(end);
  }

  [[nodiscard]] std::size_t end_of_word(std::size_t from) const {
    std::size_t end = from;
    while (end < formula_.size() && is_word(formula_[end])) ++end;
    return end;
  }

  void number() {
    std::size_t end = at_;
    while (end < formula_.size() && is_digit(formula_[end])) ++end;
    if (pair(at_, end)) return;
    end = end_of_word(at_);
    const bool power = end > at_ && (formula_[end - 1] == 'E' || formula_[end - 1] == 'e');
    if (power && end + 1 < formula_.size() && (formula_[end] == '+' || formula_[end] == '-') &&
        is_digit(formula_[end + 1]))
      end = end_of_word(end + 1);
    copy_to(end);
  }

  void word() {
    const std::size_t end = end_of_word(at_);
    const char behind = end < formula_.size() ? formula_[end] : '\0';
    if (behind == '(' || behind == '!' || behind == '[') return copy_to(end);
    if (behind == ':') {
      const std::size_t other = end_of_word(end + 1);
      if (other < formula_.size() && formula_[other] == '!') return copy_to(other);  // Jan:Mar!A1
    }
    if (pair(at_, end)) return;
    const auto half = parse_formula_half(formula_.substr(at_, end - at_));
    if (!half || !half->has_column || !half->has_row) return copy_to(end);
    out_ += moved(*half);
    at_ = end;
  }

  /// `A:C` and `1:3`. False: it is none.
  bool pair(std::size_t begin, std::size_t end) {
    if (end >= formula_.size() || formula_[end] != ':') return false;
    const std::size_t other_end = end_of_word(end + 1);
    const auto first = parse_formula_half(formula_.substr(begin, end - begin));
    const auto second = parse_formula_half(formula_.substr(end + 1, other_end - end - 1));
    if (!first || !second) return false;
    const bool columns = first->has_column && !first->has_row && second->has_column && !second->has_row;
    const bool rows = !first->has_column && !second->has_column;
    if (!columns && !rows) return false;
    out_ += moved(*first) + ":" + moved(*second);
    at_ = other_end;
    return true;
  }

  [[nodiscard]] std::string moved(FormulaHalf half) const {
    const std::int64_t column = half.column + (half.column_fixed ? 0 : columns_);
    const std::int64_t row = half.row + (half.row_fixed ? 0 : rows_);
    if (half.has_column && (column < 0 || column >= std::int64_t{kColumns})) return "#REF!";
    if (half.has_row && (row < 1 || row > std::int64_t{kRows})) return "#REF!";
    half.column = static_cast<std::uint32_t>(column);
    half.row = static_cast<std::uint32_t>(row);
    return to_text(half);
  }

  std::string_view formula_;
  std::int64_t columns_, rows_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::optional<Place> parse_place(std::string_view text) {
  const auto half = parse_formula_half(text);
  if (!half || !half->has_column || !half->has_row) return std::nullopt;
  return Place{half->column, half->row};
}

std::optional<Region> parse_region(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto first = parse_formula_half(text.substr(0, colon));
  const auto second = colon == std::string_view::npos ? first : parse_formula_half(text.substr(colon + 1));
  if (!first || !second || first->has_column != second->has_column || first->has_row != second->has_row)
    return std::nullopt;
  if (colon == std::string_view::npos && !(first->has_column && first->has_row)) return std::nullopt;
  Region region{{0, 1}, {kColumns - 1, kRows}};
  if (first->has_column) {
    region.from.column = std::min(first->column, second->column);
    region.to.column = std::max(first->column, second->column);
  }
  if (first->has_row) {
    region.from.row = std::min(first->row, second->row);
    region.to.row = std::max(first->row, second->row);
  }
  return region;
}

std::vector<Region> parse_regions(std::string_view text) {
  std::vector<Region> regions;
  for (const std::string& one : split(text, ' ')) {
    if (const auto region = parse_region(one)) regions.push_back(*region);
  }
  return regions;
}

std::string to_text(Place place) { return column_letters(place.column) + std::to_string(place.row); }

std::optional<SheetRegion> parse_sheet_region(std::string_view text) {
  SheetRegion out;
  if (text.starts_with('\'')) {
    std::size_t at = 1;
    for (;; ++at) {
      if (at >= text.size()) return std::nullopt;
      if (text[at] != '\'') {
        out.sheet += text[at];
        continue;
      }
      if (at + 1 >= text.size() || text[at + 1] != '\'') break;
      out.sheet += '\'';
      ++at;
    }
    if (at + 1 >= text.size() || text[at + 1] != '!') return std::nullopt;
    text.remove_prefix(at + 2);
  } else if (const std::size_t mark = text.find('!'); mark != std::string_view::npos) {
    out.sheet = text.substr(0, mark);
    text.remove_prefix(mark + 1);
  }
  if (out.sheet.find_first_of("[]") != std::string::npos) return std::nullopt;  // another workbook
  const auto region = parse_region(text);
  if (!region) return std::nullopt;
  out.region = *region;
  return out;
}

std::string shifted(std::string_view formula, std::int64_t columns, std::int64_t rows) {
  return Shifter(formula, columns, rows).run();
}

}  // namespace zmig::xlsx
