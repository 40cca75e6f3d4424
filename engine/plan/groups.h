#pragma once
// Which migrations of a plan share a commit (reliability.md 3.3). Pure: a rerun cuts the same. Not installed.

#include <cstddef>
#include <span>
#include <vector>

#include <zmig/plan.h>

namespace zmig {

/// Exclusive ends of the groups, in order. One migration joins those before it unless
/// - the target does not group, or `one_by_one`;
/// - it, or a member, takes more than one batch;
/// - it needs cells that a member writes, tells data rows from blank ones where a member may have changed which is
///   which, or rewrites cells that a member's read-back or `ensure` names;
/// - it gives or takes ids while a member has `ensure` lines, which go by them;
/// - the commit as a whole would end in the schema in which it began;
/// - the commit would pass the target's limit of changes, or about its limit of bytes.
std::vector<std::size_t> cut_groups(std::span<const PlannedMigration> migrations, const Capabilities& caps,
                                    bool one_by_one);

}  // namespace zmig
