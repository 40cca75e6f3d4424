#pragma once
// A fast hash over a sequence of pieces, for comparisons with oneself: columns before and after a write, a file and
// what was put into it. 128 bits, and not cryptographic: nobody who would look for collisions chooses both sides
// (docs/adr/0022). Not installed.

#include <cstdint>
#include <string>
#include <string_view>

namespace zmig {

/// Two sequences of pieces have one hash when they are equal; two others with a chance of 2^-100 or less. Pieces are
/// framed: "ab" "c" is not "a" "bc".
class RunningHash {
 public:
  /// `kind` tells pieces of equal bytes apart (the storage class of a cell).
  void add(std::uint64_t kind, std::string_view bytes);
  void add(std::uint64_t kind, std::uint64_t bits);
  /// "xxh128:" and 32 hexadecimal digits, of everything so far.
  [[nodiscard]] std::string finish() const;
  bool operator==(const RunningHash&) const = default;

 private:
  void mix(std::uint64_t low, std::uint64_t high);
  std::uint64_t low_ = 0, high_ = 0, pieces_ = 0;
};

/// 64 bits of one piece.
std::uint64_t hash64(std::string_view bytes);

}  // namespace zmig
