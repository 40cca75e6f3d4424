#pragma once
// Shell completion and the manual page, made from the command table and nothing else.

#include <string>
#include <string_view>

#include "command.h"

namespace zmig::cli {

/// Where the values of a flag or an argument come from.
struct ValueSource {
  std::string kind;   ///< "words", "environments", "migrations", "runs", "backups", "files", "folders"; empty: anything
  std::string words;  ///< for kind "words": separated by blanks
};
ValueSource values_of(const OptionRow& option);
ValueSource values_of(const CommandRow& command, const PositionalRow& argument);

/// `shell`: bash, zsh or fish.
std::string completion_script(std::string_view shell);

/// zmig(1) in man(7) macros: the table, and the pages of `zmig help`.
std::string manual_page(std::string_view version);

}  // namespace zmig::cli
