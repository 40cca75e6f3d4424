// The table of reliability.md 5 as one function. Pure: no clock, no file, no target.

#include "run/recover.h"

namespace zmig::run {
namespace {

Decision without_stamp(LedgerState ledger, LivePlace place) {
  if (ledger == LedgerState::in_flight) return {4, Action::clear_in_flight};
  if (place == LivePlace::start) return {5, Action::refuse_stampless};
  return {6, Action::refuse_stampless};
}

Decision at_own_position(LedgerState ledger, StampRelation stamp, LivePlace place, bool atomic_stamp) {
  const bool own = stamp == StampRelation::own;
  switch (ledger) {
    case LedgerState::none: return own ? Decision{} : Decision{10, Action::go_on};
    case LedgerState::applied: return own ? Decision{10, Action::go_on} : Decision{};
    case LedgerState::planned:
    case LedgerState::backed_up: return own ? Decision{} : Decision{11, Action::abort_unsent};
    case LedgerState::in_flight:
      if (own) return {12, Action::confirm};
      if (place == LivePlace::end && !atomic_stamp) return {13, Action::probe};
      return {14, Action::abort_not_landed};
    case LedgerState::confirmed:
      if (!own) return {};
      return place == LivePlace::start ? Decision{15, Action::finish} : Decision{16, Action::refuse_edited};
    case LedgerState::broken: break;
  }
  return {1, Action::refuse_ledger};
}

}  // namespace

Decision recover(LedgerState ledger, StampRelation stamp, LivePlace place, bool atomic_stamp) {
  if (ledger == LedgerState::broken) return {1, Action::refuse_ledger};
  switch (stamp) {
    case StampRelation::foreign: return {2, Action::refuse_foreign};
    case StampRelation::behind: return {3, Action::refuse_behind};
    case StampRelation::none: return without_stamp(ledger, place);
    case StampRelation::ahead: return {7, Action::import_history};
    case StampRelation::partial:
      return place == LivePlace::start ? Decision{8, Action::take_over} : Decision{9, Action::refuse_partial};
    case StampRelation::before:
    case StampRelation::own: break;
  }
  return at_own_position(ledger, stamp, place, atomic_stamp);
}

}  // namespace zmig::run
