#pragma once
/// What a person says: operations, after binding. Plain data, comparable, printable.
///
/// How to add one (seven places; the compiler asks for four of them):
///   1 here: a struct in zmig::op and a line in Operation      2 engine/ops/<family>.cc: lower, invert, describe, judge
///   3 dsl/ast.h: a node     4 dsl/grammar: a rule             5 dsl/bind*.cc: an overload      6 dsl/unbind.cc: an
///   overload (operation -> tree) 7 tests/support/samples.cc: one sample and a generator; the five laws then run by
///   themselves.
/// `tools/new_op NAME` writes the seven stubs. Prose: docs/operations.md, CHANGELOG.md.

#include <concepts>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zmig/cells.h>
#include <zmig/change.h>
#include <zmig/diagnostic.h>
#include <zmig/expr.h>
#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

/// A sheet or column that an operation names: the id that decides, and the title or header at this line, for printing
/// and messages.
struct SheetRef {
  std::string id, title;
  bool operator==(const SheetRef&) const = default;
};
struct ColumnRef {
  SheetRef sheet;
  std::string id, header;
  bool operator==(const ColumnRef&) const = default;
};
/// A place with the header (or title) of the neighbour, for printing.
struct NamedPlace {
  Place place;
  std::string name;
  bool operator==(const NamedPlace&) const = default;
};

enum class Flag { required, unique, key, lenient };

namespace op {
// sheets. The lines inside `create sheet`, `adopt sheet`, `in sheet` are operations of their own and follow.
struct CreateSheet {
  SheetRef sheet;
  NamedPlace place;
  bool operator==(const CreateSheet&) const = default;
};
struct AdoptSheet {
  SheetRef sheet;
  bool operator==(const AdoptSheet&) const = default;
};
struct ForgetSheet {
  SheetRef sheet;
  bool operator==(const ForgetSheet&) const = default;
};
struct RenameSheet {
  SheetRef sheet;
  std::string to;
  bool operator==(const RenameSheet&) const = default;
};
struct DropSheet {
  SheetRef sheet;
  bool discard = false;
  bool operator==(const DropSheet&) const = default;
};
/// Downs only. The definition of the dropped sheet, with its columns, as it was before `migration`; `index0`: its place
/// among the sheets.
struct RestoreSheet {
  Sheet sheet;
  std::size_t index0 = 0;
  std::string migration;
  bool operator==(const RestoreSheet&) const = default;
};
struct FreezeHeader {
  SheetRef sheet;
  bool frozen = true;
  bool operator==(const FreezeHeader&) const = default;
};
// columns. `column` holds everything declared (type, format if written, note, rules, hidden, protection); `allowed`
// stays default: it follows from the type.
struct AddColumn {
  SheetRef sheet;
  Column column;
  NamedPlace place;
  bool operator==(const AddColumn&) const = default;
};
struct AdoptColumn {
  SheetRef sheet;
  Column column;
  bool operator==(const AdoptColumn&) const = default;
};
struct ForgetColumn {
  ColumnRef at;
  bool operator==(const ForgetColumn&) const = default;
};
struct RenameColumn {
  ColumnRef at;
  std::string to;
  bool operator==(const RenameColumn&) const = default;
};
struct MoveColumn {
  ColumnRef at;
  NamedPlace place;
  bool operator==(const MoveColumn&) const = default;
};
struct RetireColumn {
  ColumnRef at;
  std::string use;
  bool operator==(const RetireColumn&) const = default;
};  ///< `use`: header, empty: none
struct DropColumn {
  ColumnRef at;
  bool discard = false;
  std::optional<Expr> undo;
  bool operator==(const DropColumn&) const = default;
};
/// Downs only: definition (with id) and place as they were before `migration`.
struct RestoreColumn {
  SheetRef sheet;
  Column column;
  NamedPlace place;
  std::string migration;
  bool operator==(const RestoreColumn&) const = default;
};
// properties
struct SetDefault {
  ColumnRef at;
  std::optional<Value> value;
  bool operator==(const SetDefault&) const = default;
};
struct SetNote {
  ColumnRef at;
  std::optional<std::string> note;
  bool operator==(const SetNote&) const = default;
};
struct SetFormat {
  ColumnRef at;
  std::optional<std::string> format;
  bool operator==(const SetFormat&) const = default;
};
struct SetAlias {
  ColumnRef at;
  std::vector<std::string> aliases;
  bool operator==(const SetAlias&) const = default;
};
struct SetFlag {
  ColumnRef at;
  Flag flag = Flag::required;
  bool on = true;
  bool operator==(const SetFlag&) const = default;
};
struct SetHidden {
  ColumnRef at;
  bool hidden = true;
  bool operator==(const SetHidden&) const = default;
};
struct SetProtected {
  ColumnRef at;
  std::optional<Editors> editors;
  bool operator==(const SetProtected&) const = default;
};
struct SetDeprecated {
  ColumnRef at;
  std::optional<Deprecation> deprecation;
  bool operator==(const SetDeprecated&) const = default;
};
struct SetMeaning {
  ColumnRef at;
  std::optional<std::string> blank_means;
  bool operator==(const SetMeaning&) const = default;
};
struct ChangeType {
  ColumnRef at;
  Type type;
  std::optional<Expr> with, undo;
  bool operator==(const ChangeType&) const = default;
};  ///< with: `using`
// cells
struct FillColumn {
  ColumnRef at;
  Expr with;
  std::optional<Expr> where;
  Otherwise otherwise = Otherwise::stop;
  std::optional<Expecting> expecting;
  bool operator==(const FillColumn&) const = default;
};
struct SetColumn {
  ColumnRef at;
  Expr to;
  std::optional<Expr> where;
  Otherwise otherwise = Otherwise::stop;
  std::optional<Expecting> expecting;
  std::optional<Expr> undo;
  bool operator==(const SetColumn&) const = default;
};
struct RestoreValues {
  ColumnRef at;
  std::string migration;
  bool operator==(const RestoreValues&) const = default;
};  ///< downs only
struct RestoreFormat {
  ColumnRef at;
  std::optional<std::string> format;
  std::string migration;
  bool operator==(const RestoreFormat&) const = default;
};  ///< downs only
// rows
struct AddRows {
  SheetRef sheet;
  std::vector<ColumnRef> by, columns;
  std::vector<std::vector<Value>> rows;
  bool operator==(const AddRows&) const = default;
};
struct RestoreRows {
  SheetRef sheet;
  std::string migration;
  bool operator==(const RestoreRows&) const = default;
};  ///< downs only
// enums. The lines of `create enum` and `in enum` are operations of their own.
struct CreateEnum {
  std::string name;
  bool operator==(const CreateEnum&) const = default;
};
struct DropEnum {
  std::string name;
  bool operator==(const DropEnum&) const = default;
};
/// `place.beside` is a value here.
struct AddValue {
  std::string enum_name, value;
  Place place;
  std::optional<std::string> note;
  bool operator==(const AddValue&) const = default;
};
struct RenameValue {
  std::string enum_name, from, to;
  bool operator==(const RenameValue&) const = default;
};
struct RetireValue {
  std::string enum_name, value;
  std::optional<std::string> replacement;
  bool operator==(const RetireValue&) const = default;
};
}  // namespace op

/// The core stage of language.md 19 (the full stage adds alternatives here).
using Operation =
    std::variant<op::CreateSheet, op::AdoptSheet, op::ForgetSheet, op::RenameSheet, op::DropSheet, op::RestoreSheet,
                 op::FreezeHeader, op::AddColumn, op::AdoptColumn, op::ForgetColumn, op::RenameColumn, op::MoveColumn,
                 op::RetireColumn, op::DropColumn, op::RestoreColumn, op::SetDefault, op::SetNote, op::SetFormat,
                 op::SetAlias, op::SetFlag, op::SetHidden, op::SetProtected, op::SetDeprecated, op::SetMeaning,
                 op::ChangeType, op::FillColumn, op::SetColumn, op::RestoreValues, op::RestoreFormat, op::AddRows,
                 op::RestoreRows, op::CreateEnum, op::DropEnum, op::AddValue, op::RenameValue, op::RetireValue>;

enum class Fidelity { exact, needs_capture, lossy, irreversible };
std::string_view to_string(Fidelity fidelity);

/// The way back of one operation: in the order in which to run.
struct Reversal {
  std::vector<Operation> ops;
  Fidelity fidelity = Fidelity::exact;
  bool operator==(const Reversal&) const = default;
};

/// What a live workbook shows to `judge`. Cells are those of the workbook as the operations before this one would leave
/// it.
struct LiveView {
  const Schema& schema;  ///< live, foreign things included, advanced by the earlier operations
  CellView& cells;
};

/// The answer of `judge`, given once, at the first plan of a migration that was never applied (language.md 4.6).
struct Judgement {
  enum class State { satisfied, pending, conflict };
  State state = State::pending;
  /// The operations that take this one's place in the chain. Empty for `pending` as a whole: the operation itself.
  /// `satisfied`: the claim (AdoptColumn with the complete definition, ...), or nothing when nothing has to be
  /// recorded. `pending` on a thing found in place: the claim of what is there, then the missing parts. `satisfied`
  /// with nothing in its place (rename, drop, move, note, fill ...): the workbook shows the end state, so no step
  /// enters the chain; the replay alone is advanced by lowering the operation itself. `conflict`: the claim with which
  /// the lines below can still be judged, if there is one.
  std::vector<Operation> instead;
  bool replaced = false;               ///< `instead` counts (also when it is empty)
  std::string where;                   ///< "Operaciones!BL1" when the thing was found
  std::vector<std::string> completed;  ///< parts that will be added to an adopted thing: "note", "default", ...
  std::vector<Diagnostic> findings;    ///< conflict: one or more errors (ZM03nn) with cells; else information (ZM0329).
                                       ///< Spans are added by the planner
};

// Each operation answers four questions. Pure: no clock, no files. Found by ADL on the alternative; the overloads on
// Operation visit. `restore …` lines of an inverse have an empty `migration`: who prints the way back knows it.
Result<std::vector<Change>> lower(const Operation& operation, const Schema& before);
Result<Reversal> invert(const Operation& operation, const Schema& before);
/// One sentence for people: `add column Operaciones.version, integer, 0 for existing rows`.
std::string describe(const Operation& operation);
Result<Judgement> judge(const Operation& operation, const Schema& before, const LiveView& live);

/// snake_case name of the alternative ("add_column"), as in JSON.
std::string_view name_of(const Operation& operation);
/// "Operaciones.version", "EventoTipo.TOMAR_SPOOL", "Operaciones": what the operation is about.
std::string subject_of(const Operation& operation);
/// Levels of language.md 4.8, for plans and lint: any of "SRLB?".
std::string levels_of(const Operation& operation);

/// Headers (or titles) that the operations of one migration touch with two or more identity-changing operations: such
/// things are never adopted (reliability.md 3.2). Pairs (sheet id or title, norm of header; empty for the sheet
/// itself).
std::vector<std::pair<std::string, std::string>> contested(const std::vector<Operation>& operations);

/// `create sheet` on a sheet that is there already: only when all its headers belong to the body (language.md 7.1),
/// which judge cannot see. `migration`: all its operations. None: it fits, or there is no such sheet. Else ZM0302, to
/// be added to an answer `satisfied`.
std::optional<Diagnostic> other_headers(const op::CreateSheet& operation, const std::vector<Operation>& migration,
                                        const Schema& live);

}  // namespace zmig
