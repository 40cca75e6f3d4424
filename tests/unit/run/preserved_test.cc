// The pieces of a workbook that is kept in files: what was not announced is the same, or the check says which is not.
#include "run/preserved.h"

#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/passing_target.h"
#include "targets/memory/memory_target.h"

using namespace zmig;
using namespace zmig::run;
using namespace zmig::test;

namespace {

/// A target whose file has these pieces.
class InPieces : public PassingTarget {
 public:
  explicit InPieces(Target& inner) : PassingTarget(inner) {}
  Result<std::vector<FilePart>> file_parts() override { return parts; }
  std::vector<FilePart> parts;
};

std::string told(const CheckResult& check) {
  std::string out = std::string(to_string(check.outcome)) + " " + check.observed;
  for (const std::string& one : check.offending) out += " | " + one;
  return out;
}

}  // namespace

TEST_CASE("parts: what was announced may change, and says who did it") {
  MemoryTarget inner;
  InPieces target(inner);
  target.parts = {{"a", 1, "h:1"}, {"b", 2, "h:2"}, {"c", 3, "h:3"}};
  const Staged staged{"",
                      "",
                      {{"b", {{0, "new column"}, {0, "cells"}, {1, "cells"}}},
                       {"c", {{1, "sheet removed"}}},
                       {"d", {{AnnouncedPart::kCommit, "stamp and catalogue"}}}}};
  const std::vector<std::string> names{"0001_x", "0002_y"};
  const auto before = parts_before(target, staged, names);
  REQUIRE(before.has_value());
  target.parts = {{"a", 1, "h:1"}, {"b", 4, "h:4"}, {"d", 5, "h:5"}};
  const auto check = parts_check(target, *before);
  REQUIRE((check.has_value() && check->has_value()));
  CHECK(told(**check) == "passed 1 kept, 1 changed, 1 added, 1 removed");
  CHECK((*check)->parts ==
        std::vector<PartFate>{{"a", "kept", 1, "h:1", {}},
                              {"b", "changed", 4, "h:4", {"0001_x: new column, cells", "0002_y: cells"}},
                              {"d", "added", 5, "h:5", {"stamp and catalogue"}},
                              {"c", "removed", 3, "", {"0002_y: sheet removed"}}});
}

TEST_CASE("parts: what nobody announced and is not as it was fails, by name") {
  MemoryTarget inner;
  InPieces target(inner);
  target.parts = {{"a", 1, "h:1"}, {"b", 2, "h:2"}, {"c", 3, "h:3"}};
  const auto before = parts_before(target, Staged{"", "", {{"a", {{0, "cells"}}}}}, {});
  REQUIRE(before.has_value());
  target.parts = {{"a", 1, "h:9"}, {"b", 2, "h:8"}, {"d", 3, "h:3"}};
  const auto check = parts_check(target, *before);
  REQUIRE((check.has_value() && check->has_value()));
  CHECK(told(**check) == "failed 2 changed, 1 added, 1 removed | b (changed) | d (added) | c (removed)");
  CHECK((*check)->offending_count == 3);
}

TEST_CASE("parts: a target that is no file has no such check") {
  MemoryTarget inner;
  const auto before = parts_before(inner, Staged{}, {});
  REQUIRE(before.has_value());
  const auto check = parts_check(inner, *before);
  REQUIRE(check.has_value());
  CHECK_FALSE(check->has_value());
}

TEST_CASE("parts: later, what somebody changed since is named, and whether the last commit had touched it") {
  MemoryTarget inner;
  InPieces target(inner);
  CheckResult recorded;
  recorded.id = "parts";
  recorded.parts = {{"a", "kept", 1, "h:1", {}},
                    {"b", "changed", 2, "h:2", {"0001_x: cells"}},
                    {"c", "removed", 3, "", {"0001_x: sheet removed"}}};
  target.parts = {{"a", 1, "h:1"}, {"b", 2, "h:2"}};
  const auto same = parts_again(target, recorded);
  REQUIRE(same.has_value());
  CHECK(told(*same) == "passed 2 kept");
  target.parts = {{"a", 1, "h:7"}, {"c", 2, "h:2"}};
  const auto check = parts_again(target, recorded);
  REQUIRE(check.has_value());
  CHECK(told(*check) ==
        "failed 1 changed, 1 added, 1 removed | a (changed since) | c (added since) | b (removed since)");
  CHECK(check->parts[0].why == std::vector<std::string>{"not touched by the last commit, and not as it was then"});
  CHECK(check->parts[2].why == std::vector<std::string>{"written by the last commit, and not as it left it"});
}
