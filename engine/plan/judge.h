#pragma once
// Taking the operations of one migration over a workbook: judged (up), or as they are (down). Not installed.

#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <zmig/plan.h>

#include "plan/noted_view.h"

namespace zmig {

/// An error that a person has to see as a finding, as opposed to one that says that we could not read.
bool is_finding(const Error& error);
Diagnostic finding_of(const Error& error, Span span);

/// $migration, $run_date, $run_time. `migration`: the name that `restore` lines and `$migration` mean.
std::map<std::string, Value, std::less<>> built_in_variables(const std::string& migration, UtcTime now);

/// Columns that the operations add, remove, claim, forget or write, as far as the replay can tell.
std::vector<std::string> columns_written(const std::vector<Operation>& operations, const Schema& before);

/// The walk of one migration. `out` gets operations, steps, captures, kept, lost, cost.cells and adopted; findings go
/// to `findings`.
class Walk {
 public:
  /// `world` is the workbook as the migrations before left it; it takes every step in.
  Walk(const Migration& migration, Overlay& world, const Schema& before, MaterialiseOptions options,
       PlannedMigration& out, Diagnostics& findings);

  /// First plan: each operation is judged against the world (language.md 4.6). Adopted ones are replaced by their
  /// claims.
  Status classify();
  /// Downs: every operation runs.
  Status run_all();
  [[nodiscard]] bool has_conflicts() const { return conflicts_; }
  /// What took the place of adopted operations: index and claims.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::vector<Operation>>>& claims() const { return claims_; }

 private:
  struct Taken {
    std::uint64_t cells = 0, matched = 0, filled_rows = 0;
    std::optional<Schema> after;  // the replay behind it, when all of it could be taken
  };
  PlannedOperation row_of(std::size_t index) const;
  [[nodiscard]] Span span_of(std::size_t index) const;
  [[nodiscard]] const Operation& operation(std::size_t index) const { return migration_.script.operations[index]; }
  void add_finding(Diagnostic finding, std::size_t index, PlannedOperation& row);
  Status refuse_contested(std::size_t index, Judgement& judgement) const;
  Status check_new_sheet(std::size_t index, Judgement& judgement) const;
  Result<Taken> take(std::size_t index, std::span<const Operation> operations, bool quiet, PlannedOperation& row);
  Change once(const Change& change);
  Status take_change(std::size_t index, const Change& asked, bool quiet, Taken& taken, PlannedOperation& row);
  Status advance(std::size_t index, Taken& taken, bool as_written);
  Result<std::string> adoption_note(std::size_t index, const Judgement& judgement);
  void note_needs(const Change& change, const Materialised& made);
  void remember(std::size_t index, const Judgement& judgement);
  void place(std::size_t index, PlannedOperation& row) const;

  const Migration& migration_;
  Overlay& world_;
  NotedView looked_at_;  // the same, for judges; what they read is needed
  Schema state_;         // the replay at this line
  MaterialiseOptions options_;
  PlannedMigration& out_;
  Diagnostics& findings_;
  std::vector<std::pair<std::string, std::string>> contested_;
  std::vector<std::pair<std::size_t, std::vector<Operation>>> claims_;
  std::set<std::tuple<std::string, std::string, std::string, int>> brought_back_;  // kind, sheet, column, what
  bool conflicts_ = false;
};

}  // namespace zmig
