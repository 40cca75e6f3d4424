#include "json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sheets_server {

const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

const Json& member(const Json& object, const char* key) {
  static const Json kEmpty = Json::object();
  const Json* found = find(object, key);
  return found != nullptr ? *found : kEmpty;
}

int int_of(const Json& object, const char* key, int otherwise) {
  const Json* found = find(object, key);
  return found != nullptr && found->is_number() ? found->get<int>() : otherwise;
}

bool flag(const Json& object, const char* key, bool otherwise) {
  const Json* found = find(object, key);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : otherwise;
}

std::string text_of(const Json& object, const char* key, const std::string& otherwise) {
  const Json* found = find(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : otherwise;
}

Json number(double value) {
  if (std::isfinite(value) && std::floor(value) == value && std::fabs(value) < 1e15)
    return static_cast<std::int64_t>(value);
  return value;
}

std::string print(const Json& value, bool pretty) {
  std::string out = value.dump(pretty ? 2 : -1, ' ', false, Json::error_handler_t::replace);
  out += '\n';
  return out;
}

namespace {

void append(std::string& out, const Json& value, const std::vector<std::string>& made) {
  if (value.is_binary()) {
    out += made[static_cast<std::size_t>(value.get_binary().subtype())];
  } else if (value.is_object()) {
    out += '{';
    for (const auto& [name, item] : value.items()) {
      if (out.back() != '{') out += ',';
      append_text(out, name);
      out += ':';
      append(out, item, made);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const Json& item : value) {
      if (&item != &value.front()) out += ',';
      append(out, item, made);
    }
    out += ']';
  } else if (value.is_string()) {
    append_text(out, value.get_ref<const std::string&>());
  } else {
    out += value.dump();
  }
}

}  // namespace

std::string print(const Json& value, const std::vector<std::string>& made) {
  std::string out;
  std::size_t size = 4096;
  for (const std::string& text : made) size += text.size();
  out.reserve(size);
  append(out, value, made);
  out += '\n';
  return out;
}

void append_text(std::string& out, const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '"' && c != '\\';
  });
  if (!plain) {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void append_number(std::string& out, double value) {
  const Json shown = number(value);
  if (!shown.is_number_integer()) {
    out += shown.dump();
    return;
  }
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, shown.get<std::int64_t>()).ptr);
}

Json object() { return Json::object(); }

}  // namespace sheets_server
