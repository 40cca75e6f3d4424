#pragma once
// A small workbook in which one column has a dependant of every kind, written part by part, and the parts of a workbook
// in memory as the shifting of columns wants them.

#include <map>
#include <string>

#include "support/archives.h"
#include "targets/xlsx/shift_book.h"

namespace zmig::test {

/// Sheets "Datos" (header row 1, columns A id, B nombre, C monto, D doble, E nota, F extra; data in rows 2 to 5) and
/// "Resumen". On C and D depend: formulas of both sheets (plain, shared, array), a name, a validation, a conditional
/// format, a merge, a link, a table and a structured reference, the series of a chart, a filter, the print area, a
/// comment with its shape, widths, the anchor of a drawing, cached values, a pivot source, a sparkline, the chain of
/// calculation.
inline BookParts crafted_book() {
  const std::string office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const std::string package = "http://schemas.openxmlformats.org/package/2006/relationships";
  const std::string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
  const auto text = [](const std::string& place, const std::string& says) {
    return "<c r=\"" + place + "\" t=\"inlineStr\"><is><t>" + says + "</t></is></c>";
  };
  const auto number = [](const std::string& place, const std::string& value, const std::string& formula = "") {
    return "<c r=\"" + place + "\">" + formula + "<v>" + value + "</v></c>";
  };
  const auto link = [&](const std::string& id, const std::string& kind, const std::string& target) {
    return "<Relationship Id=\"" + id + "\" Type=\"" + office + "/" + kind + "\" Target=\"" + target + "\"/>";
  };
  const auto links = [&](const std::string& inside) {
    return head + "<Relationships xmlns=\"" + package + "\">" + inside + "</Relationships>";
  };
  std::string rows = "<row r=\"1\" spans=\"1:6\">" + text("A1", "id") + text("B1", "nombre") + text("C1", "monto") +
                     text("D1", "doble") + text("E1", "nota") + text("F1", "extra") + "</row>";
  for (int r = 2; r <= 5; ++r) {
    const std::string n = std::to_string(r);
    const std::string shared =
        r == 2 ? "<f t=\"shared\" ref=\"D2:D5\" si=\"0\">C2*2</f>" : "<f t=\"shared\" si=\"0\"/>";
    rows += "<row r=\"" + n + "\" spans=\"1:6\">" + number("A" + n, n) + text("B" + n, "n" + n) +
            number("C" + n, std::to_string(10 * r)) + number("D" + n, std::to_string(20 * r), shared) +
            text("E" + n, "20") +
            (r == 2 ? number("F2", "10800", "<f t=\"array\" ref=\"F2\">SUM(C2:C5*D2:D5)</f>") : "") + "</row>";
  }
  rows += "<row r=\"8\">" + text("C8", "dos juntas") + "</row>";
  rows += "<row r=\"9\">" + number("G9", "294", "<f>SUM(A2:D5)-SUM(C2:C5)</f>") + "</row>";
  rows += "<row r=\"10\">" + text("C10", "enlace") + number("E10", "3", "<f>SUM(Tarifas[x])</f>") + "</row>";
  rows += "<row r=\"20\">" + text("D20", "x") + text("E20", "y") + text("F20", "z") + "</row>";
  rows += "<row r=\"21\">" + number("D21", "1") + number("E21", "2") +
          number("F21", "3", "<f>Tarifas[[#This Row],[x]]+2</f>") + "</row><row r=\"22\">" + number("D22", "2") +
          number("E22", "3") + number("F22", "4", "<f>Tarifas[[#This Row],[x]]+2</f>") + "</row>";
  BookParts book;
  const std::string datos =
      "<dimension ref=\"A1:G22\"/><sheetViews><sheetView workbookViewId=\"0\"><pane xSplit=\"2\" ySplit=\"1\" "
      "topLeftCell=\"C2\" "
      "activePane=\"bottomRight\" state=\"frozen\"/><selection pane=\"bottomRight\" activeCell=\"D3\" "
      "sqref=\"D3\"/></sheetView>"
      "</sheetViews><cols><col min=\"1\" max=\"2\" width=\"9\" customWidth=\"1\"/><col min=\"3\" max=\"3\" "
      "width=\"20\" customWidth=\"1\"/>"
      "<col min=\"4\" max=\"6\" width=\"14\" customWidth=\"1\"/></cols><sheetData>" +
      rows +
      "</sheetData><autoFilter ref=\"A1:F5\"><filterColumn colId=\"3\"><filters><filter val=\"40\"/><filter "
      "val=\"60\"/><filter val=\"80\"/>"
      "<filter val=\"100\"/></filters></filterColumn></autoFilter><mergeCells count=\"1\"><mergeCell "
      "ref=\"C8:D8\"/></mergeCells>"
      "<conditionalFormatting sqref=\"C2:D5\"><cfRule type=\"expression\" dxfId=\"0\" "
      "priority=\"1\"><formula>C2&gt;$F$2</formula></cfRule>"
      "</conditionalFormatting><dataValidations count=\"1\"><dataValidation type=\"list\" allowBlank=\"1\" "
      "sqref=\"E2:E5\"><formula1>$C$2:$C$5"
      "</formula1></dataValidation></dataValidations><hyperlinks><hyperlink ref=\"C10\" location=\"Datos!D2\" "
      "display=\"enlace\"/></hyperlinks>"
      "<drawing r:id=\"rId1\"/><legacyDrawing r:id=\"rId2\"/><tableParts count=\"1\"><tablePart "
      "r:id=\"rId4\"/></tableParts>"
      "<extLst><ext xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" "
      "uri=\"{05C60535-1F16-4fd2-B633-F4F36F0B64E0}\">"
      "<x14:sparklineGroups xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"><x14:sparklineGroup "
      "displayEmptyCellsAs=\"gap\">"
      "<x14:sparklines><x14:sparkline><xm:f>Datos!C2:D2</xm:f><xm:sqref>G2</xm:sqref></x14:sparkline></"
      "x14:sparklines></x14:sparklineGroup>"
      "</x14:sparklineGroups></ext></extLst>";
  const std::string resumen = "<sheetData><row r=\"1\">" + text("A1", "suma") + text("B1", "otra") +
                              "</row><row r=\"2\">" + number("A2", "140", "<f>SUM(Datos!C2:C5)</f>") +
                              number("B2", "40", "<f>Datos!$D$2</f>") + "</row><row r=\"3\">" +
                              number("A3", "140", "<f>SUM(Montos)</f>") + "</row></sheetData>";
  book.sheets = {{"Datos", datos}, {"Resumen", resumen}};
  book.styles =
      "<fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts><fills "
      "count=\"2\"><fill><patternFill patternType=\"none\"/>"
      "</fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders "
      "count=\"1\"><border><left/><right/><top/><bottom/><diagonal/>"
      "</border></borders><cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" "
      "borderId=\"0\"/></cellStyleXfs><cellXfs count=\"1\">"
      "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/></cellXfs><dxfs "
      "count=\"1\"><dxf><font><b/></font></dxf></dxfs>";
  book.workbook =
      "<definedNames><definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"0\" "
      "hidden=\"1\">Datos!$A$1:$F$5</definedName>"
      "<definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">Datos!$A$1:$F$22</definedName>"
      "<definedName name=\"Montos\">Datos!$C$2:$C$5</definedName></definedNames><calcPr calcId=\"191029\"/>"
      "<pivotCaches><pivotCache cacheId=\"1\" r:id=\"rId3\"/></pivotCaches>";
  book.more = {
      {"xl/worksheets/_rels/sheet1.xml.rels",
       links(link("rId1", "drawing", "../drawings/drawing1.xml") + link("rId2", "vmlDrawing", "../drawings/vml1.vml") +
             link("rId3", "comments", "../comments1.xml") + link("rId4", "table", "../tables/table1.xml"))},
      {"xl/tables/table1.xml",
       head + "<table xmlns=\"" + main +
           "\" id=\"1\" name=\"Tarifas\" displayName=\"Tarifas\" ref=\"D20:F22\" totalsRowShown=\"0\"><autoFilter "
           "ref=\"D20:F22\"/><tableColumns count=\"3\"><tableColumn id=\"1\" name=\"x\"/><tableColumn id=\"2\" "
           "name=\"y\"/><tableColumn id=\"3\" "
           "name=\"z\"><calculatedColumnFormula>Tarifas[[#This "
           "Row],[x]]+2</calculatedColumnFormula></tableColumn></tableColumns></table>"},
      {"xl/comments1.xml", head + "<comments xmlns=\"" + main +
                               "\"><authors><author>a</author></authors><commentList><comment ref=\"D2\" "
                               "authorId=\"0\"><text><t>mirar</t></text></comment></commentList></comments>"},
      {"xl/drawings/vml1.vml",
       "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" "
       "xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" "
       "o:spt=\"202\" "
       "path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/></v:shapetype><v:shape id=\"_x0000_s1025\" "
       "type=\"#_x0000_t202\" "
       "style=\"position:absolute;visibility:hidden\"><v:textbox/><x:ClientData "
       "ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>"
       "<x:Anchor>4, 15, 0, 2, 6, 15, 4, "
       "16</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>1</x:Row><x:Column>3</x:Column></x:ClientData>"
       "</v:shape></xml>"},
      {"xl/drawings/drawing1.xml",
       head +
           "<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" "
           "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><xdr:twoCellAnchor><xdr:from><xdr:col>8</"
           "xdr:col><xdr:colOff>0"
           "</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>13</"
           "xdr:col><xdr:colOff>0</xdr:colOff>"
           "<xdr:row>15</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:graphicFrame "
           "macro=\"\"><xdr:nvGraphicFramePr><xdr:cNvPr id=\"2\" "
           "name=\"Grafico\"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/><a:ext "
           "cx=\"0\" cy=\"0\"/></xdr:xfrm>"
           "<a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart "
           "xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:r=\"" +
           office +
           "\" "
           "r:id=\"rId1\"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></"
           "xdr:wsDr>"},
      {"xl/drawings/_rels/drawing1.xml.rels", links(link("rId1", "chart", "../charts/chart1.xml"))},
      {"xl/charts/chart1.xml",
       head + "<c:chartSpace "
              "xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart><c:plotArea><c:layout/"
              "><c:barChart>"
              "<c:barDir val=\"col\"/><c:grouping val=\"clustered\"/><c:ser><c:idx val=\"0\"/><c:order "
              "val=\"0\"/><c:tx><c:strRef><c:f>Datos!$C$1</c:f>"
              "</c:strRef></c:tx><c:cat><c:strRef><c:f>Datos!$B$2:$B$5</c:f></c:strRef></"
              "c:cat><c:val><c:numRef><c:f>Datos!$C$2:$C$5</c:f></c:numRef>"
              "</c:val></c:ser><c:axId val=\"1\"/><c:axId val=\"2\"/></c:barChart><c:catAx><c:axId "
              "val=\"1\"/><c:scaling/><c:delete val=\"0\"/>"
              "<c:axPos val=\"b\"/><c:crossAx val=\"2\"/></c:catAx><c:valAx><c:axId val=\"2\"/><c:scaling/><c:delete "
              "val=\"0\"/><c:axPos val=\"l\"/>"
              "<c:crossAx val=\"1\"/></c:valAx></c:plotArea></c:chart></c:chartSpace>"},
      {"xl/pivotCache/pivotCacheDefinition1.xml",
       head + "<pivotCacheDefinition xmlns=\"" + main +
           "\" refreshedBy=\"a\" recordCount=\"0\"><cacheSource type=\"worksheet\"><worksheetSource "
           "ref=\"A1:D5\" sheet=\"Datos\"/></cacheSource><cacheFields count=\"4\"><cacheField name=\"id\"/><cacheField "
           "name=\"nombre\"/><cacheField "
           "name=\"monto\"/><cacheField name=\"doble\"/></cacheFields></pivotCacheDefinition>"},
      {"xl/calcChain.xml", head + "<calcChain xmlns=\"" + main +
                               "\"><c r=\"D2\" i=\"1\"/><c r=\"D3\"/><c r=\"D4\"/><c r=\"D5\"/><c r=\"A2\" i=\"2\"/>"
                               "<c r=\"F2\" i=\"1\" a=\"1\"/></calcChain>"},
      {"xl/_rels/workbook.xml.rels",
       links(link("rId1", "worksheet", "worksheets/sheet1.xml") + link("rId2", "worksheet", "worksheets/sheet2.xml") +
             link("rId3", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml") +
             link("rId4", "calcChain", "calcChain.xml") + link("rId900", "sharedStrings", "sharedStrings.xml") +
             link("rId901", "styles", "styles.xml"))},
      {"[Content_Types].xml",
       head +
           "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" "
           "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" "
           "ContentType=\"application/xml\"/>"
           "<Default Extension=\"vml\" ContentType=\"application/vnd.openxmlformats-officedocument.vmlDrawing\"/>"
           "<Override PartName=\"/xl/workbook.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>"
           "<Override PartName=\"/xl/worksheets/sheet1.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
           "<Override PartName=\"/xl/worksheets/sheet2.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
           "<Override PartName=\"/xl/styles.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/>"
           "<Override PartName=\"/xl/sharedStrings.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml\"/>"
           "<Override PartName=\"/xl/tables/table1.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml\"/>"
           "<Override PartName=\"/xl/comments1.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml\"/>"
           "<Override PartName=\"/xl/drawings/drawing1.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.drawing+xml\"/>"
           "<Override PartName=\"/xl/charts/chart1.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.drawingml.chart+xml\"/>"
           "<Override PartName=\"/xl/pivotCache/pivotCacheDefinition1.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml\"/>"
           "<Override PartName=\"/xl/calcChain.xml\" "
           "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml\"/></Types>"},
  };
  return book;
}

/// Parts in memory. What is put is there afterwards; what was touched is counted.
struct PartsInMemory {
  std::map<std::string, std::string> now;
  std::map<std::string, std::string> why;

  explicit PartsInMemory(const Parts& parts) {
    for (const auto& [name, bytes] : parts) now[name] = bytes;
  }
  [[nodiscard]] Parts parts() const { return {now.begin(), now.end()}; }

  xlsx::ShiftParts ports() {
    using xlsx::Relationship;
    xlsx::ShiftParts ports;
    ports.workbook = "xl/workbook.xml";
    ports.file = "Libro.xlsx";
    ports.has = [this](const std::string& part) { return now.contains(part); };
    ports.text = [this](const std::string& part) -> Result<std::string> {
      const auto found = now.find(part);
      if (found != now.end()) return found->second;
      return make_error(Errc::corrupt, "ZM0422", "no part " + part);
    };
    ports.put = [this](const std::string& part, std::string bytes, std::string said) {
      now[part] = std::move(bytes);
      why[part] = std::move(said);
    };
    ports.drop = [this](const std::string& part) {
      now.erase(part);
      why[part] = "dropped";
    };
    ports.relationships = [this](const std::string& part) -> Result<std::vector<Relationship>> {
      const std::size_t slash = part.rfind('/');
      const std::string links = part.substr(0, slash + 1) + "_rels/" + part.substr(slash + 1) + ".rels";
      std::vector<Relationship> all;
      if (!now.contains(links)) return all;
      xlsx::XmlReader xml(now[links], links, "Libro.xlsx");
      for (;;) {
        ZMIG_TRY(const xlsx::XmlKind kind, xml.next());
        if (kind == xlsx::XmlKind::end) return all;
        if (kind != xlsx::XmlKind::open || xml.name() != "Relationship") continue;
        const std::string type = xml.attribute("Type");
        all.push_back({xml.attribute("Id"), type.substr(type.rfind('/') + 1),
                       xlsx::resolve_part(part, xml.attribute("Target")), xml.attribute("TargetMode") == "External"});
      }
    };
    return ports;
  }
};

}  // namespace zmig::test
