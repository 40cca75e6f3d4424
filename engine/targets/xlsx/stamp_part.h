#pragma once
// Stamp and catalogue inside of a package: a custom XML part of our own (xlsx-csv.md 4.10). Not installed.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <zmig/target.h>

#include "targets/xlsx/package.h"

namespace zmig::xlsx {

struct StampPart {
  std::vector<Stamp> stamps;  ///< ascending
  std::optional<Schema> catalogue;
};

/// Found by its root element, from the workbook or from the package. No such part: both empty. ZM0441 when it cannot
/// be read.
Result<StampPart> read_stamp_part(const Package& package);

/// The bytes of the part.
std::string stamp_part_xml(std::span<const Stamp> stamps, const Schema& schema);

/// Takes what the catalogue says into the freshly read schema: managed sheets are found by title, managed columns by
/// header, when there is exactly one. What the file itself shows counts more than the catalogue.
void apply_catalogue(const Schema& catalogue, Schema& live);

}  // namespace zmig::xlsx
