// `--restart`: a run that reached the workbook is closed from the workbook alone. The stamp says that it landed; every
// check of the present is made anew; what only the run's own records could prove is not run.

#include <fmt/format.h>

#include "run/checks.h"
#include "run/executor.h"
#include "run/run_json.h"

namespace zmig::run {
namespace {

/// `last`: nothing of the same commit came after it. Else a line that does not hold may have been overtaken.
Status judge_ensures(Context& context, const Look& look, const Run& run, const Schema& state, bool last,
                     const std::string& why, std::vector<CheckResult>& checks) {
  ZMIG_TRY(const auto ensures, ensures_of(context, run));
  CheckWorld world{.before = context.target,
                   .now = context.target,
                   .replayed = state,
                   .applied = look.stamp ? look.stamp->applied : CowList<AppliedMigration>(),
                   .at = context.now(),
                   .migration = migration_of(run),
                   .atomic = context.target.capabilities().atomic_batch};
  for (const CheckLine& line : ensures) {
    if (is_about_the_write(line.check)) {
      checks.push_back(not_run("ensure", "", why));
    } else {
      auto judged = judge_check(line, "ensure", world);
      checks.push_back(judged ? std::move(judged).value() : not_run("ensure", "", judged.error().message));
      if (!last && checks.back().outcome == Outcome::failed)
        checks.back() = not_run("ensure", "", "a later migration of the same commit may have changed it");
    }
    if (checks.back().text.empty()) checks.back().text = line.text;
  }
  return ok();
}

}  // namespace

Result<Finished> finish_anew(Context& context, Run& run, const Run& last) {
  const Replayed* replayed = replayed_number(context.replayed, last.migration);
  if (replayed == nullptr) {
    return make_error(
        Errc::not_found, "ZM0203", "the file of " + migration_of(last) + " is gone",
        fmt::format("bring the file back: `zmig show {} --source ledger` prints its text", last.migration));
  }
  ZMIG_TRY(const Look look, look_at(context));
  const Schema state = reached_state(last, *replayed, look.stamps);
  Finished finished;
  CheckResult stamp = passed("stamp", 1);
  const auto own = [&](const Stamp& entry) {
    const auto read = stamp_from_json(entry.entry);
    return read.has_value() && read.value().run == run.uid;
  };
  if (std::none_of(look.stamps.begin(), look.stamps.end(), own)) {
    stamp.outcome = Outcome::failed;
    stamp.expected = "the entry of this run";
    stamp.observed = look.stamp ? "the entry of run " + look.stamp->run : "no stamp";
  }
  finished.checks.push_back(std::move(stamp));
  ZMIG_TRY(auto cells, cell_checks(context.target, state));
  // Nobody knows any more what looked other than it should before the write: as a plan does, put up with it.
  for (CheckResult& check : joined(schema_checks(state, look.live, false), std::move(cells)))
    finished.checks.push_back(std::move(check));
  const std::string why = fmt::format("--restart relies on nothing that {} recorded", run_name(run.id));
  for (const char* id : {"fill", "empty", "untouched", "foreign"})
    finished.checks.push_back(not_run(id, migration_of(run), why));
  ZMIG_CHECK_OK(judge_ensures(context, look, run, state, run.id == last.id, why, finished.checks));
  for (const CheckResult& check : finished.checks) context.emit(event::CheckFinished{check});
  ZMIG_CHECK_OK(record_finished(context, run, finished));
  return finished;
}

}  // namespace zmig::run
