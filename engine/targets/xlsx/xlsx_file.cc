#include "targets/xlsx/xlsx_file.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/text.h"

namespace zmig::xlsx {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

std::string beside(const std::string& path, std::string_view before, std::string_view behind) {
  const FolderAndName where = folder_and_name(path);
  return fmt::format("{}/{}{}{}", where.folder, before, where.name, behind);
}

Result<std::string> read_small(const std::string& path, std::size_t most) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return posix_error(errno, "reading", path);
  std::string bytes(most, '\0');
  const ::ssize_t got = ::pread(file.get(), bytes.data(), most, 0);
  if (got < 0) return posix_error(errno, "reading", path);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

bool is_there(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return posix_error(errno, "removing", path);
  return ok();
}

Status sync_folder(const std::string& path) {
  const std::string folder = folder_and_name(path).folder;
  ZMIG_TRY(const Descriptor open, open_folder(folder));
  if (const int failed = sync_descriptor(open.get()); failed != 0 && failed != EINVAL)
    return posix_error(failed, "syncing", folder);
  return ok();
}

struct Journal {
  std::string before, after;
};

Result<std::optional<Journal>> read_journal(const std::string& path) {
  if (!is_there(path)) return std::optional<Journal>();
  ZMIG_TRY(const std::string text, read_small(path, 1024));
  const std::vector<std::string> lines = split(text, '\n');
  if (lines.size() < 3 || lines[0] != "zmig xlsx 1" || lines[1].size() != 64 || lines[2].size() != 64) {
    return make_error(Errc::corrupt, "ZM0468", fmt::format("{} cannot be read", quoted(path)),
                      "if the workbook is whole, remove that file", path);
  }
  return std::optional<Journal>(Journal{lines[1], lines[2]});
}

/// Nothing of ours is left beside the workbook.
Status clean(const std::string& path) {
  ZMIG_FAILPOINT_STATUS("xlsx.before_clean");
  ZMIG_CHECK_OK(remove_file(staged_name(path)));
  ZMIG_CHECK_OK(remove_file(journal_name(path)));
  return sync_folder(path);
}

Error saved_meanwhile(const std::string& path) {
  return make_error(Errc::conflict, "ZM0303", "the workbook was saved by somebody else while it was to be exchanged",
                    "plan again", path);
}

std::string how_to_keep(const std::string& path) {
  const std::string name = folder_and_name(path).name;
  return fmt::format("decide which version stays: `zmig repair --keep {0}=live`, or `--keep {0}=before`", name);
}

/// One of two versions that people edited stays; the other one gets a name of its own.
Status keep_one(const std::string& path, const std::string& keep) {
  const std::string aside = set_aside_name(path), staged = staged_name(path);
  if (keep == "before") {
    // The second name comes first: whenever this stops, both versions are there.
    if (::link(path.c_str(), aside.c_str()) != 0) return posix_error(errno, "keeping", aside);
    ZMIG_FAILPOINT_STATUS("xlsx.before_keep");
    ZMIG_CHECK_OK(durable_rename(staged, path, RenameMode::replace));
  } else {
    ZMIG_CHECK_OK(durable_rename(staged, aside, RenameMode::no_replace));
  }
  return clean(path);
}

/// The displaced file is not the one that was read: it goes back.
Status give_back(const std::string& path, const Journal& journal) {
  ZMIG_CHECK_OK(durable_rename(staged_name(path), path, RenameMode::exchange));
  ZMIG_TRY(const auto ours, print_of(staged_name(path)));
  if (ours && ours->sha256 == journal.after) {
    ZMIG_CHECK_OK(clean(path));
    return saved_meanwhile(path);
  }
  return make_error(Errc::conflict, "ZM0469",
                    fmt::format("the workbook was saved twice while it was exchanged; the other version is {}",
                                quoted(staged_name(path))),
                    how_to_keep(path), path);
}

void copy_attributes(int from, int to) {
  const ::ssize_t size = ::flistxattr(from, nullptr, 0);
  if (size <= 0) return;
  std::string names(static_cast<std::size_t>(size), '\0');
  const ::ssize_t got = ::flistxattr(from, names.data(), names.size());
  if (got <= 0) return;
  for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
    const char* name = names.data() + at;
    at += std::string_view(name).size() + 1;
    const ::ssize_t length = ::fgetxattr(from, name, nullptr, 0);
    if (length < 0) continue;
    std::string value(static_cast<std::size_t>(length), '\0');
    if (::fgetxattr(from, name, value.data(), value.size()) == length)
      static_cast<void>(::fsetxattr(to, name, value.data(), value.size(), 0));
  }
}

}  // namespace

Result<std::optional<FilePrint>> print_of(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open() && errno == ENOENT) return std::optional<FilePrint>();
  struct stat before {
  }, after{};
  if (!file.is_open() || ::fstat(file.get(), &before) != 0) return posix_error(errno, "reading", path);
  Sha256 hash;
  std::string piece(kPiece, '\0');
  for (::off_t at = 0;;) {
    const ::ssize_t got = ::pread(file.get(), piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error(errno, "reading", path);
    if (got == 0) break;
    hash.update(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
    at += got;
  }
  if (::fstat(file.get(), &after) != 0) return posix_error(errno, "reading", path);
  if (before.st_size != after.st_size || before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
      before.st_mtim.tv_nsec != after.st_mtim.tv_nsec)
    return make_error(Errc::transient, "ZM0410", "the file changed while it was read", "try again", path);
  return std::optional<FilePrint>(FilePrint{static_cast<std::uint64_t>(after.st_size),
                                            static_cast<std::uint64_t>(after.st_ino),
                                            static_cast<std::uint64_t>(after.st_nlink), hash.finish_hex()});
}

std::string staged_name(const std::string& path) { return beside(path, ".", ".zmig-new"); }
std::string journal_name(const std::string& path) { return beside(path, ".", ".zmig-journal"); }

Result<std::string> resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (real == nullptr && errno == ENOENT)
    return make_error(Errc::not_found, "ZM0404", fmt::format("there is no file {}", quoted(path)));
  if (real == nullptr) return posix_error(errno, "looking at", path);
  return std::string(real.get());
}

Status check_exchangeable(const std::string& path, bool break_hardlinks) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return posix_error(errno, "looking at", path);
  if (!S_ISREG(facts.st_mode)) return make_error(Errc::conflict, "ZM0440", "it is not a regular file", {}, path);
  if (facts.st_nlink > 1 && !break_hardlinks) {
    return make_error(Errc::conflict, "ZM0440",
                      fmt::format("the file has {}: exchanging it would leave the others behind",
                                  counted(facts.st_nlink, "name", "names (hard links)")),
                      "make a copy of it under this one name, or set `files.break_hardlinks = true`", path);
  }
  if (::access(path.c_str(), W_OK) != 0)
    return make_error(Errc::denied, "ZM0406", "the file is read-only", "chmod u+w, or ask its owner", path);
  const std::string folder = folder_and_name(path).folder;
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return ok();
  return make_error(Errc::denied, "ZM0406", fmt::format("the folder {} cannot be written to", quoted(folder)),
                    "the new version of the workbook is made there first", path);
}

Result<std::optional<Descriptor>> try_lock(const std::string& path) {
  for (;;) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.is_open()) return posix_error(errno, "locking", path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::optional<Descriptor>();
      return posix_error(errno, "locking", path);
    }
    struct stat mine {
    }, there{};
    if (::fstat(file.get(), &mine) != 0 || ::stat(path.c_str(), &there) != 0)
      return posix_error(errno, "locking", path);
    if (mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) return std::optional<Descriptor>(std::move(file));
    // Exchanged meanwhile: the one that stands there now counts.
  }
}

Result<std::optional<Descriptor>> try_lock_again(const std::string& path, Descriptor held) {
  struct stat mine {
  }, there{};
  if (::fstat(held.get(), &mine) != 0 || ::stat(path.c_str(), &there) != 0) return posix_error(errno, "locking", path);
  if (mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) return std::optional<Descriptor>(std::move(held));
  return try_lock(path);
}

Result<Descriptor> create_staged(const std::string& path) {
  const std::string name = staged_name(path);
  const Descriptor old(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat facts {};
  if (!old.is_open() || ::fstat(old.get(), &facts) != 0) return posix_error(errno, "reading", path);
  Descriptor made(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!made.is_open()) {
    Error error = posix_error(errno, "writing", name);
    if (error.zm.empty() && error.code == Errc::denied) error.zm = "ZM0406";
    return error;
  }
  if (::flock(made.get(), LOCK_EX | LOCK_NB) != 0) return posix_error(errno, "locking", name);
  copy_attributes(old.get(), made.get());
  // Another owner can be given only by those who may; the mode is theirs in any case.
  const bool same_owner = facts.st_uid == ::geteuid() || ::fchown(made.get(), facts.st_uid, facts.st_gid) == 0;
  if (same_owner && facts.st_gid != ::getegid())
    static_cast<void>(::fchown(made.get(), facts.st_uid, facts.st_gid) != 0);
  if (::fchmod(made.get(), facts.st_mode & 07777) != 0) return posix_error(errno, "writing", name);
  return made;
}

std::string set_aside_name(const std::string& path) {
  for (int number = 1;; ++number) {
    std::string name = beside(path, "", fmt::format(".kept-{}", number));
    if (!is_there(name)) return name;
  }
}

Result<bool> waits_for_choice(const std::string& path) {
  ZMIG_TRY(const std::optional<Journal> journal, read_journal(journal_name(path)));
  if (!journal) return false;
  ZMIG_TRY(const auto live, print_of(path));
  ZMIG_TRY(const auto other, print_of(staged_name(path)));
  if (!live || !other) return false;
  const auto is_ours = [&](const FilePrint& one) {
    return one.sha256 == journal->before || one.sha256 == journal->after;
  };
  return !is_ours(*live) && !is_ours(*other);
}

Status recover(const std::string& path, const std::string& keep) {
  ZMIG_TRY(const std::optional<Journal> journal, read_journal(journal_name(path)));
  const std::string staged = staged_name(path);
  if (!journal) return is_there(staged) ? remove_file(staged) : ok();  // nobody has seen it
  ZMIG_TRY(const auto live, print_of(path));
  ZMIG_TRY(const auto other, print_of(staged));
  if (!live || !other || live->sha256 == journal->before) return clean(path);
  const bool live_is_new = live->sha256 == journal->after;
  const bool other_is_old = other->sha256 == journal->before, other_is_new = other->sha256 == journal->after;
  // Saved by a person, before or after: that version stays, ours is out of the way or was replaced.
  if (other_is_old || (other_is_new && !live_is_new)) return clean(path);
  if (live_is_new) {
    Status given = give_back(path, *journal);
    return given || given.error().zm != "ZM0303" ? std::move(given) : ok();
  }
  if (!keep.empty()) return keep_one(path, keep);
  return make_error(Errc::conflict, "ZM0469",
                    fmt::format("an interrupted exchange waits, and somebody edited both versions: the other one is {}",
                                quoted(staged)),
                    how_to_keep(path), path);
}

Status exchange(const std::string& path, const std::string& before, const std::string& after) {
  const Journal journal{before, after};
  ZMIG_FAILPOINT_STATUS("xlsx.before_journal");
  ZMIG_CHECK_OK(durable_replace(journal_name(path), fmt::format("zmig xlsx 1\n{}\n{}\n", before, after)));
  const auto carry = [&]() -> Status {
    ZMIG_FAILPOINT_STATUS("xlsx.before_exchange");
    ZMIG_CHECK_OK(durable_rename(staged_name(path), path, RenameMode::exchange));
    ZMIG_FAILPOINT_STATUS("xlsx.after_exchange");
    ZMIG_TRY(const auto displaced, print_of(staged_name(path)));
    if (displaced && displaced->sha256 == before) return clean(path);
    return give_back(path, journal);
  };
  Status done = carry();
  if (done || done.error().zm == "ZM0303") return done;
  // What stands at the name says how far it came.
  const auto live = print_of(path);
  if (live && *live && (*live)->sha256 == before && done.error().zm != "ZM0469") {
    const Status cleaned = clean(path);
    done.error().effect = cleaned ? Effect::none : Effect::unknown;
    return done;
  }
  done.error().effect = Effect::unknown;
  return done;
}

}  // namespace zmig::xlsx
