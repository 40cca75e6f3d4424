#include "base/running_hash.h"

#include <array>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/digest.h"

namespace zmig {
namespace {

__extension__ typedef unsigned __int128 Wide;

// Odd, so that multiplying loses nothing: one piece that is another one always gives another sum. 3 modulo 4, so that
// the powers of rows that lie an odd way apart differ in their second bit.
constexpr Wide kFactor = (Wide{0x9E3779B97F4A7C15ULL} << 64U) | 0xC2B2AE3D27D4EB4FULL;
static_assert((static_cast<std::uint64_t>(kFactor) & 3U) == 3U);

}  // namespace

void RunningHash::mix(std::uint64_t low, std::uint64_t high) {
  // sum = sum * factor + hash of the piece, modulo 2^128: depends on the order, and needs no buffer.
  const Wide sum = ((Wide{high_} << 64U) | low_) * kFactor + ((Wide{high} << 64U) | low);
  low_ = static_cast<std::uint64_t>(sum);
  high_ = static_cast<std::uint64_t>(sum >> 64U);
  ++pieces_;
}

void RunningHash::add(std::uint64_t kind, std::string_view bytes) {
  const XXH128_hash_t piece = XXH3_128bits_withSeed(bytes.data(), bytes.size(), kind);
  mix(piece.low64, piece.high64);
}

void RunningHash::add(std::uint64_t kind, std::uint64_t bits) {
  const XXH128_hash_t piece = XXH3_128bits_withSeed(&bits, sizeof bits, kind);
  mix(piece.low64, piece.high64);
}

std::string RunningHash::finish() const {
  const std::array<std::uint64_t, 3> all{low_, high_, pieces_};
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(all.data(), sizeof all));
  return "xxh128:" + to_hex({reinterpret_cast<const char*>(bytes.digest), sizeof bytes.digest});
}

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace zmig
