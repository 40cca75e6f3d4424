#include "plan/expr_text.h"

#include <string>
#include <variant>

#include "base/text.h"
#include "ops/common.h"

namespace zmig {
namespace {

std::string sign_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::add: return "+";
    case BinaryOp::subtract: return "-";
    case BinaryOp::multiply: return "*";
    case BinaryOp::divide: return "/";
    case BinaryOp::concat: return "&";
    case BinaryOp::equal: return "=";
    case BinaryOp::not_equal: return "<>";
    case BinaryOp::less: return "<";
    case BinaryOp::less_equal: return "<=";
    case BinaryOp::greater: return ">";
    case BinaryOp::greater_equal: return ">=";
    case BinaryOp::logical_and: return "and";
    case BinaryOp::logical_or: return "or";
  }
  return "?";
}

struct Printer {
  std::string print(const Expr& expr) const { return std::visit(*this, expr.node); }
  /// With parentheses where another operator stands around it: more than the language needs, never fewer.
  std::string inner(const Expr& expr) const {
    const bool compound =
        std::holds_alternative<expr::Binary>(expr.node) || std::holds_alternative<expr::When>(expr.node);
    return compound ? "(" + print(expr) + ")" : print(expr);
  }

  std::string operator()(const expr::Literal& literal) const { return ops::literal_text(literal.value); }
  std::string operator()(const expr::CellRef& cell) const {
    std::string out = "[";
    for (const char c : cell.header) out += c == ']' ? std::string("]]") : std::string(1, c);
    return out + "]";
  }
  std::string operator()(const expr::Variable& variable) const {
    return variable.name.starts_with('$') ? variable.name : "$" + variable.name;
  }
  std::string operator()(const expr::Unary& unary) const {
    return (unary.op == UnaryOp::minus ? "-" : "not ") + inner(*unary.operand);
  }
  std::string operator()(const expr::Binary& binary) const {
    return inner(*binary.left) + " " + sign_of(binary.op) + " " + inner(*binary.right);
  }
  std::string operator()(const expr::IsBlank& test) const {
    return inner(*test.operand) + (test.negated ? " is not blank" : " is blank");
  }
  std::string operator()(const expr::IsOneOf& test) const {
    std::vector<std::string> values;
    for (const ExprBox& value : test.values) values.push_back(print(*value));
    return inner(*test.operand) + " is one of (" + join(values, ", ") + ")";
  }
  std::string operator()(const expr::Matches& test) const {
    return inner(*test.operand) + " matches " + quoted(test.pattern);
  }
  std::string operator()(const expr::When& when) const {
    std::string out = "when";
    for (const auto& [condition, result] : when.branches) out += " " + print(*condition) + " then " + print(*result);
    return out + " else " + print(*when.otherwise);
  }
  std::string operator()(const expr::Call& call) const {
    std::vector<std::string> arguments;
    for (const ExprBox& argument : call.arguments) arguments.push_back(print(*argument));
    return call.function + "(" + join(arguments, ", ") + ")";
  }
};

}  // namespace

std::string expr_text(const Expr& expr) { return Printer{}.print(expr); }

}  // namespace zmig
