// Recovery, the acting part: look, ask the table, do one durable thing, look again.

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "plan/differences.h"
#include "run/executor.h"
#include "run/locks.h"
#include "run/recover.h"
#include "run/restore.h"
#include "run/run_json.h"

namespace zmig::run {
namespace {

constexpr int kRounds = 16;

bool had_effect(RunState state) {
  return state == RunState::confirmed || state == RunState::applied || state == RunState::undone;
}

LedgerState state_of(RunState state) {
  switch (state) {
    case RunState::planned: return LedgerState::planned;
    case RunState::backed_up: return LedgerState::backed_up;
    case RunState::in_flight: return LedgerState::in_flight;
    case RunState::confirmed: return LedgerState::confirmed;
    case RunState::applied: return LedgerState::applied;
    case RunState::aborted:
    case RunState::undone: return LedgerState::none;
  }
  ZMIG_ASSERT(false, "a run state outside the enum");
}

/// The workbook part of a URL: "sqlite:a/b.db" -> "a/b.db".
std::string path_of(const std::string& url) { return url.substr(url.find(':') + 1); }

/// The position that the ledger alone would give: of the newest run with effect.
std::uint32_t ledger_position(const Context& context, const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (!had_effect(run.state) || run.state == RunState::undone) continue;
    if (run.verb != "down") return run.migration;
    std::uint32_t before = 0;
    for (const Replayed& replayed : context.replayed) {
      if (replayed.migration.number < run.migration) before = std::max(before, replayed.migration.number);
    }
    return before;
  }
  return 0;
}

/// Live has those differences from the end of its run that were there before the run wrote, and no other ones.
bool as_predicted(Context& context, const Assessment& seen, const Schema& state) {
  const Run& open = *seen.view.open;
  if (open.verb != "up" && open.verb != "down") return false;
  const auto proof = stored_proof(context, open);
  if (!proof.has_value() || !proof.value().last) return false;
  const std::vector<Difference> known = visible_differences(state, proof.value().after);
  const std::vector<Difference> now = visible_differences(state, seen.look.live);
  return std::all_of(now.begin(), now.end(),
                     [&](const Difference& one) { return std::find(known.begin(), known.end(), one) != known.end(); });
}

/// The same without a word of the open run: nothing is in another place than it should be, or is something else.
bool only_looks_other(const Schema& state, const Schema& live) {
  const std::vector<Difference> now = visible_differences(state, live);
  return std::none_of(now.begin(), now.end(),
                      [&](const Difference& one) { return drift_class(one, state) == Drift::Class::breaking; });
}

LivePlace place_of_live(Context& context, const Assessment& seen) {
  const auto matches = [&](const Schema* state) {
    return state != nullptr && visible_differences(*state, seen.look.live).empty();
  };
  const std::optional<Run>& open = seen.view.open;
  bool start = matches(state_at(context, seen.look.stamp ? seen.look.stamp->position : seen.ledger_at));
  if (!start && open && open->state == RunState::confirmed) {
    const Replayed* own = replayed_number(context.replayed, open->migration);
    if (own != nullptr) {
      const Schema reached = reached_state(*open, *own, seen.look.stamps);
      const bool as_told =
          context.options.restart ? only_looks_other(reached, seen.look.live) : as_predicted(context, seen, reached);
      start = (open->verb == "down" && matches(&reached)) || as_told;
    }
  }
  const bool in_flight = open && open->state == RunState::in_flight;
  const bool end = in_flight && matches(end_state(context, *open));
  if (start && end) return LivePlace::equal;
  if (start) return LivePlace::start;
  return end ? LivePlace::end : LivePlace::off;
}

std::string differences_named(const Context& context, const Assessment& seen) {
  const std::uint32_t position = seen.look.stamp ? seen.look.stamp->position : seen.ledger_at;
  if (state_at(context, position) == nullptr) return "the files do not know position " + four(position);
  if (seen.differences.empty()) return "the sheet is as at " + four(position);
  const Difference& first = seen.differences.front();
  return fmt::format("{}: expected {}, found {}", first.where, first.expected, first.observed);
}

/// What changes records, and so wants the locks first.
bool writes_records(Action action) {
  return action == Action::clear_in_flight || action == Action::import_history || action == Action::abort_unsent ||
         action == Action::abort_not_landed || action == Action::confirm || action == Action::finish;
}

/// One writing command's recovery.
class Recovery {
 public:
  explicit Recovery(Context& context) : context_(context) {}

  Result<Recovered> run() {
    ZMIG_TRY(const ChainCheck chain, context_.ledger.check_chain());
    if (!chain.ok) {
      return damaged_ledger(
          fmt::format("the ledger was changed by somebody: event {} does not follow from the one before",
                      chain.first_bad.value_or(0)));
    }
    for (int round = 0; round < kRounds; ++round) {
      ZMIG_TRY(const bool again, look_and_act());
      if (!again) return std::move(recovered_);
    }
    return make_error(Errc::transient, "ZM0410", "recovery did not come to an end after 16 looks",
                      "run the command again");
  }

 private:
  /// True: something durable changed, look again.
  Result<bool> look_and_act() {
    ZMIG_TRY(Assessment seen, assess(context_));
    if (seen.view.open && lease_ == nullptr) {
      // Whoever holds an open run holds the lease; when we get it, that process is gone.
      ZMIG_TRY(lease_, take_lease(context_, "recovery"));
      return true;
    }
    const bool goes_back = seen.decision.action == Action::refuse_behind && context_.options.reapply.has_value();
    if ((goes_back || writes_records(seen.decision.action)) && !holds_locks(context_)) {
      ZMIG_CHECK_OK(hold_locks(context_));
      return true;
    }
    if (goes_back) return go_back(seen);
    return act(seen);
  }

  Result<bool> act(Assessment& seen) {
    LedgerView& view = seen.view;
    const Look& look = seen.look;
    switch (seen.decision.action) {
      case Action::go_on: return false;
      case Action::refuse_ledger: return damaged_ledger("the ledger is damaged");
      case Action::refuse_foreign:
        if (seen.foreign) return *seen.foreign;
        return make_error(Errc::conflict, "ZM0207",
                          fmt::format("stamp entry {} was written by run {}, but the ledger knows it as another run",
                                      look.stamp->number, look.stamp->run),
                          "the workbook carries another branch of history; `zmig repair` shows both sides");
      case Action::refuse_behind:
        return make_error(Errc::conflict, "ZM0605",
                          fmt::format("the workbook went back to stamp entry {}, the ledger knows {}",
                                      look.stamp->number, view.last_number),
                          "somebody put an old copy in its place: put the newest one back, or go on from this copy: "
                          "`zmig repair` says how");
      case Action::refuse_stampless:
        return make_error(Errc::conflict, "ZM0602",
                          "the stamp of this workbook is gone; " + differences_named(context_, seen),
                          "`zmig repair --restore-stamp` writes the stamp again where ledger and sheet agree, `zmig "
                          "baseline --at N` proves where it stands; or put back a copy that has it");
      case Action::refuse_edited:
        // What a restore is compared with is its backup, not the state of the files: the verdict is its own.
        if (view.open->verb == "restore") return finish(view.members);
        if (view.open->verb == "baseline") {
          return make_error(Errc::conflict, "ZM0301", "taking this workbook over was interrupted",
                            "run `zmig baseline` again: it finishes that");
        }
        return make_error(Errc::conflict, "ZM0301",
                          fmt::format("the workbook was edited after {} wrote it; {}", run_name(view.open->id),
                                      differences_named(context_, seen)),
                          "put the sheet back as it was, then run the same command again; `zmig repair` lists the "
                          "differences and can accept them");
      case Action::take_over:
      case Action::refuse_partial:
      case Action::probe:
        return make_error(Errc::unsupported, "ZM0402",
                          "another run stopped inside a migration; only resumable targets can be in that state");
      case Action::impossible:
        return make_error(Errc::corrupt, "ZM9901",
                          "stamp and ledger are in a state that the protocol cannot produce; nothing was written",
                          "`zmig repair --rebuild-ledger` sets the ledger aside and makes a new one from the stamp");
      case Action::clear_in_flight: return close(view.members, "the stamp was removed while its batch was in flight");
      case Action::abort_unsent: return close(view.members, "stopped before anything was sent");
      case Action::abort_not_landed: return close(view.members, "its batch did not reach the workbook");
      case Action::import_history: return import(look, view);
      case Action::confirm: return confirm(view.members);
      case Action::finish: return finish(view.members);
    }
    ZMIG_ASSERT(false, "an action outside the enum");
  }

  /// `up --reapply N`: N is what comes next behind the position that the workbook was put back to.
  Result<bool> go_back(const Assessment& seen) {
    const std::uint32_t wanted = *context_.options.reapply;
    std::uint32_t next = 0;
    for (const Replayed& replayed : context_.replayed) {
      const std::uint32_t number = replayed.migration.number;
      const bool applied = std::any_of(seen.look.stamp->applied.begin(), seen.look.stamp->applied.end(),
                                       [&](const AppliedMigration& one) { return one.number == number; });
      if (applied) continue;
      next = number;  // they stand in order
      break;
    }
    if (next != wanted) {
      return make_error(
          Errc::invalid_input, "ZM0703",
          next == 0 ? fmt::format("there is nothing to apply again at {}", four(seen.look.stamp->position))
                    : fmt::format("the workbook stands at {}; what comes next there is {}, not {}",
                                  four(seen.look.stamp->position), four(next), four(wanted)),
          next == 0 ? "`zmig repair` says how to go on from this copy" : fmt::format("write --reapply {}", next));
    }
    const std::string why = fmt::format("the workbook was put back to stamp entry {}", seen.look.stamp->number);
    ZMIG_CHECK_OK(follow_stamp(context_, seen, why));
    told(why);
    return true;
  }

  static Error damaged_ledger(std::string message) {
    return make_error(Errc::corrupt, "ZM0601", std::move(message),
                      "`zmig repair --rebuild-ledger` sets it aside and makes a new one from the stamp");
  }

  void told(std::string what) { recovered_.did += (recovered_.did.empty() ? "" : "; ") + std::move(what); }

  /// "r4", or "r4 to r9" of a commit of several.
  static std::string names_of(const std::vector<Run>& runs) {
    const std::string first = run_name(runs.front().id);
    return runs.size() == 1 ? first : first + " to " + run_name(runs.back().id);
  }

  Result<bool> close(std::vector<Run>& runs, const std::string& why) {
    ZMIG_FAILPOINT_STATUS("run.recover_before_abort");
    const Status written = context_.ledger.together([&]() -> Status {
      for (Run& run : runs) {
        ZMIG_CHECK_OK(still_open(context_, run));
        run.state = RunState::aborted;
        run.finished = context_.now();
        run.error = why;
        ZMIG_CHECK_OK(context_.ledger.update(run, "run.aborted", event_json({{"because", why}})));
      }
      return ok();
    });
    ZMIG_CHECK_OK(written);
    told(fmt::format("{} closed: {}", names_of(runs), why));
    return true;
  }

  Result<bool> confirm(std::vector<Run>& runs) {
    ZMIG_FAILPOINT_STATUS("run.recover_before_confirm");
    const Status written = context_.ledger.together([&]() -> Status {
      for (Run& run : runs) {
        ZMIG_CHECK_OK(still_open(context_, run));
        run.state = RunState::confirmed;
        run.steps_confirmed = run.steps_total;
        ZMIG_CHECK_OK(context_.ledger.update(run, "batch.confirmed", event_json({{"by", "stamp"}})));
      }
      return ok();
    });
    ZMIG_CHECK_OK(written);
    for (const Run& run : runs) context_.emit(event::BatchConfirmed{run.id, 0});
    told(fmt::format("{} had reached the workbook", names_of(runs)));
    return true;
  }

  Result<bool> finish(std::vector<Run>& runs) {
    ZMIG_TRY(const std::vector<Finished> finished, finish_from_ledger(context_, runs));
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const bool passed = finished[i].passed;
      told(
          fmt::format("{} {} verified: {}", run_name(runs[i].id), migration_of(runs[i]), passed ? "passed" : "failed"));
      recovered_.checks_failed = recovered_.checks_failed || !passed;
    }
    return true;
  }

  /// What the stamp says and the ledger does not know becomes rows, oldest first. An own open run is closed: its number
  /// is taken.
  Result<bool> import(const Look& look, LedgerView& view) {
    if (view.open) {
      ZMIG_TRY(const bool closed, close(view.members, "another run took its place in the stamp"));
      static_cast<void>(closed);
    }
    std::size_t imported = 0;
    for (const Stamp& stamp : look.stamps) {
      ZMIG_TRY(const StampEntry entry, stamp_from_json(stamp.entry));
      if (entry.target_id != look.stamp->target_id) continue;  // of the original that this one was copied from
      ZMIG_TRY(const auto known, context_.ledger.run_by_uid(entry.run));
      if (known) continue;
      ZMIG_CHECK_OK(import_entry(entry));
      ++imported;
    }
    ZMIG_CHECK_OK(context_.ledger.know_target(look.stamp->target_id, context_.target.url(), look.stamp->lineage));
    if (imported == 0)
      return make_error(Errc::conflict, "ZM0603", "stamp and ledger disagree, and the stamp holds nothing new",
                        "`zmig repair --rebuild-ledger` sets the ledger aside and makes a new one from the stamp");
    told(fmt::format("{} taken over from the stamp", imported == 1 ? "1 run" : fmt::format("{} runs", imported)));
    return true;
  }

  Status import_entry(const StampEntry& entry) {
    Run run;
    run.uid = entry.run;
    run.target_id = entry.target_id;
    run.target_url = context_.target.url();
    run.verb = entry.event;
    run.state = RunState::applied;
    run.migration = entry.migration;
    run.plan_hash = entry.plan_hash;
    run.adopted_json = "[]";
    run.started = entry.at;
    run.finished = entry.at;
    run.stamp_number = entry.number;
    run.error = "imported from the stamp";
    const Replayed* replayed = replayed_number(context_.replayed, entry.migration);
    if (entry.event == "baseline" || entry.event == "restore") run.migration = entry.position;
    for (const AppliedMigration& applied : entry.applied) {
      if (applied.number != entry.migration) continue;
      run.slug = applied.slug;
      run.checksum = applied.hash;
      run.adopted_json = adopted_json(applied.adopted);
    }
    if (run.slug.empty() && replayed != nullptr) run.slug = replayed->migration.slug;
    // The window counts from the recorded application, so that it survives the loss of the ledger.
    if (run.verb == "up") {
      run.undo_until =
          window_end(context_, entry.at, replayed == nullptr ? std::nullopt : replayed->migration.keep_undo);
    }
    // At once: a run that is known is not imported again, and what it took back would stay applied for ever.
    return context_.ledger.together([&]() -> Status {
      ZMIG_TRY([[maybe_unused]] const std::uint64_t id, context_.ledger.begin(run));
      if (run.verb == "restore") return settle_runs(context_, entry);
      if (run.verb != "down") return ok();
      ZMIG_TRY(auto up, applied_run(context_.ledger, run.target_id, RunMode::real, run.migration));
      if (!up) return ok();
      up->state = RunState::undone;
      return context_.ledger.update(*up, "run.undone", event_json({{"by", run.uid}}));
    });
  }

  Context& context_;
  std::unique_ptr<Writer> lease_;
  Recovered recovered_;
};

}  // namespace

const Schema* state_at(const Context& context, std::uint32_t position) {
  if (position == 0) return &baseline_schema(context.history);
  const Replayed* replayed = replayed_number(context.replayed, position);
  return replayed == nullptr ? nullptr : &replayed->after;
}

Result<Assessment> assess(Context& context) {
  Assessment seen;
  ZMIG_TRY(seen.look, look_at(context));
  ZMIG_TRY(seen.target_id, known_target(context, seen.look.stamp));
  std::vector<Run> runs;
  if (seen.target_id) { ZMIG_TRY(runs, context.ledger.runs(brief_runs(*seen.target_id, RunMode::real))); }
  ZMIG_TRY(seen.view, view_of(context, runs));
  if (seen.look.stamp) { ZMIG_TRY(seen.foreign, foreign_stamp(context, *seen.look.stamp)); }
  seen.ledger_at = ledger_position(context, runs);
  const Schema* state = state_at(context, seen.look.stamp ? seen.look.stamp->position : seen.ledger_at);
  if (state != nullptr) seen.differences = visible_differences(*state, seen.look.live);
  const StampRelation relation = relate(seen.view, seen.look.stamp, seen.foreign.has_value());
  seen.decision =
      recover(seen.view.state, relation, place_of_live(context, seen), context.target.capabilities().atomic_batch);
  return seen;
}

namespace {

Status follow_runs(Context& context, const StampEntry& stamp, const std::set<std::string>& standing,
                   const std::vector<Run>& runs, const std::string& why) {
  for (Run run : runs) {
    const bool applied = std::any_of(stamp.applied.begin(), stamp.applied.end(),
                                     [&](const AppliedMigration& one) { return one.run == run.uid; });
    if (standing.contains(run.uid)) {
      if (!applied || run.state != RunState::undone) continue;
      run.state = RunState::applied;
      ZMIG_CHECK_OK(context.ledger.update(run, "run.restored", event_json({{"because", why}})));
      continue;
    }
    if (run.state == RunState::aborted) continue;
    run.state = RunState::aborted;
    run.finished = context.now();
    run.error = why;
    ZMIG_CHECK_OK(context.ledger.update(
        run, "run.reverted",
        event_json({{"because", why}, {"actor", context.options.actor}, {"reason", context.options.reason}})));
  }
  return ok();
}

}  // namespace

Status follow_stamp(Context& context, const Assessment& seen, const std::string& why) {
  const StampEntry& stamp = *seen.look.stamp;
  std::set<std::string> standing{stamp.run};
  for (const Stamp& one : seen.look.stamps) {
    ZMIG_TRY(const StampEntry entry, stamp_from_json(one.entry));
    standing.insert(entry.run);
  }
  ZMIG_TRY(const auto runs, context.ledger.runs({stamp.target_id, RunMode::real, std::nullopt, 0}));
  // At once: with the newer runs closed the ledger agrees with the stamp, and nobody comes here again.
  return context.ledger.together([&]() -> Status { return follow_runs(context, stamp, standing, runs, why); });
}

Result<LedgerView> view_ledger(Context& context, const std::optional<std::string>& target_id) {
  if (!target_id) return LedgerView();
  ZMIG_TRY(const auto runs, context.ledger.runs(brief_runs(*target_id, RunMode::real)));
  return view_of(context, runs);
}

Result<LedgerView> view_of(Context& context, std::span<const Run> runs) {
  LedgerView view;
  bool closed = false;
  for (const Run& run : runs) {
    if (run.mode != RunMode::real) continue;  // every other run writes a stamp entry
    const bool open = run.state < RunState::applied;
    if (open && !view.open && !closed) view.open = run;
    // The runs of one commit move together, but for the marks at the end: the older ones are closed first.
    if (open && !closed && run.deployment == view.open->deployment && run.state == view.open->state)
      view.members.push_back(run);
    if (had_effect(run.state) && run.stamp_number > view.last_number) {
      view.last_number = run.stamp_number;
      view.last_uid = run.uid;
    }
    // Newest first. A run that was undone is closed by the down that follows it, so what counts is whether the last
    // closed one had an effect.
    if (!open && !closed) {
      closed = true;
      view.state = state_of(run.state);
    }
  }
  if (view.open) view.state = state_of(view.open->state);
  std::reverse(view.members.begin(), view.members.end());
  // Only what is open is needed with its texts.
  const auto whole = [&](Run& run) -> Status {
    ZMIG_TRY(auto stored, context.ledger.run(run.id));
    if (stored) run = *std::move(stored);
    return ok();
  };
  if (view.open) ZMIG_CHECK_OK(whole(*view.open));
  for (Run& run : view.members) ZMIG_CHECK_OK(whole(run));
  return view;
}

Result<std::optional<Error>> foreign_stamp(Context& context, const StampEntry& stamp) {
  const auto copy = [](std::string message) {
    return std::optional<Error>(
        make_error(Errc::conflict, "ZM0407", std::move(message),
                   "`zmig baseline --copy` gives this workbook an id and a history of its own"));
  };
  if (stamp.event == "copy") {
    return copy(fmt::format("this workbook is a {} and carries its stamp",
                            stamp.lineage == "original" ? "copy" : stamp.lineage));
  }
  const std::string url = context.target.url();
  ZMIG_TRY(const auto here, context.ledger.target_at(url));
  if (here && *here != stamp.target_id) {
    return copy(fmt::format("the stamp names target {}, but {} is target {}", stamp.target_id, url, *here));
  }
  if (here) return std::optional<Error>();
  ZMIG_TRY(const auto runs, context.ledger.runs({stamp.target_id, RunMode::real, std::nullopt, 1}));
  if (runs.empty() || runs.front().target_url == url) return std::optional<Error>();
  // Seen elsewhere before. Gone from there: it was moved. The same file by another name: it is here. Else this is a
  // copy.
  std::error_code failure;  // then they are not
  if (std::filesystem::equivalent(path_of(runs.front().target_url), path_of(url), failure))
    return std::optional<Error>();
  if (!context.ports.files.exists(path_of(runs.front().target_url))) return std::optional<Error>();
  return copy(
      fmt::format("the stamp belongs to {}, which is still there: this is a copy of it", runs.front().target_url));
}

StampRelation relate(const LedgerView& view, const std::optional<StampEntry>& stamp, bool foreign) {
  if (!stamp) return view.last_number == 0 ? StampRelation::before : StampRelation::none;
  if (foreign) return StampRelation::foreign;
  const bool in_flight = view.open && view.open->state == RunState::in_flight;
  if (in_flight && stamp->run == view.open->uid) return StampRelation::own;
  if (stamp->number > view.last_number) return StampRelation::ahead;
  if (stamp->number < view.last_number) return StampRelation::behind;
  if (stamp->run != view.last_uid) return StampRelation::foreign;
  const bool at_rest = view.state == LedgerState::applied || view.state == LedgerState::confirmed;
  return at_rest ? StampRelation::own : StampRelation::before;
}

Result<Recovered> recover_first(Context& context) { return Recovery(context).run(); }

}  // namespace zmig::run
