#pragma once
// The workbook in memory: what a Change means for cells is written here, and every other target is compared with it
// (xlsx-csv.md 2). Also the twin of rehearsals and the target of tests. No clock, no file, no randomness. Not
// installed.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <zmig/target.h>

namespace zmig {

/// The rows below the header row of one sheet, by column.
struct SheetCells {
  std::vector<std::int64_t> handles;                 ///< one a row, never used twice; says how many rows there are
  std::map<std::string, std::vector<Cell>> columns;  ///< by column id; short of the last rows where they are blank

  [[nodiscard]] std::size_t rows() const { return handles.size(); }
  /// Blank where nothing is stored.
  [[nodiscard]] const Cell& at(const std::string& column_id, std::size_t index0) const;
  void put(const std::string& column_id, std::size_t index0, Cell cell);
  /// Adds a row at the end; returns its index.
  std::size_t add_row(std::int64_t handle);
  /// An address that no row has.
  [[nodiscard]] std::int64_t free_handle() const;
  bool operator==(const SheetCells&) const = default;
};

/// A whole workbook as a value.
struct Workbook {
  Schema schema;
  std::map<std::string, SheetCells> cells;  ///< by sheet id
  std::vector<Stamp> stamps;                ///< oldest first
  bool text_source = false;                 ///< a twin of a target that may store numbers and dates as text
  bool operator==(const Workbook&) const = default;
};

/// Carries out one change: schema and cells. A refusal may leave `book` half changed: callers work on a copy.
Status carry_out(const Change& change, Workbook& book, CommitReport& report);

class MemoryTarget final : public Target {
 public:
  explicit MemoryTarget(Workbook book = {}, std::string title = "memory");
  /// A twin: everything that `view` shows, with the addresses of its rows, so that changes materialised for the view
  /// fit.
  static Result<MemoryTarget> from_view(CellView& view, std::vector<Stamp> stamps = {});

  [[nodiscard]] const Workbook& snapshot() const { return book_; }

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] std::string url() const override { return "memory:"; }
  [[nodiscard]] std::string title() const override { return title_; }
  Result<Schema> inspect() override;
  [[nodiscard]] const Schema& schema() const override { return book_.schema; }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  Result<std::vector<Stamp>> stamps() override;
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override;
  Result<std::uint64_t> row_count(const std::string& sheet_id) override;
  Result<std::string> revision() override;
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override;

 private:
  friend class MemoryWriter;
  Workbook book_;
  Capabilities capabilities_;
  std::string title_, holder_;  // holder_: of the writer that is open, else empty
  std::uint64_t revision_ = 0;
};

}  // namespace zmig
