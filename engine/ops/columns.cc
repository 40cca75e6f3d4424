// add, adopt, forget, rename, move, retire, drop, restore column (language.md 7.2).

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "model/names.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

Status type_is_known(const Type& type, const Schema& before) {
  if (type.kind == TypeKind::enumeration) ZMIG_CHECK_OK(ops::find_enum(before, type.of));
  if (type.kind == TypeKind::reference && before.sheet(type.of) == nullptr)
    return make_error(Errc::invalid_input, "ZM0101", "no sheet that this reference means at this line");
  return ok();
}

std::string place_text(const NamedPlace& place) {
  switch (place.place.kind) {
    case Place::Kind::first: return ", first";
    case Place::Kind::last: return {};
    case Place::Kind::after: return ", after " + place.name;
    case Place::Kind::before: return ", before " + place.name;
  }
  return {};
}

std::string definition_text(const Column& column) {
  std::string out = ", " + type_text(column.type);
  if (column.format) out += ", " + *column.format;
  return out;
}

std::string flags_text(const Column& column) {
  std::string out;
  const ColumnRules& rules = column.rules;
  if (rules.key) out += ", key";
  if (rules.required) out += ", required";
  if (rules.unique) out += ", unique";
  if (column.hidden) out += ", hidden";
  if (column.protection) out += ", protected";
  return out;
}

/// The live neighbour of a place, or the refusal.
std::optional<Diagnostic> neighbour_missing(const Sheet& sheet, const NamedPlace& place) {
  if (place.place.kind == Place::Kind::first || place.place.kind == Place::Kind::last) return std::nullopt;
  if (column_by_id(sheet, place.place.beside) != nullptr) return std::nullopt;
  return refusal("ZM0314", "no column " + quoted(place.name) + " in " + quoted(sheet.title) + " to stand beside",
                 sheet.title);
}

}  // namespace

// --- add column

Result<std::vector<Change>> lower(const AddColumn& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  ZMIG_CHECK_OK(type_is_known(op.column.type, before));
  ZMIG_CHECK_OK(header_is_free(*sheet, op.column.header));
  ZMIG_CHECK_OK(place_is_there(*sheet, op.place));
  Column column = op.column;
  column.note = full_note(column.rules.deprecated, column.note);
  if (column.rules.fallback) {
    ZMIG_TRY(column.rules.fallback,
             fitting(*column.rules.fallback, column.type, before, "the default of " + quoted(column.header)));
  }
  std::vector<Change> out{change::InsertColumn{sheet->id, bare_column(column), op.place.place}};
  add_facts(sheet->id, column, allowed_for(column.type, column.rules.lenient, before), out);
  if (column.rules.fallback && !is_blank(*column.rules.fallback))
    out.push_back(change::FillEmpty{{sheet->id, column.id}, *column.rules.fallback, {}});
  return out;
}

Result<Reversal> invert(const AddColumn& op, const Schema&) {
  return exact({DropColumn{{op.sheet, op.column.id, op.column.header}, false, {}}});
}

std::string describe(const AddColumn& op) {
  std::string out = "add column " + dotted(op.sheet, op.column.header) + definition_text(op.column);
  if (op.column.rules.fallback) out += ", " + literal_text(*op.column.rules.fallback) + " for existing rows";
  return out + place_text(op.place) + flags_text(op.column);
}

Result<Judgement> judge(const AddColumn& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  const ColumnRef at{op.sheet, op.column.id, op.column.header};
  const Headers like = headers_like(*sheet, op.column.header);
  if (like.equal.size() > 1)
    return conflict(twice(*sheet, op.column.header, like.equal), {AdoptColumn{op.sheet, op.column}});
  if (like.equal.empty() && !like.alike.empty())
    return conflict(look_alike(*sheet, op.column.header, *like.alike.front()));
  if (like.equal.empty()) {
    std::optional<Diagnostic> alone = neighbour_missing(*sheet, op.place);
    return alone ? conflict(std::move(*alone)) : pending();
  }
  const Column& found = *like.equal.front();
  if (found.managed && found.id == at.id) return satisfied({}, header_cell(*sheet, found.id));
  if (found.managed) {
    return conflict(
        refusal("ZM0302", quoted(op.column.header) + " is already in " + quoted(sheet->title) + ", and managed",
                header_cell(*sheet, found.id), {}, "choose another name, or change the column that is there"));
  }
  ZMIG_TRY(Fit fit, fit_column(at, op.column, *sheet, found, before, live, true));
  Judgement out;
  out.where = fit.where;
  out.replaced = true;
  out.instead.push_back(AdoptColumn{op.sheet, std::move(fit.claim)});
  if (!fit.conflicts.empty()) {
    out.state = Judgement::State::conflict;
    out.findings = std::move(fit.conflicts);
    return out;
  }
  out.state = fit.completed.empty() ? Judgement::State::satisfied : Judgement::State::pending;
  for (Operation& operation : fit.missing) out.instead.push_back(std::move(operation));
  out.completed = std::move(fit.completed);
  std::vector<std::string> notes{fit.where + ", " + fit.summary + "; `down` will leave it where it is"};
  if (!out.completed.empty()) notes.push_back("added to it: " + join(out.completed, ", "));
  if (op.place.place.kind != Place::Kind::last)
    notes.emplace_back("it stays where it is; the place in this line is for a new column");
  out.findings.push_back(information("ZM0329",
                                     quoted(op.column.header) + " is already in " + quoted(sheet->title) +
                                         " and fits: adopted" + (out.completed.empty() ? "" : " and completed"),
                                     fit.where, std::move(notes)));
  return out;
}

// --- adopt column

Result<std::vector<Change>> lower(const AdoptColumn& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  ZMIG_CHECK_OK(type_is_known(op.column.type, before));
  const Column* known = column_by_id(*sheet, op.column.id);
  if (known == nullptr) known = column_by_header(*sheet, op.column.header, true);
  if (known != nullptr && known->managed) {
    return make_error(Errc::invalid_input, "ZM0102",
                      "column " + quoted(op.column.header) + " of " + quoted(sheet->title) + " is managed already");
  }
  const auto same = std::count_if(sheet->columns.begin(), sheet->columns.end(),
                                  [&](const Column& one) { return same_header(one.header, op.column.header); });
  if (same > 1)
    return make_error(Errc::invalid_input, "ZM0312",
                      quoted(op.column.header) + " is in " + quoted(sheet->title) + " twice");
  Column claimed = op.column;
  claimed.managed = true;
  if (claimed.rules.fallback) {
    ZMIG_TRY(claimed.rules.fallback,
             fitting(*claimed.rules.fallback, claimed.type, before, "the default of " + quoted(claimed.header)));
  }
  claimed.allowed = allowed_for(claimed.type, claimed.rules.lenient, before);
  const Scope at{sheet->id, claimed.id};
  const Allowed rule = claimed.allowed;
  std::vector<Change> out{change::Track{at, std::move(claimed)}};
  // A column that the replay does not know is claimed with its rule; targets without rules of their own (csv, SQL)
  // learn it here. One that the replay knows as foreign keeps the rule that stands on it, so that forget and adopt lead
  // back exactly.
  if (known == nullptr && rule.kind != Allowed::Kind::none) out.push_back(change::SetAllowed{at, rule});
  return out;
}

Result<Reversal> invert(const AdoptColumn& op, const Schema&) {
  return exact({ForgetColumn{{op.sheet, op.column.id, op.column.header}}});
}

std::string describe(const AdoptColumn& op) {
  return "adopt column " + dotted(op.sheet, op.column.header) + definition_text(op.column) + flags_text(op.column);
}

Result<Judgement> judge(const AdoptColumn& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  const ColumnRef at{op.sheet, op.column.id, op.column.header};
  const Headers like = headers_like(*sheet, op.column.header);
  if (like.equal.size() > 1) return conflict(twice(*sheet, op.column.header, like.equal));
  if (like.equal.empty()) {
    live_column(live, at, missing);
    return conflict(std::move(missing.front()));
  }
  const Column& found = *like.equal.front();
  if (found.managed && found.id != op.column.id) {
    return conflict(refusal("ZM0302", quoted(op.column.header) + " of " + quoted(sheet->title) + " is managed already",
                            header_cell(*sheet, found.id)));
  }
  ZMIG_TRY(Fit fit, fit_column(at, op.column, *sheet, found, before, live, false));
  Judgement out = found.managed ? satisfied({}, fit.where) : pending(fit.where);
  if (fit.conflicts.empty()) return out;
  out.state = Judgement::State::conflict;
  out.findings = std::move(fit.conflicts);
  return out;
}

// --- forget column

Result<std::vector<Change>> lower(const ForgetColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  ZMIG_CHECK_OK(column_is_unused(before, *found.sheet, *found.column));
  return std::vector<Change>{change::Untrack{scope_of(op.at)}};
}

Result<Reversal> invert(const ForgetColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  return exact({AdoptColumn{ref_to(*found.sheet), without_rule(*found.column)}});
}

std::string describe(const ForgetColumn& op) { return "forget column " + dotted(op.at) + "; it stays as it is"; }

Result<Judgement> judge(const ForgetColumn& op, const Schema&, const LiveView& live) {
  const Sheet* sheet = live.schema.sheet(op.at.sheet.id);
  const Column* column = sheet == nullptr ? nullptr : column_by_id(*sheet, op.at.id);
  return column == nullptr ? satisfied({}, {}) : pending(header_cell(*sheet, column->id));
}

// --- rename column

Result<std::vector<Change>> lower(const RenameColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  ZMIG_CHECK_OK(header_is_free(*found.sheet, op.to, found.column->id));
  return std::vector<Change>{change::SetHeader{scope_of(op.at), op.to}};
}

Result<Reversal> invert(const RenameColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  return exact({RenameColumn{{ref_to(*found.sheet), found.column->id, op.to}, found.column->header}});
}

std::string describe(const RenameColumn& op) { return "rename column " + dotted(op.at) + " to " + op.to; }

Result<Judgement> judge(const RenameColumn& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.at.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  const Column* column = column_by_id(*sheet, op.at.id);
  const Headers like = headers_like(*sheet, op.to, op.at.id);
  if (column == nullptr && !like.equal.empty()) {
    const std::string cell = header_cell(*sheet, like.equal.front()->id);
    return conflict(refusal(
        "ZM0302",
        quoted(op.to) + " is in " + quoted(sheet->title) + ", but it is not " + quoted(op.at.header) + " renamed", cell,
        {cell + " is a column that zmig does not manage"}));
  }
  if (column == nullptr) {
    live_column(live, op.at, missing);
    return conflict(std::move(missing.front()));
  }
  const std::string where = header_cell(*sheet, column->id);
  if (!like.equal.empty()) {
    const std::string other = header_cell(*sheet, like.equal.front()->id);
    return conflict(refusal(
        "ZM0302", quoted(op.at.header) + " and " + quoted(op.to) + " are both in " + quoted(sheet->title), other,
        {where + " is " + quoted(column->header) + ", " + other + " is " + quoted(like.equal.front()->header)},
        "choose another name, or remove the other column"));
  }
  if (column->header == op.to) return satisfied({}, where);
  if (!like.alike.empty()) return conflict(look_alike(*sheet, op.to, *like.alike.front()));
  if (!same_header(column->header, op.at.header) && !same_header(column->header, op.to)) {
    return conflict(refusal("ZM0302",
                            quoted(op.at.header) + " of " + quoted(sheet->title) + " was renamed to " +
                                quoted(column->header) + " by no migration",
                            where));
  }
  return pending(where);
}

// --- move column

Result<std::vector<Change>> lower(const MoveColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  ZMIG_CHECK_OK(place_is_there(*found.sheet, op.place, op.at.id));
  return std::vector<Change>{change::MoveColumn{scope_of(op.at), op.place.place}};
}

Result<Reversal> invert(const MoveColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  return exact({MoveColumn{ref_to(*found.sheet, *found.column), place_in(*found.sheet, found.column->id)}});
}

std::string describe(const MoveColumn& op) {
  const std::string place = op.place.place.kind == Place::Kind::last ? ", last" : place_text(op.place);
  return "move column " + dotted(op.at) + place;
}

namespace {

/// Whether the column stands where the place says; columns without a header do not count.
bool stands_at(const Sheet& sheet, const Column& column, const Place& place) {
  std::vector<const Column*> row;
  for (const Column& one : sheet.columns) {
    if (!is_blank_header(one.header)) row.push_back(&one);
  }
  const auto at = std::find(row.begin(), row.end(), &column);
  if (at == row.end()) return false;
  switch (place.kind) {
    case Place::Kind::first: return at == row.begin();
    case Place::Kind::last: return at + 1 == row.end();
    case Place::Kind::after: return at != row.begin() && (*(at - 1))->id == place.beside;
    case Place::Kind::before: return at + 1 != row.end() && (*(at + 1))->id == place.beside;
  }
  return false;
}

}  // namespace

Result<Judgement> judge(const MoveColumn& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  std::optional<Diagnostic> alone = neighbour_missing(*found.sheet, op.place);
  if (alone) return conflict(std::move(*alone));
  const std::string where = header_cell(*found.sheet, found.column->id);
  return stands_at(*found.sheet, *found.column, op.place.place) ? satisfied({}, where) : pending(where);
}

// --- retire column

Result<std::vector<Change>> lower(const RetireColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  ColumnRules rules = found.column->rules;
  rules.deprecated = Deprecation{op.use};
  const Scope at = scope_of(op.at);
  return std::vector<Change>{change::SetRules{at, rules}, change::SetHidden{at, true},
                             change::SetNote{at, full_note(rules.deprecated, plain_note(*found.column))}};
}

Result<Reversal> invert(const RetireColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const ColumnRef at = ref_to(*found.sheet, *found.column);
  Reversal out = exact({});
  if (!found.column->hidden) out.ops.push_back(SetHidden{at, false});
  if (found.column->rules.deprecated != Deprecation{op.use})
    out.ops.push_back(SetDeprecated{at, found.column->rules.deprecated});
  return out;
}

std::string describe(const RetireColumn& op) {
  return "retire column " + dotted(op.at) + ": hidden and deprecated" + (op.use.empty() ? "" : ", use " + op.use);
}

Result<Judgement> judge(const RetireColumn& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  const std::string where = header_cell(*found.sheet, found.column->id);
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const bool noted = found.column->note == full_note(Deprecation{op.use}, plain_note(*known.column));
  // The declared half has to be recorded, so the line itself is the claim: what it writes is there already.
  return found.column->hidden && noted ? satisfied({op}, where) : pending(where);
}

// --- drop column

Result<std::vector<Change>> lower(const DropColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  ZMIG_CHECK_OK(column_is_unused(before, *found.sheet, *found.column));
  return std::vector<Change>{change::DeleteColumn{scope_of(op.at)}};
}

Result<Reversal> invert(const DropColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (op.discard) return Reversal{{}, Fidelity::irreversible};
  ZMIG_CHECK_OK(can_come_back(*found.sheet, *found.column));
  const SheetRef sheet = ref_to(*found.sheet);
  const NamedPlace place = place_in(*found.sheet, found.column->id);
  if (!op.undo) return captured({RestoreColumn{sheet, *found.column, place, {}}});
  Column column = without_rule(*found.column);
  column.note = plain_note(*found.column);
  // The default comes after the fill: with it, `add column` would fill the blank cells that the formula is meant for.
  const std::optional<Value> fallback = std::exchange(column.rules.fallback, std::nullopt);
  const ColumnRef at = ref_to(*found.sheet, *found.column);
  Reversal out{{AddColumn{sheet, std::move(column), place}, FillColumn{at, *op.undo, {}, Otherwise::keep, {}}},
               Fidelity::lossy};
  if (fallback) out.ops.push_back(SetDefault{at, fallback});
  return out;
}

std::string describe(const DropColumn& op) {
  if (op.discard) return "drop column " + dotted(op.at) + ", discarding its data";
  return "drop column " + dotted(op.at) + (op.undo ? ", rebuilt by a formula on the way back" : ", captured first");
}

Result<Judgement> judge(const DropColumn& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.at.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  const Column* column = column_by_id(*sheet, op.at.id);
  if (column != nullptr) return pending(header_cell(*sheet, column->id));
  const Headers like = headers_like(*sheet, op.at.header);
  if (like.equal.empty()) return satisfied({}, {});
  const std::string cell = header_cell(*sheet, like.equal.front()->id);
  return conflict(refusal(
      "ZM0302",
      quoted(op.at.header) + " is in " + quoted(sheet->title) + ", but it is not the column that this line drops", cell,
      {cell + " is a column that zmig does not manage"}, "adopt it first, or remove it by hand"));
}

// --- restore column

Result<std::vector<Change>> lower(const RestoreColumn& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  ZMIG_CHECK_OK(type_is_known(op.column.type, before));
  ZMIG_CHECK_OK(header_is_free(*sheet, op.column.header));
  ZMIG_CHECK_OK(place_is_there(*sheet, op.place));
  const bool from_enum = !op.column.allowed.enum_name.empty();
  const Allowed rule = from_enum ? allowed_for(op.column.type, op.column.rules.lenient, before) : op.column.allowed;
  std::vector<Change> out{change::InsertColumn{sheet->id, bare_column(op.column), op.place.place}};
  add_facts(sheet->id, op.column, rule, out);
  out.push_back(change::RestoreCells{{sheet->id, op.column.id}, change::Restore::both, source::Captured{op.migration}});
  return out;
}

Result<Reversal> invert(const RestoreColumn& op, const Schema&) {
  return exact({DropColumn{{op.sheet, op.column.id, op.column.header}, false, {}}});
}

std::string describe(const RestoreColumn& op) {
  return "restore column " + dotted(op.sheet, op.column.header) + " from its capture" + place_text(op.place);
}

Result<Judgement> judge(const RestoreColumn& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  const Headers like = headers_like(*sheet, op.column.header);
  if (like.equal.empty()) return pending();
  return conflict(refusal("ZM0302", quoted(op.column.header) + " is in " + quoted(sheet->title) + " again",
                          header_cell(*sheet, like.equal.front()->id), {}, "rename the column that is there"));
}

}  // namespace zmig::op
