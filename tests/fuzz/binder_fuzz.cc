// Bytes as a migration of the shop: bound against its schema. What binds must print as text that binds to the same
// operations, and replay without a refusal; its way back, where there is one, must lead back.

#include "fuzz/fuzz.h"

#include <zmig/dsl.h>
#include <zmig/history.h>

#include "support/samples.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zmig;
  static const auto codec = dsl::make_codec();
  static const Schema before = test::shop();
  static const Schema whole = test::shop();
  const std::string text(fuzz::text_of(data, size));
  BindContext context;
  context.name = "0001_fuzz";
  context.before = &before;
  context.earlier = {"0003_shop"};
  if (text.find("down of") != std::string::npos) context.undone_before = &whole;
  Diagnostics found;
  const Migration bound = codec->parse(SourceFile{"0001_fuzz.zmig", text}, 0, context, found);
  if (found.has_errors()) return 0;

  const std::string printed = codec->print(bound);
  Diagnostics again;
  const Migration rebound = codec->parse(SourceFile{"0001_fuzz.zmig", printed}, 0, context, again);
  fuzz::require(!again.has_errors(), "what was printed does not bind");
  fuzz::require(rebound.script.operations == bound.script.operations, "what was printed binds to something else");
  const auto after = replay_operations(bound.script.operations, before);
  fuzz::require(after.has_value(), "what was bound does not replay");
  const auto back = invert_all(bound.script.operations, before);
  if (!back.has_value() || back.value().fidelity != Fidelity::exact) return 0;
  const auto start = replay_operations(back.value().ops, after.value());
  fuzz::require(start.has_value(), "an exact way back does not replay");
  fuzz::require(test::by_offer(start.value()) == test::by_offer(before), "an exact way back leads elsewhere");
  return 0;
}
