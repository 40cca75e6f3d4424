#pragma once
// The way of the rows of a worksheet through the changes of a batch: every row passes all stages once, in their order.
// Nothing is kept but the row at hand. Not installed.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/change.h>
#include <zmig/schema.h>

#include "targets/xlsx/row_edit.h"
#include "targets/xlsx/splice.h"

namespace zmig::xlsx {

class RowStage {
 public:
  virtual ~RowStage() = default;
  virtual Status take(RowEdit& row) = 0;
  /// Rows that it writes to even where the file has none; ascending.
  [[nodiscard]] virtual std::vector<std::uint32_t> rows() const { return {}; }
  /// Rows besides those mean nothing to it, on a sheet in which no cell stands in column `width` or right of it.
  [[nodiscard]] virtual bool is_confined(std::uint32_t width) const {
    static_cast<void>(width);
    return false;
  }
};

/// The rows that a stage of data is about: below the header, down to the last that holds something.
struct RowRange {
  std::uint32_t first = 2, last = 0;
  [[nodiscard]] bool contains(std::uint32_t row) const { return row >= first && row <= last; }
};
/// An edit at the row where it stands now.
struct PlacedEdit {
  std::uint32_t row = 0;
  const source::Edit* edit = nullptr;
};

std::unique_ptr<RowStage> fill_stage(RowRange range, ColumnSpot at, Value value, std::vector<ColumnSpot> counting);
std::unique_ptr<RowStage> write_stage(RowRange range, const std::string& title, const ColumnSpot& at,
                                      std::vector<PlacedEdit> edits);
/// `then`: how the cells read behind the next change of type of the part; without one as `now`.
std::unique_ptr<RowStage> restore_stage(RowRange range, const std::string& title, const ColumnSpot& now,
                                        const ColumnSpot& then, change::Restore what, std::vector<PlacedEdit> edits);
std::unique_ptr<RowStage> retype_stage(RowRange range, const std::string& title, const ColumnSpot& old,
                                       const ColumnSpot& at, std::vector<PlacedEdit> edits);
/// Cells of data rows, and those that looked as the column did, get the new format.
std::unique_ptr<RowStage> format_stage(RowRange range, const ColumnSpot& old, std::string format,
                                       std::vector<ColumnSpot> counting);
std::unique_ptr<RowStage> header_stage(std::uint32_t row, std::uint32_t column, std::string text,
                                       const std::string& title = {});
/// ZM0436, ZM1808: the column is not free.
std::unique_ptr<RowStage> free_stage(std::uint32_t column, const std::string& title);
std::unique_ptr<RowStage> erase_column_stage(std::uint32_t column);
/// `cells`: what each row must still hold, in the order of `columns`.
struct PlacedRow {
  std::uint32_t row = 0;
  const source::Row* from = nullptr;
};
std::unique_ptr<RowStage> erase_rows_stage(const std::string& title, std::vector<ColumnSpot> columns,
                                           std::vector<PlacedRow> rows);
std::unique_ptr<RowStage> put_rows_stage(std::vector<ColumnSpot> columns, std::vector<PlacedRow> rows);

/// Whether the row is a data row (language.md 4.4).
bool is_data_row(RowEdit& row, std::span<const ColumnSpot> counting);

/// A worksheet rewritten: `sheet` is what stands around its rows, in the new wording.
Status rewrite_sheet(const std::string& sheet, XmlReader::Source source, const std::string& part,
                     const std::string& file, RowContext& context, std::span<const std::unique_ptr<RowStage>> stages,
                     const std::function<Status(std::string_view)>& put);

/// What was seen of a large worksheet while its frame was read: enough to change some rows without the others.
struct SheetMap {
  struct Mark {
    std::uint32_t row = 0;   ///< the one in front
    std::uint64_t text = 0;  ///< where what follows begins
  };
  std::optional<BlockMap> blocks;
  std::string head, tail;  ///< what stands around the rows
  std::uint64_t tail_at = 0;
  std::uint32_t width = 0;     ///< one more than the column of the last cell of any row
  std::uint32_t wide_row = 0;  ///< the first with a formula that may be about other rows; 0: there is none
  std::vector<Mark> marks;
};

/// What stands around the rows.
struct SheetFrame {
  std::string bytes, prefix;
};
Result<SheetFrame> read_frame(XmlReader::Source source, const std::string& part, const std::string& file,
                              SheetMap* map = nullptr);

/// They are about few rows, and what those need is known.
bool are_confined(const SheetMap& map, std::span<const std::unique_ptr<RowStage>> stages);

/// Stages that are confined: what becomes of the text. None, and no stage was passed, where the frame does not permit
/// it. `packed` is the sheet as the archive holds it.
Result<std::optional<std::vector<TextEdit>>> confined_edits(const std::string& sheet, const SheetMap& map,
                                                            std::string_view packed, const std::string& part,
                                                            const std::string& file, RowContext& context,
                                                            std::span<const std::unique_ptr<RowStage>> stages);

}  // namespace zmig::xlsx
