#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <zmig/json_text.h>
#include <zmig/schema.h>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "model/moments.h"
#include "model/numbers.h"
#include "model/schema_text.h"

namespace zmig {
namespace {

using nlohmann::json;

// What a member would hold by default is left out, so that a file shows what somebody decided.
template <class T>
void put(json& object, const char* name, const T& value, const T& usual) {
  if (!(value == usual)) object[name] = value;
}

void put(json& object, const char* name, const std::optional<std::string>& value) {
  if (value.has_value()) object[name] = *value;
}

json to_json(double number) {
  if (std::trunc(number) == number && std::fabs(number) <= kLargestInteger) return static_cast<std::int64_t>(number);
  return number;
}

struct StoredValue {
  json operator()(const Blank&) const { return {{"blank", true}}; }
  json operator()(const Text& text) const { return {{"text", text.utf8}}; }
  json operator()(const Number& number) const { return {{"number", to_json(number.value)}}; }
  json operator()(const Boolean& boolean) const { return {{"boolean", boolean.value}}; }
  json operator()(const Date& date) const { return {{"date", iso_date(date.day)}}; }
  json operator()(const Time& time) const { return {{"time", iso_time(time.ms)}}; }
  json operator()(const DateTime& moment) const { return {{"datetime", iso_datetime(moment.ms)}}; }
  json operator()(const CellError& error) const { return {{"error", error.text}}; }
};

void put_type(json& object, const Type& type) {
  object["type"] = stored_name(type.kind);
  if (type.kind == TypeKind::decimal || type.digits != 0) object["digits"] = type.digits;
  if (type.kind == TypeKind::currency) object["currency"] = type.of;
  if (type.kind == TypeKind::enumeration) object["enum"] = type.of;
  if (type.kind == TypeKind::reference) object["references"] = type.of;
}

json to_json(const Allowed& rule) {
  json object = json::object();
  switch (rule.kind) {
    case Allowed::Kind::none: object["rule"] = "none"; break;
    case Allowed::Kind::list: object["rule"] = "list"; break;
    case Allowed::Kind::checkbox: object["rule"] = "checkbox"; break;
    case Allowed::Kind::column: object["rule"] = "column"; break;
  }
  put(object, "values", rule.values, {});
  put(object, "enum", rule.enum_name, {});
  put(object, "sheet", rule.sheet, {});
  put(object, "column", rule.column, {});
  put(object, "strict", rule.strict, true);
  return object;
}

void put_readers(json& object, Readers readers) {
  switch (readers) {
    case Readers::require: break;
    case Readers::expect: object["readers"] = "expect"; break;
    case Readers::tolerate: object["readers"] = "tolerate"; break;
  }
}

void put_rules(json& object, const ColumnRules& rules) {
  if (rules.fallback.has_value()) object["default"] = std::visit(StoredValue{}, *rules.fallback);
  put(object, "required", rules.required, false);
  put(object, "unique", rules.unique, false);
  put(object, "key", rules.key, false);
  put(object, "lenient", rules.lenient, false);
  put(object, "aliases", rules.aliases, {});
  if (rules.deprecated.has_value()) {
    object["deprecated"] = json::object();
    put(object["deprecated"], "use", rules.deprecated->use, {});
  }
  put(object, "blank_means", rules.blank_means);
  put(object, "owner", rules.owner);
  put_readers(object, rules.readers);
}

json to_json(const Editors& editors) {
  json object = json::object();
  put(object, "except", editors.except, {});
  return object;
}

json to_json(const Column& column) {
  json object = {{"id", column.id}, {"header", column.header}};
  put(object, "managed", column.managed, true);
  put_type(object, column.type);
  put(object, "format", column.format);
  put(object, "note", column.note);
  put(object, "hidden", column.hidden, false);
  if (column.protection.has_value()) object["protection"] = to_json(*column.protection);
  if (column.allowed != Allowed{}) object["allowed"] = to_json(column.allowed);
  if (column.computed.has_value()) {
    object["computed"] = {{"formula", column.computed->formula}};
    put(object["computed"], "native", column.computed->native, false);
  }
  put_rules(object, column.rules);
  return object;
}

json to_json(const Sheet& sheet) {
  json object = {{"id", sheet.id}, {"title", sheet.title}};
  put(object, "managed", sheet.managed, true);
  put(object, "header_row", sheet.header_row, std::uint32_t{1});
  put(object, "hidden", sheet.hidden, false);
  put(object, "frozen", sheet.frozen, false);
  if (sheet.protection.has_value()) object["protection"] = to_json(*sheet.protection);
  put(object, "keys", sheet.rules.keys, {});
  put(object, "uniques", sheet.rules.uniques, {});
  for (const CheckRule& check : sheet.rules.checks) {
    object["checks"].push_back({{"name", check.name}, {"formula", check.formula}});
  }
  put(object, "keep_order", sheet.rules.keep_order, false);
  put(object, "foreign_forbidden", sheet.rules.foreign_forbidden, false);
  return object;
}

json to_json(const Enum& one) {
  json values = json::array();
  for (const EnumValue& value : one.values) {
    json object = {{"text", value.text}};
    put(object, "note", value.note);
    put(object, "offered", value.offered, true);
    values.push_back(std::move(object));
  }
  return {{"name", one.name}, {"values", std::move(values)}};
}

json to_json(const NamedRange& range) {
  return {{"name", range.name},
          {"sheet", range.sheet},
          {"first_column", range.first_column},
          {"last_column", range.last_column}};
}

// Bytes that are not UTF-8 cannot stand in JSON; they never come this far from a target that checks what it reads.
std::string dumped(const json& document, int indent) {
  return document.dump(indent, ' ', false, json::error_handler_t::replace);
}

/// Most columns say no more than their id, header and type.
bool is_plain(const Column& column) {
  const TypeKind kind = column.type.kind;
  const bool bare = kind != TypeKind::decimal && kind != TypeKind::currency && kind != TypeKind::enumeration &&
                    kind != TypeKind::reference && column.type.digits == 0;
  return bare && column.managed && !column.hidden && !column.format && !column.note && !column.protection &&
         !column.computed && column.allowed == Allowed{} && column.rules == ColumnRules{};
}

/// `value` as the tree's own dump(2) shows it `depth` levels deep. No line feed of a dump stands inside a text.
void append_indented(std::string& out, const json& value, std::size_t depth) {
  for (const char c : dumped(value, 2)) {
    out += c;
    if (c == '\n') out.append(2 * depth, ' ');
  }
}

void append_member(std::string& out, std::string_view name, std::size_t depth) {
  out.append(2 * depth, ' ');
  append_json_string(out, name);
  out += ": ";
}

constexpr std::size_t kColumnDepth = 4;  // document, sheets, sheet, columns

void append_column(std::string& out, const Column& column) {
  out.append(2 * kColumnDepth, ' ');
  if (!is_plain(column)) return append_indented(out, to_json(column), kColumnDepth);
  out += "{\n";
  append_member(out, "header", kColumnDepth + 1);
  append_json_string(out, column.header);
  out += ",\n";
  append_member(out, "id", kColumnDepth + 1);
  append_json_string(out, column.id);
  out += ",\n";
  append_member(out, "type", kColumnDepth + 1);
  append_json_string(out, stored_name(column.type.kind));
  out += '\n';
  out.append(2 * kColumnDepth, ' ');
  out += '}';
}

template <class List, class Append>
void append_list(std::string& out, const List& list, std::size_t depth, const Append& append) {
  if (list.empty()) {
    out += "[]";
    return;
  }
  out += "[\n";
  bool first = true;
  for (const auto& one : list) {
    if (!first) out += ",\n";
    first = false;
    append(one);
  }
  out += '\n';
  out.append(2 * depth, ' ');
  out += ']';
}

/// The members of `object` in order, with one more among them: `name`, which `append` writes.
template <class Append>
void append_object(std::string& out, const json& object, std::string_view name, std::size_t depth,
                   const Append& append) {
  out.append(2 * depth, ' ');
  out += "{\n";
  bool first = true, there = false;
  const auto separate = [&] {
    if (!first) out += ",\n";
    first = false;
  };
  const auto extra = [&] {
    there = true;
    separate();
    append_member(out, name, depth + 1);
    append();
  };
  for (const auto& [key, value] : object.items()) {
    if (!there && key.compare(name) > 0) extra();
    separate();
    append_member(out, key, depth + 1);
    append_indented(out, value, depth + 1);
  }
  if (!there) extra();
  out += '\n';
  out.append(2 * depth, ' ');
  out += '}';
}

}  // namespace

std::string_view stored_name(TypeKind kind) {
  constexpr std::array<std::string_view, 12> kNames = {"text",    "integer",  "number",  "decimal",
                                                       "percent", "currency", "boolean", "date",
                                                       "time",    "datetime", "enum",    "reference"};
  return kNames.at(static_cast<std::size_t>(kind));
}

// The columns are written straight into the text: a tree of thousands of them costs more than all the rest. The bytes
// are those of a tree dumped with two blanks.
std::string write_document(const Schema& schema, const StoredForm& form) {
  json document = json::object();
  document[std::string(form.version_member)] = form.version;
  put(document, "locale", schema.locale, {});
  put(document, "time_zone", schema.time_zone, {});
  document["enums"] = json::array();
  for (const Enum& one : schema.enums) document["enums"].push_back(to_json(one));
  document["ranges"] = json::array();
  for (const NamedRange& range : schema.ranges) document["ranges"].push_back(to_json(range));
  std::string out;
  append_object(out, document, "sheets", 0, [&] {
    append_list(out, schema.sheets, 1, [&](const Sheet& sheet) {
      append_object(out, to_json(sheet), "columns", 2, [&] {
        append_list(out, sheet.columns, 3, [&](const Column& column) { append_column(out, column); });
      });
    });
  });
  out += '\n';
  return out;
}

std::string write_column(const Column& column) {
  if (!is_plain(column)) return dumped(to_json(column), -1);
  JsonText out;
  out.open('{').key("header").text(column.header).key("id").text(column.id);
  out.key("type").text(stored_name(column.type.kind)).close('}');
  return out.take();
}
std::string write_sheet(const Sheet& sheet) { return dumped(to_json(sheet), -1); }

Schema managed_part(const Schema& schema) {
  Schema part = schema;
  erase_if(part.sheets, [](const Sheet& sheet) { return !sheet.managed; });
  for (Sheet& sheet : part.sheets) erase_if(sheet.columns, [](const Column& column) { return !column.managed; });
  std::erase_if(part.ranges, [&](const NamedRange& range) { return part.sheet(range.sheet) == nullptr; });
  return part;
}

std::string schema_digest(const Schema& schema) { return "sha256:" + sha256_hex(schema_to_json(managed_part(schema))); }

}  // namespace zmig
