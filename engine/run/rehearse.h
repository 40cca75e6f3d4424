#pragma once
// Rehearsals: the whole way up and back on another workbook, with a ledger of its own. Private to engine/run/.

#include "run/context.h"

namespace zmig::run {

Result<Rehearsal> rehearse(Context& context, const Goal& goal, Target& stage, const RehearsalOptions& options);

}  // namespace zmig::run
