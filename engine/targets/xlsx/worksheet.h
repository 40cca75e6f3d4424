#pragma once
// A worksheet row by row, streamed: cells as they are stored, and what stands around them. Not installed.

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/package.h"
#include "targets/xlsx/refs.h"

namespace zmig::xlsx {

enum class CellKind { number, shared, text, boolean, error, iso };
/// Of the attribute `t` of a cell.
CellKind kind_of_type(std::string_view type);

struct RawCell {
  std::uint32_t column = 0;
  std::uint32_t style = 0;
  CellKind kind = CellKind::number;
  bool has_formula = false;
  std::string value;    ///< as stored, decoded; empty: none
  std::string formula;  ///< without "="; of a cell that shares another's, the text that it stands for
};

struct ColumnRange {
  std::uint32_t first = 0, last = 0;  ///< from 0, both inside
  std::uint32_t style = 0;
  bool hidden = false;
};
struct ListRule {
  std::vector<Region> regions;
  std::string formula;  ///< `"A,B"`, a range, a name
  bool strict = true;
};
/// Complete when next_row() has answered false.
struct SheetFacts {
  std::vector<ColumnRange> columns;
  std::uint32_t frozen_rows = 0;
  bool is_protected = false;
  std::vector<Region> merges;  ///< that begin near the top
  std::vector<ListRule> lists;
  std::vector<Region> filters;  ///< of the sheet
};

class SheetReader {
 public:
  static Result<SheetReader> open(const Package& package, const std::string& part);
  /// False behind the last one. ZM0431: out of order, twice, beyond the sheet.
  Result<bool> next_row();
  [[nodiscard]] std::uint32_t row() const { return row_; }
  [[nodiscard]] std::span<const RawCell> cells() const { return {cells_.data(), count_}; }
  [[nodiscard]] const SheetFacts& facts() const { return facts_; }

 private:
  explicit SheetReader(XmlReader xml, std::string part) : xml_(std::move(xml)), part_(std::move(part)) {}
  struct Shared {
    Place at;
    std::string text;
  };
  Status read_row();
  /// The same for a row of the simplest form: only places, styles, types, values, formulas without attributes and
  /// inline texts without runs. False: it is not of that form, and nothing is said of it.
  bool read_plain_row(std::string_view inside);
  bool read_plain_cell(std::string_view& rest);
  Status read_cell();
  Status read_formula(RawCell& cell);
  Status read_fact();
  Status read_lists(Ns ns);
  Status read_list(Ns ns);
  Status read_extensions();
  Error disordered(std::string_view what) const;

  XmlReader xml_;
  std::string part_;
  bool in_data_ = false;
  std::uint32_t row_ = 0, column_ = 0;  // column_: where the next cell without place stands
  std::vector<RawCell> cells_;          // the first count_ are of this row; the others keep their memory
  std::size_t count_ = 0;
  std::unordered_map<std::string, Shared> shared_;
  SheetFacts facts_;
};

}  // namespace zmig::xlsx
