// The real ports: system clock, getrandom, and the file system by descriptors (regular files only, last part of a path
// never through a link).
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmig/ports.h>

#include "base/digest.h"
#include "base/durable.h"
#include "base/posix.h"
#include "base/text.h"

namespace zmig {
namespace {

class SystemClock final : public Clock {
 public:
  UtcTime now() override { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }
  std::chrono::milliseconds monotonic() override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()) +
           skipped_;
  }
#ifdef ZMIG_FAILPOINTS
  // With ZMIG_FAILPOINT_WAITS=skip nobody waits: what would have gone by is gone by.
  void sleep(std::chrono::milliseconds time) override {
    const char* const waits = std::getenv("ZMIG_FAILPOINT_WAITS");
    if (waits == nullptr || std::string_view(waits) != "skip") return Clock::sleep(time);
    skipped_ += std::max(time, std::chrono::milliseconds(0));
  }
#endif

 private:
  std::chrono::milliseconds skipped_{0};
};

class SystemRandom final : public Random {
 public:
  std::string hex(std::size_t bytes) override {
    std::string buffer(bytes, '\0');
    std::size_t filled = 0;
    while (filled < bytes) {
      const ssize_t got = ::getrandom(buffer.data() + filled, bytes - filled, 0);
      if (got < 0 && errno == EINTR) continue;
      ZMIG_ASSERT(got > 0, "the kernel gives random bytes, or nothing here is safe");
      filled += static_cast<std::size_t>(got);
    }
    return to_hex(buffer);
  }
};

Error too_large(const std::string& path, std::uint64_t limit) {
  return make_error(Errc::invalid_input, "ZM0020",
                    fmt::format("reading {}: larger than {} bytes", quoted(path), grouped(limit)));
}

/// To the end, but not beyond limit + 1 bytes: the file may grow while it is read.
Result<std::string> read_to_end(int file, std::uint64_t expected, std::uint64_t limit, const std::string& path) {
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(expected) + 1);
  for (;;) {
    const std::size_t before = bytes.size();
    const std::uint64_t room = limit - before + 1;
    // At the expected end one byte tells whether the file grew; a whole chunk would cost a thousand small files a
    // gigabyte.
    const std::uint64_t hint = expected >= before ? expected - before + 1 : kChunk;
    const auto want = static_cast<std::size_t>(std::min({room, hint, std::uint64_t{kChunk} * 64}));
    bytes.resize(before + want);
    const ssize_t got = ::read(file, bytes.data() + before, want);
    bytes.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error(errno, "reading", path);
    if (got == 0) return bytes;
    if (bytes.size() > limit) return too_large(path, limit);
  }
}

FileKind kind_of(int folder, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG: return FileKind::regular;
    case DT_DIR: return FileKind::directory;
    case DT_UNKNOWN: break;  // some file systems do not say
    default: return FileKind::other;
  }
  struct stat info = {};
  if (::fstatat(folder, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return FileKind::other;
  if (S_ISREG(info.st_mode)) return FileKind::regular;
  return S_ISDIR(info.st_mode) ? FileKind::directory : FileKind::other;
}

Status check_no_nul(const std::string& path) {
  if (path.find('\0') == std::string::npos && !path.empty()) return ok();
  return make_error(Errc::invalid_input, "", fmt::format("{} is no path", quoted(path)));
}

class SystemFiles final : public FileSystem {
 public:
  Result<std::string> read(const std::string& path, std::uint64_t limit) override {
    ZMIG_CHECK_OK(check_no_nul(path));
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const int number = ::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (number < 0) return posix_error(errno, "reading", path);
    const Descriptor file(number);
    struct stat info = {};
    if (::fstat(file.get(), &info) != 0) return posix_error(errno, "reading", path);
    if (S_ISDIR(info.st_mode)) return posix_error(EISDIR, "reading", path);
    if (!S_ISREG(info.st_mode)) {
      return make_error(Errc::invalid_input, "", fmt::format("reading {}: not a regular file", quoted(path)));
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > limit) return too_large(path, limit);
    return read_to_end(file.get(), size, limit, path);
  }

  Status replace(const std::string& path, std::string_view bytes) override { return durable_replace(path, bytes); }

  Result<std::vector<DirEntry>> list(const std::string& folder) override {
    ZMIG_CHECK_OK(check_no_nul(folder));
    ZMIG_TRY(const Descriptor opened, open_folder(folder));
    // fdopendir takes the descriptor over, so it gets one of its own.
    const int own = ::fcntl(opened.get(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return posix_error(errno, "listing", folder);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), &::closedir);
    if (stream == nullptr) {
      const int number = errno;
      ::close(own);
      return posix_error(number, "listing", folder);
    }
    std::vector<DirEntry> entries;
    for (;;) {
      errno = 0;
      const dirent* const entry = ::readdir(stream.get());
      if (entry == nullptr && errno != 0) return posix_error(errno, "listing", folder);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      entries.push_back(DirEntry{std::string(name), kind_of(opened.get(), *entry)});
    }
    std::sort(entries.begin(), entries.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
    return entries;
  }

  bool exists(const std::string& path) override {
    struct stat info = {};
    return ::fstatat(AT_FDCWD, path.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  }

  Status make_folder(const std::string& path, bool private_mode) override {
    ZMIG_CHECK_OK(check_no_nul(path));
    struct stat info = {};
    if (::stat(path.c_str(), &info) == 0) {
      if (S_ISDIR(info.st_mode)) return ok();
      return make_error(Errc::conflict, "", fmt::format("making the folder {}: a file stands there", quoted(path)));
    }
    if (errno != ENOENT) return posix_error(errno, "making the folder", path);
    std::string trimmed = path;
    while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
    const std::string parent = folder_and_name(trimmed).folder;
    if (parent != trimmed) ZMIG_CHECK_OK(make_folder(parent, private_mode));
    // Somebody else may have made it a moment ago; as good as ours.
    if (::mkdir(trimmed.c_str(), private_mode ? 0700 : 0777) != 0 && errno != EEXIST) {
      return posix_error(errno, "making the folder", path);
    }
    ZMIG_TRY(const Descriptor above, open_folder(parent));
    if (const int number = sync_descriptor(above.get()); number == EIO) {
      return posix_error(number, "syncing the folder", parent);
    }
    return ok();
  }

  Status remove(const std::string& path) override {
    ZMIG_CHECK_OK(check_no_nul(path));
    if (::unlinkat(AT_FDCWD, path.c_str(), 0) == 0 || errno == ENOENT) return ok();
    return posix_error(errno, "removing", path);
  }
};

}  // namespace

void Clock::sleep(std::chrono::milliseconds time) {
  if (time <= std::chrono::milliseconds(0)) return;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec wait{static_cast<time_t>(seconds.count()),
                      static_cast<long>(std::chrono::nanoseconds(time - seconds).count())};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, nullptr);
}

std::unique_ptr<Clock> make_system_clock() { return std::make_unique<SystemClock>(); }
std::unique_ptr<Random> make_system_random() { return std::make_unique<SystemRandom>(); }
std::unique_ptr<FileSystem> make_system_files() { return std::make_unique<SystemFiles>(); }

}  // namespace zmig
