#pragma once
/// How values look: General, number, percent, currency and date patterns, by locale.

#include <cstdint>
#include <string>
#include <string_view>

#include "book.h"

namespace sheets_server {

struct Locale {
  std::string decimal = ".";
  std::string group = ",";
  std::string currency = "$";
  bool day_first = false;
  bool currency_last = false;
  bool known = true;
  std::string date = "M/d/yyyy";
};
/// en_US, en_GB, de_DE, fr_FR, es_CL; others as en_US with known = false.
Locale locale_of(const std::string& name);

/// Days since 1899-12-30.
double serial_of_date(int year, unsigned month, unsigned day);
/// Milliseconds since 1970 (UTC) to a serial.
double serial_of_time(std::int64_t unix_ms);

/// formattedValue. `format` is a NumberFormat or null.
std::string format_value(const Value& value, const Json* format, const Locale& locale);
/// True if the format shows a date or a time.
bool is_date_format(const Json* format);
/// userEnteredFormat.numberFormat of a cell, or nullptr.
const Json* number_format(const Cell& cell);
/// Without a format: up to ten significant digits.
std::string general(double value, const Locale& locale);

}  // namespace sheets_server
