#pragma once
// Parts of positions that plans share. Not installed.

#include <optional>
#include <vector>

#include <zmig/plan.h>

namespace zmig {

/// The replay of number `number`, or null.
const Replayed* replayed_at(const std::vector<Replayed>& replayed, std::uint32_t number);

/// States between the applied migrations, in order of application: states[0] is the baseline. An error when they do not
/// replay in this order.
Result<std::vector<Schema>> states_of(const PlanInput& input, const CowList<AppliedMigration>& applied);

/// Where the stamp alone says that the workbook is, compared with the names and checksums of the files as far as they
/// are known; nothing of the live schema or of a replay.
Result<Position> stamped_position(const PlanInput& input, Diagnostics& out);

/// How a live workbook without ids differs from the baseline, by titles and headers. Empty: it is that workbook.
std::vector<std::string> baseline_differences(const Schema& baseline, const Schema& live);
/// What taking a workbook over means: the claims of everything that the baseline manages.
std::vector<Change> baseline_changes(const Schema& baseline);
/// No sheet has a header.
bool is_empty_workbook(const Schema& live);
/// Any sheet or column is managed.
bool has_ids(const Schema& live);

/// ZM0301 for the breaking items of a drift.
void add_drift(const Drift& drift, bool allowed, Diagnostics& out);

}  // namespace zmig
