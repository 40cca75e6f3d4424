#pragma once
// A worksheet cut into what stands above its rows, the rows, and what stands below, as bytes: every byte of it is
// handed out once. For rewriting; reading is worksheet.h's. Not installed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/refs.h"
#include "targets/xlsx/worksheet.h"
#include "targets/xlsx/xml.h"

namespace zmig::xlsx {

/// Where a cell and its pieces stand in the bytes of its row.
struct CellSpan {
  std::uint32_t column = 0;
  std::uint32_t begin = 0, tag_end = 0, end = 0;
  std::uint32_t r_at = 0, r_size = 0;  ///< value of its place; size 0: it has none
  std::uint32_t v_at = 0, v_size = 0, f_at = 0, f_tag_end = 0, f_close = 0, f_end = 0, is_at = 0, is_end = 0;
  bool has_v = false, has_f = false, has_is = false, closes_itself = false;
};

class SheetScanner {
 public:
  SheetScanner(XmlReader::Source source, std::string part, std::string file);

  /// Everything up to the first row, `<sheetData>` included. To be called first.
  Result<std::string> head();
  /// In place of head(): the source begins between two rows, behind the one of this number; `text` is its place in all.
  void begin_behind(const std::string& prefix, std::uint32_t row, std::uint64_t text);
  /// False behind the last row. What stands between the rows is in gap(). The cells of a row are not looked at before
  /// they are asked for.
  Result<bool> next_row();
  /// Everything behind the last row, gap() not included.
  Result<std::string> tail();
  /// Prefix of the elements, with its colon.
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  /// `<sheetData/>`: there are no rows, and none can be put in without opening it.
  [[nodiscard]] bool data_closes_itself() const { return data_closes_itself_; }

  [[nodiscard]] std::string_view gap() const { return std::string_view(buffer_).substr(gap_at_, row_at_ - gap_at_); }
  [[nodiscard]] std::string_view row() const { return std::string_view(buffer_).substr(row_at_, at_ - row_at_); }
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::size_t row_tag_end() const { return row_tag_end_; }  ///< in row()
  [[nodiscard]] std::size_t row_close() const { return row_close_; }      ///< where its closing tag begins, or its end
  [[nodiscard]] bool row_closes_itself() const { return row_closes_itself_; }
  /// Those that were cut so far.
  [[nodiscard]] std::span<const CellSpan> cells() const { return cells_; }
  /// Cuts one more; false when there is none.
  Result<bool> next_cell();
  Status cut_all();
  /// The column of the last cell where it can be told from the end of the row, whose last bytes it is.
  [[nodiscard]] std::optional<std::uint32_t> last_column() const;
  /// A formula in the row says more than its text: it is shared, or of several cells.
  [[nodiscard]] bool has_wide_formulas() const;
  /// Where gap() and row() begin, counted from the first byte of the part; behind the last row: gap() and tail().
  [[nodiscard]] std::uint64_t text_at_gap() const { return base_ + gap_at_; }
  [[nodiscard]] std::uint64_t text_at_row() const { return base_ + row_at_; }

 private:
  struct Token {
    enum class Kind { open, closes_itself, close, other, end } kind = Kind::end;
    std::size_t begin = 0, size = 0;
  };
  Result<bool> refill();
  Result<std::size_t> find(std::string_view what, std::size_t from);
  Result<Token> token();
  [[nodiscard]] bool is(const Token& token, std::string_view qualified) const;
  void set_names();
  /// The next tag of the row at hand.
  Result<Token> row_token();
  Result<bool> find_row_end();
  Status read_cell(const Token& open, std::uint32_t next_column);
  Error broken(std::string_view why) const;

  XmlReader::Source source_;
  std::string part_, file_, prefix_, buffer_;
  std::string row_name_, cell_name_, value_name_, formula_name_, inline_name_, data_name_, row_ends_, cell_begins_,
      cell_ends_;
  bool ended_ = false, data_closes_itself_ = false, row_closes_itself_ = false, at_end_ = false;
  std::size_t keep_ = 0, at_ = 0, gap_at_ = 0, row_at_ = 0, row_tag_end_ = 0, row_close_ = 0;
  std::size_t cut_at_ = 0;  // of a plain row: behind the cells that were cut
  std::uint64_t base_ = 0;  // of the window, in the part
  // plain_: the row is in the window as a whole, without comments and the like
  bool plain_ = false, cut_ = false;
  std::uint32_t number_ = 0, next_column_ = 0;
  std::vector<CellSpan> cells_;
};

/// The value of an attribute without prefix inside of a tag: offset in the tag and size; size npos: it is not there.
struct AttributeSpan {
  std::size_t at = 0, size = std::string_view::npos;
  [[nodiscard]] bool there() const { return size != std::string_view::npos; }
};
AttributeSpan attribute_in(std::string_view tag, std::string_view name);

}  // namespace zmig::xlsx
