#include <zmig/target.h>

#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::test;

TEST_CASE("a scheme or an extension or a folder says the kind of target") {
  FakePorts fake;
  const TempFolder folder;
  const auto parsed = [&](const std::string& text) {
    const auto url = parse_target_url(text, *fake.files);
    return url ? url->scheme + " " + url->rest : url.error().zm;
  };
  CHECK(parsed("sqlite:a b.txt") == "sqlite a b.txt");
  CHECK(parsed("memory:") == "memory ");
  CHECK(parsed("csv:x") == "csv x");
  CHECK(parsed("a/book.db") == "sqlite a/book.db");
  CHECK(parsed("BOOK.SQLite3") == "sqlite BOOK.SQLite3");
  CHECK(parsed("Pedidos.csv") == "csv Pedidos.csv");
  CHECK(parsed(folder.path()) == "csv " + folder.path());
  CHECK(parsed("book.xlsm") == "xlsx book.xlsm");
  CHECK(parsed("BOOK.XLSX") == "xlsx BOOK.XLSX");
  CHECK(parsed("book.xls") == "xlsx book.xls");  // to be refused by name
  CHECK(parsed("book.ods") == "ZM0703");
  CHECK(parsed("sqlite:") == "ZM0703");
}

TEST_CASE("an unknown scheme lists the known ones and the nearest, without secrets") {
  FakePorts fake;
  const auto typo = parse_target_url("sqlit:book.db", *fake.files);
  REQUIRE(!typo.has_value());
  CHECK(typo.error() == make_error(Errc::invalid_input, "ZM0703",
                                   "there is no kind of target \"sqlit\" in \"sqlit:book.db\"",
                                   "did you mean `sqlite:`? known: `sqlite:`, `csv:`, `xlsx:`, `gsheet:`, `memory:`"));
  const auto secret = parse_target_url("postgres://ana:hunter2@host/db", *fake.files);
  REQUIRE(!secret.has_value());
  CHECK(secret.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("every kind opens, and says what is missing") {
  FakePorts fake;
  const TempFolder folder;
  for (const TargetKind& kind : target_kinds()) {
    CAPTURE(std::string(kind.scheme));
    const auto opened = open_target({std::string(kind.scheme), folder.at("nothing")}, {}, fake.ports);
    if (kind.scheme == "memory") {
      REQUIRE(opened.has_value());
      CHECK((*opened)->inspect()->sheets.empty());
    } else if (kind.scheme == "gsheet") {
      REQUIRE(!opened.has_value());
      CHECK(opened.error().code == Errc::invalid_input);
      CHECK(opened.error().zm == "ZM0703");  // a path is no id
    } else {
      REQUIRE(!opened.has_value());
      CHECK(opened.error().code == Errc::not_found);
      CHECK(opened.error().zm == "ZM0404");
    }
  }
  CHECK(find_target_kind("postgres") == nullptr);
  CHECK(folder.names().empty());
}
