// Reports as the `data` of the envelope (docs/cli.md). Adding keys is compatible; what does not apply is null.

#include <algorithm>

#include <zmig/text.h>

#include "parts_json.h"
#include "reports.h"

namespace zmig::cli {
namespace {

Json verdicts_json(const std::vector<ContractVerdict>& contracts) {
  Json out = Json::array();
  for (const auto& one : contracts)
    out.push_back({{"file", one.file}, {"state", one.holds ? "holds" : "breaks"}, {"breaks", one.breaks}});
  return out;
}

Json lease_json(const std::optional<LockHolder>& lease) {
  if (!lease) return {{"held", false}, {"id", nullptr}, {"holder", nullptr}, {"since", nullptr}};
  return {{"held", true},
          {"id", lease->id},
          {"holder", lease->holder + "@" + lease->host},
          {"since", format_utc(lease->since)}};
}

Json lint_counts(const std::optional<LintReport>& lint) {
  if (!lint) return nullptr;
  Json findings = Json::array();
  for (const auto& one : lint->findings)
    if (!one.allowed_because)
      findings.push_back({{"code", one.diagnostic.code},
                          {"severity", formats::severity_word(one.diagnostic.severity)},
                          {"migration", one.migration},
                          {"message", one.diagnostic.message}});
  return {{"errors", lint->count(Severity::error)},
          {"warnings", lint->count(Severity::warning)},
          {"findings", std::move(findings)}};
}

Json hooks_json(const std::vector<HookOutcome>& hooks) {
  Json out = Json::array();
  for (const auto& one : hooks)
    out.push_back(
        {{"event", one.event}, {"argv0", one.argv0}, {"exit", one.exit}, {"ms", one.ms}, {"optional", one.optional}});
  return out;
}

Json run_json(const Run& run) {
  return {{"id", "r" + std::to_string(run.id)},
          {"uid", run.uid},
          {"deployment", "d" + std::to_string(run.deployment)},
          {"verb", run.verb},
          {"mode", to_string(run.mode)},
          {"migration", run.migration},
          {"slug", text_or_null(run.slug)},
          {"state", to_string(run.state)},
          {"actor", run.actor},
          {"host", run.host},
          {"reason", text_or_null(run.reason)},
          {"started_at", format_utc(run.started)},
          {"finished_at", time_or_null(run.finished)},
          {"guarantee", text_or_null(run.guarantee)},
          {"backup", text_or_null(run.backup)},
          {"steps", {{"total", run.steps_total}, {"confirmed", run.steps_confirmed}}},
          {"verified", value_or_null(run.verified)},
          {"error", text_or_null(run.error)}};
}

Json way_back_json(const Plan& plan) {
  const auto way = way_back_of(plan);
  return {{"verdict", way.verdict},
          {"window_open", way.window_open},
          {"reasons", way.reasons},
          {"cells_lost", way.cells_lost},
          {"cells_kept", way.cells_kept}};
}

Json drift_json(const Drift& drift) {
  Json items = Json::array();
  for (const auto& item : drift.items)
    items.push_back({{"class", to_string(item.level)},
                     {"kind", item.kind},
                     {"where", item.where},
                     {"expected", text_or_null(item.expected)},
                     {"observed", text_or_null(item.observed)}});
  return {{"class", to_string(drift.worst)}, {"items", items}};
}

std::string_view word(OpState state) {
  switch (state) {
    case OpState::pending: return "pending";
    case OpState::satisfied: return "adopted";
    case OpState::conflict: return "conflict";
    case OpState::done: return "done";
    case OpState::not_done: return "not_done";
    case OpState::undone: return "undone";
  }
  return "pending";
}

Json difference_json(const Difference& difference) {
  return {{"where", difference.where},
          {"expected", text_or_null(difference.expected)},
          {"observed", text_or_null(difference.observed)}};
}

Json column_json(const InspectedColumn& item) {
  return {{"column_id", item.column.id},
          {"header", item.column.header},
          {"letter", item.letter},
          {"type", to_string(item.column.type)},
          {"format", value_or_null(item.column.format)},
          {"managed", item.column.managed},
          {"filled", item.filled},
          {"blank", item.blank},
          {"distinct", item.distinct},
          {"odd", item.odd}};
}

Json rehearsal_json(const Rehearsal& rehearsal) {
  Json steps = Json::array(), differences = Json::array(), recorded = Json::array();
  Json out;
  for (const auto& step : rehearsal.steps) {
    steps.push_back(
        {{"name", step.name}, {"outcome", to_string(step.outcome)}, {"detail", step.detail}, {"ms", step.ms}});
    if (step.name != "identical") out[step.name] = to_string(step.outcome);
  }
  for (const auto& one : rehearsal.differences) differences.push_back(difference_json(one));
  for (const auto id : rehearsal.recorded) recorded.push_back("r" + std::to_string(id));
  out["on"] = rehearsal.on;
  out["second_up_writes"] = rehearsal.second_up_writes;
  out["identical"] = rehearsal.identical;
  out["ms"] = rehearsal.ms;
  out["passed"] = rehearsal.passed;
  out["steps"] = steps;
  out["checks"] = checks_json(rehearsal.checks);
  out["differences"] = differences;
  out["recorded"] = recorded;
  return out;
}

/// The command that takes the whole of it back.
Json undo_of(const Report& report, const std::string& flags) {
  for (const auto& run : report.runs)
    if (run.run.verb == "up" && run.outcome == "applied")
      return Json::array({"zmig down --to " + std::to_string(report.from) + flags});
  return Json::array();
}

}  // namespace

std::string to_json(const InitReport& report) {
  return dump({{"root", report.root},
               {"created", report.created},
               {"kept", report.kept},
               {"changed", report.changed},
               {"next", report.next}});
}

std::string to_json(const HelpReport& report) {
  return dump({{"topic", text_or_null(report.topic)}, {"text", report.text}});
}

std::string to_json(const NewReport& report) {
  return dump({{"number", report.number},
               {"slug", report.slug},
               {"path", text_or_null(report.path)},
               {"template", report.template_name},
               {"text", value_or_null(report.text)},
               {"lock_updated", report.lock_updated}});
}

std::string to_json(const FmtReport& report) {
  return dump({{"checked", report.checked},
               {"changed", report.changed},
               {"lock", report.lock},
               {"current_schema", report.current_schema}});
}

std::string to_json(const ShowReport& report) {
  Json operations = Json::array(), allows = Json::array();
  for (const auto& op : report.operations)
    operations.push_back({{"index", op.index}, {"kind", op.kind}, {"subject", op.subject}, {"sentence", op.sentence}});
  for (const auto& allow : report.allows) allows.push_back({{"code", allow.code}, {"because", allow.because}});
  Json schema = nullptr;
  if (report.schema_json) schema = Json::parse(*report.schema_json, nullptr, false);
  Json down = nullptr;
  if (!report.down_source.empty())
    down = {{"source", report.down_source},
            {"run", report.down_run ? Json("r" + std::to_string(*report.down_run)) : Json(nullptr)},
            {"fidelity", report.down_fidelity},
            {"text", report.down_text}};
  return dump({{"number", report.number},
               {"slug", report.slug},
               {"title", report.title},
               {"path", report.path},
               {"hash", report.hash},
               {"depends_on", report.depends},
               {"allows", allows},
               {"ops", operations},
               {"changes", report.changes},
               {"schema", schema},
               {"down", down},
               {"raw", value_or_null(report.raw)}});
}

std::string to_json(const HistoryReport& report) {
  Json runs = Json::array(), events = Json::array(), captures = Json::array();
  for (const auto& run : report.runs) runs.push_back(run_json(run));
  for (const auto& item : report.events)
    events.push_back({{"seq", item.seq},
                      {"at", format_utc(item.at)},
                      {"run", item.run == 0 ? Json(nullptr) : Json("r" + std::to_string(item.run))},
                      {"kind", item.kind},
                      {"hash", item.hash}});
  for (const auto& [id, run, expires, capture] : report.captures)
    captures.push_back({{"id", "c" + std::to_string(id)},
                        {"run", "r" + std::to_string(run)},
                        {"expires", expires ? Json(format_utc(*expires)) : Json(nullptr)},
                        {"step", capture.step},
                        {"sheet", capture.sheet},
                        {"column", text_or_null(capture.column)},
                        {"cells", capture.cells.size()},
                        {"rows", capture.rows.size()}});
  Json chain{{"checked", report.chain.has_value()}, {"ok", nullptr}, {"first_bad", nullptr}};
  if (report.chain) {
    chain["ok"] = report.chain->ok;
    chain["first_bad"] = value_or_null(report.chain->first_bad);
  }
  return dump({{"runs", runs}, {"events", events}, {"captures", captures}, {"chain", chain}});
}

std::string to_json(const InspectReport& report) {
  Json sheets = Json::array();
  for (const auto& item : report.sheets) {
    Json columns = Json::array();
    for (const auto& column : item.columns) columns.push_back(column_json(column));
    sheets.push_back({{"sheet", item.sheet.title},
                      {"sheet_id", item.sheet.id},
                      {"managed", item.sheet.managed},
                      {"header_row", item.sheet.header_row},
                      {"rows", item.rows},
                      {"data_rows", item.data_rows},
                      {"columns", columns}});
  }
  return dump({{"sheets", sheets}});
}

std::string to_json(const CopyReport& report) {
  Json sheets = Json::array();
  for (const auto& sheet : report.sheets) {
    Json losses = Json::array();
    for (const auto& loss : sheet.losses)
      losses.push_back({{"kind", loss.kind}, {"count", loss.count}, {"first", loss.first}});
    sheets.push_back({{"sheet", sheet.title}, {"rows", sheet.rows}, {"columns", sheet.columns}, {"losses", losses}});
  }
  return dump({{"from", report.from},
               {"to", report.to},
               {"sheets", sheets},
               {"aside", text_or_null(report.aside)},
               {"outcome", "copied"}});
}

std::string to_json(const VersionReport& report) {
  return dump({{"version", report.version},
               {"commit", nullptr},
               {"targets", report.targets},
               {"ledger_format", 1},
               {"stamp_format", 1},
               {"envelope_major", 1},
               {"lock_algorithms", {"sha256"}}});
}

namespace {

bool is_waiting(std::string_view state) { return state == "pending" || state == "undone" || state == "gap"; }

}  // namespace

std::string to_json(const std::vector<TargetStatus>& targets) {
  Json list = Json::array();
  Json summary{{"current", 0}, {"behind", 0}, {"drifted", 0}, {"mismatch", 0}, {"unreachable", 0}};
  for (const auto& item : targets) {
    const auto& report = item.report;
    Json migrations = Json::array();
    for (const auto& migration : report.migrations)
      migrations.push_back(
          {{"number", migration.number},
           {"slug", migration.slug},
           {"state", migration.state},
           {"applied_at", time_or_null(migration.applied_at)},
           {"actor", text_or_null(migration.actor)},
           {"run", migration.run ? Json("r" + std::to_string(*migration.run)) : Json(nullptr)},
           {"rehearsals", {{"passed", migration.rehearsals_passed}, {"failed", migration.rehearsals_failed}}},
           {"verified", value_or_null(migration.verified)},
           {"edited", report.inspected ? Json(migration.edited) : Json(nullptr)},
           {"adopted",
            {{"ops", migration.adopted}, {"of", report.inspected ? Json(migration.operations) : Json(nullptr)}}},
           {"undo_until", time_or_null(migration.undo_until)},
           {"blocked", is_waiting(migration.state) ? Json(item.blocked) : Json::array()},
           {"flags", migration.flags}});
    Json width = Json::array();
    for (const auto& sheet : report.widths)
      width.push_back({{"sheet", sheet.sheet}, {"managed", sheet.before}, {"live", sheet.after}});
    Json stamp = nullptr;
    if (report.position.stamp)
      stamp = {{"position", report.position.stamp->position},
               {"number", report.position.stamp->number},
               {"chain_hash", report.position.stamp->chain_hash},
               {"lineage", report.position.stamp->lineage},
               {"target_id", report.position.stamp->target_id}};
    Json last = nullptr;
    if (report.last_verification)
      last = {{"at", format_utc(report.last_verification->at)},
              {"passed", report.last_verification->passed},
              {"failed", report.last_verification->failed},
              {"not_run", report.last_verification->not_run}};
    list.push_back({{"env", text_or_null(item.env)},
                    {"state", report.state},
                    {"position", report.position.at},
                    {"head", report.head},
                    {"stamp", stamp},
                    {"ledger", {{"agrees", report.ledger_agrees}}},
                    {"inspected", report.inspected},
                    {"drift", report.inspected ? drift_json(report.position.drift) : Json(nullptr)},
                    {"lease", lease_json(item.lease)},
                    {"last_verification", last},
                    {"contracts", verdicts_json(item.contracts)},
                    {"migrations", migrations},
                    {"width", width}});
    const auto& state = report.state;
    const char* bucket = state == "current"                                                    ? "current"
                         : state == "behind" || state == "uninitialised" || state == "partial" ? "behind"
                         : state == "drifted"                                                  ? "drifted"
                         : state == "unreachable"                                              ? "unreachable"
                                                                                               : "mismatch";
    summary[bucket] = summary[bucket].get<int>() + 1;
  }
  return dump({{"targets", list}, {"summary", summary}});
}

std::string to_json(const Report& report, const Leftovers& leftovers) {
  Json runs = Json::array(), checks = Json::array();
  for (const auto& run : report.runs) {
    Json ops = Json::array();
    for (const auto& op : run.migration.operations)
      ops.push_back({{"index", op.index},
                     {"kind", op.kind},
                     {"subject", op.subject},
                     {"state", word(op.state)},
                     {"where", text_or_null(op.where)},
                     {"note", text_or_null(op.note)}});
    Json kept = Json::array();
    for (const auto& edit : run.migration.kept)
      kept.push_back(
          {{"where", edit.where}, {"captured", text_or_null(edit.captured)}, {"now", text_or_null(edit.now)}});
    runs.push_back({{"run", run_json(run.run)},
                    {"number", run.migration.number},
                    {"slug", run.migration.slug},
                    {"outcome", run.outcome},
                    {"ops", ops},
                    {"steps", {{"total", run.run.steps_total}, {"confirmed", run.run.steps_confirmed}}},
                    {"cost", cost_json(run.cost)},
                    {"kept", run.migration.kept.size()},
                    {"kept_edits", kept},
                    {"lost", run.migration.lost}});
    for (const auto& check : run.checks) checks.push_back(check_json(check));
  }
  Json copies = Json::array();
  for (const BackupRow& copy : report.copies) copies.push_back(backup_json(copy));
  const bool down = report.plan.direction == Direction::down;
  return dump({{"eligibility", down ? way_back_json(report.plan) : Json(nullptr)},
               {"deployment", report.deployment == 0 ? Json(nullptr) : Json("d" + std::to_string(report.deployment))},
               {"from", report.from},
               {"to", report.to},
               {"up_to_date", report.up_to_date},
               {"resumed", text_or_null(report.resumed)},
               {"runs", runs},
               {"backup", report.backup ? backup_json(*report.backup) : Json(nullptr)},
               {"copies", copies},
               {"checks", checks},
               {"hooks", hooks_json(leftovers.hooks)},
               {"undo", undo_of(report, leftovers.flags)},
               {"report", leftovers.reports},
               {"log", text_or_null(leftovers.log)},
               {"outcome", report.outcome}});
}

std::string to_json(const Rehearsal& rehearsal) { return dump(rehearsal_json(rehearsal)); }

std::string to_json(const Plan& plan) {
  Json data = Json::parse(plan_to_json(plan), nullptr, false);
  if (plan.direction == Direction::down) data["eligibility"] = way_back_json(plan);
  return dump(data);
}

std::string to_json(const PlanReport& report) {
  Json data = Json::parse(plan_to_json(report.plan), nullptr, false);
  if (report.plan.direction == Direction::down) data["eligibility"] = way_back_json(report.plan);
  data["backup"] = {{"modes", report.backup_modes}, {"required", report.backup_required}};
  data["window"] = {
      {"seconds", report.window.count()}, {"ends_at", nullptr}, {"open", true}, {"left_seconds", nullptr}};
  data["confirmation"] = {{"kind", report.confirmation}, {"reason_required", report.reason_required}};
  const auto impact = readers_of(report.plan);
  data["readers"] = {{"by_header", impact.gone.empty() && impact.changed.empty() ? "holds" : "breaks"},
                     {"by_letter", impact.gone.empty() && impact.moved.empty() ? "holds" : "breaks"},
                     {"gone", impact.gone},
                     {"changed", impact.changed},
                     {"moved", impact.moved},
                     {"added", impact.added}};
  data["contracts"] = verdicts_json(report.contracts);
  data["lint"] = lint_counts(report.lint);
  data["rehearsal"] = report.rehearsal ? rehearsal_json(*report.rehearsal) : Json(nullptr);
  data["log"] = text_or_null(report.log);
  data["saved"] = text_or_null(report.saved);
  return dump(data);
}

std::string to_json(const VerifyReport& report) {
  return dump({{"at", report.at},
               {"scope", report.scope},
               {"sample", report.sample ? Json{{"rows", report.sample->rows},
                                               {"of", report.sample->of},
                                               {"seed", report.sample->seed},
                                               {"missed", report.sample->missed}}
                                        : Json(nullptr)},
               {"checks", checks_json(report.checks)},
               {"summary", {{"passed", report.passed}, {"failed", report.failed}, {"not_run", report.not_run}}},
               {"verdict", report.verdict},
               {"recorded_as", report.recorded_as ? Json("v" + std::to_string(*report.recorded_as)) : Json(nullptr)}});
}

std::string to_json(const BaselineReport& report, const std::string& schema_path) {
  Json sheets = Json::array(), guessed = Json::array(), differences = Json::array();
  for (const auto& sheet : report.schema.sheets) {
    const auto managed = std::ranges::count_if(sheet.columns, &Column::managed);
    sheets.push_back({{"sheet", sheet.title},
                      {"managed", managed},
                      {"foreign", std::ssize(sheet.columns) - managed},
                      {"header_row", sheet.header_row}});
  }
  for (const auto& guess : report.guessed)
    guessed.push_back({{"column", guess.column}, {"type", guess.type}, {"confidence", guess.confidence}});
  for (const auto& difference : report.differences) differences.push_back(difference_json(difference));
  return dump({{"schema", text_or_null(schema_path)},
               {"position", report.position},
               {"sheets", sheets},
               {"guessed", guessed},
               {"proved", report.proved},
               {"differences", differences}});
}

}  // namespace zmig::cli
