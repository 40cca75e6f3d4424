#pragma once
// A thin RAII wrapper over SQLite (https://www.sqlite.org/c3ref/intro.html): the only file pair that knows sqlite3.h is
// sqlite.h/sqlite.cc (sqlite.h forward-declares). Not installed. Not thread-safe: one connection, one thread.

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <zmig/result.h>

struct sqlite3;
struct sqlite3_stmt;

namespace zmig::sqlite {

enum class Mode { read_only, read_write, create };

/// NULL, INTEGER, REAL, TEXT, BLOB in this order.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};
using Datum = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// One column of a row without a copy. `type` as Statement::type says it; `text`: of TEXT and BLOB, valid until the
/// next step or reset.
struct ColumnView {
  int type = 0;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;
};

/// One prepared statement. Columns and parameters: columns from 0, parameters from 1 (as SQLite counts).
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);  ///< copied
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);
  Statement& bind(int parameter, const Datum& datum);
  /// Any other integer, any other kind of string: without these two, `bind(1, 5)` and `bind(1, "x")` are ambiguous.
  template <std::integral Integer>
  Statement& bind(int parameter, Integer value) {
    return bind(parameter, static_cast<std::int64_t>(value));
  }
  template <class Text>
  requires std::convertible_to<const Text&, std::string_view> Statement& bind(int parameter, const Text& text) {
    return bind(parameter, std::string_view(text));
  }

  /// true: a row is there. false: done. After done or an error the statement is reset (bindings stay).
  Result<bool> step();
  /// Runs to the end, ignoring rows.
  Status run();
  void reset();

  [[nodiscard]] int columns() const;
  [[nodiscard]] int type(int column) const;  ///< 0 NULL 1 INTEGER 2 REAL 3 TEXT 4 BLOB (index of Datum)
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(
      int column) const;  ///< valid until the next step or reset; raw bytes also for BLOB
  [[nodiscard]] Datum datum(int column) const;
  /// type() and the value in one call: it runs for every cell of a workbook.
  [[nodiscard]] ColumnView view(int column) const;

 private:
  friend class Database;
  void note_bind(int code);
  sqlite3* db_ = nullptr;
  sqlite3_stmt* stmt_ = nullptr;
  int bind_error_ = 0;  // of a bind since the last step; step() reports it
  bool utf8_ = false;   // the database stores UTF-8, so text needs no conversion
};

/// A connection. Opened with: no extensions, DEFENSIVE, trusted_schema=OFF, cell_size_check=ON, mmap_size=0,
/// foreign_keys=OFF, extended result codes, busy timeout in milliseconds.
class Database {
 public:
  static Result<Database> open(const std::string& path, Mode mode, int busy_timeout_ms);
  /// An empty one for this connection alone. What does not fit into the cache goes to a file without a name, in
  /// SQLITE_TMPDIR, TMPDIR, /var/tmp or /tmp, that is gone with the connection.
  static Result<Database> open_temporary();
  Database() = default;
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;

  Result<Statement> prepare(std::string_view sql);
  /// One or several statements, rows ignored.
  Status exec(std::string_view sql);
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t last_insert_rowid() const;
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] bool is_open() const { return db_ != nullptr; }
  /// Copies the whole database page by page into `to` (another connection), one consistent state.
  Status copy_to(Database& to);
  /// Limit on columns of a table (SQLITE_LIMIT_COLUMN).
  [[nodiscard]] int column_limit() const;
  /// Changes with every transaction that any connection commits to the file; read in the transaction that is open, else
  /// in one of its own. Empty where the file does not tell: WAL mode, and databases in memory.
  Result<std::string> change_counter();
  /// Turns the writable_schema escape on or off (DEFENSIVE off while on). For the folded schema edit only.
  Status allow_schema_edit(bool on);
  /// Turns other people's triggers on or off for this connection (SQLITE_DBCONFIG_ENABLE_TRIGGER).
  Status enable_triggers(bool on);
  [[nodiscard]] sqlite3* handle() const { return db_; }  ///< for base/sqlite.cc extensions only

 private:
  friend class Statement;
  friend class Transaction;
  static Result<Database> open_file(const std::string& file, const std::string& shown, Mode mode, int busy_timeout_ms);
  sqlite3* db_ = nullptr;
  bool utf8_ = false;
};

/// BEGIN IMMEDIATE ... COMMIT; rolls back in the destructor unless commit() was called. A COMMIT error has
/// Effect::unknown. While it lives nothing else commits on the connection, even where an error has ended it early.
class Transaction {
 public:
  static Result<Transaction> begin(Database& db);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&& other) noexcept = delete;
  Status commit();
  void rollback();

 private:
  Transaction() = default;
  Database* db_ = nullptr;
};

/// Whether SQLite refuses what a statement asks for, so that another statement may do. Else it failed at it: disk,
/// memory, a lock, damage; then the transaction may be gone as well.
bool says_no(const Error& error);

/// `"name"` with quotes doubled. NUL is refused by ZMIG_ASSERT: callers check names first. The only way a name enters
/// SQL.
std::string identifier(std::string_view name);
/// `'text'` with quotes doubled, for places where SQL takes no parameter.
std::string literal(std::string_view text);

}  // namespace zmig::sqlite
