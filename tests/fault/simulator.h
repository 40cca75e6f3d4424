#pragma once
// A deterministic simulator: from one seed a project of generated migrations, a sequence of commands, crashes, errors,
// a person who edits, other runs that come between, lost ledgers and jumping clocks. Beside the workbook under test
// stands a quiet twin that gets the same edits and the same commits, in the same order, without any trouble; both must
// show the same cells whenever a command has ended, and lead to the same end.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fault/lab.h"

namespace zmig::test {

struct Simulation {
  std::uint64_t seed = 1;
  std::string kind = "memory";
  /// Stands between the engine and the workbook under test: for proofs that a wrong target is found out.
  std::function<std::unique_ptr<Target>(Target&)> sabotage;
  std::function<std::unique_ptr<Ledger>(Ledger&)> sabotage_ledger;
};

struct Simulated {
  std::vector<std::string> violations;  ///< empty: all is well
  std::vector<std::string> trace;       ///< what happened, line by line
  std::size_t migrations = 0, commands = 0, crashes = 0, errors = 0, edits = 0, commits = 0, contenders = 0,
              refusals = 0, ledgers_lost = 0;
  bool cut_short = false;  ///< the twin could not follow: see follow()
  bool went_back = false;  ///< the end was reached and undone again
};

Simulated simulate(const Simulation& simulation);

}  // namespace zmig::test
