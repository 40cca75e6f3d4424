#include "print_words.h"

#include <algorithm>

#include "base/text.h"

namespace zmig::dsl {
namespace {

/// "1 row", "3 rows".
std::string number_of(const ast::Count& count, std::string_view plural) {
  std::string out = count.digits + " " + std::string(plural);
  if (count.value == 1) out.pop_back();
  return out;
}

/// Block text keeps every byte of a value, unless it holds what the layout would change: quotes that end it, blanks at
/// line ends, characters that need an escape.
bool fits_block_text(const std::string& value) {
  if (value.find('\n') == std::string::npos || value.find("\"\"\"") != std::string::npos) return false;
  for (const std::string& line : split(value, '\n')) {
    if (!line.empty() && (line.back() == ' ' || line.back() == '\t')) return false;
    const std::string escaped = quoted(line);
    if (escaped.find("\\u") != std::string::npos && line.find("\\u") == std::string::npos) return false;
    if (std::any_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }))
      return false;
  }
  return true;
}

}  // namespace

std::string print_text_at(const std::string& value, std::size_t indent) {
  if (!fits_block_text(value)) return quoted(value);
  const std::string margin(indent + 2, ' ');
  std::string out = "\"\"\"\n";
  for (const std::string& line : split(value, '\n')) out += (line.empty() ? line : margin + line) + "\n";
  return out + margin + "\"\"\"";
}

std::string print_names(const ast::Names& names) {
  std::string out;
  for (const ast::Text& name : names) out += (out.empty() ? "" : ", ") + quoted(name.value);
  return out;
}

std::string print_literal(const ast::Literal& literal) {
  using enum ast::LiteralKind;
  switch (literal.kind) {
    case text: return quoted(literal.value);
    case integer:
    case decimal: return (literal.negative ? "-" : "") + literal.value;
    case date:
    case boolean: return literal.value;
    case blank: return "blank";
    case variable: return "$" + literal.value;
  }
  return {};
}

std::string print_editors(const ast::Editors& editors) {
  std::string out;
  for (const ast::Editor& editor : editors) {
    if (!out.empty()) out += ", ";
    out += editor.variable ? "$" + editor.value : quoted(editor.value);
  }
  return out;
}

std::string print_type(const ast::Type& type) {
  std::string out(words(type.kind.value));
  if (type.digits) out += "(" + type.digits->digits + ")";
  if (type.name) out += " " + quoted(type.name->value);
  return out;
}

std::string print_place(const ast::Place& place) {
  std::string out(words(place.kind.value));
  if (place.anchor) out += " " + quoted(place.anchor->value);
  return out;
}

std::string print_duration(const ast::Duration& duration) {
  return number_of(duration.amount, words(duration.unit.value));
}

std::string print_expecting(const ast::Expecting& expecting) {
  std::string out = "expecting ";
  if (expecting.bound) out += std::string(words(expecting.bound->value)) + " ";
  return out + number_of(expecting.count, "rows");
}

std::string print_check(const ast::Check& check, std::size_t indent) {
  const auto formula = [&](const ast::Formula& f) { return print_formula_at(f, indent); };
  const auto where = [&](const boost::optional<ast::Formula>& f) {
    return f ? " where " + formula(*f) : std::string();
  };
  const auto of = [](const auto& c) {
    return "column " + quoted(c.column.value) + " of " + quoted(c.sheet.value) + " ";
  };
  const auto w = [](auto value) { return std::string(words(value)); };
  std::string out;
  const auto set = [&out](std::string text) { out = std::move(text); };
  ast::visit(
      ast::overloaded{
          [&](const ast::SheetIs& c) { set("sheet " + quoted(c.sheet.value) + " " + w(c.state.value)); },
          [&](const ast::SheetCount& c) {
            set("sheet " + quoted(c.sheet.value) + " " + w(c.relation.value) + " " +
                (c.bound ? w(c.bound->value) + " " : std::string()) + number_of(c.count, words(c.unit.value)));
          },
          [&](const ast::ColumnIs& c) { set(of(c) + w(c.state.value)); },
          [&](const ast::ColumnHasType& c) { set(of(c) + "has type " + print_type(c.type)); },
          [&](const ast::ColumnRefers& c) { set(of(c) + "refers to " + quoted(c.target.value)); },
          [&](const ast::ColumnsUnique& c) {
            set("columns " + print_names(c.columns) + " of " + quoted(c.sheet.value) + " are unique");
          },
          [&](const ast::EnumIs& c) { set("enum " + quoted(c.name.value) + " " + w(c.state.value)); },
          [&](const ast::EnumValue& c) {
            set("enum " + quoted(c.name.value) + " " + w(c.relation.value) + " " + quoted(c.value.value));
          },
          [&](const ast::RowsHave& c) {
            set(w(c.quantifier.value) + " " + quoted(c.sheet.value) + where(c.where) + " has " + formula(c.formula));
          },
          [&](const ast::SampleHas& c) {
            set(c.count.digits + " sample rows of " + quoted(c.sheet.value) + where(c.where) + " have " +
                formula(c.formula));
          },
          [&](const ast::MigrationApplied& c) {
            set("migration " + quoted(c.migration.value) + " applied" +
                (c.ago ? " at least " + print_duration(*c.ago) + " ago" : std::string()));
          },
          [&](const ast::BackupOfSheet& c) { set("backup of sheet " + quoted(c.sheet.value)); },
          [&](const ast::WorkbookIs& c) { set(w(c.value)); }},
      check);
  return out;
}

std::string print_property(const ast::Property& property, std::size_t indent) {
  std::string out;
  const auto set = [&out](std::string text) { out = std::move(text); };
  const auto type = [&](const ast::TypeProperty& p) {
    std::string text = "type " + print_type(p.type);
    if (p.using_formula) text += " using " + print_formula_at(*p.using_formula, indent);
    if (p.undo) text += " undo with " + print_formula_at(*p.undo, indent);
    return text;
  };
  ast::visit(
      ast::overloaded{
          [](const ast::Bad&) {}, [&](const ast::DefaultProperty& p) { set("default " + print_literal(p.value)); },
          [&](const ast::TextProperty& p) {
            set(std::string(words(p.verb.value)) + " " + print_text_at(p.text.value, indent));
          },
          [&](const ast::AliasProperty& p) { set("alias " + print_names(p.names)); },
          [&](const ast::PlainProperty& p) { set(std::string(words(p.value))); },
          [&](const ast::ProtectedProperty& p) {
            set(p.editors.empty() ? "protected" : "protected except " + print_editors(p.editors));
          },
          [&](const ast::ComputedProperty& p) { set("computed as " + print_formula_at(p.formula, indent)); },
          [&](const ast::TypeProperty& p) { set(type(p)); },
          [&](const ast::DeprecatedProperty& p) {
            set(p.use ? "deprecated use " + quoted(p.use->value) : std::string("deprecated"));
          }},
      property);
  return out;
}

}  // namespace zmig::dsl
