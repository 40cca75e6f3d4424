#!/usr/bin/env python3
"""One table of 63 text columns with many rows, and a migration that adds three columns, one with a default.

make_rows.py FOLDER ROWS writes FOLDER/w.db, zmig.toml, migrations/, and add.sql, rebuild.sql, drop.sql for the sqlite3
shell to do the same with.
"""
import os
import sqlite3
import sys

COLUMNS = 63


def main():
    folder, rows = sys.argv[1], int(sys.argv[2])
    os.makedirs(os.path.join(folder, "migrations"))
    names = ["C%02d" % column for column in range(1, COLUMNS + 1)]
    database = sqlite3.connect(os.path.join(folder, "w.db"))
    database.execute("PRAGMA journal_mode=OFF")
    database.execute('CREATE TABLE "Operaciones" (%s)' % ", ".join('"%s" TEXT' % name for name in names))
    marks = ",".join("?" * COLUMNS)
    database.executemany('INSERT INTO "Operaciones" VALUES(%s)' % marks,
                         (["v%d" % (row % 997)] * (COLUMNS - 1) + ["R%07d" % row] for row in range(rows)))
    database.commit()
    database.close()

    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    write("zmig.toml", '[env.dev]\ntarget = "sqlite:w.db"\n')
    write("migrations/0001_three.zmig",
          'zmig 1\n\nin sheet "Operaciones" {\n  add column "Ocupado_Por" text\n'
          '  add column "Fecha_Ocupacion" text\n  add column "version" integer default 0\n}\n')
    alters = ('ALTER TABLE "Operaciones" ADD COLUMN "Ocupado_Por" TEXT;\n'
              'ALTER TABLE "Operaciones" ADD COLUMN "Fecha_Ocupacion" TEXT;\n'
              'ALTER TABLE "Operaciones" ADD COLUMN "version" INTEGER;\n')
    write("add.sql", "BEGIN IMMEDIATE;\n" + alters + 'UPDATE "Operaciones" SET "version" = 0;\nCOMMIT;\n')
    listed = ", ".join('"%s" TEXT' % name for name in names)
    write("rebuild.sql",
          'BEGIN IMMEDIATE;\nCREATE TABLE n (%s, "Ocupado_Por" TEXT, "Fecha_Ocupacion" TEXT, "version" INTEGER);\n'
          'INSERT INTO n SELECT *, NULL, NULL, 0 FROM "Operaciones";\nDROP TABLE "Operaciones";\n'
          'ALTER TABLE n RENAME TO "Operaciones";\nCOMMIT;\n' % listed)
    write("drop.sql",
          'BEGIN IMMEDIATE;\nALTER TABLE "Operaciones" DROP COLUMN "Ocupado_Por";\n'
          'ALTER TABLE "Operaciones" DROP COLUMN "Fecha_Ocupacion";\n'
          'ALTER TABLE "Operaciones" DROP COLUMN "version";\nCOMMIT;\n')


if __name__ == "__main__":
    main()
