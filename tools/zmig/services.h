#pragma once
// What a service is told: flag, variable, environment, [gsheet], default, in that order.

#include <optional>
#include <string_view>

#include <zmig/target.h>

#include "config.h"
#include "session.h"

namespace zmig::cli {

/// Digits and nothing else.
std::optional<std::uint64_t> whole_number(std::string_view text);

/// ZM0702 for a variable that holds no value for its key. `env`: null when none is chosen.
Result<GsheetOptions> gsheet_options(const Config& config, const Environment* env, const Globals& globals,
                                     const Variables& variables);

}  // namespace zmig::cli
