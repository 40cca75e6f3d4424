// The founding migration binds to exactly the operations that it says.

#include <fstream>
#include <sstream>

#include "bind_support.h"

using namespace zmig;
using namespace zmig::dsl;

namespace {

std::string file_text(const std::string& name) {
  std::ifstream in(std::string(ZMIG_SOURCE_DIR) + "/migrations/" + name);
  std::ostringstream out;
  out << in.rdbuf();
  REQUIRE(!out.str().empty());
  return out.str();
}

Schema plant() {
  Schema out;
  std::vector<Column> columns{column("cTag", "TAG_SPOOL")};
  for (int i = 2; i <= 63; ++i) columns.push_back(column("c" + std::to_string(i), "Columna " + std::to_string(i)));
  out.sheets.push_back(sheet("sOp", "Operaciones", std::move(columns)));
  out.sheets.push_back(
      sheet("sMeta", "Metadata", {column("cId", "id"), column("cTs", "timestamp"), column("cEv", "evento_tipo")}));
  return out;
}

}  // namespace

TEST_CASE("the founding migration 0001 binds to three new columns and its checks") {
  const Bound bound = bind_text(file_text("0001_v3_occupation_columns.zmig"), plant(), "0001_v3_occupation_columns");
  CHECK(bound.said() == "");
  const SheetRef op{"sOp", "Operaciones"};
  const std::string name = "0001_v3_occupation_columns";

  Column held = column(derived_id('c', name, 1), "Ocupado_Por");
  held.rules.blank_means = "nobody holds the spool";
  Column since = column(derived_id('c', name, 2), "Fecha_Ocupacion", {TypeKind::date, 0, {}});
  since.format = "DD-MM-YYYY";
  Column version = column(derived_id('c', name, 3), "version", {TypeKind::integer, 0, {}});
  version.rules.fallback = Value(Number{0});
  version.note = "Optimistic-lock token: +1 on every write";
  const Expr is_version = cell(version.id, "version");

  Migration wanted;
  wanted.name = name;
  wanted.description = "v2.1 to v3.0: who occupies each spool, since when, and a version token";
  wanted.author = "Equipo ZEUES";
  wanted.tags = {"v3.0"};
  wanted.keep_undo = std::chrono::hours(7 * 24);
  wanted.script.requires_ = {
      {check::Backup{}, {}, {}, {}},
      {check::ColumnExists{"Operaciones", "TAG_SPOOL", true}, {}, {}, {}},
      {check::SheetCount{"Operaciones", {Expecting::Kind::at_least, 63}, check::Counted::columns}, {}, {}, {}}};
  wanted.script.operations = {op::AddColumn{op, held, {}}, op::AddColumn{op, since, {}},
                              op::AddColumn{op, version, {}}};
  wanted.script.ensures = {
      {check::SheetDelta{"Operaciones", true, 3, check::Counted::columns}, {}, {}, {}},
      {check::SheetCount{"Operaciones", {Expecting::Kind::at_least, 66}, check::Counted::columns}, {}, {}, {}},
      {check::SheetUnchanged{op}, "v2.1 keeps reading it", {}, {}},
      {check::Rows{op, check::Quantifier::sample, 10, {}, binary(BinaryOp::equal, is_version, number(0))}, {}, {}, {}},
      {check::Rows{op, check::Quantifier::no, 0, {}, Expr{expr::IsBlank{is_version, false}}}, {}, {}, {}}};
  CHECK(bound.migration == wanted);
  CHECK(bound.migration.number == 1);
  CHECK(bound.migration.slug == "v3_occupation_columns");
  CHECK(bound.migration.script.ensures[3].text == "10 sample rows of \"Operaciones\" have [version] = 0");
}

TEST_CASE("the spans of 0001 are the names, the lines its statements, the facts of its checks where carets go") {
  const std::string text = file_text("0001_v3_occupation_columns.zmig");
  const Bound bound = bind_text(text, plant(), "0001_v3_occupation_columns");
  const Script& script = bound.migration.script;
  const auto words = [&](const Span& span) { return text.substr(span.begin, span.end - span.begin); };
  REQUIRE(script.spans.size() == 3);
  REQUIRE(script.lines.size() == 3);
  CHECK(words(script.spans[2]) == "\"version\"");
  CHECK(words(script.lines[1]) == "add column \"Fecha_Ocupacion\" date format \"DD-MM-YYYY\"");
  CHECK(words(script.requires_[2].span) == "has at least 63 columns");
  CHECK(words(script.ensures[0].span) == "gained 3 columns");
}

TEST_CASE("the founding migration 0002 binds to two enums and a change of type") {
  const Bound bound = bind_text(file_text("0002_v3_event_types.zmig"), plant(), "0002_v3_event_types");
  CHECK(bound.said() == "");
  std::vector<Operation> wanted{op::CreateEnum{"EventoTipo"}};
  for (const char* value : {"INICIAR_ARM", "COMPLETAR_ARM", "CANCELAR_ARM", "INICIAR_SOLD", "COMPLETAR_SOLD",
                            "CANCELAR_SOLD", "INICIAR_METROLOGIA", "COMPLETAR_METROLOGIA", "CANCELAR_METROLOGIA"}) {
    wanted.push_back(op::AddValue{"EventoTipo", value, {}, {}});
  }
  wanted.push_back(op::AddValue{"EventoTipo", "TOMAR_SPOOL", {}, "A worker takes a spool"});
  wanted.push_back(op::AddValue{"EventoTipo", "PAUSAR_SPOOL", {}, "A worker puts a spool down unfinished"});
  wanted.push_back(op::CreateEnum{"EstadoOcupacion"});
  wanted.push_back(op::AddValue{"EstadoOcupacion", "DISPONIBLE", {}, {}});
  wanted.push_back(op::AddValue{"EstadoOcupacion", "OCUPADO", {}, {}});
  wanted.push_back(
      op::ChangeType{{{"sMeta", "Metadata"}, "cEv", "evento_tipo"}, {TypeKind::enumeration, 0, "EventoTipo"}, {}, {}});
  CHECK(bound.migration.script.operations == wanted);
}

TEST_CASE("the founding migrations are written in canonical form") {
  for (const char* name : {"0001_v3_occupation_columns.zmig", "0002_v3_event_types.zmig"}) {
    const std::string text = file_text(name);
    Diagnostics found;
    CHECK(make_codec()->format({name, text}, 0, found) == text);
    CHECK(found.empty());
  }
}
