#include "run/clock.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"

namespace zmig::run {
namespace {

std::string in_words(std::chrono::milliseconds span) {
  using std::chrono::duration_cast, std::chrono::hours, std::chrono::minutes;
  const auto whole_hours = duration_cast<hours>(span).count();
  if (whole_hours >= 48) return counted(static_cast<std::uint64_t>(whole_hours / 24), "day", "days");
  if (whole_hours >= 1) return counted(static_cast<std::uint64_t>(whole_hours), "hour", "hours");
  return counted(static_cast<std::uint64_t>(duration_cast<minutes>(span).count()), "minute", "minutes");
}

}  // namespace

Result<std::optional<Diagnostic>> clock_finding(Context& context, const std::string& target_id) {
  if (target_id.empty()) return std::optional<Diagnostic>();
  ZMIG_TRY(const auto runs, context.ledger.runs({target_id, std::nullopt, std::nullopt, 1}));
  if (runs.empty()) return std::optional<Diagnostic>();
  const Run& newest = runs.front();
  const UtcTime last = std::max(newest.started, newest.finished.value_or(newest.started));
  UtcTime now = context.now();
  if (failpoint::reached("run.clock_behind")) now -= std::chrono::hours(24 * 400);  // no test sets the machine's clock
  const auto behind = last - now;
  if (behind <= std::chrono::minutes(1)) return std::optional<Diagnostic>();
  Diagnostic finding;
  finding.severity = Severity::warning;
  finding.code = "ZM0606";
  finding.message =
      fmt::format("the clock is {} behind {}, which ended {}", in_words(behind), run_name(newest.id), format_utc(last));
  finding.help = "set the clock; until then nothing expires by it";
  return std::optional<Diagnostic>(std::move(finding));
}

}  // namespace zmig::run
