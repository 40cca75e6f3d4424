#include <zmig/lock.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/failpoint.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using zmig::test::TempFolder;

namespace {

LockHolder ana() {
  LockHolder holder;
  holder.id = "L-1";
  holder.holder = "ana";
  holder.host = "ops-1";
  holder.command = "up --env prod";
  holder.since = *parse_utc("2026-01-26T18:15:00Z");
  return holder;
}

FileLock take(const std::string& path) {
  auto lock = FileLock::try_take(path, ana());
  REQUIRE(lock.has_value());
  REQUIRE(lock->has_value());
  return std::move(**lock);
}

}  // namespace

TEST_CASE("a lock is had by one, also within one process, and says who") {
  const TempFolder folder;
  const std::string path = folder.at("lock");
  CHECK_FALSE(read_lock(path)->has_value());
  {
    const FileLock first = take(path);
    const auto second = FileLock::try_take(path, ana());
    REQUIRE(second.has_value());
    CHECK_FALSE(second->has_value());
    const auto holder = read_lock(path);
    REQUIRE(holder.has_value());
    REQUIRE(holder->has_value());
    LockHolder expected = ana();
    expected.held = true;
    expected.pid = static_cast<std::uint64_t>(::getpid());
    expected.boot = (*holder)->boot;
    CHECK(**holder == expected);
    CHECK(in_words(expected).find("ana@ops-1 (pid ") == 0);
    CHECK(in_words(expected).ends_with(", `zmig up --env prod`, since 2026-01-26T18:15:00Z)"));
    const auto cleared = clear_lock(path, "L-1");
    REQUIRE_FALSE(cleared.has_value());
    CHECK(cleared.error().zm == "ZM0401");
  }
  CHECK_FALSE(read_lock(path)->has_value());  // given back: nothing is left behind, the file stays
  CHECK(::access(path.c_str(), F_OK) == 0);
  const FileLock again = take(path);
}

TEST_CASE("a lock dies with its process; its name can be cleared by its id only") {
  const TempFolder folder;
  const std::string path = folder.at("lock");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_take(path, ana());
    ::_exit(lock && *lock ? 7 : 1);  // without destructors, as when killed
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 7);
  const auto left = read_lock(path);
  REQUIRE(left.has_value());
  REQUIRE(left->has_value());
  CHECK_FALSE((*left)->held);
  CHECK((*left)->pid == static_cast<std::uint64_t>(child));
  CHECK(clear_lock(path, "L-2").error().zm == "ZM0713");
  REQUIRE(clear_lock(path, "L-1").has_value());
  CHECK_FALSE(read_lock(path)->has_value());
}

TEST_CASE("a lock file is private, and never followed when it is a link or no file") {
  const TempFolder folder;
  const std::string path = folder.at("lock");
  const mode_t old = ::umask(0);
  { const FileLock lock = take(path); }
  ::umask(old);
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  const std::string link = folder.at("link"), fifo = folder.at("fifo");
  REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  CHECK_FALSE(FileLock::try_take(link, ana()).has_value());
  CHECK_FALSE(read_lock(link).has_value());
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(FileLock::try_take(fifo, ana()).error().zm == "ZM0406");
}

TEST_CASE("nonsense in a lock file is nobody") {
  const TempFolder folder;
  folder.write("lock", std::string("zmig lock 2\nid \x1b[2J\n") + std::string(9000, 'x'));
  CHECK_FALSE(read_lock(folder.at("lock"))->has_value());
  folder.write("lock", "zmig lock 1\npid many\nsince never\nid\n\n\nhost a b c\n");
  const auto holder = read_lock(folder.at("lock"));
  REQUIRE(holder->has_value());
  LockHolder expected;
  expected.host = "a b c";
  CHECK(**holder == expected);
}

TEST_CASE("a fact with a line feed does not become another fact") {
  const TempFolder folder;
  LockHolder odd = ana();
  odd.command = "up\nid\rL-9";
  const auto lock = FileLock::try_take(folder.at("lock"), odd);
  REQUIRE(lock->has_value());
  CHECK(read_lock(folder.at("lock"))->value().id == "L-1");
  CHECK(read_lock(folder.at("lock"))->value().command == "up id L-9");
}

TEST_CASE("two names of a file have one lock") {
  const TempFolder folder;
  folder.write("shop.db", "x");
  REQUIRE(::symlink(folder.at("shop.db").c_str(), folder.at("other.db").c_str()) == 0);
  CHECK(lock_path_beside(folder.at("other.db")) == lock_path_beside(folder.at("shop.db")));
  CHECK(lock_path_beside(folder.at("./shop.db")) == lock_path_beside(folder.at("shop.db")));
  CHECK(lock_path_beside(folder.at("shop.db")).ends_with("/.shop.db.zmig-lock"));
}

TEST_CASE("a lock that is held without a name is somebody's all the same") {
  const TempFolder folder;
  const std::string path = folder.at("lock");
  const FileLock lock = take(path);
  folder.write("lock", "nothing that a lock says");
  const auto cleared = clear_lock(path, "L-1");
  REQUIRE_FALSE(cleared.has_value());
  CHECK(cleared.error().message == "the lock is held by somebody");
  REQUIRE(read_lock(path)->has_value());
  CHECK(read_lock(path)->value().held);
  CHECK(in_words(LockHolder{}).starts_with("somebody@"));
}

TEST_CASE("a path that leads in a circle still has a place for its lock") {
  const TempFolder folder;
  REQUIRE(::symlink("loop", folder.at("loop").c_str()) == 0);
  CHECK(lock_path_beside(folder.at("loop/shop.db")) == folder.at("loop/.shop.db.zmig-lock"));
}

#ifdef ZMIG_FAILPOINTS

TEST_CASE("a lock that cannot be cleared keeps its name, and a lost answer does not bring it back") {
  for (const char* point : {"lock.before_clear", "lock.after_clear"}) {
    CAPTURE(point);
    const TempFolder folder;
    folder.write("lock", "zmig lock 1\nid L-9\nholder eva\n");
    ::setenv("ZMIG_FAILPOINT", (point + std::string("=err:EIO")).c_str(), 1);
    const auto cleared = clear_lock(folder.at("lock"), "L-9");
    ::unsetenv("ZMIG_FAILPOINT");
    CHECK_FALSE(cleared.has_value());
    CHECK(read_lock(folder.at("lock"))->has_value() == (point == std::string("lock.before_clear")));
  }
}

#endif
