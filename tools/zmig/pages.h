#pragma once
// Pages out of the ledger: what a run, a backup, a whole project looks like to people (cli.md 7.4, 9.20). The ledger is
// read here once; documents and JSON are made from the same structs.

#include <optional>
#include <string>
#include <vector>

#include <zmig/ledger.h>
#include <zmig/migrator.h>
#include <zmig/plan.h>

#include "document.h"
#include "reports.h"

namespace zmig::cli {

struct LoggedOperation {
  std::string kind, subject, sentence, where, note;
  std::string state;  ///< pending satisfied conflict, as planned; done adopted not_done undone once the run is over
  std::uint64_t cells = 0;
};
struct LoggedStage {
  std::string name, outcome;
  UtcTime at{};
  std::uint64_t ms = 0;
};
/// One run with everything that the ledger keeps of it.
struct LoggedRun {
  Run run;
  std::string title;
  std::uint32_t from = 0, to = 0;  ///< of the plan that the run belongs to
  std::vector<LoggedOperation> operations;
  std::vector<Width> widths;
  Cost cost;  ///< as planned
  std::uint64_t kept = 0, lost = 0, captured = 0;
  std::vector<CheckResult> checks;
  std::vector<LoggedStage> stages;
  std::optional<BackupRow> backup;
  std::string log;
};
Result<LoggedRun> logged_run(Ledger& ledger, const Run& run);

/// A deployment: one `up` or `down`.
struct RunPage {
  std::string verb, outcome;
  std::vector<LoggedRun> runs;  ///< oldest first
  std::optional<Error> error;   ///< of a run that was refused before the ledger heard of it
  std::vector<std::string> findings;
  std::string target, title, actor, reason, log;
  std::uint32_t from = 0, to = 0;
  std::string env_flags, ledger_head, tool;
  std::vector<std::string> undo;  ///< complete commands
};
/// Reads the runs of one deployment. `run`: only this one, with its neighbours left out.
Result<RunPage> run_page(Ledger& ledger, const std::vector<Run>& runs, const std::string& env_flags,
                         const std::string& tool);

struct BackupPage {
  BackupRow backup;
  std::string target, ledger_head, tool, env_flags;
};
struct BoardPage {
  std::vector<TargetStatus> targets;
  std::vector<Run> runs;  ///< newest first
  std::optional<Plan> plan;
  std::vector<CheckResult> checks;  ///< of the last verification
  std::string ledger_head, tool;
};

Document document_of(const RunPage& page);
Document complete_document(const RunPage& page);
Document rollback_document(const RunPage& page);
Document document_of(const BackupPage& page);
Document document_of(const BoardPage& page);
/// The sections of a plan, for other pages.
void add_plan(Document& document, const Plan& plan);
void add_checks(Document& document, const std::string& heading, const std::vector<CheckResult>& checks);

/// Why a page may not be written, in words; empty: it may.
std::vector<std::string> not_complete(const RunPage& page);
std::vector<std::string> not_rolled_back(const RunPage& page);

// pages_json.cc
void read_plan(const std::string& plan_json, std::uint32_t migration, LoggedRun& into);
std::vector<CheckResult> read_checks(const std::string& json);
std::vector<GridRow> read_sheets(const std::string& sheets_json);
std::string read_member(const std::string& json, const std::string& name);
/// The event that names the log of a run.
std::string log_event_json(const std::string& log);
std::string to_json(const RunPage& page);
std::string to_json(const BackupPage& page);
std::string to_json(const BoardPage& page);
/// `data` of `report`.
struct ReportAnswer {
  std::string kind, path, of, ledger_head;
  std::optional<bool> fresh;
  std::vector<std::string> refused_because;
  std::string document;  ///< JSON text, or empty
};
std::string to_json(const ReportAnswer& answer);

}  // namespace zmig::cli
