#pragma once
/// The project's migrations: files, numbering, zmig.lock, replay.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <zmig/change.h>
#include <zmig/migration.h>
#include <zmig/ports.h>
#include <zmig/stamp.h>

namespace zmig {

/// One step: a change at one place in a chain.
struct Step {
  Change change;
  std::size_t operation = 0;  ///< index into the operations that were lowered
  bool operator==(const Step&) const = default;
};
/// Steps and the schema between each. states.size() == steps.size() + 1.
struct Chain {
  std::vector<Step> steps;
  std::vector<Schema> states;
};
/// Lowers in order, each against the schema that the ones before left. `origin[i]` (same size as ops, or empty): the
/// operation index to record.
Result<Chain> lower_all(const std::vector<Operation>& operations, Schema before,
                        const std::vector<std::size_t>& origin = {});
/// Folds lowering without keeping the states.
Result<Schema> replay_operations(const std::vector<Operation>& operations, Schema before);
/// The way back of a list: each inverted against the schema before it, reversed. Fidelity is the weakest one. When the
/// whole would not lead back (compared by schema, enums by what they offer) that is an error: a bug in an inverse never
/// reaches a sheet.
Result<Reversal> invert_all(const std::vector<Operation>& operations, const Schema& before);

struct MigrationFile {
  std::uint32_t number = 0;
  std::string slug, name;
  SourceFile source;
  std::uint32_t file_number = 0;  ///< in the SourceMap
  std::string checksum;           ///< "sha256:...", or empty when it does not parse
};

struct LockLine {
  std::uint32_t number = 0;
  std::string slug, hash, chain;
  bool operator==(const LockLine&) const = default;
};
/// `NNNN slug algo:hash chain:hash`, one line a migration. parse names the line at fault (ZM0206).
std::string print_lock(const std::vector<LockLine>& lines);
Result<std::vector<LockLine>> parse_lock(std::string_view text, std::string_view path);

/// Where the project's files are (resolved paths).
struct ProjectPaths {
  std::string migrations = "migrations", schemas = "schemas";
};

/// Everything that the folder says, offline.
struct History {
  std::vector<MigrationFile> files;  ///< by number
  std::vector<LockLine> lock;        ///< as stored; empty without a zmig.lock
  bool has_lock = false;
  std::optional<Schema> baseline;  ///< schemas/0000_baseline.json
  Schema empty;

  /// What zmig.lock should say for these files.
  [[nodiscard]] std::vector<LockLine> fresh_lock() const;
};

/// Lists and reads the folder; checks names (ZM0703 for a file that is not NNNN_slug.zmig), numbers (twice ZM0205, gap
/// ZM1901), size (ZM0020), and the lock (edited, missing or out-of-order lines: ZM0206, naming the migration). Findings
/// go to `out`; reading goes on. A missing folder is an empty history. Files larger than 1 MiB are not read further.
Result<History> load_history(FileSystem& files, const ProjectPaths& paths, const ScriptCodec& codec, SourceMap& sources,
                             Diagnostics& out);

/// Names and numbers alone, from the listing of the folder: no file is read, so there are no texts, no checksums, no
/// lock and no baseline.
Result<History> list_history(FileSystem& files, const ProjectPaths& paths, SourceMap& sources, Diagnostics& out);

struct Replayed {
  Migration migration;
  Schema before, after;
};
/// Binds and replays every file from the baseline. Stops binding at the first file with errors (its diagnostics and
/// those of its successors that can be found without it are in `out`).
std::vector<Replayed> replay_history(const History& history, const ScriptCodec& codec,
                                     const std::vector<std::string>& protected_sheets, Diagnostics& out);

}  // namespace zmig
