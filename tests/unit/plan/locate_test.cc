#include "plan_builders.h"
#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Chain chain_of(const std::vector<Operation>& operations, const Schema& before = baseline()) {
  Result<Chain> chain = lower_all(operations, before);
  REQUIRE(chain);
  return *std::move(chain);
}

}  // namespace

TEST_CASE("locate finds the confirmed step and the end of the batch in flight") {
  const Chain chain = chain_of({add(column("a", "A")), add(column("b", "B")), add(column("c", "C"))});
  CHECK(*locate(chain, chain.states[1], {1, 3}) == 1);
  CHECK(*locate(chain, chain.states[3], {1, 3}) == 3);
}

TEST_CASE("locate never answers with a position that history does not allow") {
  const Chain chain = chain_of({add(column("a", "A")), add(column("b", "B")), add(column("c", "C"))});
  const Result<std::size_t> between = locate(chain, chain.states[2], {1, 3});
  REQUIRE_FALSE(between);
  CHECK(between.error().zm == "ZM0301");
  CHECK(between.error().message == "the live workbook stands after step 2 of 3, where this run has never been");
}

TEST_CASE("locate prefers the earlier of two equal states") {
  const Chain chain = chain_of(
      {op::FillColumn{at("estado", "Estado"), lit(text("X")), {}, Otherwise::stop, {}}, add(column("a", "A"))});
  CHECK(chain.states[0] == chain.states[1]);
  CHECK(*locate(chain, chain.states[1], {0, 1}) == 0);
}

TEST_CASE("locate names what is different when a person was here") {
  const Chain chain = chain_of({add(column("a", "A")), add(column("b", "B"))});
  Schema live = chain.states[1];
  live.sheets[0].columns[1].header = "Kilos";
  const Result<std::size_t> off = locate(chain, live, {1, {}});
  REQUIRE_FALSE(off);
  CHECK(off.error().place == "Operaciones!B1");
  CHECK(off.error().message ==
        "the live workbook fits no state of the chain; nearest is after step 1 of 2: Operaciones!B1: header, expected "
        "\"Peso\", found \"Kilos\"");
}

TEST_CASE("locate does not mind foreign columns or another order") {
  const Chain chain = chain_of({add(column("a", "A"))});
  Schema live = chain.states[1];
  std::swap(live.sheets[0].columns[0], live.sheets[0].columns[1]);
  Column theirs = column("~turno", "Turno");
  theirs.managed = false;
  live.sheets[0].columns.push_back(theirs);
  CHECK(*locate(chain, live, {0, 1}) == 1);
}

TEST_CASE("resuming random chains: at every crash point locate finds the batch boundary that was reached") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    const Chain chain = chain_of(random_operations(seed, shop(), 1 + seed % 9), shop());
    Capabilities caps = atomic_target();
    caps.max_changes_per_batch = 1 + seed % 4;
    const std::vector<std::size_t> ends = cut_batches(chain, 0, caps);
    std::size_t confirmed = 0;
    for (const std::size_t end : ends) {
      // Lost before the commit, and lost after it.
      CHECK(*locate(chain, chain.states[confirmed], {confirmed, end}) == confirmed);
      const Result<std::size_t> landed = locate(chain, chain.states[end], {confirmed, end});
      REQUIRE(landed);
      // Batches that change nothing visible are run again, which their steps tolerate.
      CHECK((*landed == end || visible_differences(chain.states[confirmed], chain.states[end]).empty()));
      confirmed = end;
    }
    CHECK(confirmed == chain.steps.size());
  }
}

TEST_CASE("batches: everything in one where commits are atomic") {
  const Chain chain =
      chain_of({add(column("a", "A")), op::DropColumn{at("estado", "Estado"), false, {}}, add(column("b", "B"))});
  CHECK(cut_batches(chain, 0, atomic_target()) == std::vector<std::size_t>{3});
  CHECK(cut_batches(chain, 3, atomic_target()).empty());
}

TEST_CASE("batches: a lossy step starts one where commits are not atomic, and a rerun cuts the same") {
  const Chain chain =
      chain_of({add(column("a", "A")), op::DropColumn{at("estado", "Estado"), false, {}}, add(column("b", "B"))});
  Capabilities caps;
  caps.max_changes_per_batch = 10;
  CHECK(cut_batches(chain, 0, caps) == std::vector<std::size_t>{1, 3});
  CHECK(cut_batches(chain, 1, caps) == std::vector<std::size_t>{3});
}

TEST_CASE("batches: a structural one never ends in the schema it started in") {
  const Chain chain = chain_of({op::RenameColumn{at("peso", "Peso"), "Kilos"},
                                op::RenameColumn{at("peso", "Kilos"), "Peso"}, add(column("a", "A"))});
  REQUIRE(chain.states[0] == chain.states[2]);
  Capabilities caps = atomic_target();
  caps.max_changes_per_batch = 2;
  CHECK(cut_batches(chain, 0, caps) == std::vector<std::size_t>{1, 3});
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Chain random = chain_of(random_operations(seed, shop(), 1 + seed % 12), shop());
    caps.max_changes_per_batch = 1 + seed % 5;
    std::size_t from = 0;
    for (const std::size_t end : cut_batches(random, 0, caps)) {
      INFO("seed " << seed << " batch " << from << " to " << end);
      REQUIRE(end > from);
      CHECK(end - from <= caps.max_changes_per_batch);
      bool moved = false;
      for (std::size_t i = from + 1; i < end; ++i) moved = moved || !(random.states[i] == random.states[from]);
      CHECK_FALSE((moved && random.states[from] == random.states[end]));
      from = end;
    }
    CHECK(from == random.steps.size());
  }
}

TEST_CASE("drift has classes") {
  const Schema expected = baseline();
  SECTION("none") { CHECK(drift_of(expected, expected).worst == Drift::Class::none); }
  SECTION("a foreign column is harmless") {
    Schema live = expected;
    Column theirs = column("~turno", "Turno");
    theirs.managed = false;
    live.sheets[0].columns.push_back(theirs);
    const Drift drift = drift_of(expected, live);
    CHECK(drift.worst == Drift::Class::harmless);
    CHECK(drift.items ==
          std::vector<Drift::Item>{{Drift::Class::harmless, "foreign_column", "Operaciones!D1", "", "Turno"}});
  }
  SECTION("a moved column is harmless where order is free, else layout") {
    Schema live = expected;
    std::swap(live.sheets[0].columns[0], live.sheets[0].columns[2]);
    CHECK(drift_of(expected, live).worst == Drift::Class::harmless);
    Schema strict = expected;
    strict.sheets[0].rules.keep_order = true;
    CHECK(drift_of(strict, live).worst == Drift::Class::layout);
  }
  SECTION("a sheet renamed but known by its id is layout") {
    Schema live = expected;
    live.sheets[0].title = "Ops";
    CHECK(drift_of(expected, live).worst == Drift::Class::layout);
  }
  SECTION("a managed column that is gone or renamed is breaking") {
    Schema live = expected;
    live.sheets[0].columns[1].header = "Kilos";
    CHECK(drift_of(expected, live).worst == Drift::Class::breaking);
    live.sheets[0].columns.erase(live.sheets[0].columns.begin());
    CHECK(drift_of(expected, live).items.size() == 2);
  }
}
