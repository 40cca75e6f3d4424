// Pages are read out of the ledger here, once; what they look like is pages.cc.

#include "pages.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli {
namespace {

/// Stages as the ledger saw them: each event ends one.
std::vector<LoggedStage> stages_of(const Run& run, const std::vector<LedgerEvent>& events) {
  static const std::map<std::string, std::string, std::less<>> kNames{
      {"run.planned", "check"},   {"run.backed_up", "backup"},  {"capture.saved", "captures"},
      {"batch.sent", "stage"},    {"batch.confirmed", "write"}, {"run.applied", "verify"},
      {"run.aborted", "stopped"}, {"run.undone", "undone"}};
  std::vector<LoggedStage> stages;
  auto since = run.started;
  for (const auto& event : events) {
    const auto name = kNames.find(event.kind);
    if (name == kNames.end()) continue;
    const auto taken = std::max<std::int64_t>(0, (event.at - since).count());
    const bool bad = event.kind == "run.aborted";
    const bool unproved = event.kind == "run.applied" && run.verified && !*run.verified;
    stages.push_back({name->second,
                      bad        ? "failed"
                      : unproved ? "failed"
                                 : "ok",
                      event.at, event.kind == "run.undone" ? 0 : static_cast<std::uint64_t>(taken)});
    since = event.at;
  }
  return stages;
}

std::string outcome_of(const std::string& verb, const std::vector<LoggedRun>& runs) {
  std::size_t done = 0, open = 0, unproved = 0;
  for (const auto& one : runs) {
    if (is_open(one.run.state)) ++open;
    if (one.run.state == RunState::applied || one.run.state == RunState::undone) ++done;
    if (one.run.verified && !*one.run.verified && one.run.state == RunState::applied) ++unproved;
  }
  if (!runs.empty() && runs.front().run.mode == RunMode::rehearsal)
    return done == runs.size() ? "rehearsed" : "rehearsal failed";
  if (open > 0) return "interrupted";
  if (done == 0) return "failed";
  if (done < runs.size()) return "partial";
  return std::string(verb == "down" ? "undone" : "applied") + (unproved > 0 ? ", unverified" : "");
}

/// What the ledger noted while the run went on.
Status add_events(Ledger& ledger, LoggedRun& logged, bool with_checks) {
  ZMIG_TRY(const auto events, ledger.events(logged.run.id));
  logged.stages = stages_of(logged.run, events);
  for (const auto& event : events) {
    if (with_checks && event.kind == "run.applied" && event.json != "{}") logged.checks = read_checks(event.json);
    if (event.kind == "run.log") logged.log = read_member(event.json, "log");
    if (event.kind == "run.consents") logged.consents = read_member(event.json, "consents");
    if (event.kind == "run.ci") logged.ci_ref = read_member(event.json, "ci_ref");
  }
  return ok();
}

std::size_t captured_in(const std::vector<Capture>& captures) {
  std::size_t count = 0;
  for (const auto& capture : captures) count += capture.cells.size() + capture.rows.size();
  return count;
}

Status add_run(Ledger& ledger, LoggedRun logged, RunPage& page) {
  if (!logged.log.empty()) page.log = logged.log;
  if (!logged.ci_ref.empty()) page.ci_ref = logged.ci_ref;
  if (!logged.consents.empty()) page.consents = logged.consents;
  const auto& name = logged.run.backup;
  if (!name.empty() && !page.backups.contains(name)) {
    ZMIG_TRY(const auto rows, ledger.backups(logged.run.target_id));
    for (const auto& row : rows)
      if (fmt::format("b{}", row.id) == name) page.backups.emplace(name, row);
  }
  page.runs.push_back(std::move(logged));
  return ok();
}

/// The run without its long texts: no page shows them.
Run short_of(const Run& run) {
  Run out = run;
  out.plan_json = out.down_text = out.source_text = {};
  return out;
}

LoggedRun logged_of(const RunReport& report) {
  LoggedRun logged;
  logged.run = short_of(report.run);
  const auto& planned = report.migration;
  logged.title = planned.title;
  logged.cost = planned.cost;
  logged.kept = planned.kept.size();
  logged.lost = planned.lost;
  logged.captured = captured_in(planned.captures);
  logged.checks = report.checks;
  logged.widths = planned.widths;
  for (const auto& op : planned.operations)
    logged.operations.push_back(
        {op.kind, op.subject, op.sentence, op.where, op.note, std::string(to_string(op.state)), op.cells});
  return logged;
}

void sum_up(RunPage& page) {
  std::ranges::sort(page.runs, {}, [](const LoggedRun& one) { return one.run.id; });
  if (page.runs.empty()) return;
  const auto& first = page.runs.front();
  page.verb = first.run.verb;
  page.outcome = outcome_of(page.verb, page.runs);
  page.target = first.run.target_url;
  page.actor = fmt::format("{}@{}", first.run.actor, first.run.host);
  page.reason = first.run.reason;
  page.from = page.to = first.from;
  for (const auto& one : page.runs)
    if (one.run.state == RunState::applied || one.run.state == RunState::undone)
      page.to = one.run.verb == "down" ? first.to : one.run.migration;
  const bool standing = std::ranges::any_of(page.runs, [](const LoggedRun& one) {
    return one.run.state == RunState::applied && one.run.verb == "up" && one.run.mode == RunMode::real;
  });
  if (standing)
    page.undo.push_back(fmt::format("zmig down --to {}{}", page.from, page.env_flags));
  else if (page.verb == "down" && page.outcome.starts_with("undone"))
    page.undo.push_back(fmt::format("zmig up --to {}{}", page.from, page.env_flags));
}

}  // namespace

Result<RunPage> run_page(Ledger& ledger, std::vector<Run> runs, const std::string& env_flags, const std::string& tool) {
  RunPage page;
  page.env_flags = env_flags;
  page.tool = tool;
  ZMIG_TRY(page.ledger_head, ledger.head());
  for (auto& run : runs) {
    LoggedRun logged;
    read_plan(run.plan_json, run.migration, logged);
    logged.run = short_of(run);
    run = {};
    ZMIG_CHECK_OK(add_events(ledger, logged, true));
    ZMIG_TRY(const auto captures, ledger.captures(logged.run.id));
    logged.captured = captured_in(captures);
    ZMIG_CHECK_OK(add_run(ledger, std::move(logged), page));
  }
  sum_up(page);
  return page;
}

Result<RunPage> run_page(Ledger& ledger, const Report& report, const std::string& env_flags, const std::string& tool) {
  RunPage page;
  page.env_flags = env_flags;
  page.tool = tool;
  ZMIG_TRY(page.ledger_head, ledger.head());
  for (const auto& one : report.runs) {
    auto logged = logged_of(one);
    logged.from = report.from;
    logged.to = report.to;
    ZMIG_CHECK_OK(add_events(ledger, logged, false));
    ZMIG_CHECK_OK(add_run(ledger, std::move(logged), page));
  }
  sum_up(page);
  return page;
}

}  // namespace zmig::cli
