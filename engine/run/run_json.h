#pragma once
// JSON that a run stores: events of the ledger, the proof, the parts of a snapshot. Private to engine/run/.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/backups.h>

#include "run/backup.h"
#include "run/proof.h"

namespace zmig::run {

std::string head_json(const SnapshotHead& head);
std::string stamp_json(const Stamp& stamp);
std::string object_json(const NativeObject& object);
std::string sheet_json(const SnapshotSheet& sheet);
std::string sheets_json(const std::vector<BackupSheet>& sheets);
/// Empty when it cannot be read: it is for people only.
std::vector<BackupSheet> backup_sheets_from_json(std::string_view text);
std::string restore_json(const RestoreOptions& how);
Result<RestoreOptions> restore_from_json(std::string_view text);
Status head_from_json(std::string_view text, SnapshotHead& head);
Result<Stamp> stamp_of_json(std::string_view text);
Result<NativeObject> object_of_json(std::string_view text);
Result<SnapshotSheet> snapshot_sheet_from_json(std::string_view text);

std::string adopted_json(const std::vector<Adopted>& adopted);
Result<std::vector<Adopted>> adopted_from_json(std::string_view text);
std::string checks_json(const std::vector<CheckResult>& checks);
Result<std::vector<CheckResult>> checks_from_json(std::string_view text);
/// `with_states`: the workbook before and after it as well, for checks that need them; always for the last of a commit.
std::string proof_json(const Proof& proof, bool with_states);
Result<Proof> proof_from_json(std::string_view text);

/// {"a":"b"} of texts, for small events.
std::string event_json(const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace zmig::run
