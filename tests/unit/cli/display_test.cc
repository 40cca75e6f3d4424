// What people see of a run, with a clock that is told the time.
#include <fcntl.h>
#include <unistd.h>

#include "display.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::cli;
using std::chrono::milliseconds;

namespace {

/// stderr goes into a file while this lives.
class Captured {
 public:
  Captured() : kept_(::dup(STDERR_FILENO)) {
    const int file = ::open(folder_.at("err").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~Captured() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  [[nodiscard]] std::string text() const { return folder_.read("err"); }

 private:
  test::TempFolder folder_;
  int kept_;
};

/// A stage of 10 000 rows that takes 25 seconds.
void play(RunDisplay& display, test::FakeClock& clock) {
  display.on(event::StageStarted{3, 5, "apply", "0002"});
  for (std::uint64_t rows = 2000; rows <= 10000; rows += 2000) {
    display.on(event::StageProgress{rows, 10000, "rows of Pedidos"});
    clock.advance(milliseconds(5000));
  }
  display.on(event::StageFinished{3, 5, "apply", "0002", "ok", "1 write", 25000});
}

std::string played(const std::string& how, bool ascii, std::size_t width) {
  test::FakeClock clock;
  Console console;
  console.configure("never", ascii, how, false, 0, width);
  const Captured err;
  {
    RunDisplay display(console, clock, {});
    play(display, clock);
  }
  return err.text();
}

}  // namespace

TEST_CASE("plain progress says one line every ten seconds and one at the end of a stage") {
  CHECK(played("plain", true, 80) ==
        "[3/5] apply 0002: still working, 6 000/10 000 rows of Pedidos, eta 7 s\n"
        "[3/5] apply 0002: still working, 10 000/10 000 rows of Pedidos\n"
        "[3/5] apply 0002: ok, 25.0 s, 1 write\n");
}

TEST_CASE("the bar has the stage counter, the share, the counts and the time that is left") {
  const auto seen = played("bar", true, 200);
  CHECK(seen.find("\r\x1b[K[3/5] apply   0002  ############--------   60 %   6 000/10 000 rows of Pedidos   eta 7 s") !=
        std::string::npos);
  CHECK(seen.ends_with("\r\x1b[K[3/5] apply   0002     ok       25.0 s   1 write\n"));
}

TEST_CASE("the bar never wraps") {
  const auto seen = played("bar", true, 20);
  std::size_t begin = 0;
  for (auto at = seen.find("\r\x1b[K"); at != std::string::npos; at = seen.find("\r\x1b[K", begin)) {
    begin = at + 4;
    const auto end = seen.find_first_of("\r\n", begin);
    if (end != std::string::npos && seen[end] == '\r') CHECK(end - begin < 20);
  }
}

TEST_CASE("the bar is redrawn at most ten times a second") {
  test::FakeClock clock;
  Console console;
  console.configure("never", true, "bar", false, 0, 80);
  const Captured err;
  {
    RunDisplay display(console, clock, {});
    display.on(event::StageStarted{1, 5, "backup", ""});
    for (std::uint64_t rows = 1; rows <= 1000; ++rows) {
      display.on(event::StageProgress{rows, 0, "rows"});
      clock.advance(milliseconds(1));
    }
  }
  const auto seen = err.text();
  CHECK(std::count(seen.begin(), seen.end(), '\r') == 12);  // the heading, ten times, and the end
}

TEST_CASE("none says nothing") { CHECK(played("none", true, 80).empty()); }

TEST_CASE("no time is promised in the first second, at the end, or without an end") {
  CHECK(eta_of(10, 100, milliseconds(999)).empty());
  CHECK(eta_of(10, 100, milliseconds(1000)) == "eta 9 s");
  CHECK(eta_of(100, 100, milliseconds(5000)).empty());
  CHECK(eta_of(100, 0, milliseconds(5000)).empty());
  CHECK(eta_of(1, 1000, milliseconds(1000)) == "eta 17 min");
}

TEST_CASE("only logs that zmig made and that are old enough go") {
  const test::TempFolder folder;
  for (const char* name : {"20260101T000000Z_up_dev.log", "20260126T000000Z_up_dev.log", "mine.log", "20260101.log",
                           "20260101T000000Z_up_dev.txt"})
    folder.write(name, "x");
  test::FakeClock clock;  // 2026-01-26T18:15
  prune_logs(folder.path(), clock.now(), std::chrono::hours(24));
  CHECK_FALSE(std::filesystem::exists(folder.at("20260101T000000Z_up_dev.log")));
  for (const char* name : {"20260126T000000Z_up_dev.log", "mine.log", "20260101.log", "20260101T000000Z_up_dev.txt"})
    CHECK(std::filesystem::exists(folder.at(name)));
}
