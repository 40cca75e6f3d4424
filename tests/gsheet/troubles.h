#pragma once
// What the fault programs of live spreadsheets share: the ways in which a call goes wrong, and the log as the witness.

#include <map>
#include <string>

#include "fault/oracle.h"
#include "targets/gsheet/snapshot.h"

namespace zmig::test {

struct Kind {
  const char* says;
  Trouble trouble;
};
inline constexpr Kind kKinds[] = {{"away", Trouble::refused_before},      {"lost before", Trouble::lost_before},
                                  {"lost after", Trouble::lost_after},    {"garbled", Trouble::garbled_after},
                                  {"cut off", Trouble::truncated_after},  {"twice", Trouble::twice},
                                  {"forbidden", Trouble::forbidden},      {"quota", Trouble::quota},
                                  {"stale reading", Trouble::stale_read}, {"empty reading", Trouble::empty_read}};

/// Every stamp id was committed once at most, whatever was sent how often.
inline void check_once(const SheetsInProcess& service, const std::string& where, Findings& findings) {
  std::map<int, int> commits;
  for (const auto& call : service.log) {
    if (!call.committed) continue;
    for (const int id : call.metadata_ids) {
      if (id > gsheet::kStampBase && id < gsheet::kStampBase + gsheet::kStampStep) ++commits[id];
    }
  }
  for (const auto& [id, count] : commits) {
    if (count > 1) findings.add(&Findings::wrong_applied, where + ": entry " + std::to_string(id) + " landed twice");
  }
}

}  // namespace zmig::test
