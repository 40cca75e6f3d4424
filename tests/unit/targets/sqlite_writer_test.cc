// Changes on databases that somebody else made, and what other programs notice.
#include <cstdlib>

#include "base/failpoint.h"
#include "unit/targets/sqlite_support.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const Type kText{};
const Type kInteger{TypeKind::integer, 0, {}};

std::vector<Change> and_then(std::vector<Change> first, std::vector<Change> then) {
  for (Change& change : then) first.push_back(std::move(change));
  return first;
}

}  // namespace

TEST_CASE("an adopted database keeps its definitions, and leaving means dropping what is named _zmig_") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path, "CREATE TABLE t(a VARCHAR(5) NOT NULL, -- the code\n b DATETIME); INSERT INTO t VALUES('x', 1)");
  const auto before = query(path, "SELECT sql FROM sqlite_schema");
  const auto target = open_workbook(path);
  REQUIRE(told(commit(*target, claims("t", {{"a", kText}, {"b", kText}}), Stamp{1, "{}"})) == "done");
  CHECK(query(path,
              "SELECT sql FROM sqlite_schema WHERE name NOT LIKE '\\_zmig\\_%' ESCAPE '\\' AND name NOT LIKE "
              "'sqlite\\_%' ESCAPE '\\'") == before);
  CHECK(query(path, "SELECT id, title, owned FROM _zmig_sheet") == std::vector<std::string>{"t:st|t:t|i:0"});
  CHECK(query(path, "SELECT id, header, type, cid, position FROM _zmig_column ORDER BY position") ==
        std::vector<std::string>{"t:ca|t:a|t:text|i:0|i:0", "t:cb|t:b|t:text|i:1|i:1"});
}

TEST_CASE("a list of allowed values binds every program that writes") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path, "CREATE TABLE t(estado TEXT COLLATE NOCASE, n); INSERT INTO t VALUES('OLD', 1), ('A', 2)");
  const auto target = open_workbook(path);
  const Type type{TypeKind::enumeration, 0, "E"};
  const std::vector<EnumValue> values{{"A", {}, true}, {"it's", {}, true}, {"OLD", {}, false}};
  const Allowed rule{Allowed::Kind::list, {"A", "it's"}, "E", {}, {}, true};
  REQUIRE(told(commit(*target, and_then(claims("t", {{"estado", type}}),
                                        {change::SetEnum{"E", values, {}},
                                         change::SetAllowed{{"st", "cestado"}, rule}}))) == "done");
  CHECK(try_sql(path, "INSERT INTO t VALUES('B', 1)") == "t.estado: value is not registered in enum E");
  CHECK(try_sql(path, "INSERT OR IGNORE INTO t VALUES('a', 1)") == "t.estado: value is not registered in enum E");
  CHECK(try_sql(path, "INSERT INTO t VALUES('OLD', 1)") == "t.estado: value is not registered in enum E");
  CHECK(try_sql(path, "UPDATE t SET estado = 'a' WHERE n = 2") == "t.estado: value is not registered in enum E");
  CHECK(try_sql(path, "UPDATE t SET n = 3, estado = 'OLD' WHERE estado = 'OLD'").empty());
  CHECK(try_sql(path, "INSERT INTO t VALUES('it''s', 1), ('', 2), (NULL, 3)").empty());
  // One more value is one row, and a rename carries the guards along.
  std::vector<EnumValue> more = values;
  more.push_back({"B", {}, true});
  REQUIRE(told(commit(
              *target,
              {change::SetEnum{"E", more, {}},
               change::SetAllowed{{"st", "cestado"}, {Allowed::Kind::list, {"A", "it's", "B"}, "E", {}, {}, true}},
               change::SetHeader{{"st", "cestado"}, "si \"tuación\""}, change::SetTitle{"st", "ta bla"}})) == "done");
  CHECK(try_sql(path, "INSERT INTO \"ta bla\" VALUES('B', 1)").empty());
  CHECK(try_sql(path, "INSERT INTO \"ta bla\" VALUES('C', 1)") ==
        "ta bla.si \"tuación\": value is not registered in enum E");
  CHECK(target->schema().sheets[0].columns[0].allowed.values == std::vector<std::string>{"A", "it's", "B"});
}

TEST_CASE("a guard that somebody took away or altered is seen: the list does not stand any more") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path, "CREATE TABLE t(a TEXT)");
  const auto target = open_workbook(path);
  const Allowed rule{Allowed::Kind::list, {"A"}, {}, {}, {}, true};
  REQUIRE(told(commit(*target, and_then(claims("t", {{"a", kText}}), {change::SetAllowed{{"st", "ca"}, rule}}))) ==
          "done");
  CHECK(target->inspect()->sheets[0].columns[0].allowed == rule);
  CHECK(try_sql(path, "INSERT INTO t VALUES('B')") == "t.a: value is not in the list of allowed values");
  run_sql(path, "DROP TRIGGER _zmig_enum_ca_u");
  CHECK(target->inspect()->sheets[0].columns[0].allowed == Allowed{});
}

TEST_CASE("required, unique and keys bind every program; blank rows stay possible") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path, "CREATE TABLE t(k TEXT, r TEXT, x TEXT)");
  const auto target = open_workbook(path);
  ColumnRules key, required;
  key.unique = true;
  required.required = true;
  SheetRules pairs;
  pairs.uniques = {{"cr", "cx"}};
  REQUIRE(told(commit(*target, and_then(claims("t", {{"k", kText}, {"r", kText}, {"x", kText}}),
                                        {change::SetRules{{"st", "ck"}, key}, change::SetRules{{"st", "cr"}, required},
                                         change::SetRules{{"st", {}}, pairs}}))) == "done");
  CHECK(try_sql(path,
                "INSERT INTO t VALUES('a','1','1'), ('b','1','2'), ('','3',''), (NULL,'3',''), (NULL,NULL,NULL), "
                "('',NULL,'')")
            .empty());
  CHECK(try_sql(path, "INSERT INTO t VALUES('a','2','3')").find("UNIQUE constraint failed") != std::string::npos);
  CHECK(try_sql(path, "INSERT INTO t VALUES('c','1','2')").find("UNIQUE constraint failed") != std::string::npos);
  CHECK(try_sql(path, "INSERT INTO t VALUES('c',NULL,'3')") == "t.r: a value is required");
  CHECK(try_sql(path, "UPDATE t SET r = '' WHERE k = 'a'") == "t.r: a value is required");
  const auto twice = commit(*target, {change::SetRules{{"st", "cx"}, key}});
  CHECK(told(twice) == "done");
  REQUIRE(try_sql(path, "INSERT INTO t VALUES('z','9','9')").empty());
  const auto again = commit(*target, {change::FillEmpty{{"st", "ck"}, words("dup"), {}}});
  CHECK(told(again).substr(0, 6) == "done");
}

TEST_CASE("a unique rule that the data breaks is refused") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(k TEXT); INSERT INTO t VALUES('a'),('a')");
  const auto target = open_workbook(folder.at("a.db"));
  ColumnRules unique;
  unique.unique = true;
  const auto refused = commit(*target, and_then(claims("t", {{"k", kText}}), {change::SetRules{{"st", "ck"}, unique}}));
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0317");
  CHECK(query(folder.at("a.db"), "SELECT name FROM sqlite_schema") == std::vector<std::string>{"t:t"});
}

TEST_CASE("a rebuild keeps rowids, checks, collations, comments, indexes, triggers, views and sequences") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(
      path,
      "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE /* why */, b TEXT UNIQUE, c INTEGER "
      "CHECK (c < 100), d, e,"
      " g INTEGER GENERATED ALWAYS AS (c + 1) STORED);"
      "CREATE TABLE log(what); CREATE INDEX ia ON t(a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log "
      "VALUES(NEW.a); END;"
      "CREATE VIEW v AS SELECT id, a, c FROM t; CREATE TABLE child(tid INTEGER REFERENCES t(id) ON DELETE CASCADE);"
      "INSERT INTO t(id,a,b,c,d,e) VALUES(3,'x','b1',1,'007',x'0102'),(70,'Y','b2',2,7,1.0),(71,'z','b3',3,NULL,''); "
      "DELETE FROM t WHERE id = 71;"
      "INSERT INTO child VALUES(3),(70)");
  TargetOptions options;
  const auto target = open_workbook(path, options);
  REQUIRE(told(commit(*target, claims("t", {{"a", kText}, {"b", kText}, {"c", kInteger}, {"d", kText}}),
                      Stamp{1, "{}"})) == "done");
  const std::vector<std::string> log = query(path, "SELECT what FROM log");
  REQUIRE(told(commit(*target, {change::DeleteColumn{{"st", "cb"}}, change::DeleteColumn{{"st", "cd"}}},
                      Stamp{2, "{}"})) == "done");
  CHECK(query(path, "SELECT rowid, id, a, c, e, g FROM t") ==
        std::vector<std::string>{"i:3|i:3|t:x|i:1|b:\x01\x02|i:2", "i:70|i:70|t:Y|i:2|r:1.0|i:3"});
  CHECK(query(path, "SELECT * FROM v") == std::vector<std::string>{"i:3|t:x|i:1", "i:70|t:Y|i:2"});
  CHECK(query(path, "SELECT seq FROM sqlite_sequence WHERE name = 't'") == std::vector<std::string>{"i:71"});
  CHECK(query(path, "SELECT what FROM log") == log);
  CHECK(query(path, "SELECT count(*) FROM child") == std::vector<std::string>{"i:2"});
  CHECK(query(path, "SELECT sql FROM sqlite_schema WHERE name = 't'") ==
        std::vector<std::string>{"t:CREATE TABLE \"t\"(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE /* "
                                 "why */, c INTEGER CHECK (c < 100), e,"
                                 " g INTEGER GENERATED ALWAYS AS (c + 1) STORED)"});
  CHECK(query(path, "SELECT name FROM sqlite_schema WHERE tbl_name = 't' AND name NOT LIKE 'sqlite%' ORDER BY name") ==
        std::vector<std::string>{"t:ia", "t:t", "t:tr"});
  CHECK(try_sql(path, "INSERT INTO t(a, c) VALUES('n', 100)").find("CHECK constraint failed") != std::string::npos);
  CHECK(try_sql(path, "INSERT INTO t(a, c) VALUES('n', 5)").empty());
  CHECK(query(path, "SELECT max(id) FROM t") == std::vector<std::string>{"i:72"});
  CHECK(query(path, "SELECT count(*) FROM log") == std::vector<std::string>{"i:4"});
}

TEST_CASE("a column with a UNIQUE of its own goes by a rebuild") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a TEXT, b TEXT UNIQUE); INSERT INTO t VALUES('x','y')");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, and_then(claims("t", {{"a", kText}, {"b", kText}}),
                                        {change::DeleteColumn{{"st", "cb"}}}))) == "done");
  CHECK(query(folder.at("a.db"), "SELECT * FROM t") == std::vector<std::string>{"t:x"});
}

TEST_CASE("a column that a view, a trigger, an index or a constraint uses is refused by name") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path,
          "CREATE TABLE t(a TEXT, b TEXT, c TEXT, d TEXT, x TEXT, CHECK (d <> 'no')); CREATE VIEW v_open AS SELECT a "
          "FROM t; CREATE INDEX ib ON t(b);"
          "CREATE TRIGGER tc AFTER UPDATE OF c ON t BEGIN SELECT 1; END");
  const auto target = open_workbook(path);
  REQUIRE(told(commit(*target, claims("t", {{"a", kText}, {"b", kText}, {"c", kText}, {"d", kText}, {"x", kText}}))) ==
          "done");
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "ca"}}})) == "ZM0476 \"a\" is used by view \"v_open\" at t");
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "cb"}}})) == "ZM0476 \"b\" is used by index \"ib\" at t");
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "cc"}}})) == "ZM0476 \"c\" is used by trigger \"tc\" at t");
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "cd"}}})) ==
        "ZM0476 \"d\" is used by a constraint of the table at t");
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "cx"}}, change::DeleteColumn{{"st", "ca"}}})).substr(0, 6) ==
        "ZM0476");
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "cx"}}})) == "done");
}

TEST_CASE("a broken view blocks a rename, which is said, and no removal") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a TEXT, b TEXT); CREATE VIEW v_old AS SELECT * FROM gone");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", kText}, {"b", kText}}))) == "done");
  const auto rename = told(commit(*target, {change::SetHeader{{"st", "ca"}, "A1"}}));
  CHECK(rename.substr(0, 6) == "ZM0476");
  CHECK(rename.find("v_old") != std::string::npos);
  CHECK(told(commit(*target, {change::DeleteColumn{{"st", "cb"}}})) == "done");
}

TEST_CASE("names, limits and views are refused by code") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  std::string wide = "CREATE TABLE w(c0";
  for (int i = 1; i < 2000; ++i) wide += ",c" + std::to_string(i);
  run_sql(path, wide +
                    "); CREATE TABLE t(FECHA TEXT, \"Año\" TEXT); CREATE VIEW v AS SELECT 1 AS uno; INSERT INTO "
                    "w(c1999) VALUES('last')");
  const auto target = open_workbook(path);
  REQUIRE(told(commit(*target, and_then(claims("t", {{"FECHA", kText}, {"Año", kText}}),
                                        and_then(claims("w", {{"c0", kText}}), claims("v", {{"uno", kText}}))))) ==
          "done");
  CHECK(told(commit(*target, {change::InsertColumn{"st", make_column("cx", "fecha"), {}}})) ==
        "ZM0475 \"FECHA\" and \"fecha\" are one column name in SQLite at t");
  CHECK(told(commit(*target, {change::InsertColumn{"st", make_column("cx", "AÑO"), {}}})) == "done");
  CHECK(told(commit(*target, {change::InsertColumn{"sw", make_column("cy", "más"), {}}})) ==
        "ZM0474 2 000 columns, limit 2 000 at w");
  CHECK(told(commit(*target, {change::InsertColumn{"sv", make_column("cz", "dos"), {}}})) ==
        "ZM0473 \"v\" is a view; it has no columns to change");
  // All of 2,000 columns are read in one pass.
  CHECK(seen(*target).at("w!2 1999 c1999") == "text last");
  CHECK(target->column_hashes("sw", {})->size() == 2000);
}

TEST_CASE("rows without an address are read and not written") {
  const TempFolder folder;
  run_sql(
      folder.at("a.db"),
      "CREATE TABLE t(rowid TEXT, oid TEXT, _rowid_ TEXT); CREATE TABLE k(a TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID;"
      "INSERT INTO t VALUES('x',NULL,NULL); INSERT INTO k VALUES('x', NULL)");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, and_then(claims("t", {{"oid", kText}}), claims("k", {{"b", kText}})))) == "done");
  CHECK(told(commit(*target, {change::FillEmpty{{"st", "coid"}, words("y"), {}}})) ==
        "ZM0479 rows of \"t\" cannot be addressed (rowid, oid, _rowid_ are columns)");
  CHECK(told(commit(*target, {change::FillEmpty{{"sk", "cb"}, words("y"), {}}})) ==
        "ZM0479 rows of \"k\" cannot be addressed (WITHOUT ROWID)");
  CHECK(told(commit(*target, {change::InsertColumn{"sk", make_column("cc", "c"), {}}})) == "done");
}

TEST_CASE("other people's triggers are not fired unless somebody said so") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path,
          "CREATE TABLE t(a TEXT, b TEXT); CREATE TABLE log(x); CREATE TRIGGER t_audit AFTER UPDATE OF b ON t BEGIN "
          "INSERT INTO log VALUES(1); END;"
          "INSERT INTO t(a) VALUES('x'),('y')");
  {
    const auto target = open_workbook(path);
    REQUIRE(told(commit(*target, claims("t", {{"a", kText}, {"b", kText}}))) == "done");
    const auto refused = commit(*target, {change::FillEmpty{{"st", "cb"}, words("1"), {}}});
    REQUIRE(!refused.has_value());
    CHECK(refused.error() == make_error(Errc::unsupported, "ZM0477", "trigger \"t_audit\" would fire for 2 rows",
                                        "set `sqlite.triggers` to \"fire\" or \"suppress\"", "t"));
    CHECK(told(commit(*target, {change::FillEmpty{{"st", "ca"}, words("1"), {}}})) == "done");
  }
  TargetOptions suppress;
  suppress.suppress_triggers = true;
  REQUIRE(told(commit(*open_workbook(path, suppress), {change::FillEmpty{{"st", "cb"}, words("1"), {}}})) == "done");
  CHECK(query(path, "SELECT count(*) FROM log") == std::vector<std::string>{"i:0"});
  REQUIRE(try_sql(path, "DELETE FROM log; UPDATE t SET b = NULL; DELETE FROM log").empty());
  TargetOptions fire;
  fire.fire_triggers = true;
  REQUIRE(told(commit(*open_workbook(path, fire), {change::FillEmpty{{"st", "cb"}, words("1"), {}}})) == "done");
  CHECK(query(path, "SELECT count(*) FROM log") == std::vector<std::string>{"i:2"});
}

TEST_CASE("a delete that would leave references to nothing is rolled back") {
  const TempFolder folder;
  run_sql(folder.at("a.db"),
          "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE child(tid REFERENCES t(id)); INSERT INTO t "
          "VALUES(1,'x'),(2,'y');"
          "INSERT INTO child VALUES(2)");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"id", kInteger}, {"a", kText}}))) == "done");
  const auto rows = rows_of(*target, "st", {"ca"});
  const auto remove = [&](std::size_t i) {
    return change::DeleteRows{"st", source::Run{{"ca"}, {}, {{rows[i].row, rows[i].cells}}}};
  };
  CHECK(told(commit(*target, {remove(1)})) == "ZM0319 1 row would refer to nothing (foreign keys)");
  CHECK(told(commit(*target, {remove(0)})) == "done");
}

TEST_CASE("empty text stays empty text where a blank is wanted, and other bytes stay") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a TEXT, b TEXT); INSERT INTO t VALUES('', 'x'), (NULL, 'y'), ('z', 'w')");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", kText}, {"b", kText}}))) == "done");
  const auto rows = rows_of(*target, "st", {"ca"});
  std::vector<source::Edit> edits;
  for (const SeenRow& row : rows) edits.push_back({row.row, row.cells[0], {}});
  REQUIRE(told(commit(*target, {change::WriteCells{{"st", "ca"}, source::Run{{}, edits, {}}}})) == "done");
  CHECK(query(folder.at("a.db"), "SELECT a FROM t") == std::vector<std::string>{"t:", "n:", "n:"});
  REQUIRE(told(commit(*target, {change::FillEmpty{{"st", "ca"}, words("f"), {}}})) == "done");
  CHECK(query(folder.at("a.db"), "SELECT a FROM t") == std::vector<std::string>{"t:f", "t:f", "t:f"});
}

#ifdef ZMIG_FAILPOINTS
TEST_CASE("a failure at any point before COMMIT leaves nothing, after it the outcome is unknown and the stamp tells") {
  const TempFolder folder;
  const std::string path = folder.at("a.db");
  run_sql(path, "CREATE TABLE t(a TEXT); INSERT INTO t VALUES('x')");
  const auto target = open_workbook(path);
  REQUIRE(told(commit(*target, claims("t", {{"a", kText}}), Stamp{1, "{}"})) == "done");
  const std::vector<Change> changes{change::SetHeader{{"st", "ca"}, "b"},
                                    change::InsertColumn{"st", make_column("cn", "n", kInteger), {}},
                                    change::FillEmpty{{"st", "cn"}, amount(0), {"cn"}}};
  for (const char* point : {"sqlite.before_begin", "sqlite.after_begin", "sqlite.before_change:1",
                            "sqlite.before_change:3", "sqlite.before_stamp", "sqlite.before_commit"}) {
    CAPTURE(point);
    ::setenv("ZMIG_FAILPOINT", (std::string(point) + "=err:EIO").c_str(), 1);
    failpoint::reset_counts();
    const auto failed = commit(*target, changes, Stamp{2, "{}"});
    ::unsetenv("ZMIG_FAILPOINT");
    REQUIRE(!failed.has_value());
    CHECK(failed.error().effect == Effect::none);
    CHECK(query(path, "SELECT * FROM t") == std::vector<std::string>{"t:x"});
    CHECK(target->stamps()->size() == 1);
  }
  ::setenv("ZMIG_FAILPOINT", "sqlite.after_commit=err:EIO", 1);
  failpoint::reset_counts();
  const auto unknown = commit(*target, changes, Stamp{2, "{}"});
  ::unsetenv("ZMIG_FAILPOINT");
  REQUIRE(!unknown.has_value());
  CHECK(unknown.error().effect == Effect::unknown);
  CHECK(target->stamps()->size() == 2);
  CHECK(query(path, "SELECT * FROM t") == std::vector<std::string>{"t:x|i:0"});
}
#endif
