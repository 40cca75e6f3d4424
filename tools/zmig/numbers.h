#pragma once
// Numbers that people type: `3` and `0003` are the same migration, `r17` and `17` the same run.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <zmig/result.h>
#include <zmig/text.h>

namespace zmig::cli {

template <class Number>
Result<Number> whole_number(std::string_view text, const std::string& what, const std::string& help) {
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || text.empty())
    return make_error(Errc::invalid_input, "ZM0703", zmig::quoted(text) + " is no " + what, help);
  return number;
}

inline Result<std::uint32_t> migration_number(std::string_view text) {
  return whole_number<std::uint32_t>(text, "number of a migration", "write 3 or 0003; 0 is the baseline");
}
inline Result<std::uint32_t> small_number(std::string_view text, const std::string& flag) {
  return whole_number<std::uint32_t>(text, "number for " + flag, "write a whole number");
}
inline Result<std::uint64_t> run_number(std::string_view text) {
  return whole_number<std::uint64_t>(text.starts_with("r") ? text.substr(1) : text, "run",
                                     "`zmig history` lists the runs, r1, r2, ...");
}

}  // namespace zmig::cli
