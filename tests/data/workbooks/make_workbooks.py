#!/usr/bin/python3
"""Makes the workbooks of this folder: one small .xlsx for each class of what real workbooks hold and how they are packed.

usage: make_workbooks.py [FOLDER]     needs openpyxl and XlsxWriter (Debian: python3-openpyxl, python3-xlsxwriter) and,
for lo_*.xlsx, LibreOffice. The files are checked in, so that the test (tests/integration/xlsx_classes_test.cc) runs
without any of them; run this again only to add a class. Every book has a sheet with headers in its first row or a
reason of its own why not, data in rows 2 to 5 and a sum that refers to column B.
"""
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from datetime import datetime

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else HERE
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WHEN = datetime(2026, 1, 26, 18, 0, 0)


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b""))


# --- archives

def read_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return [(i.filename, z.read(i)) for i in z.infolist()]


def write_zip(parts, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in parts:
            info = zipfile.ZipInfo(name, (2026, 1, 26, 18, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name.endswith("/") else method
            z.writestr(info, data)
    return out.getvalue()


def edit(data, changes, add=()):
    """Parts by name, each through a function of its text; `add`: (name, bytes) more."""
    parts = []
    for name, content in read_zip(data):
        if name in changes:
            content = changes[name](content.decode("utf-8")).encode("utf-8")
        parts.append((name, content))
    return write_zip(parts + [(n, c if isinstance(c, bytes) else c.encode("utf-8")) for n, c in add])


def add_part(data, name, content, kind, of, content_type, office=OFFICE):
    """A part that hangs on another one by a relationship."""
    parts = dict(read_zip(data))
    order = [n for n, _ in read_zip(data)]
    folder, base = os.path.split(of)
    rels = (folder + "/" if folder else "") + "_rels/" + base + ".rels"
    text = parts.get(rels, b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships '
                           b'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>').decode()
    link = "rIdX%d" % len(order)
    text = text.replace("</Relationships>", '<Relationship Id="%s" Type="%s/%s" Target="/%s"/></Relationships>'
                        % (link, office, kind, name))
    parts[rels] = text.encode()
    if rels not in order:
        order.append(rels)
    types = parts["[Content_Types].xml"].decode()
    types = types.replace("</Types>", '<Override PartName="/%s" ContentType="%s"/></Types>' % (name, content_type))
    parts["[Content_Types].xml"] = types.encode()
    parts[name] = content if isinstance(content, bytes) else content.encode("utf-8")
    order.append(name)
    return write_zip([(n, parts[n]) for n in order]), link


def sub(old, new):
    def change(text):
        assert old in text, (old, text[:3000])
        return text.replace(old, new, 1)
    return change


SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"


# --- books

def fill(ws):
    ws.append(["id", "monto", "estado", "fecha", "total"])
    for r in range(2, 6):
        ws.append([r, 10.5 * r, "abierto" if r % 2 else "cerrado", datetime(2026, 1, r), "=B%d*2" % r])
        ws.cell(r, 4).number_format = "dd/mm/yyyy"
        ws.cell(r, 2).number_format = "#,##0.00"


def save(book):
    book.properties.created = book.properties.modified = WHEN
    out = io.BytesIO()
    book.save(out)
    # openpyxl writes the time of today into it.
    return edit(out.getvalue(), {"docProps/core.xml": lambda t: re.sub(
        r"(<dcterms:modified[^>]*>)[^<]*", r"\g<1>2026-01-26T18:00:00Z", t)})


def plain():
    book = openpyxl.Workbook()
    book.active.title = "Datos"
    fill(book.active)
    other = book.create_sheet("Resumen")
    other.append(["suma", "maximo"])
    other.append(["=SUM(Datos!B2:B5)", "=MAX(Datos!$B$2:$B$5)"])
    return book


def structures():
    book = plain()
    ws = book["Datos"]
    ws.merge_cells("B8:C8")
    ws["B8"] = "dos juntas"
    ws["B10"].hyperlink = "https://example.org/"
    ws["B10"] = "enlace"
    ws["C10"].hyperlink = "#Resumen!A1"
    ws["C10"] = "dentro"
    ws.conditional_formatting.add("B2:B5", CellIsRule("greaterThan", ["25"], fill=PatternFill("solid", bgColor="FFC7CE")))
    ws.conditional_formatting.add("E2:E5", ColorScaleRule("min", start_color="FFFFFF", end_type="max", end_color="00AA00"))
    rule = DataValidation("list", formula1='"abierto,cerrado"', allow_blank=True)
    rule.add("C2:C5")
    ws.add_data_validation(rule)
    ws.freeze_panes = "B2"
    ws.auto_filter.ref = "A1:E5"
    ws.column_dimensions["B"].width = 22
    ws.column_dimensions["C"].hidden = True
    ws.print_area = "A1:E5"
    ws.print_title_rows = "1:1"
    ws["A1"].comment = Comment("clave", "ana")
    ws["B3"].comment = Comment("mirar", "ana")
    ws["A1"].font = Font(bold=True)
    ws.row_dimensions[1].height = 30
    return book


def tables():
    book = plain()
    ws = book["Datos"]
    table = Table(displayName="Tarifas", ref="A1:E5")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium9", showRowStripes=True)
    ws.add_table(table)
    book["Resumen"]["A3"] = "=SUM(Tarifas[monto])"
    return book


def names_and_sheets():
    book = plain()
    book.defined_names.append(DefinedName("Montos", attr_text="Datos!$B$2:$B$5"))
    book.defined_names.append(DefinedName("Iva", attr_text="0.19"))
    hidden = book.create_sheet("Oculta")
    hidden.append(["a", "b"])
    hidden.sheet_state = "hidden"
    very = book.create_sheet("Muy oculta")
    very.append(["=SUM(Montos)"])
    very.sheet_state = "veryHidden"
    book.create_sheet("Vacia")
    book["Resumen"]["A3"] = "=SUM(Montos)*Iva"
    return book


def protected():
    book = plain()
    book["Datos"].protection.sheet = True
    for row in book["Datos"]["A2:E5"]:
        for cell in row:
            cell.protection = Protection(locked=False)
    return book


def charts():
    book = plain()
    ws = book["Datos"]
    chart = BarChart()
    chart.add_data(Reference(ws, min_col=2, min_row=1, max_row=5), titles_from_data=True)
    chart.set_categories(Reference(ws, min_col=1, min_row=2, max_row=5))
    ws.add_chart(chart, "H2")
    sheet = book.create_chartsheet("Grafico")
    more = BarChart()
    more.add_data(Reference(ws, min_col=5, min_row=1, max_row=5), titles_from_data=True)
    sheet.add_chart(more)
    return book


def by_writer(make, **options):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, dict({"in_memory": True}, **options))
    book.set_properties({"created": WHEN})
    make(book)
    book.close()
    return out.getvalue()


def xw_rows(book):
    ws = book.add_worksheet("Datos")
    money = book.add_format({"num_format": "#,##0.00"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    ws.write_row(0, 0, ["id", "monto", "estado", "fecha", "total"])
    for r in range(1, 5):
        ws.write_number(r, 0, r + 1)
        ws.write_number(r, 1, 10.5 * (r + 1), money)
        ws.write_string(r, 2, "abierto" if r % 2 else "cerrado")
        ws.write_datetime(r, 3, datetime(2026, 1, r + 1), day)
        ws.write_formula(r, 4, "=B%d*2" % (r + 1), None, 21.0 * (r + 1))
    return ws


def xw_all(book):
    ws = xw_rows(book)
    red = book.add_format({"font_color": "red"})
    bold = book.add_format({"bold": True})
    ws.write_rich_string("C5", "a", red, "bier", bold, "to")
    ws.write_array_formula("G2:G2", "{=SUM(B2:B5*E2:E5)}", None, 5733.0)
    ws.write_boolean("G3", True)
    ws.write_formula("G4", "=NA()", None, "#N/A")
    ws.insert_image("I2", "p.png", {"image_data": io.BytesIO(png()), "object_position": 1})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"name": "=Datos!$B$1", "categories": "=Datos!$A$2:$A$5", "values": "=Datos!$B$2:$B$5"})
    ws.insert_chart("I6", chart)
    ws.insert_textbox("I20", "una nota")
    ws.add_sparkline("H2", {"range": "Datos!B2:B5"})
    ws.conditional_format("B2:B5", {"type": "data_bar", "data_bar_2010": True})
    ws.conditional_format("E2:E5", {"type": "icon_set", "icon_style": "3_arrows"})
    ws.data_validation("C2:C5", {"validate": "list", "source": "=Listas!$A$1:$A$2"})
    ws.write_comment("B2", "mirar")
    ws.insert_button("I25", {"macro": "nada", "caption": "Pulsar"})
    ws.set_header("&LIzquierda&R&P")
    ws.set_landscape()
    ws.repeat_rows(0)
    ws.print_area("A1:E5")
    ws.set_h_pagebreaks([20])
    ws.set_v_pagebreaks([6])
    ws.set_column("B:B", 18)
    ws.set_row(0, 24)
    ws.group = None
    ws.set_column("F:G", 9, None, {"level": 1})
    ws.ignore_errors({"number_stored_as_text": "C2:C5"})
    ws.unprotect_range("B2:B5", "montos")
    lists = book.add_worksheet("Listas")
    lists.write_column("A1", ["abierto", "cerrado"])
    lists.set_first_sheet()
    lists.hide()
    other = book.add_worksheet("Resumen")
    other.write_formula("A1", "=SUM(Datos!B2:B5)", None, 147.0)
    book.define_name("Montos", "=Datos!$B$2:$B$5")
    book.define_name("Datos!Local", "=Datos!$C$1")
    book.set_custom_property("Proyecto", "ZEUES")
    book.set_calc_mode("manual")


def xw_table(book):
    ws = book.add_worksheet("Datos")
    ws.add_table("A1:D6", {"name": "Tarifas", "total_row": True, "autofilter": True, "columns": [
        {"header": "id", "total_string": "Total"}, {"header": "monto", "total_function": "sum"},
        {"header": "doble", "formula": "=Tarifas[[#This Row],[monto]]*2"}, {"header": "nota"}],
        "data": [[i, 10 * i, 20 * i, "n%d" % i] for i in range(1, 5)]})
    ws.write_formula("F2", "=SUM(Tarifas[monto])", None, 100)


def xw_vba(book):
    xw_rows(book)
    project = os.path.join(tempfile.gettempdir(), "vbaProject.bin")
    with open(project, "wb") as f:
        f.write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 2)
    book.add_vba_project(project)


# --- by hand, on top of a plain book: what no library writes

def worksheet_tail(text, what):
    return text.replace("</worksheet>", what + "</worksheet>") if "<pageMargins" not in text else \
        text.replace("</worksheet>", what + "</worksheet>")


def with_pivot(base):
    definition = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<pivotCacheDefinition xmlns="%s" xmlns:r="%s" '
                  'refreshOnLoad="1" recordCount="0"><cacheSource type="worksheet"><worksheetSource ref="A1:E5" '
                  'sheet="Datos"/></cacheSource><cacheFields count="5">%s</cacheFields></pivotCacheDefinition>'
                  % (MAIN, OFFICE, "".join('<cacheField name="%s" numFmtId="0"><sharedItems/></cacheField>' % n
                                           for n in ["id", "monto", "estado", "fecha", "total"])))
    ct = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    data, link = add_part(base, "xl/pivotCache/pivotCacheDefinition1.xml", definition, "pivotCacheDefinition", BOOK,
                          ct + "pivotCacheDefinition+xml")
    data = edit(data, {BOOK: sub("</workbook>", '<pivotCaches><pivotCache cacheId="1" xmlns:r="%s" r:id="%s"/></pivotCaches>'
                                                '</workbook>' % (OFFICE, link))})
    pivot = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<pivotTableDefinition xmlns="%s" name="Dinamica" '
             'cacheId="1" dataCaption="Valores"><location ref="D2:E6" firstHeaderRow="1" firstDataRow="1" '
             'firstDataCol="0"/></pivotTableDefinition>' % MAIN)
    data, _ = add_part(data, "xl/pivotTables/pivotTable1.xml", pivot, "pivotTable", "xl/worksheets/sheet2.xml",
                       ct + "pivotTable+xml")
    data, _ = add_part(data, "xl/pivotCache/pivotCacheDefinition1.xml.bin", b"x", "unused", "xl/styles.xml",
                       "application/octet-stream")
    return data


def with_threads(base):
    threads = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<ThreadedComments xmlns="http://schemas.microsoft.com/'
               'office/spreadsheetml/2018/threadedcomments"><threadedComment ref="B3" dT="2026-01-26T18:00:00.00" '
               'personId="{11111111-1111-1111-1111-111111111111}" id="{22222222-2222-2222-2222-222222222222}"><text>hola'
               '</text></threadedComment></ThreadedComments>')
    persons = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<personList xmlns="http://schemas.microsoft.com/office/'
               'spreadsheetml/2018/threadedcomments"><person displayName="Ana" id="{11111111-1111-1111-1111-111111111111}" '
               'userId="ana" providerId="None"/></personList>')
    ms = "http://schemas.microsoft.com/office/2017/10/relationships"
    data, _ = add_part(base, "xl/threadedComments/threadedComment1.xml", threads, "threadedComment", SHEET,
                       "application/vnd.ms-excel.threadedcomments+xml", ms)
    data, _ = add_part(data, "xl/persons/person.xml", persons, "person", BOOK, "application/vnd.ms-excel.person+xml", ms)
    return data


def with_parts_of_the_workbook(base):
    """Connections, an external link, custom XML, printer settings, custom views: all of them only hang there."""
    ct = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    data, _ = add_part(base, "xl/connections.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<connections xmlns="%s"><connection '
                       'id="1" name="c" type="5" refreshedVersion="0"/></connections>' % MAIN, "connections", BOOK,
                       ct + "connections+xml")
    data, link = add_part(data, "xl/externalLinks/externalLink1.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<externalLink '
                          'xmlns="%s"><externalBook xmlns:r="%s" r:id="rId1"><sheetNames><sheetName val="S"/></sheetNames>'
                          '</externalBook></externalLink>' % (MAIN, OFFICE), "externalLink", BOOK, ct + "externalLink+xml")
    data = edit(data, {BOOK: sub("</sheets>", '</sheets><externalReferences><externalReference xmlns:r="%s" r:id="%s"/>'
                                              '</externalReferences>' % (OFFICE, link)),
                       "xl/worksheets/sheet2.xml": sub("</sheetData>", '<row r="4"><c r="A4"><f>[1]S!A1</f><v>7</v></c></row>'
                                                                       '</sheetData>')},
                [("xl/externalLinks/_rels/externalLink1.xml.rels",
                  '<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                  'relationships"><Relationship Id="rId1" Type="%s/externalLinkPath" Target="otro.xlsx" '
                  'TargetMode="External"/></Relationships>' % OFFICE)])
    data, _ = add_part(data, "customXml/item1.xml", '<datos xmlns="urn:otros"><v>1</v></datos>', "customXml", BOOK,
                       "application/xml")
    data, _ = add_part(data, "xl/printerSettings/printerSettings1.bin", bytes(range(64)), "printerSettings", SHEET,
                       ct + "printerSettings")
    return data


X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"


def with_x14(base):
    ext = ('<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" xmlns:x14="%s"><x14:conditionalFormattings>'
           '<x14:conditionalFormatting xmlns:xm="%s"><x14:cfRule type="expression" priority="9" '
           'id="{33333333-3333-3333-3333-333333333333}"><xm:f>$B2&gt;Resumen!$A$2</xm:f></x14:cfRule><xm:sqref>B2:B5'
           '</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext><ext '
           'uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" xmlns:x14="%s"><x14:dataValidations count="1" xmlns:xm="%s">'
           '<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>Resumen!$A$1:$B$1</xm:f></x14:formula1>'
           '<xm:sqref>C2:C5</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>' % (X14, XM, X14, XM))
    return edit(base, {SHEET: lambda t: t.replace("</worksheet>", ext + "</worksheet>")})


def with_slicer(base):
    ms = "http://schemas.microsoft.com/office/2007/relationships"
    data, link = add_part(base, "xl/slicers/slicer1.xml", '<slicers xmlns="%s"><slicer name="S" cache="C" rowHeight="1"/>'
                          '</slicers>' % X14, "slicer", SHEET, "application/vnd.ms-excel.slicer+xml", ms)
    data, cache = add_part(data, "xl/slicerCaches/slicerCache1.xml", '<slicerCacheDefinition xmlns="%s" name="C" '
                           'sourceName="estado"><extLst><x:ext xmlns:x="%s" uri="{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}"><x15:'
                           'tableSlicerCache xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" '
                           'tableId="1" column="3"/></x:ext></extLst></slicerCacheDefinition>' % (X14, MAIN), "slicerCache", BOOK,
                           "application/vnd.ms-excel.slicerCache+xml", ms)
    ext = ('<extLst><ext xmlns:x14="%s" uri="{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}"><x14:slicerList><x14:slicer xmlns:r="%s" '
           'r:id="%s"/></x14:slicerList></ext></extLst>' % (X14, OFFICE, link))
    books = ('<extLst><ext xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" '
             'uri="{46BE6895-7355-4a93-B00E-2C351335B9C9}"><x15:slicerCaches xmlns:x14="%s"><x14:slicerCache xmlns:r="%s" '
             'r:id="%s"/></x15:slicerCaches></ext></extLst>' % (X14, OFFICE, cache))
    return edit(data, {SHEET: lambda t: t.replace("</worksheet>", ext + "</worksheet>"),
                       BOOK: lambda t: t.replace("</workbook>", books + "</workbook>")})


def with_chain(base):
    data, _ = add_part(base, "xl/calcChain.xml", '<?xml version="1.0" encoding="UTF-8"?>\n<calcChain xmlns="%s"><c r="E2" i="1"/>'
                       '<c r="E3"/><c r="E4"/><c r="E5"/><c r="A2" i="2"/><c r="B2"/></calcChain>' % MAIN, "calcChain", BOOK,
                       "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml")
    return data


def with_cells_of_all_kinds(base):
    """Shared formulas, metadata, ISO dates, errors, phonetic hints, CDATA, cells without places, whitespace."""
    rows = ('<row r="7"><c t="inlineStr"><is><t xml:space="preserve"> con blancos </t></is></c><c><v>7</v></c></row>'
            '<row><c t="inlineStr"><is><t><![CDATA[<crudo>]]></t></is></c><c r="D8" t="d"><v>2026-01-05</v></c></row>'
            '<row r="9"><c r="A9" t="inlineStr"><is><r><rPr><b/></rPr><t>ri</t></r><r><t>co</t></r><rPh sb="0" eb="1"><t>x</t>'
            '</rPh></is></c><c r="B9" t="e"><v>#DIV/0!</v></c><c r="C9" t="b"><v>1</v></c><c r="F9" cm="1"><f t="array" '
            'ref="F9">SUM(B2:B5*2)</f><v>294</v></c></row>'
            '<row r="11"><c r="G11"><f t="shared" ref="G11:G13" si="0">B2+1</f><v>22</v></c></row><row r="12"><c r="G12"><f '
            't="shared" si="0"/><v>32.5</v></c></row><row r="13"><c r="G13"><f t="shared" si="0"/><v>43</v></c></row>')
    meta = ('<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="%s"><metadataTypes count="1"><metadataType name="XLDAPR" '
            'minSupportedVersion="120000" cellMeta="1"/></metadataTypes><cellMetadata count="1"><bk><rc t="1" v="0"/></bk>'
            '</cellMetadata></metadata>' % MAIN)
    data = edit(base, {SHEET: sub("</sheetData>", rows + "</sheetData>")})
    data, _ = add_part(data, "xl/metadata.xml", meta, "sheetMetadata", BOOK,
                       "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml")
    return data


def with_data_table(base):
    return edit(base, {SHEET: sub("</sheetData>", '<row r="7"><c r="H7"><f t="dataTable" ref="H7:H9" dt2D="0" dtr="0" r1="B2"/>'
                                                  '<v>1</v></c></row></sheetData>')})


def with_odd_world(base):
    """Alternate content, an OLE object, a control: closed parts that hang on the sheet."""
    data, link = add_part(base, "xl/embeddings/oleObject1.bin", bytes(range(32)), "oleObject", SHEET,
                          "application/vnd.openxmlformats-officedocument.oleObject")
    what = ('<oleObjects><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice '
            'Requires="x14"><oleObject progId="Package" shapeId="1025" xmlns:r="%s" r:id="%s"/></mc:Choice><mc:Fallback><oleObject '
            'progId="Package" shapeId="1025" xmlns:r="%s" r:id="%s"/></mc:Fallback></mc:AlternateContent></oleObjects>'
            % (OFFICE, link, OFFICE, link))
    return edit(data, {SHEET: lambda t: t.replace("</worksheet>", what + "</worksheet>")})


def unknown_element(base):
    return edit(base, {SHEET: lambda t: t.replace("</worksheet>", '<extLst><ext uri="{F0F0F0F0-0000-0000-0000-000000000000}" '
                                                  'xmlns:zz="urn:futuro"><zz:cosa ref="B2:B5"/></ext></extLst></worksheet>')})


# --- XML shapes and packing

def prefixed(base):
    def change(text):
        text = text.replace('xmlns="%s"' % MAIN, 'xmlns:x="%s"' % MAIN)
        return re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", text)
    return edit(base, {SHEET: change, "xl/worksheets/sheet2.xml": change})


def strict(base):
    pairs = [(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
             ("http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships"),
             ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main")]
    parts = []
    for name, content in read_zip(base):
        for old, new in pairs:
            content = content.replace(old.encode(), new.encode())
        parts.append((name, content))
    return write_zip(parts)


def bom_and_quotes(base):
    def change(text):
        text = re.sub(r"^<\?xml[^>]*\?>\s*", "", text)
        return "\ufeff" + re.sub(r'="([^"\']*)"', r"='\1'", text)
    return edit(base, {SHEET: change, BOOK: change})


def no_places(base):
    return edit(base, {SHEET: lambda t: re.sub(r'<c r="[A-Z]+\d+"', "<c", re.sub(r'<row r="\d+"', "<row", t))})


def no_rows(base):
    return edit(base, {SHEET: lambda t: re.sub(r"<sheetData>.*</sheetData>", "<sheetData/>", t, flags=re.S)})


def elsewhere(base):
    """The workbook is not where everybody puts it, and only relationships say so."""
    def moved(name):
        return name.replace("xl/workbook.xml", "libro/principal.xml").replace("xl/_rels/workbook.xml.rels", "libro/_rels/principal.xml.rels")
    parts = []
    for name, content in read_zip(base):
        if name in ("[Content_Types].xml", "_rels/.rels"):
            content = content.replace(b"xl/workbook.xml", b"libro/principal.xml")
        if name == "xl/_rels/workbook.xml.rels":
            content = re.sub(rb'Target="/?(?:xl/)?', b'Target="/xl/', content)
        parts.append((moved(name), content))
    return write_zip(parts)


def records(parts, flags=0, descriptor=False, local_extra=b"", central_extra=b"", front=b"", comment=b"", sync=False, slash=False):
    """An archive byte by byte."""
    out, directory = bytearray(front), bytearray()
    for name, content in parts:
        raw = (name.replace("/", "\\") if slash else name).encode()
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        if sync:
            half = len(content) // 2
            packed = packer.compress(content[:half]) + packer.flush(zlib.Z_SYNC_FLUSH) + packer.compress(content[half:]) + packer.flush()
        else:
            packed = packer.compress(content) + packer.flush()
        crc, bits = zlib.crc32(content), flags | (8 if descriptor else 0)
        at = len(out)
        sizes = (0, 0, 0) if descriptor else (crc, len(packed), len(content))
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, bits, 8, 0x9240, 0x5C3A, *sizes, len(raw), len(local_extra)) + raw + local_extra + packed
        if descriptor:
            out += struct.pack("<IIII", 0x08074B50, crc, len(packed), len(content))
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, bits, 8, 0x9240, 0x5C3A, crc, len(packed), len(content),
                                 len(raw), len(central_extra), 0, 0, 0, 0, at - len(front)) + raw + central_extra
    begin = len(out)
    out += directory
    out += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(parts), len(parts), len(directory), begin - len(front), len(comment)) + comment
    return bytes(out)


def damaged_books(base):
    parts = read_zip(base)
    whole = records(parts)
    yield "bad_truncated", whole[:len(whole) * 2 // 3]
    sheet = dict(parts)[SHEET]
    wrong = bytearray(whole)
    at = wrong.rindex(struct.pack("<I", zlib.crc32(sheet)))
    wrong[at] ^= 0x55
    first = wrong.index(struct.pack("<I", zlib.crc32(sheet)))
    wrong[first:first + 4] = wrong[at:at + 4]
    yield "bad_crc", bytes(wrong)
    lying = bytearray(whole)
    for _ in range(2):
        at = lying.index(struct.pack("<I", len(sheet)))
        lying[at:at + 4] = struct.pack("<I", 9)
    yield "bad_size", bytes(lying)
    yield "bad_doubled_names", records(parts + [("XL/Workbook.xml", b"<x/>")])
    yield "bad_doctype", edit(base, {SHEET: lambda t: t.replace("<worksheet", "<!DOCTYPE worksheet [<!ENTITY a 'b'>]><worksheet", 1)})
    yield "bad_utf16", write_zip([(n, c.decode().replace("UTF-8", "UTF-16").encode("utf-16") if n == SHEET else c) for n, c in parts])
    yield "bad_dotdot_names", write_zip(parts + [("../../fuera.xml", b"<x/>")])
    yield "bad_rows_doubled", edit(base, {SHEET: sub("</sheetData>", '<row r="2"><c r="A2"><v>1</v></c></row></sheetData>')})
    yield "bad_beyond", edit(base, {SHEET: sub("</sheetData>", '<row r="6"><c r="XFE6"><v>1</v></c></row></sheetData>')})
    yield "bad_beyond_rows", edit(base, {SHEET: sub("</sheetData>", '<row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>')})
    yield "bad_last_column", edit(base, {SHEET: sub("</row>", '<c r="XFD1" t="inlineStr"><is><t>fin</t></is></c></row>')})
    data, _ = add_part(base, "_xmlsignatures/sig1.xml", "<Signature/>", "digital-signature/signature", "_xmlsignatures/origin.sigs",
                       "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml",
                       "http://schemas.openxmlformats.org/package/2006/relationships")
    data = edit(data, {"_rels/.rels": sub("</Relationships>", '<Relationship Id="rIdS" Type="http://schemas.openxmlformats.org/package/'
                                          '2006/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/>'
                                          '</Relationships>')}, [("_xmlsignatures/origin.sigs", b"")])
    yield "bad_signed", data
    data, _ = add_part(base, "xl/revisions/revisionHeaders.xml", "<headers/>", "revisionHeaders", BOOK,
                       "application/vnd.openxmlformats-officedocument.spreadsheetml.revisionHeaders+xml")
    yield "bad_revisions", data
    yield "bad_encrypted", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(480)
    yield "bad_old_xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Workbook".encode("utf-16-le") + bytes(496)
    yield "bad_header_formula", edit(base, {SHEET: lambda t: re.sub(r'<c r="A1"[^>]*>.*?</c>', '<c r="A1" t="str"><f>"i"&amp;"d"</f><v>id</v></c>', t, 1, re.S)})
    yield "bad_alike", edit(base, {SHEET: lambda t: re.sub(r'<c r="B1"[^>]*>.*?</c>', '<c r="B1" t="inlineStr"><is><t xml:space="preserve">ID </t></is></c>', t, 1, re.S)})
    yield "bad_header_merged", edit(base, {SHEET: sub("</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>')})


def small(data):
    """The variants of packing and shape need no colours: what openpyxl writes for them is most of its bytes."""
    return edit(data, {"xl/theme/theme1.xml": lambda t: '<?xml version="1.0"?>\n<a:theme xmlns:a="http://schemas.openxmlformats.org/'
                                                        'drawingml/2006/main" name="corto"/>'})


def main():
    os.makedirs(OUT, exist_ok=True)
    whole = save(plain())
    base = small(whole)
    parts = read_zip(base)
    books = {
        "op_plain": whole,
        "op_structures": save(structures()),
        "op_table": save(tables()),
        "op_names": save(names_and_sheets()),
        "op_protected": save(protected()),
        "op_charts": save(charts()),
        "xw_all": by_writer(xw_all),
        "xw_table": by_writer(xw_table),
        "xw_1904": by_writer(xw_rows, date_1904=True),
        "xw_inline": by_writer(xw_rows, constant_memory=True),
        "xw_zip64": by_writer(xw_rows, use_zip64=True),
        "xw_macros": by_writer(xw_vba),
        "h_pivot": with_pivot(base),
        "h_threads": with_threads(base),
        "h_attached": with_parts_of_the_workbook(base),
        "h_x14": with_x14(base),
        "h_slicer": with_slicer(small(save(tables()))),
        "h_chain": with_chain(base),
        "h_cells": with_cells_of_all_kinds(base),
        "h_data_table": with_data_table(base),
        "h_ole": with_odd_world(base),
        "h_unknown": unknown_element(base),
        "h_r1c1": edit(base, {BOOK: lambda t: re.sub(r"<calcPr ", '<calcPr refMode="R1C1" ', t)}),
        "h_indirect": edit(base, {"xl/worksheets/sheet2.xml": sub("</sheetData>", '<row r="4"><c r="A4"><f>INDIRECT("Datos!B2")</f>'
                                                                  '<v>21</v></c></row></sheetData>')}),
        "h_workbook_protection": edit(base, {BOOK: sub("<bookViews>", '<workbookProtection lockStructure="1"/><bookViews>')}),
        "h_no_calcpr": edit(base, {BOOK: lambda t: re.sub(r"<calcPr [^>]*/>", "", t)}),
        "s_prefixed": prefixed(base),
        "s_strict": strict(base),
        "s_bom_quotes": bom_and_quotes(base),
        "s_no_places": no_places(base),
        "s_no_rows": no_rows(base),
        "z_elsewhere": elsewhere(base),
        "z_stored": write_zip(parts, zipfile.ZIP_STORED),
        "z_types_last": write_zip(parts[1:] + parts[:1] if parts[0][0].startswith("[Content") else
                                  [p for p in parts if not p[0].startswith("[Content")] + [p for p in parts if p[0].startswith("[Content")]),
        "z_folders": write_zip([("xl/", b""), ("docProps/", b"")] + parts),
        "z_descriptors": records(parts, descriptor=True),
        "z_local_extra": records(parts, local_extra=struct.pack("<HH", 0xA220, 8) + b"\0" * 8),
        "z_central_extra": records(parts, central_extra=struct.pack("<HHB4s", 0x5455, 5, 1, b"\0\0\0\0")),
        "z_utf8_names": records(parts, flags=0x800, comment="comentario ñ".encode()),
        "z_front": records(parts, front=b"algo delante"),
        "z_sync_markers": records(parts, sync=True),
        "z_backslashes": records(parts, slash=True),
    }
    books.update(damaged_books(base))
    for name, data in books.items():
        with open(os.path.join(OUT, name + ".xlsx"), "wb") as f:
            f.write(data)
    if shutil.which("soffice"):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("op_names", "xw_all"):
                shutil.copy(os.path.join(OUT, name + ".xlsx"), os.path.join(folder, "lo_" + name[3:] + ".xlsx"))
                subprocess.run(["soffice", "--headless", "-env:UserInstallation=file://%s/p" % folder, "--convert-to", "xlsx", "--outdir",
                                folder + "/out", os.path.join(folder, "lo_" + name[3:] + ".xlsx")], check=True, stdout=subprocess.DEVNULL)
                shutil.copy(os.path.join(folder, "out", "lo_" + name[3:] + ".xlsx"), OUT)
    print(len([n for n in os.listdir(OUT) if n.endswith(".xlsx")]), "workbooks,",
          sum(os.path.getsize(os.path.join(OUT, n)) for n in os.listdir(OUT)), "bytes")


main()
