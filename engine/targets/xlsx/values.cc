#include "targets/xlsx/values.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "model/moments.h"
#include "model/numbers.h"

namespace zmig::xlsx {
namespace {

constexpr std::int32_t kShift1904 = 1462;  // days from one beginning to the other
constexpr double kFirstSerial = 61;        // 1900-03-01; before it programs count differently

void put_text(std::string_view text, Value& into) {
  if (text.empty()) {
    into = Blank{};
  } else if (auto* old = std::get_if<Text>(&into)) {
    old->utf8.assign(text);  // no allocation once it is long enough
  } else {
    into = Text{std::string(text)};
  }
}

std::optional<double> number_of(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\t')) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number == 0 ? 0.0 : number;
}

std::optional<std::size_t> index_of(std::string_view text) {
  std::size_t index = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return index;
}

/// "2026-05-13", "2026-05-13T11:33:48", "11:33:48", with or without `Z`.
Value value_of_iso(std::string text) {
  const std::string stored = text;
  if (text.ends_with('Z')) text.pop_back();
  if (const std::size_t mark = text.find('T'); mark != std::string::npos) text[mark] = ' ';
  // Fractions of seconds come with any number of digits; ours has three.
  if (const std::size_t point = text.find('.'); point != std::string::npos) {
    text.resize(std::max(text.find_last_not_of('0') + 1, point), '0');
    if (text.size() == point + 1 || text.size() == point)
      text.resize(point);
    else if (text.size() < point + 4)
      text.resize(point + 4, '0');
  }
  for (const TypeKind kind : {TypeKind::date, TypeKind::datetime, TypeKind::time}) {
    Evaluated read = iso_read(text, kind);
    if (auto* value = std::get_if<Value>(&read)) return std::move(*value);
  }
  return Text{stored};
}

}  // namespace

Value value_of_number(double number, Moment moment, bool date1904) {
  Value plain = Number{number};
  if (moment == Moment::none || moment == Moment::elapsed || number < 0) return plain;
  if (moment == Moment::time && number < 1) {
    Evaluated read = moment_from_serial(number, TypeKind::time);
    const auto* time = std::get_if<Value>(&read);
    return time != nullptr ? *time : plain;
  }
  if (moment == Moment::time) return plain;  // a duration
  if (!date1904 && number < kFirstSerial) return plain;
  const double serial = number + (date1904 ? kShift1904 : 0);
  if (serial >= kLastDay + 1.0) return plain;
  Evaluated read = moment_from_serial(serial, TypeKind::datetime);
  const auto* value = std::get_if<Value>(&read);
  if (value == nullptr) return plain;
  const DateTime found = std::get<DateTime>(*value);
  if (moment == Moment::date && found.ms % kDayMs == 0) return Date{static_cast<std::int32_t>(found.ms / kDayMs)};
  return found;
}

Moment moment_for(const Column& column, Moment of_format) {
  if (!column.managed || is_textual(column.type)) return of_format;
  if (is_numeric(column.type) || column.type.kind == TypeKind::boolean) return Moment::none;
  // A day in a column of days with times is the moment at its beginning, however it is shown.
  if (column.type.kind == TypeKind::datetime && of_format == Moment::date) return Moment::datetime;
  if (of_format != Moment::none && of_format != Moment::elapsed) return of_format;
  if (column.type.kind == TypeKind::time) return Moment::time;
  return column.type.kind == TypeKind::date ? Moment::date : Moment::datetime;
}

Status Decoder::decode(const RawCell& cell, std::uint32_t row, Value& into, const Column* column) const {
  if (cell.value.empty()) {
    into = Blank{};
    return ok();
  }
  switch (cell.kind) {
    case CellKind::text: put_text(cell.value, into); return ok();
    case CellKind::error: into = CellError{cell.value}; return ok();
    case CellKind::iso: into = value_of_iso(cell.value); return ok();
    case CellKind::shared: {
      const auto index = index_of(cell.value);
      if (!index || *index >= strings_.size()) {
        return make_error(Errc::corrupt, "ZM0426",
                          fmt::format("cell {} refers to shared string {} of {}", to_text(Place{cell.column, row}),
                                      cell.value, strings_.size()),
                          "open the workbook in a spreadsheet program and save it anew");
      }
      put_text(strings_.at(*index), into);
      return ok();
    }
    case CellKind::boolean:
      if (cell.value == "1" || cell.value == "true")
        into = Boolean{true};
      else if (cell.value == "0" || cell.value == "false")
        into = Boolean{false};
      else
        put_text(cell.value, into);
      return ok();
    case CellKind::number:
      if (const auto number = number_of(cell.value)) {
        const Moment shown = format_at(cell).moment;
        into = value_of_number(*number, column != nullptr ? moment_for(*column, shown) : shown, date1904_);
      } else {
        put_text(cell.value, into);  // what cannot be read stays what it is
      }
      return ok();
  }
  return ok();
}

bool Decoder::has_content(const RawCell& cell) const {
  if (cell.has_formula) return true;
  if (cell.value.empty()) return false;
  if (cell.kind != CellKind::shared) return true;
  const auto index = index_of(cell.value);
  return !index || *index >= strings_.size() || !strings_.at(*index).empty();
}

}  // namespace zmig::xlsx
