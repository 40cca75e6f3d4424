#pragma once
// Parts of materialise that two files share. Not installed.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/plan.h>

#include "ops/judging.h"
#include "plan/identity.h"

namespace zmig {

/// Cells of a list of findings: the first twenty, all counted.
class CellList {
 public:
  void add(std::string cell, const std::string& rest);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// `Pedidos!H17 "31-02-2026" (no such day) · H240 "por definir"`, and how many more there are.
  [[nodiscard]] std::string listed(const Sheet& sheet) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<std::string> first_;
};

/// Where one change is materialised.
struct Spot {
  CellView& view;
  const MaterialiseOptions& options;
  const Sheet& sheet;
  const Column& column;

  [[nodiscard]] Scope scope() const { return {sheet.id, column.id}; }
  /// The columns that do not tell rows apart: those of the options and this one.
  [[nodiscard]] Identity identity() const;
};

/// The run of a change over one column, gathered row by row: edits, and the capture that undoes them.
class Gather {
 public:
  Gather(const Spot& at, Materialised& out);
  /// `write` replaces `now`; nothing when they are identical.
  void edit(const ops::Rows& rows, const RowView& row, const Cell& now, Cell write);
  /// The same for a row whose identity is known.
  void edit(RowRef row, const Cell& now, Cell write);
  /// Only into the capture: what a plain edit would pass over, because it looks the same afterwards.
  void save(const ops::Rows& rows, const RowView& row, const Cell& now, Cell write);
  /// Only into the run: the cell stays as it is, and is named so that nobody judges it again.
  void keep(const RowView& row, const Cell& now);
  [[nodiscard]] const Identity& identity() const { return identity_; }
  /// Puts the capture into the result and returns the run.
  source::Run finish();

 private:
  Identity identity_;
  Materialised& out_;
  Capture capture_;
  source::Run run_;
};

/// The texts that an enum column takes, or none where everything goes (no enum, or lenient).
std::optional<std::set<std::string, std::less<>>> closed_list(const Schema& schema, const Type& type, bool lenient);

/// Values of variables (`$migration`), with or without the sign.
const Value* variable_of(const MaterialiseOptions& options, std::string_view name);
/// The migration that a `restore` line means: the one that the down undoes, unless it names another.
std::string undone_migration(const MaterialiseOptions& options, const std::string& named);
/// The context of a row with the variables of this plan.
RowContext row_context(const Spot& at, const ops::Rows& rows, const RowView& row);

Diagnostic planning_error(std::string code, std::string message, std::vector<std::string> notes, std::string help);

// The families.
/// `retypes`: the column takes the type of `written` with it.
Result<Materialised> materialise_formula(const Spot& at, const source::Formula& formula, const Column& written,
                                         bool retypes = false);
/// On the way back: what the undone migration saved of this column, by the number of the row where it stands now.
Result<std::map<std::uint64_t, Cell>> saved_cells(const Spot& at);
Result<Materialised> materialise_retype(const Spot& at, const change::Retype& change);
Result<Materialised> materialise_restore(const Spot& at, const change::RestoreCells& change,
                                         const source::Captured& from);
Result<Materialised> materialise_drop(const Spot& at, const change::DeleteColumn& change);
Result<Materialised> materialise_key_updates(const Spot& at, const change::WriteCells& change,
                                             const source::Rows& given);
Result<Materialised> materialise_insert_rows(const change::InsertRows& change, CellView& view,
                                             const MaterialiseOptions& options);
Result<Materialised> materialise_delete_rows(const change::DeleteRows& change, CellView& view,
                                             const MaterialiseOptions& options);
Result<Materialised> materialise_drop_sheet(const change::DeleteSheet& change, CellView& view,
                                            const MaterialiseOptions& options);

/// Puts captured cells of the column back (three-way), into `gather`; `found` are those it looked at. Kept edits go to
/// `out`.
struct Restored {
  std::vector<std::uint64_t> rows;  ///< numbers of the rows that are settled: written, or as they were; ascending
};
Result<Restored> restore_captured(const Spot& at, const std::string& named, change::Restore what, Gather& gather,
                                  Materialised& out);

/// "0007" of "0007_estado".
std::string number_of(std::string_view migration);

}  // namespace zmig
