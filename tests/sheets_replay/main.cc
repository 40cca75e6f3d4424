// sheets_replay [FILE] [--show N]: the recorded sessions against the test server; fails when one answer is not exact.
// Every method and every request kind that occurs in the recordings must be exact.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "replay.h"

int main(int argc, char** argv) {
  using namespace sheets_server;
  std::string path = ZMIG_TEST_DATA "/google/recordings.jsonl.gz";
  int show = 20;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    if (word == "--show" && n + 1 < argc)
      show = std::atoi(argv[++n]);
    else
      path = word;
  }
  const auto recordings = read_recordings(path);
  if (recordings.empty()) {
    fmt::print(stderr, "no recordings in {}\n", path);
    return 2;
  }
  const auto verdicts = replay(recordings);
  std::map<std::string, std::array<int, 3>> table;
  std::set<std::string> broken;
  for (const Verdict& v : verdicts) {
    const std::size_t column = v.verdict == "exact" ? 0 : v.verdict == "differs" ? 1 : 2;
    ++table[v.method].at(column);
    if (column == 0) continue;
    broken.insert(v.recording);
    if (show-- <= 0) continue;
    fmt::print("{} #{} {}: {}\n", v.recording, v.index, v.method, v.verdict);
    for (const std::string& problem : v.problems) fmt::print("    {}\n", problem);
  }
  std::array<int, 3> total{};
  fmt::print("{:45} {:>6} {:>6} {:>7} {:>7}\n", "method", "calls", "exact", "differs", "refused");
  for (const auto& [method, counts] : table) {
    fmt::print("{:45} {:6} {:6} {:7} {:7}\n", method, counts[0] + counts[1] + counts[2], counts[0], counts[1],
               counts[2]);
    for (std::size_t n = 0; n < 3; ++n) total.at(n) += counts.at(n);
  }
  fmt::print("{:45} {:6} {:6} {:7} {:7}\n", "overall", verdicts.size(), total[0], total[1], total[2]);
  fmt::print("exact {:.2f} % of {} answers; {} of {} recordings wholly exact\n",
             100.0 * total[0] / static_cast<double>(verdicts.size()), verdicts.size(),
             recordings.size() - broken.size(), recordings.size());
  return total[1] + total[2] == 0 ? 0 : 1;
}
