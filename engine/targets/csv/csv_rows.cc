// Above 600 lines: the stages of a record share the helpers on top of them (fields, edits found by row, rows that
// wait).
#include "targets/csv/csv_rows.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"

namespace zmig::csv {

void Row::begin(const Record* record, std::int64_t handle, bool all_quoted) {
  for (const std::size_t slot : changed_) slots_[slot].set = false;
  changed_.clear();
  if (slots_.size() < facts_.slots) slots_.resize(facts_.slots);  // columns that came after the stage of this row
  record_ = record;
  handle_ = handle;
  all_quoted_ = all_quoted;
}

std::string_view Row::text(std::size_t slot) {
  Slot& mine = slots_[slot];
  if (mine.set) return unquoted(mine.raw, mine.scratch);
  if (record_ == nullptr || slot >= facts_.sources || record_->raw().empty()) return {};
  const std::vector<Field>& fields = record_->fields();
  return slot < fields.size() ? fields[slot].text : std::string_view();
}

std::string_view Row::raw(std::size_t slot) const {
  if (slots_[slot].set) return slots_[slot].raw;
  if (record_ == nullptr || slot >= facts_.sources || record_->raw().empty()) return {};
  const std::vector<Field>& fields = record_->fields();
  return slot < fields.size() ? fields[slot].raw : std::string_view();
}

void Row::put(std::size_t slot, std::string raw, bool ahead) {
  if (!slots_[slot].set) changed_.push_back(slot);
  slots_[slot].set = true;
  slots_[slot].ahead = ahead;
  slots_[slot].raw = std::move(raw);
}

namespace {

bool needs_quotes(std::string_view text, char delimiter) {
  return field_of(text, delimiter, false).size() != text.size();
}

/// The file can hold it: its encoding, its ends of records.
Status check_field(const SheetFacts& facts, const std::string& raw, const std::string& place) {
  if (!facts.dialect.has_line_feed && raw.find('\n') != std::string::npos) {
    return make_error(Errc::conflict, "ZM0462",
                      "a text with a line feed cannot be written into a file whose records end with CR alone",
                      "save the file with other line ends first", place);
  }
  if (facts.dialect.encoding != Encoding::windows_1252) return ok();
  std::string bytes;
  Status encoded = encode_text(raw, facts.dialect.encoding, bytes);
  if (!encoded) encoded.error().place = place;
  return encoded;
}

Status no_place_for(const Cell& cell, const std::string& place) {
  if (cell.formula.empty() && cell.format.empty()) return ok();
  return make_error(Errc::unsupported, "ZM0325",
                    fmt::format("a csv target holds no {} of a cell", cell.formula.empty() ? "format" : "formula"), {},
                    place);
}

/// The field that a cell becomes: as it was stored where that still says the value.
Result<std::string> field_for(const SheetFacts& facts, const Codec& codec, const Cell& cell, bool all_quoted,
                              const std::string& place) {
  ZMIG_CHECK_OK(no_place_for(cell, place));
  std::string scratch;
  const Spelled word = spelled_in(cell.stored);
  if (word.any && is_one_field(word.raw, facts.dialect.delimiter) &&
      codec.decode(unquoted(word.raw, scratch)) == cell.value) {
    std::string raw(word.raw);
    if (check_field(facts, raw, place)) return raw;
  }
  ZMIG_TRY(const std::string text, codec.encode(cell.value, place));
  const bool all = cell.stored == kStoredAsUsual ? facts.all_quoted : all_quoted;
  std::string raw = field_of(text, facts.dialect.delimiter, all);
  ZMIG_CHECK_OK(check_field(facts, raw, place));
  return raw;
}

Status check_introduced(const SheetFacts& facts, const Value& value, const std::string& place) {
  const auto* text = std::get_if<Text>(&value);
  if (text == nullptr || facts.allow_formulas || !runs_as_formula(text->utf8)) return ok();
  return would_run(text->utf8, place);
}

/// Which rows are data rows (language.md 4.4). Most are told by their first byte.
class DataRows {
 public:
  explicit DataRows(std::vector<ColumnAt> columns) : columns_(std::move(columns)) {
    first_ = std::any_of(columns_.begin(), columns_.end(), [](const ColumnAt& at) {
      return at.slot == 0 && at.column.allowed.kind != Allowed::Kind::checkbox;
    });
  }
  [[nodiscard]] bool contains(Row& row, char delimiter) {
    const Record* record = row.record();
    if (first_ && record != nullptr && record->is_simple() && !record->raw().empty() && !row.is_set(0)) {
      const char c = record->raw().front();
      if (c > ' ' && c < 0x7F && c != delimiter) return true;
    }
    return std::any_of(columns_.begin(), columns_.end(), [&](const ColumnAt& at) {
      const std::string_view text = row.text(at.slot);
      if (text.empty()) return false;
      const bool plain = text.front() > ' ' && text.front() < 0x7F;
      if (plain && at.column.allowed.kind != Allowed::Kind::checkbox) return true;
      at.codec.decode(text, cell_.value);
      return counts_as_data(cell_, at.column);
    });
  }

 private:
  std::vector<ColumnAt> columns_;
  bool first_ = false;
  Cell cell_;
};

/// The rows of a run as they come by. A row is told by its handle, one without a handle by its number; runs that are in
/// the order of the sheet, which is the rule, need no table.
template <class Item>
class ByRow {
 public:
  explicit ByRow(std::span<const Item> items) : items_(items), seen_(items.size(), false) {
    for (std::size_t i = 0; i < items.size() && ordered_; ++i)
      ordered_ = items[i].row.handle > (i == 0 ? 0 : items[i - 1].row.handle);
    if (ordered_) return;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const RowRef& row = items[i].row;
      (row.handle != 0 ? handles_ : numbers_).emplace(key_of(row), i);
    }
  }

  /// The items of this row, in the order of the run.
  const std::vector<std::size_t>& find(std::uint64_t number, std::int64_t handle) {
    found_.clear();
    if (ordered_) {
      if (handle == 0) return found_;
      while (at_ < items_.size() && items_[at_].row.handle < handle) ++at_;
      if (at_ < items_.size() && items_[at_].row.handle == handle) found_.push_back(at_++);
    } else {
      collect(numbers_, number);
      if (handle != 0) collect(handles_, static_cast<std::uint64_t>(handle));
      std::sort(found_.begin(), found_.end());
    }
    for (const std::size_t i : found_) seen_[i] = true;
    return found_;
  }
  const Item& operator[](std::size_t i) const { return items_[i]; }
  [[nodiscard]] std::span<const Item> all() const { return items_; }
  /// The first that never came by.
  [[nodiscard]] const Item* missing() const {
    const auto found = std::find(seen_.begin(), seen_.end(), false);
    return found == seen_.end() ? nullptr : &items_[static_cast<std::size_t>(found - seen_.begin())];
  }

 private:
  using Table = std::unordered_multimap<std::uint64_t, std::size_t>;
  static std::uint64_t key_of(const RowRef& row) {
    return row.handle != 0 ? static_cast<std::uint64_t>(row.handle) : row.number;
  }
  void collect(const Table& table, std::uint64_t key) {
    const auto [first, last] = table.equal_range(key);
    for (auto it = first; it != last; ++it) found_.push_back(it->second);
  }

  std::span<const Item> items_;
  std::vector<bool> seen_;
  std::vector<std::size_t> found_;
  Table handles_, numbers_;
  std::size_t at_ = 0;
  bool ordered_ = true;
};

class FillStage final : public Stage {
 public:
  FillStage(const SheetFacts& facts, const Sheet& sheet, ColumnAt at, Value value, std::vector<ColumnAt> counting)
      : facts_(facts), sheet_(sheet), at_(std::move(at)), value_(std::move(value)), data_(std::move(counting)) {}

  Status check() override {
    const std::string place = header_cell(sheet_, at_.column.id);
    ZMIG_CHECK_OK(check_introduced(facts_, value_, place));
    ZMIG_TRY(text_, at_.codec.encode(value_, place));
    return check_field(facts_, text_, place);
  }
  Status take(Row& row) override {
    if (row.text(at_.slot).empty() && data_.contains(row, facts_.read_delimiter)) {
      row.put(at_.slot, field_of(text_, facts_.dialect.delimiter, row.all_quoted()));
      ++facts_.report->cells_written;
    }
    return next_->take(row);
  }

 private:
  const SheetFacts& facts_;
  Sheet sheet_;
  ColumnAt at_;
  Value value_;
  DataRows data_;
  std::string text_;
};

/// WriteCells, RestoreCells and the edits of Retype.
class EditStage : public Stage {
 public:
  EditStage(const SheetFacts& facts, const Sheet& sheet, ColumnAt now, ColumnAt then, const source::Run& run)
      : facts_(facts),
        sheet_(sheet),
        now_(std::move(now)),
        then_(std::move(then)),
        edits_(run.edits),
        number_(sheet.header_row) {}

  Status check() override {
    for (const source::Edit& edit : edits_.all()) {
      const std::string place = place_of(edit.row.number);
      if (introduces() && edit.write.value != edit.expected.value)
        ZMIG_CHECK_OK(check_introduced(facts_, edit.write.value, place));
      ZMIG_TRY([[maybe_unused]] const std::string field, field_for(facts_, then_.codec, edit.write, false, place));
    }
    return ok();
  }

  Status end() override {
    if (const source::Edit* edit = edits_.missing(); edit != nullptr && !may_be_gone())
      return stale_row(place_of(edit->row.number), "the row of a cell to write is not there");
    return next_->end();
  }

 protected:
  [[nodiscard]] virtual bool introduces() const { return true; }
  [[nodiscard]] virtual bool may_be_gone() const { return false; }
  [[nodiscard]] std::string place_of(std::uint64_t number) const { return cell_place(sheet_, then_.column.id, number); }
  const Cell& now_in(Row& row) {
    (row.is_ahead(now_.slot) ? then_ : now_).codec.decode(row.text(now_.slot), cell_.value);
    return cell_;
  }
  Status put(Row& row, const Cell& write, bool ahead = false) {
    ZMIG_TRY(std::string raw, field_for(facts_, then_.codec, write, row.all_quoted(), place_of(number_)));
    row.put(then_.slot, std::move(raw), ahead);
    ++facts_.report->cells_written;
    return ok();
  }
  Status write(Row& row, const source::Edit& edit) {
    const Cell now = now_in(row);
    Verdict verdict = judge(now, edit.expected, edit.write);
    if (verdict == Verdict::conflict) {
      // A way back restores cells in front of the change of type under which they read as what they were.
      then_.codec.decode(row.text(then_.slot), cell_.value);
      verdict = judge(cell_, edit.expected, edit.write);
    }
    if (verdict == Verdict::conflict) return stale_cell(place_of(edit.row.number), edit.expected, now);
    return verdict == Verdict::settled ? ok() : put(row, edit.write);
  }

  const SheetFacts& facts_;
  Sheet sheet_;
  ColumnAt now_, then_;
  ByRow<source::Edit> edits_;
  std::uint64_t number_;
  Cell cell_;
};

class WriteStage final : public EditStage {
 public:
  using EditStage::EditStage;
  Status take(Row& row) override {
    ++number_;
    for (const std::size_t i : edits_.find(number_, row.handle())) ZMIG_CHECK_OK(write(row, edits_[i]));
    return next_->take(row);
  }
};

class RestoreStage final : public EditStage {
 public:
  RestoreStage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& now, const ColumnAt& then,
               change::Restore what, const source::Run& run)
      : EditStage(facts, sheet, now, then, run),
        what_(what),
        ahead_(now.column.type != then.column.type || now.column.format != then.column.format) {}

  Status take(Row& row) override {
    ++number_;
    for (const std::size_t i : edits_.find(number_, row.handle())) {
      const source::Edit& edit = edits_[i];
      Cell now = now_in(row);
      const std::string_view raw = row.raw(now_.slot);
      stored_word(facts_, now_.codec, Field{row.text(now_.slot), raw.starts_with('"'), raw}, now.value, now.stored);
      if (judge(now, edit, what_) != Verdict::write) continue;
      ZMIG_CHECK_OK(put(row, restored(now, edit.write, what_), ahead_));
    }
    return next_->take(row);
  }

 private:
  [[nodiscard]] bool introduces() const override { return false; }
  [[nodiscard]] bool may_be_gone() const override { return true; }
  change::Restore what_;
  bool ahead_;
};

class RetypeStage final : public EditStage {
 public:
  using EditStage::EditStage;
  Status take(Row& row) override {
    ++number_;
    const auto& mine = edits_.find(number_, row.handle());
    for (const std::size_t i : mine) ZMIG_CHECK_OK(write(row, edits_[i]));
    // The text of a settled edit may read as something else under the new type.
    for (const std::size_t i : mine) {
      if (then_.codec.decode(row.text(then_.slot)) == edits_[i].write.value) continue;
      ZMIG_TRY(std::string raw, field_for(facts_, then_.codec, edits_[i].write, row.all_quoted(), place_of(number_)));
      row.put(then_.slot, std::move(raw));
    }
    // What a way back restored is spelled for this type already, and would read as something else under the old one.
    if (mine.empty() && !row.is_ahead(then_.slot)) ZMIG_CHECK_OK(reread(row));
    row.catch_up(then_.slot);
    return next_->take(row);
  }

 private:
  Status reread(Row& row) {
    if (row.text(then_.slot).empty()) return ok();
    const Cell& now = now_in(row);
    const Column& column = then_.column;
    const Evaluated read = read_as(now.value, column.type, column.format.value_or(implied_format(column.type)), true);
    const auto* value = std::get_if<Value>(&read);
    if (value == nullptr) {
      return make_error(Errc::conflict, "ZM0315",
                        fmt::format("{} does not read as {}", quoted(to_text(now.value)), to_string(column.type)), {},
                        place_of(number_));
    }
    if (then_.codec.decode(row.text(then_.slot)) == *value) return ok();  // the bytes stay
    ZMIG_TRY(std::string raw,
             field_for(facts_, then_.codec, Cell{*value, {}, {}}, row.all_quoted(), place_of(number_)));
    row.put(then_.slot, std::move(raw));
    return ok();
  }
};

class RespellStage final : public EditStage {
 public:
  using EditStage::EditStage;
  Status check() override { return ok(); }
  Status take(Row& row) override {
    ++number_;
    const std::string_view text = row.text(now_.slot);
    if (!text.empty() && !row.is_ahead(now_.slot)) {
      const Cell now = now_in(row);
      if (!std::holds_alternative<Text>(now.value) && then_.codec.decode(text) != now.value) {
        ZMIG_TRY(std::string raw, field_for(facts_, then_.codec, now, row.all_quoted(), place_of(number_)));
        row.put(then_.slot, std::move(raw));
      }
    }
    return next_->take(row);
  }
};

/// A row that waits: its own copy of everything.
struct Kept {
  bool any = false, simple = true, all_quoted = false;
  std::string raw, ending;
  std::int64_t handle = 0;
  struct Put {
    std::size_t slot = 0;
    std::string raw;
    bool ahead = false;
  };
  std::vector<Put> fields;
};

class RowStage : public Stage {
 public:
  RowStage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
           std::span<const source::Row> rows)
      : facts_(facts), sheet_(sheet), columns_(std::move(columns)), rows_(rows), made_(facts) {}

  Status check() override {
    for (const source::Row& row : rows_) {
      for (std::size_t i = 0; i < columns_.size() && i < row.cells.size(); ++i) {
        const std::string place = cell_place(sheet_, columns_[i].column.id, row.row.number);
        // A row with a number comes back from a capture; one without is introduced.
        if (row.row.number == 0) ZMIG_CHECK_OK(check_introduced(facts_, row.cells[i].value, place));
        ZMIG_TRY([[maybe_unused]] const std::string field,
                 field_for(facts_, columns_[i].codec, row.cells[i], false, place));
      }
    }
    return ok();
  }

 protected:
  Status make(const source::Row& row) {
    made_.begin(nullptr, 0, facts_.all_quoted);
    for (std::size_t i = 0; i < columns_.size() && i < row.cells.size(); ++i) {
      const Cell& cell = row.cells[i];
      if (is_blank(cell.value) && cell.stored.empty()) continue;
      ZMIG_TRY(std::string raw, field_for(facts_, columns_[i].codec, cell, facts_.all_quoted,
                                          cell_place(sheet_, columns_[i].column.id, row.row.number)));
      made_.put(columns_[i].slot, std::move(raw));
    }
    ++facts_.report->rows_inserted;
    return next_->take(made_);
  }

  const SheetFacts& facts_;
  Sheet sheet_;
  std::vector<ColumnAt> columns_;
  std::span<const source::Row> rows_;
  Row made_;
};

class InsertStage final : public RowStage {
 public:
  InsertStage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
              std::span<const source::Row> rows)
      : RowStage(facts, sheet, std::move(columns), rows) {
    // Where each one stands in the end, if the sheet is long enough: the later ones push the earlier ones down.
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      std::uint64_t at = wanted(rows_[i]);
      for (std::size_t k = i + 1; k < rows_.size() && at != kEnd; ++k) {
        if (wanted(rows_[k]) <= at)
          ++at;
        else if (ascending_from(k))
          break;
      }
      places_.emplace_back(at, i);
    }
    std::sort(places_.begin(), places_.end());
  }

  Status take(Row& row) override {
    while (at_ < places_.size() && places_[at_].first <= position_) {
      ++position_;
      ZMIG_CHECK_OK(make(rows_[places_[at_++].second]));
    }
    ++position_;
    return next_->take(row);
  }

  /// What is left stands behind everything, each as near to its place as there are rows.
  Status end() override {
    std::vector<std::size_t> left, order;
    for (; at_ < places_.size(); ++at_) left.push_back(places_[at_].second);
    std::sort(left.begin(), left.end());
    for (const std::size_t i : left) {
      const std::uint64_t at = std::min<std::uint64_t>(order.size(), std::max(wanted(rows_[i]), position_) - position_);
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), i);
    }
    for (const std::size_t i : order) ZMIG_CHECK_OK(make(rows_[i]));
    return next_->end();
  }

 private:
  static constexpr std::uint64_t kEnd = std::uint64_t{1} << 62;
  [[nodiscard]] std::uint64_t wanted(const source::Row& row) const {
    return row.row.number > sheet_.header_row ? row.row.number - sheet_.header_row - 1 : kEnd;
  }
  /// Runs are in the order of the sheet: then nothing behind `k` is above it.
  bool ascending_from(std::size_t k) {
    if (!sorted_) {
      sorted_ = std::is_sorted(rows_.begin(), rows_.end(),
                               [this](const source::Row& a, const source::Row& b) { return wanted(a) < wanted(b); });
    }
    static_cast<void>(k);
    return *sorted_;
  }

  std::vector<std::pair<std::uint64_t, std::size_t>> places_;  // row below the header, index in the run
  std::optional<bool> sorted_;
  std::size_t at_ = 0;
  std::uint64_t position_ = 0;
};

class AppendStage final : public RowStage {
 public:
  AppendStage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
              std::span<const source::Row> rows, std::vector<ColumnAt> counting)
      : RowStage(facts, sheet, std::move(columns), rows), data_(std::move(counting)) {}

  Status take(Row& row) override {
    if (!data_.contains(row, facts_.read_delimiter)) {
      keep(row);
      return ok();
    }
    ZMIG_CHECK_OK(let_go());
    return next_->take(row);
  }
  Status end() override {
    for (const source::Row& row : rows_) ZMIG_CHECK_OK(make(row));
    ZMIG_CHECK_OK(let_go());
    return next_->end();
  }

 private:
  void keep(const Row& row) {
    Kept& kept = waiting_.emplace_back();
    kept.handle = row.handle();
    kept.all_quoted = row.all_quoted();
    if (const Record* record = row.record()) {
      kept.any = true;
      kept.simple = record->is_simple();
      kept.raw = record->raw();
      kept.ending = record->ending();
    }
    for (const std::size_t slot : row.changed())
      kept.fields.push_back({slot, std::string(row.raw(slot)), row.is_ahead(slot)});
  }
  Status let_go() {
    for (; !waiting_.empty(); waiting_.pop_front()) {
      Kept& kept = waiting_.front();
      again_.assign(kept.raw, kept.ending, kept.simple, facts_.read_delimiter);
      made_.begin(kept.any ? &again_ : nullptr, kept.handle, kept.all_quoted);
      for (auto& [slot, raw, ahead] : kept.fields) made_.put(slot, std::move(raw), ahead);
      ZMIG_CHECK_OK(next_->take(made_));
    }
    return ok();
  }

  DataRows data_;
  std::deque<Kept> waiting_;
  Record again_;
};

class DeleteStage final : public Stage {
 public:
  DeleteStage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns, const source::Run& run)
      : facts_(facts), sheet_(sheet), columns_(std::move(columns)), rows_(run.rows), number_(sheet.header_row) {}

  Status take(Row& row) override {
    ++number_;
    const auto& mine = rows_.find(number_, row.handle());
    if (mine.empty()) return next_->take(row);
    if (mine.size() > 1) return gone(rows_[mine[1]].row.number);
    const source::Row& wanted = rows_[mine.front()];
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].codec.decode(row.text(columns_[i].slot), cell_.value);
      if (cell_ != wanted.cells[i])
        return stale_cell(cell_place(sheet_, columns_[i].column.id, wanted.row.number), wanted.cells[i], cell_);
    }
    ++facts_.report->rows_deleted;
    return ok();
  }
  Status end() override {
    if (const source::Row* row = rows_.missing()) return gone(row->row.number);
    return next_->end();
  }

 private:
  [[nodiscard]] Error gone(std::uint64_t number) const {
    return stale_row(fmt::format("{}!{}", sheet_.title, number), "a row to delete is not there");
  }

  const SheetFacts& facts_;
  Sheet sheet_;
  std::vector<ColumnAt> columns_;
  ByRow<source::Row> rows_;
  std::uint64_t number_;
  Cell cell_;
};

}  // namespace

std::unique_ptr<Stage> fill_stage(const SheetFacts& facts, const Sheet& sheet, ColumnAt at, Value value,
                                  std::vector<ColumnAt> counting) {
  return std::make_unique<FillStage>(facts, sheet, std::move(at), std::move(value), std::move(counting));
}
std::unique_ptr<Stage> write_stage(const SheetFacts& facts, const Sheet& sheet, ColumnAt at, const source::Run& run) {
  ColumnAt same = at;
  return std::make_unique<WriteStage>(facts, sheet, std::move(same), std::move(at), run);
}
std::unique_ptr<Stage> restore_stage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& now,
                                     const ColumnAt& then, change::Restore what, const source::Run& run) {
  return std::make_unique<RestoreStage>(facts, sheet, now, then, what, run);
}
std::unique_ptr<Stage> retype_stage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& old, ColumnAt at,
                                    const source::Run& run) {
  return std::make_unique<RetypeStage>(facts, sheet, old, std::move(at), run);
}
std::unique_ptr<Stage> respell_stage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& old, ColumnAt at) {
  static const source::Run kNothing;
  return std::make_unique<RespellStage>(facts, sheet, old, std::move(at), kNothing);
}
std::unique_ptr<Stage> insert_stage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
                                    std::span<const source::Row> rows) {
  return std::make_unique<InsertStage>(facts, sheet, std::move(columns), rows);
}
std::unique_ptr<Stage> append_stage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
                                    std::span<const source::Row> rows, std::vector<ColumnAt> counting) {
  return std::make_unique<AppendStage>(facts, sheet, std::move(columns), rows, std::move(counting));
}
std::unique_ptr<Stage> delete_stage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
                                    const source::Run& run) {
  return std::make_unique<DeleteStage>(facts, sheet, std::move(columns), run);
}

Result<std::string> header_field(const SheetFacts& facts, const std::string& header, bool all_quoted,
                                 const std::string& place) {
  std::string raw = field_of(header, facts.dialect.delimiter, all_quoted);
  ZMIG_CHECK_OK(check_field(facts, raw, place));
  return raw;
}

void stored_word(const SheetFacts& facts, const Codec& codec, const Field& field, const Value& value,
                 std::string& into) {
  into.clear();
  bool usual = field.quoted == (facts.all_quoted || needs_quotes(field.text, facts.dialect.delimiter));
  if (usual && !codec.is_textual() && !is_blank(value) && !std::holds_alternative<Text>(value)) {
    const auto text = codec.encode(value, {});
    usual = text.has_value() && *text == field.text;
  }
  if (usual) return;
  into = "f:";
  into += field.raw;
}

}  // namespace zmig::csv
