#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <zmig/schema.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/names.h"

namespace zmig {
namespace {

template <class Things>
auto* found_by_id(Things& things, std::string_view id) {
  const auto found = std::find_if(things.begin(), things.end(), [id](const auto& thing) { return thing.id == id; });
  return found == things.end() ? nullptr : &*found;
}

template <class Enums>
auto* found_by_name(Enums& enums, std::string_view name) {
  const auto found = std::find_if(enums.begin(), enums.end(), [name](const auto& one) { return one.name == name; });
  return found == enums.end() ? nullptr : &*found;
}

/// The same for writing: only the one that is asked for is made the list's own.
template <class Thing>
Thing* writable(CowList<Thing>& things, std::string_view id) {
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (std::as_const(things)[i].id == id) return &things[i];
  }
  return nullptr;
}

Allowed allowed_list(const Type& type, bool lenient, const Schema& schema) {
  const Enum* named = schema.find_enum(type.of);
  if (named == nullptr) return {};
  Allowed rule;
  rule.kind = Allowed::Kind::list;
  rule.enum_name = named->name;
  rule.strict = !lenient;
  for (const EnumValue& value : named->values) {
    if (value.offered) rule.values.push_back(value.text);
  }
  return rule;
}

Allowed allowed_keys(const Type& type, bool lenient, const Schema& schema) {
  const Sheet* sheet = schema.sheet(type.of);
  if (sheet == nullptr) return {};
  const auto key = std::find_if(sheet->columns.begin(), sheet->columns.end(),
                                [](const Column& column) { return column.managed && column.rules.key; });
  if (key == sheet->columns.end()) return {};
  Allowed rule;
  rule.kind = Allowed::Kind::column;
  rule.sheet = sheet->id;
  rule.column = key->id;
  rule.strict = !lenient;
  return rule;
}

}  // namespace

const Sheet* Schema::sheet(std::string_view id) const { return found_by_id(sheets, id); }
Sheet* Schema::sheet(std::string_view id) { return writable(sheets, id); }

const Sheet* Schema::sheet_titled(std::string_view title, bool foreign_too) const {
  const Sheet* foreign = nullptr;
  for (const Sheet& sheet : sheets) {
    if (!same_header(sheet.title, title)) continue;
    if (sheet.managed) return &sheet;
    if (foreign == nullptr) foreign = &sheet;
  }
  return foreign_too ? foreign : nullptr;
}

const Enum* Schema::find_enum(std::string_view name) const { return found_by_name(enums, name); }
Enum* Schema::find_enum(std::string_view name) { return found_by_name(enums, name); }

const Column* column_by_id(const Sheet& sheet, std::string_view id) { return found_by_id(sheet.columns, id); }
Column* column_by_id(Sheet& sheet, std::string_view id) { return writable(sheet.columns, id); }

const Column* column_by_header(const Sheet& sheet, std::string_view header, bool foreign_too) {
  const Column* foreign = nullptr;
  for (const Column& column : sheet.columns) {
    if (!same_header(column.header, header)) continue;
    if (column.managed) return &column;
    if (foreign == nullptr) foreign = &column;
  }
  return foreign_too ? foreign : nullptr;
}

std::size_t column_index(const Sheet& sheet, std::string_view id) {
  const auto found =
      std::find_if(sheet.columns.begin(), sheet.columns.end(), [id](const Column& column) { return column.id == id; });
  return static_cast<std::size_t>(found - sheet.columns.begin());
}

std::string letters_of(const Sheet& sheet, std::string_view column_id) {
  const std::size_t index0 = column_index(sheet, column_id);
  return index0 == sheet.columns.size() ? std::string() : column_letters(index0);
}

std::string header_cell(const Sheet& sheet, std::string_view column_id) {
  const std::string letters = letters_of(sheet, column_id);
  return letters.empty() ? sheet.title : sheet.title + "!" + letters + std::to_string(sheet.header_row);
}

Allowed allowed_for(const Type& type, bool lenient, const Schema& schema) {
  switch (type.kind) {
    case TypeKind::enumeration: return allowed_list(type, lenient, schema);
    case TypeKind::reference: return allowed_keys(type, lenient, schema);
    case TypeKind::boolean: {
      Allowed rule;
      rule.kind = Allowed::Kind::checkbox;
      return rule;
    }
    case TypeKind::text:
    case TypeKind::integer:
    case TypeKind::number:
    case TypeKind::decimal:
    case TypeKind::percent:
    case TypeKind::currency:
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::datetime: return {};
  }
  return {};
}

std::string derived_id(char prefix, std::string_view migration, std::size_t statement, std::size_t part) {
  std::string name(migration);
  name += "#" + std::to_string(statement);
  if (part > 1) name += "." + std::to_string(part);
  return prefix + sha256_hex(name).substr(0, 11);
}

}  // namespace zmig
