#include "plan_builders.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

Materialised made(const Change& change, CellView& view, const MaterialiseOptions& options = {}) {
  Result<Materialised> out = materialise(change, view, options);
  if (!out) FAIL(out.error().message);
  return *std::move(out);
}

std::vector<std::pair<std::uint64_t, Value>> written(const Materialised& made_change) {
  const auto& change = std::get<change::WriteCells>(made_change.change);
  std::vector<std::pair<std::uint64_t, Value>> out;
  for (const source::Edit& edit : std::get<source::Run>(change.cells).edits)
    out.emplace_back(edit.row.number, edit.write.value);
  return out;
}

std::vector<std::string> findings(const Materialised& made_change) {
  std::vector<std::string> out;
  for (const Diagnostic& one : made_change.findings) {
    out.push_back(one.code + " " + one.message);
    out.insert(out.end(), one.notes.begin(), one.notes.end());
  }
  return out;
}

source::Formula formula_of(Expr value, std::optional<Expr> where = {}) {
  source::Formula out;
  out.value = std::move(value);
  out.where = std::move(where);
  return out;
}

const Scope kEstado{"s1", "estado"};
const Scope kPeso{"s1", "peso"};

}  // namespace

TEST_CASE("a formula writes only where it changes something, and saves what stood there") {
  TableCells cells = workbook();
  source::Formula formula = formula_of(lit(text("OCUPADO")));
  const Materialised out = made(change::WriteCells{kEstado, formula}, cells);
  CHECK(written(out) == std::vector<std::pair<std::uint64_t, Value>>{{2, text("OCUPADO")}, {5, text("OCUPADO")}});
  CHECK(out.matched == 3);
  CHECK(out.cells == 2);
  REQUIRE(out.captures.size() == 1);
  CHECK(out.captures[0].columns == std::vector<std::string>{"tag", "peso"});
  REQUIRE(out.captures[0].cells.size() == 2);
  CHECK(out.captures[0].cells[0].before == cell(text("DISPONIBLE")));
  CHECK(out.captures[0].cells[0].after == cell(text("OCUPADO")));
  CHECK(out.captures[0].cells[0].row.identity.starts_with("h:"));
  CHECK(out.findings.empty());
}

TEST_CASE("fill writes blank cells of data rows only") {
  TableCells cells = workbook();
  source::Formula formula = formula_of(lit(text("?")));
  formula.only_blank = true;
  CHECK(written(made(change::WriteCells{kEstado, formula}, cells)) ==
        std::vector<std::pair<std::uint64_t, Value>>{{5, text("?")}});
}

TEST_CASE("where chooses rows; a misspelt key is not success") {
  TableCells cells = workbook();
  source::Formula formula = formula_of(lit(text("X")), binary(col("tag", "TAG"), BinaryOp::equal, lit(text("A-2"))));
  CHECK(written(made(change::WriteCells{kEstado, formula}, cells)) ==
        std::vector<std::pair<std::uint64_t, Value>>{{3, text("X")}});
  formula.where = binary(col("tag", "TAG"), BinaryOp::equal, lit(text("B-2")));
  CHECK(findings(made(change::WriteCells{kEstado, formula}, cells)) ==
        std::vector<std::string>{"ZM0323 no row has [TAG] = \"B-2\"",
                                 "3 data rows were looked at; nearest values: \"A-2\", \"A-1\", \"A-4\""});
  formula.expecting = Expecting{Expecting::Kind::at_least, 0};
  CHECK(findings(made(change::WriteCells{kEstado, formula}, cells)).empty());
}

TEST_CASE("expecting counts the rows that match") {
  TableCells cells = workbook();
  source::Formula formula = formula_of(lit(text("X")));
  formula.expecting = Expecting{Expecting::Kind::exactly, 1};
  CHECK(
      findings(made(change::WriteCells{kEstado, formula}, cells)) ==
      std::vector<std::string>{"ZM0322 1 row expected, 3 match", "3 data rows were looked at", "nothing was written"});
  formula.expecting = Expecting{Expecting::Kind::at_most, 3};
  CHECK(findings(made(change::WriteCells{kEstado, formula}, cells)).empty());
}

TEST_CASE("faults are collected with their cells; otherwise keep and blank go on") {
  TableCells cells = workbook();
  cells.at("s1", 3, "tag") = cell(text("31-02-2026"));
  cells.schema().sheets[0].columns.push_back(column("f", "Fecha", TypeKind::date));
  cells.at("s1", 5, "f") = cell(Date{46000});
  cells.at("s1", 2, "tag") = cell(text("11-05-2026"));
  source::Formula formula = formula_of(call("parse_date", {col("tag", "TAG"), lit(text("DD-MM-YYYY"))}));
  const Materialised stopped = made(change::WriteCells{{"s1", "f"}, formula}, cells);
  REQUIRE(stopped.findings.size() == 1);
  CHECK(stopped.findings[0].code == "ZM0321");
  CHECK(stopped.findings[0].message == "2 cells of \"Fecha\" cannot be read as a date");
  CHECK(stopped.findings[0].notes.front().starts_with("Operaciones!A3 \"31-02-2026\" (no such day) · A5 \"A-4\""));
  formula.otherwise = Otherwise::keep;
  CHECK(written(made(change::WriteCells{{"s1", "f"}, formula}, cells)) ==
        std::vector<std::pair<std::uint64_t, Value>>{{2, Date{46153}}});
  formula.otherwise = Otherwise::blank;
  CHECK(written(made(change::WriteCells{{"s1", "f"}, formula}, cells)) ==
        std::vector<std::pair<std::uint64_t, Value>>{{2, Date{46153}}, {5, Blank{}}});
}

TEST_CASE("a value outside the enum stops the line") {
  Schema schema = baseline();
  schema.enums.push_back({"Estado", {{"DISPONIBLE", {}, true}, {"VIEJO", {}, false}}});
  schema.sheets[0].columns[2].type.kind = TypeKind::enumeration;
  schema.sheets[0].columns[2].type.of = "Estado";
  TableCells cells = workbook(schema);
  CHECK(findings(made(change::WriteCells{kEstado, formula_of(lit(text("VIEJO")))}, cells)).empty());
  CHECK(findings(made(change::WriteCells{kEstado, formula_of(lit(text("OTRO")))}, cells)) ==
        std::vector<std::string>{"ZM0316 3 cells of \"Estado\" would be outside enum \"Estado\"",
                                 "Operaciones!C2 \"OTRO\" · C3 \"OTRO\" · C5 \"OTRO\"", "nothing was written"});
}

TEST_CASE("a default stays a constant and counts its cells") {
  TableCells cells = workbook();
  Column version = column("v", "version", TypeKind::integer);
  version.rules.fallback = number(0);
  REQUIRE(cells.take(change::InsertColumn{"s1", version, {}}));
  MaterialiseOptions options;
  options.not_counted = {"v"};
  const Materialised out = made(change::FillEmpty{{"s1", "v"}, number(0), {}}, cells, options);
  CHECK(std::get<change::FillEmpty>(out.change).not_counted == std::vector<std::string>{"v"});
  CHECK(out.cells == 3);
  CHECK(out.matched == 3);
  REQUIRE(out.captures.size() == 1);
  CHECK(out.captures[0].cells.empty());
  // In a column that was there before, the addresses are saved.
  CHECK(made(change::FillEmpty{kEstado, text("X"), {}}, cells, options).captures[0].cells.size() == 1);
}

TEST_CASE("a default that finds no data rows says so") {
  TableCells cells(baseline());
  CHECK(findings(made(change::FillEmpty{kEstado, text("X"), {}}, cells)) ==
        std::vector<std::string>{"ZM0330 there are no data rows to fill in \"Operaciones\""});
}

TEST_CASE("using converts the filled cells and captures them") {
  TableCells cells = workbook();
  source::Formula formula = formula_of(call("text", {col("peso", "Peso")}));
  formula.filled_only = true;
  const Materialised out = made(change::Retype{kPeso, type_of(TypeKind::text), {}, formula}, cells);
  const auto& run = std::get<source::Run>(std::get<change::Retype>(out.change).cells);
  REQUIRE(run.edits.size() == 2);
  CHECK(run.edits[0].write == cell(text("10")));
  CHECK(out.captures[0].cells[1].before == cell(number(30)));
}

TEST_CASE("taking back a default saves nothing; every other cell of the column is saved with its row") {
  Schema schema = baseline();
  Column version = column("v", "version", TypeKind::integer);
  version.rules.fallback = number(0);
  schema.sheets[0].columns.push_back(version);
  TableCells cells = workbook(schema);
  cells.column("s1", "v", {number(0), number(0), Blank{}, number(0)});
  StoredCaptures captures;
  MaterialiseOptions options;
  options.captures = &captures;
  options.own = {{"s1", "v"}};
  options.written = {"v"};
  const change::DeleteColumn drop{{"s1", "v"}};
  CHECK(made(drop, cells, options).captures[0].cells.empty());
  CHECK(made(drop, cells, options).matched == 3);
  CHECK(made(drop, cells, options).lost == 0);

  SECTION("a column that the migration did not add") {
    options.own.clear();
    CHECK(made(drop, cells, options).captures[0].cells.size() == 3);
  }
  SECTION("a default in a row that is no data row") {
    cells.at("s1", 4, "v") = cell(number(0));
    const Materialised out = made(drop, cells, options);
    REQUIRE(out.captures[0].cells.size() == 1);
    CHECK(out.captures[0].cells[0].row.number == 4);
  }
  SECTION("what somebody entered, a format, bytes of another spelling") {
    cells.at("s1", 2, "v") = cell(number(7));
    cells.at("s1", 3, "v").format = "0.00";
    cells.at("s1", 5, "v").stored = "t:00";
    const Materialised out = made(drop, cells, options);
    REQUIRE(out.captures[0].cells.size() == 3);
    CHECK(out.captures[0].cells[0].before == cell(number(7)));
    CHECK(out.captures[0].cells[0].row.identity.starts_with("h:"));
    CHECK(out.captures[0].cells[2].before.stored == "t:00");
    CHECK(out.lost == 1);
  }
  SECTION("no down at all") {
    options.captures = nullptr;
    options.own.clear();
    CHECK(made(drop, cells, options).captures[0].cells.size() == 3);
  }
}

TEST_CASE("rows are inserted or updated by their key") {
  TableCells cells = workbook();
  const source::Rows rows{{"tag"}, {"tag", "estado"}, {{text("A-2"), text("X")}, {text("A-7"), text("Y")}}};
  const Materialised updated = made(change::WriteCells{kEstado, rows}, cells);
  CHECK(written(updated) == std::vector<std::pair<std::uint64_t, Value>>{{3, text("X")}});
  const Materialised added = made(change::InsertRows{"s1", rows}, cells);
  const auto& run = std::get<source::Run>(std::get<change::InsertRows>(added.change).rows);
  REQUIRE(run.rows.size() == 1);
  CHECK(run.rows[0].cells == std::vector<Cell>{cell(text("A-7")), cell(text("Y"))});
  REQUIRE(added.captures[0].rows.size() == 1);
  CHECK(added.captures[0].rows[0].added);
  cells.at("s1", 5, "tag") = cell(text("A-2"));
  CHECK(findings(made(change::InsertRows{"s1", rows}, cells)) ==
        std::vector<std::string>{"ZM0317 a key of these rows is in \"Operaciones\" twice", "Operaciones!A5 \"A-2\"",
                                 "nothing was written"});
}

TEST_CASE("captured cells come back where nobody was; edits stay and are listed") {
  TableCells cells = workbook();
  StoredCaptures captures;
  const Materialised up = made(change::WriteCells{kEstado, formula_of(lit(text("NUEVO")))}, cells);
  captures.stored["0007_estado"] = up.captures;
  REQUIRE(cells.take(up.change));
  cells.at("s1", 3, "estado") = cell(text("mano"));
  MaterialiseOptions options;
  options.captures = &captures;
  const change::RestoreCells restore{kEstado, change::Restore::values, source::Captured{"0007_estado"}};

  SECTION("keep") {
    const Materialised down = made(restore, cells, options);
    CHECK(down.cells == 2);
    CHECK(down.kept == std::vector<KeptEdit>{{"Operaciones!C3", "OCUPADO", "mano"}});
    REQUIRE(down.findings.size() == 1);
    CHECK(down.findings[0].severity == Severity::warning);
    CHECK(findings(down) ==
          std::vector<std::string>{"ZM0507 1 cell of \"Estado\" was edited after 0007 was applied, and stays",
                                   "Operaciones!C3 \"OCUPADO\" → \"mano\""});
    REQUIRE(cells.take(down.change));
    CHECK(cells.values("s1", "estado") == std::vector<Value>{text("DISPONIBLE"), text("mano"), Blank{}, Blank{}});
  }
  SECTION("captured") {
    options.on_edit = OnEdit::captured;
    const Materialised down = made(restore, cells, options);
    CHECK(down.kept.empty());
    // What is written over is captured again.
    CHECK(down.captures[0].cells[1].before == cell(text("mano")));
    REQUIRE(cells.take(down.change));
    CHECK(cells.values("s1", "estado") == std::vector<Value>{text("DISPONIBLE"), text("OCUPADO"), Blank{}, Blank{}});
  }
  SECTION("refuse") {
    options.on_edit = OnEdit::refuse;
    CHECK(made(restore, cells, options).findings[0].code == "ZM0506");
  }
  SECTION("captures of another machine") {
    captures.stored.clear();
    CHECK(made(restore, cells, options).findings[0].code == "ZM0506");
  }
}

TEST_CASE("variables of the run are known, with and without their sign") {
  TableCells cells = workbook();
  MaterialiseOptions options;
  options.variables.emplace("migration", text("0001_x"));
  for (const char* name : {"migration", "$migration"}) {
    source::Formula formula = formula_of(Expr{expr::Variable{name}});
    CHECK(written(made(change::WriteCells{kEstado, formula}, cells, options)).size() == 3);
  }
}
