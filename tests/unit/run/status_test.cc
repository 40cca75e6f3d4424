#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

StatusReport status(World& world) { return must(world.migrator().status()); }

std::vector<std::string> states(const StatusReport& report) {
  std::vector<std::string> out;
  for (const MigrationStatus& row : report.migrations) out.push_back(row.slug + " " + row.state);
  return out;
}

}  // namespace

TEST_CASE("a fresh workbook is uninitialised, which is no error") {
  World world;
  world.load();
  const StatusReport report = status(world);
  CHECK(report.state == "uninitialised");
  CHECK(report.exit_code == 0);
  CHECK(report.check_exit_code == 2);
  CHECK(report.migrations.empty());
}

TEST_CASE("status follows a workbook from baseline to applied and back") {
  World world;
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
  StatusReport report = status(world);
  CHECK(report.state == "behind");
  CHECK(report.check_exit_code == 2);
  CHECK(report.head == 2);
  CHECK(states(report) ==
        std::vector<std::string>{"baseline baseline", "v3_occupation_columns pending", "drop_notes pending"});
  Goal one;
  one.to = 1;
  REQUIRE(world.up(one).exit_code == 0);
  report = status(world);
  CHECK(states(report) ==
        std::vector<std::string>{"baseline baseline", "v3_occupation_columns applied", "drop_notes pending"});
  CHECK(report.migrations[1].verified == true);
  CHECK(report.migrations[1].actor == "ana");
  CHECK(report.migrations[1].flags == std::vector<std::string>{"verified", "undo until 2026-02-02T18:15:00Z"});
  REQUIRE(report.widths.size() == 2);
  CHECK(report.widths[0] == Width{"Operaciones", 6, 6});
  REQUIRE(world.up().exit_code == 0);
  CHECK(status(world).state == "current");
  CHECK(status(world).check_exit_code == 0);
  REQUIRE(world.down().exit_code == 0);
  report = status(world);
  CHECK(states(report) ==
        std::vector<std::string>{"baseline baseline", "v3_occupation_columns applied", "drop_notes undone"});
  CHECK(report.state == "behind");
}

TEST_CASE("status names what is wrong with the history") {
  World world;
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
  REQUIRE(world.up().exit_code == 0);
  SECTION("edited") {
    std::string edited = kFounding;
    edited.replace(edited.find("default 0"), 9, "default 1");
    world.write_migration("0001_v3_occupation_columns", edited);
    world.load();
    const StatusReport report = status(world);
    CHECK(report.state == "edited");
    CHECK(report.exit_code == 8);
    CHECK(report.migrations[1].edited);
    CHECK(world.up().exit_code == 8);
  }
  SECTION("ahead") {
    std::filesystem::remove(world.folder.at("migrations/0002_drop_notes.zmig"));
    world.load();
    const StatusReport report = status(world);
    CHECK(report.state == "ahead");
    CHECK(report.migrations.back().state == "future");
    CHECK(report.exit_code == 8);
  }
  SECTION("drifted") {
    Workbook book = world.target.snapshot();
    book.schema.sheets[0].columns[0].header = "TAG";
    world.target = MemoryTarget(std::move(book), "taller");
    const StatusReport report = status(world);
    CHECK(report.state == "drifted");
    CHECK(report.exit_code == 0);
    CHECK(report.check_exit_code == 3);
  }
  SECTION("an open run") {
    Run open;
    open.uid = "open";
    open.target_id = world.runs().front().target_id;
    open.verb = "up";
    open.migration = 3;
    must(world.ledger->begin(open));
    const StatusReport report = status(world);
    CHECK(report.state == "partial");
    CHECK(report.check_exit_code == 6);
  }
}

TEST_CASE("rehearsals are counted and never make a migration applied") {
  World world;
  const BaselineReport taken = world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.load();
  const std::string target_id = must(current_stamp(must(world.target.stamps())))->target_id;
  for (int i = 0; i < 10; ++i) {
    Run rehearsal;
    rehearsal.target_id = target_id;
    rehearsal.verb = "up";
    rehearsal.mode = RunMode::rehearsal;
    rehearsal.migration = 1;
    rehearsal.state = i == 9 ? RunState::aborted : RunState::applied;
    must(world.ledger->begin(rehearsal));
  }
  const StatusReport report = status(world);
  CHECK(report.state == "behind");
  CHECK(report.migrations.back().state == "pending");
  CHECK(report.migrations.back().rehearsals_passed == 9);
  CHECK(report.migrations.back().rehearsals_failed == 1);
  CHECK(report.migrations.back().flags == std::vector<std::string>{"rehearsed 9", "never applied"});
}
