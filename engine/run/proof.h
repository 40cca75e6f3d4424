#pragma once
// Proof of the migrations of one commit after their write (cli.md 9.7, "right after the write"). What must hold is
// worked out before the commit, under the lock, from the live workbook with the planned changes laid over it; it is
// stored with the intent, so that the proof can be made after a crash as well. Each migration has a proof of its own;
// what holds for the commit as a whole (the structure reached, the columns that nobody touched) is in the last one.
// Private to engine/run/.

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "run/backup.h"
#include "run/context.h"

namespace zmig::run {

/// A column that the plan does not name: its cells, as bytes stored, are the same afterwards. Ids as they are after the
/// write.
struct UntouchedColumn {
  std::string sheet, column, hash;
  bool operator==(const UntouchedColumn&) const = default;
};
/// One number a row, where mostly many rows in a row have the same: memory by the changes, not by the rows.
class RowNumbers {
 public:
  struct Stretch {
    std::uint64_t number = 0, rows = 0;
  };
  void add(std::uint64_t number, std::uint64_t rows = 1) {
    if (rows == 0) return;
    if (stretches_.empty() || stretches_.back().number != number) stretches_.push_back({number, 0});
    stretches_.back().rows += rows;
    rows_ += rows;
  }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_ == 0; }
  [[nodiscard]] const std::vector<Stretch>& stretches() const { return stretches_; }

 private:
  std::vector<Stretch> stretches_;
  std::uint64_t rows_ = 0;
};

/// A column whose cells are known beforehand: written, new, or in a sheet that gains or loses rows.
struct PredictedColumn {
  std::string sheet, column, digest;
  bool written = false;  ///< the plan writes cells here; else only rows come and go around it
  bool blank = false;    ///< every cell is blank
  RowNumbers rows;       ///< one hash a row, to name the cells; not stored
};
/// The pieces of a workbook that is kept in files, before the write (preserved.h).
struct PartsBefore {
  std::vector<FilePart> parts;
  std::vector<std::pair<std::string, std::vector<std::string>>> announced;  ///< name, why
  bool operator==(const PartsBefore&) const = default;
};
struct Proof {
  bool last = true;            ///< of the last migration of its commit
  Schema before, after;        ///< live before, and what apply_to makes of it; foreign things included
  std::vector<Scope> touched;  ///< sheets and columns that its changes are about
  std::vector<UntouchedColumn> untouched;
  std::vector<PredictedColumn> predicted;
  std::map<std::string, std::uint64_t> data_rows;  ///< by sheet id, before
  std::map<std::string, CheckWorld::Delta, std::less<>> deltas;
  PartsBefore files;  ///< of the last of its commit; empty where nothing is kept in files
};

/// Before the commit that all of `group` share; `target` was inspected under the lock. One proof for each. `stored`:
/// what Target::column_hashes says, of sheets that were read since under this lock; null: nothing is known.
Result<std::vector<Proof>> predict(Target& target, std::span<const PlannedMigration> group,
                                   const StoredHashes* stored = nullptr);

/// What is judged after the write.
struct ProofInput {
  const Proof& proof;
  const Schema& state;  ///< replayed state that the migration ends in
  const std::vector<CheckLine>& ensures;
  const std::vector<Step>* steps = nullptr;  ///< null after a crash: the defaults are then checked by prediction only
  std::string uid;                           ///< run of the stamp entry `number`
  std::uint64_t number = 0;
  std::string migration;
  bool backup = false;
};
/// The migrations of one commit in order, each with a verdict of its own. `whole`: the proof of the last of the commit,
/// which need not be among them (its verdict may be recorded already). `context.target` has been inspected after the
/// write. An error: something could not be read; the runs stay `confirmed`.
Result<std::vector<std::vector<CheckResult>>> prove(Context& context, const Look& look,
                                                    std::span<const ProofInput> group, const Proof& whole);

/// Whether every check of the list passed. Nothing else decides a verdict. `allow_skip`: ids that may be not_run.
bool all_passed(const std::vector<CheckResult>& checks, const std::vector<std::string>& allow_skip);

}  // namespace zmig::run
