#include "run_files.h"

#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <zmig/text.h>

#include "pages.h"
#include "session.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// A run that was refused before the ledger heard of it.
Result<RunPage> refused_page(Session& session, std::string_view verb, const Report& report) {
  RunPage page;
  page.verb = verb;
  page.outcome = report.outcome.empty() ? "failed" : report.outcome;
  page.from = report.from;
  page.to = report.from;
  const auto options = session.run_options();
  page.actor = fmt::format("{}@{}", options.actor, options.host);
  page.reason = options.reason;
  page.tool = session.tool_version();
  ZMIG_TRY(Ledger * ledger, session.ledger(true));
  ZMIG_TRY(page.ledger_head, ledger->head());
  return page;
}

/// The runs of the deployment that just ended, newest first: they are the newest of the ledger.
Result<std::vector<Run>> runs_of(Ledger& ledger, const Report& report) {
  RunFilter filter;
  std::vector<Run> runs;
  for (filter.limit = report.runs.size() + 2;; filter.limit *= 2) {
    ZMIG_TRY(runs, ledger.runs(filter));
    if (runs.size() < filter.limit || runs.back().deployment != report.deployment) break;
  }
  std::erase_if(runs, [&](const Run& run) { return run.deployment != report.deployment; });
  return runs;
}

}  // namespace

Result<std::string> log_path(Session& session, std::string_view verb) {
  if (session.globals().log_file) return *session.globals().log_file;
  const auto folder =
      session.config().log_dir ? resolve(session.config(), *session.config().log_dir) : session.state_path("logs");
  ZMIG_CHECK_OK(session.ports().files.make_folder(folder, true));
  const auto now = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(session.ports().clock.now()));
  const auto& env = session.target_summary().env;
  const auto stem = fmt::format("{:%Y%m%dT%H%M%SZ}_{}{}", fmt::gmtime(now), verb, env.empty() ? "" : "_" + env);
  prune_logs(folder, session.ports().clock.now(), session.config().log_keep);
  auto path = (fs::path(folder) / (stem + ".log")).string();
  for (int again = 2; session.ports().files.exists(path); ++again)
    path = (fs::path(folder) / fmt::format("{}_{}.log", stem, again)).string();
  return path;
}

Result<std::vector<std::string>> write_run_report(Session& session, std::string_view verb, const Report& report,
                                                  const std::string& log) {
  ZMIG_TRY(Ledger * ledger, session.ledger(true));
  // The baseline of `up --baseline` is a run of the deployment that the report does not list.
  bool whole = !report.runs.empty() && !report.error;
  if (whole && report.runs.front().run.id > 1) {
    ZMIG_TRY(const auto before, ledger->run(report.runs.front().run.id - 1));
    whole = !before || before->deployment != report.deployment;
  }
  std::vector<Run> runs;
  if (!whole && report.deployment != 0) { ZMIG_TRY(runs, runs_of(*ledger, report)); }
  const auto first = whole ? report.runs.front().run.id : runs.empty() ? 0 : runs.front().id;
  RunPage page;
  const auto ci_ref = redact(session.variables().get("ZMIG_CI_REF").value_or(""));
  const auto read = [&]() -> Status {
    if (!log.empty()) ZMIG_CHECK_OK(ledger->append_event(first, "run.log", log_event_json(log)));
    if (!session.consents().empty())
      ZMIG_CHECK_OK(ledger->append_event(first, "run.consents", consents_event_json(session.consents())));
    if (!ci_ref.empty()) ZMIG_CHECK_OK(ledger->append_event(first, "run.ci", ci_event_json(ci_ref)));
    if (whole) {
      ZMIG_TRY(page, run_page(*ledger, report, session.env_flags(), session.tool_version()));
    } else {
      ZMIG_TRY(page, run_page(*ledger, std::move(runs), session.env_flags(), session.tool_version()));
    }
    return ok();
  };
  if (first == 0) {
    ZMIG_TRY(page, refused_page(session, verb, report));
  } else {
    ZMIG_CHECK_OK(ledger->together(read));  // the ledger is locked once, not for each of many runs
  }
  page.target = session.target_summary().url;
  page.title = session.target_summary().title;
  page.log = log;
  page.ci_ref = ci_ref;
  page.consents = join(session.consents(), ", ");
  page.error = report.error;
  for (const auto& finding : report.diagnostics.all())
    page.findings.push_back(fmt::format("{}: {}", finding.code, finding.message));
  const ReportConfig& wanted = session.config().report;
  const auto folder = wanted.dir ? resolve(session.config(), *wanted.dir) : session.state_path("reports");
  ZMIG_CHECK_OK(session.ports().files.make_folder(folder, true));
  const auto stem = first == 0 ? fs::path(log).stem().string() : fmt::format("d{}", report.deployment);
  std::vector<std::string> paths;
  for (const std::string& format : wanted.formats) {
    paths.push_back((fs::path(folder) / fmt::format("{}.{}", stem, format)).string());
    const auto text = format == "json"   ? to_json(page) + "\n"
                      : format == "html" ? to_html(document_of(page))
                                         : to_markdown(document_of(page));
    ZMIG_CHECK_OK(session.ports().files.replace(paths.back(), text));
  }
  return paths;
}

}  // namespace zmig::cli
