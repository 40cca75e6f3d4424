#include "plan/rules.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig {
namespace {

struct Asked {
  bool required = false, unique = false;
  [[nodiscard]] bool any() const { return required || unique; }
};

Asked asked_of(const ColumnRules& rules) { return {rules.required || rules.key, rules.unique || rules.key}; }

/// What is new in `after` for this column.
Asked newly_asked(const Column& after, const Column* before) {
  Asked now = asked_of(after.rules);
  if (before == nullptr) return now;
  const Asked then = asked_of(before->rules);
  return {now.required && !then.required, now.unique && !then.unique};
}

/// The cells of one column that break a rule: how many, and the first ones.
struct Broken {
  std::uint64_t count = 0;
  std::vector<std::string> first;
  void add(std::string place) {
    if (++count <= 3) first.push_back(std::move(place));
  }
};

std::optional<Span> line_about(const Migration& migration, const std::string& subject) {
  const auto& operations = migration.script.operations;
  for (std::size_t i = operations.size(); i-- > 0;) {
    if (subject_of(operations[i]) == subject && i < migration.script.spans.size()) return migration.script.spans[i];
  }
  return std::nullopt;
}

Status look_at(const Migration& migration, const Sheet& live, const Column& column, Asked asked, CellView& predicted,
               Diagnostics& findings) {
  std::vector<std::string> ids = data_row_columns(live, {});
  std::vector<const Column*> counted;
  counted.reserve(ids.size());
  for (const std::string& id : ids) counted.push_back(column_by_id(live, id));
  ids.push_back(column.id);
  const std::string letters = letters_of(live, column.id);
  Broken blank, repeated;
  std::unordered_map<std::string, std::uint64_t> seen;
  ZMIG_CHECK_OK(predicted.scan(live.id, ids, [&](const RowView& row) {
    bool data = false;
    for (std::size_t i = 0; i < counted.size() && !data; ++i) data = counts_as_data(row.cells[i], *counted[i]);
    if (!data) return ok();
    const Cell& cell = row.cells.back();
    const std::string place = fmt::format("{}!{}{}", live.title, letters, row.row.number);
    if (is_blank(cell.value)) {
      if (asked.required) blank.add(place);
    } else if (asked.unique && !seen.emplace(cell_bytes(Cell{cell.value, {}, {}}), row.row.number).second) {
      repeated.add(place);
    }
    return ok();
  }));
  const auto report = [&](const Broken& broken, std::string code, std::string message, std::string help) {
    if (broken.count == 0) return;
    Diagnostic finding;
    finding.code = std::move(code);
    finding.message = std::move(message);
    finding.primary.span = line_about(migration, live.title + "." + column.header);
    finding.primary.cell = broken.first.front();
    finding.notes.push_back(fmt::format("{}: {}{}", zmig::counted(broken.count, "cell", "cells"),
                                        join(broken.first, ", "), broken.count > broken.first.size() ? " ..." : ""));
    finding.notes.emplace_back("nothing was written");
    finding.help = std::move(help);
    findings.add(std::move(finding));
  };
  report(blank, "ZM0318", fmt::format("{} is required, and would hold blanks", quoted(column.header)),
         "give it a `default`, or fill it in a line above");
  report(repeated, "ZM0317", fmt::format("{} is unique, and would hold the same value twice", quoted(column.header)),
         "leave the rule out, or make the values different first");
  return ok();
}

}  // namespace

Status judge_new_rules(const Migration& migration, const Schema& before, const Schema& after, CellView& predicted,
                       Diagnostics& findings) {
  for (const Sheet& sheet : after.sheets) {
    const Sheet* then = before.sheet(sheet.id);
    const Sheet* live = predicted.schema().sheet(sheet.id);
    if (!sheet.managed || live == nullptr) continue;
    if (then != nullptr && then->columns.shares(sheet.columns)) continue;  // one list: nothing is new in it
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      if (then != nullptr && i < then->columns.size() && sheet.columns.shares(i, then->columns, i)) continue;
      const Column& column = sheet.columns[i];
      const Asked asked = newly_asked(column, then == nullptr ? nullptr : column_by_id(*then, column.id));
      if (!asked.any() || column_by_id(*live, column.id) == nullptr) continue;
      ZMIG_CHECK_OK(look_at(migration, *live, *column_by_id(*live, column.id), asked, predicted, findings));
    }
  }
  return ok();
}

}  // namespace zmig
