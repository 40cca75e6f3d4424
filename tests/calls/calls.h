#pragma once
// Calls of the operating system and of SQLite, one of which fails. The functions are defined again in this program, in
// front of those of the libraries, so that whatever opens, reads, writes, syncs, renames or locks goes through here:
// zmig itself, and SQLite below it. While nothing is armed they pass everything on.

#include <cstddef>
#include <set>
#include <string>
#include <vector>

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

/// Of a recorded run the calls that show a place in this program fail which none of those before did: each call site
/// on the way, up to the test, sees an error come back at least once. `shown` goes on from one run to the next.
std::vector<SeenCall> new_places(const std::vector<SeenCall>& calls, std::set<const void*>& shown);

}  // namespace zmig::test
