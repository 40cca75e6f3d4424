#pragma once
/// The ledger: local history of runs, with everything needed to go back. SQLite behind a small port. Every writing call
/// is one durable transaction. File format, table by table: docs/ledger.md.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zmig/plan.h>
#include <zmig/ports.h>
#include <zmig/result.h>
#include <zmig/stamp.h>

namespace zmig {

enum class RunMode { real, rehearsal };
/// planned -> backed_up -> in_flight -> confirmed -> applied; or aborted (no effect), undone (its down was applied).
enum class RunState { planned, backed_up, in_flight, confirmed, applied, aborted, undone };
std::string_view to_string(RunState state);
std::string_view to_string(RunMode mode);

struct Run {
  std::uint64_t id = 0;               ///< shown as "r17"
  std::string uid;                    ///< 128 random bits, hexadecimal; what the stamp carries
  std::uint64_t deployment = 0;       ///< shown as "d9": one `up` or `down`
  std::string target_id, target_url;  ///< url redacted
  std::string verb;                   ///< "up", "down", "baseline", "verify", "copy", "repair", "restore"
  RunMode mode = RunMode::real;
  RunState state = RunState::planned;
  std::uint32_t migration = 0;  ///< 0: baseline
  std::string slug, checksum;
  std::string actor, host, reason, tool_version;
  UtcTime started{};
  std::optional<UtcTime> finished;
  std::string guarantee, plan_hash, plan_json, adopted_json;
  std::string backup;  ///< "b4", empty: none
  std::uint64_t steps_total = 0, steps_confirmed = 0;
  std::string stamp_before, stamp_after;  ///< Staged hashes and numbers, for recovery
  std::uint64_t stamp_number = 0;         ///< the entry that this run writes
  std::string down_text, source_text;     ///< stored before the first write
  std::string fidelity;
  std::optional<bool> verified;  ///< none: not looked at yet
  std::string error;             ///< of a run that ended badly
  std::optional<UtcTime> undo_until;
};

struct LedgerEvent {
  std::uint64_t seq = 0;
  std::uint64_t run = 0;  ///< 0: none
  UtcTime at{};
  std::string kind, json, prev_hash, hash;
};

struct BackupRow {
  std::uint64_t id = 0;  ///< shown as "b4"
  std::string target_id, title, location, mode, sha256, sheets_json;
  std::uint64_t bytes = 0;
  std::uint32_t position = 0;
  UtcTime created{};
  std::optional<UtcTime> verified, expires;
};

struct VerificationRow {
  std::uint64_t id = 0;
  std::string target_id, scope, report_json;
  UtcTime at{};
  std::uint64_t passed = 0, failed = 0, not_run = 0;
  std::uint32_t position = 0;
};

/// The result of checking the hash chain of events.
struct ChainCheck {
  bool ok = true;
  std::uint64_t events = 0;
  std::optional<std::uint64_t> first_bad;
};

struct RunFilter {
  std::string target_id;  ///< empty: all
  std::optional<RunMode> mode;
  std::optional<std::uint32_t> migration;
  std::size_t limit = 0;  ///< 0: all
  bool brief = false;     ///< plan_json, down_text and source_text stay empty: most of the bytes, which few ask for
};

/// A capture with its row: shown as "c7".
struct CaptureRow {
  std::uint64_t id = 0, run = 0;
  std::optional<UtcTime> expires;
  Capture capture;
};

class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Random id of this ledger file.
  virtual Result<std::string> id() = 0;
  /// Notes a target (its id and where it was last seen). Idempotent.
  virtual Status know_target(const std::string& target_id, const std::string& url, const std::string& lineage) = 0;
  /// The id of the target last seen at this place, or none.
  virtual Result<std::optional<std::string>> target_at(const std::string& url) = 0;
  /// What `work` writes becomes durable as one transaction, or none of it. Calls inside are those of this ledger; an
  /// error of `work` undoes them all.
  virtual Status together(const std::function<Status()>& work) = 0;
  /// A new number for one `up` or `down`.
  virtual Result<std::uint64_t> next_deployment() = 0;
  /// Stores the row with its down text; returns its id. State `planned` (or whatever the row says, for baseline and
  /// imported rows).
  virtual Result<std::uint64_t> begin(const Run& run) = 0;
  /// Saves the mutable members of the row (state, finished, backup, steps_confirmed, hashes, verified, error,
  /// undo_until) and appends the event. Texts are written once: down_text and source_text fill what is still empty.
  virtual Status update(const Run& run, std::string_view event, std::string_view json) = 0;
  /// Saves captures; insert-only, keyed (run, step, sheet, column): saving one twice keeps the first.
  virtual Status save_captures(std::uint64_t run, const std::vector<Capture>& captures,
                               std::optional<UtcTime> expires) = 0;
  virtual Result<std::vector<Capture>> captures(std::uint64_t run) = 0;
  /// The same with their numbers, oldest first; 0: of all runs.
  virtual Result<std::vector<CaptureRow>> capture_rows(std::uint64_t run) = 0;
  virtual Status append_event(std::uint64_t run, std::string_view kind, std::string_view json) = 0;
  virtual Result<std::optional<Run>> run(std::uint64_t id) = 0;
  virtual Result<std::optional<Run>> run_by_uid(const std::string& uid) = 0;
  /// Newest first.
  virtual Result<std::vector<Run>> runs(const RunFilter& filter) = 0;
  /// The open real run of a target (state planned .. confirmed), newest, or none.
  virtual Result<std::optional<Run>> open_run(const std::string& target_id) = 0;
  virtual Result<std::vector<LedgerEvent>> events(std::uint64_t run) = 0;  ///< 0: all
  virtual Result<ChainCheck> check_chain() = 0;
  /// Hash of the newest event.
  virtual Result<std::string> head() = 0;
  virtual Result<std::uint64_t> add_backup(const BackupRow& row) = 0;
  virtual Result<std::vector<BackupRow>> backups(const std::string& target_id) = 0;
  /// Takes the row out (its file is gone) and appends `backup.pruned`. A row that is not there is success.
  virtual Status forget_backup(std::uint64_t id, std::string_view json) = 0;
  /// Takes the long texts and the details of events out of runs that ended before `before`, led nowhere (rehearsals,
  /// aborted, undone) and have no undo window open. Rows, times and hashes stay, and the chain holds. How many runs.
  virtual Result<std::uint64_t> prune(UtcTime before) = 0;
  virtual Result<std::uint64_t> add_verification(const VerificationRow& row) = 0;
  virtual Result<std::optional<VerificationRow>> last_verification(const std::string& target_id) = 0;
};

/// Opens the ledger file. `writable` false: read-only, nothing is created (a missing file is Errc::not_found). Else it
/// is created 0600 in a 0700 folder. ZM0601 damaged, ZM0604 written by a newer zmig, Errc::busy when another process
/// keeps it longer than `busy_timeout_ms`.
Result<std::unique_ptr<Ledger>> open_ledger(const std::string& path, bool writable, int busy_timeout_ms, Ports& ports);
/// The network file system on which a folder lies ("nfs", "cifs" ...), whose locks are another machine's promises;
/// empty: a local disk, or nobody can tell.
std::string network_file_system(const std::string& folder);
/// A ledger that lives in memory: for targets without a file, read-only commands without a ledger, and tests.
Result<std::unique_ptr<Ledger>> open_memory_ledger(Ports& ports);

/// Captures as stored: one versioned text, and back. Errc::corrupt when it does not parse.
std::string captures_to_blob(const Capture& capture);
Result<Capture> capture_from_blob(std::string_view blob);

}  // namespace zmig
