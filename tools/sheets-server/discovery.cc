#include "discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace sheets_server {

namespace {

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t to = std::min(text.find(by, from), text.size());
    if (to > from) out.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  return out;
}

std::pair<std::string, std::string> name_and_type(const std::string& word) {
  const std::size_t colon = word.rfind(':');
  return {word.substr(0, colon), word.substr(colon + 1)};
}

const char* proto_name(char type) {
  switch (type) {
    case 'b': return "TYPE_BOOL";
    case 'i': return "TYPE_INT32";
    case 'l': return "TYPE_INT64";
    case 'd': return "TYPE_DOUBLE";
    case 'e': return "TYPE_ENUM";
    default: return "TYPE_STRING";
  }
}

ApiError bad_value(const std::string& path, const std::string& type, const Json& value) {
  const std::string text = fmt::format("Invalid value at '{}' ({}), {}", path, type, value.dump());
  return bad_field(text, path, text);
}

ApiError unknown_member(const std::string& name, const std::string& path) {
  const std::string text =
      path.empty()
          ? fmt::format("Invalid JSON payload received. Unknown name \"{}\": Cannot find field.", name)
          : fmt::format("Invalid JSON payload received. Unknown name \"{}\" at '{}': Cannot find field.", name, path);
  return bad_field(text, path, text);
}

template <class T>
bool whole_text(const std::string& text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string snake(std::string_view camel) {
  std::string out;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

Discovery::Discovery() {
  for (const char* const* line = kDiscoveryLines; *line != nullptr; ++line) {
    std::vector<std::string> words = split(*line, ' ');
    if (words[0] == "E") {
      enums_.emplace_back(words.begin() + 2, words.end());
    } else if (words[0] == "S") {
      Schema& schema = schemas_[words[1]];
      schema.reserve(words.size());
      for (std::size_t n = 2; n < words.size(); ++n) schema.push_back(name_and_type(words[n]));
    } else {
      Method method{words[1], words[2], words[3] == "-" ? "" : words[3], words[4] == "-" ? "" : words[4], {}, {}};
      if (words[5] != "-") method.scopes = split(words[5], ',');
      for (std::size_t n = 6; n < words.size(); ++n) method.parameters.insert(name_and_type(words[n]));
      methods_.push_back(std::move(method));
    }
  }
}

const Method* Discovery::method(std::string_view id) const {
  const auto it = std::find_if(methods_.begin(), methods_.end(), [id](const Method& m) { return m.id == id; });
  return it == methods_.end() ? nullptr : &*it;
}

std::vector<std::string> Discovery::members(const std::string& schema) const {
  std::vector<std::string> out;
  const auto it = schemas_.find(schema);
  if (it == schemas_.end()) return out;
  out.reserve(it->second.size());
  for (const auto& [name, type] : it->second) out.push_back(name);
  return out;
}

std::string_view Discovery::member_type(std::string_view schema, std::string_view name) const {
  const auto it = schemas_.find(schema);
  if (it == schemas_.end()) return {};
  for (const auto& [field, type] : it->second)
    if (field == name) return type;
  return {};
}

bool Discovery::is_enum_value(std::string_view type, std::string_view value) const {
  std::size_t index = 0;
  std::from_chars(type.data() + 1, type.data() + type.size(), index);
  return std::find(enums_[index].begin(), enums_[index].end(), value) != enums_[index].end();
}

Refusal Discovery::check(Json& body, const std::string& schema, Reading reading, const std::string& prefix) const {
  if (schema.empty()) return {};
  if (!body.is_object())
    return bad_field("Invalid JSON payload received. Unknown name \"\": Root element must be a message.", "",
                     "Invalid JSON payload received. Unknown name \"\": Root element must be a message.");
  const Path at_root{nullptr, prefix, -1};
  return check_object(body, schema, prefix.empty() ? nullptr : &at_root, reading);
}

// Written only for a refusal: a large body has as many paths as cells.
std::string Discovery::Path::text(const Path* path) {
  if (path == nullptr) return {};
  const std::string above = text(path->above);
  if (path->index >= 0) return fmt::format("{}[{}]", above, path->index);
  return above.empty() ? snake(path->name) : fmt::format("{}.{}", above, snake(path->name));
}

Refusal Discovery::check_object(Json& value, std::string_view schema, const Path* path, Reading reading) const {
  const auto it = schemas_.find(schema);
  if (it == schemas_.end()) return {};
  if (!value.is_object())
    return bad_value(Path::text(path), fmt::format("type.googleapis.com/google.apps.sheets.v4.{}", schema), value);
  std::string set;  // the member of a oneof that is already set
  const bool one_of = schema == "Request" || schema == "ExtendedValue" || schema == "DataFilter";
  bool nulls = false;
  for (auto& [name, item] : value.items()) {
    const auto known =
        std::find_if(it->second.begin(), it->second.end(), [&n = name](const auto& m) { return m.first == n; });
    if (known == it->second.end()) return unknown_member(name, Path::text(path));
    const std::string_view type = known->second;
    const Path inner{path, name, -1};
    if (item.is_null() && type != "a" && reading != Reading::lenient)
      return bad_value(Path::text(&inner), "TYPE_NULL", item);
    if (item.is_null() && type != "a") {
      nulls = true;
      continue;
    }
    SHEETS_TRY(check_value(item, type, &inner, reading));
    if (one_of && !set.empty()) {
      const char* what = schema == "Request" ? "kind" : schema == "DataFilter" ? "filter" : "value";
      const std::string text =
          fmt::format("Invalid value at '{}' (oneof), oneof field '{}' is already set. Cannot set '{}'",
                      Path::text(path), what, name);
      return bad_field(text, Path::text(path), text);
    }
    if (one_of) set = name;
  }
  if (!nulls) return {};
  Json kept = Json::object();
  for (auto& [name, item] : value.items())
    if (!item.is_null() || member_type(schema, name) == "a") kept[name] = std::move(item);
  value = std::move(kept);
  return {};
}

Refusal Discovery::check_value(Json& value, std::string_view type, const Path* path, Reading reading) const {
  if (type.front() == 'a') return {};
  if (type.front() == '@') return check_object(value, type.substr(1), path, reading);
  if (type.front() == '{') {
    if (!value.is_object()) return bad_value(Path::text(path), "TYPE_MESSAGE", value);
    for (auto& [name, item] : value.items()) {
      const Path inner{path, name, -1};
      SHEETS_TRY(check_value(item, type.substr(1), &inner, reading));
    }
    return {};
  }
  if (type.front() == '[') {
    const std::string_view inner = type.substr(1);
    if (!value.is_array()) {
      if (inner.front() == '[')
        return bad_value(Path::text(path), "type.googleapis.com/google.protobuf.ListValue", value);
      // a single value for a list is taken as a list of one, as protobuf's JSON reader does
      if ((inner.front() == '@' && !value.is_object()) || reading != Reading::lenient)
        return bad_value(Path::text(path), fmt::format("type.googleapis.com/google.apps.sheets.v4.{}", inner.substr(1)),
                         value);
      Json list = Json::array();
      list.push_back(value);
      value = std::move(list);
    }
    int index = 0;
    for (Json& item : value) {
      const Path at_item{path, {}, index++};
      if (inner.front() == '[' && !item.is_array())
        return bad_value(Path::text(&at_item), "type.googleapis.com/google.protobuf.ListValue", item);
      if (item.is_null() && inner != "a") {
        if (reading != Reading::lenient) return bad_value(Path::text(&at_item), "TYPE_NULL", item);
        if (inner.front() == '@') item = Json::object();
        continue;
      }
      SHEETS_TRY(check_value(item, inner, &at_item, reading));
    }
    return {};
  }
  return check_scalar(value, type.front(), type, path, reading);
}

Refusal Discovery::check_scalar(Json& value, char type, std::string_view whole, const Path* path,
                                Reading reading) const {
  const bool lenient = reading == Reading::lenient;
  switch (type) {
    case 'b':
      if (value.is_boolean()) return {};
      if (lenient && value.is_string()) {
        const std::string text = value.get<std::string>();
        if (text == "true" || text == "false") {
          value = text == "true";
          return {};
        }
      }
      break;
    case 'i': {
      if (value.is_number_integer()) {
        const auto whole_number = value.get<std::int64_t>();
        if (whole_number >= INT32_MIN && whole_number <= INT32_MAX) return {};
        break;
      }
      if (value.is_number_float() && lenient &&
          value.get<double>() == static_cast<double>(static_cast<int>(value.get<double>()))) {
        value = static_cast<int>(value.get<double>());
        return {};
      }
      int parsed = 0;
      if (lenient && value.is_string() && whole_text(value.get<std::string>(), parsed)) {
        value = parsed;
        return {};
      }
      break;
    }
    case 'l':
      if (value.is_string()) return {};
      if (lenient && value.is_number_integer()) {
        value = std::to_string(value.get<std::int64_t>());
        return {};
      }
      break;
    case 'd': {
      if (value.is_number()) return {};
      if (lenient && value.is_string()) {
        double parsed = 0;
        if (whole_text(value.get<std::string>(), parsed)) {
          value = parsed;
          return {};
        }
      }
      break;
    }
    case 'e':
      if (value.is_string() && is_enum_value(whole, value.get<std::string>())) return {};
      break;
    default:
      if (value.is_string()) return {};
  }
  return bad_value(Path::text(path), proto_name(type), value);
}

std::string Discovery::unknown_path(const std::string& path, const std::string& schema) const {
  std::string_view type_now;
  std::string at_schema = schema;
  std::istringstream words(path);
  std::string word;
  while (std::getline(words, word, '.')) {
    if (word == "*") return {};
    if (at_schema.empty()) return path;
    type_now = member_type(at_schema, word);
    if (type_now.empty()) return path;
    while (type_now.front() == '[' || type_now.front() == '{') type_now.remove_prefix(1);
    at_schema = type_now.front() == '@' ? std::string(type_now.substr(1)) : "";
    if (type_now.front() == 'a') return {};
  }
  return {};
}

}  // namespace sheets_server
