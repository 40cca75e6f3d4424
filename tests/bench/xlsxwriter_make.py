#!/usr/bin/env python3
"""A workbook of 66 columns, written anew with XlsxWriter, which cannot edit one: xlsxwriter_make.py FILE ROWS."""
import sys

import xlsxwriter


def main():
    book = xlsxwriter.Workbook(sys.argv[1], {"constant_memory": True})
    sheet = book.add_worksheet("Operaciones")
    for row in range(int(sys.argv[2]) + 1):
        for column in range(66):
            if row == 0:
                sheet.write_string(row, column, "Column%d" % column)
            else:
                sheet.write_number(row, column, (row * 31 + column) % 400)
    book.close()


if __name__ == "__main__":
    main()
