// Rehearsals: the target is only read, the ledger counts them as what they are.
#include "run_world.h"

#include <zmig/target.h>

using namespace zmig;
using namespace zmig::test;

namespace {

struct Rehearsing : World {
  Rehearsing() {
    take_over();
    write_migration("0001_v3_occupation_columns", kFounding);
    write_migration("0002_drop_notes", kDrop);
    load();
    std::filesystem::create_directories(folder.at("scratch"));
  }
  RehearsalOptions how() {
    RehearsalOptions made;
    made.scratch = folder.at("scratch");
    return made;
  }
  Rehearsal rehearse() {
    auto twin = must(make_twin(target));
    return must(migrator().rehearse({}, *twin, how()));
  }
};

std::vector<std::string> outcomes(const Rehearsal& found) {
  std::vector<std::string> out;
  for (const RehearsalStep& step : found.steps) out.push_back(step.name + " " + std::string(to_string(step.outcome)));
  return out;
}

/// A workbook that changes a cell behind zmig's back while it is written to.
struct Meddling final : Target {
  explicit Meddling(MemoryTarget& inner) : inner_(inner) {}
  const Capabilities& capabilities() const override { return inner_.capabilities(); }
  std::string url() const override { return inner_.url(); }
  std::string title() const override { return inner_.title(); }
  Result<Schema> inspect() override { return inner_.inspect(); }
  const Schema& schema() const override { return inner_.schema(); }
  Status scan(const std::string& sheet, std::span<const std::string> columns, const RowSink& sink) override {
    return inner_.scan(sheet, columns, sink);
  }
  Result<std::vector<Stamp>> stamps() override { return inner_.stamps(); }
  Result<std::vector<std::string>> column_hashes(const std::string& sheet,
                                                 std::span<const std::uint64_t> skip) override {
    auto hashes = inner_.column_hashes(sheet, skip);
    // From the first write on one column reads otherwise.
    if (hashes.has_value() && !hashes->empty() && writes > 0) hashes->front() += "x";
    return hashes;
  }
  Result<std::uint64_t> row_count(const std::string& sheet) override { return inner_.row_count(sheet); }
  Result<std::string> revision() override { return inner_.revision(); }
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override {
    ++writes;
    return inner_.open_writer(lease);
  }
  MemoryTarget& inner_;
  int writes = 0;
};

}  // namespace

TEST_CASE("a rehearsal goes the whole way and back on the twin, and the target keeps every bit") {
  Rehearsing world;
  const Workbook before = world.target.snapshot();
  const Rehearsal found = world.rehearse();
  INFO((found.error ? found.error->message : ""));
  CHECK(found.passed);
  CHECK(found.exit_code == 0);
  CHECK(outcomes(found) == std::vector<std::string>{"backup passed", "up passed", "verify passed", "again passed",
                                                    "down passed", "identical passed", "repeat passed"});
  CHECK(found.second_up_writes == 0);
  CHECK(found.identical);
  CHECK(found.from == 0);
  CHECK(found.to == 2);
  CHECK(world.target.snapshot() == before);
  CHECK(std::filesystem::is_empty(world.folder.at("scratch")));
}

TEST_CASE("a rehearsal is counted as rehearsed, never as applied") {
  Rehearsing world;
  world.rehearse();
  world.rehearse();
  const StatusReport status = must(world.migrator().status());
  REQUIRE(status.migrations.size() == 3);
  CHECK(status.state == "behind");
  CHECK(status.migrations[1].state == "pending");
  CHECK(status.migrations[1].rehearsals_passed == 2);
  CHECK(status.migrations[1].rehearsals_failed == 0);
  CHECK(status.migrations[1].flags == std::vector<std::string>{"rehearsed 2", "never applied"});
  for (const Run& run : world.runs()) {
    if (run.mode != RunMode::rehearsal) continue;
    CHECK(run.state == RunState::undone);
    CHECK(run.backup.empty());
  }
  // And the real run goes on as if nothing had been.
  CHECK(world.up().exit_code == 0);
  CHECK(must(world.migrator().status()).state == "current");
  CHECK(must(world.ledger->check_chain()).ok);
}

TEST_CASE("a rehearsal that changes a cell it did not name fails, and is counted as failed") {
  Rehearsing world;
  auto twin = must(MemoryTarget::from_view(world.target, must(world.target.stamps())));
  Meddling stage(twin);
  const Rehearsal found = must(world.migrator().rehearse({}, stage, world.how()));
  CHECK_FALSE(found.passed);
  CHECK(found.exit_code == 5);
  REQUIRE(found.error);
  const StatusReport status = must(world.migrator().status());
  CHECK(status.migrations[1].rehearsals_passed == 0);
  CHECK(status.migrations[1].rehearsals_failed == 1);
}

TEST_CASE("without record the ledger is left alone") {
  Rehearsing world;
  const auto head = must(world.ledger->head());
  auto how = world.how();
  how.record = false;
  auto twin = must(make_twin(world.target));
  CHECK(must(world.migrator().rehearse({}, *twin, how)).passed);
  CHECK(must(world.ledger->head()) == head);
}

TEST_CASE("what was applied before stays provable in a rehearsal") {
  Rehearsing world;
  Goal one;
  one.to = 1;
  REQUIRE(world.up(one).exit_code == 0);
  const Rehearsal found = world.rehearse();
  INFO((found.error ? found.error->message : ""));
  CHECK(found.passed);
  CHECK(found.from == 1);
  CHECK(found.recorded.size() == 1);
}

TEST_CASE("an irreversible migration is rehearsed as far as it goes, and only with leave") {
  World world;
  world.take_over();
  std::string text = kDrop;
  text.replace(text.find("drop column \"Nota\""), 18, "drop column \"Nota\" discarding data");
  text.replace(text.find("\n\nin sheet"), 1, "\nirreversible because \"nobody reads them\"\n");
  world.write_migration("0001_drop_notes", text);
  world.load();
  std::filesystem::create_directories(world.folder.at("scratch"));
  RehearsalOptions how;
  how.scratch = world.folder.at("scratch");
  auto twin = must(make_twin(world.target));
  Rehearsal found = must(world.migrator().rehearse({}, *twin, how));
  CHECK_FALSE(found.passed);
  REQUIRE(found.error);
  CHECK(found.error->zm == "ZM0902");
  CHECK(found.step("down")->outcome == Outcome::not_run);
  CHECK(found.step("down")->detail == "0001_drop_notes is declared irreversible");
  world.options.allow_skip = {"down", "identical", "repeat"};
  auto other = must(make_twin(world.target));
  found = must(world.migrator().rehearse({}, *other, how));
  CHECK(found.passed);
}

TEST_CASE("with nothing pending a rehearsal says so and records nothing") {
  Rehearsing world;
  REQUIRE(world.up().exit_code == 0);
  const Rehearsal found = world.rehearse();
  CHECK(found.passed);
  CHECK(found.recorded.empty());
  CHECK(found.step("up")->detail == "nothing is pending");
}

TEST_CASE("a stage that stands elsewhere is refused") {
  Rehearsing world;
  auto twin = must(make_twin(world.target));
  REQUIRE(world.up().exit_code == 0);
  const auto found = world.migrator().rehearse({}, *twin, world.how());
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().zm == "ZM0407");
}

TEST_CASE("a way down is not rehearsed") {
  Rehearsing world;
  auto twin = must(make_twin(world.target));
  Goal back;
  back.direction = Direction::down;
  const auto found = world.migrator().rehearse(back, *twin, world.how());
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().zm == "ZM0703");
}
