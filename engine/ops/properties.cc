// The properties of a column, one operation each (language.md 7.3). `type` is in types.cc.

#include <utility>

#include "base/text.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

/// SetRules with one fact of the declared ones changed.
template <class Edit>
Result<std::vector<Change>> with_rules(const ColumnRef& at, const Schema& before, Edit edit) {
  ZMIG_TRY(const Found found, find_column(before, at));
  ColumnRules rules = found.column->rules;
  edit(rules);
  return std::vector<Change>{change::SetRules{scope_of(at), std::move(rules)}};
}

/// Declared facts are recorded, never found in place: pending wherever the column is there.
Result<Judgement> judge_declared(const ColumnRef& at, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  return pending(header_cell(*found.sheet, found.column->id));
}

/// A visible fact: `wanted` there already, as the replay knows it (`known`) or absent, or something that a person made.
struct Visible {
  bool wanted = false, known = false;
  std::string observed;  // for the message
};

Result<Judgement> judge_visible(const ColumnRef& at, const LiveColumn& found, const Visible& state,
                                std::string_view what) {
  const std::string where = header_cell(*found.sheet, found.column->id);
  if (state.wanted) return satisfied({}, where);
  if (state.known) return pending(where);
  return conflict(
      refusal("ZM0302", quoted(at.header) + " of " + quoted(found.sheet->title) + " has another " + std::string(what),
              where, {where + ": " + state.observed},
              "adoption completes, it never replaces: bring the old one back, or declare the one that is there"));
}

std::string_view word(Flag flag) {
  switch (flag) {
    case Flag::required: return "required";
    case Flag::unique: return "unique";
    case Flag::key: return "the key";
    case Flag::lenient: return "lenient";
  }
  return {};
}

bool& fact(ColumnRules& rules, Flag flag) {
  switch (flag) {
    case Flag::required: return rules.required;
    case Flag::unique: return rules.unique;
    case Flag::key: return rules.key;
    case Flag::lenient: break;
  }
  return rules.lenient;
}

}  // namespace

// --- default

Result<std::vector<Change>> lower(const SetDefault& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  std::optional<Value> value = op.value;
  if (value) {
    ZMIG_TRY(value, fitting(*value, found.column->type, before, "the default of " + quoted(found.column->header)));
  }
  return with_rules(op.at, before, [&](ColumnRules& rules) { rules.fallback = value; });
}

Result<Reversal> invert(const SetDefault& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->rules.fallback == op.value) return exact({});
  return exact({SetDefault{ref_to(*found.sheet, *found.column), found.column->rules.fallback}});
}

std::string describe(const SetDefault& op) {
  if (!op.value) return "no default for " + dotted(op.at);
  return "default of " + dotted(op.at) + " is " + literal_text(*op.value) + " from now on";
}

Result<Judgement> judge(const SetDefault& op, const Schema&, const LiveView& live) {
  return judge_declared(op.at, live);
}

// --- note

Result<std::vector<Change>> lower(const SetNote& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  return std::vector<Change>{change::SetNote{scope_of(op.at), full_note(found.column->rules.deprecated, op.note)}};
}

Result<Reversal> invert(const SetNote& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const std::optional<std::string> old = plain_note(*found.column);
  if (old == op.note) return exact({});
  return exact({SetNote{ref_to(*found.sheet, *found.column), old}});
}

std::string describe(const SetNote& op) {
  return op.note ? "note on " + dotted(op.at) + ": " + quoted(*op.note) : "no note on " + dotted(op.at);
}

Result<Judgement> judge(const SetNote& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const std::optional<std::string>& note = found.column->note;
  const Visible state{note == full_note(known.column->rules.deprecated, op.note), !note || note == known.column->note,
                      note ? quoted(*note) : "none"};
  return judge_visible(op.at, found, state, "note");
}

// --- format

Result<std::vector<Change>> lower(const SetFormat& op, const Schema& before) {
  ZMIG_CHECK_OK(find_column(before, op.at));
  return std::vector<Change>{change::SetFormat{scope_of(op.at), op.format}};
}

/// The schema knows one format a column. Where live cells were mixed, the planner captured them and prints `restore
/// format` instead.
Result<Reversal> invert(const SetFormat& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->format == op.format) return exact({});
  return exact({SetFormat{ref_to(*found.sheet, *found.column), found.column->format}});
}

std::string describe(const SetFormat& op) {
  return op.format ? "show " + dotted(op.at) + " as " + *op.format : "show " + dotted(op.at) + " as its type is shown";
}

Result<Judgement> judge(const SetFormat& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const std::optional<std::string>& format = found.column->format;
  const bool automatic = !format || format->empty() || !known.column->format;
  const Visible state{op.format && format && same_format(*format, *op.format),
                      automatic || same_format(*format, *known.column->format),
                      "shown as " + format.value_or("its type")};
  return judge_visible(op.at, found, state, "format");
}

// --- alias

Result<std::vector<Change>> lower(const SetAlias& op, const Schema& before) {
  return with_rules(op.at, before, [&](ColumnRules& rules) { rules.aliases = op.aliases; });
}

Result<Reversal> invert(const SetAlias& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->rules.aliases == op.aliases) return exact({});
  return exact({SetAlias{ref_to(*found.sheet, *found.column), found.column->rules.aliases}});
}

std::string describe(const SetAlias& op) {
  if (op.aliases.empty()) return "no alias for " + dotted(op.at);
  std::vector<std::string> names;
  for (const std::string& alias : op.aliases) names.push_back(quoted(alias));
  return "readers may find " + dotted(op.at) + " as " + join(names, ", ");
}

Result<Judgement> judge(const SetAlias& op, const Schema&, const LiveView& live) { return judge_declared(op.at, live); }

// --- required, unique, key, lenient

Result<std::vector<Change>> lower(const SetFlag& op, const Schema& before) {
  ZMIG_TRY(std::vector<Change> out,
           with_rules(op.at, before, [&](ColumnRules& rules) { fact(rules, op.flag) = op.on; }));
  if (op.flag != Flag::lenient) return out;
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const Allowed rule = allowed_for(found.column->type, op.on, before);
  if (rule.kind != Allowed::Kind::none) out.push_back(change::SetAllowed{scope_of(op.at), rule});
  return out;
}

Result<Reversal> invert(const SetFlag& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  ColumnRules rules = found.column->rules;
  const bool old = fact(rules, op.flag);
  if (old == op.on) return exact({});
  return exact({SetFlag{ref_to(*found.sheet, *found.column), op.flag, old}});
}

std::string describe(const SetFlag& op) {
  return dotted(op.at) + (op.on ? " is " : " is no longer ") + std::string(word(op.flag));
}

Result<Judgement> judge(const SetFlag& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  const std::string where = header_cell(*found.sheet, found.column->id);
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const bool strict_again = op.flag == Flag::lenient && !op.on;
  if (op.on == (op.flag == Flag::lenient)) return pending(where);  // letting go of a rule needs no look at the cells
  ReadFor ask{known.column->type, effective_format(*known.column)};
  ask.blanks = op.flag == Flag::required || op.flag == Flag::key;
  ask.duplicates = op.flag == Flag::unique || op.flag == Flag::key;
  ZMIG_TRY(const Readings read, read_column(*found.sheet, *found.column, ask, before, live.cells));
  Judgement out = pending(where);
  const std::string lead = quoted(op.at.header) + " of " + quoted(found.sheet->title) + " cannot be " +
                           (op.on ? "" : "not ") + std::string(word(op.flag));
  const auto refuse = [&](std::string code, std::string_view what, const Offenders& cells, std::string help) {
    if (cells.count == 0) return;
    out.state = Judgement::State::conflict;
    out.findings.push_back(
        refusal(std::move(code),
                lead + ": " + thousands(cells.count) + (cells.count == 1 ? " cell " : " cells ") + std::string(what),
                where, {cells.listed(*found.sheet, found.column->id)}, std::move(help)));
  };
  refuse("ZM0318", read.blanks.count == 1 ? "is blank" : "are blank", read.blanks, "fill them on a line above");
  refuse("ZM0317", read.duplicates.count == 1 ? "repeats a value" : "repeat a value", read.duplicates,
         "correct them on a line above");
  if (strict_again)
    refuse("ZM0316", read.outside.count == 1 ? "holds no value of the enum" : "hold no value of the enum", read.outside,
           "add the values to the enum, or correct the cells");
  return out;
}

// --- hidden

Result<std::vector<Change>> lower(const SetHidden& op, const Schema& before) {
  ZMIG_CHECK_OK(find_column(before, op.at));
  return std::vector<Change>{change::SetHidden{scope_of(op.at), op.hidden}};
}

Result<Reversal> invert(const SetHidden& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->hidden == op.hidden) return exact({});
  return exact({SetHidden{ref_to(*found.sheet, *found.column), found.column->hidden}});
}

std::string describe(const SetHidden& op) { return (op.hidden ? "hide column " : "show column ") + dotted(op.at); }

Result<Judgement> judge(const SetHidden& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  return judge_visible(op.at, found, {found.column->hidden == op.hidden, true, {}}, "state");
}

// --- protected

Result<std::vector<Change>> lower(const SetProtected& op, const Schema& before) {
  ZMIG_CHECK_OK(find_column(before, op.at));
  return std::vector<Change>{change::SetProtection{scope_of(op.at), op.editors}};
}

Result<Reversal> invert(const SetProtected& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->protection == op.editors) return exact({});
  return exact({SetProtected{ref_to(*found.sheet, *found.column), found.column->protection}});
}

std::string describe(const SetProtected& op) {
  if (!op.editors) return "unprotect column " + dotted(op.at);
  return "protect column " + dotted(op.at) +
         (op.editors->except.empty() ? "" : ", except for " + join(op.editors->except, ", "));
}

Result<Judgement> judge(const SetProtected& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const std::optional<Editors>& editors = found.column->protection;
  const Visible state{editors == op.editors, !editors || editors == known.column->protection,
                      "protected by somebody else"};
  return judge_visible(op.at, found, state, "protection");
}

// --- deprecated

Result<std::vector<Change>> lower(const SetDeprecated& op, const Schema& before) {
  ZMIG_TRY(std::vector<Change> out,
           with_rules(op.at, before, [&](ColumnRules& rules) { rules.deprecated = op.deprecation; }));
  ZMIG_TRY(const Found found, find_column(before, op.at));
  out.push_back(change::SetNote{scope_of(op.at), full_note(op.deprecation, plain_note(*found.column))});
  return out;
}

Result<Reversal> invert(const SetDeprecated& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->rules.deprecated == op.deprecation) return exact({});
  return exact({SetDeprecated{ref_to(*found.sheet, *found.column), found.column->rules.deprecated}});
}

std::string describe(const SetDeprecated& op) {
  if (!op.deprecation) return dotted(op.at) + " is no longer deprecated";
  return dotted(op.at) + " is deprecated" + (op.deprecation->use.empty() ? "" : ", use " + op.deprecation->use);
}

Result<Judgement> judge(const SetDeprecated& op, const Schema&, const LiveView& live) {
  return judge_declared(op.at, live);
}

// --- meaning of blank

Result<std::vector<Change>> lower(const SetMeaning& op, const Schema& before) {
  return with_rules(op.at, before, [&](ColumnRules& rules) { rules.blank_means = op.blank_means; });
}

Result<Reversal> invert(const SetMeaning& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  if (found.column->rules.blank_means == op.blank_means) return exact({});
  return exact({SetMeaning{ref_to(*found.sheet, *found.column), found.column->rules.blank_means}});
}

std::string describe(const SetMeaning& op) {
  if (!op.blank_means) return "blank says nothing in " + dotted(op.at);
  return "blank in " + dotted(op.at) + " means " + quoted(*op.blank_means);
}

Result<Judgement> judge(const SetMeaning& op, const Schema&, const LiveView& live) {
  return judge_declared(op.at, live);
}

}  // namespace zmig::op
