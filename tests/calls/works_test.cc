// Places that no scenario of the sweep passes: every operation of the language, up and back; everything that a ledger
// is asked; what looks and tidies up. The same method: a quiet run, then one failing call after another, until each
// place on the way has seen an error come back. Every tenth of them by default; ZMIG_CALLS_STRIDE=1 or
// ZMIG_FAULT_FULL=1: all.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <zmig/backups.h>
#include <zmig/ledger.h>

#include "base/sqlite.h"
#include "calls/calls.h"
#include "fault/lab.h"
#include "laws/world.h"
#include "run/backup.h"
#include "support/catch.h"
#include "support/samples.h"
#include "support/shop_book.h"

using namespace zmig;
using namespace zmig::test;

namespace {

namespace fs = std::filesystem;

std::size_t stride() {
  const char* const text = std::getenv("ZMIG_CALLS_STRIDE");
  if (std::getenv("ZMIG_FAULT_FULL") != nullptr) return 1;
  return text == nullptr ? 10 : std::max<std::size_t>(1, std::strtoul(text, nullptr, 10));
}

struct Count {
  std::size_t places = 0, broken = 0;
  std::set<const void*> shown;
};

/// `start` makes the state, `work` is what fails somewhere, `after` looks at what is left; all get what `start` made.
template <class Start, class Work, class After>
void break_each_place(Count& count, const Start& start, const Work& work, const After& after) {
  std::vector<SeenCall> calls;
  {
    auto state = start();
    const Recording recording;
    work(*state);
    calls = recording.calls();
  }
  for (const SeenCall& call : new_places(calls, count.shown)) {
    if (++count.places % stride() != 0) continue;
    const int number = count.places % 2 == 0 ? EIO : ENOSPC;
    auto state = start();
    {
      const OneFails one(call.number, number);
      work(*state);
    }
    INFO(call.name << "#" << call.number << (number == EIO ? " EIO" : " ENOSPC"));
    after(*state);
    ++count.broken;
  }
}

struct Standing {
  std::string schema;
  Cells cells;
};
Standing standing_of(World& world) {
  world.reopen();
  const auto live = world.live();
  REQUIRE(live);
  const auto cells = world.cells();
  REQUIRE(cells);
  return {shown(*live), *cells};
}

/// Goes on until nothing is left to do.
void finish(World& world, Direction direction) {
  world.reopen();
  auto again = world.go(direction);
  for (int round = 0; round < 4 && again && !again->up_to_date; ++round) again = world.go(direction);
  INFO(told(again, world));
  REQUIRE(again);
  REQUIRE(again->exit_code == 0);
  REQUIRE(again->up_to_date);
}

}  // namespace

TEST_CASE("calls: every operation, up and back, loses nothing whichever place fails") {
  Count count;
  for (const Sample& sample : samples()) {
    const std::string text = migration_text(sample);
    if (text.empty()) continue;
    INFO(sample.name);
    World quiet("sqlite", sample.before, text, sample.name);
    const Standing begun = standing_of(quiet);
    const auto up = quiet.go(Direction::up);
    INFO(told(up, quiet));
    REQUIRE(up);
    REQUIRE(up->exit_code == 0);
    const Standing done = standing_of(quiet);
    const auto fresh = [&] { return std::make_unique<World>("sqlite", sample.before, text, sample.name); };
    break_each_place(
        count, fresh, [](World& world) { static_cast<void>(world.go(Direction::up)); },
        [&](World& world) {
          const Standing now = standing_of(world);
          CHECK((now.cells == begun.cells || now.cells == done.cells));
          finish(world, Direction::up);
          const Standing end = standing_of(world);
          CHECK(end.schema == done.schema);
          CHECK((end.cells == done.cells));
        });
    const auto back = quiet.go(Direction::down);
    if (!back || back->exit_code != 0) continue;  // no way back, or one that asks
    const Standing undone = standing_of(quiet);
    const auto applied = [&] {
      auto world = fresh();
      REQUIRE(world->go(Direction::up)->exit_code == 0);
      return world;
    };
    break_each_place(
        count, applied, [](World& world) { static_cast<void>(world.go(Direction::down)); },
        [&](World& world) {
          finish(world, Direction::down);
          const Standing end = standing_of(world);
          CHECK(end.schema == undone.schema);
          CHECK((end.cells == undone.cells));
        });
  }
  WARN(count.broken << " runs with one failing call, of " << count.places << " places");
  CHECK(count.places > 250);
  CHECK(count.broken > 0);
}

namespace {

/// A ledger in a file.
struct Book {
  std::string folder = fast_folder(), path = folder + "/state/ledger.db";
  FakePorts fakes;
  Book() { fs::remove_all(folder); }
  ~Book() { fs::remove_all(folder); }
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;
};

Run run_named(const std::string& uid) {
  Run run;
  run.uid = uid;
  run.target_id = "t-1";
  run.target_url = "sqlite:book.db";
  run.verb = "up";
  run.migration = 1;
  run.slug = "one";
  run.adopted_json = "[]";
  run.steps_total = 2;
  return run;
}

/// Everything that can be asked of it, in order; the first error ends it.
Status ask_everything(Book& book) {
  ZMIG_TRY(auto ledger, open_ledger(book.path, true, 50, book.fakes.ports));
  ZMIG_CHECK_OK(ledger->know_target("t-1", "sqlite:book.db", "original"));
  ZMIG_CHECK_OK(ledger->know_target("t-1", "sqlite:book.db", "original"));
  ZMIG_TRY(const auto deployment, ledger->next_deployment());
  Run run = run_named("u-1");
  run.deployment = deployment;
  const Status begun = ledger->together([&]() -> Status {
    ZMIG_TRY(run.id, ledger->begin(run));
    return ledger->append_event(run.id, "run.noted", "{}");
  });
  ZMIG_CHECK_OK(begun);
  Capture capture;
  capture.sheet = "s";
  capture.column = "c";
  capture.columns = {"c"};
  capture.cells = {{RowRef{2, 2, "h:1"}, Cell{Text{"x"}, {}, {}}, Cell{}}};
  ZMIG_CHECK_OK(ledger->save_captures(run.id, {capture}, UtcTime{}));
  run.state = RunState::applied;
  run.steps_confirmed = 2;
  run.verified = true;
  ZMIG_CHECK_OK(ledger->update(run, "run.applied", "{}"));
  ZMIG_TRY(const auto captures, ledger->captures(run.id));
  ZMIG_TRY(const auto one, ledger->run(run.id));
  ZMIG_TRY(const auto same, ledger->run_by_uid("u-1"));
  ZMIG_TRY(const auto all, ledger->runs({"t-1", RunMode::real, 1, 5}));
  ZMIG_TRY(const auto open, ledger->open_run("t-1"));
  ZMIG_TRY(const auto events, ledger->events(0));
  ZMIG_TRY(const auto own, ledger->events(run.id));
  ZMIG_TRY(const auto at, ledger->target_at("sqlite:book.db"));
  ZMIG_TRY(const auto head, ledger->head());
  ZMIG_TRY(const auto id, ledger->id());
  BackupRow row;
  row.target_id = "t-1";
  row.title = "b";
  row.sheets_json = "[]";
  ZMIG_TRY(row.id, ledger->add_backup(row));
  ZMIG_TRY(const auto backups, ledger->backups("t-1"));
  VerificationRow verification;
  verification.target_id = "t-1";
  ZMIG_TRY(verification.id, ledger->add_verification(verification));
  ZMIG_TRY(const auto last, ledger->last_verification("t-1"));
  ZMIG_CHECK_OK(ledger->forget_backup(row.id, "{}"));
  Run old = run_named("u-2");
  old.plan_json = "{\"plan\":1}";
  ZMIG_TRY(old.id, ledger->begin(old));
  old.state = RunState::aborted;
  old.finished = UtcTime(std::chrono::milliseconds(1));
  ZMIG_CHECK_OK(ledger->update(old, "run.aborted", "{\"because\":\"x\"}"));
  ZMIG_TRY(const std::uint64_t shortened, ledger->prune(UtcTime(std::chrono::milliseconds(9))));
  ZMIG_TRY(const ChainCheck chain, ledger->check_chain());
  // An answer is a whole one, whatever failed before it.
  CHECK(captures == std::vector<Capture>{capture});
  CHECK((one && same && one->uid == same->uid && one->state == RunState::applied));
  CHECK(all.size() == 1);
  CHECK_FALSE(open.has_value());
  CHECK(events.size() >= own.size());
  CHECK(at == "t-1");
  CHECK((head.size() == 64 && id.starts_with("l-")));
  CHECK(backups.size() == 1);
  CHECK((last && last->id == verification.id));
  CHECK(shortened == 1);
  CHECK(chain.ok);
  return ok();
}

}  // namespace

TEST_CASE("calls: whatever a ledger is asked, its chain holds and what it said stands") {
  Count count;
  {
    Book quiet;
    const Status done = ask_everything(quiet);
    INFO((done ? "" : done.error().message));
    REQUIRE(done.has_value());
  }
  break_each_place(
      count, [] { return std::make_unique<Book>(); }, [](Book& book) { static_cast<void>(ask_everything(book)); },
      [](Book& book) {
        auto ledger = open_ledger(book.path, true, 50, book.fakes.ports);
        INFO((ledger ? "" : ledger.error().message));
        REQUIRE(ledger.has_value());
        const auto chain = (*ledger)->check_chain();
        REQUIRE(chain.has_value());
        CHECK(chain->ok);
        const auto runs = (*ledger)->runs({});
        REQUIRE(runs.has_value());
        CHECK(runs->size() <= 2);
      });
  // Read only, and a file that is damaged: an error is said, and nothing is made.
  break_each_place(
      count,
      [] {
        auto book = std::make_unique<Book>();
        REQUIRE(ask_everything(*book).has_value());
        return book;
      },
      [](Book& book) {
        auto ledger = open_ledger(book.path, false, 50, book.fakes.ports);
        if (ledger) static_cast<void>((*ledger)->check_chain());
        if (ledger) static_cast<void>((*ledger)->runs({}));
      },
      [](Book& book) { CHECK(open_ledger(book.path, false, 50, book.fakes.ports).has_value()); });
  WARN(count.broken << " runs with one failing call, of " << count.places << " places");
  CHECK(count.places > 60);
}

TEST_CASE("calls: each code of SQLite says what its caller can do about it") {
  struct Meaning {
    int code;  // sqlite.org/rescode.html
    Errc means;
    const char* zm;
  };
  constexpr int kBusy = 5, kLocked = 6, kNoMemory = 7, kReadOnly = 8, kInterrupt = 9, kDisk = 10, kCorrupt = 11,
                kFull = 13, kCantOpen = 14, kProtocol = 15, kSchema = 17, kConstraint = 19, kNoLargeFiles = 22,
                kAuth = 23, kNoDatabase = 26, kPermission = 3, kOther = 1;
  const auto more = [](int code, int extension) { return code | (extension << 8); };
  const Meaning meanings[] = {{kBusy, Errc::busy, "ZM0471"},
                              {kLocked, Errc::busy, "ZM0471"},
                              {kProtocol, Errc::busy, "ZM0471"},
                              {kNoDatabase, Errc::corrupt, "ZM0470"},
                              {kCorrupt, Errc::corrupt, "ZM0470"},
                              {more(kDisk, 33), Errc::corrupt, "ZM0470"},
                              {more(kReadOnly, 1), Errc::transient, "ZM0472"},
                              {more(kReadOnly, 3), Errc::transient, "ZM0472"},
                              {more(kReadOnly, 4), Errc::conflict, ""},
                              {more(kCantOpen, 2), Errc::invalid_input, ""},
                              {more(kDisk, 12), Errc::transient, ""},
                              {kReadOnly, Errc::denied, ""},
                              {kPermission, Errc::denied, ""},
                              {kAuth, Errc::denied, ""},
                              {kDisk, Errc::io, ""},
                              {kFull, Errc::io, ""},
                              {kConstraint, Errc::conflict, ""},
                              {kNoMemory, Errc::transient, ""},
                              {kInterrupt, Errc::transient, ""},
                              {kSchema, Errc::transient, ""},
                              {kNoLargeFiles, Errc::unsupported, ""},
                              {kOther, Errc::invalid_input, ""}};
  auto db = sqlite::Database::open(":memory:", sqlite::Mode::create, 0);
  REQUIRE(db);
  for (const Meaning& one : meanings) {
    auto statement = db->prepare("SELECT 1");
    REQUIRE(statement);
    const OneFails fails(1, -one.code);
    const auto stepped = statement->step();
    INFO("code " << one.code);
    REQUIRE_FALSE(stepped.has_value());
    CHECK(stepped.error().code == one.means);
    CHECK(stepped.error().zm == one.zm);
    CHECK_FALSE(stepped.error().message.empty());
  }
}

TEST_CASE("calls: backups are made, read back, listed, put back and tidied up, or an error says why not") {
  const Sample& sample = samples().front();
  const std::string text = migration_text(sample);
  REQUIRE_FALSE(text.empty());
  Count count;
  const auto fresh = [&] { return std::make_unique<World>("sqlite", sample.before, text, sample.name); };
  const auto with_backups = [](World& world, const auto& use) {
    Quiet quiet;
    const History history;
    const std::vector<Replayed> replayed;
    const auto codec = dsl::make_codec();
    RunOptions options = world.options();
    Backups backups(history, replayed, world.target(), world.ledger(), *codec, world.ports().ports, quiet, options);
    use(backups);
  };
  const auto everything = [&](World& world) {
    with_backups(world, [](Backups& backups) {
      const auto made = backups.create({});
      static_cast<void>(backups.preview({}));
      const auto all = backups.list({});
      if (made) static_cast<void>(backups.verify(made->row.id));
      static_cast<void>(backups.unrecorded());
      Retention none;
      none.keep = std::chrono::seconds(0);
      static_cast<void>(backups.prune(none, false));
      static_cast<void>(all);
    });
  };
  break_each_place(count, fresh, everything, [&](World& world) {
    world.reopen();
    with_backups(world, [](Backups& backups) {
      const auto left = backups.prune({}, false);
      REQUIRE(left.has_value());
      const auto all = backups.list({});
      REQUIRE(all.has_value());
      // Every one that counts can be read back.
      for (const Backup& one : *all) {
        if (one.present) CHECK(backups.verify(one.row.id).has_value());
      }
      CHECK(backups.unrecorded()->empty());
      CHECK(backups.create({}).has_value());
    });
    for (const auto& entry : fs::directory_iterator(world.options().backup_folder))
      CHECK(entry.path().extension() == ".zbk");
  });
  WARN(count.broken << " runs with one failing call, of " << count.places << " places");
  CHECK(count.places > 60);
}
