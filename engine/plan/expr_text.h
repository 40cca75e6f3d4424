#pragma once
// Formulas in words for messages; the canonical printer lives with the language. Not installed.

#include <string>

#include <zmig/expr.h>

namespace zmig {

/// `[Pedido] = "P-0421"`
std::string expr_text(const Expr& expr);

}  // namespace zmig
