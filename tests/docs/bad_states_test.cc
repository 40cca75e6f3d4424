// docs/security.md, "Bad states": each row names a script that is there and shows the code and the exit code.

#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

TEST_CASE("each bad state of security.md has its code and exit code in the script that it names") {
  std::size_t rows = 0;
  for (const auto& section : docs::sections(docs::read_doc("security.md"))) {
    if (section.heading != "Bad states") continue;
    for (const auto& line : docs::lines_of(section.text)) {
      if (!line.starts_with("| ") || line.starts_with("| Input")) continue;
      const auto cells = split(line, '|');
      REQUIRE(cells.size() == 6);
      INFO(line);
      ++rows;
      const std::string name(cells[4]);
      const auto from = name.find('`'), to = name.rfind('`');
      REQUIRE(to > from);
      const auto script = docs::source_dir() / "tests" / "acceptance" / (name.substr(from + 1, to - from - 1) + ".zt");
      REQUIRE(docs::fs::exists(script));
      const std::string text = docs::read(script), says(cells[2]);
      if (const auto code = says.find("ZM"); code != std::string::npos)
        CHECK(text.find(says.substr(code, 6)) != std::string::npos);
      // As an expectation of the script, or printed by a shell line of it.
      const std::string exit(cells[3]);
      const std::string number = exit.substr(1, exit.size() - 2);
      const bool expected = text.find("== exit " + number + "\n") != std::string::npos ||
                            text.find(" " + number + "\n") != std::string::npos ||
                            text.find("\n" + number + "\n") != std::string::npos;
      CHECK(expected);
    }
  }
  CHECK(rows >= 18);
}
