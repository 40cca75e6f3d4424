#pragma once
// A set of files of one folder that changes together or not at all (reliability.md 4.3): staged files, a commit
// journal, exchanges; recovery, and reading through a journal that is not finished. Not installed.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zmig/ports.h>
#include <zmig/result.h>

#include "targets/csv/csv_manifest.h"

namespace zmig::csv {

/// Where the bytes of the files are, as a reader has to see them: after the commit once its journal stands.
struct Located {
  std::string name, path;
};
struct FolderView {
  std::vector<Located> files;  ///< every regular file of the folder itself, by name
  std::string manifest_path;   ///< empty: never managed
  bool interrupted = false;    ///< a journal is there
};
Result<FolderView> look_at_folder(const std::string& folder, FileSystem& files);

/// File and version, as TargetOptions::keep.
using VersionsToKeep = std::vector<std::pair<std::string, std::string>>;

/// `.zmig` in the folder. ZM0406 where that is not permitted.
Status make_own_folder(const std::string& folder);

/// Under the lock. Finishes or undoes what a program that died left, and drops what it staged. ZM0469 when both the old
/// and the new version were edited meanwhile: nothing is touched then.
///
/// `keep`: of files that both people and a run wrote (ZM0469), which version stays: "live", what stands at the name, or
/// "before", the one that the run displaced. What does not stay goes to `.zmig/kept`. ZM0703 when no file waits for
/// that.
Status recover_folder(const std::string& folder, FileSystem& files, const VersionsToKeep& keep = {});

/// A set that is being made. What is staged goes away again unless it was committed.
class FileSet {
 public:
  FileSet(std::string folder, FileSystem& files) : folder_(std::move(folder)), files_(files) {}
  ~FileSet();
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;

  /// Makes `.zmig` and the stage.
  Status prepare();
  /// A name in the stage that is free, relative to the folder.
  std::string next_staged();
  [[nodiscard]] std::string in_folder(const std::string& relative) const { return folder_ + "/" + relative; }
  void add(JournalEntry entry) { journal_.entries.push_back(std::move(entry)); }
  [[nodiscard]] const Journal& journal() const { return journal_; }
  /// The folder of the staged files is on the disk.
  Status sync();
  /// Effect::unknown: the journal may stand; whoever looks again sees what counts.
  Status commit();

 private:
  std::string folder_;
  FileSystem& files_;  // of the caller
  Journal journal_;
  std::size_t staged_ = 0;
  bool open_ = false;  // staged files lie there
};

}  // namespace zmig::csv
