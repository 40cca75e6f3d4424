#pragma once
/// batchUpdate: the request kinds and the transaction around them.
///
/// To add a kind: write `Refusal requests::name(Context&, const Json& body)` in the requests_*.cc file of its subject
/// (the body was checked against the discovery document; the reply goes to `context.reply`, empty for most kinds),
/// declare it below, and give it a row in the table of batch.cc. A refusal says the text only; "Invalid
/// requests[i].kind: " is put before it here.

#include <map>
#include <string>

#include "context.h"
#include "render.h"

namespace sheets_server {

using Handler = Refusal (*)(Context&, const Json&);
using RequestKinds = std::map<std::string, Handler>;

/// Every kind that is implemented.
RequestKinds request_kinds();

/// One for each kind, named in the table of batch.cc.
namespace requests {
// requests_sheets.cc
Refusal update_spreadsheet_properties(Context& context, const Json& body);
Refusal update_sheet_properties(Context& context, const Json& body);
Refusal add_sheet(Context& context, const Json& body);
Refusal delete_sheet(Context& context, const Json& body);
Refusal duplicate_sheet(Context& context, const Json& body);
// requests_dimensions.cc
Refusal insert_dimension(Context& context, const Json& body);
Refusal append_dimension(Context& context, const Json& body);
Refusal delete_dimension(Context& context, const Json& body);
Refusal move_dimension(Context& context, const Json& body);
Refusal update_dimension_properties(Context& context, const Json& body);
Refusal auto_resize(Context& context, const Json& body);
Refusal add_group(Context& context, const Json& body);
Refusal delete_group(Context& context, const Json& body);
Refusal update_group(Context& context, const Json& body);
// requests_cells.cc
Refusal update_cells(Context& context, const Json& body);
Refusal append_cells(Context& context, const Json& body);
Refusal repeat_cell(Context& context, const Json& body);
Refusal set_data_validation(Context& context, const Json& body);
Refusal merge_cells(Context& context, const Json& body);
Refusal unmerge_cells(Context& context, const Json& body);
Refusal update_borders(Context& context, const Json& body);
// requests_paste.cc
Refusal copy_paste(Context& context, const Json& body);
Refusal cut_paste(Context& context, const Json& body);
Refusal paste_data(Context& context, const Json& body);
Refusal insert_range(Context& context, const Json& body);
Refusal delete_range(Context& context, const Json& body);
// requests_data.cc
Refusal sort_range(Context& context, const Json& body);
Refusal find_replace(Context& context, const Json& body);
Refusal trim_whitespace(Context& context, const Json& body);
Refusal delete_duplicates(Context& context, const Json& body);
Refusal text_to_columns(Context& context, const Json& body);
Refusal randomize_range(Context& context, const Json& body);
// requests_objects.cc
Refusal add_named_range(Context& context, const Json& body);
Refusal update_named_range(Context& context, const Json& body);
Refusal delete_named_range(Context& context, const Json& body);
Refusal add_protected_range(Context& context, const Json& body);
Refusal update_protected_range(Context& context, const Json& body);
Refusal delete_protected_range(Context& context, const Json& body);
Refusal set_basic_filter(Context& context, const Json& body);
Refusal clear_basic_filter(Context& context, const Json& body);
Refusal add_filter_view(Context& context, const Json& body);
Refusal update_filter_view(Context& context, const Json& body);
Refusal delete_filter_view(Context& context, const Json& body);
Refusal duplicate_filter_view(Context& context, const Json& body);
Refusal add_banding(Context& context, const Json& body);
Refusal update_banding(Context& context, const Json& body);
Refusal delete_banding(Context& context, const Json& body);
Refusal add_rule(Context& context, const Json& body);
Refusal update_rule(Context& context, const Json& body);
Refusal delete_rule(Context& context, const Json& body);
// requests_tables.cc
Refusal add_table(Context& context, const Json& body);
Refusal update_table(Context& context, const Json& body);
Refusal delete_table(Context& context, const Json& body);
// requests_metadata.cc
Refusal create_metadata(Context& context, const Json& body);
Refusal update_metadata(Context& context, const Json& body);
Refusal delete_metadata(Context& context, const Json& body);
// requests_embedded.cc
Refusal add_chart(Context& context, const Json& body);
Refusal update_chart_spec(Context& context, const Json& body);
Refusal add_slicer(Context& context, const Json& body);
Refusal update_slicer_spec(Context& context, const Json& body);
Refusal delete_embedded(Context& context, const Json& body);
Refusal move_embedded(Context& context, const Json& body);
Refusal update_border(Context& context, const Json& body);
// requests_sources.cc
Refusal add_source(Context& context, const Json& body);
Refusal update_source(Context& context, const Json& body);
Refusal delete_source(Context& context, const Json& body);
Refusal refresh(Context& context, const Json& body);
Refusal cancel(Context& context, const Json& body);
// requests_fill.cc
Refusal auto_fill(Context& context, const Json& body);
}  // namespace requests

/// Applies all requests to context.book, which is a copy: after a refusal it must be dropped.
Refusal apply_requests(Context& context, const RequestKinds& kinds, const Json& requests, Json& replies);
/// Results of formulas, as of now.
void recalculate_now(Context& context);

// What several files of requests need.

/// The mask of `fields`, over a schema.
Refusal body_mask(const Context& context, const Json& body, const char* schema, Mask& out);
/// Rows or columns of a grid, half open.
struct DimensionSpan {
  int sheet = 0;
  Axis axis = Axis::rows;
  int from = 0;
  int to = 0;
};
/// A DimensionRange; open sides from the grid.
Refusal dimension_range(const Context& context, const Json& json, DimensionSpan& out);
/// Would the grid be too large?
Refusal check_growth(const Context& context, const Sheet& sheet, int rows, int columns);
/// Sets a cell from CellData, as far as the mask names it. `formula_rows` and `formula_columns` advance relative
/// references.
Refusal write_cell(Context& context, Sheet& sheet, int row, int column, const Json& data, const Mask& mask,
                   int formula_rows = 0, int formula_columns = 0);
/// 50,000 characters at most.
Refusal check_text(const Context& context, const std::string& text);
/// A sheet of another (or the same) spreadsheet as a new one of `context.book`; objects get new ids.
Sheet copied_sheet(Context& context, const Sheet& source);
/// A title that no sheet has: "Copy of X", "Copy of X 2".
std::string free_title(const Spreadsheet& book, const std::string& wanted);
/// An empty sheet without a grid at the end of the book; `id` -1 draws one. "Chart1", "Data source 1": `prefix` and the
/// first number that is free.
Sheet& add_gridless_sheet(Context& context, const char* type, int id, const std::string& prefix);
/// Takes a sheet out with all that is on it and everything that refers to it.
Refusal remove_sheet(Context& context, int id);
/// True if the title is taken, by the rule of the knob titleCase.
bool title_taken(const Context& context, const std::string& title, int except_sheet);

}  // namespace sheets_server
