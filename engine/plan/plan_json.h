#pragma once
// The stored plan of one run: what all members of a commit share, and its own migration. Private to engine/.

#include <span>
#include <string>

#include <zmig/plan.h>

namespace zmig {

/// plan_to_json() with `migrations` and `cost` in the place of those of the plan.
std::string plan_to_json(const Plan& plan, std::span<const PlannedMigration> migrations, const Cost& cost);

}  // namespace zmig
