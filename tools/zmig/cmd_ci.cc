// `zmig ci`: parse, run the stages, write the folder, render.

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include <zmig/text.h>

#include "ci.h"
#include "session.h"

namespace zmig::cli {
namespace {

Error usage(std::string message, std::string help) {
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

/// The branch that a pull request goes into, as the CI services tell.
std::string base_of_service() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
  };
  if (const auto github = variable("GITHUB_BASE_REF"); !github.empty()) return "origin/" + github;
  if (const auto gitlab = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"); !gitlab.empty()) return "origin/" + gitlab;
  return {};
}

/// Flags, then [ci], then the CI system and the defaults.
Result<CiOptions> read_options(const Session& session, const Arguments& arguments) {
  const Config& config = session.config();
  CiOptions options;
  const CiConfig& ci = config.ci;
  const auto or_else = [](const std::optional<std::string>& typed, const std::optional<std::string>& written) {
    return typed ? typed : written;
  };
  auto base = or_else(arguments.one("--base"), ci.base);
  if (!base) base = base_of_service();
  options.base = base->empty() ? config.lint.base.value_or("") : *base == "none" ? std::string() : *base;
  options.on = or_else(arguments.one("--rehearse-on"), ci.rehearse_on).value_or("twin");
  options.allow_skip = arguments.all("--allow-skip");
  options.allow_skip.insert(options.allow_skip.end(), ci.allow_skip.begin(), ci.allow_skip.end());
  options.folder = arguments.has("--report") ? *arguments.one("--report")
                   : ci.dir                  ? resolve(config, *ci.dir)
                                             : std::string("zmig-report");
  options.comment = arguments.one("--comment").value_or("");
  options.comment_kept = ci.comment;
  options.offline = arguments.has("--offline");
  if (options.offline && options.on != "twin")
    return usage("--offline and a rehearsal elsewhere contradict each other",
                 "leave --rehearse-on out, or `rehearse_on`");
  options.max_duration = ci.max_duration;
  const auto severity = or_else(session.fail_on(arguments), ci.fail_on).value_or("warning");
  if (severity != "error" && severity != "warning" && severity != "info")
    return make_error(Errc::invalid_input, "ZM0702",
                      fmt::format("{} is not a value for ZMIG_FAIL_ON", zmig::quoted(severity)),
                      "one of: error, warning, info");
  options.fail_on = severity == "error" ? Severity::error : severity == "warning" ? Severity::warning : Severity::info;
  if (const auto longest = arguments.one("--max-duration")) {
    const auto parsed = parse_duration(*longest);
    if (!parsed)
      return usage(fmt::format("{} is not a value for --max-duration", zmig::quoted(*longest)), "write 30s, 15m or 1h");
    options.max_duration = *parsed;
  }
  return options;
}

}  // namespace

Answer run_ci(Session& session, const Arguments& arguments) {
  auto options = read_options(session, arguments);
  if (!options) return failed(options.error());
  session.prefer_environment(session.config().ci.env);
  Console& console = session.console();
  CiEvents events(session.ports().clock, [&](const std::string& line) {
    if (session.globals().ndjson) static_cast<void>(console.out(line));
  });
  events.started(kCiStages);
  auto report = std::make_shared<CiReport>(run_stages(session, *options, events));
  if (auto ledger = session.ledger(false); ledger && !options->offline) {
    if (auto head = (*ledger)->head()) report->ledger_head = *head;
  }
  const auto conclude = [&report, offline = options->offline] {
    report->exit_code = 0;
    report->first_failed.clear();
    // A stage that did not run has its cause in one that failed, mostly; that one decides.
    for (const auto outcome : {Outcome::failed, Outcome::not_run})
      for (const auto& stage : report->stages) {
        if (stage.outcome != outcome || report->exit_code != 0) continue;
        report->exit_code = stage.code == 0 ? 5 : stage.code;
        report->first_failed = stage.name;
      }
    report->verdict = report->exit_code != 0 ? "failed" : offline ? "passed_offline" : "passed";
  };
  conclude();
  report->stages.push_back({"report", Outcome::passed, 0, 0, options->folder + "/", {}, {}});
  events.stage_started(kCiStages, kCiStages, "report");
  auto whole = events;  // the artefact is written before its own outcome is known
  whole.silence();
  whole.stage_finished(kCiStages, kCiStages, report->stages.back());
  whole.finished(*report);
  const auto written = write_artefacts(session, *report, *options, whole.text());
  if (!written) {
    auto& last = report->stages.back();
    last.outcome = Outcome::failed;
    last.code = 1;
    last.detail = written.error().message;
    conclude();
  }
  events.stage_finished(kCiStages, kCiStages, report->stages.back());
  events.finished(*report);
  Answer answer;
  answer.exit = report->exit_code;
  if (answer.exit != 0) {
    const auto first = std::ranges::find(report->stages, report->first_failed, &CiStage::name);
    // The code of the finding that decided, when there is one with this exit.
    std::string code = first->outcome == Outcome::failed ? "ZM0901" : "ZM0902";
    for (const auto& finding : report->findings) {
      const auto* row = find_code(finding.code);
      if (finding.severity == Severity::error && row != nullptr && row->exit == answer.exit) {
        code = finding.code;
        break;
      }
    }
    answer.error = make_error(Errc::conflict, code,
                              fmt::format("ci: {} {}: {}", first->name,
                                          first->outcome == Outcome::failed ? "failed" : "did not run", first->detail),
                              fmt::format("{}/index.html and comment.md have the whole of it", options->folder));
  }
  const auto format = session.globals().format;
  const auto findings = findings_report(*report);
  if (format == "github")
    if (const auto done = formats::append_step_summary(to_markdown(document_of(*report))); !done)
      console.err(fmt::format("{}\n", printable(done.error().message)));
  answer.text = [report, format, findings, &console] {
    if (format == "github") return formats::to_github(findings) + to_text(console, *report);
    if (format == "sarif") return formats::to_sarif(findings);
    if (format == "junit") return formats::to_junit(findings);
    if (format == "md") return to_markdown(document_of(*report));
    if (format == "html") return to_html(document_of(*report));
    return to_text(console, *report);
  };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
