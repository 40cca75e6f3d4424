#pragma once
// Deflate streams and the checksum of zip: the only file here that sees the library. Not installed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zmig::xlsx {

/// CRC-32 of `bytes` behind those that gave `before` (0 at first).
std::uint32_t crc32_of(std::uint32_t before, std::string_view bytes);

/// Inflates a raw deflate stream in pieces.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  struct Step {
    std::size_t consumed = 0;  ///< bytes of the input that are done with
    bool ended = false;        ///< the stream says that this was all
    bool broken = false;       ///< the bytes are no deflate stream
  };
  /// Appends at most `room` bytes to `into`.
  Step run(std::string_view packed, std::size_t room, std::string& into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Deflates in pieces; the same bytes give the same stream.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;
  /// Appends what is ready to `into`; everything when `last`.
  void run(std::string_view bytes, bool last, std::string& into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zmig::xlsx
