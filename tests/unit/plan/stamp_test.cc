#include <zmig/stamp.h>

#include "plan_builders.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

StampEntry full() {
  StampEntry entry;
  entry.number = 7;
  entry.event = "up";
  entry.target_id = "t-4f0c";
  entry.lineage = "original";
  entry.run = "5f2c";
  entry.ledger = "l-1";
  entry.at = some_time();
  entry.position = 2;
  entry.migration = 2;
  entry.chain_hash = empty_chain();
  entry.plan_hash = "sha256:aa";
  entry.schema_digest = "sha256:bb";
  entry.ledger_head = "sha256:cc";
  entry.applied = {{1, "one", "sha256:dd", {{0, {"note", "default"}, "sha256:ee"}}, "r1", some_time()}};
  return entry;
}

}  // namespace

TEST_CASE("a stamp entry reads back as it was written") {
  const Result<StampEntry> back = stamp_from_json(stamp_to_json(full()));
  REQUIRE(back);
  CHECK(*back == full());
}

TEST_CASE("a stamp from release 0.1 is understood") {
  const std::string text =
      R"({"applied":[{"adopted":[],"at":"2026-01-26T18:15:00Z","hash":"sha256:dd","number":1,"run":"r1","slug":"one"}],"at":"2026-01-26T18:15:00Z",)"
      R"("chain_hash":"sha256:00","event":"up","format":1,"ledger":"l-1","ledger_head":"sha256:cc","lineage":"original","migration":1,"number":2,)"
      R"("plan_hash":"sha256:aa","position":1,"run":"5f2c","schema_digest":"sha256:bb","target_id":"t-4f0c"})";
  const Result<StampEntry> entry = stamp_from_json(text);
  REQUIRE(entry);
  CHECK(entry->position == 1);
  CHECK(stamp_to_json(*entry) == text);
}

TEST_CASE("an entry without blanks and one with them say the same, whatever their texts hold") {
  for (const std::string slug : {"one", "with \"quotes\"", "back\\slash", "se\xC3\xB1" "al", "line\nfeed", ""}) {
    for (const bool whole : {true, false}) {
      StampEntry entry = full();
      entry.whole = whole;
      entry.applied.clear();
      for (std::uint32_t number = 1; number <= 3; ++number)
        entry.applied.push_back({number, slug, "sha256:dd", {}, "r1", some_time() + std::chrono::milliseconds(number)});
      const std::string text = stamp_to_json(entry);
      std::string spaced = text;
      spaced.insert(1, " ");
      const Result<StampEntry> back = stamp_from_json(text);
      const Result<StampEntry> tree = stamp_from_json(spaced);
      REQUIRE(back);
      REQUIRE(tree);
      CHECK(*back == entry);
      CHECK(*tree == entry);
    }
  }
}

TEST_CASE("a stamp entry with one byte too few or another one reads as damaged, or as what it says") {
  StampEntry entry = full();
  entry.applied = {{1, "one", "sha256:dd", {}, "r1", some_time()}};
  const std::string text = stamp_to_json(entry);
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK(stamp_from_json(text.substr(0, length)).error().zm == "ZM0603");
  CHECK(stamp_from_json(text + "x").error().zm == "ZM0603");
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"\"number\":7", "\"number\":07"},
                                 {"\"number\":7", "\"number\":-7"},
                                 {"\"position\":2", "\"position\":2.5"},
                                 {"\"at\":\"", "\"at\":\"x"},
                                 {"\"event\":\"up\"", "\"event\":null"}}) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    std::string spaced = changed;
    spaced.insert(1, " ");
    const Result<StampEntry> fast = stamp_from_json(changed), tree = stamp_from_json(spaced);
    CHECK(fast.has_value() == tree.has_value());
    if (!fast && !tree) CHECK(fast.error().message == tree.error().message);
  }
  CHECK(stamp_from_json(R"({"applied":[],"format":2})").error().zm == "ZM0604");
}

TEST_CASE("a damaged stamp and a newer one are told apart") {
  CHECK(stamp_from_json("{").error().zm == "ZM0603");
  CHECK(stamp_from_json("[]").error().zm == "ZM0603");
  CHECK(stamp_from_json(R"({"format":1})").error().zm == "ZM0603");
  CHECK(stamp_from_json(R"({"format":1,"number":"seven"})").error().zm == "ZM0603");
  CHECK(stamp_from_json(R"({"format":2})").error().zm == "ZM0604");
}

TEST_CASE("the highest number counts, and it has to be the number inside") {
  StampEntry older = full();
  older.number = 6;
  const std::vector<Stamp> stamps{{7, stamp_to_json(full())}, {6, stamp_to_json(older)}};
  CHECK((*current_stamp(stamps))->number == 7);
  CHECK_FALSE(current_stamp({})->has_value());
  CHECK(current_stamp({{8, stamp_to_json(full())}}).error().zm == "ZM0603");
}
