// Commands that write: up, down, baseline, copy.

#include <charconv>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>

#include <zmig/text.h>

#include "goal.h"
#include "hooks.h"
#include "lint_report.h"
#include "numbers.h"
#include "permissions.h"
#include "reports.h"
#include "run_files.h"
#include "run_parts.h"
#include "saved_plan.h"
#include "session.h"
#include "signals.h"
#include "stage.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// Everything that a run needs, opened in the order in which failures should be named.
struct Opened {
  const History* history = nullptr;
  Target* target = nullptr;
  Ledger* ledger = nullptr;
};
Result<Opened> open_all(Session& session, bool writable_ledger, bool replay = true) {
  Opened opened;
  ZMIG_CHECK_OK(session.environment());
  ZMIG_TRY(opened.history, session.history());
  if (replay) session.replayed();
  if (session.diagnostics().has_errors()) return opened;
  ZMIG_TRY(opened.target, session.target());
  ZMIG_TRY(opened.ledger, session.ledger(writable_ledger));
  return opened;
}

Answer from_diagnostics(const Session&, int exit) {
  Answer answer;
  answer.exit = exit;
  return answer;
}

/// The commands that go on or back, each with what it does (cli.md 7.4).
void name_next(Answer& answer, const Report& report, const std::string& verb, const std::string& flags) {
  const auto add = [&](std::string command, std::string why) {
    answer.next.push_back(std::move(command));
    answer.next_why.push_back(std::move(why));
  };
  const RunReport* last = report.runs.empty() ? nullptr : &report.runs.back();
  if (answer.exit == 6 || answer.exit == 75 || answer.exit >= 128) {
    add(fmt::format("zmig {}{}", verb, flags), "go on where it stopped");
    add(fmt::format("zmig status{}", flags), "see where the workbook stands");
    if (verb == "up" && last != nullptr && last->outcome == "applied")
      add(fmt::format("zmig down --to {}{}", report.from, flags), "take back what is done");
  } else if (answer.exit == 5 && last != nullptr) {
    add(fmt::format("zmig verify{}", flags), "look at the checks again");
    if (verb == "up") add(fmt::format("zmig down --run r{}{}", last->run.id, flags), "take it back");
  }
}

/// on_failed_verify = "down": what was written and did not pass its checks is taken back, with the down that `up`
/// stored.
void take_back(Session& session, Migrator& migrator, const Report& report, Answer& answer) {
  if (report.runs.empty() || report.runs.back().run.state == RunState::aborted) return;
  const auto& run = report.runs.back().run;
  Goal back;
  back.direction = Direction::down;
  back.run = run.id;
  auto undone = migrator.execute(back);
  const auto name = fmt::format("{} {}", padded(run.migration), run.slug);
  if (undone && undone->exit_code == 0) {
    answer.after += fmt::format("  taken back  {}, as on_failed_verify says\n", name);
    answer.next = {"zmig status" + session.env_flags()};
    return;
  }
  if (undone) session.diagnostics().append(undone->diagnostics);
  answer.after += fmt::format("  {} stays: it could not be taken back\n", name);
}

/// before_apply: the project may say no while nothing is written.
Status ask_hooks(Session& session, const Plan& plan, std::vector<HookOutcome>& outcomes) {
  const auto& hooks = session.config().hooks.before_apply;
  if (hooks.empty()) return ok();
  HookEvent event;
  event.name = "before_apply";
  event.env = session.target_summary().env;
  event.target = session.target_summary().url;
  event.position = plan.from;
  if (!plan.migrations.empty()) event.migration = plan.migrations.front().number;
  outcomes = run_hooks(session, hooks, event);
  if (auto failure = failure_of(outcomes)) {
    failure->message += "; nothing was written";
    return *std::move(failure);
  }
  return ok();
}

/// --use-backup, --no-backup-first. `down` makes a backup even where none is demanded, unless it is told not to.
std::optional<Error> read_backup_flags(Session& session, const Arguments& arguments, Direction direction,
                                       RunOptions& options) {
  if (const auto id = arguments.one("--use-backup")) {
    const auto number = whole_number<std::uint64_t>(id->starts_with("b") ? std::string_view(*id).substr(1) : *id,
                                                    "backup", "`zmig backup list` lists them, b1, b2, ...");
    if (!number) return number.error();
    options.use_backup = *number;
  }
  if (direction == Direction::up) return std::nullopt;
  if (!arguments.has("--no-backup-first")) {
    options.backup_required = true;
    return std::nullopt;
  }
  if (!options.backup_required) return std::nullopt;
  const auto& env = session.target_summary().env;
  return make_error(Errc::denied, "ZM0704",
                    fmt::format("{} demands a backup before anything is written", env.empty() ? "zmig" : env),
                    "leave --no-backup-first out, or set `required = false` under backup of the environment");
}

/// The rules of lint hold before anything is written. The findings go to the session; the error is the first of them.
Result<std::optional<Error>> stopped_by_lint(Session& session, const Plan& plan) {
  ZMIG_TRY(const auto findings, lint_that_stops(session, plan));
  if (findings.empty()) return std::optional<Error>();
  for (const Diagnostic& finding : findings) session.diagnostics().add(finding);
  const Diagnostic& first = findings.front();
  return std::optional(make_error(Errc::conflict, first.code, first.message,
                                  first.help.value_or("fix it, or allow it in the heading with a reason")));
}

/// The commands of the project: after a run that went well `smoke` and `on_applied`, or `on_undone`; after one that did
/// not, `on_failed`, whose own failure changes nothing.
void call_hooks(Session& session, Direction direction, const Report& report, Leftovers& leftovers, Answer& answer) {
  if (report.runs.empty() && answer.exit == 0) return;
  const HooksConfig& hooks = session.config().hooks;
  HookEvent event;
  event.env = session.target_summary().env;
  event.target = session.target_summary().url;
  event.position = report.to;
  if (report.deployment != 0) event.deployment = fmt::format("d{}", report.deployment);
  if (!report.runs.empty()) {
    event.run = fmt::format("r{}", report.runs.back().run.id);
    event.migration = report.runs.back().migration.number;
  }
  for (const auto& path : leftovers.reports)
    if (path.ends_with(".json")) event.report = fs::absolute(path).string();
  const auto call = [&](const char* name, const std::vector<Hook>& list) {
    event.name = name;
    const auto outcomes = run_hooks(session, list, event);
    leftovers.hooks.insert(leftovers.hooks.end(), outcomes.begin(), outcomes.end());
    return failure_of(outcomes);
  };
  const auto fail = [&](Error error) {
    answer.exit = exit_of(error);
    answer.error = std::move(error);
    name_next(answer, report, direction == Direction::up ? "up" : "down", session.env_flags());
  };
  if (answer.exit != 0) {
    if (const auto failure = call("on_failed", hooks.on_failed))
      session.console().err(fmt::format("warning: {}\n", printable(failure->message)));
    return;
  }
  if (direction == Direction::down) {
    if (auto failure = call("on_undone", hooks.on_undone)) fail(std::move(*failure));
    return;
  }
  auto failure = call("smoke", hooks.smoke);
  if (!failure) failure = call("on_applied", hooks.on_applied);
  if (failure) fail(std::move(*failure));
}

Answer run_goal(Session& session, const Arguments& arguments, Direction direction) {
  const std::string verb = direction == Direction::up ? "up" : "down";
  const bool dry = session.globals().dry_run || arguments.has("--check");
  auto goal = read_goal(arguments, direction);
  if (!goal) return failed(goal.error());
  std::optional<SavedPlan> saved;
  if (const auto file = arguments.one("--plan")) {
    auto read = read_saved_plan(session, *file);
    if (!read) return failed(read.error());
    saved = std::move(*read);
    goal->to = saved->to;
  }
  auto on_edit = read_on_edit(arguments);
  if (!on_edit) return failed(on_edit.error());
  const auto fill_gaps = read_out_of_order(arguments);
  if (!fill_gaps) return failed(fill_gaps.error());
  take_permissions(session, arguments);
  auto opened = open_all(session, !dry);
  if (!opened) return failed(opened.error());
  if (session.diagnostics().has_errors()) return from_diagnostics(session, exit_code_of(session.diagnostics()));
  if (const auto known = check_goal(*goal, *opened->history); !known) return failed(known.error());
  if (arguments.has("--frozen")) {
    const auto stale = session.refresh_generated(false);
    if (!stale) return failed(stale.error());
    if (!stale->empty())
      return failed(make_error(Errc::conflict, "ZM0206",
                               fmt::format("{} would change, and --frozen is on", join(*stale, ", ")),
                               "run `zmig fmt` and check the result in"));
  }

  auto options = session.run_options();
  options.on_edit = *on_edit;
  options.accept_baseline = arguments.has("--baseline");
  options.allow_drift = options.allow_drift || arguments.has("--allow-drift");
  options.allow_loss = arguments.has("--allow-loss");
  options.out_of_order = fill_gaps->value_or(options.out_of_order);
  options.override_window = arguments.has("--override-window");
  options.frozen = arguments.has("--frozen");
  options.one_by_one = arguments.has("--one-by-one");
  if (const auto wrong = read_backup_flags(session, arguments, direction, options)) return failed(*wrong);
  if (saved) {
    options.expected_plan = saved->fingerprint;
    options.out_of_order = saved->out_of_order;
    const auto same = check_saved_plan(session, *saved);
    if (!same) return failed(same.error(), {"zmig plan" + session.env_flags()});
  }
  options.allow_skip = arguments.all("--allow-skip");
  options.restart = arguments.has("--restart");
  if (const auto again = arguments.one("--reapply")) {
    auto number = migration_number(*again);
    if (!number) return failed(number.error());
    options.reapply = *number;
  }
  options.command = verb + session.env_flags();
  if (options.override_window && options.reason.empty())
    return failed(make_error(Errc::denied, "ZM0705", "--override-window needs a reason", "add --reason \"why\""));

  Console& console = session.console();
  const auto& summary = session.target_summary();
  if (dry) {
    RunDisplay silent(console, session.ports().clock, session.display_options(verb, ""));
    Migrator migrator(*opened->history, session.replayed(), *opened->target, *opened->ledger, session.codec(),
                      session.ports(), silent, options);
    auto planned = migrator.plan(*goal);
    if (!planned) return failed(planned.error());
    session.diagnostics().append(planned->diagnostics);
    auto plan = std::make_shared<Plan>(std::move(*planned));
    Answer answer;
    answer.exit = exit_code_of(plan->diagnostics);
    if (answer.exit == 0 && direction == Direction::up) {
      auto stopped = stopped_by_lint(session, *plan);
      if (!stopped) return failed(stopped.error());
      answer.error = std::move(*stopped);
      if (answer.error) answer.exit = exit_of(*answer.error);
    }
    // `down` may go on past kept edits; who asks beforehand is told that it does not lead back exactly.
    const bool lossy = direction == Direction::down && way_back_of(*plan).verdict == "lossy";
    if (arguments.has("--check") && lossy && answer.exit == 0) answer.exit = 9;
    answer.text = [plan, &console, summary] {
      return to_text(console, *plan, summary.env, summary.url, summary.title, PlanUse::result);
    };
    answer.data = [plan] { return to_json(*plan); };
    return answer;
  }

  auto path = log_path(session, verb);
  if (!path) return failed(path.error());
  RunDisplay display(console, session.ports().clock, session.display_options(verb, *path));
  if (!display.opened()) return failed(display.opened().error());
  std::optional<Error> declined;
  options.confirm = [&](const Plan& plan) {
    if (direction == Direction::up) {
      auto stopped = stopped_by_lint(session, plan);
      if (!stopped) {
        declined = stopped.error();
      } else if (*stopped) {
        declined = std::move(**stopped);
      }
      if (declined) return false;
    }
    // What will be written and lost stands above a question; without one the summary at the end says it.
    display.clear();
    const auto asks = session.will_ask();
    if ((asks && *asks) || (console.verbose() > 0 && !session.globals().json))
      console.err(to_text(console, plan, summary.env, summary.url, summary.title, PlanUse::before_run));
    auto answer = session.confirm(fmt::format("{} {} {}{}?", direction == Direction::up ? "Apply" : "Undo",
                                              counted(plan.migrations.size(), "migration", "migrations"),
                                              direction == Direction::up ? "to " : "on ",
                                              summary.env.empty() ? summary.url : summary.env));
    if (!answer) declined = answer.error();
    return answer.has_value();
  };
  std::vector<HookOutcome> asked;
  options.before_write = [&](const Plan& plan, const std::optional<BackupRow>&) -> Status {
    if (saved) ZMIG_CHECK_OK(check_saved_plan(session, *saved));
    if (direction == Direction::down) return ok();
    return ask_hooks(session, plan, asked);
  };
  Migrator migrator(*opened->history, session.replayed(), *opened->target, *opened->ledger, session.codec(),
                    session.ports(), display, options);
  auto executed = migrator.execute(*goal);
  if (!executed) return failed(declined ? *declined : executed.error());
  auto report = std::make_shared<Report>(std::move(*executed));
  // The engine only hears a no; why it was one is known here.
  if (declined) std::erase_if(report->diagnostics.all(), [](const Diagnostic& one) { return one.code == "ZM0704"; });
  session.diagnostics().append(report->diagnostics);
  Answer answer;
  answer.exit = report->exit_code;
  answer.error = declined ? declined : report->error;
  if (declined) answer.exit = exit_of(*declined);
  // The engine only hears a wish to stop; whose it was is known here.
  if (session.is_late() && stop_signal() == 0 && report->outcome == "interrupted") answer.exit = 75;
  if (const int signal = stop_signal(); signal != 0 && (declined || report->outcome == "interrupted"))
    answer.exit = 128 + (signal == SIGINT ? SIGINT : SIGTERM);
  if (answer.exit == 0) {
    if (!options.frozen) {
      // The workbook is done, and said to be; that a generated file could not be written is a failure of its own.
      if (const auto changed = session.refresh_generated(true); !changed) {
        answer.error = changed.error();
        answer.exit = exit_of(changed.error());
        answer.next = {"zmig fmt" + session.env_flags()};
      } else if (const auto written = write_contract_file(session); !written) {
        answer.error = written.error();
        answer.exit = exit_of(written.error());
        answer.next = {fmt::format("zmig contract export --live -o {}{}", shell_word(session.config().contract.file),
                                   session.env_flags())};
      }
    }
  } else {
    answer.after = failure_text(console, *report);
    name_next(answer, *report, verb, session.env_flags());
  }
  auto leftovers = std::make_shared<Leftovers>();
  leftovers->log = display.log_path();
  leftovers->flags = session.env_flags();
  leftovers->hooks = std::move(asked);
  // Nothing to do leaves nothing behind besides the log.
  if (!report->up_to_date && !declined) {
    auto written = write_run_report(session, verb, *report, leftovers->log);
    if (written) {
      leftovers->reports = std::move(*written);
    } else if (answer.exit == 0) {
      answer.error = written.error();
      answer.exit = exit_of(written.error());
    }
  }
  if (!declined && !report->up_to_date) call_hooks(session, direction, *report, *leftovers, answer);
  if (answer.exit == 5 && direction == Direction::up && session.takes_back_failed_verify())
    take_back(session, migrator, *report, answer);
  if (answer.exit != 0) answer.after += leftover_lines(*leftovers);
  if (answer.exit == 0 || !report->runs.empty())
    answer.text = [report, &console, leftovers] { return to_text(console, *report, *leftovers); };
  answer.data = [report, leftovers] { return to_json(*report, *leftovers); };
  return answer;
}

}  // namespace

Answer run_up(Session& session, const Arguments& arguments) { return run_goal(session, arguments, Direction::up); }
Answer run_down(Session& session, const Arguments& arguments) { return run_goal(session, arguments, Direction::down); }

Answer run_baseline(Session& session, const Arguments& arguments) {
  BaselineOptions options;
  options.sheets = arguments.all("--sheet");
  options.copy = arguments.has("--copy");
  options.check_only = arguments.has("--check");
  options.dry_run = session.globals().dry_run;
  for (const auto& entry : arguments.all("--header-row")) {
    const auto equals = entry.rfind('=');
    if (equals == std::string::npos)
      return failed(make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is not SHEET=ROW", zmig::quoted(entry)),
                               "write --header-row \"Operaciones=3\""));
    auto row = small_number(entry.substr(equals + 1), "--header-row");
    if (!row) return failed(row.error());
    options.header_rows.emplace_back(entry.substr(0, equals), *row);
  }
  if (const auto at = arguments.one("--at")) {
    auto number = migration_number(*at);
    if (!number) return failed(number.error());
    options.at = *number;
  }
  if (const auto file = arguments.one("--managed"); file && *file != "all") {
    auto text = session.ports().files.read(*file, 64 * 1024 * 1024);
    if (!text) return failed(text.error());
    auto schema = schema_from_json(*text);
    if (!schema) {
      auto error = std::move(schema).error();
      error.message = fmt::format("{}: {}", zmig::quoted(*file), error.message);
      if (error.help.empty()) error.help = "--managed names a schema as `zmig show N --schema after` prints it";
      return failed(std::move(error));
    }
    options.managed = std::move(*schema);
  }
  const bool writes = !options.check_only && !options.dry_run;
  take_permissions(session, arguments);
  // Files that speak of a workbook that was never taken over cannot be replayed yet.
  auto opened = open_all(session, writes, options.at.has_value() || options.copy);
  if (!opened) return failed(opened.error());
  if (session.diagnostics().has_errors()) return from_diagnostics(session, exit_code_of(session.diagnostics()));
  if (!options.managed && opened->history->baseline && !options.at) options.managed = opened->history->baseline;
  if (writes) {
    auto go = session.confirm(fmt::format("Take {} under management?", session.target_summary().url));
    if (!go) return failed(go.error());
  }
  std::string log;
  if (writes) {
    auto path = log_path(session, "baseline");
    if (!path) return failed(path.error());
    log = *path;
  }
  Console& console = session.console();
  RunDisplay display(console, session.ports().clock, session.display_options("baseline", log));
  if (!display.opened()) return failed(display.opened().error());
  const std::vector<Replayed> none;
  auto run_options = session.run_options();
  run_options.command = "baseline" + session.env_flags();
  run_options.stop_requested = [] { return stop_signal() != 0; };
  Migrator migrator(*opened->history, options.at || options.copy ? session.replayed() : none, *opened->target,
                    *opened->ledger, session.codec(), session.ports(), display, run_options);
  auto taken = migrator.baseline(options);
  if (!taken) return failed(taken.error());
  auto report = std::make_shared<BaselineReport>(std::move(*taken));
  session.diagnostics().append(report->diagnostics);
  const auto where = (fs::path(session.paths().schemas) / "0000_baseline.json").string();
  Answer answer;
  answer.exit = report->exit_code;
  if (answer.exit == 0 && writes && report->proved && report->position == 0 && !session.ports().files.exists(where)) {
    if (auto made = session.ports().files.make_folder(session.paths().schemas, false); !made)
      return failed(made.error());
    if (auto written = session.ports().files.replace(where, schema_to_json(report->schema)); !written)
      return failed(written.error());
  }
  const auto env = session.target_summary().env, title = session.target_summary().title;
  answer.text = [report, &console, env, title, where] { return to_text(console, *report, env, title, where); };
  answer.data = [report, where] { return to_json(*report, where); };
  return answer;
}

namespace {

bool same_place(const std::string& a, const std::string& b) {
  std::error_code failure;
  return fs::equivalent(a, b, failure) && !failure;
}

/// --strict: what would be lost shows when the copy is made, so one is made aside first and thrown away.
Status holds_everything(Session& session, const TargetKind& kind, const TargetOptions& options, Target& source,
                        const std::vector<std::string>& sheets, const std::string& scheme) {
  ZMIG_TRY(const auto scratch, Scratch::make());
  ZMIG_TRY(const auto copied, kind.create((fs::path(scratch->folder()) / "copy.db").string(), options, session.ports(),
                                          source, sheets, {}));
  for (const CopiedSheet& sheet : copied) {
    if (sheet.losses.empty()) continue;
    const auto& loss = sheet.losses.front();
    return make_error(
        Errc::unsupported, "ZM0325",
        fmt::format("a {}: workbook cannot hold {} of {}: {}", scheme, counted(loss.count, loss.kind, loss.kind + "s"),
                    zmig::quoted(sheet.title), join(loss.first, " ")),
        "nothing was written; without --strict they are left out and reported");
  }
  return ok();
}

}  // namespace

namespace {

/// A workbook that was set aside for a copy, and comes back unless the copy is made.
class Aside {
 public:
  Aside(std::string path, std::string name) : path_(std::move(path)), name_(std::move(name)) {}
  ~Aside() {
    std::error_code failure;
    if (!name_.empty()) fs::rename(name_, path_, failure);  // else it is where the message says
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  [[nodiscard]] std::string keep() { return std::exchange(name_, {}); }

 private:
  std::string path_, name_;
};

/// --force-empty: what is there is not lost, it gets another name; asked for, since readers of the old one find the
/// new one.
Result<std::unique_ptr<Aside>> set_aside(Session& session, const std::string& path, bool may_break_links) {
  std::unique_ptr<Aside> none;
  std::error_code failure;
  if (!fs::exists(path, failure) || fs::is_empty(path, failure)) return none;
  if (!may_break_links && fs::is_regular_file(path, failure) && fs::hard_link_count(path, failure) > 1)
    return make_error(
        Errc::conflict, "ZM0440",
        fmt::format("{} has other names (hard links), which would keep what is there now", zmig::quoted(path)),
        "name another file, or set `break_hardlinks` under files of the environment");
  for (const char* beside : {"-journal", "-wal"})
    if (fs::exists(path + beside, failure) && !fs::is_empty(path + beside, failure))
      return make_error(Errc::busy, "ZM0410", fmt::format("{} is open in another program", zmig::quoted(path)),
                        "close it there, or name another file");
  const auto question = fmt::format("{} is not empty. Set it aside and copy into its place?", printable(path));
  const auto answer = session.globals().yes        ? std::optional<std::string>("y")
                      : session.globals().no_input ? std::nullopt
                                                   : session.console().ask(question + " [y/N]");
  if (!answer || (*answer != "y" && *answer != "Y" && *answer != "yes"))
    return make_error(Errc::denied, "ZM0704",
                      answer ? std::string("the answer was no") : fmt::format("{} is not empty", zmig::quoted(path)),
                      "add --yes");
  auto moment = format_utc(session.ports().clock.now()).substr(0, 19);
  std::erase_if(moment, [](char c) { return c == '-' || c == ':'; });
  const auto bare = fs::path(path).lexically_normal();
  const auto base = (bare.has_filename() ? bare : bare.parent_path()).string();
  auto name = fmt::format("{}.before_{}Z", base, moment);
  for (int again = 2; fs::exists(name, failure); ++again) name = fmt::format("{}.before_{}Z_{}", base, moment, again);
  fs::rename(base, name, failure);
  if (failure)
    return make_error(Errc::io, "ZM0714",
                      fmt::format("{} cannot be set aside: {}", zmig::quoted(path), failure.message()),
                      "look at the permissions of the folder");
  return std::make_unique<Aside>(base, name);
}

}  // namespace

Answer run_copy(Session& session, const Arguments& arguments) {
  const auto from_url = arguments.positional(0), to_url = arguments.positional(1);
  TargetOptions options;
  if (const auto env = session.environment()) options = (*env)->options;
  auto from_parsed = parse_target_url(from_url, session.ports().files);
  if (!from_parsed) return failed(from_parsed.error());
  auto to_parsed = parse_target_url(to_url, session.ports().files);
  if (!to_parsed) return failed(to_parsed.error());
  const auto* kind = find_target_kind(to_parsed->scheme);
  if (kind == nullptr || kind->create == nullptr)
    return failed(make_error(Errc::unsupported, "ZM0325",
                             fmt::format("a {}: workbook cannot be created in this release", to_parsed->scheme),
                             "copy into sqlite:FILE"));
  if (from_parsed->scheme == to_parsed->scheme && from_parsed->rest == to_parsed->rest)
    return failed(make_error(Errc::invalid_input, "ZM0703", fmt::format("{} cannot be copied into itself", from_url),
                             "name a new file"));
  const auto of_source = session.complete(options, from_parsed->scheme);
  if (!of_source) return failed(of_source.error());
  auto of_copy = session.complete(options, to_parsed->scheme);
  if (!of_copy) return failed(of_copy.error());
  options = std::move(*of_copy);
  auto source = open_target(*from_parsed, *of_source, session.ports());
  if (!source) return failed(source.error());
  auto schema = (*source)->inspect();
  if (!schema) return failed(schema.error());
  std::vector<std::string> sheets;
  for (const auto& title : arguments.all("--sheet")) {
    const auto* sheet = schema->sheet_titled(title, true);
    if (sheet == nullptr) {
      std::vector<std::string> known;
      for (const auto& candidate : schema->sheets) known.push_back(candidate.title);
      const auto close = nearest(title, known);
      return failed(make_error(
          Errc::not_found, "ZM0713", fmt::format("{} has no sheet {}", (*source)->url(), zmig::quoted(title)),
          close ? fmt::format("did you mean {}?", zmig::quoted(*close)) : "sheets: " + join(known, ", ")));
    }
    sheets.push_back(sheet->id);
  }
  if (sheets.empty())
    for (const auto& sheet : schema->sheets) sheets.push_back(sheet.id);
  auto report = std::make_shared<CopyReport>();
  report->from = (*source)->url();
  report->to = to_parsed->scheme + ":" + to_parsed->rest;
  if (session.globals().dry_run) {
    for (const auto& id : sheets) {
      const auto* sheet = schema->sheet(id);
      auto rows = (*source)->row_count(id);
      if (!rows) return failed(rows.error());
      report->sheets.push_back({sheet->title, *rows, sheet->columns.size(), {}});
    }
  } else {
    // The stamp travels as a copy stamp: the copy knows its origin and position and is never taken for the original.
    std::vector<Stamp> stamps;
    auto present = (*source)->stamps();
    if (!present) return failed(present.error());
    auto current = current_stamp(*present);
    if (!current) return failed(current.error());
    if (*current) {
      StampEntry entry = **current;
      entry.lineage = fmt::format("copy of {} at {}", entry.target_id, entry.position);
      entry.event = "copy";
      entry.number += 1;
      entry.at = session.ports().clock.now();
      stamps = *present;
      stamps.push_back({entry.number, stamp_to_json(entry)});
    }
    if (arguments.has("--strict")) {
      const auto whole = holds_everything(session, *kind, options, **source, sheets, to_parsed->scheme);
      if (!whole) return failed(whole.error());
    }
    std::unique_ptr<Aside> aside;
    if (arguments.has("--force-empty")) {
      if (same_place(from_parsed->rest, to_parsed->rest))
        return failed(make_error(Errc::invalid_input, "ZM0703",
                                 fmt::format("{} cannot be copied into itself", from_url), "name a new file"));
      auto old = set_aside(session, to_parsed->rest, options.break_hardlinks);
      if (!old) return failed(old.error());
      aside = std::move(*old);
    }
    auto copied = kind->create(to_parsed->rest, options, session.ports(), **source, sheets, stamps);
    if (!copied) return failed(copied.error());
    report->sheets = std::move(*copied);
    if (aside) report->aside = aside->keep();
  }
  Answer answer;
  Console& console = session.console();
  answer.text = [report, &console] { return to_text(console, *report); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
