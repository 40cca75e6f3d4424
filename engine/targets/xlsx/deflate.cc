#include "targets/xlsx/deflate.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <libdeflate.h>
#include <zlib.h>
#include <zmig/result.h>

#include "targets/xlsx/bits.h"

namespace zmig::xlsx {
namespace {

constexpr int kRaw = -15;  // no header of zlib's own
// Of libdeflate: a third less work than level 6, for half a percent more bytes (docs/performance.md).
constexpr int kPackLevel = 5, kFastLevel = 1;
constexpr int kLevel = 6;  // of zlib
constexpr int kMemory = 8;
constexpr std::size_t kMost = std::numeric_limits<uInt>::max() / 2;

Bytef* bytes_of(std::string_view text) {
  // The interface of the library is not const-correct; it does not write there.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

}  // namespace

std::uint32_t crc32_of(std::uint32_t before, std::string_view bytes) {
  return ::libdeflate_crc32(before, bytes.data(), bytes.size());
}

std::uint32_t crc32_joined(std::uint32_t front, std::uint32_t back, std::uint64_t back_size) {
  return static_cast<std::uint32_t>(::crc32_combine(front, back, static_cast<z_off_t>(back_size)));
}

std::uint32_t crc32_of_back(std::uint32_t whole, std::uint32_t front, std::uint64_t back_size) {
  return whole ^ crc32_joined(front, 0, back_size);
}

struct Inflater::State {
  z_stream stream{};
  State() { ZMIG_ASSERT(::inflateInit2(&stream, kRaw) == Z_OK, "zlib has memory for a stream"); }
  explicit State(State& from) {
    ZMIG_ASSERT(::inflateCopy(&stream, &from.stream) == Z_OK, "zlib has memory for a stream");
  }
  ~State() { ::inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Inflater Inflater::twin() const {
  Inflater made;
  made.state_ = std::make_unique<State>(*state_);
  return made;
}

Inflater::Step Inflater::step(std::string_view packed, std::size_t room, std::string& into, int flush) {
  const std::string_view input = packed.substr(0, kMost);
  const std::size_t size = into.size();
  room = std::min(room, kMost);
  into.resize(size + room);
  z_stream& stream = state_->stream;
  stream.next_in = bytes_of(input);
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(into.data() + size);
  stream.avail_out = static_cast<uInt>(room);
  const int answer = ::inflate(&stream, flush);
  into.resize(size + room - stream.avail_out);
  Step step;
  step.consumed = input.size() - stream.avail_in;
  step.ended = answer == Z_STREAM_END;
  // Z_BUF_ERROR says only that nothing could be done with what was given.
  step.broken = answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR;
  constexpr int kAtEndOfBlock = 128;
  step.block_end = !step.broken && !step.ended && (stream.data_type & kAtEndOfBlock) != 0;
  step.spare_bits = static_cast<unsigned>(stream.data_type & 7);
  return step;
}

Inflater::Step Inflater::run(std::string_view packed, std::size_t room, std::string& into) {
  return step(packed, room, into, Z_NO_FLUSH);
}

Inflater::Step Inflater::block(std::string_view packed, std::size_t room, std::string& into) {
  return step(packed, room, into, Z_BLOCK);
}

struct Deflater::State {
  static constexpr std::size_t kPiece = std::size_t{1} << 20, kRoom = std::size_t{64} << 10;
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> packer;
  std::string waiting, packed, again;
  unsigned pending = 0, pending_bits = 0;
  explicit State(bool fast)
      : packer(::libdeflate_alloc_compressor(fast ? kFastLevel : kPackLevel), &::libdeflate_free_compressor) {
    ZMIG_ASSERT(packer != nullptr, "libdeflate has memory for a stream");
  }
  void pack(std::string_view text, bool last, std::string& into);
};

/// A piece is a stream of its own; of all but the last the mark that says so is taken away. Where its blocks lie is
/// seen by reading it again, which shows at the same time that it is what it should be.
void Deflater::State::pack(std::string_view text, bool last, std::string& into) {
  packed.resize(::libdeflate_deflate_compress_bound(packer.get(), text.size()));
  packed.resize(::libdeflate_deflate_compress(packer.get(), text.data(), text.size(), packed.data(), packed.size()));
  ZMIG_ASSERT(!packed.empty(), "there is room for the packed piece");
  if (last && pending_bits == 0) {
    into += packed;
    return;
  }
  BitSink sink(into);
  sink.put(pending, pending_bits);
  Inflater inflater;
  std::string_view rest = packed;
  std::uint64_t begin = 0;
  again.clear();
  for (;;) {
    const Inflater::Step step = inflater.block(rest, std::min(text.size() + 1 - again.size(), kRoom), again);
    rest.remove_prefix(step.consumed);
    ZMIG_ASSERT(!step.broken, "a stream that was just made can be read");
    if (step.ended) break;
    if (!step.block_end) continue;
    const std::uint64_t end = std::uint64_t{packed.size() - rest.size()} * 8 - step.spare_bits;
    copy_block(packed, begin, end, !last, sink);
    begin = end;
  }
  ZMIG_ASSERT(again == text, "a stream that was just made holds what was put into it");
  if (last) sink.align();
  pending = sink.take_pending(pending_bits);
}

Deflater::Deflater(bool fast) : fast_(fast) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

void Deflater::run(std::string_view bytes, bool last, std::string& into) {
  if (!state_) state_ = std::make_unique<State>(fast_);
  State& state = *state_;
  while (state.waiting.size() + bytes.size() > State::kPiece) {
    const std::size_t taken = State::kPiece - state.waiting.size();
    if (state.waiting.empty()) {
      state.pack(bytes.substr(0, taken), false, into);
    } else {
      state.waiting += bytes.substr(0, taken);
      state.pack(state.waiting, false, into);
      state.waiting.clear();
    }
    bytes.remove_prefix(taken);
  }
  state.waiting += bytes;
  if (!last) return;
  state.pack(state.waiting, true, into);
  state.waiting.clear();
  state.pending = state.pending_bits = 0;
}

void deflate_behind(unsigned pending, unsigned pending_bits, std::string_view window, std::string_view text, bool last,
                    std::string& into) {
  constexpr std::size_t kPiece = 64 << 10;
  z_stream stream{};
  ZMIG_ASSERT(::deflateInit2(&stream, kLevel, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) == Z_OK,
              "zlib has memory for a stream");
  window = window.substr(window.size() - std::min(window.size(), kWindow));
  if (!window.empty()) ::deflateSetDictionary(&stream, bytes_of(window), static_cast<uInt>(window.size()));
  if (pending_bits > 0) ::deflatePrime(&stream, static_cast<int>(pending_bits), static_cast<int>(pending));
  do {
    const std::string_view input = text.substr(0, kMost);
    text.remove_prefix(input.size());
    const int flush = !text.empty() ? Z_NO_FLUSH : last ? Z_FINISH : Z_SYNC_FLUSH;
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
  } while (!text.empty());
  ::deflateEnd(&stream);
}

}  // namespace zmig::xlsx
