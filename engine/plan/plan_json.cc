// The `data` of `zmig plan --json` (cli.md 9.3), as far as it is known here; the command adds window, contracts, lint
// and confirmation.
#include <span>
#include <string>
#include <string_view>

#include <zmig/json_text.h>
#include <zmig/plan.h>

#include "plan/plan_json.h"

namespace zmig {
namespace {

// Keys in ascending order everywhere, as readers of earlier releases saw them.

void add_drift(const Drift& drift, JsonText& out) {
  out.open('{').key("class").text(to_string(drift.worst)).key("items").open('[');
  for (const Drift::Item& item : drift.items) {
    out.open('{').key("class").text(to_string(item.level));
    out.key("expected").text_or_null(item.expected);
    out.key("kind").text(item.kind);
    out.key("observed").text_or_null(item.observed);
    out.key("where").text(item.where).close('}');
  }
  out.close(']').close('}');
}

void add_cost(const Cost& cost, JsonText& out) {
  out.open('{').key("bytes").number(cost.bytes).key("cells").number(cost.cells).key("ms").number(cost.ms);
  out.key("reads").number(cost.reads).key("writes").number(cost.writes).close('}');
}

void add_operations(const PlannedMigration& migration, JsonText& out) {
  out.open('[');
  for (const PlannedOperation& operation : migration.operations) {
    out.open('{').key("cells").number(operation.cells);
    out.key("index").number(operation.index);
    out.key("kind").text(operation.kind);
    out.key("levels").text(operation.levels);
    out.key("note").text_or_null(operation.note);
    out.key("sentence").text(operation.sentence);
    out.key("state").text(to_string(operation.state));
    out.key("subject").text(operation.subject);
    out.key("where").text_or_null(operation.where).close('}');
  }
  out.close(']');
}

/// Where the operation of a step is; empty when it has no place.
std::string_view where_of(const PlannedMigration& migration, const Step& step) {
  for (const PlannedOperation& operation : migration.operations) {
    if (operation.index == step.operation) return operation.where;
  }
  return {};
}

void add_batches(const PlannedMigration& migration, JsonText& out) {
  out.open('[');
  if (!migration.steps.empty()) {
    out.open('{').key("bytes").number(migration.cost.bytes).key("cells").number(migration.cost.cells);
    out.key("changes").open('[');
    for (const Step& step : migration.steps) {
      out.open('{').key("kind").text(name_of(step.change));
      out.key("where").text_or_null(where_of(migration, step)).close('}');
    }
    out.close(']').key("index").number(0).close('}');
  }
  out.close(']');
}

void add_guard(const CheckResult& check, JsonText& out) {
  out.open('{').key("examined").number(check.examined);
  out.key("expected").text_or_null(check.expected);
  out.key("kind").text(check.id);
  out.key("not_run_because").text_or_null(check.not_run_because);
  out.key("offending").texts(check.offending);
  out.key("offending_count").number(check.offending_count);
  out.key("outcome").text(to_string(check.outcome));
  out.key("scope").text(check.scope);
  out.key("subject").text(check.subject);
  out.key("text").text(check.text);
  out.key("value").text_or_null(check.observed).close('}');
}

/// Captures by place and size; what they hold is the ledger's.
void add_captures(const PlannedMigration& migration, JsonText& out) {
  out.open('[');
  for (const Capture& capture : migration.captures) {
    if (capture.cells.empty() && capture.rows.empty()) continue;
    out.open('{').key("cells").number(capture.cells.size());
    out.key("column").text_or_null(capture.column);
    out.key("rows").number(capture.rows.size());
    out.key("sheet").text(capture.sheet);
    out.key("step").number(capture.step).close('}');
  }
  out.close(']');
}

void add_migration(const PlannedMigration& migration, const std::string& guarantee, JsonText& out) {
  out.open('{').key("adopted");
  add_adopted(migration.adopted, out);
  out.key("batches");
  add_batches(migration, out);
  out.key("cost");
  add_cost(migration.cost, out);
  out.key("fence").text("full").key("follows").open('[');
  for (const FollowedPart& one : migration.follows) {
    out.open('{').key("change").number(one.change).key("kinds").open('{');
    for (const auto& [kind, count] : one.kinds) out.member(kind).number(count);
    out.close('}').key("part").text(one.part).close('}');
  }
  out.close(']').key("guarantee").text(guarantee).key("guards").open('[');
  for (const CheckResult& check : migration.requires_) add_guard(check, out);
  for (const CheckResult& check : migration.ensures) add_guard(check, out);
  out.close(']').key("hash").text(migration.checksum).key("kept").open('[');
  for (const KeptEdit& one : migration.kept) {
    out.open('{').key("captured").text(one.captured).key("now").text(one.now);
    out.key("where").text(one.where).close('}');
  }
  out.close(']').key("lost").number(migration.lost).key("number").number(migration.number).key("ops");
  add_operations(migration, out);
  out.key("path").text(migration.path).key("reversal").open('{').key("captures");
  add_captures(migration, out);
  out.key("fidelity").text(to_string(migration.fidelity)).key("text").text(migration.down_text).close('}');
  out.key("slug").text(migration.slug).key("title").text(migration.title).key("unfollowed").open('[');
  for (const UnfollowedPlace& one : migration.unfollowed) {
    out.open('{').key("because").text(one.because).key("change").number(one.change);
    out.key("place").text(one.place).key("text").text(one.text).close('}');
  }
  out.close(']').key("width").open('[');
  for (const Width& one : migration.widths) {
    out.open('{').key("after").number(one.after).key("before").number(one.before);
    out.key("sheet").text(one.sheet).close('}');
  }
  out.close(']').close('}');
}

}  // namespace

std::string_view to_string(OpState state) {
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

void add_adopted(const std::vector<Adopted>& adopted, JsonText& out) {
  out.open('[');
  for (const Adopted& one : adopted) {
    out.open('{').key("completed").texts(one.completed).key("digest").text(one.digest);
    out.key("operation").number(one.operation).close('}');
  }
  out.close(']');
}

std::string plan_to_json(const Plan& plan) { return plan_to_json(plan, plan.migrations, plan.cost); }

std::string plan_to_json(const Plan& plan, std::span<const PlannedMigration> migrations, const Cost& cost) {
  JsonText out;
  out.open('{').key("cost");
  add_cost(cost, out);
  out.key("direction").text(plan.direction == Direction::up ? "up" : "down").key("drift");
  add_drift(plan.position.drift, out);
  out.key("fingerprint").text(plan.fingerprint).key("from").number(plan.from);
  out.key("guarantee").text(plan.guarantee).key("migrations").open('[');
  for (const PlannedMigration& migration : migrations) add_migration(migration, plan.guarantee, out);
  out.close(']').key("position").open('{').key("at").number(plan.position.at).key("in_flight").raw("null");
  out.key("source").text(plan.position.managed ? "stamp" : "baseline").close('}');
  out.key("to").number(plan.to).close('}');
  return out.take();
}

}  // namespace zmig
