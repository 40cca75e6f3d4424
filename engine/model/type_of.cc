#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zmig/expr.h>

#include "base/text.h"
#include "model/evaluator.h"
#include "model/numbers.h"

namespace zmig {
namespace {

/// None: blank only, which fits every type.
using Static = std::optional<Type>;
using Typed = Result<Static>;
using ColumnOf = std::function<const Column*(const std::string& column_id)>;

Type of_kind(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

std::string cell_text(const std::string& header) {
  std::string text = "[";
  for (const char c : header) text.append(c == ']' ? 2 : 1, c);
  return text + "]";
}

// What a message calls an operand: short things as they are written, long ones by what they are.
struct Wording {
  std::string operator()(const expr::Literal& literal) const {
    if (const auto* text = std::get_if<Text>(&literal.value)) return zmig::quoted(text->utf8);
    if (const auto* boolean = std::get_if<Boolean>(&literal.value)) return boolean->value ? "true" : "false";
    return is_blank(literal.value) ? "blank" : to_text(literal.value);
  }
  std::string operator()(const expr::CellRef& cell) const { return cell_text(cell.header); }
  std::string operator()(const expr::Variable& variable) const { return "$" + variable.name; }
  std::string operator()(const expr::Unary&) const { return "this operand"; }
  std::string operator()(const expr::Binary&) const { return "this operand"; }
  std::string operator()(const expr::IsBlank&) const { return "this test"; }
  std::string operator()(const expr::IsOneOf&) const { return "this test"; }
  std::string operator()(const expr::Matches&) const { return "this test"; }
  std::string operator()(const expr::When&) const { return "this choice"; }
  std::string operator()(const expr::Call& call) const { return call.function + "(…)"; }
};

std::string worded(const Expr& expr) { return std::visit(Wording{}, expr.node); }

Error wrong_type(std::string message, std::string help = {}) {
  return make_error(Errc::invalid_input, "ZM0104", std::move(message), std::move(help));
}

bool is_moment(const Type& type) { return type.kind == TypeKind::date || type.kind == TypeKind::datetime; }

// The kinds between which `=` and the branches of one choice have a meaning.
bool comparable(const Type& a, const Type& b) {
  return (is_numeric(a) && is_numeric(b)) || (is_textual(a) && is_textual(b)) || a.kind == b.kind;
}

// One type for two branches; none when there is none.
std::optional<Static> joined(const Static& a, const Static& b) {
  if (!a.has_value() || a == b) return b;
  if (!b.has_value()) return a;
  if (!comparable(*a, *b)) return std::nullopt;
  if (is_numeric(*a)) return Static(wider_numeric(*a, *b));
  if (is_textual(*a)) return Static(of_kind(TypeKind::text));
  return a;
}

std::string_view sign_of(BinaryOp op) {
  constexpr std::array<std::string_view, 13> kSigns = {"+", "-",  "*", "/",  "&",   "=", "<>",
                                                       "<", "<=", ">", ">=", "and", "or"};
  return kSigns.at(static_cast<std::size_t>(op));
}

std::string_view letter_means(char letter) {
  switch (letter) {
    case 't': return "a text";
    case 'n': return "an integer";
    case 'x': return "a number";
    case 'd': return "a date";
    case 'b': return "true or false";
    case 'c': return "a column in brackets";
    default: return "a value";
  }
}

bool fits_letter(const Type& type, char letter) {
  switch (letter) {
    case 't': return is_textual(type);
    case 'n': return type.kind == TypeKind::integer || (type.kind == TypeKind::decimal && type.digits == 0);
    case 'x': return is_numeric(type);
    case 'd': return is_moment(type);
    case 'b': return type.kind == TypeKind::boolean;
    default: return true;
  }
}

struct Checker {
  const ColumnOf& column;

  [[nodiscard]] Typed check(const Expr& expr) const { return std::visit(*this, expr.node); }

  Typed operator()(const expr::Literal& literal) const {
    if (const auto* number = std::get_if<Number>(&literal.value)) return Static(literal_type(number->value));
    if (const auto* text = std::get_if<Text>(&literal.value))
      return text->utf8.empty() ? Static() : Static(of_kind(TypeKind::text));
    constexpr std::array<TypeKind, std::variant_size_v<Value>> kKinds = {
        TypeKind::text, TypeKind::text, TypeKind::number,   TypeKind::boolean,
        TypeKind::date, TypeKind::time, TypeKind::datetime, TypeKind::text};
    return is_blank(literal.value) ? Static() : Static(of_kind(kKinds.at(literal.value.index())));
  }

  Typed operator()(const expr::CellRef& cell) const {
    const Column* known = column ? column(cell.column) : nullptr;
    if (known == nullptr) return make_error(Errc::invalid_input, "ZM0101", "no column " + zmig::quoted(cell.header));
    return Static(known->type);
  }

  Typed operator()(const expr::Variable& variable) const {
    if (variable.name == "migration") return Static(of_kind(TypeKind::text));
    if (variable.name == "run_date") return Static(of_kind(TypeKind::date));
    if (variable.name == "run_time") return Static(of_kind(TypeKind::time));
    return make_error(Errc::invalid_input, "ZM0110", "no variable $" + variable.name);
  }

  Typed operator()(const expr::Unary& unary) const {
    if (unary.op == UnaryOp::logical_not) {
      ZMIG_CHECK_OK(truth(*unary.operand, "\"not\""));
      return Static(of_kind(TypeKind::boolean));
    }
    ZMIG_TRY(const Static type, check(*unary.operand));
    if (type.has_value() && !is_numeric(*type)) {
      return wrong_type("\"-\" needs a number, " + worded(*unary.operand) + " is " + to_string(*type));
    }
    return type;
  }

  Typed operator()(const expr::Binary& binary) const {
    if (binary.op == BinaryOp::logical_and || binary.op == BinaryOp::logical_or) {
      const std::string word = zmig::quoted(sign_of(binary.op));
      ZMIG_CHECK_OK(truth(*binary.left, word));
      ZMIG_CHECK_OK(truth(*binary.right, word));
      return Static(of_kind(TypeKind::boolean));
    }
    ZMIG_TRY(const Static left, check(*binary.left));
    ZMIG_TRY(const Static right, check(*binary.right));
    if (binary.op <= BinaryOp::divide) return arithmetic(binary, left, right);
    if (binary.op == BinaryOp::concat) return concat(binary, left, right);
    ZMIG_CHECK_OK(compared(*binary.left, left, *binary.right, right));
    const bool ordered = binary.op != BinaryOp::equal && binary.op != BinaryOp::not_equal;
    if (ordered && ((left && left->kind == TypeKind::boolean) || (right && right->kind == TypeKind::boolean))) {
      return wrong_type("true and false have no order");
    }
    return Static(of_kind(TypeKind::boolean));
  }

  Typed operator()(const expr::IsBlank& test) const {
    ZMIG_TRY([[maybe_unused]] const Static type, check(*test.operand));
    return Static(of_kind(TypeKind::boolean));
  }

  Typed operator()(const expr::IsOneOf& test) const {
    ZMIG_TRY(const Static type, check(*test.operand));
    for (const ExprBox& value : test.values) {
      ZMIG_TRY(const Static other, check(*value));
      ZMIG_CHECK_OK(compared(*test.operand, type, *value, other));
    }
    return Static(of_kind(TypeKind::boolean));
  }

  Typed operator()(const expr::Matches& test) const {
    ZMIG_TRY(const Static type, check(*test.operand));
    if (type.has_value() && !is_textual(*type)) {
      return wrong_type("\"matches\" needs a text, " + worded(*test.operand) + " is " + to_string(*type));
    }
    return Static(of_kind(TypeKind::boolean));
  }

  Typed operator()(const expr::When& when) const {
    Static type;
    for (const auto& [condition, value] : when.branches) {
      ZMIG_CHECK_OK(truth(*condition, "\"when\""));
      ZMIG_TRY(type, branch(type, *value));
    }
    return branch(type, *when.otherwise);
  }

  Typed operator()(const expr::Call& call) const {
    const FunctionRow* row = find_function(call.function);
    if (row == nullptr) return make_error(Errc::invalid_input, "ZM0106", "no function " + zmig::quoted(call.function));
    if (!row->core)
      return make_error(Errc::unsupported, "ZM0123", "function " + zmig::quoted(call.function) + " is not run yet");
    ZMIG_CHECK_OK(counted_arguments(call, *row));
    std::vector<Static> types;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      ZMIG_TRY(Static type, check(*call.arguments[i]));
      ZMIG_CHECK_OK(argument(call, *row, i, type));
      types.push_back(std::move(type));
    }
    if (row->name == "switch") return switched(call, types);
    if (row->name == "coalesce" || row->name == "if_error" || row->name == "min" || row->name == "max") {
      return extreme_or_choice(call, *row, types);
    }
    return result(*row, types);
  }

 private:
  [[nodiscard]] Status truth(const Expr& expr, const std::string& word) const {
    ZMIG_TRY(const Static type, check(expr));
    if (!type.has_value() || type->kind == TypeKind::boolean) return ok();
    return wrong_type(word + " needs true or false, " + worded(expr) + " is " + to_string(*type));
  }

  [[nodiscard]] Typed branch(const Static& so_far, const Expr& expr) const {
    ZMIG_TRY(const Static type, check(expr));
    return join_branch(so_far, type, expr);
  }

  static Typed join_branch(const Static& so_far, const Static& type, const Expr& expr) {
    const auto both = joined(so_far, type);
    if (both.has_value()) return *both;
    return wrong_type("all branches have one type: " + worded(expr) + " is " + to_string(*type) + ", the others are " +
                      to_string(*so_far));
  }

  static Status compared(const Expr& left, const Static& a, const Expr& right, const Static& b) {
    if (!a.has_value() || !b.has_value() || comparable(*a, *b)) return ok();
    return wrong_type(worded(left) + " is " + to_string(*a) + " and " + worded(right) + " is " + to_string(*b) +
                      ": they cannot be compared");
  }

  static Typed concat(const expr::Binary& binary, const Static& left, const Static& right) {
    for (const auto& [expr, type] : {std::pair(&*binary.left, &left), std::pair(&*binary.right, &right)}) {
      if (!type->has_value() || is_textual(**type)) continue;
      const std::string word = worded(*expr);
      return wrong_type("\"&\" joins text, " + word + " is " + to_string(**type), "write `text(" + word + ")`");
    }
    return Static(of_kind(TypeKind::text));
  }

  static Typed arithmetic(const expr::Binary& binary, const Static& left, const Static& right) {
    if (left.has_value() && left->kind == TypeKind::date) return day_arithmetic(binary, right);
    for (const auto& [expr, type] : {std::pair(&*binary.left, &left), std::pair(&*binary.right, &right)}) {
      if (!type->has_value() || is_numeric(**type)) continue;
      return wrong_type(zmig::quoted(sign_of(binary.op)) + " needs numbers, " + worded(*expr) + " is " +
                        to_string(**type));
    }
    if (!left.has_value() || !right.has_value()) return Static();  // always blank
    return Static(arithmetic_type(binary.op, *left, *right));
  }

  static Typed day_arithmetic(const expr::Binary& binary, const Static& right) {
    const bool sum = binary.op == BinaryOp::add || binary.op == BinaryOp::subtract;
    if (!right.has_value()) return Static();
    if (sum && fits_letter(*right, 'n')) return Static(of_kind(TypeKind::date));
    if (binary.op == BinaryOp::subtract && right->kind == TypeKind::date) return Static(of_kind(TypeKind::integer));
    return wrong_type(zmig::quoted(sign_of(binary.op)) + " on a date needs whole days, " + worded(*binary.right) +
                      " is " + to_string(*right));
  }

  static Error wrong_arguments(const expr::Call& call, const std::string& what) {
    return make_error(Errc::invalid_input, "ZM0107", zmig::quoted(call.function) + " " + what);
  }

  static Status counted_arguments(const expr::Call& call, const FunctionRow& row) {
    const auto count = static_cast<int>(call.arguments.size());
    const bool odd_switch = row.name == "switch" && count % 2 != 0;
    if (odd_switch) return wrong_arguments(call, "needs a value for every case, and one for the rest");
    if (count >= row.least && (row.most < 0 || count <= row.most)) return ok();
    const std::string least = counted(static_cast<std::uint64_t>(row.least), "argument", "arguments");
    return wrong_arguments(call,
                           "takes " + (row.most < 0 ? "at least " + least : least) + ", not " + std::to_string(count));
  }

  static Status argument(const expr::Call& call, const FunctionRow& row, std::size_t index0, const Static& type) {
    const char letter = argument_letter(row, index0);
    const Expr& expr = *call.arguments[index0];
    const bool is_cell = std::holds_alternative<expr::CellRef>(expr.node);
    const bool fits = letter == 'c' ? is_cell : !type.has_value() || fits_letter(*type, letter);
    if (fits) return ok();
    const std::string is = type.has_value() ? " is " + to_string(*type) : " is not";
    return wrong_arguments(call, "needs " + std::string(letter_means(letter)) + " as argument " +
                                     std::to_string(index0 + 1) + ", " + worded(expr) +
                                     (letter == 'c' ? " is none" : is));
  }

  static Typed extreme_or_choice(const expr::Call& call, const FunctionRow& row, const std::vector<Static>& types) {
    Static type;
    for (std::size_t i = 0; i < types.size(); ++i) { ZMIG_TRY(type, join_branch(type, types[i], *call.arguments[i])); }
    const bool ordered = row.name == "min" || row.name == "max";
    if (ordered && type.has_value() && type->kind == TypeKind::boolean)
      return wrong_arguments(call, "needs values that have an order");
    return type;
  }

  static Typed switched(const expr::Call& call, const std::vector<Static>& types) {
    Static type;
    for (std::size_t i = 1; i + 1 < types.size(); i += 2) {
      ZMIG_CHECK_OK(compared(*call.arguments[0], types[0], *call.arguments[i], types[i]));
      ZMIG_TRY(type, join_branch(type, types[i + 1], *call.arguments[i + 1]));
    }
    return join_branch(type, types.back(), *call.arguments.back());
  }

  static Typed result(const FunctionRow& row, const std::vector<Static>& types) {
    if (row.name == "remainder" && types[0].has_value() && types[1].has_value()) {
      return Static(arithmetic_type(BinaryOp::add, *types[0], *types[1]));
    }
    switch (row.result[0]) {
      case 't': return Static(of_kind(TypeKind::text));
      case 'n': return Static(of_kind(TypeKind::integer));
      case 'x': return Static(of_kind(TypeKind::number));
      case 'd': return Static(of_kind(TypeKind::date));
      case 'b': return Static(of_kind(TypeKind::boolean));
      default: return types[0];
    }
  }
};

}  // namespace

Type literal_type(double number) {
  Type type;
  type.kind = TypeKind::number;
  if (std::fabs(number) > kLargestInteger) return type;
  if (std::trunc(number) == number) return of_kind(TypeKind::integer);
  const std::string text = spell_shortest(number);
  const std::size_t point = text.find('.');
  const std::size_t digits = point == std::string::npos ? 0 : text.size() - point - 1;
  if (digits == 0 || digits > 10 || text.find('e') != std::string::npos || text.size() > 16) return type;
  type.kind = TypeKind::decimal;
  type.digits = static_cast<int>(digits);
  return type;
}

Type wider_numeric(const Type& a, const Type& b) {
  if (a == b) return a;
  return arithmetic_type(BinaryOp::add, a, b);
}

Type arithmetic_type(BinaryOp op, const Type& a, const Type& b) {
  const auto digits_of = [](const Type& type) -> std::optional<int> {
    return type.kind == TypeKind::integer ? std::optional<int>(0) : decimal_digits(type);
  };
  const auto digits_a = digits_of(a);
  const auto digits_b = digits_of(b);
  if (op == BinaryOp::divide || !digits_a.has_value() || !digits_b.has_value()) return of_kind(TypeKind::number);
  if (a.kind == TypeKind::integer && b.kind == TypeKind::integer) return of_kind(TypeKind::integer);
  Type type = of_kind(TypeKind::decimal);
  type.digits = op == BinaryOp::multiply ? std::min(*digits_a + *digits_b, 10) : std::max(*digits_a, *digits_b);
  return type;
}

Result<std::optional<Type>> type_of(const Expr& expr,
                                    const std::function<const Column*(const std::string& column_id)>& column) {
  return Checker{column}.check(expr);
}

}  // namespace zmig
