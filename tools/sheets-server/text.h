#pragma once
/// Text: UTF-8 counted and folded, percent signs decoded.

#include <cstdint>
#include <string>
#include <string_view>

namespace sheets_server {

/// Characters of a UTF-8 text as Google counts them: UTF-16 units.
std::int64_t characters(std::string_view text);
/// ASCII letters in lower case; others as they are.
std::string lower(std::string_view text);
std::string percent_decoded(std::string_view text, bool plus_is_blank);
std::string percent_encoded(std::string_view text);

}  // namespace sheets_server
