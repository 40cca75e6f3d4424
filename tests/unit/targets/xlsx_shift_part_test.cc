#include "targets/xlsx/shift_part.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace zmig;
using namespace zmig::xlsx;
using namespace std::string_literals;

namespace {

const std::string kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";
const std::string kNamespaces =
    " xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
    " xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\""
    " xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\""
    " xmlns:x14ac=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac\""
    " xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\""
    " xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\""
    " xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\""
    " xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"";

std::string part(std::string_view root, std::string_view inside) {
  return kHead + "<" + std::string(root) + kNamespaces + ">" + std::string(inside) + "</" + std::string(root) + ">";
}

BookShift steps_on(const std::string& title, std::vector<ShiftStep> steps) {
  BookShift shift;
  shift.titles = {"Uno", "Dos"};
  shift.sheets = {{title, std::nullopt, false, ShiftSteps(std::move(steps))}};
  return shift;
}
/// One column in front of C.
BookShift insert_c() { return steps_on("Uno", {{ShiftStep::Kind::insert, 2, 1, 0, {"Nueva"}}}); }
BookShift remove_c() { return steps_on("Uno", {{ShiftStep::Kind::remove, 2, 1, 0, {}}}); }
/// C goes in front of F.
BookShift move_c() { return steps_on("Uno", {{ShiftStep::Kind::move, 2, 1, 5, {}}}); }

/// What stands inside of the root afterwards, or the refusal.
std::string after(PartKind kind, std::string_view root, std::string_view inside, const BookShift& shift,
                  FollowReport& report, const std::string& sheet = "Uno") {
  const std::string before = part(root, inside);
  const auto now = shift_part(kind, before, {"p.xml", "f.xlsx", sheet, 1}, shift, report);
  if (!now) return now.error().zm + " " + now.error().message + " @ " + now.error().place;
  const std::string head = part(root, "").substr(0, part(root, "").size() - root.size() - 3);
  REQUIRE(now->starts_with(head));
  REQUIRE(now->size() >= head.size() + root.size() + 3);
  return now->substr(head.size(), now->size() - head.size() - root.size() - 3);
}
std::string sheet(std::string_view inside, const BookShift& shift, const std::string& title = "Uno") {
  FollowReport report;
  return after(PartKind::worksheet, "worksheet", inside, shift, report, title);
}

}  // namespace

TEST_CASE("parts: nothing that is concerned, nothing that changes") {
  const std::string inside =
      "<sheetViews><sheetView workbookViewId='0'><selection activeCell=\"B2\" sqref=\"B2\"/></sheetView></sheetViews>"
      "<sheetData><!-- x --><row r=\"1\" spans=\"1:2\" x14ac:dyDescent=\"0.25\"><c r=\"A1\" t=\"s\"><v>0</v></c>\n"
      "<c r=\"B1\"><f>A1&amp;\"x\"</f><v>1</v></c></row><row/></sheetData>"
      "<mergeCells count=\"1\"><mergeCell ref=\"A5:B6\"/></mergeCells><![CDATA[ ]]>";
  CHECK(sheet(inside, steps_on("Dos", {{ShiftStep::Kind::insert, 0, 1, 0, {}}})) == inside);
  CHECK(sheet(inside, insert_c()) == inside);
}

TEST_CASE("parts: the cells of a sheet go with their columns") {
  CHECK(
      sheet(
          "<dimension ref=\"A1:D2\"/><sheetData><row r=\"1\" spans=\"1:4\"><c r=\"B1\" s=\"3\"/><c r='C1'><v>1</v></c>"
          "<c r=\"D1\"><f>B1+C1</f><v>2</v></c></row></sheetData>",
          insert_c()) ==
      "<dimension ref=\"A1:E2\"/><sheetData><row r=\"1\" spans=\"1:5\"><c r=\"B1\" s=\"3\"/><c r='D1'><v>1</v></c>"
      "<c r=\"E1\"><f>B1+D1</f><v>2</v></c></row></sheetData>");
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"B1\"/><c r=\"C1\"><v>1</v></c><c "
              "r=\"D1\"><f>SUM(A1:C1)</f></c></row></sheetData>",
              remove_c()) ==
        "<sheetData><row r=\"1\"><c r=\"B1\"/><c r=\"C1\"><f>SUM(A1:B1)</f></c></row></sheetData>");
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"B1\"/><c r=\"C1\"><v>1</v></c> <c r=\"D1\"/><c "
              "r=\"F1\"><f>C1</f></c></row></sheetData>",
              move_c()) ==
        "<sheetData><row r=\"1\"><c r=\"B1\"/> <c r=\"C1\"/><c r=\"E1\"><v>1</v></c><c "
        "r=\"F1\"><f>E1</f></c></row></sheetData>");
  // Cells without a place say it when the one before them is another.
  CHECK(sheet("<sheetData><row><c/><c/><c><v>1</v></c></row></sheetData>", insert_c()) ==
        "<sheetData><row><c r=\"A1\"/><c r=\"B1\"/><c r=\"D1\"><v>1</v></c></row></sheetData>");
}

TEST_CASE("parts: a shared formula stays shared when that says the same for each cell") {
  const std::string down =
      "<sheetData><row r=\"1\"><c r=\"D1\"><f t=\"shared\" ref=\"D1:D2\" si=\"0\">C1*2</f><v>1</v></c></row>"
      "<row r=\"2\"><c r=\"D2\"><f t=\"shared\" si=\"0\"/><v>1</v></c></row></sheetData>";
  CHECK(sheet(down, insert_c()) ==
        "<sheetData><row r=\"1\"><c r=\"E1\"><f t=\"shared\" ref=\"E1:E2\" si=\"0\">D1*2</f><v>1</v></c></row>"
        "<row r=\"2\"><c r=\"E2\"><f t=\"shared\" si=\"0\"/><v>1</v></c></row></sheetData>");
  // B1 = A1, C1 = B1, D1 = C1: behind the cut the distance is another one.
  const std::string across =
      "<sheetData><row r=\"1\"><c r=\"B1\"><f t=\"shared\" ref=\"B1:D1\" si=\"1\" ca=\"1\">A1</f></c>"
      "<c r=\"C1\"><f t=\"shared\" si=\"1\"/></c><c r=\"D1\"><f t=\"shared\" si=\"1\"></f></c></row></sheetData>";
  CHECK(sheet(across, insert_c()) ==
        "<sheetData><row r=\"1\"><c r=\"B1\"><f ca=\"1\">A1</f></c><c r=\"D1\"><f>B1</f></c><c r=\"E1\"><f>D1</f></c>"
        "</row></sheetData>");
  CHECK(sheet(across, steps_on("Uno", {{ShiftStep::Kind::remove, 1, 1, 0, {}}})) ==
        "<sheetData><row r=\"1\"><c r=\"B1\"><f>#REF!</f></c><c r=\"C1\"><f>B1</f></c></row></sheetData>");
  // On another sheet the cells stay, and what they say follows.
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"A1\"><f t=\"shared\" ref=\"A1:B1\" si=\"1\">Uno!C1</f></c>"
              "<c r=\"B1\"><f t=\"shared\" si=\"1\"/></c></row></sheetData>",
              insert_c(), "Dos") ==
        "<sheetData><row r=\"1\"><c r=\"A1\"><f t=\"shared\" ref=\"A1:B1\" si=\"1\">Uno!D1</f></c>"
        "<c r=\"B1\"><f t=\"shared\" si=\"1\"/></c></row></sheetData>");
}

TEST_CASE("parts: array formulas and data tables move, and are never cut") {
  const std::string array =
      "<sheetData><row r=\"1\"><c r=\"D1\"><f t=\"array\" ref=\"D1:E2\">A1:B2*C1</f></c></row></sheetData>";
  CHECK(sheet(array, insert_c()) ==
        "<sheetData><row r=\"1\"><c r=\"E1\"><f t=\"array\" ref=\"E1:F2\">A1:B2*D1</f></c></row></sheetData>");
  CHECK(sheet(array, steps_on("Uno", {{ShiftStep::Kind::insert, 4, 1, 0, {}}})) ==
        "ZM0436 part \"p.xml\": D1:E2 lies in an array formula @ Uno!D1");
  CHECK(sheet(array, steps_on("Uno", {{ShiftStep::Kind::remove, 3, 1, 0, {}}})).starts_with("ZM0436"));
  CHECK(sheet(array, steps_on("Uno", {{ShiftStep::Kind::remove, 3, 2, 0, {}}})) ==
        "<sheetData><row r=\"1\"></row></sheetData>");
  const std::string data =
      "<sheetData><row r=\"1\"><c r=\"D1\"><f t=\"dataTable\" ref=\"D1:D9\" dt2D=\"0\" "
      "r1=\"C9\"/></c></row></sheetData>";
  CHECK(sheet(data, steps_on("Uno", {{ShiftStep::Kind::insert, 1, 1, 0, {}}})) ==
        "<sheetData><row r=\"1\"><c r=\"E1\"><f t=\"dataTable\" ref=\"E1:E9\" dt2D=\"0\" "
        "r1=\"D9\"/></c></row></sheetData>");
  CHECK(sheet(data, steps_on("Uno", {{ShiftStep::Kind::insert, 3, 1, 0, {}}})) ==
        "ZM0436 part \"p.xml\": D1:D9 lies in a data table @ Uno!D1");
}

TEST_CASE("parts: widths go with their columns, and a new one is as wide as its left neighbour") {
  const std::string cols =
      "<cols><col min=\"1\" max=\"2\" width=\"9\"/><col min=\"3\" max=\"4\" width=\"5\" hidden=\"1\"/></cols>";
  CHECK(sheet(cols, insert_c()) ==
        "<cols><col min=\"1\" max=\"3\" width=\"9\"/><col min=\"4\" max=\"5\" width=\"5\" hidden=\"1\"/></cols>");
  CHECK(sheet(cols, remove_c()) ==
        "<cols><col min=\"1\" max=\"2\" width=\"9\"/><col min=\"3\" max=\"3\" width=\"5\" hidden=\"1\"/></cols>");
  CHECK(sheet(cols, steps_on("Uno", {{ShiftStep::Kind::move, 0, 1, 3, {}}})) ==
        "<cols><col min=\"1\" max=\"1\" width=\"9\"/><col min=\"2\" max=\"2\" width=\"5\" hidden=\"1\"/>"
        "<col min=\"3\" max=\"3\" width=\"9\"/><col min=\"4\" max=\"4\" width=\"5\" hidden=\"1\"/></cols>");
  CHECK(sheet("<cols><col min=\"3\" max=\"3\" width=\"9\"></col></cols>", remove_c()).empty());
  CHECK(sheet("<cols><col min=\"2\" max=\"16384\" width=\"9\"/></cols>", insert_c()) ==
        "<cols><col min=\"2\" max=\"16384\" width=\"9\"/></cols>");
}

TEST_CASE("parts: frozen columns, selections and views follow") {
  const std::string view =
      "<sheetViews><sheetView><pane xSplit=\"3\" ySplit=\"1\" topLeftCell=\"D2\" state=\"frozen\"/>"
      "<selection pane=\"topRight\" activeCell=\"C1\" sqref=\"C1:C9 E1\"/></sheetView></sheetViews>";
  CHECK(sheet(view, insert_c()) ==
        "<sheetViews><sheetView><pane xSplit=\"4\" ySplit=\"1\" topLeftCell=\"E2\" state=\"frozen\"/>"
        "<selection pane=\"topRight\" activeCell=\"D1\" sqref=\"D1:D9 F1\"/></sheetView></sheetViews>");
  CHECK(sheet(view, remove_c()) ==
        "<sheetViews><sheetView><pane xSplit=\"2\" ySplit=\"1\" topLeftCell=\"C2\" state=\"frozen\"/>"
        "<selection pane=\"topRight\" activeCell=\"C1\" sqref=\"D1\"/></sheetView></sheetViews>");
  CHECK(sheet(view, steps_on("Uno", {{ShiftStep::Kind::insert, 3, 1, 0, {}}})) ==
        "<sheetViews><sheetView><pane xSplit=\"3\" ySplit=\"1\" topLeftCell=\"D2\" state=\"frozen\"/>"
        "<selection pane=\"topRight\" activeCell=\"C1\" sqref=\"C1:C9 F1\"/></sheetView></sheetViews>");
}

TEST_CASE("parts: merges widen, shrink, go, and are not cut where it would tear") {
  const std::string merges =
      "<mergeCells count=\"3\"><mergeCell ref=\"B5:D6\"/><mergeCell ref=\"C9:C10\"/><mergeCell "
      "ref=\"C12:D12\"/></mergeCells>";
  CHECK(sheet(merges, insert_c()) ==
        "<mergeCells count=\"3\"><mergeCell ref=\"B5:E6\"/><mergeCell ref=\"D9:D10\"/><mergeCell "
        "ref=\"D12:E12\"/></mergeCells>");
  CHECK(sheet(merges, remove_c()) == "<mergeCells count=\"1\"><mergeCell ref=\"B5:C6\"/></mergeCells>");
  CHECK(sheet(merges, move_c()) == "ZM0436 part \"p.xml\": B5:D6 is merged @ Uno!B5:D6");
  const std::string head = "<mergeCells count=\"1\"><mergeCell ref=\"B1:D1\"/></mergeCells>";
  CHECK(sheet(head, insert_c()) == "ZM0436 part \"p.xml\": B1:D1 is merged over the header row @ Uno!B1:D1");
  CHECK(sheet("<mergeCells count=\"1\"><mergeCell ref=\"C9:C10\"/></mergeCells>", remove_c()).empty());
}

TEST_CASE("parts: rules are written for the first cell of their region") {
  const std::string rules =
      "<conditionalFormatting sqref=\"C2:E9\"><cfRule type=\"expression\" "
      "dxfId=\"0\"><formula>C2&gt;$A2</formula></cfRule>"
      "</conditionalFormatting><dataValidations count=\"2\"><dataValidation type=\"list\" sqref=\"C2:C9\">"
      "<formula1>$F$1:$F$3</formula1></dataValidation><dataValidation type=\"custom\" "
      "sqref=\"D2\"><formula1>D2&lt;&gt;\"C1\"</formula1>"
      "</dataValidation></dataValidations>";
  CHECK(sheet(rules, insert_c()) ==
        "<conditionalFormatting sqref=\"D2:F9\"><cfRule type=\"expression\" "
        "dxfId=\"0\"><formula>D2&gt;$A2</formula></cfRule>"
        "</conditionalFormatting><dataValidations count=\"2\"><dataValidation type=\"list\" sqref=\"D2:D9\">"
        "<formula1>$G$1:$G$3</formula1></dataValidation><dataValidation type=\"custom\" "
        "sqref=\"E2\"><formula1>E2&lt;&gt;&quot;C1&quot;</formula1>"
        "</dataValidation></dataValidations>");
  // C goes: the rule of C2 was, for D2, D2>$A2; D2 is C2 now.
  CHECK(sheet(rules, remove_c()) ==
        "<conditionalFormatting sqref=\"C2:D9\"><cfRule type=\"expression\" "
        "dxfId=\"0\"><formula>C2&gt;$A2</formula></cfRule>"
        "</conditionalFormatting><dataValidations count=\"1\"><dataValidation type=\"custom\" "
        "sqref=\"C2\"><formula1>C2&lt;&gt;&quot;C1&quot;</formula1>"
        "</dataValidation></dataValidations>");
  const std::string late =
      "<extLst><ext uri=\"{x}\"><x14:dataValidations count=\"2\"><x14:dataValidation "
      "type=\"list\"><x14:formula1><xm:f>Dos!A1:C1</xm:f>"
      "</x14:formula1><xm:sqref>C2:D9</xm:sqref></x14:dataValidation><x14:dataValidation "
      "type=\"custom\"><x14:formula1><xm:f>C5&gt;1</xm:f>"
      "</x14:formula1><xm:sqref>C5</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>";
  CHECK(sheet(late, insert_c()) ==
        "<extLst><ext uri=\"{x}\"><x14:dataValidations count=\"2\"><x14:dataValidation "
        "type=\"list\"><x14:formula1><xm:f>Dos!A1:C1</xm:f>"
        "</x14:formula1><xm:sqref>D2:E9</xm:sqref></x14:dataValidation><x14:dataValidation "
        "type=\"custom\"><x14:formula1><xm:f>D5&gt;1</xm:f>"
        "</x14:formula1><xm:sqref>D5</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>");
  CHECK(sheet(late, remove_c()) ==
        "<extLst><ext uri=\"{x}\"><x14:dataValidations count=\"1\"><x14:dataValidation "
        "type=\"list\"><x14:formula1><xm:f>Dos!B1:D1</xm:f>"
        "</x14:formula1><xm:sqref>C2:C9</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>");
}

TEST_CASE("parts: links, filters, breaks, protections, scenarios and sparklines follow") {
  CHECK(sheet("<protectedRanges><protectedRange name=\"p\" sqref=\"C1:C9\"/></protectedRanges><scenarios "
              "sqref=\"D1\"><scenario name=\"s\" "
              "count=\"1\"><inputCells r=\"D2\" val=\"1\"/></scenario></scenarios><autoFilter "
              "ref=\"A1:E9\"><filterColumn colId=\"3\">"
              "<filters><filter val=\"x\"/></filters></filterColumn><sortState ref=\"A2:E9\"><sortCondition "
              "ref=\"D2:D9\"/></sortState></autoFilter>",
              insert_c()) ==
        "<protectedRanges><protectedRange name=\"p\" sqref=\"D1:D9\"/></protectedRanges><scenarios "
        "sqref=\"E1\"><scenario name=\"s\" "
        "count=\"1\"><inputCells r=\"E2\" val=\"1\"/></scenario></scenarios><autoFilter ref=\"A1:F9\"><filterColumn "
        "colId=\"4\">"
        "<filters><filter val=\"x\"/></filters></filterColumn><sortState ref=\"A2:F9\"><sortCondition "
        "ref=\"E2:E9\"/></sortState></autoFilter>");
  CHECK(sheet("<hyperlinks><hyperlink ref=\"C2\" location=\"Uno!C9\"/><hyperlink ref=\"D2\" "
              "location=\"'Dos'!C9\"/></hyperlinks>"
              "<rowBreaks count=\"1\"><brk id=\"9\" max=\"16383\" man=\"1\"/></rowBreaks><colBreaks count=\"2\"><brk "
              "id=\"2\" max=\"1048575\"/>"
              "<brk id=\"5\"/></colBreaks><ignoredErrors><ignoredError "
              "sqref=\"C1:D1\"/></ignoredErrors><cellWatches><cellWatch r=\"D1\"/></cellWatches>",
              insert_c()) ==
        "<hyperlinks><hyperlink ref=\"D2\" location=\"Uno!D9\"/><hyperlink ref=\"E2\" "
        "location=\"'Dos'!C9\"/></hyperlinks>"
        "<rowBreaks count=\"1\"><brk id=\"9\" max=\"16383\" man=\"1\"/></rowBreaks><colBreaks count=\"2\"><brk "
        "id=\"3\" max=\"1048575\"/>"
        "<brk id=\"6\"/></colBreaks><ignoredErrors><ignoredError "
        "sqref=\"D1:E1\"/></ignoredErrors><cellWatches><cellWatch r=\"E1\"/></cellWatches>");
  const std::string lines =
      "<extLst><ext><x14:sparklineGroups><x14:sparklineGroup><x14:colorSeries "
      "rgb=\"FF\"/><x14:sparklines><x14:sparkline><xm:f>Uno!D2:E2</xm:f>"
      "<xm:sqref>C2</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></"
      "extLst>";
  CHECK(sheet(lines, insert_c()) ==
        "<extLst><ext><x14:sparklineGroups><x14:sparklineGroup><x14:colorSeries "
        "rgb=\"FF\"/><x14:sparklines><x14:sparkline><xm:f>Uno!E2:F2</xm:f>"
        "<xm:sqref>D2</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></"
        "extLst>");
}

TEST_CASE("parts: nothing is pushed off the grid") {
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row></sheetData>", insert_c()) ==
        "ZM0433 part \"p.xml\": the last column of the sheet (XFD) is in use @ Uno!XFD1");
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"XFD1\" s=\"1\"/></row></sheetData>", insert_c()) ==
        "<sheetData><row r=\"1\"></row></sheetData>");
}

TEST_CASE("parts: what is not known is refused by name") {
  CHECK(sheet("<future/>", insert_c()) ==
        "ZM0439 part \"p.xml\": the element \"future\" is not known, and may hold a reference @ Uno");
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"A1\"><f>A1|B1</f></c></row></sheetData>", insert_c()) ==
        "ZM0439 the formula \"A1|B1\" is not understood at character 3: \"|\" has no meaning here @ Uno!A1");
  CHECK(sheet("<q:new xmlns:q=\"urn:q\"/>", insert_c()).starts_with("ZM0439"));
  CHECK(sheet("<sheetData><row r=\"1\" q:at=\"C1\" xmlns:q=\"urn:q\"/></sheetData>", insert_c()) ==
        "ZM0439 part \"p.xml\": the attribute \"at\" is not known @ p.xml");
  CHECK(sheet("<sheetData><row r=\"1\"><c r=\"C1\"/><c r=\"B1\"/></row></sheetData>", insert_c()) ==
        "ZM0431 part \"p.xml\": cell B1 is out of order or doubled @ Uno");
  CHECK(sheet("<sheetData><row r=\"2\"/><row r=\"2\"/></sheetData>", insert_c()).starts_with("ZM0431"));
  CHECK(sheet("<mergeCells><mergeCell ref=\"what\"/></mergeCells>", insert_c()) ==
        "ZM0439 part \"p.xml\": \"what\" is no region @ Uno");
}

TEST_CASE("parts: a table takes in the column that falls into it, and lets go of one that goes") {
  const std::string root = "table displayName=\"T\" id=\"1\" ref=\"A1:D9\" totalsRowCount=\"0\"";
  const std::string columns =
      "<autoFilter ref=\"A1:D9\"><filterColumn colId=\"3\"/></autoFilter><tableColumns count=\"4\"><tableColumn "
      "id=\"1\" name=\"a\"/>"
      "<tableColumn id=\"2\" name=\"b\"/><tableColumn id=\"7\" name=\"c\"/><tableColumn id=\"4\" "
      "name=\"d\"><calculatedColumnFormula>T[c]+Uno!$C$1"
      "</calculatedColumnFormula></tableColumn></tableColumns><tableStyleInfo name=\"x\"/>";
  const auto table = [&](BookShift shift, std::string inside, const std::string& tag) {
    FollowReport report;
    const std::string before = kHead + "<" + tag + kNamespaces + ">" + inside + "</table>";
    const auto now = shift_part(PartKind::table, before, {"t.xml", "", "Uno", 1}, shift, report);
    if (!now) return now.error().zm + " " + now.error().message + " @ " + now.error().place;
    const std::size_t ref = now->find("ref=");
    return now->substr(ref, 11) + now->substr(now->find("chart\"") > now->size() ? 0 : now->find('>', ref) + 1);
  };
  CHECK(table(insert_c(), columns, root) ==
        "ref=\"A1:E9\"<autoFilter ref=\"A1:E9\"><filterColumn colId=\"4\"/></autoFilter><tableColumns "
        "count=\"5\"><tableColumn id=\"1\" name=\"a\"/>"
        "<tableColumn id=\"2\" name=\"b\"/><tableColumn id=\"8\" name=\"Nueva\"/><tableColumn id=\"7\" "
        "name=\"c\"/><tableColumn id=\"4\" name=\"d\">"
        "<calculatedColumnFormula>T[c]+Uno!$D$1</calculatedColumnFormula></tableColumn></tableColumns><tableStyleInfo "
        "name=\"x\"/></table>");
  BookShift gone = remove_c();
  gone.tables = {{"T", {"a", "b", "c", "d"}, {}, {"c"}}};
  CHECK(table(gone, columns, root) ==
        "ref=\"A1:C9\"<autoFilter ref=\"A1:C9\"><filterColumn colId=\"2\"/></autoFilter><tableColumns "
        "count=\"3\"><tableColumn id=\"1\" name=\"a\"/>"
        "<tableColumn id=\"2\" name=\"b\"/><tableColumn id=\"4\" name=\"d\">"
        "<calculatedColumnFormula>#REF!+Uno!#REF!</calculatedColumnFormula></tableColumn></"
        "tableColumns><tableStyleInfo name=\"x\"/></table>");
  const BookShift inside = steps_on("Uno", {{ShiftStep::Kind::move, 0, 1, 4, {}}});
  CHECK(table(inside, columns, root)
            .starts_with("ref=\"A1:D9\"<autoFilter ref=\"A1:D9\"><filterColumn colId=\"2\"/></autoFilter>"
                         "<tableColumns count=\"4\"><tableColumn id=\"2\" name=\"b\"/><tableColumn id=\"7\""));
  CHECK(table(move_c(), columns, root) ==
        "ZM0436 part \"t.xml\": a column would leave table \"T\", or come into it @ Uno!A1:D9");
  CHECK(table(insert_c(), columns, root + " tableType=\"queryTable\"") ==
        "ZM0434 part \"t.xml\": the columns of table \"T\" come from a query or an XML map @ Uno!A1:D9");
  CHECK(table(insert_c(), columns, "table displayName=\"T\" id=\"1\" ref=\"A3:D9\"") ==
        "ZM0434 part \"t.xml\": the header of table \"T\" is not the header row of the sheet @ Uno!A3:D9");
}

TEST_CASE("parts: drawings, charts, notes and pivots follow") {
  FollowReport report;
  CHECK(
      after(PartKind::drawing, "xdr:wsDr",
            "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>7</xdr:colOff><xdr:row>0</xdr:row></"
            "xdr:from><xdr:to>"
            "<xdr:col>4</xdr:col></xdr:to><xdr:sp "
            "textlink=\"Uno!$C$1\"><a:p/></xdr:sp><xdr:clientData/></xdr:twoCellAnchor>"
            "<xdr:twoCellAnchor "
            "editAs=\"oneCell\"><xdr:from><xdr:col>1</xdr:col></xdr:from><xdr:to><xdr:col>4</xdr:col></xdr:to></"
            "xdr:twoCellAnchor>",
            insert_c(), report) ==
      "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>7</xdr:colOff><xdr:row>0</xdr:row></"
      "xdr:from><xdr:to>"
      "<xdr:col>5</xdr:col></xdr:to><xdr:sp textlink=\"Uno!$D$1\"><a:p/></xdr:sp><xdr:clientData/></xdr:twoCellAnchor>"
      "<xdr:twoCellAnchor "
      "editAs=\"oneCell\"><xdr:from><xdr:col>1</xdr:col></xdr:from><xdr:to><xdr:col>4</xdr:col></xdr:to></"
      "xdr:twoCellAnchor>");
  CHECK(after(PartKind::chart, "c:chartSpace", "<c:f>Uno!$A$2:$D$9</c:f><c:v>C1</c:v><a:t>C1</a:t>", insert_c(), report,
              "") == "<c:f>Uno!$A$2:$E$9</c:f><c:v>C1</c:v><a:t>C1</a:t>");
  CHECK(after(PartKind::comments, "comments",
              "<commentList><comment ref=\"C2\"><text><t>x</t></text></comment><comment "
              "ref=\"D2\"><text/></comment></commentList>",
              remove_c(), report) == "<commentList><comment ref=\"C2\"><text/></comment></commentList>");
  CHECK(after(PartKind::vml, "xml",
              "<v:shape id=\"a\"><x:ClientData ObjectType=\"Note\"><x:Anchor>3, 15, 0, 2, 5, 15, 3, "
              "16</x:Anchor><x:Row>1</x:Row><x:Column>2</x:Column>"
              "</x:ClientData></v:shape><v:shape id=\"b\"><x:ClientData "
              "ObjectType=\"Drop\"><x:Anchor>1,0,0,0,3,0,1,0</x:Anchor><x:FmlaLink>$C$1</x:FmlaLink>"
              "</x:ClientData></v:shape>",
              insert_c(), report) ==
        "<v:shape id=\"a\"><x:ClientData ObjectType=\"Note\"><x:Anchor>4, 15, 0, 2, 6, 15, 3, "
        "16</x:Anchor><x:Row>1</x:Row><x:Column>3</x:Column>"
        "</x:ClientData></v:shape><v:shape id=\"b\"><x:ClientData ObjectType=\"Drop\"><x:Anchor>1, 0, 0, 0, 4, 0, 1, "
        "0</x:Anchor><x:FmlaLink>$D$1</x:FmlaLink>"
        "</x:ClientData></v:shape>");
  CHECK(after(PartKind::pivot, "pivotCacheDefinition",
              "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1:D9\" sheet=\"Uno\"/></cacheSource>",
              insert_c(), report,
              "") == "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1:E9\" sheet=\"Uno\"/></cacheSource>");
  CHECK(after(PartKind::pivot, "pivotTableDefinition", "<location ref=\"B3:D9\" firstHeaderRow=\"1\"/>", insert_c(),
              report) == "ZM0436 part \"p.xml\": B3:D9 lies in a pivot table @ Uno!B3:D9");
  CHECK(report.dropped == std::vector<std::string>{"comment of Uno!C2"});
}

TEST_CASE("parts: names of the workbook follow, and the chain of calculation loses what is gone") {
  FollowReport report;
  BookShift shift = insert_c();
  shift.sheets.push_back({"Dos", "Dos y más", false, {}});
  const std::string before =
      part("workbook",
           "<sheets><sheet name=\"Uno\" sheetId=\"4\"/><sheet name='Dos' "
           "sheetId=\"5\"/></sheets><definedNames><definedName name=\"T\">Uno!$C$1+Dos!$C$1"
           "</definedName><definedName name=\"_xlnm.Print_Area\" "
           "localSheetId=\"0\">Uno!$A$1:$D$9,Uno!$F$1</definedName><definedName name=\"k\">\"C1\"</definedName>"
           "</definedNames>");
  const auto now = shift_workbook_part(before, {"workbook.xml", "", "", 1}, shift, report);
  REQUIRE(now.has_value());
  CHECK(
      *now ==
      part(
          "workbook",
          "<sheets><sheet name=\"Uno\" sheetId=\"4\"/><sheet name='Dos y más' sheetId=\"5\"/></sheets><definedNames>"
          "<definedName name=\"T\">Uno!$D$1+'Dos y más'!$C$1"
          "</definedName><definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">Uno!$A$1:$E$9,Uno!$G$1</definedName>"
          "<definedName name=\"k\">\"C1\"</definedName></definedNames>"));
  const std::string chain =
      part("calcChain", "<c r=\"C1\" i=\"4\"/><c r=\"D1\"/><c r=\"B1\" l=\"1\"/><c r=\"C1\" i=\"5\"/>");
  const auto less = shift_calc_chain(chain, "calcChain.xml", {{4, remove_c().sheets[0].steps, false}});
  REQUIRE(less.has_value());
  CHECK(*less == part("calcChain", "<c i=\"4\" r=\"C1\"/><c r=\"B1\" l=\"1\"/><c r=\"C1\" i=\"5\"/>"));
  const auto none = shift_calc_chain(part("calcChain", "<c r=\"C1\" i=\"4\"/>"), "calcChain.xml",
                                     {{4, remove_c().sheets[0].steps, false}});
  REQUIRE(none.has_value());
  CHECK(none->empty());
}

TEST_CASE("rows: the parts of a sheet follow rows that come and go") {
  const auto rows = [](ShiftStep::Kind kind, std::uint32_t at, std::uint32_t count) {
    BookShift shift = steps_on("Uno", {});
    shift.sheets[0].steps = ShiftSteps({{kind, at, count, 0, {}}}, ShiftAxis::rows);
    return shift;
  };
  const BookShift insert = rows(ShiftStep::Kind::insert, 3, 1), remove = rows(ShiftStep::Kind::remove, 3, 1);
  const std::string inside =
      "<dimension ref=\"A1:B5\"/><sheetViews><sheetView><pane ySplit=\"1\" topLeftCell=\"A2\" state=\"frozen\"/>"
      "<selection activeCell=\"A4\" sqref=\"A4\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"2\" "
      "width=\"9\"/></cols>"
      "<sheetData><row r=\"1\" spans=\"1:2\"><c r=\"A1\"/></row><row r=\"2\"><c r=\"B2\"><f t=\"shared\" ref=\"B2:B4\" "
      "si=\"0\">A2*2</f>"
      "</c></row><row r=\"3\" ht=\"20\"><c r=\"B3\"><f t=\"shared\" si=\"0\"/></c></row><row r=\"4\"><c "
      "r=\"A4\"><v>1</v></c><c r=\"B4\">"
      "<f t=\"shared\" si=\"0\"/></c></row></sheetData><autoFilter ref=\"A1:B4\"><filterColumn "
      "colId=\"1\"/></autoFilter>"
      "<conditionalFormatting sqref=\"A3:B4\"><cfRule><formula>$B3&gt;A$2</formula></cfRule></conditionalFormatting>"
      "<rowBreaks count=\"1\"><brk id=\"3\" max=\"16383\"/></rowBreaks>";
  CHECK(sheet(inside, insert) ==
        "<dimension ref=\"A1:B6\"/><sheetViews><sheetView><pane ySplit=\"1\" topLeftCell=\"A2\" state=\"frozen\"/>"
        "<selection activeCell=\"A5\" sqref=\"A5\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"2\" "
        "width=\"9\"/></cols>"
        "<sheetData><row r=\"1\" spans=\"1:2\"><c r=\"A1\"/></row><row r=\"2\"><c r=\"B2\"><f t=\"shared\" "
        "ref=\"B2:B5\" si=\"0\">A2*2</f>"
        "</c></row><row r=\"4\" ht=\"20\"><c r=\"B4\"><f t=\"shared\" si=\"0\"/></c></row><row r=\"5\"><c "
        "r=\"A5\"><v>1</v></c><c r=\"B5\">"
        "<f t=\"shared\" si=\"0\"/></c></row></sheetData><autoFilter ref=\"A1:B5\"><filterColumn "
        "colId=\"1\"/></autoFilter>"
        "<conditionalFormatting sqref=\"A4:B5\"><cfRule><formula>$B4&gt;A$2</formula></cfRule></conditionalFormatting>"
        "<rowBreaks count=\"1\"><brk id=\"4\" max=\"16383\"/></rowBreaks>");
  CHECK(sheet(inside, remove) ==
        "<dimension ref=\"A1:B4\"/><sheetViews><sheetView><pane ySplit=\"1\" topLeftCell=\"A2\" state=\"frozen\"/>"
        "<selection activeCell=\"A3\" sqref=\"A3\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"2\" "
        "width=\"9\"/></cols>"
        "<sheetData><row r=\"1\" spans=\"1:2\"><c r=\"A1\"/></row><row r=\"2\"><c r=\"B2\"><f t=\"shared\" "
        "ref=\"B2:B3\" si=\"0\">A2*2</f>"
        "</c></row><row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"B3\"><f t=\"shared\" si=\"0\"/></c></row></sheetData>"
        "<autoFilter ref=\"A1:B3\"><filterColumn colId=\"1\"/></autoFilter><conditionalFormatting "
        "sqref=\"A3:B3\"><cfRule><formula>$B3&gt;A$2"
        "</formula></cfRule></conditionalFormatting><rowBreaks count=\"1\"><brk id=\"2\" max=\"16383\"/></rowBreaks>");
  // The row above says the one below: where the cut falls between them, the group falls apart.
  CHECK(sheet("<sheetData><row r=\"2\"><c r=\"B2\"><f t=\"shared\" ref=\"B2:B3\" si=\"0\">B1+1</f></c></row><row "
              "r=\"3\"><c r=\"B3\">"
              "<f t=\"shared\" si=\"0\"/></c></row></sheetData>",
              insert) ==
        "<sheetData><row r=\"2\"><c r=\"B2\"><f>B1+1</f></c></row><row r=\"4\"><c "
        "r=\"B4\"><f>B2+1</f></c></row></sheetData>");
  CHECK(sheet("<sheetData><row><c/></row><row/><row><c/></row></sheetData>", insert) ==
        "<sheetData><row r=\"1\"><c r=\"A1\"/></row><row r=\"2\"/><row r=\"4\"><c r=\"A4\"/></row></sheetData>");
  CHECK(sheet("<mergeCells count=\"1\"><mergeCell ref=\"A2:A4\"/></mergeCells>", insert) ==
        "ZM0436 part \"p.xml\": A2:A4 is merged @ Uno!A2:A4");
}

TEST_CASE("rows: a rule of a whole column takes in rows that come in front of its first") {
  BookShift insert = steps_on("Uno", {});
  insert.sheets[0].steps = ShiftSteps({{ShiftStep::Kind::insert, 2, 2, 0, {}}}, ShiftAxis::rows);
  CHECK(sheet("<conditionalFormatting "
              "sqref=\"B2:B9\"><cfRule><formula>$B2&gt;A$1</formula></cfRule></conditionalFormatting>"
              "<dataValidations count=\"2\"><dataValidation "
              "sqref=\"B2:B1048576\"><formula1>$F$2:$F$4</formula1></dataValidation>"
              "<dataValidation sqref=\"C2\"><formula1>C2</formula1></dataValidation></dataValidations>",
              insert) ==
        "<conditionalFormatting sqref=\"B2:B11\"><cfRule><formula>$B2&gt;A$1</formula></cfRule></conditionalFormatting>"
        "<dataValidations count=\"2\"><dataValidation "
        "sqref=\"B2:B1048576\"><formula1>$F$4:$F$6</formula1></dataValidation>"
        "<dataValidation sqref=\"C4\"><formula1>C4</formula1></dataValidation></dataValidations>");
}
