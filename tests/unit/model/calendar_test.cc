#include <cstdint>
#include <optional>

#include <zmig/value.h>

#include "support/catch.h"

using namespace zmig;

TEST_CASE("day 46153 is 2026-05-11, day 0 is 1899-12-30, day 61 is 1900-03-01") {
  CHECK(to_civil(46153) == CivilDay{2026, 5, 11});
  CHECK(to_civil(0) == CivilDay{1899, 12, 30});
  CHECK(to_civil(61) == CivilDay{1900, 3, 1});
  CHECK(from_civil(2026, 5, 11) == 46153);
}

TEST_CASE("a day that no month has is none") {
  CHECK(from_civil(2026, 2, 31) == std::nullopt);
  CHECK(from_civil(2026, 4, 31) == std::nullopt);
  CHECK(from_civil(2026, 13, 1) == std::nullopt);
  CHECK(from_civil(2026, 0, 1) == std::nullopt);
  CHECK(from_civil(2026, 1, 0) == std::nullopt);
  CHECK(from_civil(2026, -1, 1) == std::nullopt);
}

TEST_CASE("leap years follow Gregory: 2024 and 2000, but not 1900 and 2100") {
  CHECK(from_civil(2024, 2, 29).has_value());
  CHECK(from_civil(2000, 2, 29).has_value());
  CHECK_FALSE(from_civil(1900, 2, 29).has_value());
  CHECK_FALSE(from_civil(2100, 2, 29).has_value());
}

TEST_CASE("the calendar runs from year 1 to year 9999") {
  CHECK(from_civil(1, 1, 1) == -693593);
  CHECK(from_civil(9999, 12, 31) == 2958465);
  CHECK(from_civil(0, 12, 31) == std::nullopt);
  CHECK(from_civil(10000, 1, 1) == std::nullopt);
}

TEST_CASE("every day of the calendar comes back from its civil form") {
  std::int32_t wrong = 0;
  for (std::int32_t day = -693593; day <= 2958465; day += 97) {
    const CivilDay civil = to_civil(day);
    if (from_civil(civil.year, civil.month, civil.day) != day) ++wrong;
  }
  CHECK(wrong == 0);
}
