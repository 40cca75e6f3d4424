// bench_measure FILE COMMAND [ARGUMENT]...: runs the command and writes what it took into FILE as one line: exit code,
// user and system time, wall time (microseconds), largest resident memory (KiB).
//
// A process starts with the memory of the one that made it on its record, so a large one (a Python) cannot measure a
// small one: this program does it, and is small.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>

namespace {

long long microseconds(const timeval& time) { return static_cast<long long>(time.tv_sec) * 1000000 + time.tv_usec; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: bench_measure FILE COMMAND [ARGUMENT]...\n", stderr);
    return 64;
  }
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) return 71;
  if (child == 0) {
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return 71;
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::FILE* const out = std::fopen(argv[1], "w");
  if (out == nullptr) return 73;
  std::fprintf(out, "%d %lld %lld %lld %ld\n", code, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
               static_cast<long long>(wall.count()), usage.ru_maxrss);
  return std::fclose(out) == 0 ? 0 : 73;
}
