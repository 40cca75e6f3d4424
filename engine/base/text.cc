#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace zmig {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Range {
  char32_t first, last;
};

// Code points that change the order of what is shown.
constexpr std::array kBidirectional = {Range{0x061C, 0x061C}, Range{0x200E, 0x200F}, Range{0x202A, 0x202E},
                                       Range{0x2066, 0x2069}};

// Code points that show nothing, or break a line where a terminal or an editor may not. Combining marks and variation
// selectors are not here: they belong to the character before them and show.
constexpr std::array kInvisible = {Range{0x00AD, 0x00AD}, Range{0x034F, 0x034F},   Range{0x115F, 0x1160},
                                   Range{0x17B4, 0x17B5}, Range{0x180B, 0x180E},   Range{0x200B, 0x200D},
                                   Range{0x2028, 0x2029}, Range{0x2060, 0x2065},   Range{0x206A, 0x206F},
                                   Range{0x3164, 0x3164}, Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},
                                   Range{0xFFF9, 0xFFFB}, Range{0x1D173, 0x1D17A}, Range{0xE0000, 0xE007F}};

// Blanks that look like U+0020 and are not.
constexpr std::array kOddBlanks = {Range{0x00A0, 0x00A0}, Range{0x1680, 0x1680}, Range{0x2000, 0x200A},
                                   Range{0x202F, 0x202F}, Range{0x205F, 0x205F}, Range{0x3000, 0x3000}};

template <std::size_t N>
bool contains(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

bool needs_escape(char32_t c) { return is_control(c) || contains(kBidirectional, c) || contains(kInvisible, c); }

/// Length of the well-formed sequence at `at` and its code point; length 0 when ill-formed (Unicode table 3-7).
struct Decoded {
  char32_t code_point = kReplacement;
  std::size_t length = 0;
};

Decoded decode_strict(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const std::size_t left = text.size() - at;
  const unsigned char b0 = byte(0);
  if (b0 < 0x80) return {b0, 1};
  if (b0 < 0xC2 || b0 > 0xF4) return {};
  const std::size_t length = b0 < 0xE0 ? 2 : b0 < 0xF0 ? 3 : 4;
  if (left < length) return {};
  unsigned char low = 0x80, high = 0xBF;  // of the second byte
  if (b0 == 0xE0) low = 0xA0;
  if (b0 == 0xED) high = 0x9F;
  if (b0 == 0xF0) low = 0x90;
  if (b0 == 0xF4) high = 0x8F;
  if (byte(1) < low || byte(1) > high) return {};
  char32_t value = static_cast<char32_t>(b0 & (0xFF >> (length + 1)));
  value = (value << 6) | (byte(1) & 0x3Fu);
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return {};
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  return {value, length};
}

std::u32string decode_all(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) out.push_back(decode_utf8(text, at));
  return out;
}

void append_escape(std::string& out, char32_t c) {
  switch (c) {
    case U'\n': out += "\\n"; return;
    case U'\t': out += "\\t"; return;
    case U'\r': out += "\\r"; return;
    default: break;
  }
  if (c < 0x80) {
    out += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(c));
    return;
  }
  out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    // Eight bytes at once while they are ASCII: most of what we read is.
    std::uint64_t word = 0;
    while (text.size() - at >= sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080ULL) != 0) break;
      at += sizeof word;
    }
    if (at == text.size()) return std::nullopt;
    const Decoded decoded = decode_strict(text, at);
    if (decoded.length == 0) return at;
    at += decoded.length;
  }
  return std::nullopt;
}

char32_t decode_utf8(std::string_view text, std::size_t& at) {
  const Decoded decoded = decode_strict(text, at);
  at += decoded.length == 0 ? 1 : decoded.length;
  return decoded.code_point;
}

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | (c >> 6));
    return put(0x80 | (c & 0x3F));
  }
  if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    return put(0x80 | (c & 0x3F));
  }
  put(0xF0 | (c >> 18));
  put(0x80 | ((c >> 12) & 0x3F));
  put(0x80 | ((c >> 6) & 0x3F));
  put(0x80 | (c & 0x3F));
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) decode_utf8(text, at);
  return count;
}

std::string printable(std::string_view text, bool keep_newlines) {
  // Mostly nothing is to be done.
  const auto other = std::find_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; });
  const auto plain = static_cast<std::size_t>(other - text.begin());
  std::string out;
  out.reserve(text.size());
  out += text.substr(0, plain);
  for (std::size_t at = plain; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      out.push_back(text[at++]);
      continue;
    }
    const Decoded decoded = decode_strict(text, at);
    if (decoded.length == 0) {
      out += fmt::format("\\x{:02x}", byte);
      ++at;
      continue;
    }
    if (decoded.code_point == U'\n' && keep_newlines) {
      out.push_back('\n');
    } else if (needs_escape(decoded.code_point)) {
      append_escape(out, decoded.code_point);
    } else {
      out.append(text.substr(at, decoded.length));
    }
    at += decoded.length;
  }
  return out;
}

std::size_t edit_distance(std::string_view a_text, std::string_view b_text, std::size_t limit) {
  const std::u32string a = decode_all(a_text), b = decode_all(b_text);
  const std::size_t longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  if (longer - shorter > limit) return limit + 1;
  // Optimal string alignment; three rows, because a transposition looks two rows back.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t best = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
      best = std::min(best, row[j]);
    }
    // Every later cell builds on this row or, by a transposition, on the one above; both must be beyond the limit.
    if (best > limit && *std::min_element(above.begin(), above.end()) >= limit) return limit + 1;
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLimit = 2;
  const std::string* best = nullptr;
  std::size_t best_distance = kLimit + 1;
  const std::size_t length = count_code_points(word);
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, kLimit);
    // Nothing in common ("to", "up") is no suggestion, however short the way.
    if (distance >= std::max(length, count_code_points(candidate))) continue;
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best == nullptr) return std::nullopt;
  return *best;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = decode_strict(text, at);
    if (decoded.length == 0) {
      // Not sayable in the language; shown for people. The scanner refuses such text before anybody writes it (ZM0008).
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at++]));
      continue;
    }
    const char32_t c = decoded.code_point;
    if (c == U'"') {
      out += "\\\"";
    } else if (c == U'\\') {
      out += "\\\\";
    } else if (c == U'\n') {
      out += "\\n";
    } else if (c == U'\t') {
      out += "\\t";
    } else if (needs_escape(c) || contains(kOddBlanks, c)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(c));
    } else {
      out.append(text.substr(at, decoded.length));
    }
    at += decoded.length;
  }
  out.push_back('"');
  return out;
}

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out.push_back(' ');
    out.push_back(digits[i]);
  }
  return out;
}

std::string counted(std::uint64_t number, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", grouped(number), number == 1 ? singular : plural);
}

std::string column_letters(std::size_t index0) {
  std::string out;
  // Bijective base 26: there is no letter for nothing.
  for (std::size_t rest = index0 + 1; rest > 0; rest = (rest - 1) / 26) {
    out.push_back(static_cast<char>('A' + static_cast<char>((rest - 1) % 26)));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += separator;
    out += parts[i];
  }
  return out;
}

}  // namespace zmig
