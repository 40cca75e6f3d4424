#pragma once
// How fast calls may follow each other, and how long to wait before the next attempt (google-sheets.md A5, A8.5).

#include <chrono>
#include <cstdint>
#include <deque>

#include <zmig/ports.h>
#include <zmig/target.h>

namespace zmig::gsheet {

/// What is left to wait, looking at the clock each time: nothing here sleeps.
class Pace {
 public:
  using Time = std::chrono::milliseconds;

  Pace(std::uint32_t reads_per_minute, std::uint32_t writes_per_minute, double max_rps);

  /// How long from `now` until a call may go. In any 60 seconds no more than the limit of its kind: a bucket that also
  /// refills while it is emptied would let through nearly twice that in the first minute, and Google counts minutes.
  [[nodiscard]] Time wait_for(bool write, Time now) const;
  /// A call goes out.
  void went(bool write, Time now);
  /// The service was overloaded: from now on at least a second lies between calls.
  void slow_down() { gap_ = std::max(gap_, Time(1000)); }

 private:
  std::uint32_t limits_[2];
  Time gap_{0};
  std::deque<Time> sent_[2];  ///< those of the last minute
  std::int64_t last_ = -1;    ///< monotonic ms of the last call; negative: none
};

/// Before attempt `n + 1` (n from 0): min(2^n s + up to 1 s, 64 s).
std::chrono::milliseconds back_off(unsigned n, Random& random);

/// `Retry-After`: seconds, or a date; none when it is neither or not there. At most an hour.
std::optional<std::chrono::milliseconds> retry_after(std::string_view header, UtcTime now);

/// A date of HTTP: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<UtcTime> parse_http_date(std::string_view text);

}  // namespace zmig::gsheet
