#include "model/formula_places.h"

namespace zmig {

std::string formula_without_places(const std::string& formula) {
  std::string out;
  bool in_text = false;
  for (std::size_t at = 0; at < formula.size(); ++at) {
    const char c = formula[at];
    const auto is_word = [](char one) {
      return (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '$' ||
             one == '_' || one == '.' || static_cast<unsigned char>(one) >= 0x80;
    };
    if (c == '"') in_text = !in_text;
    if (in_text || !is_word(c)) {
      out += c;
      continue;
    }
    std::size_t end = at;
    while (end < formula.size() && is_word(formula[end])) ++end;
    const std::string word = formula.substr(at, end - at);
    std::size_t letters = 0, digits = 0, i = 0;
    if (i < word.size() && word[i] == '$') ++i;
    for (; i < word.size() && ((word[i] >= 'A' && word[i] <= 'Z') || (word[i] >= 'a' && word[i] <= 'z')); ++i)
      ++letters;
    if (i < word.size() && word[i] == '$') ++i;
    for (; i < word.size() && word[i] >= '0' && word[i] <= '9'; ++i) ++digits;
    const bool called = end < formula.size() && formula[end] == '(';
    const bool in_range = (at > 0 && formula[at - 1] == ':') || (end < formula.size() && formula[end] == ':');
    const bool cell = letters > 0 && digits > 0, line = letters > 0 || digits > 0;  // line: B:B, 2:2
    const bool place = i == word.size() && letters <= 3 && !called && (cell || (line && in_range));
    out += place ? std::string("#") : word;
    at = end - 1;
  }
  return out;
}

}  // namespace zmig
