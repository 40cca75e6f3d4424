#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <zmig/expr.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Row row() {
  Row made;
  made.with(column("t", "T"), text("Ana"))
      .with(column("n", "N", of_kind(TypeKind::integer)), number(7))
      .with(column("p", "P", of_kind(TypeKind::decimal, 2)), number(0.1))
      .with(column("q", "Q", of_kind(TypeKind::decimal, 2)), number(0.2))
      .with(column("x", "X", of_kind(TypeKind::number)), number(0.1))
      .with(column("y", "Y", of_kind(TypeKind::number)), number(0.2))
      .with(column("d", "D", of_kind(TypeKind::date)), date(2026, 1, 31))
      .with(column("m", "M", of_kind(TypeKind::datetime)), at(2026, 1, 31, 1))
      .with(column("b", "B", of_kind(TypeKind::boolean)), boolean(true))
      .with(column("none", "None"), Blank{})
      .with(column("bad", "Bad", of_kind(TypeKind::integer)), text("seven"));
  made.variable("migration", text("0001_a")).variable("run_date", date(2026, 5, 11));
  return made;
}

std::string told_of(const Expr& expr) { return row().told(expr); }
std::string told_of(Expr left, BinaryOp op, Expr right) {
  return told_of(binary(std::move(left), op, std::move(right)));
}

}  // namespace

TEST_CASE("integers stay integers and overflow faults") {
  CHECK(told_of(col("n"), BinaryOp::add, lit(1.0)) == "number 8");
  CHECK(told_of(lit(9007199254740991.0), BinaryOp::add, lit(1.0)) == "fault overflow");
  CHECK(told_of(lit(9007199254740991.0), BinaryOp::multiply, lit(2.0)) == "fault overflow");
  CHECK(told_of(lit(-9007199254740991.0), BinaryOp::subtract, lit(1.0)) == "fault overflow");
}

TEST_CASE("decimals add exactly, numbers as doubles") {
  CHECK(told_of(col("p"), BinaryOp::add, col("q")) == "number 0.3");
  CHECK(told_of(col("x"), BinaryOp::add, col("y")) == "number 0.30000000000000004");
  CHECK(told_of(col("p"), BinaryOp::multiply, col("q")) == "number 0.02");
  CHECK(told_of(col("p"), BinaryOp::add, col("x")) == "number 0.2");
  CHECK(told_of(binary(col("p"), BinaryOp::add, col("q")), BinaryOp::equal, lit(0.3)) == "boolean TRUE");
  CHECK(told_of(lit(99999999999999.0), BinaryOp::multiply, lit(10.5)) == "fault overflow");
}

TEST_CASE("division gives a number, and by zero a fault") {
  CHECK(told_of(col("n"), BinaryOp::divide, lit(2.0)) == "number 3.5");
  CHECK(told_of(col("n"), BinaryOp::divide, lit(0.0)) == "fault division_by_zero");
  CHECK(told_of(lit(1e308), BinaryOp::multiply, lit(10.0)) == "fault overflow");
  CHECK(told_of(lit(0.0), BinaryOp::multiply, lit(-1.0)) == "number 0");
}

TEST_CASE("blank in arithmetic is blank, even over zero") {
  CHECK(told_of(nothing(), BinaryOp::add, lit(1.0)) == "blank");
  CHECK(told_of(lit(1.0), BinaryOp::divide, nothing()) == "blank");
  CHECK(told_of(nothing(), BinaryOp::divide, lit(0.0)) == "blank");
  CHECK(told_of(unary(UnaryOp::minus, nothing())) == "blank");
}

TEST_CASE("days add up with whole numbers and subtract to whole numbers") {
  CHECK(told_of(col("d"), BinaryOp::add, lit(1.0)) == "date 2026-02-01");
  CHECK(told_of(col("d"), BinaryOp::subtract, lit(31.0)) == "date 2025-12-31");
  CHECK(told_of(col("d"), BinaryOp::subtract, lit(date(2026, 1, 1))) == "number 30");
  CHECK(told_of(col("d"), BinaryOp::add, lit(0.5)) == "fault kind_mismatch");
  CHECK(told_of(col("d"), BinaryOp::multiply, lit(2.0)) == "fault kind_mismatch");
  CHECK(told_of(col("d"), BinaryOp::add, col("d")) == "fault kind_mismatch");
  CHECK(told_of(lit(1.0), BinaryOp::add, col("d")) == "fault kind_mismatch");
  CHECK(told_of(col("d"), BinaryOp::add, lit(1e9)) == "fault overflow");
  CHECK(told_of(col("m"), BinaryOp::add, lit(1.0)) == "fault kind_mismatch");
}

TEST_CASE("nothing is converted between text and numbers") {
  CHECK(told_of(col("t"), BinaryOp::add, lit(1.0)) == "fault kind_mismatch");
  CHECK(told_of(col("t"), BinaryOp::concat, lit(1.0)) == "fault kind_mismatch");
  CHECK(told_of(lit("7"), BinaryOp::equal, col("n")) == "fault kind_mismatch");
  CHECK(told_of(unary(UnaryOp::minus, col("t"))) == "fault kind_mismatch");
}

TEST_CASE("& takes blank as no text and keeps the limit of a cell") {
  CHECK(told_of(col("t"), BinaryOp::concat, nothing()) == "text Ana");
  CHECK(told_of(nothing(), BinaryOp::concat, nothing()) == "blank");
  CHECK(told_of(lit(text(std::string(20000, 'a'))), BinaryOp::concat, lit(text(std::string(20000, 'a')))) ==
        "fault too_long");
}

TEST_CASE("blank equals blank only and is neither less nor greater") {
  CHECK(told_of(nothing(), BinaryOp::equal, col("none")) == "boolean TRUE");
  CHECK(told_of(nothing(), BinaryOp::equal, lit("")) == "boolean TRUE");
  CHECK(told_of(nothing(), BinaryOp::equal, lit(0.0)) == "boolean FALSE");
  CHECK(told_of(nothing(), BinaryOp::not_equal, lit("a")) == "boolean TRUE");
  for (const BinaryOp op : {BinaryOp::less, BinaryOp::less_equal, BinaryOp::greater, BinaryOp::greater_equal}) {
    CHECK(told_of(nothing(), op, nothing()) == "boolean FALSE");
    CHECK(told_of(lit(1.0), op, nothing()) == "boolean FALSE");
  }
}

TEST_CASE("values of one kind are compared: text by code point, case matters") {
  CHECK(told_of(lit("a"), BinaryOp::equal, lit("A")) == "boolean FALSE");
  CHECK(told_of(lit("Z"), BinaryOp::less, lit("a")) == "boolean TRUE");
  CHECK(told_of(lit("\xEF\xBC\xA1"), BinaryOp::less, lit("\xF0\x9F\x98\x80")) == "boolean TRUE");
  CHECK(told_of(lit(1.0), BinaryOp::greater_equal, lit(1.0)) == "boolean TRUE");
  CHECK(told_of(col("d"), BinaryOp::greater, lit(date(2026, 1, 30))) == "boolean TRUE");
  CHECK(told_of(col("d"), BinaryOp::equal, col("m")) == "fault kind_mismatch");
  CHECK(told_of(lit(boolean(true)), BinaryOp::less, lit(boolean(false))) == "fault kind_mismatch");
  CHECK(told_of(lit(boolean(true)), BinaryOp::equal, col("b")) == "boolean TRUE");
}

TEST_CASE("and, or do not look right when the left decides, and blank is false") {
  CHECK(told_of(lit(boolean(false)), BinaryOp::logical_and, col("bad")) == "boolean FALSE");
  CHECK(told_of(lit(boolean(true)), BinaryOp::logical_or, col("bad")) == "boolean TRUE");
  CHECK(told_of(lit(boolean(true)), BinaryOp::logical_and, col("bad")) == "fault kind_mismatch");
  CHECK(told_of(nothing(), BinaryOp::logical_or, nothing()) == "boolean FALSE");
  CHECK(told_of(unary(UnaryOp::logical_not, nothing())) == "boolean TRUE");
  CHECK(told_of(unary(UnaryOp::logical_not, lit(1.0))) == "fault kind_mismatch");
}

TEST_CASE("is blank, is one of and matches") {
  CHECK(told_of(Expr{expr::IsBlank{col("none"), false}}) == "boolean TRUE");
  CHECK(told_of(Expr{expr::IsBlank{col("t"), true}}) == "boolean TRUE");
  CHECK(told_of(Expr{expr::IsBlank{col("bad"), false}}) == "fault kind_mismatch");
  CHECK(told_of(Expr{expr::IsOneOf{col("n"), boxes({lit(1.0), lit(7.0)})}}) == "boolean TRUE");
  CHECK(told_of(Expr{expr::IsOneOf{nothing(), boxes({lit(1.0)})}}) == "boolean FALSE");
  CHECK(told_of(Expr{expr::IsOneOf{col("n"), boxes({lit("7")})}}) == "fault kind_mismatch");
  CHECK(told_of(Expr{expr::Matches{col("t"), "A*"}}) == "boolean TRUE");
  CHECK(told_of(Expr{expr::Matches{nothing(), "*"}}) == "boolean FALSE");
  CHECK(told_of(Expr{expr::Matches{col("n"), "*"}}) == "fault kind_mismatch");
}

TEST_CASE("when takes the first true branch and evaluates no other") {
  const expr::When when{{{ExprBox(nothing()), ExprBox(col("bad"))},
                         {ExprBox(col("b")), ExprBox(lit("yes"))},
                         {ExprBox(col("bad")), ExprBox(lit("x"))}},
                        lit("no")};
  CHECK(told_of(Expr{when}) == "text yes");
  CHECK(told_of(Expr{expr::When{{{ExprBox(lit(boolean(false))), ExprBox(lit(1.0))}}, nothing()}}) == "blank");
}

TEST_CASE("variables are what the run recorded, and an unknown one is a fault") {
  CHECK(told_of(var("migration")) == "text 0001_a");
  CHECK(told_of(var("run_date")) == "date 2026-05-11");
  CHECK(told_of(var("nobody")) == "fault kind_mismatch");
  RowContext bare;
  CHECK(told(evaluate(var("migration"), bare)) == "fault kind_mismatch");
}

TEST_CASE("a cell that does not read is a fault of its row") {
  CHECK(told_of(col("bad")) == "fault kind_mismatch");
  CHECK(evaluate_condition(nothing(), row().context()) == std::variant<bool, Fault>(false));
  CHECK(std::holds_alternative<Fault>(evaluate_condition(lit("a"), row().context())));
}

TEST_CASE("columns_read lists each column once, in order of appearance") {
  const Expr expr{
      expr::When{{{ExprBox(Expr{expr::IsBlank{col("b"), false}}), ExprBox(call("left", {col("a"), col("b")}))}},
                 binary(col("c"), BinaryOp::add, unary(UnaryOp::minus, col("a")))}};
  CHECK(columns_read(expr) == std::vector<std::string>{"b", "a", "c"});
}

TEST_CASE("formulas are values: copies are equal and independent") {
  Expr original = binary(col("a"), BinaryOp::add, call("abs", {lit(1.0)}));
  Expr copy = original;
  CHECK(copy == original);
  copy = lit(1.0);
  CHECK_FALSE(copy == original);
  CHECK(columns_read(original) == std::vector<std::string>{"a"});
  ExprBox box(original);
  const ExprBox moved = std::move(box);
  box = moved;
  CHECK(box == moved);
}

TEST_CASE("patterns match the whole text") {
  CHECK(matches_pattern("MK-1", "MK-*"));
  CHECK(matches_pattern("", ""));
  CHECK(matches_pattern("", "*"));
  CHECK_FALSE(matches_pattern("", "?"));
  CHECK(matches_pattern("ñ", "?"));
  CHECK_FALSE(matches_pattern("xMK-1", "MK-*"));
  CHECK(matches_pattern("abcabd", "*ab?"));
  CHECK(matches_pattern("aXbXc", "a*b*c"));
  CHECK_FALSE(matches_pattern("ab", "a*b*b"));
  CHECK(matches_pattern("a*b", "a~*b"));
  CHECK_FALSE(matches_pattern("axb", "a~*b"));
  CHECK(matches_pattern("a?~", "a~?~~"));
  CHECK(matches_pattern("a~", "a~"));
  CHECK_FALSE(matches_pattern("MK", "mk"));
  CHECK(matches_pattern("aab", "a**b"));
  CHECK_FALSE(matches_pattern("ab", "abc"));
}

TEST_CASE("a long text against a pattern of many stars ends soon") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  CHECK_FALSE(matches_pattern(std::string(30000, 'a') + "b", pattern + "c"));
  CHECK(matches_pattern(std::string(30000, 'a'), pattern));
}

namespace {

// A second, independent opinion on which formulas there are: anything the types of the nodes allow.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Expr make(int depth) {
    if (depth == 0) return leaf();
    switch (pick(8)) {
      case 0: return unary(pick(2) == 0 ? UnaryOp::minus : UnaryOp::logical_not, make(depth - 1));
      case 1:
      case 2: return binary(make(depth - 1), static_cast<BinaryOp>(pick(13)), make(depth - 1));
      case 3: return Expr{expr::IsBlank{make(depth - 1), pick(2) == 0}};
      case 4: return Expr{expr::IsOneOf{make(depth - 1), boxes({make(depth - 1), make(depth - 1)})}};
      case 5: return Expr{expr::Matches{make(depth - 1), pick(2) == 0 ? "*a?" : "~*"}};
      case 6: return Expr{expr::When{{{ExprBox(make(depth - 1)), ExprBox(make(depth - 1))}}, make(depth - 1)}};
      default: return function(depth);
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }

  Expr leaf() {
    const std::vector<Value> values = {Blank{},
                                       text("Ana María"),
                                       text("-"),
                                       text("12.50"),
                                       text("DD-MM-YYYY"),
                                       text("31-02-2026"),
                                       text("\xFF"),
                                       number(0),
                                       number(-1),
                                       number(2.5),
                                       number(1e15),
                                       number(1e308),
                                       number(9007199254740991.0),
                                       boolean(true),
                                       boolean(false),
                                       Date{46153},
                                       Date{2958465},
                                       Date{-693593},
                                       Time{1},
                                       DateTime{123456789},
                                       CellError{"#N/A"}};
    const std::vector<std::string> columns = {"t", "n", "p", "q", "x", "y", "d", "m", "b", "none", "bad"};
    const std::size_t choice = pick(values.size() + columns.size() + 1);
    if (choice < values.size()) return lit(values[choice]);
    if (choice == values.size()) return var("run_date");
    return col(columns[choice - values.size() - 1]);
  }

  Expr function(int depth) {
    const auto table = function_table();
    const FunctionRow& row_of_table = table[pick(table.size())];
    const auto most = static_cast<std::size_t>(row_of_table.most < 0 ? row_of_table.least + 3 : row_of_table.most);
    const std::size_t count = pick(10) == 0 ? pick(5)
                                            : static_cast<std::size_t>(row_of_table.least) +
                                                  pick(most - static_cast<std::size_t>(row_of_table.least) + 1);
    std::vector<Expr> arguments;
    for (std::size_t i = 0; i < count; ++i) arguments.push_back(make(depth - 1));
    return call(std::string(row_of_table.name), arguments);
  }

  std::mt19937 random_;
};

std::uint32_t seed() {
  const char* given = std::getenv("ZMIG_TEST_SEED");
  return given == nullptr ? 20260511U : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
}

// What a cell may hold: finite numbers without minus zero, text within its limit, days within the calendar.
bool is_sound(const Value& value) {
  if (const auto* n = std::get_if<Number>(&value))
    return std::isfinite(n->value) && !(n->value == 0 && std::signbit(n->value));
  if (const auto* t = std::get_if<Text>(&value)) return !t->utf8.empty();
  if (const auto* d = std::get_if<Date>(&value)) return d->day >= -693593 && d->day <= 2958465;
  return !std::holds_alternative<CellError>(value);
}

}  // namespace

TEST_CASE("random formulas end, are deterministic, and give sound values or faults") {
  const std::uint32_t first = seed();
  const Row cells = row();
  const RowContext context = cells.context();
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const Expr formula = Generator(first + i).make(static_cast<int>(i % 5));
    const Evaluated once = evaluate(formula, context);
    const bool sound = !std::holds_alternative<Value>(once) || is_sound(std::get<Value>(once));
    if (!sound || evaluate(formula, context) != once) FAIL("ZMIG_TEST_SEED=" << first + i << " gives " << told(once));
  }
  SUCCEED("seed " << first);
}

TEST_CASE("a formula that type_of accepts faults with kind_mismatch only for what a cell holds") {
  const std::uint32_t first = seed();
  const Row cells = row();
  const RowContext context = cells.context();
  const auto column_of = [&](const std::string& id) { return &context.column(id); };
  int typed = 0;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const Expr formula = Generator(first + i).make(static_cast<int>(i % 4));
    const auto type = type_of(formula, column_of);
    const auto columns = columns_read(formula);
    const bool reads_bad = std::find(columns.begin(), columns.end(), "bad") != columns.end();
    if (!type.has_value() || reads_bad) continue;
    ++typed;
    const Evaluated outcome = evaluate(formula, context);
    const auto* fault = std::get_if<Fault>(&outcome);
    const bool mismatch = fault != nullptr && fault->kind == FaultKind::kind_mismatch;
    const bool other_type = fault == nullptr && type->has_value() &&
                            told(read_as(std::get<Value>(outcome), **type, "", false)).substr(0, 5) == "fault" &&
                            (*type)->kind != TypeKind::decimal;
    const bool value_of_none = fault == nullptr && !type->has_value() && !is_blank(std::get<Value>(outcome));
    if (mismatch || other_type || value_of_none) FAIL("ZMIG_TEST_SEED=" << first + i << " gives " << told(outcome));
  }
  CHECK(typed > 1000);
}
