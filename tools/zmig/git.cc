#include "git.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include <zmig/text.h>

#include "session.h"

namespace zmig::cli {
namespace {

struct Said {
  int exit = -1;
  std::string text;
};

Said ask_git(const std::string& folder, const std::string& words) {
  const auto command = fmt::format("git -C {} {} 2>/dev/null", shell_word(folder), words);
  Said said;
  std::FILE* pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): every word is quoted for the shell
  if (pipe == nullptr) return said;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    said.text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  if (status >= 0 && WIFEXITED(status)) said.exit = WEXITSTATUS(status);
  return said;
}

Status check_repository(const std::string& folder) {
  if (ask_git(folder, "rev-parse --git-dir").exit == 0) return ok();
  return make_error(Errc::not_found, "ZM0713", "this is no git repository, or git is not installed",
                    "leave --base and --staged out, or run inside the repository");
}

}  // namespace

Result<std::optional<std::string>> git_text(const std::string& folder, const std::string& reference,
                                            const std::string& path) {
  ZMIG_CHECK_OK(check_repository(folder));
  const auto commit =
      ask_git(folder, "rev-parse --verify --quiet --end-of-options " + shell_word(reference + "^{commit}"));
  if (commit.exit != 0)
    return make_error(Errc::not_found, "ZM0713", fmt::format("git does not know {}", zmig::quoted(reference)),
                      "name a branch, a tag or a commit; a shallow clone may lack it: `git fetch` it first");
  const auto name = join(split(commit.text, '\n'), "");
  auto shown = ask_git(folder, "show " + shell_word(name + ":./" + path));
  if (shown.exit != 0) return std::optional<std::string>();
  return std::optional(std::move(shown.text));
}

Result<std::vector<std::string>> git_staged(const std::string& folder) {
  ZMIG_CHECK_OK(check_repository(folder));
  const auto said = ask_git(folder, "diff --cached --name-only --relative -z --diff-filter=ACMR");
  std::vector<std::string> out;
  for (auto& name : split(said.text, '\0'))
    if (!name.empty()) out.push_back(std::move(name));
  return out;
}

}  // namespace zmig::cli
