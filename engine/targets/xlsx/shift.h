#pragma once
// Columns or rows of a worksheet that are inserted, removed and moved, and what references to them become (xlsx-csv.md
// 4.9).
// Pure: text in, text out. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/refs.h"

namespace zmig::xlsx {

/// Columns are counted from 0, rows from 1, as they stand before the step. Said of columns; rows are alike.
enum class ShiftAxis { columns, rows };
struct ShiftStep {
  enum class Kind {
    insert,  ///< `count` blank columns in front of the one at `at`
    remove,  ///< `count` columns from `at` on
    move     ///< `count` columns from `at` on go in front of the one at `to`
  };
  Kind kind = Kind::insert;
  std::uint32_t at = 0, count = 1;
  std::uint32_t to = 0;                   ///< of a move
  std::vector<std::string> headers = {};  ///< of an insert: what the new columns of a table are called
  bool operator==(const ShiftStep&) const = default;
};

struct AxisSpan {
  std::uint32_t first = 0, last = 0;  ///< both inside
  bool operator==(const AxisSpan&) const = default;
};

/// Steps one after the other. What a reference becomes is what a spreadsheet program makes of it: a column that is
/// inserted inside a range widens it, one at its first column moves it; a range loses the columns that go; one that
/// ends at the last column of the grid stays there. A move is: make room, carry over what refers to the column alone,
/// remove the old place.
class ShiftSteps {
 public:
  ShiftSteps() = default;
  explicit ShiftSteps(std::vector<ShiftStep> steps, ShiftAxis axis = ShiftAxis::columns)
      : steps_(std::move(steps)), axis_(axis) {}
  void add(ShiftStep step) { steps_.push_back(std::move(step)); }
  [[nodiscard]] bool empty() const { return steps_.empty(); }
  [[nodiscard]] const std::vector<ShiftStep>& steps() const { return steps_; }
  [[nodiscard]] bool has_moves() const;

  // --- the axis: a column or a row of a place, and the place with another one
  [[nodiscard]] bool of_rows() const { return axis_ == ShiftAxis::rows; }
  [[nodiscard]] std::uint32_t first() const { return of_rows() ? 1 : 0; }
  [[nodiscard]] std::uint32_t last() const { return of_rows() ? kRows : kColumns - 1; }
  [[nodiscard]] std::uint32_t index(const Place& place) const { return of_rows() ? place.row : place.column; }
  [[nodiscard]] AxisSpan span_of(const Region& region) const { return {index(region.from), index(region.to)}; }
  [[nodiscard]] Place with(Place place, std::uint32_t index) const;
  [[nodiscard]] Region with(Region region, AxisSpan span) const;

  /// Where the column stands afterwards. None: it is removed, or pushed off the grid.
  [[nodiscard]] std::optional<std::uint32_t> point(std::uint32_t at) const;
  [[nodiscard]] std::optional<Place> place(const Place& place) const;
  [[nodiscard]] std::optional<AxisSpan> span(AxisSpan span) const;
  [[nodiscard]] std::optional<Region> region(const Region& region) const;
  /// The columns of the span stay together and in order, and nothing comes between them; or all of them go.
  [[nodiscard]] bool keeps_whole(AxisSpan span) const;
  /// Where the column stood before. None: it is a new one.
  [[nodiscard]] std::optional<std::uint32_t> before(std::uint32_t at) const;
  /// The columns that the steps insert, where they stand afterwards, with their headers.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::string>> new_columns() const;
  /// An insert pushes the column off the grid.
  [[nodiscard]] bool pushes_off(std::uint32_t at) const;

 private:
  std::vector<ShiftStep> steps_;
  ShiftAxis axis_ = ShiftAxis::columns;
};

/// What becomes of one sheet, for everything that refers to it.
struct SheetShift {
  std::string title;                    ///< as it is now
  std::optional<std::string> retitled;  ///< the new title
  bool removed = false;                 ///< references to it become #REF!
  ShiftSteps steps;
};
/// What becomes of the columns of a table, by their names.
struct TableShift {
  std::string table;
  std::vector<std::string> columns;                               ///< in order, as they are now
  std::vector<std::pair<std::string, std::string>> renamed = {};  ///< from, to
  std::vector<std::string> removed = {};
};
struct BookShift {
  std::vector<std::string> titles;     ///< of all sheets in order, as they are now: what lies inside of `Ene:Mar!`
  std::vector<SheetShift> sheets;      ///< those that something happens to
  std::vector<TableShift> tables;      ///< the same
  [[nodiscard]] bool of_rows() const;  ///< the steps are of rows
  [[nodiscard]] const SheetShift* sheet(std::string_view title) const;
  [[nodiscard]] const TableShift* table(std::string_view name) const;
};

/// Where a formula stands, for what it leaves unsaid.
struct FormulaPlace {
  std::string_view sheet =
      {};  ///< of references without a title; empty: they refer to no sheet (names of the workbook)
  std::string_view table = {};  ///< of `[Columna]`
  /// Names keep what has no `$`: it counts from the cell that uses the name, wherever that stands.
  bool only_fixed = false;
};
struct ShiftedFormula {
  std::string text;
  bool changed = false;
  bool lost = false;  ///< a reference became #REF!
  /// Functions in it that take places as text or as numbers, which cannot follow: "INDIRECT".
  std::vector<std::string> unfollowed;
};
/// ZM0439: the formula is not understood, or holds a range of sheets of which only one would shift.
Result<ShiftedFormula> shift_formula(std::string_view formula, const FormulaPlace& place, const BookShift& shift);

/// `A1:B2 C3` of attributes, without sheets: what is gone is left out. None: it is no list of regions.
std::optional<std::string> shift_regions(std::string_view text, const ShiftSteps& steps);

}  // namespace zmig::xlsx
