// Another type for a column: values and declared type in one act (language.md 6.4, xlsx-csv.md 6.5).
#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"

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

}  // namespace

Status Commit::retype(const change::Retype& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.cells));
  ZMIG_TRY(const Spot at, spot(c.at));  // the schema still has the old type
  const std::string declared(declared_for(c.type));
  TableColumn becomes = at.table.columns[at.column];
  const bool redeclare = at.table.owned && !becomes.declared.empty() && !same_name(becomes.declared, declared);
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
