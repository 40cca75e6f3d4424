#pragma once
// From values to cells of a new worksheet. Not installed.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/schema.h>
#include <zmig/value.h>

#include "targets/xlsx/values.h"

namespace zmig::xlsx {

/// The number formats of a new workbook, numbered as they are asked for; 0 is General.
class NewStyles {
 public:
  /// The style of a format of the language.
  std::uint32_t style_of(const std::string& format);
  [[nodiscard]] const NumberFormat& format(std::uint32_t style) const { return formats_[style]; }
  [[nodiscard]] std::string xml() const;

 private:
  std::map<std::string, std::uint32_t> by_text_{{"", 0}};
  std::vector<NumberFormat> formats_{1};  // as they will be read
  std::vector<std::string> codes_{"General"};
};

/// The format that cells of a column show when they have none of their own.
std::string format_of_column(const Column& column);

/// Type attribute and stored value of a value without moments.
struct StoredValue {
  std::string_view type;  ///< of the attribute `t`, "str" for texts; empty: a number
  std::string value;
  Value reads_as;
};
StoredValue stored_of(const Value& value);
/// The serial number of a moment (in the system of 1900), none for other values.
std::optional<double> serial_of(const Value& value);
/// The format that a moment has when nothing else is said.
std::string_view usual_format(const Value& value);
/// The `<t>` of a text, with `prefix` in front of its name.
std::string text_inside(std::string_view text, std::string_view prefix = {});

struct Written {
  Value reads_as;           ///< what a reader will find there
  bool format_kept = true;  ///< its number format reads back as it was
};

/// Appends the `<c>` of a cell, or nothing when it is blank. `place` is its A1.
Written append_cell(const Cell& cell, const Column& column, const std::string& place, NewStyles& styles,
                    std::string& into);
/// The same for a header.
void append_text_cell(std::string_view text, const std::string& place, std::string& into);

}  // namespace zmig::xlsx
