#pragma once
/// The results of formulas: literals, references, + - * / ^ & and comparison, %, and the functions of DEVIATIONS.md.
/// What is not known keeps its last result and is named to the caller.

#include <set>
#include <string>

#include "book.h"

namespace sheets_server {

/// Brings every formula of the book up to date. `now` is a serial (TODAY, NOW). Answers the formulas that it could not
/// compute: their functions by name.
std::set<std::string> recalculate(Spreadsheet& book, double now);

}  // namespace sheets_server
