#include <string>
#include <vector>

#include <zmig/expr.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Line {
  const char* function;
  std::vector<Expr> arguments;
  const char* outcome;
};

// One row of every kind of cell.
Row row() {
  Row made;
  made.with(column("t", "T"), text("Ana"))
      .with(column("n", "N", of_kind(TypeKind::integer)), number(7))
      .with(column("p", "P", of_kind(TypeKind::decimal, 2)), number(2.5))
      .with(column("d", "D", of_kind(TypeKind::date)), date(2026, 1, 31))
      .with(column("m", "M", of_kind(TypeKind::datetime)), at(2026, 1, 31, 3'600'000))
      .with(column("b", "B", of_kind(TypeKind::boolean)), boolean(true))
      .with(column("none", "None"), Blank{})
      .with(column("bad", "Bad", of_kind(TypeKind::integer)), text("seven"))
      .with(column("error", "Error"), CellError{"#N/A"})
      .with(column("clock", "Clock", of_kind(TypeKind::time)), Time{41'628'000})
      .with(column("usd", "Usd", of_kind(TypeKind::currency, 0, "USD")), number(5));
  return made;
}

void check(const std::vector<Line>& lines) {
  const Row cells = row();
  for (const Line& line : lines) {
    CAPTURE(line.function, line.outcome);
    CHECK(cells.told(call(line.function, line.arguments)) == line.outcome);
  }
}

}  // namespace

TEST_CASE("trim, squeeze, upper, lower, title, strip_accents, length") {
  check({{"trim", {lit(" a b\xC2\xA0")}, "text a b"},
         {"trim", {lit("   ")}, "blank"},
         {"trim", {nothing()}, "blank"},
         {"trim", {lit(1.0)}, "fault kind_mismatch"},
         {"squeeze", {lit("a   b")}, "text a b"},
         {"squeeze", {nothing()}, "blank"},
         {"squeeze", {col("n")}, "fault kind_mismatch"},
         {"upper", {lit("ñandú")}, "text ÑANDÚ"},
         {"upper", {nothing()}, "blank"},
         {"upper", {col("b")}, "fault kind_mismatch"},
         {"lower", {lit("ÁRBOL")}, "text árbol"},
         {"lower", {nothing()}, "blank"},
         {"lower", {col("d")}, "fault kind_mismatch"},
         {"title", {lit("ana MARÍA")}, "text Ana María"},
         {"title", {nothing()}, "blank"},
         {"title", {lit(1.0)}, "fault kind_mismatch"},
         {"strip_accents", {lit("Añó")}, "text Ano"},
         {"strip_accents", {nothing()}, "blank"},
         {"strip_accents", {lit(1.0)}, "fault kind_mismatch"},
         {"length", {lit("añ漢")}, "number 3"},
         {"length", {nothing()}, "blank"},
         {"length", {lit(1.0)}, "fault kind_mismatch"}});
}

TEST_CASE("left, right and middle count code points and are cut to what is there") {
  check({{"left", {lit("ñandú"), lit(2.0)}, "text ña"},
         {"left", {lit("ab"), lit(9.0)}, "text ab"},
         {"left", {lit("ab"), lit(0.0)}, "blank"},
         {"left", {lit("ab"), lit(-1.0)}, "blank"},
         {"left", {lit("ab"), lit(1.5)}, "fault kind_mismatch"},
         {"left", {lit("ab"), nothing()}, "blank"},
         {"left", {nothing(), lit(1.0)}, "blank"},
         {"left", {lit("ab"), lit(1e300)}, "text ab"},
         {"right", {lit("ñandú"), lit(2.0)}, "text dú"},
         {"right", {lit("ab"), lit(9.0)}, "text ab"},
         {"right", {lit("ab"), lit(0.0)}, "blank"},
         {"right", {lit("ab"), lit(-3.0)}, "blank"},
         {"right", {nothing(), lit(1.0)}, "blank"},
         {"right", {lit(1.0), lit(1.0)}, "fault kind_mismatch"},
         {"middle", {lit("ñandú"), lit(2.0), lit(3.0)}, "text and"},
         {"middle", {lit("abc"), lit(0.0), lit(2.0)}, "text a"},
         {"middle", {lit("abc"), lit(4.0), lit(1.0)}, "blank"},
         {"middle", {lit("abc"), lit(-5.0), lit(2.0)}, "blank"},
         {"middle", {lit("abc"), lit(2.0), lit(-1.0)}, "blank"},
         {"middle", {lit("abc"), nothing(), lit(1.0)}, "blank"},
         {"middle", {lit("abc"), lit("1"), lit(1.0)}, "fault kind_mismatch"}});
}

TEST_CASE("before gives the whole text when the separator is absent, after gives blank") {
  check({{"before", {lit("a-b-c"), lit("-")}, "text a"},
         {"before", {lit("abc"), lit("-")}, "text abc"},
         {"before", {lit("-b"), lit("-")}, "blank"},
         {"before", {nothing(), lit("-")}, "blank"},
         {"before", {lit(1.0), lit("-")}, "fault kind_mismatch"},
         {"after", {lit("a-b-c"), lit("-")}, "text b-c"},
         {"after", {lit("abc"), lit("-")}, "blank"},
         {"after", {lit("a-"), lit("-")}, "blank"},
         {"after", {lit("abc"), nothing()}, "blank"},
         {"after", {lit("abc"), lit(1.0)}, "fault kind_mismatch"}});
}

TEST_CASE("part counts from 1 and is blank beyond the parts") {
  check({{"part", {lit("a-b-c"), lit("-"), lit(1.0)}, "text a"},
         {"part", {lit("a-b-c"), lit("-"), lit(3.0)}, "text c"},
         {"part", {lit("a-b-c"), lit("-"), lit(4.0)}, "blank"},
         {"part", {lit("a-b-c"), lit("-"), lit(0.0)}, "blank"},
         {"part", {lit("a--c"), lit("-"), lit(2.0)}, "blank"},
         {"part", {lit("abc"), lit("-"), lit(1.0)}, "text abc"},
         {"part", {nothing(), lit("-"), lit(1.0)}, "blank"},
         {"part", {lit("a"), lit("-"), lit("1")}, "fault kind_mismatch"}});
}

TEST_CASE("replace changes all occurrences once through") {
  check({{"replace", {lit("a/b/c"), lit("/"), lit("-")}, "text a-b-c"},
         {"replace", {lit("aaa"), lit("aa"), lit("a")}, "text aa"},
         {"replace", {lit("a"), lit("a"), lit("aa")}, "text aa"},
         {"replace", {lit("a-b"), lit("-"), lit("")}, "text ab"},
         {"replace", {lit("-"), lit("-"), nothing()}, "blank"},
         {"replace", {lit("abc"), nothing(), lit("x")}, "blank"},
         {"replace", {nothing(), lit("a"), lit("b")}, "blank"},
         {"replace", {lit(1.0), lit("a"), lit("b")}, "fault kind_mismatch"},
         {"replace", {lit(text(std::string(30000, 'a'))), lit("a"), lit("aa")}, "fault too_long"},
         {"replace",
          {lit(text(std::string(30000, 'a'))), lit("a"), lit(text(std::string(30000, 'b')))},
          "fault too_long"}});
}

TEST_CASE("contains, starts_with and ends_with compare by code point") {
  check({{"contains", {lit("abc"), lit("b")}, "boolean TRUE"},
         {"contains", {lit("abc"), lit("B")}, "boolean FALSE"},
         {"contains", {nothing(), lit("b")}, "blank"},
         {"contains", {lit(1.0), lit("b")}, "fault kind_mismatch"},
         {"starts_with", {lit("abc"), lit("ab")}, "boolean TRUE"},
         {"starts_with", {lit("abc"), lit("bc")}, "boolean FALSE"},
         {"starts_with", {lit("abc"), nothing()}, "blank"},
         {"starts_with", {lit("abc"), lit(1.0)}, "fault kind_mismatch"},
         {"ends_with", {lit("abc"), lit("bc")}, "boolean TRUE"},
         {"ends_with", {lit("abc"), lit("abcd")}, "boolean FALSE"},
         {"ends_with", {nothing(), nothing()}, "blank"},
         {"ends_with", {col("n"), lit("a")}, "fault kind_mismatch"}});
}

TEST_CASE("pad_left fills up to a length and never cuts") {
  check({{"pad_left", {lit("7"), lit(3.0), lit("0")}, "text 007"},
         {"pad_left", {lit("1234"), lit(3.0), lit("0")}, "text 1234"},
         {"pad_left", {lit("x"), lit(4.0), lit("añ")}, "text añax"},
         {"pad_left", {nothing(), lit(3.0), lit("0")}, "blank"},
         {"pad_left", {lit("7"), lit(3.0), nothing()}, "blank"},
         {"pad_left", {lit("7"), lit(1e9), lit("0")}, "fault too_long"},
         {"pad_left", {lit(7.0), lit(3.0), lit("0")}, "fault kind_mismatch"}});
}

TEST_CASE("round, floor, ceiling, abs") {
  check({{"round", {lit(2.675), lit(2.0)}, "number 2.68"},
         {"round", {lit(-2.5), lit(0.0)}, "number -3"},
         {"round", {lit(1234.0), lit(-2.0)}, "number 1200"},
         {"round", {lit(1250.0), lit(-2.0)}, "number 1300"},
         {"round", {lit(0.04), lit(0.0)}, "number 0"},
         {"round", {lit(1.5), lit(99.0)}, "number 1.5"},
         {"round", {lit(1.5), lit(-99.0)}, "number 0"},
         {"round", {nothing(), lit(2.0)}, "blank"},
         {"round", {lit("1"), lit(2.0)}, "fault kind_mismatch"},
         {"round", {lit(1.0), lit(0.5)}, "fault kind_mismatch"},
         {"floor", {lit(2.9)}, "number 2"},
         {"floor", {lit(-2.1)}, "number -3"},
         {"floor", {lit(1e300)}, "fault overflow"},
         {"floor", {nothing()}, "blank"},
         {"floor", {lit("2")}, "fault kind_mismatch"},
         {"ceiling", {lit(2.1)}, "number 3"},
         {"ceiling", {lit(-0.5)}, "number 0"},
         {"ceiling", {nothing()}, "blank"},
         {"ceiling", {col("t")}, "fault kind_mismatch"},
         {"abs", {lit(-2.5)}, "number 2.5"},
         {"abs", {nothing()}, "blank"},
         {"abs", {col("d")}, "fault kind_mismatch"}});
}

TEST_CASE("min and max skip blanks and take anything that has an order") {
  check({{"min", {lit(3.0), nothing(), lit(2.0)}, "number 2"},
         {"max", {lit(3.0), nothing(), lit(2.0)}, "number 3"},
         {"min", {nothing(), nothing()}, "blank"},
         {"max", {lit("a"), lit("b")}, "text b"},
         {"min", {lit(date(2026, 1, 1)), col("d")}, "date 2026-01-01"},
         {"min", {lit(1.0)}, "number 1"},
         {"max", {lit(1.0), lit("a")}, "fault kind_mismatch"},
         {"max", {lit(boolean(true)), lit(boolean(false))}, "fault kind_mismatch"},
         {"min", {lit(1.0), col("bad")}, "fault kind_mismatch"},
         {"min", {}, "fault kind_mismatch"}});
}

TEST_CASE("remainder has the sign of the divisor") {
  check({{"remainder", {lit(7.0), lit(3.0)}, "number 1"},
         {"remainder", {lit(-7.0), lit(3.0)}, "number 2"},
         {"remainder", {lit(7.0), lit(-3.0)}, "number -2"},
         {"remainder", {lit(6.0), lit(3.0)}, "number 0"},
         {"remainder", {lit(0.3), lit(0.1)}, "number 0"},
         {"remainder", {col("p"), lit(1.0)}, "number 0.5"},
         {"remainder", {lit(7.0), lit(0.0)}, "fault division_by_zero"},
         {"remainder", {nothing(), lit(0.0)}, "blank"},
         {"remainder", {lit("7"), lit(3.0)}, "fault kind_mismatch"}});
}

TEST_CASE("date, year, month, day") {
  check({{"date", {lit(2026.0), lit(2.0), lit(28.0)}, "date 2026-02-28"},
         {"date", {lit(2026.0), lit(2.0), lit(31.0)}, "fault no_such_day"},
         {"date", {lit(0.0), lit(1.0), lit(1.0)}, "fault no_such_day"},
         {"date", {lit(1e300), lit(1.0), lit(1.0)}, "fault no_such_day"},
         {"date", {lit(2024.0), lit(2.0), lit(29.0)}, "date 2024-02-29"},
         {"date", {nothing(), lit(1.0), lit(1.0)}, "blank"},
         {"date", {lit("2026"), lit(1.0), lit(1.0)}, "fault kind_mismatch"},
         {"year", {col("d")}, "number 2026"},
         {"year", {col("m")}, "number 2026"},
         {"year", {nothing()}, "blank"},
         {"year", {lit(2026.0)}, "fault kind_mismatch"},
         {"month", {col("d")}, "number 1"},
         {"month", {nothing()}, "blank"},
         {"month", {lit("x")}, "fault kind_mismatch"},
         {"day", {col("d")}, "number 31"},
         {"day", {nothing()}, "blank"},
         {"day", {col("clock")}, "fault kind_mismatch"}});
}

TEST_CASE("add_days, add_months and days_between") {
  check({{"add_days", {col("d"), lit(1.0)}, "date 2026-02-01"},
         {"add_days", {col("d"), lit(-31.0)}, "date 2025-12-31"},
         {"add_days", {col("m"), lit(1.0)}, "datetime 2026-02-01 01:00:00"},
         {"add_days", {col("d"), lit(1e9)}, "fault overflow"},
         {"add_days", {nothing(), lit(1.0)}, "blank"},
         {"add_days", {lit(1.0), lit(1.0)}, "fault kind_mismatch"},
         {"add_months", {col("d"), lit(1.0)}, "date 2026-02-28"},
         {"add_months", {col("d"), lit(25.0)}, "date 2028-02-29"},
         {"add_months", {col("d"), lit(-1.0)}, "date 2025-12-31"},
         {"add_months", {col("d"), lit(1e300)}, "fault overflow"},
         {"add_months", {col("d"), lit(-24313.0)}, "fault overflow"},
         {"add_months", {col("d"), nothing()}, "blank"},
         {"add_months", {col("t"), lit(1.0)}, "fault kind_mismatch"},
         {"days_between", {lit(date(2026, 1, 1)), col("d")}, "number 30"},
         {"days_between", {col("d"), lit(date(2026, 1, 1))}, "number -30"},
         {"days_between", {col("d"), nothing()}, "blank"},
         {"days_between", {col("d"), lit(1.0)}, "fault kind_mismatch"}});
}

TEST_CASE("text gives the text form of each type") {
  check({{"text", {col("t")}, "text Ana"},
         {"text", {col("n")}, "text 7"},
         {"text", {col("p")}, "text 2.50"},
         {"text", {col("d")}, "text 2026-01-31"},
         {"text", {col("m")}, "text 2026-01-31 01:00:00"},
         {"text", {col("b")}, "text TRUE"},
         {"text", {col("clock")}, "text 11:33:48"},
         {"text", {col("usd")}, "text 5.00"},
         {"text", {lit(0.5)}, "text 0.5"},
         {"text", {nothing()}, "blank"},
         {"text", {col("error")}, "fault error_cell"}});
}

TEST_CASE("number and integer read digits with a point and nothing else") {
  check({{"number", {lit("1.5")}, "number 1.5"},
         {"number", {lit("007")}, "number 7"},
         {"number", {lit("-0.50")}, "number -0.5"},
         {"number", {lit("1,5")}, "fault not_a_number"},
         {"number", {lit("")}, "blank"},
         {"number", {lit("abc")}, "fault not_a_number"},
         {"number", {lit("1e5")}, "fault not_a_number"},
         {"number", {lit(" 1")}, "fault not_a_number"},
         {"number", {lit("1.")}, "fault not_a_number"},
         {"number", {lit("12345678901234567890")}, "fault precision"},
         {"number", {lit(1.0)}, "fault kind_mismatch"},
         {"integer", {lit("12")}, "number 12"},
         {"integer", {lit("0012")}, "number 12"},
         {"integer", {lit("1.0")}, "number 1"},
         {"integer", {lit("1.5")}, "fault precision"},
         {"integer", {lit("x")}, "fault not_a_number"},
         {"integer", {nothing()}, "blank"},
         {"integer", {col("n")}, "fault kind_mismatch"}});
}

TEST_CASE("parse_number and parse_date read under a named format") {
  check({{"parse_number", {lit("1.234,50"), lit("#.##0,00")}, "number 1234.5"},
         {"parse_number", {lit("1,5"), lit("0.0")}, "fault not_a_number"},
         {"parse_number", {nothing(), lit("0")}, "blank"},
         {"parse_number", {lit(1.0), lit("0")}, "fault kind_mismatch"},
         {"parse_number", {lit("1"), lit("DD")}, "fault not_a_number"},
         {"parse_date", {lit("26-01-2026"), lit("DD-MM-YYYY")}, "date 2026-01-26"},
         {"parse_date", {lit("31-02-2026"), lit("DD-MM-YYYY")}, "fault no_such_day"},
         {"parse_date", {lit("x"), lit("DD-MM-YYYY")}, "fault not_a_date"},
         {"parse_date", {nothing(), lit("DD-MM-YYYY")}, "blank"},
         {"parse_date", {col("d"), lit("DD-MM-YYYY")}, "fault kind_mismatch"},
         {"parse_date", {lit("1-1-2026 10:00Z"), lit("D-M-YYYY hh:mmZ")}, "fault not_a_date"}});
}

TEST_CASE("coalesce, switch and if_error evaluate only what they need") {
  check({{"coalesce", {nothing(), lit("a"), col("bad")}, "text a"},
         {"coalesce", {nothing(), nothing()}, "blank"},
         {"coalesce", {col("bad"), lit("a")}, "fault kind_mismatch"},
         {"coalesce", {col("none"), lit(1.0)}, "number 1"},
         {"switch", {lit("b"), lit("a"), lit(1.0), lit("b"), lit(2.0), lit(9.0)}, "number 2"},
         {"switch", {lit("c"), lit("a"), lit(1.0), lit("b"), lit(2.0), lit(9.0)}, "number 9"},
         {"switch", {nothing(), lit("a"), lit(1.0), nothing(), lit(2.0), lit(9.0)}, "number 2"},
         {"switch", {lit("a"), lit("a"), lit(1.0), lit(2.0), col("bad"), lit(9.0)}, "number 1"},
         {"switch", {lit("a"), lit(1.0), lit(1.0), lit(9.0)}, "fault kind_mismatch"},
         {"if_error", {col("bad"), lit(0.0)}, "number 0"},
         {"if_error", {col("n"), col("bad")}, "number 7"},
         {"if_error", {nothing(), lit(0.0)}, "blank"},
         {"if_error", {col("bad"), col("error")}, "fault error_cell"}});
}

TEST_CASE("raw, shown and kind_of look at the cell and never fault") {
  check({{"raw", {col("t")}, "text Ana"},          {"raw", {col("p")}, "text 2.5"},
         {"raw", {col("bad")}, "text seven"},      {"raw", {col("error")}, "text #N/A"},
         {"raw", {col("none")}, "blank"},          {"shown", {col("d")}, "text 31-01-2026"},
         {"shown", {col("p")}, "text 2.50"},       {"shown", {col("bad")}, "text seven"},
         {"shown", {col("error")}, "text #N/A"},   {"shown", {col("none")}, "blank"},
         {"kind_of", {col("t")}, "text text"},     {"kind_of", {col("n")}, "text number"},
         {"kind_of", {col("d")}, "text date"},     {"kind_of", {col("m")}, "text date"},
         {"kind_of", {col("clock")}, "text date"}, {"kind_of", {col("b")}, "text boolean"},
         {"kind_of", {col("bad")}, "text text"},   {"kind_of", {col("error")}, "text error"},
         {"kind_of", {col("none")}, "text blank"}, {"raw", {lit("a")}, "fault kind_mismatch"}});
}

TEST_CASE("kind_of of a text source is what the field reads as") {
  Row cells;
  cells.with(column("d", "D", of_kind(TypeKind::date)), text("2026-01-26"))
      .with(column("n", "N", of_kind(TypeKind::integer)), text("007"))
      .from_text();
  CHECK(cells.told(call("kind_of", {col("d")})) == "text date");
  CHECK(cells.told(call("kind_of", {col("n")})) == "text text");
  CHECK(cells.told(call("raw", {col("d")})) == "text 2026-01-26");
}

TEST_CASE("functions of the full stage are in the table and not run yet") {
  std::vector<std::string> later;
  for (const FunctionRow& row : function_table()) {
    if (!row.core) later.emplace_back(row.name);
  }
  CHECK(later == std::vector<std::string>{"lookup", "count_in", "sum_in", "min_in", "max_in", "occurrence", "uuid_of"});
  check({{"uuid_of", {lit("a")}, "fault kind_mismatch"}, {"no_such_function", {}, "fault kind_mismatch"}});
}

TEST_CASE("every core function gives blank or a fault, never nothing, when all its arguments are blank") {
  const Row cells = row();
  for (const FunctionRow& row_of_table : function_table()) {
    if (!row_of_table.core || row_of_table.arguments == "c") continue;
    const std::vector<Expr> blanks(static_cast<std::size_t>(row_of_table.least), nothing());
    CAPTURE(std::string(row_of_table.name));
    CHECK(cells.told(call(std::string(row_of_table.name), blanks)) == "blank");
  }
}
