#pragma once
// Bits of deflate streams, copied from one place to another (xlsx-csv.md 4.5). Not installed.

#include <cstdint>
#include <string>
#include <string_view>

namespace zmig::xlsx {

/// The bits of deflate: from the lowest of a byte to its highest.
[[nodiscard]] inline unsigned bits_at(std::string_view bytes, std::uint64_t bit, unsigned count) {
  unsigned value = 0;
  for (unsigned i = 0; i < count; ++i, ++bit)
    value |= ((static_cast<unsigned char>(bytes[static_cast<std::size_t>(bit / 8)]) >> (bit % 8)) & 1U) << i;
  return value;
}

/// Appends bits to bytes.
class BitSink {
 public:
  explicit BitSink(std::string& into) : into_(into) {}
  void put(unsigned value, unsigned count);  ///< at most 24
  /// The bits [from, to) of `bytes`.
  void copy(std::string_view bytes, std::uint64_t from, std::uint64_t to);
  /// Zeros up to the end of the byte.
  void align();
  /// The bits of the byte that is not full: taken out of the sink, to be written by somebody else.
  unsigned take_pending(unsigned& count);

 private:
  std::string& into_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;  // fewer than 8 between calls
};

/// One block of a stream, or several: bits [from, to), which begin with the header of a block. A stored one keeps to
/// bytes where others are shifted; the header of the last of a stream loses the bit that says so where `goes_on`.
void copy_block(std::string_view bytes, std::uint64_t from, std::uint64_t to, bool goes_on, BitSink& into);

}  // namespace zmig::xlsx
