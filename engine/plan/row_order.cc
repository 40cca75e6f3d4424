#include "plan/row_order.h"

#include <algorithm>

namespace zmig {

RowOrder::RowOrder(std::uint64_t first, std::uint64_t count) : first_(first) {
  if (count > 0) runs_.push_back({first, count});
}

RowOrder::Key RowOrder::key_of(std::uint64_t number) const {
  if (number < first_) return 0;
  std::uint64_t offset = number - first_;
  for (const Run& run : runs_) {
    if (offset < run.count) return run.begin + offset;
    offset -= run.count;
  }
  return 0;
}

void RowOrder::insert(std::uint64_t number, Key key) {
  std::uint64_t offset = number < first_ ? std::numeric_limits<std::uint64_t>::max() : number - first_;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (offset >= runs_[i].count) {
      offset -= runs_[i].count;
      continue;
    }
    const Run whole = runs_[i];
    auto at = runs_.begin() + static_cast<std::ptrdiff_t>(i);
    if (offset > 0) {
      at->count = offset;
      at = runs_.insert(at + 1, {whole.begin + offset, whole.count - offset});
    }
    runs_.insert(at, {key, 1});
    return;
  }
  runs_.push_back({key, 1});
}

void RowOrder::erase(std::vector<Key> keys) {
  std::sort(keys.begin(), keys.end());
  std::vector<Run> kept;
  for (const Run& run : runs_) {
    Key begin = run.begin;
    const Key end = run.begin + run.count;
    for (auto key = std::lower_bound(keys.begin(), keys.end(), begin); key != keys.end() && *key < end; ++key) {
      if (*key > begin) kept.push_back({begin, *key - begin});
      begin = *key + 1;
    }
    if (begin < end) kept.push_back({begin, end - begin});
  }
  runs_ = std::move(kept);
}

}  // namespace zmig
