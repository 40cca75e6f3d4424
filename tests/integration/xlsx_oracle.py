#!/usr/bin/env python3
"""LibreOffice as the oracle of shifted columns (run by xlsx_oracle_test).

usage: xlsx_oracle.py FOLDER      FOLDER/cases.txt holds a line for each case: NAME TITLE KIND AT COUNT TO
(columns from 0, rows from 1).
For each case LibreOffice does the operation on NAME.before.xlsx, saves and loads it; and it loads NAME.after.xlsx, which
zmig wrote. Both went through the same import, so what it shows of them has to be the same: the sixteen kinds of
dependants, which are formulas of the same and of other sheets, names, arrays, validations (where they stand), conditional
formats, merges, links, tables, series of charts, filters with their criteria, print areas, comments, widths, anchors of
drawings, and results. Exit 0: it is, 1: it is not
(said line by line), 77: LibreOffice is not there.
"""
import os
import subprocess
import sys
import time

try:
    import uno
    from com.sun.star.beans import PropertyValue
    from com.sun.star.table import CellRangeAddress, CellAddress
except ImportError:
    print("no python3-uno")
    sys.exit(77)


def prop(name, value):
    p = PropertyValue()
    p.Name, p.Value = name, value
    return p


def start(folder):
    pipe = "zmig_oracle_%d" % os.getpid()
    try:
        office = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo", "--nodefault", "-env:UserInstallation=file://%s/profile" % folder,
             "--accept=pipe,name=%s;urp;" % pipe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        print("no soffice")
        sys.exit(77)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            context = resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
            return office, context
        except Exception:  # not up yet
            if office.poll() is not None:
                print("soffice ended")
                sys.exit(77)
            time.sleep(0.2)
    office.terminate()
    print("soffice does not answer")
    sys.exit(77)


def no_expansion(context):
    provider = context.ServiceManager.createInstanceWithContext("com.sun.star.configuration.ConfigurationProvider", context)
    access = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationUpdateAccess",
                                                  (prop("nodepath", "/org.openoffice.Office.Calc/Input"),))
    access.setPropertyValue("ExpandReference", False)
    access.commitChanges()


def load(desktop, path):
    return desktop.loadComponentFromURL("file://" + path, "_blank", 0, (prop("Hidden", True),))


def operate(document, title, kind, at, count, to):
    sheet = document.Sheets.getByName(title)
    if kind == "insert_rows":
        sheet.Rows.insertByIndex(at - 1, count)
        return
    if kind == "remove_rows":
        sheet.Rows.removeByIndex(at - 1, count)
        return
    columns = sheet.Columns
    if kind == "insert":
        columns.insertByIndex(at, count)
    elif kind == "remove":
        columns.removeByIndex(at, count)
    else:
        columns.insertByIndex(to, count)
        source = at + count if at >= to else at
        index = sheet.RangeAddress.Sheet
        where = CellAddress(index, to, 0)
        what = CellRangeAddress(index, source, 0, source + count - 1, sheet.Rows.Count - 1)
        sheet.moveRange(where, what)
        for i in range(count):
            width = columns.getByIndex(source + i).Width
            columns.getByIndex(to + i).Width = width
        columns.removeByIndex(source, count)


def area(a):
    return "%d:%d-%d:%d" % (a.StartColumn, a.StartRow, a.EndColumn, a.EndRow)


def dump_sheet(sheet, out, fresh):
    name = sheet.Name
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    last = cursor.RangeAddress
    for row in range(last.EndRow + 1):
        for column in range(last.EndColumn + 1):
            cell = sheet.getCellByPosition(column, row)
            at = "%s!%d:%d" % (name, column, row)
            text = cell.getArrayFormula() or cell.getFormula()
            if text:
                out.append("%s says %s" % (at, text))
            if text.startswith(("=", "{")):
                out.append("%s gives %s" % (at, cell.String))
            if cell.getIsMerged():
                area_of = sheet.createCursorByRange(cell)
                area_of.collapseToMergedArea()
                out.append("%s merged %s" % (at, area(area_of.RangeAddress)))
            rule = cell.Validation
            if rule.Type.value != "ANY":
                # Where it stands. LibreOffice 7.4 does not always move the references inside of a rule.
                out.append("%s rule %s" % (at, rule.Type.value))
            fields = cell.TextFields
            for i in range(fields.Count):
                field = fields.getByIndex(i)
                if field.supportsService("com.sun.star.text.TextField.URL"):
                    out.append("%s link %s" % (at, field.URL))
    formats = sheet.ConditionalFormats
    for one in formats.getConditionalFormats():
        for i in range(one.Count):
            entry = one.getByIndex(i)
            said = entry.Formula1 if hasattr(entry, "Formula1") else ""
            out.append("%s condition %s %s" % (name, one.Range.RangeAddressesAsString, said))
    notes = sheet.Annotations
    for i in range(notes.Count):
        note = notes.getByIndex(i)
        out.append("%s note %d:%d %s" % (name, note.Position.Column, note.Position.Row, note.String))
    for one in sheet.PrintAreas:
        out.append("%s prints %s" % (name, area(one)))
    for column in range(10):
        if (name, column) in fresh:
            continue  # how wide a new column is, each program says for itself: here as wide as the one on its left
        out.append("%s width %d %d" % (name, column, sheet.Columns.getByIndex(column).Width // 40))
    charts = sheet.Charts
    for i in range(charts.Count):
        chart = charts.getByIndex(i)
        for series in chart.EmbeddedObject.getFirstDiagram().getCoordinateSystems()[0].getChartTypes()[0].getDataSeries():
            for sequence in series.getDataSequences():
                out.append("%s chart %s" % (name, sequence.getValues().SourceRangeRepresentation))
    page = sheet.DrawPage
    for i in range(page.Count):
        shape = page.getByIndex(i)
        if shape.supportsService("com.sun.star.drawing.OLE2Shape"):
            anchor = shape.Anchor
            if hasattr(anchor, "CellAddress"):
                out.append("%s shape %d:%d" % (name, anchor.CellAddress.Column, anchor.CellAddress.Row))


def dump(document, fresh):
    # The stored results stay, and programs are asked to calculate; what comes of it counts.
    document.calculateAll()
    out = []
    for i in range(document.Sheets.Count):
        dump_sheet(document.Sheets.getByIndex(i), out, fresh)
    names = document.NamedRanges
    for one in sorted(names.ElementNames):
        out.append("name %s %s" % (one, names.getByName(one).Content))
    ranges = document.DatabaseRanges
    for one in sorted(ranges.ElementNames):
        out.append("range %s %s" % (one, area(ranges.getByName(one).DataArea)))
    filters = document.getPropertyValue("UnnamedDatabaseRanges")
    for i in range(document.Sheets.Count):
        if not filters.hasByTable(i):
            continue
        one = filters.getByTable(i)
        fields = ["%d %s" % (f.Field, f.Values[0].StringValue if f.Values else "") for f in one.getFilterDescriptor().getFilterFields3()]
        out.append("filter %s %s %s" % (document.Sheets.getByIndex(i).Name, area(one.DataArea), "; ".join(fields)))
    return out


def main():
    folder = os.path.abspath(sys.argv[1])
    office, context = start(folder)
    bad = 0
    try:
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        no_expansion(context)
        for line in open(os.path.join(folder, "cases.txt"), encoding="utf-8"):
            name, title, kind, at, count, to = line.split()
            fresh = set((title, int(at) + i) for i in range(int(count))) if kind == "insert" else set()
            document = load(desktop, "%s/%s.before.xlsx" % (folder, name))
            operate(document, title, kind, int(at), int(count), int(to))
            path = "%s/%s.oracle.xlsx" % (folder, name)
            document.storeToURL("file://" + path, (prop("FilterName", "Calc MS Excel 2007 XML"),))
            document.close(True)
            document = load(desktop, path)
            wanted = dump(document, fresh)
            document.close(True)
            document = load(desktop, "%s/%s.after.xlsx" % (folder, name))
            got = dump(document, fresh)
            document.close(True)
            missing = [one for one in wanted if one not in got]
            extra = [one for one in got if one not in wanted]
            print("%s: %d facts, %d missing, %d other" % (name, len(wanted), len(missing), len(extra)))
            for one in missing:
                print("  oracle: " + one)
            for one in extra:
                print("  zmig:   " + one)
            if missing or extra or len(wanted) < 20:
                bad = 1
        try:
            desktop.terminate()
        except Exception:  # it ends while it answers
            pass
    finally:
        try:
            office.wait(20)
        except subprocess.TimeoutExpired:
            office.kill()
    return bad


sys.exit(main())
