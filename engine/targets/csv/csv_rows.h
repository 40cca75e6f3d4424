#pragma once
// The way of a record through the changes of a batch: each change that is about cells or rows is one stage, and every
// record passes all of them once. Nothing is kept but the record at hand. Not installed.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <zmig/cells.h>
#include <zmig/change.h>
#include <zmig/target.h>

#include "targets/csv/csv_format.h"
#include "targets/csv/csv_values.h"

namespace zmig::csv {

/// What all stages of a sheet share. Outlives them.
struct SheetFacts {
  Dialect dialect;                ///< of the file that is written
  std::string line_end = "\r\n";  ///< of records that zmig makes
  char read_delimiter = ',';      ///< of the file that is read
  bool all_quoted = false;        ///< how rows that zmig makes are quoted
  bool allow_formulas = false, refuse_ragged = false;
  std::size_t sources = 0;  ///< fields of the header that is read; slot i of a record is its field i
  std::size_t slots = 0;    ///< with those of columns that the batch inserts
  CommitReport* report = nullptr;
};

/// A row on its way: the record as it stands, and what was put into it. A slot is a column for the length of a batch,
/// wherever it moves.
class Row {
 public:
  explicit Row(const SheetFacts& facts) : facts_(facts), slots_(facts.slots) {}
  /// `record`: null for a new row.
  void begin(const Record* record, std::int64_t handle, bool all_quoted);
  [[nodiscard]] const Record* record() const { return record_; }
  [[nodiscard]] std::int64_t handle() const { return handle_; }
  [[nodiscard]] bool all_quoted() const { return all_quoted_; }
  /// What the field says; valid until the next call for this slot.
  std::string_view text(std::size_t slot);
  [[nodiscard]] std::string_view raw(std::size_t slot) const;
  [[nodiscard]] bool is_set(std::size_t slot) const { return slots_[slot].set; }
  /// Slots that something was put into.
  [[nodiscard]] const std::vector<std::size_t>& changed() const { return changed_; }
  /// `ahead`: spelled for the type that the next change of type of this part gives the column.
  void put(std::size_t slot, std::string raw, bool ahead = false);
  [[nodiscard]] bool is_ahead(std::size_t slot) const { return slots_[slot].set && slots_[slot].ahead; }
  void catch_up(std::size_t slot) { slots_[slot].ahead = false; }

 private:
  struct Slot {
    bool set = false, ahead = false;
    std::string raw, scratch;
  };
  const SheetFacts& facts_;
  const Record* record_ = nullptr;
  std::int64_t handle_ = 0;
  bool all_quoted_ = false;
  std::vector<Slot> slots_;
  std::vector<std::size_t> changed_;
};

/// A column as a stage sees it: where it stands in the rows, and how its cells read at that moment of the batch.
struct ColumnAt {
  std::size_t slot = 0;
  Column column;
  Codec codec;
};

class Stage {
 public:
  virtual ~Stage() = default;
  void leads_to(Stage& next) { next_ = &next; }
  virtual Status take(Row& row) = 0;
  virtual Status end() { return next_->end(); }
  /// What it would write can be written, as far as that can be told without the rows.
  virtual Status check() { return ok(); }

 protected:
  Stage* next_ = nullptr;  // of the same chain
};

/// The first stage gets `sheet` and `column` as they are after the change, `old` as before it.
std::unique_ptr<Stage> fill_stage(const SheetFacts& facts, const Sheet& sheet, ColumnAt at, Value value,
                                  std::vector<ColumnAt> counting);
std::unique_ptr<Stage> write_stage(const SheetFacts& facts, const Sheet& sheet, ColumnAt at, const source::Run& run);
/// `then`: how the cells read behind the next change of type of the part; without one as `now`.
std::unique_ptr<Stage> restore_stage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& now,
                                     const ColumnAt& then, change::Restore what, const source::Run& run);
std::unique_ptr<Stage> retype_stage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& old, ColumnAt at,
                                    const source::Run& run);
/// Cells that read by the old format and not by the new one are spelled anew.
std::unique_ptr<Stage> respell_stage(const SheetFacts& facts, const Sheet& sheet, const ColumnAt& old, ColumnAt at);
/// Rows at their places, in the order of the run; the numbers are not 0.
std::unique_ptr<Stage> insert_stage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
                                    std::span<const source::Row> rows);
/// Rows below the last data row. Blank rows behind it wait for the end.
std::unique_ptr<Stage> append_stage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
                                    std::span<const source::Row> rows, std::vector<ColumnAt> counting);
std::unique_ptr<Stage> delete_stage(const SheetFacts& facts, const Sheet& sheet, std::vector<ColumnAt> columns,
                                    const source::Run& run);

/// The field for a header; `place` for refusals.
Result<std::string> header_field(const SheetFacts& facts, const std::string& header, bool all_quoted,
                                 const std::string& place);

/// How a cell stands in its field, in Cell::stored's words.
void stored_word(const SheetFacts& facts, const Codec& codec, const Field& field, const Value& value,
                 std::string& into);

}  // namespace zmig::csv
