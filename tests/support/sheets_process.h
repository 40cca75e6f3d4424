#pragma once
// zmig-sheets-server as a process of its own, with its standard input a pipe: it ends when this does.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "json.h"
#include "support/catch.h"

namespace zmig::test {

class SheetsProcess {
 public:
  explicit SheetsProcess(std::vector<std::string> words) {
    words.insert(words.begin(), {ZMIG_SHEETS_SERVER, "--port", "0", "--ready"});
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(pipe2(in.data(), O_CLOEXEC) == 0);
    REQUIRE(pipe2(out.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    REQUIRE(posix_spawn(&pid_, ZMIG_SHEETS_SERVER, &actions, nullptr, arguments.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    char c = 0;
    while (read(out[0], &c, 1) == 1 && c != '\n') line_ += c;
    close(out[0]);
  }
  ~SheetsProcess() {
    if (pid_ != 0) {
      kill(pid_, SIGKILL);
      wait();
    }
    close_input();
  }
  SheetsProcess(const SheetsProcess&) = delete;
  SheetsProcess& operator=(const SheetsProcess&) = delete;

  /// What it says when it listens.
  [[nodiscard]] sheets_server::Json ready() const { return sheets_server::Json::parse(line_, nullptr, false); }
  /// "api", "control".
  [[nodiscard]] int port(const char* name) const {
    const std::string address = sheets_server::text_of(ready(), name);
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
  void close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
  }
  void terminate() const { kill(pid_, SIGTERM); }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  std::string line_;
};

}  // namespace zmig::test
