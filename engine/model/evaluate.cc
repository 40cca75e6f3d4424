#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include <zmig/expr.h>

#include "base/text.h"
#include "model/evaluator.h"
#include "model/numbers.h"

namespace zmig {
namespace {

Fault mismatch(std::string detail = {}) { return {FaultKind::kind_mismatch, std::move(detail)}; }

struct Node {
  const Evaluator& evaluator;

  Outcome operator()(const expr::Literal& literal) const {
    if (const auto* number = std::get_if<Number>(&literal.value)) return Operand{*number, literal_type(number->value)};
    if (const auto* text = std::get_if<Text>(&literal.value)) return text_outcome(text->utf8);
    if (const auto* error = std::get_if<CellError>(&literal.value)) return Fault{FaultKind::error_cell, error->text};
    return Operand{literal.value, {}};
  }

  Outcome operator()(const expr::CellRef& reference) const {
    const RowContext& row = evaluator.row();
    const Column& column = row.column(reference.column);
    const std::string format = column.format.value_or(implied_format(column.type));
    Evaluated read = read_as(row.cell(reference.column).value, column.type, format, row.text_source);
    if (auto* fault = std::get_if<Fault>(&read)) return std::move(*fault);
    return Operand{std::get<Value>(std::move(read)), column.type};
  }

  Outcome operator()(const expr::Variable& variable) const {
    const Value* value = evaluator.row().variable ? evaluator.row().variable(variable.name) : nullptr;
    if (value == nullptr) return mismatch("no value for $" + variable.name);
    return (*this)(expr::Literal{*value});
  }

  Outcome operator()(const expr::Unary& unary) const {
    if (unary.op == UnaryOp::logical_not) {
      auto truth = evaluator.condition(*unary.operand);
      if (auto* fault = std::get_if<Fault>(&truth)) return std::move(*fault);
      return boolean_outcome(!std::get<bool>(truth));
    }
    Outcome operand = evaluator.run(*unary.operand);
    auto* known = std::get_if<Operand>(&operand);
    if (known == nullptr || is_blank(known->value)) return operand;
    const auto* number = std::get_if<Number>(&known->value);
    if (number == nullptr) return mismatch();
    return Operand{number_value(-number->value), known->type};
  }

  Outcome operator()(const expr::Binary& binary) const {
    if (binary.op == BinaryOp::logical_and || binary.op == BinaryOp::logical_or) return logic(binary);
    Outcome left = evaluator.run(*binary.left);
    if (std::holds_alternative<Fault>(left)) return left;
    Outcome right = evaluator.run(*binary.right);
    if (std::holds_alternative<Fault>(right)) return right;
    const auto& a = std::get<Operand>(left);
    const auto& b = std::get<Operand>(right);
    switch (binary.op) {
      case BinaryOp::add:
      case BinaryOp::subtract:
      case BinaryOp::multiply:
      case BinaryOp::divide: return evaluate_arithmetic(binary.op, a, b);
      case BinaryOp::concat: return concat(a.value, b.value);
      case BinaryOp::equal:
      case BinaryOp::not_equal:
      case BinaryOp::less:
      case BinaryOp::less_equal:
      case BinaryOp::greater:
      case BinaryOp::greater_equal: return evaluate_comparison(binary.op, a, b);
      case BinaryOp::logical_and:
      case BinaryOp::logical_or: break;
    }
    return mismatch();
  }

  Outcome operator()(const expr::IsBlank& test) const {
    Outcome operand = evaluator.run(*test.operand);
    if (std::holds_alternative<Fault>(operand)) return operand;
    return boolean_outcome(is_blank(std::get<Operand>(operand).value) != test.negated);
  }

  Outcome operator()(const expr::IsOneOf& test) const {
    Outcome operand = evaluator.run(*test.operand);
    if (std::holds_alternative<Fault>(operand)) return operand;
    for (const ExprBox& candidate : test.values) {
      Outcome value = evaluator.run(*candidate);
      if (std::holds_alternative<Fault>(value)) return value;
      auto equal = equal_values(std::get<Operand>(operand).value, std::get<Operand>(value).value);
      if (auto* fault = std::get_if<Fault>(&equal)) return std::move(*fault);
      if (std::get<bool>(equal)) return boolean_outcome(true);
    }
    return boolean_outcome(false);
  }

  Outcome operator()(const expr::Matches& test) const {
    Outcome operand = evaluator.run(*test.operand);
    const auto* known = std::get_if<Operand>(&operand);
    if (known == nullptr) return operand;
    if (is_blank(known->value)) return boolean_outcome(false);
    const auto* text = std::get_if<Text>(&known->value);
    if (text == nullptr) return mismatch();
    return boolean_outcome(matches_pattern(text->utf8, test.pattern));
  }

  Outcome operator()(const expr::When& when) const {
    for (const auto& [condition, value] : when.branches) {
      auto truth = evaluator.condition(*condition);
      if (auto* fault = std::get_if<Fault>(&truth)) return std::move(*fault);
      if (std::get<bool>(truth)) return evaluator.run(*value);
    }
    return evaluator.run(*when.otherwise);
  }

  Outcome operator()(const expr::Call& call) const { return evaluate_call(call, evaluator); }

 private:
  [[nodiscard]] Outcome logic(const expr::Binary& binary) const {
    const bool deciding = binary.op == BinaryOp::logical_or;
    auto left = evaluator.condition(*binary.left);
    if (auto* fault = std::get_if<Fault>(&left)) return std::move(*fault);
    if (std::get<bool>(left) == deciding) return boolean_outcome(deciding);
    auto right = evaluator.condition(*binary.right);
    if (auto* fault = std::get_if<Fault>(&right)) return std::move(*fault);
    return boolean_outcome(std::get<bool>(right));
  }

  static Outcome concat(const Value& left, const Value& right) {
    std::string joined;
    for (const Value* side : {&left, &right}) {
      if (is_blank(*side)) continue;
      const auto* text = std::get_if<Text>(side);
      if (text == nullptr) return mismatch("\"&\" joins text");
      joined += text->utf8;
    }
    return text_outcome(std::move(joined));
  }
};

Outcome day_outcome(double day) {
  if (!(day >= kFirstDay && day <= kLastDay)) return Fault{FaultKind::overflow, "outside the years 1 to 9999"};
  Type type;
  type.kind = TypeKind::date;
  return Operand{Date{static_cast<std::int32_t>(day)}, type};
}

Outcome day_arithmetic(BinaryOp op, const Date& left, const Value& right) {
  if (const auto* number = std::get_if<Number>(&right)) {
    if (std::trunc(number->value) != number->value) return mismatch("days are whole");
    if (op == BinaryOp::add) return day_outcome(left.day + number->value);
    if (op == BinaryOp::subtract) return day_outcome(left.day - number->value);
  }
  const auto* other = std::get_if<Date>(&right);
  if (other != nullptr && op == BinaryOp::subtract) return integer_outcome(static_cast<double>(left.day) - other->day);
  return mismatch();
}

}  // namespace

Outcome evaluate_arithmetic(BinaryOp op, const Operand& left, const Operand& right) {
  if (is_blank(left.value) || is_blank(right.value)) return blank_outcome();
  if (const auto* day = std::get_if<Date>(&left.value)) return day_arithmetic(op, *day, right.value);
  const auto* a = std::get_if<Number>(&left.value);
  const auto* b = std::get_if<Number>(&right.value);
  if (a == nullptr || b == nullptr) return mismatch();
  double result = 0;
  if (op == BinaryOp::add) result = a->value + b->value;
  if (op == BinaryOp::subtract) result = a->value - b->value;
  if (op == BinaryOp::multiply) result = a->value * b->value;
  if (op == BinaryOp::divide) {
    if (b->value == 0) return Fault{FaultKind::division_by_zero, {}};
    result = a->value / b->value;
  }
  const Type type = arithmetic_type(op, left.type, right.type);
  if (type.kind == TypeKind::integer) return integer_outcome(result);
  if (type.kind != TypeKind::decimal) return number_outcome(result);
  const double rounded = round_decimal(result, type.digits);
  if (!(std::fabs(rounded) * std::pow(10.0, type.digits) < 1e15))
    return Fault{FaultKind::overflow, "more than 15 digits"};
  return Operand{number_value(rounded), type};
}

std::variant<bool, Fault> equal_values(const Value& left, const Value& right) {
  if (is_blank(left) || is_blank(right)) return is_blank(left) && is_blank(right);
  if (left.index() != right.index()) return mismatch("two kinds of value are compared");
  return left == right;
}

std::variant<int, Fault> order_values(const Value& left, const Value& right) {
  const auto sign = [](const auto& a, const auto& b) { return static_cast<int>(b < a) - static_cast<int>(a < b); };
  if (left.index() != right.index()) return mismatch("two kinds of value are compared");
  if (const auto* a = std::get_if<Number>(&left)) return sign(a->value, std::get<Number>(right).value);
  if (const auto* a = std::get_if<Text>(&left)) return sign(a->utf8, std::get<Text>(right).utf8);
  if (const auto* a = std::get_if<Date>(&left)) return sign(a->day, std::get<Date>(right).day);
  if (const auto* a = std::get_if<Time>(&left)) return sign(a->ms, std::get<Time>(right).ms);
  if (const auto* a = std::get_if<DateTime>(&left)) return sign(a->ms, std::get<DateTime>(right).ms);
  return mismatch("these values have no order");
}

Outcome evaluate_comparison(BinaryOp op, const Operand& left, const Operand& right) {
  if (op == BinaryOp::equal || op == BinaryOp::not_equal) {
    auto equal = equal_values(left.value, right.value);
    if (auto* fault = std::get_if<Fault>(&equal)) return std::move(*fault);
    return boolean_outcome(std::get<bool>(equal) == (op == BinaryOp::equal));
  }
  if (is_blank(left.value) || is_blank(right.value)) return boolean_outcome(false);
  auto order = order_values(left.value, right.value);
  if (auto* fault = std::get_if<Fault>(&order)) return std::move(*fault);
  const int sign = std::get<int>(order);
  if (op == BinaryOp::less) return boolean_outcome(sign < 0);
  if (op == BinaryOp::less_equal) return boolean_outcome(sign <= 0);
  if (op == BinaryOp::greater) return boolean_outcome(sign > 0);
  return boolean_outcome(sign >= 0);
}

Outcome text_outcome(std::string text) {
  if (text.empty()) return blank_outcome();
  if (text.size() > kLongestText && count_code_points(text) > kLongestText) return Fault{FaultKind::too_long, {}};
  return Operand{Text{std::move(text)}, {}};
}

Outcome integer_outcome(double number) {
  if (!(std::fabs(number) <= kLargestInteger)) return Fault{FaultKind::overflow, "outside the integers"};
  Type type;
  type.kind = TypeKind::integer;
  return Operand{number_value(number), type};
}

Outcome number_outcome(double number) {
  if (!std::isfinite(number)) return Fault{FaultKind::overflow, {}};
  Type type;
  type.kind = TypeKind::number;
  return Operand{number_value(number), type};
}

Outcome boolean_outcome(bool value) {
  Type type;
  type.kind = TypeKind::boolean;
  return Operand{Boolean{value}, type};
}

Outcome blank_outcome() { return Operand{Blank{}, {}}; }

Outcome Evaluator::run(const Expr& expr) const { return std::visit(Node{*this}, expr.node); }

std::variant<bool, Fault> Evaluator::condition(const Expr& expr) const {
  Outcome outcome = run(expr);
  if (auto* fault = std::get_if<Fault>(&outcome)) return std::move(*fault);
  const Value& value = std::get<Operand>(outcome).value;
  if (is_blank(value)) return false;
  if (const auto* boolean = std::get_if<Boolean>(&value)) return boolean->value;
  return mismatch("a condition is true or false");
}

Evaluated evaluate(const Expr& expr, const RowContext& row) {
  Outcome outcome = Evaluator(row).run(expr);
  if (auto* fault = std::get_if<Fault>(&outcome)) return std::move(*fault);
  return std::get<Operand>(std::move(outcome)).value;
}

std::variant<bool, Fault> evaluate_condition(const Expr& expr, const RowContext& row) {
  return Evaluator(row).condition(expr);
}

}  // namespace zmig
