#include "run/proof.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "plan/deltas.h"
#include "run/checks.h"

namespace zmig::run {
namespace {

using Key = std::pair<std::string, std::string>;  // sheet id, column id

/// What happened to a column on the way.
struct Fate {
  std::optional<Key> origin;  // its ids before; none: new
  bool written = false;
};

/// Follows every column through the changes: ids change when a thing is tracked or let go, places do not.
class Tracking {
 public:
  explicit Tracking(const Schema& live) {
    for (const Sheet& sheet : live.sheets) {
      for (const Column& column : sheet.columns) fates_[{sheet.id, column.id}].origin = Key{sheet.id, column.id};
    }
  }

  void follow(const Change& change, const Schema& before, const Schema& after) {
    note_writes(change);
    if (std::holds_alternative<change::Track>(change) || std::holds_alternative<change::Untrack>(change))
      rename(before, after);
    for (const Sheet& sheet : after.sheets) {
      for (const Column& column : sheet.columns) fates_.try_emplace({sheet.id, column.id});
    }
  }

  [[nodiscard]] const Fate& fate(const std::string& sheet, const std::string& column) const {
    return fates_.at({sheet, column});
  }
  [[nodiscard]] bool rows_change(const std::string& sheet) const { return rows_.contains(sheet); }
  /// Its cells are the target's own work (a generated column, a view) and follow what is written elsewhere.
  [[nodiscard]] bool follows(const Column& column) const { return cells_change_ && column.computed.has_value(); }

 private:
  void note_writes(const Change& change) {
    const Footprint regions = footprint(change);
    const bool structural =
        std::holds_alternative<change::InsertColumn>(change) || std::holds_alternative<change::DeleteColumn>(change);
    for (const Scope& scope : regions.writes) {
      if (!structural) cells_change_ = true;
      if (!scope.column.empty() && !structural) fates_[{scope.sheet, scope.column}].written = true;
      if (scope.column.empty() && regions.rows) rows_.insert(scope.sheet);
    }
  }

  void rename(const Schema& before, const Schema& after) {
    for (std::size_t s = 0; s < before.sheets.size() && s < after.sheets.size(); ++s) {
      const Sheet& old_sheet = before.sheets[s];
      const Sheet& new_sheet = after.sheets[s];
      for (std::size_t c = 0; c < old_sheet.columns.size() && c < new_sheet.columns.size(); ++c) {
        const Key old_key{old_sheet.id, old_sheet.columns[c].id};
        const Key new_key{new_sheet.id, new_sheet.columns[c].id};
        if (old_key != new_key) moved_.emplace_back(new_key, fates_[old_key]);
      }
    }
    for (auto& [key, fate] : moved_) fates_[key] = std::move(fate);
    moved_.clear();
  }

  std::map<Key, Fate> fates_;
  std::set<std::string> rows_;
  bool cells_change_ = false;
  std::vector<std::pair<Key, Fate>> moved_;
};

/// One hash a cell, of what it means under the column's declared type: how it is stored may change with the type.
std::uint64_t cell_hash(const Cell& cell, const Column& column, const std::string& format, bool text_source) {
  Cell meant{cell.value, cell.formula, {}};
  Evaluated read = read_as(cell.value, column.type, format, text_source);
  if (auto* value = std::get_if<Value>(&read)) meant.value = std::move(*value);
  const std::string hex = sha256_hex(cell_bytes(meant)).substr(0, 16);
  return std::strtoull(hex.c_str(), nullptr, 16);
}

/// Stands for a cell of which nothing is predicted.
constexpr std::uint64_t kOpen = 0;

/// Reads some columns of one sheet and hashes them row by row.
class ColumnReader {
 public:
  ColumnReader(const Sheet& sheet, std::vector<std::string> ids, bool text_source)
      : ids_(std::move(ids)), text_source_(text_source) {
    for (const std::string& id : ids_) {
      const Column* column = column_by_id(sheet, id);
      ZMIG_ASSERT(column != nullptr, "the ids come from this sheet");
      columns_.push_back(column);
      formats_.push_back(column->format.value_or(implied_format(column->type)));
    }
    rows.resize(ids_.size());
    blank.resize(ids_.size(), true);
  }

  Status read(CellView& view, const std::string& sheet_id) {
    return view.scan(sheet_id, ids_, [&](const RowView& row) {
      numbers.push_back(row.row.number);
      handles.push_back(row.row.handle);
      for (std::size_t i = 0; i < ids_.size(); ++i) {
        rows[i].push_back(cell_hash(row.cells[i], *columns_[i], formats_[i], text_source_));
        if (!is_blank(row.cells[i].value) || !row.cells[i].formula.empty()) blank[i] = false;
      }
      return ok();
    });
  }

  [[nodiscard]] std::string digest(std::size_t i) const {
    Sha256 hash;
    for (const std::uint64_t cell : rows[i]) hash.update({reinterpret_cast<const char*>(&cell), sizeof cell});
    return hash.finish_hex();
  }

  /// Blank cells of rows that the target has not numbered yet; false when there are none.
  bool leave_new_blanks_open(std::size_t i) {
    const bool numbered = std::any_of(handles.begin(), handles.end(), [](std::int64_t handle) { return handle != 0; });
    if (!numbered) return false;
    const std::uint64_t nothing = cell_hash(Cell{}, *columns_[i], formats_[i], text_source_);
    bool any = false;
    for (std::size_t r = 0; r < rows[i].size(); ++r) {
      if (handles[r] != 0 || rows[i][r] != nothing) continue;
      rows[i][r] = kOpen;
      any = true;
    }
    return any;
  }

  std::vector<std::vector<std::uint64_t>> rows;  // by column
  std::vector<bool> blank;
  std::vector<std::uint64_t> numbers;
  std::vector<std::int64_t> handles;

 private:
  std::vector<std::string> ids_;
  bool text_source_;
  std::vector<const Column*> columns_;
  std::vector<std::string> formats_;
};

Status predict_cells(Overlay& overlay, const Sheet& sheet, const Tracking& tracking, Proof& proof) {
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) {
    const Fate& fate = tracking.fate(sheet.id, column.id);
    if (tracking.follows(column)) continue;
    if (tracking.rows_change(sheet.id) || fate.written || !fate.origin) ids.push_back(column.id);
  }
  if (ids.empty()) return ok();
  ColumnReader reader(sheet, ids, overlay.text_source());
  ZMIG_CHECK_OK(reader.read(overlay, sheet.id));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Fate& fate = tracking.fate(sheet.id, ids[i]);
    const bool written = fate.written || !fate.origin;
    // A new row gets what the target gives of itself (the number of an INTEGER PRIMARY KEY) where nothing is listed.
    const bool open = !written && reader.leave_new_blanks_open(i);
    proof.predicted.push_back({sheet.id, ids[i], open ? std::string() : reader.digest(i), written, reader.blank[i],
                               std::move(reader.rows[i])});
  }
  return ok();
}

Status hash_untouched(Target& target, const Sheet& sheet, const Tracking& tracking, Proof& proof) {
  std::map<std::string, std::vector<std::string>> hashes;  // by sheet id before
  for (const Column& column : sheet.columns) {
    const Fate& fate = tracking.fate(sheet.id, column.id);
    if (tracking.rows_change(sheet.id) || fate.written || !fate.origin || tracking.follows(column)) continue;
    const auto& [old_sheet, old_column] = *fate.origin;
    if (!hashes.contains(old_sheet)) { ZMIG_TRY(hashes[old_sheet], target.column_hashes(old_sheet, {})); }
    const Sheet* before = proof.before.sheet(old_sheet);
    ZMIG_ASSERT(before != nullptr, "an origin is a column of the schema before");
    const std::size_t index0 = column_index(*before, old_column);
    if (index0 >= hashes[old_sheet].size())
      return make_error(Errc::corrupt, "ZM9901", "the target hashed fewer columns than it shows");
    proof.untouched.push_back({sheet.id, column.id, hashes[old_sheet][index0]});
  }
  return ok();
}

Result<std::uint64_t> count_data_rows(CellView& view, const Sheet& sheet) {
  const std::vector<std::string> ids = data_row_columns(sheet, {});
  std::vector<const Column*> columns;
  columns.reserve(ids.size());
  for (const std::string& id : ids) columns.push_back(column_by_id(sheet, id));
  std::uint64_t count = 0;
  ZMIG_CHECK_OK(view.scan(sheet.id, ids, [&](const RowView& row) {
    bool data = false;
    for (std::size_t i = 0; i < ids.size() && !data; ++i) data = counts_as_data(row.cells[i], *columns[i]);
    if (data) ++count;
    return ok();
  }));
  return count;
}

/// The workbook as it was, as far as a check after the write asks: its schema, and how many data rows each sheet had.
class BeforeView final : public CellView {
 public:
  BeforeView(const Proof& proof, bool text_source) : proof_(proof), text_source_(text_source) {}
  [[nodiscard]] const Schema& schema() const override { return proof_.before; }
  [[nodiscard]] bool text_source() const override { return text_source_; }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    const auto count = proof_.data_rows.find(sheet_id);
    if (count == proof_.data_rows.end()) {
      return make_error(Errc::unsupported, "ZM0902", "the cells before the write are not kept");
    }
    const std::vector<Cell> cells(column_ids.size(), Cell{Text{"x"}, {}, {}});
    const Sheet* sheet = proof_.before.sheet(sheet_id);
    const std::uint64_t first = (sheet == nullptr ? 1 : sheet->header_row) + std::uint64_t{1};
    for (std::uint64_t i = 0; i < count->second; ++i) ZMIG_CHECK_OK(sink(RowView{RowRef{first + i, 0, {}}, cells}));
    return ok();
  }

 private:
  const Proof& proof_;
  bool text_source_;
};

// --- After the write
// -----------------------------------------------------------------------------------------------------

CheckResult stamp_check(const Look& look, const std::string& uid) {
  CheckResult check = passed("stamp", 1);
  check.expected = "the entry of this run";
  check.observed = look.stamp ? "the entry of run " + look.stamp->run : "no stamp";
  if (!look.stamp || look.stamp->run != uid) check.outcome = Outcome::failed;
  return check;
}

/// Differences from the predicted workbook in things that are not ours.
CheckResult foreign_check(const Proof& proof, const Schema& live, std::vector<CheckResult>& ours) {
  Offences foreign;
  const auto is_managed = [&](const Difference& difference) {
    for (const Schema* schema : {&proof.after, &live}) {
      const Sheet* sheet = schema->sheet(difference.sheet);
      if (sheet == nullptr) continue;
      if (difference.column.empty()) return sheet->managed;
      const Column* column = column_by_id(*sheet, difference.column);
      if (column != nullptr) return column->managed;
    }
    return false;
  };
  std::uint64_t examined = 0;
  for (const Sheet& sheet : proof.after.sheets) {
    examined += static_cast<std::uint64_t>(std::count_if(sheet.columns.begin(), sheet.columns.end(),
                                                         [](const Column& column) { return !column.managed; }));
  }
  for (const Difference& difference : all_differences(proof.after, live)) {
    if (!is_managed(difference)) {
      foreign.add(difference.where);
      continue;
    }
    const bool told = std::any_of(ours.begin(), ours.end(), [&](const CheckResult& check) {
      return check.outcome == Outcome::failed && check.subject == difference.where;
    });
    if (told) continue;
    CheckResult check = passed("headers", 1);
    check.outcome = Outcome::failed;
    check.subject = difference.where;
    check.expected = difference.expected;
    check.observed = difference.observed;
    check.offending_count = 1;
    check.offending = {difference.where};
    ours.push_back(std::move(check));
  }
  return foreign.result("foreign", "", examined, "as before");
}

/// Compares the live cells of one sheet with what was predicted.
class CellProof {
 public:
  Status sheet(CellView& live, const Sheet& sheet, const std::vector<const PredictedColumn*>& columns) {
    std::vector<std::string> ids;
    for (const PredictedColumn* column : columns) {
      if (column_by_id(sheet, column->column) != nullptr) ids.push_back(column->column);
    }
    ColumnReader reader(sheet, ids, live.text_source());
    ZMIG_CHECK_OK(reader.read(live, sheet.id));
    for (const PredictedColumn* column : columns) {
      const auto at = std::find(ids.begin(), ids.end(), column->column);
      if (at == ids.end()) {
        kind(*column).add(sheet.title);
        continue;
      }
      compare(*column, reader, static_cast<std::size_t>(at - ids.begin()), sheet);
    }
    return ok();
  }

  Offences filled, blank, around;
  std::uint64_t filled_cells = 0, blank_cells = 0, around_cells = 0;

 private:
  Offences& kind(const PredictedColumn& column) { return !column.written ? around : column.blank ? blank : filled; }

  void compare(const PredictedColumn& column, const ColumnReader& reader, std::size_t i, const Sheet& sheet) {
    const std::size_t index0 = column_index(sheet, column.column);
    const auto& cells = reader.rows[i];
    (!column.written ? around_cells : column.blank ? blank_cells : filled_cells) += cells.size();
    if (reader.digest(i) == column.digest) return;
    if (column.digest.empty() && column.rows.empty()) return;  // open cells, and the rows were not stored
    const auto open = [&](std::size_t r) { return r < column.rows.size() && column.rows[r] == kOpen; };
    bool differs = cells.size() != column.rows.size() && !column.rows.empty();
    for (std::size_t r = 0; r < cells.size() && r < column.rows.size(); ++r)
      differs = differs || (!open(r) && cells[r] != column.rows[r]);
    if (column.digest.empty() && !differs) return;
    const std::size_t before = kind(column).count();
    if (!column.rows.empty() || column.blank) {
      for (std::size_t r = 0; r < cells.size() || r < column.rows.size(); ++r) {
        const bool same = r < cells.size() && r < column.rows.size() && (cells[r] == column.rows[r] || open(r));
        if (!same) kind(column).add(place_of(sheet, index0, r < reader.numbers.size() ? reader.numbers[r] : 0));
      }
    }
    if (kind(column).count() == before) kind(column).add(place_of(sheet, index0, sheet.header_row));
  }
};

/// The defaults once more, from the rule itself and not from the prediction: a new column holds the value in every data
/// row, and nothing elsewhere.
Status check_defaults(Target& live, const std::vector<Step>& steps, Offences& offences) {
  for (const Step& step : steps) {
    const auto* fill = std::get_if<change::FillEmpty>(&step.change);
    if (fill == nullptr) continue;
    std::size_t writers = 0;
    bool inserted = false;
    for (const Step& other : steps) {
      const Footprint regions = footprint(other.change);
      const bool writes = std::any_of(regions.writes.begin(), regions.writes.end(), [&](const Scope& scope) {
        return scope == fill->at || (scope.column.empty() && scope.sheet == fill->at.sheet);
      });
      const auto* insert = std::get_if<change::InsertColumn>(&other.change);
      const bool inserts = insert != nullptr && insert->sheet == fill->at.sheet && insert->column.id == fill->at.column;
      inserted = inserted || inserts;
      if (writes && !inserts) ++writers;
    }
    const Sheet* sheet = live.schema().sheet(fill->at.sheet);
    if (!inserted || writers != 1 || sheet == nullptr || column_by_id(*sheet, fill->at.column) == nullptr) continue;
    std::vector<std::string> ids = data_row_columns(*sheet, fill->not_counted);
    std::erase(ids, fill->at.column);
    std::vector<const Column*> columns;
    columns.reserve(ids.size());
    for (const std::string& id : ids) columns.push_back(column_by_id(*sheet, id));
    ids.push_back(fill->at.column);
    const Column& column = *column_by_id(*sheet, fill->at.column);
    const std::string format = column.format.value_or(implied_format(column.type));
    ZMIG_CHECK_OK(live.scan(sheet->id, ids, [&](const RowView& row) {
      bool data = false;
      for (std::size_t i = 0; i < columns.size() && !data; ++i) data = counts_as_data(row.cells[i], *columns[i]);
      const Cell expected{data ? fill->value : Value(Blank{}), {}, {}};
      const bool text = live.text_source();
      if (cell_hash(row.cells.back(), column, format, text) != cell_hash(expected, column, format, text)) {
        offences.add(place_of(*sheet, column_index(*sheet, column.id), row.row.number));
      }
      return ok();
    }));
  }
  return ok();
}

Result<CheckResult> untouched_check(Target& target, const Proof& proof, const CellProof& cells) {
  Offences changed = cells.around;
  std::map<std::string, std::vector<std::string>> hashes;
  for (const UntouchedColumn& column : proof.untouched) {
    const Sheet* sheet = target.schema().sheet(column.sheet);
    const std::size_t index0 = sheet == nullptr ? 0 : column_index(*sheet, column.column);
    if (sheet == nullptr || index0 == sheet->columns.size()) {
      changed.add(column.sheet + "." + column.column);
      continue;
    }
    if (!hashes.contains(sheet->id)) { ZMIG_TRY(hashes[sheet->id], target.column_hashes(sheet->id, {})); }
    const auto& now = hashes[sheet->id];
    if (index0 >= now.size() || now[index0] != column.hash) changed.add(header_cell(*sheet, column.column));
  }
  return changed.result("untouched", "", proof.untouched.size(), "every cell as before");
}

Result<std::vector<CheckResult>> ensure_checks(Context& context, const Look& look, const ProofInput& input,
                                               bool untouched) {
  BeforeView before(input.proof, context.target.text_source());
  CheckWorld world{.before = before,
                   .now = context.target,
                   .replayed = input.state,
                   .applied = look.stamp ? look.stamp->applied : std::vector<AppliedMigration>(),
                   .at = context.now(),
                   .migration = input.migration,
                   .width_delta = 0,
                   .untouched = untouched,
                   .atomic = context.target.capabilities().atomic_batch,
                   .backup = input.backup,
                   .predicting = false,
                   .deltas = input.proof.deltas};
  for (const auto& [title, delta] : world.deltas) world.width_delta += delta.adopted - delta.forgotten;
  std::vector<CheckResult> results;
  for (const CheckLine& line : input.ensures) {
    // Cells that cannot be read are no verdict: the run stays `confirmed` and is proved by the next command.
    ZMIG_TRY(CheckResult judged, judge_check(line, "ensure", world));
    results.push_back(std::move(judged));
  }
  return results;
}

}  // namespace

Result<Proof> predict(Target& target, const PlannedMigration& migration) {
  Proof proof;
  proof.before = target.schema();
  Overlay overlay(target);
  Tracking tracking(proof.before);
  for (const Step& step : migration.steps) {
    const Schema before = overlay.schema();
    ZMIG_CHECK_OK(overlay.take(step.change));
    tracking.follow(step.change, before, overlay.schema());
  }
  proof.after = overlay.schema();
  proof.deltas = deltas_of(migration.steps, proof.before, proof.after);
  for (const Sheet& sheet : proof.after.sheets) {
    ZMIG_CHECK_OK(predict_cells(overlay, sheet, tracking, proof));
    ZMIG_CHECK_OK(hash_untouched(target, sheet, tracking, proof));
  }
  for (const CheckLine& line : migration.ensure_lines) {
    const auto* delta = std::get_if<check::SheetDelta>(&line.check);
    if (delta == nullptr || delta->what != check::Counted::rows) continue;
    const Sheet* sheet = proof.before.sheet_titled(delta->title, true);
    if (sheet == nullptr) continue;
    ZMIG_TRY(proof.data_rows[sheet->id], count_data_rows(target, *sheet));
  }
  return proof;
}

Result<std::vector<CheckResult>> prove(Context& context, const Look& look, const ProofInput& input) {
  std::vector<CheckResult> checks{stamp_check(look, input.uid)};
  for (CheckResult& check : schema_checks(input.state, look.live)) checks.push_back(std::move(check));
  CheckResult foreign = foreign_check(input.proof, look.live, checks);

  CellProof cells;
  std::map<std::string, std::vector<const PredictedColumn*>> by_sheet;
  for (const PredictedColumn& column : input.proof.predicted) by_sheet[column.sheet].push_back(&column);
  for (const auto& [sheet_id, columns] : by_sheet) {
    const Sheet* sheet = look.live.sheet(sheet_id);
    if (sheet == nullptr) {
      cells.filled.add(sheet_id);
      continue;
    }
    ZMIG_CHECK_OK(cells.sheet(context.target, *sheet, columns));
  }
  if (input.steps != nullptr && cells.filled.count() == 0)
    ZMIG_CHECK_OK(check_defaults(context.target, *input.steps, cells.filled));
  checks.push_back(cells.filled.result("fill", "", cells.filled_cells, "the planned values"));
  checks.push_back(cells.blank.result("empty", "", cells.blank_cells, "blank"));
  ZMIG_TRY(auto untouched, untouched_check(context.target, input.proof, cells));
  const bool proved = untouched.outcome == Outcome::passed;
  checks.push_back(std::move(untouched));
  checks.push_back(std::move(foreign));
  ZMIG_TRY(auto ensures, ensure_checks(context, look, input, proved));
  for (CheckResult& check : ensures) checks.push_back(std::move(check));
  for (const CheckResult& check : checks) context.emit(event::CheckFinished{check});
  return checks;
}

bool all_passed(const std::vector<CheckResult>& checks, const std::vector<std::string>& allow_skip) {
  return std::all_of(checks.begin(), checks.end(), [&](const CheckResult& check) {
    if (check.outcome == Outcome::passed) return true;
    if (check.outcome == Outcome::failed) return false;
    return std::find(allow_skip.begin(), allow_skip.end(), check.id) != allow_skip.end();
  });
}

}  // namespace zmig::run
