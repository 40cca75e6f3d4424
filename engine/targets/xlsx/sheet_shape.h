#pragma once
// Where the header row of a worksheet is, and how far its data goes: found while its rows pass by. Not installed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/values.h"

namespace zmig::xlsx {

struct ShapeFound {
  std::uint32_t header_row = 1;
  std::uint32_t last_row = 0;          ///< the last row that holds something; 0: the sheet is empty
  std::vector<std::string> headers;    ///< from column A to the last one that holds something
  std::vector<std::uint32_t> formats;  ///< of the columns: the one that most of their filled cells have
};

/// The header row is the configured one; else that of the only table or filter of the sheet when above it no row holds
/// more than one cell; else the first row that holds something and is no banner. A banner holds one cell only, merged
/// over several columns.
class SheetShape {
 public:
  /// `configured`: 0 when it is not. The decoder outlives the shape.
  SheetShape(const Decoder& decoder, std::uint32_t configured) : decoder_(decoder), configured_(configured) {}
  Status add(std::uint32_t row, std::span<const RawCell> cells);
  Result<ShapeFound> finish(const SheetFacts& facts, std::span<const Region> tables);

 private:
  struct Filled {
    std::uint32_t column = 0, format = 0;
    std::string text;
  };
  struct Row {
    std::uint32_t number = 0;
    std::vector<Filled> cells;
  };
  void count(std::uint32_t column, std::uint32_t format);
  [[nodiscard]] const Row* row_at(std::uint32_t number) const;
  [[nodiscard]] std::uint32_t find_header(const SheetFacts& facts, std::span<const Region> tables) const;

  const Decoder& decoder_;  // of the caller
  std::uint32_t configured_;
  std::vector<Row> top_;  // rows among which the header is
  std::uint32_t last_row_ = 0;
  struct Counted {
    std::uint32_t format = 0;  // the last one, and how many cells in a row have it
    std::uint64_t times = 0;
    std::unordered_map<std::uint32_t, std::uint64_t> others;
  };
  std::vector<Counted> formats_;  // of each column, below top_
};

/// Where the tables of a worksheet stand that have a header row.
Result<std::vector<Region>> table_regions(const Package& package, const std::string& part);

/// The values of `"A,B"`; none when the formula is no such list.
std::optional<std::vector<std::string>> literal_list(const std::string& formula);

/// The name as the sheet sees it: its own one before that of the workbook. Null: there is none.
const DefinedName* find_name(const BookFacts& facts, const std::string& name, const std::string& sheet);

}  // namespace zmig::xlsx
