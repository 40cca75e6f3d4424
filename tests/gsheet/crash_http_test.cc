// A command is killed at any point, calls of it and of the one that recovers fail in any way, and somebody types
// meanwhile: no batch lands twice, nothing that was typed is lost, and there is a way on. A slice by seed in every run,
// at least 6,000 cases with ZMIG_FAULT_FULL=1; ZMIG_GSHEET_CASES=1000: so many; ZMIG_FAULT_SEED=17 replays one case.
#include <cstdlib>
#include <optional>
#include <random>

#include "fault/oracle.h"
#include "gsheet/troubles.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// More of these within one command is no retry any more, and neither is a longer wait: the longest that is meant are
/// the 10 s for a reading that lags, a few times.
constexpr std::size_t kMostCalls = 100;
constexpr std::chrono::minutes kLongest{10};

/// Commands over which what people typed stays in any case; a restore brings back what was.
bool people_may_type(const Scenario& scenario) {
  return scenario.command.verb == Verb::up && !scenario.command.accept_baseline && scenario.name != "rebuild";
}

struct Counts {
  std::size_t cases = 0, killed = 0, troubled = 0, typed = 0, hangs = 0;
};

/// One case: everything about it comes from the seed.
class Case {
 public:
  Case(Lab& lab, Oracle& oracle, const Scenario& scenario, std::uint64_t seed, Counts& counts, Findings& findings)
      : lab_(lab), oracle_(oracle), scenario_(scenario), random_(seed), counts_(counts), findings_(findings) {
    where_ = scenario.name + " (ZMIG_FAULT_SEED=" + std::to_string(seed) + ")";
  }

  void run() {
    SheetsInProcess& service = lab_.service();
    lab_.restore();
    oracle_.nobody_typed();
    service.log.clear();
    ++counts_.cases;
    types_ = people_may_type(scenario_) && below(2) == 0;
    const bool in_recovery = below(2) == 0;

    // The command that is killed; of every third one call fails as well.
    Fuse fuse;
    fuse.at = 1 + below(oracle_.calls().size());
    fuse.blow = below(2) == 0 ? Blow::before : Blow::after;
    fuse.lasting = Lasting::for_good;
    where_ +=
        ", killed " + std::string(fuse.blow == Blow::before ? "before " : "after ") + oracle_.calls()[fuse.at - 1];
    const bool troubled = below(3) == 0;
    give_trouble(troubled ? 1 : 0, types_ && !in_recovery ? std::optional(below(8)) : std::nullopt);
    const Attempt killed = watched([&] { return lab_.attempt_killed(*scenario_.project, scenario_.command, fuse); });
    counts_.killed += killed.answered ? 0 : 1;
    if (types_ && !in_recovery) type();
    oracle_.check_now(where_, killed, findings_);

    // The one that recovers: one call fails, or two in a row.
    give_trouble(1 + below(2), types_ && in_recovery ? std::optional(below(8)) : std::nullopt);
    const Attempt recovery = watched([&] { return lab_.attempt(*scenario_.project, scenario_.command); });
    ++counts_.troubled;
    if (types_ && in_recovery) type();
    oracle_.check_now(where_, recovery, findings_);

    oracle_.check_converges(where_, below(8) == 0, findings_);
    check_once(service, where_, findings_);
    if (types_) ++counts_.typed;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  /// Calls of the next command from a drawn one on fail, each in a drawn way; somebody types in front of one of them.
  void give_trouble(std::size_t how_many, std::optional<std::size_t> typing) {
    const std::size_t first = below(9), begun = lab_.service().log.size();
    std::vector<Kind> kinds;
    for (std::size_t i = 0; i < how_many; ++i) {
      // Somebody took the stamp out just before; a reading that lags hides that, and nobody can know better
      // (faults_test.cc looks at it).
      Kind kind = kKinds[below(std::size(kKinds))];
      while (hides(kind)) kind = kKinds[below(std::size(kKinds))];
      kinds.push_back(kind);
      where_ += ", call " + std::to_string(first + i) + " " + kinds.back().says;
    }
    lab_.service().trouble = [this, first, begun, kinds, typing](std::size_t number, const gsheet::Request&) {
      const std::size_t mine = number - begun;
      if (typing == mine) type();
      return mine >= first && mine - first < kinds.size() ? kinds[mine - first].trouble : Trouble::none;
    };
  }
  [[nodiscard]] bool hides(const Kind& kind) const {
    return kind.trouble == Trouble::stale_read && scenario_.name == "repair_stamp";
  }

  /// Into a cell of a managed column that no migration touches.
  void type() {
    if (typed_) return;
    typed_ = true;
    where_ += ", somebody types";
    const std::string refused = lab_.service().type(lab_.spreadsheet(), "Pedidos", "Cantidad", 1, 41);
    INFO(where_ << ": " << refused);
    REQUIRE(refused.empty());
    oracle_.somebody_typed("Pedidos.Cantidad", 0, Number{41});
  }

  /// Whether it came to an end in time.
  template <class F>
  Attempt watched(const F& command) {
    const auto begun = lab_.now();
    const std::size_t calls = lab_.service().log.size();
    Attempt attempt = command();
    lab_.service().trouble = nullptr;
    if (attempt.hung || lab_.now() - begun > kLongest || lab_.service().log.size() - calls > kMostCalls) {
      ++counts_.hangs;
      findings_.add(&Findings::no_exit, where_ + ": it hangs");
    }
    return attempt;
  }

  Lab& lab_;
  Oracle& oracle_;
  const Scenario& scenario_;
  std::mt19937_64 random_;
  Counts& counts_;
  Findings& findings_;
  std::string where_;
  bool types_ = false, typed_ = false;
};

}  // namespace

TEST_CASE("gsheet faults: killed anywhere, with calls that fail on both sides of it, while somebody types") {
  const bool full = std::getenv("ZMIG_FAULT_FULL") != nullptr;
  const char* const limit = std::getenv("ZMIG_GSHEET_CASES");
  const char* const only = std::getenv("ZMIG_FAULT_SEED");
  const std::size_t wanted = limit != nullptr ? std::strtoull(limit, nullptr, 10) : full ? 6'300 : 252;
  const auto scenarios = all_scenarios();
  const std::size_t each = (wanted + scenarios.size() - 1) / scenarios.size();
  Findings findings;
  Counts counts;
  for (std::size_t s = 0; s < scenarios.size(); ++s) {
    // The seed tells the scenario, too.
    const std::uint64_t first = s * 1'000'000, one = only == nullptr ? 0 : std::strtoull(only, nullptr, 10);
    if (only != nullptr && one / 1'000'000 != s) continue;
    Lab lab("gsheet");
    Oracle oracle(lab, scenarios[s]);
    for (std::uint64_t seed = first + 1; seed <= (only != nullptr ? first + 1 : first + each); ++seed)
      Case(lab, oracle, scenarios[s], only != nullptr ? one : seed, counts, findings).run();
    CHECK(lab.service().complaint.empty());
  }
  WARN(counts.cases << " cases: " << counts.killed << " killed, " << counts.troubled << " recovered under faults, in "
                    << counts.typed << " somebody typed; " << findings.wrong_applied << " double applications, "
                    << findings.cells_lost << " lost cells, " << counts.hangs << " hangs: " << findings.told());
  CHECK(findings.all() == 0);
  CHECK(counts.killed > counts.cases / 2);
  if (limit == nullptr && only == nullptr) CHECK(counts.cases >= (full ? std::size_t{6'000} : std::size_t{250}));
}
