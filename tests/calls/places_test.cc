// One place at a time: an error that asks for an answer of its own, another program that comes in between, a file that
// is not what it was. What the sweeps of the other files leave open, because one EIO there says nothing of it.

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <zmig/ledger.h>
#include <zmig/lock.h>

#include "base/durable.h"
#include "base/sqlite.h"
#include "calls/calls.h"
#include "fault/lab.h"
#include "laws/world.h"
#include "run/backup.h"
#include "run/snapshot_codec.h"
#include "support/catch.h"
#include "support/passing_target.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::size_t kAll = 1000;

template <class T>
T must(Result<T> result) {
  if (!result.has_value()) FAIL(result.error().zm + " " + result.error().message);
  return std::move(result).value();
}

/// A folder with a file "a" that says "old".
struct OldFile {
  TempFolder folder;
  std::string path = folder.write("a", "old");
};

/// How often the work calls the function.
template <class Work>
std::size_t times(std::string_view name, const Work& work) {
  const Recording recording;
  work();
  const std::vector<SeenCall> calls = recording.calls();
  return static_cast<std::size_t>(
      std::count_if(calls.begin(), calls.end(), [&](const SeenCall& call) { return call.name == name; }));
}

}  // namespace

// --- Files in place

TEST_CASE("calls: a sweep leaves what is somebody else's, no file any more, or not to be looked at") {
  const TempFolder folder;
  const std::string name = ".a.zmig-01234567";
  folder.write(name, "left");
  {
    const StatShows others([](struct stat& info) { info.st_uid += 1; });
    CHECK(sweep_asides(folder.path()) == 0);
  }
  {
    const StatShows fifo([](struct stat& info) { info.st_mode = S_IFIFO | 0600; });
    CHECK(sweep_asides(folder.path()) == 0);
  }
  {
    const NamedFails fails("fstat", EIO, 1, kAll);
    CHECK(sweep_asides(folder.path()) == 0);
    CHECK(fails.happened());
  }
  CHECK(folder.names() == Names{name});
  CHECK(sweep_asides(folder.path()) == 1);
}

TEST_CASE("calls: a name aside that is taken is no reason to give up, sixteen are") {
  OldFile old;
  {
    const NamedFails taken("openat", EEXIST, 1, 15);
    CHECK(durable_replace(old.path, "new").has_value());
    CHECK(taken.happened());
  }
  CHECK(old.folder.read("a") == "new");
  {
    const NamedFails taken("openat", EEXIST, 1, kAll);
    const Status done = durable_replace(old.path, "newer");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == Errc::conflict);
    CHECK(done.error().effect == Effect::none);
  }
  {
    const NamedFails interrupted("openat", EINTR, 1, 2);
    CHECK(durable_replace(old.path, "newest").has_value());
  }
  CHECK(old.folder.read("a") == "newest");
  CHECK(old.folder.names() == Names{"a"});
}

TEST_CASE("calls: a new file is given to the owner of the old one, where that is permitted") {
  struct Case {
    const char* name;
    int number;  // of fchown
    std::function<void(struct stat&)> mine;
    bool done;
  };
  const auto other_user = [](struct stat& info) { info.st_uid += 1; };
  const auto other_group = [](struct stat& info) { info.st_gid += 1; };
  const Case cases[] = {{"user, not permitted", EPERM, other_user, true},
                        {"group, not permitted", EPERM, other_group, true},
                        {"user, disk error", EIO, other_user, false}};
  for (const Case& one : cases) {
    INFO(one.name);
    OldFile old;
    Status done = ok();
    {
      const StatShows mine(one.mine);
      const NamedFails fails("fchown", one.number);
      done = durable_replace(old.path, "new");
      CHECK(fails.happened());
    }
    CHECK(done.has_value() == one.done);
    CHECK(old.folder.read("a") == (one.done ? "new" : "old"));
    CHECK(old.folder.names() == Names{"a"});
  }
  OldFile old;
  const StatShows mine(other_user);
  CHECK(durable_replace(old.path, "new").has_value());
  CHECK(old.folder.read("a") == "new");
}

TEST_CASE("calls: what a rename that failed leaves open is said, and nothing that it does not") {
  struct Case {
    int number;
    Errc code;
    Effect effect;
  };
  for (const Case& one : {Case{EIO, Errc::io, Effect::unknown}, Case{ENOSPC, Errc::io, Effect::none},
                          Case{EDQUOT, Errc::io, Effect::none}, Case{EROFS, Errc::io, Effect::none},
                          Case{EACCES, Errc::denied, Effect::none}}) {
    INFO("errno " << one.number);
    OldFile old;
    const NamedFails fails("renameat", one.number);
    const Status done = durable_replace(old.path, "new");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == one.code);
    CHECK(done.error().effect == one.effect);
    CHECK(old.folder.read("a") == "old");
  }
  for (const int number : {EINVAL, ENOSYS}) {
    for (const RenameMode mode : {RenameMode::exchange, RenameMode::no_replace}) {
      OldFile old;
      old.folder.write("b", "other");
      const NamedFails fails("renameat2", number);
      const Status done = durable_rename(old.path, old.folder.at(mode == RenameMode::exchange ? "b" : "c"), mode);
      REQUIRE_FALSE(done.has_value());
      CHECK(done.error().code == Errc::unsupported);
      CHECK(done.error().message.find("this file system cannot do it") != std::string::npos);
      CHECK(old.folder.names() == Names{"a", "b"});
    }
  }
}

TEST_CASE("calls: a folder that cannot be synced promises no less than its file system does") {
  const std::size_t syncs = times("fsync", [] {
    OldFile old;
    REQUIRE(durable_replace(old.path, "new").has_value());
  });
  REQUIRE(syncs == 2);  // the file, its folder
  for (const int number : {EINVAL, ENOTSUP, EIO}) {
    OldFile old;
    const NamedFails fails("fsync", number, 2);
    const Status done = durable_replace(old.path, "new");
    CHECK(fails.happened());
    CHECK(old.folder.read("a") == "new");
    CHECK(done.has_value() == (number != EIO));
    if (!done.has_value()) CHECK(done.error().effect == Effect::unknown);
  }
}

// --- Locks

TEST_CASE("calls: a lock that the kernel calls forbidden is somebody else's") {
  const TempFolder folder;
  LockHolder ana;
  ana.id = "L-1";
  for (const char* name : {"fcntl", "fcntl64"}) {
    const NamedFails fails(name, EACCES);
    const auto taken = FileLock::try_take(folder.at("lock"), ana);
    REQUIRE(taken.has_value());
    CHECK(taken.value().has_value() != fails.happened());
  }
  CHECK(must(FileLock::try_take(folder.at("lock"), ana)).has_value());
}

// --- SQLite

TEST_CASE("calls: a database that cannot be opened says why") {
  struct Case {
    int number;
    Errc code;
  };
  for (const Case& one : {Case{EACCES, Errc::denied}, Case{EPERM, Errc::denied}, Case{ENOTDIR, Errc::not_found},
                          Case{ENOENT, Errc::not_found}, Case{EMFILE, Errc::io}}) {
    INFO("errno " << one.number);
    const TempFolder folder;
    REQUIRE(sqlite::Database::open(folder.at("a.db"), sqlite::Mode::create, 0).has_value());
    const NamedFails small("open", one.number, 1, kAll), large("open64", one.number, 1, kAll);
    const auto opened = sqlite::Database::open(folder.at("a.db"), sqlite::Mode::read_only, 0);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == one.code);
  }
}

TEST_CASE("calls: a value that could not be bound fails the step, once, and never runs without it") {
  auto db = must(sqlite::Database::open(":memory:", sqlite::Mode::create, 0));
  REQUIRE(db.exec("CREATE TABLE t(a, b)").has_value());
  auto insert = must(db.prepare("INSERT INTO t VALUES(?1, ?2)"));
  {
    const NamedFails no_memory("sqlite3_bind_int64", -7, 1), too_big("sqlite3_bind_int64", -18, 2);
    insert.bind(1, std::int64_t{1}).bind(2, std::int64_t{2});
    const auto done = insert.step();
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == Errc::transient);  // the first one is told
    CHECK(done.error().message == "binding a value: out of memory");
  }
  CHECK(must(must(db.prepare("SELECT 1 FROM t")).step()) == false);
  REQUIRE(insert.bind(1, std::int64_t{1}).bind(2, std::int64_t{2}).run().has_value());
  CHECK(must(must(db.prepare("SELECT 1 FROM t WHERE a = 1 AND b = 2")).step()));
}

TEST_CASE("calls: a copy of a database that stops on the way is an error") {
  auto from = must(sqlite::Database::open(":memory:", sqlite::Mode::create, 0));
  REQUIRE(from.exec("CREATE TABLE t(a)").has_value());
  auto to = must(sqlite::Database::open(":memory:", sqlite::Mode::create, 0));
  {
    const NamedFails fails("sqlite3_backup_init", EIO);
    CHECK_FALSE(from.copy_to(to).has_value());
  }
  {
    const NamedFails fails("sqlite3_backup_step", -5);
    const Status copied = from.copy_to(to);
    REQUIRE_FALSE(copied.has_value());
    CHECK(copied.error().code == Errc::busy);
  }
  CHECK(from.copy_to(to).has_value());
}

TEST_CASE("calls: a connection that cannot be made safe is not used") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  const auto open = [&] { return sqlite::Database::open(path, sqlite::Mode::create, 0); };
  const std::size_t settings = times("sqlite3_db_config", [&] { REQUIRE(open().has_value()); });
  REQUIRE(settings == 4);
  for (std::size_t at = 1; at <= settings; ++at) {
    const NamedFails fails("sqlite3_db_config", -1, at);
    const auto opened = open();
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().message.starts_with("configuring the connection: "));
  }
  auto db = must(open());
  REQUIRE(db.exec("CREATE TABLE t(a)").has_value());
  {
    const NamedFails fails("sqlite3_db_config", -1);
    CHECK_FALSE(db.allow_schema_edit(true).has_value());
  }
  CHECK_FALSE(db.exec("UPDATE sqlite_schema SET sql = sql").has_value());
  REQUIRE(db.allow_schema_edit(true).has_value());
  {
    const NamedFails fails("sqlite3_db_config", -1);
    CHECK_FALSE(db.allow_schema_edit(false).has_value());
  }
}

TEST_CASE("calls: a file whose change counter cannot be read has none, and that is no error") {
  const TempFolder folder;
  auto db = must(sqlite::Database::open(folder.at("a.db"), sqlite::Mode::create, 0));
  REQUIRE(db.exec("CREATE TABLE t(a)").has_value());
  CHECK(must(db.change_counter()).size() == 32);
  const NamedFails fails("sqlite3_file_control", -1);
  CHECK(must(db.change_counter()).empty());
}

// --- The ledger

TEST_CASE("calls: a folder on the network is told by the kind of its file system") {
  const TempFolder folder;
  CHECK(network_file_system(folder.path()).empty());
  CHECK(network_file_system(folder.at("not there")).empty());
  const NamedFails nfs("statfs", 0);
  CHECK(network_file_system(folder.path()) == "nfs");
}

TEST_CASE("calls: two programs that make the ledger at the same time make one") {
  std::size_t at = 1;
  for (bool met = true; met; ++at) {
    const TempFolder folder;
    const std::string path = folder.at("ledger.db");
    FakePorts ours, theirs;
    theirs.random.hex(1);  // other ids than ours
    std::string other;
    Result<std::unique_ptr<Ledger>> opened = make_error(Errc::io, "", "");
    {
      const Before race("sqlite3_exec", at, [&] {
        auto ledger = open_ledger(path, true, 0, theirs.ports);
        if (ledger) other = must((*ledger)->id());
      });
      opened = open_ledger(path, true, 0, ours.ports);
      met = race.happened();
    }
    INFO("in front of statement " << at);
    // Busy or moved on is an answer; another ledger in the same file is none.
    if (opened.has_value() && !other.empty()) CHECK(must((*opened)->id()) == other);
    if (opened.has_value()) opened.value().reset();
    const auto again = must(open_ledger(path, true, 0, ours.ports));
    if (!other.empty()) CHECK(must(again->id()) == other);
    CHECK(must(again->check_chain()).ok);
  }
  CHECK(at > 4);
}

TEST_CASE("calls: a ledger's write that was done and reported as failed is looked up, not believed") {
  struct Book {
    TempFolder folder;
    FakePorts ports;
    std::string path = folder.at("ledger.db");
    std::unique_ptr<Ledger> ledger = must(open_ledger(path, true, 0, ports.ports));
    bool has() { return must(must(open_ledger(path, true, 0, ports.ports))->target_at("sqlite:a")).has_value(); }
  };
  const auto write = [](Book& book) { return book.ledger->know_target("t-1", "sqlite:a", "original"); };
  std::size_t settled = 0, at = 1;
  for (bool met = true; met; ++at) {
    Book book;
    Status done = ok();
    {
      const NamedFails fails("sqlite3_exec after", EIO, at);
      done = write(book);
      met = fails.happened();
    }
    INFO("statement " << at);
    book.ledger.reset();
    CHECK(book.has() == done.has_value());
    settled += met && done.has_value() ? 1 : 0;
  }
  CHECK(settled == 1);  // COMMIT
  const std::size_t commit = at - 2;
  // Where it cannot be looked up either, that is said, and the next program sees what is there.
  std::size_t steps = 0, blind = 0;
  {
    Book quiet;
    steps = times("sqlite3_step", [&] { REQUIRE(write(quiet).has_value()); });
  }
  const auto look_fails = [&](const std::string& name, std::size_t first) {
    Book book;
    Status done = ok();
    bool met = false;
    {
      const NamedFails reported("sqlite3_exec after", EIO, commit), looking(name, EIO, first);
      done = write(book);
      met = looking.happened();
    }
    INFO(name << " " << first);
    book.ledger.reset();
    CHECK(book.has());
    // (Inside of sqlite3_exec() a step that never ran is no error.)
    CHECK((done.has_value() || met));
    blind += done.has_value() ? 0 : 1;
    return met;
  };
  CHECK(look_fails("sqlite3_open_v2", 1));
  while (look_fails("sqlite3_step", ++steps)) continue;
  CHECK(blind > 3);
  for (std::size_t first = 1; look_fails("sqlite3_exec", first + commit - 1); ++first) continue;
}

// --- Backups

namespace {

std::unique_ptr<World> shop_world() {
  const Sample& sample = samples().front();
  return std::make_unique<World>("memory", sample.before, migration_text(sample), sample.name);
}
Result<BackupRow> back_up(World& world) {
  const run::SnapshotOptions options{world.options().backup_folder, "t-1", 0, world.ports().clock.now(), std::nullopt};
  return run::make_snapshot(world.target(), {}, options, world.ports().ports);
}

}  // namespace

TEST_CASE("calls: a backup that cannot be packed, claimed or read again is not made") {
  struct Case {
    const char* name;
    int number;
    Errc code;
  };
  const auto world = shop_world();
  for (const Case& one : {Case{"ZSTD_createCCtx", 0, Errc::transient}, Case{"ZSTD_compressStream2", 0, Errc::transient},
                          Case{"ZSTD_createDCtx", 0, Errc::transient}, Case{"flock", EWOULDBLOCK, Errc::not_found}}) {
    INFO(one.name);
    const NamedFails fails(one.name, one.number, 1, kAll);
    const auto made = back_up(*world);
    CHECK(fails.happened());
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().zm == "ZM0501");
    CHECK(made.error().code == one.code);
    CHECK(fs::is_empty(world->options().backup_folder));
  }
}

TEST_CASE("calls: a backup is read in pieces, however often that is interrupted") {
  const auto world = shop_world();
  const BackupRow row = must(back_up(*world));
  const std::size_t reads = times("read", [&] { must(run::verify_snapshot(row.location, row.sha256)); });
  REQUIRE(reads > 2);
  for (std::size_t at = 2; at <= reads; ++at) {
    const NamedFails fails("read", EINTR, at);
    CHECK(run::verify_snapshot(row.location, row.sha256).has_value());
    CHECK(fails.happened());
  }
  const NamedFails fails("read", EINTR, 2, 1);
  CHECK(back_up(*world).has_value());
}

TEST_CASE("calls: without memory an old backup cannot be read, and is not called damaged") {
  const NamedFails fails("inflateInit2_", 0);
  const auto read = run::read_snapshot(ZMIG_TEST_DATA "/backups/version_2.zbk", {});
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Errc::transient);
  CHECK(read.error().message == "not enough memory to read the backup");
}

TEST_CASE("calls: a disk that is full at any piece of a large backup makes none") {
  // Everything in it is larger than what the packer keeps: the file is written in the middle of each kind of record.
  class Large final : public PassingTarget {
   public:
    using PassingTarget::PassingTarget;
    Result<std::vector<NativeObject>> native_objects() override {
      return std::vector<NativeObject>{{"view", "v", "", std::string(150'000, 'v')}};
    }
  };
  Workbook book;
  Sheet sheet;
  sheet.id = "s00000000001";
  sheet.title = "S";
  SheetCells cells;
  cells.add_row(1);
  for (int i = 0; i < 3000; ++i) {
    Column column;
    column.id = "c" + std::to_string(100000 + i) + std::string(60, 'i');
    column.header = "H" + std::to_string(i);
    cells.put(column.id, 0, Cell{Text{std::string(60, 'x')}, {}, {}});
    sheet.columns.push_back(column);
  }
  book.cells[sheet.id] = std::move(cells);
  book.schema.sheets.push_back(std::move(sheet));
  MemoryTarget memory(std::move(book), "large");
  Large target(memory);
  const TempFolder folder;
  FakePorts ports;
  const auto make = [&] {
    const run::SnapshotOptions options{folder.path(), "t-1", 0, ports.clock.now(), std::nullopt};
    return run::make_snapshot(target, {{1, std::string(150'000, 's')}}, options, ports.ports);
  };
  // Each of the packer's steps refuses once, and each write of the file.
  for (const char* name : {"write", "ZSTD_compressStream2"}) {
    std::size_t at = 1;
    for (bool met = true; met; ++at) {
      const NamedFails fails(name, ENOSPC, at, kAll);  // a packer without memory is asked three times
      const auto made = make();
      met = fails.happened();
      INFO(name << " " << at);
      REQUIRE(made.has_value() != met);
      if (!met) continue;
      CHECK(made.error().zm == "ZM0501");
      CHECK(folder.names().empty());
    }
    CHECK(at > 3);
    for (const std::string& made : folder.names()) fs::remove(folder.at(made));
  }
}
