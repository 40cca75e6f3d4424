#include <functional>
#include <map>

#include "run/recover.h"
#include "support/catch.h"

using namespace zmig::run;
using L = LedgerState;
using M = StampRelation;
using P = LivePlace;

namespace {

constexpr L kLedgers[] = {L::broken, L::none, L::planned, L::backed_up, L::in_flight, L::confirmed, L::applied};
constexpr M kStamps[] = {M::before, M::own, M::partial, M::ahead, M::behind, M::none, M::foreign};
constexpr P kPlaces[] = {P::start, P::end, P::equal, P::off};

struct Row {
  int number;
  std::function<bool(L, M, P, bool)> matches;
};

/// The table of reliability.md 5, row by row, as it stands there.
const std::vector<Row>& table() {
  static const std::vector<Row> rows{
      {1, [](L l, M, P, bool) { return l == L::broken; }},
      {2, [](L, M m, P, bool) { return m == M::foreign; }},
      {3, [](L, M m, P, bool) { return m == M::behind; }},
      {4, [](L l, M m, P, bool) { return l == L::in_flight && m == M::none; }},
      {5, [](L, M m, P p, bool) { return m == M::none && p == P::start; }},
      {6, [](L, M m, P, bool) { return m == M::none; }},
      {7, [](L, M m, P, bool) { return m == M::ahead; }},
      {8, [](L, M m, P p, bool) { return m == M::partial && p == P::start; }},
      {9, [](L, M m, P, bool) { return m == M::partial; }},
      {10, [](L l, M m, P, bool) { return (l == L::none && m == M::before) || (l == L::applied && m == M::own); }},
      {11, [](L l, M m, P, bool) { return (l == L::planned || l == L::backed_up) && m == M::before; }},
      {12, [](L l, M m, P, bool) { return l == L::in_flight && m == M::own; }},
      {13, [](L l, M m, P p, bool atomic) { return l == L::in_flight && m == M::before && p == P::end && !atomic; }},
      {14, [](L l, M m, P, bool) { return l == L::in_flight && m == M::before; }},
      {15, [](L l, M m, P p, bool) { return l == L::confirmed && m == M::own && p == P::start; }},
      {16, [](L l, M m, P, bool) { return l == L::confirmed && m == M::own; }},
      {17, [](L, M, P, bool) { return true; }},
  };
  return rows;
}

template <class F>
void each_cell(const F& visit) {
  for (const L l : kLedgers) {
    for (const M m : kStamps) {
      for (const P p : kPlaces) {
        for (const bool atomic : {false, true}) visit(l, m, p, atomic);
      }
    }
  }
}

}  // namespace

TEST_CASE("recover answers each of the 392 cells with the first row that matches") {
  std::size_t cells = 0;
  each_cell([&](L l, M m, P p, bool atomic) {
    ++cells;
    int expected = 0;
    for (const Row& row : table()) {
      if (!row.matches(l, m, p, atomic)) continue;
      expected = row.number;
      break;
    }
    CHECK(recover(l, m, p, atomic).row == expected);
  });
  CHECK(cells == 392);
}

TEST_CASE("the last row of the recovery table answers exactly 40 cells") {
  std::map<int, int> answered;
  each_cell([&](L l, M m, P p, bool atomic) { ++answered[recover(l, m, p, atomic).row]; });
  CHECK(answered == std::map<int, int>{{1, 56},
                                       {2, 48},
                                       {3, 48},
                                       {4, 8},
                                       {5, 10},
                                       {6, 30},
                                       {7, 48},
                                       {8, 12},
                                       {9, 36},
                                       {10, 16},
                                       {11, 16},
                                       {12, 8},
                                       {13, 1},
                                       {14, 7},
                                       {15, 2},
                                       {16, 6},
                                       {17, 40}});
}

TEST_CASE("each row has one action") {
  std::map<int, std::vector<Action>> actions;
  each_cell([&](L l, M m, P p, bool atomic) {
    const Decision decision = recover(l, m, p, atomic);
    auto& known = actions[decision.row];
    if (known.empty() || known.back() != decision.action) known.push_back(decision.action);
  });
  CHECK(actions.size() == 17);
  for (const auto& [row, known] : actions) {
    INFO("row " << row);
    CHECK(known.size() == 1);
  }
}

TEST_CASE("no cell with a damaged ledger, a foreign or an old stamp lets anything be written") {
  each_cell([&](L l, M m, P p, bool atomic) {
    if (l != L::broken && m != M::foreign && m != M::behind) return;
    const Action action = recover(l, m, p, atomic).action;
    CHECK((action == Action::refuse_ledger || action == Action::refuse_foreign || action == Action::refuse_behind));
  });
}
