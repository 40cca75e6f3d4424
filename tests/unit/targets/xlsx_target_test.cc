#include "targets/xlsx/xlsx_target.h"

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "support/archives.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::test;
using namespace std::string_literals;

namespace {

std::string sheet_data(std::string_view rows) { return "<sheetData>" + std::string(rows) + "</sheetData>"; }

/// Cells of rows: number or text by what they are.
std::string inline_cell(std::string_view place, std::string_view text) {
  return "<c r=\"" + std::string(place) + "\" t=\"inlineStr\"><is><t>" + std::string(text) + "</t></is></c>";
}

struct Opened {
  TempFolder folder;
  std::unique_ptr<XlsxTarget> target;
};

Result<std::unique_ptr<XlsxTarget>> open_book(const TempFolder& folder, const BookParts& book,
                                              const TargetOptions& options = {}) {
  return XlsxTarget::open(write_book(folder.at("Libro.xlsx"), book), options);
}

/// Header row, headers and cells of the first sheet, kinds shown where they are not text; or the refusal.
std::string shown(Target& target, std::size_t number = 0) {
  const auto schema = target.inspect();
  if (!schema) return schema.error().zm + " " + schema.error().message;
  const Sheet& sheet = schema->sheets.at(number);
  std::string out = std::to_string(sheet.header_row) + ":";
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) {
    ids.push_back(column.id);
    out += "|" + column.header;
  }
  const Status scanned = target.scan(sheet.id, ids, [&](const RowView& row) -> Status {
    out += "\n" + std::to_string(row.row.number) + ":";
    for (const Cell& cell : row.cells) {
      out += "|" + to_text(cell.value);
      if (!std::holds_alternative<Text>(cell.value) && !is_blank(cell.value))
        out += "#" + std::string(kind_of(cell.value));
      if (!cell.formula.empty()) out += "=" + cell.formula;
      if (!cell.format.empty()) out += "{" + cell.format + "}";
    }
    return ok();
  });
  return scanned ? out : scanned.error().zm + " " + scanned.error().message;
}

std::string read(const BookParts& book, const TargetOptions& options = {}) {
  const TempFolder folder;
  const auto target = open_book(folder, book, options);
  return target ? shown(**target) : target.error().zm + " " + target.error().message;
}

constexpr const char* kStyles =
    "<numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"dd-mm-yyyy\"/>"
    "<numFmt numFmtId=\"165\" formatCode=\"dd-mm-yyyy hh:mm:ss\"/></numFmts>"
    "<cellXfs count=\"6\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"21\"/>"
    "<xf numFmtId=\"46\"/><xf numFmtId=\"2\"/></cellXfs>"
    "<dxfs><dxf><numFmt numFmtId=\"164\" formatCode=\"0.0\"/></dxf></dxfs>";

}  // namespace

TEST_CASE("xlsx: cells of every kind read as what they are") {
  BookParts book;
  book.styles = kStyles;
  book.strings = {"<t>Código</t>", "<t>001</t>",
                  "<r><t>rich </t></r><r><rPr><b/></rPr><t xml:space=\"preserve\">text</t></r><rPh sb=\"0\" "
                  "eb=\"1\"><t>no</t></rPh>",
                  "<t/>", "<t>l1_x000D_\nl2</t>"};
  book.sheets = {
      {"Hoja",
       sheet_data("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"str\"><f>\"B\"</f><v>B</v></c></row>"
                  "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c><c r=\"B2\"><v>1.5</v></c></row>"
                  "<row r=\"3\"><c r=\"A3\" t=\"s\"><v>2</v></c><c r=\"B3\" t=\"b\"><v>1</v></c></row>"
                  "<row r=\"4\"><c r=\"A4\" t=\"s\"><v>3</v></c><c r=\"B4\" t=\"e\"><v>#N/A</v></c></row>"
                  "<row r=\"6\"><c r=\"A6\" t=\"s\"><v>4</v></c><c r=\"B6\" t=\"str\"><f>\"\"</f><v></v></c></row>"
                  "<row r=\"7\"><c r=\"A7\" s=\"5\"/>" +
                  inline_cell("B7", "_x0041_ &amp; <![CDATA[<b>]]>") +
                  "</row><row r=\"8\"><c r=\"A8\"><f>B2*2</f><v>-0</v></c><c r=\"B8\" t=\"b\"><v>0</v></c></row>"
                  "<row r=\"9\"><c r=\"A9\" s=\"5\"/></row>")}};
  CHECK(read(book) ==
        "1:|Código|B\n2:|001|1.5#number\n3:|rich text|TRUE#boolean\n4:||#N/A#error\n5:||\n"
        "6:|l1\r\nl2|=\"\"\n7:||A & <b>\n8:|0#number=B2*2|FALSE#boolean");
}

TEST_CASE("xlsx: the number format of a cell says what is a date, in both date systems") {
  BookParts book;
  book.styles = kStyles;
  book.sheets = {
      {"Hoja",
       sheet_data("<row><c t=\"inlineStr\"><is><t>Fecha</t></is></c></row>"
                  "<row><c s=\"1\"><v>46153</v></c></row><row><c s=\"1\"><v>46153.5</v></c></row>"
                  "<row><c s=\"1\"><v>60</v></c></row><row><c s=\"1\"><v>61</v></c></row>"
                  "<row><c s=\"2\"><v>46155.48180555556</v></c></row><row><c s=\"3\"><v>0.25</v></c></row>"
                  "<row><c s=\"3\"><v>1.25</v></c></row><row><c s=\"4\"><v>0.25</v></c></row>"
                  "<row><c s=\"1\"><v>-1</v></c></row><row><c s=\"1\"><v>2958466</v></c></row>"
                  "<row><c t=\"d\"><v>2026-05-13T11:33:48.5Z</v></c></row><row><c t=\"d\"><v>2026-05-13</v></c></row>"
                  "<row><c s=\"1\"><v>1e999</v></c></row><row><c><v>1180</v></c></row>")}};
  CHECK(read(book) ==
        "1:|Fecha\n2:|2026-05-11#date\n3:|2026-05-11 12:00:00#datetime\n4:|60#number\n5:|1900-03-01#date\n"
        "6:|2026-05-13 11:33:48#datetime{DD-MM-YYYY hh:mm:ss}\n7:|06:00:00#time{h:mm:ss}\n8:|1.25#number{h:mm:ss}\n"
        "9:|0.25#number{native:[h]:mm:ss}\n10:|-1#number\n11:|2958466#number\n"
        "12:|2026-05-13 11:33:48.500#datetime{native:General}\n13:|2026-05-13#date{native:General}\n14:|1e999\n"
        "15:|1180#number{native:General}");
  book.properties = "<workbookPr date1904=\"1\"/>";
  CHECK(read(book).substr(0, 44) == "1:|Fecha\n2:|2030-05-12#date\n3:|2030-05-12 12");
}

TEST_CASE("xlsx: shared formulas read as what they stand for, arrays and data tables are seen") {
  BookParts book;
  book.sheets = {
      {"Hoja",
       sheet_data("<row>" + inline_cell("A1", "a") + inline_cell("B1", "b") +
                  "</row><row><c><v>1</v></c><c><f t=\"shared\" ref=\"B2:B3\" si=\"0\">A2*$A$2</f><v>1</v></c></row>"
                  "<row><c><v>2</v></c><c><f t=\"shared\" si=\"0\"/><v>2</v></c></row>"
                  "<row><c><f t=\"array\" ref=\"A4\">SUM(A2:A3)</f><v>3</v></c>"
                  "<c><f t=\"dataTable\" ref=\"B4\" r1=\"A2\"/><v>4</v></c></row>")}};
  CHECK(
      read(book) ==
      "1:|a|b\n2:|1#number|1#number=A2*$A$2\n3:|2#number|2#number=A3*$A$2\n4:|3#number=SUM(A2:A3)|4#number=TABLE(A2,)");
}

TEST_CASE("xlsx: the header row is found where it is") {
  BookParts book;
  const std::string rows = "<row r=\"2\">" + inline_cell("B2", "Informe") + "</row><row r=\"5\">" +
                           inline_cell("B5", "Uno") + inline_cell("D5", "Dos") +
                           "</row><row r=\"6\"><c r=\"B6\"><v>1</v></c><c r=\"E6\"><v>2</v></c></row>";
  book.sheets = {{"Hoja", sheet_data(rows)}};
  CHECK(read(book) == "2:||Informe|||\n3:|||||\n4:|||||\n5:||Uno||Dos|\n6:||1#number|||2#number");
  book.sheets[0].second = sheet_data(rows) + "<mergeCells><mergeCell ref=\"B2:E2\"/></mergeCells>";
  const std::string found = "5:||Uno||Dos|\n6:||1#number|||2#number";
  CHECK(read(book) == found);
  book.sheets[0].second = sheet_data(rows) + "<autoFilter ref=\"B5:E6\"/>";
  CHECK(read(book) == found);
  book.sheets[0].second = sheet_data(rows);
  TargetOptions options;
  options.header_rows = {{"HOJA", 5}};
  CHECK(read(book, options) == found);
  options.header_rows = {{"Hoja", 4}};
  CHECK(read(book, options) == "ZM0432 row 4 holds no header");
  book.more = {{"xl/worksheets/_rels/sheet1.xml.rels",
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship "
                "Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/table\" "
                "Target=\"../tables/table1.xml\"/></Relationships>"},
               {"xl/tables/table1.xml",
                "<table xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" id=\"1\" ref=\"B5:E6\"/>"}};
  CHECK(read(book) == found);
}

TEST_CASE("xlsx: an empty sheet has no columns and no rows") {
  BookParts book;
  book.sheets = {{"Vacía", "<sheetData/>"}};
  const TempFolder folder;
  const auto target = open_book(folder, book);
  REQUIRE(target.has_value());
  CHECK(shown(**target) == "1:");
  CHECK(*(*target)->row_count((*target)->schema().sheets[0].id) == 0);
}

TEST_CASE("xlsx: what stands around the cells") {
  BookParts book;
  const std::string office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const std::string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  book.styles = kStyles;
  book.sheets = {
      {"Datos",
       "<sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" "
       "state=\"frozen\"/></sheetView></sheetViews>"
       "<cols><col min=\"2\" max=\"3\" hidden=\"1\"/><col min=\"4\" max=\"4\" style=\"1\"/></cols>" +
           sheet_data("<row r=\"1\">" + inline_cell("A1", "Estado") + inline_cell("B1", "Tipo") +
                      inline_cell("C1", "Otro") + inline_cell("D1", "Fecha") + "</row><row r=\"2\">" +
                      inline_cell("A2", "x") + "</row><row r=\"3\">" + inline_cell("A3", "y") + "</row>") +
           "<sheetProtection sheet=\"1\"/><dataValidations>"
           "<dataValidation type=\"list\" showErrorMessage=\"1\" sqref=\"A2:A100\"><formula1>\"Uno, "
           "Dos,Tres\"</formula1></dataValidation>"
           "<dataValidation type=\"list\" errorStyle=\"warning\" showErrorMessage=\"1\" "
           "sqref=\"B2:B1048576\"><formula1>LISTA</formula1></dataValidation>"
           "<dataValidation type=\"list\" showErrorMessage=\"1\" "
           "sqref=\"C2\"><formula1>\"no\"</formula1></dataValidation>"
           "<dataValidation type=\"decimal\" "
           "sqref=\"D2:D100\"><formula1>0</formula1></dataValidation></dataValidations>"
           "<extLst><ext uri=\"x\" "
           "xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\"><x14:dataValidations "
           "xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"><x14:dataValidation type=\"list\" "
           "showErrorMessage=\"1\">"
           "<x14:formula1><xm:f>Listas!$A$2:$A$3</xm:f></x14:formula1><xm:sqref>D2:D100</xm:sqref></x14:dataValidation>"
           "</x14:dataValidations></ext></extLst>"},
      {"Listas", sheet_data("<row r=\"1\">" + inline_cell("A1", "Valores") + "</row><row r=\"2\">" +
                            inline_cell("A2", "si") + "</row><row r=\"3\">" + inline_cell("A3", "no") + "</row>")}};
  book.workbook =
      "<definedNames><definedName name=\"LISTA\">Listas!$A$2:$A$3</definedName>"
      "<definedName name=\"Solo\">Listas!$A$2:$A$2</definedName>"
      "<definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">Datos!$A$1:$D$9</definedName></definedNames>";
  book.more = {{"xl/worksheets/_rels/sheet1.xml.rels",
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship "
                "Id=\"r\" Type=\"" +
                    office + "/comments\" Target=\"../comments1.xml\"/></Relationships>"},
               {"xl/comments1.xml",
                "<comments xmlns=\"" + main +
                    "\"><commentList><comment ref=\"A1\"><text><r><t>No </t></r><r><t>borrar</t></r></text></comment>"
                    "<comment ref=\"A2\"><text><t>de una celda</t></text></comment></commentList></comments>"}};
  const TempFolder folder;
  const auto target = open_book(folder, book);
  REQUIRE(target.has_value());
  const auto schema = (*target)->inspect();
  REQUIRE(schema.has_value());
  const Sheet& sheet = schema->sheets.at(0);
  CHECK(sheet.frozen);
  CHECK(sheet.protection == Editors{});
  CHECK(sheet.columns[0].note == "No borrar");
  CHECK(!sheet.columns[0].hidden);
  CHECK(sheet.columns[1].hidden);
  CHECK(sheet.columns[2].hidden);
  CHECK(sheet.columns[3].format == "DD-MM-YYYY");
  CHECK(sheet.columns[0].allowed == Allowed{Allowed::Kind::list, {"Uno", "Dos", "Tres"}, {}, {}, {}, true});
  CHECK(sheet.columns[1].allowed == Allowed{Allowed::Kind::list, {"si", "no"}, {}, {}, {}, false});
  CHECK(sheet.columns[2].allowed == Allowed{});
  CHECK(sheet.columns[3].allowed == Allowed{Allowed::Kind::list, {"si", "no"}, {}, {}, {}, true});
  CHECK(!schema->sheets.at(1).frozen);
  CHECK(schema->ranges == std::vector<NamedRange>{{"LISTA", "~Listas", "~Valores", "~Valores"}});
}

TEST_CASE("xlsx: hidden sheets are hidden, chart sheets are no sheets of cells, strict files read alike") {
  BookParts book;
  book.sheets = {{"Una", sheet_data("<row>" + inline_cell("A1", "a") + "</row>")}, {"Dos", sheet_data("")}};
  Parts parts = parts_of(book);
  for (auto& [name, bytes] : parts) {
    const auto replace = [&bytes = bytes](const std::string& from, const std::string& to) {
      for (std::size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size()))
        bytes.replace(at, from.size(), to);
    };
    replace("http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main");
    replace("http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships");
    replace("sheetId=\"1\"", "sheetId=\"1\" state=\"veryHidden\"");
    replace("relationships/worksheet\" Target=\"worksheets/sheet2.xml",
            "relationships/chartsheet\" Target=\"worksheets/sheet2.xml");
  }
  const TempFolder folder;
  const auto target = XlsxTarget::open(write_archive(folder.at("Libro.xlsx"), parts), {});
  REQUIRE(target.has_value());
  const auto schema = (*target)->inspect();
  REQUIRE(schema.has_value());
  REQUIRE(schema->sheets.size() == 1);
  CHECK(schema->sheets.at(0).title == "Una");
  CHECK(schema->sheets.at(0).hidden);
  CHECK(schema->sheets.at(0).columns.size() == 1);
  CHECK((*target)->title() == "Libro");
}

TEST_CASE("xlsx: what cannot be worked with is refused by name") {
  const TempFolder folder;
  const auto opened = [&](std::string_view name, const std::string& bytes) {
    const auto target = XlsxTarget::open(folder.write(name, bytes), {});
    return target ? std::string() : target.error().zm;
  };
  std::string ole("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  ole.resize(3000);
  CHECK(opened("viejo.xls", ole) == "ZM0421");
  for (const char c : "EncryptedPackage"s) ole += {c, '\0'};
  CHECK(opened("cifrado.xlsx", ole) == "ZM0420");
  CHECK(opened("texto.xlsx", "a,b\n1,2\n") == "ZM0422");
  const std::string package = "http://schemas.openxmlformats.org/package/2006/relationships";
  const std::string office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const auto with = [&](const std::string& part, const std::string& relationship) {
    BookParts book;
    book.sheets = {{"Una", sheet_data("")}};
    Parts parts = parts_of(book);
    for (auto& [name, bytes] : parts) {
      if (name == part) bytes.insert(bytes.rfind("</"), relationship);
    }
    const auto target = XlsxTarget::open(write_archive(folder.at("a.xlsx"), parts), {});
    return target ? std::string() : target.error().zm;
  };
  CHECK(with("_rels/.rels", "").empty());
  CHECK(with("_rels/.rels", "<Relationship Id=\"s\" Type=\"" + package +
                                "/digital-signature/origin\" Target=\"_xmlsignatures/origin.sigs\"/>") == "ZM0428");
  CHECK(with("xl/_rels/workbook.xml.rels", "<Relationship Id=\"s\" Type=\"" + office +
                                               "/revisionHeaders\" Target=\"revisions/h.xml\"/>") == "ZM0429");
  const auto other = XlsxTarget::open(write_archive(folder.at("b.xlsx"), {{"mimetype", "application/epub+zip"}}), {});
  REQUIRE(!other.has_value());
  CHECK(other.error().zm == "ZM0421");
  const auto none = XlsxTarget::open(folder.at("no.xlsx"), {});
  REQUIRE(!none.has_value());
  CHECK(none.error().zm == "ZM0404");
}

TEST_CASE("xlsx: damaged worksheets are refused with their place") {
  const auto with = [](const std::string& rows) {
    BookParts book;
    book.strings = {"<t>x</t>"};
    book.sheets = {{"Hoja", sheet_data(rows)}};
    return read(book).substr(0, 6);
  };
  CHECK(with("<row r=\"2\"/><row r=\"2\"/>") == "ZM0431");
  CHECK(with("<row r=\"3\"/><row r=\"2\"/>") == "ZM0431");
  CHECK(with("<row r=\"1048577\"/>") == "ZM0431");
  CHECK(with("<row r=\"1\"><c r=\"B1\"/><c r=\"A1\"/></row>") == "ZM0431");
  CHECK(with("<row r=\"1\"><c r=\"A1\"/><c r=\"A1\"/></row>") == "ZM0431");
  CHECK(with("<row r=\"1\"><c r=\"A2\"/></row>") == "ZM0431");
  CHECK(with("<row r=\"1\"><c r=\"XFE1\"/></row>") == "ZM0431");
  CHECK(with("<row r=\"1\"><c r=\"XFD1\"/><c/></row>") == "ZM0431");
  CHECK(with("<row r=\"1\"><c t=\"s\"><v>1</v></c></row>") == "ZM0426");
  CHECK(with("<row r=\"1\"><c><f t=\"shared\" si=\"9\"/></c></row>") == "ZM0426");
  CHECK(with("<row r=\"1\"><c></row>") == "ZM0426");
  CHECK(with("<row r=\"1\"><c><v>&xxe;</v></c></row>") == "ZM0426");
  BookParts book;
  book.sheets = {{"Una", sheet_data("")}};
  book.more = {{"xl/worksheets/sheet1.xml", "<!DOCTYPE x><worksheet/>"}};
  CHECK(read(book).substr(0, 6) == "ZM0426");
  book.more = {};
  book.sheets = {{"Una", sheet_data("")}, {"UNA", sheet_data("")}};
  CHECK(read(book).substr(0, 6) == "ZM0424");
}

TEST_CASE("xlsx: hashes of columns change with what a cell says and not with where its text lies") {
  const auto hashes = [](const BookParts& book) {
    const TempFolder folder;
    const auto target = open_book(folder, book);
    REQUIRE(target.has_value());
    REQUIRE((*target)->inspect().has_value());
    return *(*target)->column_hashes("~Hoja", {});
  };
  BookParts book;
  book.styles = kStyles;
  book.strings = {"<t>a</t>", "<t>x</t>"};
  const std::string head = "<row r=\"1\">" + inline_cell("A1", "A") + inline_cell("B1", "B") + "</row>";
  book.sheets = {{"Hoja", sheet_data(head + "<row r=\"2\"><c t=\"s\"><v>1</v></c><c s=\"1\"><v>1</v></c></row>")}};
  const auto first = hashes(book);
  REQUIRE(first.size() == 2);
  book.sheets[0].second = sheet_data(head + "<row r=\"2\">" + inline_cell("A2", "x") + "<c s=\"2\"><v>1</v></c></row>");
  const auto second = hashes(book);
  CHECK(first[0] == second[0]);
  CHECK(first[1] != second[1]);
}

TEST_CASE("xlsx: the sample workbook, which another program wrote, holds what its csv files hold") {
  const std::string path = std::string(ZMIG_TEST_DATA) + "/zeues-v21-small/zeues_v21_small.xlsx";
  const auto target = XlsxTarget::open(path, {});
  REQUIRE(target.has_value());
  const auto schema = (*target)->inspect();
  REQUIRE(schema.has_value());
  std::vector<std::string> titles;
  for (const Sheet& sheet : schema->sheets) titles.push_back(sheet.title);
  CHECK(titles == std::vector<std::string>{"Operaciones", "Metadata", "Trabajadores", "Roles", "Uniones", "Param",
                                           "Ponderaciones"});
  const Sheet& main = schema->sheets.at(0);
  CHECK(main.columns.size() == 63);
  CHECK(main.columns[0].header == "id");
  CHECK(main.columns[12].hidden);
  CHECK(main.columns[18].format == "DD-MM-YYYY");
  CHECK(main.columns[33].note == "La app lee esta columna. No borrar ni renombrar.");
  CHECK(main.columns[17].allowed.values == std::vector<std::string>{"Baja", "Media", "Alta", "URGENTE"});
  CHECK(main.columns[27].allowed.values.size() == 5);
  CHECK(main.frozen);
  CHECK(*(*target)->row_count(main.id) == 43);  // 42 with data, one blank between; formatted blank ones do not count
  const Sheet& param = schema->sheets.at(5);
  CHECK(param.header_row == 3);
  CHECK(param.protection.has_value());
  std::map<std::string, std::size_t> kinds, formulas;
  std::vector<std::string> ids;
  for (const Column& column : main.columns) ids.push_back(column.id);
  REQUIRE((*target)
              ->scan(main.id, ids,
                     [&](const RowView& row) -> Status {
                       for (std::size_t i = 0; i < row.cells.size(); ++i) {
                         ++kinds[std::string(kind_of(row.cells[i].value))];
                         if (!row.cells[i].formula.empty()) ++formulas[main.columns[i].header];
                       }
                       return ok();
                     })
              .has_value());
  // The figures of schema.json, which were measured while the file was written.
  CHECK(formulas == std::map<std::string, std::size_t>{{"Fecha_Estimada_Entrega", 9},
                                                       {"Precio Pintura", 17},
                                                       {"Precio Revestimiento", 13},
                                                       {"Precio Total", 30},
                                                       {"SPLIT", 3}});
  CHECK(kinds["error"] == 2);
  CHECK(kinds["date"] == 126 + 9);
}
