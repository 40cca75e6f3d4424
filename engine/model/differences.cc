#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <zmig/header_norm.h>
#include <zmig/schema.h>

#include "base/text.h"
#include "model/names.h"

namespace zmig {
namespace {

using Kind = Difference::Kind;

std::string shown(bool yes) { return yes ? "yes" : "no"; }
std::string shown(const std::optional<std::string>& text) { return text.has_value() ? quoted(*text) : "none"; }

std::string shown(const std::optional<Editors>& editors) {
  if (!editors.has_value()) return "not protected";
  return editors->except.empty() ? "protected" : "protected except " + join(editors->except, ", ");
}

std::string shown(const Allowed& rule) {
  const std::string lenient = rule.strict ? "" : ", warning only";
  switch (rule.kind) {
    case Allowed::Kind::none: return "any value";
    case Allowed::Kind::list: return "one of " + join(rule.values, ", ") + lenient;
    case Allowed::Kind::checkbox: return "check box" + lenient;
    case Allowed::Kind::column: return "values of another column" + lenient;
  }
  return {};
}

std::string shown(const std::optional<Computed>& computed) {
  return computed.has_value() ? computed->formula : "not computed";
}

// The name of the enum is not visible on the cells, its values are.
bool same_rule(const Allowed& a, const Allowed& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Allowed::Kind::none) return true;
  return a.strict == b.strict && a.values == b.values && a.sheet == b.sheet && a.column == b.column;
}

std::string effective_format(const Column& column) { return column.format.value_or(implied_format(column.type)); }

// Looked at once for each state of a chain: nothing is built for a thing that agrees.
class Comparison {
 public:
  /// `declared_only`: a fact that `expected` does not state (no note, no rule, shown, unprotected) is not compared:
  /// people may add it, and a column that was adopted keeps what it had.
  Comparison(std::vector<Difference>& found, bool declared_only) : found_(found), declared_only_(declared_only) {}

  void sheet(const Sheet& expected, const Sheet& live) {
    const auto place = [&] { return Place{live.id, {}, live.title}; };
    if (!same_header(expected.title, live.title))
      add(Kind::sheet_title, place(), quoted(expected.title), quoted(live.title));
    if (looks_at(expected.hidden)) compare(Kind::sheet_hidden, place, expected.hidden, live.hidden);
    if (looks_at(expected.frozen)) compare(Kind::sheet_frozen, place, expected.frozen, live.frozen);
    if (looks_at(expected.protection.has_value()))
      compare(Kind::protection, place, expected.protection, live.protection);
  }

  void column(const Sheet& live_sheet, const Column& expected, const Column& live) {
    const auto place = [&] { return Place{live_sheet.id, expected.id, header_cell(live_sheet, live.id)}; };
    if (!same_header(expected.header, live.header))
      add(Kind::header, place(), quoted(expected.header), quoted(live.header));
    if (expected.managed && live.managed && expected.type != live.type) {
      add(Kind::type, place(), to_string(expected.type), to_string(live.type));
    }
    if (looks_at(expected.note.has_value())) compare(Kind::note, place, expected.note, live.note);
    if (looks_at(expected.hidden)) compare(Kind::hidden, place, expected.hidden, live.hidden);
    if (looks_at(expected.protection.has_value()))
      compare(Kind::protection, place, expected.protection, live.protection);
    if (looks_at(expected.allowed.kind != Allowed::Kind::none) && !same_rule(expected.allowed, live.allowed))
      add(Kind::allowed, place(), shown(expected.allowed), shown(live.allowed));
    compare(Kind::computed, place, expected.computed, live.computed);
  }

  void format(const Sheet& live_sheet, const Column& live, const std::string& expected, const std::string& observed) {
    if (same_format(expected, observed)) return;
    add(Kind::format, {live_sheet.id, live.id, header_cell(live_sheet, live.id)}, quoted(expected), quoted(observed));
  }

  void missing(const Sheet& expected) {
    add(Kind::sheet_missing, {expected.id, {}, expected.title}, quoted(expected.title), "none");
  }

  void missing(const Sheet& live_sheet, const Column& expected) {
    const Column* namesake = column_by_header(live_sheet, expected.header, true);
    const std::string where = namesake == nullptr ? live_sheet.title : header_cell(live_sheet, namesake->id);
    add(Kind::column_missing, {live_sheet.id, expected.id, where}, quoted(expected.header),
        namesake == nullptr ? "none" : "another column of this header");
  }

  void unknown(const Sheet& live) { add(Kind::foreign, {live.id, {}, live.title}, "none", quoted(live.title)); }

  void unknown(const Sheet& live_sheet, const Column& live) {
    add(Kind::foreign, {live_sheet.id, live.id, header_cell(live_sheet, live.id)}, "none", quoted(live.header));
  }

  // Two live columns under the header of one managed column.
  void duplicate(const Sheet& live_sheet, const Column& expected) {
    std::vector<std::string> cells;
    for (std::size_t index0 = 0; index0 < live_sheet.columns.size(); ++index0) {
      if (!same_header(live_sheet.columns[index0].header, expected.header)) continue;
      cells.push_back(live_sheet.title + "!" + column_letters(index0) + std::to_string(live_sheet.header_row));
    }
    add(Kind::duplicate_header, {live_sheet.id, expected.id, cells.back()}, quoted(expected.header) + " once",
        join(cells, " and "));
  }

  void order(const std::string& sheet_id, const std::string& where, const std::string& expected,
             const std::string& live) {
    if (expected != live) add(Kind::order, {sheet_id, {}, where}, expected, live);
  }

 private:
  struct Place {
    std::string sheet, column, where;
  };

  template <class MakePlace, class T>
  void compare(Kind kind, MakePlace place, const T& expected, const T& live) {
    if (!(expected == live)) add(kind, place(), shown(expected), shown(live));
  }

  void add(Kind kind, Place place, std::string expected, std::string observed) {
    found_.push_back({kind, std::move(place.sheet), std::move(place.column), std::move(place.where),
                      std::move(expected), std::move(observed)});
  }

  [[nodiscard]] bool looks_at(bool declared) const { return declared || !declared_only_; }

  std::vector<Difference>& found_;
  bool declared_only_;
};

// The columns of a sheet by id. The keys are views of the sheet, which outlives the index.
class ById {
 public:
  explicit ById(const Sheet& sheet) {
    index_.reserve(sheet.columns.size());
    for (const Column& column : sheet.columns) index_.emplace(column.id, &column);
  }
  [[nodiscard]] const Column* find(std::string_view id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, const Column*> index_;
};

// Normalised headers that stand in a sheet twice or more; empty nearly always.
std::unordered_set<std::string> repeated_headers(const Sheet& sheet) {
  std::unordered_set<std::string> seen;
  std::unordered_set<std::string> repeated;
  for (const Column& column : sheet.columns) {
    std::string header = norm(column.header);
    if (!seen.insert(header).second) repeated.insert(std::move(header));
  }
  return repeated;
}

void visible_columns(Comparison& comparison, const Sheet& expected, const Sheet& live) {
  const ById live_columns(live);
  const ById known_columns(expected);
  const auto repeated = repeated_headers(live);
  for (const Column& column : expected.columns) {
    if (!column.managed) continue;
    if (!repeated.empty() && repeated.count(norm(column.header)) > 0) comparison.duplicate(live, column);
    const Column* there = live_columns.find(column.id);
    if (there == nullptr) {
      comparison.missing(live, column);
      continue;
    }
    comparison.column(live, column, *there);
    if (column.format.has_value()) comparison.format(live, *there, *column.format, effective_format(*there));
  }
  for (const Column& column : live.columns) {
    if (column.managed && known_columns.find(column.id) == nullptr) comparison.unknown(live, column);
  }
}

void all_columns(Comparison& comparison, const Sheet& expected, const Sheet& live) {
  const ById live_columns(live);
  const ById known_columns(expected);
  std::vector<std::string> expected_order;
  std::vector<std::string> live_order;
  for (const Column& column : expected.columns) {
    const Column* there = live_columns.find(column.id);
    if (there == nullptr) {
      comparison.missing(live, column);
      continue;
    }
    expected_order.push_back(column.header);
    comparison.column(live, column, *there);
    // The type of a foreign column is only a guess, and so is the format that it would imply.
    const bool managed = column.managed && there->managed;
    comparison.format(live, *there, managed ? effective_format(column) : column.format.value_or(""),
                      managed ? effective_format(*there) : there->format.value_or(""));
  }
  for (const Column& column : live.columns) {
    const Column* known = known_columns.find(column.id);
    if (known == nullptr) {
      comparison.unknown(live, column);
    } else {
      live_order.push_back(known->header);
    }
  }
  comparison.order(live.id, live.title, join(expected_order, ", "), join(live_order, ", "));
}

}  // namespace

std::vector<Difference> visible_differences(const Schema& expected, const Schema& live) {
  std::vector<Difference> found;
  Comparison comparison(found, true);
  for (const Sheet& sheet : expected.sheets) {
    if (!sheet.managed) continue;
    const Sheet* there = live.sheet(sheet.id);
    if (there == nullptr) {
      comparison.missing(sheet);
      continue;
    }
    comparison.sheet(sheet, *there);
    visible_columns(comparison, sheet, *there);
  }
  for (const Sheet& sheet : live.sheets) {
    if (sheet.managed && expected.sheet(sheet.id) == nullptr) comparison.unknown(sheet);
  }
  return found;
}

std::vector<Difference> all_differences(const Schema& expected, const Schema& live) {
  std::vector<Difference> found;
  Comparison comparison(found, false);
  std::vector<std::string> expected_order;
  std::vector<std::string> live_order;
  for (const Sheet& sheet : expected.sheets) {
    const Sheet* there = live.sheet(sheet.id);
    if (there == nullptr) {
      comparison.missing(sheet);
      continue;
    }
    expected_order.push_back(sheet.title);
    comparison.sheet(sheet, *there);
    all_columns(comparison, sheet, *there);
  }
  for (const Sheet& sheet : live.sheets) {
    const Sheet* known = expected.sheet(sheet.id);
    if (known == nullptr) {
      comparison.unknown(sheet);
    } else {
      live_order.push_back(known->title);
    }
  }
  comparison.order({}, {}, join(expected_order, ", "), join(live_order, ", "));
  return found;
}

}  // namespace zmig
