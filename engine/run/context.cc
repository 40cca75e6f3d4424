#include "run/context.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "run/locks.h"
#include "run/recover.h"

namespace zmig::run {

namespace {

/// Longer than a service takes to show what it has acknowledged, and than a target serves a reading again.
constexpr int kLagSeconds = 31;

Result<Look> look_once(Context& context) {
  Look look;
  ZMIG_TRY(look.live, context.target.inspect());
  ZMIG_TRY(look.stamps, context.target.stamps());
  ZMIG_TRY(look.stamp, current_stamp(look.stamps));
  return look;
}

/// Only a service is asked what its credentials may do.
bool is_service(const Target& target) {
  const TargetKind* kind = find_target_kind(target.capabilities().kind);
  return kind != nullptr && kind->examine != nullptr;
}

/// Whether the ledger knows of an entry, or of one that may have been sent, that the look does not show.
Result<bool> seems_behind(Context& context, const Look& look) {
  ZMIG_TRY(const auto target_id, known_target(context, look.stamp));
  ZMIG_TRY(const LedgerView view, view_ledger(context, target_id));
  std::uint64_t known = view.last_number;
  if (view.open && view.open->state >= RunState::in_flight) known = std::max(known, view.open->stamp_number);
  return known > (look.stamp ? look.stamp->number : 0);
}

}  // namespace

Result<Look> look_at(Context& context) {
  ZMIG_TRY(Look look, look_once(context));
  if (context.lag_waited || !is_service(context.target)) return look;
  ZMIG_TRY(const bool behind, seems_behind(context, look));
  if (!behind) return look;
  context.lag_waited = true;
  context.emit(
      event::Paused{"the workbook does not show yet what the ledger knows of", std::chrono::seconds(kLagSeconds)});
  for (int second = 0; second < kLagSeconds; ++second) {
    ZMIG_CHECK_OK(check_stop(context, "while waiting for the workbook to show what it took"));
    context.ports.clock.sleep(std::chrono::seconds(1));
  }
  return look_once(context);
}

Result<std::optional<std::string>> known_target(Context& context, const std::optional<StampEntry>& stamp) {
  if (stamp) return std::optional<std::string>(stamp->target_id);
  return context.ledger.target_at(context.target.url());
}

Result<std::optional<Run>> applied_run(Ledger& ledger, const std::string& target_id, RunMode mode,
                                       std::uint32_t migration) {
  RunFilter filter;
  filter.target_id = target_id;
  filter.mode = mode;
  filter.migration = migration;
  ZMIG_TRY(auto runs, ledger.runs(filter));
  for (Run& run : runs) {
    if (run.verb != "up") continue;
    if (run.state == RunState::applied || run.state == RunState::confirmed) return std::optional<Run>(std::move(run));
  }
  return std::optional<Run>();
}

namespace {
bool is_applied_up(const Run& run) {
  return run.verb == "up" && (run.state == RunState::applied || run.state == RunState::confirmed);
}
}  // namespace

RunFilter brief_runs(std::string target_id, std::optional<RunMode> mode) {
  RunFilter filter;
  filter.target_id = std::move(target_id);
  filter.mode = mode;
  filter.brief = true;
  return filter;
}

Result<AppliedRuns> applied_runs(Ledger& ledger, const std::string& target_id, RunMode mode, bool texts) {
  RunFilter filter = brief_runs(target_id, mode);
  filter.brief = !texts;
  ZMIG_TRY(auto runs, ledger.runs(filter));
  AppliedRuns found;
  for (Run& run : runs) {
    if (!is_applied_up(run)) continue;
    const std::uint32_t number = run.migration;
    found.try_emplace(number, std::move(run));
  }
  return found;
}

std::map<std::uint32_t, const Run*> newest_applied(const std::vector<Run>& runs) {
  std::map<std::uint32_t, const Run*> found;
  for (const Run& run : runs) {
    if (is_applied_up(run)) found.try_emplace(run.migration, &run);
  }
  return found;
}

Result<std::vector<Capture>> LedgerCaptures::captures_of(const std::string& migration) {
  const auto number = static_cast<std::uint32_t>(std::strtoul(migration.c_str(), nullptr, 10));
  if (!runs_) { ZMIG_TRY(runs_, applied_runs(ledger_, target_id_, mode_)); }
  const auto run = runs_->find(number);
  if (run == runs_->end() || four(run->second.migration) + "_" + run->second.slug != migration)
    return std::vector<Capture>();
  return ledger_.captures(run->second.id);
}

Result<PlanInput> plan_input(Context& context, const Look& look, CaptureSource& captures, const std::string& target_id,
                             Direction direction) {
  PlanInput input{.history = context.history,
                  .replayed = context.replayed,
                  .codec = context.codec,
                  .live = context.target,
                  .capabilities = context.target.capabilities(),
                  .stamps = look.stamps,
                  .protected_sheets = context.options.protected_sheets,
                  .now = context.now(),
                  .captures = &captures,
                  .accept_baseline = context.options.accept_baseline,
                  .allow_drift = context.options.allow_drift,
                  .allow_loss = context.options.allow_loss,
                  .out_of_order = context.options.out_of_order,
                  .on_edit = context.options.on_edit,
                  .stored_downs = {}};
  if (!look.stamp || direction != Direction::down) return input;
  ZMIG_TRY(const AppliedRuns runs, applied_runs(context.ledger, target_id, context.options.mode, true));
  for (const AppliedMigration& applied : std::as_const(look.stamp->applied)) {
    const auto run = runs.find(applied.number);
    if (run != runs.end() && !run->second.down_text.empty())
      input.stored_downs[four(applied.number) + "_" + applied.slug] = run->second.down_text;
  }
  return input;
}

const Replayed* replayed_number(const std::vector<Replayed>& replayed, std::uint32_t number) {
  // Without gaps it stands at its number.
  if (number > 0 && number <= replayed.size() && replayed[number - 1].migration.number == number)
    return &replayed[number - 1];
  for (const Replayed& one : replayed) {
    if (one.migration.number == number) return &one;
  }
  return nullptr;
}

const Schema& baseline_schema(const History& history) { return history.baseline ? *history.baseline : history.empty; }

Diagnostic diagnostic_of(const Error& error) {
  Diagnostic diagnostic;
  const auto plain = error.code == Errc::io ? "ZM0714" : error.code == Errc::not_found ? "ZM0713" : "ZM9901";
  diagnostic.code = error.zm.empty() ? plain : error.zm;
  diagnostic.message = error.message;
  diagnostic.primary.cell = error.place;
  if (!error.help.empty()) diagnostic.help = error.help;
  return diagnostic;
}

Error error_of(const Diagnostics& diagnostics) {
  const int exit = exit_code_of(diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity != Severity::error) continue;
    const CodeRow* row = find_code(diagnostic.code);
    if (row != nullptr && row->exit != exit) continue;
    return make_error(Errc::conflict, diagnostic.code, diagnostic.message, diagnostic.help.value_or(""),
                      diagnostic.primary.cell);
  }
  return make_error(Errc::conflict, "ZM9901", "an error was reported, but none is there");
}

Lease lease_of(const Context& context, std::string_view verb) {
  return Lease{fmt::format("{}@{}, zmig {}", context.options.actor, context.options.host, verb),
               context.options.lock_timeout};
}

std::string four(std::uint32_t number) { return fmt::format("{:04}", number); }
std::string run_name(std::uint64_t id) { return fmt::format("r{}", id); }

Status still_open(Context& context, const Run& run) {
  ZMIG_TRY(const auto known, context.ledger.run(run.id));
  if (!known || known->state < RunState::applied) return ok();
  return make_error(
      Errc::busy, "ZM0401",
      fmt::format("another zmig took {} over and closed it as {}", run_name(run.id), to_string(known->state)),
      "`zmig status` says where the workbook is; locks do not work on this file system, or a lock file was "
      "removed");
}

}  // namespace zmig::run
