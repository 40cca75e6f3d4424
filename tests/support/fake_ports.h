#pragma once
// Ports for tests: a clock that stands still until told, random numbers that count, the real file system.

#include <cstdio>
#include <memory>
#include <string>

#include <zmig/ports.h>

namespace zmig::test {

class FakeClock final : public Clock {
 public:
  UtcTime now() override { return now_; }
  std::chrono::milliseconds monotonic() override { return now_.time_since_epoch(); }
  void sleep(std::chrono::milliseconds time) override { now_ += time; }
  void advance(std::chrono::milliseconds by) { now_ += by; }
  void set(UtcTime to) { now_ = to; }

 private:
  UtcTime now_{std::chrono::milliseconds(1769451300000)};  // 2026-01-26T18:15:00Z
};

/// 1, 2, 3 ... in hexadecimal, padded: ids are different from each other and the same in every run of a test.
class CountingRandom final : public Random {
 public:
  std::string hex(std::size_t bytes) override {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", ++count_);
    std::string text(digits);
    text.insert(0, bytes * 2 > text.size() ? bytes * 2 - text.size() : 0, '0');
    return text.substr(text.size() - bytes * 2);
  }

 private:
  unsigned long long count_ = 0;
};

/// What a test hands to the engine.
struct FakePorts {
  FakeClock clock;
  CountingRandom random;
  std::unique_ptr<FileSystem> files = make_system_files();
  Ports ports{clock, random, *files};
};

}  // namespace zmig::test
