#pragma once
// What the harnesses share. A harness is one file with the entry of libFuzzer; the same file is linked, under another
// name, into the program that replays the corpora with any compiler (replay_test.cc).
//
// How to add one: a file NAME_fuzz.cc here, NAME in the list of tests/CMakeLists.txt and of replay_test.cc, and a few
// small files in corpus/NAME/.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace zmig::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A finding: says what, and aborts, so that libFuzzer keeps the input.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// A folder of this process, in memory where the machine has such a place; made once, removed at exit.
class Folder {
 public:
  static const std::string& path() {
    static const Folder folder;
    return folder.path_;
  }
  /// Writes the bytes there, anew, and returns the path.
  static std::string file(const std::string& name, std::string_view bytes) {
    std::string at = path() + "/" + name;
    ::unlink(at.c_str());
    const int descriptor = ::open(at.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    require(descriptor >= 0, "no file could be made");
    for (std::size_t done = 0; done < bytes.size();) {
      const ::ssize_t wrote = ::write(descriptor, bytes.data() + done, bytes.size() - done);
      require(wrote > 0, "no file could be written");
      done += static_cast<std::size_t>(wrote);
    }
    ::close(descriptor);
    return at;
  }

 private:
  Folder() : path_(::access("/dev/shm", W_OK) == 0 ? "/dev/shm/zmig-fuzz-XXXXXX" : "/tmp/zmig-fuzz-XXXXXX") {
    require(::mkdtemp(path_.data()) != nullptr, "no folder could be made");
  }
  ~Folder() {
    for (const char* name : {"ledger.db", "ledger.db-journal", "a.csv", "zmig.toml", "zmig.user.toml", "a.zbk", "a.zip", "b.zip"})
      ::unlink((path_ + "/" + name).c_str());
    ::rmdir(path_.c_str());
  }
  std::string path_;
};

}  // namespace zmig::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
