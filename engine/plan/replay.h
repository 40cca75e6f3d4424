#pragma once
// Comparing replayed schemas. Not installed.

#include <optional>
#include <string>

#include <zmig/schema.h>

namespace zmig {

/// The managed part, with enums by name and by what they offer: what a way back has to reach (language.md 11.4).
Schema comparable_part(const Schema& schema);
/// How `b` differs from `a` in the managed part, for people; none when it does not.
std::optional<std::string> managed_difference(const Schema& a, const Schema& b);

}  // namespace zmig
