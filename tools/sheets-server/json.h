#pragma once
/// JSON with members in the order in which they were put, and the few readers that everything here uses. What they read
/// was checked against the discovery document before, so a member that is there has its type.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace sheets_server {

using Json = nlohmann::ordered_json;

/// nullptr when `object` is no object or has no such member.
const Json* find(const Json& object, const char* key);
/// The member, or an empty object.
const Json& member(const Json& object, const char* key);
int int_of(const Json& object, const char* key, int otherwise = 0);
bool flag(const Json& object, const char* key, bool otherwise = false);
std::string text_of(const Json& object, const char* key, const std::string& otherwise = {});
/// A whole number prints without a point, as Google prints it.
Json number(double value);
/// As text: two blanks and a final newline, or in one line.
std::string print(const Json& value, bool pretty);
/// The empty object, which `{}` in nlohmann's notation is not.
Json object();

/// For vectors that are indexed by rows, columns and other ints that are never negative.
inline std::size_t at(int index) { return static_cast<std::size_t>(index); }
template <class T>
int count(const T& container) {
  return static_cast<int>(container.size());
}

}  // namespace sheets_server
