#include <zmig/header_norm.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "support/catch.h"

using namespace zmig;
using namespace std::string_literals;

namespace {
nlohmann::json vectors() {
  std::ifstream file(ZMIG_TEST_DATA "/normaliser/vectors.json");
  REQUIRE(file.good());
  return nlohmann::json::parse(file);
}
}  // namespace

TEST_CASE("all header vectors of the contract") {
  const auto headers = vectors().at("headers");
  REQUIRE(headers.size() == 36);
  for (const auto& vector : headers) {
    CAPTURE(vector.at("id").get<std::string>());
    CHECK(norm(vector.at("header").get<std::string>()) == vector.at("norm").get<std::string>());
    CHECK(look(vector.at("header").get<std::string>()) == vector.at("look").get<std::string>());
  }
}

TEST_CASE("all header_hash vectors of the contract") {
  const auto rows = vectors().at("rows");
  REQUIRE(rows.size() == 8);
  for (const auto& vector : rows) {
    CAPTURE(vector.at("id").get<std::string>());
    CHECK(header_hash(vector.at("row").get<std::vector<std::string>>()) == vector.at("header_hash").get<std::string>());
  }
}

TEST_CASE("all managed_hash vectors of the contract") {
  const auto all = vectors().at("columns");
  REQUIRE(all.size() == 2);
  for (const auto& vector : all) {
    CAPTURE(vector.at("id").get<std::string>());
    const auto columns = vector.at("columns").get<std::vector<std::pair<std::string, std::string>>>();
    CHECK(managed_hash(columns) == vector.at("managed_hash").get<std::string>());
  }
}

TEST_CASE("norm and look are idempotent for every code point, alone and inside a word") {
  std::size_t wrong = 0;
  char32_t example = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string alone, inside = "Ab";
    append_utf8(alone, c);
    append_utf8(inside, c);
    inside += "c\u0301";
    for (const std::string& text : {alone, inside}) {
      const std::string normal = norm(text), looks = look(text);
      const bool good = norm(normal) == normal && look(looks) == looks && look(normal) == looks;
      if (!good && wrong++ == 0) example = c;
    }
  }
  CAPTURE(static_cast<unsigned>(example));
  CHECK(wrong == 0);
}

TEST_CASE("ill-formed bytes are kept by norm and ignored by look") {
  CHECK(norm(" a\xFF\xC3 \t e\u0301 \x80") == "a\xFF\xC3 \u00E9 \x80");
  CHECK(look("A\xFF\xC3.\xA9") == "a");
  for (const std::string text : {"\xC3.\xA9", "\xFF", "a\xC3 \xA9", "\xE2\x82", " \x80 "}) {
    CHECK(norm(norm(text)) == norm(text));
    CHECK(look(look(text)) == look(text));
    CHECK(look(norm(text)) == look(text));
  }
}

TEST_CASE("a NUL inside a header is a character like others") {
  CHECK(norm("a\0b"s) == "a\0b"s);
  CHECK(look("A\0b"s) == "ab");
}

TEST_CASE("long headers are normalised whole") {
  std::string decomposed, composed;
  for (int i = 0; i < 5000; ++i) {
    decomposed += "e\u0301";
    composed += "\u00E9";
  }
  CHECK(norm(decomposed) == composed);
  CHECK(look("\uFDFA") == look(look("\uFDFA")));  // 1 code point, 18 after form KD
}

TEST_CASE("look-alikes: case and accents") {
  CHECK(code_points_note("Evento_Tipo", "evento_tipo") == "differs in case");
  CHECK(code_points_note("Fecha_Ocupación", "Fecha_Ocupacion") == "differs by an accent");
  CHECK(code_points_note("Código Técnico", "Codigo Tecnico") == "differs by accents");
  CHECK(code_points_note("Revisión", "REVISION") == "differs in case, differs by an accent");
  CHECK(code_points_note("Straße", "STRASSE") == "differs in case");
}

TEST_CASE("look-alikes: what shows nothing is named by its code point and place") {
  CHECK(code_points_note("Estado", "Estado\u00A0") == "U+00A0 at the end");
  CHECK(code_points_note("Id", "\uFEFFId") == "U+FEFF at the start");
  CHECK(code_points_note("Estado", " Estado") == "a blank at the start");
  CHECK(code_points_note("Estado\u00A0", "Estado") == "without U+00A0 at the end");
  CHECK(code_points_note("OcupadoPor", "Ocupado\u200BPor") == "U+200B after \"Ocupado\"");
  CHECK(code_points_note("Estado", "estado\u00A0") == "differs in case, U+00A0 at the end");
}

TEST_CASE("look-alikes: punctuation and other characters") {
  CHECK(code_points_note("Fecha-Hora", "Fecha\u2013Hora") == "\"\u2013\" (U+2013) instead of \"-\"");
  CHECK(code_points_note("Ocupado_Por", "ocupado por") == "differs in case, a blank instead of \"_\"");
  CHECK(code_points_note("Estado", "\u0415stado") == "\"\u0415\" (U+0415) instead of \"E\"");
  CHECK(code_points_note("OcupadoPor", "Ocupado Por") == "a blank after \"Ocupado\"");
  CHECK(code_points_note("Ocupado Por", "OcupadoPor") == "without a blank after \"Ocupado\"");
}

TEST_CASE("the same text, and the same text stored differently") {
  CHECK(code_points_note("Estado", "Estado") == "the same");
  CHECK(code_points_note("Revisi\u00F3n", "Revisio\u0301n") == "differs only in how its accents are stored");
}

TEST_CASE("very long or very different texts still get a short note") {
  const std::string a(600, 'a'), b(600, 'b');
  CHECK(code_points_note(a, b) == "differs in its characters");
  CHECK(code_points_note("abcdef", "123456") ==
        "\"1\" instead of \"a\", \"2\" instead of \"b\", \"3\" instead of \"c\", 3 more");
}
