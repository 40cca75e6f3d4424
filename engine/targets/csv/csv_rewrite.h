#pragma once
// One file written anew beside the old one: what no stage touches is copied byte for byte. Not installed.

#include <optional>
#include <string>
#include <vector>

#include <zmig/result.h>

#include "base/digest.h"
#include "base/posix.h"
#include "targets/csv/csv_program.h"

namespace zmig::csv {

struct Rewritten {
  std::optional<Print> before;  ///< none: there was no file
  Print after;
  Dialect dialect;  ///< of the new file
};

/// Passes the file of the plan through its stages into the new file `staged`, syncs it, reads it back and compares.
/// ZM0410: somebody wrote to the file meanwhile. What is left of `staged` after a refusal is the caller's.
Result<Rewritten> rewrite(SheetPlan& plan, const std::string& staged);

/// All records of `reader` (null: there is no file) through the stages of the plan, and what comes behind them.
class Sink;
Status pass_records(SheetPlan& plan, RecordReader* reader, Sink& sink);

/// A file as it is now, read to its end.
Result<Print> print_of_file(const std::string& path);
/// The quick look.
struct Glance {
  bool there = false;
  std::uint64_t size = 0, inode = 0, links = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const Glance&) const = default;
};
Result<Glance> glance_at(const std::string& path);

/// Bytes on their way into a new file. Nothing stands at its name before.
class FileOutput {
 public:
  /// `hashed`: false only to measure what the rest costs; its print has no hash then.
  static Result<FileOutput> create(const std::string& path, Encoding encoding, bool hashed = true);
  Status put(std::string_view utf8) {
    if (encoding_ == Encoding::utf8) {
      buffer_.append(utf8);
    } else {
      ZMIG_CHECK_OK(encode_text(utf8, encoding_, buffer_));
    }
    return buffer_.size() >= kFull ? flush() : ok();
  }
  Status put_bytes(std::string_view bytes) {
    buffer_.append(bytes);
    return ok();
  }
  Status flush();
  /// Everything is on the disk; size and hash of it.
  Result<Print> finish();
  [[nodiscard]] const Descriptor& file() const { return file_; }

 private:
  static constexpr std::size_t kFull = std::size_t{256} * 1024;
  std::string path_, buffer_;
  Descriptor file_;
  Encoding encoding_ = Encoding::utf8;
  Sha256 hash_;
  bool hashed_ = true;
  std::uint64_t size_ = 0;
};

/// The end of the chain: rows become records of the new file.
class Sink final : public Stage {
 public:
  Sink(const SheetFacts& facts, const std::vector<std::size_t>& layout, FileOutput& out);
  Status take(Row& row) override;
  Status end() override;
  /// A record that stands above the header, or the header itself, as `row`.
  Status copy(const Record& record);
  Status preamble(std::string_view text) { return out_.put(text); }
  /// The last record of the old file has no line end: neither has that of the new one.
  void source_ends_open(bool open) { last_is_open_ = open; }

  /// What reading back has to find: how many records, and their lengths folded.
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t lengths() const { return lengths_; }
  static std::uint64_t fold(std::uint64_t so_far, std::size_t length) {
    return so_far * 0x100000001B3ULL + static_cast<std::uint64_t>(length);
  }

 private:
  Status begin();
  Status put(std::string_view text);
  Status finish_record(const Record* record);
  Status whole(const Row& row);
  Status field_by_field(const Row& row);
  Status check_undivided(const Record& record) const;

  const SheetFacts& facts_;
  const std::vector<std::size_t>& layout_;
  FileOutput& out_;
  std::vector<std::size_t> added_;  // new slots behind the fields of the record, when nothing else moved
  bool keeps_order_ = false;        // the fields of a record stand as they stood
  std::string end_of_record_, pending_;
  bool first_ = true, last_is_open_ = false;
  std::size_t length_ = 0;
  std::uint64_t records_ = 0, lengths_ = 0;
};

}  // namespace zmig::csv
