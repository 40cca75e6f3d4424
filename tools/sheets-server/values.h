#pragma once
/// The ten values.* methods.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "a1.h"
#include "context.h"

namespace sheets_server {

/// How values are shown.
struct Rendering {
  bool by_columns = false;
  std::string value = "FORMATTED_VALUE";
  std::string date = "SERIAL_NUMBER";
};

/// {range, majorDimension, values?}
Json value_range(const Spreadsheet& book, const GridRange& range, const Rendering& how);

/// How an array is written.
struct Writing {
  std::string input;  ///< RAW or USER_ENTERED
  bool include_values = false;
  Rendering response = {};
};
/// What was written, for the totals of a batch.
struct Written {
  std::set<std::pair<int, int>> rows;
  std::set<std::pair<int, int>> columns;
  int cells = 0;
  std::set<int> sheets;
};

/// `place` is where, `body` a ValueRange. The answer has no spreadsheetId.
Refusal update_values(Context& context, const NamedPlace& place, const Json& body, const Writing& writing, Json& answer,
                      Written& written);
Refusal append_values(Context& context, const NamedPlace& place, const Json& body, const Writing& writing,
                      bool insert_rows, Json& answer);
Refusal clear_values(Context& context, const GridRange& range);
/// Refused when the input option is missing.
Refusal check_input_option(const std::string& option);

}  // namespace sheets_server
