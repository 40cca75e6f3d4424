#include <random>
#include <string>

#include <nlohmann/json.hpp>

#include <zmig/json_text.h>

#include "support/catch.h"

namespace zmig {
namespace {

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string dumped(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TEST_CASE("a JSON string is written as the tree would dump it") {
  for (const std::string text :
       {"", "plain", "a\"b\\c", "\b\t\n\f\r\x01\x1f\x7f", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\x80 alone",
        "\xC3", "\xC3(", "\xE2\x82", "\xE2\x82(", "\xED\xA0\x80", "\xC0\xAF", "\xF5\x80\x80\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF0\x9F\x98(x", "end\xF0\x9F"})
    CHECK(written(text) == dumped(text));
}

TEST_CASE("a JSON string of random bytes is written as the tree would dump it") {
  std::mt19937 random(20260126);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const auto length = random() % 12;
    for (std::size_t i = 0; i < length; ++i) {
      const auto kind = random() % 4;
      text += static_cast<char>(kind == 0   ? random() % 256
                                : kind == 1 ? 0x80 + random() % 64
                                : kind == 2 ? 0xE0 + random() % 24
                                            : 'a');
    }
    INFO(round);
    REQUIRE(written(text) == dumped(text));
  }
}

TEST_CASE("JSON text has the bytes of a sorted tree") {
  JsonText out;
  out.open('{').key("a").open('[').number(1).number(-2).text("x").open('[').close(']').close(']');
  out.key("b").flag(true).key("c").raw("null").key("d").text_or_null("").member("e\"").open('{').close('}').close('}');
  CHECK(out.take() == R"({"a":[1,-2,"x",[]],"b":true,"c":null,"d":null,"e\"":{}})");
}

}  // namespace
}  // namespace zmig
