// Nothing that a file can hold crashes or hangs the reader, and what it reads without complaint it can print and read
// again.

#include <random>
#include <string>
#include <vector>

#include "parse.h"
#include "print.h"
#include "support/catch.h"
#include "unit/dsl/language_files.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

constexpr unsigned kSeed = 20260126;

/// Parses; true when it is clean, and then it must print to a fixed point with the same tree.
bool survives(const std::string& text) {
  const auto read = test::read_text(text);
  if (!read.diagnostics.empty()) return false;
  const std::string once = print_tree(read.parsed.tree);
  const auto again = test::read_text(once);
  INFO(text);
  INFO(once);
  REQUIRE(test::summary(again) == std::vector<std::string>{});
  REQUIRE(same_tree(read.parsed.tree, again.parsed.tree));
  REQUIRE(print_tree(again.parsed.tree) == once);
  return true;
}

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text = "zmig 1\nin sheet \"S\" {\n  set column \"A\" to ";
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text + "\n}\n";
}

std::vector<std::string> codes(const test::Read& read) {
  std::vector<std::string> out;
  for (const Diagnostic& d : read.diagnostics.all()) out.push_back(d.code);
  return out;
}

}  // namespace

TEST_CASE("ten thousand nested parentheses are refused, not followed", "[dsl][robust]") {
  const auto read = test::read_text(nested(10'000, "(", ")"));
  CHECK(codes(read).size() == 1);
  CHECK(survives(nested(60, "(", ")")));
}

TEST_CASE("every kind of nesting has an end", "[dsl][robust]") {
  CHECK(codes(test::read_text(nested(500, "when ", ""))) == std::vector<std::string>{"ZM0018"});
  CHECK(codes(test::read_text(nested(500, "not ", ""))) == std::vector<std::string>{"ZM0018"});
  CHECK(codes(test::read_text(nested(300, "f(", ")"))) == std::vector<std::string>{"ZM0018"});
  CHECK(codes(test::read_text(nested(1'900, "1+", ""))) == std::vector<std::string>{"ZM0018"});
  std::string long_chain = "zmig 1\nin sheet \"S\" {\n  set column \"A\" to (1\n";
  for (int i = 0; i < 100'000; ++i) long_chain += "   + 1\n";
  CHECK(codes(test::read_text(long_chain + "  )\n}\n")) == std::vector<std::string>{"ZM0018"});
}

TEST_CASE("a thousand open braces are one message", "[dsl][robust]") {
  std::string text = "zmig 1\n";
  for (int i = 0; i < 1'000; ++i) text += "in sheet \"S\" {\n";
  CHECK(codes(test::read_text(text)) == std::vector<std::string>{"ZM0009", "ZM0018"});
  std::string closed = "zmig 1\n";
  for (int i = 0; i < 1'000; ++i) closed += "}\n";
  CHECK(codes(test::read_text(closed)).size() == 51);
}

TEST_CASE("files cut off anywhere are read to their end", "[dsl][robust]") {
  for (const auto& path : test::blocks()) {
    const std::string text = test::read_all(path);
    for (std::size_t size = 0; size < text.size(); size += 7) survives(text.substr(0, size));
  }
}

TEST_CASE("random mutations of every block are read without a crash, and clean ones print back", "[dsl][robust]") {
  std::mt19937 random(kSeed);
  WARN("seed " << kSeed);
  const auto below = [&random](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
  const std::string signs = "{}()[]\"\"\"#,;\\ \n\t'=<>-+*/&$.0123456789abczZM_\xC3\xB1\x01";
  std::vector<std::string> words;
  for (const auto& path : test::blocks()) {
    std::string word;
    for (const char c : test::read_all(path)) {
      if (c == ' ' || c == '\n') {
        if (!word.empty()) words.push_back(word);
        word.clear();
      } else {
        word += c;
      }
    }
  }
  std::size_t clean = 0, all = 0;
  for (const auto& path : test::blocks()) {
    const std::string original = test::read_all(path);
    for (int round = 0; round < 60; ++round) {
      std::string text = original;
      const std::size_t changes = 1 + below(4);
      for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
        const std::size_t at = below(text.size());
        switch (below(6)) {
          case 0: text.erase(at, 1 + below(8)); break;
          case 1: text.insert(at, 1, signs[below(signs.size())]); break;
          case 2: text[at] = signs[below(signs.size())]; break;
          case 3: text.insert(at, text.substr(below(text.size()), below(40))); break;
          case 4: text.insert(at, " " + words[below(words.size())] + " "); break;
          default: {
            const std::size_t line = text.rfind('\n', at);
            const std::size_t end = text.find('\n', at);
            if (line != std::string::npos && end != std::string::npos) text.erase(line, end - line);
          }
        }
      }
      ++all;
      clean += survives(text) ? 1 : 0;
    }
  }
  CHECK(all == 51 * 60);
  CHECK(clean > 100);  // mutations that break everything would prove nothing about printing
}
