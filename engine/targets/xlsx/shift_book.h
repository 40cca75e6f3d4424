#pragma once
// Columns of one sheet go elsewhere, and everything in the workbook that refers to them follows: all of it or nothing
// (xlsx-csv.md 4.9). Works on the bytes of parts; who reads and keeps them is the caller's. Not installed.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/package.h"
#include "targets/xlsx/shift_part.h"

namespace zmig::xlsx {

/// The parts of a package, as they are now.
struct ShiftParts {
  std::function<Result<std::string>(const std::string& part)> text;
  std::function<bool(const std::string& part)> has;
  std::function<Result<std::vector<Relationship>>(const std::string& part)> relationships;
  std::function<void(const std::string& part, std::string bytes, std::string why)> put;
  std::function<void(const std::string& part)> drop;
  std::string workbook;  ///< name of its part
  std::string file;      ///< for messages
};

/// What happens to one sheet.
struct SheetOperation {
  std::string title;  ///< as it is now
  std::uint32_t header_row = 1;
  std::vector<ShiftStep> steps = {};
  ShiftAxis axis = ShiftAxis::columns;  ///< of the steps
  std::optional<std::string> new_title = {};
  /// The sheet goes: what refers to it becomes #REF!. Its parts and its place in the workbook are the caller's.
  bool removed = false;
  /// A header of a table that stands over this column becomes `header`: structured references follow. The header cell
  /// itself is the caller's.
  struct Header {
    std::uint32_t column = 0;
    std::string header;
  };
  std::vector<Header> headers = {};
  /// Formulas may lose references (ZM0319 otherwise).
  bool may_lose = false;
};

/// Everything that follows, without putting anything: the dry run. Errors as shift_part(), and ZM0319: formulas,
/// rules or charts still refer to what goes; ZM0438: a part that nobody knows hangs on the sheet.
Result<FollowReport> dry_shift(const ShiftParts& parts, const SheetOperation& operation);
/// The same, and puts the parts that change. Nothing is put when it fails.
Result<FollowReport> shift_book(const ShiftParts& parts, const SheetOperation& operation);

}  // namespace zmig::xlsx
