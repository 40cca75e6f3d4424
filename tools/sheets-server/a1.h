#pragma once
/// A1 and R1C1 notation, and GridRange.

#include <optional>
#include <string>
#include <string_view>

#include "book.h"
#include "refusal.h"

namespace sheets_server {

/// 0 is "A".
std::string column_letters(int column);
/// The sides that are open are -1.
struct OpenRange {
  int row0 = -1;
  int row1 = -1;
  int column0 = -1;
  int column1 = -1;
};
/// "A1:B2", "A:B", "1:2", "A1:B", "$A$1", "R1C1:R2C2"; nullopt when it is none of these.
std::optional<OpenRange> parse_cells(std::string_view text);

/// What a range of a `values` call or a `ranges` parameter means.
struct NamedPlace {
  int sheet = 0;
  Range cells;            ///< clamped to the grid
  bool is_sheet = false;  ///< a bare title
  bool open = false;      ///< a side was left open, or it is one cell: a write may grow from the anchor
};
enum class TitleCase : bool { exact, ignore };
/// Parses and resolves; refuses what does not parse and what lies outside the grid.
Refusal resolve_range(const std::string& text, const Spreadsheet& book, NamedPlace& out,
                      TitleCase titles = TitleCase::exact);

/// 'My sheet', Sheet1, 'D3': quoted unless it is a plain word that is not a cell.
std::string quoted_title(const std::string& title);
/// Sheet1!A1:B2, one cell as Sheet1!A1.
std::string a1(const std::string& title, const Range& r);

/// A GridRange of a request: unknown sheet refused, open sides filled from the grid, the rest checked against it.
Refusal resolve_grid_range(const Json& json, const Spreadsheet& book, GridRange& out);
/// A GridCoordinate.
Refusal resolve_coordinate(const Json& json, const Spreadsheet& book, GridRange& out);
ApiError no_grid(int sheet);

}  // namespace sheets_server
