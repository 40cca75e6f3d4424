#pragma once
// One `up` or `down`: the order of durable writes (reliability.md 3.1). Private to engine/run/.

#include <memory>
#include <optional>
#include <span>
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

/// The plan as a report shows it, without steps, saved cells and schemas.
Plan shown(const Plan& plan);

/// What the target knows that it would refuse comes with the plan, not with the commit.
void add_refusal_of_target(Target& target, Plan& plan);

/// Never throws away what it knows: failures are in the Report.
Result<Report> execute(Context& context, const Goal& goal);

/// The entries that a list of runs leaves, one after the other.
class StampChain {
 public:
  explicit StampChain(const std::optional<StampEntry>& before);
  /// The entry of `run`. `one`: what becomes applied (up), or what stops being so (down); `last`: of its commit.
  StampEntry next(const Run& run, Direction direction, const AppliedMigration& one, const Schema& state, bool last);

 private:
  void remove(std::uint32_t number);
  std::string lineage_ = "original";
  CowList<AppliedMigration> applied_;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::string> chain_;  // chain_[i]: over the first i
};

/// The stamp entry that `run` leaves. `before`: the newest one, or none.
StampEntry stamp_after(const Run& run, const std::optional<StampEntry>& before, CowList<AppliedMigration> applied,
                       const Schema& state, std::string event);
/// "0001_event_types" of a run.
std::string migration_of(const Run& run);

/// Proof, then `applied` (and `undone` for the run that a down takes back), for the runs of one commit in order, each
/// with a verdict of its own. Used after a commit and by recovery. An error: the workbook could not be read, and the
/// runs stay `confirmed`.
struct Finished {
  std::vector<CheckResult> checks;
  bool passed = false;
};
struct Closing {
  Run* run = nullptr;
  const Proof* proof = nullptr;
  const std::vector<Step>* steps = nullptr;  ///< null after a crash
  const std::vector<CheckLine>* ensures = nullptr;
};
Result<std::vector<Finished>> finish_runs(Context& context, std::span<const Closing> closings);
/// The same for runs that an earlier process left `confirmed`, up to the last of their commit: proofs and ensure lines
/// come from the ledger and the files.
Result<std::vector<Finished>> finish_from_ledger(Context& context, std::vector<Run>& runs);
/// What was to be proved of a run, as it was stored with the intent. ZM0601: the ledger does not hold it.
Result<Proof> stored_proof(Context& context, const Run& run);

/// The same relying on nothing that the run recorded (`--restart`): what only its records could prove is not run.
/// `last`: the newest run of the same commit, whose end the workbook shows.
Result<Finished> finish_anew(Context& context, Run& run, const Run& last);
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
