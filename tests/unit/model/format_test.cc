#include <optional>
#include <string>
#include <vector>

#include <zmig/value.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

std::string parsed(const char* field, const char* format, TypeKind kind) {
  return told(parse_with(field, format, of_kind(kind)));
}

std::string why(const char* field, const char* format, TypeKind kind) {
  const Evaluated outcome = parse_with(field, format, of_kind(kind));
  const auto* fault = std::get_if<Fault>(&outcome);
  return fault == nullptr ? "no fault" : std::string(to_string(fault->kind)) + ": " + fault->detail;
}

}  // namespace

TEST_CASE("formats of dates, numbers and text have no fault") {
  for (const char* format :
       {"",    "DD-MM-YYYY",   "D/M/YY",    "DDDD D MMMM YYYY", "hh:mm:ss.000", "h:mm AM",
        "0",   "0.00",         "#,##0.00",  "#.##0,00",         "0%",           "0.00E+00",
        "@",   "$ #,##0",      "€ 0.00",    "'CLP' #,##0",      "''0",          "native:[$-340A]dd",
        "(0)", "YYYY'T'hh:mm", "DD.MM.YYYY"}) {
    CAPTURE(format);
    CHECK(format_fault(format, false) == std::nullopt);
  }
}

TEST_CASE("the first fault of a format is named") {
  CHECK(format_fault("dd-MM-YYYY", false) == "letter \"d\" is not known in a format");
  CHECK(format_fault("YYY", false) == "\"YYY\" is not known in a format");
  CHECK(format_fault("0!", false) == "sign \"!\" is not known in a format");
  CHECK(format_fault("'abc", false) == "the quote is never closed");
  CHECK(format_fault("YYYY 0", false) == "one format cannot show dates, numbers and text at once");
  CHECK(format_fault("AM", false) == "\"AM\" needs an hour");
  CHECK(format_fault("0.0,0.0", false) == "two decimal marks in one format");
  CHECK(format_fault("0-0", false) == "the digits of a format stand together");
  CHECK(format_fault("0.#0", false) == "\"0\" behind \"#\" after the decimal mark");
  CHECK(format_fault("%", false) == "a number format needs a digit sign, \"0\" or \"#\"");
}

TEST_CASE("an offset is known only where text is read") {
  CHECK(format_fault("YYYY-MM-DD hh:mm:ssZ", true) == std::nullopt);
  CHECK(format_fault("YYYY-MM-DD hh:mm:ssZ", false) == "letter \"Z\" is only known where text is read");
  CHECK(format_fault("native:0", true) == "a native format cannot read text");
}

TEST_CASE("numbers are shown with groups, digits, percent and exponent") {
  struct Row {
    double value;
    const char* format;
    const char* shown;
  };
  for (const Row& row :
       {Row{1234567.891, "#,##0.00", "1,234,567.89"}, Row{1234567.891, "#.##0,00", "1.234.567,89"},
        Row{5, "000", "005"}, Row{0.5, "0%", "50%"}, Row{0.07, "0.0%", "7.0%"}, Row{2.675, "0.00", "2.68"},
        Row{-2.675, "0.00", "-2.68"}, Row{-0.001, "0.00", "0.00"}, Row{1.5, "0.###", "1.5"}, Row{0.25, "#.00", ".25"},
        Row{1234.5, "$ #,##0", "$ 1,235"}, Row{1234.5, "0.00E+00", "1.23E+03"}, Row{0, "#", ""},
        Row{999, "#,##0", "999"}, Row{1000, "#,##0", "1,000"}, Row{7, "'No. '0", "No. 7"}, Row{7, "''0", "'7"},
        Row{12, "", "12"}, Row{46153, "DD-MM-YYYY", "11-05-2026"}}) {
    CAPTURE(row.value, row.format);
    CHECK(show(number(row.value), row.format) == row.shown);
  }
}

TEST_CASE("days and moments are shown letter by letter") {
  const Value moment = at(2026, 5, 3, 47'028'120);  // 13:03:48.120, a Sunday
  struct Row {
    const char* format;
    const char* shown;
  };
  for (const Row& row : {Row{"DD-MM-YYYY", "03-05-2026"}, Row{"D/M/YY", "3/5/26"}, Row{"DDDD D MMMM", "Sunday 3 May"},
                         Row{"DDD MMM", "Sun May"}, Row{"hh:mm:ss.000", "13:03:48.120"}, Row{"h:m:s", "13:3:48"},
                         Row{"h:mm AM", "1:03 PM"}, Row{"YYYY'T'hh", "2026T13"}, Row{"MM mm", "05 03"},
                         Row{"DD.MM.YYYY", "03.05.2026"}}) {
    CAPTURE(row.format);
    CHECK(show(moment, row.format) == row.shown);
  }
  CHECK(show(date(2026, 5, 11), "") == "2026-05-11");
  CHECK(show(Time{0}, "h AM") == "12 AM");
  CHECK(show(date(1899, 12, 30), "DDDD") == "Saturday");
}

TEST_CASE("text, booleans, errors and blanks are shown as they are under any format") {
  CHECK(show(text("abc"), "0.00") == "abc");
  CHECK(show(boolean(true), "0.00") == "TRUE");
  CHECK(show(CellError{"#N/A"}, "0.00") == "#N/A");
  CHECK(show(Blank{}, "0.00").empty());
  CHECK(show(number(1.5), "not a format") == "1.5");
  CHECK(show(number(1.5), "native:0") == "1.5");
  CHECK(show(number(-1), "DD-MM-YYYY") == "-1");
}

TEST_CASE("dates are read exactly and completely") {
  CHECK(parsed("26-01-2026", "DD-MM-YYYY", TypeKind::date) == "date 2026-01-26");
  CHECK(parsed("6-1-26", "D-M-YY", TypeKind::date) == "date 2026-01-06");
  CHECK(parsed("06-01-99", "D-M-YY", TypeKind::date) == "date 1999-01-06");
  CHECK(parsed("01-01-68", "DD-MM-YY", TypeKind::date) == "date 2068-01-01");
  CHECK(parsed("01-01-69", "DD-MM-YY", TypeKind::date) == "date 1969-01-01");
  CHECK(parsed("3 may 2026", "D MMM YYYY", TypeKind::date) == "date 2026-05-03");
  CHECK(parsed("Sunday 3 May 2026", "DDDD D MMMM YYYY", TypeKind::date) == "date 2026-05-03");
  CHECK(parsed("29/02/2024", "DD/MM/YYYY", TypeKind::date) == "date 2024-02-29");
  CHECK(parsed("2026-05-13T11:33:48", "YYYY-MM-DD'T'hh:mm:ss", TypeKind::datetime) == "datetime 2026-05-13 11:33:48");
  CHECK(parsed("26-01-2026", "DD-MM-YYYY", TypeKind::datetime) == "datetime 2026-01-26 00:00:00");
  CHECK(parsed("11:33 PM", "hh:mm AM", TypeKind::time) == "time 23:33:00");
  CHECK(parsed("12:00 am", "h:mm AM", TypeKind::time) == "time 00:00:00");
  CHECK(parsed("", "DD-MM-YYYY", TypeKind::date) == "blank");
}

TEST_CASE("a text that is no date says why") {
  const TypeKind day = TypeKind::date;
  CHECK(why("31-02-2026", "DD-MM-YYYY", day) == "no_such_day: no such day");
  CHECK(why("29-02-2100", "DD-MM-YYYY", day) == "no_such_day: no such day");
  CHECK(why("1-2-2026", "DD-MM-YYYY", day) == "not_a_date: does not fit the format");
  CHECK(why("01-02-2026 ", "DD-MM-YYYY", day) == "not_a_date: text goes on behind the format");
  CHECK(why("01-02", "DD-MM", day) == "not_a_date: no year");
  CHECK(why("2026", "YYYY", day) == "not_a_date: no month");
  CHECK(why("01-02-2026 25:00", "DD-MM-YYYY hh:mm", TypeKind::datetime) == "not_a_date: no such time of day");
  CHECK(why("01-02-2026 10:00", "DD-MM-YYYY hh:mm", day) == "not_a_date: a time of day in a date");
  CHECK(why("Monday 3-5-2026", "DDDD D-M-YYYY", day) == "not_a_date: another day of the week");
  CHECK(why("3-5-2026 4", "D-M-YYYY D", day) == "not_a_date: one part twice, with two values");
  CHECK(why("5", "0", day) == "not_a_date: the format is not one for dates");
  CHECK(why("5", "Q", day) == "not_a_date: letter \"Q\" is not known in a format");
  CHECK(why("10:20", "mm:ss", TypeKind::time) == "not_a_date: no hour");
}

TEST_CASE("numbers are read under the marks of their format, never under another") {
  const TypeKind kind = TypeKind::number;
  CHECK(parsed("1.234,50", "#.##0,00", kind) == "number 1234.5");
  CHECK(parsed("1234,5", "#.##0,00", kind) == "number 1234.5");
  CHECK(parsed("-1.234,5", "#.##0,00", kind) == "number -1234.5");
  CHECK(parsed("1,5", "0,00", kind) == "number 1.5");
  CHECK(parsed("1,234.50", "#,##0.00", kind) == "number 1234.5");
  CHECK(parsed("$ 1.234", "$ #.##0", kind) == "number 1234");
  CHECK(parsed("12,5%", "0,0%", kind) == "number 0.125");
  CHECK(parsed("1.5E+03", "0.0E+00", kind) == "number 1500");
  CHECK(parsed("007", "000", kind) == "number 7");
  CHECK(parsed("0.50", "0.00", TypeKind::decimal) == "fault precision");
}

TEST_CASE("a text that is no number under its format says why") {
  const TypeKind kind = TypeKind::number;
  CHECK(why("1,234", "#.##0,00", kind) == "not_a_number: more digits behind the decimal mark than the format has");
  CHECK(why("1.5", "#.##0,00", kind) == "not_a_number: group marks out of place");
  CHECK(why("12.34.567", "#.##0", kind) == "not_a_number: group marks out of place");
  CHECK(why("1,", "0,00", kind) == "not_a_number: no digit behind the decimal mark");
  CHECK(why("abc", "0", kind) == "not_a_number: does not fit the format");
  CHECK(why("-", "0", kind) == "not_a_number: does not fit the format");
  CHECK(why("5", "$ 0", kind) == "not_a_number: does not fit the format");
  CHECK(why("007", "0", kind) == "not_a_number: leading zeros that the format does not have");
  CHECK(why("12345678901234567890", "0", kind) == "precision: more digits than a number keeps");
  CHECK(why("5", "DD", kind) == "not_a_number: the format is not one for numbers");
}

TEST_CASE("booleans are read as one of a pair, without case") {
  CHECK(parsed("SÍ", "sí/no", TypeKind::boolean) == "boolean TRUE");
  CHECK(parsed("no", "sí/no", TypeKind::boolean) == "boolean FALSE");
  CHECK(parsed("x", "sí/no", TypeKind::boolean) == "fault kind_mismatch");
}

TEST_CASE("what a format shows it also reads") {
  for (const char* format : {"DD-MM-YYYY", "D/M/YYYY", "YYYY-MM-DD", "DDD D MMM YYYY"}) {
    for (std::int32_t day = -600'000; day < 2'900'000; day += 99'991) {
      CHECK(parse_with(show(Date{day}, format), format, of_kind(TypeKind::date)) == Evaluated{Value{Date{day}}});
    }
  }
}

TEST_CASE("formats are the same when quotes of single signs and the case of date letters are the only difference") {
  CHECK(same_format("DD-MM-YYYY", "DD-MM-YYYY"));
  CHECK(same_format("DD-MM-YYYY", "dd-MM-yyyy"));
  CHECK(same_format("DD'-'MM'-'YYYY", "DD-MM-YYYY"));
  CHECK(same_format("HH:mm:SS", "hh:mm:ss"));
  CHECK(same_format("native:General", ""));
  CHECK(same_format("native:0\"x\"", "native:0\\x"));
  CHECK(same_format("native:DD;@", "native:dd"));
  CHECK_FALSE(same_format("DD-MM-YYYY", "D/M/YYYY"));
  CHECK_FALSE(same_format("MM", "mm"));
  CHECK_FALSE(same_format("0.00", "0.0"));
  CHECK_FALSE(same_format("", "0"));
  CHECK_FALSE(same_format("native:0", "0"));
}
