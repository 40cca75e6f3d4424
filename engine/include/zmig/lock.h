#pragma once
/// Local locks (reliability.md 8): a file beside the ledger and one beside the workbook, never deleted, locked by the
/// kernel for as long as its holder lives. A lock dies with its process, so it cannot go stale; what the file says is
/// for people only.

#include <cstdint>
#include <optional>
#include <string>

#include <zmig/ports.h>
#include <zmig/result.h>

namespace zmig {

/// Who holds a lock, or did when the process died.
struct LockHolder {
  std::string id;      ///< "L-93af01": random, for `zmig unlock --id`
  std::string holder;  ///< "ana"
  std::string host, boot, command;
  std::uint64_t pid = 0;
  UtcTime since{};
  bool held = false;  ///< the kernel says that somebody has it now
  bool operator==(const LockHolder&) const = default;
};
/// "ana@ops-1 (pid 4711, `zmig up --env prod`, since 2026-01-26T18:15:00Z)"
std::string in_words(const LockHolder& holder);

/// A lock that this process has. Given back by the destructor: the text is emptied, the file stays.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  /// Tries once. None: somebody else has it. The file is made when it is missing, 0600; a link in its place is refused.
  /// `mine` is written into it; pid and boot id are filled in here.
  static Result<std::optional<FileLock>> try_take(const std::string& path, LockHolder mine);

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// What the lock file says; none: it is not there, or nobody left anything in it. Reads only.
Result<std::optional<LockHolder>> read_lock(const std::string& path);
/// Takes away what a dead process left in the file. Errc::busy (ZM0401) while somebody holds it, Errc::not_found when
/// the id is not the one there.
Status clear_lock(const std::string& path, const std::string& id);

/// "a/b.db" -> "/full/a/.b.db.zmig-lock": beside the file itself, links resolved.
std::string lock_path_beside(const std::string& file);

}  // namespace zmig
