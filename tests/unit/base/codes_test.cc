#include <zmig/diagnostic.h>

#include <algorithm>
#include <set>

#include "support/catch.h"

using namespace zmig;

namespace {
Diagnostics with(std::vector<std::pair<Severity, std::string>> findings) {
  Diagnostics all;
  for (auto& [severity, code] : findings) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.code = std::move(code);
    all.add(std::move(diagnostic));
  }
  return all;
}
}  // namespace

TEST_CASE("the code table is sorted, without doubles, and every row says something") {
  const auto table = code_table();
  REQUIRE(table.size() > 100);
  const std::set<int> exits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 64, 65, 66, 69, 75, 77, 78};
  for (std::size_t i = 0; i < table.size(); ++i) {
    CAPTURE(table[i].code);
    if (i > 0) CHECK(table[i - 1].code < table[i].code);
    CHECK(table[i].code.size() == 6);
    CHECK(table[i].code.substr(0, 2) == "ZM");
    CHECK_FALSE(table[i].says.empty());
    CHECK(table[i].says.back() != '.');
    CHECK(table[i].says.find('\n') == std::string_view::npos);
    CHECK(exits.count(table[i].exit) == 1);
  }
}

TEST_CASE("every code is found, and nothing else is") {
  for (const CodeRow& row : code_table()) CHECK(find_code(row.code) == &row);
  CHECK(find_code("ZM0012")->says == "unknown escape in a text");
  for (const char* none : {"", "ZM", "ZM0000", "ZM0310", "ZM0328", "ZM9999", "zm0012"})
    CHECK(find_code(none) == nullptr);
}

TEST_CASE("codes decide the exit code that the documents give them") {
  const std::vector<std::pair<std::string, int>> samples = {
      {"ZM0001", 65}, {"ZM0123", 65}, {"ZM0201", 8},  {"ZM0302", 3},  {"ZM0304", 5},  {"ZM0308", 5},
      {"ZM0324", 3},  {"ZM0325", 0},  {"ZM0401", 7},  {"ZM0402", 6},  {"ZM0403", 75}, {"ZM0404", 69},
      {"ZM0406", 77}, {"ZM0408", 78}, {"ZM0410", 75}, {"ZM0470", 69}, {"ZM0471", 75}, {"ZM0477", 5},
      {"ZM0481", 78}, {"ZM0501", 5},  {"ZM0505", 9},  {"ZM0507", 0},  {"ZM0602", 3},  {"ZM0604", 78},
      {"ZM0703", 64}, {"ZM0704", 10}, {"ZM0711", 78}, {"ZM0902", 5},  {"ZM9901", 1}};
  for (const auto& [code, exit] : samples) {
    CAPTURE(code);
    REQUIRE(find_code(code) != nullptr);
    CHECK(find_code(code)->exit == exit);
  }
}

TEST_CASE("the stronger exit code wins, in the order of the documents") {
  const std::vector<int> order = {64, 78, 65, 66, 77, 69, 75, 7, 8, 3, 9, 10, 5, 4, 2, 1, 0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i; j < order.size(); ++j) {
      CHECK(stronger_exit(order[i], order[j]) == order[i]);
      CHECK(stronger_exit(order[j], order[i]) == order[i]);
    }
  }
}

TEST_CASE("a run that has written and did not finish, or was stopped, decides alone") {
  CHECK(stronger_exit(6, 64) == 6);
  CHECK(stronger_exit(78, 130) == 130);
  CHECK(stronger_exit(143, 6) == 143);
}

TEST_CASE("only errors decide the exit code of diagnostics") {
  CHECK(exit_code_of(Diagnostics()) == 0);
  CHECK(exit_code_of(with({{Severity::warning, "ZM0001"}, {Severity::info, "ZM0302"}})) == 0);
  CHECK(exit_code_of(with({{Severity::error, "ZM0302"}, {Severity::error, "ZM0102"}})) == 65);
  CHECK(exit_code_of(with({{Severity::error, "ZM1806"}, {Severity::error, "ZM0304"}})) == 5);
}

TEST_CASE("an error never ends with 0") {
  CHECK(exit_code_of(with({{Severity::error, "ZM0325"}})) == 1);
  CHECK(exit_code_of(with({{Severity::error, "ZM0999"}})) == 1);
}
