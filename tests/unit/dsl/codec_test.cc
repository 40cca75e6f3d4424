// Layout and checksum.

#include "bind_support.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

const std::string kText = R"(zmig 1

description "Weights"
author "Ana"
tags "v1"

require column "Peso" of "Pedidos" exists

in sheet "Pedidos" {
  drop column "Peso"
}

ensure sheet "Pedidos" lost 1 column

down {
  in sheet "Pedidos" {
    restore column "Peso"
  }
}
)";

std::string checksum(const std::string& text) {
  Diagnostics found;
  const std::string out = make_codec()->checksum({"0003_demo.zmig", text}, 0, found);
  CHECK(found.empty());
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("layout, comments, description, author, tags and the down block do not count") {
  const std::string before = checksum(kText);
  CHECK(before.size() == 71);
  CHECK(before.starts_with("sha256:"));
  CHECK(checksum(replaced(kText, "  drop", "      drop   ")) == before);
  CHECK(checksum(replaced(kText, "  drop", "  # why\n  drop")) == before);
  CHECK(checksum(replaced(kText, "\"Peso\"\n}", "\"Peso\" # gone\n}")) == before);
  CHECK(checksum(replaced(kText, "\"Weights\"", "\"Kilograms\"")) == before);
  CHECK(checksum(replaced(kText, "author \"Ana\"\n", "")) == before);
  CHECK(checksum(replaced(kText, "tags \"v1\"", "tags \"v2\", \"v3\"")) == before);
  CHECK(checksum(replaced(kText, "    restore column \"Peso\"\n", "")) == before);
  CHECK(checksum(replaced(kText, "zmig 1\n", "zmig 1\r\n")) == before);
}

TEST_CASE("meaning counts") {
  const std::string before = checksum(kText);
  CHECK(checksum(replaced(kText, "drop column \"Peso\"", "drop column \"Unidad\"")) != before);
  CHECK(checksum(replaced(kText, "exists", "is missing")) != before);
  CHECK(checksum(replaced(kText, "lost 1 column", "lost 2 columns")) != before);
  CHECK(checksum(replaced(kText, "tags \"v1\"\n", "keep undo data for 3 days\n")) != before);
}

TEST_CASE("a migration carries the checksum of its file") {
  const Bound bound = bind_text(kText, shop());
  CHECK(bound.said() == "");
  CHECK(bound.migration.checksum == checksum(kText));
}

TEST_CASE("the checksum is that of the canonical text, fixed for ever") {
  CHECK(checksum("zmig 1\nforget sheet \"Color\"\n") ==
        "sha256:2635c2fbc8683c84744c805d79f5466a7c1ab1b3093e327351846cf10254e73a");
}

TEST_CASE("a file with errors has no checksum and no canonical form") {
  const SourceFile broken{"0003_demo.zmig", "zmig 1\ndropp sheet \"A\"\n"};
  Diagnostics summed, formatted;
  CHECK(make_codec()->checksum(broken, 0, summed) == "");
  CHECK(make_codec()->format(broken, 0, formatted) == "");
  CHECK(summed.has_errors());
  CHECK(formatted.has_errors());
}

TEST_CASE("the canonical form is a fixed point and keeps comments") {
  const std::string untidy =
      "zmig   1\r\ntags \"b\"\ndescription   \"x\"  # said\n# above\nin sheet \"Pedidos\" {\n\n   drop column   "
      "\"Peso\"  # "
      "heavy\n\n}\nforget sheet \"Clientes\"";
  const std::string tidy = R"(zmig 1

description "x"  # said
tags "b"

# above
in sheet "Pedidos" {
  drop column "Peso"  # heavy
}

forget sheet "Clientes"
)";
  Diagnostics found;
  CHECK(make_codec()->format({"a", untidy}, 0, found) == tidy);
  CHECK(make_codec()->format({"a", tidy}, 0, found) == tidy);
  CHECK(found.empty());
}

TEST_CASE("the order of properties and the shape of blocks change neither operations nor checksum") {
  const std::string block = in_pedidos("change column \"Peso\" {\nhidden\ntype number\nnote \"x\"\n}");
  const std::string line = in_pedidos("change column \"Peso\" {\ntype number\nnote \"x\"\nhidden\n}");
  const Bound first = bind_text(block, shop());
  const Bound second = bind_text(line, shop());
  CHECK(first.said() == "");
  CHECK(first.migration.checksum == second.migration.checksum);
  const ColumnRef at = in_pedidos("cPeso", "Peso");
  const std::vector<Operation> wanted{op::ChangeType{at, {TypeKind::number, 0, {}}, {}, {}}, op::SetNote{at, "x"},
                                      op::SetHidden{at, true}};
  CHECK(first.migration.script.operations == wanted);
  CHECK(second.migration.script.operations == wanted);
}
