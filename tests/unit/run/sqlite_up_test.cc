// The whole way on a file: a SQLite workbook and a ledger file, reopened between commands as the command line does.

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Files {
  World world;  // migrations, clock, codec; its memory target is only the source of the workbook
  std::unique_ptr<Target> target;
  std::unique_ptr<Ledger> ledger;

  Files() {
    const TargetKind* kind = find_target_kind("sqlite");
    REQUIRE(kind != nullptr);
    std::vector<std::string> ids;
    for (const Sheet& sheet : world.target.schema().sheets) ids.push_back(sheet.id);
    must(kind->create(world.folder.at("book.db"), {}, world.fakes.ports, world.target, ids, {}));
  }
  void open() {
    target.reset();
    ledger.reset();
    target = must(open_target({"sqlite", world.folder.at("book.db")}, {}, world.fakes.ports));
    must(target->inspect());
    ledger = must(open_ledger(world.folder.at("state/ledger.db"), true, 1000, world.fakes.ports));
  }
  Migrator migrator() {
    return Migrator(world.history, world.replayed, *target, *ledger, *world.codec, world.fakes.ports, world.recorder,
                    world.options);
  }
};

std::string told(const Report& report) {
  return report.error ? report.error->zm + " " + report.error->message : report.outcome;
}

}  // namespace

TEST_CASE("baseline, up, up again, verify, down on a SQLite workbook") {
  Files files;
  World& world = files.world;
  world.load();
  files.open();
  const BaselineReport taken = must(files.migrator().baseline({}));
  for (const Diagnostic& diagnostic : taken.diagnostics.all()) UNSCOPED_INFO(diagnostic.message);
  for (const Difference& difference : taken.differences)
    UNSCOPED_INFO(difference.where << " " << difference.expected << " " << difference.observed);
  REQUIRE(taken.exit_code == 0);
  std::filesystem::create_directories(world.folder.at("schemas"));
  world.folder.write("schemas/0000_baseline.json", schema_to_json(taken.schema));
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();

  files.open();
  std::vector<std::vector<std::string>> before;
  for (const Sheet& sheet : files.target->schema().sheets)
    before.push_back(must(files.target->column_hashes(sheet.id, {})));
  const Report up = must(files.migrator().execute({}));
  INFO(told(up));
  REQUIRE(up.exit_code == 0);
  CHECK(up.to == 2);

  files.open();
  CHECK(must(files.migrator().execute({})).up_to_date);
  CHECK(must(files.migrator().status()).state == "current");
  const VerifyReport verified = must(files.migrator().verify({}));
  for (const Diagnostic& diagnostic : verified.diagnostics.all()) UNSCOPED_INFO(diagnostic.message);
  CHECK(verified.exit_code == 0);

  files.open();
  Goal back;
  back.direction = Direction::down;
  back.to = 0;
  const Report down = must(files.migrator().execute(back));
  INFO(told(down));
  REQUIRE(down.exit_code == 0);
  files.open();
  std::vector<std::vector<std::string>> after;
  for (const Sheet& sheet : files.target->schema().sheets)
    after.push_back(must(files.target->column_hashes(sheet.id, {})));
  CHECK(after == before);
  CHECK(must(files.ledger->check_chain()).ok);
}
