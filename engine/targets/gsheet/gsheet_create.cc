// A spreadsheet filled from another workbook: through the same batch as everything else.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/gsheet_target.h"

namespace zmig {
namespace {

Error not_empty(const std::string& url, std::string place) {
  return make_error(Errc::denied, "ZM0704", fmt::format("{} exists and is not empty", quoted(url)),
                    "name a spreadsheet that holds nothing", std::move(place));
}

/// What has no place there: an error that no formula gives. It becomes a text.
void lose_errors(const Sheet& sheet, SheetCells& cells, CopiedSheet& told) {
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const auto column = cells.columns.find(sheet.columns[i].id);
    if (column == cells.columns.end()) continue;
    for (std::size_t row = 0; row < column->second.size(); ++row) {
      Cell& cell = column->second[row];
      const auto* error = std::get_if<CellError>(&cell.value);
      if (error == nullptr || !cell.formula.empty()) continue;
      if (told.losses.empty()) told.losses.push_back({told.title, "type", 0, {}});
      Loss& loss = told.losses.back();
      ++loss.count;
      if (loss.first.size() < 5) loss.first.push_back(column_letters(i) + std::to_string(row + 2));
      cell.value = Text{error->text};
    }
  }
}

}  // namespace

Result<std::vector<CopiedSheet>> fill_gsheet(GsheetTarget& target, CellView& from,
                                             std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
  ZMIG_TRY(const Schema live, target.inspect());
  ZMIG_TRY(const auto present, target.stamps());
  if (!present.empty()) return not_empty(target.url(), {});
  for (const Sheet& sheet : live.sheets) {
    if (!sheet.columns.empty()) return not_empty(target.url(), sheet.title);
  }
  ZMIG_TRY(const MemoryTarget copy, MemoryTarget::from_view(from));
  Workbook wanted = copy.snapshot();
  wanted.schema.ranges.clear();
  erase_if(wanted.schema.sheets, [&](const Sheet& sheet) {
    return !sheet_ids.empty() && std::find(sheet_ids.begin(), sheet_ids.end(), sheet.id) == sheet_ids.end();
  });
  std::vector<CopiedSheet> copied;
  for (Sheet& sheet : wanted.schema.sheets) {
    sheet.header_row = 1;
    SheetCells& cells = wanted.cells[sheet.id];
    copied.push_back({sheet.title, cells.rows(), sheet.columns.size(), {}});
    lose_errors(sheet, cells, copied.back());
  }
  std::vector<Part> batch;
  batch.reserve(stamps.size());
  for (const Stamp& stamp : stamps) batch.push_back({{}, stamp});
  ZMIG_CHECK_OK(target.fill(std::move(wanted), batch));
  ZMIG_CHECK_OK(target.inspect());
  return copied;
}

}  // namespace zmig
