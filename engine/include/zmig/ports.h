#pragma once
/// Ports: everything the engine may know of the outside world besides targets and the ledger. Handed in, never global,
/// so that no test sleeps and none depends on today's date. The real ones are made by make_system_ports().

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig {

/// Milliseconds since 1970-01-01T00:00:00Z.
using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-01-26T18:15:00Z" (milliseconds only when not zero: "...:00.104Z"); parse_utc accepts both.
std::string format_utc(UtcTime time);
Result<UtcTime> parse_utc(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UtcTime now() = 0;
  /// For durations only; unrelated to now().
  virtual std::chrono::milliseconds monotonic() = 0;
  /// Waits that long, or until a signal was handled. A clock of a test goes on at once.
  virtual void sleep(std::chrono::milliseconds time);
};

class Random {
 public:
  virtual ~Random() = default;
  /// `bytes` random bytes as lower-case hexadecimal (so twice as many characters).
  virtual std::string hex(std::size_t bytes) = 0;
};

enum class FileKind { regular, directory, other };

struct DirEntry {
  std::string name;  ///< without folder
  FileKind kind = FileKind::other;
  bool operator==(const DirEntry&) const = default;
};

/// The narrowest file system that the engine needs outside its targets: project files, reports, backups.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// The whole file. Errc::not_found when it is not there; Errc::invalid_input with ZM0020 when it is larger than
  /// `limit` bytes (nothing beyond the limit is read); Errc::denied, Errc::io otherwise.
  virtual Result<std::string> read(const std::string& path, std::uint64_t limit) = 0;
  /// Puts `bytes` in place durably: written aside, synced, renamed, folder synced. Never half a file, never in place.
  virtual Status replace(const std::string& path, std::string_view bytes) = 0;
  /// The entries of a folder, sorted by name in byte order. Symbolic links are `other` (never followed).
  virtual Result<std::vector<DirEntry>> list(const std::string& folder) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) = 0;
  /// Makes the folder and its parents; `private_mode`: 0700 for what it creates. Existing: nothing happens.
  virtual Status make_folder(const std::string& path, bool private_mode) = 0;
  /// Removes one file that the caller created. Missing is success.
  virtual Status remove(const std::string& path) = 0;
};

/// What the engine is given. The references outlive it.
struct Ports {
  Clock& clock;
  Random& random;
  FileSystem& files;
};

std::unique_ptr<Clock> make_system_clock();
std::unique_ptr<Random> make_system_random();
std::unique_ptr<FileSystem> make_system_files();

}  // namespace zmig
