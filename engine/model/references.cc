#include "model/references.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/names.h"

namespace zmig {
namespace {

bool holds(const std::vector<std::string>& ids, std::string_view id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::string described(const Sheet& sheet, const Column& column) {
  return "column " + quoted(column.header) + " of sheet " + quoted(sheet.title);
}

// Copies `formula` with every [Header] outside of quotes passed through `change` (unescaped name -> new name, or none
// to keep it).
std::string with_names(std::string_view formula,
                       const std::function<std::optional<std::string>(const std::string&)>& change) {
  std::string out;
  bool in_text = false;
  for (std::size_t at = 0; at < formula.size(); ++at) {
    const char c = formula[at];
    if (in_text && c == '\\' && at + 1 < formula.size()) {
      out.append(formula.substr(at++, 2));
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text || c != '[') {
      out += c;
      continue;
    }
    std::string name;
    std::size_t end = at + 1;
    for (; end < formula.size(); ++end) {
      if (formula[end] == ']' && (end + 1 == formula.size() || formula[end + 1] != ']')) break;
      if (formula[end] == ']') ++end;
      name += formula[end];
    }
    const std::optional<std::string> other = change(name);
    if (!other.has_value() || end >= formula.size()) {
      out.append(formula.substr(at, end - at + 1));
    } else {
      out += '[';
      for (const char part : *other) out.append(part == ']' ? 2 : 1, part);
      out += ']';
    }
    at = end;
  }
  return out;
}

}  // namespace

bool mentions(std::string_view formula, std::string_view header) {
  bool found = false;
  with_names(formula, [&](const std::string& name) -> std::optional<std::string> {
    found = found || same_header(name, header);
    return std::nullopt;
  });
  return found;
}

void rename_in_formulas(Sheet& sheet, std::string_view from, std::string_view to) {
  const auto change = [&](const std::string& name) -> std::optional<std::string> {
    if (!same_header(name, from)) return std::nullopt;
    return std::string(to);
  };
  for (CheckRule& check : sheet.rules.checks) check.formula = with_names(check.formula, change);
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    if (!std::as_const(sheet).columns[i].computed.has_value()) continue;
    std::string& formula = sheet.columns[i].computed->formula;
    formula = with_names(formula, change);
  }
}

std::vector<std::string> users_of_column(const Schema& schema, const Sheet& sheet, const Column& column) {
  std::vector<std::string> users;
  for (const auto& key : sheet.rules.keys) {
    if (holds(key, column.id)) users.emplace_back("a key of sheet " + quoted(sheet.title));
  }
  for (const auto& unique : sheet.rules.uniques) {
    if (holds(unique, column.id)) users.emplace_back("a unique set of sheet " + quoted(sheet.title));
  }
  for (const CheckRule& check : sheet.rules.checks) {
    if (mentions(check.formula, column.header)) users.emplace_back("check " + quoted(check.name));
  }
  for (const NamedRange& range : schema.ranges) {
    if (range.sheet == sheet.id && (range.first_column == column.id || range.last_column == column.id)) {
      users.emplace_back("range " + quoted(range.name));
    }
  }
  for (const Sheet& other_sheet : schema.sheets) {
    for (const Column& other : other_sheet.columns) {
      if (&other == &column) continue;
      const bool allowed = other.allowed.kind == Allowed::Kind::column && other.allowed.sheet == sheet.id &&
                           other.allowed.column == column.id;
      // Asked first: of thousands of columns, and few columns are keys.
      const bool reference = column.rules.key && other.type.kind == TypeKind::reference && other.type.of == sheet.id;
      const bool computed =
          &other_sheet == &sheet && other.computed.has_value() && mentions(other.computed->formula, column.header);
      if (allowed || reference || computed) users.emplace_back(described(other_sheet, other));
    }
  }
  return users;
}

std::vector<std::string> users_of_sheet(const Schema& schema, const Sheet& sheet, bool ranges_too) {
  std::vector<std::string> users;
  for (const Sheet& other_sheet : schema.sheets) {
    if (other_sheet.id == sheet.id) continue;
    for (const Column& other : other_sheet.columns) {
      const bool allowed = other.allowed.kind == Allowed::Kind::column && other.allowed.sheet == sheet.id;
      const bool reference = other.type.kind == TypeKind::reference && other.type.of == sheet.id;
      if (allowed || reference) users.emplace_back(described(other_sheet, other));
    }
  }
  if (!ranges_too) return users;
  for (const NamedRange& range : schema.ranges) {
    if (range.sheet == sheet.id) users.emplace_back("range " + quoted(range.name));
  }
  return users;
}

std::vector<std::string> users_of_enum(const Schema& schema, std::string_view name) {
  std::vector<std::string> users;
  for (const Sheet& sheet : schema.sheets) {
    for (const Column& column : sheet.columns) {
      // A foreign column has no declared type that could need the enum.
      if (column.managed && column.type.kind == TypeKind::enumeration && column.type.of == name) {
        users.emplace_back(described(sheet, column));
      }
    }
  }
  return users;
}

}  // namespace zmig
