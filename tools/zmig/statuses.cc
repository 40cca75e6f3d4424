#include "statuses.h"

#include <utility>

#include <fmt/format.h>

#include <zmig/text.h>

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
    ZMIG_CHECK_OK(open_for_reading(session));
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
      ZMIG_CHECK_OK(open_for_reading(one));
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
