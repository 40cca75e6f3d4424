#include "targets/sqlite/sqlite_target.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit/targets/sqlite_support.h"

using namespace zmig;
using namespace zmig::test;

namespace {

constexpr const char* kShop =
    "CREATE TABLE pedidos(id INTEGER PRIMARY KEY, cliente VARCHAR(20), total NUMERIC(10,2), creado DATETIME, nada);"
    "CREATE TABLE \"Con espacio\"(\"a \"\"b\"\"\" TEXT, rowid TEXT);"
    "CREATE TABLE clave(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
    "CREATE VIEW abiertos AS SELECT id, cliente FROM pedidos;"
    "CREATE VIEW roto AS SELECT * FROM no_hay;"
    "CREATE TABLE calc(a INTEGER, doble INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL);"
    "INSERT INTO pedidos VALUES(5,'Ana',10.5,'2026-05-11 "
    "10:00:00',NULL),(9,'',7,'x',x'00ff'),(10,NULL,NULL,NULL,9007199254740993);"
    "INSERT INTO \"Con espacio\" VALUES('x','y');"
    "INSERT INTO clave VALUES('b',2),('a',1);"
    "INSERT INTO calc(a) VALUES(4);";

std::vector<std::string> told_sheets(const Schema& schema) {
  std::vector<std::string> lines;
  for (const Sheet& sheet : schema.sheets) {
    std::string line = sheet.id + (sheet.managed ? "!" : "") + ":";
    for (const Column& column : sheet.columns) line += " " + column.id + (column.managed ? "!" : "");
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

TEST_CASE("a database that nobody prepared opens: tables and views are sheets, columns are headers") {
  const TempFolder folder;
  run_sql(folder.at("shop.db"), kShop);
  const auto target = open_workbook(folder.at("shop.db"));
  CHECK(told_sheets(target->schema()) ==
        std::vector<std::string>{"~pedidos: ~id ~cliente ~total ~creado ~nada", "~Con espacio: ~a \"b\" ~rowid",
                                 "~clave: ~k ~v", "~abiertos: ~id ~cliente", "~roto:", "~calc: ~a ~doble"});
  CHECK(target->stamps()->empty());
  CHECK(target->url() == "sqlite:" + folder.at("shop.db"));
  CHECK(target->title() == "shop");
  CHECK(*target->row_count("~pedidos") == 3);
  const auto cells = seen(*target);
  CHECK(cells.at("pedidos!2 0 id") == "number 5");
  CHECK(cells.at("pedidos!2 2 total") == "number 10.5");
  CHECK(cells.at("pedidos!2 3 creado") == "text 2026-05-11 10:00:00");
  CHECK(cells.count("pedidos!3 1 cliente") == 0);
  CHECK(cells.at("pedidos!3 4 nada") == "text x'00ff'");
  CHECK(cells.at("pedidos!4 4 nada") == "text 9007199254740993");
  CHECK(cells.at("Con espacio!2 1 rowid") == "text y");
  CHECK(cells.at("clave!2 0 k") == "text a");
  CHECK(cells.at("abiertos!2 1 cliente") == "text Ana =view");  // follows the tables under it
  CHECK(cells.at("calc!2 1 doble") == "number 8 =a * 2");
  CHECK(folder.names() == std::vector<std::string>{"shop.db"});
}

TEST_CASE("reading leaves the file as it was, byte for byte") {
  const TempFolder folder;
  run_sql(folder.at("shop.db"), kShop);
  const std::string before = folder.read("shop.db");
  const auto target = open_workbook(folder.at("shop.db"));
  static_cast<void>(seen(*target));
  static_cast<void>(target->column_hashes("~pedidos", {}));
  CHECK(folder.read("shop.db") == before);
}

TEST_CASE("managed columns read by their declared type, foreign ones as stored") {
  const TempFolder folder;
  run_sql(folder.at("a.db"),
          "CREATE TABLE t(n, d TEXT, b INTEGER, x TEXT); INSERT INTO t "
          "VALUES('12','2026-05-11',1,'12'),('007','11/05/2026',2,'2026-05-11'),"
          "('#N/A','#REF!',NULL,'#N/A')");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"n", {TypeKind::integer, 0, {}}},
                                            {"d", {TypeKind::date, 0, {}}},
                                            {"b", {TypeKind::boolean, 0, {}}}}))) == "done");
  const auto cells = seen(*target);
  CHECK(cells.at("t!2 0 n") == "number 12");
  CHECK(cells.at("t!2 1 d") == "date 2026-05-11");
  CHECK(cells.at("t!2 2 b") == "boolean TRUE");
  CHECK(cells.at("t!2 3 x") == "text 12");
  CHECK(cells.at("t!3 0 n") == "text 007");
  CHECK(cells.at("t!3 1 d") == "text 11/05/2026");
  CHECK(cells.at("t!3 2 b") == "number 2");
  CHECK(cells.at("t!4 0 n") == "error #N/A");
  CHECK(cells.at("t!4 1 d") == "error #REF!");
  CHECK(cells.at("t!4 3 x") == "text #N/A");
}

TEST_CASE("a file that is no database, is damaged or is not there is refused by code") {
  const TempFolder folder;
  folder.write("text.db", std::string(5000, 'x'));
  CHECK(SqliteTarget::open(folder.at("text.db"), {}).error().zm == "ZM0470");
  CHECK(SqliteTarget::open(folder.at("none.db"), {}).error().zm == "ZM0404");
  CHECK(SqliteTarget::open(folder.at("none.db"), {}).error().code == Errc::not_found);
  run_sql(folder.at("shop.db"), kShop);
  std::string bytes = folder.read("shop.db");
  for (std::size_t i = 100; i < 4096; ++i) bytes[i] = '\xA5';
  folder.write("shop.db", bytes);
  const auto damaged = SqliteTarget::open(folder.at("shop.db"), {});
  const Errc code = damaged ? (*damaged)->inspect().error().code : damaged.error().code;
  CHECK(code == Errc::corrupt);
}

TEST_CASE("a catalogue of a newer zmig or a torn one is an error and never no catalogue") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a)");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", {}}}), Stamp{1, "{}"})) == "done");
  run_sql(folder.at("a.db"), "UPDATE _zmig_meta SET value = '3' WHERE key = 'format'");
  const auto newer = target->inspect();
  REQUIRE(!newer.has_value());
  CHECK(newer.error().code == Errc::corrupt);
  CHECK(newer.error().zm == "ZM0481");
  CHECK(newer.error().message == "this workbook was written by a newer zmig (format \"3\")");
  run_sql(folder.at("a.db"),
          "UPDATE _zmig_meta SET value = '1' WHERE key = 'format'; UPDATE _zmig_column SET extra = '{'");
  CHECK(target->inspect().error().zm == "ZM0481");
  run_sql(folder.at("a.db"), "DROP TABLE _zmig_meta");
  CHECK(target->inspect().error().zm == "ZM0481");
}

TEST_CASE("busy means somebody else writes; the wait is the caller's") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a)");
  const auto target = open_workbook(folder.at("a.db"));
  auto other = sqlite::Database::open(folder.at("a.db"), sqlite::Mode::read_write, 0);
  REQUIRE(other->exec("BEGIN IMMEDIATE").has_value());
  const auto refused = target->open_writer({"test", std::chrono::milliseconds(20)});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == Errc::busy);
  CHECK(refused.error().zm == "ZM0471");
  CHECK(target->inspect().has_value());
  REQUIRE(other->exec("ROLLBACK").has_value());
  CHECK(target->open_writer({"test", std::chrono::milliseconds(20)}).has_value());
}

TEST_CASE("the writer keeps other writers out until it commits or goes") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a)");
  const auto target = open_workbook(folder.at("a.db"));
  {
    auto writer = target->open_writer({"test", std::chrono::milliseconds(20)});
    REQUIRE(writer.has_value());
    auto other = sqlite::Database::open(folder.at("a.db"), sqlite::Mode::read_write, 0);
    CHECK(!other->exec("INSERT INTO t VALUES(1)").has_value());
    const std::vector<Part> batch{{{}, Stamp{1, "{}"}}};
    REQUIRE((*writer)->commit(batch, {}).has_value());
    CHECK(other->exec("INSERT INTO t VALUES(1)").has_value());
    CHECK(!(*writer)->commit(batch, {}).has_value());
  }
  CHECK(*target->stamps() == std::vector<Stamp>{{1, "{}"}});
}

TEST_CASE("a file that may not be written is denied to writers and open to readers") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a)");
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(folder.at("a.db").c_str(), 0444);
  // The superuser may write everything, so somebody else tries.
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::seteuid(65534) == 0);
  const auto target = SqliteTarget::open(folder.at("a.db"), {});
  const bool readable = target.has_value() && (*target)->inspect().has_value();
  const auto writer = target ? (*target)->open_writer({"test", std::chrono::milliseconds(20)})
                             : Result<std::unique_ptr<Writer>>(Error{});
  if (root) REQUIRE(::seteuid(0) == 0);
  CHECK(readable);
  REQUIRE(!writer.has_value());
  CHECK(writer.error().code == Errc::denied);
}

TEST_CASE("a workbook in WAL mode stays in WAL mode") {
  const TempFolder folder;
  run_sql(folder.at("a.db"),
          "PRAGMA journal_mode=WAL; PRAGMA user_version=7; CREATE TABLE t(a TEXT); INSERT INTO t VALUES('x')");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", {}}}), Stamp{1, "{}"})) == "done");
  REQUIRE(told(commit(*target, {change::InsertColumn{"st", make_column("cb", "b"), {}}}, Stamp{2, "{}"})) == "done");
  CHECK(query(folder.at("a.db"), "PRAGMA journal_mode") == std::vector<std::string>{"t:wal"});
  CHECK(query(folder.at("a.db"), "PRAGMA user_version") == std::vector<std::string>{"i:7"});
  CHECK(query(folder.at("a.db"), "PRAGMA application_id") == std::vector<std::string>{"i:0"});
  CHECK(query(folder.at("a.db"), "SELECT a, b FROM t") == std::vector<std::string>{"t:x|n:"});
}

TEST_CASE("stamp entries are those of the file as it is now, however often they are asked for") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a)");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", {}}}))) == "done");
  run_sql(folder.at("a.db"), "DELETE FROM _zmig_stamp; INSERT INTO _zmig_stamp VALUES(1, 'one')");
  const std::vector<Stamp> first{{1, "one"}};
  CHECK(*target->stamps() == first);
  CHECK(*target->stamps() == first);
  run_sql(folder.at("a.db"), "UPDATE _zmig_stamp SET entry = 'two'");
  CHECK(*target->stamps() == std::vector<Stamp>{{1, "two"}});
  run_sql(folder.at("a.db"), "INSERT INTO _zmig_stamp VALUES(2, x'00')");
  CHECK(*target->stamps() == std::vector<Stamp>{{1, "two"}, {2, ""}});  // no text: whoever reads it says so
}

TEST_CASE("a column that a person renamed keeps its id, one that a person dropped is gone") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a, b, c)");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", {}}, {"b", {}}, {"c", {}}}))) == "done");
  run_sql(folder.at("a.db"), "ALTER TABLE t RENAME COLUMN b TO otro");
  CHECK(told_sheets(*target->inspect()) == std::vector<std::string>{"st!: ca! cb! cc!"});
  CHECK(target->schema().sheets[0].columns[1].header == "otro");
  run_sql(folder.at("a.db"), "ALTER TABLE t DROP COLUMN otro; ALTER TABLE t ADD COLUMN nuevo");
  CHECK(told_sheets(*target->inspect()) == std::vector<std::string>{"st!: ca! cc! ~nuevo"});
}

TEST_CASE("an annotation of a cell that moved on is ignored, and swept by the next commit") {
  const TempFolder folder;
  run_sql(folder.at("a.db"), "CREATE TABLE t(a TEXT); INSERT INTO t VALUES('x'),('y')");
  const auto target = open_workbook(folder.at("a.db"));
  REQUIRE(told(commit(*target, claims("t", {{"a", {}}}))) == "done");
  std::vector<source::Edit> edits;
  for (const SeenRow& row : rows_of(*target, "st", {"ca"}))
    edits.push_back({row.row, row.cells[0], {words("z"), "F()", "@"}});
  REQUIRE(told(commit(*target, {change::WriteCells{{"st", "ca"}, source::Run{{}, edits, {}}}})) == "done");
  CHECK(seen(*target).at("t!2 0 a") == "text z =F() as @");
  run_sql(folder.at("a.db"), "UPDATE t SET a = 'w' WHERE rowid = 1");
  CHECK(seen(*target).at("t!2 0 a") == "text w");
  CHECK(seen(*target).at("t!3 0 a") == "text z =F() as @");
  REQUIRE(told(commit(*target, {change::SetFrozen{"st", true}})) == "done");
  CHECK(query(folder.at("a.db"), "SELECT row, column, formula FROM _zmig_cell") ==
        std::vector<std::string>{"i:2|t:a|t:F()"});
}

namespace {

/// Rows as scan_judged tells them: number, address, whether data, cells.
template <class Judge>
std::vector<std::string> judged(const Sheet& sheet, std::span<const std::string> not_counted, const Judge& judge) {
  std::vector<std::string> out, wanted;
  for (const Column& column : sheet.columns) wanted.push_back(column.id);
  const Status done = judge(sheet.id, data_row_columns(sheet, not_counted), wanted, [&](const RowView& row, bool data) {
    out.push_back(std::to_string(row.row.number) + "@" + std::to_string(row.row.handle) + (data ? " data" : " -"));
    for (const Cell& cell : row.cells) out.back() += "|" + to_text(cell.value) + "=" + cell.formula + cell.stored;
    return ok();
  });
  if (!done) FAIL(done.error().message);
  return out;
}

}  // namespace

TEST_CASE("data rows are the same whether SQL tells them or every cell is judged") {
  const TempFolder folder;
  run_sql(folder.at("shop.db"), kShop);
  run_sql(
      folder.at("shop.db"),
      "INSERT INTO pedidos VALUES(20,' ',NULL,'',NULL),(21,NULL,NULL,NULL,NULL);"
      "CREATE TABLE casi(a, b TEXT, c INTEGER); INSERT INTO casi VALUES(NULL,'',NULL),(NULL,'x',NULL),(x'',NULL,NULL),"
      "(NULL,char(160),NULL),(NULL,NULL,0),(NULL,NULL,NULL),(1.5,NULL,NULL)");
  const auto target = open_workbook(folder.at("shop.db"));
  const Schema schema = target->schema();
  std::size_t blank = 0;
  for (const Sheet& sheet : schema.sheets) {
    std::vector<std::vector<std::string>> all{{}};
    for (const Column& column : sheet.columns) all.push_back({column.id});
    for (const auto& not_counted : all) {
      const auto told = judged(sheet, not_counted, [&](const auto&... one) { return target->scan_judged(one...); });
      CHECK(told ==
            judged(sheet, not_counted, [&](const auto&... one) { return target->CellView::scan_judged(one...); }));
      for (const std::string& line : told) blank += line.find(" -") != std::string::npos ? 1 : 0;
    }
  }
  CHECK(blank > 10);
}

TEST_CASE("one reading gives the rows of scan() and the hashes of column_hashes()") {
  const TempFolder folder;
  run_sql(folder.at("shop.db"), kShop);
  const auto target = open_workbook(folder.at("shop.db"));
  const Schema schema = target->schema();
  for (const Sheet& sheet : schema.sheets) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    std::vector<std::vector<Cell>> rows, again;
    std::size_t plain = 0;
    REQUIRE(target->scan(sheet.id, ids, [&](const RowView& row) {
      rows.emplace_back(row.cells.begin(), row.cells.end());
      return ok();
    }));
    const auto hashes = target->scan_hashed(sheet.id, [&](const RowRef&, std::span<const CellRead> cells) {
      again.emplace_back();
      for (const CellRead& cell : cells) {
        plain += cell.cell == nullptr ? 1 : 0;
        again.back().push_back(cell.cell == nullptr ? Cell{Text{std::string(cell.text)}, {}, {}} : *cell.cell);
      }
      return ok();
    });
    REQUIRE(hashes.has_value());
    CHECK(again == rows);
    CHECK(*hashes == *target->column_hashes(sheet.id, {}));
    CHECK(hashes->size() == sheet.columns.size());
    CHECK(plain >= (sheet.title == "pedidos" ? 3 : 0));
  }
}

TEST_CASE(
    "a sheet is found without a look at the workbook before, and one that is not there is said by every reading") {
  const TempFolder folder;
  {
    auto db = sqlite::Database::open(folder.at(".book"), sqlite::Mode::create, 0);
    REQUIRE(db.has_value());
    REQUIRE(db->exec("CREATE TABLE T(a, b); INSERT INTO T VALUES(1, 2)").has_value());
  }
  const auto open = [&] {
    auto target = SqliteTarget::open(folder.at(".book"), {});
    REQUIRE(target.has_value());
    return std::move(*target);
  };
  CHECK(open()->title() == ".book");
  std::string id;
  {
    const auto target = open();
    id = target->inspect()->sheets[0].id;
  }
  const auto none = [](const RowView&) -> Status { return make_error(Errc::conflict, "", "enough"); };
  CHECK(open()->row_count(id).value() == 1);
  CHECK(open()->native_objects().has_value());
  CHECK(open()->scan(id, {}, none).error().message == "enough");
  CHECK(open()
            ->scan_hashed(id, [](const RowRef&, auto) -> Status { return make_error(Errc::conflict, "", "enough"); })
            .error()
            .message == "enough");
  const std::vector<std::string> no_column{"nothing"};
  const auto target = open();
  CHECK(target->row_count("nothing").error().zm == "ZM0313");
  CHECK(target->scan("nothing", {}, none).error().zm == "ZM0313");
  CHECK(target->scan_judged("nothing", {}, {}, [](const RowView&, bool) { return ok(); }).error().zm == "ZM0313");
  CHECK(target->scan_judged(id, {}, no_column, [](const RowView&, bool) { return ok(); }).error().zm == "ZM0314");
  CHECK(target->scan_hashed("nothing", [](const RowRef&, auto) { return ok(); }).error().zm == "ZM0313");
  CHECK(target->column_hashes("nothing", {}).error().zm == "ZM0313");
}
