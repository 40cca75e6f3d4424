// Whatever somebody wrote: binding ends, and says at most 51 things.

#include <random>

#include "bind_support.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

std::vector<std::string> lines_of(const std::string& text) { return split(text, '\n'); }

}  // namespace

TEST_CASE("mutated files bind without a crash") {
  std::mt19937_64 random(20260126);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const Schema before = test::shop();
  std::vector<std::string> lines;
  for (const test::Sample& sample : test::samples()) {
    for (const std::string& line : lines_of(sample.text)) lines.push_back(line);
  }
  std::size_t clean = 0;
  for (int round = 0; round < 1500; ++round) {
    // Whole samples one after another, some of their lines exchanged, sometimes a byte.
    std::string text = round % 3 == 0 ? "zmig 1 down of \"0003_shop\"\n" : "zmig 1\n";
    for (int i = 0; i < 4; ++i) {
      std::vector<std::string> some = lines_of(test::samples()[below(test::samples().size())].text);
      if (below(3) == 0) some[below(some.size())] = lines[below(lines.size())];
      text += join(some, "\n");
    }
    if (below(4) == 0) text.erase(below(text.size()), 1);
    if (below(8) == 0) text += "down {\n" + test::samples()[below(test::samples().size())].text + "}\n";
    BindContext context;
    context.name = "0003_shop";
    context.before = &before;
    context.undone_before = &before;
    Diagnostics found;
    const Migration migration = make_codec()->parse({"0003_shop.zmig", text}, 0, context, found);
    CHECK(found.all().size() <= 51);
    CHECK(migration.script.operations.size() == migration.script.spans.size());
    CHECK(migration.script.operations.size() == migration.script.lines.size());
    if (found.has_errors()) continue;
    ++clean;
    // What binds can be printed, and the print says the same.
    const std::string print = make_codec()->print(migration);
    Diagnostics again;
    INFO(text);
    CHECK(make_codec()->parse({"0003_shop.zmig", print}, 0, context, again) == migration);
  }
  CHECK(clean > 20);
}
