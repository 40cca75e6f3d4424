#pragma once
// Values as the language writes them, and back; words about types for messages.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/type_words.h>
#include <zmig/value.h>

namespace zmig::dsl {

/// `0`, `0.50`: a finite double, or none. No sign.
std::optional<double> number_of_words(std::string_view digits);
/// The shortest digits that read back equal, never with an exponent; a sign when it is negative.
std::string digits_of(double number);

/// `2026-01-26`: the day, or none when there is no such day.
std::optional<std::int32_t> day_of_words(std::string_view date);
std::string words_of_day(std::int32_t day);

/// `"DIA"`, `0`, `2026-01-26`, `true`, `blank`. A moment of a day has no words and is written as its day.
std::string literal_words(const Value& value);

/// "a text", "an integer", `a value of enum "Estado"`.
std::string singular_of(const Type& type);

/// `"A", "B"`.
std::string quoted_list(const std::vector<std::string>& names);

}  // namespace zmig::dsl
