#pragma once
/// Reading cells row by row: the one way in which plan, judge, checks, verify and backup see them. Streams: nothing is
/// kept.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <zmig/change.h>
#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

/// One row, valid during the call of the sink only. `cells` in the order of the ids that were asked for.
struct RowView {
  RowRef row;
  std::span<const Cell> cells;
};
using RowSink = std::function<Status(const RowView&)>;
/// The same, told whether it is a data row.
using JudgedSink = std::function<Status(const RowView& row, bool data)>;

/// A workbook's cells: a live target, or a target with planned changes laid over it.
class CellView {
 public:
  virtual ~CellView() = default;
  [[nodiscard]] virtual const Schema& schema() const = 0;
  /// Calls `sink` for every row below the header row, in sheet order, blank rows included, until it returns an error
  /// (which is passed on). `column_ids` may name managed and foreign (provisional) ids. Values are decoded by the
  /// column's declared type; a cell that does not decode comes as it is stored.
  virtual Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) = 0;
  /// scan() of `wanted`, telling of every row whether it is a data row: one where a cell of the columns `counted`
  /// counts (counts_as_data). Here all of these cells are read for that; a view that can tell otherwise does, and gives
  /// the same answers.
  virtual Status scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                             std::span<const std::string> wanted, const JudgedSink& sink);
  /// True where numbers and dates may be stored as text (csv, SQLite TEXT): read_as then reads them.
  [[nodiscard]] virtual bool text_source() const = 0;
};

/// Whether a row is a data row (language.md 4.4): at least one of `cells` counts. Pass only cells of columns with a
/// header that is not blank, without the columns that do not count. A cell counts unless it is blank, holds a formula,
/// is text of blanks only, or is FALSE under a check-box rule.
bool counts_as_data(const Cell& cell, const Column& column);

/// Ids of the columns of a sheet whose cells can make a row a data row: a header that is not blank, not in
/// `not_counted`.
std::vector<std::string> data_row_columns(const Sheet& sheet, std::span<const std::string> not_counted);

/// Identity of a row for captures, samples and messages: the value of the sheet's key if it has one, else "h:" + the
/// first 16 hexadecimal digits of a hash of its managed, not computed cells. `cells` in the order of
/// identity_columns(sheet).
std::vector<std::string> identity_columns(const Sheet& sheet);
std::string row_identity(const Sheet& sheet, std::span<const Cell> cells);

/// Bytes of one cell for hashes over a column: value, formula and format, framed so that no two columns collide.
std::string cell_bytes(const Cell& cell);

}  // namespace zmig
