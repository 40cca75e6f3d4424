// The recorded session of README.md, played again; the manual page, as the tools of the system read it.
#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

/// What differs from one day and machine to the next.
std::string timeless(std::string text) {
  const std::pair<const char*, const char*> rules[] = {
      {"[0-9]{8}[T_][0-9]{6}Z?", "WHEN"},
      {"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC", "WHEN"},
      {"[0-9]+\\.[0-9] s", "N s"},
      {"[0-9 ]*[0-9] (bytes|KiB)", "SIZE"},
      {"chain [0-9a-f]{8}", "chain HASH"},
      {"(sha256:)?[0-9a-f]{12}\\.\\.\\.", "HASH"},
      {"  +", "  "},
  };
  for (const auto& [pattern, put] : rules) text = std::regex_replace(text, std::regex(pattern), put);
  return text;
}

}  // namespace

TEST_CASE("the session in README.md is what happens") {
  const test::TempFolder folder;
  docs::fs::create_directories(folder.at("work/migrations"));
  docs::fs::create_directories(folder.at("work/schemas"));
  docs::fs::copy(docs::source_dir() / "tests/data/zeues-v21/csv", folder.at("work/sheet"),
                 docs::fs::copy_options::recursive);
  for (const auto& entry : docs::fs::directory_iterator(docs::source_dir() / "migrations"))
    docs::fs::copy(entry.path(), folder.at("work/migrations"));
  docs::fs::copy(docs::source_dir() / "schemas/0000_baseline.json", folder.at("work/schemas"));
  std::string recorded, seen;
  for (const auto& block : docs::blocks(docs::read(docs::source_dir() / "README.md"))) {
    if (block.info != "console") continue;
    recorded += block.text;
    for (const auto& line : docs::lines_of(block.text)) {
      if (!line.starts_with("$ ")) continue;
      const auto ran = docs::run(folder, line.substr(2));
      CHECK(ran.exit == 0);
      seen += line + "\n" + ran.text;
    }
  }
  INFO("seen:\n" << seen);
  CHECK(std::count(recorded.begin(), recorded.end(), '$') >= 6);
  CHECK(docs::lines_of(timeless(recorded)) == docs::lines_of(timeless(seen)));
}

TEST_CASE("the manual page is well formed and has every verb, every flag and every exit code") {
  const test::TempFolder folder;
  const auto page = docs::run(folder, "zmig help man > zmig.1; cat zmig.1").text;
  const auto linted =
      docs::run(folder,
                "if command -v mandoc > /dev/null; then mandoc -T lint -W warning zmig.1; fi; if command -v man > "
                "/dev/null; then MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 zmig.1 2>&1 > /dev/null; fi");
  CHECK(linted.text.empty());
  auto plain = std::regex_replace(page, std::regex("\\\\-"), "-");
  for (const auto& verb : docs::all_matches(docs::run(folder, "zmig help").text, "\n  ([a-z]+) +[^ ]")) {
    CAPTURE(verb);
    CHECK(plain.find("\n.SS " + verb + "\n") != std::string::npos);
    for (const auto& flag : docs::all_matches(docs::run(folder, "zmig help " + verb).text, "\n  (--[a-z-]+)")) {
      CAPTURE(flag);
      CHECK(plain.find(flag + "\\fR") != std::string::npos);
    }
  }
  for (const auto& flag :
       docs::all_matches(docs::run(folder, "zmig help").text, "\n  (?:-[a-zA-Z],|    )? *(--[a-z-]+)")) {
    CAPTURE(flag);
    CHECK(plain.find(flag) != std::string::npos);
  }
  for (const auto& code : docs::all_matches(docs::read_doc("help/exit-codes.md"), "\n    ([0-9]+) "))
    CHECK(plain.find("\n    " + code + " ") != std::string::npos);
}

TEST_CASE("each exit code of the help page is seen in exit_codes.zt") {
  const auto script = docs::read(docs::source_dir() / "tests/acceptance/exit_codes.zt");
  for (const auto& code : docs::all_matches(docs::read_doc("help/exit-codes.md"), "\n    ([0-9]+) ")) {
    CAPTURE(code);
    CHECK(
        (code == "130" || script.find("\n== exit " + code + "\n") != std::string::npos));  // 130 is seen in progress.zt
  }
}
