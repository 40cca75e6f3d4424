#pragma once
// zmig.lock with the place of each line, and the names of migrations. Not installed.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/history.h>

namespace zmig {

struct LockProblem {
  std::string message;
  std::size_t begin = 0, end = 0;  ///< byte offsets of the line at fault
};
struct LockText {
  std::vector<LockLine> lines;
  std::vector<std::pair<std::size_t, std::size_t>> spans;  ///< of each line
  std::optional<LockProblem> problem;                      ///< reading stopped there
};
LockText read_lock(std::string_view text);

/// Four to nine digits, not zero.
std::optional<std::uint32_t> migration_number(std::string_view digits);
/// [a-z0-9_]+, at most 60 characters.
bool is_slug(std::string_view text);
/// "0001_v3_occupation_columns"
std::string migration_name(std::uint32_t number, std::string_view slug);

}  // namespace zmig
