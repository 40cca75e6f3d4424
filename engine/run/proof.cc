#include "run/proof.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/running_hash.h"
#include "model/formula_places.h"
#include "plan/deltas.h"
#include "run/checks.h"
#include "run/entry.h"
#include "run/preserved.h"

namespace zmig::run {
namespace {

using Key = std::pair<std::string, std::string>;  // sheet id, column id

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

/// What happened to a column on the way.
struct Fate {
  std::optional<Key> origin;  // its ids before; none: new
  bool written = false;
  std::size_t by = kNobody;  // the migration that made or wrote it
};

/// Follows every column through the changes: ids change when a thing is tracked or let go, places do not.
class Tracking {
 public:
  explicit Tracking(const Schema& live) {
    for (const Sheet& sheet : live.sheets) {
      for (const Column& column : sheet.columns) fates_[{sheet.id, column.id}].origin = Key{sheet.id, column.id};
    }
  }

  /// `by`: index of the migration.
  void follow(const Change& change, const Schema& before, const Schema& after, std::size_t by) {
    note_writes(change, by);
    if (const auto* added = std::get_if<change::InsertColumn>(&change))
      fates_[{added->sheet, added->column.id}] = Fate{std::nullopt, false, by};
    if (!std::holds_alternative<change::Track>(change) && !std::holds_alternative<change::Untrack>(change)) return;
    rename(before, after);
    for (const Sheet& sheet : after.sheets) {
      for (const Column& column : sheet.columns)
        fates_.try_emplace({sheet.id, column.id}, Fate{std::nullopt, false, by});
    }
  }

  [[nodiscard]] const Fate& fate(const std::string& sheet, const std::string& column) const {
    return fates_.at({sheet, column});
  }
  [[nodiscard]] bool rows_change(const std::string& sheet) const { return rows_.contains(sheet); }
  /// The migration in whose record the cells of a column stand.
  [[nodiscard]] std::size_t recorded_by(const std::string& sheet, const std::string& column) const {
    const Fate& known = fate(sheet, column);
    if (known.by != kNobody) return known.by;
    const auto rows = rows_.find(sheet);
    return rows == rows_.end() ? 0 : rows->second;
  }
  /// Its cells are the target's own work (a generated column, a view) and follow what is written elsewhere.
  [[nodiscard]] bool follows(const Column& column) const { return cells_change_ && column.computed.has_value(); }

 private:
  void note_writes(const Change& change, std::size_t by) {
    const Footprint regions = footprint(change);
    const bool structural =
        std::holds_alternative<change::InsertColumn>(change) || std::holds_alternative<change::DeleteColumn>(change);
    for (const Scope& scope : regions.writes) {
      if (!structural) cells_change_ = true;
      if (!scope.column.empty() && !structural) {
        Fate& fate = fates_[{scope.sheet, scope.column}];
        fate.written = true;
        fate.by = by;
      }
      if (scope.column.empty() && regions.rows) rows_[scope.sheet] = by;
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
  std::map<std::string, std::size_t> rows_;  // sheets whose rows come and go, and by whom
  bool cells_change_ = false;
  std::vector<std::pair<Key, Fate>> moved_;
};

/// How the cells of a target are to be understood.
struct Meaning {
  bool text_source = false, live_formulas = false;
};
Meaning meaning_of(const Target& target) { return {target.text_source(), target.capabilities().formulas}; }

/// One hash a cell, of what it means under the column's declared type: how it is stored may change with the type.
/// A live formula counts by its text without places: what it gives and where it looks is the workbook's own work.
std::uint64_t cell_hash(const Cell& cell, const Column& column, const std::string& format, Meaning how) {
  if (how.live_formulas && !cell.formula.empty())
    return hash64(cell_bytes(Cell{Blank{}, formula_without_places(cell.formula), {}}));
  Cell meant{cell.value, cell.formula, {}};
  Evaluated read = read_as(cell.value, column.type, format, how.text_source);
  if (auto* value = std::get_if<Value>(&read)) meant.value = std::move(*value);
  return hash64(cell_bytes(meant));
}

/// cell_hash of one column, row by row. Mostly a cell says what the one above it said.
class CellHasher {
 public:
  CellHasher(const Column& column, Meaning how)
      : column_(&column),
        format_(column.format.value_or(implied_format(column.type))),
        how_(how),
        hash_(cell_hash(last_, column, format_, how)) {}

  std::uint64_t operator()(const Cell& cell) {
    if (cell.value == last_.value && cell.formula == last_.formula) return hash_;
    last_.value = cell.value;
    last_.formula = cell.formula;
    hash_ = cell_hash(cell, *column_, format_, how_);
    return hash_;
  }

 private:
  const Column* column_;
  std::string format_;
  Meaning how_;
  Cell last_;
  std::uint64_t hash_;
};

/// Stands for a cell of which nothing is predicted.
constexpr std::uint64_t kOpen = 0;

/// Goes over numbers row by row.
class RowReader {
 public:
  explicit RowReader(const RowNumbers& rows) : stretches_(rows.stretches()) {}
  [[nodiscard]] bool at_end() const { return at_ == stretches_.size(); }
  [[nodiscard]] std::uint64_t number() const { return stretches_[at_].number; }
  /// How many rows from here on have this number.
  [[nodiscard]] std::uint64_t left() const { return stretches_[at_].rows - taken_; }
  void skip(std::uint64_t rows) {
    taken_ += rows;
    if (taken_ < stretches_[at_].rows) return;
    taken_ = 0;
    ++at_;
  }

 private:
  const std::vector<RowNumbers::Stretch>& stretches_;
  std::size_t at_ = 0;
  std::uint64_t taken_ = 0;
};

/// Reads some columns of one sheet and hashes them row by row.
class ColumnReader {
 public:
  ColumnReader(const Sheet& sheet, std::vector<std::string> ids, Meaning how) : ids_(std::move(ids)) {
    hashers_.reserve(ids_.size());
    for (const std::string& id : ids_) {
      const Column* column = column_by_id(sheet, id);
      ZMIG_ASSERT(column != nullptr, "the ids come from this sheet");
      hashers_.emplace_back(*column, how);
      blank_hashes_.push_back(hashers_.back()(Cell{}));
    }
    digests_.resize(ids_.size());
    rows.resize(ids_.size());
    blank.resize(ids_.size(), true);
  }

  Status read(CellView& view, const std::string& sheet_id) {
    return view.scan(sheet_id, ids_, [&](const RowView& row) {
      // Rows are numbered one after the other; the distance to the first says it for all of them.
      offsets_.add(row.row.number - count_);
      ++count_;
      numbered_.add(row.row.handle != 0 ? 1 : 0);
      for (std::size_t i = 0; i < ids_.size(); ++i) {
        const std::uint64_t hash = hashers_[i](row.cells[i]);
        rows[i].add(hash);
        digests_[i].add(0, hash);
        if (!is_blank(row.cells[i].value) || !row.cells[i].formula.empty()) blank[i] = false;
      }
      return ok();
    });
  }

  [[nodiscard]] std::string digest(std::size_t i) const { return digests_[i].finish(); }

  /// Blank cells of rows that the target has not numbered yet; false when there are none. No digest after that.
  bool leave_new_blanks_open(std::size_t i) {
    const auto& stretches = numbered_.stretches();
    if (std::none_of(stretches.begin(), stretches.end(), [](const auto& one) { return one.number != 0; })) return false;
    RowNumbers opened;
    bool any = false;
    RowReader hashes(rows[i]);
    for (RowReader numbered(numbered_); !hashes.at_end();) {
      const std::uint64_t together = std::min(hashes.left(), numbered.left());
      const bool open = numbered.number() == 0 && hashes.number() == blank_hashes_[i];
      opened.add(open ? kOpen : hashes.number(), together);
      any = any || open;
      hashes.skip(together);
      numbered.skip(together);
    }
    rows[i] = std::move(opened);
    return any;
  }

  /// The number of the row that was read as the index0-th; 0: there was none.
  [[nodiscard]] std::uint64_t number_of(std::uint64_t index0) const {
    std::uint64_t first = 0;
    for (const RowNumbers::Stretch& stretch : offsets_.stretches()) {
      if (index0 < first + stretch.rows) return stretch.number + index0;
      first += stretch.rows;
    }
    return 0;
  }

  std::vector<RowNumbers> rows;  // by column
  std::vector<bool> blank;

 private:
  std::vector<std::string> ids_;
  std::vector<CellHasher> hashers_;
  std::vector<std::uint64_t> blank_hashes_;
  std::vector<RunningHash> digests_;
  RowNumbers offsets_, numbered_;
  std::uint64_t count_ = 0;
};

Status predict_cells(Overlay& overlay, const Sheet& sheet, const Tracking& tracking, Meaning how,
                     std::vector<Proof>& proofs) {
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) {
    const Fate& fate = tracking.fate(sheet.id, column.id);
    if (tracking.follows(column)) continue;
    if (tracking.rows_change(sheet.id) || fate.written || !fate.origin) ids.push_back(column.id);
  }
  if (ids.empty()) return ok();
  ColumnReader reader(sheet, ids, how);
  ZMIG_CHECK_OK(reader.read(overlay, sheet.id));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Fate& fate = tracking.fate(sheet.id, ids[i]);
    const bool written = fate.written || !fate.origin;
    // A new row gets what the target gives of itself (the number of an INTEGER PRIMARY KEY) where nothing is listed.
    const bool open = !written && reader.leave_new_blanks_open(i);
    proofs[tracking.recorded_by(sheet.id, ids[i])].predicted.push_back(
        {sheet.id, ids[i], open ? std::string() : reader.digest(i), written, reader.blank[i],
         std::move(reader.rows[i])});
  }
  return ok();
}

Status hash_untouched(Target& target, const Schema& live, const Sheet& sheet, const Tracking& tracking,
                      StoredHashes& hashes, Proof& proof) {
  for (const Column& column : sheet.columns) {
    const Fate& fate = tracking.fate(sheet.id, column.id);
    if (tracking.rows_change(sheet.id) || fate.written || !fate.origin || tracking.follows(column)) continue;
    const auto& [old_sheet, old_column] = *fate.origin;
    if (!hashes.contains(old_sheet)) { ZMIG_TRY(hashes[old_sheet], target.column_hashes(old_sheet, {})); }
    const Sheet* before = live.sheet(old_sheet);
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
  std::uint64_t count = 0;
  ZMIG_CHECK_OK(view.scan_judged(sheet.id, ids, {}, [&](const RowView&, bool data) {
    count += data ? 1 : 0;
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

/// The entry of this run is there under its number; that of the last run of a commit is the newest.
CheckResult stamp_check(const Look& look, const ProofInput& input) {
  CheckResult check = passed("stamp", 1);
  check.expected = "the entry of this run";
  check.observed = look.stamp ? "the entry of run " + look.stamp->run : "no stamp";
  if (input.proof.last) {
    if (!look.stamp || look.stamp->run != input.uid) check.outcome = Outcome::failed;
    return check;
  }
  const auto there = std::lower_bound(look.stamps.begin(), look.stamps.end(), input.number,
                                      [](const Stamp& stamp, std::uint64_t number) { return stamp.number < number; });
  if (there == look.stamps.end() || there->number != input.number) {
    check.outcome = Outcome::failed;
    check.observed = "no entry " + std::to_string(input.number);
    return check;
  }
  if (run_of_entry(there->entry) == input.uid) {
    check.observed = "the entry of run " + input.uid;
    return check;
  }
  const auto entry = stamp_from_json(there->entry);
  check.observed = entry.has_value() ? "the entry of run " + entry.value().run : entry.error().message;
  if (!entry.has_value() || entry.value().run != input.uid) check.outcome = Outcome::failed;
  return check;
}

/// Differences from the predicted workbook in things that are not ours.
CheckResult foreign_check(const Proof& proof, const Schema& live, const std::vector<Difference>& differences,
                          std::vector<CheckResult>& ours) {
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
  for (const Difference& difference : differences) {
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

/// Compares the live cells with what was predicted for one migration.
struct CellProof {
  Offences filled, blank, around;
  std::uint64_t filled_cells = 0, blank_cells = 0, around_cells = 0;

  Offences& kind(const PredictedColumn& column) { return !column.written ? around : column.blank ? blank : filled; }

  void compare(const PredictedColumn& column, const ColumnReader& reader, std::size_t i, const Sheet& sheet) {
    const std::size_t index0 = column_index(sheet, column.column);
    const RowNumbers& cells = reader.rows[i];
    (!column.written ? around_cells : column.blank ? blank_cells : filled_cells) += cells.rows();
    if (reader.digest(i) == column.digest) return;
    if (column.digest.empty() && column.rows.empty()) return;  // open cells, and the rows were not stored
    // What is only known as one digest is known of no row; of a blank column every row that was read is named then.
    const bool by_row = !column.rows.empty() || column.blank;
    Offences differing;
    bool same_length = true;
    if (by_row) {
      same_length = name_rows(column.rows, reader, i,
                              [&](std::uint64_t r) { differing.add(place_of(sheet, index0, reader.number_of(r))); });
    }
    if (column.digest.empty() && same_length && differing.count() == 0) return;
    if (differing.count() == 0) differing.add(place_of(sheet, index0, sheet.header_row));
    kind(column).add_all(differing);
  }

 private:
  /// Tells every row that differs from what was predicted; false: there are more rows than predicted, or fewer.
  template <class Name>
  static bool name_rows(const RowNumbers& predicted, const ColumnReader& reader, std::size_t i, const Name& name) {
    RowReader now(reader.rows[i]), then(predicted);
    std::uint64_t r = 0;
    const auto name_all = [&](std::uint64_t count) {
      for (std::uint64_t end = r + count; r < end; ++r) name(r);
    };
    while (!now.at_end() && !then.at_end()) {
      const std::uint64_t together = std::min(now.left(), then.left());
      const bool same = now.number() == then.number() || then.number() == kOpen;
      if (same) {
        r += together;
      } else {
        name_all(together);
      }
      now.skip(together);
      then.skip(together);
    }
    const bool same_length = now.at_end() && then.at_end();
    for (RowReader* rest : {&now, &then}) {
      for (; !rest->at_end(); rest->skip(rest->left())) name_all(rest->left());
    }
    return same_length;
  }
};

/// All predicted columns of a commit, one scan a sheet.
Status compare_cells(Target& live, std::span<const ProofInput> group, std::vector<CellProof>& proofs) {
  const Schema schema = live.schema();
  using Owned = std::pair<std::size_t, const PredictedColumn*>;
  std::map<std::string, std::vector<Owned>> by_sheet;
  for (std::size_t m = 0; m < group.size(); ++m) {
    for (const PredictedColumn& column : group[m].proof.predicted) by_sheet[column.sheet].emplace_back(m, &column);
  }
  for (const auto& [sheet_id, columns] : by_sheet) {
    const Sheet* sheet = schema.sheet(sheet_id);
    std::vector<std::string> ids;
    std::vector<Owned> there;
    for (const auto& [member, column] : columns) {
      if (sheet == nullptr) {
        proofs[member].filled.add(sheet_id);
      } else if (column_by_id(*sheet, column->column) == nullptr) {
        proofs[member].kind(*column).add(sheet->title);
      } else {
        ids.push_back(column->column);
        there.emplace_back(member, column);
      }
    }
    if (ids.empty()) continue;
    ColumnReader reader(*sheet, ids, meaning_of(live));
    ZMIG_CHECK_OK(reader.read(live, sheet->id));
    for (std::size_t i = 0; i < there.size(); ++i) proofs[there[i].first].compare(*there[i].second, reader, i, *sheet);
  }
  return ok();
}

/// A default that a new column of one migration has to hold in every data row, and nothing elsewhere.
struct DefaultRule {
  std::size_t member = 0;
  const change::FillEmpty* fill = nullptr;
};

/// The defaults of new columns that nothing else writes in the same migration.
std::vector<DefaultRule> defaults_of(const std::vector<Step>& steps, std::size_t member) {
  std::vector<DefaultRule> out;
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
    if (inserted && writers == 1) out.push_back({member, fill});
  }
  return out;
}

/// The rules of one sheet, in one scan for all that count the same columns.
class DefaultScan {
 public:
  DefaultScan(const Sheet& sheet, Meaning how) : sheet_(sheet), how_(how) {}

  void add(const DefaultRule& rule) {
    const Column* column = column_by_id(sheet_, rule.fill->at.column);
    if (column == nullptr) return;
    std::vector<std::string> counted = data_row_columns(sheet_, rule.fill->not_counted);
    std::erase(counted, column->id);
    const std::string format = column->format.value_or(implied_format(column->type));
    Alike& alike = alike_with(std::move(counted));
    const auto at = std::find(alike.ids.begin(), alike.ids.end(), column->id);
    const auto cell = static_cast<std::size_t>(at - alike.ids.begin());
    if (at == alike.ids.end()) alike.ids.push_back(column->id);
    alike.rules.push_back({rule, column_index(sheet_, column->id), cell, CellHasher(*column, how_),
                           cell_hash(Cell{rule.fill->value, {}, {}}, *column, format, how_),
                           cell_hash(Cell{}, *column, format, how_)});
  }

  Status run(CellView& live, std::vector<CellProof>& proofs) {
    for (Alike& alike : alike_) {
      ZMIG_CHECK_OK(live.scan_judged(sheet_.id, alike.counted, alike.ids, [&](const RowView& row, bool data) {
        for (One& one : alike.rules) {
          if (one.hash(row.cells[one.cell]) == (data ? one.in_data : one.elsewhere)) continue;
          proofs[one.rule.member].filled.add(place_of(sheet_, one.index0, row.row.number));
        }
        return ok();
      }));
    }
    return ok();
  }

 private:
  struct One {
    DefaultRule rule;
    std::size_t index0, cell;  // of the column in the sheet, and in the row that is read
    CellHasher hash;
    std::uint64_t in_data, elsewhere;
  };
  struct Alike {
    std::vector<std::string> counted, ids;
    std::vector<One> rules;
  };

  Alike& alike_with(std::vector<std::string> counted) {
    for (Alike& alike : alike_) {
      if (alike.counted == counted) return alike;
    }
    alike_.push_back({std::move(counted), {}, {}});
    return alike_.back();
  }

  const Sheet& sheet_;
  Meaning how_;
  std::vector<Alike> alike_;
};

/// The defaults once more, from the rule itself and not from the prediction.
Status check_defaults(Target& live, std::span<const ProofInput> group, std::vector<CellProof>& proofs) {
  std::map<std::string, DefaultScan> scans;
  const Schema schema = live.schema();
  for (std::size_t m = 0; m < group.size(); ++m) {
    if (group[m].steps == nullptr || proofs[m].filled.count() > 0) continue;
    for (const DefaultRule& rule : defaults_of(*group[m].steps, m)) {
      const Sheet* sheet = schema.sheet(rule.fill->at.sheet);
      if (sheet == nullptr) continue;
      scans.try_emplace(sheet->id, *sheet, meaning_of(live)).first->second.add(rule);
    }
  }
  for (auto& [id, scan] : scans) ZMIG_CHECK_OK(scan.run(live, proofs));
  return ok();
}

/// `changed`: cells around rows that came or went, which are known already.
Result<CheckResult> untouched_check(Target& target, const Proof& proof, Offences changed) {
  std::map<std::string, std::vector<std::string>> hashes;
  const Schema live = target.schema();  // the reference of a target may not outlive its next call
  for (const UntouchedColumn& column : proof.untouched) {
    const Sheet* sheet = live.sheet(column.sheet);
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

/// The workbook as one migration of a commit left it: its structure, with the cells that stand there after all of them.
/// The cut sees to it that no later one changes cells that an `ensure` of this one names.
class AfterView final : public CellView {
 public:
  AfterView(const Schema& after, CellView& live) : after_(after), live_(live) {}
  [[nodiscard]] const Schema& schema() const override { return after_; }
  [[nodiscard]] bool text_source() const override { return live_.text_source(); }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    return live_.scan(sheet_id, column_ids, sink);
  }

 private:
  const Schema& after_;
  CellView& live_;
};

Result<std::vector<CheckResult>> ensure_checks(Context& context, const Look& look, const ProofInput& input,
                                               bool untouched) {
  std::vector<CheckResult> results;
  if (input.ensures.empty()) return results;
  BeforeView before(input.proof, context.target.text_source());
  AfterView after(input.proof.after, context.target);
  CellView& now = input.proof.last ? static_cast<CellView&>(context.target) : after;
  CheckWorld world{.before = before,
                   .now = now,
                   .replayed = input.state,
                   .applied = look.stamp ? look.stamp->applied : CowList<AppliedMigration>(),
                   .at = context.now(),
                   .migration = input.migration,
                   .width_delta = 0,
                   .untouched = untouched,
                   .atomic = context.target.capabilities().atomic_batch,
                   .backup = input.backup,
                   .predicting = false,
                   .deltas = input.proof.deltas};
  for (const auto& [title, delta] : world.deltas) world.width_delta += delta.adopted - delta.forgotten;
  for (const CheckLine& line : input.ensures) {
    // Cells that cannot be read are no verdict: the run stays `confirmed` and is proved by the next command.
    ZMIG_TRY(CheckResult judged, judge_check(line, "ensure", world));
    results.push_back(std::move(judged));
  }
  return results;
}

/// Rows that an `ensure` compares, in the workbook before the migration.
Status count_rows_before(CellView& view, const std::vector<CheckLine>& ensures, Proof& proof) {
  for (const CheckLine& line : ensures) {
    const auto* delta = std::get_if<check::SheetDelta>(&line.check);
    if (delta == nullptr || delta->what != check::Counted::rows) continue;
    const Sheet* sheet = proof.before.sheet_titled(delta->title, true);
    if (sheet == nullptr) continue;
    ZMIG_TRY(proof.data_rows[sheet->id], count_data_rows(view, *sheet));
  }
  return ok();
}

/// The sheet or column that a change is about.
void note_touched(const Change& change, std::vector<Scope>& touched) {
  const Scope scope = std::visit(
      [](const auto& one) -> Scope {
        using One = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<One, change::InsertColumn>) {
          return {one.sheet, one.column.id};
        } else if constexpr (std::is_same_v<One, change::InsertSheet>) {
          return {one.sheet.id, {}};
        } else if constexpr (requires { one.at; }) {
          return one.at;
        } else if constexpr (requires { one.scope; }) {
          return one.scope;
        } else if constexpr (requires { one.sheet; }) {
          return {one.sheet, {}};
        } else {
          return {};
        }
      },
      change);
  if (!scope.sheet.empty() && std::find(touched.begin(), touched.end(), scope) == touched.end())
    touched.push_back(scope);
}

/// What the commit as a whole reached is what was planned, as far as this migration is concerned: of all differences
/// between the two none is about a thing that it touched.
CheckResult structure_check(const Proof& proof, const std::vector<Difference>& differences) {
  Offences wrong;
  const Difference* first = nullptr;
  for (const Difference& difference : differences) {
    const bool ours = std::any_of(proof.touched.begin(), proof.touched.end(), [&](const Scope& scope) {
      return scope.sheet == difference.sheet && (scope.column.empty() || scope.column == difference.column);
    });
    if (!ours) continue;
    wrong.add(difference.where);
    if (first == nullptr) first = &difference;
  }
  CheckResult check = wrong.result("headers", first == nullptr ? "" : first->where, proof.touched.size(),
                                   first == nullptr ? "as planned" : first->expected);
  if (first != nullptr) check.observed = first->observed;
  return check;
}

/// What stood otherwise before the write, and was put up with (a warning of the plan, or `--allow-drift`), is no fault
/// of the write: it is in the prediction too. `verify` names it as long as it is there.
std::vector<CheckResult> schema_checks_of_write(const Schema& state, const Schema& predicted, const Schema& live) {
  const std::vector<CheckResult> before = schema_checks(state, predicted);
  std::vector<CheckResult> checks;
  std::vector<std::string> put_up_with;
  for (CheckResult& check : schema_checks(state, live)) {
    const bool stood =
        check.outcome == Outcome::failed && std::find(before.begin(), before.end(), check) != before.end();
    if (stood) {
      put_up_with.push_back(check.id);
    } else {
      checks.push_back(std::move(check));
    }
  }
  for (const std::string& id : put_up_with) {
    if (std::none_of(checks.begin(), checks.end(), [&](const CheckResult& check) { return check.id == id; }))
      checks.push_back(passed(id, 0));
  }
  return checks;
}

}  // namespace

std::string_view run_of_entry(std::string_view entry) {
  constexpr std::string_view kMember = "\"run\":\"";
  if (!entry.starts_with('{')) return {};
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < entry.size(); ++at) {
    const char c = entry[at];
    if (in_text) {
      if (c == '\\') ++at;
      if (c == '"') in_text = false;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != '"') continue;
    if (depth == 1 && entry.substr(at).starts_with(kMember)) {
      const std::string_view run = entry.substr(at + kMember.size());
      const std::size_t end = run.find_first_of("\"\\");
      const bool plain = end != std::string_view::npos && run[end] == '"';
      return plain ? run.substr(0, end) : std::string_view();
    }
    in_text = true;
  }
  return {};
}

Result<std::vector<Proof>> predict(Target& target, std::span<const PlannedMigration> group,
                                   const StoredHashes* stored) {
  std::vector<Proof> proofs(group.size());
  const Schema live = target.schema();
  Overlay overlay(target);
  Tracking tracking(live);
  for (std::size_t m = 0; m < group.size(); ++m) {
    Proof& proof = proofs[m];
    proof.last = m + 1 == group.size();
    proof.before = overlay.schema();
    ZMIG_CHECK_OK(count_rows_before(overlay, group[m].ensure_lines, proof));
    for (const Step& step : group[m].steps) {
      const Schema before = overlay.schema();
      ZMIG_CHECK_OK(overlay.take(step.change));
      tracking.follow(step.change, before, overlay.schema(), m);
      note_touched(step.change, proof.touched);
    }
    proof.after = overlay.schema();
    proof.deltas = deltas_of(group[m].steps, proof.before, proof.after);
    // Only an `ensure` looks at the workbook as a member left it; a schema for each of thousands is much to keep.
    if (!proof.last && group[m].ensure_lines.empty()) proof.before = proof.after = Schema();
  }
  StoredHashes hashes = stored == nullptr ? StoredHashes() : *stored;
  for (const Sheet& sheet : overlay.schema().sheets) {
    ZMIG_CHECK_OK(predict_cells(overlay, sheet, tracking, meaning_of(target), proofs));
    ZMIG_CHECK_OK(hash_untouched(target, live, sheet, tracking, hashes, proofs.back()));
  }
  return proofs;
}

Result<std::vector<std::vector<CheckResult>>> prove(Context& context, const Look& look,
                                                    std::span<const ProofInput> group, const Proof& whole) {
  std::vector<CellProof> cells(group.size());
  ZMIG_CHECK_OK(compare_cells(context.target, group, cells));
  ZMIG_CHECK_OK(check_defaults(context.target, group, cells));
  Offences around;
  for (const CellProof& one : cells) around.add_all(one.around);
  ZMIG_TRY(const CheckResult untouched, untouched_check(context.target, whole, std::move(around)));
  ZMIG_TRY(const std::optional<CheckResult> parts, parts_check(context.target, whole.files));
  const std::vector<Difference> differences = all_differences(whole.after, look.live);
  std::vector<std::vector<CheckResult>> results;
  for (std::size_t m = 0; m < group.size(); ++m) {
    const ProofInput& input = group[m];
    std::vector<CheckResult> checks{stamp_check(look, input)};
    std::optional<CheckResult> foreign;
    if (input.proof.last) {
      for (CheckResult& check : schema_checks_of_write(input.state, whole.after, look.live))
        checks.push_back(std::move(check));
      foreign = foreign_check(whole, look.live, differences, checks);
    } else {
      checks.push_back(structure_check(input.proof, differences));
    }
    checks.push_back(cells[m].filled.result("fill", "", cells[m].filled_cells, "the planned values"));
    checks.push_back(cells[m].blank.result("empty", "", cells[m].blank_cells, "blank"));
    if (input.proof.last) checks.push_back(untouched);
    if (input.proof.last && parts) checks.push_back(*parts);
    if (foreign) checks.push_back(*std::move(foreign));
    ZMIG_TRY(auto ensures, ensure_checks(context, look, input, untouched.outcome == Outcome::passed));
    for (CheckResult& check : ensures) checks.push_back(std::move(check));
    for (const CheckResult& check : checks) context.emit(event::CheckFinished{check});
    results.push_back(std::move(checks));
  }
  return results;
}

bool all_passed(const std::vector<CheckResult>& checks, const std::vector<std::string>& allow_skip) {
  return std::all_of(checks.begin(), checks.end(), [&](const CheckResult& check) {
    if (check.outcome == Outcome::passed) return true;
    if (check.outcome == Outcome::failed) return false;
    return std::find(allow_skip.begin(), allow_skip.end(), check.id) != allow_skip.end();
  });
}

}  // namespace zmig::run
