#pragma once
/// Developer metadata: lookups, and the ranges that data filters select.

#include <vector>

#include "context.h"

namespace sheets_server {

/// Positions in book.metadata of what the filters match, each once, in the order of the book.
Refusal find_metadata(const Context& context, const Json& filters, std::vector<std::size_t>& out);
/// The ranges that a data filter selects: a1Range, gridRange, or where the metadata is.
Refusal filtered_ranges(const Context& context, const Json& filter, std::vector<GridRange>& out);

}  // namespace sheets_server
