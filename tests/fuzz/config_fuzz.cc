// A zmig.toml that somebody else wrote. What is wrong is said with its place, and no finding controls the terminal or
// repeats a secret that stood in the file.

#include "fuzz/fuzz.h"

#include <zmig/diagnostic.h>

#include "config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zmig;
  const std::string text(fuzz::text_of(data, size));
  const std::string path = fuzz::Folder::file("zmig.toml", text);
  SourceMap sources;
  Diagnostics found;
  const cli::Config config = cli::load_config(path, fuzz::Folder::path(), sources, found);
  for (const Diagnostic& one : found.all()) {
    const std::string shown = render(one, sources);
    for (const char c : shown) {
      const auto byte = static_cast<unsigned char>(c);
      fuzz::require(c == '\n' || (byte >= 0x20 && byte != 0x7f), "a finding controls the terminal");
    }
    fuzz::require(find_code(one.code) != nullptr, "a finding without a row in the code table");
  }
  for (const auto& [name, environment] : config.environments) {
    fuzz::require(found.has_errors() || cli::is_environment_name(name), "a name that goes into file names");
    fuzz::require(environment.name == name, "an environment under another name");
  }
  static_cast<void>(cli::parse_duration(text));
  return 0;
}
