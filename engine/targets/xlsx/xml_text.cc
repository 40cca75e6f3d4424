// Text between its stored and its plain form.
#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/xml.h"

namespace zmig::xlsx {
namespace {

bool is_xml_character(std::uint32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
         (c >= 0x10000 && c <= 0x10FFFF);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "#233" or "#xE9".
bool append_reference(std::string_view digits, std::string& into) {
  const bool hexadecimal = digits.starts_with("#x");
  digits.remove_prefix(hexadecimal ? 2 : 1);
  if (digits.empty() || digits.size() > 8) return false;
  std::uint32_t code = 0;
  for (const char c : digits) {
    const int digit = digit_of(c);
    if (digit < 0 || (!hexadecimal && digit > 9)) return false;
    code = code * (hexadecimal ? 16 : 10) + static_cast<std::uint32_t>(digit);
  }
  if (!is_xml_character(code)) return false;
  append_utf8(into, static_cast<char32_t>(code));
  return true;
}

bool append_entity(std::string_view name, std::string& into) {
  if (name.starts_with('#')) return append_reference(name, into);
  if (name == "amp")
    into += '&';
  else if (name == "lt")
    into += '<';
  else if (name == "gt")
    into += '>';
  else if (name == "quot")
    into += '"';
  else if (name == "apos")
    into += '\'';
  else
    return false;
  return true;
}

/// The number of `_xHHHH_` at `at`, or -1.
int escape_at(std::string_view text, std::size_t at) {
  if (at + 7 > text.size() || text[at] != '_' || text[at + 1] != 'x' || text[at + 6] != '_') return -1;
  int code = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = digit_of(text[i]);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

}  // namespace

bool decode_xml(std::string_view raw, bool in_attribute, std::string& into) {
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t special = std::min(raw.find_first_of(in_attribute ? "&\r\n\t" : "&\r", at), raw.size());
    into += raw.substr(at, special - at);
    at = special;
    if (at == raw.size()) break;
    if (raw[at] == '&') {
      const std::size_t end = raw.find(';', at);
      if (end == std::string_view::npos || !append_entity(raw.substr(at + 1, end - at - 1), into)) return false;
      at = end + 1;
      continue;
    }
    if (raw[at] == '\r' && at + 1 < raw.size() && raw[at + 1] == '\n') ++at;
    into += in_attribute ? ' ' : '\n';
    ++at;
  }
  return true;
}

std::string decode_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find("_x", at), text.size());
    out += text.substr(at, next - at);
    at = next;
    if (at == text.size()) break;
    const int code = escape_at(text, at);
    const int low = code >= 0xD800 && code < 0xDC00 ? escape_at(text, at + 7) : -1;
    if (low >= 0xDC00 && low < 0xE000) {
      append_utf8(out, static_cast<char32_t>(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)));
      at += 14;
    } else if (code >= 0 && (code < 0xD800 || code > 0xDFFF)) {
      append_utf8(out, static_cast<char32_t>(code));
      at += 7;
    } else {
      out += text[at++];  // half a character, or no escape: what stands there
    }
  }
  return out;
}

void append_xml(std::string_view text, std::string& into) {
  for (const char c : text) {
    switch (c) {
      case '&': into += "&amp;"; break;
      case '<': into += "&lt;"; break;
      case '>': into += "&gt;"; break;
      case '"': into += "&quot;"; break;
      case '\t': into += "&#9;"; break;
      case '\n': into += "&#10;"; break;
      case '\r': into += "&#13;"; break;
      default: into += c;
    }
  }
}

void append_cell_text(std::string_view text, std::string& into) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F;
    const bool no_character = byte == 0xEF && at + 2 < text.size() && text[at + 1] == '\xBF' &&
                              (text[at + 2] == '\xBE' || text[at + 2] == '\xBF');
    if (control) {
      into += fmt::format("_x{:04X}_", byte);
    } else if (no_character) {
      into += text[at + 2] == '\xBE' ? "_xFFFE_" : "_xFFFF_";
      at += 2;
    } else if (c == '_' && escape_at(text, at) >= 0) {
      into += "_x005F_";
    } else if (c == '&') {
      into += "&amp;";
    } else if (c == '<') {
      into += "&lt;";
    } else if (c == '>') {
      into += "&gt;";
    } else {
      into += c;
    }
  }
}

}  // namespace zmig::xlsx
