#include "model/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <system_error>

namespace zmig {
namespace {

// 15 significant digits of |value| and the power of ten of the first one.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

Decimal decimal_of(double magnitude) {
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::scientific, 14);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal parts;
  parts.digits = std::string(1, text[0]) + std::string(text.substr(2, e - 2));
  const std::size_t sign = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + sign, text.data() + text.size(), parts.exponent);
  return parts;
}

double read_back(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} ? value : 0;
}

// Keeps `kept` leading digits, rounding half away from zero; may carry into one more digit.
void keep(Decimal& decimal, std::size_t kept) {
  const bool up = decimal.digits[kept] >= '5';
  decimal.digits.resize(kept);
  if (!up) return;
  std::size_t at = kept;
  while (at > 0 && decimal.digits[at - 1] == '9') decimal.digits[--at] = '0';
  if (at > 0) {
    ++decimal.digits[at - 1];
    return;
  }
  decimal.digits.insert(decimal.digits.begin(), '1');
  ++decimal.exponent;
}

}  // namespace

double round_decimal(double value, int digits) {
  if (!std::isfinite(value) || value == 0) return value == 0 ? 0 : value;
  Decimal decimal = decimal_of(std::fabs(value));
  const int kept = decimal.exponent + 1 + std::clamp(digits, -400, 400);
  if (kept < 0) return 0;
  // A value of more than 15 digits is only touched where it has to be: 2^53 - 1 with no digits after the point stays
  // itself.
  if (kept >= static_cast<int>(decimal.digits.size())) {
    const bool whole = std::trunc(value) == value;
    if (whole || kept > static_cast<int>(decimal.digits.size())) return value;
  } else {
    keep(decimal, static_cast<std::size_t>(kept));
  }
  if (decimal.digits.empty()) return 0;
  std::string text =
      decimal.digits.substr(0, 1) + "." + decimal.digits.substr(1) + "e" + std::to_string(decimal.exponent);
  const double rounded = read_back(text);
  return std::signbit(value) ? -rounded : rounded;
}

std::string spell_fixed(double value, int digits) {
  const double rounded = round_decimal(value, digits);
  std::array<char, 512> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), rounded, std::chars_format::fixed,
                                 std::clamp(digits, 0, 100));
  return {buffer.data(), end.ptr};
}

std::string spell_shortest(double value) {
  if (value == 0) return "0";
  const double magnitude = std::fabs(value);
  const bool plain = magnitude >= 1e-15 && magnitude < 1e17;
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {buffer.data(), end.ptr};
}

int currency_digits(std::string_view code) {
  constexpr std::array<std::string_view, 16> kNone = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                                      "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"};
  constexpr std::array<std::string_view, 7> kThree = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  if (code == "XPF") return 0;
  if (code == "CLF" || code == "UYW") return 4;
  if (std::find(kNone.begin(), kNone.end(), code) != kNone.end()) return 0;
  return std::find(kThree.begin(), kThree.end(), code) != kThree.end() ? 3 : 2;
}

std::optional<int> decimal_digits(const Type& type) {
  if (type.kind == TypeKind::decimal) return type.digits;
  if (type.kind == TypeKind::currency) return currency_digits(type.of);
  return std::nullopt;
}

Value number_value(double value) { return Number{value == 0 ? 0.0 : value}; }

}  // namespace zmig
