// Where columns and spans of columns go.
#include <algorithm>

#include "base/text.h"
#include "model/names.h"
#include "targets/xlsx/formula_tokens.h"
#include "targets/xlsx/shift.h"

namespace zmig::xlsx {
namespace {

/// With room for what is pushed over the edge in the middle of a step.
struct Wide {
  std::int64_t first = 0, last = 0;
  bool single = false;  // a place and no range: it goes with its column
};
constexpr std::int64_t kLast = std::int64_t{kColumns} - 1;

std::optional<Wide> inserted(Wide span, std::int64_t at, std::int64_t count) {
  const bool sticks = !span.single && span.last == kLast;
  if (span.first >= at) span.first += count;
  if (span.last >= at && !sticks) span.last += count;
  return span;
}

std::optional<Wide> removed(Wide span, std::int64_t at, std::int64_t count) {
  const bool sticks = !span.single && span.last == kLast;
  const std::int64_t end = at + count;
  if (span.first >= at && span.last < end) return std::nullopt;
  if (span.first >= end)
    span.first -= count;
  else if (span.first >= at)
    span.first = at;
  if (sticks) return span;
  if (span.last >= end)
    span.last -= count;
  else if (span.last >= at)
    span.last = at - 1;
  return span;
}

std::optional<Wide> moved(Wide span, std::int64_t at, std::int64_t count, std::int64_t to) {
  if (to >= at && to <= at + count) return span;
  const std::int64_t source = at >= to ? at + count : at;
  // The place is made, used and closed again: nothing is pushed off the grid by it, so the edge does not stick here.
  const bool sticks = !span.single && span.last == kLast;
  const auto made = inserted(Wide{span.first, span.last, true}, to, count);
  Wide now = *made;
  if (now.first >= source && now.last < source + count) {
    now.first += to - source;
    now.last += to - source;
  }
  now.single = true;
  auto left = removed(now, source, count);
  if (!left) return std::nullopt;
  left->single = span.single;
  if (sticks) left->last = kLast;
  return left;
}

std::optional<Wide> stepped(const Wide& span, const ShiftStep& step) {
  switch (step.kind) {
    case ShiftStep::Kind::insert: {
      auto out = inserted(span, step.at, step.count);
      if (out->first > kLast) return std::nullopt;
      out->last = std::min(out->last, kLast);
      return out;
    }
    case ShiftStep::Kind::remove: return removed(span, step.at, step.count);
    case ShiftStep::Kind::move: return moved(span, step.at, step.count, step.to);
  }
  return std::nullopt;
}

std::optional<Wide> all_steps(Wide span, const std::vector<ShiftStep>& steps) {
  std::optional<Wide> now = span;
  if (!span.single && span.first == 0 && span.last == kLast) return now;  // whole rows
  for (const ShiftStep& step : steps) {
    now = stepped(*now, step);
    if (!now) return std::nullopt;
  }
  return now;
}

}  // namespace

std::optional<std::uint32_t> ColumnSteps::column(std::uint32_t at) const {
  const auto out = all_steps({at, at, true}, steps_);
  return out ? std::optional(static_cast<std::uint32_t>(out->first)) : std::nullopt;
}

std::optional<ColumnSpan> ColumnSteps::span(ColumnSpan span) const {
  const auto out = all_steps({span.first, span.last, span.first == span.last}, steps_);
  if (!out) return std::nullopt;
  return ColumnSpan{static_cast<std::uint32_t>(out->first), static_cast<std::uint32_t>(out->last)};
}

std::optional<Region> ColumnSteps::region(const Region& region) const {
  const auto out = span({region.from.column, region.to.column});
  if (!out) return std::nullopt;
  return Region{{out->first, region.from.row}, {out->last, region.to.row}};
}

bool ColumnSteps::keeps_whole(ColumnSpan span) const {
  const auto first = column(span.first);
  for (std::uint32_t at = span.first; at <= span.last; ++at) {
    const auto now = column(at);
    if (now.has_value() != first.has_value()) return false;
    if (now && *now - *first != at - span.first) return false;
  }
  return true;
}

std::optional<std::uint32_t> ColumnSteps::before(std::uint32_t at) const {
  std::int64_t now = at;
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const ShiftStep& step = steps_[i];
    const std::int64_t from = step.at, count = step.count, to = step.to;
    switch (step.kind) {
      case ShiftStep::Kind::insert:
        if (now >= from && now < from + count) return std::nullopt;
        if (now >= from) now -= count;
        break;
      case ShiftStep::Kind::remove:
        if (now >= from) now += count;
        break;
      case ShiftStep::Kind::move: {
        if (to >= from && to <= from + count) break;
        const std::int64_t landed = to > from ? to - count : to;
        if (now >= landed && now < landed + count) {
          now += from - landed;
          break;
        }
        if (now >= landed + count) now -= count;  // without the moved ones
        if (now >= from) now += count;
        break;
      }
    }
  }
  return now > kLast ? std::nullopt : std::optional(static_cast<std::uint32_t>(now));
}

bool ColumnSteps::pushes_off(std::uint32_t column) const {
  std::optional<Wide> now = Wide{column, column, true};
  for (const ShiftStep& step : steps_) {
    now = stepped(*now, step);
    if (!now) return step.kind == ShiftStep::Kind::insert;
  }
  return false;
}

const SheetShift* BookShift::sheet(std::string_view title) const {
  const auto found = std::find_if(sheets.begin(), sheets.end(),
                                  [title](const SheetShift& one) { return same_title_without_case(one.title, title); });
  return found == sheets.end() ? nullptr : &*found;
}

const TableShift* BookShift::table(std::string_view name) const {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [name](const TableShift& one) { return same_title_without_case(one.table, name); });
  return found == tables.end() ? nullptr : &*found;
}

std::optional<std::string> shift_regions(std::string_view text, const ColumnSteps& steps) {
  std::string out;
  for (const std::string& one : split(text, ' ')) {
    if (one.empty()) continue;
    const std::size_t colon = one.find(':');
    const auto first = parse_formula_half(std::string_view(one).substr(0, colon));
    const auto second = colon == std::string::npos ? std::optional(FormulaHalf{})
                                                   : parse_formula_half(std::string_view(one).substr(colon + 1));
    if (!first || !second) return std::nullopt;
    FormulaHalf a = *first, b = *second;
    const bool is_range = colon != std::string::npos;
    if (is_range && (a.has_column != b.has_column || a.has_row != b.has_row)) return std::nullopt;
    if (!is_range && !(a.has_column && a.has_row)) return std::nullopt;
    if (a.has_column) {
      if (is_range && b.column < a.column) std::swap(a.column, b.column);
      const auto now = steps.span({a.column, is_range ? b.column : a.column});
      if (!now) continue;
      a.column = now->first;
      b.column = now->last;
      // A cell stays one; a range of one cell is written as it was, as a range.
    }
    if (!out.empty()) out += ' ';
    out += to_text(a);
    if (is_range) out += ":" + to_text(b);
  }
  return out;
}

}  // namespace zmig::xlsx
