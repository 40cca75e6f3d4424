#include "plan/lint_text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"

namespace zmig {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A text between quotes with its escapes read; those that the language does not know stay as they are.
std::string unescaped(std::string_view raw) {
  std::string out;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\\' || at + 1 == raw.size()) {
      out += raw[at];
      continue;
    }
    const char sign = raw[++at];
    if (sign == 'n')
      out += '\n';
    else if (sign == 't')
      out += '\t';
    else if (sign == 'u' && at + 1 < raw.size() && raw[at + 1] == '{') {
      const std::size_t close = std::min(raw.find('}', at), raw.size());
      char32_t point = 0;
      for (const char c : raw.substr(at + 2, close - at - 2)) {
        const char32_t digit = is_digit(c)              ? static_cast<char32_t>(c - '0')
                               : (c >= 'a' && c <= 'f') ? static_cast<char32_t>(c - 'a' + 10)
                               : (c >= 'A' && c <= 'F') ? static_cast<char32_t>(c - 'A' + 10)
                                                        : 0;
        point = std::min<char32_t>(point * 16 + digit, 0x10ffff);
      }
      append_utf8(out, point);
      at = close;
    } else {
      out += sign;
    }
  }
  return out;
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}
std::size_t line_end(std::string_view text, std::size_t at) { return std::min(text.find('\n', at), text.size()); }

enum class Letters { none, latin, greek, cyrillic };
Letters script_of(char32_t c) {
  if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7) ||
      (c >= 0x1e00 && c <= 0x1eff))
    return Letters::latin;
  if (c >= 0x370 && c <= 0x3ff && c != 0x37e && c != 0x387) return Letters::greek;
  if (c >= 0x400 && c <= 0x52f) return Letters::cyrillic;
  return Letters::none;
}

bool turns_text(char32_t c) {
  return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/// What Windows-1252 makes of the bytes 80 to 9F; 0 where it has nothing.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                                   0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17d,  0,
                                                   0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                   0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178};

std::optional<char> byte_of(char32_t c) {
  if (c < 0x80 || (c >= 0xa0 && c <= 0xff)) return static_cast<char>(static_cast<unsigned char>(c));
  for (std::size_t i = 0; i < kWindows1252.size(); ++i)
    if (kWindows1252[i] == c) return static_cast<char>(static_cast<unsigned char>(0x80 + i));
  if (c >= 0x80 && c < 0xa0) return static_cast<char>(static_cast<unsigned char>(c));
  return std::nullopt;
}

/// Groups of digits with one sign between them: {26, 1, 2026}. Empty: it has another shape.
std::vector<std::string> date_parts(std::string_view text) {
  std::vector<std::string> parts(1);
  char sign = '\0';
  for (const char c : text) {
    if (is_digit(c)) {
      parts.back() += c;
    } else if (c == '-' || c == '/' || c == '.') {
      if (sign != '\0' && sign != c) return {};
      sign = c;
      parts.emplace_back();
    } else {
      return {};
    }
  }
  const bool whole = parts.size() == 3 &&
                     std::none_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  return whole ? parts : std::vector<std::string>{};
}

int number_of(const std::string& digits) {
  int out = 0;
  for (const char c : digits.substr(0, 8)) out = out * 10 + (c - '0');
  return out;
}

}  // namespace

std::vector<QuotedText> quoted_texts(const SourceFile& source, Span within) {
  std::vector<QuotedText> out;
  const std::string_view text = source.text;
  const std::size_t end = std::min<std::size_t>(within.end, text.size());
  for (std::size_t at = within.begin; at < end;) {
    if (text[at] == '#') {
      at = line_end(text, at);
    } else if (text.substr(at, 3) == "\"\"\"") {
      const std::size_t close = text.find("\"\"\"", at + 3);
      at = close == std::string_view::npos ? end : close + 3;
    } else if (text[at] == '[') {
      at = std::min(text.find(']', at), end);
      ++at;
    } else if (text[at] == '"') {
      std::size_t close = at + 1;
      while (close < end && text[close] != '"' && text[close] != '\n') close += text[close] == '\\' ? 2 : 1;
      close = std::min(close + 1, end);
      out.push_back({Span{within.file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(close)},
                     unescaped(text.substr(at + 1, close > at + 1 ? close - at - 2 : 0))});
      at = close;
    } else {
      ++at;
    }
  }
  return out;
}

std::string composed(std::string_view text) {
  // norm() composes each run without white space; what is between stays.
  std::string out, run;
  const auto flush = [&] {
    out += run.empty() ? run : norm(run);
    run.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = decode_utf8(text, at);
    const std::string_view bytes = text.substr(begin, at - begin);
    const bool blank = c <= 0x20 || c == 0x85 || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
                       c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 || c == 0x1680;
    if (blank) {
      flush();
      out += bytes;
    } else {
      run += bytes;
    }
  }
  flush();
  return out;
}

std::string mixed_scripts(std::string_view text) {
  bool latin = false;
  char32_t other = 0;
  Letters other_script = Letters::none;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = decode_utf8(text, at);
    if (turns_text(c)) return fmt::format("U+{:04X} turns the text around", static_cast<std::uint32_t>(c));
    const Letters script = script_of(c);
    latin = latin || script == Letters::latin;
    if ((script == Letters::greek || script == Letters::cyrillic) && other_script == Letters::none) {
      other_script = script;
      other = c;
    }
  }
  if (!latin || other_script == Letters::none) return {};
  std::string letter;
  append_utf8(letter, other);
  return fmt::format("\"{}\" is U+{:04X}, a {} letter among Latin ones", letter, static_cast<std::uint32_t>(other),
                     other_script == Letters::greek ? "Greek" : "Cyrillic");
}

std::optional<std::string> wrongly_decoded(std::string_view text) {
  std::string bytes;
  bool beyond = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = decode_utf8(text, at);
    beyond = beyond || c >= 0x80;
    const auto byte = byte_of(c);
    if (!byte) return std::nullopt;
    bytes += *byte;
  }
  if (!beyond || first_invalid_utf8(bytes)) return std::nullopt;
  return bytes;
}

bool looks_like_formula(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos || first + 1 >= text.size()) return false;
  if (std::string_view("=+-@").find(text[first]) == std::string_view::npos) return false;
  const auto rest = text.substr(first + 1);
  const bool number = std::all_of(rest.begin(), rest.end(), [](char c) { return is_digit(c) || c == '.' || c == ' '; });
  return text[first] == '=' || text[first] == '@' || !number;
}

bool is_ambiguous_date(std::string_view text) {
  const auto parts = date_parts(text);
  if (parts.empty() || parts[0].size() > 2 || parts[1].size() > 2 || parts[2].size() != 4) return false;
  const int a = number_of(parts[0]), b = number_of(parts[1]);
  return a >= 1 && a <= 12 && b >= 1 && b <= 12 && a != b;
}

DateShape date_shape(std::string_view text) {
  const auto parts = date_parts(text);
  if (parts.empty()) return DateShape::none;
  const bool iso = parts[0].size() == 4 && parts[1].size() == 2 && parts[2].size() == 2;
  if (iso) return number_of(parts[1]) <= 12 && number_of(parts[2]) <= 31 ? DateShape::iso : DateShape::none;
  const bool day_first = parts[0].size() <= 2 && parts[1].size() <= 2 && (parts[2].size() == 4 || parts[2].size() == 2);
  const int a = number_of(parts[0]), b = number_of(parts[1]);
  return day_first && a >= 1 && b >= 1 && a <= 31 && b <= 31 && std::min(a, b) <= 12 ? DateShape::other
                                                                                     : DateShape::none;
}

bool has_leading_zeros(std::string_view text) {
  return text.size() > 1 && text[0] == '0' && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_long_number(std::string_view text) {
  return text.size() > 15 && std::all_of(text.begin(), text.end(), is_digit);
}

bool has_decimal_comma(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos || comma == 0 || comma + 1 == text.size()) return false;
  const auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_digit); };
  return digits(text.substr(0, comma)) && digits(text.substr(comma + 1));
}

std::optional<LintEdit> without_line(const SourceFile& source, Span statement) {
  const std::string_view text = source.text;
  const std::size_t begin = line_begin(text, statement.begin);
  std::size_t end = line_end(text, std::max(statement.begin, statement.end > 0 ? statement.end - 1 : 0));
  const auto blank = [](std::string_view part) { return part.find_first_not_of(" \t\r") == std::string_view::npos; };
  if (!blank(text.substr(begin, statement.begin - begin))) return std::nullopt;
  if (statement.end < end && !blank(text.substr(statement.end, end - statement.end))) return std::nullopt;
  if (end < text.size()) ++end;
  return LintEdit{statement.file, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), {}};
}

std::uint32_t behind_line(const SourceFile& source, std::uint32_t at) {
  const std::size_t end = line_end(source.text, at);
  return static_cast<std::uint32_t>(std::min(end + 1, source.text.size()));
}

std::string indentation(const SourceFile& source, std::uint32_t at) {
  const std::size_t begin = line_begin(source.text, at);
  const std::size_t first = source.text.find_first_not_of(' ', begin);
  return std::string(first == std::string::npos ? 0 : first - begin, ' ');
}

std::optional<Span> heading_span(const SourceFile& source, std::uint32_t file, std::string_view words) {
  const std::string_view text = source.text;
  for (std::size_t at = 0; at < text.size(); at = line_end(text, at) + 1) {
    if (!text.substr(at).starts_with(words)) continue;
    const std::string_view line = text.substr(at, line_end(text, at) - at);
    std::size_t size = line.size();
    while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\r')) --size;
    return Span{file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + size)};
  }
  return std::nullopt;
}

}  // namespace zmig
