// Plays the console blocks of docs/tutorial.md in one folder, from top to bottom.
#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

/// `$ command`, `> ` for its further lines, then what it prints; a last line `[exit N]` when it does not end with 0.
struct Step {
  std::size_t line = 0;
  std::string command;
  std::vector<std::string> expected;
  int exit = 0;
};

std::vector<Step> steps_of(const docs::Block& block) {
  std::vector<Step> steps;
  std::size_t number = block.line;
  for (const auto& line : docs::lines_of(block.text)) {
    ++number;
    if (line.starts_with("$ "))
      steps.push_back({number, line.substr(2), {}, 0});
    else if (!steps.empty() && (line.starts_with("> ") || line == ">") && steps.back().expected.empty())
      steps.back().command += "\n" + (line == ">" ? std::string() : line.substr(2));
    else if (!steps.empty() && line.starts_with("[exit "))
      steps.back().exit = std::stoi(line.substr(6));
    else if (!steps.empty())
      steps.back().expected.push_back(line);
  }
  return steps;
}

}  // namespace

TEST_CASE("the tutorial does what it says") {
  const test::TempFolder folder;
  std::size_t count = 0;
  for (const auto& block : docs::blocks(docs::read_doc("tutorial.md"))) {
    if (block.info != "console") continue;
    for (const auto& step : steps_of(block)) {
      ++count;
      const auto ran = docs::run(folder, step.command);
      INFO("tutorial.md:" << step.line << ": " << step.command << "\nexpected:\n"
                          << join(step.expected, "\n") << "\n\nseen:\n"
                          << ran.text);
      CHECK(ran.exit == step.exit);
      REQUIRE(docs::lines_fit(step.expected, docs::lines_of(ran.text)));
    }
  }
  CHECK(count >= 10);
}

TEST_CASE("an example output that is wrong does not fit") {
  CHECK(docs::lines_fit({"a [*] c", "[...]", "z"}, {"a b c", "x", "y", "z"}));
  CHECK(docs::lines_fit({"[...]", "z"}, {"z"}));
  CHECK_FALSE(docs::lines_fit({"a [*] c"}, {"a b d"}));
  CHECK_FALSE(docs::lines_fit({"a"}, {"a", "b"}));
}
