#include "model/unicode.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include <utf8proc.h>
#include <zmig/expr.h>

#include "base/text.h"

namespace zmig {
namespace {

template <class Mapping>
std::string map_each(std::string_view text, Mapping mapping) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_utf8(out, mapping(decode_utf8(text, at)));
  return out;
}

// Simple mappings only: one code point stays one code point, whatever the language.
char32_t mapped(utf8proc_int32_t code_point) { return static_cast<char32_t>(code_point); }
utf8proc_int32_t unmapped(char32_t code_point) { return static_cast<utf8proc_int32_t>(code_point); }

// The library maps U+00DF to the capital sharp s; Unicode's simple mapping leaves it alone.
char32_t upper(char32_t c) { return c == 0xDF ? c : mapped(utf8proc_toupper(unmapped(c))); }
char32_t initial(char32_t c) { return c == 0xDF ? c : mapped(utf8proc_totitle(unmapped(c))); }

bool is_in_word(char32_t code_point) {
  switch (utf8proc_category(unmapped(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND: return true;
    default: return false;  // the enum is utf8proc's; every other category ends a word
  }
}

std::string transformed(std::string_view text, utf8proc_option_t options) {
  utf8proc_uint8_t* out = nullptr;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t length = utf8proc_map(bytes, static_cast<utf8proc_ssize_t>(text.size()), &out, options);
  if (length < 0) return std::string(text);  // ill-formed text stays as it is
  std::string result(reinterpret_cast<const char*>(out), static_cast<std::size_t>(length));
  std::free(out);
  return result;
}

utf8proc_option_t operator|(utf8proc_option_t a, utf8proc_option_t b) {
  return static_cast<utf8proc_option_t>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

}  // namespace

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_edge_blank(char32_t c) {
  return is_white_space(c) || (c >= 0x200B && c <= 0x200F) || c == 0x2060 || c == 0x180E || c == 0xFEFF;
}

std::string upper_case(std::string_view text) { return map_each(text, upper); }

std::string lower_case(std::string_view text) {
  return map_each(text, [](char32_t c) { return mapped(utf8proc_tolower(unmapped(c))); });
}

std::string title_case(std::string_view text) {
  bool inside = false;
  return map_each(text, [&inside](char32_t c) {
    const bool first = !inside;
    inside = is_in_word(c);
    if (!inside) return c;
    return first ? initial(c) : mapped(utf8proc_tolower(unmapped(c)));
  });
}

std::string strip_accents(std::string_view text) {
  const std::string decomposed = transformed(text, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  std::string bare;
  for (std::size_t at = 0; at < decomposed.size();) {
    const char32_t c = decode_utf8(decomposed, at);
    if (utf8proc_category(unmapped(c)) != UTF8PROC_CATEGORY_MN) append_utf8(bare, c);
  }
  return transformed(bare, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string fold_case(std::string_view text) {
  return transformed(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

std::string trim_blanks(std::string_view text) {
  std::size_t begin = text.size();
  std::size_t end = text.size();
  bool content = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (is_edge_blank(decode_utf8(text, at))) continue;
    if (!content) begin = start;
    content = true;
    end = at;
  }
  return content ? std::string(text.substr(begin, end - begin)) : std::string();
}

std::string squeeze_blanks(std::string_view text) {
  const std::string core = trim_blanks(text);
  if (core.empty()) return std::string(text);
  const std::size_t begin = text.find(core);
  std::string out(text.substr(0, begin));
  bool in_run = false;
  for (std::size_t at = 0; at < core.size();) {
    const char32_t c = decode_utf8(core, at);
    const bool white = is_white_space(c);
    if (white && !in_run) out += ' ';
    if (!white) append_utf8(out, c);
    in_run = white;
  }
  return out.append(text.substr(begin + core.size()));
}

}  // namespace zmig
