// Cell by cell: what stands here, what stood there, and who wrote it since. Then the changes, in an order in which
// cells are compared while their columns still read as they do now.

#include "run/restore_diff.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/position.h"
#include "plan/way_to.h"
#include "run/baseline.h"
#include "run/checks.h"
#include "run/restore.h"
#include "run/restore_objects.h"
#include "run/snapshot_codec.h"

namespace zmig::run {
namespace {

constexpr std::size_t kListed = 20;

void list(std::vector<std::string>& places, std::string place) {
  if (places.size() < kListed) places.push_back(std::move(place));
}

bool is_empty(const Cell& cell) { return is_blank(cell.value) && cell.formula.empty(); }

std::string shown(const Cell& cell) {
  if (!cell.formula.empty()) return "=" + cell.formula;
  return is_blank(cell.value) ? std::string("blank") : quoted(to_text(cell.value));
}

bool addressable(const std::vector<RowRef>& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const RowRef& row) { return row.handle != 0; });
}

/// The backup's schema with the ids that the workbook has now: what was taken over since stays managed.
Result<Schema> managed_as_now(const Context& context, const LoadedBackup& loaded) {
  Schema schema = loaded.contents.head.schema;
  if (loaded.stamp) return schema;
  for (const Change& claim : missing_claims(baseline_schema(context.history), schema)) {
    if (const Status taken = apply_to(claim, schema); !taken.has_value()) {
      return make_error(
          Errc::conflict, "ZM0302",
          "the backup was made before the workbook was taken over, and is not the baseline: " + taken.error().message,
          "restore single sheets with --sheet");
    }
  }
  return schema;
}

/// One sheet that is on both sides.
struct Pair {
  const Sheet& live;
  const Sheet& goal;
  const Sheet& backup;  // as goal, in the order of the packed rows
  const std::vector<std::string>& rows;
  const std::vector<RowRef>& refs;
  bool whole = true;           // rows come and go, too
  std::set<std::string> only;  // ids of the goal; empty: all
};

/// One column of such a sheet.
struct Lane {
  std::size_t in_backup = 0, in_live = 0;  // indexes; in_live npos: new
  Scope goal, live;
  const Column* column = nullptr;
  bool retyped = false, reformatted = false;
  source::Run values, formats;
  Capture capture;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
};

class Comparison {
 public:
  Comparison(Context& context, const Look& look, const LoadedBackup& loaded, const RestoreOptions& how,
             const WrittenSince& since)
      : context_(context), look_(look), loaded_(loaded), how_(how), since_(since) {}

  Result<RestoreDifference> run() {
    ZMIG_TRY(backup_, managed_as_now(context_, loaded_));
    const bool whole = how_.sheets.empty() && how_.columns.empty();
    if (whole) {
      ZMIG_TRY(objects_, Objects::read(context_, loaded_));
      KeptThings kept;
      out_.goal = restored_schema(look_.live, backup_, !how_.discard_later_edits, kept);
      objects_.judge_views(look_.live, out_.goal, how_);
      auto way = way_to(objects_.live_tables(look_.live), objects_.goal_tables(out_.goal));
      if (!way.has_value()) return no_way(way.error());
      way_ = std::move(way).value();
      ZMIG_CHECK_OK(objects_.compare(look_.live, out_.goal, way_, kept, how_));
      for (const std::string& place : objects_.kept_places) keep(place);
      ZMIG_CHECK_OK(whole_workbook());
    } else {
      out_.goal = look_.live;
      ZMIG_CHECK_OK(parts());
    }
    assemble();
    return std::move(out_);
  }

 private:
  static Error no_way(const Error& error) {
    Error refused = error;
    refused.message = "the workbook cannot be led back to the backup: " + error.message;
    if (refused.help.empty())
      refused.help = "`--discard-later-edits` leaves out what people added since; `--sheet` restores cells alone";
    return refused;
  }

  // --- the whole workbook

  Status whole_workbook() {
    for (const Sheet& sheet : look_.live.sheets) {
      const bool goes = std::any_of(way_.deleted.begin(), way_.deleted.end(), [&](const Scope& scope) {
        return scope.sheet == sheet.id && scope.column.empty();
      });
      if (goes) ZMIG_CHECK_OK(sheet_goes(sheet));
    }
    for (const Sheet& goal : out_.goal.sheets) {
      if (objects_.is_view(goal.id)) continue;
      const std::size_t s = index_in_backup(goal.id);
      if (s == backup_.sheets.size()) {  // of people, and stays
        RestoredSheet& told = tell(goal.title);
        for (const Column& column : goal.columns) told.columns_kept.push_back(column.header);
        continue;
      }
      const Sheet* live = live_of(goal);
      if (live == nullptr) {
        ZMIG_CHECK_OK(sheet_comes(goal, s));
      } else {
        ZMIG_CHECK_OK(compare(Pair{*live, goal, backup_.sheets[s], loaded_.rows[s], loaded_.refs[s], true, {}}));
      }
    }
    return ok();
  }

  [[nodiscard]] std::size_t index_in_backup(const std::string& id) const {
    const auto found =
        std::find_if(backup_.sheets.begin(), backup_.sheets.end(), [&](const Sheet& sheet) { return sheet.id == id; });
    return static_cast<std::size_t>(found - backup_.sheets.begin());
  }

  /// The live sheet of a sheet of the goal: the same id, or the one that its claim or release renames.
  [[nodiscard]] const Sheet* live_of(const Sheet& goal) const {
    const bool comes = std::find(way_.inserted.begin(), way_.inserted.end(), Scope{goal.id, {}}) != way_.inserted.end();
    if (comes) return nullptr;
    if (const Sheet* sheet = look_.live.sheet(goal.id)) return sheet;
    for (const auto& [to, from] : way_.renamed) {
      if (to.sheet == goal.id) return look_.live.sheet(from.sheet);
    }
    return look_.live.sheet_titled(goal.title, true);
  }

  [[nodiscard]] std::string live_column(const Sheet& live, const std::string& goal_sheet, const std::string& id) const {
    for (const auto& [to, from] : way_.renamed) {
      if (to.sheet == goal_sheet && to.column == id) return from.column;
    }
    return column_by_id(live, id) == nullptr ? std::string() : id;
  }

  RestoredSheet& tell(const std::string& title) {
    for (RestoredSheet& sheet : out_.sheets) {
      if (sheet.sheet == title) return sheet;
    }
    out_.sheets.push_back({});
    out_.sheets.back().sheet = title;
    return out_.sheets.back();
  }

  /// A cell of a person that goes for good.
  void lose(const std::string& place) {
    ++out_.lost;
    list(out_.lost_places, place);
  }

  Status sheet_goes(const Sheet& sheet) {
    RestoredSheet& told = tell(sheet.title);
    told.removed = true;
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    return context_.target.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      ++told.rows_removed;
      if (since_.inserted(sheet, row.cells)) return ok();
      for (std::size_t i = 0; i < row.cells.size(); ++i) count_going(sheet, i, row);
      return ok();
    });
  }

  void count_going(const Sheet& sheet, std::size_t index0, const RowView& row) {
    const Column& column = sheet.columns[index0];
    const Cell& now = row.cells[index0];
    const bool is_default = column.rules.fallback && now.value == *column.rules.fallback && now.formula.empty();
    if (is_empty(now) || column.computed || is_default || since_.wrote({sheet.id, column.id}, row.row, now)) return;
    lose(place_of(sheet, index0, row.row.number));
  }

  Status sheet_comes(const Sheet& goal, std::size_t s) {
    RestoredSheet& told = tell(goal.title);
    told.added = true;
    for (const Column& column : goal.columns) told.columns_added.push_back(column.header);
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < loaded_.rows[s].size(); ++i) all.push_back(i);
    return rows_come(goal, backup_.sheets[s], loaded_.rows[s], loaded_.refs[s], all, {}, told);
  }

  // --- parts of it: cells alone

  Status parts() {
    std::map<std::string, std::set<std::string>> wanted;  // sheet id: column ids, empty: all
    for (const std::string& title : how_.sheets) {
      ZMIG_TRY(const Sheet* sheet, sheet_named(title));
      wanted[sheet->id];
    }
    for (const std::string& name : how_.columns) {
      ZMIG_TRY(const Scope at, column_named(name));
      const auto there = wanted.find(at.sheet);
      if (there != wanted.end() && there->second.empty()) continue;
      wanted[at.sheet].insert(at.column);
    }
    for (const auto& [id, columns] : wanted) {
      const Sheet& live = *look_.live.sheet(id);
      const std::size_t s = index_in_backup(id);
      ZMIG_CHECK_OK(same_columns(live, backup_.sheets[s], columns));
      ZMIG_CHECK_OK(
          compare(Pair{live, live, backup_.sheets[s], loaded_.rows[s], loaded_.refs[s], columns.empty(), columns}));
    }
    return ok();
  }

  Result<const Sheet*> sheet_named(const std::string& title) const {
    const Sheet* live = look_.live.sheet_titled(title, true);
    if (live == nullptr || index_in_backup(live->id) == backup_.sheets.size()) {
      return make_error(
          Errc::not_found, "ZM0713",
          fmt::format("there is no sheet {} {}", quoted(title), live == nullptr ? "in the workbook" : "in the backup"),
          "without --sheet the whole workbook comes back, with its sheets");
    }
    return live;
  }

  Result<Scope> column_named(const std::string& name) const {
    const auto dot = name.find('.');
    if (dot == std::string::npos)
      return make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is not SHEET.COLUMN", quoted(name)),
                        "write --column \"Operaciones.Lote\"");
    ZMIG_TRY(const Sheet* live, sheet_named(name.substr(0, dot)));
    const Column* column = column_by_header(*live, name.substr(dot + 1), true);
    if (column == nullptr)
      return make_error(Errc::not_found, "ZM0713", fmt::format("there is no column {} in the workbook", quoted(name)),
                        "without --column the whole workbook comes back, with its columns");
    return Scope{live->id, column->id};
  }

  /// Cells can only go back into the columns that they come from.
  static Status same_columns(const Sheet& live, const Sheet& backup, const std::set<std::string>& only) {
    const auto refuse = [&](const std::string& header, const std::string& why) {
      return make_error(Errc::conflict, "ZM0302", fmt::format("{}.{} {}", live.title, header, why),
                        "`zmig restore` without --sheet and --column brings back columns and types as well");
    };
    for (const Column& column : live.columns) {
      if (!only.empty() && !only.contains(column.id)) continue;
      const Column* then = column_by_id(backup, column.id);
      if (then == nullptr) {
        if (only.empty() && !column.managed) continue;
        return refuse(column.header, "was not there when the backup was made");
      }
      if (then->type != column.type)
        return refuse(column.header, fmt::format("was {} when the backup was made, and is {} now",
                                                 to_string(then->type), to_string(column.type)));
    }
    if (!only.empty()) return ok();
    for (const Column& column : backup.columns) {
      if (column_by_id(live, column.id) == nullptr) return refuse(column.header, "is in the backup, and gone now");
    }
    return ok();
  }

  // --- one sheet

  std::vector<Lane> lanes_of(const Pair& pair, RestoredSheet& told) const {
    std::vector<Lane> lanes;
    for (const Column& column : pair.goal.columns) {
      const std::size_t in_backup = column_index(pair.backup, column.id);
      if (in_backup == pair.backup.columns.size()) {
        if (pair.whole && !column.managed) told.columns_kept.push_back(column.header);
        continue;
      }
      if (!pair.only.empty() && !pair.only.contains(column.id)) continue;
      Lane lane;
      lane.in_backup = in_backup;
      lane.column = &column;
      lane.goal = {pair.goal.id, column.id};
      const std::string live = live_column(pair.live, pair.goal.id, column.id);
      lane.in_live = live.empty() ? Lane::kNone : column_index(pair.live, live);
      lane.live = {pair.live.id, live};
      if (live.empty()) {
        told.columns_added.push_back(column.header);
      } else {
        const Column& now = pair.live.columns[lane.in_live];
        if ((now.computed && now.computed->native) || (column.computed && column.computed->native)) continue;
        lane.reformatted = now.format != column.format;
      }
      lane.retyped =
          std::find(way_.retyped.begin(), way_.retyped.end(), lane.goal) != way_.retyped.end() ||
          std::find(way_.retyped.begin(), way_.retyped.end(), Scope{lane.live.sheet, column.id}) != way_.retyped.end();
      lane.capture.sheet = lane.goal.sheet;
      lane.capture.column = lane.goal.column;
      lanes.push_back(std::move(lane));
    }
    return lanes;
  }

  Status compare(const Pair& pair) {
    RestoredSheet& told = tell(pair.goal.title);
    std::vector<Lane> lanes = lanes_of(pair, told);
    std::vector<std::size_t> going;  // live columns that the way deletes
    for (std::size_t c = 0; c < pair.live.columns.size(); ++c) {
      const Scope at{pair.live.id, pair.live.columns[c].id};
      if (std::find(way_.deleted.begin(), way_.deleted.end(), at) == way_.deleted.end()) continue;
      going.push_back(c);
      told.columns_removed.push_back(pair.live.columns[c].header);
    }
    std::vector<std::string> ids;
    for (const Column& column : pair.live.columns) ids.push_back(column.id);
    std::vector<RowRef> seen;
    ZMIG_CHECK_OK(context_.target.scan(pair.live.id, {}, [&](const RowView& row) -> Status {
      seen.push_back(row.row);
      return ok();
    }));
    const bool by_handle = addressable(seen) && addressable(pair.refs);
    std::unordered_map<std::int64_t, std::size_t> index;
    for (std::size_t i = 0; by_handle && i < pair.refs.size(); ++i) index.emplace(pair.refs[i].handle, i);

    std::vector<bool> found(pair.rows.size(), false);
    source::Run gone;
    gone.columns = {};
    std::vector<RowRef> staying;
    std::size_t ordinal = 0;
    bool differs = false;
    ZMIG_CHECK_OK(context_.target.scan(pair.live.id, ids, [&](const RowView& row) -> Status {
      const std::size_t here = ordinal++;
      const auto at = by_handle ? index.find(row.row.handle) : index.end();
      const std::size_t match = by_handle ? (at == index.end() ? pair.rows.size() : at->second) : here;
      for (const std::size_t c : going) count_going(pair.live, c, row);
      if (match >= pair.rows.size()) {
        differs = true;
        if (by_handle && pair.whole) extra_row(pair, row, lanes, gone, staying, told);
        return ok();
      }
      found[match] = true;
      staying.push_back(row.row);
      ZMIG_TRY(const SnapshotRow then, row_from_bytes(pair.rows[match]));
      differs = cells_of(pair, row, then, lanes, told) || differs;
      return ok();
    }));
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) missing.push_back(i);
    }
    if (!by_handle && (differs || !missing.empty())) return cannot_address(pair, told);
    if (!gone.rows.empty()) delete_rows_.push_back(change::DeleteRows{pair.live.id, std::move(gone)});
    for (Lane& lane : lanes) lanes_.push_back(std::move(lane));
    if (!pair.whole) return ok();
    return rows_come(pair.goal, pair.backup, pair.rows, pair.refs, missing, staying, told);
  }

  /// Rows without an address of their own (a view, WITHOUT ROWID) follow other things, or cannot be written.
  Status cannot_address(const Pair& pair, RestoredSheet& told) {
    if (pair.goal.managed) {
      return make_error(
          Errc::conflict, "ZM0479",
          fmt::format("rows of {} cannot be addressed, and differ from the backup", quoted(pair.goal.title)),
          "write them back with a program of your own");
    }
    told = RestoredSheet{};
    told.sheet = pair.goal.title;
    out_.left.push_back(pair.goal.title);
    return ok();
  }

  void keep_edit(RestoredSheet& told, const std::string& place) {
    ++told.kept_edits;
    list(told.kept, place);
    keep(place);
  }
  void keep(const std::string& place) {
    ++out_.kept;
    list(out_.kept_places, place);
  }

  [[nodiscard]] bool overwrites() const { return how_.discard_later_edits || how_.on_edit == OnEdit::captured; }

  /// True when the row says anything else than the backup.
  bool cells_of(const Pair& pair, const RowView& row, const SnapshotRow& then, std::vector<Lane>& lanes,
                RestoredSheet& told) {
    static const Cell kBlank;
    bool differs = false;
    for (Lane& lane : lanes) {
      const bool is_new = lane.in_live == Lane::kNone;
      const Cell& now = is_new ? kBlank : row.cells[lane.in_live];
      const Cell& back = then.cells[lane.in_backup];
      const bool same = now == back, respelled = now.stored != back.stored;
      if (same && !respelled && !lane.retyped && !(lane.reformatted && !back.format.empty())) continue;
      const std::string place =
          is_new ? pair.goal.title + "." + lane.column->header : place_of(pair.live, lane.in_live, row.row.number);
      const bool content = now.value == back.value && now.formula == back.formula;
      const bool edited = !is_new && !same && !since_.wrote(lane.live, row.row, now);
      if (!same) differs = true;
      if (edited && !overwrites()) {
        keep_edit(told, place);
        if (lane.retyped) lane.values.edits.push_back({plain(row.row), now, now});
        continue;
      }
      if (edited && !is_empty(now)) lose(place);
      if (!same || respelled) {
        ++told.cells_restored;
        if (told.first.size() < 5)
          told.first.push_back(is_sensitive(pair.goal, *lane.column)
                                   ? place
                                   : fmt::format("{} {} -> {}", place, shown(now), shown(back)));
        lane.capture.cells.push_back({row.row, now, back});
      }
      if (!content || respelled || lane.retyped) {
        Cell write = back;
        if (back.stored.empty() && respelled) write.stored = kStoredAsUsual;
        lane.values.edits.push_back({plain(row.row), now, std::move(write)});
      }
      const bool plain_by_then = lane.retyped || lane.reformatted || is_new;
      if (now.format != back.format || (plain_by_then && !back.format.empty())) {
        Cell from = now;
        if (plain_by_then) from.format.clear();
        lane.formats.edits.push_back({plain(row.row), std::move(from), back});
      }
    }
    return differs;
  }

  [[nodiscard]] bool is_sensitive(const Sheet& sheet, const Column& column) const {
    const auto& hidden = context_.options.sensitive;
    return std::find(hidden.begin(), hidden.end(), sheet.title + "." + column.header) != hidden.end();
  }

  static RowRef plain(const RowRef& row) { return {row.number, row.handle, {}}; }

  /// A row that came after the backup.
  void extra_row(const Pair& pair, const RowView& row, std::vector<Lane>& lanes, source::Run& gone,
                 std::vector<RowRef>& staying, RestoredSheet& told) {
    const bool ours = since_.inserted(pair.live, row.cells);
    if (!ours && !overwrites()) {
      keep_edit(told, fmt::format("{}!{}", pair.live.title, row.row.number));
      staying.push_back(row.row);
      for (Lane& lane : lanes) {
        if (lane.retyped && lane.in_live != Lane::kNone)
          lane.values.edits.push_back({plain(row.row), row.cells[lane.in_live], row.cells[lane.in_live]});
      }
      return;
    }
    ++told.rows_removed;
    gone.rows.push_back({plain(row.row), {}});
    if (ours) return;
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      if (!is_empty(row.cells[c]) && !pair.live.columns[c].computed) lose(place_of(pair.live, c, row.row.number));
    }
  }

  /// Rows of the backup that are not there. Where rows stand by their address, they go back to where it puts them.
  Status rows_come(const Sheet& goal, const Sheet& backup, const std::vector<std::string>& rows,
                   const std::vector<RowRef>& refs, const std::vector<std::size_t>& missing,
                   const std::vector<RowRef>& staying, RestoredSheet& told) {
    if (missing.empty()) return ok();
    source::Run run;
    std::vector<std::size_t> from;
    for (const Column& column : goal.columns) {
      const std::size_t in_backup = column_index(backup, column.id);
      if (in_backup == backup.columns.size() || (column.computed && column.computed->native)) continue;
      run.columns.push_back(column.id);
      from.push_back(in_backup);
    }
    const auto ascending = [](const std::vector<RowRef>& list) {
      return std::is_sorted(list.begin(), list.end(),
                            [](const RowRef& a, const RowRef& b) { return a.handle < b.handle; });
    };
    std::vector<std::int64_t> order;
    const bool by_address = addressable(refs) && ascending(staying) && ascending(refs);
    if (by_address) {
      for (const RowRef& row : staying) order.push_back(row.handle);
      for (const std::size_t i : missing) order.push_back(refs[i].handle);
      std::sort(order.begin(), order.end());
    }
    Capture capture;
    capture.sheet = goal.id;
    capture.columns = run.columns;
    for (const std::size_t i : missing) {
      ZMIG_TRY(const SnapshotRow then, row_from_bytes(rows[i]));
      source::Row row;
      row.row = {refs[i].number, refs[i].handle, {}};
      if (by_address) {
        const auto at = std::lower_bound(order.begin(), order.end(), refs[i].handle) - order.begin();
        row.row.number = goal.header_row + 1 + static_cast<std::uint64_t>(at);
      }
      for (const std::size_t k : from) row.cells.push_back(then.cells[k]);
      capture.rows.push_back({row.row, row.cells, true});
      run.rows.push_back(std::move(row));
      ++told.rows_added;
    }
    insert_rows_.push_back(change::InsertRows{goal.id, std::move(run)});
    captures_of_rows_.push_back(std::move(capture));
    return ok();
  }

  // --- all of it

  /// What looks at tables goes; rows go; columns come, go and take their types; values; formats, notes, rules; formats
  /// of single cells; rows come; what looks at tables comes; sheets take their places.
  void assemble() {
    out_.objects = std::move(objects_.told);
    out_.order = std::move(objects_.order);
    out_.not_held = std::move(objects_.not_held);
    out_.changes = std::move(objects_.first);
    for (auto& one : delete_rows_) out_.changes.emplace_back(std::move(one));
    std::size_t retype = 0;
    const auto take = [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Change change = std::move(way_.changes[i]);
        if (auto* typed = std::get_if<change::Retype>(&change)) {
          const Scope goal = way_.retyped[retype++];
          for (Lane& lane : lanes_) {
            if (lane.goal.column == goal.column && (lane.goal.sheet == goal.sheet || lane.live.sheet == goal.sheet))
              typed->cells = std::exchange(lane.values, {});
          }
        }
        out_.changes.push_back(std::move(change));
      }
    };
    take(0, way_.facts);
    for (Lane& lane : lanes_) {
      if (lane.values.edits.empty()) continue;
      out_.changes.emplace_back(change::RestoreCells{lane.goal, change::Restore::values, std::move(lane.values)});
    }
    take(way_.facts, way_.changes.size());
    for (Lane& lane : lanes_) {
      if (lane.formats.edits.empty()) continue;
      out_.changes.emplace_back(change::RestoreCells{lane.goal, change::Restore::formats, std::move(lane.formats)});
    }
    for (auto& one : insert_rows_) out_.changes.emplace_back(std::move(one));
    for (Change& one : objects_.last) out_.changes.push_back(std::move(one));
    std::size_t step = 0;
    for (Lane& lane : lanes_) {
      lane.capture.step = ++step;
      if (!lane.capture.cells.empty()) out_.captures.push_back(std::move(lane.capture));
    }
    for (Capture& capture : captures_of_rows_) {
      capture.step = ++step;
      out_.captures.push_back(std::move(capture));
    }
    std::stable_sort(out_.sheets.begin(), out_.sheets.end(),
                     [&](const RestoredSheet& a, const RestoredSheet& b) { return order_of(a) < order_of(b); });
  }

  [[nodiscard]] std::size_t order_of(const RestoredSheet& told) const {
    for (std::size_t i = 0; i < out_.goal.sheets.size(); ++i) {
      if (out_.goal.sheets[i].title == told.sheet) return i;
    }
    return out_.goal.sheets.size();
  }

  Context& context_;
  const Look& look_;
  const LoadedBackup& loaded_;
  const RestoreOptions& how_;
  const WrittenSince& since_;
  Schema backup_;
  Way way_;
  Objects objects_;
  std::vector<Lane> lanes_;
  std::vector<change::DeleteRows> delete_rows_;
  std::vector<change::InsertRows> insert_rows_;
  std::vector<Capture> captures_of_rows_;
  RestoreDifference out_;
};

}  // namespace

Result<RestoreDifference> restore_difference(Context& context, const Look& look, const LoadedBackup& loaded,
                                             const RestoreOptions& how, const WrittenSince& since) {
  return Comparison(context, look, loaded, how, since).run();
}

}  // namespace zmig::run
