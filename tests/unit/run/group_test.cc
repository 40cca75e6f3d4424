// Several migrations in one commit: each keeps a record of its own, and the commit is one thing to a crash
// (reliability.md 3.3).

#include <set>

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kColour = R"(zmig 1

in sheet "Operaciones" {
  add column "Color" text
}
)";
const std::string kCount = R"(zmig 1

in sheet "Operaciones" {
  add column "Veces" integer default 7
}

ensure sheet "Operaciones" gained 1 column
ensure no row of "Operaciones" has [Veces] is blank
)";
const std::string kPlace = R"(zmig 1

in sheet "Metadata" {
  add column "lugar" text default "taller"
}
)";

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_colour", kColour);
  world.write_migration("0002_count", kCount);
  world.write_migration("0003_place", kPlace);
  world.load();
}

std::vector<std::string> writes_of(const World& world) {
  std::vector<std::string> writes;
  for (const std::string& call : world.fuse.log) {
    if (call.starts_with("ledger.begin") || call.starts_with("ledger.update") || call == "ledger.together" ||
        call == "ledger.add_backup" || call == "target.stage" || call == "target.commit")
      writes.push_back(call);
  }
  return writes;
}

struct Kept {
  std::uint32_t migration = 0;
  std::string verb, state;
  bool verified = false;
  std::uint64_t number = 0;
  bool operator==(const Kept&) const = default;
};
std::vector<Kept> kept(World& world) {
  std::vector<Kept> out;
  for (const Run& run : world.runs()) {
    if (run.state == RunState::aborted || run.verb == "baseline") continue;
    out.insert(out.begin(), {run.migration, run.verb, std::string(to_string(run.state)), run.verified.value_or(false),
                             run.stamp_number});
  }
  return out;
}

}  // namespace

TEST_CASE("three migrations go in one commit, each with its own run, stamp entry and verdict") {
  World world;
  prepare(world);
  world.fuse.log.clear();
  const Report report = world.behind_fuse({});
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
  CHECK(writes_of(world) == std::vector<std::string>{"ledger.add_backup",
                                                     "ledger.together",
                                                     "ledger.begin backed_up",
                                                     "ledger.begin backed_up",
                                                     "ledger.begin backed_up",
                                                     "ledger.together",
                                                     "target.stage",
                                                     "ledger.together",
                                                     "ledger.update batch.sent",
                                                     "ledger.update batch.sent",
                                                     "ledger.update batch.sent",
                                                     "target.commit",
                                                     "ledger.together",
                                                     "ledger.update batch.confirmed",
                                                     "ledger.update batch.confirmed",
                                                     "ledger.update batch.confirmed",
                                                     "ledger.together",
                                                     "ledger.update run.applied",
                                                     "ledger.update run.applied",
                                                     "ledger.update run.applied"});
  CHECK(kept(world) ==
        std::vector<Kept>{{1, "up", "applied", true, 2}, {2, "up", "applied", true, 3}, {3, "up", "applied", true, 4}});
  REQUIRE(report.runs.size() == 3);
  for (const RunReport& run : report.runs) {
    CHECK(run.outcome == "applied");
    CHECK(failed_ids(run.checks).empty());
  }
  CHECK(world.column("Operaciones", "Veces") == std::vector<Cell>{number(7), number(7), {}, number(7), {}, {}});
  const std::vector<Stamp> stamps = must(world.target.stamps());
  REQUIRE(stamps.size() == 4);
  const StampEntry first = must(stamp_from_json(stamps[1].entry));
  const StampEntry last = must(stamp_from_json(stamps[3].entry));
  CHECK_FALSE(first.whole);
  CHECK(first.position == 1);
  CHECK(first.applied.size() == 1);
  CHECK(last.whole);
  CHECK(last.applied.size() == 3);
  CHECK(last.chain_hash ==
        chain_hash(must(stamp_from_json(stamps[2].entry)).chain_hash, 3, "place", std::as_const(last.applied)[2].hash));
}

TEST_CASE("--one-by-one gives each migration a commit of its own, with the same result") {
  World together, apart;
  prepare(together);
  prepare(apart);
  apart.options.one_by_one = true;
  REQUIRE(together.up().exit_code == 0);
  apart.fuse.log.clear();
  REQUIRE(apart.behind_fuse({}).exit_code == 0);
  CHECK(std::count(apart.fuse.log.begin(), apart.fuse.log.end(), "target.commit") == 3);
  CHECK(visible(together.target) == visible(apart.target));
  CHECK(kept(together) == kept(apart));
  for (const Stamp& stamp : must(apart.target.stamps())) CHECK(must(stamp_from_json(stamp.entry)).whole);
}

TEST_CASE("down over several migrations goes in one commit, and one of them later is an ordinary down") {
  World world;
  prepare(world);
  const auto before = visible(world.target);
  REQUIRE(world.up().exit_code == 0);
  const Report one = world.down();
  INFO((one.error ? one.error->zm + " " + one.error->message : std::string()));
  REQUIRE(one.exit_code == 0);
  CHECK(one.to == 2);
  REQUIRE(world.up().exit_code == 0);
  Goal all;
  all.direction = Direction::down;
  all.to = 0;
  world.fuse.log.clear();
  REQUIRE(world.behind_fuse(all).exit_code == 0);
  CHECK(std::count(world.fuse.log.begin(), world.fuse.log.end(), "target.commit") == 1);
  CHECK(visible(world.target) == before);
  const std::vector<Kept> runs = kept(world);
  REQUIRE(runs.size() == 8);
  CHECK(runs[5] == Kept{3, "down", "applied", true, 7});
  CHECK(runs[6] == Kept{2, "down", "applied", true, 8});
  CHECK(runs[7] == Kept{1, "down", "applied", true, 9});
  for (std::size_t i : {0u, 1u, 2u, 4u}) CHECK(runs[i].state == "undone");
}

TEST_CASE("a false guard in one member refuses the whole group before its first write") {
  World world;
  prepare(world);
  world.write_migration("0003_place",
                        "zmig 1\n\nrequire column \"nada\" of \"Metadata\" exists\n\n"
                        "in sheet \"Metadata\" {\n  add column \"lugar\" text\n}\n");
  world.load();
  const Workbook before = world.target.snapshot();
  CHECK(world.up().exit_code == 5);
  CHECK(world.target.snapshot() == before);
  CHECK(kept(world).empty());
}

TEST_CASE("a group is one batch to recovery: after any fault all of it is there, or nothing") {
  for (const Blow blow : {Blow::before, Blow::after}) {
    for (const Lasting lasting : {Lasting::once, Lasting::for_good}) {
      World quiet;
      prepare(quiet);
      quiet.fuse.log.clear();
      REQUIRE(quiet.behind_fuse({}).exit_code == 0);
      const std::size_t calls = quiet.fuse.calls;
      REQUIRE(calls > 30);
      for (std::size_t k = 1; k <= calls; ++k) {
        World world;
        prepare(world);
        const auto untouched = visible(world.target);
        world.fuse.at = k;
        world.fuse.blow = blow;
        world.fuse.lasting = lasting;
        static_cast<void>(world.behind_fuse({}));
        INFO("call " << k << " of " << calls << ": " << world.fuse.log[std::min(k, world.fuse.log.size()) - 1]);
        const bool nothing = visible(world.target) == untouched;
        CHECK((nothing || visible(world.target) == visible(quiet.target)));
        std::set<std::string> open;
        for (const Run& run : world.runs()) {
          if (run.state < RunState::applied) open.insert(std::string(to_string(run.state)));
        }
        CHECK(open.size() <= 1);
        Report again;
        for (int i = 0; i < 5 && !again.up_to_date; ++i) again = world.up();
        REQUIRE(again.up_to_date);
        CHECK(visible(world.target) == visible(quiet.target));
        CHECK(must(world.ledger->check_chain()).ok);
        std::vector<Kept> runs = kept(world);
        CHECK(runs == kept(quiet));
      }
    }
  }
}

TEST_CASE("a run that stopped between the marks `applied` is verified by the next command") {
  World world;
  prepare(world);
  // As if the process had died before its last transaction.
  world.fuse.log.clear();
  REQUIRE(world.behind_fuse({}).exit_code == 0);
  std::vector<Run> runs = world.runs();
  for (Run& run : runs) {
    if (run.verb == "baseline" || run.migration == 1) continue;
    run.state = RunState::confirmed;
    run.verified.reset();
    run.undo_until.reset();
    REQUIRE(world.ledger->update(run, "test.reopened", "{}").has_value());
  }
  const Report report = world.up();
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  CHECK(report.exit_code == 0);
  CHECK(report.resumed == "r3 0002_count verified: passed; r4 0003_place verified: passed");
  CHECK(kept(world) ==
        std::vector<Kept>{{1, "up", "applied", true, 2}, {2, "up", "applied", true, 3}, {3, "up", "applied", true, 4}});
}

TEST_CASE("a newest entry that is not the last of its commit is refused, not taken for the whole") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  std::vector<Stamp> stamps = must(world.target.stamps());
  stamps.pop_back();
  const auto read = current_stamp(stamps);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().zm == "ZM0603");
}
