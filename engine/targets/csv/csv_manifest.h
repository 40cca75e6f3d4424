#pragma once
// What stands in DIR/.zmig: the manifest (stamp, catalogue, what each file was when it was written last) and the commit
// journal of a set of files that is on its way. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/result.h>
#include <zmig/schema.h>
#include <zmig/target.h>

#include "targets/csv/csv_format.h"

namespace zmig::csv {

inline constexpr std::string_view kOwnFolder = ".zmig";
inline constexpr std::string_view kManifest = ".zmig/manifest.json";
inline constexpr std::string_view kJournal = ".zmig/journal";
inline constexpr std::string_view kStage = ".zmig/stage";
inline constexpr std::string_view kLock = ".zmig/lock";
inline constexpr std::string_view kKept = ".zmig/kept";  ///< versions that a person decided against

/// A file as it was at some moment. Inode and time are for a quick look only; size and hash decide.
struct Print {
  std::uint64_t size = 0;
  std::string sha256;
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const Print&) const = default;
};

struct ManifestFile {
  std::string name;                  ///< in the folder
  std::string sheet;                 ///< id; empty: foreign
  std::vector<std::string> columns;  ///< ids by position; empty: foreign
  Dialect dialect;
  std::uint64_t size = 0;
  std::string sha256;  ///< after the last commit that wrote it; empty: it was never written
  /// What is known of things that were managed once: foreign columns by position, and the sheet.
  std::vector<std::pair<std::size_t, Column>> remembered = {};
  std::optional<Sheet> remembered_sheet = {};
  bool operator==(const ManifestFile&) const = default;
};

struct Manifest {
  std::vector<Stamp> stamps;
  std::vector<ManifestFile> files;  ///< in the order of the sheets
  Schema catalogue;
  bool operator==(const Manifest&) const = default;
};

std::string manifest_to_json(const Manifest& manifest);
/// ZM0468, ZM0481.
Result<Manifest> manifest_from_json(std::string_view text, const std::string& path);

struct JournalEntry {
  std::string live, staged;            ///< relative to the folder
  std::optional<Print> before, after;  ///< none: the file appears, or goes
  bool operator==(const JournalEntry&) const = default;
};
struct Journal {
  bool forward = true;
  std::vector<JournalEntry> entries;  ///< the manifest last
  bool operator==(const Journal&) const = default;
};

std::string journal_to_json(const Journal& journal);
Result<Journal> journal_from_json(std::string_view text, const std::string& path);

}  // namespace zmig::csv
