// Rows of a sample: exactly as many as asked for, the same for the same seed.
#include "run/sample.h"

#include <algorithm>
#include <set>

#include "run_world.h"

using namespace zmig;
using namespace zmig::test;
using zmig::run::chance_to_miss;
using zmig::run::SampledView;

namespace {

std::vector<std::uint64_t> rows_of(World& world, std::uint64_t rows, std::uint64_t seed) {
  static_cast<void>(must(world.target.inspect()));
  const auto view = must(SampledView::of(world.target, rows, seed));
  const Sheet& sheet = view->schema().sheets.front();
  const std::vector<std::string> ids{sheet.columns.front().id};
  std::vector<std::uint64_t> out;
  const Status scanned = view->scan(sheet.id, ids, [&](const RowView& row) {
    out.push_back(row.row.number);
    return ok();
  });
  REQUIRE(scanned.has_value());
  return out;
}

}  // namespace

TEST_CASE("a sample is as large as it was asked to be, in order, and no row is in it twice") {
  World world;
  static_cast<void>(must(world.target.inspect()));
  const std::uint64_t all = must(world.target.row_count(world.target.schema().sheets.front().id));
  for (std::uint64_t rows = 1; rows <= all + 1; ++rows) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto taken = rows_of(world, rows, seed);
      CHECK(taken.size() == std::min(rows, all));
      CHECK(std::set<std::uint64_t>(taken.begin(), taken.end()).size() == taken.size());
      CHECK(std::is_sorted(taken.begin(), taken.end()));
      CHECK(taken == rows_of(world, rows, seed));
    }
  }
}

TEST_CASE("every row is in some sample of one row") {
  World world;
  static_cast<void>(must(world.target.inspect()));
  const std::uint64_t all = must(world.target.row_count(world.target.schema().sheets.front().id));
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 50 * all; ++seed) seen.insert(rows_of(world, 1, seed).front());
  CHECK(seen.size() == all);
}

TEST_CASE("the chance to miss a fault in one row of a hundred is that of drawing without putting back") {
  CHECK(chance_to_miss(100, 1000) > 0.34);
  CHECK(chance_to_miss(100, 1000) < 0.35);
  CHECK(chance_to_miss(1000, 1000) == 0);
  CHECK(chance_to_miss(1, 1) == 0);
  CHECK(chance_to_miss(50, 100) == 0.5);
  CHECK(chance_to_miss(0, 0) == 0);
  CHECK(chance_to_miss(995, 1000) == 0);
}
