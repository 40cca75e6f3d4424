#pragma once
// What durable.cc, ports_posix.cc and failpoint.cc share about descriptors and errno. Not installed.

#include <string>
#include <string_view>
#include <utility>

#include <zmig/result.h>

namespace zmig {

/// `reading "a/b": no such file` with the Errc that fits the errno.
Error posix_error(int number, std::string_view doing, const std::string& path);

/// "no such file or folder": the errno in words of the house.
std::string words_of_errno(int number);

/// A descriptor that is closed when it goes away.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close_now(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  /// Closes and says whether that went well: some file systems report a failed write only here.
  bool close_now();

 private:
  int number_ = -1;
};

/// "a/b/c" -> {"a/b", "c"}; "c" -> {".", "c"}; "/c" -> {"/", "c"}.
struct FolderAndName {
  std::string folder, name;
  bool operator==(const FolderAndName&) const = default;
};
FolderAndName folder_and_name(const std::string& path);

/// The folder, open, for the *at() calls and for its fsync. Links on the way are followed.
Result<Descriptor> open_folder(const std::string& folder);

/// All of it, over short writes and EINTR. The errno, or 0.
int write_all(int descriptor, std::string_view bytes);
/// fsync over EINTR. The errno, or 0. Never call it twice for the same bytes: after a failure the kernel may have
/// dropped them.
int sync_descriptor(int descriptor);

}  // namespace zmig
