#pragma once
// What every part of a run shares: the things a Migrator was given, one look at the target, errors as exit codes.
// Private to engine/run/.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/lock.h>
#include <zmig/migrator.h>

namespace zmig::run {

struct Context {
  const History& history;
  const std::vector<Replayed>& replayed;
  Target& target;
  Ledger& ledger;
  const ScriptCodec& codec;
  Ports& ports;
  Observer& observer;
  RunOptions options;
  std::vector<FileLock> locks = {};  ///< taken by hold_locks(), for the rest of the command
  bool locked = false;
  bool lag_waited = false;  ///< look_at() has waited once for a reading that may lag

  [[nodiscard]] UtcTime now() const { return ports.clock.now(); }
  void emit(const Event& event) const { observer.on(event); }
};

/// The target as it is now: structure and stamps, read anew. A service may show the state of a moment ago, and may
/// still be at work on a request that was cut off: when the ledger knows of a stamp entry that is not shown, the
/// reading is waited for and made again, once a command, before it is believed (reliability.md 7.3). ZM0410 when a stop
/// was requested meanwhile.
struct Look {
  Schema live;
  std::vector<Stamp> stamps;
  std::optional<StampEntry> stamp;
};
Result<Look> look_at(Context& context);

/// The id under which the ledger knows this target: the stamp's, else the one last seen at this place; none: never met.
Result<std::optional<std::string>> known_target(Context& context, const std::optional<StampEntry>& stamp);

/// All runs of a target, without their long texts.
RunFilter brief_runs(std::string target_id, std::optional<RunMode> mode);
/// The newest `up` run of each migration that is applied (or confirmed), by number: one look at the ledger. `texts`:
/// with the plan, the way back and the source.
using AppliedRuns = std::map<std::uint32_t, Run>;
Result<AppliedRuns> applied_runs(Ledger& ledger, const std::string& target_id, RunMode mode, bool texts = false);

/// The same among `runs` (newest first), which outlive the answer.
std::map<std::uint32_t, const Run*> newest_applied(const std::vector<Run>& runs);

/// Captures for a down, from the newest run that applied the migration.
class LedgerCaptures final : public CaptureSource {
 public:
  LedgerCaptures(Ledger& ledger, std::string target_id, RunMode mode)
      : ledger_(ledger), target_id_(std::move(target_id)), mode_(mode) {}
  Result<std::vector<Capture>> captures_of(const std::string& migration) override;

 private:
  Ledger& ledger_;
  std::string target_id_;
  RunMode mode_;
  std::optional<AppliedRuns> runs_;
};

/// The newest `up` run of a migration that is applied (or confirmed), or none.
Result<std::optional<Run>> applied_run(Ledger& ledger, const std::string& target_id, RunMode mode,
                                       std::uint32_t migration);

/// Everything that plans need. `context`, `look` and `captures` outlive it. `direction`: only a down needs the stored
/// ways back.
Result<PlanInput> plan_input(Context& context, const Look& look, CaptureSource& captures, const std::string& target_id,
                             Direction direction);

const Replayed* replayed_number(const std::vector<Replayed>& replayed, std::uint32_t number);
/// The schema of the files before the first migration.
const Schema& baseline_schema(const History& history);

/// As a diagnostic, for reports.
Diagnostic diagnostic_of(const Error& error);
/// The first error among findings, as an Error whose code decides the exit.
Error error_of(const Diagnostics& diagnostics);

Lease lease_of(const Context& context, std::string_view verb);

/// ZM0401 when another process has closed the run in the ledger: it took over what it could not know to be alive, and
/// its word stands. Asked in the transaction that is to write of the run.
Status still_open(Context& context, const Run& run);

/// "0002", "r17", "b4".
std::string four(std::uint32_t number);
std::string run_name(std::uint64_t id);

}  // namespace zmig::run
