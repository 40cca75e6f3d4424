#include "plan/identity.h"

#include <algorithm>
#include <utility>

namespace zmig {
namespace {

bool contains(std::span<const std::string> ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Drops keys of several columns that name a column which does not count.
void drop_broken_keys(Sheet& sheet) {
  std::erase_if(sheet.rules.keys, [&](const std::vector<std::string>& key) {
    return std::any_of(key.begin(), key.end(),
                       [&](const std::string& id) { return column_by_id(sheet, id) == nullptr; });
  });
}

}  // namespace

Identity::Identity(Sheet reduced) : sheet_(std::move(reduced)), columns_(identity_columns(sheet_)) {}

Identity Identity::of(const Sheet& sheet, std::span<const std::string> excluded) {
  Sheet reduced = sheet;
  erase_if(reduced.columns, [&](const Column& column) { return contains(excluded, column.id); });
  drop_broken_keys(reduced);
  return Identity(std::move(reduced));
}

Identity Identity::again(const Sheet& sheet, const std::vector<std::string>& columns, bool by_key) {
  Sheet reduced = sheet;
  reduced.columns.clear();
  reduced.rules.keys.clear();
  // In the order of that time: a hash depends on it.
  for (const std::string& id : columns) {
    const Column* column = column_by_id(sheet, id);
    if (column == nullptr) continue;
    reduced.columns.push_back(*column);
    reduced.columns.back().rules.key = by_key && columns.size() == 1;
  }
  if (by_key && columns.size() > 1) reduced.rules.keys = {columns};
  drop_broken_keys(reduced);
  return Identity(std::move(reduced));
}

std::string Identity::operator()(const ops::Rows& rows, const RowView& row) const {
  std::vector<Cell> cells;
  cells.reserve(columns_.size());
  for (const std::string& id : columns_) cells.push_back(rows.cell(row, id));
  return row_identity(sheet_, cells);
}

}  // namespace zmig
