// Law L4: fail any call, before or after its effect, once or for good; run again until it is quiet; workbook, ledger
// and captures are as after the undisturbed run.

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Final {
  std::pair<Schema, std::map<std::string, SheetCells>> visible;
  std::vector<std::string> runs;  // those with effect: verb, migration, state, verified, texts
  std::vector<std::vector<Capture>> captures;
  std::vector<std::string> stamp;  // event and position of each entry

  bool operator==(const Final&) const = default;
};

Final outcome_of(World& world) {
  Final out;
  out.visible = visible(world.target);
  for (const Run& run : world.runs()) {
    if (run.state == RunState::aborted) continue;
    out.runs.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)) + " " +
                       (run.verified.value_or(false) ? "verified" : "unverified") + " " + run.error + " " +
                       run.down_text + run.source_text);
    out.captures.push_back(must(world.ledger->captures(run.id)));
  }
  for (const Stamp& stamp : must(world.target.stamps())) {
    const StampEntry entry = must(stamp_from_json(stamp.entry));
    out.stamp.push_back(entry.event + " " + std::to_string(entry.position) + " " + entry.chain_hash + " " +
                        entry.schema_digest);
  }
  return out;
}

enum class Story { up, down };

void prepare(World& world, Story story) {
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
  if (story == Story::down) REQUIRE(world.up().exit_code == 0);
}

Goal goal_of(Story story) {
  Goal goal;
  if (story == Story::down) {
    goal.direction = Direction::down;
    goal.to = 0;
  }
  return goal;
}

std::size_t sweep(Story story, Blow blow, Lasting lasting) {
  World quiet;
  prepare(quiet, story);
  quiet.fuse.log.clear();
  REQUIRE(quiet.behind_fuse(goal_of(story)).exit_code == 0);
  const Final expected = outcome_of(quiet);
  const std::size_t calls = quiet.fuse.calls;
  REQUIRE(calls > 40);
  for (std::size_t k = 1; k <= calls; ++k) {
    World world;
    prepare(world, story);
    world.fuse.at = k;
    world.fuse.blow = blow;
    world.fuse.lasting = lasting;
    const Report first = world.behind_fuse(goal_of(story));
    INFO("call " << k << " of " << calls << ": "
                 << (world.fuse.log.size() >= k ? world.fuse.log[k - 1] : std::string("not reached"))
                 << (blow == Blow::before ? ", before" : ", after")
                 << (lasting == Lasting::once ? ", once" : ", for good") << "; first run: " << first.outcome << " "
                 << first.exit_code << " " << (first.error ? first.error->message : std::string()));
    Report again = first;
    for (int i = 0; i < 5 && !(again.exit_code == 0 && again.up_to_date); ++i) again = world.up(goal_of(story));
    INFO("last run: " << again.outcome << " "
                      << (again.error ? again.error->zm + " " + again.error->message : std::string()));
    REQUIRE(again.up_to_date);
    REQUIRE(again.exit_code == 0);
    const Final found = outcome_of(world);
    CHECK(found.visible.first == expected.visible.first);
    CHECK(found.visible.second == expected.visible.second);
    CHECK(found.runs == expected.runs);
    CHECK(found.captures == expected.captures);
    CHECK(found.stamp == expected.stamp);
    CHECK(must(world.ledger->check_chain()).ok);
  }
  return calls;
}

}  // namespace

TEST_CASE("up: every call fails once before its effect, and a rerun converges") {
  sweep(Story::up, Blow::before, Lasting::once);
}
TEST_CASE("up: every call fails once after its effect, and a rerun converges") {
  sweep(Story::up, Blow::after, Lasting::once);
}
TEST_CASE("up: the process dies before every call, and a rerun converges") {
  sweep(Story::up, Blow::before, Lasting::for_good);
}
TEST_CASE("up: the process dies after every call, and a rerun converges") {
  sweep(Story::up, Blow::after, Lasting::for_good);
}
TEST_CASE("down: every call fails once before its effect, and a rerun converges") {
  sweep(Story::down, Blow::before, Lasting::once);
}
TEST_CASE("down: every call fails once after its effect, and a rerun converges") {
  sweep(Story::down, Blow::after, Lasting::once);
}
TEST_CASE("down: the process dies before every call, and a rerun converges") {
  sweep(Story::down, Blow::before, Lasting::for_good);
}
TEST_CASE("down: the process dies after every call, and a rerun converges") {
  sweep(Story::down, Blow::after, Lasting::for_good);
}

TEST_CASE("a commit whose answer was lost is looked up in the stamp, not repeated") {
  World world;
  prepare(world, Story::up);
  Goal goal;
  goal.to = 1;
  world.behind_fuse(goal);
  const auto at = std::find(world.fuse.log.begin(), world.fuse.log.end(), "target.commit") - world.fuse.log.begin() + 1;
  World again;
  prepare(again, Story::up);
  again.fuse.at = static_cast<std::size_t>(at);
  again.fuse.blow = Blow::after;
  const Report report = again.behind_fuse(goal);
  CHECK(report.exit_code == 0);
  CHECK(report.outcome == "applied");
  const bool told = std::any_of(again.recorder.events.begin(), again.recorder.events.end(),
                                [](const Event& event) { return std::holds_alternative<event::BatchUnknown>(event); });
  CHECK(told);
  CHECK(std::count(again.fuse.log.begin(), again.fuse.log.end(), "target.commit") == 1);
}

TEST_CASE("a ledger that is lost is rebuilt from the stamp: status and up go on, the window stays") {
  World world;
  prepare(world, Story::down);
  const UtcTime end = *world.runs().front().undo_until;
  world.fakes.clock.advance(std::chrono::hours(48));
  world.ledger = must(open_memory_ledger(world.fakes.ports));
  CHECK_FALSE(must(world.migrator().status()).ledger_agrees);
  const Report report = world.up();
  CHECK(report.exit_code == 0);
  CHECK(report.up_to_date);
  CHECK(report.resumed == "3 runs taken over from the stamp");
  const StatusReport status = must(world.migrator().status());
  CHECK(status.state == "current");
  CHECK(status.ledger_agrees);
  CHECK(status.migrations.back().undo_until == end);
}

TEST_CASE("a stamp that vanished is ZM0602 and nothing is written") {
  World world;
  prepare(world, Story::down);
  Workbook book = world.target.snapshot();
  book.stamps.clear();
  world.target = MemoryTarget(book, "taller");
  const Report report = world.up();
  CHECK(report.exit_code == 3);
  CHECK(report.error->zm == "ZM0602");
  CHECK(world.target.snapshot() == book);
  CHECK(must(world.migrator().status()).state == "stampless");
}

TEST_CASE("an old copy put back from outside is ZM0605") {
  World world;
  prepare(world, Story::up);
  const Workbook old = world.target.snapshot();
  REQUIRE(world.up().exit_code == 0);
  world.target = MemoryTarget(old, "taller");
  const Report report = world.up();
  CHECK(report.exit_code == 3);
  CHECK(report.error->zm == "ZM0605");
  CHECK(must(world.migrator().status()).state == "reverted");
}

TEST_CASE("a stamp of another target in this place is a copy") {
  World world;
  prepare(world, Story::down);
  Workbook book = world.target.snapshot();
  StampEntry entry = must(stamp_from_json(book.stamps.back().entry));
  entry.target_id = "t-other";
  book.stamps.back().entry = stamp_to_json(entry);
  world.target = MemoryTarget(book, "taller");
  const Report report = world.up();
  CHECK(report.exit_code == 8);
  CHECK(report.error->zm == "ZM0407");
  CHECK(must(world.migrator().status()).state == "copy");
}

TEST_CASE("a column that somebody renamed between crash and rerun is never written over") {
  World world;
  prepare(world, Story::up);
  Goal goal;
  goal.to = 1;
  world.behind_fuse(goal);
  const auto at = std::find(world.fuse.log.begin(), world.fuse.log.end(), "ledger.update batch.confirmed") -
                  world.fuse.log.begin() + 1;
  World again;
  prepare(again, Story::up);
  again.fuse.at = static_cast<std::size_t>(at);
  again.fuse.lasting = Lasting::for_good;
  CHECK(again.behind_fuse(goal).exit_code == 6);
  Workbook book = again.target.snapshot();
  book.schema.sheets[0].columns[0].header = "TAG";
  again.target = MemoryTarget(book, "taller");
  const Report report = again.up();
  CHECK(report.exit_code == 3);
  CHECK(report.error->zm == "ZM0301");
  CHECK(again.target.snapshot() == book);
}

TEST_CASE("a process that comes late leaves alone what another one has closed meanwhile") {
  World world;
  prepare(world, Story::down);
  bool came = false;
  const auto another_up = [&] {
    if (came) return;
    came = true;
    const Report other = world.up();
    CHECK(other.exit_code == 0);
    CHECK(other.to == 2);
  };
  SECTION("between the commit and its record") {
    world.fuse.landed = [&](std::string_view name) {
      if (name == "target.commit") another_up();
    };
  }
  bool confirmed = false;
  SECTION("between the record of the commit and the proof") {
    world.fuse.landed = [&](std::string_view name) {
      confirmed = confirmed || name == "ledger.update batch.confirmed";
    };
    world.fuse.between = [&](std::string_view name) {
      if (confirmed && name == "target.inspect") another_up();
    };
  }
  Goal goal;
  goal.direction = Direction::down;
  goal.to = 1;
  const Report report = world.behind_fuse(goal);
  REQUIRE(came);
  CHECK(report.exit_code == 6);
  CHECK(report.error->zm == "ZM0401");
  std::vector<std::string> runs;
  for (const Run& run : world.runs())
    runs.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)));
  CHECK(runs == std::vector<std::string>{"up 2 applied", "down 2 applied", "up 2 undone", "up 1 applied",
                                         "baseline 0 applied"});
  CHECK(must(world.migrator().status()).ledger_agrees);
  CHECK(world.up().up_to_date);
}
