// Types and literals (language.md 6, 8.2 "writing"): what is written, as a column holds it.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <zmig/text.h>

#include "binder.h"
#include "format_words.h"

namespace zmig::dsl {
namespace {

std::string_view kind_name(ast::TypeKind kind) {
  switch (kind) {
    case ast::TypeKind::text: return "text";
    case ast::TypeKind::integer: return "integer";
    case ast::TypeKind::number: return "number";
    case ast::TypeKind::decimal: return "decimal";
    case ast::TypeKind::percent: return "percent";
    case ast::TypeKind::currency: return "currency";
    case ast::TypeKind::boolean: return "boolean";
    case ast::TypeKind::date: return "date";
    case ast::TypeKind::time: return "time";
    case ast::TypeKind::datetime: return "datetime";
    case ast::TypeKind::enumeration: return "enum";
    case ast::TypeKind::reference: return "reference";
  }
  return {};
}

TypeKind kind_of_tree(ast::TypeKind kind) {
  switch (kind) {
    case ast::TypeKind::text: return TypeKind::text;
    case ast::TypeKind::integer: return TypeKind::integer;
    case ast::TypeKind::number: return TypeKind::number;
    case ast::TypeKind::decimal: return TypeKind::decimal;
    case ast::TypeKind::percent: return TypeKind::percent;
    case ast::TypeKind::currency: return TypeKind::currency;
    case ast::TypeKind::boolean: return TypeKind::boolean;
    case ast::TypeKind::date: return TypeKind::date;
    case ast::TypeKind::time: return TypeKind::time;
    case ast::TypeKind::datetime: return TypeKind::datetime;
    case ast::TypeKind::enumeration: return TypeKind::enumeration;
    case ast::TypeKind::reference: return TypeKind::reference;
  }
  return TypeKind::text;
}

std::string_view word_of(ast::LiteralKind kind) {
  switch (kind) {
    case ast::LiteralKind::text:
    case ast::LiteralKind::variable: return "text";
    case ast::LiteralKind::integer: return "integer";
    case ast::LiteralKind::decimal: return "decimal";
    case ast::LiteralKind::date: return "date";
    case ast::LiteralKind::boolean: return "boolean";
    case ast::LiteralKind::blank: return "blank";
  }
  return {};
}

std::string article(std::string_view word) {
  if (word == "blank") return "blank";
  return (word == "integer" ? "an " : "a ") + std::string(word);
}

/// What the author probably meant: the same value, spelled as the column's type is written. None: no idea.
std::optional<std::string> spelled_for(const Value& value, const Type& type) {
  if (is_textual(type)) {
    if (type.kind == TypeKind::enumeration || is_blank(value)) return std::nullopt;
    return quoted(to_text(value));
  }
  if (!std::holds_alternative<Text>(value)) return std::nullopt;
  const Evaluated read = read_as(value, type, "YYYY-MM-DD", true);
  const auto* meant = std::get_if<Value>(&read);
  if (meant == nullptr || is_blank(*meant) || std::holds_alternative<Text>(*meant)) return std::nullopt;
  return literal_words(*meant);
}

}  // namespace

Binder::BoundType Binder::type_of_tree(const ast::Type& type) {
  BoundType out;
  out.type.kind = kind_of_tree(type.kind.value);
  switch (type.kind.value) {
    case ast::TypeKind::currency:
    case ast::TypeKind::time:
    case ast::TypeKind::reference: not_yet(kind_name(type.kind.value), type.kind); return {Type{}, false};
    case ast::TypeKind::decimal:
      if (type.digits) out.type.digits = static_cast<int>(std::min<std::uint64_t>(type.digits->value, 10));
      return out;
    case ast::TypeKind::enumeration:
      if (!type.name) return {Type{}, false};
      if (enum_named(*type.name) == nullptr) return {Type{}, false};
      out.type.of = type.name->value;
      return out;
    case ast::TypeKind::text:
    case ast::TypeKind::integer:
    case ast::TypeKind::number:
    case ast::TypeKind::percent:
    case ast::TypeKind::boolean:
    case ast::TypeKind::date:
    case ast::TypeKind::datetime: return out;
  }
  return out;
}

std::optional<Value> Binder::variable_value(std::string_view name, const ast::Node& at) {
  if (name == "migration") return Value(Text{context_.name});
  if (variables_.contains(std::string(name))) return std::nullopt;  // its heading was refused
  if (name == "run_date" || name == "run_time") {
    not_yet("$" + std::string(name), at);
    return std::nullopt;
  }
  std::vector<std::string> known(variables_.begin(), variables_.end());
  known.insert(known.end(), {"migration", "run_date", "run_time"});
  Diagnostic& found = error("ZM0110", "no variable `$" + std::string(name) + "`", at);
  if (const auto near = nearest(name, known)) found.help = "did you mean `$" + *near + "`?";
  return std::nullopt;
}

std::optional<Value> Binder::literal(const ast::Literal& literal) {
  switch (literal.kind) {
    case ast::LiteralKind::text: return literal.value.empty() ? Value(Blank{}) : Value(Text{literal.value});
    case ast::LiteralKind::blank: return Value(Blank{});
    case ast::LiteralKind::boolean: return Value(Boolean{literal.value == "true"});
    case ast::LiteralKind::variable: return variable_value(literal.value, literal);
    case ast::LiteralKind::date: {
      const std::optional<std::int32_t> day = day_of_words(literal.value);
      if (!day) return std::nullopt;  // reported with the tree (ZM0024)
      return Value(Date{*day});
    }
    case ast::LiteralKind::integer:
    case ast::LiteralKind::decimal: {
      const std::optional<double> number = number_of_words(literal.value);
      if (!number) {
        error("ZM0025", "this number is out of range", literal, "a cell holds at most 15 significant digits");
        return std::nullopt;
      }
      return Value(Number{*number == 0 ? 0 : literal.negative ? -*number : *number});
    }
  }
  return std::nullopt;
}

bool Binder::is_listed(const Type& type, std::string_view text, const ast::Node& at) {
  const Enum* named = schema_.find_enum(type.of);
  if (named == nullptr) return true;
  std::vector<std::string> values;
  for (const EnumValue& value : named->values) {
    if (value.text == text) return true;
    if (value.offered) values.push_back(value.text);
  }
  unknown(Thing::value, type.of, "no value " + quoted(text) + " in enum " + quoted(type.of), text, at, values,
          values.empty() ? std::string() : "it offers " + quoted_list(values));
  return false;
}

std::optional<Value> Binder::value_for(const ast::Literal& literal, const Column& column, const std::string& subject,
                                       std::string_view verb, const ast::Type* written) {
  std::optional<Value> value = this->literal(literal);
  if (!value || is_blank(*value)) return value;
  if (unsure_.contains(column.id)) return std::nullopt;
  const Evaluated fitted = write_as(*value, column.type);
  if (const auto* fits = std::get_if<Value>(&fitted)) {
    const auto* text = std::get_if<Text>(fits);
    if (text == nullptr || column.type.kind != TypeKind::enumeration) return *fits;
    if (!is_listed(column.type, text->utf8, literal)) return std::nullopt;
    return *fits;
  }
  const std::string_view word = word_of(literal.kind);
  Diagnostic& found = error("ZM0104", subject + " is " + article(word) + ", the column holds " + plural_of(column.type),
                            literal, std::string(word));
  if (written != nullptr) {
    found.secondary.push_back({span(*written), {}, to_string(column.type)});
  } else {
    found.notes.push_back(quoted(column.header) + " has the type " + to_string(column.type));
  }
  if (const auto meant = spelled_for(*value, column.type)) {
    found.help = "write `" + std::string(verb) + *meant + "`";
  }
  return std::nullopt;
}

}  // namespace zmig::dsl
