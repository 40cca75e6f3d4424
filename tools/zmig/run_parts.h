#pragma once
// What `down` and `restore` share: what happens to cells that people edited.

#include <zmig/plan.h>
#include <zmig/result.h>

#include "command.h"

namespace zmig::cli {

/// --on-edit, --ours, --theirs.
Result<OnEdit> read_on_edit(const Arguments& arguments);

}  // namespace zmig::cli
