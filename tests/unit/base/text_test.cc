#include "base/text.h"

#include "support/catch.h"

using namespace zmig;
using namespace std::string_literals;

namespace {
std::string utf8(char32_t c) {
  std::string out;
  append_utf8(out, c);
  return out;
}
}  // namespace

TEST_CASE("well-formed UTF-8 has no first invalid byte") {
  CHECK(first_invalid_utf8("") == std::nullopt);
  CHECK(first_invalid_utf8("plain ascii, longer than eight bytes") == std::nullopt);
  CHECK(first_invalid_utf8("Revisión \u2013 \U0001F600") == std::nullopt);
  CHECK(first_invalid_utf8("\0"s) == std::nullopt);
}

TEST_CASE("the first ill-formed byte is found wherever it stands") {
  CHECK(first_invalid_utf8("\x80") == 0u);
  CHECK(first_invalid_utf8("12345678\xFF") == 8u);
  CHECK(first_invalid_utf8("abcdefghijk\xC3") == 11u);  // cut off
  CHECK(first_invalid_utf8("\xC0\xAF") == 0u);          // overlong
  CHECK(first_invalid_utf8("a\xE0\x80\x80") == 1u);     // overlong
  CHECK(first_invalid_utf8("\xF0\x80\x80\x80") == 0u);  // overlong
  CHECK(first_invalid_utf8("ab\xED\xA0\x80") == 2u);    // surrogate
  CHECK(first_invalid_utf8("\xF4\x90\x80\x80") == 0u);  // above U+10FFFF
  CHECK(first_invalid_utf8("\xF5\x80\x80\x80") == 0u);
  CHECK(first_invalid_utf8("\xE2\x82") == 0u);
  CHECK(first_invalid_utf8("\xE2\x28\xA1") == 0u);
}

TEST_CASE("every code point survives encoding and decoding") {
  std::size_t wrong = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = utf8(c);
    std::size_t at = 0;
    const bool same = decode_utf8(text, at) == c && at == text.size() && !first_invalid_utf8(text);
    wrong += same ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("surrogates and numbers beyond Unicode are written as U+FFFD") {
  CHECK(utf8(0xD800) == "\uFFFD");
  CHECK(utf8(0x110000) == "\uFFFD");
}

TEST_CASE("ill-formed bytes decode one by one as U+FFFD") {
  std::size_t at = 0;
  CHECK(decode_utf8("\xE2\x82z", at) == 0xFFFD);
  CHECK(at == 1);
  CHECK(count_code_points("\xE2\x82z") == 3);
  CHECK(count_code_points("Ñandú") == 5);
}

TEST_CASE("printable leaves what shows and escapes what controls") {
  CHECK(printable("Revisión \u2013 \U0001F600 ~") == "Revisión \u2013 \U0001F600 ~");
  CHECK(printable("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
  CHECK(printable("a\0b"s) == "a\\x00b");
  CHECK(printable("\x7F") == "\\x7f");
  CHECK(printable("a\r\n\tb") == "a\\r\\n\\tb");
  CHECK(printable(utf8(0x9B)) == "\\u{9b}");
  CHECK(printable("\xC3(") == "\\xc3(");
  CHECK(printable("a\xFF") == "a\\xff");
}

TEST_CASE("printable shows bidirectional controls and zero-width characters") {
  const std::vector<char32_t> hidden = {0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D,
                                        0x202E, 0x2066, 0x2067, 0x2068, 0x2069, 0x200B, 0x200C,
                                        0x200D, 0x2060, 0xFEFF, 0x00AD, 0x2028, 0x2029, 0xE0041};
  for (const char32_t c : hidden) {
    CAPTURE(static_cast<unsigned>(c));
    CHECK(printable(utf8(c)).rfind("\\u{", 0) == 0);
  }
  CHECK(printable("x\u202Ey") == "x\\u{202e}y");
  CHECK(printable("e\u0301") == "e\u0301");  // combining marks show
}

TEST_CASE("printable keeps line feeds only when asked, and only those") {
  CHECK(printable("a\nb\r\n", true) == "a\nb\\r\n");
}

TEST_CASE("printable gives well-formed text without controls for any bytes") {
  unsigned state = 12345;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525u + 1013904223u;
      bytes.push_back(static_cast<char>(static_cast<unsigned char>(state >> 24)));
    }
    const std::string shown = printable(bytes);
    REQUIRE_FALSE(first_invalid_utf8(shown));
    REQUIRE(printable(shown) == shown);
  }
}

TEST_CASE("edit distance counts insertions, deletions, substitutions and transpositions") {
  CHECK(edit_distance("", "", 3) == 0);
  CHECK(edit_distance("column", "colum", 3) == 1);
  CHECK(edit_distance("colum", "column", 3) == 1);
  CHECK(edit_distance("column", "culomn", 3) == 2);
  CHECK(edit_distance("column", "cloumn", 3) == 1);
  CHECK(edit_distance("ab", "ba", 3) == 1);
  CHECK(edit_distance("kitten", "sitting", 5) == 3);
  CHECK(edit_distance("Ocupación", "Ocupacion", 2) == 1);  // code points, not bytes
}

TEST_CASE("edit distance stops above the limit") {
  CHECK(edit_distance("kitten", "sitting", 2) == 3);
  CHECK(edit_distance("a", "abcdefgh", 2) == 3);
  CHECK(edit_distance("abcdef", "uvwxyz", 1) == 2);
}

TEST_CASE("a limit never changes a distance that is within it") {
  const std::vector<std::string> words = {"", "a", "ab", "ba", "abc", "acb", "bca", "cabx", "abcd", "badc", "dcba"};
  for (const auto& a : words) {
    for (const auto& b : words) {
      const std::size_t full = edit_distance(a, b, 100);
      for (std::size_t limit = 0; limit < 6; ++limit) {
        CAPTURE(a, b, limit);
        REQUIRE(edit_distance(a, b, limit) == std::min(full, limit + 1));
      }
    }
  }
}

TEST_CASE("the nearest candidate within two is suggested, the first of equals") {
  CHECK(nearest("descripton", {"depends", "description"}) == "description");
  CHECK(nearest("colum", {"columns", "column"}) == "column");
  CHECK(nearest("bat", {"cat", "hat"}) == "cat");
  CHECK(nearest("Estado", {"Lote", "Peso"}) == std::nullopt);
  CHECK(nearest("column", {}) == std::nullopt);
}

TEST_CASE("words with nothing in common are never suggested") { CHECK(nearest("up", {"to", "in"}) == std::nullopt); }

TEST_CASE("quoted uses the shortest escape of the language") {
  CHECK(quoted("Estado") == "\"Estado\"");
  CHECK(quoted("a\"b\\c\nd\te") == "\"a\\\"b\\\\c\\nd\\te\"");
  CHECK(quoted("a\rb") == "\"a\\u{d}b\"");
  CHECK(quoted("Estado\u00A0") == "\"Estado\\u{a0}\"");
  CHECK(quoted("\u202Ex") == "\"\\u{202e}x\"");
  CHECK(quoted("Revisión \U0001F600") == "\"Revisión \U0001F600\"");
}

TEST_CASE("numbers are grouped by threes") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1185) == "1 185");
  CHECK(grouped(1234567) == "1 234 567");
  CHECK(grouped(UINT64_MAX) == "18 446 744 073 709 551 615");
}

TEST_CASE("counted says one and many") {
  CHECK(counted(1, "row", "rows") == "1 row");
  CHECK(counted(0, "row", "rows") == "0 rows");
  CHECK(counted(1180, "cell", "cells") == "1 180 cells");
}

TEST_CASE("column letters are bijective base 26") {
  CHECK(column_letters(0) == "A");
  CHECK(column_letters(25) == "Z");
  CHECK(column_letters(26) == "AA");
  CHECK(column_letters(63) == "BL");
  CHECK(column_letters(701) == "ZZ");
  CHECK(column_letters(702) == "AAA");
  CHECK(column_letters(16383) == "XFD");
}

TEST_CASE("split and join undo each other") {
  CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(join({"a", "", "b", ""}, ",") == "a,,b,");
  CHECK(join({}, ", ").empty());
}

TEST_CASE("redact removes userinfo from anything that looks like a URL") {
  CHECK(redact("https://user:pw@host/") == "https://***@host/");
  CHECK(redact("postgres://zmig:s3cr@t@db:5432/x and more") == "postgres://***@db:5432/x and more");
  CHECK(redact("see http://token@a/b, then ftp://u:p@c") == "see http://***@a/b, then ftp://***@c");
  CHECK(redact("https://u:pa/ss@host/x") == "https://***@host/x");
  CHECK(redact("no file \"//ana:pw@host/x.db\"") == "no file \"//***@host/x.db\"");
}

TEST_CASE("redact masks the values of telling parameters, in query and fragment") {
  CHECK(redact("https://h/p?access_token=abc&x=1&API_KEY=k#sig=zz") ==
        "https://h/p?access_token=***&x=1&API_KEY=***#sig=***");
  CHECK(redact("(\"https://h/p?token=abc\")") == "(\"https://h/p?token=***\")");
}

TEST_CASE("redact leaves what holds no secret") {
  for (const std::string text : {"nothing here", "https://host:8080/@user", "https://h/p?page=2&sort=a", "a@b.example",
                                 "sqlite:file.db", "https://[::1]:80/x@y", "://"}) {
    CHECK(redact(text) == text);
  }
}
