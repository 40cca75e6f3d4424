#include "targets/xlsx/sheet_facts_edit.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::xlsx {
namespace {

std::uint32_t number_in(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A tag of its own with other attributes.
std::string retagged(std::string_view element,
                     const std::vector<std::pair<std::string, std::optional<std::string>>>& set) {
  // Prefixes are not declared here; only the attributes matter.
  auto tree = XmlTree::read(std::string(element), "worksheet", {});
  if (!tree) return std::string(element);
  for (const auto& [name, value] : set) {
    if (value)
      tree->set_attribute(0, name, *value);
    else
      tree->remove_attribute(0, name);
  }
  return tree->finish();
}

std::string default_width(const XmlTree& sheet) {
  if (const auto format = sheet.child(0, "sheetFormatPr")) {
    if (const auto width = sheet.raw(*format, "defaultColWidth")) return std::string(*width);
  }
  return "9.140625";
}

std::string region_text(const Region& region) {
  const std::string from = to_text(region.from), to = to_text(region.to);
  return from == to ? from : from + ":" + to;
}

bool meets(const Region& a, const Region& b) {
  return a.from.column <= b.to.column && b.from.column <= a.to.column && a.from.row <= b.to.row &&
         b.from.row <= a.to.row;
}

}  // namespace

void edit_column(XmlTree& sheet, std::uint32_t column, const ColumnLook& look) {
  const std::string x = sheet.node(0).prefix;
  const std::uint32_t number = column + 1;
  const auto list = sheet.child(0, "cols");
  std::optional<std::size_t> covering, behind;
  std::string left_width;
  if (list) {
    for (const std::size_t i : sheet.children(*list, "col")) {
      const std::uint32_t first = number_in(sheet.attribute(i, "min")), last = number_in(sheet.attribute(i, "max"));
      if (first <= number && number <= last) covering = i;
      if (first > number && !behind) behind = i;
      if (number > 1 && first <= number - 1 && number - 1 <= last && !sheet.flag(i, "hidden"))
        left_width = sheet.attribute(i, "width");
    }
  }
  using Set = std::vector<std::pair<std::string, std::optional<std::string>>>;
  const auto changes = [&](bool has_width) {
    Set set{{"min", std::to_string(number)}, {"max", std::to_string(number)}};
    if (look.style)
      set.emplace_back("style", *look.style == 0 ? std::nullopt : std::optional(std::to_string(*look.style)));
    if (look.hidden) set.emplace_back("hidden", *look.hidden ? std::optional<std::string>("1") : std::nullopt);
    if (!has_width)
      set.emplace_back("width", look.width_of_left && !left_width.empty() ? left_width : default_width(sheet));
    return set;
  };
  if (covering) {
    const std::string old(sheet.text_of(*covering));
    const std::uint32_t first = number_in(sheet.attribute(*covering, "min")),
                        last = number_in(sheet.attribute(*covering, "max"));
    const bool same_style = !look.style || *look.style == number_in(sheet.attribute(*covering, "style"));
    const bool same_hidden = !look.hidden || *look.hidden == sheet.flag(*covering, "hidden");
    if (same_style && same_hidden) return;
    const bool shows_again = look.hidden && !*look.hidden && number_in(sheet.attribute(*covering, "width")) == 0;
    std::string made;
    if (first < number) made += retagged(old, {{"max", std::to_string(number - 1)}});
    Set set = changes(!shows_again);
    made += retagged(old, set);
    if (number < last) made += retagged(old, {{"min", std::to_string(number + 1)}});
    sheet.replace(*covering, made);
    return;
  }
  const bool says =
      (look.style && *look.style != 0) || (look.hidden && *look.hidden) || (look.width_of_left && !left_width.empty());
  if (!says) return;
  const std::string made = retagged(fmt::format("<{}col/>", x), changes(false));
  if (behind)
    sheet.insert_before(*behind, made);
  else if (list)
    sheet.append_child(*list, made);
  else
    sheet.insert_in_order(0, worksheet_order(), "cols", fmt::format("<{0}cols>{1}</{0}cols>", x, made));
}

void set_frozen(XmlTree& sheet, std::uint32_t header_row, bool frozen) {
  const std::string x = sheet.node(0).prefix;
  const auto views = sheet.child(0, "sheetViews");
  const auto pane_of = [&](std::uint32_t columns) {
    const std::string place = column_letters(columns) + std::to_string(header_row + 1);
    return fmt::format("<{}pane{} ySplit=\"{}\" topLeftCell=\"{}\" activePane=\"{}\" state=\"frozen\"/>", x,
                       columns > 0 ? fmt::format(" xSplit=\"{}\"", columns) : "", header_row, place,
                       columns > 0 ? "bottomRight" : "bottomLeft");
  };
  if (!views) {
    if (!frozen) return;
    sheet.insert_in_order(
        0, worksheet_order(), "sheetViews",
        fmt::format("<{0}sheetViews><{0}sheetView workbookViewId=\"0\">{1}</{0}sheetView></{0}sheetViews>", x,
                    pane_of(0)));
    return;
  }
  for (const std::size_t view : sheet.children(*views, "sheetView")) {
    const auto pane = sheet.child(view, "pane");
    const bool is_frozen = pane && sheet.attribute(*pane, "state").starts_with("frozen");
    const std::uint32_t columns = is_frozen ? number_in(sheet.attribute(*pane, "xSplit")) : 0;
    std::string made;
    if (frozen) made = pane_of(columns);
    if (!frozen && columns > 0) {
      made = fmt::format("<{}pane xSplit=\"{}\" topLeftCell=\"{}1\" activePane=\"topRight\" state=\"frozen\"/>", x,
                         columns, column_letters(columns));
    }
    if (pane) {
      if (is_frozen || frozen) sheet.replace(*pane, made);
    } else if (!made.empty()) {
      const auto inner = sheet.children(view);
      if (inner.empty())
        sheet.append_child(view, made);
      else
        sheet.insert_before(inner.front(), made);
    }
    // What was selected in a part of the window that is gone.
    for (const std::size_t selection : sheet.children(view, "selection")) {
      const std::string in = sheet.attribute(selection, "pane");
      if (!frozen && is_frozen && columns == 0 && !in.empty()) {
        if (sheet.children(view, "selection").size() == 1)
          sheet.remove_attribute(selection, "pane");
        else
          sheet.remove(selection);
      }
    }
  }
}

void set_protected(XmlTree& sheet, bool is_protected) {
  const auto there = sheet.child(0, "sheetProtection");
  if (!is_protected) {
    if (there) sheet.remove(*there);
    return;
  }
  if (there) {
    sheet.set_attribute(*there, "sheet", "1");
    return;
  }
  sheet.insert_in_order(
      0, worksheet_order(), "sheetProtection",
      fmt::format("<{}sheetProtection sheet=\"1\" objects=\"1\" scenarios=\"1\"/>", sheet.node(0).prefix));
}

void grow_dimension(XmlTree& sheet, Place to) {
  const auto there = sheet.child(0, "dimension");
  if (!there) return;
  auto region = parse_region(sheet.attribute(*there, "ref"));
  if (!region || region->contains(to)) return;
  region->from = {std::min(region->from.column, to.column), std::min(region->from.row, to.row)};
  region->to = {std::max(region->to.column, to.column), std::max(region->to.row, to.row)};
  sheet.set_attribute(*there, "ref", region_text(*region));
}

bool grow_filter(XmlTree& sheet, std::uint32_t header_row, std::uint32_t column) {
  const auto there = sheet.child(0, "autoFilter");
  if (!there || column == 0) return false;
  auto region = parse_region(sheet.attribute(*there, "ref"));
  if (!region || region->from.row != header_row || region->to.column != column - 1) return false;
  region->to.column = column;
  sheet.set_attribute(*there, "ref", region_text(*region));
  return true;
}

void shrink_frame(XmlTree& sheet, std::uint32_t column, std::uint32_t header_row) {
  const auto shrink = [&](std::size_t node) {
    auto region = parse_region(sheet.attribute(node, "ref"));
    if (!region || region->to.column != column || region->from.column >= column) return;
    --region->to.column;
    sheet.set_attribute(node, "ref", region_text(*region));
  };
  if (const auto there = sheet.child(0, "dimension")) shrink(*there);
  if (const auto there = sheet.child(0, "autoFilter")) {
    const auto region = parse_region(sheet.attribute(*there, "ref"));
    if (region && region->from.row == header_row) shrink(*there);
  }
  const auto list = sheet.child(0, "cols");
  if (!list) return;
  const auto all = sheet.children(*list, "col");
  for (const std::size_t i : all) {
    if (number_in(sheet.attribute(i, "min")) != column + 1 || number_in(sheet.attribute(i, "max")) != column + 1)
      continue;
    if (all.size() == 1)
      sheet.remove(*list);
    else
      sheet.remove(i);
    return;
  }
}

Status set_list_rule(XmlTree& sheet, std::uint32_t column, std::uint32_t header_row,
                     const std::optional<ListRuleText>& rule, const std::string& title) {
  const std::string x = sheet.node(0).prefix;
  const Region mine{{column, header_row + 1}, {column, kRows}};
  const std::string region = region_text(mine);
  std::string made;
  if (rule) {
    made = fmt::format(
        "<{}dataValidation type=\"list\"{} allowBlank=\"1\" showInputMessage=\"1\" showErrorMessage=\"1\" "
        "sqref=\"{}\"><{}formula1>",
        x, rule->strict ? "" : " errorStyle=\"warning\"", region, x);
    append_xml(rule->formula, made);
    made += fmt::format("</{0}formula1></{0}dataValidation>", x);
  }
  const auto list = sheet.child(0, "dataValidations");
  std::optional<std::size_t> own;
  std::vector<std::size_t> all;
  if (list) all = sheet.children(*list, "dataValidation");
  for (const std::size_t i : all) {
    const std::string where = sheet.attribute(i, "sqref");
    const std::vector<Region> regions = parse_regions(where);
    const bool touches =
        std::any_of(regions.begin(), regions.end(), [&](const Region& one) { return meets(one, mine); });
    if (!touches) continue;
    // A list that stands on this column alone, from the top of its data on, is the rule of the column.
    const bool whole = regions.size() == 1 && sheet.attribute(i, "type") == "list" &&
                       regions[0].from.column == column && regions[0].to.column == column &&
                       regions[0].from.row <= header_row + 1;
    if (whole && !own) {
      own = i;
      continue;
    }
    if (!rule) continue;  // somebody else's stays
    return make_error(Errc::conflict, "ZM0435", fmt::format("another validation stands on {}", where),
                      "remove that rule in the workbook first", fmt::format("{}!{}", title, region));
  }
  if (own) {
    if (!rule && all.size() == 1) {
      sheet.remove(*list);
    } else {
      sheet.replace(*own, made);
      if (!rule && sheet.raw(*list, "count")) sheet.set_attribute(*list, "count", std::to_string(all.size() - 1));
    }
    return ok();
  }
  if (!rule) return ok();
  if (list) {
    sheet.append_child(*list, made);
    if (sheet.raw(*list, "count")) sheet.set_attribute(*list, "count", std::to_string(all.size() + 1));
  } else {
    sheet.insert_in_order(0, worksheet_order(), "dataValidations",
                          fmt::format("<{0}dataValidations count=\"1\">{1}</{0}dataValidations>", x, made));
  }
  return ok();
}

void grow_list_rules(XmlTree& sheet, std::uint32_t header_row, std::uint32_t rows) {
  const auto list = sheet.child(0, "dataValidations");
  if (!list) return;
  for (const std::size_t i : sheet.children(*list, "dataValidation")) {
    std::vector<Region> regions = parse_regions(sheet.attribute(i, "sqref"));
    if (regions.size() != 1 || regions[0].from.row != header_row + 1 + rows || regions[0].to.row != kRows) continue;
    if (sheet.attribute(i, "type") != "list" || regions[0].from.column != regions[0].to.column) continue;
    regions[0].from.row = header_row + 1;
    sheet.set_attribute(i, "sqref", region_text(regions[0]));
  }
}

void set_legacy_drawing(XmlTree& sheet, const std::string& id, bool strict) {
  const auto there = sheet.child(0, "legacyDrawing");
  if (id.empty()) {
    if (there) sheet.remove(*there);
    return;
  }
  const std::string r = sheet.relationship_prefix();
  std::string made = fmt::format("<{}legacyDrawing ", sheet.node(0).prefix);
  if (r.empty())
    made += fmt::format("xmlns:r=\"{}\" r:id=\"{}\"/>",
                        strict ? "http://purl.oclc.org/ooxml/officeDocument/relationships"
                               : "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                        id);
  else
    made += fmt::format("{}id=\"{}\"/>", r, id);
  if (there)
    sheet.replace(*there, made);
  else
    sheet.insert_in_order(0, worksheet_order(), "legacyDrawing", made);
}

}  // namespace zmig::xlsx
