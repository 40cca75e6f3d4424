#pragma once
// The pages of `zmig help TOPIC`: docs/help/*.md and the entries of docs/diagnostics.md, compiled in by
// tools/cmake/embed_help.cmake.

#include <optional>
#include <string_view>
#include <vector>

namespace zmig::cli {

/// The text of one file: name ("exit-codes", "diagnostics") and content.
struct EmbeddedPage {
  std::string_view name, text;
};
const std::vector<EmbeddedPage>& embedded_pages();  // generated

/// "exit-codes", "statuses", "environment", or a code such as "ZM0012" (its entry in docs/diagnostics.md).
std::optional<std::string_view> help_page(std::string_view topic);
std::vector<std::string_view> help_topics();

}  // namespace zmig::cli
