// create, adopt, forget, rename, drop, restore sheet; freeze header (language.md 7.1).

#include <algorithm>
#include <utility>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "model/names.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

/// The place that puts a sheet at an index again.
SheetPlace place_at(const Schema& schema, std::size_t index0) {
  if (index0 == 0) return {Place::Kind::first, {}};
  if (index0 > schema.sheets.size()) return {Place::Kind::last, {}};
  return {Place::Kind::after, schema.sheets[index0 - 1].id};
}

Status not_last_visible(const Schema& schema, const Sheet& sheet) {
  if (schema.sheets.size() == 1) return ok();
  const bool another = std::any_of(schema.sheets.begin(), schema.sheets.end(),
                                   [&](const Sheet& other) { return other.id != sheet.id && !other.hidden; });
  if (sheet.hidden || another) return ok();
  return make_error(Errc::invalid_input, "ZM0324", quoted(sheet.title) + " is the last visible sheet of the workbook");
}

void add_columns(const Sheet& sheet, std::vector<Change>& out) {
  for (const Column& column : sheet.columns) {
    if (column.managed) out.push_back(change::InsertColumn{sheet.id, bare_column(column), {Place::Kind::last, {}}});
  }
  for (const Column& column : sheet.columns) {
    if (column.managed) add_facts(sheet.id, column, column.allowed, out);
  }
}

/// What adopts each managed column of a sheet again, as it is defined here.
std::vector<Operation> claims_of(const Sheet& sheet) {
  std::vector<Operation> out;
  for (const Column& column : sheet.columns) {
    if (column.managed) out.push_back(AdoptColumn{ref_to(sheet), without_rule(column)});
  }
  return out;
}

}  // namespace

// --- create sheet

Result<std::vector<Change>> lower(const CreateSheet& op, const Schema& before) {
  ZMIG_CHECK_OK(title_is_free(before, op.sheet.title));
  ZMIG_CHECK_OK(place_is_there(before, op.place));
  Sheet sheet;
  sheet.id = op.sheet.id;
  sheet.title = op.sheet.title;
  return std::vector<Change>{change::InsertSheet{std::move(sheet), op.place.place}};
}

Result<Reversal> invert(const CreateSheet& op, const Schema&) { return exact({DropSheet{op.sheet, false}}); }

std::string describe(const CreateSheet& op) {
  std::string out = "create sheet " + op.sheet.title;
  if (op.place.place.kind == Place::Kind::first) out += ", first";
  if (op.place.place.kind == Place::Kind::after) out += ", after " + op.place.name;
  if (op.place.place.kind == Place::Kind::before) out += ", before " + op.place.name;
  return out;
}

/// Whether its other headers belong to the body is for other_headers(), which sees the body.
Result<Judgement> judge(const CreateSheet& op, const Schema&, const LiveView& live) {
  const Titles like = titles_like(live.schema, op.sheet.title);
  if (like.equal.size() > 1) return conflict(title_twice(op.sheet.title, like.equal.size()));
  if (like.equal.empty() && !like.alike.empty()) return conflict(title_alike(op.sheet.title, *like.alike.front()));
  if (like.equal.empty()) return pending();
  const Sheet& found = *like.equal.front();
  if (found.managed && found.id != op.sheet.id) {
    return conflict(
        refusal("ZM0302", "sheet " + quoted(op.sheet.title) + " is already there, and managed", found.title));
  }
  if (found.managed) return satisfied({}, found.title);
  if (found.managed) return satisfied({}, found.title);
  Judgement out = satisfied({AdoptSheet{op.sheet}}, found.title);
  out.findings.push_back(information("ZM0329",
                                     "sheet " + quoted(op.sheet.title) + " is already there and fits: adopted",
                                     found.title, {"`down` will leave it where it is"}));
  return out;
}

// --- adopt sheet

Result<std::vector<Change>> lower(const AdoptSheet& op, const Schema& before) {
  const Sheet* known = before.sheet(op.sheet.id);
  if (known != nullptr && known->managed)
    return make_error(Errc::invalid_input, "ZM0102", "sheet " + quoted(op.sheet.title) + " is managed already");
  const Sheet* found = before.sheet_titled(op.sheet.title, true);
  if (found != nullptr && found->managed)
    return make_error(Errc::invalid_input, "ZM0102", "sheet " + quoted(op.sheet.title) + " is managed already");
  if (found == nullptr) ZMIG_CHECK_OK(title_is_free(before, op.sheet.title));
  Sheet sheet;
  sheet.id = op.sheet.id;
  sheet.title = op.sheet.title;
  return std::vector<Change>{change::Track{scope_of(op.sheet), std::move(sheet)}};
}

Result<Reversal> invert(const AdoptSheet& op, const Schema&) { return exact({ForgetSheet{op.sheet}}); }

std::string describe(const AdoptSheet& op) { return "adopt sheet " + op.sheet.title; }

Result<Judgement> judge(const AdoptSheet& op, const Schema&, const LiveView& live) {
  const Titles like = titles_like(live.schema, op.sheet.title);
  if (like.equal.size() > 1) return conflict(title_twice(op.sheet.title, like.equal.size()));
  if (like.equal.empty()) return conflict(sheet_missing(live.schema, op.sheet.title));
  const Sheet& found = *like.equal.front();
  if (!found.managed) return pending(found.title);
  if (found.id == op.sheet.id) return satisfied({}, found.title);
  return conflict(refusal("ZM0302", "sheet " + quoted(op.sheet.title) + " is managed already", found.title));
}

// --- forget sheet

Result<std::vector<Change>> lower(const ForgetSheet& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  ZMIG_CHECK_OK(sheet_is_unused(before, *sheet, true));
  std::vector<Change> out;
  // Keys of several columns and checks go first: they hold on to the columns.
  if (!(sheet->rules == SheetRules{})) out.push_back(change::SetRules{scope_of(op.sheet), SheetRules{}});
  out.push_back(change::Untrack{scope_of(op.sheet)});
  return out;
}

Result<Reversal> invert(const ForgetSheet& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  Reversal out = exact({AdoptSheet{ref_to(*sheet)}});
  for (Operation& claim : claims_of(*sheet)) out.ops.push_back(std::move(claim));
  return out;
}

std::string describe(const ForgetSheet& op) { return "forget sheet " + op.sheet.title + "; it stays as it is"; }

Result<Judgement> judge(const ForgetSheet& op, const Schema&, const LiveView& live) {
  const Sheet* sheet = live.schema.sheet(op.sheet.id);
  return sheet == nullptr ? satisfied({}, {}) : pending(sheet->title);
}

// --- rename sheet

Result<std::vector<Change>> lower(const RenameSheet& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  ZMIG_CHECK_OK(title_is_free(before, op.to, sheet->id));
  return std::vector<Change>{change::SetTitle{sheet->id, op.to}};
}

Result<Reversal> invert(const RenameSheet& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  return exact({RenameSheet{{sheet->id, op.to}, sheet->title}});
}

std::string describe(const RenameSheet& op) { return "rename sheet " + op.sheet.title + " to " + op.to; }

Result<Judgement> judge(const RenameSheet& op, const Schema&, const LiveView& live) {
  const Sheet* sheet = live.schema.sheet(op.sheet.id);
  const Titles like = titles_like(live.schema, op.to, op.sheet.id);
  if (sheet == nullptr && !like.equal.empty()) {
    return conflict(
        refusal("ZM0302", "sheet " + quoted(op.to) + " is there, but it is not " + quoted(op.sheet.title) + " renamed",
                like.equal.front()->title));
  }
  if (sheet == nullptr) return conflict(sheet_missing(live.schema, op.sheet.title));
  if (!like.equal.empty()) {
    return conflict(refusal("ZM0302", "sheets " + quoted(op.sheet.title) + " and " + quoted(op.to) + " are both there",
                            like.equal.front()->title, {}, "choose another title, or remove the other sheet"));
  }
  if (sheet->title == op.to) return satisfied({}, sheet->title);
  if (!like.alike.empty()) return conflict(title_alike(op.to, *like.alike.front()));
  if (!same_header(sheet->title, op.sheet.title) && !same_header(sheet->title, op.to)) {
    return conflict(refusal(
        "ZM0302", "sheet " + quoted(op.sheet.title) + " was renamed to " + quoted(sheet->title) + " by no migration",
        sheet->title));
  }
  return pending(sheet->title);
}

// --- drop sheet

Result<std::vector<Change>> lower(const DropSheet& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  ZMIG_CHECK_OK(not_last_visible(before, *sheet));
  ZMIG_CHECK_OK(sheet_is_unused(before, *sheet, false));
  return std::vector<Change>{change::DeleteSheet{sheet->id}};
}

Result<Reversal> invert(const DropSheet& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  if (op.discard) return Reversal{{}, Fidelity::irreversible};
  for (const Column& column : sheet->columns) {
    if (column.managed) ZMIG_CHECK_OK(can_come_back(*sheet, column));
  }
  const auto stands =
      std::find_if(before.sheets.begin(), before.sheets.end(), [&](const Sheet& one) { return one.id == sheet->id; });
  const auto index0 = static_cast<std::size_t>(stands - before.sheets.begin());
  return captured({RestoreSheet{*sheet, index0, {}}});
}

std::string describe(const DropSheet& op) {
  return "drop sheet " + op.sheet.title + (op.discard ? ", discarding its data" : ", captured first");
}

Result<Judgement> judge(const DropSheet& op, const Schema&, const LiveView& live) {
  const Sheet* sheet = live.schema.sheet(op.sheet.id);
  if (sheet != nullptr) {
    const Status last = not_last_visible(live.schema, *sheet);
    return last ? pending(sheet->title) : conflict(refusal("ZM0324", last.error().message, sheet->title));
  }
  const Titles like = titles_like(live.schema, op.sheet.title);
  if (like.equal.empty()) return satisfied({}, {});
  return conflict(refusal("ZM0302",
                          "sheet " + quoted(op.sheet.title) + " is there, but it is not the one that this line drops",
                          like.equal.front()->title));
}

// --- restore sheet

Result<std::vector<Change>> lower(const RestoreSheet& op, const Schema& before) {
  if (before.sheet(op.sheet.id) != nullptr)
    return make_error(Errc::invalid_input, "ZM0102", "sheet " + quoted(op.sheet.title) + " already exists");
  ZMIG_CHECK_OK(title_is_free(before, op.sheet.title));
  const Sheet& sheet = op.sheet;
  Sheet bare;
  bare.id = sheet.id;
  bare.title = sheet.title;
  bare.header_row = sheet.header_row;
  std::vector<Change> out{change::InsertSheet{std::move(bare), place_at(before, op.index0)}};
  add_columns(sheet, out);
  if (!(sheet.rules == SheetRules{})) out.push_back(change::SetRules{{sheet.id, {}}, sheet.rules});
  if (sheet.frozen) out.push_back(change::SetFrozen{sheet.id, true});
  if (sheet.hidden) out.push_back(change::SetHidden{{sheet.id, {}}, true});
  if (sheet.protection) out.push_back(change::SetProtection{{sheet.id, {}}, sheet.protection});
  out.push_back(change::InsertRows{sheet.id, source::Captured{op.migration}});
  return out;
}

Result<Reversal> invert(const RestoreSheet& op, const Schema&) {
  return exact({DropSheet{{op.sheet.id, op.sheet.title}, false}});
}

std::string describe(const RestoreSheet& op) { return "restore sheet " + op.sheet.title + " from its capture"; }

Result<Judgement> judge(const RestoreSheet& op, const Schema&, const LiveView& live) {
  const Titles like = titles_like(live.schema, op.sheet.title);
  if (like.equal.empty()) return pending();
  return conflict(refusal("ZM0302", "sheet " + quoted(op.sheet.title) + " is there again", like.equal.front()->title,
                          {}, "rename the one that is there"));
}

// --- freeze header

Result<std::vector<Change>> lower(const FreezeHeader& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  return std::vector<Change>{change::SetFrozen{sheet->id, op.frozen}};
}

Result<Reversal> invert(const FreezeHeader& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  if (sheet->frozen == op.frozen) return exact({});
  return exact({FreezeHeader{ref_to(*sheet), sheet->frozen}});
}

std::string describe(const FreezeHeader& op) {
  return (op.frozen ? "freeze header of " : "unfreeze header of ") + op.sheet.title;
}

Result<Judgement> judge(const FreezeHeader& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  return sheet->frozen == op.frozen ? satisfied({}, sheet->title) : pending(sheet->title);
}

}  // namespace zmig::op
