#include "run/unrecorded.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/failpoint.h"
#include "run/backup.h"
#include "run/executor.h"
#include "run/run_json.h"
#include "run/snapshot_codec.h"

namespace zmig::run {
namespace {

constexpr std::string_view kExtension = ".zbk";

/// Its head, when it is a backup of ours.
Result<SnapshotHead> head_of(const std::string& path) {
  ZMIG_TRY(const auto reader, SnapshotReader::open(path));
  ZMIG_TRY(const SnapshotRecord record, reader->next());
  SnapshotHead head;
  if (record.tag != 'H') return make_error(Errc::corrupt, "ZM0503", "the backup does not begin with its head");
  ZMIG_CHECK_OK(head_from_json(record.payload, head));
  return head;
}

Result<BackupRow> row_of(Context& context, const UnrecordedBackup& left, const std::string& target_id) {
  ZMIG_TRY(const SnapshotContents contents, read_snapshot(left.path, {}));
  BackupRow row;
  row.target_id = target_id;
  row.title = left.title;
  row.location = left.path;
  row.mode = "cells";
  row.sha256 = contents.sha256;
  row.sheets_json = sheets_json(described(contents.head.schema, contents.sheets));
  row.bytes = left.bytes;
  row.position = contents.head.position;
  row.created = contents.head.created;
  row.verified = context.now();
  row.expires = window_end(context, row.created, std::nullopt);
  return row;
}

}  // namespace

Result<std::vector<UnrecordedBackup>> unrecorded_backups(Context& context, const std::string& target_id,
                                                         std::vector<std::string>* unreadable) {
  std::vector<UnrecordedBackup> found;
  const std::string& folder = context.options.backup_folder;
  if (target_id.empty() || !context.ports.files.exists(folder)) return found;
  auto listed = context.ports.files.list(folder);
  // A file stands there: it holds no backups, and the backup that is to be made says what is wrong with the place.
  if (!listed && listed.error().code == Errc::invalid_input) return found;
  ZMIG_TRY(const auto entries, std::move(listed));
  // Of all targets: the folder may be shared, and a file that was renamed keeps its row's title.
  ZMIG_TRY(const auto rows, context.ledger.backups({}));
  std::set<std::string, std::less<>> known;
  for (const BackupRow& row : rows) known.insert(row.title);
  for (const DirEntry& entry : entries) {
    const bool ours = entry.kind == FileKind::regular && entry.name.ends_with(kExtension) && entry.name.front() != '.';
    if (!ours) continue;
    const std::string title = entry.name.substr(0, entry.name.size() - kExtension.size());
    if (known.contains(title)) continue;
    const std::string path = folder + "/" + entry.name;
    const auto head = head_of(path);
    if (!head.has_value() && unreadable != nullptr) unreadable->push_back(entry.name);
    if (!head.has_value() || head.value().target_id != target_id) continue;
    std::error_code failure;
    const auto bytes = std::filesystem::file_size(path, failure);
    found.push_back({title, path, head.value().position, head.value().created, failure ? 0 : bytes});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.created != b.created ? a.created < b.created : a.title < b.title;
  });
  return found;
}

Result<RecordedBackups> record_left_backups(Context& context, const std::string& target_id) {
  RecordedBackups recorded;
  ZMIG_TRY(const auto left, unrecorded_backups(context, target_id, &recorded.damaged));
  for (const UnrecordedBackup& one : left) {
    auto row = row_of(context, one, target_id);
    if (!row.has_value()) {
      recorded.damaged.push_back(one.title + std::string(kExtension));
      continue;
    }
    ZMIG_FAILPOINT_STATUS("run.before_left_backup");
    ZMIG_TRY(row.value().id, context.ledger.add_backup(row.value()));
    recorded.rows.push_back(std::move(row).value());
  }
  return recorded;
}

}  // namespace zmig::run
