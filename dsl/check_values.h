#pragma once
// Checks of single values: numbers, dates, formulas, formats. Part of stage 2 (check.h).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>

#include "ast.h"

namespace zmig::dsl {

/// Where findings go.
struct Findings {
  std::uint32_t file = 0;
  std::string_view text;
  std::vector<Diagnostic>* out = nullptr;

  Diagnostic& add(const char* code, std::string message, const ast::Node& at, std::string label,
                  std::string help = {}) const;
};

/// ZM0022: digits that begin with a zero that they do not need.
void check_digits(const ast::Node& at, const std::string& digits, const Findings& findings);
void check_count(const ast::Count& count, const Findings& findings);
void check_literal(const ast::Literal& literal, const Findings& findings);
void check_formula(const ast::Formula& formula, const Findings& findings);
void check_type(const ast::Type& type, const Findings& findings);

/// ZM0023: letters of a format that mean nothing. `parsing`: the format reads text, so it may hold an offset.
void check_format(const ast::Text& format, bool parsing, const Findings& findings);
/// ZM0023 and ZM0114 for the formats of `parse … from`.
void check_formats(const ast::ParseStep& step, const Findings& findings);

}  // namespace zmig::dsl
