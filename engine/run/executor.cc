// One `up` or `down`, stage by stage. The order of durable writes is the point: run `planned` -> backup verified,
// `backed_up` -> captures -> stage -> `in_flight` with the proof to come -> target commit -> `confirmed` -> re-inspect
// -> `applied`. Each arrow is one ledger transaction, one stage or one commit. Where the target allows it consecutive
// migrations share a commit (reliability.md 3.3): then each arrow moves the runs of all of them at once, and the backup
// comes first. Longer than other files because the order of the stages is one story.

#include "run/executor.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "plan/groups.h"
#include "plan/plan_json.h"
#include "run/backup.h"
#include "run/baseline.h"
#include "run/clock.h"
#include "run/copies.h"
#include "run/locks.h"
#include "run/preserved.h"
#include "run/recover.h"
#include "run/restore.h"
#include "run/run_json.h"
#include "run/stages.h"
#include "run/unrecorded.h"
#include "run/window.h"

namespace zmig::run {
namespace {

std::string_view verb_of(Direction direction) { return direction == Direction::up ? "up" : "down"; }

Error changed_meanwhile(bool wrote) {
  return make_error(Errc::transient, "ZM0410",
                    wrote ? "the workbook or its history changed between two migrations; the next one was not begun"
                          : "the workbook or its history changed while you looked; nothing was written",
                    "run the command again: it plans anew");
}

class Execution {
 public:
  Execution(Context& context, const Goal& goal) : context_(context), goal_(goal), stages_(context) {}

  Report run() {
    const Status done = all_stages();
    if (!done.has_value()) return failed(done.error());
    if (report_.outcome.empty()) report_.outcome = goal_.direction == Direction::up ? "applied" : "undone";
    if (deployment_started_) context_.emit(event::RunFinished{report_.runs.back().run.id, report_.outcome});
    return std::move(report_);
  }

 private:
  // --- check ---------------------------------------------------------------------------------------------------------

  Status all_stages() {
    stages_.begin("check", "");
    ZMIG_CHECK_OK(check());
    if (report_.up_to_date) return nothing_to_do();
    stages_.begin("backup", "");
    ZMIG_CHECK_OK(take_over_first());
    ZMIG_CHECK_OK(first_run_and_backup());
    stages_.end("ok", report_.backup ? report_.backup->title : "not asked for");
    for (bool first = true;; first = false) {
      if (!first) {
        ZMIG_TRY(const bool more, next_group());
        if (!more) break;
      }
      ZMIG_CHECK_OK(apply_and_verify());
    }
    stages_.begin("finish", "");
    ZMIG_CHECK_OK(records_agree());
    stages_.end("ok", "");
    return ok();
  }

  Status nothing_to_do() {
    report_.outcome = "up_to_date";
    stages_.expect(1);
    if (resumed_failed_) return checks_failed("the run that was finished did not pass its checks");
    stages_.end("ok", "up to date");
    return ok();
  }

  Status check() {
    ZMIG_TRY(const Recovered recovered, recover_first(context_));
    report_.resumed = recovered.did;
    resumed_failed_ = recovered.checks_failed;
    ZMIG_TRY(revision_, context_.target.revision());
    ZMIG_TRY(ledger_head_, context_.ledger.head());
    ZMIG_TRY(planned_, plan_goal(context_, goal_));
    add_refusal_of_target(context_.target, planned_.plan);
    ZMIG_CHECK_OK(accept(planned_.plan));
    ZMIG_TRY(const auto clock, clock_finding(context_, planned_.target_id));
    if (clock) report_.diagnostics.add(*clock);
    report_.from = planned_.plan.from;
    report_.to = planned_.plan.to;
    if (planned_.plan.migrations.empty()) {
      report_.up_to_date = true;
      report_.plan = shown(planned_.plan);
      return ok();
    }
    ZMIG_CHECK_OK(check_expected());
    if (!context_.target.capabilities().atomic_batch || planned_.plan.guarantee != "atomic") {
      return make_error(
          Errc::unsupported, "ZM0305",
          "this plan does not fit one atomic commit on this target, and this release applies nothing else");
    }
    if (resumed_failed_) return checks_failed("the run that was finished first did not pass its checks");
    ZMIG_CHECK_OK(check_reason());
    report_.plan = shown(planned_.plan);
    stages_.expect(3 + 2 * planned_.plan.migrations.size());
    if (context_.options.confirm && !context_.options.confirm(planned_.plan)) {
      return make_error(Errc::denied, "ZM0704", "not confirmed; nothing was written");
    }
    ZMIG_CHECK_OK(check_stop(context_, "before anything was written"));
    ZMIG_CHECK_OK(lock_and_plan_again());
    if (report_.up_to_date) return ok();
    ZMIG_TRY(report_.deployment, context_.ledger.next_deployment());
    deployment_started_ = true;
    context_.emit(event::RunStarted{report_.deployment, std::string(verb_of(goal_.direction)), context_.target.url(),
                                    stages_.total()});
    stages_.end("ok", fmt::format("{} -> {}", four(report_.from), four(report_.to)));
    return ok();
  }

  /// Findings go to the report; errors stop.
  Status accept(const Plan& plan) {
    report_.diagnostics = plan.diagnostics;
    if (!plan.diagnostics.has_errors()) return ok();
    report_.plan = shown(plan);
    return error_of(plan.diagnostics);
  }

  /// Closed windows are findings of the plan; what is left is why somebody goes on all the same.
  [[nodiscard]] Status check_reason() const {
    const auto& found = planned_.plan.diagnostics.all();
    const bool closed =
        std::any_of(found.begin(), found.end(), [](const Diagnostic& one) { return one.code == "ZM0504"; });
    if (!closed || !context_.options.reason.empty()) return ok();
    return make_error(Errc::denied, "ZM0705", "going back after the window needs a reason", "add `--reason \"...\"`");
  }

  /// A saved plan is done as it was looked at, or not at all.
  [[nodiscard]] Status check_expected() const {
    if (context_.options.expected_plan.empty() || context_.options.expected_plan == planned_.plan.fingerprint)
      return ok();
    return make_error(Errc::conflict, "ZM0303",
                      "the saved plan is stale: what it reads or writes is not as it was when it was made",
                      "look at `zmig plan`, and save it anew; nothing was written");
  }

  Status lock_and_plan_again() {
    ZMIG_FAILPOINT_STATUS("run.before_lease");
    ZMIG_TRY(writer_, take_lease(context_, verb_of(goal_.direction)));
    ZMIG_FAILPOINT_STATUS("run.after_lease");
    ZMIG_TRY(const bool same, nothing_changed());
    if (same) return ok();
    ZMIG_TRY(Planned again, plan_goal(context_, goal_));
    if (again.plan.diagnostics.has_errors()) return changed_meanwhile(wrote_);
    if (again.plan.migrations.empty()) {
      // Somebody else did it while we waited: that is what was wanted.
      writer_.reset();
      report_.plan = shown(again.plan);
      report_.to = again.plan.to;
      report_.up_to_date = true;
      return ok();
    }
    if (again.plan.fingerprint != planned_.plan.fingerprint) return changed_meanwhile(wrote_);
    if (!again.target_id.empty()) {
      // Somebody may have begun and died between our recovery and our lease.
      ZMIG_TRY(const auto open, context_.ledger.open_run(again.target_id));
      if (open) return changed_meanwhile(wrote_);
    }
    planned_ = std::move(again);
    add_refusal_of_target(context_.target, planned_.plan);
    if (planned_.plan.diagnostics.has_errors()) return changed_meanwhile(wrote_);
    report_.plan = shown(planned_.plan);
    return ok();
  }

  /// Under the lock: whether the target and the ledger can tell that nobody wrote since the plan was begun. Then that
  /// plan is the plan.
  Result<bool> nothing_changed() {
    if (revision_.empty()) return false;
    ZMIG_TRY(const std::string revision, context_.target.revision());
    ZMIG_TRY(const std::string head, context_.ledger.head());
    return revision == revision_ && head == ledger_head_;
  }

  /// The shortened check between two commits. False: that was the last.
  Result<bool> next_group() {
    done_ += group_.size();
    group_ = {};
    if (done_ == report_.plan.migrations.size()) return false;
    ZMIG_CHECK_OK(check_stop(context_, "between two migrations"));
    ZMIG_CHECK_OK(plan_rest(report_.plan.migrations[done_].number));
    return true;
  }

  /// A new lease and a new plan for what is left; it has to begin with `number`.
  Status plan_rest(std::uint32_t number) {
    Goal rest = goal_;
    rest.to = report_.plan.to;
    rest.count.reset();
    rest.run.reset();
    stored_.clear();
    ZMIG_TRY(writer_, take_lease(context_, verb_of(goal_.direction)));
    ZMIG_TRY(planned_, plan_goal(context_, rest));
    add_refusal_of_target(context_.target, planned_.plan);
    if (planned_.plan.diagnostics.has_errors()) {
      report_.diagnostics.append(planned_.plan.diagnostics);
      return error_of(planned_.plan.diagnostics);
    }
    const bool same = !planned_.plan.migrations.empty() && planned_.plan.migrations.front().number == number;
    return same ? ok() : Status(changed_meanwhile(wrote_));
  }

  // --- backup --------------------------------------------------------------------------------------------------------

  /// `up --baseline`: the workbook is the baseline of the files, and is recorded as that before anything else. Backup
  /// first, as always.
  Status take_over_first() {
    const bool wanted = context_.options.accept_baseline && goal_.direction == Direction::up;
    if (!wanted || planned_.look.stamp) return ok();
    ZMIG_ASSERT(context_.history.baseline, "a plan for a workbook without a stamp is refused without it");
    ZMIG_CHECK_OK(know_target());
    ZMIG_CHECK_OK(make_backup());
    ZMIG_CHECK_OK(ask_before_write());
    const BaselineTarget taken{planned_.target_id, report_.deployment,
                               report_.backup ? fmt::format("b{}", report_.backup->id) : ""};
    ZMIG_CHECK_OK(
        record_baseline(context_, planned_.look, std::move(writer_), *context_.history.baseline, 0, false, taken));
    wrote_ = true;
    return plan_rest(report_.plan.migrations.front().number);
  }

  Status first_run_and_backup() {
    take_group();
    if (group_.size() > 1) {
      // Before the file names it: a process that dies behind the rename leaves a backup whose target the ledger knows.
      ZMIG_CHECK_OK(know_target());
      ZMIG_CHECK_OK(make_backup());
      ZMIG_CHECK_OK(begin_runs(RunState::backed_up));
      return aborting_on_failure(ask_before_write());
    }
    ZMIG_CHECK_OK(begin_runs(RunState::planned));
    const auto backed_up = [&]() -> Status {
      ZMIG_CHECK_OK(make_backup());
      ZMIG_CHECK_OK(mark_backed_up());
      return ask_before_write();
    };
    return aborting_on_failure(backed_up());
  }

  /// Somebody outside may say no while nothing is written: once a command.
  Status ask_before_write() {
    if (asked_ || !context_.options.before_write) return ok();
    asked_ = true;
    return context_.options.before_write(report_.plan, report_.backup);
  }

  /// The migrations at the head of the plan that share the next commit.
  void take_group() {
    std::vector<PlannedMigration>& planned = planned_.plan.migrations;
    const std::size_t end = cut_groups(planned, context_.target.capabilities(), context_.options.one_by_one).front();
    group_ = std::span(planned).first(end);
    runs_.clear();
  }

  /// A backup that is there already instead of a new one: it has to be what a new one would be.
  Status rely_on_backup(std::uint64_t id) {
    ZMIG_TRY(const Backup backup, find_backup(context_, id, false));
    if (backup.row.position != planned_.plan.from) {
      return make_error(Errc::conflict, "ZM0501",
                        fmt::format("b{} was taken at {}, the workbook is at {}", id, four(backup.row.position),
                                    four(planned_.plan.from)),
                        "leave --use-backup out: a new one is made");
    }
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(context_.now() - backup.row.created);
    if (age > context_.options.backup_max_age) {
      return make_error(Errc::conflict, "ZM0502",
                        fmt::format("b{} is {} s old, `backup.max_age` is {} s", id, age.count(),
                                    context_.options.backup_max_age.count()),
                        "leave --use-backup out: a new one is made");
    }
    ZMIG_CHECK_OK(open_backup(backup, {}));
    report_.backup = backup.row;
    context_.emit(event::BackupVerified{backup.row});
    return ok();
  }

  Status make_backup() {
    if (report_.backup) return ok();
    if (context_.options.use_backup) return rely_on_backup(*context_.options.use_backup);
    const auto wants = [](const PlannedMigration& one) { return one.wants_backup; };
    const bool wanted = group_.empty() ? planned_.plan.migrations.front().wants_backup
                                       : std::any_of(group_.begin(), group_.end(), wants);
    if (!context_.options.backup_required && !wanted) return ok();
    ZMIG_FAILPOINT_STATUS("run.before_backup");
    ZMIG_CHECK_OK(record_left());
    SnapshotOptions options;
    options.folder = context_.options.backup_folder;
    options.target_id = planned_.target_id;
    options.position = planned_.plan.from;
    options.now = context_.now();
    options.expires = window_end(context_, options.now, std::nullopt);
    options.steady = writer_ != nullptr && context_.target.capabilities().steady_under_lease;
    // The workbook as it is until this writer commits: the proof to come takes these for its own.
    if (options.steady) options.stored = &stored_;
    ZMIG_TRY(BackupRow row, make_snapshot(context_.target, planned_.look.stamps, options, context_.ports));
    ZMIG_FAILPOINT_STATUS("run.before_backup_row");
    ZMIG_TRY(row.id, context_.ledger.add_backup(row));
    report_.backup = row;
    context_.emit(event::BackupVerified{row});
    CopiesMade copies = make_copies(context_, row, context_.options.backup_modes, sheets_to_change());
    report_.copies = std::move(copies.rows);
    report_.diagnostics.append(copies.faults);
    return ok();
  }

  /// Those that are there now and that the plan writes.
  [[nodiscard]] std::vector<std::string> sheets_to_change() const {
    std::set<std::string> written;
    for (const PlannedMigration& migration : planned_.plan.migrations) {
      for (const Step& step : migration.steps) {
        for (const Scope& scope : footprint(step.change).writes) written.insert(scope.sheet);
      }
    }
    const Schema& live = context_.target.schema();
    std::erase_if(written, [&](const std::string& id) { return live.sheet(id) == nullptr; });
    return {written.begin(), written.end()};
  }

  /// Backups of runs that were killed before their row.
  Status record_left() {
    ZMIG_TRY(const RecordedBackups left, record_left_backups(context_, planned_.target_id));
    for (const BackupRow& row : left.rows)
      report_.resumed +=
          fmt::format("{}backup b{} of a stopped run recorded", report_.resumed.empty() ? "" : "; ", row.id);
    return ok();
  }

  Status know_target() {
    if (planned_.target_id.empty()) planned_.target_id = "t-" + context_.ports.random.hex(16);
    const std::string lineage = planned_.look.stamp ? planned_.look.stamp->lineage : "original";
    return context_.ledger.know_target(planned_.target_id, context_.target.url(), lineage);
  }

  Status mark_backed_up() {
    ZMIG_FAILPOINT_STATUS("run.before_backed_up");
    for (Run& run : runs_) {
      run.state = RunState::backed_up;
      if (report_.backup) run.backup = fmt::format("b{}", report_.backup->id);
    }
    ZMIG_CHECK_OK(update_all("run.backed_up", [](const Run& run, std::size_t) {
      return event_json({{"backup", run.backup}});
    }));
    ZMIG_FAILPOINT_STATUS("run.after_backed_up");
    return ok();
  }

  /// The rows of all runs of the group and one event for each, in one ledger transaction.
  template <class Json>
  Status update_all(std::string_view event, const Json& json_of) {
    return context_.ledger.together([&]() -> Status {
      // Whoever takes a commit over closes all of its runs in one transaction.
      ZMIG_CHECK_OK(still_open(context_, runs_.back()));
      for (std::size_t i = 0; i < runs_.size(); ++i)
        ZMIG_CHECK_OK(context_.ledger.update(runs_[i], event, json_of(runs_[i], i)));
      return ok();
    });
  }

  // --- apply ---------------------------------------------------------------------------------------------------------

  /// The rows of the group's runs with their down texts, in one ledger transaction. `state`: planned, or backed_up when
  /// the backup is there.
  Status begin_runs(RunState state) {
    ZMIG_CHECK_OK(know_target());
    ZMIG_FAILPOINT_STATUS("run.before_planned");
    for (const PlannedMigration& migration : group_) runs_.push_back(run_of(migration, state));
    Status begun = context_.ledger.together([&]() -> Status {
      for (Run& run : runs_) { ZMIG_TRY(run.id, context_.ledger.begin(run)); }
      return ok();
    });
    for (Run& run : runs_) run.plan_json.clear();  // it is stored; the report has the plan itself
    if (!begun.has_value()) {
      for (Run& run : runs_) run.id = 0;  // an unknown outcome is for the next command to find
      return begun;
    }
    ZMIG_FAILPOINT_STATUS("run.after_planned");
    return ok();
  }

  Run run_of(const PlannedMigration& migration, RunState state) {
    Run run;
    run.state = state;
    if (state != RunState::planned && report_.backup) run.backup = fmt::format("b{}", report_.backup->id);
    run.uid = context_.ports.random.hex(16);
    run.deployment = report_.deployment;
    run.target_id = planned_.target_id;
    run.target_url = context_.target.url();
    run.verb = verb_of(goal_.direction);
    run.mode = context_.options.mode;
    run.migration = migration.number;
    run.slug = migration.slug;
    run.checksum = migration.checksum;
    run.actor = context_.options.actor;
    run.host = context_.options.host;
    run.reason = context_.options.reason;
    run.tool_version = context_.options.tool_version;
    run.started = context_.now();
    run.guarantee = planned_.plan.guarantee;
    run.plan_hash = planned_.plan.fingerprint;
    run.plan_json = plan_to_json(planned_.plan, {&migration, 1}, migration.cost);
    run.adopted_json = adopted_json(migration.adopted);
    run.steps_total = migration.steps.size();
    run.stamp_number = planned_.look.stamp->number + 1 + runs_.size();
    run.fidelity = to_string(migration.fidelity);
    const bool up = goal_.direction == Direction::up;
    run.down_text = up ? migration.down_text : "";
    run.source_text = up ? source_of(migration.number) : migration.down_text;
    return run;
  }

  [[nodiscard]] std::string source_of(std::uint32_t number) const {
    const std::vector<MigrationFile>& files = context_.history.files;
    const auto file =
        std::find_if(files.begin(), files.end(), [&](const MigrationFile& one) { return one.number == number; });
    ZMIG_ASSERT(file != files.end(), "what is planned is one of the files");
    return file->source.text;
  }

  Status apply_and_verify() {
    if (group_.empty()) take_group();
    stages_.begin("apply", four(group_.front().number));
    if (runs_.empty()) ZMIG_CHECK_OK(begin_runs(RunState::backed_up));
    const std::size_t reported = report_.runs.size();
    Status done = write_and_verify(reported);
    // Nobody plans with them any more.
    for (std::size_t i = 0; reported + i < report_.runs.size(); ++i)
      report_.runs[reported + i].migration = std::move(group_[i]);
    return done;
  }

  Status write_and_verify(std::size_t reported) {
    std::vector<Proof> proofs;
    std::uint64_t cells = 0;
    const Status written = write(proofs, cells);
    report_.runs.reserve(reported + group_.size());
    for (std::size_t i = 0; i < group_.size(); ++i) {
      RunReport result;
      result.outcome = "aborted";
      if (!written.has_value() && wrote_ && runs_[i].state != RunState::aborted) result.outcome = "interrupted";
      result.run = runs_[i];
      result.cost.cells = group_.size() == 1 ? cells : group_[i].cost.cells;
      result.cost.writes = i + 1 == group_.size() ? 1 : 0;
      report_.runs.push_back(std::move(result));
    }
    ZMIG_CHECK_OK(written);
    for (std::size_t i = 0; i < group_.size(); ++i) {
      if (i > 0) stages_.begin("apply", four(group_[i].number));
      stages_.end("ok", fmt::format("{} cells", report_.runs[reported + i].cost.cells));
    }
    return verify(reported, proofs);
  }

  /// Captures, stage, in_flight, commit, confirmed.
  Status write(std::vector<Proof>& proofs, std::uint64_t& cells) {
    std::vector<Part> batch;
    Staged staged;
    const auto prepared = [&]() -> Status {
      // The last place where stopping leaves nothing to settle.
      ZMIG_CHECK_OK(check_stop(context_, fmt::format("before {} was sent", group_.front().name)));
      ZMIG_TRY(proofs, predict(context_.target, group_, &stored_));
      ZMIG_FAILPOINT_STATUS("run.before_captures");
      ZMIG_CHECK_OK(save_captures());
      ZMIG_FAILPOINT_STATUS("run.after_captures");
      ZMIG_TRY(batch, parts());
      ZMIG_TRY(staged, writer_->stage(batch));
      ZMIG_FAILPOINT_STATUS("run.after_stage");
      std::vector<std::string> names;
      for (const PlannedMigration& one : group_) names.push_back(one.name);
      ZMIG_TRY(proofs.back().files, parts_before(context_.target, staged, names));
      return mark_in_flight(staged, proofs);
    };
    ZMIG_CHECK_OK(aborting_on_failure(prepared()));
    for (std::size_t i = 0; i < group_.size(); ++i)
      context_.emit(event::BatchSent{runs_[i].id, 1, 1, group_[i].steps.size(), group_[i].cost.cells});
    auto committed = writer_->commit(batch, staged);
    writer_.reset();
    stored_.clear();
    if (committed.has_value()) {
      cells = committed.value().cells_written;
    } else {
      ZMIG_CHECK_OK(settle(committed.error()));
    }
    wrote_ = true;
    ZMIG_FAILPOINT_STATUS("run.after_commit");
    return mark_confirmed();
  }

  /// Of all members before the one commit.
  Status save_captures() {
    return context_.ledger.together([&]() -> Status {
      for (std::size_t i = 0; i < group_.size(); ++i) {
        ZMIG_CHECK_OK(context_.ledger.save_captures(runs_[i].id, group_[i].captures,
                                                    window_end(context_, context_.now(), group_[i].keep_undo)));
      }
      return ok();
    });
  }

  Result<std::vector<Part>> parts() {
    ZMIG_TRY(const std::string head, context_.ledger.head());
    ZMIG_TRY(const std::string ledger_id, context_.ledger.id());
    StampChain chain(planned_.look.stamp);
    std::vector<Part> batch;
    for (std::size_t i = 0; i < group_.size(); ++i) {
      const PlannedMigration& migration = group_[i];
      Part part;
      for (const Step& step : migration.steps) part.changes.push_back(step.change);
      StampEntry entry = chain.next(
          runs_[i], goal_.direction,
          {migration.number, migration.slug, migration.checksum, migration.adopted, runs_[i].uid, context_.now()},
          migration.after, i + 1 == group_.size());
      entry.ledger = ledger_id;
      entry.ledger_head = head;
      entry.at = context_.now();
      part.after = Stamp{entry.number, stamp_to_json(entry)};
      batch.push_back(std::move(part));
    }
    return batch;
  }

  Status mark_in_flight(const Staged& staged, const std::vector<Proof>& proofs) {
    for (Run& run : runs_) {
      run.state = RunState::in_flight;
      run.stamp_before = staged.before;
      run.stamp_after = staged.after;
    }
    ZMIG_FAILPOINT_STATUS("run.before_in_flight");
    ZMIG_CHECK_OK(update_all("batch.sent", [&](const Run&, std::size_t i) {
      return proof_json(proofs[i], !group_[i].ensure_lines.empty());
    }));
    ZMIG_FAILPOINT_STATUS("run.after_in_flight");
    return ok();
  }

  Status mark_confirmed() {
    for (Run& run : runs_) {
      run.state = RunState::confirmed;
      run.steps_confirmed = run.steps_total;
    }
    ZMIG_FAILPOINT_STATUS("run.before_confirmed");
    ZMIG_CHECK_OK(update_all("batch.confirmed", [](const Run&, std::size_t) {
      return event_json({{"by", "commit"}});
    }));
    ZMIG_FAILPOINT_STATUS("run.after_confirmed");
    for (const Run& run : runs_) context_.emit(event::BatchConfirmed{run.id, 1});
    return ok();
  }

  /// Success: the batch is in the workbook after all. An error of COMMIT is not a rollback, so the stamp decides.
  Status settle(Error error) {
    if (error.effect == Effect::unknown) {
      for (const Run& run : runs_) context_.emit(event::BatchUnknown{run.id, 1, error.message});
      auto look = look_at(context_);
      if (!look.has_value()) {
        wrote_ = true;  // perhaps: the row stays in_flight, the next command looks
        outcome_unknown_ = true;
        return make_error(Errc::transient, "ZM0403",
                          "nobody can say whether the batch reached the workbook: " + look.error().message,
                          "run the command again: it looks first");
      }
      if (look.value().stamp && look.value().stamp->run == runs_.back().uid) return ok();
      error.effect = Effect::none;
    }
    return aborting_on_failure(Status(std::move(error)));
  }

  /// A failure before the commit closes the runs as aborted: nothing happened to the workbook.
  Status aborting_on_failure(Status status) {
    if (status.has_value()) return status;
    for (Run& run : runs_) {
      run.state = RunState::aborted;
      run.finished = context_.now();
      run.error = status.error().message;
    }
    // If this fails as well, the open rows are closed by the next command's recovery.
    static_cast<void>(update_all("run.aborted", [](const Run& run, std::size_t) {
      return event_json({{"because", run.error}});
    }));
    return status;
  }

  // --- verify, finish ------------------------------------------------------------------------------------------------

  /// Each member on its own record. `reported`: where the group begins in the report.
  Status verify(std::size_t reported, const std::vector<Proof>& proofs) {
    stages_.begin("verify", four(group_.front().number));
    std::vector<Closing> closings;
    for (std::size_t i = 0; i < group_.size(); ++i)
      closings.push_back({&runs_[i], &proofs[i], &group_[i].steps, &group_[i].ensure_lines});
    ZMIG_TRY(std::vector<Finished> finished, finish_runs(context_, closings));
    for (std::size_t i = 0; i < group_.size(); ++i) {
      RunReport& result = report_.runs[reported + i];
      result.run = runs_[i];
      result.checks = std::move(finished[i].checks);
      result.outcome = goal_.direction == Direction::up ? "applied" : "undone";
    }
    for (std::size_t i = 0; i < group_.size(); ++i) {
      const RunReport& result = report_.runs[reported + i];
      if (i > 0) stages_.begin("verify", four(group_[i].number));
      if (!finished[i].passed)
        return checks_failed(result.run, fmt::format("{} was written, but {}", group_[i].name, result.run.error));
      stages_.end("ok", fmt::format("{} checks", result.checks.size()));
    }
    runs_.clear();
    return ok();
  }

  Status checks_failed(const std::string& message) {
    verification_failed_ = true;
    return make_error(Errc::conflict, "ZM0901", message, "look at the cells; `zmig down` takes it back");
  }
  /// The runs after it in its commit stand in the way of undoing it alone.
  Status checks_failed(const Run& run, const std::string& message) {
    verification_failed_ = true;
    const bool newest = report_.runs.back().run.id == run.id;
    const std::string undo =
        newest ? fmt::format("zmig down --run {}", run_name(run.id)) : fmt::format("zmig down --to {}", before(run));
    return make_error(Errc::conflict, "ZM0901", message, "look at the cells; `" + undo + "` takes it back");
  }

  /// The position from which the run started.
  [[nodiscard]] std::string before(const Run& run) const {
    std::uint32_t number = 0;
    for (const Replayed& one : context_.replayed) {
      if (one.migration.number < run.migration) number = std::max(number, one.migration.number);
    }
    return std::to_string(number);
  }

  Status records_agree() {
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const LedgerView view, view_ledger(context_, planned_.target_id));
    const bool agree = look.stamp && look.stamp->number == view.last_number && look.stamp->run == view.last_uid;
    if (agree || context_.options.mode == RunMode::rehearsal) return ok();
    return make_error(Errc::conflict, "ZM0603", "stamp and ledger disagree after the run", "run `zmig status`");
  }

  // --- the end of a run that did not make it
  // -----------------------------------------------------------------------------

  /// Where it stopped, and what was through before.
  [[nodiscard]] Error partly_applied() const {
    std::vector<std::string> done;
    for (const RunReport& run : report_.runs)
      if (run.outcome == "applied" || run.outcome == "undone") done.push_back(four(run.run.migration));
    const Run* at = runs_.empty() ? nullptr : &runs_.front();
    std::string message = at == nullptr ? "stopped" : fmt::format("stopped in {} {}", four(at->migration), at->slug);
    if (done.empty())
      message += " after it had written to the workbook";
    else
      message += fmt::format("; {} {} through", join(done, ", "), done.size() == 1 ? "is" : "are");
    return make_error(Errc::io, "ZM0402", std::move(message), "the same command goes on where it stopped");
  }

  Report failed(const Error& error) {
    writer_.reset();
    report_.error = error;
    const bool stopped = is_stop(context_, error);
    report_.exit_code = exit_of(error);
    report_.outcome = "failed";
    if (verification_failed_) {
      report_.exit_code = 5;
    } else if (stopped) {
      report_.outcome = "interrupted";
      report_.exit_code = 130;
    } else if (wrote_) {
      report_.outcome = "partial";
      report_.exit_code = outcome_unknown_ ? 75 : 6;
      if (!outcome_unknown_) report_.diagnostics.add(diagnostic_of(error));
      if (!outcome_unknown_) report_.diagnostics.add(diagnostic_of(partly_applied()));
    }
    if (report_.diagnostics.empty() || !report_.diagnostics.has_errors()) report_.diagnostics.add(diagnostic_of(error));
    stages_.end("failed", error.message);
    if (deployment_started_) context_.emit(event::RunFinished{runs_.empty() ? 0 : runs_.front().id, report_.outcome});
    return std::move(report_);
  }

  Context& context_;
  Goal goal_;
  Stages stages_;
  Report report_;
  Planned planned_;
  std::unique_ptr<Writer> writer_;
  StoredHashes stored_;                 // of the workbook under this writer, where it is steady; else empty
  std::span<PlannedMigration> group_;   // of planned_.plan: those that share the commit at work
  std::vector<Run> runs_;               // theirs
  std::string revision_, ledger_head_;  // before the first plan
  std::size_t done_ = 0;
  bool asked_ = false, wrote_ = false, verification_failed_ = false, resumed_failed_ = false,
       deployment_started_ = false, outcome_unknown_ = false;
};

// --- Goals
// -------------------------------------------------------------------------------------------------------------

std::uint32_t up_goal(const Context& context, const Look& look, std::uint32_t count) {
  std::vector<std::uint32_t> pending;
  for (const Replayed& replayed : context.replayed) {
    const std::uint32_t number = replayed.migration.number;
    const bool applied = look.stamp && std::any_of(look.stamp->applied.begin(), look.stamp->applied.end(),
                                                   [&](const AppliedMigration& one) { return one.number == number; });
    if (!applied) pending.push_back(number);
  }
  if (pending.empty()) return look.stamp ? look.stamp->position : 0;
  return pending[std::min<std::size_t>(std::max<std::size_t>(count, 1), pending.size()) - 1];
}

Result<std::uint32_t> down_goal(Context& context, const Look& look, const std::string& target_id, const Goal& goal) {
  if (goal.to) return *goal.to;
  std::optional<Run> run;
  if (goal.run) {
    ZMIG_TRY(run, context.ledger.run(*goal.run));
    if (!run || run->target_id != target_id) {
      return make_error(Errc::not_found, "ZM0713",
                        fmt::format("the ledger has no run {} of this workbook", run_name(*goal.run)),
                        "`zmig history` lists the runs");
    }
  }
  if (!look.stamp || look.stamp->applied.empty()) return std::uint32_t{0};
  const auto& applied = look.stamp->applied;
  std::size_t count = std::min<std::size_t>(goal.count.value_or(1), applied.size());
  if (run) {
    if (run->state == RunState::undone) {
      return make_error(Errc::conflict, "ZM0703", fmt::format("{} is undone already", run_name(run->id)));
    }
    if (applied.back().run != run->uid) {
      return make_error(Errc::conflict, "ZM0703",
                        fmt::format("{} is not the newest run here; {} was applied last", run_name(run->id),
                                    four(applied.back().number) + "_" + applied.back().slug),
                        "undo the newer ones first, with `zmig down --to`");
    }
    count = 1;
  }
  return count == applied.size() ? std::uint32_t{0} : applied[applied.size() - count - 1].number;
}

}  // namespace

Result<Planned> plan_goal(Context& context, const Goal& goal) {
  Planned planned;
  ZMIG_TRY(planned.look, look_at(context));
  ZMIG_TRY(const auto target_id, known_target(context, planned.look.stamp));
  planned.target_id = target_id.value_or("");
  LedgerCaptures captures(context.ledger, planned.target_id, context.options.mode);
  ZMIG_TRY(const PlanInput input, plan_input(context, planned.look, captures, planned.target_id, goal.direction));
  if (goal.direction == Direction::down) {
    ZMIG_TRY(const std::uint32_t to, down_goal(context, planned.look, planned.target_id, goal));
    ZMIG_TRY(planned.plan, plan_down(input, to));
    ZMIG_CHECK_OK(add_window_findings(context, planned.target_id, planned.plan));
    hide_sensitive(context, planned.plan);
    return planned;
  }
  std::optional<std::uint32_t> to = goal.to;
  if (!to && goal.count) to = up_goal(context, planned.look, *goal.count);
  ZMIG_TRY(planned.plan, plan_up(input, to));
  return planned;
}

namespace {

/// What the target foresees, to the migrations whose changes are meant. `ends`: of the changes of each.
void add_foreseen(Foreseen foreseen, const std::vector<std::size_t>& ends, Plan& plan) {
  const auto of = [&](std::size_t change) {
    return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), change) - ends.begin());
  };
  const auto first = [&](std::size_t migration) { return migration == 0 ? 0 : ends[migration - 1]; };
  for (FollowedPart& one : foreseen.follows) {
    const std::size_t m = of(one.change);
    if (m == ends.size()) continue;
    one.change -= first(m);
    plan.migrations[m].follows.push_back(std::move(one));
  }
  for (UnfollowedPlace& one : foreseen.unfollowed) {
    const std::size_t m = of(one.change);
    if (m == ends.size()) continue;
    one.change -= first(m);
    Diagnostic finding;
    finding.code = "ZM0439";
    finding.severity = foreseen.accepted ? Severity::warning : Severity::error;
    finding.message = fmt::format("{} names cells in a way that cannot follow when they go elsewhere: {}",
                                  quoted(one.place), one.because);
    if (!one.text.empty()) finding.notes.push_back(fmt::format("there stands {}", quoted(one.text)));
    finding.notes.push_back(fmt::format("in {}", plan.migrations[m].name));
    if (!foreseen.accepted)
      finding.help = "change it first, put the column at the right end, or go on with --accept-unfollowed";
    finding.primary.cell = one.place;
    plan.diagnostics.add(std::move(finding));
    plan.migrations[m].unfollowed.push_back(std::move(one));
  }
}

}  // namespace

void add_refusal_of_target(Target& target, Plan& plan) {
  if (plan.diagnostics.has_errors()) return;
  std::vector<Change> changes;
  std::vector<std::size_t> ends;  // of each migration's changes
  for (const PlannedMigration& migration : plan.migrations) {
    for (const Step& step : migration.steps) changes.push_back(step.change);
    ends.push_back(changes.size());
  }
  if (changes.empty()) return;
  if (auto foreseen = target.foresee(changes); foreseen.has_value()) {
    add_foreseen(std::move(foreseen).value(), ends, plan);
    return;
  }
  // Which migration it is: the first whose changes, behind those before it, are refused.
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto possible = target.foresee(std::span(changes).first(ends[i]));
    if (possible.has_value()) continue;
    Diagnostic refused = diagnostic_of(possible.error());
    refused.notes.push_back(fmt::format("the target would refuse {}; nothing was written", plan.migrations[i].name));
    plan.diagnostics.add(std::move(refused));
    return;
  }
}

namespace {

/// Another runner's batch came between the last look and this one's: nothing of it was applied, and a new plan sees
/// what that one did.
bool was_overtaken(const Report& report) {
  return report.outcome == "failed" && report.error && report.error->code == Errc::transient &&
         report.error->zm == "ZM0603";
}

}  // namespace

Result<Report> execute(Context& context, const Goal& goal) {
  constexpr int kPlans = 3;
  const LocksGuard locks(context);
  for (int attempt = 1;; ++attempt) {
    Report report = Execution(context, goal).run();
    // A plan that was looked at is done as it is, or not at all.
    if (attempt == kPlans || !was_overtaken(report) || !context.options.expected_plan.empty()) return report;
    context.emit(event::Paused{"somebody else migrated meanwhile; it is planned again", std::chrono::seconds(0)});
  }
}

}  // namespace zmig::run
