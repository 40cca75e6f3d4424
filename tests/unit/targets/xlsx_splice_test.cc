// Packed parts with some of their text replaced: whatever made the stream and wherever the edits lie, zlib reads back
// what the edited text is, and the checksum is its own.
#include "targets/xlsx/splice.h"

#include <zlib.h>
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/catch.h"
#include "targets/xlsx/bits.h"

using namespace zmig::xlsx;

namespace {

using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); }

/// Text as sheets have it, with stretches that cannot be packed in between.
std::string some_text(Random& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    if (below(random, 12) == 0) {
      for (std::uint32_t i = below(random, 3000); i > 0; --i) text += static_cast<char>(random() & 0xFF);
    } else {
      text +=
          "<c r=\"" + std::to_string(below(random, 5000)) + "\"><v>" + std::to_string(below(random, 300)) + "</v></c>";
    }
  }
  text.resize(size);
  return text;
}

/// A raw stream, flushed here and there as writers of spreadsheets do.
std::string packed_by_zlib(Random& random, const std::string& text) {
  z_stream stream{};
  const int level = static_cast<int>(below(random, 10)), strategy = static_cast<int>(below(random, 5));
  REQUIRE(::deflateInit2(&stream, level, Z_DEFLATED, -15, 1 + static_cast<int>(below(random, 9)), strategy) == Z_OK);
  std::string packed(::deflateBound(&stream, text.size()) + text.size() / 8 + 4096, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  std::size_t at = 0;
  for (;;) {
    const std::size_t count = std::min<std::size_t>(text.size() - at, 1 + below(random, 60000));
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data() + at));
    stream.avail_in = static_cast<uInt>(count);
    at += count;
    constexpr int kFlushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_PARTIAL_FLUSH, Z_FULL_FLUSH, Z_BLOCK};
    const int answer = ::deflate(&stream, at == text.size() ? Z_FINISH : kFlushes[below(random, 5)]);
    REQUIRE(answer != Z_STREAM_ERROR);
    if (answer == Z_STREAM_END) break;
    REQUIRE(stream.avail_out > 0);
  }
  packed.resize(packed.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return packed;
}

std::string packed_by_us(const std::string& text) {
  std::string packed;
  Deflater().run(text, true, packed);
  return packed;
}

/// What another reader makes of it; `spare`: bytes behind its end.
std::string read_back(const std::string& packed, std::size_t& spare) {
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, -15) == Z_OK);
  std::string text;
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int answer = Z_OK;
  while (answer == Z_OK) {
    std::string piece(1 << 16, '\0');
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    answer = ::inflate(&stream, Z_NO_FLUSH);
    text.append(piece, 0, piece.size() - stream.avail_out);
  }
  spare = stream.avail_in;
  ::inflateEnd(&stream);
  CHECK(answer == Z_STREAM_END);
  return text;
}

BlockMap map_of(const std::string& packed, std::size_t size) {
  BlockMap map(size);
  Inflater inflater;
  std::string text;
  std::size_t at = 0, counted = 0;
  std::uint32_t crc = 0;
  for (;;) {
    const auto step = inflater.block(std::string_view(packed).substr(at, 997), 30011, text);
    at += step.consumed;
    REQUIRE_FALSE(step.broken);
    if (step.ended) break;
    if (!step.block_end) continue;
    crc = crc32_of(crc, std::string_view(text).substr(counted));
    counted = text.size();
    map.note(std::uint64_t{at} * 8 - step.spare_bits, text.size(), crc, at, inflater);
  }
  map.finish();
  return map;
}

std::vector<TextEdit> some_edits(Random& random, const std::string& text, std::string& edited) {
  std::vector<TextEdit> edits;
  std::uint64_t at = 0;
  edited.clear();
  for (std::uint32_t i = 1 + below(random, 4); i > 0 && at <= text.size(); --i) {
    TextEdit edit;
    const auto room = static_cast<std::uint32_t>(text.size() - at);
    edit.begin = at + (below(random, 4) == 0 ? 0 : below(random, room + 1));
    edit.end = std::min<std::uint64_t>(text.size(), edit.begin + below(random, 500));
    edit.bytes = some_text(random, below(random, 400));
    edited.append(text, static_cast<std::size_t>(at), static_cast<std::size_t>(edit.begin - at)).append(edit.bytes);
    at = edit.end;
    edits.push_back(std::move(edit));
  }
  edited.append(text, static_cast<std::size_t>(at));
  return edits;
}

}  // namespace

TEST_CASE("a spliced stream holds the edited text, whatever made the stream", "[xlsx][splice]") {
  Random random(20261121);
  std::size_t spliced = 0;
  for (int round = 0; round < 150; ++round) {
    const std::string text = some_text(random, 100000 + below(random, 700000));
    const std::string packed = round % 5 == 4 ? packed_by_us(text) : packed_by_zlib(random, text);
    const BlockMap map = map_of(packed, text.size());
    REQUIRE(map.is_whole());
    CHECK(map.end().text == text.size());
    CHECK(map.end().crc == crc32_of(0, text));
    std::string edited;
    const std::vector<TextEdit> edits = some_edits(random, text, edited);
    INFO("round " << round);
    std::string streamed;
    edit_text(packed, map, edits, [&streamed](std::string_view piece) { streamed += piece; });
    REQUIRE((streamed == edited));
    const auto made = splice(packed, map, edits);
    if (!made) continue;
    ++spliced;
    std::size_t spare = 1;
    REQUIRE((read_back(made->packed, spare) == edited));
    REQUIRE(spare == 0);
    REQUIRE(made->size == edited.size());
    REQUIRE(made->crc == crc32_of(0, edited));
  }
  CHECK(spliced > 60);
}

TEST_CASE("most of the packed bytes of a spliced stream are those of the old one", "[xlsx][splice]") {
  Random random(7);
  const std::string text = some_text(random, 3'000'000);
  const std::string packed = packed_by_us(text);
  const BlockMap map = map_of(packed, text.size());
  const auto made = splice(packed, map, {{10, 12, "x"}});
  REQUIRE(made);
  CHECK(made->size == text.size() - 1);
  // Shifted by whole bytes or by bits: the end of the text is far from the edit, and packed as it was.
  const std::size_t tail = 1000;
  CHECK(made->packed.size() < packed.size() + packed.size() / 50);
  const auto bits = [&](const std::string& of, std::uint64_t from) { return bits_at(of, from, 24); };
  std::uint64_t matches = 0;
  for (std::uint64_t shift = 0; shift < 8; ++shift) {
    const std::uint64_t old_at = (packed.size() - tail) * 8, new_at = (made->packed.size() - tail) * 8 + shift;
    bool same = true;
    for (std::uint64_t i = 0; same && i + 32 < (tail - 8) * 8; i += 24)
      same = bits(packed, old_at + i) == bits(made->packed, new_at + i);
    matches += same ? 1 : 0;
    const std::uint64_t other = (made->packed.size() - tail) * 8 - shift;
    same = shift > 0;
    for (std::uint64_t i = 0; same && i + 32 < (tail - 8) * 8; i += 24)
      same = bits(packed, old_at + i) == bits(made->packed, other + i);
    matches += same ? 1 : 0;
  }
  CHECK(matches == 1);
}

TEST_CASE("large texts are packed piece by piece into one stream", "[xlsx][splice]") {
  Random random(11);
  const std::string text = some_text(random, 3'500'001);
  std::string whole, pieces;
  Deflater one, other;
  one.run(text, true, whole);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t count = std::min<std::size_t>(text.size() - at, 1 + below(random, 900'000));
    other.run(std::string_view(text).substr(at, count), false, pieces);
    at += count;
  }
  other.run({}, true, pieces);
  CHECK((pieces == whole));
  std::size_t spare = 1;
  CHECK((read_back(whole, spare) == text));
  CHECK(spare == 0);
  // Another stream may begin.
  std::string again;
  other.run("abc", true, again);
  CHECK(read_back(again, spare) == "abc");
}

TEST_CASE("a text can be read from anywhere", "[xlsx][splice]") {
  Random random(3);
  const std::string text = some_text(random, 9'000'000);
  const std::string packed = packed_by_zlib(random, text);
  const BlockMap map = map_of(packed, text.size());
  for (const std::size_t from : {std::size_t{0}, std::size_t{1}, std::size_t{4'500'000}, std::size_t{8'999'999}}) {
    BlockMap::Reading reading = map.read_from(from);
    std::string rest;
    while (reading.more(packed, rest)) {}
    CHECK((rest == text.substr(from)));
  }
}

TEST_CASE("checksums of joined and parted texts", "[xlsx][splice]") {
  const std::string front = "surgery, ", back = "not serialisation";
  const std::uint32_t whole = crc32_of(0, front + back);
  CHECK(crc32_joined(crc32_of(0, front), crc32_of(0, back), back.size()) == whole);
  CHECK(crc32_of_back(whole, crc32_of(0, front), back.size()) == crc32_of(0, back));
}
