#include "base/durable.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmig/ports.h>

#include "base/failpoint.h"
#include "base/posix.h"
#include "base/text.h"

namespace zmig {
namespace {

/// A file of ours, aside; unlinked again unless it was put in place.
class Aside {
 public:
  Aside(int folder, std::string name) : folder_(folder), name_(std::move(name)) {}
  ~Aside() {
    if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
  }
  Aside(Aside&& other) noexcept : folder_(other.folder_), name_(std::exchange(other.name_, {})) {}
  Aside& operator=(Aside&&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }
  void keep() { name_.clear(); }

 private:
  int folder_;  // outlived by the Descriptor of the caller
  std::string name_;
};

Error unknown(Error error) {
  error.effect = Effect::unknown;
  return error;
}

/// What stands at the name: nothing, or a regular file.
struct Standing {
  bool there = false;
  struct stat info = {};
};

Result<Standing> look_at(int folder, const std::string& name, const std::string& path, std::string_view doing) {
  Standing standing;
  if (::fstatat(folder, name.c_str(), &standing.info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return standing;
    return posix_error(errno, doing, path);
  }
  standing.there = true;
  if (S_ISLNK(standing.info.st_mode)) return posix_error(ELOOP, doing, path);
  if (S_ISDIR(standing.info.st_mode)) return posix_error(EISDIR, doing, path);
  if (!S_ISREG(standing.info.st_mode)) {
    return make_error(Errc::invalid_input, "", fmt::format("{} {}: not a regular file", doing, quoted(path)));
  }
  return standing;
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

/// ".NAME.zmig-<8 hex>" or ".NAME.<8 hex>.part": nobody else names files so.
bool is_aside(std::string_view name) {
  constexpr std::string_view kReplaced = ".zmig-", kPart = ".part";
  if (!name.starts_with('.')) return false;
  if (name.ends_with(kPart)) {
    name.remove_suffix(kPart.size());
    return name.size() > 10 && is_hex(name.substr(name.size() - 8)) && name[name.size() - 9] == '.';
  }
  if (name.size() <= kReplaced.size() + 9 || !is_hex(name.substr(name.size() - 8))) return false;
  name.remove_suffix(8);
  return name.ends_with(kReplaced);
}

/// Whether it went. A link, a folder, somebody else's file and a file that is worked on stay.
bool sweep_one(int folder, const std::string& name) {
  const int number = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (number < 0) return false;
  const Descriptor file(number);
  struct stat info = {};
  if (::fstat(number, &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) return false;
  // Not fcntl(): SQLite's own locks on a staged workbook are of that kind.
  if (::flock(number, LOCK_EX | LOCK_NB) != 0) return false;
  for (const char* companion : {"-journal", "-wal", "-shm"}) ::unlinkat(folder, (name + companion).c_str(), 0);
  return ::unlinkat(folder, name.c_str(), 0) == 0;
}

struct Opened {
  Descriptor file;
  Aside aside;
};

Result<Opened> create_aside(int folder, const std::string& name, const std::string& path, bool private_first) {
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string own = aside_name(name, make_system_random()->hex(4));
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    // Private until it has the mode of what it replaces; a new file gets what the umask leaves of 0666.
    const int descriptor = ::openat(folder, own.c_str(), flags, private_first ? 0600 : 0666);
    if (descriptor >= 0) {
      Opened opened{Descriptor(descriptor), Aside(folder, std::move(own))};
      if (claim_aside(descriptor)) return opened;
      continue;
    }
    if (errno != EEXIST && errno != EINTR) return posix_error(errno, "writing", path);
  }
  return posix_error(EEXIST, "writing", path);
}

Status take_over_owner_and_mode(int file, const struct stat& old, const std::string& path) {
  struct stat own = {};
  if (::fstat(file, &own) != 0) return posix_error(errno, "writing", path);
  // Only root may give a file away; whoever else may write here keeps the file as their own.
  const bool differs = own.st_uid != old.st_uid || own.st_gid != old.st_gid;
  if (differs && ::fchown(file, old.st_uid, old.st_gid) != 0 && errno != EPERM) {
    return posix_error(errno, "writing", path);
  }
  if (::fchmod(file, old.st_mode & 07777) != 0) return posix_error(errno, "writing", path);
  return ok();
}

/// The rename itself. A disk error while renaming leaves open which name stands.
Status rename_at(int from_folder, const std::string& from, int to_folder, const std::string& to, RenameMode mode,
                 const std::string& path) {
  const unsigned flags = mode == RenameMode::replace      ? 0U
                         : mode == RenameMode::no_replace ? static_cast<unsigned>(RENAME_NOREPLACE)
                                                          : static_cast<unsigned>(RENAME_EXCHANGE);
  const int result = flags == 0 ? ::renameat(from_folder, from.c_str(), to_folder, to.c_str())
                                : ::renameat2(from_folder, from.c_str(), to_folder, to.c_str(), flags);
  if (result == 0) return ok();
  const int number = errno;
  if (flags != 0 && (number == EINVAL || number == ENOSYS)) {
    return make_error(Errc::unsupported, "",
                      fmt::format("putting {} in place: this file system cannot do it", quoted(path)));
  }
  Error error = posix_error(number, "putting in place", path);
  if (error.code == Errc::io && number != ENOSPC && number != EDQUOT && number != EROFS) return unknown(error);
  return error;
}

Status sync_folder(int folder, const std::string& path) {
  const int number = sync_descriptor(folder);
  // Some file systems have no fsync for folders; they give no stronger promise that we could wait for.
  if (number == 0 || number == EINVAL || number == ENOTSUP) return ok();
  return unknown(posix_error(number, "syncing the folder of", path));
}

Status check_path(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    return make_error(Errc::invalid_input, "", fmt::format("the path {} holds a NUL byte", quoted(path)));
  }
  const std::string name = folder_and_name(path).name;
  if (name.empty() || name == "." || name == "..") {
    return make_error(Errc::invalid_input, "", fmt::format("the path {} names no file", quoted(path)));
  }
  return ok();
}

}  // namespace

std::string aside_name(const std::string& name, std::string_view hex) {
  constexpr std::size_t kRoom = 255 - 1 - 6 - 8;
  return fmt::format(".{}.zmig-{}", name.substr(0, kRoom), hex);
}

bool claim_aside(int descriptor) {
  // Where there are no such locks a sweep gets none either, and leaves everything.
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat info = {};
  return ::fstat(descriptor, &info) != 0 || info.st_nlink > 0;
}

std::size_t sweep_asides(const std::string& folder) {
  const auto opened = open_folder(folder);
  const auto entries = make_system_files()->list(folder);
  if (!opened || !entries) return 0;
  return static_cast<std::size_t>(std::count_if(entries->begin(), entries->end(), [&](const DirEntry& entry) {
    return entry.kind == FileKind::regular && is_aside(entry.name) && sweep_one(opened->get(), entry.name);
  }));
}

Status durable_replace(const std::string& path, std::string_view bytes) {
  ZMIG_CHECK_OK(check_path(path));
  const auto [folder, name] = folder_and_name(path);
  ZMIG_TRY(const Descriptor opened_folder, open_folder(folder));
  const int at = opened_folder.get();
  ZMIG_TRY(const Standing standing, look_at(at, name, path, "writing"));
  sweep_asides(folder);
  ZMIG_TRY(Opened staged, create_aside(at, name, path, standing.there));

  ZMIG_FAILPOINT_STATUS("durable.before_write");
  if (standing.there) ZMIG_CHECK_OK(take_over_owner_and_mode(staged.file.get(), standing.info, path));
  if (const int number = write_all(staged.file.get(), bytes); number != 0) return posix_error(number, "writing", path);
  if (const int number = sync_descriptor(staged.file.get()); number != 0) return posix_error(number, "writing", path);
  ZMIG_FAILPOINT_STATUS("durable.after_fsync");
  const Descriptor claim(::fcntl(staged.file.get(), F_DUPFD_CLOEXEC, 0));  // up to the rename
  if (!staged.file.close_now()) return posix_error(errno, "writing", path);

  ZMIG_FAILPOINT_STATUS("durable.before_rename");
  ZMIG_CHECK_OK(rename_at(at, staged.aside.name(), at, name, RenameMode::replace, path));
  staged.aside.keep();
  if (auto error = failpoint::reached("durable.after_rename")) return unknown(*std::move(error));
  return sync_folder(at, path);
}

Status durable_rename(const std::string& from, const std::string& to, RenameMode mode) {
  ZMIG_CHECK_OK(check_path(from));
  ZMIG_CHECK_OK(check_path(to));
  const auto [from_folder, from_name] = folder_and_name(from);
  const auto [to_folder, to_name] = folder_and_name(to);
  ZMIG_TRY(const Descriptor from_at, open_folder(from_folder));
  ZMIG_TRY(const Descriptor to_at, open_folder(to_folder));
  ZMIG_TRY(const Standing source, look_at(from_at.get(), from_name, from, "putting in place"));
  if (!source.there) return posix_error(ENOENT, "putting in place", from);
  ZMIG_TRY(const Standing goal, look_at(to_at.get(), to_name, to, "putting in place"));
  static_cast<void>(goal);

  const int number = ::openat(from_at.get(), from_name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (number < 0) return posix_error(errno, "putting in place", from);
  Descriptor staged(number);
  if (const int failed = sync_descriptor(staged.get()); failed != 0) return posix_error(failed, "syncing", from);
  staged.close_now();

  ZMIG_FAILPOINT_STATUS("durable.before_rename");
  ZMIG_CHECK_OK(rename_at(from_at.get(), from_name, to_at.get(), to_name, mode, to));
  if (auto error = failpoint::reached("durable.after_rename")) return unknown(*std::move(error));
  ZMIG_CHECK_OK(sync_folder(to_at.get(), to));
  if (from_folder == to_folder) return ok();
  return sync_folder(from_at.get(), from);
}

}  // namespace zmig
