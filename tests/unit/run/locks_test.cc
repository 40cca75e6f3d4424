// Lock files around a run: held from the first durable write to the end, waited for with the owner's name.

#include <zmig/lock.h>

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

LockHolder somebody() {
  LockHolder holder;
  holder.id = "L-1";
  holder.holder = "eva";
  holder.host = "ops-2";
  holder.command = "up --env prod";
  return holder;
}

bool is_free(const std::string& path) {
  const auto lock = FileLock::try_take(path, somebody());
  REQUIRE(lock.has_value());
  return lock->has_value();
}

struct Watcher final : Observer {
  std::vector<std::string> paths, seen;
  std::string waited_for;
  void on(const Event& event) override {
    if (const auto* waiting = std::get_if<event::Waiting>(&event)) waited_for = waiting->holder;
    const bool sent = std::holds_alternative<event::BatchSent>(event);
    const bool ended = std::holds_alternative<event::RunFinished>(event);
    if (!sent && !ended) return;
    for (const std::string& path : paths)
      seen.push_back((sent ? "sent " : "ended ") + std::string(is_free(path) ? "free" : "held"));
  }
};

struct Locked : World {
  std::vector<std::string> paths{folder.at("ledger.lock"), folder.at("book.lock")};
  Watcher watcher;
  Locked() {
    take_over();
    write_migration("0001_founding", kFounding);
    write_migration("0002_drop", kDrop);
    load();
    options.lock_files = paths;
    options.lock_timeout = std::chrono::milliseconds(60);
    watcher.paths = paths;
  }
  Report go(const Goal& goal = {}) {
    Migrator migrator(history, replayed, target, *ledger, *codec, fakes.ports, watcher, options);
    return must(migrator.execute(goal));
  }
};

}  // namespace

TEST_CASE("a run holds every lock while it writes, between migrations too, and gives them back") {
  Locked world;
  REQUIRE(world.go().exit_code == 0);
  REQUIRE(world.watcher.seen.size() >= 4);
  for (const std::string& seen : world.watcher.seen) CHECK(seen.ends_with(" held"));
  for (const std::string& path : world.paths) CHECK(is_free(path));
}

TEST_CASE("nothing to do takes no lock") {
  Locked world;
  REQUIRE(world.go().exit_code == 0);
  std::filesystem::remove(world.paths[0]);
  std::filesystem::remove(world.paths[1]);
  CHECK(world.go().up_to_date);
  CHECK_FALSE(std::filesystem::exists(world.paths[0]));
  CHECK_FALSE(std::filesystem::exists(world.paths[1]));
}

TEST_CASE("somebody else's lock is waited for, then exit 7 with the owner's name, and nothing is written") {
  Locked world;
  const auto before = visible(world.target);
  const auto lock = FileLock::try_take(world.paths[1], somebody());
  REQUIRE(lock->has_value());
  const Report report = world.go();
  CHECK(report.exit_code == 7);
  REQUIRE(report.error.has_value());
  CHECK(report.error->zm == "ZM0401");
  CHECK(report.error->message.find("eva@ops-2 (pid ") != std::string::npos);
  CHECK(world.watcher.waited_for.find("`zmig up --env prod`") != std::string::npos);
  CHECK(visible(world.target) == before);
  CHECK(is_free(world.paths[0]));  // what was taken on the way is given back
}

TEST_CASE("a request to stop ends the wait for a lock") {
  Locked world;
  world.options.lock_timeout = std::chrono::hours(1);
  world.options.stop_requested = [&] { return !world.watcher.waited_for.empty(); };
  const auto lock = FileLock::try_take(world.paths[0], somebody());
  REQUIRE(lock->has_value());
  const Report report = world.go();
  CHECK(report.exit_code == 130);
  CHECK(report.outcome == "interrupted");
  CHECK(report.error->message == "stopped on request, while waiting for the lock");
}

TEST_CASE("a request to stop between two migrations leaves the first applied and the second not begun") {
  Locked world;
  world.options.one_by_one = true;
  world.options.stop_requested = [&] { return !world.watcher.seen.empty(); };
  const Report report = world.go();
  CHECK(report.exit_code == 130);
  CHECK(report.outcome == "interrupted");
  REQUIRE(report.runs.size() == 1);
  CHECK(report.runs.front().outcome == "applied");
  CHECK(report.runs.front().run.state == RunState::applied);
  world.options.stop_requested = {};
  CHECK(world.go().exit_code == 0);
}
