#include "plan/planner.h"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "plan/deltas.h"
#include "plan/down.h"
#include "plan/judge.h"
#include "plan/lock.h"
#include "plan/position.h"
#include "plan/rules.h"

namespace zmig {
namespace {

/// Plans every pending migration, each against what the ones before it left.
class UpPlanner {
 public:
  UpPlanner(const PlanInput& input, std::optional<std::uint32_t> to) : input_(input), to_(to) {}

  Result<Plan> run() {
    ZMIG_TRY(plan_.position, find_position(input_, plan_.diagnostics));
    plan_.from = plan_.to = plan_.position.at;
    if (plan_.diagnostics.has_errors()) return std::move(plan_);
    worlds_.push_back(std::make_unique<Overlay>(input_.live));
    if (plan_.position.stamp) applied_ = plan_.position.stamp->applied;
    for (const AppliedMigration& one : applied_) earlier_.push_back(migration_name(one.number, one.slug));
    ZMIG_TRY(const bool can_go_on, take_over());
    if (!can_go_on) return std::move(plan_);
    state_ = plan_.position.state;
    for (const Replayed* next : pending()) ZMIG_CHECK_OK(plan_one(*next));
    check_drift();
    finish_plan(plan_, input_.live.schema(), input_.capabilities);
    return std::move(plan_);
  }

 private:
  Overlay& world() { return *worlds_.back(); }

  /// A workbook without a stamp has to be the baseline, and somebody has to say so.
  Result<bool> take_over() {
    if (plan_.position.managed) return true;
    const Schema& live = input_.live.schema();
    if (!input_.history.baseline) {
      if (is_empty_workbook(live)) return true;
      return refuse_unknown("this workbook was never taken over, and there is no schemas/0000_baseline.json");
    }
    const std::vector<std::string> differences = baseline_differences(*input_.history.baseline, live);
    if (!differences.empty()) {
      Diagnostic finding;
      finding.code = "ZM0301";
      finding.message = "this workbook is not the one that schemas/0000_baseline.json describes";
      finding.notes = differences;
      finding.notes.emplace_back("nothing was written");
      finding.help = "choose the right workbook, or take this one over: `zmig baseline`";
      plan_.diagnostics.add(std::move(finding));
      return false;
    }
    if (!input_.accept_baseline) return refuse_unknown("this workbook was never taken over by zmig");
    for (const Change& change : baseline_changes(*input_.history.baseline)) ZMIG_CHECK_OK(world().take(change));
    return true;
  }

  bool refuse_unknown(std::string message) {
    Diagnostic finding;
    finding.code = "ZM0208";
    finding.message = std::move(message);
    finding.notes.emplace_back("nothing was written");
    finding.help = "run `zmig baseline` once; it writes ids and the stamp, no cell";
    if (input_.history.baseline)
      finding.help =
          "run `zmig baseline`, or `zmig up --baseline`: its headers are those of schemas/0000_baseline.json";
    plan_.diagnostics.add(std::move(finding));
    return false;
  }

  [[nodiscard]] std::vector<const Replayed*> pending() const {
    std::vector<const Replayed*> out;
    std::unordered_set<std::uint32_t> applied;
    for (const AppliedMigration& one : applied_) applied.insert(one.number);
    for (const Replayed& one : input_.replayed) {
      const std::uint32_t number = one.migration.number;
      const bool done = applied.contains(number);
      if (!done && (!to_ || number <= *to_)) out.push_back(&one);
    }
    return out;
  }

  Status plan_one(const Replayed& replayed) {
    const Migration& migration = replayed.migration;
    PlannedMigration out = planned(migration);
    out.before = state_;
    ZMIG_TRY(out.after, after_of(replayed));
    const Schema live_before = world().schema();
    SchemaView structure_before(live_before, input_.live.text_source());

    NotedView looked_at(world(), out.needs);
    CheckWorld asked{looked_at, looked_at, out.before, applied_};
    asked.at = input_.now;
    asked.migration = migration.name;
    asked.atomic = input_.capabilities.atomic_batch;
    asked.predicting = true;
    ZMIG_CHECK_OK(
        judge_lines(migration.script.requires_, "require", "ZM0304", asked, out.requires_, plan_.diagnostics));
    out.wants_backup =
        std::any_of(migration.script.requires_.begin(), migration.script.requires_.end(),
                    [](const CheckLine& line) { return std::holds_alternative<check::Backup>(line.check); });

    const bool keeps_rows = compares_rows(migration.script.ensures);
    if (keeps_rows) worlds_.push_back(std::make_unique<Overlay>(static_cast<CellView&>(world())));
    NotedView planned_world(world(), out.needs);
    MaterialiseOptions options;
    options.variables = built_in_variables(migration.name, input_.now);
    options.on_edit = input_.on_edit;
    Walk walk(migration, world(), out.before, std::move(options), out, plan_.diagnostics);
    ZMIG_CHECK_OK(walk.classify());
    if (!walk.has_conflicts()) {
      ZMIG_CHECK_OK(judge_new_rules(migration, out.before, out.after, planned_world, plan_.diagnostics));
    }
    out.widths = widths_of(out.steps, live_before, world().schema());
    const std::size_t batches = count_batches(out.steps, live_before, input_.capabilities);
    add_cost(out, batches);
    check_atomic(migration, batches, out);

    CellView& before = keeps_rows ? static_cast<CellView&>(*worlds_[worlds_.size() - 2]) : structure_before;
    ZMIG_CHECK_OK(judge_ensures(migration, before, out, batches, walk.has_conflicts(), live_before));
    ZMIG_CHECK_OK(derive(migration, walk, out));

    AppliedMigration next;
    next.number = migration.number;
    next.slug = migration.slug;
    next.hash = migration.checksum;
    next.adopted = out.adopted;
    next.at = input_.now;
    asked.applied.clear();  // or the list would be copied, once for each migration
    applied_.push_back(std::move(next));
    earlier_.push_back(migration.name);
    state_ = out.after;
    plan_.to = std::max(plan_.to, migration.number);
    plan_.migrations.push_back(std::move(out));
    return ok();
  }

  Result<Schema> after_of(const Replayed& replayed) const {
    if (replayed.before == state_) return replayed.after;
    return replay_operations(replayed.migration.script.operations, state_);
  }

  /// Only the walk knows how many batches it takes.
  void check_atomic(const Migration& migration, std::size_t batches, PlannedMigration& out) {
    if (batches <= 1 || !input_.capabilities.atomic_batch) return;
    for (std::size_t i = 0; i < migration.script.requires_.size(); ++i) {
      const CheckLine& line = migration.script.requires_[i];
      if (!std::holds_alternative<check::Atomic>(line.check)) continue;
      out.requires_[i].outcome = Outcome::failed;
      out.requires_[i].observed = fmt::format("this plan takes {} commits", batches);
      plan_.diagnostics.add(check_diagnostic(line, out.requires_[i], "ZM0304"));
    }
  }

  Status judge_ensures(const Migration& migration, CellView& before, PlannedMigration& out, std::size_t batches,
                       bool in_conflict, const Schema& live_before) {
    out.ensure_lines = migration.script.ensures;
    CheckWorld world_after{before, world(), out.after, applied_};
    world_after.at = input_.now;
    world_after.migration = migration.name;
    world_after.atomic = input_.capabilities.atomic_batch && batches <= 1;
    world_after.predicting = true;
    world_after.deltas = deltas_of(out.steps, live_before, world().schema());
    for (const auto& [title, delta] : world_after.deltas) world_after.width_delta += delta.adopted - delta.forgotten;
    // Behind a conflict the prediction is a guess: what it gets wrong is no finding of its own.
    Diagnostics ignored;
    return judge_lines(migration.script.ensures, "ensure", "ZM0308", world_after, out.ensures,
                       in_conflict ? ignored : plan_.diagnostics);
  }

  Status derive(const Migration& migration, const Walk& walk, PlannedMigration& out) {
    if (walk.has_conflicts()) return ok();
    Result<DownText> down = derive_down_text(migration, out.before, out.after, walk.claims(), input_.codec, earlier_,
                                             input_.protected_sheets);
    if (down) {
      out.down_text = std::move(down->text);
      out.fidelity = down->fidelity;
      return ok();
    }
    if (!is_finding(down.error())) return std::move(down).error();
    Diagnostic finding = finding_of(down.error(), {});
    finding.primary.span.reset();
    plan_.diagnostics.add(std::move(finding));
    return ok();
  }

  /// Breaking drift that no pending line accounts for.
  void check_drift() {
    if (!plan_.position.managed) return;
    const Drift left = drift_of(state_, world().schema());
    Drift unexplained;
    for (const Drift::Item& item : plan_.position.drift.items) {
      const bool stays = std::any_of(left.items.begin(), left.items.end(), [&](const Drift::Item& other) {
        return other.kind == item.kind && other.expected == item.expected && other.observed == item.observed;
      });
      if (!stays) continue;
      unexplained.items.push_back(item);
      unexplained.worst = std::max(unexplained.worst, item.level);
    }
    add_drift(unexplained, input_.allow_drift, plan_.diagnostics);
  }

  const PlanInput& input_;
  std::optional<std::uint32_t> to_;
  Plan plan_;
  std::vector<std::unique_ptr<Overlay>>
      worlds_;  // each over the one before; the last is the workbook as planned so far
  CowList<AppliedMigration> applied_;
  CowList<std::string> earlier_;
  Schema state_;
};

bool changes_width(const Change& change, const std::string& sheet) {
  if (const auto* one = std::get_if<change::InsertColumn>(&change)) return one->sheet == sheet;
  if (const auto* one = std::get_if<change::DeleteColumn>(&change)) return one->at.sheet == sheet;
  if (const auto* one = std::get_if<change::InsertSheet>(&change)) return one->sheet.id == sheet;
  if (const auto* one = std::get_if<change::DeleteSheet>(&change)) return one->sheet == sheet;
  if (const auto* one = std::get_if<change::Track>(&change)) return one->scope.sheet == sheet;
  if (const auto* one = std::get_if<change::Untrack>(&change)) return one->scope.sheet == sheet;
  return false;
}

std::string scopes_text(const Footprint& region) {
  std::string out;
  for (const Scope& scope : region.writes) out += " " + scope.sheet + "/" + scope.column;
  return out;
}

/// What the plan does and where, one line each: whatever changes a line changes the plan.
std::string fingerprint_of(const Plan& plan, const Schema& live) {
  std::string text = fmt::format("{} {} {}\n", plan.direction == Direction::up ? "up" : "down", plan.from, plan.to);
  for (const PlannedMigration& migration : plan.migrations) {
    text += fmt::format("{} {}\n", migration.name, migration.checksum);
    for (const Step& step : migration.steps)
      text += fmt::format("step {} {}{}\n", step.operation, name_of(step.change), scopes_text(footprint(step.change)));
    for (const PlannedOperation& operation : migration.operations)
      text += fmt::format("op {} {} {} {}\n", operation.index, operation.kind, operation.where, operation.cells);
    for (const Adopted& adopted : migration.adopted)
      text += fmt::format("adopted {} {} {}\n", adopted.operation, join(adopted.completed, ","), adopted.digest);
    if (plan.direction == Direction::down) text += sha256_hex(migration.down_text) + "\n";
  }
  text += schema_digest(live);
  return "sha256:" + sha256_hex(text);
}

}  // namespace

PlannedMigration planned(const Migration& migration) {
  PlannedMigration out;
  out.number = migration.number;
  out.slug = migration.slug;
  out.name = migration.name;
  out.title = migration.description;
  if (out.title.empty()) {
    out.title = migration.slug;
    std::replace(out.title.begin(), out.title.end(), '_', ' ');
  }
  out.path = migration.path;
  out.checksum = migration.checksum;
  out.keep_undo = migration.keep_undo;
  return out;
}

bool compares_rows(const std::vector<CheckLine>& ensures) {
  return std::any_of(ensures.begin(), ensures.end(), [](const CheckLine& line) {
    const auto* delta = std::get_if<check::SheetDelta>(&line.check);
    return delta != nullptr && delta->what == check::Counted::rows;
  });
}

std::vector<Width> widths_of(const std::vector<Step>& steps, const Schema& before, const Schema& after) {
  std::vector<Width> out;
  // Asked first: a workbook has many sheets, and a migration is about few of them.
  const auto changed = [&](const std::string& id) {
    return std::any_of(steps.begin(), steps.end(), [&](const Step& step) { return changes_width(step.change, id); });
  };
  const auto add = [&](const Sheet* old, const Sheet* now) {
    if (old == nullptr) old = before.sheet_titled(now->title, true);
    out.push_back({(now == nullptr ? old : now)->title, old == nullptr ? 0 : width_of(*old),
                   now == nullptr ? 0 : width_of(*now)});
  };
  for (const Sheet& sheet : after.sheets) {
    if (changed(sheet.id)) add(before.sheet(sheet.id), &sheet);
  }
  for (const Sheet& sheet : before.sheets) {
    if (sheet.managed && changed(sheet.id) && after.sheet(sheet.id) == nullptr) add(&sheet, nullptr);
  }
  return out;
}

std::size_t count_batches(const std::vector<Step>& steps, const Schema& live_before, const Capabilities& caps) {
  if (steps.empty()) return 0;
  if (caps.atomic_batch && caps.max_changes_per_batch >= steps.size()) return 1;
  Chain chain;
  chain.states.push_back(live_before);
  for (const Step& step : steps) {
    Schema next = chain.states.back();
    // A refused step has been reported; it changes nothing.
    static_cast<void>(apply_to(step.change, next));
    chain.states.push_back(std::move(next));
    chain.steps.push_back(step);
  }
  return cut_batches(chain, 0, caps).size();
}

void add_cost(PlannedMigration& migration, std::size_t batches) {
  std::vector<std::string> sheets;
  for (const Step& step : migration.steps) {
    const Footprint region = footprint(step.change);
    for (const std::vector<Scope>* scopes : {&region.reads, &region.writes}) {
      for (const Scope& scope : *scopes) {
        if (std::find(sheets.begin(), sheets.end(), scope.sheet) == sheets.end()) sheets.push_back(scope.sheet);
      }
    }
  }
  // About what a local file takes on an ordinary machine; services have a pace of their own.
  constexpr std::uint64_t kCellsPerMs = 500;
  migration.cost.ms = (migration.cost.cells + kCellsPerMs - 1) / kCellsPerMs;
  migration.cost.reads = sheets.size();
  migration.cost.writes = batches;
}

Status judge_lines(const std::vector<CheckLine>& lines, std::string_view id, std::string_view code, CheckWorld& world,
                   std::vector<CheckResult>& results, Diagnostics& findings) {
  for (const CheckLine& line : lines) {
    ZMIG_TRY(CheckResult result, judge_check(line, id, world));
    if (result.outcome != Outcome::passed) findings.add(check_diagnostic(line, result, code));
    results.push_back(std::move(result));
  }
  return ok();
}

void finish_plan(Plan& plan, const Schema& live, const Capabilities& caps) {
  for (const PlannedMigration& migration : plan.migrations) {
    plan.cost.cells += migration.cost.cells;
    plan.cost.reads += migration.cost.reads;
    plan.cost.writes += migration.cost.writes;
    plan.cost.bytes += migration.cost.bytes;
    plan.cost.ms += migration.cost.ms;
  }
  const bool one_batch = std::all_of(plan.migrations.begin(), plan.migrations.end(),
                                     [](const PlannedMigration& one) { return one.cost.writes <= 1; });
  plan.guarantee = caps.atomic_batch && one_batch ? "atomic" : "resumable";
  plan.fingerprint = fingerprint_of(plan, live);
}

Result<Plan> plan_up(const PlanInput& input, std::optional<std::uint32_t> to) { return UpPlanner(input, to).run(); }

}  // namespace zmig
