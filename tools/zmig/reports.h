#pragma once
// Reports of the command line itself (the engine's are in <zmig/migrator.h>), and the two renderings of all of them.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <zmig/backups.h>
#include <zmig/history.h>
#include <zmig/ledger.h>
#include <zmig/lint.h>
#include <zmig/lock.h>
#include <zmig/migrator.h>
#include <zmig/plan.h>
#include <zmig/target.h>

#include "formats.h"
#include "hooks.h"
#include "ui.h"

namespace zmig::cli {

struct InitReport {
  std::string root;
  std::vector<std::string> created, kept, changed, next;
};
struct NewReport {
  std::uint32_t number = 0;
  std::string slug, path, template_name;
  std::optional<std::string> text;  ///< with --stdout
  bool lock_updated = false;
};
/// A page of text, for those who asked for JSON.
struct HelpReport {
  std::string topic, text;
};
struct FmtReport {
  std::size_t checked = 0;
  std::vector<std::string> changed;
  std::string lock = "fresh", current_schema = "fresh";
};
struct ShownOperation {
  std::size_t index = 0;
  std::string kind, subject, sentence;
};
struct ShowReport {
  std::uint32_t number = 0;
  std::string slug, title, path, hash;
  std::vector<std::string> depends;
  std::vector<Allow> allows;
  std::vector<ShownOperation> operations;
  std::vector<std::string> changes;  ///< names, when asked for
  std::optional<std::string> schema_json, raw;
  std::string down_source, down_fidelity, down_text;
  std::optional<std::uint64_t> down_run;
  bool down_asked = false;
};
struct HistoryReport {
  std::vector<Run> runs;
  std::vector<LedgerEvent> events;
  std::vector<CaptureRow> captures;
  std::optional<ChainCheck> chain;
  bool show_events = false, show_captures = false, one_run = false;
};
struct InspectedColumn {
  Column column;
  std::string letter;
  std::uint64_t filled = 0, blank = 0, distinct = 0;  ///< over data rows; distinct counts up to 1,000
  bool many_distinct = false;
  std::vector<std::string> odd;  ///< first cells that do not read as the type
};
struct InspectedSheet {
  Sheet sheet;
  std::uint64_t rows = 0, data_rows = 0;
  std::vector<InspectedColumn> columns;
};
struct InspectReport {
  std::vector<InspectedSheet> sheets;
};
struct CopyReport {
  std::string from, to;
  std::string aside;  ///< where the workbook is that stood in the place of the new one; empty: there was none
  std::vector<CopiedSheet> sheets;
};
struct VersionReport {
  std::string version;
  std::vector<std::string> targets;
};
/// Whether a contract under `contract.uphold` holds; in a plan: before and after.
struct ContractVerdict {
  std::string file;
  bool holds = true;
  std::vector<std::string> breaks;  ///< what its readers would miss
};
struct TargetStatus {
  std::string env, url, title;
  StatusReport report;
  std::optional<LockHolder> lease{};         ///< who is writing now
  std::vector<ContractVerdict> contracts{};  ///< against the state that the stamp names
  std::vector<std::string> blocked{};        ///< why `up` would refuse what is pending: drift lease guard lint protect
};

/// A lock file beside ledger or workbook, and what it says.
struct UnlockReport {
  struct Lock {
    std::string file;
    std::optional<LockHolder> holder;  ///< none: nobody, and nothing left behind
  };
  std::vector<Lock> locks;
  std::string cleared;  ///< the id that was cleared away
};

std::string to_json(const RepairReport& report);
std::string to_json(const UnlockReport& report, UtcTime now);
std::string to_json(const InitReport& report);
std::string to_json(const HelpReport& report);
std::string to_json(const NewReport& report);
std::string to_json(const FmtReport& report);
std::string to_json(const ShowReport& report);
std::string to_json(const HistoryReport& report);
std::string to_json(const InspectReport& report);
std::string to_json(const CopyReport& report);
std::string to_json(const VersionReport& report);
std::string to_json(const std::vector<TargetStatus>& targets);
/// What a run left behind besides the workbook, and the flags that its commands repeat.
struct Leftovers {
  std::string log, flags;
  std::vector<std::string> reports;
  std::vector<HookOutcome> hooks;
};
std::string to_json(const Report& report, const Leftovers& leftovers);
std::string to_json(const VerifyReport& report);
std::string to_json(const BaselineReport& report, const std::string& schema_path);

std::string to_text(const Console& console, const RepairReport& report, const std::string& env_flags);
std::string to_text(const UnlockReport& report, const std::string& env_flags);
std::string to_text(const Console& console, const InitReport& report);
std::string to_text(const Console& console, const ShowReport& report);
std::string to_text(const Console& console, const HistoryReport& report);
std::string to_text(const Console& console, const InspectReport& report);
std::string to_text(const Console& console, const CopyReport& report);
std::string to_text(const Console& console, const std::vector<TargetStatus>& targets);
/// A plan is the result of `plan` and of a dry run, or stands above the question of a run.
enum class PlanUse { result, before_run };
std::string to_text(const Console& console, const Plan& plan, const std::string& env, const std::string& url,
                    const std::string& title, PlanUse use);
/// What becomes of programs that read the workbook: by header, and by the letter of a column.
struct ReaderImpact {
  std::vector<std::string> gone;     ///< headers that they will not find any more
  std::vector<std::string> changed;  ///< headers whose cells read as another type
  std::vector<std::string> moved;    ///< headers that stand under another letter
  std::size_t added = 0;
};
ReaderImpact readers_of(const Plan& plan);
/// What `plan` knows besides the plan.
struct PlanReport {
  Plan plan;
  std::string env, url, title;
  std::chrono::seconds window{0};
  bool backup_required = true, reason_required = false;
  std::vector<std::string> backup_modes{"cells"};
  std::string confirmation;  ///< none, prompt, typed
  std::optional<Rehearsal> rehearsal;
  std::string log, saved;  ///< saved: the file of --save
  std::vector<ContractVerdict> contracts;
  std::optional<LintReport> lint;  ///< of what is pending; none: the plan has errors, or goes down
};
std::string to_text(const Console& console, const PlanReport& report);
std::string to_json(const PlanReport& report);
/// plan_to_json, and for a way back whether it can run.
std::string to_json(const Plan& plan);
/// The steps of a rehearsal, one a line.
std::string to_text(const Console& console, const Rehearsal& rehearsal);
std::string to_json(const Rehearsal& rehearsal);
std::string to_text(const Console& console, const Report& report, const Leftovers& leftovers);
/// For stderr, after a run that did not make it: what is adopted, done, not done.
std::string failure_text(const Console& console, const Report& report);
/// "report ...", "log ...".
std::string leftover_lines(const Leftovers& leftovers);
std::string to_text(const Console& console, const VerifyReport& report, const std::string& env,
                    const std::string& title);
std::string to_text(const Console& console, const BaselineReport& report, const std::string& env,
                    const std::string& title, const std::string& schema_path);

/// "2026-01-26 18:15 UTC"
std::string short_time(UtcTime time);
/// "0002"
std::string padded(std::uint32_t number);

}  // namespace zmig::cli
