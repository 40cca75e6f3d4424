#include "plan/groups.h"

#include <set>
#include <string>
#include <utility>

namespace zmig {
namespace {

using Key = std::pair<std::string, std::string>;  // sheet, column; column empty: every cell of the sheet

/// Cells by column. A whole sheet meets each of its columns.
class Cells {
 public:
  void add(const Scope& scope) {
    if (scope.column.empty()) whole_.insert(scope.sheet);
    columns_.insert({scope.sheet, scope.column});
  }
  [[nodiscard]] bool has(const Key& column) const { return columns_.contains(column); }
  [[nodiscard]] bool meets(const Scope& scope) const {
    if (whole_.contains(scope.sheet)) return true;
    if (!scope.column.empty()) return columns_.contains({scope.sheet, scope.column});
    const auto first = columns_.lower_bound({scope.sheet, {}});
    return first != columns_.end() && first->first == scope.sheet;
  }

 private:
  std::set<Key> columns_;
  std::set<std::string> whole_;
};

/// What of a sheet the checks of `ensure` lines look at: by title, so the sheet as a whole.
void add_named(const std::vector<CheckLine>& lines, const Schema& state, Cells& out) {
  const auto titled = [&](const std::string& title) {
    const Sheet* sheet = state.sheet_titled(title, true);
    if (sheet != nullptr) out.add({sheet->id, {}});
  };
  for (const CheckLine& line : lines) {
    if (const auto* rows = std::get_if<check::Rows>(&line.check)) out.add({rows->sheet.id, {}});
    if (const auto* column = std::get_if<check::ColumnIs>(&line.check)) out.add({column->at.sheet.id, column->at.id});
    if (const auto* same = std::get_if<check::SheetUnchanged>(&line.check)) out.add({same->sheet.id, {}});
    if (const auto* count = std::get_if<check::SheetCount>(&line.check);
        count != nullptr && count->what == check::Counted::rows)
      titled(count->title);
    if (const auto* delta = std::get_if<check::SheetDelta>(&line.check);
        delta != nullptr && delta->what == check::Counted::rows)
      titled(delta->title);
  }
}

/// About what a change takes in a request to a service. Of the plan alone, so that a rerun cuts the same.
std::size_t bytes_of(const Change& change) {
  constexpr std::size_t kRequest = 500, kCell = 60;
  std::size_t bytes = kRequest;
  const auto cell = [&bytes](const Cell& one) {
    const auto* words = std::get_if<Text>(&one.value);
    bytes += kCell + one.formula.size() + (words == nullptr ? 0 : words->utf8.size());
  };
  const auto run = [&](const source::Run& cells) {
    for (const source::Edit& edit : cells.edits) cell(edit.write);
    for (const source::Row& row : cells.rows) {
      for (const Cell& one : row.cells) cell(one);
    }
  };
  std::visit(
      [&](const auto& one) {
        if constexpr (requires { std::get_if<source::Run>(&one.cells); }) {
          if (const auto* cells = std::get_if<source::Run>(&one.cells)) run(*cells);
        } else if constexpr (requires { std::get_if<source::Run>(&one.rows); }) {
          if (const auto* rows = std::get_if<source::Run>(&one.rows)) run(*rows);
        }
      },
      change);
  return bytes;
}

/// The group that is being gathered.
class Group {
 public:
  Group(std::span<const PlannedMigration> migrations, std::size_t first, const Capabilities& caps)
      : caps_(caps), first_(migrations[first]) {
    take(first_);
  }

  [[nodiscard]] bool admits(const PlannedMigration& next) const {
    if (closed_ || next.cost.writes > 1) return false;
    if (next.steps.size() > caps_.max_changes_per_batch - changes_) return false;
    if (caps_.max_batch_bytes > 0 && bytes_ + bytes_of(next) > caps_.max_batch_bytes) return false;
    if (any_change_ && !next.steps.empty() && next.after == first_.before) return false;
    for (const Scope& scope : next.needs) {
      if (written_.meets(scope)) return false;
    }
    for (const std::string& sheet : next.counts) {
      if (unsettled_.contains(sheet)) return false;
    }
    std::set<Key> own;  // columns that it adds: nobody else's read-back names them
    for (const Step& step : next.steps) {
      const bool ids =
          std::holds_alternative<change::Track>(step.change) || std::holds_alternative<change::Untrack>(step.change);
      if (ids && has_ensures_) return false;
      if (const auto* added = std::get_if<change::InsertColumn>(&step.change)) {
        if (written_.has({added->sheet, added->column.id})) return false;
        own.insert({added->sheet, added->column.id});
        continue;
      }
      if (std::holds_alternative<change::InsertSheet>(step.change)) continue;
      for (const Scope& scope : footprint(step.change).writes) {
        if (own.contains({scope.sheet, scope.column})) continue;
        if (written_.meets(scope) || named_.meets(scope)) return false;
      }
    }
    return true;
  }

  void take(const PlannedMigration& member) {
    closed_ = closed_ || member.cost.writes > 1;
    changes_ += member.steps.size();
    bytes_ += bytes_of(member);
    any_change_ = any_change_ || !member.steps.empty();
    has_ensures_ = has_ensures_ || !member.ensure_lines.empty();
    add_named(member.ensure_lines, member.after, named_);
    std::set<Key> own;
    for (const Step& step : member.steps) {
      if (const auto* added = std::get_if<change::InsertColumn>(&step.change))
        own.insert({added->sheet, added->column.id});
      for (const Scope& scope : footprint(step.change).writes) {
        if (std::holds_alternative<change::InsertSheet>(step.change)) continue;
        written_.add(scope);
        // A column that is new, and a constant in its data rows, make no row a data row that was none.
        const bool settled =
            std::holds_alternative<change::InsertColumn>(step.change) ||
            (std::holds_alternative<change::FillEmpty>(step.change) && own.contains({scope.sheet, scope.column}));
        if (!settled) unsettled_.insert(scope.sheet);
      }
    }
  }

 private:
  [[nodiscard]] std::size_t bytes_of(const PlannedMigration& member) const {
    std::size_t bytes = 0;
    if (caps_.max_batch_bytes == 0) return bytes;
    for (const Step& step : member.steps) bytes += zmig::bytes_of(step.change);
    return bytes;
  }

  const Capabilities& caps_;
  const PlannedMigration& first_;
  Cells written_, named_;
  std::set<std::string> unsettled_;  // sheets where a member may have changed which rows are data rows
  std::size_t changes_ = 0, bytes_ = 0;
  bool closed_ = false, any_change_ = false, has_ensures_ = false;
};

}  // namespace

std::vector<std::size_t> cut_groups(std::span<const PlannedMigration> migrations, const Capabilities& caps,
                                    bool one_by_one) {
  std::vector<std::size_t> ends;
  const bool alone = one_by_one || !caps.group_migrations || !caps.atomic_batch;
  for (std::size_t from = 0; from < migrations.size();) {
    std::size_t end = from + 1;
    if (!alone) {
      Group group(migrations, from, caps);
      while (end < migrations.size() && group.admits(migrations[end])) group.take(migrations[end++]);
    }
    ends.push_back(end);
    from = end;
  }
  return ends;
}

}  // namespace zmig
