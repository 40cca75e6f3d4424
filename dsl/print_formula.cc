// Formulas as canonical text: no needless parentheses, the required ones kept.

#include "base/text.h"
#include "print_words.h"

namespace zmig::dsl {
namespace {

using ast::Formula;
using ast::FormulaKind;

/// How tightly a formula binds, loosest first.
enum Level { kChoice, kOr, kAnd, kNot, kComparison, kConcat, kSum, kProduct, kUnary, kPrimary };

Level level_of(FormulaKind kind) {
  using enum FormulaKind;
  switch (kind) {
    case choose: return kChoice;
    case logic_or: return kOr;
    case logic_and: return kAnd;
    case logic_not: return kNot;
    case equal:
    case different:
    case less:
    case less_equal:
    case greater:
    case greater_equal:
    case is_blank:
    case is_not_blank:
    case is_one_of:
    case matches: return kComparison;
    case concat: return kConcat;
    case add:
    case subtract: return kSum;
    case multiply:
    case divide: return kProduct;
    case negate: return kUnary;
    case text:
    case integer:
    case decimal:
    case date:
    case boolean:
    case blank:
    case cell:
    case variable:
    case call: return kPrimary;
  }
  return kPrimary;
}

std::string_view operator_of(FormulaKind kind) {
  using enum FormulaKind;
  switch (kind) {
    case logic_or: return " or ";
    case logic_and: return " and ";
    case equal: return " = ";
    case different: return " <> ";
    case less: return " < ";
    case less_equal: return " <= ";
    case greater: return " > ";
    case greater_equal: return " >= ";
    case concat: return " & ";
    case add: return " + ";
    case subtract: return " - ";
    case multiply: return " * ";
    case divide: return " / ";
    default: return {};
  }
}

std::string header(const std::string& name) {
  std::string out = "[";
  for (const char c : name) {
    out += c;
    if (c == ']') out += ']';
  }
  return out + "]";
}

class FormulaPrinter {
 public:
  /// `indent`: of the line that the formula stands on.
  explicit FormulaPrinter(std::size_t indent) : indent_(indent) {}

  std::string print(const Formula& formula) {
    using enum FormulaKind;
    switch (formula.kind) {
      case text: return quoted(formula.value);
      case integer:
      case decimal:
      case date:
      case boolean: return formula.value;
      case blank: return "blank";
      case cell: return header(formula.value);
      case variable: return "$" + formula.value;
      case negate: return "-" + operand(formula.operands[0], kPrimary);
      case logic_not: return "not " + operand(formula.operands[0], kNot);
      case is_blank: return operand(formula.operands[0], kConcat) + " is blank";
      case is_not_blank: return operand(formula.operands[0], kConcat) + " is not blank";
      case is_one_of: return operand(formula.operands[0], kConcat) + " is one of (" + list(formula, 1) + ")";
      case matches: return operand(formula.operands[0], kConcat) + " matches " + quoted(formula.value);
      case call: return formula.value + "(" + list(formula, 0) + ")";
      case choose: return choice(formula);
      default: return binary(formula);
    }
  }

 private:
  std::string operand(const Formula& formula, Level least) {
    const std::string inner = print(formula);
    const bool branches = formula.kind == FormulaKind::choose && formula.operands.size() > 3;
    return level_of(formula.kind) >= least || branches ? inner : "(" + inner + ")";
  }

  std::string list(const Formula& formula, std::size_t from) {
    std::string out;
    for (std::size_t i = from; i < formula.operands.size(); ++i)
      out += (i > from ? ", " : "") + print(formula.operands[i]);
    return out;
  }

  /// Left-associative; comparisons do not chain, and `and` beside `or` keeps its parentheses.
  std::string binary(const Formula& formula) {
    const Level own = level_of(formula.kind);
    const auto tighter = static_cast<Level>(own + 1);
    const bool mixes = own == kOr;
    const auto side = [&](const Formula& part, Level least) {
      return mixes && part.kind == FormulaKind::logic_and ? "(" + print(part) + ")" : operand(part, least);
    };
    std::string out = side(formula.operands[0], own == kComparison ? tighter : own);
    out += operator_of(formula.kind);
    return out + side(formula.operands[1], tighter);
  }

  /// One branch: on the line. More: in parentheses, one branch a line, `else` on its own.
  std::string choice(const Formula& formula) {
    const std::size_t branches = formula.operands.size() / 2;
    if (branches == 1) {
      return "when " + operand(formula.operands[0], kOr) + " then " + operand(formula.operands[1], kOr) + " else " +
             print(formula.operands[2]);
    }
    const std::string outer(indent_, ' ');
    indent_ += 2;
    std::string out = "(";
    for (std::size_t i = 0; i < branches; ++i) {
      out += "\n" + outer + "  when " + operand(formula.operands[2 * i], kOr) + " then " +
             operand(formula.operands[2 * i + 1], kOr);
    }
    out += "\n" + outer + "  else " + print(formula.operands.back());
    indent_ -= 2;
    return out + "\n" + outer + ")";
  }

  std::size_t indent_;
};

}  // namespace

std::string print_formula_at(const Formula& formula, std::size_t indent) {
  return FormulaPrinter(indent).print(formula);
}

std::string print_formula(const Formula& formula) {
  std::string out;
  bool fresh = false;
  for (const char c : print_formula_at(formula, 0)) {
    if (c == '\n') {
      fresh = true;
    } else if (!fresh || c != ' ') {
      if (fresh && c != ')' && out.back() != '(') out += ' ';
      fresh = false;
      out += c;
    }
  }
  return out;
}

}  // namespace zmig::dsl
