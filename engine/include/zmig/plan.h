#pragma once
/// Plans: what `up` or `down` will do, before it is done. Pure, apart from reading cells through a CellView.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <zmig/history.h>
#include <zmig/stamp.h>
#include <zmig/target.h>

namespace zmig {

enum class Direction { up, down };
enum class OpState { pending, satisfied, conflict, done, not_done, undone };
std::string_view to_string(OpState state);

struct PlannedOperation {
  std::size_t index = 0;  ///< into the migration's operations
  std::string kind, subject, sentence, levels;
  OpState state = OpState::pending;
  std::string where;        ///< "Operaciones!BL1"; empty when it has no place yet
  std::string note;         ///< "default 0 into 1 185 rows", "already there, 10 cells filled: adopt"
  std::uint64_t cells = 0;  ///< cells that it writes
};

enum class Outcome { passed, failed, not_run };
std::string_view to_string(Outcome outcome);

/// What became of a piece of a workbook that is kept in files, with one commit: its bytes before and after, compared.
struct PartFate {
  std::string name;
  std::string fate;              ///< "kept" "changed" "added" "removed"
  std::uint64_t bytes = 0;       ///< as stored, after; of what was removed: before
  std::string hash;              ///< after; empty: it was removed
  std::vector<std::string> why;  ///< as announced: "0002_v3_event_types: new column"; empty: nobody said so
  bool operator==(const PartFate&) const = default;
};

/// A require, an ensure, or a check of `verify`.
struct CheckResult {
  std::string id;             ///< "require", "ensure", or a check name of cli.md 9.7
  std::string subject, text;  ///< what it is about; canonical text
  Outcome outcome = Outcome::not_run;
  std::string scope = "full";
  std::uint64_t examined = 0;
  std::string expected, observed;
  std::uint64_t offending_count = 0;
  std::vector<std::string> offending;  ///< up to 20 cells, A1
  std::string not_run_because;
  Span span;
  std::vector<PartFate> parts{};  ///< of the check `parts`: every piece, those that were kept included
  bool operator==(const CheckResult&) const = default;
};

/// Cells saved before they change or go (language.md 4.7). Values decoded; `handle` of the rows is meaningful to the
/// same target only.
struct CapturedCell {
  RowRef row;
  Cell before, after;  ///< what stood there; what zmig writes (Blank for a cell that goes)
  bool operator==(const CapturedCell&) const = default;
};
struct CapturedRow {
  RowRef row;
  std::vector<Cell> cells;
  bool added = false;  ///< true: the migration inserts it (cells = what it writes); false: it deletes it (cells = what
                       ///< stood there)
  bool operator==(const CapturedRow&) const = default;
};
struct Capture {
  std::size_t step = 0;
  std::string sheet, column;         ///< ids; column empty: rows, or a whole sheet
  std::vector<std::string> columns;  ///< rows: what `CapturedRow::cells` are the cells of; cells: by which columns
                                     ///< their rows are recognised again
  std::vector<CapturedCell> cells;
  std::vector<CapturedRow> rows;
  bool operator==(const Capture&) const = default;
};
/// Where plans of a down get captures from (the ledger). Empty vector: there are none.
class CaptureSource {
 public:
  virtual ~CaptureSource() = default;
  virtual Result<std::vector<Capture>> captures_of(const std::string& migration) = 0;
};

struct Cost {
  std::uint64_t cells = 0, reads = 0, writes = 0, bytes = 0, ms = 0;
  bool operator==(const Cost&) const = default;
};
struct Width {
  std::string sheet;  ///< title
  std::size_t before = 0, after = 0;
  bool operator==(const Width&) const = default;
};
/// A cell that a person edited since, and that a down keeps (ZM0507).
struct KeptEdit {
  std::string where;  ///< "Pedidos!F88"
  std::string captured, now;
  bool operator==(const KeptEdit&) const = default;
};

/// One migration of a plan, ready to run: its steps are materialised (no symbolic Source is left).
struct PlannedMigration {
  std::uint32_t number = 0;
  std::string slug, name, title, path, checksum;
  std::vector<PlannedOperation> operations;
  std::vector<Step> steps;
  Schema before, after;  ///< replayed states (managed things)
  std::vector<Adopted> adopted;
  std::vector<CheckResult> requires_, ensures;  ///< on the live and on the predicted workbook
  std::vector<CheckLine> ensure_lines;          ///< to be judged again after the write
  std::vector<Capture> captures;
  /// Columns (or whole sheets) whose cells this plan was made from: formulas, `where`, captures, `require`, cells that
  /// are rewritten. What decides about grouping.
  std::vector<Scope> needs;
  std::vector<std::string> counts;  ///< ids of sheets whose data rows it told from blank ones
  Fidelity fidelity = Fidelity::exact;
  std::string down_text;      ///< canonical text of the way back (direction up), or the text that runs (down)
  bool wants_backup = false;  ///< `require backup of ...`
  std::vector<Width> widths;
  Cost cost;
  std::vector<KeptEdit> kept;  ///< down: edits of people that stay
  std::uint64_t lost = 0;      ///< down: cells entered by people in columns that go (captured)
  std::optional<std::chrono::seconds> keep_undo;
  std::vector<FollowedPart> follows{};        ///< what follows where cells move elsewhere; `change`: index into steps
  std::vector<UnfollowedPlace> unfollowed{};  ///< what cannot; refused without --accept-unfollowed (ZM0439)
};

struct Drift {
  enum class Class { none, harmless, layout, breaking };
  Class worst = Class::none;
  struct Item {
    Class level = Class::none;
    std::string kind, where, expected, observed;
    bool operator==(const Item&) const = default;
  };
  std::vector<Item> items;
};
/// "none", "harmless", "layout", "breaking": the words of every rendering.
std::string_view to_string(Drift::Class level);

/// Where a target stands, judged from stamp, files and live schema.
struct Position {
  bool managed = false;  ///< false: no stamp
  std::uint32_t at = 0;  ///< last applied migration; 0 baseline
  std::optional<StampEntry> stamp;
  Schema state;  ///< replayed schema at this position
  Drift drift;
};

struct Plan {
  Direction direction = Direction::up;
  std::uint32_t from = 0, to = 0;
  Position position;
  std::vector<PlannedMigration> migrations;  ///< in the order in which they run
  std::string guarantee = "atomic";          ///< "atomic" or "resumable"
  Cost cost;
  std::string fingerprint;  ///< sha256 over what the plan does and the regions it reads or writes
  Diagnostics diagnostics;  ///< conflicts, false guards, information; errors mean: it cannot run
};

/// Locates the live schema in a chain: the positions that history allows, compared over the whole managed schema
/// (architecture.md 6.3). `confirmed`: the last confirmed step; `in_flight`: the end of the batch in flight. Both fit:
/// the earlier one. None: Errc::conflict ZM0301 with the differences.
struct Hint {
  std::size_t confirmed = 0;
  std::optional<std::size_t> in_flight;
};
Result<std::size_t> locate(const Chain& chain, const Schema& live, const Hint& hint);

/// Cuts steps [from, end) into batches: at most max_changes_per_batch; a structural batch may not end in the schema it
/// started in; a lossy step starts a batch unless the target's batches are atomic. Pure, so a rerun cuts the same.
/// Returns the exclusive ends.
std::vector<std::size_t> cut_batches(const Chain& chain, std::size_t from, const Capabilities& caps);

/// Drift of a live schema against a replayed state (cli.md 8.3).
Drift drift_of(const Schema& expected, const Schema& live);

/// A workbook with planned changes laid over it. Materialises changes against itself, then takes them in. Memory: the
/// edits, not the rows.
class Overlay : public CellView {
 public:
  /// `base` outlives the overlay.
  explicit Overlay(CellView& base);
  ~Overlay() override;
  [[nodiscard]] const Schema& schema() const override;
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  Status scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                     std::span<const std::string> wanted, const JudgedSink& sink) override;
  [[nodiscard]] bool text_source() const override;
  /// Applies a materialised change to schema and cells.
  Status take(const Change& change);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What materialise says besides the change.
struct Materialised {
  Change change;  ///< no symbolic Source is left
  std::vector<Capture> captures;
  std::uint64_t cells = 0;    ///< cells it writes
  std::uint64_t matched = 0;  ///< rows that `where` matched, or data rows
  std::vector<KeptEdit> kept;
  std::uint64_t lost = 0;
  std::vector<Diagnostic> findings;  ///< faults ZM0321, expecting ZM0322, no match ZM0323, ZM0330 ...
};
enum class OnEdit { keep, captured, refuse };
struct MaterialiseOptions {
  std::vector<std::string> not_counted;  ///< columns that this migration adds
  std::vector<std::string> written;  ///< columns that it adds, removes, claims or writes: no row is recognised by them
  std::map<std::string, Value, std::less<>> variables;  ///< $migration, ...
  std::vector<Scope> own;                               ///< on the way back: columns that the undone migration added
  CaptureSource* captures = nullptr;
  OnEdit on_edit = OnEdit::keep;
};
Result<Materialised> materialise(const Change& change, CellView& view, const MaterialiseOptions& options);

/// Judges one check. `before`: the workbook before the migration; `now`: predicted or live after it (for a require:
/// both the live one).
struct CheckWorld {
  CellView& before;
  CellView& now;
  const Schema& replayed;  ///< the state that the files give at this point
  CowList<AppliedMigration> applied{};
  UtcTime at{};
  std::string migration{};          ///< for samples
  std::int64_t width_delta = 0;     ///< columns adopted minus forgotten in this file, by `gained`
  std::optional<bool> untouched{};  ///< proof for `is otherwise unchanged`; none: predicted (true by construction)
  bool atomic = true;
  bool backup = false;      ///< a verified backup of this run exists
  bool predicting = false;  ///< `backup` and the like count as kept promises
  /// columns of each sheet that operations of this file inserted, removed, adopted, forgot (by sheet title norm)
  struct Delta {
    std::int64_t inserted = 0, removed = 0, adopted = 0, forgotten = 0, rows_added = 0, rows_removed = 0;
  };
  std::map<std::string, Delta, std::less<>> deltas{};
};
Result<CheckResult> judge_check(const CheckLine& line, std::string_view id, CheckWorld& world);
/// The diagnostic of a check that did not pass: ZM0304, ZM0308 or ZM0901/ZM0902.
Diagnostic check_diagnostic(const CheckLine& line, const CheckResult& result, std::string_view code);

struct PlanInput {
  const History& history;
  const std::vector<Replayed>& replayed;  ///< all files, in order
  const ScriptCodec& codec;
  CellView& live;  ///< inspected
  const Capabilities& capabilities;
  std::vector<Stamp> stamps{};
  std::vector<std::string> protected_sheets{};
  UtcTime now{};
  CaptureSource* captures = nullptr;
  bool accept_baseline = false;  ///< `up --baseline`
  bool allow_drift = false, allow_loss = false, out_of_order = false;
  OnEdit on_edit = OnEdit::keep;
  /// Texts of the downs that were stored when the migrations ran, by migration name (direction down); derived anew when
  /// missing.
  std::map<std::string, std::string, std::less<>> stored_downs{};
};
/// The position of a target: stamp against files (ZM0201 gap, ZM0202 edited, ZM0203 missing, ZM0204 ahead, ZM0207
/// diverged), live against replay (drift).
Result<Position> find_position(const PlanInput& input, Diagnostics& out);
/// Up: every pending migration up to `to` (none: all). Errors of the workbook or the history are in Plan::diagnostics;
/// a Result error is a failure to read.
Result<Plan> plan_up(const PlanInput& input, std::optional<std::uint32_t> to);
/// Down: back to position `to`, newest application first.
Result<Plan> plan_down(const PlanInput& input, std::uint32_t to);

/// The way back of one migration as canonical text (language.md 11), adopted operations inverted by `forget`. An error
/// (ZM0505) when some line has no way back.
struct DownText {
  std::string text;
  Fidelity fidelity = Fidelity::exact;
};
Result<DownText> derive_down(const Replayed& replayed, const std::vector<Adopted>& adopted, const ScriptCodec& codec);

/// JSON of a plan (cli.md 9.3 `data`), canonical.
std::string plan_to_json(const Plan& plan);
/// Sentences about contradicting totals found without a workbook (ZM1905), for one migration. `baseline`: so that the
/// message can say whether the number is the baseline's; null: it is taken to be.
void derived_shape_findings(const Replayed& replayed, Diagnostics& out, const Schema* baseline = nullptr);

}  // namespace zmig
