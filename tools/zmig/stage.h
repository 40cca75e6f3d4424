#pragma once
// Where rehearsals happen: a twin in memory, a copy of the file, or a workbook that somebody named. Goes away with this
// object, except for the last.

#include <memory>
#include <string>

#include <zmig/migrator.h>
#include <zmig/target.h>

namespace zmig::cli {

class Session;

/// A folder of our own under the system's temporary folder, removed with everything in it.
class Scratch {
 public:
  static Result<std::unique_ptr<Scratch>> make();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  explicit Scratch(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

struct Stage {
  std::unique_ptr<Scratch> scratch;  ///< first: the workbook in it is closed before it goes
  std::unique_ptr<Target> target;
  RehearsalOptions options;
};
/// `on`: "twin", "copy" or the address of a workbook. ZM0711 when that is the workbook itself, ZM0325 when the target
/// cannot be copied.
Result<Stage> open_stage(Session& session, const std::string& on);

}  // namespace zmig::cli
