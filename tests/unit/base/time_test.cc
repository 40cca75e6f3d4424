#include <zmig/ports.h>

#include "support/catch.h"

using namespace zmig;
using std::chrono::milliseconds;

namespace {
UtcTime at(std::int64_t ms) { return UtcTime(milliseconds(ms)); }
}  // namespace

TEST_CASE("times are written in UTC, with milliseconds only when there are any") {
  CHECK(format_utc(at(0)) == "1970-01-01T00:00:00Z");
  CHECK(format_utc(at(1769451300000)) == "2026-01-26T18:15:00Z");
  CHECK(format_utc(at(1769451300104)) == "2026-01-26T18:15:00.104Z");
  CHECK(format_utc(at(1769451300004)) == "2026-01-26T18:15:00.004Z");
  CHECK(format_utc(at(-1)) == "1969-12-31T23:59:59.999Z");
  CHECK(format_utc(at(951782400000)) == "2000-02-29T00:00:00Z");
}

TEST_CASE("both forms are read, to the same moment") {
  CHECK(*parse_utc("2026-01-26T18:15:00Z") == at(1769451300000));
  CHECK(*parse_utc("2026-01-26T18:15:00.104Z") == at(1769451300104));
  CHECK(*parse_utc("9999-12-31T23:59:59.999Z") == at(253402300799999));
  CHECK(*parse_utc("2038-01-19T03:14:08Z") == at(2147483648000));
}

TEST_CASE("what is written is read back") {
  for (std::int64_t ms = -62135596800000; ms < 253402300799999; ms += 97'345'678'901) {
    REQUIRE(*parse_utc(format_utc(at(ms))) == at(ms));
  }
}

TEST_CASE("other shapes, impossible days and leap seconds are no times") {
  for (const char* text :
       {"", "2026-01-26", "2026-01-26T18:15:00", "2026-01-26 18:15:00Z", "2026-01-26T18:15:00+01:00",
        "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-26T24:00:00Z",
        "2026-01-26T18:60:00Z", "2016-12-31T23:59:60Z", "2026-01-26T18:15:00.1Z", "2026-01-26T18:15:00.1234Z",
        "+026-01-26T18:15:00Z", "2026-01-26T18:15:00ZZ"}) {
    CAPTURE(text);
    const auto parsed = parse_utc(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::invalid_input);
  }
  CHECK(parse_utc("gestern").error().message == "\"gestern\" is no time in UTC");
}
