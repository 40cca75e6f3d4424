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

std::string to_ndjson(const CiReport& report) {
  std::string out;
  std::uint64_t seq = 0;
  const auto add = [&](Json event) {
    event["seq"] = ++seq;
    out += dump(event) + "\n";
  };
  add({{"event", "run.started"}, {"verb", "ci"}, {"at", report.started}, {"target", text_or_null(report.target)}});
  for (const auto& stage : report.stages) {
    for (const auto& check : stage.checks)
      add({{"event", "check.finished"},
           {"check", check.id},
           {"outcome", to_string(check.outcome)},
           {"offending_count", check.offending_count}});
    add({{"event", "stage.finished"}, {"name", stage.name}, {"outcome", to_string(stage.outcome)}, {"ms", stage.ms}});
  }
  add({{"event", "run.finished"}, {"outcome", report.verdict}, {"exit_code", report.exit_code}});
  return out;
}

}  // namespace zmig::cli
