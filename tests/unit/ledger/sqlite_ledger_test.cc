#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>

#include <zmig/ledger.h>

#include "base/digest.h"
#include "base/sqlite.h"
#include "ledger/sqlite_ledger.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"

using namespace zmig;
using zmig::test::FakePorts;
using zmig::test::TempFolder;

namespace {

UtcTime at_ms(std::int64_t ms) { return UtcTime(std::chrono::milliseconds(ms)); }

Run sample_run() {
  Run run;
  run.uid = "0123456789abcdef0123456789abcdef";
  run.deployment = 9;
  run.target_id = "t-1";
  run.target_url = "sqlite:workbook.db";
  run.verb = "up";
  run.migration = 2;
  run.slug = "occupation";
  run.checksum = "sha256:aa";
  run.actor = "ana";
  run.host = "ops-1";
  run.reason = "ticket 7";
  run.tool_version = "0.1.0";
  run.started = at_ms(1769451300104);
  run.guarantee = "atomic";
  run.plan_hash = "sha256:bb";
  run.plan_json = "{\"plan\": 1}";
  run.adopted_json = "[]";
  run.steps_total = 4;
  run.down_text = "zmig 1 down of \"0002_occupation\"\n";
  run.source_text = "zmig 1\n";
  run.fidelity = "exact";
  return run;
}

Capture sample_capture(std::size_t step = 3) {
  Capture capture;
  capture.step = step;
  capture.sheet = "s1";
  capture.column = "c1";
  capture.columns = {"c1", "c2"};
  const RowRef row{17, -3, "h:0011"};
  capture.cells = {
      {row, {Text{"Ñandú \xF0\x9F\x98\x80"}, {}, {}}, {Blank{}, {}, {}}},
      {row, {Text{std::string("a\xFF\0b", 4)}, {}, {}}, {Number{0.1}, {}, {}}},
      {row, {Number{-1e300}, "A1+1", "0.00"}, {Boolean{true}, {}, {}}},
      {row, {Date{46153}, {}, {}}, {Time{86'399'999}, {}, {}}},
      {row, {DateTime{-5}, {}, {}}, {CellError{"#N/A"}, {}, {}}},
  };
  capture.rows = {{row, {{Text{"x"}, {}, {}}, {Blank{}, {}, {}}}, true}, {RowRef{}, {}, false}};
  return capture;
}

struct LedgerFile {
  TempFolder folder;
  FakePorts fakes;
  std::string path = folder.at("state/ledger.db");

  std::unique_ptr<Ledger> open(bool writable = true) {
    auto opened = open_ledger(path, writable, 0, fakes.ports);
    REQUIRE(opened.has_value());
    return std::move(opened).value();
  }
  Error refused(bool writable = true) {
    auto opened = open_ledger(path, writable, 0, fakes.ports);
    REQUIRE_FALSE(opened.has_value());
    return opened.error();
  }
  /// What somebody with an editor for databases would do.
  void tamper(const std::string& sql) const {
    auto db = sqlite::Database::open(path, sqlite::Mode::read_write, 0);
    REQUIRE(db.has_value());
    const Status done = db.value().exec(sql);
    INFO(sql);
    REQUIRE(done.has_value());
  }
};

template <class T>
T must(Result<T> result) {
  if (!result.has_value()) FAIL(result.error().message);
  return std::move(result).value();
}
void must_be_ok(const Status& status) {
  if (!status.has_value()) FAIL(status.error().message);
}

std::vector<std::string> kinds(Ledger& ledger) {
  std::vector<std::string> all;
  for (const LedgerEvent& event : must(ledger.events(0))) all.push_back(event.kind);
  return all;
}

/// A ledger with something in every table.
void fill(Ledger& ledger) {
  must_be_ok(ledger.know_target("t-1", "sqlite:workbook.db", "original"));
  must(ledger.next_deployment());
  Run run = sample_run();
  run.id = must(ledger.begin(run));
  must_be_ok(ledger.save_captures(run.id, {sample_capture()}, std::nullopt));
  run.state = RunState::in_flight;
  must_be_ok(ledger.update(run, "batch.sent", "{\"batch\":1}"));
  run.state = RunState::applied;
  run.steps_confirmed = 4;
  must_be_ok(ledger.update(run, "run.applied", "{}"));
  must(ledger.add_backup(
      BackupRow{0, "t-1", "book_0001", "b.zbk", "cells", "ff", "[]", 100, 1, at_ms(5), at_ms(6), {}}));
  must(ledger.add_verification(VerificationRow{0, "t-1", "full", "{}", at_ms(7), 9, 0, 1, 2}));
}

}  // namespace

TEST_CASE("a run comes back as it was stored") {
  LedgerFile file;
  Run run = sample_run();
  run.id = must(file.open()->begin(run));
  CHECK(run.id == 1);
  const auto ledger = file.open();
  const auto stored = must(ledger->run(1));
  REQUIRE(stored.has_value());
  CHECK(stored->uid == run.uid);
  CHECK(stored->deployment == 9);
  CHECK(stored->target_url == "sqlite:workbook.db");
  CHECK(stored->state == RunState::planned);
  CHECK(stored->mode == RunMode::real);
  CHECK(stored->migration == 2);
  CHECK(stored->started == run.started);
  CHECK(stored->finished == std::nullopt);
  CHECK(stored->plan_json == run.plan_json);
  CHECK(stored->steps_total == 4);
  CHECK(stored->down_text == run.down_text);
  CHECK(stored->source_text == run.source_text);
  CHECK(stored->verified == std::nullopt);
  CHECK(must(ledger->run_by_uid(run.uid))->id == 1);
  CHECK(must(ledger->run_by_uid("nobody")) == std::nullopt);
}

TEST_CASE("update stores the members that change and nothing else") {
  LedgerFile file;
  const auto ledger = file.open();
  Run run = sample_run();
  run.id = must(ledger->begin(run));
  run.state = RunState::applied;
  run.finished = at_ms(9);
  run.backup = "b4";
  run.steps_confirmed = 4;
  run.stamp_before = "sha256:1";
  run.stamp_after = "sha256:2";
  run.stamp_number = 7;
  run.verified = false;
  run.error = "one check failed";
  run.undo_until = at_ms(11);
  run.down_text = "another text";
  must_be_ok(ledger->update(run, "run.applied", "{}"));
  const Run stored = *must(ledger->run(run.id));
  CHECK(stored.state == RunState::applied);
  CHECK(stored.finished == at_ms(9));
  CHECK(stored.backup == "b4");
  CHECK(stored.steps_confirmed == 4);
  CHECK(stored.stamp_before == "sha256:1");
  CHECK(stored.stamp_after == "sha256:2");
  CHECK(stored.stamp_number == 7);
  CHECK(stored.verified == false);
  CHECK(stored.error == "one check failed");
  CHECK(stored.undo_until == at_ms(11));
  CHECK(stored.down_text == sample_run().down_text);
}

TEST_CASE("update of a run that is not there is refused and leaves no event") {
  LedgerFile file;
  const auto ledger = file.open();
  Run run = sample_run();
  run.id = 5;
  const Status done = ledger->update(run, "run.applied", "{}");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Errc::not_found);
  CHECK(kinds(*ledger).empty());
}

TEST_CASE("events stand in the order of the calls and each names the one before") {
  LedgerFile file;
  const auto ledger = file.open();
  fill(*ledger);
  CHECK(kinds(*ledger) == std::vector<std::string>{"target.seen", "deployment.started", "run.planned", "capture.saved",
                                                   "batch.sent", "run.applied", "backup.added", "verification.added"});
  std::string previous(64, '0');
  for (const LedgerEvent& event : must(ledger->events(0))) {
    CHECK(event.prev_hash == previous);
    previous = event.hash;
  }
  CHECK(must(ledger->head()) == previous);
  CHECK(must(ledger->events(1)).size() == 4);
}

TEST_CASE("runs come newest first and obey the filter") {
  LedgerFile file;
  const auto ledger = file.open();
  for (const auto& [uid, target, mode] : {std::tuple{"a", "t-1", RunMode::real}, std::tuple{"b", "t-2", RunMode::real},
                                          std::tuple{"c", "t-1", RunMode::rehearsal}}) {
    Run run = sample_run();
    run.uid = uid;
    run.target_id = target;
    run.mode = mode;
    must(ledger->begin(run));
  }
  const auto uids = [&](const RunFilter& filter) {
    std::vector<std::string> all;
    for (const Run& run : must(ledger->runs(filter))) all.push_back(run.uid);
    return all;
  };
  CHECK(uids({}) == std::vector<std::string>{"c", "b", "a"});
  CHECK(uids({"t-1", std::nullopt, std::nullopt, 0}) == std::vector<std::string>{"c", "a"});
  CHECK(uids({"", RunMode::real, std::nullopt, 0}) == std::vector<std::string>{"b", "a"});
  CHECK(uids({"", std::nullopt, 3U, 0}).empty());
  CHECK(uids({"", std::nullopt, 2U, 1}) == std::vector<std::string>{"c"});
}

TEST_CASE("the open run is the newest real one that is not closed") {
  LedgerFile file;
  const auto ledger = file.open();
  CHECK(must(ledger->open_run("t-1")) == std::nullopt);
  Run run = sample_run();
  run.id = must(ledger->begin(run));
  CHECK(must(ledger->open_run("t-1"))->id == run.id);
  CHECK(must(ledger->open_run("t-2")) == std::nullopt);
  run.state = RunState::aborted;
  must_be_ok(ledger->update(run, "run.aborted", "{}"));
  CHECK(must(ledger->open_run("t-1")) == std::nullopt);
  Run rehearsal = sample_run();
  rehearsal.uid = "rehearsal";
  rehearsal.mode = RunMode::rehearsal;
  must(ledger->begin(rehearsal));
  CHECK(must(ledger->open_run("t-1")) == std::nullopt);
}

TEST_CASE("a capture comes back exactly, bytes that are not UTF-8 included") {
  const Capture capture = sample_capture();
  CHECK(must(capture_from_blob(captures_to_blob(capture))) == capture);
  CHECK(must(capture_from_blob(captures_to_blob(Capture{}))) == Capture{});
}

TEST_CASE("a damaged or newer capture is an error, never an empty one") {
  const std::string blob = captures_to_blob(sample_capture());
  for (std::size_t i = 0; i < blob.size(); ++i) {
    std::string damaged = blob;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    const auto read = capture_from_blob(damaged);
    // Two bits of zlib's head say how hard it tried; nothing depends on them, and its check sum covers the head.
    if (read.has_value()) CHECK(read.value() == sample_capture());
    if (!read.has_value()) CHECK(read.error().code == Errc::corrupt);
  }
  CHECK(capture_from_blob("").error().zm == "ZM0601");
  CHECK(capture_from_blob(blob.substr(0, blob.size() / 2)).error().zm == "ZM0601");
  std::string newer = blob;
  newer[0] = 2;
  CHECK(capture_from_blob(newer).error().zm == "ZM0601");
}

TEST_CASE("captures are insert-only: saving one twice keeps the first") {
  LedgerFile file;
  const auto ledger = file.open();
  Run run = sample_run();
  run.id = must(ledger->begin(run));
  must_be_ok(ledger->save_captures(run.id, {sample_capture()}, std::nullopt));
  Capture second = sample_capture();
  second.cells.clear();
  must_be_ok(ledger->save_captures(run.id, {second, sample_capture(4)}, std::nullopt));
  CHECK(must(ledger->captures(run.id)) == std::vector<Capture>{sample_capture(3), sample_capture(4)});
  CHECK(must(ledger->captures(99)).empty());
}

TEST_CASE("events and captures cannot be changed or removed") {
  LedgerFile file;
  fill(*file.open());
  auto db = must(sqlite::Database::open(file.path, sqlite::Mode::read_write, 0));
  for (const char* sql :
       {"UPDATE event SET kind = 'x'", "DELETE FROM event", "UPDATE capture SET hash = 'x'", "DELETE FROM capture"}) {
    INFO(sql);
    CHECK_FALSE(db.exec(sql).has_value());
  }
}

TEST_CASE("the chain of an untouched ledger verifies") {
  LedgerFile file;
  const auto ledger = file.open();
  CHECK(must(ledger->check_chain()).ok);
  fill(*ledger);
  const ChainCheck check = must(ledger->check_chain());
  CHECK(check.ok);
  CHECK(check.events == 8);
  CHECK(check.first_bad == std::nullopt);
}

TEST_CASE("the chain finds a change in any column of any row") {
  LedgerFile file;
  fill(*file.open());
  const std::string original = file.folder.read("state/ledger.db");
  const std::string drop = "DROP TRIGGER event_is_written_once; DROP TRIGGER capture_is_written_once;";
  std::vector<std::pair<std::string, std::string>> columns;
  {
    auto db = must(sqlite::Database::open(file.path, sqlite::Mode::read_only, 0));
    for (const char* table : {"event", "run", "step", "capture", "backup", "verification", "target"}) {
      auto select = must(db.prepare("SELECT name FROM pragma_table_info('" + std::string(table) + "')"));
      while (must(select.step())) columns.emplace_back(table, std::string(select.text(0)));
    }
  }
  REQUIRE(columns.size() > 70);
  for (const auto& [table, column] : columns) {
    // Keys that other rows point to, and columns with a closed set of values.
    if ((table == "run" && (column == "id" || column == "mode" || column == "state")) ||
        (table == "step" && column == "run"))
      continue;
    file.folder.write("state/ledger.db", original);
    file.tamper(drop + "UPDATE " + table + " SET \"" + column + "\" = CASE WHEN typeof(\"" + column +
                "\") = 'integer' THEN \"" + column + "\" + 1000 ELSE coalesce(\"" + column + "\", '') || 'x' END" +
                (table == "step" || table == "target" ? "" : " WHERE rowid = (SELECT max(rowid) FROM " + table + ")"));
    INFO(table << "." << column);
    CHECK_FALSE(must(file.open()->check_chain()).ok);
  }
}

namespace {

/// A run that led nowhere.
void record_aborted(Ledger& ledger, const std::string& uid, UtcTime finished, const std::string& why) {
  Run run = sample_run();
  run.uid = uid;
  run.started = at_ms(1000);
  run.finished = finished;
  run.id = must(ledger.begin(run));
  run.state = RunState::aborted;
  must_be_ok(ledger.update(run, "run.aborted", "{\"because\":\"" + why + "\"}"));
}

}  // namespace

TEST_CASE("pruning takes the texts of old runs that led nowhere, and the chain still holds") {
  LedgerFile file;
  fill(*file.open());  // r1 is applied: it stays whole
  {
    const auto ledger = file.open();
    record_aborted(*ledger, "ff", at_ms(1000), "it");
    record_aborted(*ledger, "fe", at_ms(9000), "that");
    CHECK(must(ledger->prune(at_ms(5000))) == 1);
    CHECK(must(ledger->prune(at_ms(5000))) == 0);  // done is done
  }
  const auto ledger = file.open();
  CHECK(must(ledger->run(1))->plan_json == "{\"plan\": 1}");
  CHECK(must(ledger->run(2))->plan_json.empty());
  CHECK(must(ledger->run(2))->down_text.empty());
  CHECK(must(ledger->run(2))->state == RunState::aborted);
  CHECK(must(ledger->run(3))->plan_json == "{\"plan\": 1}");
  std::vector<std::string> details;
  for (const LedgerEvent& event : must(ledger->events(0)))
    if (event.kind == "run.aborted") details.push_back(event.json);
  CHECK(details == std::vector<std::string>{"{}", "{\"because\":\"that\"}"});
  CHECK(must(ledger->check_chain()).ok);
}

TEST_CASE("nothing hides behind pruning: other details that go break the chain") {
  LedgerFile file;
  fill(*file.open());
  {
    const auto ledger = file.open();
    record_aborted(*ledger, "ff", at_ms(1000), "it");
    CHECK(must(ledger->prune(at_ms(5000))) == 1);
  }
  const std::string original = file.folder.read("state/ledger.db");
  const std::string drop = "DROP TRIGGER event_is_written_once;";
  for (const char* sql : {"UPDATE event SET json = '{}' WHERE kind = 'batch.sent'",
                          "UPDATE event SET json = '{\"because\":\"else\"}' WHERE kind = 'run.aborted'",
                          "UPDATE event SET hash = 'x' WHERE kind = 'run.aborted'",
                          "UPDATE event SET json = '{\"events\":[3,10]}' WHERE kind = 'ledger.pruned'",
                          "UPDATE run SET reason = 'other' WHERE id = 2"}) {
    INFO(sql);
    file.folder.write("state/ledger.db", original);
    file.tamper(drop + sql);
    CHECK_FALSE(must(file.open()->check_chain()).ok);
  }
}

TEST_CASE("the chain finds a run that was put aside, a cut tail and a row that nobody recorded") {
  LedgerFile file;
  fill(*file.open());
  const std::string original = file.folder.read("state/ledger.db");
  const auto first_bad = [&](const std::string& sql) {
    file.folder.write("state/ledger.db", original);
    file.tamper("DROP TRIGGER event_stays; PRAGMA foreign_keys=OFF;" + sql);
    const ChainCheck check = must(file.open()->check_chain());
    CHECK_FALSE(check.ok);
    return check.first_bad;
  };
  CHECK(first_bad("DELETE FROM event WHERE seq = 8") == 8U);
  CHECK(first_bad("DELETE FROM event WHERE seq > 5") == 6U);
  CHECK(first_bad("DELETE FROM event WHERE seq = 3") == 3U);
  CHECK(first_bad("UPDATE run SET state = 'undone'") == 6U);
  CHECK(first_bad("DELETE FROM backup") == 7U);
  CHECK(
      first_bad(
          "INSERT INTO backup SELECT 9, target, title, location, mode, sha256, sheets_json, bytes, position, created, "
          "verified, expires FROM backup") == 9U);
}

TEST_CASE("a capture whose bytes changed is an error when it is read") {
  LedgerFile file;
  fill(*file.open());
  file.tamper("DROP TRIGGER capture_is_written_once; UPDATE capture SET blob = x'0102'");
  const auto read = file.open()->captures(1);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().zm == "ZM0601");
}

TEST_CASE("the file is private and its folder too") {
  LedgerFile file;
  static_cast<void>(file.open());
  struct stat facts {};
  REQUIRE(::stat(file.path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  REQUIRE(::stat(file.folder.at("state").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0700);
}

TEST_CASE("nothing stays beside the file after a write") {
  LedgerFile file;
  fill(*file.open());
  CHECK(std::filesystem::directory_iterator(file.folder.at("state"))->path().filename() == "ledger.db");
}

TEST_CASE("reopening keeps the id and numbers go on") {
  LedgerFile file;
  const std::string id = must(file.open()->id());
  CHECK(must(file.open()->next_deployment()) == 1);
  CHECK(must(file.open()->next_deployment()) == 2);
  CHECK(must(file.open()->id()) == id);
  CHECK(id.starts_with("l-"));
}

TEST_CASE("reading only never creates") {
  LedgerFile file;
  CHECK(file.refused(false).code == Errc::not_found);
  CHECK(file.folder.names().empty());
}

TEST_CASE("a ledger opened for reading refuses writes") {
  LedgerFile file;
  fill(*file.open());
  const auto ledger = file.open(false);
  CHECK(must(ledger->run(1)).has_value());
  CHECK(must(ledger->check_chain()).ok);
  CHECK_FALSE(ledger->append_event(0, "x", "{}").has_value());
}

TEST_CASE("a damaged ledger is ZM0601 and is left as it is") {
  LedgerFile file;
  fill(*file.open());
  std::string bytes = file.folder.read("state/ledger.db");
  SECTION("no database at all") {
    bytes = "this is no database, whatever its name says, and long enough to be looked at as one......";
  }
  SECTION("a page in the middle") {
    REQUIRE(bytes.size() > 8192);
    for (std::size_t i = 4096; i < 8192; ++i) bytes[i] = 'z';
  }
  SECTION("cut off") { bytes.resize(bytes.size() / 2); }
  file.folder.write("state/ledger.db", bytes);
  const Error error = file.refused();
  CHECK(error.zm == "ZM0601");
  CHECK(error.code == Errc::corrupt);
  CHECK(file.folder.read("state/ledger.db") == bytes);
}

TEST_CASE("somebody else's database is no ledger") {
  LedgerFile file;
  std::filesystem::create_directory(file.folder.at("state"));
  auto db = must(sqlite::Database::open(file.path, sqlite::Mode::create, 0));
  must_be_ok(db.exec("CREATE TABLE orders(id INTEGER)"));
  CHECK(file.refused().zm == "ZM0601");
}

TEST_CASE("a ledger of a newer release is ZM0604") {
  LedgerFile file;
  fill(*file.open());
  file.tamper("PRAGMA user_version = 2");
  const Error error = file.refused();
  CHECK(error.zm == "ZM0604");
  CHECK(error.message == "the ledger was written by a newer zmig (version 2, this one knows 1)");
}

TEST_CASE("another process that keeps the ledger is busy, not damaged") {
  LedgerFile file;
  const auto ledger = file.open();
  auto other = must(sqlite::Database::open(file.path, sqlite::Mode::read_write, 0));
  auto transaction = must(sqlite::Transaction::begin(other));
  const Status refused = ledger->append_event(0, "x", "{}");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::busy);
  CHECK(refused.error().zm == "ZM0401");
  CHECK(refused.error().effect == Effect::none);
  transaction.rollback();
  must_be_ok(ledger->append_event(0, "x", "{}"));
}

TEST_CASE("two that write in turns make one chain") {
  LedgerFile file;
  const auto one = file.open();
  const auto two = file.open();
  for (int i = 0; i < 5; ++i) {
    must_be_ok(one->append_event(0, "one", "{}"));
    must_be_ok(two->append_event(0, "two", "{}"));
  }
  const ChainCheck check = must(one->check_chain());
  CHECK(check.ok);
  CHECK(check.events == 10);
}

TEST_CASE("a full disk fails the call and leaves the ledger as it was") {
  LedgerFile file;
  const auto ledger = file.open();
  fill(*ledger);
  // A limit on the size of files stands for the full disk: the write beyond it fails with EFBIG instead of ENOSPC.
  struct rlimit before {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit small = before;
  small.rlim_cur = std::filesystem::file_size(file.path);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Status refused = ledger->append_event(0, "large", std::string(1 << 20, 'x'));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::io);
  CHECK(must(ledger->check_chain()).events == 8);
  CHECK(must(file.open()->check_chain()).ok);
  must_be_ok(ledger->append_event(0, "small", "{}"));
}

TEST_CASE("the target last seen at a place is found, also when the clock stands still") {
  LedgerFile file;
  const auto ledger = file.open();
  CHECK(must(ledger->target_at("sqlite:a")) == std::nullopt);
  must_be_ok(ledger->know_target("t-1", "sqlite:a", "original"));
  must_be_ok(ledger->know_target("t-2", "sqlite:a", "original"));
  CHECK(must(ledger->target_at("sqlite:a")) == "t-2");
  must_be_ok(ledger->know_target("t-1", "sqlite:a", "original"));
  CHECK(must(ledger->target_at("sqlite:a")) == "t-1");
  const std::size_t events = must(ledger->events(0)).size();
  must_be_ok(ledger->know_target("t-1", "sqlite:a", "original"));
  CHECK(must(ledger->events(0)).size() == events);
}

TEST_CASE("backups and verifications come back") {
  LedgerFile file;
  const auto ledger = file.open();
  CHECK(must(ledger->last_verification("t-1")) == std::nullopt);
  fill(*ledger);
  const auto backups = must(ledger->backups("t-1"));
  REQUIRE(backups.size() == 1);
  CHECK(backups[0].location == "b.zbk");
  CHECK(backups[0].verified == at_ms(6));
  CHECK(backups[0].expires == std::nullopt);
  CHECK(must(ledger->backups("t-2")).empty());
  const auto verification = must(ledger->last_verification("t-1"));
  REQUIRE(verification.has_value());
  CHECK(verification->passed == 9);
  CHECK(verification->position == 2);
}

TEST_CASE("the table of migrations says which run applied and which took back") {
  LedgerFile file;
  {
    const auto ledger = file.open();
    fill(*ledger);
    Run down = sample_run();
    down.uid = "down";
    down.verb = "down";
    down.state = RunState::applied;
    must(ledger->begin(down));
  }
  auto db = must(sqlite::Database::open(file.path, sqlite::Mode::read_only, 0));
  auto select = must(db.prepare("SELECT number, slug, applied_run, reverted_run FROM migration"));
  REQUIRE(must(select.step()));
  CHECK(select.integer(0) == 2);
  CHECK(select.text(1) == "occupation");
  CHECK(select.integer(2) == 1);
  CHECK(select.integer(3) == 2);
}

TEST_CASE("a ledger in memory behaves like one in a file") {
  FakePorts fakes;
  const auto ledger = must(open_memory_ledger(fakes.ports));
  fill(*ledger);
  CHECK(must(ledger->check_chain()).ok);
  CHECK(must(ledger->captures(1)) == std::vector<Capture>{sample_capture()});
}

TEST_CASE("the first of several changes is named, whatever table it is in") {
  LedgerFile file;
  fill(*file.open());
  const auto seq_of = [&](const std::string& subject) {
    auto db = must(sqlite::Database::open(file.path, sqlite::Mode::read_only, 0));
    auto select = must(db.prepare("SELECT max(seq) FROM event WHERE subject = ?1"));
    select.bind(1, subject);
    REQUIRE(must(select.step()));
    return static_cast<std::uint64_t>(select.integer(0));
  };
  const std::uint64_t backup = seq_of("backup:1"), run = seq_of("run:1"), verification = seq_of("verification:1");
  REQUIRE((run < backup && run < verification));
  file.tamper(
      "UPDATE backup SET bytes = bytes + 1; UPDATE run SET actor = 'eva'; UPDATE verification SET passed = passed + 1");
  const ChainCheck check = must(file.open()->check_chain());
  CHECK_FALSE(check.ok);
  CHECK(check.first_bad == run);
}

TEST_CASE("a head that counts other events than there are is a break behind the last of them") {
  LedgerFile file;
  fill(*file.open());
  const std::uint64_t events = must(file.open()->check_chain()).events;
  file.tamper("UPDATE meta SET value = '99' WHERE key = 'head_seq'");
  const ChainCheck check = must(file.open()->check_chain());
  CHECK_FALSE(check.ok);
  CHECK(check.first_bad == events + 1);
}

TEST_CASE("a capture with other bytes that no event speaks of breaks the chain at its first event") {
  LedgerFile file;
  {
    const auto ledger = file.open();
    Run run = sample_run();
    must(ledger->begin(run));
  }
  file.tamper(
      "INSERT INTO capture(run, step, sheet, col, blob, hash, expires) VALUES(1, 1, 's', 'c', x'0102', 'none', NULL)");
  const ChainCheck check = must(file.open()->check_chain());
  CHECK_FALSE(check.ok);
  CHECK(check.first_bad == 1U);
}

TEST_CASE("an event that vouches for something unknown is damage, not a reason to look away") {
  LedgerFile file;
  fill(*file.open());
  const auto last = must(file.open()->events(0)).back();
  const ledger::Noted noted{0, "ghost.seen", "{}", "ghost:1"};
  const std::uint64_t seq = last.seq + 1;
  const std::string hash = sha256_hex(last.hash + "\n" + ledger::canonical_event(seq, noted, 5, "d"));
  file.tamper("INSERT INTO event(seq, run, at, kind, json, subject, digest, prev_hash, hash) VALUES(" +
              std::to_string(seq) + ", 0, 5, 'ghost.seen', '{}', 'ghost:1', 'd', '" + last.hash + "', '" + hash +
              "'); UPDATE meta SET value = '" + hash + "' WHERE key = 'head'; UPDATE meta SET value = '" +
              std::to_string(seq) + "' WHERE key = 'head_seq'");
  const auto check = file.open()->check_chain();
  REQUIRE_FALSE(check.has_value());
  CHECK(check.error().zm == "ZM0601");
  CHECK(check.error().message == "an event of the ledger speaks of something unknown");
}

TEST_CASE("a capture that fits its hash and is none is damage") {
  LedgerFile file;
  fill(*file.open());
  file.tamper("DROP TRIGGER capture_is_written_once; UPDATE capture SET blob = x'0102', hash = '" +
              sha256_hex("\x01\x02") + "'");
  const auto read = file.open()->captures(1);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().zm == "ZM0601");
}

TEST_CASE("a run in a state that does not exist reads as aborted, and the chain says that somebody wrote it") {
  LedgerFile file;
  fill(*file.open());
  const auto ledger = file.open();
  file.tamper("PRAGMA ignore_check_constraints = ON; UPDATE run SET state = 'finished' WHERE id = 1");
  CHECK(must(ledger->run(1))->state == RunState::aborted);
  CHECK_FALSE(must(ledger->check_chain()).ok);
  CHECK(file.refused().zm == "ZM0601");
  const auto unknown = ledger::run_state_of("finished");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().zm == "ZM0601");
}

TEST_CASE("a ledger that lacks one of its own facts says which") {
  LedgerFile file;
  fill(*file.open());
  file.tamper("DELETE FROM meta WHERE key = 'deployment'");
  const auto next = file.open()->next_deployment();
  REQUIRE_FALSE(next.has_value());
  CHECK(next.error().zm == "ZM0601");
  CHECK(next.error().message == "the ledger lacks \"deployment\"");
}

TEST_CASE("somebody else's database is no ledger, by whichever mark it says so") {
  LedgerFile file;
  fill(*file.open());
  const std::string original = file.folder.read("state/ledger.db");
  for (const char* sql : {"PRAGMA application_id = 0", "PRAGMA application_id = 7", "PRAGMA user_version = 0"}) {
    INFO(sql);
    file.folder.write("state/ledger.db", original);
    file.tamper(sql);
    const auto opened = open_ledger(file.path, true, 0, file.fakes.ports);
    CHECK(opened.has_value() == (std::string(sql) == "PRAGMA user_version = 0"));
    if (!opened.has_value()) CHECK(opened.error().zm == "ZM0601");
  }
}

TEST_CASE("a ledger has no place below a file") {
  LedgerFile file;
  file.folder.write("state", "a file");
  const Error error = file.refused();
  CHECK_FALSE(error.message.empty());
  CHECK(file.folder.read("state") == "a file");
}

TEST_CASE("pruning several runs names each event whose details went, and nonsense in such a list names none") {
  LedgerFile file;
  {
    const auto ledger = file.open();
    record_aborted(*ledger, "f1", at_ms(1000), "one");
    record_aborted(*ledger, "f2", at_ms(1000), "two");
    CHECK(must(ledger->prune(at_ms(5000))) == 2);
  }
  const auto ledger = file.open();
  for (const LedgerEvent& event : must(ledger->events(0))) {
    if (event.kind == "run.aborted") CHECK(event.json == "{}");
  }
  CHECK(must(ledger->check_chain()).ok);
  CHECK(ledger::pruned_from_json(ledger::pruned_json({3, 10})) == std::set<std::uint64_t>{3, 10});
  for (const char* text : {"", "{}", "[", "{\"events\":[]}", "{\"events\":[x]}", "[99999999999999999999999999]"}) {
    INFO(text);
    CHECK(ledger::pruned_from_json(text).empty());
  }
}

TEST_CASE("writes inside of writes are one transaction, with all of them or none") {
  LedgerFile file;
  const auto ledger = file.open();
  const auto both = [&](bool fail) {
    return ledger->together([&]() -> Status {
      ZMIG_CHECK_OK(ledger->append_event(0, "outer", "{}"));
      return ledger->together([&]() -> Status {
        ZMIG_CHECK_OK(ledger->append_event(0, "inner", "{}"));
        return fail ? Status(make_error(Errc::io, "", "the work failed")) : ok();
      });
    });
  };
  CHECK_FALSE(both(true).has_value());
  CHECK(kinds(*ledger).empty());
  must_be_ok(both(false));
  CHECK(kinds(*ledger) == std::vector<std::string>{"outer", "inner"});
  CHECK(must(ledger->check_chain()).ok);
}

TEST_CASE("whether a run was verified comes back: yes, no and nobody looked") {
  LedgerFile file;
  const auto ledger = file.open();
  for (const std::optional<bool> verified :
       {std::optional<bool>(true), std::optional<bool>(false), std::optional<bool>()}) {
    Run run = sample_run();
    run.uid = "u" + std::to_string(verified.has_value()) + std::to_string(verified.value_or(false));
    run.verified = verified;
    CHECK(must(ledger->run(must(ledger->begin(run))))->verified == verified);
  }
}

TEST_CASE("an error that says what helps keeps that") {
  Error error = make_error(Errc::corrupt, "", "x", "look there");
  CHECK(ledger::as_ledger_error(error).help == "look there");
  CHECK(ledger::as_ledger_error(error).zm == "ZM0601");
  error.help.clear();
  CHECK(ledger::as_ledger_error(error).help.find("--rebuild-ledger") != std::string::npos);
}
