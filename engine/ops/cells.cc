// fill and set column; restore values and format (language.md 7.4, 7.10).

#include <functional>
#include <utility>

#include "base/text.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

bool met(const std::optional<Expecting>& expecting, std::uint64_t matched) {
  if (!expecting) return matched > 0;
  switch (expecting->kind) {
    case Expecting::Kind::exactly: return matched == expecting->rows;
    case Expecting::Kind::at_least: return matched >= expecting->rows;
    case Expecting::Kind::at_most: return matched <= expecting->rows;
  }
  return false;
}

std::string formula_text(const Expr& formula) {
  const std::optional<Value> constant = constant_of(formula);
  if (constant) return literal_text(*constant);
  const std::string headers = headers_read(formula);
  return headers.empty() ? "a formula" : "a formula of " + headers;
}

std::string where_text(const std::optional<Expr>& where) {
  return where ? ", in rows chosen by " + headers_read(*where) : std::string();
}

/// A line that computes cells of one column, seen against live rows.
struct CellGoal {
  const ColumnRef& at;
  const Expr& value;
  const std::optional<Expr>& where;
  const std::optional<Expecting>& expecting;
};

/// Whether every row that matches answers true. A fault, a variable or an unmet `expecting` is for the planner to
/// report: not done.
Result<bool> holds_everywhere(const CellGoal& goal, const Sheet& replayed, const Sheet& sheet, CellView& cells,
                              const std::function<bool(const Cell&, const Evaluated&)>& done) {
  if (has_variables(goal.value) || (goal.where && has_variables(*goal.where))) return false;
  std::vector<std::string> wanted = columns_read(goal.value);
  wanted.push_back(goal.at.id);
  if (goal.where) {
    for (std::string& id : columns_read(*goal.where)) wanted.push_back(std::move(id));
  }
  const Rows rows(sheet, wanted, {});
  std::uint64_t matched = 0;
  bool all = true;
  ZMIG_CHECK_OK(rows.each(cells, [&](const RowView& row) {
    const RowContext context = context_of(rows, row, replayed, sheet, cells.text_source());
    if (goal.where) {
      const auto chosen = evaluate_condition(*goal.where, context);
      const bool* yes = std::get_if<bool>(&chosen);
      all = yes != nullptr;
      if (yes == nullptr || !*yes) return all;
    }
    ++matched;
    all = done(rows.cell(row, goal.at.id), evaluate(goal.value, context));
    return all;
  }));
  return all && (goal.where || goal.expecting ? met(goal.expecting, matched) : true);
}

}  // namespace

// --- fill column

Result<std::vector<Change>> lower(const FillColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const std::optional<Value> constant = constant_of(op.with);
  const Scope at = scope_of(op.at);
  if (constant && !is_blank(*constant)) {
    ZMIG_TRY(const Value value,
             fitting(*constant, found.column->type, before, "the value for " + quoted(found.column->header)));
    if (!op.where && !op.expecting) return std::vector<Change>{change::FillEmpty{at, value, {}}};
  }
  source::Formula cells{op.with, op.where, op.otherwise, op.expecting};
  cells.only_blank = true;
  return std::vector<Change>{change::WriteCells{at, std::move(cells)}};
}

Result<Reversal> invert(const FillColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  return captured({RestoreValues{ref_to(*found.sheet, *found.column), {}}});
}

std::string describe(const FillColumn& op) {
  return "fill blank cells of " + dotted(op.at) + " with " + formula_text(op.with) + where_text(op.where);
}

Result<Judgement> judge(const FillColumn& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const std::string where = header_cell(*found.sheet, found.column->id);
  const auto nothing_to_fill = [](const Cell& cell, const Evaluated& value) {
    if (!is_blank(cell.value) || !cell.formula.empty()) return true;
    const Value* fills = std::get_if<Value>(&value);
    return fills != nullptr && is_blank(*fills);
  };
  ZMIG_TRY(const bool done, holds_everywhere({op.at, op.with, op.where, op.expecting}, *known.sheet, *found.sheet,
                                             live.cells, nothing_to_fill));
  return done ? satisfied({}, where) : pending(where);
}

// --- set column

Result<std::vector<Change>> lower(const SetColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const std::optional<Value> constant = constant_of(op.to);
  if (constant && !is_blank(*constant)) {
    ZMIG_CHECK_OK(fitting(*constant, found.column->type, before, "the value for " + quoted(found.column->header)));
  }
  return std::vector<Change>{
      change::WriteCells{scope_of(op.at), source::Formula{op.to, op.where, op.otherwise, op.expecting}}};
}

Result<Reversal> invert(const SetColumn& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  const ColumnRef at = ref_to(*found.sheet, *found.column);
  // A condition on the column itself no longer tells which rows were written.
  const bool rows_known = !op.where || !reads(*op.where, op.at.id);
  if (!op.undo || !rows_known) return captured({RestoreValues{at, {}}});
  std::optional<Expecting> none_is_fine;
  if (op.where) none_is_fine = Expecting{Expecting::Kind::at_least, 0};
  return Reversal{{SetColumn{at, *op.undo, op.where, Otherwise::keep, none_is_fine, {}}}, Fidelity::lossy};
}

std::string describe(const SetColumn& op) {
  return "set " + dotted(op.at) + " to " + formula_text(op.to) + where_text(op.where);
}

Result<Judgement> judge(const SetColumn& op, const Schema& before, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  ZMIG_TRY(const Found known, find_column(before, op.at));
  const std::string where = header_cell(*found.sheet, found.column->id);
  if (reads(op.to, op.at.id)) return pending(where);
  const Column& column = *known.column;
  const auto equals_already = [&](const Cell& cell, const Evaluated& value) {
    const Value* computed = std::get_if<Value>(&value);
    if (computed == nullptr && op.otherwise != Otherwise::blank) return op.otherwise == Otherwise::keep;
    const Evaluated wanted = write_as(computed == nullptr ? Value(Blank{}) : *computed, column.type);
    return cell.formula.empty() &&
           wanted == read_as(cell.value, column.type, effective_format(column), live.cells.text_source());
  };
  ZMIG_TRY(const bool done, holds_everywhere({op.at, op.to, op.where, op.expecting}, *known.sheet, *found.sheet,
                                             live.cells, equals_already));
  return done ? satisfied({}, where) : pending(where);
}

// --- restore values

Result<std::vector<Change>> lower(const RestoreValues& op, const Schema& before) {
  ZMIG_CHECK_OK(find_column(before, op.at));
  return std::vector<Change>{
      change::RestoreCells{scope_of(op.at), change::Restore::values, source::Captured{op.migration}}};
}

Result<Reversal> invert(const RestoreValues& op, const Schema&) { return captured({op}); }

std::string describe(const RestoreValues& op) { return "restore values of " + dotted(op.at) + " from their capture"; }

Result<Judgement> judge(const RestoreValues& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  return pending(header_cell(*found.sheet, found.column->id));
}

// --- restore format

Result<std::vector<Change>> lower(const RestoreFormat& op, const Schema& before) {
  ZMIG_CHECK_OK(find_column(before, op.at));
  const Scope at = scope_of(op.at);
  return std::vector<Change>{change::SetFormat{at, op.format},
                             change::RestoreCells{at, change::Restore::formats, source::Captured{op.migration}}};
}

Result<Reversal> invert(const RestoreFormat& op, const Schema& before) {
  ZMIG_TRY(const Found found, find_column(before, op.at));
  return captured({RestoreFormat{ref_to(*found.sheet, *found.column), found.column->format, op.migration}});
}

std::string describe(const RestoreFormat& op) { return "restore format of " + dotted(op.at) + " from its capture"; }

Result<Judgement> judge(const RestoreFormat& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const LiveColumn found = live_column(live, op.at, missing);
  if (found.column == nullptr) return conflict(std::move(missing.front()));
  return pending(header_cell(*found.sheet, found.column->id));
}

}  // namespace zmig::op
