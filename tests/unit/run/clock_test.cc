// A clock that jumps.

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;

namespace {

std::vector<std::string> codes(const Report& report) {
  std::vector<std::string> out;
  for (const Diagnostic& one : report.diagnostics.all()) out.push_back(one.code);
  return out;
}

}  // namespace

TEST_CASE("a clock that jumps back is said, and neither order nor window suffers") {
  World world;
  world.take_over();
  world.write_migration("0001_founding", kFounding);
  world.write_migration("0002_drop", kDrop);
  world.load();
  Goal first;
  first.to = 1;
  REQUIRE(world.up(first).exit_code == 0);
  world.fakes.clock.advance(-std::chrono::hours(24 * 400));
  const Report second = world.up();
  CHECK(second.exit_code == 0);
  CHECK(second.outcome == "applied");
  CHECK(codes(second) == std::vector<std::string>{"ZM0606"});
  CHECK(second.diagnostics.all().front().message.starts_with("the clock is 400 days behind r2, which ended "));
  CHECK(world.up().up_to_date);
  // Back in the right year: the runs stand in the order in which they were made, and each window is its own.
  world.fakes.clock.advance(std::chrono::hours(24 * 400));
  const Report late = world.down();
  CHECK(late.exit_code == 9);  // the window of 0002 was stored by the wrong clock: refused, with the way to go on
  REQUIRE(late.error.has_value());
  CHECK(late.error->zm == "ZM0504");
  world.options.override_window = true;
  world.options.reason = "the clock was wrong";
  CHECK(world.down().exit_code == 0);
  world.options.override_window = false;
  CHECK(world.down().exit_code == 0);
}

TEST_CASE("a minute is no jump") {
  World world;
  world.take_over();
  world.write_migration("0001_founding", kFounding);
  world.load();
  world.fakes.clock.advance(-std::chrono::seconds(59));
  CHECK(codes(world.up()).empty());
}
