#pragma once
// Snapshots (mode `cells`): every cell of every sheet, the schema, the stamps, and indexes, triggers and views as text,
// in one compressed file. A snapshot counts once it was opened again, parsed back, and every column found equal to what
// the workbook said: to a second reading of it, unless nobody can have written in between. Private to engine/run/.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <zmig/backups.h>
#include <zmig/ledger.h>
#include <zmig/ports.h>
#include <zmig/target.h>

namespace zmig::run {

struct SnapshotHead {
  std::string title, url, target_id;
  std::uint32_t position = 0;
  UtcTime created{};
  Schema schema;  ///< foreign things included
  std::vector<Stamp> stamps;
  std::vector<NativeObject> objects;  ///< indexes, triggers, views ...
  bool has_objects = true;            ///< false: from a release that did not ask for them
};
/// One sheet of a snapshot: what was counted, and the hash of each column's cells in order of the schema.
struct SnapshotSheet {
  std::string id, title;
  std::uint64_t rows = 0, formulas = 0;
  std::vector<std::string> column_ids, hashes;
  bool operator==(const SnapshotSheet&) const = default;
};
struct SnapshotContents {
  SnapshotHead head;
  std::vector<SnapshotSheet> sheets;
  std::string sha256;  ///< of the file
};

/// Hashes of stored columns by sheet id, as Target::column_hashes gives them.
using StoredHashes = std::map<std::string, std::vector<std::string>>;

struct SnapshotOptions {
  std::string folder, target_id;
  std::uint32_t position = 0;
  UtcTime now{};
  std::optional<UtcTime> expires;
  std::string name = {};  ///< of the file, without extension; empty: the usual one
  /// A writer of a target with `steady_under_lease` is open: two readings cannot differ, and one is enough.
  bool steady = false;
  StoredHashes* stored = nullptr;  ///< taken in the same reading, for whoever compares columns afterwards
};
/// Reads the workbook, writes the file (0600, synced, put in place under a free name), reads it back and compares.
/// ZM0501 when it could not be made or did not come out equal; what was written of it is removed then. `target` must
/// have been inspected.
Result<BackupRow> make_snapshot(Target& target, const std::vector<Stamp>& stamps, const SnapshotOptions& options,
                                Ports& ports);

/// What the rows of `backup list` say of the sheets.
std::vector<BackupSheet> described(const Schema& schema, const std::vector<SnapshotSheet>& sheets);
/// Counts and hashes of every sheet as the workbook is now; `bytes`: about what a backup of it takes before it is
/// compressed.
Result<std::vector<SnapshotSheet>> count_sheets(Target& target, std::uint64_t& bytes);

/// Parses a snapshot; `sink` (may be empty) gets each row with its sheet. ZM0503 when it is damaged.
using SnapshotSink = std::function<Status(const SnapshotSheet& sheet, const RowView& row)>;
Result<SnapshotContents> read_snapshot(const std::string& path, const SnapshotSink& sink);
/// The file has this hash and parses: ZM0503 else.
Result<SnapshotContents> verify_snapshot(const std::string& path, const std::string& sha256);

/// Of its file format: 4 is today's, 0 none of ours. Reads the first bytes only.
int snapshot_version(const std::string& path);

/// Fit for a file name: no separators, no hidden file, at most `longest` bytes.
std::string file_name_of(std::string_view title, std::size_t longest = 200);
/// "{title}_{position}_backup_{YYYYMMDD_HHMMSS}" in UTC, the title made fit for a file name.
std::string snapshot_name(std::string_view title, std::uint32_t position, UtcTime at);

}  // namespace zmig::run
