// Runs the simulator over many seeds. ZMIG_SIM_SEEDS=N or FROM:N: so many, from there (the whole: 200,000).
// ZMIG_SIM_SHARD=2/8: the second eighth of them. ZMIG_SIM_SEED=n: that one, with its story. The last cases prove that
// wrong targets and ledgers are found out.

#include <cstdlib>

#include "fault/simulator.h"
#include "support/catch.h"
#include "support/passing_target.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Seeds {
  std::uint64_t from = 1, count = 0;
};

Seeds seeds_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return {1, otherwise};
  char* end = nullptr;
  const std::uint64_t first = std::strtoull(text, &end, 10);
  if (*end != ':') return {1, first};
  return {first, std::strtoull(end + 1, nullptr, 10)};
}

/// The part of the seeds that ZMIG_SIM_SHARD names: the shards together have each seed once.
Seeds shard_of(Seeds all) {
  const char* const text = std::getenv("ZMIG_SIM_SHARD");
  if (text == nullptr) return all;
  char* end = nullptr;
  const std::uint64_t mine = std::strtoull(text, &end, 10);
  REQUIRE(*end == '/');
  const std::uint64_t shards = std::strtoull(end + 1, nullptr, 10);
  REQUIRE((mine >= 1 && mine <= shards));
  const std::uint64_t begin = all.count * (mine - 1) / shards;
  return {all.from + begin, all.count * mine / shards - begin};
}

std::string story(const Simulated& result) {
  std::string out;
  for (const std::string& line : result.trace) out += line + "\n";
  return out;
}

/// Every sixteenth seed on a workbook in a file.
std::string kind_of(std::uint64_t seed) { return seed % 16 == 0 ? "sqlite" : "memory"; }

struct Sum {
  Simulated all;
  std::size_t failed = 0, back = 0, cut_short = 0;
  void add(const Simulated& one) {
    all.migrations += one.migrations;
    all.commands += one.commands;
    all.crashes += one.crashes;
    all.errors += one.errors;
    all.edits += one.edits;
    all.commits += one.commits;
    all.contenders += one.contenders;
    all.refusals += one.refusals;
    all.ledgers_lost += one.ledgers_lost;
    back += one.went_back ? 1 : 0;
    cut_short += one.cut_short ? 1 : 0;
  }
};

}  // namespace

TEST_CASE("simulator: under fire a workbook ends as in peace") {
  Seeds seeds = seeds_from("ZMIG_SIM_SEEDS", std::getenv("ZMIG_FAULT_FULL") != nullptr ? 200'000 : 120);
  seeds = shard_of(seeds);
  const char* const one = std::getenv("ZMIG_SIM_SEED");
  if (one != nullptr) seeds = {std::strtoull(one, nullptr, 10), 1};
  Sum sum;
  for (std::uint64_t seed = seeds.from; seed < seeds.from + seeds.count; ++seed) {
    const Simulated result = simulate({seed, kind_of(seed), {}, {}});
    sum.add(result);
    if (one != nullptr) WARN(story(result));
    if (result.violations.empty()) continue;
    ++sum.failed;
    if (sum.failed > 5) continue;
    FAIL_CHECK("seed " << seed << ": " << result.violations.front() << "\nreplay: ZMIG_SIM_SEED=" << seed
                       << " tests/fault \"simulator: under fire*\"\n"
                       << story(result));
  }
  WARN(seeds.count << " seeds from " << seeds.from << ": " << sum.all.migrations << " migrations, " << sum.all.commands
                   << " commands, " << sum.all.commits << " commits, " << sum.all.crashes << " crashes, "
                   << sum.all.errors << " errors, " << sum.all.edits << " edits, " << sum.all.contenders
                   << " runs in between, " << sum.all.refusals << " refusals, " << sum.all.ledgers_lost
                   << " ledgers lost, " << sum.back << " ways back, " << sum.cut_short << " stories cut short; "
                   << sum.failed << " seeds failed");
  CHECK(seeds.count > 0);
  CHECK(sum.failed == 0);
  CHECK(sum.cut_short * 20 <= seeds.count + 20);
}

// --- The oracle can fail

namespace {

using Twist = std::function<Result<CommitReport>(Writer&, std::vector<Part>, const Staged&)>;

class TwistedWriter final : public PassingWriter {
 public:
  TwistedWriter(std::unique_ptr<Writer> inner, const Twist& twist) : PassingWriter(std::move(inner)), twist_(twist) {}
  Result<CommitReport> commit(std::span<const Part> batch, const Staged& staged) override {
    return twist_(*inner_, {batch.begin(), batch.end()}, staged);
  }

 private:
  const Twist& twist_;
};

class Twisted final : public PassingTarget {
 public:
  Twisted(Target& inner, Twist twist) : PassingTarget(inner), twist_(std::move(twist)) {}
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override {
    ZMIG_TRY(auto writer, inner_.open_writer(lease));
    return std::unique_ptr<Writer>(std::make_unique<TwistedWriter>(std::move(writer), twist_));
  }

 private:
  Twist twist_;
};

/// Shows an old stamp: as if an unknown outcome were taken for a failure.
class Forgetful final : public PassingTarget {
 public:
  using PassingTarget::PassingTarget;
  Result<std::vector<Stamp>> stamps() override {
    ZMIG_TRY(auto stamps, inner_.stamps());
    if (stamps.size() > 1) stamps.pop_back();
    return stamps;
  }
};

std::size_t caught(const std::function<std::unique_ptr<Target>(Target&)>& sabotage,
                   const std::function<std::unique_ptr<Ledger>(Ledger&)>& ledger = {}) {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 60 && found < 3; ++seed) {
    if (kind_of(seed) != "memory") continue;
    if (!simulate({seed, "memory", sabotage, ledger}).violations.empty()) ++found;
  }
  return found;
}

std::function<std::unique_ptr<Target>(Target&)> twisted(const Twist& twist) {
  return [twist](Target& inner) { return std::make_unique<Twisted>(inner, twist); };
}

class LosesCaptures final : public FaultyLedger {
 public:
  LosesCaptures(Ledger& inner, Fuse& fuse) : FaultyLedger(inner, fuse) {}
  Status save_captures(std::uint64_t, const std::vector<Capture>&, std::optional<UtcTime>) override { return ok(); }
};

}  // namespace

TEST_CASE("simulator: a target that loses a cell is found out") {
  CHECK(caught(twisted([](Writer& inner, std::vector<Part> parts, const Staged& staged) {
          for (Part& part : parts) {
            for (Change& change : part.changes) {
              auto* write = std::get_if<change::WriteCells>(&change);
              auto* run = write == nullptr ? nullptr : std::get_if<source::Run>(&write->cells);
              if (run != nullptr && !run->edits.empty()) run->edits.pop_back();
            }
            std::erase_if(part.changes,
                          [](const Change& change) { return std::holds_alternative<change::FillEmpty>(change); });
          }
          return inner.commit(parts, staged);
        })) >= 3);
}

TEST_CASE("simulator: a target that says \"nothing happened\" after it did is found out") {
  CHECK(caught(twisted([](Writer& inner, std::vector<Part> parts, const Staged& staged) -> Result<CommitReport> {
          auto done = inner.commit(parts, staged);
          if (!done.has_value()) return done;
          Error error = make_error(Errc::io, "", "a lie");
          error.effect = Effect::none;
          return error;
        })) >= 3);
}

TEST_CASE("simulator: a target that writes the stamp without the changes is found out") {
  CHECK(caught(twisted([](Writer& inner, std::vector<Part> parts, const Staged& staged) {
          for (Part& part : parts) part.changes.clear();
          return inner.commit(parts, staged);
        })) >= 3);
}

TEST_CASE("simulator: a target that writes the changes without the stamp is found out") {
  CHECK(caught(twisted([](Writer& inner, std::vector<Part> parts, const Staged& staged) {
          for (Part& part : parts) part.after.reset();
          return inner.commit(parts, staged);
        })) >= 3);
}

TEST_CASE("simulator: a target whose stamp is read stale is found out") {
  CHECK(caught([](Target& inner) { return std::make_unique<Forgetful>(inner); }) >= 3);
}

TEST_CASE("simulator: a ledger that loses captures is found out") {
  Fuse idle;
  CHECK(caught({}, [&idle](Ledger& inner) { return std::make_unique<LosesCaptures>(inner, idle); }) >= 3);
}
