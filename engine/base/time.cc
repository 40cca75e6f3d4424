// UTC times as text: "2026-01-26T18:15:00Z", with milliseconds only when there are any.
#include <fmt/format.h>
#include <zmig/ports.h>

#include "base/text.h"

namespace zmig {
namespace {

/// The unsigned number in exactly `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has_shape(std::string_view text) {
  constexpr std::string_view kShort = "____-__-__T__:__:__Z", kLong = "____-__-__T__:__:__.___Z";
  if (text.size() != kShort.size() && text.size() != kLong.size()) return false;
  const std::string_view shape = text.size() == kShort.size() ? kShort : kLong;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '_' ? !digit : text[i] != shape[i]) return false;
  }
  return true;
}

Error not_a_time(std::string_view text) {
  return make_error(Errc::invalid_input, "", fmt::format("{} is no time in UTC", quoted(text)),
                    "write it like \"2026-01-26T18:15:00Z\"");
}

}  // namespace

std::string format_utc(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:03}", clock.subseconds().count());
  out.push_back('Z');
  return out;
}

Result<UtcTime> parse_utc(std::string_view text) {
  if (!has_shape(text)) return not_a_time(text);
  const std::chrono::year_month_day date(std::chrono::year(digits(text, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(digits(text, 8, 2))));
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return not_a_time(text);
  const int milliseconds = text[19] == '.' ? digits(text, 20, 3) : 0;
  return UtcTime(std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                 std::chrono::seconds(second) + std::chrono::milliseconds(milliseconds));
}

}  // namespace zmig
