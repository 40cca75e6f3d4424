#pragma once
// Format texts taken apart (language.md 6.2). Not installed.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <zmig/value.h>

namespace zmig {

enum class Sign {
  literal,
  year4,
  year2,
  month1,
  month2,
  month3,
  month4,
  day1,
  day2,
  day3,
  day4,
  hour1,
  hour2,
  minute1,
  minute2,
  second1,
  second2,
  millis,
  noon,
  offset,
  digit,
  maybe_digit,
  comma,
  point,
  percent,
  exponent,
  text
};

struct FormatToken {
  Sign sign = Sign::literal;
  std::string text;  ///< literal: what stands there
  bool operator==(const FormatToken&) const = default;
};

/// The number in a format: what stands before it, its digits and marks, what stands behind it.
struct NumberLayout {
  std::vector<FormatToken> before, after;  ///< literals and percent signs
  char point = '.', group = ',';
  bool grouped = false, percent = false, exponent = false;
  int least_whole = 0, least_fraction = 0, most_fraction = 0;
};

struct FormatParts {
  enum class Kind { general, native, date, number, text };
  Kind kind = Kind::general;
  std::vector<FormatToken> tokens;
  NumberLayout layout;  ///< of a number format
};

/// The parts of a format, or the message of its first fault.
std::variant<FormatParts, std::string> take_apart(std::string_view format, bool for_parse);

/// English names; month 1..12, weekday of a day.
std::string_view month_name(int month);
std::string_view weekday_name(std::int32_t day);

}  // namespace zmig
