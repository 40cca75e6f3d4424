#include <set>
#include <string>
#include <vector>

#include <zmig/cells.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Cell cell(Value value, std::string formula = {}, std::string format = {}) {
  return {std::move(value), std::move(formula), std::move(format)};
}

Column box() {
  Column made = column("c9", "Listo", of_kind(TypeKind::boolean));
  made.allowed.kind = Allowed::Kind::checkbox;
  return made;
}

}  // namespace

TEST_CASE("a row is a data row by a cell that is neither blank nor a formula nor blanks") {
  const Column plain = column("c1", "A");
  CHECK(counts_as_data(cell(text("x")), plain));
  CHECK(counts_as_data(cell(number(0)), plain));
  CHECK(counts_as_data(cell(CellError{"#N/A"}), plain));
  CHECK_FALSE(counts_as_data(cell(Blank{}), plain));
  CHECK_FALSE(counts_as_data(cell(Blank{}, "A1"), plain));
  CHECK_FALSE(counts_as_data(cell(number(5), "SUM(A1)"), plain));
  CHECK_FALSE(counts_as_data(cell(text(" \xC2\xA0\xE2\x80\x8B")), plain));
  CHECK_FALSE(counts_as_data(cell(Blank{}, "", "0.00"), plain));
}

TEST_CASE("FALSE counts unless it is a box that nobody checked") {
  CHECK(counts_as_data(cell(boolean(false)), column("c1", "A", of_kind(TypeKind::boolean))));
  CHECK_FALSE(counts_as_data(cell(boolean(false)), box()));
  CHECK_FALSE(counts_as_data(cell(text("false")), box()));
  CHECK(counts_as_data(cell(boolean(true)), box()));
  CHECK(counts_as_data(cell(text("x")), box()));
}

TEST_CASE("columns with a blank header and those that this file adds make no data row") {
  const Sheet found =
      sheet("s1", "S",
            {column("c1", "A"), foreign("~", ""), foreign("~#2", " \xC2\xA0"), foreign("~B", "B"), column("c2", "C")});
  const std::vector<std::string> added = {"c2"};
  CHECK(data_row_columns(found, added) == std::vector<std::string>{"c1", "~B"});
  CHECK(data_row_columns(found, {}) == std::vector<std::string>{"c1", "~B", "c2"});
}

TEST_CASE("a row is known by its key, else by a hash of its managed, not computed cells") {
  Sheet found = sheet("s1", "S", {column("c1", "A"), column("c2", "B"), column("c3", "C"), foreign("~D", "D")});
  found.columns[2].computed = Computed{"[A]", false};
  CHECK(identity_columns(found) == std::vector<std::string>{"c1", "c2"});
  const std::vector<Cell> cells = {cell(text("a")), cell(number(1))};
  const std::string hash = row_identity(found, cells);
  CHECK(hash.size() == 18);
  CHECK(hash.substr(0, 2) == "h:");

  found.rules.keys = {{"c2", "c1"}};
  CHECK(identity_columns(found) == std::vector<std::string>{"c2", "c1"});
  CHECK(row_identity(found, std::vector<Cell>{cell(number(1)), cell(text("a"))}) == "\"1\", \"a\"");

  found.columns[1].rules.key = true;
  CHECK(identity_columns(found) == std::vector<std::string>{"c2"});
  CHECK(row_identity(found, std::vector<Cell>{cell(number(412))}) == "412");
  CHECK(row_identity(found, std::vector<Cell>{cell(Blank{})}).substr(0, 2) == "h:");
}

TEST_CASE("the hash of a row does not see formats and cached results") {
  const Sheet found = sheet("s1", "S", {column("c1", "A")});
  const auto identity = [&](const Cell& one) { return row_identity(found, std::vector<Cell>{one}); };
  CHECK(identity(cell(number(1))) == identity(cell(number(1), "", "0.00")));
  CHECK(identity(cell(number(1), "A1")) == identity(cell(number(2), "A1")));
  CHECK(identity(cell(number(1))) != identity(cell(text("1"))));
}

TEST_CASE("no two different cells have the same bytes") {
  const std::vector<Cell> cells = {cell(Blank{}),        cell(text("1")),        cell(number(1)),
                                   cell(boolean(true)),  cell(text("TRUE")),     cell(Date{1}),
                                   cell(Time{1}),        cell(DateTime{1}),      cell(CellError{"1"}),
                                   cell(text("a"), "b"), cell(text("ab")),       cell(text("a"), "", "b"),
                                   cell(Blank{}, "1"),   cell(Blank{}, "", "1"), cell(text("1\n-")),
                                   cell(text("af1:b")),  cell(text("a\nt1:b"))};
  std::set<std::string> bytes;
  for (const Cell& one : cells) bytes.insert(cell_bytes(one));
  CHECK(bytes.size() == cells.size());
  CHECK(cell_bytes(cell(text("a"))) + cell_bytes(cell(text("b"))) != cell_bytes(cell(text("a\nt1:b"))));
}
