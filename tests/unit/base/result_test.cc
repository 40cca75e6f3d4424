#include <zmig/result.h>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.h"

using namespace zmig;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return make_error(Errc::invalid_input, "ZM0104", "\"number\" is odd", "double it", "A!B2");
  return number / 2;
}
Result<std::string> quarter_as_text(int number) {
  ZMIG_TRY(const int first, half(number));
  ZMIG_TRY(const int second, half(first));
  return std::to_string(second);
}
Status all_even(int a, int b) {
  ZMIG_CHECK_OK(half(a));
  ZMIG_CHECK_OK(half(b));
  return ok();
}

}  // namespace

TEST_CASE("a Result holds the value or the whole error") {
  CHECK(half(4).value() == 2);
  const Error expected{.code = Errc::invalid_input,
                       .message = "\"number\" is odd",
                       .zm = "ZM0104",
                       .place = "A!B2",
                       .help = "double it",
                       .effect = Effect::none,
                       .retry_after = std::nullopt};
  CHECK(half(3).error() == expected);
}

TEST_CASE("ZMIG_TRY declares the value or returns the first error") {
  CHECK(*quarter_as_text(12) == "3");
  CHECK(quarter_as_text(6).error().zm == "ZM0104");
  CHECK_FALSE(quarter_as_text(7).has_value());
}

TEST_CASE("ZMIG_CHECK_OK goes on after success and returns the error otherwise") {
  CHECK(all_even(2, 4).has_value());
  CHECK(all_even(2, 3).error().message == "\"number\" is odd");
}

TEST_CASE("a failed assertion names the condition on stderr and aborts") {
  int channel[2] = {};
  REQUIRE(::pipe(channel) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::dup2(channel[1], STDERR_FILENO);
    assertion_failed("a == b", "they are twins", "x.cc", 7);
  }
  ::close(channel[1]);
  std::string said(200, '\0');
  const ssize_t count = ::read(channel[0], said.data(), said.size());
  ::close(channel[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
  REQUIRE(count > 0);
  said.resize(static_cast<std::size_t>(count));
  CHECK(said == "zmig: fault in zmig itself (ZM9901): they are twins: `a == b` at x.cc:7\n");
}
