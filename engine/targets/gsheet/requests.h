#pragma once
// Requests of one batchUpdate, as JSON text. Every range says all of its sides (google-sheets.md A9). Not installed.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/json_text.h>
#include <zmig/schema.h>

#include "targets/gsheet/raw_book.h"

namespace zmig::gsheet {

enum class Axis { rows, columns };

/// What of a cell is written; what is in the mask and not in the cell is cleared.
struct CellData {
  Value value;
  std::string formula;
  RawFormat format;
  bool writes_value = false, writes_format = false;
  bool operator==(const CellData&) const = default;
};

class Requests {
 public:
  Requests() { json_.open('['); }

  void create_stamp(std::int64_t id, std::string_view value);
  void create_tag(std::string_view key, std::string_view value, std::int64_t sheet);
  void create_tag(std::string_view key, std::string_view value, std::int64_t sheet, std::int64_t column);
  void update_tag(std::int64_t id, std::string_view value);
  void delete_metadata(std::int64_t id);

  void add_sheet(std::int64_t id, std::string_view title, std::size_t index, std::int64_t rows, std::int64_t columns,
                 bool hidden);
  void duplicate_sheet(std::int64_t source, std::int64_t id, std::size_t index, std::string_view title);
  void delete_sheet(std::int64_t id);
  void set_title(std::int64_t id, std::string_view title);
  void move_sheet(std::int64_t id, std::size_t index);
  void hide_sheet(std::int64_t id, bool hidden);
  void freeze(std::int64_t id, std::int64_t rows);

  void insert(std::int64_t sheet, Axis axis, std::int64_t from, std::int64_t count, bool inherit_from_before);
  void append(std::int64_t sheet, Axis axis, std::int64_t count);
  void remove(std::int64_t sheet, Axis axis, std::int64_t from, std::int64_t count);
  void move_column(std::int64_t sheet, std::int64_t from, std::int64_t to);
  void hide_column(std::int64_t sheet, std::int64_t column, bool hidden);

  /// The same into every cell.
  void repeat(const RawRange& range, const CellData& cell);
  /// One column, from the top.
  void write_column(std::int64_t sheet, std::int64_t row, std::int64_t column, const std::vector<CellData>& cells);
  /// Texts side by side; what the range has beyond them is cleared.
  void write_row(const RawRange& range, const std::vector<std::string>& texts);
  void set_note(std::int64_t sheet, std::int64_t row, std::int64_t column, const std::string& note);
  /// A rule without a kind clears. `by_cells`: where typed columns of a table refuse the other.
  void set_rule(const RawRange& range, const RawRule& rule, bool by_cells);

  void add_protection(std::int64_t sheet, std::int64_t column, std::string_view description,
                      const std::vector<std::string>& users);  ///< column -1: the whole sheet
  void update_protection(std::int64_t id, const std::vector<std::string>& users);
  void delete_protection(std::int64_t id);

  [[nodiscard]] std::size_t count() const { return count_; }
  /// Characters of the metadata that is created, by sheet; -1: the document's.
  [[nodiscard]] const std::map<std::int64_t, std::int64_t>& metadata() const { return metadata_; }
  /// {"requests":[...]}
  std::string body() &&;

 private:
  JsonText& begin(std::string_view kind);
  void end();
  void put_range(const RawRange& range);
  void put_cell(const CellData& cell);
  void properties(std::int64_t id);
  void dimension(std::int64_t sheet, Axis axis, std::int64_t from, std::int64_t count);
  void put_rule(const RawRule& rule);
  static std::string_view mask(const CellData& cell);

  JsonText json_;
  std::map<std::int64_t, std::int64_t> metadata_;
  std::size_t count_ = 0;
};

}  // namespace zmig::gsheet
