#pragma once
// Parts of lines as canonical text: what print.cc puts together.

#include <cstddef>
#include <string>

#include "ast.h"
#include "print.h"
#include "words.h"

namespace zmig::dsl {

/// A formula on a line indented by `indent`; several lines when a `when` has several branches.
std::string print_formula_at(const ast::Formula& formula, std::size_t indent);

/// A text: block text if there is a line end in it (and block text can hold it), else quoted.
std::string print_text_at(const std::string& value, std::size_t indent);

std::string print_names(const ast::Names& names);
std::string print_literal(const ast::Literal& literal);
std::string print_editors(const ast::Editors& editors);
std::string print_type(const ast::Type& type);
std::string print_place(const ast::Place& place);
std::string print_duration(const ast::Duration& duration);
std::string print_expecting(const ast::Expecting& expecting);
std::string print_check(const ast::Check& check, std::size_t indent);
std::string print_property(const ast::Property& property, std::size_t indent);

}  // namespace zmig::dsl
