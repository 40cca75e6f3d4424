#include "base/failpoint.h"

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/temp_folder.h"

#ifdef ZMIG_FAILPOINTS

using namespace zmig;

namespace {

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
    failpoint::reset_counts();
  }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

Result<int> work() {
  ZMIG_FAILPOINT("work.begin");
  ZMIG_FAILPOINT_STATUS("work.end");
  return 7;
}

}  // namespace

TEST_CASE("without an order failpoints do nothing") { CHECK(*work() == 7); }

TEST_CASE("err: returns an io error from the enclosing function") {
  const Environment order("ZMIG_FAILPOINT", "work.end=err:ENOSPC");
  const auto result = work();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::io);
  CHECK(result.error().message == "failpoint \"work.end\": no space left");
}

TEST_CASE("nth fires once, at that count") {
  const Environment order("ZMIG_FAILPOINT", "work.end:2=err:EIO");
  CHECK(work().has_value());
  CHECK_FALSE(work().has_value());
  CHECK(work().has_value());
}

TEST_CASE("without nth an error fires every time") {
  const Environment order("ZMIG_FAILPOINT", "work.end=err:EIO");
  CHECK_FALSE(work().has_value());
  CHECK_FALSE(work().has_value());
}

TEST_CASE("an order for another point does nothing") {
  const Environment order("ZMIG_FAILPOINT", "work=err:EIO");
  CHECK(work().has_value());
}

TEST_CASE("a handler is asked at every point instead of the environment") {
  const Environment order("ZMIG_FAILPOINT", "work.begin=err:EIO");
  std::vector<std::string> asked;
  failpoint::set_handler([&](std::string_view name) -> std::optional<Error> {
    asked.emplace_back(name);
    if (name != "work.end") return std::nullopt;
    return make_error(Errc::io, "", "said the handler");
  });
  const auto result = work();
  failpoint::set_handler({});
  REQUIRE_FALSE(result);
  CHECK(result.error().message == "said the handler");
  CHECK(asked == std::vector<std::string>{"work.begin", "work.end"});
  CHECK(work().has_value());  // the order is for a point where errors go nowhere
}

TEST_CASE("kill is the default, and nothing is cleaned up") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("ZMIG_FAILPOINT", "work.begin", 1);
    static_cast<void>(work());
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

TEST_CASE("the log names every point that was reached, in order") {
  const test::TempFolder folder;
  const Environment log("ZMIG_FAILPOINT_LOG", folder.at("log"));
  static_cast<void>(work());
  static_cast<void>(work());
  CHECK(folder.read("log") == "work.begin\nwork.end\nwork.begin\nwork.end\n");
}

namespace {
volatile std::sig_atomic_t heard = 0;
}  // namespace

TEST_CASE("raise: sends this process the signal, and the work goes on") {
  struct sigaction old {};
  struct sigaction action {};
  action.sa_handler = [](int number) { heard = number; };
  sigaction(SIGTERM, &action, &old);
  const Environment order("ZMIG_FAILPOINT", "work.begin=raise:TERM");
  const auto result = work();
  sigaction(SIGTERM, &old, nullptr);
  CHECK(*result == 7);
  CHECK(heard == SIGTERM);
}

TEST_CASE("pause: stands at the place from the moment it is met until it is let go") {
  const test::TempFolder folder;
  const std::string here = folder.at("p.here"), go = folder.at("p.go");
  REQUIRE(::mkfifo(here.c_str(), 0600) == 0);
  REQUIRE(::mkfifo(go.c_str(), 0600) == 0);
  const Environment order("ZMIG_FAILPOINT", "work.begin=pause:" + folder.at("p"));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(*work());
  int status = 0;
  const int met = ::open(here.c_str(), O_RDONLY);
  REQUIRE(met >= 0);
  CHECK(::waitpid(child, &status, WNOHANG) == 0);
  const int let = ::open(go.c_str(), O_WRONLY);
  REQUIRE(let >= 0);
  ::close(met);
  ::close(let);
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
}

#endif
