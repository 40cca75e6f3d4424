#pragma once
// Deflate streams and the checksum of zip: the only file here that sees the libraries. libdeflate packs and counts,
// zlib reads in pieces, says where blocks end, and packs what goes on from text that stands before it. Not installed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zmig::xlsx {

/// As far back as a deflate stream may refer.
constexpr std::size_t kWindow = std::size_t{32} << 10;

/// CRC-32 of `bytes` behind those that gave `before` (0 at first).
std::uint32_t crc32_of(std::uint32_t before, std::string_view bytes);
/// Of two texts, one behind the other.
std::uint32_t crc32_joined(std::uint32_t front, std::uint32_t back, std::uint64_t back_size);
/// Of the back of a text, from those of the whole and of its front.
std::uint32_t crc32_of_back(std::uint32_t whole, std::uint32_t front, std::uint64_t back_size);

/// Inflates a raw deflate stream in pieces.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  /// Another one, which goes on from the same place.
  [[nodiscard]] Inflater twin() const;

  struct Step {
    std::size_t consumed = 0;  ///< bytes of the input that are done with
    bool ended = false;        ///< the stream says that this was all
    bool broken = false;       ///< the bytes are no deflate stream
    bool block_end = false;    ///< of block(): a block ended here
    unsigned spare_bits = 0;   ///< of block(): of the last byte consumed, those that are of the next block
  };
  /// Appends at most `room` bytes to `into`.
  Step run(std::string_view packed, std::size_t room, std::string& into);
  /// The same, and not beyond the end of a block.
  Step block(std::string_view packed, std::size_t room, std::string& into);

 private:
  Step step(std::string_view packed, std::size_t room, std::string& into, int flush);
  struct State;
  std::unique_ptr<State> state_;
};

/// Deflates in pieces; the same bytes give the same stream, whatever the pieces. Holds one piece of 1 MiB.
class Deflater {
 public:
  /// `fast`: with little effort.
  explicit Deflater(bool fast = false);
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;
  /// Appends what is ready to `into`; everything when `last`, and then another stream may begin.
  void run(std::string_view bytes, bool last, std::string& into);

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool fast_ = false;
};

/// Blocks that go on behind others: `pending` are the bits of the last byte that is not full yet, `window` the text in
/// front, as far as kWindow. The blocks end at a byte; with `last` they end the stream. Appended to `into`.
void deflate_behind(unsigned pending, unsigned pending_bits, std::string_view window, std::string_view text, bool last,
                    std::string& into);

}  // namespace zmig::xlsx
