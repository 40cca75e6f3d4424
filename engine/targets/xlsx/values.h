#pragma once
// From stored cells to values (xlsx-csv.md 1). Not installed.

#include <cstdint>

#include <zmig/result.h>
#include <zmig/schema.h>
#include <zmig/value.h>

#include "targets/xlsx/book.h"
#include "targets/xlsx/styles.h"
#include "targets/xlsx/worksheet.h"

namespace zmig::xlsx {

/// A number as the value that its format makes of it; what is no moment stays a number.
Value value_of_number(double number, Moment moment, bool date1904);

/// What makes a number of a column a moment: its declared type, or where it has none that says so, the format.
Moment moment_for(const Column& column, Moment of_format);

class Decoder {
 public:
  /// All outlive the decoder.
  Decoder(const Styles& styles, const SharedStrings& strings, bool date1904)
      : styles_(styles), strings_(strings), date1904_(date1904) {}
  /// ZM0426 where a shared string is not there.
  Status decode(const RawCell& cell, std::uint32_t row, Value& into, const Column* column = nullptr) const;
  /// A formula, or a value that is not blank.
  [[nodiscard]] bool has_content(const RawCell& cell) const;
  [[nodiscard]] std::uint32_t format_of(const RawCell& cell) const { return styles_.format_of(cell.style); }
  [[nodiscard]] const NumberFormat& format(std::uint32_t number) const { return styles_.format(number); }

 private:
  [[nodiscard]] const NumberFormat& format_at(const RawCell& cell) const {
    return styles_.format(styles_.format_of(cell.style));
  }
  const Styles& styles_;
  const SharedStrings& strings_;
  bool date1904_;
};

}  // namespace zmig::xlsx
