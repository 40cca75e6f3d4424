#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <zmig/plan.h>

#include "model/names.h"
#include "plan/differences.h"

namespace zmig {
namespace {

using Class = Drift::Class;
using Kind = Difference::Kind;

bool is_moment(TypeKind kind) { return kind == TypeKind::date || kind == TypeKind::time || kind == TypeKind::datetime; }

/// A format that decides how a cell reads is breaking, one that only decides how it looks is not.
Class class_of_format(const Difference& difference, const Schema& expected) {
  const Sheet* sheet = expected.sheet(difference.sheet);
  const Column* column = sheet == nullptr ? nullptr : column_by_id(*sheet, difference.column);
  return column != nullptr && is_moment(column->type.kind) ? Class::breaking : Class::layout;
}

std::string drift_kind(const Difference& difference) {
  if (difference.kind == Kind::foreign) return difference.column.empty() ? "unknown_sheet" : "unknown_column";
  return kind_name(difference.kind);
}

class Finder {
 public:
  Finder(const Schema& expected, const Schema& live) : expected_(expected), live_(live) {}

  Drift find() {
    for (const Difference& difference : visible_differences(expected_, live_)) {
      add(drift_class(difference, expected_), drift_kind(difference), difference.where, difference.expected,
          difference.observed);
    }
    for (const Sheet& sheet : live_.sheets) look_at(sheet);
    return std::move(drift_);
  }

 private:
  void look_at(const Sheet& live) {
    const Sheet* known = expected_.sheet(live.id);
    if (!live.managed) {
      if (known == nullptr) add(Class::harmless, "foreign_sheet", live.title, {}, live.title);
      return;
    }
    if (known == nullptr) return;
    for (const Column& column : live.columns) {
      if (column.managed || is_blank_header(column.header) || column_by_id(*known, column.id) != nullptr) continue;
      add(Class::harmless, "foreign_column", header_cell(live, column.id), {}, column.header);
    }
    find_moved(*known, live);
  }

  /// Managed columns in another order than the files give them.
  void find_moved(const Sheet& known, const Sheet& live) {
    std::vector<std::string> wanted, found;
    for (const Column& column : known.columns) {
      if (column.managed && column_by_id(live, column.id) != nullptr) wanted.push_back(column.id);
    }
    for (const Column& column : live.columns) {
      if (std::find(wanted.begin(), wanted.end(), column.id) != wanted.end()) found.push_back(column.id);
    }
    const auto first = std::mismatch(wanted.begin(), wanted.end(), found.begin(), found.end());
    if (first.first == wanted.end()) return;
    const Column& expected_here = *column_by_id(live, *first.first);
    const Column& observed_here = *column_by_id(live, *first.second);
    add(known.rules.keep_order ? Class::layout : Class::harmless, "moved_column", header_cell(live, observed_here.id),
        expected_here.header, observed_here.header);
  }

  void add(Class level, std::string kind, std::string where, std::string expected, std::string observed) {
    drift_.worst = std::max(drift_.worst, level);
    drift_.items.push_back({level, std::move(kind), std::move(where), std::move(expected), std::move(observed)});
  }

  const Schema& expected_;
  const Schema& live_;
  Drift drift_;
};

}  // namespace

Drift::Class drift_class(const Difference& difference, const Schema& expected) {
  switch (difference.kind) {
    case Kind::sheet_missing:
    case Kind::column_missing:
    case Kind::header:
    case Kind::type:
    case Kind::allowed:
    case Kind::computed:
    case Kind::duplicate_header:
    case Kind::foreign:  // a managed thing that the files do not know
      return Class::breaking;
    case Kind::format: return class_of_format(difference, expected);
    case Kind::sheet_title:
    case Kind::sheet_hidden:
    case Kind::sheet_frozen:
    case Kind::note:
    case Kind::hidden:
    case Kind::protection:
    case Kind::order: return Class::layout;
  }
  return Class::breaking;
}

std::string kind_name(Difference::Kind kind) {
  switch (kind) {
    case Kind::sheet_missing: return "sheet_missing";
    case Kind::sheet_title: return "sheet_title";
    case Kind::sheet_hidden: return "sheet_hidden";
    case Kind::sheet_frozen: return "sheet_frozen";
    case Kind::column_missing: return "column_missing";
    case Kind::header: return "header";
    case Kind::type: return "type";
    case Kind::format: return "format";
    case Kind::note: return "note";
    case Kind::hidden: return "hidden";
    case Kind::protection: return "protection";
    case Kind::allowed: return "allowed";
    case Kind::computed: return "computed";
    case Kind::duplicate_header: return "duplicate_header";
    case Kind::order: return "order";
    case Kind::foreign: return "foreign";
  }
  return {};
}

std::string in_words(const Difference& difference) {
  std::string kind = kind_name(difference.kind);
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return fmt::format("{}: {}, expected {}, found {}", difference.where, kind,
                     difference.expected.empty() ? "none" : difference.expected,
                     difference.observed.empty() ? "none" : difference.observed);
}

std::string_view to_string(Drift::Class level) {
  switch (level) {
    case Drift::Class::none: return "none";
    case Drift::Class::harmless: return "harmless";
    case Drift::Class::layout: return "layout";
    case Drift::Class::breaking: return "breaking";
  }
  return {};
}

Drift drift_of(const Schema& expected, const Schema& live) { return Finder(expected, live).find(); }

}  // namespace zmig
