#pragma once
// Cell values of columns under `verify.sensitive` are not shown. What is printed is covered at the last door.

#include <set>
#include <string>
#include <string_view>

namespace zmig::cli {

/// A listing such as `Pedidos!H17 "31-02" (no such day) · H240 "x"` without the values that stand in columns of these
/// letters of the sheet.
std::string without_values(std::string_view text, std::string_view sheet, const std::set<std::string>& letters);

}  // namespace zmig::cli
