#pragma once
// Waiting for the right to write: the local lock files first, then the target's lease. Both waits end with
// `lock_timeout` or with a request to stop. Private to engine/run/.

#include <memory>

#include "run/context.h"

namespace zmig::run {

/// Takes RunOptions::lock_files in order and keeps them in the context until the command ends; nothing when they are
/// held already. ZM0401 with the owner after `lock_timeout`, ZM0410 when a stop is requested meanwhile.
Status hold_locks(Context& context);
/// Whether hold_locks() has been here.
bool holds_locks(const Context& context);

/// The lock files, then the target's writer. A wait for another program is cut into pieces, so that a request to stop
/// is heard between them.
Result<std::unique_ptr<Writer>> take_lease(Context& context, std::string_view verb);

/// ZM0410 when a stop was requested; `where` says at which boundary.
Status check_stop(const Context& context, std::string_view where);
/// True for an error that check_stop() made.
bool is_stop(const Context& context, const Error& error);

/// Gives the lock files back when the command is over.
class LocksGuard {
 public:
  explicit LocksGuard(Context& context) : context_(context) {}
  ~LocksGuard() { release(); }
  LocksGuard(const LocksGuard&) = delete;
  LocksGuard& operator=(const LocksGuard&) = delete;
  void release();

 private:
  Context& context_;
};

}  // namespace zmig::run
