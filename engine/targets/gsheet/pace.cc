#include "targets/gsheet/pace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace zmig::gsheet {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kMinute{60'000};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Pace::Pace(std::uint32_t reads_per_minute, std::uint32_t writes_per_minute, double max_rps)
    : limits_{reads_per_minute, writes_per_minute} {
  if (max_rps > 0) gap_ = milliseconds(static_cast<std::int64_t>(std::ceil(1000.0 / max_rps)));
}

Pace::Time Pace::wait_for(bool write, Time now) const {
  Time wait{0};
  if (last_ >= 0) wait = std::max(wait, milliseconds(last_) + gap_ - now);
  const std::uint32_t limit = limits_[write ? 1 : 0];
  const std::deque<Time>& sent = sent_[write ? 1 : 0];
  if (limit > 0 && sent.size() >= limit) wait = std::max(wait, sent[sent.size() - limit] + kMinute - now);
  return wait;
}

void Pace::went(bool write, Time now) {
  last_ = now.count();
  std::deque<Time>& sent = sent_[write ? 1 : 0];
  sent.push_back(now);
  while (sent.front() + kMinute <= now) sent.pop_front();
}

milliseconds back_off(unsigned n, Random& random) {
  constexpr std::int64_t kMost = 64'000;
  if (n >= 6) return milliseconds(kMost);
  std::uint32_t drawn = 0;
  const std::string digits = random.hex(4);
  std::from_chars(digits.data(), digits.data() + digits.size(), drawn, 16);
  return milliseconds(std::min(kMost, (std::int64_t{1000} << n) + static_cast<std::int64_t>(drawn % 1001U)));
}

std::optional<UtcTime> parse_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT"; the two old forms are not sent any more.
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',') return std::nullopt;
  const auto day = number(text.substr(5, 2));
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (!day || month == std::string_view::npos || month % 3 != 0 || !year || !hour || !minute || !second)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<milliseconds> retry_after(std::string_view header, UtcTime now) {
  constexpr milliseconds kMost = std::chrono::hours(1);
  if (const auto seconds = number(header)) return std::min<milliseconds>(std::chrono::seconds(*seconds), kMost);
  const auto date = parse_http_date(header);
  if (!date) return std::nullopt;
  return std::clamp<milliseconds>(*date - now, milliseconds(0), kMost);
}

}  // namespace zmig::gsheet
