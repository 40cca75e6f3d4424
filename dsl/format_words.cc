#include "format_words.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::dsl {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

struct Words {
  std::string operator()(const Blank&) const { return "blank"; }
  std::string operator()(const Text& text) const { return quoted(text.utf8); }
  std::string operator()(const Number& number) const { return digits_of(number.value); }
  std::string operator()(const Boolean& logic) const { return logic.value ? "true" : "false"; }
  std::string operator()(const Date& date) const { return words_of_day(date.day); }
  std::string operator()(const Time&) const { return "blank"; }
  std::string operator()(const DateTime& moment) const {
    const std::int64_t day = moment.ms >= 0 ? moment.ms / kDayMs : -((-moment.ms + kDayMs - 1) / kDayMs);
    return words_of_day(static_cast<std::int32_t>(day));
  }
  std::string operator()(const CellError& error) const { return quoted(error.text); }
};

}  // namespace

std::optional<double> number_of_words(std::string_view digits) {
  double out = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (failed != std::errc() || end != digits.data() + digits.size() || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::string digits_of(double number) {
  std::string shortest = fmt::format("{}", number);
  const std::size_t e = shortest.find('e');
  if (e == std::string::npos) return shortest;
  // Spell the exponent out: the digits of the mantissa, and the point moved.
  std::string sign, digits;
  long point = 0;
  bool behind = false;
  for (const char c : shortest.substr(0, e)) {
    if (c == '-')
      sign = "-";
    else if (c == '.')
      behind = true;
    else {
      digits += c;
      if (!behind) ++point;
    }
  }
  point += std::strtol(shortest.c_str() + e + 1, nullptr, 10);
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const auto whole = static_cast<std::size_t>(point);
  if (whole >= digits.size()) return sign + digits + std::string(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::optional<std::int32_t> day_of_words(std::string_view date) {
  if (date.size() != 10) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t length) {
    int out = -1;
    std::from_chars(date.data() + at, date.data() + at + length, out);
    return out;
  };
  return from_civil(part(0, 4), part(5, 2), part(8, 2));
}

std::string words_of_day(std::int32_t day) {
  const CivilDay civil = to_civil(day);
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

std::string literal_words(const Value& value) { return std::visit(Words{}, value); }

std::string singular_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::text: return "a text";
    case TypeKind::integer: return "an integer";
    case TypeKind::number: return "a number";
    case TypeKind::decimal: return "a decimal";
    case TypeKind::percent: return "a percentage";
    case TypeKind::currency: return "an amount of money";
    case TypeKind::boolean: return "a boolean";
    case TypeKind::date: return "a date";
    case TypeKind::time: return "a time of day";
    case TypeKind::datetime: return "a date with a time";
    case TypeKind::enumeration: return "a value of enum " + quoted(type.of);
    case TypeKind::reference: return "a key of another sheet";
  }
  return "a value";
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const std::string& name : names) out.push_back(quoted(name));
  return join(out, ", ");
}

}  // namespace zmig::dsl
