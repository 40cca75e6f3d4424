#pragma once
// One `up` or `down`: the order of durable writes (reliability.md 3.1). Private to engine/run/.

#include <memory>
#include <optional>
#include <string>

#include "run/context.h"
#include "run/proof.h"

namespace zmig::run {

/// A plan with the look that it was made from.
struct Planned {
  Look look;
  std::string target_id;  ///< empty: never met
  Plan plan;
};
/// Reads only.
Result<Planned> plan_goal(Context& context, const Goal& goal);

/// What the target knows that it would refuse comes with the plan, not with the commit.
void add_refusal_of_target(Target& target, Plan& plan);

/// Never throws away what it knows: failures are in the Report.
Result<Report> execute(Context& context, const Goal& goal);

/// The stamp entry that `run` leaves. `before`: the newest one, or none.
StampEntry stamp_after(const Run& run, const std::optional<StampEntry>& before, std::vector<AppliedMigration> applied,
                       const Schema& state, std::string event);
/// "0001_event_types" of a run.
std::string migration_of(const Run& run);

/// Proof, then `applied` (and `undone` for the run that a down takes back). Used after a commit and by recovery.
/// `steps`: null after a crash. An error: the workbook could not be read, and the run stays `confirmed`.
struct Finished {
  std::vector<CheckResult> checks;
  bool passed = false;
};
Result<Finished> finish_run(Context& context, Run& run, const Proof& proof, const std::vector<Step>* steps,
                            const std::vector<CheckLine>& ensures);
/// The same for a run that an earlier process left `confirmed`: proof and ensure lines come from the ledger and the
/// files.
Result<Finished> finish_from_ledger(Context& context, Run& run);

/// The same relying on nothing that the run recorded (`--restart`): what only its records could prove is not run.
Result<Finished> finish_anew(Context& context, Run& run);
/// Verdict from the checks, and the row `applied` (and `undone` for the run that a down takes back).
Status record_finished(Context& context, Run& run, Finished& finished);
/// The state that a run's batch ends in; null: the files do not know it.
const Schema* end_state(const Context& context, const Run& run);
/// The ensure lines of what the run did.
Result<std::vector<CheckLine>> ensures_of(Context& context, const Run& run);
/// The state that a run ends in: that of the files, without what was gone already when a migration that a `down` undoes
/// found it (its drop was adopted). `stamps`: those of the workbook.
Schema reached_state(const Run& run, const Replayed& replayed, const std::vector<Stamp>& stamps);

/// When the window of a run that finishes at `at` closes.
UtcTime window_end(const Context& context, UtcTime at, std::optional<std::chrono::seconds> keep_undo);

}  // namespace zmig::run
