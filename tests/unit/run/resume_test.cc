// Recovery over states that a whole run does not leave: a ledger that lacks what it should hold, files that are gone, a
// workbook that people or other programs changed meanwhile. What it decides, what it says, and what it leaves alone.

#include <algorithm>
#include <fstream>

#include <zmig/backups.h>

#include "run/executor.h"
#include "run/recover.h"
#include "run/run_json.h"
#include "run_world.h"
#include "support/passing_target.h"

using namespace zmig;
using namespace zmig::test;
using run::Action;
using run::LedgerState;
using run::StampRelation;

namespace {

using Rows = std::vector<std::string>;

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
}
Goal up_to(std::uint32_t number) {
  Goal goal;
  goal.to = number;
  return goal;
}
Goal back_to(std::uint32_t number) {
  Goal goal = up_to(number);
  goal.direction = Direction::down;
  return goal;
}
void lacks(World& world, const std::string& migration) {
  std::filesystem::remove(world.folder.at("migrations/" + migration + ".zmig"));
  world.load();
}

run::Context context_of(World& world, Target& target) {
  return {world.history, world.replayed,    target,         *world.ledger,
          *world.codec,  world.fakes.ports, world.recorder, world.options};
}

std::string told(const Report& report) {
  std::string out = std::to_string(report.exit_code) + " " + report.outcome;
  if (!report.resumed.empty()) out += " (" + report.resumed + ")";
  if (report.error) out += " " + report.error->zm + " " + report.error->message;
  return out;
}
Rows rows(World& world) {
  Rows out;
  for (const Run& run : world.runs())
    out.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)));
  std::reverse(out.begin(), out.end());
  return out;
}

/// The newest run stands in the ledger again as it did before its end.
void reopen(World& world, RunState state = RunState::confirmed) {
  Run run = world.runs().front();
  run.state = state;
  run.verified.reset();
  run.undo_until.reset();
  run.finished.reset();
  REQUIRE(world.ledger->update(run, "test.reopened", "{}").has_value());
}
/// A person gives the first column of the first sheet another header.
void rename(World& world, const std::string& header) {
  Workbook book = world.target.snapshot();
  book.schema.sheets[0].columns[0].header = header;
  world.target = MemoryTarget(std::move(book), "taller");
}
/// A ledger that knows the newest run alone, confirmed; `event` says what it was to prove, empty: nothing.
void ledger_of_one(World& world, const std::string& event) {
  Run run = world.runs().front();
  auto fresh = must(open_memory_ledger(world.fakes.ports));
  REQUIRE(fresh->know_target(run.target_id, run.target_url, "original").has_value());
  run.state = RunState::planned;
  run.id = must(fresh->begin(run));
  run.state = RunState::in_flight;
  REQUIRE(fresh->update(run, event.empty() ? "test.sent" : "batch.sent", event.empty() ? "{}" : event).has_value());
  run.state = RunState::confirmed;
  REQUIRE(fresh->update(run, "batch.confirmed", "{}").has_value());
  world.ledger = std::move(fresh);
}
std::string sent_of(World& world) {
  for (const LedgerEvent& event : must(world.ledger->events(world.runs().front().id))) {
    if (event.kind == "batch.sent") return event.json;
  }
  FAIL("nothing was sent");
  return {};
}

run::Decision decision(World& world) {
  run::Context context = context_of(world, world.target);
  return must(run::assess(context)).decision;
}

Run row(RunState state, std::uint64_t deployment, std::uint64_t number = 0) {
  Run run;
  run.id = 1000 + number;
  run.uid = "u" + std::to_string(number);
  run.verb = "up";
  run.state = state;
  run.deployment = deployment;
  run.stamp_number = number;
  return run;
}

}  // namespace

TEST_CASE("what is open is the newest commit that did not end; rehearsals and what lies behind an end do not count") {
  World world;
  run::Context context = context_of(world, world.target);
  const auto view = [&](const std::vector<Run>& runs) { return must(run::view_of(context, runs)); };
  const auto numbers = [](const run::LedgerView& seen) {
    std::vector<std::uint64_t> out;
    for (const Run& run : seen.members) out.push_back(run.stamp_number);
    return out;
  };
  using Numbers = std::vector<std::uint64_t>;
  // Two of one commit, and one of an older commit that nobody closed.
  const auto open =
      view({row(RunState::confirmed, 2, 4), row(RunState::confirmed, 2, 3), row(RunState::planned, 1, 2)});
  CHECK(open.state == LedgerState::confirmed);
  CHECK(open.open->stamp_number == 4);
  CHECK(numbers(open) == Numbers{3, 4});
  CHECK(open.last_number == 4);
  CHECK(open.last_uid == "u4");
  // Of one commit, in different states: those that move together.
  CHECK(numbers(view({row(RunState::in_flight, 2, 4), row(RunState::backed_up, 2, 3)})) == Numbers{4});
  // Behind a run that ended nothing is open.
  const auto ended = view({row(RunState::applied, 3, 5), row(RunState::confirmed, 2, 4), row(RunState::planned, 1, 3)});
  CHECK(ended.state == LedgerState::applied);
  CHECK_FALSE(ended.open.has_value());
  CHECK(ended.members.empty());
  CHECK(ended.last_number == 5);
  const auto aborted = view({row(RunState::aborted, 3, 5), row(RunState::applied, 2, 4)});
  CHECK(aborted.state == LedgerState::none);
  CHECK(aborted.last_number == 4);
  Run rehearsed = row(RunState::in_flight, 9, 9);
  rehearsed.mode = RunMode::rehearsal;
  CHECK(view({rehearsed}).state == LedgerState::none);
  CHECK_FALSE(view({rehearsed}).open.has_value());
}

TEST_CASE("how a stamp stands to a ledger") {
  run::LedgerView view;
  const auto stamp = [](std::uint64_t number, const std::string& run) {
    StampEntry entry;
    entry.number = number;
    entry.run = run;
    return std::optional<StampEntry>(entry);
  };
  CHECK(relate(view, std::nullopt, false) == StampRelation::before);
  CHECK(relate(view, stamp(1, "a"), false) == StampRelation::ahead);
  view.last_number = 2;
  view.last_uid = "b";
  view.state = LedgerState::applied;
  CHECK(relate(view, std::nullopt, false) == StampRelation::none);
  CHECK(relate(view, stamp(1, "a"), false) == StampRelation::behind);
  CHECK(relate(view, stamp(2, "b"), false) == StampRelation::own);
  CHECK(relate(view, stamp(2, "b"), true) == StampRelation::foreign);
  CHECK(relate(view, stamp(2, "c"), false) == StampRelation::foreign);
  view.state = LedgerState::confirmed;
  CHECK(relate(view, stamp(2, "b"), false) == StampRelation::own);
  view.state = LedgerState::planned;
  view.open = row(RunState::planned, 1, 3);
  CHECK(relate(view, stamp(2, "b"), false) == StampRelation::before);
  view.state = LedgerState::in_flight;
  view.open->state = RunState::in_flight;
  CHECK(relate(view, stamp(3, "u3"), false) == StampRelation::own);
  CHECK(relate(view, stamp(3, "else"), false) == StampRelation::ahead);
}

TEST_CASE("a stamp that belongs elsewhere is told from a workbook that was moved, or has two names") {
  class Placed final : public PassingTarget {
   public:
    Placed(Target& inner, std::string url) : PassingTarget(inner), url_(std::move(url)) {}
    [[nodiscard]] std::string url() const override { return url_; }

   private:
    std::string url_;
  };
  World world;
  const std::string first = world.folder.write("first.db", "x");
  std::filesystem::create_hard_link(first, world.folder.at("second.db"));
  world.folder.write("other.db", "y");
  Run run = row(RunState::applied, 1, 1);
  run.target_id = "t-1";
  run.target_url = "sqlite:" + first;
  must(world.ledger->begin(run));
  StampEntry stamp;
  stamp.target_id = "t-1";
  stamp.event = "up";
  stamp.lineage = "original";
  const auto judged = [&](const std::string& url) {
    Placed target(world.target, url);
    run::Context context = context_of(world, target);
    const auto foreign = must(run::foreign_stamp(context, stamp));
    return foreign ? foreign->zm + " " + foreign->message : std::string("ours");
  };
  CHECK(judged("sqlite:" + first) == "ours");
  CHECK(judged("sqlite:" + world.folder.at("second.db")) == "ours");
  CHECK(judged("sqlite:" + world.folder.at("other.db")) ==
        "ZM0407 the stamp belongs to sqlite:" + first + ", which is still there: this is a copy of it");
  std::filesystem::remove(first);
  CHECK(judged("sqlite:" + world.folder.at("other.db")) == "ours");  // it was moved here
  REQUIRE(world.ledger->know_target("t-2", "sqlite:here", "original").has_value());
  CHECK(judged("sqlite:here") == "ZM0407 the stamp names target t-1, but sqlite:here is target t-2");
  stamp.event = "copy";
  CHECK(judged("sqlite:here") == "ZM0407 this workbook is a copy and carries its stamp");
  stamp.lineage = "copy of t-0 at 0001";
  CHECK(judged("sqlite:here") == "ZM0407 this workbook is a copy of t-0 at 0001 and carries its stamp");
}

TEST_CASE("a run whose file is gone is not finished, and says which file it is") {
  SECTION("an up: the workbook stands where no file says what is right") {
    World world;
    prepare(world);
    REQUIRE(world.up().exit_code == 0);
    reopen(world);
    lacks(world, "0002_drop_notes");
    const Workbook before = world.target.snapshot();
    CHECK(decision(world) == run::Decision{16, Action::refuse_edited});
    const Report report = world.up();
    CHECK(told(report) ==
          "3 failed ZM0301 the workbook was edited after r3 wrote it; the files do not know position 0002");
    CHECK(world.target.snapshot() == before);
    // Accepted as it is: closed, never verified.
    world.options.reason = "the file is lost";
    RepairOptions how;
    how.accept = true;
    const RepairReport repaired = must(world.migrator().repair(how));
    CHECK(repaired.did == Rows{"r3 0002_drop_notes closed as people left it, with 0 differences"});
    CHECK(rows(world).back() == "up 2 applied");
    CHECK(world.runs().front().verified == false);
    CHECK(world.runs().front().undo_until.has_value());
  }
  SECTION("an up in flight: whether it landed is not asked of the files") {
    World world;
    prepare(world);
    die_at(world, "target.commit", Blow::before, [&] { static_cast<void>(world.behind_fuse(up_to(1))); });
    CHECK(decision(world) == run::Decision{14, Action::abort_not_landed});
    lacks(world, "0002_drop_notes");
    lacks(world, "0001_v3_occupation_columns");
    CHECK(decision(world) == run::Decision{14, Action::abort_not_landed});
    CHECK(world.up().resumed == "r2 closed: its batch did not reach the workbook");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 aborted"});
  }
  for (const bool restart : {false, true}) {
    DYNAMIC_SECTION("a down that reached the workbook" << (restart ? ", with --restart" : "")) {
      World world;
      prepare(world);
      REQUIRE(world.up().exit_code == 0);
      REQUIRE(world.down(1).exit_code == 0);
      reopen(world);
      lacks(world, "0002_drop_notes");
      world.options.restart = restart;
      CHECK(decision(world) == run::Decision{15, Action::finish});
      const Report report = world.up();
      CHECK(told(report) == "8 failed ZM0203 the file of 0002_drop_notes is gone");
      CHECK(rows(world).back() == "down 2 confirmed");
      world.write_migration("0002_drop_notes", kDrop);
      world.load();
      world.options.allow_skip = {"fill", "empty", "untouched", "foreign", "ensure"};
      CHECK(world.up(up_to(1)).exit_code == 0);
      CHECK(rows(world).back() == "down 2 applied");
      CHECK(rows(world)[2] == "up 2 undone");
    }
  }
}

TEST_CASE("a ledger that lacks what a run was to prove does not call it applied") {
  for (const bool edited : {false, true}) {
    INFO((edited ? "edited" : "as it was"));
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    const std::string sent = sent_of(world);
    run::Proof proof = must(run::proof_from_json(sent));
    REQUIRE(proof.last);
    // Nothing at all is recorded.
    ledger_of_one(world, "");
    if (edited) rename(world, "TAG");
    const std::string edited_words =
        "3 failed ZM0301 the workbook was edited after r1 wrote it; Operaciones!A1: expected \"TAG_SPOOL\", found "
        "\"TAG\"";
    CHECK(told(world.up()) ==
          (edited ? edited_words : "8 failed ZM0601 the ledger does not hold what r1 was to prove"));
    CHECK(rows(world) == Rows{"up 1 confirmed"});
    // What is recorded is that others of its commit follow, and they are not there.
    proof.last = false;
    ledger_of_one(world, run::proof_json(proof, true));
    CHECK(told(world.up()) ==
          (edited ? edited_words : "8 failed ZM0601 the ledger does not hold the last run of the commit of r1"));
    CHECK(rows(world) == Rows{"up 1 confirmed"});
  }
}

TEST_CASE("a takeover or a restore that reached the workbook is not finished as if nobody had edited it since") {
  SECTION("takeover") {
    World world;
    prepare(world);
    reopen(world);
    rename(world, "TAG");
    const Report report = world.up();
    CHECK(told(report) == "3 failed ZM0301 taking this workbook over was interrupted");
    CHECK(report.error->help == "run `zmig baseline` again: it finishes that");
    RepairOptions how;
    how.accept = true;
    world.options.reason = "why not";
    const auto refused = world.migrator().repair(how);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().zm == "ZM0703");
    CHECK(rows(world) == Rows{"baseline 0 confirmed"});
    rename(world, "TAG_SPOOL");
    CHECK(world.up(up_to(1)).exit_code == 0);
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied"});
  }
  SECTION("restore: its backup is the judge") {
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    Backups backups(world.history, world.replayed, world.target, *world.ledger, *world.codec, world.fakes.ports,
                    world.recorder, world.options);
    RestoreOptions how;
    how.backup = 1;
    REQUIRE(must(backups.restore(how, {})).exit_code == 0);
    reopen(world);
    rename(world, "TAG");
    CHECK(decision(world) == run::Decision{16, Action::refuse_edited});
    const Report report = world.up(up_to(1));
    CHECK(told(report) ==
          "3 failed (r3 0000_b1 verified: failed) ZM0301 the live workbook is not what its history says");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 undone", "restore 0 applied"});
    CHECK(world.runs().front().verified == false);
  }
}

TEST_CASE("--restart takes what merely looks other, and nothing that is elsewhere or something else") {
  for (const bool breaking : {false, true}) {
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    reopen(world);
    world.options.restart = true;
    world.options.allow_skip = {"fill", "empty", "untouched", "foreign", "ensure"};
    if (breaking) {
      rename(world, "TAG");
    } else {
      Workbook book = world.target.snapshot();
      book.schema.sheets[0].columns.back().note = "other words";
      world.target = MemoryTarget(std::move(book), "taller");
    }
    const Report report = world.up(up_to(1));
    if (breaking) {
      CHECK(report.exit_code == 3);
      CHECK(report.error->zm == "ZM0301");
      CHECK(rows(world).back() == "up 1 confirmed");
    } else {
      CHECK(report.resumed.starts_with("r2 0001_v3_occupation_columns verified: "));
      CHECK(rows(world).back() == "up 1 applied");
    }
  }
}

TEST_CASE("a way back that left an adopted column in place is finished where it left it") {
  for (const bool restart : {false, true}) {
    Workbook book = small_workbook();
    World world;
    prepare(world);
    // Somebody typed one of the columns before the migration came.
    book = world.target.snapshot();
    Column typed;
    typed.header = "Ocupado_Por";
    typed.id = "~Ocupado_Por";
    typed.managed = false;
    book.schema.sheets[0].columns.push_back(typed);
    world.target = MemoryTarget(std::move(book), "taller");
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    REQUIRE(world.down(0).exit_code == 0);
    REQUIRE(world.headers("Operaciones") == Rows{"TAG_SPOOL", "Peso", "Nota", "Ocupado_Por"});
    reopen(world);
    world.options.restart = restart;
    world.options.allow_skip = {"fill", "empty", "untouched", "foreign", "ensure"};
    const Report report = world.up(up_to(0));
    CHECK(report.resumed == "r3 0001_v3_occupation_columns verified: passed");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 undone", "down 1 applied"});
  }
}

TEST_CASE(
    "a batch in flight whose end stands there without its stamp did not land, and on a target that may stop inside is "
    "asked for") {
  class Stepwise final : public PassingTarget {
   public:
    explicit Stepwise(Target& inner) : PassingTarget(inner), caps_(inner.capabilities()) { caps_.atomic_batch = false; }
    [[nodiscard]] const Capabilities& capabilities() const override { return caps_; }

   private:
    Capabilities caps_;
  };
  World world;
  prepare(world);
  die_at(world, "target.commit", Blow::after, [&] { static_cast<void>(world.behind_fuse(up_to(1))); });
  Workbook book = world.target.snapshot();
  book.stamps.pop_back();
  world.target = MemoryTarget(book, "taller");
  Stepwise target(world.target);
  Migrator migrator(world.history, world.replayed, target, *world.ledger, *world.codec, world.fakes.ports,
                    world.recorder, world.options);
  const Report stepwise = must(migrator.execute(up_to(1)));
  CHECK(told(stepwise) ==
        "6 failed ZM0402 another run stopped inside a migration; only resumable targets can be in that state");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 in_flight"});
  const Report report = world.up(up_to(1));
  CHECK(report.resumed == "r2 closed: its batch did not reach the workbook");
  CHECK(world.target.snapshot().schema == book.schema);
}

TEST_CASE("a state that no run can leave is refused, and writes nothing") {
  World world;
  world.load();
  REQUIRE(world.ledger->know_target("t-1", "memory:", "original").has_value());
  Run run = row(RunState::planned, 1);
  run.target_id = "t-1";
  run.id = must(world.ledger->begin(run));
  run.state = RunState::confirmed;
  REQUIRE(world.ledger->update(run, "batch.confirmed", "{}").has_value());
  const Workbook before = world.target.snapshot();
  CHECK(decision(world) == run::Decision{17, Action::impossible});
  CHECK(told(world.up()) ==
        "1 failed ZM9901 stamp and ledger are in a state that the protocol cannot produce; nothing was written");
  CHECK(world.target.snapshot() == before);
  CHECK(rows(world) == Rows{"up 0 confirmed"});
}

TEST_CASE("--reapply wants the migration that comes next, and there has to be one") {
  World world;
  prepare(world);
  lacks(world, "0002_drop_notes");
  REQUIRE(world.up().exit_code == 0);
  const Workbook old = world.target.snapshot();
  // Someone stopped a run in between: it has no effect to take back.
  REQUIRE(world.down(0).exit_code == 0);
  die_at(world, "target.stage", Blow::before, [&] { static_cast<void>(world.behind_fuse({})); });
  REQUIRE(world.up().exit_code == 0);
  const Rows all{"baseline 0 applied", "up 1 undone", "down 1 applied", "up 1 aborted", "up 1 applied"};
  REQUIRE(rows(world) == all);
  world.target = MemoryTarget(old, "taller");
  world.options.reapply = 1;
  CHECK(told(world.up()) == "64 failed ZM0703 there is nothing to apply again at 0001");
  CHECK(rows(world) == all);
  // With a file behind it there is.
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
  CHECK(told(world.up()) == "64 failed ZM0703 the workbook stands at 0001; what comes next there is 0002, not 0001");
  world.options.reapply = 2;
  CHECK(world.up().exit_code == 0);
  CHECK(rows(world) ==
        Rows{"baseline 0 applied", "up 1 applied", "down 1 aborted", "up 1 aborted", "up 1 aborted", "up 2 applied"});
}

TEST_CASE("what a lost ledger takes over from the stamp: its own, downs without their up, restores, lost files") {
  SECTION("of a copy, without the entries of the original") {
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    BaselineOptions how;
    how.copy = true;
    REQUIRE(must(world.migrator().baseline(how)).exit_code == 0);
    REQUIRE(world.up().exit_code == 0);
    world.ledger = must(open_memory_ledger(world.fakes.ports));
    const Report report = world.up();
    CHECK(told(report) == "0 up_to_date (2 runs taken over from the stamp)");
    CHECK(rows(world) == Rows{"baseline 1 applied", "up 2 applied"});
  }
  SECTION("a down whose up is in no entry any more") {
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    REQUIRE(world.down(0).exit_code == 0);
    Workbook book = world.target.snapshot();
    book.stamps.erase(book.stamps.begin(), book.stamps.end() - 1);
    world.target = MemoryTarget(std::move(book), "taller");
    world.ledger = must(open_memory_ledger(world.fakes.ports));
    CHECK(told(world.up(up_to(0))) == "0 up_to_date (1 run taken over from the stamp)");
    CHECK(rows(world) == Rows{"down 1 applied"});
    CHECK(world.up(up_to(1)).exit_code == 0);
  }
  SECTION("a restore") {
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    Backups backups(world.history, world.replayed, world.target, *world.ledger, *world.codec, world.fakes.ports,
                    world.recorder, world.options);
    RestoreOptions how;
    how.backup = 1;
    REQUIRE(must(backups.restore(how, {})).exit_code == 0);
    world.ledger = must(open_memory_ledger(world.fakes.ports));
    CHECK(told(world.up(up_to(0))) == "0 up_to_date (3 runs taken over from the stamp)");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 undone", "restore 0 applied"});
  }
  SECTION("an up whose file is gone: its slug is that of the stamp, its window the ordinary one") {
    World world;
    prepare(world);
    REQUIRE(world.up().exit_code == 0);
    lacks(world, "0002_drop_notes");
    world.ledger = must(open_memory_ledger(world.fakes.ports));
    const Report report = world.up();
    CHECK(report.resumed == "3 runs taken over from the stamp");
    CHECK(report.error->zm == "ZM0204");
    CHECK(world.runs().front().slug == "drop_notes");
    CHECK(world.runs().front().undo_until == *world.runs().front().finished + world.options.rollback_window);
  }
  SECTION("an entry that cannot be read stops it") {
    World world;
    prepare(world);
    REQUIRE(world.up(up_to(1)).exit_code == 0);
    const Workbook whole = world.target.snapshot();
    Workbook book = whole;
    book.stamps.front().entry = "not what it was";
    world.target = MemoryTarget(book, "taller");
    auto kept = std::move(world.ledger);
    world.ledger = must(open_memory_ledger(world.fakes.ports));
    const Report report = world.up();
    CHECK(report.exit_code != 0);
    CHECK(report.error.has_value());
    CHECK(rows(world).empty());
    CHECK(world.target.snapshot() == book);
    // Nor does the ledger follow a stamp that it cannot read.
    world.target = MemoryTarget(whole, "taller");
    world.ledger = std::move(kept);
    REQUIRE(world.up().exit_code == 0);
    world.target = MemoryTarget(book, "taller");
    world.options.reapply = 2;
    const Rows before = rows(world);
    CHECK(world.up().exit_code != 0);
    CHECK(rows(world) == before);
  }
}

TEST_CASE("the state that a way back reached is read from the newest stamp that still lists the migration") {
  World world;
  prepare(world);
  REQUIRE(world.up(up_to(1)).exit_code == 0);
  Run down;
  down.verb = "down";
  down.migration = 1;
  const Replayed& one = world.replayed.front();
  std::vector<Stamp> stamps = must(world.target.stamps());
  CHECK(run::reached_state(down, one, stamps) == one.before);
  stamps.push_back({9, "not an entry"});
  CHECK(run::reached_state(down, one, stamps) == one.before);
  CHECK(run::reached_state(down, one, {}) == one.before);
  down.verb = "up";
  CHECK(run::reached_state(down, one, {}) == one.after);
}

TEST_CASE("a down of what was there before zmig came has no run to take back") {
  World model;
  prepare(model);
  REQUIRE(model.up(up_to(1)).exit_code == 0);
  World world;
  prepare(world);
  REQUIRE(world.up(up_to(1)).exit_code == 0);
  // The ledger is lost and rebuilt by hand with `baseline --at 1`: the up run is not in it.
  Workbook book = world.target.snapshot();
  book.stamps.clear();
  world.target = MemoryTarget(std::move(book), "taller");
  world.ledger = must(open_memory_ledger(world.fakes.ports));
  BaselineOptions how;
  how.at = 1;
  REQUIRE(must(world.migrator().baseline(how)).exit_code == 0);
  CHECK(rows(world) == Rows{"baseline 1 applied"});
  const Report report = must(world.migrator().execute(back_to(0)));
  CHECK(told(report) == "0 undone");
  CHECK(rows(world) == Rows{"baseline 1 applied", "down 1 applied"});
  CHECK(world.headers("Operaciones") == Rows{"TAG_SPOOL", "Peso", "Nota"});
}
