#include "targets/xlsx/deflate.h"

#include <algorithm>
#include <limits>

#include <zlib.h>
#include <zmig/result.h>

namespace zmig::xlsx {
namespace {

constexpr int kRaw = -15;  // no header of zlib's own
constexpr int kLevel = 6;
constexpr int kMemory = 8;
constexpr std::size_t kMost = std::numeric_limits<uInt>::max() / 2;

Bytef* bytes_of(std::string_view text) {
  // The interface of the library is not const-correct; it does not write there.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

std::uint32_t crc32_of(std::uint32_t before, std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(before, bytes_of(bytes), bytes.size()));
}

struct Inflater::State {
  z_stream stream{};
  State() { ZMIG_ASSERT(::inflateInit2(&stream, kRaw) == Z_OK, "zlib has memory for a stream"); }
  ~State() { ::inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Inflater::Step Inflater::run(std::string_view packed, std::size_t room, std::string& into) {
  const std::string_view input = packed.substr(0, kMost);
  const std::size_t size = into.size();
  room = std::min(room, kMost);
  into.resize(size + room);
  z_stream& stream = state_->stream;
  stream.next_in = bytes_of(input);
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(into.data() + size);
  stream.avail_out = static_cast<uInt>(room);
  const int answer = ::inflate(&stream, Z_NO_FLUSH);
  into.resize(size + room - stream.avail_out);
  Step step;
  step.consumed = input.size() - stream.avail_in;
  step.ended = answer == Z_STREAM_END;
  // Z_BUF_ERROR says only that nothing could be done with what was given.
  step.broken = answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR;
  return step;
}

struct Deflater::State {
  z_stream stream{};
  State() {
    ZMIG_ASSERT(::deflateInit2(&stream, kLevel, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) == Z_OK,
                "zlib has memory for a stream");
  }
  ~State() { ::deflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Deflater::Deflater() : state_(std::make_unique<State>()) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

void Deflater::run(std::string_view bytes, bool last, std::string& into) {
  constexpr std::size_t kPiece = 64 << 10;
  z_stream& stream = state_->stream;
  do {
    const std::string_view input = bytes.substr(0, kMost);
    bytes.remove_prefix(input.size());
    const int flush = last && bytes.empty() ? Z_FINISH : Z_NO_FLUSH;
    stream.next_in = bytes_of(input);
    stream.avail_in = static_cast<uInt>(input.size());
    for (;;) {
      const std::size_t size = into.size();
      into.resize(size + kPiece);
      stream.next_out = reinterpret_cast<Bytef*>(into.data() + size);
      stream.avail_out = kPiece;
      const int answer = ::deflate(&stream, flush);
      ZMIG_ASSERT(answer != Z_STREAM_ERROR, "a deflate stream in a state that zlib knows");
      into.resize(size + kPiece - stream.avail_out);
      if (stream.avail_out != 0) break;
    }
  } while (!bytes.empty());
}

}  // namespace zmig::xlsx
