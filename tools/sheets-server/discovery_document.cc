// A discovery document as Google publishes it, read in place of the tables; make_tables writes the same types as text.
#include <algorithm>

#include "discovery.h"

namespace sheets_server {

namespace {

// "https://www.googleapis.com/auth/drive.file" by the name that the tables use.
std::string scope_name(const std::string& scope) {
  const std::size_t at = scope.rfind("/auth/");
  return at == std::string::npos ? scope : scope.substr(at + 6);
}

char plain_type(const std::string& kind, const std::string& format) {
  if (kind == "string") return format == "int64" || format == "uint64" ? 'l' : 's';
  if (kind == "boolean") return 'b';
  if (kind == "integer") return 'i';
  return kind == "number" ? 'd' : 'a';
}

std::string schema_of(const Json& method, const char* part, const std::string& prefix) {
  const std::string ref = text_of(member(method, part), "$ref");
  return ref.empty() ? ref : prefix + ref;
}

}  // namespace

std::string Discovery::type_in(const Json& schema, const std::string& prefix) {
  if (schema.contains("$ref")) return "@" + prefix + text_of(schema, "$ref");
  const std::string kind = text_of(schema, "type");
  if (kind == "array") return "[" + type_in(member(schema, "items"), prefix);
  if (kind == "object") {
    const Json& values = member(schema, "additionalProperties");
    return values.empty() ? "a" : "{" + type_in(values, prefix);
  }
  if (const Json* names = find(schema, "enum")) {
    const auto values = names->get<std::vector<std::string>>();
    auto it = std::find(enums_.begin(), enums_.end(), values);
    if (it == enums_.end()) it = enums_.insert(enums_.end(), values);
    return "e" + std::to_string(it - enums_.begin());
  }
  return {plain_type(kind, text_of(schema, "format"))};
}

void Discovery::learn_methods(const Json& resource, const std::string& prefix) {
  for (const auto& [name, given] : member(resource, "methods").items()) {
    Method method{text_of(given, "id"),
                  text_of(given, "httpMethod"),
                  schema_of(given, "request", prefix),
                  schema_of(given, "response", prefix),
                  {},
                  {}};
    for (const Json& scope : member(given, "scopes")) method.scopes.push_back(scope_name(scope.get<std::string>()));
    for (const auto& [parameter, type] : member(given, "parameters").items())
      method.parameters[parameter] = (flag(type, "repeated") ? "[" : "") + type_in(type, prefix);
    const auto there =
        std::find_if(methods_.begin(), methods_.end(), [&method](const Method& m) { return m.id == method.id; });
    if (there == methods_.end())
      methods_.push_back(std::move(method));
    else
      *there = std::move(method);
  }
  for (const auto& [name, child] : member(resource, "resources").items()) learn_methods(child, prefix);
}

bool Discovery::learn(const Json& document) {
  const std::string api = text_of(document, "name");
  if ((api != "sheets" && api != "drive") || !document.contains("schemas")) return false;
  const std::string prefix = api == "drive" ? "Drive." : "";
  try {
    for (const auto& [name, given] : document["schemas"].items()) {
      Schema schema;
      for (const auto& [field, type] : member(given, "properties").items())
        schema.emplace_back(field, type_in(type, prefix));
      schemas_[prefix + name] = std::move(schema);
    }
    learn_methods(document, prefix);
  } catch (const Json::exception&) { return false; }
  return true;
}

}  // namespace sheets_server
