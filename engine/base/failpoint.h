#pragma once
// Named failpoints: places where a test build can be told to die or to fail. Nothing of this is in a release build.
//
// How to add one: put ZMIG_FAILPOINT("noun.before_verb") where only dying makes sense, or
// ZMIG_FAILPOINT_STATUS("noun.before_verb") in a function that returns Status or Result and can fail there.
//
// How to use them (compiled with ZMIG_FAILPOINTS): the environment variable
//   ZMIG_FAILPOINT=name[:nth][=kill|fault|err:EIO|err:ENOSPC|sleep:MS|raise:INT|pause:FILE]
//                                                                   kill (SIGKILL) when nothing else is said;
//                                                                   nth counts from 1; without it: every time.
//                                                                   fault: an exception that nobody catches by name
//                                                                   raise: this process gets INT, TERM or HUP;
//                                                                   pause: opens the FIFO FILE.here for writing and
//                                                                   then FILE.go for reading, so it stands there from
//                                                                   the moment somebody reads the one until somebody
//                                                                   writes the other
//   ZMIG_FAILPOINT_LOG=file                                         appends the name of every point that is reached
//   ZMIG_FAILPOINT_WAITS=skip                                       the real clock does not wait: the time goes by at
//                                                                   once, for monotonic(), not for now()
// A test program may hand in a handler instead, which is then asked at every point and decides.

#include <functional>
#include <optional>
#include <string_view>

#include <zmig/result.h>

namespace zmig::failpoint {

#ifdef ZMIG_FAILPOINTS
/// Logs the point, counts it, and does what the environment says. An error when that is `err:`.
std::optional<Error> reached(std::string_view name);
/// Starts all counts anew; for tests within one process.
void reset_counts();
/// From now on `asked` answers for every point of this process, and the environment is not looked at; an empty one
/// gives it back to the environment.
using Handler = std::function<std::optional<Error>(std::string_view name)>;
void set_handler(Handler asked);
#else
inline std::optional<Error> reached(std::string_view) { return std::nullopt; }
inline void reset_counts() {}
#endif

}  // namespace zmig::failpoint

#ifdef ZMIG_FAILPOINTS
#define ZMIG_FAILPOINT(name) static_cast<void>(::zmig::failpoint::reached(name))
#define ZMIG_FAILPOINT_STATUS(name)                                                         \
  do {                                                                                      \
    if (auto zmig_failpoint_error = ::zmig::failpoint::reached(name); zmig_failpoint_error) \
      return *std::move(zmig_failpoint_error);                                              \
  } while (false)
#else
#define ZMIG_FAILPOINT(name) static_cast<void>(0)
#define ZMIG_FAILPOINT_STATUS(name) static_cast<void>(0)
#endif
