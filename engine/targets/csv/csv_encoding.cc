// Bytes to UTF-8.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/csv/csv_format.h"

namespace zmig::csv {
namespace {

constexpr std::size_t kPiece = std::size_t{256} * 1024;

/// Windows-1252 above ASCII and below Latin-1; 0: no character there.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::optional<unsigned char> byte_of_1252(char32_t code) {
  if (code < 0x80 || (code >= 0xA0 && code <= 0xFF)) return static_cast<unsigned char>(code);
  const auto* const found = std::find(kWindows1252.begin(), kWindows1252.end(), code);
  if (code == 0 || found == kWindows1252.end()) return std::nullopt;
  return static_cast<unsigned char>(0x80 + (found - kWindows1252.begin()));
}

void append_unit(std::string& into, char32_t unit, bool little) {
  const auto low = static_cast<char>(static_cast<unsigned char>(unit & 0xFFU));
  const auto high = static_cast<char>(static_cast<unsigned char>(unit >> 8U));
  into.push_back(little ? low : high);
  into.push_back(little ? high : low);
}

void append_utf16(std::string& into, char32_t code, bool little) {
  if (code < 0x10000) return append_unit(into, code, little);
  append_unit(into, 0xD800 + ((code - 0x10000) >> 10U), little);
  append_unit(into, 0xDC00 + ((code - 0x10000) & 0x3FFU), little);
}

}  // namespace

std::string_view byte_order_mark(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8: return "\xEF\xBB\xBF";
    case Encoding::utf16_le: return "\xFF\xFE";
    case Encoding::utf16_be: return "\xFE\xFF";
    case Encoding::windows_1252: return "";
  }
  return "";
}

Status encode_text(std::string_view utf8, Encoding encoding, std::string& into) {
  if (encoding == Encoding::utf8) {
    into.append(utf8);
    return ok();
  }
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t begin = at;
    const char32_t code = decode_utf8(utf8, at);
    if (encoding != Encoding::windows_1252) {
      append_utf16(into, code, encoding == Encoding::utf16_le);
      continue;
    }
    const auto byte = byte_of_1252(code);
    if (!byte) {
      return make_error(
          Errc::conflict, "ZM0462",
          fmt::format("{} cannot be written in {}", quoted(utf8.substr(begin, at - begin)), to_string(encoding)),
          "save the file as UTF-8 first, or write another text");
    }
    into.push_back(static_cast<char>(*byte));
  }
  return ok();
}

std::string_view to_string(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8: return "UTF-8";
    case Encoding::utf16_le: return "UTF-16 LE";
    case Encoding::utf16_be: return "UTF-16 BE";
    case Encoding::windows_1252: return "Windows-1252";
  }
  return "";
}

Result<TextStream> TextStream::open(const std::string& path, Encoding encoding, bool bom) {
  TextStream stream;
  stream.path_ = path;
  stream.encoding_ = encoding;
  stream.file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!stream.file_.is_open()) return posix_error(errno, "reading", path);
  if (!bom) return stream;
  stream.mark_.assign(byte_order_mark(encoding).size(), '\0');
  const ssize_t got = ::read(stream.file_.get(), stream.mark_.data(), stream.mark_.size());
  if (got < 0) return posix_error(errno, "reading", path);
  stream.mark_.resize(static_cast<std::size_t>(got));
  stream.decoded_ = stream.mark_.size();
  return stream;
}

void TextStream::hash_into(Sha256& hash) {
  hash_ = &hash;
  hash.update(mark_);
}

Error TextStream::not_of_encoding(std::uint64_t offset) const {
  const std::string help =
      encoding_ == Encoding::utf8
          ? "if it is Windows-1252, say so: `csv.encoding = \"windows-1252\"`, or once: `--accept-dialect`"
          : "";
  return make_error(Errc::invalid_input, "ZM0461",
                    fmt::format("the file is not {} at byte {}", to_string(encoding_), offset), help, path_);
}

/// Behind what is there already.
Status TextStream::read_piece(std::string& into) {
  const std::size_t kept = into.size();
  into.resize(kept + kPiece);
  ssize_t got = -1;
  do { got = ::read(file_.get(), into.data() + kept, kPiece); } while (got < 0 && errno == EINTR);
  if (got < 0) return posix_error(errno, "reading", path_);
  into.resize(kept + static_cast<std::size_t>(got));
  if (hash_ != nullptr) hash_->update(std::string_view(into).substr(kept));
  ended_ = got == 0;
  return ok();
}

Result<bool> TextStream::more(std::string& into) {
  if (ended_) return false;
  if (encoding_ == Encoding::utf8) {
    ZMIG_CHECK_OK(decode_utf8(into));
    return true;
  }
  ZMIG_CHECK_OK(read_piece(bytes_));
  ZMIG_CHECK_OK(decode(ended_, into));
  return true;
}

Status TextStream::decode(bool last, std::string& into) {
  return encoding_ == Encoding::windows_1252 ? decode_1252(into) : decode_utf16(last, into);
}

/// Straight into place: nothing is to be turned into anything else.
Status TextStream::decode_utf8(std::string& into) {
  const std::size_t begin = into.size();
  into.append(bytes_);
  bytes_.clear();
  ZMIG_CHECK_OK(read_piece(into));
  const std::string_view fresh = std::string_view(into).substr(begin);
  if (const auto invalid = first_invalid_utf8(fresh)) {
    // A character may be cut by the end of the piece; it is at most four bytes.
    if (ended_ || fresh.size() - *invalid > 3) return not_of_encoding(decoded_ + *invalid);
    bytes_.assign(fresh.substr(*invalid));
    into.resize(begin + *invalid);
  }
  decoded_ += into.size() - begin;
  return ok();
}

Status TextStream::decode_utf16(bool last, std::string& into) {
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes_[at]);
    const auto second = static_cast<unsigned char>(bytes_[at + 1]);
    return static_cast<char32_t>(encoding_ == Encoding::utf16_le ? first | second << 8 : first << 8 | second);
  };
  std::size_t at = 0;
  while (at + 2 <= bytes_.size()) {
    char32_t code = unit(at);
    if (code >= 0xDC00 && code <= 0xDFFF) return not_of_encoding(decoded_ + at);
    std::size_t size = 2;
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (at + 4 > bytes_.size()) break;
      const char32_t low = unit(at + 2);
      if (low < 0xDC00 || low > 0xDFFF) return not_of_encoding(decoded_ + at);
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      size = 4;
    }
    append_utf8(into, code);
    at += size;
  }
  if (last && at < bytes_.size()) return not_of_encoding(decoded_ + at);
  bytes_.erase(0, at);
  decoded_ += at;
  return ok();
}

Status TextStream::decode_1252(std::string& into) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes_[at]);
    char32_t code = byte;
    if (byte >= 0x80 && byte < 0xA0) code = kWindows1252.at(byte - 0x80U);
    if (byte >= 0x80 && code == 0) return not_of_encoding(decoded_ + at);
    append_utf8(into, code);
  }
  decoded_ += bytes_.size();
  bytes_.clear();
  return ok();
}

}  // namespace zmig::csv
