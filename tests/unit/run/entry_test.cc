#include "run/entry.h"

#include <zmig/stamp.h>

#include "support/catch.h"

namespace zmig {
namespace {

using run::run_of_entry;

TEST_CASE("the run of a stamp entry is found without reading all of it") {
  StampEntry entry;
  entry.number = 7;
  entry.event = "up";
  entry.lineage = "copy of \"run\":\"no\" \\ at 3";
  entry.run = "4f0c2a";
  AppliedMigration applied;
  applied.number = 3;
  applied.slug = "three";
  applied.run = "other";
  applied.adopted.push_back({0, {"\"run\":\"neither\"", "{", "]", "\\"}, "sha256:run"});
  entry.applied.push_back(applied);
  CHECK(run_of_entry(stamp_to_json(entry)) == "4f0c2a");
  const auto read = stamp_from_json(stamp_to_json(entry));
  REQUIRE(read.has_value());
  CHECK(read->run == "4f0c2a");
}

TEST_CASE("a run inside lists and texts is not the run of the entry") {
  CHECK(run_of_entry(R"({"applied":[{"run":"inner"}],"lineage":"\"run\":\"text\"","run":"mine"})") == "mine");
  CHECK(run_of_entry(R"({"applied":[{"run":"inner"}]})").empty());
  CHECK(run_of_entry(R"({"a":"\\","run":"mine"})") == "mine");
  CHECK(run_of_entry(R"({"a":"\\\"run\":\"x","b":{"run":"x"}})").empty());
}

TEST_CASE("what is no plain entry is left to the reader") {
  CHECK(run_of_entry("").empty());
  CHECK(run_of_entry("{").empty());
  CHECK(run_of_entry(R"({"run" : "spaced"})").empty());
  CHECK(run_of_entry(R"(["run":"list"])").empty());
  CHECK(run_of_entry(R"({"run":"es\"caped"})").empty());
  CHECK(run_of_entry(R"({"run":"never closed)").empty());
}

}  // namespace
}  // namespace zmig
