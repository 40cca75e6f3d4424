// Every call site on the way sees an error come back. A quiet run is recorded with the places that its calls come from;
// then the run is repeated with one call failing, for as many calls as it takes until every place has had its error.
//
// By default every tenth of them, each with EIO or ENOSPC in turn. ZMIG_FAULT_FULL=1: all of them, with both.
// ZMIG_CALLS_STRIDE=1: all of them in turn.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <zmig/lock.h>

#include "base/durable.h"
#include "calls/calls.h"
#include "fault/oracle.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "unit/targets/sqlite_support.h"

using namespace zmig;
using namespace zmig::test;

namespace {

namespace fs = std::filesystem;

bool full() { return std::getenv("ZMIG_FAULT_FULL") != nullptr; }

std::size_t stride() {
  const char* const text = std::getenv("ZMIG_CALLS_STRIDE");
  return full() ? 1 : text == nullptr ? 10 : std::max<std::size_t>(1, std::strtoul(text, nullptr, 10));
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

template <class Work>
std::size_t calls_of(const Work& work) {
  const Recording recording;
  work();
  return recording.calls().size();
}

LockHolder holder(const std::string& id, const std::string& name) {
  LockHolder made;
  made.id = id;
  made.holder = name;
  made.host = "here";
  return made;
}

constexpr int kNumbers[] = {EIO, ENOSPC, EINTR, EPERM, EAGAIN};

}  // namespace

TEST_CASE("calls: an error at any place loses no cell, tells no lie, and leaves a way on") {
  std::set<const void*> shown;
  Findings findings;
  std::size_t places = 0, broken = 0, turn = 0;
  for (const Scenario& scenario : all_scenarios()) {
    Lab lab("sqlite");
    Oracle oracle(lab, scenario);
    lab.restore();
    std::vector<SeenCall> calls;
    {
      const Recording recording;
      static_cast<void>(lab.attempt(*scenario.project, scenario.command));
      calls = recording.calls();
    }
    for (const SeenCall& call : new_places(calls, shown)) {
      ++places;
      if (++turn % stride() != 0) continue;
      for (const int number : {EIO, ENOSPC}) {
        if (!full() && (turn / stride()) % 2 != (number == EIO ? 0U : 1U)) continue;
        lab.restore();
        Attempt attempt;
        {
          const OneFails one(call.number, number);
          attempt = lab.attempt(*scenario.project, scenario.command);
        }
        const std::string where =
            scenario.name + " " + call.name + "#" + std::to_string(call.number) + (number == EIO ? " EIO" : " ENOSPC");
        oracle.check_now(where, attempt, findings);
        oracle.check_converges(where, false, findings);
        ++broken;
      }
    }
  }
  WARN(broken << " runs with one failing call, of " << places << " places: " << findings.told());
  CHECK(findings.all() == 0);
  CHECK(places > 250);
  CHECK(broken > 0);
}

namespace {

/// Definitions and rows of everything in a workbook, once whoever writes next has rolled back what was left open.
std::vector<std::string> all_of(const std::string& path) {
  REQUIRE(try_sql(path, "SELECT 1").empty());
  std::vector<std::string> lines = query(path, "SELECT name, sql FROM sqlite_schema ORDER BY name");
  for (const std::string& line : query(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
    const std::string name = line.substr(2);
    for (const std::string& row : query(path, "SELECT * FROM " + sqlite::identifier(name)))
      lines.push_back(std::string(name).append(" ").append(row));
  }
  return lines;
}

/// Empty, or the first line that differs.
std::string differs(const std::vector<std::string>& found, const std::vector<std::string>& wanted) {
  for (std::size_t i = 0; i < std::max(found.size(), wanted.size()); ++i) {
    const std::string one = i < found.size() ? found[i] : "nothing", other = i < wanted.size() ? wanted[i] : "nothing";
    if (one != other) return std::string(one).append(" instead of ").append(other);
  }
  return {};
}

}  // namespace

TEST_CASE("calls: a commit into a workbook is whole or not there, whichever call of it fails") {
  const std::string folder = fast_folder();
  const std::string base = folder + "/base.db", path = folder + "/work.db";
  run_sql(base,
          "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT, \"Nota\" TEXT);"
          "INSERT INTO \"Pedidos\" VALUES ('P-1', 'uno'), ('P-2', NULL);"
          "CREATE TABLE \"Clientes\" (\"Nombre\" TEXT);"
          "CREATE INDEX por_nombre ON \"Clientes\"(\"Nombre\")");
  {
    const auto target = open_workbook(base);
    REQUIRE(told(commit(*target, claims("Pedidos", {{"Pedido", Type{}}, {"Nota", Type{}}}))) == "done");
    REQUIRE(told(commit(*target, claims("Clientes", {{"Nombre", Type{}}}))) == "done");
  }
  Sheet again;
  again.id = "sClientes";
  again.title = "Clientes";
  const std::vector<std::vector<Change>> commits{
      {change::DeleteColumn{{"sPedidos", "cNota"}}, change::SetHeader{{"sPedidos", "cPedido"}, "Orden"}},
      {change::DeleteSheet{"sClientes"}, change::InsertColumn{"sPedidos", make_column("cZona", "Zona"), {}}},
      {change::InsertSheet{again, {}}, change::InsertColumn{again.id, make_column("cNombre", "Nombre"), {}}}};
  std::uint64_t number = 0;
  for (const std::vector<Change>& changes : commits) {
    const Stamp stamp{++number, "{}"};
    const auto before = all_of(base);
    const auto start = [&] {
      for (const char* rest : {"-journal", "-wal", "-shm"}) fs::remove(path + rest);
      fs::copy_file(base, path, fs::copy_options::overwrite_existing);
      return open_workbook(path);
    };
    auto quiet = start();
    std::vector<SeenCall> calls;
    {
      const Recording recording;
      REQUIRE(told(commit(*quiet, changes, stamp)) == "done");
      calls = recording.calls();
    }
    const std::size_t count = calls.size();
    const auto after = all_of(path);
    REQUIRE(after != before);
    REQUIRE(count > 50);
    for (std::size_t at = 1; at <= count; ++at) {
      // Those of the system: what SQLite does about them is its own, rolling back the whole transaction for one.
      if (calls[at - 1].name.starts_with("sqlite3_")) continue;
      for (const int error : {EIO, ENOSPC}) {
        auto target = start();
        std::optional<Result<CommitReport>> done;
        {
          const OneFails one(at, error);
          done = commit(*target, changes, stamp);
        }
        target.reset();
        INFO("commit " << number << ", call " << at << " " << calls[at - 1].name << ", errno " << error << ": "
                       << told(*done));
        const auto now = all_of(path);
        if (done->has_value()) {
          CHECK(differs(now, after) == "");
        } else if (done->error().effect == Effect::none || now != after) {
          CHECK(differs(now, before) == "");
        }
        // A failing disk is nobody's conflict.
        if (!done->has_value()) CHECK(done->error().zm != "ZM0476");
      }
    }
    auto last = start();
    REQUIRE(told(commit(*last, changes, stamp)) == "done");
    last.reset();
    fs::rename(path, base);
  }
  fs::remove_all(folder);
}

TEST_CASE("calls: a file is replaced as a whole or not at all, and nothing stays beside it") {
  const std::string folder = fast_folder();
  const std::string path = folder + "/file";
  for (const bool there : {false, true}) {
    const auto start = [&] {
      fs::remove_all(folder);
      fs::create_directories(folder);
      if (there) std::ofstream(path) << "old";
    };
    start();
    const std::size_t count = calls_of([&] { REQUIRE(durable_replace(path, "new").has_value()); });
    REQUIRE(count > 5);
    for (std::size_t at = 1; at <= count; ++at) {
      for (const int number : kNumbers) {
        start();
        Status done = ok();
        {
          const OneFails one(at, number);
          done = durable_replace(path, "new");
        }
        INFO((there ? "replacing" : "making") << ", call " << at << ", errno " << number);
        const std::string now = fs::exists(path) ? text_of(path) : "";
        // Done, then new. Not done, then old, unless nobody can know.
        if (done.has_value()) {
          CHECK(now == "new");
        } else if (done.error().effect == Effect::none) {
          CHECK(now == (there ? "old" : ""));
        } else {
          CHECK((now == "new" || now == (there ? "old" : "")));
        }
        REQUIRE(durable_replace(path, "newer").has_value());
        CHECK(names_in(folder) == std::vector<std::string>{"file"});
      }
    }
  }
  fs::remove_all(folder);
}

TEST_CASE("calls: a file is put in place as a whole or not at all") {
  const std::string folder = fast_folder();
  for (const RenameMode mode : {RenameMode::replace, RenameMode::no_replace, RenameMode::exchange}) {
    const auto start = [&] {
      fs::remove_all(folder);
      fs::create_directories(folder + "/a");
      fs::create_directories(folder + "/b");
      std::ofstream(folder + "/a/new") << "new";
      if (mode != RenameMode::no_replace) std::ofstream(folder + "/b/file") << "old";
    };
    const auto put = [&] { return durable_rename(folder + "/a/new", folder + "/b/file", mode); };
    start();
    const std::size_t count = calls_of([&] { REQUIRE(put().has_value()); });
    for (std::size_t at = 1; at <= count; ++at) {
      for (const int number : kNumbers) {
        start();
        Status done = ok();
        {
          const OneFails one(at, number);
          done = put();
        }
        INFO("mode " << static_cast<int>(mode) << ", call " << at << ", errno " << number);
        const std::string now = fs::exists(folder + "/b/file") ? text_of(folder + "/b/file") : "";
        const std::string before = mode == RenameMode::no_replace ? "" : "old";
        if (done.has_value()) CHECK(now == "new");
        if (!done.has_value() && done.error().effect == Effect::none) CHECK(now == before);
        CHECK((now == "new" || now == before));
      }
    }
  }
  fs::remove_all(folder);
}

TEST_CASE("calls: a lock is taken or it is not, and is free again afterwards") {
  const std::string folder = fast_folder();
  const std::string path = folder + "/lock";
  fs::create_directories(folder);
  const auto all = [&]() -> Status {
    {
      ZMIG_TRY(auto taken, FileLock::try_take(path, holder("L-1", "ana")));
      ZMIG_TRY(auto second, FileLock::try_take(path, holder("L-2", "bob")));
      CHECK_FALSE((taken && second));
      ZMIG_TRY(const auto held, read_lock(path));
      if (held && held->id == "L-1") CHECK(in_words(*held).starts_with("ana@here"));
    }
    std::ofstream(path) << "zmig lock 1\nid L-9\nholder eva\n";
    ZMIG_TRY(const auto left, read_lock(path));
    if (left) CHECK_FALSE((left->held && left->id.empty()));
    return clear_lock(path, "L-9");
  };
  const std::size_t count = calls_of([&] { REQUIRE(all().has_value()); });
  REQUIRE(count > 10);
  for (std::size_t at = 1; at <= count; ++at) {
    for (const int number : kNumbers) {
      {
        const OneFails one(at, number);
        const Status done = all();
        INFO("call " << at << ", errno " << number);
        if (!done.has_value()) CHECK_FALSE(done.error().message.empty());
      }
      auto again = FileLock::try_take(path, holder("L-3", "eva"));
      REQUIRE(again.has_value());
      CHECK(again.value().has_value());
    }
  }
  fs::remove_all(folder);
}
