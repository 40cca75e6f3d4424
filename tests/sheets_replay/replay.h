#pragma once
/// Plays recorded conversations against the test server, in one process, and compares each answer
/// (tests/data/google/README.md).

#include <map>
#include <string>
#include <vector>

#include "json.h"
#include "service.h"

namespace sheets_server {

struct Recording {
  std::string name;
  Json interactions;
};

/// The recordings of a jsonl.gz file; empty when it cannot be read.
std::vector<Recording> read_recordings(const std::string& path);

struct Verdict {
  std::string recording;
  int index = 0;
  std::string method;   ///< "sheets.batchUpdate addSheet"
  std::string verdict;  ///< exact, differs, refused
  std::vector<std::string> problems;
};

/// One fresh server for each recording.
std::vector<Verdict> replay(const std::vector<Recording>& recordings);

/// Compares two JSON texts without any mapping of ids; the differences (for the test of the comparison itself).
std::vector<std::string> differences(const Json& want, const Json& got);

}  // namespace sheets_server
