#pragma once
/// Formulas of the language as data (language.md 8), and the one evaluator of them. Total: every row gives a value or a
/// fault.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <zmig/schema.h>
#include <zmig/value.h>

namespace zmig {

struct Expr;
/// An owned sub-formula with value semantics.
class ExprBox {
 public:
  ExprBox();
  ExprBox(Expr expr);  // NOLINT(google-explicit-constructor)
  ~ExprBox();
  ExprBox(const ExprBox& other);
  ExprBox(ExprBox&& other) noexcept;
  ExprBox& operator=(const ExprBox& other);
  ExprBox& operator=(ExprBox&& other) noexcept;
  const Expr& operator*() const { return *expr_; }
  const Expr* operator->() const { return expr_.get(); }
  bool operator==(const ExprBox& other) const;

 private:
  std::unique_ptr<Expr> expr_;
};

enum class UnaryOp { minus, logical_not };
enum class BinaryOp {
  add,
  subtract,
  multiply,
  divide,
  concat,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or
};

namespace expr {
struct Literal {
  Value value;
  bool operator==(const Literal&) const = default;
};
/// [Header]: bound to a column id; `header` is the text at this line, for printing.
struct CellRef {
  std::string column;
  std::string header;
  bool operator==(const CellRef&) const = default;
};
struct Variable {
  std::string name;
  bool operator==(const Variable&) const = default;
};
struct Unary {
  UnaryOp op = UnaryOp::minus;
  ExprBox operand;
  bool operator==(const Unary&) const = default;
};
struct Binary {
  BinaryOp op = BinaryOp::add;
  ExprBox left, right;
  bool operator==(const Binary&) const = default;
};
struct IsBlank {
  ExprBox operand;
  bool negated = false;
  bool operator==(const IsBlank&) const = default;
};
struct IsOneOf {
  ExprBox operand;
  std::vector<ExprBox> values;
  bool operator==(const IsOneOf&) const = default;
};
struct Matches {
  ExprBox operand;
  std::string pattern;
  bool operator==(const Matches&) const = default;
};
struct When {
  std::vector<std::pair<ExprBox, ExprBox>> branches;
  ExprBox otherwise;
  bool operator==(const When&) const = default;
};
/// Function name as in language.md 8.4, lower case; the binder has checked that it exists and takes these arguments.
struct Call {
  std::string function;
  std::vector<ExprBox> arguments;
  bool operator==(const Call&) const = default;
};
}  // namespace expr

struct Expr {
  std::variant<expr::Literal, expr::CellRef, expr::Variable, expr::Unary, expr::Binary, expr::IsBlank, expr::IsOneOf,
               expr::Matches, expr::When, expr::Call>
      node;
  bool operator==(const Expr&) const = default;
};

/// Ids of the columns that a formula reads, each once, in order of appearance.
std::vector<std::string> columns_read(const Expr& expr);

/// What evaluation sees of the current row. `cell` is asked for ids that columns_read lists.
struct RowContext {
  std::function<const Cell&(const std::string& column_id)> cell;
  std::function<const Column&(const std::string& column_id)>
      column;                                                     ///< declared type and format decide how a cell reads
  std::function<const Value*(const std::string& name)> variable;  ///< null: unknown
  bool text_source = false;                                       ///< Capabilities::text_source of the target
};

Evaluated evaluate(const Expr& expr, const RowContext& row);
/// As a condition: blank counts as false. A fault stays a fault.
std::variant<bool, Fault> evaluate_condition(const Expr& expr, const RowContext& row);

/// The functions of language.md 8.4 with their argument types, for binder and completion.
struct FunctionRow {
  std::string_view name;
  int least = 0, most = 0;     ///< number of arguments; most -1: any
  std::string_view arguments;  ///< one letter an argument: t text, n integer, x number, d date, b boolean, a any, c
                               ///< cell reference; the last repeats
  std::string_view result;     ///< the same letters; 's' = same type as the first choice
  bool core = true;            ///< false: full stage (ZM0123)
};
std::span<const FunctionRow> function_table();

/// Static type of a formula: none means blank only (fits every type). An error carries ZM0104 or ZM0107 and names the
/// operand.
Result<std::optional<Type>> type_of(const Expr& expr,
                                    const std::function<const Column*(const std::string& column_id)>& column);

/// `matches`: `*` any run, `?` one code point, `~*` `~?` `~~` those signs. Linear time.
bool matches_pattern(std::string_view text, std::string_view pattern);

/// Unicode simple helpers used by functions and clean steps.
std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);
std::string title_case(std::string_view text);
std::string strip_accents(std::string_view text);
std::string trim_blanks(std::string_view text);  ///< edges, incl. no-break and zero-width

}  // namespace zmig
