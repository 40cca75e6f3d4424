#pragma once
/// Targets: a workbook opened for reading, and the writer that a lease gives. Open set: one folder under
/// engine/targets/ and one row in its registry.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <zmig/cells.h>
#include <zmig/change.h>
#include <zmig/ports.h>
#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

/// What a sheet can hold there, as data, so that no caller asks which target it has (xlsx-csv.md 3.1).
struct Capabilities {
  std::string kind;           ///< "sqlite"
  bool writable = true;       ///< false: open_writer is always refused (a single csv file)
  bool atomic_batch = false;  ///< a batch and its stamp appear together or not at all
  bool carries_stamp = false;
  bool native_validation = false;  ///< allowed values bind everybody who writes there
  bool number_formats = false;     ///< cells show their number format; else it is recorded only
  bool formulas = false;           ///< cells hold live formulas
  bool text_source = false;        ///< numbers and dates may be stored as text
  bool any_kind_anywhere = false;  ///< a text may stand in a number column and so on
  bool ordered_columns = true;     ///< position is physical; else recorded beside
  bool group_migrations = false;   ///< several migrations may share one commit
  /// While a writer is open, nobody else can change what is read through its target: two readings are of one state.
  bool steady_under_lease = false;
  std::size_t max_changes_per_batch = 1;  ///< npos-like large value: any number
  std::size_t max_columns = 0;            ///< of a sheet; 0: no limit known
  std::size_t max_batch_bytes = 0;        ///< about; groups of migrations are cut there; 0: no limit known
  std::vector<std::string> copy_modes{};  ///< what keep_copy() can: "sheet-copy", "service-copy"
};

/// One numbered entry of the stamp: canonical JSON text made by the engine (stamp.h). A target stores and returns it
/// and does not look inside. Numbers 1, 2, 3 ...; all are kept, the highest counts.
struct Stamp {
  std::uint64_t number = 0;
  std::string entry;
  bool operator==(const Stamp&) const = default;
};

/// Who writes, for messages and lock files.
struct Lease {
  std::string holder;                     ///< "ana@ops-1, zmig up, pid 4711"
  std::chrono::milliseconds wait{30000};  ///< how long to wait for another holder before Errc::busy
};

/// The part of one migration in a batch, with the stamp entry that becomes true with it. Changes are materialised:
/// every Source is a Run or None.
struct Part {
  std::vector<Change> changes;
  std::optional<Stamp> after;
};

/// A piece of a workbook that is kept in files: an entry of a package, a file of a folder. `hash`: of its bytes as they
/// are stored ("KIND:HEX"), packed where they are packed; of at least 128 bits.
struct FilePart {
  std::string name;
  std::uint64_t bytes = 0;
  std::string hash;
  bool operator==(const FilePart&) const = default;
};
/// A piece that a commit will change, add or take away, and why. What is not announced stays as it is, byte for byte:
/// the engine compares.
struct AnnouncedPart {
  static constexpr std::size_t kCommit = static_cast<std::size_t>(-1);
  std::string name;
  /// Index of the part of the batch (kCommit: the commit as a whole), and in words what for: "new column".
  std::vector<std::pair<std::size_t, std::string>> why;
  bool operator==(const AnnouncedPart&) const = default;
};

/// What stage() found out: hashes before and after, for the ledger. Opaque to the engine.
struct Staged {
  std::string before, after;
  std::vector<AnnouncedPart> announced{};  ///< of what is kept in files; see Target::file_parts
};

/// What follows in a piece of the workbook because one change moves cells elsewhere: how many of each kind.
struct FollowedPart {
  std::size_t change = 0;                                    ///< index into the changes that were asked about
  std::string part;                                          ///< "xl/worksheets/sheet2.xml"
  std::vector<std::pair<std::string, std::uint64_t>> kinds;  ///< "formulas" 12
  bool operator==(const FollowedPart&) const = default;
};
/// What names cells in a way that cannot follow.
struct UnfollowedPlace {
  std::size_t change = 0;
  std::string place, text;  ///< "Resumen!C3", what stands there
  std::string because;      ///< "INDIRECT", "macros"
  bool operator==(const UnfollowedPlace&) const = default;
};
struct Foreseen {
  std::vector<FollowedPart> follows;
  std::vector<UnfollowedPlace> unfollowed;
  bool accepted = false;  ///< the options of the target permit that they stay as they are
};

/// Something that a workbook holds besides sheets and cells, and that a text makes anew: an index, a trigger, a view or
/// the definition of somebody's table. For backups; the engine carries it and does not look inside.
struct NativeObject {
  std::string kind, name;  ///< "index", "trigger", "view", "table"; name as the target tells it apart
  std::string sheet;       ///< id of the sheet that it is itself (views and tables), else empty
  std::string text;
  bool operator==(const NativeObject&) const = default;
};

/// What a commit did, counted by the target itself.
struct CommitReport {
  std::uint64_t cells_written = 0, rows_inserted = 0, rows_deleted = 0, structural = 0;
};

/// A copy that the service itself is to keep, beside the backup in a local file (google-sheets.md A12).
struct CopyOrder {
  std::string mode;                 ///< "sheet-copy": hidden sheets beside those that they are copies of;
                                    ///< "service-copy": another document
  std::string name;                 ///< of the backup it belongs to
  std::string folder;               ///< service-copy: where the service puts it; empty: where it likes
  std::vector<std::string> sheets;  ///< sheet-copy: ids of those that are copied
};
struct KeptCopy {
  std::string location;      ///< where it is, as has_copy() and drop_copy() take it: "gsheet:1AbC...", "...#gid=7,9"
  std::uint64_t sheets = 0;  ///< that were read back and compared
};

class Writer {
 public:
  virtual ~Writer() = default;
  /// Everything that can be done out of sight. Nothing visible changes. Its answer is in the ledger before commit() is
  /// called.
  virtual Result<Staged> stage(std::span<const Part> batch) = 0;
  /// All of `batch` and its stamp entries, or nothing, when capabilities().atomic_batch. A stamp number that is used
  /// already refuses the whole batch (Errc::conflict, ZM0603). A cell that is not what an Edit expects refuses it
  /// (ZM0303, place named). Error::effect == unknown means: look again (close, reopen, read the stamp) before doing
  /// anything else. After success the writer holds no lock; reading through its target sees the new state.
  virtual Result<CommitReport> commit(std::span<const Part> batch, const Staged& staged) = 0;
};

/// One cell of a fast reading: plain text (`cell` is null; never empty, no formula, no format, stored as usual), or the
/// whole cell. Valid during the call of the sink only.
struct CellRead {
  std::string_view text;
  const Cell* cell = nullptr;
};
using CellReadSink = std::function<Status(const RowRef& row, std::span<const CellRead> cells)>;

/// A workbook opened for reading. No method here can change it.
class Target : public CellView {
 public:
  ~Target() override = default;
  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;
  /// As shown to people, without secrets: "sqlite:workbook.db".
  [[nodiscard]] virtual std::string url() const = 0;
  /// The title for backups and reports: file name without extension.
  [[nodiscard]] virtual std::string title() const = 0;
  /// Reads the structure anew: sheets, columns (managed by the target's catalogue, else foreign with provisional ids
  /// and observed type `text`), enums. schema() returns the last answer (inspect must have been called).
  virtual Result<Schema> inspect() = 0;
  /// All stamp entries, oldest first; empty: never managed.
  virtual Result<std::vector<Stamp>> stamps() = 0;
  /// Hash of each column of the sheet over all rows below the header ("KIND:HEX", in the order of the columns of the
  /// last inspect), as bytes stored: storage class and value, formula, format. Rows in `skip` (numbers, ascending) are
  /// left out. Equal before and after = untouched. At least 128 bits; it need not stand up to somebody who looks for
  /// two columns of one hash (docs/adr/0022).
  virtual Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                         std::span<const std::uint64_t> skip) = 0;
  /// scan() of all columns of the sheet in its order, and column_hashes(sheet_id, {}) of just these rows: one reading
  /// for both where the target can.
  virtual Result<std::vector<std::string>> scan_hashed(const std::string& sheet_id, const CellReadSink& sink) {
    const Sheet* sheet = schema().sheet(sheet_id);
    std::vector<std::string> ids;
    if (sheet != nullptr) {
      ids.reserve(sheet->columns.size());
      for (const Column& column : sheet->columns) ids.push_back(column.id);
    }
    std::vector<CellRead> cells(ids.size());
    Status scanned = scan(sheet_id, ids, [&](const RowView& row) {
      for (std::size_t i = 0; i < cells.size(); ++i) cells[i].cell = &row.cells[i];
      return sink(row.row, cells);
    });
    if (!scanned.has_value()) return std::move(scanned).error();
    return column_hashes(sheet_id, {});
  }
  /// Number of rows below the header row, blank ones included.
  virtual Result<std::uint64_t> row_count(const std::string& sheet_id) = 0;
  /// Opaque: equal values = nothing changed in between as far as the target can tell; empty: cannot tell.
  virtual Result<std::string> revision() = 0;
  /// Takes the right to write (locks out other writers until commit or destruction). Errc::busy with the holder when
  /// somebody else keeps it, Errc::denied for read-only files, Errc::unsupported where writing does not exist. The
  /// target must outlive the writer.
  virtual Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) = 0;
  bool text_source() const override { return capabilities().text_source; }
  /// What this target would refuse of these materialised changes when they are committed, found beforehand and without
  /// writing: asked when a plan is made. Success promises nothing; a target that cannot tell says nothing.
  virtual Status preflight(std::span<const Change> changes) {
    static_cast<void>(changes);
    return ok();
  }
  /// Makes such a copy, reads it back and compares it sheet by sheet. May be called while a writer is open: what that
  /// one is for stays as it was read. An error: there is none, or none that can be relied on.
  virtual Result<KeptCopy> keep_copy(const CopyOrder& order) {
    return make_error(Errc::unsupported, "ZM0325", capabilities().kind + " keeps no " + order.mode);
  }
  /// Whether it is still there.
  virtual Result<bool> has_copy(const std::string& location) {
    static_cast<void>(location);
    return false;
  }
  /// Takes it away; one that is gone is success. Never anything that is no copy of ours.
  virtual Status drop_copy(const std::string& location) {
    static_cast<void>(location);
    return ok();
  }
  /// preflight(), and what else will follow: the dry run of what moves cells elsewhere.
  virtual Result<Foreseen> foresee(std::span<const Change> changes) {
    Status possible = preflight(changes);
    if (!possible.has_value()) return std::move(possible).error();
    return Foreseen();
  }
  /// The pieces of a workbook that is kept in files, as they are there now, in an order of the target; none of others.
  virtual Result<std::vector<FilePart>> file_parts() { return std::vector<FilePart>(); }
  /// Those of other people, in an order in which they can be made anew. Written by change::Native, whose text is that
  /// of the object, or "DROP KIND name". Needs inspect().
  virtual Result<std::vector<NativeObject>> native_objects() { return std::vector<NativeObject>(); }
  /// Whether both say the same, once the names in `renamed` (now, then) are taken for each other.
  using Renamed = std::vector<std::pair<std::string, std::string>>;
  [[nodiscard]] virtual bool same_native(const NativeObject& now, const NativeObject& then,
                                         const Renamed& renamed) const {
    static_cast<void>(renamed);
    return now.text == then.text;
  }
};

/// What the destination of a copy could not hold.
struct Loss {
  std::string sheet, kind;  ///< "formula", "format", "note", "validation", "type"
  std::uint64_t count = 0;
  std::vector<std::string> first;  ///< up to 5 places, A1
  bool operator==(const Loss&) const = default;
};
struct CopiedSheet {
  std::string title;
  std::uint64_t rows = 0;  ///< below the header row
  std::size_t columns = 0;
  std::vector<Loss> losses;
  bool operator==(const CopiedSheet&) const = default;
};

/// How Google is reached, by whom, and how fast: [gsheet], `credentials`, `quota.*` and the timeouts of [env.NAME].
/// What a target may ask of its surroundings while it waits is handed in here too, so that it reads no variable by
/// itself.
struct GsheetOptions {
  /// Where the key or token is. standard: variables, key file, well-known file, metadata server, in that order.
  enum class Credentials { standard, file, env, command };
  Credentials credentials = Credentials::standard;
  std::string credentials_name;                  ///< path of the file, or name of the variable
  std::vector<std::string> credentials_command;  ///< program and arguments; it prints a key file or a token
  std::string subject;                           ///< whom a service account acts for; empty: itself
  std::string endpoint;                          ///< base address of every call; empty: Google's hosts
  std::vector<std::string> endpoint_allow;       ///< hosts that `endpoint` may name besides loopback and Google's
  std::string ca_file;                           ///< trusted CA, PEM; empty: those of the system
  std::string concurrency = "optimistic";        ///< optimistic guarded server
  std::string scan = "sheet";                    ///< structure sheet workbook: what fingerprints cover
  std::uint64_t batch_bytes = 2'000'000;         ///< upper size of one batch
  bool tables = false;                           ///< may create typed table columns
  bool read_only = false;                        ///< a command that only reads: a token that cannot write is enough
  std::string copy_folder;                       ///< backup.folder: where service-copy puts copies
  std::uint32_t reads_per_minute = 55, writes_per_minute = 55;  ///< of one run; 0: no bucket
  double max_rps = 0;                                           ///< calls a second, both kinds together; 0: no limit
  std::uint64_t budget = 0;                                     ///< calls of one run, retries included; 0: any number
  std::chrono::milliseconds max_wait{600'000};                  ///< for quota and for a service that is away
  std::chrono::milliseconds connect_timeout{10'000}, request_timeout{200'000};
  /// An environment variable; null: none is set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// Polled while waiting; true: give up now. Null: never.
  std::function<bool()> stop_requested;
  /// One line for each call: method, path, status, bytes, time, attempt; never a body or a token. Null: nobody reads
  /// it.
  std::function<void(const std::string& line)> log;
};

/// Options of [env.NAME] that targets read.
struct TargetOptions {
  GsheetOptions gsheet;
  int busy_timeout_ms = 30000;
  std::vector<std::string> csv_files{"*.csv", "*.tsv"};
  std::string csv_delimiter;    ///< empty: detect
  std::string csv_encoding;     ///< empty: detect; "windows-1252" where it was accepted
  std::string csv_formula;      ///< "allow": zmig writes texts that a program may run; else they are refused (ZM1704)
  std::string csv_newline;      ///< "crlf" "lf" "cr": of records and files that zmig makes; empty: as the file has them
  std::string csv_quote;        ///< "all" "needed": of fields that zmig writes; empty: as the file has it
  std::optional<bool> csv_bom;  ///< of files that zmig makes; none: as the other files of the folder
  bool accept_dialect = false;  ///< an encoding or a delimiter that had to be guessed is taken; the manifest keeps it
  std::vector<std::pair<std::string, std::uint32_t>> header_rows;  ///< sheet title -> 1-based header row
  bool fire_triggers = false, suppress_triggers = false;           ///< sqlite.triggers
  bool csv_refuse_ragged = false;     ///< csv.ragged: records shorter than the header are refused
  bool sqlite_strict = false;         ///< sqlite.strict: STRICT tables in workbooks that zmig makes
  bool sqlite_rebuild_order = false;  ///< sqlite.order: the table itself gets the order of the columns
  bool accept_unfollowed = false;     ///< --accept-unfollowed: what cannot follow cells that move is left as it is
  bool break_hardlinks = false;       ///< files.break_hardlinks: a file with more than one link may be replaced
  bool allow_protected = false;  ///< sheets and structures that somebody protected in the file are written (ZM0437)
  std::string open_elsewhere;    ///< the word that ZM0409 printed: this lock file of another program is overruled
  /// Of an interrupted set of files in which somebody edited (ZM0469): file, and "live" or "before". Used up by the
  /// first writer.
  std::vector<std::pair<std::string, std::string>> keep{};
  std::string xlsx_extend = "filter";  ///< what grows with a column at the right end: "filter" "filter,print" "none"
  bool xlsx_fast = false;              ///< xlsx.compress = "fast": new bytes are packed with little effort
  std::uint64_t xlsx_max_sheet_bytes = std::uint64_t{4} << 30;  ///< of one worksheet, unpacked (ZM0427)
};

/// One thing asked of a service beforehand, without changing anything there: may these credentials do it?
struct AccessCheck {
  enum class Outcome { ok, warning, failed, not_run };
  std::string id;  ///< "credentials" "clock" "reach" "read" "write" "metadata" "share" "copy" "quota"
  Outcome outcome = Outcome::ok;
  std::string message, help;
  bool operator==(const AccessCheck&) const = default;
};

/// One row of the registry: everything the program knows of a kind of target.
struct TargetKind {
  std::string_view scheme;  ///< "sqlite"
  std::string_view says;    ///< "SQLite workbook, one table a sheet"
  /// Opens for reading. `rest`: the text behind "scheme:". A workbook that does not exist is Errc::not_found (ZM0404).
  Result<std::unique_ptr<Target>> (*open)(const std::string& rest, const TargetOptions& options, Ports& ports);
  /// Makes a new workbook that holds what `from` shows (sheets, headers, values, formulas, formats, allowed lists),
  /// aside and then in place. Refused when it exists and is not empty. `stamps`: entries to store (a copy's origin).
  /// Null: this kind cannot be created.
  Result<std::vector<CopiedSheet>> (*create)(const std::string& rest, const TargetOptions& options, Ports& ports,
                                             CellView& from, std::span<const std::string> sheet_ids,
                                             std::span<const Stamp> stamps);
  /// Copies the workbook behind `rest` as it is (stamp, catalogue and what zmig does not know included) into the new
  /// file `to`, reading one consistent state. For rehearsals: the copy is thrown away. Null: this kind cannot.
  Status (*duplicate)(const std::string& rest, const std::string& to, const TargetOptions& options) = nullptr;
  /// What these credentials may do with the workbook behind `rest`, for `doctor`: every check that could be made, the
  /// first failure that hides others included. Null: nothing to ask, the file system says it.
  std::vector<AccessCheck> (*examine)(const std::string& rest, const TargetOptions& options, Ports& ports) = nullptr;
};
std::span<const TargetKind> target_kinds();
const TargetKind* find_target_kind(std::string_view scheme);

/// "sqlite:workbook.db" -> {"sqlite", "workbook.db"}; a bare path picks by extension or kind (cli.md 3): .db .sqlite
/// .sqlite3 -> sqlite, a folder or .csv -> csv. Anything else: Errc::invalid_input, ZM0703, listing the schemes; a URL
/// with credentials is shown redacted.
struct TargetUrl {
  std::string scheme, rest;
  bool operator==(const TargetUrl&) const = default;
};
Result<TargetUrl> parse_target_url(std::string_view text, FileSystem& files);
Result<std::unique_ptr<Target>> open_target(const TargetUrl& url, const TargetOptions& options, Ports& ports);
/// The twin of a workbook in memory: what `from` (inspected) shows, with its stamps; nothing on it reaches the
/// workbook.
Result<std::unique_ptr<Target>> make_twin(Target& from);

}  // namespace zmig
