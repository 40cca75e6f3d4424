#pragma once
/// Quotas per minute, and what was counted.

#include <cstdint>
#include <map>
#include <string>

#include "context.h"

namespace sheets_server {

/// Google's 429 of Sheets.
ApiError quota_error(const std::string& project, bool write, bool per_user, std::int64_t limit);

enum class QuotaMode : std::uint8_t { fixed, bucket, off };

class Quota {
 public:
  QuotaMode mode = QuotaMode::fixed;
  std::int64_t window_ms = 60000;
  std::map<std::string, std::int64_t> limits = {{"readsPerUser", 60},
                                                {"writesPerUser", 60},
                                                {"readsPerProject", 300},
                                                {"writesPerProject", 300},
                                                {"drivePerUser", 12000}};

  /// Counts one call; refused with Google's 429 when the minute is spent.
  Refusal take(const Caller& caller, bool drive, bool write, std::int64_t now_ms);
  /// Spends that many reads and writes of this window, or with -1 everything that is left.
  void spend(const Caller& caller, std::int64_t now_ms, std::int64_t used = -1);
  void reset();
  /// False: there is no such limit.
  bool set_limit(const std::string& name, std::int64_t value);

  struct Counters {
    std::map<std::string, std::int64_t> reads_by_user;
    std::map<std::string, std::int64_t> writes_by_user;
    std::map<std::string, std::int64_t> reads_by_project;
    std::map<std::string, std::int64_t> writes_by_project;
    std::map<std::string, std::int64_t> calls_by_op;
    std::map<std::string, std::int64_t> commits_by_spreadsheet;
    std::int64_t bytes_in = 0;
    std::int64_t bytes_out = 0;
    Json to_json() const;
  };
  Counters counters;

 private:
  // fixed: what is left of the window; bucket: what is left, refilled evenly
  struct Window {
    std::int64_t begin = 0;
    double left = 0;
  };
  bool draw(const std::string& key, std::int64_t limit, std::int64_t now_ms);
  std::map<std::string, Window> windows_;
};

}  // namespace sheets_server
