#include <chrono>
#include <cstdint>
#include <optional>

#include <zmig/value.h>

namespace zmig {
namespace {

// Days from 1899-12-30 to the epoch of std::chrono.
constexpr std::int32_t kUnixDay = 25'569;

}  // namespace

CivilDay to_civil(std::int32_t day) {
  const std::chrono::sys_days at{std::chrono::days{std::int64_t{day} - kUnixDay}};
  const std::chrono::year_month_day civil{at};
  return {static_cast<int>(civil.year()), static_cast<int>(static_cast<unsigned>(civil.month())),
          static_cast<int>(static_cast<unsigned>(civil.day()))};
}

std::optional<std::int32_t> from_civil(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const std::chrono::year_month_day civil{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(day)}};
  if (!civil.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days{civil}.time_since_epoch().count() + kUnixDay);
}

}  // namespace zmig
