#include <set>
#include <string>
#include <utility>
#include <vector>

#include <zmig/change.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

template <std::size_t... Index>
std::vector<Change> one_of_each(std::index_sequence<Index...>) {
  return {Change(std::in_place_index<Index>)...};
}

std::vector<Change> all() { return one_of_each(std::make_index_sequence<std::variant_size_v<Change>>{}); }

std::vector<std::string> names_where(bool (*predicate)(const Change&)) {
  std::vector<std::string> names;
  for (const Change& change : all()) {
    if (predicate(change)) names.emplace_back(name_of(change));
  }
  return names;
}

source::Formula formula() {
  source::Formula made;
  made.value = binary(col("c2"), BinaryOp::add, col("c3"));
  made.where = Expr{expr::IsBlank{col("c4"), false}};
  return made;
}

}  // namespace

TEST_CASE("each change has a name of its own, as in JSON") {
  std::set<std::string_view> names;
  for (const Change& change : all()) names.insert(name_of(change));
  CHECK(names.size() == 29);
  CHECK(name_of(change::InsertSheet{}) == "insert_sheet");
  CHECK(name_of(change::CopySheet{}) == "copy_sheet");
  CHECK(name_of(change::SetComputed{}) == "set_computed");
  CHECK(name_of(change::SetProtection{}) == "set_protection");
  CHECK(name_of(change::FillEmpty{}) == "fill_empty");
  CHECK(name_of(change::DeleteRows{}) == "delete_rows");
  CHECK(name_of(change::RenameRange{}) == "rename_range");
  CHECK(name_of(change::Untrack{}) == "untrack");
  CHECK(name_of(change::RenameEnum{}) == "rename_enum");
  CHECK(name_of(change::Native{}) == "native");
}

TEST_CASE("all but six changes are core") {
  CHECK(names_where([](const Change& change) { return !is_core(change); }) ==
        std::vector<std::string>{"copy_sheet", "set_computed", "set_range", "rename_range", "rename_enum", "native"});
}

TEST_CASE("a capture is needed where cells of existing rows change") {
  CHECK(names_where(needs_capture) == std::vector<std::string>{"delete_sheet", "delete_column", "retype",
                                                               "set_computed", "set_format", "fill_empty",
                                                               "write_cells", "restore_cells", "delete_rows"});
}

TEST_CASE("structure and rows are told") {
  CHECK(names_where([](const Change& change) { return footprint(change).structure; }) ==
        std::vector<std::string>{"insert_sheet", "copy_sheet", "delete_sheet", "set_title", "insert_column",
                                 "delete_column", "move_column", "set_header", "native"});
  CHECK(names_where([](const Change& change) { return footprint(change).rows; }) ==
        std::vector<std::string>{"insert_rows", "delete_rows"});
}

TEST_CASE("write_cells reads what its formula and its where read") {
  const Footprint regions = footprint(change::WriteCells{{"s1", "c1"}, formula()});
  CHECK(regions.reads == std::vector<Scope>{{"s1", "c1"}, {"s1", "c2"}, {"s1", "c3"}, {"s1", "c4"}});
  CHECK(regions.writes == std::vector<Scope>{{"s1", "c1"}});
}

TEST_CASE("rows touch the whole sheet and read their keys") {
  const Footprint regions = footprint(change::InsertRows{"s1", source::Rows{{"c1"}, {"c1", "c2"}, {}}});
  CHECK(regions.reads == std::vector<Scope>{{"s1", "c1"}});
  CHECK(regions.writes == std::vector<Scope>{{"s1", ""}});
}

TEST_CASE("facts beside the cells touch no cell") {
  for (const Change& change : std::vector<Change>{
           change::SetNote{}, change::SetAllowed{}, change::SetHidden{}, change::SetFrozen{}, change::SetProtection{},
           change::SetRules{}, change::Track{}, change::Untrack{}, change::SetEnum{}, change::MoveColumn{}}) {
    CHECK(footprint(change).reads.empty());
    CHECK(footprint(change).writes.empty());
  }
  CHECK(footprint(change::DeleteSheet{"s1"}).writes == std::vector<Scope>{{"s1", ""}});
  CHECK(footprint(change::InsertColumn{"s1", column("c9", "A"), {}}).writes == std::vector<Scope>{{"s1", "c9"}});
}
