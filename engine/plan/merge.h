#pragma once
// Putting captured cells back: the three-way merge (language.md 4.7) and finding the rows again. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/plan.h>

namespace zmig {

/// KeptEdit::now where there is no cell to show.
inline constexpr std::string_view kRowGone = "the row is gone", kRowAmbiguous = "several rows look like it",
                                  kRowChanged = "edited or gone";

/// What to do with one cell.
struct MergedCell {
  enum class Verdict { nothing, write, kept };
  Verdict verdict = Verdict::nothing;
  Cell write;  ///< for write; for kept: what would be written if the edit did not count
  bool operator==(const MergedCell&) const = default;
};
/// now = after: before comes back; now = before: nothing; otherwise a person was here. `what` says which parts of a
/// cell count and are written.
MergedCell merge_cell(const Cell& before, const Cell& after, const Cell& now, change::Restore what);

/// A captured cell and the row where it is now.
struct FoundCell {
  CapturedCell captured;
  std::optional<RowRef> row;  ///< none: the row is gone, or cannot be told from others
  bool ambiguous = false;
  Cell now;
};
/// The cells that `captures` hold for a column, several captures of one cell composed (before of the first, after of
/// the last), each with its row and its present content. In sheet order of the rows found; the lost ones at the end.
/// One scan; memory by the captured cells, not by the rows.
Result<std::vector<FoundCell>> find_captured(const std::vector<Capture>& captures, const Scope& at, CellView& view);
/// Whether any capture speaks of the column (also one without cells).
bool has_capture(const std::vector<Capture>& captures, const Scope& at);

}  // namespace zmig
