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
  bool single = false;    // a place and no range: it goes with its column
  std::int64_t edge = 0;  // the last column of the grid
  [[nodiscard]] bool sticks() const { return !single && last == edge; }
};

std::optional<Wide> inserted(Wide span, std::int64_t at, std::int64_t count) {
  const bool sticks = span.sticks();
  if (span.first >= at) span.first += count;
  if (span.last >= at && !sticks) span.last += count;
  return span;
}

std::optional<Wide> removed(Wide span, std::int64_t at, std::int64_t count) {
  const bool sticks = span.sticks();
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
  const bool sticks = span.sticks();
  const auto made = inserted(Wide{span.first, span.last, true, span.edge}, to, count);
  Wide now = *made;
  if (now.first >= source && now.last < source + count) {
    now.first += to - source;
    now.last += to - source;
  }
  now.single = true;
  auto left = removed(now, source, count);
  if (!left) return std::nullopt;
  left->single = span.single;
  if (sticks) left->last = span.edge;
  return left;
}

std::optional<Wide> stepped(const Wide& span, const ShiftStep& step) {
  switch (step.kind) {
    case ShiftStep::Kind::insert: {
      auto out = inserted(span, step.at, step.count);
      if (out->first > span.edge) return std::nullopt;
      out->last = std::min(out->last, span.edge);
      return out;
    }
    case ShiftStep::Kind::remove: return removed(span, step.at, step.count);
    case ShiftStep::Kind::move: return moved(span, step.at, step.count, step.to);
  }
  return std::nullopt;
}

std::optional<Wide> all_steps(const Wide& span, const std::vector<ShiftStep>& steps) {
  std::optional<Wide> now = span;
  for (const ShiftStep& step : steps) {
    now = stepped(*now, step);
    if (!now) return std::nullopt;
  }
  return now;
}

}  // namespace

bool ShiftSteps::has_moves() const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [](const ShiftStep& step) { return step.kind == ShiftStep::Kind::move; });
}

Place ShiftSteps::with(Place place, std::uint32_t index) const {
  (of_rows() ? place.row : place.column) = index;
  return place;
}
Region ShiftSteps::with(Region region, AxisSpan span) const {
  return {with(region.from, span.first), with(region.to, span.last)};
}

std::optional<std::uint32_t> ShiftSteps::point(std::uint32_t at) const {
  const auto out = all_steps({at, at, true, last()}, steps_);
  return out ? std::optional(static_cast<std::uint32_t>(out->first)) : std::nullopt;
}

std::optional<Place> ShiftSteps::place(const Place& place) const {
  const auto now = point(index(place));
  return now ? std::optional(with(place, *now)) : std::nullopt;
}

std::optional<AxisSpan> ShiftSteps::span(AxisSpan span) const {
  if (span.first == first() && span.last == last()) return span;  // all of the grid
  const auto out = all_steps({span.first, span.last, span.first == span.last, last()}, steps_);
  if (!out) return std::nullopt;
  return AxisSpan{static_cast<std::uint32_t>(out->first), static_cast<std::uint32_t>(out->last)};
}

std::optional<Region> ShiftSteps::region(const Region& region) const {
  const auto out = span(span_of(region));
  return out ? std::optional(with(region, *out)) : std::nullopt;
}

bool ShiftSteps::keeps_whole(AxisSpan span) const {
  constexpr std::uint32_t kFew = 256;
  if (span.last - span.first < kFew) {
    const auto begin = point(span.first);
    for (std::uint32_t at = span.first; at <= span.last; ++at) {
      const auto now = point(at);
      if (now.has_value() != begin.has_value()) return false;
      if (now && *now - *begin != at - span.first) return false;
    }
    return true;
  }
  // Of a long one: no step may cut it. One that cuts and another one that mends do not count.
  AxisSpan now = span;
  for (const ShiftStep& step : steps_) {
    const std::uint32_t end = step.at + step.count;
    const bool apart = end <= now.first || step.at > now.last;
    const bool around = step.at <= now.first && end > now.last;
    const bool lands_inside = step.to > now.first && step.to <= now.last;
    if (step.kind == ShiftStep::Kind::insert && step.at > now.first && step.at <= now.last) return false;
    if (step.kind == ShiftStep::Kind::remove && !apart) return around;
    if (step.kind == ShiftStep::Kind::move && ((!apart && !around) || (apart && lands_inside))) return false;
    const ShiftSteps one({step}, axis_);
    const auto first_now = one.point(now.first), last_now = one.point(now.last);
    if (!first_now || !last_now) return false;
    now = {*first_now, *last_now};
  }
  return true;
}

std::optional<std::uint32_t> ShiftSteps::before(std::uint32_t at) const {
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
  return now > std::int64_t{last()} ? std::nullopt : std::optional(static_cast<std::uint32_t>(now));
}

bool ShiftSteps::pushes_off(std::uint32_t at) const {
  std::optional<Wide> now = Wide{at, at, true, last()};
  for (const ShiftStep& step : steps_) {
    now = stepped(*now, step);
    if (!now) return step.kind == ShiftStep::Kind::insert;
  }
  return false;
}

bool BookShift::of_rows() const {
  return std::any_of(sheets.begin(), sheets.end(),
                     [](const SheetShift& one) { return !one.steps.empty() && one.steps.of_rows(); });
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

std::optional<std::string> shift_regions(std::string_view text, const ShiftSteps& steps) {
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
    if (steps.of_rows() ? a.has_row : a.has_column) {
      std::uint32_t& from = steps.of_rows() ? a.row : a.column;
      std::uint32_t& to = steps.of_rows() ? b.row : b.column;
      if (!is_range) to = from;
      if (to < from) std::swap(from, to);
      const auto now = steps.span({from, to});
      if (!now) continue;
      from = now->first;
      to = now->last;
    }
    if (!out.empty()) out += ' ';
    out += to_text(a);
    if (is_range) out += ":" + to_text(b);
  }
  return out;
}

}  // namespace zmig::xlsx
