// Bytes to UTF-8.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/csv/csv_format.h"

namespace zmig::csv {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

/// Windows-1252 above ASCII and below Latin-1; 0: no character there.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::size_t bom_size(Encoding encoding) { return encoding == Encoding::utf8 ? 3 : 2; }

}  // namespace

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
  std::string mark(bom_size(encoding), '\0');
  const ssize_t got = ::read(stream.file_.get(), mark.data(), mark.size());
  if (got < 0) return posix_error(errno, "reading", path);
  stream.decoded_ = mark.size();
  return stream;
}

Error TextStream::not_of_encoding(std::uint64_t offset) const {
  const std::string help =
      encoding_ == Encoding::utf8 ? "if it is Windows-1252, say so: `csv.encoding = \"windows-1252\"`" : "";
  return make_error(Errc::invalid_input, "ZM0461",
                    fmt::format("the file is not {} at byte {}", to_string(encoding_), offset), help, path_);
}

Result<bool> TextStream::more(std::string& into) {
  if (ended_) return false;
  const std::size_t kept = bytes_.size();
  bytes_.resize(kept + kPiece);
  ssize_t got = -1;
  do { got = ::read(file_.get(), bytes_.data() + kept, kPiece); } while (got < 0 && errno == EINTR);
  if (got < 0) return posix_error(errno, "reading", path_);
  bytes_.resize(kept + static_cast<std::size_t>(got));
  ended_ = got == 0;
  ZMIG_CHECK_OK(decode(ended_, into));
  return true;
}

Status TextStream::decode(bool last, std::string& into) {
  switch (encoding_) {
    case Encoding::utf8: return decode_utf8(last, into);
    case Encoding::utf16_le:
    case Encoding::utf16_be: return decode_utf16(last, into);
    case Encoding::windows_1252: return decode_1252(into);
  }
  return ok();
}

Status TextStream::decode_utf8(bool last, std::string& into) {
  std::size_t good = bytes_.size();
  if (const auto invalid = first_invalid_utf8(bytes_)) {
    good = *invalid;
    // A character may be cut by the end of the piece; it is at most four bytes.
    if (last || bytes_.size() - good > 3) return not_of_encoding(decoded_ + good);
  }
  into.append(bytes_, 0, good);
  bytes_.erase(0, good);
  decoded_ += good;
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
