// Law L4 on the roads that are taken seldom: a ledger that was lost, a workbook that was put back, a takeover that was
// interrupted, `--restart`, another host's ledger. Each call on them fails, before or after its effect, once or for
// good; the same command again ends where the undisturbed one ended.

#include <cstdlib>

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct End {
  std::pair<Schema, std::map<std::string, SheetCells>> visible;
  std::vector<std::string> runs, stamps;
  bool operator==(const End&) const = default;
};

End end_of(World& world) {
  End out;
  out.visible = visible(world.target);
  for (const Run& run : world.runs()) {
    if (run.state == RunState::aborted) continue;
    out.runs.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)) + " " +
                       run.slug + " " + std::to_string(must(world.ledger->captures(run.id)).size()) + " " +
                       run.down_text);
  }
  for (const Stamp& stamp : must(world.target.stamps())) {
    const StampEntry entry = must(stamp_from_json(stamp.entry));
    out.stamps.push_back(entry.event + " " + std::to_string(entry.position) + " " + entry.chain_hash);
  }
  return out;
}

/// What a command said: "" is done.
using Answer = std::string;
Answer answer_of(const Result<Report>& report) {
  if (!report.has_value()) return report.error().zm + " " + report.error().message;
  if (report->exit_code == 0) return {};
  return report->error ? report->error->zm + " " + report->error->message : "exit " + std::to_string(report->exit_code);
}
Answer answer_of(const Result<BaselineReport>& report) {
  if (!report.has_value()) return report.error().zm + " " + report.error().message;
  if (report->exit_code == 0) return {};
  for (const Diagnostic& one : report->diagnostics.all()) {
    if (one.code == "ZM0603") return {};  // it is managed: a first try landed, and its answer was lost
  }
  return "exit " + std::to_string(report->exit_code);
}

struct Road {
  std::string name;
  std::function<void(World&)> start;
  std::function<Answer(World&, Migrator&)> go;
  std::size_t calls = 10;  // at least
};

Answer go(World& world, const Road& road, bool behind_fuse) {
  if (!behind_fuse) {
    Migrator migrator = world.migrator();
    return road.go(world, migrator);
  }
  FaultyTarget target(world.target, world.fuse);
  FaultyLedger ledger(*world.ledger, world.fuse);
  Migrator migrator(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports, world.recorder,
                    world.options);
  return road.go(world, migrator);
}

Answer up(World&, Migrator& migrator) { return answer_of(migrator.execute({})); }

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
}
void up_to(World& world, std::uint32_t position) {
  Goal goal;
  goal.to = position;
  REQUIRE(world.up(goal).exit_code == 0);
}

void up_dies_at(World& world, const std::string& call, Blow blow, std::optional<std::uint32_t> to = std::nullopt) {
  Goal goal;
  goal.to = to;
  die_at(world, call, blow, [&] { static_cast<void>(world.behind_fuse(goal)); });
}

std::vector<Road> roads() {
  std::vector<Road> all;
  all.push_back({"the ledger was lost, with a way back in the stamp",
                 [](World& world) {
                   prepare(world);
                   up_to(world, 2);
                   REQUIRE(world.down(1).exit_code == 0);
                   world.ledger = must(open_memory_ledger(world.fakes.ports));
                 },
                 up, 60});
  all.push_back({"an older copy was put in its place, and is to go on from there",
                 [](World& world) {
                   prepare(world);
                   up_to(world, 1);
                   const Workbook old = world.target.snapshot();
                   up_to(world, 2);
                   REQUIRE(world.down(0).exit_code == 0);
                   world.target = MemoryTarget(old, "taller");
                   world.options.reapply = 2;
                 },
                 up, 60});
  all.push_back({"a run that reached the workbook is closed without its records",
                 [](World& world) {
                   prepare(world);
                   up_dies_at(world, "target.commit", Blow::after);
                   world.options.restart = true;
                   world.options.allow_skip = {"fill", "empty", "untouched", "foreign", "ensure"};
                 },
                 up, 20});
  all.push_back({"a backup of a stopped run stands there without its row",
                 [](World& world) {
                   prepare(world);
                   up_dies_at(world, "ledger.add_backup", Blow::before);
                 },
                 up, 60});
  all.push_back({"another ledger went on while a run was open in this one",
                 [](World& world) {
                   prepare(world);
                   up_to(world, 1);
                   up_dies_at(world, "target.commit", Blow::before);
                   auto ours = std::move(world.ledger);
                   world.ledger = must(open_memory_ledger(world.fakes.ports));
                   REQUIRE(world.up().exit_code == 0);
                   world.ledger = std::move(ours);
                 },
                 up, 20});
  all.push_back({"the workbook is taken over on the way",
                 [](World& world) {
                   World model;
                   prepare(model);
                   std::filesystem::create_directories(world.folder.at("schemas"));
                   world.folder.write("schemas/0000_baseline.json", model.folder.read("schemas/0000_baseline.json"));
                   world.write_migration("0001_v3_occupation_columns", kFounding);
                   world.load();
                   world.options.accept_baseline = true;
                 },
                 up, 60});
  const auto baseline = [](World&, Migrator& migrator) { return answer_of(migrator.baseline({})); };
  all.push_back({"a takeover was interrupted behind its commit",
                 [](World& world) {
                   world.load();
                   die_at(world, "target.commit", Blow::after, [&] {
                     FaultyTarget target(world.target, world.fuse);
                     FaultyLedger ledger(*world.ledger, world.fuse);
                     Migrator migrator(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports,
                                       world.recorder, world.options);
                     static_cast<void>(migrator.baseline({}));
                   });
                 },
                 baseline, 8});
  all.push_back({"a takeover was interrupted in front of its commit",
                 [](World& world) {
                   world.load();
                   die_at(world, "target.commit", Blow::before, [&] {
                     FaultyTarget target(world.target, world.fuse);
                     FaultyLedger ledger(*world.ledger, world.fuse);
                     Migrator migrator(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports,
                                       world.recorder, world.options);
                     static_cast<void>(migrator.baseline({}));
                   });
                 },
                 baseline, 20});
  return all;
}

}  // namespace

TEST_CASE("whichever call fails on a seldom road, the same command again ends where the quiet one did") {
  const bool full = std::getenv("ZMIG_FAULT_FULL") != nullptr;
  for (const Road& road : roads()) {
    INFO(road.name);
    World quiet;
    road.start(quiet);
    quiet.fuse = Fuse();
    const Answer said = go(quiet, road, true);
    INFO("quiet: " << said);
    REQUIRE(said.empty());
    const std::size_t calls = quiet.fuse.calls;
    CHECK(calls >= road.calls);
    const End expected = end_of(quiet);
    for (std::size_t k = 1; k <= calls; ++k) {
      for (const Blow blow : {Blow::before, Blow::after}) {
        for (const Lasting lasting : {Lasting::once, Lasting::for_good}) {
          // All four ways every night, one of them at each call in every run.
          if (!full && k % 4 != (blow == Blow::after ? 2U : 0U) + (lasting == Lasting::once ? 1U : 0U)) continue;
          World world;
          road.start(world);
          world.fuse = Fuse();
          world.fuse.at = k;
          world.fuse.blow = blow;
          world.fuse.lasting = lasting;
          Answer answer = go(world, road, true);
          INFO("call " << k << " " << (world.fuse.log.size() >= k ? world.fuse.log[k - 1] : "not reached")
                       << (blow == Blow::before ? ", before" : ", after")
                       << (lasting == Lasting::once ? ", once: " : ", for good: ") << answer);
          const Answer first = answer;
          for (int again = 0; again < 5 && (again == 0 || !answer.empty()); ++again) answer = go(world, road, false);
          INFO("in the end: " << answer);
          CHECK(answer.empty());
          const End found = end_of(world);
          CHECK(found.visible == expected.visible);
          CHECK(found.stamps == expected.stamps);
          CHECK(found.runs == expected.runs);
          CHECK(must(world.ledger->check_chain()).ok);
        }
      }
    }
  }
}

TEST_CASE("captures and texts of another host's ledger are taken over once, whichever call fails") {
  const auto start = [](World& world, std::unique_ptr<Ledger>& other) {
    prepare(world);
    up_to(world, 2);
    other = std::move(world.ledger);
    world.ledger = must(open_memory_ledger(world.fakes.ports));
    REQUIRE(world.up().up_to_date);
  };
  const auto repair = [](World& world, Ledger& other, bool behind_fuse) {
    RepairOptions how;
    FaultyTarget target(world.target, world.fuse);
    FaultyLedger ledger(*world.ledger, world.fuse), theirs(other, world.fuse);
    how.other = behind_fuse ? &theirs : &other;
    Migrator faulty(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports, world.recorder,
                    world.options);
    return behind_fuse ? faulty.repair(how) : world.migrator().repair(how);
  };
  World quiet;
  std::unique_ptr<Ledger> other;
  start(quiet, other);
  const auto done = must(repair(quiet, *other, true));
  REQUIRE(done.did.size() == 1);
  CHECK(done.did.front() == "captures and texts of 2 runs taken over from the other ledger");
  CHECK(must(repair(quiet, *other, false)).did.front() == "the other ledger holds nothing that this one lacks");
  const End expected = end_of(quiet);
  const std::size_t calls = quiet.fuse.calls;
  REQUIRE(calls > 10);
  for (std::size_t k = 1; k <= calls; ++k) {
    for (const Blow blow : {Blow::before, Blow::after}) {
      World world;
      start(world, other);
      world.fuse = Fuse();
      world.fuse.at = k;
      world.fuse.blow = blow;
      static_cast<void>(repair(world, *other, true));
      INFO("call " << k << " " << world.fuse.log[k - 1]);
      CHECK(must(repair(world, *other, false)).exit_code == 0);
      CHECK(end_of(world) == expected);
      // And with them there is a way back.
      if (k % 8 == 0) CHECK(world.down(0).exit_code == 0);
    }
  }
}

TEST_CASE("nothing is taken from a ledger that was tampered with, or that knows other runs") {
  World world;
  prepare(world);
  up_to(world, 1);
  std::unique_ptr<Ledger> theirs = std::move(world.ledger);
  world.ledger = must(open_memory_ledger(world.fakes.ports));
  Goal one;
  one.to = 1;
  REQUIRE(world.up(one).up_to_date);
  RepairOptions how;
  const End before = end_of(world);
  SECTION("it knows none of them") {
    const auto empty = must(open_memory_ledger(world.fakes.ports));
    how.other = empty.get();
    CHECK(must(world.migrator().repair(how)).did.front() == "the other ledger holds nothing that this one lacks");
  }
  SECTION("the same run with another text, or of another migration") {
    for (const bool other_text : {true, false}) {
      const auto odd = must(open_memory_ledger(world.fakes.ports));
      Run run = must(theirs->runs({})).front();
      if (other_text) run.checksum = "sha256:else";
      if (!other_text) run.migration = 7;
      must(odd->begin(run));
      how.other = odd.get();
      CHECK(must(world.migrator().repair(how)).did.front() == "the other ledger holds nothing that this one lacks");
    }
  }
  SECTION("its chain is broken") {
    class Broken final : public FaultyLedger {
     public:
      using FaultyLedger::FaultyLedger;
      Result<ChainCheck> check_chain() override { return ChainCheck{false, 3, 2}; }
    };
    Broken broken(*theirs, world.fuse);
    how.other = &broken;
    const auto refused = world.migrator().repair(how);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "the other ledger was changed by somebody; nothing was taken from it");
  }
  CHECK(end_of(world) == before);
}
