#pragma once
// What --json and --format ndjson print, against the schemas in schemas/cli/.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/json_schema.h"

namespace zmig::test {

/// Whether a text looks like the envelope of --json, or like lines of --format ndjson.
inline bool is_envelope(const std::string& text) {
  return text.starts_with("{") && text.find("\"zmig.") != std::string::npos &&
         text.find("\"exit_code\":") != std::string::npos;
}

/// The envelope at the end of the events of --format ndjson; what is wrong with a line goes to `faults`.
inline nlohmann::json last_line(const std::string& text, std::vector<std::string>& faults) {
  nlohmann::json line;
  std::size_t begin = 0, count = 0;
  for (auto end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    ++count;
    line = nlohmann::json::parse(text.substr(begin, end - begin), nullptr, false);
    if (line.is_discarded())
      faults.push_back("line " + std::to_string(count) + " is no JSON");
    else if (end + 1 != text.size() &&
             !(line.contains("event") && line.contains("at") && line.value("seq", std::size_t{0}) == count))
      faults.push_back("line " + std::to_string(count) + " is no event with its number and time");
  }
  return line;
}

/// What does not fit of one run's JSON output: the envelope, and its `data` against the schema of its verb. Empty: all
/// fits.
inline std::vector<std::string> envelope_faults(const std::string& folder, const std::string& text) {
  std::vector<std::string> faults;
  auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) document = last_line(text, faults);
  if (!faults.empty()) return faults;
  faults = JsonSchema::read(folder + "/envelope.schema.json").faults(document);
  const auto path = folder + "/" + document.value("command", std::string()) + ".schema.json";
  if (!document.contains("data") || document["data"].is_null()) return faults;
  if (!std::filesystem::exists(path)) {
    faults.push_back("there is no " + path + ": each verb needs a schema of its `data`");
    return faults;
  }
  for (auto& fault : JsonSchema::read(path).faults(document["data"])) faults.push_back("data" + fault);
  return faults;
}

}  // namespace zmig::test
