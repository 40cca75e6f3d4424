#pragma once
// What stands between a workbook and a backup of it, cell by cell, and the changes that close it. Reads only. Private
// to engine/run/.

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "run/backup.h"
#include "run/context.h"

namespace zmig::run {

/// A backup in memory: rows stay packed until they are compared.
struct LoadedBackup {
  Backup backup;
  SnapshotContents contents;
  std::optional<StampEntry> stamp;             ///< the newest entry of the backup
  std::vector<std::vector<std::string>> rows;  ///< by sheet in the order of the backup's schema
  std::vector<std::vector<RowRef>> refs;       ///< parallel
};
Result<LoadedBackup> load_backup(const Backup& backup);

/// What zmig's own runs wrote after the backup: a cell that still holds that is no edit of a person.
class WrittenSince {
 public:
  /// `number`: the newest stamp entry of the backup.
  static Result<WrittenSince> read(Ledger& ledger, const std::string& target_id, std::uint64_t number);
  [[nodiscard]] bool wrote(const Scope& at, const RowRef& row, const Cell& now) const;
  /// A row that a migration inserted, unchanged in the columns that it wrote.
  [[nodiscard]] bool inserted(const Sheet& sheet, std::span<const Cell> cells) const;

 private:
  std::map<std::tuple<std::string, std::string, std::int64_t>, Cell> cells_;
  struct Added {
    std::string sheet;
    std::vector<std::string> columns;
    std::vector<Cell> cells;
  };
  std::vector<Added> rows_;
};

struct RestoreDifference {
  std::vector<Change> changes;
  std::vector<Capture> captures;  ///< what is overwritten
  std::vector<RestoredSheet> sheets;
  std::vector<std::string> left;  ///< sheets whose rows cannot be addressed: they differ and stay
  std::uint64_t lost = 0;         ///< values of people that go
  std::vector<std::string> lost_places;
  std::uint64_t kept = 0;
  std::vector<std::string> kept_places;  ///< all sheets, up to 20
  std::vector<RestoredObject> objects;   ///< indexes, triggers, views that are not the same
  std::vector<std::string> order;        ///< titles as the sheets will stand; empty: they stand so
  std::vector<std::string> not_held;     ///< virtual tables, whose rows stay as they are
  Schema goal;
};
/// `target` has been inspected. Errors: a part of the scope is not there (ZM0713), or is of another kind (ZM0302).
Result<RestoreDifference> restore_difference(Context& context, const Look& look, const LoadedBackup& loaded,
                                             const RestoreOptions& how, const WrittenSince& since);

}  // namespace zmig::run
