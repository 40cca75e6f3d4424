#include "run/repair.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "plan/position.h"
#include "run/baseline.h"
#include "run/checks.h"
#include "run/executor.h"
#include "run/locks.h"
#include "run/rebuild.h"
#include "run/recover.h"
#include "run/run_json.h"

namespace zmig::run {
namespace {

constexpr std::string_view kAccept = "repair --accept --reason \"why\"";

Error usage(std::string message, std::string help) {
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

std::string in_words(const Difference& difference) {
  return fmt::format("{}: expected {}, found {}", difference.where,
                     difference.expected.empty() ? "none" : difference.expected,
                     difference.observed.empty() ? "none" : difference.observed);
}

/// Ids of "Sheet" or "Sheet.Header"; empty: the schema does not have it.
struct Ids {
  std::string sheet, column;
};
Ids ids_of(const Schema& schema, const std::string& subject) {
  for (const Sheet& sheet : schema.sheets) {
    if (sheet.title == subject) return {sheet.id, {}};
    for (const Column& column : sheet.columns) {
      if (sheet.title + "." + column.header == subject) return {sheet.id, column.id};
    }
  }
  return {};
}

/// What is applied according to the ledger alone, in order of application: for a stamp that was lost.
Result<CowList<AppliedMigration>> applied_by_ledger(Context& context, const std::string& target_id) {
  ZMIG_TRY(auto runs, context.ledger.runs({target_id, RunMode::real, std::nullopt, 0}));
  std::stable_sort(runs.begin(), runs.end(),
                   [](const Run& a, const Run& b) { return a.stamp_number < b.stamp_number; });
  CowList<AppliedMigration> applied;
  for (const Run& run : runs) {
    const bool counts = run.state == RunState::applied || run.state == RunState::confirmed;
    if (!counts) continue;
    if (run.verb == "baseline") {
      // `baseline --at N` took everything up to N as applied.
      applied.clear();
      for (const Replayed& one : context.replayed) {
        const Migration& migration = one.migration;
        if (migration.number > run.migration) continue;
        applied.push_back(
            {migration.number, migration.slug, migration.checksum, {}, run.uid, run.finished.value_or(run.started)});
      }
    }
    if (run.verb != "up") continue;
    erase_if(applied, [&](const AppliedMigration& one) { return one.number == run.migration; });
    ZMIG_TRY(auto adopted, adopted_from_json(run.adopted_json));
    applied.push_back(
        {run.migration, run.slug, run.checksum, std::move(adopted), run.uid, run.finished.value_or(run.started)});
  }
  // A `down` took back what stood before it under the same number; its up run is `undone`, or aborted with it.
  for (const Run& run : runs) {
    if (run.verb != "down" || run.state != RunState::applied) continue;
    erase_if(applied, [&](const AppliedMigration& one) {
      const auto up = std::find_if(runs.begin(), runs.end(), [&](const Run& other) { return other.uid == one.run; });
      return one.number == run.migration && up != runs.end() && up->stamp_number < run.stamp_number;
    });
  }
  return applied;
}

class Repair {
 public:
  Repair(Context& context, const RepairOptions& options) : context_(context), options_(options) {}

  Result<RepairReport> run() {
    ZMIG_TRY(const ChainCheck chain, context_.ledger.check_chain());
    if (!chain.ok) return damaged(chain);
    if (options_.settle) ZMIG_CHECK_OK(settle());
    ZMIG_TRY(Assessment seen, assess(context_));
    explain(seen);
    ZMIG_CHECK_OK(history_findings(seen));
    if (!options_.dry_run) {
      ZMIG_CHECK_OK(complete_records());
      ZMIG_TRY(seen, assess(context_));
      if (options_.rebuild) ZMIG_CHECK_OK(take_over_backups(seen));
      if (options_.other != nullptr) ZMIG_CHECK_OK(take_over_runs(seen));
      ZMIG_CHECK_OK(do_what_was_asked(seen));
      ZMIG_TRY(seen, assess(context_));
    }
    report_.position = position_in_words(seen);
    report_.differences = seen.differences;
    choose(seen);
    conclude();
    return std::move(report_);
  }

 private:
  Result<RepairReport> damaged(const ChainCheck& chain) {
    report_.situation = "damaged";
    report_.decision_row = 1;
    report_.position = fmt::format("the ledger was changed by somebody: event {} does not follow from the one before",
                                   chain.first_bad.value_or(0));
    report_.choices.emplace_back("repair --rebuild-ledger");
    conclude();
    return std::move(report_);
  }

  /// A target that gets a writer first finishes what a set of files waits for; the choice was told to it.
  Status settle() {
    if (options_.dry_run) {
      return usage("what --keep decides cannot be tried out",
                   "leave --dry-run out: the version that does not stay is kept beside");
    }
    ZMIG_TRY(auto writer, take_lease(context_, "repair"));
    writer.reset();
    ZMIG_CHECK_OK(context_.target.inspect());
    report_.did.emplace_back("the version that was chosen stands; the other one is kept beside");
    return ok();
  }

  // --- Explain

  void explain(const Assessment& seen) {
    report_.decision_row = seen.decision.row;
    report_.situation = situation_of(seen);
    report_.position = position_in_words(seen);
    report_.differences = seen.differences;
    if (!seen.view.open) return;
    report_.run = seen.view.open;
    list_operations(seen, *seen.view.open);
  }

  static std::string situation_of(const Assessment& seen) {
    switch (seen.decision.action) {
      case Action::refuse_ledger: return "damaged";
      case Action::refuse_foreign: return seen.foreign ? "copy" : "diverged";
      case Action::refuse_behind: return "reverted";
      case Action::refuse_stampless: return "stampless";
      case Action::import_history: return "ledger_behind";
      case Action::go_on: return "nothing_open";
      case Action::impossible: return "damaged";
      case Action::clear_in_flight:
      case Action::take_over:
      case Action::refuse_partial:
      case Action::abort_unsent:
      case Action::confirm:
      case Action::probe:
      case Action::abort_not_landed:
      case Action::finish:
      case Action::refuse_edited: return "open_run";
    }
    return "open_run";
  }

  static std::string position_in_words(const Assessment& seen) {
    if (seen.foreign) return seen.foreign->message;
    const std::string schema =
        seen.differences.empty()
            ? "live schema agrees"
            : fmt::format("live schema differs in {}", counted(seen.differences.size(), "place", "places"));
    if (seen.look.stamp) {
      return fmt::format("{}, by stamp entry {}; {}", four(seen.look.stamp->position), seen.look.stamp->number, schema);
    }
    if (seen.view.last_number == 0) return "no stamp, and nothing was ever applied here";
    return fmt::format("{}, by ledger alone (the stamp is gone); {}", four(seen.ledger_at), schema);
  }

  void list_operations(const Assessment& seen, const Run& run) {
    const Replayed* replayed = replayed_number(context_.replayed, run.migration);
    if (replayed == nullptr || (run.verb != "up" && run.verb != "down")) return;
    const bool landed = seen.look.stamp && seen.look.stamp->run == run.uid;
    const auto adopted = adopted_from_json(run.adopted_json);
    const auto& operations = replayed->migration.script.operations;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      RepairOperation row{i, std::string(name_of(operations[i])), subject_of(operations[i]), "not_done", {}};
      Ids ids = ids_of(replayed->after, row.subject);
      if (ids.sheet.empty()) ids = ids_of(replayed->before, row.subject);
      const bool altered =
          std::any_of(seen.differences.begin(), seen.differences.end(), [&](const Difference& difference) {
            return difference.sheet == ids.sheet && (ids.column.empty() || difference.column == ids.column);
          });
      const bool was_adopted = adopted && std::any_of(adopted->begin(), adopted->end(),
                                                      [&](const Adopted& one) { return one.operation == i; });
      if (landed) row.state = altered ? "altered" : was_adopted && run.verb == "up" ? "adopted" : "done";
      if (const Sheet* sheet = seen.look.live.sheet(ids.sheet); sheet != nullptr && !ids.column.empty()) {
        if (column_by_id(*sheet, ids.column) != nullptr) row.where = header_cell(*sheet, ids.column);
      }
      report_.operations.push_back(std::move(row));
    }
  }

  /// What files and stamp say of each other: an applied migration that was edited, a missing file.
  Status history_findings(const Assessment& seen) {
    LedgerCaptures captures(context_.ledger, seen.target_id.value_or(""), RunMode::real);
    ZMIG_TRY(const PlanInput input,
             plan_input(context_, seen.look, captures, seen.target_id.value_or(""), Direction::up));
    Diagnostics found;
    ZMIG_TRY(const Position position, find_position(input, found));
    static_cast<void>(position);
    for (Diagnostic& finding : found.all()) {
      if (finding.code == "ZM0602" || finding.code == "ZM0301") continue;  // said by the decision
      if (finding.code == "ZM0202" && report_.situation == "nothing_open") report_.situation = "edited";
      finding.severity = Severity::warning;  // explained here; `up` refuses it
      report_.diagnostics.add(finding);
    }
    if (!seen.look.stamp) return ok();
    for (const AppliedMigration& applied : seen.look.stamp->applied) {
      const Replayed* replayed = replayed_number(context_.replayed, applied.number);
      if (replayed != nullptr && replayed->migration.checksum != applied.hash) edited_.push_back(applied.number);
    }
    return ok();
  }

  // --- Do

  /// The harmless part: recovery as every writing command begins with it. A refusal is a choice for later.
  Status complete_records() {
    const auto recovered = recover_first(context_);
    if (!recovered) {
      static constexpr std::string_view kChoices[] = {"ZM0207", "ZM0301", "ZM0407", "ZM0601",
                                                      "ZM0602", "ZM0603", "ZM0605", "ZM9901"};
      if (std::find(std::begin(kChoices), std::end(kChoices), recovered.error().zm) == std::end(kChoices))
        return recovered.error();
      Diagnostic finding = diagnostic_of(recovered.error());
      finding.severity = Severity::warning;
      finding.help.reset();  // the choices below say it
      report_.diagnostics.add(std::move(finding));
      return ok();
    }
    if (!recovered->did.empty()) report_.did.push_back(recovered->did);
    if (recovered->checks_failed) unverified_ = true;
    return ok();
  }

  /// After --rebuild-ledger: the stamp's history is in already, now the backups.
  Status take_over_backups(const Assessment& seen) {
    if (!seen.target_id) return ok();
    ZMIG_TRY(const ImportedBackups imported, import_backups(context_, *seen.target_id));
    if (imported.taken > 0)
      report_.did.push_back(counted(imported.taken, "backup", "backups") + " taken over from the backup folder");
    for (const std::string& name : imported.damaged) {
      Diagnostic finding;
      finding.severity = Severity::warning;
      finding.code = "ZM0503";
      finding.message = fmt::format("{} is no whole backup; it was left where it is", quoted(name));
      report_.diagnostics.add(std::move(finding));
    }
    return ok();
  }

  Status take_over_runs(const Assessment& seen) {
    ZMIG_CHECK_OK(hold_locks(context_));
    ZMIG_TRY(const std::size_t gained, import_runs(context_, *options_.other, seen.target_id.value_or("")));
    report_.did.push_back(gained == 0 ? std::string("the other ledger holds nothing that this one lacks")
                                      : fmt::format("captures and texts of {} taken over from the other ledger",
                                                    counted(gained, "run", "runs")));
    return ok();
  }

  Status do_what_was_asked(Assessment& seen) {
    if (!options_.accept && !options_.restore_stamp && !options_.accept_edit) return ok();
    ZMIG_CHECK_OK(hold_locks(context_));
    ZMIG_TRY(seen, assess(context_));
    if (options_.accept && context_.options.reason.empty())
      return make_error(Errc::denied, "ZM0705", "accepting what is there needs a reason", "add --reason \"why\"");
    if (options_.accept_edit) return accept_edit(seen, *options_.accept_edit);
    if (options_.restore_stamp) return restore_stamp(seen);
    return accept(seen);
  }

  Status accept(Assessment& seen) {
    switch (seen.decision.action) {
      case Action::refuse_edited:
        if (seen.view.open->verb == "baseline")
          return usage("a baseline that was interrupted is not accepted but finished", "run `zmig baseline` again");
        return accept_edited(seen);
      case Action::refuse_behind:
      case Action::refuse_foreign: {
        if (seen.foreign)
          return make_error(Errc::conflict, "ZM0407", seen.foreign->message,
                            "`zmig baseline --copy` gives this workbook an id and a history of its own");
        const std::string why =
            fmt::format("{} accepted the workbook as it is: {}", context_.options.actor, context_.options.reason);
        ZMIG_CHECK_OK(follow_stamp(context_, seen, why));
        report_.did.push_back(fmt::format(
            "the ledger follows stamp entry {}; what the workbook does not hold is closed", seen.look.stamp->number));
        return complete_records();
      }
      case Action::refuse_stampless: return write_stamp(seen, true);
      case Action::refuse_ledger:
      case Action::clear_in_flight:
      case Action::import_history:
      case Action::take_over:
      case Action::refuse_partial:
      case Action::go_on:
      case Action::abort_unsent:
      case Action::confirm:
      case Action::probe:
      case Action::abort_not_landed:
      case Action::finish:
      case Action::impossible: break;
    }
    return usage("there is nothing to accept here", "`zmig repair` without --accept says what is open");
  }

  /// Row 16: the run is closed with the workbook as people left it: applied, never verified. The differences are drift
  /// from now on, with every way out that drift has.
  Status accept_edited(const Assessment& seen) {
    for (const Run& run : seen.view.members) ZMIG_CHECK_OK(accept_edited(seen, run));
    return ok();
  }

  Status accept_edited(const Assessment& seen, Run run) {
    std::vector<std::pair<std::string, std::string>> members{{"actor", context_.options.actor},
                                                             {"reason", context_.options.reason}};
    for (std::size_t i = 0; i < seen.differences.size(); ++i)
      members.emplace_back(fmt::format("difference {}", i + 1), in_words(seen.differences[i]));
    ZMIG_FAILPOINT_STATUS("run.repair_before_accept");
    ZMIG_CHECK_OK(context_.ledger.append_event(run.id, "repair.accepted", event_json(members)));
    Finished finished;
    CheckResult schema;
    schema.id = "headers";
    schema.subject = "accepted as people left it";
    schema.outcome = Outcome::failed;
    schema.expected = "the schema that the migration ends in";
    schema.observed = fmt::format("accepted with {}", counted(seen.differences.size(), "difference", "differences"));
    finished.checks.push_back(std::move(schema));
    for (const char* id : {"fill", "empty", "untouched", "foreign"})
      finished.checks.push_back(not_run(id, migration_of(run), "the workbook was accepted as people left it"));
    ZMIG_CHECK_OK(record_finished(context_, run, finished));
    report_.did.push_back(fmt::format("{} {} closed as people left it, with {}", run_name(run.id), migration_of(run),
                                      counted(seen.differences.size(), "difference", "differences")));
    return ok();
  }

  Status restore_stamp(const Assessment& seen) {
    if (seen.decision.action != Action::refuse_stampless)
      return usage("the stamp is there: nothing to restore", "`zmig repair` says what is open");
    if (seen.differences.empty()) return write_stamp(seen, false);
    Error error = make_error(Errc::conflict, "ZM0602",
                             fmt::format("the sheet is not as the ledger says it is at {}: {}", four(seen.ledger_at),
                                         in_words(seen.differences.front())),
                             fmt::format("put it back as it was; or take it as it is: `zmig {}`", kAccept));
    return error;
  }

  /// A run that stopped before it sent anything (an earlier repair, say): while the stamp is gone recovery does not
  /// come to it, and behind the new entry it would stay open for ever.
  Status close_unsent(const std::vector<Run>& open) {
    return context_.ledger.together([&]() -> Status {
      for (Run run : open) {
        if (run.state >= RunState::in_flight) continue;
        run.state = RunState::aborted;
        run.finished = context_.now();
        run.error = "it was stopped before anything was sent, and the stamp is written again";
        ZMIG_CHECK_OK(context_.ledger.update(run, "run.aborted", event_json({{"because", run.error}})));
      }
      return ok();
    });
  }

  Status write_stamp(const Assessment& seen, bool as_it_is) {
    const Schema* state = state_at(context_, seen.ledger_at);
    if (state == nullptr) {
      return make_error(Errc::not_found, "ZM0203", "the file of " + four(seen.ledger_at) + " is gone",
                        "bring the file back first");
    }
    BaselineTarget decided;
    decided.target_id = seen.target_id.value_or("");
    decided.event = "repair";
    decided.as_it_is = as_it_is;
    ZMIG_TRY(decided.applied, applied_by_ledger(context_, decided.target_id));
    std::uint32_t reached = 0;
    for (const AppliedMigration& one : *decided.applied) reached = std::max(reached, one.number);
    if (reached != seen.ledger_at) {
      return make_error(
          Errc::corrupt, "ZM0603",
          fmt::format("the ledger alone cannot tell what is applied: its runs end at {}, its newest one at {}",
                      four(reached), four(seen.ledger_at)),
          fmt::format("`zmig baseline --at {}` proves the position and writes the stamp", seen.ledger_at));
    }
    ZMIG_TRY(auto writer, take_lease(context_, "repair"));
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_CHECK_OK(close_unsent(seen.view.members));
    ZMIG_CHECK_OK(record_baseline(context_, look, std::move(writer), *state, seen.ledger_at, false, decided));
    report_.did.push_back(fmt::format(
        "wrote the stamp of {} again{}", four(seen.ledger_at),
        as_it_is && !seen.differences.empty()
            ? fmt::format(", although {}", counted(seen.differences.size(), "place differs", "places differ"))
            : ""));
    return ok();
  }

  /// The new text of an applied migration, when it does to the workbook what the old one did.
  Status accept_edit(const Assessment& seen, std::uint32_t number) {
    const Replayed* replayed = replayed_number(context_.replayed, number);
    if (!seen.look.stamp || replayed == nullptr || seen.decision.action != Action::go_on)
      return usage(fmt::format("the new text of {} cannot be accepted in this state", four(number)),
                   "`zmig repair` says what has to be done first");
    CowList<AppliedMigration> applied = seen.look.stamp->applied;
    const auto found =
        std::find_if(applied.begin(), applied.end(), [&](const AppliedMigration& one) { return one.number == number; });
    if (found == applied.end() || found->hash == replayed->migration.checksum)
      return usage(fmt::format("{} was not edited after it was applied", four(number)), "there is nothing to accept");
    ZMIG_TRY(const auto run, context_.ledger.run_by_uid(found->run));
    if (!run || run->source_text.empty()) {
      return make_error(Errc::not_found, "ZM0713",
                        fmt::format("this ledger does not hold the text of {} that was applied", four(number)),
                        "accept it where it was applied, or bring the old text back");
    }
    ZMIG_CHECK_OK(same_meaning(*replayed, *run));
    found->hash = replayed->migration.checksum;
    BaselineTarget decided;
    decided.target_id = seen.look.stamp->target_id;
    decided.event = "repair";
    decided.applied = std::move(applied);
    const Schema* state = state_at(context_, seen.look.stamp->position);
    ZMIG_ASSERT(state != nullptr, "the position is that of a file that was replayed");
    ZMIG_TRY(auto writer, take_lease(context_, "repair"));
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_CHECK_OK(
        record_baseline(context_, look, std::move(writer), *state, seen.look.stamp->position, false, decided));
    std::erase(edited_, number);
    std::erase_if(report_.diagnostics.all(), [](const Diagnostic& one) { return one.code == "ZM0202"; });
    report_.did.push_back(fmt::format("the new text of {} counts as applied: it does the same", four(number)));
    return ok();
  }

  Status same_meaning(const Replayed& now, const Run& run) {
    BindContext binding;
    binding.name = now.migration.name;
    binding.before = &now.before;
    for (const Replayed& earlier : context_.replayed) {
      if (earlier.migration.number < now.migration.number) binding.earlier.push_back(earlier.migration.name);
    }
    Diagnostics found;
    const Migration old =
        context_.codec.parse(SourceFile{migration_of(run) + ".zmig", run.source_text}, 0, binding, found);
    if (found.has_errors()) return error_of(found);
    ZMIG_TRY(const Chain before, lower_all(old.script.operations, now.before));
    ZMIG_TRY(const Chain after, lower_all(now.migration.script.operations, now.before));
    if (before.steps == after.steps) return ok();
    std::size_t first = 0;
    const auto& a = old.script.operations;
    const auto& b = now.migration.script.operations;
    while (first < std::min(a.size(), b.size()) && describe(a[first]) == describe(b[first])) ++first;
    const auto said = [&](const std::vector<Operation>& list) {
      return first < list.size() ? describe(list[first]) : std::string("nothing");
    };
    return make_error(Errc::conflict, "ZM0202",
                      fmt::format("the new text of {} does something else: {} was applied, {} stands there now",
                                  now.migration.name, quoted(said(a)), quoted(said(b))),
                      fmt::format("bring the old text back (`zmig show {} --source ledger`) and write the change as a "
                                  "new migration",
                                  now.migration.number));
  }

  // --- What is left

  void choose(const Assessment& seen) {
    const auto add = [&](std::string command) { report_.choices.push_back(std::move(command)); };
    for (const std::uint32_t number : edited_) {
      add(fmt::format("repair --accept-edit {}", number));
      add(fmt::format("show {} --source ledger", number));
    }
    switch (seen.decision.action) {
      case Action::go_on: break;
      case Action::refuse_ledger:
      case Action::impossible: add("repair --rebuild-ledger"); break;
      case Action::refuse_foreign: add(seen.foreign ? "baseline --copy" : std::string(kAccept)); break;
      case Action::refuse_behind:
        if (const auto next = next_behind(seen)) add(fmt::format("up --reapply {}", *next));
        add(std::string(kAccept));
        break;
      case Action::refuse_stampless:
        if (seen.differences.empty()) add("repair --restore-stamp");
        if (!seen.differences.empty()) add(std::string(kAccept));
        break;
      case Action::refuse_edited: add(seen.view.open->verb == "baseline" ? "baseline" : std::string(kAccept)); break;
      case Action::import_history:
        // After the harmless part this is only left when the stamp holds nothing that the ledger lacks.
        add(options_.dry_run ? "repair" : "repair --rebuild-ledger");
        break;
      case Action::clear_in_flight:
      case Action::abort_unsent:
      case Action::abort_not_landed:
      case Action::confirm:
      case Action::finish:
        add("repair");
        add(seen.view.open->verb == "down" ? "down" : "up");
        break;
      case Action::take_over:
      case Action::refuse_partial:
      case Action::probe: add("up"); break;
    }
  }

  [[nodiscard]] std::optional<std::uint32_t> next_behind(const Assessment& seen) const {
    if (!seen.look.stamp) return std::nullopt;
    for (const Replayed& replayed : context_.replayed) {
      const bool applied =
          std::any_of(seen.look.stamp->applied.begin(), seen.look.stamp->applied.end(),
                      [&](const AppliedMigration& one) { return one.number == replayed.migration.number; });
      if (!applied) return replayed.migration.number;
    }
    return std::nullopt;
  }

  void conclude() {
    report_.exit_code = report_.choices.empty() ? 0 : 6;
    if (!unverified_) return;
    Diagnostic finding;
    finding.code = "ZM0901";
    finding.message = "the run that was finished did not pass its checks";
    finding.help = "`zmig verify` names the cells, `zmig down` takes it back";
    report_.diagnostics.add(std::move(finding));
    if (report_.exit_code == 0) report_.exit_code = 5;
  }

  Context& context_;
  const RepairOptions& options_;
  RepairReport report_;
  std::vector<std::uint32_t> edited_;
  bool unverified_ = false;
};

}  // namespace

Result<RepairReport> repair_target(Context& context, const RepairOptions& options) {
  const LocksGuard locks(context);
  return Repair(context, options).run();
}

}  // namespace zmig::run
