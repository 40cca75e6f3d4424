#include <zmig/text.h>

#include "ci.h"
#include "parts_json.h"
#include "reports.h"

namespace zmig::cli {
namespace {

Json stage_json(const CiStage& stage) {
  return {{"name", stage.name},
          {"outcome", to_string(stage.outcome)},
          {"ms", stage.ms},
          {"checks", checks_json(stage.checks)},
          {"detail", {{"says", stage.detail}, {"findings", stage.findings}}},
          {"code", stage.code}};
}

}  // namespace

std::string to_json(const CiReport& report) {
  Json stages = Json::array(), findings = Json::array();
  for (const auto& stage : report.stages) stages.push_back(stage_json(stage));
  for (const auto& one : report.findings)
    findings.push_back({{"code", one.code},
                        {"severity", formats::severity_word(one.severity)},
                        {"message", one.message},
                        {"help", text_or_null(one.help)},
                        {"file", text_or_null(one.place.file)},
                        {"line", one.place.line == 0 ? Json(nullptr) : Json(one.place.line)},
                        {"cell", text_or_null(one.place.cell)}});
  return dump(
      {{"env", text_or_null(report.env)},
       {"base", text_or_null(report.base)},
       {"target", text_or_null(report.target)},
       {"pending", report.pending},
       {"stages", stages},
       {"findings", findings},
       {"plan_hash", report.plan ? text_or_null(report.plan->fingerprint) : Json(nullptr)},
       {"rehearsal", report.rehearsal ? Json::parse(to_json(*report.rehearsal), nullptr, false) : Json(nullptr)},
       {"verdict", report.verdict},
       {"first_failed", text_or_null(report.first_failed)},
       {"artefacts", report.artefacts},
       {"log", text_or_null(report.log)}});
}

struct CiEvents::Line {
  Json json;
};

void CiEvents::add(Line line) {
  line.json["at"] = format_utc(clock_.now());
  line.json["seq"] = ++seq_;
  const auto text = dump(line.json) + "\n";
  text_ += text;
  if (print_) print_(text);
}

void CiEvents::started(std::size_t stages) { add({{{"event", "run.started"}, {"verb", "ci"}, {"stages", stages}}}); }

void CiEvents::stage_started(std::size_t index, std::size_t total, const std::string& name) {
  add({{{"event", "stage.started"}, {"index", index}, {"total", total}, {"name", name}, {"migration", nullptr}}});
}

void CiEvents::stage_finished(std::size_t index, std::size_t total, const CiStage& stage) {
  for (const auto& check : stage.checks)
    add({{{"event", "check.finished"},
          {"check", check.id},
          {"subject", check.subject},
          {"outcome", to_string(check.outcome)},
          {"offending_count", check.offending_count}}});
  add({{{"event", "stage.finished"},
        {"index", index},
        {"total", total},
        {"name", stage.name},
        {"migration", nullptr},
        {"outcome", to_string(stage.outcome)},
        {"ms", stage.ms},
        {"detail", text_or_null(stage.detail)}}});
}

void CiEvents::finished(const CiReport& report) {
  add({{{"event", "run.finished"}, {"run", nullptr}, {"outcome", report.verdict}, {"exit_code", report.exit_code}}});
}

}  // namespace zmig::cli
