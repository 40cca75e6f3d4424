// One sample for each code that binding raises; the worked messages to the letter.

#include "bind_support.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

std::string said(const std::string& text, const Schema& before = shop(), const std::string& name = "0003_demo") {
  return bind_text(text, before, name).said();
}
std::vector<std::string> codes(const std::string& text) { return bind_text(text, shop()).codes(); }
using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("message 20: an unknown column, and the one that was meant") {
  Schema plant;
  plant.sheets.push_back(sheet("sOp", "Operaciones", {column("cF", "Fecha_Ocupacion", {TypeKind::date, 0, {}})}));
  CHECK(said("zmig 1\n\nin sheet \"Operaciones\" {\n  fill column \"Fecha_Ocupación\" with blank\n}\n", plant,
             "0003_fix") ==
        R"(error[ZM0101]: no column "Fecha_Ocupación" in "Operaciones" at this line
 --> 0003_fix.zmig:4:15
  |
4 |   fill column "Fecha_Ocupación" with blank
  |               ^^^^^^^^^^^^^^^^^
  = note: "Fecha_Ocupacion" is there (differs by an accent)
  = help: did you mean "Fecha_Ocupacion"?
)");
  CHECK(said("zmig 1\nin sheet \"Operaciones\" {\n  add column \"Hora_Término\" text\n  fill column \"Hora_Termino\" "
             "with \"x\"\n}\n",
             plant) ==
        R"(error[ZM0101]: no column "Hora_Termino" in "Operaciones" at this line
 --> 0003_demo.zmig:4:15
  |
3 |   add column "Hora_Término" text
  |              -------------- added here, with the accent
4 |   fill column "Hora_Termino" with "x"
  |               ^^^^^^^^^^^^^^
  = help: did you mean "Hora_Término"?
)");
}

TEST_CASE("message 21: a default of the wrong type") {
  Schema plant;
  plant.sheets.push_back(sheet("sOp", "Operaciones", {column("cTag", "TAG_SPOOL")}));
  CHECK(said("zmig 1\nin sheet \"Operaciones\" {\n  add column \"version\" integer default \"0\"\n}\n", plant,
             "0002_draft") ==
        R"(error[ZM0104]: the default of "version" is a text, the column holds integers
 --> 0002_draft.zmig:3:40
  |
3 |   add column "version" integer default "0"
  |                        -------         ^^^ text
  |                        integer
  = help: write `default 0`
)");
}

TEST_CASE("message 31: a down block that does not lead back") {
  CHECK(said(R"(zmig 1
in sheet "Clientes" {
  drop column "Calle"
  drop column "Numero"
}
down {
  in sheet "Clientes" {
    restore column "Calle"
  }
}
)",
             shop(), "0014_address") == R"(error[ZM0116]: the `down` block does not lead back
 --> 0014_address.zmig:6:1
  |
6 | down {
  | ^^^^
  = note: "Clientes" would lack column "Numero" text, which was there before
  = help: add it, or remove the block and let zmig derive the way back
)");
  CHECK(said("zmig 1\nin sheet \"Clientes\" {\n  add column \"Zona\" text\n}\ndown {\n}\n") ==
        R"(error[ZM0116]: the `down` block does not lead back
 --> 0003_demo.zmig:5:1
  |
5 | down {
  | ^^^^
  = note: "Clientes" would keep column "Zona" text, which was not there before
  = help: change it, or remove the block and let zmig derive the way back
)");
}

TEST_CASE("ZM0101: sheets, enums, values and migrations that are not there") {
  CHECK(said("zmig 1\nin sheet \"pedidos\" {\n  freeze header\n}\n") ==
        R"(error[ZM0101]: no sheet "pedidos" at this line
 --> 0003_demo.zmig:2:10
  |
2 | in sheet "pedidos" {
  |          ^^^^^^^^^
  = note: "Pedidos" is there (differs in case)
  = help: did you mean "Pedidos"?
)");
  CHECK(said("zmig 1\nin sheet \"Borrador\" {\n  freeze header\n}\n") ==
        R"(error[ZM0101]: sheet "Borrador" is not managed by zmig
 --> 0003_demo.zmig:2:10
  |
2 | in sheet "Borrador" {
  |          ^^^^^^^^^^
  = help: take it over first: `adopt sheet "Borrador"`
)");
  CHECK(said("zmig 1\nin enum \"Estado\" {\n  retire value \"Perdida\"\n}\n") ==
        R"(error[ZM0101]: no value "Perdida" in enum "Estado" at this line
 --> 0003_demo.zmig:3:16
  |
3 |   retire value "Perdida"
  |                ^^^^^^^^^
  = help: did you mean "Perdido"?
)");
  CHECK(codes("zmig 1\nin enum \"Estados\" {\n  retire value \"Perdido\"\n}\n") == Codes{"ZM0101"});
  CHECK(codes("zmig 1\nrequire migration \"0001_frist\" applied\n") == Codes{"ZM0101"});
  CHECK(codes("zmig 1\nensure every row of \"Nada\" has true\n") == Codes{"ZM0101"});
  CHECK(codes(in_pedidos("fill column \"Estado\" with \"Nuevoo\"")) == Codes{"ZM0101"});
  CHECK(codes(in_pedidos("add column \"X\" text after \"Nada\"")) == Codes{"ZM0101"});
  CHECK(codes(in_pedidos("retire column \"Peso\" use \"Peso\"")) == Codes{"ZM0101"});
}

TEST_CASE("ZM0102: what exists already") {
  CHECK(said(in_pedidos("add column \"Nuevo\" text\nadd column \"Nuevo\" date")) ==
        R"(error[ZM0102]: column "Nuevo" already exists in sheet "Pedidos"
 --> 0003_demo.zmig:4:12
  |
3 | add column "Nuevo" text
  |            ------- first added here
4 | add column "Nuevo" date
  |            ^^^^^^^ added here
  = help: use `change column "Nuevo"` to change it
)");
  CHECK(codes("zmig 1\ncreate sheet \"PEDIDOS\" {\n}\n") == Codes{"ZM0102"});
  CHECK(codes("zmig 1\nadopt sheet \"Pedidos\" {\n}\n") == Codes{"ZM0102"});
  CHECK(codes("zmig 1\ncreate enum \"Estado\" {\n}\n") == Codes{"ZM0102"});
  CHECK(codes("zmig 1\nin enum \"Estado\" {\n  add value \"Nuevo\"\n}\n") == Codes{"ZM0102"});
  CHECK(codes("zmig 1\nin enum \"Estado\" {\n  rename value \"Nuevo\" to \"Anulado\"\n}\n") == Codes{"ZM0102"});
  CHECK(codes(in_pedidos("rename column \"Peso\" to \"Horas\"")) == Codes{"ZM0102"});
  CHECK(codes("zmig 1\nrename sheet \"Clientes\" to \"Pedidos\"\n") == Codes{"ZM0102"});
}

TEST_CASE("ZM0104: values and formulas of another type") {
  CHECK(said(in_pedidos("fill column \"Horas\" with [Ciudad]")) ==
        R"(error[ZM0104]: the formula for "Horas" gives a text, the column holds integers
 --> 0003_demo.zmig:3:26
  |
3 | fill column "Horas" with [Ciudad]
  |                          ^^^^^^^^ text
  = note: "Horas" has the type integer
)");
  CHECK(said(in_pedidos("change column \"Fecha de entrega\" default \"2026-01-26\"")) ==
        R"(error[ZM0104]: the default of "Fecha de entrega" is a text, the column holds dates
 --> 0003_demo.zmig:3:42
  |
3 | change column "Fecha de entrega" default "2026-01-26"
  |                                          ^^^^^^^^^^^^ text
  = note: "Fecha de entrega" has the type date
  = help: write `default 2026-01-26`
)");
  CHECK(codes(in_pedidos("add column \"X\" text default 5")) == Codes{"ZM0104"});
  CHECK(codes(in_pedidos("add column \"X\" integer default 1.5")) == Codes{"ZM0104"});
  CHECK(codes(in_pedidos("add column \"X\" integer default blank")) == Codes{"ZM0104"});
  CHECK(codes(in_pedidos("set column \"Ciudad\" to \"x\" where [Horas] + 1")) == Codes{"ZM0104"});
  CHECK(codes(in_pedidos("set column \"Ciudad\" to [Ciudad] & [Horas]")) == Codes{"ZM0104"});
  CHECK(
      codes(in_pedidos("add rows by \"Pedido\" {\ncolumns \"Pedido\", \"Horas\"\nrow \"P\", \"x\"\nrow blank, 1\n}")) ==
      Codes{"ZM0104"});
  CHECK(codes(in_pedidos("add rows by \"Pedido\" {\ncolumns \"Pedido\", \"Horas\"\nrow blank, 1\n}")) ==
        Codes{"ZM0104"});
}

TEST_CASE("ZM0105: this change of type needs a formula") {
  CHECK(said(in_pedidos("change column \"Ciudad\" type integer")) ==
        R"(error[ZM0105]: "Ciudad" holds texts; this change of type needs a formula
 --> 0003_demo.zmig:3:29
  |
3 | change column "Ciudad" type integer
  |                             ^^^^^^^ how does a text become an integer?
  = help: say how: `type integer using integer([Ciudad])`
)");
  CHECK(codes(in_pedidos("change column \"Ciudad\" type date default 2026-01-01")) == Codes{"ZM0105"});
  CHECK(codes(in_pedidos("change column \"Peso\" type decimal(1)")) == Codes{"ZM0105"});
  CHECK(codes(in_pedidos("change column \"Peso\" type decimal(3)")).empty());
  CHECK(codes(in_pedidos("change column \"Horas\" type decimal(2)")).empty());
  CHECK(codes(in_pedidos("change column \"Fecha de entrega\" type datetime")).empty());
  CHECK(codes(in_pedidos("change column \"Horas\" type text")).empty());
}

TEST_CASE("ZM0106, ZM0107, ZM0023: functions and their arguments") {
  CHECK(said(in_pedidos("set column \"Ciudad\" to uper([Ciudad])")) == R"(error[ZM0106]: unknown function `uper`
 --> 0003_demo.zmig:3:24
  |
3 | set column "Ciudad" to uper([Ciudad])
  |                        ^^^^
  = help: did you mean `upper`?
)");
  CHECK(said(in_pedidos("set column \"Ciudad\" to left([Ciudad])")) == R"(error[ZM0107]: `left` takes 2 arguments
 --> 0003_demo.zmig:3:24
  |
3 | set column "Ciudad" to left([Ciudad])
  |                        ^^^^ 1 here
  = help: write left(text, integer)
)");
  CHECK(codes(in_pedidos("set column \"Ciudad\" to raw(\"x\")")) == Codes{"ZM0107"});
  CHECK(codes(in_pedidos("set column \"Horas\" to integer(parse_number([Ciudad], \"QQ\"))")) == Codes{"ZM0023"});
  CHECK(codes(in_pedidos("add rows by \"Pedido\" {\ncolumns \"Pedido\", \"Horas\"\nrow \"P\"\n}")) == Codes{"ZM0107"});
}

TEST_CASE("ZM0108, ZM0109, ZM0110: properties and variables") {
  CHECK(said(in_pedidos("add column \"X\" date lenient")) == R"(error[ZM0108]: `lenient` does not fit the type date
 --> 0003_demo.zmig:3:21
  |
3 | add column "X" date lenient
  |                     ^^^^^^^ only for enums and references
  = help: leave it out, or give the column an enum as its type
)");
  CHECK(codes(in_pedidos("add column \"X\" text format \"DD-MM-YYYY\"")) == Codes{"ZM0108"});
  CHECK(codes(in_pedidos("add column \"X\" date format \"0.00\"")) == Codes{"ZM0108"});
  CHECK(codes(in_pedidos("add column \"X\" integer format \"native:x\"")).empty());
  CHECK(codes(in_pedidos("change column \"Ciudad\" {\nformat \"DD-MM-YYYY\"\ntype date using parse_date([Ciudad], "
                         "\"DD-MM-YYYY\")\n}"))
            .empty());
  CHECK(codes(in_pedidos("add column \"X\" text type date")) == Codes{"ZM0109"});
  CHECK(said(in_pedidos("add column \"X\" text default $migracion")) == R"(error[ZM0110]: no variable `$migracion`
 --> 0003_demo.zmig:3:29
  |
3 | add column "X" text default $migracion
  |                             ^^^^^^^^^^
  = help: did you mean `$migration`?
)");
}

TEST_CASE("ZM0111: used after it was dropped, with the line") {
  CHECK(said(in_pedidos("drop column \"Peso\"\nfill column \"Ciudad\" with text([Peso])")) ==
        R"(error[ZM0111]: "Peso" was dropped in line 3
 --> 0003_demo.zmig:4:32
  |
3 | drop column "Peso"
  |             ------ dropped here
4 | fill column "Ciudad" with text([Peso])
  |                                ^^^^^^ used here
  = help: put this line above that one, or leave it out
)");
  CHECK(codes("zmig 1\ndrop sheet \"Clientes\"\nin sheet \"Clientes\" {\n  freeze header\n}\n") == Codes{"ZM0111"});
  CHECK(codes("zmig 1\nforget sheet \"Clientes\"\nensure sheet \"Clientes\" is otherwise unchanged\n").empty());
  CHECK(codes(in_pedidos("drop column \"Peso\" undo with [Peso]")) == Codes{"ZM0111"});
  CHECK(codes(in_pedidos("rename column \"Peso\" to \"Kilos\"\nchange column \"Peso\" hidden")) == Codes{"ZM0101"});
}

TEST_CASE("ZM0112, ZM0122, ZM0317: what is still used, impossible names, keys twice") {
  CHECK(codes("zmig 1\ndrop enum \"Estado\"\n") == Codes{"ZM0112"});
  CHECK(codes("zmig 1\ncreate sheet \"  \" {\n}\n") == Codes{"ZM0122"});
  CHECK(codes(in_pedidos("add column \"\" text")) == Codes{"ZM0122"});
  CHECK(codes(in_pedidos("rename column \"Peso\" to \"a\\nb\"")) == Codes{"ZM0122"});
  CHECK(codes("zmig 1\nin enum \"Estado\" {\n  add value \"\"\n}\n") == Codes{"ZM0122"});
  CHECK(said(in_pedidos("add rows by \"Pedido\" {\n  columns \"Pedido\"\n  row \"P-1\"\n  row \"P-1\"\n}")) ==
        R"(error[ZM0317]: two rows have the same key
 --> 0003_demo.zmig:6:3
  |
5 |   row "P-1"
  |   --------- first here
6 |   row "P-1"
  |   ^^^^^^^^^
)");
}

TEST_CASE("ZM0117 and the way back that nothing is known of") {
  CHECK(codes(in_pedidos("restore column \"Peso\"")) == Codes{"ZM0117"});
  CHECK(
      bind_down("zmig 1 down of \"0003_demo\"\nin sheet \"Pedidos\" {\n  restore column \"Nada\"\n}\n", shop(), shop())
          .codes() == Codes{"ZM0101"});
  CHECK(bind_down("zmig 1 down of \"0003_demo\"\nrestore sheet \"Nada\"\n", shop(), shop()).codes() == Codes{"ZM0101"});
}

TEST_CASE("ZM1804, ZM1911, ZM1806, ZM1907: headings and protection") {
  CHECK(said(in_pedidos("drop column \"Peso\" discarding data")) ==
        R"(error[ZM1804]: this cannot be undone, and the heading does not say why
 --> 0003_demo.zmig:3:1
  |
3 | drop column "Peso" discarding data
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing is kept of it
  = help: add to the heading: irreversible because "…"
)");
  CHECK(said("zmig 1\nirreversible because \"I say so\"\nin sheet \"Pedidos\" {\n  freeze header\n}\n") ==
        R"(warning[ZM1911]: everything in this file can be undone
 --> 0003_demo.zmig:2:1
  |
2 | irreversible because "I say so"
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: remove the heading
)");
  CHECK(codes("zmig 1\nirreversible because \"x\"\ndrop sheet \"Clientes\" discarding data\n").empty());
  CHECK(said("zmig 1\nadopt sheet \"Param\" {\n}\n") == R"(error[ZM1806]: sheet "Param" is protected by the project
 --> 0003_demo.zmig:2:13
  |
2 | adopt sheet "Param" {
  |             ^^^^^^^ no change may name it
  = help: `protect` in zmig.toml lists it
)");
  CHECK(said("zmig 1\ndepends on \"0001_frist\"\n") == R"(error[ZM1907]: no earlier migration "0001_frist"
 --> 0003_demo.zmig:2:12
  |
2 | depends on "0001_frist"
  |            ^^^^^^^^^^^^
  = help: did you mean "0001_first"?
)");
}

TEST_CASE("ZM0123: what this version reads and does not run") {
  CHECK(said(in_pedidos("copy column \"Peso\" to \"Peso_Anterior\"")) ==
        R"(error[ZM0123]: zmig reads `copy column` but does not run it yet
 --> 0003_demo.zmig:3:1
  |
3 | copy column "Peso" to "Peso_Anterior"
  | ^^^^^^^^^^^ not in this version
  = help: nothing of this file is planned; leave the line out, or wait for the version that runs it
)");
  const auto named = [](const std::string& text) {
    const Bound bound = bind_text(text, shop());
    std::string out;
    for (const Diagnostic& one : bound.found.all()) {
      CHECK(one.code == "ZM0123");
      const std::size_t open = one.message.find('`');
      out += (out.empty() ? "" : ", ") + one.message.substr(open + 1, one.message.find('`', open + 1) - open - 1);
    }
    return out;
  };
  for (const auto& [line, construct] : std::vector<std::pair<std::string, std::string>>{
           {"split column \"Ciudad\" by \" \" into \"A\", \"B\"\nchange column \"A\" hidden", "split column"},
           {"merge columns \"Ciudad\", \"Cliente\" with \" \" into \"A\"\nchange column \"A\" hidden", "merge columns"},
           {"clean column \"Ciudad\" {\n  trim\n}\nchange column \"Ciudad\" type date", "clean column"},
           {"drop rows where [Pedido] is blank", "drop rows"},
           {"add rows by \"Pedido\" from \"Clientes\" {\n  columns \"Pedido\"\n  values [Calle]\n}", "add rows … from"},
           {"add rows by \"Pedido\" from file \"x.csv\"", "add rows … from file"},
           {"add key \"Pedido\", \"Cliente\"", "add key"},
           {"add unique \"Pedido\", \"Cliente\"", "add unique"},
           {"drop key \"Pedido\", \"Cliente\"", "drop key"},
           {"drop unique \"Pedido\", \"Cliente\"", "drop unique"},
           {"add check \"x\" that [Peso] >= 0", "add check"},
           {"drop check \"x\"", "drop check"},
           {"hide sheet", "hide sheet"},
           {"show sheet", "show sheet"},
           {"protect sheet", "protect sheet"},
           {"unprotect sheet", "unprotect sheet"},
           {"columns keep their order", "columns keep their order"},
           {"columns may move", "columns may move"},
           {"foreign columns forbidden", "foreign columns forbidden"},
           {"foreign columns allowed", "foreign columns allowed"},
           {"change column \"Ciudad\" owner \"sales\"", "owner"},
           {"change column \"Ciudad\" no owner", "no owner"},
           {"change column \"Ciudad\" readers tolerate", "readers tolerate"},
           {"change column \"Ciudad\" computed as [Cliente]", "computed as"},
           {"change column \"Ciudad\" computed by formula \"=A\"", "computed by formula"},
           {"change column \"Ciudad\" not computed", "not computed"},
           {"add column \"X\" time", "time"},
           {"add column \"X\" currency \"CLP\" default 5", "currency"},
           {"add column \"X\" reference to \"Clientes\"\nfill column \"X\" with \"A\"", "reference"},
           {"fill column \"Ciudad\" with lookup(\"S\", \"K\", [Cliente], \"C\")", "lookup"},
           {"fill column \"Horas\" with occurrence([Ciudad])", "occurrence"},
           {"fill column \"Ciudad\" with uuid_of([Cliente])", "uuid_of"},
           {"fill column \"Fecha de entrega\" with $run_date", "$run_date"}}) {
    INFO(line);
    CHECK(named(in_pedidos(line)) == construct);
  }
  for (const auto& [line, construct] : std::vector<std::pair<std::string, std::string>>{
           {"variable owner text from env \"OWNER\"\nin sheet \"Pedidos\" {\n  add column \"X\" text default $owner\n}",
            "variable"},
           {"copy sheet \"Pedidos\" to \"Pedidos 2\"\nin sheet \"Pedidos 2\" {\n  freeze header\n}", "copy sheet"},
           {"rename enum \"Estado\" to \"Estados\"\nin enum \"Estados\" {\n  retire value \"Perdido\"\n}",
            "rename enum"},
           {"in enum \"Estado\" {\n  drop value \"Perdido\"\n}", "drop value"},
           {"create range \"R\" over column \"Peso\" of \"Pedidos\"", "create range"},
           {"rename range \"R\" to \"Q\"", "rename range"},
           {"drop range \"R\"", "drop range"},
           {"native csv {\n  up \"x\"\n}", "native"},
           {"ensure column \"Ciudad\" of \"Pedidos\" refers to \"Clientes\"", "refers to"},
           {"ensure columns \"Ciudad\", \"Peso\" of \"Pedidos\" are unique", "columns … are unique"}}) {
    INFO(line);
    CHECK(named("zmig 1\n" + line + "\n") == construct);
  }
}

TEST_CASE("one cause, one message: a line with an error does not spoil those below") {
  CHECK(codes(in_pedidos(
            "add column \"X\" integer default \"a\"\nfill column \"X\" with 1\nchange column \"X\" note \"n\"")) ==
        Codes{"ZM0104"});
  CHECK(codes(in_pedidos("add column \"X\" enum \"Nada\" default \"a\"\nfill column \"X\" with \"b\"")) ==
        Codes{"ZM0101"});
  CHECK(codes(in_pedidos("rename column \"Nada\" to \"Algo\"\nchange column \"Algo\" hidden")) == Codes{"ZM0101"});
  CHECK(codes("zmig 1\nin sheet \"Nada\" {\n  freeze header\n}\nensure every row of \"Nada\" has true\n") ==
        Codes{"ZM0101"});
  CHECK(codes(in_pedidos("ad column \"X\" text\nchange column \"X\" hidden")) == Codes{"ZM0003"});
  CHECK(codes(in_pedidos("change column \"Ciudad\" type integer\nset column \"Ciudad\" to 5")) == Codes{"ZM0105"});
  CHECK(codes(in_pedidos("drop column \"Peso\" undo with \"x\"\nadd column \"Peso\" text")) == Codes{"ZM0104"});
}

TEST_CASE("all errors of a file are reported, in the order of their places") {
  const Bound bound = bind_text(R"(zmig 1
in sheet "Pedidos" {
  drop column "A"
  dropp column "B"
  set column "Horas" to "x" where [C] = 1
}
ensure every row of "Pedidos" has [D] = 1
)",
                                shop());
  CHECK(bound.codes() == Codes{"ZM0101", "ZM0003", "ZM0104", "ZM0101", "ZM0101"});
}
