#pragma once
// Number formats: what a code of Excel means for a value, and how the language writes it (language.md 6.2). Not
// installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/package.h"

namespace zmig::xlsx {

/// What a number with this format stands for.
enum class Moment { none, date, time, datetime, elapsed };

struct NumberFormat {
  std::string text;  ///< of the language, or "native:CODE"; empty: General
  Moment moment = Moment::none;
  bool operator==(const NumberFormat&) const = default;
};

NumberFormat number_format(std::string_view code);
/// The code of a format of the language, for writing.
std::string excel_code(std::string_view format);

/// The number of a format that every workbook has; none for those that follow the language of whoever looks.
std::optional<std::uint32_t> built_in_format(std::string_view code);
/// What a format that every workbook has says.
NumberFormat built_in(std::uint32_t id);

/// The formats of the cells, by the number in their attribute `s`.
class Styles {
 public:
  /// No styles: every cell is General.
  static Result<Styles> read(const Package& package);
  /// Which of the different formats a style has; 0 is General.
  [[nodiscard]] std::uint32_t format_of(std::uint32_t style) const {
    return style < of_cell_.size() ? of_cell_[style] : 0;
  }
  [[nodiscard]] const NumberFormat& format(std::uint32_t number) const { return formats_[number]; }
  /// How many styles there are.
  [[nodiscard]] std::size_t size() const { return of_cell_.size(); }
  /// One more style; its number.
  std::uint32_t append(const NumberFormat& format);

 private:
  std::vector<NumberFormat> formats_{1};  // different ones
  std::vector<std::uint32_t> of_cell_;    // xf -> format
};

}  // namespace zmig::xlsx
