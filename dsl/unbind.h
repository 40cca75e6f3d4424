#pragma once
// From operations back to a tree, which print_tree writes: how down texts come into being.

#include <zmig/expr.h>
#include <zmig/migration.h>

#include "ast.h"

namespace zmig::dsl {

/// The tree of a migration or down text. Neighbouring operations on one sheet (enum) share a block; neighbouring
/// properties of one column share a line, unless that would change their order.
ast::File unbind(const Migration& migration);

ast::Formula unbind_formula(const Expr& expr);
ast::Claim unbind_check(const CheckLine& line, ast::ClaimVerb verb);
ast::Type unbind_type(const Type& type);
ast::Literal unbind_literal(const Value& value);
ast::Text unbind_text(std::string text);
ast::Duration unbind_duration(std::chrono::seconds duration);

}  // namespace zmig::dsl
