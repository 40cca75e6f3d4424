#pragma once
// The stored plan of one run: what all members of a commit share, and its own migration; and what plans, stamp entries
// and runs write alike. Private to engine/.

#include <span>
#include <string>
#include <vector>

#include <zmig/json_text.h>
#include <zmig/plan.h>

namespace zmig {

/// plan_to_json() with `migrations` and `cost` in the place of those of the plan.
std::string plan_to_json(const Plan& plan, std::span<const PlannedMigration> migrations, const Cost& cost);

/// The list of what was taken over, as a value.
void add_adopted(const std::vector<Adopted>& adopted, JsonText& out);

}  // namespace zmig
