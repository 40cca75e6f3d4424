// Pages and JSON: what the ledger stores as JSON is read here, and the pages are written as `data`.

#include <zmig/json_text.h>
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

/// [name, fate, bytes, hash, [why ...]]
std::optional<PartFate> fate_of(const Json& part) {
  constexpr std::size_t kMembers = 5;
  if (!part.is_array() || part.size() != kMembers) return std::nullopt;
  if (!part[0].is_string() || !part[1].is_string() || !part[2].is_number_unsigned() || !part[3].is_string())
    return std::nullopt;
  PartFate fate{part[0].get<std::string>(),
                part[1].get<std::string>(),
                part[2].get<std::uint64_t>(),
                part[3].get<std::string>(),
                {}};
  for (const auto& why : part[4])
    if (why.is_string()) fate.why.push_back(why.get<std::string>());
  return fate;
}

std::string text_or_empty(const std::optional<UtcTime>& time) { return time ? format_utc(*time) : std::string(); }

void add_check(const CheckResult& check, JsonText& out) {
  out.open('{').key("examined").number(check.examined);
  out.key("expected").text_or_null(check.expected);
  out.key("id").text(check.id);
  out.key("not_run_because").text_or_null(check.not_run_because);
  out.key("observed").text_or_null(check.observed);
  out.key("offending").texts(check.offending);
  out.key("offending_count").number(check.offending_count);
  out.key("outcome").text(to_string(check.outcome)).key("parts");
  if (check.parts.empty()) {
    out.raw("null");
  } else {
    out.open('[');
    for (const auto& part : check.parts) {
      out.open('{').key("bytes").number(part.bytes).key("fate").text(part.fate);
      out.key("hash").text_or_null(part.hash).key("name").text(part.name);
      out.key("why").texts(part.why).close('}');
    }
    out.close(']');
  }
  out.key("scope").text(check.scope);
  out.key("subject").text(check.subject);
  out.key("text").text(check.text).close('}');
}

void add_operation(const LoggedOperation& op, JsonText& out) {
  out.open('{').key("cells").number(op.cells);
  out.key("kind").text(op.kind);
  out.key("note").text_or_null(op.note);
  out.key("sentence").text(op.sentence);
  out.key("state").text(op.state);
  out.key("subject").text(op.subject);
  out.key("where").text_or_null(op.where).close('}');
}

/// Keys in ascending order, like those of the trees.
void add_run(const LoggedRun& logged, JsonText& out) {
  const auto& run = logged.run;
  out.open('{').key("backup").text_or_null(run.backup);
  out.key("captures").number(logged.captured).key("checks").open('[');
  for (const auto& check : logged.checks) add_check(check, out);
  out.close(']').key("checksum").text(run.checksum).key("cost").open('{').key("cells").number(logged.cost.cells);
  out.key("reads").number(logged.cost.reads).key("writes").number(logged.cost.writes).close('}');
  out.key("error").text_or_null(run.error);
  out.key("fidelity").text_or_null(run.fidelity);
  out.key("finished_at").text_or_null(text_or_empty(run.finished));
  out.key("guarantee").text_or_null(run.guarantee);
  out.key("id").text("r" + std::to_string(run.id));
  out.key("kept").number(logged.kept).key("lost").number(logged.lost);
  out.key("migration").number(run.migration).key("mode").text(to_string(run.mode)).key("ops").open('[');
  for (const auto& op : logged.operations) add_operation(op, out);
  out.close(']').key("slug").text(run.slug).key("stages").open('[');
  for (const auto& stage : logged.stages) {
    out.open('{').key("at").text(format_utc(stage.at)).key("ms").number(stage.ms);
    out.key("name").text(stage.name).key("outcome").text(stage.outcome).close('}');
  }
  out.close(']').key("started_at").text(format_utc(run.started)).key("state").text(to_string(run.state));
  out.key("uid").text(run.uid).key("undo_until").text_or_null(text_or_empty(run.undo_until));
  out.key("verb").text(run.verb).key("verified");
  run.verified ? out.flag(*run.verified) : out.raw("null");
  out.key("width").open('[');
  for (const auto& one : logged.widths) {
    out.open('{').key("after").number(one.after).key("before").number(one.before);
    out.key("sheet").text(one.sheet).close('}');
  }
  out.close(']').close('}');
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
    for (const auto& part : list_of(one, "parts"))
      if (auto fate = fate_of(part)) check.parts.push_back(*std::move(fate));
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
std::string consents_event_json(const std::vector<std::string>& consents) {
  return dump({{"consents", join(consents, ", ")}});
}
std::string ci_event_json(const std::string& ci_ref) { return dump({{"ci_ref", ci_ref}}); }

std::string to_json(const RunPage& page) {
  JsonText out;
  out.open('{').key("actor").text_or_null(page.actor).key("backups").open('[');
  for (const auto& [name, row] : page.backups) out.raw(dump(backup_json(row)));
  out.close(']').key("ci_ref").text_or_null(page.ci_ref);
  out.key("consents").text_or_null(page.consents).key("deployment");
  const auto deployment = page.runs.empty() ? 0 : page.runs.front().run.deployment;
  out.text_or_null(deployment == 0 ? std::string() : "d" + std::to_string(deployment)).key("error");
  if (page.error) {
    out.open('{').key("code").text(page.error->zm).key("help").text_or_null(page.error->help);
    out.key("message").text(page.error->message).close('}');
  } else {
    out.raw("null");
  }
  out.key("findings").texts(page.findings).key("from").number(page.from);
  out.key("ledger_head").text(page.ledger_head).key("log").text_or_null(page.log);
  out.key("outcome").text(page.outcome).key("reason").text_or_null(page.reason).key("runs").open('[');
  for (const auto& run : page.runs) add_run(run, out);
  out.close(']').key("target").text(page.target).key("title").text_or_null(page.title);
  out.key("to").number(page.to).key("tool").text(page.tool).key("undo").texts(page.undo);
  out.key("verb").text(page.verb).close('}');
  return out.take();
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
