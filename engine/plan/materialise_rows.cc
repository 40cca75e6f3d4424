// Rows: added or updated by key, taken away and brought back, whole sheets.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/materialise.h"
#include "plan/merge.h"

namespace zmig {
namespace {

Result<std::vector<Capture>> captures_of_rows(const MaterialiseOptions& options, const std::string& named,
                                              const std::string& sheet) {
  std::vector<Capture> out;
  if (options.captures == nullptr) return out;
  ZMIG_TRY(std::vector<Capture> all, options.captures->captures_of(undone_migration(options, named)));
  for (Capture& capture : all) {
    if (capture.sheet == sheet && capture.column.empty()) out.push_back(std::move(capture));
  }
  return out;
}

std::string part_of_key(const Value& value) { return std::string(kind_of(value)) + "\x1f" + to_text(value) + "\x1e"; }

/// Rows given by a migration, looked up by their key in a sheet.
class KeyTable {
 public:
  KeyTable(const Sheet& sheet, const source::Rows& rows, bool text_source) : sheet_(sheet), text_source_(text_source) {
    for (const std::string& id : rows.by) {
      const auto at = std::find(rows.columns.begin(), rows.columns.end(), id);
      ZMIG_ASSERT(at != rows.columns.end(), "`by` is part of the columns");
      by_.push_back(id);
      index_.push_back(static_cast<std::size_t>(at - rows.columns.begin()));
    }
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      std::string key;
      for (const std::size_t part : index_) key += part_of_key(rows.rows[i][part]);
      rows_.try_emplace(std::move(key), i);
    }
  }

  [[nodiscard]] const std::vector<std::string>& by() const { return by_; }

  /// Index of the given row that has the key of this one.
  [[nodiscard]] std::optional<std::size_t> find(const ops::Rows& rows, const RowView& row) const {
    std::string key;
    for (const std::string& id : by_) {
      const Cell& cell = rows.cell(row, id);
      const Column* column = column_by_id(sheet_, id);
      const Evaluated read = read_as(cell.value, column->type, ops::effective_format(*column), text_source_);
      const auto* value = std::get_if<Value>(&read);
      key += part_of_key(value == nullptr ? cell.value : *value);
    }
    const auto found = rows_.find(key);
    if (found == rows_.end()) return std::nullopt;
    return found->second;
  }

 private:
  const Sheet& sheet_;
  bool text_source_;
  std::vector<std::string> by_;
  std::vector<std::size_t> index_;
  std::unordered_map<std::string, std::size_t> rows_;
};

std::string shown_row(const source::Rows& rows, std::size_t index) {
  std::vector<std::string> parts;
  for (const std::string& id : rows.by) {
    const auto at =
        static_cast<std::size_t>(std::find(rows.columns.begin(), rows.columns.end(), id) - rows.columns.begin());
    parts.push_back(ops::shown_value(rows.rows[index][at]));
  }
  return join(parts, ", ");
}

/// The rows of a migration against those of the sheet: which are missing, which are there twice.
struct Matches {
  std::vector<bool> present;
  CellList doubled;
};

Result<Matches> matches_of(const Sheet& sheet, const source::Rows& given, CellView& view) {
  Matches out;
  out.present.resize(given.rows.size(), false);
  const KeyTable table(sheet, given, view.text_source());
  const ops::Rows rows(sheet, table.by(), {});
  ZMIG_CHECK_OK(rows.each(view, [&](const RowView& row) {
    const std::optional<std::size_t> index = table.find(rows, row);
    if (!index) return true;
    if (out.present[*index])
      out.doubled.add(ops::cell_name(sheet, given.by.front(), row.row.number), " " + shown_row(given, *index));
    out.present[*index] = true;
    return true;
  }));
  return out;
}

Diagnostic key_twice(const Sheet& sheet, const CellList& doubled) {
  return planning_error("ZM0317", fmt::format("a key of these rows is in {} twice", quoted(sheet.title)),
                        {doubled.listed(sheet), "nothing was written"}, "remove one of the rows");
}

Result<const Sheet*> sheet_in(const Schema& schema, const std::string& id) {
  const Sheet* sheet = schema.sheet(id);
  if (sheet == nullptr) return make_error(Errc::conflict, "ZM0313", "a sheet of this line is not in the workbook");
  return sheet;
}

Result<Materialised> insert_given(const Sheet& sheet, const source::Rows& given, CellView& view) {
  Materialised out;
  ZMIG_TRY(const Matches matches, matches_of(sheet, given, view));
  if (matches.doubled.count() > 0) out.findings.push_back(key_twice(sheet, matches.doubled));
  source::Run run;
  run.columns = given.columns;
  Capture capture;
  capture.sheet = sheet.id;
  capture.columns = given.columns;
  const Identity identity = Identity::of(sheet, {});
  for (std::size_t i = 0; i < given.rows.size(); ++i) {
    if (matches.present[i]) {
      ++out.matched;
      continue;
    }
    std::vector<Cell> cells;
    for (std::size_t k = 0; k < given.columns.size(); ++k) {
      const Column* column = column_by_id(sheet, given.columns[k]);
      if (column == nullptr)
        return make_error(Errc::conflict, "ZM0314", "a column of these rows is not in " + quoted(sheet.title));
      const Evaluated value = write_as(given.rows[i][k], column->type);
      if (const auto* fault = std::get_if<Fault>(&value)) {
        out.findings.push_back(
            planning_error("ZM0104",
                           fmt::format("{} does not fit column {} ({})", ops::shown_value(given.rows[i][k]),
                                       quoted(column->header), to_string(fault->kind)),
                           {}, {}));
        cells.emplace_back();
        continue;
      }
      if (!is_blank(std::get<Value>(value))) ++out.cells;
      cells.push_back({std::get<Value>(value), {}, {}});
    }
    std::vector<Cell> recognised;
    for (const std::string& id : identity.columns()) {
      const auto at = std::find(given.columns.begin(), given.columns.end(), id);
      recognised.push_back(at == given.columns.end() ? Cell{}
                                                     : cells[static_cast<std::size_t>(at - given.columns.begin())]);
    }
    capture.rows.push_back({{0, 0, identity(recognised)}, cells, true});
    run.rows.push_back({{0, 0, {}}, std::move(cells)});
  }
  out.captures.push_back(std::move(capture));
  out.change = change::InsertRows{sheet.id, std::move(run)};
  return out;
}

/// Rows that the migration deleted (or a whole sheet) come back, each at its place.
Result<Materialised> insert_captured(const Sheet& sheet, const source::Captured& from,
                                     const MaterialiseOptions& options) {
  Materialised out;
  ZMIG_TRY(const std::vector<Capture> captures, captures_of_rows(options, from.migration, sheet.id));
  source::Run run;
  Capture undo;
  undo.sheet = sheet.id;
  for (const Capture& capture : captures) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < capture.columns.size(); ++i) {
      if (column_by_id(sheet, capture.columns[i]) != nullptr) kept.push_back(i);
    }
    for (const CapturedRow& row : capture.rows) {
      if (row.added) continue;
      if (run.columns.empty()) {
        for (const std::size_t i : kept) run.columns.push_back(capture.columns[i]);
      }
      std::vector<Cell> cells;
      cells.reserve(kept.size());
      for (const std::size_t i : kept) cells.push_back(row.cells[i]);
      out.cells += static_cast<std::uint64_t>(
          std::count_if(cells.begin(), cells.end(), [](const Cell& cell) { return !(cell == Cell{}); }));
      undo.rows.push_back({{row.row.number, 0, row.row.identity}, cells, true});
      run.rows.push_back({{row.row.number, 0, row.row.identity}, std::move(cells)});
    }
  }
  std::stable_sort(run.rows.begin(), run.rows.end(),
                   [](const source::Row& a, const source::Row& b) { return a.row.number < b.row.number; });
  undo.columns = run.columns;
  out.captures.push_back(std::move(undo));
  out.change = change::InsertRows{sheet.id, std::move(run)};
  return out;
}

std::string frame(std::span<const Cell> cells) {
  std::string out;
  for (const Cell& cell : cells) {
    out += part_of_key(cell.value);
    out += cell.formula;
    out += '\x1d';
  }
  return out;
}

/// Rows that one line of the migration added, as they were written.
struct AddedRows {
  std::vector<std::string> columns;                    // those that are still there
  std::unordered_map<std::string, std::size_t> cells;  // frame of the cells -> how many such rows
  std::vector<CapturedRow> rows;                       // cells in the order of `columns`
};

/// One for each line: two lines may list other columns.
std::vector<AddedRows> added_rows(const Sheet& sheet, const std::vector<Capture>& captures) {
  std::vector<AddedRows> out;
  for (const Capture& capture : captures) {
    AddedRows added;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < capture.columns.size(); ++i) {
      if (column_by_id(sheet, capture.columns[i]) == nullptr) continue;
      kept.push_back(i);
      added.columns.push_back(capture.columns[i]);
    }
    for (const CapturedRow& row : capture.rows) {
      if (!row.added) continue;
      CapturedRow copy = row;
      copy.cells.clear();
      for (const std::size_t i : kept) copy.cells.push_back(row.cells[i]);
      ++added.cells[frame(copy.cells)];
      added.rows.push_back(std::move(copy));
    }
    if (!added.rows.empty()) out.push_back(std::move(added));
  }
  return out;
}

/// Takes the row out of the first of `lines` that wrote it; false: none did, or somebody wrote beside it (`ids`: the
/// columns to look at), and it is theirs too.
bool take_added(std::vector<AddedRows>& lines, const ops::Rows& rows, const RowView& row,
                const std::vector<std::string>& ids) {
  std::vector<Cell> listed;
  for (AddedRows& added : lines) {
    listed.clear();
    for (const std::string& id : added.columns) listed.push_back(rows.cell(row, id));
    const auto found = added.cells.find(frame(listed));
    if (found == added.cells.end() || found->second == 0) continue;
    const bool others = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
      const Cell& cell = rows.cell(row, id);
      if (is_blank(cell.value) || !cell.formula.empty()) return false;
      // The target's own address in the row (an INTEGER PRIMARY KEY) is nobody's entry.
      const auto* number = std::get_if<Number>(&cell.value);
      const bool is_address =
          row.row.handle != 0 && number != nullptr && number->value == static_cast<double>(row.row.handle);
      return !is_address && std::find(added.columns.begin(), added.columns.end(), id) == added.columns.end();
    });
    if (others) continue;
    --found->second;
    return true;
  }
  return false;
}

/// Rows that the migration added go, when nobody edited them since; rows that match nothing any more are listed.
Result<Materialised> delete_captured(const Sheet& sheet, const source::Captured& from, CellView& view,
                                     const MaterialiseOptions& options) {
  Materialised out;
  ZMIG_TRY(const std::vector<Capture> captures, captures_of_rows(options, from.migration, sheet.id));
  std::vector<AddedRows> all_added = added_rows(sheet, captures);
  source::Run run;
  // Everything that goes is captured again, also what people put beside the listed columns.
  for (const Column& column : sheet.columns) run.columns.push_back(column.id);
  Capture undo;
  undo.sheet = sheet.id;
  undo.columns = run.columns;
  if (!all_added.empty()) {
    const ops::Rows rows(sheet, run.columns, {});
    ZMIG_CHECK_OK(view.scan(sheet.id, rows.ids(), [&](const RowView& row) -> Status {
      if (!take_added(all_added, rows, row, run.columns)) return ok();
      std::vector<Cell> all;
      all.reserve(run.columns.size());
      for (const std::string& id : run.columns) all.push_back(rows.cell(row, id));
      ++out.matched;
      out.cells += static_cast<std::uint64_t>(
          std::count_if(all.begin(), all.end(), [](const Cell& cell) { return !is_blank(cell.value); }));
      undo.rows.push_back({row.row, all, false});
      run.rows.push_back({{row.row.number, row.row.handle, {}}, std::move(all)});
      return ok();
    }));
  }
  CellList kept;
  for (AddedRows& added : all_added) {
    for (const CapturedRow& row : added.rows) {
      std::size_t& left = added.cells[frame(row.cells)];
      if (left == 0) continue;
      --left;
      std::vector<std::string> values;
      for (const Cell& cell : row.cells) values.push_back(to_text(cell.value));
      out.kept.push_back({sheet.title, join(values, ", "), std::string(kRowChanged)});
      kept.add(quoted(row.cells.empty() ? std::string() : to_text(row.cells.front().value)), {});
    }
  }
  if (kept.count() > 0) {
    const bool refuse = options.on_edit == OnEdit::refuse;
    Diagnostic finding = planning_error(refuse ? "ZM0506" : "ZM0507",
                                        fmt::format("{} of {} {} edited or taken away since; what is there stays",
                                                    counted(kept.count(), "added row", "added rows"),
                                                    quoted(sheet.title), kept.count() == 1 ? "was" : "were"),
                                        {kept.listed(sheet)}, {});
    if (!refuse) finding.severity = Severity::warning;
    out.findings.push_back(std::move(finding));
  }
  out.captures.push_back(std::move(undo));
  out.change = change::DeleteRows{sheet.id, std::move(run)};
  return out;
}

}  // namespace

Result<Materialised> materialise_key_updates(const Spot& at, const change::WriteCells& change,
                                             const source::Rows& given) {
  Materialised out;
  const auto listed = std::find(given.columns.begin(), given.columns.end(), at.column.id);
  ZMIG_ASSERT(listed != given.columns.end(), "the column is one of those that the rows give");
  const auto index = static_cast<std::size_t>(listed - given.columns.begin());
  const KeyTable table(at.sheet, given, at.view.text_source());
  Gather gather(at, out);
  std::vector<std::string> ids = gather.identity().columns();
  ids.push_back(at.column.id);
  ids.insert(ids.end(), table.by().begin(), table.by().end());
  const ops::Rows rows(at.sheet, ids, at.options.not_counted);
  ZMIG_CHECK_OK(rows.each(at.view, [&](const RowView& row) {
    const std::optional<std::size_t> found = table.find(rows, row);
    if (!found) return true;
    ++out.matched;
    const Evaluated value = write_as(given.rows[*found][index], at.column.type);
    const Cell& now = rows.cell(row, at.column.id);
    if (const auto* fits = std::get_if<Value>(&value)) gather.edit(rows, row, now, Cell{*fits, {}, now.format});
    return true;
  }));
  source::Run run = gather.finish();
  out.cells = run.edits.size();
  out.change = change::WriteCells{change.at, std::move(run)};
  return out;
}

Result<Materialised> materialise_insert_rows(const change::InsertRows& change, CellView& view,
                                             const MaterialiseOptions& options) {
  ZMIG_TRY(const Sheet* sheet, sheet_in(view.schema(), change.sheet));
  if (const auto* given = std::get_if<source::Rows>(&change.rows)) return insert_given(*sheet, *given, view);
  if (const auto* from = std::get_if<source::Captured>(&change.rows)) return insert_captured(*sheet, *from, options);
  Materialised out;
  out.change = change;
  return out;
}

Result<Materialised> materialise_delete_rows(const change::DeleteRows& change, CellView& view,
                                             const MaterialiseOptions& options) {
  ZMIG_TRY(const Sheet* sheet, sheet_in(view.schema(), change.sheet));
  if (const auto* from = std::get_if<source::Captured>(&change.rows))
    return delete_captured(*sheet, *from, view, options);
  if (std::holds_alternative<source::Formula>(change.rows)) {
    return make_error(Errc::unsupported, "ZM0123", "this zmig reads `drop rows` but does not run it yet");
  }
  Materialised out;
  out.change = change;
  return out;
}

Result<Materialised> materialise_drop_sheet(const change::DeleteSheet& change, CellView& view,
                                            const MaterialiseOptions& options) {
  ZMIG_TRY(const Sheet* sheet, sheet_in(view.schema(), change.sheet));
  Materialised out;
  Capture capture;
  capture.sheet = sheet->id;
  for (const Column& column : sheet->columns) capture.columns.push_back(column.id);
  // On the way back, rows that the migration itself wrote go with it and are no loss.
  std::vector<AddedRows> all_added;
  if (options.captures != nullptr) {
    ZMIG_TRY(const std::vector<Capture> captures, captures_of_rows(options, {}, sheet->id));
    all_added = added_rows(*sheet, captures);
  }
  const Identity identity = Identity::of(*sheet, {});
  const ops::Rows rows(*sheet, capture.columns, {});
  ZMIG_CHECK_OK(view.scan(sheet->id, rows.ids(), [&](const RowView& row) -> Status {
    std::vector<Cell> cells;
    for (const std::string& id : capture.columns) cells.push_back(rows.cell(row, id));
    const auto filled = static_cast<std::uint64_t>(std::count_if(
        cells.begin(), cells.end(), [](const Cell& cell) { return !is_blank(cell.value) || !cell.formula.empty(); }));
    out.matched += rows.is_data(row) ? 1 : 0;
    const bool counts = options.captures != nullptr && filled > 0;
    if (counts && !take_added(all_added, rows, row, capture.columns)) out.lost += filled;
    RowRef ref = row.row;
    ref.identity = identity(rows, row);
    capture.rows.push_back({std::move(ref), std::move(cells), false});
    return ok();
  }));
  out.captures.push_back(std::move(capture));
  out.change = change;
  return out;
}

}  // namespace zmig
