#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <zmig/value.h>

#include "model/moments.h"
#include "model/numbers.h"

namespace zmig {
namespace {

struct Spelling {
  bool plain = false;
  bool exponent = false;
  std::size_t significant = 0;  ///< without zeros at either end
  bool fraction = false;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// -?(0|[1-9][0-9]*)(\.[0-9]+)? and perhaps an exponent; the whole text.
Spelling spelling_of(std::string_view text) {
  Spelling found;
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t first = at;
  std::string digits;
  while (at < text.size() && is_digit(text[at])) digits += text[at++];
  if (at == first || (text[first] == '0' && at > first + 1)) return found;
  if (at < text.size() && text[at] == '.') {
    const std::size_t point = at++;
    while (at < text.size() && is_digit(text[at])) digits += text[at++];
    if (at == point + 1) return found;
    found.fraction = true;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    found.exponent = true;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == start) return found;
  }
  if (at != text.size()) return found;
  found.plain = true;
  const std::size_t begin = digits.find_first_not_of('0');
  const std::size_t end = digits.find_last_not_of('0');
  found.significant = begin == std::string::npos ? 0 : end - begin + 1;
  return found;
}

struct Speller {
  const Type* type;

  std::string operator()(const Blank&) const { return {}; }
  std::string operator()(const Text& text) const { return text.utf8; }
  std::string operator()(const Number& number) const {
    if (type != nullptr && type->kind == TypeKind::boolean && (number.value == 0 || number.value == 1)) {
      return number.value == 1 ? "TRUE" : "FALSE";
    }
    const auto digits = type == nullptr ? std::nullopt : decimal_digits(*type);
    return digits.has_value() ? spell_fixed(number.value, *digits) : spell_shortest(number.value);
  }
  std::string operator()(const Boolean& boolean) const { return boolean.value ? "TRUE" : "FALSE"; }
  std::string operator()(const Date& date) const {
    const bool as_moment = type != nullptr && type->kind == TypeKind::datetime;
    return as_moment ? iso_datetime(date.day * kDayMs) : iso_date(date.day);
  }
  std::string operator()(const Time& time) const { return iso_time(time.ms); }
  std::string operator()(const DateTime& moment) const { return iso_datetime(moment.ms); }
  std::string operator()(const CellError& error) const { return error.text; }
};

}  // namespace

std::string to_text(const Value& value, const Type& type) { return std::visit(Speller{&type}, value); }
std::string to_text(const Value& value) { return std::visit(Speller{nullptr}, value); }

std::optional<double> exact_number(std::string_view text, bool exponent) {
  const Spelling spelling = spelling_of(text);
  if (!spelling.plain || (spelling.exponent && !exponent)) return std::nullopt;
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || !std::isfinite(value)) return std::nullopt;
  if (value == 0) return spelling.significant == 0 ? std::optional<double>(0.0) : std::nullopt;
  if (spelling.significant <= 15) return value;
  const bool whole = !spelling.fraction && !spelling.exponent && std::fabs(value) <= kLargestInteger;
  // Up to 17 digits: exact in the sense that matters when they are the very digits in which zmig spells this double.
  return whole || spell_shortest(value) == text ? std::optional<double>(value) : std::nullopt;
}

}  // namespace zmig
