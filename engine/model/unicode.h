#pragma once
// Unicode helpers of the model that are not part of its contract. Not installed.

#include <string>
#include <string_view>

namespace zmig {

/// The property White_Space.
bool is_white_space(char32_t code_point);
/// White_Space, or of no width (zero-width blanks and joiners, byte-order mark).
bool is_edge_blank(char32_t code_point);

/// Full case folding, for comparing without case.
std::string fold_case(std::string_view text);

/// Each inner run of white space becomes one blank; the edges stay.
std::string squeeze_blanks(std::string_view text);

}  // namespace zmig
