// Backups and restores as the `data` of the envelope (docs/cli.md).

#include <algorithm>

#include "backup_reports.h"
#include "parts_json.h"

namespace zmig::cli {
namespace {

std::string name(std::uint64_t id) { return "b" + std::to_string(id); }

/// Rows as people see them: with the header row.
std::uint64_t rows_seen(const BackupSheet& sheet) { return sheet.rows + (sheet.columns > 0 ? 1 : 0); }

Json sheets_json(const std::vector<BackupSheet>& sheets) {
  Json list = Json::array();
  for (const auto& sheet : sheets)
    list.push_back({{"sheet", sheet.sheet},
                    {"rows", rows_seen(sheet)},
                    {"columns", sheet.columns},
                    {"header_hash", text_or_null(sheet.header_hash)},
                    {"content_hash", text_or_null(sheet.content_hash)},
                    {"formulas", sheet.formulas}});
  return list;
}

/// A database has indexes, triggers and views; a backup of an early release does not hold them.
Json fidelity_json(const Backup& backup) {
  Json fidelity = {"values", "formulas", "formats", "validation", "notes", "protection", "metadata"};
  const auto& missing = backup.not_covered;
  if (missing.empty() || std::find(missing.begin(), missing.end(), "indexes") != missing.end()) return fidelity;
  for (const char* kind : {"indexes", "triggers", "views"}) fidelity.push_back(kind);
  return fidelity;
}

Json backup_json(const Backup& backup) {
  Json copies = Json::array();
  for (const BackupRow& copy : backup.copies)
    copies.push_back({{"id", name(copy.id)}, {"mode", copy.mode}, {"location", copy.location}});
  return {{"id", name(backup.row.id)},
          {"title", backup.row.title},
          {"mode", backup.row.mode},
          {"location", backup.path},
          {"created_at", format_utc(backup.row.created)},
          {"verified_at", time_or_null(backup.row.verified)},
          {"expires_at", time_or_null(backup.row.expires)},
          {"position", backup.row.position},
          {"sha256", backup.row.sha256},
          {"bytes", backup.row.bytes},
          {"present", backup.present},
          {"copies", copies},
          {"private", backup.others_can_read.empty()},
          {"fidelity", fidelity_json(backup)},
          {"not_covered", backup.not_covered},
          {"kept_because", backup.kept_because},
          {"sheets", sheets_json(backup.sheets)}};
}

}  // namespace

std::string to_json(const BackupReport& report) {
  Json backups = Json::array(), pruned = Json::array(), kept = Json::array(), damaged = Json::array();
  for (const auto& backup : report.backups) {
    backups.push_back(backup_json(backup));
    if (report.prune) kept.push_back({{"backup", name(backup.row.id)}, {"because", backup.kept_because}});
  }
  for (const auto& backup : report.pruned) pruned.push_back(name(backup.row.id));
  for (std::size_t i = 0; i < report.faults.size(); ++i)
    damaged.push_back(
        {{"backup", name(report.faulty[i])}, {"code", report.faults[i].zm}, {"message", report.faults[i].message}});
  Json unrecorded = Json::array(), recorded = Json::array();
  for (const auto& left : report.unrecorded)
    unrecorded.push_back({{"title", left.title},
                          {"location", left.path},
                          {"position", left.position},
                          {"created_at", format_utc(left.created)},
                          {"bytes", left.bytes}});
  for (const auto id : report.recorded) recorded.push_back(name(id));
  Json preview = nullptr;
  if (report.preview)
    preview = {{"title", report.preview->title},
               {"folder", report.preview->folder},
               {"bytes", report.preview->bytes},
               {"sheets", sheets_json(report.preview->sheets)}};
  return dump({{"backups", backups},
               {"created", report.created == 0 ? Json(nullptr) : Json(name(report.created))},
               {"pruned", pruned},
               {"kept_because", kept},
               {"damaged", damaged},
               {"unrecorded", unrecorded},
               {"recorded", recorded},
               {"would_create", preview},
               {"clock_fault", text_or_null(report.clock_fault)}});
}

std::string to_json(const RestoreReport& report, const std::vector<std::string>& files) {
  Json sheets = Json::array();
  const auto& preview = report.preview;
  Json objects = Json::array();
  for (const auto& object : preview.objects)
    objects.push_back({{"kind", object.kind}, {"name", object.name}, {"fate", in_words(object.fate)}});
  for (const auto& sheet : preview.sheets)
    sheets.push_back(
        {{"sheet", sheet.sheet},
         {"cells_restored", sheet.cells_restored},
         {"columns_added", sheet.columns_added.size()},
         {"columns_removed", sheet.columns_removed.size()},
         {"columns",
          {{"added", sheet.columns_added}, {"removed", sheet.columns_removed}, {"kept", sheet.columns_kept}}},
         {"rows_added", sheet.rows_added},
         {"rows_removed", sheet.rows_removed},
         {"sheet_added", sheet.added},
         {"sheet_removed", sheet.removed},
         {"kept_edits", sheet.kept_edits},
         {"kept", sheet.kept},
         {"identical", sheet.identical()}});
  return dump({{"backup", name(preview.backup.row.id)},
               {"fresh_backup", report.fresh_backup ? Json(name(report.fresh_backup->id)) : Json(nullptr)},
               {"deployment", report.deployment == 0 ? Json(nullptr) : Json("d" + std::to_string(report.deployment))},
               {"run", report.run ? Json("r" + std::to_string(report.run->id)) : Json(nullptr)},
               {"position_before", preview.position_before},
               {"position_after", preview.position_after},
               {"undone", preview.undone},
               {"applied_again", preview.redone},
               {"left", preview.left},
               {"objects", objects},
               {"order", preview.order},
               {"lost", preview.lost},
               {"resumed", text_or_null(report.resumed)},
               {"sheets", sheets},
               {"checks", checks_json(report.checks)},
               {"outcome", report.outcome},
               {"report", files}});
}

}  // namespace zmig::cli
