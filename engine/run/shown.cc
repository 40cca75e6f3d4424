// What a report keeps of a plan.

#include "run/executor.h"

namespace zmig::run {
namespace {

/// As a report shows it: without the work itself (steps, saved cells, schemas), which the runs have and which would
/// otherwise be in memory twice.
PlannedMigration shown(const PlannedMigration& planned) {
  PlannedMigration out;
  out.number = planned.number;
  out.slug = planned.slug;
  out.name = planned.name;
  out.title = planned.title;
  out.path = planned.path;
  out.checksum = planned.checksum;
  out.operations = planned.operations;
  out.adopted = planned.adopted;
  out.requires_ = planned.requires_;
  out.ensures = planned.ensures;
  out.fidelity = planned.fidelity;
  out.wants_backup = planned.wants_backup;
  out.widths = planned.widths;
  out.cost = planned.cost;
  out.kept = planned.kept;
  out.lost = planned.lost;
  out.keep_undo = planned.keep_undo;
  return out;
}

}  // namespace

Plan shown(const Plan& plan) {
  Plan out;
  out.direction = plan.direction;
  out.from = plan.from;
  out.to = plan.to;
  out.position = plan.position;
  out.diagnostics = plan.diagnostics;
  out.cost = plan.cost;
  out.guarantee = plan.guarantee;
  out.fingerprint = plan.fingerprint;
  out.migrations.reserve(plan.migrations.size());
  for (const PlannedMigration& one : plan.migrations) out.migrations.push_back(shown(one));
  return out;
}

}  // namespace zmig::run
