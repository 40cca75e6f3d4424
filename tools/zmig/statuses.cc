#include "statuses.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <zmig/text.h>

#include "lint_report.h"
#include "session.h"

namespace zmig::cli {
namespace {

struct Ignore : Observer {
  void on(const Event&) override {}
};

/// What `look` says of the session's target, without a word to the person who waits.
template <class Look>
auto quietly(Session& session, Look look) -> decltype(look(std::declval<Migrator&>())) {
  Ignore ignore;
  ZMIG_TRY(const History* history, session.history());
  ZMIG_TRY(Target * target, session.target());
  ZMIG_TRY(Ledger * ledger, session.ledger(false));
  Migrator migrator(*history, session.replayed(), *target, *ledger, session.codec(), session.ports(), ignore,
                    session.run_options(false));
  return look(migrator);
}

bool is_waiting(const MigrationStatus& one) {
  return one.state == "pending" || one.state == "undone" || one.state == "gap";
}

bool is_about_protection(const Diagnostic& finding) { return finding.code == "ZM0306" || finding.code == "ZM1806"; }

/// A pending migration that names a protected sheet is no reason to say nothing of the rest. True: there is one, its
/// findings are warnings now, and they are all that is wrong with the files.
bool tolerate_protection(Session& session) {
  const auto& all = session.diagnostics().all();
  const auto is_error = [](const Diagnostic& one) { return one.severity == Severity::error; };
  const bool only =
      std::ranges::all_of(all, [&](const Diagnostic& one) { return !is_error(one) || is_about_protection(one); });
  if (!only || std::ranges::none_of(all, is_error)) return false;
  for (Diagnostic& one : session.diagnostics().all()) {
    if (is_error(one)) one.severity = Severity::warning;
  }
  return true;
}

Status open_for_status(Session& session) {
  ZMIG_CHECK_OK(open_for_reading(session));
  if (session.diagnostics().has_errors() && tolerate_protection(session)) return open_for_reading(session);
  return ok();
}

std::string_view reason_of(const Diagnostic& finding) {
  if (finding.code == "ZM0301") return "drift";
  if (is_about_protection(finding)) return "protect";
  return "guard";  // a `require` that does not hold, something in the way, what this target cannot do
}

/// Why `up` would refuse what is pending, in the order of the document. It asks the plan of `up` itself, so it is asked
/// only where something is pending, and of files: reading the cells of a service costs calls.
Result<std::vector<std::string>> reasons_to_refuse(Session& session, const TargetStatus& status) {
  std::set<std::string_view> found;
  if (std::ranges::any_of(session.diagnostics().all(), is_about_protection)) found.insert("protect");
  if (status.lease && status.lease->held) found.insert("lease");
  const bool healthy = status.report.exit_code == 0 && status.report.position.managed;
  const auto is_local = [&] {
    const std::string& url = status.url;
    return url.starts_with("sqlite:") || url.starts_with("csv:") || url.starts_with("xlsx:");
  };
  if (healthy && is_local()) {
    ZMIG_TRY(const Plan plan, plan_quietly(session));
    for (const Diagnostic& one : plan.diagnostics.all())
      if (one.severity == Severity::error) found.insert(reason_of(one));
    ZMIG_TRY(const auto stops, lint_that_stops(session, plan));
    if (!stops.empty()) found.insert("lint");
  } else if (status.report.position.drift.worst == Drift::Class::breaking && !session.run_options(false).allow_drift) {
    found.insert("drift");
  }
  std::vector<std::string> out;
  for (const std::string_view word : {"drift", "lease", "guard", "lint", "protect"})
    if (found.contains(word)) out.emplace_back(word);
  return out;
}

Result<TargetStatus> status_of(Session& session, bool inspect) {
  ZMIG_TRY(auto report, quietly(session, [&](Migrator& migrator) { return migrator.status({inspect}); }));
  const auto& summary = session.target_summary();
  TargetStatus out{summary.env, summary.url, summary.title, std::move(report)};
  for (const auto& file : session.lock_files()) {
    const auto holder = read_lock(file);
    if (holder && *holder && (*holder)->held && !out.lease) out.lease = **holder;
  }
  if (out.report.position.stamp && inspect) {
    ZMIG_TRY(out.contracts, contract_verdicts(session, {&out.report.position.state}));
  }
  if (inspect && std::ranges::any_of(out.report.migrations, is_waiting)) {
    ZMIG_TRY(out.blocked, reasons_to_refuse(session, out));
    for (MigrationStatus& one : out.report.migrations)
      if (is_waiting(one) && !out.blocked.empty()) one.flags.push_back("blocked: " + join(out.blocked, ", "));
  }
  return out;
}

}  // namespace

Status open_for_reading(Session& session, bool record) {
  ZMIG_CHECK_OK(session.environment());
  ZMIG_CHECK_OK(session.history());
  session.replayed();
  if (session.diagnostics().has_errors()) return ok();
  ZMIG_CHECK_OK(session.target());
  ZMIG_CHECK_OK(session.ledger(record));
  return ok();
}

std::vector<std::string> environment_names(const Session& session) {
  std::vector<std::string> names;
  for (const auto& [name, env] : session.config().environments) names.push_back(name);
  return names;
}

Result<std::vector<TargetStatus>> collect_statuses(Session& session, const std::vector<std::string>& names, int& exit,
                                                   int* checked, bool inspect) {
  std::vector<TargetStatus> targets;
  const auto count = [&](const StatusReport& report) {
    exit = stronger_exit(exit, report.exit_code);
    if (checked != nullptr) *checked = stronger_exit(*checked, report.check_exit_code);
  };
  if (names.empty()) {
    if (!inspect) session.look_at_stamps_only();
    ZMIG_CHECK_OK(open_for_status(session));
    if (session.diagnostics().has_errors()) return targets;
    ZMIG_TRY(auto one, status_of(session, inspect));
    session.diagnostics().append(one.report.diagnostics);
    count(one.report);
    targets.push_back(std::move(one));
    return targets;
  }
  for (const auto& name : names) {
    auto globals = session.globals();
    globals.env = name;
    globals.target.reset();
    Session one(globals, session.variables(), session.config(), {}, {}, session.console());
    const auto look = [&]() -> Status {
      if (!inspect) one.look_at_stamps_only();
      ZMIG_CHECK_OK(open_for_status(one));
      if (one.diagnostics().has_errors()) return ok();
      ZMIG_TRY(auto found, status_of(one, inspect));
      count(found.report);
      targets.push_back(std::move(found));
      return ok();
    };
    if (const auto looked = look(); !looked) {
      TargetStatus unreachable;
      unreachable.env = name;
      unreachable.url = session.config().environments.at(name).target;
      unreachable.report.state = "unreachable";
      targets.push_back(std::move(unreachable));
      exit = stronger_exit(exit, exit_of(looked.error()));
      if (checked != nullptr) *checked = stronger_exit(*checked, exit_of(looked.error()));
      session.console().err(fmt::format("{}: {}\n", name, printable(looked.error().message)));
    }
    if (one.diagnostics().has_errors()) {
      session.diagnostics().append(one.diagnostics());
      session.sources() = one.sources();
      break;
    }
  }
  return targets;
}

Result<Plan> plan_quietly(Session& session) {
  return quietly(session, [](Migrator& migrator) { return migrator.plan({}); });
}

}  // namespace zmig::cli
