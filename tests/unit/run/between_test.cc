// What comes between two steps of a run: another program that writes the same workbook, a plan that was saved, a
// request to stop, an answer that is lost. Each ends in a state that is named, and the next command goes on from there.

#include <algorithm>

#include "run_world.h"
#include "support/passing_target.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kPlace = R"(zmig 1

in sheet "Metadata" {
  add column "lugar" text default "taller"
}
)";

void prepare(World& world) {
  world.take_over();
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
}
void prepare_three(World& world) {
  prepare(world);
  world.write_migration("0003_place", kPlace);
  world.load();
}

Goal up_to(std::uint32_t number) {
  Goal goal;
  goal.to = number;
  return goal;
}

/// "exit, outcome, code: message" of a report, or how it refused.
std::string told(const Report& report) {
  std::string out = std::to_string(report.exit_code) + " " + report.outcome;
  if (report.error) out += " " + report.error->zm + " " + report.error->message;
  return out;
}

/// Verb, migration and state of every run, oldest first.
std::vector<std::string> rows(World& world) {
  std::vector<std::string> out;
  for (const Run& run : world.runs())
    out.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)));
  std::reverse(out.begin(), out.end());
  return out;
}
using Rows = std::vector<std::string>;

/// In front of call number `at` of that name, once.
void before(World& world, const std::string& call, std::size_t at, const std::function<void()>& action) {
  world.fuse = Fuse();
  world.fuse.between = [call, at, action, seen = std::size_t{0}](std::string_view name) mutable {
    if (name != call || ++seen != at) return;
    action();
  };
}

Report through(World& world, Target& target, const Goal& goal = {}) {
  Migrator migrator(world.history, world.replayed, target, *world.ledger, *world.codec, world.fakes.ports,
                    world.recorder, world.options);
  return must(migrator.execute(goal));
}

bool current(World& world) { return must(world.migrator().status()).state == "current"; }

}  // namespace

TEST_CASE("a saved plan is done as it was looked at, or not at all") {
  World world;
  prepare(world);
  const Plan plan = must(world.migrator().plan(up_to(1)));
  const Workbook before_it = world.target.snapshot();
  world.options.expected_plan = plan.fingerprint;
  const Report other = world.up(up_to(2));
  CHECK(told(other) ==
        "3 failed ZM0303 the saved plan is stale: what it reads or writes is not as it was when it was made");
  CHECK(world.target.snapshot() == before_it);
  CHECK(rows(world) == Rows{"baseline 0 applied"});
  CHECK(told(world.up(up_to(1))) == "0 applied");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied"});
}

TEST_CASE("what fits no single commit of the target is refused before anything is written") {
  class Small final : public PassingTarget {
   public:
    explicit Small(Target& inner, bool atomic) : PassingTarget(inner), caps_(inner.capabilities()) {
      caps_.atomic_batch = atomic;
      caps_.max_changes_per_batch = 1;
    }
    [[nodiscard]] const Capabilities& capabilities() const override { return caps_; }

   private:
    Capabilities caps_;
  };
  World world;
  prepare(world);
  const Workbook before_it = world.target.snapshot();
  for (const bool atomic : {true, false}) {
    Small target(world.target, atomic);
    const Report report = through(world, target, up_to(1));
    CHECK(told(report) ==
          "5 failed ZM0305 this plan does not fit one atomic commit on this target, and this release applies nothing "
          "else");
    CHECK(world.target.snapshot() == before_it);
    CHECK(rows(world) == Rows{"baseline 0 applied"});
  }
}

TEST_CASE("a target that cannot tell its revision is planned for twice, and ends the same") {
  class Mute final : public PassingTarget {
   public:
    using PassingTarget::PassingTarget;
    Result<std::string> revision() override { return std::string(); }
  };
  World world;
  prepare(world);
  Mute target(world.target);
  CHECK(told(through(world, target)) == "0 applied");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied", "up 2 applied"});
  CHECK(current(world));
}

TEST_CASE("somebody who begins a run and dies while we wait for the lease is noticed") {
  World world;
  prepare(world);
  before(world, "target.open_writer", 1, [&] {
    World& other = world;
    Fuse theirs;
    bool met = false;
    theirs.between = [&](std::string_view name) {
      if (name != "ledger.add_backup" || met) return;
      met = true;
      theirs.at = theirs.calls + 1;
      theirs.lasting = Lasting::for_good;
    };
    FaultyTarget target(other.target, theirs);
    FaultyLedger ledger(*other.ledger, theirs);
    Migrator dying(other.history, other.replayed, target, ledger, *other.codec, other.fakes.ports, other.recorder,
                   other.options);
    CHECK(must(dying.execute(up_to(1))).exit_code != 0);
  });
  const Workbook before_it = world.target.snapshot();
  const Report report = world.behind_fuse(up_to(1));
  CHECK(told(report) == "75 failed ZM0410 the workbook or its history changed while you looked; nothing was written");
  CHECK(world.target.snapshot() == before_it);
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 planned"});
  const Report again = world.up(up_to(1));
  CHECK(told(again) == "0 applied");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 aborted", "up 1 applied"});
}

TEST_CASE("what somebody else does between two migrations ends the run behind the first one") {
  World world;
  prepare_three(world);
  world.options.one_by_one = true;
  SECTION("the next one is applied already") {
    before(world, "target.open_writer", 2, [&] { REQUIRE(world.up(up_to(2)).exit_code == 0); });
    const Report report = world.behind_fuse(up_to(3));
    CHECK(told(report) ==
          "6 partial ZM0410 the workbook or its history changed between two migrations; the next one was not begun");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied", "up 2 applied"});
  }
  SECTION("all of them are applied already") {
    before(world, "target.open_writer", 2, [&] { REQUIRE(world.up(up_to(3)).exit_code == 0); });
    const Report report = world.behind_fuse(up_to(3));
    CHECK(told(report) ==
          "6 partial ZM0410 the workbook or its history changed between two migrations; the next one was not begun");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied", "up 2 applied", "up 3 applied"});
  }
  SECTION("a managed column has another name") {
    before(world, "target.open_writer", 2, [&] {
      Workbook book = world.target.snapshot();
      book.schema.sheets[0].columns[0].header = "TAG";
      world.target = MemoryTarget(std::move(book), "taller");
    });
    const Report report = world.behind_fuse(up_to(3));
    CHECK(report.exit_code == 6);
    CHECK(report.outcome == "partial");
    REQUIRE(report.error.has_value());
    CHECK(report.error->zm == "ZM0301");
    CHECK(report.diagnostics.has_errors());
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied"});
    return;  // it stays renamed
  }
  world.fuse = Fuse();
  CHECK(world.up().exit_code == 0);
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied", "up 2 applied", "up 3 applied"});
  CHECK(current(world));
}

TEST_CASE("stamp and ledger that disagree at the end of a run are said, in a rehearsal they are not compared") {
  enum class Change { none, another_entry, the_same_number, no_stamp };
  for (const Change change : {Change::none, Change::another_entry, Change::the_same_number, Change::no_stamp}) {
    for (const bool rehearsal : {false, true}) {
      INFO(static_cast<int>(change) << (rehearsal ? ", rehearsal" : ""));
      World world;
      prepare(world);
      if (rehearsal) world.options.mode = RunMode::rehearsal;
      bool recorded = false;
      world.fuse = Fuse();
      world.fuse.landed = [&](std::string_view name) { recorded = recorded || name == "ledger.update run.applied"; };
      world.fuse.between = [&](std::string_view name) {
        // The look behind the record is the one at the end.
        if (!recorded || name != "target.stamps") return;
        recorded = false;
        Workbook book = world.target.snapshot();
        StampEntry entry = must(stamp_from_json(book.stamps.back().entry));
        entry.run = "somebody-else";
        if (change == Change::another_entry) entry.number += 1;
        if (change == Change::no_stamp) book.stamps.clear();
        if (change == Change::the_same_number) book.stamps.pop_back();
        if (change == Change::another_entry || change == Change::the_same_number)
          book.stamps.push_back({entry.number, stamp_to_json(entry)});
        world.target = MemoryTarget(std::move(book), "taller");
      };
      const Report report = world.behind_fuse(up_to(1));
      if (rehearsal || change == Change::none) {
        CHECK(told(report) == "0 applied");
      } else {
        CHECK(told(report) == "6 partial ZM0603 stamp and ledger disagree after the run");
      }
    }
  }
}

TEST_CASE("--baseline asks whoever may say no before the takeover, once, and a no leaves nothing behind") {
  for (const bool says_no : {true, false}) {
    World model;
    prepare(model);
    World world;
    std::filesystem::create_directories(world.folder.at("schemas"));
    world.folder.write("schemas/0000_baseline.json", model.folder.read("schemas/0000_baseline.json"));
    world.write_migration("0001_v3_occupation_columns", kFounding);
    world.load();
    world.options.accept_baseline = true;
    int asked = 0;
    world.options.before_write = [&](const Plan& plan, const std::optional<BackupRow>& backup) -> Status {
      ++asked;
      CHECK(plan.migrations.size() == 1);
      CHECK(backup.has_value());
      if (says_no) return make_error(Errc::denied, "ZM0704", "the hook said no");
      return ok();
    };
    const Workbook before_it = world.target.snapshot();
    const Report report = world.up();
    CHECK(asked == 1);
    if (says_no) {
      CHECK(told(report) == "10 failed ZM0704 the hook said no");
      CHECK(world.target.snapshot() == before_it);
      CHECK(rows(world).empty());
    } else {
      CHECK(told(report) == "0 applied");
      CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied"});
    }
  }
}

TEST_CASE("--baseline is about the way up of a workbook whose files have a baseline") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  world.options.accept_baseline = true;
  CHECK(told(world.down(1)) == "0 undone");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied", "up 2 undone", "down 2 applied"});
  // Where the files have none, there is nothing to take over.
  World bare;
  bare.write_migration("0001_new_sheet", R"(zmig 1

create sheet "Nueva" {
  add column "Nombre" text
}
)");
  bare.load();
  bare.options.accept_baseline = true;
  const Workbook before_it = bare.target.snapshot();
  const Report report = bare.up();
  CHECK(report.exit_code == 8);
  REQUIRE(report.error.has_value());
  CHECK(report.error->zm == "ZM0208");
  CHECK(rows(bare).empty());
  CHECK(bare.target.snapshot() == before_it);
}

TEST_CASE("a migration that wants a backup gets one where the project asks for none") {
  for (const bool wanted : {true, false}) {
    World world;
    prepare(world);
    world.options.backup_required = false;
    if (!wanted) REQUIRE(world.up(up_to(1)).exit_code == 0);
    const Report report = world.up(up_to(wanted ? 1 : 2));
    CHECK(told(report) == "0 applied");
    CHECK(report.backup.has_value() == wanted);
    CHECK(must(world.ledger->backups({})).size() == 1);
  }
}

TEST_CASE("a batch whose answer is lost and that is not there is closed, and sent anew by the next command") {
  class Lost final : public PassingTarget {
   public:
    class Silent final : public PassingWriter {
     public:
      Silent(std::unique_ptr<Writer> inner, Lost& target) : PassingWriter(std::move(inner)), target_(target) {}
      Result<CommitReport> commit(std::span<const Part>, const Staged&) override {
        target_.sent = true;
        Error error = make_error(Errc::io, "", "no answer");
        error.effect = Effect::unknown;
        return error;
      }

     private:
      Lost& target_;
    };
    using PassingTarget::PassingTarget;
    Result<std::vector<Stamp>> stamps() override {
      if (sent && stamp_gone) return std::vector<Stamp>();
      return inner_.stamps();
    }
    Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override {
      ZMIG_TRY(auto writer, inner_.open_writer(lease));
      return std::unique_ptr<Writer>(std::make_unique<Silent>(std::move(writer), *this));
    }
    bool sent = false, stamp_gone = false;
  };
  for (const bool stamp_gone : {false, true}) {
    World world;
    prepare(world);
    const Workbook before_it = world.target.snapshot();
    Lost target(world.target);
    target.stamp_gone = stamp_gone;
    const Report lost = through(world, target, up_to(1));
    CHECK(told(lost) == "1 failed  no answer");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 aborted"});
    CHECK(world.target.snapshot() == before_it);
    CHECK(told(world.up(up_to(1))) == "0 applied");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 aborted", "up 1 applied"});
  }
}

TEST_CASE("a goal of so many migrations on a workbook that is taken over on the way, and on one that has them all") {
  World model;
  prepare(model);
  World world;
  std::filesystem::create_directories(world.folder.at("schemas"));
  world.folder.write("schemas/0000_baseline.json", model.folder.read("schemas/0000_baseline.json"));
  world.load();
  Goal one;
  one.count = 1;
  Goal back = one;
  back.direction = Direction::down;
  world.options.accept_baseline = true;
  CHECK(told(must(world.migrator().execute(one))) == "0 up_to_date");  // there are none
  CHECK(told(must(world.migrator().execute(back))) == "0 up_to_date");
  CHECK(rows(world).empty());
  world.write_migration("0001_v3_occupation_columns", kFounding);
  world.write_migration("0002_drop_notes", kDrop);
  world.load();
  CHECK(told(world.up(one)) == "0 applied");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied"});
  CHECK(told(world.up(one)) == "0 applied");
  CHECK(told(world.up(one)) == "0 up_to_date");
  CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 applied", "up 2 applied"});
}

TEST_CASE("down --run wants the newest run of this workbook, applied, and says what it is instead") {
  World world;
  prepare(world);
  REQUIRE(world.up().exit_code == 0);
  Goal back;
  back.direction = Direction::down;
  const auto refused = [&](std::uint64_t run) {
    back.run = run;
    const auto report = world.migrator().execute(back);
    if (!report.has_value()) return report.error().zm + " " + report.error().message;
    return report->error ? report->error->zm + " " + report->error->message : std::string("done");
  };
  CHECK(refused(99) == "ZM0713 the ledger has no run r99 of this workbook");
  CHECK(refused(2) == "ZM0703 r2 is not the newest run here; 0002_drop_notes was applied last");
  CHECK(refused(3) == "done");
  CHECK(refused(3) == "ZM0703 r3 is undone already");
  Run other = world.runs().front();
  other.uid = "of-another";
  other.target_id = "t-other";
  other.id = must(world.ledger->begin(other));
  other.state = RunState::applied;
  REQUIRE(world.ledger->update(other, "run.applied", "{}").has_value());
  CHECK(refused(other.id) == "ZM0713 the ledger has no run r" + std::to_string(other.id) + " of this workbook");
}

TEST_CASE("a run that nobody can say the end of leaves its row open, and the next command finds it") {
  for (const bool landed : {false, true}) {
    World world;
    prepare(world);
    class Dark final : public PassingTarget {
     public:
      class Losing final : public PassingWriter {
       public:
        Losing(std::unique_ptr<Writer> inner, Dark& target) : PassingWriter(std::move(inner)), target_(target) {}
        Result<CommitReport> commit(std::span<const Part> batch, const Staged& staged) override {
          if (target_.lands) must(inner_->commit(batch, staged));
          target_.dark = true;
          Error error = make_error(Errc::io, "", "no answer");
          error.effect = Effect::unknown;
          return error;
        }

       private:
        Dark& target_;
      };
      using PassingTarget::PassingTarget;
      Result<Schema> inspect() override {
        if (dark) return make_error(Errc::transient, "", "no network");
        return inner_.inspect();
      }
      Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override {
        ZMIG_TRY(auto writer, inner_.open_writer(lease));
        return std::unique_ptr<Writer>(std::make_unique<Losing>(std::move(writer), *this));
      }
      bool dark = false, lands = false;
    };
    Dark target(world.target);
    target.lands = landed;
    const Report report = through(world, target, up_to(1));
    CHECK(told(report) == "75 partial ZM0403 nobody can say whether the batch reached the workbook: no network");
    REQUIRE(report.runs.size() == 1);
    CHECK(report.runs[0].outcome == "interrupted");
    CHECK(rows(world) == Rows{"baseline 0 applied", "up 1 in_flight"});
    const Report next = world.up(up_to(1));
    CHECK(next.exit_code == 0);
    CHECK(next.up_to_date == landed);
    CHECK(rows(world) == (landed ? Rows{"baseline 0 applied", "up 1 applied"}
                                 : Rows{"baseline 0 applied", "up 1 aborted", "up 1 applied"}));
  }
}
