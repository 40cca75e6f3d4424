#pragma once
// Formulas as workbooks store them (A1, separators of the English grammar), cut into pieces (xlsx-csv.md 4.9). The
// pieces, one behind the other, are the formula again, byte for byte. What is not understood is refused, never guessed.
// Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig::xlsx {

enum class FormulaKind {
  space,       ///< between two references it is the intersection
  sign,        ///< operators, separators, parentheses, `@`, the `#` of a spilled range
  number,      ///< 1.5E+3
  text,        ///< "a ""b"""
  constants,   ///< {1,2;"a",TRUE}
  error,       ///< #N/A
  dead,        ///< #REF!$A$1, Hoja!#REF!: what is left of a reference
  function,    ///< a name in front of a parenthesis
  name,        ///< a defined name, TRUE, FALSE
  reference,   ///< A1, $A1:B$2, A:C, 1:3, with or without sheets in front
  structured,  ///< Tabla[Columna]
};

/// `$BM`, `12` or `BM$12`.
struct FormulaHalf {
  bool column_fixed = false, row_fixed = false, has_column = false, has_row = false;
  std::uint32_t column = 0;  ///< from 0
  std::uint32_t row = 0;     ///< from 1
  bool operator==(const FormulaHalf&) const = default;
};
/// The column that an item of a structured reference names: where its text stands in the formula, and what it says.
struct FormulaColumn {
  std::size_t begin = 0, size = 0;
  std::string name;
  bool bracketed = true;      ///< false: `[@Columna]`, which may need brackets of its own
  bool range_begins = false;  ///< `[a]:[b]`: the next one ends it
  bool operator==(const FormulaColumn&) const = default;
};
struct FormulaToken {
  FormulaKind kind = FormulaKind::sign;
  std::size_t begin = 0, size = 0;
  // What stands in front of a `!`: of references, names, functions, structured references and dead ones.
  std::size_t prefix_size = 0;    ///< with the `!`; 0: nothing
  std::string sheet, last_sheet;  ///< titles, decoded; `last_sheet`: of `Ene:Mar!`, else empty
  bool external = false;          ///< of another workbook
  std::size_t second_begin = 0;   ///< where the second half begins, with a prefix of its own; 0: there is none
  std::size_t second_prefix = 0;  ///< size of that prefix
  FormulaHalf first;              ///< of a reference
  std::optional<FormulaHalf> second;
  std::string table;                   ///< of a structured reference; empty: the table that the formula stands in
  std::vector<FormulaColumn> columns;  ///< the same
};

/// ZM0439 with the reason, when a piece is not understood; the place is for the caller to say.
Result<std::vector<FormulaToken>> formula_tokens(std::string_view formula);

/// "BM", "$12", "BM$12"; nothing else, and no column or row beyond the sheet.
std::optional<FormulaHalf> parse_formula_half(std::string_view text);
std::string to_text(const FormulaHalf& half);

/// The title as it stands in front of a `!`, in quotes when it needs them.
std::string sheet_prefix(std::string_view title);
/// The same of `Ene:Mar!`: both titles in one pair of quotes.
std::string sheets_prefix(std::string_view first, std::string_view last);
/// The header of a column as it stands in the brackets of a structured reference.
std::string structured_column(std::string_view header);

}  // namespace zmig::xlsx
