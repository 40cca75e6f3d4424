#pragma once
// One row of a worksheet on its way into the new one: cells are read when they are asked for, written as they are put,
// and everything else keeps its bytes. Not installed.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <zmig/schema.h>
#include <zmig/value.h>

#include "targets/xlsx/sheet_scanner.h"
#include "targets/xlsx/style_book.h"
#include "targets/xlsx/values.h"

namespace zmig::xlsx {

/// A column as an edit sees it: where it stands, how its cells read, and the number format that they show.
struct ColumnSpot {
  std::uint32_t index = 0;
  Column column;
  std::string shown;  ///< format of the language; empty: General
};

/// What the rows of one worksheet share. Outlives them.
struct RowContext {
  RowContext(StyleBook& book, const SharedStrings& shared_strings, bool is_1904, std::string name_prefix)
      : styles(book), strings(shared_strings), date1904(is_1904), prefix(std::move(name_prefix)) {}
  StyleBook& styles;
  const SharedStrings& strings;
  bool date1904 = false;
  std::string prefix, title;
  std::vector<ColumnRange> columns;  ///< their styles
  std::vector<Place> lost_formulas;  ///< cells that had a formula and have none now
  std::uint64_t written = 0;         ///< cells
  bool values_changed = false;
};

class RowEdit {
 public:
  explicit RowEdit(RowContext& context) : context_(context) {}
  /// The scanner stays where it is until the row is finished; cells are cut as far as they are asked for.
  Status begin(SheetScanner& scanner);
  void begin_new(std::uint32_t number);
  [[nodiscard]] std::uint32_t number() const { return number_; }

  /// Valid until the next call for another cell.
  const RawCell& raw(std::uint32_t column);
  /// A cell could not be cut; what was read or written since begin() counts for nothing.
  [[nodiscard]] const Status& health() const { return health_; }
  [[nodiscard]] bool has_content(std::uint32_t column);
  /// The cell as Target::scan gives it.
  Result<Cell> cell(const ColumnSpot& at);
  Status value(std::uint32_t column, const Column& read_as, Value& into);
  /// ZM0436: inside of an array formula or data table; ZM0325: more than a cell holds.
  Status put(const ColumnSpot& at, const Cell& cell);
  /// A text, in the style of the cell or of its neighbour on the left.
  Status put_text(std::uint32_t column, const std::string& text);
  /// Another number format, value and formula untouched. Nothing where no cell is.
  Status set_format(const ColumnSpot& at, const std::string& format);
  /// The cell goes, style and all.
  Status erase(std::uint32_t column);
  /// The whole row goes.
  Status erase_row();

  /// Put for a type that the column has only later in the batch.
  [[nodiscard]] bool is_ahead(std::uint32_t column);
  void set_ahead(std::uint32_t column, bool ahead);

  /// Cells written so far, of all rows.
  [[nodiscard]] std::uint64_t written() const { return context_.written; }
  void count(std::uint64_t written) { context_.written = written; }

  /// Appends the bytes of the row.
  void finish(std::string& into);

 private:
  struct Mine {
    std::uint32_t column = 0;
    bool stored = false;  ///< it is in the file
    CellSpan span;
    bool read = false, changed = false, gone = false, ahead = false, formatted = false;
    RawCell raw;
    std::string xml;
  };
  struct Group {
    Place at;
    std::string text;
    bool orphaned = false;
  };
  void reset();
  void look_at_formulas();
  /// Cuts until `column` is reached, or all.
  void cut(std::uint32_t column);
  void cut_all() { cut(UINT32_MAX); }
  Mine* find(std::uint32_t column);
  Mine& make(std::uint32_t column);
  void read(Mine& mine);
  void read_formula(Mine& mine);
  [[nodiscard]] std::uint32_t base_style(std::uint32_t column);
  Status check_free(std::uint32_t column, const Mine& mine) const;
  void lose_formula(Mine& mine);
  std::string cell_xml(std::uint32_t column, std::uint32_t style, std::string_view type, const std::string& formula,
                       const std::string& inside) const;
  void finish_tag(std::string& into);
  void finish_cell(Mine& mine, std::string& into);
  [[nodiscard]] std::string_view bytes(std::uint32_t from, std::uint32_t to) const {
    return row_.substr(from, to - from);
  }

  RowContext& context_;
  std::string_view row_;  // of the scanner
  std::size_t tag_end_ = 0, close_ = 0;
  bool closes_itself_ = false, is_new_ = false, gone_ = false, changed_ = false;
  std::uint32_t number_ = 0;
  SheetScanner* scanner_ = nullptr;
  std::vector<Mine> cells_;  // ascending; of the file the first cut_, and all when whole_
  std::size_t cut_ = 0;
  bool whole_ = true;
  std::uint32_t last_ = 0;  // column of the last cell in the file, where not whole_
  Status health_ = ok();
  std::unordered_map<std::string, Group> groups_;
  std::vector<Region> arrays_;
  bool any_orphan_ = false;
};

}  // namespace zmig::xlsx
