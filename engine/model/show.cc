// What a format makes of a value, for people: computed by zmig, never by the target.
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <zmig/value.h>

#include "model/format.h"
#include "model/moments.h"
#include "model/numbers.h"

namespace zmig {
namespace {

std::string grouped_by(std::string_view whole, char mark) {
  std::string out;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (at > 0 && (whole.size() - at) % 3 == 0) out += mark;
    out += whole[at];
  }
  return out;
}

std::string scientific(double magnitude, const NumberLayout& layout) {
  std::array<char, 80> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude, std::chars_format::scientific,
                                 layout.most_fraction);
  std::string text(buffer.data(), end.ptr);
  for (char& c : text) {
    if (c == 'e') c = 'E';
    if (c == '.') c = layout.point;
  }
  return text;
}

std::string plain(double magnitude, const NumberLayout& layout) {
  const std::string text = spell_fixed(magnitude, layout.most_fraction);
  const std::size_t point = text.find('.');
  std::string whole = text.substr(0, point);
  std::string fraction = point == std::string::npos ? std::string() : text.substr(point + 1);
  while (static_cast<int>(fraction.size()) > layout.least_fraction && fraction.back() == '0') fraction.pop_back();
  if (whole == "0") whole.clear();
  while (static_cast<int>(whole.size()) < layout.least_whole) whole.insert(whole.begin(), '0');
  if (layout.grouped) whole = grouped_by(whole, layout.group);
  return fraction.empty() ? whole : whole + layout.point + fraction;
}

std::string show_number(double value, const NumberLayout& layout) {
  const double scaled = layout.percent ? value * 100 : value;
  if (!std::isfinite(scaled)) return spell_shortest(value);
  const double rounded = layout.exponent ? scaled : round_decimal(scaled, layout.most_fraction);
  const auto outside = [](const std::vector<FormatToken>& tokens) {
    std::string text;
    for (const FormatToken& token : tokens) text += token.sign == Sign::percent ? "%" : token.text;
    return text;
  };
  const double magnitude = std::fabs(rounded);
  const std::string digits = layout.exponent ? scientific(magnitude, layout) : plain(magnitude, layout);
  return (rounded < 0 ? "-" : "") + outside(layout.before) + digits + outside(layout.after);
}

struct Clock {
  std::int64_t hour = 0, minute = 0, second = 0, ms = 0;
};

std::string show_sign(const FormatToken& token, std::int32_t day, const Clock& clock, bool twelve) {
  const CivilDay civil = to_civil(day);
  const std::int64_t hour = !twelve ? clock.hour : (clock.hour + 11) % 12 + 1;
  switch (token.sign) {
    case Sign::literal: return token.text;
    case Sign::year4: return fmt::format("{:04}", civil.year);
    case Sign::year2: return fmt::format("{:02}", civil.year % 100);
    case Sign::month1: return fmt::format("{}", civil.month);
    case Sign::month2: return fmt::format("{:02}", civil.month);
    case Sign::month3: return std::string(month_name(civil.month).substr(0, 3));
    case Sign::month4: return std::string(month_name(civil.month));
    case Sign::day1: return fmt::format("{}", civil.day);
    case Sign::day2: return fmt::format("{:02}", civil.day);
    case Sign::day3: return std::string(weekday_name(day).substr(0, 3));
    case Sign::day4: return std::string(weekday_name(day));
    case Sign::hour1: return fmt::format("{}", hour);
    case Sign::hour2: return fmt::format("{:02}", hour);
    case Sign::minute1: return fmt::format("{}", clock.minute);
    case Sign::minute2: return fmt::format("{:02}", clock.minute);
    case Sign::second1: return fmt::format("{}", clock.second);
    case Sign::second2: return fmt::format("{:02}", clock.second);
    case Sign::millis: return fmt::format(".{:03}", clock.ms);
    case Sign::noon: return clock.hour < 12 ? "AM" : "PM";
    case Sign::offset:
    case Sign::digit:
    case Sign::maybe_digit:
    case Sign::comma:
    case Sign::point:
    case Sign::percent:
    case Sign::exponent:
    case Sign::text: return {};
  }
  return {};
}

std::string show_moment(std::int64_t moment_ms, const std::vector<FormatToken>& tokens) {
  const DayAndTime parts = split_moment(moment_ms);
  const std::int64_t seconds = parts.ms / 1000;
  const Clock clock{seconds / 3600, seconds / 60 % 60, seconds % 60, parts.ms % 1000};
  bool twelve = false;
  for (const FormatToken& token : tokens) twelve = twelve || token.sign == Sign::noon;
  std::string text;
  for (const FormatToken& token : tokens) text += show_sign(token, parts.day, clock, twelve);
  return text;
}

// A value as a number and as a moment, whichever the format asks for: a sheet stores both as a serial.
struct Serial {
  std::optional<double> number;
  std::optional<std::int64_t> moment_ms;
};

struct ToSerial {
  Serial operator()(const Blank&) const { return {}; }
  Serial operator()(const Text&) const { return {}; }
  Serial operator()(const Number& number) const {
    Serial serial{number.value, std::nullopt};
    const Evaluated moment = moment_from_serial(number.value, TypeKind::datetime);
    if (const auto* value = std::get_if<Value>(&moment)) serial.moment_ms = std::get<DateTime>(*value).ms;
    return serial;
  }
  Serial operator()(const Boolean&) const { return {}; }
  Serial operator()(const Date& date) const { return {static_cast<double>(date.day), date.day * kDayMs}; }
  Serial operator()(const Time& time) const {
    return {static_cast<double>(time.ms) / static_cast<double>(kDayMs), std::int64_t{time.ms}};
  }
  Serial operator()(const DateTime& moment) const {
    return {static_cast<double>(moment.ms) / static_cast<double>(kDayMs), moment.ms};
  }
  Serial operator()(const CellError&) const { return {}; }
};

}  // namespace

std::string show(const Value& value, std::string_view format) {
  const auto parts = take_apart(format, false);
  const auto* known = std::get_if<FormatParts>(&parts);
  if (known == nullptr) return to_text(value);
  const Serial serial = std::visit(ToSerial{}, value);
  if (known->kind == FormatParts::Kind::number && serial.number.has_value())
    return show_number(*serial.number, known->layout);
  if (known->kind == FormatParts::Kind::date && serial.moment_ms.has_value())
    return show_moment(*serial.moment_ms, known->tokens);
  return to_text(value);
}

}  // namespace zmig
