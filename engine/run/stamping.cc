// What each run leaves in the stamp.

#include <algorithm>

#include "run/executor.h"

namespace zmig::run {

StampEntry stamp_after(const Run& run, const std::optional<StampEntry>& before, CowList<AppliedMigration> applied,
                       const Schema& state, std::string event) {
  StampEntry entry;
  entry.number = run.stamp_number;
  entry.event = std::move(event);
  entry.target_id = run.target_id;
  entry.lineage = before ? before->lineage : "original";
  entry.run = run.uid;
  entry.migration = run.migration;
  entry.chain_hash = empty_chain();
  for (const AppliedMigration& one : std::as_const(applied)) {
    entry.position = std::max(entry.position, one.number);
    entry.chain_hash = chain_hash(entry.chain_hash, one.number, one.slug, one.hash);
  }
  entry.plan_hash = run.plan_hash;
  entry.schema_digest = schema_digest(state);
  entry.applied = std::move(applied);
  return entry;
}

StampChain::StampChain(const std::optional<StampEntry>& before) : chain_{empty_chain()} {
  if (!before) return;
  lineage_ = before->lineage;
  applied_ = before->applied;
  for (const AppliedMigration& one : std::as_const(applied_)) {
    numbers_.push_back(one.number);
    chain_.push_back(chain_hash(chain_.back(), one.number, one.slug, one.hash));
  }
}

void StampChain::remove(std::uint32_t number) {
  const auto at = std::find(numbers_.begin(), numbers_.end(), number);
  if (at == numbers_.end()) return;
  const auto index0 = static_cast<std::size_t>(at - numbers_.begin());
  numbers_.erase(at);
  applied_.erase(std::as_const(applied_).begin() + static_cast<std::ptrdiff_t>(index0));
  chain_.resize(index0 + 1);
  for (std::size_t i = index0; i < numbers_.size(); ++i) {
    const AppliedMigration& one = std::as_const(applied_)[i];
    chain_.push_back(chain_hash(chain_.back(), one.number, one.slug, one.hash));
  }
}

StampEntry StampChain::next(const Run& run, Direction direction, const AppliedMigration& one, const Schema& state,
                            bool last) {
  remove(one.number);
  StampEntry entry;
  if (direction == Direction::up) {
    numbers_.push_back(one.number);
    chain_.push_back(chain_hash(chain_.back(), one.number, one.slug, one.hash));
    applied_.push_back(one);
    if (!last) entry.applied.push_back(one);
  }
  entry.number = run.stamp_number;
  entry.event = run.verb;
  entry.target_id = run.target_id;
  entry.lineage = lineage_;
  entry.run = run.uid;
  entry.position = numbers_.empty() ? 0 : *std::max_element(numbers_.begin(), numbers_.end());
  entry.migration = run.migration;
  entry.chain_hash = chain_.back();
  entry.plan_hash = run.plan_hash;
  entry.whole = last;
  if (!last) return entry;
  entry.schema_digest = schema_digest(state);
  entry.applied = applied_;
  return entry;
}

}  // namespace zmig::run
