// change column … type (language.md 7.3, 6.4).
//
// The way back. A widening is undone by a formula that gives every widened cell back, so it is exact. A `using` formula
// cannot be undone by looking at what it made; its cells come back from the capture, and in this order: first `restore
// values`, then the type with a formula over raw([C]). The capture's three-way merge compares with what `up` wrote, so
// it has to see the cells before the type goes back; raw() never faults and reads a restored cell (old kind in a column
// of the new type) as well as one that somebody typed since.

#include <utility>

#include <zmig/type_words.h>

#include "base/text.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

using Kind = TypeKind;

bool is_moment(const Type& type) { return type.kind == Kind::date || type.kind == Kind::datetime; }

/// language.md 6.4: what needs no `using`.
bool widens(const Type& from, const Type& to) {
  if (from == to || to.kind == Kind::text) return true;
  if (is_textual(from) && is_textual(to)) return true;
  if (from.kind == Kind::date && to.kind == Kind::datetime) return true;
  if (from.kind == Kind::integer) return to.kind == Kind::decimal || to.kind == Kind::number;
  if (from.kind != Kind::decimal) return false;
  return to.kind == Kind::number || (to.kind == Kind::decimal && to.digits >= from.digits);
}

/// A written format outlives a change inside its family: numbers stay numbers, moments moments.
std::optional<std::string> kept_format(const Column& column, const Type& to) {
  const bool same = (is_numeric(column.type) && is_numeric(to)) || (is_moment(column.type) && is_moment(to)) ||
                    (is_textual(column.type) && is_textual(to));
  return same ? column.format : std::nullopt;
}

/// The default takes the new type too, or has to go first.
Result<std::optional<Value>> kept_default(const Column& column, const Type& to, const Schema& before) {
  const std::optional<Value>& old = column.rules.fallback;
  if (!old) return std::optional<Value>();
  const bool into_text = is_textual(to) && !is_textual(column.type);
  const Value as_text = into_text ? Value(Text{to_text(*old, column.type)}) : *old;
  Result<Value> fits = fitting(as_text, to, before, "the default of " + quoted(column.header));
  if (fits) return std::optional<Value>(std::move(fits).value());
  Error error = std::move(fits).error();
  error.help = "write `change column " + quoted(column.header) + " no default` on a line above";
  return error;
}

/// No function of the language makes a time of day: the day comes back, the time does not.
bool loses_time(const Type& old, const Type& now) {
  return (old.kind == Kind::datetime && !is_moment(now)) || old.kind == Kind::time;
}

Expr widening(const Type& from, const Type& to, const ColumnRef& at) {
  if (to.kind == Kind::text && !is_textual(from)) return call("text", {cell_of(at)});
  return cell_of(at);
}

/// A value of `type` out of a formula that gives its text form.
Expr from_text(const Type& type, Expr text) {
  switch (type.kind) {
    case Kind::integer: return call("integer", {std::move(text)});
    case Kind::number:
    case Kind::decimal:
    case Kind::percent:
    case Kind::currency: return call("number", {std::move(text)});
    case Kind::boolean: return equals(std::move(text), literal(Text{"TRUE"}));
    case Kind::date: return call("parse_date", {std::move(text), literal(Text{"YYYY-MM-DD"})});
    case Kind::datetime: return from_text({Kind::date, 0, {}}, call("left", {std::move(text), literal(Number{10})}));
    case Kind::time:
    case Kind::text:
    case Kind::enumeration:
    case Kind::reference: break;
  }
  return text;
}

/// The formula that gives back what a widening from `old` to `now` made; none where the way back widens itself.
std::optional<Expr> narrowing(const Type& old, const Type& now, const ColumnRef& at) {
  if (widens(now, old)) return std::nullopt;
  if (is_textual(now)) return from_text(old, cell_of(at));
  if (is_moment(now)) return from_text(now, call("text", {cell_of(at)}));
  return cell_of(at);
}

}  // namespace

Result<std::vector<Change>> lower(const ChangeType& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const Column& column = *found.column;
  if (op.type.kind == Kind::enumeration) ZMIG_CHECK_OK(ops::find_enum(before, op.type.of));
  if (!op.with && !widens(column.type, op.type)) {
    return make_error(Errc::invalid_input, "ZM0105",
                      "column " + quoted(column.header) + " cannot become " + type_text(op.type) +
                          " by itself: its cells are " + plural_of(column.type),
                      "say how each cell is computed: `type " + type_text(op.type) + " using …`");
  }
  const Scope at = scope_of(op.at);
  std::vector<Change> out;
  if (op.with || column.type != op.type) {
    source::Formula cells;
    cells.value = op.with ? *op.with : widening(column.type, op.type, op.at);
    cells.filled_only = true;
    out.push_back(change::Retype{at, op.type, kept_format(column, op.type), std::move(cells)});
  }
  ColumnRules rules = column.rules;
  ZMIG_TRY(rules.fallback, kept_default(column, op.type, before));
  if (!(rules == column.rules)) out.push_back(change::SetRules{at, rules});
  const Allowed rule = allowed_for(op.type, rules.lenient, before);
  const bool follows = rule.kind != Allowed::Kind::none || !(allowed_for(column.type, rules.lenient, before) == rule);
  if (follows) out.push_back(change::SetAllowed{at, rule});
  return out;
}

Result<Reversal> invert(const ChangeType& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const Column& column = *found.column;
  const ColumnRef at = ref_to(*found.sheet, column);
  Reversal out = exact({});
  if (op.undo) {
    out = {{ChangeType{at, column.type, op.undo, {}}}, Fidelity::lossy};
  } else if (op.with && column.type == op.type) {
    out = captured({RestoreValues{at, {}}});  // no type to go back to: the saved cells are all there is
  } else if (op.with) {
    out = captured(
        {RestoreValues{at, {}}, ChangeType{at, column.type, from_text(column.type, call("raw", {cell_of(at)})), {}}});
  } else if (column.type != op.type) {
    out = exact({ChangeType{at, column.type, narrowing(column.type, op.type, at), {}}});
  }
  if (out.ops.empty()) return out;
  if (loses_time(column.type, op.type)) out.fidelity = Fidelity::lossy;
  if (kept_format(column, op.type) != column.format) out.ops.push_back(SetFormat{at, column.format});
  ZMIG_TRY(const std::optional<Value> fallback, kept_default(column, op.type, before));
  if (fallback == column.rules.fallback) return out;
  // A default of the new type may not fit the old one: it goes first and comes back last.
  out.ops.insert(out.ops.begin(), SetDefault{at, std::nullopt});
  out.ops.push_back(SetDefault{at, column.rules.fallback});
  return out;
}

std::string describe(const ChangeType& op) {
  std::string out = "change type of " + dotted(op.at) + " to " + type_text(op.type);
  if (!op.with) return out;
  const std::string headers = headers_read(*op.with);
  return out + ", cells computed" + (headers.empty() ? "" : " from " + headers);
}

Result<Judgement> judge(const ChangeType& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const std::string where = header_cell(*found.sheet, found.column->id);
  const bool declared = found.column->type == op.type && known.column->type != op.type;
  if (op.with && !declared) return pending(where);
  const bool as_new = declared || op.type.kind == Kind::enumeration;
  const ReadFor ask{as_new ? op.type : known.column->type, effective_format(*known.column)};
  ZMIG_TRY(const Readings read, read_column(*found.sheet, *found.column, ask, before, live.cells));
  const bool outside = read.outside.count > 0 && !known.column->rules.lenient;
  if (read.misread.count == 0 && !outside) {
    if (!declared) return pending(where);
    // The cells are converted already: recorded by a formula that leaves them as they are.
    ChangeType claim = op;
    if (op.with) claim.with = from_text(op.type, call("raw", {cell_of(op.at)}));
    return satisfied({claim}, where);
  }
  const std::string whose = " of " + quoted(op.at.header) + " in " + quoted(found.sheet->title);
  Judgement out = pending(where);
  out.state = Judgement::State::conflict;
  const auto cells = [&](std::uint64_t count, std::string_view one, std::string_view many) {
    return thousands(count) + (count == 1 ? " cell" : " cells") + whose + " " + std::string(count == 1 ? one : many);
  };
  if (read.misread.count > 0) {
    out.findings.push_back(
        refusal("ZM0315", cells(read.misread.count, "does not read as ", "do not read as ") + type_text(ask.type),
                where, {read.misread.listed(*found.sheet, found.column->id)},
                "correct the cells, or say how each is computed: `using …`"));
  }
  if (outside) {
    out.findings.push_back(refusal(
        "ZM0316", cells(read.outside.count, "holds no value of enum ", "hold no value of enum ") + quoted(op.type.of),
        where, {read.outside.listed(*found.sheet, found.column->id)},
        "add the values to the enum, correct the cells, or declare the column `lenient`"));
  }
  return out;
}

}  // namespace zmig::op
