#include "run/executor.h"
#include "run_world.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::run;

namespace {

AppliedMigration applied(std::uint32_t number) {
  return {number, "m" + std::to_string(number), "sha256:" + std::to_string(number),
          {},     "u" + std::to_string(number), {}};
}
Run run_of(std::uint32_t number, std::string verb) {
  Run run;
  run.uid = "r" + std::to_string(number);
  run.verb = std::move(verb);
  run.migration = number;
  run.stamp_number = number;
  run.target_id = "t-1";
  return run;
}

}  // namespace

TEST_CASE("a chain goes on from nothing, and a migration taken out of its middle leaves the hash of the rest") {
  StampChain chain(std::nullopt);
  StampEntry last;
  for (const std::uint32_t number : {1U, 2U, 3U})
    last = chain.next(run_of(number, "up"), Direction::up, applied(number), {}, true);
  CHECK(last.lineage == "original");
  CHECK(last.position == 3);
  REQUIRE(last.applied.size() == 3);
  // The second one goes: what stays is hashed as if it had never been there.
  StampChain shorter(last);
  const StampEntry without = shorter.next(run_of(2, "down"), Direction::down, applied(2), {}, true);
  StampChain never(std::nullopt);
  static_cast<void>(never.next(run_of(1, "up"), Direction::up, applied(1), {}, true));
  const StampEntry expected = never.next(run_of(3, "up"), Direction::up, applied(3), {}, true);
  CHECK(without.chain_hash == expected.chain_hash);
  CHECK(without.applied == expected.applied);
  CHECK(without.position == 3);
  // And back to nothing.
  static_cast<void>(shorter.next(run_of(3, "down"), Direction::down, applied(3), {}, true));
  const StampEntry empty = shorter.next(run_of(1, "down"), Direction::down, applied(1), {}, true);
  CHECK(empty.position == 0);
  CHECK(empty.chain_hash == empty_chain());
  CHECK(empty.applied.empty());
}
