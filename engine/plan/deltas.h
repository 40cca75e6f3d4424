#pragma once
// What the steps of one migration did to the columns and rows of each sheet, for `gained` and `lost`. Not installed;
// the run floor uses it too.

#include <map>
#include <string>
#include <vector>

#include <zmig/plan.h>

namespace zmig {

using Deltas = std::map<std::string, CheckWorld::Delta, std::less<>>;

/// By norm of the title that the sheet has afterwards (or had, if it went). `before`, `after`: live schemas.
Deltas deltas_of(const std::vector<Step>& steps, const Schema& before, const Schema& after);

/// Live columns with a header.
std::size_t width_of(const Sheet& sheet);

}  // namespace zmig
