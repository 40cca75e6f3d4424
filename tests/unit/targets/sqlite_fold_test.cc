// Folding: a commit that adds columns as one edit a table leaves what the same changes leave one by one, and what they
// mean in memory (law L5); views, indexes, triggers and keys of other people stand as they stood.

#include <random>

#include "unit/targets/sqlite_support.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const Type kText{};
const Type kInteger{TypeKind::integer, 0, {}};

constexpr const char* kShop =
    "CREATE TABLE parent(id INTEGER PRIMARY KEY);"
    "CREATE TABLE t(k TEXT NOT NULL, -- the key, a comment\n"
    " \"odd, (name)\" TEXT DEFAULT ')', n INTEGER REFERENCES parent(id), g AS (k || 'x'), PRIMARY KEY(k), CHECK(n <> "
    "-1));"
    "CREATE TABLE u(a TEXT, b TEXT);"
    "CREATE TABLE w(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;"
    "CREATE INDEX t_n ON t(n);"
    "CREATE VIEW v AS SELECT k, n FROM t;"
    "CREATE TRIGGER watch AFTER DELETE ON t BEGIN SELECT 1; END;"
    "INSERT INTO parent VALUES(1);"
    "INSERT INTO t(k, n) VALUES('a', 1), ('b', NULL), ('c', 1);"
    "INSERT INTO u VALUES('x', 'y'), (NULL, NULL), ('', ''), ('z', NULL);"
    "INSERT INTO w VALUES('p', 'q');";

std::vector<Change> everything() {
  std::vector<Change> all = claims("t", {{"k", kText}, {"odd, (name)", kText}, {"n", kInteger}});
  for (Change& one : claims("u", {{"a", kText}, {"b", kText}})) all.push_back(std::move(one));
  for (Change& one : claims("w", {{"k2", kText}})) {
    if (const auto* track = std::get_if<change::Track>(&one); track != nullptr && track->scope.column.empty())
      all.push_back(std::move(one));
  }
  return all;
}

Change adds(const std::string& sheet, const std::string& id, const std::string& header, Type type = {}) {
  return change::InsertColumn{sheet, make_column(id, header, std::move(type)), {}};
}

/// Schema, cells, physical columns and everything that other people made.
struct Seen {
  Schema schema;
  std::map<std::string, std::string> cells;
  std::vector<std::string> columns, others, check;
  bool operator==(const Seen&) const = default;
};

Seen seen_of(const std::string& path) {
  Seen out;
  const auto target = open_workbook(path);
  out.schema = target->schema();
  out.cells = seen(*target);
  out.columns =
      query(path,
            "SELECT m.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden FROM sqlite_schema m, "
            "pragma_table_xinfo(m.name) x WHERE m.type = 'table' AND m.name NOT LIKE '\\_zmig\\_%' ESCAPE "
            "'\\' ORDER BY m.name, x.cid");
  out.others = query(path,
                     "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type <> 'table' AND name NOT LIKE "
                     "'\\_zmig\\_%' ESCAPE '\\' ORDER BY name");
  out.check = query(path, "PRAGMA integrity_check");
  return out;
}

std::string prepared(const TempFolder& folder, const std::string& name) {
  std::string path = folder.at(name);
  run_sql(path, kShop);
  const auto target = open_workbook(path);
  REQUIRE(told(commit(*target, everything())) == "done");
  return path;
}

/// One commit for all, and one for each.
std::pair<Seen, Seen> both(const std::vector<Change>& changes) {
  const TempFolder folder;
  const std::string folded = prepared(folder, "folded.db");
  const std::string apart = prepared(folder, "apart.db");
  {
    const auto target = open_workbook(folded);
    REQUIRE(told(commit(*target, changes)) == "done");
  }
  for (const Change& one : changes) {
    const auto target = open_workbook(apart);
    REQUIRE(told(commit(*target, {one})) == "done");
  }
  return {seen_of(folded), seen_of(apart)};
}

}  // namespace

TEST_CASE("columns added together stand as those added one by one, and nothing else moved") {
  const auto [folded, apart] = both({adds("st", "c1", "uno"), adds("st", "c2", "dos, \"2\"", kInteger),
                                     adds("su", "c3", "tres"), adds("st", "c4", "cuatro"), adds("sw", "c5", "cinco")});
  CHECK(folded.schema == apart.schema);
  CHECK(folded.cells == apart.cells);
  CHECK(folded.columns == apart.columns);
  CHECK(folded.others == apart.others);
  CHECK(folded.check == std::vector<std::string>{"t:ok"});
}

TEST_CASE("constants of new columns go into the data rows that were there before them") {
  const auto [folded, apart] =
      both({adds("su", "c1", "uno", kInteger), change::FillEmpty{{"su", "c1"}, Number{0}, {"c1"}},
            adds("su", "c2", "dos"), change::FillEmpty{{"su", "c2"}, Text{"x"}, {"c2"}},
            adds("st", "c3", "tres", kInteger), change::FillEmpty{{"st", "c3"}, Number{7}, {"c3"}}});
  CHECK(folded == apart);
  CHECK(folded.cells.size() > 12);
}

TEST_CASE("what does not commute is carried out behind what waits") {
  const auto [folded, apart] =
      both({adds("su", "c1", "uno"), adds("su", "c2", "dos"), adds("su", "c3", "tres"),
            change::SetHeader{{"su", "c2"}, "zwei"}, adds("su", "c4", "dos"), change::DeleteColumn{{"su", "c1"}},
            adds("su", "c5", "uno"), change::DeleteColumn{{"su", "c3"}}});
  CHECK(folded.schema == apart.schema);
  CHECK(folded.cells == apart.cells);
  CHECK(folded.columns == apart.columns);
  CHECK(folded.check == std::vector<std::string>{"t:ok"});
}

TEST_CASE("a folded commit raises the version of the schema, so that other connections read it again") {
  const TempFolder folder;
  const std::string path = prepared(folder, "a.db");
  auto other = sqlite::Database::open(path, sqlite::Mode::read_write, 1000);
  REQUIRE(other.has_value());
  REQUIRE(other->exec("SELECT * FROM u").has_value());
  const auto target = open_workbook(path);
  REQUIRE(told(commit(*target, {adds("su", "c1", "uno"), adds("su", "c2", "dos"), adds("su", "c3", "tres")})) ==
          "done");
  CHECK(other->exec("UPDATE u SET tres = 'seen'").has_value());
  CHECK(query(path, "SELECT count(*) FROM u WHERE tres = 'seen'") == std::vector<std::string>{"i:4"});
}

TEST_CASE("generated batches mean the same folded, one by one and in memory") {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    std::vector<Change> changes;
    std::vector<Scope> there;
    for (unsigned i = 0; i < 14; ++i) {
      const std::string sheet = below(2) == 0 ? "st" : "su";
      const std::string id = "c" + std::to_string(seed) + "x" + std::to_string(i);
      switch (there.empty() ? 0 : below(6)) {
        case 0:
        case 1:
        case 2:
          changes.push_back(adds(sheet, id, "H" + std::to_string(i), below(2) == 0 ? kInteger : kText));
          there.push_back({sheet, id});
          break;
        case 3: {
          const Scope at = there.back();
          const auto* added = std::get_if<change::InsertColumn>(&changes.back());
          if (added == nullptr) break;
          const Value value = added->column.type == kInteger ? Value(Number{5}) : Value(Text{"five"});
          changes.push_back(change::FillEmpty{at, value, {at.column}});
          break;
        }
        case 4:
          changes.push_back(change::SetHeader{there[below(static_cast<unsigned>(there.size()))], "R" + id});
          break;
        default: {
          const unsigned gone = below(static_cast<unsigned>(there.size()));
          changes.push_back(change::DeleteColumn{there[gone]});
          there.erase(there.begin() + gone);
        }
      }
    }
    INFO("seed " << seed);
    const auto [folded, apart] = both(changes);
    CHECK(folded == apart);
    const TempFolder folder;
    const auto source = open_workbook(prepared(folder, "m.db"));
    MemoryTarget memory = *MemoryTarget::from_view(*source, {});
    REQUIRE(told(commit(memory, changes)) == "done");
    CHECK(seen(memory) == folded.cells);
  }
}
