#pragma once
// What a person permitted on the command line: flags that a target has to know, and all of them for the record.

#include <string>
#include <vector>

#include "command.h"

namespace zmig::cli {

/// Tells the target that is opened afterwards, and notes every consent for the report of the run. Before
/// Session::target().
void take_permissions(Session& session, const Arguments& arguments);
/// `repair --keep FILE=live`, read: file and version. ZM0703.
Result<std::vector<std::pair<std::string, std::string>>> read_keep(const Arguments& arguments);

}  // namespace zmig::cli
