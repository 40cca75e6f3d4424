// Tables: their columns come, go and change places with those of the grid.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {
namespace {

std::uint64_t number_or(std::string_view text, std::uint64_t otherwise) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? number : otherwise;
}

}  // namespace

std::vector<std::pair<std::uint32_t, std::string>> ShiftSteps::new_columns() const {
  std::vector<std::pair<std::uint32_t, std::string>> all;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].kind != ShiftStep::Kind::insert) continue;
    const ShiftSteps rest(std::vector<ShiftStep>(steps_.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps_.end()));
    for (std::uint32_t n = 0; n < steps_[i].count; ++n) {
      const auto now = rest.point(steps_[i].at + n);
      if (now) all.emplace_back(*now, n < steps_[i].headers.size() ? steps_[i].headers[n] : std::string());
    }
  }
  return all;
}

/// Where a table stands afterwards, and whether it may: columns come and go inside of it only when its header is the
/// header row of the sheet, and never when they come from outside of the workbook.
Result<bool> PartShifter::table() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  std::string name = xml_.attribute("displayName");
  if (name.empty()) name = xml_.attribute("name");
  table_ = name;
  where_ = fmt::format("table {}", name);
  const std::string ref = xml_.attribute("ref"), type = xml_.attribute("tableType");
  const auto region = parse_region(ref);
  if (!region) return refused("ZM0439", fmt::format("{} is no region", quoted(printable(ref))), where_);
  table_before_ = {region->from.column, region->to.column};
  table_now_ = table_before_;
  Edits edits;
  if (shifts() && steps_.of_rows()) {
    ZMIG_TRY(const Region now, table_rows(*region, ref));
    set_attribute(edits, "ref", fmt::format("{}:{}", to_text(now.from), to_text(now.to)));
    if (now != *region) report_.add(where_, "table", ref, region_text(now));
  } else if (shifts()) {
    const auto now = steps_.span(table_before_);
    if (!now) return refused("ZM0436", fmt::format("all columns of table {} would go", quoted(name)), label(ref));
    // A column that goes to the edge is inside when the others say so: what stays together decides.
    table_now_ = *now;
    if (!steps_.keeps_whole(table_before_)) {
      ZMIG_CHECK_OK(check_table_columns(ref, name));
      if (!type.empty() && type != "worksheet")
        return refused("ZM0434", fmt::format("the columns of table {} come from a query or an XML map", quoted(name)),
                       label(ref));
      const bool headed = xml_.attribute("headerRowCount") != "0" && region->from.row == place_.header_row;
      const bool grows = std::any_of(table_columns_now_.begin(), table_columns_now_.end(),
                                     [](const auto& one) { return !one.first.has_value(); });
      if (grows && !headed)
        return refused("ZM0434", fmt::format("the header of table {} is not the header row of the sheet", quoted(name)),
                       label(ref));
    }
    Region region_now = *region;
    region_now.from.column = table_now_.first;
    region_now.to.column = table_now_.last;
    const std::string text = fmt::format("{}:{}", to_text(region_now.from), to_text(region_now.to));
    if (text != ref) report_.add(where_, "table", ref, text);
    set_attribute(edits, "ref", text);
  }
  const std::size_t mark = out_.size();
  copy_tag(std::move(edits));
  return children(mark, self, 0, 0);
}

/// Rows come and go between the header and the totals; a table keeps its header and at least one row of data.
Result<Region> PartShifter::table_rows(const Region& region, const std::string& ref) {
  const std::uint32_t headers = attribute_number(xml_.raw("headerRowCount")).value_or(1);
  const std::uint32_t totals = attribute_number(xml_.raw("totalsRowCount")).value_or(0);
  const auto refusal = [&](std::string_view what) {
    return refused("ZM0436", fmt::format("{} of table {} would go", what, quoted(table_)), label(ref));
  };
  const std::uint32_t first = region.from.row + headers, end = region.to.row + 1 - std::min(totals, region.to.row);
  for (std::uint32_t row = region.from.row; row < first; ++row) {
    if (!steps_.point(row)) return refusal("the header");
  }
  for (std::uint32_t row = end; row <= region.to.row; ++row) {
    if (!steps_.point(row)) return refusal("the totals");
  }
  const auto data = first < end ? steps_.span({first, end - 1}) : std::optional(AxisSpan{});
  if (!data) return refusal("all rows");
  const auto now = steps_.region(region);
  if (!now) return refusal("all rows");
  return *now;
}

/// Which column of the table, or which new header, stands where afterwards.
Status PartShifter::check_table_columns(const std::string& ref, const std::string& name) {
  const auto cut = [&] {
    return refused("ZM0436", fmt::format("a column would leave table {}, or come into it", quoted(name)), label(ref));
  };
  std::uint32_t left = kColumns, right = 0;
  for (std::uint32_t at = table_before_.first; at <= table_before_.last; ++at) {
    const auto now = steps_.point(at);
    if (!now) continue;
    left = std::min(left, *now);
    right = std::max(right, *now);
  }
  // A column that moved to an edge of the table widens what the ends of a range say.
  for (const ShiftStep& step : steps_.steps()) {
    if (step.kind == ShiftStep::Kind::move) {
      table_now_ = {left, right};
      break;
    }
  }
  const auto fresh = steps_.new_columns();
  for (std::uint32_t at = table_now_.first; at <= table_now_.last; ++at) {
    if (const auto old = steps_.before(at)) {
      if (*old < table_before_.first || *old > table_before_.last) return cut();
      table_columns_now_.emplace_back(*old, std::string());
      continue;
    }
    const auto found = std::find_if(fresh.begin(), fresh.end(), [at](const auto& one) { return one.first == at; });
    if (found == fresh.end() || found->second.empty()) return cut();
    table_columns_now_.emplace_back(std::nullopt, found->second);
  }
  if (left < table_now_.first || right > table_now_.last) return cut();
  return ok();
}

Result<bool> PartShifter::table_columns() {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  const auto count = xml_.raw("count");
  const bool rebuilt = !table_columns_now_.empty();
  Edits edits;
  if (rebuilt && count) edits.push_back(attribute_edit(*count, std::to_string(table_columns_now_.size())));
  copy_tag(std::move(edits));
  std::vector<std::string> pieces;
  std::uint64_t highest = 0;
  std::string element_name = "tableColumn";
  const TableShift* renames = shift_.table(table_);
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    if (kind == XmlKind::close) break;
    if (kind != XmlKind::open) {
      if (!rebuilt) out_ += xml_.token();
      continue;
    }
    if (!xml_.is(Ns::main, "tableColumn"))
      return refused("ZM0439", fmt::format("the element {} is not known there", quoted(printable(xml_.name()))),
                     where_);
    ZMIG_CHECK_OK(check_attributes());
    highest = std::max(highest, number_or(xml_.attribute("id"), 0));
    const std::string_view tag = xml_.token();
    element_name = tag.substr(1, tag.find_first_of(" \t\r\n/>", 1) - 1);
    const std::size_t mark = out_.size();
    const bool closes = xml_.closes_itself();
    Edits own;
    if (renames != nullptr) {
      for (const auto& [from, to] : renames->renamed) {
        if (xml_.attribute("name") == from) set_attribute(own, "name", to);
      }
    }
    copy_tag(std::move(own));
    ZMIG_TRY(const bool kept, children(mark, closes, 0, 0));
    static_cast<void>(kept);
    if (!rebuilt) continue;
    pieces.push_back(out_.substr(mark));
    out_.resize(mark);
  }
  if (rebuilt) {
    if (pieces.size() != table_before_.last - table_before_.first + 1)
      return refused("ZM0439", fmt::format("table {} has more or fewer columns than its region", quoted(table_)),
                     where_);
    for (const auto& [old, header] : table_columns_now_) {
      if (old)
        out_ += pieces[*old - table_before_.first];
      else
        out_ += fmt::format("<{} id=\"{}\" name=\"{}\"/>", element_name, ++highest, table_header(header));
    }
    report_.add(where_, "tableColumns", std::to_string(pieces.size()), std::to_string(table_columns_now_.size()));
  }
  if (!self) out_ += xml_.token();
  return true;
}

/// A header as the attribute of a table column holds it: line ends are written out.
std::string PartShifter::table_header(std::string_view header) {
  std::string plain;
  for (const char c : header) {
    if (c == '\n')
      plain += "_x000a_";
    else if (c == '\r')
      plain += "_x000d_";
    else
      plain += c;
  }
  return xml_text_of(plain);
}

}  // namespace zmig::xlsx
