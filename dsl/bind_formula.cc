// Formulas (language.md 8): from tree to Expr, every name resolved, every function known, the types right.

#include <algorithm>
#include <utility>

#include <zmig/expr.h>
#include <zmig/text.h>

#include "binder.h"
#include "format_words.h"

namespace zmig::dsl {
namespace {

std::optional<BinaryOp> binary_of(ast::FormulaKind kind) {
  using enum ast::FormulaKind;
  switch (kind) {
    case logic_and: return BinaryOp::logical_and;
    case logic_or: return BinaryOp::logical_or;
    case equal: return BinaryOp::equal;
    case different: return BinaryOp::not_equal;
    case less: return BinaryOp::less;
    case less_equal: return BinaryOp::less_equal;
    case greater: return BinaryOp::greater;
    case greater_equal: return BinaryOp::greater_equal;
    case concat: return BinaryOp::concat;
    case add: return BinaryOp::add;
    case subtract: return BinaryOp::subtract;
    case multiply: return BinaryOp::multiply;
    case divide: return BinaryOp::divide;
    case text:
    case integer:
    case decimal:
    case date:
    case boolean:
    case blank:
    case cell:
    case variable:
    case negate:
    case logic_not:
    case is_blank:
    case is_not_blank:
    case is_one_of:
    case matches:
    case call:
    case choose: return std::nullopt;
  }
  return std::nullopt;
}

ast::LiteralKind literal_kind(ast::FormulaKind kind) {
  if (kind == ast::FormulaKind::integer) return ast::LiteralKind::integer;
  if (kind == ast::FormulaKind::decimal) return ast::LiteralKind::decimal;
  if (kind == ast::FormulaKind::date) return ast::LiteralKind::date;
  if (kind == ast::FormulaKind::boolean) return ast::LiteralKind::boolean;
  if (kind == ast::FormulaKind::text) return ast::LiteralKind::text;
  return ast::LiteralKind::blank;
}

/// The value takes the column's type before it is written: what can be said of it from the type alone (8.2).
bool can_be_written(const Type& value, const Type& column) {
  if (is_textual(column)) return is_textual(value);
  if (is_numeric(column)) return is_numeric(value);
  if (column.kind == TypeKind::datetime) return value.kind == TypeKind::datetime || value.kind == TypeKind::date;
  return value.kind == column.kind;
}

const FunctionRow* function_named(std::string_view name) {
  const auto table = function_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const FunctionRow& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string arguments_of(const FunctionRow& row) {
  const auto least = static_cast<std::uint64_t>(row.least);
  if (row.most < 0) return "at least " + counted(least, "argument", "arguments");
  if (row.most == row.least) return counted(least, "argument", "arguments");
  return std::to_string(row.least) + " to " + counted(static_cast<std::uint64_t>(row.most), "argument", "arguments");
}

char letter_of(const FunctionRow& row, std::size_t argument) {
  if (row.arguments.empty()) return 'a';
  return row.arguments[std::min(argument, row.arguments.size() - 1)];
}

std::string_view word_of_letter(char letter) {
  switch (letter) {
    case 't': return "text";
    case 'n': return "integer";
    case 'x': return "number";
    case 'd': return "date";
    case 'b': return "boolean";
    case 'c': return "[Column]";
    default: return "value";
  }
}

/// left(text, integer)
std::string signature_of(const FunctionRow& row) {
  std::string out = std::string(row.name) + "(";
  const auto shown = static_cast<std::size_t>(row.most < 0 ? row.least : row.most);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ", ";
    out += word_of_letter(letter_of(row, i));
  }
  return out + (row.most < 0 ? ", …)" : ")");
}

/// What is neither a literal, a name, a call nor a binary operator.
std::optional<Expr> compound(const ast::Formula& formula, const std::vector<ExprBox>& operands) {
  using enum ast::FormulaKind;
  if (formula.kind == negate) return Expr{expr::Unary{UnaryOp::minus, operands[0]}};
  if (formula.kind == logic_not) return Expr{expr::Unary{UnaryOp::logical_not, operands[0]}};
  if (formula.kind == is_blank) return Expr{expr::IsBlank{operands[0], false}};
  if (formula.kind == is_not_blank) return Expr{expr::IsBlank{operands[0], true}};
  if (formula.kind == matches) return Expr{expr::Matches{operands[0], formula.value}};
  if (formula.kind == is_one_of && operands.size() > 1) {
    return Expr{expr::IsOneOf{operands[0], {operands.begin() + 1, operands.end()}}};
  }
  if (formula.kind != choose || operands.size() < 3) return std::nullopt;
  expr::When when;
  for (std::size_t i = 0; i + 2 < operands.size(); i += 2) when.branches.emplace_back(operands[i], operands[i + 1]);
  when.otherwise = operands.back();
  return Expr{std::move(when)};
}

}  // namespace

bool Binder::reads_unsure(const Expr& expr) const {
  const std::vector<std::string> read = columns_read(expr);
  return std::any_of(read.begin(), read.end(), [&](const std::string& id) { return unsure_.contains(id); });
}

std::optional<Expr> Binder::name_in_formula(const ast::Formula& formula, const Sheet& sheet) {
  if (formula.kind == ast::FormulaKind::cell) {
    const Column* column = column_named(sheet, formula.value, formula);
    if (column == nullptr) return std::nullopt;
    return Expr{expr::CellRef{column->id, column->header}};
  }
  if (!variable_value(formula.value, formula)) return std::nullopt;
  return Expr{expr::Variable{formula.value}};
}

std::optional<Expr> Binder::call(const ast::Formula& formula, std::vector<ExprBox> operands) {
  const FunctionRow* row = function_named(formula.value);
  if (row == nullptr) {
    std::vector<std::string> names;
    for (const FunctionRow& one : function_table()) names.emplace_back(one.name);
    Diagnostic& found = error("ZM0106", "unknown function `" + formula.value + "`", formula.word);
    if (const auto near = nearest(formula.value, names)) found.help = "did you mean `" + *near + "`?";
    return std::nullopt;
  }
  if (!row->core) {
    not_yet(formula.value, formula.word);
    return std::nullopt;
  }
  const std::size_t given = operands.size();
  const bool enough = given >= static_cast<std::size_t>(row->least);
  if (!enough || (row->most >= 0 && given > static_cast<std::size_t>(row->most))) {
    error("ZM0107", "`" + formula.value + "` takes " + arguments_of(*row), formula.word,
          given == 0 ? "none here" : std::to_string(given) + " here")
        .help = "write " + signature_of(*row);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < given; ++i) {
    const ast::Formula& written = formula.operands[i];
    if (letter_of(*row, i) == 'c' && !std::holds_alternative<expr::CellRef>(operands[i]->node)) {
      error("ZM0107", "`" + formula.value + "` takes the value of a column", written, "this is a formula").help =
          "write `" + formula.value + "([Column])`";
      return std::nullopt;
    }
    const bool format = (formula.value == "parse_number" || formula.value == "parse_date") && i == 1;
    if (!format || written.kind != ast::FormulaKind::text) continue;
    if (const auto fault = format_fault(written.value, true)) {
      error("ZM0023", *fault, written);
      return std::nullopt;
    }
  }
  return Expr{expr::Call{formula.value, std::move(operands)}};
}

std::optional<Expr> Binder::node(const ast::Formula& formula, const Sheet& sheet) {
  using enum ast::FormulaKind;
  if (formula.kind == cell || formula.kind == variable) return name_in_formula(formula, sheet);
  // Every operand is bound before anything is given up: all of their errors are wanted.
  std::vector<ExprBox> operands;
  bool sound = true;
  for (const ast::Formula& operand : formula.operands) {
    std::optional<Expr> bound = node(operand, sheet);
    sound = sound && bound.has_value();
    operands.emplace_back(bound ? std::move(*bound) : Expr{});
  }
  if (formula.kind == call) {
    if (!sound && function_named(formula.value) != nullptr) return std::nullopt;
    return this->call(formula, std::move(operands));
  }
  if (!sound) return std::nullopt;
  if (const auto op = binary_of(formula.kind)) {
    if (operands.size() < 2) return std::nullopt;
    return Expr{expr::Binary{*op, operands[0], operands[1]}};
  }
  if (!operands.empty()) return compound(formula, operands);
  ast::Literal written;
  static_cast<ast::Node&>(written) = formula;
  written.kind = literal_kind(formula.kind);
  written.value = formula.value;
  const std::optional<Value> value = literal(written);
  if (!value) return std::nullopt;
  return Expr{expr::Literal{*value}};
}

Result<std::optional<Type>> Binder::quiet_type(const Expr& expr, const Sheet& sheet) const {
  return type_of(expr, [&sheet](const std::string& id) { return column_by_id(sheet, id); });
}

void Binder::report_type(const ast::Formula& formula, const Sheet& sheet, const Error& why) {
  // The caret goes to the innermost part that does not hold together: its own operands do.
  for (const ast::Formula& operand : formula.operands) {
    const std::size_t errors = out_.size();
    const std::optional<Expr> inner = node(operand, sheet);
    out_.resize(errors);
    if (!inner) continue;
    const auto type = quiet_type(*inner, sheet);
    if (!type) return report_type(operand, sheet, type.error());
  }
  Diagnostic& found = error(why.zm.empty() ? "ZM0104" : why.zm, why.message, formula);
  if (!why.help.empty()) found.help = why.help;
}

std::optional<std::optional<Type>> Binder::static_type(const ast::Formula& formula, const Expr& expr,
                                                       const Sheet& sheet) {
  if (reads_unsure(expr)) return std::nullopt;
  auto type = quiet_type(expr, sheet);
  if (type) return *type;
  report_type(formula, sheet, type.error());
  return std::nullopt;
}

std::optional<Expr> Binder::formula(const ast::Formula& formula, const Sheet& sheet) {
  std::optional<Expr> bound = node(formula, sheet);
  if (bound) static_type(formula, *bound, sheet);
  return bound;
}

void Binder::check_listed(const ast::Formula& formula, const Type& type) {
  if (formula.kind == ast::FormulaKind::text && !formula.value.empty()) {
    is_listed(type, formula.value, formula);
  } else if (formula.kind == ast::FormulaKind::choose) {
    for (std::size_t i = 1; i < formula.operands.size(); i += 2) check_listed(formula.operands[i], type);
    if (!formula.operands.empty()) check_listed(formula.operands.back(), type);
  }
}

std::optional<Expr> Binder::formula_for(const ast::Formula& formula, const Sheet& sheet, const Column& column) {
  std::optional<Expr> bound = node(formula, sheet);
  if (!bound) return std::nullopt;
  const auto type = static_type(formula, *bound, sheet);
  if (!type || unsure_.contains(column.id)) return bound;
  if (*type && !can_be_written(**type, column.type)) {
    Diagnostic& found = error("ZM0104",
                              "the formula for " + quoted(column.header) + " gives " + singular_of(**type) +
                                  ", the column holds " + plural_of(column.type),
                              formula, to_string(**type));
    const auto written = type_written_.find(column.id);
    if (written != type_written_.end()) {
      found.secondary.push_back({span(written->second), {}, to_string(column.type)});
    } else {
      found.notes.push_back(quoted(column.header) + " has the type " + to_string(column.type));
    }
    if (is_textual(column.type)) found.help = "`text(…)` makes a text of it";
    return bound;
  }
  if (column.type.kind == TypeKind::enumeration) check_listed(formula, column.type);
  return bound;
}

std::optional<Expr> Binder::condition(const ast::Formula& formula, const Sheet& sheet) {
  std::optional<Expr> bound = node(formula, sheet);
  if (!bound) return std::nullopt;
  const auto type = static_type(formula, *bound, sheet);
  if (!type || !*type || (*type)->kind == TypeKind::boolean) return bound;
  error("ZM0104", "a condition is true or false, this is " + singular_of(**type), formula, to_string(**type));
  return bound;
}

}  // namespace zmig::dsl
