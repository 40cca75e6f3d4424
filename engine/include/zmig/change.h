#pragma once
/// What a sheet can do: 29 changes, closed (language.md 5). Statements lower to these and nothing else; a target
/// implements each of them once, or answers `unsupported` (ZM0325). A new change needs an ADR and touches every target.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zmig/expr.h>
#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

/// A sheet (`column` empty) or a column, by id.
struct Scope {
  std::string sheet, column;
  bool operator==(const Scope&) const = default;
};

/// Where a column goes. after/before name a column id. `last`: right of every column that has a header or any filled
/// cell, foreign ones included.
struct Place {
  enum class Kind { first, last, after, before };
  Kind kind = Kind::last;
  std::string beside;
  bool operator==(const Place&) const = default;
};
/// The same among sheets (ids of sheets).
using SheetPlace = Place;

enum class Otherwise { stop, keep, blank };
struct Expecting {
  enum class Kind { exactly, at_least, at_most };
  Kind kind = Kind::exactly;
  std::uint64_t rows = 0;
  bool operator==(const Expecting&) const = default;
};

/// A row of a sheet as a target's scan reports it.
struct RowRef {
  std::uint64_t number = 0;  ///< 1-based row as people see it; the first row below a header in row 1 is 2
  std::int64_t handle = 0;   ///< the target's own address of it (SQLite: rowid); meaningful to that target only
  std::string identity;  ///< key value, or hash of its managed cells (language.md 4.4); empty where it was not computed
  bool operator==(const RowRef&) const = default;
};

// --- Cells inside changes. Lowering cannot know cells, so a Source is first symbolic; materialise() (plan floor, pure)
// turns it into a Run. A target
//     only ever sees a Run or a constant.
namespace source {
struct None {
  bool operator==(const None&) const = default;
};
/// One formula for every data row that matches. `only_blank`: fill. Symbolic.
struct Formula {
  Expr value;
  std::optional<Expr> where;
  Otherwise otherwise = Otherwise::stop;
  std::optional<Expecting> expecting;
  bool only_blank = false;
  bool filled_only = false;  ///< only cells that are not blank (`type … using`)
  bool operator==(const Formula&) const = default;
};
/// The captured cells (or rows) that the run of `migration` saved for this column or sheet. Symbolic.
struct Captured {
  std::string migration;
  bool operator==(const Captured&) const = default;
};
/// Rows written out in the migration: insert or update by key. Symbolic.
struct Rows {
  std::vector<std::string> by, columns;  ///< column ids; `by` is part of `columns`
  std::vector<std::vector<Value>> rows;  ///< one value a column
  bool operator==(const Rows&) const = default;
};

/// One cell: present value must still equal `expected` (or already `write`), else ZM0303.
struct Edit {
  RowRef row;
  Cell expected, write;
  bool operator==(const Edit&) const = default;
};
/// A row to insert (`row.number` 0: below the last data row) or to delete (cells = what it must still hold).
struct Row {
  RowRef row;
  std::vector<Cell> cells;  ///< in the order of Run::columns
  bool operator==(const Row&) const = default;
};
/// Concrete: what a target executes. Rows in sheet order.
struct Run {
  std::vector<std::string> columns;  ///< ids, for `rows`
  std::vector<Edit> edits;
  std::vector<Row> rows;
  bool operator==(const Run&) const = default;
};
}  // namespace source
using Source = std::variant<source::None, source::Formula, source::Captured, source::Rows, source::Run>;

namespace change {
// sheets
struct InsertSheet {
  Sheet sheet;
  SheetPlace place;
  bool operator==(const InsertSheet&) const = default;
};  ///< sheet without columns
struct CopySheet {
  std::string from, sheet, title;
  std::vector<std::pair<std::string, std::string>> columns;
  bool operator==(const CopySheet&) const = default;
};
struct DeleteSheet {
  std::string sheet;
  bool operator==(const DeleteSheet&) const = default;
};
struct SetTitle {
  std::string sheet, title;
  bool operator==(const SetTitle&) const = default;
};
// columns. `column` of InsertColumn: id, header, type, format (the other facts come as changes of their own; hidden,
// note ... are default there)
struct InsertColumn {
  std::string sheet;
  Column column;
  Place place;
  bool operator==(const InsertColumn&) const = default;
};
struct DeleteColumn {
  Scope at;
  bool operator==(const DeleteColumn&) const = default;
};
/// Without a column: the sheet moves among the sheets.
struct MoveColumn {
  Scope at;
  Place place;
  bool operator==(const MoveColumn&) const = default;
};
struct SetHeader {
  Scope at;
  std::string header;
  bool operator==(const SetHeader&) const = default;
};
struct Retype {
  Scope at;
  Type type;
  std::optional<std::string> format;
  Source cells;
  bool operator==(const Retype&) const = default;
};
struct SetComputed {
  Scope at;
  std::optional<Computed> as;
  Source cells;
  bool operator==(const SetComputed&) const = default;
};
// appearance
struct SetFormat {
  Scope at;
  std::optional<std::string> format;
  bool operator==(const SetFormat&) const = default;
};
struct SetNote {
  Scope at;
  std::optional<std::string> note;
  bool operator==(const SetNote&) const = default;
};
struct SetAllowed {
  Scope at;
  Allowed rule;
  bool operator==(const SetAllowed&) const = default;
};
struct SetHidden {
  Scope scope;
  bool hidden = false;
  bool operator==(const SetHidden&) const = default;
};
struct SetFrozen {
  std::string sheet;
  bool frozen = false;
  bool operator==(const SetFrozen&) const = default;
};
struct SetProtection {
  Scope scope;
  std::optional<Editors> editors;
  bool operator==(const SetProtection&) const = default;
};
// cells and rows
/// One constant into the blank cells (without formula) of data rows. `not_counted`: ids of columns whose cells do not
/// make a row a data row (those that this migration adds); filled in by materialise.
struct FillEmpty {
  Scope at;
  Value value;
  std::vector<std::string> not_counted;
  bool operator==(const FillEmpty&) const = default;
};
struct WriteCells {
  Scope at;
  Source cells;
  bool operator==(const WriteCells&) const = default;
};
enum class Restore { values, formats, both };
struct RestoreCells {
  Scope at;
  Restore what = Restore::values;
  Source cells;
  bool operator==(const RestoreCells&) const = default;
};
struct InsertRows {
  std::string sheet;
  Source rows;
  bool operator==(const InsertRows&) const = default;
};
struct DeleteRows {
  std::string sheet;
  Source rows;
  bool operator==(const DeleteRows&) const = default;
};
// ranges
struct SetRange {
  std::string name;
  std::optional<NamedRange> over;
  bool operator==(const SetRange&) const = default;
};
struct RenameRange {
  std::string from, to;
  bool operator==(const RenameRange&) const = default;
};
// the catalogue
/// Start managing: ids only, no cell. On a live schema the thing is found by title or header (norm) among the foreign
/// ones; in a replay it is added.
struct Track {
  Scope scope;
  std::variant<Sheet, Column> claimed;
  bool operator==(const Track&) const = default;
};
struct Untrack {
  Scope scope;
  bool operator==(const Untrack&) const = default;
};
struct SetRules {
  Scope scope;
  std::variant<SheetRules, ColumnRules> rules;
  bool operator==(const SetRules&) const = default;
};
/// none: removed. `position` keeps the order of enums when one comes back.
struct SetEnum {
  std::string name;
  std::optional<std::vector<EnumValue>> values;
  std::optional<std::size_t> position;
  bool operator==(const SetEnum&) const = default;
};
struct RenameEnum {
  std::string from, to;
  bool operator==(const RenameEnum&) const = default;
};
// the hatch. No statement of this release makes one; a restore does, for what Target::native_objects told a backup.
struct Native {
  std::string backend, text;
  bool operator==(const Native&) const = default;
};
}  // namespace change

using Change =
    std::variant<change::InsertSheet, change::CopySheet, change::DeleteSheet, change::SetTitle, change::InsertColumn,
                 change::DeleteColumn, change::MoveColumn, change::SetHeader, change::Retype, change::SetComputed,
                 change::SetFormat, change::SetNote, change::SetAllowed, change::SetHidden, change::SetFrozen,
                 change::SetProtection, change::FillEmpty, change::WriteCells, change::RestoreCells, change::InsertRows,
                 change::DeleteRows, change::SetRange, change::RenameRange, change::Track, change::Untrack,
                 change::SetRules, change::SetEnum, change::RenameEnum, change::Native>;
static_assert(std::variant_size_v<Change> == 29, "the Change list is closed; a new one needs an ADR");

/// The only definition of what a change means for a schema. Works on replayed and on live schemas (foreign things
/// included). Refuses, without touching `schema`, what language.md 5 and xlsx-csv.md 2 refuse: a thing that is not
/// there, a header or title that is taken, ...
Status apply_to(const Change& change, Schema& schema);

/// snake_case name of the alternative ("insert_column").
std::string_view name_of(const Change& change);

/// Regions that a change reads and writes: staleness, the untouched proof, cost.
struct Footprint {
  std::vector<Scope> reads, writes;  ///< columns; a Scope with an empty column means every cell of the sheet
  bool structure = false;            ///< adds, removes, moves or renames something
  bool rows = false;                 ///< adds or removes rows
};
Footprint footprint(const Change& change);

/// Core changes run on every target; the other six are `unsupported` until their stage comes (language.md 19).
bool is_core(const Change& change);
/// Cells of existing rows whose content this change destroys or alters, so that a capture has to be taken first.
bool needs_capture(const Change& change);

}  // namespace zmig
