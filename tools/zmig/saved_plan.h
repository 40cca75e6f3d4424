#pragma once
// A plan that somebody looked at and that `up --plan` does exactly, or not at all: bound by hashes to the files, to the
// position of the workbook, to its structure, and to the columns whose cells it reads or writes.

#include <optional>
#include <string>
#include <vector>

#include <zmig/plan.h>
#include <zmig/result.h>

namespace zmig::cli {

class Session;

struct SavedPlan {
  /// A column (or, without one, a whole sheet) and the hash of its cells.
  struct Region {
    std::string sheet, column, hash;
    bool operator==(const Region&) const = default;
  };
  struct File {
    std::uint32_t number = 0;
    std::string slug, hash;
    bool operator==(const File&) const = default;
  };
  std::string tool, made_at, target, target_id;
  std::uint64_t stamp = 0;  ///< number of the newest entry; 0: none
  std::string stamp_run;
  std::string ledger;  ///< its id; empty: there was none
  std::uint32_t from = 0, to = 0;
  bool out_of_order = false;
  std::string fingerprint;
  std::vector<File> files;  ///< what it applies
  std::vector<Region> regions;
};

/// Of a plan for `up`, with the workbook it was made from.
Result<SavedPlan> save_of(Session& session, const Plan& plan, bool out_of_order);
std::string to_json(const SavedPlan& saved, const Plan& plan);  // saved_plan_json.cc
/// ZM0303 when it is none, or damaged.
Result<SavedPlan> saved_plan_from_json(const std::string& text, const std::string& path);
Result<SavedPlan> read_saved_plan(Session& session, const std::string& file);
/// ZM0303, naming what moved since.
Status check_saved_plan(Session& session, const SavedPlan& saved);

}  // namespace zmig::cli
