#include "run/rebuild.h"

#include <algorithm>

#include "base/digest.h"
#include "run/backup.h"
#include "run/run_json.h"

namespace zmig::run {

Result<ImportedBackups> import_backups(Context& context, const std::string& target_id) {
  ImportedBackups imported;
  const std::string& folder = context.options.backup_folder;
  auto entries = context.ports.files.list(folder);
  if (!entries) {
    if (entries.error().code == Errc::not_found) return imported;
    return std::move(entries).error();
  }
  ZMIG_TRY(const auto known, context.ledger.backups(target_id));
  for (const DirEntry& entry : *entries) {
    constexpr std::string_view kExtension = ".zbk";
    const bool named = entry.name.size() > kExtension.size() && entry.name.ends_with(kExtension);
    if (entry.kind != FileKind::regular || !named) continue;
    const std::string path = folder + "/" + entry.name;
    const auto contents = read_snapshot(path, {});
    if (!contents) {
      imported.damaged.push_back(entry.name);
      continue;
    }
    if (contents->head.target_id != target_id) continue;
    ZMIG_TRY(const std::string bytes, context.ports.files.read(path, std::uint64_t{4} << 30));
    BackupRow row;
    row.sha256 = sha256_hex(bytes);
    const bool there =
        std::any_of(known.begin(), known.end(), [&](const BackupRow& one) { return one.sha256 == row.sha256; });
    if (there) continue;
    row.target_id = target_id;
    row.title = entry.name.substr(0, entry.name.size() - kExtension.size());
    row.location = path;
    row.mode = "cells";
    row.sheets_json = sheets_json(described(contents->head.schema, contents->sheets));
    row.bytes = bytes.size();
    row.position = contents->head.position;
    row.created = contents->head.created;
    row.verified = context.now();
    ZMIG_TRY(row.id, context.ledger.add_backup(row));
    ++imported.taken;
  }
  return imported;
}

Result<std::size_t> import_runs(Context& context, Ledger& other, const std::string& target_id) {
  ZMIG_TRY(const ChainCheck chain, other.check_chain());
  if (!chain.ok) {
    return make_error(Errc::corrupt, "ZM0601", "the other ledger was changed by somebody; nothing was taken from it");
  }
  ZMIG_TRY(const auto runs, context.ledger.runs({target_id, RunMode::real, std::nullopt, 0}));
  std::size_t gained = 0;
  for (Run run : runs) {
    if (run.verb != "up" || !run.down_text.empty()) continue;
    ZMIG_TRY(const auto theirs, other.run_by_uid(run.uid));
    if (!theirs || theirs->migration != run.migration || theirs->checksum != run.checksum) continue;
    ZMIG_TRY(const auto captures, other.captures(theirs->id));
    ZMIG_CHECK_OK(context.ledger.save_captures(run.id, captures, run.undo_until));
    run.down_text = theirs->down_text;
    run.source_text = theirs->source_text;
    run.verified = theirs->verified;
    ZMIG_CHECK_OK(context.ledger.update(run, "run.imported", event_json({{"from", theirs->host}})));
    ++gained;
  }
  return gained;
}

}  // namespace zmig::run
