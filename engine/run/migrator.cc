// The facade: nothing but doors.

#include <zmig/migrator.h>

#include "run/baseline.h"
#include "run/executor.h"
#include "run/rehearse.h"
#include "run/repair.h"
#include "run/status.h"
#include "run/watch.h"

namespace zmig {

struct Migrator::Parts {
  Parts(const History& history, const std::vector<Replayed>& replayed, Target& target, Ledger& ledger,
        const ScriptCodec& codec, Ports& ports, Observer& observer, RunOptions options)
      : watch(target, observer, options.stop_requested), context{history, replayed, watch, ledger,
                                                                 codec,   ports,    watch, std::move(options)} {}
  run::Watch watch;
  run::Context context;
};

Migrator::Migrator(const History& history, const std::vector<Replayed>& replayed, Target& target, Ledger& ledger,
                   const ScriptCodec& codec, Ports& ports, Observer& observer, RunOptions options)
    : parts_(std::make_unique<Parts>(history, replayed, target, ledger, codec, ports, observer, std::move(options))) {}
Migrator::~Migrator() = default;

Result<Plan> Migrator::plan(const Goal& goal) {
  ZMIG_TRY(auto planned, run::plan_goal(parts_->context, goal));
  run::add_refusal_of_target(parts_->context.target, planned.plan);
  return std::move(planned.plan);
}

Result<Report> Migrator::execute(const Goal& goal) { return run::execute(parts_->context, goal); }
Result<StatusReport> Migrator::status(const StatusOptions& options) { return run::status_of(parts_->context, options); }
Result<VerifyReport> Migrator::verify(const VerifyOptions& options) {
  return run::verify_target(parts_->context, options);
}
Result<BaselineReport> Migrator::baseline(const BaselineOptions& options) {
  return run::take_baseline(parts_->context, options);
}
Result<RepairReport> Migrator::repair(const RepairOptions& options) {
  return run::repair_target(parts_->context, options);
}
Result<Rehearsal> Migrator::rehearse(const Goal& goal, Target& stage, const RehearsalOptions& options) {
  return run::rehearse(parts_->context, goal, stage, options);
}

}  // namespace zmig
