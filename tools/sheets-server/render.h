#pragma once
/// Answers: the spreadsheet and its parts as Google shows them.

#include <optional>
#include <string>
#include <vector>

#include "book.h"
#include "mask.h"

namespace sheets_server {

/// Who looks, and what is asked for.
struct View {
  std::string email;
  std::string project;
  std::string owner;
  bool sees_metadata = true;
  bool grid_data = false;      ///< without a mask: with cells
  const Mask* mask = nullptr;  ///< of the Spreadsheet; nullptr: none was sent
  bool by_ranges = false;      ///< only sheets that a range meets
  std::vector<GridRange> ranges = {};
};

Json render_spreadsheet(const Spreadsheet& book, const View& view);
Json render_properties(const Sheet& sheet, int index);
Json render_metadata(const Metadata& m);
bool sees(const Metadata& m, const std::string& project);
Json render_named_range(const NamedRange& n);
/// An object of a layer with its id and ranges. `mine`: the reply to who made it.
Json render_object(Layer layer, const RangeObject& object, int sheet);
Json render_groups(const Sheet& sheet, Axis axis);
bool may_edit_protected(const RangeObject& object, const std::string& email, const std::string& owner);

/// Colours as Google keeps them: 8 bits a channel, cut off, zero left out; each with its ...Style twin unless `twins`
/// is false.
void normalise_colours(Json& value, bool twins = true);
/// write_masked, where a colour that is named also takes its twin along.
void write_with_twins(Json& target, const Json& source, const Mask& mask);

}  // namespace sheets_server
