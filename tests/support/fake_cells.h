#pragma once
// Cells in memory for judges: behaves like a target's scan, and can be asked how often it was read.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <zmig/cells.h>

namespace zmig::test {

class FakeCells : public CellView {
 public:
  explicit FakeCells(Schema schema, bool text_source = false) : schema_(std::move(schema)), text_source_(text_source) {}

  /// The cells of one column from the first row below the header on.
  FakeCells& column(const std::string& sheet_id, const std::string& column_id, const std::vector<Value>& values) {
    std::vector<std::map<std::string, Cell>>& rows = rows_[sheet_id];
    if (rows.size() < values.size()) rows.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) rows[i][column_id] = Cell{values[i], {}, {}};
    return *this;
  }

  [[nodiscard]] const Schema& schema() const override { return schema_; }
  [[nodiscard]] Schema& schema() { return schema_; }
  [[nodiscard]] bool text_source() const override { return text_source_; }
  [[nodiscard]] std::size_t scans() const { return scans_; }

  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    ++scans_;
    const Sheet* sheet = schema_.sheet(sheet_id);
    if (sheet == nullptr) return make_error(Errc::not_found, "ZM0313", "no sheet " + sheet_id);
    std::uint64_t number = sheet->header_row;
    for (const std::map<std::string, Cell>& row : rows_[sheet_id]) {
      std::vector<Cell> cells;
      for (const std::string& id : column_ids) {
        const auto found = row.find(id);
        cells.push_back(found == row.end() ? Cell{} : found->second);
      }
      ++number;
      ZMIG_CHECK_OK(sink(RowView{RowRef{number, static_cast<std::int64_t>(number), {}}, cells}));
    }
    return ok();
  }

 private:
  Schema schema_;
  bool text_source_;
  std::size_t scans_ = 0;
  std::map<std::string, std::vector<std::map<std::string, Cell>>> rows_;
};

}  // namespace zmig::test
