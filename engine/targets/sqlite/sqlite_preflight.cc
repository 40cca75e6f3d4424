#include "targets/sqlite/sqlite_preflight.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"
#include "targets/sqlite/sqlite_meta.h"

namespace zmig::sqlite_workbook {
namespace {

constexpr std::int64_t kWholeFile = std::int64_t{64} << 20;

bool is_refusal(std::string_view zm) {
  return zm == "ZM0319" || zm == "ZM0473" || zm == "ZM0474" || zm == "ZM0475" || zm == "ZM0476" || zm == "ZM0477" ||
         zm == "ZM0479";
}

/// The rows of a small table of zmig's own, as they are.
Status copy_rows(sqlite::Database& from, sqlite::Database& to, const std::string& table) {
  ZMIG_TRY(sqlite::Statement select, from.prepare("SELECT * FROM main." + sqlite::identifier(table)));
  std::string places;
  for (int i = 0; i < select.columns(); ++i) places += i == 0 ? "?" : ",?";
  ZMIG_TRY(sqlite::Statement insert,
           to.prepare(fmt::format("INSERT INTO {} VALUES({})", sqlite::identifier(table), places)));
  for (;;) {
    ZMIG_TRY(const bool there, select.step());
    if (!there) return ok();
    for (int i = 0; i < select.columns(); ++i) insert.bind(i + 1, select.datum(i));
    ZMIG_CHECK_OK(insert.run());
  }
}

/// Tables that a virtual one made for itself: they come with it.
Result<std::set<std::string>> shadow_tables(sqlite::Database& db) {
  std::set<std::string> names;
  ZMIG_TRY(sqlite::Statement virtuals, db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql "
                                                  "LIKE 'CREATE VIRTUAL TABLE%' ORDER BY rowid"));
  ZMIG_TRY(const bool any, virtuals.step());
  if (!any) return names;
  // One by one: a list of all stumbles over a view that no longer works.
  ZMIG_TRY(sqlite::Statement tables, db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'"));
  ZMIG_TRY(sqlite::Statement kind,
           db.prepare("SELECT 1 FROM pragma_table_list(?1) WHERE schema = 'main' COLLATE NOCASE "
                      "AND type = 'shadow'"));
  for (;;) {
    ZMIG_TRY(const bool there, tables.step());
    if (!there) return names;
    kind.bind(1, tables.text(0));
    ZMIG_TRY(const bool shadow, kind.step());
    kind.reset();
    if (shadow) names.emplace(tables.text(0));
  }
}

/// The schema without its rows, and what zmig keeps of it. An error: this schema cannot be made elsewhere (a virtual
/// table whose module is not here).
Result<sqlite::Database> skeleton_of(sqlite::Database& db) {
  ZMIG_TRY(auto copy, sqlite::Database::open(":memory:", sqlite::Mode::create, 0));
  ZMIG_TRY(const std::set<std::string> shadows, shadow_tables(db));
  ZMIG_TRY(sqlite::Statement all,
           db.prepare("SELECT type, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE "
                      "'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'trigger', type = 'view', type = 'index', rowid"));
  std::vector<std::string> own;
  for (;;) {
    ZMIG_TRY(const bool there, all.step());
    if (!there) break;
    if (all.text(0) == "table" && shadows.contains(std::string(all.text(1)))) continue;
    ZMIG_CHECK_OK(copy.exec(all.text(2)));
    const std::string name(all.text(1));
    const bool small = name != "_zmig_cell" && name != "_zmig_stamp";
    if (all.text(0) == "table" && name.starts_with(kOwnPrefix) && small) own.push_back(name);
  }
  for (const std::string& table : own) ZMIG_CHECK_OK(copy_rows(db, copy, table));
  return copy;
}

}  // namespace

/// A view that is a sheet shows what its tables are called: a change there that it would not survive as it is declared.
Status Commit::check_views_stand() {
  const bool any = std::any_of(layout_.tables.begin(), layout_.tables.end(), [](const Table& one) { return one.view; });
  if (!any) return ok();
  ZMIG_CHECK_OK(write_catalogue(db_, layout_));
  ZMIG_TRY(const Layout then, read_layout(db_));
  for (const Difference& one : all_differences(layout_.schema, then.schema)) {
    const Table* table = layout_.table(one.sheet);
    const Sheet* sheet = std::as_const(layout_.schema).sheet(one.sheet);
    if (table == nullptr || sheet == nullptr || !table->view || !sheet->managed) continue;
    Error refused = in_use({}, sheet->title, {});
    refused.message = fmt::format("view {} would change with it: expected {}, found {}", quoted(sheet->title),
                                  one.expected, one.observed);
    refused.help = "name the column in the view (`SELECT ... AS ...`), or `forget sheet` the view first";
    return refused;
  }
  return ok();
}

Status Commit::rehearse(std::span<const Change> changes, const RowCount& rows) {
  const Part part{{changes.begin(), changes.end()}, std::nullopt};
  ZMIG_CHECK_OK(prepare({&part, 1}));
  to_come_ = part.changes;
  for (const Change& one : part.changes) {
    if (const auto* fill = std::get_if<change::FillEmpty>(&one)) {
      const Table* table = layout_.table(fill->at.sheet);
      const Sheet* sheet = layout_.schema.sheet(fill->at.sheet);
      const std::size_t at = sheet == nullptr ? 0 : column_index(*sheet, fill->at.column);
      if (table != nullptr && at < table->columns.size()) {
        ZMIG_CHECK_OK(check_triggers(*table, static_cast<int>(TriggerEvent::Kind::update), table->columns[at].name,
                                     rows(fill->at)));
      }
    }
    Status done = change(one);
    if (done) continue;
    if (is_refusal(done.error().zm)) return done;
    // There are no rows here, so what is about cells fails; the structure goes on. Anything else ends what can be told.
    if (!touches_cells(one) || std::holds_alternative<change::Retype>(one)) return ok();
  }
  ZMIG_CHECK_OK(flush_adds());
  ZMIG_CHECK_OK(flush_deletes());
  return check_views_stand();
}

namespace {

/// Whether one of the tables that the changes are about refers to another one, or is referred to.
Result<bool> has_references(sqlite::Database& db, const Layout& live, std::span<const Change> changes) {
  ZMIG_TRY(sqlite::Statement keys,
           db.prepare("SELECT 1 FROM main.sqlite_schema AS child, pragma_foreign_key_list(child.name) AS key WHERE "
                      "child.type = 'table' AND child.sql LIKE '%REFERENCES%' AND (child.name = ?1 COLLATE NOCASE OR "
                      "key.\"table\" = ?1 COLLATE NOCASE) LIMIT 1"));
  std::set<std::string> sheets;  // thousands of changes are about few of them
  for (const Change& one : changes) sheets.insert(sheet_of(one));
  for (const std::string& sheet : sheets) {
    const Table* table = live.table(sheet);
    if (table == nullptr || table->view) continue;
    keys.bind(1, table->name);
    ZMIG_TRY(const bool there, keys.step());
    keys.reset();
    if (there) return true;
  }
  return false;
}

/// Rows that would refer to nothing can only be told from the rows: the changes on a copy of the whole file, in memory,
/// or in a temporary file where it is large.
Status check_references_of_rows(sqlite::Database& db, const Layout& live, const TargetOptions& options,
                                std::span<const Change> changes) {
  ZMIG_TRY(const bool any, has_references(db, live, changes));
  if (!any) return ok();
  ZMIG_TRY(sqlite::Statement size,
           db.prepare("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"));
  ZMIG_TRY(const bool known, size.step());
  const bool small = known && size.integer(0) <= kWholeFile;
  size.reset();
  ZMIG_TRY(auto copy,
           small ? sqlite::Database::open(":memory:", sqlite::Mode::create, 0) : sqlite::Database::open_temporary());
  if (Status copied = db.copy_to(copy); !copied) {
    copied.error().message.insert(0, "looking for rows that would refer to nothing: ");
    if (copied.error().code == Errc::io && !small)
      copied.error().help = "make room for a copy of the workbook where TMPDIR points";
    return copied;
  }
  auto transaction = sqlite::Transaction::begin(copy);
  if (!transaction) return ok();
  Commit work(copy, options, live);  // a copy of every page
  const Part part{{changes.begin(), changes.end()}, std::nullopt};
  const auto done = work.carry_out({&part, 1});
  if (!done && done.error().zm == "ZM0319") return done.error();
  return ok();
}

}  // namespace

Status preflight(sqlite::Database& db, const Layout& live, const TargetOptions& options,
                 std::span<const Change> changes) {
  std::map<std::string, std::vector<TableColumn>> dropped;  // by sheet
  for (const Change& one : changes) {
    const auto* gone = std::get_if<change::DeleteColumn>(&one);
    if (gone == nullptr) continue;
    const Sheet* sheet = live.schema.sheet(gone->at.sheet);
    const Table* table = live.table(gone->at.sheet);
    const std::size_t at = sheet == nullptr ? 0 : column_index(*sheet, gone->at.column);
    if (table == nullptr || at >= table->columns.size() || table->view) continue;
    dropped[gone->at.sheet].push_back(table->columns[at]);
  }
  for (const auto& [sheet_id, columns] : dropped)
    ZMIG_CHECK_OK(check_captured_whole(db, *live.schema.sheet(sheet_id), *live.table(sheet_id), columns));
  auto skeleton = skeleton_of(db);
  if (!skeleton) return check_references_of_rows(db, live, options, changes);
  // Rows that a fill would write: those without a value there, all of them where the column is still to come.
  const auto rows = [&](const Scope& at) -> std::uint64_t {
    const Table* table = live.table(at.sheet);
    const Sheet* sheet = live.schema.sheet(at.sheet);
    if (table == nullptr || sheet == nullptr) return 0;
    std::string sql = "SELECT count(*) FROM main." + table->quoted_name();
    const std::size_t column = column_index(*sheet, at.column);
    if (column < table->columns.size()) {
      const std::string name = sqlite::identifier(table->columns[column].name);
      sql += fmt::format(" WHERE {0} IS NULL OR {0} = ''", name);
    }
    auto count = db.prepare(sql);
    if (!count) return 0;
    const auto there = count->step();
    return there && *there ? static_cast<std::uint64_t>(count->integer(0)) : 0;
  };
  auto transaction = sqlite::Transaction::begin(*skeleton);
  if (!transaction) return ok();
  Commit work(*skeleton, options, live);  // the copy has the same tables and the same catalogue
  Status tried = work.rehearse(changes, rows);
  if (!tried && is_refusal(tried.error().zm)) return tried;
  return check_references_of_rows(db, live, options, changes);
}

Status check_file(sqlite::Database& db) {
  const auto number = [&](std::string_view pragma) -> Result<std::int64_t> {
    ZMIG_TRY(sqlite::Statement ask, db.prepare(pragma));
    ZMIG_TRY(const bool there, ask.step());
    return there ? ask.integer(0) : std::int64_t{0};
  };
  ZMIG_TRY(const std::int64_t pages, number("PRAGMA page_count"));
  ZMIG_TRY(const std::int64_t page, number("PRAGMA page_size"));
  std::vector<std::string> checks;
  if (pages * page <= kWholeFile) {
    checks.emplace_back("PRAGMA main.quick_check(1)");
  } else {
    ZMIG_TRY(sqlite::Statement own, db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name LIKE "
                                               "'\\_zmig\\_%' ESCAPE '\\' AND name <> '_zmig_cell'"));
    for (;;) {
      ZMIG_TRY(const bool there, own.step());
      if (!there) break;
      checks.push_back(fmt::format("PRAGMA main.quick_check({})", sqlite::identifier(own.text(0))));
    }
  }
  for (const std::string& one : checks) {
    ZMIG_TRY(sqlite::Statement check, db.prepare(one));
    ZMIG_TRY(const bool there, check.step());
    if (there && check.text(0) == "ok") continue;
    return make_error(Errc::corrupt, "ZM0470",
                      fmt::format("the workbook is damaged: {}", there ? check.text(0) : std::string_view("no answer")),
                      "put back a whole copy of the file; `sqlite3 FILE .recover` saves what can still be read");
  }
  return ok();
}

}  // namespace zmig::sqlite_workbook
