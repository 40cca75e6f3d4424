// Examples in the language parse and are canonical; operations and functions are all described.
#include <zmig/dsl.h>
#include <zmig/expr.h>
#include <zmig/operations.h>

#include <utility>

#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

std::string indented(const std::string& text) {
  std::string out;
  for (const auto& line : docs::lines_of(text)) out += line.empty() ? "\n" : "  " + line + "\n";
  return out;
}

/// `zmig`: a whole file. `zmig sheet`, `zmig enum`, `zmig top`: lines that stand in a sheet, in an enum, at the top
/// level.
std::string whole_file(const docs::Block& block) {
  if (block.info == "zmig sheet") return "zmig 1\n\nin sheet \"S\" {\n" + indented(block.text) + "}\n";
  if (block.info == "zmig enum") return "zmig 1\n\nin enum \"E\" {\n" + indented(block.text) + "}\n";
  if (block.info == "zmig top") return "zmig 1\n\n" + block.text;
  return block.text;
}

template <std::size_t... I>
std::vector<std::string> names_of_operations(std::index_sequence<I...>) {
  return {std::string(name_of(Operation(std::in_place_index<I>)))...};
}

}  // namespace

TEST_CASE("every example in the language parses and formats to itself") {
  const auto codec = dsl::make_codec();
  std::size_t count = 0;
  for (const auto& path : docs::pages()) {
    for (const auto& block : docs::blocks(docs::read(path))) {
      if (!block.info.starts_with("zmig")) continue;
      CHECK((block.info == "zmig" || block.info == "zmig sheet" || block.info == "zmig enum" ||
             block.info == "zmig top"));
      ++count;
      SourceMap sources;
      const SourceFile file{path.filename().string(), whole_file(block)};
      const auto number = sources.add(file);
      Diagnostics found;
      const auto formatted = codec->format(file, number, found);
      std::string findings;
      for (const auto& diagnostic : found.all()) findings += render(diagnostic, sources);
      INFO(path.filename() << ":" << block.line << "\n" << findings);
      CHECK(formatted == file.text);
    }
  }
  CHECK(count >= 40);
}

TEST_CASE("operations.md has one section for each operation, in their order") {
  std::vector<std::string> found;
  for (const auto& one : docs::sections(docs::read_doc("operations.md"))) found.push_back(one.heading);
  CHECK(found == names_of_operations(std::make_index_sequence<std::variant_size_v<Operation>>()));
}

TEST_CASE("a section of operations.md has an example, the way back, the level and what SQLite does") {
  for (const auto& one : docs::sections(docs::read_doc("operations.md"))) {
    CAPTURE(one.heading);
    CHECK(one.text.starts_with("\n```zmig"));
    for (const char* part : {"Way back: ", "Level ", "\n- SQLite: "}) CHECK(one.text.find(part) != std::string::npos);
  }
}

TEST_CASE("language.md names every function of formulas") {
  const auto formulas = docs::section(docs::read_doc("language.md"), "Formulas");
  for (const FunctionRow& row : function_table()) {
    CAPTURE(row.name);
    const auto name = "`" + std::string(row.name);
    CHECK((formulas.find(name + "(") != std::string::npos || formulas.find(name + "`") != std::string::npos));
  }
}
