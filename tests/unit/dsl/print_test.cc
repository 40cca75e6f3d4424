#include "print.h"

#include <string>
#include <vector>

#include "failure.h"
#include "support/catch.h"
#include "unit/dsl/language_files.h"

using namespace zmig;
using namespace zmig::dsl;
using test::read_text;
using test::summary;

namespace {

ast::File tree_of(const std::string& text) {
  std::vector<Diagnostic> found;
  std::vector<Failure> failures;
  const Scan scanned = scan(text, 0, found);
  ast::File tree = parse_tree(scanned, failures);
  attach_comments(tree, scanned);
  INFO(text);
  REQUIRE(found.empty());
  REQUIRE(failures.empty());
  return tree;
}

std::string format(const std::string& text) { return print_tree(tree_of(text)); }

std::string in_sheet(const std::string& line) { return "zmig 1\n\nin sheet \"S\" {\n" + line + "}\n"; }

/// A formula through the formatter.
std::string formula(const std::string& text) {
  const std::string out = format(in_sheet("  set column \"A\" to " + text + "\n"));
  const std::string before =
      in_sheet("  set column \"A\" to ").substr(0, in_sheet("  set column \"A\" to ").size() - 2);
  return out.substr(before.size(), out.size() - before.size() - 3);
}

}  // namespace

TEST_CASE("printing a block of the language is a fixed point and keeps its tree", "[dsl][print]") {
  for (const auto& path : test::blocks()) {
    INFO(path.filename().string());
    const ast::File tree = tree_of(test::read_all(path));
    const std::string once = print_tree(tree);
    const ast::File again = tree_of(once);
    CHECK(print_tree(again) == once);
    CHECK(same_tree(tree, again));
  }
}

TEST_CASE("the blocks of the language are canonical already, but for five", "[dsl][print]") {
  std::vector<std::string> changed;
  for (const auto& path : test::blocks()) {
    const std::string text = test::read_all(path);
    if (format(text) != text) changed.push_back(path.filename().string());
  }
  // Too wide, blank lines around a block, block text without a line end, properties in another order, no blank lines.
  CHECK(changed == std::vector<std::string>{"07_03_1_sheet.zmig", "07_07_1_top.zmig", "07_09_1.zmig", "17_10_1.zmig",
                                            "17_13_1.zmig"});
}

TEST_CASE("two trees are the same only if they say the same", "[dsl][print]") {
  const ast::File tree = tree_of(in_sheet("  add column \"A\" text required note \"x\"\n"));
  CHECK(same_tree(tree, tree_of(in_sheet("  add column \"A\" text note \"x\" required  # why\n"))));
  CHECK(same_tree(tree, tree_of(in_sheet("  add column \"A\" text {\n    required\n    note \"x\"\n  }\n"))));
  CHECK_FALSE(same_tree(tree, tree_of(in_sheet("  add column \"A\" text required note \"y\"\n"))));
  CHECK_FALSE(same_tree(tree, tree_of(in_sheet("  add column \"A\" text required\n"))));
  CHECK_FALSE(same_tree(tree, tree_of(in_sheet("  adopt column \"A\" text required note \"x\"\n"))));
  CHECK_FALSE(same_tree(tree_of(in_sheet("  set column \"A\" to 1 - (2 - 3)\n")),
                        tree_of(in_sheet("  set column \"A\" to 1 - 2 - 3\n"))));
}

TEST_CASE("layout becomes canonical, comments stay", "[dsl][print]") {
  CHECK(format("\xEF\xBB\xBF# top\r\nzmig   1\r\n\r\n\r\nallow ZM1103 because \"y\"\r\ndescription \"x\" # d\r\n"
               "in  sheet \"S\"  {\r\n\r\n\tdrop column \"A\"\r\n\r\n\r\n  # two\r\n add column \"B\" text required "
               "note \"n\"\r\n"
               "}\r\nin sheet \"T\" {\r\n}\r\nensure  sheet \"S\" gained 1 columns") ==
        "# top\nzmig 1\n\ndescription \"x\"  # d\nallow ZM1103 because \"y\"\n\nin sheet \"S\" {\n  drop column \"A\"\n"
        "  # two\n  add column \"B\" text note \"n\" required\n}\n\nin sheet \"T\" {\n}\n\nensure sheet \"S\" gained 1 "
        "column\n");
}

TEST_CASE("a line over 100 columns becomes a block, and a block stays one", "[dsl][print]") {
  const std::string long_note(70, 'x');
  CHECK(format(in_sheet("  add column \"A\" text required note \"" + long_note + "\" alias \"B\"\n")) ==
        in_sheet("  add column \"A\" text {\n    note \"" + long_note + "\"\n    alias \"B\"\n    required\n  }\n"));
  CHECK(format(in_sheet("  add column \"A\" text {\n    required\n  }\n")) ==
        in_sheet("  add column \"A\" text {\n    required\n  }\n"));
}

TEST_CASE("formulas keep the parentheses they need and no others", "[dsl][print]") {
  for (const char* same : {"1 - (2 - 3)", "(1 + 2) * 3", "-(1 + 2)", "-(-1)", "not ([a] = 1 or [b] = 2)",
                           "([a] = 1 and [b] = 2) or [c] = 3", "[a] = 1 and ([b] = 2 or [c] = 3)", "([a] = 1) = true",
                           "([a] is blank) is not blank", "1 + (when [a] then 1 else 2)",
                           "when [a] then (when [b] then 1 else 2) else when [c] then 3 else 4", "[a]] b] & \"x\"",
                           "f() & g(1, (when [a] then 1 else 2) + 1)", "not not [a]",
                           "[a] is one of (1, 2) or [b] matches \"x*\"", "2026 - 1 - 26"}) {
    CHECK(formula(same) == same);
  }
  CHECK(formula("((1))") == "1");
  CHECK(formula("(1 * 2) + (3)") == "1 * 2 + 3");
  CHECK(formula("f((1), ([a] = 1))") == "f(1, [a] = 1)");
  CHECK(formula("1+2*3") == "1 + 2 * 3");
  CHECK(formula("when [a] then 1 when [b] then 2 else 3") ==
        "(\n    when [a] then 1\n    when [b] then 2\n    else 3\n  )");
}

TEST_CASE("one formula prints on one line for messages", "[dsl][print]") {
  const ast::File tree = tree_of(in_sheet("  set column \"A\" to when [a] then 1 when [b] then 2 else 3\n"));
  std::string out;
  ast::visit(ast::overloaded{[&](const ast::SheetScope& scope) {
                               ast::visit(
                                   ast::overloaded{[&](const ast::SetColumn& l) { out = print_formula(l.formula); },
                                                   [](const auto&) {}},
                                   scope.body.lines[0]);
                             },
                             [](const auto&) {}},
             tree.lines[0]);
  CHECK(out == "(when [a] then 1 when [b] then 2 else 3)");
}

TEST_CASE("texts take the shortest form, block text only for line ends", "[dsl][print]") {
  CHECK(format("zmig 1\n\ndescription \"\"\"one\"\"\"\n") == "zmig 1\n\ndescription \"one\"\n");
  CHECK(format("zmig 1\n\ndescription \"a\\n  b\\u{f1}\"\n") ==
        "zmig 1\n\ndescription \"\"\"\n  a\n    bñ\n  \"\"\"\n");
  CHECK(format("zmig 1\n\ndescription \"a \\nb\"\n") == "zmig 1\n\ndescription \"a \\nb\"\n");
  CHECK(format("zmig 1\n\ndescription \"a\\n\\\"\\\"\\\"\"\n") == "zmig 1\n\ndescription \"a\\n\\\"\\\"\\\"\"\n");
}

TEST_CASE("numbers of one take the singular", "[dsl][print]") {
  CHECK(format("zmig 1\n\nkeep undo data for 1 days\n\nensure sheet \"S\" lost 1 rows\n") ==
        "zmig 1\n\nkeep undo data for 1 day\n\nensure sheet \"S\" lost 1 row\n");
  CHECK(format("zmig 1\n\nkeep undo data for 2 day\n") == "zmig 1\n\nkeep undo data for 2 days\n");
}

TEST_CASE("the text of the checksum leaves out what may always be edited", "[dsl][print]") {
  const ast::File tree = tree_of(
      "# c\nzmig 1\ndescription \"d\"\nauthor \"a\"\ntags \"t\"\nkeep undo data for 7 days\nin sheet \"S\" {\n  # c\n"
      "  drop column \"A\"  # c\n  # c\n}\ndown {\n  forget sheet \"S\"\n}\n");
  CHECK(print_tree(tree, kChecksumText) ==
        "zmig 1\n\nkeep undo data for 7 days\n\nin sheet \"S\" {\n  drop column \"A\"\n}\n");
  CHECK(print_down(tree) == "forget sheet \"S\"\n");
}
