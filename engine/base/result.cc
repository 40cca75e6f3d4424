#include <zmig/result.h>

#include <cstdio>
#include <cstdlib>

namespace zmig {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
  // stdio without allocation of ours: the heap may be what is broken.
  std::fprintf(stderr, "zmig: fault in zmig itself (ZM9901): %s: `%s` at %s:%d\n", why, condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace zmig
