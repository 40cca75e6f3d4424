// Every call of a command goes wrong in every way, alone and twice, in every scenario of the fault sweep: no double
// application, no lost cell, a way on. A slice of 270 cases in every run, beside the 252 of
// crash_http_test.cc; ZMIG_FAULT_FULL=1: all of them.
#include <cstdlib>

#include "fault/oracle.h"
#include "gsheet/troubles.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// Somebody took the stamp out just before. A reading from before that shows nothing to repair, and the answer is true
/// of what was read; nobody can know better. The same command again does the work, which is checked as everywhere.
bool behind_people(const Scenario& scenario, const Kind& kind, std::size_t second) {
  return scenario.name == "repair_stamp" &&
         (kind.trouble == Trouble::stale_read || (second > 0 && kKinds[second - 1].trouble == Trouble::stale_read));
}

}  // namespace

TEST_CASE("gsheet faults: any call of any command fails in any way, and every batch lands once at most") {
  const bool full = std::getenv("ZMIG_FAULT_FULL") != nullptr;
  const char* const limit = std::getenv("ZMIG_GSHEET_CASES");
  const std::size_t wanted = limit != nullptr ? std::strtoull(limit, nullptr, 10) : full ? 1'000'000 : 270;
  Findings findings;
  std::size_t cases = 0, twice = 0;
  const auto scenarios = all_scenarios();
  for (std::size_t s = 0; s < scenarios.size(); ++s) {
    const Scenario& scenario = scenarios[s];
    Lab lab("gsheet");
    Oracle oracle(lab, scenario);
    SheetsInProcess& service = lab.service();
    // How many calls a quiet run makes.
    service.log.clear();
    REQUIRE(lab.attempt(*scenario.project, scenario.command).exit_code == 0);
    const std::size_t calls = service.log.size();
    const std::size_t share = wanted * (s + 1) / scenarios.size();
    for (std::size_t second = 0; second <= (full ? std::size(kKinds) : std::size_t{3}) && cases < share; ++second) {
      for (std::size_t at = 0; at < calls + 2 && cases < share; ++at) {
        for (const Kind& kind : kKinds) {
          if (cases >= share) break;
          std::string where = scenario.name + "/call " + std::to_string(at) + " " + kind.says;
          if (second > 0) where += std::string(", then ") + kKinds[second - 1].says;
          lab.restore();
          service.log.clear();
          service.trouble = [&](std::size_t number, const gsheet::Request&) {
            if (number == at) return kind.trouble;
            return second > 0 && number == at + 1 ? kKinds[second - 1].trouble : Trouble::none;
          };
          const Attempt attempt = lab.attempt(*scenario.project, scenario.command);
          service.trouble = nullptr;
          if (!behind_people(scenario, kind, second)) oracle.check_now(where, attempt, findings);
          oracle.check_converges(where, false, findings);
          check_once(service, where, findings);
          ++cases;
          twice += second > 0 ? 1 : 0;
        }
      }
    }
    CHECK(service.complaint.empty());
  }
  WARN(cases << " cases of HTTP faults, " << twice << " of them two in a row: " << findings.told());
  CHECK(findings.all() == 0);
  if (limit == nullptr) CHECK(cases >= (full ? std::size_t{6'000} : std::size_t{250}));
}
