// From `confirmed` to `applied`: proof, verdict, record.

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "plan/down.h"
#include "run/executor.h"
#include "run/restore.h"
#include "run/run_json.h"

namespace zmig::run {
namespace {

/// The run that a down takes back is undone first: as long as the down is open, recovery comes here again.
Status undo_up_run(Context& context, AppliedRuns& ups, const Run& down) {
  const auto up = ups.find(down.migration);
  if (up == ups.end()) return ok();
  up->second.state = RunState::undone;
  return context.ledger.update(up->second, "run.undone", event_json({{"by", down.uid}}));
}

std::string verdict_line(const std::vector<CheckResult>& checks) {
  for (const CheckResult& check : checks) {
    if (check.outcome == Outcome::failed)
      return check.id + " failed" + (check.subject.empty() ? "" : ": " + check.subject);
  }
  for (const CheckResult& check : checks) {
    if (check.outcome == Outcome::not_run) return check.id + " did not run: " + check.not_run_because;
  }
  return {};
}

}  // namespace

Result<std::vector<CheckLine>> ensures_of(Context& context, const Run& run) {
  const Replayed* replayed = replayed_number(context.replayed, run.migration);
  if (replayed == nullptr) return std::vector<CheckLine>();
  if (run.verb != "down") return replayed->migration.script.ensures;
  BindContext binding;
  binding.name = replayed->migration.name;
  binding.before = &replayed->after;
  binding.undone_before = &replayed->before;
  for (const Replayed& earlier : context.replayed) {
    if (earlier.migration.number <= run.migration) binding.earlier.push_back(earlier.migration.name);
  }
  Diagnostics found;
  const Migration down =
      context.codec.parse(SourceFile{migration_of(run) + ".down", run.source_text}, 0, binding, found);
  if (found.has_errors()) return error_of(found);
  return down.script.ensures;
}

const Schema* end_state(const Context& context, const Run& run) {
  if (run.migration == 0) return &baseline_schema(context.history);
  const Replayed* replayed = replayed_number(context.replayed, run.migration);
  if (replayed == nullptr) return nullptr;
  return run.verb == "down" ? &replayed->before : &replayed->after;
}

std::string migration_of(const Run& run) { return four(run.migration) + "_" + run.slug; }

UtcTime window_end(const Context& context, UtcTime at, std::optional<std::chrono::seconds> keep_undo) {
  return at + std::max(context.options.rollback_window, keep_undo.value_or(std::chrono::seconds(0)));
}

Schema reached_state(const Run& run, const Replayed& replayed, const std::vector<Stamp>& stamps) {
  if (run.verb != "down") return replayed.after;
  for (auto stamp = stamps.rbegin(); stamp != stamps.rend(); ++stamp) {
    const auto entry = stamp_from_json(stamp->entry);
    if (!entry.has_value()) continue;
    for (const AppliedMigration& one : entry.value().applied) {
      if (one.number == run.migration) return without_adopted_drops(replayed.migration, replayed.before, one.adopted);
    }
  }
  return replayed.before;
}

namespace {

Status record(Context& context, AppliedRuns& ups, Run& run, Finished& finished) {
  finished.passed = all_passed(finished.checks, context.options.allow_skip);
  const bool skipped = finished.passed && !all_passed(finished.checks, {});
  if (run.verb == "down") ZMIG_CHECK_OK(undo_up_run(context, ups, run));
  run.state = RunState::applied;
  run.verified = finished.passed && !skipped;
  run.finished = context.now();
  if (!finished.passed) run.error = verdict_line(finished.checks);
  if (run.verb == "up") {
    const Replayed* replayed = replayed_number(context.replayed, run.migration);
    run.undo_until =
        window_end(context, *run.finished, replayed == nullptr ? std::nullopt : replayed->migration.keep_undo);
  }
  ZMIG_FAILPOINT_STATUS("run.before_applied");
  ZMIG_CHECK_OK(context.ledger.update(run, "run.applied", checks_json(finished.checks)));
  ZMIG_FAILPOINT_STATUS("run.after_applied");
  return ok();
}

/// The runs that downs take back: none are looked for otherwise.
Result<AppliedRuns> taken_back(Context& context, const Run& run) {
  if (run.verb != "down") return AppliedRuns();
  return applied_runs(context.ledger, run.target_id, run.mode);
}

}  // namespace

Status record_finished(Context& context, Run& run, Finished& finished) {
  ZMIG_TRY(AppliedRuns ups, taken_back(context, run));
  return record(context, ups, run, finished);
}

Result<std::vector<Finished>> finish_runs(Context& context, std::span<const Closing> closings) {
  ZMIG_FAILPOINT_STATUS("run.before_proof");
  ZMIG_TRY(const Look look, look_at(context));
  std::vector<Schema> states;
  for (const Closing& one : closings) {
    const Replayed* replayed = replayed_number(context.replayed, one.run->migration);
    if (replayed == nullptr) {
      return make_error(
          Errc::not_found, "ZM0203", "the file of " + migration_of(*one.run) + " is gone",
          fmt::format("bring the file back: `zmig show {} --source ledger` prints its text", one.run->migration));
    }
    // What others have in the middle of a commit is proved by its last one.
    states.push_back(one.proof->last           ? reached_state(*one.run, *replayed, look.stamps)
                     : one.run->verb == "down" ? replayed->before
                                               : replayed->after);
  }
  std::vector<ProofInput> inputs;
  for (std::size_t i = 0; i < closings.size(); ++i) {
    const Closing& one = closings[i];
    inputs.push_back({*one.proof, states[i], *one.ensures, one.steps, one.run->uid, one.run->stamp_number,
                      migration_of(*one.run), !one.run->backup.empty()});
  }
  ZMIG_ASSERT(!closings.empty() && closings.back().proof->last, "the last run of a commit closes with it");
  ZMIG_TRY(auto checks, prove(context, look, inputs, *closings.back().proof));
  std::vector<Finished> finished;
  finished.reserve(checks.size());
  for (std::vector<CheckResult>& list : checks) finished.push_back({std::move(list), false});
  const Status written = context.ledger.together([&]() -> Status {
    // In the transaction: another process may have taken the runs over and begun the next ones.
    ZMIG_CHECK_OK(still_open(context, *closings.back().run));
    ZMIG_TRY(AppliedRuns ups, taken_back(context, *closings.front().run));
    for (std::size_t i = 0; i < closings.size(); ++i)
      ZMIG_CHECK_OK(record(context, ups, *closings[i].run, finished[i]));
    return ok();
  });
  ZMIG_CHECK_OK(written);
  return finished;
}

Result<Proof> stored_proof(Context& context, const Run& run) {
  ZMIG_TRY(const auto events, context.ledger.events(run.id));
  const auto sent =
      std::find_if(events.begin(), events.end(), [](const LedgerEvent& event) { return event.kind == "batch.sent"; });
  if (sent == events.end())
    return make_error(Errc::corrupt, "ZM0601", "the ledger does not hold what " + run_name(run.id) + " was to prove");
  return proof_from_json(sent->json);
}

Result<std::vector<Finished>> finish_from_ledger(Context& context, std::vector<Run>& runs) {
  std::vector<Finished> anew;
  if (runs.front().verb == "restore") {
    for (Run& run : runs) {
      ZMIG_TRY(Finished one, finish_restore(context, run));
      anew.push_back(std::move(one));
    }
    return anew;
  }
  if (runs.front().migration == 0 || runs.front().verb == "baseline" || runs.front().verb == "repair") {
    for (Run& run : runs) {
      run.state = RunState::applied;
      run.verified = true;  // recovery saw the live schema at this state
      run.finished = context.now();
      ZMIG_CHECK_OK(context.ledger.update(run, "run.applied", checks_json({})));
      anew.push_back({{}, true});
    }
    return anew;
  }
  if (context.options.restart) {
    for (Run& run : runs) {
      ZMIG_TRY(Finished one, finish_anew(context, run, runs.back()));
      anew.push_back(std::move(one));
    }
    return anew;
  }
  std::vector<Proof> proofs;
  std::vector<std::vector<CheckLine>> ensures;
  for (const Run& run : runs) {
    ZMIG_TRY(Proof proof, stored_proof(context, run));
    proofs.push_back(std::move(proof));
    ZMIG_TRY(auto lines, ensures_of(context, run));
    ensures.push_back(std::move(lines));
  }
  if (!proofs.back().last) {
    return make_error(Errc::corrupt, "ZM0601",
                      "the ledger does not hold the last run of the commit of " + run_name(runs.back().id));
  }
  std::vector<Closing> closings;
  for (std::size_t i = 0; i < runs.size(); ++i) closings.push_back({&runs[i], &proofs[i], nullptr, &ensures[i]});
  return finish_runs(context, closings);
}

}  // namespace zmig::run
