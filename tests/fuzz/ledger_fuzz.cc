// A ledger file that somebody else wrote. The first byte says how: 0, the rest is the whole file; else the rest are
// patches (two bytes of place, one of value) on a good ledger. Nothing may crash; reading changes nothing; a ledger
// whose chain verifies gives back what it holds.

#include "fuzz/fuzz.h"

#include <fstream>
#include <iterator>
#include <memory>

#include <zmig/ledger.h>

#include "base/sqlite.h"
#include "support/fake_ports.h"

namespace {

using namespace zmig;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A small ledger with everything in it: small pages, so that patches meet something.
std::string good_ledger(test::FakePorts& ports) {
  const std::string path = fuzz::Folder::file("ledger.db", "");
  {
    auto ledger = open_ledger(path, true, 10, ports.ports);
    fuzz::require(ledger.has_value(), "no ledger could be made");
    Ledger& books = *ledger.value();
    Run run;
    run.uid = "u1";
    run.target_id = "t1";
    run.target_url = "sqlite:a.db";
    run.verb = "up";
    run.migration = 1;
    run.slug = "a";
    run.adopted_json = "[]";
    run.started = ports.clock.now();
    run.down_text = "zmig 1 down of \"0001_a\"\n";
    fuzz::require(books.know_target("t1", "sqlite:a.db", "original").has_value(), "know_target");
    const auto id = books.begin(run);
    fuzz::require(id.has_value(), "begin");
    run.id = id.value();
    Capture capture;
    capture.sheet = "s1";
    capture.column = "c1";
    fuzz::require(books.save_captures(run.id, {capture}, run.started).has_value(), "captures");
    run.state = RunState::applied;
    fuzz::require(books.update(run, "run.applied", "[]").has_value(), "update");
    fuzz::require(books.add_backup(BackupRow{0, "t1", "a", "a.zbk", "cells", "00", "[]", 1, 0, {}, {}, {}}).has_value(),
                  "backup");
    fuzz::require(books.add_verification(VerificationRow{0, "t1", "all", "{}", {}, 1, 0, 0, 1}).has_value(), "verify");
  }
  auto db = sqlite::Database::open(path, sqlite::Mode::read_write, 10);
  fuzz::require(db.has_value() && db.value().exec("PRAGMA page_size=512; VACUUM").has_value(), "small pages");
  db = sqlite::Database();
  return bytes_of(path);
}

void read_all(Ledger& books) {
  const auto chain = books.check_chain();
  static_cast<void>(books.id());
  static_cast<void>(books.head());
  static_cast<void>(books.events(0));
  static_cast<void>(books.backups(""));
  static_cast<void>(books.last_verification("t1"));
  static_cast<void>(books.target_at("sqlite:a.db"));
  static_cast<void>(books.open_run("t1"));
  const auto runs = books.runs({});
  const bool whole = chain.has_value() && chain.value().ok;
  if (!runs.has_value()) return;
  for (const Run& run : runs.value()) {
    const auto captures = books.captures(run.id);
    // The chain vouches for every capture.
    fuzz::require(!whole || captures.has_value(), "the chain verifies, and a capture is damaged");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static test::FakePorts ports;
  static const std::string good = good_ledger(ports);
  if (size == 0) return 0;
  std::string bytes;
  if (data[0] == 0) {
    bytes = fuzz::text_of(data + 1, size - 1);
  } else {
    bytes = good;
    for (std::size_t i = 1; i + 2 < size && i < 3 * 64; i += 3) {
      const std::size_t at = (static_cast<std::size_t>(data[i]) << 8 | data[i + 1]) % bytes.size();
      bytes[at] = static_cast<char>(data[i + 2]);
    }
  }
  static_cast<void>(capture_from_blob(bytes));
  ::unlink((fuzz::Folder::path() + "/ledger.db-journal").c_str());
  const std::string path = fuzz::Folder::file("ledger.db", bytes);
  {
    const auto ledger = open_ledger(path, false, 10, ports.ports);
    if (ledger.has_value()) read_all(*ledger.value());
  }
  fuzz::require(bytes_of(path) == bytes, "reading changed the ledger");
  const auto ledger = open_ledger(path, true, 10, ports.ports);
  if (!ledger.has_value()) return 0;
  read_all(*ledger.value());
  static_cast<void>(ledger.value()->append_event(0, "fuzz", "{}"));
  static_cast<void>(ledger.value()->next_deployment());
  return 0;
}
