#include <zmig/backups.h>

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
}

Backups backups_of(World& world) {
  return Backups(world.history, world.replayed, world.target, *world.ledger, *world.codec, world.fakes.ports,
                 world.recorder, world.options);
}

RestoreReport restore(World& world, std::uint64_t id, bool discard = false) {
  RestoreOptions how;
  how.backup = id;
  how.discard_later_edits = discard;
  return must(backups_of(world).restore(how, {}));
}

std::string told(const RestoreReport& report) {
  return report.outcome + " " + (report.error ? report.error->zm + " " + report.error->message : std::string());
}

/// A person at work: no stamp, no ledger.
void by_hand(World& world, std::vector<Change> changes) {
  const auto writer = must(world.target.open_writer({"a person", {}}));
  Part part;
  part.changes = std::move(changes);
  const std::vector<Part> batch{part};
  must(writer->commit(batch, {}));
}

void types(World& world, const std::string& title, const std::string& header, std::size_t row0, Cell now, Cell then) {
  const Sheet& sheet = *world.target.schema().sheet_titled(title, true);
  const Column& column = *column_by_header(sheet, header, true);
  source::Run run;
  run.edits.push_back({{sheet.header_row + 1 + row0, 0, {}}, std::move(now), std::move(then)});
  by_hand(world, {change::WriteCells{{sheet.id, column.id}, std::move(run)}});
}

std::uint64_t create(World& world) { return must(backups_of(world).create({})).row.id; }

const RestoredSheet& sheet_of(const RestoreReport& report, const std::string& title) {
  for (const RestoredSheet& sheet : report.preview.sheets) {
    if (sheet.sheet == title) return sheet;
  }
  FAIL("the report does not speak of " << title);
  return report.preview.sheets.front();
}

}  // namespace

TEST_CASE("restore of the backup that up made takes both migrations back, cells and all") {
  World world;
  prepare(world);
  const auto before = visible(world.target);
  REQUIRE(world.up().exit_code == 0);
  REQUIRE(visible(world.target) != before);
  const RestoreReport report = restore(world, 1);
  INFO(told(report));
  REQUIRE(report.exit_code == 0);
  CHECK(report.outcome == "restored");
  CHECK(report.preview.position_before == 2);
  CHECK(report.preview.position_after == 0);
  CHECK(report.preview.undone == std::vector<std::string>{"0001_v3_occupation_columns", "0002_drop_notes"});
  REQUIRE(report.fresh_backup.has_value());
  CHECK(report.fresh_backup->id == 2);
  CHECK(report.fresh_backup->position == 2);
  CHECK(visible(world.target) == before);
  const StampEntry stamp = *must(current_stamp(must(world.target.stamps())));
  CHECK((stamp.event == "restore" && stamp.position == 0 && stamp.applied.empty()));
  for (const Run& run : world.runs()) {
    if (run.verb == "up") CHECK(run.state == RunState::undone);
    if (run.verb == "restore") CHECK((run.state == RunState::applied && run.verified == std::optional(true)));
  }
  CHECK(must(world.ledger->check_chain()).ok);
  CHECK(must(world.migrator().status()).state == "behind");
}

TEST_CASE("restore of the fresh backup undoes a restore, and the migrations are applied again") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  const auto above = visible(world.target);
  REQUIRE(restore(world, 1).exit_code == 0);
  const RestoreReport report = restore(world, 2);
  INFO(told(report));
  REQUIRE(report.exit_code == 0);
  CHECK(report.preview.redone == std::vector<std::string>{"0001_v3_occupation_columns", "0002_drop_notes"});
  CHECK(visible(world.target) == above);
  CHECK(must(world.migrator().status()).state == "current");
  CHECK(world.up().up_to_date);
  const auto down = world.down();
  INFO((down.error ? down.error->message : std::string()));
  CHECK(down.exit_code == 0);
}

TEST_CASE("a second restore finds nothing to do and writes nothing") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  REQUIRE(restore(world, 1).exit_code == 0);
  const std::size_t runs = world.runs().size();
  const RestoreReport again = restore(world, 1);
  CHECK(again.outcome == "identical");
  CHECK(again.exit_code == 0);
  CHECK(world.runs().size() == runs);
}

TEST_CASE("what people typed after the backup stays and is listed, unless it is discarded") {
  World world;
  prepare(world);
  const std::uint64_t id = create(world);
  types(world, "Operaciones", "Peso", 0, number(10), number(11));
  const RestoreReport kept = restore(world, id);
  INFO(told(kept));
  CHECK(kept.exit_code == 0);
  CHECK(kept.outcome == "identical");
  CHECK(sheet_of(kept, "Operaciones").kept == std::vector<std::string>{"Operaciones!B2"});
  CHECK(world.column("Operaciones", "Peso")[0] == number(11));
  const RestoreReport exact = restore(world, id, true);
  INFO(told(exact));
  REQUIRE(exact.exit_code == 0);
  CHECK(exact.preview.lost == 1);
  CHECK(world.column("Operaciones", "Peso")[0] == number(10));
  // The fresh backup has what was discarded.
  REQUIRE(restore(world, exact.fresh_backup->id).exit_code == 0);
  CHECK(world.column("Operaciones", "Peso")[0] == number(11));
}

TEST_CASE("rows that people add stay, rows that they delete come back, where they were") {
  World world;
  prepare(world);
  const auto before = visible(world.target);
  const std::uint64_t id = create(world);
  const Sheet sheet = *world.target.schema().sheet_titled("Metadata", true);
  source::Run gone;
  gone.rows.push_back({{2, 1, {}}, {}});
  source::Run added;
  added.columns = {sheet.columns[0].id};
  added.rows.push_back({{0, 0, {}}, {text("ANULAR")}});
  by_hand(world, {change::DeleteRows{sheet.id, gone}, change::InsertRows{sheet.id, added}});
  const RestoreReport kept = restore(world, id);
  INFO(told(kept));
  REQUIRE(kept.exit_code == 0);
  CHECK(sheet_of(kept, "Metadata").rows_added == 1);
  CHECK(sheet_of(kept, "Metadata").kept_edits == 1);
  CHECK(world.column("Metadata", "evento_tipo") ==
        std::vector<Cell>{text("INICIAR"), text("COMPLETAR"), text("ANULAR")});
  REQUIRE(restore(world, id, true).exit_code == 0);
  CHECK(visible(world.target) == before);
}

TEST_CASE("values in a column that goes are refused with their places until they are discarded") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  types(world, "Operaciones", "Ocupado_Por", 0, {}, text("ana"));
  const auto before = visible(world.target);
  const RestoreReport refused = restore(world, 1);
  CHECK(refused.exit_code == 9);
  REQUIRE(refused.error.has_value());
  CHECK(refused.error->zm == "ZM0506");
  CHECK(refused.preview.lost == 1);
  CHECK(visible(world.target) == before);
  CHECK(restore(world, 1, true).exit_code == 0);
}

TEST_CASE("facts of columns and foreign things come back too") {
  World world;
  prepare(world);
  const auto before = visible(world.target);
  const std::uint64_t id = create(world);
  const Sheet sheet = *world.target.schema().sheet_titled("Operaciones", true);
  Column extra;
  extra.id = "~Extra";
  extra.header = "Extra";
  extra.managed = false;
  Place last;
  by_hand(world,
          {change::SetNote{{sheet.id, sheet.columns[0].id}, "mine"},
           change::SetHidden{{sheet.id, sheet.columns[1].id}, true},
           change::SetFormat{{sheet.id, sheet.columns[1].id}, "0.000"},
           change::SetProtection{{sheet.id, {}}, Editors{{"ana"}}},
           change::MoveColumn{{sheet.id, sheet.columns[0].id}, last}, change::InsertColumn{sheet.id, extra, last}});
  const RestoreReport kept = restore(world, id);
  INFO(told(kept));
  REQUIRE(kept.exit_code == 0);
  CHECK(world.headers("Operaciones") == std::vector<std::string>{"TAG_SPOOL", "Extra", "Peso", "Nota"});
  const RestoreReport exact = restore(world, id, true);
  INFO(told(exact));
  REQUIRE(exact.exit_code == 0);
  CHECK(visible(world.target) == before);
}

TEST_CASE("the order of the sheets comes back; a sheet that came since stays behind its neighbour") {
  World world;
  prepare(world);
  const auto titles = [&] {
    std::vector<std::string> all;
    for (const Sheet& sheet : world.target.schema().sheets) all.push_back(sheet.title);
    return all;
  };
  const auto before = titles();
  REQUIRE(before.size() >= 2);
  const std::uint64_t id = create(world);
  Sheet extra;
  extra.id = "~Extra";
  extra.title = "Extra";
  extra.managed = false;
  const std::string first = world.target.schema().sheets[0].id, second = world.target.schema().sheets[1].id;
  by_hand(world, {change::MoveColumn{{first, {}}, {Place::Kind::after, second}},
                  change::InsertSheet{extra, {Place::Kind::after, first}}});
  REQUIRE(titles()[0] == before[1]);
  const RestoreReport kept = restore(world, id);
  INFO(told(kept));
  REQUIRE(kept.exit_code == 0);
  auto with_extra = before;
  with_extra.insert(with_extra.begin() + 1, "Extra");
  CHECK(titles() == with_extra);
  CHECK(kept.preview.order == with_extra);
  CHECK(restore(world, id).outcome == "identical");
  REQUIRE(restore(world, id, true).exit_code == 0);
  CHECK(titles() == before);
}

TEST_CASE("one sheet, one column: cells alone, and the position stays") {
  World world;
  prepare(world);
  const std::uint64_t id = create(world);
  types(world, "Operaciones", "Peso", 0, number(10), number(11));
  types(world, "Operaciones", "Nota", 0, text("first"), text("other"));
  RestoreOptions how;
  how.backup = id;
  how.columns = {"Operaciones.Peso"};
  how.on_edit = OnEdit::captured;
  const RestoreReport report = must(backups_of(world).restore(how, {}));
  INFO(told(report));
  REQUIRE(report.exit_code == 0);
  CHECK(report.preview.position_after == 0);
  CHECK(world.column("Operaciones", "Peso")[0] == number(10));
  CHECK(world.column("Operaciones", "Nota")[0] == text("other"));
  how.columns = {"Operaciones.Nada"};
  CHECK(must(backups_of(world).restore(how, {})).exit_code == 66);
}

TEST_CASE("a damaged backup is refused before anything happens, whatever byte it is") {
  World world;
  prepare(world);
  const Backup backup = must(backups_of(world).create({}));
  const std::string name = backup.path.substr(world.folder.path().size() + 1);
  const std::string bytes = world.folder.read(name);
  types(world, "Operaciones", "Peso", 0, number(10), number(11));
  const auto before = visible(world.target);
  const std::size_t runs = world.runs().size();
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    world.folder.write(name, damaged);
    const RestoreReport report = restore(world, backup.row.id, true);
    REQUIRE(report.exit_code == 5);
    CHECK(report.error->zm == "ZM0503");
  }
  world.folder.write(name, bytes.substr(0, bytes.size() - 1));
  CHECK(restore(world, backup.row.id, true).error->zm == "ZM0503");
  CHECK(visible(world.target) == before);
  CHECK(world.runs().size() == runs);
  CHECK(must(backups_of(world).list({})).size() == 1);
}

TEST_CASE("a backup from before the workbook was taken over restores cells, and what is managed stays managed") {
  World world;
  const std::uint64_t id = create(world);
  prepare(world);
  const auto managed = visible(world.target);
  REQUIRE(world.up().exit_code == 0);
  const RestoreReport report = restore(world, id, true);
  INFO(told(report));
  REQUIRE(report.exit_code == 0);
  CHECK(visible(world.target) == managed);
  CHECK(must(world.migrator().status()).state == "behind");
}

TEST_CASE("restore: every call fails before or after its effect, once or for good, and a rerun converges") {
  for (const Blow blow : {Blow::before, Blow::after}) {
    for (const Lasting lasting : {Lasting::once, Lasting::for_good}) {
      for (std::size_t k = 1;; ++k) {
        World world;
        prepare(world);
        const auto expected = visible(world.target);
        REQUIRE(world.up().exit_code == 0);
        world.fuse.at = k;
        world.fuse.blow = blow;
        world.fuse.lasting = lasting;
        {
          FaultyTarget target(world.target, world.fuse);
          FaultyLedger ledger(*world.ledger, world.fuse);
          Backups faulty(world.history, world.replayed, target, ledger, *world.codec, world.fakes.ports, world.recorder,
                         world.options);
          RestoreOptions how;
          how.backup = 1;
          static_cast<void>(faulty.restore(how, {}));
        }
        if (world.fuse.calls < k) break;
        INFO("call " << k << ": " << world.fuse.log[k - 1]);
        RestoreReport again;
        for (int i = 0; i < 4 && again.outcome != "identical"; ++i) again = restore(world, 1);
        INFO(told(again));
        REQUIRE(again.outcome == "identical");
        CHECK(visible(world.target) == expected);
        std::size_t applied = 0;
        for (const Run& run : world.runs()) {
          CHECK(run.state >= RunState::applied);
          if (run.verb == "restore" && run.state == RunState::applied) ++applied;
          if (run.verb == "up") CHECK(run.state == RunState::undone);
        }
        CHECK(applied == 1);
        CHECK(must(world.ledger->check_chain()).ok);
      }
    }
  }
}

TEST_CASE("the window shows in the plan, closes at its moment, and needs a reason to be passed") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  Goal goal;
  goal.direction = Direction::down;
  world.fakes.clock.advance(std::chrono::hours(24 * 7));
  CHECK(way_back_of(must(world.migrator().plan(goal))).window_open);
  world.fakes.clock.advance(std::chrono::milliseconds(1));
  const WayBack closed = way_back_of(must(world.migrator().plan(goal)));
  CHECK((!closed.window_open && closed.verdict == "refused"));
  const Report refused = world.down();
  CHECK(refused.exit_code == 9);
  CHECK(refused.error->zm == "ZM0504");
  world.options.override_window = true;
  const Report mute = world.down();
  CHECK(mute.exit_code == 10);
  CHECK(mute.error->zm == "ZM0705");
  world.options.reason = "the audit asks for it";
  CHECK(world.down().exit_code == 0);
}

TEST_CASE("a clock that went back closes the window until somebody says go on") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  world.fakes.clock.advance(-std::chrono::hours(1));
  const Report refused = world.down();
  CHECK(refused.exit_code == 9);
  CHECK(refused.error->zm == "ZM0504");
}

TEST_CASE("prune removes file and row of what nothing needs, and a crash in between heals") {
  World world;
  prepare(world);
  const Backup old = must(backups_of(world).create({}));
  world.fakes.clock.advance(std::chrono::hours(24 * 8));
  const Backup fresh = must(backups_of(world).create({}));
  const PruneReport dry = must(backups_of(world).prune({}, true));
  REQUIRE(dry.pruned.size() == 1);
  CHECK(dry.pruned[0].row.id == old.row.id);
  CHECK(world.fakes.files->exists(old.path));
  // Died between file and row.
  REQUIRE(world.fakes.files->remove(old.path).has_value());
  const PruneReport done = must(backups_of(world).prune({}, false));
  CHECK(done.pruned.size() == 1);
  const std::vector<Backup> left = must(backups_of(world).list({}));
  REQUIRE(left.size() == 1);
  CHECK(left[0].row.id == fresh.row.id);
  CHECK(must(world.ledger->check_chain()).ok);
}

TEST_CASE("prune keeps everything while the newest one does not open") {
  World world;
  prepare(world);
  const Backup old = must(backups_of(world).create({}));
  world.fakes.clock.advance(std::chrono::hours(24 * 8));
  const Backup fresh = must(backups_of(world).create({}));
  world.folder.write(fresh.path.substr(world.folder.path().size() + 1), "nothing");
  const PruneReport report = must(backups_of(world).prune({}, false));
  CHECK(report.pruned.empty());
  CHECK(world.fakes.files->exists(old.path));
}

TEST_CASE("a name by pattern has known parts only, and stays in its folder") {
  World world;
  prepare(world);
  BackupCreate how;
  how.env = "prod";
  how.name = "../{env}/{title}-{date}_{time}-{position}";
  CHECK(must(backups_of(world).create(how)).row.title == "_._prod_taller-20260126_181500-0000");
  how.name = "{nobody}";
  CHECK(backups_of(world).create(how).error().zm == "ZM0703");
}
