#include "signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace zmig::cli {
namespace {

std::atomic<int> stop{0};  // a signal handler has no other way to speak

void on_signal(int number) {
  if (stop.exchange(number) != 0) ::_exit(128 + (number == SIGINT ? SIGINT : SIGTERM));
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() { return stop.load(); }

}  // namespace zmig::cli
