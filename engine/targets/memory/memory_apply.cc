// The reference: what each core change does to cells (xlsx-csv.md 2). Schema parts are apply_to's.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <zmig/cells.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/memory/memory_target.h"

namespace zmig {
namespace {

/// Rows of a sheet by the address that a run gives: handle first, else the number.
class RowFinder {
 public:
  RowFinder(const Sheet& sheet, const SheetCells& cells) : first_(std::uint64_t{sheet.header_row} + 1), cells_(cells) {}

  std::optional<std::size_t> find(const RowRef& row) {
    const std::size_t guess = row.number >= first_ ? static_cast<std::size_t>(row.number - first_) : cells_.rows();
    if (row.handle == 0) return guess < cells_.rows() ? std::optional(guess) : std::nullopt;
    if (guess < cells_.rows() && cells_.handles[guess] == row.handle) return guess;
    if (by_handle_.empty()) {
      for (std::size_t i = 0; i < cells_.rows(); ++i) by_handle_.emplace(cells_.handles[i], i);
    }
    const auto found = by_handle_.find(row.handle);
    return found == by_handle_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::uint64_t first_;
  const SheetCells& cells_;  // of the caller, for as long as this lives
  std::unordered_map<std::int64_t, std::size_t> by_handle_;
};

class DataRows {
 public:
  DataRows(const Sheet& sheet, const SheetCells& cells, std::span<const std::string> not_counted) : cells_(cells) {
    for (const std::string& id : data_row_columns(sheet, not_counted)) columns_.push_back(column_by_id(sheet, id));
  }
  [[nodiscard]] bool contains(std::size_t index0) const {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const Column* column) { return counts_as_data(cells_.at(column->id, index0), *column); });
  }

 private:
  const SheetCells& cells_;  // of the caller, for as long as this lives
  std::vector<const Column*> columns_;
};

/// A claim or its end gives ids anew; the cells follow. Order and number of sheets and columns stay.
void rekey(const Schema& before, Workbook& book) {
  std::map<std::string, SheetCells> renamed;
  for (std::size_t s = 0; s < before.sheets.size(); ++s) {
    const Sheet& old_sheet = before.sheets[s];
    const Sheet& new_sheet = book.schema.sheets[s];
    SheetCells& from = book.cells[old_sheet.id];
    SheetCells& to = renamed[new_sheet.id];
    to.handles = std::move(from.handles);
    for (std::size_t c = 0; c < old_sheet.columns.size(); ++c) {
      const auto found = from.columns.find(old_sheet.columns[c].id);
      if (found != from.columns.end()) to.columns[new_sheet.columns[c].id] = std::move(found->second);
    }
  }
  book.cells = std::move(renamed);
}

struct Carrier {
  const Schema& before;  // the schema without the change
  Workbook& book;        // its schema has the change already
  CommitReport& report;

  // --- structure

  Status operator()(const change::InsertSheet& c) const {
    book.cells[c.sheet.id] = {};
    return structural();
  }
  Status operator()(const change::DeleteSheet& c) const {
    book.cells.erase(c.sheet);
    return structural();
  }
  Status operator()(const change::DeleteColumn& c) const {
    book.cells[c.at.sheet].columns.erase(c.at.column);
    return structural();
  }
  Status operator()(const change::Track&) const {
    rekey(before, book);
    return structural();
  }
  Status operator()(const change::Untrack&) const {
    rekey(before, book);
    return structural();
  }
  template <class SchemaOnly>
  Status operator()(const SchemaOnly&) const {
    return structural();
  }

  // --- cells

  Status operator()(const change::SetFormat& c) const {
    clear_formats(c.at);
    return structural();
  }

  Status operator()(const change::Retype& c) const {
    ZMIG_CHECK_OK(write(c.at, c.cells));
    const Sheet& sheet = *book.schema.sheet(c.at.sheet);
    const Column& column = *column_by_id(sheet, c.at.column);
    SheetCells& cells = book.cells[c.at.sheet];
    // A cell that an edit names has been judged: a way back may put one there that never read as the type.
    ZMIG_TRY(const source::Run* run, run_of(c.cells));
    RowFinder finder(sheet, cells);
    std::set<std::size_t> named;
    for (const source::Edit& edit : run->edits) {
      if (const auto index0 = finder.find(edit.row)) named.insert(*index0);
    }
    for (std::size_t i = 0; i < cells.rows(); ++i) {
      if (!named.contains(i)) ZMIG_CHECK_OK(reread(sheet, column, cells, i, book.text_source));
    }
    clear_formats(c.at);
    return structural();
  }

  Status operator()(const change::FillEmpty& c) const {
    if (is_blank(c.value)) return ok();
    SheetCells& cells = book.cells[c.at.sheet];
    const DataRows data(*book.schema.sheet(c.at.sheet), cells, c.not_counted);
    // The column itself may count: what was filled above must not make another row a data row. It cannot, since only
    // data rows are filled.
    for (std::size_t i = 0; i < cells.rows(); ++i) {
      const Cell& now = cells.at(c.at.column, i);
      if (!is_blank(now.value) || !now.formula.empty() || !data.contains(i)) continue;
      Cell filled = now;
      filled.value = c.value;
      filled.stored.clear();
      cells.put(c.at.column, i, std::move(filled));
      ++report.cells_written;
    }
    return ok();
  }

  Status operator()(const change::WriteCells& c) const { return write(c.at, c.cells); }

  Status operator()(const change::RestoreCells& c) const {
    ZMIG_TRY(const source::Run* run, run_of(c.cells));
    SheetCells& cells = book.cells[c.at.sheet];
    RowFinder finder(*book.schema.sheet(c.at.sheet), cells);
    for (const source::Edit& edit : run->edits) {
      const auto index0 = finder.find(edit.row);
      if (!index0) continue;  // the row is gone: nothing to put back
      const Cell& now = cells.at(c.at.column, *index0);
      if (judge(now, edit, c.what) != Verdict::write) continue;  // there already, or a person's edit, which stays
      Cell back = restored(now, edit.write, c.what);
      if (back.stored == kStoredAsUsual) back.stored.clear();
      cells.put(c.at.column, *index0, std::move(back));
      ++report.cells_written;
    }
    return ok();
  }

  Status operator()(const change::InsertRows& c) const {
    ZMIG_TRY(const source::Run* run, run_of(c.rows));
    const Sheet& sheet = *book.schema.sheet(c.sheet);
    SheetCells& cells = book.cells[c.sheet];
    std::optional<std::size_t> below;  // index behind the last data row
    for (const source::Row& row : run->rows) {
      std::size_t index0 = cells.rows();
      if (row.row.number == 0) {
        if (!below) below = behind_last_data_row(sheet, cells);
        index0 = (*below)++;
      } else if (row.row.number > sheet.header_row) {
        index0 = std::min<std::size_t>(index0, static_cast<std::size_t>(row.row.number - sheet.header_row - 1));
        if (below && index0 <= *below) ++*below;
      }
      insert_row(cells, index0, row, run->columns);
      ++report.rows_inserted;
    }
    return ok();
  }

  Status operator()(const change::DeleteRows& c) const {
    ZMIG_TRY(const source::Run* run, run_of(c.rows));
    const Sheet& sheet = *book.schema.sheet(c.sheet);
    SheetCells& cells = book.cells[c.sheet];
    RowFinder finder(sheet, cells);
    std::vector<bool> goes(cells.rows(), false);
    for (const source::Row& row : run->rows) {
      const auto index0 = finder.find(row.row);
      const std::string place = fmt::format("{}!{}", sheet.title, row.row.number);
      if (!index0 || goes[*index0]) return stale_row(place, "a row to delete is not there");
      for (std::size_t i = 0; i < run->columns.size(); ++i) {
        const Cell& now = cells.at(run->columns[i], *index0);
        if (now != row.cells[i])
          return stale_cell(cell_place(sheet, run->columns[i], row.row.number), row.cells[i], now);
      }
      goes[*index0] = true;
      ++report.rows_deleted;
    }
    std::size_t at = 0;
    std::erase_if(cells.handles, [&](std::int64_t) { return goes[at++]; });
    for (auto& [id, column] : cells.columns) {
      at = 0;
      std::erase_if(column, [&](const Cell&) { return goes[at++]; });
    }
    return ok();
  }

 private:
  [[nodiscard]] Status structural() const {
    ++report.structural;
    return ok();
  }

  [[nodiscard]] Status write(const Scope& at, const Source& source) const {
    ZMIG_TRY(const source::Run* run, run_of(source));
    const Sheet& sheet = *book.schema.sheet(at.sheet);
    SheetCells& cells = book.cells[at.sheet];
    RowFinder finder(sheet, cells);
    for (const source::Edit& edit : run->edits) {
      const std::string place = cell_place(sheet, at.column, edit.row.number);
      const auto index0 = finder.find(edit.row);
      if (!index0) return stale_row(place, "the row of a cell to write is not there");
      const Cell& now = cells.at(at.column, *index0);
      const Verdict verdict = judge(now, edit.expected, edit.write);
      if (verdict == Verdict::conflict) return stale_cell(place, edit.expected, now);
      if (verdict == Verdict::settled) continue;
      cells.put(at.column, *index0, edit.write);
      ++report.cells_written;
    }
    return ok();
  }

  // Under the new type a cell that no edit names must read as it (ZM0315).
  static Status reread(const Sheet& sheet, const Column& column, SheetCells& cells, std::size_t index0,
                       bool text_source) {
    const Cell& now = cells.at(column.id, index0);
    const Evaluated read =
        read_as(now.value, column.type, column.format.value_or(implied_format(column.type)), text_source);
    if (const Value* value = std::get_if<Value>(&read)) {
      if (*value != now.value) cells.put(column.id, index0, Cell{*value, now.formula, now.format});
      return ok();
    }
    return make_error(Errc::conflict, "ZM0315",
                      fmt::format("{} does not read as {}", quoted(to_text(now.value)), to_string(column.type)), {},
                      cell_place(sheet, column.id, sheet.header_row + 1 + index0));
  }

  // A cell's format is what deviates from its column's; with a new one nothing deviates in the data rows.
  void clear_formats(const Scope& at) const {
    SheetCells& cells = book.cells[at.sheet];
    const auto found = cells.columns.find(at.column);
    if (found == cells.columns.end()) return;
    const DataRows data(*book.schema.sheet(at.sheet), cells, {});
    for (std::size_t i = 0; i < found->second.size(); ++i) {
      if (!found->second[i].format.empty() && data.contains(i)) found->second[i].format.clear();
    }
  }

  static std::size_t behind_last_data_row(const Sheet& sheet, const SheetCells& cells) {
    const DataRows data(sheet, cells, {});
    std::size_t index0 = cells.rows();
    while (index0 > 0 && !data.contains(index0 - 1)) --index0;
    return index0;
  }

  static void insert_row(SheetCells& cells, std::size_t index0, const source::Row& row,
                         const std::vector<std::string>& ids) {
    const bool free = row.row.handle != 0 &&
                      std::find(cells.handles.begin(), cells.handles.end(), row.row.handle) == cells.handles.end();
    const std::int64_t handle = free ? row.row.handle : cells.free_handle();
    const auto at = static_cast<std::ptrdiff_t>(index0);
    cells.handles.insert(cells.handles.begin() + at, handle);
    for (auto& [id, column] : cells.columns) {
      if (index0 < column.size()) column.insert(column.begin() + at, Cell{});
    }
    for (std::size_t i = 0; i < ids.size() && i < row.cells.size(); ++i) cells.put(ids[i], index0, row.cells[i]);
  }
};

}  // namespace

Status carry_out(const Change& change, Workbook& book, CommitReport& report) {
  const bool gives_ids =
      std::holds_alternative<change::Track>(change) || std::holds_alternative<change::Untrack>(change);
  const Schema before = gives_ids ? book.schema : Schema{};
  ZMIG_CHECK_OK(apply_live(change, book.schema, "memory"));
  return std::visit(Carrier{before, book, report}, change);
}

}  // namespace zmig
