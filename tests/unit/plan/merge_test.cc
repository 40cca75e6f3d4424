#include "plan/merge.h"

#include "plan/identity.h"
#include "plan_builders.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Capture of_estado(std::vector<CapturedCell> cells) {
  Capture capture;
  capture.sheet = "s1";
  capture.column = "estado";
  capture.columns = {"tag", "peso"};
  capture.cells = std::move(cells);
  return capture;
}

/// What a capture would call the row that stands there.
std::string identity_at(TableCells& cells, std::uint64_t number) {
  const Sheet& sheet = *cells.schema().sheet("s1");
  const std::vector<std::string> excluded{"estado"};
  const Identity identity = Identity::of(sheet, excluded);
  std::vector<Cell> row;
  for (const std::string& id : identity.columns()) row.push_back(cells.at("s1", number, id));
  return identity(row);
}

}  // namespace

TEST_CASE("the three-way merge over every combination of before, after and now") {
  const std::vector<Cell> values{cell(text("a")), cell(text("b")), cell(Blank{})};
  for (const Cell& before : values) {
    for (const Cell& after : values) {
      for (const Cell& now : values) {
        const MergedCell merged = merge_cell(before, after, now, change::Restore::values);
        // The three rows of the table in language.md 4.7, in its order of precedence.
        MergedCell expected;
        expected.write = before;
        expected.verdict = now == before  ? MergedCell::Verdict::nothing
                           : now == after ? MergedCell::Verdict::write
                                          : MergedCell::Verdict::kept;
        CHECK(merged == expected);
      }
    }
  }
}

TEST_CASE("a merge of values leaves the format, a merge of formats the value") {
  const Cell before{text("a"), {}, "0"};
  const Cell after{text("b"), {}, "0.00"};
  const Cell now{text("b"), {}, "#"};
  CHECK(merge_cell(before, after, now, change::Restore::values).write == Cell{text("a"), {}, "#"});
  CHECK(merge_cell(before, after, now, change::Restore::formats).verdict == MergedCell::Verdict::kept);
  CHECK(merge_cell(before, after, after, change::Restore::formats).write == Cell{text("b"), {}, "0"});
  CHECK(merge_cell(before, after, after, change::Restore::both).write == before);
}

TEST_CASE("a captured row is found at its number, or by what it holds when it moved") {
  TableCells cells = workbook();
  const std::string first = identity_at(cells, 2);
  const std::string last = identity_at(cells, 5);
  const std::vector<Capture> captures{
      of_estado({{{2, 0, first}, cell(text("x")), cell(text("y"))}, {{5, 0, last}, cell(text("x")), cell(Blank{})}})};
  // A row is put in between, so that the last one moves from 5 to 6.
  cells.rows("s1").insert(cells.rows("s1").begin() + 1, TableCells::Row{{"tag", cell(text("A-9"))}});
  const Result<std::vector<FoundCell>> found = find_captured(captures, {"s1", "estado"}, cells);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].row->number == 2);
  CHECK((*found)[0].now == cell(text("DISPONIBLE")));
  CHECK((*found)[1].row->number == 6);
}

TEST_CASE("a row that is gone, or that looks like others, is not guessed") {
  TableCells cells = workbook();
  const std::string last = identity_at(cells, 5);
  const std::vector<Capture> captures{of_estado({{{5, 0, last}, cell(text("x")), cell(Blank{})}})};
  SECTION("gone") {
    cells.rows("s1").pop_back();
    const Result<std::vector<FoundCell>> found = find_captured(captures, {"s1", "estado"}, cells);
    REQUIRE(found);
    CHECK_FALSE(found->front().row);
    CHECK_FALSE(found->front().ambiguous);
  }
  SECTION("moved, and doubled") {
    const TableCells::Row twin = cells.rows("s1")[3];
    cells.rows("s1").insert(cells.rows("s1").begin(), {twin, twin});
    cells.rows("s1").erase(cells.rows("s1").begin() + 5);
    const Result<std::vector<FoundCell>> found = find_captured(captures, {"s1", "estado"}, cells);
    REQUIRE(found);
    CHECK_FALSE(found->front().row);
    CHECK(found->front().ambiguous);
  }
}

TEST_CASE("several captures of one cell become one: the first before, the last after") {
  TableCells cells = workbook();
  const std::string first = identity_at(cells, 2);
  Capture one = of_estado({{{2, 0, first}, cell(text("a")), cell(text("b"))}});
  Capture two = of_estado({{{2, 0, first}, cell(text("b")), cell(text("c"))}});
  two.step = 3;
  const Result<std::vector<FoundCell>> found = find_captured({two, one}, {"s1", "estado"}, cells);
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().captured.before == cell(text("a")));
  CHECK(found->front().captured.after == cell(text("c")));
}
