// Open-file-description locks: they belong to the descriptor, so another open() in this process does not lose them, and
// the kernel gives them back when the process is gone, however it went.

#include <zmig/lock.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/posix.h"
#include "base/text.h"

namespace zmig {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirstLine = "zmig lock 1\n";
constexpr std::size_t kLargest = 4096;

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string boot_id() {
  const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t got = file.is_open() ? ::read(file.get(), text.data(), text.size()) : 0;
  std::string id(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

/// One line a fact. A line feed in a fact would begin another one.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text.substr(0, 500);
}

std::string text_of(const LockHolder& holder) {
  return fmt::format("{}id {}\nholder {}\nhost {}\npid {}\nboot {}\nsince {}\ncommand {}\n", kFirstLine,
                     one_line(holder.id), one_line(holder.holder), one_line(holder.host), holder.pid,
                     one_line(holder.boot), format_utc(holder.since), one_line(holder.command));
}

/// Whatever can be made out; the file may have been written by anybody.
std::optional<LockHolder> holder_of(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return std::nullopt;
  LockHolder holder;
  std::size_t at = kFirstLine.size();
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view key = line.substr(0, blank);
    const std::string value(line.substr(std::min(blank + 1, line.size())));
    if (key == "id") holder.id = value;
    if (key == "holder") holder.holder = value;
    if (key == "host") holder.host = value;
    if (key == "boot") holder.boot = value;
    if (key == "command") holder.command = value;
    if (key == "pid") std::from_chars(value.data(), value.data() + value.size(), holder.pid);
    if (key != "since") continue;
    if (const auto since = parse_utc(value)) holder.since = *since;
  }
  return holder;
}

Result<std::string> read_text(int descriptor, const std::string& path) {
  std::string text(kLargest, '\0');
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  if (got < 0) return posix_error(errno, "reading the lock", path);
  text.resize(static_cast<std::size_t>(got));
  return text;
}

Result<Descriptor> open_lock(const std::string& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file.is_open()) {
    Error error = posix_error(errno, "opening the lock", path);
    if (error.code == Errc::denied && error.zm.empty()) {
      error.zm = "ZM0406";
      error.help = "a lock beside the workbook keeps others out while it is written: allow writing in its folder";
    }
    return error;
  }
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return posix_error(errno, "looking at the lock", path);
  if (!S_ISREG(facts.st_mode)) {
    return make_error(Errc::denied, "ZM0406", fmt::format("the lock {} is not a regular file", zmig::quoted(path)),
                      "move it away: zmig makes a new one");
  }
  return file;
}

/// False: somebody has it.
Result<bool> lock_now(int descriptor, const std::string& path) {
  struct flock lock = whole_file(F_WRLCK);
  while (::fcntl(descriptor, F_OFD_SETLK, &lock) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) return false;
    return posix_error(errno, "locking", path);
  }
  return true;
}

}  // namespace

std::string in_words(const LockHolder& holder) {
  return fmt::format("{}@{} (pid {}, `zmig {}`, since {})", holder.holder.empty() ? "somebody" : holder.holder,
                     holder.host, holder.pid, holder.command, format_utc(holder.since));
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  // Only a process that died leaves its name. That this fails changes nothing: the lock goes with the descriptor.
  static_cast<void>(!::ftruncate(descriptor_, 0));
  ::close(descriptor_);
}
FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path, LockHolder mine) {
  ZMIG_TRY(Descriptor file, open_lock(path, O_RDWR | O_CREAT));
  ZMIG_TRY(const bool taken, lock_now(file.get(), path));
  if (!taken) return std::optional<FileLock>();
  mine.pid = static_cast<std::uint64_t>(::getpid());
  mine.boot = boot_id();
  const std::string text = text_of(mine);
  // The text is for people; a full disk does not take the lock away.
  if (::ftruncate(file.get(), 0) == 0) static_cast<void>(!::pwrite(file.get(), text.data(), text.size(), 0));
  const int number = ::fcntl(file.get(), F_DUPFD_CLOEXEC, 0);
  if (number < 0) return posix_error(errno, "keeping the lock", path);
  return std::optional<FileLock>(FileLock(number));
}

Result<std::optional<LockHolder>> read_lock(const std::string& path) {
  auto file = open_lock(path, O_RDONLY);
  if (!file) {
    if (file.error().code == Errc::not_found) return std::optional<LockHolder>();
    return std::move(file).error();
  }
  ZMIG_TRY(const std::string text, read_text(file->get(), path));
  std::optional<LockHolder> holder = holder_of(text);
  struct flock lock = whole_file(F_WRLCK);
  const bool held = ::fcntl(file->get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  if (!holder && held) holder = LockHolder{};
  if (holder) holder->held = held;
  return holder;
}

Status clear_lock(const std::string& path, const std::string& id) {
  ZMIG_TRY(const Descriptor file, open_lock(path, O_RDWR));
  ZMIG_TRY(const bool taken, lock_now(file.get(), path));
  ZMIG_TRY(const std::string text, read_text(file.get(), path));
  const std::optional<LockHolder> holder = holder_of(text);
  if (!taken) {
    return make_error(Errc::busy, "ZM0401",
                      "the lock is held by " + (holder ? in_words(*holder) : std::string("somebody")),
                      "it ends with that process; nobody can take it away from a living one");
  }
  if (!holder || holder->id != id) {
    return make_error(Errc::not_found, "ZM0713", fmt::format("nobody left a lock {} here", zmig::quoted(id)),
                      "`zmig unlock` shows what is there");
  }
  ZMIG_FAILPOINT_STATUS("lock.before_clear");
  if (::ftruncate(file.get(), 0) != 0) return posix_error(errno, "emptying the lock", path);
  ZMIG_FAILPOINT_STATUS("lock.after_clear");
  return ok();
}

std::string lock_path_beside(const std::string& file) {
  std::error_code failure;
  fs::path resolved = fs::weakly_canonical(file, failure);
  if (failure) resolved = fs::absolute(file, failure);
  return (resolved.parent_path() / ("." + resolved.filename().string() + ".zmig-lock")).string();
}

}  // namespace zmig
