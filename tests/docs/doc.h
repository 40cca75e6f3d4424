#pragma once
// Reading the documentation, and running the real program the way its examples do.

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/text.h>

#include "support/temp_folder.h"

namespace zmig::docs {

namespace fs = std::filesystem;

inline fs::path source_dir() { return fs::path(ZMIG_SOURCE_DIR); }

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
inline std::string read_doc(const std::string& name) { return read(source_dir() / "docs" / name); }

inline std::vector<std::string> lines_of(std::string_view text) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// README.md, `docs/*.md` and `docs/help/*.md`, sorted.
inline std::vector<fs::path> pages() {
  std::vector<fs::path> found{source_dir() / "README.md"};
  for (const auto& folder : {source_dir() / "docs", source_dir() / "docs" / "help"})
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".md") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// A part of a page: the heading behind `## `, and the text up to the next one.
struct PageSection {
  std::string heading, text;
};
inline std::vector<PageSection> sections(const std::string& page) {
  std::vector<PageSection> found;
  bool fenced = false;
  for (const auto& line : lines_of(page)) {
    if (line.starts_with("```")) fenced = !fenced;
    if (!fenced && line.starts_with("## "))
      found.push_back({line.substr(3), {}});
    else if (!found.empty())
      found.back().text += line + "\n";
  }
  return found;
}
inline std::string section(const std::string& page, const std::string& heading) {
  for (const auto& one : sections(page))
    if (one.heading == heading) return one.text;
  return {};
}

/// A fenced block: the words behind the fence, the line of the fence, the text.
struct Block {
  std::string info;
  std::size_t line = 0;
  std::string text;
};
inline std::vector<Block> blocks(const std::string& page) {
  std::vector<Block> found;
  bool inside = false;
  std::size_t number = 0;
  for (const auto& line : lines_of(page)) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) found.push_back({line.substr(3), number, {}});
    } else if (inside) {
      found.back().text += line + "\n";
    }
  }
  return found;
}

/// All that `pattern` finds; the first group, or the whole.
inline std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at)
    found.insert((*at)[wanted.mark_count() > 0 ? 1 : 0].str());
  return found;
}

struct Ran {
  int exit = -1;
  std::string text;  ///< stdout and stderr as they came
};

/// Runs one shell command in `folder`, with `zmig` in the path and nothing of the surroundings.
inline Ran run(const test::TempFolder& folder, const std::string& command, const std::string& extra = {}) {
  fs::create_directories(folder.at("work"));
  folder.write("command", command + "\n");
  std::string environment = "PATH='" + fs::path(ZMIG_BINARY).parent_path().string() + ":/usr/bin:/bin' HOME='" +
                            folder.path() + "' LANG=C.UTF-8 TZ=UTC ZMIG_ACTOR=ana " + extra;
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE", "GCOV_PREFIX"})
    if (const char* value = std::getenv(name)) environment += std::string(" ") + name + "='" + value + "'";
  const std::string line = "cd '" + folder.at("work") + "' && env -i " + environment + " sh '" + folder.at("command") +
                           "' > '" + folder.at("output") + "' 2>&1 < /dev/null";
  const int status = std::system(line.c_str());  // NOLINT(bugprone-command-processor)
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), folder.read("output")};
}

/// `[*]` in a line stands for any run of characters, a line `[...]` for any lines.
inline bool line_fits(std::string_view pattern, std::string_view line) {
  const auto star = pattern.find("[*]");
  if (star == std::string_view::npos) return pattern == line;
  if (!line.starts_with(pattern.substr(0, star))) return false;
  for (auto at = star; at <= line.size(); ++at)
    if (line_fits(pattern.substr(star + 3), line.substr(at))) return true;
  return false;
}
inline bool lines_fit(const std::vector<std::string>& patterns, const std::vector<std::string>& lines,
                      std::size_t p = 0, std::size_t l = 0) {
  if (p == patterns.size()) return l == lines.size();
  if (patterns[p] == "[...]") {
    for (auto skip = l; skip <= lines.size(); ++skip)
      if (lines_fit(patterns, lines, p + 1, skip)) return true;
    return false;
  }
  return l < lines.size() && line_fits(patterns[p], lines[l]) && lines_fit(patterns, lines, p + 1, l + 1);
}

/// Text of all sources: engine, dsl, tools.
inline std::string all_sources(const std::set<std::string>& without) {
  std::string text;
  for (const char* folder : {"engine", "dsl", "tools/zmig"})
    for (const auto& entry : fs::recursive_directory_iterator(source_dir() / folder)) {
      const auto extension = entry.path().extension();
      if ((extension == ".cc" || extension == ".h") && !without.contains(entry.path().filename().string()))
        text += read(entry.path()) + "\n";
    }
  return text;
}

}  // namespace zmig::docs
