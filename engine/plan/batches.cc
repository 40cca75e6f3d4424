#include <algorithm>
#include <cstddef>
#include <vector>

#include <zmig/plan.h>

namespace zmig {
namespace {

/// Whether anything between the two states was different for a while, though they are the same. Such a batch may not be
/// cut here: after an unknown commit nobody could tell whether it landed (architecture.md 4.4).
bool ends_where_it_began(const Chain& chain, std::size_t from, std::size_t end) {
  if (!(chain.states[from] == chain.states[end])) return false;
  for (std::size_t i = from + 1; i < end; ++i) {
    if (!(chain.states[i] == chain.states[from])) return true;
  }
  return false;
}

}  // namespace

std::vector<std::size_t> cut_batches(const Chain& chain, std::size_t from, const Capabilities& caps) {
  const std::size_t count = chain.steps.size();
  const std::size_t most = std::max<std::size_t>(caps.max_changes_per_batch, 1);
  std::vector<std::size_t> ends;
  while (from < count) {
    std::size_t end = most < count - from ? from + most : count;
    if (!caps.atomic_batch) {
      // The capture of a lossy step is saved before its batch begins, when everything before it is confirmed.
      for (std::size_t i = from + 1; i < end; ++i) {
        if (needs_capture(chain.steps[i].change)) end = i;
      }
    }
    // States in between differ from the first, so that this ends at the latest after one step.
    while (ends_where_it_began(chain, from, end)) --end;
    ends.push_back(end);
    from = end;
  }
  return ends;
}

}  // namespace zmig
