#pragma once
// A package with changes laid over it: parts that are replaced, added or taken out. Everything else is copied as bytes.
// Not installed.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/result.h>

#include "targets/live.h"
#include "targets/xlsx/package.h"
#include "targets/xlsx/splice.h"

namespace zmig::xlsx {

/// Packs bytes as they come.
class Packer {
 public:
  /// `expected`: about as many packed bytes will come. `fast`: with little effort.
  explicit Packer(bool fast = false, std::uint64_t expected = 0) : deflater_(fast) {
    part_.packed.reserve(static_cast<std::size_t>(expected));
  }
  void add(std::string_view bytes);
  PackedPart finish();

 private:
  PackedPart part_;
  Deflater deflater_;
};

/// What happened to a part, for the report.
struct TouchedPart {
  enum class How { changed, added, dropped };
  std::string part;
  How how = How::changed;
  std::vector<std::pair<std::size_t, std::string>> why;  ///< as Reasons
  bool operator==(const TouchedPart&) const = default;
};

class PackageEdit {
 public:
  /// The package outlives the edit.
  explicit PackageEdit(const Package& base);

  [[nodiscard]] const Package& base() const { return base_; }
  [[nodiscard]] const std::string& path() const { return base_.path(); }
  [[nodiscard]] const std::string& workbook() const { return base_.workbook(); }
  /// Names as relationships have them; compared without case.
  [[nodiscard]] bool has(std::string_view part) const;
  [[nodiscard]] std::vector<std::string> parts() const;
  /// The bytes as they are now.
  Result<std::string> text(const std::string& part) const;
  /// The same as a stream: what was put here, else what the archive holds. `limit` as ZipReader::stream.
  Result<XmlReader::Source> stream(const std::string& part, std::uint64_t limit) const;
  /// The same for a part of the archive that is large and as it was; what is seen of its blocks goes into `map`, which
  /// outlives the stream. None where that is not so.
  Result<std::optional<XmlReader::Source>> mapped_stream(const std::string& part, std::uint64_t limit,
                                                         std::optional<BlockMap>& map) const;
  /// The packed bytes of a part of the archive, and how many they are.
  Result<std::string> packed(const std::string& part) const;
  [[nodiscard]] std::uint64_t packed_size(const std::string& part) const;
  Result<std::vector<Relationship>> relationships(const std::string& part) const;
  /// False: the bytes are those of the archive.
  [[nodiscard]] bool is_touched(std::string_view part) const;

  /// What is put from here on is done for this part of the batch.
  void act_for(std::size_t member) { member_ = member; }
  void put(const std::string& part, std::string bytes, std::string_view why);
  void put(const std::string& part, std::string bytes, const Reasons& why);
  void put_packed(const std::string& part, PackedPart packed, const Reasons& why);
  void drop(const std::string& part, std::string_view why);

  // --- what goes with a part
  /// The id of a new relationship `from` -> `to`; `kind` is the last word of its type ("worksheet").
  Result<std::string> add_relationship(const std::string& from, std::string_view kind, const std::string& to);
  Status drop_relationship(const std::string& from, const std::string& id);
  Status add_override(const std::string& part, std::string_view content_type);
  Status add_default(std::string_view extension, std::string_view content_type);
  /// Takes out every part that nothing refers to any more, but was referred to by `roots`.
  Status sweep(const std::vector<std::string>& roots, std::string_view why);
  /// "xl/worksheets/sheet{}.xml" with the first number that is free.
  [[nodiscard]] std::string free_name(std::string_view before, std::string_view behind) const;
  /// The folder of the workbook part, with its slash, or empty.
  [[nodiscard]] std::string folder() const;
  /// The workbook uses the names of ISO 29500 strict.
  Result<bool> is_strict() const;

  /// Nothing would differ.
  [[nodiscard]] bool is_empty() const { return parts_.empty(); }
  [[nodiscard]] std::vector<TouchedPart> touched() const;
  /// Writes the whole archive into an empty open file. `fast`: new bytes are packed with little effort.
  Status write(int descriptor, const std::string& path, bool fast = false) const;

 private:
  struct Laid {
    std::string name;  ///< as it is written
    bool is_new = false, dropped = false, is_packed = false;
    std::string bytes;
    Reasons why;
    PackedPart packed;
  };
  Laid& lay(const std::string& part);
  [[nodiscard]] const Laid* find(std::string_view part) const;

  const Package& base_;
  std::map<std::string, Laid> parts_;  // by folded name
  std::vector<std::string> added_;     // folded names, in the order in which they came
  std::size_t member_ = 0;
};

/// The way from one part to another, for a relationship.
std::string relative_target(const std::string& from, const std::string& to);

}  // namespace zmig::xlsx
