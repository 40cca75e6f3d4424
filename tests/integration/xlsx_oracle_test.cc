// Shifted columns as LibreOffice sees them: it does the same on the same workbook, and both results have to show the
// same. Without LibreOffice and python3-uno the check says "not run" and counts as skipped.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <sys/wait.h>

#include "support/catch.h"
#include "support/crafted_book.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::xlsx;

namespace {

struct Case {
  std::string name;
  ShiftStep step;
  ShiftAxis axis = ShiftAxis::columns;
};

const char* word_of(ShiftStep::Kind kind) {
  switch (kind) {
    case ShiftStep::Kind::insert: return "insert";
    case ShiftStep::Kind::remove: return "remove";
    case ShiftStep::Kind::move: return "move";
  }
  return "";
}

}  // namespace

TEST_CASE("oracle: LibreOffice sees the same after the same operation") {
  using Kind = ShiftStep::Kind;
  const TempFolder folder;
  const std::vector<Case> cases = {
      {"insert_before_c", {Kind::insert, 2, 1, 0, {}}},
      {"insert_first", {Kind::insert, 0, 1, 0, {}}},
      {"insert_inside_a_merge", {Kind::insert, 3, 2, 0, {}}},
      {"insert_two_at_the_end", {Kind::insert, 7, 2, 0, {}}},
      {"remove_id", {Kind::remove, 0, 1, 0, {}}},
      {"remove_the_last", {Kind::remove, 6, 1, 0, {}}},
      {"move_id_behind_nombre", {Kind::move, 0, 1, 2, {}}},
      {"move_the_last_to_the_front", {Kind::move, 6, 1, 0, {}}},
      {"insert_rows_among_data", {Kind::insert, 3, 2, 0, {}}, ShiftAxis::rows},
      {"insert_a_row_above_all", {Kind::insert, 1, 1, 0, {}}, ShiftAxis::rows},
      {"remove_a_row_of_data", {Kind::remove, 4, 1, 0, {}}, ShiftAxis::rows},
      {"remove_rows_below", {Kind::remove, 6, 2, 0, {}}, ShiftAxis::rows},
  };
  {
    std::ofstream list(folder.at("cases.txt"));
    for (const Case& one : cases) {
      PartsInMemory book(parts_of(crafted_book()));
      write_archive(folder.at(one.name + ".before.xlsx"), book.parts());
      const auto report = shift_book(book.ports(), {"Datos", 1, {one.step}, one.axis, {}, false, {}, true});
      INFO(one.name << " " << (report ? "" : report.error().message));
      REQUIRE(report.has_value());
      write_archive(folder.at(one.name + ".after.xlsx"), book.parts());
      list << one.name << " Datos " << word_of(one.step.kind) << (one.axis == ShiftAxis::rows ? "_rows " : " ")
           << one.step.at << " " << one.step.count << " " << one.step.to << "\n";
    }
  }
  const std::string command = "/usr/bin/python3 '" ZMIG_SOURCE_DIR "/tests/integration/xlsx_oracle.py' '" +
                              folder.path() + "' > '" + folder.at("said") + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream file(folder.at("said"));
  const std::string said((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) {
    std::cout << "not run: LibreOffice with python3-uno is not there: " << said << "\n";
    return;
  }
  std::cout << said;
  INFO(said);
  CHECK(WEXITSTATUS(status) == 0);
}
