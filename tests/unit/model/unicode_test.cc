#include <string>

#include <zmig/expr.h>

#include "model/unicode.h"
#include "support/catch.h"

using namespace zmig;

TEST_CASE("trim takes white space, no-break and zero-width blanks from the edges only") {
  CHECK(trim_blanks("  a b  ") == "a b");
  CHECK(trim_blanks("\xC2\xA0x\xE2\x80\x8B") == "x");
  CHECK(trim_blanks("\xEF\xBB\xBFx") == "x");
  CHECK(trim_blanks("\t\n\r") == "");
  CHECK(trim_blanks("") == "");
  CHECK(trim_blanks("a\xE2\x80\x8B"
                    "b") ==
        "a\xE2\x80\x8B"
        "b");
}

TEST_CASE("squeeze makes inner runs one blank and leaves the edges") {
  CHECK(squeeze_blanks("a  b\t\tc") == "a b c");
  CHECK(squeeze_blanks("  a  b  ") == "  a b  ");
  CHECK(squeeze_blanks("a\xC2\xA0"
                       "b") == "a b");
  CHECK(squeeze_blanks("   ") == "   ");
}

TEST_CASE("case mappings are simple: one code point stays one") {
  CHECK(upper_case("ñandú straße") == "ÑANDÚ STRAßE");
  CHECK(lower_case("ÑANDÚ") == "ñandú");
  CHECK(title_case("josé DE la cruz") == "José De La Cruz");
  CHECK(title_case("ana-maría 3er") == "Ana-María 3er");
  CHECK(upper_case("") == "");
}

TEST_CASE("accents go, other marks of a letter too, and the rest stays composed") {
  CHECK(strip_accents("Revisión Ñandú") == "Revision Nandu");
  CHECK(strip_accents("e\xCC\x81") == "e");
  CHECK(strip_accents("ß ø 漢") == "ß ø 漢");
  CHECK(strip_accents("각") == "각");
}

TEST_CASE("ill-formed bytes do not stop a helper") {
  CHECK(trim_blanks("\xFF") == "\xFF");
  CHECK_FALSE(upper_case("a\xFF").empty());
  CHECK_FALSE(strip_accents("a\xFF").empty());
}
