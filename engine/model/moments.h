#pragma once
// Days and times in their ISO spelling and as serial numbers. Not installed.

#include <cstdint>
#include <string>
#include <string_view>

#include <zmig/value.h>

namespace zmig {

std::string iso_date(std::int32_t day);        ///< 2026-05-13
std::string iso_time(std::int64_t ms_of_day);  ///< 11:33:48, with .123 only when not zero
std::string iso_datetime(std::int64_t ms);     ///< 2026-05-13 11:33:48

/// Reads the ISO spelling of a date, time or datetime, exactly and completely; the fault is kind_mismatch, or
/// no_such_day.
Evaluated iso_read(std::string_view text, TypeKind kind);

/// A serial number as time (0 <= x < 1) or datetime, to the millisecond.
Evaluated moment_from_serial(double serial, TypeKind kind);

/// Splits into day and milliseconds of the day, also before 1899-12-30.
struct DayAndTime {
  std::int32_t day = 0;
  std::int64_t ms = 0;
};
DayAndTime split_moment(std::int64_t ms);

}  // namespace zmig
