// Types, values, formulas and checks as trees.

#include <algorithm>
#include <utility>

#include "format_words.h"
#include "unbind.h"

namespace zmig::dsl {
namespace {

ast::TypeKind tree_kind(TypeKind kind) {
  switch (kind) {
    case TypeKind::text: return ast::TypeKind::text;
    case TypeKind::integer: return ast::TypeKind::integer;
    case TypeKind::number: return ast::TypeKind::number;
    case TypeKind::decimal: return ast::TypeKind::decimal;
    case TypeKind::percent: return ast::TypeKind::percent;
    case TypeKind::currency: return ast::TypeKind::currency;
    case TypeKind::boolean: return ast::TypeKind::boolean;
    case TypeKind::date: return ast::TypeKind::date;
    case TypeKind::time: return ast::TypeKind::time;
    case TypeKind::datetime: return ast::TypeKind::datetime;
    case TypeKind::enumeration: return ast::TypeKind::enumeration;
    case TypeKind::reference: return ast::TypeKind::reference;
  }
  return ast::TypeKind::text;
}

ast::Count count(std::uint64_t value) {
  ast::Count out;
  out.value = value;
  out.digits = std::to_string(value);
  return out;
}

template <class Enum>
ast::Choice<Enum> choice(Enum value) {
  ast::Choice<Enum> out;
  out.value = value;
  return out;
}

// --- Formulas. Levels of precedence, tightest last (language.md 8.1).
enum Level { kWhen, kOr, kAnd, kNot, kCompare, kConcat, kSum, kProduct, kUnary, kPrimary };

struct Built {
  ast::Formula formula;
  Level level = kPrimary;
};

ast::Formula leaf(ast::FormulaKind kind, std::string value = {}) {
  ast::Formula out;
  out.kind = kind;
  out.value = std::move(value);
  return out;
}

/// An operand, in parentheses when it binds less tightly than its place asks for.
ast::Formula operand(Built built, Level least) {
  built.formula.parenthesised = built.level < least;
  return std::move(built.formula);
}

Built build(const Expr& expr);

Built of_value(const Value& value) {
  const std::string words = literal_words(value);
  if (const auto* text = std::get_if<Text>(&value)) return {leaf(ast::FormulaKind::text, text->utf8), kPrimary};
  if (const auto* error = std::get_if<CellError>(&value)) return {leaf(ast::FormulaKind::text, error->text), kPrimary};
  if (std::holds_alternative<Boolean>(value)) return {leaf(ast::FormulaKind::boolean, words), kPrimary};
  if (std::holds_alternative<Date>(value) || std::holds_alternative<DateTime>(value)) {
    return {leaf(ast::FormulaKind::date, words), kPrimary};
  }
  if (!std::holds_alternative<Number>(value)) return {leaf(ast::FormulaKind::blank), kPrimary};
  const bool negative = words.starts_with('-');
  const std::string digits = negative ? words.substr(1) : words;
  const bool fraction = digits.find('.') != std::string::npos;
  ast::Formula number = leaf(fraction ? ast::FormulaKind::decimal : ast::FormulaKind::integer, digits);
  if (!negative) return {std::move(number), kPrimary};
  ast::Formula minus = leaf(ast::FormulaKind::negate);
  minus.operands.push_back(std::move(number));
  return {std::move(minus), kUnary};
}

struct Operator {
  ast::FormulaKind kind;
  Level level, left, right;  // what the operands have to be at least
};

Operator operator_of(BinaryOp op) {
  using enum ast::FormulaKind;
  switch (op) {
    case BinaryOp::logical_or: return {logic_or, kOr, kOr, kAnd};
    case BinaryOp::logical_and: return {logic_and, kAnd, kAnd, kNot};
    case BinaryOp::equal: return {equal, kCompare, kConcat, kConcat};
    case BinaryOp::not_equal: return {different, kCompare, kConcat, kConcat};
    case BinaryOp::less: return {less, kCompare, kConcat, kConcat};
    case BinaryOp::less_equal: return {less_equal, kCompare, kConcat, kConcat};
    case BinaryOp::greater: return {greater, kCompare, kConcat, kConcat};
    case BinaryOp::greater_equal: return {greater_equal, kCompare, kConcat, kConcat};
    case BinaryOp::concat: return {concat, kConcat, kConcat, kSum};
    case BinaryOp::add: return {add, kSum, kSum, kProduct};
    case BinaryOp::subtract: return {subtract, kSum, kSum, kProduct};
    case BinaryOp::multiply: return {multiply, kProduct, kProduct, kUnary};
    case BinaryOp::divide: return {divide, kProduct, kProduct, kUnary};
  }
  return {concat, kConcat, kConcat, kSum};
}

struct Builder {
  Built operator()(const expr::Literal& e) const { return of_value(e.value); }
  Built operator()(const expr::CellRef& e) const { return {leaf(ast::FormulaKind::cell, e.header), kPrimary}; }
  Built operator()(const expr::Variable& e) const { return {leaf(ast::FormulaKind::variable, e.name), kPrimary}; }
  Built operator()(const expr::Unary& e) const {
    const bool minus = e.op == UnaryOp::minus;
    Built out{leaf(minus ? ast::FormulaKind::negate : ast::FormulaKind::logic_not), minus ? kUnary : kNot};
    out.formula.operands.push_back(operand(build(*e.operand), minus ? kPrimary : kNot));
    return out;
  }
  Built operator()(const expr::Binary& e) const {
    const Operator op = operator_of(e.op);
    Built out{leaf(op.kind), op.level};
    const auto side = [&](const Expr& expr, Level least) {
      Built built = build(expr);
      // `and` beside `or` is never left to precedence.
      const bool mixed = op.kind == ast::FormulaKind::logic_or && built.level == kAnd;
      return operand(std::move(built), mixed ? kNot : least);
    };
    out.formula.operands.push_back(side(*e.left, op.left));
    out.formula.operands.push_back(side(*e.right, op.right));
    return out;
  }
  Built operator()(const expr::IsBlank& e) const {
    Built out{leaf(e.negated ? ast::FormulaKind::is_not_blank : ast::FormulaKind::is_blank), kCompare};
    out.formula.operands.push_back(operand(build(*e.operand), kConcat));
    return out;
  }
  Built operator()(const expr::IsOneOf& e) const {
    Built out{leaf(ast::FormulaKind::is_one_of), kCompare};
    out.formula.operands.push_back(operand(build(*e.operand), kConcat));
    for (const ExprBox& value : e.values) out.formula.operands.push_back(operand(build(*value), kWhen));
    return out;
  }
  Built operator()(const expr::Matches& e) const {
    Built out{leaf(ast::FormulaKind::matches, e.pattern), kCompare};
    out.formula.operands.push_back(operand(build(*e.operand), kConcat));
    return out;
  }
  Built operator()(const expr::When& e) const {
    Built out{leaf(ast::FormulaKind::choose), kWhen};
    for (const auto& [condition, result] : e.branches) {
      out.formula.operands.push_back(operand(build(*condition), kOr));
      out.formula.operands.push_back(operand(build(*result), kOr));
    }
    out.formula.operands.push_back(operand(build(*e.otherwise), kOr));
    return out;
  }
  Built operator()(const expr::Call& e) const {
    Built out{leaf(ast::FormulaKind::call, e.function), kPrimary};
    for (const ExprBox& argument : e.arguments) out.formula.operands.push_back(operand(build(*argument), kWhen));
    return out;
  }
};

Built build(const Expr& expr) { return std::visit(Builder{}, expr.node); }

// --- Checks

struct CheckBuilder {
  static void bound(boost::optional<ast::Choice<ast::Bound>>& out, Expecting::Kind kind) {
    if (kind == Expecting::Kind::at_least) out = choice(ast::Bound::at_least);
    if (kind == Expecting::Kind::at_most) out = choice(ast::Bound::at_most);
  }
  static ast::Counted counted(check::Counted what) {
    return what == check::Counted::columns ? ast::Counted::columns : ast::Counted::rows;
  }
  static ast::Check sheet(const std::string& title, ast::SheetState state) {
    ast::SheetIs out;
    out.sheet = unbind_text(title);
    out.state.value = state;
    return ast::Check(std::move(out));
  }
  static ast::Check column(const std::string& title, const std::string& header, ast::ColumnState state) {
    ast::ColumnIs out;
    out.column = unbind_text(header);
    out.sheet = unbind_text(title);
    out.state.value = state;
    return ast::Check(std::move(out));
  }

  ast::Check operator()(const check::SheetExists& c) const {
    return sheet(c.title, c.exists ? ast::SheetState::exists : ast::SheetState::missing);
  }
  ast::Check operator()(const check::SheetUnchanged& c) const {
    return sheet(c.sheet.title, ast::SheetState::otherwise_unchanged);
  }
  ast::Check operator()(const check::SheetCount& c) const {
    ast::SheetCount out;
    out.sheet = unbind_text(c.title);
    out.relation.value = ast::CountVerb::has;
    bound(out.bound, c.count.kind);
    out.count = count(c.count.rows);
    out.unit.value = counted(c.what);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::SheetDelta& c) const {
    ast::SheetCount out;
    out.sheet = unbind_text(c.title);
    out.relation.value = c.gained ? ast::CountVerb::gained : ast::CountVerb::lost;
    out.count = count(c.count);
    out.unit.value = counted(c.what);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::ColumnExists& c) const {
    return column(c.title, c.header, c.exists ? ast::ColumnState::exists : ast::ColumnState::missing);
  }
  ast::Check operator()(const check::ColumnIs& c) const {
    ast::ColumnState state = ast::ColumnState::filled;
    if (c.fact == check::ColumnFact::blank) state = ast::ColumnState::blank;
    if (c.fact == check::ColumnFact::unique) state = ast::ColumnState::unique;
    return column(c.at.sheet.title, c.at.header, state);
  }
  ast::Check operator()(const check::ColumnHasType& c) const {
    ast::ColumnHasType out;
    out.column = unbind_text(c.at.header);
    out.sheet = unbind_text(c.at.sheet.title);
    out.type = unbind_type(c.type);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::EnumExists& c) const {
    ast::EnumIs out;
    out.name = unbind_text(c.name);
    out.state.value = c.exists ? ast::EnumState::exists : ast::EnumState::missing;
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::EnumValue& c) const {
    ast::EnumValue out;
    out.name = unbind_text(c.name);
    out.relation.value = c.has ? ast::EnumHas::has : ast::EnumHas::lacks;
    out.value = unbind_text(c.value);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::Rows& c) const {
    if (c.quantifier == check::Quantifier::sample) {
      ast::SampleHas out;
      out.count = count(c.sample);
      out.sheet = unbind_text(c.sheet.title);
      if (c.where) out.where = unbind_formula(*c.where);
      out.formula = unbind_formula(c.has);
      return ast::Check(std::move(out));
    }
    ast::RowsHave out;
    out.quantifier.value = c.quantifier == check::Quantifier::every ? ast::Quantifier::every : ast::Quantifier::no;
    out.sheet = unbind_text(c.sheet.title);
    if (c.where) out.where = unbind_formula(*c.where);
    out.formula = unbind_formula(c.has);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::MigrationApplied& c) const {
    ast::MigrationApplied out;
    out.migration = unbind_text(c.name);
    if (c.ago) out.ago = unbind_duration(*c.ago);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::Backup& c) const {
    if (c.sheet.empty()) return ast::Check(choice(ast::WorkbookFact::backup_of_workbook));
    ast::BackupOfSheet out;
    out.sheet = unbind_text(c.sheet);
    return ast::Check(std::move(out));
  }
  ast::Check operator()(const check::Atomic&) const { return ast::Check(choice(ast::WorkbookFact::atomic)); }
};

}  // namespace

ast::Text unbind_text(std::string text) {
  ast::Text out;
  out.value = std::move(text);
  return out;
}

ast::Duration unbind_duration(std::chrono::seconds duration) {
  const auto hours = static_cast<std::uint64_t>((duration.count() + 3599) / 3600);
  ast::Duration out;
  const bool days = hours % 24 == 0 && hours > 0;
  out.amount = count(days ? hours / 24 : hours);
  out.unit.value = days ? ast::DurationUnit::days : ast::DurationUnit::hours;
  return out;
}

ast::Type unbind_type(const Type& type) {
  ast::Type out;
  out.kind.value = tree_kind(type.kind);
  if (type.kind == TypeKind::decimal) out.digits = count(static_cast<std::uint64_t>(std::max(type.digits, 0)));
  const bool named =
      type.kind == TypeKind::currency || type.kind == TypeKind::enumeration || type.kind == TypeKind::reference;
  if (named) out.name = unbind_text(type.of);
  return out;
}

ast::Literal unbind_literal(const Value& value) {
  Built built = of_value(value);
  ast::Literal out;
  const ast::Formula* formula = &built.formula;
  if (formula->kind == ast::FormulaKind::negate) {
    out.negative = true;
    formula = &formula->operands.front();
  }
  out.value = formula->value;
  if (formula->kind == ast::FormulaKind::text) out.kind = ast::LiteralKind::text;
  if (formula->kind == ast::FormulaKind::integer) out.kind = ast::LiteralKind::integer;
  if (formula->kind == ast::FormulaKind::decimal) out.kind = ast::LiteralKind::decimal;
  if (formula->kind == ast::FormulaKind::date) out.kind = ast::LiteralKind::date;
  if (formula->kind == ast::FormulaKind::boolean) out.kind = ast::LiteralKind::boolean;
  return out;
}

ast::Formula unbind_formula(const Expr& expr) { return build(expr).formula; }

ast::Claim unbind_check(const CheckLine& line, ast::ClaimVerb verb) {
  ast::Claim out;
  out.verb.value = verb;
  out.check = std::visit(CheckBuilder{}, line.check);
  if (!line.because.empty()) out.because = unbind_text(line.because);
  return out;
}

}  // namespace zmig::dsl
