#pragma once
// Reading the rows of one sheet in one pass: raw for hashes, decoded for everybody else. Nothing is kept but the row at
// hand. Not installed.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <zmig/cells.h>
#include <zmig/result.h>
#include <zmig/target.h>

#include "base/running_hash.h"
#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"
#include "targets/sqlite/sqlite_values.h"

namespace zmig::sqlite_workbook {

/// What a cell cannot hold itself (_zmig_cell); counts only while the cell still equals `raw`.
struct Annotation {
  sqlite::Datum raw;
  std::string kind, formula, format;
};

/// Annotations of a table in row order, beside a scan.
class Annotations {
 public:
  /// `columns`: positions by name, of those that are read.
  static Result<Annotations> open(sqlite::Database& db, const Table& table, std::map<std::string, std::size_t> columns);
  /// Those of the row; rows must be asked for in ascending order.
  Result<const std::vector<std::pair<std::size_t, Annotation>>*> of_row(std::int64_t rowid);
  [[nodiscard]] bool any() const { return open_; }

 private:
  Status advance();
  sqlite::Statement statement_;
  std::map<std::string, std::size_t> columns_;
  std::vector<std::pair<std::size_t, Annotation>> row_;
  bool open_ = false;  // a row of the statement waits
};

/// Hashes of columns as they are stored, row by row.
class ColumnHashes {
 public:
  explicit ColumnHashes(std::size_t columns) : hashes_(columns) {}
  void add(std::size_t column, const Raw& raw);
  void add(std::size_t column, const Annotation& note);
  [[nodiscard]] std::vector<std::string> finish() const;

 private:
  std::vector<RunningHash> hashes_;
};

/// A cursor over the rows of a table. More columns than SQLite gives in one result are read by several statements in
/// step.
class RowCursor {
 public:
  /// `columns`: indexes into table.columns. `condition`: SQL that holds() tells of each row, or "".
  static Result<RowCursor> open(sqlite::Database& db, const Table& table, const std::vector<std::size_t>& columns,
                                const std::string& condition = {});
  Result<bool> next();
  [[nodiscard]] std::int64_t rowid() const { return statements_.front().integer(0); }
  [[nodiscard]] Raw raw(std::size_t i) const {
    if (i < kColumnsAStatement) return statements_.front().view(static_cast<int>(i) + kFirst);
    return statements_[i / kColumnsAStatement].view(static_cast<int>(i % kColumnsAStatement) + kFirst);
  }
  [[nodiscard]] bool holds() const { return statements_.front().integer(1) != 0; }

 private:
  static constexpr std::size_t kColumnsAStatement = 1500;  // SQLite's default limit for a result is 2,000
  static constexpr int kFirst = 2;                         // behind the address and the condition
  std::vector<sqlite::Statement> statements_;
};

/// What word_of asks about a column.
struct Spelling {
  Type type;
  Affinity affinity = Affinity::none;
};

/// Decoded cells of some columns.
class CellCursor {
 public:
  static Result<CellCursor> open(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                 const std::vector<std::size_t>& columns, const std::string& condition = {});
  Result<bool> next();
  /// The same, hashing what is stored; most texts are shown where they stand, without a value of their own.
  Result<bool> next(ColumnHashes& hashes, std::vector<CellRead>& cells);
  [[nodiscard]] std::int64_t rowid() const { return rows_.rowid(); }
  [[nodiscard]] bool holds() const { return rows_.holds(); }
  [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }

 private:
  void decode(std::size_t i, const Raw& raw);
  void forget_formulas();
  RowCursor rows_;
  Annotations annotations_;
  std::vector<Decoder> decoders_;
  std::vector<std::string> generated_;
  std::vector<bool> plain_;  // texts of the column are what they are
  std::vector<Spelling> spellings_;
  std::vector<Cell> cells_;

  bool formulas_ = false;  // some cells carry a formula or format that the next row must not inherit
};

/// True when cells of the table are annotated.
Result<bool> has_annotations(sqlite::Database& db, const Table& table);

/// Cells of one row by its address, for compare-then-write.
class RowLookup {
 public:
  static Result<RowLookup> open(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                const std::vector<std::size_t>& columns);
  struct Found {
    sqlite::Datum datum;
    Cell cell;
    bool annotated = false;
  };
  /// In the order of `columns`; none when there is no such row.
  Result<std::optional<std::vector<Found>>> find(std::int64_t rowid);

 private:
  sqlite::Statement row_, notes_;
  std::map<std::string, std::size_t> names_;
  std::vector<Decoder> decoders_;
  std::vector<std::string> generated_;
  std::vector<Spelling> spellings_;
  bool has_annotations_ = false;
};

/// SQL that is true for rows where a cell of the columns `counted` counts, exactly as counts_as_data judges cells
/// without annotations.
std::string data_row_condition(const Sheet& sheet, const Table& table, std::span<const std::string> counted);

Result<std::vector<std::string>> hash_columns(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                              std::span<const std::uint64_t> skip);

}  // namespace zmig::sqlite_workbook
