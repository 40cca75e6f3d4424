#pragma once
// One commit at work: the layout as it becomes, and what the changes do to the database. All of it happens inside the
// writer's transaction; a refusal rolls everything back. Not installed.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/target.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_cells.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {

/// Rows that made room for others in this commit: those from address `from` on have moved by `by`.
struct RowShift {
  std::int64_t from = 0, by = 0;
};

class Commit {
 public:
  /// `db` is in a transaction and outlives this, so does `options`. `live`: what read_layout() says of it now.
  Commit(sqlite::Database& db, const TargetOptions& options, Layout live)
      : db_(db), options_(options), layout_(std::move(live)) {}

  Result<CommitReport> carry_out(std::span<const Part> batch);
  /// sqlite_preflight.cc: the structure of `changes` on a copy of the schema that has no rows; `rows`: how many a fill
  /// of that column would really write. Refusals only; what cannot be told without rows is not.
  using RowCount = std::function<std::uint64_t(const Scope& column)>;
  Status rehearse(std::span<const Change> changes, const RowCount& rows);
  /// The live layout afterwards, read back from the database.
  [[nodiscard]] Layout take_layout() { return std::move(layout_); }

 private:
  struct Spot {
    Sheet& sheet;
    Table& table;
    std::size_t column = 0;
  };

  // sqlite_writer.cc: order of things
  Status prepare(std::span<const Part> batch);
  Status change(const Change& change);
  Status carry_out_one(const Change& change);
  Status finish();
  Status put_in_order();
  Status make_around(const std::string& text);
  Status sweep_notes();
  Status check_views_stand();  // sqlite_preflight.cc
  Status prove();
  /// A statement that is prepared once and used for many cells.
  Result<sqlite::Statement*> cached(const std::string& sql);
  Result<std::int64_t> broken_references();

  // sqlite_structure.cc
  Status insert_sheet(const change::InsertSheet& c);
  Result<bool> bring_table_back(const std::string& sheet_id, const std::string& name);
  Status delete_sheet(const change::DeleteSheet& c);
  Status set_title(const change::SetTitle& c);
  Status insert_column(const change::InsertColumn& c);
  Status delete_column(const change::DeleteColumn& c);
  Status move_column(const change::MoveColumn& c);
  Status set_header(const change::SetHeader& c);
  Status flush_deletes();
  Status delete_columns_of(const std::string& sheet_id, const std::vector<TableColumn>& gone);
  Status check_watched(const Table& table, const std::string& sheet, const std::vector<std::string>& columns);
  Status tidy_placeholder(Table& table);
  Result<std::string> free_table_name(const std::string& title);

  // sqlite_objects.cc
  Status native(const change::Native& c);
  Status make_natives();

  // sqlite_fold.cc: structural changes of one table as one edit
  Status make_room_for(const Change& change);
  Result<bool> fold(const Change& change);
  void add_later(const std::string& sheet_id, std::string name, std::string declared);
  Status flush_adds();
  Status add_one_by_one(const Table& table, std::span<const TableColumn> columns);
  Status edit_definitions();
  Status check_edited(Table& table, std::span<const TableColumn> added);

  // sqlite_retype.cc
  Status retype(const change::Retype& c);
  Status loosen(const Scope& at);

  // sqlite_rows.cc
  Status set_format(const change::SetFormat& c);
  Status fill_empty(const change::FillEmpty& c);
  Status write_cells(const Scope& where, const Source& cells);
  Status respell();
  Status restore_cells(const change::RestoreCells& c);
  Status insert_rows(const change::InsertRows& c);
  Status delete_rows(const change::DeleteRows& c);
  Status put(const Spot& at, const RowRef& row, std::int64_t rowid, const RowLookup::Found& now, const Cell& cell);
  Status note(const Table& table, std::int64_t rowid, const std::string& column, const sqlite::Datum& raw,
              std::string_view kind, const Cell& cell);
  Status unnote(const Table& table, std::int64_t rowid, const std::string& column);
  Status clear_formats(const Spot& at);
  Status check_triggers(const Table& table, int event, const std::string& column, std::uint64_t rows);
  Result<std::optional<std::int64_t>> last_data_row(const Sheet& sheet, const Table& table);
  Result<std::vector<std::int64_t>> data_rows_without(const Spot& at, std::span<const std::string> not_counted);

  Result<Spot> spot(const Scope& at);
  Status check_addressable(const Table& table) const;

  sqlite::Database& db_;
  const TargetOptions& options_;
  Layout layout_;
  CommitReport report_;
  // Changes that commute and wait for the one edit a table that carries them out, by sheet id. Never both kinds at
  // once.
  std::map<std::string, std::vector<TableColumn>> deletes_, adds_;
  std::vector<change::FillEmpty> fills_;            // constants for columns of adds_, in order
  std::span<const Change> to_come_;                 // of the part at work
  std::set<std::string> brought_back_;              // sheets whose dropped table stands again, by id
  std::set<std::string> out_of_order_;              // sheets whose columns may stand elsewhere in the table, by id
  std::vector<std::string> around_;                 // indexes and triggers of these, once the rows are there
  std::map<std::string, std::string> definitions_;  // of tables that come with their sheets, by name
  std::vector<std::string> natives_;                // indexes and triggers to make at the end
  struct Respelled {
    Scope at;
    std::int64_t rowid = 0;
    std::size_t shifts_seen = 0;  // rows moved so often before it was written
    Cell cell;
  };
  std::vector<Respelled> respell_;  // cells that go back to their own bytes once the column is as it was
  std::vector<Scope> loosened_;     // columns without a declared type until their Retype comes
  std::map<std::string, sqlite::Statement> statements_;
  std::map<std::string, std::vector<RowShift>> shifts_;  // by sheet id
  std::map<std::string, std::string> guards_before_;
  std::int64_t broken_before_ = 0;
  bool check_references_ = false;
};

/// Addresses of rows as a run gives them: the rowid, or the number where none is known.
class RowAddress {
 public:
  RowAddress(sqlite::Database& db, const Sheet& sheet, const Table& table, const std::vector<RowShift>& shifts)
      : db_(db), sheet_(sheet), table_(table), shifts_(shifts) {}
  Result<std::optional<std::int64_t>> of(const RowRef& row);

 private:
  sqlite::Database& db_;
  const Sheet& sheet_;
  const Table& table_;
  const std::vector<RowShift>& shifts_;  // of the commit, which outlives this
  std::vector<std::int64_t> by_number_;
  bool loaded_ = false;
};

/// All rowids in order.
Result<std::vector<std::int64_t>> all_rowids(sqlite::Database& db, const Table& table);

/// What goes must be able to come back: cells that no capture can hold, or that nobody could address again, stay.
Status check_captured_whole(sqlite::Database& db, const Sheet& sheet, const Table& table, const TableColumn& column);
/// The same for several columns, in one pass when there is nothing to say.
Status check_captured_whole(sqlite::Database& db, const Sheet& sheet, const Table& table,
                            std::span<const TableColumn> columns);

/// A message of a constraint or trigger as one of ours, with the place.
Error explain(Error error, const std::string& place);
/// An ALTER TABLE that SQLite refuses because something else uses the column (ZM0476).
Error in_use(const Error& error, const std::string& sheet, const std::string& column);

/// sqlite_rebuild.cc. The table anew without `drop`, with other declared types for `retype` (name, type), everything
/// else as it was: text of the definitions, rowids, triggers, indexes, views. Proves row count and cells of all other
/// columns before the old table goes.
struct Rebuild {
  std::vector<std::string> drop;
  std::vector<std::pair<std::string, std::string>> retype;
  bool reorder = false;  ///< the table's own columns stand in the order of the sheet's
};
Status rebuild_table(sqlite::Database& db, Table& table, const Rebuild& plan);
/// What mentions one of the columns besides the columns themselves: views, triggers, indexes, constraints.
Result<std::vector<std::string>> users_of_columns(sqlite::Database& db, const Table& table,
                                                  const std::vector<std::string>& columns);
/// Definition and columns anew, in the order that the sheet has.
Status refresh_table(sqlite::Database& db, Table& table);

}  // namespace zmig::sqlite_workbook
