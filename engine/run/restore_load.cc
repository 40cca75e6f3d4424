// What a restore knows before it compares: the backup, packed, and what zmig itself wrote since.

#include <algorithm>

#include "run/restore.h"
#include "run/restore_diff.h"
#include "run/snapshot_codec.h"

namespace zmig::run {

Result<LoadedBackup> load_backup(const Backup& backup) {
  LoadedBackup loaded;
  loaded.backup = backup;
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<RowRef>>> rows;
  ZMIG_TRY(loaded.contents, open_backup(backup, [&](const SnapshotSheet& sheet, const RowView& row) -> Status {
             auto& [bytes, refs] = rows[sheet.id];
             bytes.push_back(row_to_bytes(row.row, row.cells));
             refs.push_back(row.row);
             return ok();
           }));
  for (const SnapshotSheet& sheet : loaded.contents.sheets) {
    auto& [bytes, refs] = rows[sheet.id];
    loaded.rows.push_back(std::move(bytes));
    loaded.refs.push_back(std::move(refs));
  }
  ZMIG_TRY(loaded.stamp, current_stamp(loaded.contents.head.stamps));
  return loaded;
}

Result<WrittenSince> WrittenSince::read(Ledger& ledger, const std::string& target_id, std::uint64_t number) {
  WrittenSince since;
  ZMIG_TRY(auto runs, ledger.runs({target_id, RunMode::real, std::nullopt, 0}));
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.stamp_number < b.stamp_number; });
  for (const Run& run : runs) {
    const bool wrote =
        run.state == RunState::applied || run.state == RunState::undone || run.state == RunState::confirmed;
    if (!wrote || run.stamp_number <= number) continue;
    ZMIG_TRY(const auto captures, ledger.captures(run.id));
    for (const Capture& capture : captures) {
      for (const CapturedCell& cell : capture.cells)
        since.cells_[{capture.sheet, capture.column, cell.row.handle}] = cell.after;
      for (const CapturedRow& row : capture.rows) {
        if (row.added) since.rows_.push_back({capture.sheet, capture.columns, row.cells});
      }
    }
  }
  return since;
}

bool WrittenSince::wrote(const Scope& at, const RowRef& row, const Cell& now) const {
  const auto found = cells_.find({at.sheet, at.column, row.handle});
  return found != cells_.end() && found->second.value == now.value && found->second.formula == now.formula;
}

bool WrittenSince::inserted(const Sheet& sheet, std::span<const Cell> cells) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Added& row) {
    if (row.sheet != sheet.id) return false;
    for (std::size_t i = 0; i < row.columns.size() && i < row.cells.size(); ++i) {
      const std::size_t at = column_index(sheet, row.columns[i]);
      if (at >= cells.size() || !(cells[at].value == row.cells[i].value)) return false;
    }
    return true;
  });
}

}  // namespace zmig::run
