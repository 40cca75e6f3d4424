#pragma once
// What stands around the rows of a worksheet, edited in place: columns, panes, rules, protection. `sheet` is the
// worksheet without its rows. Not installed.

#include <cstdint>
#include <optional>
#include <string>

#include <zmig/result.h>

#include "targets/xlsx/refs.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {

struct ColumnLook {
  std::optional<std::uint32_t> style;
  std::optional<bool> hidden;
  bool width_of_left = false;  ///< where the file says nothing about the column
};
/// Splits the range that covers the column, so that the others keep what they have.
void edit_column(XmlTree& sheet, std::uint32_t column, const ColumnLook& look);
void set_frozen(XmlTree& sheet, std::uint32_t header_row, bool frozen);
void set_protected(XmlTree& sheet, bool is_protected);
/// The region that the sheet says it uses grows, if it says one.
void grow_dimension(XmlTree& sheet, Place to);
/// The filter that ends at the last header grows by one column. False: there is none.
bool grow_filter(XmlTree& sheet, std::uint32_t header_row, std::uint32_t column);

/// The last column goes: region in use, filter and its own entry among the columns.
void shrink_frame(XmlTree& sheet, std::uint32_t column, std::uint32_t header_row);

/// A list rule of zmig stands on one column, from below the header to the end of the sheet.
struct ListRuleText {
  std::string formula;
  bool strict = true;
};
/// Sets, changes or takes out the rule of a column. ZM0435: somebody else's rule stands on some of its cells.
Status set_list_rule(XmlTree& sheet, std::uint32_t column, std::uint32_t header_row,
                     const std::optional<ListRuleText>& rule, const std::string& title);
/// Rules of one column that begin this many rows below its first row of data begin there again.
void grow_list_rules(XmlTree& sheet, std::uint32_t header_row, std::uint32_t rows);
/// A legacy drawing (the shapes of notes) by the id of its relationship; empty: none.
void set_legacy_drawing(XmlTree& sheet, const std::string& id, bool strict);

}  // namespace zmig::xlsx
