#include "targets/xlsx/splice.h"

#include <algorithm>
#include <utility>

#include "targets/xlsx/bits.h"

namespace zmig::xlsx {
namespace {

constexpr std::size_t kMostBlocks = std::size_t{1} << 20;
constexpr std::uint64_t kLeastApart = std::uint64_t{4} << 20;
constexpr std::uint64_t kMostPlaces = 128;  // 40 KiB each
constexpr std::size_t kPiece = std::size_t{256} << 10;

/// Blocks [from, to) that are packed anew, with the edits that fall on them.
struct Redone {
  std::size_t from = 0, to = 0, first_edit = 0, last_edit = 0;  // last_edit: one behind
};

/// Where the block `i` begins; behind the last one: where that one ends.
const BlockMap::Block& block_at(const BlockMap& map, std::size_t i) {
  return i < map.blocks().size() ? map.blocks()[i] : map.end();
}

/// From the last boundary in front of an edit to the first that no later block can look over.
std::vector<Redone> redone_by(const BlockMap& map, const std::vector<TextEdit>& edits) {
  const auto& blocks = map.blocks();
  std::vector<Redone> all;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const auto behind = std::upper_bound(blocks.begin(), blocks.end(), edits[i].begin,
                                         [](std::uint64_t at, const BlockMap::Block& one) { return at < one.text; });
    auto from = static_cast<std::size_t>(behind - blocks.begin()) - 1;
    while (from > 0 && blocks[from - 1].text == blocks[from].text) --from;  // empty blocks
    const auto clear = std::lower_bound(blocks.begin(), blocks.end(), edits[i].end + kWindow,
                                        [](const BlockMap::Block& one, std::uint64_t at) { return one.text < at; });
    const auto to = static_cast<std::size_t>(clear - blocks.begin());
    if (!all.empty() && from <= all.back().to) {
      all.back().to = std::max(all.back().to, to);
      all.back().last_edit = i + 1;
    } else {
      all.push_back({from, to, i, i + 1});
    }
  }
  return all;
}

/// Old text [from, to).
std::string text_of(std::string_view packed, const BlockMap& map, std::uint64_t from, std::uint64_t to) {
  std::string text;
  BlockMap::Reading reading = map.read_from(from);
  while (text.size() < to - from && reading.more(packed, text)) {}
  text.resize(static_cast<std::size_t>(std::min<std::uint64_t>(text.size(), to - from)));
  return text;
}

}  // namespace

BlockMap::BlockMap(std::uint64_t size) : apart_(std::max(kLeastApart, size / kMostPlaces)) {
  blocks_.push_back({});
  places_.push_back({0, 0, Inflater()});
}

void BlockMap::note(std::uint64_t bit, std::uint64_t text, std::uint32_t crc, std::uint64_t packed,
                    const Inflater& inflater) {
  end_ = {bit, text, crc};
  if (overflowed_) return;
  blocks_.push_back(end_);
  overflowed_ = blocks_.size() > kMostBlocks;
  if (text >= places_.back().text + apart_) places_.push_back({text, packed, inflater.twin()});
}

void BlockMap::finish() {
  blocks_.pop_back();  // behind the last one nothing begins
  finished_ = true;
}

BlockMap::Reading BlockMap::read_from(std::uint64_t text) const {
  const auto behind = std::upper_bound(places_.begin(), places_.end(), text,
                                       [](std::uint64_t at, const Place& one) { return at < one.text; });
  const Place& place = *(behind - 1);
  Reading reading(place.inflater.twin(), place.packed);
  reading.skip_ = text - place.text;
  return reading;
}

bool BlockMap::Reading::more(std::string_view packed, std::string& into) {
  const std::size_t before = into.size();
  while (!ended_ && into.size() == before) {
    const Inflater::Step step = inflater_.run(packed.substr(static_cast<std::size_t>(at_), kPiece), kPiece, into);
    at_ += step.consumed;
    ended_ = step.ended || step.broken || (step.consumed == 0 && into.size() == before);
    const auto over = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, into.size() - before));
    into.erase(before, over);
    skip_ -= over;
  }
  return into.size() > before;
}

std::optional<PackedPart> splice(std::string_view packed, const BlockMap& map, const std::vector<TextEdit>& edits) {
  const std::vector<Redone> all = redone_by(map, edits);
  std::uint64_t anew = 0;
  for (const Redone& one : all) anew += block_at(map, one.to).text - block_at(map, one.from).text;
  if (!map.is_whole() || anew * 2 > map.end().text) return std::nullopt;
  PackedPart made;
  made.packed.reserve(packed.size() + (packed.size() >> 6) + kPiece);
  BitSink sink(made.packed);
  std::size_t at = 0;  // the next block
  const auto keep = [&](std::size_t to) {
    const BlockMap::Block &from = block_at(map, at), &end = block_at(map, to);
    for (; at < to; ++at) copy_block(packed, block_at(map, at).bit, block_at(map, at + 1).bit, false, sink);
    const std::uint64_t size = end.text - from.text;
    made.crc = crc32_joined(made.crc, crc32_of_back(end.crc, from.crc, size), size);
    made.size += size;
  };
  for (const Redone& one : all) {
    keep(one.from);
    const std::uint64_t begin = block_at(map, one.from).text, end = block_at(map, one.to).text;
    const std::uint64_t window = std::min<std::uint64_t>(begin, kWindow);
    const std::string old = text_of(packed, map, begin - window, end);
    const std::string_view seen(old);
    std::string text;
    std::uint64_t next = begin;
    const auto take_old = [&](std::uint64_t to) {
      text += seen.substr(static_cast<std::size_t>(next - begin + window), static_cast<std::size_t>(to - next));
    };
    for (std::size_t i = one.first_edit; i < one.last_edit; ++i) {
      take_old(edits[i].begin);
      text += edits[i].bytes;
      next = edits[i].end;
    }
    take_old(end);
    unsigned bits = 0;
    const unsigned pending = sink.take_pending(bits);
    deflate_behind(pending, bits, seen.substr(0, static_cast<std::size_t>(window)), text, one.to == map.blocks().size(),
                   made.packed);
    made.crc = crc32_of(made.crc, text);
    made.size += text.size();
    at = one.to;
  }
  keep(map.blocks().size());
  sink.align();
  return made;
}

void edit_text(std::string_view packed, const BlockMap& map, const std::vector<TextEdit>& edits,
               const std::function<void(std::string_view)>& put) {
  BlockMap::Reading reading = map.read_from(0);
  std::string held;
  std::uint64_t at = 0;  // where held begins, in the old text
  const auto pass_to = [&](std::uint64_t to, bool keep) {
    while (at < to) {
      if (held.empty() && !reading.more(packed, held)) return;
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(held.size(), to - at));
      if (keep) put(std::string_view(held).substr(0, count));
      held.erase(0, count);
      at += count;
    }
  };
  for (const TextEdit& one : edits) {
    pass_to(one.begin, true);
    put(one.bytes);
    pass_to(one.end, false);
  }
  pass_to(map.end().text, true);
}

}  // namespace zmig::xlsx
