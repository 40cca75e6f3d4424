#pragma once
// The ledger in one SQLite file. Private to engine/ledger/.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/ledger.h>

#include "base/sqlite.h"

namespace zmig::ledger {

/// What a writing call did, for the chain of events. `subject` names the row that the event vouches for ("run:17");
/// empty: none.
struct Noted {
  std::uint64_t run = 0;
  std::string kind, json, subject;
};

/// A statement of the cache while its rows are read: reset when that is over, or it would keep the file locked.
class Reading {
 public:
  explicit Reading(sqlite::Statement& statement) : statement_(&statement) {}
  ~Reading() {
    if (statement_ != nullptr) statement_->reset();
  }
  Reading(Reading&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Reading& operator=(Reading&&) = delete;
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  sqlite::Statement* operator->() const { return statement_; }
  sqlite::Statement& operator*() const { return *statement_; }

 private:
  sqlite::Statement* statement_;
};

class SqliteLedger final : public Ledger {
 public:
  /// Takes an open, configured database. `path` empty: lives in memory, cannot be reopened.
  SqliteLedger(sqlite::Database db, std::string path, int busy_timeout_ms, Ports& ports);

  Result<std::string> id() override;
  Status together(const std::function<Status()>& work) override;
  Status know_target(const std::string& target_id, const std::string& url, const std::string& lineage) override;
  Result<std::optional<std::string>> target_at(const std::string& url) override;
  Result<std::uint64_t> next_deployment() override;
  Result<std::uint64_t> begin(const Run& run) override;
  Status update(const Run& run, std::string_view event, std::string_view json) override;
  Status save_captures(std::uint64_t run, const std::vector<Capture>& captures,
                       std::optional<UtcTime> expires) override;
  Result<std::vector<Capture>> captures(std::uint64_t run) override;
  Result<std::vector<CaptureRow>> capture_rows(std::uint64_t run) override;
  Status append_event(std::uint64_t run, std::string_view kind, std::string_view json) override;
  Result<std::optional<Run>> run(std::uint64_t id) override;
  Result<std::optional<Run>> run_by_uid(const std::string& uid) override;
  Result<std::vector<Run>> runs(const RunFilter& filter) override;
  Result<std::optional<Run>> open_run(const std::string& target_id) override;
  Result<std::vector<LedgerEvent>> events(std::uint64_t run) override;
  Result<ChainCheck> check_chain() override;
  Result<std::string> head() override;
  Result<std::uint64_t> add_backup(const BackupRow& row) override;
  Status forget_backup(std::uint64_t id, std::string_view json) override;
  Result<std::vector<BackupRow>> backups(const std::string& target_id) override;
  Result<std::uint64_t> prune(UtcTime before) override;  // prune.cc
  Result<std::uint64_t> add_verification(const VerificationRow& row) override;
  Result<std::optional<VerificationRow>> last_verification(const std::string& target_id) override;

 private:
  /// One durable transaction: `body`, then the event that it returns. A COMMIT error is settled by reopening and
  /// reading.
  Status write(const std::function<Result<Noted>()>& body);
  Status settle(Error error, const std::string& new_head);
  Result<std::string> append(const Noted& noted);
  /// Hash and number of the newest event.
  struct Head {
    std::string hash;
    std::uint64_t seq = 0;
  };
  Result<Head> read_head();
  Status store_head(const Head& head);
  /// A statement that is prepared once; it is reset. `sql` is one of the texts of this file.
  Result<sqlite::Statement*> cached(std::string_view sql);
  Result<Reading> reading(std::string_view sql);
  Result<std::string> digest_of(const std::string& subject);
  Result<std::string> meta(std::string_view key);
  Status set_meta(std::string_view key, std::string_view value);
  Status insert_run(const Run& run);
  Status note_migration(const Run& run);
  Status insert_captures(std::uint64_t run, const std::vector<Capture>& captures, std::optional<UtcTime> expires);

  sqlite::Database db_;
  std::map<std::string, sqlite::Statement, std::less<>> statements_;
  std::optional<Head> open_head_;  ///< of the transaction of together(), while it runs
  std::string path_;
  int busy_timeout_ms_;
  Ports& ports_;
};

/// What the event `ledger.pruned` says: numbers of the events whose details went.
std::string pruned_json(const std::vector<std::uint64_t>& events);
std::set<std::uint64_t> pruned_from_json(std::string_view json);
/// Makes the tables of a new ledger, in one transaction.
Status create_tables(sqlite::Database& db, Ports& ports);
/// Errors of SQLite as a ledger says them: damaged is ZM0601, held by another process ZM0401.
Error as_ledger_error(Error error);
Status as_ledger_status(Status status);
template <class T>
Result<T> as_ledger(Result<T> result) {
  if (!result.has_value()) return as_ledger_error(std::move(result).error());
  return result;
}
Status configure(sqlite::Database& db);

/// Rows of table `run`, in the order of kRunColumns.
extern const std::string_view kRunColumns;
/// The same without the long texts (RunFilter::brief).
extern const std::string_view kBriefRunColumns;
Run read_run(const sqlite::Statement& row);
Result<RunState> run_state_of(std::string_view text);

/// The bytes under an event's hash.
std::string canonical_event(std::uint64_t seq, const Noted& noted, std::int64_t at, std::string_view digest);
std::string first_hash();

}  // namespace zmig::ledger
