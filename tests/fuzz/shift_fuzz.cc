// A part of a workbook that somebody else wrote, whose columns come, go and change places: what is not concerned stays
// byte for byte, and what is written is well-formed. The first byte says which kind of part it is.

#include "fuzz/fuzz.h"

#include <string>

#include "targets/xlsx/shift_part.h"
#include "targets/xlsx/xml.h"

namespace {

using namespace zmig;
using namespace zmig::xlsx;

BookShift shift_of(const std::string& title, std::vector<ShiftStep> steps) {
  BookShift shift;
  shift.titles = {"Uno", "Dos"};
  shift.sheets = {{title, std::nullopt, false, ShiftSteps(std::move(steps))}};
  return shift;
}

bool is_well_formed(std::string_view bytes) {
  XmlReader xml(bytes, "p", "f");
  for (;;) {
    const auto kind = xml.next();
    if (!kind) return false;
    if (*kind == XmlKind::end) return true;
  }
}

void check(PartKind kind, std::string_view bytes) {
  const PartPlace place{"p", "f", "Uno", 1};
  FollowReport report;
  const auto same =
      shift_part(kind, bytes, place, shift_of("of nobody", {{ShiftStep::Kind::insert, 0, 1, 0, {}}}), report);
  fuzz::require(!same || *same == bytes, "a part that is not concerned changed");
  for (const auto step : {ShiftStep::Kind::insert, ShiftStep::Kind::remove, ShiftStep::Kind::move}) {
    const auto now = shift_part(kind, bytes, place, shift_of("Uno", {{step, 2, 1, 5, {"Nueva"}}}), report);
    fuzz::require(now.has_value() || !now.error().message.empty(), "a refusal without a word");
    fuzz::require(!now || is_well_formed(*now), "what was written is not well-formed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  constexpr PartKind kKinds[] = {PartKind::worksheet, PartKind::table,   PartKind::drawing, PartKind::chart,
                                 PartKind::comments,  PartKind::threads, PartKind::vml,     PartKind::control,
                                 PartKind::pivot,     PartKind::other};
  check(kKinds[(data[0] - '0') % 10U], bytes);
  FollowReport report;
  const BookShift shift = shift_of("Uno", {{ShiftStep::Kind::remove, 2, 1, 0, {}}});
  const auto book = shift_workbook_part(bytes, {"p", "f", "", 1}, shift, report);
  fuzz::require(!book || is_well_formed(*book), "a workbook part is not well-formed");
  const auto chain = shift_calc_chain(bytes, "p", {{1, shift.sheets[0].steps, false}});
  fuzz::require(!chain || chain->empty() || is_well_formed(*chain), "a chain is not well-formed");
  return 0;
}
