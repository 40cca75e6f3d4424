#include "quota.h"

#include <fmt/format.h>

#include <algorithm>

namespace sheets_server {

namespace {

Json as_json(const std::map<std::string, std::int64_t>& counts) {
  Json out = object();
  for (const auto& [name, n] : counts) out[name] = n;
  return out;
}

}  // namespace

ApiError quota_error(const std::string& project, bool write, bool per_user, std::int64_t limit) {
  const char* kind = write ? "Write" : "Read";
  const char* unit = per_user ? "1/min/{project}/{user}" : "1/min/{project}";
  ApiError error;
  error.code = 429;
  error.status = "RESOURCE_EXHAUSTED";
  error.message = fmt::format(
      "Quota exceeded for quota metric '{0} requests' and limit '{0} requests per minute{1}' of service "
      "'sheets.googleapis.com' for consumer 'project_number:{2}'.",
      kind, per_user ? " per user" : "", project);
  Json metadata = object();
  metadata["service"] = "sheets.googleapis.com";
  metadata["consumer"] = "projects/" + project;
  metadata["quota_metric"] = fmt::format("sheets.googleapis.com/{}_requests", write ? "write" : "read");
  metadata["quota_limit"] = fmt::format("{}RequestsPerMinute{}", kind, per_user ? "PerUser" : "PerProject");
  metadata["quota_limit_value"] = std::to_string(limit);
  metadata["quota_unit"] = unit;
  metadata["quota_location"] = "global";
  Json info = object();
  info["@type"] = "type.googleapis.com/google.rpc.ErrorInfo";
  info["reason"] = "RATE_LIMIT_EXCEEDED";
  info["domain"] = "googleapis.com";
  info["metadata"] = std::move(metadata);
  error.details = Json::array({std::move(info)});
  return error;
}

bool Quota::draw(const std::string& key, std::int64_t limit, std::int64_t now_ms) {
  Window& window = windows_[key];
  const bool next_minute = mode == QuotaMode::fixed && now_ms / window_ms != window.begin / window_ms;
  if (window.begin == 0 || next_minute) {
    window = {now_ms, static_cast<double>(limit)};
  } else if (mode == QuotaMode::bucket) {
    const double refill =
        static_cast<double>(now_ms - window.begin) * static_cast<double>(limit) / static_cast<double>(window_ms);
    window = {now_ms, std::min(window.left + refill, static_cast<double>(limit))};
  }
  if (window.left < 1) return false;
  window.left -= 1;
  return true;
}

Refusal Quota::take(const Caller& caller, bool drive, bool write, std::int64_t now_ms) {
  const std::string user = caller.project + "/" + caller.email;
  if (!drive) {
    ++(write ? counters.writes_by_user : counters.reads_by_user)[caller.email];
    ++(write ? counters.writes_by_project : counters.reads_by_project)[caller.project];
  }
  if (mode == QuotaMode::off) return {};
  if (drive) {
    if (draw("d " + user, limits["drivePerUser"], now_ms)) return {};
    ApiError error = no_permission();
    error.message = "User Rate Limit Exceeded";
    error.domain = "usageLimits";
    error.reason = "userRateLimitExceeded";
    return error;
  }
  const std::string kind = write ? "w " : "r ";
  const std::int64_t by_user = limits[write ? "writesPerUser" : "readsPerUser"];
  const std::int64_t by_project = limits[write ? "writesPerProject" : "readsPerProject"];
  if (!draw(kind + user, by_user, now_ms)) return quota_error(caller.project, write, true, by_user);
  if (!draw(kind + caller.project, by_project, now_ms)) return quota_error(caller.project, write, false, by_project);
  return {};
}

void Quota::spend(const Caller& caller, std::int64_t now_ms, std::int64_t used) {
  for (const bool write : {false, true}) {
    const std::string key = (write ? "w " : "r ") + caller.project + "/" + caller.email;
    const std::int64_t limit = limits[write ? "writesPerUser" : "readsPerUser"];
    if (used < 0) windows_[key] = {now_ms, 0};
    for (std::int64_t n = 0; n < used && draw(key, limit, now_ms); ++n) {}
  }
}

bool Quota::set_limit(const std::string& name, std::int64_t value) {
  if (limits.count(name) == 0 || value < 0) return false;
  limits[name] = value;
  return true;
}

void Quota::reset() {
  windows_.clear();
  counters = {};
}

Json Quota::Counters::to_json() const {
  Json out = object();
  out["readsByUser"] = as_json(reads_by_user);
  out["writesByUser"] = as_json(writes_by_user);
  out["readsByProject"] = as_json(reads_by_project);
  out["writesByProject"] = as_json(writes_by_project);
  out["callsByOp"] = as_json(calls_by_op);
  out["commitsBySpreadsheet"] = as_json(commits_by_spreadsheet);
  out["bytesIn"] = bytes_in;
  out["bytesOut"] = bytes_out;
  return out;
}

}  // namespace sheets_server
