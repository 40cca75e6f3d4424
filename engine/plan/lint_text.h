#pragma once
// What the rules of lint look at in texts: headers and values, and where they stand in a file.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/lint.h>

namespace zmig {

/// A quoted text of a source file, quotes included in the span.
struct QuotedText {
  Span span;
  std::string value;
};
/// The quoted texts inside a span, in order; comments are passed over.
std::vector<QuotedText> quoted_texts(const SourceFile& source, Span within);

/// Form C, white space as it is.
std::string composed(std::string_view text);
/// Letters of two scripts that look alike, or a control that turns text around. Empty: none; else what it is.
std::string mixed_scripts(std::string_view text);
/// What was meant when `text` is UTF-8 that somebody read as Windows-1252 ("Ã³" for "ó").
std::optional<std::string> wrongly_decoded(std::string_view text);
/// Begins with = + - @ (after blanks) and goes on with something that is no number.
bool looks_like_formula(std::string_view text);
/// "03-04-2026" with two numbers that could both be the month.
bool is_ambiguous_date(std::string_view text);
enum class DateShape { none, iso, other };  ///< 2026-01-26, or 26-01-2026 and the like
DateShape date_shape(std::string_view text);
bool has_leading_zeros(std::string_view text);
bool is_long_number(std::string_view text);     ///< digits only, more than 15
bool has_decimal_comma(std::string_view text);  ///< "1,5"

/// Deletes the whole line of a statement, or none when something else stands there.
std::optional<LintEdit> without_line(const SourceFile& source, Span statement);
/// The place behind the line of a statement, for a new line.
std::uint32_t behind_line(const SourceFile& source, std::uint32_t at);
/// Blanks at the beginning of the line of `at`.
std::string indentation(const SourceFile& source, std::uint32_t at);
/// The span of a heading line that begins with `words`.
std::optional<Span> heading_span(const SourceFile& source, std::uint32_t file, std::string_view words);

}  // namespace zmig
