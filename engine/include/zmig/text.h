#pragma once
/// Text helpers that every floor, the language and the command line share: UTF-8, escaping for terminals, suggestions.
// installed).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zmig {

/// Byte offset of the first byte that is not well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF), or
/// none.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// Decodes the code point at `at` and moves `at` behind it. Ill-formed bytes give U+FFFD and move by one.
char32_t decode_utf8(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);
std::size_t count_code_points(std::string_view text);

/// Text from outside made safe for a terminal: C0 (but not line feed when `keep_newlines`), DEL, C1, bidirectional
/// controls, zero-width characters and ill-formed bytes become visible escapes such as `\x1b` and `\u{202e}`.
std::string printable(std::string_view text, bool keep_newlines = false);

/// Damerau distance (transpositions count one) over code points; stops early above `limit` and then returns limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate within distance 2 that is nearest (ties: the first), or none. "did you mean".
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// `"text"` with the shortest escapes of the language (language.md 2).
std::string quoted(std::string_view text);

/// "1 185": groups of three separated by a blank, for people.
std::string grouped(std::uint64_t number);

/// "3 rows", "1 row".
std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural);

/// Column letters from a 0-based index: 0 -> "A", 26 -> "AA", 63 -> "BL".
std::string column_letters(std::size_t index0);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// Removes userinfo, tokens and query secrets from anything that looks like a URL: `https://user:pw@host/` ->
/// `https://***@host/`.
std::string redact(std::string_view text);

}  // namespace zmig
