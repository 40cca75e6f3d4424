// The `data` of `zmig plan --json` (cli.md 9.3), as far as it is known here; the command adds window, contracts, lint
// and confirmation.
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <zmig/plan.h>

namespace zmig {
namespace {

using Json = nlohmann::json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string_view state_name(OpState state) {
  switch (state) {
    case OpState::pending: return "pending";
    case OpState::satisfied: return "satisfied";
    case OpState::conflict: return "conflict";
    case OpState::done: return "done";
    case OpState::not_done: return "not_done";
    case OpState::undone: return "undone";
  }
  return {};
}

Json drift_json(const Drift& drift) {
  Json items = Json::array();
  for (const Drift::Item& item : drift.items) {
    items.push_back({{"class", to_string(item.level)},
                     {"kind", item.kind},
                     {"where", item.where},
                     {"expected", text_or_null(item.expected)},
                     {"observed", text_or_null(item.observed)}});
  }
  return {{"class", to_string(drift.worst)}, {"items", std::move(items)}};
}

Json cost_json(const Cost& cost) {
  return {
      {"cells", cost.cells}, {"reads", cost.reads}, {"writes", cost.writes}, {"bytes", cost.bytes}, {"ms", cost.ms}};
}

Json operations_json(const PlannedMigration& migration) {
  Json out = Json::array();
  for (const PlannedOperation& operation : migration.operations) {
    out.push_back({{"index", operation.index},
                   {"kind", operation.kind},
                   {"subject", operation.subject},
                   {"sentence", operation.sentence},
                   {"levels", operation.levels},
                   {"state", state_name(operation.state)},
                   {"where", text_or_null(operation.where)},
                   {"note", text_or_null(operation.note)},
                   {"cells", operation.cells}});
  }
  return out;
}

/// Where the operation of a step is; empty when it has no place.
std::string where_of(const PlannedMigration& migration, const Step& step) {
  for (const PlannedOperation& operation : migration.operations) {
    if (operation.index == step.operation) return operation.where;
  }
  return {};
}

Json batches_json(const PlannedMigration& migration) {
  if (migration.steps.empty()) return Json::array();
  Json changes = Json::array();
  for (const Step& step : migration.steps) {
    changes.push_back(
        {{"kind", std::string(name_of(step.change))}, {"where", text_or_null(where_of(migration, step))}});
  }
  return Json::array({{{"index", 0},
                       {"changes", std::move(changes)},
                       {"cells", migration.cost.cells},
                       {"bytes", migration.cost.bytes}}});
}

Json guard_json(const CheckResult& check) {
  return {{"kind", check.id},
          {"subject", check.subject},
          {"text", check.text},
          {"outcome", std::string(to_string(check.outcome))},
          {"scope", check.scope},
          {"examined", check.examined},
          {"expected", text_or_null(check.expected)},
          {"value", text_or_null(check.observed)},
          {"offending", check.offending},
          {"offending_count", check.offending_count},
          {"not_run_because", text_or_null(check.not_run_because)}};
}

Json guards_json(const PlannedMigration& migration) {
  Json out = Json::array();
  for (const CheckResult& check : migration.requires_) out.push_back(guard_json(check));
  for (const CheckResult& check : migration.ensures) out.push_back(guard_json(check));
  return out;
}

/// Captures by place and size; what they hold is the ledger's.
Json captures_json(const PlannedMigration& migration) {
  Json out = Json::array();
  for (const Capture& capture : migration.captures) {
    if (capture.cells.empty() && capture.rows.empty()) continue;
    out.push_back({{"step", capture.step},
                   {"sheet", capture.sheet},
                   {"column", text_or_null(capture.column)},
                   {"cells", capture.cells.size()},
                   {"rows", capture.rows.size()}});
  }
  return out;
}

Json migration_json(const PlannedMigration& migration, const std::string& guarantee) {
  Json adopted = Json::array();
  for (const Adopted& one : migration.adopted)
    adopted.push_back({{"operation", one.operation}, {"completed", one.completed}, {"digest", one.digest}});
  Json width = Json::array();
  for (const Width& one : migration.widths)
    width.push_back({{"sheet", one.sheet}, {"before", one.before}, {"after", one.after}});
  Json kept = Json::array();
  for (const KeptEdit& one : migration.kept)
    kept.push_back({{"where", one.where}, {"captured", one.captured}, {"now", one.now}});
  return {{"number", migration.number},
          {"slug", migration.slug},
          {"title", migration.title},
          {"path", migration.path},
          {"hash", migration.checksum},
          {"ops", operations_json(migration)},
          {"batches", batches_json(migration)},
          {"guards", guards_json(migration)},
          {"reversal",
           {{"fidelity", std::string(to_string(migration.fidelity))},
            {"captures", captures_json(migration)},
            {"text", migration.down_text}}},
          {"adopted", std::move(adopted)},
          {"width", std::move(width)},
          {"cost", cost_json(migration.cost)},
          {"kept", std::move(kept)},
          {"lost", migration.lost},
          {"guarantee", guarantee},
          {"fence", "full"}};
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json migrations = Json::array();
  for (const PlannedMigration& migration : plan.migrations)
    migrations.push_back(migration_json(migration, plan.guarantee));
  const Json json = {
      {"direction", plan.direction == Direction::up ? "up" : "down"},
      {"from", plan.from},
      {"to", plan.to},
      {"position",
       {{"at", plan.position.at}, {"source", plan.position.managed ? "stamp" : "baseline"}, {"in_flight", nullptr}}},
      {"drift", drift_json(plan.position.drift)},
      {"migrations", std::move(migrations)},
      {"cost", cost_json(plan.cost)},
      {"guarantee", plan.guarantee},
      {"fingerprint", plan.fingerprint}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace zmig
