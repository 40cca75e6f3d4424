#include "base/sqlite.h"

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/posix.h"
#include "base/text.h"

namespace zmig::sqlite {
namespace {

struct Meaning {
  Errc code = Errc::invalid_input;
  std::string_view zm;
  std::string_view help;
};

Meaning meaning_of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return {Errc::not_found, "", ""};
    case EACCES:
    case EPERM: return {Errc::denied, "", ""};
    case EISDIR: return {Errc::invalid_input, "", ""};
    default: return {Errc::io, "", ""};
  }
}

constexpr Meaning kBusy = {Errc::busy, "ZM0471", "close the other program, or wait longer with `--lock-timeout`"};
constexpr Meaning kCorrupt = {Errc::corrupt, "ZM0470", ""};
constexpr Meaning kInterrupted = {Errc::transient, "ZM0472", "any zmig command that writes rolls it back"};

/// What a caller does differently; extended result codes first, then their families.
Meaning meaning_of(int extended, int system_errno) {
  switch (extended) {
    case SQLITE_READONLY_ROLLBACK:
    case SQLITE_READONLY_RECOVERY: return kInterrupted;
    case SQLITE_READONLY_DBMOVED: return {Errc::conflict, "", ""};
    case SQLITE_CANTOPEN_ISDIR: return {Errc::invalid_input, "", ""};
    case SQLITE_IOERR_NOMEM: return {Errc::transient, "", ""};
    case SQLITE_IOERR_CORRUPTFS: return kCorrupt;
    case SQLITE_CONSTRAINT_COMMITHOOK: return {Errc::io, "", ""};  // refuse_commit()
    default: break;
  }
  switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return kBusy;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return kCorrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return {Errc::denied, "", ""};
    case SQLITE_CANTOPEN: return meaning_of_errno(system_errno);
    case SQLITE_IOERR:
      // A folder opens for reading like a file, and fails at its first read.
      return system_errno == EISDIR ? meaning_of_errno(system_errno) : Meaning{Errc::io, "", ""};
    case SQLITE_FULL: return {Errc::io, "", "make room on the disk, then give the same command again"};
    case SQLITE_CONSTRAINT: return {Errc::conflict, "", ""};
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_SCHEMA: return {Errc::transient, "", ""};
    case SQLITE_NOLFS: return {Errc::unsupported, "", ""};
    default: return {Errc::invalid_input, "", ""};
  }
}

std::string_view title_of(const Meaning& meaning) {
  if (meaning.zm == kBusy.zm) return "another program holds the database";
  if (meaning.zm == kInterrupted.zm) {
    return "another program was interrupted while writing, and its journal must be rolled back first";
  }
  if (meaning.zm == kCorrupt.zm) return "not a SQLite database, or a damaged one";
  return {};
}

/// The Error for a result code. `db` may be null; its message must still be that of the failure.
Error error_of(sqlite3* db, int code, std::string_view doing) {
  const int extended = db != nullptr && (code & 0xFF) == code ? sqlite3_extended_errcode(db) : code;
  const int decisive = (extended & 0xFF) == (code & 0xFF) ? extended : code;
  const int system_errno = db != nullptr ? sqlite3_system_errno(db) : errno;
  const Meaning meaning = meaning_of(decisive, system_errno);
  const char* const detail = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  std::string message(doing);
  if (!message.empty()) message += ": ";
  if (const auto title = title_of(meaning); !title.empty()) {
    message += fmt::format("{} ({})", title, detail);
  } else if ((decisive & 0xFF) == SQLITE_CANTOPEN && system_errno != 0) {
    message += words_of_errno(system_errno);
  } else {
    message += detail;
  }
  return make_error(meaning.code, std::string(meaning.zm), std::move(message), std::string(meaning.help));
}

/// An input/output error outside a transaction may have come after the effect: the statement was its own commit. (Or
/// the transaction was rolled back by the error; that looks the same from here. In doubt, unknown.)
Error with_effect(Error error, int code, sqlite3* db, bool reads_only) {
  const bool own_commit = (code & 0xFF) == SQLITE_IOERR && !reads_only && sqlite3_get_autocommit(db) != 0;
  if (own_commit) error.effect = Effect::unknown;
  return error;
}

Status configure(sqlite3* db, int option, int value) {
  int now = 0;
  const int code = sqlite3_db_config(db, option, value, &now);
  if (code != SQLITE_OK) return error_of(db, code, "configuring the connection");
  return ok();
}

int open_flags(Mode mode) {
  switch (mode) {
    case Mode::read_only: return SQLITE_OPEN_READONLY;
    case Mode::read_write: return SQLITE_OPEN_READWRITE;
    case Mode::create: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  ZMIG_ASSERT(false, "a mode outside the enum");
}

/// A path is a path: never a URI, never the name of a temporary database.
Result<std::string> plain_path(const std::string& path) {
  if (path.empty()) return make_error(Errc::invalid_input, "", "the path of the database is empty");
  if (path.find('\0') != std::string::npos) {
    return make_error(Errc::invalid_input, "", "the path of the database holds a NUL byte");
  }
  return path.starts_with("file:") ? "./" + path : path;
}

}  // namespace

// --- Statement ----------------------------------------------------------------------------------------------------

Statement::~Statement() { sqlite3_finalize(stmt_); }

Statement::Statement(Statement&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)),
      stmt_(std::exchange(other.stmt_, nullptr)),
      bind_error_(std::exchange(other.bind_error_, 0)),
      utf8_(other.utf8_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(stmt_, other.stmt_);
  std::swap(bind_error_, other.bind_error_);
  std::swap(utf8_, other.utf8_);
  return *this;
}

void Statement::note_bind(int code) {
  ZMIG_ASSERT(code != SQLITE_MISUSE, "bind of a statement that was never prepared");
  ZMIG_ASSERT(code != SQLITE_RANGE, "a parameter number that the SQL does not have");
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

// Bound while a row is still open: the statement starts anew.
Statement& Statement::bind(int parameter, std::int64_t value) {
  if (sqlite3_stmt_busy(stmt_) != 0) reset();
  note_bind(sqlite3_bind_int64(stmt_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  if (sqlite3_stmt_busy(stmt_) != 0) reset();
  note_bind(sqlite3_bind_double(stmt_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  if (sqlite3_stmt_busy(stmt_) != 0) reset();
  // A null pointer would bind NULL; an empty text is not NULL.
  const char* const data = text.data() == nullptr ? "" : text.data();
  note_bind(sqlite3_bind_text64(stmt_, parameter, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  if (sqlite3_stmt_busy(stmt_) != 0) reset();
  const char* const data = bytes.data() == nullptr ? "" : bytes.data();
  note_bind(sqlite3_bind_blob64(stmt_, parameter, data, bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  if (sqlite3_stmt_busy(stmt_) != 0) reset();
  note_bind(sqlite3_bind_null(stmt_, parameter));
  return *this;
}

Statement& Statement::bind(int parameter, const Datum& datum) {
  struct Binder {
    Statement& statement;
    int parameter;
    Statement& operator()(std::monostate) const { return statement.bind_null(parameter); }
    Statement& operator()(std::int64_t value) const { return statement.bind(parameter, value); }
    Statement& operator()(double value) const { return statement.bind(parameter, value); }
    Statement& operator()(const std::string& text) const { return statement.bind(parameter, std::string_view(text)); }
    Statement& operator()(const Blob& blob) const { return statement.bind_blob(parameter, blob.bytes); }
  };
  return std::visit(Binder{*this, parameter}, datum);
}

Result<bool> Statement::step() {
  ZMIG_ASSERT(stmt_ != nullptr, "step() of a statement that was never prepared");
  if (bind_error_ != SQLITE_OK) {
    const int code = std::exchange(bind_error_, SQLITE_OK);
    return make_error(meaning_of(code, 0).code, "", fmt::format("binding a value: {}", sqlite3_errstr(code)));
  }
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(stmt_);
    return false;
  }
  Error error = with_effect(error_of(db_, code, ""), code, db_, sqlite3_stmt_readonly(stmt_) != 0);
  sqlite3_reset(stmt_);
  return error;
}

Status Statement::run() {
  for (;;) {
    ZMIG_TRY(const bool row, step());
    if (!row) return ok();
  }
}

void Statement::reset() {
  sqlite3_reset(stmt_);
  bind_error_ = SQLITE_OK;
}

int Statement::columns() const { return sqlite3_column_count(stmt_); }

int Statement::type(int column) const {
  switch (sqlite3_column_type(stmt_, column)) {
    case SQLITE_INTEGER: return 1;
    case SQLITE_FLOAT: return 2;
    case SQLITE_TEXT: return 3;
    case SQLITE_BLOB: return 4;
    default: return 0;
  }
}

bool Statement::is_null(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(stmt_, column); }
double Statement::real(int column) const { return sqlite3_column_double(stmt_, column); }

std::string_view Statement::text(int column) const {
  // The pointer first, the length after: asking for the text may convert it (sqlite.org/c3ref/column_blob.html). For a
  // database in UTF-8 column_blob gives the bytes of text as they are, and numbers as text, for one call less a cell.
  const bool as_is = utf8_ || sqlite3_column_type(stmt_, column) == SQLITE_BLOB;
  const char* const data = as_is ? static_cast<const char*>(sqlite3_column_blob(stmt_, column))
                                 : reinterpret_cast<const char*>(sqlite3_column_text(stmt_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))};
}

Datum Statement::datum(int column) const {
  switch (sqlite3_column_type(stmt_, column)) {
    case SQLITE_INTEGER: return integer(column);
    case SQLITE_FLOAT: return real(column);
    case SQLITE_TEXT: return std::string(text(column));
    case SQLITE_BLOB: return Blob{std::string(text(column))};
    default: return std::monostate{};
  }
}

ColumnView Statement::view(int column) const {
  ColumnView out;
  // A value of sqlite3_column_value may be read as long as no other thread uses the connection, and none does.
  sqlite3_value* const value = sqlite3_column_value(stmt_, column);
  const int type = sqlite3_value_type(value);
  switch (type) {
    case SQLITE_INTEGER:
      out.type = 1;
      out.integer = sqlite3_value_int64(value);
      return out;
    case SQLITE_FLOAT:
      out.type = 2;
      out.real = sqlite3_value_double(value);
      return out;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      out.type = type == SQLITE_TEXT ? 3 : 4;
      const bool as_it_is = utf8_ || type == SQLITE_BLOB;
      const char* const data = as_it_is ? static_cast<const char*>(sqlite3_value_blob(value))
                                        : reinterpret_cast<const char*>(sqlite3_value_text(value));
      if (data != nullptr) out.text = {data, static_cast<std::size_t>(sqlite3_value_bytes(value))};
      return out;
    }
    default: return out;
  }
}

// --- Database -----------------------------------------------------------------------------------------------------

Result<Database> Database::open(const std::string& path, Mode mode, int busy_timeout_ms) {
  ZMIG_TRY(const std::string file, plain_path(path));
  return open_file(file, path, mode, busy_timeout_ms);
}

Result<Database> Database::open_temporary() { return open_file("", "temporary", Mode::create, 0); }

Result<Database> Database::open_file(const std::string& file, const std::string& shown, Mode mode,
                                     int busy_timeout_ms) {
  // Nobody asks how much memory SQLite uses, and counting it costs a lock for each piece. Refused, without harm, where
  // a program that links zmig has used SQLite before.
  static_cast<void>(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
  Database database;
  const int flags = open_flags(mode) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const std::string doing = fmt::format("opening {}", quoted(shown));
  const int code = sqlite3_open_v2(file.c_str(), &database.db_, flags, nullptr);
  if (code != SQLITE_OK) return error_of(database.db_, code, doing);  // a handle may be there all the same: closed
  sqlite3* const db = database.db_;
  sqlite3_busy_timeout(db, busy_timeout_ms);
  ZMIG_CHECK_OK(configure(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0));
  ZMIG_CHECK_OK(configure(db, SQLITE_DBCONFIG_DEFENSIVE, 1));
  ZMIG_CHECK_OK(configure(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0));
  ZMIG_CHECK_OK(configure(db, SQLITE_DBCONFIG_ENABLE_FKEY, 0));
  ZMIG_CHECK_OK(database.exec("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0"));
  // SQLite quietly falls back to reading when it may not write.
  if (mode != Mode::read_only && sqlite3_db_readonly(db, "main") == 1) {
    return make_error(Errc::denied, "", fmt::format("{}: the file may be read but not written", doing));
  }
  // The first read: a file that is no database, a hot journal, a lock are found here and not in the middle of things.
  std::string journal;
  {
    ZMIG_TRY(Statement version, database.prepare("PRAGMA schema_version"));
    auto row = version.step();
    if (!row) {
      row.error().message.insert(0, doing + ": ");
      return std::move(row).error();
    }
    version.reset();
    ZMIG_TRY(Statement mode_of_journal, database.prepare("PRAGMA journal_mode"));
    ZMIG_TRY([[maybe_unused]] const bool there, mode_of_journal.step());
    ZMIG_ASSERT(there, "SQLite answers this pragma with a row");
    journal = mode_of_journal.text(0);
    ZMIG_TRY(Statement encoding, database.prepare("PRAGMA encoding"));
    ZMIG_TRY([[maybe_unused]] const bool known, encoding.step());
    ZMIG_ASSERT(known, "SQLite answers this pragma with a row");
    database.utf8_ = encoding.text(0) == "UTF-8";
  }
  // Who only reads, reads from the front to the back: pages that went by are not needed again.
  if (mode == Mode::read_only) ZMIG_CHECK_OK(database.exec("PRAGMA cache_size=-400"));
  // EXTRA: with FULL the folder is not synced after the journal is unlinked, so a commit could come undone. Both are
  // per connection and leave no trace in the file.
  if (mode != Mode::read_only) {
    ZMIG_CHECK_OK(database.exec(journal == "wal" ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=EXTRA"));
  }
  return database;
}

Database::~Database() { sqlite3_close_v2(db_); }
Database::Database(Database&& other) noexcept : db_(std::exchange(other.db_, nullptr)), utf8_(other.utf8_) {}
Database& Database::operator=(Database&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(utf8_, other.utf8_);
  return *this;
}

Result<Statement> Database::prepare(std::string_view sql) {
  ZMIG_ASSERT(db_ != nullptr, "prepare() on a closed database");
  Statement statement;
  statement.db_ = db_;
  statement.utf8_ = utf8_;
  if (sql.empty()) return make_error(Errc::invalid_input, "", "a prepared statement is exactly one statement");
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement.stmt_, &tail);
  if (code != SQLITE_OK) return error_of(db_, code, "");
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  const bool single = statement.stmt_ != nullptr && rest.find_first_not_of(" \t\r\n;") == std::string_view::npos;
  if (!single) return make_error(Errc::invalid_input, "", "a prepared statement is exactly one statement");
  return statement;
}

Status Database::exec(std::string_view sql) {
  ZMIG_ASSERT(db_ != nullptr, "exec() on a closed database");
  const std::string copy(sql);
  const int code = sqlite3_exec(db_, copy.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return with_effect(error_of(db_, code, ""), code, db_, false);
  return ok();
}

std::int64_t Database::changes() const { return sqlite3_changes64(db_); }
std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }
bool Database::in_transaction() const { return db_ != nullptr && sqlite3_get_autocommit(db_) == 0; }
int Database::column_limit() const { return sqlite3_limit(db_, SQLITE_LIMIT_COLUMN, -1); }

Status Database::copy_to(Database& to) {
  sqlite3_backup* const copying = sqlite3_backup_init(to.db_, "main", db_, "main");
  if (copying == nullptr) return error_of(to.db_, sqlite3_errcode(to.db_), "copying the database");
  const int code = sqlite3_backup_step(copying, -1);
  sqlite3_backup_finish(copying);
  if (code != SQLITE_DONE) return error_of(to.db_, code, "copying the database");
  return ok();
}

Result<std::string> Database::change_counter() {
  const bool own = !in_transaction();
  if (own) ZMIG_CHECK_OK(exec("BEGIN"));
  const auto read = [&]() -> Result<std::string> {
    // Reading a page takes the lock that keeps writers out, and rolls a hot journal back.
    ZMIG_TRY(Statement pages, prepare("PRAGMA main.page_count"));
    ZMIG_TRY([[maybe_unused]] const bool there, pages.step());
    const std::int64_t count = pages.integer(0);
    ZMIG_TRY(Statement schema, prepare("SELECT count(*) FROM main.sqlite_schema"));
    ZMIG_TRY([[maybe_unused]] const bool row, schema.step());
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
        file->pMethods == nullptr)
      return std::string();
    // https://www.sqlite.org/fileformat2.html#the_database_header: 18 and 19 say 2 in WAL mode, 24 is the counter.
    std::array<unsigned char, 100> header{};
    if (count == 0 || file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0) != SQLITE_OK)
      return std::string();
    if (header[18] != 1 || header[19] != 1) return std::string();
    std::string out;
    for (const std::size_t field : {std::size_t{24}, std::size_t{28}, std::size_t{40}, std::size_t{92}}) {
      for (std::size_t i = 0; i < 4; ++i) out += fmt::format("{:02x}", header[field + i]);
    }
    return out;
  };
  auto counter = read();
  if (own) static_cast<void>(exec("COMMIT"));  // nothing was written
  return counter;
}

Status Database::allow_schema_edit(bool on) {
  if (on) {
    ZMIG_CHECK_OK(configure(db_, SQLITE_DBCONFIG_DEFENSIVE, 0));
    return exec("PRAGMA writable_schema=ON");
  }
  // RESET also drops the parsed schema, so that what was edited is read again. DEFENSIVE comes back whatever happens.
  Status turned_off = exec("PRAGMA writable_schema=RESET");
  ZMIG_CHECK_OK(configure(db_, SQLITE_DBCONFIG_DEFENSIVE, 1));
  return turned_off;
}

Status Database::enable_triggers(bool on) { return configure(db_, SQLITE_DBCONFIG_ENABLE_TRIGGER, on ? 1 : 0); }

// --- Transaction --------------------------------------------------------------------------------------------------

namespace {
int refuse_commit(void* /*context*/) { return 1; }
}  // namespace

// An error of the disk may make SQLite roll the whole transaction back by itself; every statement after it would then
// be a transaction of its own, and half of the work would stand. As long as a Transaction lives, nothing is committed
// but by its commit().
Result<Transaction> Transaction::begin(Database& db) {
  ZMIG_ASSERT(!db.in_transaction(), "transactions do not nest");
  if (Status begun = db.exec("BEGIN IMMEDIATE"); !begun) {
    begun.error().effect = Effect::none;
    return std::move(begun).error();
  }
  sqlite3_commit_hook(db.db_, refuse_commit, nullptr);
  Transaction transaction;
  transaction.db_ = &db;
  return transaction;
}

Transaction::~Transaction() { rollback(); }
Transaction::Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

Status Transaction::commit() {
  ZMIG_ASSERT(db_ != nullptr, "commit() of a transaction that has ended");
  if (!db_->in_transaction()) {
    rollback();
    return make_error(Errc::io, "", "committing: an error before this has rolled the transaction back");
  }
  sqlite3_commit_hook(db_->db_, nullptr, nullptr);
  Status committed = db_->exec("COMMIT");
  if (!committed) {
    // An error of COMMIT is not a rollback: the row may be there after reopening. Look again before acting.
    committed.error().effect = Effect::unknown;
    committed.error().message.insert(0, "committing: ");
    rollback();
    return committed;
  }
  db_ = nullptr;
  return committed;
}

void Transaction::rollback() {
  if (db_ == nullptr) return;
  Database* const db = std::exchange(db_, nullptr);
  // SQLite may have rolled back by itself after an error; then there is nothing left to do. What is left is undone when
  // the connection closes, at the latest.
  if (db->in_transaction()) static_cast<void>(db->exec("ROLLBACK"));
  if (db->db_ != nullptr) sqlite3_commit_hook(db->db_, nullptr, nullptr);
}

// --- Names --------------------------------------------------------------------------------------------------------

namespace {
std::string doubled(std::string_view text, char quote) {
  ZMIG_ASSERT(text.find('\0') == std::string_view::npos, "NUL cannot stand in SQL; callers refuse such names");
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back(quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}
}  // namespace

bool says_no(const Error& error) { return error.code == Errc::invalid_input || error.code == Errc::conflict; }

std::string identifier(std::string_view name) { return doubled(name, '"'); }
std::string literal(std::string_view text) { return doubled(text, '\''); }

}  // namespace zmig::sqlite
