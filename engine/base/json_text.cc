#include <zmig/json_text.h>

#include <array>

namespace zmig {
namespace {

/// 0: as it is; 1: an escape or a control character; 2: the first byte of a longer sequence, or ill-formed.
constexpr std::array<unsigned char, 256> kinds() {
  std::array<unsigned char, 256> kind{};
  for (std::size_t c = 0; c < 0x20; ++c) kind[c] = 1;
  kind['"'] = kind['\\'] = 1;
  for (std::size_t c = 0x80; c < 256; ++c) kind[c] = 2;
  return kind;
}
constexpr auto kKind = kinds();

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\f': out += "\\f"; return;
    case '\r': out += "\\r"; return;
    default: break;
  }
  out += "\\u00";
  out += kHex[c >> 4U];
  out += kHex[c & 0x0FU];
}

struct Sequence {
  std::size_t length = 1;  // of what can be taken: all of it, or the part before the byte that does not belong
  bool well_formed = false;
};

/// https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf, table 3-7.
Sequence sequence_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  std::size_t more = 0;
  unsigned low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {};
  }
  for (std::size_t i = 1; i <= more; ++i) {
    if (byte(at + i) < low || byte(at + i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {more + 1, true};
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // what stands from here on goes over as it is
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (kKind[c] == 0) {
      ++at;
      continue;
    }
    if (kKind[c] == 1) {
      out.append(text, plain, at - plain);
      append_escaped(out, c);
      plain = ++at;
      continue;
    }
    const Sequence sequence = sequence_at(text, at);
    if (!sequence.well_formed) {
      out.append(text, plain, at - plain);
      out += "\xEF\xBF\xBD";
      plain = at + sequence.length;
    }
    at += sequence.length;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

}  // namespace zmig
