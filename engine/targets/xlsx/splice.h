#pragma once
// A packed part with some of its text replaced: only the blocks around an edit are packed anew, the others are copied
// as bits (xlsx-csv.md 4.5). Not installed.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/deflate.h"

namespace zmig::xlsx {

/// A part that is packed already, because it is too large to be held.
struct PackedPart {
  std::string packed;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;  ///< unpacked
};

/// Where the blocks of a packed part lie, noted while it was read from front to back, and places from which it can be
/// read again without its front.
class BlockMap {
 public:
  struct Block {
    std::uint64_t bit = 0, text = 0;  ///< where it begins, packed and as text
    std::uint32_t crc = 0;            ///< of all text in front of it
  };
  /// A reading of the text from somewhere on.
  class Reading {
   public:
    /// Appends the next piece; false at the end.
    bool more(std::string_view packed, std::string& into);

   private:
    friend class BlockMap;
    Reading(Inflater inflater, std::uint64_t at) : inflater_(std::move(inflater)), at_(at) {}
    Inflater inflater_;
    std::uint64_t at_ = 0, skip_ = 0;  // the next packed byte; text to pass over
    bool ended_ = false;
  };

  /// `size` of the text decides how far the places lie apart from which it can be read.
  explicit BlockMap(std::uint64_t size);
  /// A block ended there, and `inflater` stands behind it.
  void note(std::uint64_t bit, std::uint64_t text, std::uint32_t crc, std::uint64_t packed, const Inflater& inflater);
  /// The last block ended with its last byte.
  void finish();
  /// All was read, and not too many blocks were found.
  [[nodiscard]] bool is_whole() const { return finished_ && !overflowed_; }
  /// Without the end of the last one, which is end().
  [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }
  [[nodiscard]] const Block& end() const { return end_; }
  [[nodiscard]] Reading read_from(std::uint64_t text) const;

 private:
  struct Place {
    std::uint64_t text = 0, packed = 0;
    Inflater inflater;
  };
  std::uint64_t apart_;
  std::vector<Block> blocks_;
  Block end_;
  std::vector<Place> places_;
  bool finished_ = false, overflowed_ = false;
};

/// Text [begin, end) becomes `bytes`.
struct TextEdit {
  std::uint64_t begin = 0, end = 0;
  std::string bytes;
};
/// `edits` ascend and do not overlap; `map` is whole and of `packed`. None when it is not worth it: most of the blocks
/// would be packed anew.
std::optional<PackedPart> splice(std::string_view packed, const BlockMap& map, const std::vector<TextEdit>& edits);
/// The new text, piece by piece.
void edit_text(std::string_view packed, const BlockMap& map, const std::vector<TextEdit>& edits,
               const std::function<void(std::string_view)>& put);

}  // namespace zmig::xlsx
