// `zmig lint` (docs/cli.md "lint", docs/lint.md). Offline unless --live; writes nothing unless --fix.

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include <zmig/text.h>

#include "git.h"
#include "lint_report.h"
#include "reports.h"
#include "session.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

struct Ignore : Observer {
  void on(const Event&) override {}
};

Error usage(std::string message, std::string help) {
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

/// The folder as it is now, and what it says under codes of lint.
struct Project {
  History history;
  std::vector<Replayed> replayed;
  Diagnostics lint, other;
};

Result<Project> load_project(Session& session, const std::vector<std::string>& protected_sheets) {
  Project out;
  Diagnostics found;
  ZMIG_TRY(out.history,
           load_history(session.ports().files, session.paths(), session.codec(), session.sources(), found));
  out.replayed = replay_history(out.history, session.codec(), protected_sheets, found);
  const Schema* baseline = out.history.baseline ? &*out.history.baseline : nullptr;
  for (const Replayed& one : out.replayed) derived_shape_findings(one, found, baseline);
  for (const Diagnostic& one : found.all()) {
    if (is_lint_finding(one))
      out.lint.add(one);
    else if (one.code != "ZM0206" || one.severity == Severity::error)  // a stale lock is ZM1908
      out.other.add(one);
  }
  return out;
}

/// Number and checksum of what is applied somewhere, as far as the ledger knows.
std::map<std::uint32_t, std::string> applied_by_ledger(Session& session) {
  std::map<std::uint32_t, std::string> out;
  const auto ledger = session.ledger(false);
  if (!ledger) return out;
  RunFilter filter;
  filter.mode = RunMode::real;
  const auto runs = (*ledger)->runs(filter);
  if (!runs) return out;
  for (const Run& run : *runs)
    if (run.state == RunState::applied && run.verb == "up" && run.migration != 0)
      out.emplace(run.migration, run.checksum);
  return out;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(number)
                                                                                     : std::nullopt;
}

bool is_no_severity(std::string_view word) {
  return word != "error" && word != "warning" && word != "info" && word != "never";
}

/// N, N..M, or a file of the folder.
Status take_word(const std::string& word, const History& history, std::set<std::uint32_t>& scope) {
  const auto dots = word.find("..");
  const auto from = number_of(std::string_view(word).substr(0, dots));
  const auto to = dots == std::string::npos ? from : number_of(std::string_view(word).substr(dots + 2));
  const auto before = scope.size();
  for (const MigrationFile& file : history.files) {
    const bool numbered = from && to && file.number >= *from && file.number <= *to;
    const bool named = fs::path(file.source.path).lexically_normal() == fs::path(word).lexically_normal() ||
                       fs::path(word).filename() == fs::path(file.source.path).filename();
    if (numbered || (!from && named)) scope.insert(file.number);
  }
  if (scope.size() > before ||
      std::ranges::any_of(history.files, [&](const MigrationFile& file) { return from && file.number == *from; }))
    return ok();
  return make_error(Errc::not_found, "ZM0713", fmt::format("there is no migration {}", zmig::quoted(word)),
                    "write a number, a range such as 3..5, or a file of the folder");
}

Result<std::optional<std::set<std::uint32_t>>> scope_of(Session& session, const LintAsked& asked,
                                                        const LintInput& input) {
  using Scope = std::optional<std::set<std::uint32_t>>;
  std::set<std::uint32_t> scope;
  if (asked.all) return Scope();
  if (asked.staged) {
    ZMIG_TRY(const auto staged, git_staged(session.config().root));
    for (const auto& path : staged)
      for (const MigrationFile& file : input.history.files)
        if (fs::path(path).filename() == fs::path(file.source.path).filename()) scope.insert(file.number);
    return Scope(std::move(scope));
  }
  for (const auto& word : asked.words) ZMIG_CHECK_OK(take_word(word, input.history, scope));
  if (!asked.words.empty()) return Scope(std::move(scope));
  if (input.base_lock) {
    for (const MigrationFile& file : input.history.files)
      if (std::ranges::none_of(*input.base_lock, [&](const LockLine& line) {
            return line.number == file.number && line.hash == file.checksum;
          }))
        scope.insert(file.number);
    return Scope(std::move(scope));
  }
  if (input.applied.empty()) return Scope();
  for (const MigrationFile& file : input.history.files)
    if (!input.applied.contains(file.number)) scope.insert(file.number);
  return Scope(std::move(scope));
}

Status read_base(Session& session, const std::string& base, LintInput& input) {
  const auto lock = (fs::path(session.config().dir) / "zmig.lock").lexically_normal().string();
  ZMIG_TRY(const auto text, git_text(session.config().root, base, lock));
  input.base = base;
  input.base_lock.emplace();
  if (!text) return ok();
  ZMIG_TRY(input.base_lock, parse_lock(*text, base + ":" + lock));
  return ok();
}

LintOptions options_of(Session& session, const LintAsked& asked) {
  LintOptions options;
  LintConfig config = session.config().lint;
  if (const auto env = session.environment()) {
    config.over((*env)->lint);
    options.window = (*env)->rollback_window;
    options.locale = (*env)->locale;
    options.time_zone = (*env)->timezone;
    std::string_view url = (*env)->target;
    options.target_kind = std::string(url.substr(0, url.find(':')));
    // Where such texts are permitted they are no error of the migration, only worth a word.
    if ((*env)->options.csv_formula == "allow") config.rules.try_emplace("ZM1704", "info");
  }
  if (!options.window) options.window = session.config().rollback_window;
  options.severities = config.rules;
  for (const auto& [id, severity] : asked.severities) options.severities[id] = severity;
  options.header_pattern = config.header_pattern.value_or("");
  options.min_window = config.min_window.value_or(options.min_window);
  options.max_cells = config.max_cells;
  options.max_calls = config.max_calls;
  options.max_duration = config.max_duration;
  options.frozen = asked.frozen;
  options.extras_allowed = session.config().contract.extras_allowed;
  return options;
}

/// A plan for the live rules. Findings that no line is to blame for go to the session: then nobody looked.
struct LivePlan {
  Target* target = nullptr;
  Plan plan;
};
Result<LivePlan> plan_live(Session& session, const Project& project) {
  LivePlan out;
  ZMIG_TRY(out.target, session.target());
  ZMIG_TRY(Ledger * ledger, session.ledger(false));
  Ignore ignore;
  Migrator migrator(project.history, project.replayed, *out.target, *ledger, session.codec(), session.ports(), ignore,
                    session.run_options());
  ZMIG_TRY(out.plan, migrator.plan(Goal{}));
  return out;
}

bool is_about_a_migration(const Diagnostic& diagnostic, const History& history) {
  return diagnostic.primary.span && std::ranges::any_of(history.files, [&](const MigrationFile& file) {
           return file.file_number == diagnostic.primary.span->file;
         });
}

/// Writes the fixed texts; a text that would no longer be read is left as it was.
Result<std::vector<std::string>> write_fixes(Session& session, const LintReport& report, bool suggested) {
  std::vector<std::string> written;
  for (auto& [number, text] : fixed_texts(report, session.sources(), suggested)) {
    const auto old = session.sources().file(number);
    Diagnostics none;
    const bool was_canonical = session.codec().format(old, number, none) == old.text;
    Diagnostics wrong;
    const auto formatted = session.codec().format({old.path, text}, number, wrong);
    if (wrong.has_errors()) continue;
    ZMIG_CHECK_OK(session.ports().files.replace(old.path, was_canonical ? formatted : text));
    written.push_back(old.path);
  }
  const bool lock =
      std::ranges::any_of(report.findings, [](const LintFinding& one) { return one.fix && one.fix->refresh_lock; });
  if (written.empty() && !lock) return written;
  Session fresh(session.globals(), session.variables(), session.config(), {}, {}, session.console());
  ZMIG_CHECK_OK(fresh.history());
  // A stale lock is what this mends.
  std::erase_if(fresh.diagnostics().all(), [](const Diagnostic& finding) { return finding.code == "ZM0206"; });
  if (fresh.diagnostics().has_errors()) return written;
  ZMIG_TRY(const auto changed, fresh.refresh_generated(true));
  written.insert(written.end(), changed.begin(), changed.end());
  return written;
}

Result<LintReport> look(Session& session, const LintAsked& asked, const std::map<std::uint32_t, std::string>& applied) {
  std::vector<std::string> protected_sheets;
  if (const auto env = session.environment()) protected_sheets = (*env)->protect;
  ZMIG_TRY(const auto project, load_project(session, protected_sheets));
  session.diagnostics().append(project.other);
  LintInput input{project.history, project.replayed, session.sources()};
  input.found = project.lint;
  input.applied = applied;
  input.options = options_of(session, asked);
  const auto base = asked.base.empty() ? session.config().lint.base.value_or("") : asked.base;
  if (!base.empty()) ZMIG_CHECK_OK(read_base(session, base, input));
  ZMIG_TRY(input.uphold, upheld_contracts(session));
  ZMIG_TRY(input.scope, scope_of(session, asked, input));
  if (!asked.live || session.diagnostics().has_errors()) {
    if (asked.live) input.not_live_because = "the files have errors";
    return lint(input);
  }
  ZMIG_TRY(const auto live, plan_live(session, project));
  for (const Diagnostic& one : live.plan.diagnostics.all())
    if (one.severity == Severity::error && !is_about_a_migration(one, project.history)) session.diagnostics().add(one);
  LintLive looked{*live.target, live.target->capabilities(), live.plan};
  if (session.diagnostics().has_errors())
    input.not_live_because = session.diagnostics().all().back().message;
  else
    input.live = &looked;
  if (live.plan.position.stamp)
    for (const AppliedMigration& one : live.plan.position.stamp->applied) input.applied[one.number] = one.hash;
  return lint(input);
}

std::string signed_summary(const LintRun& run) {
  const LintReport& report = run.report;
  const auto count = [&](Severity severity) {
    return report.count(severity) + static_cast<std::size_t>(std::ranges::count_if(
                                        run.unread, [&](const Diagnostic& one) { return one.severity == severity; }));
  };
  std::string out = fmt::format(
      "{}, {}, {}; {}; {} run", counted(count(Severity::error), "error", "errors"),
      counted(count(Severity::warning), "warning", "warnings"), counted(count(Severity::info), "note", "notes"),
      counted(report.scope.size(), "migration", "migrations"), counted(report.rules_run, "rule", "rules"));
  if (!report.not_run.empty())
    out += report.live ? fmt::format(", {} did not", report.not_run.size())
                       : fmt::format(", {} need --live", report.not_run.size());
  if (report.allowed() > 0) out += fmt::format(", {} allowed", report.allowed());
  return out;
}

std::string to_text(const Console& console, const LintRun& run, const SourceMap& sources) {
  std::string out;
  for (const auto& path : run.fixed) out += fmt::format("fixed  {}\n", printable(path));
  for (const LintFinding& one : run.report.findings) {
    if (console.quiet() && one.diagnostic.severity != Severity::error) continue;
    if (one.allowed_because) {
      out += fmt::format("allowed[{}]: {}: {}\n", one.diagnostic.code, printable(one.diagnostic.message),
                         printable(*one.allowed_because));
      continue;
    }
    out += console.finding(one.diagnostic, sources) + "\n";
  }
  return out + signed_summary(run) + "\n";
}

std::string rules_text(const Console& console) {
  Table table;
  table.indent = 0;
  table.drop = {4, 3};
  for (const LintRule& rule : lint_rules())
    table.rows.push_back({std::string(rule.id), std::string(rule.name),
                          std::string(formats::severity_word(rule.severity)),
                          rule.from_files ? (rule.from_data ? "files, data" : "files") : "data",
                          rule.fix.empty() ? "-" : std::string(rule.fix), std::string(rule.says)});
  return console.table(table);
}

bool is_at_least(Severity severity, std::string_view fail_on) {
  if (severity == Severity::error) return fail_on != "never";
  if (severity == Severity::warning) return fail_on == "warning" || fail_on == "info";
  return fail_on == "info";
}

/// True when a finding is as bad as --fail-on, or worse.
bool is_bad(const LintReport& report, std::string_view fail_on) {
  if (fail_on == "never") return false;
  const std::size_t warnings = report.count(Severity::warning), notes = report.count(Severity::info);
  return report.count(Severity::error) > 0 || (fail_on != "error" && warnings > 0) || (fail_on == "info" && notes > 0);
}

Error deciding(const LintReport& report) {
  const LintFinding* worst = nullptr;
  for (const LintFinding& one : report.findings) {
    if (one.allowed_because) continue;
    if (worst == nullptr || one.diagnostic.severity < worst->diagnostic.severity) worst = &one;
  }
  return make_error(Errc::conflict, worst->diagnostic.code, worst->diagnostic.message,
                    worst->diagnostic.help.value_or("fix it, or allow it in the heading with a reason"));
}

Result<LintAsked> read_asked(const Arguments& arguments) {
  LintAsked asked;
  asked.words = arguments.positionals();
  asked.live = arguments.has("--live");
  asked.staged = arguments.has("--staged");
  asked.base = arguments.one("--base").value_or("");
  for (const auto& word : arguments.all("--rule")) {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      return usage(fmt::format("{} is not a value for --rule", zmig::quoted(word)), "write --rule ZM1302=error");
    asked.severities[word.substr(0, equals)] = word.substr(equals + 1);
  }
  asked.fix = arguments.has("--fix");
  asked.suggested = arguments.one("--fix") == "suggested";
  return asked;
}

}  // namespace

namespace {

Result<LintInput> input_of_plan(Session& session, const Plan& plan) {
  ZMIG_TRY(const History* history, session.history());
  LintInput input{*history, session.replayed(), session.sources()};
  for (const Diagnostic& one : session.diagnostics().all())
    if (is_lint_finding(one)) input.found.add(one);
  if (plan.position.stamp)
    for (const AppliedMigration& one : plan.position.stamp->applied) input.applied[one.number] = one.hash;
  input.options = options_of(session, {});
  ZMIG_TRY(input.uphold, upheld_contracts(session));
  input.scope.emplace();
  for (const PlannedMigration& one : plan.migrations) input.scope->insert(one.number);
  return input;
}

}  // namespace

Result<std::vector<Diagnostic>> lint_that_stops(Session& session, const Plan& plan) {
  std::vector<Diagnostic> out;
  LintConfig config = session.config().lint;
  if (const auto env = session.environment()) config.over((*env)->lint);
  const auto fail_on = session.variables().get("ZMIG_FAIL_ON").value_or(config.fail_on.value_or("error"));
  if (fail_on == "never" || plan.migrations.empty()) return out;
  ZMIG_TRY(const auto input, input_of_plan(session, plan));
  ZMIG_TRY(const auto report, lint(input));
  for (const LintFinding& one : report.findings)
    if (!one.allowed_because && input.scope->contains(one.migration) && one.diagnostic.code != "ZM1908" &&
        is_at_least(one.diagnostic.severity, fail_on))  // a stale lock is written anew by `up` itself
      out.push_back(one.diagnostic);
  std::erase_if(out, [&](const Diagnostic& finding) {
    return std::ranges::any_of(session.diagnostics().all(), [&](const Diagnostic& told) {
      return told.code == finding.code && told.message == finding.message && told.severity == finding.severity &&
             finding.severity == Severity::error;
    });
  });
  return out;
}

Result<LintReport> lint_of_plan(Session& session, const Plan& plan) {
  ZMIG_TRY(Target * target, session.target());
  ZMIG_TRY(auto input, input_of_plan(session, plan));
  const Capabilities capabilities = target->capabilities();
  LintLive live{*target, capabilities, plan};
  input.live = &live;
  return lint(input);
}

std::string lint_summary(const LintRun& run) { return signed_summary(run); }

Result<LintRun> lint_project(Session& session, const LintAsked& asked) {
  const auto applied = applied_by_ledger(session);
  LintRun out;
  ZMIG_TRY(out.report, look(session, asked, applied));
  out.unread = session.diagnostics().all();
  if (!asked.fix || session.globals().dry_run) return out;
  for (LintFinding& one : out.report.findings)
    if (one.fix && applied.contains(one.migration)) one.fix.reset();
  ZMIG_TRY(out.fixed, write_fixes(session, out.report, asked.suggested));
  if (out.fixed.empty()) return out;
  session.diagnostics() = {};
  ZMIG_TRY(out.report, look(session, asked, applied));
  out.unread = session.diagnostics().all();
  return out;
}

formats::FindingsReport findings_report(const LintRun& run, const SourceMap& sources) {
  formats::FindingsReport out;
  out.command = "lint";
  out.title = "Lint of " + counted(run.report.scope.size(), "migration", "migrations");
  out.verdict = signed_summary(run);
  for (const Diagnostic& one : run.unread) out.findings.push_back(formats::finding_of(one, sources));
  for (const LintFinding& one : run.report.findings) {
    auto finding = formats::finding_of(one.diagnostic, sources);
    if (const LintRule* rule = find_lint_rule(one.diagnostic.code)) finding.name = std::string(rule->name);
    finding.migration = one.migration;
    finding.subject = one.subject;
    finding.allowed_because = one.allowed_because;
    out.findings.push_back(std::move(finding));
  }
  for (const LintRule& rule : lint_rules())
    out.rules.push_back({std::string(rule.id), std::string(rule.name), std::string(rule.says), {}, rule.severity});
  for (const auto& [id, because] : run.report.not_run) {
    formats::NotRun one{id, {}, because, std::nullopt};
    if (const LintRule* rule = find_lint_rule(id)) one.name = std::string(rule->name);
    // Offline lint was asked for: these rules were left out on purpose.
    if (!run.report.live && because == "it needs the workbook: add --live") one.allowed = because;
    out.not_run.push_back(std::move(one));
  }
  return out;
}

Answer run_lint(Session& session, const Arguments& arguments) {
  Console& console = session.console();
  Answer answer;
  if (arguments.has("--list")) {
    answer.text = [&console] { return rules_text(console); };
    answer.data = [] { return lint_rules_json(); };
    return answer;
  }
  const auto asked = read_asked(arguments);
  if (!asked) return failed(asked.error());
  LintConfig config = session.config().lint;
  if (const auto env = session.environment()) config.over((*env)->lint);
  const auto fail_on = session.fail_on(arguments).value_or(config.fail_on.value_or("error"));
  if (is_no_severity(fail_on))
    return failed(make_error(Errc::invalid_input, "ZM0702",
                             fmt::format("{} is not a value for ZMIG_FAIL_ON", zmig::quoted(fail_on)),
                             "one of: error, warning, info, never"));
  auto linted = lint_project(session, *asked);
  if (!linted) return failed(linted.error());
  auto run = std::make_shared<LintRun>(std::move(*linted));
  const bool bad = is_bad(run->report, fail_on);
  answer.exit = stronger_exit(bad ? 4 : 0, exit_code_of(session.diagnostics()));
  // The text shows findings on stdout; the envelope lists them with the other diagnostics.
  const bool errors = run->report.count(Severity::error) > 0;
  if (session.globals().json && (bad || !errors)) {
    for (const LintFinding& one : run->report.findings)
      if (!one.allowed_because) session.diagnostics().add(one.diagnostic);
    if (answer.exit == 4 && !errors) answer.error = deciding(run->report);
  }
  const SourceMap& sources = session.sources();
  const auto& format = session.globals().format;
  if (format == "sarif") answer.text = [run, &sources] { return formats::to_sarif(findings_report(*run, sources)); };
  if (format == "junit") answer.text = [run, &sources] { return formats::to_junit(findings_report(*run, sources)); };
  if (format == "md") answer.text = [run, &sources] { return formats::to_markdown(findings_report(*run, sources)); };
  if (format == "github") {
    const auto report = findings_report(*run, sources);
    if (const auto appended = formats::append_step_summary(formats::to_markdown(report)); !appended)
      return failed(appended.error());
    answer.text = [report] { return formats::to_github(report); };
  }
  if (!answer.text) answer.text = [run, &console, &sources] { return to_text(console, *run, sources); };
  answer.data = [run, &sources] { return to_json(*run, sources); };
  return answer;
}

}  // namespace zmig::cli
