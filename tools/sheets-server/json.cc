#include "json.h"

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

Json object() { return Json::object(); }

}  // namespace sheets_server
