#pragma once
// SIGINT, SIGTERM and SIGHUP ask for a stop at a safe boundary; the second one stops at once. SIGPIPE is ignored.

namespace zmig::cli {

void install_signal_handlers();
/// The signal that asked for a stop, or 0.
int stop_signal();

}  // namespace zmig::cli
