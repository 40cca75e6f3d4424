// The sweep: every call of a port, of the target and of the ledger, and every named point inside of them, fails before
// and after its effect, as a kill, as EIO and as ENOSPC, in every scenario, on every writable target; then the oracle.
//
// By default a slice: some points of each scenario, more of those around the commit, each with one of its faults, in
// turn; ZMIG_FAULT_STRIDE=8: more of them. ZMIG_FAULT_FULL=1: all faults at all points.
// ZMIG_FAULT_POINT=group/target.commit#2 replays one point with all its faults; ZMIG_FAULT_KIND=csv: on this kind of
// target alone.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>

#include "fault/oracle.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Fault {
  const char* says;
  Blow blow;
  int number;  // 0: a kill
};
constexpr Fault kFaults[] = {{"killed before", Blow::before, 0},      {"killed after", Blow::after, 0},
                             {"EIO before", Blow::before, EIO},       {"EIO after", Blow::after, EIO},
                             {"ENOSPC before", Blow::before, ENOSPC}, {"ENOSPC after", Blow::after, ENOSPC}};

bool full() { return std::getenv("ZMIG_FAULT_FULL") != nullptr; }

/// The order of durable writes turns on these.
bool decides(const std::string& call) {
  return call == "target.commit" || call == "target.stage" || call.starts_with("ledger.update batch") ||
         call == "ledger.save_captures" || call == "@sqlite.before_stamp" || call == "@csv.before_exchange" ||
         call == "@xlsx.before_exchange" || call == "http.write" || call == "@run.after_commit";
}

Attempt break_at(Lab& lab, const Scenario& scenario, std::size_t at, const Fault& fault) {
  Fuse fuse;
  fuse.at = at;
  fuse.blow = fault.blow;
  if (fault.number != 0) {
    fuse.number = fault.number;
    return lab.attempt(*scenario.project, scenario.command, fuse);
  }
  fuse.lasting = Lasting::for_good;
  if (lab.can_be_killed()) return lab.attempt_killed(*scenario.project, scenario.command, fuse);
  return lab.attempt(*scenario.project, scenario.command, fuse);
}

struct Count {
  std::size_t points = 0, broken = 0, runs = 0;
};

/// Of the slice: every so many points, of those that decide every fourth.
std::size_t stride() {
  const char* const text = std::getenv("ZMIG_FAULT_STRIDE");
  return text == nullptr ? 32 : std::max<std::size_t>(1, std::strtoul(text, nullptr, 10));
}

Count sweep(Lab& lab, const Scenario& scenario, std::size_t turn, Findings& findings) {
  Oracle oracle(lab, scenario);
  const char* const only = std::getenv("ZMIG_FAULT_POINT");
  const std::size_t every = stride();
  Count count;
  for (std::size_t i = 0; i < oracle.points().size(); ++i) {
    const std::string& name = oracle.points()[i];
    const std::string& call = oracle.calls()[i];
    ++count.points;
    const bool all = full() || only != nullptr;
    const std::size_t place = turn + i;
    if (only != nullptr ? name != only : !all && place % (decides(call) ? std::min<std::size_t>(4, every) : every) != 0)
      continue;
    ++count.broken;
    const bool inside = call.starts_with("@");
    for (std::size_t f = 0; f < std::size(kFaults); ++f) {
      if (inside && kFaults[f].blow == Blow::after) continue;  // a place has no effect to be after of
      const std::size_t mine = (place + place / every) % std::size(kFaults);
      if (!all && f != (inside ? mine / 2 * 2 : mine)) continue;
      const std::string where = lab.kind() + " " + name + " " + kFaults[f].says;
      lab.restore();
      const Attempt attempt = break_at(lab, scenario, i + 1, kFaults[f]);
      if (kFaults[f].number == 0 && attempt.answered)
        findings.add(&Findings::other, where + ": the kill did not happen");
      if (only != nullptr) WARN(where << ": " << attempt.told());
      oracle.check_now(where, attempt, findings);
      oracle.check_converges(where, all || place % (2 * every) == 0, findings);
      ++count.runs;
    }
  }
  return count;
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("sweep: a fault at any point loses no cell, tells no lie, and leaves a way on") {
  const auto scenarios = all_scenarios();
  for (const std::string& kind : kinds_to_break()) {
    Findings findings;
    Count count;
    std::size_t turn = 0;
    const char* const only = std::getenv("ZMIG_FAULT_POINT");
    for (const Scenario& scenario : scenarios) {
      ++turn;
      if (only != nullptr && !std::string_view(only).starts_with(scenario.name + "/")) continue;
      Lab lab(kind);
      const Count one = sweep(lab, scenario, turn, findings);
      count.points += one.points;
      count.broken += one.broken;
      count.runs += one.runs;
    }
    WARN(kind << ": " << count.broken << " of " << count.points << " named points broken in " << count.runs
              << " runs: " << findings.told());
    CHECK(findings.all() == 0);
    CHECK(count.runs > 0);
    if (only == nullptr) CHECK(count.points >= 250);
    if (full()) CHECK(count.broken == count.points);
  }
}

TEST_CASE("double crash: killed again while it recovers, any number of times") {
  const auto scenarios = all_scenarios();
  const std::uint64_t rounds = number_from("ZMIG_FAULT_DOUBLE", full() ? 20'000 : 18);
  const std::uint64_t only = number_from("ZMIG_FAULT_SEED", 0);
  for (const std::string& kind : kinds_to_break()) {
    Findings findings;
    std::size_t crashes = 0;
    for (std::size_t s = 0; s < scenarios.size(); ++s) {
      const Scenario& scenario = scenarios[s];
      Lab lab(kind);
      Oracle oracle(lab, scenario);
      for (std::uint64_t seed = 1; seed <= std::max<std::uint64_t>(1, rounds / scenarios.size()); ++seed) {
        if (only != 0) seed = only;
        std::mt19937_64 random(seed * 1'000 + s);
        const std::string where = kind + " " + scenario.name + " seed " + std::to_string(seed) +
                                  " (ZMIG_FAULT_SEED=" + std::to_string(seed) + ")";
        lab.restore();
        const std::size_t times = 2 + random() % 2;
        for (std::size_t crash = 0; crash < times; ++crash) {
          const std::size_t at = 1 + static_cast<std::size_t>(random() % oracle.calls().size());
          const Attempt attempt = break_at(lab, scenario, at, kFaults[random() % 2]);
          if (!attempt.answered) ++crashes;
          oracle.check_now(where, attempt, findings);
        }
        oracle.check_converges(where, seed % 8 == 0, findings);
        if (only != 0) break;
      }
    }
    WARN(kind << ": " << crashes << " crashes, two or three in a row: " << findings.told());
    CHECK(findings.all() == 0);
  }
}
