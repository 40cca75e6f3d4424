#pragma once
// The inside of the evaluator: values with the numeric type that arithmetic needs to know. Not installed.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zmig/expr.h>

namespace zmig {

/// A value on its way through a formula. Of `type` only the numeric kinds decide something: which digits a sum keeps,
/// how text() spells it.
struct Operand {
  Value value;
  Type type;
};
using Outcome = std::variant<Operand, Fault>;

class Evaluator {
 public:
  explicit Evaluator(const RowContext& row) : row_(row) {}
  [[nodiscard]] Outcome run(const Expr& expr) const;
  /// Blank counts as false; anything that is no truth value is a fault.
  [[nodiscard]] std::variant<bool, Fault> condition(const Expr& expr) const;
  [[nodiscard]] const RowContext& row() const { return row_; }

 private:
  const RowContext& row_;  // outlives every evaluation: the caller's argument
};

Outcome evaluate_call(const expr::Call& call, const Evaluator& evaluator);
Outcome evaluate_arithmetic(BinaryOp op, const Operand& left, const Operand& right);
Outcome evaluate_comparison(BinaryOp op, const Operand& left, const Operand& right);

/// `=` of the language: blank equals blank only; a fault when the kinds differ.
std::variant<bool, Fault> equal_values(const Value& left, const Value& right);
/// Negative, zero, positive; a fault when the kinds differ or have no order. Neither is blank.
std::variant<int, Fault> order_values(const Value& left, const Value& right);

Outcome text_outcome(std::string text);  ///< blank when empty, too_long when it is
Outcome integer_outcome(double number);  ///< overflow outside the integers
Outcome number_outcome(double number);   ///< overflow when not finite
Outcome boolean_outcome(bool value);
Outcome blank_outcome();

/// The type of a number that stands in a formula: integer, decimal by its digits, or number.
Type literal_type(double number);
/// The type that holds both numbers without loss.
Type wider_numeric(const Type& a, const Type& b);
/// The type of `+ - * /` on these numbers.
Type arithmetic_type(BinaryOp op, const Type& a, const Type& b);

/// Row of function_table(), or null.
const FunctionRow* find_function(std::string_view name);
/// The letter of an argument in FunctionRow::arguments; the last repeats.
char argument_letter(const FunctionRow& row, std::size_t index0);

}  // namespace zmig
