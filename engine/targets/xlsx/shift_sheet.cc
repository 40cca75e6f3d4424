// What follows in a worksheet besides plain references: cells, shared and array formulas, widths, frozen panes, merges,
// filters, and rules that are written for the first cell of their region.
#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {

// --- the grid

Result<bool> PartShifter::sheet_data() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  copy_tag({});
  row_ = 0;
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    if (!xml_.is(Ns::main, "row"))
      return refused("ZM0439", fmt::format("the element {} is not known there", quoted(printable(xml_.name()))),
                     place_.sheet);
    const std::uint32_t number = attribute_number(xml_.raw("r")).value_or(row_ + 1);
    if (number <= row_ || number > kRows)
      return refused("ZM0431", fmt::format("row {} is out of order, doubled or beyond the sheet", number),
                     place_.sheet);
    row_ = number;
    ZMIG_CHECK_OK(row());
  }
  if (!self) out_ += xml_.token();
  return true;
}

Status PartShifter::row() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  Edits edits;
  row_now_ = row_;
  if (shifts() && steps_.of_rows()) {
    const auto now = steps_.point(row_);
    if (!now) {
      if (steps_.pushes_off(row_) && !self)
        return refused("ZM0433", "the last row of the sheet is in use", label(std::to_string(row_)));
      return xml_.skip();
    }
    row_now_ = *now;
    if (const auto stored = xml_.raw("r"))
      set_attribute(edits, "r", std::to_string(row_now_));
    else  // without a number it stands below the one before it, which is another one now
      edits.push_back({name_end(), 0, fmt::format(" r=\"{}\"", row_now_)});
  } else if (shifts()) {
    shift_spans(edits);
  }
  copy_tag(std::move(edits));
  struct Piece {
    std::size_t begin = 0, end = 0;
    std::uint32_t column = 0;
  };
  std::vector<Piece> pieces;
  std::size_t begin = out_.size();
  std::uint32_t column = 0;
  bool sorted = true;
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    if (xml_.is(Ns::main, "c")) {
      std::uint32_t now = 0;
      ZMIG_TRY(const bool kept, cell(column, now));
      if (!kept) continue;
      if (!pieces.empty() && pieces.back().column >= now) sorted = false;
      pieces.push_back({begin, out_.size(), now});
      begin = out_.size();
    } else {
      ZMIG_TRY(const bool kept, element());
      static_cast<void>(kept);
    }
  }
  if (!sorted) {
    std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.column < b.column; });
    std::string again;
    const std::size_t first = std::min_element(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
                                return a.begin < b.begin;
                              })->begin;
    for (const Piece& piece : pieces) again += std::string_view(out_).substr(piece.begin, piece.end - piece.begin);
    again += std::string_view(out_).substr(begin);
    out_.replace(first, std::string::npos, again);
  }
  if (!self) out_ += xml_.token();
  return ok();
}

/// `spans` of a row: columns from 1.
void PartShifter::shift_spans(Edits& edits) const {
  const std::string spans = xml_.attribute("spans");
  const std::size_t colon = spans.find(':');
  if (colon == std::string::npos) return;
  const auto first = attribute_number(std::string_view(spans).substr(0, colon));
  const auto last = attribute_number(std::string_view(spans).substr(colon + 1));
  if (!first || !last || *first == 0 || *last < *first || *last > kColumns) return;
  const auto now = steps_.span({*first - 1, *last - 1});
  set_attribute(edits, "spans", now ? fmt::format("{}:{}", now->first + 1, now->last + 1) : std::string("1:1"));
}

/// Where the name of the open tag ends, in bytes_.
std::size_t PartShifter::name_end() const {
  return static_cast<std::size_t>(xml_.offset()) + xml_.token().find_first_of(" \t\r\n/>", 1);
}

/// `column`: where the next cell without place stands; `now`: where this one stands afterwards.
Result<bool> PartShifter::cell(std::uint32_t& column, std::uint32_t& now) {
  const auto stored = xml_.raw("r");
  if (stored) {
    const auto place = parse_place(*stored);
    if (!place)
      return refused("ZM0431", fmt::format("{} is no cell of a sheet", quoted(printable(*stored))), place_.sheet);
    if (place->row != row_ || place->column < column)
      return refused("ZM0431", fmt::format("cell {} is out of order or doubled", to_text(*place)), place_.sheet);
    column = place->column;
  }
  const Place place{column, row_};
  ++column;
  now = place.column;
  if (shifts() && !steps_.of_rows()) {
    const auto moved = steps_.point(place.column);
    if (!moved) {
      if (steps_.pushes_off(place.column) && !xml_.closes_itself())
        return refused("ZM0433", "the last column of the sheet (XFD) is in use", label(to_text(place)));
      ZMIG_CHECK_OK(xml_.skip());
      return false;
    }
    now = *moved;
  }
  const Place place_now{now, row_now_};
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  if (stored ? place_now == place : !shifts()) {
    out_ += xml_.token();
  } else if (stored) {
    copy_tag({attribute_edit(*stored, to_text(place_now))});
  } else {
    // Without a place a cell stands behind the one before it, which is another one now.
    copy_tag({{name_end(), 0, fmt::format(" r=\"{}\"", to_text(place_now))}});
  }
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    if (xml_.is(Ns::main, "f")) {
      ZMIG_CHECK_OK(cell_formula(place));
    } else if (xml_.is(Ns::main, "extLst")) {
      ZMIG_TRY(const bool kept, element());
      static_cast<void>(kept);
    } else {
      out_ += xml_.token();
      ZMIG_CHECK_OK(copy_rest());
    }
  }
  if (!self) out_ += xml_.token();
  return true;
}

// --- above and below the grid

/// Widths, styles and hidden columns. A new column is as wide as the one on its left, and never hidden.
Result<bool> PartShifter::columns() {
  ZMIG_CHECK_OK(check_attributes());
  struct Piece {
    std::size_t min_at = 0, min_size = 0, max_at = 0, max_size = 0;  // in text
    std::string text;
    bool hidden = false;
  };
  const bool self = xml_.closes_itself();
  const std::size_t mark = out_.size();
  copy_tag({});
  std::vector<Piece> pieces;
  std::vector<std::int32_t> before(kColumns, -1);
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    if (kind == XmlKind::close) break;
    if (kind != XmlKind::open) continue;
    const auto min = xml_.raw("min"), max = xml_.raw("max");
    const auto first = attribute_number(min), last = attribute_number(max);
    if (!xml_.is(Ns::main, "col") || !first || !last || *first == 0 || *last < *first || *last > kColumns)
      return xml_.broken("a range of columns is none");
    ZMIG_CHECK_OK(check_attributes());
    const auto place = [&](std::string_view value) {
      return static_cast<std::size_t>(value.data() - bytes_.data()) - static_cast<std::size_t>(xml_.offset());
    };
    pieces.push_back(
        {place(*min), min->size(), place(*max), max->size(), std::string(xml_.token()), xml_.flag("hidden")});
    for (std::uint32_t i = *first - 1; i < *last; ++i) before[i] = static_cast<std::int32_t>(pieces.size() - 1);
    const bool closes = xml_.closes_itself();
    ZMIG_CHECK_OK(xml_.skip());
    if (!closes) pieces.back().text.insert(pieces.back().text.size() - 1, "/");
  }
  std::vector<std::int32_t> after(kColumns, -1);
  for (std::uint32_t i = 0; i < kColumns; ++i) {
    const auto old = steps_.before(i);
    if (old) {
      after[i] = before[*old];
    } else if (i > 0 && after[i - 1] >= 0 && !pieces[static_cast<std::size_t>(after[i - 1])].hidden) {
      after[i] = after[i - 1];
    }
  }
  bool any = false;
  for (std::uint32_t i = 0; i < kColumns;) {
    std::uint32_t end = i + 1;
    while (end < kColumns && after[end] == after[i]) ++end;
    if (after[i] >= 0) {
      any = true;
      const Piece& piece = pieces[static_cast<std::size_t>(after[i])];
      const std::string min = std::to_string(i + 1), max = std::to_string(end);
      std::string text = piece.text;
      if (piece.min_at < piece.max_at) {
        text.replace(piece.max_at, piece.max_size, max);
        text.replace(piece.min_at, piece.min_size, min);
      } else {
        text.replace(piece.min_at, piece.min_size, min);
        text.replace(piece.max_at, piece.max_size, max);
      }
      out_ += text;
    }
    i = end;
  }
  if (!any) out_.resize(mark);
  if (any && !self) out_ += xml_.token();
  return any;
}

/// The border of a frozen block goes with the columns on its left.
Result<bool> PartShifter::pane() {
  ZMIG_CHECK_OK(check_attributes());
  Edits edits;
  const std::string state = xml_.attribute("state");
  const std::string_view split_name = steps_.of_rows() ? "ySplit" : "xSplit";
  const auto split = attribute_number(xml_.raw(split_name));
  const auto corner_place = parse_place(xml_.raw("topLeftCell").value_or(""));
  std::optional<std::uint32_t> border, border_now;
  if ((state == "frozen" || state == "frozenSplit") && split && *split > 0 && view_begin_ + *split <= steps_.last()) {
    border = view_begin_ + *split;
    const auto now = steps_.span({view_begin_, *border - 1});
    const std::uint32_t begin_now = view_begin_ == steps_.first() ? view_begin_ : corner(view_begin_);
    border_now = std::max(now ? now->last + 1 : 0, begin_now + 1);
    set_attribute(edits, split_name, std::to_string(*border_now - begin_now));
  }
  if (corner_place) {
    const std::uint32_t index = steps_.index(*corner_place);
    std::uint32_t now = index == steps_.first() ? index : corner(index);
    if (border) now = index == *border ? *border_now : std::max(now, *border_now);
    set_attribute(edits, "topLeftCell", to_text(steps_.with(*corner_place, now)));
  }
  const std::size_t mark = out_.size();
  const bool self = xml_.closes_itself();
  copy_tag(std::move(edits));
  return children(mark, self, 0, 0);
}

Result<bool> PartShifter::merge() {
  ZMIG_CHECK_OK(check_attributes());
  const std::string ref = xml_.attribute("ref");
  const auto region = parse_region(ref);
  if (!region) return refused("ZM0439", fmt::format("{} is no region", quoted(printable(ref))), place_.sheet);
  const auto now = steps_.region(*region);
  if (now && !steps_.keeps_whole(steps_.span_of(*region))) {
    const bool over_header = region->from.row <= place_.header_row && region->to.row >= place_.header_row;
    if (over_header || steps_.has_moves() || steps_.of_rows())
      return refused("ZM0436", fmt::format("{} is merged{}", ref, over_header ? " over the header row" : ""),
                     label(ref));
  }
  const bool self = xml_.closes_itself();
  if (!now || now->from == now->to) {
    report_.dropped.push_back(fmt::format("merge of {}", label(ref)));
    ZMIG_CHECK_OK(xml_.skip());
    return false;
  }
  Edits edits;
  if (*now != *region) {
    report_.add(label(ref), "merge", ref, region_text(*now));
    set_attribute(edits, "ref", region_text(*now));
  }
  const std::size_t mark = out_.size();
  copy_tag(std::move(edits));
  return children(mark, self, 0, 0);
}

Result<bool> PartShifter::filter() {
  ZMIG_CHECK_OK(check_attributes());
  const std::string ref = xml_.attribute("ref");
  const auto region = parse_region(ref);
  const bool self = xml_.closes_itself();
  const std::size_t mark = out_.size();
  if (!shifts() || !region) {
    if (shifts() && !ref.empty())
      return refused("ZM0439", fmt::format("{} is no region", quoted(printable(ref))), place_.sheet);
    copy_tag({});
    return children(mark, self, 0, 0);
  }
  auto now = steps_.region(*region);
  if (kind_ == PartKind::table && !steps_.of_rows()) {
    now = *region;
    now->from.column = table_now_.first;
    now->to.column = table_now_.last;
  }
  if (!now) {
    report_.dropped.push_back(fmt::format("filter of {}", label(ref)));
    ZMIG_CHECK_OK(xml_.skip());
    return false;
  }
  Edits edits;
  if (*now != *region) {
    report_.add(label(ref), "autoFilter", ref, region_text(*now));
    set_attribute(edits, "ref", region_text(*now));
  }
  if (!steps_.of_rows()) {
    filter_before_ = AxisSpan{region->from.column, region->to.column};
    filter_now_ = AxisSpan{now->from.column, now->to.column};
  }
  copy_tag(std::move(edits));
  auto kept = children(mark, self, 0, 0);
  filter_before_.reset();
  return kept;
}

/// Numbered from the first column of its filter.
Result<bool> PartShifter::filter_column() {
  ZMIG_CHECK_OK(check_attributes());
  const auto number = attribute_number(xml_.raw("colId"));
  if (!number || *number > filter_before_->last - filter_before_->first)
    return refused("ZM0439", "a column of a filter that it does not have", place_.sheet);
  const auto now = steps_.point(filter_before_->first + *number);
  if (!now) {
    report_.dropped.push_back(fmt::format("filter of {}", label(column_letters(filter_before_->first + *number))));
    ZMIG_CHECK_OK(xml_.skip());
    return false;
  }
  if (*now < filter_now_->first || *now > filter_now_->last)
    return refused("ZM0436", "a column with a filter would leave it",
                   label(column_letters(filter_before_->first + *number)));
  Edits edits;
  set_attribute(edits, "colId", std::to_string(*now - filter_now_->first));
  const bool self = xml_.closes_itself();
  copy_tag(std::move(edits));
  return children(out_.size(), self, 0, 0);
}

/// A rule that begins at the first row of data takes in rows that are inserted there: it is one of the whole column.
bool PartShifter::takes_in_first(const Region& region) const {
  const std::uint32_t first = place_.header_row + 1;
  return steps_.of_rows() && region.from.row == first && region.to.row > first && !steps_.before(first);
}

/// The cells of a rule. None: they are no regions; empty: all of them are gone.
std::optional<std::string> PartShifter::rule_regions(const std::string& text) const {
  std::string out;
  for (const std::string& one : split(text, ' ')) {
    if (one.empty()) continue;
    auto now = shift_regions(one, steps_);
    if (!now) return std::nullopt;
    const auto before = parse_region(one), after = parse_region(*now);
    if (before && after && takes_in_first(*before))
      now = region_text({{after->from.column, place_.header_row + 1}, after->to});
    if (!out.empty() && !now->empty()) out += ' ';
    out += *now;
  }
  return out;
}

/// Rules are written for the first cell of their region: when that one goes, they are for the next.
Status PartShifter::find_base(const std::string& regions) {
  base_.reset();
  base_after_ = 0;
  if (!shifts()) return ok();
  std::uint32_t first = UINT32_MAX, first_now = UINT32_MAX;
  for (const Region& region : parse_regions(regions)) {
    first = std::min(first, steps_.index(region.from));
    const auto now = steps_.region(region);
    if (now) first_now = std::min(first_now, steps_.index(now->from));
    if (now && takes_in_first(region)) base_after_ = std::int64_t{place_.header_row} + 1 - now->from.row;
  }
  if (first_now == UINT32_MAX) return ok();
  const auto from = steps_.before(first_now);
  base_ = from ? std::int64_t{*from} - first : 0;
  return ok();
}

/// `conditionalFormatting` and `dataValidation`, whose region is an attribute.
Result<bool> PartShifter::ruled_cells() {
  ZMIG_CHECK_OK(check_attributes());
  const std::string name(xml_.name()), regions = xml_.attribute("sqref");
  const auto stored = xml_.raw("sqref");
  const bool self = xml_.closes_itself();
  if (!stored || regions.empty()) return refused("ZM0439", fmt::format("{} without a region", name), place_.sheet);
  ZMIG_TRY(const auto now, held(Holds::rule_key, regions, name));
  if (!now) {
    report_.dropped.push_back(fmt::format("{} of {}", name, label(regions)));
    ZMIG_CHECK_OK(xml_.skip());
    return false;
  }
  ZMIG_CHECK_OK(find_base(regions));
  Edits edits;
  if (*now != regions) edits.push_back(attribute_edit(*stored, *now));
  const std::size_t mark = out_.size();
  copy_tag(std::move(edits));
  where_ = label(regions);
  auto kept = children(mark, self, 0, 0);
  where_ = place_.part;
  base_.reset();
  base_after_ = 0;
  return kept;
}

/// Their younger kin: the region stands behind the formulas, which are written again when it asks for it.
Result<bool> PartShifter::late_ruled_cells() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself(), is_rule = xml_.name() != "sparkline";
  const std::string name(xml_.name());
  const std::size_t mark = out_.size();
  copy_tag({});
  late_.clear();
  base_.reset();
  base_after_ = 0;
  key_is_gone_ = false;
  base_is_late_ = is_rule;
  where_ = place_.sheet;
  auto kept = children(mark, self, 0, 0);
  base_is_late_ = false;
  where_ = place_.part;
  if (!kept) return kept;
  if (key_is_gone_) {
    out_.resize(mark);
    report_.dropped.push_back(fmt::format("{} of {}", name, place_.sheet));
    return false;
  }
  if (base_ && (*base_ != 0 || base_after_ != 0)) {
    for (std::size_t i = late_.size(); i-- > 0;) {
      const auto again = shift_formula(along_axis(late_[i].text, *base_), {place_.sheet, {}, false}, shift_);
      if (!again) return again.error();
      out_.replace(late_[i].at, late_[i].size, xml_text_of(along_axis(again->text, base_after_)));
    }
  }
  base_.reset();
  base_after_ = 0;
  return true;
}

/// Page breaks: `id` counts the rows or columns in front of it.
Result<bool> PartShifter::breaks() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  Edits edits;
  const std::uint32_t from_zero = steps_.first();  // both count from 0
  if (breaks_columns_ != steps_.of_rows()) {
    const auto id = attribute_number(xml_.raw("id"));
    if (!id || *id >= kRows) return refused("ZM0439", "a page break that stands nowhere", place_.sheet);
    const auto now = steps_.point(*id + from_zero);
    if (!now) {
      ZMIG_CHECK_OK(xml_.skip());
      return false;
    }
    set_attribute(edits, "id", std::to_string(*now - from_zero));
  } else {
    const auto min = attribute_number(xml_.raw("min")), max = attribute_number(xml_.raw("max"));
    if (max && *max + from_zero <= steps_.last() && min.value_or(0) <= *max) {
      const auto now = steps_.span({min.value_or(0) + from_zero, *max + from_zero});
      if (now && xml_.raw("min")) set_attribute(edits, "min", std::to_string(now->first - from_zero));
      if (now) set_attribute(edits, "max", std::to_string(now->last - from_zero));
    }
  }
  const std::size_t mark = out_.size();
  copy_tag(std::move(edits));
  return children(mark, self, 0, 0);
}

/// A region of a sheet that an attribute names: consolidation, sources of pivots.
Result<bool> PartShifter::sheet_reference() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  const std::string title = xml_.attribute("sheet"), ref = xml_.attribute("ref");
  const bool elsewhere = !xml_.attribute(Ns::office_relationships, "id").empty();
  const SheetShift* sheet = title.empty() || elsewhere ? nullptr : shift_.sheet(title);
  Edits edits;
  if (sheet != nullptr) {
    const std::string place = fmt::format("{}!{}", title, ref);
    if (sheet->retitled) set_attribute(edits, "sheet", *sheet->retitled);
    if (!ref.empty() && !sheet->steps.empty()) {
      const auto now = shift_regions(ref, sheet->steps);
      if (!now) return refused("ZM0439", fmt::format("{} is no region", quoted(printable(ref))), place_.part);
      if (now->empty()) report_.lost.push_back({place_.part, std::string(xml_.name()), place, "#REF!"});
      if (!now->empty() && *now != ref) {
        report_.add(place_.part, xml_.name(), place, fmt::format("{}!{}", title, *now));
        set_attribute(edits, "ref", *now);
      }
    }
    if (sheet->removed) report_.lost.push_back({place_.part, std::string(xml_.name()), place, "#REF!"});
  }
  const std::size_t mark = out_.size();
  copy_tag(std::move(edits));
  return children(mark, self, 0, 0);
}

}  // namespace zmig::xlsx
