#pragma once
/// What follows along when rows or columns are inserted, deleted or moved: one routine for everything that holds a
/// position.

#include "book.h"

namespace sheets_server {

/// Where each index of an axis goes.
class Remap {
 public:
  static Remap insertion(int at, int count) { return {How::insert, at, at + count, 0}; }
  static Remap deletion(int from, int to) { return {How::remove, from, to, 0}; }
  /// `destination` counts before the source is taken out.
  static Remap moving(int from, int to, int destination) { return {How::move, from, to, destination}; }

  /// -1: gone.
  int index(int i) const;
  /// A half-open span; false: gone. A span that begins at the place of an insertion moves, one around it grows.
  bool span(int& from, int& to) const;
  int size_change() const;

 private:
  enum class How : std::uint8_t { insert, remove, move };
  Remap(How how, int from, int to, int destination) : how_(how), from_(from), to_(to), destination_(destination) {}
  How how_;
  int from_;
  int to_;
  int destination_;
};

/// Rows or columns of a sheet: cells, sizes, groups, every layer, named ranges, metadata, formulas of all sheets.
void remap_dimension(Spreadsheet& book, int sheet, Axis axis, const Remap& remap);
/// insertRange and deleteRange: only the cells of the band `across` (rows for a shift of columns) from there on.
void remap_cells(Spreadsheet& book, int sheet, Axis axis, int across_from, int across_to, const Remap& remap);
/// Formulas that name the sheet by its title.
void rename_in_formulas(Spreadsheet& book, const std::string& from, const std::string& to);
/// Formulas that point into a deleted sheet.
void drop_in_formulas(Spreadsheet& book, const std::string& title);

}  // namespace sheets_server
