#pragma once
// What the families share: things of a schema found with a message, places, notes, values that fit. Not installed.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/operations.h>

namespace zmig::ops {

/// ZM0101 when it is not there (or not managed).
Result<const Sheet*> find_sheet(const Schema& schema, const SheetRef& ref);
struct Found {
  const Sheet* sheet = nullptr;
  const Column* column = nullptr;
};
Result<Found> find_column(const Schema& schema, const ColumnRef& ref);
Result<const Enum*> find_enum(const Schema& schema, std::string_view name);

inline Scope scope_of(const SheetRef& ref) { return {ref.id, {}}; }
inline Scope scope_of(const ColumnRef& ref) { return {ref.sheet.id, ref.id}; }
SheetRef ref_to(const Sheet& sheet);
ColumnRef ref_to(const Sheet& sheet, const Column& column);

/// "Pedidos.Estado"
std::string dotted(const SheetRef& sheet, std::string_view header);
inline std::string dotted(const ColumnRef& at) { return dotted(at.sheet, at.header); }

/// ZM0102 when a sheet (column) of this title (header) is there already, the one of id `except` aside; compared as
/// targets compare them.
Status title_is_free(const Schema& schema, std::string_view title, std::string_view except = {});
Status header_is_free(const Sheet& sheet, std::string_view header, std::string_view except = {});
/// ZM0101 when the place names something that is not there, or the thing itself.
Status place_is_there(const Sheet& sheet, const NamedPlace& place, std::string_view self = {});
Status place_is_there(const Schema& schema, const NamedPlace& place);

/// Where a column stands, by a managed neighbour that will still be there when the way back runs: reversals run in
/// reverse, so the neighbour of this line is there again by then.
NamedPlace place_in(const Sheet& sheet, std::string_view column_id);

/// ZM0112 while ranges, keys, checks, computed columns or rules use the column (the sheet, the enum).
Status column_is_unused(const Schema& schema, const Sheet& sheet, const Column& column);
Status sheet_is_unused(const Schema& schema, const Sheet& sheet, bool ranges_too);
Status enum_is_unused(const Schema& schema, std::string_view name);
/// ZM0125 for a column that its target computes (a generated column): this version cannot create one again, so a line
/// that drops it has no way back of its own.
Status can_come_back(const Sheet& sheet, const Column& column);

/// The line that deprecation puts in front of the note: "deprecated" or "deprecated, use <header>".
std::string deprecation_line(const Deprecation& deprecation);
/// The note without that line.
std::optional<std::string> plain_note(const Column& column);
/// The note with it. A note that begins with the line already stays as it is.
std::optional<std::string> full_note(const std::optional<Deprecation>& deprecation,
                                     const std::optional<std::string>& plain);

/// `value` as a column of this type holds it. ZM0104 when it does not fit; `what` starts the message: `the default of
/// "version"`.
Result<Value> fitting(const Value& value, const Type& type, const Schema& schema, std::string_view what);
/// "a text", "blank", for messages.
std::string one_of_kind(const Value& value);
/// `"DIA"`, `0`, `2026-01-26`, `blank`: a value as the language writes it.
std::string literal_text(const Value& value);
/// to_string with the title of a referenced sheet, where it is known.
std::string type_text(const Type& type);

/// The managed columns that hold values of the enum, over all sheets.
std::vector<ColumnRef> bound_columns(const Schema& schema, std::string_view enum_name);

/// The value of a formula that is a constant, or none.
std::optional<Value> constant_of(const Expr& expr);
Expr literal(Value value);
Expr cell_of(const ColumnRef& at);
Expr call(std::string function, std::vector<ExprBox> arguments);
Expr equals(Expr left, Expr right);
/// The formula and every formula inside it.
void each_node(const Expr& expr, const std::function<void(const Expr&)>& visit);
bool reads(const Expr& expr, std::string_view column_id);
/// "Horas, Peso": headers that a formula reads, each once; empty when it reads none.
std::string headers_read(const Expr& expr);

/// The facts of a column that InsertColumn does not carry, as changes of their own, in the order of language.md 7.2
/// (without FillEmpty).
void add_facts(const std::string& sheet_id, const Column& column, const Allowed& allowed, std::vector<Change>& out);
/// InsertColumn takes id, header, type and written format only.
Column bare_column(const Column& column);
/// A definition as add and adopt column carry it: the rule for its values follows from the type.
Column without_rule(Column column);

inline Reversal exact(std::vector<Operation> operations) { return {std::move(operations), Fidelity::exact}; }
inline Reversal captured(std::vector<Operation> operations) { return {std::move(operations), Fidelity::needs_capture}; }

}  // namespace zmig::ops
