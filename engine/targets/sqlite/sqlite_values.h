#pragma once
// Between stored bytes and values: reading by the declared type of the column, writing so that SQLite stores exactly
// what was bound. Not installed.

#include <optional>
#include <string>
#include <string_view>

#include <zmig/result.h>
#include <zmig/schema.h>
#include <zmig/value.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// A stored value without a copy: storage class as sqlite::Statement::type says it. `text` lives as long as what it was
/// made from.
using Raw = sqlite::ColumnView;
Raw raw_of(const sqlite::Datum& datum);
bool same_bytes(const Raw& raw, const sqlite::Datum& datum);

/// Reads the cells of one column.
class Decoder {
 public:
  explicit Decoder(const Column& column);
  /// By declared type; what does not read as it comes as stored.
  void decode(const Raw& raw, Value& into) const;
  [[nodiscard]] Value decode(const sqlite::Datum& datum) const;

 private:
  const Type type_;
  const std::string format_;
  const bool textual_;
};

/// As an annotation of the cell says ("date", "error", "text" ...): for values that the column does not declare.
Value decode_as(const Raw& raw, std::string_view kind);

/// Cell::stored of this target: "i:5" "r:5.0" "t:" "b:00ff" where encode() of the value would bind something else, or
/// might; else empty. Cheap: it runs for every cell that is read.
void word_of(const Raw& raw, const Value& value, const Type& type, Affinity affinity, std::string& into);
/// What such a word stands for; none: it is no word of this target.
std::optional<sqlite::Datum> datum_of(std::string_view word);

struct Stored {
  sqlite::Datum datum;
  bool needs_kind = false;  ///< reads back only with an annotation of its kind
  bool respelled = false;   ///< Cell::stored says something else, which this column does not hold as it is now
};
/// What to bind. ZM0478 when SQLite would turn it into something else.
Result<Stored> encode(const Value& value, const Column& column, const TableColumn& stored_in, const std::string& place);
/// The same, as Cell::stored says where that says the value.
Result<Stored> encode(const Cell& cell, const Column& column, const TableColumn& stored_in, const std::string& place);

/// Whether a column of numbers would turn this text into a number.
bool looks_numeric(std::string_view text);

/// TEXT, INTEGER or REAL: the only words that zmig declares (xlsx-csv.md 6.3).
std::string_view declared_for(const Type& type);

}  // namespace zmig::sqlite_workbook
