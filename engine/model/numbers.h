#pragma once
// Numbers as decimals: rounding, spelling, and the limits that the types have. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <zmig/value.h>

namespace zmig {

constexpr double kLargestInteger = 9007199254740991.0;  ///< 2^53 - 1
constexpr std::int32_t kFirstDay = -693'593;            ///< 0001-01-01
constexpr std::int32_t kLastDay = 2'958'465;            ///< 9999-12-31
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kLongestText = 32'767;  ///< code points

/// Half away from zero at `digits` places after the point (negative: before it), on the 15 significant digits that a
/// spreadsheet keeps, so that 2.675 becomes 2.68. Minus zero becomes zero.
double round_decimal(double value, int digits);

/// Exactly `digits` digits after the point, never an exponent.
std::string spell_fixed(double value, int digits);

/// Shortest text that reads back equal; an exponent only where a person would not want the zeros.
std::string spell_shortest(double value);

/// Digits after the point that a decimal or currency has; none for other types.
std::optional<int> decimal_digits(const Type& type);

/// Digits after the point of a currency, by its ISO 4217 code: 2 unless listed otherwise.
int currency_digits(std::string_view code);

/// Minus zero becomes zero.
Value number_value(double value);

}  // namespace zmig
