#pragma once
/// Google's discovery documents as tables: the methods, and the types of everything that is sent and answered.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json.h"
#include "refusal.h"

namespace sheets_server {

/// Written by make_tables; ends with a null pointer.
extern const char* const kDiscoveryLines[];

struct Method {
  std::string id;  ///< sheets.spreadsheets.get
  std::string verb;
  std::string request;   ///< schema, or empty
  std::string response;  ///< schema, or empty
  std::vector<std::string> scopes;
  std::map<std::string, std::string> parameters;  ///< name to type, as make_tables writes types
};

/// How a body is read: as Google does (null is absent, "true" is a boolean), or strictly; or an answer is checked.
enum class Reading { lenient, strict, answer };

class Discovery {
 public:
  Discovery();

  /// Takes over every schema and method of a newer document. False: it is none of Sheets or Drive.
  bool learn(const Json& document);
  /// nullptr when there is none.
  const Method* method(std::string_view id) const;
  /// The type of a member of a schema, or empty.
  std::string_view member_type(std::string_view schema, std::string_view name) const;
  /// The names of its members.
  std::vector<std::string> members(const std::string& schema) const;
  /// Checks `body` and brings it into its own types (texts to numbers, nulls away). `prefix` is where the body hangs in
  /// the request message ("data" for a ValueRange), for the text of the refusal.
  Refusal check(Json& body, const std::string& schema, Reading reading, const std::string& prefix = {}) const;
  /// The first path of a mask that is not in the schema, or empty. Paths are separated by '.'.
  std::string unknown_path(const std::string& path, const std::string& schema) const;
  /// True if `value` is a value of the enum type ("e7").
  bool is_enum_value(std::string_view type, std::string_view value) const;

 private:
  struct Text {
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
    using is_transparent = void;
  };
  using Schema = std::vector<std::pair<std::string, std::string>>;

  std::string type_in(const Json& schema, const std::string& prefix);
  void learn_methods(const Json& resource, const std::string& prefix);
  /// Where in the body a value is: nodes on the stack of the check, the innermost first.
  struct Path {
    const Path* above;
    std::string_view name;  ///< outlived by the body
    int index;              ///< of a list, or -1
    static std::string text(const Path* path);
  };
  Refusal check_value(Json& value, std::string_view type, const Path* path, Reading reading) const;
  Refusal check_object(Json& value, std::string_view schema, const Path* path, Reading reading) const;
  Refusal check_scalar(Json& value, char type, std::string_view whole, const Path* path, Reading reading) const;

  std::unordered_map<std::string, Schema, Text, std::equal_to<>> schemas_;
  std::vector<std::vector<std::string>> enums_;
  std::vector<Method> methods_;
};

/// camelCase to snake_case, as the texts of refusals name members.
std::string snake(std::string_view camel);

}  // namespace sheets_server
