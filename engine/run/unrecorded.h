#pragma once
// Backups that no row of the ledger knows: a process died, or the ledger failed, between the rename that put the whole
// file in place and its row. They are found by looking into the folder, and recorded by the next command that makes or
// prunes backups. Private to engine/run/.

#include <string>
#include <vector>

#include <zmig/backups.h>

#include "run/context.h"

namespace zmig::run {

/// Reads the folder, and of files that no row knows the first bytes: those that belong to `target_id`, oldest first. A
/// target that is not known yet has none. `unreadable`: names of files that do not even begin like a backup.
Result<std::vector<UnrecordedBackup>> unrecorded_backups(Context& context, const std::string& target_id,
                                                         std::vector<std::string>* unreadable = nullptr);

struct RecordedBackups {
  std::vector<BackupRow> rows;       ///< the new ones
  std::vector<std::string> damaged;  ///< names of files that got none, and stay where they are
};
/// Reads each of them back, and gives it a row.
Result<RecordedBackups> record_left_backups(Context& context, const std::string& target_id);

}  // namespace zmig::run
