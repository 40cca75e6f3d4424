#include "plan_builders.h"
#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

TEST_CASE("lower_all keeps the state before and after every step, and whose step it is") {
  Column version = column("v", "version", TypeKind::integer);
  version.rules.fallback = number(0);
  const std::vector<Operation> operations{add(column("n", "Nota")), add(version)};
  const Result<Chain> chain = lower_all(operations, baseline(), {4, 7});
  REQUIRE(chain);
  REQUIRE(chain->states.size() == chain->steps.size() + 1);
  CHECK(chain->states.front() == baseline());
  CHECK(chain->steps.front().operation == 4);
  CHECK(chain->steps.back().operation == 7);
  const Result<Schema> after = replay_operations(operations, baseline());
  REQUIRE(after);
  CHECK(chain->states.back() == *after);
}

TEST_CASE("the way back of a list is reversed and leads back") {
  const std::vector<Operation> operations{add(column("n", "Nota")), op::RenameColumn{at("n", "Nota"), "Notas"}};
  const Result<Reversal> back = invert_all(operations, baseline());
  REQUIRE(back);
  const std::vector<Operation> expected{op::RenameColumn{at("n", "Notas"), "Nota"},
                                        op::DropColumn{at("n", "Nota"), false, {}}};
  CHECK(back->ops == expected);
  CHECK(back->fidelity == Fidelity::exact);
}

TEST_CASE("the fidelity of a list is the weakest of its lines") {
  const std::vector<Operation> lossy{add(column("n", "Nota")), op::DropColumn{at("estado", "Estado"), false, {}}};
  const Result<Reversal> captured = invert_all(lossy, baseline());
  REQUIRE(captured);
  CHECK(captured->fidelity == Fidelity::needs_capture);
  const Result<Reversal> none = invert_all({op::DropColumn{at("estado", "Estado"), true, {}}}, baseline());
  REQUIRE(none);
  CHECK(none->fidelity == Fidelity::irreversible);
  CHECK(none->ops.empty());
}

TEST_CASE("random lists invert as a whole") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    const std::vector<Operation> operations = random_operations(seed, shop(), 1 + seed % 12);
    const Result<Reversal> back = invert_all(operations, shop());
    if (!back) FAIL(back.error().message);
    if (back->fidelity == Fidelity::irreversible) continue;
    const Result<Schema> after = replay_operations(operations, shop());
    REQUIRE(after);
    const Result<Schema> again = replay_operations(back->ops, *after);
    REQUIRE(again);
    CHECK(by_offer(*again) == by_offer(shop()));
  }
}
