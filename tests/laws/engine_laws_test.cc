// L1, L2 and L5 with cells: every sample through plan, executor, ledger and target, up and down, on every writable
// target.

#include <cstdlib>

#include "laws/world.h"
#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// Samples that an ordinary migration can hold (restore lines belong to downs, and run there as inverses of drops).
const std::vector<Sample>& ordinary() {
  static const std::vector<Sample> all = [] {
    std::vector<Sample> out;
    for (const auto& sample : samples())
      if (!migration_text(sample).empty()) out.push_back(sample);
    return out;
  }();
  return all;
}

/// Whether a law looks at a sample in the normal run: at all of them, but of those on a live spreadsheet, which takes
/// its time, at every second, at the others the next law. With ZMIG_FULL_SWEEP=1 (nightly) at all on all.
bool looks_at(int law, const std::string& kind, const Sample& sample) {
  if (kind != "gsheet" || std::getenv("ZMIG_FULL_SWEEP") != nullptr) return true;
  return (&sample - ordinary().data()) % 2 == law % 2;
}

}  // namespace

TEST_CASE("L1 and L5: every operation runs on every target, and the target shows what replay says") {
  for (const auto& kind : writable_kinds()) {
    for (const auto& sample : ordinary()) {
      DYNAMIC_SECTION(kind << ": " << sample.name) {
        World world(kind, sample.before, migration_text(sample), sample.name);
        INFO(sample.text);
        const auto report = world.go(Direction::up);
        INFO(told(report, world));
        REQUIRE(report);
        REQUIRE(report->outcome == "applied");
        REQUIRE(report->exit_code == 0);
        world.reopen();
        const auto live = world.live();
        REQUIRE(live);
        REQUIRE(visible_differences(world.after(), *live).empty());
        const auto second = world.go(Direction::up);
        REQUIRE(second);
        REQUIRE(second->up_to_date);
      }
    }
  }
}

namespace {
std::string fmt_value(const Value& value) { return std::string(kind_of(value)) + " " + to_text(value); }
}  // namespace

TEST_CASE("L5: every target that lasts ends with the same cells as the memory twin") {
  for (const auto& kind : writable_kinds()) {
    if (kind == "memory") continue;
    for (const auto& sample : ordinary()) {
      if (!looks_at(5, kind, sample)) continue;
      DYNAMIC_SECTION(kind << ": " << sample.name) {
        World memory("memory", sample.before, migration_text(sample), sample.name),
            stored(kind, sample.before, migration_text(sample), sample.name);
        REQUIRE(memory.go(Direction::up));
        REQUIRE(stored.go(Direction::up));
        const auto a = memory.cells(), b = stored.cells();
        REQUIRE(a);
        REQUIRE(b);
        std::vector<std::string> left, right;
        for (const auto& [name, cells] : *a) left.push_back(name);
        for (const auto& [name, cells] : *b) right.push_back(name);
        REQUIRE(left == right);
        for (const auto& [name, cells] : *a) {
          INFO(name);
          std::vector<Value> values, others;
          for (const auto& cell : cells) values.push_back(cell.value);
          for (const auto& cell : b->at(name)) others.push_back(cell.value);
          // Blank rows at the end of a sheet are rows on some targets only.
          while (!values.empty() && is_blank(values.back())) values.pop_back();
          while (!others.empty() && is_blank(others.back())) others.pop_back();
          std::string told;
          for (std::size_t i = 0; i < std::max(values.size(), others.size()); ++i) {
            const Value left_value = i < values.size() ? values[i] : Value(Blank{});
            const Value right_value = i < others.size() ? others[i] : Value(Blank{});
            if (left_value == right_value) continue;
            told += fmt_value(left_value) + " / " + fmt_value(right_value) + "; ";
          }
          INFO(told);
          REQUIRE((values == others));
        }
      }
    }
  }
}

TEST_CASE("L2: up then down is the start, schema and cells") {
  for (const auto& kind : writable_kinds()) {
    for (const auto& sample : ordinary()) {
      if (!looks_at(2, kind, sample)) continue;
      DYNAMIC_SECTION(kind << ": " << sample.name) {
        World world(kind, sample.before, migration_text(sample), sample.name);
        const auto start = world.cells();
        REQUIRE(start);
        const auto up = world.go(Direction::up);
        INFO(sample.text << told(up, world));
        REQUIRE(up);
        REQUIRE(up->exit_code == 0);
        REQUIRE(up->runs.size() == 1);
        INFO(up->runs.front().run.down_text);
        const bool discards = sample.text.find("discarding data") != std::string::npos;
        const auto down = world.go(Direction::down);
        INFO(told(down, world));
        if (discards) {  // refused before the first write, never half done
          REQUIRE((!down || down->exit_code == 9));
          continue;
        }
        REQUIRE(down);
        REQUIRE(down->exit_code == 0);
        REQUIRE(down->outcome == "undone");
        world.reopen();
        const auto live = world.live();
        REQUIRE(live);
        REQUIRE(visible_differences(sample.before, *live).empty());
        // `undo with` computes from today's rows: exact only where the formula is the inverse; the samples' formulas
        // are, except the constant one.
        if (sample.name == "drop_column: undo" || sample.name == "change_type: undo") continue;
        const auto end = world.cells();
        REQUIRE(end);
        for (const auto& [name, cells] : *start) {
          INFO(name);
          REQUIRE(end->contains(name));
          REQUIRE((end->at(name) == cells));
        }
        REQUIRE(end->size() == start->size());
      }
    }
  }
}
