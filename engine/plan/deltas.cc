#include "plan/deltas.h"

#include <algorithm>

#include <zmig/header_norm.h>

#include "model/names.h"

namespace zmig {
namespace {

class Counter {
 public:
  Counter(const Schema& before, const Schema& after) : before_(before), after_(after) {}

  void count(const Change& change) {
    if (const auto* inserted = std::get_if<change::InsertColumn>(&change)) {
      ++of(inserted->sheet).inserted;
    } else if (const auto* removed = std::get_if<change::DeleteColumn>(&change)) {
      ++of(removed->at.sheet).removed;
    } else if (const auto* gone = std::get_if<change::DeleteSheet>(&change)) {
      if (const Sheet* sheet = before_.sheet(gone->sheet))
        of(gone->sheet).removed += static_cast<std::int64_t>(width_of(*sheet));
    } else if (const auto* claimed = std::get_if<change::Track>(&change)) {
      if (!claimed->scope.column.empty()) ++of(claimed->scope.sheet).adopted;
    } else if (const auto* forgotten = std::get_if<change::Untrack>(&change)) {
      count_forgotten(*forgotten);
    } else if (const auto* rows = std::get_if<change::InsertRows>(&change)) {
      if (const auto* run = std::get_if<source::Run>(&rows->rows))
        of(rows->sheet).rows_added += static_cast<std::int64_t>(run->rows.size());
    } else if (const auto* rows_gone = std::get_if<change::DeleteRows>(&change)) {
      if (const auto* run = std::get_if<source::Run>(&rows_gone->rows))
        of(rows_gone->sheet).rows_removed += static_cast<std::int64_t>(run->rows.size());
    }
  }

  Deltas deltas;

 private:
  CheckWorld::Delta& of(const std::string& sheet_id) {
    const Sheet* sheet = after_.sheet(sheet_id);
    if (sheet == nullptr) sheet = before_.sheet(sheet_id);
    return deltas[norm(sheet == nullptr ? sheet_id : sheet->title)];
  }

  void count_forgotten(const change::Untrack& change) {
    if (!change.scope.column.empty()) {
      ++of(change.scope.sheet).forgotten;
      return;
    }
    const Sheet* sheet = before_.sheet(change.scope.sheet);
    if (sheet == nullptr) return;
    of(change.scope.sheet).forgotten += std::count_if(sheet->columns.begin(), sheet->columns.end(),
                                                      [](const Column& column) { return column.managed; });
  }

  const Schema& before_;
  const Schema& after_;
};

}  // namespace

std::size_t width_of(const Sheet& sheet) {
  return static_cast<std::size_t>(std::count_if(sheet.columns.begin(), sheet.columns.end(),
                                                [](const Column& column) { return !is_blank_header(column.header); }));
}

Deltas deltas_of(const std::vector<Step>& steps, const Schema& before, const Schema& after) {
  Counter counter(before, after);
  for (const Step& step : steps) counter.count(step.change);
  return std::move(counter.deltas);
}

}  // namespace zmig
