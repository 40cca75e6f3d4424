#pragma once
// How far to go: --to, --count, --all, --run. The same words for plan, up and down.

#include <optional>
#include <string>
#include <vector>

#include <zmig/history.h>
#include <zmig/migrator.h>

#include "command.h"

namespace zmig::cli {

Result<Goal> read_goal(const Arguments& arguments, Direction direction);
Status check_goal(const Goal& goal, const History& history);
Result<std::optional<bool>> read_out_of_order(const Arguments& arguments);

}  // namespace zmig::cli
