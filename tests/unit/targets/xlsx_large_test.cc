// Worksheets that are too large to be packed anew for a small edit: the rows in question change, the bytes of all
// others stay, packed or not, and what far rows hold counts as much as what near ones hold.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/archives.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/xlsx/xlsx_target.h"

using namespace zmig;
using namespace zmig::test;

namespace {

constexpr std::uint32_t kRows = 40'000;
const std::string kPart = "xl/worksheets/sheet1.xml";
const std::string kId = "~Hoja";

std::string row_of(std::uint32_t row, const std::string& extra = {}) {
  const std::string n = std::to_string(row);
  return "<row r=\"" + n + "\" spans=\"1:2\"><c r=\"A" + n + "\"><v>" + std::to_string(row * 2654435761U % 1000) +
         "</v></c><c r=\"B" + n + "\"><v>" + std::to_string(row % 7) + "</v></c>" + extra + "</row>";
}

/// Rows 2 to kRows, without the one that is left out; `extra` stands at the end of row `at`.
std::string inside(std::uint32_t at = 0, const std::string& extra = {}) {
  std::string text =
      "<dimension ref=\"A1:B40000\"/><sheetData><row r=\"1\" spans=\"1:2\"><c r=\"A1\" "
      "t=\"inlineStr\"><is><t>Uno</t></is>"
      "</c><c r=\"B1\" t=\"inlineStr\"><is><t>Dos</t></is></c></row>";
  for (std::uint32_t row = 2; row <= kRows; ++row)
    if (row != 31'000) text += row_of(row, row == at ? extra : std::string());
  return text + "</sheetData><autoFilter ref=\"A1:B40000\"/><pageMargins left=\"0.7\"/>";
}

class LargeBook {
 public:
  explicit LargeBook(const std::string& sheet) : path_(folder_.at("L.xlsx")) {
    BookParts book;
    book.sheets.emplace_back("Hoja", sheet);
    book.styles =
        "<cellXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/></cellXfs>";
    book.more.emplace_back("[Content_Types].xml",
                           "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>");
    write_book(path_, book);
    auto opened = XlsxTarget::open(path_, {});
    REQUIRE(opened.has_value());
    target_ = std::move(*opened);
    REQUIRE(target_->inspect().has_value());
  }
  Target& target() { return *target_; }
  /// "" or what refused it.
  std::string commit(const std::vector<Change>& changes) {
    auto writer = target_->open_writer({"test", std::chrono::milliseconds(50)});
    REQUIRE(writer.has_value());
    const std::vector<Part> batch{{changes, {}}};
    const auto staged = (*writer)->stage(batch);
    if (!staged) return staged.error().zm + " " + staged.error().place;
    const auto done = (*writer)->commit(batch, *staged);
    return done ? "" : done.error().message;
  }
  struct Stored {
    std::string text, packed;
  };
  [[nodiscard]] Stored stored() const {
    const auto zip = xlsx::ZipReader::open(path_);
    REQUIRE(zip.has_value());
    const xlsx::ZipEntry* entry = zip->find(kPart);
    auto text = zip->read(*entry);
    REQUIRE(text.has_value());
    Stored found{std::move(*text), {}};
    REQUIRE(zip->file().read(entry->data, static_cast<std::size_t>(entry->packed), found.packed).has_value());
    return found;
  }

 private:
  TempFolder folder_;
  std::string path_;
  std::unique_ptr<XlsxTarget> target_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

change::InsertColumn new_column() {
  return {kId, make_column("cnew00000000", "Tres", {}), {zmig::Place::Kind::last, {}}};
}

}  // namespace

TEST_CASE("a new header changes the head, the header row and the tail of a large worksheet", "[xlsx]") {
  LargeBook book(inside());
  const auto before = book.stored();
  REQUIRE(before.text.size() > (2U << 20));
  CHECK(book.commit({new_column()}) == "");
  const auto after = book.stored();
  std::string wanted = replaced(before.text, "A1:B40000", "A1:C40000");
  wanted = replaced(wanted, "<row r=\"1\" spans=\"1:2\">", "<row r=\"1\" spans=\"1:3\">");
  wanted = replaced(wanted, "<is><t>Dos</t></is></c>",
                    "<is><t>Dos</t></is></c><c r=\"C1\" t=\"inlineStr\"><is><t>Tres</t></is></c>");
  wanted = replaced(wanted, "<autoFilter ref=\"A1:B40000\"", "<autoFilter ref=\"A1:C40000\"");
  CHECK((after.text == wanted));
  // What lies between was copied as it was packed.
  std::string anew;
  xlsx::Deflater().run(wanted, true, anew);
  CHECK(after.packed != anew);
  CHECK(after.packed.size() < before.packed.size() + before.packed.size() / 50);
}

TEST_CASE("cells of a few rows of a large worksheet are written, and a row that was not there", "[xlsx]") {
  LargeBook book(inside());
  const auto before = book.stored();
  const auto rows = rows_of(book.target(), kId, {"~Dos"});
  REQUIRE(rows.size() == kRows - 1);
  source::Run run;
  for (const std::size_t i : {std::size_t{19'998}, std::size_t{30'998}, std::size_t{39'998}})
    run.edits.push_back({rows.at(i).row, rows.at(i).cells.at(0), cell(amount(7))});
  CHECK(book.commit({change::SetHeader{{kId, "~Uno"}, "Primero"}, change::WriteCells{{kId, "~Dos"}, run}}) == "");
  std::string wanted = replaced(before.text, "<t>Uno</t>", "<t>Primero</t>");
  wanted = replaced(wanted, "<c r=\"B20000\"><v>1<", "<c r=\"B20000\"><v>7<");
  wanted = replaced(wanted, "<c r=\"B40000\"><v>2<", "<c r=\"B40000\"><v>7<");
  wanted = replaced(wanted, "<row r=\"31001\"", "<row r=\"31000\"><c r=\"B31000\"><v>7</v></c></row><row r=\"31001\"");
  CHECK((book.stored().text == wanted));
}

TEST_CASE("a cell in a far row of a large worksheet keeps a new column out", "[xlsx]") {
  LargeBook full(inside(39'000, "<c r=\"C39000\"><v>1</v></c>"));
  // The place is right of what is filled: the second change meets the column of the first.
  CHECK(full.commit({new_column()}) == "");
  CHECK(full.stored().text.find("<c r=\"D1\" t=\"inlineStr\"><is><t>Tres</t></is></c>") != std::string::npos);
  // A cell that only has a style is in nobody's way.
  LargeBook styled(inside(39'000, "<c r=\"C39000\" s=\"0\"/>"));
  CHECK(styled.commit({new_column()}) == "");
  CHECK(styled.stored().text.find("<c r=\"C1\" t=\"inlineStr\"><is><t>Tres</t></is></c>") != std::string::npos);
  CHECK(styled.stored().text.find("<c r=\"C39000\" s=\"0\"/>") != std::string::npos);
}

TEST_CASE("a formula that others share is followed on a large worksheet", "[xlsx]") {
  std::string sheet = inside(20, "<c r=\"C20\"><f t=\"shared\" ref=\"C20:C21\" si=\"0\">A20*2</f><v>1</v></c>");
  sheet = replaced(sheet, row_of(21), row_of(21, "<c r=\"C21\"><f t=\"shared\" si=\"0\"/><v>2</v></c>"));
  sheet = replaced(sheet, "</is></c></row>", "</is></c><c r=\"C1\" t=\"inlineStr\"><is><t>Doble</t></is></c></row>");
  LargeBook book(sheet);
  const auto rows = rows_of(book.target(), kId, {"~Doble"});
  source::Run run;
  run.edits.push_back({rows.at(18).row, rows.at(18).cells.at(0), cell(amount(7))});
  CHECK(book.commit({change::WriteCells{{kId, "~Doble"}, run}}) == "");
  CHECK(book.stored().text.find("<c r=\"C20\"><v>7</v></c>") != std::string::npos);
  CHECK(book.stored().text.find("<c r=\"C21\"><f>A21*2</f><v>2</v></c>") != std::string::npos);
}

TEST_CASE("a column of a large worksheet is filled row by row", "[xlsx]") {
  LargeBook book(inside());
  const auto before = book.stored();
  CHECK(book.commit({new_column(), change::FillEmpty{{kId, "cnew00000000"}, amount(0), {"cnew00000000"}}}) == "");
  const std::string text = book.stored().text;
  std::string wanted = row_of(39'999);
  wanted = replaced(wanted, "1:2", "1:3");
  wanted = replaced(wanted, "</row>", "<c r=\"C39999\"><v>0</v></c></row>");
  CHECK(text.find(wanted) != std::string::npos);
  CHECK(text.size() > before.text.size() + kRows * std::string_view("<c r=\"C1\"><v>0</v></c>").size());
}
