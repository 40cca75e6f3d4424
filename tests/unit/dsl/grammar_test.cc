#include <string>
#include <vector>

#include "failure.h"
#include "parse.h"
#include "print.h"
#include "support/catch.h"
#include "unit/dsl/language_files.h"

using namespace zmig;
using namespace zmig::dsl;
using test::read_text;
using test::summary;

namespace {

/// The only line of the only sheet block of a file.
template <class T>
T only_line(const test::Read& read) {
  T out;
  int found = 0;
  for (const ast::TopLine& top : read.parsed.tree.lines) {
    ast::visit(ast::overloaded{[&](const ast::SheetScope& scope) {
                                 for (const ast::SheetLine& line : scope.body.lines) {
                                   ast::visit(
                                       [&](const auto& inside) {
                                         if constexpr (std::is_same_v<std::decay_t<decltype(inside)>, T>) {
                                           out = inside;
                                           ++found;
                                         }
                                       },
                                       line);
                                 }
                               },
                               [](const auto&) {}},
               top);
  }
  REQUIRE(found == 1);
  return out;
}

std::string in_sheet(const std::string& lines) { return "zmig 1\nin sheet \"S\" {\n" + lines + "}\n"; }

std::string piece(const test::Read& read, const ast::Node& node) {
  return read.sources.file(0).text.substr(node.begin, node.end - node.begin);
}

std::size_t bad_lines(const ast::File& file) {
  std::size_t bad = 0;
  const auto count = [&bad](const auto& inside) {
    if constexpr (std::is_same_v<std::decay_t<decltype(inside)>, ast::Bad>) ++bad;
  };
  for (const ast::TopLine& top : file.lines) {
    ast::visit(ast::overloaded{[&](const ast::SheetScope& scope) {
                                 for (const ast::SheetLine& line : scope.body.lines) ast::visit(count, line);
                               },
                               [&](const ast::Bad&) { ++bad; }, [](const auto&) {}},
               top);
  }
  return bad;
}

}  // namespace

TEST_CASE("every block of the language parses", "[dsl][grammar]") {
  const auto all = test::blocks();
  REQUIRE(all.size() == 51);
  for (const auto& path : all) {
    INFO(path.filename().string());
    const std::string text = test::read_all(path);
    std::vector<Diagnostic> found;
    std::vector<Failure> failures;
    const Scan scanned = scan(text, 0, found);
    const ast::File tree = parse_tree(scanned, failures);
    CHECK(found.empty());
    CHECK(failures.empty());
    CHECK(tree.header.has_value());
    CHECK_FALSE(tree.lines.empty());
    if (!test::is_for_the_parser_only(path)) CHECK(summary(read_text(text)) == std::vector<std::string>{});
  }
}

TEST_CASE("nodes know their place in the file", "[dsl][grammar]") {
  const auto read =
      read_text(in_sheet("  add column \"Año\" decimal(2) after \"Peso\" default -0.50 note \"x\"  # why\n"));
  REQUIRE(summary(read).empty());
  const auto line = only_line<ast::AddColumn>(read);
  CHECK(piece(read, line) == "add column \"Año\" decimal(2) after \"Peso\" default -0.50 note \"x\"");
  CHECK(piece(read, line.verb) == "add column");
  CHECK(piece(read, line.name) == "\"Año\"");
  CHECK(line.name.value == "Año");
  CHECK(piece(read, line.type) == "decimal(2)");
  REQUIRE(line.type.digits.has_value());
  CHECK(line.type.digits->value == 2);
  REQUIRE(line.place.has_value());
  CHECK(piece(read, *line.place) == "after \"Peso\"");
  REQUIRE(line.properties.line.size() == 2);
  CHECK(piece(read, ast::node_of(line.properties.line[0])) == "default -0.50");
  REQUIRE(line.comments.after.has_value());
  CHECK(*line.comments.after == "# why");
}

TEST_CASE("formulas bind as section 8 says, and know their places", "[dsl][grammar]") {
  const auto read =
      read_text(in_sheet("  set column \"A\" to 1 + 2 * [B]] x] - -3 & \"t\" where not ([C] = 1 or [D] is blank)\n"));
  REQUIRE(summary(read).empty());
  const auto line = only_line<ast::SetColumn>(read);
  using enum ast::FormulaKind;
  const ast::Formula& f = line.formula;
  CHECK(piece(read, f) == "1 + 2 * [B]] x] - -3 & \"t\"");
  REQUIRE(f.kind == concat);
  REQUIRE(f.operands[0].kind == subtract);
  CHECK(f.operands[0].operands[0].kind == add);
  CHECK(f.operands[0].operands[0].operands[1].kind == multiply);
  CHECK(f.operands[0].operands[0].operands[1].operands[1].value == "B] x");
  CHECK(f.operands[0].operands[1].kind == negate);
  REQUIRE(line.where.has_value());
  CHECK(line.where->kind == logic_not);
  CHECK(line.where->operands[0].parenthesised);
  CHECK(piece(read, line.where->operands[0]) == "([C] = 1 or [D] is blank)");
}

TEST_CASE("calls and branches hold their parts in the order written", "[dsl][grammar]") {
  const auto read =
      read_text(in_sheet("  fill column \"A\" with (\n    when [x] is one of (1, 2) then upper([y])\n    when [x] "
                         "matches \"M*\" then today()\n"
                         "    else blank\n  ) otherwise keep expecting at most 5 rows\n"));
  REQUIRE(summary(read).empty());
  const auto line = only_line<ast::FillColumn>(read);
  REQUIRE(line.formula.operands.size() == 5);
  CHECK(line.formula.parenthesised);
  CHECK(line.formula.operands[0].kind == ast::FormulaKind::is_one_of);
  CHECK(line.formula.operands[0].operands.size() == 3);
  CHECK(line.formula.operands[1].value == "upper");
  CHECK(piece(read, line.formula.operands[1].word) == "upper");
  CHECK(line.formula.operands[2].value == "M*");
  CHECK(piece(read, line.formula.operands[2].word) == "\"M*\"");
  CHECK(line.formula.operands[3].operands.empty());
  REQUIRE(line.otherwise.has_value());
  CHECK(line.otherwise->value == ast::Otherwise::keep);
  REQUIRE(line.expecting.has_value());
  CHECK(line.expecting->count.value == 5);
}

TEST_CASE("texts are unescaped, block texts lose their layout", "[dsl][grammar]") {
  const auto read = read_text(
      "zmig 1\ndescription \"a\\\"b\\\\c\\n\\u{f1}\"\nirreversible because \"\"\"\r\n    one\r\n\r\n      two\r\n    "
      "\"\"\"\r\n");
  REQUIRE(summary(read).empty());
  std::vector<std::string> texts;
  for (const ast::TopLine& line : read.parsed.tree.lines) {
    ast::visit(ast::overloaded{[&](const ast::TextHeading& h) { texts.push_back(h.text.value); }, [](const auto&) {}},
               line);
  }
  CHECK(texts == std::vector<std::string>{"a\"b\\c\nñ", "one\n\n  two"});
}

TEST_CASE("a broken line becomes Bad, and the lines around it are read", "[dsl][grammar]") {
  const auto read = read_text(in_sheet("  drop column \"A\"\n  drop colum \"B\"\n  drop column \"C\"\n"));
  CHECK(summary(read) == std::vector<std::string>{"ZM0005 `colum` `drop` what?"});
  CHECK(bad_lines(read.parsed.tree) == 1);
  ast::visit(ast::overloaded{[](const ast::SheetScope& scope) { CHECK(scope.body.lines.size() == 3); },
                             [](const auto&) { FAIL("a sheet block was written"); }},
             read.parsed.tree.lines[0]);
}

TEST_CASE("an error inside an inner block costs one line of that block", "[dsl][grammar]") {
  const auto read =
      read_text(in_sheet("  add column \"A\" text {\n    notee \"x\"\n    required\n  }\n"
                         "  add rows by \"K\" {\n    columns \"K\"\n    row\n    row 1\n    rows 2\n  }\n"
                         "  clean column \"A\" {\n    trimm\n    squeeze\n  }\n  drop column \"Z\"\n"));
  CHECK(summary(read) ==
        std::vector<std::string>{"ZM0003 `notee` unknown word `notee`", "ZM0002 `` something is missing here",
                                 "ZM0003 `rows` unknown word `rows`", "ZM0003 `trimm` unknown word `trimm`"});
  CHECK(bad_lines(read.parsed.tree) == 0);
}

TEST_CASE("an error on the line that opens a block costs the block", "[dsl][grammar]") {
  const auto read =
      read_text("zmig 1\nin shet \"S\" {\n  add colum \"A\"\n  nonsense\n}\nforget sheet \"B\"\nforget \"C\"\n");
  CHECK(summary(read) == std::vector<std::string>{"ZM0005 `shet` `in` what?", "ZM0005 `\"` `forget` what?"});
}

TEST_CASE("errors inside and behind a down block are found one by one", "[dsl][grammar]") {
  const auto read = read_text(
      "zmig 1\ndown {\n  in sheet \"S\" {\n    drop colum \"A\"\n    drop column B\n  }\n  forgett sheet \"X\"\n"
      "  ensure sheet \"S\" gaind 1 column\n}\nnonsense\n");
  CHECK(summary(read) == std::vector<std::string>{"ZM0005 `colum` `drop` what?", "ZM0004 `B` a name needs quotes",
                                                  "ZM0003 `forgett` unknown word `forgett`",
                                                  "ZM0003 `gaind` unknown word `gaind`",
                                                  "ZM0003 `nonsense` unknown word `nonsense`"});
}

TEST_CASE("at most fifty messages are shown, and the rest is counted", "[dsl][grammar]") {
  std::string text = "zmig 1\n";
  for (int i = 0; i < 81; ++i) text += "nonsense\n";
  const auto read = read_text(text);
  REQUIRE(read.diagnostics.all().size() == 51);
  CHECK(read.diagnostics.all().back().message == "… and 31 more");
}

TEST_CASE("comments belong to the line below, or to the statement before them", "[dsl][grammar]") {
  const std::string text =
      "# file\nzmig 1  # language\n\n# what it does\nin sheet \"S\" {  # open\n  # one\n  # two\n  drop column \"A\"  "
      "# gone\n"
      "  # last\n}  # closed\n\n# end\n";
  const auto read = read_text(text);
  REQUIRE(summary(read).empty());
  CHECK(print_tree(read.parsed.tree) == text);
}

TEST_CASE("words end before anything that is no letter of theirs", "[dsl][grammar]") {
  CHECK(summary(read_text("zmig 1\nforget sheetñ \"A\"\n")) ==
        std::vector<std::string>{"ZM0005 `sheetñ` `forget` what?"});
  CHECK(summary(read_text("zmig 1\nin sheet\"A\"{\n}\n")).empty());
  CHECK(summary(read_text(in_sheet("  add column \"A\" dates\n"))) ==
        std::vector<std::string>{"ZM0003 `dates` unknown word `dates`"});
}
