#include "targets/gsheet/formats.h"

#include <cmath>
#include <optional>

#include "model/moments.h"
#include "model/numbers.h"
#include "targets/xlsx/values.h"

namespace zmig::gsheet {
namespace {

using xlsx::Moment;

constexpr std::string_view kNative = "native:";

Moment moment_of_type(std::string_view type) {
  if (type == "DATE") return Moment::date;
  if (type == "TIME") return Moment::time;
  return type == "DATE_TIME" ? Moment::datetime : Moment::none;
}

std::string_view type_of(std::string_view pattern, Moment moment) {
  switch (moment) {
    case Moment::date: return "DATE";
    case Moment::time:
    case Moment::elapsed: return "TIME";
    case Moment::datetime: return "DATE_TIME";
    case Moment::none: break;
  }
  if (pattern == "@") return "TEXT";
  return pattern.find('%') != std::string_view::npos ? "PERCENT" : "NUMBER";
}

}  // namespace

xlsx::NumberFormat meaning_of(const RawFormat& format) {
  if (format.pattern.empty()) {
    if (format.type.empty()) return {};
    return {std::string(kNative) + '[' + format.type + ']', moment_of_type(format.type)};
  }
  xlsx::NumberFormat meaning = xlsx::number_format(format.pattern);
  if (meaning.moment == Moment::none && !format.type.empty()) meaning.moment = moment_of_type(format.type);
  return meaning;
}

RawFormat raw_format(std::string_view format) {
  if (format.empty()) return {};
  if (format.starts_with(kNative) && format.size() > kNative.size() + 2 && format[kNative.size()] == '[' &&
      format.back() == ']') {
    const std::string_view type = format.substr(kNative.size() + 1, format.size() - kNative.size() - 2);
    if (type.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos) return {std::string(type), {}};
  }
  std::string pattern = xlsx::excel_code(format);
  if (pattern == "General") return {};
  std::string type(type_of(pattern, xlsx::number_format(pattern).moment));
  return {std::move(type), std::move(pattern)};
}

RawFormat format_of_column(const Column& column) {
  return raw_format(column.format.value_or(implied_format(column.type)));
}

Value value_of_number(double number, const Column& column, Moment shown) {
  Value plain = number_value(number);
  Moment moment = xlsx::moment_for(column, shown);
  // Midnight under a format that shows the day only is a moment where the column says so.
  if (column.managed && column.type.kind == TypeKind::datetime && moment == Moment::date) moment = Moment::datetime;
  if (moment == Moment::none || moment == Moment::elapsed) return plain;
  if (moment == Moment::time) {
    if (number < 0 || number >= 1) return plain;  // a duration
    Evaluated read = moment_from_serial(number, TypeKind::time);
    const auto* time = std::get_if<Value>(&read);
    return time != nullptr ? *time : plain;
  }
  if (number < kFirstDay || number >= kLastDay + 1.0) return plain;
  Evaluated read = moment_from_serial(number, TypeKind::datetime);
  const auto* value = std::get_if<Value>(&read);
  if (value == nullptr) return plain;
  const DateTime found = std::get<DateTime>(*value);
  if (moment == Moment::date && found.ms % kDayMs == 0) return Date{static_cast<std::int32_t>(found.ms / kDayMs)};
  return found;
}

double serial_of(const Value& value) {
  if (const auto* number = std::get_if<Number>(&value)) return number->value;
  if (const auto* date = std::get_if<Date>(&value)) return date->day;
  if (const auto* time = std::get_if<Time>(&value)) return static_cast<double>(time->ms) / static_cast<double>(kDayMs);
  if (const auto* moment = std::get_if<DateTime>(&value))
    return static_cast<double>(moment->ms) / static_cast<double>(kDayMs);
  return 0;
}

}  // namespace zmig::gsheet
