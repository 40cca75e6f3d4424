// Commands that read: plan, status, verify, inspect. None of them holds a Writer.

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
#include "saved_plan.h"
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
  session.permit(arguments);
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
  report->backup_modes = options.backup_modes;
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
  if (answer.exit == 0 && goal->direction == Direction::up) {
    const auto stops = lint_that_stops(session, report->plan);
    if (!stops) return failed(stops.error());
    for (const Diagnostic& finding : *stops) session.diagnostics().add(finding);
    if (!stops->empty()) answer.exit = 4;  // `up` would end with it, and write nothing
  }
  if (answer.exit == 0 && arguments.has("--check") && !report->plan.migrations.empty()) answer.exit = 2;
  if (const auto file = arguments.one("--save")) {
    if (report->plan.diagnostics.has_errors()) {
      answer.after += fmt::format("{} was not written: this plan cannot run\n", printable(*file));
    } else if (!report->plan.migrations.empty()) {
      const auto saved = save_of(session, report->plan, options.out_of_order);
      if (!saved) return failed(saved.error());
      if (const auto written = session.ports().files.replace(*file, to_json(*saved, report->plan)); !written)
        return failed(written.error());
      report->saved = *file;
    }
  }
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

}  // namespace

Answer run_status(Session& session, const Arguments& arguments) {
  int exit = 0, checked = 0;
  const auto names = arguments.has("--all") ? environment_names(session) : std::vector<std::string>();
  auto found = collect_statuses(session, names, exit, &checked, !arguments.has("--no-inspect"));
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

namespace {

/// --sample ROWS[:SEED], else `verify.sample`. "full": every row.
std::optional<Error> read_sample(Session& session, const Arguments& arguments, VerifyOptions& options) {
  const auto typed = arguments.one("--sample");
  if (!typed) {
    if (const auto env = session.environment()) options.sample = (*env)->verify_sample;
    return std::nullopt;
  }
  if (*typed == "full") return std::nullopt;
  const auto colon = std::min(typed->find(':'), typed->size());
  constexpr std::string_view kHelp = "write --sample 100, --sample 100:SEED, or --sample full";
  const auto rows =
      whole_number<std::uint64_t>(std::string_view(*typed).substr(0, colon), "number of rows", std::string(kHelp));
  if (!rows) return rows.error();
  if (*rows == 0) return make_error(Errc::invalid_input, "ZM0703", "--sample 0 looks at nothing", std::string(kHelp));
  options.sample = *rows;
  if (colon == typed->size()) return std::nullopt;
  const auto seed = whole_number<std::uint64_t>(std::string_view(*typed).substr(colon + 1), "seed", std::string(kHelp));
  if (!seed) return seed.error();
  options.seed = *seed;
  return std::nullopt;
}

}  // namespace

Answer run_verify(Session& session, const Arguments& arguments) {
  const bool record = !arguments.has("--no-record") && !session.globals().dry_run;
  if (const auto opened = open_for_reading(session, record); !opened) return failed(opened.error());
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
  if (const auto at = arguments.one("--at")) {
    const auto number = migration_number(*at);
    if (!number) return failed(number.error());
    options.at = *number;
  }
  if (const auto wrong = read_sample(session, arguments, options)) return failed(*wrong);
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
