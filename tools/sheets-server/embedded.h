#pragma once
/// Charts and slicers: how they look, where they hang, and what becomes of the ranges in them.

#include <functional>

#include "book.h"

namespace sheets_server {

class Remap;

/// Calls `change` for every GridRange inside a ChartSpec, SlicerSpec or DataSourceSpec. One that `change` answers false
/// for goes, and so does a series or domain of a chart that loses its only ranges that way.
void each_grid_range(Json& spec, const std::function<bool(Json&)>& change);

/// An EmbeddedObjectPosition.
Json render_position(const Embedded& embedded, int sheet);
/// An EmbeddedChart or a Slicer.
Json render_embedded(const Embedded& embedded, int sheet);

/// The object of that id, with its sheet; nullptr when there is none.
struct FoundEmbedded {
  Sheet* sheet = nullptr;
  Embedded* embedded = nullptr;
};
FoundEmbedded find_embedded(Spreadsheet& book, int id);

/// Rows or columns of a sheet go elsewhere: ranges follow wherever the objects are, anchors on that sheet too.
void remap_embedded(Spreadsheet& book, int sheet, Axis axis, const Remap& remap);
/// The same for ranges that lie inside a band of cells; anchors stay.
void remap_embedded_cells(Spreadsheet& book, int sheet, Axis axis, int across_from, int across_to, const Remap& remap);
/// A sheet is gone: so is what objects elsewhere read from it.
void drop_embedded_ranges(Spreadsheet& book, int sheet);
/// A copy of a sheet, before it is put into a book: its objects read from the copy what they read from the original,
/// and lose what no sheet of `book` has.
void repoint_embedded(Sheet& copy, int original, const Spreadsheet& book);

}  // namespace sheets_server
