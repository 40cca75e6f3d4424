// docs/security.md: thirty rows; each names tests that are there, or says why there is none.

#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

struct Row {
  std::string name, test;
};

std::vector<Row> rows() {
  std::vector<Row> found;
  for (const auto& line : docs::lines_of(docs::read_doc("security.md"))) {
    if (!line.starts_with("| S")) continue;
    const auto cells = split(line, '|');
    REQUIRE(cells.size() == 6);
    found.push_back({std::string(cells[1]), std::string(cells[4])});
  }
  return found;
}

std::string unit_tests() {
  std::string all;
  for (const auto& entry : docs::fs::recursive_directory_iterator(docs::source_dir() / "tests" / "unit"))
    if (entry.path().extension() == ".cc") all += docs::read(entry.path());
  return all;
}

std::vector<std::string> between(const std::string& text, const std::string& mark) {
  std::vector<std::string> found;
  for (auto at = text.find(mark); at != std::string::npos;) {
    const auto end = text.find(mark, at + 1);
    if (end == std::string::npos) break;
    found.push_back(text.substr(at + 1, end - at - 1));
    at = text.find(mark, end + 1);
  }
  return found;
}

}  // namespace

TEST_CASE("security.md has the rows S1 to S30 in order") {
  const auto all = rows();
  REQUIRE(all.size() == 30);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].name == " S" + std::to_string(i + 1) + " ");
}

TEST_CASE("each test that security.md names is there, and a row without one says why") {
  const auto units = unit_tests();
  for (const auto& row : rows()) {
    INFO(row.name << row.test);
    const auto scripts = between(row.test, "`"), cases = between(row.test, "\"");
    CHECK((!scripts.empty() || !cases.empty() || row.test.starts_with(" none")));
    if (row.test.starts_with(" none")) continue;
    for (const auto& script : scripts)
      CHECK(docs::fs::exists(docs::source_dir() / "tests" / "acceptance" / (script + ".zt")));
    for (const auto& name : cases) CHECK(units.find("TEST_CASE(\"" + name + "\"") != std::string::npos);
  }
}
