#include "run/window.h"

#include <algorithm>

#include <fmt/format.h>

#include <zmig/backups.h>

#include "base/text.h"
#include "plan/merge.h"
#include "run/retention.h"

namespace zmig {
namespace run {
namespace {

Diagnostic closed(const Context& context, std::string message) {
  Diagnostic finding;
  finding.severity = context.options.override_window ? Severity::warning : Severity::error;
  finding.code = "ZM0504";
  finding.message = std::move(message);
  if (!context.options.override_window) {
    finding.notes.emplace_back("nothing was written");
    finding.help = "`--override-window` with a reason goes on";
  }
  return finding;
}

}  // namespace

void hide_sensitive(const Context& context, Plan& plan) {
  for (PlannedMigration& migration : plan.migrations) {
    for (KeptEdit& edit : migration.kept) {
      const std::string sheet = edit.where.substr(0, edit.where.rfind('!')) + ".";
      const auto& hidden = context.options.sensitive;
      // Letters move on the way back, so a sheet with one such column shows no value at all.
      const bool any =
          std::any_of(hidden.begin(), hidden.end(), [&](const std::string& one) { return one.starts_with(sheet); });
      if (!any) continue;
      edit.captured = "(hidden)";
      // Why there is no cell is no value of one.
      const bool no_cell = edit.now == kRowGone || edit.now == kRowAmbiguous || edit.now == kRowChanged;
      if (!no_cell) edit.now = "(hidden)";
    }
  }
}

Status add_window_findings(Context& context, const std::string& target_id, Plan& plan) {
  if (context.options.mode == RunMode::rehearsal || plan.migrations.empty()) return ok();
  RetentionFacts facts;
  facts.now = context.now();
  ZMIG_TRY(facts.runs, context.ledger.runs(brief_runs(target_id, RunMode::real)));
  const auto ups = newest_applied(facts.runs);
  bool any = false;
  for (const PlannedMigration& migration : plan.migrations) {
    const auto found = ups.find(migration.number);
    if (found == ups.end() || !found->second->undo_until || facts.now <= *found->second->undo_until) continue;
    any = true;
    plan.diagnostics.add(closed(context, fmt::format("the window of {} {} closed at {}", run_name(found->second->id),
                                                     migration.name, format_utc(*found->second->undo_until))));
  }
  if (any) return ok();
  const std::string fault = clock_fault(facts);
  if (!fault.empty()) plan.diagnostics.add(closed(context, "whether the window is open cannot be told: " + fault));
  return ok();
}

}  // namespace run

WayBack way_back_of(const Plan& plan) {
  WayBack way;
  for (const PlannedMigration& migration : plan.migrations) {
    way.cells_lost += migration.lost;
    way.cells_kept += migration.kept.size();
    if (migration.lost > 0)
      way.reasons.push_back(fmt::format("{}: {} that people entered since would go", migration.name,
                                        counted(migration.lost, "value", "values")));
    if (!migration.kept.empty())
      way.reasons.push_back(fmt::format("{}: {} edited since, and kept", migration.name,
                                        counted(migration.kept.size(), "cell", "cells")));
    if (migration.fidelity == Fidelity::lossy) way.reasons.push_back(migration.name + ": the way back is not exact");
  }
  way.verdict = way.reasons.empty() ? "exact" : "lossy";
  for (const Diagnostic& finding : plan.diagnostics.all()) {
    if (finding.code == "ZM0504") way.window_open = false;
    if (finding.severity != Severity::error) continue;
    way.verdict = "refused";
    if (finding.code != "ZM0506" || way.cells_lost == 0) way.reasons.push_back(finding.message);
  }
  return way;
}

}  // namespace zmig
