// create, drop enum; add, rename, retire value (language.md 7.7).

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

using Values = std::vector<EnumValue>;

auto position_of(const Values& values, std::string_view text) {
  return std::find_if(values.begin(), values.end(), [&](const EnumValue& one) { return one.text == text; });
}

Error no_value(const Enum& named, std::string_view text) {
  std::vector<std::string> known;
  for (const EnumValue& value : named.values) known.push_back(value.text);
  const std::optional<std::string> near = nearest(text, known);
  return make_error(Errc::invalid_input, "ZM0101",
                    "no value " + quoted(text) + " in enum " + quoted(named.name) + " at this line",
                    near ? "did you mean " + quoted(*near) + "?" : std::string());
}

Error value_exists(const Enum& named, std::string_view text) {
  return make_error(Errc::invalid_input, "ZM0102",
                    "value " + quoted(text) + " is already in enum " + quoted(named.name));
}

/// The enum after `add value`. A retired value is offered again at the place of the line, with its note.
Result<Values> added(const Enum& named, const AddValue& op) {
  Values values = named.values;
  EnumValue value{op.value, op.note, true};
  const auto old = position_of(values, op.value);
  if (old != values.end()) {
    if (old->offered) return value_exists(named, op.value);
    if (!value.note) value.note = old->note;
    values.erase(old);
  }
  if (op.place.kind == Place::Kind::first) values.insert(values.begin(), value);
  if (op.place.kind == Place::Kind::last) values.push_back(value);
  if (op.place.kind == Place::Kind::first || op.place.kind == Place::Kind::last) return values;
  const auto beside = position_of(values, op.place.beside);
  if (beside == values.end()) return no_value(named, op.place.beside);
  values.insert(op.place.kind == Place::Kind::after ? beside + 1 : beside, value);
  return values;
}

Result<Values> renamed(const Enum& named, const RenameValue& op) {
  Values values = named.values;
  if (position_of(values, op.to) != values.end()) return value_exists(named, op.to);
  const auto old =
      std::find_if(values.begin(), values.end(), [&](const EnumValue& one) { return one.text == op.from; });
  if (old == values.end()) return no_value(named, op.from);
  old->text = op.to;
  return values;
}

Result<Values> retired(const Enum& named, const RetireValue& op) {
  Values values = named.values;
  const auto old =
      std::find_if(values.begin(), values.end(), [&](const EnumValue& one) { return one.text == op.value; });
  if (old == values.end()) return no_value(named, op.value);
  old->offered = false;
  if (!op.replacement) return values;
  const auto other = position_of(values, *op.replacement);
  if (other == values.end() || !other->offered) return no_value(named, *op.replacement);
  return values;
}

/// The rule of a bound column under other values.
Allowed rule_under(const Column& column, const std::string& name, const Values& values) {
  Schema world;
  world.enums.push_back({name, values});
  return allowed_for(column.type, column.rules.lenient, world);
}

const Column& column_at(const Schema& schema, const ColumnRef& ref) {
  const Sheet* sheet = schema.sheet(ref.sheet.id);
  ZMIG_ASSERT(sheet != nullptr, "bound_columns lists columns of this schema");
  const Column* column = column_by_id(*sheet, ref.id);
  ZMIG_ASSERT(column != nullptr, "bound_columns lists columns of this schema");
  return *column;
}

/// SetEnum, and the new list on every bound column.
std::vector<Change> with_lists(const Schema& before, const std::string& name, const Values& values) {
  std::vector<Change> out{change::SetEnum{name, values, std::nullopt}};
  for (const ColumnRef& ref : bound_columns(before, name))
    out.push_back(change::SetAllowed{scope_of(ref), rule_under(column_at(before, ref), name, values)});
  return out;
}

/// A default that names the old text follows it.
void follow_defaults(const Schema& before, const std::string& name, const std::string& from, const std::string& to,
                     std::vector<Change>& out) {
  for (const ColumnRef& ref : bound_columns(before, name)) {
    ColumnRules rules = column_at(before, ref).rules;
    if (rules.fallback != Value(Text{from})) continue;
    rules.fallback = Text{to};
    out.push_back(change::SetRules{scope_of(ref), std::move(rules)});
  }
}

/// Every cell that holds `from` gets `to`; that none does is fine.
void rewrite_cells(const Schema& before, const std::string& name, const std::string& from, const std::string& to,
                   std::vector<Change>& out) {
  for (const ColumnRef& ref : bound_columns(before, name)) {
    source::Formula cells;
    cells.value = literal(Text{to});
    cells.where = equals(cell_of(ref), literal(Text{from}));
    cells.expecting = Expecting{Expecting::Kind::at_least, 0};
    out.push_back(change::WriteCells{scope_of(ref), std::move(cells)});
  }
}

void restore_cells(const Schema& before, const std::string& name, Reversal& out) {
  for (ColumnRef& ref : bound_columns(before, name)) {
    out.ops.push_back(RestoreValues{std::move(ref), {}});
    out.fidelity = Fidelity::needs_capture;
  }
}

/// Where a value stands, by its left neighbour (which may be a retired one).
Place place_of(const Values& values, Values::const_iterator at) {
  if (at == values.begin()) return {Place::Kind::first, {}};
  return {Place::Kind::after, (at - 1)->text};
}

// --- judging: the live lists of the bound columns

bool lists(const Allowed& rule, std::string_view value) {
  return rule.kind == Allowed::Kind::list &&
         std::find(rule.values.begin(), rule.values.end(), value) != rule.values.end();
}

struct Lists {
  std::size_t bound = 0, there = 0;  // columns; those whose list shows the end state
  std::vector<Diagnostic> conflicts;
  std::vector<std::pair<ColumnRef, LiveColumn>> columns;
};

/// `done`: a live list shows the end state. Else it has to be the old one (or none, where the target has no rules of
/// its own).
template <class Done>
Lists compare_lists(const Schema& before, const LiveView& live, const std::string& name, Done done) {
  Lists out;
  for (const ColumnRef& ref : bound_columns(before, name)) {
    ++out.bound;
    const LiveColumn found = live_column(live, ref, out.conflicts);
    if (found.column == nullptr) continue;
    out.columns.emplace_back(ref, found);
    const Allowed& rule = found.column->allowed;
    if (rule.kind == Allowed::Kind::list && done(rule)) {
      ++out.there;
      continue;
    }
    const Allowed& old = column_at(before, ref).allowed;
    if (rule.kind == Allowed::Kind::none || (rule.kind == old.kind && rule.values == old.values)) continue;
    std::vector<std::string> shown;
    for (const std::string& value : rule.values) shown.push_back(quoted(value));
    out.conflicts.push_back(
        refusal("ZM0302", quoted(ref.header) + " of " + quoted(found.sheet->title) + " has another list of values",
                header_cell(*found.sheet, ref.id),
                {"it allows " + (shown.empty() ? "other cells" : join(shown, ", ")) +
                 ": neither the old nor the new values of enum " + quoted(name)},
                "make the list equal to the enum, old or new"));
  }
  return out;
}

/// Whether a cell of a bound column holds the text.
Result<bool> any_holds(const Lists& lists, const std::string& text, CellView& cells) {
  for (const auto& [ref, found] : lists.columns) {
    bool held = false;
    const std::vector<std::string> own{ref.id};
    ZMIG_CHECK_OK(cells.scan(found.sheet->id, own, [&](const RowView& row) -> Status {
      held = held || row.cells[0].value == Value(Text{text});
      return ok();
    }));
    if (held) return true;
  }
  return false;
}

Judgement with_conflicts(Lists lists) {
  Judgement out = pending();
  out.state = Judgement::State::conflict;
  out.findings = std::move(lists.conflicts);
  if (!out.findings.empty()) out.where = out.findings.front().primary.cell;
  return out;
}

}  // namespace

// --- create enum

Result<std::vector<Change>> lower(const CreateEnum& op, const Schema& before) {
  if (before.find_enum(op.name) != nullptr)
    return make_error(Errc::invalid_input, "ZM0102", "enum " + quoted(op.name) + " already exists");
  return std::vector<Change>{change::SetEnum{op.name, Values{}, std::nullopt}};
}

/// The values made inside are retired by their own reversals, which run first; then the enum goes with all of them.
Result<Reversal> invert(const CreateEnum& op, const Schema&) { return exact({DropEnum{op.name}}); }

std::string describe(const CreateEnum& op) { return "create enum " + op.name; }

/// An enum lives in the replay; only its bound columns can be satisfied or in conflict, and there are none yet.
Result<Judgement> judge(const CreateEnum&, const Schema&, const LiveView&) { return pending(); }

// --- drop enum

Result<std::vector<Change>> lower(const DropEnum& op, const Schema& before) {
  ZMIG_CHECK_OK(ops::find_enum(before, op.name));
  ZMIG_CHECK_OK(enum_is_unused(before, op.name));
  return std::vector<Change>{change::SetEnum{op.name, std::nullopt, std::nullopt}};
}

Result<Reversal> invert(const DropEnum& op, const Schema& before) {
  ZMIG_TRY(const Enum* named, ops::find_enum(before, op.name));
  Reversal out = exact({CreateEnum{op.name}});
  for (const EnumValue& value : named->values)
    out.ops.push_back(AddValue{op.name, value.text, {Place::Kind::last, {}}, value.note});
  for (const EnumValue& value : named->values) {
    if (!value.offered) out.ops.push_back(RetireValue{op.name, value.text, std::nullopt});
  }
  return out;
}

std::string describe(const DropEnum& op) { return "drop enum " + op.name; }

Result<Judgement> judge(const DropEnum&, const Schema&, const LiveView&) { return pending(); }

// --- add value

Result<std::vector<Change>> lower(const AddValue& op, const Schema& before) {
  ZMIG_TRY(const Enum* named, ops::find_enum(before, op.enum_name));
  ZMIG_TRY(const Values values, added(*named, op));
  return with_lists(before, op.enum_name, values);
}

Result<Reversal> invert(const AddValue& op, const Schema&) {
  return exact({RetireValue{op.enum_name, op.value, std::nullopt}});
}

std::string describe(const AddValue& op) {
  std::string out = "add value " + op.enum_name + "." + op.value;
  if (op.place.kind == Place::Kind::first) out += ", first";
  if (op.place.kind == Place::Kind::after) out += ", after " + op.place.beside;
  if (op.place.kind == Place::Kind::before) out += ", before " + op.place.beside;
  return out;
}

Result<Judgement> judge(const AddValue& op, const Schema& before, const LiveView& live) {
  Lists state = compare_lists(before, live, op.enum_name, [&](const Allowed& rule) { return lists(rule, op.value); });
  if (!state.conflicts.empty()) return with_conflicts(std::move(state));
  // The enum itself has to be recorded: the line is its own claim, and writes the lists that are there.
  return state.bound > 0 && state.there == state.bound ? satisfied({op}, {}) : pending();
}

// --- rename value

Result<std::vector<Change>> lower(const RenameValue& op, const Schema& before) {
  ZMIG_TRY(const Enum* named, ops::find_enum(before, op.enum_name));
  ZMIG_TRY(const Values values, renamed(*named, op));
  std::vector<Change> out = with_lists(before, op.enum_name, values);
  follow_defaults(before, op.enum_name, op.from, op.to, out);
  rewrite_cells(before, op.enum_name, op.from, op.to, out);
  return out;
}

Result<Reversal> invert(const RenameValue& op, const Schema& before) {
  Reversal out = exact({RenameValue{op.enum_name, op.to, op.from}});
  restore_cells(before, op.enum_name, out);
  return out;
}

std::string describe(const RenameValue& op) { return "rename value " + op.enum_name + "." + op.from + " to " + op.to; }

Result<Judgement> judge(const RenameValue& op, const Schema& before, const LiveView& live) {
  Lists state = compare_lists(before, live, op.enum_name,
                              [&](const Allowed& rule) { return lists(rule, op.to) && !lists(rule, op.from); });
  if (!state.conflicts.empty()) return with_conflicts(std::move(state));
  if (state.bound == 0 || state.there < state.bound) return pending();
  ZMIG_TRY(const bool held, any_holds(state, op.from, live.cells));
  return held ? pending() : satisfied({op}, {});
}

// --- retire value

Result<std::vector<Change>> lower(const RetireValue& op, const Schema& before) {
  ZMIG_TRY(const Enum* named, ops::find_enum(before, op.enum_name));
  ZMIG_TRY(const Values values, retired(*named, op));
  std::vector<Change> out = with_lists(before, op.enum_name, values);
  if (!op.replacement) return out;
  follow_defaults(before, op.enum_name, op.value, *op.replacement, out);
  rewrite_cells(before, op.enum_name, op.value, *op.replacement, out);
  return out;
}

Result<Reversal> invert(const RetireValue& op, const Schema& before) {
  ZMIG_TRY(const Enum* named, ops::find_enum(before, op.enum_name));
  const auto value = position_of(named->values, op.value);
  if (value == named->values.end()) return no_value(*named, op.value);
  Reversal out = exact({});
  if (value->offered) out.ops.push_back(AddValue{op.enum_name, op.value, place_of(named->values, value), value->note});
  if (!op.replacement) return out;
  for (const ColumnRef& ref : bound_columns(before, op.enum_name)) {
    const std::optional<Value>& fallback = column_at(before, ref).rules.fallback;
    if (fallback == Value(Text{op.value})) out.ops.push_back(SetDefault{ref, fallback});
  }
  restore_cells(before, op.enum_name, out);
  return out;
}

std::string describe(const RetireValue& op) {
  return "retire value " + op.enum_name + "." + op.value +
         (op.replacement ? ", replaced with " + *op.replacement : "; cells keep it");
}

Result<Judgement> judge(const RetireValue& op, const Schema& before, const LiveView& live) {
  Lists state = compare_lists(before, live, op.enum_name, [&](const Allowed& rule) { return !lists(rule, op.value); });
  if (!state.conflicts.empty()) return with_conflicts(std::move(state));
  if (state.bound == 0 || state.there < state.bound) return pending();
  if (!op.replacement) return satisfied({op}, {});
  ZMIG_TRY(const bool held, any_holds(state, op.value, live.cells));
  return held ? pending() : satisfied({op}, {});
}

}  // namespace zmig::op
