// A live column measured against a definition: the table of language.md 4.6. What is missing is added, what is
// different is a conflict.

#include <utility>

#include <zmig/type_words.h>

#include "base/text.h"
#include "ops/common.h"
#include "ops/judging.h"

namespace zmig::ops {
namespace {

std::string plural_kind(std::string_view kind) { return kind == "text" ? "text" : std::string(kind) + "s"; }

std::string all_kinds(const std::map<std::string, std::uint64_t, std::less<>>& kinds) {
  if (kinds.size() == 1) return "all " + plural_kind(kinds.begin()->first);
  std::vector<std::string> parts;
  parts.reserve(kinds.size());
  for (const auto& [kind, count] : kinds)
    parts.push_back(thousands(count) + " " + (count == 1 ? kind : plural_kind(kind)));
  return join(parts, ", ");
}

std::string likely_type(const std::map<std::string, std::uint64_t, std::less<>>& kinds) {
  if (kinds.size() != 1) return "text";
  const std::string& kind = kinds.begin()->first;
  return kind == "number" || kind == "boolean" || kind == "date" || kind == "datetime" ? kind : "text";
}

bool same_rule(const Allowed& a, const Allowed& b) {
  return a.kind == b.kind && a.values == b.values && a.sheet == b.sheet && a.column == b.column && a.strict == b.strict;
}

std::string rule_text(const Allowed& rule) {
  switch (rule.kind) {
    case Allowed::Kind::none: return "no rule";
    case Allowed::Kind::checkbox: return "a check box";
    case Allowed::Kind::column: return "the values of a column";
    case Allowed::Kind::list: break;
  }
  std::vector<std::string> names;
  for (const std::string& value : rule.values) names.push_back(quoted(value));
  return "the list " + join(names, ", ") + (rule.strict ? "" : " (warns only)");
}

/// One measuring: facts are looked at one after another, each adds to `fit`.
struct Measure {
  const ColumnRef& at;
  const Column& wanted;
  const Sheet& sheet;
  const Column& found;
  const Readings& read;
  bool complete;
  Fit& fit;

  void refuse(std::string code, std::string message, std::vector<std::string> notes, std::string help = {}) const {
    fit.conflicts.push_back(refusal(std::move(code), std::move(message), fit.where, std::move(notes), std::move(help)));
  }
  [[nodiscard]] std::string lead() const { return quoted(wanted.header) + " is already in " + quoted(sheet.title); }
  void add(std::string part, Operation operation) const {
    fit.completed.push_back(std::move(part));
    fit.missing.push_back(std::move(operation));
  }
  /// A part that is not there: added, or, for a claim, not true.
  void absent(const std::string& part, Operation operation) const {
    if (complete) return add(part, std::move(operation));
    refuse("ZM0302", lead() + ", without the " + part + " that this line claims", {fit.where + " has none"},
           "`adopt` changes nothing: leave the " + part + " out and add it with `change column` on a line below");
  }

  void cells() const {
    const std::string what = plural_of(wanted.type);
    if (read.misread.count > 0) {
      const bool all = read.misread.count == read.filled;
      std::string finding = "its cells are no " + what;
      if (!all) finding = thousands(read.misread.count) + " of its cells are no " + what;
      if (!all && read.misread.count == 1) finding = "1 of its cells does not read as " + type_text(wanted.type);
      const bool one_kind = read.misread_kinds.size() == 1;
      refuse("ZM0315", lead() + ", and " + finding,
             {fit.where + ", made by no migration; " + counted_cells(read.misread.count) + ", " +
              all_kinds(read.misread_kinds) + (one_kind ? " such as " : "; such as ") + read.misread.values.front() +
              " (" + read.misread.addresses(sheet, found.id) + ")"},
             "if it is the same column, say what it is: `adopt column " + quoted(wanted.header) + " " +
                 likely_type(read.kinds) + "`; if not, choose another name");
    }
    if (read.outside.count > 0 && !wanted.rules.lenient) {
      refuse("ZM0316",
             lead() + ", and " + counted_cells(read.outside.count) + (read.outside.count == 1 ? " holds" : " hold") +
                 " no value of enum " + quoted(wanted.type.of),
             {read.outside.listed(sheet, found.id)},
             "add the values to the enum, correct the cells, or declare the column `lenient`");
    }
  }

  void format() const {
    if (!wanted.format) return;
    const bool automatic = !found.format || found.format->empty() || read.filled == 0;
    if (!automatic && !same_format(*found.format, *wanted.format)) {
      return refuse("ZM0302", lead() + ", shown as " + *found.format,
                    {fit.where + " is shown as " + *found.format + ", declared is " + *wanted.format},
                    "declare the format that is there, or none");
    }
    if (!automatic || !complete) return;
    fit.claim.format.reset();
    add("format", op::SetFormat{at, wanted.format});
  }

  void note() const {
    const std::optional<std::string> note = complete ? full_note(wanted.rules.deprecated, wanted.note) : wanted.note;
    if (!note || found.note == note) return;
    if (found.note) {
      return refuse("ZM0302", lead() + ", with another note", {fit.where + " has the note " + quoted(*found.note)},
                    "declare the note that is there, or none");
    }
    fit.claim.note.reset();
    absent("note", op::SetNote{at, plain_note(wanted)});
  }

  void allowed(const Schema& before) const {
    const Allowed rule = allowed_for(wanted.type, wanted.rules.lenient, before);
    if (rule.kind == Allowed::Kind::none || same_rule(rule, found.allowed)) return;
    if (found.allowed.kind == Allowed::Kind::none) {
      fit.completed.emplace_back("allowed values");  // the claim brings the rule (lower of adopt column)
      return;
    }
    refuse("ZM0302", lead() + ", with another rule for its values",
           {fit.where + " allows " + rule_text(found.allowed), "this line allows " + rule_text(rule)},
           "make the lists equal, or remove the rule from the cells");
  }

  void rules() const {
    const bool filled_by_default = complete && wanted.rules.fallback.has_value();
    if (filled_by_default && read.blanks.count > 0)
      add("default", op::FillColumn{at, literal(*wanted.rules.fallback), {}, Otherwise::stop, {}});
    if ((wanted.rules.required || wanted.rules.key) && read.blanks.count > 0 && !filled_by_default) {
      refuse("ZM0318",
             lead() + ", and " + counted_cells(read.blanks.count) +
                 (read.blanks.count == 1 ? " of it is blank" : " of it are blank"),
             {"blank: " + sheet.title + "!" + read.blanks.addresses(sheet, found.id)},
             "fill them first, or leave `required` out");
    }
    if (read.duplicates.count > 0) {
      refuse("ZM0317",
             lead() + ", and " + counted_cells(read.duplicates.count) +
                 (read.duplicates.count == 1 ? " repeats" : " repeat") + " a value",
             {read.duplicates.listed(sheet, found.id)}, "correct them first, or leave `unique` out");
    }
  }

  void appearance() const {
    if (wanted.hidden && !found.hidden) {
      fit.claim.hidden = false;
      absent("hidden state", op::SetHidden{at, true});
    }
    if (!wanted.protection || found.protection == wanted.protection) return;
    if (found.protection) {
      return refuse("ZM0302", lead() + ", protected by somebody else",
                    {fit.where + " has a protection that zmig did not make"},
                    "remove that protection, or leave `protected` out");
    }
    fit.claim.protection.reset();
    absent("protection", op::SetProtected{at, wanted.protection});
  }

  static std::string counted_cells(std::uint64_t count) { return thousands(count) + (count == 1 ? " cell" : " cells"); }
};

}  // namespace

Result<Fit> fit_column(const ColumnRef& wanted_at, const Column& wanted, const Sheet& sheet, const Column& found,
                       const Schema& before, const LiveView& live, bool complete) {
  Fit fit;
  fit.where = header_cell(sheet, found.id);
  fit.claim = wanted;
  ReadFor ask{wanted.type, effective_format(wanted)};
  ask.blanks = wanted.rules.required || wanted.rules.key || (complete && wanted.rules.fallback);
  ask.duplicates = wanted.rules.unique || wanted.rules.key;
  ask.ignore_column = complete;
  ZMIG_TRY(const Readings read, read_column(sheet, found, ask, before, live.cells));
  const Measure measure{wanted_at, wanted, sheet, found, read, complete, fit};
  measure.cells();
  measure.format();
  measure.note();
  measure.allowed(before);
  measure.rules();
  measure.appearance();
  fit.summary = read.filled == 0 ? "no filled cell"
                                 : thousands(read.filled) + (read.filled == 1 ? " filled cell, " : " filled cells, ") +
                                       all_kinds(read.kinds);
  return fit;
}

}  // namespace zmig::ops
