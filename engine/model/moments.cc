#include "model/moments.h"

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "model/numbers.h"

namespace zmig {
namespace {

// Reads exactly `count` digits at `at` and moves behind them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int number = 0;
  for (const std::size_t end = at + count; at < end; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    number = number * 10 + (text[at] - '0');
  }
  return number;
}

bool sign(std::string_view text, std::size_t& at, char expected) {
  if (at >= text.size() || text[at] != expected) return false;
  ++at;
  return true;
}

Fault mismatch() { return {FaultKind::kind_mismatch, {}}; }

std::variant<std::int32_t, Fault> read_day(std::string_view text, std::size_t& at) {
  const auto year = digits(text, at, 4);
  if (!year || !sign(text, at, '-')) return mismatch();
  const auto month = digits(text, at, 2);
  if (!month || !sign(text, at, '-')) return mismatch();
  const auto day = digits(text, at, 2);
  if (!day) return mismatch();
  const auto serial = from_civil(*year, *month, *day);
  if (!serial) return Fault{FaultKind::no_such_day, "no such day"};
  return *serial;
}

std::optional<std::int32_t> read_time(std::string_view text, std::size_t& at) {
  const auto hour = digits(text, at, 2);
  if (!hour || !sign(text, at, ':')) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || !sign(text, at, ':')) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::optional<int> ms = 0;
  if (sign(text, at, '.')) ms = digits(text, at, 3);
  if (!ms) return std::nullopt;
  return ((*hour * 60 + *minute) * 60 + *second) * 1000 + *ms;
}

}  // namespace

DayAndTime split_moment(std::int64_t ms) {
  std::int64_t day = ms / kDayMs;
  std::int64_t rest = ms % kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --day;
  }
  return {static_cast<std::int32_t>(day), rest};
}

std::string iso_date(std::int32_t day) {
  const CivilDay civil = to_civil(day);
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

std::string iso_time(std::int64_t ms_of_day) {
  const std::int64_t seconds = ms_of_day / 1000;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (ms_of_day % 1000 != 0) text += fmt::format(".{:03}", ms_of_day % 1000);
  return text;
}

std::string iso_datetime(std::int64_t ms) {
  const DayAndTime parts = split_moment(ms);
  return iso_date(parts.day) + " " + iso_time(parts.ms);
}

Evaluated iso_read(std::string_view text, TypeKind kind) {
  std::size_t at = 0;
  if (kind == TypeKind::time) {
    const auto ms = read_time(text, at);
    if (!ms || at != text.size()) return mismatch();
    return Value{Time{*ms}};
  }
  if (kind != TypeKind::date && kind != TypeKind::datetime) return mismatch();
  const auto day = read_day(text, at);
  if (const auto* fault = std::get_if<Fault>(&day)) return *fault;
  const std::int32_t serial = std::get<std::int32_t>(day);
  if (kind == TypeKind::date) return at == text.size() ? Evaluated{Value{Date{serial}}} : mismatch();
  if (at == text.size()) return Value{DateTime{serial * kDayMs}};
  if (!sign(text, at, ' ')) return mismatch();
  const auto ms = read_time(text, at);
  if (!ms || at != text.size()) return mismatch();
  return Value{DateTime{serial * kDayMs + *ms}};
}

Evaluated moment_from_serial(double serial, TypeKind kind) {
  if (!std::isfinite(serial) || serial < 0 || serial >= kLastDay + 1.0) return mismatch();
  const double day = std::floor(serial);
  const std::int64_t ms = std::llround((serial - day) * static_cast<double>(kDayMs));
  if (kind == TypeKind::datetime) return Value{DateTime{static_cast<std::int64_t>(day) * kDayMs + ms}};
  if (day != 0 || ms >= kDayMs) return mismatch();
  return Value{Time{static_cast<std::int32_t>(ms)}};
}

}  // namespace zmig
