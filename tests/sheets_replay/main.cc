// sheets_replay [FILE] [--show N]: the recorded sessions against the test server; fails when one answer is not exact.
// Every method and every request kind that occurs in the recordings must be exact.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "replay.h"

namespace {

using namespace sheets_server;

// Every third JSON answer gets a member, every fifth loses one, every seventh another status: exactly these may be
// reported.
int self_test(std::vector<Recording> recordings) {
  std::set<std::pair<std::string, int>> spoilt;
  int n = 0;
  for (Recording& recording : recordings) {
    for (std::size_t i = 0; i < recording.interactions.size(); ++i) {
      Json& response = recording.interactions[i]["response"];
      Json body = Json::parse(text_of(response, "body"), nullptr, false);
      ++n;
      // what teaches ids to the rest of the conversation, or ends it, stays
      const std::string uri = text_of(recording.interactions[i]["request"], "uri");
      if (!body.is_object() || body.empty() || uri.find("/v4/") == std::string::npos ||
          uri.find("/upload/") != std::string::npos)
        continue;
      const bool values = uri.find("/values") != std::string::npos;
      if (n % 3 == 0)
        body["surprise"] = 1;
      else if (n % 5 == 0 && values)
        body.erase(std::prev(body.end()));
      else if (n % 7 == 0 && values)
        response["code"] = 299;
      else
        continue;
      response["body"] = body.dump();
      spoilt.insert({recording.name, static_cast<int>(i)});
    }
  }
  std::set<std::pair<std::string, int>> reported;
  for (const Verdict& v : replay(recordings))
    if (v.verdict != "exact") reported.insert({v.recording, v.index});
  fmt::print("{} answers spoilt, {} reported{}\n", spoilt.size(), reported.size(),
             spoilt == reported ? ", the same" : ", NOT the same");
  return spoilt == reported && !spoilt.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string path = ZMIG_TEST_DATA "/google/recordings.jsonl.gz";
  int show = 20;
  bool test_itself = false;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    if (word == "--self-test")
      test_itself = true;
    else if (word == "--show" && n + 1 < argc)
      show = std::atoi(argv[++n]);
    else
      path = word;
  }
  const auto recordings = read_recordings(path);
  if (recordings.empty()) {
    fmt::print(stderr, "no recordings in {}\n", path);
    return 2;
  }
  if (test_itself) return self_test(recordings);
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
