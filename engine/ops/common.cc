#include "ops/common.h"

#include <algorithm>
#include <utility>

#include <zmig/type_words.h>

#include "base/text.h"
#include "model/names.h"
#include "model/references.h"

namespace zmig::ops {
namespace {

Error unknown(std::string message, std::string help = {}) {
  return make_error(Errc::invalid_input, "ZM0101", std::move(message), std::move(help));
}

Status unused(const std::vector<std::string>& users, std::string_view what, std::string_view name) {
  if (users.empty()) return ok();
  return make_error(Errc::invalid_input, "ZM0112",
                    std::string(what) + " " + quoted(name) + " is still used by " + join(users, ", "),
                    "remove what uses it on a line above");
}

}  // namespace

Result<const Sheet*> find_sheet(const Schema& schema, const SheetRef& ref) {
  const Sheet* sheet = schema.sheet(ref.id);
  if (sheet != nullptr && sheet->managed) return sheet;
  return unknown("no sheet " + quoted(ref.title) + " at this line");
}

Result<Found> find_column(const Schema& schema, const ColumnRef& ref) {
  ZMIG_TRY(const Sheet* sheet, find_sheet(schema, ref.sheet));
  const Column* column = column_by_id(*sheet, ref.id);
  if (column != nullptr && column->managed) return Found{sheet, column};
  return unknown("no column " + quoted(ref.header) + " in " + quoted(sheet->title) + " at this line");
}

Result<const Enum*> find_enum(const Schema& schema, std::string_view name) {
  const Enum* found = schema.find_enum(name);
  if (found != nullptr) return found;
  return unknown("no enum " + quoted(name) + " at this line");
}

SheetRef ref_to(const Sheet& sheet) { return {sheet.id, sheet.title}; }
ColumnRef ref_to(const Sheet& sheet, const Column& column) { return {ref_to(sheet), column.id, column.header}; }

std::string dotted(const SheetRef& sheet, std::string_view header) { return sheet.title + "." + std::string(header); }

Status title_is_free(const Schema& schema, std::string_view title, std::string_view except) {
  for (const Sheet& sheet : schema.sheets) {
    if (sheet.id == except || !same_title_without_case(sheet.title, title)) continue;
    return make_error(Errc::invalid_input, "ZM0102", "sheet " + quoted(sheet.title) + " already exists");
  }
  return ok();
}

Status header_is_free(const Sheet& sheet, std::string_view header, std::string_view except) {
  for (const Column& column : sheet.columns) {
    if (column.id == except || !same_header(column.header, header)) continue;
    return make_error(
        Errc::invalid_input, "ZM0102",
        "column " + quoted(column.header) + " already exists in sheet " + quoted(sheet.title),
        column.managed ? "use `change column " + quoted(column.header) + "` to change it" : std::string());
  }
  return ok();
}

Status place_is_there(const Sheet& sheet, const NamedPlace& place, std::string_view self) {
  if (place.place.kind == Place::Kind::first || place.place.kind == Place::Kind::last) return ok();
  if (!self.empty() && place.place.beside == self) return unknown(quoted(place.name) + " cannot stand beside itself");
  if (column_by_id(sheet, place.place.beside) != nullptr) return ok();
  return unknown("no column " + quoted(place.name) + " in " + quoted(sheet.title) + " at this line");
}

Status place_is_there(const Schema& schema, const NamedPlace& place) {
  if (place.place.kind == Place::Kind::first || place.place.kind == Place::Kind::last) return ok();
  if (schema.sheet(place.place.beside) != nullptr) return ok();
  return unknown("no sheet " + quoted(place.name) + " at this line");
}

NamedPlace place_in(const Sheet& sheet, std::string_view column_id) {
  const std::size_t index0 = column_index(sheet, column_id);
  ZMIG_ASSERT(index0 < sheet.columns.size(), "the caller has found the column in this sheet");
  const auto beside = [&](Place::Kind kind, const Column& column) {
    return NamedPlace{{kind, column.id}, column.header};
  };
  if (index0 == 0) return {{Place::Kind::first, {}}, {}};
  if (sheet.columns[index0 - 1].managed) return beside(Place::Kind::after, sheet.columns[index0 - 1]);
  const bool right = index0 + 1 < sheet.columns.size();
  if (!right) return {{Place::Kind::last, {}}, {}};
  if (sheet.columns[index0 + 1].managed) return beside(Place::Kind::before, sheet.columns[index0 + 1]);
  for (std::size_t left = index0; left-- > 0;) {
    if (sheet.columns[left].managed) return beside(Place::Kind::after, sheet.columns[left]);
  }
  return {{Place::Kind::first, {}}, {}};
}

Status column_is_unused(const Schema& schema, const Sheet& sheet, const Column& column) {
  return unused(users_of_column(schema, sheet, column), "column", column.header);
}

Status sheet_is_unused(const Schema& schema, const Sheet& sheet, bool ranges_too) {
  return unused(users_of_sheet(schema, sheet, ranges_too), "sheet", sheet.title);
}

Status enum_is_unused(const Schema& schema, std::string_view name) {
  return unused(users_of_enum(schema, name), "enum", name);
}

Status can_come_back(const Sheet& sheet, const Column& column) {
  if (!column.computed) return ok();
  return make_error(Errc::invalid_input, "ZM0125",
                    "column " + quoted(column.header) + " of " + quoted(sheet.title) +
                        " is computed by the workbook (" + column.computed->formula +
                        "), and this zmig cannot create it again",
                    "give up the way back (`discarding data`, with `irreversible because` in the heading), or write a "
                    "`down { }` block");
}

std::string deprecation_line(const Deprecation& deprecation) {
  return deprecation.use.empty() ? "deprecated" : "deprecated, use " + deprecation.use;
}

std::optional<std::string> plain_note(const Column& column) {
  if (!column.note || !column.rules.deprecated) return column.note;
  const std::string line = deprecation_line(*column.rules.deprecated);
  if (*column.note == line) return std::nullopt;
  if (column.note->starts_with(line + "\n")) return column.note->substr(line.size() + 1);
  return column.note;
}

std::optional<std::string> full_note(const std::optional<Deprecation>& deprecation,
                                     const std::optional<std::string>& plain) {
  if (!deprecation) return plain;
  const std::string line = deprecation_line(*deprecation);
  if (!plain) return line;
  return *plain == line || plain->starts_with(line + "\n") ? *plain : line + "\n" + *plain;
}

Result<Value> fitting(const Value& value, const Type& type, const Schema& schema, std::string_view what) {
  const Evaluated taken = write_as(value, type);
  if (std::holds_alternative<Fault>(taken)) {
    return make_error(Errc::invalid_input, "ZM0104",
                      std::string(what) + " is " + one_of_kind(value) + ", the column holds " + plural_of(type));
  }
  const Value& fits = std::get<Value>(taken);
  const auto* text = std::get_if<Text>(&fits);
  if (type.kind != TypeKind::enumeration || text == nullptr) return fits;
  const Enum* named = schema.find_enum(type.of);
  const bool listed = named != nullptr && std::any_of(named->values.begin(), named->values.end(),
                                                      [&](const EnumValue& one) { return one.text == text->utf8; });
  if (listed) return fits;
  return make_error(Errc::invalid_input, "ZM0104",
                    std::string(what) + " is " + quoted(text->utf8) + ", which is no value of enum " + quoted(type.of));
}

std::string one_of_kind(const Value& value) {
  if (is_blank(value)) return "blank";
  const std::string_view kind = kind_of(value);
  return (kind == "error" ? "an " : "a ") + std::string(kind);
}

std::string literal_text(const Value& value) {
  if (is_blank(value)) return "blank";
  if (const auto* text = std::get_if<Text>(&value)) return quoted(text->utf8);
  if (const auto* logic = std::get_if<Boolean>(&value)) return logic->value ? "true" : "false";
  return to_text(value);
}

std::string type_text(const Type& type) { return to_string(type); }

std::vector<ColumnRef> bound_columns(const Schema& schema, std::string_view enum_name) {
  std::vector<ColumnRef> out;
  for (const Sheet& sheet : schema.sheets) {
    for (const Column& column : sheet.columns) {
      if (column.managed && column.type.kind == TypeKind::enumeration && column.type.of == enum_name)
        out.push_back(ref_to(sheet, column));
    }
  }
  return out;
}

std::optional<Value> constant_of(const Expr& expr) {
  if (const auto* found = std::get_if<expr::Literal>(&expr.node)) return found->value;
  const auto* unary = std::get_if<expr::Unary>(&expr.node);
  if (unary == nullptr || unary->op != UnaryOp::minus) return std::nullopt;
  const std::optional<Value> inner = constant_of(*unary->operand);
  const auto* number = inner ? std::get_if<Number>(&*inner) : nullptr;
  if (number == nullptr) return std::nullopt;
  return Value(Number{number->value == 0 ? 0 : -number->value});
}

Expr literal(Value value) { return Expr{expr::Literal{std::move(value)}}; }
Expr cell_of(const ColumnRef& at) { return Expr{expr::CellRef{at.id, at.header}}; }
Expr call(std::string function, std::vector<ExprBox> arguments) {
  return Expr{expr::Call{std::move(function), std::move(arguments)}};
}
Expr equals(Expr left, Expr right) {
  return Expr{expr::Binary{BinaryOp::equal, ExprBox(std::move(left)), ExprBox(std::move(right))}};
}

namespace {

struct Walker {
  const std::function<void(const Expr&)>& visit;

  void walk(const Expr& expr) const {
    visit(expr);
    std::visit(*this, expr.node);
  }
  void operator()(const expr::Literal&) const {}
  void operator()(const expr::Variable&) const {}
  void operator()(const expr::CellRef&) const {}
  void operator()(const expr::Unary& unary) const { walk(*unary.operand); }
  void operator()(const expr::Binary& binary) const {
    walk(*binary.left);
    walk(*binary.right);
  }
  void operator()(const expr::IsBlank& test) const { walk(*test.operand); }
  void operator()(const expr::IsOneOf& test) const {
    walk(*test.operand);
    for (const ExprBox& value : test.values) walk(*value);
  }
  void operator()(const expr::Matches& test) const { walk(*test.operand); }
  void operator()(const expr::When& when) const {
    for (const auto& branch : when.branches) {
      walk(*branch.first);
      walk(*branch.second);
    }
    walk(*when.otherwise);
  }
  void operator()(const expr::Call& function) const {
    for (const ExprBox& argument : function.arguments) walk(*argument);
  }
};

}  // namespace

void each_node(const Expr& expr, const std::function<void(const Expr&)>& visit) { Walker{visit}.walk(expr); }

std::string headers_read(const Expr& expr) {
  std::vector<std::string> headers;
  each_node(expr, [&](const Expr& node) {
    const auto* cell = std::get_if<expr::CellRef>(&node.node);
    if (cell != nullptr && std::find(headers.begin(), headers.end(), cell->header) == headers.end())
      headers.push_back(cell->header);
  });
  return join(headers, ", ");
}

bool reads(const Expr& expr, std::string_view column_id) {
  const std::vector<std::string> ids = columns_read(expr);
  return std::find(ids.begin(), ids.end(), column_id) != ids.end();
}

void add_facts(const std::string& sheet_id, const Column& column, const Allowed& allowed, std::vector<Change>& out) {
  const Scope at{sheet_id, column.id};
  if (!(column.rules == ColumnRules{})) out.push_back(change::SetRules{at, column.rules});
  if (column.note) out.push_back(change::SetNote{at, column.note});
  if (allowed.kind != Allowed::Kind::none) out.push_back(change::SetAllowed{at, allowed});
  if (column.hidden) out.push_back(change::SetHidden{at, true});
  if (column.protection) out.push_back(change::SetProtection{at, column.protection});
}

Column bare_column(const Column& column) {
  Column out;
  out.id = column.id;
  out.header = column.header;
  out.type = column.type;
  out.format = column.format;
  return out;
}

Column without_rule(Column column) {
  column.managed = true;
  column.allowed = {};
  return column;
}

}  // namespace zmig::ops
