#pragma once
// Bytes of a snapshot file: "zmig backup 3\n" (2: no indexes, triggers and views; 1: cells without a word of how they
// are stored, too), then one raw deflate stream of records, then the SHA-256 of everything before it (not in 1). A
// record is a tag, a length and that many bytes.
//   H head (JSON)   S schema (JSON)   T stamp (JSON)   N index, trigger, view, definition of a table (JSON)
//   B sheet begins (JSON)   R row   E sheet ends (JSON)   Z end
// Private to engine/run/.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/cells.h>
#include <zmig/result.h>

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
  std::string payload;
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

std::string row_to_bytes(const RowRef& row, std::span<const Cell> cells);
struct SnapshotRow {
  RowRef row;
  std::vector<Cell> cells;
};
Result<SnapshotRow> row_from_bytes(std::string_view payload);

}  // namespace zmig::run
