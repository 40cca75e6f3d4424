#pragma once
// Zip archives as spreadsheet packages use them (xlsx-csv.md 4.2). Nothing in an archive is trusted: names, sizes and
// checksums are compared with what the bytes are. Entries that nobody changes are copied as bytes, from the local
// header to the next one. Not installed.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <zmig/result.h>

#include "base/posix.h"
#include "targets/xlsx/deflate.h"
#include "targets/xlsx/splice.h"

namespace zmig::xlsx {

/// Of one part, inflated; everything that is streamed may be larger than what is held.
constexpr std::uint64_t kLargestHeld = std::uint64_t{64} << 20;
constexpr std::uint64_t kLargestStreamed = std::uint64_t{4} << 30;

struct ZipEntry {
  std::string name;          ///< as stored
  std::string record;        ///< the record in the directory, as stored
  std::uint16_t flags = 0;   ///< bit 0: encrypted; bit 3: sizes stand behind the data
  std::uint16_t method = 0;  ///< 0 stored, 8 deflated
  std::uint32_t crc = 0;     ///< of the inflated bytes
  std::uint64_t packed = 0;  ///< bytes in the file
  std::uint64_t size = 0;    ///< bytes inflated
  std::uint64_t local = 0;   ///< where the local header begins
  std::uint64_t data = 0;    ///< where the packed bytes begin
  std::uint64_t end = 0;     ///< where the next entry or the directory begins
  [[nodiscard]] bool is_deflated() const { return method == 8; }
  [[nodiscard]] bool is_folder() const { return name.ends_with('/') || name.ends_with('\\'); }
};

/// A file that is read at any place; shared by the streams of an archive.
class ReadFile {
 public:
  static Result<std::shared_ptr<const ReadFile>> open(const std::string& path);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Appends `count` bytes from `offset`; all of them or an error.
  Status read(std::uint64_t offset, std::size_t count, std::string& into) const;
  /// ZM0410 when the file was written to since it was opened.
  Status check_unchanged() const;

 private:
  std::string path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  std::int64_t modified_s_ = 0, modified_ns_ = 0;
};

/// The bytes of one entry, inflated, in pieces. Checksum and size are compared at the end.
class ZipStream {
 public:
  ZipStream(std::shared_ptr<const ReadFile> file, const ZipEntry& entry);
  /// Appends the next piece; false at the end. ZM0423 where the bytes are not what the directory says.
  Result<bool> more(std::string& into);
  /// Where its blocks lie is written there. Before the first more(), of an entry that is deflated.
  void note_blocks(BlockMap& map) { map_ = &map; }

 private:
  Status fill();
  Error damaged(std::string_view why) const;

  std::shared_ptr<const ReadFile> file_;
  std::string name_, packed_;  // packed_: read, from at_ on not inflated yet
  std::size_t at_ = 0;
  std::uint16_t method_ = 0;
  std::uint32_t wanted_crc_ = 0, crc_ = 0;
  std::uint64_t next_ = 0, left_ = 0, wanted_ = 0, made_ = 0;
  bool ended_ = false, done_ = false;
  Inflater inflater_;
  BlockMap* map_ = nullptr;
  std::uint64_t passed_ = 0;  // packed bytes that are done with
};

class ZipReader {
 public:
  /// ZM0404 no such file, ZM0422 not an archive or damaged, ZM0423 local headers that say otherwise, ZM0424 two
  /// entries of one name, ZM0427 too many entries.
  static Result<ZipReader> open(const std::string& path);
  [[nodiscard]] const std::vector<ZipEntry>& entries() const { return entries_; }
  /// Without case, with either slash, with or without one in front. Null: not there.
  [[nodiscard]] const ZipEntry* find(std::string_view name) const;
  /// ZM0425 encrypted or packed in a way that is not known, ZM0427 larger than `limit`.
  Result<ZipStream> stream(const ZipEntry& entry, std::uint64_t limit) const;
  Result<std::string> read(const ZipEntry& entry, std::uint64_t limit = kLargestHeld) const;
  [[nodiscard]] const ReadFile& file() const { return *file_; }
  /// Bytes of the file in front of the first entry.
  [[nodiscard]] std::uint64_t preamble() const { return preamble_; }
  [[nodiscard]] const std::string& comment() const { return comment_; }

 private:
  struct Directory {
    std::uint64_t at = 0, size = 0, count = 0, shift = 0;  // shift: of all offsets, when bytes stand in front
  };
  Result<Directory> find_directory();
  Status read_directory(const Directory& directory);
  Status read_local_headers(std::uint64_t directory_at);
  Error damaged(std::string why) const;

  std::shared_ptr<const ReadFile> file_;
  std::vector<ZipEntry> entries_;                         // in the order of the directory
  std::unordered_map<std::string, std::size_t> by_name_;  // folded names
  std::uint64_t preamble_ = 0;
  std::string comment_;
};

/// Writes an archive front to back into an open file. The same calls give the same bytes.
class ZipWriter {
 public:
  /// The file is empty, open for writing and outlives the writer. `path` is for messages.
  ZipWriter(int descriptor, std::string path, bool fast = false)
      : descriptor_(descriptor), path_(std::move(path)), fast_(fast) {}
  /// Bytes in front of the first entry.
  Status copy_preamble(const ZipReader& from);
  /// The entry as it is: header, extra fields, packed bytes, descriptor.
  Status copy(const ZipReader& from, const ZipEntry& entry);
  /// A new entry; add() its bytes, then end_entry().
  Status begin(std::string_view name);
  /// The same in place of an entry: its name, time and extra fields stay.
  Status begin_in_place_of(const ZipReader& from, const ZipEntry& entry);
  Status add(std::string_view bytes);
  Status end_entry();
  /// In place of add() and end_entry(): bytes that are packed already.
  Status add_packed(std::string_view packed, std::uint32_t crc, std::uint64_t size);
  /// The directory. `comment` of the archive.
  Status finish(std::string_view comment = {});

 private:
  Status put(std::string_view bytes);
  Status patch(std::uint64_t offset, std::string_view bytes);
  Status put_header(const std::string& header);
  Status flush_packed();
  Status close_entry();

  int descriptor_;
  std::string path_;
  bool fast_ = false;
  std::uint64_t at_ = 0;
  std::string directory_;
  std::uint64_t count_ = 0;
  // the entry that is being written
  std::string record_, packed_;
  std::uint64_t header_ = 0, data_ = 0, size_ = 0;
  std::uint32_t crc_ = 0;
  Deflater deflater_;
};

}  // namespace zmig::xlsx
