#pragma once
// The order of the rows of one sheet after rows were inserted and deleted, without a copy of the rows. Not installed.

#include <cstdint>
#include <limits>
#include <vector>

namespace zmig {

/// Rows keep an unchanging key: a row of the base its number there, an inserted row a key of its own. People's numbers
/// follow from the order. Runs of base rows stand in ascending order, so a scan of the base can be merged with the
/// inserted rows in one pass.
class RowOrder {
 public:
  using Key = std::uint64_t;
  static constexpr Key kInserted = Key{1} << 63;
  static constexpr bool is_inserted(Key key) { return (key & kInserted) != 0; }

  /// `first`: the number of the first row below the header. `count`: rows of the base (0 for a new sheet).
  RowOrder(std::uint64_t first, std::uint64_t count);

  /// Key of the row that has this number now. 0 when there is none.
  [[nodiscard]] Key key_of(std::uint64_t number) const;
  /// Inserts a row so that it gets this number; 0, or a number beyond the end: as the last one.
  void insert(std::uint64_t number, Key key);
  /// Removes the rows of these keys.
  void erase(std::vector<Key> keys);
  [[nodiscard]] std::uint64_t first() const { return first_; }

  /// Runs in order: either base rows begin .. begin+count-1, or one inserted row.
  struct Run {
    Key begin = 0;
    std::uint64_t count = 0;
  };
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }

 private:
  std::uint64_t first_;
  std::vector<Run> runs_;
};

}  // namespace zmig
