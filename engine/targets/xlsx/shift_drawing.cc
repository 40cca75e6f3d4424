// What floats above the grid: drawings, notes, controls; and the places of pivot tables.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {
namespace {

std::optional<std::uint32_t> number_in(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\r' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || number >= kRows) return std::nullopt;
  return number;
}

}  // namespace

/// An anchor moves and sizes with its cells, moves only, or stays.
Result<bool> PartShifter::anchor() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  anchor_ = Anchor::both;
  if (xml_.name() == "anchor") {  // of a control or an embedded object
    if (!xml_.flag("moveWithCells"))
      anchor_ = Anchor::none;
    else if (!xml_.flag("sizeWithCells"))
      anchor_ = Anchor::first;
  } else if (xml_.attribute("editAs") == "oneCell") {
    anchor_ = Anchor::first;
  } else if (xml_.attribute("editAs") == "absolute") {
    anchor_ = Anchor::none;
  }
  copy_tag({});
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    const bool is_end = xml_.name() == "from" || xml_.name() == "to";
    auto kept = is_end && shifts() && anchor_ != Anchor::none ? anchor_end(xml_.name() == "from") : element();
    if (!kept) return kept;
  }
  if (!self) out_ += xml_.token();
  return true;
}

Result<bool> PartShifter::anchor_end(bool begins) {
  const bool self = xml_.closes_itself();
  copy_tag({});
  bool column_is_gone = false;
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    const std::string name(xml_.name());
    const std::string open(xml_.token());
    const std::size_t begin = static_cast<std::size_t>(xml_.offset()) + open.size();
    const bool closes = xml_.closes_itself();
    ZMIG_TRY(const std::string text, xml_.element_text());
    out_ += open;
    if (closes) continue;
    const auto number = number_in(text);
    if (name == (steps_.of_rows() ? "row" : "col") && number) {
      const std::uint32_t from_zero = steps_.first();  // anchors count both from 0
      std::uint32_t now = corner(*number + from_zero) - from_zero;
      column_is_gone = !steps_.point(*number + from_zero);
      if (begins) {
        anchor_from_ = *number;
        anchor_from_now_ = now;
      } else if (anchor_ == Anchor::first) {
        now = std::min(*number - std::min(*number, anchor_from_) + anchor_from_now_, steps_.last() - from_zero);
        column_is_gone = false;
      } else {
        now = std::max(now, anchor_from_now_);
      }
      if (now != *number) report_.add(place_.part, "anchor", std::to_string(*number + 1), std::to_string(now + 1));
      out_ += std::to_string(now);
    } else if (name == (steps_.of_rows() ? "rowOff" : "colOff") && column_is_gone) {
      out_ += '0';  // the place inside of the column went with it
    } else {
      out_ += bytes_.substr(begin, static_cast<std::size_t>(xml_.offset()) - begin);
    }
    out_ += xml_.token();
  }
  if (!self) out_ += xml_.token();
  return true;
}

/// A comment of either kind.
Result<bool> PartShifter::noted() {
  const std::string ref = xml_.attribute("ref");
  const auto place = parse_place(ref);
  Edits edits;
  if (place && shifts()) {
    const auto now = steps_.place(*place);
    if (!now) {
      report_.dropped.push_back(fmt::format("comment of {}", label(ref)));
      ZMIG_CHECK_OK(xml_.skip());
      return false;
    }
    const std::string text = to_text(*now);
    if (text != ref) report_.add(label(ref), "comment", ref, text);
    set_attribute(edits, "ref", text);
  }
  copy_tag(std::move(edits));
  ZMIG_CHECK_OK(copy_rest());
  return true;
}

/// A shape of VML: goes with the cell that its note belongs to.
Result<bool> PartShifter::shape() {
  const bool self = xml_.closes_itself();
  const std::size_t mark = out_.size();
  copy_tag({});
  shape_is_gone_ = false;
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    if (xml_.is(Ns::vml_excel, "ClientData")) {
      ZMIG_CHECK_OK(client_data());
    } else {
      ZMIG_TRY(const bool kept, element());
      static_cast<void>(kept);
    }
  }
  if (!self) out_ += xml_.token();
  if (!shape_is_gone_) return true;
  out_.resize(mark);
  return false;
}

Status PartShifter::client_data() {
  const bool self = xml_.closes_itself();
  copy_tag({});
  std::size_t anchor_at = 0, anchor_size = 0;
  std::string anchor_text;
  bool stays = false, stays_in_size = false;
  std::optional<std::uint32_t> cell;
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    const std::string name(xml_.name());
    const std::string_view cell_name = steps_.of_rows() ? "Row" : "Column";
    if (!xml_.is(Ns::vml_excel, name) ||
        (name != "Anchor" && name != cell_name && name != "MoveWithCells" && name != "SizeWithCells")) {
      ZMIG_TRY(const bool kept, element());
      static_cast<void>(kept);
      continue;
    }
    const std::string open(xml_.token());
    const std::size_t begin = static_cast<std::size_t>(xml_.offset()) + open.size();
    const bool closes = xml_.closes_itself();
    ZMIG_TRY(const std::string text, xml_.element_text());
    out_ += open;
    const bool on = text.find("alse") == std::string::npos;
    if (name == "MoveWithCells") stays = on;
    if (name == "SizeWithCells") stays_in_size = on;
    if (closes) continue;
    const std::string_view inside = bytes_.substr(begin, static_cast<std::size_t>(xml_.offset()) - begin);
    if (name == "Anchor") {
      anchor_at = out_.size();
      anchor_size = inside.size();
      anchor_text = text;
    }
    if (name == cell_name) cell = number_in(text);
    const std::uint32_t from_zero = steps_.first();
    const auto now = name == cell_name && cell && shifts() ? steps_.point(*cell + from_zero) : std::nullopt;
    if (name == cell_name && cell && shifts() && !now) shape_is_gone_ = true;
    if (now && *now - from_zero != *cell)
      out_ += std::to_string(*now - from_zero);
    else
      out_ += inside;
    out_ += xml_.token();
  }
  if (!self) out_ += xml_.token();
  if (anchor_text.empty() || !shifts() || shape_is_gone_) return ok();
  return move_anchor(anchor_at, anchor_size, anchor_text, cell, stays, stays_in_size);
}

/// `left, offset, top, offset, right, offset, bottom, offset`. The shape of a note goes as far as its cell does.
Status PartShifter::move_anchor(std::size_t at, std::size_t size, const std::string& text,
                                std::optional<std::uint32_t> cell, bool stays, bool stays_in_size) {
  std::vector<std::string> numbers = split(text, ',');
  if (numbers.size() != 8) return refused("ZM0439", "the place of a shape has not eight numbers", place_.part);
  const std::size_t first = steps_.of_rows() ? 2 : 0, second = first + 4;
  const auto begin = number_in(numbers[first]), end = number_in(numbers[second]);
  if (!begin || !end) return refused("ZM0439", "the place of a shape cannot be read", place_.part);
  const std::uint32_t from_zero = steps_.first(), last = steps_.last() - from_zero;
  std::uint32_t begin_now = *begin, end_now = *end;
  if (cell) {
    const std::int64_t by = std::int64_t{*steps_.point(*cell + from_zero)} - *cell - from_zero;
    const auto moved = [by, last](std::uint32_t from) {
      return static_cast<std::uint32_t>(std::clamp<std::int64_t>(from + by, 0, last));
    };
    begin_now = moved(*begin);
    end_now = moved(*end);
  } else if (!stays) {
    begin_now = corner(*begin + from_zero) - from_zero;
    end_now = stays_in_size ? std::min(*end - std::min(*begin, *end) + begin_now, last)
                            : corner(*end + from_zero) - from_zero;
  }
  if (begin_now == *begin && end_now == *end) return ok();
  numbers[first] = std::to_string(begin_now);
  numbers[second] = std::to_string(end_now);
  std::string again;
  for (const std::string& one : numbers) {
    if (!again.empty()) again += ", ";
    const std::size_t from = one.find_first_not_of(" \r\n\t");
    const std::size_t to = one.find_last_not_of(" \r\n\t");
    if (from != std::string::npos) again += std::string_view(one).substr(from, to - from + 1);
  }
  out_.replace(at, size, again);
  report_.add(place_.part, "anchor", std::to_string(*begin + 1), std::to_string(begin_now + 1));
  return ok();
}

/// Where a pivot table stands.
Result<bool> PartShifter::pivot_source() {
  const bool self = xml_.closes_itself();
  Edits edits;
  const std::string ref = xml_.attribute("ref");
  if (shifts()) {
    const auto region = parse_region(ref);
    if (!region) return refused("ZM0439", fmt::format("{} is no region", quoted(printable(ref))), place_.part);
    const auto now = steps_.region(*region);
    if (!now || !steps_.keeps_whole(steps_.span_of(*region)))
      return refused("ZM0436", fmt::format("{} lies in a pivot table", ref), label(ref));
    const auto text = shift_regions(ref, steps_);
    if (text && *text != ref) {
      report_.add(label(ref), "pivot table", ref, *text);
      set_attribute(edits, "ref", *text);
    }
  }
  const std::size_t mark = out_.size();
  copy_tag(std::move(edits));
  return children(mark, self, 0, 0);
}

}  // namespace zmig::xlsx
