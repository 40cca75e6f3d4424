// libFuzzer: bytes through scan, parse, tree checks and print. Whatever is read without a complaint must print to a
// fixed point with the same tree.
//   clang++ -std=c++20 -fsanitize=fuzzer,address,undefined … tests/fuzz/dsl_fuzz.cc && ./dsl_fuzz
//   tests/data/language/blocks

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "parse.h"
#include "print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zmig;
  std::string text;
  text.reserve(size);
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(data[i]));
  const SourceFile source{"fuzz.zmig", text};
  Diagnostics found;
  const dsl::ParsedFile parsed = dsl::parse_text(source, 0, found);
  if (!found.empty()) return 0;

  const SourceFile printed{"printed.zmig", dsl::print_tree(parsed.tree)};
  Diagnostics again;
  const dsl::ParsedFile second = dsl::parse_text(printed, 0, again);
  if (!again.empty() || !dsl::same_tree(parsed.tree, second.tree) || dsl::print_tree(second.tree) != printed.text) {
    std::abort();
  }
  return 0;
}
