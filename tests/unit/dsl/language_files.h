#pragma once
// Reading the samples of the language: tests/data/language/.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <zmig/diagnostic.h>

#include "parse.h"

namespace zmig::dsl::test {

inline std::filesystem::path language_data() { return std::filesystem::path(ZMIG_TEST_DATA) / "language"; }

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("missing test file " + path.string());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The blocks of the language document, sorted by name: files, or lines wrapped into one.
inline std::vector<std::filesystem::path> blocks() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(language_data() / "blocks")) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// One block shows every construct once, sections that exclude each other among them: it parses and prints, and the
/// tree checks refuse it.
inline bool is_for_the_parser_only(const std::filesystem::path& path) { return path.filename() == "17_13_1.zmig"; }

/// A file with its messages.
struct Read {
  SourceMap sources;
  ParsedFile parsed;
  Diagnostics diagnostics;
};

inline Read read_text(std::string text, std::string name = "0001_test.zmig") {
  Read out;
  const std::uint32_t number = out.sources.add(SourceFile{std::move(name), std::move(text)});
  out.parsed = parse_text(out.sources.file(number), number, out.diagnostics);
  return out;
}

/// Title, code and caret of every message: "ZM0004 `Ñandú` a name needs quotes".
inline std::vector<std::string> summary(const Read& read) {
  std::vector<std::string> out;
  for (const Diagnostic& d : read.diagnostics.all()) {
    const std::string& text = read.sources.file(0).text;
    const Span span = d.primary.span.value_or(Span{});
    out.push_back(d.code + " `" + text.substr(span.begin, span.end - span.begin) + "` " + d.message);
  }
  return out;
}

}  // namespace zmig::dsl::test
