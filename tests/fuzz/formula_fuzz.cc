// A formula that somebody else wrote: its pieces are the formula again, columns that come and go leave it as it was,
// and what is written can be read.

#include "fuzz/fuzz.h"

#include <string>

#include "targets/xlsx/formula_tokens.h"
#include "targets/xlsx/shift.h"

namespace {

using namespace zmig;
using namespace zmig::xlsx;

BookShift shift_of(std::vector<ShiftStep> steps) {
  BookShift shift;
  shift.titles = {"Uno", "Dos", "It's 3"};
  shift.sheets = {{"Uno", std::nullopt, false, ShiftSteps(std::move(steps))}};
  shift.tables = {{"T", {"a", "b", "c"}, {{"a", "a [1]"}}, {"b"}}};
  return shift;
}

void check(std::string_view formula, std::uint32_t at, std::uint32_t count, std::uint32_t to) {
  const FormulaPlace place{"Uno", "T", false};
  const std::vector<std::vector<ShiftStep>> all = {{{ShiftStep::Kind::insert, at, count, 0, {}}},
                                                   {{ShiftStep::Kind::remove, at, count, 0, {}}},
                                                   {{ShiftStep::Kind::move, at, count, to, {}}}};
  for (const auto& steps : all) {
    const auto now = shift_formula(formula, place, shift_of(steps));
    fuzz::require(now.has_value() || now.error().zm == "ZM0439", "a refusal without its code");
    if (now) fuzz::require(formula_tokens(now->text).has_value(), "what was written cannot be read");
    BookShift titles = shift_of({});
    titles.sheets[0].retitled = "Otra 'hoja'";
    const auto titled = shift_formula(formula, place, titles);
    if (titled) fuzz::require(formula_tokens(titled->text).has_value(), "a new title cannot be read");
  }
  // The last columns of the grid are pushed off it and do not come back.
  for (const char c : formula) {
    if (c == 'x' || c == 'X') return;
  }
  BookShift both = shift_of({{ShiftStep::Kind::insert, at, count, 0, {}}, {ShiftStep::Kind::remove, at, count, 0, {}}});
  both.tables.clear();
  const auto same = shift_formula(formula, place, both);
  fuzz::require(!same || same->text == formula, "insert and remove is not nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view formula = fuzz::text_of(data + 3, size - 3);
  const auto tokens = formula_tokens(formula);
  if (!tokens) {
    fuzz::require(tokens.error().zm == "ZM0439" && !tokens.error().message.empty(), "a refusal without a word");
    return 0;
  }
  std::size_t at = 0;
  for (const FormulaToken& token : *tokens) {
    fuzz::require(token.begin == at && token.size > 0, "a piece is missing");
    fuzz::require(token.prefix_size <= token.size, "a prefix is longer than its piece");
    for (const FormulaColumn& column : token.columns)
      fuzz::require(column.begin >= token.begin && column.begin + column.size <= token.begin + token.size,
                    "a column outside of its piece");
    at += token.size;
  }
  fuzz::require(at == formula.size(), "the last piece is missing");
  check(formula, data[0] % 32U, 1U + data[1] % 3U, data[2] % 40U);
  return 0;
}
