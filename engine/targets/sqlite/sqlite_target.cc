#include "targets/sqlite/sqlite_target.h"

#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "targets/sqlite/sqlite_cells.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_meta.h"
#include "targets/sqlite/sqlite_objects.h"
#include "targets/sqlite/sqlite_preflight.h"

namespace zmig {
namespace {

namespace wb = sqlite_workbook;

Error not_reachable(Error error, const std::string& path) {
  if (error.code != Errc::not_found) return error;
  return make_error(Errc::not_found, "ZM0404", fmt::format("there is no file {}", quoted(path)),
                    "check the path; `zmig copy FROM sqlite:FILE` makes one from another workbook");
}

Error unreachable_for_writing(Error error) {
  if (error.code == Errc::denied && error.zm.empty()) error.zm = "ZM0406";
  return error;
}

}  // namespace

class SqliteWriter final : public Writer {
 public:
  SqliteWriter(SqliteTarget& target, sqlite::Transaction transaction)
      : target_(target), transaction_(std::move(transaction)) {
    target_.writing_ = true;
  }
  ~SqliteWriter() override { end(); }

  Result<Staged> stage(std::span<const Part>) override {
    if (ended_) return has_ended();
    return Staged{};
  }

  Result<CommitReport> commit(std::span<const Part> batch, const Staged&) override {
    if (ended_) return has_ended();
    // Nobody else writes while this transaction is open: what was read of a file with the same change counter is what
    // stands in it.
    if (auto looked = target_.inspect(); !looked) {
      end();
      return std::move(looked).error();
    }
    wb::Commit work(target_.db_, target_.options_, target_.layout_);
    auto report = work.carry_out(batch);
    if (report) {
      if (auto failed = failpoint::reached("sqlite.before_commit")) report = *std::move(failed);
    }
    if (!report) {
      end();
      return report;
    }
    Status committed = transaction_.commit();
    if (committed) {
      if (auto failed = failpoint::reached("sqlite.after_commit")) {
        failed->effect = Effect::unknown;
        committed = *std::move(failed);
      }
    }
    if (committed) {
      target_.layout_ = work.take_layout();
      target_.counter_.clear();  // the next look reads the file
    }
    end();
    if (!committed) return std::move(committed).error();
    return report;
  }

 private:
  static Error has_ended() { return make_error(Errc::conflict, "", "this writer has ended; open another one"); }

  void end() {
    if (ended_) return;
    ended_ = true;
    transaction_.rollback();
    target_.writing_ = false;
    // The connection that wrote is closed: whoever reads next opens a new one that cannot write.
    target_.close();
  }

  SqliteTarget& target_;
  sqlite::Transaction transaction_;
  bool ended_ = false;
};

SqliteTarget::SqliteTarget(std::string path, TargetOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
  capabilities_.kind = "sqlite";
  capabilities_.atomic_batch = capabilities_.carries_stamp = capabilities_.native_validation =
      capabilities_.text_source = true;
  capabilities_.any_kind_anywhere = false;
  capabilities_.ordered_columns = false;
  capabilities_.group_migrations = true;
  // The writer holds the reserved lock: no other connection can commit, and this one writes in commit() only.
  capabilities_.steady_under_lease = true;
  capabilities_.max_changes_per_batch = std::numeric_limits<std::size_t>::max();
}

Result<std::unique_ptr<SqliteTarget>> SqliteTarget::open(const std::string& path, const TargetOptions& options) {
  std::unique_ptr<SqliteTarget> target(new SqliteTarget(path, options));
  auto db = target->connection();
  if (!db) return not_reachable(std::move(db).error(), path);
  target->capabilities_.max_columns = static_cast<std::size_t>((*db)->column_limit());
  return target;
}

std::string SqliteTarget::title() const {
  const std::size_t slash = path_.rfind('/');
  const std::string name = slash == std::string::npos ? path_ : path_.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

Result<sqlite::Database*> SqliteTarget::connection() {
  if (!db_.is_open()) {
    ZMIG_TRY(db_, sqlite::Database::open(path_, sqlite::Mode::read_only, options_.busy_timeout_ms));
  }
  return &db_;
}

Result<Schema> SqliteTarget::inspect() {
  ZMIG_TRY(sqlite::Database * db, connection());
  // One snapshot for all the statements, unless the writer's transaction is one already.
  const bool snapshot = !db->in_transaction();
  if (snapshot) ZMIG_CHECK_OK(db->exec("BEGIN"));
  const auto look = [&]() -> Status {
    ZMIG_TRY(std::string counter, db->change_counter());
    // Nobody has written to the file since the last look.
    if (inspected_ && !counter.empty() && counter == counter_) return ok();
    ZMIG_TRY(layout_, wb::read_layout(*db));
    counter_ = std::move(counter);
    inspected_ = true;
    return ok();
  };
  Status looked = look();
  if (snapshot) static_cast<void>(db->exec("COMMIT"));  // nothing was written
  if (!looked) return std::move(looked).error();
  return layout_.schema;
}

Result<std::string> SqliteTarget::revision() {
  ZMIG_TRY(sqlite::Database * db, connection());
  return db->change_counter();
}

Result<SqliteTarget::Found> SqliteTarget::find(const std::string& sheet_id) {
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  const std::size_t at = layout_.index_of(sheet_id);
  if (at >= layout_.tables.size()) {
    return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet with the id {}", quoted(sheet_id)));
  }
  return Found{&layout_.schema.sheets[at], &layout_.tables[at]};
}

void SqliteTarget::close() {
  probes_.clear();
  stamps_.reset();
  db_ = sqlite::Database();
}

Result<bool> SqliteTarget::has_rows(const wb::Table& table) {
  if (table.view) return true;  // its rows are the work of a query
  auto probe = probes_.find(table.name);
  if (probe == probes_.end()) {
    ZMIG_TRY(auto prepared, db_.prepare("SELECT 1 FROM main." + table.quoted_name() + " LIMIT 1"));
    probe = probes_.emplace(table.name, std::move(prepared)).first;
  }
  auto there = probe->second.step();
  probe->second.reset();  // or the file stays locked
  return there;
}

Result<std::vector<std::size_t>> SqliteTarget::positions(const Sheet& sheet, std::span<const std::string> column_ids) {
  std::vector<std::size_t> columns;
  columns.reserve(column_ids.size());
  for (const std::string& id : column_ids) {
    columns.push_back(column_index(sheet, id));
    if (columns.back() < sheet.columns.size()) continue;
    return make_error(Errc::not_found, "ZM0314",
                      fmt::format("no column with the id {} in sheet {}", quoted(id), quoted(sheet.title)));
  }
  return columns;
}

namespace {

/// Every row of the cursor, numbered as people see it.
template <class Sink>
Status each_row(wb::CellCursor& rows, const Sheet& sheet, const Sink& sink) {
  RowRef row{sheet.header_row, 0, {}};
  for (;;) {
    ZMIG_TRY(const bool there, rows.next());
    if (!there) return ok();
    ++row.number;
    row.handle = rows.rowid();
    ZMIG_CHECK_OK(sink(RowView{row, rows.cells()}));
  }
}

}  // namespace

Status SqliteTarget::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  ZMIG_TRY(sqlite::Database * db, connection());
  ZMIG_TRY(const Found found, find(sheet_id));
  ZMIG_TRY(const std::vector<std::size_t> columns, positions(*found.sheet, column_ids));
  ZMIG_TRY(const bool any, has_rows(*found.table));
  if (!any) return ok();
  ZMIG_TRY(wb::CellCursor rows, wb::CellCursor::open(*db, *found.sheet, *found.table, columns));
  return each_row(rows, *found.sheet, sink);
}

Status SqliteTarget::scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                                 std::span<const std::string> wanted, const JudgedSink& sink) {
  ZMIG_TRY(sqlite::Database * db, connection());
  ZMIG_TRY(const Found found, find(sheet_id));
  ZMIG_TRY(const std::vector<std::size_t> columns, positions(*found.sheet, wanted));
  ZMIG_TRY(const bool any, has_rows(*found.table));
  if (!any) return ok();
  // What an annotation says, SQL does not know; and a view may cost what it likes.
  ZMIG_TRY(const bool annotated, wb::has_annotations(*db, *found.table));
  if (annotated || found.table->view) return CellView::scan_judged(sheet_id, counted, wanted, sink);
  const std::string condition = wb::data_row_condition(*found.sheet, *found.table, counted);
  ZMIG_TRY(wb::CellCursor rows, wb::CellCursor::open(*db, *found.sheet, *found.table, columns, condition));
  return each_row(rows, *found.sheet, [&](const RowView& row) { return sink(row, rows.holds()); });
}

Result<std::vector<std::string>> SqliteTarget::scan_hashed(const std::string& sheet_id, const CellReadSink& sink) {
  ZMIG_TRY(sqlite::Database * db, connection());
  ZMIG_TRY(const Found found, find(sheet_id));
  std::vector<std::size_t> columns(found.table->columns.size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  wb::ColumnHashes hashes(columns.size());
  ZMIG_TRY(wb::CellCursor rows, wb::CellCursor::open(*db, *found.sheet, *found.table, columns));
  std::vector<CellRead> cells(columns.size());
  RowRef row{found.sheet->header_row, 0, {}};
  for (;;) {
    ZMIG_TRY(const bool there, rows.next(hashes, cells));
    if (!there) return hashes.finish();
    ++row.number;
    row.handle = rows.rowid();
    ZMIG_CHECK_OK(sink(row, cells));
  }
}

Result<std::vector<Stamp>> SqliteTarget::stamps() {
  ZMIG_TRY(sqlite::Database * db, connection());
  const bool snapshot = !db->in_transaction();
  // In the writer's own transaction the counter says nothing of what it has written so far.
  if (!snapshot) return wb::read_stamps(*db);
  ZMIG_CHECK_OK(db->exec("BEGIN"));
  const auto look = [&]() -> Result<std::vector<Stamp>> {
    ZMIG_TRY(std::string counter, db->change_counter());
    if (stamps_ && !counter.empty() && counter == stamps_counter_) return *stamps_;
    ZMIG_TRY(auto stamps, wb::read_stamps(*db));
    stamps_counter_ = std::move(counter);
    stamps_ = stamps;
    return stamps;
  };
  auto stamps = look();
  static_cast<void>(db->exec("COMMIT"));  // nothing was written
  return stamps;
}

Result<std::vector<std::string>> SqliteTarget::column_hashes(const std::string& sheet_id,
                                                             std::span<const std::uint64_t> skip) {
  ZMIG_TRY(sqlite::Database * db, connection());
  ZMIG_TRY(const Found found, find(sheet_id));
  return wb::hash_columns(*db, *found.sheet, *found.table, skip);
}

Result<std::uint64_t> SqliteTarget::row_count(const std::string& sheet_id) {
  ZMIG_TRY(sqlite::Database * db, connection());
  ZMIG_TRY(const Found found, find(sheet_id));
  ZMIG_TRY(sqlite::Statement count, db->prepare("SELECT count(*) FROM main." + found.table->quoted_name()));
  ZMIG_TRY([[maybe_unused]] const bool there, count.step());
  return static_cast<std::uint64_t>(count.integer(0));
}

Result<std::unique_ptr<Writer>> SqliteTarget::open_writer(const Lease& lease) {
  if (writing_) return make_error(Errc::busy, "ZM0471", "a writer of this workbook is open already");
  ZMIG_FAILPOINT_STATUS("sqlite.before_begin");
  // A file is opened once at a time: closing any descriptor of it would drop this process's locks.
  close();
  auto db = sqlite::Database::open(path_, sqlite::Mode::read_write, static_cast<int>(lease.wait.count()));
  if (!db) return unreachable_for_writing(not_reachable(std::move(db).error(), path_));
  db_ = std::move(*db);
  auto transaction = sqlite::Transaction::begin(db_);
  if (!transaction) {
    close();
    return unreachable_for_writing(std::move(transaction).error());
  }
  if (!checked_) {
    if (Status whole = wb::check_file(db_); !whole) {
      transaction->rollback();
      close();
      return std::move(whole).error();
    }
    checked_ = true;  // once for this program: nobody else has damaged it since
  }
  auto writer = std::make_unique<SqliteWriter>(*this, std::move(*transaction));
  ZMIG_FAILPOINT_STATUS("sqlite.after_begin");
  return std::unique_ptr<Writer>(std::move(writer));
}

Status SqliteTarget::preflight(std::span<const Change> changes) {
  ZMIG_CHECK_OK(inspect());  // no reading when the file is as it was
  ZMIG_TRY(sqlite::Database * db, connection());
  return wb::preflight(*db, layout_, options_, changes);
}

Result<std::vector<NativeObject>> SqliteTarget::native_objects() {
  ZMIG_TRY(sqlite::Database * db, connection());
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  return wb::native_objects(*db, layout_);
}

bool SqliteTarget::same_native(const NativeObject& now, const NativeObject& then, const Renamed& renamed) const {
  return wb::same_statement(now.text, then.text, renamed);
}

}  // namespace zmig
