#pragma once
// A workbook that is made aside and then put in its place. Private to engine/targets/.

#include <cstdio>
#include <string>
#include <utility>

namespace zmig {

/// A file that goes away again unless it was put in place, and with it the one that a program keeps beside it.
class StagedFile {
 public:
  /// `beside`: the ending of that other file, "-journal"; empty: there is none.
  explicit StagedFile(std::string path, std::string beside = {}) : path_(std::move(path)), beside_(std::move(beside)) {}
  ~StagedFile() {
    if (path_.empty()) return;
    std::remove(path_.c_str());
    if (!beside_.empty()) std::remove((path_ + beside_).c_str());
  }
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_, beside_;
};

}  // namespace zmig
