#pragma once
// Between the fields of a csv file and values: reading by the declared type of the column, writing so that the same
// reading gives the value back. Not installed.

#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>
#include <zmig/schema.h>
#include <zmig/value.h>

namespace zmig::csv {

/// Reads and writes the cells of one column.
class Codec {
 public:
  Codec() = default;
  explicit Codec(const Column& column);
  /// By declared type; what does not read as it comes as stored.
  void decode(std::string_view text, Value& into) const;
  [[nodiscard]] Value decode(std::string_view text) const;
  /// The text of a field. ZM0478 when it would read back as another value.
  [[nodiscard]] Result<std::string> encode(const Value& value, const std::string& place) const;
  /// What makes a value `Value{Text}` as it stands: no type asks for anything else.
  [[nodiscard]] bool is_textual() const { return textual_; }

 private:
  [[nodiscard]] std::vector<std::string> spellings(const Value& value) const;

  Type type_;
  std::string header_, format_, written_format_;
  bool textual_ = true, dated_ = false;
};

/// How a text stands in a field: in quotes when `all`, or where it has to be.
std::string field_of(std::string_view text, char delimiter, bool all);

/// Cell::stored of this target is "f:" and the field as it stands, where the usual way would give another one. This is
/// the field that such a word stands for, if it is one.
struct Spelled {
  bool any = false;
  std::string_view raw;
};
Spelled spelled_in(std::string_view word);

/// A text that a program which opens the file may run as a formula (xlsx-csv.md 5.3). One character alone does nothing.
bool runs_as_formula(std::string_view text);
/// ZM1704 for a text that zmig would introduce.
Error would_run(std::string_view text, std::string place);

}  // namespace zmig::csv
