#pragma once
// The rollback window of a planned `down` (reliability.md 9). Private to engine/run/.

#include "run/context.h"

namespace zmig::run {

/// ZM0504 for each migration of the plan whose window is closed, or when the clock cannot be believed; a warning where
/// `override_window` goes on all the same.
Status add_window_findings(Context& context, const std::string& target_id, Plan& plan);

/// Values of sheets that hold a sensitive column are left out of the kept edits.
void hide_sensitive(const Context& context, Plan& plan);

}  // namespace zmig::run
