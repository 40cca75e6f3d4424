#pragma once
/// batchUpdate: the request kinds and the transaction around them.
///
/// To add a kind: write `Refusal name(Context&, const Json& body)` in the requests_*.cc file of its subject (the body
/// was checked against the discovery document; the reply goes to `context.reply`, empty for most kinds), and name it in
/// that file's table. A refusal says the text only; "Invalid requests[i].kind: " is put before it here.

#include <map>
#include <string>

#include "context.h"
#include "render.h"

namespace sheets_server {

using Handler = Refusal (*)(Context&, const Json&);
using RequestKinds = std::map<std::string, Handler>;

/// Every kind that is implemented.
RequestKinds request_kinds();

void add_sheet_requests(RequestKinds& kinds);
void add_dimension_requests(RequestKinds& kinds);
void add_cell_requests(RequestKinds& kinds);
void add_paste_requests(RequestKinds& kinds);
void add_data_requests(RequestKinds& kinds);
void add_object_requests(RequestKinds& kinds);
void add_table_requests(RequestKinds& kinds);
void add_metadata_requests(RequestKinds& kinds);

/// Applies all requests to context.book, which is a copy: after a refusal it must be dropped.
Refusal apply_requests(Context& context, const RequestKinds& kinds, const Json& requests, Json& replies);
/// Results of formulas, as of now.
void recalculate_now(Context& context);

// What several files of requests need.

/// The mask of `fields`, over a schema.
Refusal body_mask(const Context& context, const Json& body, const char* schema, Mask& out);
/// A DimensionRange: sheet, axis, indexes; open sides from the grid.
Refusal dimension_range(const Context& context, const Json& json, int& sheet, Axis& axis, int& from, int& to);
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
/// True if the title is taken, by the rule of the knob titleCase.
bool title_taken(const Context& context, const std::string& title, int except_sheet);

}  // namespace sheets_server
