#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <zmig/schema.h>

#include "support/catch.h"
#include "unit/model/builders.h"

using namespace zmig;
using namespace zmig::test;

namespace {

// Everything that a schema can hold, at least once.
Schema rich() {
  Schema schema;
  schema.locale = "es-CL";
  schema.time_zone = "America/Santiago";
  Column status = column("c0a1b2c3d4e5", "Revisi\xC3\xB3n \"x\"\n", of_kind(TypeKind::enumeration, 0, "Estados"));
  status.note = "Nota";
  status.hidden = true;
  status.protection = Editors{{"encargada@example.org"}};
  status.allowed.kind = Allowed::Kind::list;
  status.allowed.values = {"A", "B"};
  status.allowed.enum_name = "Estados";
  status.allowed.strict = false;
  status.rules.fallback = text("A");
  status.rules.required = status.rules.unique = status.rules.lenient = true;
  status.rules.aliases = {"Rev.", "Rev"};
  status.rules.deprecated = Deprecation{"Estado"};
  status.rules.blank_means = "nobody counted yet";
  status.rules.owner = "engineering";
  status.rules.readers = Readers::tolerate;
  Column weight = column("c1", "Peso", of_kind(TypeKind::decimal, 2));
  weight.format = "0.00";
  weight.rules.key = true;
  weight.rules.readers = Readers::expect;
  weight.rules.deprecated = Deprecation{};
  Column price = column("c2", "Precio", of_kind(TypeKind::currency, 0, "CLP"));
  price.computed = Computed{"[Peso] * 2", false};
  price.protection = Editors{};
  Column other = column("c3", "Ref", of_kind(TypeKind::reference, 0, "s2"));
  other.allowed.kind = Allowed::Kind::column;
  other.allowed.sheet = "s2";
  other.allowed.column = "c9";
  other.computed = Computed{"=[Peso]", true};
  Column box = column("c4", "Listo", of_kind(TypeKind::boolean));
  box.allowed.kind = Allowed::Kind::checkbox;
  Sheet first = sheet("s1", "Operaciones", {status, weight, price, other, box, foreign("~Color", "Color")});
  first.header_row = 3;
  first.frozen = first.hidden = true;
  first.protection = Editors{{"a@example.org", "b@example.org"}};
  first.rules.keys = {{"c1", "c2"}};
  first.rules.uniques = {{"c2", "c3"}, {"c1", "c3"}};
  first.rules.checks = {{"peso", "[Peso] >= 0"}};
  first.rules.keep_order = first.rules.foreign_forbidden = true;
  Sheet second = sheet("~Notas", "Notas");
  second.managed = false;
  schema.sheets = {first, second};
  schema.enums = {{"Estados", {{"A", "first", true}, {"B", std::nullopt, false}}}, {"Leer", {}}};
  schema.ranges = {{"Pesos", "s1", "c1", "c2"}};
  return schema;
}

Schema must_schema(std::string_view json) {
  auto result = schema_from_json(json);
  REQUIRE(result.has_value());
  return std::move(result).value();
}

/// The same document without the line feeds and blanks between its parts.
std::string without_layout(std::string_view text) {
  std::string out;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text && c == '\\') {
      out += c;
      out += text[++at];
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || (c != '\n' && c != ' ')) out += c;
  }
  return out;
}

std::string error_of(std::string_view json) {
  const auto result = schema_from_json(json);
  return result.has_value() ? "no error" : result.error().zm + " " + result.error().message;
}

// A document of one sheet with one column, to which `member` is added.
std::string with_column(const std::string& member) {
  return R"({"schema": 1, "sheets": [{"id": "s1", "title": "T", "columns": [{"id": "c1", "header": "H", "type": "text"}, {"id": "c2", "header": "I", )" +
         member + "}]}]}";
}

}  // namespace

TEST_CASE("a rich schema comes back from its JSON as it was") {
  const auto back = schema_from_json(schema_to_json(rich()));
  REQUIRE(back.has_value());
  CHECK(*back == rich());
}

TEST_CASE("an empty schema is four lines of JSON") {
  CHECK(schema_to_json(Schema{}) == "{\n  \"enums\": [],\n  \"ranges\": [],\n  \"schema\": 1,\n  \"sheets\": []\n}\n");
  CHECK(*schema_from_json(schema_to_json(Schema{})) == Schema{});
}

TEST_CASE("members are sorted, indented by two blanks, and what is usual is left out") {
  Schema schema;
  Column version = column("c1", "version", of_kind(TypeKind::integer));
  version.rules.fallback = number(0);
  schema.sheets = {sheet("s1", "Operaciones", {version})};
  CHECK(schema_to_json(schema) == R"({
  "enums": [],
  "ranges": [],
  "schema": 1,
  "sheets": [
    {
      "columns": [
        {
          "default": {
            "number": 0
          },
          "header": "version",
          "id": "c1",
          "type": "integer"
        }
      ],
      "id": "s1",
      "title": "Operaciones"
    }
  ]
}
)");
}

TEST_CASE("a default keeps its kind") {
  for (const Value& value : {text("0"), number(0), number(0.1), number(-9007199254740991.0), number(1e300),
                             boolean(false), date(2026, 1, 26), date(1, 1, 1), Value{Time{41'628'120}},
                             at(2026, 5, 13, 41'628'000), Value{Blank{}}, Value{CellError{"#N/A"}}}) {
    Column holder = column("c1", "H");
    holder.rules.fallback = value;
    const auto back = column_from_json(column_to_json(holder));
    REQUIRE(back.has_value());
    CHECK(*back == holder);
  }
}

TEST_CASE("columns and sheets have a form of their own, on one line") {
  const Schema schema = rich();
  for (const Column& one : schema.sheets[0].columns) {
    CHECK(column_to_json(one).find('\n') == std::string::npos);
    CHECK(*column_from_json(column_to_json(one)) == one);
  }
  Sheet bare = schema.sheets[0];
  bare.columns.clear();
  CHECK(sheet_to_json(schema.sheets[0]) == sheet_to_json(bare));
  CHECK(*sheet_from_json(sheet_to_json(schema.sheets[0])) == bare);
}

TEST_CASE("the catalogue holds the managed part only") {
  Schema managed = rich();
  managed.sheets.pop_back();
  managed.sheets[0].columns.pop_back();
  const auto back = catalogue_from_json(catalogue_to_json(rich()));
  REQUIRE(back.has_value());
  CHECK(*back == managed);
}

TEST_CASE("the digest does not see foreign things, and sees everything else") {
  const std::string before = schema_digest(rich());
  CHECK(before.substr(0, 7) == "sha256:");
  CHECK(before.size() == 71);
  Schema schema = rich();
  schema.sheets.pop_back();
  schema.sheets[0].columns.pop_back();
  CHECK(schema_digest(schema) == before);
  schema.sheets[0].columns[0].rules.required = false;
  CHECK(schema_digest(schema) != before);
}

TEST_CASE("what is wrong is named with its path") {
  CHECK(error_of("[]") == "ZM0702 needs an object, holds a list");
  CHECK(error_of("{}") == "ZM0702 member \"schema\" is missing");
  CHECK(error_of(R"({"schema": 1})") == "ZM0702 member \"sheets\" is missing");
  CHECK(error_of(R"({"schema": 2, "sheets": [], "later": 1})") ==
        "ZM0702 schema: version 2 was written by a newer zmig; this one reads up to 1");
  CHECK(error_of(R"({"schema": "1", "sheets": []})") == "ZM0702 schema: needs a whole number from 1 to 2147483647");
  CHECK(error_of(R"({"schema": 1, "sheets": {}})") == "ZM0702 sheets: needs a list, holds an object");
  CHECK(error_of(R"({"schema": 1, "sheets": [], "extra": 1})") == "ZM0702 member \"extra\" is not known here");
  CHECK(error_of(R"({"schema": 1, "sheets": [{"id": "s1", "title": 5, "columns": []}]})") ==
        "ZM0702 sheets[0].title: needs a text, holds a number");
  CHECK(error_of(R"({"schema": 1, "sheets": [{"id": "s1", "title": "T", "header_row": 0, "columns": []}]})") ==
        "ZM0702 sheets[0].header_row: needs a whole number from 1 to 4294967295");
  CHECK(error_of(R"({"schema": 1, "sheets": [{"id": "s1", "title": "T"}]})") ==
        "ZM0702 sheets[0]: member \"columns\" is missing");
  CHECK(error_of(R"({"schema": 1, "schema": 1, "sheets": []})") == "ZM0702 member \"schema\" is there twice");
  CHECK(
      error_of(R"({"schema": 1, "sheets": [], "enums": [{"name": "E", "values": [{"text": "A"}, {"text": "A"}]}]})") ==
      "ZM0702 enums[0].values[1]: value \"A\" is there twice");
}

TEST_CASE("a wrong member of a column is named with its path") {
  CHECK(error_of(with_column(R"("type": "text")")) == "no error");
  CHECK(error_of(with_column(R"("type": "txt")")) == "ZM0702 sheets[0].columns[1].type: no type \"txt\"");
  CHECK(error_of(with_column(R"("hidden": true)")) == "ZM0702 sheets[0].columns[1]: member \"type\" is missing");
  CHECK(error_of(with_column(R"("type": "text", "hidden": 1)")) ==
        "ZM0702 sheets[0].columns[1].hidden: needs true or false, holds a number");
  CHECK(error_of(with_column(R"("type": "text", "wide": 1)")) ==
        "ZM0702 sheets[0].columns[1]: member \"wide\" is not known here");
  CHECK(error_of(with_column(R"("type": "decimal")")) == "ZM0702 sheets[0].columns[1]: member \"digits\" is missing");
  CHECK(error_of(with_column(R"("type": "decimal", "digits": 11)")) ==
        "ZM0702 sheets[0].columns[1].digits: needs a whole number from 0 to 10");
  CHECK(error_of(with_column(R"("type": "text", "digits": 2)")) ==
        "ZM0702 sheets[0].columns[1]: member \"digits\" is not known here");
  CHECK(error_of(with_column(R"("type": "enum")")) == "ZM0702 sheets[0].columns[1]: member \"enum\" is missing");
  CHECK(error_of(with_column(R"("type": "text", "note": null)")) ==
        "ZM0702 sheets[0].columns[1].note: needs a text, holds nothing");
  CHECK(error_of(with_column(R"("type": "text", "aliases": ["a", 1])")) ==
        "ZM0702 sheets[0].columns[1].aliases[1]: needs a text, holds a number");
  CHECK(error_of(with_column(R"("type": "text", "allowed": {"rule": "some"})")) ==
        "ZM0702 sheets[0].columns[1].allowed.rule: no rule \"some\"");
  CHECK(error_of(with_column(R"("type": "text", "readers": "maybe")")) ==
        "ZM0702 sheets[0].columns[1].readers: needs require, expect or tolerate");
  for (const char* wrong :
       {"5", "\"x\"", "{}", R"({"text": ""})", R"({"text": 5})", R"({"date": "2026-02-31"})", R"({"number": "5"})",
        R"({"text": "a", "number": 1})", R"({"blank": false})", R"({"colour": "red"})"}) {
    CHECK(error_of(with_column(std::string(R"("type": "text", "default": )") + wrong)) ==
          "ZM0702 sheets[0].columns[1].default: needs one value such as {\"text\": \"x\"} or {\"number\": 1}");
  }
}

TEST_CASE("two sheets or columns of one id are no schema") {
  CHECK(
      error_of(
          R"({"schema": 1, "sheets": [{"id": "s1", "title": "A", "columns": []}, {"id": "s1", "title": "B", "columns": []}]})") ==
      "ZM0702 sheets: sheet id \"s1\" is there twice");
  CHECK(
      error_of(
          R"({"schema": 1, "sheets": [{"id": "s1", "title": "A", "columns": [{"id": "c", "header": "A", "type": "text"},
                     {"id": "c", "header": "B", "type": "text"}]}]})") ==
      "ZM0702 sheets[0].columns: column id \"c\" is there twice");
}

TEST_CASE("hostile texts end in an error and not in a crash") {
  CHECK(error_of("") == "ZM0702 is not well-formed JSON at byte 1");
  CHECK(error_of("{\"schema\": 1,") == "ZM0702 is not well-formed JSON at byte 14");
  CHECK(error_of(std::string(1'000'000, '[')) == "ZM0702 nested too deep");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(error_of(objects) == "ZM0702 nested too deep");
  CHECK(error_of("{\"schema\": 1e999, \"sheets\": []}").substr(0, 6) == "ZM0702");
  CHECK(error_of("{\"schema\": 99999999999999999999, \"sheets\": []}").substr(0, 6) == "ZM0702");
  CHECK(error_of("{\"schema\": 1, \"sheets\": [], \"locale\": \"\xFF\"}").substr(0, 6) == "ZM0702");
  CHECK(error_of(std::string("{\0}", 3)).substr(0, 6) == "ZM0702");
}

TEST_CASE("any single byte changed or cut off gives a schema or an error") {
  const std::string whole = schema_to_json(rich());
  std::size_t errors = 0;
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x15);
    errors += schema_from_json(changed).has_value() ? 0 : 1;
    errors += schema_from_json(whole.substr(0, at)).has_value() ? 0 : 1;
  }
  CHECK(errors > whole.size() / 7);
}

TEST_CASE("a damaged catalogue is corrupt, never no catalogue, and its code is the target's to say") {
  const auto damaged = catalogue_from_json("{\"catalogue\": 2, \"sheets\": []}");
  REQUIRE_FALSE(damaged.has_value());
  CHECK(damaged.error().code == Errc::corrupt);
  CHECK(damaged.error().zm.empty());
  CHECK(damaged.error().message == "catalogue: version 2 was written by a newer zmig; this one reads up to 1");
  CHECK_FALSE(catalogue_from_json(schema_to_json(Schema{})).has_value());
  CHECK_FALSE(catalogue_from_json("").has_value());
}

TEST_CASE("the JSON Schema knows every member that is written") {
  std::ifstream file(ZMIG_SOURCE_DIR "/schemas/schema.schema.json");
  std::stringstream document;
  document << file.rdbuf();
  for (const char* member : {"schema",      "locale", "time_zone", "sheets",     "enums",        "ranges",
                             "id",          "title",  "managed",   "header_row", "hidden",       "frozen",
                             "protection",  "keys",   "uniques",   "checks",     "keep_order",   "foreign_forbidden",
                             "columns",     "header", "type",      "digits",     "currency",     "enum",
                             "references",  "format", "note",      "allowed",    "computed",     "default",
                             "required",    "unique", "key",       "lenient",    "aliases",      "deprecated",
                             "blank_means", "owner",  "readers",   "offered",    "first_column", "last_column"}) {
    CAPTURE(member);
    CHECK(document.str().find("\"" + std::string(member) + "\": {") != std::string::npos);
  }
}

namespace {

/// Plain columns, odd ones between them, and names that need care.
Schema mixed() {
  Schema schema;
  for (int number = 0; number < 3; ++number) {
    Sheet one = sheet("s" + std::to_string(number), number == 1 ? "columns" : "T" + std::to_string(number), {});
    for (int i = 0; i < 4; ++i)
      one.columns.push_back(
          column("c" + std::to_string(10 * number + i), "H" + std::to_string(i), of_kind(TypeKind::date)));
    schema.sheets.push_back(std::move(one));
  }
  schema.sheets[2].columns[1].header = "Se\xC3\xB1or \"X\"";
  schema.sheets[2].columns[2].note = "a note";
  schema.sheets.push_back(sheet("s9", "No columns", {}));
  return schema;
}

}  // namespace

TEST_CASE("plain columns, odd ones and none come back as they were, and the text has the layout of a tree") {
  for (const Schema& schema : {mixed(), rich(), Schema()}) {
    const std::string text = schema_to_json(schema);
    CHECK(must_schema(text) == schema);
    // The reader without a fast path sees the same: another layout of the same document.
    CHECK(must_schema(without_layout(text)) == schema);
  }
  Schema plain = mixed();
  plain.sheets.erase(plain.sheets.begin() + 1, plain.sheets.begin() + 3);
  CHECK(must_schema(schema_to_json(plain)) == plain);
}

TEST_CASE("a document of plain columns with one thing wrong is refused as it always was") {
  Schema schema = mixed();
  schema.sheets.resize(1);
  const std::string text = schema_to_json(schema);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string out = text;
    const std::size_t at = out.find(from);
    REQUIRE(at != std::string::npos);
    return out.replace(at, from.size(), to);
  };
  for (const std::string& wrong :
       {changed("\"c1\"", "\"c0\""), changed("\"date\"", "\"dated\""), changed("\"header\": \"H1\"", "\"header\": 1"),
        changed("        },\n", "        }\n"), changed("      ]", "      "),
        changed("\"columns\": [\n", "\"columns\": 0, \"x\": [\n"), changed("\"columns\"", "\"other\""),
        changed("\"id\": \"c2\"", "\"id\": \"c2\", \"id\": \"c2\""), changed("\"H2\"", "\"H2\xFF\""),
        changed("\"ranges\": []", "\"ranges\": [], \"ranges\": []"), text.substr(0, text.size() / 2), text + "}"}) {
    INFO(wrong);
    CHECK(error_of(wrong) != "no error");
    CHECK(error_of(wrong).substr(0, 6) == "ZM0702");
  }
  CHECK(error_of(changed("\"c1\"", "\"c0\"")) == "ZM0702 sheets[0].columns: column id \"c0\" is there twice");
}
