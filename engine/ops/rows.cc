// add rows, restore rows (language.md 7.5, 7.10).

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig::op {

using namespace ops;

namespace {

/// The table of `add rows` after binding: values as their columns hold them.
struct Table {
  const Sheet* sheet = nullptr;
  std::vector<const Column*> columns;
  std::vector<std::size_t> by;  // indices into columns
  std::vector<std::vector<Value>> rows;
};

std::string key_of(const std::vector<Value>& row, const std::vector<std::size_t>& by) {
  std::string out;
  for (const std::size_t i : by) out += std::string(kind_of(row[i])) + "\x1f" + to_text(row[i]) + "\x1e";
  return out;
}

std::string shown_key(const std::vector<Value>& row, const std::vector<std::size_t>& by) {
  std::vector<std::string> parts;
  parts.reserve(by.size());
  for (const std::size_t i : by) parts.push_back(shown_value(row[i]));
  return join(parts, ", ");
}

Result<Table> table_of(const AddRows& op, const Schema& before) {
  Table out;
  ZMIG_TRY(out.sheet, find_sheet(before, op.sheet));
  for (const ColumnRef& ref : op.columns) {
    ZMIG_TRY(const Found found, find_column(before, ref));
    out.columns.push_back(found.column);
  }
  for (const ColumnRef& ref : op.by) {
    const auto found =
        std::find_if(op.columns.begin(), op.columns.end(), [&](const ColumnRef& one) { return one.id == ref.id; });
    if (found == op.columns.end()) {
      return make_error(Errc::invalid_input, "ZM0101",
                        quoted(ref.header) + " stands after `by`, but is not among the columns of the rows");
    }
    out.by.push_back(static_cast<std::size_t>(found - op.columns.begin()));
  }
  std::set<std::string, std::less<>> keys;
  for (const std::vector<Value>& given : op.rows) {
    if (given.size() != op.columns.size()) {
      return make_error(Errc::invalid_input, "ZM0104",
                        "a row has " + counted(given.size(), "value", "values") + " for " +
                            counted(op.columns.size(), "column", "columns"));
    }
    std::vector<Value> row;
    for (std::size_t i = 0; i < given.size(); ++i) {
      ZMIG_TRY(Value value,
               fitting(given[i], out.columns[i]->type, before, "a value for " + quoted(out.columns[i]->header)));
      row.push_back(std::move(value));
    }
    if (!keys.insert(key_of(row, out.by)).second) {
      return make_error(Errc::invalid_input, "ZM0317", "two rows have the key " + shown_key(row, out.by));
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

source::Rows source_of(const Table& table) {
  source::Rows out;
  for (const Column* column : table.columns) out.columns.push_back(column->id);
  for (const std::size_t i : table.by) out.by.push_back(table.columns[i]->id);
  out.rows = table.rows;
  return out;
}

/// New rows get the defaults of the columns that are not listed.
source::Rows with_defaults(const Table& table) {
  source::Rows out = source_of(table);
  for (const Column& column : table.sheet->columns) {
    const bool listed = std::find(out.columns.begin(), out.columns.end(), column.id) != out.columns.end();
    if (listed || !column.managed || !column.rules.fallback) continue;
    out.columns.push_back(column.id);
    for (std::vector<Value>& row : out.rows) row.push_back(*column.rules.fallback);
  }
  return out;
}

}  // namespace

// --- add rows

Result<std::vector<Change>> lower(const AddRows& op, const Schema& before) {
  ZMIG_TRY(const Table table, table_of(op, before));
  const source::Rows rows = source_of(table);
  std::vector<Change> out;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (std::find(table.by.begin(), table.by.end(), i) != table.by.end()) continue;
    out.push_back(change::WriteCells{{table.sheet->id, table.columns[i]->id}, rows});
  }
  out.push_back(change::InsertRows{table.sheet->id, with_defaults(table)});
  return out;
}

Result<Reversal> invert(const AddRows& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  return captured({RestoreRows{ref_to(*sheet), {}}});
}

std::string describe(const AddRows& op) {
  std::vector<std::string> by;
  for (const ColumnRef& ref : op.by) by.push_back(ref.header);
  return "add or update " + counted(op.rows.size(), "row", "rows") + " of " + op.sheet.title + " by " + join(by, ", ");
}

Result<Judgement> judge(const AddRows& op, const Schema& before, const LiveView& live) {
  ZMIG_TRY(const Table table, table_of(op, before));
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  std::vector<std::string> ids;
  for (const ColumnRef& ref : op.columns) {
    if (live_column(live, ref, missing).column == nullptr) return conflict(std::move(missing.front()));
    ids.push_back(ref.id);
  }
  struct Seen {
    const std::vector<Value>* row = nullptr;
    std::uint64_t at = 0;
  };
  std::unordered_map<std::string, Seen> wanted;
  for (const std::vector<Value>& row : table.rows) wanted.emplace(key_of(row, table.by), Seen{&row, 0});
  std::size_t equal = 0;
  Offenders doubled;
  const Rows rows(*sheet, ids, {});
  ZMIG_CHECK_OK(rows.each(live.cells, [&](const RowView& view) {
    std::vector<Value> row;
    for (const Column* column : table.columns) {
      Evaluated read =
          read_as(rows.cell(view, column->id).value, column->type, effective_format(*column), live.cells.text_source());
      row.push_back(std::holds_alternative<Value>(read) ? std::get<Value>(std::move(read))
                                                        : rows.cell(view, column->id).value);
    }
    const auto found = wanted.find(key_of(row, table.by));
    if (found == wanted.end()) return true;
    if (found->second.at != 0) doubled.add(view.row.number, shown_key(row, table.by));
    if (found->second.at == 0 && row == *found->second.row) ++equal;
    found->second.at = view.row.number;
    return true;
  }));
  if (doubled.count > 0) {
    const std::string& by = table.columns[table.by.front()]->id;
    return conflict(refusal("ZM0317", "a key of these rows is in " + quoted(sheet->title) + " twice",
                            header_cell(*sheet, by), {doubled.listed(*sheet, by)}, "remove one of the rows"));
  }
  return equal == table.rows.size() ? satisfied({}, sheet->title) : pending(sheet->title);
}

// --- restore rows

Result<std::vector<Change>> lower(const RestoreRows& op, const Schema& before) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(before, op.sheet));
  const source::Captured rows{op.migration};
  std::vector<Change> out{change::DeleteRows{sheet->id, rows}, change::InsertRows{sheet->id, rows}};
  for (const Column& column : sheet->columns) {
    if (column.managed) out.push_back(change::RestoreCells{{sheet->id, column.id}, change::Restore::values, rows});
  }
  return out;
}

Result<Reversal> invert(const RestoreRows& op, const Schema&) { return captured({op}); }

std::string describe(const RestoreRows& op) { return "restore rows of " + op.sheet.title + " from their capture"; }

Result<Judgement> judge(const RestoreRows& op, const Schema&, const LiveView& live) {
  std::vector<Diagnostic> missing;
  const Sheet* sheet = live_sheet(live, op.sheet, missing);
  if (sheet == nullptr) return conflict(std::move(missing.front()));
  return pending(sheet->title);
}

}  // namespace zmig::op
