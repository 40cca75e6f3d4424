// `data` of `zmig lint --json` (docs/cli.md "lint").

#include "lint_report.h"
#include "parts_json.h"

namespace zmig::cli {
namespace {

Json fix_json(const LintFix& fix, const SourceMap& sources) {
  Json edits = Json::array();
  for (const LintEdit& edit : fix.edits) {
    const auto& file = sources.file(edit.file);
    const auto begin = line_column(file.text, edit.begin), end = line_column(file.text, edit.end);
    edits.push_back({{"file", file.path},
                     {"start", Json::array({begin.line, begin.column})},
                     {"end", Json::array({end.line, end.column})},
                     {"text", edit.text}});
  }
  return {{"kind", fix.safe ? "safe" : "suggested"}, {"edits", std::move(edits)}, {"refresh_lock", fix.refresh_lock}};
}

}  // namespace

std::string to_json(const LintRun& run, const SourceMap& sources) {
  Json findings = Json::array();
  for (const LintFinding& one : run.report.findings) {
    const LintRule* rule = find_lint_rule(one.diagnostic.code);
    findings.push_back({{"code", one.diagnostic.code},
                        {"name", rule == nullptr ? Json(nullptr) : Json(rule->name)},
                        {"severity", formats::severity_word(one.diagnostic.severity)},
                        {"message", one.diagnostic.message},
                        {"help", one.diagnostic.help ? Json(*one.diagnostic.help) : Json(nullptr)},
                        {"where", where_json(formats::place_of(one.diagnostic.primary, sources))},
                        {"migration", one.migration == 0 ? Json(nullptr) : Json(one.migration)},
                        {"subject", one.subject.empty() ? Json(nullptr) : Json(one.subject)},
                        {"fix", one.fix ? fix_json(*one.fix, sources) : Json(nullptr)},
                        {"allowed_because", one.allowed_because ? Json(*one.allowed_because) : Json(nullptr)}});
  }
  Json not_run = Json::array();
  for (const auto& [id, because] : run.report.not_run) not_run.push_back({{"code", id}, {"because", because}});
  const Json data{{"scope", run.report.scope},
                  {"live", run.report.live},
                  {"findings", std::move(findings)},
                  {"not_run", std::move(not_run)},
                  {"fixed", run.fixed},
                  {"rules_run", run.report.rules_run},
                  {"summary",
                   {{"error", run.report.count(Severity::error)},
                    {"warning", run.report.count(Severity::warning)},
                    {"info", run.report.count(Severity::info)},
                    {"allowed", run.report.allowed()},
                    {"not_run", run.report.not_run.size()}}}};
  return data.dump();
}

std::string lint_rules_json() {
  Json rules = Json::array();
  for (const LintRule& rule : lint_rules())
    rules.push_back({{"code", rule.id},
                     {"name", rule.name},
                     {"severity", formats::severity_word(rule.severity)},
                     {"from_files", rule.from_files},
                     {"from_data", rule.from_data},
                     {"fix", rule.fix.empty() ? Json(nullptr) : Json(rule.fix)},
                     {"can_be_allowed", rule.can_be_allowed},
                     {"says", rule.says}});
  return Json{{"rules", std::move(rules)}}.dump();
}

}  // namespace zmig::cli
