#!/usr/bin/env python3
"""Three columns appended to the first sheet of a workbook, one of them filled, with openpyxl: openpyxl_edit.py FILE NEW."""
import sys

import openpyxl


def main():
    book = openpyxl.load_workbook(sys.argv[1])
    sheet = book.worksheets[0]
    right = sheet.max_column
    for place, header in enumerate(("Ocupado_Por", "Fecha_Ocupacion", "version"), 1):
        sheet.cell(row=1, column=right + place, value=header)
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row=row, column=right + 3, value=0)
    book.save(sys.argv[2])


if __name__ == "__main__":
    main()
