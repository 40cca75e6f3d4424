#include "base/sqlite.h"

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <limits>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::sqlite;
using namespace std::string_literals;
using test::TempFolder;

namespace {

Database open_new(const std::string& path) {
  auto db = Database::open(path, Mode::create, 50);
  REQUIRE(db.has_value());
  return std::move(db).value();
}

void run(Database& db, std::string_view sql) {
  const auto done = db.exec(sql);
  if (!done) FAIL(done.error().message);
}

/// The only value of the only row.
Datum value_of(Database& db, std::string_view sql) {
  auto statement = db.prepare(sql);
  REQUIRE(statement.has_value());
  REQUIRE(*statement->step());
  return statement->datum(0);
}

/// A database with a hot journal, as a killed writer leaves it.
void make_hot_journal(const TempFolder& folder, const std::string& name) {
  {
    Database db = open_new(folder.at(name));
    run(db, "CREATE TABLE t(a); INSERT INTO t VALUES('before')");
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto db = Database::open(folder.at(name), Mode::read_write, 0);
    // The cache spills, so pages are written before COMMIT and the journal is needed to undo them.
    static_cast<void>(db->exec("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE; UPDATE t SET a='after'"));
    static_cast<void>(
        db->exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) "
                 "INSERT INTO t SELECT randomblob(500) FROM n"));
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(::access(folder.at(name + "-journal").c_str(), F_OK) == 0);
}

}  // namespace

TEST_CASE("all five storage classes come back as they were bound") {
  Database db = open_new(":memory:");
  run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  const std::vector<Datum> values = {std::monostate{},
                                     std::int64_t{0},
                                     std::numeric_limits<std::int64_t>::min(),
                                     -0.5,
                                     1e300,
                                     "Revisión"s,
                                     ""s,
                                     "a\0b"s,
                                     Blob{"\x00\xFF\x01"s},
                                     Blob{}};
  auto insert = *db.prepare("INSERT INTO t(v) VALUES(?1)");
  for (const Datum& value : values) {
    insert.bind(1, value);
    REQUIRE(insert.run().has_value());
  }
  CHECK(db.last_insert_rowid() == static_cast<std::int64_t>(values.size()));
  CHECK(db.changes() == 1);
  auto select = *db.prepare("SELECT v FROM t ORDER BY id");
  for (const Datum& value : values) {
    REQUIRE(*select.step());
    CHECK(select.datum(0) == value);
    CHECK(select.type(0) == static_cast<int>(value.index()));
    CHECK(select.is_null(0) == (value.index() == 0));
  }
  CHECK_FALSE(*select.step());
}

TEST_CASE("columns are read as numbers and as text without a copy") {
  Database db = open_new(":memory:");
  auto statement = *db.prepare("SELECT 42, 1.5, 'añ', x'00ff', NULL");
  REQUIRE(*statement.step());
  CHECK(statement.columns() == 5);
  CHECK(statement.integer(0) == 42);
  CHECK(statement.real(1) == 1.5);
  CHECK(statement.text(2) == "añ");
  CHECK(statement.text(3) == "\x00\xFF"s);
  CHECK(statement.text(4).empty());
  CHECK(statement.text(0) == "42");
}

TEST_CASE("text of a database in UTF-16 comes back as UTF-8") {
  const TempFolder folder;
  {
    Database db = open_new(folder.at("w"));
    run(db, "PRAGMA encoding='UTF-16le'; CREATE TABLE t(a); INSERT INTO t VALUES('Revisión 😀'), (x'00ff'), (42), ('')");
  }
  auto db = Database::open(folder.at("w"), Mode::read_only, 0);
  REQUIRE(db.has_value());
  auto statement = *db->prepare("SELECT a FROM t");
  for (const std::string& text : {"Revisión 😀"s, "\x00\xFF"s, "42"s, ""s}) {
    REQUIRE(*statement.step());
    CHECK(statement.text(0) == text);
  }
}

TEST_CASE("integers, doubles and all kinds of strings can be bound without a cast") {
  Database db = open_new(":memory:");
  auto statement = *db.prepare("SELECT typeof(?1)||typeof(?2)||typeof(?3)||typeof(?4)||typeof(?5)||typeof(?6)");
  statement.bind(1, 5).bind(2, std::size_t{7}).bind(3, 0.5).bind(4, "x").bind(5, "y"s).bind(6, std::string_view());
  REQUIRE(*statement.step());
  CHECK(statement.text(0) == "integerintegerrealtexttexttext");
}

TEST_CASE("a finished statement can be stepped again with its bindings") {
  Database db = open_new(":memory:");
  auto statement = *db.prepare("SELECT ?1");
  statement.bind(1, 3);
  for (int round = 0; round < 2; ++round) {
    REQUIRE(*statement.step());
    CHECK(statement.integer(0) == 3);
    CHECK_FALSE(*statement.step());
  }
  statement.bind_null(1);
  REQUIRE(*statement.step());
  CHECK(statement.is_null(0));
  statement.bind(1, 9);  // while a row is open: starts anew
  REQUIRE(*statement.step());
  CHECK(statement.integer(0) == 9);
}

TEST_CASE("statements and databases can be moved") {
  Database first = open_new(":memory:");
  Database second = std::move(first);
  CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): what is left of it is the subject
  CHECK(second.is_open());
  Statement statement;
  statement = *second.prepare("SELECT 1");
  Statement other = std::move(statement);
  REQUIRE(*other.step());
  CHECK(other.integer(0) == 1);
}

TEST_CASE("a statement may outlive its connection object") {
  Statement statement;
  {
    Database db = open_new(":memory:");
    run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    statement = *db.prepare("SELECT a FROM t");
  }
  CHECK(*statement.step());
}

TEST_CASE("prepare takes exactly one statement") {
  Database db = open_new(":memory:");
  CHECK(db.prepare("SELECT 1; ").has_value());
  for (const char* sql : {"", "  ", "-- nothing", "SELECT 1; SELECT 2"}) {
    CAPTURE(sql);
    REQUIRE_FALSE(db.prepare(sql).has_value());
    CHECK(db.prepare(sql).error().code == Errc::invalid_input);
  }
  CHECK(db.prepare("SELECT a FROM nowhere").error().message == "no such table: nowhere");
}

TEST_CASE("connections are opened as the documents say") {
  const TempFolder folder;
  Database db = open_new(folder.at("w"));
  CHECK(value_of(db, "PRAGMA foreign_keys") == Datum(std::int64_t{0}));
  CHECK(value_of(db, "PRAGMA trusted_schema") == Datum(std::int64_t{0}));
  CHECK(value_of(db, "PRAGMA cell_size_check") == Datum(std::int64_t{1}));
  CHECK(value_of(db, "PRAGMA mmap_size") == Datum(std::int64_t{0}));
  CHECK(value_of(db, "PRAGMA journal_mode") == Datum("delete"s));
  CHECK(value_of(db, "PRAGMA synchronous") == Datum(std::int64_t{3}));  // EXTRA
  CHECK(value_of(db, "PRAGMA busy_timeout") == Datum(std::int64_t{50}));
  CHECK_FALSE(db.exec("SELECT load_extension('x')").has_value());
  // DEFENSIVE: the schema table cannot be written even when asked.
  run(db, "CREATE TABLE t(a); PRAGMA writable_schema=ON");
  CHECK_FALSE(db.exec("UPDATE sqlite_schema SET sql = sql").has_value());
  CHECK(db.column_limit() == 2000);
}

TEST_CASE("a WAL workbook stays WAL and is synced FULL") {
  const TempFolder folder;
  {
    Database db = open_new(folder.at("w"));
    run(db, "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
  }
  auto db = Database::open(folder.at("w"), Mode::read_write, 0);
  REQUIRE(db.has_value());
  CHECK(value_of(*db, "PRAGMA journal_mode") == Datum("wal"s));
  CHECK(value_of(*db, "PRAGMA synchronous") == Datum(std::int64_t{2}));
}

TEST_CASE("opening reads nothing into being: a missing file is not found, and not made") {
  const TempFolder folder;
  for (const Mode mode : {Mode::read_only, Mode::read_write}) {
    const auto db = Database::open(folder.at("none"), mode, 0);
    REQUIRE_FALSE(db.has_value());
    CHECK(db.error().code == Errc::not_found);
    CHECK(db.error().message == "opening \"" + folder.at("none") + "\": no such file or folder");
  }
  CHECK(Database::open(folder.at("missing/a"), Mode::create, 0).error().code == Errc::not_found);
  CHECK(Database::open("", Mode::create, 0).error().code == Errc::invalid_input);
  CHECK(Database::open("a\0b"s, Mode::create, 0).error().code == Errc::invalid_input);
  CHECK(Database::open(folder.path(), Mode::read_only, 0).error().code == Errc::invalid_input);
  CHECK(folder.names().empty());
}

TEST_CASE("a path that looks like a URI is a path") {
  const TempFolder folder;
  REQUIRE(::chdir(folder.path().c_str()) == 0);
  {
    Database db = open_new("file:x?mode=memory");
    run(db, "CREATE TABLE t(a)");
  }
  REQUIRE(::chdir("/") == 0);
  CHECK(folder.names() == std::vector<std::string>{"file:x?mode=memory"});
}

TEST_CASE("what is no database is corrupt (ZM0470), at opening") {
  const TempFolder folder;
  folder.write("w", std::string(4096, 'x'));
  const auto db = Database::open(folder.at("w"), Mode::read_only, 0);
  REQUIRE_FALSE(db.has_value());
  CHECK(db.error().code == Errc::corrupt);
  CHECK(db.error().zm == "ZM0470");
  CHECK(db.error().message ==
        "opening \"" + folder.at("w") + "\": not a SQLite database, or a damaged one (file is not a database)");
}

TEST_CASE("a damaged page is corrupt (ZM0470), when it is met") {
  const TempFolder folder;
  {
    Database db = open_new(folder.at("w"));
    run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  }
  std::string bytes = folder.read("w");
  std::fill(bytes.begin() + 4096, bytes.end(), '\xFF');
  folder.write("w", bytes);
  auto db = Database::open(folder.at("w"), Mode::read_only, 0);
  REQUIRE(db.has_value());
  const auto done = db->exec("SELECT * FROM t");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Errc::corrupt);
  CHECK(done.error().zm == "ZM0470");
}

TEST_CASE("read-only connections refuse to write (denied)") {
  const TempFolder folder;
  {
    Database db = open_new(folder.at("w"));
    run(db, "CREATE TABLE t(a)");
  }
  auto db = Database::open(folder.at("w"), Mode::read_only, 0);
  REQUIRE(db.has_value());
  const auto done = db->exec("INSERT INTO t VALUES(1)");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Errc::denied);
  CHECK(done.error().effect == Effect::none);
}

TEST_CASE("another writer makes us busy (ZM0471)") {
  const TempFolder folder;
  Database first = open_new(folder.at("w"));
  run(first, "CREATE TABLE t(a)");
  Database second = open_new(folder.at("w"));
  auto held = Transaction::begin(first);
  REQUIRE(held.has_value());
  const auto refused = Transaction::begin(second);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::busy);
  CHECK(refused.error().zm == "ZM0471");
  CHECK(refused.error().effect == Effect::none);
  held->rollback();
  CHECK(Transaction::begin(second).has_value());
}

TEST_CASE("a constraint is a conflict and names it") {
  Database db = open_new(":memory:");
  run(db, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1)");
  const auto done = db.exec("INSERT INTO t VALUES(1)");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Errc::conflict);
  CHECK(done.error().message == "UNIQUE constraint failed: t.a");
}

TEST_CASE("a full database is an io error") {
  const TempFolder folder;
  Database db = open_new(folder.at("w"));
  run(db, "CREATE TABLE t(a); PRAGMA max_page_count=3; BEGIN");
  const auto done = db.exec("INSERT INTO t VALUES(zeroblob(100000))");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Errc::io);
  CHECK(done.error().help == "make room on the disk, then give the same command again");
}

TEST_CASE("a hot journal is transient (ZM0472) for a reader, and rolled back by the next writer") {
  const TempFolder folder;
  make_hot_journal(folder, "w");
  const auto reader = Database::open(folder.at("w"), Mode::read_only, 0);
  REQUIRE_FALSE(reader.has_value());
  CHECK(reader.error().code == Errc::transient);
  CHECK(reader.error().zm == "ZM0472");
  auto writer = Database::open(folder.at("w"), Mode::read_write, 0);
  REQUIRE(writer.has_value());
  CHECK(value_of(*writer, "SELECT group_concat(a) FROM t") == Datum("before"s));
  CHECK(Database::open(folder.at("w"), Mode::read_only, 0).has_value());
}

TEST_CASE("a transaction that was not committed is rolled back") {
  Database db = open_new(":memory:");
  run(db, "CREATE TABLE t(a)");
  {
    auto transaction = Transaction::begin(db);
    REQUIRE(transaction.has_value());
    CHECK(db.in_transaction());
    run(db, "INSERT INTO t VALUES(1)");
  }
  CHECK_FALSE(db.in_transaction());
  CHECK(value_of(db, "SELECT count(*) FROM t") == Datum(std::int64_t{0}));
}

TEST_CASE("a committed transaction stays") {
  Database db = open_new(":memory:");
  run(db, "CREATE TABLE t(a)");
  {
    auto begun = Transaction::begin(db);
    Transaction transaction = std::move(begun).value();
    run(db, "INSERT INTO t VALUES(1)");
    CHECK(transaction.commit().has_value());
  }
  CHECK(value_of(db, "SELECT count(*) FROM t") == Datum(std::int64_t{1}));
}

TEST_CASE("a transaction that an error ended early commits nothing, neither by itself nor by what comes after it") {
  const TempFolder folder;
  Database db = open_new(folder.at("w"));
  run(db, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1)");
  {
    auto transaction = Transaction::begin(db);
    REQUIRE(transaction.has_value());
    run(db, "INSERT INTO t VALUES(2)");
    // As SQLite does by itself when the disk fails.
    CHECK_FALSE(db.exec("INSERT OR ROLLBACK INTO t VALUES(1)").has_value());
    CHECK_FALSE(db.in_transaction());
    const Status after = db.exec("INSERT INTO t VALUES(3)");
    REQUIRE_FALSE(after.has_value());
    CHECK(after.error().code == Errc::io);
    CHECK_FALSE(db.exec("CREATE TABLE u(a)").has_value());
    const Status committed = transaction->commit();
    REQUIRE_FALSE(committed.has_value());
    CHECK(committed.error().code == Errc::io);
    CHECK(committed.error().effect == Effect::none);
    CHECK(committed.error().message == "committing: an error before this has rolled the transaction back");
  }
  CHECK(value_of(db, "SELECT group_concat(a) FROM t") == Datum("1"s));
  run(db, "INSERT INTO t VALUES(4)");  // and the connection works as before
  CHECK(value_of(db, "SELECT group_concat(a) FROM t") == Datum("1,4"s));
  CHECK(value_of(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'u'") == Datum(std::int64_t{0}));
}

TEST_CASE("an error of COMMIT has an unknown effect") {
  const TempFolder folder;
  Database db = open_new(folder.at("w"));
  run(db, "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  run(db, "PRAGMA foreign_keys=ON");
  auto transaction = Transaction::begin(db);
  REQUIRE(transaction.has_value());
  run(db, "INSERT INTO t VALUES(7)");
  const auto committed = transaction->commit();
  REQUIRE_FALSE(committed.has_value());
  CHECK(committed.error().effect == Effect::unknown);
  CHECK(committed.error().message == "committing: FOREIGN KEY constraint failed");
  CHECK_FALSE(db.in_transaction());
}

TEST_CASE("the schema can be edited while that is allowed, and not afterwards") {
  const TempFolder folder;
  Database db = open_new(folder.at("w"));
  run(db, "CREATE TABLE t(a)");
  REQUIRE(db.allow_schema_edit(true).has_value());
  {
    auto transaction = Transaction::begin(db);
    run(db, "UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a, b)' WHERE name = 't'");
    REQUIRE(transaction->commit().has_value());
  }
  REQUIRE(db.allow_schema_edit(false).has_value());
  CHECK(value_of(db, "SELECT group_concat(name) FROM pragma_table_info('t')") == Datum("a,b"s));
  CHECK_FALSE(db.exec("UPDATE sqlite_schema SET sql = sql").has_value());
}

TEST_CASE("other people's triggers can be kept from firing") {
  Database db = open_new(":memory:");
  run(db,
      "CREATE TABLE t(a); CREATE TABLE log(a); "
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES(NEW.a); END");
  REQUIRE(db.enable_triggers(false).has_value());
  run(db, "INSERT INTO t VALUES(1)");
  REQUIRE(db.enable_triggers(true).has_value());
  run(db, "INSERT INTO t VALUES(2)");
  CHECK(value_of(db, "SELECT group_concat(a) FROM log") == Datum("2"s));
}

TEST_CASE("any name can be quoted as identifier, any text as literal") {
  Database db = open_new(":memory:");
  for (const std::string name : {"Estado", "", " ", "a\"b", "a'b", "[x]", "=1+1", "line\nfeed", "select", "Año", "😀"}) {
    CAPTURE(name);
    run(db, "CREATE TABLE t(" + identifier(name) + ")");
    run(db, "INSERT INTO t(" + identifier(name) + ") VALUES(" + literal(name) + ")");
    CHECK(value_of(db, "SELECT " + identifier(name) + " FROM t") == Datum(name));
    CHECK(value_of(db, "SELECT name FROM pragma_table_info('t')") == Datum(name));
    run(db, "DROP TABLE t");
  }
  CHECK(identifier("a\"b") == "\"a\"\"b\"");
  CHECK(literal("it's") == "'it''s'");
}

TEST_CASE("binding while a row is open starts the statement anew, whatever is bound") {
  Database db = open_new(":memory:");
  auto statement = *db.prepare("SELECT ?1");
  const Datum values[] = {Datum(std::int64_t{4}), Datum(0.5), Datum("text"s), Datum(Blob{"\x01\x02"}), Datum()};
  for (const Datum& value : values) {
    statement.bind(1, 1);
    REQUIRE(*statement.step());
    statement.bind(1, value);
    REQUIRE(*statement.step());
    CHECK(statement.datum(0) == value);
  }
}

TEST_CASE("a text and a blob of nothing are not NULL") {
  Database db = open_new(":memory:");
  auto statement = *db.prepare("SELECT typeof(?1) || typeof(?2)");
  statement.bind(1, std::string_view()).bind_blob(2, std::string_view());
  REQUIRE(*statement.step());
  CHECK(statement.text(0) == "textblob");
}

TEST_CASE("a statement with rows can be run for its effect alone") {
  Database db = open_new(":memory:");
  run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1), (2), (3)");
  auto update = *db.prepare("UPDATE t SET a = a + 10 RETURNING a");
  CHECK(update.run().has_value());
  CHECK(value_of(db, "SELECT sum(a) FROM t") == Datum(std::int64_t{36}));
}

TEST_CASE("a view of a value reads what is there, in databases of both encodings") {
  const TempFolder folder;
  for (const char* encoding : {"UTF-8", "UTF-16be"}) {
    const std::string name = encoding;
    Database made = open_new(folder.at(name));
    run(made, "PRAGMA encoding='" + name + "'; CREATE TABLE t(a)");
    made = open_new(folder.at(name));
    run(made, "INSERT INTO t VALUES('Revisión 😀'), (x'00ff'), (42), (0.5), (NULL)");
    auto statement = *made.prepare("SELECT a FROM t ORDER BY rowid");
    std::vector<std::string> seen;
    while (*statement.step()) {
      const ColumnView view = statement.view(0);
      seen.push_back(std::to_string(view.type) + " " + std::string(view.text) + " " + std::to_string(view.integer) +
                     " " + std::to_string(view.real));
    }
    INFO(name);
    CHECK(seen == std::vector<std::string>{"3 Revisión 😀 0 0.000000", "4 \x00\xFF 0 0.000000"s, "1  42 0.000000",
                                           "2  0 0.500000", "0  0 0.000000"});
  }
}

TEST_CASE("what has no file, no page or another journal has no change counter") {
  const TempFolder folder;
  Database memory = open_new(":memory:");
  run(memory, "CREATE TABLE t(a)");
  CHECK(memory.change_counter()->empty());
  CHECK(open_new(folder.at("empty")).change_counter()->empty());
  Database file = open_new(folder.at("file"));
  run(file, "CREATE TABLE t(a)");
  const std::string counter = *file.change_counter();
  CHECK(counter.size() == 32);
  CHECK(*file.change_counter() == counter);
  run(file, "INSERT INTO t VALUES(1)");
  CHECK(*file.change_counter() != counter);
  file = open_new(folder.at("other"));
  // What reads WAL but writes without (byte 19 of the header, https://www.sqlite.org/fileformat2.html).
  std::string bytes = folder.read("file");
  REQUIRE((bytes[18] == 1 && bytes[19] == 1));
  bytes[19] = 2;
  folder.write("file", bytes);
  Database half = open_new(folder.at("file"));
  CHECK(half.change_counter()->empty());
  CHECK(value_of(half, "SELECT count(*) FROM t") == Datum(std::int64_t{1}));
}

TEST_CASE("a connection that was given away is in no transaction") {
  Database first = open_new(":memory:");
  run(first, "BEGIN");
  CHECK(first.in_transaction());
  const Database second = std::move(first);
  CHECK_FALSE(first.in_transaction());  // NOLINT(bugprone-use-after-move): that is the question
  CHECK(second.in_transaction());
}

TEST_CASE("a path that goes through a file is not found") {
  const TempFolder folder;
  folder.write("file", "x");
  const auto opened = Database::open(folder.at("file/a.db"), Mode::create, 0);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Errc::not_found);
}
