// The strict reader of stored schemas: a member that is not known, missing, twice, or of another kind is an error with
// its path. Hostile texts end in an error too: nesting is limited before the parser sees the text, and no exception
// leaves this file.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "model/moments.h"
#include "model/numbers.h"
#include "model/schema_text.h"

namespace zmig {
namespace {

using nlohmann::json;

constexpr int kDeepest = 16;

// The first fault of a reading; what follows it reads on with defaults and is thrown away.
struct Reading {
  const StoredForm& form;
  std::optional<Error> first = std::nullopt;
  std::vector<CowList<Column>>* cut = nullptr;  // lists of columns that were read from the text itself; see CutColumns

  void fail(const std::string& path, const std::string& what) {
    if (first.has_value()) return;
    first =
        make_error(form.damaged, std::string(form.zm), (path.empty() ? std::string() : path + ": ") + what, {}, path);
  }
};

const char* kind_name(const json& node) {
  switch (node.type()) {
    case json::value_t::object: return "an object";
    case json::value_t::array: return "a list";
    case json::value_t::string: return "a text";
    case json::value_t::boolean: return "true or false";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float: return "a number";
    case json::value_t::null:
    case json::value_t::binary:
    case json::value_t::discarded: return "nothing";
  }
  return "nothing";
}

// The members of one object. Each may be asked for once; finish() reports those that nobody asked for.
class Members {
 public:
  Members(const json& node, std::string path, Reading& reading) : path_(std::move(path)), reading_(reading) {
    if (node.is_object()) {
      object_ = &node;
      asked_.reserve(24);
    } else {
      needs(path_, node, "an object");
    }
  }

  const json* find(const char* name, bool required = false) {
    asked_.push_back(name);
    if (object_ == nullptr) return nullptr;
    const auto found = object_->find(name);
    if (found != object_->end()) return &*found;
    if (required) reading_.fail(path_, std::string("member \"") + name + "\" is missing");
    return nullptr;
  }

  [[nodiscard]] std::string path_of(const char* name) const { return path_.empty() ? name : path_ + "." + name; }

  void text(const char* name, std::string& into, bool required = false) {
    const json* node = find(name, required);
    if (node == nullptr) return;
    if (!node->is_string()) return needs(path_of(name), *node, "a text");
    into = node->get<std::string>();
  }

  void text(const char* name, std::optional<std::string>& into) {
    if (object_ == nullptr || !object_->contains(name)) return asked_.push_back(name);
    text(name, into.emplace());
  }

  void flag(const char* name, bool& into) {
    const json* node = find(name);
    if (node == nullptr) return;
    if (!node->is_boolean()) return needs(path_of(name), *node, "true or false");
    into = node->get<bool>();
  }

  void whole(const char* name, std::int64_t& into, std::int64_t least, std::int64_t most, bool required = false) {
    const json* node = find(name, required);
    if (node == nullptr) return;
    const bool fits =
        node->is_number_integer() &&
        (!node->is_number_unsigned() ||
         node->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    const std::int64_t number = fits ? node->get<std::int64_t>() : 0;
    if (!fits || number < least || number > most) {
      return reading_.fail(path_of(name),
                           "needs a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    into = number;
  }

  // Calls `each(element, path)` for the elements of a list.
  template <class Each>
  void list(const char* name, Each each, bool required = false) {
    const json* node = find(name, required);
    if (node == nullptr) return;
    if (!node->is_array()) return needs(path_of(name), *node, "a list");
    std::size_t index0 = 0;
    for (const json& element : *node) each(element, path_of(name) + "[" + std::to_string(index0++) + "]");
  }

  void texts(const char* name, std::vector<std::string>& into) {
    list(name, [&](const json& element, const std::string& path) {
      if (!element.is_string()) return needs(path, element, "a text");
      into.push_back(element.get<std::string>());
    });
  }

  void lists_of_texts(const char* name, std::vector<std::vector<std::string>>& into) {
    list(name, [&](const json& element, const std::string& path) {
      if (!element.is_array()) return needs(path, element, "a list");
      std::vector<std::string>& inner = into.emplace_back();
      for (const json& one : element) {
        if (!one.is_string()) return needs(path, one, "a list of texts");
        inner.push_back(one.get<std::string>());
      }
    });
  }

  void finish() {
    if (object_ == nullptr) return;
    for (auto member = object_->begin(); member != object_->end(); ++member) {
      if (std::find(asked_.begin(), asked_.end(), member.key()) == asked_.end())
        reading_.fail(path_, "member " + zmig::quoted(member.key()) + " is not known here");
    }
  }

  void needs(const std::string& path, const json& node, const char* what) {
    reading_.fail(path, std::string("needs ") + what + ", holds " + kind_name(node));
  }

  Reading& reading() { return reading_; }

 private:
  const json* object_ = nullptr;
  std::string path_;
  Reading& reading_;
  std::vector<std::string_view> asked_;  // literals
};

std::optional<Value> moment_value(const std::string& name, const std::string& text) {
  TypeKind kind = TypeKind::date;
  if (name == "time") kind = TypeKind::time;
  if (name == "datetime") kind = TypeKind::datetime;
  const Evaluated read = iso_read(text, kind);
  const auto* value = std::get_if<Value>(&read);
  return value == nullptr ? std::nullopt : std::optional<Value>(*value);
}

// One member that names the kind: {"text": "x"}, {"number": 1}, {"date": "2026-01-26"}, ...
std::optional<Value> stored_value(const json& node) {
  if (!node.is_object() || node.size() != 1) return std::nullopt;
  const std::string& name = node.begin().key();
  const json& payload = node.begin().value();
  if (name == "blank") return payload == json(true) ? std::optional<Value>(Blank{}) : std::nullopt;
  if (name == "boolean" && payload.is_boolean()) return Value{Boolean{payload.get<bool>()}};
  if (name == "number" && payload.is_number() && std::isfinite(payload.get<double>()))
    return number_value(payload.get<double>());
  if (!payload.is_string()) return std::nullopt;
  const auto& text = payload.get_ref<const std::string&>();
  if (name == "text" && !text.empty()) return Value{Text{text}};
  if (name == "error") return Value{CellError{text}};
  if (name == "date" || name == "time" || name == "datetime") return moment_value(name, text);
  return std::nullopt;
}

Type read_type(Members& members) {
  Type type;
  std::string name;
  members.text("type", name, true);
  bool known = false;
  for (int kind = 0; kind <= static_cast<int>(TypeKind::reference); ++kind) {
    if (stored_name(static_cast<TypeKind>(kind)) != name) continue;
    type.kind = static_cast<TypeKind>(kind);
    known = true;
  }
  if (!known) members.reading().fail(members.path_of("type"), "no type " + zmig::quoted(name));
  std::int64_t digits = 0;
  if (type.kind == TypeKind::decimal) members.whole("digits", digits, 0, 10, true);
  type.digits = static_cast<int>(digits);
  if (type.kind == TypeKind::currency) members.text("currency", type.of, true);
  if (type.kind == TypeKind::enumeration) members.text("enum", type.of, true);
  if (type.kind == TypeKind::reference) members.text("references", type.of, true);
  return type;
}

void read_protection(Members& members, std::optional<Editors>& into) {
  const json* node = members.find("protection");
  if (node == nullptr) return;
  Members editors(*node, members.path_of("protection"), members.reading());
  editors.texts("except", into.emplace().except);
  editors.finish();
}

Allowed read_allowed(Members& members) {
  const json* node = members.find("allowed");
  if (node == nullptr) return {};
  Members rule(*node, members.path_of("allowed"), members.reading());
  Allowed allowed;
  std::string kind;
  rule.text("rule", kind, true);
  if (kind == "list") {
    allowed.kind = Allowed::Kind::list;
  } else if (kind == "checkbox") {
    allowed.kind = Allowed::Kind::checkbox;
  } else if (kind == "column") {
    allowed.kind = Allowed::Kind::column;
  } else if (kind != "none") {
    members.reading().fail(rule.path_of("rule"), "no rule " + zmig::quoted(kind));
  }
  rule.texts("values", allowed.values);
  rule.text("enum", allowed.enum_name);
  rule.text("sheet", allowed.sheet);
  rule.text("column", allowed.column);
  rule.flag("strict", allowed.strict);
  rule.finish();
  return allowed;
}

void read_deprecated(Members& members, std::optional<Deprecation>& into) {
  const json* node = members.find("deprecated");
  if (node == nullptr) return;
  Members deprecation(*node, members.path_of("deprecated"), members.reading());
  deprecation.text("use", into.emplace().use);
  deprecation.finish();
}

ColumnRules read_rules(Members& members) {
  ColumnRules rules;
  if (const json* node = members.find("default")) {
    rules.fallback = stored_value(*node);
    if (!rules.fallback)
      members.reading().fail(members.path_of("default"),
                             "needs one value such as {\"text\": \"x\"} or {\"number\": 1}");
  }
  members.flag("required", rules.required);
  members.flag("unique", rules.unique);
  members.flag("key", rules.key);
  members.flag("lenient", rules.lenient);
  members.texts("aliases", rules.aliases);
  read_deprecated(members, rules.deprecated);
  members.text("blank_means", rules.blank_means);
  members.text("owner", rules.owner);
  std::string readers = "require";
  members.text("readers", readers);
  if (readers == "expect") {
    rules.readers = Readers::expect;
  } else if (readers == "tolerate") {
    rules.readers = Readers::tolerate;
  } else if (readers != "require") {
    members.reading().fail(members.path_of("readers"), "needs require, expect or tolerate");
  }
  return rules;
}

Column column_from(const json& node, const std::string& path, Reading& reading) {
  Members members(node, path, reading);
  Column column;
  members.text("id", column.id, true);
  members.text("header", column.header, true);
  members.flag("managed", column.managed);
  column.type = read_type(members);
  members.text("format", column.format);
  members.text("note", column.note);
  members.flag("hidden", column.hidden);
  read_protection(members, column.protection);
  column.allowed = read_allowed(members);
  if (const json* computed = members.find("computed")) {
    Members formula(*computed, members.path_of("computed"), reading);
    formula.text("formula", column.computed.emplace().formula, true);
    formula.flag("native", column.computed->native);
    formula.finish();
  }
  column.rules = read_rules(members);
  members.finish();
  return column;
}

template <class Things>
void check_once(const Things& things, const std::string& path, const char* what, Reading& reading) {
  std::set<std::string_view> seen;
  for (const auto& thing : things) {
    if (!seen.insert(thing.id).second)
      reading.fail(path, std::string(what) + " " + zmig::quoted(thing.id) + " is there twice");
  }
}

Sheet sheet_from(const json& node, const std::string& path, bool with_columns, Reading& reading) {
  Members members(node, path, reading);
  Sheet sheet;
  members.text("id", sheet.id, true);
  members.text("title", sheet.title, true);
  members.flag("managed", sheet.managed);
  std::int64_t header_row = 1;
  members.whole("header_row", header_row, 1, std::numeric_limits<std::uint32_t>::max());
  sheet.header_row = static_cast<std::uint32_t>(header_row);
  members.flag("hidden", sheet.hidden);
  members.flag("frozen", sheet.frozen);
  read_protection(members, sheet.protection);
  members.lists_of_texts("keys", sheet.rules.keys);
  members.lists_of_texts("uniques", sheet.rules.uniques);
  members.list("checks", [&](const json& element, const std::string& at) {
    Members check(element, at, reading);
    CheckRule& rule = sheet.rules.checks.emplace_back();
    check.text("name", rule.name, true);
    check.text("formula", rule.formula, true);
    check.finish();
  });
  members.flag("keep_order", sheet.rules.keep_order);
  members.flag("foreign_forbidden", sheet.rules.foreign_forbidden);
  const json* cut = with_columns && reading.cut != nullptr ? members.find("columns") : nullptr;
  if (cut != nullptr && cut->is_number_unsigned()) {
    sheet.columns = std::move(reading.cut->at(cut->get<std::size_t>()));
    check_once(sheet.columns, members.path_of("columns"), "column id", reading);
  } else if (with_columns) {
    members.list(
        "columns",
        [&](const json& element, const std::string& at) { sheet.columns.push_back(column_from(element, at, reading)); },
        true);
    check_once(sheet.columns, members.path_of("columns"), "column id", reading);
  }
  members.finish();
  return sheet;
}

Enum enum_from(const json& node, const std::string& path, Reading& reading) {
  Members members(node, path, reading);
  Enum one;
  std::set<std::string> seen;
  members.text("name", one.name, true);
  members.list(
      "values",
      [&](const json& element, const std::string& at) {
        Members value(element, at, reading);
        EnumValue& into = one.values.emplace_back();
        value.text("text", into.text, true);
        value.text("note", into.note);
        value.flag("offered", into.offered);
        value.finish();
        if (!seen.insert(into.text).second) reading.fail(at, "value " + zmig::quoted(into.text) + " is there twice");
      },
      true);
  members.finish();
  return one;
}

NamedRange range_from(const json& node, const std::string& path, Reading& reading) {
  Members members(node, path, reading);
  NamedRange range;
  members.text("name", range.name, true);
  members.text("sheet", range.sheet, true);
  members.text("first_column", range.first_column, true);
  members.text("last_column", range.last_column, true);
  members.finish();
  return range;
}

// A newer version comes before any other complaint: everything else may look different there.
void check_version(Members& members, const StoredForm& form, Reading& reading) {
  const std::string member(form.version_member);
  std::int64_t version = 0;
  members.whole(form.version_member.data(), version,  // a literal: it ends with a NUL, and outlives `members`
                1, std::numeric_limits<std::int32_t>::max(), true);
  if (version <= form.version) return;
  reading.fail(member, "version " + std::to_string(version) + " was written by a newer zmig; this one reads up to " +
                           std::to_string(form.version));
}

Schema schema_from(const json& document, const StoredForm& form, Reading& reading) {
  Members members(document, {}, reading);
  check_version(members, form, reading);
  Schema schema;
  members.text("locale", schema.locale);
  members.text("time_zone", schema.time_zone);
  members.list(
      "sheets",
      [&](const json& element, const std::string& at) {
        schema.sheets.push_back(sheet_from(element, at, true, reading));
      },
      true);
  check_once(schema.sheets, "sheets", "sheet id", reading);
  std::set<std::string> names;
  members.list("enums", [&](const json& element, const std::string& at) {
    schema.enums.push_back(enum_from(element, at, reading));
    if (!names.insert(schema.enums.back().name).second)
      reading.fail(at, "enum " + zmig::quoted(schema.enums.back().name) + " is there twice");
  });
  members.list("ranges", [&](const json& element, const std::string& at) {
    schema.ranges.push_back(range_from(element, at, reading));
  });
  members.finish();
  return schema;
}

/// What a text looks like before anybody parses it: how deep it nests, and how many members its objects have (each has
/// one colon outside of texts).
struct Shape {
  bool too_deep = false;
  std::size_t members = 0;
};
Shape shape_of(std::string_view text) {
  Shape shape;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text && c == '\\') {
      ++at;
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if (c == ':') ++shape.members;
    if (c == '{' || c == '[') shape.too_deep = ++depth > kDeepest || shape.too_deep;
    if (c == '}' || c == ']') --depth;
  }
  return shape;
}

std::size_t members_of(const json& node) {
  std::size_t count = node.is_object() ? node.size() : 0;
  if (node.is_structured()) {
    for (const json& one : node) count += members_of(one);
  }
  return count;
}

/// The first member that its object has twice.
std::string found_twice(std::string_view text) {
  std::vector<std::set<std::string>> members;
  std::string twice;
  const auto watch = [&](int, json::parse_event_t event, json& node) {
    if (event == json::parse_event_t::object_start) members.emplace_back();
    if (event == json::parse_event_t::object_end) members.pop_back();
    if (event == json::parse_event_t::key && twice.empty() && !members.back().insert(node.get<std::string>()).second) {
      twice = node.get<std::string>();
    }
    return true;
  };
  [[maybe_unused]] const json read = json::parse(text.begin(), text.end(), watch);
  return twice;
}

std::optional<json> parsed(std::string_view text, Reading& reading) {
  const Shape shape = shape_of(text);
  if (shape.too_deep) {
    reading.fail({}, "nested too deep");
    return std::nullopt;
  }
  try {
    json document = json::parse(text.begin(), text.end());
    // The tree keeps one of two members of the same name: then it has fewer than the text.
    if (members_of(document) == shape.members) return document;
    reading.fail({}, "member " + zmig::quoted(found_twice(text)) + " is there twice");
  } catch (const json::parse_error& error) {
    reading.fail({}, "is not well-formed JSON at byte " + std::to_string(error.byte));
  } catch (const json::exception&) { reading.fail({}, "is not well-formed JSON"); }
  return std::nullopt;
}

template <class Thing, class Convert>
Result<Thing> read_with(std::string_view text, const StoredForm& form, Convert convert) {
  Reading reading{form};
  const std::optional<json> document = parsed(text, reading);
  Thing thing;
  if (document.has_value()) thing = convert(*document, reading);
  if (reading.first.has_value()) return *std::move(reading.first);
  return thing;
}

}  // namespace

namespace {

/// The next member of a text that this program wrote: behind `before`, a text without anything to unescape.
std::optional<std::string_view> plain_member(std::string_view& text, std::string_view before) {
  if (!text.starts_with(before)) return std::nullopt;
  const std::string_view rest = text.substr(before.size());
  bool ascii = true;
  std::size_t length = 0;
  for (; length < rest.size(); ++length) {
    const auto c = static_cast<unsigned char>(rest[length]);
    if (c == '"' || c == '\\' || c < 0x20 || c == 0x7F) break;
    ascii = ascii && c < 0x80;
  }
  if (length == rest.size() || rest[length] != '"') return std::nullopt;
  const std::string_view value = rest.substr(0, length);
  if (!ascii && first_invalid_utf8(value)) return std::nullopt;
  text = rest.substr(length + 1);
  return value;
}

std::optional<Column> plain_column(std::string_view header, std::string_view id, std::string_view type) {
  for (const TypeKind kind : {TypeKind::text, TypeKind::integer, TypeKind::number, TypeKind::percent, TypeKind::boolean,
                              TypeKind::date, TypeKind::time, TypeKind::datetime}) {
    if (stored_name(kind) != type) continue;
    Column column;
    column.id = id;
    column.header = header;
    column.type.kind = kind;
    return column;
  }
  return std::nullopt;
}

/// Most columns say no more than their id, header and type: read without a tree. None: read it the long way.
std::optional<Column> plain_column(std::string_view text) {
  const auto header = plain_member(text, R"({"header":")");
  const auto id = header ? plain_member(text, R"(,"id":")") : std::nullopt;
  const auto type = id ? plain_member(text, R"(,"type":")") : std::nullopt;
  if (!type || text != "}") return std::nullopt;
  return plain_column(*header, *id, *type);
}

/// A document as write_document() makes it, with each list of plain columns read from the text and its place taken by
/// the number of the list: a tree of thousands of columns costs more than all the rest. Whatever else the text holds
/// stays in `text` for the strict reader, and a text in which "columns" stands in any other way is not cut at all.
struct CutColumns {
  std::string text;
  std::vector<CowList<Column>> lists;
};

/// Reads the list whose first column `text` begins with, up to its end. None: not plain.
std::optional<CowList<Column>> plain_columns(std::string_view& text) {
  std::vector<Column> columns;
  for (std::string_view rest = text;;) {
    const auto header = plain_member(rest, "        {\n          \"header\": \"");
    const auto id = header ? plain_member(rest, ",\n          \"id\": \"") : std::nullopt;
    const auto type = id ? plain_member(rest, ",\n          \"type\": \"") : std::nullopt;
    auto column = type ? plain_column(*header, *id, *type) : std::nullopt;
    if (!column) return std::nullopt;
    columns.push_back(*std::move(column));
    constexpr std::string_view kNext = "\n        },\n", kEnd = "\n        }\n      ]";
    if (rest.starts_with(kEnd)) {
      text = rest.substr(kEnd.size());
      return CowList<Column>(std::move(columns));
    }
    if (!rest.starts_with(kNext)) return std::nullopt;
    rest.remove_prefix(kNext.size());
  }
}

std::optional<CutColumns> cut_columns(std::string_view text) {
  constexpr std::string_view kName = "\"columns\"", kList = "\"columns\": [";
  constexpr std::string_view kBefore = "\n      ", kBegin = "\"columns\": [\n";
  CutColumns out;
  for (;;) {
    const std::size_t at = text.find(kName);
    if (at == std::string_view::npos) break;
    if (!text.substr(at).starts_with(kList)) return std::nullopt;
    const bool in_place = text.substr(0, at).ends_with(kBefore) && text.substr(at).starts_with(kBegin);
    out.text += text.substr(0, at);
    text.remove_prefix(at);
    std::string_view rest = in_place ? text.substr(kBegin.size()) : std::string_view();
    auto columns = in_place ? plain_columns(rest) : std::nullopt;
    if (!columns) {
      out.text += text.substr(0, kList.size());
      text.remove_prefix(kList.size());
      continue;
    }
    out.text += "\"columns\": " + std::to_string(out.lists.size());
    out.lists.push_back(*std::move(columns));
    text = rest;
  }
  out.text += text;
  return out.lists.empty() ? std::nullopt : std::optional<CutColumns>(std::move(out));
}

}  // namespace

Result<Schema> read_document(std::string_view text, const StoredForm& form) {
  if (std::optional<CutColumns> cut = cut_columns(text)) {
    Reading reading{form, std::nullopt, &cut->lists};
    const std::optional<json> document = parsed(cut->text, reading);
    if (document) {
      Schema schema = schema_from(*document, form, reading);
      if (!reading.first) return schema;
    }
    // What is wrong, and at which byte, the whole text says.
  }
  return read_with<Schema>(text, form,
                           [&](const json& node, Reading& reading) { return schema_from(node, form, reading); });
}

Result<Column> read_column(std::string_view text, const StoredForm& form) {
  if (std::optional<Column> plain = plain_column(text)) return *std::move(plain);
  return read_with<Column>(text, form,
                           [](const json& node, Reading& reading) { return column_from(node, {}, reading); });
}

Result<Sheet> read_sheet(std::string_view text, const StoredForm& form) {
  return read_with<Sheet>(text, form,
                          [](const json& node, Reading& reading) { return sheet_from(node, {}, false, reading); });
}

}  // namespace zmig
