#pragma once
// Clocks that jump (reliability.md 9): what the clock says is compared with the newest run. Private to engine/run/.

#include "run/context.h"

namespace zmig::run {

/// ZM0606 (information) when the clock is more than a minute behind the newest run of this target. Nothing expires by
/// such a clock: windows stay open, and the order of runs never came from it.
Result<std::optional<Diagnostic>> clock_finding(Context& context, const std::string& target_id);

}  // namespace zmig::run
