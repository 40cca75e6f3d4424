#pragma once
// The two renderings of backups and restores.

#include <string>
#include <vector>

#include <zmig/backups.h>

#include "ui.h"

namespace zmig::cli {

/// `data` of `backup`: one shape for all its parts.
struct BackupReport {
  std::vector<Backup> backups;
  std::uint64_t created = 0;  ///< 0: none
  std::vector<Backup> pruned;
  bool prune = false;  ///< say why the others are kept
  std::vector<UnrecordedBackup> unrecorded;
  std::vector<std::uint64_t> recorded;
  std::string clock_fault;
  std::vector<Error> faults;  ///< verify: what is wrong, parallel to `faulty`
  std::vector<std::uint64_t> faulty;
  std::optional<BackupPreview> preview;
};

std::string to_json(const BackupReport& report);
/// `files`: the reports that were written.
std::string to_json(const RestoreReport& report, const std::vector<std::string>& files);
/// The plan of a restore, before the question and for --dry-run.
std::string to_text(const Console& console, const RestorePreview& preview, const std::string& env);
/// One line for each copy that a service keeps.
std::string copy_lines(const std::vector<BackupRow>& copies);
std::string size_in_words(std::uint64_t bytes);

}  // namespace zmig::cli
