// The corpora of the fuzzers through the same harnesses, with any compiler: every file as it is, and mutations of it
// that are the same in every run. ZMIG_FUZZ_MUTATIONS=N: so many of each file. A finding aborts the program; the input
// then lies in ZMIG_FUZZ_KEEP (default: /tmp/zmig-fuzz-NAME.bin).

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "support/catch.h"

namespace fs = std::filesystem;

extern "C" {
#define ZMIG_HARNESS(name) int fuzz_##name(const std::uint8_t* data, std::size_t size);
ZMIG_HARNESS(grammar)
ZMIG_HARNESS(binder)
ZMIG_HARNESS(ledger)
ZMIG_HARNESS(csv)
ZMIG_HARNESS(config)
ZMIG_HARNESS(escaper)
ZMIG_HARNESS(snapshot)
ZMIG_HARNESS(stamp)
ZMIG_HARNESS(zip)
ZMIG_HARNESS(xml)
ZMIG_HARNESS(formula)
ZMIG_HARNESS(shift)
#undef ZMIG_HARNESS
}

namespace {

struct Harness {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
  std::size_t mutations;  // of each file, by default: what a second of a debug build does
};
constexpr Harness kHarnesses[] = {
    {"grammar", fuzz_grammar, 12},   {"binder", fuzz_binder, 12},    {"ledger", fuzz_ledger, 40},
    {"csv", fuzz_csv, 60},           {"config", fuzz_config, 40},    {"escaper", fuzz_escaper, 100},
    {"snapshot", fuzz_snapshot, 40}, {"stamp", fuzz_stamp, 40},      {"zip", fuzz_zip, 60},
    {"xml", fuzz_xml, 60},           {"formula", fuzz_formula, 100}, {"shift", fuzz_shift, 60}};

std::vector<std::string> corpus(const std::string& name) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(ZMIG_SOURCE_DIR) / "tests/fuzz/corpus" / name))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return files;
}

std::string mutated(std::string bytes, const std::vector<std::string>& all, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
  for (std::size_t rounds = 1 + below(4); rounds > 0; --rounds) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random() % 256);
        break;
      case 1: bytes.insert(at, 1 + below(4), static_cast<char>(random() % 256)); break;
      case 2: bytes.erase(at, 1 + below(8)); break;
      case 3: bytes.resize(at); break;
      case 4: {  // a piece of another file
        const std::string& other = all[below(all.size())];
        const std::size_t from = below(other.size());
        bytes.insert(at, other.substr(from, below(40)));
        break;
      }
      default: bytes.insert(at, bytes.substr(below(bytes.size() + 1), below(20))); break;  // a piece of its own
    }
  }
  return bytes;
}

void run(const Harness& harness, const std::string& bytes) {
  const char* const wanted = std::getenv("ZMIG_FUZZ_KEEP");
  const std::string keep = wanted != nullptr ? wanted : std::string("/tmp/zmig-fuzz-") + harness.name + ".bin";
  std::ofstream(keep, std::ios::binary) << bytes;
  harness.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  fs::remove(keep);
}

}  // namespace

TEST_CASE("fuzz: the corpora and their mutations bring no finding") {
  for (const Harness& harness : kHarnesses) {
    const auto files = corpus(harness.name);
    INFO(harness.name);
    REQUIRE(files.size() >= 3);
    const char* const wanted = std::getenv("ZMIG_FUZZ_MUTATIONS");
    const std::size_t mutations = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : harness.mutations;
    std::mt19937_64 random(20261120);
    std::size_t inputs = 0;
    for (const std::string& file : files) {
      run(harness, file);
      for (std::size_t i = 0; i < mutations; ++i, ++inputs) run(harness, mutated(file, files, random));
      ++inputs;
    }
    WARN(harness.name << ": " << files.size() << " files, " << inputs << " inputs, no finding");
  }
}
