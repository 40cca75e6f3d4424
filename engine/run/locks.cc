#include "run/locks.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/durable.h"
#include "base/failpoint.h"

namespace zmig::run {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{50}, kSlice{200};
constexpr std::string_view kStopped = "stopped on request";

Error held_by_other(const std::optional<LockHolder>& holder) {
  return make_error(Errc::busy, "ZM0401",
                    "somebody else is writing: " + (holder ? in_words(*holder) : std::string("its name is not known")),
                    "wait for that command, longer with `--lock-timeout`; `zmig unlock` shows who holds it");
}

LockHolder mine(const Context& context) {
  LockHolder holder;
  holder.id = "L-" + context.ports.random.hex(4);
  holder.holder = context.options.actor;
  holder.host = context.options.host;
  holder.command = context.options.command;
  holder.since = context.now();
  return holder;
}

/// One lock, tried until the time is over.
Status take(Context& context, const std::string& path, milliseconds& left) {
  for (bool told = false;;) {
    ZMIG_TRY(auto lock, FileLock::try_take(path, mine(context)));
    if (lock) {
      context.locks.push_back(std::move(*lock));
      return ok();
    }
    const auto holder = read_lock(path);
    if (!told) context.emit(event::Waiting{holder && *holder ? in_words(**holder) : "somebody"});
    told = true;
    ZMIG_FAILPOINT_STATUS("run.lock_waiting");
    ZMIG_CHECK_OK(check_stop(context, "while waiting for the lock"));
    if (left <= milliseconds(0)) return held_by_other(holder ? *holder : std::nullopt);
    // The clock of the ports may stand still; what counts is how long we have slept.
    const milliseconds pause = std::min(left, kPause);
    std::this_thread::sleep_for(pause);
    left -= pause;
  }
}

}  // namespace

Status check_stop(const Context& context, std::string_view where) {
  if (!context.options.stop_requested || !context.options.stop_requested()) return ok();
  return make_error(Errc::transient, "ZM0410", fmt::format("{}, {}", kStopped, where), "the same command goes on");
}

bool is_stop(const Context& context, const Error& error) {
  return context.options.stop_requested && context.options.stop_requested() && error.message.starts_with(kStopped);
}

bool holds_locks(const Context& context) { return context.locked; }

Status hold_locks(Context& context) {
  if (context.locked) return ok();
  milliseconds left = context.options.lock_timeout;
  for (const std::string& path : context.options.lock_files) {
    if (Status taken = take(context, path, left); !taken) {
      context.locks.clear();
      return taken;
    }
  }
  context.locked = true;
  // What a run that was killed left unfinished there is of no use to anybody.
  sweep_asides(context.options.backup_folder);
  return ok();
}

Result<std::unique_ptr<Writer>> take_lease(Context& context, std::string_view verb) {
  if (!context.target.capabilities().writable) return context.target.open_writer(lease_of(context, verb));  // says why
  ZMIG_CHECK_OK(hold_locks(context));
  milliseconds left = context.options.lock_timeout;
  for (;;) {
    Lease lease = lease_of(context, verb);
    lease.wait = std::min(left, kSlice);
    const milliseconds began = context.ports.clock.monotonic();
    auto writer = context.target.open_writer(lease);
    if (writer || writer.error().code != Errc::busy) return writer;
    // A target that answers at once does not wait, and would not the next time either.
    const bool waited = context.ports.clock.monotonic() - began >= lease.wait / 2;
    left -= lease.wait;
    ZMIG_FAILPOINT_STATUS("run.lease_waiting");
    ZMIG_CHECK_OK(check_stop(context, "while waiting for another program"));
    if (!waited || left <= milliseconds(0)) return writer;
  }
}

void LocksGuard::release() {
  // The last one first, as they were taken.
  while (!context_.locks.empty()) context_.locks.pop_back();
  context_.locked = false;
}

}  // namespace zmig::run
