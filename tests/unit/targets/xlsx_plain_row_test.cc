// Rows of the simplest form are read without a tokenizer: they say the same as rows that are read tag by tag, which a
// comment in a row brings about.
#include <random>
#include <string>
#include <vector>

#include "support/archives.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "targets/xlsx/worksheet.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::xlsx;

namespace {

/// Every cell as text, or the code that refused the sheet.
std::string cells_of(const TempFolder& folder, const std::string& rows) {
  BookParts book;
  book.sheets.emplace_back("Hoja", "<sheetData>" + rows + "</sheetData>");
  const auto package = Package::open(write_book(folder.at("a.xlsx"), book));
  REQUIRE(package.has_value());
  auto reader = SheetReader::open(*package, "xl/worksheets/sheet1.xml");
  REQUIRE(reader.has_value());
  std::string all;
  for (;;) {
    const auto more = reader->next_row();
    if (!more) return all + more.error().zm + " " + more.error().message.substr(0, 60);
    if (!*more) return all;
    all += "row " + std::to_string(reader->row()) + "\n";
    for (const RawCell& cell : reader->cells()) {
      all += std::to_string(cell.column) + " " + std::to_string(cell.style) + " " +
             std::to_string(static_cast<int>(cell.kind)) + (cell.has_formula ? " =" + cell.formula : "") + " [" +
             cell.value + "]\n";
    }
  }
}

std::string a_cell(std::mt19937& random, std::uint32_t row, std::uint32_t column) {
  const std::string place = std::string(1, static_cast<char>('A' + column)) + std::to_string(row);
  const auto any = [&](std::vector<std::string> of) { return of[random() % of.size()]; };
  const std::string r =
      any({" r=\"" + place + "\"", " r=\"" + place + "\"", " r='" + place + "'", "  r=\"" + place + "\""});
  const std::string s = any({"", "", " s=\"3\"", " s=\"\"", " s=\"x\"", " cm=\"1\""});
  const std::string t = any({"", "", " t=\"s\"", " t=\"str\"", " t=\"inlineStr\"", " t=\"b\"", " t=\"e\"", " t=\"d\""});
  const std::string inside = any({"<v>1</v>",
                                  "<v>23.5</v>",
                                  "<v>1</v>",
                                  "<v></v>",
                                  "<v/>",
                                  "<f>A1+1</f><v>2</v>",
                                  "<f>A1&amp;\"x\"</f><v>2x</v>",
                                  "<f t=\"array\" ref=\"A1:A2\">A1</f><v>7</v>",
                                  "<is><t>text</t></is>",
                                  "<is><t> a b </t></is>",
                                  "<is><t xml:space=\"preserve\"> a</t></is>",
                                  "<is><r><t>a</t></r><r><t>b</t></r></is>",
                                  "<is><t>_x0041_</t></is>",
                                  "<v>_x0041_</v>",
                                  "<v>a &lt; b</v>",
                                  "<v>1</v><f>B1</f>",
                                  " <v>1</v> ",
                                  "<v>\xC3\xA9</v>",
                                  "<f/><v>1</v>",
                                  "<v>a!b?c</v>",
                                  "<v>1</v><extLst><ext><c r=\"Z9\"><v>9</v></c></ext></extLst>",
                                  ""});
  return inside.empty() && random() % 2 == 0 ? "<c" + r + s + t + "/>" : "<c" + r + s + t + ">" + inside + "</c>";
}

}  // namespace

TEST_CASE("xlsx: rows of the simplest form say what they say tag by tag") {
  const TempFolder folder;
  std::mt19937 random(2026);
  std::string plain, tagged;
  for (std::uint32_t row = 1; row <= 3000; ++row) {
    std::string cells;
    for (std::uint32_t column = 0; column < 4; ++column)
      if (random() % 5 != 0) cells += a_cell(random, row, column);
    const std::string open = "<row r=\"" + std::to_string(row) + "\">";
    plain += open + cells + "</row>";
    tagged += open + cells + "<!-- --></row>";
  }
  const std::string said = cells_of(folder, plain);
  CHECK(said.find("ZM") == std::string::npos);
  CHECK((said == cells_of(folder, tagged)));
}

TEST_CASE("xlsx: what is wrong in a row of the simplest form is refused as it is tag by tag") {
  const TempFolder folder;
  for (const std::string cells :
       {"<c r=\"B1\"/><c r=\"A1\"/>", "<c r=\"A2\"/>", "<c r=\"A0\"/>", "<c r=\"XFE1\"/>", "<c r=\"1A\"/>",
        "<c r=\"A1\"/><c r=\"A1\"/>", "<c r=\"A1\"><v>&unknown;</v></c>", "<c r=\"A1\"><v>1</c>",
        "<c r=\"A1\" r=\"A1\"/>", "<c r=\"A1\"s=\"1\"/>", "<c r=\"AAAAAAAA1\"/>"}) {
    INFO(cells);
    const std::string said = cells_of(folder, "<row r=\"1\">" + cells + "</row>");
    CHECK(said.find("ZM04") != std::string::npos);
    CHECK(said.substr(0, 6) == cells_of(folder, "<row r=\"1\"><!-- -->" + cells + "</row>").substr(0, 6));
  }
}
