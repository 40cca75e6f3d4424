// Putting a backup back. The same order of durable writes as `up`: run `planned` -> fresh backup verified, `backed_up`
// -> what is overwritten captured -> stage -> `in_flight` -> one commit with its stamp entry -> `confirmed` -> read
// back and compared with the backup once more -> `applied`.

#include "run/restore.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "run/locks.h"
#include "run/recover.h"
#include "run/restore_diff.h"
#include "run/run_json.h"
#include "run/stages.h"
#include "run/unrecorded.h"

namespace zmig::run {
namespace {

std::string name_of(const AppliedMigration& one) { return four(one.number) + "_" + one.slug; }

bool is_whole(const RestoreOptions& how) { return how.sheets.empty() && how.columns.empty(); }

std::vector<std::string> names_only_in(const CowList<AppliedMigration>& a, const CowList<AppliedMigration>& b) {
  std::vector<std::string> out;
  for (const AppliedMigration& one : a) {
    const bool there = std::any_of(b.begin(), b.end(), [&](const auto& other) { return other.number == one.number; });
    if (!there) out.push_back(name_of(one));
  }
  return out;
}

/// Where the stamp stands afterwards.
struct Reached {
  CowList<AppliedMigration> applied;
  std::uint32_t position = 0;
};
Reached reached(const RestoreOptions& how, const Look& look, const LoadedBackup& loaded) {
  if (!is_whole(how)) return {look.stamp->applied, look.stamp->position};
  if (!loaded.stamp) return {};
  return {loaded.stamp->applied, loaded.stamp->position};
}

Result<WrittenSince> written_since(Context& context, const std::string& target_id, const LoadedBackup& loaded) {
  return WrittenSince::read(context.ledger, target_id, loaded.stamp ? loaded.stamp->number : 0);
}

class Restoration {
 public:
  Restoration(Context& context, const RestoreOptions& how, const std::function<bool(const RestorePreview&)>& confirm)
      : context_(context), how_(how), confirm_(confirm), stages_(context) {}

  RestoreReport run() {
    const Status done = all_stages();
    if (!done.has_value()) return failed(done.error());
    if (started_) context_.emit(event::RunFinished{run_.id, report_.outcome});
    return std::move(report_);
  }

 private:
  Status all_stages() {
    stages_.begin("check", "");
    ZMIG_CHECK_OK(check());
    if (!report_.outcome.empty()) {
      stages_.expect(1);
      stages_.end("ok", report_.outcome);
      return ok();
    }
    stages_.end("ok",
                fmt::format("{} -> {}", four(report_.preview.position_before), four(report_.preview.position_after)));
    stages_.begin("backup", "");
    ZMIG_CHECK_OK(begin_run());
    ZMIG_CHECK_OK(aborting_on_failure(fresh_backup()));
    stages_.end("ok", report_.fresh_backup->title);
    stages_.begin("restore", "");
    ZMIG_CHECK_OK(write());
    stages_.end("ok", counted(difference_.changes.size(), "change", "changes"));
    stages_.begin("verify", "");
    return verify();
  }

  // --- check

  Status check() {
    if (!how_.dry_run) {
      ZMIG_TRY(const Recovered recovered, recover_first(context_));
      report_.resumed = recovered.did;
    }
    ZMIG_TRY(const Backup backup, find_backup(context_, how_.backup, how_.from_other));
    ZMIG_TRY(loaded_, load_backup(backup));
    ZMIG_CHECK_OK(look_and_compare());
    ZMIG_CHECK_OK(refuse_losses());
    if (difference_.changes.empty() && same_place()) {
      report_.outcome = "identical";
      return ok();
    }
    ZMIG_CHECK_OK(context_.target.preflight(difference_.changes));
    if (how_.dry_run) {
      report_.outcome = "would_restore";
      return ok();
    }
    stages_.expect(4);
    if (confirm_ && !confirm_(report_.preview))
      return make_error(Errc::denied, "ZM0704", "not confirmed; nothing was written");
    ZMIG_CHECK_OK(check_stop(context_, "before anything was written"));
    return lock_and_compare_again();
  }

  [[nodiscard]] bool same_place() const {
    const Reached after = reached(how_, look_, loaded_);
    return after.position == look_.stamp->position && after.applied == look_.stamp->applied;
  }

  Status look_and_compare() {
    ZMIG_TRY(look_, look_at(context_));
    if (!look_.stamp) {
      return make_error(Errc::conflict, "ZM0208", "this workbook was never taken over: a restore could not be recorded",
                        "`zmig baseline` takes it over; its backups can be restored then");
    }
    const std::string& taken_of = loaded_.backup.row.target_id;
    if (taken_of != look_.stamp->target_id && !how_.from_other) {
      return make_error(
          Errc::conflict, "ZM0407",
          fmt::format("b{} is a backup of target {}, this is {}", how_.backup, taken_of, look_.stamp->target_id),
          "--from-other puts it here all the same");
    }
    ZMIG_TRY(const WrittenSince since, written_since(context_, look_.stamp->target_id, loaded_));
    ZMIG_TRY(difference_, restore_difference(context_, look_, loaded_, how_, since));
    const Reached after = reached(how_, look_, loaded_);
    RestorePreview& preview = report_.preview;
    preview.backup = loaded_.backup;
    preview.position_before = look_.stamp->position;
    preview.position_after = after.position;
    preview.undone = names_only_in(look_.stamp->applied, after.applied);
    preview.redone = names_only_in(after.applied, look_.stamp->applied);
    preview.sheets = difference_.sheets;
    preview.objects = difference_.objects;
    preview.order = difference_.order;
    preview.left = difference_.left;
    preview.lost = difference_.lost;
    return ok();
  }

  void warn_of_rows_not_held() {
    if (difference_.not_held.empty()) return;
    Diagnostic warning;
    warning.severity = Severity::warning;
    warning.code = "ZM0508";
    warning.message = fmt::format("the rows of {} stay as they are: no backup holds them",
                                  counted(difference_.not_held.size(), "virtual table", "virtual tables"));
    warning.notes.push_back(join(difference_.not_held, ", "));
    warning.help = "fill them anew with your own program: a full-text index does it with its `rebuild`";
    report_.diagnostics.add(std::move(warning));
  }

  Status refuse_losses() {
    warn_of_rows_not_held();
    if (difference_.kept > 0 && how_.on_edit == OnEdit::refuse) {
      return make_error(Errc::denied, "ZM0506",
                        fmt::format("{} changed after the backup, and `--on-edit refuse` was said: {}",
                                    counted(difference_.kept, "cell or row was", "cells or rows were"),
                                    join(difference_.kept_places, ", ")),
                        "`--on-edit keep` leaves them, `--discard-later-edits` brings the backup back exactly");
    }
    if (difference_.kept > 0) {
      Diagnostic warning;
      warning.severity = Severity::warning;
      warning.code = "ZM0507";
      warning.message = fmt::format("{} edited after the backup, and kept",
                                    counted(difference_.kept, "cell or row was", "cells or rows were"));
      warning.notes.push_back(join(difference_.kept_places, ", "));
      warning.help = "`--discard-later-edits` brings the backup back exactly";
      report_.diagnostics.add(std::move(warning));
    }
    if (difference_.lost == 0 || how_.discard_later_edits || how_.on_edit == OnEdit::captured) return ok();
    return make_error(Errc::denied, "ZM0506",
                      fmt::format("{} that people entered would go: {}", counted(difference_.lost, "value", "values"),
                                  join(difference_.lost_places, ", ")),
                      "`--discard-later-edits` accepts it; the fresh backup holds them");
  }

  Status lock_and_compare_again() {
    ZMIG_FAILPOINT_STATUS("run.before_lease");
    ZMIG_TRY(writer_, take_lease(context_, "restore"));
    ZMIG_FAILPOINT_STATUS("run.after_lease");
    const std::vector<Change> before = std::move(difference_.changes);
    ZMIG_CHECK_OK(look_and_compare());
    ZMIG_TRY(const auto open, context_.ledger.open_run(look_.stamp->target_id));
    if (open || !(before == difference_.changes))
      return make_error(Errc::transient, "ZM0410",
                        "the workbook or its history changed while you looked; nothing was written",
                        "run the command again: it compares anew");
    ZMIG_TRY(report_.deployment, context_.ledger.next_deployment());
    started_ = true;
    context_.emit(event::RunStarted{report_.deployment, "restore", context_.target.url(), stages_.total()});
    return ok();
  }

  // --- backup

  Status begin_run() {
    run_ = Run{};
    run_.uid = context_.ports.random.hex(16);
    run_.deployment = report_.deployment;
    run_.target_id = look_.stamp->target_id;
    run_.target_url = context_.target.url();
    run_.verb = "restore";
    run_.migration = report_.preview.position_after;
    run_.slug = fmt::format("b{}", how_.backup);
    run_.actor = context_.options.actor;
    run_.host = context_.options.host;
    run_.reason = context_.options.reason;
    run_.tool_version = context_.options.tool_version;
    run_.started = context_.now();
    run_.guarantee = "atomic";
    run_.plan_json = restore_json(how_);
    run_.adopted_json = "[]";
    run_.steps_total = difference_.changes.size();
    run_.stamp_number = look_.stamp->number + 1;
    ZMIG_CHECK_OK(context_.ledger.know_target(run_.target_id, run_.target_url, look_.stamp->lineage));
    ZMIG_FAILPOINT_STATUS("run.before_planned");
    ZMIG_TRY(run_.id, context_.ledger.begin(run_));
    ZMIG_FAILPOINT_STATUS("run.after_planned");
    return ok();
  }

  /// Always, whatever `backup.required` says: a restore is what people reach for when something went wrong.
  Status fresh_backup() {
    ZMIG_FAILPOINT_STATUS("run.before_backup");
    ZMIG_TRY(const auto left, record_left_backups(context_, run_.target_id));
    for (const BackupRow& row : left.rows)
      report_.resumed +=
          fmt::format("{}backup b{} of a stopped run recorded", report_.resumed.empty() ? "" : "; ", row.id);
    SnapshotOptions options;
    options.folder = context_.options.backup_folder;
    options.target_id = run_.target_id;
    options.position = look_.stamp->position;
    options.now = context_.now();
    options.expires = window_end(context_, options.now, std::nullopt);
    ZMIG_TRY(BackupRow row, make_snapshot(context_.target, look_.stamps, options, context_.ports));
    ZMIG_FAILPOINT_STATUS("run.before_backup_row");
    ZMIG_TRY(row.id, context_.ledger.add_backup(row));
    report_.fresh_backup = row;
    context_.emit(event::BackupVerified{row});
    run_.state = RunState::backed_up;
    run_.backup = fmt::format("b{}", row.id);
    ZMIG_FAILPOINT_STATUS("run.before_backed_up");
    ZMIG_CHECK_OK(context_.ledger.update(run_, "run.backed_up", event_json({{"backup", run_.backup}})));
    ZMIG_FAILPOINT_STATUS("run.after_backed_up");
    return ok();
  }

  // --- restore

  Status write() {
    std::vector<Part> batch(1);
    Staged staged;
    const auto prepared = [&]() -> Status {
      ZMIG_FAILPOINT_STATUS("run.before_captures");
      ZMIG_CHECK_OK(context_.ledger.save_captures(run_.id, difference_.captures,
                                                  window_end(context_, context_.now(), std::nullopt)));
      ZMIG_FAILPOINT_STATUS("run.after_captures");
      ZMIG_TRY(batch.front().after, stamp());
      batch.front().changes = difference_.changes;
      ZMIG_TRY(staged, writer_->stage(batch));
      ZMIG_FAILPOINT_STATUS("run.after_stage");
      ZMIG_CHECK_OK(check_stop(context_, "before the batch was sent"));
      run_.state = RunState::in_flight;
      run_.stamp_before = staged.before;
      run_.stamp_after = staged.after;
      ZMIG_FAILPOINT_STATUS("run.before_in_flight");
      ZMIG_CHECK_OK(context_.ledger.update(run_, "batch.sent", run_.plan_json));
      ZMIG_FAILPOINT_STATUS("run.after_in_flight");
      return ok();
    };
    ZMIG_CHECK_OK(aborting_on_failure(prepared()));
    std::uint64_t cells = 0;
    for (const RestoredSheet& sheet : difference_.sheets) cells += sheet.cells_restored;
    context_.emit(event::BatchSent{run_.id, 1, 1, difference_.changes.size(), cells});
    const auto committed = writer_->commit(batch, staged);
    writer_.reset();
    if (!committed.has_value()) ZMIG_CHECK_OK(settle(committed.error()));
    wrote_ = true;
    ZMIG_FAILPOINT_STATUS("run.after_commit");
    run_.state = RunState::confirmed;
    run_.steps_confirmed = run_.steps_total;
    ZMIG_FAILPOINT_STATUS("run.before_confirmed");
    ZMIG_CHECK_OK(context_.ledger.update(run_, "batch.confirmed", event_json({{"by", "commit"}})));
    ZMIG_FAILPOINT_STATUS("run.after_confirmed");
    context_.emit(event::BatchConfirmed{run_.id, 1});
    return ok();
  }

  Result<Stamp> stamp() {
    const Reached after = reached(how_, look_, loaded_);
    StampEntry entry = stamp_after(run_, look_.stamp, after.applied, difference_.goal, "restore");
    entry.position = after.position;
    ZMIG_TRY(entry.ledger, context_.ledger.id());
    ZMIG_TRY(entry.ledger_head, context_.ledger.head());
    entry.at = context_.now();
    return Stamp{entry.number, stamp_to_json(entry)};
  }

  /// Success: it is in the workbook after all. An error of COMMIT is not a rollback, so the stamp decides.
  Status settle(Error error) {
    if (error.effect == Effect::unknown) {
      context_.emit(event::BatchUnknown{run_.id, 1, error.message});
      auto look = look_at(context_);
      if (!look.has_value()) {
        wrote_ = outcome_unknown_ = true;
        return make_error(Errc::transient, "ZM0403",
                          "nobody can say whether the restore reached the workbook: " + look.error().message,
                          "run the command again: it looks first");
      }
      if (look.value().stamp && look.value().stamp->run == run_.uid) return ok();
      error.effect = Effect::none;
    }
    return aborting_on_failure(Status(std::move(error)));
  }

  Status aborting_on_failure(Status status) {
    if (status.has_value() || run_.id == 0) return status;
    run_.state = RunState::aborted;
    run_.finished = context_.now();
    run_.error = status.error().message;
    // If this fails as well, the open row is closed by the next command's recovery.
    static_cast<void>(context_.ledger.update(run_, "run.aborted", event_json({{"because", run_.error}})));
    return status;
  }

  // --- verify

  Status verify() {
    ZMIG_TRY(const Finished finished, finish_restore(context_, run_));
    report_.checks = finished.checks;
    report_.run = run_;
    if (!finished.passed) {
      failed_check_ = true;
      return make_error(Errc::conflict, "ZM0901", "the backup was put back, but " + run_.error,
                        fmt::format("`zmig restore b{}` undoes this restore", report_.fresh_backup->id));
    }
    report_.outcome = "restored";
    stages_.end("ok", "equal to the backup");
    return ok();
  }

  RestoreReport failed(const Error& error) {
    writer_.reset();
    if (run_.id != 0) report_.run = run_;
    report_.error = error;
    report_.exit_code = exit_of(error);
    report_.outcome = "failed";
    if (failed_check_) {
      report_.exit_code = 5;
    } else if (wrote_) {
      report_.outcome = "partial";
      report_.exit_code = outcome_unknown_ ? 75 : 6;
    } else if (is_stop(context_, error)) {
      report_.outcome = "interrupted";
      report_.exit_code = 130;
    }
    if (!report_.diagnostics.has_errors()) report_.diagnostics.add(diagnostic_of(error));
    stages_.end("failed", error.message);
    if (started_) context_.emit(event::RunFinished{run_.id, report_.outcome});
    return std::move(report_);
  }

  Context& context_;
  const RestoreOptions& how_;
  const std::function<bool(const RestorePreview&)>& confirm_;
  Stages stages_;
  RestoreReport report_;
  LoadedBackup loaded_;
  Look look_;
  RestoreDifference difference_;
  std::unique_ptr<Writer> writer_;
  Run run_;
  bool started_ = false, wrote_ = false, failed_check_ = false, outcome_unknown_ = false;
};

CheckResult check_named(std::string id, Outcome outcome, std::string expected, std::string observed) {
  CheckResult check;
  check.id = std::move(id);
  check.outcome = outcome;
  check.expected = std::move(expected);
  check.observed = std::move(observed);
  return check;
}

/// Equal to the backup in everything that it covers, without the edits that were kept.
CheckResult compared_again(Context& context, const Look& look, const Run& run, const RestoreOptions& how) {
  CheckResult check = check_named("restored", Outcome::passed, "no difference from the backup", "no difference");
  const auto difference = [&]() -> Result<RestoreDifference> {
    ZMIG_TRY(const Backup backup, find_backup(context, how.backup, true));
    ZMIG_TRY(const LoadedBackup loaded, load_backup(backup));
    ZMIG_TRY(const WrittenSince since, written_since(context, run.target_id, loaded));
    return restore_difference(context, look, loaded, how, since);
  }();
  if (!difference.has_value()) {
    check.outcome = Outcome::not_run;
    check.observed.clear();
    check.not_run_because = difference.error().message;
    return check;
  }
  for (const RestoredSheet& sheet : difference.value().sheets) check.examined += sheet.kept_edits;
  if (difference.value().changes.empty()) return check;
  check.outcome = Outcome::failed;
  check.offending_count = difference.value().changes.size();
  for (const RestoredObject& object : difference.value().objects) {
    if (object.fate == RestoredObject::Fate::kept_altered || object.fate == RestoredObject::Fate::kept_new) continue;
    check.offending.push_back(object.kind + " " + quoted(object.name));
  }
  for (const RestoredSheet& sheet : difference.value().sheets) {
    if (!sheet.identical()) check.offending.push_back(sheet.first.empty() ? sheet.sheet : sheet.first.front());
  }
  check.observed = fmt::format("{} {}", counted(check.offending_count, "difference is", "differences are"), "left");
  return check;
}

}  // namespace

Status settle_runs(Context& context, const StampEntry& stamp) {
  ZMIG_TRY(const auto runs, context.ledger.runs({stamp.target_id, RunMode::real, std::nullopt, 0}));
  for (Run run : runs) {
    if (run.verb != "up" || (run.state != RunState::applied && run.state != RunState::undone)) continue;
    const bool listed = std::any_of(stamp.applied.begin(), stamp.applied.end(),
                                    [&](const AppliedMigration& one) { return one.run == run.uid; });
    if (listed == (run.state == RunState::applied)) continue;
    run.state = listed ? RunState::applied : RunState::undone;
    ZMIG_CHECK_OK(
        context.ledger.update(run, listed ? "run.applied_again" : "run.undone", event_json({{"by", stamp.run}})));
  }
  return ok();
}

Result<Finished> finish_restore(Context& context, Run& run) {
  ZMIG_FAILPOINT_STATUS("run.before_proof");
  ZMIG_TRY(const RestoreOptions how, restore_from_json(run.plan_json));
  ZMIG_TRY(const Look look, look_at(context));
  Finished finished;
  const bool stamped = look.stamp && look.stamp->run == run.uid;
  finished.checks.push_back(check_named("stamp", stamped ? Outcome::passed : Outcome::failed, "the entry of this run",
                                        look.stamp ? "the entry of run " + look.stamp->run : "no stamp"));
  finished.checks.push_back(compared_again(context, look, run, how));
  for (const CheckResult& check : finished.checks) context.emit(event::CheckFinished{check});
  finished.passed = all_passed(finished.checks, {});
  if (stamped) ZMIG_CHECK_OK(settle_runs(context, *look.stamp));
  run.state = RunState::applied;
  run.finished = context.now();
  run.verified = finished.passed;
  run.undo_until = window_end(context, *run.finished, std::nullopt);
  for (const CheckResult& check : finished.checks) {
    if (check.outcome == Outcome::failed) run.error = check.id + ": " + check.observed;
    if (check.outcome == Outcome::not_run) run.error = check.id + " did not run: " + check.not_run_because;
  }
  ZMIG_FAILPOINT_STATUS("run.before_applied");
  ZMIG_CHECK_OK(context.ledger.update(run, "run.applied", checks_json(finished.checks)));
  ZMIG_FAILPOINT_STATUS("run.after_applied");
  return finished;
}

Result<RestoreReport> restore_backup(Context& context, const RestoreOptions& how,
                                     const std::function<bool(const RestorePreview&)>& confirm) {
  const LocksGuard guard(context);
  return Restoration(context, how, confirm).run();
}

}  // namespace zmig::run
