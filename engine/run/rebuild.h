#pragma once
// What a new ledger can learn of the past apart from the stamp: the verified backups in their folder, and the
// ledger of the host that made the runs. Private to
// engine/run/.

#include "run/context.h"

namespace zmig::run {

struct ImportedBackups {
  std::size_t taken = 0;
  std::vector<std::string> damaged;  ///< names of files that are no whole backup
};
/// Rows for every backup of this target in the backup folder that parses to its end. A folder that is not there holds
/// none.
Result<ImportedBackups> import_backups(Context& context, const std::string& target_id);

/// Captures, down and source texts of runs that another host made, for the runs that this ledger only knows from the
/// stamp. Returns how many runs gained something.
Result<std::size_t> import_runs(Context& context, Ledger& other, const std::string& target_id);

}  // namespace zmig::run
