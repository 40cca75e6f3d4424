#pragma once
// The list of sheets of a workbook, its names, its chain of calculation: edited in place. Not installed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/package_edit.h"
#include "targets/xlsx/refs.h"

namespace zmig::xlsx {

struct BookEntry {
  std::string title, relation, part;
  std::uint32_t id = 0;
  bool hidden = false;
};
/// All sheets in their order, those without cells included.
Result<std::vector<BookEntry>> book_entries(const PackageEdit& package);

/// A new sheet at that place among all (counted from 0). The part is there already.
Status insert_book_sheet(PackageEdit& package, const std::string& title, const std::string& part, std::size_t place,
                         std::string_view state = {});
/// The sheet goes, with every part that only it refers to.
Status remove_book_sheet(PackageEdit& package, const std::string& title);
/// The sheet at `from` goes to `to`, counted when it is out.
Status move_book_sheet(PackageEdit& package, std::size_t from, std::size_t to);
Status retitle_book_sheet(PackageEdit& package, const std::string& title, const std::string& now);
Status hide_book_sheet(PackageEdit& package, const std::string& title, bool hidden);
/// Programs calculate everything anew when they open the workbook. False: they did so before.
Result<bool> request_calculation(PackageEdit& package);
/// Formulas that are gone leave the chain of calculation. `all`: those of the whole sheet.
Status leave_calculation(PackageEdit& package, std::uint32_t sheet_id, std::span<const Place> cells, bool all);
/// Names that go with a sheet: of its filter, and of the region that is printed.
inline constexpr std::string_view kFilterName = "_xlnm._FilterDatabase", kPrintName = "_xlnm.Print_Area";
/// The region of such a name that ends at column `from` ends at `to`.
Status move_name_edge(PackageEdit& package, std::string_view name, const std::string& title, std::uint32_t from,
                      std::uint32_t to);

/// The first part besides `except` that mentions the sheet in a formula, a link or a source; none: nothing does.
Result<std::optional<std::string>> part_that_mentions(const PackageEdit& package, const std::string& title,
                                                      const std::string& except);

/// `'it''s'`, for formulas.
std::string title_in_quotes(const std::string& title);

}  // namespace zmig::xlsx
