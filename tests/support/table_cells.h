#pragma once
// A workbook in memory that takes materialised changes the plain way: the reference for what an overlay has to predict.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <zmig/cells.h>
#include <zmig/change.h>

#include "ops/judging.h"

namespace zmig::test {

class TableCells final : public CellView {
 public:
  using Row = std::map<std::string, Cell>;

  explicit TableCells(Schema schema, bool text_source = false)
      : schema_(std::move(schema)), text_source_(text_source) {}

  TableCells& column(const std::string& sheet, const std::string& id, const std::vector<Value>& values) {
    std::vector<Row>& rows = rows_[sheet];
    if (rows.size() < values.size()) rows.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) rows[i][id] = Cell{values[i], {}, {}};
    return *this;
  }
  Cell& at(const std::string& sheet, std::uint64_t number, const std::string& id) {
    return rows_.at(sheet).at(number - schema_.sheet(sheet)->header_row - 1)[id];
  }
  std::vector<Row>& rows(const std::string& sheet) { return rows_[sheet]; }
  std::vector<Value> values(const std::string& sheet, const std::string& id) {
    std::vector<Value> out;
    for (Row& row : rows_[sheet]) out.push_back(row[id].value);
    return out;
  }

  [[nodiscard]] const Schema& schema() const override { return schema_; }
  [[nodiscard]] Schema& schema() { return schema_; }
  [[nodiscard]] bool text_source() const override { return text_source_; }

  Status scan(const std::string& sheet_id, std::span<const std::string> ids, const RowSink& sink) override {
    const Sheet* sheet = schema_.sheet(sheet_id);
    if (sheet == nullptr) return make_error(Errc::not_found, "ZM0313", "no sheet " + sheet_id);
    for (const std::string& id : ids) {
      if (column_by_id(*sheet, id) == nullptr) return make_error(Errc::not_found, "ZM0314", "no column " + id);
    }
    std::uint64_t number = sheet->header_row;
    for (const Row& row : rows_[sheet_id]) {
      std::vector<Cell> cells;
      for (const std::string& id : ids) {
        const auto found = row.find(id);
        cells.push_back(found == row.end() ? Cell{} : found->second);
      }
      ++number;
      ZMIG_CHECK_OK(sink(RowView{RowRef{number, static_cast<std::int64_t>(number), {}}, cells}));
    }
    return ok();
  }

  /// Cells first, as they were; then the schema.
  Status take(const Change& change) {
    Schema after = schema_;
    ZMIG_CHECK_OK(apply_to(change, after));
    if (const auto* fill = std::get_if<change::FillEmpty>(&change)) this->fill(*fill);
    if (const auto* write = std::get_if<change::WriteCells>(&change)) this->edit(write->at, write->cells);
    if (const auto* restore = std::get_if<change::RestoreCells>(&change)) this->edit(restore->at, restore->cells);
    if (const auto* retype = std::get_if<change::Retype>(&change)) this->edit(retype->at, retype->cells);
    if (const auto* gone = std::get_if<change::DeleteSheet>(&change)) rows_.erase(gone->sheet);
    if (const auto* gone = std::get_if<change::DeleteColumn>(&change)) {
      for (Row& row : rows_[gone->at.sheet]) row.erase(gone->at.column);
    }
    if (const auto* format = std::get_if<change::SetFormat>(&change)) {
      for (Row& row : rows_[format->at.sheet]) row[format->at.column].format.clear();
    }
    if (const auto* rows = std::get_if<change::InsertRows>(&change)) insert(*rows);
    if (const auto* rows = std::get_if<change::DeleteRows>(&change)) erase(*rows);
    follow_ids(schema_, after);
    schema_ = std::move(after);
    return ok();
  }

 private:
  [[nodiscard]] std::uint64_t first(const std::string& sheet) const {
    return schema_.sheet(sheet)->header_row + std::uint64_t{1};
  }

  [[nodiscard]] bool is_data(const std::string& sheet_id, Row& row, const std::vector<std::string>& not_counted) const {
    const Sheet& sheet = *schema_.sheet(sheet_id);
    const std::vector<std::string> counted = data_row_columns(sheet, not_counted);
    return std::any_of(counted.begin(), counted.end(),
                       [&](const std::string& id) { return counts_as_data(row[id], *column_by_id(sheet, id)); });
  }

  void fill(const change::FillEmpty& fill) {
    for (Row& row : rows_[fill.at.sheet]) {
      const bool counts = is_data(fill.at.sheet, row, fill.not_counted);
      Cell& cell = row[fill.at.column];
      if (counts && is_blank(cell.value) && cell.formula.empty()) cell.value = fill.value;
    }
  }
  void edit(const Scope& at, const Source& source) {
    const auto* run = std::get_if<source::Run>(&source);
    if (run == nullptr) return;
    for (const source::Edit& edit : run->edits)
      rows_.at(at.sheet).at(edit.row.number - first(at.sheet))[at.column] = edit.write;
  }
  void insert(const change::InsertRows& change) {
    const auto* run = std::get_if<source::Run>(&change.rows);
    if (run == nullptr) return;
    std::vector<Row>& rows = rows_[change.sheet];
    const std::uint64_t start = first(change.sheet);
    std::size_t below = 0;  // index behind the last data row
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (is_data(change.sheet, rows[i], {})) below = i + 1;
    }
    for (const source::Row& added : run->rows) {
      Row row;
      for (std::size_t i = 0; i < run->columns.size(); ++i) row[run->columns[i]] = added.cells[i];
      const std::size_t wanted = added.row.number == 0 ? below : static_cast<std::size_t>(added.row.number - start);
      const std::size_t index0 = std::min(wanted, rows.size());
      if (index0 <= below) ++below;
      rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(index0), std::move(row));
    }
  }
  void erase(const change::DeleteRows& change) {
    const auto* run = std::get_if<source::Run>(&change.rows);
    if (run == nullptr) return;
    std::vector<Row>& rows = rows_[change.sheet];
    for (auto gone = run->rows.rbegin(); gone != run->rows.rend(); ++gone) {
      rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(gone->row.number - first(change.sheet)));
    }
  }
  /// Claims give things other ids where they stand.
  void follow_ids(const Schema& before, const Schema& after) {
    if (before.sheets.size() != after.sheets.size()) return;
    for (std::size_t i = 0; i < before.sheets.size(); ++i) {
      const Sheet& was = before.sheets[i];
      const Sheet& is = after.sheets[i];
      if (was.columns.size() == is.columns.size()) {
        for (Row& row : rows_[was.id]) {
          Row moved;
          for (auto& [id, cell] : row) {
            const std::size_t at = column_index(was, id);
            const bool same_place = at < was.columns.size() && column_by_id(is, id) == nullptr;
            moved[same_place ? is.columns[at].id : id] = std::move(cell);
          }
          row = std::move(moved);
        }
      }
      if (was.id == is.id || after.sheet(was.id) != nullptr) continue;
      rows_[is.id] = std::move(rows_[was.id]);
      rows_.erase(was.id);
    }
  }

  Schema schema_;
  bool text_source_;
  std::map<std::string, std::vector<Row>> rows_;
};

/// All cells of all sheets, as a scan gives them: for comparing views.
inline std::map<std::string, std::vector<std::vector<Cell>>> everything(CellView& view) {
  std::map<std::string, std::vector<std::vector<Cell>>> out;
  for (const Sheet& sheet : view.schema().sheets) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    auto& rows = out[sheet.id];
    const Status scanned = view.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      rows.emplace_back(row.cells.begin(), row.cells.end());
      return ok();
    });
    if (!scanned) rows.push_back({Cell{Text{"the scan failed: " + scanned.error().message}, {}, {}}});
  }
  return out;
}

}  // namespace zmig::test
