// Locate: where in a chain a live workbook stands. Only the positions that history allows are looked at, and the whole
// managed schema has to agree; "it looks done" is never an argument (architecture.md 4.4).
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <zmig/plan.h>

#include "plan/differences.h"

namespace zmig {
namespace {

/// The state that differs least, the earliest of those.
std::size_t nearest_state(const Chain& chain, const Schema& live) {
  std::size_t best = 0;
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < chain.states.size(); ++i) {
    const std::size_t count = visible_differences(chain.states[i], live).size();
    if (count >= fewest) continue;
    fewest = count;
    best = i;
  }
  return best;
}

Error off(const Chain& chain, const Schema& live) {
  const std::size_t near = nearest_state(chain, live);
  const std::vector<Difference> differences = visible_differences(chain.states[near], live);
  std::string list;
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(differences.size(), kShown); ++i) {
    if (i > 0) list += "; ";
    list += in_words(differences[i]);
  }
  if (differences.size() > kShown) list += fmt::format("; and {} more", differences.size() - kShown);
  const std::string message =
      differences.empty()
          ? fmt::format("the live workbook stands after step {} of {}, where this run has never been", near,
                        chain.steps.size())
          : fmt::format("the live workbook fits no state of the chain; nearest is after step {} of {}: {}", near,
                        chain.steps.size(), list);
  return make_error(Errc::conflict, "ZM0301", message,
                    "bring the workbook back to the state that was expected, then run the same command again",
                    differences.empty() ? std::string() : differences.front().where);
}

}  // namespace

Result<std::size_t> locate(const Chain& chain, const Schema& live, const Hint& hint) {
  ZMIG_ASSERT(chain.states.size() == chain.steps.size() + 1, "a chain has a state before and after each step");
  ZMIG_ASSERT(hint.confirmed < chain.states.size() && hint.in_flight.value_or(0) < chain.states.size(),
              "positions are inside the chain");
  std::vector<std::size_t> allowed{hint.confirmed};
  if (hint.in_flight) allowed.push_back(*hint.in_flight);
  std::sort(allowed.begin(), allowed.end());
  for (const std::size_t position : allowed) {
    if (visible_differences(chain.states[position], live).empty()) return position;
  }
  return off(chain, live);
}

}  // namespace zmig
