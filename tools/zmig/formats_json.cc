// SARIF 2.1.0 (docs/cli.md "Report formats").

#include <map>

#include <nlohmann/json.hpp>

#include "formats.h"

namespace zmig::cli::formats {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: return "note";
  }
  return "error";
}

Json location_of(const Place& place) {
  Json location = Json::object();
  if (!place.file.empty()) {
    Json physical{{"artifactLocation", {{"uri", place.file}}}};
    if (place.line > 0)
      physical["region"] = {{"startLine", place.line},
                            {"startColumn", place.column},
                            {"endLine", place.end_line},
                            {"endColumn", place.end_column}};
    location["physicalLocation"] = std::move(physical);
  }
  if (!place.cell.empty()) location["logicalLocations"] = Json::array({{{"fullyQualifiedName", place.cell}}});
  return location;
}

Json rule_json(const Rule& rule) {
  Json out{{"id", rule.id},
           {"shortDescription", {{"text", rule.says}}},
           {"fullDescription", {{"text", rule.full.empty() ? rule.says : rule.full}}},
           {"help", {{"text", "zmig help " + rule.id}}},
           {"defaultConfiguration", {{"level", level_of(rule.level)}}}};
  if (!rule.name.empty()) out["name"] = rule.name;
  return out;
}

}  // namespace

std::string to_sarif(const FindingsReport& report) {
  Json rules = Json::array(), results = Json::array(), notifications = Json::array();
  std::map<std::string, std::size_t> index;
  for (const auto& rule : report.rules) {
    index[rule.id] = rules.size();
    rules.push_back(rule_json(rule));
  }
  for (const auto& finding : report.findings) {
    if (!index.contains(finding.code)) {  // a finding of the other ranges
      index[finding.code] = rules.size();
      rules.push_back(rule_json({finding.code, finding.name, finding.message, {}, finding.severity}));
    }
    Json result{{"ruleId", finding.code},
                {"ruleIndex", index.at(finding.code)},
                {"level", level_of(finding.severity)},
                {"message", {{"text", finding.help.empty() ? finding.message : finding.message + "; " + finding.help}}},
                {"locations", Json::array()},
                {"partialFingerprints", {{"zmig/1", fingerprint(finding)}}}};
    if (auto location = location_of(finding.place); !location.empty())
      result["locations"].push_back(std::move(location));
    if (finding.allowed_because)
      result["suppressions"] = Json::array({{{"kind", "inSource"}, {"justification", *finding.allowed_because}}});
    results.push_back(std::move(result));
  }
  for (const auto& rule : report.not_run) {
    Json notification{{"level", rule.allowed ? "note" : "error"},
                      {"message", {{"text", rule.id + " did not run: " + rule.because}}},
                      {"descriptor", {{"id", rule.id}}}};
    notifications.push_back(std::move(notification));
  }
  Json invocation{{"executionSuccessful", true}};
  if (!notifications.empty()) invocation["toolExecutionNotifications"] = std::move(notifications);
  const Json run{{"tool", {{"driver", {{"name", "zmig"}, {"version", ZMIG_VERSION}, {"rules", rules}}}}},
                 {"columnKind", "unicodeCodePoints"},
                 {"invocations", Json::array({invocation})},
                 {"results", results}};
  const Json document{{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace zmig::cli::formats
