#pragma once
// apply_to for changes that lower() has just made of the very schema that they are applied to. Not installed.

#include <vector>

#include <zmig/change.h>

namespace zmig {

/// One of `changes`, which lower() made of this schema, and those before it have been applied. What stands in the way
/// of a column that comes (its header, among those of the sheet) or goes (who uses it, in the whole workbook) was
/// looked for by lower(): in front of the first change nothing is different, and it is not looked for again.
Status apply_lowered(const std::vector<Change>& changes, const Change& change, Schema& schema);

}  // namespace zmig
