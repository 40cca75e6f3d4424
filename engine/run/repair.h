#pragma once
// `zmig repair` (cli.md 9.15): what state this is, what can be done without harm, and what is left to choose. Private
// to engine/run/.

#include "run/context.h"

namespace zmig::run {

Result<RepairReport> repair_target(Context& context, const RepairOptions& options);

}  // namespace zmig::run
