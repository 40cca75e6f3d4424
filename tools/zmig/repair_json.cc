// `data` of repair and unlock (docs/cli.md).

#include <chrono>

#include "parts_json.h"
#include "reports.h"

namespace zmig::cli {
namespace {

Json open_run_json(const std::optional<Run>& run) {
  if (!run) return nullptr;
  return {{"id", "r" + std::to_string(run->id)},
          {"uid", run->uid},
          {"verb", run->verb},
          {"migration", run->migration},
          {"slug", text_or_null(run->slug)},
          {"state", to_string(run->state)},
          {"actor", run->actor},
          {"host", run->host},
          {"started_at", format_utc(run->started)}};
}

Json lock_json(const UnlockReport::Lock& lock, UtcTime now) {
  if (!lock.holder) return {{"file", lock.file}, {"held", false}, {"id", nullptr}};
  const LockHolder& holder = *lock.holder;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - holder.since).count();
  return {{"file", lock.file},
          {"held", holder.held},
          {"id", text_or_null(holder.id)},
          {"holder", holder.holder + "@" + holder.host},
          {"pid", holder.pid},
          {"command", text_or_null(holder.command)},
          {"since", format_utc(holder.since)},
          {"age_seconds", age < 0 ? 0 : age}};
}

}  // namespace

std::string to_json(const RepairReport& report) {
  Json operations = Json::array(), differences = Json::array();
  for (const auto& one : report.operations) {
    operations.push_back({{"index", one.index},
                          {"kind", one.kind},
                          {"subject", one.subject},
                          {"state", one.state},
                          {"where", text_or_null(one.where)}});
  }
  for (const auto& one : report.differences) {
    differences.push_back(
        {{"where", one.where}, {"expected", text_or_null(one.expected)}, {"observed", text_or_null(one.observed)}});
  }
  return dump({{"situation", report.situation},
               {"decision_row", report.decision_row},
               {"run", open_run_json(report.run)},
               {"ops", operations},
               {"position", report.position},
               {"did", report.did},
               {"choices", report.choices},
               {"differences", differences}});
}

std::string to_json(const UnlockReport& report, UtcTime now) {
  Json locks = Json::array();
  const UnlockReport::Lock* lease = nullptr;
  for (const auto& lock : report.locks) {
    locks.push_back(lock_json(lock, now));
    if (lease == nullptr || (lock.holder && lock.holder->held)) lease = &lock;
  }
  return dump({{"lease", lease == nullptr ? Json(nullptr) : lock_json(*lease, now)},
               {"locks", locks},
               {"broken", !report.cleared.empty()},
               {"cleared", text_or_null(report.cleared)}});
}

}  // namespace zmig::cli
