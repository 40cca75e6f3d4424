#include "hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <zmig/text.h>

#include "session.h"

namespace zmig::cli {
namespace {

using std::chrono::milliseconds;

/// What a program needs to find its way; credentials are not among it.
constexpr std::array kUsual{"PATH",     "HOME", "USER", "LOGNAME", "SHELL", "LANG",    "LC_ALL",
                            "LC_CTYPE", "TERM", "TZ",   "TMPDIR",  "CI",    "NO_COLOR"};
constexpr std::size_t kKept = 2000;  // bytes of its output that a message can show

std::vector<std::string> environment_for(const Hook& hook, const HookEvent& event) {
  std::vector<std::string> out;
  const auto copy = [&out](const std::string& name) {
    if (const char* value = std::getenv(name.c_str())) out.push_back(name + "=" + value);
  };
  for (const char* name : kUsual) copy(name);
  for (const std::string& name : hook.pass) copy(name);
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out.push_back(fmt::format("ZMIG_{}={}", name, value));
  };
  add("EVENT", event.name);
  add("ENV", event.env);
  add("TARGET", event.target);
  add("RUN", event.run);
  add("DEPLOYMENT", event.deployment);
  add("MIGRATION", fmt::format("{:04}", event.migration));
  add("POSITION", fmt::format("{:04}", event.position));
  add("REPORT", event.report);
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// Both ends of a pipe, closed with the object.
class Pipe {
 public:
  Pipe() { opened_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  ~Pipe() {
    close_reading();
    close_writing();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] int reading() const { return ends_[0]; }
  [[nodiscard]] int writing() const { return ends_[1]; }
  void close_reading() { close_end(0); }
  void close_writing() { close_end(1); }

 private:
  void close_end(std::size_t which) {
    if (opened_ && ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
  bool opened_ = false;
};

/// In the child; does not come back.
[[noreturn]] void become(const Pipe& in, const Pipe& out, const std::string& folder, char* const* words,
                         char* const* variables) {
  // A group of its own: when the time is over, what it started goes with it.
  ::setpgid(0, 0);
  ::dup2(in.reading(), STDIN_FILENO);
  ::dup2(out.writing(), STDOUT_FILENO);
  ::dup2(out.writing(), STDERR_FILENO);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
  if (::chdir(folder.c_str()) == 0) ::execvpe(words[0], words, variables);
  ::_exit(127);
}

/// A child that runs: what it is given, what it prints, and its end.
class Conversation {
 public:
  Conversation(Session& session, pid_t child, Pipe& in, Pipe& out, std::string input, HookOutcome& outcome)
      : session_(session), child_(child), in_(in), out_(out), input_(std::move(input)), outcome_(outcome) {
    ::fcntl(in_.writing(), F_SETFL, O_NONBLOCK);
    ::fcntl(out_.reading(), F_SETFL, O_NONBLOCK);
  }

  /// Until it ended, the time is over, or somebody stops zmig; then its group is ended. The status of waitpid.
  int run(milliseconds timeout) {
    const auto until = session_.ports().clock.monotonic() + timeout;
    for (bool told = false;;) {
      wait_a_little();
      exchange();
      int status = 0;
      if (::waitpid(child_, &status, WNOHANG) == child_) {
        exchange();  // what it printed last; what it left running is not waited for
        return status;
      }
      outcome_.timed_out = outcome_.timed_out || session_.ports().clock.monotonic() >= until;
      if (outcome_.timed_out) {
        ::kill(-child_, SIGKILL);
      } else if (session_.should_stop() && !std::exchange(told, true)) {
        ::kill(-child_, SIGTERM);
      }
    }
  }

 private:
  void wait_a_little() {
    if (input_.empty()) in_.close_writing();
    std::array<pollfd, 2> waiting{pollfd{silent_ ? -1 : out_.reading(), POLLIN, 0},
                                  pollfd{input_.empty() ? -1 : in_.writing(), POLLOUT, 0}};
    ::poll(waiting.data(), waiting.size(), 20);
  }
  void exchange() {
    if (!input_.empty()) {
      const ssize_t gone = ::write(in_.writing(), input_.data(), input_.size());
      if (gone > 0) input_.erase(0, static_cast<std::size_t>(gone));
      if (gone < 0 && errno != EAGAIN && errno != EINTR) input_.clear();  // it does not read: its business
    }
    std::array<char, 4096> buffer{};
    while (!silent_) {
      const ssize_t got = ::read(out_.reading(), buffer.data(), buffer.size());
      if (got < 0) return;
      silent_ = got == 0;
      outcome_.said.append(buffer.data(), static_cast<std::size_t>(got));
      if (outcome_.said.size() > kKept) outcome_.said.erase(0, outcome_.said.size() - kKept);
    }
  }

  Session& session_;
  pid_t child_;
  Pipe& in_;
  Pipe& out_;
  std::string input_;
  HookOutcome& outcome_;
  bool silent_ = false;
};

HookOutcome run_one(Session& session, const Hook& hook, const HookEvent& event) {
  HookOutcome outcome;
  outcome.event = event.name;
  outcome.argv0 = hook.run.front();
  outcome.optional = hook.optional;
  const auto since = session.ports().clock.monotonic();
  Pipe in, out;
  auto words = hook.run;
  auto variables = environment_for(hook, event);
  const auto argv = pointers_to(words), envp = pointers_to(variables);
  const pid_t child = in.opened() && out.opened() ? ::fork() : -1;
  if (child == 0) become(in, out, session.config().root, argv.data(), envp.data());
  if (child < 0) return outcome;
  in.close_reading();
  out.close_writing();
  const int status = Conversation(session, child, in, out, to_json(event) + "\n", outcome).run(hook.timeout);
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : -1;
  outcome.ms = static_cast<std::uint64_t>((session.ports().clock.monotonic() - since).count());
  return outcome;
}

std::string last_line(const std::string& text) {
  std::string last;
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) last = line;
  return last;
}

}  // namespace

std::vector<HookOutcome> run_hooks(Session& session, const std::vector<Hook>& hooks, const HookEvent& event) {
  std::vector<HookOutcome> out;
  for (const Hook& hook : hooks) {
    out.push_back(run_one(session, hook, event));
    const HookOutcome& last = out.back();
    if (session.console().verbose() > 0 && !last.said.empty())
      session.console().err(fmt::format("{}: {}\n", printable(last.argv0), printable(last.said)));
    if (!last.passed() && !last.optional) break;
  }
  return out;
}

std::optional<Error> failure_of(const std::vector<HookOutcome>& outcomes) {
  for (const HookOutcome& one : outcomes) {
    if (one.passed() || one.optional) continue;
    std::string how = one.timed_out     ? fmt::format("did not end in {} ms and was stopped", one.ms)
                      : one.exit == 127 ? "cannot be started"
                      : one.exit < 0    ? "could not be run"
                                        : fmt::format("ended with {}", one.exit);
    const auto said = last_line(one.said);
    if (!said.empty()) how += ": " + said;
    return make_error(Errc::conflict, "ZM0903", fmt::format("{}: {} {}", one.event, zmig::quoted(one.argv0), how),
                      "run it by hand, with ZMIG_TARGET set; `optional = true` lets its failure pass");
  }
  return std::nullopt;
}

}  // namespace zmig::cli
