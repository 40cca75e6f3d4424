#include "targets/xlsx/sheet_rows.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zmig/cells.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {

bool is_data_row(RowEdit& row, std::span<const ColumnSpot> counting) {
  Cell cell;
  return std::any_of(counting.begin(), counting.end(), [&](const ColumnSpot& at) {
    const RawCell& raw = row.raw(at.index);
    if (raw.has_formula || raw.value.empty()) return false;
    if (raw.kind == CellKind::number) return true;
    if (!row.value(at.index, at.column, cell.value)) return false;
    return counts_as_data(cell, at.column);
  });
}

namespace {

std::string place_of(const std::string& title, std::uint32_t column, std::uint32_t row) {
  return fmt::format("{}!{}", title, to_text(Place{column, row}));
}

class FillStage final : public RowStage {
 public:
  FillStage(RowRange range, ColumnSpot at, Value value, std::vector<ColumnSpot> counting)
      : range_(range), at_(std::move(at)), value_(std::move(value)), counting_(std::move(counting)) {}
  Status take(RowEdit& row) override {
    if (!range_.contains(row.number()) || row.has_content(at_.index) || !is_data_row(row, counting_)) return ok();
    ZMIG_TRY(Cell cell, row.cell(at_));
    cell.value = value_;
    return row.put(at_, cell);
  }

 private:
  RowRange range_;
  ColumnSpot at_;
  Value value_;
  std::vector<ColumnSpot> counting_;
};

template <class Placed>
std::vector<std::uint32_t> rows_of(const std::vector<Placed>& placed) {
  std::vector<std::uint32_t> all;
  all.reserve(placed.size());
  for (const Placed& one : placed) all.push_back(one.row);
  return all;
}

/// WriteCells, RestoreCells and the edits of Retype.
class EditStage : public RowStage {
 public:
  EditStage(RowRange range, std::string title, ColumnSpot now, ColumnSpot then, std::vector<PlacedEdit> edits)
      : range_(range),
        title_(std::move(title)),
        now_(std::move(now)),
        then_(std::move(then)),
        edits_(std::move(edits)) {
    std::stable_sort(edits_.begin(), edits_.end(),
                     [](const PlacedEdit& a, const PlacedEdit& b) { return a.row < b.row; });
  }
  [[nodiscard]] std::vector<std::uint32_t> rows() const override { return rows_of(edits_); }
  [[nodiscard]] bool is_confined(std::uint32_t) const override { return true; }

 protected:
  std::span<const PlacedEdit> edits_of(std::uint32_t row) {
    while (at_ < edits_.size() && edits_[at_].row < row) ++at_;
    const std::size_t begin = at_;
    while (at_ < edits_.size() && edits_[at_].row == row) ++at_;
    return std::span(edits_).subspan(begin, at_ - begin);
  }
  Result<Cell> now_in(RowEdit& row) { return row.cell(row.is_ahead(now_.index) ? then_ : now_); }
  Status write(RowEdit& row, const source::Edit& edit) {
    ZMIG_TRY(const Cell now, now_in(row));
    Verdict verdict = judge(now, edit.expected, edit.write);
    if (verdict == Verdict::conflict) {
      // A way back restores cells in front of the change of type under which they read as what they were.
      ZMIG_TRY(const Cell later, row.cell(then_));
      verdict = judge(later, edit.expected, edit.write);
    }
    if (verdict == Verdict::conflict)
      return stale_cell(place_of(title_, then_.index, row.number()), edit.expected, now);
    return verdict == Verdict::settled ? ok() : row.put(then_, edit.write);
  }

  RowRange range_;
  std::string title_;
  ColumnSpot now_, then_;
  std::vector<PlacedEdit> edits_;
  std::size_t at_ = 0;
};

class WriteStage final : public EditStage {
 public:
  using EditStage::EditStage;
  Status take(RowEdit& row) override {
    for (const PlacedEdit& one : edits_of(row.number())) ZMIG_CHECK_OK(write(row, *one.edit));
    return ok();
  }
};

class RestoreStage final : public EditStage {
 public:
  RestoreStage(RowRange range, std::string title, const ColumnSpot& now, const ColumnSpot& then, change::Restore what,
               std::vector<PlacedEdit> edits)
      : EditStage(range, std::move(title), now, then, std::move(edits)),
        what_(what),
        ahead_(now.column.type != then.column.type || now.shown != then.shown) {}
  Status take(RowEdit& row) override {
    for (const PlacedEdit& one : edits_of(row.number())) {
      ZMIG_TRY(const Cell now, now_in(row));
      if (judge(now, *one.edit, what_) != Verdict::write) continue;
      ZMIG_CHECK_OK(row.put(then_, restored(now, one.edit->write, what_)));
      row.set_ahead(then_.index, ahead_);
    }
    return ok();
  }

 private:
  change::Restore what_;
  bool ahead_;
};

class RetypeStage final : public EditStage {
 public:
  using EditStage::EditStage;
  [[nodiscard]] bool is_confined(std::uint32_t) const override { return false; }
  Status take(RowEdit& row) override {
    const auto mine = edits_of(row.number());
    for (const PlacedEdit& one : mine) ZMIG_CHECK_OK(write(row, *one.edit));
    // What settled edits find there may read as something else under the new type.
    for (const PlacedEdit& one : mine) {
      ZMIG_TRY(const Cell cell, row.cell(then_));
      if (cell.value != one.edit->write.value) ZMIG_CHECK_OK(row.put(then_, one.edit->write));
    }
    if (mine.empty() && range_.contains(row.number()) && !row.is_ahead(then_.index)) ZMIG_CHECK_OK(reread(row));
    row.set_ahead(then_.index, false);
    return ok();
  }

 private:
  Status reread(RowEdit& row) {
    if (!row.has_content(then_.index)) return ok();
    ZMIG_TRY(Cell now, row.cell(now_));
    const Column& column = then_.column;
    const Evaluated read = read_as(now.value, column.type, column.format.value_or(implied_format(column.type)), false);
    const auto* value = std::get_if<Value>(&read);
    if (value == nullptr) {
      return make_error(
          Errc::conflict, "ZM0315",
          fmt::format("{} does not read as {}", quoted(zmig::to_text(now.value)), zmig::to_string(column.type)), {},
          place_of(title_, then_.index, row.number()));
    }
    ZMIG_TRY(const Cell then, row.cell(then_));
    if (then.value == *value) return ok();  // the bytes stay
    return row.put(then_, Cell{*value, now.formula, {}});
  }
};

class FormatStage final : public RowStage {
 public:
  FormatStage(RowRange range, ColumnSpot old, std::string format, std::vector<ColumnSpot> counting)
      : range_(range), old_(std::move(old)), format_(std::move(format)), counting_(std::move(counting)) {}
  Status take(RowEdit& row) override {
    if (!range_.contains(row.number())) return ok();
    ZMIG_TRY(const Cell now, row.cell(old_));
    if (!now.format.empty() && !is_data_row(row, counting_)) return ok();
    return row.set_format(old_, format_);
  }

 private:
  RowRange range_;
  ColumnSpot old_;
  std::string format_;
  std::vector<ColumnSpot> counting_;
};

class HeaderStage final : public RowStage {
 public:
  HeaderStage(std::uint32_t row, std::uint32_t column, std::string text, std::string title)
      : row_(row), column_(column), text_(std::move(text)), title_(std::move(title)) {}
  Status take(RowEdit& row) override {
    if (row.number() != row_) return ok();
    if (!row.raw(column_).has_formula) return row.put_text(column_, text_);
    return make_error(Errc::conflict, "ZM0432", "the header cell holds a formula", "write the header as a text first",
                      place_of(title_, column_, row_));
  }
  [[nodiscard]] std::vector<std::uint32_t> rows() const override { return {row_}; }
  [[nodiscard]] bool is_confined(std::uint32_t) const override { return true; }

 private:
  std::uint32_t row_, column_;
  std::string text_, title_;
};

class FreeStage final : public RowStage {
 public:
  FreeStage(std::uint32_t column, std::string title) : column_(column), title_(std::move(title)) {}
  Status take(RowEdit& row) override {
    if (!row.has_content(column_)) return ok();
    return make_error(Errc::conflict, "ZM1808", "the place of the new column is not free",
                      "move what stands there, or choose another place", place_of(title_, column_, row.number()));
  }
  [[nodiscard]] bool is_confined(std::uint32_t width) const override { return column_ >= width; }

 private:
  std::uint32_t column_;
  std::string title_;
};

class EraseColumnStage final : public RowStage {
 public:
  explicit EraseColumnStage(std::uint32_t column) : column_(column) {}
  Status take(RowEdit& row) override { return row.erase(column_); }
  [[nodiscard]] bool is_confined(std::uint32_t width) const override { return column_ >= width; }

 private:
  std::uint32_t column_;
};

class EraseRowsStage final : public RowStage {
 public:
  EraseRowsStage(std::string title, std::vector<ColumnSpot> columns, std::vector<PlacedRow> rows)
      : title_(std::move(title)), columns_(std::move(columns)), rows_(std::move(rows)) {
    std::stable_sort(rows_.begin(), rows_.end(), [](const PlacedRow& a, const PlacedRow& b) { return a.row < b.row; });
  }
  Status take(RowEdit& row) override {
    while (at_ < rows_.size() && rows_[at_].row < row.number()) ++at_;
    if (at_ == rows_.size() || rows_[at_].row != row.number()) return ok();
    const source::Row& wanted = *rows_[at_].from;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      ZMIG_TRY(const Cell now, row.cell(columns_[i]));
      if (now != wanted.cells[i])
        return stale_cell(place_of(title_, columns_[i].index, row.number()), wanted.cells[i], now);
    }
    return row.erase_row();
  }
  [[nodiscard]] std::vector<std::uint32_t> rows() const override { return rows_of(rows_); }
  [[nodiscard]] bool is_confined(std::uint32_t) const override { return true; }

 private:
  std::string title_;
  std::vector<ColumnSpot> columns_;
  std::vector<PlacedRow> rows_;
  std::size_t at_ = 0;
};

class PutRowsStage final : public RowStage {
 public:
  PutRowsStage(std::vector<ColumnSpot> columns, std::vector<PlacedRow> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}
  Status take(RowEdit& row) override {
    while (at_ < rows_.size() && rows_[at_].row < row.number()) ++at_;
    if (at_ == rows_.size() || rows_[at_].row != row.number()) return ok();
    const source::Row& from = *rows_[at_].from;
    const std::uint64_t written = row.written();
    for (std::size_t i = 0; i < columns_.size() && i < from.cells.size(); ++i) {
      const Cell& cell = from.cells[i];
      if (is_blank(cell.value) && cell.formula.empty() && cell.format.empty()) continue;
      ZMIG_CHECK_OK(row.put(columns_[i], cell));
    }
    row.count(written);  // a row is counted as one
    return ok();
  }
  [[nodiscard]] std::vector<std::uint32_t> rows() const override { return rows_of(rows_); }
  [[nodiscard]] bool is_confined(std::uint32_t) const override { return true; }

 private:
  std::vector<ColumnSpot> columns_;
  std::vector<PlacedRow> rows_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<RowStage> fill_stage(RowRange range, ColumnSpot at, Value value, std::vector<ColumnSpot> counting) {
  return std::make_unique<FillStage>(range, std::move(at), std::move(value), std::move(counting));
}
std::unique_ptr<RowStage> write_stage(RowRange range, const std::string& title, const ColumnSpot& at,
                                      std::vector<PlacedEdit> edits) {
  return std::make_unique<WriteStage>(range, title, at, at, std::move(edits));
}
std::unique_ptr<RowStage> restore_stage(RowRange range, const std::string& title, const ColumnSpot& now,
                                        const ColumnSpot& then, change::Restore what, std::vector<PlacedEdit> edits) {
  return std::make_unique<RestoreStage>(range, title, now, then, what, std::move(edits));
}
std::unique_ptr<RowStage> retype_stage(RowRange range, const std::string& title, const ColumnSpot& old,
                                       const ColumnSpot& at, std::vector<PlacedEdit> edits) {
  return std::make_unique<RetypeStage>(range, title, old, at, std::move(edits));
}
std::unique_ptr<RowStage> format_stage(RowRange range, const ColumnSpot& old, std::string format,
                                       std::vector<ColumnSpot> counting) {
  return std::make_unique<FormatStage>(range, old, std::move(format), std::move(counting));
}
std::unique_ptr<RowStage> header_stage(std::uint32_t row, std::uint32_t column, std::string text,
                                       const std::string& title) {
  return std::make_unique<HeaderStage>(row, column, std::move(text), title);
}
std::unique_ptr<RowStage> free_stage(std::uint32_t column, const std::string& title) {
  return std::make_unique<FreeStage>(column, title);
}
std::unique_ptr<RowStage> erase_column_stage(std::uint32_t column) {
  return std::make_unique<EraseColumnStage>(column);
}
std::unique_ptr<RowStage> erase_rows_stage(const std::string& title, std::vector<ColumnSpot> columns,
                                           std::vector<PlacedRow> rows) {
  return std::make_unique<EraseRowsStage>(title, std::move(columns), std::move(rows));
}
std::unique_ptr<RowStage> put_rows_stage(std::vector<ColumnSpot> columns, std::vector<PlacedRow> rows) {
  return std::make_unique<PutRowsStage>(std::move(columns), std::move(rows));
}

Result<SheetFrame> read_frame(XmlReader::Source source, const std::string& part, const std::string& file,
                              SheetMap* map) {
  constexpr std::uint64_t kMarksApart = std::uint64_t{1} << 20;
  SheetScanner scanner(std::move(source), part, file);
  SheetFrame frame;
  ZMIG_TRY(frame.bytes, scanner.head());
  frame.prefix = scanner.prefix();
  if (map != nullptr) {
    map->head = frame.bytes;
    map->marks.push_back({0, frame.bytes.size()});
  }
  for (std::uint32_t before = 0;;) {
    ZMIG_TRY(const bool more, scanner.next_row());
    if (!more) break;
    if (map == nullptr) continue;
    auto last = scanner.last_column();
    if (!last) {
      ZMIG_CHECK_OK(scanner.cut_all());
      if (!scanner.cells().empty()) last = scanner.cells().back().column;
    }
    if (last) map->width = std::max(map->width, *last + 1);
    if (map->wide_row == 0 && scanner.has_wide_formulas()) map->wide_row = scanner.number();
    if (scanner.text_at_row() >= map->marks.back().text + kMarksApart)
      map->marks.push_back({before, scanner.text_at_row()});
    before = scanner.number();
  }
  if (map != nullptr) map->tail_at = scanner.text_at_row();
  ZMIG_TRY(std::string tail, scanner.tail());
  frame.bytes += tail;
  if (map != nullptr) map->tail = std::move(tail);
  return frame;
}

namespace {

/// The rows that stages write to, in order.
std::vector<std::uint32_t> rows_of_all(std::span<const std::unique_ptr<RowStage>> stages) {
  std::vector<std::uint32_t> wanted;
  for (const auto& stage : stages) {
    const std::vector<std::uint32_t> rows = stage->rows();
    wanted.insert(wanted.end(), rows.begin(), rows.end());
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

/// Finds rows of a mapped sheet, in ascending order.
class RowFinder {
 public:
  RowFinder(const SheetMap& map, std::string_view packed, std::string part, std::string file, std::string prefix)
      : map_(map), packed_(packed), part_(std::move(part)), file_(std::move(file)), prefix_(std::move(prefix)) {}
  /// Stands at the row afterwards, or where it would be; false then.
  Result<bool> find(std::uint32_t row) {
    const auto behind =
        std::upper_bound(map_.marks.begin(), map_.marks.end(), row,
                         [](std::uint32_t wanted, const SheetMap::Mark& one) { return wanted <= one.row; });
    const SheetMap::Mark& mark = *(behind - 1);
    if (!scanner_ || scanner_->text_at_row() < mark.text) {
      auto reading = std::make_shared<BlockMap::Reading>(map_.blocks->read_from(mark.text));
      scanner_.emplace(
          [reading, packed = packed_](std::string& into) { return Result<bool>(reading->more(packed, into)); }, part_,
          file_);
      scanner_->begin_behind(prefix_, mark.row, mark.text);
      there_ = true;
      ZMIG_TRY(there_, scanner_->next_row());
    }
    while (there_ && scanner_->number() < row) { ZMIG_TRY(there_, scanner_->next_row()); }
    return there_ && scanner_->number() == row;
  }
  SheetScanner& scanner() { return *scanner_; }

 private:
  const SheetMap& map_;  // of the caller
  std::string_view packed_;
  std::string part_, file_, prefix_;
  std::optional<SheetScanner> scanner_;
  bool there_ = false;
};

}  // namespace

bool are_confined(const SheetMap& map, std::span<const std::unique_ptr<RowStage>> stages) {
  constexpr std::size_t kMostRows = 64;
  if (!map.blocks || !map.blocks->is_whole()) return false;
  if (!std::all_of(stages.begin(), stages.end(), [&](const auto& one) { return one->is_confined(map.width); }))
    return false;
  const std::vector<std::uint32_t> wanted = rows_of_all(stages);
  return wanted.size() <= kMostRows && (map.wide_row == 0 || wanted.empty() || wanted.back() < map.wide_row);
}

Result<std::optional<std::vector<TextEdit>>> confined_edits(const std::string& sheet, const SheetMap& map,
                                                            std::string_view packed, const std::string& part,
                                                            const std::string& file, RowContext& context,
                                                            std::span<const std::unique_ptr<RowStage>> stages) {
  ZMIG_TRY(const XmlTree frame, XmlTree::read(sheet, part, file));
  const auto data = frame.child(0, "sheetData");
  if (!data || frame.node(*data).closes_itself) return std::optional<std::vector<TextEdit>>();
  const std::vector<std::uint32_t> wanted = rows_of_all(stages);
  const XmlNode& node = frame.node(*data);
  std::vector<TextEdit> edits;
  if (std::string head = sheet.substr(0, node.tag_end); head != map.head)
    edits.push_back({0, map.head.size(), std::move(head)});
  RowFinder finder(map, packed, part, file, context.prefix);
  RowEdit row(context);
  for (const std::uint32_t number : wanted) {
    ZMIG_TRY(const bool there, finder.find(number));
    SheetScanner& scanner = finder.scanner();
    TextEdit edit{scanner.text_at_gap(), scanner.text_at_gap(), {}};
    if (there) {
      edit = {scanner.text_at_row(), scanner.text_at_row() + scanner.row().size(), {}};
      ZMIG_CHECK_OK(row.begin(scanner));
    } else {
      row.begin_new(number);
    }
    for (const auto& stage : stages) ZMIG_CHECK_OK(stage->take(row));
    row.finish(edit.bytes);
    ZMIG_CHECK_OK(row.health());
    if (there ? edit.bytes != scanner.row() : !edit.bytes.empty()) edits.push_back(std::move(edit));
  }
  if (std::string tail = sheet.substr(node.close); tail != map.tail)
    edits.push_back({map.tail_at, map.blocks->end().text, std::move(tail)});
  return std::optional(std::move(edits));
}

Status rewrite_sheet(const std::string& sheet, XmlReader::Source source, const std::string& part,
                     const std::string& file, RowContext& context, std::span<const std::unique_ptr<RowStage>> stages,
                     const std::function<Status(std::string_view)>& put) {
  constexpr std::size_t kFull = std::size_t{256} << 10;
  ZMIG_TRY(const XmlTree frame, XmlTree::read(sheet, part, file));
  const auto data = frame.child(0, "sheetData");
  if (!data) return make_error(Errc::corrupt, "ZM0426", fmt::format("part {} holds no rows", quoted(part)), {}, file);
  const XmlNode& node = frame.node(*data);
  SheetScanner scanner(std::move(source), part, file);
  ZMIG_TRY([[maybe_unused]] const std::string head, scanner.head());
  const std::vector<std::uint32_t> wanted = rows_of_all(stages);
  std::string out = sheet.substr(0, node.closes_itself ? node.tag_end - 2 : node.tag_end);
  if (node.closes_itself) out += '>';
  RowEdit row(context);
  const auto pass = [&]() -> Status {
    for (const auto& stage : stages) ZMIG_CHECK_OK(stage->take(row));
    row.finish(out);
    if (!row.health()) return row.health();
    if (out.size() < kFull) return ok();
    Status done = put(out);
    out.clear();
    return done;
  };
  std::size_t next = 0;
  for (;;) {
    ZMIG_TRY(const bool more, scanner.next_row());
    for (; next < wanted.size() && (!more || wanted[next] < scanner.number()); ++next) {
      row.begin_new(wanted[next]);
      ZMIG_CHECK_OK(pass());
    }
    out += scanner.gap();
    if (!more) break;
    if (next < wanted.size() && wanted[next] == scanner.number()) ++next;
    ZMIG_CHECK_OK(row.begin(scanner));
    ZMIG_CHECK_OK(pass());
  }
  if (node.closes_itself) out += fmt::format("</{}sheetData>", node.prefix);
  out.append(sheet, node.closes_itself ? node.tag_end : node.close, std::string::npos);
  return put(out);
}

}  // namespace zmig::xlsx
