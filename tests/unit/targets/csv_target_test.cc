#include "targets/csv/csv_target.h"

#include <sys/stat.h>

#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"

using namespace zmig;
using namespace zmig::test;
using namespace std::string_literals;

namespace {

/// Header and records of one file, fields between bars; or the refusal.
std::string read(const std::string& bytes, const TargetOptions& options = {}) {
  FakePorts fake;
  const TempFolder folder;
  folder.write("T.csv", bytes);
  const auto target = CsvTarget::open(folder.path(), options, *fake.files);
  if (!target) return target.error().zm;
  const auto schema = (*target)->inspect();
  if (!schema) return schema.error().zm + " " + schema.error().message;
  const Sheet& sheet = schema->sheets.at(0);
  std::string shown = std::to_string(sheet.header_row) + ":";
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) {
    ids.push_back(column.id);
    shown += "|" + column.header;
  }
  const Status scanned = (*target)->scan(sheet.id, ids, [&](const RowView& row) -> Status {
    shown += "\n" + std::to_string(row.row.number) + ":";
    for (const Cell& cell : row.cells) shown += "|" + to_text(cell.value);
    return ok();
  });
  return scanned ? shown : scanned.error().zm + " " + scanned.error().message;
}

std::string utf16(std::string_view ascii, bool little, bool bom) {
  std::string bytes = bom ? (little ? "\xFF\xFE"s : "\xFE\xFF"s) : ""s;
  for (const char c : ascii) bytes += little ? std::string{c, '\0'} : std::string{'\0', c};
  return bytes;
}

}  // namespace

TEST_CASE("csv dialects read alike") {
  const std::string expected = "1:|a|b\n2:|1|x\n3:||2,5";
  CHECK(read("a,b\n1,x\n,\"2,5\"\n") == expected);
  CHECK(read("a,b\r\n1,x\r\n,\"2,5\"\r\n") == expected);
  CHECK(read("a,b\r1,x\r,\"2,5\"\r") == expected);
  CHECK(read("a,b\n1,x\r\n,\"2,5\"") == expected);
  CHECK(read("\xEF\xBB\xBF"
             "a,b\r\n1,x\r\n,\"2,5\"\r\n") == expected);
  CHECK(read("\"a\",\"b\"\n\"1\",\"x\"\n\"\",\"2,5\"\n") == expected);
  CHECK(read("a;b\n1;x\n;2,5\n") == expected);
  CHECK(read("a\tb\n1\tx\n\t2,5\n") == expected);
  CHECK(read("a|b\n1|x\n|2,5\n") == expected);
  CHECK(read("sep=;\r\na;b\r\n1;x\r\n;2,5\r\n") == expected);
  CHECK(read(utf16("a,b\r\n1,x\r\n,\"2,5\"\r\n", true, true)) == expected);
  CHECK(read(utf16("a,b\n1,x\n,\"2,5\"\n", false, true)) == expected);
  TargetOptions sixteen;
  sixteen.csv_encoding = "utf-16le";
  CHECK(read(utf16("a,b\n1,x\n,\"2,5\"", true, false), sixteen) == expected);
}

TEST_CASE("csv fields keep what they hold") {
  CHECK(read("a,b\n007, 7 \n\"say \"\"hi\"\"\",\"l1\nl2\"\n12345678901234567890,1.50\n") ==
        "1:|a|b\n2:|007| 7 \n3:|say \"hi\"|l1\nl2\n4:|12345678901234567890|1.50");
  CHECK(read("a,b\nx\"y,\"\"\n") == "1:|a|b\n2:|x\"y|");
  CHECK(read("a,b\nñandú,😀\n") == "1:|a|b\n2:|ñandú|😀");
  // In a file with line feeds a lone return is text.
  CHECK(read("a,b\nx\ry,z\n") == "1:|a|b\n2:|x\ry|z");
}

TEST_CASE("csv blank lines are rows, short records are padded, blank lines above the header are none of them") {
  TargetOptions comma;
  comma.csv_delimiter = ",";
  CHECK(read("\n,\na,b\n\n1\n,\n\n", comma) == "3:|a|b\n4:||\n5:|1|\n6:||\n7:||");
}

TEST_CASE("csv with one column divides nothing") { CHECK(read("nombre\nAna\nBen\n") == "1:|nombre\n2:|Ana\n3:|Ben"); }

TEST_CASE("csv duplicate and blank headers are there, with provisional ids") {
  FakePorts fake;
  const TempFolder folder;
  folder.write("T.csv", "Lote,,Lote, lote,\n1,2,3,4,5\n");
  const auto target = CsvTarget::open(folder.path(), {}, *fake.files);
  REQUIRE(target.has_value());
  std::vector<std::string> ids;
  const Result<Schema> schema = (*target)->inspect();
  for (const Column& column : schema->sheets.at(0).columns) ids.push_back(column.id);
  CHECK(ids == std::vector<std::string>{"~Lote", "~", "~Lote#2", "~lote", "~#2"});
}

TEST_CASE("csv Windows-1252 is read only where it was said") {
  const std::string bytes = "a,b\nA\xF1o,5 \x80\n";
  CHECK(read(bytes) == "ZM0461 the file is not UTF-8 at byte 5");
  TargetOptions said;
  said.csv_encoding = "windows-1252";
  CHECK(read(bytes, said) == "1:|a|b\n2:|Año|5 €");
  CHECK(read("a,b\nA\xF1o,\x81\n", said) == "ZM0461 the file is not Windows-1252 at byte 8");
  CHECK(read("a,b\nAño,1\n", said) == "1:|a|b\n2:|Año|1");
}

TEST_CASE("csv refusals name the record") {
  CHECK(read("a,b\n1,\"x\n") == "ZM0465 record 2: a quote is never closed");
  CHECK(read("a,b\n1,\"x\"y\n") == "ZM0465 record 2: there is text after a closing quote");
  CHECK(read("a,b\n1,2\n\"x \\\" y\",3\n") == "ZM0465 record 3: there is text after a closing quote");
  CHECK(read("a,b\n1,x\0y\n"s) == "ZM0465 record 2: it holds a NUL character");
  CHECK(read("\n\n") == "ZM0467 there is no header record");
  CHECK(read("") == "ZM0467 there is no header record");
  CHECK(read(std::string("\xFF\xFE\0\0a\0\0\0", 8)) == "ZM0461 the file is UTF-32, which is not read");
  CHECK(read(utf16("a,b\n1,2\n", true, false)) == "ZM0461 the encoding cannot be told: it looks like UTF-16");
  std::string longer = "a,b\n";
  for (int i = 0; i < 40; ++i) longer += "1,2\n";
  CHECK(read(longer + "1,2,3\n") == "ZM0464 record 42 has 3 fields, the header 2");
}

TEST_CASE("csv with two possible delimiters is refused, with the counts") {
  CHECK(read("a,b;c\n1,2;3\n") ==
        "ZM0463 the delimiter is ambiguous: `,` 2 fields in 2 of 2 records, `;` 2 fields in 2 of 2 records");
  TargetOptions said;
  said.csv_delimiter = ";";
  CHECK(read("a,b;c\n1,2;3\n", said) == "1:|a,b|c\n2:|1,2|3");
}

TEST_CASE("csv pieces may end anywhere") {
  // Longer than a piece: quotes, returns and characters of several bytes meet its ends.
  std::string bytes = "a,b\r\n";
  std::string expected = "1:|a|b";
  for (int i = 0; i < 9000; ++i) {
    const std::string pad(static_cast<std::size_t>(i % 7), 'x');
    bytes += pad + "é\",\"\"\"q\"\"\n" + pad + "\"\r\n";
    expected += "\n" + std::to_string(i + 2) + ":|" + pad + "é\"|\"q\"\n" + pad;
  }
  CHECK(read(bytes) == expected);
}

TEST_CASE("a csv folder: files by name, other files and dot files left out, collisions refused") {
  FakePorts fake;
  const TempFolder folder;
  folder.write("b.csv", "x\n1\n");
  folder.write("a.tsv", "x\ty\n1\t2\n");
  folder.write(".c.csv", "x\n");
  folder.write("notes.txt", "x\n");
  auto target = CsvTarget::open(folder.path(), {}, *fake.files);
  REQUIRE(target.has_value());
  std::vector<std::string> titles;
  const Result<Schema> schema = (*target)->inspect();
  for (const Sheet& sheet : schema->sheets) titles.push_back(sheet.id + " " + sheet.title);
  CHECK(titles == std::vector<std::string>{"~a a", "~b b"});
  const auto single = CsvTarget::open(folder.at("b.csv"), {}, *fake.files);
  REQUIRE(single.has_value());
  CHECK((*single)->inspect()->sheets.size() == 1);
  CHECK((*single)->title() == "b");
  folder.write("B.csv", "x\n1\n");
  const auto refused = (*target)->inspect();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().zm == "ZM0460");
  CHECK(refused.error().message == "two files are the same sheet: \"B.csv\" and \"b.csv\"");
}

TEST_CASE("csv header rows may be said") {
  TargetOptions said;
  said.header_rows = {{"t", 2}};
  CHECK(read("title,\na,b\n1,2\n", said) == "2:|a|b\n3:|1|2");
}

TEST_CASE("a single csv file is only read, its folder is written to") {
  FakePorts fake;
  const TempFolder folder;
  folder.write("T.csv", "a\n1\n");
  const auto single = CsvTarget::open(folder.at("T.csv"), {}, *fake.files);
  REQUIRE(single.has_value());
  CHECK_FALSE((*single)->capabilities().writable);
  CHECK((*single)->text_source());
  const auto writer = (*single)->open_writer({});
  REQUIRE(!writer.has_value());
  CHECK(writer.error().code == Errc::unsupported);
  CHECK(writer.error().zm == "ZM0325");
  CHECK(writer.error().message == "a single csv file is only read: its folder is the workbook");
  const auto whole = CsvTarget::open(folder.path(), {}, *fake.files);
  REQUIRE(whole.has_value());
  CHECK((*whole)->capabilities().writable);
  CHECK((*whole)->open_writer({}).has_value());
}

TEST_CASE("csv hashes tell columns apart and the revision follows the bytes") {
  FakePorts fake;
  const TempFolder folder;
  folder.write("T.csv", "a,b,c\n1,1,1\n2,2,\"2\"\n");
  const auto target = CsvTarget::open(folder.path(), {}, *fake.files);
  REQUIRE(target.has_value());
  REQUIRE((*target)->inspect().has_value());
  const auto hashes = *(*target)->column_hashes("~T", {});
  CHECK(hashes[0] == hashes[1]);
  CHECK(hashes[1] != hashes[2]);
  const std::vector<std::uint64_t> skip{3};
  CHECK((*target)->column_hashes("~T", skip)->at(2) == (*target)->column_hashes("~T", skip)->at(0));
  CHECK(*(*target)->row_count("~T") == 2);
  const std::string before = *(*target)->revision();
  folder.write("T.csv", "a,b,c\n1,1,1\n2,2,2\n");
  CHECK(*(*target)->revision() != before);
}

TEST_CASE("the sample workbook reads with its row counts and messy files") {
  FakePorts fake;
  const auto target = CsvTarget::open(std::string(ZMIG_TEST_DATA) + "/zeues-v21/csv", {}, *fake.files);
  REQUIRE(target.has_value());
  const auto schema = (*target)->inspect();
  if (!schema) FAIL(schema.error().message << " " << schema.error().place);
  std::map<std::string, std::string> seen_sheets;
  for (const Sheet& sheet : schema->sheets) {
    seen_sheets[sheet.title] =
        std::to_string(*(*target)->row_count(sheet.id)) + " x " + std::to_string(sheet.columns.size());
  }
  CHECK(seen_sheets == std::map<std::string, std::string>{{"Operaciones", "2555 x 63"},
                                                          {"Metadata", "708 x 10"},
                                                          {"Trabajadores", "14 x 4"},
                                                          {"Roles", "20 x 3"},
                                                          {"Uniones", "1386 x 13"},
                                                          {"Param", "16 x 6"},
                                                          {"Ponderaciones", "12 x 4"}});
}
