#include <limits>
#include <string>
#include <vector>

#include <zmig/value.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

std::string read(const Value& stored, const Type& type, std::string_view format = "") {
  return told(read_as(stored, type, format, false));
}
std::string read_text(const char* field, const Type& type, std::string_view format = "") {
  return told(read_as(text(field), type, format, true));
}
std::string written(const Value& value, const Type& type) { return told(write_as(value, type)); }

}  // namespace

TEST_CASE("types are written as the language writes them") {
  CHECK(to_string(of_kind(TypeKind::text)) == "text");
  CHECK(to_string(of_kind(TypeKind::decimal, 2)) == "decimal(2)");
  CHECK(to_string(of_kind(TypeKind::currency, 0, "CLP")) == "currency \"CLP\"");
  CHECK(to_string(of_kind(TypeKind::enumeration, 0, "EventoTipo")) == "enum \"EventoTipo\"");
  CHECK(to_string(of_kind(TypeKind::reference, 0, "s1")) == "reference to \"s1\"");
}

TEST_CASE("each type implies a format that the language knows") {
  for (const TypeKind kind : {TypeKind::text, TypeKind::integer, TypeKind::number, TypeKind::decimal, TypeKind::percent,
                              TypeKind::currency, TypeKind::boolean, TypeKind::date, TypeKind::time, TypeKind::datetime,
                              TypeKind::enumeration, TypeKind::reference}) {
    CHECK(format_fault(implied_format(of_kind(kind, 2, "USD")), false) == std::nullopt);
  }
  CHECK(implied_format(of_kind(TypeKind::integer)) == "0");
  CHECK(implied_format(of_kind(TypeKind::decimal, 2)) == "0.00");
  CHECK(implied_format(of_kind(TypeKind::decimal, 0)) == "0");
  CHECK(implied_format(of_kind(TypeKind::date)) == "DD-MM-YYYY");
  CHECK(implied_format(of_kind(TypeKind::currency, 0, "CLP")) == "'CLP' #,##0");
  CHECK(implied_format(of_kind(TypeKind::currency, 0, "KWD")) == "'KWD' #,##0.000");
  CHECK(implied_format(of_kind(TypeKind::text)).empty());
}

TEST_CASE("blank reads as blank under every type") {
  for (const TypeKind kind : {TypeKind::text, TypeKind::integer, TypeKind::boolean, TypeKind::date, TypeKind::datetime,
                              TypeKind::enumeration}) {
    CHECK(read(Blank{}, of_kind(kind)) == "blank");
    CHECK(read(Text{""}, of_kind(kind)) == "blank");
  }
}

TEST_CASE("an error cell reads as no type") {
  CHECK(read(CellError{"#N/A"}, of_kind(TypeKind::text)) == "fault error_cell");
  CHECK(read(CellError{"#N/A"}, of_kind(TypeKind::integer)) == "fault error_cell");
}

TEST_CASE("text reads in text columns only, and nothing else does") {
  CHECK(read(text("007"), of_kind(TypeKind::text)) == "text 007");
  CHECK(read(text("A"), of_kind(TypeKind::enumeration, 0, "E")) == "text A");
  CHECK(read(number(7), of_kind(TypeKind::text)) == "fault kind_mismatch");
  CHECK(read(boolean(true), of_kind(TypeKind::text)) == "fault kind_mismatch");
  CHECK(read(Date{46153}, of_kind(TypeKind::text)) == "fault kind_mismatch");
  CHECK(read(text("7"), of_kind(TypeKind::integer)) == "fault kind_mismatch");
  CHECK(read(text("2026-01-26"), of_kind(TypeKind::date)) == "fault kind_mismatch");
}

TEST_CASE("an integer column reads whole numbers up to 2^53 - 1") {
  const Type integer = of_kind(TypeKind::integer);
  CHECK(read(number(1180), integer) == "number 1180");
  CHECK(read(number(9007199254740991.0), integer) == "number 9007199254740991");
  CHECK(read(number(9007199254740992.0), integer) == "fault overflow");
  CHECK(read(number(1.5), integer) == "fault precision");
  CHECK(read(boolean(true), integer) == "fault kind_mismatch");
}

TEST_CASE("a decimal column rounds only what binary fractions did") {
  const Type cents = of_kind(TypeKind::decimal, 2);
  CHECK(read(number(0.1 + 0.2), of_kind(TypeKind::decimal, 1)) == "number 0.3");
  CHECK(read(number(1.25), cents) == "number 1.25");
  CHECK(read(number(1.255), cents) == "fault precision");
  CHECK(read(number(2.0000000001), cents) == "number 2");
}

TEST_CASE("a date column reads whole serials from 1 to 2958465 and the day of a midnight") {
  const Type day = of_kind(TypeKind::date);
  CHECK(read(number(46153), day) == "date 2026-05-11");
  CHECK(read(number(1), day) == "date 1899-12-31");
  CHECK(read(number(2958465), day) == "date 9999-12-31");
  CHECK(read(number(0), day) == "fault kind_mismatch");
  CHECK(read(number(2958466), day) == "fault kind_mismatch");
  CHECK(read(number(46153.5), day) == "fault kind_mismatch");
  CHECK(read(at(2026, 5, 11, 0), day) == "date 2026-05-11");
  CHECK(read(at(2026, 5, 11, 1), day) == "fault kind_mismatch");
}

TEST_CASE("moments are rounded to the millisecond and carried into the day") {
  CHECK(read(number(46155.48180555556), of_kind(TypeKind::datetime)) == "datetime 2026-05-13 11:33:48");
  CHECK(read(number(46153.9999999999), of_kind(TypeKind::datetime)) == "datetime 2026-05-12 00:00:00");
  CHECK(read(number(0.25), of_kind(TypeKind::time)) == "time 06:00:00");
  CHECK(read(number(0), of_kind(TypeKind::time)) == "time 00:00:00");
  CHECK(read(number(1), of_kind(TypeKind::time)) == "fault kind_mismatch");
  CHECK(read(number(-0.5), of_kind(TypeKind::time)) == "fault kind_mismatch");
  CHECK(read(number(0.9999999999), of_kind(TypeKind::time)) == "fault kind_mismatch");
  CHECK(read(Date{46153}, of_kind(TypeKind::datetime)) == "datetime 2026-05-11 00:00:00");
  CHECK(read(number(-1), of_kind(TypeKind::datetime)) == "fault kind_mismatch");
}

TEST_CASE("a text source reads exact spellings and leaves the others text") {
  const Type integer = of_kind(TypeKind::integer);
  CHECK(read_text("1180", integer) == "number 1180");
  CHECK(read_text("-3", integer) == "number -3");
  for (const char* field : {"007", "+1", "1,5", " 7 ", "0x10", "1_000", "1e3", "abc", "1.", ".5", "-", "1.5"}) {
    CHECK(read_text(field, integer).substr(0, 5) == "fault");
  }
  CHECK(read_text("1e3", of_kind(TypeKind::number)) == "number 1000");
  CHECK(read_text("1.50", of_kind(TypeKind::decimal, 2)) == "number 1.5");
  CHECK(read_text("1.505", of_kind(TypeKind::decimal, 2)) == "fault precision");
  CHECK(read_text("0.5", of_kind(TypeKind::percent)) == "number 0.5");
  CHECK(read_text("#N/A", integer) == "fault error_cell");
  CHECK(read_text("#N/A", of_kind(TypeKind::text)) == "text #N/A");
}

TEST_CASE("a text source reads booleans in any case and nothing else") {
  const Type boolean_type = of_kind(TypeKind::boolean);
  CHECK(read_text("TRUE", boolean_type) == "boolean TRUE");
  CHECK(read_text("False", boolean_type) == "boolean FALSE");
  CHECK(read_text("1", boolean_type) == "fault kind_mismatch");
  CHECK(read_text("yes", boolean_type) == "fault kind_mismatch");
  CHECK(told(read_as(number(1), boolean_type, "", true)) == "boolean TRUE");
  CHECK(read(number(1), boolean_type) == "fault kind_mismatch");
}

TEST_CASE("a text source reads dates in ISO or the declared format, complete and exact") {
  const Type day = of_kind(TypeKind::date);
  CHECK(read_text("2026-01-26", day) == "date 2026-01-26");
  CHECK(read_text("26-01-2026", day, "DD-MM-YYYY") == "date 2026-01-26");
  CHECK(read_text("2026-01-26", day, "DD-MM-YYYY") == "date 2026-01-26");
  CHECK(read_text("26-01-2026", day) == "fault kind_mismatch");
  CHECK(read_text("2026-02-31", day) == "fault no_such_day");
  CHECK(read_text("2026-1-26", day) == "fault kind_mismatch");
  CHECK(read_text("2026-01-26 ", day) == "fault kind_mismatch");
  CHECK(read_text("2026-01-26 11:33:48", of_kind(TypeKind::datetime)) == "datetime 2026-01-26 11:33:48");
  CHECK(read_text("2026-01-26 11:33:48.120", of_kind(TypeKind::datetime)) == "datetime 2026-01-26 11:33:48.120");
  CHECK(read_text("2026-01-26 24:00:00", of_kind(TypeKind::datetime)) == "fault kind_mismatch");
  CHECK(read_text("23:59:59", of_kind(TypeKind::time)) == "time 23:59:59");
}

TEST_CASE("writing widens, rounds half away from zero, and refuses the rest") {
  CHECK(written(Blank{}, of_kind(TypeKind::integer)) == "blank");
  CHECK(written(text(""), of_kind(TypeKind::text)) == "blank");
  CHECK(written(number(3), of_kind(TypeKind::decimal, 2)) == "number 3");
  CHECK(written(number(2.675), of_kind(TypeKind::decimal, 2)) == "number 2.68");
  CHECK(written(number(-2.675), of_kind(TypeKind::decimal, 2)) == "number -2.68");
  CHECK(written(number(-0.001), of_kind(TypeKind::decimal, 2)) == "number 0");
  CHECK(written(number(1234.5), of_kind(TypeKind::currency, 0, "CLP")) == "number 1235");
  CHECK(written(number(1e14), of_kind(TypeKind::decimal, 2)) == "fault overflow");
  CHECK(written(number(1.5), of_kind(TypeKind::integer)) == "fault precision");
  CHECK(written(number(1e17), of_kind(TypeKind::integer)) == "fault overflow");
  CHECK(written(date(2026, 5, 11), of_kind(TypeKind::datetime)) == "datetime 2026-05-11 00:00:00");
  CHECK(written(at(2026, 5, 11, 0), of_kind(TypeKind::date)) == "fault kind_mismatch");
  CHECK(written(text("7"), of_kind(TypeKind::integer)) == "fault kind_mismatch");
  CHECK(written(number(7), of_kind(TypeKind::text)) == "fault kind_mismatch");
  CHECK(written(number(1), of_kind(TypeKind::boolean)) == "fault kind_mismatch");
  CHECK(written(number(46153), of_kind(TypeKind::date)) == "fault kind_mismatch");
  CHECK(written(text("A"), of_kind(TypeKind::enumeration, 0, "E")) == "text A");
  CHECK(written(text(std::string(32767, 'a')), of_kind(TypeKind::text)) == "text " + std::string(32767, 'a'));
  CHECK(written(text(std::string(32768, 'a')), of_kind(TypeKind::text)) == "fault too_long");
  CHECK(written(CellError{"#N/A"}, of_kind(TypeKind::text)) == "fault error_cell");
}

TEST_CASE("numbers are spelled with the fewest digits that read back equal") {
  CHECK(to_text(number(0)) == "0");
  CHECK(to_text(Value{Number{-0.0}}) == "0");
  CHECK(to_text(number(1180)) == "1180");
  CHECK(to_text(number(0.1)) == "0.1");
  CHECK(to_text(number(0.1 + 0.2)) == "0.30000000000000004");
  CHECK(to_text(number(1e14)) == "100000000000000");
  CHECK(to_text(number(-9007199254740991.0)) == "-9007199254740991");
  CHECK(to_text(number(1e300)) == "1e+300");
  CHECK(to_text(number(1e-7)) == "0.0000001");
  CHECK(to_text(number(1e-300)) == "1e-300");
}

TEST_CASE("a decimal is spelled with exactly its digits") {
  CHECK(to_text(number(0.5), of_kind(TypeKind::decimal, 2)) == "0.50");
  CHECK(to_text(number(2.675), of_kind(TypeKind::decimal, 2)) == "2.68");
  CHECK(to_text(number(-1.005), of_kind(TypeKind::decimal, 2)) == "-1.01");
  CHECK(to_text(number(1234567), of_kind(TypeKind::currency, 0, "CLP")) == "1234567");
  CHECK(to_text(number(5), of_kind(TypeKind::currency, 0, "USD")) == "5.00");
  CHECK(to_text(number(0.125), of_kind(TypeKind::percent)) == "0.125");
}

TEST_CASE("the other kinds have one text form each") {
  CHECK(to_text(Value{Blank{}}).empty());
  CHECK(to_text(boolean(true)) == "TRUE");
  CHECK(to_text(boolean(false)) == "FALSE");
  CHECK(to_text(date(2026, 1, 26)) == "2026-01-26");
  CHECK(to_text(date(1, 2, 3)) == "0001-02-03");
  CHECK(to_text(Value{Time{41'628'000}}) == "11:33:48");
  CHECK(to_text(Value{Time{41'628'120}}) == "11:33:48.120");
  CHECK(to_text(at(2026, 5, 13, 41'628'000)) == "2026-05-13 11:33:48");
  CHECK(to_text(Value{DateTime{-1}}) == "1899-12-29 23:59:59.999");
  CHECK(to_text(Value{CellError{"#REF!"}}) == "#REF!");
  CHECK(to_text(date(2026, 1, 26), of_kind(TypeKind::datetime)) == "2026-01-26 00:00:00");
}

TEST_CASE("a number text counts only when a double holds exactly it") {
  CHECK(exact_number("0", false) == 0.0);
  CHECK(exact_number("-0", false) == 0.0);
  CHECK(exact_number("123456789012345", false) == 123456789012345.0);
  CHECK(exact_number("9007199254740991", false) == 9007199254740991.0);
  CHECK(exact_number("9007199254740993", false) == std::nullopt);
  CHECK(exact_number("0.1234567890123456789", false) == std::nullopt);
  CHECK(exact_number("0.30000000000000004", false) == 0.1 + 0.2);
  CHECK(exact_number("1.500000000000000000000", false) == 1.5);
  CHECK(exact_number("1e3", false) == std::nullopt);
  CHECK(exact_number("1e3", true) == 1000.0);
  CHECK(exact_number("1e999", true) == std::nullopt);
  CHECK(exact_number("1e-999", true) == std::nullopt);
  for (const char* wrong :
       {"", "-", "+1", "01", "1.", ".1", "1 ", " 1", "1,5", "nan", "inf", "0x1", "1e", "1e+", "--1"}) {
    CHECK(exact_number(wrong, true) == std::nullopt);
  }
}

TEST_CASE("every number that zmig spells is read back from text") {
  for (const double value : {0.1, 1.0 / 3, 2.5e-9, 123456.789, 1e15, 1e16, 9007199254740991.0, -7.25, 1e300, 5e-324}) {
    CHECK(exact_number(to_text(number(value)), true) == value);
  }
}

TEST_CASE("kinds have their names") {
  const std::vector<std::pair<Value, std::string>> kinds = {
      {Blank{}, "blank"}, {text("a"), "text"}, {number(1), "number"},     {boolean(true), "boolean"},
      {Date{1}, "date"},  {Time{1}, "time"},   {DateTime{1}, "datetime"}, {CellError{"#N/A"}, "error"}};
  for (const auto& [value, name] : kinds) CHECK(kind_of(value) == name);
}
