#pragma once
// argv against the rows of command.h: what was typed, or the one thing that is wrong with it.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <zmig/result.h>

#include "command.h"

namespace zmig::cli {

/// One command line. `globals` and `arguments` hold what could be read even when something is `wrong`, so that a usage
/// error is printed in the form that was asked for (--json).
struct Typed {
  const CommandRow* row = nullptr;  ///< null: no verb, or none that exists
  Arguments globals, arguments;
  bool help = false, version = false;
  std::optional<Error> wrong;  ///< the first thing that does not fit
};

/// Global flags stand before or behind the verb; `--flag=value` and `--flag value` are the same; `--` ends the flags; a
/// flag that may stand once stands once; a value is not empty and does not look like a flag (write `--flag=-x` then).
Typed read_words(std::span<const std::string_view> words);

}  // namespace zmig::cli
