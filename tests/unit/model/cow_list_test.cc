#include <zmig/cow_list.h>

#include "support/catch.h"

using namespace zmig;

TEST_CASE("a list that was emptied takes the next element as a new one does") {
  CowList<int> list{1, 2, 3};
  list.erase(list.begin(), list.end());
  REQUIRE(list.empty());
  list.insert(list.begin(), 7);
  CHECK(list == CowList<int>{7});
  list.erase(list.begin());
  list.insert(list.end(), 8);
  CHECK(list == CowList<int>{8});
}

TEST_CASE("an element goes in at its place, and a copy of the list stays as it was") {
  CowList<int> list{1, 3};
  const CowList<int> before = list;
  list.insert(list.begin() + 1, 2);
  CHECK(list == CowList<int>{1, 2, 3});
  CHECK(before == CowList<int>{1, 3});
}
