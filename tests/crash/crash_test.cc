// The real binary, killed with SIGKILL at every named point of every writing command, and with errors there; then its
// next runs. ZMIG_FAULT_FULL=1: all errors at all points. ZMIG_CRASH_POINT=ledger.before_commit:3 replays one point.

#include <cstdlib>
#include <map>

#include "crash/bench.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig::test;

namespace {

/// name:nth of every point that a quiet run of the command reaches.
std::vector<std::string> points_of(Bench& bench, const CrashCase& one) {
  const TempFolder folder;
  bench.restore();
  const Ran quiet = bench.run(one.command, {"ZMIG_FAILPOINT_LOG=" + folder.at("log")});
  REQUIRE(quiet.exit == 0);
  bench.restore();
  std::vector<std::string> points;
  std::map<std::string, int> counts;
  std::string name;
  for (const char c : folder.read("log")) {
    if (c != '\n') {
      name += c;
      continue;
    }
    points.push_back(name + ":" + std::to_string(++counts[name]));
    name.clear();
  }
  return points;
}

}  // namespace

TEST_CASE("crash: the binary is killed or fails at every named point of every writing command") {
  const char* const only = std::getenv("ZMIG_CRASH_POINT");
  const bool full = std::getenv("ZMIG_FAULT_FULL") != nullptr;
  std::size_t all_points = 0, runs = 0;
  std::vector<std::string> findings;
  for (const CrashCase& one : crash_cases()) {
    Bench bench;
    CrashOracle oracle(bench, one);
    const auto points = points_of(bench, one);
    INFO(one.name);
    REQUIRE_FALSE(points.empty());
    all_points += points.size();
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (only != nullptr && points[i] != only) continue;
      const bool ledger = points[i].starts_with("ledger.");
      for (const char* action : {"kill", "err:EIO", "err:ENOSPC"}) {
        const bool kill = std::string(action) == "kill";
        // The points of the ledger are many, and alike; the library's sweep has all of them.
        if (!full && only == nullptr && (kill ? ledger && i % 3 != 0 : (i + (action[4] == 'E' ? 0 : 3)) % 6 != 0))
          continue;
        bench.restore();
        const Ran broken = bench.run(one.command, {"ZMIG_FAILPOINT=" + points[i] + "=" + action});
        const std::string where = one.name + " at " + points[i] + "=" + action;
        if (kill && broken.exit != 137) findings.push_back(where + ": the kill did not happen");
        const auto more = oracle.check(where, broken);
        findings.insert(findings.end(), more.begin(), more.end());
        ++runs;
      }
    }
  }
  std::string told;
  for (std::size_t i = 0; i < findings.size() && i < 8; ++i) told += "\n" + findings[i];
  WARN("binary: " << all_points << " points, " << runs << " broken runs, " << findings.size() << " findings" << told);
  CHECK(findings.empty());
}
