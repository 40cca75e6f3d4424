#pragma once
// What a backup holds besides sheets (Target::native_objects), against what is there now; and the order of sheets.
// Private to engine/run/.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/way_to.h"
#include "run/restore_diff.h"

namespace zmig::run {

class Objects {
 public:
  /// Nothing is compared when the backup is from a release that did not ask for them.
  static Result<Objects> read(Context& context, const LoadedBackup& loaded);

  /// What becomes of the views, which are sheets as well. First of all: the way is led without those that change.
  void judge_views(const Schema& live, const Schema& goal, const RestoreOptions& how);
  /// Sheets that follow from a text: their rows are nobody's to restore.
  [[nodiscard]] bool is_view(const std::string& sheet_id) const { return views_.contains(sheet_id); }
  [[nodiscard]] Schema live_tables(const Schema& live) const { return without(live, live_views_); }
  [[nodiscard]] Schema goal_tables(const Schema& goal) const { return without(goal, goal_views_); }

  /// The rest. ZM0302 when a table stands where a view was, or the other way round, and stays.
  Status compare(const Schema& live, const Schema& goal, const Way& way, const KeptThings& kept,
                 const RestoreOptions& how);

  std::vector<Change> first;             ///< before everything else: what goes, and how tables were declared
  std::vector<Change> last;              ///< behind everything else: what comes, and where sheets stand
  std::vector<RestoredObject> told;      ///< what is not the same
  std::vector<std::string> kept_places;  ///< altered by people, and kept
  std::vector<std::string> order;        ///< titles as they will stand, when that changes
  std::vector<std::string> not_held;     ///< virtual tables, whose rows no backup holds

 private:
  static Schema without(const Schema& schema, const std::set<std::string>& views);
  void decide(const NativeObject& now, const RestoreOptions& how);
  void come_back(const NativeObject& then);
  [[nodiscard]] std::optional<RestoredObject::Fate> fate_of(const NativeObject& object) const;
  void stand_again(const Way& way);
  Status check_names(const Schema& live, const Way& way) const;
  Status manage_views(const Schema& goal);
  Status put_in_order(const Schema& live, const Schema& goal, const Way& way, const KeptThings& kept);
  [[nodiscard]] Change native(std::string text) const;

  const Target* target_ = nullptr;
  bool known_ = false;
  std::vector<NativeObject> now_, then_;
  Target::Renamed renamed_;
  std::set<std::string> views_;                    // ids of all views, here and there
  std::set<std::string> live_views_, goal_views_;  // of those that are not the same
};

}  // namespace zmig::run
