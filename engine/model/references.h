#pragma once
// Who refers to a thing of the schema: why it cannot go yet, in words for people. Not installed.

#include <string>
#include <string_view>
#include <vector>

#include <zmig/schema.h>

namespace zmig {

/// Keys, unique sets, checks, ranges, allowed-values rules, references and computed columns that need this column.
std::vector<std::string> users_of_column(const Schema& schema, const Sheet& sheet, const Column& column);

/// What other sheets hold on this one; with `ranges_too` also the named ranges over it.
std::vector<std::string> users_of_sheet(const Schema& schema, const Sheet& sheet, bool ranges_too);

/// Columns of this enum type.
std::vector<std::string> users_of_enum(const Schema& schema, std::string_view name);

/// Whether a formula text reads the value of the column: `[Header]`, outside of quotes.
bool mentions(std::string_view formula, std::string_view header);

/// Every `[old]` in the checks and computed columns of the sheet becomes `[new]`.
void rename_in_formulas(Sheet& sheet, std::string_view from, std::string_view to);

}  // namespace zmig
