#pragma once
// Recovery (reliability.md 5): from what ledger, stamp and live schema say to what has to be done, through one pure and
// total function; and the part that looks, asks it, acts, and looks again. Private to engine/run/.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "run/context.h"

namespace zmig::run {

enum class LedgerState { broken, none, planned, backed_up, in_flight, confirmed, applied };
enum class StampRelation { before, own, partial, ahead, behind, none, foreign };
/// Where the live schema is: at the state of the position, at the end of the batch in flight, at both (they are equal),
/// or nowhere.
enum class LivePlace { start, end, equal, off };

enum class Action {
  refuse_ledger,     ///< 1
  refuse_foreign,    ///< 2
  refuse_behind,     ///< 3
  clear_in_flight,   ///< 4: abort the run, look again
  refuse_stampless,  ///< 5, 6
  import_history,    ///< 7: abort the own open run, take over what the stamp says, look again
  take_over,         ///< 8: another run stopped inside a migration
  refuse_partial,    ///< 9
  go_on,             ///< 10
  abort_unsent,      ///< 11: abort the run, look again
  confirm,           ///< 12: it landed, look again
  probe,             ///< 13: targets without atomic stamp
  abort_not_landed,  ///< 14: abort the run, look again
  finish,            ///< 15: verify, applied
  refuse_edited,     ///< 16
  impossible,        ///< 17
};

struct Decision {
  int row = 17;  ///< of the table in reliability.md 5
  Action action = Action::impossible;
  bool operator==(const Decision&) const = default;
};

/// Total: 7 x 7 x 4 x 2 cells, first matching row.
Decision recover(LedgerState ledger, StampRelation stamp, LivePlace place, bool atomic_stamp);

/// What the ledger knows of a target.
struct LedgerView {
  LedgerState state = LedgerState::none;
  std::optional<Run> open;        ///< the newest open run: the last one of its commit
  std::vector<Run> members;       ///< all open runs of that commit, oldest first; to recovery they are one batch
  std::uint64_t last_number = 0;  ///< highest stamp number of a run that is confirmed or closed with effect
  std::string last_uid;           ///< its run
};
Result<LedgerView> view_ledger(Context& context, const std::optional<std::string>& target_id);
/// The same of its runs, newest first, which somebody has read already; rehearsals among them do not count.
Result<LedgerView> view_of(Context& context, std::span<const Run> runs);

/// Why a stamp belongs to another target than this place's, or none.
Result<std::optional<Error>> foreign_stamp(Context& context, const StampEntry& stamp);
/// `foreign`: foreign_stamp had a reason.
StampRelation relate(const LedgerView& view, const std::optional<StampEntry>& stamp, bool foreign);

/// One look at everything that recovery decides from.
struct Assessment {
  Look look;
  std::optional<std::string> target_id;
  LedgerView view;
  std::optional<Error> foreign;         ///< why the stamp is another target's
  std::uint32_t ledger_at = 0;          ///< the position that the ledger alone would give
  std::vector<Difference> differences;  ///< between the live workbook and the state at its position
  Decision decision;
};
/// Reads only.
Result<Assessment> assess(Context& context);
/// The state of the files at a position; null: they do not know it.
const Schema* state_at(const Context& context, std::uint32_t position);

/// Makes the ledger follow a workbook whose history is not the ledger's: an older copy that was put back, or another
/// branch. Runs that the stamp does not hold are closed as without effect (rows, captures and texts stay), those that
/// it holds again count again. `why` goes into each row.
Status follow_stamp(Context& context, const Assessment& seen, const std::string& why);

/// Recovery first, in every writing command. Takes the lease while a run is open. The answer says what was done (""
/// when nothing was open); a refusal is an error with its ZM code.
struct Recovered {
  std::string did;
  bool checks_failed = false;  ///< a run was finished, and its proof failed
};
Result<Recovered> recover_first(Context& context);

}  // namespace zmig::run
