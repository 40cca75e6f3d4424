#pragma once
/// rowData of an answer, written as text: a large sheet has a hundred times more cells than an answer has anything
/// else.

#include <string>

#include "book.h"
#include "mask.h"
#include "number_format.h"

namespace sheets_server {

/// The RowData of the rows of a range as one JSON value for `GridData.rowData`: not a list but its text, which
/// print_answer writes where it stands. Null when no row has anything that the mask of RowData wants.
Json rows_json(const Sheet& sheet, const Range& range, const Locale& locale, const Mask& mask);
/// Makes lists of the texts, for whoever wants to look into them.
void expand_rows(Json& answer);
/// print() for an answer with such texts.
std::string print_answer(Json answer, bool pretty);

}  // namespace sheets_server
