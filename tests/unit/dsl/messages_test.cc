// The worked messages of the language, number by number, with their exact text.

#include <cstdio>
#include <string>

#include "support/catch.h"
#include "unit/dsl/language_files.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

std::string golden(int number) {
  char name[16];
  std::snprintf(name, sizeof name, "%02d.txt", number);
  return test::read_all(test::language_data() / "messages" / name);
}

test::Read sample(const char* name) {
  return test::read_text(test::read_all(test::language_data() / "messages" / name), name);
}

}  // namespace

TEST_CASE("sixteen mistakes in one file give the worked messages 1 to 16", "[dsl][messages]") {
  const auto read = sample("0003_demo.zmig");
  REQUIRE(read.diagnostics.all().size() == 16);
  for (int number = 1; number <= 16; ++number) {
    INFO("message " << number);
    CHECK(render(read.diagnostics.all()[static_cast<std::size_t>(number - 1)], read.sources) == golden(number));
  }
}

TEST_CASE("a file without its first line gives the worked message 17", "[dsl][messages]") {
  const auto read = sample("0004_nohead.zmig");
  REQUIRE(read.diagnostics.all().size() == 1);
  CHECK(render(read.diagnostics.all()[0], read.sources) == golden(17));
}

TEST_CASE("a block that is never closed gives the worked message 18", "[dsl][messages]") {
  const auto read = sample("0005_open.zmig");
  REQUIRE(read.diagnostics.all().size() == 1);
  CHECK(render(read.diagnostics.all()[0], read.sources) == golden(18));
}

TEST_CASE("a file of a newer language gives one message", "[dsl][messages]") {
  const auto read = test::read_text("zmig 2\nsomething \"new\"\n", "0031_next.zmig");
  REQUIRE(read.diagnostics.all().size() == 1);
  CHECK(render(read.diagnostics.all()[0], read.sources) ==
        "error[ZM0021]: this file is written in language 2\n"
        " --> 0031_next.zmig:1:6\n"
        "  |\n"
        "1 | zmig 2\n"
        "  |      ^ this zmig (" ZMIG_VERSION
        ") reads language 1\n"
        "  = help: upgrade zmig; nothing in this folder was planned\n");
}
