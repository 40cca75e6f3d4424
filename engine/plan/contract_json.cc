// The file of a contract (docs/contract.md): canonical JSON, read strictly.

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <zmig/contract.h>
#include <zmig/header_norm.h>

#include "base/text.h"

namespace zmig {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }
template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json value_json(const std::optional<Value>& value) {
  if (!value || is_blank(*value)) return nullptr;
  if (const auto* number = std::get_if<Number>(&*value)) {
    if (std::trunc(number->value) == number->value && std::fabs(number->value) <= 9007199254740991.0)
      return static_cast<std::int64_t>(number->value);
    return number->value;
  }
  if (const auto* flag = std::get_if<Boolean>(&*value)) return flag->value;
  return to_text(*value);
}

std::string_view need_word(Readers need) {
  switch (need) {
    case Readers::require: return "required";
    case Readers::expect: return "expected";
    case Readers::tolerate: return "tolerated";
  }
  return "required";
}

json column_json(const ContractColumn& column) {
  json out{{"column_id", column.id},
           {"header", column.header},
           {"norm", norm(column.header)},
           {"look", look(column.header)},
           {"aliases", column.aliases},
           {"need", need_word(column.need)},
           {"type", column.type},
           {"format", or_null(column.format)},
           {"read_as", column.read_as},
           {"write_as", column.write_as},
           {"nullable", column.nullable},
           {"blank_means", or_null(column.blank_means)},
           {"when_absent", value_json(column.when_absent)},
           {"nature", column.formula ? "formula" : "value"},
           {"unique", column.unique},
           {"enum", or_null(column.enum_name)},
           {"owner", or_null(column.owner)},
           {"since", column.since},
           {"until", or_null(column.until)},
           {"index0", or_null(column.index0)},
           {"index1", nullptr},
           {"letter", nullptr}};
  if (column.index0) {
    out["index1"] = *column.index0 + 1;
    out["letter"] = column_letters(*column.index0);
  }
  return out;
}

json sheet_json(const ContractSheet& sheet) {
  json columns = json::array();
  for (const ContractColumn& column : sheet.columns) columns.push_back(column_json(column));
  return {{"sheet_id", sheet.id},
          {"header_row", sheet.header_row},
          {"first_data_row", sheet.header_row + 1},
          {"extras", sheet.extras_allowed ? "allow" : "forbid"},
          {"order", sheet.order_free ? "free" : "kept"},
          {"key", sheet.key},
          {"managed_hash", sheet.managed_hash},
          {"header_hash", or_null(sheet.header_hash)},
          {"width", or_null(sheet.width)},
          {"columns", std::move(columns)}};
}

json enum_json(const ContractEnum& one) {
  json values = json::array();
  for (const ContractEnum::Value& value : one.values)
    values.push_back({{"value", value.value}, {"since", value.since}, {"until", or_null(value.until)}});
  return {{"open", one.open}, {"used_by", one.used_by}, {"values", std::move(values)}};
}

/// Reads one file; the first thing at fault is kept with its path.
class Reading {
 public:
  Result<Contract> run(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) return fault("", "this is not JSON");
    if (!document.is_object()) return fault("", "a contract is a JSON object");
    if (number(document, "", "contract") != 1 && fault_.empty())
      return fault("contract", "this zmig reads contracts of format 1");
    Contract out;
    out.name = text_at(document, "", "name");
    out.version = text_at(document, "", "version");
    out.generated_by = text_at(document, "", "generated_by");
    out.generated_at = optional_text(document, "", "generated_at").value_or("");
    out.live = text_at(document, "", "source") == "live";
    const json& history = member(document, "", "history");
    out.position = number(history, "history", "position");
    out.slug = optional_text(history, "history", "slug").value_or("");
    out.chain_hash = text_at(history, "history", "chain_hash");
    const json& target = member(document, "", "target");
    if (target.is_object()) {
      out.env = optional_text(target, "target", "env").value_or("");
      out.kind = optional_text(target, "target", "kind").value_or("");
      out.target_id = optional_text(target, "target", "target_id").value_or("");
      out.locale = optional_text(target, "target", "locale").value_or("");
      out.time_zone = optional_text(target, "target", "timezone").value_or("");
    }
    const json& normaliser = member(document, "", "normaliser");
    if (text_at(normaliser, "normaliser", "id") != "zmig-header" || number(normaliser, "normaliser", "version") != 1)
      note("normaliser", "this zmig knows zmig-header, version 1");
    const json& sheets = member(document, "", "sheets");
    if (!sheets.is_object()) note("sheets", "expected an object");
    for (const auto& [title, sheet] : sheets.items())
      if (fault_.empty()) out.sheets.push_back(sheet_from(title, sheet));
    const json& enums = member(document, "", "enums");
    if (!enums.is_object()) note("enums", "expected an object");
    for (const auto& [name, one] : enums.items())
      if (fault_.empty()) out.enums.push_back(enum_from(name, one));
    if (!fault_.empty()) return fault(place_, fault_);
    return out;
  }

 private:
  static Error fault(const std::string& place, const std::string& what) {
    return make_error(
        Errc::invalid_input, "ZM0807",
        place.empty() ? "this is no contract: " + what : fmt::format("this is no contract: {}: {}", place, what),
        "make one with `zmig contract export`; a contract is not edited by hand");
  }
  void note(const std::string& place, const std::string& what) {
    if (!fault_.empty()) return;
    place_ = place;
    fault_ = what;
  }
  static std::string joined(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  }
  const json& member(const json& object, const std::string& path, const char* key) {
    static const json kNothing;
    if (object.is_object()) {
      const auto found = object.find(key);
      if (found != object.end()) return *found;
    }
    note(joined(path, key), "is missing");
    return kNothing;
  }
  std::string text_at(const json& object, const std::string& path, const char* key) {
    const json& found = member(object, path, key);
    if (found.is_string()) return found.get<std::string>();
    note(joined(path, key), "expected a text");
    return {};
  }
  std::optional<std::string> optional_text(const json& object, const std::string& path, const char* key) {
    const json& found = member(object, path, key);
    if (found.is_string()) return found.get<std::string>();
    if (!found.is_null()) note(joined(path, key), "expected a text or null");
    return std::nullopt;
  }
  std::uint32_t number(const json& object, const std::string& path, const char* key) {
    return optional_number(object, path, key, false).value_or(0);
  }
  std::optional<std::uint32_t> optional_number(const json& object, const std::string& path, const char* key,
                                               bool may_be_null = true) {
    const json& found = member(object, path, key);
    if (found.is_number_unsigned() && found.get<std::uint64_t>() <= 0xffffffffU) return found.get<std::uint32_t>();
    if (!may_be_null || !found.is_null()) note(joined(path, key), "expected a whole number from 0");
    return std::nullopt;
  }
  bool flag(const json& object, const std::string& path, const char* key) {
    const json& found = member(object, path, key);
    if (found.is_boolean()) return found.get<bool>();
    note(joined(path, key), "expected true or false");
    return false;
  }
  std::vector<std::string> texts(const json& object, const std::string& path, const char* key) {
    const json& found = member(object, path, key);
    std::vector<std::string> out;
    if (!found.is_array()) note(joined(path, key), "expected a list of texts");
    for (const json& one : found) {
      if (one.is_string())
        out.push_back(one.get<std::string>());
      else
        note(joined(path, key), "expected a list of texts");
    }
    return out;
  }
  std::string one_of(const json& object, const std::string& path, const char* key, std::vector<std::string> words) {
    std::string found = text_at(object, path, key);
    for (const std::string& word : words)
      if (found == word) return found;
    note(joined(path, key), "expected one of: " + join(words, ", "));
    return words.front();
  }

  ContractSheet sheet_from(const std::string& title, const json& from) {
    const std::string path = "sheets." + title;
    ContractSheet out;
    out.title = title;
    out.id = text_at(from, path, "sheet_id");
    out.header_row = number(from, path, "header_row");
    out.extras_allowed = one_of(from, path, "extras", {"allow", "forbid"}) == "allow";
    out.order_free = one_of(from, path, "order", {"free", "kept"}) == "free";
    out.key = texts(from, path, "key");
    out.managed_hash = text_at(from, path, "managed_hash");
    out.header_hash = optional_text(from, path, "header_hash");
    if (const auto width = optional_number(from, path, "width")) out.width = *width;
    const json& columns = member(from, path, "columns");
    if (!columns.is_array()) note(joined(path, "columns"), "expected a list");
    std::size_t index = 0;
    for (const json& column : columns)
      if (fault_.empty()) out.columns.push_back(column_from(fmt::format("{}.columns[{}]", path, index++), column));
    return out;
  }

  ContractColumn column_from(const std::string& path, const json& from) {
    ContractColumn out;
    out.id = text_at(from, path, "column_id");
    out.header = text_at(from, path, "header");
    out.aliases = texts(from, path, "aliases");
    const std::string need = one_of(from, path, "need", {"required", "expected", "tolerated"});
    out.need = need == "required" ? Readers::require : need == "expected" ? Readers::expect : Readers::tolerate;
    out.type = text_at(from, path, "type");
    out.format = optional_text(from, path, "format");
    out.read_as = one_of(from, path, "read_as", {"text", "number", "serial", "boolean"});
    out.write_as = one_of(from, path, "write_as", {"text", "number", "serial", "boolean"});
    out.nullable = flag(from, path, "nullable");
    out.blank_means = optional_text(from, path, "blank_means");
    const json& absent = member(from, path, "when_absent");
    if (absent.is_number()) out.when_absent = Number{absent.get<double>()};
    if (absent.is_boolean()) out.when_absent = Boolean{absent.get<bool>()};
    if (absent.is_string()) out.when_absent = Text{absent.get<std::string>()};
    out.formula = one_of(from, path, "nature", {"value", "formula"}) == "formula";
    out.unique = flag(from, path, "unique");
    out.enum_name = optional_text(from, path, "enum");
    out.owner = optional_text(from, path, "owner");
    out.since = number(from, path, "since");
    out.until = optional_number(from, path, "until");
    if (const auto index0 = optional_number(from, path, "index0")) out.index0 = *index0;
    return out;
  }

  ContractEnum enum_from(const std::string& name, const json& from) {
    const std::string path = "enums." + name;
    ContractEnum out;
    out.name = name;
    out.open = flag(from, path, "open");
    out.used_by = texts(from, path, "used_by");
    const json& values = member(from, path, "values");
    if (!values.is_array()) note(joined(path, "values"), "expected a list");
    std::size_t index = 0;
    for (const json& value : values) {
      const std::string at = fmt::format("{}.values[{}]", path, index++);
      out.values.push_back(
          {text_at(value, at, "value"), number(value, at, "since"), optional_number(value, at, "until")});
    }
    return out;
  }

  std::string place_, fault_;
};

}  // namespace

std::string contract_to_json(const Contract& contract) {
  json sheets = json::object(), enums = json::object();
  for (const ContractSheet& sheet : contract.sheets) sheets[sheet.title] = sheet_json(sheet);
  for (const ContractEnum& one : contract.enums) enums[one.name] = enum_json(one);
  json target = nullptr;
  if (!contract.kind.empty())
    target = {{"env", text_or_null(contract.env)},
              {"kind", contract.kind},
              {"target_id", text_or_null(contract.target_id)},
              {"locale", text_or_null(contract.locale)},
              {"timezone", text_or_null(contract.time_zone)}};
  const json document{
      {"contract", 1},
      {"name", contract.name},
      {"version", contract.version},
      {"generated_by", contract.generated_by},
      {"generated_at", text_or_null(contract.generated_at)},
      {"source", contract.live ? "live" : "files"},
      {"history",
       {{"position", contract.position}, {"slug", text_or_null(contract.slug)}, {"chain_hash", contract.chain_hash}}},
      {"target", std::move(target)},
      {"normaliser", {{"id", "zmig-header"}, {"version", 1}}},
      {"sheets", std::move(sheets)},
      {"enums", std::move(enums)}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Contract> contract_from_json(std::string_view text) { return Reading().run(text); }

}  // namespace zmig
