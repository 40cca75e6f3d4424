#pragma once
// `zmig doctor`: every precondition of a run, tested without writing to the workbook. A check is a function that can
// fail; a check that has to wait for one that failed is `not run`.

#include <optional>
#include <string>
#include <vector>

#include "config.h"

namespace zmig::cli {

class Session;

enum class Health { ok, warning, failed, not_run };
std::string_view to_string(Health health);

struct Examined {
  std::string id;
  Health health = Health::not_run;
  std::string message, help, where;
  int exit = 0;  ///< what the command ends with because of it; 0: a run could go on
};
struct DoctorReport {
  std::vector<Examined> checks;
  std::vector<Setting> settings;  ///< with --config
  bool show_settings = false;
  [[nodiscard]] std::size_t count(Health health) const;
};

/// The ids of all checks, in the order in which they look.
const std::vector<std::string>& doctor_checks();
/// Runs the checks named (none named: all). What a check needs and was not named is looked at silently.
std::vector<Examined> examine(Session& session, const std::vector<std::string>& only);
/// Every setting with its value and origin: flag, variable, file and line, or default.
std::vector<Setting> all_settings(Session& session);

// render
std::string to_json(const DoctorReport& report);

}  // namespace zmig::cli
