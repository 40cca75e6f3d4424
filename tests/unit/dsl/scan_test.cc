#include "scan.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "unit/dsl/language_files.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

struct Scanned {
  Scan scan;
  std::vector<Diagnostic> found;
};

Scanned run(std::string_view text) {
  Scanned out;
  out.scan = scan(text, 0, out.found);
  return out;
}

std::vector<std::string> codes(const Scanned& scanned) {
  std::vector<std::string> out;
  for (const Diagnostic& d : scanned.found) out.push_back(d.code);
  return out;
}

std::vector<std::string> rendered(std::string text) { return test::summary(test::read_text(std::move(text))); }

}  // namespace

TEST_CASE("the scanned text has the length of the file, and every blank is a blank", "[dsl][scan]") {
  const Scanned scanned = run("\xEF\xBB\xBFzmig 1  # first\r\nallow ZM1103 because \"a # b\"\r\n");
  CHECK(codes(scanned).empty());
  CHECK(scanned.scan.text == "   zmig 1          \nallow ZM1103 because \"a # b\" \n");
}

TEST_CASE("comments are kept with their place", "[dsl][scan]") {
  const Scanned scanned = run("# above\nzmig 1 # behind  \n");
  REQUIRE(scanned.scan.comments.size() == 2);
  CHECK(scanned.scan.comments[0].text == "# above");
  CHECK(scanned.scan.comments[0].alone);
  CHECK(scanned.scan.comments[1].text == "# behind");
  CHECK_FALSE(scanned.scan.comments[1].alone);
  CHECK(scanned.scan.comments[1].at.begin == 15);
}

TEST_CASE("line breaks inside parentheses are blanks when the next line is deeper, or closes", "[dsl][scan]") {
  const Scanned scanned = run("a (\n  b\n\n  # why\n  c\n) d\ne\n");
  CHECK(codes(scanned).empty());
  CHECK(scanned.scan.text == "a (   b            c ) d\ne\n");
  REQUIRE(scanned.scan.lines.size() == 3);
  CHECK(scanned.scan.lines[1].begin == 25);
}

TEST_CASE("a parenthesis that is never closed costs its line and no other", "[dsl][scan]") {
  const Scanned scanned = run("a (b\nc\n");
  CHECK(codes(scanned) == std::vector<std::string>{"ZM0013"});
  CHECK(scanned.scan.lines[0].broken);
  CHECK_FALSE(scanned.scan.lines[1].broken);
}

TEST_CASE("lines know how many braces are open before them", "[dsl][scan]") {
  const Scanned scanned = run("a {\n  b {\n    c \"}\"\n  }\n}\n# }\nd\n");
  std::vector<int> depths;
  for (const LogicalLine& line : scanned.scan.lines) depths.push_back(line.depth);
  CHECK(depths == std::vector<int>{0, 1, 2, 2, 1, 0, 0, 0});
  CHECK(codes(scanned).empty());
}

TEST_CASE("the down block is known from its braces", "[dsl][scan]") {
  const Scanned scanned = run("zmig 1\ndown {\n  a {\n  }\n}\n");
  CHECK(scanned.scan.down.begin == 12);
  CHECK(scanned.scan.down.end == 25);
}

TEST_CASE("bytes that are not UTF-8 are refused with their offset", "[dsl][scan]") {
  const auto read = test::read_text("zmig 1\ndescription \"\xE9\"\n");
  REQUIRE(read.diagnostics.all().size() == 1);
  CHECK(read.diagnostics.all()[0].code == "ZM0008");
  CHECK(read.diagnostics.all()[0].primary.text == "byte 20 (0xE9) belongs to no character");
}

TEST_CASE("a file of more than 1 MiB is refused before it is read", "[dsl][scan]") {
  const auto read = test::read_text(std::string(100u * 1024 * 1024, '('));
  REQUIRE(read.diagnostics.all().size() == 1);
  CHECK(read.diagnostics.all()[0].code == "ZM0020");
  CHECK(read.parsed.tree.lines.empty());
}

TEST_CASE("a line of more than 4,096 bytes is refused", "[dsl][scan]") {
  CHECK(codes(run("description \"" + std::string(4083, 'x') + "\"\n")) == std::vector<std::string>{"ZM0020"});
  CHECK(codes(run("description \"" + std::string(4082, 'x') + "\"\n")).empty());
}

TEST_CASE("a file of more than 10,000 statements is refused", "[dsl][scan]") {
  std::string text = "zmig 1\n";
  for (int i = 0; i < 9'999; ++i) text += "forget sheet \"A\"\n";
  CHECK(codes(run(text)).empty());
  const Scanned scanned = run(text + "forget sheet \"A\"\n");
  CHECK(codes(scanned) == std::vector<std::string>{"ZM0020"});
  CHECK_FALSE(scanned.scan.usable);
}

TEST_CASE("invisible characters are refused outside quotes and brackets, control characters everywhere",
          "[dsl][scan]") {
  CHECK(rendered("zmig\xC2\xA0"
                 "1\n")[0] == "ZM0015 `\xC2\xA0` invisible character in the text");
  CHECK(codes(run("a \"x\xC2\xA0y\" [x\xC2\xA0y]\n")).empty());
  CHECK(codes(run("a \"x\x07y\"\n")) == std::vector<std::string>{"ZM0015"});
  CHECK(codes(run("# a\xE2\x80\xAE"
                  "b\n")) == std::vector<std::string>{"ZM0015"});
  CHECK(codes(run("a\rb\n")) == std::vector<std::string>{"ZM0015"});
}

TEST_CASE("texts end on their line, block texts where they say", "[dsl][scan]") {
  CHECK(codes(run("a \"b\nc\n")) == std::vector<std::string>{"ZM0011"});
  CHECK(codes(run("a \"\"\"\n  b\n  \"\"\"\n")).empty());
  CHECK(codes(run("a \"\"\"\n  b\n")) == std::vector<std::string>{"ZM0011"});
  CHECK(codes(run("a \"\"\"\n  b\n    \"\"\"\n")) == std::vector<std::string>{"ZM0011"});
  CHECK(codes(run("a \"\"\"one\"\"\" b\n")).empty());
}

TEST_CASE("escapes that are none are refused", "[dsl][scan]") {
  CHECK(codes(run(R"(a "\" \\ \n \t \u{1F600} \u{f1}")"
                  "\n"))
            .empty());
  for (const char* wrong :
       {R"(a "\d")", R"(a "\u1234")", R"(a "\u{}")", R"(a "\u{D800}")", R"(a "\u{110000}")", R"(a "\u{1234567}")"}) {
    INFO(wrong);
    CHECK(codes(run(wrong)) == std::vector<std::string>{"ZM0012"});
  }
}

TEST_CASE("braces stand where they belong", "[dsl][scan]") {
  CHECK(codes(run("a { b }\n")) == std::vector<std::string>{"ZM0014"});
  CHECK(codes(run("a {\n} b\n")) == std::vector<std::string>{"ZM0014"});
  CHECK(codes(run("a {\n  b }\n")) == std::vector<std::string>{"ZM0014"});
  CHECK(codes(run("a\n}\nb\n")) == std::vector<std::string>{"ZM0010"});
  CHECK(codes(run("a {\n  b\n")) == std::vector<std::string>{"ZM0009"});
}

TEST_CASE("signs of other languages are named", "[dsl][scan]") {
  CHECK(rendered("zmig 1\nrequire every row of \"S\" has [a] != 1\n") ==
        std::vector<std::string>{"ZM0016 `!=` `<>` says different; there is no `!=`"});
  CHECK(rendered("zmig 1\nrequire every row of \"S\" has [a] = 1 && [b] = 2\n") ==
        std::vector<std::string>{"ZM0016 `&&` `and` joins conditions; there is no `&&`"});
  CHECK(rendered("zmig 1\nforget sheet 'A'\n") ==
        std::vector<std::string>{"ZM0016 `'A'` names and texts stand in double quotes"});
  CHECK(rendered("zmig 1\nforget sheet \"A\";\n") == std::vector<std::string>{"ZM0007 `;` lines do not end with `;`"});
}

TEST_CASE("nesting ends at 64", "[dsl][scan]") {
  const auto nested = [](std::size_t n) { return run("a " + std::string(n, '(') + "1" + std::string(n, ')') + "\n"); };
  CHECK(codes(nested(64)).empty());
  CHECK(codes(nested(65)) == std::vector<std::string>{"ZM0018"});
}
