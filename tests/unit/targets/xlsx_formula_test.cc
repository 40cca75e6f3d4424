#include "targets/xlsx/refs.h"

#include "support/catch.h"
#include "targets/xlsx/styles.h"

using namespace zmig;
using namespace zmig::xlsx;

TEST_CASE("references: a formula reads the same some cells further") {
  CHECK(shifted("A1+$A1+A$1+$A$1", 2, 3) == "C4+$A4+C$1+$A$1");
  CHECK(shifted("SUM(B2:C9)*LOG10(B2)", 1, 0) == "SUM(C2:D9)*LOG10(C2)");
  CHECK(shifted("'It''s A1'!A1&\"A1 \"\"B2\"\"\"&Sheet1!B2", 0, 1) == "'It''s A1'!A2&\"A1 \"\"B2\"\"\"&Sheet1!B3");
  CHECK(shifted("SUM(A:A,$B:C,1:2,$3:4)", 1, 1) == "SUM(B:B,$B:D,2:3,$3:5)");
  CHECK(shifted("Tabla[[#This Row],[A1]]+Tabla[A1]", 1, 1) == "Tabla[[#This Row],[A1]]+Tabla[A1]");
  CHECK(shifted("Jan:Mar!A1+[1]Hoja!A1", 1, 1) == "Jan:Mar!B2+[1]Hoja!B2");
  CHECK(shifted("1.5E+10+1E5+TAX_2026+_xlfn.X(A1)+TRUE", 1, 1) == "1.5E+10+1E5+TAX_2026+_xlfn.X(B2)+TRUE");
  CHECK(shifted("#REF!+A1+#N/A+A1#", 1, 0) == "#REF!+B1+#N/A+B1#");
  CHECK(shifted("A1+XFD1+A1048576", 1, 1) == "B2+#REF!+#REF!");
  CHECK(shifted("B2", -2, 0) == "#REF!");
  CHECK(shifted("XFE1+ABCD1+A0+A1048577", 1, 1) == "XFE1+ABCD1+A0+A1048577");
}

TEST_CASE("references: places and regions") {
  CHECK(parse_place("$BM$2") == Place{64, 2});
  CHECK(!parse_place("XFE1").has_value());
  CHECK(!parse_place("A0").has_value());
  CHECK(!parse_place("A").has_value());
  CHECK(parse_region("B2:A1") == Region{{0, 1}, {1, 2}});
  CHECK(parse_region("C:C") == Region{{2, 1}, {2, kRows}});
  CHECK(parse_region("3:4") == Region{{0, 3}, {kColumns - 1, 4}});
  CHECK(!parse_region("A1:B").has_value());
  CHECK(parse_regions("A1 B2:C3 nothing").size() == 2);
  CHECK(parse_sheet_region("'It''s'!$A$1:$A$9") == SheetRegion{"It's", {{0, 1}, {0, 9}}});
  CHECK(parse_sheet_region("Hoja!B2") == SheetRegion{"Hoja", {{1, 2}, {1, 2}}});
  CHECK(!parse_sheet_region("[1]Hoja!B2").has_value());
  CHECK(!parse_sheet_region("OFFSET(A1,1,1)").has_value());
}

TEST_CASE("number formats: in the signs of the language, or passed through, and what they make of a number") {
  const auto format = [](std::string_view code) { return number_format(code); };
  CHECK(format("General") == NumberFormat{"", Moment::none});
  CHECK(format("0.00") == NumberFormat{"0.00", Moment::none});
  CHECK(format("#,##0.00") == NumberFormat{"#,##0.00", Moment::none});
  CHECK(format("0.0%") == NumberFormat{"0.0%", Moment::none});
  CHECK(format("@") == NumberFormat{"@", Moment::none});
  CHECK(format("\"$\"#,##0") == NumberFormat{"$#,##0", Moment::none});
  CHECK(format("dd-mm-yyyy") == NumberFormat{"DD-MM-YYYY", Moment::date});
  CHECK(format("dd\\-mm\\-yyyy;@") == NumberFormat{"DD-MM-YYYY", Moment::date});
  CHECK(format("dd-mm-yyyy hh:mm:ss") == NumberFormat{"DD-MM-YYYY hh:mm:ss", Moment::datetime});
  CHECK(format("h:mm AM/PM") == NumberFormat{"h:mm AM", Moment::time});
  CHECK(format("mmm-yy") == NumberFormat{"MMM-YY", Moment::date});
  CHECK(format("d \"de\" mmmm") == NumberFormat{"D 'de' MMMM", Moment::date});
  CHECK(format("[h]:mm") == NumberFormat{"native:[h]:mm", Moment::elapsed});
  CHECK(format("[$-340A]d/m/yyyy") == NumberFormat{"native:[$-340A]d/m/yyyy", Moment::date});
  CHECK(format("[Red]0;-0") == NumberFormat{"native:[Red]0;-0", Moment::none});
  CHECK(format("\"day\" 0") == NumberFormat{"'day' 0", Moment::none});
  CHECK(format("0.00E+00") == NumberFormat{"0.00E+00", Moment::none});
}

TEST_CASE("number formats: there and back") {
  for (const char* text : {"DD-MM-YYYY", "DD-MM-YYYY hh:mm:ss", "0.00", "#,##0.00", "0%", "@", "h:mm AM",
                           "D 'de' MMMM YYYY", "hh:mm:ss.000", "0.00E+00", "$#,##0", "MMM-YY", "'a\"b' 0", "0 €"}) {
    INFO(text);
    CHECK(number_format(excel_code(text)).text == text);
  }
  CHECK(excel_code("DD-MM-YYYY") == "dd-mm-yyyy");
  CHECK(excel_code("native:[Red]0") == "[Red]0");
}
