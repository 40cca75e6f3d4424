// repair and unlock: the way out of every state.

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <zmig/lock.h>
#include <zmig/text.h>

#include "numbers.h"
#include "permissions.h"
#include "reports.h"
#include "session.h"
#include "signals.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWays[] = {"--resume",      "--undo",           "--accept",       "--keep",
                                 "--accept-edit", "--rebuild-ledger", "--restore-stamp"};

/// A ledger that cannot even be opened.
RepairReport damaged_ledger(const Error& error) {
  RepairReport report;
  report.situation = "damaged";
  report.decision_row = 1;
  report.position = error.message;
  report.choices.emplace_back("repair --rebuild-ledger");
  report.exit_code = 6;
  return report;
}

bool is_damaged(const Error& error) { return error.zm == "ZM0601"; }

Result<RepairReport> ask_engine(Session& session, const RepairOptions& options, RunDisplay& display) {
  ZMIG_TRY(const History* history, session.history());
  ZMIG_TRY(Target * target, session.target());
  ZMIG_TRY(Ledger * ledger, session.ledger(!options.dry_run));
  auto run_options = session.run_options();
  run_options.command = "repair" + session.env_flags();
  run_options.stop_requested = [] { return stop_signal() != 0; };
  Migrator migrator(*history, session.replayed(), *target, *ledger, session.codec(), session.ports(), display,
                    std::move(run_options));
  return migrator.repair(options);
}

/// Under the ledger's lock: `ledger.db` and its journal become `ledger.db.damaged-20260126T181500Z`. Refused for a
/// ledger that nothing is wrong with: it holds what only it knows.
Result<std::string> set_ledger_aside(Session& session, RunDisplay& display) {
  const std::string path = session.ledger_path();
  if (!session.ports().files.exists(path)) return std::string();
  RepairOptions look;
  look.dry_run = true;
  const auto found = ask_engine(session, look, display);
  if (!found && !is_damaged(found.error())) return found.error();
  if (found && std::ranges::find(found->choices, "repair --rebuild-ledger") == found->choices.end()) {
    return make_error(Errc::invalid_input, "ZM0703", "nothing is wrong with this ledger, so it is not set aside",
                      "`zmig repair` says what is open");
  }
  LockHolder mine;
  mine.holder = session.run_options().actor;
  mine.host = session.run_options().host;
  mine.id = "L-" + session.ports().random.hex(4);
  mine.command = "repair --rebuild-ledger";
  mine.since = session.ports().clock.now();
  ZMIG_TRY(const auto lock, FileLock::try_take(lock_path_beside(path), mine));
  if (!lock)
    return make_error(Errc::busy, "ZM0401", "somebody else uses this ledger", "`zmig unlock` shows who holds it");
  session.close_ledger();
  const auto now = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(session.ports().clock.now()));
  const auto stem = fmt::format("{}.damaged-{:%Y%m%dT%H%M%SZ}", path, fmt::gmtime(now));
  auto aside = stem;
  for (int again = 2; session.ports().files.exists(aside); ++again) aside = fmt::format("{}_{}", stem, again);
  for (const std::string suffix : {"-journal", "-wal", "-shm", ""}) {  // the file itself last
    if (!session.ports().files.exists(path + suffix)) continue;
    std::error_code failure;
    fs::rename(path + suffix, aside + suffix, failure);
    if (failure)
      return make_error(Errc::io, "ZM0714",
                        fmt::format("{} cannot be set aside: {}", zmig::quoted(path), failure.message()),
                        "look at the permissions of the folder");
  }
  return aside;
}

Answer answer_of(Session& session, RepairReport found) {
  auto report = std::make_shared<RepairReport>(std::move(found));
  session.diagnostics().append(report->diagnostics);
  Answer answer;
  answer.exit = report->exit_code;
  const auto flags = session.env_flags();
  if (session.globals().json)
    for (const auto& choice : report->choices) answer.next.push_back(fmt::format("zmig {}{}", choice, flags));
  Console& console = session.console();
  answer.text = [report, &console, flags] { return to_text(console, *report, flags); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

/// --resume and --undo: the harmless part is done; now the verb that the choice names.
Answer go_on(Session& session, const Arguments& arguments, RepairReport report) {
  if (!report.choices.empty()) return answer_of(session, std::move(report));
  Arguments none;
  if (arguments.has("--resume")) return run_up(session, none);
  if (!report.run)
    return failed(make_error(Errc::conflict, "ZM0703", "no run is open, so there is none to undo",
                             "`zmig down` undoes the newest migration"));
  if (report.run->verb == "down") return answer_of(session, std::move(report));  // what is undone stays so
  const auto ledger = session.ledger(true);
  if (!ledger) return failed(ledger.error());
  const auto run = (*ledger)->run(report.run->id);
  if (!run) return failed(run.error());
  if (*run && (*run)->state == RunState::applied) {
    none.add("--run", fmt::format("r{}", report.run->id));
    return run_down(session, none);
  }
  return answer_of(session, std::move(report));  // it never reached the workbook: closing it was all
}

}  // namespace

Answer run_repair(Session& session, const Arguments& arguments) {
  const auto ways = std::ranges::count_if(kWays, [&](const char* flag) { return arguments.has(flag); });
  if (ways > 1)
    return failed(make_error(
        Errc::invalid_input, "ZM0703", "repair does one thing at a time",
        fmt::format("only one of {}", join(std::vector<std::string>(std::begin(kWays), std::end(kWays)), ", "))));
  RepairOptions options;
  options.dry_run = session.globals().dry_run;
  options.accept = arguments.has("--accept");
  options.restore_stamp = arguments.has("--restore-stamp");
  options.rebuild = arguments.has("--rebuild-ledger");
  if (const auto number = arguments.one("--accept-edit")) {
    auto read = migration_number(*number);
    if (!read) return failed(read.error());
    options.accept_edit = *read;
  }
  const auto keep = read_keep(arguments);
  if (!keep) return failed(keep.error());
  options.settle = !keep->empty();
  session.permit({}, [&keep](TargetOptions& target) { target.keep = *keep; });
  if (const auto env = session.environment(); !env) return failed(env.error());
  if (const auto history = session.history(); !history) return failed(history.error());
  session.replayed();
  if (session.diagnostics().has_errors()) {
    Answer answer;
    answer.exit = exit_code_of(session.diagnostics());
    return answer;
  }
  if (const auto target = session.target(); !target) return failed(target.error());
  const bool writes =
      options.accept || options.restore_stamp || options.rebuild || options.accept_edit || options.settle;
  if (writes && !options.dry_run) {
    const auto go = session.confirm(fmt::format("Repair {}?", session.target_summary().url));
    if (!go) return failed(go.error());
  }
  RunDisplay display(session.console(), session.ports().clock, session.display_options("repair", ""));
  std::string aside;
  if (options.rebuild && !options.dry_run) {
    auto set_aside = set_ledger_aside(session, display);
    if (!set_aside) return failed(set_aside.error());
    aside = *set_aside;
  }
  std::unique_ptr<Ledger> other;
  if (const auto file = arguments.one("--import-ledger")) {
    auto opened = open_ledger(*file, false, 1000, session.ports());
    if (!opened) return failed(opened.error());
    other = std::move(*opened);
    options.other = other.get();
  }
  auto report = ask_engine(session, options, display);
  if (!report && is_damaged(report.error()) && !options.rebuild) report = damaged_ledger(report.error());
  if (!report) return failed(report.error());
  if (!aside.empty()) report->did.insert(report->did.begin(), "the ledger was set aside as " + aside);
  if ((arguments.has("--resume") || arguments.has("--undo")) && !options.dry_run)
    return go_on(session, arguments, std::move(*report));
  return answer_of(session, std::move(*report));
}

Answer run_unlock(Session& session, const Arguments& arguments) {
  if (const auto env = session.environment(); !env) return failed(env.error());
  const auto id = arguments.one("--id");
  auto report = std::make_shared<UnlockReport>();
  bool held = false;
  for (const auto& file : session.lock_files()) {
    auto holder = read_lock(file);
    if (!holder) return failed(holder.error());
    held = held || (*holder && (*holder)->held);
    if (id && *holder && (*holder)->id == *id && !session.globals().dry_run) {
      if (const auto cleared = clear_lock(file, *id); !cleared) return failed(cleared.error());
      report->cleared = *id;
      holder->reset();
    }
    report->locks.push_back({file, *holder});
  }
  const bool known =
      std::ranges::any_of(report->locks, [&](const auto& lock) { return lock.holder && id && lock.holder->id == *id; });
  if (id && report->cleared.empty() && !known)
    return failed(make_error(Errc::not_found, "ZM0713", fmt::format("there is no lock {} here", zmig::quoted(*id)),
                             "`zmig unlock` shows what is there"));
  Answer answer;
  answer.exit = held ? 7 : 0;
  const auto flags = session.env_flags();
  const auto now = session.ports().clock.now();
  answer.text = [report, flags] { return to_text(*report, flags); };
  answer.data = [report, now] { return to_json(*report, now); };
  return answer;
}

std::string to_text(const Console& console, const RepairReport& report, const std::string& env_flags) {
  std::string out;
  if (report.run) {
    const auto& run = *report.run;
    out += fmt::format("open run r{}, {} {}{}{}, begun {}\n", run.id, run.verb, padded(run.migration),
                       run.slug.empty() ? "" : " ", printable(run.slug), short_time(run.started));
  } else if (report.situation == "nothing_open") {
    out += "nothing is open\n";
  } else {
    std::string words = report.situation;
    std::ranges::replace(words, '_', ' ');
    out += "no open run; " + words + "\n";
  }
  Table table;
  for (const auto& one : report.operations) {
    std::string state = one.state;
    std::ranges::replace(state, '_', ' ');
    table.rows.push_back({state, one.kind, printable(one.subject), printable(one.where)});
  }
  if (!table.rows.empty()) out += console.table(table);
  out += "position  " + printable(report.position) + "\n";
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(kShown, report.differences.size()); ++i) {
    const auto& one = report.differences[i];
    out += fmt::format("differs   {}: expected {}, found {}\n", printable(one.where),
                       one.expected.empty() ? "none" : printable(one.expected),
                       one.observed.empty() ? "none" : printable(one.observed));
  }
  if (report.differences.size() > kShown)
    out += fmt::format("          and {} more\n", report.differences.size() - kShown);
  for (const auto& did : report.did) out += "did       " + printable(did) + "\n";
  bool first = true;
  for (const auto& choice : report.choices) {
    out += fmt::format("{}zmig {}{}\n", first ? "choose    " : "      or  ", choice, env_flags);
    first = false;
  }
  return out;
}

std::string to_text(const UnlockReport& report, const std::string& env_flags) {
  std::string out;
  if (!report.cleared.empty()) out += "cleared   " + printable(report.cleared) + "\n";
  for (const auto& lock : report.locks) {
    if (!lock.holder) continue;
    const auto who = printable(in_words(*lock.holder));
    if (lock.holder->held) {
      out += fmt::format(
          "held      {}   {}\n          {}\n          it ends with that process; nothing has to be broken\n",
          printable(lock.holder->id), who, lock.file);
    } else {
      out += fmt::format(
          "left      {}   {}\n          {}\n          that process is gone, and its lock with it: zmig "
          "unlock --id {}{}\n",
          printable(lock.holder->id), who, lock.file, printable(lock.holder->id), env_flags);
    }
  }
  return out.empty() ? "nobody holds a lock here\n" : out;
}

}  // namespace zmig::cli
