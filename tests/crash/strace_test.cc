// The real binary under strace: killed at, or given EIO by, one system call after the other. Where strace cannot trace
// (absent, or forbidden) this is reported as not run; CTest shows it as skipped, never as passed.
//
// ZMIG_STRACE_ONLY=CASE/CALL/FROM-TO/ACTION replays some of them, each part empty for all of its kind:
// "verify/unlink/1-1/signal=KILL", "restore/pwrite64//error=EIO". All of the part is tried then, as in the full run.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "crash/bench.h"
#include "support/catch.h"

using namespace zmig::test;

namespace {

const std::vector<std::string> kCalls{"fsync",    "fdatasync", "pwrite64", "write",     "renameat2",
                                      "renameat", "unlink",    "unlinkat", "ftruncate", "openat"};

/// What goes to a service and comes from it.
const std::vector<std::string> kWireCalls{"connect", "sendto", "recvfrom"};

/// How often each call happens in a quiet run.
std::size_t count_of(Bench& bench, const CrashCase& one, const std::string& call) {
  bench.restore();
  const std::string log = bench.folder() + "/trace";
  const Ran quiet = bench.run(one.command, {}, {"strace", "-f", "-qq", "-o", log, "-e", "trace=" + call});
  REQUIRE(quiet.exit == 0);
  bench.restore();
  std::ifstream file(log);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) ++count;
  return count;
}

/// What ZMIG_STRACE_ONLY leaves of it all.
struct Only {
  std::string name, call, action;
  std::size_t from = 1, to = std::numeric_limits<std::size_t>::max();

  static Only of(const char* text) {
    Only only;
    if (text == nullptr) return only;
    std::istringstream in(text);
    std::string range;
    std::getline(in, only.name, '/');
    std::getline(in, only.call, '/');
    std::getline(in, range, '/');
    std::getline(in, only.action, '/');
    const std::size_t dash = range.find('-');
    if (!range.empty()) {
      only.from = std::stoul(range.substr(0, dash));
      only.to = dash == std::string::npos ? only.from : std::stoul(range.substr(dash + 1));
    }
    return only;
  }
  static bool fits(const std::string& wanted, const std::string& name) { return wanted.empty() || wanted == name; }
};

bool can_trace(Bench& bench) {
  bench.write("zmig.toml", "");
  return bench.run({"version"}, {}, {"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync"}).exit == 0;
}

}  // namespace

TEST_CASE("strace: killed at system calls, and given EIO by them, the binary finds its way on") {
  {
    Bench bench;
    if (!can_trace(bench)) {
      WARN("not run: strace is absent or may not trace here");
      return;
    }
  }
  const char* const filter = std::getenv("ZMIG_STRACE_ONLY");
  const Only only = Only::of(filter);
  const bool full = filter != nullptr || std::getenv("ZMIG_FAULT_FULL") != nullptr;
  std::size_t calls = 0, runs = 0;
  std::vector<std::string> findings;
  const char* const kind = std::getenv("ZMIG_FAULT_KIND");
  std::vector<std::pair<Book, CrashCase>> cases;
  for (const Book book : kBooks) {
    if (kind != nullptr && to_string(book) != kind) continue;
    for (CrashCase& one : crash_cases(book)) cases.emplace_back(book, std::move(one));
  }
  for (const auto& [book, one] : cases) {
    if (!one.repeats || !Only::fits(only.name, one.name)) continue;
    if (!full && one.name != "up" && (one.name != "down" || book != Book::sqlite)) continue;
    Bench bench(book);
    CrashOracle oracle(bench, one);
    std::vector<std::string> asked = kCalls;
    if (book == Book::gsheet) asked.insert(asked.end(), kWireCalls.begin(), kWireCalls.end());
    for (const std::string& call : asked) {
      if (!Only::fits(only.call, call)) continue;
      const std::size_t count = count_of(bench, one, call);
      calls += count;
      const std::size_t stride = full ? 1 : std::max<std::size_t>(1, count / 3);
      for (std::size_t when = only.from; when <= std::min(count, only.to); when += stride) {
        for (const std::string action : {"signal=KILL", "error=EIO"}) {
          if (!Only::fits(only.action, action)) continue;
          bench.restore();
          const std::string number = std::to_string(when);
          const std::string inject =
              std::string("inject=").append(call).append(":").append(action).append(":when=").append(number);
          const std::string trace = std::string("trace=").append(call);
          const Ran broken =
              bench.run(one.command, {}, {"strace", "-f", "-qq", "-o", "/dev/null", "-e", trace, "-e", inject});
          const std::string where = to_string(book)
                                        .append(" ")
                                        .append(one.name)
                                        .append(" ")
                                        .append(call)
                                        .append(" ")
                                        .append(number)
                                        .append(" ")
                                        .append(action);
          const auto more = oracle.check(where, broken);
          findings.insert(findings.end(), more.begin(), more.end());
          ++runs;
        }
      }
    }
  }
  std::string told;
  // A few whole, the others by their first line: each can be replayed alone.
  for (std::size_t i = 0; i < findings.size(); ++i)
    told += "\n" + (i < 8 ? findings[i] : findings[i].substr(0, findings[i].find('\n')));
  WARN("strace: " << calls << " system calls, " << runs << " broken runs, " << findings.size() << " findings" << told);
  CHECK(runs > 0);
  CHECK(findings.empty());
}
