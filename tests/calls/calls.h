#pragma once
// Calls of the operating system and of SQLite, one of which fails. The functions are defined again in this program, in
// front of those of the libraries, so that whatever opens, reads, writes, syncs, renames or locks goes through here:
// zmig itself, and SQLite below it. While nothing is armed they pass everything on.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace zmig::test {

/// One call in a recorded run: its number from 1, its name, and where in this program it came from.
struct SeenCall {
  std::size_t number = 0;
  std::string name;
  std::vector<const void*> from;  ///< return addresses in this program, innermost first
};

/// Counts and records until it goes.
class Recording {
 public:
  Recording();
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  [[nodiscard]] std::vector<SeenCall> calls() const;
};

/// Call number `at` fails with this errno (SQLite's own functions: with the code for it, or with code -number) as long
/// as this lives.
class OneFails {
 public:
  OneFails(std::size_t at, int number);
  ~OneFails();
  OneFails(const OneFails&) = delete;
  OneFails& operator=(const OneFails&) = delete;
  [[nodiscard]] bool happened() const;
};

/// Calls of one name, in the order in which they come: `count` of them from number `first` on (from 1).
struct NamedCalls {
  std::string name;
  int number = 0;
  std::size_t first = 1, count = 1;
  std::function<void()> action;
  std::size_t seen = 0;
  bool happened = false;
};

/// They fail with this errno, or as above. "sqlite3_exec after": it does what it is asked to, then says that it failed.
/// Several may be armed at a time; nothing else is counted then.
class NamedFails {
 public:
  NamedFails(std::string name, int number, std::size_t first = 1, std::size_t count = 1);
  ~NamedFails();
  NamedFails(const NamedFails&) = delete;
  NamedFails& operator=(const NamedFails&) = delete;
  [[nodiscard]] bool happened() const { return rule_.happened; }

 private:
  NamedCalls rule_;
};

/// Something happens in front of call number `at` of that name: another program gets its turn there.
class Before {
 public:
  Before(std::string name, std::size_t at, std::function<void()> action);
  ~Before();
  Before(const Before&) = delete;
  Before& operator=(const Before&) = delete;
  [[nodiscard]] bool happened() const { return rule_.happened; }

 private:
  NamedCalls rule_;
};

/// fstat() tells of something else than what is there.
class StatShows {
 public:
  explicit StatShows(std::function<void(struct stat&)> change);
  ~StatShows();
  StatShows(const StatShows&) = delete;
  StatShows& operator=(const StatShows&) = delete;
};

/// Files have these extended attributes, as flistxattr() and fgetxattr() tell; what fsetxattr() sets is kept apart. An
/// attribute without a value is there and cannot be read.
class Attributes {
 public:
  explicit Attributes(std::map<std::string, std::optional<std::string>> all);
  ~Attributes();
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const std::map<std::string, std::string>& set() const { return set_; }

  std::map<std::string, std::optional<std::string>> there;
  bool change_between = false;  ///< their values are longer when they are asked for the second time

 private:
  friend struct AttributeCalls;
  std::map<std::string, std::string> set_;
};

/// Of a recorded run the calls that show a place in this program fail which none of those before did: each call site
/// on the way, up to the test, sees an error come back at least once. `shown` goes on from one run to the next.
std::vector<SeenCall> new_places(const std::vector<SeenCall>& calls, std::set<const void*>& shown);

}  // namespace zmig::test
