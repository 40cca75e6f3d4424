#include <map>
#include <string>

#include <zmig/expr.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// The type, "blank only", or code and message of the error (and its help).
std::string typed(const Expr& expr) {
  static const std::map<std::string, Column> kColumns = {
      {"t", column("t", "T")},
      {"e", column("e", "E", of_kind(TypeKind::enumeration, 0, "Turnos"))},
      {"n", column("n", "N", of_kind(TypeKind::integer))},
      {"x", column("x", "X", of_kind(TypeKind::number))},
      {"p2", column("p2", "P2", of_kind(TypeKind::decimal, 2))},
      {"p3", column("p3", "P3", of_kind(TypeKind::decimal, 3))},
      {"c", column("c", "C", of_kind(TypeKind::currency, 0, "CLP"))},
      {"pc", column("pc", "PC", of_kind(TypeKind::percent))},
      {"d", column("d", "D", of_kind(TypeKind::date))},
      {"m", column("m", "M", of_kind(TypeKind::datetime))},
      {"b", column("b", "B", of_kind(TypeKind::boolean))},
  };
  const auto result = type_of(expr, [](const std::string& id) {
    const auto found = kColumns.find(id);
    return found == kColumns.end() ? nullptr : &found->second;
  });
  if (result.has_value()) return result->has_value() ? to_string(**result) : "blank only";
  const Error& error = result.error();
  return error.zm + " " + error.message + (error.help.empty() ? "" : " (" + error.help + ")");
}

std::string typed(Expr left, BinaryOp op, Expr right) { return typed(binary(std::move(left), op, std::move(right))); }

}  // namespace

TEST_CASE("literals and columns have their own types") {
  CHECK(typed(lit("a")) == "text");
  CHECK(typed(lit("")) == "blank only");
  CHECK(typed(nothing()) == "blank only");
  CHECK(typed(lit(5.0)) == "integer");
  CHECK(typed(lit(0.25)) == "decimal(2)");
  CHECK(typed(lit(1e300)) == "number");
  CHECK(typed(lit(boolean(true))) == "boolean");
  CHECK(typed(lit(date(2026, 1, 1))) == "date");
  CHECK(typed(col("e")) == "enum \"Turnos\"");
  CHECK(typed(col("gone")) == "ZM0101 no column \"gone\"");
  CHECK(typed(var("migration")) == "text");
  CHECK(typed(var("run_date")) == "date");
  CHECK(typed(var("run_time")) == "time");
  CHECK(typed(var("nobody")) == "ZM0110 no variable $nobody");
}

TEST_CASE("arithmetic keeps integers and decimals, and becomes a number with numbers") {
  CHECK(typed(col("n"), BinaryOp::add, lit(1.0)) == "integer");
  CHECK(typed(col("p2"), BinaryOp::add, col("p3")) == "decimal(3)");
  CHECK(typed(col("p2"), BinaryOp::multiply, col("p3")) == "decimal(5)");
  CHECK(typed(col("n"), BinaryOp::multiply, col("p2")) == "decimal(2)");
  CHECK(typed(col("c"), BinaryOp::add, col("n")) == "decimal(0)");
  CHECK(typed(col("p2"), BinaryOp::add, col("x")) == "number");
  CHECK(typed(col("p2"), BinaryOp::multiply, col("pc")) == "number");
  CHECK(typed(col("n"), BinaryOp::divide, col("n")) == "number");
  CHECK(typed(col("n"), BinaryOp::add, nothing()) == "blank only");
  CHECK(typed(unary(UnaryOp::minus, col("p2"))) == "decimal(2)");
  CHECK(typed(col("n"), BinaryOp::add, col("t")) == "ZM0104 \"+\" needs numbers, [t] is text");
  CHECK(typed(unary(UnaryOp::minus, col("t"))) == "ZM0104 \"-\" needs a number, [t] is text");
}

TEST_CASE("dates take whole days and give them") {
  CHECK(typed(col("d"), BinaryOp::add, col("n")) == "date");
  CHECK(typed(col("d"), BinaryOp::subtract, lit(7.0)) == "date");
  CHECK(typed(col("d"), BinaryOp::subtract, col("d")) == "integer");
  CHECK(typed(col("d"), BinaryOp::add, nothing()) == "blank only");
  CHECK(typed(col("d"), BinaryOp::add, lit(0.5)) == "ZM0104 \"+\" on a date needs whole days, 0.5 is decimal(1)");
  CHECK(typed(col("d"), BinaryOp::add, col("d")) == "ZM0104 \"+\" on a date needs whole days, [d] is date");
  CHECK(typed(col("n"), BinaryOp::add, col("d")) == "ZM0104 \"+\" needs numbers, [d] is date");
  CHECK(typed(col("m"), BinaryOp::add, col("n")) == "ZM0104 \"+\" needs numbers, [m] is datetime");
}

TEST_CASE("& joins text, and help says how to make one") {
  CHECK(typed(col("t"), BinaryOp::concat, col("e")) == "text");
  CHECK(typed(col("t"), BinaryOp::concat, nothing()) == "text");
  CHECK(typed(col("t"), BinaryOp::concat, col("n")) == "ZM0104 \"&\" joins text, [n] is integer (write `text([n])`)");
}

TEST_CASE("comparisons need one kind on both sides") {
  CHECK(typed(col("n"), BinaryOp::equal, col("p2")) == "boolean");
  CHECK(typed(col("t"), BinaryOp::less, col("e")) == "boolean");
  CHECK(typed(col("b"), BinaryOp::equal, lit(boolean(true))) == "boolean");
  CHECK(typed(nothing(), BinaryOp::equal, col("d")) == "boolean");
  CHECK(typed(col("t"), BinaryOp::equal, lit(1.0)) == "ZM0104 [t] is text and 1 is integer: they cannot be compared");
  CHECK(typed(col("d"), BinaryOp::equal, col("m")) ==
        "ZM0104 [d] is date and [m] is datetime: they cannot be compared");
  CHECK(typed(col("b"), BinaryOp::less, col("b")) == "ZM0104 true and false have no order");
  CHECK(typed(Expr{expr::IsOneOf{col("t"), boxes({lit("a"), lit(1.0)})}}) ==
        "ZM0104 [t] is text and 1 is integer: they cannot be compared");
  CHECK(typed(Expr{expr::IsOneOf{col("t"), boxes({lit("a"), nothing()})}}) == "boolean");
}

TEST_CASE("conditions are true, false or blank") {
  CHECK(typed(col("b"), BinaryOp::logical_and, nothing()) == "boolean");
  CHECK(typed(col("b"), BinaryOp::logical_or, col("n")) == "ZM0104 \"or\" needs true or false, [n] is integer");
  CHECK(typed(unary(UnaryOp::logical_not, col("t"))) == "ZM0104 \"not\" needs true or false, [t] is text");
  CHECK(typed(Expr{expr::IsBlank{col("n"), false}}) == "boolean");
  CHECK(typed(Expr{expr::Matches{col("t"), "*"}}) == "boolean");
  CHECK(typed(Expr{expr::Matches{col("n"), "*"}}) == "ZM0104 \"matches\" needs a text, [n] is integer");
}

TEST_CASE("the branches of a choice have one type, and blank fits every type") {
  const auto when = [](Expr a, Expr b) {
    return Expr{expr::When{{{ExprBox(col("b")), ExprBox(std::move(a))}}, std::move(b)}};
  };
  CHECK(typed(when(lit("a"), nothing())) == "text");
  CHECK(typed(when(nothing(), nothing())) == "blank only");
  CHECK(typed(when(lit(1.0), col("p2"))) == "decimal(2)");
  CHECK(typed(when(col("e"), col("e"))) == "enum \"Turnos\"");
  CHECK(typed(when(col("e"), col("t"))) == "text");
  CHECK(typed(when(lit("a"), lit(1.0))) == "ZM0104 all branches have one type: 1 is integer, the others are text");
  CHECK(typed(Expr{expr::When{{{ExprBox(col("n")), ExprBox(lit(1.0))}}, lit(2.0)}}) ==
        "ZM0104 \"when\" needs true or false, [n] is integer");
  CHECK(typed(call("coalesce", {col("n"), lit(0.5)})) == "decimal(1)");
  CHECK(typed(call("coalesce", {col("n"), lit("a")})) ==
        "ZM0104 all branches have one type: \"a\" is text, the others are integer");
  CHECK(typed(call("if_error", {col("d"), nothing()})) == "date");
  CHECK(typed(call("switch", {col("t"), lit("a"), lit(1.0), lit("b"), lit(2.0), nothing()})) == "integer");
  CHECK(typed(call("switch", {col("t"), lit(1.0), lit(1.0), nothing()})) ==
        "ZM0104 [t] is text and 1 is integer: they cannot be compared");
}

TEST_CASE("functions give the type of the table") {
  CHECK(typed(call("trim", {col("e")})) == "text");
  CHECK(typed(call("length", {col("t")})) == "integer");
  CHECK(typed(call("contains", {col("t"), lit("a")})) == "boolean");
  CHECK(typed(call("round", {col("p2"), lit(1.0)})) == "number");
  CHECK(typed(call("floor", {col("p2")})) == "integer");
  CHECK(typed(call("abs", {col("p2")})) == "decimal(2)");
  CHECK(typed(call("max", {col("n"), col("p2")})) == "decimal(2)");
  CHECK(typed(call("remainder", {col("n"), lit(2.0)})) == "integer");
  CHECK(typed(call("remainder", {col("n"), lit(0.5)})) == "decimal(1)");
  CHECK(typed(call("date", {lit(2026.0), lit(1.0), col("n")})) == "date");
  CHECK(typed(call("year", {col("m")})) == "integer");
  CHECK(typed(call("add_days", {col("m"), lit(1.0)})) == "datetime");
  CHECK(typed(call("text", {col("d")})) == "text");
  CHECK(typed(call("parse_date", {col("t"), lit("DD-MM-YYYY")})) == "date");
  CHECK(typed(call("raw", {col("n")})) == "text");
}

TEST_CASE("a call with other arguments names the argument") {
  CHECK(typed(call("lft", {})) == "ZM0106 no function \"lft\"");
  CHECK(typed(call("left", {col("t")})) == "ZM0107 \"left\" takes 2 arguments, not 1");
  CHECK(typed(call("trim", {col("t"), col("t")})) == "ZM0107 \"trim\" takes 1 argument, not 2");
  CHECK(typed(call("min", {})) == "ZM0107 \"min\" takes at least 1 argument, not 0");
  CHECK(typed(call("left", {col("t"), col("x")})) == "ZM0107 \"left\" needs an integer as argument 2, [x] is number");
  CHECK(typed(call("year", {col("t")})) == "ZM0107 \"year\" needs a date as argument 1, [t] is text");
  CHECK(typed(call("raw", {lit("a")})) == "ZM0107 \"raw\" needs a column in brackets as argument 1, \"a\" is none");
  CHECK(typed(call("max", {col("b"), col("b")})) == "ZM0107 \"max\" needs values that have an order");
  CHECK(typed(call("switch", {col("t"), lit("a"), lit(1.0), lit("b"), lit(2.0)})) ==
        "ZM0107 \"switch\" needs a value for every case, and one for the rest");
  CHECK(typed(call("uuid_of", {col("t")})) == "ZM0123 function \"uuid_of\" is not run yet");
}
