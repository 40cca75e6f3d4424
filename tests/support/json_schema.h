#pragma once
// A small JSON Schema validator for the schemas of this repository (schemas/): type, const, enum, properties, required,
// additionalProperties, items, $ref into the same file, pattern, minimum, maximum, minItems, anyOf, oneOf, allOf. A
// keyword that it does not know is a fault, so that no schema promises more than is looked at.

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace zmig::test {

class JsonSchema {
 public:
  using Json = nlohmann::json;
  explicit JsonSchema(Json schema) : root_(std::move(schema)) {}
  static JsonSchema read(const std::string& path) {
    std::ifstream in(path);
    return JsonSchema(Json::parse(in));
  }
  /// What is wrong with the document: path and cause. Empty: it fits.
  std::vector<std::string> faults(const Json& document) const {
    std::vector<std::string> out;
    look(root_, document, "", out);
    return out;
  }

 private:
  static bool is_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "null" && value.is_null();
  }

  const Json& resolve(const std::string& reference) const {
    return root_.at(Json::json_pointer(reference.substr(reference.find('#') + 1)));
  }

  void look(const Json& schema, const Json& value, const std::string& path, std::vector<std::string>& out) const {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) out.push_back(path + ": nothing may stand here");
      return;
    }
    const auto fault = [&](const std::string& what) { out.push_back((path.empty() ? "/" : path) + ": " + what); };
    for (const auto& [word, rule] : schema.items()) {
      if (word == "$ref") {
        look(resolve(rule.get<std::string>()), value, path, out);
      } else if (word == "type") {
        bool fits = false;
        for (const auto& type : rule.is_array() ? rule : Json::array({rule}))
          fits = fits || is_type(value, type.get<std::string>());
        if (!fits) fault("type is not " + rule.dump());
      } else if (word == "const") {
        if (value != rule) fault("is not " + rule.dump());
      } else if (word == "enum") {
        if (std::find(rule.begin(), rule.end(), value) == rule.end()) fault("is none of " + rule.dump());
      } else if (word == "required") {
        for (const auto& key : rule)
          if (value.is_object() && !value.contains(key.get<std::string>())) fault("lacks " + key.dump());
      } else if (word == "properties") {
        for (const auto& [key, part] : rule.items())
          if (value.is_object() && value.contains(key)) look(part, value.at(key), path + "/" + key, out);
      } else if (word == "additionalProperties") {
        if (!value.is_object()) continue;
        for (const auto& [key, member] : value.items()) {
          if (schema.contains("properties") && schema.at("properties").contains(key)) continue;
          look(rule, member, path + "/" + key, out);
        }
      } else if (word == "items") {
        if (!value.is_array()) continue;
        for (std::size_t i = 0; i < value.size(); ++i) look(rule, value[i], path + "/" + std::to_string(i), out);
      } else if (word == "pattern") {
        if (value.is_string() && !std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>())))
          fault("does not match " + rule.dump());
      } else if (word == "minimum") {
        if (value.is_number() && value.get<double>() < rule.get<double>()) fault("is below " + rule.dump());
      } else if (word == "maximum") {
        if (value.is_number() && value.get<double>() > rule.get<double>()) fault("is above " + rule.dump());
      } else if (word == "minItems") {
        if (value.is_array() && value.size() < rule.get<std::size_t>()) fault("has less than " + rule.dump());
      } else if (word == "allOf") {
        for (const auto& part : rule) look(part, value, path, out);
      } else if (word == "anyOf" || word == "oneOf") {
        std::size_t fitting = 0;
        for (const auto& part : rule) {
          std::vector<std::string> inner;
          look(part, value, path, inner);
          if (inner.empty()) ++fitting;
        }
        if (fitting == 0 || (word == "oneOf" && fitting > 1)) fault("fits " + std::to_string(fitting) + " of " + word);
      } else if (!kNotes.contains(word)) {
        fault("the schema uses " + word + ", which nobody checks");
      }
    }
  }

  static inline const std::set<std::string> kNotes{"$schema", "$id",     "title",   "description",
                                                   "$defs",   "default", "examples"};
  Json root_;
};

}  // namespace zmig::test
