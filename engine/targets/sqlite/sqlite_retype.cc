// Another type for a column: values and declared type in one act (language.md 6.4, xlsx-csv.md 6.5).
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"
#include "targets/sqlite/sqlite_keepsake.h"

namespace zmig::sqlite_workbook {
namespace {

struct Rewrite {
  RowRef row;
  std::int64_t rowid = 0;
  Cell cell;
  bool edit = false;    // of the run; else the same value, stored otherwise
  bool counts = false;  // changes what the cell says
};

/// The edits of the run, compared under the old type.
Result<std::vector<Rewrite>> compared_edits(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                            std::size_t column, const source::Run& run,
                                            const std::vector<RowShift>& shifts) {
  std::vector<Rewrite> rewrites;
  RowAddress address(db, sheet, table, shifts);
  ZMIG_TRY(RowLookup lookup, RowLookup::open(db, sheet, table, {column}));
  for (const source::Edit& edit : run.edits) {
    const std::string place = cell_place(sheet, sheet.columns[column].id, edit.row.number);
    ZMIG_TRY(const std::optional<std::int64_t> rowid, address.of(edit.row));
    if (!rowid) return stale_row(place, "the row of a cell to write is not there");
    ZMIG_TRY(const auto found, lookup.find(*rowid));
    if (!found) return stale_row(place, "the row of a cell to write is not there");
    const Cell& now = found->front().cell;
    const Verdict verdict = judge(now, edit.expected, edit.write);
    if (verdict == Verdict::conflict) return stale_cell(place, edit.expected, now);
    if (std::holds_alternative<sqlite::Blob>(found->front().datum)) {
      return make_error(Errc::conflict, "ZM0478", "the cell holds bytes that are no text and could not be put back", {},
                        place);
    }
    rewrites.push_back({edit.row, *rowid, edit.write, true, verdict == Verdict::write});
  }
  return rewrites;
}

Status set_null(sqlite::Database& db, const Table& table, const TableColumn& column,
                const std::vector<Rewrite>& rewrites) {
  ZMIG_TRY(sqlite::Statement clear,
           db.prepare(fmt::format("UPDATE main.{} SET {} = NULL WHERE {} = ?1", table.quoted_name(),
                                  sqlite::identifier(column.name), table.rowid)));
  for (const Rewrite& rewrite : rewrites) {
    clear.bind(1, rewrite.rowid);
    if (Status cleared = clear.run(); !cleared) return explain(std::move(cleared).error(), table.name);
  }
  return ok();
}

/// Cells that no edit names: they must read as the new type (ZM0315), and those that are stored otherwise under it are
/// written again.
Result<std::vector<Rewrite>> remaining(sqlite::Database& db, const Sheet& sheet, const Table& table, std::size_t column,
                                       const TableColumn* becomes) {
  std::vector<Rewrite> rewrites;
  const Column& declared = sheet.columns[column];
  const std::string format = declared.format.value_or(implied_format(declared.type));
  ZMIG_TRY(RowCursor rows, RowCursor::open(db, table, {column}));
  for (std::uint64_t number = std::uint64_t{sheet.header_row} + 1;; ++number) {
    ZMIG_TRY(const bool there, rows.next());
    if (!there) return rewrites;
    const Value stored = decode_as(rows.raw(0), {});
    if (is_blank(stored)) continue;
    const std::string place = cell_place(sheet, declared.id, number);
    const Evaluated read = read_as(stored, declared.type, format, true);
    const Value* value = std::get_if<Value>(&read);
    if (value == nullptr) {
      return make_error(Errc::conflict, "ZM0315",
                        fmt::format("{} does not read as {}", quoted(to_text(stored)), to_string(declared.type)), {},
                        place);
    }
    if (becomes == nullptr) continue;  // stays as it is stored
    ZMIG_TRY(Stored anew, encode(*value, declared, *becomes, place));
    if (same_bytes(rows.raw(0), anew.datum)) continue;
    rewrites.push_back({RowRef{number, rows.rowid(), {}}, rows.rowid(), Cell{*value, {}, {}}, false, false});
  }
}

/// Whether the declared type stores every value of the run as that value.
bool holds(const source::Run& run, const Sheet& sheet, Column column, const Type& type, const TableColumn& stored_in) {
  column.type = type;
  return std::all_of(run.edits.begin(), run.edits.end(), [&](const source::Edit& edit) {
    return encode(edit.write.value, column, stored_in, cell_place(sheet, column.id, edit.row.number)).has_value();
  });
}

}  // namespace

/// A way back restores cells of the old type before it changes the type back. Until then the column has no declared
/// type, so that no affinity turns a restored text into a number.
Status Commit::loosen(const Scope& at) {
  if (layout_.index_of(at.sheet) >= layout_.tables.size()) return ok();
  const Sheet& sheet = layout_.schema.sheets[layout_.index_of(at.sheet)];
  if (column_index(sheet, at.column) >= sheet.columns.size()) return ok();  // not there yet
  ZMIG_TRY(const Spot found, spot(at));
  const TableColumn& column = found.table.columns[found.column];
  if (found.table.strict || found.table.view || column.declared.empty() || !column.generated.empty()) return ok();
  // In a table of somebody else only what a migration declared anew: its first declaration was kept then.
  if (!found.table.owned) {
    const auto ahead = std::find_if(to_come_.begin(), to_come_.end(), [&](const Change& one) {
      const auto* retype = std::get_if<change::Retype>(&one);
      return retype != nullptr && retype->at == at;
    });
    ZMIG_ASSERT(ahead != to_come_.end(), "a column is loosened for its Retype");
    ZMIG_TRY(const auto kept, kept_declared(db_, at.column, std::get<change::Retype>(*ahead).type));
    if (!kept || same_name(*kept, column.declared)) return ok();
  }
  loosened_.push_back(at);
  const std::string name = column.name;
  return rebuild_table(db_, found.table, Rebuild{{}, {{name, ""}}});
}

Status Commit::retype(const change::Retype& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.cells));
  ZMIG_TRY(const Spot at, spot(c.at));  // the schema still has the old type
  const Column old = at.sheet.columns[at.column];
  ZMIG_TRY(const auto kept, kept_declared(db_, old.id, c.type));
  const std::string declared = kept.value_or(std::string(declared_for(c.type)));
  TableColumn becomes = at.table.columns[at.column];
  const bool loose = std::find(loosened_.begin(), loosened_.end(), c.at) != loosened_.end();
  // In a table of somebody else the declaration stays as long as it holds the values.
  const bool wanted = at.table.owned ? loose || !becomes.declared.empty()
                                     : loose || kept || !holds(*run, at.sheet, old, c.type, becomes);
  const bool redeclare = wanted && !same_name(becomes.declared, declared) && !same_name(becomes.name, at.table.key);
  if (redeclare && !loose) ZMIG_CHECK_OK(keep_declared(db_, old, becomes.declared));
  if (redeclare) {
    becomes.declared = declared;
    becomes.affinity = affinity_of(declared, at.table.strict);
  }
  if (!becomes.generated.empty() || at.table.view) return apply_live(c, layout_.schema, "sqlite");
  ZMIG_CHECK_OK(check_addressable(at.table));
  ZMIG_CHECK_OK(
      check_triggers(at.table, static_cast<int>(TriggerEvent::Kind::update), becomes.name, run->edits.size()));
  ZMIG_TRY(std::vector<Rewrite> edits, compared_edits(db_, at.sheet, at.table, at.column, *run, shifts_[at.sheet.id]));
  ZMIG_CHECK_OK(apply_live(c, layout_.schema, "sqlite"));
  ZMIG_CHECK_OK(set_null(db_, at.table, becomes, edits));
  ZMIG_TRY(std::vector<Rewrite> others, remaining(db_, at.sheet, at.table, at.column, redeclare ? &becomes : nullptr));
  if (redeclare) {
    // What would be stored otherwise leaves the column while the rows are copied, so that no affinity gets at it.
    ZMIG_CHECK_OK(set_null(db_, at.table, becomes, others));
    ZMIG_CHECK_OK(rebuild_table(db_, at.table, Rebuild{{}, {{becomes.name, declared}}}));
    edits.insert(edits.end(), others.begin(), others.end());
  }
  ZMIG_TRY(sqlite::Statement follow,
           db_.prepare(fmt::format("UPDATE _zmig_cell SET raw = (SELECT {} FROM main.{} WHERE {} = ?1) WHERE sheet = "
                                   "?2 AND row = ?1 AND column = ?3",
                                   sqlite::identifier(becomes.name), at.table.quoted_name(), at.table.rowid)));
  follow.bind(2, at.table.name).bind(3, becomes.name);
  for (const Rewrite& rewrite : edits) {
    RowLookup::Found blank;
    blank.annotated = rewrite.edit;
    ZMIG_CHECK_OK(put(at, rewrite.row, rewrite.rowid, blank, rewrite.cell));
    if (rewrite.counts) ++report_.cells_written;
    if (rewrite.edit) continue;
    follow.bind(1, rewrite.rowid);  // what is noted beside the cell goes on being about it
    ZMIG_CHECK_OK(follow.run());
  }
  return clear_formats(at);
}

}  // namespace zmig::sqlite_workbook
