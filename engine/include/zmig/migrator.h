#pragma once
/// The facade: plan, execute, verify, baseline. Everything explicit: no globals, no environment reads.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zmig/contract.h>
#include <zmig/history.h>
#include <zmig/ledger.h>
#include <zmig/plan.h>
#include <zmig/ports.h>
#include <zmig/target.h>

namespace zmig {

// --- Events: the engine never logs and never prints.
namespace event {
struct RunStarted {
  std::uint64_t deployment = 0;
  std::string verb, target;
  std::size_t stages = 0;
};
struct StageStarted {
  std::size_t index = 0, total = 0;
  std::string name, migration;
};
struct StageProgress {
  std::uint64_t done = 0, total = 0;
  std::string unit;
};
struct StageFinished {
  std::size_t index = 0, total = 0;
  std::string name, migration, outcome, detail;
  std::uint64_t ms = 0;
};
struct BackupVerified {
  BackupRow backup;
};
struct BatchSent {
  std::uint64_t run = 0;
  std::size_t batch = 0, of = 0, changes = 0;
  std::uint64_t cells = 0;
};
struct BatchConfirmed {
  std::uint64_t run = 0;
  std::size_t batch = 0;
};
struct BatchUnknown {
  std::uint64_t run = 0;
  std::size_t batch = 0;
  std::string message;
};
/// Somebody else holds the lock; said once, then the run waits.
struct Waiting {
  std::string holder;
};
/// The run waits for something else than a lock; said once.
struct Paused {
  std::string why;  ///< "the workbook does not show yet what it took"
  std::chrono::seconds at_most{0};
};
/// A copy beside the backup could not be made; the run goes on.
struct CopyFailed {
  std::string mode, code, message;
};
struct CheckFinished {
  CheckResult check;
};
struct RunFinished {
  std::uint64_t run = 0;
  std::string outcome;
};
}  // namespace event
using Event = std::variant<event::RunStarted, event::StageStarted, event::StageProgress, event::StageFinished,
                           event::BackupVerified, event::BatchSent, event::BatchConfirmed, event::BatchUnknown,
                           event::Waiting, event::Paused, event::CopyFailed, event::CheckFinished, event::RunFinished>;
/// Observers do not throw and do not block.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const Event& event) = 0;
};

/// Who, why, and what is permitted.
struct RunOptions {
  std::string actor, host, reason, tool_version;
  std::string backup_folder = ".zmig/backups";
  std::chrono::seconds rollback_window{std::chrono::hours(24 * 7)};
  std::chrono::milliseconds lock_timeout{30000};
  /// Held from before the first durable write to the end of the command, taken in this order (reliability.md 8). Empty:
  /// the target's own lease alone.
  std::vector<std::string> lock_files;
  std::string command;  ///< what a waiting zmig is told: "up --env prod"
  /// Recovery relies on nothing that an open run recorded beyond the stamp: what only its records could prove is
  /// reported as not run.
  bool restart = false;
  /// The target was put back to an older state by other means, and this migration is the next one to apply (ZM0605).
  std::optional<std::uint32_t> reapply;
  bool backup_required = true;
  bool accept_baseline = false, allow_drift = false, allow_loss = false, out_of_order = false, override_window = false,
       frozen = false;
  bool one_by_one = false;  ///< each migration in a commit of its own
  OnEdit on_edit = OnEdit::keep;
  std::vector<std::string> protected_sheets, allow_skip;
  std::vector<std::string> sensitive;  ///< "Sheet.Header": values never shown
  RunMode mode = RunMode::real;
  /// Asked between check and backup with the final plan; false: stop with Errc::denied, ZM0704. Empty: go on.
  std::function<bool(const Plan&)> confirm;
  /// Polled at safe boundaries; true: stop there (signals).
  std::function<bool()> stop_requested;
  /// Rely on this backup instead of making one: of this target and position, verified again before the first write, and
  /// not older than `backup_max_age` (ZM0502).
  std::optional<std::uint64_t> use_backup{};
  std::chrono::seconds backup_max_age{std::chrono::hours(1)};
  /// Plan::fingerprint of a plan that somebody saved and looked at: when the plan that is made now is another one the
  /// run is refused (ZM0303). Empty: any plan.
  std::string expected_plan{};
  /// Called once with the backup there and before the first write; an error stops the run, and nothing is written.
  std::function<Status(const Plan&, const std::optional<BackupRow>&)> before_write{};
  /// What is kept beside the local snapshot, in this order ("service-copy", "sheet-copy"); one that fails is a warning
  /// (ZM0509). `cells` is the snapshot itself: it is always made.
  std::vector<std::string> backup_modes{"cells"};
  std::string copy_folder{};  ///< of the service, for service-copy
};

struct Goal {
  Direction direction = Direction::up;
  std::optional<std::uint32_t> to;
  std::optional<std::uint32_t> count;
  std::optional<std::uint64_t> run;  ///< down --run
};

struct RunReport {
  Run run;
  PlannedMigration migration;       ///< as planned under the lock
  std::vector<CheckResult> checks;  ///< after the write
  std::string outcome;              ///< "applied", "undone", "failed", "aborted", "interrupted" (sent, not proved)
  Cost cost;
};
struct Report {
  std::uint64_t deployment = 0;
  std::uint32_t from = 0, to = 0;
  bool up_to_date = false;
  std::string resumed;  ///< what recovery did at the start; empty: nothing
  Plan plan;            ///< without steps, captures, schemas and texts: those of what ran are in `runs`
  std::vector<RunReport> runs;
  std::optional<BackupRow> backup;
  std::vector<BackupRow> copies;  ///< kept by the service beside it
  std::string outcome;            ///< applied up_to_date undone partial failed interrupted
  Diagnostics diagnostics;
  std::optional<Error> error;  ///< what decided the outcome when it is not a success
  int exit_code = 0;
};

struct MigrationStatus {
  std::uint32_t number = 0;
  std::string slug, name;
  std::string state;  ///< baseline applied partial pending undone gap missing future unknown
  std::optional<UtcTime> applied_at;
  std::string actor;
  std::optional<std::uint64_t> run;
  std::uint64_t rehearsals_passed = 0, rehearsals_failed = 0;
  std::optional<bool> verified;
  bool edited = false;
  std::size_t adopted = 0, operations = 0;
  std::optional<UtcTime> undo_until;
  std::vector<std::string> flags;
};
struct StatusOptions {
  /// False: the stamp and the ledger alone. Neither headers nor the texts of the migrations are looked at, so the
  /// report knows no drift and no edited file; `history` needs names and numbers only (list_history), `replayed`
  /// nothing.
  bool inspect = true;
};
struct StatusReport {
  std::string
      state;  ///< uninitialised current behind partial drifted gapped diverged ahead edited copy stampless unreachable
  Position position;
  std::uint32_t head = 0;
  bool ledger_agrees = true;
  std::optional<VerificationRow> last_verification;
  std::vector<MigrationStatus> migrations;
  std::vector<Width> widths;  ///< managed and live
  bool inspected = true;      ///< false: see StatusOptions
  Diagnostics diagnostics;
  int exit_code = 0, check_exit_code = 0;  ///< plain, and with --check
};

/// What a look at some of the rows was (`verify --sample`).
struct VerifySample {
  std::uint64_t rows = 0, of = 0;  ///< of the sheet with the most rows
  std::uint64_t seed = 0;
  double missed = 0;  ///< how likely it is that a fault in one row in a hundred is not among them
};
struct VerifyReport {
  std::uint32_t at = 0;
  std::string scope = "full";  ///< "full", "only types", "sample 100"
  std::optional<VerifySample> sample;
  std::vector<CheckResult> checks;
  std::size_t passed = 0, failed = 0, not_run = 0;
  std::string verdict;  ///< passed failed; computed from the list and nothing else
  std::optional<std::uint64_t> recorded_as;
  Diagnostics diagnostics;
  int exit_code = 0;
};
struct VerifyOptions {
  std::vector<std::string> only, allow_skip;
  bool untouched = false, record = true;
  std::optional<std::uint32_t> at{};      ///< the workbook has to stand at this migration; 0: at the baseline
  std::optional<std::uint64_t> sample{};  ///< so many rows of each sheet instead of all
  std::optional<std::uint64_t> seed{};    ///< which ones; none: others each time
  std::vector<std::pair<std::string, Contract>> contracts{};  ///< file, contract that is to hold (check `contract`)
};

struct GuessedType {
  std::string column, type;
  double confidence = 1;
  std::uint64_t filled = 0;
};
struct BaselineOptions {
  std::vector<std::string> sheets;  ///< titles; empty: all that are not protected
  std::vector<std::pair<std::string, std::uint32_t>> header_rows;
  std::optional<Schema> managed;    ///< --managed FILE: sheets and columns that are ours, with their facts
  std::optional<std::uint32_t> at;  ///< --at N
  bool copy = false, check_only = false, dry_run = false;
};
struct BaselineReport {
  Schema schema;
  std::uint32_t position = 0;
  std::vector<GuessedType> guessed;
  bool proved = false;
  std::vector<Difference> differences;
  Diagnostics diagnostics;
  int exit_code = 0;
};

/// One operation of the run that a repair speaks of.
struct RepairOperation {
  std::size_t index = 0;
  std::string kind, subject;
  std::string state;  ///< done not_done adopted altered
  std::string where;  ///< the live place, or empty
  bool operator==(const RepairOperation&) const = default;
};
struct RepairOptions {
  bool dry_run = false;        ///< explain only
  bool accept = false;         ///< take what is there as the state to go on from; options.reason is needed
  bool restore_stamp = false;  ///< write the stamp that the ledger proves
  Ledger* other = nullptr;     ///< another host's ledger: captures and texts of runs that this one only knows by stamp
  bool rebuild = false;        ///< the ledger is new: take over what the stamp and the backup folder hold
  bool settle = false;         ///< somebody chose between versions of files (TargetOptions::keep): that comes first
  std::optional<std::uint32_t> accept_edit;  ///< an applied migration was edited to an equivalent text
};
struct RepairReport {
  /// nothing_open open_run reverted stampless diverged copy edited damaged. As found, before anything was done.
  std::string situation;
  int decision_row = 0;  ///< of the recovery table (reliability.md 5), as found
  std::optional<Run> run;
  std::vector<RepairOperation> operations;
  std::string position;                 ///< where the workbook stands, and who says so
  std::vector<std::string> did;         ///< what was done, one sentence each
  std::vector<std::string> choices;     ///< what is left to choose: verb and flags
  std::vector<Difference> differences;  ///< between the live workbook and the state it should be in
  Diagnostics diagnostics;
  int exit_code = 0;  ///< 0: nothing is left open; 6: a choice is left
};

/// A rehearsal (cli.md 9.3): the pending migrations for real on a workbook that is not the target. Steps, in order:
/// `backup` (made, read back), `up`, `verify` (nothing may be not run), `again` (a second up writes nothing), `down`,
/// `identical` (schema and every cell as at the start), `repeat` (up once more).
struct RehearsalStep {
  std::string name;
  Outcome outcome = Outcome::not_run;
  std::string detail;  ///< numbers, or why not
  std::uint64_t ms = 0;
};
struct Rehearsal {
  std::string on;  ///< "twin", "copy", or the place
  std::uint32_t from = 0, to = 0;
  std::vector<RehearsalStep> steps;
  std::uint64_t second_up_writes = 0;
  bool identical = false;
  std::vector<Difference> differences;  ///< between the start and the workbook after `down`
  std::vector<CheckResult> checks;      ///< of `verify`
  std::vector<std::uint64_t> recorded;  ///< the rows in the ledger, mode rehearsal; empty: nothing was pending
  std::uint64_t ms = 0;
  bool passed = false;         ///< every step passed, or was let off by `allow_skip`
  std::optional<Error> error;  ///< of the first step that did not
  int exit_code = 0;           ///< 0, 5, or that of a plan that cannot run
  [[nodiscard]] const RehearsalStep* step(std::string_view name) const;
};
struct RehearsalOptions {
  std::string on = "twin";    ///< how it is called in reports
  std::string scratch = ".";  ///< folder for the backup of the rehearsal, which is removed again
  bool record = true;         ///< false: the ledger is left alone
};

/// One target, one project, one ledger. References outlive it. `target` must have been opened; the migrator inspects it
/// when it has to.
class Migrator {
 public:
  Migrator(const History& history, const std::vector<Replayed>& replayed, Target& target, Ledger& ledger,
           const ScriptCodec& codec, Ports& ports, Observer& observer, RunOptions options);
  ~Migrator();
  /// Reads only.
  Result<Plan> plan(const Goal& goal);
  /// Recovery first; then lease, plan again under the lock, backup, captures and down text, stage, commit, read back,
  /// record. Never throws away what it knows: failures are in the Report; a Result error means that nothing was begun.
  Result<Report> execute(const Goal& goal);
  Result<StatusReport> status(const StatusOptions& options = {});
  Result<VerifyReport> verify(const VerifyOptions& options);
  /// Takes the workbook as position 0 (or `at`): ids and stamp are the only things written. The schema is returned; the
  /// caller stores it.
  Result<BaselineReport> baseline(const BaselineOptions& options);
  /// Explains any state and does what cannot harm: completes records, closes runs without effect. What writes to the
  /// workbook or takes somebody's word needs an option.
  Result<RepairReport> repair(const RepairOptions& options);
  /// Rehearses the way up to `goal` on `stage`, another workbook in the state of the target (a twin, a copy). The
  /// target is only read. Each migration that ran becomes a row of the ledger in mode rehearsal: `undone` when all went
  /// well, `aborted` with the reason when not; nothing there says applied. Steps named in RunOptions::allow_skip may be
  /// not run.
  Result<Rehearsal> rehearse(const Goal& goal, Target& stage, const RehearsalOptions& options);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace zmig
