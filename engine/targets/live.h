#pragma once
// What every target needs for carrying out changes on a live workbook: refusals in one wording, the meaning of a run.
// Not installed.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/change.h>
#include <zmig/result.h>
#include <zmig/schema.h>
#include <zmig/target.h>

namespace zmig {

/// apply_to, and what only a live workbook can refuse: a change outside the core (ZM0325), a claim of something that is
/// not there (ZM0313, ZM0314).
Status apply_live(const Change& change, Schema& schema, std::string_view target_kind);

/// Gives every foreign sheet and column of a freshly read schema its provisional id.
void number_foreign(Schema& schema);

/// The run of a materialised source; an empty one for None. A symbolic source is the planner's mistake and refused.
Result<const source::Run*> run_of(const Source& source);

/// "Operaciones!BL12"; without a column that is there "Operaciones!12".
std::string cell_place(const Sheet& sheet, std::string_view column_id, std::uint64_t row);

/// What a run's edit means for the cell that stands there now (xlsx-csv.md 2).
enum class Verdict {
  write,     ///< as expected: write
  settled,   ///< holds already what is to be written
  conflict,  ///< neither
};
Verdict judge(const Cell& now, const Cell& expected, const Cell& write);
/// The same for RestoreCells: only the facts that are restored are compared, the others stay.
Verdict judge(const Cell& now, const source::Edit& edit, change::Restore what);
/// `now` with the restored facts of `captured`.
Cell restored(const Cell& now, const Cell& captured, change::Restore what);

/// ZM0303: the cell holds neither what was expected nor what is to be written.
Error stale_cell(std::string place, const Cell& expected, const Cell& now);
/// ZM0303: the row is not there, or holds something else.
Error stale_row(std::string place, std::string_view what);
/// ZM0603: the number of a stamp entry is used already.
Error stamp_taken(std::uint64_t number);

/// What a piece of a file is touched for: by which part of the batch, and in words. Each is said once.
class Reasons {
 public:
  void add(std::size_t member, std::string_view what);
  void add(const Reasons& others);
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::string>>& list() const { return list_; }

 private:
  std::vector<std::pair<std::size_t, std::string>> list_;
};
/// "new column": what a change does to the cells of its sheet; empty: nothing.
std::string_view deed_of(const Change& change);

/// Whether the data rows of the workbook change because of it.
bool touches_cells(const Change& change);
/// The sheet that a change is about, or "".
std::string sheet_of(const Change& change);

}  // namespace zmig
