#include "run/backup.h"
#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.load();
}

void prepare_two(World& world) {
  prepare(world);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
}

std::vector<Cell> cells(std::initializer_list<Cell> list) { return list; }

}  // namespace

TEST_CASE("up adds the columns, fills the default in data rows only, and proves it") {
  World world;
  prepare(world);
  const Report report = world.up();
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
  CHECK(report.outcome == "applied");
  CHECK(report.from == 0);
  CHECK(report.to == 1);
  CHECK(world.headers("Operaciones") ==
        std::vector<std::string>{"TAG_SPOOL", "Peso", "Nota", "Ocupado_Por", "Fecha_Ocupacion", "version"});
  CHECK(world.column("Operaciones", "version") == cells({number(0), number(0), {}, number(0), {}, {}}));
  CHECK(world.column("Operaciones", "Ocupado_Por") == std::vector<Cell>(6));
  CHECK(world.column("Operaciones", "Nota") == cells({text("first"), {}, {}, text("=looks like a formula"), {}, {}}));
  REQUIRE(report.runs.size() == 1);
  CHECK(failed_ids(report.runs[0].checks).empty());
  CHECK(report.runs[0].checks.size() >= 16);
}

TEST_CASE("the stages of up are check, backup, apply, verify, finish") {
  World world;
  prepare_two(world);
  world.recorder.events.clear();
  const Report report = world.up();
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
  CHECK(world.recorder.stages() == std::vector<std::string>{"1/7 check ok", "2/7 backup ok", "3/7 apply 0001 ok",
                                                            "4/7 verify 0001 ok", "5/7 apply 0002 ok",
                                                            "6/7 verify 0002 ok", "7/7 finish ok"});
}

TEST_CASE("up writes in the order that recovery relies on") {
  World world;
  prepare_two(world);
  Goal one;
  one.to = 1;
  world.up(one);
  world.fuse.log.clear();
  REQUIRE(world.behind_fuse({}).exit_code == 0);
  std::vector<std::string> writes;
  for (const std::string& call : world.fuse.log) {
    const bool writing = call.starts_with("ledger.begin") || call.starts_with("ledger.update") ||
                         call == "ledger.save_captures" || call == "ledger.add_backup" ||
                         call == "ledger.know_target" || call == "ledger.next_deployment" ||
                         call == "target.open_writer" || call == "target.stage" || call == "target.commit";
    if (writing) writes.push_back(call);
  }
  CHECK(writes == std::vector<std::string>{"target.open_writer", "ledger.next_deployment", "ledger.know_target",
                                           "ledger.begin planned", "ledger.add_backup", "ledger.update run.backed_up",
                                           "ledger.save_captures", "target.stage", "ledger.update batch.sent",
                                           "target.commit", "ledger.update batch.confirmed",
                                           "ledger.update run.applied"});
}

TEST_CASE("a second up is up to date: no lease, no backup, no write anywhere") {
  World world;
  prepare(world);
  world.up();
  const Workbook before = world.target.snapshot();
  const std::size_t events = must(world.ledger->events(0)).size();
  const auto backups = std::filesystem::directory_iterator(world.options.backup_folder);
  const auto count = std::distance(begin(backups), end(backups));
  world.fuse.log.clear();
  const Report report = world.behind_fuse({});
  CHECK(report.exit_code == 0);
  CHECK(report.up_to_date);
  CHECK(report.outcome == "up_to_date");
  CHECK(report.runs.empty());
  CHECK(world.target.snapshot() == before);
  CHECK(must(world.ledger->events(0)).size() == events);
  CHECK(std::distance(begin(std::filesystem::directory_iterator(world.options.backup_folder)), {}) == count);
  CHECK(std::find(world.fuse.log.begin(), world.fuse.log.end(), "target.open_writer") == world.fuse.log.end());
}

TEST_CASE("a column that somebody typed is adopted, and down leaves it") {
  Workbook book;
  add_sheet(book, "Operaciones", {"TAG_SPOOL", "Ocupado_Por"}, {{text("A-1"), text("ana")}, {text("A-2"), {}}});
  World world(std::move(book));
  BaselineOptions how;
  Schema managed = world.target.schema();
  managed.sheets[0].id = "s1";
  managed.sheets[0].managed = true;
  managed.sheets[0].columns[0].id = "c1";
  managed.sheets[0].columns[0].managed = true;
  how.managed = managed;
  REQUIRE(world.take_over(how).exit_code == 0);
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.load();
  const Report report = world.up();
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
  CHECK(report.runs[0].migration.adopted.size() == 1);
  CHECK(world.column("Operaciones", "Ocupado_Por") == cells({text("ana"), {}}));
  CHECK(world.column("Operaciones", "version") == cells({number(0), number(0)}));
  const StatusReport status = must(world.migrator().status());
  CHECK(status.migrations.back().adopted == 1);
  CHECK(status.migrations.back().operations == 3);
  const Report back = world.down();
  INFO((back.error ? back.error->zm + " " + back.error->message : std::string()));
  REQUIRE(back.exit_code == 0);
  CHECK(world.headers("Operaciones") == std::vector<std::string>{"TAG_SPOOL", "Ocupado_Por"});
  CHECK(world.column("Operaciones", "Ocupado_Por") == cells({text("ana"), {}}));
}

TEST_CASE("down gives back exactly what was there, dropped cells included") {
  World world;
  prepare_two(world);
  const auto before = visible(world.target);
  REQUIRE(world.up().exit_code == 0);
  CHECK(world.headers("Operaciones") ==
        std::vector<std::string>{"TAG_SPOOL", "Peso", "Ocupado_Por", "Fecha_Ocupacion", "version"});
  CHECK(world.column("Operaciones", "Peso") == cells({number(11), number(21.5), {}, {}, {}, {}}));
  const Report report = world.down(0);
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
  CHECK(report.outcome == "undone");
  REQUIRE(report.runs.size() == 2);
  const auto after = visible(world.target);
  CHECK(after.first == before.first);
  CHECK(after.second == before.second);
  std::vector<std::string> states;
  for (const Run& run : world.runs())
    states.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)));
  CHECK(states == std::vector<std::string>{"down 1 applied", "down 2 applied", "up 2 undone", "up 1 undone",
                                           "baseline 0 applied"});
  CHECK(world.up().exit_code == 0);
}

TEST_CASE("the run keeps its texts, its backup and its window") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  const Run run = world.runs().front();
  CHECK(run.source_text == kFounding);
  CHECK(run.down_text.starts_with("zmig 1 down of \"0001_v3_occupation_columns\""));
  CHECK(run.backup == "b1");
  CHECK(run.verified == true);
  CHECK(run.stamp_number == 2);
  CHECK(run.undo_until == *run.finished + std::chrono::hours(24 * 7));
  const StampEntry stamp = *must(current_stamp(must(world.target.stamps())));
  CHECK(stamp.run == run.uid);
  CHECK(stamp.position == 1);
  CHECK(stamp.target_id == run.target_id);
  REQUIRE(stamp.applied.size() == 1);
  CHECK(stamp.chain_hash == chain_hash(empty_chain(), 1, "v3_occupation_columns", stamp.applied[0].hash));
}

TEST_CASE("the backup holds the workbook as it was before the first write") {
  World world;
  prepare(world);
  const Workbook before = world.target.snapshot();
  const Report report = world.up();
  REQUIRE(report.backup.has_value());
  CHECK(report.backup->title == "taller_0000_backup_20260126_181500");
  std::map<std::string, std::vector<std::vector<Cell>>> rows;
  const auto contents =
      must(run::read_snapshot(report.backup->location, [&](const run::SnapshotSheet& sheet, const RowView& row) {
        rows[sheet.id].emplace_back(row.cells.begin(), row.cells.end());
        return ok();
      }));
  CHECK(contents.head.schema == before.schema);
  CHECK(contents.head.stamps == before.stamps);
  const Sheet& sheet = before.schema.sheets[0];
  REQUIRE(rows[sheet.id].size() == 6);
  for (std::size_t r = 0; r < 6; ++r) {
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
      CHECK(rows[sheet.id][r][c] == before.cells.at(sheet.id).at(sheet.columns[c].id, r));
    }
  }
}

TEST_CASE("without a verified backup nothing is written") {
  World world;
  prepare(world);
  world.folder.write("not_a_folder", "x");
  world.options.backup_folder = world.folder.at("not_a_folder/backups");
  const Workbook before = world.target.snapshot();
  const Report report = world.up();
  CHECK(report.exit_code == 5);
  REQUIRE(report.error.has_value());
  CHECK(report.error->zm == "ZM0501");
  CHECK(world.target.snapshot() == before);
  CHECK(world.runs().front().state == RunState::aborted);
}

TEST_CASE("no confirmation, no write") {
  World world;
  prepare(world);
  world.options.confirm = [](const Plan& plan) { return plan.migrations.size() != 1; };
  const Workbook before = world.target.snapshot();
  const Report report = world.up();
  CHECK(report.exit_code == 10);
  CHECK(report.error->zm == "ZM0704");
  CHECK(world.target.snapshot() == before);
  CHECK(world.runs().size() == 1);
}

TEST_CASE("what changes between the question and the lease is noticed") {
  World world;
  prepare(world);
  world.options.confirm = [&](const Plan&) {
    Workbook book = world.target.snapshot();
    add_sheet(book, "Otra", {"x"}, {});
    book.schema.sheets[0].columns[1].header = "Peso_Kg";
    world.target = MemoryTarget(std::move(book), "taller");
    return true;
  };
  const Report report = world.up();
  CHECK(report.exit_code == 75);
  CHECK(report.error->zm == "ZM0410");
  CHECK(world.headers("Operaciones").size() == 3);
}

TEST_CASE("somebody else's lease is exit 7") {
  World world;
  prepare(world);
  const auto other = must(world.target.open_writer(Lease{"luis@ops-2, zmig up", {}}));
  const Report report = world.up();
  CHECK(report.exit_code == 7);
  CHECK(report.error->zm == "ZM0401");
}

TEST_CASE("count, to and run choose how far") {
  World world;
  prepare_two(world);
  Goal one;
  one.count = 1;
  REQUIRE(world.up(one).to == 1);
  REQUIRE(world.up().to == 2);
  Goal back;
  back.direction = Direction::down;
  back.run = 2;  // r1 took over, r2 applied 0001
  const Report refused = world.up(back);
  CHECK(refused.exit_code == 64);
  back.run = 3;
  const Report undone = world.up(back);
  INFO((undone.error ? undone.error->zm + " " + undone.error->message : std::string()));
  CHECK(undone.exit_code == 0);
  CHECK(undone.from == 2);
  CHECK(undone.to == 1);
}

TEST_CASE("down is possible until the window closes, and not a moment longer") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  world.fakes.clock.advance(std::chrono::hours(24 * 7) + std::chrono::milliseconds(1));
  const Workbook before = world.target.snapshot();
  const Report refused = world.down();
  CHECK(refused.exit_code == 9);
  CHECK(refused.error->zm == "ZM0504");
  CHECK(world.target.snapshot() == before);
  world.options.override_window = true;
  CHECK(world.down().error->zm == "ZM0705");
  world.options.reason = "ticket 12";
  CHECK(world.down().exit_code == 0);
}

TEST_CASE("down on the last millisecond of the window goes through") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  world.fakes.clock.advance(std::chrono::hours(24 * 7));
  CHECK(world.down().exit_code == 0);
}

TEST_CASE("up --baseline records the baseline first, then applies") {
  World world;
  Schema schema;
  {
    World other;
    schema = other.take_over().schema;
  }
  std::filesystem::create_directories(world.folder.at("schemas"));
  world.folder.write("schemas/0000_baseline.json", schema_to_json(schema));
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.load();
  const Report refused = world.up();
  CHECK(refused.exit_code == 8);
  world.options.accept_baseline = true;
  const Report report = world.up();
  INFO((report.error ? report.error->zm + " " + report.error->message : std::string()));
  REQUIRE(report.exit_code == 0);
  CHECK(must(world.target.stamps()).size() == 2);
  CHECK(must(world.migrator().status()).state == "current");
}

TEST_CASE("a target that forgets a write is found out: applied, not verified, exit 5") {
  World world;
  prepare(world);
  // After the commit somebody (or a faulty target) blanks a default and types into an old cell.
  struct Meddler final : Observer {
    World* world = nullptr;
    void on(const Event& event) override {
      if (!std::holds_alternative<event::BatchConfirmed>(event)) return;
      Workbook book = world->target.snapshot();
      const Sheet& sheet = book.schema.sheets[0];
      book.cells[sheet.id].put(column_by_header(sheet, "version")->id, 1, Cell{});
      book.cells[sheet.id].put(column_by_header(sheet, "Peso")->id, 0, number(11));
      world->target = MemoryTarget(std::move(book), "taller");
    }
  } meddler;
  meddler.world = &world;
  Migrator migrator(world.history, world.replayed, world.target, *world.ledger, *world.codec, world.fakes.ports,
                    meddler, world.options);
  const Report report = must(migrator.execute({}));
  CHECK(report.exit_code == 5);
  CHECK(report.error->zm == "ZM0901");
  REQUIRE(report.runs.size() == 1);
  CHECK(report.runs[0].run.state == RunState::applied);
  CHECK(report.runs[0].run.verified == false);
  CHECK(failed_ids(report.runs[0].checks) == std::vector<std::string>{"fill", "untouched", "ensure"});
  for (const CheckResult& check : report.runs[0].checks) {
    if (check.id == "fill") CHECK(check.offending == std::vector<std::string>{"Operaciones!F3"});
    if (check.id == "untouched") CHECK(check.offending == std::vector<std::string>{"Operaciones!B1"});
  }
}
