#pragma once
// Places in a sheet as formulas and attributes write them. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zmig::xlsx {

constexpr std::uint32_t kColumns = 16'384, kRows = 1'048'576;

struct Place {
  std::uint32_t column = 0;  ///< from 0
  std::uint32_t row = 1;     ///< from 1
  bool operator==(const Place&) const = default;
};
struct Region {
  Place from, to;  ///< both inside
  [[nodiscard]] bool contains(Place place) const {
    return place.column >= from.column && place.column <= to.column && place.row >= from.row && place.row <= to.row;
  }
  bool operator==(const Region&) const = default;
};

/// "BM2", "$BM$2".
std::optional<Place> parse_place(std::string_view text);
/// "A1:B2", "A1", "$A:$C", "1:3".
std::optional<Region> parse_region(std::string_view text);
/// Regions with blanks between them; what is none is left out.
std::vector<Region> parse_regions(std::string_view text);
std::string to_text(Place place);

/// "Datos!$A$1:$A$9", "'it''s'!A1": sheet and region; an empty sheet when none is named.
struct SheetRegion {
  std::string sheet;
  Region region;
  bool operator==(const SheetRegion&) const = default;
};
std::optional<SheetRegion> parse_sheet_region(std::string_view text);

/// The formula as it reads this many columns and rows further: relative references move, the others stay. For cells
/// that share the formula of another one. A place outside of the sheet becomes #REF!.
std::string shifted(std::string_view formula, std::int64_t columns, std::int64_t rows);

}  // namespace zmig::xlsx
