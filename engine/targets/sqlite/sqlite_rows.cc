// Cells and rows of a commit.
#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"

namespace zmig::sqlite_workbook {
namespace {

using Event = TriggerEvent::Kind;

std::uint64_t number_of(std::int64_t count) { return static_cast<std::uint64_t>(count); }

Result<std::int64_t> single_integer(sqlite::Database& db, const std::string& sql) {
  ZMIG_TRY(sqlite::Statement statement, db.prepare(sql));
  ZMIG_TRY([[maybe_unused]] const bool there, statement.step());
  return statement.integer(0);
}

std::string row_place(const Sheet& sheet, std::uint64_t number) { return fmt::format("{}!{}", sheet.title, number); }

bool is_blob(const sqlite::Datum& datum) { return std::holds_alternative<sqlite::Blob>(datum); }

std::vector<std::size_t> all_columns(const Table& table) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < table.columns.size(); ++i) all.push_back(i);
  return all;
}

}  // namespace

Error explain(Error error, const std::string& place) {
  if (!error.place.empty() || error.code != Errc::conflict) return error;
  error.place = place;
  if (!error.zm.empty()) return error;
  const auto says = [&](std::string_view part) { return error.message.find(part) != std::string::npos; };
  error.zm = says("UNIQUE constraint")     ? "ZM0317"
             : says("NOT NULL constraint") ? "ZM0318"
             : says("CHECK constraint")    ? "ZM0480"
             : says("cannot store")        ? "ZM0478"
                                           : "ZM0302";
  if (error.zm == "ZM0480" && error.help.empty())
    error.help = "the table allows other values: drop its CHECK, or write one of those";
  return error;
}

Result<std::vector<std::int64_t>> all_rowids(sqlite::Database& db, const Table& table) {
  std::vector<std::int64_t> ids;
  ZMIG_TRY(RowCursor rows, RowCursor::open(db, table, {}));
  for (;;) {
    ZMIG_TRY(const bool there, rows.next());
    if (!there) return ids;
    ids.push_back(rows.rowid());
  }
}

Result<std::optional<std::int64_t>> RowAddress::of(const RowRef& row) {
  if (row.handle != 0) {
    std::int64_t now = row.handle;
    for (const RowShift& shift : shifts_) {
      if (now >= shift.from) now += shift.by;
    }
    return std::optional(now);
  }
  if (!loaded_) {
    ZMIG_TRY(by_number_, all_rowids(db_, table_));
    loaded_ = true;
  }
  if (row.number <= sheet_.header_row) return std::optional<std::int64_t>();
  const std::uint64_t index0 = row.number - sheet_.header_row - 1;
  return index0 < by_number_.size() ? std::optional(by_number_[index0]) : std::optional<std::int64_t>();
}

Result<sqlite::Statement*> Commit::cached(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return &found->second;
  ZMIG_TRY(sqlite::Statement statement, db_.prepare(sql));
  return &statements_.emplace(sql, std::move(statement)).first->second;
}

Result<Commit::Spot> Commit::spot(const Scope& at) {
  const std::size_t s = layout_.index_of(at.sheet);
  ZMIG_ASSERT(s < layout_.tables.size(), "apply_to found the sheet");
  Spot found{layout_.schema.sheets[s], layout_.tables[s], column_index(layout_.schema.sheets[s], at.column)};
  ZMIG_ASSERT(found.column < found.table.columns.size(), "apply_to found the column");
  return found;
}

Status Commit::check_addressable(const Table& table) const {
  if (table.view)
    return make_error(Errc::conflict, "ZM0473",
                      fmt::format("{} is a view; it has no cells to change", quoted(table.name)),
                      "change the table that it shows");
  if (!table.rowid.empty()) return ok();
  const std::string why = table.without_rowid ? "WITHOUT ROWID" : "rowid, oid, _rowid_ are columns";
  return make_error(Errc::conflict, "ZM0479",
                    fmt::format("rows of {} cannot be addressed ({})", quoted(table.name), why),
                    "make the table anew with rowids, or leave its cells to its own program");
}

Status Commit::check_triggers(const Table& table, int event, const std::string& column, std::uint64_t rows) {
  if (rows == 0 || options_.fire_triggers || options_.suppress_triggers) return ok();
  ZMIG_TRY(
      sqlite::Statement triggers,
      db_.prepare("SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE"));
  triggers.bind(1, table.name);
  std::vector<std::string> firing;
  for (;;) {
    ZMIG_TRY(const bool there, triggers.step());
    if (!there) break;
    const std::optional<TriggerEvent> about = trigger_event(triggers.text(1));
    if (triggers.text(0).starts_with(kOwnPrefix) || !about || static_cast<int>(about->kind) != event) continue;
    const bool concerned =
        about->columns.empty() || std::any_of(about->columns.begin(), about->columns.end(),
                                              [&](const std::string& one) { return same_name(one, column); });
    if (concerned) firing.push_back(quoted(triggers.text(0)));
  }
  if (firing.empty()) return ok();
  return make_error(Errc::unsupported, "ZM0477",
                    fmt::format("trigger {} would fire for {}", join(firing, ", "), counted(rows, "row", "rows")),
                    "set `sqlite.triggers` to \"fire\" or \"suppress\"", table.name);
}

Status Commit::unnote(const Table& table, std::int64_t rowid, const std::string& column) {
  ZMIG_TRY(sqlite::Statement * remove, cached("DELETE FROM _zmig_cell WHERE sheet = ?1 AND row = ?2 AND column = ?3"));
  remove->bind(1, table.name).bind(2, rowid).bind(3, column);
  return remove->run();
}

Status Commit::note(const Table& table, std::int64_t rowid, const std::string& column, const sqlite::Datum& raw,
                    std::string_view kind, const Cell& cell) {
  ZMIG_TRY(sqlite::Statement * insert, cached("INSERT OR REPLACE INTO _zmig_cell VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  insert->bind(1, table.name)
      .bind(2, rowid)
      .bind(3, column)
      .bind(4, raw)
      .bind(5, kind)
      .bind(6, cell.formula)
      .bind(7, cell.format);
  return insert->run();
}

/// Writes one cell that was looked at: the value, and beside it what the cell cannot hold.
Status Commit::put(const Spot& at, const RowRef& row, std::int64_t rowid, const RowLookup::Found& now,
                   const Cell& cell) {
  const TableColumn& column = at.table.columns[at.column];
  const std::string place = cell_place(at.sheet, at.sheet.columns[at.column].id, row.number);
  if (!column.generated.empty()) {
    return make_error(Errc::conflict, "ZM0302", fmt::format("{} is computed by the database", quoted(column.name)), {},
                      place);
  }
  ZMIG_TRY(const Stored stored, encode(cell, at.sheet.columns[at.column], column, place));
  if (stored.respelled)
    respell_.push_back({{at.sheet.id, at.sheet.columns[at.column].id}, rowid, shifts_[at.sheet.id].size(), cell});
  // A cell that reads as it should keeps its bytes: '' stays '' where blank is wanted. A way back knows the bytes.
  const bool as_it_was = !cell.stored.empty() && !stored.respelled && !same_bytes(raw_of(now.datum), stored.datum);
  const bool writes = now.cell.value != cell.value || as_it_was;
  if (writes) {
    if (is_blob(now.datum)) {
      return make_error(Errc::conflict, "ZM0478",
                        fmt::format("{} holds bytes that are no text and could not be put back", quoted(column.name)),
                        {}, place);
    }
    ZMIG_TRY(sqlite::Statement * update,
             cached(fmt::format("UPDATE main.{} SET {} = ?1 WHERE {} = ?2", at.table.quoted_name(),
                                sqlite::identifier(column.name), at.table.rowid)));
    update->bind(1, stored.datum).bind(2, rowid);
    if (Status updated = update->run(); !updated) return explain(std::move(updated).error(), place);
    if (db_.changes() != 1) return stale_row(place, "the row of a cell to write is not there");
  }
  if (!stored.needs_kind && cell.formula.empty() && cell.format.empty()) {
    return now.annotated ? unnote(at.table, rowid, column.name) : ok();
  }
  const sqlite::Datum& raw = writes ? stored.datum : now.datum;
  return note(at.table, rowid, column.name, raw, stored.needs_kind ? kind_of(cell.value) : std::string_view(), cell);
}

/// Cells whose bytes did not fit the column as it was when they came back: by now it has its type and format again.
Status Commit::respell() {
  for (const Respelled& one : std::exchange(respell_, {})) {
    const std::size_t s = layout_.index_of(one.at.sheet);
    if (s >= layout_.tables.size()) continue;
    const Sheet& sheet = layout_.schema.sheets[s];
    const std::size_t column = column_index(sheet, one.at.column);
    if (column >= sheet.columns.size() || !layout_.tables[s].columns[column].generated.empty()) continue;
    std::int64_t rowid = one.rowid;
    const std::vector<RowShift>& shifts = shifts_[one.at.sheet];
    for (std::size_t i = one.shifts_seen; i < shifts.size(); ++i) {
      if (rowid >= shifts[i].from) rowid += shifts[i].by;
    }
    ZMIG_TRY(RowLookup lookup, RowLookup::open(db_, sheet, layout_.tables[s], {column}));
    ZMIG_TRY(const auto found, lookup.find(rowid));
    if (!found || found->front().cell.value != one.cell.value) continue;  // the way back went on from there
    Cell again = found->front().cell;
    again.stored = one.cell.stored;
    RowRef row;
    row.handle = rowid;
    ZMIG_CHECK_OK(put(Spot{layout_.schema.sheets[s], layout_.tables[s], column}, row, rowid, found->front(), again));
  }
  respell_.clear();  // what does not fit now never will
  return ok();
}

Status Commit::write_cells(const Scope& where, const Source& cells) {
  ZMIG_TRY(const source::Run* run, run_of(cells));
  if (run->edits.empty()) return ok();
  ZMIG_TRY(const Spot at, spot(where));
  ZMIG_CHECK_OK(check_addressable(at.table));
  ZMIG_CHECK_OK(
      check_triggers(at.table, static_cast<int>(Event::update), at.table.columns[at.column].name, run->edits.size()));
  RowAddress address(db_, at.sheet, at.table, shifts_[at.sheet.id]);
  ZMIG_TRY(RowLookup lookup, RowLookup::open(db_, at.sheet, at.table, {at.column}));
  for (const source::Edit& edit : run->edits) {
    const std::string place = cell_place(at.sheet, where.column, edit.row.number);
    ZMIG_TRY(const std::optional<std::int64_t> rowid, address.of(edit.row));
    if (!rowid) return stale_row(place, "the row of a cell to write is not there");
    ZMIG_TRY(const auto found, lookup.find(*rowid));
    if (!found) return stale_row(place, "the row of a cell to write is not there");
    const RowLookup::Found& now = found->front();
    const Verdict verdict = judge(now.cell, edit.expected, edit.write);
    if (verdict == Verdict::conflict) return stale_cell(place, edit.expected, now.cell);
    if (verdict == Verdict::settled) continue;
    ZMIG_CHECK_OK(put(at, edit.row, *rowid, now, edit.write));
    ++report_.cells_written;
  }
  return ok();
}

Status Commit::restore_cells(const change::RestoreCells& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.cells));
  if (run->edits.empty()) return ok();
  ZMIG_TRY(const Spot at, spot(c.at));
  ZMIG_CHECK_OK(check_addressable(at.table));
  ZMIG_CHECK_OK(
      check_triggers(at.table, static_cast<int>(Event::update), at.table.columns[at.column].name, run->edits.size()));
  RowAddress address(db_, at.sheet, at.table, shifts_[at.sheet.id]);
  ZMIG_TRY(RowLookup lookup, RowLookup::open(db_, at.sheet, at.table, {at.column}));
  for (const source::Edit& edit : run->edits) {
    ZMIG_TRY(const std::optional<std::int64_t> rowid, address.of(edit.row));
    if (!rowid) continue;
    ZMIG_TRY(const auto found, lookup.find(*rowid));
    if (!found) continue;  // the row is gone: nothing to put back
    const RowLookup::Found& now = found->front();
    if (judge(now.cell, edit, c.what) != Verdict::write) continue;  // there already, or a person's edit, which stays
    ZMIG_CHECK_OK(put(at, edit.row, *rowid, now, restored(now.cell, edit.write, c.what)));
    ++report_.cells_written;
  }
  return ok();
}

/// Blank cells of data rows, judged cell by cell: the way where annotations have a say.
Result<std::vector<std::int64_t>> Commit::data_rows_without(const Spot& at, std::span<const std::string> not_counted) {
  std::vector<std::size_t> columns;
  for (const std::string& id : data_row_columns(at.sheet, not_counted)) columns.push_back(column_index(at.sheet, id));
  columns.push_back(at.column);
  std::vector<std::int64_t> found;
  ZMIG_TRY(CellCursor rows, CellCursor::open(db_, at.sheet, at.table, columns));
  for (;;) {
    ZMIG_TRY(const bool there, rows.next());
    if (!there) return found;
    const Cell& now = rows.cells().back();
    if (!is_blank(now.value) || !now.formula.empty()) continue;
    for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
      if (!counts_as_data(rows.cells()[i], at.sheet.columns[columns[i]])) continue;
      found.push_back(rows.rowid());
      break;
    }
  }
}

Status Commit::fill_empty(const change::FillEmpty& c) {
  if (is_blank(c.value)) return ok();
  ZMIG_TRY(const Spot at, spot(c.at));
  ZMIG_CHECK_OK(check_addressable(at.table));
  const TableColumn& column = at.table.columns[at.column];
  const std::string place = header_cell(at.sheet, c.at.column);
  ZMIG_TRY(const Stored stored, encode(c.value, at.sheet.columns[at.column], column, place));
  ZMIG_TRY(const bool annotated, has_annotations(db_, at.table));
  const std::string name = sqlite::identifier(column.name);
  if (annotated || stored.needs_kind) {
    ZMIG_TRY(const std::vector<std::int64_t> rows, data_rows_without(at, c.not_counted));
    ZMIG_CHECK_OK(check_triggers(at.table, static_cast<int>(Event::update), column.name, rows.size()));
    ZMIG_TRY(sqlite::Statement update, db_.prepare(fmt::format("UPDATE main.{} SET {} = ?1 WHERE {} = ?2",
                                                               at.table.quoted_name(), name, at.table.rowid)));
    update.bind(1, stored.datum);
    // A format that stands on the blank cell stays on it.
    ZMIG_TRY(sqlite::Statement follow,
             db_.prepare("UPDATE _zmig_cell SET raw = ?1, kind = ?2 WHERE sheet = ?3 AND row = ?4 AND column = ?5 "
                         "AND (raw IS NULL OR raw = '')"));
    const std::string_view kind = stored.needs_kind ? kind_of(c.value) : std::string_view();
    follow.bind(1, stored.datum).bind(2, kind).bind(3, at.table.name).bind(5, column.name);
    for (const std::int64_t rowid : rows) {
      update.bind(2, rowid);
      if (Status updated = update.run(); !updated) return explain(std::move(updated).error(), place);
      follow.bind(4, rowid);
      ZMIG_CHECK_OK(follow.run());
      const bool noted = db_.changes() > 0;
      if (stored.needs_kind && !noted) ZMIG_CHECK_OK(note(at.table, rowid, column.name, stored.datum, kind, {}));
    }
    report_.cells_written += rows.size();
    return ok();
  }
  if (!column.generated.empty()) return ok();  // every cell holds a formula
  const std::string condition =
      fmt::format("({0} IS NULL OR +{0} = '') AND {1}", name,
                  data_row_condition(at.sheet, at.table, data_row_columns(at.sheet, c.not_counted)));
  ZMIG_TRY(
      const std::int64_t concerned,
      single_integer(
          db_, fmt::format("SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = {})",
                           sqlite::literal(at.table.name))));
  if (concerned != 0) {
    ZMIG_TRY(const std::int64_t rows, single_integer(db_, fmt::format("SELECT count(*) FROM main.{} WHERE {}",
                                                                      at.table.quoted_name(), condition)));
    ZMIG_CHECK_OK(check_triggers(at.table, static_cast<int>(Event::update), column.name, number_of(rows)));
  }
  ZMIG_TRY(sqlite::Statement update,
           db_.prepare(fmt::format("UPDATE main.{} SET {} = ?1 WHERE {}", at.table.quoted_name(), name, condition)));
  update.bind(1, stored.datum);
  if (Status updated = update.run(); !updated) return explain(std::move(updated).error(), place);
  report_.cells_written += number_of(db_.changes());
  return ok();
}

/// With a new format of the column no cell of a data row deviates any more.
Status Commit::clear_formats(const Spot& at) {
  ZMIG_TRY(const bool annotated, has_annotations(db_, at.table));
  if (!annotated) return ok();
  std::vector<std::size_t> columns;
  for (const std::string& id : data_row_columns(at.sheet, {})) columns.push_back(column_index(at.sheet, id));
  std::vector<std::int64_t> data_rows;
  {
    ZMIG_TRY(CellCursor rows, CellCursor::open(db_, at.sheet, at.table, columns));
    for (;;) {
      ZMIG_TRY(const bool there, rows.next());
      if (!there) break;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!counts_as_data(rows.cells()[i], at.sheet.columns[columns[i]])) continue;
        data_rows.push_back(rows.rowid());
        break;
      }
    }
  }
  const std::string& name = at.table.columns[at.column].name;
  ZMIG_TRY(
      sqlite::Statement clear,
      db_.prepare("UPDATE _zmig_cell SET format = '' WHERE sheet = ?1 AND column = ?2 AND row = ?3 AND format <> ''"));
  clear.bind(1, at.table.name).bind(2, name);
  for (const std::int64_t rowid : data_rows) {
    clear.bind(3, rowid);
    ZMIG_CHECK_OK(clear.run());
  }
  return db_.exec(
      "DELETE FROM _zmig_cell WHERE coalesce(kind, '') = '' AND coalesce(formula, '') = '' AND coalesce(format, '') = "
      "''");
}

Status Commit::set_format(const change::SetFormat& c) {
  ZMIG_TRY(const Spot at, spot(c.at));
  return clear_formats(at);
}

Result<std::optional<std::int64_t>> Commit::last_data_row(const Sheet& sheet, const Table& table) {
  std::optional<std::int64_t> last;
  ZMIG_TRY(const bool annotated, has_annotations(db_, table));
  if (!annotated) {
    ZMIG_TRY(
        sqlite::Statement found,
        db_.prepare(fmt::format("SELECT {0} FROM main.{1} WHERE {2} ORDER BY {0} DESC LIMIT 1", table.rowid,
                                table.quoted_name(), data_row_condition(sheet, table, data_row_columns(sheet, {})))));
    ZMIG_TRY(const bool there, found.step());
    if (there) last = found.integer(0);
    return last;
  }
  ZMIG_TRY(CellCursor rows, CellCursor::open(db_, sheet, table, all_columns(table)));
  for (;;) {
    ZMIG_TRY(const bool there, rows.next());
    if (!there) return last;
    for (const std::string& id : data_row_columns(sheet, {})) {
      const std::size_t i = column_index(sheet, id);
      if (counts_as_data(rows.cells()[i], sheet.columns[i])) last = rows.rowid();
    }
  }
}

namespace {

/// Rowids for rows that go between others. What follows moves up where there is no gap.
class RowPlaces {
 public:
  RowPlaces(sqlite::Database& db, const Table& table, std::vector<std::int64_t> there, std::vector<RowShift>& shifts)
      : db_(db), table_(table), ids_(std::move(there)), shifts_(shifts) {}

  [[nodiscard]] std::size_t size() const { return ids_.size(); }

  /// An address for a row that becomes the `index0`-th; `wanted` if it fits, 0: no wish.
  Result<std::int64_t> take(std::size_t index0, std::int64_t wanted, std::size_t still_to_come) {
    ZMIG_ASSERT(index0 <= ids_.size(), "rows are inserted among those that are there");
    const bool first = index0 == 0;
    const bool last = index0 == ids_.size();
    const std::int64_t before = first ? 0 : ids_[index0 - 1];
    std::int64_t id = first ? 1 : before + 1;
    if (wanted != 0 && (first || wanted > before) && (last || wanted < ids_[index0])) {
      id = wanted;
    } else if (!last && id >= ids_[index0]) {
      ZMIG_CHECK_OK(make_room(index0, id + static_cast<std::int64_t>(still_to_come)));
    }
    ids_.insert(ids_.begin() + static_cast<std::ptrdiff_t>(index0), id);
    return id;
  }

 private:
  /// Moves the rows from `index0` on up, so that the first of them has the address `first` or a higher one.
  Status make_room(std::size_t index0, std::int64_t first) {
    const std::int64_t by = first - ids_[index0];
    shifts_.push_back({ids_[index0], by});
    ZMIG_TRY(sqlite::Statement move, db_.prepare(fmt::format("UPDATE main.{} SET {} = ?2 WHERE {} = ?1",
                                                             table_.quoted_name(), table_.rowid, table_.rowid)));
    ZMIG_TRY(sqlite::Statement notes, db_.prepare("UPDATE _zmig_cell SET row = ?2 WHERE row = ?1 AND sheet = ?3"));
    notes.bind(3, table_.name);
    for (std::size_t i = ids_.size(); i-- > index0;) {
      move.bind(1, ids_[i]).bind(2, ids_[i] + by);
      ZMIG_CHECK_OK(move.run());
      notes.bind(1, ids_[i]).bind(2, ids_[i] + by);
      ZMIG_CHECK_OK(notes.run());
      ids_[i] += by;
    }
    return ok();
  }

  sqlite::Database& db_;
  const Table& table_;
  std::vector<std::int64_t> ids_;
  std::vector<RowShift>& shifts_;  // of the commit
};

struct InsertRow {
  sqlite::Statement statement;
  std::vector<std::size_t> columns;
  bool gives_rowid = true;
};

Result<InsertRow> prepare_insert(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                 const std::vector<std::string>& ids) {
  InsertRow insert;
  std::vector<std::string> names, marks;
  for (const std::string& id : ids) {
    const std::size_t at = column_index(sheet, id);
    insert.columns.push_back(at);
    if (!table.key.empty() && same_name(table.columns[at].name, table.key)) insert.gives_rowid = false;
    names.push_back(sqlite::identifier(table.columns[at].name));
    marks.push_back("?" + std::to_string(marks.size() + 2));
  }
  if (insert.gives_rowid) {
    names.insert(names.begin(), table.rowid);
    marks.insert(marks.begin(), "?1");
  }
  ZMIG_TRY(insert.statement, db.prepare(fmt::format("INSERT INTO main.{}({}) VALUES({})", table.quoted_name(),
                                                    join(names, ", "), join(marks, ", "))));
  return insert;
}

}  // namespace

Status Commit::insert_rows(const change::InsertRows& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.rows));
  if (run->rows.empty()) return ok();
  const std::size_t s = layout_.index_of(c.sheet);
  const Sheet& sheet = layout_.schema.sheets[s];
  const Table& table = layout_.tables[s];
  ZMIG_CHECK_OK(check_addressable(table));
  ZMIG_CHECK_OK(check_triggers(table, static_cast<int>(Event::insert), {}, run->rows.size()));
  ZMIG_TRY(std::vector<std::int64_t> there, all_rowids(db_, table));
  ZMIG_TRY(const std::optional<std::int64_t> last, last_data_row(sheet, table));
  std::size_t below =
      last ? static_cast<std::size_t>(std::upper_bound(there.begin(), there.end(), *last) - there.begin()) : 0;
  RowPlaces places(db_, table, std::move(there), shifts_[c.sheet]);
  ZMIG_TRY(InsertRow insert, prepare_insert(db_, sheet, table, run->columns));
  for (std::size_t i = 0; i < run->rows.size(); ++i) {
    const source::Row& row = run->rows[i];
    std::size_t index0 = places.size();
    if (row.row.number == 0) {
      index0 = below++;
    } else if (row.row.number > sheet.header_row) {
      index0 = std::min<std::size_t>(index0, static_cast<std::size_t>(row.row.number - sheet.header_row - 1));
      if (index0 <= below) ++below;
    }
    const std::string place = row_place(sheet, sheet.header_row + 1 + index0);
    // Where a column is the address, its value decides where the row stands.
    if (!table.key.empty()) index0 = places.size();
    std::int64_t rowid = 0;
    ZMIG_TRY(rowid, places.take(index0, table.key.empty() ? row.row.handle : 0, run->rows.size() - i));
    if (insert.gives_rowid) insert.statement.bind(1, rowid);
    std::vector<Stored> stored;
    for (std::size_t k = 0; k < insert.columns.size(); ++k) {
      const std::size_t at = insert.columns[k];
      ZMIG_TRY(Stored one, encode(row.cells[k], sheet.columns[at], table.columns[at], place));
      insert.statement.bind(static_cast<int>(k) + 2, one.datum);
      stored.push_back(std::move(one));
    }
    if (Status inserted = insert.statement.run(); !inserted) return explain(std::move(inserted).error(), place);
    rowid = db_.last_insert_rowid();
    for (std::size_t k = 0; k < stored.size(); ++k) {
      const Cell& cell = row.cells[k];
      if (stored[k].respelled) respell_.push_back({{sheet.id, run->columns[k]}, rowid, shifts_[c.sheet].size(), cell});
      if (!stored[k].needs_kind && cell.formula.empty() && cell.format.empty()) continue;
      const std::string_view kind = stored[k].needs_kind ? kind_of(cell.value) : std::string_view();
      ZMIG_CHECK_OK(note(table, rowid, table.columns[insert.columns[k]].name, stored[k].datum, kind, cell));
    }
    ++report_.rows_inserted;
  }
  return ok();
}

Status Commit::delete_rows(const change::DeleteRows& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.rows));
  if (run->rows.empty()) return ok();
  const std::size_t s = layout_.index_of(c.sheet);
  const Sheet& sheet = layout_.schema.sheets[s];
  const Table& table = layout_.tables[s];
  ZMIG_CHECK_OK(check_addressable(table));
  ZMIG_CHECK_OK(check_triggers(table, static_cast<int>(Event::remove), {}, run->rows.size()));
  std::vector<std::size_t> columns;
  for (const std::string& id : run->columns) columns.push_back(column_index(sheet, id));
  RowAddress address(db_, sheet, table, shifts_[c.sheet]);
  ZMIG_TRY(RowLookup lookup, RowLookup::open(db_, sheet, table, columns));
  ZMIG_TRY(sqlite::Statement remove,
           db_.prepare(fmt::format("DELETE FROM main.{} WHERE {} = ?1", table.quoted_name(), table.rowid)));
  ZMIG_TRY(sqlite::Statement notes, db_.prepare("DELETE FROM _zmig_cell WHERE sheet = ?1 AND row = ?2"));
  notes.bind(1, table.name);
  for (const source::Row& row : run->rows) {
    const std::string place = row_place(sheet, row.row.number);
    ZMIG_TRY(const std::optional<std::int64_t> rowid, address.of(row.row));
    if (!rowid) return stale_row(place, "a row to delete is not there");
    ZMIG_TRY(const auto found, lookup.find(*rowid));
    if (!found) return stale_row(place, "a row to delete is not there");
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Cell& now = (*found)[i].cell;
      if (now != row.cells[i]) return stale_cell(cell_place(sheet, run->columns[i], row.row.number), row.cells[i], now);
    }
    remove.bind(1, *rowid);
    if (Status removed = remove.run(); !removed) return explain(std::move(removed).error(), place);
    notes.bind(2, *rowid);
    ZMIG_CHECK_OK(notes.run());
    ++report_.rows_deleted;
  }
  return ok();
}

}  // namespace zmig::sqlite_workbook
