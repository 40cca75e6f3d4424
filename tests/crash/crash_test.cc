// The real binary, killed with SIGKILL at the named points of every writing command, and with errors there; then its
// next runs. By default a slice; ZMIG_FAULT_FULL=1: kills and all errors at all points.
// ZMIG_CRASH_POINT=ledger.before_commit:3 replays one point, ZMIG_CRASH_CASE=up one command, ZMIG_FAULT_KIND=xlsx one
// kind of workbook.

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

/// Of the slice: around the commit all kills, of the rest every so many points, one action each in turn.
bool in_slice(Book book, const std::string& point, std::size_t place, std::size_t action) {
  const std::size_t stride = book == Book::sqlite ? 7 : 15;
  const bool decides = point.starts_with("sqlite.before_commit") || point.starts_with("run.after_commit") ||
                       point.starts_with("csv.after_exchange") || point.starts_with("xlsx.after_exchange") ||
                       point.starts_with("gsheet.after_send") || (point.starts_with("lock.") && book == Book::sqlite);
  if (decides && action == 0) return true;
  return place % stride == 0 && place / stride % 3 == action;
}

struct Count {
  std::size_t points = 0, runs = 0, twice = 0;
  std::vector<std::string> findings;
};

Count break_everywhere(Book book) {
  const char* const only = std::getenv("ZMIG_CRASH_POINT");
  const char* const one_case = std::getenv("ZMIG_CRASH_CASE");
  const bool full = std::getenv("ZMIG_FAULT_FULL") != nullptr;
  const std::vector<std::string> actions{"kill", "err:EIO", "err:ENOSPC"};
  Count count;
  std::size_t place = 0;
  for (const CrashCase& one : crash_cases(book)) {
    if (one_case != nullptr && one.name != one_case) continue;
    Bench bench(book);
    CrashOracle oracle(bench, one);
    const auto points = points_of(bench, one);
    INFO(to_string(book) << " " << one.name);
    REQUIRE_FALSE(points.empty());
    count.points += points.size();
    for (const std::string& point : points) {
      ++place;
      if (only != nullptr && point != only) continue;
      for (std::size_t action = 0; action < actions.size(); ++action) {
        if (!full && only == nullptr && !in_slice(book, point, place, action)) continue;
        bench.restore();
        const Ran broken = bench.run(one.command, {"ZMIG_FAILPOINT=" + point + "=" + actions[action]});
        const std::string where = std::string(to_string(book))
                                      .append(" ")
                                      .append(one.name)
                                      .append(" at ")
                                      .append(point)
                                      .append("=")
                                      .append(actions[action]);
        if (action == 0 && broken.exit != 137) count.findings.push_back(where + ": the kill did not happen");
        const auto more = oracle.check(where, broken);
        count.findings.insert(count.findings.end(), more.begin(), more.end());
        count.twice += bench.landed_twice().size();
        ++count.runs;
      }
    }
  }
  return count;
}

}  // namespace

TEST_CASE("crash: the binary is killed or fails at every named point of every writing command") {
  const char* const kind = std::getenv("ZMIG_FAULT_KIND");
  for (const Book book : kBooks) {
    if (kind != nullptr && to_string(book) != kind) continue;
    const Count count = break_everywhere(book);
    std::string told;
    // A few whole, the others by their first line: each can be replayed alone.
    for (std::size_t i = 0; i < count.findings.size(); ++i)
      told += "\n" + (i < 8 ? count.findings[i] : count.findings[i].substr(0, count.findings[i].find('\n')));
    WARN("binary, " << to_string(book) << ": " << count.points << " points, " << count.runs << " broken runs, "
                    << count.twice << " entries landed twice, " << count.findings.size() << " findings" << told);
    CHECK(count.runs > 0);
    CHECK(count.findings.empty());
  }
}

TEST_CASE("crash: whoever records rolls back what a killed program left in the ledger") {
  Bench bench;
  bench.write("zmig.toml", "[env.dev]\ntarget = \"sqlite:shop.db\"\n");
  bench.sql("shop.db", "CREATE TABLE \"Clientes\" (\"Nombre\" TEXT)");
  bench.must_run({"baseline"});
  bench.leave_hot_journal(".zmig/ledger.db");
  const Ran reader = bench.run({"status"});
  CHECK(reader.exit == 75);
  CHECK(reader.err.find("error[ZM0472]") != std::string::npos);
  CHECK(bench.run({"verify", "--no-record"}).exit == 75);  // a reader too
  CHECK(bench.run({"verify"}).exit == 5);                  // nothing is applied: it looked
  bench.must_run({"status"});
}
