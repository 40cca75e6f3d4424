#pragma once
// Rules that a migration introduces, looked at on the predicted workbook: a plan never ends in a workbook that breaks
// what it has just promised. Not installed.

#include <zmig/diagnostic.h>
#include <zmig/plan.h>

namespace zmig {

/// `required`, `unique`, `key` of columns that this migration adds or newly gives that rule: ZM0318 with the blank
/// cells, ZM0317 with the repeated ones, at the line that asks for it. `predicted`: the workbook as the migration
/// leaves it.
Status judge_new_rules(const Migration& migration, const Schema& before, const Schema& after, CellView& predicted,
                       Diagnostics& findings);

}  // namespace zmig
