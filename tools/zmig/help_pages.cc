#include "help_pages.h"

#include <algorithm>
#include <string>

namespace zmig::cli {

std::optional<std::string_view> help_page(std::string_view topic) {
  const auto& pages = embedded_pages();
  if (topic.starts_with("ZM")) {
    const auto all = std::ranges::find(pages, "diagnostics", &EmbeddedPage::name);
    if (all == pages.end()) return std::nullopt;
    const auto start = all->text.find("\n## " + std::string(topic) + " ");
    if (start == std::string_view::npos) return std::nullopt;
    const auto end = all->text.find("\n## ", start + 1);
    auto page = all->text.substr(start + 4, end == std::string_view::npos ? end : end - start - 3);
    while (page.size() > 1 && page.ends_with("\n\n")) page.remove_suffix(1);
    return page;
  }
  const auto found = std::ranges::find(pages, topic, &EmbeddedPage::name);
  return found == pages.end() || topic == "diagnostics" ? std::nullopt : std::optional(found->text);
}

std::vector<std::string_view> help_topics() {
  std::vector<std::string_view> topics;
  for (const auto& page : embedded_pages())
    if (page.name != "diagnostics") topics.push_back(page.name);
  return topics;
}

}  // namespace zmig::cli
