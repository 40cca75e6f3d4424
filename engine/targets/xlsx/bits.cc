#include "targets/xlsx/bits.h"

#include <cstring>

namespace zmig::xlsx {

void BitSink::put(unsigned value, unsigned count) {
  held_ |= std::uint64_t{value} << count_;
  count_ += count;
  for (; count_ >= 8; count_ -= 8, held_ >>= 8) into_ += static_cast<char>(held_ & 0xFF);
}

void BitSink::copy(std::string_view bytes, std::uint64_t from, std::uint64_t to) {
  for (; from < to && from % 8 != 0; ++from) put(bits_at(bytes, from, 1), 1);
  if (count_ == 0) {
    into_.append(bytes.substr(static_cast<std::size_t>(from / 8), static_cast<std::size_t>((to - from) / 8)));
    from += (to - from) / 8 * 8;
  } else {
    constexpr std::uint64_t kStep = 32;
    const auto steps = static_cast<std::size_t>((to - from) / kStep);
    const std::size_t at = into_.size();
    into_.resize(at + steps * 4);
    const char* source = bytes.data() + from / 8;
    char* target = into_.data() + at;
    for (std::size_t i = 0; i < steps; ++i, source += 4, target += 4) {
      const auto byte = [source](int n) { return static_cast<std::uint64_t>(static_cast<unsigned char>(source[n])); };
      held_ |= (byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24) << count_;
      for (int n = 0; n < 4; ++n) target[n] = static_cast<char>((held_ >> (8 * n)) & 0xFF);
      held_ >>= 32;
    }
    from += steps * kStep;
  }
  for (; from + 8 <= to; from += 8) put(bits_at(bytes, from, 8), 8);
  for (; from < to; ++from) put(bits_at(bytes, from, 1), 1);
}

void BitSink::align() {
  if (count_ > 0) put(0, 8 - count_);
}

unsigned BitSink::take_pending(unsigned& count) {
  count = count_;
  const auto value = static_cast<unsigned>(held_);
  held_ = count_ = 0;
  return value;
}

void copy_block(std::string_view bytes, std::uint64_t from, std::uint64_t to, bool goes_on, BitSink& into) {
  constexpr unsigned kHeader = 3;
  const unsigned header = bits_at(bytes, from, kHeader);
  into.put(goes_on ? header & ~1U : header, kHeader);
  from += kHeader;
  if ((header >> 1) == 0) {  // stored: its length begins at a byte
    into.align();
    from = (from + 7) / 8 * 8;
  }
  into.copy(bytes, from, to);
}

}  // namespace zmig::xlsx
