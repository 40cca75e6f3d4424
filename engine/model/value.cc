#include <zmig/value.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include <zmig/type_words.h>

#include "base/text.h"
#include "model/moments.h"
#include "model/numbers.h"
#include "model/unicode.h"

namespace zmig {
namespace {

Fault mismatch(std::string detail = {}) { return {FaultKind::kind_mismatch, std::move(detail)}; }

Evaluated whole_number(double value) {
  if (std::trunc(value) != value) return Fault{FaultKind::precision, spell_shortest(value) + " is not whole"};
  if (std::fabs(value) > kLargestInteger) return Fault{FaultKind::overflow, "outside the integers"};
  return number_value(value);
}

// Reading a number as decimal(n): rounding only repairs what binary fractions did to it.
Evaluated exact_decimal(double value, int digits) {
  const double rounded = round_decimal(value, digits);
  if (std::fabs(rounded - value) > 1e-9) {
    return Fault{FaultKind::precision,
                 "more than " + counted(static_cast<std::uint64_t>(digits), "digit", "digits") + " after the point"};
  }
  return number_value(rounded);
}

Evaluated number_read(double value, const Type& type) {
  switch (type.kind) {
    case TypeKind::integer: return whole_number(value);
    case TypeKind::number:
    case TypeKind::percent: return number_value(value);
    case TypeKind::decimal:
    case TypeKind::currency: return exact_decimal(value, decimal_digits(type).value_or(0));
    case TypeKind::date:
      if (std::trunc(value) != value || value < 1 || value > kLastDay) return mismatch();
      return Value{Date{static_cast<std::int32_t>(value)}};
    case TypeKind::time:
    case TypeKind::datetime: return moment_from_serial(value, type.kind);
    case TypeKind::text:
    case TypeKind::boolean:
    case TypeKind::enumeration:
    case TypeKind::reference: return mismatch();
  }
  return mismatch();
}

Evaluated day_read(Date date, const Type& type) {
  if (type.kind == TypeKind::date) return Value{date};
  if (type.kind == TypeKind::datetime) return Value{DateTime{std::int64_t{date.day} * kDayMs}};
  return mismatch();
}

Evaluated moment_read(DateTime moment, const Type& type) {
  if (type.kind == TypeKind::datetime) return Value{moment};
  if (type.kind == TypeKind::date && moment.ms % kDayMs == 0)
    return Value{Date{static_cast<std::int32_t>(moment.ms / kDayMs)}};
  return mismatch();
}

bool spells_error(std::string_view text) {
  constexpr std::array<std::string_view, 9> kErrors = {"#N/A",  "#REF!",  "#VALUE!", "#DIV/0!", "#NAME?",
                                                       "#NUM!", "#NULL!", "#SPILL!", "#CALC!"};
  return std::find(kErrors.begin(), kErrors.end(), text) != kErrors.end();
}

Evaluated boolean_spelled(std::string_view text) {
  const std::string folded = fold_case(text);
  if (folded == "true") return Value{Boolean{true}};
  if (folded == "false") return Value{Boolean{false}};
  return mismatch();
}

// Text of a source that has nothing but text: the declared format decides, then the type's own form.
Evaluated spelled_read(std::string_view text, const Type& type, std::string_view format) {
  if (spells_error(text)) return Fault{FaultKind::error_cell, std::string(text)};
  if (type.kind == TypeKind::boolean) return boolean_spelled(text);
  if (!format.empty() && !format_fault(format, false).has_value()) {
    Evaluated read = parse_with(text, format, type);
    if (std::holds_alternative<Value>(read)) return read;
  }
  if (!is_numeric(type)) return iso_read(text, type.kind);
  const auto number = exact_number(text, type.kind == TypeKind::number);
  if (!number.has_value()) return mismatch();
  return number_read(*number, type);
}

struct Reader {
  const Type& type;
  std::string_view format;
  bool text_source;

  Evaluated operator()(const Blank&) const { return Value{Blank{}}; }
  Evaluated operator()(const Text& text) const {
    if (text.utf8.empty()) return Value{Blank{}};
    if (is_textual(type)) return Value{text};
    return text_source ? spelled_read(text.utf8, type, format) : mismatch();
  }
  Evaluated operator()(const Number& number) const {
    if (type.kind == TypeKind::boolean && text_source && (number.value == 0 || number.value == 1)) {
      return Value{Boolean{number.value == 1}};
    }
    return number_read(number.value, type);
  }
  Evaluated operator()(const Boolean& boolean) const {
    return type.kind == TypeKind::boolean ? Evaluated{Value{boolean}} : mismatch();
  }
  Evaluated operator()(const Date& date) const { return day_read(date, type); }
  Evaluated operator()(const Time& time) const {
    return type.kind == TypeKind::time ? Evaluated{Value{time}} : mismatch();
  }
  Evaluated operator()(const DateTime& moment) const { return moment_read(moment, type); }
  Evaluated operator()(const CellError& error) const { return Fault{FaultKind::error_cell, error.text}; }
};

struct Writer {
  const Type& type;

  Evaluated operator()(const Blank&) const { return Value{Blank{}}; }
  Evaluated operator()(const Text& text) const {
    if (text.utf8.empty()) return Value{Blank{}};
    if (!is_textual(type)) return mismatch();
    if (count_code_points(text.utf8) > kLongestText) return Fault{FaultKind::too_long, {}};
    return Value{text};
  }
  Evaluated operator()(const Number& number) const {
    if (!is_numeric(type)) return mismatch();
    if (type.kind == TypeKind::integer) return whole_number(number.value);
    const auto digits = decimal_digits(type);
    if (!digits.has_value()) return number_value(number.value);
    const double rounded = round_decimal(number.value, *digits);
    if (std::fabs(rounded) * std::pow(10.0, *digits) >= 1e15) return Fault{FaultKind::overflow, "more than 15 digits"};
    return number_value(rounded);
  }
  Evaluated operator()(const Boolean& boolean) const {
    return type.kind == TypeKind::boolean ? Evaluated{Value{boolean}} : mismatch();
  }
  Evaluated operator()(const Date& date) const { return day_read(date, type); }
  Evaluated operator()(const Time& time) const {
    return type.kind == TypeKind::time ? Evaluated{Value{time}} : mismatch();
  }
  Evaluated operator()(const DateTime& moment) const {
    return type.kind == TypeKind::datetime ? Evaluated{Value{moment}} : mismatch();
  }
  Evaluated operator()(const CellError& error) const { return Fault{FaultKind::error_cell, error.text}; }
};

std::string zeros(int count) { return std::string(static_cast<std::size_t>(std::clamp(count, 0, 30)), '0'); }

}  // namespace

std::string plural_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::text: return "texts";
    case TypeKind::integer: return "integers";
    case TypeKind::number: return "numbers";
    case TypeKind::decimal: return "decimals";
    case TypeKind::percent: return "percentages";
    case TypeKind::currency: return "amounts of money";
    case TypeKind::boolean: return "booleans";
    case TypeKind::date: return "dates";
    case TypeKind::time: return "times of day";
    case TypeKind::datetime: return "dates with a time";
    case TypeKind::enumeration: return "values of enum " + quoted(type.of);
    case TypeKind::reference: return "keys of another sheet";
  }
  return "values";
}

std::string to_string(const Type& type) {
  switch (type.kind) {
    case TypeKind::text: return "text";
    case TypeKind::integer: return "integer";
    case TypeKind::number: return "number";
    case TypeKind::decimal: return "decimal(" + std::to_string(type.digits) + ")";
    case TypeKind::percent: return "percent";
    case TypeKind::currency: return "currency " + quoted(type.of);
    case TypeKind::boolean: return "boolean";
    case TypeKind::date: return "date";
    case TypeKind::time: return "time";
    case TypeKind::datetime: return "datetime";
    case TypeKind::enumeration: return "enum " + quoted(type.of);
    case TypeKind::reference: return "reference to " + quoted(type.of);
  }
  return {};
}

bool is_numeric(const Type& type) {
  return type.kind == TypeKind::integer || type.kind == TypeKind::number || type.kind == TypeKind::decimal ||
         type.kind == TypeKind::percent || type.kind == TypeKind::currency;
}

bool is_textual(const Type& type) {
  return type.kind == TypeKind::text || type.kind == TypeKind::enumeration || type.kind == TypeKind::reference;
}

std::string implied_format(const Type& type) {
  switch (type.kind) {
    case TypeKind::text:
    case TypeKind::number:
    case TypeKind::boolean:
    case TypeKind::enumeration:
    case TypeKind::reference: return {};
    case TypeKind::integer: return "0";
    case TypeKind::decimal: return type.digits > 0 ? "0." + zeros(type.digits) : "0";
    case TypeKind::percent: return "0%";
    case TypeKind::currency: {
      const int digits = currency_digits(type.of);
      return "'" + type.of + "' #,##0" + (digits > 0 ? "." + zeros(digits) : std::string());
    }
    case TypeKind::date: return "DD-MM-YYYY";
    case TypeKind::time: return "hh:mm:ss";
    case TypeKind::datetime: return "DD-MM-YYYY hh:mm:ss";
  }
  return {};
}

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::kind_mismatch: return "kind_mismatch";
    case FaultKind::error_cell: return "error_cell";
    case FaultKind::division_by_zero: return "division_by_zero";
    case FaultKind::overflow: return "overflow";
    case FaultKind::precision: return "precision";
    case FaultKind::not_a_number: return "not_a_number";
    case FaultKind::not_a_date: return "not_a_date";
    case FaultKind::no_such_day: return "no_such_day";
    case FaultKind::no_such_time: return "no_such_time";
    case FaultKind::no_match: return "no_match";
    case FaultKind::several_matches: return "several_matches";
    case FaultKind::too_long: return "too_long";
    case FaultKind::replace_limit: return "replace_limit";
  }
  return {};
}

std::string_view kind_of(const Value& value) {
  constexpr std::array<std::string_view, std::variant_size_v<Value>> kKinds = {"blank", "text", "number",   "boolean",
                                                                               "date",  "time", "datetime", "error"};
  return kKinds.at(value.index());
}

Evaluated read_as(const Value& stored, const Type& type, std::string_view format, bool text_source) {
  return std::visit(Reader{type, format, text_source}, stored);
}

Evaluated write_as(const Value& value, const Type& type) { return std::visit(Writer{type}, value); }

}  // namespace zmig
