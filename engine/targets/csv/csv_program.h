#pragma once
// The changes of a batch, worked out for the files of a folder: for each sheet one pass of its records through stages,
// one order of columns, one name. Not installed.

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <zmig/target.h>

#include "targets/csv/csv_manifest.h"
#include "targets/csv/csv_rows.h"
#include "targets/live.h"

namespace zmig::csv {

/// A file that was read: a sheet of the live schema.
struct SheetFile {
  std::string name;  ///< in the folder; empty: it does not exist yet
  std::string path;  ///< where its bytes are now (an interrupted commit may keep them in the stage)
  Dialect dialect;
  bool all_quoted = false;
  std::string line_end;         ///< of the header; empty: it has none
  bool delimiter_said = false;  ///< by a person; not found out
  std::uint64_t size = 0;
  std::string sha256;  ///< of the last commit that wrote it, as the manifest says
};

struct SheetPlan {
  SheetFile file;
  std::string name;  ///< of the file in the end
  bool exists = false;
  std::uint32_t header_row = 1;
  SheetFacts facts;
  std::vector<std::size_t> layout;             ///< slots in the order of the columns in the end
  std::map<std::size_t, std::string> headers;  ///< by slot: those that are written
  std::vector<std::unique_ptr<Stage>> stages;
  Reasons why;
  /// Its bytes may change.
  [[nodiscard]] bool rewrites() const;
};

struct BatchPlan {
  Schema after;
  std::vector<std::unique_ptr<SheetPlan>> sheets;  ///< parallel to after.sheets
  std::vector<std::unique_ptr<SheetPlan>> gone;    ///< sheets that are deleted
  std::vector<Stamp> stamps;                       ///< all of them, in the end
  CommitReport report;
  std::size_t members = 0;  ///< parts of the batch that were planned
};

struct ProgramOptions {
  bool allow_formulas = false, refuse_ragged = false;
  std::string extension = ".csv";  ///< of new files
  Dialect new_files;               ///< as most files of the folder are
  std::string new_line_end = "\r\n";
  bool new_quoted = false;  ///< every field of new files in quotes
  /// Whether the folder would show a file of this name as a sheet.
  std::function<bool(const std::string& name)> shows;
};

/// Nothing is read or written. The batch has to live as long as the plan: its runs are not copied.
Status plan_changes(std::span<const Change> changes, const ProgramOptions& options, BatchPlan& plan);
/// The plan before any change.
BatchPlan begin_plan(const Schema& live, std::span<const SheetFile> files, std::vector<Stamp> stamps,
                     const ProgramOptions& options);

}  // namespace zmig::csv
