#pragma once
// Where workbooks stand, asked by more than one command.

#include <string>
#include <vector>

#include "reports.h"

namespace zmig::cli {

class Session;

/// Every environment of the configuration.
std::vector<std::string> environment_names(const Session& session);
/// The status of each named environment (none named: of the chosen one). A workbook that cannot be read is a row
/// "unreachable". `exit` gets the strongest plain exit code, `checked` (may be null) that of --check. Findings of the
/// files go to the session.
/// `inspect` false: stamp and ledger alone (StatusOptions); files are listed, not read.
Result<std::vector<TargetStatus>> collect_statuses(Session& session, const std::vector<std::string>& names, int& exit,
                                                   int* checked = nullptr, bool inspect = true);
/// What `up` would do, without a word.
Result<Plan> plan_quietly(Session& session);
/// Opens files, target and ledger for reading. Findings of the files stop before the target.
/// `record`: the ledger for writing, so that what a killed program left in it is rolled back first.
Status open_for_reading(Session& session, bool record = false);

}  // namespace zmig::cli
