#pragma once
/// The normaliser `zmig-header`, version 1, and the two hashes built on it. Apps carry their own copy of this algorithm
/// (docs: contract), so its results never change within a version; test vectors are part of the contract.
///
/// `norm` decides equality. `look` only raises suspicion: nothing is ever chosen because its `look` is equal.

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace zmig {

/// Form C, every run of white space one blank, trimmed. The result is compared code point by code point: case, accents,
/// punctuation and zero-width characters count. Ill-formed UTF-8 is passed through byte by byte. norm(norm(h)) =
/// norm(h).
std::string norm(std::string_view header);

/// What people would call the same: compatibility forms, case, accents, blanks and punctuation (except % # & @ *) are
/// gone. norm(header) when nothing is left. look(look(h)) = look(h) and look(norm(h)) = look(h).
std::string look(std::string_view header);

/// "hh1:" and 64 hexadecimal digits: my positions are still right. Over the row to its last header that is not blank.
std::string header_hash(std::span<const std::string> row);

/// "mh1:" and 64 hexadecimal digits: my columns are still there, wherever they are. Pairs of column id and header.
std::string managed_hash(std::span<const std::pair<std::string, std::string>> columns);

/// How `found` differs from `wanted`, for people: "differs in case", "differs by an accent", "U+00A0 at the end",
/// "U+200B after "Ocupado"", several joined by ", ". "the same" when the bytes are equal.
std::string code_points_note(std::string_view wanted, std::string_view found);

}  // namespace zmig
