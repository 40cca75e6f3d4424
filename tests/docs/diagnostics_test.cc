// The code table, the codes that the sources raise, and docs/diagnostics.md are one list.
#include <zmig/diagnostic.h>

#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

std::set<std::string> codes_of_table() {
  std::set<std::string> codes;
  for (const CodeRow& row : code_table()) codes.insert(std::string(row.code));
  return codes;
}

/// A literal behind `==` is a question, not a finding.
std::set<std::string> codes_raised() {
  std::string text = docs::all_sources({"codes.cc"});
  text = std::regex_replace(text, std::regex("[=!]= \"ZM[0-9]{4}\""), "");
  return docs::all_matches(text, "\"(ZM[0-9]{4})\"");
}

}  // namespace

TEST_CASE("every code that the sources raise is in the code table, and no other") {
  CHECK(codes_of_table() == codes_raised());
}

TEST_CASE("diagnostics.md has one entry for each row of the code table, in its order, with its title") {
  std::vector<std::string> expected, found;
  for (const CodeRow& row : code_table()) expected.push_back(std::string(row.code) + " " + std::string(row.says));
  for (const auto& entry : docs::sections(docs::read_doc("diagnostics.md"))) found.push_back(entry.heading);
  CHECK(found == expected);
}

TEST_CASE("an entry shows an example, the fix, and the exit code of the table") {
  for (const auto& entry : docs::sections(docs::read_doc("diagnostics.md"))) {
    CAPTURE(entry.heading);
    const CodeRow* row = find_code(entry.heading.substr(0, 6));
    REQUIRE(row != nullptr);
    CHECK(entry.text.find("\n\n    ") != std::string::npos);
    CHECK(entry.text.find("\n\nFix: ") != std::string::npos);
    const auto exit = row->exit == 0 ? std::string("No exit code of its own: information.")
                                     : "Exit code " + std::to_string(row->exit) + ".";
    auto text = entry.text;
    while (text.ends_with('\n')) text.pop_back();
    CHECK(text.ends_with("\n\n" + exit));
  }
}

TEST_CASE("pages name only codes that the table has") {
  const auto known = codes_of_table();
  for (const auto& path : docs::pages())
    for (const auto& code : docs::all_matches(docs::read(path), "ZM[0-9]{4}")) {
      INFO(path.filename() << " names " << code);
      CHECK(known.contains(code));
    }
}

TEST_CASE("help pages fit 80 columns") {
  for (const auto& path : docs::pages()) {
    if (path.filename() != "diagnostics.md" && path.parent_path().filename() != "help") continue;
    std::size_t number = 0;
    for (const auto& line : docs::lines_of(docs::read(path))) {
      ++number;
      INFO(path.filename() << ":" << number << ": " << line);
      CHECK(count_code_points(line) <= 80);
    }
  }
}

TEST_CASE("zmig help CODE prints the entry") {
  const test::TempFolder folder;
  for (const auto& entry : docs::sections(docs::read_doc("diagnostics.md"))) {
    const auto code = entry.heading.substr(0, 6);
    if (code != "ZM0001" && code != "ZM0012" && code != "ZM0302" && code != "ZM9901") continue;
    auto text = entry.heading + "\n" + entry.text;
    while (text.ends_with("\n\n")) text.pop_back();
    const auto shown = docs::run(folder, "zmig help " + code);
    CHECK(shown.exit == 0);
    CHECK(shown.text == text);
  }
}

TEST_CASE("zmig help TOPIC prints the page") {
  const test::TempFolder folder;
  for (const char* topic : {"exit-codes", "statuses", "environment"}) {
    const auto shown = docs::run(folder, std::string("zmig help ") + topic);
    CHECK(shown.exit == 0);
    CHECK(shown.text == docs::read_doc(std::string("help/") + topic + ".md"));
  }
}

TEST_CASE("exit-codes lists every exit code that a diagnostic can decide") {
  const auto page = docs::all_matches(docs::read_doc("help/exit-codes.md"), "(?:^|\n)    ([0-9]+) ");
  for (const CodeRow& row : code_table()) {
    CAPTURE(row.code);
    CHECK(page.contains(std::to_string(row.exit)));
  }
}

TEST_CASE("statuses explains every state of a target and of a migration") {
  const auto source = docs::read(docs::source_dir() / "engine" / "run" / "status.cc");
  auto states = docs::all_matches(source, "(?:return|state =) \"([a-z]+)\"");
  states.merge(docs::all_matches(source, "\"ZM[0-9]{4}\", \"([a-z]+)\""));
  CHECK(states.size() >= 12);
  const auto page = docs::all_matches(docs::read_doc("help/statuses.md"), "\n    (?:[-=+>.!] +)?([a-z]+)");
  for (const auto& state : states) {
    CAPTURE(state);
    CHECK(page.contains(state));
  }
}
