#include "goal.h"

#include <algorithm>

#include <fmt/format.h>

#include <zmig/text.h>

#include "numbers.h"

namespace zmig::cli {

Result<Goal> read_goal(const Arguments& arguments, Direction direction) {
  Goal goal;
  goal.direction = direction;
  int ways = 0;
  if (const auto to = arguments.one("--to")) {
    ZMIG_TRY(goal.to, migration_number(*to));
    ++ways;
  }
  if (const auto count = arguments.one("--count")) {
    ZMIG_TRY(goal.count, small_number(*count, "--count"));
    if (*goal.count == 0)
      return make_error(Errc::invalid_input, "ZM0703", "--count 0 leaves nothing to do", "write 1 or more");
    ++ways;
  }
  if (arguments.has("--all")) {
    goal.to = 0;
    ++ways;
  }
  if (const auto run = arguments.one("--run")) {
    ZMIG_TRY(goal.run, run_number(*run));
    ++ways;
    if (direction == Direction::up)
      return make_error(Errc::invalid_input, "ZM0703", "--run says what to take back", "add --down");
  }
  if (ways > 1)
    return make_error(Errc::invalid_input, "ZM0703", "only one of --to, --count, --all, --run can be given",
                      "each says by itself where to stop");
  return goal;
}

/// `up --to N` means a migration that has a file.
Status check_goal(const Goal& goal, const History& history) {
  if (goal.direction == Direction::down || !goal.to || *goal.to == 0) return ok();
  if (std::ranges::find(history.files, *goal.to, &MigrationFile::number) != history.files.end()) return ok();
  std::vector<std::string> known;
  for (const auto& file : history.files) known.push_back(fmt::format("{:04}", file.number));
  return make_error(Errc::not_found, "ZM0713", fmt::format("there is no migration {:04}", *goal.to),
                    known.empty() ? "the folder is empty; `zmig new SLUG` makes one" : "known: " + join(known, ", "));
}

/// --out-of-order: none when it was not given.
Result<std::optional<bool>> read_out_of_order(const Arguments& arguments) {
  const auto word = arguments.one("--out-of-order");
  if (!word) return std::optional<bool>();
  if (*word == "allow" || *word == "refuse") return std::optional<bool>(*word == "allow");
  return make_error(Errc::invalid_input, "ZM0703",
                    fmt::format("{} is not a value for --out-of-order", zmig::quoted(*word)), "one of: refuse, allow");
}

}  // namespace zmig::cli
