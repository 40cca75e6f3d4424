// Backups by hand: create, list, verify, prune. What is put back is restore.cc.

#include <zmig/backups.h>

#include <sys/stat.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/durable.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "run/backup.h"
#include "run/copies.h"
#include "run/executor.h"
#include "run/restore.h"
#include "run/retention.h"
#include "run/run_json.h"
#include "run/unrecorded.h"

namespace zmig {
namespace run {
namespace {

/// What this workbook has besides cells, columns and zmig's own facts.
std::vector<std::string> not_covered_in(Target& target, const Backup& backup) {
  if (target.capabilities().kind != "sqlite") return {};
  std::vector<std::string> missing;
  if (backup.present && snapshot_version(backup.path) < 3)
    missing = {"indexes", "triggers", "views", "constraints of tables that are gone"};
  if (const auto objects = target.native_objects(); objects.has_value()) {
    for (const NativeObject& one : objects.value()) {
      if (one.kind == "virtual table") missing.push_back("rows of virtual table " + quoted(one.name));
    }
  }
  missing.emplace_back("constraints of tables that are still there");
  return missing;
}

/// A file name out of a pattern.
Result<std::string> named_by(const std::string& pattern, const Target& target, std::uint32_t position,
                             const std::string& env, UtcTime now) {
  std::string moment = format_utc(now).substr(0, 19);
  std::erase_if(moment, [](char c) { return c == '-' || c == ':'; });  // 20260126T181500
  const std::vector<std::pair<std::string_view, std::string>> known{{"title", target.title()},
                                                                    {"position", four(position)},
                                                                    {"env", env},
                                                                    {"date", moment.substr(0, 8)},
                                                                    {"time", moment.substr(9)}};
  std::string out;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '{') {
      out.push_back(pattern[at]);
      continue;
    }
    const std::size_t end = pattern.find('}', at);
    const std::string_view word =
        std::string_view(pattern).substr(at + 1, end == std::string::npos ? end : end - at - 1);
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == word; });
    if (end == std::string::npos || found == known.end())
      return make_error(Errc::invalid_input, "ZM0703",
                        fmt::format("{} is not a part of a name", quoted("{" + std::string(word) + "}")),
                        "known: {title} {position} {env} {date} {time}");
    out += found->second;
    at = end;
  }
  return file_name_of(out);
}

/// Its mode when somebody else may read the file, else nothing.
std::string readable_by_others(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0 || (facts.st_mode & 077) == 0) return {};
  return fmt::format("{:04o}", facts.st_mode & 07777U);
}

/// Files may not be put where others could exchange them.
Status check_folder(const std::string& folder) {
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0) return ok();  // made anew, 0700
  const bool sticky = (facts.st_mode & S_ISVTX) != 0;
  if ((facts.st_mode & 022) == 0 || sticky) return ok();
  return make_error(Errc::denied, "ZM0501",
                    fmt::format("others may write into {}: a backup there could be exchanged", quoted(folder)),
                    fmt::format("`chmod 700 {}`, or name another folder with --folder", folder));
}

Error no_such_backup(std::uint64_t id) {
  return make_error(Errc::not_found, "ZM0713", fmt::format("the ledger has no backup b{} of this workbook", id),
                    "`zmig backup list` lists them");
}

}  // namespace

Backup backup_of(const BackupRow& row, Context& context) {
  Backup backup;
  backup.row = row;
  backup.path = row.location;
  if (is_kept_copy(row)) {  // the service has it; `backup verify` asks
    backup.sheets = backup_sheets_from_json(row.sheets_json);
    return backup;
  }
  backup.present = context.ports.files.exists(row.location);
  if (!backup.present) {
    // Recorded relative to another folder, or the project was moved.
    const std::string moved = context.options.backup_folder + "/" + row.title + ".zbk";
    backup.present = context.ports.files.exists(moved);
    if (backup.present) backup.path = moved;
  }
  if (backup.present) backup.others_can_read = readable_by_others(backup.path);
  backup.sheets = backup_sheets_from_json(row.sheets_json);
  backup.not_covered = not_covered_in(context.target, backup);
  return backup;
}

Result<Backup> find_backup(Context& context, std::uint64_t id, bool of_any_target) {
  ZMIG_TRY(const Look look, look_at(context));
  ZMIG_TRY(const auto target_id, known_target(context, look.stamp));
  ZMIG_TRY(const auto rows, context.ledger.backups(of_any_target ? std::string() : target_id.value_or("?")));
  for (const BackupRow& row : rows) {
    if (row.id == id) return backup_of(row, context);
  }
  return no_such_backup(id);
}

Result<SnapshotContents> open_backup(const Backup& backup, const SnapshotSink& sink) {
  if (is_kept_copy(backup.row)) {
    return make_error(Errc::not_found, "ZM0713",
                      fmt::format("b{} is a {} that the service keeps, not a file: {}", backup.row.id, backup.row.mode,
                                  backup.row.location),
                      "open it in a browser, or name the backup of the cells that was made with it");
  }
  if (!backup.present)
    return make_error(Errc::not_found, "ZM0713",
                      fmt::format("the file of b{} is gone: {}", backup.row.id, backup.row.location),
                      "`zmig backup list` shows what is there");
  // Twice: nobody sees a row of a damaged file.
  ZMIG_TRY(SnapshotContents contents, verify_snapshot(backup.path, backup.row.sha256));
  if (!sink) return contents;
  return read_snapshot(backup.path, sink);
}

namespace {

class Keeper {
 public:
  explicit Keeper(Context& context) : context_(context) {}

  Result<Backup> create(const BackupCreate& how) {
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const SnapshotOptions options, options_for(how, look, true));
    ZMIG_CHECK_OK(check_folder(options.folder));
    ZMIG_TRY(const auto recorded, record_left_backups(context_, options.target_id));
    static_cast<void>(recorded);  // `backup list` shows them
    ZMIG_TRY(BackupRow row, make_snapshot(context_.target, look.stamps, options, context_.ports));
    ZMIG_FAILPOINT_STATUS("run.before_backup_row");
    ZMIG_TRY(row.id, context_.ledger.add_backup(row));
    context_.emit(event::BackupVerified{row});
    CopiesMade copies =
        make_copies(context_, row, how.modes.value_or(context_.options.backup_modes), managed_sheets(look.live));
    Backup made = backup_of(row, context_);
    made.copies = std::move(copies.rows);
    made.faults = std::move(copies.faults);
    return made;
  }

  Result<BackupPreview> preview(const BackupCreate& how) {
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const SnapshotOptions options, options_for(how, look, false));
    BackupPreview preview;
    preview.title =
        options.name.empty() ? snapshot_name(context_.target.title(), options.position, options.now) : options.name;
    preview.folder = options.folder;
    ZMIG_TRY(const auto counted, count_sheets(context_.target, preview.bytes));
    preview.sheets = described(context_.target.schema(), counted);
    return preview;
  }

  Result<std::vector<Backup>> list(const Retention& retention) {
    ZMIG_TRY(RetentionFacts facts, known());
    std::vector<Backup> out;
    for (const BackupRow& row : facts.rows) out.push_back(backup_of(row, context_));
    for (const Backup& backup : out)
      facts.good.push_back(!is_kept_copy(backup.row) && backup.present && backup.row.verified.has_value());
    auto reasons = reasons_to_keep(facts, retention);
    for (std::size_t i = 0; i < out.size(); ++i) out[i].kept_because = std::move(reasons[i]);
    return out;
  }

  Result<std::vector<UnrecordedBackup>> unrecorded() {
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const auto target_id, known_target(context_, look.stamp));
    return unrecorded_backups(context_, target_id.value_or(""));
  }

  /// Rows for files that have none, so that the rules below hold for them as well.
  Status record_left(PruneReport& report) {
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const auto target_id, known_target(context_, look.stamp));
    ZMIG_TRY(const auto left, record_left_backups(context_, target_id.value_or("")));
    for (const BackupRow& row : left.rows) report.recorded.push_back(row.id);
    return ok();
  }

  Result<PruneReport> prune(const Retention& retention, bool dry_run) {
    PruneReport report;
    if (!dry_run) ZMIG_CHECK_OK(record_left(report));
    ZMIG_TRY(report.unrecorded, unrecorded());
    ZMIG_TRY(RetentionFacts facts, known());
    if (!retention.trust_clock) report.clock_fault = clock_fault(facts);
    std::vector<Backup> all;
    for (const BackupRow& row : facts.rows) all.push_back(backup_of(row, context_));
    // What stands in for the others is opened and hashed, not believed.
    bool proved = false;
    for (const Backup& backup : all) {
      bool good = !is_kept_copy(backup.row) && backup.present && backup.row.verified.has_value();
      if (good && !proved) {
        good = verify_snapshot(backup.path, backup.row.sha256).has_value();
        proved = good;
      }
      facts.good.push_back(good);
    }
    auto reasons = reasons_to_keep(facts, retention);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].kept_because = std::move(reasons[i]);
      if (!report.clock_fault.empty()) all[i].kept_because.push_back(report.clock_fault);
      (all[i].kept_because.empty() ? report.pruned : report.kept).push_back(std::move(all[i]));
    }
    if (dry_run) return report;
    sweep_asides(context_.options.backup_folder);
    for (const Backup& gone : report.pruned) ZMIG_CHECK_OK(remove(gone));
    return report;
  }

 private:
  static std::vector<std::string> managed_sheets(const Schema& live) {
    std::vector<std::string> ids;
    for (const Sheet& sheet : live.sheets) {
      if (sheet.managed) ids.push_back(sheet.id);
    }
    return ids;
  }

  Result<SnapshotOptions> options_for(const BackupCreate& how, const Look& look, bool record) {
    SnapshotOptions options;
    options.folder = how.folder.empty() ? context_.options.backup_folder : how.folder;
    options.position = look.stamp ? look.stamp->position : 0;
    options.now = context_.now();
    options.expires = window_end(context_, options.now, std::nullopt);
    if (!how.name.empty()) {
      ZMIG_TRY(options.name, named_by(how.name, context_.target, options.position, how.env, options.now));
    }
    ZMIG_TRY(const auto target_id, known_target(context_, look.stamp));
    options.target_id = target_id.value_or("");
    if (!record) return options;
    if (options.target_id.empty()) options.target_id = "t-" + context_.ports.random.hex(16);
    const std::string lineage = look.stamp ? look.stamp->lineage : "original";
    ZMIG_CHECK_OK(context_.ledger.know_target(options.target_id, context_.target.url(), lineage));
    return options;
  }

  Result<RetentionFacts> known() {
    RetentionFacts facts;
    facts.now = context_.now();
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const auto target_id, known_target(context_, look.stamp));
    if (!target_id) return facts;
    ZMIG_TRY(facts.rows, context_.ledger.backups(*target_id));
    ZMIG_TRY(facts.runs, context_.ledger.runs({*target_id, std::nullopt, std::nullopt, 0}));
    return facts;
  }

  /// File first, row second: a crash in between leaves a row that the next prune takes out.
  Status remove(const Backup& backup) {
    ZMIG_FAILPOINT_STATUS("run.prune_before_file");
    if (is_kept_copy(backup.row)) {
      ZMIG_CHECK_OK(context_.target.drop_copy(backup.row.location));
    } else if (backup.present) {
      ZMIG_CHECK_OK(context_.ports.files.remove(backup.path));
    }
    ZMIG_FAILPOINT_STATUS("run.prune_before_row");
    return context_.ledger.forget_backup(
        backup.row.id, event_json({{"backup", fmt::format("b{}", backup.row.id)}, {"sha256", backup.row.sha256}}));
  }

  Context& context_;
};

}  // namespace
}  // namespace run

struct Backups::Parts {
  run::Context context;
};

Backups::Backups(const History& history, const std::vector<Replayed>& replayed, Target& target, Ledger& ledger,
                 const ScriptCodec& codec, Ports& ports, Observer& observer, RunOptions options)
    : parts_(std::make_unique<Parts>(
          Parts{run::Context{history, replayed, target, ledger, codec, ports, observer, std::move(options)}})) {}
Backups::~Backups() = default;

Result<Backup> Backups::create(const BackupCreate& how) { return run::Keeper(parts_->context).create(how); }
Result<BackupPreview> Backups::preview(const BackupCreate& how) { return run::Keeper(parts_->context).preview(how); }
Result<std::vector<Backup>> Backups::list(const Retention& retention) {
  return run::Keeper(parts_->context).list(retention);
}
Result<std::vector<UnrecordedBackup>> Backups::unrecorded() { return run::Keeper(parts_->context).unrecorded(); }
Result<Backup> Backups::find(std::uint64_t id) { return run::find_backup(parts_->context, id, false); }
Result<Backup> Backups::verify(std::uint64_t id) {
  ZMIG_TRY(Backup backup, find(id));
  if (run::is_kept_copy(backup.row)) {
    ZMIG_TRY(backup.present, parts_->context.target.has_copy(backup.row.location));
    if (backup.present) return backup;
    return make_error(Errc::not_found, "ZM0713",
                      fmt::format("the {} of b{} is gone: {}", backup.row.mode, id, backup.row.location),
                      "`zmig backup prune` takes it out of the list once its time is over");
  }
  ZMIG_TRY(const run::SnapshotContents contents, run::open_backup(backup, {}));
  backup.sheets = run::described(contents.head.schema, contents.sheets);
  return backup;
}
Result<PruneReport> Backups::prune(const Retention& retention, bool dry_run) {
  return run::Keeper(parts_->context).prune(retention, dry_run);
}
Result<RestoreReport> Backups::restore(const RestoreOptions& how,
                                       const std::function<bool(const RestorePreview&)>& confirm) {
  return run::restore_backup(parts_->context, how, confirm);
}

}  // namespace zmig
