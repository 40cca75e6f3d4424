// The cut of a plan into commits (reliability.md 3.3).

#include "plan/groups.h"

#include <limits>

#include "support/catch.h"

using namespace zmig;

namespace {

Capabilities grouping() {
  Capabilities caps;
  caps.atomic_batch = true;
  caps.group_migrations = true;
  caps.max_changes_per_batch = std::numeric_limits<std::size_t>::max();
  return caps;
}

Column column(std::string id) {
  Column out;
  out.header = "H " + id;
  out.id = std::move(id);
  return out;
}

/// Plans over one sheet "s", each from the schema that the one before left.
struct Pending {
  std::vector<PlannedMigration> migrations;
  Schema state;

  Pending() {
    Sheet sheet;
    sheet.id = "s";
    sheet.title = "S";
    sheet.columns = {column("key"), column("old")};
    state.sheets.push_back(sheet);
    sheet.id = "t";
    sheet.title = "T";
    state.sheets.push_back(sheet);
  }

  PlannedMigration& add(std::vector<Change> changes) {
    PlannedMigration out;
    out.number = static_cast<std::uint32_t>(migrations.size() + 1);
    out.before = state;
    for (Change& change : changes) {
      REQUIRE(apply_to(change, state).has_value());
      out.steps.push_back({std::move(change), 0});
    }
    out.after = state;
    out.cost.writes = out.steps.empty() ? 0 : 1;
    migrations.push_back(std::move(out));
    return migrations.back();
  }
  [[nodiscard]] std::vector<std::size_t> cut(const Capabilities& caps = grouping(), bool one_by_one = false) const {
    return cut_groups(migrations, caps, one_by_one);
  }
};

using Ends = std::vector<std::size_t>;

Change adds(std::string id, std::string sheet = "s") {
  return change::InsertColumn{std::move(sheet), column(std::move(id)), {}};
}
Change writes(std::string id, std::string sheet = "s") {
  return change::WriteCells{{std::move(sheet), std::move(id)}, source::Run{}};
}
Change fills(std::string id) { return change::FillEmpty{{"s", std::move(id)}, Value(Number{0}), {}}; }

}  // namespace

TEST_CASE("consecutive migrations share a commit where the target groups them") {
  Pending chain;
  for (const char* id : {"a", "b", "c"}) chain.add({adds(id)});
  CHECK(chain.cut() == Ends{3});
  CHECK(chain.cut(grouping(), true) == Ends{1, 2, 3});
  Capabilities alone = grouping();
  alone.group_migrations = false;
  CHECK(chain.cut(alone) == Ends{1, 2, 3});
  alone = grouping();
  alone.atomic_batch = false;
  CHECK(chain.cut(alone) == Ends{1, 2, 3});
  CHECK(Pending().cut().empty());
}

TEST_CASE("defaults of new columns do not keep migrations apart") {
  Pending chain;
  for (const char* id : {"a", "b", "c"}) chain.add({adds(id), fills(id)}).counts = {"s"};
  CHECK(chain.cut() == Ends{3});
}

TEST_CASE("a migration that needs cells which a member writes begins another group") {
  Pending chain;
  chain.add({writes("old")});
  chain.add({adds("a")}).needs = {{"s", "old"}};
  chain.add({adds("b")}).needs = {{"t", "old"}};
  CHECK(chain.cut() == Ends{1, 3});
}

TEST_CASE("a look at a whole sheet meets every column of it, and a column meets a whole sheet") {
  Pending chain;
  chain.add({writes("old")});
  chain.add({adds("a", "t")}).needs = {{"s", {}}};
  CHECK(chain.cut() == Ends{1, 2});
  Pending rows;
  rows.add({change::InsertRows{"s", source::Run{}}});
  rows.add({adds("a", "t")}).needs = {{"s", "key"}};
  CHECK(rows.cut() == Ends{1, 2});
}

TEST_CASE("whoever tells data rows from blank ones comes after the commit that may change which is which") {
  Pending chain;
  chain.add({writes("old")});
  chain.add({adds("a"), fills("a")}).counts = {"s"};
  CHECK(chain.cut() == Ends{1, 2});
  Pending dropped;
  dropped.add({change::DeleteColumn{{"s", "old"}}});
  dropped.add({adds("a"), fills("a")}).counts = {"s"};
  CHECK(dropped.cut() == Ends{1, 2});
}

TEST_CASE("cells that a member's read-back or ensure names are not rewritten in the same commit") {
  Pending twice;
  twice.add({writes("old")});
  twice.add({writes("old")});
  CHECK(twice.cut() == Ends{1, 2});
  Pending gone;
  gone.add({adds("a")});
  gone.add({change::DeleteColumn{{"s", "a"}}, adds("b")});
  CHECK(gone.cut() == Ends{1, 2});
  Pending named;
  CheckLine line;
  line.check = check::ColumnIs{{{"s", "S"}, "old", "H old"}, check::ColumnFact::filled};
  named.add({adds("a")}).ensure_lines = {line};
  named.add({writes("old")});
  named.add({adds("b")});
  CHECK(named.cut() == Ends{1, 3});
}

TEST_CASE("a claim of something foreign waits for members that have ensure lines") {
  Pending chain;
  CheckLine line;
  line.check = check::EnumExists{"E", false};
  chain.add({adds("a")}).ensure_lines = {line};
  chain.add({change::Untrack{{"s", "old"}}});
  CHECK(chain.cut() == Ends{1, 2});
  chain.migrations[0].ensure_lines.clear();
  CHECK(chain.cut() == Ends{2});
}

TEST_CASE("no commit ends in the schema in which it began") {
  Pending chain;
  chain.add({change::SetHeader{{"s", "old"}, "New"}});
  chain.add({change::SetHeader{{"s", "old"}, "H old"}});
  CHECK(chain.cut() == Ends{1, 2});
  Pending empty;
  empty.add({adds("a")});
  empty.add({});
  empty.add({adds("b")});
  CHECK(empty.cut() == Ends{3});
}

TEST_CASE("a migration of several batches has its commits to itself") {
  Pending chain;
  chain.add({adds("a")});
  chain.add({adds("b")}).cost.writes = 2;
  chain.add({adds("c")});
  chain.add({adds("d")});
  CHECK(chain.cut() == Ends{1, 2, 4});
}

TEST_CASE("a commit stays below about the target's limit of bytes, and a migration is never cut") {
  Pending pending;
  source::Run texts;
  texts.edits.push_back({{2, 2, {}}, {}, {Text{std::string(5'000, 'x')}, {}, {}}});
  pending.add({adds("a"), change::WriteCells{{"s", "old"}, texts}});
  pending.add({adds("b"), change::WriteCells{{"t", "old"}, texts}});
  pending.add({adds("c")});
  CHECK(pending.cut() == Ends{3});
  Capabilities caps = grouping();
  caps.max_batch_bytes = 8'000;
  CHECK(pending.cut(caps) == Ends{1, 3});
  caps.max_batch_bytes = 1'000;
  CHECK(pending.cut(caps) == Ends{1, 2, 3});
}

TEST_CASE("a commit stays below the target's limit of changes") {
  Pending chain;
  for (const char* id : {"a", "b", "c", "d", "e"}) chain.add({adds(id)});
  Capabilities few = grouping();
  few.max_changes_per_batch = 2;
  CHECK(chain.cut(few) == Ends{2, 4, 5});
}
