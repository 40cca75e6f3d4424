#pragma once
// What the judges of all families share: live things found by id, by header, or only by look; rows read once; answers.
// Not installed.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/operations.h>

namespace zmig::ops {

// --- answers

Judgement pending(std::string where = {});
/// The live workbook shows the end state already. `instead`: what still has to be recorded (nothing: the planner
/// advances the replay alone).
Judgement satisfied(std::vector<Operation> instead, std::string where);
Judgement conflict(Diagnostic diagnostic, std::vector<Operation> claim = {});
/// An error about a live cell, with the note that nothing was written.
Diagnostic refusal(std::string code, std::string message, std::string cell, std::vector<std::string> notes = {},
                   std::string help = {});
Diagnostic information(std::string code, std::string message, std::string cell, std::vector<std::string> notes = {});

// --- live things

/// The live sheet of this id, or null and ZM0313 in `out`.
const Sheet* live_sheet(const LiveView& live, const SheetRef& ref, std::vector<Diagnostic>& out);
struct LiveColumn {
  const Sheet* sheet = nullptr;
  const Column* column = nullptr;
};
/// The live column of this id. Missing: null and ZM0313, ZM0314 or ZM0311 in `out`.
LiveColumn live_column(const LiveView& live, const ColumnRef& at, std::vector<Diagnostic>& out);

/// The live headers that a header means (equal norm), and those that only look like it. Blank headers mean nothing.
struct Headers {
  std::vector<const Column*> equal, alike;
};
Headers headers_like(const Sheet& sheet, std::string_view header, std::string_view except_id = {});
struct Titles {
  std::vector<const Sheet*> equal, alike;
};
Titles titles_like(const Schema& schema, std::string_view title, std::string_view except_id = {});

/// ZM0312, naming the cells of all of them.
Diagnostic twice(const Sheet& sheet, std::string_view header, const std::vector<const Column*>& equal);
Diagnostic title_twice(std::string_view title, std::size_t count);
/// ZM0311 in the words of language.md 13.4, message 19.
Diagnostic look_alike(const Sheet& sheet, std::string_view header, const Column& alike);
Diagnostic title_alike(std::string_view title, const Sheet& alike);
Diagnostic sheet_missing(const Schema& live, std::string_view title);

// --- cells

/// The cells of a sheet, row by row, with what it takes to say which rows are data rows.
class Rows {
 public:
  /// `sheet` is the live one and outlives this. `not_counted`: columns whose cells make no data row.
  Rows(const Sheet& sheet, std::span<const std::string> wanted, std::span<const std::string> not_counted);
  /// Of a row of scan(ids()).
  [[nodiscard]] bool is_data(const RowView& row) const;
  /// Blank for a column that the sheet does not have. In a row of each(): of the wanted columns only.
  [[nodiscard]] const Cell& cell(const RowView& row, const std::string& column_id) const;
  /// The wanted columns, then the others that can make a row a data row.
  [[nodiscard]] std::span<const std::string> ids() const { return ids_; }
  /// Calls `visit` for each data row until it answers false.
  Status each(CellView& cells, const std::function<bool(const RowView&)>& visit) const;

 private:
  const Sheet& sheet_;
  std::vector<std::string> ids_;
  std::size_t wanted_ = 0;  // how many of the ids were asked for
  std::vector<std::pair<std::size_t, const Column*>> counted_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// Evaluates formulas over the rows of a sheet: cells of `rows`, types of the replay where it knows the column.
RowContext context_of(const Rows& rows, const RowView& row, const Sheet& replayed, const Sheet& live, bool text_source);
/// Formulas with variables are left to the planner, which knows their values.
bool has_variables(const Expr& expr);

/// "BL17"
std::string cell_name(const Sheet& sheet, std::string_view column_id, std::uint64_t row);
/// Some cells out of many, for notes: `Pedidos!F88, F301, F302 …`.
struct Offenders {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> rows;  // the first three
  std::vector<std::string> values;  // of those, as shown to people
  void add(std::uint64_t row, std::string value);
  [[nodiscard]] std::string addresses(const Sheet& sheet, std::string_view column_id) const;
  /// `Pedidos!F88 "Perdido" · F301 "X"` and, if there are more, the count.
  [[nodiscard]] std::string listed(const Sheet& sheet, std::string_view column_id) const;
};
/// "1,180"
std::string thousands(std::uint64_t number);
/// A value as a note shows it: text quoted and cut.
std::string shown_value(const Value& value);

// --- definitions

/// A live column measured against a definition (language.md 4.6).
struct Fit {
  std::vector<Diagnostic> conflicts;
  std::string where;                   // "Operaciones!BL1"
  std::string summary;                 // "10 filled cells, all text"
  Column claim;                        // the definition without the parts that are missing
  std::vector<Operation> missing;      // what adds them
  std::vector<std::string> completed;  // their names
};
/// `complete`: missing parts may be added (add column); else a part that is missing is a claim that is not true (adopt
/// column).
Result<Fit> fit_column(const ColumnRef& wanted_at, const Column& wanted, const Sheet& sheet, const Column& found,
                       const Schema& before, const LiveView& live, bool complete);

/// Cells of a live column that do not read as `type`, and those outside the enum; for type changes and flags.
struct Readings {
  std::uint64_t rows = 0, filled = 0;                       // data rows; filled cells of the column
  std::map<std::string, std::uint64_t, std::less<>> kinds;  // of the filled cells
  Offenders misread, outside, blanks, duplicates;
  std::map<std::string, std::uint64_t, std::less<>> misread_kinds;
};
struct ReadFor {
  Type type;
  std::string format;          // effective
  bool blanks = false;         // blank cells of data rows count
  bool duplicates = false;     // equal values count
  bool ignore_column = false;  // the column itself makes no data row
};
Result<Readings> read_column(const Sheet& sheet, const Column& column, const ReadFor& wanted, const Schema& before,
                             CellView& cells);
/// The effective format of a definition: the written one, else the type's.
std::string effective_format(const Column& column);

}  // namespace zmig::ops
