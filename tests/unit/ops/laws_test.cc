// L1 and L2 over samples and random sequences, schema only (cells: tests/laws).

#include <string>

#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

std::string printed(const std::vector<Operation>& operations) {
  std::string out;
  for (const Operation& operation : operations) out += "  " + describe(operation) + "\n";
  return out;
}

/// invert, one operation after another, in the order in which the way back runs.
Result<std::vector<Operation>> way_back(const std::vector<Operation>& operations, Schema before) {
  std::vector<Operation> out;
  for (const Operation& operation : operations) {
    ZMIG_TRY(Reversal back, invert(operation, before));
    out.insert(out.begin(), back.ops.begin(), back.ops.end());
    ZMIG_TRY(before, replayed({operation}, before));
  }
  return out;
}

void check_back(const std::vector<Operation>& operations, const Schema& before) {
  const Result<Schema> after = replayed(operations, before);
  REQUIRE(after);
  const Result<std::vector<Operation>> back = way_back(operations, before);
  REQUIRE(back);
  INFO("the way back\n" << printed(*back));
  const Result<Schema> again = replayed(*back, *after);
  if (!again) FAIL(again.error().zm << " " << again.error().message);
  CHECK(schema_to_json(by_offer(*again)) == schema_to_json(by_offer(before)));
  CHECK(by_offer(*again) == by_offer(before));
}

}  // namespace

TEST_CASE("L1: every change of a lowered sample applies") {
  for (const Sample& sample : samples()) {
    INFO(sample.name);
    const Result<std::vector<Change>> changes = lower(sample.operation, sample.before);
    if (!changes) FAIL(changes.error().zm << " " << changes.error().message);
    Schema schema = sample.before;
    for (const Change& change : *changes) {
      INFO(name_of(change));
      const Status applied = apply_to(change, schema);
      if (!applied) FAIL(applied.error().message);
      CHECK(is_core(change));
    }
  }
}

TEST_CASE("L2: the way back of a sample leads to the schema before it") {
  for (const Sample& sample : samples()) {
    INFO(sample.name);
    const Result<Reversal> back = invert(sample.operation, sample.before);
    REQUIRE(back);
    if (back->fidelity == Fidelity::irreversible) {
      CHECK(back->ops.empty());
      continue;
    }
    check_back({sample.operation}, sample.before);
  }
}

TEST_CASE("L1 and L2 hold for random sequences") {
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    INFO("seed " << seed);
    const std::vector<Operation> operations = random_operations(seed, shop(), 1 + seed % 14);
    INFO("up\n" << printed(operations));
    REQUIRE(!operations.empty());
    check_back(operations, shop());
  }
}

TEST_CASE("random sequences repeat under the same seed and meet every family") {
  CHECK(random_operations(7, shop(), 20) == random_operations(7, shop(), 20));
  std::vector<std::size_t> met(std::variant_size_v<Operation>);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    for (const Operation& operation : random_operations(seed, shop(), 20)) ++met[operation.index()];
  }
  std::vector<std::string> never;
  for (const Sample& sample : samples()) {
    if (met[sample.operation.index()] == 0) never.emplace_back(name_of(sample.operation));
  }
  // Downs only, and sheets that only a live workbook can show.
  const std::vector<std::string> expected{"adopt_sheet",    "forget_sheet",   "restore_sheet",  "restore_column",
                                          "restore_column", "restore_values", "restore_format", "restore_rows"};
  CHECK(never == expected);
}
