#pragma once
// The parts of a workbook that hold references, written anew with only the spans changed that have to (xlsx-csv.md
// 4.9). Every element that can hold a reference is in one table; one that is not known is refused by name. Pure. Not
// installed.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/shift.h"

namespace zmig::xlsx {

/// One thing that follows: "Pedidos!F2", "formula", what it said, what it says.
struct FollowLine {
  std::string place, what, before, after;
  bool operator==(const FollowLine&) const = default;
};
struct FollowReport {
  static constexpr std::size_t kMostLines = 10'000;
  std::map<std::string, std::uint64_t> counts = {};                          ///< of each `what`
  std::map<std::string, std::map<std::string, std::uint64_t>> by_part = {};  ///< the same, of each part
  std::vector<FollowLine> lines = {};                                        ///< the first kMostLines
  std::vector<FollowLine> lost = {};        ///< formulas in which a reference became #REF!
  std::vector<FollowLine> unfollowed = {};  ///< places that cannot follow; `after` names the functions
  std::vector<std::string> dropped = {};    ///< what went with a column: "comment of Pedidos!B1"
  void add(std::string_view place, std::string_view what, std::string_view before, std::string_view after);
};

enum class PartKind {
  worksheet,
  table,
  drawing,
  chart,  ///< of both kinds
  comments,
  threads,  ///< comments that answer each other
  vml,
  control,  ///< properties of a form control
  pivot,    ///< table or cache
  other     ///< single cells of XML maps, parameters of connections, functions that change by themselves
};

struct PartPlace {
  std::string part;              ///< for messages
  std::string file = {};         ///< the same
  std::string sheet = {};        ///< title, as it is now, of the sheet that the part belongs to; empty: of none
  std::uint32_t header_row = 1;  ///< of that sheet
};

/// The part as it becomes; equal bytes when nothing in it is concerned. ZM0426 not well-formed, ZM0433 pushed off the
/// grid, ZM0434 a table that does not grow, ZM0436 a cut through something that stays whole, ZM0439 a reference or an
/// element that is not understood.
Result<std::string> shift_part(PartKind kind, std::string_view bytes, const PartPlace& place, const BookShift& shift,
                               FollowReport& report);

/// The chain of calculation: cells of a sheet (by its sheetId) go with their columns; the others stay. An empty answer:
/// no cell is left, and the part goes.
struct ChainShift {
  std::uint32_t sheet_id = 0;
  ShiftSteps steps;
  bool removed = false;
};
Result<std::string> shift_calc_chain(std::string_view bytes, const std::string& part,
                                     const std::vector<ChainShift>& sheets);

/// The defined names of the workbook part, and the titles of its sheets. `sheets`: all titles in order, for the names
/// that belong to one. Names that are ours, `_zmig.`, follow silently.
Result<std::string> shift_workbook_part(std::string_view bytes, const PartPlace& place, const BookShift& shift,
                                        FollowReport& report);

}  // namespace zmig::xlsx
