// Types, restored cells, dropped columns.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/materialise.h"
#include "plan/merge.h"

namespace zmig {
namespace {

/// A value as a report shows it; nothing is said of formats.
std::string in_report(const Cell& cell) {
  if (!cell.formula.empty()) return "=" + cell.formula;
  return to_text(cell.value);
}

/// The note of message 34: `Pedidos!F88 "Cancelado" → "Entregado" · F301 …`.
void report_kept(const Spot& at, const std::string& migration, const CellList& list, Materialised& out) {
  if (list.count() == 0) return;
  const std::string cells = counted(list.count(), "cell", "cells");
  if (at.options.on_edit == OnEdit::refuse) {
    out.findings.push_back(
        planning_error("ZM0506",
                       fmt::format("{} of {} changed after {} was applied, and `--on-edit refuse` was said", cells,
                                   quoted(at.column.header), number_of(migration)),
                       {list.listed(at.sheet), "nothing was written"},
                       "`--on-edit keep` leaves them, `--on-edit captured` writes the old values over them"));
    return;
  }
  Diagnostic warning = planning_error(
      "ZM0507",
      fmt::format("{} of {} {} edited after {} was applied, and {}", cells, quoted(at.column.header),
                  list.count() == 1 ? "was" : "were", number_of(migration), list.count() == 1 ? "stays" : "stay"),
      {list.listed(at.sheet)}, "`--on-edit captured` writes the old values over them");
  warning.severity = Severity::warning;
  out.findings.push_back(std::move(warning));
}

/// Saved cells that find no row to go back to: never passed over in silence.
void report_homeless(const Spot& at, const std::string& migration, const CellList& list, Materialised& out) {
  if (list.count() == 0) return;
  Diagnostic warning = planning_error(
      "ZM0507",
      fmt::format("{} of {} {} not come back: {} edited or taken away after {} was applied",
                  counted(list.count(), "saved cell", "saved cells"), quoted(at.column.header),
                  list.count() == 1 ? "does" : "do", list.count() == 1 ? "its row was" : "their rows were",
                  number_of(migration)),
      {list.listed(at.sheet)}, "write them in by hand; the values are listed here, and stay in the ledger");
  if (at.options.on_edit != OnEdit::refuse) {
    warning.severity = Severity::warning;
  } else {
    warning.code = "ZM0506";
  }
  out.findings.push_back(std::move(warning));
}

Diagnostic no_captures(const Spot& at, const std::string& migration) {
  return planning_error(
      "ZM0506",
      fmt::format("the cells of {} that {} saved are not in this ledger", quoted(at.column.header), quoted(migration)),
      {"captures live in the ledger of the machine that applied the migration, for as long as its window is open",
       "nothing was written"},
      "run the command on that machine, or restore a backup");
}

}  // namespace

Result<Restored> restore_captured(const Spot& at, const std::string& named, change::Restore what, Gather& gather,
                                  Materialised& out) {
  const std::string migration = undone_migration(at.options, named);
  Restored restored;
  std::vector<Capture> captures;
  if (at.options.captures != nullptr) { ZMIG_TRY(captures, at.options.captures->captures_of(migration)); }
  if (captures.empty()) {
    out.findings.push_back(no_captures(at, migration));
    return restored;
  }
  ZMIG_TRY(const std::vector<FoundCell> cells, find_captured(captures, at.scope(), at.view));
  CellList kept, homeless;
  for (const FoundCell& cell : cells) {
    const CapturedCell& captured = cell.captured;
    if (!cell.row) {
      const std::string where = ops::cell_name(at.sheet, at.column.id, captured.row.number);
      if (!is_blank(captured.before.value) || !captured.before.formula.empty())
        homeless.add(where, " " + ops::shown_value(captured.before.value));
      out.kept.push_back({at.sheet.title + "!" + where, in_report(captured.before),
                          std::string(cell.ambiguous ? kRowAmbiguous : kRowGone)});
      continue;
    }
    ++out.matched;
    MergedCell merged = merge_cell(captured.before, captured.after, cell.now, what);
    const bool is_edited = merged.verdict == MergedCell::Verdict::kept;
    if (is_edited && at.options.on_edit != OnEdit::captured) {
      const std::string where = ops::cell_name(at.sheet, at.column.id, cell.row->number);
      out.kept.push_back({at.sheet.title + "!" + where, in_report(captured.before), in_report(cell.now)});
      kept.add(where,
               fmt::format(" {} → {}", ops::shown_value(captured.before.value), ops::shown_value(cell.now.value)));
      continue;
    }
    restored.rows.push_back(cell.row->number);
    if (merged.verdict != MergedCell::Verdict::nothing) gather.edit(*cell.row, cell.now, std::move(merged.write));
  }
  report_kept(at, migration, kept, out);
  report_homeless(at, migration, homeless, out);
  return restored;
}

Result<std::map<std::uint64_t, Cell>> saved_cells(const Spot& at) {
  std::map<std::uint64_t, Cell> out;
  if (at.options.captures == nullptr) return out;
  ZMIG_TRY(const std::vector<Capture> captures, at.options.captures->captures_of(undone_migration(at.options, {})));
  ZMIG_TRY(const std::vector<FoundCell> cells, find_captured(captures, at.scope(), at.view));
  for (const FoundCell& cell : cells) {
    if (cell.row) out.emplace(cell.row->number, cell.captured.before);
  }
  return out;
}

Result<Materialised> materialise_restore(const Spot& at, const change::RestoreCells& change,
                                         const source::Captured& from) {
  Materialised out;
  Gather gather(at, out);
  ZMIG_CHECK_OK(restore_captured(at, from.migration, change.what, gather, out));
  source::Run run = gather.finish();
  out.cells = run.edits.size();
  out.change = change::RestoreCells{change.at, change.what, std::move(run)};
  return out;
}

Result<Materialised> materialise_retype(const Spot& at, const change::Retype& change) {
  if (const auto* formula = std::get_if<source::Formula>(&change.cells)) {
    Column written = at.column;
    written.type = change.type;
    written.format = change.format;
    ZMIG_TRY(Materialised out, materialise_formula(at, *formula, written, true));
    source::Run run = std::get<source::Run>(std::move(std::get<change::WriteCells>(out.change).cells));
    out.change = change::Retype{change.at, change.type, change.format, std::move(run)};
    return out;
  }
  Materialised out;
  out.change = change;
  const auto* from = std::get_if<source::Captured>(&change.cells);
  if (from == nullptr) return out;
  Gather gather(at, out);
  ZMIG_CHECK_OK(restore_captured(at, from->migration, change::Restore::both, gather, out));
  source::Run run = gather.finish();
  out.cells = run.edits.size();
  out.change = change::Retype{change.at, change.type, change.format, std::move(run)};
  return out;
}

Result<Materialised> materialise_drop(const Spot& at, const change::DeleteColumn& change) {
  Materialised out;
  // On the way back, what the migration itself wrote is not lost: it goes with the migration.
  std::vector<std::uint64_t> own;
  if (at.options.captures != nullptr) {
    ZMIG_TRY(const std::vector<Capture> captures, at.options.captures->captures_of(undone_migration(at.options, {})));
    ZMIG_TRY(const std::vector<FoundCell> cells, find_captured(captures, at.scope(), at.view));
    for (const FoundCell& cell : cells) {
      const bool untouched = cell.now == cell.captured.after || cell.now == cell.captured.before;
      if (cell.row && untouched) own.push_back(cell.row->number);
    }
    std::sort(own.begin(), own.end());
  }
  const auto is_own = [&](std::uint64_t number, const Cell& cell) {
    const bool is_default = at.column.rules.fallback && cell.value == *at.column.rules.fallback && cell.formula.empty();
    return is_default || std::binary_search(own.begin(), own.end(), number);
  };
  // On the way back, the default of a column that the migration added itself: in a data row it is what the migration
  // wrote there, and what it would write again. It needs no address, as it needed none on the way there
  // (materialise_fill), so that taking back a default costs no memory a row.
  const bool writes_again = at.column.rules.fallback &&
                            std::find(at.options.own.begin(), at.options.own.end(), at.scope()) != at.options.own.end();
  const auto comes_back = [&](const Cell& cell, bool data) {
    return writes_again && data && cell.value == *at.column.rules.fallback && cell.formula.empty() &&
           cell.format.empty() && cell.stored.empty();
  };
  // A blank cell that is stored as a new one would be is the only other one with nothing to save.
  const auto needs_saving = [&](const Cell& cell, bool data) {
    return !(cell == Cell{} && cell.stored.empty()) && !comes_back(cell, data);
  };
  std::vector<std::string> not_counted = at.options.written;
  not_counted.push_back(at.column.id);
  // The column alone first: where nothing is saved, no row has to be recognised.
  const std::vector<std::string> alone{at.column.id};
  bool any = false;
  ZMIG_CHECK_OK(at.view.scan_judged(
      at.sheet.id, data_row_columns(at.sheet, not_counted), alone, [&](const RowView& row, bool data) {
        const Cell& now = row.cells.front();
        if (!is_blank(now.value) || !now.formula.empty()) {
          ++out.matched;
          const bool lost = at.options.captures != nullptr && !is_own(row.row.number, now);
          out.lost += lost ? 1 : 0;
        }
        any = any || needs_saving(now, data);
        return ok();
      }));
  Gather gather(at, out);
  if (any) {
    std::vector<std::string> ids = gather.identity().columns();
    ids.push_back(at.column.id);
    const ops::Rows rows(at.sheet, ids, not_counted);
    ZMIG_CHECK_OK(at.view.scan(at.sheet.id, rows.ids(), [&](const RowView& row) {
      const Cell& now = rows.cell(row, at.column.id);
      if (needs_saving(now, rows.is_data(row))) gather.save(rows, row, now, Cell{});
      return ok();
    }));
  }
  static_cast<void>(gather.finish());
  out.change = change;
  return out;
}

}  // namespace zmig
