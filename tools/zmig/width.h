#pragma once
// How many columns of a terminal a text takes.

#include <cstddef>
#include <string_view>

namespace zmig::cli {

/// Characters of East Asia and pictures take two, marks that combine with the one before take none. Control characters
/// are not looked for: they are escaped before anything is printed.
std::size_t display_width(std::string_view utf8);

}  // namespace zmig::cli
