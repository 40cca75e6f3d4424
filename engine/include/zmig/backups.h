#pragma once
/// Backups by hand, and the way back from one: create, list, verify, prune, restore. What `up` and `down` do before
/// they write is the same backup, made by the same code.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zmig/migrator.h>

namespace zmig {

/// One sheet as a backup holds it.
struct BackupSheet {
  std::string sheet;  ///< title
  std::uint64_t rows = 0, columns = 0, formulas = 0;
  std::string header_hash, content_hash;
  bool operator==(const BackupSheet&) const = default;
};

/// A backup as the ledger knows it, and how it is today.
struct Backup {
  BackupRow row;
  std::string path;                       ///< where its file is; row.location when it is nowhere
  bool present = true;                    ///< the file is there
  std::string others_can_read;            ///< its mode when it is not private any more: "0644"; else empty
  std::vector<BackupSheet> sheets;        ///< of row.sheets_json; after a verification as read from the file
  std::vector<std::string> not_covered;   ///< what this target has and a backup does not hold
  std::vector<std::string> kept_because;  ///< why prune leaves it; empty: it would go
  std::vector<BackupRow> copies;          ///< made with it, kept by the service; only in the answer of create()
  Diagnostics faults;                     ///< of copies that could not be made (ZM0509)
};

struct BackupCreate {
  std::string name;    ///< pattern with {title} {position} {env} {date} {time}; empty: the usual name
  std::string folder;  ///< empty: RunOptions::backup_folder
  std::string env;     ///< for {env}
  std::optional<std::vector<std::string>> modes{};  ///< none: RunOptions::backup_modes
};
/// What `create` would do: nothing was written.
struct BackupPreview {
  std::string title, folder;
  std::vector<BackupSheet> sheets;
  std::uint64_t bytes = 0;  ///< about
};

struct Retention {
  std::chrono::seconds keep{std::chrono::hours(24 * 7)};
  std::size_t keep_last = 1;
  bool trust_clock = false;  ///< go on although the clock cannot be right
};
/// A whole file in the folder that no row of the ledger knows: a process died between the two. The next command that
/// makes or prunes backups gives it a row.
struct UnrecordedBackup {
  std::string title, path;
  std::uint32_t position = 0;
  UtcTime created{};
  std::uint64_t bytes = 0;
  bool operator==(const UnrecordedBackup&) const = default;
};
struct PruneReport {
  std::vector<Backup> pruned, kept;
  std::vector<std::uint64_t> recorded;       ///< rows that were missing, and are made; they are among the above
  std::vector<UnrecordedBackup> unrecorded;  ///< dry run: those that would get a row; else: those that are damaged
  std::string clock_fault;                   ///< why nothing was pruned; empty: the clock is sane
};

struct RestoreOptions {
  std::uint64_t backup = 0;
  std::vector<std::string> sheets;   ///< titles; empty (and no columns): the whole workbook
  std::vector<std::string> columns;  ///< "Sheet.Header"
  OnEdit on_edit = OnEdit::keep;
  bool discard_later_edits = false, from_other = false, dry_run = false;
};
struct RestoredSheet {
  std::string sheet;
  std::uint64_t cells_restored = 0, rows_added = 0, rows_removed = 0, kept_edits = 0;
  std::vector<std::string> columns_added, columns_removed, columns_kept;  ///< headers
  std::vector<std::string> kept;                                          ///< places of kept edits, up to 20
  std::vector<std::string> first;  ///< first cells that come back: "B7 "x" -> "y""
  bool added = false, removed = false;
  [[nodiscard]] bool identical() const {
    return cells_restored + rows_added + rows_removed + kept_edits == 0 && columns_added.empty() &&
           columns_removed.empty() && columns_kept.empty() && !added && !removed;
  }
};
/// An index, a trigger, a view ... (Target::native_objects).
struct RestoredObject {
  enum class Fate { comes_back, replaced, goes, kept_altered, kept_new };
  std::string kind, name;
  Fate fate = Fate::comes_back;
  bool operator==(const RestoredObject&) const = default;
};
std::string_view in_words(RestoredObject::Fate fate);  ///< "comes back" ...

/// Before the first write, and for --dry-run.
struct RestorePreview {
  Backup backup;
  std::uint32_t position_before = 0, position_after = 0;
  std::vector<RestoredSheet> sheets;
  std::vector<RestoredObject> objects;      ///< those that are not the same; none when parts were asked for
  std::vector<std::string> order;           ///< titles in the order that comes back; empty: they stand so
  std::vector<std::string> undone, redone;  ///< migrations that are applied no longer, or again
  std::vector<std::string> left;            ///< sheets whose rows cannot be addressed and differ: left as they are
  std::uint64_t lost = 0;                   ///< values of people that go (only with discard_later_edits)
};
struct RestoreReport {
  RestorePreview preview;
  std::uint64_t deployment = 0;
  std::optional<Run> run;
  std::optional<BackupRow> fresh_backup;
  std::string resumed;              ///< what recovery did first
  std::vector<CheckResult> checks;  ///< after the write
  std::string outcome;              ///< restored identical would_restore failed partial interrupted
  Diagnostics diagnostics;
  std::optional<Error> error;
  int exit_code = 0;
};

/// Whether a planned `down` can run, and what it costs (cli.md 9.5).
struct WayBack {
  std::string verdict;  ///< exact lossy refused
  bool window_open = true;
  std::vector<std::string> reasons;  ///< for people; empty for exact
  std::uint64_t cells_lost = 0, cells_kept = 0;
};
WayBack way_back_of(const Plan& plan);

/// One target, one ledger. References outlive it; `target` has been opened.
class Backups {
 public:
  Backups(const History& history, const std::vector<Replayed>& replayed, Target& target, Ledger& ledger,
          const ScriptCodec& codec, Ports& ports, Observer& observer, RunOptions options);
  ~Backups();
  /// ZM0501 when none could be made and verified.
  Result<Backup> create(const BackupCreate& how);
  Result<BackupPreview> preview(const BackupCreate& how);
  /// Newest first, those of this target.
  Result<std::vector<Backup>> list(const Retention& retention);
  /// Files of this target that no row knows, oldest first.
  Result<std::vector<UnrecordedBackup>> unrecorded();
  /// ZM0713: no such backup of this target.
  Result<Backup> find(std::uint64_t id);
  /// Opened, hashed, parsed: ZM0503 when damaged, ZM0713 when its file is gone.
  Result<Backup> verify(std::uint64_t id);
  Result<PruneReport> prune(const Retention& retention, bool dry_run);
  /// Recovery first; then the difference, a fresh verified backup, one commit, read back. `confirm` is asked with the
  /// preview before anything is written; empty: go on. Failures are in the report; a Result error: nothing was begun.
  Result<RestoreReport> restore(const RestoreOptions& how, const std::function<bool(const RestorePreview&)>& confirm);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace zmig
