// Where a target stands (cli.md 8.1, 8.2): stamp first, ledger for detail, files for what is to come. Reads only.

#include "run/status.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/position.h"
#include "run/recover.h"

namespace zmig::run {
namespace {

class Board {
 public:
  Board(Context& context, Look look, bool inspect) : context_(context), look_(std::move(look)) {
    report_.inspected = inspect;
  }

  Result<StatusReport> report() {
    for (const MigrationFile& file : context_.history.files) report_.head = std::max(report_.head, file.number);
    ZMIG_TRY(target_id_, known_target(context_, look_.stamp));
    ZMIG_TRY(runs_, runs_here());
    ZMIG_TRY(view_, view_of(context_, runs_));
    if (look_.stamp) { ZMIG_TRY(foreign_, foreign_stamp(context_, *look_.stamp)); }
    for (const Run& run : runs_) {
      by_migration_[run.migration].push_back(&run);
      by_uid_.try_emplace(run.uid, &run);
    }
    if (look_.stamp) {
      for (const AppliedMigration& one : std::as_const(look_.stamp->applied)) applied_.try_emplace(one.number, &one);
    }
    LedgerCaptures captures(context_.ledger, target_id_.value_or(""), RunMode::real);
    ZMIG_TRY(const PlanInput input, plan_input(context_, look_, captures, target_id_.value_or(""), Direction::up));
    if (report_.inspected) {
      ZMIG_TRY(report_.position, find_position(input, report_.diagnostics));
    } else {
      ZMIG_TRY(report_.position, stamped_position(input, report_.diagnostics));
    }
    const StampRelation relation = relate(view_, look_.stamp, foreign_.has_value());
    report_.ledger_agrees = relation == StampRelation::before || relation == StampRelation::own;
    if (target_id_) { ZMIG_TRY(report_.last_verification, context_.ledger.last_verification(*target_id_)); }
    list_migrations();
    list_widths();
    decide(relation);
    return std::move(report_);
  }

 private:
  Result<std::vector<Run>> runs_here() {
    if (!target_id_) return std::vector<Run>();
    return context_.ledger.runs(brief_runs(*target_id_, std::nullopt));
  }

  // --- Migrations
  // --------------------------------------------------------------------------------------------------------

  [[nodiscard]] const AppliedMigration* applied(std::uint32_t number) const {
    const auto found = applied_.find(number);
    return found == applied_.end() ? nullptr : found->second;
  }

  [[nodiscard]] std::uint32_t newest_applied() const { return applied_.empty() ? 0 : applied_.rbegin()->first; }

  /// Whether the run is part of a commit that is not done with.
  [[nodiscard]] bool is_open(const Run& run) const {
    return std::any_of(view_.members.begin(), view_.members.end(),
                       [&](const Run& member) { return member.id == run.id; });
  }

  void list_migrations() {
    if (look_.stamp) report_.migrations.push_back(baseline_row());
    for (const MigrationFile& file : context_.history.files) report_.migrations.push_back(row_of(file));
    if (!look_.stamp) return;
    std::unordered_set<std::uint32_t> files;
    for (const MigrationFile& file : context_.history.files) files.insert(file.number);
    for (const AppliedMigration& one : std::as_const(look_.stamp->applied)) {
      if (files.contains(one.number)) continue;
      MigrationStatus row = applied_row(one);
      row.state = one.number > report_.head ? "future" : "missing";
      report_.migrations.push_back(std::move(row));
    }
    std::stable_sort(report_.migrations.begin(), report_.migrations.end(),
                     [](const MigrationStatus& a, const MigrationStatus& b) { return a.number < b.number; });
  }

  MigrationStatus baseline_row() {
    MigrationStatus row;
    row.slug = row.name = "baseline";
    row.state = "baseline";
    for (const Stamp& stamp : look_.stamps) {
      const auto entry = stamp_from_json(stamp.entry);
      if (!entry.has_value() || entry.value().event != "baseline") continue;
      row.applied_at = entry.value().at;
      for (const Run& run : runs_) {
        if (run.uid != entry.value().run) continue;
        row.actor = run.actor;
        row.run = run.id;
      }
      break;
    }
    return row;
  }

  MigrationStatus row_of(const MigrationFile& file) {
    if (const AppliedMigration* there = applied(file.number); there != nullptr) {
      MigrationStatus row = applied_row(*there);
      row.edited = !file.checksum.empty() && file.checksum != there->hash;
      if (row.edited) row.flags.emplace_back("edited");
      return row;
    }
    MigrationStatus row;
    row.number = file.number;
    row.slug = file.slug;
    row.name = file.name;
    row.operations = operations_of(file.number);
    row.state = file.number < newest_applied() ? "gap" : "pending";
    for (const Run* one : runs_of(file.number)) {
      const Run& run = *one;
      if (run.mode != RunMode::real || run.verb != "up") continue;
      const bool open = is_open(run);
      if (open) row.state = "partial";
      if (!open && row.state == "pending" && run.state == RunState::undone) row.state = "undone";
      if (open || run.state == RunState::undone) row.run = run.id;
      break;
    }
    count_rehearsals(row);
    if (row.rehearsals_passed > 0 && row.state == "pending") row.flags.emplace_back("never applied");
    return row;
  }

  [[nodiscard]] std::size_t operations_of(std::uint32_t number) const {
    const Replayed* replayed = replayed_number(context_.replayed, number);
    return replayed == nullptr ? 0 : replayed->migration.script.operations.size();
  }

  MigrationStatus applied_row(const AppliedMigration& there) {
    MigrationStatus row;
    row.number = there.number;
    row.slug = there.slug;
    row.name = four(there.number) + "_" + there.slug;
    row.state = "applied";
    row.applied_at = there.at;
    row.adopted = there.adopted.size();
    row.operations = operations_of(there.number);
    if (row.adopted > 0)
      row.flags.push_back(report_.inspected ? fmt::format("adopted {} of {}", row.adopted, row.operations)
                                            : fmt::format("adopted {}", row.adopted));
    count_rehearsals(row);
    if (const auto run = by_uid_.find(there.run); run != by_uid_.end()) describe_run(row, *run->second);
    const Replayed* replayed = replayed_number(context_.replayed, there.number);
    if (replayed != nullptr && replayed->migration.irreversible && !replayed->migration.down)
      row.flags.emplace_back("irreversible");
    return row;
  }

  void describe_run(MigrationStatus& row, const Run& run) {
    row.actor = run.actor;
    row.run = run.id;
    row.verified = run.verified;
    if (row.verified) row.flags.emplace_back(*row.verified ? "verified" : "unverified");
    if (run.state == RunState::confirmed) row.state = "partial";
    row.undo_until = run.undo_until;
    if (!row.undo_until) return;
    row.flags.push_back(context_.now() <= *row.undo_until ? "undo until " + format_utc(*row.undo_until)
                                                          : "window closed");
  }

  void count_rehearsals(MigrationStatus& row) {
    for (const Run* one : runs_of(row.number)) {
      const Run& run = *one;
      if (run.mode != RunMode::rehearsal || run.verb == "down") continue;
      const bool passed = run.state == RunState::applied && run.verified.value_or(true);
      const bool undone = run.state == RunState::undone;  // rehearsals go back again
      ++(passed || undone ? row.rehearsals_passed : row.rehearsals_failed);
    }
    if (row.rehearsals_passed > 0) row.flags.push_back(fmt::format("rehearsed {}", row.rehearsals_passed));
  }

  /// Newest first.
  [[nodiscard]] const std::vector<const Run*>& runs_of(std::uint32_t number) const {
    static const std::vector<const Run*> none;
    const auto found = by_migration_.find(number);
    return found == by_migration_.end() ? none : found->second;
  }

  void list_widths() {
    for (const Sheet& sheet : look_.live.sheets) {
      if (!sheet.managed) continue;
      const auto managed = std::count_if(sheet.columns.begin(), sheet.columns.end(),
                                         [](const Column& column) { return column.managed; });
      report_.widths.push_back({sheet.title, static_cast<std::size_t>(managed), sheet.columns.size()});
    }
  }

  // --- The state of the whole
  // --------------------------------------------------------------------------------------------

  void decide(StampRelation relation) {
    report_.state = state_name(relation);
    const std::string& state = report_.state;
    if (state == "gapped" || state == "diverged" || state == "ahead" || state == "edited" || state == "copy") {
      report_.exit_code = report_.check_exit_code = 8;
    } else if (state == "reverted" || state == "stampless") {
      report_.exit_code = report_.check_exit_code = 3;
    } else if (state == "drifted") {
      report_.check_exit_code = 3;
    } else if (state == "partial") {
      report_.check_exit_code = 6;
    } else if (state == "behind" || state == "uninitialised") {
      report_.check_exit_code = 2;
    }
  }

  std::string state_name(StampRelation relation) {
    if (foreign_) {
      report_.diagnostics.add(diagnostic_of(*foreign_));
      return "copy";
    }
    if (relation == StampRelation::foreign) return "diverged";
    if (!look_.stamp) return relation == StampRelation::none || has_ids(look_.live) ? "stampless" : "uninitialised";
    if (relation == StampRelation::behind) return "reverted";
    for (const auto& [code, name] :
         {std::pair{"ZM0207", "diverged"}, std::pair{"ZM0204", "ahead"}, std::pair{"ZM0203", "diverged"},
          std::pair{"ZM0202", "edited"}, std::pair{"ZM0603", "diverged"}, std::pair{"ZM0201", "gapped"}}) {
      for (const Diagnostic& finding : report_.diagnostics.all()) {
        if (finding.severity == Severity::error && finding.code == code) return name;
      }
    }
    if (view_.open) return "partial";
    if (report_.position.drift.worst == Drift::Class::breaking) return "drifted";
    for (const MigrationStatus& row : report_.migrations) {
      if (row.state == "pending" || row.state == "undone") return "behind";
    }
    return "current";
  }

  Context& context_;
  Look look_;
  StatusReport report_;
  std::optional<std::string> target_id_;
  LedgerView view_;
  std::vector<Run> runs_;
  std::unordered_map<std::uint32_t, std::vector<const Run*>> by_migration_;
  std::unordered_map<std::string, const Run*> by_uid_;
  std::map<std::uint32_t, const AppliedMigration*> applied_;
  std::optional<Error> foreign_;
};

StatusReport unreachable(const Error& error) {
  StatusReport report;
  report.state = "unreachable";
  report.ledger_agrees = false;
  report.diagnostics.add(diagnostic_of(error));
  report.exit_code = report.check_exit_code = error.code == Errc::denied ? 77 : 69;
  return report;
}

}  // namespace

Result<StatusReport> status_of(Context& context, const StatusOptions& options) {
  const auto stamp_alone = [&]() -> Result<Look> {
    Look look;
    ZMIG_TRY(look.stamps, context.target.stamps());
    ZMIG_TRY(look.stamp, current_stamp(look.stamps));
    return look;
  };
  auto look = options.inspect ? look_at(context) : stamp_alone();
  if (!look.has_value()) {
    // A stamp that cannot be read is a finding about a workbook that can.
    if (!look.error().zm.empty() && look.error().zm.starts_with("ZM06")) return look.error();
    return unreachable(look.error());
  }
  return Board(context, std::move(look).value(), options.inspect).report();
}

}  // namespace zmig::run
