// L3, text: what a migration prints binds to the same operations again, and the canonical form is stable.

#include <zmig/dsl.h>

#include "laws/world.h"
#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

TEST_CASE("L3: every sample binds, prints, and binds to the same operations") {
  const auto codec = dsl::make_codec();
  std::size_t looked_at = 0;
  for (const auto& sample : samples()) {
    INFO(sample.name << "\n" << sample.text);
    const bool down = sample.text.find("restore ") != std::string::npos;
    Schema whole = shop();
    std::string text = down ? "zmig 1 down of \"0003_shop\"\n\n" + sample.text : migration_text(sample);
    BindContext context;
    context.name = "0001_law";
    context.before = &sample.before;
    context.earlier = {"0003_shop"};
    if (down) context.undone_before = &whole;
    Diagnostics out;
    const SourceFile file{"0001_law.zmig", text};
    const auto bound = codec->parse(file, 0, context, out);
    SourceMap sources;
    sources.add(file);
    std::string findings;
    for (const auto& diagnostic : out.all()) findings += render(diagnostic, sources);
    INFO(findings);
    REQUIRE_FALSE(out.has_errors());
    REQUIRE(bound.script.operations.size() >= 1);
    REQUIRE(bound.script.operations.front().index() == sample.operation.index());

    const auto printed = codec->print(bound);
    INFO(printed);
    Diagnostics again;
    const auto rebound = codec->parse({"0001_law.zmig", printed}, 0, context, again);
    REQUIRE_FALSE(again.has_errors());
    REQUIRE(rebound.script.operations == bound.script.operations);
    Diagnostics formatted;
    REQUIRE(codec->format({"0001_law.zmig", printed}, 0, formatted) == printed);
    REQUIRE(formatted.empty());
    ++looked_at;
  }
  REQUIRE(looked_at == samples().size());
}

TEST_CASE("L3: random sequences print as text that binds to the same meaning") {
  const auto codec = dsl::make_codec();
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const Schema before = shop();
    Migration made;
    made.description = "random";
    made.script.operations = random_operations(seed, before, 8);
    const bool lossy = std::ranges::any_of(made.script.operations, [](const Operation& op) {
      const auto* sheet = std::get_if<op::DropSheet>(&op);
      const auto* column = std::get_if<op::DropColumn>(&op);
      return (sheet != nullptr && sheet->discard) || (column != nullptr && column->discard);
    });
    if (lossy) made.irreversible = "random";
    const auto text = codec->print(made);
    INFO(text);
    BindContext context;
    context.name = "0001_law";
    context.before = &before;
    Diagnostics out;
    const auto bound = codec->parse({"0001_law.zmig", text}, 0, context, out);
    for (const auto& diagnostic : out.all()) UNSCOPED_INFO(diagnostic.code << " " << diagnostic.message);
    REQUIRE_FALSE(out.has_errors());
    REQUIRE(bound.script.operations.size() == made.script.operations.size());
    for (std::size_t at = 0; at < bound.script.operations.size(); ++at) {
      REQUIRE(describe(bound.script.operations[at]) == describe(made.script.operations[at]));
      REQUIRE(name_of(bound.script.operations[at]) == name_of(made.script.operations[at]));
    }
    // The ids come from the file name; with them the second round is equal in every member.
    Diagnostics again;
    REQUIRE(codec->parse({"0001_law.zmig", codec->print(bound)}, 0, context, again) == bound);
  }
}
