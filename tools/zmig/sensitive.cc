#include "sensitive.h"

#include <algorithm>

namespace zmig::cli {
namespace {

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Behind the quoted text that begins at `at`; `at` itself when none does.
std::size_t behind_quoted(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '"') return at;
  for (std::size_t end = at + 1; end < text.size(); ++end) {
    if (text[end] == '\\')
      ++end;
    else if (text[end] == '"')
      return end + 1;
  }
  return text.size();
}

}  // namespace

std::string without_values(std::string_view text, std::string_view sheet, const std::set<std::string>& letters) {
  if (letters.empty() || text.find(std::string(sheet) + "!") == std::string_view::npos) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = is_letter(text[at]) && (at == 0 || (!is_letter(text[at - 1]) && !is_digit(text[at - 1])));
    if (!begins) {
      out += text[at++];
      continue;
    }
    std::size_t name = at, number = 0;
    while (name < text.size() && is_letter(text[name])) ++name;
    for (number = name; number < text.size() && is_digit(text[number]);) ++number;
    const auto quoted = behind_quoted(text, number + 1);
    const bool value = number > name && number < text.size() && text[number] == ' ' && quoted > number + 1;
    if (value && letters.contains(std::string(text.substr(at, name - at)))) {
      out.append(text.substr(at, number - at));
      out += " \"***\"";
      at = quoted;
    } else {
      const auto end = std::max(number, at + 1);
      out.append(text.substr(at, end - at));
      at = end;
    }
  }
  return out;
}

}  // namespace zmig::cli
