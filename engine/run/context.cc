#include "run/context.h"

#include <fmt/format.h>

namespace zmig::run {

Result<Look> look_at(Context& context) {
  Look look;
  ZMIG_TRY(look.live, context.target.inspect());
  ZMIG_TRY(look.stamps, context.target.stamps());
  ZMIG_TRY(look.stamp, current_stamp(look.stamps));
  return look;
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

Result<std::vector<Capture>> LedgerCaptures::captures_of(const std::string& migration) {
  const auto number = static_cast<std::uint32_t>(std::strtoul(migration.substr(0, 4).c_str(), nullptr, 10));
  ZMIG_TRY(const auto run, applied_run(ledger_, target_id_, mode_, number));
  if (!run || four(run->migration) + "_" + run->slug != migration) return std::vector<Capture>();
  return ledger_.captures(run->id);
}

Result<PlanInput> plan_input(Context& context, const Look& look, CaptureSource& captures,
                             const std::string& target_id) {
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
  if (!look.stamp) return input;
  for (const AppliedMigration& applied : look.stamp->applied) {
    ZMIG_TRY(const auto run, applied_run(context.ledger, target_id, context.options.mode, applied.number));
    if (run && !run->down_text.empty()) {
      input.stored_downs[four(applied.number) + "_" + applied.slug] = run->down_text;
    }
  }
  return input;
}

const Replayed* replayed_number(const std::vector<Replayed>& replayed, std::uint32_t number) {
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

}  // namespace zmig::run
