#pragma once
// Commands of the project that a run calls (docs/cli.md "Hooks"): a list of arguments, no shell, the event as JSON on
// stdin, an environment without credentials, and an end after a while.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zmig/result.h>

namespace zmig::cli {

class Session;

/// One entry of [hooks].
struct Hook {
  std::vector<std::string> run;   ///< program and arguments
  std::vector<std::string> pass;  ///< variables that it may see besides the usual ones
  std::chrono::milliseconds timeout{std::chrono::minutes(5)};
  bool optional = false;
};
struct HooksConfig {
  std::vector<Hook> before_apply, smoke, on_applied, on_undone, on_failed;
};

/// What a hook is told: the members of the JSON on stdin, and ZMIG_<NAME> in its environment.
struct HookEvent {
  std::string name;  ///< "smoke", "on_applied", ...
  std::string env, target, run, deployment, report;
  std::uint32_t migration = 0, position = 0;
};
std::string to_json(const HookEvent& event);  // hooks_json.cc

struct HookOutcome {
  std::string event, argv0;
  int exit = -1;  ///< 128 + signal when one ended it; -1: it could not be started
  std::uint64_t ms = 0;
  bool optional = false, timed_out = false;
  std::string said;  ///< the end of what it printed
  [[nodiscard]] bool passed() const { return exit == 0; }
};

/// Runs the hooks of an event in the folder of the configuration, one after the other; the first that fails and is not
/// optional is the last. Their output goes to stderr at --verbose.
std::vector<HookOutcome> run_hooks(Session& session, const std::vector<Hook>& hooks, const HookEvent& event);
/// ZM0903 for the first failure that counts; none when all is well.
std::optional<Error> failure_of(const std::vector<HookOutcome>& outcomes);

}  // namespace zmig::cli
