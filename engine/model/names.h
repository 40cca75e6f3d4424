#pragma once
// Headers and titles compared as the language compares them, and the provisional ids of foreign things. Not installed.

#include <cstddef>
#include <string>
#include <string_view>

#include <zmig/schema.h>

namespace zmig {

/// norm(a) == norm(b), without normalising plain ASCII.
bool same_header(std::string_view a, std::string_view b);

/// The same, without case: Google Sheets and Excel compare titles so.
bool same_title_without_case(std::string_view a, std::string_view b);

/// True when norm(header) is empty.
bool is_blank_header(std::string_view header);

/// `~norm`, `~norm#2`, ... : the id of the nth (from 1) foreign thing of this name.
std::string provisional_id(std::string_view name, std::size_t nth);

/// Gives the foreign columns of this header their provisional ids anew, from the left.
void renumber_foreign_columns(Sheet& sheet, std::string_view header);

/// The same for the foreign sheets of this title.
void renumber_foreign_sheets(Schema& schema, std::string_view title);

}  // namespace zmig
