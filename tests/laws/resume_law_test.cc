// L4, resume: for every operation, the process dies before or after any call; run again until it is quiet. Workbook,
// runs and captures end as after the undisturbed run, and one more `up` writes nothing.

#include <cstdlib>

#include <zmig/ledger.h>

#include "laws/world.h"
#include "support/catch.h"
#include "support/faulty_target.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct End {
  std::string schema;
  Cells cells;
  std::vector<std::string> runs;
  std::vector<std::vector<Capture>> captures;
  bool operator==(const End&) const = default;
};

End end_of(World& world) {
  End end;
  const auto live = world.live();
  REQUIRE(live);
  end.schema = shown(*live);
  const auto cells = world.cells();
  REQUIRE(cells);
  end.cells = *cells;
  const auto runs = world.ledger().runs({});
  REQUIRE(runs);
  for (const Run& run : *runs) {
    if (run.state == RunState::aborted) continue;
    end.runs.push_back(run.verb + " " + std::string(to_string(run.state)) + " " + run.down_text);
    const auto captures = world.ledger().captures(run.id);
    REQUIRE(captures);
    end.captures.push_back(*captures);
  }
  return end;
}

/// By default the calls around the point of no return; with ZMIG_FULL_SWEEP=1 (nightly) every call.
bool counts(const std::string& call) {
  if (std::getenv("ZMIG_FULL_SWEEP") != nullptr) return true;
  return call.starts_with("target.commit") || call.starts_with("ledger.update batch") ||
         call.starts_with("ledger.save");
}

/// Of the calls that count, every so many where a workbook takes its time. The night tries all of them.
std::size_t stride_of(const std::string& kind) {
  if (std::getenv("ZMIG_FULL_SWEEP") != nullptr) return 1;
  return kind == "gsheet" || kind == "xlsx" ? 8 : 1;
}

/// `place`: goes on from sample to sample, so that the points of a slice are other calls in each.
std::size_t sweep(const std::string& kind, const Sample& sample, std::size_t& place) {
  const auto text = migration_text(sample);
  World quiet(kind, sample.before, text, sample.name);
  Fuse idle;
  FaultyTarget watched(quiet.target(), idle);
  FaultyLedger noted(quiet.ledger(), idle);
  const auto undisturbed = quiet.go(Direction::up, watched, noted);
  INFO(told(undisturbed, quiet));
  REQUIRE(undisturbed);
  REQUIRE(undisturbed->exit_code == 0);
  const End expected = end_of(quiet);
  std::size_t points = 0;
  for (std::size_t call = 1; call <= idle.calls; ++call) {
    if (!counts(idle.log[call - 1])) continue;
    for (const Blow blow : {Blow::before, Blow::after}) {
      if (place++ % stride_of(kind) != 0) continue;
      World world(kind, sample.before, text, sample.name);
      Fuse fuse;
      fuse.at = call;
      fuse.blow = blow;
      fuse.lasting = Lasting::for_good;
      {
        FaultyTarget target(world.target(), fuse);
        FaultyLedger ledger(world.ledger(), fuse);
        const auto broken = world.go(Direction::up, target, ledger);
        REQUIRE((!broken || broken->exit_code != 0));  // it cannot have said "applied": its last call never came back
      }
      world.reopen();
      INFO(sample.name << ": call " << call << " " << idle.log[call - 1]
                       << (blow == Blow::before ? ", before" : ", after"));
      auto again = world.go(Direction::up);
      for (int round = 0; round < 3 && again && !again->up_to_date; ++round) again = world.go(Direction::up);
      INFO(told(again, world));
      REQUIRE(again);
      REQUIRE(again->exit_code == 0);
      REQUIRE(again->up_to_date);
      const End end = end_of(world);
      REQUIRE(end.schema == expected.schema);
      REQUIRE((end.cells == expected.cells));
      REQUIRE(end.runs == expected.runs);
      REQUIRE((end.captures == expected.captures));
      ++points;
    }
  }
  return points;
}

}  // namespace

TEST_CASE("L4: every operation survives a death at any call, on every target") {
  for (const auto& kind : writable_kinds()) {
    std::size_t points = 0, swept = 0, place = 0;
    for (const auto& sample : samples()) {
      if (migration_text(sample).empty())
        continue;  // restore lines run in downs; the fault tests of engine/run sweep those
      points += sweep(kind, sample, place);
      ++swept;
    }
    INFO(kind << ": " << points << " crash points over " << swept << " samples");
    REQUIRE(swept >= 60);
    REQUIRE(points >= swept * 6 / stride_of(kind));
    WARN(kind << ": " << points << " crash points over " << swept << " samples, 0 violations");
  }
}
