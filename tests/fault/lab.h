#pragma once
// A laboratory for faults: a project, a workbook on a writable target, a ledger in a file, and commands that run as
// processes do: everything is opened anew, and every call on the way goes through a fuse. On targets that outlive a
// process, in files or in a service, a kill is a real one: the command runs in a child process that dies by SIGKILL.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zmig/backups.h>
#include <zmig/dsl.h>
#include <zmig/migrator.h>

#include "support/fake_ports.h"
#include "support/faulty_target.h"
#include "support/sheets_in_process.h"
#include "support/temp_folder.h"
#include "targets/memory/memory_target.h"

namespace zmig::test {

/// "Sheet.Header" -> cells in row order: what people see.
using SeenCells = std::map<std::string, std::vector<Cell>>;

/// Files of migrations, bound and replayed.
struct Project {
  std::unique_ptr<ScriptCodec> codec = dsl::make_codec();
  SourceMap sources;
  History history;
  std::vector<Replayed> replayed;
};
/// `files`: name without extension and text. Fails the test when they do not bind.
std::unique_ptr<Project> make_project(const std::optional<Schema>& baseline,
                                      const std::vector<std::pair<std::string, std::string>>& files);

/// Writable kinds of target, from the registry: a new one has to pass everything here.
std::vector<std::string> kinds_to_break();

enum class Verb { up, down, baseline, restore, repair };
struct Command {
  Verb verb = Verb::up;
  std::optional<std::uint32_t> to;
  std::optional<std::uint32_t> count;
  bool accept_baseline = false;
  bool restart = false;        ///< up
  std::uint64_t backup = 0;    ///< restore: the whole workbook from this one
  bool restore_stamp = false;  ///< repair
};

/// What a command said at its end.
struct Attempt {
  bool answered = true;  ///< false: it died on the way
  bool heard = true;     ///< false: its messages went with its process
  bool hung = false;     ///< it came to no end, and was ended
  int exit_code = 0;
  bool at_rest = false;  ///< there was nothing (left) to do
  std::string outcome, zm;
  std::string said;  ///< every message of it, for the search for things that no message may hold
  [[nodiscard]] std::string told() const;
};

Attempt attempt_of(const Error& error);
Attempt attempt_of(const Report& report);
Attempt attempt_of(const BaselineReport& report);
Attempt attempt_of(const RestoreReport& report);
Attempt attempt_of(const RepairReport& report);
/// Runs it on a migrator (a restore is none of its doors).
Attempt carry_out(Migrator& migrator, const Command& command);

/// Points inside of calls go through the fuse as long as this lives, but not those reached while `*paused`.
class Points {
 public:
  explicit Points(Fuse& fuse, const bool* paused = nullptr);
  ~Points();
  Points(const Points&) = delete;
  Points& operator=(const Points&) = delete;
};

/// A new folder in memory where the machine has such a place: sweeps sync thousands of files.
std::string fast_folder();

/// The workbook as people and zmig see it.
struct Seen {
  std::string schema;  ///< the managed part, as JSON
  SeenCells cells;
  std::vector<std::string> stamps;  ///< event and position of each entry
  std::vector<std::string> uids;    ///< run of each entry
};

/// The ledger: runs with effect as they must be after any trouble, and the open one.
struct Books {
  std::vector<std::string> runs;  ///< verb, migration, state, down text
  std::vector<std::vector<Capture>> captures;
  std::vector<Run> rows;  ///< all of them, newest first
  bool chain_ok = false;
};

/// What a target shows now.
Seen seen_in(Target& target);

class Lab {
 public:
  explicit Lab(std::string kind);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] bool in_files() const { return kind_ != "memory" && kind_ != "gsheet"; }
  /// Real kills are possible: nothing that counts is in the process.
  [[nodiscard]] bool can_be_killed() const { return kind_ != "memory"; }
  /// Every command opens the workbook anew; else it is this object.
  [[nodiscard]] bool is_opened() const { return kind_ != "memory"; }
  /// The service where the spreadsheet is; of gsheet only.
  SheetsInProcess& service() { return sheets_; }
  [[nodiscard]] const std::string& spreadsheet() const { return spreadsheet_; }

  /// Fills the empty workbook. `stamp`: also the stamp entry of a baseline for this schema.
  void build(const std::vector<Change>& changes, const Schema* stamp);
  void lose_ledger();
  /// Somebody empties the stamp in the workbook.
  void lose_stamp();

  /// Remembers everything, and goes back to what was remembered.
  void save();
  void restore();

  /// One command, in this process, behind the fuse. `fuse.lasting == for_good` is how a death looks from here.
  Attempt attempt(const Project& project, const Command& command, Fuse& fuse);
  Attempt attempt(const Project& project, const Command& command);
  /// The same, killed by SIGKILL where the fuse blows, if it does; the service lives on. can_be_killed() only.
  Attempt attempt_killed(const Project& project, const Command& command, Fuse& fuse);

  /// The time of the laboratory: what a command waits for goes by here.
  [[nodiscard]] std::chrono::milliseconds now() { return ports_.clock.monotonic(); }

  Seen see();
  Books books();
  /// Whether stamp and ledger agree, by `status`.
  bool ledger_agrees(const Project& project);
  /// Everything in the folder, by relative path: nothing may be left over.
  std::vector<std::string> files_there() const;
  [[nodiscard]] std::string at(const std::string& name) const { return folder_ + "/project/" + name; }
  /// Verifies every backup that the ledger knows; the first complaint.
  std::string backups_wrong();

 private:
  Result<std::unique_ptr<Ledger>> open_books();
  Result<std::unique_ptr<Target>> open_workbook();
  void next_process();

  std::string kind_, folder_;
  FakePorts ports_;
  std::uint64_t process_ = 0;
  MemoryTarget memory_;
  SheetsInProcess sheets_;
  std::string spreadsheet_;
  // What save() remembers beside the files.
  Workbook saved_book_;
  std::shared_ptr<SheetsInProcess::Saved> saved_spreadsheet_;
  FakeClock saved_clock_;
  std::uint64_t saved_process_ = 0;
};

}  // namespace zmig::test
