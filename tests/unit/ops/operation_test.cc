// Names, sentences, subjects, levels and fidelities of every sample; what is contested in one migration.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

struct Said {
  std::string sample, sentence, subject, levels;
  Fidelity fidelity;
  bool operator==(const Said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Said& said) {
  return out << said.sample << ": " << said.sentence << " | " << said.subject << " | " << said.levels << " | "
             << to_string(said.fidelity);
}

using enum Fidelity;

const std::vector<Said>& expected() {
  static const std::vector<Said> all{
      {"create_sheet", "create sheet Sucursales, after Clientes", "Sucursales", "S", exact},
      {"adopt_sheet", "adopt sheet Sucursales", "Sucursales", "S", exact},
      {"forget_sheet", "forget sheet Borrador; it stays as it is", "Borrador", "S", exact},
      {"rename_sheet", "rename sheet Pedidos to Ordenes", "Pedidos", "B", exact},
      {"drop_sheet", "drop sheet Borrador, captured first", "Borrador", "RB", needs_capture},
      {"drop_sheet: discarding", "drop sheet Borrador, discarding its data", "Borrador", "LB", irreversible},
      {"restore_sheet", "restore sheet Borrador from its capture", "Borrador", "S", exact},
      {"freeze_header", "freeze header of Pedidos", "Pedidos", "S", exact},
      {"freeze_header: off", "unfreeze header of Borrador", "Borrador", "S", exact},
      {"add_column", "add column Pedidos.Turno, text, \"DIA\" for existing rows, after Estado", "Pedidos.Turno", "SB",
       exact},
      {"add_column: first",
       "add column Pedidos.Peso_Kg, decimal(2), 0.000, 0.5 for existing rows, first, required, hidden",
       "Pedidos.Peso_Kg", "SB", exact},
      {"add_column: enum", "add column Clientes.Anterior, enum \"Estado\", protected", "Clientes.Anterior", "S", exact},
      {"add_column: deprecated", "add column Pedidos.Visto, boolean, before Notas", "Pedidos.Visto", "SB", exact},
      {"adopt_column", "adopt column Pedidos.Color, enum \"Estado\"", "Pedidos.Color", "S?", exact},
      {"forget_column", "forget column Pedidos.Estado; it stays as it is", "Pedidos.Estado", "S", exact},
      {"rename_column", "rename column Clientes.Teléfono to Fono", "Clientes.Teléfono", "B", exact},
      {"move_column", "move column Pedidos.Peso, after Pedido", "Pedidos.Peso", "B", exact},
      {"move_column: first", "move column Pedidos.Urgente, first", "Pedidos.Urgente", "B", exact},
      {"move_column: last", "move column Pedidos.Pedido, last", "Pedidos.Pedido", "B", exact},
      {"retire_column", "retire column Pedidos.Notas: hidden and deprecated, use Cliente", "Pedidos.Notas", "S", exact},
      {"retire_column: alone", "retire column Pedidos.Peso: hidden and deprecated", "Pedidos.Peso", "S", exact},
      {"drop_column", "drop column Pedidos.Estado, captured first", "Pedidos.Estado", "RB", needs_capture},
      {"drop_column: first", "drop column Pedidos.Pedido, captured first", "Pedidos.Pedido", "RB", needs_capture},
      {"drop_column: discarding", "drop column Pedidos.Peso, discarding its data", "Pedidos.Peso", "LB", irreversible},
      {"drop_column: undo", "drop column Pedidos.Cantidad, rebuilt by a formula on the way back", "Pedidos.Cantidad",
       "RB", lossy},
      {"restore_column", "restore column Pedidos.Notas from its capture, after Peso", "Pedidos.Notas", "S", exact},
      {"restore_column: enum", "restore column Pedidos.Estado from its capture, after Fecha", "Pedidos.Estado", "S",
       exact},
      {"set_default", "default of Pedidos.Peso is 1.5 from now on", "Pedidos.Peso", "S", exact},
      {"set_default: none", "no default for Pedidos.Cantidad", "Pedidos.Cantidad", "S", exact},
      {"set_note", "note on Pedidos.Estado: \"See the list\"", "Pedidos.Estado", "S", exact},
      {"set_note: none", "no note on Pedidos.Notas", "Pedidos.Notas", "S", exact},
      {"set_note: deprecated", "note on Pedidos.Notas: \"Nobody writes here\"", "Pedidos.Notas", "S", exact},
      {"set_format", "show Pedidos.Peso as #,##0.0", "Pedidos.Peso", "S", exact},
      {"set_format: none", "show Pedidos.Fecha as its type is shown", "Pedidos.Fecha", "S", exact},
      {"set_alias", "readers may find Pedidos.Pedido as \"Orden\", \"N° Pedido\"", "Pedidos.Pedido", "S", exact},
      {"set_alias: none", "no alias for Clientes.Teléfono", "Clientes.Teléfono", "S", exact},
      {"set_flag: required", "Pedidos.Cliente is required", "Pedidos.Cliente", "?", exact},
      {"set_flag: unique", "Pedidos.Cliente is unique", "Pedidos.Cliente", "?", exact},
      {"set_flag: not key", "Pedidos.Pedido is no longer the key", "Pedidos.Pedido", "S", exact},
      {"set_flag: lenient", "Pedidos.Estado is lenient", "Pedidos.Estado", "S", exact},
      {"set_hidden", "hide column Pedidos.Peso", "Pedidos.Peso", "S", exact},
      {"set_hidden: off", "show column Pedidos.Peso", "Pedidos.Peso", "S", exact},
      {"set_protected", "protect column Pedidos.Peso, except for ana@example.org, luis@example.org", "Pedidos.Peso",
       "S", exact},
      {"set_protected: off", "unprotect column Pedidos.Peso", "Pedidos.Peso", "S", exact},
      {"set_deprecated", "Pedidos.Notas is deprecated, use Cliente", "Pedidos.Notas", "S", exact},
      {"set_deprecated: off", "Pedidos.Notas is no longer deprecated", "Pedidos.Notas", "S", exact},
      {"set_meaning", "blank in Pedidos.Peso means \"not weighed yet\"", "Pedidos.Peso", "S", exact},
      {"set_meaning: none", "blank says nothing in Pedidos.Peso", "Pedidos.Peso", "S", exact},
      {"change_type: widens", "change type of Pedidos.Cantidad to number", "Pedidos.Cantidad", "RB?", exact},
      {"change_type: to text", "change type of Pedidos.Cantidad to text", "Pedidos.Cantidad", "RB?", exact},
      {"change_type: loses format", "change type of Pedidos.Fecha to text", "Pedidos.Fecha", "RB?", exact},
      {"change_type: datetime", "change type of Pedidos.Fecha to datetime", "Pedidos.Fecha", "RB?", exact},
      {"change_type: to enum", "change type of Pedidos.Cliente to enum \"Prioridad\"", "Pedidos.Cliente", "RB?", exact},
      {"change_type: from enum", "change type of Pedidos.Estado to text", "Pedidos.Estado", "RB?", exact},
      {"change_type: boolean to text", "change type of Pedidos.Urgente to text", "Pedidos.Urgente", "RB?", exact},
      {"change_type: using", "change type of Pedidos.Cliente to integer, cells computed from Cliente",
       "Pedidos.Cliente", "RB?", needs_capture},
      {"change_type: undo", "change type of Pedidos.Peso to integer, cells computed from Peso", "Pedidos.Peso", "RB?",
       lossy},
      {"fill_column", "fill blank cells of Pedidos.Notas with \"sin notas\"", "Pedidos.Notas", "S", needs_capture},
      {"fill_column: formula", "fill blank cells of Pedidos.Notas with a formula of Pedido, in rows chosen by Estado",
       "Pedidos.Notas", "S", needs_capture},
      {"set_column", "set Pedidos.Estado to \"Pagado\", in rows chosen by Pedido", "Pedidos.Estado", "R",
       needs_capture},
      {"set_column: undo", "set Pedidos.Peso to a formula of Peso, in rows chosen by Estado", "Pedidos.Peso", "R",
       lossy},
      {"restore_values", "restore values of Pedidos.Estado from their capture", "Pedidos.Estado", "R", needs_capture},
      {"restore_format", "restore format of Pedidos.Fecha from its capture", "Pedidos.Fecha", "R", needs_capture},
      {"add_rows", "add or update 2 rows of Clientes by Código", "Clientes", "SR", needs_capture},
      {"restore_rows", "restore rows of Clientes from their capture", "Clientes", "R", needs_capture},
      {"create_enum", "create enum Zona", "Zona", "S", exact},
      {"drop_enum", "drop enum Prioridad", "Prioridad", "?", exact},
      {"add_value", "add value Estado.Devuelto, after Entregado", "Estado.Devuelto", "S", exact},
      {"add_value: last", "add value Estado.Devuelto", "Estado.Devuelto", "S", exact},
      {"add_value: offered again", "add value Estado.Perdido, first", "Estado.Perdido", "S", exact},
      {"rename_value", "rename value Estado.Nuevo to Abierto", "Estado.Nuevo", "RB", needs_capture},
      {"retire_value", "retire value Estado.Entregado; cells keep it", "Estado.Entregado", "S", exact},
      {"retire_value: replaced", "retire value Estado.Nuevo, replaced with Pagado", "Estado.Nuevo", "R", needs_capture},
      {"retire_value: first", "retire value Prioridad.Baja; cells keep it", "Prioridad.Baja", "S", exact},
  };
  return all;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

op::AddColumn adds(const std::string& header) {
  op::AddColumn out;
  out.sheet = shop_sheet("Pedidos");
  out.column.header = header;
  return out;
}

}  // namespace

TEST_CASE("every sample has its sentence, subject, levels and fidelity") {
  std::vector<Said> said;
  for (const Sample& sample : samples()) {
    const Result<Reversal> back = invert(sample.operation, sample.before);
    REQUIRE(back);
    said.push_back({sample.name, describe(sample.operation), subject_of(sample.operation), levels_of(sample.operation),
                    back->fidelity});
  }
  REQUIRE(said.size() == expected().size());
  for (std::size_t i = 0; i < said.size(); ++i) CHECK(said[i] == expected()[i]);
}

TEST_CASE("the name of an operation is the beginning of its sample's name") {
  std::set<std::string_view> names;
  for (const Sample& sample : samples()) {
    CHECK(std::string_view(sample.name).substr(0, sample.name.find(':')) == name_of(sample.operation));
    names.insert(name_of(sample.operation));
  }
  CHECK(names.size() == std::variant_size_v<Operation>);
}

TEST_CASE("a sentence reads as in show: type, format, default, place") {
  op::AddColumn operation = adds("version");
  operation.sheet.title = "Operaciones";
  operation.column.type = {TypeKind::integer, 0, {}};
  operation.column.rules.fallback = Number{0};
  CHECK(describe(Operation(operation)) == "add column Operaciones.version, integer, 0 for existing rows");
}

TEST_CASE("a thing that two operations rename, move, drop or add is contested under all its names") {
  const std::string orders = shop_id("Pedidos");
  op::AddColumn added = adds("c");
  CHECK(contested({added}).empty());
  CHECK(contested({added, op::RenameColumn{{shop_sheet("Pedidos"), "x", "c"}, "r"}}) ==
        Pairs{{orders, "c"}, {orders, "r"}});
  CHECK(contested({op::DropColumn{shop_column("Pedidos", "Notas"), false, {}}, adds("Notas ")}) ==
        Pairs{{orders, "Notas"}});
  CHECK(contested({op::RenameColumn{shop_column("Pedidos", "Notas"), "A"},
                   op::RenameColumn{shop_column("Pedidos", "Peso"), "B"}})
            .empty());
  CHECK(contested({added, op::SetNote{{shop_sheet("Pedidos"), "x", "c"}, "n"},
                   op::MoveColumn{shop_column("Pedidos", "Peso"), {}}})
            .empty());
}

TEST_CASE("a header swapped through a third one is contested in all three") {
  const std::string orders = shop_id("Pedidos");
  const auto renames = [](const std::string& from, const std::string& to) {
    return op::RenameColumn{{shop_sheet("Pedidos"), "x", from}, to};
  };
  CHECK(contested({renames("a", "t"), renames("b", "a"), renames("t", "b")}) ==
        Pairs{{orders, "a"}, {orders, "b"}, {orders, "t"}});
}

TEST_CASE("sheets are contested by id and title") {
  const SheetRef branches{"sff000000001", "Sucursales"};
  CHECK(contested({op::CreateSheet{branches, {}}, adds("x")}).empty());
  CHECK(contested({op::CreateSheet{branches, {}}, op::RenameSheet{branches, "Locales"}}) ==
        Pairs{{"Locales", ""}, {"Sucursales", ""}, {"sff000000001", ""}});
}
