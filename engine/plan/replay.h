#pragma once
// Comparing replayed schemas. Not installed.

#include <optional>
#include <string>

#include <zmig/history.h>

namespace zmig {

/// The managed part, with enums by name and by what they offer: what a way back has to reach (language.md 11.4).
Schema comparable_part(const Schema& schema);
/// How `b` differs from `a` in the managed part, for people; none when it does not.
std::optional<std::string> managed_difference(const Schema& a, const Schema& b);
/// invert_all of <zmig/history.h> for who knows where the operations lead from `before`: `after`.
Result<Reversal> invert_all(const std::vector<Operation>& operations, const Schema& before, const Schema& after);

}  // namespace zmig
