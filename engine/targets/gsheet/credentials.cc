// Finding credentials, with the system's own calls: the bytes of a key go from the file into a secret and nowhere else.
#include "targets/gsheet/credentials.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/posix.h"
#include "base/text.h"
#include "targets/gsheet/endpoint.h"

namespace zmig::gsheet {
namespace {

constexpr std::size_t kMost = std::size_t{64} << 10;
constexpr std::chrono::milliseconds kCommandTime{30'000};

Error unusable(std::string message, std::string help) {
  return make_error(Errc::denied, "ZM0482", std::move(message), std::move(help));
}

std::optional<std::string> variable(const GsheetOptions& options, const std::string& name) {
  if (!options.variable) return std::nullopt;
  auto value = options.variable(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

/// What a descriptor gives, to its end or to the limit.
std::string read_all(int file, std::size_t limit) {
  std::string bytes(limit + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Result<Secret> read_key(const std::string& path) {
  const std::string named = zmig::quoted(path);
  const int number = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (number < 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    return unusable(fmt::format("the credentials file {} {}", named, absent ? "does not exist" : "cannot be read"),
                    absent ? "correct `credentials` of the environment, or put the file there" : "look at its owner");
  }
  const Descriptor file(number);
  struct stat seen {};
  if (::fstat(file.get(), &seen) != 0 || !S_ISREG(seen.st_mode))
    return unusable(fmt::format("the credentials file {} is not a regular file", named), "name the key file itself");
  if ((seen.st_mode & 077U) != 0)
    return unusable(fmt::format("the credentials file {} can be read by others", named),
                    fmt::format("chmod 600 {}", named));
  Secret bytes(read_all(file.get(), kMost));
  if (bytes.view().size() > kMost)
    return unusable(fmt::format("the credentials file {} is larger than a key", named), "name the key file itself");
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

Result<Credentials> from_key(const Secret& bytes, std::string found_in) {
  Credentials found;
  ZMIG_TRY(found.key, read_key_file(bytes.view(), found_in));
  ZMIG_CHECK_OK(check_token_uri(found.key->token_uri));
  found.found_in = std::move(found_in);
  return found;
}

Result<Credentials> from_token(std::string_view text, std::string found_in) {
  const std::string_view token = trimmed(text);
  const bool clean = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
  if (token.empty() || !clean)
    return unusable(fmt::format("{} holds no access token", found_in), "a token is one word, without blanks");
  Credentials found;
  found.token = Secret(std::string(token));
  found.found_in = std::move(found_in);
  return found;
}

Result<Credentials> from_file(const std::string& path) {
  ZMIG_TRY(const Secret bytes, read_key(path));
  return from_key(bytes, "file " + path);
}

/// JSON, or a bare token.
Result<Credentials> from_text(Secret bytes, std::string found_in) {
  if (trimmed(bytes.view()).starts_with('{')) return from_key(bytes, std::move(found_in));
  return from_token(bytes.view(), std::move(found_in));
}

Result<Credentials> from_variable(const GsheetOptions& options) {
  const std::string& name = options.credentials_name;
  auto value = variable(options, name);
  if (!value) return unusable(fmt::format("the variable {} is not set", name), "it names or holds the credentials");
  if (value->front() == '/' || ::access(value->c_str(), F_OK) == 0) return from_file(*value);
  return from_text(Secret(std::move(*value)), "the variable " + name);
}

/// Ends the program behind `child`, whatever it does.
void end_child(pid_t child) {
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
}

/// Starts a program in a group of its own whose output goes into `out`.
Result<pid_t> start(const std::vector<std::string>& command, int out) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&how);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, out, 1);
  ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&how, 0);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, words.front(), &files, &how, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&how);
  if (failed == 0) return child;
  return unusable(fmt::format("the credentials command {} cannot be started", zmig::quoted(command.front())),
                  "correct `credentials` of the environment");
}

Result<Credentials> from_command(const std::vector<std::string>& command) {
  if (command.empty()) return unusable("the credentials command is empty", "write it as [\"program\", \"argument\"]");
  const std::string named = fmt::format("the credentials command {}", zmig::quoted(command.front()));
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return posix_error(errno, "starting", command.front());
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  ZMIG_TRY(const pid_t child, start(command, to.get()));
  to.close_now();
  std::string bytes;
  std::array<char, 4096> part{};
  // Real time: a program does not wait for the clock of a test.
  const auto deadline = std::chrono::steady_clock::now() + kCommandTime;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{from.get(), POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      end_child(child);
      wipe(bytes);
      return unusable(fmt::format("{} did not end in 30 seconds", named), "run it by hand and look what it waits for");
    }
    const ssize_t got = ::read(from.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    bytes.append(part.data(), static_cast<std::size_t>(got));
    if (bytes.size() > kMost) break;
  }
  ::explicit_bzero(part.data(), part.size());
  int status = 0;
  if (bytes.size() > kMost) {
    end_child(child);
    wipe(bytes);
    return unusable(fmt::format("{} prints more than a key or token", named), "it prints one of them, nothing else");
  }
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    wipe(bytes);
    return unusable(fmt::format("{} failed", named), "run it by hand; it prints a key file or a token");
  }
  return from_text(Secret(std::move(bytes)), named);
}

Result<Credentials> from_standard_places(const GsheetOptions& options) {
  for (const char* name : {"GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"})
    if (auto token = variable(options, name)) {
      const Secret held(std::move(*token));
      return from_token(held.view(), std::string("the variable ") + name);
    }
  if (const auto path = variable(options, "GOOGLE_APPLICATION_CREDENTIALS")) return from_file(*path);
  auto folder = variable(options, "CLOUDSDK_CONFIG");
  if (!folder) {
    folder = variable(options, "HOME");
    if (folder) *folder += "/.config/gcloud";
  }
  if (folder) {
    const std::string path = *folder + "/application_default_credentials.json";
    if (::access(path.c_str(), F_OK) == 0) return from_file(path);
  }
  return Credentials{"the metadata server", std::nullopt, Secret()};
}

/// A dump of this process would hold keys. 1 and not 0: also a program that takes dumps by a pipe gets none.
void forbid_core_dumps() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1);
  ::setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace

Result<Credentials> find_credentials(const GsheetOptions& options) {
  forbid_core_dumps();
  switch (options.credentials) {
    case GsheetOptions::Credentials::file: return from_file(options.credentials_name);
    case GsheetOptions::Credentials::env: return from_variable(options);
    case GsheetOptions::Credentials::command: return from_command(options.credentials_command);
    case GsheetOptions::Credentials::standard: break;
  }
  return from_standard_places(options);
}

}  // namespace zmig::gsheet
