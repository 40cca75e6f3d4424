// Existing workbooks are edited in place: what is announced changes, everything else keeps its bytes; what cannot be
// done safely is refused by name.
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "support/archives.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/xlsx/xlsx_file.h"
#include "targets/xlsx/xlsx_target.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kTypes =
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" "
    "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>";
const std::string kStyles =
    "<cellXfs count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
    "<xf numFmtId=\"0\" fontId=\"7\" fillId=\"3\" borderId=\"0\" xfId=\"0\"/></cellXfs>";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

/// A workbook with one sheet "Hoja" whose worksheet holds `inside`.
class Desk {
 public:
  explicit Desk(const std::string& inside, BookParts book = {}) {
    book.sheets.insert(book.sheets.begin(), {"Hoja", inside});
    if (book.styles.empty()) book.styles = kStyles;
    book.more.emplace_back("[Content_Types].xml", kTypes);
    book.more.emplace_back("docProps/unknown.bin", std::string("\0\1\2 untouched", 13));
    path_ = folder_.at("Libro.xlsx");
    write_book(path_, book);
    open();
  }
  void open() {
    auto opened = XlsxTarget::open(path_, {});
    if (!opened) FAIL(opened.error().message);
    target_ = std::move(*opened);
    const auto live = target_->inspect();
    if (!live) FAIL(live.error().message);
  }
  Target& target() { return *target_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const TempFolder& folder() const { return folder_; }

  Result<CommitReport> commit(const std::vector<Change>& changes) {
    ZMIG_TRY(std::unique_ptr<Writer> writer, target_->open_writer({"test", std::chrono::milliseconds(50)}));
    const std::vector<Part> batch{{changes, {}}};
    ZMIG_TRY(const Staged staged, writer->stage(batch));
    return writer->commit(batch, staged);
  }
  void must(const std::vector<Change>& changes) {
    const auto done = commit(changes);
    if (!done) FAIL(done.error().zm << " " << done.error().message << " at " << done.error().place);
  }
  /// Refused before anything was written.
  std::string refused(const std::vector<Change>& changes) {
    const std::string before = bytes_of(path_);
    const auto done = commit(changes);
    REQUIRE_FALSE(done.has_value());
    CHECK(bytes_of(path_) == before);
    CHECK(folder_.names() == std::vector<std::string>{"Libro.xlsx"});
    return done.error().zm + " " + done.error().place;
  }
  [[nodiscard]] std::string part(const std::string& name) const {
    auto zip = xlsx::ZipReader::open(path_);
    REQUIRE(zip.has_value());
    const xlsx::ZipEntry* entry = zip->find(name);
    if (entry == nullptr) return "(none)";
    auto bytes = zip->read(*entry);
    REQUIRE(bytes.has_value());
    return *bytes;
  }
  /// Inside of the worksheet.
  [[nodiscard]] std::string sheet() const {
    const std::string all = part("xl/worksheets/sheet1.xml");
    const std::size_t begin = all.find('>', all.find("<worksheet")) + 1;
    return all.substr(begin, all.rfind("</worksheet>") - begin);
  }

 private:
  TempFolder folder_;
  std::string path_;
  std::unique_ptr<XlsxTarget> target_;
};

const std::string kId = "~Hoja";
const std::string kRows =
    "<dimension ref=\"A1:B3\"/><sheetData>\n"
    "<row r=\"1\" spans=\"1:2\"><c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>Uno</t></is></c>"
    "<c r=\"B1\" s=\"1\" t=\"inlineStr\"><is><t>Dos</t></is></c></row>\n"
    "<row r=\"2\"><c r=\"A2\"><v>1.50</v></c><!-- kept --></row>\n"
    "<row r=\"3\"><c r=\"A3\"><v>2</v></c><c r=\"B3\" t=\"str\"><f>A3&amp;\"x\"</f><v>2x</v></c></row>\n"
    "</sheetData><pageMargins left=\"0.7\"/>";

change::InsertColumn new_column(const std::string& header, Type type = {}) {
  return {kId, make_column("cnew00000000", header, std::move(type)), {zmig::Place::Kind::last, {}}};
}

}  // namespace

TEST_CASE("a column at the right end changes its cells and nothing else, and goes without a trace") {
  Desk desk(kRows);
  const std::string before = desk.sheet(), whole = desk.part("docProps/unknown.bin");
  desk.must({new_column("Tres"), change::FillEmpty{{kId, "cnew00000000"}, amount(0), {"cnew00000000"}}});
  CHECK(desk.sheet() ==
        "<dimension ref=\"A1:C3\"/><sheetData>\n"
        "<row r=\"1\" spans=\"1:3\"><c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>Uno</t></is></c>"
        "<c r=\"B1\" s=\"1\" t=\"inlineStr\"><is><t>Dos</t></is></c>"
        "<c r=\"C1\" s=\"1\" t=\"inlineStr\"><is><t>Tres</t></is></c></row>\n"
        "<row r=\"2\"><c r=\"A2\"><v>1.50</v></c><c r=\"C2\"><v>0</v></c><!-- kept --></row>\n"
        "<row r=\"3\"><c r=\"A3\"><v>2</v></c><c r=\"B3\" t=\"str\"><f>A3&amp;\"x\"</f><v>2x</v></c>"
        "<c r=\"C3\"><v>0</v></c></row>\n"
        "</sheetData><pageMargins left=\"0.7\"/>");
  CHECK(desk.part("docProps/unknown.bin") == whole);
  CHECK(desk.part("xl/workbook.xml").find("fullCalcOnLoad=\"1\"") != std::string::npos);
  CHECK(desk.folder().names() == std::vector<std::string>{"Libro.xlsx"});
}

TEST_CASE("a format that no style has is appended, and the others keep their numbers") {
  Desk desk(kRows);
  desk.must({new_column("Fecha", {TypeKind::date, 0, {}}),
             change::FillEmpty{{kId, "cnew00000000"}, Date{46153}, {"cnew00000000"}}});
  const std::string styles = desk.part("xl/styles.xml");
  CHECK(styles.find("<xf numFmtId=\"0\" fontId=\"7\" fillId=\"3\" borderId=\"0\" xfId=\"0\"/>") != std::string::npos);
  CHECK(styles.find("<numFmts count=\"1\"><numFmt numFmtId=\"164\"") < styles.find("<cellXfs count=\"3\">"));
  CHECK(desk.sheet().find("<c r=\"C2\" s=\"2\"><v>46153</v></c>") != std::string::npos);
}

TEST_CASE("dates count from 1904 where the workbook says so") {
  BookParts book;
  book.properties = "<workbookPr date1904=\"1\"/>";
  Desk desk(kRows, book);
  desk.must({new_column("Fecha", {TypeKind::date, 0, {}}),
             change::FillEmpty{{kId, "cnew00000000"}, Date{46153}, {"cnew00000000"}}});
  CHECK(desk.sheet().find("<v>44691</v></c>") != std::string::npos);
  desk.open();
  CHECK(rows_of(desk.target(), kId, {"~Fecha"}).at(0).cells.at(0).value == Value(Date{46153}));
}

TEST_CASE("elements take the prefix of the worksheet, and cells without a place get one when their row changes") {
  BookParts book;
  const std::string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  book.more.emplace_back("xl/worksheets/sheet1.xml",
                         "\xEF\xBB\xBF<x:worksheet xmlns:x=\"" + main +
                             "\"><x:sheetData><x:row><x:c t='inlineStr'><x:is><x:t>A</x:t></x:is></x:c></x:row>"
                             "<x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>");
  Desk desk("<sheetData/>", book);
  desk.must({new_column("B")});
  CHECK(desk.part("xl/worksheets/sheet1.xml") ==
        "\xEF\xBB\xBF<x:worksheet xmlns:x=\"" + main +
            "\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\" t='inlineStr'><x:is><x:t>A</x:t></x:is></x:c>"
            "<x:c r=\"B1\" t=\"inlineStr\"><x:is><x:t>B</x:t></x:is></x:c></x:row>"
            "<x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>");
}

TEST_CASE("cells that share a formula keep it when the first of them is written over") {
  Desk desk(
      "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>A</t></is></c>"
      "<c r=\"B1\" t=\"inlineStr\"><is><t>B</t></is></c></row>"
      "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\"><f t=\"shared\" ref=\"B2:B3\" "
      "si=\"0\">A2*2</f><v>2</v></c></row>"
      "<row r=\"3\"><c r=\"A3\"><v>2</v></c><c r=\"B3\"><f t=\"shared\" si=\"0\"/><v>4</v></c></row></sheetData>");
  const auto rows = rows_of(desk.target(), kId, {"~B"});
  desk.must({change::WriteCells{{kId, "~B"},
                                source::Run{{}, {{rows.at(0).row, rows.at(0).cells.at(0), cell(amount(7))}}, {}}}});
  CHECK(desk.sheet().find("<c r=\"B2\"><v>7</v></c>") != std::string::npos);
  CHECK(desk.sheet().find("<c r=\"B3\"><f>A3*2</f><v>4</v></c>") != std::string::npos);
}

TEST_CASE("a note makes its parts, and they go with the last one") {
  Desk desk(kRows);
  const std::string before = desk.sheet(), types = desk.part("[Content_Types].xml");
  desk.must({change::SetNote{{kId, "~Uno"}, "nota"}});
  CHECK(desk.part("xl/comments1.xml").find("nota") != std::string::npos);
  CHECK(desk.sheet().find("<legacyDrawing r:id=") != std::string::npos);
  desk.must({change::SetNote{{kId, "~Uno"}, {}}});
  CHECK(desk.part("xl/comments1.xml") == "(none)");
  CHECK(desk.part("xl/drawings/vmlDrawing1.vml") == "(none)");
  CHECK(desk.sheet() == before);
}

TEST_CASE("lists stand in a rule when they fit, and on a sheet that nobody sees when they do not") {
  Desk desk(kRows);
  const std::string before = desk.sheet();
  Allowed rule;
  rule.kind = Allowed::Kind::list;
  rule.values = {"a", "b & c"};
  desk.must({change::SetAllowed{{kId, "~Uno"}, rule}});
  CHECK(desk.sheet().find("sqref=\"A2:A1048576\"><formula1>&quot;a,b &amp; c&quot;</formula1>") != std::string::npos);
  rule.values = {"a,b", "c"};
  desk.must({change::SetAllowed{{kId, "~Uno"}, rule}});
  CHECK(desk.sheet().find("<formula1>_zmig_enums!$A$1:$A$2</formula1>") != std::string::npos);
  CHECK(desk.part("xl/workbook.xml").find("state=\"veryHidden\"") != std::string::npos);
  desk.open();
  CHECK(desk.target().schema().sheets[0].columns[0].allowed.values == rule.values);
  desk.must({change::SetAllowed{{kId, "~Uno"}, {}}});
  CHECK(desk.sheet() == before);
}

TEST_CASE("hidden, frozen and protected are said in their places") {
  Desk desk(kRows);
  desk.must({change::SetHidden{{kId, "~Dos"}, true}, change::SetFrozen{kId, true},
             change::SetProtection{{kId, {}}, Editors{}}});
  const std::string sheet = desk.sheet();
  CHECK(sheet.find("<sheetViews>") < sheet.find("<cols>"));
  CHECK(sheet.find("<cols><col hidden=\"1\" max=\"2\" min=\"2\"") < sheet.find("<sheetData>"));
  CHECK(sheet.find("</sheetData><sheetProtection sheet=\"1\"") != std::string::npos);
  // It was zmig's own protection only if the sheet is managed; now it is somebody's.
  CHECK(desk.refused({change::SetHeader{{kId, "~Dos"}, "Tres"}}) == "ZM0437 Hoja");
}

TEST_CASE("what stands in the way is refused by name, and nothing is written") {
  const std::string head =
      "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Uno</t></is></c></row>"
      "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row></sheetData>";
  SECTION("a merged header") {
    Desk desk(
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Uno</t></is></c><c r=\"C1\" "
        "t=\"inlineStr\"><is><t>Tres</t></is></c></row></sheetData><mergeCells count=\"1\"><mergeCell "
        "ref=\"A1:B1\"/></mergeCells>");
    CHECK(desk.refused({change::SetHeader{{kId, "~Uno"}, "Dos"}}) == "ZM0432 Hoja!A1");
  }
  SECTION("a formula as header") {
    Desk desk("<sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><f>\"U\"&amp;\"no\"</f><v>Uno</v></c></row></sheetData>");
    CHECK(desk.refused({change::SetHeader{{kId, "~Uno"}, "Dos"}}) == "ZM0432 Hoja!A1");
  }
  SECTION("another validation") {
    Desk desk(head +
              "<dataValidations count=\"1\"><dataValidation type=\"whole\" sqref=\"A2:A40\"><formula1>1"
              "</formula1></dataValidation></dataValidations>");
    Allowed rule;
    rule.kind = Allowed::Kind::list;
    rule.values = {"a"};
    CHECK(desk.refused({change::SetAllowed{{kId, "~Uno"}, rule}}) == "ZM0435 Hoja!A2:A1048576");
  }
  SECTION("a cell of an array formula") {
    Desk desk(
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Uno</t></is></c></row>"
        "<row r=\"2\"><c r=\"A2\"><f t=\"array\" ref=\"A2:A3\">B2:B3</f><v>1</v></c></row>"
        "<row r=\"3\"><c r=\"A3\"><v>2</v></c></row></sheetData>");
    const auto rows = rows_of(desk.target(), kId, {"~Uno"});
    CHECK(desk.refused({change::WriteCells{
              {kId, "~Uno"}, source::Run{{}, {{rows.at(1).row, rows.at(1).cells.at(0), cell(amount(7))}}, {}}}}) ==
          "ZM0436 Hoja!A3");
  }
  SECTION("a protected sheet") {
    Desk desk(head + "<sheetProtection sheet=\"1\"/>");
    CHECK(desk.refused({new_column("Dos")}) == "ZM0437 Hoja");
  }
  SECTION("a text in the way of a new column, above the header") {
    Desk desk(
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Uno</t></is></c></row>"
        "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row></sheetData>"
        "<mergeCells count=\"1\"><mergeCell ref=\"B2:C2\"/></mergeCells>");
    CHECK(desk.refused({new_column("Dos")}) == "ZM1808 Hoja!B2");
  }
  SECTION("a date that Excel does not count") {
    Desk desk(head);
    CHECK(desk.refused({new_column("Fecha", {TypeKind::date, 0, {}}),
                        change::FillEmpty{{kId, "cnew00000000"}, Date{1}, {"cnew00000000"}}}) == "ZM0325 Hoja!B2");
  }
  SECTION("the only sheet") {
    Desk desk(head);
    CHECK(desk.refused({change::DeleteSheet{kId}}) == "ZM0325 Hoja");
  }
}

TEST_CASE("a workbook that is open elsewhere, or has other names, is left alone") {
  Desk desk(kRows);
  const auto refusal = [&] {
    const std::string before = bytes_of(desk.path());
    const auto done = desk.commit({new_column("Tres")});
    REQUIRE_FALSE(done.has_value());
    CHECK(bytes_of(desk.path()) == before);
    return done.error().zm;
  };
  const std::string office = desk.folder().at(".~lock.Libro.xlsx#"), excel = desk.folder().at("~$Libro.xlsx");
  std::ofstream(office) << ",ana,office-3,20.11.2026 07:56,file:///x;";
  CHECK(refusal() == "ZM0409");
  std::filesystem::remove(office);
  std::ofstream(excel) << "\x03"
                          "Ana";
  CHECK(refusal() == "ZM0409");
  std::filesystem::remove(excel);
  REQUIRE(::link(desk.path().c_str(), desk.folder().at("other.xlsx").c_str()) == 0);
  CHECK(refusal() == "ZM0440");
}

TEST_CASE("a save by a person between stage and commit stays, and nothing of ours is left") {
  Desk desk(kRows),
      other("<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Otro</t></is></c></row></sheetData>");
  const std::string theirs = bytes_of(other.path());
  auto writer = desk.target().open_writer({"test", std::chrono::milliseconds(50)});
  REQUIRE(writer.has_value());
  const std::vector<Part> batch{{{new_column("Tres")}, {}}};
  const auto staged = (*writer)->stage(batch);
  REQUIRE(staged.has_value());
  // As programs save: a new file takes the name.
  std::filesystem::copy_file(other.path(), desk.folder().at("saved"));
  std::filesystem::rename(desk.folder().at("saved"), desk.path());
  const auto done = (*writer)->commit(batch, *staged);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().zm == "ZM0303");
  CHECK(done.error().effect == Effect::none);
  CHECK(bytes_of(desk.path()) == theirs);
  CHECK(desk.folder().names() == std::vector<std::string>{"Libro.xlsx"});
}

TEST_CASE("mode of the file and the order of its parts stay") {
  Desk desk(kRows);
  REQUIRE(::chmod(desk.path().c_str(), 0640) == 0);
  const auto names = [&] {
    std::vector<std::string> all;
    const auto zip = xlsx::ZipReader::open(desk.path());
    REQUIRE(zip.has_value());
    for (const auto& entry : zip->entries()) all.push_back(entry.name);
    return all;
  };
  const std::vector<std::string> before = names();
  desk.must({new_column("Tres")});
  struct stat facts {};
  REQUIRE(::stat(desk.path().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0640);
  std::vector<std::string> after = names();
  REQUIRE(after.size() == before.size() + 3);  // the stamp's parts
  after.resize(before.size());
  CHECK(after == before);
}

TEST_CASE("an interrupted exchange is finished or undone by what the files are") {
  Desk desk(kRows);
  const std::string path = desk.path(), staged = xlsx::staged_name(path), journal = xlsx::journal_name(path);
  const auto hash = [](const std::string& of) { return xlsx::print_of(of).value()->sha256; };
  const std::string old = bytes_of(path);
  std::ofstream(staged, std::ios::binary) << "new version";
  const std::string before = hash(path), after = hash(staged);
  const auto write_journal = [&] { std::ofstream(journal) << "zmig xlsx 1\n" << before << "\n" << after << "\n"; };
  SECTION("staged only: it goes") { std::filesystem::remove(journal); }
  SECTION("not exchanged: the staged one goes") { write_journal(); }
  SECTION("exchanged, and a person's save was displaced: it comes back") {
    write_journal();
    std::ofstream(path, std::ios::binary) << "new version";
    std::ofstream(staged, std::ios::binary) << old << "edited";
    REQUIRE(xlsx::recover(path).has_value());
    CHECK(bytes_of(path) == old + "edited");
    CHECK(desk.folder().names() == std::vector<std::string>{"Libro.xlsx"});
    return;
  }
  SECTION("both edited: nothing is touched") {
    write_journal();
    std::ofstream(path, std::ios::binary) << "one";
    std::ofstream(staged, std::ios::binary) << "two";
    const Status refused = xlsx::recover(path);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().zm == "ZM0469");
    CHECK(bytes_of(path) == "one");
    CHECK(bytes_of(staged) == "two");
    return;
  }
  REQUIRE(xlsx::recover(path).has_value());
  CHECK(bytes_of(path) == old);
  CHECK(desk.folder().names() == std::vector<std::string>{"Libro.xlsx"});
}
