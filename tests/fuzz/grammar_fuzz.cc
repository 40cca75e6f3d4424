// Bytes through scan, parse, tree checks and print. Whatever is read without a complaint must print to a fixed point
// with the same tree.

#include "fuzz/fuzz.h"

#include "parse.h"
#include "print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zmig;
  const SourceFile source{"fuzz.zmig", std::string(fuzz::text_of(data, size))};
  Diagnostics found;
  const dsl::ParsedFile parsed = dsl::parse_text(source, 0, found);
  for (const Diagnostic& one : found.all()) {
    fuzz::require(!one.primary.span || one.primary.span->end <= source.text.size(), "a span ends behind the text");
  }
  if (!found.empty()) return 0;

  const SourceFile printed{"printed.zmig", dsl::print_tree(parsed.tree)};
  Diagnostics again;
  const dsl::ParsedFile second = dsl::parse_text(printed, 0, again);
  fuzz::require(again.empty(), "what was printed does not parse");
  fuzz::require(dsl::same_tree(parsed.tree, second.tree), "what was printed is another tree");
  fuzz::require(dsl::print_tree(second.tree) == printed.text, "printing is no fixed point");
  return 0;
}
