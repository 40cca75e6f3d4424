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
Status undo_up_run(Context& context, const Run& down) {
  ZMIG_TRY(auto up, applied_run(context.ledger, down.target_id, down.mode, down.migration));
  if (!up) return ok();
  up->state = RunState::undone;
  return context.ledger.update(*up, "run.undone", event_json({{"by", down.uid}}));
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
      if (one.number == run.migration)
        return without_adopted_drops(replayed.migration, replayed.before, one.adopted);
    }
  }
  return replayed.before;
}

Result<Finished> finish_run(Context& context, Run& run, const Proof& proof, const std::vector<Step>* steps,
                            const std::vector<CheckLine>& ensures) {
  const Replayed* replayed = replayed_number(context.replayed, run.migration);
  if (replayed == nullptr) {
    return make_error(
        Errc::not_found, "ZM0203", "the file of " + migration_of(run) + " is gone",
        fmt::format("bring the file back: `zmig show {} --source ledger` prints its text", run.migration));
  }
  ZMIG_FAILPOINT_STATUS("run.before_proof");
  ZMIG_TRY(const Look look, look_at(context));
  Finished finished;
  const Schema state = reached_state(run, *replayed, look.stamps);
  const ProofInput input{proof, state, ensures, steps, run.uid, migration_of(run), !run.backup.empty()};
  ZMIG_TRY(finished.checks, prove(context, look, input));
  ZMIG_CHECK_OK(record_finished(context, run, finished));
  return finished;
}

Status record_finished(Context& context, Run& run, Finished& finished) {
  finished.passed = all_passed(finished.checks, context.options.allow_skip);
  const bool skipped = finished.passed && !all_passed(finished.checks, {});
  if (run.verb == "down") ZMIG_CHECK_OK(undo_up_run(context, run));
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

Result<Finished> finish_from_ledger(Context& context, Run& run) {
  if (run.verb == "restore") return finish_restore(context, run);
  if (context.options.restart && run.verb != "baseline" && run.verb != "repair") return finish_anew(context, run);
  ZMIG_TRY(const auto events, context.ledger.events(run.id));
  const auto sent =
      std::find_if(events.begin(), events.end(), [](const LedgerEvent& event) { return event.kind == "batch.sent"; });
  if (sent == events.end()) {
    return make_error(Errc::corrupt, "ZM0601", "the ledger does not hold what " + run_name(run.id) + " was to prove");
  }
  if (run.migration == 0 || run.verb == "baseline" || run.verb == "repair") {
    run.state = RunState::applied;
    run.verified = true;  // recovery saw the live schema at this state
    run.finished = context.now();
    ZMIG_CHECK_OK(context.ledger.update(run, "run.applied", checks_json({})));
    return Finished{{}, true};
  }
  ZMIG_TRY(const Proof proof, proof_from_json(sent->json));
  ZMIG_TRY(const auto ensures, ensures_of(context, run));
  return finish_run(context, run, proof, nullptr, ensures);
}

}  // namespace zmig::run
