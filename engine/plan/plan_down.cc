#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/deltas.h"
#include "plan/down.h"
#include "plan/judge.h"
#include "plan/lock.h"
#include "plan/planner.h"
#include "plan/position.h"

namespace zmig {
namespace {

/// Plans the way back, newest application first, each against what the ones before it left.
class DownPlanner {
 public:
  DownPlanner(const PlanInput& input, std::uint32_t to) : input_(input), to_(to) {}

  Result<Plan> run() {
    plan_.direction = Direction::down;
    ZMIG_TRY(plan_.position, find_position(input_, plan_.diagnostics));
    plan_.from = plan_.position.at;
    plan_.to = to_;
    if (plan_.diagnostics.has_errors()) return std::move(plan_);
    if (!plan_.position.stamp) {
      if (to_ == 0) return std::move(plan_);
      return make_error(Errc::not_found, {}, fmt::format("migration {:04} is not applied: nothing is", to_));
    }
    applied_ = plan_.position.stamp->applied;
    for (const AppliedMigration& one : std::as_const(applied_))
      earlier_.push_back(migration_name(one.number, one.slug));
    ZMIG_TRY(const std::size_t kept, kept_count());
    ZMIG_TRY(states_, states_of(input_, applied_));
    add_drift(plan_.position.drift, input_.allow_drift, plan_.diagnostics);
    worlds_.push_back(std::make_unique<Overlay>(input_.live));
    const std::size_t about_files = plan_.diagnostics.all().size();
    while (applied_.size() > kept) {
      ZMIG_CHECK_OK(plan_one(AppliedMigration(std::as_const(applied_).back())));
      applied_.pop_back();
    }
    // Down texts are in no SourceMap: a place in them would point into another file.
    std::vector<Diagnostic>& found = plan_.diagnostics.all();
    for (std::size_t i = about_files; i < found.size(); ++i) found[i].primary.span.reset();
    finish_plan(plan_, input_.live.schema(), input_.capabilities);
    return std::move(plan_);
  }

 private:
  Overlay& world() { return *worlds_.back(); }

  /// How many of the applied migrations stay.
  [[nodiscard]] Result<std::size_t> kept_count() const {
    if (to_ == 0) return std::size_t{0};
    const auto found =
        std::find_if(applied_.begin(), applied_.end(), [&](const AppliedMigration& one) { return one.number == to_; });
    if (found == applied_.end())
      return make_error(Errc::not_found, "ZM0713", fmt::format("migration {:04} is not applied here", to_),
                        "`zmig status` lists what is applied");
    return static_cast<std::size_t>(found - applied_.begin()) + 1;
  }

  void refuse_irreversible(const Migration& migration) {
    Diagnostic finding;
    finding.code = "ZM0505";
    finding.message = fmt::format("{} cannot be undone", quoted(migration.name));
    if (migration.irreversible) finding.notes.push_back("irreversible because " + quoted(*migration.irreversible));
    finding.notes.emplace_back("nothing was written");
    finding.help = "write a migration that goes forward to what you want: `zmig new SLUG`";
    plan_.diagnostics.add(std::move(finding));
  }

  /// The text that was stored when the migration ran; else it is derived anew, from the files and the adopted set of
  /// the stamp.
  Result<std::optional<std::string>> text_of(const Replayed& replayed, const AppliedMigration& applied,
                                             const Schema& before, const Schema& after,
                                             const CowList<std::string>& earlier) {
    const auto stored = input_.stored_downs.find(replayed.migration.name);
    if (stored != input_.stored_downs.end() && !stored->second.empty())
      return std::optional<std::string>(stored->second);
    Result<DownText> derived =
        derive_down_text(replayed.migration, before, after, claims_from_stamp(replayed.migration, applied.adopted),
                         input_.codec, earlier, input_.protected_sheets);
    if (!derived && !is_finding(derived.error())) return std::move(derived).error();
    if (!derived) {
      plan_.diagnostics.add(finding_of(derived.error(), {}));
      return std::optional<std::string>();
    }
    if (derived->fidelity != Fidelity::irreversible) return std::optional<std::string>(std::move(derived->text));
    refuse_irreversible(replayed.migration);
    return std::optional<std::string>();
  }

  Status plan_one(const AppliedMigration& applied) {
    const Replayed* replayed = replayed_at(input_.replayed, applied.number);
    ZMIG_ASSERT(replayed != nullptr, "states_of has found every applied migration");
    const Schema& before = states_[applied_.size() - 1];
    const Schema& after = states_[applied_.size()];
    if (replayed->migration.irreversible && !replayed->migration.down) {
      refuse_irreversible(replayed->migration);
      return ok();
    }
    earlier_.resize(applied_.size() - 1);
    const CowList<std::string> earlier = earlier_;
    ZMIG_TRY(const std::optional<std::string> text, text_of(*replayed, applied, before, after, earlier));
    if (!text) return ok();
    const std::size_t errors = plan_.diagnostics.count(Severity::error);
    const Migration down = bind_down(*text, replayed->migration, before, after, input_.codec, earlier,
                                     input_.protected_sheets, plan_.diagnostics);
    if (plan_.diagnostics.count(Severity::error) > errors) return ok();
    tell_adopted_drops(replayed->migration, before, applied.adopted);
    return walk(*replayed, down, *text, before, after);
  }

  /// What was gone when the migration came is not brought back by undoing it.
  void tell_adopted_drops(const Migration& migration, const Schema& before, const std::vector<Adopted>& adopted) {
    if (adopted.empty()) return;
    const Schema reached = without_adopted_drops(migration, before, adopted);
    std::vector<std::string> gone;
    for (const Sheet& sheet : before.sheets) {
      const Sheet* stays = reached.sheet(sheet.id);
      if (stays == nullptr) gone.push_back("sheet " + quoted(sheet.title));
      for (const Column& column : sheet.columns) {
        if (stays != nullptr && column_by_id(*stays, column.id) == nullptr)
          gone.push_back(fmt::format("column {} of {}", quoted(column.header), quoted(sheet.title)));
      }
    }
    for (const std::string& one : gone) {
      Diagnostic finding;
      finding.severity = Severity::info;
      finding.code = "ZM0329";
      finding.message = fmt::format("{} was gone before {} was applied, and stays gone", one, quoted(migration.name));
      finding.help = "`zmig status` calls that drift, as it did then; `zmig up` adopts it again";
      plan_.diagnostics.add(std::move(finding));
    }
  }

  Status walk(const Replayed& replayed, const Migration& down, const std::string& text, const Schema& before,
              const Schema& after) {
    PlannedMigration out = planned(replayed.migration);
    out.before = after;
    out.after = before;
    out.down_text = text;
    const Schema live_before = world().schema();

    NotedView looked_at(world(), out.needs);
    CheckWorld asked{looked_at, looked_at, after, applied_};
    asked.at = input_.now;
    asked.migration = replayed.migration.name;
    asked.predicting = true;
    asked.atomic = input_.capabilities.atomic_batch;
    ZMIG_CHECK_OK(judge_lines(down.script.requires_, "require", "ZM0304", asked, out.requires_, plan_.diagnostics));

    const bool keeps_rows = compares_rows(down.script.ensures);
    if (keeps_rows) worlds_.push_back(std::make_unique<Overlay>(static_cast<CellView&>(world())));
    MaterialiseOptions options;
    options.variables = built_in_variables(replayed.migration.name, input_.now);
    options.captures = input_.captures == nullptr ? &no_captures_ : input_.captures;
    options.on_edit = input_.on_edit;
    options.own = added_between(before, after);
    Walk walk(down, world(), after, std::move(options), out, plan_.diagnostics);
    ZMIG_CHECK_OK(walk.run_all());
    out.widths = widths_of(out.steps, live_before, world().schema());
    const std::size_t batches = count_batches(out.steps, live_before, input_.capabilities);
    add_cost(out, batches);
    report_lost(out);

    SchemaView structure_before(live_before, input_.live.text_source());
    CellView& before_view = keeps_rows ? static_cast<CellView&>(*worlds_[worlds_.size() - 2]) : structure_before;
    out.ensure_lines = down.script.ensures;
    CheckWorld predicted{before_view, world(), before, applied_};
    predicted.at = input_.now;
    predicted.migration = replayed.migration.name;
    predicted.predicting = true;
    predicted.atomic = input_.capabilities.atomic_batch && batches <= 1;
    predicted.deltas = deltas_of(out.steps, live_before, world().schema());
    for (const auto& [title, delta] : predicted.deltas) predicted.width_delta += delta.adopted - delta.forgotten;
    Diagnostics ignored;
    ZMIG_CHECK_OK(judge_lines(down.script.ensures, "ensure", "ZM0308", predicted, out.ensures,
                              walk.has_conflicts() ? ignored : plan_.diagnostics));
    plan_.migrations.push_back(std::move(out));
    return ok();
  }

  /// Columns of `after` that `before` does not have.
  static std::vector<Scope> added_between(const Schema& before, const Schema& after) {
    std::vector<Scope> out;
    for (const Sheet& sheet : after.sheets) {
      const Sheet* was = before.sheet(sheet.id);
      if (was != nullptr && *was == sheet) continue;
      for (const Column& column : sheet.columns) {
        if (was == nullptr || column_by_id(*was, column.id) == nullptr) out.push_back({sheet.id, column.id});
      }
    }
    return out;
  }

  void report_lost(const PlannedMigration& out) {
    if (out.lost == 0) return;
    Diagnostic finding;
    finding.severity = input_.allow_loss ? Severity::warning : Severity::error;
    finding.code = "ZM0506";
    finding.message = fmt::format("undoing {} removes {} that people entered", quoted(out.name),
                                  counted(out.lost, "value", "values"));
    finding.notes.emplace_back("they are captured before they go");
    if (!input_.allow_loss) {
      finding.notes.emplace_back("nothing was written");
      finding.help = "`--allow-loss` accepts it";
    }
    plan_.diagnostics.add(std::move(finding));
  }

  class NoCaptures final : public CaptureSource {
   public:
    Result<std::vector<Capture>> captures_of(const std::string&) override { return std::vector<Capture>(); }
  };

  const PlanInput& input_;
  std::uint32_t to_;
  Plan plan_;
  CowList<AppliedMigration> applied_;
  CowList<std::string> earlier_;
  std::vector<Schema> states_;
  std::vector<std::unique_ptr<Overlay>> worlds_;
  NoCaptures no_captures_;
};

}  // namespace

Result<Plan> plan_down(const PlanInput& input, std::uint32_t to) { return DownPlanner(input, to).run(); }

}  // namespace zmig
