#pragma once
// What a service keeps beside the local snapshot (google-sheets.md A12): extras, never instead of it. Private to
// engine/run/.

#include <string>
#include <vector>

#include <zmig/backups.h>

#include "run/context.h"

namespace zmig::run {

/// A backup that the service keeps: it has no file here, and cannot be put back by zmig.
bool is_kept_copy(const BackupRow& row);

struct CopiesMade {
  std::vector<BackupRow> rows;  ///< in the ledger
  Diagnostics faults;           ///< ZM0509, one for each that could not be made
};
/// One copy for each mode but `cells`, in their order, named as `beside`, which is in the ledger. `sheets`: ids of
/// those that are about to change. A copy that fails is a finding, and nothing else.
CopiesMade make_copies(Context& context, const BackupRow& beside, const std::vector<std::string>& modes,
                       const std::vector<std::string>& sheets);

}  // namespace zmig::run
