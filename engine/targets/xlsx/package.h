#pragma once
// A spreadsheet package: parts found through relationships, never by their usual names (xlsx-csv.md 4.2). Not
// installed.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/xml.h"
#include "targets/xlsx/zip.h"

namespace zmig::xlsx {

struct Relationship {
  std::string id;
  std::string kind;    ///< the last word of the type: "worksheet"; the same for transitional and strict files
  std::string target;  ///< name of the part, from the root of the package
  bool external = false;
};

class Package {
 public:
  /// What ZipReader::open refuses, and by name: encrypted (ZM0420), of another format (ZM0421), signed (ZM0428), shared
  /// with a revision log (ZM0429).
  /// `largest`: bytes of one part that is streamed, unpacked.
  static Result<Package> open(const std::string& path, std::uint64_t largest = kLargestStreamed);

  [[nodiscard]] const ZipReader& zip() const { return zip_; }
  [[nodiscard]] std::uint64_t largest_streamed() const { return largest_; }
  [[nodiscard]] const std::string& path() const { return zip_.file().path(); }
  /// Name of the part of the workbook, and its relationships.
  [[nodiscard]] const std::string& workbook() const { return workbook_; }
  [[nodiscard]] const std::vector<Relationship>& workbook_relationships() const { return relationships_; }
  /// The first of a kind, or null.
  static const Relationship* first(const std::vector<Relationship>& all, std::string_view kind);
  static const Relationship* by_id(const std::vector<Relationship>& all, std::string_view id);

  /// Of a part; of the package when `part` is empty. No relationships: an empty list.
  Result<std::vector<Relationship>> relationships(const std::string& part) const;
  /// The tags of a part, streamed. ZM0422 when it is not there.
  Result<XmlReader> xml(const std::string& part, std::uint64_t limit) const;

 private:
  explicit Package(ZipReader zip) : zip_(std::move(zip)) {}
  Status find_workbook();
  Status refuse_what_cannot_be() const;

  ZipReader zip_;
  std::uint64_t largest_ = kLargestStreamed;
  std::string workbook_;
  std::vector<Relationship> package_, relationships_;
};

/// The relationships that a part of them says; targets are resolved from `part`.
Result<std::vector<Relationship>> read_relationships(XmlReader xml, const std::string& part);
/// "a/b.xml" -> "a/_rels/b.xml.rels"; "" -> "_rels/.rels".
std::string relationships_part(const std::string& part);

/// "xl/worksheets/sheet1.xml" and "../comments1.xml" -> "xl/comments1.xml"; above the root stays at the root.
std::string resolve_part(const std::string& from, std::string_view target);

}  // namespace zmig::xlsx
