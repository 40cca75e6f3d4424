#pragma once
// The stages of a run as events (cli.md 7.1): check, backup, apply NNNN, verify NNNN, finish. Private to engine/run/.

#include <string>
#include <utility>

#include "run/context.h"

namespace zmig::run {

class Stages {
 public:
  explicit Stages(Context& context) : context_(context) {}

  /// 3 + 2k; not known while the first stage looks (0).
  void expect(std::size_t total) { total_ = total; }
  [[nodiscard]] std::size_t total() const { return total_; }

  void begin(std::string name, std::string migration) {
    name_ = std::move(name);
    migration_ = std::move(migration);
    ++index_;
    since_ = context_.ports.clock.monotonic();
    context_.emit(event::StageStarted{index_, total_, name_, migration_});
  }

  void end(std::string outcome, std::string detail) {
    if (name_.empty()) return;
    const auto ms = static_cast<std::uint64_t>((context_.ports.clock.monotonic() - since_).count());
    context_.emit(event::StageFinished{index_, total_, name_, migration_, std::move(outcome), std::move(detail), ms});
    name_.clear();
  }

 private:
  Context& context_;
  std::size_t index_ = 0, total_ = 0;
  std::string name_, migration_;
  std::chrono::milliseconds since_{0};
};

}  // namespace zmig::run
