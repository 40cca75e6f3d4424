#include "saved_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <zmig/lock.h>
#include <zmig/text.h>

#include "session.h"

namespace zmig::cli {
namespace {

Error stale(const std::string& what) {
  return make_error(Errc::conflict, "ZM0303", fmt::format("the saved plan is stale: {}", what),
                    "look at `zmig plan`, and save it anew; nothing was written");
}

/// The newest entry of the stamp: its number, and the run that wrote it.
struct Newest {
  std::uint64_t number = 0;
  std::string run;
};
Result<Newest> newest_stamp(Target& target) {
  ZMIG_TRY(const auto stamps, target.stamps());
  ZMIG_TRY(const auto entry, current_stamp(stamps));
  return entry ? Newest{entry->number, entry->run} : Newest{};
}

/// What the plan was made from and what it writes, of the workbook as it is: sheet id, column id or nothing.
std::set<std::pair<std::string, std::string>> regions_of(const Plan& plan, const Schema& live) {
  std::set<std::pair<std::string, std::string>> out;
  const auto add = [&](const Scope& scope) {
    const Sheet* sheet = live.sheet(scope.sheet);
    if (sheet == nullptr) return;
    for (const Column& column : sheet->columns)
      if (scope.column.empty() || column.id == scope.column) out.emplace(sheet->id, column.id);
  };
  for (const PlannedMigration& one : plan.migrations) {
    for (const Scope& scope : one.needs) add(scope);
    for (const Step& step : one.steps) {
      const Footprint region = footprint(step.change);
      for (const auto* scopes : {&region.reads, &region.writes})
        for (const Scope& scope : *scopes)
          if (!scope.column.empty()) add(scope);  // of a whole sheet only the structure counts
    }
  }
  return out;
}

Result<std::vector<SavedPlan::Region>> hashed(Target& target,
                                              const std::set<std::pair<std::string, std::string>>& regions) {
  std::vector<SavedPlan::Region> out;
  std::map<std::string, std::vector<std::string>> of_sheet;
  for (const auto& [sheet_id, column_id] : regions) {
    const Sheet* sheet = target.schema().sheet(sheet_id);
    const auto column =
        sheet == nullptr ? 0 : std::ranges::find(sheet->columns, column_id, &Column::id) - sheet->columns.begin();
    if (sheet == nullptr || static_cast<std::size_t>(column) == sheet->columns.size()) {
      out.push_back({sheet_id, column_id, "gone"});
      continue;
    }
    if (!of_sheet.contains(sheet_id)) { ZMIG_TRY(of_sheet[sheet_id], target.column_hashes(sheet_id, {})); }
    out.push_back({sheet_id, column_id, of_sheet[sheet_id].at(static_cast<std::size_t>(column))});
  }
  return out;
}

Result<std::string> ledger_id(Session& session) {
  if (!session.ports().files.exists(session.ledger_path())) return std::string();
  ZMIG_TRY(Ledger * ledger, session.ledger(false));
  return ledger->id();
}

}  // namespace

Result<SavedPlan> save_of(Session& session, const Plan& plan, bool out_of_order) {
  SavedPlan saved;
  ZMIG_TRY(Target * target, session.target());
  saved.tool = session.tool_version();
  saved.made_at = format_utc(session.ports().clock.now());
  saved.target = target->url();
  saved.target_id = session.target_summary().target_id;
  ZMIG_TRY(const auto stamp, newest_stamp(*target));
  saved.stamp = stamp.number;
  saved.stamp_run = stamp.run;
  ZMIG_TRY(saved.ledger, ledger_id(session));
  saved.from = plan.from;
  saved.to = plan.to;
  saved.out_of_order = out_of_order;
  saved.fingerprint = plan.fingerprint;
  for (const PlannedMigration& one : plan.migrations) saved.files.push_back({one.number, one.slug, one.checksum});
  ZMIG_TRY(saved.regions, hashed(*target, regions_of(plan, target->schema())));
  return saved;
}

Result<SavedPlan> read_saved_plan(Session& session, const std::string& file) {
  ZMIG_TRY(const auto text, session.ports().files.read(file, 64 * 1024 * 1024));
  return saved_plan_from_json(text, file);
}

Status check_saved_plan(Session& session, const SavedPlan& saved) {
  ZMIG_TRY(const History* history, session.history());
  for (const SavedPlan::File& file : saved.files) {
    const auto now = std::ranges::find(history->files, file.number, &MigrationFile::number);
    const auto name = fmt::format("{:04}_{}", file.number, file.slug);
    if (now == history->files.end() || now->slug != file.slug) return stale(name + " is gone");
    if (now->checksum != file.hash) return stale(name + " was edited");
  }
  ZMIG_TRY(Target * target, session.target());
  ZMIG_TRY(const auto stamp, newest_stamp(*target));
  if (session.target_summary().target_id != saved.target_id)
    return stale(fmt::format("it was made for another workbook, {}", zmig::quoted(saved.target)));
  if (stamp.number != saved.stamp || stamp.run != saved.stamp_run)
    return stale("something was applied or undone since");
  ZMIG_TRY(const auto id, ledger_id(session));
  if (!saved.ledger.empty() && id != saved.ledger) return stale("the ledger is another one");
  std::set<std::pair<std::string, std::string>> regions;
  for (const SavedPlan::Region& region : saved.regions) regions.emplace(region.sheet, region.column);
  ZMIG_TRY(const auto now, hashed(*target, regions));
  for (std::size_t at = 0; at < now.size(); ++at) {
    const SavedPlan::Region& was = saved.regions[at];
    if (now[at] == was) continue;
    const Sheet* sheet = target->schema().sheet(was.sheet);
    const auto* column = sheet == nullptr ? nullptr : column_by_id(*sheet, was.column);
    return stale(column == nullptr ? std::string("a column that it uses is gone")
                                   : fmt::format("cells of {}.{} changed", sheet->title, column->header));
  }
  return ok();
}

}  // namespace zmig::cli
