// Formulas of cells: each its own, one that several share, arrays and data tables.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {

std::optional<std::uint32_t> attribute_number(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::uint32_t number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec != std::errc{} || read.ptr != text->data() + text->size()) return std::nullopt;
  return number;
}

std::string region_text(const Region& region) {
  const std::string from = to_text(region.from);
  return region.from == region.to ? from : fmt::format("{}:{}", from, to_text(region.to));
}

/// All groups, arrays and data tables of the sheet, before the walk: a group is rewritten as one only when that says
/// the same for each of its cells.
Status PartShifter::read_groups() {
  if (bytes_.find("shared") == std::string_view::npos && bytes_.find("array") == std::string_view::npos &&
      bytes_.find("dataTable") == std::string_view::npos)
    return ok();
  XmlReader xml(bytes_, place_.part, place_.file);
  std::uint32_t row = 0, column = 0;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) break;
    if (kind != XmlKind::open || xml.ns() != Ns::main) continue;
    if (xml.name() == "row") {
      row = attribute_number(xml.raw("r")).value_or(row + 1);
      column = 0;
    } else if (xml.name() == "c") {
      const auto place = parse_place(xml.raw("r").value_or(""));
      if (place) column = place->column;
      ++column;
    } else if (xml.name() == "f" && row > 0 && column > 0) {
      const Place place{column - 1, row};
      const std::string type = xml.attribute("t"), ref = xml.attribute("ref");
      if (type == "shared") {
        SharedFormula& group = groups_[xml.attribute("si")];
        group.members.insert(axis_index(place));
        ZMIG_TRY(std::string text, xml.element_text());
        if (text.empty() || group.has_master) continue;
        const auto region = parse_region(ref);
        if (!region) return refused("ZM0439", "a shared formula without its region", label(to_text(place)));
        group.has_master = true;
        group.master = place;
        group.text = std::move(text);
        group.ref = *region;
      } else if (type == "array" || type == "dataTable") {
        const auto region = parse_region(ref);
        if (!region) return refused("ZM0439", "an array formula without its region", label(to_text(place)));
        // A data table has its inputs in the column, or row, in front of it.
        AxisSpan span = steps_.span_of(*region);
        if (type == "dataTable" && span.first > steps_.first()) --span.first;
        if (steps_.keeps_whole(span)) continue;
        return refused("ZM0436",
                       fmt::format("{} lies in {}", ref, type == "array" ? "an array formula" : "a data table"),
                       label(to_text(place)));
      }
    }
  }
  for (auto& [si, group] : groups_) {
    if (!group.has_master)
      return refused("ZM0439", fmt::format("nothing says the shared formula {}", si), place_.sheet);
    ZMIG_CHECK_OK(judge_group(group));
  }
  return ok();
}

/// The column or row of a place, along which the operation goes.
std::uint32_t PartShifter::axis_index(Place place) const { return shift_.of_rows() ? place.row : place.column; }
std::string PartShifter::along_axis(const std::string& text, std::int64_t by) const {
  return shift_.of_rows() ? shifted(text, 0, by) : shifted(text, by, 0);
}

Status PartShifter::judge_group(SharedFormula& group) {
  const std::string at = label(to_text(group.master));
  const FormulaPlace place{place_.sheet, {}, false};
  const auto follow = [&](const std::string& text) -> Result<std::string> {
    auto now = shift_formula(text, place, shift_);
    if (now) return std::move(now->text);
    Error error = now.error();
    error.place = at;
    return error;
  };
  ZMIG_TRY(group.text_now, follow(group.text));
  const auto master_now = steps_.point(steps_.index(group.master));
  const bool along = steps_.of_rows() == shift_.of_rows();  // else the sheet itself does not shift
  const std::uint32_t master = axis_index(group.master);
  std::uint32_t begin = steps_.last(), end = 0;
  for (const std::uint32_t member : group.members) {
    const auto now = along ? steps_.point(member) : std::optional(member);
    if (!now) continue;
    begin = std::min(begin, *now);
    end = std::max(end, *now);
    if (member == master || group.expand) continue;
    if (along && !master_now) {
      group.expand = true;
      continue;
    }
    const std::int64_t apart = std::int64_t{member} - master;
    const std::int64_t apart_now = std::int64_t{*now} - (along ? *master_now : master);
    ZMIG_TRY(const std::string wanted, follow(along_axis(group.text, apart)));
    group.expand = wanted != along_axis(group.text_now, apart_now);
  }
  group.ref_now = group.ref;
  if (shifts() && begin <= end) group.ref_now = steps_.with(group.ref, AxisSpan{begin, end});
  return ok();
}

/// The `<f>` that was just opened.
Status PartShifter::cell_formula(Place place) {
  ZMIG_CHECK_OK(check_attributes());
  const std::string type = xml_.attribute("t");
  if (type == "shared") {
    const auto group = groups_.find(xml_.attribute("si"));
    if (group == groups_.end()) return refused("ZM0439", "a shared formula that nobody shares", label(to_text(place)));
    return shared_cell(place, group->second);
  }
  Edits edits;
  if (type == "array" || type == "dataTable") {
    const std::string ref = xml_.attribute("ref");
    const auto region = parse_region(ref);
    const auto now = region ? steps_.region(*region) : std::nullopt;
    if (now && *now != *region) set_attribute(edits, "ref", region_text(*now));
    for (const std::string_view input : {"r1", "r2"}) {
      const auto cell = parse_place(xml_.raw(input).value_or(""));
      if (!cell || !shifts()) continue;
      const auto moved = steps_.place(*cell);
      if (!moved)
        return refused("ZM0439", fmt::format("the input {} of a data table goes", to_text(*cell)),
                       label(to_text(place)));
      set_attribute(edits, input, to_text(*moved));
    }
  }
  return copy_formula(place, std::move(edits));
}

/// The open formula of that cell, with the values of some attributes changed.
Status PartShifter::copy_formula(Place place, Edits edits) {
  const bool self = xml_.closes_itself();
  copy_tag(std::move(edits));
  where_ = label(to_text(place));
  ZMIG_TRY(const bool kept, text_element(Holds::formula, self));
  static_cast<void>(kept);
  where_ = place_.part;
  return ok();
}

Status PartShifter::shared_cell(Place place, const SharedFormula& group) {
  const bool is_master = group.master == place;
  if (!group.expand) {
    if (!is_master) {
      out_ += xml_.token();
      return copy_rest();
    }
    Edits edits;
    if (group.ref_now != group.ref) set_attribute(edits, "ref", region_text(group.ref_now));
    return copy_formula(place, std::move(edits));
  }
  // The group falls apart: each of its cells says its own formula.
  const std::string_view tag = xml_.token();
  const std::string name(tag.substr(1, tag.find_first_of(" \t\r\n/>", 1) - 1));
  std::string open = "<" + name;
  for (const XmlReader::Seen& one : xml_.attributes()) {
    if (one.ns == Ns::none && one.name != "t" && one.name != "ref" && one.name != "si")
      open += fmt::format(" {}=\"{}\"", one.name, one.value);
  }
  const std::string before = is_master ? group.text
                                       : shifted(group.text, std::int64_t{place.column} - group.master.column,
                                                 std::int64_t{place.row} - group.master.row);
  ZMIG_TRY(const std::string now, formula(before, "f", label(to_text(place))));
  ZMIG_CHECK_OK(xml_.skip());
  out_ += fmt::format("{}>{}</{}>", open, xml_text_of(now), name);
  return ok();
}

}  // namespace zmig::xlsx
