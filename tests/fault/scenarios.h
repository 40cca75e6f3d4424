#pragma once
// What the sweeps break: a prepared workbook and one command, by name.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fault/lab.h"

namespace zmig::test {

struct Scenario {
  std::string name;
  std::shared_ptr<const Project> project;
  std::function<void(Lab&, const Project&)> prepare;  ///< from an empty workbook
  Command command;
  /// The same command cut into its smallest steps, in order: after each the workbook is a state that a person may see.
  std::vector<Command> steps;
  bool goes_back = true;  ///< afterwards `down --to 0` leads to the cells of position 0
};

/// up, up with captures, group (three migrations, one adopting), down; resume, restart and repair after a kill behind
/// the commit and before it, also of a down and of a restore; repair of a lost stamp; restore of one position and of
/// two; rebuild (the ledger is gone), baseline, take over (`up --baseline`).
std::vector<Scenario> all_scenarios();

}  // namespace zmig::test
