#pragma once
// Stamp and catalogue inside of a package: a custom XML part of our own (xlsx-csv.md 4.10). Not installed.

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <zmig/target.h>

#include "targets/xlsx/package_edit.h"

namespace zmig::xlsx {

/// Where the columns of a sheet stood when zmig wrote the workbook, and what was known of those that are not managed.
struct StampSheet {
  std::string id, title;
  std::vector<std::pair<std::size_t, std::string>> columns;  ///< place and id of the managed ones
  std::vector<std::pair<std::size_t, Column>> remembered;    ///< of the others, where the file does not say all
  std::optional<Sheet> foreign;                              ///< a sheet that is not managed, and that more is known of
};
struct StampPart {
  std::string part;           ///< its name; empty: there is none
  std::vector<Stamp> stamps;  ///< ascending
  std::optional<Schema> catalogue;
  std::vector<StampSheet> sheets;
};

/// Found by its root element, from the workbook or from the package. No such part: both empty. ZM0441 when it cannot
/// be read.
Result<StampPart> read_stamp_part(const Package& package);

/// The bytes of the part.
std::string stamp_part_xml(std::span<const Stamp> stamps, const Schema& schema);

/// Puts the part into the package, with everything that goes with it.
Status write_stamp_part(PackageEdit& package, const StampPart& old, std::span<const Stamp> stamps,
                        const Schema& schema);

/// Takes what the part says into the freshly read schema: managed sheets are found by title; managed columns at the
/// place where they stood while the headers agree with the places, else by header when there is exactly one. What the
/// file itself shows counts more than the catalogue.
void apply_stamp_part(const StampPart& part, Schema& live);

}  // namespace zmig::xlsx
