#!/usr/bin/env python3
"""Projects to measure with: N migrations, each one column, 100 of them to a table of 63 columns (one more file).

make_project.py FOLDER N [--default] writes FOLDER/w.db, FOLDER/zmig.toml, FOLDER/migrations/NNNN_mN.zmig, and the same
for the peers: FOLDER/dbmate/*.sql, FOLDER/alter.sql, FOLDER/base.db (w.db as it was before anybody touched it).
"""
import os
import sqlite3
import sys

COLUMNS = 63
PER_TABLE = 100


def tables_of(count):
    return max(1, (count + PER_TABLE - 1) // PER_TABLE)


def base_database(path, tables):
    database = sqlite3.connect(path)
    for table in range(1, tables + 1):
        columns = ", ".join('"C%02d" TEXT' % column for column in range(1, COLUMNS + 1))
        database.execute('CREATE TABLE "T%02d" (%s)' % (table, columns))
    database.commit()
    database.close()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    default = "--default" in sys.argv
    for sub in ("migrations", "dbmate"):
        os.makedirs(os.path.join(folder, sub))
    for name in ("w.db", "base.db"):
        base_database(os.path.join(folder, name), tables_of(count))
    write(os.path.join(folder, "zmig.toml"), '[env.dev]\ntarget = "sqlite:w.db"\n')
    alters = ["BEGIN IMMEDIATE;"]
    for number in range(1, count + 1):
        table, column = "T%02d" % ((number - 1) // PER_TABLE + 1), "N%04d" % number
        extra = " default 0" if default else ""
        write(os.path.join(folder, "migrations", "%04d_m%d.zmig" % (number, number)),
              'zmig 1\n\nin sheet "%s" {\n  add column "%s" integer%s\n}\n' % (table, column, extra))
        alter = 'ALTER TABLE "%s" ADD COLUMN "%s" INTEGER%s;' % (table, column, extra.upper())
        alters.append(alter)
        write(os.path.join(folder, "dbmate", "%014d_m%d.sql" % (number, number)),
              '-- migrate:up\n%s\n\n-- migrate:down\nALTER TABLE "%s" DROP COLUMN "%s";\n' % (alter, table, column))
    alters.append("COMMIT;")
    write(os.path.join(folder, "alter.sql"), "\n".join(alters) + "\n")


if __name__ == "__main__":
    main()
