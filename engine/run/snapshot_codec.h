#pragma once
// Bytes of a snapshot file: "zmig backup 4\n", then one stream of records packed by zstd, then the SHA-256 of
// everything before it. A record is a tag, a length and that many bytes.
//   H head (JSON)   S schema (JSON)   T stamp (JSON)   N index, trigger, view, definition of a table (JSON)
//   B sheet begins (JSON)   R row   E sheet ends (JSON)   Z end
// Read too, not written any more: 3 (deflate; columns hashed with SHA-256), 2 (no indexes, triggers and views), 1
// (cells without a word of how they are stored, no SHA-256 at the end). Private to engine/run/.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/cells.h>
#include <zmig/result.h>
#include <zmig/target.h>

#include "base/running_hash.h"

namespace zmig::run {

/// Writes to an open descriptor; the descriptor stays the caller's.
class SnapshotWriter {
 public:
  explicit SnapshotWriter(int descriptor);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;
  Status put(char tag, std::string_view payload);
  /// The last record, and everything flushed. Returns sha256 of the file in hexadecimal.
  Result<std::string> finish();
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct SnapshotRecord {
  char tag = 0;
  std::string_view payload;  ///< until the next one is read
};
class SnapshotReader {
 public:
  static Result<std::unique_ptr<SnapshotReader>> open(const std::string& path);
  ~SnapshotReader();
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;
  [[nodiscard]] int version() const;
  /// ZM0503 when the stream is damaged or ends early. After tag Z nothing may follow.
  Result<SnapshotRecord> next();
  /// Of all bytes of the file; call after the record Z.
  Result<std::string> sha256();

 private:
  SnapshotReader();
  struct State;
  std::unique_ptr<State> state_;
};

/// What passed by of one sheet: rows, formulas, and for each column a hash over the bytes of its cells.
struct RowTally {
  explicit RowTally(std::size_t columns) : hashes(columns) {}
  std::vector<RunningHash> hashes;
  std::uint64_t rows = 0, formulas = 0;
};

std::string row_to_bytes(const RowRef& row, std::span<const Cell> cells);
/// The same, instead of what is in `out`; counted in `tally`.
void pack_row(const RowRef& row, std::span<const Cell> cells, std::string& out, RowTally& tally);
void pack_row(const RowRef& row, std::span<const CellRead> cells, std::string& out, RowTally& tally);
struct SnapshotRow {
  RowRef row;
  std::vector<Cell> cells;
};
Result<SnapshotRow> row_from_bytes(std::string_view payload);
/// Reads a row as row_from_bytes does, with all that it refuses, and counts it as pack_row did; values are not made.
/// ZM0503 too when it has not as many cells as the tally has columns.
Status tally_row(std::string_view payload, RowTally& tally);

}  // namespace zmig::run
