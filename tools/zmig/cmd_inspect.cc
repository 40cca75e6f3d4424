// Commands that read: plan, status, verify, history, inspect. None of them holds a Writer.

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <zmig/text.h>

#include "ci.h"
#include "goal.h"
#include "lint_report.h"
#include "numbers.h"
#include "pages.h"
#include "reports.h"
#include "run_files.h"
#include "session.h"
#include "stage.h"
#include "statuses.h"

namespace zmig::cli {
namespace {

/// The last line of a page: which zmig made it, and what the ledger knew then.
std::string page_footer(Session& session) {
  std::string head;
  if (const auto ledger = session.ledger(false))
    if (auto found = (*ledger)->head()) head = *found;
  return footer_of(session.tool_version(), head);
}

Answer diagnosed(Session& session) {
  Answer answer;
  answer.exit = exit_code_of(session.diagnostics());
  return answer;
}

}  // namespace

namespace {

/// Rehearses what the plan says and records it. A plan with errors is not rehearsed.
Status rehearse_plan(Session& session, const Goal& goal, const std::string& on, const RunOptions& options,
                     PlanReport& report) {
  ZMIG_TRY(const History* history, session.history());
  ZMIG_TRY(Target * target, session.target());
  ZMIG_TRY(auto stage, open_stage(session, on));
  ZMIG_TRY(Ledger * ledger, session.ledger(true));
  ZMIG_TRY(report.log, log_path(session, "rehearse"));
  auto shown = session.display_options("rehearse", report.log);
  shown.shown = session.console().verbose() > 0;
  RunDisplay display(session.console(), session.ports().clock, shown);
  ZMIG_CHECK_OK(display.opened());
  Migrator migrator(*history, session.replayed(), *target, *ledger, session.codec(), session.ports(), display, options);
  ZMIG_TRY(report.rehearsal, migrator.rehearse(goal, *stage.target, stage.options));
  return ok();
}

std::string_view word_of(Confirm confirm) {
  switch (confirm) {
    case Confirm::none: return "none";
    case Confirm::prompt: return "prompt";
    case Confirm::typed: return "typed";
  }
  return "none";
}

}  // namespace

Answer run_plan(Session& session, const Arguments& arguments) {
  const auto goal = read_goal(arguments, arguments.has("--down") ? Direction::down : Direction::up);
  if (!goal) return failed(goal.error());
  const auto fill_gaps = read_out_of_order(arguments);
  if (!fill_gaps) return failed(fill_gaps.error());
  if (arguments.has("--on") && !arguments.has("--rehearse"))
    return failed(make_error(Errc::invalid_input, "ZM0703", "--on says where to rehearse", "add --rehearse"));
  if (const auto opened = open_for_reading(session); !opened) return failed(opened.error());
  if (session.diagnostics().has_errors()) return diagnosed(session);
  if (const auto known = check_goal(*goal, **session.history()); !known) return failed(known.error());
  RunDisplay display(session.console(), session.ports().clock, session.display_options("plan", ""));
  if (!display.opened()) return failed(display.opened().error());
  auto options = session.run_options();
  options.out_of_order = fill_gaps->value_or(options.out_of_order);
  options.allow_skip = arguments.all("--allow-skip");
  auto report = std::make_shared<PlanReport>();
  {
    Migrator migrator(**session.history(), session.replayed(), **session.target(), **session.ledger(false),
                      session.codec(), session.ports(), display, options);
    auto planned = migrator.plan(*goal);
    if (!planned) return failed(planned.error());
    report->plan = std::move(*planned);
  }
  session.diagnostics().append(report->plan.diagnostics);
  const auto& summary = session.target_summary();
  report->env = summary.env;
  report->url = summary.url;
  report->title = summary.title;
  report->window = options.rollback_window;
  report->backup_required = options.backup_required;
  const auto env = session.environment();
  report->reason_required = env && (*env)->reason_required;
  if (const auto rule = session.confirm_rule()) report->confirmation = word_of(*rule);
  std::vector<const Schema*> states{&report->plan.position.state};
  if (!report->plan.migrations.empty()) states.push_back(&report->plan.migrations.back().after);
  auto verdicts = contract_verdicts(session, states);
  if (!verdicts) return failed(verdicts.error());
  report->contracts = std::move(*verdicts);
  if (goal->direction == Direction::up && !report->plan.diagnostics.has_errors() && !report->plan.migrations.empty()) {
    auto found = lint_of_plan(session, report->plan);
    if (!found) return failed(found.error());
    report->lint = std::move(*found);
  }
  Answer answer;
  answer.exit = exit_code_of(report->plan.diagnostics);
  if (answer.exit == 0 && arguments.has("--check") && !report->plan.migrations.empty()) answer.exit = 2;
  if (arguments.has("--rehearse") && !report->plan.diagnostics.has_errors()) {
    const auto done = rehearse_plan(session, *goal, arguments.one("--on").value_or("twin"), options, *report);
    if (!done) return failed(done.error());
    if (report->rehearsal->exit_code != 0) {
      answer.exit = report->rehearsal->exit_code;
      answer.error = report->rehearsal->error;
    }
  }
  Console& console = session.console();
  answer.text = [report, &console] { return to_text(console, *report); };
  if (session.globals().format == "md")
    answer.text = [report, footer = page_footer(session)] { return to_markdown(document_of(*report, footer)); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

namespace {

/// The first target whose last verification is missing, failed, or too old.
std::optional<Error> not_verified_within(Session& session, const std::vector<TargetStatus>& targets,
                                         std::chrono::milliseconds window) {
  for (const TargetStatus& one : targets) {
    const auto& last = one.report.last_verification;
    const auto name = one.env.empty() ? one.url : one.env;
    const bool whole = last && last->scope == "full";  // a part of the checks, or of the rows, proves a part
    if (whole && last->failed == 0 && last->not_run == 0 && session.ports().clock.now() - last->at <= window) continue;
    const auto why = !last    ? std::string("was never verified")
                     : !whole ? fmt::format("was verified in part at {}", short_time(last->at))
                     : last->failed + last->not_run != 0 ? fmt::format("did not verify at {}", short_time(last->at))
                                                         : fmt::format("was verified last at {}", short_time(last->at));
    return make_error(Errc::conflict, "ZM0902", fmt::format("{} {}", name, why),
                      "`zmig verify` proves the workbook against its history");
  }
  return std::nullopt;
}

/// "2026-01-26", or with the time of day.
Result<UtcTime> moment_of(const std::string& text) {
  auto moment = parse_utc(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (moment) return moment;
  return make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is not a value for --since", zmig::quoted(text)),
                    "write 2026-01-26 or 2026-01-26T18:15:00Z");
}

}  // namespace

Answer run_status(Session& session, const Arguments& arguments) {
  int exit = 0, checked = 0;
  const auto names = arguments.has("--all") ? environment_names(session) : std::vector<std::string>();
  auto found = collect_statuses(session, names, exit, &checked);
  if (!found) return failed(found.error());
  auto targets = std::make_shared<std::vector<TargetStatus>>(std::move(*found));
  if (session.diagnostics().has_errors() && targets->empty()) return diagnosed(session);
  Answer answer;
  answer.exit = arguments.has("--check") ? checked : exit;
  if (const auto window = arguments.one("--verified-within")) {
    const auto longest = parse_duration(*window);
    if (!longest)
      return failed(make_error(Errc::invalid_input, "ZM0703",
                               fmt::format("{} is not a value for --verified-within", zmig::quoted(*window)),
                               "write 30s, 15m, 1h or 7d"));
    if (auto stale = not_verified_within(session, *targets, *longest)) {
      answer.exit = stronger_exit(answer.exit, exit_of(*stale));
      answer.error = std::move(stale);
      answer.next = {"zmig verify" + session.env_flags()};
    }
  }
  Console& console = session.console();
  answer.text = [targets, &console] { return to_text(console, *targets); };
  if (const auto format = session.globals().format; format == "md" || format == "html")
    answer.text = [targets, format, footer = page_footer(session)] {
      const auto document = document_of(*targets, footer);
      return format == "md" ? to_markdown(document) : to_html(document);
    };
  answer.data = [targets] { return to_json(*targets); };
  return answer;
}

Answer run_verify(Session& session, const Arguments& arguments) {
  const bool record = !arguments.has("--no-record") && !session.globals().dry_run;
  if (const auto opened = open_for_reading(session); !opened) return failed(opened.error());
  if (session.diagnostics().has_errors()) return diagnosed(session);
  auto ledger = session.ledger(record);
  if (!ledger) return failed(ledger.error());
  RunDisplay display(session.console(), session.ports().clock, session.display_options("verify", ""));
  if (!display.opened()) return failed(display.opened().error());
  Migrator migrator(**session.history(), session.replayed(), **session.target(), **ledger, session.codec(),
                    session.ports(), display, session.run_options());
  VerifyOptions options;
  options.only = arguments.all("--only");
  options.allow_skip = arguments.all("--allow-skip");
  options.untouched = arguments.has("--untouched");
  options.record = record;
  auto contracts = upheld_contracts(session);
  if (!contracts) return failed(contracts.error());
  options.contracts = std::move(*contracts);
  auto verified = migrator.verify(options);
  if (!verified) return failed(verified.error());
  auto report = std::make_shared<VerifyReport>(std::move(*verified));
  session.diagnostics().append(report->diagnostics);
  Answer answer;
  answer.exit = report->exit_code;
  for (auto& finding : session.diagnostics().all())
    if (finding.code.starts_with("ZM09") && !finding.help)
      finding.help = "the check and its cells are listed in the result; `zmig status` says where the workbook stands";
  Console& console = session.console();
  const auto summary = session.target_summary();
  answer.text = [report, &console, summary] { return to_text(console, *report, summary.env, summary.title); };
  if (session.globals().format == "md")
    answer.text = [report, summary, footer = page_footer(session)] {
      return to_markdown(document_of(*report, summary.url, footer));
    };
  if (const auto format = session.globals().format; format == "junit" || format == "github") {
    formats::FindingsReport findings;
    findings.command = "verify";
    findings.title = "zmig verify";
    findings.verdict = fmt::format("{}: {} passed, {} failed, {} not run", report->verdict, report->passed,
                                   report->failed, report->not_run);
    formats::Suite suite{"verify", {}};
    const auto place = summary.env.empty() ? std::string("target") : summary.env;
    for (const auto& check : report->checks) suite.cases.push_back(case_of(check, place + "." + check.id));
    findings.suites.push_back(std::move(suite));
    for (const auto& finding : session.diagnostics().all())
      findings.findings.push_back(formats::finding_of(finding, session.sources()));
    answer.text = [findings, format] {
      return format == "junit" ? formats::to_junit(findings) : formats::to_github(findings);
    };
  }
  answer.data = [report] { return to_json(*report); };
  return answer;
}

Answer run_history(Session& session, const Arguments& arguments) {
  auto ledger = session.ledger(false);
  if (!ledger) return failed(ledger.error());
  auto report = std::make_shared<HistoryReport>();
  RunFilter filter;
  if (const auto limit = arguments.one("--limit")) {
    auto number = small_number(*limit, "--limit");
    if (!number) return failed(number.error());
    if (*number == 0)
      return failed(make_error(Errc::invalid_input, "ZM0703", "--limit 0 leaves nothing to show", "write 1 or more"));
    filter.limit = *number;
  }
  const auto mode = arguments.one("--mode").value_or("all");
  if (mode == "real")
    filter.mode = RunMode::real;
  else if (mode == "rehearsal")
    filter.mode = RunMode::rehearsal;
  else if (mode != "all")
    return failed(make_error(Errc::invalid_input, "ZM0703",
                             fmt::format("{} is not a value for --mode", zmig::quoted(mode)),
                             "one of: real, rehearsal, all"));
  std::uint64_t wanted = 0;
  if (const auto run = arguments.one("--run")) {
    auto number = run_number(*run);
    if (!number) return failed(number.error());
    auto found = (*ledger)->run(*number);
    if (!found) return failed(found.error());
    if (!*found)
      return failed(make_error(Errc::not_found, "ZM0713", fmt::format("there is no run r{}", *number),
                               "`zmig history` lists the runs"),
                    {"zmig history"});
    report->runs.push_back(**found);
    report->one_run = true;
    wanted = *number;
  } else {
    const auto limit = std::exchange(filter.limit, arguments.has("--since") ? 0 : filter.limit);
    auto runs = (*ledger)->runs(filter);
    if (!runs) return failed(runs.error());
    report->runs = std::move(*runs);
    if (const auto since = arguments.one("--since")) {
      const auto moment = moment_of(*since);
      if (!moment) return failed(moment.error());
      std::erase_if(report->runs, [&](const Run& one) { return one.started < *moment; });
      if (limit != 0 && report->runs.size() > limit) report->runs.resize(limit);
    }
  }
  if (arguments.has("--events")) {
    auto events = (*ledger)->events(wanted);
    if (!events) return failed(events.error());
    report->events = std::move(*events);
    report->show_events = true;
  }
  if (arguments.has("--captures")) {
    for (const auto& run : report->runs) {
      auto captures = (*ledger)->captures(run.id);
      if (!captures) return failed(captures.error());
      report->captures.insert(report->captures.end(), captures->begin(), captures->end());
    }
    report->show_captures = true;
  }
  Answer answer;
  if (arguments.has("--check-chain")) {
    auto chain = (*ledger)->check_chain();
    if (!chain) return failed(chain.error());
    report->chain = *chain;
    if (!chain->ok)
      answer =
          failed(make_error(Errc::corrupt, "ZM0601",
                            fmt::format("the chain of the ledger is broken at event {}", chain->first_bad.value_or(0)),
                            "somebody edited the ledger; the stamp inside the target still counts"));
    if (!chain->ok) answer.exit = 5;
  }
  Console& console = session.console();
  answer.text = [report, &console] { return to_text(console, *report); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

Answer run_inspect(Session& session, const Arguments& arguments) {
  const auto& format = session.globals().format;
  if (const auto env = session.environment(); !env) return failed(env.error());
  auto target = session.target();
  if (!target) return failed(target.error());
  auto report = std::make_shared<InspectReport>();
  const Schema& schema = (*target)->schema();
  const auto wanted = arguments.all("--sheet");
  for (const auto& title : wanted)
    if (schema.sheet_titled(title, true) == nullptr) {
      std::vector<std::string> known;
      for (const auto& sheet : schema.sheets) known.push_back(sheet.title);
      const auto close = nearest(title, known);
      return failed(
          make_error(Errc::not_found, "ZM0713", fmt::format("there is no sheet {}", zmig::quoted(title)),
                     close ? fmt::format("did you mean {}?", zmig::quoted(*close)) : "sheets: " + join(known, ", ")));
    }
  for (const auto& sheet : schema.sheets) {
    if (!wanted.empty() && std::ranges::none_of(wanted, [&](const std::string& title) {
          return schema.sheet_titled(title, true) == &sheet;
        }))
      continue;
    InspectedSheet inspected;
    inspected.sheet = sheet;
    std::vector<std::string> ids;
    for (const auto& column : sheet.columns) {
      ids.push_back(column.id);
      inspected.columns.push_back({column, letters_of(sheet, column.id), 0, 0, 0, false, {}});
    }
    std::vector<std::set<std::string>> distinct(ids.size());
    const auto scanned = (*target)->scan(sheet.id, ids, [&](const RowView& row) -> Status {
      if (++inspected.rows % 1000 == 0 && session.should_stop())
        return make_error(Errc::transient, "ZM0410", "stopped on request", "the same command begins again");
      bool data = false;
      for (std::size_t at = 0; at < ids.size(); ++at)
        data = data || (!sheet.columns[at].header.empty() && counts_as_data(row.cells[at], sheet.columns[at]));
      if (data) ++inspected.data_rows;
      for (std::size_t at = 0; at < ids.size(); ++at) {
        auto& item = inspected.columns[at];
        const auto& cell = row.cells[at];
        if (is_blank(cell.value)) {
          if (data) ++item.blank;
          continue;
        }
        ++item.filled;
        if (distinct[at].size() < 1000)
          distinct[at].insert(to_text(cell.value));
        else
          item.many_distinct = true;
        const auto format_text = item.column.format.value_or(implied_format(item.column.type));
        if (item.odd.size() < 3 && item.column.managed &&
            std::holds_alternative<Fault>(read_as(cell.value, item.column.type, format_text, (*target)->text_source())))
          item.odd.push_back(fmt::format("{}{}", item.letter, row.row.number));
      }
      return ok();
    });
    if (!scanned) return failed(scanned.error());
    for (std::size_t at = 0; at < ids.size(); ++at) inspected.columns[at].distinct = distinct[at].size();
    report->sheets.push_back(std::move(inspected));
  }
  Answer answer;
  Console& console = session.console();
  if (format == "zmig") {
    // A draft migration that would create what is there.
    Migration draft;
    draft.description = fmt::format("The structure of {}", session.target_summary().title);
    for (const auto& item : report->sheets) {
      draft.script.operations.emplace_back(op::CreateSheet{{item.sheet.id, item.sheet.title}, {}});
      for (auto column : item.sheet.columns) {
        if (column.header.empty()) continue;
        column.allowed = {};
        draft.script.operations.emplace_back(op::AddColumn{{item.sheet.id, item.sheet.title}, column, {}});
      }
    }
    auto text = std::make_shared<std::string>(session.codec().print(draft));
    answer.text = [text] { return *text; };
  } else {
    answer.text = [report, &console] { return to_text(console, *report); };
  }
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
