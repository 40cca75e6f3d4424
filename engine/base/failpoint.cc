#include "base/failpoint.h"

#ifdef ZMIG_FAILPOINTS

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/posix.h"

namespace zmig::failpoint {
namespace {

// The one exception to "no globals": a count for the whole process, in test builds only.
std::mutex& guard() {
  static std::mutex mutex;
  return mutex;
}
std::map<std::string, unsigned, std::less<>>& counts() {
  static std::map<std::string, unsigned, std::less<>> map;
  return map;
}

Handler& handler() {
  static Handler asked;
  return asked;
}

unsigned count(std::string_view name) {
  const std::lock_guard lock(guard());
  const auto found = counts().find(name);
  if (found != counts().end()) return ++found->second;
  counts().emplace(std::string(name), 1U);
  return 1;
}

void log(std::string_view name) {
  const char* const file = std::getenv("ZMIG_FAILPOINT_LOG");
  if (file == nullptr || *file == '\0') return;
  const int descriptor = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  std::string line(name);
  line.push_back('\n');
  // One write: lines of several processes do not mix.
  static_cast<void>(!::write(descriptor, line.data(), line.size()));
  ::close(descriptor);
}

struct Order {
  std::string_view name;
  unsigned nth = 0;  // 0: every time
  std::string_view action = "kill";
};

unsigned number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  ZMIG_ASSERT(error == std::errc() && end == text.data() + text.size(), "ZMIG_FAILPOINT: a number was expected");
  return value;
}

Order parse(std::string_view text) {
  Order order;
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) order.action = text.substr(equals + 1);
  order.name = text.substr(0, equals);
  const std::size_t colon = order.name.find(':');
  if (colon != std::string_view::npos) {
    order.nth = number(order.name.substr(colon + 1));
    order.name = order.name.substr(0, colon);
  }
  return order;
}

int errno_of(std::string_view name) {
  if (name == "EIO") return EIO;
  if (name == "ENOSPC") return ENOSPC;
  if (name == "EDQUOT") return EDQUOT;
  if (name == "EROFS") return EROFS;
  ZMIG_ASSERT(false, "ZMIG_FAILPOINT: err: knows EIO, ENOSPC, EDQUOT and EROFS");
}

int signal_of(std::string_view name) {
  if (name == "INT") return SIGINT;
  if (name == "TERM") return SIGTERM;
  if (name == "HUP") return SIGHUP;
  ZMIG_ASSERT(false, "ZMIG_FAILPOINT: raise: knows INT, TERM and HUP");
}

/// Blocks until the other end of the FIFO is opened. A signal that comes meanwhile is heard, and the place is kept.
void meet(const std::string& fifo, int flags) {
  int descriptor = -1;
  do { descriptor = ::open(fifo.c_str(), flags | O_CLOEXEC); } while (descriptor < 0 && errno == EINTR);
  ZMIG_ASSERT(descriptor >= 0, "ZMIG_FAILPOINT: pause:FILE needs the FIFOs FILE.here and FILE.go");
  ::close(descriptor);
}

std::optional<Error> act(const Order& order) {
  if (order.action == "kill") {
    ::raise(SIGKILL);
    return std::nullopt;
  }
  if (order.action.starts_with("sleep:")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(number(order.action.substr(6))));
    return std::nullopt;
  }
  if (order.action.starts_with("raise:")) {
    ::raise(signal_of(order.action.substr(6)));
    return std::nullopt;
  }
  // What nobody foresaw: it has to end at the last door of the program.
  if (order.action == "fault") throw std::logic_error("a failpoint said so");
  if (order.action.starts_with("pause:")) {
    const std::string file(order.action.substr(6));
    meet(file + ".here", O_WRONLY);
    meet(file + ".go", O_RDONLY);
    return std::nullopt;
  }
  ZMIG_ASSERT(order.action.starts_with("err:"),
              "ZMIG_FAILPOINT: actions are kill, fault, err:E, sleep:MS, raise:S, pause:F");
  return posix_error(errno_of(order.action.substr(4)), "failpoint", std::string(order.name));
}

}  // namespace

std::optional<Error> reached(std::string_view name) {
  if (handler()) return handler()(name);
  log(name);
  const char* const text = std::getenv("ZMIG_FAILPOINT");
  if (text == nullptr || *text == '\0') return std::nullopt;
  const Order order = parse(text);
  if (order.name != name) return std::nullopt;
  const unsigned nth = count(name);
  if (order.nth != 0 && order.nth != nth) return std::nullopt;
  return act(order);
}

void set_handler(Handler asked) { handler() = std::move(asked); }

void reset_counts() {
  const std::lock_guard lock(guard());
  counts().clear();
}

}  // namespace zmig::failpoint

#endif
