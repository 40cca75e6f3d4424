#pragma once
// The way back from a backup, as a run (reliability.md 3.1, 9). Private to engine/run/.

#include <functional>

#include <zmig/backups.h>

#include "run/backup.h"
#include "run/executor.h"

namespace zmig::run {

Result<RestoreReport> restore_backup(Context& context, const RestoreOptions& how,
                                     const std::function<bool(const RestorePreview&)>& confirm);
/// From `confirmed` to `applied`: read back and compared with the backup again. Used after the commit and by recovery.
Result<Finished> finish_restore(Context& context, Run& run);
/// The `up` runs of a target say what the stamp says after a restore: applied when it lists them, undone else.
Status settle_runs(Context& context, const StampEntry& stamp);

Backup backup_of(const BackupRow& row, Context& context);
Result<Backup> find_backup(Context& context, std::uint64_t id, bool of_any_target);
/// Verified whole before `sink` sees a row. ZM0503, ZM0713.
Result<SnapshotContents> open_backup(const Backup& backup, const SnapshotSink& sink);

}  // namespace zmig::run
