// Pages and JSON: what the ledger stores as JSON is read here, and the pages are written as `data`.

#include <zmig/text.h>

#include "pages.h"
#include "parts_json.h"

namespace zmig::cli {
namespace {

/// A member that may be missing, null or of another kind: rows of older ledgers have less.
std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}
std::uint64_t number_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_number_unsigned() ? 0 : found->get<std::uint64_t>();
}
Json list_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_array() ? Json::array() : *found;
}
Json parsed(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  return json.is_object() || json.is_array() ? json : Json::object();
}

Cost cost_of(const Json& json) {
  if (!json.is_object()) return {};
  return {number_of(json, "cells"), number_of(json, "reads"), number_of(json, "writes"), number_of(json, "bytes"),
          number_of(json, "ms")};
}

Json run_json(const LoggedRun& logged) {
  const auto& run = logged.run;
  Json ops = Json::array(), stages = Json::array(), checks = Json::array(), width = Json::array();
  for (const auto& op : logged.operations)
    ops.push_back({{"kind", op.kind},
                   {"subject", op.subject},
                   {"sentence", op.sentence},
                   {"state", op.state},
                   {"where", text_or_null(op.where)},
                   {"note", text_or_null(op.note)},
                   {"cells", op.cells}});
  for (const auto& stage : logged.stages)
    stages.push_back(
        {{"name", stage.name}, {"outcome", stage.outcome}, {"at", format_utc(stage.at)}, {"ms", stage.ms}});
  for (const auto& check : logged.checks) checks.push_back(check_json(check));
  for (const auto& one : logged.widths)
    width.push_back({{"sheet", one.sheet}, {"before", one.before}, {"after", one.after}});
  return {{"id", "r" + std::to_string(run.id)},
          {"uid", run.uid},
          {"verb", run.verb},
          {"mode", to_string(run.mode)},
          {"state", to_string(run.state)},
          {"migration", run.migration},
          {"slug", run.slug},
          {"checksum", run.checksum},
          {"started_at", format_utc(run.started)},
          {"finished_at", time_or_null(run.finished)},
          {"guarantee", text_or_null(run.guarantee)},
          {"fidelity", text_or_null(run.fidelity)},
          {"verified", run.verified ? Json(*run.verified) : Json(nullptr)},
          {"undo_until", time_or_null(run.undo_until)},
          {"error", text_or_null(run.error)},
          {"ops", ops},
          {"width", width},
          {"cost", {{"cells", logged.cost.cells}, {"reads", logged.cost.reads}, {"writes", logged.cost.writes}}},
          {"captures", logged.captured},
          {"kept", logged.kept},
          {"lost", logged.lost},
          {"stages", stages},
          {"checks", checks},
          {"backup", logged.backup ? backup_json(*logged.backup) : Json(nullptr)}};
}

}  // namespace

void read_plan(const std::string& plan_json, std::uint32_t migration, LoggedRun& into) {
  const auto plan = parsed(plan_json);
  into.from = static_cast<std::uint32_t>(number_of(plan, "from"));
  into.to = static_cast<std::uint32_t>(number_of(plan, "to"));
  for (const auto& one : list_of(plan, "migrations")) {
    if (!one.is_object() || number_of(one, "number") != migration) continue;
    into.title = text_of(one, "title");
    into.cost = cost_of(one.value("cost", Json::object()));
    into.kept = list_of(one, "kept").size();
    into.lost = number_of(one, "lost");
    for (const auto& op : list_of(one, "ops"))
      if (op.is_object())
        into.operations.push_back({text_of(op, "kind"), text_of(op, "subject"), text_of(op, "sentence"),
                                   text_of(op, "where"), text_of(op, "note"), text_of(op, "state"),
                                   number_of(op, "cells")});
    for (const auto& width : list_of(one, "width"))
      if (width.is_object())
        into.widths.push_back({text_of(width, "sheet"), number_of(width, "before"), number_of(width, "after")});
  }
}

std::vector<CheckResult> read_checks(const std::string& json) {
  std::vector<CheckResult> checks;
  const auto all = parsed(json);
  for (const auto& one : list_of(all, "checks")) {
    if (!one.is_object()) continue;
    CheckResult check;
    check.id = text_of(one, "id");
    check.subject = text_of(one, "subject");
    check.text = text_of(one, "text");
    const auto outcome = text_of(one, "outcome");
    check.outcome = outcome == "passed" ? Outcome::passed : outcome == "failed" ? Outcome::failed : Outcome::not_run;
    check.scope = text_of(one, "scope");
    check.examined = number_of(one, "examined");
    check.expected = text_of(one, "expected");
    check.observed = text_of(one, "observed");
    check.offending_count = number_of(one, "offending_count");
    for (const auto& cell : list_of(one, "offending"))
      if (cell.is_string()) check.offending.push_back(cell.get<std::string>());
    check.not_run_because = text_of(one, "not_run_because");
    checks.push_back(std::move(check));
  }
  return checks;
}

std::vector<GridRow> read_sheets(const std::string& sheets_json) {
  std::vector<GridRow> rows;
  const auto all = parsed(sheets_json);
  if (!all.is_array()) return rows;
  for (const auto& sheet : all)
    if (sheet.is_object())
      rows.push_back({{text_of(sheet, "sheet"), grouped(number_of(sheet, "rows")), grouped(number_of(sheet, "columns")),
                       grouped(number_of(sheet, "formulas"))},
                      Tone::plain});
  return rows;
}

std::string read_member(const std::string& json, const std::string& name) {
  return text_of(parsed(json), name.c_str());
}

std::string log_event_json(const std::string& log) { return dump({{"log", log}}); }

std::string to_json(const RunPage& page) {
  Json runs = Json::array();
  for (const auto& run : page.runs) runs.push_back(run_json(run));
  return dump({{"verb", page.verb},
               {"outcome", page.outcome},
               {"deployment", page.runs.empty() || page.runs.front().run.deployment == 0
                                  ? Json(nullptr)
                                  : Json("d" + std::to_string(page.runs.front().run.deployment))},
               {"target", page.target},
               {"title", text_or_null(page.title)},
               {"actor", text_or_null(page.actor)},
               {"reason", text_or_null(page.reason)},
               {"tool", page.tool},
               {"from", page.from},
               {"to", page.to},
               {"runs", runs},
               {"error", page.error ? Json{{"code", page.error->zm},
                                           {"message", page.error->message},
                                           {"help", text_or_null(page.error->help)}}
                                    : Json(nullptr)},
               {"findings", page.findings},
               {"undo", page.undo},
               {"log", text_or_null(page.log)},
               {"ledger_head", page.ledger_head}});
}

std::string to_json(const BackupPage& page) {
  return dump({{"target", page.target}, {"backup", backup_json(page.backup)}, {"ledger_head", page.ledger_head}});
}

std::string to_json(const BoardPage& page) {
  Json runs = Json::array(), checks = Json::array();
  for (const auto& run : page.runs)
    runs.push_back({{"id", "r" + std::to_string(run.id)},
                    {"verb", run.verb},
                    {"mode", to_string(run.mode)},
                    {"state", to_string(run.state)},
                    {"migration", run.migration},
                    {"slug", run.slug},
                    {"actor", run.actor},
                    {"started_at", format_utc(run.started)}});
  for (const auto& check : page.checks) checks.push_back(check_json(check));
  return dump({{"status", parsed(to_json(page.targets))},
               {"runs", runs},
               {"checks", checks},
               {"plan", page.plan ? parsed(plan_to_json(*page.plan)) : Json(nullptr)},
               {"ledger_head", page.ledger_head}});
}

std::string to_json(const ReportAnswer& answer) {
  return dump({{"kind", answer.kind},
               {"path", text_or_null(answer.path)},
               {"of", text_or_null(answer.of)},
               {"ledger_head", text_or_null(answer.ledger_head)},
               {"fresh", answer.fresh ? Json(*answer.fresh) : Json(nullptr)},
               {"refused_because", answer.refused_because},
               {"document", answer.document.empty() ? Json(nullptr) : parsed(answer.document)}});
}

}  // namespace zmig::cli
