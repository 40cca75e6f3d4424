#include "plan/way_to.h"

#include "support/catch.h"
#include "support/workbooks.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// Where the changes lead, or the message of the one that is refused.
std::pair<Schema, std::string> led(const Schema& from, const Schema& to) {
  const auto way = way_to(from, to);
  if (!way.has_value()) return {from, way.error().message};
  Schema now = from;
  for (const Change& change : way.value().changes) {
    const Status done = apply_to(change, now);
    if (!done.has_value()) return {now, done.error().message};
  }
  return {now, ""};
}

Schema base() { return orders().schema; }

}  // namespace

TEST_CASE("no way is needed between equal schemas") { CHECK(way_to(base(), base()).value().changes.empty()); }

TEST_CASE("every single difference is closed, in both directions") {
  std::vector<Schema> others;
  const auto with = [&](auto alter) {
    Schema other = base();
    alter(other);
    others.push_back(std::move(other));
  };
  with([](Schema& s) { s.sheets.pop_back(); });
  with([](Schema& s) { s.sheets[0].columns.pop_back(); });
  with([](Schema& s) { s.sheets[0].columns.erase(s.sheets[0].columns.begin() + 1); });
  with([](Schema& s) { std::swap(s.sheets[0].columns[0], s.sheets[0].columns[4]); });
  with([](Schema& s) { std::swap(s.sheets[0].columns[0].header, s.sheets[0].columns[3].header); });
  with([](Schema& s) { s.sheets[0].title = "Compras"; });
  with([](Schema& s) { std::swap(s.sheets[0].title, s.sheets[1].title); });
  with([](Schema& s) { s.sheets[0].columns[2].type = {TypeKind::text, 0, {}}; });
  with([](Schema& s) { s.sheets[0].columns[3].format = "0.000"; });
  with([](Schema& s) { s.sheets[0].columns[3].note = "mine"; });
  with([](Schema& s) { s.sheets[0].columns[3].hidden = true; });
  with([](Schema& s) { s.sheets[0].columns[3].protection = Editors{{"ana"}}; });
  with([](Schema& s) { s.sheets[0].columns[1].allowed = {}; });
  with([](Schema& s) { s.sheets[0].columns[0].rules = {}; });
  with([](Schema& s) { s.sheets[0].rules.uniques = {{s.sheets[0].columns[0].id, s.sheets[0].columns[2].id}}; });
  with([](Schema& s) { s.sheets[0].frozen = true; });
  with([](Schema& s) { s.sheets[1].hidden = true; });
  with([](Schema& s) { s.enums[0].values.pop_back(); });
  with([](Schema& s) { s.enums.push_back({"Otro", {{"A", {}, true}}}); });
  with([](Schema& s) {
    s.ranges.push_back({"todo", s.sheets[0].id, s.sheets[0].columns[0].id, s.sheets[0].columns[2].id});
  });
  with([](Schema& s) {
    Column& column = s.sheets[0].columns[6];
    column.managed = false;
    column.id = "~" + column.header;
    column.rules = {};
  });
  for (std::size_t i = 0; i < others.size(); ++i) {
    INFO("difference " << i);
    const auto [there, why] = led(base(), others[i]);
    CHECK(why == "");
    CHECK(all_differences(others[i], there).empty());
    const auto [back, why_not] = led(others[i], base());
    CHECK(why_not == "");
    CHECK(all_differences(base(), back).empty());
  }
}

TEST_CASE("any two of them are closed together") {
  Schema from = base();
  from.sheets[0].columns.erase(from.sheets[0].columns.begin() + 2);
  from.sheets[0].columns[0].header = "Otro";
  from.sheets.pop_back();
  Schema to = base();
  to.sheets[0].columns[2].type = {TypeKind::text, 0, {}};
  to.sheets[0].columns.erase(to.sheets[0].columns.begin() + 1);
  to.enums.clear();
  const auto [there, why] = led(from, to);
  CHECK(why == "");
  CHECK(all_differences(to, there).empty());
}

TEST_CASE("foreign things that came later stay beside what they stood beside, or go") {
  Schema live = base();
  Column mine = make_column("~Mía", "Mía", {}, false);
  live.sheets[0].columns.insert(live.sheets[0].columns.begin() + 2, mine);
  live.sheets[0].columns.erase(live.sheets[0].columns.begin());
  KeptThings kept;
  const Schema goal = restored_schema(live, base(), true, kept);
  REQUIRE(goal.sheets[0].columns.size() == 9);
  CHECK(goal.sheets[0].columns[2].header == "Mía");
  REQUIRE(kept.columns.size() == 1);
  CHECK(kept.columns[0] == Scope{goal.sheets[0].id, "~Mía"});
  CHECK(restored_schema(live, base(), false, kept) == base());
}
