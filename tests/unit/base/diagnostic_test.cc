#include <zmig/diagnostic.h>

#include <map>

#include "support/catch.h"

using namespace zmig;

namespace {

/// A file in which the given lines (by number from 1) stand; the others are empty.
class Page {
 public:
  Page(SourceMap& sources, const std::string& path, const std::map<std::size_t, std::string>& lines) {
    const std::size_t last = lines.rbegin()->first;
    for (std::size_t number = 1; number <= last; ++number) {
      begins_.push_back(text_.size());
      if (const auto found = lines.find(number); found != lines.end()) text_ += found->second;
      text_ += "\n";
    }
    number_ = sources.add(SourceFile{path, text_});
  }
  /// The first place of `words` on that line.
  [[nodiscard]] Span at(std::size_t line, const std::string& words) const {
    const std::size_t begin = text_.find(words, begins_.at(line - 1));
    REQUIRE(begin != std::string::npos);
    return {number_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + words.size())};
  }
  /// Behind the last character of that line.
  [[nodiscard]] Span end_of(std::size_t line) const {
    const auto end = static_cast<std::uint32_t>(text_.find('\n', begins_.at(line - 1)));
    return {number_, end, end};
  }

 private:
  std::uint32_t number_ = 0;
  std::string text_;
  std::vector<std::size_t> begins_;
};

Diagnostic error(std::string code, std::string message, Span span, std::string text = {}) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.primary = Label{span, "", std::move(text)};
  return diagnostic;
}

}  // namespace

TEST_CASE("one label: arrow, line, carets, help") {
  SourceMap sources;
  const Page page(sources, "0003_demo.zmig", {{2, "descripton \"typo in a heading\""}});
  Diagnostic diagnostic =
      error("ZM0003", "unknown word `descripton`", page.at(2, "descripton"), "not a word zmig knows here");
  diagnostic.help = "did you mean `description`?";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0003]: unknown word `descripton`\n"
        " --> 0003_demo.zmig:2:1\n"
        "  |\n"
        "2 | descripton \"typo in a heading\"\n"
        "  | ^^^^^^^^^^ not a word zmig knows here\n"
        "  = help: did you mean `description`?\n");
}

TEST_CASE("carets and columns count code points") {
  SourceMap sources;
  const Page page(sources, "0003_demo.zmig", {{4, "  add column Ñandú text # añadir"}});
  CHECK(render(error("ZM0004", "a name needs quotes", page.at(4, "Ñandú"), "this is a bare word"), sources) ==
        "error[ZM0004]: a name needs quotes\n"
        " --> 0003_demo.zmig:4:14\n"
        "  |\n"
        "4 |   add column Ñandú text # añadir\n"
        "  |              ^^^^^ this is a bare word\n");
  CHECK(line_column(sources.file(0).text, page.at(4, "text").begin) == LineColumn{4, 20});
}

TEST_CASE("the gutter is as wide as the largest line number shown") {
  SourceMap sources;
  const Page page(sources, "0003_demo.zmig", {{10, "  add column \"D\" decimal default 0"}});
  Diagnostic diagnostic = error("ZM0002", "`decimal` needs its digits", page.at(10, "default"), "expected `(`");
  diagnostic.help = "write `decimal(2)` for two digits after the point";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0002]: `decimal` needs its digits\n"
        "  --> 0003_demo.zmig:10:26\n"
        "   |\n"
        "10 |   add column \"D\" decimal default 0\n"
        "   |                          ^^^^^^^ expected `(`\n"
        "   = help: write `decimal(2)` for two digits after the point\n");
}

TEST_CASE("a place behind the end of a line gets one caret") {
  SourceMap sources;
  const Page page(sources, "0003_demo.zmig", {{18, "    row 1,"}});
  CHECK(render(error("ZM0002", "something is missing here", page.end_of(18), "expected another value"), sources) ==
        "error[ZM0002]: something is missing here\n"
        "  --> 0003_demo.zmig:18:11\n"
        "   |\n"
        "18 |     row 1,\n"
        "   |           ^ expected another value\n");
}

TEST_CASE("a secondary label in the same file stands in the order of the lines") {
  SourceMap sources;
  const Page page(sources, "0005_open.zmig", {{8, "  add column \"B\" text {"}, {10, "  add column \"C\" text"}});
  Diagnostic diagnostic = error("ZM0009", "this block is never closed", page.at(8, "{"), "opened here, indented by 2");
  diagnostic.secondary = {Label{page.at(10, "add"), "", "this line is indented by 2 again"}};
  diagnostic.help = "put `}` on a line of its own before line 10";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0009]: this block is never closed\n"
        "  --> 0005_open.zmig:8:23\n"
        "   |\n"
        " 8 |   add column \"B\" text {\n"
        "   |                       ^ opened here, indented by 2\n"
        "10 |   add column \"C\" text\n"
        "   |   --- this line is indented by 2 again\n"
        "   = help: put `}` on a line of its own before line 10\n");
}

TEST_CASE("labels before and after the primary one keep their lines") {
  SourceMap sources;
  const Page page(sources, "0002_from_the_papers.zmig",
                  {{5, "require sheet \"Operaciones\" has 65 columns"},
                   {8, "  add column \"Ocupado_Por\" text"},
                   {13, "ensure sheet \"Operaciones\" has 68 columns"}});
  Diagnostic diagnostic =
      error("ZM1905", "these lines cannot all be true", page.at(13, "has 68 columns"), "63 + 3 is 66");
  diagnostic.secondary = {
      Label{page.at(8, "add column \"Ocupado_Por\" text"), "", "this and 2 more below: +3"},
      Label{page.at(5, "has 65 columns"), "", "the baseline has 63"},
  };
  CHECK(render(diagnostic, sources) ==
        "error[ZM1905]: these lines cannot all be true\n"
        "  --> 0002_from_the_papers.zmig:13:28\n"
        "   |\n"
        " 5 | require sheet \"Operaciones\" has 65 columns\n"
        "   |                             -------------- the baseline has 63\n"
        " 8 |   add column \"Ocupado_Por\" text\n"
        "   |   ----------------------------- this and 2 more below: +3\n"
        "13 | ensure sheet \"Operaciones\" has 68 columns\n"
        "   |                            ^^^^^^^^^^^^^^ 63 + 3 is 66\n");
}

TEST_CASE("a label in another file has an arrow of its own") {
  SourceMap sources;
  const Page other(sources, "0001_v3_occupation_columns.zmig",
                   {{14, "  add column \"Fecha_Ocupacion\" date format \"DD-MM-YYYY\""}});
  const Page page(sources, "0003_fix.zmig", {{4, "  fill column \"Fecha_Ocupación\" with blank"}});
  Diagnostic diagnostic = error("ZM0101", "no column \"Fecha_Ocupación\" in \"Operaciones\" at this line",
                                page.at(4, "\"Fecha_Ocupación\""));
  diagnostic.secondary = {Label{other.at(14, "\"Fecha_Ocupacion\""), "", "added here, without the accent"}};
  diagnostic.help = "did you mean \"Fecha_Ocupacion\"?";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0101]: no column \"Fecha_Ocupación\" in \"Operaciones\" at this line\n"
        "  --> 0003_fix.zmig:4:15\n"
        "   |\n"
        " 4 |   fill column \"Fecha_Ocupación\" with blank\n"
        "   |               ^^^^^^^^^^^^^^^^^\n"
        "  ::: 0001_v3_occupation_columns.zmig:14:14\n"
        "   |\n"
        "14 |   add column \"Fecha_Ocupacion\" date format \"DD-MM-YYYY\"\n"
        "   |              ----------------- added here, without the accent\n"
        "   = help: did you mean \"Fecha_Ocupacion\"?\n");
}

TEST_CASE("two labels on one line: the left one says its words below") {
  SourceMap sources;
  const Page page(sources, "0002_draft.zmig", {{15, "  add column \"version\" integer default \"0\""}});
  Diagnostic diagnostic =
      error("ZM0104", "the default of \"version\" is a text, the column holds integers", page.at(15, "\"0\""), "text");
  diagnostic.secondary = {Label{page.at(15, "integer"), "", "integer"}};
  diagnostic.help = "write `default 0`";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0104]: the default of \"version\" is a text, the column holds integers\n"
        "  --> 0002_draft.zmig:15:40\n"
        "   |\n"
        "15 |   add column \"version\" integer default \"0\"\n"
        "   |                        -------         ^^^ text\n"
        "   |                        integer\n"
        "   = help: write `default 0`\n");
}

TEST_CASE("three labels on one line: those that wait are marked with a bar") {
  SourceMap sources;
  const Page page(sources, "a.zmig", {{1, "one two three"}});
  Diagnostic diagnostic = error("ZM0104", "too many", page.at(1, "one"), "first");
  diagnostic.secondary = {Label{page.at(1, "three"), "", "third"}, Label{page.at(1, "two"), "", "second"}};
  CHECK(render(diagnostic, sources) ==
        "error[ZM0104]: too many\n"
        " --> a.zmig:1:1\n"
        "  |\n"
        "1 | one two three\n"
        "  | ^^^ --- ----- third\n"
        "  | |   second\n"
        "  | first\n");
}

TEST_CASE("the primary caret is drawn over a wider secondary one") {
  SourceMap sources;
  const Page page(sources, "a.zmig", {{1, "one two three"}});
  Diagnostic diagnostic = error("ZM0104", "inside", page.at(1, "two"), "this");
  diagnostic.secondary = {Label{page.at(1, "one two three"), "", "of all this"}};
  CHECK(render(diagnostic, sources) ==
        "error[ZM0104]: inside\n"
        " --> a.zmig:1:5\n"
        "  |\n"
        "1 | one two three\n"
        "  | ----^^^------\n"
        "  | |   this\n"
        "  | of all this\n");
}

TEST_CASE("notes come before help, and that nothing was written comes last") {
  SourceMap sources;
  const Page page(sources, "0001_v3.zmig", {{15, "  add column \"version\" integer"}});
  Diagnostic diagnostic = error("ZM0315", "\"version\" is already there", page.at(15, "\"version\""));
  diagnostic.notes = {"Operaciones!BL1, made by no migration", "nothing was written"};
  diagnostic.help = "choose another name";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0315]: \"version\" is already there\n"
        "  --> 0001_v3.zmig:15:14\n"
        "   |\n"
        "15 |   add column \"version\" integer\n"
        "   |              ^^^^^^^^^\n"
        "   = note: Operaciones!BL1, made by no migration\n"
        "   = help: choose another name\n"
        "   = note: nothing was written\n");
}

TEST_CASE("a cell without span has an arrow and no source line") {
  Diagnostic diagnostic;
  diagnostic.severity = Severity::warning;
  diagnostic.code = "ZM1407";
  diagnostic.message = "two columns \"Lote\"";
  diagnostic.primary = Label{std::nullopt, "Operaciones!BM1", ""};
  diagnostic.secondary = {Label{std::nullopt, "Operaciones!C1", "the other one"}};
  diagnostic.help = "rename one of them";
  CHECK(render(diagnostic, SourceMap()) ==
        "warning[ZM1407]: two columns \"Lote\"\n"
        " --> Operaciones!BM1\n"
        " ::: Operaciones!C1: the other one\n"
        "  = help: rename one of them\n");
}

TEST_CASE("a span with a cell names both") {
  SourceMap sources;
  const Page page(sources, "a.zmig", {{1, "drop column \"X\""}});
  Diagnostic diagnostic = error("ZM0314", "column missing", page.at(1, "\"X\""));
  diagnostic.primary.cell = "Operaciones!BM1";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0314]: column missing\n"
        " --> a.zmig:1:13 (Operaciones!BM1)\n"
        "  |\n"
        "1 | drop column \"X\"\n"
        "  |             ^^^\n");
}

TEST_CASE("without any place there is a title, and what else was said") {
  Diagnostic diagnostic;
  diagnostic.severity = Severity::info;
  diagnostic.code = "ZM0330";
  diagnostic.message = "no data rows";
  CHECK(render(diagnostic, SourceMap()) == "info[ZM0330]: no data rows\n");
  diagnostic.primary.text = "looked everywhere";
  diagnostic.help = "first line\nsecond line";
  CHECK(render(diagnostic, SourceMap()) ==
        "info[ZM0330]: no data rows\n"
        "  = note: looked everywhere\n"
        "  = help: first line\n"
        "          second line\n");
}

TEST_CASE("tabs are shown as four blanks and count as one column") {
  SourceMap sources;
  const Page page(sources, "a.zmig", {{1, "\tadd\tcolum"}});
  CHECK(render(error("ZM0005", "`add` what?", page.at(1, "colum"), "here"), sources) ==
        "error[ZM0005]: `add` what?\n"
        " --> a.zmig:1:6\n"
        "  |\n"
        "1 |     add    colum\n"
        "  |            ^^^^^ here\n");
}

TEST_CASE("text from outside cannot control the terminal, and carets stay below it") {
  SourceMap sources;
  const Page page(sources, "a\x1b.zmig", {{1, "x \x1b[31m\u202E y"}});
  Diagnostic diagnostic = error("ZM0015", "bad \x07 bell\nerror: forged", page.at(1, "y"),
                                "la\x1b"
                                "bel");
  diagnostic.notes = {"no\u200Bte"};
  diagnostic.help = "he\x7Flp";
  CHECK(render(diagnostic, sources) ==
        "error[ZM0015]: bad \\x07 bell\\nerror: forged\n"
        " --> a\\x1b.zmig:1:10\n"
        "  |\n"
        "1 | x \\x1b[31m\\u{202e} y\n"
        "  |                    ^ la\\x1bbel\n"
        "  = note: no\\u{200b}te\n"
        "  = help: he\\x7flp\n");
}

TEST_CASE("line ends of Windows and a byte-order mark are neither shown nor counted") {
  SourceMap sources;
  const auto number = sources.add({"a.zmig", "\xEF\xBB\xBFzmig 2\r\nnext\r\n"});
  CHECK(render(error("ZM0021", "written in language 2", Span{number, 8, 9}), sources) ==
        "error[ZM0021]: written in language 2\n"
        " --> a.zmig:1:6\n"
        "  |\n"
        "1 | zmig 2\n"
        "  |      ^\n");
  CHECK(render(error("ZM0002", "more", Span{number, 9, 9}), sources) ==
        "error[ZM0002]: more\n"
        " --> a.zmig:1:7\n"
        "  |\n"
        "1 | zmig 2\n"
        "  |       ^\n");
}

TEST_CASE("a span over several lines is marked on its first") {
  SourceMap sources;
  const Page page(sources, "a.zmig", {{1, "down {"}, {2, "}"}});
  CHECK(render(error("ZM0116", "does not lead back", Span{0, 0, 8}), sources) ==
        "error[ZM0116]: does not lead back\n"
        " --> a.zmig:1:1\n"
        "  |\n"
        "1 | down {\n"
        "  | ^^^^^^\n");
}

TEST_CASE("empty files and offsets beyond the end have a place") {
  SourceMap sources;
  sources.add({"empty.zmig", ""});
  CHECK(render(error("ZM0001", "no language", Span{0, 0, 0}, "expected `zmig 1`"), sources) ==
        "error[ZM0001]: no language\n"
        " --> empty.zmig:1:1\n"
        "  |\n"
        "1 |\n"
        "  | ^ expected `zmig 1`\n");
  CHECK(line_column("", 9) == LineColumn{1, 1});
  CHECK(line_column("ab", 9) == LineColumn{1, 3});
  CHECK(line_column("a\nb\n", 4) == LineColumn{3, 1});
  CHECK(line_column("a\nb", 1) == LineColumn{1, 2});
  CHECK(line_column("a\nb", 2) == LineColumn{2, 1});
}

TEST_CASE("every offset of any bytes can be rendered") {
  SourceMap sources;
  const std::string bytes =
      "\xEF\xBB\xBF"
      "a\xC3\tb\r\n\xFF\n\n\u202Ez\xE2\x82";
  const auto number = sources.add({"x", bytes});
  for (std::uint32_t begin = 0; begin <= bytes.size() + 2; ++begin) {
    for (std::uint32_t end = begin; end <= bytes.size() + 2; ++end) {
      const std::string text = render(error("ZM0008", "m", Span{number, begin, end}, "t"), sources);
      REQUIRE(text.back() == '\n');
      REQUIRE(text.find('^') != std::string::npos);
    }
  }
}

TEST_CASE("diagnostics are counted by severity and keep their order") {
  Diagnostics first, second;
  Diagnostic diagnostic;
  diagnostic.severity = Severity::warning;
  diagnostic.message = "a";
  first.add(diagnostic);
  CHECK_FALSE(first.has_errors());
  diagnostic.severity = Severity::error;
  diagnostic.message = "b";
  second.add(diagnostic);
  first.append(second);
  CHECK(first.count(Severity::warning) == 1);
  CHECK(first.count(Severity::info) == 0);
  CHECK(first.has_errors());
  CHECK(first.all().back().message == "b");
  CHECK(Diagnostics().empty());
}

TEST_CASE("a line that fills screens is cut behind its marks, and a mark over all of it ends there too") {
  SourceMap sources;
  const std::string rest(500, 'x');
  const Page page(sources, "a.zmig", {{1, "word " + rest}, {2, std::string(200, 'y') + "here" + rest}});
  CHECK(render(error("ZM0003", "near the beginning", page.at(1, "word")), sources) ==
        "error[ZM0003]: near the beginning\n --> a.zmig:1:1\n  |\n1 | word " + std::string(155, 'x') +
            " ...\n  | ^^^^\n");
  CHECK(render(error("ZM0020", "all of it", page.at(1, "word " + rest)), sources) ==
        "error[ZM0020]: all of it\n --> a.zmig:1:1\n  |\n1 | word " + std::string(155, 'x') + " ...\n  | " +
            std::string(160, '^') + "\n");
  CHECK(render(error("ZM0003", "far to the right", page.at(2, "here")), sources) ==
        "error[ZM0003]: far to the right\n --> a.zmig:2:201\n  |\n2 | " + std::string(200, 'y') + "here" +
            std::string(36, 'x') + " ...\n  | " + std::string(200, ' ') + "^^^^\n");
}
