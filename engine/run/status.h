#pragma once
// Status and verification of a target. Private to engine/run/.

#include "run/context.h"

namespace zmig::run {

Result<StatusReport> status_of(Context& context, const StatusOptions& options);
Result<VerifyReport> verify_target(Context& context, const VerifyOptions& options);

}  // namespace zmig::run
