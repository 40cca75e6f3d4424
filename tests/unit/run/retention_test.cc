#include "run/retention.h"

#include "run/run_json.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::run;

namespace {

UtcTime day(int number) { return UtcTime(std::chrono::milliseconds(1769451300000)) + std::chrono::hours(24 * number); }

BackupRow backup(std::uint64_t id, int made) {
  BackupRow row;
  row.id = id;
  row.created = day(made);
  row.verified = row.created;
  return row;
}

Run with_backup(std::uint64_t id, std::string verb, RunState state, const std::string& backup) {
  Run one;
  one.id = id;
  one.verb = std::move(verb);
  one.state = state;
  one.backup = backup;
  one.started = day(0);
  return one;
}

/// Three backups of days 0, 1, 2; it is day `today`.
RetentionFacts three(int today) {
  return {{backup(3, 2), backup(2, 1), backup(1, 0)}, {true, true, true}, {}, day(today)};
}

std::vector<bool> goes(const RetentionFacts& facts, const Retention& retention = {}) {
  std::vector<bool> out;
  for (const auto& reasons : reasons_to_keep(facts, retention)) out.push_back(reasons.empty());
  return out;
}

using Answers = std::vector<bool>;

}  // namespace

TEST_CASE("a backup goes when it is older than the window and a newer one is there; the newest stays") {
  CHECK(goes(three(7)) == Answers{false, false, true});
  CHECK(goes(three(8)) == Answers{false, true, true});
  CHECK(goes(three(400)) == Answers{false, true, true});
}

TEST_CASE("the last moment of the window still keeps") {
  RetentionFacts facts = three(7);
  facts.now = day(7) - std::chrono::milliseconds(1);
  CHECK(goes(facts) == Answers{false, false, false});
}

TEST_CASE("keep_last keeps so many good ones") {
  Retention retention;
  retention.keep_last = 2;
  CHECK(goes(three(20), retention) == Answers{false, false, true});
}

TEST_CASE("a bad newer one stands in for nothing") {
  RetentionFacts facts = three(20);
  facts.good = {false, false, true};
  CHECK(goes(facts) == Answers{false, false, false});
  facts.good = {false, true, true};
  CHECK(goes(facts) == Answers{false, false, true});
}

TEST_CASE("an open run keeps its backup, and a closed one does not") {
  RetentionFacts facts = three(20);
  facts.runs = {with_backup(1, "up", RunState::in_flight, "b1")};
  CHECK(goes(facts) == Answers{false, true, false});
  facts.runs = {with_backup(1, "up", RunState::aborted, "b1")};
  CHECK(goes(facts) == Answers{false, true, true});
}

TEST_CASE("an open window keeps the backup of its run") {
  RetentionFacts facts = three(20);
  Run up = with_backup(1, "up", RunState::applied, "b1");
  up.undo_until = day(21);
  facts.runs = {up};
  CHECK(goes(facts) == Answers{false, true, false});
  facts.runs[0].undo_until = day(19);
  CHECK(goes(facts) == Answers{false, true, true});
  facts.runs[0].undo_until = day(21);
  facts.runs[0].state = RunState::undone;
  CHECK(goes(facts) == Answers{false, true, true});
}

TEST_CASE("an open restore keeps the backup that it puts back") {
  RetentionFacts facts = three(20);
  Run restore = with_backup(1, "restore", RunState::confirmed, "b3");
  RestoreOptions how;
  how.backup = 1;
  restore.plan_json = restore_json(how);
  facts.runs = {restore};
  CHECK(goes(facts) == Answers{false, true, false});
}

TEST_CASE("a clock behind the last entry, or a month after it, is not believed") {
  RetentionFacts facts = three(2);
  CHECK(clock_fault(facts).empty());
  facts.now = day(1);
  CHECK_FALSE(clock_fault(facts).empty());
  facts.now = day(32);
  CHECK(clock_fault(facts).empty());
  facts.now = day(32) + std::chrono::milliseconds(1);
  CHECK_FALSE(clock_fault(facts).empty());
  CHECK(clock_fault({}).empty());
}

TEST_CASE("what a restore was asked for comes back from the ledger") {
  RestoreOptions how;
  how.backup = 4;
  how.sheets = {"Pedidos"};
  how.columns = {"Clientes.Nombre"};
  how.on_edit = OnEdit::captured;
  how.discard_later_edits = how.from_other = true;
  const auto back = restore_from_json(restore_json(how));
  REQUIRE(back.has_value());
  CHECK(restore_json(back.value()) == restore_json(how));
  CHECK((back.value().backup == 4 && back.value().on_edit == OnEdit::captured && back.value().discard_later_edits));
  CHECK(restore_from_json("{").error().zm == "ZM0601");
}

TEST_CASE("a copy that a service keeps goes with its time, stands in for nothing, and is needed with its backup") {
  BackupRow copy = backup(4, 2);
  copy.mode = "service-copy";
  copy.title = "T_2";
  RetentionFacts facts = three(8);
  facts.rows.front().title = "T_2";  // b3, the newest of the cells
  facts.rows.insert(facts.rows.begin(), copy);
  facts.good.insert(facts.good.begin(), false);
  CHECK(goes(facts) == Answers{false, false, true, true});
  facts.now = day(9);
  CHECK(goes(facts) == Answers{true, false, true, true});
  facts.runs.push_back(with_backup(1, "up", RunState::in_flight, "b3"));
  CHECK(goes(facts) == Answers{false, false, true, true});
}
