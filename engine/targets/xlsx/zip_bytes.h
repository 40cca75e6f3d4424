#pragma once
// Numbers and places of the zip format (APPNOTE.TXT 4.3). Not installed.

#include <cstdint>
#include <string>
#include <string_view>

namespace zmig::xlsx::zip_format {

constexpr std::uint32_t kLocal = 0x04034b50, kRecord = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kLocator64 = 0x07064b50;
constexpr std::size_t kLocalSize = 30, kRecordSize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
constexpr std::uint16_t kEncrypted = 1, kSizesBehind = 8, kStored = 0, kDeflated = 8;
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;
constexpr std::uint16_t kCountIn64 = 0xFFFF;

/// A little-endian number of `Bytes` bytes at `at`, which the caller knows to be there.
template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return static_cast<Number>(value);
}
inline std::uint16_t u16_at(std::string_view bytes, std::size_t at) { return number_at<std::uint16_t>(bytes, at); }
inline std::uint32_t u32_at(std::string_view bytes, std::size_t at) { return number_at<std::uint32_t>(bytes, at); }
inline std::uint64_t u64_at(std::string_view bytes, std::size_t at) { return number_at<std::uint64_t>(bytes, at); }

/// Zeros follow when there are more bytes than the number has.
inline void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i, value >>= 8) out += static_cast<char>(value & 0xFF);
}
inline void put_number(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, value >>= 8) bytes[at + i] = static_cast<char>(value & 0xFF);
}

/// Extra fields without the one of zip64, whose sizes would contradict those that are written anew.
std::string without_extra64(std::string_view extra);

}  // namespace zmig::xlsx::zip_format
