// Formulas: one rule for each level of precedence, loosest first. Levels build their tree by actions; spans come from
// the symbols, so that no rule with an action needs one.

#include "grammar/rules.h"

namespace zmig::dsl::grammar {
namespace {

struct CallParts {
  ast::Formula head;
  std::vector<ast::Formula> arguments;
  ast::Node close;
};
struct Group {
  ast::Node open;
  ast::Formula inner;
  ast::Node close;
};
struct Branch : ast::Node {
  ast::Formula condition, result;
};
struct Branches {
  std::vector<Branch> branches;
  ast::Formula otherwise;
};
struct Membership {
  Operator op;
  std::vector<ast::Formula> list;
  ast::Node close;
};
struct Match {
  Operator op;
  ast::Text pattern;
};
struct Tail {
  Operator op;
  ast::Formula right;
};

}  // namespace
}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::CallParts, head, arguments, close)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::Group, open, inner, close)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::Branch, condition, result)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::Branches, branches, otherwise)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::Membership, op, list, close)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::Match, op, pattern)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::grammar::Tail, op, right)

namespace zmig::dsl::grammar {
namespace {

using ast::Formula;
using ast::FormulaKind;

ZMIG_DSL_RULE(conjunction, Plain, Formula, "a formula")
ZMIG_DSL_RULE(inversion, Plain, Formula, "a formula")
ZMIG_DSL_RULE(negation, Plain, Formula, "a formula")
ZMIG_DSL_RULE(comparison, Plain, Formula, "a formula")
ZMIG_DSL_RULE(concatenation, Plain, Formula, "a formula")
ZMIG_DSL_RULE(sum, Plain, Formula, "a formula")
ZMIG_DSL_RULE(product, Plain, Formula, "a formula")
ZMIG_DSL_RULE(unary, Plain, Formula, "a formula")
ZMIG_DSL_RULE(primary, Plain, Formula, "a formula")
ZMIG_DSL_RULE(call, Plain, CallParts, "a formula")
ZMIG_DSL_RULE(group, Plain, Group, "a formula")
ZMIG_DSL_RULE(branch, Annotate, Branch, "`when`")
ZMIG_DSL_RULE(branches, Plain, Branches, "`when`")
ZMIG_DSL_RULE(membership, Plain, Membership, "`is one of`")
ZMIG_DSL_RULE(match, Plain, Match, "`matches`")
ZMIG_DSL_RULE(or_tail, Plain, Tail, "`or`")
ZMIG_DSL_RULE(and_tail, Plain, Tail, "`and`")
ZMIG_DSL_RULE(compare_tail, Plain, Tail, "a comparison")
ZMIG_DSL_RULE(concat_tail, Plain, Tail, "`&`")
ZMIG_DSL_RULE(sum_tail, Plain, Tail, "`+`")
ZMIG_DSL_RULE(product_tail, Plain, Tail, "`*`")
ZMIG_DSL_RULE(not_tail, Plain, Tail, "`not`")
ZMIG_DSL_RULE(minus_tail, Plain, Tail, "`-`")
ZMIG_DSL_RULE(blank_test, Plain, Operator, "`is`")

auto const set = [](auto& ctx) { x3::_val(ctx) = std::move(x3::_attr(ctx)); };

/// left op right
auto const fold = [](auto& ctx) {
  Formula& left = x3::_val(ctx);
  Tail& tail = x3::_attr(ctx);
  Formula whole;
  whole.kind = tail.op.kind;
  whole.begin = left.begin;
  whole.end = tail.right.end;
  whole.word = tail.op;
  whole.operands.reserve(2);
  whole.operands.push_back(std::move(left));
  whole.operands.push_back(std::move(tail.right));
  left = std::move(whole);
};

/// op right
auto const prefix = [](auto& ctx) {
  Tail& tail = x3::_attr(ctx);
  Formula whole;
  whole.kind = tail.op.kind;
  whole.begin = tail.op.begin;
  whole.end = tail.right.end;
  whole.word = tail.op;
  whole.operands.push_back(std::move(tail.right));
  x3::_val(ctx) = std::move(whole);
};

/// left is [not] blank
auto const postfix = [](auto& ctx) {
  Formula& left = x3::_val(ctx);
  const Operator& op = x3::_attr(ctx);
  Formula whole;
  whole.kind = op.kind;
  whole.begin = left.begin;
  whole.end = op.end;
  whole.word = op;
  whole.operands.push_back(std::move(left));
  left = std::move(whole);
};

auto const member = [](auto& ctx) {
  Formula& left = x3::_val(ctx);
  Membership& parts = x3::_attr(ctx);
  Formula whole;
  whole.kind = parts.op.kind;
  whole.begin = left.begin;
  whole.end = parts.close.end;
  whole.word = parts.op;
  whole.operands.push_back(std::move(left));
  for (Formula& value : parts.list) whole.operands.push_back(std::move(value));
  left = std::move(whole);
};

auto const matching = [](auto& ctx) {
  Formula& left = x3::_val(ctx);
  Match& parts = x3::_attr(ctx);
  Formula whole;
  whole.kind = parts.op.kind;
  whole.begin = left.begin;
  whole.end = parts.pattern.end;
  whole.word = parts.pattern;
  whole.value = std::move(parts.pattern.value);
  whole.operands.push_back(std::move(left));
  left = std::move(whole);
};

auto const called = [](auto& ctx) {
  CallParts& parts = x3::_attr(ctx);
  Formula whole = std::move(parts.head);
  whole.operands = std::move(parts.arguments);
  whole.end = parts.close.end;
  x3::_val(ctx) = std::move(whole);
};

auto const grouped = [](auto& ctx) {
  Group& parts = x3::_attr(ctx);
  Formula whole = std::move(parts.inner);
  whole.parenthesised = true;
  whole.begin = parts.open.begin;
  whole.end = parts.close.end;
  x3::_val(ctx) = std::move(whole);
};

auto const chosen = [](auto& ctx) {
  Branches& parts = x3::_attr(ctx);
  Formula whole;
  whole.kind = FormulaKind::choose;
  whole.begin = parts.branches.front().begin;
  whole.end = parts.otherwise.end;
  for (Branch& part : parts.branches) {
    whole.operands.push_back(std::move(part.condition));
    whole.operands.push_back(std::move(part.result));
  }
  whole.operands.push_back(std::move(parts.otherwise));
  x3::_val(ctx) = std::move(whole);
};

constexpr WordOperator word_operator(std::string_view words, FormulaKind kind) { return {words, kind}; }
constexpr OperatorToken sign_operator(char c, FormulaKind kind) { return {c, kind}; }

}  // namespace

auto const or_tail_def = word_operator("or", FormulaKind::logic_or) > conjunction;
auto const and_tail_def = word_operator("and", FormulaKind::logic_and) > inversion;
auto const not_tail_def = word_operator("not", FormulaKind::logic_not) > deep(inversion);
auto const compare_tail_def = ComparisonToken{} > concatenation;
auto const concat_tail_def = sign_operator('&', FormulaKind::concat) > sum;
auto const sum_tail_def = (sign_operator('+', FormulaKind::add) | sign_operator('-', FormulaKind::subtract)) > product;
auto const product_tail_def =
    (sign_operator('*', FormulaKind::multiply) | sign_operator('/', FormulaKind::divide)) > unary;
auto const minus_tail_def = sign_operator('-', FormulaKind::negate) > primary;

auto const formula_def = conjunction[set] >> *or_tail[fold];
auto const conjunction_def = inversion[set] >> *and_tail[fold];
auto const negation_def = not_tail[prefix];
auto const inversion_def = negation | comparison;
auto const blank_test_def = kw("is") > (word_operator("not blank", FormulaKind::is_not_blank) |
                                        word_operator("blank", FormulaKind::is_blank));
auto const membership_def = word_operator("is one of", FormulaKind::is_one_of) > punct('(') > formulas > sign(')');
auto const match_def = word_operator("matches", FormulaKind::matches) > text_;
auto const comparison_def = concatenation[set] >>
                            *(compare_tail[fold] | membership[member] | blank_test[postfix] | match[matching]);
auto const concatenation_def = sum[set] >> *concat_tail[fold];
auto const sum_def = product[set] >> *sum_tail[fold];
auto const product_def = unary[set] >> *product_tail[fold];
auto const unary_def = minus_tail[prefix] | primary[set];

auto const call_def = CallToken{} > -formulas > sign(')');
auto const group_def = sign('(') > formula > sign(')');
auto const branch_def = kw("when") > formula > kw("then") > formula;
auto const branches_def = +branch > kw("else") > formula;
auto const primary_def = deep(group[grouped] | branches[chosen] | call[called] | AtomToken{}[set]);

auto const formulas_def = formula >> *(comma_ > formula);
auto const where_def = kw("where") > formula;
auto const undo_def = kw("undo with") > formula;

BOOST_SPIRIT_DEFINE(formula, formulas, where, undo, conjunction, inversion, negation, comparison, concatenation, sum,
                    product, unary, primary, call, group, branch, branches, membership, match, or_tail, and_tail,
                    compare_tail, concat_tail, sum_tail, product_tail, not_tail, minus_tail, blank_test)
BOOST_SPIRIT_INSTANTIATE(formula_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(formulas_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(where_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(undo_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
