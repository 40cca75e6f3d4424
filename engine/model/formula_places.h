#pragma once
// Formulas of a spreadsheet, compared although rows and columns moved. Not installed.

#include <string>

namespace zmig {

/// The formula with `#` for every place that it names (B2, $C$3): a spreadsheet rewrites those when rows and columns
/// move, and nothing else of it. Words in texts, names of functions and numbers stay.
std::string formula_without_places(const std::string& formula);

}  // namespace zmig
